/* find_look.c - what a text is, by its first bytes.
 *
 *   magic number? --> BOM, or NULs at every other byte? --> NUL? --> which kind of text
 *
 * SPDX-License-Identifier: MIT */
#include "find_inner.h"

struct look_magic {
    char bytes[8];
    uint8_t n, form;
};

static int look_magic(const uint8_t *p, size_t n)
{
    static const struct look_magic magics[] = {{"%PDF-", 5, QUOTH_FORM_PDF},
                                               {"PK\3\4", 4, QUOTH_FORM_ZIP},
                                               {"\x1f\x8b", 2, QUOTH_FORM_GZIP},
                                               {"BZh", 3, QUOTH_FORM_BZIP2},
                                               {"\xfd"
                                                "7zXZ",
                                                5, QUOTH_FORM_XZ},
                                               {"\x28\xb5\x2f\xfd", 4, QUOTH_FORM_ZSTD},
                                               {"\xd0\xcf\x11\xe0", 4, QUOTH_FORM_OLE},
                                               {"7z\xbc\xaf", 4, QUOTH_FORM_OTHER},
                                               {"Rar!\x1a", 5, QUOTH_FORM_OTHER},
                                               {"!BDN", 4, QUOTH_FORM_OTHER}};

    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (n >= magics[i].n && !memcmp(p, magics[i].bytes, magics[i].n))
            return magics[i].form;
    return n > 262 && !memcmp(p + 257, "ustar", 5) ? QUOTH_FORM_OTHER : QUOTH_FORM_TEXT;
}

/* UTF-16 has a mark at its beginning, or NULs in one half of its units and hardly in the other. */
static enum quoth_find_encoding look_encoding(const uint8_t *p, size_t n)
{
    size_t zeros[2] = {0, 0};

    if (n > 1 && p[0] == 0xff && p[1] == 0xfe)
        return QUOTH_FIND_UTF16LE;
    if (n > 1 && p[0] == 0xfe && p[1] == 0xff)
        return QUOTH_FIND_UTF16BE;
    for (size_t i = 0; i < n; i++)
        zeros[i % 2] += !p[i];
    if (zeros[1] > n / 4 && zeros[0] < n / 32 + 1)
        return QUOTH_FIND_UTF16LE;
    return zeros[0] > n / 4 && zeros[1] < n / 32 + 1 ? QUOTH_FIND_UTF16BE : QUOTH_FIND_UTF8;
}

/* Does the text begin with the fields of a header, two usual ones among them? `eol` ends lines. */
static int look_fields(const char *text, size_t n, int eol)
{
    static const char usual[] = "from\0to\0subject\0date\0received\0message-id\0reply-to\0"
                                "mime-version\0return-path\0delivered-to\0content-type\0";
    unsigned known = 0;
    int fields = 0;

    for (size_t at = 0; at < n && text[at] != '\n' && text[at] != '\r';) {
        const char *end = memchr(text + at, eol, n - at);
        const size_t line = (end ? (size_t)(end - text) : n) - at;
        size_t name = 0;
        while (name < line && text[at + name] > ' ' && text[at + name] < 0x7f &&
               text[at + name] != ':')
            name++;
        if (!name && (!fields || !find_is_blank(text[at])))
            return 0;
        if (name && (name == line || text[at + name] != ':'))
            return 0;
        fields |= name > 0;
        for (const char *word = usual; *word; word += strlen(word) + 1)
            known += quoth_same(text + at, name, word, strlen(word)) ? 1u : 0u;
        at += line + 1;
    }
    return known > 1;
}

static int look_is_json(const char *text, size_t n)
{
    size_t i = 1;

    if (!n || (text[0] != '{' && text[0] != '['))
        return 0;
    while (i < n && find_is_in(text[i], " \t\r\n"))
        i++;
    return i < n && (find_is_in(text[i], text[0] == '{' ? "\"}" : "\"{[]-") ||
                     (text[0] == '[' && quoth_is_digit(text[i])));
}

static int look_has(const char *text, size_t n, const char *words)
{
    for (; *words; words += strlen(words) + 1)
        if (quoth_holds(text, n, words, strlen(words)))
            return 1;
    return 0;
}

/* `cut`: there is more, so that the last line may lack its end. */
static enum quoth_find_kind look_kind(const char *text, size_t n, int cut)
{
    static const char html[] = "<!doctype\0<html\0<?xml\0<head\0<body\0<br\0<p>\0</\0/>\0";
    static const char sql[] = "insert into \0create table \0-- mysql dump\0"
                              "-- postgresql database dump\0";
    int eol;
    const char *line;
    size_t lines;

    while (n && (find_is_in(*text, " \t\r\n") || (uint8_t)*text == 0xef || (uint8_t)*text == 0xbb ||
                 (uint8_t)*text == 0xbf)) {
        text++;
        n--;
    }
    eol = memchr(text, '\n', n) ? '\n' : '\r'; /* as of an old Mac */
    for (lines = n; cut && lines && text[lines - 1] != eol;)
        lines--;
    line = memchr(text, eol, lines);
    if (line && line - text > 4 && !memcmp(text, "From ", 5) &&
        look_fields(line + 1, lines - (size_t)(line + 1 - text), eol))
        return QUOTH_FIND_MAIL;
    if (look_fields(text, lines, eol))
        return QUOTH_FIND_MAIL;
    if (look_is_json(text, n))
        return QUOTH_FIND_JSON;
    if (n && *text == '<' && look_has(text, n, html))
        return QUOTH_FIND_HTML;
    return look_has(text, n, sql) ? QUOTH_FIND_SQL : QUOTH_FIND_TEXT;
}

enum { LOOK_MAX = 4096 };

enum quoth_find_form quoth_find_look(const void *p, size_t n, enum quoth_find_kind *kind,
                                     enum quoth_find_encoding *encoding)
{
    const uint8_t *bytes = p;
    const int form = look_magic(bytes, n);
    char narrow[LOOK_MAX / 2]; /* UTF-16 in ASCII */
    const int cut = n > LOOK_MAX;
    size_t half = 0;

    *kind = QUOTH_FIND_TEXT;
    *encoding = QUOTH_FIND_UTF8;
    if (form != QUOTH_FORM_TEXT)
        return (enum quoth_find_form)form;
    if (cut)
        n = LOOK_MAX;
    *encoding = look_encoding(bytes, n);
    if (*encoding == QUOTH_FIND_UTF8) {
        *kind = look_kind(p, n, cut);
        return memchr(p, 0, n) ? QUOTH_FORM_BINARY : QUOTH_FORM_TEXT;
    }
    for (size_t i = *encoding == QUOTH_FIND_UTF16BE; i < n; i += 2)
        narrow[half++] = (char)bytes[i];
    if (half && ((uint8_t)narrow[0] == 0xff || (uint8_t)narrow[0] == 0xfe))
        narrow[0] = ' ';
    *kind = look_kind(narrow, half, cut);
    return QUOTH_FORM_TEXT;
}
