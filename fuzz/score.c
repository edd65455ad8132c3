/* score.c - any local part at a domain that takes every address.
 *
 * Oracle: the score is the sum of what it tells, and the band follows from the sum alone: of two
 * scores, the higher one has no lower band. Case changes nothing. Other reasons have no score.
 *
 *   byte 0: lists   byte 1: reason   byte 2: codes of address and decoy   then the local part
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth.h"

enum { LOCAL = 64 };

static int upper(int c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }

static void whole(const struct quoth_score *score)
{
    int sum = 0;

    for (int i = 0; i < QUOTH_SCORE_PARTS; i++) {
        require(quoth_score_part_name((enum quoth_score_part)i)[0] != '\0');
        sum += score->part[i];
    }
    require(score->sum == sum);
    require(score->band >= QUOTH_BAND_IMPLAUSIBLE && score->band <= QUOTH_BAND_PLAUSIBLE);
    require(quoth_band_name((enum quoth_band)score->band)[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct quoth_score before; /* of the input before this one */
    struct quoth_score score, shout;
    struct quoth_evidence ev;
    char local[LOCAL];

    if (n < 3 || n - 3 > LOCAL)
        return 0;
    memset(&ev, 0, sizeof ev);
    memcpy(local, p + 3, n - 3);
    ev.addr.local = (struct quoth_span) {local, n - 3};
    ev.said.code = p[2] & 1 ? 250 : 251;
    ev.decoy_code = p[2] & 2 ? 250 : 251;
    enum quoth_reason reason = (enum quoth_reason)(p[1] % QUOTH_REASONS);
    if (!quoth_score(&score, &ev, reason, p[0])) {
        require(score.band == QUOTH_BAND_NONE);
        return 0;
    }
    whole(&score);
    if (before.band != QUOTH_BAND_NONE && score.sum > before.sum)
        require(score.band >= before.band);
    before = score;
    for (size_t i = 0; i < n - 3; i++)
        local[i] = (char)upper(local[i]);
    require(quoth_score(&shout, &ev, reason, p[0]) && !memcmp(&shout, &score, sizeof score));
    for (int part = 0; part < QUOTH_SCORE_PARTS; part++)
        quoth_score_add(&score, (enum quoth_score_part)part, (int8_t)p[2] * 4);
    whole(&score);
    return 0;
}
