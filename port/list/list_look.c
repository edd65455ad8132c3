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
    uint32_t rows, filled, some, pure, pieces, angles; /* angles: how many < stand in them */
    struct look_numbers numbers;
};

static void look_lines(struct look_lines *lines, struct look_rows rows, struct list_look *look)
{
    struct quoth_span row;
    uint64_t line;

    memset(lines, 0, sizeof *lines);
    while (lines->rows < LIST_LOOK_ROWS && list_look_row(&rows, &row, &line)) {
        uint32_t pieces;
        const enum look_holds holds = list_look_text(row.p, row.n, &pieces);
        if (list_is_comment(row.p, row.n))
            continue;
        list_look_number(&lines->numbers, row.p, row.n);
        lines->rows++;
        lines->filled += holds != LOOK_NOTHING;
        lines->some += holds >= LOOK_SOME;
        lines->pure += holds == LOOK_PURE;
        lines->pieces += pieces;
        for (size_t i = 0; i < row.n; i++)
            lines->angles += row.p[i] == '<';
        if (look && !look->first_n) {
            look->first_n = row.n < sizeof look->first ? row.n : sizeof look->first;
            memcpy(look->first, row.p, look->first_n);
        }
    }
}

static void look_as_lines(struct list_look *look, struct look_rows rows, const char *p)
{
    struct look_lines lines;
    struct look_rows head = rows;
    struct quoth_span row;
    uint64_t line;

    look->kind = APP_INPUT_LINES;
    rows.delim = head.delim = 0;
    if (list_look_row(&head, &row, &line) && !memchr(row.p, '@', row.n) &&
        list_heading_rank(row.p, row.n) > 0) {
        list_look_name(look->name, row.p, row.n);
        rows = head;
    }
    look_lines(&lines, rows, look);
    look->begin = (size_t)(rows.p - p);
    look->line = rows.line;
    look->rows = lines.rows;
    look->filled = lines.filled;
    look->good = lines.some;
    look->numbered = (uint8_t)list_look_is_numbered(&lines.numbers);
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
    struct quoth_span span = row;
    while (span.n && list_look_is_blank(span.p[span.n - 1]))
        span.n--;
    if (span.n == 7 && *span.p == '"' && span.p[6] == '"')
        span = (struct quoth_span) {span.p + 1, 5};
    if (span.n == 4 && !strncasecmp(span.p, "sep=", 4) && row.n > 4)
        return '\t';
    return span.n == 5 && !strncasecmp(span.p, "sep=", 4) && span.p[4] != '"' ? span.p[4] : 0;
}

/* What --skip names, sep= and comments. */
static void look_above(struct list_look *look, const struct app_list_options *list,
                       struct look_rows *rows)
{
    struct look_rows ahead;
    struct quoth_span row;
    uint64_t line;

    for (uint32_t i = 0; i < list->skip_lines && rows->p < rows->end; i++) {
        while (rows->p < rows->end && *rows->p != '\n' && *rows->p != '\r')
            rows->p++;
        if (rows->p < rows->end)
            rows->p = list_look_line_end(rows->p, rows->end);
        rows->line++;
        look->left_out++;
    }
    for (ahead = *rows; list_look_row(&ahead, &row, &line); *rows = ahead) {
        const char sep = look_sep(row);
        if (sep)
            look->delim = sep;
        else if (list_is_comment(row.p, row.n))
            look->left_out++;
        else
            break;
    }
}

/* The delimiter under which the rows make most sense; *best: its table. */
static void look_delimiter(struct list_look *look, const struct app_list_options *list,
                           const char *path, struct look_rows rows, struct look_table *best)
{
    struct look_table table;
    const char *among = look_ends(path, ".tsv") || look_ends(path, ".tab") ? "\t,;|" : ",;\t|";

    if (list->delimiter)
        look->delim = list->delimiter;
    if (look->delim) {
        rows.delim = look->delim;
        list_look_table(best, rows);
        return;
    }
    for (const char *delim = among; *delim; delim++) {
        rows.delim = *delim;
        list_look_table(&table, rows);
        if (delim == among || list_look_is_better(&table, best)) {
            *best = table;
            look->delim = *delim;
        }
    }
}

/* Several people in each row rather than one with other cells? Half of all texts show an address,
 * the first one's place too. */
static int look_is_people(const struct look_table *table, const struct look_lines *lines)
{
    uint64_t filled = 0, good = 0;

    for (size_t i = 0; i < LOOK_COLUMNS; i++) {
        filled += table->filled[i];
        good += table->good[i];
    }
    return lines->pieces > table->best && good > table->best && table->good[0] &&
           good * 2 >= filled;
}

/* Lines or a table? */
static uint8_t look_text_kind(const struct list_look *look, const struct app_list_options *list,
                              const char *path, struct look_rows rows,
                              const struct look_table *table)
{
    const int named = look_ends(path, ".csv") || look_ends(path, ".tsv") || look->sep;
    struct look_lines lines;
    uint32_t head;

    if (list->display_names)
        return APP_INPUT_LINES;
    rows.delim = 0;
    look_lines(&lines, rows, NULL);
    head = list_look_head(table, list);
    if (named)
        return head == LOOK_TOP && lines.pieces > lines.rows && lines.pure == lines.rows
                   ? APP_INPUT_LINES
                   : APP_INPUT_CSV;
    /* "Doe, Jane <jane@example.org>; Roe <roe@example.org>": a delimiter parts people, not cells */
    if (table->columns < 2 ||
        (head == LOOK_TOP && ((lines.angles >= lines.pieces && lines.pieces > table->best) ||
                              look_is_people(table, &lines))))
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
    while (n) {
        uint32_t code;
        const size_t len = quoth_utf8(&code, p, n);
        if (!len)
            return n < 4; /* a character cut by the end of the sample */
        p += len;
        n -= len;
    }
    return 1;
}

/* Where no cell of the sample holds anything, the rest of a long list may: nothing speaks against
 * the column. */
static int look_is_few(const struct list_look *look, const struct app_list_options *list)
{
    return !list->anyway && look->rows &&
           (look->good * UINT64_C(2) < look->filled ||
            (!look->good && look->rows < LIST_LOOK_ROWS));
}

enum list_looks list_look(struct list_look *look, const struct app_list_options *list,
                          const char *path, struct quoth_span begin, int all)
{
    const char *p = begin.p;
    const size_t n = begin.n;
    struct look_table table;
    const size_t bom = n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3) ? 3 : 0;
    struct look_rows rows = {p + bom, p + n, 1, 0, (uint8_t)(all != 0)};
    const char *lf = n ? memchr(p, '\n', n) : NULL;
    enum list_looks looks;

    look->crlf = lf && lf > p && lf[-1] == '\r';
    if (!look->encoding && !look_is_utf8(p, n))
        look->encoding = LIST_BYTES;
    look_above(look, list, &rows);
    look->sep = look->delim != 0;
    look->kind = list->input;
    if (!look->kind && (list->column || list->delimiter))
        look->kind = APP_INPUT_CSV;
    if (!look->kind || look->kind == APP_INPUT_JSON) {
        const uint8_t json = list_look_is_json(look, rows);
        look->kind = look->kind ? look->kind : json;
    }
    if (!look->kind && (list->field || look_ends(path, ".ndjson") || look_ends(path, ".jsonl") ||
                        look_ends(path, ".json")))
        look->kind = APP_INPUT_NDJSON;
    if (!look->kind || look->kind == APP_INPUT_CSV)
        look_delimiter(look, list, path, rows, &table);
    if (!look->kind)
        look->kind = look_text_kind(look, list, path, rows, &table);
    switch (look->kind) {
    case APP_INPUT_CSV: looks = list_look_csv(look, list, rows, p); break;
    case APP_INPUT_LINES:
        look_as_lines(look, rows, p);
        looks = LIST_LOOKS_FINE;
        break;
    default: looks = list_look_json(look, list, rows, p);
    }
    if (looks == LIST_LOOKS_FINE && look->numbered && !list->anyway)
        return LIST_LOOKS_NUMBERED;
    return looks == LIST_LOOKS_FINE && look_is_few(look, list) ? LIST_LOOKS_FEW : looks;
}

/* ---- in words ----------------------------------------------------------- */

const char *list_kind_name(const struct list_look *look)
{
    switch (look->kind) {
    case APP_INPUT_CSV: return look->delim == '\t' ? "TSV" : "CSV";
    case APP_INPUT_NDJSON: return "NDJSON";
    case APP_INPUT_JSON: return "JSON";
    default: return "lines";
    }
}

const char *list_encoding_name(const struct list_look *look)
{
    static const char *const names[] = {"UTF-8", "UTF-16LE", "UTF-16BE", "not UTF-8"};
    return names[look->encoding];
}

const char *list_delimiter_name(const struct list_look *look, char buf[4])
{
    switch (look->delim) {
    case ',': return "comma";
    case ';': return "semicolon";
    case '\t': return "tab";
    default:
        buf[0] = '"';
        buf[1] = look->delim;
        buf[2] = '"';
        buf[3] = 0;
        return buf;
    }
}

/* "Email" behind that; nothing where there is no name. */
static void look_put_name(FILE *file, const char *before, const char *name)
{
    if (!*name)
        return;
    fprintf(file, "%s\"", before);
    app_put(file, name, strlen(name));
    putc('"', file);
}

static void look_put_also(FILE *file, const struct list_look *look)
{
    if (!look->also && !*look->also_name)
        return;
    fputs("; not asked, though there are addresses: ", file);
    if (look->also)
        fprintf(file, "column %u", look->also);
    look_put_name(file, look->also ? ", " : "member ", look->also_name);
}

void list_look_put(FILE *file, const struct list_look *look)
{
    char buf[4];
    if (look->kind == APP_INPUT_CSV) {
        fprintf(file, "column %u", look->column + 1);
        look_put_name(file, ", ", look->name);
        fprintf(file, "; CSV by %s%s", list_delimiter_name(look, buf),
                look->head_n ? "" : ", no headings");
    } else if (look->kind == APP_INPUT_LINES) {
        fputs("each line", file);
        look_put_name(file, " below ", look->name);
    } else {
        fputs(*look->name ? "" : "each text", file);
        look_put_name(file, "member ", look->name);
        fprintf(file, "; %s", list_kind_name(look));
    }
    if (look->encoding != LIST_UTF8)
        fprintf(file, ", %s", list_encoding_name(look));
    if (look->wrapped)
        fputs(", each line quoted as a whole", file);
    if (look->left_out)
        fprintf(file, ", %u line%s above left out", look->left_out, look->left_out == 1 ? "" : "s");
    look_put_also(file, look);
}
