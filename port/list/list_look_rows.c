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

void list_look_compare(struct look_same *same, const char *p, size_t n)
{
    const uint64_t sum = quoth_hash(0, 0, p, n);

    if (!same->n++)
        same->sum = sum;
    same->varied |= same->sum != sum;
}

int list_look_is_same(const struct look_same *same, int rank)
{
    return same->n > 2 && !same->varied && rank < 95;
}

/* Numbers that only rise may be people's own, as of students; those that count the rows are not. */
void list_look_number(struct look_numbers *numbers, const char *p, size_t n)
{
    const struct quoth_span text = list_trim(p, n);
    uint32_t number = 0;
    size_t digits = 0;

    if (list_is_nothing(text.p, text.n))
        return;
    numbers->rows++;
    if (!memchr(text.p, '@', text.n))
        return;
    numbers->with++;
    while (digits < text.n && digits < 7 && (uint8_t)(text.p[digits] - '0') < 10)
        number = number * 10 + (uint32_t)(text.p[digits++] - '0');
    if (!digits || digits + 1 >= text.n || !strchr(".-_", text.p[digits]) || !text.p[digits] ||
        list_look_is_blank(text.p[digits + 1]) || strchr(".)", text.p[digits + 1]))
        return;
    if (!numbers->glued)
        numbers->first = number - numbers->rows;
    numbers->glued += number - numbers->rows == numbers->first;
    list_look_compare(&numbers->rest, text.p + digits, text.n - digits);
}

int list_look_is_numbered(const struct look_numbers *numbers)
{
    return numbers->glued > 1 && numbers->glued * UINT64_C(10) >= numbers->with * UINT64_C(9) &&
           numbers->first + 1 < 2 &&              /* from 0 or from 1 */
           !list_look_is_same(&numbers->rest, 0); /* 1.test@b.org, 2.test@b.org: names */
}

void list_look_name(char name[LIST_PATH_MAX], const char *p, size_t n)
{
    const struct quoth_span span = list_trim(p, n);
    const size_t len = span.n < LIST_PATH_MAX - 1 ? span.n : LIST_PATH_MAX - 1;
    memcpy(name, span.p, len);
    name[len] = 0;
}
