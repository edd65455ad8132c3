/* score_test.c - the score is the sum of what it tells, stays within its bounds, never moves a
 * verdict, and puts names above rubbish.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "quoth.h"
#include "score.h"

static struct quoth_evidence ev;
static struct quoth_score score;

static int band(const char *local, unsigned lists)
{
    memset(&ev, 0, sizeof ev);
    ev.addr.local = (struct quoth_span) {local, strlen(local)};
    ev.said.code = 250;
    ev.decoy_code = 250;
    CHECK_INT(quoth_score(&score, &ev, QUOTH_REASON_CATCH_ALL, lists), 1);
    int sum = 0;
    for (int i = 0; i < QUOTH_SCORE_PARTS; i++)
        sum += score.part[i];
    CHECK_INT(score.sum, sum);
    return score.band;
}

TEST(names)
{
    static const char *const names[] = {
        "john.smith", "jane",     "maria.garcia", "h.mueller",    "anna_kowalska", "pierre.dubois",
        "mjohnson",   "Jane.Doe", "giulia.rossi", "\"jane.doe\"", "tom+news",      "dejong"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_INT(band(names[i], 0), QUOTH_BAND_PLAUSIBLE);
}

TEST(rubbish)
{
    static const char *const rubbish[] = {"xkqzvbnt",   "a8f3e9c17b", "4f7e2d9a0c", "qwrtplkjhg",
                                          "zxqjvkw.bq", "x7k2p9q4",   "sdfkjhsdf",  "john8471635"};
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++)
        CHECK(band(rubbish[i], 0) <= QUOTH_BAND_WEAK);
    CHECK_INT(band("xkqzvbntrw", 0), QUOTH_BAND_IMPLAUSIBLE);
}

TEST(words)
{
    CHECK(band("test", 0) <= QUOTH_BAND_WEAK);
    CHECK(score.part[QUOTH_SCORE_TEST] < 0 && !score.part[QUOTH_SCORE_NAME]);
    CHECK(band("TEST42", 0) <= QUOTH_BAND_WEAK);
    CHECK_INT(band("tested", 0) > 0 && score.part[QUOTH_SCORE_TEST], 0);
    band("bgzrtw", QUOTH_LIST_ROLE); /* a function's: nothing is said of its letters */
    CHECK_INT(score.sum, score.part[QUOTH_SCORE_PRIOR]);
}

/* What the caller alone knows is a part like the others. */
TEST(one_more)
{
    CHECK_INT(band("jane", 0), QUOTH_BAND_PLAUSIBLE);
    const int sum = score.sum;
    quoth_score_add(&score, QUOTH_SCORE_PATTERN, -700);
    CHECK_INT(score.sum, sum - 700);
    CHECK_INT(score.part[QUOTH_SCORE_PATTERN], -700);
    CHECK(score.band < QUOTH_BAND_PLAUSIBLE);
    quoth_score_add(&score, QUOTH_SCORE_PATTERN, 700);
    CHECK_INT(score.band, QUOTH_BAND_PLAUSIBLE);
}

/* Numbers that were given to somebody, and letters of other scripts, are neither good nor bad. */
TEST(out_of_scope)
{
    static const char *const neutral[] = {"80012345",     "2021004711", "j\xc3\xbcrgen",
                                          "\xe5\x90\x8d", "",           "123456789x"};
    for (size_t i = 0; i < sizeof neutral / sizeof *neutral; i++) {
        CHECK_INT(band(neutral[i], 0), QUOTH_BAND_NEUTRAL);
        CHECK_INT(score.sum, score.part[QUOTH_SCORE_PRIOR]);
    }
}

TEST(answer)
{
    band("jane", 0);
    int plain = score.sum;
    ev.decoy_code = 252;
    quoth_score(&score, &ev, QUOTH_REASON_CATCH_ALL, 0);
    CHECK(score.sum > plain && score.part[QUOTH_SCORE_ANSWER] > 0);
    ev.said.code = 252;
    quoth_score(&score, &ev, QUOTH_REASON_CATCH_ALL, 0);
    CHECK_INT(score.sum, plain);
    ev.decoy_code = 250;
    quoth_score(&score, &ev, QUOTH_REASON_CATCH_ALL, 0);
    CHECK(score.sum < plain);
    ev.decoy_code = 450; /* not an answer about a mailbox */
    quoth_score(&score, &ev, QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED, 0);
    CHECK_INT(score.sum, plain);
    CHECK(band("jane", QUOTH_LIST_ALIAS) && score.part[QUOTH_SCORE_EXCHANGER] > 0);
}

/* Where the server's answer says it, the score says nothing. */
TEST(L11_reasons)
{
    int some = 0;
    for (int reason = 0; reason < QUOTH_REASONS; reason++) {
        int scored = quoth_score(&score, &ev, (enum quoth_reason)reason, 0);
        CHECK_INT(scored, score.band != QUOTH_BAND_NONE);
        some += scored;
    }
    CHECK_INT(some, 4);
}

/* Any bytes: the sum holds, the bounds hold, nothing overflows. */
TEST(L11_any_bytes)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_+\"\\\x80\xff";
    struct quoth_random random;
    static const uint8_t seed[16] = {1, 2, 3};
    char local[130];
    quoth_random_seed(&random, seed);
    for (int i = 0; i < 50000; i++) {
        size_t n = quoth_random_below(&random, 129);
        for (size_t k = 0; k < n; k++)
            local[k] = letters[quoth_random_below(&random, sizeof letters - 1)];
        local[n] = '\0';
        band(local, 0);
        int looks = score.sum - score.part[QUOTH_SCORE_PRIOR] - score.part[QUOTH_SCORE_TEST];
        CHECK(looks >= -1024 && looks <= 128);
    }
    for (size_t n = 1; n <= 64; n++) {
        memset(local, 'q', n);
        local[n] = '\0';
        CHECK(band(local, 0) <= QUOTH_BAND_WEAK || n < 3);
    }
}

TEST(words_for_people)
{
    for (int i = 0; i <= QUOTH_BAND_PLAUSIBLE; i++)
        CHECK(*quoth_band_name((enum quoth_band)i));
    for (int i = 0; i < QUOTH_SCORE_PARTS; i++)
        CHECK(*quoth_score_part_name((enum quoth_score_part)i));
    CHECK_STR(quoth_band_name((enum quoth_band)99), "");
    CHECK_STR(quoth_score_part_name((enum quoth_score_part)99), "");
}

int main(void)
{
    RUN(names);
    RUN(rubbish);
    RUN(words);
    RUN(one_more);
    RUN(out_of_scope);
    RUN(answer);
    RUN(L11_reasons);
    RUN(L11_any_bytes);
    RUN(words_for_people);
    return report("score");
}
