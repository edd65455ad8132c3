/* score.c - what RCPT cannot tell: how plausible an address is at a domain that takes every one.
 *
 *     local part -> features -> weights --.
 *     test word?                          +--> contributions --> sum --> band
 *     decoy's reply, exchanger's kind ----'
 *
 * A sum of whole numbers, 256 to one logit, each of which is told: the explanation is the
 * computation. It says whether an address looks like one that people have, and cannot say whether
 * it is there: somebody who has left has a perfect name. So it never changes a verdict, and it is a
 * percentage only after it was calibrated with the user's own outcomes.
 *
 * The table of letters and the weights are made by data/score/train.c.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "score.h"

#if QUOTH_SCORE
#include "score_table.h"

/* ---- features -------------------------------------------------------------- */

static int score_symbol(int c) { return quoth_is_alpha(c) ? (c | 0x20) - 'a' + 1 : 0; }

static int score_pair(const uint8_t *bigram, int a, int b)
{
    unsigned at = (unsigned)(a * SCORE_SYMBOLS + b);
    return at & 1 ? bigram[at / 2] >> 4 : bigram[at / 2] & 15;
}

static int score_is_vowel(int symbol)
{
    return symbol && memchr("\1\5\11\17\25\31", symbol, 6) != NULL; /* a e i o u y */
}

/* Are these two keys side by side, in a row of a QWERTY, QWERTZ or AZERTY keyboard? */
static int score_are_keys(int a, int b)
{
    static const char rows[] = "qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azerty 1234567890";
    for (const char *p = rows; p[1]; p++)
        if ((p[0] == a && p[1] == b) || (p[0] == b && p[1] == a))
            return 1;
    return 0;
}

static int score_over(int n, int limit) { return n > limit ? n - limit : 0; }

/* Letters as they follow each other; a part's ends are symbols of their own. */
static void score_letters(int16_t feature[SCORE_FEATURES], const uint8_t *bigram, const char *text,
                          size_t n)
{
    int pairs = 0, sum = 0, rarest = 45, run = 0, longest = 0, vowels = 0, letters = 0;
    int last = 0, two = 15, three = 15, turns = 0, most_turns = 0;

    for (size_t i = 0; i <= n; i++) {
        int symbol = i < n ? score_symbol(text[i]) : 0;
        if (symbol || last) {
            int value = score_pair(bigram, last, symbol);
            pairs++;
            sum += value;
            if (pairs >= 3 && three + two + value < rarest)
                rarest = three + two + value;
            three = two;
            two = value;
        }
        letters += symbol != 0;
        vowels += score_is_vowel(symbol);
        run = symbol && !score_is_vowel(symbol) ? run + 1 : 0;
        longest = run > longest ? run : longest;
        turns = symbol && last && score_is_vowel(symbol) != score_is_vowel(last) ? turns + 1 : 0;
        most_turns = turns > most_turns ? turns : most_turns;
        last = symbol;
    }
    int share = letters ? vowels * 100 / letters - 42 : 0;
    feature[SCORE_PAIRS] = (int16_t)(pairs ? sum * 16 / pairs : 0);
    feature[SCORE_RAREST] = (int16_t)(pairs >= 3 ? rarest : 24);
    feature[SCORE_CONSONANTS] = (int16_t)score_over(longest, 3);
    feature[SCORE_TURNS] = (int16_t)score_over(most_turns, 4);
    feature[SCORE_VOWELS] = (int16_t)(share < 0 ? -share : share);
}

static void score_digits(int16_t feature[SCORE_FEATURES], const char *text, size_t n)
{
    int digits = 0, changes = 0;
    for (size_t i = 0; i < n; i++) {
        digits += quoth_is_digit(text[i]);
        changes += i && (quoth_is_digit(text[i]) != quoth_is_digit(text[i - 1])) &&
                   quoth_is_alnum(text[i]) && quoth_is_alnum(text[i - 1]);
    }
    feature[SCORE_DIGITS] = (int16_t)score_over(digits, 2);
    feature[SCORE_CHANGES] = (int16_t)score_over(changes, 1);
    feature[SCORE_DIGIT_LEAD] = (int16_t)(n && quoth_is_digit(text[0]));
}

static void score_keys(int16_t feature[SCORE_FEATURES], const char *text, size_t n)
{
    int run = 0, keys = 0, repeats = 0;
    for (size_t i = 1; i < n; i++) {
        run = score_are_keys(text[i], text[i - 1]) ? run + 1 : 0;
        keys += run > 1;
        repeats += i >= 2 && text[i] == text[i - 1] && text[i] == text[i - 2];
        repeats += i >= 3 && text[i] == text[i - 2] && text[i - 1] == text[i - 3];
    }
    feature[SCORE_KEYS] = (int16_t)score_over(keys, 1);
    feature[SCORE_REPEATS] = (int16_t)repeats;
}

static size_t score_bare(char bare[SCORE_LOCAL_MAX], const char *local, size_t n)
{
    size_t out = 0;
    for (size_t i = 0; i < n && out < SCORE_LOCAL_MAX && local[i] != '+'; i++)
        if (local[i] != '"' && local[i] != '\\')
            bare[out++] = (char)quoth_lower((uint8_t)local[i]);
    return out;
}

void score_look(int16_t feature[SCORE_FEATURES], const uint8_t *bigram, const char *local, size_t n)
{
    char bare[SCORE_LOCAL_MAX];
    size_t bare_n = score_bare(bare, local, n);
    score_letters(feature, bigram, bare, bare_n);
    score_digits(feature, bare, bare_n);
    score_keys(feature, bare, bare_n);
}

/* ---- contributions ------------------------------------------------------------ */

enum {
    SCORE_ONE = 256,        /* a logit */
    SCORE_PRIOR = 410,      /* four in five addresses at catch-all domains are there */
    SCORE_NAME_LOW = -1024, /* bounds of what the look of a name may say */
    SCORE_NAME_HIGH = 128,
    SCORE_TEST_WORD = -512,
    SCORE_REPLY = 384, /* the server spoke otherwise of a made-up mailbox */
    SCORE_ALIAS = 77   /* a forwarder takes everything on purpose */
};

/* Sums below which an address is of the next lower band. */
static const int16_t score_bands[] = {-SCORE_ONE, SCORE_ONE, 448};

static const uint8_t score_part_of[SCORE_FEATURES] = {
    [SCORE_PAIRS] = QUOTH_SCORE_LETTERS,      [SCORE_RAREST] = QUOTH_SCORE_LETTERS,
    [SCORE_CONSONANTS] = QUOTH_SCORE_LETTERS, [SCORE_VOWELS] = QUOTH_SCORE_LETTERS,
    [SCORE_DIGITS] = QUOTH_SCORE_DIGITS,      [SCORE_CHANGES] = QUOTH_SCORE_DIGITS,
    [SCORE_DIGIT_LEAD] = QUOTH_SCORE_DIGITS,  [SCORE_TURNS] = QUOTH_SCORE_LETTERS,
    [SCORE_KEYS] = QUOTH_SCORE_KEYBOARD,      [SCORE_REPEATS] = QUOTH_SCORE_KEYBOARD,
};

/* Is it what people type to see whether something works? */
static int score_is_test(const char *local, size_t n)
{
    static const char words[] = "test\0testing\0tester\0asdf\0asdfg\0qwerty\0qwertz\0demo\0sample\0"
                                "foo\0bar\0foobar\0abc\0abcd\0xxx\0aaa\0none\0fake\0dummy\0temp\0"
                                "tmp\0blah\0asd\0qwe\0null\0";
    while (n && quoth_is_digit(local[n - 1]))
        n--;
    for (const char *word = words; *word; word += strlen(word) + 1)
        if (quoth_same(word, strlen(word), local, n))
            return 1;
    return 0;
}

/* A number that somebody was given is nobody's name, and a name in other letters is not in the
 * table. */
static int score_is_readable(const char *local, size_t n)
{
    size_t digits = 0;
    for (size_t i = 0; i < n; i++) {
        if ((uint8_t)local[i] > 0x7f)
            return 0;
        digits += (size_t)quoth_is_digit(local[i]);
    }
    return n && digits * 5 < n * 4;
}

/* Half of what the model says: it was made with names and rubbish, and lists hold little rubbish.
 * */
static void score_name(struct quoth_score *score, const char *local, size_t n)
{
    int16_t feature[SCORE_FEATURES];
    int sum = SCORE_TYPICAL / 2;

    score->part[QUOTH_SCORE_NAME] = (int16_t)sum;
    score_look(feature, score_bigram, local, n);
    for (int k = 0; k < SCORE_FEATURES; k++) {
        int says = score_weight[k] * (feature[k] - score_mean[k]) / (4096 / SCORE_ONE * 2);
        score->part[score_part_of[k]] = (int16_t)(score->part[score_part_of[k]] + says);
        sum += says;
    }
    if (sum < SCORE_NAME_LOW)
        score->part[QUOTH_SCORE_BOUND] = (int16_t)(SCORE_NAME_LOW - sum);
    if (sum > SCORE_NAME_HIGH)
        score->part[QUOTH_SCORE_BOUND] = (int16_t)(SCORE_NAME_HIGH - sum);
}

/* A plain yes is more than a "cannot verify", if only one of both addresses got it. */
static int score_reply(const struct quoth_evidence *evidence)
{
    int plain = evidence->said.code == 250, decoy_plain = evidence->decoy_code == 250;
    return evidence->said.code / 100 == 2 && evidence->decoy_code / 100 == 2
               ? (plain - decoy_plain) * SCORE_REPLY
               : 0;
}

static void score_sum(struct quoth_score *score)
{
    score->sum = 0;
    for (int i = 0; i < QUOTH_SCORE_PARTS; i++)
        score->sum = (int16_t)(score->sum + score->part[i]);
    score->band = QUOTH_BAND_IMPLAUSIBLE;
    for (size_t i = 0; i < sizeof score_bands / sizeof *score_bands; i++)
        score->band = (uint8_t)(score->band + (score->sum >= score_bands[i]));
}

int quoth_score(struct quoth_score *score, const struct quoth_evidence *evidence,
                enum quoth_reason reason, unsigned lists)
{
    const struct quoth_span *local = &evidence->addr.local;

    memset(score, 0, sizeof *score);
    if (reason != QUOTH_REASON_CATCH_ALL && reason != QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED &&
        reason != QUOTH_REASON_ACCEPTS_BY_SHAPE && reason != QUOTH_REASON_BACKUP_MX &&
        reason != QUOTH_REASON_NOT_VERIFIABLE)
        return 0;
    score->part[QUOTH_SCORE_PRIOR] = SCORE_PRIOR;
    if (score_is_test(local->p, local->n))
        score->part[QUOTH_SCORE_TEST] = SCORE_TEST_WORD;
    else if (!(lists & QUOTH_LIST_ROLE) && score_is_readable(local->p, local->n))
        score_name(score, local->p, local->n);
    score->part[QUOTH_SCORE_ANSWER] = (int16_t)score_reply(evidence);
    if (lists & QUOTH_LIST_ALIAS)
        score->part[QUOTH_SCORE_EXCHANGER] = SCORE_ALIAS;
    score_sum(score);
    return 1;
}

void quoth_score_add(struct quoth_score *score, enum quoth_score_part part, int says)
{
    score->part[part] = (int16_t)(score->part[part] + says);
    score_sum(score);
}
#else
int quoth_score(struct quoth_score *score, const struct quoth_evidence *evidence,
                enum quoth_reason reason, unsigned lists)
{
    (void)evidence, (void)reason, (void)lists;
    memset(score, 0, sizeof *score);
    return 0;
}
void quoth_score_add(struct quoth_score *score, enum quoth_score_part part, int says)
{
    (void)score, (void)part, (void)says;
}
#endif

static const char *const score_band_name[] = {[QUOTH_BAND_NONE] = "none",
                                              [QUOTH_BAND_IMPLAUSIBLE] = "implausible",
                                              [QUOTH_BAND_WEAK] = "weak",
                                              [QUOTH_BAND_NEUTRAL] = "neutral",
                                              [QUOTH_BAND_PLAUSIBLE] = "plausible"};
static const char *const score_part_name[QUOTH_SCORE_PARTS] = {
    [QUOTH_SCORE_PRIOR] = "catch_all",     [QUOTH_SCORE_NAME] = "a_name",
    [QUOTH_SCORE_LETTERS] = "letters",     [QUOTH_SCORE_DIGITS] = "digits",
    [QUOTH_SCORE_KEYBOARD] = "keyboard",   [QUOTH_SCORE_BOUND] = "bound",
    [QUOTH_SCORE_TEST] = "test_word",      [QUOTH_SCORE_ANSWER] = "answer",
    [QUOTH_SCORE_EXCHANGER] = "exchanger", [QUOTH_SCORE_PATTERN] = "domain_pattern"};

const char *quoth_band_name(enum quoth_band band)
{
    return (unsigned)band <= QUOTH_BAND_PLAUSIBLE ? score_band_name[band] : "";
}
const char *quoth_score_part_name(enum quoth_score_part part)
{
    return (unsigned)part < QUOTH_SCORE_PARTS ? score_part_name[part] : "";
}
