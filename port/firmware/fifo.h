/* fifo.h - bytes through a FIFO that is 32 bits wide, lowest byte first: what both network chips
 * have.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FIFO_H
#define FIFO_H

#include "board.h"
#include "lwip/pbuf.h"

struct fifo {
    uint32_t address, word;
    unsigned n;
}; /* n: bytes gone through so far */

static inline void fifo_put(struct fifo *f, uint8_t b)
{
    f->word |= (uint32_t)b << f->n++ % 4 * 8;
    if (f->n % 4)
        return;
    BOARD_REG(f->address) = f->word;
    f->word = 0;
}

static inline uint8_t fifo_get(struct fifo *f)
{
    if (f->n % 4 == 0)
        f->word = BOARD_REG(f->address);
    return (uint8_t)(f->word >> f->n++ % 4 * 8);
}

/* All of a chain, and what fills the last word. */
static inline void fifo_put_chain(struct fifo *f, const struct pbuf *p)
{
    for (; p; p = p->next)
        for (u16_t i = 0; i < p->len; i++)
            fifo_put(f, ((const uint8_t *)p->payload)[i]);
    while (f->n % 4)
        fifo_put(f, 0);
}

/* A frame of n bytes and `crc` more that nobody wants; NULL, and all of it gone, when there is no
 * pbuf for it. */
static inline struct pbuf *fifo_get_frame(struct fifo *f, unsigned n, unsigned crc)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_POOL);

    for (struct pbuf *q = p; q; q = q->next)
        for (u16_t i = 0; i < q->len; i++)
            ((uint8_t *)q->payload)[i] = fifo_get(f);
    for (n = p ? crc : n + crc; n > 0; n--)
        (void)fifo_get(f);
    return p;
}

#endif
