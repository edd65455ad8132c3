/* find_ref.h - which addresses are in a text of ASCII: a plain reference for core/find, which has
 * the whole text before it and looks at each '@' by itself. For find_test.c and fuzz/find.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FIND_REF_H
#define FIND_REF_H

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "quoth_find.h"
#include "sets.h"
#include "tlds.h"

enum { REF_LEFT = QUOTH_FIND_LEFT };
struct ref {
    const char *text;
    size_t n, at, from, to; /* the '@', and the address around it */
};

static int ref_in(char c, const char *set) { return c && strchr(set, c); }
static int ref_local(char c) { return isalnum((unsigned char)c) || ref_in(c, "._+-"); }
/* Does the text before `end` end in that word? */
static int ref_word(const struct ref *r, size_t end, const char *word)
{
    const size_t n = strlen(word);
    for (size_t i = 0; i < n; i++)
        if (end < n || tolower((unsigned char)r->text[end - n + i]) != word[i])
            return 0;
    return 1;
}
static int ref_hex(const struct ref *r, size_t i)
{
    char two[3] = {r->text[i], i + 1 < r->at ? r->text[i + 1] : ' ', 0};
    return i < r->at && isxdigit((unsigned char)two[0]) && isxdigit((unsigned char)two[1])
               ? (int)strtol(two, NULL, 16)
               : -1;
}

static int ref_host(const struct ref *r, size_t from, size_t to)
{
    size_t last = to;
    while (last > from && r->text[last - 1] != '.')
        last--;
    return last > from + 1 && sets_find(&sets_tlds, r->text + last, to - last, 0);
}

/* The labels, without what ends a sentence; no path, no version, no second '@' behind them. */
static int ref_domain(struct ref *r)
{
    size_t to = r->at + 1, a, b;
    while (to < r->n && (isalnum((unsigned char)r->text[to]) || ref_in(r->text[to], "-_") ||
                         (r->text[to] == '.' && r->text[to - 1] != '.')))
        to++;
    if (to - r->at > QUOTH_FIND_RIGHT)
        return 0;
    while (to > r->at + 1 && ref_in(r->text[to - 1], "._-"))
        to--;
    r->to = to;
    if (to < r->n && r->text[to] == '@')
        return 0;
    if (to + 1 < r->n && r->text[to] == ':' &&
        (isalpha((unsigned char)r->text[to + 1]) || ref_in(r->text[to + 1], "~/")))
        return 0;
    a = strspn(r->text + r->at + 1, "0123456789");
    b = a && r->text[r->at + 1 + a] == '.' ? strspn(r->text + r->at + 2 + a, "0123456789") : 0;
    if (a == 1 && ref_in(r->text[r->at + 2], "xX") && r->text[r->at + 3] == '.' && r->at + 3 < to)
        return 0;
    if (b && r->at + 2 + a + b < to && r->text[r->at + 2 + a + b] == '.')
        return 0;
    return ref_host(r, r->at + 1, to);
}

/* From the '@' to the left, as far as it may be a local part; then what stands before it. */
static int ref_before(struct ref *r, size_t first)
{
    size_t i = r->at;
    int escape;
    for (; i > first; i--) {
        const char c = r->text[i - 1];
        if (ref_local(c))
            continue;
        if (c == '%' && ref_hex(r, i) > 0 && ref_local((char)ref_hex(r, i)))
            continue;
        if (!ref_in(c, "'&") || i < first + 2 || i == r->at ||
            !isalpha((unsigned char)r->text[i - 2]) || !isalpha((unsigned char)r->text[i]))
            break;
    }
    if (i == first && r->at >= REF_LEFT)
        return 0;
    r->from = i;
    escape = i > first && r->text[i - 1] == '%' ? ref_hex(r, i) : -1;
    if (escape >= 0 && escape < 0x80)
        r->from += 2;
    else if (i > first && ref_in(r->text[i - 1], "!$&?@%"))
        return 0;
    return r->from < r->at;
}

static int ref_url(const struct ref *r, size_t first)
{
    size_t i = r->from;
    while (i > first && r->text[i - 1] > ' ' && !ref_in(r->text[i - 1], "\"<>'`,;|()[]{}\\/?#"))
        i--;
    return i >= first + 4 && ref_word(r, i, "://") && isalnum((unsigned char)r->text[i - 4]) &&
           !ref_word(r, i, "mailto://");
}

static void ref_strip(struct ref *r)
{
    const char before = r->from ? r->text[r->from - 1] : 0, *p = r->text + r->from, *mark;
    if (before == '\\' && ref_in(*p, "nrt") && r->at - r->from > 1)
        r->from += 1;
    else if (before == '\\' && *p == 'x' && ref_hex(r, r->from + 1) >= 0)
        r->from += 3;
    else if (before == '\\' && *p == 'u' && ref_hex(r, r->from + 1) >= 0 &&
             ref_hex(r, r->from + 3) >= 0)
        r->from += 5;
    else if (before == '=' && *p == '3' && ref_in(p[1], "CDE") && r->at - r->from > 2)
        r->from += 2;
    mark = memchr(r->text + r->from, '\'', r->at - r->from);
    if (mark && r->to < r->n && r->text[r->to] == '\'' &&
        !(r->from && r->text[r->from - 1] == '\''))
        r->from = (size_t)(mark - r->text) + 1;
}

/* What a text of ASCII without =, : and < holds: 1 and the address around text[at]. (With them
 * there may be VERP and ids, which have tests of their own.) */
static int ref_find(struct ref *r, char out[400], size_t *out_n)
{
    const size_t first = r->at > REF_LEFT ? r->at - REF_LEFT : 0;
    struct quoth_addr addr;
    *out_n = 0;
    if (!ref_domain(r) || !ref_before(r, first) || ref_url(r, first))
        return 0;
    ref_strip(r);
    if (r->to - r->from > 390)
        return 0;
    for (size_t i = r->from; i < r->to; i++) {
        const int escaped = r->text[i] == '%' ? ref_hex(r, i + 1) : -1;
        out[(*out_n)++] = escaped >= 0 ? (char)escaped : r->text[i];
        i += escaped >= 0 ? 2 : 0;
    }
    return quoth_addr_parse(&addr, out, *out_n) == QUOTH_OK;
}

#endif
