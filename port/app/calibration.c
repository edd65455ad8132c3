/* calibration.c - from a score to a chance, by the user's own outcomes (Platt scaling).
 *
 *     outcomes: score, delivered or not --> slope and offset, by Newton's method
 *     score                             --> per cent, and how far that was off
 *
 * Two numbers are all that is fitted: 200 outcomes settle them, and more tell hardly more.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "app.h"
#include "calibration.h"

enum { FIT_ROUNDS = 60, FIT_GROUPS = 5 };

int app_calibration_read(struct app_calibration *calibration, const char *text)
{
    static const int32_t most[] = {9999999, 9999999, 9999999, 999};
    int32_t number[4];

    memset(calibration, 0, sizeof *calibration);
    for (size_t i = 0; i < 4; i++) {
        const size_t n = app_whole(text, &number[i]);
        if (!n || text[n] != ' ' || number[i] > most[i] || number[i] < (i < 2 ? -most[i] : 0))
            return -1;
        text += n + strspn(text + n, " ");
    }
    if (strspn(text, "0123456789-") != sizeof calibration->day - 1 ||
        text[sizeof calibration->day - 1] || !number[2] || number[0] <= 0)
        return -1;
    *calibration = (struct app_calibration) {number[0], number[1], (uint32_t)number[2],
                                             (uint32_t)number[3], ""};
    memcpy(calibration->day, text, sizeof calibration->day);
    return 0;
}

double app_calibration_chance(double z)
{
    if (z > 30)
        z = 30;
    if (z < -30)
        z = -30;
    double power = 1 - z / 1048576; /* e^-z as (1 - z/2^20)^(2^20) */
    for (int i = 0; i < 20; i++)
        power *= power;
    return 1 / (1 + power);
}

static double calibration_logit(const struct app_calibration *calibration, int sum)
{
    return (calibration->slope * (sum / 256.0) + calibration->offset) / 65536;
}

unsigned app_calibration_percent(const struct app_calibration *calibration, int sum)
{
    double percent = 100 * app_calibration_chance(calibration_logit(calibration, sum)) + 0.5;
    if (percent < 1)
        return 1;
    return percent > 99 ? 99 : (unsigned)percent;
}

/* One step of Newton's method on both numbers. */
static void fit_step(double *slope, double *offset, const struct app_outcome *outcome, unsigned n,
                     unsigned good)
{
    /* not quite yes and no, so that few outcomes make no certainty (Platt 1999) */
    double yes = (good + 1.0) / (good + 2.0), no = 1.0 / (n - good + 2.0);
    double da = 0, db = 0, aa = 1e-6, ab = 0, bb = 1e-6;
    for (unsigned i = 0; i < n; i++) {
        double likeness = outcome[i].sum / 256.0;
        double chance = app_calibration_chance(*slope * likeness + *offset);
        double error = chance - (outcome[i].good ? yes : no), weight = chance * (1 - chance);
        da += error * likeness;
        db += error;
        aa += weight * likeness * likeness;
        ab += weight * likeness;
        bb += weight;
    }
    double det = aa * bb - ab * ab;
    if (det < 1e-9)
        return;
    *slope -= (bb * da - ab * db) / det;
    *offset -= (aa * db - ab * da) / det;
}

/* How far the chance is off in groups of like chances, weighted. */
static double fit_error(const struct app_calibration *calibration,
                        const struct app_outcome *outcome, unsigned n)
{
    double said[FIT_GROUPS] = {0}, was[FIT_GROUPS] = {0}, error = 0;
    for (unsigned i = 0; i < n; i++) {
        double chance = app_calibration_chance(calibration_logit(calibration, outcome[i].sum));
        int group = (int)(chance * FIT_GROUPS);
        group = group < FIT_GROUPS ? group : FIT_GROUPS - 1;
        said[group] += chance;
        was[group] += outcome[i].good;
    }
    for (int i = 0; i < FIT_GROUPS; i++)
        error += said[i] > was[i] ? said[i] - was[i] : was[i] - said[i];
    return error / n;
}

int app_calibration_fit(struct app_calibration *calibration, struct app_fit *fit,
                        const struct app_outcome *outcome, unsigned n)
{
    double slope = 0.5, offset = 0;

    memset(fit, 0, sizeof *fit);
    for (unsigned i = 0; i < n; i++)
        fit->good += outcome[i].good;
    for (int i = 0; i < FIT_ROUNDS; i++)
        fit_step(&slope, &offset, outcome, n, fit->good);
    if (!(slope > 0.001 && slope < 15 && offset > -15 && offset < 15))
        return -1;
    calibration->slope = (int32_t)(slope * 65536);
    calibration->offset = (int32_t)(offset * 65536);
    calibration->outcomes = n;
    double share = (double)fit->good / n;
    for (unsigned i = 0; i < n; i++) {
        double chance = app_calibration_chance(calibration_logit(calibration, outcome[i].sum));
        fit->brier += (chance - outcome[i].good) * (chance - outcome[i].good) / n;
        fit->base += (share - outcome[i].good) * (share - outcome[i].good) / n;
    }
    calibration->error = (uint32_t)(fit_error(calibration, outcome, n) * 1000 + 0.5);
    return fit->brier < fit->base ? 0 : -1;
}
