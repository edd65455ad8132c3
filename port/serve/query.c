/* query.c - targets and bodies read strictly: what is not understood is an error, never a guess.
 *
 *   /api/v1/check?address=jane%40example.com      {"address": "jane@example.com", "wait_s": 5}
 *
 * Source: RFC 3986 2.1, RFC 8259.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list.h"
#include "quoth.h"
#include "query.h"

static int query_is_utf8(const char *p, size_t n)
{
    for (size_t at = 0, step; at < n; at += step) {
        uint32_t c;
        step = quoth_utf8(&c, p + at, n - at);
        if (!step)
            return 0;
    }
    return 1;
}

int query_decode(const char *p, size_t n, int plus, char *buf, size_t cap)
{
    size_t out = 0;
    int beyond = 0; /* ASCII */

    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (c == '%') {
            const int high = i + 2 < n ? app_hex_digit(p[i + 1]) : -1;
            const int low = i + 2 < n ? app_hex_digit(p[i + 2]) : -1;
            if (high < 0 || low < 0 || !(high | low) || (!plus && high == 2 && low == 15))
                return -1;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        if (out + 1 >= cap)
            return -1;
        buf[out++] = c;
        beyond |= c & 128;
    }
    buf[out] = '\0';
    return !beyond || query_is_utf8(buf, out) ? (int)out : -1;
}

static int query_twice(struct query_names *names, const char *name)
{
    const uint64_t sum = quoth_hash(0, 0, name, strlen(name));

    for (unsigned i = 0; i < names->n; i++)
        if (names->seen[i] == sum)
            return 1;
    if (names->n == QUERY_NAMES)
        return 1;
    names->seen[names->n++] = sum;
    return 0;
}

int query_next(struct query *query)
{
    size_t n = strcspn(query->p, "&"), name_n = strcspn(query->p, "=&");

    if (!*query->p)
        return 0;
    if (name_n == n || query_decode(query->p, name_n, 1, query->name, sizeof query->name) < 0 ||
        query_twice(&query->names, query->name))
        return -1;
    query->value_n =
        query_decode(query->p + name_n + 1, n - name_n - 1, 1, query->value, sizeof query->value);
    if (query->value_n < 0)
        return -1;
    query->p += n + (query->p[n] == '&');
    return 1;
}

/* ---- JSON -------------------------------------------------------------------- */

static int members_skip(struct members *members)
{
    while (members->p < members->end && strchr(" \t\r\n", *members->p) && *members->p)
        members->p++;
    return members->p < members->end ? (unsigned char)*members->p : -1;
}

int members_open(struct members *members, const char *p, size_t n)
{
    *members = (struct members) {.p = p, .end = p + n};
    if (memchr(p, 0, n) || !query_is_utf8(p, n) || members_skip(members) != '{')
        return -1;
    members->p++;
    return 0;
}

/* One string or value at p. */
static size_t members_value(struct members *members)
{
    members_skip(members);
    return list_json_end(members->p, (size_t)(members->end - members->p));
}

/* Behind the last member stands the end of the object, and nothing else. */
static int members_end(struct members *members)
{
    members->p++;
    return members_skip(members) < 0 ? 0 : -1;
}

int members_next(struct members *members)
{
    size_t n;
    int c = members_skip(members);

    if (c == '}')
        return members_end(members);
    if (members->names.n) {
        if (c != ',')
            return -1;
        members->p++;
        c = members_skip(members);
    }
    n = c == '"' ? members_value(members) : 0;
    if (!n || members_string(members->p, n, members->name, sizeof members->name) < 0 ||
        query_twice(&members->names, members->name))
        return -1;
    members->p += n;
    if (members_skip(members) != ':')
        return -1;
    members->p++;
    members->value_n = members_value(members);
    members->value = members->p;
    members->p += members->value_n;
    return members->value_n ? 1 : -1;
}

/* UTF-8, no controls, and no half of a pair alone (RFC 8259 8.2), which would be read as U+FFFD:
 * somebody else's address. */
static int members_is_text(const char *p, size_t n)
{
    if (!query_is_utf8(p, n))
        return 0;
    for (size_t i = 1; i + 1 < n; i++) {
        if ((unsigned char)p[i] < ' ')
            return 0;
        if (p[i] != '\\' || p[++i] != 'u' || i + 4 >= n || (p[i + 1] | 32) != 'd' ||
            app_hex_digit(p[i + 2]) < 8)
            continue;
        if (app_hex_digit(p[i + 2]) > 11 || i + 10 >= n || p[i + 5] != '\\' || p[i + 6] != 'u' ||
            (p[i + 7] | 32) != 'd' || app_hex_digit(p[i + 8]) < 12)
            return 0;
        i += 10;
    }
    return 1;
}

int members_string(const char *p, size_t n, char *buf, size_t cap)
{
    size_t whole;

    if (n < 2 || *p != '"' ||
        list_json_find("", (struct quoth_span) {p, n}, buf, cap - 1, &whole) != 1 ||
        whole > cap - 1 || memchr(buf, 0, whole) || !members_is_text(p, n))
        return -1;
    buf[whole] = '\0';
    return (int)whole;
}

long members_number(const char *p, size_t n, long most)
{
    long number = 0;

    if (!n || (n > 1 && *p == '0'))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        number = number * 10 + (p[i] - '0');
        if (number > most)
            return -1;
    }
    return number;
}
