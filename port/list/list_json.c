/* list_json.c - JSON as lists hold it: where a value ends, and the texts at a path in it. Pure.
 *
 *   {"person": {"emails": [{"value": "a@b.c"}, {"value": "d@e.f"}]}}
 *       path person.emails.value: a@b.c, d@e.f        arrays are looked through
 *
 * A member given twice counts as it does everywhere else: the last one. A key may hold dots itself.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "list.h"

enum { JSON_DEEP = 24, JSON_KEY = 256 };

struct json {
    const char *p, *end;
};

static int json_skip(struct json *json)
{
    while (json->p < json->end &&
           (*json->p == ' ' || *json->p == '\t' || *json->p == '\r' || *json->p == '\n'))
        json->p++;
    return json->p < json->end ? (uint8_t)*json->p : -1;
}

static int json_hex(struct json *json, uint32_t *code)
{
    *code = 0;
    if (json->end - json->p < 4)
        return 0;
    for (int i = 0; i < 4; i++) {
        const int digit = app_hex_digit(*json->p++);
        if (digit < 0)
            return 0;
        *code = *code << 4 | (uint32_t)digit;
    }
    return 1;
}

size_t list_put_utf8(uint32_t code, char out[4])
{
    const size_t n = 1u + (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[n] | code);
    return n;
}

/* What an escape stands for, behind its backslash; 0: it is none. A half of a pair is U+FFFD. */
static size_t json_escape(struct json *json, char out[4])
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char c = json->p < json->end ? *json->p++ : 0;
    const char *at = c ? strchr(from, c) : NULL;
    uint32_t code, low;

    if (at) {
        *out = to[at - from];
        return 1;
    }
    if (c != 'u' || !json_hex(json, &code))
        return 0;
    if (code >= 0xd800 && code < 0xdc00 && json->end - json->p >= 6 && json->p[0] == '\\' &&
        json->p[1] == 'u') {
        struct json ahead = {json->p + 2, json->end};
        if (json_hex(&ahead, &low) && low >= 0xdc00 && low < 0xe000) {
            json->p = ahead.p;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return list_put_utf8(code >= 0xd800 && code < 0xe000 ? 0xfffd : code, out);
}

/* A string behind its first quote, into buf as far as it fits. 0: it does not end. */
static int json_string(struct json *json, char *buf, size_t cap, size_t *whole)
{
    *whole = 0;
    while (json->p < json->end) {
        char bytes[4], c = *json->p++;
        size_t n = 1;
        if (c == '"')
            return 1;
        bytes[0] = c;
        if (c == '\\')
            n = json_escape(json, bytes);
        if (!n)
            return 0;
        for (size_t i = 0; i < n; i++, ++*whole)
            if (*whole < cap)
                buf[*whole] = bytes[i];
    }
    return 0;
}

/* Over one value that nobody asked for, of any depth. 0: it does not end. */
static int json_over(struct json *json)
{
    size_t depth = 0, whole;
    do {
        int c = json_skip(json);
        if (c < 0)
            return 0;
        json->p++;
        if (c == '"') {
            if (!json_string(json, NULL, 0, &whole))
                return 0;
        } else if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']') {
            if (!depth--)
                return 0;
        } else if (c != ',' && c != ':')
            while (json->p < json->end && !strchr(",:]}[{\" \t\r\n", *json->p))
                json->p++;
        else if (!depth)
            return 0;
    } while (depth);
    return 1;
}

size_t list_json_end(const char *p, size_t n)
{
    struct json json = {p, p + n};
    return json_over(&json) ? (size_t)(json.p - p) : 0;
}

/* ---- what is at a path -------------------------------------------------- */

struct json_find {
    struct json j;
    char *buf;
    size_t cap, n; /* the texts found, a line each; n counts beyond cap */
    int found;
};

/* How much of the path a key is: the length with its dot; the whole path: its length; 0: none. */
static size_t json_matches(const char *path, const char *key, size_t key_n)
{
    const size_t n = strlen(path);
    if (key_n > n || strncasecmp(path, key, key_n))
        return 0;
    if (key_n == n)
        return n;
    return path[key_n] == '.' ? key_n + 1 : 0;
}

static int json_at(struct json_find *find, const char *path, int deep);

static int json_text(struct json_find *find)
{
    const size_t line = find->found ? 1 : 0, from = find->n + line;
    size_t whole;
    find->j.p++;
    if (!json_string(&find->j, from < find->cap ? find->buf + from : NULL,
                     from < find->cap ? find->cap - from : 0, &whole))
        return 0;
    if (line && find->n < find->cap)
        find->buf[find->n] = '\n';
    find->n = from + whole;
    find->found = 1;
    return 1;
}

/* Behind a member. 1: another one follows; 0: it was the last, be it with a comma as JavaScript
 * allows it; -1: neither. */
static int json_more(struct json *json, char close)
{
    const int c = json_skip(json);

    json->p += c > 0;
    if (c != ',')
        return c == close ? 0 : -1;
    if (json_skip(json) != close)
        return 1;
    json->p++;
    return 0;
}

static int json_array(struct json_find *find, const char *path, int deep)
{
    find->j.p++;
    if (json_skip(&find->j) == ']') {
        find->j.p++;
        return 1;
    }
    for (;;) {
        int more;
        if (!json_at(find, path, deep + 1))
            return 0;
        more = json_more(&find->j, ']');
        if (more <= 0)
            return !more;
    }
}

static int json_object(struct json_find *find, const char *path, int deep)
{
    const size_t before = find->n;
    const int found = find->found;
    char key[JSON_KEY];
    size_t key_n, part;

    find->j.p++;
    if (json_skip(&find->j) == '}') {
        find->j.p++;
        return 1;
    }
    for (;;) {
        int more;
        if (json_skip(&find->j) != '"')
            return 0;
        find->j.p++;
        if (!json_string(&find->j, key, sizeof key, &key_n) || json_skip(&find->j) != ':')
            return 0;
        find->j.p++;
        part = key_n <= sizeof key && *path ? json_matches(path, key, key_n) : 0;
        if (part) { /* the last one counts */
            find->n = before;
            find->found = found;
        }
        if (!(part ? json_at(find, path + part, deep + 1) : json_over(&find->j)))
            return 0;
        more = json_more(&find->j, '}');
        if (more <= 0)
            return !more;
    }
}

static int json_at(struct json_find *find, const char *path, int deep)
{
    const int c = json_skip(&find->j);
    if (c == '"' && !*path)
        return json_text(find);
    if (c == '[' && deep < JSON_DEEP)
        return json_array(find, path, deep);
    if (c == '{' && deep < JSON_DEEP && *path)
        return json_object(find, path, deep);
    return json_over(&find->j);
}

/* A bare word at p: a number, true, false or null. */
static int json_is_word(const struct json *json)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t n = strlen(words[i]);
        if ((size_t)(json->end - json->p) >= n && !memcmp(json->p, words[i], n))
            return 1;
    }
    return *json->p == '-' || (*json->p >= '0' && *json->p <= '9');
}

int list_json_find(const char *path, struct quoth_span value, char *buf, size_t cap, size_t *whole)
{
    struct json_find find = {{value.p, value.p + value.n}, buf, cap, 0, 0};
    const int first = json_skip(&find.j);

    *whole = 0;
    if (first < 0 || (!strchr("{[\"", first) && !json_is_word(&find.j)) || !json_at(&find, path, 0))
        return -1;
    if (*path && first != '{' && first != '[') /* a text or number where objects are wanted */
        return first == '"' ? list_json_find("", value, buf, cap, whole) : 0;
    *whole = find.n;
    return find.found;
}

/* ---- all paths ---------------------------------------------------------- */

struct json_walk {
    struct json j;
    list_json_seen *seen;
    void *arg;
    char path[LIST_PATH_MAX];
    char text[APP_LINE_MAX];
};

static int json_walk(struct json_walk *walk, size_t path_n, int deep);

static int json_walk_members(struct json_walk *walk, size_t path_n, int deep, int object)
{
    const char close = object ? '}' : ']';
    int more;
    walk->j.p++;
    if (json_skip(&walk->j) == close) {
        walk->j.p++;
        return 1;
    }
    do {
        size_t key_n = 0, n = path_n;
        int fits = 1;
        if (object) {
            n += path_n > 0;
            if (json_skip(&walk->j) != '"')
                return 0;
            walk->j.p++;
            if (!json_string(&walk->j, walk->path + n, sizeof walk->path - n, &key_n) ||
                json_skip(&walk->j) != ':')
                return 0;
            walk->j.p++;
            fits = key_n && n + key_n + 2 < sizeof walk->path;
            if (fits && path_n)
                walk->path[path_n] = '.';
        }
        if (fits)
            walk->path[n + key_n] = 0;
        if (!(fits ? json_walk(walk, n + key_n, deep + 1) : json_over(&walk->j)))
            return 0;
        walk->path[path_n] = 0;
        more = json_more(&walk->j, close);
    } while (more > 0);
    return !more;
}

static int json_walk(struct json_walk *walk, size_t path_n, int deep)
{
    const int c = json_skip(&walk->j);
    size_t whole;
    if ((c == '[' || c == '{') && deep < JSON_DEEP)
        return json_walk_members(walk, path_n, deep, c == '{');
    if (c != '"')
        return json_over(&walk->j);
    walk->j.p++;
    if (!json_string(&walk->j, walk->text, sizeof walk->text, &whole))
        return 0;
    walk->seen(walk->arg, walk->path, walk->text,
               whole < sizeof walk->text ? whole : sizeof walk->text);
    return 1;
}

int list_json_walk(const char *p, size_t n, list_json_seen *seen, void *arg)
{
    struct json_walk walk;
    walk.j = (struct json) {p, p + n};
    walk.seen = seen;
    walk.arg = arg;
    walk.path[0] = 0;
    return json_skip(&walk.j) >= 0 && json_walk(&walk, 0, 0);
}
