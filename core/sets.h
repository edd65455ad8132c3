/* sets.h - how a large set of names is searched: shared by lists.c, which asks, and
 * data/pack_sets.c, which packs.
 *
 * A name is hashed from its end, so that one pass over it visits each name above it too:
 *
 *     moc.elpmaxe.liam        at each '.' and at the start: sets_end(), and look there
 *
 *     hash  = bucket (bits) | rest (16)
 *     shift = where each bucket begins in rest[], less where it would if all were alike
 *     rest  = the lower 16 bits, ascending in a bucket
 *     check = 4 bits of another hash, in the order of rest[], the even ones in the lower half of
 *             a byte; only where there is room for them
 *
 * The set is read in place: no memory, no pointers in its data. It can be wrong in one direction
 * alone. Of foreign names, five in 2^16 at most are taken for listed ones: seven in 100,000. With
 * check[] it is one in 200,000, which is little beside what lists themselves have wrong.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_SETS_H
#define QUOTH_SETS_H

#include <stddef.h>
#include <stdint.h>

struct set {
    const int8_t *shift; /* one more than there are buckets */
    const uint16_t *rest;
    const uint8_t *check; /* NULL: there is none */
    uint32_t seed;
    uint16_t n;
    uint8_t bits;
};

/* FNV-1a, and the last mixing of MurmurHash3. */
static inline uint32_t sets_begin(uint32_t seed) { return 2166136261u ^ (seed * 2654435761u); }
static inline uint32_t sets_more(uint32_t h, uint8_t c) { return (h ^ c) * 16777619u; }
static inline uint32_t sets_end(uint32_t h)
{
    h = (h ^ (h >> 16)) * 0x85ebca6bu;
    h = (h ^ (h >> 13)) * 0xc2b2ae35u;
    return h ^ (h >> 16);
}

static inline uint8_t sets_lower(char c) { return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c); }

/* The other hash, read from the front: MurmurHash's step for each byte. */
static inline uint8_t sets_check(const char *name, size_t n)
{
    uint32_t h = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ sets_lower(name[i])) * 0x5bd1e995u;
        h ^= h >> 15;
    }
    return (uint8_t)(h >> 28);
}

/* Where that bucket would begin if all were alike. */
static inline uint32_t sets_even(const struct set *set, uint32_t bucket)
{
    return bucket * set->n >> set->bits;
}

static inline uint32_t sets_start(const struct set *set, uint32_t bucket)
{
    return (uint32_t)((int32_t)sets_even(set, bucket) + set->shift[bucket]);
}

static inline uint8_t sets_checked(const struct set *set, uint32_t i)
{
    return set->check[i / 2] >> (i % 2 * 4) & 15;
}

/* Is the name there whose first hash is `h`? */
static inline int sets_look(const struct set *set, uint32_t h, const char *name, size_t n)
{
    uint32_t hash = sets_end(h) >> (16 - set->bits), bucket = hash >> 16;
    uint32_t end = sets_start(set, bucket + 1);
    for (uint32_t i = sets_start(set, bucket); i < end; i++)
        if (set->rest[i] == (uint16_t)hash &&
            (!set->check || sets_checked(set, i) == sets_check(name, n)))
            return 1;
    return 0;
}

/* The length of the longest name of the set that is `name` or, with `below`, stands above it; 0:
 * none is. In any letter case. With `below` it is a set of domains of two labels and more, so
 * the last label alone is not looked for. */
static inline size_t sets_find(const struct set *set, const char *name, size_t n, int below)
{
    uint32_t hash = sets_begin(set->seed);
    size_t found = 0;
    int labels = 1;
    for (size_t i = n; i; i--) {
        size_t from = i - 1;
        hash = sets_more(hash, sets_lower(name[from]));
        labels += name[from] == '.';
        if (from && !(below && name[from - 1] == '.'))
            continue;
        if ((labels > 1 || !below) && sets_look(set, hash, name + from, n - from))
            found = n - from;
    }
    return found;
}
#endif
