/* list_look_table.c - a sample as a table: which row holds the headings by a delimiter, and which
 * column the addresses. Pure.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "list_look_inner.h"

/* ---- a table ------------------------------------------------------------ */

static void look_cells(struct look_table *t, struct quoth_span row, uint32_t *cells, int *good)
{
    char text[LOOK_CELL];
    uint8_t plain;
    const size_t n = list_csv_end(t->delim, row.p, row.n, &plain);
    struct app_cells c = {row.p, row.p + n, t->delim, plain, 1};
    struct quoth_span raw;
    uint32_t pieces;

    for (*cells = 0, *good = 0; app_cell(&c, &raw); ++*cells) {
        size_t whole, len = list_cell_text(raw, plain, text, sizeof text, &whole);
        const enum look_holds holds = list_look_text(text, len, &pieces);
        if (*cells >= LOOK_COLUMNS)
            continue;
        t->filled[*cells] += holds != LOOK_NOTHING;
        t->good[*cells] += holds >= LOOK_SOME;
        *good |= holds >= LOOK_SOME;
    }
}

void list_look_table(struct look_table *t, struct look_rows rows)
{
    struct quoth_span row;
    uint32_t cells, before = 0;
    uint64_t line;

    memset(t, 0, sizeof *t);
    t->delim = rows.delim;
    t->first_good = LOOK_TOP;
    while (t->rows < LIST_LOOK_ROWS && list_look_row(&rows, &row, &line)) {
        int good;
        look_cells(t, row, &cells, &good);
        if (t->rows < LOOK_TOP) {
            t->top[t->tops] = row;
            t->top_line[t->tops++] = line;
        }
        if (good && t->first_good > t->rows)
            t->first_good = t->rows;
        t->even += cells == before;
        before = cells;
        if (cells > t->columns)
            t->columns = cells;
        t->rows++;
    }
    for (uint32_t i = 0; i < LOOK_COLUMNS; i++)
        if (t->good[i] > t->best)
            t->best = t->good[i];
}

int list_look_is_better(const struct look_table *a, const struct look_table *than)
{
    if (a->best != than->best)
        return a->best > than->best;
    if ((a->columns > 1) != (than->columns > 1))
        return a->columns > 1;
    return a->even > than->even && a->columns > 1;
}

/* Cell `column` of a row, as text. 0: it has none. */
static size_t look_cell(const struct look_table *t, struct quoth_span row, uint32_t column,
                        char *buf, size_t cap)
{
    uint8_t plain;
    const size_t n = list_csv_end(t->delim, row.p, row.n, &plain);
    struct app_cells c = {row.p, row.p + n, t->delim, plain, 1};
    struct quoth_span raw;
    size_t whole;

    for (uint32_t i = 0; app_cell(&c, &raw); i++)
        if (i == column)
            return list_cell_text(raw, plain, buf, cap, &whole);
    return 0;
}

uint32_t list_look_count_cells(const struct look_table *t, struct quoth_span row)
{
    uint8_t plain;
    const size_t n = list_csv_end(t->delim, row.p, row.n, &plain);
    struct app_cells c = {row.p, row.p + n, t->delim, plain, 1};
    struct quoth_span raw;
    uint32_t cells = 0;

    while (app_cell(&c, &raw))
        cells++;
    return cells;
}

/* ---- headings and column ------------------------------------------------ */

/* The column with this heading in that row. UINT32_MAX: there is none. */
static uint32_t look_named(const struct look_table *t, struct quoth_span row, const char *name)
{
    const struct quoth_span want = list_trim(name, strlen(name));
    const uint32_t cells = list_look_count_cells(t, row);
    char text[256];

    for (uint32_t i = 0; i < cells; i++) {
        const size_t n = look_cell(t, row, i, text, sizeof text);
        const struct quoth_span have = list_trim(text, n);
        if (have.n == want.n && !strncasecmp(have.p, want.p, want.n))
            return i;
    }
    return UINT32_MAX;
}

static int look_best_rank(const struct look_table *t, struct quoth_span row)
{
    const uint32_t cells = list_look_count_cells(t, row);
    char text[256];
    int best = 0;

    for (uint32_t i = 0; i < cells && i < LOOK_COLUMNS; i++) {
        const int rank = list_heading_rank(text, look_cell(t, row, i, text, sizeof text));
        if (rank > best)
            best = rank;
    }
    return best;
}

/* A row above the first address, with a text where the addresses are: headings nobody knows. */
static uint32_t look_unknown_head(const struct look_table *t)
{
    char text[256];
    uint32_t column = 0, pieces;

    while (column < LOOK_COLUMNS - 1 && t->good[column] < t->best)
        column++;
    for (uint32_t i = 0; t->best && i < t->tops && i < t->first_good; i++) {
        const size_t n = look_cell(t, t->top[i], column, text, sizeof text);
        if (n && list_look_text(text, n, &pieces) == LOOK_TEXT && !memchr(text, '@', n))
            return i;
    }
    return LOOK_TOP;
}

uint32_t list_look_head(const struct look_table *t, const struct app_list_options *o)
{
    uint32_t found = LOOK_TOP;
    int best = 0;

    if (o->header == APP_HEADER_NO)
        return LOOK_TOP;
    for (uint32_t i = 0; o->column && i < t->tops; i++)
        if (look_named(t, t->top[i], o->column) != UINT32_MAX)
            return i;
    for (uint32_t i = 0; i < t->tops && i < t->first_good; i++) {
        const int rank = look_best_rank(t, t->top[i]);
        if (rank > best) {
            best = rank;
            found = i;
        }
    }
    if (found == LOOK_TOP && t->rows > 1)
        found = look_unknown_head(t);
    return found == LOOK_TOP && t->tops && o->header == APP_HEADER_YES ? 0 : found;
}

/* By evidence. UINT32_MAX: no column shows an address, and no heading promises one. */
static uint32_t look_column(const struct look_table *t, const struct quoth_span *head)
{
    uint32_t found = UINT32_MAX;
    int best = 0;
    char text[256];

    for (uint32_t i = 0; i < t->columns && i < LOOK_COLUMNS; i++) {
        const int rank =
            head ? list_heading_rank(text, look_cell(t, *head, i, text, sizeof text)) : 0;
        const int share = t->rows ? (int)(t->good[i] * UINT64_C(100) / t->rows) : 0;
        const int most = t->good[i] && t->good[i] * 2 >= t->filled[i];
        int score = rank + share + (most ? 1000 : 0);
        if (!t->good[i] && rank < 60)
            continue;
        if (found == UINT32_MAX || score > best) {
            best = score;
            found = i;
        }
    }
    return found;
}

/* ---- CSV ---------------------------------------------------------------- */

/* The rows begin behind these headings. */
static void look_below(struct list_look *l, const struct look_table *t, uint32_t top,
                       struct look_rows *rows, const char *p)
{
    const struct quoth_span head = t->top[top];

    l->head_at = (size_t)(head.p - p);
    l->head_n = head.n;
    l->left_out += (uint32_t)(t->top_line[top] - rows->line);
    rows->p = head.p + head.n;
    if (rows->p < rows->end)
        rows->p = list_look_line_end(rows->p, rows->end);
    rows->line = t->top_line[top] + list_look_count_lines(head.p, rows->p);
}

/* --column NAME, or N where no heading is called so. */
static uint32_t look_given_column(const struct look_table *t, const struct quoth_span *head,
                                  const char *name)
{
    const uint32_t named = head ? look_named(t, *head, name) : UINT32_MAX;
    uint32_t number = 0;
    const size_t digits = app_number(name, &number);

    if (named != UINT32_MAX)
        return named;
    return !name[digits] && digits && digits < 6 && number && number <= t->columns ? number - 1
                                                                                   : UINT32_MAX;
}

enum list_looks list_look_csv(struct list_look *l, const struct app_list_options *o,
                              struct look_rows rows, const char *p)
{
    struct quoth_span head = {NULL, 0};
    struct look_table t;
    uint32_t top;
    char text[256];

    rows.delim = l->delim;
    list_look_table(&t, rows);
    l->columns = t.columns;
    if ((top = list_look_head(&t, o)) < LOOK_TOP) {
        head = t.top[top];
        look_below(l, &t, top, &rows, p);
        l->columns = list_look_count_cells(&t, head);
        list_look_table(&t, rows);
        if (t.columns < l->columns)
            t.columns = l->columns;
    }
    l->begin = (size_t)(rows.p - p);
    l->line = rows.line;
    l->rows = t.rows;
    l->column = o->column ? look_given_column(&t, head.p ? &head : NULL, o->column)
                          : look_column(&t, head.p ? &head : NULL);
    if (l->column == UINT32_MAX)
        return o->column ? LIST_LOOKS_NO_COLUMN : LIST_LOOKS_WHICH;
    if (l->column < LOOK_COLUMNS) {
        l->filled = t.filled[l->column];
        l->good = t.good[l->column];
    }
    if (head.p)
        list_look_name(l, text, look_cell(&t, head, l->column, text, sizeof text));
    for (uint32_t i = 0; i < t.tops && !l->first_n; i++)
        l->first_n = look_cell(&t, t.top[i], l->column, l->first, sizeof l->first);
    return LIST_LOOKS_FINE;
}
