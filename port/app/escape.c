/* escape.c - a stranger's bytes made safe to show: for terminals, for JSON, for people.
 *
 * Whatever came from a server, a name server or the user may hold escape sequences, bidi
 * controls or bytes that are no UTF-8 at all. Here they become visible text, once, so that
 * no printer writes foreign bytes on its own.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "app.h"

/* Code points that move the cursor, turn the text round or cannot be seen. */
static const struct {
    uint32_t first, last;
} escape_hidden[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},     {0x115f, 0x1160},
    {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
};

static int escape_is_hidden(uint32_t code)
{
    for (size_t i = 0; i < sizeof escape_hidden / sizeof *escape_hidden; i++)
        if (code >= escape_hidden[i].first && code <= escape_hidden[i].last)
            return 1;
    return 0;
}

/* A backslash, `kind`, and that many digits of `code`: \xff, \u200e. */
static void escape_hex(struct app_stream *stream, char kind, unsigned digits, uint32_t code)
{
    app_stream_byte(stream, '\\');
    app_stream_byte(stream, kind);
    while (digits--)
        app_stream_byte(stream, "0123456789abcdef"[code >> (4 * digits) & 15]);
}

/* Beyond 16 bits the two surrogates JSON knows. */
static void escape_code(struct app_stream *stream, uint32_t code)
{
    if (code > 0xffff) {
        escape_hex(stream, 'u', 4, 0xd7c0 + (code >> 10));
        code = 0xdc00 + (code & 0x3ff);
    }
    escape_hex(stream, 'u', 4, code);
}

/* Are all eight plain? A borrow or a carry into another byte comes from one that is not. */
static int escape_plain8(const char *p)
{
    const uint64_t each = 0x0101010101010101u;
    uint64_t x, quote, slash;

    memcpy(&x, p, sizeof x);
    quote = x ^ each * '"';
    slash = x ^ each * '\\';
    return !((x | (x - each * ' ') | (x + each) | (quote - each) | (slash - each)) & each * 0x80);
}

/* A word at a time, and the last one again with those before it: they are found to be plain. */
size_t app_plain(const char *p, size_t n)
{
    size_t i = 0;

    while (n - i >= 8 && escape_plain8(p + i))
        i += 8;
    if (n >= 8 && n - i < 8 && escape_plain8(p + n - 8))
        return n;
    while (i < n && p[i] >= ' ' && p[i] <= '~' && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

/* As text for people; or as what stands between the quotes of a string of JSON. */
static void escape_put(struct app_stream *stream, const char *p, size_t n, int json)
{
    for (size_t i = 0, len; i < n; i += len) {
        uint32_t code;
        len = app_plain(p + i, n - i);
        if (len) {
            app_stream_put(stream, p + i, len);
            continue;
        }
        len = quoth_utf8(&code, p + i, n - i);
        if (!len) { /* no UTF-8: a byte */
            len = 1;
            if (json)
                app_stream_text(stream, "\\ufffd");
            else
                escape_hex(stream, 'x', 2, (uint8_t)p[i]);
        } else if (escape_is_hidden(code)) {
            escape_code(stream, code);
        } else {
            if (json && (code == '"' || code == '\\'))
                app_stream_byte(stream, '\\');
            app_stream_put(stream, p + i, len);
        }
    }
}

void app_put_on(struct app_stream *stream, const char *p, size_t n) { escape_put(stream, p, n, 0); }

void app_put_json(struct app_stream *stream, const char *p, size_t n)
{
    app_stream_byte(stream, '"');
    escape_put(stream, p, n, 1);
    app_stream_byte(stream, '"');
}

void app_put(FILE *file, const char *p, size_t n)
{
    struct app_stream stream = {.f = file};
    app_put_on(&stream, p, n);
}

size_t app_width(const char *p, size_t n)
{
    size_t width = 0;
    for (size_t i = 0, len; i < n; i += len) {
        uint32_t code;
        len = quoth_utf8(&code, p + i, n - i);
        if (!len) {
            len = 1;
            width += strlen("\\xff");
        } else if (!escape_is_hidden(code))
            width++;
        else
            width += code > 0xffff ? strlen("\\ud83d\\ude00") : strlen("\\u200e");
    }
    return width;
}

void app_wrap(FILE *file, struct quoth_span text, size_t at, size_t width, const char *lead)
{
    const char *p = text.p;
    const size_t n = text.n;
    size_t i = 0, fresh = 1;
    while (i < n) {
        const char *gap = memchr(p + i, ' ', n - i);
        size_t word = gap ? (size_t)(gap - (p + i)) : n - i, columns = app_width(p + i, word);
        if (!word) {
            i++;
            continue;
        }
        if (!fresh && at + 1 + columns > width) {
            fprintf(file, "\n%s", lead);
            at = strlen(lead);
            fresh = 1;
        }
        if (!fresh) {
            putc(' ', file);
            at++;
        }
        app_put(file, p + i, word);
        at += columns;
        i += word;
        fresh = 0;
    }
}
