/* find_window.c - decoded text, and for each of its bytes what it stands for in the input.
 *
 *     text     j  a  n  e  @  e  x  a  m  p  l  e
 *     source   1  1  1  1  6  1  1  1  1  1  4  1      &#64; and a break of quoted-printable
 *     ^offset                ^next
 *
 * SPDX-License-Identifier: MIT */
#include "find_inner.h"

void quoth_find_swallow(struct quoth_find *f, uint8_t source)
{
    unsigned sum = (f->swallowed & FIND_SOURCE_MAX) + (source & FIND_SOURCE_MAX);

    if (sum > FIND_SOURCE_MAX || f->swallowed & source & FIND_NEWLINE) {
        f->text[f->used] = 0; /* no address goes on behind so much */
        f->source[f->used++] = f->swallowed;
        f->swallowed = source;
    } else {
        f->swallowed = (uint8_t)(sum | ((f->swallowed | source) & FIND_NEWLINE));
    }
}

void quoth_find_put(struct quoth_find *f, uint8_t c, uint8_t source)
{
    quoth_find_swallow(f, source);
    f->text[f->used] = c;
    f->source[f->used++] = f->swallowed;
    f->swallowed = 0;
}

void quoth_find_measure(const struct quoth_find *f, size_t n, uint64_t *bytes, uint64_t *lines)
{
    for (size_t i = 0; i < n; i++) {
        *bytes += f->source[i] & FIND_SOURCE_MAX;
        *lines += f->source[i] >> 7;
    }
}

void quoth_find_slide(struct quoth_find *f)
{
    size_t gone = f->next > QUOTH_FIND_LEFT ? f->next - (size_t)QUOTH_FIND_LEFT : 0;

    if (f->used + FIND_ROOM <= QUOTH_FIND_WINDOW)
        return;
    quoth_find_measure(f, gone, &f->offset, &f->line);
    f->used = (uint16_t)(f->used - gone);
    f->next = (uint16_t)(f->next - gone);
    memmove(f->text, f->text + gone, f->used);
    memmove(f->source, f->source + gone, f->used);
}

void quoth_find_restart(struct quoth_find *f)
{
    f->used = f->next = 0;
    f->cut = f->swallowed = 0;
    f->mark = f->next_mark;
    f->offset = f->total;
    f->line = f->lines;
}
