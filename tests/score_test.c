/* score_test.c - the score is the sum of what it tells, stays within its bounds, never moves a
 * verdict, and puts names above rubbish.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "quoth.h"
#include "score.h"
#include "score_table.h"

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
    CHECK_INT(some, 5);
}

/* What each part says, counted anew from the features; and the band, from the sum. */
static void check_parts(const char *local)
{
    static const enum quoth_score_part parts[SCORE_FEATURES] = {
        QUOTH_SCORE_LETTERS,  QUOTH_SCORE_LETTERS, QUOTH_SCORE_LETTERS, QUOTH_SCORE_LETTERS,
        QUOTH_SCORE_DIGITS,   QUOTH_SCORE_DIGITS,  QUOTH_SCORE_DIGITS,  QUOTH_SCORE_LETTERS,
        QUOTH_SCORE_KEYBOARD, QUOTH_SCORE_KEYBOARD};
    int want[QUOTH_SCORE_PARTS] = {0}, looks = 0;
    int16_t x[SCORE_FEATURES];
    int given = band(local, 0);

    CHECK_INT(given, 1 + (score.sum >= -256) + (score.sum >= 256) + (score.sum >= 448));
    if (!score.part[QUOTH_SCORE_NAME])
        return;
    score_look(x, score_bigram, local, strlen(local));
    want[QUOTH_SCORE_PRIOR] = 410;
    looks = want[QUOTH_SCORE_NAME] = SCORE_TYPICAL / 2;
    for (int k = 0; k < SCORE_FEATURES; k++) {
        int says = score_weight[k] * (x[k] - score_mean[k]) / 32;
        want[parts[k]] += says;
        looks += says;
    }
    want[QUOTH_SCORE_BOUND] = looks < -1024 ? -1024 - looks : looks > 128 ? 128 - looks : 0;
    for (int i = 0; i < QUOTH_SCORE_PARTS; i++)
        CHECK_INT(score.part[i], want[i]);
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
        check_parts(local);
        int looks = score.sum - score.part[QUOTH_SCORE_PRIOR] - score.part[QUOTH_SCORE_TEST];
        CHECK(looks >= -1024 && looks <= 128);
    }
    for (size_t n = 1; n <= 64; n++) {
        memset(local, 'q', n);
        local[n] = '\0';
        CHECK(band(local, 0) <= QUOTH_BAND_WEAK || n < 3);
    }
}

/* ---- each feature, each part ---------------------------------------------------- */

/* By a second program that counts the same things in another way, with a table of pairs in which
 * each pair of letters has a value of its own: (7 a + 5 b + a b) mod 16, and 0 beside a letter. */
TEST(L11_features)
{
    static const struct {
        const char *local;
        int16_t x[SCORE_FEATURES];
    } rows[] = {
        {"jane.doe", {80, 8, 0, 15, 0, 0, 0, 0, 0, 0}},
        {"a", {96, 24, 0, 58, 0, 0, 0, 0, 0, 0}},
        {"ab", {117, 22, 0, 8, 0, 0, 0, 0, 0, 0}},
        {"abc", {64, 11, 0, 9, 0, 0, 0, 0, 0, 0}},
        {"Xkqzvbntrw", {109, 0, 7, 42, 0, 0, 0, 0, 0, 0}},
        {"bananarama", {116, 13, 0, 8, 0, 0, 0, 5, 0, 2}},
        {"banana", {123, 21, 0, 8, 0, 0, 0, 1, 0, 2}},
        {"a8f3e9c17b", {147, 22, 0, 2, 3, 7, 0, 0, 0, 0}},
        {"12ab", {117, 22, 0, 8, 0, 0, 1, 0, 0, 0}},
        {"1234", {0, 24, 0, 0, 2, 0, 1, 0, 1, 0}},
        {"aaa", {152, 31, 0, 58, 0, 0, 0, 0, 0, 1}},
        {"aaaa", {163, 31, 0, 58, 0, 0, 0, 0, 0, 3}},
        {"abab", {96, 11, 0, 8, 0, 0, 0, 0, 0, 1}},
        {"xabab", {101, 11, 0, 2, 0, 0, 0, 0, 0, 1}},
        {"baaa", {153, 28, 0, 33, 0, 0, 0, 0, 0, 1}},
        {"qwerty", {146, 19, 0, 9, 0, 0, 0, 0, 3, 0}},
        {"qwer", {128, 19, 0, 17, 0, 0, 0, 0, 1, 0}},
        {"azerty", {123, 9, 0, 8, 0, 0, 0, 0, 3, 0}},
        {"poiuy", {152, 24, 0, 38, 0, 0, 0, 0, 2, 0}},
        {"asdf.jkl", {108, 14, 0, 28, 0, 0, 0, 0, 2, 0}},
        {"1q2w3e4r", {104, 11, 0, 17, 2, 6, 1, 0, 0, 0}},
        {"0987", {0, 24, 0, 0, 2, 0, 1, 0, 1, 0}},
        {"a1", {96, 24, 0, 58, 0, 0, 0, 0, 0, 0}},
        {"a1b", {144, 22, 0, 8, 0, 1, 0, 0, 0, 0}},
        {"a1b2", {144, 22, 0, 8, 0, 2, 0, 0, 0, 0}},
        {"a-1-b", {144, 22, 0, 8, 0, 0, 0, 0, 0, 0}},
        {"jane+news12", {70, 15, 0, 8, 0, 0, 0, 0, 0, 0}},
        {"\"Jane.Doe\"", {80, 8, 0, 15, 0, 0, 0, 0, 0, 0}},
        {"j\\a", {74, 14, 0, 8, 0, 0, 0, 0, 0, 0}},
        {"strength", {124, 12, 1, 30, 0, 0, 0, 0, 0, 0}},
        {"straight", {138, 14, 0, 17, 0, 0, 0, 0, 0, 0}},
        {"yyyy", {214, 39, 0, 58, 0, 0, 0, 0, 0, 3}},
        {"a.b.c", {149, 22, 0, 9, 0, 0, 0, 0, 0, 0}},
        {"..", {0, 24, 0, 0, 0, 0, 0, 0, 0, 0}},
        {"rhythms", {94, 6, 1, 28, 0, 0, 0, 0, 0, 0}},
        {"lollol", {91, 12, 0, 9, 0, 0, 0, 0, 0, 0}},
        {"mnbvcx", {109, 16, 3, 42, 0, 0, 0, 0, 3, 0}},
        {"09", {0, 24, 0, 0, 0, 0, 1, 0, 0, 0}},
        {"a12", {96, 24, 0, 58, 0, 0, 0, 0, 0, 0}},
        {"a123", {96, 24, 0, 58, 1, 0, 0, 0, 0, 0}},
        {"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
         "qqqqqqqqqqqqqqqqqqqq",
         {204, 31, 61, 42, 0, 0, 0, 0, 0, 123}},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaab1",
         {203, 29, 0, 56, 0, 0, 0, 0, 0, 121}},
        {"+tag", {0, 24, 0, 0, 0, 0, 0, 0, 0, 0}},
        {"x_99_y", {176, 29, 0, 8, 0, 0, 0, 0, 0, 0}},
        {"zyzyzy", {178, 26, 0, 8, 0, 0, 0, 1, 0, 3}},
        {"queueing", {87, 11, 0, 20, 0, 0, 0, 0, 0, 1}},
    };
    uint8_t bigram[(SCORE_SYMBOLS * SCORE_SYMBOLS + 1) / 2] = {0};
    for (unsigned at = 0; at < SCORE_SYMBOLS * SCORE_SYMBOLS; at++) {
        unsigned a = at / SCORE_SYMBOLS, b = at % SCORE_SYMBOLS;
        bigram[at / 2] |= (uint8_t)((a * 7 + b * 5 + a * b) % 16 << (at % 2 * 4));
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int16_t x[SCORE_FEATURES];
        char beside[128]; /* what stands behind it is not looked at */
        memset(x, 0x55, sizeof x);
        snprintf(beside, sizeof beside, "%sq", rows[i].local);
        score_look(x, bigram, beside, strlen(rows[i].local));
        for (int k = 0; k < SCORE_FEATURES; k++)
            CHECK_INT(x[k], rows[i].x[k]);
    }
    int16_t most[SCORE_FEATURES];
    memset(bigram, 0xff, sizeof bigram);
    score_look(most, bigram, "ab", 2);
    CHECK_INT(most[SCORE_PAIRS], 240);
    CHECK_INT(most[SCORE_RAREST], 45);
}

/* ---- the features by a plain reference ------------------------------------------ */

/* The k-th symbol of a text with an end before it and one behind it: 1 to 26, or 0. */
static int ref_symbol(const char *text, int n, int k)
{
    return k >= 0 && k < n && text[k] >= 'a' && text[k] <= 'z' ? text[k] - 'a' + 1 : 0;
}
static int ref_digit(char c) { return c >= '0' && c <= '9'; }
static int ref_vowel(int symbol) { return symbol && strchr("aeiouy", 'a' + symbol - 1) != NULL; }
static int ref_beside(char a, char b)
{
    static const char *const rows[] = {"qwertyuiop", "asdfghjkl",  "zxcvbnm", "qwertzuiop",
                                       "yxcvbnm",    "1234567890", "azerty"};
    const char one[] = {a, b, 0}, other[] = {b, a, 0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (a && b && (strstr(rows[i], one) || strstr(rows[i], other)))
            return 1;
    return 0;
}
static int16_t ref_beyond(int n, int limit) { return (int16_t)(n > limit ? n - limit : 0); }

/* How often two letters or a letter and an end follow each other, and what the table says of it. */
static void ref_pairs(int16_t x[SCORE_FEATURES], const uint8_t *bigram, const char *t, int n)
{
    int value[80], pairs = 0, sum = 0;

    for (int k = 0; k <= n; k++) {
        const int at = ref_symbol(t, n, k - 1) * SCORE_SYMBOLS + ref_symbol(t, n, k);
        if (at)
            value[pairs++] = at % 2 ? bigram[at / 2] / 16 : bigram[at / 2] % 16;
    }
    x[SCORE_RAREST] = pairs < 3 ? 24 : 45;
    for (int k = 0; k < pairs; k++) {
        sum += value[k];
        if (k >= 2 && value[k] + value[k - 1] + value[k - 2] < x[SCORE_RAREST])
            x[SCORE_RAREST] = (int16_t)(value[k] + value[k - 1] + value[k - 2]);
    }
    x[SCORE_PAIRS] = (int16_t)(pairs ? sum * 16 / pairs : 0);
}

/* From each place on: how far do consonants go, do vowels and consonants take turns, do keys? */
static void ref_runs(int16_t x[SCORE_FEATURES], const char *t, int n)
{
    int most = 0, turns = 0, keys = 0, vowels = 0, letters = 0;

    for (int from = 0; from < n; from++) {
        int k = from;
        letters += ref_symbol(t, n, from) != 0;
        vowels += ref_vowel(ref_symbol(t, n, from));
        while (ref_symbol(t, n, k) && !ref_vowel(ref_symbol(t, n, k)))
            k++;
        most = k - from > most ? k - from : most;
        for (k = from; ref_symbol(t, n, k) && ref_symbol(t, n, k + 1) &&
                       ref_vowel(ref_symbol(t, n, k)) != ref_vowel(ref_symbol(t, n, k + 1));)
            k++;
        turns = k - from > turns ? k - from : turns;
        keys +=
            from >= 2 && ref_beside(t[from], t[from - 1]) && ref_beside(t[from - 1], t[from - 2]);
    }
    x[SCORE_CONSONANTS] = ref_beyond(most, 3);
    x[SCORE_TURNS] = ref_beyond(turns, 4);
    x[SCORE_KEYS] = ref_beyond(keys, 1);
    x[SCORE_VOWELS] = (int16_t)(letters ? abs(vowels * 100 / letters - 42) : 0);
}

static void ref_look(int16_t x[SCORE_FEATURES], const uint8_t *bigram, const char *local, size_t n)
{
    char t[SCORE_LOCAL_MAX];
    int m = 0, digits = 0, changes = 0, repeats = 0;

    for (size_t i = 0; i < n && local[i] != '+'; i++)
        if (m < SCORE_LOCAL_MAX && local[i] != '"' && local[i] != '\\')
            t[m++] = (char)(local[i] >= 'A' && local[i] <= 'Z' ? local[i] + 32 : local[i]);
    for (int k = 0; k < m; k++) {
        digits += ref_digit(t[k]);
        if (k >= 1)
            changes += (ref_digit(t[k]) && ref_symbol(t, m, k - 1)) ||
                       (ref_symbol(t, m, k) && ref_digit(t[k - 1]));
        repeats += k >= 2 && t[k] == t[k - 1] && t[k] == t[k - 2];
        repeats += k >= 3 && t[k] == t[k - 2] && t[k - 1] == t[k - 3];
    }
    ref_pairs(x, bigram, t, m);
    ref_runs(x, t, m);
    x[SCORE_DIGITS] = ref_beyond(digits, 2);
    x[SCORE_CHANGES] = ref_beyond(changes, 1);
    x[SCORE_DIGIT_LEAD] = (int16_t)(m && ref_digit(t[0]));
    x[SCORE_REPEATS] = (int16_t)repeats;
}

TEST(L11_reference)
{
    static const char *const alphabets[] = {"abcdefghijklmnopqrstuvwxyz0123456789.-_+\"\\\x80\xff",
                                            "aeiouybcdABCDEYZ",
                                            "qwertyasdfzxcv1234567890",
                                            "ab1.",
                                            "ab",
                                            "`{@[/:az09AZ"};
    uint8_t bigram[(SCORE_SYMBOLS * SCORE_SYMBOLS + 1) / 2] = {0};
    struct quoth_random random;
    static const uint8_t seed[16] = {4};

    quoth_random_seed(&random, seed);
    for (int i = 0; i < ROUNDS(30000); i++) {
        const char *letters = alphabets[quoth_random_below(&random, 6)];
        const size_t n = quoth_random_below(&random, i % 8 ? 12 : 80);
        int16_t x[SCORE_FEATURES], want[SCORE_FEATURES];
        char local[80];

        for (size_t k = 0; i % 100 == 0 && k < sizeof bigram; k++)
            bigram[k] = (uint8_t)quoth_random_below(&random, 256);
        for (size_t k = 0; k < n; k++)
            local[k] = letters[quoth_random_below(&random, (uint32_t)strlen(letters))];
        memset(x, 0x55, sizeof x);
        ref_look(want, bigram, local, n);
        score_look(x, bigram, local, n);
        for (int k = 0; k < SCORE_FEATURES; k++)
            CHECK_INT(x[k], want[k]);
    }
}

TEST(L11_parts)
{
    static const char *const some[] = {"jane.doe", "a8f3e9c17b",   "xkqzvbntrw", "12abcd",
                                       "qwertyx",  "bananaramana", "aaabbb",     "strength",
                                       "a",        "zz9zz9zz"};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        check_parts(some[i]);
        CHECK(score.part[QUOTH_SCORE_NAME]);
    }
}

/* What people type to try something; with a number behind; a letter more is another word. */
TEST(L11_test_words)
{
    static const char *const words[] = {
        "test",  "testing", "tester", "asdf", "asdfg", "qwerty", "qwertz", "demo", "sample",
        "foo",   "bar",     "foobar", "abc",  "abcd",  "xxx",    "aaa",    "none", "fake",
        "dummy", "temp",    "tmp",    "blah", "asd",   "qwe",    "null"};
    char local[16];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(local, sizeof local, "%s9", words[i]);
        band(local, 0);
        CHECK_INT(score.part[QUOTH_SCORE_TEST], -512);
        CHECK_INT(score.sum, 410 - 512);
        snprintf(local, sizeof local, "%sx9", words[i]);
        band(local, 0);
        CHECK_INT(score.part[QUOTH_SCORE_TEST], 0);
    }
}

/* Four digits in five are a number somebody was given; a byte above 0x7f is another script. */
TEST(L11_readable)
{
    static const struct {
        const char *local;
        int readable;
    } rows[] = {{"a1234", 0}, {"ab123456", 1}, {"a123", 1}, {"a\x7f", 1}, {"a\x80", 0}, {"1", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char beside[16]; /* what stands behind it is not looked at */
        snprintf(beside, sizeof beside, "%s\xff", rows[i].local);
        band(beside, 0);
        CHECK_INT(score.part[QUOTH_SCORE_NAME], 0);
        ev.addr.local.n--;
        quoth_score(&score, &ev, QUOTH_REASON_CATCH_ALL, 0);
        CHECK_INT(score.part[QUOTH_SCORE_NAME] != 0, rows[i].readable);
    }
}

TEST(L11_replies)
{
    static const struct {
        uint16_t real, decoy;
        int says;
    } rows[] = {{250, 250, 0}, {250, 252, 384}, {252, 250, -384}, {252, 251, 0},    {250, 350, 0},
                {350, 250, 0}, {250, 550, 0},   {0, 250, 0},      {250, 0, 0},      {250, 200, 384},
                {250, 199, 0}, {250, 299, 384}, {299, 250, -384}, {200, 250, -384}, {199, 250, 0},
                {300, 250, 0}, {250, 300, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        band("jane", 0);
        ev.said.code = rows[i].real;
        ev.decoy_code = rows[i].decoy;
        quoth_score(&score, &ev, QUOTH_REASON_CATCH_ALL, 0);
        CHECK_INT(score.part[QUOTH_SCORE_ANSWER], rows[i].says);
    }
    band("jane", QUOTH_LIST_ALIAS);
    CHECK_INT(score.part[QUOTH_SCORE_EXCHANGER], 77);
}

TEST(words_for_people)
{
    for (int i = 0; i <= QUOTH_BAND_PLAUSIBLE; i++)
        CHECK(*quoth_band_name((enum quoth_band)i));
    for (int i = 0; i < QUOTH_SCORE_PARTS; i++)
        CHECK(*quoth_score_part_name((enum quoth_score_part)i));
    CHECK_STR(quoth_band_name((enum quoth_band)99), "");
    CHECK_STR(quoth_score_part_name(QUOTH_SCORE_PARTS), "");
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
    RUN(L11_features);
    RUN(L11_reference);
    RUN(L11_parts);
    RUN(L11_test_words);
    RUN(L11_readable);
    RUN(L11_replies);
    RUN(words_for_people);
    return report("score");
}
