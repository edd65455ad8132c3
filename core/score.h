/* score.h - what of a local part the score looks at: shared by core/score.c and data/score/train.c,
 * which sets the weights.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_SCORE_H
#define QUOTH_SCORE_H

#include <stddef.h>
#include <stdint.h>

/* Each is a small whole number; the sign is that of its weight. Nothing here knows a length: how
 * long a name is tells of its language, not of its owner. */
enum score_feature {
    SCORE_PAIRS,      /* + how usual two letters in a row are on average, 0 to 240 */
    SCORE_RAREST,     /* + the same of the rarest three pairs in a row, 0 to 45 */
    SCORE_CONSONANTS, /* - consonants in a row beyond three */
    SCORE_VOWELS,     /* - how far the share of vowels is from two in five, in per cent */
    SCORE_DIGITS,     /* - digits beyond two */
    SCORE_CHANGES,    /* - changes between letters and digits beyond one */
    SCORE_DIGIT_LEAD, /* - begins with a digit */
    SCORE_TURNS,      /* - vowel and consonant in turn, beyond four */
    SCORE_KEYS,       /* - neighbours on the keyboard in a row beyond two */
    SCORE_REPEATS,    /* - letters and pairs said again at once */
    SCORE_FEATURES
};

enum { SCORE_LOCAL_MAX = 64, SCORE_SYMBOLS = 27 };

/* The features of a local part: in any letter case, without quotes and tag. `bigram` is a table of
 * SCORE_SYMBOLS squared values of 0 to 15, two in a byte: first the low half. */
void score_look(int16_t x[SCORE_FEATURES], const uint8_t *bigram, const char *local, size_t n);

#endif
