/* list_sum.c - a sum of bytes under a key, so that what a disk or a person has made of them is
 * seen: XXH64 (Collet 2014). Pure.
 *
 * Everything that is written is summed twice, as a record and as a part of the output. This reads
 * 32 bytes at a time in four lanes and takes a fifth of the time of SipHash-1-3; no attacker has to
 * be kept from guessing it, for who can write to the output can write to its journal.
 *
 *   begin --> add, add, ... (whole blocks go into the lanes, the rest waits) --> end
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list.h"

static const uint64_t SUM_1 = 0x9e3779b185ebca87u, SUM_2 = 0xc2b2ae3d27d4eb4fu,
                      SUM_3 = 0x165667b19e3779f9u, SUM_4 = 0x85ebca77c2b2ae63u,
                      SUM_5 = 0x27d4eb2f165667c5u;

static inline uint64_t sum_turn(uint64_t x, unsigned left) { return x << left | x >> (64 - left); }

static inline uint64_t sum_word(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint64_t sum_lane(uint64_t lane, uint64_t word)
{
    return sum_turn(lane + word * SUM_2, 31) * SUM_1;
}

void list_sum_begin(struct list_summing *sum, uint64_t key)
{
    sum->key = key;
    sum->n = 0;
    sum->lane[0] = key + SUM_1 + SUM_2;
    sum->lane[1] = key + SUM_2;
    sum->lane[2] = key;
    sum->lane[3] = key - SUM_1;
}

/* The blocks of n bytes; returns what is behind the last one. */
static const char *sum_blocks(uint64_t lane[4], const char *p, size_t n)
{
    uint64_t lane0 = lane[0], lane1 = lane[1], lane2 = lane[2], lane3 = lane[3];

    for (; n >= LIST_SUM_BLOCK; n -= LIST_SUM_BLOCK, p += LIST_SUM_BLOCK) {
        lane0 = sum_lane(lane0, sum_word(p));
        lane1 = sum_lane(lane1, sum_word(p + 8));
        lane2 = sum_lane(lane2, sum_word(p + 16));
        lane3 = sum_lane(lane3, sum_word(p + 24));
    }
    lane[0] = lane0;
    lane[1] = lane1;
    lane[2] = lane2;
    lane[3] = lane3;
    return p;
}

void list_sum_add(struct list_summing *sum, const void *p, size_t n)
{
    const size_t waits = sum->n % LIST_SUM_BLOCK, gap = LIST_SUM_BLOCK - waits;
    const char *at = p;
    const char *const end = at + n;

    sum->n += n;
    if (waits && n >= gap) {
        memcpy(sum->rest + waits, at, gap);
        sum_blocks(sum->lane, sum->rest, LIST_SUM_BLOCK);
        at += gap;
    }
    if (waits && n < gap) {
        memcpy(sum->rest + waits, at, n);
        return;
    }
    at = sum_blocks(sum->lane, at, (size_t)(end - at));
    if (end > at)
        memcpy(sum->rest, at, (size_t)(end - at));
}

static uint64_t sum_lanes(const struct list_summing *of)
{
    uint64_t sum = sum_turn(of->lane[0], 1) + sum_turn(of->lane[1], 7) + sum_turn(of->lane[2], 12) +
                   sum_turn(of->lane[3], 18);

    for (int i = 0; i < 4; i++)
        sum = (sum ^ sum_lane(0, of->lane[i])) * SUM_1 + SUM_4;
    return sum;
}

uint64_t list_sum_end(const struct list_summing *of)
{
    const char *at = of->rest, *const end = at + of->n % LIST_SUM_BLOCK;
    uint64_t sum = (of->n < LIST_SUM_BLOCK ? of->key + SUM_5 : sum_lanes(of)) + of->n;
    uint32_t half;

    for (; end - at >= 8; at += 8)
        sum = sum_turn(sum ^ sum_lane(0, sum_word(at)), 27) * SUM_1 + SUM_4;
    if ((size_t)(end - at) >= sizeof half) {
        memcpy(&half, at, sizeof half);
        sum = sum_turn(sum ^ half * SUM_1, 23) * SUM_2 + SUM_3;
        at += sizeof half;
    }
    for (; at < end; at++)
        sum = sum_turn(sum ^ (uint8_t)*at * SUM_5, 11) * SUM_1;
    sum = (sum ^ sum >> 33) * SUM_2;
    sum = (sum ^ sum >> 29) * SUM_3;
    return sum ^ sum >> 32;
}

uint64_t list_sum(uint64_t key, const void *p, size_t n)
{
    struct list_summing sum;

    list_sum_begin(&sum, key);
    list_sum_add(&sum, p, n);
    return list_sum_end(&sum);
}
