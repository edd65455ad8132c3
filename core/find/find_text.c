/* find_text.c - escapes of HTML, JSON and SQL read as what they mean.
 *
 *   HTML   & name ;   &# digits ;   &#x hex ;   %40
 *   JSON   \ n   \ u hex hex hex hex
 *   SQL    ' '   \ '
 *
 * From its first byte on an escape is held back. What turns out to be none is passed on as it is.
 *
 * SPDX-License-Identifier: MIT */
#include "find_inner.h"

int quoth_find_encode(uint32_t c, uint8_t utf8[4])
{
    if (c < 0x80) {
        utf8[0] = (uint8_t)c;
        return 1;
    }
    const int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int i = n - 1; i; i--, c >>= 6)
        utf8[i] = (uint8_t)(0x80 | (c & 0x3f));
    utf8[0] = (uint8_t)((0xf00 >> n & 0xff) | c);
    return n;
}

/* The source of all that is held. */
static uint8_t text_source(const struct quoth_find *f)
{
    uint8_t source = 0;

    for (int i = 0; i < f->held_n; i++)
        source = (uint8_t)(((source & FIND_SOURCE_MAX) + (f->held_source[i] & FIND_SOURCE_MAX)) |
                           ((source | f->held_source[i]) & FIND_NEWLINE));
    return source;
}

/* The character c stands for all that is held. */
static void text_means(struct quoth_find *f, uint32_t c)
{
    uint8_t utf8[4];
    int n;

    if (c > 0x10ffff || c >> 11 == 0x1b)
        c = 0xfffd;
    n = quoth_find_encode(c, utf8);
    for (int i = 0; i < n; i++)
        quoth_find_in_hidden(f, utf8[i], i ? 0 : text_source(f));
    f->held_n = 0;
}

void quoth_find_text_end(struct quoth_find *f)
{
    for (int i = 0; i < f->held_n; i++)
        quoth_find_in_hidden(f, f->held[i], f->held_source[i]);
    f->held_n = 0;
}

/* Held back here and below comes first. */
void quoth_find_cut(struct quoth_find *f, uint8_t mark)
{
    quoth_find_text_end(f);
    quoth_find_hidden_end(f);
    f->cut = 1;
    f->next_mark = mark;
}

/* ---- HTML --------------------------------------------------------------- */

static int text_named(struct quoth_find *f)
{
    static const struct {
        char name[7];
        uint16_t c;
    } names[] = {{"commat", '@'}, {"period", '.'}, {"lowbar", '_'}, {"plus", '+'},
                 {"hyphen", '-'}, {"dash", '-'},   {"apos", '\''},  {"quot", '"'},
                 {"nbsp", ' '},   {"shy", 0xad},   {"amp", '&'},    {"lt", '<'},
                 {"gt", '>'},     {"colon", ':'},  {"equals", '='}, {"comma", ','}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (quoth_same((const char *)f->held + 1, f->held_n - 2u, names[i].name,
                       strlen(names[i].name))) {
            text_means(f, names[i].c);
            return 1;
        }
    return 0;
}

/* Held is &#64; or &#x40; with its semicolon. */
static int text_numbered(struct quoth_find *f)
{
    const int hex = (f->held[2] | 0x20) == 'x';
    uint32_t c = 0;

    if (f->held_n < 4 + hex)
        return 0;
    for (int i = 2 + hex; i < f->held_n - 1; i++) {
        if (hex ? !find_is_hex(f->held[i]) : !quoth_is_digit(f->held[i]))
            return 0;
        c = c < 0x110000 ? c * (hex ? 16 : 10) + find_hex(f->held[i]) : c;
    }
    text_means(f, c);
    return 1;
}

/* What is held ends in ';'. */
static void text_entity(struct quoth_find *f)
{
    if (f->held[1] == '#' ? !text_numbered(f) : !text_named(f))
        quoth_find_text_end(f);
}

/* Held is the beginning of an escape: 1 when it was one with its last byte, or goes on. */
static int text_html(struct quoth_find *f)
{
    const int n = f->held_n, c = f->held[n - 1];

    if (f->held[0] == '%') {
        if (n == 3 && c == '0')
            text_means(f, '@');
        return n == 1 || (n == 2 && c == '4') || !f->held_n;
    }
    if (f->held[0] != '&')
        return 0;
    if (n > 1 && c == ';') {
        text_entity(f);
        return 1;
    }
    return n == 1 || (n < (int)sizeof f->held && (quoth_is_alnum(c) || (n == 2 && c == '#')));
}

/* ---- JSON, SQL ---------------------------------------------------------- */

static void text_letter(struct quoth_find *f, int c)
{
    text_means(f, find_is_in(c, "nrtbf") ? '\n' : (uint32_t)c);
}

static int text_json(struct quoth_find *f)
{
    const int n = f->held_n, c = f->held[n - 1];
    uint32_t value = 0;

    if (f->held[0] != '\\')
        return 0;
    if (n == 1)
        return 1;
    if (f->held[1] != 'u') {
        text_letter(f, c);
        return 1;
    }
    if (n > 2 && !find_is_hex(c))
        return 0;
    for (int i = 2; i < n; i++)
        value = value << 4 | find_hex(f->held[i]);
    if (n == 6)
        text_means(f, value);
    return 1;
}

static int text_sql(struct quoth_find *f)
{
    const int n = f->held_n, c = f->held[n - 1];

    if (n == 1)
        return c == '\\' || c == '\'';
    if (f->held[0] == '\\')
        text_letter(f, c);
    else if (c == '\'')
        text_means(f, '\'');
    else
        return 0;
    return 1;
}

/* -------------------------------------------------------------------------- */

static int text_holds(struct quoth_find *f)
{
    switch (f->syntax) {
    case QUOTH_FIND_HTML: return text_html(f);
    case QUOTH_FIND_JSON: return text_json(f);
    case QUOTH_FIND_SQL: return text_sql(f);
    default: return 0;
    }
}

void quoth_find_in_text(struct quoth_find *f, uint8_t c, uint8_t source)
{
    f->held[f->held_n] = c;
    f->held_source[f->held_n++] = source;
    if (text_holds(f))
        return;
    if (f->held_n == 1) {
        f->held_n = 0;
        quoth_find_in_hidden(f, c, source);
        return;
    }
    f->held_n--; /* none; the last byte may begin one */
    quoth_find_text_end(f);
    quoth_find_in_text(f, c, source);
}
