/* calibration.h - from a score to a chance, by the user's own outcomes.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_CALIBRATION_H
#define QUOTH_CALIBRATION_H

#include <stdint.h>

/* chance = 1 / (1 + e^-(slope * score + offset)), both in 1/65536 logit a logit. */
struct app_calibration {
    int32_t slope, offset;
    uint32_t outcomes; /* it was made from; 0: there is none */
    uint32_t error;    /* how far it was off with them, in thousandths */
    char day[11];      /* "2026-11-27" */
};

/* The text of a config file: "SLOPE OFFSET OUTCOMES ERROR DAY". 0, or -1. */
int app_calibration_read(struct app_calibration *calibration, const char *text);
/* In per cent, 1 to 99, of a sum of quoth_score(). */
unsigned app_calibration_percent(const struct app_calibration *calibration, int sum);

/* 1 / (1 + e^-z), without a library of mathematics. */
double app_calibration_chance(double z);

struct app_outcome {
    int16_t sum;
    uint8_t good; /* it was delivered */
};
struct app_fit {        /* how good it is */
    double brier, base; /* with the score; saying the share of good ones of every address */
    unsigned good;
};
/* Fit both numbers to n outcomes (Platt). 0; -1: the score says nothing about them, or too little.
 * */
int app_calibration_fit(struct app_calibration *calibration, struct app_fit *fit,
                        const struct app_outcome *outcome, unsigned n);

#endif
