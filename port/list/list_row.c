/* list_row.c - one row of CSV (RFC 4180): where it ends, and what a cell of it says. Pure.
 *
 * The states are those of app_cell_next(). A line ends with LF, CR, CR LF or CR CR LF. A quote that
 * is closed in another line than its own, and not where a cell ends, was an inch mark or a mistake:
 * quotes mean nothing in such a row, and it ends with its line. So no bad quote swallows a person.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list.h"

enum { ROW_SHORT = 1024 };

/* Where a row ends that has no quotes, as most have none; n: it has some, or is not short. */
static size_t row_bare_end(const char *p, size_t n)
{
    const size_t most = n < ROW_SHORT ? n : ROW_SHORT;
    const char *lf = memchr(p, '\n', most), *cr = memchr(p, '\r', lf ? (size_t)(lf - p) : most),
               *end = cr ? cr : lf;

    return end && !memchr(p, '"', (size_t)(end - p)) ? (size_t)(end - p) : n;
}

size_t list_csv_end(char delim, const char *p, size_t n, uint8_t *plain)
{
    enum app_cell_state state = APP_CELL_START;
    const size_t bare = row_bare_end(p, n);
    size_t line = n; /* where the first one ended since the quote opened */

    *plain = 0;
    if (bare < n)
        return bare;
    for (size_t i = 0; i < n; i++) {
        const char c = p[i];
        const int ends = c == '\n' || c == '\r';
        if (ends && state != APP_CELL_QUOTED)
            return i;
        if (ends && line == n)
            line = i;
        if (ends)
            continue;
        if (state == APP_CELL_START)
            line = n;
        if (state == APP_CELL_MAYBE && line < n &&
            app_cell_next(state, c, delim) == APP_CELL_PLAIN) {
            *plain = 1;
            return line;
        }
        state = app_cell_next(state, c, delim);
    }
    *plain = state == APP_CELL_QUOTED;
    return *plain ? line : n;
}

size_t list_cell_text(struct quoth_span raw, int plain, char *buf, size_t cap, size_t *whole)
{
    int quoted = !plain && raw.n && *raw.p == '"';
    *whole = 0;
    for (size_t i = quoted ? 1 : 0; i < raw.n; i++) {
        if (quoted && raw.p[i] == '"') {
            if (i + 1 == raw.n || raw.p[i + 1] != '"') {
                quoted = 0;
                continue;
            }
            i++;
        }
        if (*whole < cap)
            buf[*whole] = raw.p[i];
        ++*whole;
    }
    return *whole < cap ? *whole : cap;
}
