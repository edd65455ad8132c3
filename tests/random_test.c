/* random_test.c - the generator: its reference vector, its spread, its bounds.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "quoth.h"
#include "test.h"

/* The vectors in appendix A of the SipHash paper, and two of its reference code. */
TEST(siphash_paper)
{
    uint8_t msg[63];
    for (int i = 0; i < 63; i++)
        msg[i] = (uint8_t)i;
    CHECK(quoth_hash(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, msg, 15) == 0xa129ca6149be45e5u);
    CHECK(quoth_hash(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, msg, 8) == 0x93f5f5799a932462u);
    CHECK(quoth_hash(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, msg, 63) == 0x958a324ceb064572u);
    CHECK(quoth_hash(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, NULL, 0) == 0x726fdb47dd0e0e31u);
}

/* Every length up to eight words, folded into one number by a second program. */
TEST(siphash_lengths)
{
    uint8_t msg[64];
    uint64_t all = 0;
    for (unsigned n = 0; n < 64; n++) {
        msg[n] = (uint8_t)n;
        all = (all << 1 | all >> 63) ^ quoth_hash(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, msg, n);
    }
    CHECK(all == 0x352de3881954be0au);
}

/* A million 16-bit ids: chi-square over 256 cells of each byte, and of byte pairs in sequence. */
TEST(Q02)
{
    struct quoth_random r;
    static unsigned hi[256], lo[256], serial[256];
    quoth_random_seed(&r, (const uint8_t *)"0123456789abcdef");
    unsigned last = 0;
    for (int i = 0; i < 1000000; i++) {
        unsigned id = (uint16_t)quoth_random_next(&r);
        hi[id >> 8]++;
        lo[id & 255]++;
        serial[(id - last) & 255]++;
        last = id;
    }
    const unsigned *cells[3] = {hi, lo, serial};
    for (int c = 0; c < 3; c++) {
        double chi = 0, want = 1000000 / 256.0;
        for (int i = 0; i < 256; i++)
            chi += (cells[c][i] - want) * (cells[c][i] - want) / want;
        CHECK(chi > 160 && chi < 370); /* 255 degrees of freedom, far beyond the 0.1 % points */
    }
}

TEST(Q04) /* another seed, another sequence: each bit of it counts */
{
    for (unsigned bit = 0; bit < 128; bit++) {
        struct quoth_random a, b;
        uint8_t seed[16] = {0};
        quoth_random_seed(&a, seed);
        seed[bit / 8] = (uint8_t)(1u << bit % 8);
        quoth_random_seed(&b, seed);
        CHECK(quoth_random_next(&a) != quoth_random_next(&b));
    }
}

TEST(P14_made_up) /* nobody can guess one: each letter is any of 32, wherever it stands */
{
    enum { LETTERS = 20, TIMES = 32000 };
    static unsigned seen[LETTERS][256];
    struct quoth_random r;
    char local[LETTERS];
    quoth_random_seed(&r, (const uint8_t *)"fedcba9876543210");
    for (int i = 0; i < TIMES; i++) {
        quoth_random_local(&r, local, sizeof local);
        for (int k = 0; k < LETTERS; k++)
            seen[k][(uint8_t)local[k]]++;
    }
    for (int k = 0; k < LETTERS; k++) {
        unsigned kinds = 0;
        for (int c = 0; c < 256; c++) {
            CHECK(!seen[k][c] ||
                  (seen[k][c] > TIMES / 32 * 4 / 5 && seen[k][c] < TIMES / 32 * 6 / 5));
            kinds += seen[k][c] != 0;
        }
        CHECK_INT(kinds, 32);
    }
}

TEST(P14_name) /* it looks like one, and nobody can guess it either */
{
    enum { LETTERS = 20, DOT = 9, TIMES = 21000 };
    static unsigned seen[LETTERS][256];
    struct quoth_random r;
    char local[LETTERS];
    quoth_random_seed(&r, (const uint8_t *)"fedcba9876543210");
    for (int i = 0; i < TIMES; i++) {
        quoth_random_name(&r, local, sizeof local);
        for (int k = 0; k < LETTERS; k++)
            seen[k][(uint8_t)local[k]]++;
    }
    for (unsigned k = 0; k < LETTERS; k++) {
        unsigned kinds = 0, want = k == DOT ? 1 : (k < DOT ? k : k - DOT - 1) % 2 ? 5 : 21;
        for (int c = 0; c < 256; c++) {
            CHECK(!seen[k][c] ||
                  (seen[k][c] > TIMES / want * 4 / 5 && seen[k][c] < TIMES / want * 6 / 5));
            kinds += seen[k][c] != 0;
        }
        CHECK_INT(kinds, want);
    }
    CHECK_INT(seen[DOT]['.'], TIMES);
}

TEST(below)
{
    struct quoth_random r;
    unsigned seen[7] = {0};
    quoth_random_seed(&r, (const uint8_t *)"fedcba9876543210");
    for (int i = 0; i < 70000; i++) {
        uint32_t x = quoth_random_below(&r, 7);
        CHECK(x < 7);
        if (x < 7)
            seen[x]++;
    }
    for (int i = 0; i < 7; i++)
        CHECK(seen[i] > 9500 && seen[i] < 10500);
    CHECK_INT(quoth_random_below(&r, 1), 0);
}

/* The n-th number is the hash of n, from 0, in eight bytes, the low ones first; so are the keys. */
TEST(counter)
{
    static const uint8_t seed[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct quoth_random r;

    for (int fill = 0; fill < 256; fill += 255) {
        memset(&r, fill, sizeof r);
        quoth_random_seed(&r, seed);
        for (unsigned i = 0; i < 600; i++) {
            const uint8_t block[8] = {(uint8_t)i, (uint8_t)(i >> 8)};
            CHECK(quoth_random_next(&r) ==
                  quoth_hash(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, block, sizeof block));
        }
    }
}

/* A seed for another generator: each of its bytes is one drawn. */
TEST(Q02_fork)
{
    struct quoth_random a, b;
    uint8_t seed[17];

    for (int fill = 0; fill < 256; fill += 255) {
        quoth_random_seed(&a, (const uint8_t *)"fedcba9876543210");
        b = a;
        memset(seed, fill, sizeof seed);
        quoth_random_fork(&a, seed);
        for (int i = 0; i < 16; i++)
            CHECK_INT(seed[i], (uint8_t)quoth_random_next(&b));
        CHECK_INT(seed[16], fill);
        CHECK(a.count == b.count);
    }
}

/* What is drawn, to the bit, from what a second generator of the same seed gives. */
TEST(exact)
{
    static const uint32_t bounds[] = {1, 2, 7, 1000, 1u << 31, UINT32_MAX};
    static const char set[] = "abcdefghijkmnpqrstuvwxyz23456789";
    static const char consonant[] = "bcdfghjklmnpqrstvwxyz", vowel[] = "aeiou";
    struct quoth_random a, b;
    char local[20];
    uint64_t bits = 0;

    quoth_random_seed(&a, (const uint8_t *)"fedcba9876543210");
    quoth_random_seed(&b, (const uint8_t *)"fedcba9876543210");
    for (unsigned i = 0; i < 6000; i++) { /* 64 bits times the bound, the upper half of 96 */
        uint64_t x = quoth_random_next(&b), n = bounds[i % 6];
        uint64_t low = (x & UINT32_MAX) * n, high = (x >> 32) * n + (low >> 32);
        CHECK_INT(quoth_random_below(&a, (uint32_t)n), high >> 32);
    }
    for (unsigned times = 0; times < 50; times++) {
        quoth_random_local(&a, local, sizeof local);
        for (unsigned i = 0; i < sizeof local; i++, bits /= 32) {
            if (i % 6 == 0) /* six letters of five bits a number */
                bits = quoth_random_next(&b) / (1ull << 34);
            CHECK_INT(local[i], set[bits % 32]);
        }
        const unsigned n = 2 + times % (sizeof local - 1), dot = n / 2 - 1;
        quoth_random_name(&a, local, n);
        for (unsigned i = 0; i < n; i++)
            CHECK_INT(local[i], i == dot ? '.'
                                : (i < dot ? i : i - dot - 1) % 2
                                    ? vowel[quoth_random_below(&b, 5)]
                                    : consonant[quoth_random_below(&b, 21)]);
    }
}

int main(void)
{
    RUN(counter);
    RUN(exact);
    RUN(Q02_fork);
    RUN(siphash_paper);
    RUN(siphash_lengths);
    RUN(Q02);
    RUN(Q04);
    RUN(P14_made_up);
    RUN(P14_name);
    RUN(below);
    return report("random");
}
