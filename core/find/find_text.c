/* find_text.c - escapes of HTML, JSON and SQL read as what they mean.
 *
 *   HTML   & name ;   &# digits ;   &#x hex ;   %40   <wbr>, U+00AD ...: nothing   <b>: a joint
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
    const int n = 2 + (c >= 0x800) + (c >= 0x10000);
    for (int i = n - 1; i; i--, c >>= 6)
        utf8[i] = (uint8_t)(0x80 | (c & 0x3f));
    utf8[0] = (uint8_t)((0xf00 >> n & 0xff) | c);
    return n;
}

/* The source of all that is held. */
static uint8_t text_source(const struct quoth_find *find)
{
    uint8_t source = 0;

    for (int i = 0; i < find->held_n; i++)
        quoth_find_add(&source, find->held_source[i]); /* twelve characters have room */
    return source;
}

/* More is passed over than a source can count. */
static void text_gap(struct quoth_find *find)
{
    for (const char *gap = FIND_GAP; *gap; gap++) {
        quoth_find_in_hidden(find, (uint8_t)*gap, find->skipped);
        find->skipped = 0;
    }
}

/* Where a tag within a line ends that stands behind a word, its '>' becomes FIND_JOINT: what comes
 * is part of that word. How long the tag is makes no difference. */
enum { TAG_NONE, TAG_NAME, TAG_OTHER, TAG_JOINT, TAG_COMMENT };

static uint8_t text_tag(struct quoth_find *find, uint8_t c)
{
    const uint32_t last = find->last;
    uint8_t four[4];

    if ((last & 0xffffff) == 0x3c212d && c == '-') /* <!-- */
        find->tag = TAG_COMMENT;
    if (find->tag == TAG_COMMENT && (last & 0xffff) == 0x2d2d && c == '>')
        find->tag = find->joined ? TAG_JOINT : TAG_OTHER;
    if (find->tag == TAG_NAME && (quoth_is_alpha(c) || (!find->tag_n && find_is_in(c, "!/")))) {
        if (find->tag_n < sizeof find->tag_name)
            find->tag_name[find->tag_n++] = c;
    } else if (find->tag == TAG_NAME) {
        find->tag = TAG_OTHER;
        if (find->joined && quoth_find_is_inline(find->tag_name, find->tag_n, c))
            find->tag = TAG_JOINT;
    }
    if (c == '>' && find->tag != TAG_COMMENT) {
        if (find->tag == TAG_JOINT)
            c = FIND_JOINT;
        find->tag = TAG_NONE;
    } else if (c == '<' && find->tag != TAG_COMMENT) {
        for (int i = 0; i < 4; i++)
            four[i] = (uint8_t)(last >> (24 - 8 * i));
        find->tag = TAG_NAME;
        find->tag_n = 0;
        find->joined = (uint8_t)quoth_find_is_word(four, sizeof four);
    }
    find->last = last << 8 | c;
    return c;
}

/* A byte on its way down, with what was passed over before it. */
static void text_pass(struct quoth_find *find, uint8_t c, uint8_t source)
{
    if (find->syntax == QUOTH_FIND_HTML)
        c = text_tag(find, c);
    if (!quoth_find_add(&source, find->skipped))
        text_gap(find);
    find->skipped = 0;
    quoth_find_in_hidden(find, c, source);
}

/* What is held is not seen on a page: a word goes on behind it. */
static void text_skip(struct quoth_find *find)
{
    const uint8_t source = text_source(find);

    if (!quoth_find_add(&find->skipped, source)) {
        text_gap(find);
        find->skipped = source;
    }
    find->held_n = 0;
}

/* The character c stands for all that is held. */
static void text_means(struct quoth_find *find, uint32_t c)
{
    uint8_t utf8[4];
    int n;

    if (c > 0x10ffff) /* half a pair is no UTF-8, and no letter either */
        c = 0xfffd;
    if (find->syntax == QUOTH_FIND_HTML && quoth_find_is_unseen(c)) {
        text_skip(find);
        return;
    }
    n = quoth_find_encode(c, utf8);
    for (int i = 0; i < n; i++)
        text_pass(find, utf8[i], i ? 0 : text_source(find));
    find->held_n = 0;
}

void quoth_find_text_end(struct quoth_find *find)
{
    for (int i = 0; i < find->held_n; i++)
        text_pass(find, find->held[i], find->held_source[i]);
    find->held_n = 0;
}

/* Held back here and below comes first. */
void quoth_find_cut(struct quoth_find *find, uint8_t mark)
{
    quoth_find_text_end(find);
    quoth_find_hidden_end(find);
    find->cut = 1;
    find->next_mark = mark;
}

/* ---- HTML --------------------------------------------------------------- */

static void text_named(struct quoth_find *find)
{
    static const struct {
        char name[7];
        uint16_t c;
    } names[] = {{"commat", '@'},  {"period", '.'}, {"lowbar", '_'}, {"plus", '+'},
                 {"hyphen", '-'},  {"dash", '-'},   {"apos", '\''},  {"quot", '"'},
                 {"nbsp", ' '},    {"shy", 0xad},   {"amp", '&'},    {"lt", '<'},
                 {"gt", '>'},      {"colon", ':'},  {"equals", '='}, {"comma", ','},
                 {"zwnj", 0x200c}, {"zwj", 0x200d}, {"lrm", 0x200e}, {"rlm", 0x200f}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (quoth_same((const char *)find->held + 1, find->held_n - 2u, names[i].name,
                       strlen(names[i].name))) {
            text_means(find, names[i].c);
            return;
        }
}

/* Held is &#64; or &#x40; with its semicolon. No digits are U+0000, which ends an address, too. */
static void text_numbered(struct quoth_find *find)
{
    const int hex = (find->held[2] | 0x20) == 'x';
    uint32_t c = 0;

    for (int i = 2 + hex; i < find->held_n - 1; i++) {
        if (hex ? !find_is_hex(find->held[i]) : !quoth_is_digit(find->held[i]))
            return;
        c = c < 0x110000 ? c * (hex ? 16 : 10) + find_hex(find->held[i]) : c;
    }
    text_means(find, c);
}

/* What is held ends in ';'. */
static void text_entity(struct quoth_find *find)
{
    if (find->held[1] == '#')
        text_numbered(find);
    else
        text_named(find);
    quoth_find_text_end(find); /* it was none */
}

/* Held begins like U+00AD, U+200B or U+FEFF: where it is such a character, nothing. */
static int text_wide(struct quoth_find *find)
{
    const size_t n = find->held_n;
    uint32_t c = 0;

    if (n > 1 && (find->held[n - 1] & 0xc0) != 0x80)
        return 0;
    if (n < 2u + (find->held[0] >= 0xe0) + (find->held[0] >= 0xf0))
        return 1;
    quoth_utf8(&c, (const char *)find->held, n); /* bytes that begin so are one */
    if (!quoth_find_is_unseen(c))
        return 0;
    text_skip(find);
    return 1;
}

/* <wbr>, <wbr/>, <wbr class=x> */
static int text_break(struct quoth_find *find)
{
    const size_t n = find->held_n;
    const int c = find->held[n - 1];

    if (n < 5)
        return quoth_same((const char *)find->held, n, "<wbr", n);
    if (!find_is_in(c, ">/ \t\r\n"))
        return 0;
    find->in_break = c != '>';
    text_skip(find);
    return 1;
}

/* Held is the beginning of an escape: 1 when it was one with its last byte, or goes on. */
static int text_html(struct quoth_find *find)
{
    const int n = find->held_n, c = find->held[n - 1];

    if (find->in_break) {
        find->in_break = c != '>';
        text_skip(find);
        return 1;
    }
    if (find_is_in(find->held[0], "\xc2\xcd\xd8\xe1\xe2\xef\xf3"))
        return text_wide(find);
    if (find->held[0] == '<')
        return text_break(find);
    if (find->held[0] == '%') {
        if (n == 3 && c == '0')
            text_means(find, '@');
        return n == 1 || (n == 2 && c == '4') || !find->held_n;
    }
    if (find->held[0] != '&')
        return 0;
    if (c == ';') {
        text_entity(find);
        return 1;
    }
    return n == 1 || (n < (int)sizeof find->held && (quoth_is_alnum(c) || (n == 2 && c == '#')));
}

/* ---- JSON, SQL ---------------------------------------------------------- */

/* A letter behind a backslash; a byte of a longer character stays as it is. */
static int text_letter(struct quoth_find *find, int c)
{
    if (c >= 0x80)
        return 0;
    text_means(find, find_is_in(c, "nrtbf") ? '\n' : (uint32_t)c);
    return 1;
}

static int text_json(struct quoth_find *find)
{
    const int n = find->held_n, c = find->held[n - 1];
    uint32_t value = 0;

    if (find->held[0] != '\\')
        return 0;
    if (n == 1)
        return 1;
    if (find->held[1] != 'u')
        return text_letter(find, c);
    if (n > 2 && !find_is_hex(c))
        return 0;
    for (int i = 2; i < n; i++)
        value = value << 4 | find_hex(find->held[i]);
    if (n == 6)
        text_means(find, value);
    return 1;
}

static int text_sql(struct quoth_find *find)
{
    const int n = find->held_n, c = find->held[n - 1];

    if (n == 1)
        return c == '\\' || c == '\'';
    if (find->held[0] == '\\')
        return text_letter(find, c);
    if (c != '\'')
        return 0;
    text_means(find, '\'');
    return 1;
}

/* -------------------------------------------------------------------------- */

static int text_holds(struct quoth_find *find)
{
    switch (find->syntax) {
    case QUOTH_FIND_HTML: return text_html(find);
    case QUOTH_FIND_JSON: return text_json(find);
    case QUOTH_FIND_SQL: return text_sql(find);
    default: return 0;
    }
}

void quoth_find_in_text(struct quoth_find *find, uint8_t c, uint8_t source)
{
    find->held[find->held_n] = c;
    find->held_source[find->held_n++] = source;
    if (text_holds(find))
        return;
    if (find->held_n == 1) {
        find->held_n = 0;
        text_pass(find, c, source);
        return;
    }
    find->held_n--; /* none; the last byte may begin one */
    quoth_find_text_end(find);
    quoth_find_in_text(find, c, source);
}
