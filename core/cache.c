/* cache.c - answers kept, and questions that are being asked (RFC 2308, 8020, 9520; RFC 5452 5).
 *
 *            get                    put, TTL > 0
 *   EMPTY ---------> ASKED -----------------------------> KEPT
 *     ^      miss      | put, TTL 0; no answer in time        | TTL over, or its place is needed
 *     +----------------+--------------------------------------+
 *
 * A keyed hash gives each name a slot, so that a stranger cannot choose names that collide. The
 * name lives there or in one of the few slots behind it; nothing else has to be searched, grown or
 * freed. The type is not part of the hash: NXDOMAIN is said of a name, and is found for every type.
 * It is not said of what is below (RFC 8020 would have it so): many servers deny a name that only
 * holds others, and then a whole region's domains would be dead for one slip in a list.
 *
 * Record sets differ in size, so they lie one behind the other in a run of bytes, oldest first:
 *
 *   | head, records | head | head, records |   free   |     head without records: being asked
 *
 * A search goes through all of them and cuts out what is over. That is meant for the hundred sets
 * that the domains of one run have in common, not for the million they have not.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum {
    CACHE_WINDOW = 8,     /* slots a name may live in */
    CACHE_ASK_MS = 60000, /* whoever asked gets this long to bring the answer */
    CACHE_TTL_DATA = 86400,
    CACHE_TTL_NEGATIVE = 10800,
    CACHE_TTL_FAILURE = 300 /* s, at most */
};

void quoth_cache_init(struct quoth_cache *cache, struct quoth_cache_slot *slot, size_t n,
                      const uint8_t seed[16])
{
    struct quoth_random rnd;

    quoth_random_seed(&rnd, seed);
    cache->slot = slot;
    cache->n = n;
    cache->k0 = quoth_random_next(&rnd);
    cache->k1 = quoth_random_next(&rnd);
    for (size_t i = 0; i < n; i++)
        slot[i].until = 0;
}

/* The k-th slot that a name of these n bytes may live in, NULL after the last. */
static struct quoth_cache_slot *cache_slot(const struct quoth_cache *cache, uint64_t hash, size_t k)
{
    return k < CACHE_WINDOW && k < cache->n ? &cache->slot[((size_t)hash % cache->n + k) % cache->n]
                                            : NULL;
}

static int cache_holds(const struct quoth_cache_slot *slot, const struct quoth_name *name)
{
    return slot->name.n == name->n && !memcmp(slot->name.b, name->b, name->n);
}

/* The slot of (name, type), or else one to put it in. NULL: all of them wait for an answer. */
static struct quoth_cache_slot *cache_place(const struct quoth_cache *cache,
                                            const struct quoth_name *name, uint16_t type,
                                            uint64_t now, int *found)
{
    struct quoth_cache_slot *slot, *best = NULL;
    uint64_t hash = quoth_hash(cache->k0, cache->k1, name->b, name->n);

    for (size_t k = 0; (slot = cache_slot(cache, hash, k)) != NULL; k++) {
        *found = now < slot->until && slot->type == type && cache_holds(slot, name);
        if (*found)
            return slot;
        if (now < slot->until && slot->asked)
            continue;
        if (!best || slot->until < best->until)
            best = slot;
    }
    return best;
}

/* The slot that says that this name, or the one it is an alias of, does not exist. */
static const struct quoth_cache_slot *cache_denial(const struct quoth_cache *cache,
                                                   const struct quoth_name *name, uint64_t now)
{
    const struct quoth_cache_slot *slot;
    uint64_t hash = quoth_hash(cache->k0, cache->k1, name->b, name->n);

    for (size_t k = 0; (slot = cache_slot(cache, hash, k)) != NULL; k++)
        if (now < slot->until && !slot->asked && slot->route.answer == QUOTH_ANSWER_NXDOMAIN &&
            cache_holds(slot, name))
            return slot;
    return NULL;
}

/* Write the answer as a lookup would, with what is left of its TTL. */
static int cache_hit(const struct quoth_cache_slot *slot, uint16_t type, uint64_t now,
                     struct quoth_route *out)
{
    if (type == QUOTH_DNS_MX) {
        *out = slot->route;
    } else {
        out->answer = slot->route.answer;
        out->flags = slot->route.flags;
        out->ip_n = slot->route.ip_n;
        memcpy(out->ip, slot->route.ip, sizeof out->ip);
        for (size_t i = 0; i < QUOTH_MX_MAX; i++)
            out->host[i].ip = 0;
    }
    out->ttl = (uint32_t)(slot->until - now + 999) / 1000;
    return 1;
}

int quoth_cache_get(struct quoth_cache *cache, const struct quoth_name *name, uint16_t type,
                    uint64_t now, struct quoth_route *out)
{
    const struct quoth_cache_slot *denial;
    int found = 0;
    struct quoth_cache_slot *slot = cache_place(cache, name, type, now, &found);

    if (found && !slot->asked)
        return cache_hit(slot, type, now, out);
    denial = cache_denial(cache, name, now);
    if (denial)
        return cache_hit(denial, type, now, out);
    if (found)
        return QUOTH_AGAIN;
    if (!slot)
        return 0;
    slot->name = *name;
    slot->type = type;
    slot->asked = 1;
    slot->until = now + CACHE_ASK_MS;
    return 0;
}

/* Seconds that an answer is kept; 0: not at all. */
static uint32_t cache_ttl(unsigned answer, uint32_t ttl)
{
    uint32_t max = answer == QUOTH_ANSWER_DATA ? CACHE_TTL_DATA : CACHE_TTL_NEGATIVE;

    if (answer == QUOTH_ANSWER_NONE)
        return 0;
    if (answer > QUOTH_ANSWER_NXDOMAIN) { /* a failure is kept a moment at least (RFC 9520 3.2) */
        max = CACHE_TTL_FAILURE;
        if (ttl == 0)
            ttl = 1;
    }
    return ttl < max ? ttl : max;
}

void quoth_cache_put(struct quoth_cache *cache, const struct quoth_name *name, uint16_t type,
                     const struct quoth_route *route, uint64_t now)
{
    int found = 0;
    struct quoth_cache_slot *slot = cache_place(cache, name, type, now, &found);
    uint32_t ttl = cache_ttl(route->answer, route->ttl);

    if (found)
        slot->until = 0;
    if (!slot || ttl == 0)
        return;
    slot->name = *name;
    slot->type = type;
    slot->asked = 0;
    slot->until = now + (uint64_t)ttl * 1000;
    slot->route = *route;
    if (type != QUOTH_DNS_MX) {
        slot->route.n = 0;
        slot->route.used = 0;
        return;
    }
    slot->route.ip_n = 0; /* addresses that came along serve one check only */
    for (size_t i = 0; i < QUOTH_MX_MAX; i++)
        slot->route.host[i].ip = 0;
}

/* ---- record sets -------------------------------------------------------- */

/* Before each set in the buffer, copied in and out, since nothing there is aligned. */
struct cache_head {
    uint64_t hash, until; /* of all that the answer depends on */
    uint16_t used, n, others, ede, bytes;
    uint8_t answer, flags, asked; /* asked 1: no answer yet */
};

static struct cache_head cache_head_at(const struct quoth_setcache *sets, uint32_t at)
{
    struct cache_head head;

    memcpy(&head, sets->buf + at, sizeof head);
    return head;
}

/* Bytes of a head and the records behind it. */
static uint32_t cache_size(const struct cache_head *head)
{
    return (uint32_t)sizeof *head + head->used;
}

static uint32_t cache_size_at(const struct quoth_setcache *sets, uint32_t at)
{
    const struct cache_head head = cache_head_at(sets, at);

    return cache_size(&head);
}

static uint64_t cache_key(const struct quoth_setcache *sets, const struct quoth_question *question,
                          const char *match)
{
    const uint16_t what[2] = {question->type, question->options};
    uint64_t hash = quoth_hash(sets->k0, sets->k1, question->name->b, question->name->n);

    hash = quoth_hash(sets->k0 ^ hash, sets->k1, what, sizeof what);
    return match ? quoth_hash(sets->k0 ^ hash, sets->k1, match, strlen(match)) : hash;
}

static void cache_cut_out(struct quoth_setcache *sets, uint32_t at, uint32_t n)
{
    memmove(sets->buf + at, sets->buf + at + n, sets->used - at - n);
    sets->used -= n;
}

/* Where the set with this key is; sets->used: nowhere. What is over on the way there is cut out. */
static uint32_t cache_find(struct quoth_setcache *sets, uint64_t hash, uint64_t now)
{
    uint32_t at = 0;

    while (at < sets->used) {
        struct cache_head head = cache_head_at(sets, at);
        if (now >= head.until) {
            cache_cut_out(sets, at, cache_size(&head));
            continue;
        }
        if (head.hash == hash)
            break;
        at += cache_size(&head);
    }
    return at;
}

/* Put it behind the others; the oldest make room. */
static void cache_append(struct quoth_setcache *sets, const struct cache_head *head,
                         const uint8_t *p)
{
    const uint32_t size = cache_size(head);
    uint32_t oldest = 0;

    if (size > sets->cap)
        return;
    while (sets->used - oldest > sets->cap - size)
        oldest += cache_size_at(sets, oldest);
    cache_cut_out(sets, 0, oldest);
    memcpy(sets->buf + sets->used, head, sizeof *head);
    if (head->used)
        memcpy(sets->buf + sets->used + sizeof *head, p, head->used);
    sets->used += size;
}

void quoth_setcache_init(struct quoth_setcache *sets, void *buf, size_t cap, const uint8_t seed[16])
{
    struct quoth_random rnd;

    quoth_random_seed(&rnd, seed);
    sets->buf = (uint8_t *)buf;
    sets->cap = cap < UINT32_MAX ? (uint32_t)cap : UINT32_MAX;
    sets->used = 0;
    sets->k0 = quoth_random_next(&rnd);
    sets->k1 = quoth_random_next(&rnd);
}

int quoth_setcache_get(struct quoth_setcache *sets, const struct quoth_question *question,
                       uint64_t now, struct quoth_rrset *out)
{
    struct cache_head head = {0};
    uint64_t hash = cache_key(sets, question, out->match);
    uint32_t at = cache_find(sets, hash, now);

    if (at == sets->used) {
        head.hash = hash;
        head.until = now + CACHE_ASK_MS;
        head.asked = 1;
        cache_append(sets, &head, NULL);
        return 0;
    }
    head = cache_head_at(sets, at);
    if (head.asked)
        return QUOTH_AGAIN;
    if (head.used > out->cap)
        return 0;
    if (head.used)
        memcpy(out->buf, sets->buf + at + sizeof head, head.used);
    out->used = head.used;
    out->n = head.n;
    out->others = head.others;
    out->ede = head.ede;
    out->bytes = head.bytes;
    out->answer = head.answer;
    out->flags = head.flags;
    out->ttl = (uint32_t)((head.until - now + 999) / 1000);
    return 1;
}

void quoth_setcache_put(struct quoth_setcache *sets, const struct quoth_question *question,
                        const struct quoth_rrset *set, uint64_t now)
{
    struct cache_head head = {0};
    uint32_t ttl = cache_ttl(set->answer, set->ttl), at;

    head.hash = cache_key(sets, question, set->match);
    at = cache_find(sets, head.hash, now);
    if (at < sets->used)
        cache_cut_out(sets, at, cache_size_at(sets, at));
    if (ttl == 0 || set->flags & QUOTH_SET_CUT)
        return;
    head.until = now + (uint64_t)ttl * 1000;
    head.used = set->used;
    head.n = set->n;
    head.others = set->others;
    head.ede = set->ede;
    head.bytes = set->bytes;
    head.answer = set->answer;
    head.flags = set->flags;
    cache_append(sets, &head, set->buf);
}
