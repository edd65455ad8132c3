/* find_inner.h - what the files of core/find share.
 *
 *   bytes -> find.c -> find_mail.c -> find_text.c -> find_hidden.c -> find_window.c -> find_at.c
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_FIND_INNER_H
#define QUOTH_FIND_INNER_H

#include "inner.h"
#include "quoth_find.h"

/* A source: how many bytes of input a byte stands for, and in the upper two bits the newlines among
 * them. */
enum { FIND_SOURCE_MAX = 0x3f, FIND_NEWLINE = 0x40 };
/* In the window of HTML, for '>': it ends a tag in the middle of a word. No UTF-8. */
enum { FIND_JOINT = 0xff };
/* In the window, with QUOTH_FIND_OBSCURED: what was written [at] and [dot]. */
enum { FIND_AT = 1, FIND_DOT = 2 };
/* So much room is left in the window when a byte is fed. */
enum { FIND_ROOM = 130 };

static inline int find_is_hex(int c)
{
    return quoth_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}
static inline unsigned find_hex(int c)
{
    return (unsigned)(quoth_is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}
static inline int find_is_blank(int c) { return c == ' ' || c == '\t'; }
/* Is c one of those? Never NUL. */
static inline int find_is_in(int c, const char *set)
{
    return c && memchr(set, c, strlen(set)) != NULL;
}
int quoth_find_encode(uint32_t c, uint8_t utf8[4]); /* its length */

/* What stands in the window for more than a source can count: a character that is not seen. */
#define FIND_GAP "\xe2\x81\xa0"

/* find_window.c: a byte into the window; or none, and its source goes to the next. Two sources in
 * one; 0: there is no room for both. */
int quoth_find_add(uint8_t *source, uint8_t more);
void quoth_find_put(struct quoth_find *find, uint8_t c, uint8_t source);
void quoth_find_swallow(struct quoth_find *find, uint8_t source);
/* Where there is hardly room, forget what is more than LEFT bytes before the next '@'; forget all,
 * for another text begins. */
void quoth_find_slide(struct quoth_find *find);
void quoth_find_restart(struct quoth_find *find);
/* Add how far text[n] is from text[0]. */
void quoth_find_measure(const struct quoth_find *find, size_t n, uint64_t *bytes, uint64_t *lines);

/* find_text.c: what is in the window has ended, and what comes is another text, with `mark` on all
 * its hits. */
void quoth_find_cut(struct quoth_find *find, uint8_t mark);

/* One byte each way down; at the end, or before a cut, what is held back. */
void quoth_find_in_mail(struct quoth_find *find, uint8_t c, uint8_t source);
void quoth_find_mail_end(struct quoth_find *find);
void quoth_find_in_text(struct quoth_find *find, uint8_t c, uint8_t source);
void quoth_find_text_end(struct quoth_find *find);
void quoth_find_in_hidden(struct quoth_find *find, uint8_t c, uint8_t source);
void quoth_find_hidden_end(struct quoth_find *find);

/* find_at.c: is it nothing to be seen, as a soft hyphen is, so that no word ends there? Does a text
 * of a few bytes end in a word? Is that, before a byte, the name of an element within a line? */
int quoth_find_is_unseen(uint32_t c);
int quoth_find_is_word(const uint8_t *text, size_t n);
int quoth_find_is_inline(const uint8_t *name, size_t n, uint8_t behind);
/* What is around the @, or the %40 of a mailto, at text[at]. 1: an address is text[from..to), with
 * its flags, or `out_n` bytes in `out`, where it had to be written anew. */
struct find_view {
    const uint8_t *text;
    size_t n, at;    /* there are n bytes */
    uint8_t options; /* QUOTH_FIND_* */
    uint8_t ended;   /* behind text[n] is nothing */
    /* found; 0 before */
    uint8_t flags;
    size_t from, domain, to, out_n;
    char *out;
};
int quoth_find_at(struct find_view *view);

#endif
