/* random.c - unpredictable numbers from one seed: SipHash-2-4 in counter mode.
 *
 * SipHash (Aumasson, Bernstein 2012) is a pseudo-random function under a 128-bit key. Each machine
 * draws its key from the platform's entropy, and the counter makes the outputs distinct. That is
 * enough for ids, ports, decoys and shuffles, none of which is a secret after the conversation.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

static uint64_t random_load(const uint8_t *p)
{
    uint32_t low = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    uint32_t high = p[4] | (uint32_t)p[5] << 8 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 24;
    return (uint64_t)high << 32 | low;
}

static uint64_t random_rotl(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

static void random_round(uint64_t state[4])
{
    state[0] += state[1];
    state[1] = random_rotl(state[1], 13);
    state[1] ^= state[0];
    state[0] = random_rotl(state[0], 32);
    state[2] += state[3];
    state[3] = random_rotl(state[3], 16);
    state[3] ^= state[2];
    state[0] += state[3];
    state[3] = random_rotl(state[3], 21);
    state[3] ^= state[0];
    state[2] += state[1];
    state[1] = random_rotl(state[1], 17);
    state[1] ^= state[2];
    state[2] = random_rotl(state[2], 32);
}

/* Two rounds a block, the last of which holds what is left and the length; and four at the end. */
uint64_t quoth_hash(uint64_t k0, uint64_t k1, const void *data, size_t n)
{
    const uint8_t *p = (const uint8_t *)data;
    uint64_t state[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du,
                         k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
    uint64_t block = 0;
    uint8_t tail[8] = {0};
    size_t last = n / 8 * 2; /* the round in which the last one begins */
    if (n % 8)
        memcpy(tail, p + n / 8 * 8, n % 8);
    tail[7] = (uint8_t)n;
    for (size_t round = 0; round < last + 6; round++) {
        if (round % 2 == 0) {
            state[0] ^= block; /* the one before */
            block = round < last ? random_load(p + round * 4) : 0;
            if (round == last)
                block = random_load(tail);
            if (round == last + 2)
                state[2] ^= 0xff;
            state[3] ^= block;
        }
        random_round(state);
    }
    return state[0] ^ state[1] ^ state[2] ^ state[3];
}

void quoth_random_seed(struct quoth_random *random, const uint8_t seed[16])
{
    random->k0 = random_load(seed);
    random->k1 = random_load(seed + 8);
    random->count = 0;
}

uint64_t quoth_random_next(struct quoth_random *random)
{
    uint8_t block[8];
    uint64_t x = random->count++;
    for (int i = 0; i < 8; i++, x >>= 8)
        block[i] = (uint8_t)x;
    return quoth_hash(random->k0, random->k1, block, sizeof block);
}

void quoth_random_fork(struct quoth_random *random, uint8_t seed[16])
{
    for (int i = 0; i < 16; i++)
        seed[i] = (uint8_t)quoth_random_next(random);
}

uint32_t quoth_random_below(struct quoth_random *random, uint32_t n)
{
    /* 64 random bits scaled to n. The bias is below n / 2^64, too small to measure. */
    uint64_t x = quoth_random_next(random);
    return (uint32_t)(((x >> 32) * n + ((x & 0xffffffffu) * n >> 32)) >> 32);
}

#if QUOTH_DECOYS > 1
void quoth_random_name(struct quoth_random *random, char *local, size_t n)
{
    static const char consonant[] = "bcdfghjklmnpqrstvwxyz", vowel[] = "aeiou";

    for (size_t i = 0, dot = n / 2 - 1; i < n; i++) {
        size_t at = i > dot ? i - dot - 1 : i;
        if (i == dot)
            local[i] = '.';
        else if (at % 2)
            local[i] = vowel[quoth_random_below(random, sizeof vowel - 1)];
        else
            local[i] = consonant[quoth_random_below(random, sizeof consonant - 1)];
    }
}
#endif

void quoth_random_local(struct quoth_random *random, char *local, size_t n)
{
    static const char set[33] = "abcdefghijkmnpqrstuvwxyz23456789";
    uint32_t bits =
        1; /* five a letter, thirty of a number; the 1 above them says that none is left */

    for (size_t i = 0; i < n; i++, bits >>= 5) {
        if (bits == 1)
            bits = (uint32_t)(quoth_random_next(random) >> 34) | 1u << 30;
        local[i] = set[bits & 31];
    }
}
