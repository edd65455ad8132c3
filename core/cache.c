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

void quoth_cache_init(struct quoth_cache *c, struct quoth_cache_slot *slot, size_t n,
                      const uint8_t seed[16])
{
    struct quoth_random rnd;

    quoth_random_seed(&rnd, seed);
    c->slot = slot;
    c->n = n;
    c->k0 = quoth_random_next(&rnd);
    c->k1 = quoth_random_next(&rnd);
    for (size_t i = 0; i < n; i++)
        slot[i].until = 0;
}

/* The k-th slot that a name of these n bytes may live in, NULL after the last. */
static struct quoth_cache_slot *cache_slot(const struct quoth_cache *c, uint64_t hash, size_t k)
{
    return k < CACHE_WINDOW && k < c->n ? &c->slot[((size_t)hash % c->n + k) % c->n] : NULL;
}

static int cache_holds(const struct quoth_cache_slot *s, const uint8_t *wire, size_t n)
{
    return s->name.n == n && !memcmp(s->name.b, wire, n);
}

/* The slot of (name, type), or else one to put it in. NULL: all of them wait for an answer. */
static struct quoth_cache_slot *cache_place(const struct quoth_cache *c,
                                            const struct quoth_name *name, uint16_t type,
                                            uint64_t now, int *found)
{
    struct quoth_cache_slot *s, *best = NULL;
    uint64_t hash = quoth_hash(c->k0, c->k1, name->b, name->n);

    for (size_t k = 0; (s = cache_slot(c, hash, k)) != NULL; k++) {
        *found = now < s->until && s->type == type && cache_holds(s, name->b, name->n);
        if (*found)
            return s;
        if (now < s->until && s->asked)
            continue;
        if (!best || s->until < best->until)
            best = s;
    }
    return best;
}

/* The slot that says that this name does not exist, so that names below it cannot either. If it was
 * an alias, it is the name behind it that does not exist. */
static const struct quoth_cache_slot *cache_denial(const struct quoth_cache *c, const uint8_t *wire,
                                                   size_t n, uint64_t now)
{
    const struct quoth_cache_slot *s;
    uint64_t hash = quoth_hash(c->k0, c->k1, wire, n);

    for (size_t k = 0; (s = cache_slot(c, hash, k)) != NULL; k++)
        if (now < s->until && !s->asked && s->route.answer == QUOTH_ANSWER_NXDOMAIN &&
            !(s->route.flags & QUOTH_ROUTE_ALIAS) && cache_holds(s, wire, n))
            return s;
    return NULL;
}

/* Write the answer as a lookup would, with what is left of its TTL. */
static int cache_hit(const struct quoth_cache_slot *s, uint16_t type, uint64_t now,
                     struct quoth_route *out)
{
    if (type == QUOTH_DNS_MX) {
        *out = s->route;
    } else {
        out->answer = s->route.answer;
        out->flags = s->route.flags;
        out->ip_n = s->route.ip_n;
        memcpy(out->ip, s->route.ip, sizeof out->ip);
        for (size_t i = 0; i < QUOTH_MX_MAX; i++)
            out->host[i].ip = 0;
    }
    out->ttl = (uint32_t)(s->until - now + 999) / 1000;
    return 1;
}

int quoth_cache_get(struct quoth_cache *c, const struct quoth_name *name, uint16_t type,
                    uint64_t now, struct quoth_route *out)
{
    const struct quoth_cache_slot *denial;
    int found = 0;
    struct quoth_cache_slot *s = cache_place(c, name, type, now, &found);

    if (found && !s->asked)
        return cache_hit(s, type, now, out);
    for (size_t at = 0; at + 1 < name->n; at += name->b[at] + 1u) {
        denial = cache_denial(c, name->b + at, name->n - at, now);
        if (denial)
            return cache_hit(denial, type, now, out);
    }
    if (found)
        return QUOTH_AGAIN;
    if (!s)
        return 0;
    s->name = *name;
    s->type = type;
    s->asked = 1;
    s->until = now + CACHE_ASK_MS;
    return 0;
}

static uint32_t cache_ttl(const struct quoth_route *r)
{
    uint32_t max = r->answer == QUOTH_ANSWER_DATA ? CACHE_TTL_DATA : CACHE_TTL_NEGATIVE;
    uint32_t ttl = r->ttl;

    if (r->answer == QUOTH_ANSWER_NONE)
        return 0;
    /* A failure is kept for a moment at least (RFC 9520 3.2). */
    if (r->answer > QUOTH_ANSWER_NXDOMAIN) {
        max = CACHE_TTL_FAILURE;
        if (ttl == 0)
            ttl = 1;
    }
    return ttl < max ? ttl : max;
}

void quoth_cache_put(struct quoth_cache *c, const struct quoth_name *name, uint16_t type,
                     const struct quoth_route *route, uint64_t now)
{
    int found = 0;
    struct quoth_cache_slot *s = cache_place(c, name, type, now, &found);
    uint32_t ttl = cache_ttl(route);

    if (found)
        s->until = 0;
    if (!s || ttl == 0)
        return;
    s->name = *name;
    s->type = type;
    s->asked = 0;
    s->until = now + (uint64_t)ttl * 1000;
    s->route = *route;
    if (type != QUOTH_DNS_MX) {
        s->route.n = 0;
        s->route.used = 0;
        return;
    }
    s->route.ip_n = 0; /* addresses that came along serve one check only */
    for (size_t i = 0; i < QUOTH_MX_MAX; i++)
        s->route.host[i].ip = 0;
}
