/* list_row.c - what one row says: the cells of CSV (RFC 4180), one member of a JSON object. Pure.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "list.h"

/* ---- CSV: cells --------------------------------------------------------- */

size_t list_csv_end(const struct list_in *in, const char *p, size_t n, uint8_t *plain)
{
    enum app_cell_state state = APP_CELL_START;
    size_t lf = n; /* the first one since the quote opened */

    *plain = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n') {
            if (state != APP_CELL_QUOTED)
                return i;
            if (lf == n)
                lf = i;
            continue;
        }
        if (state == APP_CELL_START)
            lf = n;
        state = app_cell_next(state, p[i], in->delimiter);
    }
    *plain = state == APP_CELL_QUOTED;
    return *plain ? lf : n;
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

/* ---- NDJSON: one member ------------------------------------------------- */

struct row_json {
    const char *p, *end;
};

static int row_json_skip(struct row_json *j)
{
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\r'))
        j->p++;
    return j->p < j->end ? (uint8_t)*j->p : -1;
}

static int row_json_hex(struct row_json *j, uint32_t *code)
{
    *code = 0;
    if (j->end - j->p < 4)
        return 0;
    for (int i = 0; i < 4; i++) {
        char c = *j->p++;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 99;
        if (digit > 15)
            return 0;
        *code = *code << 4 | digit;
    }
    return 1;
}

static size_t row_put_utf8(uint32_t code, char out[4])
{
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[n] | code);
    return n;
}

/* The code point of an escape, behind its backslash; 0: it is
 * none. A half of a pair stays U+FFFD. */
static size_t row_json_escape(struct row_json *j, char out[4])
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at;
    uint32_t code, low;
    char c = j->p < j->end ? *j->p++ : 0;

    if (c && (at = strchr(from, c))) {
        *out = to[at - from];
        return 1;
    }
    if (c != 'u' || !row_json_hex(j, &code))
        return 0;
    if (code >= 0xd800 && code < 0xdc00 && j->end - j->p >= 6 && j->p[0] == '\\' &&
        j->p[1] == 'u') {
        struct row_json ahead = {j->p + 2, j->end};
        if (row_json_hex(&ahead, &low) && low >= 0xdc00 && low < 0xe000) {
            j->p = ahead.p;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return row_put_utf8(code >= 0xd800 && code < 0xe000 ? 0xfffd : code, out);
}

/* A string behind its first quote, into buf as far as it fits. 0: it does not end. */
static int row_json_string(struct row_json *j, char *buf, size_t cap, size_t *whole)
{
    *whole = 0;
    while (j->p < j->end) {
        char bytes[4], c = *j->p++;
        size_t n = 1;
        if (c == '"')
            return 1;
        bytes[0] = c;
        if (c == '\\' && !(n = row_json_escape(j, bytes)))
            return 0;
        for (size_t i = 0; i < n; i++, ++*whole)
            if (*whole < cap)
                buf[*whole] = bytes[i];
    }
    return 0;
}

/* Over one value that nobody asked for. 0: it does not end. */
static int row_json_over(struct row_json *j)
{
    size_t depth = 0, whole;
    do {
        int c = row_json_skip(j);
        if (c < 0)
            return 0;
        j->p++;
        if (c == '"') {
            if (!row_json_string(j, NULL, 0, &whole))
                return 0;
        } else if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']') {
            if (!depth--)
                return 0;
        } else if (c != ',' && c != ':')
            while (j->p < j->end && !strchr(",:]}[{\" \t\r", *j->p))
                j->p++;
        else if (!depth)
            return 0;
    } while (depth);
    return 1;
}

int list_is_email_name(const char *p, size_t n)
{
    static const char *const names[] = {"email",         "e-mail", "email_address", "emailaddress",
                                        "email address", "mail",   "address",       "recipient"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && !strncasecmp(names[i], p, n))
            return 1;
    return 0;
}

int list_json_find(const struct list_in *in, const char *p, size_t n, char *buf, size_t cap,
                   size_t *whole)
{
    struct row_json j = {p, p + n};
    char key[256];
    size_t key_n;
    int found = 0;

    if (row_json_skip(&j) != '{')
        return -1;
    j.p++;
    if (row_json_skip(&j) == '}')
        return 0;
    for (;;) {
        int c;
        if (row_json_skip(&j) != '"')
            return -1;
        j.p++;
        if (!row_json_string(&j, key, sizeof key, &key_n))
            return -1;
        if (row_json_skip(&j) != ':')
            return -1;
        j.p++;
        c = row_json_skip(&j);
        if (c == '"' &&
            (in->field ? key_n == strlen(in->field) && key_n <= sizeof key &&
                             !memcmp(key, in->field, key_n)
                       : !found && key_n <= sizeof key && list_is_email_name(key, key_n))) {
            j.p++;
            found = 1;
            if (!row_json_string(&j, buf, cap, whole))
                return -1;
        } else if (!row_json_over(&j)) {
            return -1;
        }
        c = row_json_skip(&j);
        if (c == '}')
            return found;
        if (c != ',')
            return -1;
        j.p++;
    }
}
