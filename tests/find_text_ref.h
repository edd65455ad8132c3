/* find_text_ref.h - what the bytes of a text mean: a plain reference for core/find, which has all
 * of them before it, and makes one text of another step by step:
 *
 *     bytes -> characters of UTF-16 -> escapes of HTML, JSON, SQL -> hidden addresses -> find_ref.h
 *
 * SPDX-License-Identifier: MIT */
#ifndef FIND_TEXT_REF_H
#define FIND_TEXT_REF_H

#include "find_ref.h"

enum { REF_TEXT = 120000 };
/* Bytes, and for each of them where the input goes on behind what it stands for. */
struct ref_text {
    char p[REF_TEXT];
    unsigned end[REF_TEXT];
    size_t n;
};

static void ref_put(struct ref_text *out, char c, unsigned end)
{
    out->p[out->n] = c;
    out->end[out->n++] = end;
}

static void ref_put_char(struct ref_text *out, unsigned long c, unsigned end)
{
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = 0xfffd;
    if (c < 0x80) {
        ref_put(out, (char)c, end);
    } else if (c < 0x800) {
        ref_put(out, (char)(0xc0 + c / 64), end);
    } else if (c < 0x10000) {
        ref_put(out, (char)(0xe0 + c / 4096), end);
        ref_put(out, (char)(0x80 + c / 64 % 64), end);
    } else {
        ref_put(out, (char)(0xf0 + c / 262144), end);
        ref_put(out, (char)(0x80 + c / 4096 % 64), end);
        ref_put(out, (char)(0x80 + c / 64 % 64), end);
    }
    if (c >= 0x80)
        ref_put(out, (char)(0x80 + c % 64), end);
}

static unsigned ref_unit(const char *p, int big)
{
    return (unsigned)(unsigned char)p[!big] * 256u + (unsigned char)p[big];
}

/* The bytes as they are, or the characters of UTF-16; half of one at the end is none. */
static void ref_characters(struct ref_text *out, enum quoth_find_encoding encoding, const char *p,
                           size_t n)
{
    const int big = encoding == QUOTH_FIND_UTF16BE;

    out->n = 0;
    if (encoding == QUOTH_FIND_UTF8) {
        for (size_t i = 0; i < n; i++)
            ref_put(out, p[i], (unsigned)i + 1);
        return;
    }
    for (size_t i = 0; i + 2 <= n; i += 2) {
        const unsigned unit = ref_unit(p + i, big);
        const unsigned next = i + 4 <= n ? ref_unit(p + i + 2, big) : 0;
        if (unit >= 0xd800 && unit < 0xdc00 && i + 4 > n)
            return;
        if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
            i += 2;
            ref_put_char(out, 0x10000 + (unit - 0xd800) * 1024ul + (next - 0xdc00),
                         (unsigned)i + 2);
        } else {
            ref_put_char(out, unit, (unsigned)i + 2);
        }
    }
}

/* ---- escapes ------------------------------------------------------------ */

/* Each of these: how many bytes from p[0], of n, are an escape, and what it means; 0: none. */
static size_t ref_html(const char *p, size_t n, unsigned long *c)
{
    static const struct {
        const char *name;
        unsigned c;
    } names[] = {{"commat", '@'},  {"period", '.'}, {"lowbar", '_'}, {"plus", '+'},
                 {"hyphen", '-'},  {"dash", '-'},   {"apos", '\''},  {"quot", '"'},
                 {"nbsp", ' '},    {"shy", 0xad},   {"amp", '&'},    {"lt", '<'},
                 {"gt", '>'},      {"colon", ':'},  {"equals", '='}, {"comma", ','},
                 {"zwnj", 0x200c}, {"zwj", 0x200d}, {"lrm", 0x200e}, {"rlm", 0x200f}};
    char text[10] = "", *end;
    const char *semicolon = memchr(p, ';', n < 12 ? n : 12);
    size_t len;

    if (n > 4 && quoth_same(p, 4, "<wbr", 4) && ref_in(p[4], "> /\t\r\n"))
        return *c = 0xad, 5;
    len = *p & 0x80 ? ref_char(p, 0, n, c) : 0;
    if (len && ref_unseen(*c))
        return len;
    if (*p == '%' && n > 2 && p[1] == '4' && p[2] == '0') {
        *c = '@';
        return 3;
    }
    if (*p != '&' || !semicolon || semicolon - p < 3)
        return 0;
    len = (size_t)(semicolon - p - 1);
    if (p[1] == '#') {
        const int hex = p[2] == 'x' || p[2] == 'X';
        memcpy(text, p + 2 + hex, len - 1 - (size_t)hex);
        *c = strtoul(text, &end, hex ? 16 : 10);
        return isxdigit((unsigned char)*text) && !*end && !(hex && text[1] == 'x') ? len + 2 : 0;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t same = 0;
        while (same < len && tolower((unsigned char)p[1 + same]) == names[i].name[same])
            same++;
        *c = names[i].c;
        if (same == len && !names[i].name[len])
            return len + 2;
    }
    return 0;
}

static size_t ref_letter(char c, unsigned long *means)
{
    *means = ref_in(c, "nrtbf") ? '\n' : (unsigned char)c;
    return c & 0x80 ? 0 : 2;
}

static size_t ref_json(const char *p, size_t n, unsigned long *c)
{
    char four[5] = "";

    if (*p != '\\' || n < 2)
        return 0;
    if (p[1] != 'u')
        return ref_letter(p[1], c);
    for (size_t i = 2; i < 6; i++)
        if (i >= n || !isxdigit((unsigned char)p[i]))
            return 0;
    memcpy(four, p + 2, 4);
    *c = strtoul(four, NULL, 16);
    return 6;
}

static size_t ref_sql(const char *p, size_t n, unsigned long *c)
{
    *c = '\'';
    if (n > 1 && *p == '\'' && p[1] == '\'')
        return 2;
    return n > 1 && *p == '\\' ? ref_letter(p[1], c) : 0;
}

/* Does more stand before text[i + n) than a source can count, which begins at input[from]? */
static int ref_too_much(const struct ref_text *in, size_t i, size_t n, unsigned from)
{
    const size_t last = i + n - !!n;
    unsigned lines = 0;

    for (size_t k = last + 1; k-- && in->end[k] > from;)
        lines += in->p[k] == '\n';
    return in->end[last] - from > 63 || lines > 3;
}

static void ref_escapes(struct ref_text *out, enum quoth_find_kind kind, const struct ref_text *in)
{
    unsigned from = 0; /* where the input goes on behind the byte before */
    int in_break = 0;

    out->n = 0;
    for (size_t i = 0, n; i < in->n; i += n) {
        const char *p = in->p + i;
        const unsigned before = i ? in->end[i - 1] : 0;
        unsigned long c = 0;
        n = kind == QUOTH_FIND_HTML   ? ref_html(p, in->n - i, &c)
            : kind == QUOTH_FIND_JSON ? ref_json(p, in->n - i, &c)
            : kind == QUOTH_FIND_SQL  ? ref_sql(p, in->n - i, &c)
                                      : 0;
        if (in_break) {
            n = 1;
            c = 0xad;
        }
        if (in_break || (n == 5 && *p == '<'))
            in_break = p[n - 1] != '>';
        if (before > from && ref_too_much(in, i, n, from)) {
            ref_put_char(out, 0x2060, before);
            from = before;
        }
        if (n && kind == QUOTH_FIND_HTML && ref_unseen(c))
            continue;
        from = in->end[i + n - !!n];
        if (n)
            ref_put_char(out, c, from);
        else
            ref_put(out, *p, from);
        n += !n;
    }
}

/* In HTML, a tag within a line that stands behind a word ends in 0xff; how far its '>' is makes no
 * difference. Of what is before it, four bytes count. */
static void ref_joints(struct ref_text *text)
{
    for (size_t i = 0, n; i < text->n; i += n) {
        char four[5] = "";
        const struct ref before = {.text = four, .n = 4};
        const char *inner;
        const int comment = text->n - i >= 4 && !memcmp(text->p + i, "<!--", 4);
        n = ref_tag(text->p, i, text->n, ">");
        if (comment && text->p[i + n - 1] != '>')
            return;
        if (!n || text->p[i + n - 1] != '>') {
            n = 1;
            continue;
        }
        inner = memchr(text->p + i + 1, '<', n - 1);
        if (inner && !comment) {
            n = (size_t)(inner - (text->p + i));
            continue;
        }
        for (size_t k = 4, from = i; k && from; from--)
            if (from > 2 && !memcmp(text->p + from - 3, "\xe2\x81\xa0", 3))
                from -= 2;
            else
                four[--k] = text->p[from - 1];
        if (ref_went_on(&before, 4))
            text->p[i + n - 1] = '\xff';
    }
}

/* ---- hidden addresses --------------------------------------------------- */

/* An "at" or a "dot" from p[0] on, with as many blanks as it may have: its bytes; *mark: 1, 2. */
static size_t ref_hidden_word(const char *p, char *mark)
{
    static const struct {
        const char *text;
        char mark;
    } words[] = {{"[at]", 1}, {"(at)", 1},  {"{at}", 1},  {"<at>", 1},  {"[@]", 1},
                 {"(@)", 1},  {"[dot]", 2}, {"(dot)", 2}, {"{dot}", 2}, {"[.]", 2}};
    const size_t before = strspn(p, " ");
    size_t n = 0;

    if (before > 2)
        return 0;
    if (before && !strncmp(p + before, "AT ", 3)) {
        *mark = 1;
        n = before + 2;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t same = 0;
        while (words[i].text[same] &&
               tolower((unsigned char)p[before + same]) == words[i].text[same])
            same++;
        if (!words[i].text[same]) {
            *mark = words[i].mark;
            n = before + same;
        }
    }
    for (int blanks = 0; n && blanks < 2 && p[n] == ' '; blanks++)
        n++;
    return n;
}

static int ref_two(const char *p)
{
    const char two[3] = {p[0], p[0] ? p[1] : ' ', 0};
    return isxdigit((unsigned char)two[0]) && isxdigit((unsigned char)two[1])
               ? (int)strtol(two, NULL, 16)
               : -1;
}

static char ref_unlike(char c) { return ref_in(c, "\1\2") ? 3 : c; }

static void ref_hidden(struct ref_text *out, unsigned options, struct ref_text *in)
{
    static const char keyed[] = "data-cfemail=\"";
    size_t free = 0; /* of keyed bytes, from here on */

    out->n = 0;
    in->p[in->n] = 0;
    for (size_t i = 0; i < in->n;) {
        char mark = 0;
        const size_t n = options & QUOTH_FIND_OBSCURED ? ref_hidden_word(in->p + i, &mark) : 0;
        if (n)
            ref_put(out, mark, in->end[i + n - 1]);
        else
            ref_put(out, options & QUOTH_FIND_OBSCURED ? ref_unlike(in->p[i]) : in->p[i],
                    in->end[i]);
        i += n ? n : 1;
        if (options & QUOTH_FIND_OBSCURED && i >= free + sizeof keyed - 1 &&
            !memcmp(in->p + i - (sizeof keyed - 1), keyed, sizeof keyed - 1)) {
            const int key = ref_two(in->p + i);
            for (i += key >= 0 ? 2 : 0; key >= 0 && ref_two(in->p + i) >= 0; i += 2) {
                const char c = (char)(ref_two(in->p + i) ^ key);
                ref_put(out, c == '@' ? 1 : ref_unlike(c), in->end[i + 1]);
            }
            i += isxdigit((unsigned char)in->p[i]) ? 1 : 0; /* half a byte */
            free = i;
        }
    }
    out->p[out->n] = 0;
}

#endif
