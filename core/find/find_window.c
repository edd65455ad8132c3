/* find_window.c - decoded text, and for each of its bytes what it stands for in the input.
 *
 *     text     j  a  n  e  @  e  x  a  m  p  l  e
 *     source   1  1  1  1  6  1  1  1  1  1  4  1      &#64; and a break of quoted-printable
 *     ^offset                ^next
 *
 * SPDX-License-Identifier: MIT */
#include "find_inner.h"

void quoth_find_swallow(struct quoth_find *find, uint8_t source)
{
    unsigned sum = (find->swallowed & FIND_SOURCE_MAX) + (source & FIND_SOURCE_MAX);

    if (sum > FIND_SOURCE_MAX || find->swallowed & source & FIND_NEWLINE) {
        find->text[find->used] = 0; /* no address goes on behind so much */
        find->source[find->used++] = find->swallowed;
        find->swallowed = source;
    } else {
        find->swallowed = (uint8_t)(sum | ((find->swallowed | source) & FIND_NEWLINE));
    }
}

void quoth_find_put(struct quoth_find *find, uint8_t c, uint8_t source)
{
    quoth_find_swallow(find, source);
    find->text[find->used] = c;
    find->source[find->used++] = find->swallowed;
    find->swallowed = 0;
}

void quoth_find_measure(const struct quoth_find *find, size_t n, uint64_t *bytes, uint64_t *lines)
{
    for (size_t i = 0; i < n; i++) {
        *bytes += find->source[i] & FIND_SOURCE_MAX;
        *lines += find->source[i] >> 7;
    }
}

void quoth_find_slide(struct quoth_find *find)
{
    size_t gone = find->next > QUOTH_FIND_LEFT ? find->next - (size_t)QUOTH_FIND_LEFT : 0;

    if (find->used + FIND_ROOM <= QUOTH_FIND_WINDOW)
        return;
    quoth_find_measure(find, gone, &find->offset, &find->line);
    find->used = (uint16_t)(find->used - gone);
    find->next = (uint16_t)(find->next - gone);
    memmove(find->text, find->text + gone, find->used);
    memmove(find->source, find->source + gone, find->used);
}

void quoth_find_restart(struct quoth_find *find)
{
    find->used = find->next = 0;
    find->cut = find->swallowed = find->skipped = 0;
    find->mark = find->next_mark;
    find->offset = find->total;
    find->line = find->lines;
}
