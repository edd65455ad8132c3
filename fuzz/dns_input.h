/* dns_input.h - answers of a name server out of the bytes of an input. For answer.c and lookup.c.
 *
 *   flags and counts --> input_head()    header and question of the lookup that is out
 *   bytes -------------> input_body()    whatever stands behind them
 *
 * SPDX-License-Identifier: MIT */
#ifndef DNS_INPUT_H
#define DNS_INPUT_H

#include "harness.h"
#include "quoth.h"

/* The header and the question that `l` waits for, but for what the input flips in the flags, and
 * its counts of records. Returns its bytes. */
static size_t input_head(struct input *in, const struct quoth_lookup *l, uint8_t *buf)
{
    const size_t at = 12 + l->want_name.n + 4u;

    memset(buf, 0, 12);
    buf[0] = (uint8_t)(l->id >> 8);
    buf[1] = (uint8_t)l->id;
    buf[2] = take(in) ^ 0x80;
    buf[3] = take(in);
    buf[5] = 1;
    for (int i = 7; i < 12; i += 2)
        buf[i] = take(in);
    memcpy(buf + 12, l->want_name.b, l->want_name.n);
    buf[at - 4] = (uint8_t)(l->type >> 8);
    buf[at - 3] = (uint8_t)l->type;
    buf[at - 2] = 0;
    buf[at - 1] = 1;
    return at;
}

/* `n` bytes of the input, or as many as it has and as there is room for. Returns how many. */
static size_t input_body(struct input *in, size_t n, uint8_t *buf, size_t room)
{
    const uint8_t *p;

    if (n > room)
        n = room;
    p = take_bytes(in, &n);
    if (n != 0)
        memcpy(buf, p, n);
    return n;
}

#endif
