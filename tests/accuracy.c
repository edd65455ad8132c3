/* accuracy.c - how well judge.c reads a labelled corpus of SMTP replies.
 *
 *   accuracy [-e] [-b] [-p K/N] FILE      -e: print what was read wrong; -b: time it;
 *                                         -p: only the clusters of part K of N
 *
 * FILE has a header line and tab-separated columns, found by name: stage, code, enhanced, text,
 * label, decision, after_data, cluster. Rows that only occur after DATA are left out; a row without
 * a stage is taken for RCPT. Harm: of the rows that say nothing of the mailbox, how many were read
 * as not_exists. Macro-F1: the mean over the labels that occur in the corpus.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "quoth.h"

enum {
    STAGE,
    CODE,
    ENHANCED,
    TEXT,
    LABEL,
    DECISION,
    AFTER_DATA,
    CLUSTER,
    COLUMNS,
    REASONS = QUOTH_REASON_OTHER + 1
};
static const char *const column_name[COLUMNS] = {"stage", "code",     "enhanced",   "text",
                                                 "label", "decision", "after_data", "cluster"};
static unsigned confusion[REASONS][REASONS], decided[3][3], rows;

static enum quoth_phase phase_of(const char *stage)
{
    if (!strncmp(stage, "CONNECT", 7))
        return QUOTH_PHASE_BANNER;
    if (!strncmp(stage, "EHLO", 4) || !strncmp(stage, "HELO", 4))
        return QUOTH_PHASE_EHLO;
    if (!strncmp(stage, "STARTTLS", 8))
        return QUOTH_PHASE_STARTTLS;
    return strncmp(stage, "MAIL", 4) ? QUOTH_PHASE_RCPT : QUOTH_PHASE_MAIL;
}

static unsigned reason_of(const char *label)
{
    for (unsigned r = 0; r < REASONS; r++)
        if (!strcmp(label, quoth_reason_name((enum quoth_reason)r)))
            return r;
    fprintf(stderr, "no such label: %s\n", label);
    exit(2);
}

static unsigned says_of(const char *decision)
{
    for (unsigned s = 0; s < 3; s++)
        if (!strcmp(decision, quoth_says_name((enum quoth_says)s)))
            return s;
    fprintf(stderr, "no such decision: %s\n", decision);
    exit(2);
}

/* The finer reasons count as what they are kinds of. */
static unsigned coarse(unsigned r)
{
    if (r == QUOTH_REASON_RECIPIENT_RATE_LIMITED)
        return QUOTH_REASON_RATE_LIMITED;
    return r == QUOTH_REASON_RECIPIENT_RESTRICTED ? QUOTH_REASON_POLICY_REJECTED : r;
}

static unsigned long hash(const char *s)
{
    unsigned long h = 2166136261u;
    for (; *s; s++)
        h = ((h ^ (unsigned char)*s) * 16777619u) & 0xFFFFFFFFu;
    return h;
}

enum { ROUNDS = 1000 };
static double spent;

static void score(char *const *field, int errors, int bench)
{
    struct quoth_reading got;
    unsigned v[3] = {0, 0, 0}, label = coarse(reason_of(field[LABEL])),
             says = says_of(field[DECISION]), reason;
    const char *code = field[CODE], *text = field[TEXT];
    /* "5xx": the source did not say; "" : no code was seen, which reads as the one its class is
     * most used with */
    unsigned n = code[0] == 0     ? 550
                 : code[1] == 'x' ? (unsigned)(code[0] - '0') * 100 + 50
                                  : (unsigned)atoi(code);
    sscanf(field[ENHANCED], "%u.%u.%u", &v[0], &v[1], &v[2]);
    struct quoth_said said = {
        (uint16_t)n, {(uint16_t)v[0], (uint16_t)v[1], (uint16_t)v[2]}, (uint16_t)strlen(text)};
    quoth_judge_reply(&got, phase_of(field[STAGE]), &said, text, NULL);
    if (bench) {
        clock_t start = clock();
        for (int i = 0; i < ROUNDS; i++)
            quoth_judge_reply(&got, phase_of(field[STAGE]), &said, text, NULL);
        spent += (double)(clock() - start) / CLOCKS_PER_SEC;
    }
    reason = coarse(got.reason);
    confusion[label][reason]++;
    decided[says][got.says]++;
    rows++;
    if (errors && (reason != label || says != got.says))
        printf("%s%s/%s, not %s/%s (%s)\n    %s %s %s %s\n", says != got.says ? "! " : "  ",
               quoth_reason_name(got.reason), quoth_says_name(got.says), field[LABEL],
               field[DECISION], got.rule, field[STAGE], code, field[ENHANCED], text);
}

static int split(char *line, char **field, int cap)
{
    int n = 0;
    for (char *p = line; n < cap;) {
        field[n++] = p;
        p = strchr(p, '\t');
        if (!p)
            break;
        *p++ = 0;
    }
    return n;
}

static double ratio(unsigned a, unsigned b) { return b ? (double)a / b : 0; }

static double macro_f1(void)
{
    double sum = 0;
    unsigned labels = 0;
    for (int r = 0; r < REASONS; r++) {
        unsigned have = 0, said = 0;
        for (int i = 0; i < REASONS; i++) {
            have += confusion[r][i];
            said += confusion[i][r];
        }
        if (!have)
            continue;
        labels++;
        sum += 2.0 * confusion[r][r] / (have + said);
    }
    return labels ? sum / labels : 0;
}

static void print(void)
{
    unsigned good = decided[0][0] + decided[1][1] + decided[2][2], right = 0;
    const unsigned none = QUOTH_SAYS_NOT_EXISTS, tell = QUOTH_SAYS_CANNOT_TELL;
    for (int i = 0; i < REASONS; i++)
        right += confusion[i][i];
    printf("replies                %u\n", rows);
    printf("decision accuracy      %.3f\n", ratio(good, rows));
    printf("not_exists precision   %.3f\n",
           ratio(decided[none][none], decided[0][none] + decided[1][none] + decided[2][none]));
    printf("not_exists recall      %.3f\n",
           ratio(decided[none][none], decided[none][0] + decided[none][1] + decided[none][2]));
    printf("harm                   %.2f %%\n",
           100 *
               ratio(decided[tell][none], decided[tell][0] + decided[tell][1] + decided[tell][2]));
    printf("reason accuracy        %.3f\n", ratio(right, rows));
    printf("macro-F1 over reasons  %.3f\n", macro_f1());
    printf("\n%-14s %12s %8s %12s\n", "is \\ read as", "cannot_tell", "exists", "not_exists");
    for (int s = 0; s < 3; s++)
        printf("%-14s %12u %8u %12u\n", quoth_says_name((enum quoth_says)s), decided[s][0],
               decided[s][1], decided[s][2]);
    printf("\n%-21s right   of  read as\n", "reason");
    for (int r = 1; r < REASONS; r++) {
        unsigned have = 0;
        for (int i = 0; i < REASONS; i++)
            have += confusion[r][i];
        if (!have)
            continue;
        printf("%-21s %5u %4u ", quoth_reason_name((enum quoth_reason)r), confusion[r][r], have);
        for (int i = 0; i < REASONS; i++)
            if (i != r && confusion[r][i])
                printf(" %s %u", quoth_reason_name((enum quoth_reason)i), confusion[r][i]);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    static char line[8192];
    char *field[64], *want[COLUMNS];
    int at[COLUMNS], errors = 0, bench = 0, n, a = 1;
    unsigned part = 0, parts = 1;
    for (; a < argc && argv[a][0] == '-'; a++) {
        if (!strcmp(argv[a], "-e"))
            errors = 1;
        else if (!strcmp(argv[a], "-b"))
            bench = 1;
        else if (!strcmp(argv[a], "-p") && a + 1 < argc &&
                 sscanf(argv[a + 1], "%u/%u", &part, &parts) == 2 && parts)
            a++;
        else
            a = argc;
    }
    FILE *f = a + 1 == argc ? fopen(argv[a], "r") : NULL;
    if (!f || !fgets(line, sizeof line, f)) {
        fprintf(stderr,
                "usage: accuracy [-e] [-b] [-p K/N] FILE (tab-separated, with a header line)\n");
        return 2;
    }
    line[strcspn(line, "\r\n")] = 0;
    n = split(line, field, 64);
    for (int c = 0; c < COLUMNS; c++) {
        for (at[c] = 0; at[c] < n && strcmp(field[at[c]], column_name[c]); at[c]++) {
        }
        if (at[c] == n) {
            fprintf(stderr, "no column %s\n", column_name[c]);
            return 2;
        }
    }
    while (fgets(line, sizeof line, f)) {
        int missing = 0;
        line[strcspn(line, "\r\n")] = 0;
        n = split(line, field, 64);
        for (int c = 0; c < COLUMNS; c++)
            if (at[c] >= n)
                missing = 1;
            else
                want[c] = field[at[c]];
        if (missing || !strcmp(want[AFTER_DATA], "yes") || !strcmp(want[AFTER_DATA], "likely"))
            continue;
        if (hash(want[CLUSTER]) % parts == part)
            score(want, errors, bench);
    }
    fclose(f);
    print();
    if (bench)
        printf("\n%.2f us a reply\n", spent * 1e6 / ROUNDS / (rows ? rows : 1));
    return 0;
}
