/* name.c - domain names: dotted text to wire form and back (RFC 1035 3.1, 5.1).
 *
 * Inside core a name is kept in wire form and lower case: "example.com" is 7 example 3 com 0. Two
 * names are equal when their bytes are (RFC 4343), and a dot inside a label cannot be taken for a
 * dot between two labels. Text is made for people and where a host name is wanted;
 * quoth_name_is_host() says whether a name is one.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

int quoth_name_parse(struct quoth_name *name, const char *text, size_t n)
{
    size_t label = 0, at = 1; /* where the length of the label goes, and where its next byte */

    name->n = 0;
    if (n == 0)
        return QUOTH_EPROTO;
    if (text[n - 1] == '.')
        n--; /* ".." becomes ".", which has an empty label */
    for (size_t i = 0; n != 0 && i <= n; i++) {
        if (at == sizeof name->b)
            return QUOTH_EPROTO;
        if (i < n && text[i] != '.') {
            name->b[at++] = quoth_lower((uint8_t)text[i]);
            continue;
        }
        if (at - label == 1 || at - label > 64)
            return QUOTH_EPROTO;
        name->b[label] = (uint8_t)(at - label - 1);
        label = at++;
    }
    name->b[label] = 0;
    name->n = (uint8_t)at;
    return QUOTH_OK;
}

static int name_plain(uint8_t c) { return quoth_is_alnum(c) || c == '-' || c == '_'; }

/* Write one byte as text. Returns how many bytes that took. */
static size_t name_byte(uint8_t c, char out[4])
{
    if (name_plain(c)) {
        out[0] = (char)c;
        return 1;
    }
    out[0] = '\\';
    out[1] = (char)('0' + c / 100);
    out[2] = (char)('0' + c / 10 % 10);
    out[3] = (char)('0' + c % 10);
    return 4;
}

int quoth_name_text(const struct quoth_name *name, char *buf, size_t cap)
{
    size_t at = 0, left = 0; /* left: bytes of this label that are not read yet */
    char one[4] = {0};

    if (cap < 2)
        return QUOTH_ESPACE; /* a character and the NUL */
    for (size_t i = 0; i + 1 < name->n; i++) {
        size_t n = 1;
        if (left == 0) {
            left = name->b[i];
            if (i == 0)
                continue;
            one[0] = '.';
        } else {
            left--;
            n = name_byte(name->b[i], one);
        }
        for (size_t k = 0; k < n; k++) {
            if (at >= cap - 1)
                return QUOTH_ESPACE;
            buf[at++] = one[k];
        }
    }
    if (at == 0)
        buf[at++] = '.';
    buf[at] = '\0';
    return (int)at;
}

int quoth_name_is_host(const struct quoth_name *name)
{
    unsigned labels = 0, letters = 0; /* letters: is a byte of this label no digit? */
    size_t left = 0;

    for (size_t i = 0; i + 1 < name->n; i++) {
        if (left == 0) {
            left = name->b[i];
            labels++;
            letters = 0;
            continue;
        }
        if (!name_plain(name->b[i]))
            return 0;
        letters |= !quoth_is_digit(name->b[i]);
        left--;
    }
    return labels >= 2 && letters;
}

int quoth_name_read(struct quoth_name *name, const void *p, size_t n)
{
    struct quoth_cursor cursor = {(const uint8_t *)p, n, 0, 0};
    unsigned len;

    do {
        len = quoth_cursor_u8(&cursor);
        quoth_cursor_take(&cursor, len);
    } while (len != 0 && len < 64 && !cursor.over);
    if (len != 0 || cursor.over || cursor.at > sizeof name->b)
        return QUOTH_EPROTO;
    name->n = (uint8_t)cursor.at;
    for (size_t i = 0; i < cursor.at; i++)
        name->b[i] = quoth_lower(cursor.p[i]);
    return (int)cursor.at;
}

/* A label of the number `v` in this base behind what is there. */
static void name_put_number(struct quoth_name *name, unsigned v, unsigned base)
{
    uint8_t *label = name->b + name->n;
    unsigned digits = 1u + (v >= base) + (v >= base * base);

    label[0] = (uint8_t)digits;
    for (unsigned i = digits; i != 0; i--, v /= base)
        label[i] = (uint8_t) "0123456789abcdef"[v % base];
    name->n = (uint8_t)(name->n + 1 + digits);
}

int quoth_name_reverse(struct quoth_name *name, const struct quoth_ip *ip)
{
    static const char tails[][14] = {"\7in-addr\4arpa", "\3ip6\4arpa"};
    const char *tail = tails[ip->len == 16];
    size_t n = strlen(tail) + 1; /* its NUL is the root label */

    if (ip->len != 4 && ip->len != 16)
        return QUOTH_EINVAL;
    name->n = 0;
    for (unsigned i = ip->len; i > 0; i--) {
        uint8_t octet = ip->b[i - 1];
        if (ip->len == 4) {
            name_put_number(name, octet, 10);
        } else {
            name_put_number(name, octet & 15u, 16);
            name_put_number(name, octet >> 4, 16);
        }
    }
    memcpy(name->b + name->n, tail, n);
    name->n = (uint8_t)(name->n + n);
    return QUOTH_OK;
}

int quoth_is_listed(const char *name, const char *const *list)
{
    size_t n = strlen(name);

    for (; list && *list; list++) {
        size_t len = strlen(*list);
        if (len <= n && quoth_same(name + n - len, len, *list, len) &&
            (len == n || name[n - len - 1] == '.'))
            return 1;
    }
    return 0;
}
