/* job_row.c - a row of results.csv read again, for whoever wants another shape of it.
 *
 *   the list's columns | line verdict reason code enhanced text mx catch_all role disposable free
 *                        suggestion address fault score | cells too many of the list's
 *
 * What a CSV does not hold (how long it took, TLS) is not told.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "job_inner.h"

enum row_cell {
    ROW_LINE,
    ROW_VERDICT,
    ROW_REASON,
    ROW_CODE,
    ROW_ENHANCED,
    ROW_TEXT,
    ROW_MX,
    ROW_CATCH_ALL,
    ROW_ROLE,
    ROW_DISPOSABLE,
    ROW_FREE,
    ROW_SUGGESTION,
    ROW_ADDRESS,
    ROW_FAULT,
    ROW_SCORE,
    ROW_INPUT, /* of the list's: where the address stands */
    ROW_CELLS
};
static const char *const row_names[] = {
    "line", "verdict",    "reason", "code",       "enhanced", "text",  "mx",    "catch_all",
    "role", "disposable", "free",   "suggestion", "address",  "fault", "score", "input"};
_Static_assert((int)ROW_CELLS == JOB_ROW_CELLS, "struct job_row has a cell for each");

/* A ' that was put before a formula is ours. */
static void row_take(struct job_row *row, enum row_cell cell, struct quoth_span raw)
{
    size_t whole;
    char *to = row->cell[cell];
    size_t n = list_cell_text(raw, 0, to, sizeof row->cell[cell] - 1, &whole);

    n = n < sizeof row->cell[cell] - 1 ? n : sizeof row->cell[cell] - 1;
    to[n] = '\0';
    if (n > 1 && to[0] == '\'' && strchr("=+-@\t\r", to[1]))
        memmove(to, to + 1, n);
}

static int row_split(struct job_row *row, const struct job *job, const char *p, size_t n)
{
    struct app_cells cells = {p, p + n, job->delimiter, 0, 1};
    struct quoth_span raw;
    uint32_t i = 0;

    for (; i < job->own; i++) {
        if (!app_cell(&cells, &raw))
            return 0;
        if (i == job->at)
            row_take(row, ROW_INPUT, raw);
    }
    for (i = 0; i < ROW_INPUT; i++) {
        if (!app_cell(&cells, &raw))
            return 0;
        row_take(row, (enum row_cell)i, raw);
    }
    if (*row->cell[ROW_ADDRESS])
        strcpy(row->cell[ROW_INPUT], row->cell[ROW_ADDRESS]);
    return 1;
}

static int row_names_find(const char *text, const char *(*name)(int), int n)
{
    int i = 0;

    while (i < n && strcmp(text, name(i)) != 0)
        i++;
    return i < n ? i : -1;
}
static const char *row_verdict(int i) { return quoth_verdict_name((enum quoth_verdict)i); }
static const char *row_reason(int i) { return quoth_reason_name((enum quoth_reason)i); }

/* What of the lookup follows from the reason. */
static uint8_t row_mx(enum quoth_reason reason, const char *host)
{
    switch (reason) {
    case QUOTH_REASON_NULL_MX: return QUOTH_MX_NULL;
    case QUOTH_REASON_NO_SUCH_DOMAIN: return QUOTH_MX_NODOMAIN;
    case QUOTH_REASON_NO_MAIL_HOST:
    case QUOTH_REASON_MX_UNRESOLVABLE: return QUOTH_MX_UNUSABLE;
    case QUOTH_REASON_DNS_FAILURE: return QUOTH_MX_FAILED;
    default: return *host ? QUOTH_MX_HOSTS : QUOTH_MX_NONE;
    }
}

static uint64_t row_number(const char *cell)
{
    uint64_t n;

    app_number_large(cell, &n);
    return n;
}

static void row_said(struct job_row *row)
{
    struct quoth_evidence *evidence = &row->ev;
    const char *esc = row->cell[ROW_ENHANCED], *words = row->cell[ROW_TEXT];
    const size_t n = strlen(words);

    evidence->said.code = (uint16_t)row_number(row->cell[ROW_CODE]);
    for (unsigned i = 0; i < 3 && *esc; i++) {
        evidence->said.esc[i] = (uint16_t)row_number(esc);
        esc += strcspn(esc, ".");
        esc += *esc == '.';
    }
    evidence->said.n = (uint16_t)(n < sizeof evidence->words ? n : sizeof evidence->words - 1);
    memcpy(evidence->words, words, evidence->said.n);
    if (evidence->said.code)
        evidence->phase = QUOTH_PHASE_RCPT;
}

/* What its server said to decoys. */
static void row_decoy(struct quoth_evidence *evidence, const char *catch_all)
{
    if (!strcmp(catch_all, "yes"))
        evidence->decoy_code = 250;
    else if (!strcmp(catch_all, "no"))
        evidence->decoy_code = 550;
    evidence->decoy_reason = QUOTH_REASON_USER_UNKNOWN;
}

int job_row_read(struct job_row *row, const struct job *job, const char *p, size_t n)
{
    struct quoth_evidence *evidence = &row->ev;
    int verdict, reason;

    memset(evidence, 0, sizeof *evidence);
    row->r =
        (struct app_result) {.ev = evidence, .host = row->cell[ROW_MX], .reading = {.rule = ""}};
    row->cell[ROW_INPUT][0] = '\0';
    if (!row_split(row, job, p, n))
        return 0;
    verdict = row_names_find(row->cell[ROW_VERDICT], row_verdict, QUOTH_VERDICTS);
    reason = row_names_find(row->cell[ROW_REASON], row_reason, QUOTH_REASONS);
    if (verdict < 0 || reason < 0)
        return 0;
    row->r.input = row->cell[ROW_INPUT];
    row->r.input_n = row->r.input_bytes = strlen(row->r.input);
    row->r.verdict = (enum quoth_verdict)verdict;
    row->r.reading.reason = (enum quoth_reason)reason;
    row->r.line = row_number(row->cell[ROW_LINE]);
    quoth_intake_address(evidence, row->r.input, row->r.input_n);
    row_said(row);
    evidence->mx = row_mx(row->r.reading.reason, row->r.host);
    row_decoy(evidence, row->cell[ROW_CATCH_ALL]);
    row->r.lists = (uint16_t)((*row->cell[ROW_ROLE] == 'y' ? QUOTH_LIST_ROLE : 0) |
                              (*row->cell[ROW_DISPOSABLE] == 'y' ? QUOTH_LIST_DISPOSABLE : 0) |
                              (*row->cell[ROW_FREE] == 'y' ? QUOTH_LIST_FREE : 0));
    return 1;
}

void job_row_json(const struct job_row *row, struct app_stream *out)
{
    struct app_json json = {out, 0};
    int32_t score;

    app_json_open(&json, NULL, '{');
    app_json_text(&json, row_names[ROW_INPUT], row->cell[ROW_INPUT]);
    for (unsigned i = 0; i < ROW_INPUT; i++) {
        if (i == ROW_LINE || i == ROW_CODE)
            app_json_number(&json, row_names[i], row_number(row->cell[i]));
        else if (i == ROW_SCORE && app_whole(row->cell[i], &score))
            app_json_whole(&json, row_names[i], score);
        else if (i >= ROW_ROLE && i <= ROW_FREE)
            app_json_bool(&json, row_names[i], *row->cell[i] == 'y');
        else
            app_json_text(&json, row_names[i], row->cell[i]);
    }
    app_json_close(&json, '}');
    app_stream_byte(out, '\n');
}

size_t job_row_end(const struct job *job, const char *p, size_t n)
{
    enum app_cell_state state = APP_CELL_START;

    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n' && state != APP_CELL_QUOTED)
            return i + 1;
        state = p[i] == '\n' ? state : app_cell_next(state, p[i], job->delimiter);
    }
    return 0;
}
