/* find_look_ref.h - what a text is, by its first bytes: a plain reference for find_look.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FIND_LOOK_REF_H
#define FIND_LOOK_REF_H

#include <ctype.h>
#include <string.h>
#include "quoth_find.h"

enum { REF_LOOK = 4096 };
struct ref_look {
    char text[REF_LOOK + 1];
    size_t n;
    int cut; /* there is more */
    enum quoth_find_form form;
    enum quoth_find_kind kind;
    enum quoth_find_encoding encoding;
};

static int ref_at(const char *p, size_t n, size_t at, const char *bytes, size_t len)
{
    return at + len <= n && !memcmp(p + at, bytes, len);
}

static enum quoth_find_form ref_form(const char *p, size_t n)
{
#define REF_MAGIC(bytes, form) \
    if (ref_at(p, n, 0, bytes, sizeof bytes - 1)) \
    return form
    REF_MAGIC("%PDF-", QUOTH_FORM_PDF);
    REF_MAGIC("\x50\x4b\x03\x04", QUOTH_FORM_ZIP);
    REF_MAGIC("\x1f\x8b", QUOTH_FORM_GZIP);
    REF_MAGIC("\x42\x5a\x68", QUOTH_FORM_BZIP2);
    REF_MAGIC("\xfd\x37\x7a\x58\x5a", QUOTH_FORM_XZ);
    REF_MAGIC("\x28\xb5\x2f\xfd", QUOTH_FORM_ZSTD);
    REF_MAGIC("\xd0\xcf\x11\xe0", QUOTH_FORM_OLE);
    REF_MAGIC("\x37\x7a\xbc\xaf", QUOTH_FORM_OTHER);
    REF_MAGIC("\x52\x61\x72\x21\x1a", QUOTH_FORM_OTHER);
    REF_MAGIC("\x21\x42\x44\x4e", QUOTH_FORM_OTHER);
    return ref_at(p, n, 257, "ustar", 5) && n > 262 ? QUOTH_FORM_OTHER : QUOTH_FORM_TEXT;
}

static enum quoth_find_encoding ref_encoding(const char *p, size_t n)
{
    size_t even = 0, odd = 0;

    if (ref_at(p, n, 0, "\xff\xfe", 2))
        return QUOTH_FIND_UTF16LE;
    if (ref_at(p, n, 0, "\xfe\xff", 2))
        return QUOTH_FIND_UTF16BE;
    for (size_t i = 0; i < n; i += 2)
        even += p[i] == 0;
    for (size_t i = 1; i < n; i += 2)
        odd += p[i] == 0;
    if (odd >= n / 4 + 1 && even <= n / 32)
        return QUOTH_FIND_UTF16LE;
    return even >= n / 4 + 1 && odd <= n / 32 ? QUOTH_FIND_UTF16BE : QUOTH_FIND_UTF8;
}

static int ref_any(const struct ref_look *r, const char *const *words)
{
    for (; *words; words++)
        for (size_t i = 0; i < r->n; i++) {
            size_t k = 0;
            while (i + k < r->n && (*words)[k] &&
                   (*words)[k] == tolower((unsigned char)r->text[i + k]))
                k++;
            if (!(*words)[k])
                return 1;
        }
    return 0;
}

/* Lines end in LF, or all of them in CR. */
static char ref_eol(const struct ref_look *r) { return memchr(r->text, '\n', r->n) ? '\n' : '\r'; }

/* Fields from text[at] on, up to an empty line or the end, two of them usual ones. Of a text that
 * is cut the last line is none. */
static int ref_header(const struct ref_look *r, size_t at)
{
    static const char usual[] = " from to subject date received message-id reply-to mime-version "
                                "return-path delivered-to content-type ";
    unsigned fields = 0, known = 0;
    size_t end = r->n;
    const char eol = ref_eol(r);

    while (r->cut && end > 0 && r->text[end - 1] != eol)
        end--;
    for (size_t next; at < end && r->text[at] != '\n' && r->text[at] != '\r'; at = next) {
        char word[40] = " ";
        size_t n = 0;
        for (next = at; next < end && r->text[next] != eol;)
            next++;
        while (at + n < next && r->text[at + n] > 32 && r->text[at + n] < 127 &&
               r->text[at + n] != ':')
            n++;
        if (n && (at + n >= next || r->text[at + n] != ':'))
            return 0;
        if (!n && (!fields || (r->text[at] != ' ' && r->text[at] != '\t')))
            return 0;
        fields += n != 0;
        for (size_t i = 0; i < n && i < 30; i++)
            word[1 + i] = (char)tolower((unsigned char)r->text[at + i]);
        strcat(word, " ");
        known += n && n < 30 && strstr(usual, word);
        next += next < end;
    }
    return known >= 2;
}

static enum quoth_find_kind ref_kind(struct ref_look *r)
{
    static const char *const html[] = {"<!doctype", "<html", "<?xml", "<head", "<body",
                                       "<br",       "<p>",   "</",    "/>",    NULL};
    static const char *const sql[] = {"insert into ", "create table ", "-- mysql dump",
                                      "-- postgresql database dump", NULL};
    size_t skip = 0, i;
    char c;

    while (skip < r->n && r->text[skip] && strchr(" \t\r\n\357\273\277", r->text[skip]))
        skip++;
    r->n -= skip;
    memmove(r->text, r->text + skip, r->n);
    r->text[r->n] = 0;
    c = r->text[0];
    if (!strncmp(r->text, "From ", 5)) {
        const char *line = memchr(r->text, ref_eol(r), r->n);
        if (line && ref_header(r, (size_t)(line - r->text) + 1))
            return QUOTH_FIND_MAIL;
    }
    if (ref_header(r, 0))
        return QUOTH_FIND_MAIL;
    i = 1 + (r->n ? strspn(r->text + 1, " \t\r\n") : 0);
    if (i < r->n && r->text[i] &&
        ((c == '{' && strchr("\"}", r->text[i])) ||
         (c == '[' && strchr("\"{[]-0123456789", r->text[i]))))
        return QUOTH_FIND_JSON;
    if (c == '<' && ref_any(r, html))
        return QUOTH_FIND_HTML;
    return ref_any(r, sql) ? QUOTH_FIND_SQL : QUOTH_FIND_TEXT;
}

static void ref_look(struct ref_look *r, const char *p, size_t n)
{
    r->kind = QUOTH_FIND_TEXT;
    r->encoding = QUOTH_FIND_UTF8;
    r->form = ref_form(p, n);
    if (r->form != QUOTH_FORM_TEXT)
        return;
    r->cut = n > REF_LOOK;
    r->n = r->cut ? REF_LOOK : n;
    r->encoding = ref_encoding(p, r->n);
    if (r->encoding == QUOTH_FIND_UTF8) {
        memcpy(r->text, p, r->n);
        r->form = memchr(p, 0, r->n) ? QUOTH_FORM_BINARY : QUOTH_FORM_TEXT;
    } else { /* the half that says something */
        const size_t half = r->encoding == QUOTH_FIND_UTF16BE;
        n = r->n;
        r->n = 0;
        for (size_t i = half; i < n; i += 2)
            r->text[r->n++] = p[i];
        if (r->n && (r->text[0] == '\377' || r->text[0] == '\376'))
            r->text[0] = ' ';
    }
    r->text[r->n] = 0;
    r->kind = ref_kind(r);
}

#endif
