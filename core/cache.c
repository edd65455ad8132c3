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

static int cache_holds(const struct quoth_cache_slot *slot, const uint8_t *wire, size_t n)
{
    return slot->name.n == n && !memcmp(slot->name.b, wire, n);
}

/* The slot of (name, type), or else one to put it in. NULL: all of them wait for an answer. */
static struct quoth_cache_slot *cache_place(const struct quoth_cache *cache,
                                            const struct quoth_name *name, uint16_t type,
                                            uint64_t now, int *found)
{
    struct quoth_cache_slot *slot, *best = NULL;
    uint64_t hash = quoth_hash(cache->k0, cache->k1, name->b, name->n);

    for (size_t k = 0; (slot = cache_slot(cache, hash, k)) != NULL; k++) {
        *found = now < slot->until && slot->type == type && cache_holds(slot, name->b, name->n);
        if (*found)
            return slot;
        if (now < slot->until && slot->asked)
            continue;
        if (!best || slot->until < best->until)
            best = slot;
    }
    return best;
}

/* The slot that says that this name does not exist, so that names below it cannot either. If it was
 * an alias, it is the name behind it that does not exist. */
static const struct quoth_cache_slot *cache_denial(const struct quoth_cache *cache,
                                                   const uint8_t *wire, size_t n, uint64_t now)
{
    const struct quoth_cache_slot *slot;
    uint64_t hash = quoth_hash(cache->k0, cache->k1, wire, n);

    for (size_t k = 0; (slot = cache_slot(cache, hash, k)) != NULL; k++)
        if (now < slot->until && !slot->asked && slot->route.answer == QUOTH_ANSWER_NXDOMAIN &&
            !(slot->route.flags & QUOTH_ROUTE_ALIAS) && cache_holds(slot, wire, n))
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
    for (size_t at = 0; at + 1 < name->n; at += name->b[at] + 1u) {
        denial = cache_denial(cache, name->b + at, name->n - at, now);
        if (denial)
            return cache_hit(denial, type, now, out);
    }
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

static uint32_t cache_ttl(const struct quoth_route *route)
{
    uint32_t max = route->answer == QUOTH_ANSWER_DATA ? CACHE_TTL_DATA : CACHE_TTL_NEGATIVE;
    uint32_t ttl = route->ttl;

    if (route->answer == QUOTH_ANSWER_NONE)
        return 0;
    /* A failure is kept for a moment at least (RFC 9520 3.2). */
    if (route->answer > QUOTH_ANSWER_NXDOMAIN) {
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
    uint32_t ttl = cache_ttl(route);

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
