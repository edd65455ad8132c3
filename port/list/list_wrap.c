/* list_wrap.c - CSV whose lines were quoted as a whole: a table that was saved as one column. Pure.
 *
 *   "Jane,""jane@example.org"",x"     is     Jane,"jane@example.org",x
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list.h"

static const char wrap_bom[] = "\xef\xbb\xbf";
static const char wrap_delims[] = ",;\t|";
enum { WRAP_DELIMS = 4 };

enum wrap_state { WRAP_START, WRAP_INSIDE, WRAP_QUOTE, WRAP_OUTSIDE };

size_t list_unwrap(struct list_wrap *wrap, const char *p, size_t n, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        const char c = p[i];
        const int quote = c == '"';
        if (quote && wrap->state < WRAP_QUOTE) { /* it opens, or closes or is half of one */
            wrap->state++;
            continue;
        }
        if (wrap->state == WRAP_QUOTE && quote)
            wrap->state = WRAP_INSIDE;
        else if (wrap->state != WRAP_INSIDE &&
                 !(wrap->state == WRAP_START && memchr(wrap_bom, c, 3)))
            wrap->state = c == '\n' || c == '\r' ? WRAP_START : WRAP_OUTSIDE;
        out[len++] = c;
    }
    return len;
}

/* A line of n bytes: how often it holds each delimiter. 0: it is not quoted as a whole. */
static int wrap_line(const char *p, size_t n, uint32_t count[WRAP_DELIMS], uint32_t *ats)
{
    int inner = 0;
    size_t i = 1;

    memset(count, 0, WRAP_DELIMS * sizeof *count);
    *ats = 0;
    if (!n || *p != '"')
        return 0;
    for (; i < n; i++) {
        const char *delim = memchr(wrap_delims, p[i], WRAP_DELIMS);
        if (p[i] == '"' && (i + 1 == n || p[i + 1] != '"'))
            break;
        inner ^= p[i] == '"';
        i += p[i] == '"';
        *ats += p[i] == '@';
        if (delim && !inner)
            count[delim - wrap_delims]++;
    }
    if (i == n)
        return 0;
    while (++i < n && memchr(wrap_delims, p[i], WRAP_DELIMS))
        continue;
    return i == n;
}

int list_is_wrapped(const char *p, size_t n)
{
    const char *end = p + n;
    uint32_t first[WRAP_DELIMS] = {0}, count[WRAP_DELIMS], ats, lines = 0, seen = 0;

    if (n > 3 && !memcmp(p, wrap_bom, 3))
        p += 3;
    for (const char *lf; (lf = memchr(p, '\n', (size_t)(end - p))) != NULL; p = lf + 1) {
        const size_t len = (size_t)(lf - p);
        uint32_t most = 0;
        if (!wrap_line(p, len && lf[-1] == '\r' ? len - 1 : len, count, &ats))
            return 0;
        for (int i = 0; i < WRAP_DELIMS; i++) {
            first[i] = lines && first[i] != count[i] ? 0 : count[i];
            most = first[i] > most ? first[i] : most;
        }
        if (most < ats || !most)
            return 0;
        seen += ats;
        lines++;
    }
    return lines > 1 && seen;
}
