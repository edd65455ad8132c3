/* find_hidden.c - addresses written so that programs do not find them, read on request alone.
 *
 *   jane [at] example (dot) com    jane AT example.com      <a data-cfemail="keyed hex">
 *
 * With QUOTH_FIND_OBSCURED such an "at" goes into the window as FIND_AT, such a "dot" as FIND_DOT,
 * so that the rules for what is around an '@' hold here too, and a hit can be told from others. The
 * bare words never count.
 *
 * SPDX-License-Identifier: MIT */
#include "find_inner.h"

enum { HIDDEN_NO, HIDDEN_BEGUN, HIDDEN_AT, HIDDEN_DOT };
enum { HIDDEN_BLANKS = 2 };

static const char hidden_attribute[] = "data-cfemail=\"";
enum { HIDDEN_KEY = sizeof hidden_attribute - 1, HIDDEN_TEXT };

/* The longest is held with a byte more. */
_Static_assert(sizeof((struct quoth_find *)0)->hidden > HIDDEN_BLANKS + 5 + HIDDEN_BLANKS,
               "[dot] and its blanks");

/* Is the text [n) the beginning of the word, in any case? */
static int hidden_begins(const uint8_t *text, size_t n, const char *word)
{
    const size_t m = strlen(word);
    return quoth_same((const char *)text, n < m ? n : m, word, n < m ? n : m);
}

/* The word in brackets from text[0], an opening bracket, on; *used: its bytes. */
static int hidden_word(const uint8_t *text, size_t n, size_t *used)
{
    static const struct {
        char text[6];
        uint8_t is;
    } words[] = {{"[at]", HIDDEN_AT},   {"(at)", HIDDEN_AT},   {"{at}", HIDDEN_AT},
                 {"<at>", HIDDEN_AT},   {"[@]", HIDDEN_AT},    {"(@)", HIDDEN_AT},
                 {"[dot]", HIDDEN_DOT}, {"(dot)", HIDDEN_DOT}, {"{dot}", HIDDEN_DOT},
                 {"[.]", HIDDEN_DOT}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hidden_begins(text, n, words[i].text)) {
            *used = strlen(words[i].text);
            return n < *used ? HIDDEN_BEGUN : words[i].is;
        }
    return HIDDEN_NO;
}

/* What is held: blanks, a word, blanks. */
static int hidden_is(const struct quoth_find *find)
{
    size_t at = 0, used = 2, n = find->hidden_n;
    int is;

    while (at < n && find->hidden[at] == ' ')
        at++;
    if (at > HIDDEN_BLANKS)
        return HIDDEN_NO;
    if (at == n)
        return HIDDEN_BEGUN;
    if (at && find->hidden[at] == 'A') { /* in capitals, between blanks */
        if (n - at < 3)
            return n - at == 1 || find->hidden[at + 1] == 'T' ? HIDDEN_BEGUN : HIDDEN_NO;
        is = find->hidden[at + 2] == ' ' ? HIDDEN_AT : HIDDEN_NO;
    } else {
        is = hidden_word(find->hidden + at, n - at, &used);
    }
    if (is == HIDDEN_AT || is == HIDDEN_DOT)
        for (at += used, used = at; at < n; at++)
            if (find->hidden[at] != ' ' || at - used == HIDDEN_BLANKS)
                return HIDDEN_NO;
    return is;
}

/* A byte as it stands, which must not look like a mark. */
static uint8_t hidden_plain(unsigned c) { return c == FIND_AT || c == FIND_DOT ? 3 : (uint8_t)c; }

/* The first n bytes held become one mark; those behind stay. */
static void hidden_mark(struct quoth_find *find, int n, uint8_t mark)
{
    for (int i = 0; i < n - 1; i++)
        quoth_find_swallow(find, find->hidden_source[i]);
    quoth_find_put(find, mark, find->hidden_source[n - 1]);
    find->hidden_n = (uint8_t)(find->hidden_n - n);
    memmove(find->hidden, find->hidden + n, find->hidden_n);
    memmove(find->hidden_source, find->hidden_source + n, find->hidden_n);
}

/* The first byte held begins nothing. */
static void hidden_release(struct quoth_find *find)
{
    hidden_mark(find, 1, hidden_plain(find->hidden[0]));
}

/* Without the last byte held it was a whole word: then that is one. */
static int hidden_whole(struct quoth_find *find)
{
    const uint8_t n = find->hidden_n;
    int is;

    find->hidden_n = (uint8_t)(n - 1);
    is = hidden_is(find);
    find->hidden_n = n;
    if (is != HIDDEN_AT && is != HIDDEN_DOT)
        return 0;
    hidden_mark(find, n - 1, is == HIDDEN_AT ? FIND_AT : FIND_DOT);
    return 1;
}

/* The keyed hex of data-cfemail: the first byte is the key. 1: it is part of it. */
static int hidden_keyed(struct quoth_find *find, uint8_t c, uint8_t source)
{
    if (find->cf_n < HIDDEN_KEY) {
        find->cf_n = (uint8_t)(c == hidden_attribute[find->cf_n] ? find->cf_n + 1 : c == 'd');
        find->cf_half = 0;
        return 0;
    }
    if (!find_is_hex(c)) {
        find->cf_n = 0;
        return 0;
    }
    quoth_find_swallow(find, source);
    if (!find->cf_half) {
        find->cf_half = (uint8_t)(0x10 | find_hex(c));
        return 1;
    }
    c = (uint8_t)((unsigned)find->cf_half << 4 | find_hex(c));
    find->cf_half = 0;
    if (find->cf_n == HIDDEN_KEY)
        find->cf_key = c;
    else
        quoth_find_put(find, (c ^ find->cf_key) == '@' ? FIND_AT : hidden_plain(c ^ find->cf_key),
                       0);
    find->cf_n = HIDDEN_TEXT;
    return 1;
}

/* An "at" or a "dot" with nothing behind it is none. */
void quoth_find_hidden_end(struct quoth_find *find)
{
    while (find->hidden_n)
        hidden_release(find);
}

void quoth_find_in_hidden(struct quoth_find *find, uint8_t c, uint8_t source)
{
    if (!(find->options & QUOTH_FIND_OBSCURED)) {
        quoth_find_put(find, c, source);
        return;
    }
    if (hidden_keyed(find, c, source))
        return;
    find->hidden[find->hidden_n] = c;
    find->hidden_source[find->hidden_n++] = source;
    while (find->hidden_n && hidden_is(find) == HIDDEN_NO)
        if (!hidden_whole(find))
            hidden_release(find);
}
