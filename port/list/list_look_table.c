/* list_look_table.c - a sample as a table: which row holds the headings by a delimiter, and which
 * column the addresses. Pure.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "list_look_inner.h"

/* ---- a table ------------------------------------------------------------ */

static void look_cells(struct look_table *table, struct quoth_span row, uint32_t *cells, int *good)
{
    char text[LOOK_CELL];
    uint8_t plain;
    const size_t n = list_csv_end(table->delim, row.p, row.n, &plain);
    struct app_cells reader = {row.p, row.p + n, table->delim, plain, 1};
    struct quoth_span raw;
    uint32_t pieces, filled = 0, last = 0;

    for (*cells = 0, *good = 0; app_cell(&reader, &raw); ++*cells) {
        size_t whole, len = list_cell_text(raw, plain, text, sizeof text, &whole);
        const enum look_holds holds = list_look_text(text, len, &pieces);
        if (*cells >= LOOK_COLUMNS)
            continue;
        table->filled[*cells] += holds != LOOK_NOTHING;
        if (holds != LOOK_NOTHING) {
            filled++;
            last = *cells;
        }
        table->good[*cells] += holds >= LOOK_SOME;
        *good |= holds >= LOOK_SOME;
        if (holds >= LOOK_SOME)
            list_look_compare(&table->same[*cells], text, len);
    }
    if (*good)
        memset(table->alone, 0, sizeof table->alone);
    else if (filled == 1)
        table->alone[last]++;
}

void list_look_table(struct look_table *table, struct look_rows rows)
{
    struct quoth_span row;
    uint32_t cells, before = 0;
    uint64_t line;

    memset(table, 0, sizeof *table);
    table->delim = rows.delim;
    table->first_good = LOOK_TOP;
    while (table->rows < LIST_LOOK_ROWS && list_look_row(&rows, &row, &line)) {
        int good;
        look_cells(table, row, &cells, &good);
        if (table->rows < LOOK_TOP) {
            table->top[table->tops] = row;
            table->top_line[table->tops++] = line;
        }
        if (good && table->first_good > table->rows)
            table->first_good = table->rows;
        table->even += cells == before;
        before = cells;
        if (cells > table->columns)
            table->columns = cells;
        table->rows++;
    }
    for (uint32_t i = 0; i < LOOK_COLUMNS; i++)
        if (table->good[i] > table->best)
            table->best = table->good[i];
    /* below a table its program writes what it is about and who made it */
    for (uint32_t i = 0; i < LOOK_COLUMNS && table->columns > 1; i++)
        table->filled[i] -= table->alone[i];
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
static size_t look_cell(const struct look_table *table, struct quoth_span row, uint32_t column,
                        char *buf, size_t cap)
{
    uint8_t plain;
    const size_t n = list_csv_end(table->delim, row.p, row.n, &plain);
    struct app_cells cells = {row.p, row.p + n, table->delim, plain, 1};
    struct quoth_span raw;
    size_t whole;

    for (uint32_t i = 0; app_cell(&cells, &raw); i++)
        if (i == column)
            return list_cell_text(raw, plain, buf, cap, &whole);
    return 0;
}

/* Cells of a row, or of them those that say something. */
static uint32_t look_count(const struct look_table *table, struct quoth_span row, int words)
{
    uint8_t plain;
    const size_t n = list_csv_end(table->delim, row.p, row.n, &plain);
    struct app_cells reader = {row.p, row.p + n, table->delim, plain, 1};
    struct quoth_span raw;
    uint32_t cells = 0;

    while (app_cell(&reader, &raw))
        cells += !words || !list_is_nothing(raw.p, raw.n);
    return cells;
}

uint32_t list_look_count_cells(const struct look_table *table, struct quoth_span row)
{
    return look_count(table, row, 0);
}

/* ---- headings and column ------------------------------------------------ */

/* The column with this heading in that row. UINT32_MAX: there is none. */
static uint32_t look_named(const struct look_table *table, struct quoth_span row, const char *name)
{
    const struct quoth_span want = list_trim(name, strlen(name));
    const uint32_t cells = list_look_count_cells(table, row);
    char text[256];

    for (uint32_t i = 0; i < cells; i++) {
        const size_t n = look_cell(table, row, i, text, sizeof text);
        const struct quoth_span have = list_trim(text, n);
        if (have.n == want.n && !strncasecmp(have.p, want.p, want.n))
            return i;
    }
    return UINT32_MAX;
}

static int look_best_rank(const struct look_table *table, struct quoth_span row)
{
    const uint32_t cells = list_look_count_cells(table, row);
    char text[256];
    int best = 0;

    for (uint32_t i = 0; i < cells && i < LOOK_COLUMNS; i++) {
        const int rank = list_heading_rank(text, look_cell(table, row, i, text, sizeof text));
        if (rank > best)
            best = rank;
    }
    return best;
}

static int look_is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c & 0x80);
}

/* Does an @ stand between two characters of words? "Question @home" has none. */
static int look_has_at(struct quoth_span row)
{
    for (size_t i = 1; i + 1 < row.n; i++)
        if (row.p[i] == '@' && look_is_word(row.p[i - 1]) && look_is_word(row.p[i + 1]))
            return 1;
    return 0;
}

/* A row above the first address, with a text where the addresses are: headings nobody knows. A row
 * with an address elsewhere may have one that has not been cleaned: it is no heading. */
static uint32_t look_unknown_head(const struct look_table *table)
{
    char text[256];
    uint32_t column = 0, pieces;

    while (column < LOOK_COLUMNS - 1 && table->good[column] < table->best)
        column++;
    for (uint32_t i = 0; table->best && i < table->tops && i < table->first_good; i++) {
        const size_t n = look_cell(table, table->top[i], column, text, sizeof text);
        if (n && list_look_text(text, n, &pieces) == LOOK_TEXT && !memchr(text, '@', n) &&
            !look_has_at(table->top[i]))
            return i;
    }
    return LOOK_TOP;
}

/* Above the headings may stand who made the list, with an address. Is this row wider than all above
 * it, and without one? */
static int look_is_below(const struct look_table *table, uint32_t top)
{
    const struct quoth_span head = table->top[top];
    uint32_t words = 0;

    for (uint32_t i = 0; i < top; i++) {
        const uint32_t n = look_count(table, table->top[i], 1);
        words = n > words ? n : words;
    }
    return words <= 2 && look_count(table, head, 1) > 2 && !memchr(head.p, '@', head.n);
}

uint32_t list_look_head(const struct look_table *table, const struct app_list_options *list)
{
    uint32_t found = LOOK_TOP;
    int best = 0;

    if (list->header == APP_HEADER_NO)
        return LOOK_TOP;
    for (uint32_t i = 0; list->column && i < table->tops; i++)
        if (look_named(table, table->top[i], list->column) != UINT32_MAX &&
            (*list->column > '9' || !look_has_at(table->top[i]))) /* column 2 of "2,a@b.c" */
            return i;
    for (uint32_t i = 0; i < table->tops; i++) {
        const int rank = look_best_rank(table, table->top[i]);
        if (rank > best && (i < table->first_good || (rank >= 60 && look_is_below(table, i)))) {
            best = rank;
            found = i;
        }
    }
    if (found == LOOK_TOP && table->rows > 1)
        found = look_unknown_head(table);
    return found == LOOK_TOP && table->tops && list->header == APP_HEADER_YES ? 0 : found;
}

/* Another column full of addresses, neither somebody else's nor one that only tells of them. */
static void look_also(struct list_look *look, const struct look_table *table,
                      const struct quoth_span *head)
{
    uint32_t most = 0;
    char text[256];

    for (uint32_t i = 0; i < table->columns && i < LOOK_COLUMNS; i++) {
        const size_t n = head ? look_cell(table, *head, i, text, sizeof text) : 0;
        const int rank = list_heading_rank(text, n);
        if (i == look->column || table->good[i] <= most || table->good[i] * 2 < table->filled[i] ||
            (rank && rank < 30) || (n > 6 && !memcmp(text, "quoth_", 6)))
            continue;
        most = table->good[i];
        look->also = i + 1;
        list_look_name(look->also_name, text, n);
    }
}

/* By evidence. UINT32_MAX: no column shows an address, and no heading promises one. */
static uint32_t look_column(const struct look_table *table, const struct quoth_span *head)
{
    uint32_t found = UINT32_MAX;
    int best = 0;
    char text[256];

    for (uint32_t i = 0; i < table->columns && i < LOOK_COLUMNS; i++) {
        const int rank =
            head ? list_heading_rank(text, look_cell(table, *head, i, text, sizeof text)) : 0;
        const int share = table->rows ? (int)(table->good[i] * UINT64_C(100) / table->rows) : 0;
        const int most = table->good[i] && table->good[i] * 2 >= table->filled[i] &&
                         !list_look_is_same(&table->same[i], rank);
        int score = rank + share + (most ? 1000 : 0);
        if (!table->good[i] && rank < 60)
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
static void look_below(struct list_look *look, const struct look_table *table, uint32_t top,
                       struct look_rows *rows, const char *p)
{
    const struct quoth_span head = table->top[top];

    look->head_at = (size_t)(head.p - p);
    look->head_n = head.n;
    look->left_out += (uint32_t)(table->top_line[top] - rows->line);
    rows->p = head.p + head.n;
    if (rows->p < rows->end)
        rows->p = list_look_line_end(rows->p, rows->end);
    rows->line = table->top_line[top] + list_look_count_lines(head.p, rows->p);
}

/* --column NAME, or N where no heading is called so. */
static uint32_t look_given_column(const struct look_table *table, const struct quoth_span *head,
                                  const char *name)
{
    const uint32_t named = head ? look_named(table, *head, name) : UINT32_MAX;
    uint32_t number = 0;
    const size_t digits = app_number(name, &number);

    if (named != UINT32_MAX)
        return named;
    return !name[digits] && digits && digits < 6 && number && number <= table->columns ? number - 1
                                                                                       : UINT32_MAX;
}

/* Of the column's cells. */
static int look_is_numbered(const struct look_table *table, struct look_rows rows, uint32_t column)
{
    struct look_numbers numbers;
    struct quoth_span row;
    char text[256];
    uint64_t line;

    memset(&numbers, 0, sizeof numbers);
    while (numbers.rows < LIST_LOOK_ROWS && list_look_row(&rows, &row, &line))
        list_look_number(&numbers, text, look_cell(table, row, column, text, sizeof text));
    return list_look_is_numbered(&numbers);
}

enum list_looks list_look_csv(struct list_look *look, const struct app_list_options *list,
                              struct look_rows rows, const char *p)
{
    struct quoth_span head = {NULL, 0};
    struct look_table table;
    uint32_t top;
    char text[256];

    rows.delim = look->delim;
    list_look_table(&table, rows);
    look->columns = table.columns;
    top = list_look_head(&table, list);
    if (top < LOOK_TOP) {
        head = table.top[top];
        look_below(look, &table, top, &rows, p);
        look->columns = list_look_count_cells(&table, head);
        list_look_table(&table, rows);
        if (table.columns < look->columns)
            table.columns = look->columns;
    }
    look->begin = (size_t)(rows.p - p);
    look->line = rows.line;
    look->rows = table.rows;
    look->column = list->column ? look_given_column(&table, head.p ? &head : NULL, list->column)
                                : look_column(&table, head.p ? &head : NULL);
    if (look->column == UINT32_MAX)
        return list->column ? LIST_LOOKS_NO_COLUMN : LIST_LOOKS_WHICH;
    if (look->column < LOOK_COLUMNS) {
        look->filled = table.filled[look->column];
        look->good = table.good[look->column];
    }
    look->numbered = (uint8_t)look_is_numbered(&table, rows, look->column);
    if (head.p)
        list_look_name(look->name, text, look_cell(&table, head, look->column, text, sizeof text));
    if (!list->column)
        look_also(look, &table, head.p ? &head : NULL);
    for (uint32_t i = 0; i < table.tops && !look->first_n; i++)
        look->first_n =
            look_cell(&table, table.top[i], look->column, look->first, sizeof look->first);
    return LIST_LOOKS_FINE;
}
