/* harness.h - the few words that all harnesses share: what must hold, and a reader of the input.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The harness: p[0..n) is one input, and is gone when it returns. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* As assert(), also where NDEBUG is defined. */
#define require(x) ((x) ? (void)0 : abort())

struct input { /* what is left of it */
    const uint8_t *p;
    size_t n;
};

/* The next byte; zeros follow the last one. */
static inline uint8_t take(struct input *in)
{
    if (in->n == 0)
        return 0;
    in->n--;
    return *in->p++;
}

/* Two bytes, the higher one first. */
static inline size_t take_length(struct input *in)
{
    const size_t high = take(in);

    return high << 8 | take(in);
}

/* `n` bytes, or as many as there are left: *n says how many. They are part of the input. */
static inline const uint8_t *take_bytes(struct input *in, size_t *n)
{
    const uint8_t *p = in->p;

    if (*n > in->n)
        *n = in->n;
    in->p += *n;
    in->n -= *n;
    return p;
}

/* What stands before the next zero byte, or before the end; the zero byte is taken as well. */
static inline const uint8_t *take_text(struct input *in, size_t *n)
{
    const uint8_t *zero = in->n ? memchr(in->p, 0, in->n) : NULL, *p;

    *n = zero ? (size_t)(zero - in->p) : in->n;
    p = take_bytes(in, n);
    take(in);
    return p;
}

#endif
