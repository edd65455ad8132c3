/* sets.h - how a large set of names is searched: shared by lists.c, which asks, and
 * data/pack_sets.c, which packs.
 *
 * A name is hashed from its end, so that one pass over it visits each name above it too:
 *
 *     moc.elpmaxe.liam        at each '.' and at the start: sets_look()
 *
 *     at   = five places among `places`, by one hash
 *     mark = what stands there (`bits` each, one behind the other), xor-ed
 *     and the name is there when that is the lower bits of another hash
 *
 * The set is read in place: no memory, no pointers in its data. It can be wrong in one direction
 * alone: of foreign names one in 2^bits is taken for a listed one, which is little beside what
 * lists themselves have wrong. A place more than there are names in a hundred is enough for marks
 * to exist (packing solves for them), so no other way to look is near as small.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_SETS_H
#define QUOTH_SETS_H

#include <stddef.h>
#include <stdint.h>

struct set {
    const uint8_t *marks; /* three bytes longer than it is */
    uint16_t seed;
    uint16_t places;
    uint8_t bits; /* at most 24 */
};

enum { SETS_AT = 5 };

/* Two hashes: FNV-1a for the places, and for the mark the same with another prime. */
struct sets_hash {
    uint32_t at, mark;
};

static inline struct sets_hash sets_begin(uint32_t seed)
{
    return (struct sets_hash) {2166136261u ^ (seed * 2654435761u), seed};
}

static inline void sets_more(struct sets_hash *h, uint8_t c)
{
    h->at = (h->at ^ c) * 16777619u;
    h->mark = (h->mark ^ c) * 0x5bd1e995u;
}

/* The first of the five places. */
static inline uint32_t sets_mix(uint32_t h)
{
    h = (h ^ (h >> 16)) * 0x85ebca6bu;
    return h ^ (h >> 13);
}

/* The next one: it takes one step of a multiplication, and only the upper half of it counts. */
static inline uint32_t sets_next(uint32_t h) { return h * 0x9e3779b1u; }

static inline uint32_t sets_place(uint32_t h, const struct set *set)
{
    return (h >> 16) * set->places >> 16;
}

static inline uint32_t sets_mark(const struct set *set, uint32_t place)
{
    const uint32_t bit = place * set->bits;
    const uint8_t *p = set->marks + bit / 8;
    return ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24) >>
           bit % 8;
}

static inline uint8_t sets_lower(char c) { return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c); }

/* The lower of its bits count for little, so they are not looked at. */
static inline uint32_t sets_own(const struct sets_hash *hash) { return hash->mark >> 8; }

/* Is the name there whose hash that is? */
static inline int sets_look(const struct set *set, const struct sets_hash *hash)
{
    uint32_t h = sets_mix(hash->at), mark = sets_own(hash);
    for (int i = 0; i < SETS_AT; i++) {
        mark ^= sets_mark(set, sets_place(h, set));
        h = sets_next(h);
    }
    return !(mark << (32 - set->bits));
}

/* The length of the longest name of the set that is `name` or, with `below`, stands above it; 0:
 * none is. In any letter case. With `below` it is a set of domains of two labels and more, so
 * the last label alone is not looked for. */
static inline size_t sets_find(const struct set *set, const char *name, size_t n, int below)
{
    struct sets_hash hash = sets_begin(set->seed);
    size_t found = 0;
    int labels = 1;
    for (size_t i = n; i; i--) {
        size_t from = i - 1;
        sets_more(&hash, sets_lower(name[from]));
        labels += name[from] == '.';
        if (from && (!below || name[from - 1] != '.'))
            continue;
        if ((labels > 1 || !below) && sets_look(set, &hash))
            found = n - from;
    }
    return found;
}
#endif
