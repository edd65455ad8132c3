/* out_csv.c - a result as a row of CSV (RFC 4180), behind the list's own columns.
 *
 *   name,email,age                  name,email,age,quoth_line,quoth_verdict,...
 *   "Doe, Jane",jane@example.org,7  "Doe, Jane",jane@example.org,7,2,deliverable,...
 *
 * The list's own columns stay as they are, byte by byte, and so does its byte order mark, without
 * which some spreadsheets read no UTF-8. Columns of ours, of results that are checked again, are
 * left out, for new ones stand behind. A row with too few cells is filled up, one
 * with too many has the rest behind ours, and a cell with broken quotes is quoted anew. In our own
 * columns a cell that a spreadsheet would run (= + - @ TAB CR) gets a ' in front; in the list's own
 * that would change somebody's data ("+49 30 ...", "-5"), so there only when asked for.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "app.h"

/* ---- cells -------------------------------------------------------------- */

enum app_cell_state app_cell_next(enum app_cell_state state, char c, char delimiter)
{
    if (state == APP_CELL_QUOTED)
        return c == '"' ? APP_CELL_MAYBE : APP_CELL_QUOTED;
    if (c == delimiter)
        return APP_CELL_START;
    return c == '"' && state != APP_CELL_PLAIN ? APP_CELL_QUOTED : APP_CELL_PLAIN;
}

int app_cell(struct app_cells *cells, struct quoth_span *raw)
{
    enum app_cell_state state = APP_CELL_START;
    const char *p = cells->p;

    if (!cells->more)
        return 0;
    if (p < cells->end && (cells->plain || *p != '"')) {
        const char *at = memchr(p, cells->delimiter, (size_t)(cells->end - p));
        p = at ? at : cells->end;
    }
    for (; p < cells->end; p++) {
        if (state != APP_CELL_QUOTED && *p == cells->delimiter)
            break;
        state = app_cell_next(state, *p, cells->delimiter);
    }
    *raw = (struct quoth_span) {cells->p, (size_t)(p - cells->p)};
    cells->more = p < cells->end;
    cells->p = p + 1;
    return 1;
}

static int csv_is_formula(char c) { return c && strchr("=+-@\t\r", c) != NULL; }

/* A cell of ours that holds a stranger's bytes: they are made visible, formulas harmless, and it is
 * quoted where needed. */
static void csv_quoted(struct app_page *page, const char *p, size_t n)
{
    struct app_stream *out = &page->out;
    const int quote =
        memchr(p, '"', n) || memchr(p, page->delimiter, n) || *p == ' ' || p[n - 1] == ' ';

    if (quote)
        app_stream_byte(out, '"');
    if (csv_is_formula(*p))
        app_stream_byte(out, '\'');
    while (n) {
        const char *mark = memchr(p, '"', n);
        size_t len = mark ? (size_t)(mark - p) + 1 : n;
        app_put_on(out, p, len);
        if (mark)
            app_stream_byte(out, '"');
        p += len;
        n -= len;
    }
    if (quote)
        app_stream_byte(out, '"');
}

/* Letters and digits with nothing but printable ASCII behind them, as most cells are, stand as they
 * are. */
static void csv_cell(struct app_page *page, const char *p, size_t n)
{
    if (!n)
        return;
    if (*p >= '0' && p[n - 1] != ' ' && app_plain(p, n) == n && !memchr(p, page->delimiter, n) &&
        !csv_is_formula(*p))
        app_stream_put(&page->out, p, n);
    else
        csv_quoted(page, p, n);
}

static void csv_delimiter(struct app_page *page) { app_stream_byte(&page->out, page->delimiter); }

static void csv_text_cell(struct app_page *page, const char *text)
{
    csv_delimiter(page);
    if (text)
        csv_cell(page, text, strlen(text));
}

/* A word of our own: only a letter, a digit or _ for a delimiter could make it need quotes. */
static void csv_word(struct app_page *page, const char *word)
{
    if (page->delimiter >= '0' && strchr(word, page->delimiter)) {
        csv_text_cell(page, word);
        return;
    }
    csv_delimiter(page);
    app_stream_text(&page->out, word);
}

static void csv_yes_no(struct app_page *page, int yes) { csv_word(page, yes ? "yes" : "no"); }

/* Bytes of the list's own, as they are; made visible where they would reach a terminal. */
static void csv_own_bytes(struct app_page *page, const char *p, size_t n)
{
    if (page->terminal)
        app_put_on(&page->out, p, n);
    else
        app_stream_put(&page->out, p, n);
}

/* The opening quote is closed where the cell ends, and every quote between is doubled. */
static int csv_is_whole(const struct quoth_span *raw)
{
    enum app_cell_state state = APP_CELL_START;

    for (size_t i = 0; i < raw->n; i++)
        state = app_cell_next(state, raw->p[i], 0);
    return state == APP_CELL_MAYBE;
}

/* The rest of a cell quoted anew. `quoted`: it stood in quotes; a single one closes them. */
static void csv_quote_anew(struct app_page *page, const char *p, size_t n, int quoted)
{
    while (n) {
        const char *mark = memchr(p, '"', n);
        const size_t len = mark ? (size_t)(mark - p) : n;
        csv_own_bytes(page, p, len);
        p += len;
        n -= len;
        if (!mark)
            break;
        if (quoted && (n < 2 || p[1] != '"')) {
            quoted = 0;
        } else {
            app_stream_text(&page->out, "\"\"");
            p += quoted;
            n -= (size_t)quoted;
        }
        p++;
        n--;
    }
    app_stream_byte(&page->out, '"');
}

/* A cell of the list's own. One with broken quotes, or whose row has some, is quoted anew. */
static void csv_own_cell(struct app_page *page, const struct quoth_span *raw, int plain)
{
    const size_t quoted = !plain && raw->n && *raw->p == '"' ? 1 : 0;
    const int formula = page->formulas && raw->n > quoted && csv_is_formula(raw->p[quoted]);

    if (plain || quoted)
        app_stream_byte(&page->out, '"');
    if (formula)
        app_stream_byte(&page->out, '\'');
    if (plain || (quoted && !csv_is_whole(raw)))
        csv_quote_anew(page, raw->p + quoted, raw->n - quoted, quoted != 0);
    else
        csv_own_bytes(page, raw->p + quoted, raw->n - quoted);
}

/* A row without quotes has as many cells as columns, and goes out as it is. */
static int csv_is_bare(const struct app_page *page, const struct app_cells *cells)
{
    const char *p = cells->p, *end = cells->end;
    uint32_t n = 1;

    if (cells->plain || page->formulas || page->dropped || memchr(p, '"', (size_t)(end - p)))
        return 0;
    for (; (p = memchr(p, page->delimiter, (size_t)(end - p))) != NULL; p++)
        n++;
    return n == page->own_columns;
}

/* The list's own columns; returns the cells too many, to follow behind ours. */
static struct app_cells csv_own(struct app_page *page, struct app_cells cells)
{
    struct quoth_span raw = {NULL, 0};
    int some = 0;

    if (csv_is_bare(page, &cells)) {
        csv_own_bytes(page, cells.p, (size_t)(cells.end - cells.p));
        cells.more = 0;
        return cells;
    }
    for (uint32_t i = 0; i < page->own_columns; i++) {
        const int more = app_cell(&cells, &raw);
        if (page->dropped && page->dropped[i])
            continue;
        if (some)
            csv_delimiter(page);
        some = 1;
        if (more)
            csv_own_cell(page, &raw, cells.plain);
    }
    return cells;
}

static void csv_line_end(struct app_page *page)
{
    if (page->crlf)
        app_stream_byte(&page->out, '\r');
    app_stream_byte(&page->out, '\n');
}

static const char *const csv_columns[] = {"file", "line", "verdict", "reason", "code", "enhanced",
                                          "text", "mx", "catch_all", "role", "disposable", "free",
                                          "suggestion", "address", "fault", "score", "list_date",
                                          /* with_domain */
                                          "domain_grade", "domain_ids"};
enum { CSV_COLUMNS = sizeof csv_columns / sizeof *csv_columns, CSV_OF_DOMAIN = 2 };

int app_csv_is_ours(const char *heading, size_t n)
{
    const char *name = heading + 6;

    if (n < 6 || memcmp(heading, "quoth_", 6))
        return 0;
    for (size_t i = 0; i < CSV_COLUMNS; i++)
        if (strlen(csv_columns[i]) == n - 6 && !memcmp(csv_columns[i], name, n - 6))
            return 1;
    return 0;
}

void app_csv_head(struct app_page *page)
{
    if (page->bom)
        app_stream_text(&page->out, "\xef\xbb\xbf");
    if (page->no_head)
        return;
    if (page->own_head)
        csv_own(page, (struct app_cells) {page->own_head, page->own_head + page->own_head_n,
                                          page->delimiter, 0, 1});
    else
        app_stream_text(&page->out, "address");
    const size_t columns = page->with_domain ? CSV_COLUMNS : CSV_COLUMNS - CSV_OF_DOMAIN;
    for (size_t i = page->files > 1 ? 0 : 1; i < columns; i++) {
        csv_text_cell(page, "quoth_");
        app_stream_text(&page->out, csv_columns[i]);
    }
    csv_line_end(page);
}

/* The same domain comes many times in a row, and looking for what was meant takes longer than the
 * rest of the line. */
static const char *csv_suggestion(struct app_page *page, const struct app_result *result)
{
    if (result->ev->addr.fault || result->verdict == QUOTH_VERDICT_DELIVERABLE)
        return NULL;
    if (strcmp(page->meant_for, result->ev->domain)) {
        snprintf(page->meant_for, sizeof page->meant_for, "%s", result->ev->domain);
        if (!app_suggestion(result, page->meant))
            page->meant[0] = 0;
    }
    return page->meant;
}

/* "byte 5: ...", counted from 0 as everywhere else. */
static void csv_fault(struct app_page *page, const struct app_result *result)
{
    const struct quoth_addr *addr = &result->ev->addr;
    char text[160];

    if (addr->fault)
        snprintf(text, sizeof text, "byte %u: %s", addr->at, quoth_addr_fault_text(addr->fault));
    csv_text_cell(page, addr->fault ? text : NULL);
}

/* A number; empty where the server's answer says what can be known. */
static void csv_score(struct app_page *page, const struct app_result *result)
{
    struct quoth_score score;
    csv_delimiter(page);
    if (!app_score(result, &score))
        return;
    if (score.sum < 0)
        app_stream_byte(&page->out, '-');
    app_stream_number(&page->out, (uint64_t)(score.sum < 0 ? -score.sum : score.sum));
}

/* Ids are parted by blanks. */
static void csv_domain(struct app_page *page, const struct app_result *result)
{
    csv_text_cell(page, result->domain_grade);
    csv_delimiter(page);
    for (unsigned i = 0; i < result->domain_ids; i++) {
        if (i)
            app_stream_byte(&page->out, ' ');
        app_stream_text(&page->out, result->domain_id[i]);
    }
}

/* What is the same of the next one of the same conversation. */
static void csv_beside(struct app_page *page, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;

    csv_word(page, quoth_verdict_name(result->verdict));
    csv_word(page, quoth_reason_name(result->reading.reason));
    csv_delimiter(page);
    if (evidence->said.code)
        app_stream_number(&page->out, evidence->said.code);
    csv_delimiter(page);
    if (evidence->said.esc[0])
        app_stream_enhanced(&page->out, evidence->said.esc);
    csv_delimiter(page);
    csv_cell(page, evidence->words, evidence->said.n);
    csv_text_cell(page, result->host);
    csv_word(page, quoth_fact_name(quoth_catch_all(evidence)));
    csv_yes_no(page, result->lists & QUOTH_LIST_ROLE);
    csv_yes_no(page, result->lists & QUOTH_LIST_DISPOSABLE);
    csv_yes_no(page, result->lists & QUOTH_LIST_FREE);
}

void app_csv(struct app_page *page, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    struct app_cells rest = result->own;
    struct quoth_span raw;

    if (result->own.p)
        rest = csv_own(page, result->own);
    else
        csv_cell(page, result->input, result->input_n);
    if (page->files > 1)
        csv_text_cell(page, result->file);
    csv_delimiter(page);
    app_stream_number(&page->out, result->line);
    app_print_kept(page, result, csv_beside);
    csv_text_cell(page, csv_suggestion(page, result));
    csv_delimiter(page);
    if (!evidence->addr.fault && result->asked_n)
        csv_cell(page, result->asked, result->asked_n);
    csv_fault(page, result);
    csv_score(page, result);
    csv_text_cell(page, quoth_list_date());
    if (page->with_domain)
        csv_domain(page, result);
    while (app_cell(&rest, &raw)) {
        csv_delimiter(page);
        csv_own_cell(page, &raw, rest.plain);
    }
    csv_line_end(page);
}
