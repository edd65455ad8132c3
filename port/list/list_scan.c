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

int list_places_put(struct list_places *p, size_t i, uint64_t at)
{
    uint32_t low;

    if (i >= p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 1024;
        uint8_t *more;
        if (cap <= i)
            cap = i + 1;
        more = app_resized(p->bytes, cap * 5);
        if (!more)
            return ENOMEM;
        p->bytes = more;
        p->cap = cap;
    }
    low = (uint32_t)at;
    memcpy(p->bytes + i * 5, &low, sizeof low);
    p->bytes[i * 5 + sizeof low] = (uint8_t)(at >> 32);
    if (i >= p->n)
        p->n = i + 1;
    return 0;
}

uint64_t list_places_get(const struct list_places *p, size_t i)
{
    uint32_t low;

    memcpy(&low, p->bytes + i * 5, sizeof low);
    return (uint64_t)p->bytes[i * 5 + sizeof low] << 32 | low;
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
        return ENOMEM;
    in->jump = more;
    in->jump[in->jumps++] = (struct list_jump) {in->rows, line};
    return 0;
}

static void scan_put(struct list_scan *s, uint64_t at)
{
    struct list_in *in = s->in;
    if (s->err)
        return;
    if (in->rows == UINT32_MAX - 1 || at >> 40)
        s->err = EFBIG;
    else if (!(s->err = scan_jump(in, s->line)))
        s->err = list_places_put(&in->places, in->rows++, at);
}

/* Can there be several addresses in it? */
static int scan_may_be_several(const struct list_in *in, const char *p, size_t n)
{
    const char *at = memchr(p, '@', n);
    if (in->kind >= APP_INPUT_NDJSON && memchr(p, '\\', n))
        return 1;
    return at && memchr(at + 1, '@', n - (size_t)(at + 1 - p));
}

static void scan_several(struct list_scan *s, const char *p, size_t n)
{
    struct list_in *in = s->in;
    struct list_said said;
    struct list_pieces pieces;
    struct list_piece piece;

    if (list_in_said(in, p, n, &said) < 0)
        s->err = ENOMEM;
    else if (in->kind != APP_INPUT_LINES) {
        const uint32_t count = list_pieces_count(said.text, said.n);
        for (uint32_t i = 0; i < (count > LIST_PIECES_MAX ? 1 : count); i++)
            scan_put(s, s->row);
    } else
        for (list_pieces(&pieces, said.text, said.n); !s->err && list_piece(&pieces, &piece);)
            scan_put(s, s->row + (uint64_t)(piece.text.p - p));
}

/* The row ended before `next`. */
static void scan_row_end(struct list_scan *s, uint64_t next)
{
    struct list_in *in = s->in;
    if (s->some) {
        size_t n = next - s->row < LIST_ROW_MAX ? (size_t)(next - s->row) : LIST_ROW_MAX;
        const char *p = s->row >= s->at && s->row + n <= s->at + s->n
                            ? s->p + (s->row - s->at)
                            : list_file_bytes(&in->file, s->row, n, 0, &n);
        in->cut += next - s->row > LIST_ROW_MAX;
        if (!p)
            s->err = errno;
        else if (in->kind == APP_INPUT_LINES && *p == '#' && list_is_comment(p, n))
            in->comments++;
        else if (next - s->row <= LIST_ROW_MAX && scan_may_be_several(in, p, n))
            scan_several(s, p, n);
        else
            scan_put(s, s->row);
    }
    s->row = next;
    s->line = s->next_line;
    s->state = APP_CELL_START;
    s->some = 0;
    s->nl = 0;
}

static int scan_is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* A CR or LF: CR LF and CR CR LF are one line end. */
static void scan_line_end(struct list_scan *s, char c)
{
    if (c == '\r') {
        s->returns++;
        s->next_line++;
    } else {
        if (s->returns)
            s->next_line -= s->returns - 1;
        else
            s->next_line++;
        s->returns = 0;
    }
}

/* ---- the kinds ---------------------------------------------------------- */

static void scan_lines(struct list_scan *s)
{
    const char *lf = NULL;
    for (size_t i = 0; i < s->n && !s->err;) {
        const char *from = s->p + i, *end = s->p + s->n, *stop;
        if (!lf || lf < from)
            lf = memchr(from, '\n', (size_t)(end - from));
        if (!lf)
            lf = end;
        stop = memchr(from, '\r', (size_t)(lf - from));
        if (!stop)
            stop = lf;
        for (const char *p = from; p < stop && !s->some; p++)
            s->some = !scan_is_blank(*p);
        if (stop > from)
            s->returns = 0;
        if (stop == end)
            break;
        scan_line_end(s, *stop);
        i = (size_t)(stop + 1 - s->p);
        scan_row_end(s, s->at + i);
    }
}

/* The quote turned out to be none: the row ends with its first line, and reading goes on there. */
static uint64_t scan_unquote(struct list_scan *s)
{
    const uint64_t back = s->nl;
    s->next_line = s->nl_line;
    s->returns = s->nl_return;
    scan_row_end(s, back);
    return back;
}

static void scan_quoted_line_end(struct list_scan *s, char c, uint64_t behind)
{
    scan_line_end(s, c);
    if (s->nl)
        return;
    s->nl = behind;
    s->nl_line = s->next_line;
    s->nl_return = c == '\r';
}

/* At the beginning of a row: where its line ends, if that is an LF and there are no quotes, as in
 * most; else 0. `*lf`: the next LF. */
static size_t scan_bare(const struct list_scan *s, size_t i, const char **lf)
{
    const char *from = s->p + i, *end = s->p + s->n;

    if (s->state != APP_CELL_START || s->some || s->returns || scan_is_blank(*from))
        return 0;
    if (!*lf || *lf < from)
        *lf = memchr(from, '\n', (size_t)(end - from));
    if (!*lf)
        *lf = end;
    if (*lf == end || memchr(from, '\r', (size_t)(*lf - from)) ||
        memchr(from, '"', (size_t)(*lf - from)))
        return 0;
    return (size_t)(*lf - s->p);
}

/* Returns where to go on: behind the chunk, or further back. */
static uint64_t scan_csv(struct list_scan *s)
{
    const char delim = s->in->delimiter, *lf = NULL;
    for (size_t i = 0; i < s->n && !s->err; i++) {
        const size_t bare = scan_bare(s, i, &lf);
        if (bare) {
            i = bare;
            s->some = 1;
        }
        const char c = s->p[i];
        const int ends = c == '\n' || c == '\r';
        enum app_cell_state next;
        if (!s->some && !ends)
            s->some = !scan_is_blank(c) || c == delim;
        if (ends && s->state != APP_CELL_QUOTED) {
            scan_line_end(s, c);
            scan_row_end(s, s->at + i + 1);
            continue;
        }
        if (s->state == APP_CELL_START)
            s->quote = s->at + i, s->nl = 0;
        if (ends)
            scan_quoted_line_end(s, c, s->at + i + 1);
        else
            s->returns = 0;
        next = app_cell_next(s->state, c, delim);
        if (s->nl && ((s->state == APP_CELL_MAYBE && next == APP_CELL_PLAIN) ||
                      (s->state == APP_CELL_QUOTED && s->at + i - s->quote > LIST_QUOTE_MAX)))
            return scan_unquote(s);
        s->state = next;
    }
    return s->at + s->n;
}

/* Within a string; a line end in it is an error, and ends it. */
static void scan_text(struct list_scan *s, char c)
{
    if (c == '\n')
        s->text = 0;
    else if (s->escape)
        s->escape = 0;
    else if (c == '\\')
        s->escape = 1;
    else if (c == '"')
        s->text = 0;
}

/* A byte between values, or outside strings in one. 1: the value ends behind it. */
static int scan_value(struct list_scan *s, char c)
{
    if (c == '"')
        s->text = 1;
    else if (c == '{' || c == '[')
        s->depth++;
    else if ((c == '}' || c == ']') && s->depth && !--s->depth)
        return 1;
    return 0;
}

static void scan_json(struct list_scan *s)
{
    for (size_t i = 0; i < s->n && !s->err; i++) {
        const char c = s->p[i];
        int ended = 0;
        if (c == '\n' || c == '\r')
            scan_line_end(s, c);
        else
            s->returns = 0;
        if (s->text) {
            scan_text(s, c);
            ended = !s->text && !s->depth;
        } else if (scan_is_blank(c)) {
            if (s->some && !s->depth)
                scan_row_end(s, s->at + i);
            continue;
        } else if (!s->depth && (c == ',' || (c == ']' && s->array))) {
            if (c == ']')
                s->array = 0;
            scan_row_end(s, s->at + i);
            continue;
        } else {
            if (!s->some) {
                s->some = 1;
                s->row = s->at + i;
                s->line = s->next_line;
            }
            ended = scan_value(s, c);
        }
        if (ended)
            scan_row_end(s, s->at + i + 1);
    }
}

struct list_scan *list_scan_open(struct list_in *in)
{
    struct list_scan *s = app_zeroed(1, sizeof *s);

    if (!s)
        return NULL;
    s->in = in;
    s->at = s->row = s->next = in->file.begin;
    s->line = s->next_line = in->look.line;
    s->array = in->look.array;
    return s;
}

/* Read what is next: SCAN_CHUNK bytes, or what there is. How many; 0: none, or an error. */
static size_t scan_read(struct list_scan *s)
{
    struct list_file *file = &s->in->file;
    size_t want = file->end > s->next ? SCAN_CHUNK : 0;

    if (want > file->end - s->next)
        want = (size_t)(file->end - s->next);
    s->n = 0;
    s->at = s->next;
    s->p = want ? list_file_bytes(file, s->next, want, 1, &s->n) : NULL;
    if (want && (!s->p || s->n < want))
        s->err = s->p ? EIO : errno;
    if (s->p)
        s->p = memcpy(s->chunk, s->p, s->n); /* looking at a row moves the window */
    return s->err ? 0 : want;
}

int list_scan_step(struct list_scan *s)
{
    const size_t n = scan_read(s);
    int more = 1;

    if (s->err)
        return -s->err;
    if (!n && s->state == APP_CELL_QUOTED && s->nl) {
        s->next = scan_unquote(s);
    } else if (!n) {
        scan_row_end(s, s->next);
        more = 0;
    } else if (s->in->kind == APP_INPUT_CSV) {
        s->next = scan_csv(s);
    } else {
        if (s->in->kind == APP_INPUT_JSON)
            scan_json(s);
        else
            scan_lines(s);
        s->next = s->at + n;
    }
    return s->err ? -s->err : more;
}

void list_scan_close(struct list_scan *s) { free(s); }
