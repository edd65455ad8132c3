/* list_look_rows.c - the rows of a sample, and whether a text in one holds addresses. Pure.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list_look_inner.h"

/* ---- rows of the sample ------------------------------------------------- */

int list_look_is_blank(char c) { return c == ' ' || c == '\t'; }

const char *list_look_line_end(const char *p, const char *end)
{
    const char *at = p;
    while (at < end && *at == '\r')
        at++;
    return at < end && *at == '\n' ? at + 1 : p + 1;
}

uint64_t list_look_count_lines(const char *p, const char *end)
{
    uint64_t lines = 0;
    while (p < end) {
        if (*p == '\n' || *p == '\r') {
            p = list_look_line_end(p, end);
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
           list_look_is_blank(p[1]) || p[1] == '#';
}

int list_look_row(struct look_rows *rows, struct quoth_span *row, uint64_t *line)
{
    while (rows->p < rows->end) {
        const char *p = rows->p;
        size_t n = (size_t)(rows->end - p), len = 0, i = 0;
        uint8_t plain;
        if (rows->delim)
            len = list_csv_end(rows->delim, p, n, &plain);
        else
            while (len < n && p[len] != '\n' && p[len] != '\r')
                len++;
        if (len == n && !rows->all)
            return 0; /* cut off */
        *row = (struct quoth_span) {p, len};
        *line = rows->line;
        rows->p = len < n ? list_look_line_end(p + len, rows->end) : rows->end;
        rows->line += list_look_count_lines(p, rows->p);
        while (i < len && list_look_is_blank(p[i]) && p[i] != rows->delim)
            i++;
        if (i < len)
            return 1;
    }
    return 0;
}

/* ---- what a text holds -------------------------------------------------- */

enum look_holds list_look_text(const char *p, size_t n, uint32_t *pieces)
{
    struct list_pieces reader;
    struct list_piece piece;
    size_t fine = 0, all = 0, bytes = 0;

    *pieces = 0;
    if (!memchr(p, '@', n))
        return list_is_nothing(p, n) ? LOOK_NOTHING : LOOK_TEXT;
    list_pieces(&reader, p, n);
    while (all < LIST_PIECES_MAX && list_piece(&reader, &piece)) {
        struct quoth_addr addr;
        fine += !piece.reason && !list_is_odd(piece.address) &&
                quoth_addr_parse(&addr, piece.address.p, piece.address.n) == QUOTH_OK;
        bytes += piece.text.n;
        all++;
    }
    *pieces = (uint32_t)all;
    if (!fine)
        return LOOK_TEXT;
    /* nothing but addresses and what parts them: a few bytes for each */
    return fine == all && bytes + 6 * all >= n ? LOOK_PURE : LOOK_SOME;
}

void list_look_name(char name[LIST_PATH_MAX], const char *p, size_t n)
{
    const struct quoth_span span = list_trim(p, n);
    const size_t len = span.n < LIST_PATH_MAX - 1 ? span.n : LIST_PATH_MAX - 1;
    memcpy(name, span.p, len);
    name[len] = 0;
}
