/* calibration_test.c - two numbers from outcomes: they are found again, they beat the base rate as
 * soon as there are 200, and outcomes that have nothing to do with the score make none.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "quoth.h"
#include "app.h"
#include "calibration.h"

enum { MOST = 20000 };
static struct app_outcome outcome[MOST];
static struct app_calibration made;
static struct app_fit fit;
static struct quoth_random rnd;

static double between(double low, double high)
{
    return low + (high - low) * quoth_random_below(&rnd, 1000000) / 1e6;
}

TEST(chance)
{
    double last = 0;
    CHECK(app_calibration_chance(0) > 0.4999 && app_calibration_chance(0) < 0.5001);
    CHECK(app_calibration_chance(2) > 0.8807 && app_calibration_chance(2) < 0.8809);
    CHECK(app_calibration_chance(-6) > 0.00247 && app_calibration_chance(-6) < 0.00248);
    CHECK(app_calibration_chance(1e9) <= 1 && app_calibration_chance(-1e9) >= 0);
    for (int i = -400; i <= 400; i++) {
        double now = app_calibration_chance(i / 40.0);
        CHECK(now > last);
        last = now;
    }
}

/* Outcomes drawn by a line are fitted by that line. */
TEST(L13_found_again)
{
    static const double slopes[] = {0.3, 1, 2.5}, offsets[] = {-1, 0, 1.5};
    for (unsigned k = 0; k < 9; k++) {
        double slope = slopes[k / 3], offset = offsets[k % 3];
        for (unsigned i = 0; i < MOST; i++) {
            outcome[i].sum = (int16_t)between(-1000, 600);
            double chance = app_calibration_chance(slope * outcome[i].sum / 256.0 + offset);
            outcome[i].good = between(0, 1) < chance;
        }
        CHECK_INT(app_calibration_fit(&made, &fit, outcome, MOST), 0);
        CHECK(made.slope / 65536.0 > slope - 0.15 && made.slope / 65536.0 < slope + 0.15);
        CHECK(made.offset / 65536.0 > offset - 0.15 && made.offset / 65536.0 < offset + 0.15);
        CHECK(made.error < 30);
    }
}

/* As lists are: 85 of 100 are there, 70 of 100 dead ones have the name of somebody who left. After
 * 200 of them others are told better than by the base rate, on the whole of 50 such users. */
TEST(L13_former_staff)
{
    static const char *const rubbish[] = {"xkqzvbnt", "a8f3e9c17b", "qwrtplkjhg", "john8471635"};
    static const char *const names[] = {"john.smith",   "jane",     "h.mueller", "bob",
                                        "maria.garcia", "kowalska", "tom.jones", "ngvanan"};
    struct quoth_evidence ev;
    struct quoth_score s;
    double brier = 0, base = 0;
    for (unsigned user = 0; user < 50; user++) {
        for (unsigned i = 0; i < 1200; i++) {
            int alive = quoth_random_below(&rnd, 100) < 85;
            int name = alive || quoth_random_below(&rnd, 100) < 70;
            const char *local =
                name ? names[quoth_random_below(&rnd, 8)] : rubbish[quoth_random_below(&rnd, 4)];
            memset(&ev, 0, sizeof ev);
            ev.addr.local = (struct quoth_span) {local, strlen(local)};
            CHECK(quoth_score(&s, &ev, QUOTH_REASON_CATCH_ALL, 0));
            outcome[i] = (struct app_outcome) {s.sum, (uint8_t)alive};
        }
        CHECK_INT(app_calibration_fit(&made, &fit, outcome, 200), 0);
        for (unsigned i = 200; i < 1200; i++) {
            double chance = app_calibration_percent(&made, outcome[i].sum) / 100.0;
            double share = fit.good / 200.0, good = outcome[i].good;
            brier += (chance - good) * (chance - good);
            base += (share - good) * (share - good);
        }
    }
    CHECK(brier < base);
}

TEST(nothing_to_tell)
{
    for (unsigned i = 0; i < 2000; i++)
        outcome[i] = (struct app_outcome) {538, i % 3 != 0}; /* all alike */
    CHECK(app_calibration_fit(&made, &fit, outcome, 2000) < 0 || fit.brier <= fit.base);
    for (unsigned i = 0; i < 2000; i++)
        outcome[i] =
            (struct app_outcome) {(int16_t)(i % 2 ? 500 : -500), !(i % 2)}; /* against it */
    CHECK_INT(app_calibration_fit(&made, &fit, outcome, 2000), -1);
}

TEST(text)
{
    static const char *const bad[] = {"",
                                      "1",
                                      "1 2 3 4",
                                      "65536 0 412 31 2026-11-2x",
                                      "65536 0 412 31 2026-11-27 ",
                                      "65536 0 0 31 2026-11-27",
                                      "-65536 0 412 31 2026-11-27",
                                      "99999999999 0 412 31 2026-11-27"};
    CHECK_INT(app_calibration_read(&made, "65536 -3000 412 31 2026-11-27"), 0);
    CHECK(made.slope == 65536 && made.offset == -3000 && made.outcomes == 412 && made.error == 31);
    CHECK_STR(made.day, "2026-11-27");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(app_calibration_read(&made, bad[i]), -1);
        CHECK_INT(made.outcomes, 0);
    }
    CHECK_INT(app_calibration_read(&made, "65536 0 412 31 2026-11-27"), 0);
    for (int sum = -4096; sum <= 4096; sum += 64)
        CHECK(app_calibration_percent(&made, sum) >= 1 &&
              app_calibration_percent(&made, sum) <= 99);
    CHECK_INT(app_calibration_percent(&made, 0), 50);
}

TEST(whole)
{
    static const struct {
        const char *text;
        size_t n;
        int32_t value;
    } row[] = {
        {"0", 1, 0},   {"-7 x", 2, -7},       {"2147483647", 10, INT32_MAX}, {"42,", 2, 42},
        {"", 0, 0},    {"-", 0, 0},           {"2147483648", 0, 0},          {" 1", 0, 0},
        {"--1", 0, 0}, {"-2147483648", 0, 0}, {"99999999999", 0, 0},         {"+1", 0, 0},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int32_t value = 0;
        CHECK_INT(app_whole(row[i].text, &value), row[i].n);
        CHECK_INT(value, row[i].value);
    }
}

TEST(time_text)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } row[] = {
        {0, "1970-01-01T00:00:00"},
        {951782400, "2000-02-29T00:00:00"},
        {1795830813, "2026-11-28T01:53:33"},
        {-1, "1969-12-31T23:59:59"},
        {253402300799, "9999-12-31T23:59:59"},
        {253402300800, ""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[APP_TIME_TEXT];
        CHECK_INT(app_time_text(text, row[i].seconds), *row[i].text != '\0');
        CHECK_STR(text, row[i].text);
    }
}

int main(void)
{
    static const uint8_t seed[16] = {7};
    quoth_random_seed(&rnd, seed);
    RUN(chance);
    RUN(L13_found_again);
    RUN(L13_former_staff);
    RUN(nothing_to_tell);
    RUN(text);
    RUN(whole);
    RUN(time_text);
    return report("calibration");
}
