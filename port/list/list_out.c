/* list_out.c - one result of a list as bytes: the formats of the command, and CSV.
 *
 * CSV keeps the list's own columns, byte by byte, and puts ours behind them:
 *
 *   name,email,age                  name,email,age,quoth_line,quoth_verdict,...
 *   "Doe, Jane",jane@example.org,7  "Doe, Jane",jane@example.org,7,2,deliverable,...
 *
 * A row with too few cells is filled up, one with too many has the rest behind ours, and one with
 * broken quoting is quoted anew. In our own columns a cell that a spreadsheet would run (= + - @
 * TAB CR) gets a ' in front; in the list's own that would change somebody's data ("+49 30 ...",
 * "-5"), so there only when asked for.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "list.h"

int list_out_open(struct list_out *out)
{
    out->f = open_memstream(&out->text, &out->n);
    return out->f ? 0 : errno;
}

void list_out_close(struct list_out *out)
{
    if (out->f)
        fclose(out->f);
    free(out->text);
}

static void out_begin(struct list_out *out) { rewind(out->f); }
static void out_end(struct list_out *out) { fflush(out->f); }

/* ---- CSV ---------------------------------------------------------------- */

static int out_is_formula(char c) { return c && strchr("=+-@\t\r", c) != NULL; }

/* One cell of ours behind a delimiter: a stranger's bytes made visible, formulas harmless, quoted
 * where needed. */
static void out_cell(struct list_out *out, const char *p, size_t n)
{
    const char delim = out->in->delim;
    int quote = n && (memchr(p, '"', n) || memchr(p, delim, n) || *p == ' ' || p[n - 1] == ' ');

    if (quote)
        putc('"', out->f);
    if (n && out_is_formula(*p))
        putc('\'', out->f);
    while (n) {
        const char *mark = memchr(p, '"', n);
        size_t len = mark ? (size_t)(mark - p) + 1 : n;
        cli_put(out->f, p, len);
        if (mark)
            putc('"', out->f);
        p += len;
        n -= len;
    }
    if (quote)
        putc('"', out->f);
}

static void out_text_cell(struct list_out *out, const char *text)
{
    putc(out->in->delim, out->f);
    if (text)
        out_cell(out, text, strlen(text));
}

static void out_yes_no(struct list_out *out, int yes) { out_text_cell(out, yes ? "yes" : "no"); }

/* A cell of the list's own. */
static void out_own_cell(struct list_out *out, const struct quoth_span *raw, int plain)
{
    size_t quoted = !plain && raw->n && *raw->p == '"' ? 1 : 0;
    int formula = out->o->list.escape_formulas && raw->n > quoted && out_is_formula(raw->p[quoted]);

    if (!plain) {
        fwrite(raw->p, 1, quoted, out->f);
        if (formula)
            putc('\'', out->f);
        fwrite(raw->p + quoted, 1, raw->n - quoted, out->f);
        return;
    }
    putc('"', out->f);
    if (formula)
        putc('\'', out->f);
    for (size_t i = 0; i < raw->n; i++) {
        putc(raw->p[i], out->f);
        if (raw->p[i] == '"')
            putc('"', out->f);
    }
    putc('"', out->f);
}

/* The list's own columns; returns the cells too many, to follow behind ours. */
static struct list_cells out_own(struct list_out *out, const char *p, size_t n, int plain)
{
    struct list_cells cells = {p, p + n, out->in->delim, (uint8_t)plain, 1};
    struct quoth_span raw = {NULL, 0};

    for (uint32_t i = 0; i < out->in->columns; i++) {
        if (i)
            putc(out->in->delim, out->f);
        if (list_cell(&cells, &raw))
            out_own_cell(out, &raw, plain);
    }
    return cells;
}

static void out_line_end(struct list_out *out)
{
    if (out->in->crlf)
        putc('\r', out->f);
    putc('\n', out->f);
}

static const char *const out_columns[] = {"line",     "verdict",    "reason", "code",
                                          "enhanced", "text",       "mx",     "catch_all",
                                          "role",     "disposable", "free",   "suggestion"};

void list_out_head(struct list_out *out)
{
    const struct list_in *in = out->in;
    out_begin(out);
    if (out->o->format == CLI_CSV && (in->kind != CLI_INPUT_CSV || in->head)) {
        if (in->head)
            out_own(out, in->head, in->head_n, 0);
        else
            fputs("address", out->f);
        for (size_t i = 0; i < sizeof out_columns / sizeof *out_columns; i++)
            fprintf(out->f, "%cquoth_%s", in->delim, out_columns[i]);
        out_line_end(out);
    }
    out_end(out);
}

/* The same domain comes many times in a row, and looking for what was meant takes longer than the
 * rest of the line. */
static const char *out_suggestion(struct list_out *out, const struct cli_result *r)
{
    if (r->v->ev.addr.fault || r->verdict == QUOTH_VERDICT_DELIVERABLE)
        return NULL;
    if (strcmp(out->meant_for, r->v->ev.domain)) {
        snprintf(out->meant_for, sizeof out->meant_for, "%s", r->v->ev.domain);
        if (!cli_suggestion(r, out->meant))
            out->meant[0] = 0;
    }
    return out->meant;
}

static void out_csv(struct list_out *out, const struct cli_result *r, const struct list_row *row)
{
    const struct quoth_evidence *e = &r->v->ev;
    struct list_cells rest = {NULL, NULL, out->in->delim, 0, 0};
    struct quoth_span raw;
    char text[256];

    if (out->in->kind == CLI_INPUT_CSV)
        rest = out_own(out, row->raw, row->n, row->plain);
    else
        out_cell(out, r->input, r->n);
    fprintf(out->f, "%c%llu", out->in->delim, (unsigned long long)r->line);
    out_text_cell(out, quoth_verdict_name(r->verdict));
    out_text_cell(out, quoth_reason_name(r->reading.reason));
    putc(out->in->delim, out->f);
    if (e->said.code)
        fprintf(out->f, "%u", e->said.code);
    snprintf(text, sizeof text, "%u.%u.%u", e->said.esc[0], e->said.esc[1], e->said.esc[2]);
    out_text_cell(out, e->said.esc[0] ? text : NULL);
    putc(out->in->delim, out->f);
    out_cell(out, e->words, e->said.n);
    out_text_cell(out, quoth_verify_host(r->v));
    out_text_cell(out, quoth_fact_name(quoth_catch_all(e)));
    out_yes_no(out, e->lists & QUOTH_LIST_ROLE);
    out_yes_no(out, e->lists & QUOTH_LIST_DISPOSABLE);
    out_yes_no(out, e->lists & QUOTH_LIST_FREE);
    out_text_cell(out, out_suggestion(out, r));
    while (list_cell(&rest, &raw)) {
        putc(out->in->delim, out->f);
        out_own_cell(out, &raw, row->plain);
    }
    out_line_end(out);
}

/* ---- all formats -------------------------------------------------------- */

void list_out_answer(struct list_out *out, const struct list_answer *a)
{
    struct quoth_verify *v = &out->scratch;
    struct cli_result r = {.input = a->row->text,
                           .n = a->row->text_n,
                           .whole = a->row->whole,
                           .v = v,
                           .verdict = a->verdict,
                           .reading = a->reading,
                           .o = out->o,
                           .helo = out->helo,
                           .from = out->from,
                           .line = list_in_line(out->in, a->row->id),
                           .cached = a->cached,
                           .age = a->age,
                           .color = out->color};
    struct timespec now;

    out_begin(out);
    v->ev = *a->ev;
    v->route.n = *a->mx != 0;
    v->ev.host = 0;
    v->route.host[0].at = 0;
    snprintf(v->route.names, sizeof v->route.names, "%s", a->mx);
    switch (out->o->format) {
    case CLI_JSON: cli_json(out->f, &r); break;
    case CLI_CSV: out_csv(out, &r, a->row); break;
    case CLI_REACHER:
        clock_gettime(CLOCK_REALTIME, &now);
        r.began_ns =
            (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - (int64_t)v->ev.took_ms * 1000000;
        cli_reacher(out->f, &r);
        break;
    default: cli_text(out->f, &r);
    }
    out_end(out);
}

void list_out_summary(struct list_out *out, const struct cli_count *count)
{
    out_begin(out);
    if (out->o->format == CLI_JSON)
        cli_json_summary(out->f, count);
    out_end(out);
}
