/* find_window.c - decoded text, and for each of its bytes what it stands for in the input.
 *
 *     text     j  a  n  e  @  e  x  a  m  p  l  e
 *     source   1  1  1  1  6  1  1  1  1  1  4  1      &#64; and a break of quoted-printable
 *     ^offset                ^next
 *
 * SPDX-License-Identifier: MIT */
#include "find_inner.h"

int quoth_find_add(uint8_t *source, uint8_t more)
{
    if ((*source & FIND_SOURCE_MAX) + (more & FIND_SOURCE_MAX) > FIND_SOURCE_MAX ||
        *source + more > 0xff)
        return 0;
    *source = (uint8_t)(*source + more);
    return 1;
}

void quoth_find_swallow(struct quoth_find *find, uint8_t source)
{
    if (quoth_find_add(&find->swallowed, source))
        return;
    for (const char *gap = FIND_GAP; *gap; gap++) {
        find->text[find->used] = (uint8_t)*gap;
        find->source[find->used++] = find->swallowed;
        find->swallowed = 0;
    }
    find->swallowed = source;
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
        *lines += find->source[i] / FIND_NEWLINE;
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
    find->cut = find->swallowed = find->skipped = find->tag = find->in_break = 0;
    find->last = 0;
    find->mark = find->next_mark;
    find->offset = find->total;
    find->line = find->lines;
}
