/* list_sum.c - a keyed sum of bytes, so that what a disk or a person has made of them is seen:
 * SipHash-1-3 (Aumasson, Bernstein 2012). Pure.
 *
 * Everything that is written is summed, and once more when the run ends. SipHash-2-4, which core
 * has for what an attacker must not guess, takes four times as long as this.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list.h"

struct sum {
    uint64_t a, b, c, d;
};

static inline uint64_t sum_turn(uint64_t x, unsigned left) { return x << left | x >> (64 - left); }

static inline void sum_round(struct sum *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = sum_turn(s->b, 13) ^ s->a;
    s->d = sum_turn(s->d, 16) ^ s->c;
    s->a = sum_turn(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = sum_turn(s->b, 17) ^ s->c;
    s->d = sum_turn(s->d, 21) ^ s->a;
    s->c = sum_turn(s->c, 32);
}

static inline void sum_block(struct sum *s, uint64_t block)
{
    s->d ^= block;
    sum_round(s);
    s->a ^= block;
}

uint64_t list_sum(uint64_t k0, uint64_t k1, const void *p, size_t n)
{
    struct sum s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                    k1 ^ 0x7465646279746573u};
    const char *at = p;
    uint64_t block, last = (uint64_t)n << 56;

    for (size_t left = n; left >= sizeof block; left -= sizeof block, at += sizeof block) {
        memcpy(&block, at, sizeof block);
        sum_block(&s, block);
    }
    for (unsigned i = 0; i < n % sizeof block; i++)
        last |= (uint64_t)(uint8_t)at[i] << 8 * i;
    sum_block(&s, last);
    s.c ^= 0xff;
    for (int i = 0; i < 3; i++)
        sum_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
