/* sets.h - how a large set of names is searched: shared by lists.c, which asks, and
 * data/pack_sets.c, which packs.
 *
 * A name is hashed from its end, so that one pass over it visits each name above it too:
 *
 *     moc.elpmaxe.liam        at each '.' and at the start: sets_end(), and look there
 *
 *     hash  = bucket (bits) | rest (16)
 *     start = where each bucket begins in rest[], and where the last one ends
 *     rest  = the lower 16 bits, ascending in a bucket
 *
 * The set is read in place: no memory, no pointers in its data. It can be wrong in one direction
 * alone: of foreign names, five in 2^16 at most are taken for listed ones.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_SETS_H
#define QUOTH_SETS_H

#include <stddef.h>
#include <stdint.h>

struct set {
    const uint16_t *start, *rest;
    uint32_t seed;
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

static inline int sets_look(const struct set *set, uint32_t h)
{
    uint32_t hash = sets_end(h) >> (16 - set->bits), bucket = hash >> 16;
    for (unsigned i = set->start[bucket]; i < set->start[bucket + 1]; i++)
        if (set->rest[i] == (uint16_t)hash)
            return 1;
    return 0;
}

/* The length of the longest name of the set that is `name` or, with `below`, stands above it; 0:
 * none is. In any letter case. */
static inline size_t sets_find(const struct set *set, const char *name, size_t n, int below)
{
    uint32_t h = sets_begin(set->seed);
    size_t found = 0;
    for (size_t i = n; i; i--) {
        uint8_t c = (uint8_t)name[i - 1];
        h = sets_more(h, (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c));
        if ((i == 1 || (below && name[i - 2] == '.')) && sets_look(set, h))
            found = n - i + 1;
    }
    return found;
}
#endif
