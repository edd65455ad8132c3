/* list_trim.c - blanks and what cannot be seen, taken off the edges of a text; is it a word? Pure.
 *
 * Copied from a page or a workbook, a cell brings no-break spaces, zero-width characters, marks of
 * direction and byte order marks along. Within an address they are faults (core/addr.c).
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "list.h"

/* NUL is what pads a field of fixed width. */
static int trim_is_blank(char c) { return c == ' ' || !c || (c >= '\t' && c <= '\r'); }

/* Blanks beyond ASCII, zero width, marks of direction, byte order marks. */
static int trim_is_unseen(uint32_t code)
{
    static const struct {
        uint16_t first, last;
    } unseen[] = {
        {0xa0, 0xa0},     {0xad, 0xad},     {0x61c, 0x61c},   {0x1680, 0x1680}, {0x180e, 0x180e},
        {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0xfeff, 0xfeff},
    };
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (code >= unseen[i].first && code <= unseen[i].last)
            return 1;
    return 0;
}

/* Bytes of a blank or invisible character at the beginning; at the end. 0: there is none. */
static size_t trim_lead(const char *p, size_t n)
{
    uint32_t code;
    size_t len;
    if (!n || (uint8_t)*p < 0x80)
        return n && trim_is_blank(*p);
    len = quoth_utf8(&code, p, n);
    return len && trim_is_unseen(code) ? len : 0;
}

static size_t trim_tail(const char *p, size_t n)
{
    size_t len = 1;
    if (!n || (uint8_t)p[n - 1] < 0x80)
        return n && trim_is_blank(p[n - 1]);
    while (len < 4 && len < n && ((uint8_t)p[n - len] & 0xc0) == 0x80)
        len++;
    return trim_lead(p + n - len, len) == len ? len : 0;
}

struct quoth_span list_trim(const char *p, size_t n)
{
    size_t len;
    while ((len = trim_tail(p, n)) > 0)
        n -= len;
    while ((len = trim_lead(p, n)) > 0)
        p += len, n -= len;
    return (struct quoth_span) {p, n};
}

int list_is_one_of(const char *p, size_t n, const char *words)
{
    while (*words && (strlen(words) != n || strncasecmp(words, p, n)))
        words += strlen(words) + 1;
    return *words != 0;
}
