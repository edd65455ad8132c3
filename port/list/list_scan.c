/* list_scan.c - where the rows of a list are: one pass over it, 64 KB at a time.
 *
 * A row ends with its line: LF, CR, CR LF or CR CR LF, of CSV outside quotes; a value of a JSON
 * array with the value. Blank lines are no rows, nor are comments between lines. No row is lost to
 * bad quoting: see list_row.c, and a quote that is not closed within LIST_QUOTE_MAX bytes, or by
 * the end of the list, is an ordinary character too.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "list.h"

/* ---- places ------------------------------------------------------------- */

int list_places_put(struct list_places *places, size_t i, uint64_t at)
{
    uint32_t low;

    if (i >= places->cap) {
        size_t cap = places->cap ? places->cap * 2 : 1024;
        uint8_t *more;
        if (cap <= i)
            cap = i + 1;
        more = app_resized(places->bytes, cap * 5);
        if (!more)
            return -ENOMEM;
        places->bytes = more;
        places->cap = cap;
    }
    low = (uint32_t)at;
    memcpy(places->bytes + i * 5, &low, sizeof low);
    places->bytes[i * 5 + sizeof low] = (uint8_t)(at >> 32);
    if (i >= places->n)
        places->n = i + 1;
    return 0;
}

uint64_t list_places_get(const struct list_places *places, size_t i)
{
    uint32_t low;

    memcpy(&low, places->bytes + i * 5, sizeof low);
    return (uint64_t)places->bytes[i * 5 + sizeof low] << 32 | low;
}

enum { SCAN_CHUNK = 1 << 16 };

struct list_scan {
    struct list_in *in;
    const char *p; /* the bytes being read: n of them, from `at` */
    size_t n;
    uint64_t at;
    uint64_t row, line, next_line; /* where the row begins; its line; the line being read */
    uint64_t returns;              /* CRs since the last other byte */
    enum app_cell_state state;
    uint64_t quote, nl, nl_line; /* where the quote opened; behind the first line end in it, 0: none
                                  * yet; the line there */
    uint8_t nl_return;           /* that one was a CR */
    uint8_t some;                /* the row is not blank */
    uint8_t array, text, escape; /* JSON: within the array; within a string; behind a backslash */
    uint8_t over;                /* what is behind is no row */
    size_t depth;
    uint64_t next; /* where to go on */
    int err;
    char chunk[SCAN_CHUNK];
};

/* ---- a row -------------------------------------------------------------- */

/* Line numbers are kept where they jump, that is behind blank lines and quoted line ends. */
static int scan_jump(struct list_in *in, uint64_t line)
{
    const struct list_jump *last = in->jumps ? &in->jump[in->jumps - 1] : NULL;
    if (last && last->line + (in->rows - last->row) == line)
        return 0;
    struct list_jump *more = app_room(in->jump, &in->jump_cap, in->jumps + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    in->jump = more;
    in->jump[in->jumps++] = (struct list_jump) {in->rows, line};
    return 0;
}

static void scan_put(struct list_scan *scan, uint64_t at)
{
    struct list_in *in = scan->in;
    if (scan->err)
        return;
    if (in->rows == UINT32_MAX - 1 || at >> 40)
        scan->err = -EFBIG;
    else
        scan->err = scan_jump(in, scan->line);
    if (!scan->err)
        scan->err = list_places_put(&in->places, in->rows++, at);
}

/* Can there be several addresses in it? */
static int scan_may_be_several(const struct list_in *in, const char *p, size_t n)
{
    const char *at = memchr(p, '@', n);
    if (in->kind >= APP_INPUT_NDJSON && memchr(p, '\\', n))
        return 1;
    return at && memchr(at + 1, '@', n - (size_t)(at + 1 - p));
}

static void scan_several(struct list_scan *scan, const char *p, size_t n)
{
    struct list_in *in = scan->in;
    struct list_said said;
    struct list_pieces pieces;
    struct list_piece piece;

    if (list_in_said(in, p, n, &said) < 0)
        scan->err = -ENOMEM;
    else if (in->kind != APP_INPUT_LINES) {
        const uint32_t count = said.lost ? 1 : list_pieces_count(said.text, said.n);
        for (uint32_t i = 0; i < (count > LIST_PIECES_MAX ? 1 : count); i++)
            scan_put(scan, scan->row);
    } else
        for (list_pieces(&pieces, said.text, said.n); !scan->err && list_piece(&pieces, &piece);)
            scan_put(scan, scan->row + (uint64_t)(piece.text.p - p));
}

static int scan_is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* What the results of an earlier run end with: {"summary":{"total":...},"v":1}. With anything else
 * beside it, it is somebody's row. */
static int scan_is_summary(const struct list_in *in, const char *p, size_t n)
{
    static const char begins[] = "{\"summary\":{\"total\":", version[] = ",\"v\":";
    size_t at = sizeof "{\"summary\":" - 1;

    if (in->kind != APP_INPUT_NDJSON || n < sizeof begins || memcmp(p, begins, sizeof begins - 1))
        return 0;
    at += list_json_end(p + at, n - at);
    if (n - at < sizeof version || memcmp(p + at, version, sizeof version - 1))
        return 0;
    at += sizeof version - 1;
    while (at < n && p[at] >= '0' && p[at] <= '9')
        at++;
    if (at == n || p[at++] != '}')
        return 0;
    while (at < n && scan_is_blank(p[at]))
        at++;
    return at == n;
}

/* The row ended before `next`. */
static void scan_row_end(struct list_scan *scan, uint64_t next)
{
    struct list_in *in = scan->in;
    if (scan->some) {
        size_t n = next - scan->row < LIST_ROW_MAX ? (size_t)(next - scan->row) : LIST_ROW_MAX;
        const char *p = scan->row >= scan->at && scan->row + n <= scan->at + scan->n
                            ? scan->p + (scan->row - scan->at)
                            : list_file_bytes(&in->file, scan->row, n, 0, &n);
        in->cut += next - scan->row > LIST_ROW_MAX;
        if (!p)
            scan->err = -errno;
        else if ((in->kind == APP_INPUT_LINES && *p == '#' && list_is_comment(p, n)) ||
                 scan_is_summary(in, p, n))
            in->comments++;
        else if (next - scan->row <= LIST_ROW_MAX && scan_may_be_several(in, p, n))
            scan_several(scan, p, n);
        else
            scan_put(scan, scan->row);
    }
    scan->row = next;
    scan->line = scan->next_line;
    scan->state = APP_CELL_START;
    scan->some = 0;
    scan->nl = 0;
}

/* A CR or LF: CR LF and CR CR LF are one line end. */
static void scan_line_end(struct list_scan *scan, char c)
{
    if (c == '\r') {
        scan->returns++;
        scan->next_line++;
    } else {
        if (scan->returns)
            scan->next_line -= scan->returns - 1;
        else
            scan->next_line++;
        scan->returns = 0;
    }
}

/* ---- the kinds ---------------------------------------------------------- */

static void scan_lines(struct list_scan *scan)
{
    const char *lf = NULL;
    for (size_t i = 0; i < scan->n && !scan->err;) {
        const char *from = scan->p + i, *end = scan->p + scan->n, *stop;
        if (!lf || lf < from)
            lf = memchr(from, '\n', (size_t)(end - from));
        if (!lf)
            lf = end;
        stop = memchr(from, '\r', (size_t)(lf - from));
        if (!stop)
            stop = lf;
        for (const char *p = from; p < stop && !scan->some; p++)
            scan->some = !scan_is_blank(*p);
        if (stop > from)
            scan->returns = 0;
        if (stop == end)
            break;
        scan_line_end(scan, *stop);
        i = (size_t)(stop + 1 - scan->p);
        scan_row_end(scan, scan->at + i);
    }
}

/* The quote turned out to be none: the row ends with its first line, and reading goes on there. */
static uint64_t scan_unquote(struct list_scan *scan)
{
    const uint64_t back = scan->nl;
    scan->next_line = scan->nl_line;
    scan->returns = scan->nl_return;
    scan_row_end(scan, back);
    return back;
}

static void scan_quoted_line_end(struct list_scan *scan, char c, uint64_t behind)
{
    scan_line_end(scan, c);
    if (scan->nl)
        return;
    scan->nl = behind;
    scan->nl_line = scan->next_line;
    scan->nl_return = c == '\r';
}

/* At the beginning of a row: where its line ends, if that is an LF and there are no quotes, as in
 * most; else 0. `*lf`: the next LF. */
static size_t scan_bare(const struct list_scan *scan, size_t i, const char **lf)
{
    const char *from = scan->p + i, *end = scan->p + scan->n;

    if (scan->state != APP_CELL_START || scan->some || scan->returns || scan_is_blank(*from))
        return 0;
    if (!*lf || *lf < from)
        *lf = memchr(from, '\n', (size_t)(end - from));
    if (!*lf)
        *lf = end;
    if (*lf == end || memchr(from, '\r', (size_t)(*lf - from)) ||
        memchr(from, '"', (size_t)(*lf - from)))
        return 0;
    return (size_t)(*lf - scan->p);
}

/* Returns where to go on: behind the chunk, or further back. */
static uint64_t scan_csv(struct list_scan *scan)
{
    const char delim = scan->in->delimiter, *lf = NULL;
    for (size_t i = 0; i < scan->n && !scan->err; i++) {
        const size_t bare = scan_bare(scan, i, &lf);
        if (bare) {
            i = bare;
            scan->some = 1;
        }
        const char c = scan->p[i];
        const int ends = c == '\n' || c == '\r';
        enum app_cell_state next;
        if (!scan->some && !ends)
            scan->some = !scan_is_blank(c) || c == delim;
        if (ends && scan->state != APP_CELL_QUOTED) {
            scan_line_end(scan, c);
            scan_row_end(scan, scan->at + i + 1);
            continue;
        }
        if (scan->state == APP_CELL_START)
            scan->quote = scan->at + i, scan->nl = 0;
        if (ends)
            scan_quoted_line_end(scan, c, scan->at + i + 1);
        else
            scan->returns = 0;
        next = app_cell_next(scan->state, c, delim);
        if (scan->nl &&
            ((scan->state == APP_CELL_MAYBE && next == APP_CELL_PLAIN) ||
             (scan->state == APP_CELL_QUOTED && scan->at + i - scan->quote > LIST_QUOTE_MAX)))
            return scan_unquote(scan);
        scan->state = next;
    }
    return scan->at + scan->n;
}

/* Within a string; a line end in it is an error, and ends it. */
static void scan_text(struct list_scan *scan, char c)
{
    if (c == '\n')
        scan->text = 0;
    else if (scan->escape)
        scan->escape = 0;
    else if (c == '\\')
        scan->escape = 1;
    else if (c == '"')
        scan->text = 0;
}

/* A byte between values, or outside strings in one. 1: the value ends behind it. */
static int scan_value(struct list_scan *scan, char c)
{
    if (c == '"')
        scan->text = 1;
    else if (c == '{' || c == '[')
        scan->depth++;
    else if ((c == '}' || c == ']') && scan->depth && !--scan->depth)
        return 1;
    return 0;
}

static void scan_json(struct list_scan *scan)
{
    for (size_t i = 0; i < scan->n && !scan->err && !scan->over; i++) {
        const char c = scan->p[i];
        int ended = 0;
        if (c == '\n' || c == '\r')
            scan_line_end(scan, c);
        else
            scan->returns = 0;
        if (scan->text) {
            scan_text(scan, c);
            ended = !scan->text && !scan->depth;
        } else if (scan_is_blank(c)) {
            if (scan->some && !scan->depth)
                scan_row_end(scan, scan->at + i);
            continue;
        } else if (!scan->depth && (c == ',' || (c == ']' && scan->array))) {
            scan->over = c == ']' && scan->array == LIST_ARRAY_INNER;
            if (c == ']')
                scan->array = 0;
            scan_row_end(scan, scan->at + i);
            continue;
        } else {
            if (!scan->some) {
                scan->some = 1;
                scan->row = scan->at + i;
                scan->line = scan->next_line;
            }
            ended = scan_value(scan, c);
        }
        if (ended)
            scan_row_end(scan, scan->at + i + 1);
    }
}

struct list_scan *list_scan_open(struct list_in *in)
{
    struct list_scan *scan = app_zeroed(1, sizeof *scan);

    if (!scan)
        return NULL;
    scan->in = in;
    scan->at = scan->row = scan->next = in->file.begin;
    scan->line = scan->next_line = in->look.line;
    scan->array = in->look.array;
    return scan;
}

/* Read what is next: SCAN_CHUNK bytes, or what there is. How many; 0: none, or an error. */
static size_t scan_read(struct list_scan *scan)
{
    struct list_file *file = &scan->in->file;
    size_t want = file->end > scan->next ? SCAN_CHUNK : 0;

    if (want > file->end - scan->next)
        want = (size_t)(file->end - scan->next);
    scan->n = 0;
    scan->at = scan->next;
    scan->p = want ? list_file_bytes(file, scan->next, want, 1, &scan->n) : NULL;
    if (want && (!scan->p || scan->n < want))
        scan->err = scan->p ? -EIO : -errno;
    if (scan->p)
        scan->p = memcpy(scan->chunk, scan->p, scan->n); /* looking at a row moves the window */
    return scan->err ? 0 : want;
}

int list_scan_step(struct list_scan *scan)
{
    const size_t n = scan_read(scan);
    int more = 1;

    if (scan->err)
        return scan->err;
    if (!n && scan->state == APP_CELL_QUOTED && scan->nl) {
        scan->next = scan_unquote(scan);
    } else if (!n) {
        scan_row_end(scan, scan->next);
        more = 0;
    } else if (scan->in->kind == APP_INPUT_CSV) {
        scan->next = scan_csv(scan);
    } else {
        if (scan->in->kind == APP_INPUT_JSON)
            scan_json(scan);
        else
            scan_lines(scan);
        scan->next = scan->at + n;
    }
    return scan->err ? scan->err : more;
}

void list_scan_close(struct list_scan *scan) { free(scan); }
