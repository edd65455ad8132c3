/* list_look.c - what is this file? Its first 1,000 rows decide, before anybody is asked. Pure.
 *
 *   sep=;                      the delimiter, said in words
 *   # exported 2026-01-01      comments        \ left out
 *   Members, as of January     preamble        /
 *   Name;Email                 headings
 *   Jane;jane@example.org      rows
 *
 *   kind       JSON by its first bytes; else lines or a table, whichever shows more addresses
 *   delimiter  the one under which one column shows most addresses; then most columns, evenly
 *   headings   of the rows above the first address the one with the best words (list_head.c)
 *   column     its heading's rank, and the share of its cells that hold an address
 *
 * What was asked for with options is not guessed, but still measured: list_look.filled and .good.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "list.h"

enum { LOOK_COLUMNS = 256, LOOK_PATHS = 128, LOOK_TOP = 20, LOOK_CELL = 4096 };

/* ---- rows of the sample ------------------------------------------------- */

struct look_rows {
    const char *p, *end;
    uint64_t line; /* of p */
    char delim;    /* 0: lines */
    uint8_t all;   /* the sample ends with the file */
};

static int look_is_blank(char c) { return c == ' ' || c == '\t'; }

/* Behind one line end at p: LF, CR, CR LF, CR CR LF. */
static const char *look_line_end(const char *p, const char *end)
{
    const char *at = p;
    while (at < end && *at == '\r')
        at++;
    return at < end && *at == '\n' ? at + 1 : p + 1;
}

static uint64_t look_count_lines(const char *p, const char *end)
{
    uint64_t lines = 0;
    while (p < end) {
        if (*p == '\n' || *p == '\r') {
            p = look_line_end(p, end);
            lines++;
        } else
            p++;
    }
    return lines;
}

int list_is_comment(const char *p, size_t n)
{
    if (!n || *p != '#' || memchr(p, '@', n))
        return n > 1 && *p == '#' && (p[1] == ' ' || p[1] == '#');
    return n == 1 || !(memchr(p, ',', n) || memchr(p, ';', n) || memchr(p, '\t', n)) ||
           look_is_blank(p[1]) || p[1] == '#';
}

/* The next row that is not blank. `line`: where it begins. */
static int look_row(struct look_rows *r, struct quoth_span *row, uint64_t *line)
{
    while (r->p < r->end) {
        const char *p = r->p;
        size_t n = (size_t)(r->end - p), len = 0, i = 0;
        uint8_t plain;
        if (r->delim)
            len = list_csv_end(r->delim, p, n, &plain);
        else
            while (len < n && p[len] != '\n' && p[len] != '\r')
                len++;
        if (len == n && !r->all)
            return 0; /* cut off */
        *row = (struct quoth_span) {p, len};
        *line = r->line;
        r->p = len < n ? look_line_end(p + len, r->end) : r->end;
        r->line += look_count_lines(p, r->p);
        while (i < len && look_is_blank(p[i]) && p[i] != r->delim)
            i++;
        if (i < len)
            return 1;
    }
    return 0;
}

/* ---- what a text holds -------------------------------------------------- */

enum look_holds { LOOK_NOTHING, LOOK_TEXT, LOOK_SOME, LOOK_PURE }; /* SOME: addresses and more */

static enum look_holds look_text(const char *p, size_t n, uint32_t *pieces)
{
    struct list_pieces s;
    struct list_piece piece;
    size_t fine = 0, all = 0, bytes = 0;

    *pieces = 0;
    if (!memchr(p, '@', n))
        return list_is_nothing(p, n) ? LOOK_NOTHING : LOOK_TEXT;
    list_pieces(&s, p, n);
    while (all < LIST_PIECES_MAX && list_piece(&s, &piece)) {
        struct quoth_addr a;
        fine += quoth_addr_parse(&a, piece.address.p, piece.address.n) == QUOTH_OK;
        bytes += piece.text.n;
        all++;
    }
    *pieces = (uint32_t)all;
    if (!fine)
        return LOOK_TEXT;
    /* nothing but addresses and what parts them: a few bytes for each */
    return fine == all && bytes + 6 * all >= n ? LOOK_PURE : LOOK_SOME;
}

/* ---- a table ------------------------------------------------------------ */

struct look_table {
    char delim;
    uint32_t rows, columns, even; /* even: rows with as many cells as the one before */
    uint32_t best;                /* the most addresses in one column */
    uint32_t filled[LOOK_COLUMNS], good[LOOK_COLUMNS];
    struct quoth_span top[LOOK_TOP]; /* the first rows */
    uint64_t top_line[LOOK_TOP];
    uint32_t tops, first_good; /* the first row with an address; LOOK_TOP: later, or never */
};

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
        const enum look_holds holds = look_text(text, len, &pieces);
        if (*cells >= LOOK_COLUMNS)
            continue;
        t->filled[*cells] += holds != LOOK_NOTHING;
        t->good[*cells] += holds >= LOOK_SOME;
        *good |= holds >= LOOK_SOME;
    }
}

static void look_table(struct look_table *t, struct look_rows rows)
{
    struct quoth_span row;
    uint32_t cells, before = 0;
    uint64_t line;

    memset(t, 0, sizeof *t);
    t->delim = rows.delim;
    t->first_good = LOOK_TOP;
    while (t->rows < LIST_LOOK_ROWS && look_row(&rows, &row, &line)) {
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

static int look_is_better(const struct look_table *a, const struct look_table *than)
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

static uint32_t look_count_cells(const struct look_table *t, struct quoth_span row)
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
    const uint32_t cells = look_count_cells(t, row);
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
    const uint32_t cells = look_count_cells(t, row);
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
        if (n && look_text(text, n, &pieces) == LOOK_TEXT && !memchr(text, '@', n))
            return i;
    }
    return LOOK_TOP;
}

/* Which of the first rows holds the headings; LOOK_TOP: none. */
static uint32_t look_head(const struct look_table *t, const struct app_list_options *o)
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

static void look_name(struct list_look *l, const char *p, size_t n)
{
    const struct quoth_span s = list_trim(p, n);
    const size_t len = s.n < sizeof l->name - 1 ? s.n : sizeof l->name - 1;
    memcpy(l->name, s.p, len);
    l->name[len] = 0;
}

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
        rows->p = look_line_end(rows->p, rows->end);
    rows->line = t->top_line[top] + look_count_lines(head.p, rows->p);
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

static enum list_looks look_csv(struct list_look *l, const struct app_list_options *o,
                                struct look_rows rows, const char *p)
{
    struct quoth_span head = {NULL, 0};
    struct look_table t;
    uint32_t top;
    char text[256];

    rows.delim = l->delim;
    look_table(&t, rows);
    l->columns = t.columns;
    if ((top = look_head(&t, o)) < LOOK_TOP) {
        head = t.top[top];
        look_below(l, &t, top, &rows, p);
        l->columns = look_count_cells(&t, head);
        look_table(&t, rows);
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
        look_name(l, text, look_cell(&t, head, l->column, text, sizeof text));
    for (uint32_t i = 0; i < t.tops && !l->first_n; i++)
        l->first_n = look_cell(&t, t.top[i], l->column, l->first, sizeof l->first);
    return LIST_LOOKS_FINE;
}

/* ---- lines -------------------------------------------------------------- */

struct look_lines {
    uint32_t rows, filled, some, pure, pieces;
};

static void look_lines(struct look_lines *t, struct look_rows rows, struct list_look *l)
{
    struct quoth_span row;
    uint64_t line;

    memset(t, 0, sizeof *t);
    while (t->rows < LIST_LOOK_ROWS && look_row(&rows, &row, &line)) {
        uint32_t pieces;
        const enum look_holds holds = look_text(row.p, row.n, &pieces);
        if (list_is_comment(row.p, row.n))
            continue;
        t->rows++;
        t->filled += holds != LOOK_NOTHING;
        t->some += holds >= LOOK_SOME;
        t->pure += holds == LOOK_PURE;
        t->pieces += pieces;
        if (l && !l->first_n) {
            l->first_n = row.n < sizeof l->first ? row.n : sizeof l->first;
            memcpy(l->first, row.p, l->first_n);
        }
    }
}

static void look_as_lines(struct list_look *l, struct look_rows rows, const char *p)
{
    struct look_lines t;
    struct look_rows head = rows;
    struct quoth_span row;
    uint64_t line;

    l->kind = APP_INPUT_LINES;
    rows.delim = head.delim = 0;
    if (look_row(&head, &row, &line) && !memchr(row.p, '@', row.n) &&
        list_heading_rank(row.p, row.n) > 0) {
        look_name(l, row.p, row.n);
        rows = head;
    }
    look_lines(&t, rows, l);
    l->begin = (size_t)(rows.p - p);
    l->line = rows.line;
    l->rows = t.rows;
    l->filled = t.filled;
    l->good = t.some;
}

/* ---- JSON --------------------------------------------------------------- */

struct look_path {
    char path[LIST_PATH_MAX];
    uint32_t filled, good;
};

struct look_paths {
    struct look_path path[LOOK_PATHS];
    uint32_t n;
};

static void look_seen(void *arg, const char *path, const char *text, size_t n)
{
    struct look_paths *t = arg;
    uint32_t i = 0, pieces;
    const enum look_holds holds = look_text(text, n, &pieces);

    while (i < t->n && strcasecmp(t->path[i].path, path))
        i++;
    if (i == LOOK_PATHS)
        return;
    if (i == t->n) {
        memset(&t->path[i], 0, sizeof t->path[i]);
        memcpy(t->path[t->n++].path, path, strlen(path) + 1);
    }
    t->path[i].filled += holds != LOOK_NOTHING;
    t->path[i].good += holds >= LOOK_SOME;
}

/* The next value of the sample: a line, or what stands between the commas of an array. */
static int look_value(struct list_look *l, struct look_rows *rows, struct quoth_span *value)
{
    uint64_t line;
    if (l->kind == APP_INPUT_NDJSON)
        return look_row(rows, value, &line);
    while (rows->p < rows->end && (look_is_blank(*rows->p) || strchr("\r\n,", *rows->p)) &&
           *rows->p)
        rows->p++;
    if (rows->p == rows->end || *rows->p == ']')
        return 0;
    value->p = rows->p;
    value->n = list_json_end(rows->p, (size_t)(rows->end - rows->p));
    if (!value->n && rows->all)
        value->n = (size_t)(rows->end - rows->p);
    rows->p += value->n;
    return value->n > 0;
}

static void look_choose_path(struct list_look *l, const struct look_paths *t)
{
    int best = -10000;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct look_path *path = &t->path[i];
        const int share = l->rows ? (int)(path->good * UINT64_C(100) / l->rows) : 0;
        const int rank = *path->path ? list_path_rank(path->path) : 50;
        const int most = path->good && path->good * 2 >= path->filled;
        const int score = rank + (share > 100 ? 100 : share) + (most ? 1000 : 0);
        if ((path->good || rank >= 60) && score > best) {
            best = score;
            memcpy(l->path, path->path, strlen(path->path) + 1);
        }
    }
    l->no_path = best == -10000;
}

static enum list_looks look_json(struct list_look *l, const struct app_list_options *o,
                                 struct look_rows rows, const char *p)
{
    struct look_paths t;
    struct look_rows again;
    struct quoth_span value;

    t.n = 0;
    rows.delim = 0;
    if (l->kind == APP_INPUT_JSON && l->array) {
        while (rows.p < rows.end && *rows.p != '[')
            rows.p++;
        rows.p += rows.p < rows.end;
    }
    l->begin = (size_t)(rows.p - p);
    l->line = rows.line;
    again = rows;
    while (l->rows < LIST_LOOK_ROWS && look_value(l, &rows, &value)) {
        l->rows++;
        l->broken += !list_json_walk(value.p, value.n, look_seen, &t);
    }
    if (o->field)
        strncpy(l->path, o->field, sizeof l->path - 1);
    else
        look_choose_path(l, &t);
    look_name(l, l->path, strlen(l->path));
    for (uint32_t i = 0; i < l->rows && look_value(l, &again, &value); i++) {
        char text[LOOK_CELL];
        size_t whole;
        uint32_t pieces;
        int found = list_json_find(l->path, value.p, value.n, text, sizeof text, &whole);
        enum look_holds holds;
        if (!l->first_n) {
            l->first_n = value.n < sizeof l->first ? value.n : sizeof l->first;
            memcpy(l->first, value.p, l->first_n);
        }
        if (found <= 0)
            continue;
        holds = look_text(text, whole < sizeof text ? whole : sizeof text, &pieces);
        l->filled += holds != LOOK_NOTHING;
        l->good += holds >= LOOK_SOME;
    }
    l->filled += l->broken;
    return LIST_LOOKS_FINE;
}

/* By its first bytes: a table of objects or texts, or 0: no JSON. */
static uint8_t look_is_json(struct list_look *l, struct look_rows rows)
{
    const struct quoth_span s = list_trim(rows.p, (size_t)(rows.end - rows.p));
    size_t line = 0, i = 1, end;

    if (!s.n || (*s.p != '{' && *s.p != '['))
        return 0;
    while (i < s.n && (look_is_blank(s.p[i]) || s.p[i] == '\r' || s.p[i] == '\n'))
        i++;
    if (i == s.n || !strchr(*s.p == '{' ? "\"}" : "{[\"]", s.p[i]))
        return 0;
    while (line < s.n && s.p[line] != '\n' && s.p[line] != '\r')
        line++;
    end = list_json_end(s.p, s.n);
    l->array = *s.p == '[';
    if (l->array)
        return end && end <= line && list_trim(s.p + end, s.n - end).n ? APP_INPUT_NDJSON
                                                                       : APP_INPUT_JSON;
    if (end && end <= line)
        return APP_INPUT_NDJSON;
    return end || !rows.all ? APP_INPUT_JSON : APP_INPUT_NDJSON;
}

/* ---- all of it ---------------------------------------------------------- */

static int look_ends(const char *path, const char *suffix)
{
    const size_t n = strlen(path), m = strlen(suffix);
    return n > m && !strcasecmp(path + n - m, suffix);
}

/* "sep=;" in a line of its own, in quotes or not. */
static char look_sep(struct quoth_span row)
{
    struct quoth_span s = row;
    while (s.n && look_is_blank(s.p[s.n - 1]))
        s.n--;
    if (s.n == 7 && *s.p == '"' && s.p[6] == '"')
        s = (struct quoth_span) {s.p + 1, 5};
    if (s.n == 4 && !strncasecmp(s.p, "sep=", 4) && row.n > 4)
        return '\t';
    return s.n == 5 && !strncasecmp(s.p, "sep=", 4) && s.p[4] != '"' ? s.p[4] : 0;
}

/* What --skip names, sep= and comments. */
static void look_above(struct list_look *l, const struct app_list_options *o, struct look_rows *r)
{
    struct look_rows ahead;
    struct quoth_span row;
    uint64_t line;

    for (uint32_t i = 0; i < o->skip_lines && r->p < r->end; i++) {
        while (r->p < r->end && *r->p != '\n' && *r->p != '\r')
            r->p++;
        if (r->p < r->end)
            r->p = look_line_end(r->p, r->end);
        r->line++;
        l->left_out++;
    }
    for (ahead = *r; look_row(&ahead, &row, &line); *r = ahead) {
        const char sep = look_sep(row);
        if (sep)
            l->delim = sep;
        else if (list_is_comment(row.p, row.n))
            l->left_out++;
        else
            break;
    }
}

/* The delimiter under which the rows make most sense; *best: its table. */
static void look_delimiter(struct list_look *l, const struct app_list_options *o, const char *path,
                           struct look_rows rows, struct look_table *best)
{
    struct look_table t;
    const char *among = look_ends(path, ".tsv") || look_ends(path, ".tab") ? "\t,;|" : ",;\t|";

    if (o->delimiter)
        l->delim = o->delimiter;
    if (l->delim) {
        rows.delim = l->delim;
        look_table(best, rows);
        return;
    }
    for (const char *d = among; *d; d++) {
        rows.delim = *d;
        look_table(&t, rows);
        if (d == among || look_is_better(&t, best)) {
            *best = t;
            l->delim = *d;
        }
    }
}

/* Lines or a table? */
static uint8_t look_text_kind(const struct list_look *l, const struct app_list_options *o,
                              const char *path, struct look_rows rows,
                              const struct look_table *table)
{
    const int named = look_ends(path, ".csv") || look_ends(path, ".tsv") || l->sep;
    struct look_lines lines;
    uint32_t head;

    if (o->display_names)
        return APP_INPUT_LINES;
    rows.delim = 0;
    look_lines(&lines, rows, NULL);
    head = look_head(table, o);
    if (named)
        return head == LOOK_TOP && lines.pieces > lines.rows && lines.pure == lines.rows
                   ? APP_INPUT_LINES
                   : APP_INPUT_CSV;
    if (table->columns < 2)
        return APP_INPUT_LINES;
    if (table->best > lines.pure)
        return APP_INPUT_CSV;
    return table->best == lines.pure && head < LOOK_TOP &&
                   look_count_cells(table, table->top[head]) > 1
               ? APP_INPUT_CSV
               : APP_INPUT_LINES;
}

static int look_is_utf8(const char *p, size_t n)
{
    for (size_t len; n; p += len, n -= len) {
        uint32_t code;
        if (!(len = quoth_utf8(&code, p, n)))
            return n < 4; /* a character cut by the end of the sample */
    }
    return 1;
}

static int look_is_few(const struct list_look *l, const struct app_list_options *o)
{
    return !o->anyway && l->rows && (!l->good || l->good * UINT64_C(2) < l->filled);
}

enum list_looks list_look(struct list_look *l, const struct app_list_options *o, const char *path,
                          const char *p, size_t n, int all)
{
    struct look_table table;
    const size_t bom = n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3) ? 3 : 0;
    struct look_rows rows = {p + bom, p + n, 1, 0, (uint8_t)(all != 0)};
    const char *lf = n ? memchr(p, '\n', n) : NULL;
    enum list_looks looks;

    l->crlf = lf && lf > p && lf[-1] == '\r';
    if (!l->encoding && !look_is_utf8(p, n))
        l->encoding = LIST_BYTES;
    look_above(l, o, &rows);
    l->sep = l->delim != 0;
    l->kind = o->input;
    if (!l->kind && (o->column || o->delimiter))
        l->kind = APP_INPUT_CSV;
    if (!l->kind || l->kind == APP_INPUT_JSON) {
        const uint8_t json = look_is_json(l, rows);
        l->kind = l->kind ? l->kind : json;
    }
    if (!l->kind && (o->field || look_ends(path, ".ndjson") || look_ends(path, ".jsonl") ||
                     look_ends(path, ".json")))
        l->kind = APP_INPUT_NDJSON;
    if (!l->kind || l->kind == APP_INPUT_CSV)
        look_delimiter(l, o, path, rows, &table);
    if (!l->kind)
        l->kind = look_text_kind(l, o, path, rows, &table);
    switch (l->kind) {
    case APP_INPUT_CSV: looks = look_csv(l, o, rows, p); break;
    case APP_INPUT_LINES:
        look_as_lines(l, rows, p);
        looks = LIST_LOOKS_FINE;
        break;
    default: looks = look_json(l, o, rows, p);
    }
    return looks == LIST_LOOKS_FINE && look_is_few(l, o) ? LIST_LOOKS_FEW : looks;
}

/* ---- in words ----------------------------------------------------------- */

const char *list_kind_name(const struct list_look *l)
{
    return l->kind == APP_INPUT_CSV      ? (l->delim == '\t' ? "TSV" : "CSV")
           : l->kind == APP_INPUT_NDJSON ? "NDJSON"
           : l->kind == APP_INPUT_JSON   ? "JSON"
                                         : "lines";
}

const char *list_encoding_name(const struct list_look *l)
{
    static const char *const names[] = {"UTF-8", "UTF-16LE", "UTF-16BE", "not UTF-8"};
    return names[l->encoding];
}

const char *list_delimiter_name(const struct list_look *l, char buf[4])
{
    switch (l->delim) {
    case ',': return "comma";
    case ';': return "semicolon";
    case '\t': return "tab";
    default:
        buf[0] = '"';
        buf[1] = l->delim;
        buf[2] = '"';
        buf[3] = 0;
        return buf;
    }
}

static void look_put_name(FILE *f, const struct list_look *l)
{
    putc('"', f);
    app_put(f, l->name, strlen(l->name));
    putc('"', f);
}

void list_look_put(FILE *f, const struct list_look *l)
{
    char buf[4];
    if (l->kind == APP_INPUT_CSV) {
        fprintf(f, "column %u", l->column + 1);
        if (*l->name) {
            fputs(", ", f);
            look_put_name(f, l);
        }
        fprintf(f, "; CSV by %s%s", list_delimiter_name(l, buf), l->head_n ? "" : ", no headings");
    } else if (l->kind == APP_INPUT_LINES) {
        fputs("each line", f);
        if (*l->name) {
            fputs(" below ", f);
            look_put_name(f, l);
        }
    } else {
        if (*l->name) {
            fputs("member ", f);
            look_put_name(f, l);
        } else
            fputs("each text", f);
        fprintf(f, "; %s", list_kind_name(l));
    }
    if (l->encoding != LIST_UTF8)
        fprintf(f, ", %s", list_encoding_name(l));
    if (l->left_out)
        fprintf(f, ", %u line%s above left out", l->left_out, l->left_out == 1 ? "" : "s");
}
