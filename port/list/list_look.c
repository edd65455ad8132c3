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
#include "list_look_inner.h"

/* ---- lines -------------------------------------------------------------- */

struct look_lines {
    uint32_t rows, filled, some, pure, pieces;
};

static void look_lines(struct look_lines *t, struct look_rows rows, struct list_look *l)
{
    struct quoth_span row;
    uint64_t line;

    memset(t, 0, sizeof *t);
    while (t->rows < LIST_LOOK_ROWS && list_look_row(&rows, &row, &line)) {
        uint32_t pieces;
        const enum look_holds holds = list_look_text(row.p, row.n, &pieces);
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
    if (list_look_row(&head, &row, &line) && !memchr(row.p, '@', row.n) &&
        list_heading_rank(row.p, row.n) > 0) {
        list_look_name(l, row.p, row.n);
        rows = head;
    }
    look_lines(&t, rows, l);
    l->begin = (size_t)(rows.p - p);
    l->line = rows.line;
    l->rows = t.rows;
    l->filled = t.filled;
    l->good = t.some;
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
    while (s.n && list_look_is_blank(s.p[s.n - 1]))
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
            r->p = list_look_line_end(r->p, r->end);
        r->line++;
        l->left_out++;
    }
    for (ahead = *r; list_look_row(&ahead, &row, &line); *r = ahead) {
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
        list_look_table(best, rows);
        return;
    }
    for (const char *d = among; *d; d++) {
        rows.delim = *d;
        list_look_table(&t, rows);
        if (d == among || list_look_is_better(&t, best)) {
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
    head = list_look_head(table, o);
    if (named)
        return head == LOOK_TOP && lines.pieces > lines.rows && lines.pure == lines.rows
                   ? APP_INPUT_LINES
                   : APP_INPUT_CSV;
    if (table->columns < 2)
        return APP_INPUT_LINES;
    if (table->best > lines.pure)
        return APP_INPUT_CSV;
    return table->best == lines.pure && head < LOOK_TOP &&
                   list_look_count_cells(table, table->top[head]) > 1
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
                          struct quoth_span begin, int all)
{
    const char *p = begin.p;
    const size_t n = begin.n;
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
        const uint8_t json = list_look_is_json(l, rows);
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
    case APP_INPUT_CSV: looks = list_look_csv(l, o, rows, p); break;
    case APP_INPUT_LINES:
        look_as_lines(l, rows, p);
        looks = LIST_LOOKS_FINE;
        break;
    default: looks = list_look_json(l, o, rows, p);
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
