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
static int hidden_is(const struct quoth_find *f)
{
    size_t at = 0, used = 2, n = f->hidden_n;
    int is;

    while (at < n && f->hidden[at] == ' ')
        at++;
    if (at > HIDDEN_BLANKS)
        return HIDDEN_NO;
    if (at == n)
        return HIDDEN_BEGUN;
    if (at && f->hidden[at] == 'A') { /* in capitals, between blanks */
        if (n - at < 3)
            return n - at == 1 || f->hidden[at + 1] == 'T' ? HIDDEN_BEGUN : HIDDEN_NO;
        is = f->hidden[at + 1] == 'T' && f->hidden[at + 2] == ' ' ? HIDDEN_AT : HIDDEN_NO;
    } else {
        is = hidden_word(f->hidden + at, n - at, &used);
    }
    if (is == HIDDEN_AT || is == HIDDEN_DOT)
        for (at += used, used = at; at < n; at++)
            if (f->hidden[at] != ' ' || at - used == HIDDEN_BLANKS)
                return HIDDEN_NO;
    return is;
}

/* A byte as it stands, which must not look like a mark. */
static void hidden_put(struct quoth_find *f, uint8_t c, uint8_t source)
{
    quoth_find_put(f, c == FIND_AT || c == FIND_DOT ? 3 : c, source);
}

/* The first n bytes held become one mark; those behind stay. */
static void hidden_mark(struct quoth_find *f, int n, uint8_t mark)
{
    for (int i = 0; i < n - 1; i++)
        quoth_find_swallow(f, f->hidden_source[i]);
    quoth_find_put(f, mark, f->hidden_source[n - 1]);
    f->hidden_n = (uint8_t)(f->hidden_n - n);
    memmove(f->hidden, f->hidden + n, f->hidden_n);
    memmove(f->hidden_source, f->hidden_source + n, f->hidden_n);
}

/* The first byte held begins nothing. */
static void hidden_release(struct quoth_find *f)
{
    const uint8_t c = f->hidden[0];
    hidden_mark(f, 1, c == FIND_AT || c == FIND_DOT ? 3 : c);
}

/* Without the last byte held it was a whole word: then that is one. */
static int hidden_whole(struct quoth_find *f)
{
    const uint8_t n = f->hidden_n;
    int is;

    f->hidden_n = (uint8_t)(n - 1);
    is = n > 1 ? hidden_is(f) : HIDDEN_NO;
    f->hidden_n = n;
    if (is != HIDDEN_AT && is != HIDDEN_DOT)
        return 0;
    hidden_mark(f, n - 1, is == HIDDEN_AT ? FIND_AT : FIND_DOT);
    return 1;
}

/* The keyed hex of data-cfemail: the first byte is the key. 1: it is part of it. */
static int hidden_keyed(struct quoth_find *f, uint8_t c, uint8_t source)
{
    if (f->cf_n < HIDDEN_KEY) {
        f->cf_n = (uint8_t)(c == hidden_attribute[f->cf_n] ? f->cf_n + 1 : c == 'd');
        f->cf_half = 0;
        return 0;
    }
    if (!find_is_hex(c)) {
        f->cf_n = 0;
        return 0;
    }
    quoth_find_swallow(f, source);
    if (!f->cf_half) {
        f->cf_half = (uint8_t)(0x10 | find_hex(c));
        return 1;
    }
    c = (uint8_t)((unsigned)f->cf_half << 4 | find_hex(c));
    f->cf_half = 0;
    if (f->cf_n == HIDDEN_KEY)
        f->cf_key = c;
    else if ((c ^ f->cf_key) == '@')
        quoth_find_put(f, FIND_AT, 0);
    else
        hidden_put(f, c ^ f->cf_key, 0);
    f->cf_n = HIDDEN_TEXT;
    return 1;
}

void quoth_find_hidden_end(struct quoth_find *f)
{
    while (f->hidden_n) {
        const int is = hidden_is(f);
        if (is == HIDDEN_AT || is == HIDDEN_DOT)
            hidden_mark(f, f->hidden_n, is == HIDDEN_AT ? FIND_AT : FIND_DOT);
        else
            hidden_release(f);
    }
}

void quoth_find_in_hidden(struct quoth_find *f, uint8_t c, uint8_t source)
{
    if (!(f->options & QUOTH_FIND_OBSCURED)) {
        quoth_find_put(f, c, source);
        return;
    }
    if (hidden_keyed(f, c, source))
        return;
    f->hidden[f->hidden_n] = c;
    f->hidden_source[f->hidden_n++] = source;
    while (f->hidden_n && (hidden_is(f) == HIDDEN_NO || f->hidden_n == sizeof f->hidden))
        if (!hidden_whole(f))
            hidden_release(f);
}
