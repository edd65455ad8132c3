/* calibrate_cmd.c - `quoth calibrate OUTCOMES.csv`: what became of addresses whose server takes
 * every one, so that a score can be told as a chance.
 *
 *     results of --format csv, one column more: outcome
 *         ...,quoth_score,outcome
 *         ...,538,delivered
 *         ...,-210,bounced
 *     --> calibration = SLOPE OFFSET OUTCOMES ERROR DAY        in the user's config file
 *
 * Rows without a score are passed over: there the server's own answer is worth more. Refused are
 * fewer than 200, outcomes of one kind alone, and a word that is neither.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cli.h"
#include "help.h"
#include "calibration.h"

enum { OUTCOMES_MIN = 200, OUTCOMES_MAX = 2000000, OUTCOMES_KIND_MIN = 10, OUTCOMES_LINE = 65536 };

struct outcomes {
    const char *file;
    int score, outcome; /* columns, from 0 */
    char delimiter;
    struct app_outcome *row;
    unsigned n, cap, without;
};

static int outcomes_bad(const struct outcomes *outcomes, unsigned long line, const char *why)
{
    char where[APP_LINE_MAX];
    snprintf(where, sizeof where, "%.900s:%lu", outcomes->file, line);
    return app_say(APP_EXIT_USAGE, where, why);
}

/* A cell without its quotes, as much of it as fits. */
static void outcomes_text(const struct quoth_span *raw, char text[64])
{
    const char *p = raw->p;
    size_t n = raw->n;
    if (n >= 2 && p[0] == '"' && p[n - 1] == '"')
        p++, n -= 2;
    if (n && *p == '\'') /* as our own columns write what a spreadsheet would run: '-210 */
        p++, n--;
    n = n < 63 ? n : 63;
    memcpy(text, p, n);
    text[n] = '\0';
}

/* 1: delivered, 0: bounced, -1: neither word. */
static int outcomes_word(const char *text)
{
    static const struct {
        const char *word;
        int good;
    } words[] = {{"delivered", 1}, {"ok", 1},      {"yes", 1},  {"1", 1}, {"good", 1},
                 {"bounced", 0},   {"bounce", 0},  {"no", 0},   {"0", 0}, {"bad", 0},
                 {"failed", 0},    {"invalid", 0}, {"valid", 1}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = text, *word = words[i].word;
        while (*word && (*at | 0x20) == (*word | 0x20))
            at++, word++;
        if (!*at && !*word)
            return words[i].good;
    }
    return -1;
}

static int outcomes_head(struct outcomes *outcomes, struct app_cells cells)
{
    struct quoth_span raw;
    char text[64];
    outcomes->score = outcomes->outcome = -1;
    for (int i = 0; app_cell(&cells, &raw); i++) {
        outcomes_text(&raw, text);
        if (!strcmp(text, "quoth_score"))
            outcomes->score = i;
        else if (!strcmp(text, "outcome") || !strcmp(text, "Outcome"))
            outcomes->outcome = i;
    }
    if (outcomes->score < 0)
        return outcomes_bad(outcomes, 1,
                            "there is no column quoth_score: take results of --format csv");
    if (outcomes->outcome < 0)
        return outcomes_bad(outcomes, 1,
                            "there is no column outcome, which says delivered or bounced");
    return 0;
}

static int outcomes_row(struct outcomes *outcomes, struct app_cells cells, unsigned long line)
{
    struct quoth_span raw;
    char score[64] = "", outcome[64] = "";
    int32_t sum;
    for (int i = 0; app_cell(&cells, &raw); i++) {
        if (i == outcomes->score)
            outcomes_text(&raw, score);
        if (i == outcomes->outcome)
            outcomes_text(&raw, outcome);
    }
    if (!*score || !*outcome) {
        outcomes->without++;
        return 0;
    }
    size_t digits = app_whole(score, &sum);
    int good = outcomes_word(outcome);
    if (!digits || score[digits] || sum < -4096 || sum > 4096)
        return outcomes_bad(outcomes, line, "quoth_score is not a whole number as quoth writes it");
    if (good < 0)
        return outcomes_bad(outcomes, line, "outcome is delivered or bounced (or yes, no; 1, 0)");
    if (outcomes->n == outcomes->cap) {
        unsigned cap = outcomes->cap ? 2 * outcomes->cap : 1024;
        void *more =
            cap > OUTCOMES_MAX ? NULL : realloc(outcomes->row, cap * sizeof *outcomes->row);
        if (!more)
            return outcomes_bad(outcomes, line, "more outcomes than fit; a part of them is enough");
        outcomes->row = more;
        outcomes->cap = cap;
    }
    outcomes->row[outcomes->n++] = (struct app_outcome) {(int16_t)sum, (uint8_t)good};
    return 0;
}

/* What stands between cells, by the head. */
static char outcomes_delimiter(const char *line, size_t n)
{
    if (memchr(line, ';', n))
        return ';';
    return memchr(line, '\t', n) ? '\t' : ',';
}

static int outcomes_lines(struct outcomes *outcomes, FILE *file)
{
    static char line[OUTCOMES_LINE];
    unsigned long number = 0;
    int rc = 0;
    while (!rc && fgets(line, sizeof line, file)) {
        size_t n = strcspn(line, "\r\n"),
               bom = !number++ && !memcmp(line, "\xef\xbb\xbf", 3) ? 3 : 0;
        if (!line[n] && !feof(file))
            return outcomes_bad(outcomes, number, "this line is too long, or holds a NUL byte");
        if (number == 1)
            outcomes->delimiter = outcomes_delimiter(line, n);
        struct app_cells cells = {line + bom, line + n, outcomes->delimiter, 0, 1};
        if (number == 1)
            rc = outcomes_head(outcomes, cells);
        else if (n)
            rc = outcomes_row(outcomes, cells, number);
    }
    if (!rc && ferror(file))
        rc = app_say_error(APP_EXIT_NO_INPUT, outcomes->file, errno);
    if (!rc && !number)
        rc = app_say(APP_EXIT_USAGE, outcomes->file, "is empty");
    return rc;
}

static int calibrate_store(const struct app_calibration *calibration)
{
    char value[100], path[1024];
    snprintf(value, sizeof value, "%ld %ld %lu %lu %s", (long)calibration->slope,
             (long)calibration->offset, (unsigned long)calibration->outcomes,
             (unsigned long)calibration->error, calibration->day);
    int rc = app_config_write("calibration", calibration->outcomes ? value : NULL, path);
    if (!rc)
        printf(calibration->outcomes ? "Written to %s.\n"
                                     : "No calibration stands in %s any more.\n",
               path);
    return rc;
}

static int calibrate_fit(const struct outcomes *outcomes)
{
    struct app_calibration calibration = {0};
    struct app_fit fit;
    char why[160];
    char today[APP_TIME_TEXT];

    if (outcomes->n < OUTCOMES_MIN) {
        snprintf(why, sizeof why, "%u outcomes have a score, %d are needed (%u rows have none)",
                 outcomes->n, OUTCOMES_MIN, outcomes->without);
        return app_say(APP_EXIT_USAGE, outcomes->file, why);
    }
    int bad = app_calibration_fit(&calibration, &fit, outcomes->row, outcomes->n);
    if (fit.good < OUTCOMES_KIND_MIN || outcomes->n - fit.good < OUTCOMES_KIND_MIN) {
        snprintf(why, sizeof why, "%u were delivered, %u bounced: %d of each are needed", fit.good,
                 outcomes->n - fit.good, OUTCOMES_KIND_MIN);
        return app_say(APP_EXIT_USAGE, outcomes->file, why);
    }
    if (bad)
        return app_say(APP_EXIT_USAGE, outcomes->file,
                       "the score tells nothing of these outcomes, so no chance can be made of it");
    app_time_text(today, (int64_t)time(NULL));
    memcpy(calibration.day, today, sizeof calibration.day - 1);
    unsigned brier = (unsigned)(fit.brier * 1000 + 0.5), base = (unsigned)(fit.base * 1000 + 0.5);
    printf("%u outcomes, %u delivered (%u %%); %u rows without a score.\n"
           "Brier score 0.%03u with the score, 0.%03u without; error in groups 0.%03u.\n",
           outcomes->n, fit.good, (fit.good * 200 + outcomes->n) / (2 * outcomes->n),
           outcomes->without, brier, base, (unsigned)calibration.error);
    return calibrate_store(&calibration);
}

static int calibrate_help(void)
{
    cli_help_text(stdout, HELP_about_calibrate);
    return app_end(0);
}

int cli_calibrate(int argc, char **argv)
{
    struct outcomes outcomes = {0};
    static const struct app_calibration none;
    static const struct app_why unknown = {.kind = APP_WHY_UNKNOWN};

    if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
        return calibrate_help();
    if (argc == 2 && !strcmp(argv[1], "--uncalibrate"))
        return calibrate_store(&none);
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' && argv[i][1])
            return app_say_option(NULL, argv[i], NULL, &unknown);
    if (argc != 2)
        return app_say(APP_EXIT_USAGE, "calibrate",
                       "which outcomes? One CSV file; quoth calibrate --help tells more");
    outcomes.file = argv[1];
    FILE *file = strcmp(outcomes.file, "-") ? fopen(outcomes.file, "r") : stdin;
    if (!file)
        return app_say_error(APP_EXIT_NO_INPUT, outcomes.file, errno);
    int rc = outcomes_lines(&outcomes, file);
    if (file != stdin)
        fclose(file);
    if (!rc)
        rc = calibrate_fit(&outcomes);
    free(outcomes.row);
    return rc;
}
