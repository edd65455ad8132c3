/* train.c - sets the weights of core/score.c, and says how good they are.
 *
 *     train make NAMES > core/score_table.h     from languages of group `train`, scaled on `fit`
 *     train eval NAMES                          on names and languages never trained on
 *
 * NAMES is what lexicon.mjs prints. A plausible local part is a name in one of 19 patterns; an
 * implausible one is of 12 kinds in equal numbers, from random letters to a name with one slip.
 * Four in five names train, by a hash of the name; the fifth is `unseen names`.
 *
 * The table of pairs is how much more often a letter stands behind another in the plausible ones,
 * in quarters of a bit. The weights are a logistic regression whose signs are fixed, so that none
 * can say the opposite of its name.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../score.h"
#include "../../quoth.h"

enum { NAMES = 400000, LANGUAGES = 64, KINDS = 12, PATTERNS = 19, SAMPLES = 60000, ROUNDS = 400 };

/* ---- names ------------------------------------------------------------------ */

struct name {
    char text[24];
    uint8_t language, unseen;
};
static struct name first[NAMES], last[NAMES];
static int firsts, lasts;
static struct language {
    char name[24], group[8];
    int first0, firsts, last0, lasts;
} language[LANGUAGES];
static int languages;

static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261u;
    while (*s)
        h = (h ^ (uint8_t)*s++) * 16777619u;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    return h ^ (h >> 13);
}

static struct language *language_of(const char *name, const char *group)
{
    for (int i = 0; i < languages; i++)
        if (!strcmp(language[i].name, name))
            return &language[i];
    struct language *found = &language[languages++];
    snprintf(found->name, sizeof found->name, "%s", name);
    snprintf(found->group, sizeof found->group, "%s", group);
    return found;
}

static int cmp_name(const void *a, const void *b)
{
    return (int)((const struct name *)a)->language - (int)((const struct name *)b)->language;
}

static void read_names(const char *path)
{
    char lang[24], group[8], kind[4], text[64];
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(1);
    }
    while (fscanf(file, "%23[^\t]\t%7[^\t]\t%3[^\t]\t%63s\n", lang, group, kind, text) == 4) {
        struct language *named = language_of(lang, group);
        int *n = *kind == 'F' ? &firsts : &lasts;
        struct name *to = (*kind == 'F' ? first : last) + *n;
        if (strlen(text) > 20 || *n == NAMES)
            continue;
        strcpy(to->text, text);
        to->language = (uint8_t)(named - language);
        to->unseen = hash(text) % 5 == 0;
        ++*n;
    }
    fclose(file);
    qsort(first, (size_t)firsts, sizeof *first, cmp_name);
    qsort(last, (size_t)lasts, sizeof *last, cmp_name);
    for (int i = firsts - 1; i >= 0; i--)
        language[first[i].language].first0 = i, language[first[i].language].firsts++;
    for (int i = lasts - 1; i >= 0; i--)
        language[last[i].language].last0 = i, language[last[i].language].lasts++;
}

/* ---- local parts ------------------------------------------------------------- */

static uint64_t seed = 1;
static uint32_t any(uint32_t n)
{
    seed += 0x9e3779b97f4a7c15u;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % n);
}

static const char *const words[] = {
    "mail",  "cool",   "super",  "happy",  "shop",  "gamer", "music",  "star",  "blue",   "dragon",
    "king",  "tiger",  "sunny",  "magic",  "crazy", "sweet", "angel",  "power", "smart",  "lucky",
    "ninja", "market", "design", "travel", "photo", "green", "silver", "ocean", "rocket", "panda"};
static const char *const tests[] = {
    "test",     "testing", "asdf",   "qwerty", "demo",    "sample", "foo",     "bar",
    "foobar",   "abc",     "abcdef", "user",   "example", "test1",  "test123", "asdf123",
    "abc123",   "aaa",     "xxx",    "none",   "nothing", "fake",   "noone",   "nomail",
    "dummy",    "temp",    "tmp",    "blah",   "blabla",  "xyz",    "zzz",     "hello123",
    "testuser", "mytest",  "asd",    "qwe",    "qwe123",  "asdasd", "null",    "unknown"};

/* A name of that language, of the seen or unseen fifth; only languages to train on have one. */
static const char *pick(const struct language *people, const struct name *all, int first0, int n,
                        int unseen)
{
    int split = !strcmp(people->group, "train");
    for (int tries = 0; tries < 1000; tries++) {
        const struct name *at = &all[first0 + (int)any((uint32_t)n)];
        if (!split || at->unseen == unseen)
            return at->text;
    }
    return all[first0].text;
}

struct source {
    const char *group;
    int unseen, only; /* only: one language, -1: all of the group */
};

static const struct language *source_language(const struct source *source)
{
    for (;;) {
        const struct language *l =
            &language[source->only >= 0 ? source->only : (int)any((uint32_t)languages)];
        if (!strcmp(l->group, source->group) && l->firsts && l->lasts)
            return l;
    }
}

static void make_name(char out[64], const struct source *source, int pattern)
{
    const struct language *people = source_language(source);
    const char *given = pick(people, first, people->first0, people->firsts, source->unseen);
    const char *family = pick(people, last, people->last0, people->lasts, source->unseen);
    char given1 = given[0], family1 = family[0];
    switch (pattern) {
    case 0:
    case 1: snprintf(out, 64, "%s.%s", given, family); break;
    case 2: snprintf(out, 64, "%c%s", given1, family); break;
    case 3: snprintf(out, 64, "%s", given); break;
    case 4: snprintf(out, 64, "%s%s", given, family); break;
    case 5: snprintf(out, 64, "%c.%s", given1, family); break;
    case 6: snprintf(out, 64, "%s_%s", given, family); break;
    case 7: snprintf(out, 64, "%s%c", given, family1); break;
    case 8: snprintf(out, 64, "%s", family); break;
    case 9: snprintf(out, 64, "%s.%c", given, family1); break;
    case 10: snprintf(out, 64, "%s-%s", given, family); break;
    case 11: snprintf(out, 64, "%s.%s", family, given); break;
    case 12: snprintf(out, 64, "%s%c", family, given1); break;
    case 13: snprintf(out, 64, "%s%02u", given, any(100)); break;
    case 14: snprintf(out, 64, "%s.%s%u", given, family, 1 + any(9)); break;
    case 15: snprintf(out, 64, "%c%s%u", given1, family, 1 + any(99)); break;
    case 16: snprintf(out, 64, "%s%s", family, given); break;
    case 17: snprintf(out, 64, "%s%u", family, 1 + any(99)); break;
    default: snprintf(out, 64, "%s.%c.%s", given, 'a' + (char)any(26), family); break;
    }
}

static void make_random(char *out, int n, const char *from)
{
    uint32_t set = (uint32_t)strlen(from);
    for (int i = 0; i < n; i++)
        out[i] = from[any(set)];
    out[n] = '\0';
}

static void make_slips(char out[64], const struct source *source, int slips)
{
    make_name(out, source, (int)any(13));
    while (slips--) {
        size_t n = strlen(out), at = any((uint32_t)n);
        char c = (char)('a' + any(26));
        switch (any(4)) {
        case 0: out[at] = c; break;
        case 1: memmove(out + at, out + at + 1, n - at); break;
        case 2:
            if (n < 62) {
                memmove(out + at + 1, out + at, n - at + 1);
                out[at] = c;
            }
            break;
        default:
            if (at + 1 < n) {
                char swap = out[at];
                out[at] = out[at + 1];
                out[at + 1] = swap;
            }
        }
    }
    if (!*out)
        strcpy(out, "x");
}

static void make_walk(char *out, const char *const *rows, int n)
{
    const char *row = rows[any(3)];
    int len = (int)strlen(row), at = (int)any((uint32_t)len), step = any(2) ? 1 : -1, i;
    for (i = 0; i < n; i++) {
        out[i] = row[at];
        if (at + step < 0 || at + step >= len)
            step = -step;
        at += step;
    }
    out[i] = '\0';
}

static void make_bad(char out[64], const struct source *source, int kind)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz", hex[] = "0123456789abcdef";
    static const char alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char *const rows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};
    static const char consonants[] = "bcdfghjklmnpqrstvwxz", vowels[] = "aeiou";
    char part[64];
    int n = 0;
    switch (kind) {
    case 0: make_random(out, 6 + (int)any(9), letters); break;
    case 1: make_random(out, 6 + (int)any(9), alnum); break;
    case 2: make_random(out, 8 + (int)any(17), hex); break;
    case 3: make_walk(out, rows, 5 + (int)any(6)); break;
    case 4: /* mashing: two or three keys near each other, over and over */
        for (int run = 0; run < 3; run++) {
            make_walk(part, rows, 2 + (int)any(3));
            n += snprintf(out + n, (size_t)(64 - n), "%s", part);
        }
        break;
    case 5: snprintf(out, 64, "%s%u", words[any(30)], 10000 + any(9990000)); break;
    case 6:
        make_name(part, source, 3);
        snprintf(out, 64, "%.20s%u", part, 10000 + any(9990000));
        break;
    case 7:
        for (uint32_t k = 3 + any(3); k; k--) {
            out[n++] = consonants[any(20)];
            out[n++] = vowels[any(5)];
        }
        out[n] = '\0';
        break;
    case 8:
        make_random(out, 3 + (int)any(6), letters);
        make_random(part, 4 + (int)any(6), letters);
        strcat(strcat(out, "."), part);
        break;
    case 9: strcpy(out, tests[any(40)]); break;
    default: make_slips(out, source, kind - 9); break;
    }
}

/* ---- the table ---------------------------------------------------------------- */

static uint8_t bigram[(SCORE_SYMBOLS * SCORE_SYMBOLS + 1) / 2];

/* How often each pair stands in local parts of one sort, as a share of its first letter. */
static void table_count(double share[SCORE_SYMBOLS][SCORE_SYMBOLS], int good)
{
    static const struct source source = {"train", 0, -1};
    double row[SCORE_SYMBOLS] = {0};
    char text[64];
    memset(share, 0, SCORE_SYMBOLS * sizeof *share);
    for (int i = 0; i < 600000; i++) {
        if (good)
            make_name(text, &source, (int)any(PATTERNS));
        else
            make_bad(text, &source, (int)any(KINDS));
        int before = 0;
        for (char *p = text;; p++) {
            int now = *p >= 'a' && *p <= 'z' ? *p - 'a' + 1 : 0;
            if (now || before) {
                share[before][now]++;
                row[before]++;
            }
            before = now;
            if (!*p)
                break;
        }
    }
    for (int left = 0; left < SCORE_SYMBOLS; left++)
        for (int right = 0; right < SCORE_SYMBOLS; right++)
            share[left][right] = (share[left][right] + 1) / (row[left] + SCORE_SYMBOLS);
}

static void table_make(void)
{
    static double good[SCORE_SYMBOLS][SCORE_SYMBOLS], bad[SCORE_SYMBOLS][SCORE_SYMBOLS];
    table_count(good, 1);
    table_count(bad, 0);
    for (int left = 0; left < SCORE_SYMBOLS; left++)
        for (int right = 0; right < SCORE_SYMBOLS; right++) {
            /* a little of no order at all, or what is rare in both would say too much */
            double odds =
                log2(good[left][right]) - 0.85 * log2(bad[left][right]) - 0.15 * log2(1.0 / 27);
            int value = (int)lround(fmin(fmax(8 + 4 * odds, 0), 15));
            unsigned at = (unsigned)(left * SCORE_SYMBOLS + right);
            bigram[at / 2] |= (uint8_t)(at & 1 ? value << 4 : value);
        }
}

/* ---- the weights ---------------------------------------------------------------- */

static const int sign[SCORE_FEATURES] = {1, 1, -1, -1, -1, -1, -1, -1, -1, -1};
static const char *const feature_name[SCORE_FEATURES] = {
    "pairs",   "rarest",     "consonants", "vowels", "digits",
    "changes", "digit lead", "turns",      "keys",   "repeats"};

struct sample {
    int16_t x[SCORE_FEATURES];
    uint8_t good, kind, language;
};

static void sample_make(struct sample *to, int n, const struct source *source)
{
    char text[64];
    for (int i = 0; i < n; i++) {
        to[i].good = (uint8_t)(i & 1);
        to[i].kind = (uint8_t)(i / 2 % KINDS);
        if (to[i].good)
            make_name(text, source, (int)any(PATTERNS));
        else
            make_bad(text, source, to[i].kind);
        score_look(to[i].x, bigram, text, strlen(text));
    }
}

static double weight[SCORE_FEATURES], bias;

static double logit(const struct sample *sample)
{
    double z = bias;
    for (int k = 0; k < SCORE_FEATURES; k++)
        z += weight[k] * sample->x[k];
    return z;
}

/* Gradient descent on features of one scale; a weight of the wrong sign is none. */
static void weights_fit(const struct sample *sample, int n)
{
    double mean[SCORE_FEATURES] = {0}, dev[SCORE_FEATURES] = {0}, slope[SCORE_FEATURES] = {0},
           offset = 0;
    for (int k = 0; k < SCORE_FEATURES; k++) {
        for (int i = 0; i < n; i++)
            mean[k] += sample[i].x[k];
        mean[k] /= n;
        for (int i = 0; i < n; i++)
            dev[k] += (sample[i].x[k] - mean[k]) * (sample[i].x[k] - mean[k]);
        dev[k] = sqrt(dev[k] / n) + 1e-9;
    }
    for (int round = 0; round < ROUNDS; round++) {
        double slope_by[SCORE_FEATURES] = {0}, offset_by = 0;
        for (int i = 0; i < n; i++) {
            double sum = offset;
            for (int k = 0; k < SCORE_FEATURES; k++)
                sum += slope[k] * (sample[i].x[k] - mean[k]) / dev[k];
            double error = 1 / (1 + exp(-sum)) - sample[i].good;
            for (int k = 0; k < SCORE_FEATURES; k++)
                slope_by[k] += error * (sample[i].x[k] - mean[k]) / dev[k];
            offset_by += error;
        }
        double rate = 2.0;
        for (int k = 0; k < SCORE_FEATURES; k++) {
            slope[k] -= rate * (slope_by[k] / n + 0.0005 * slope[k]);
            if (slope[k] * sign[k] < 0)
                slope[k] = 0;
        }
        offset -= rate * offset_by / n;
    }
    bias = offset;
    for (int k = 0; k < SCORE_FEATURES; k++) {
        weight[k] = slope[k] / dev[k];
        bias -= weight[k] * mean[k];
    }
}

/* Two numbers more, on languages of their own: bias and scale (Platt). */
static void weights_scale(const struct sample *sample, int n)
{
    double slope = 1, offset = 0;
    for (int round = 0; round < 500; round++) {
        double slope_by = 0, offset_by = 0;
        for (int i = 0; i < n; i++) {
            double sum = logit(&sample[i]),
                   error = 1 / (1 + exp(-(slope * sum + offset))) - sample[i].good;
            slope_by += error * sum;
            offset_by += error;
        }
        slope -= 0.2 * slope_by / n;
        offset -= 0.2 * offset_by / n;
    }
    for (int k = 0; k < SCORE_FEATURES; k++)
        weight[k] *= slope;
    bias = slope * bias + offset;
}

/* ---- how good they are ------------------------------------------------------------ */

struct point {
    double z;
    int good;
};
static int cmp_point(const void *a, const void *b)
{
    double x = ((const struct point *)a)->z, y = ((const struct point *)b)->z;
    return (x > y) - (x < y);
}

static double auc(struct point *p, int n)
{
    double ranks = 0, goods = 0, bads = 0;
    qsort(p, (size_t)n, sizeof *p, cmp_point);
    for (int i = 0; i < n;) {
        int j = i;
        while (j < n && p[j].z <= p[i].z)
            j++;
        for (int k = i; k < j; k++)
            if (p[k].good) {
                ranks += (i + j - 1) / 2.0 + 1;
                goods++;
            } else {
                bads++;
            }
        i = j;
    }
    return (ranks - goods * (goods + 1) / 2) / (goods * bads);
}

static void judge(const char *what, const struct sample *sample, int n)
{
    struct point *p = malloc((size_t)n * sizeof *p);
    double brier = 0, ece = 0, sum[10] = {0}, yes[10] = {0};
    int all[10] = {0};
    if (!p)
        exit(1);
    for (int i = 0; i < n; i++) {
        double odds = logit(&sample[i]), chance = 1 / (1 + exp(-odds));
        int bin = chance >= 1 ? 9 : (int)(chance * 10);
        p[i].z = odds;
        p[i].good = sample[i].good;
        brier += (chance - sample[i].good) * (chance - sample[i].good) / n;
        sum[bin] += chance;
        yes[bin] += sample[i].good;
        all[bin]++;
    }
    for (int i = 0; i < 10; i++)
        ece += fabs(sum[i] - yes[i]) / n;
    printf("%-18s AUC %.3f, Brier %.3f, calibration error %.3f\n", what, auc(p, n), brier, ece);
    free(p);
}

static void judge_kinds(const struct sample *sample, int n)
{
    static const char *const kind[KINDS] = {"random letters",  "letters, digits", "hexadecimal",
                                            "keyboard walk",   "mashing",         "word and number",
                                            "name and number", "nonsense",        "random.random",
                                            "test words",      "one slip",        "two slips"};
    struct point *p = malloc((size_t)n * sizeof *p);
    if (!p)
        exit(1);
    for (int k = 0; k < KINDS; k++) {
        int len = 0;
        for (int i = 0; i < n; i++)
            if (sample[i].good || sample[i].kind == k)
                p[len++] = (struct point) {logit(&sample[i]), sample[i].good};
        printf("    %-16s %.3f\n", kind[k], auc(p, len));
    }
    free(p);
}

/* ---- the header -------------------------------------------------------------------- */

static void print_table(const struct sample *sample, int n)
{
    printf(
        "/* Made by core/data/score/train.c (make score-train); do not edit.\n *\n"
        " * score_bigram: how usual a letter is behind another in names, 0 to 15; the symbols are\n"
        " * the end of a part and a to z. score_weight: 4096 to one logit. score_mean: of names.\n"
        " *\n * SPDX-License-Identifier: MIT */\n"
        "static const uint8_t score_bigram[] = {");
    for (size_t i = 0; i < sizeof bigram; i++)
        printf("%s0x%02x,", i % 16 ? " " : "\n    ", bigram[i]);
    printf("\n};\nstatic const int16_t score_weight[] = {");
    for (int k = 0; k < SCORE_FEATURES; k++)
        printf("%s%ld,", k ? " " : "\n    ", lround(weight[k] * 4096));
    printf("\n};\nstatic const uint8_t score_mean[] = {");
    double at = bias;
    for (int k = 0; k < SCORE_FEATURES; k++) {
        double sum = 0;
        int all = 0;
        for (int i = 0; i < n; i++)
            if (sample[i].good) {
                sum += sample[i].x[k];
                all++;
            }
        long mean = lround(sum / all);
        at += (double)mean * weight[k];
        printf("%s%ld,", k ? " " : "\n    ", mean);
    }
    printf("\n};\nenum { SCORE_TYPICAL = %ld }; /* of such a name, 256 to one logit */\n",
           lround(at * 256));
}

int main(int argc, char **argv)
{
    static struct sample sample[SAMPLES];
    static const struct source train = {"train", 0, -1}, fit = {"fit", 0, -1};
    static const struct source unseen = {"train", 1, -1}, other = {"test", 0, -1};
    if (argc != 3 || (strcmp(argv[1], "make") && strcmp(argv[1], "eval"))) {
        fprintf(stderr, "usage: train make|eval NAMES\n");
        return 2;
    }
    read_names(argv[2]);
    table_make();
    sample_make(sample, SAMPLES, &train);
    weights_fit(sample, SAMPLES);
    sample_make(sample, SAMPLES / 2, &fit);
    weights_scale(sample, SAMPLES / 2);
    if (!strcmp(argv[1], "make")) {
        sample_make(sample, SAMPLES, &train);
        print_table(sample, SAMPLES);
        return 0;
    }
    for (int k = 0; k < SCORE_FEATURES; k++)
        printf("    %-10s %+.4f\n", feature_name[k], weight[k]);
    seed = 77;
    sample_make(sample, SAMPLES, &unseen);
    judge("unseen names", sample, SAMPLES);
    sample_make(sample, SAMPLES, &other);
    judge("unseen languages", sample, SAMPLES);
    judge_kinds(sample, SAMPLES);
    return 0;
}
