/* fifo.h - what both network chips have: bytes through a FIFO that is 32 bits wide, lowest byte
 * first, and an Ethernet interface on top.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FIFO_H
#define FIFO_H

#include "board.h"
#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

struct fifo {
    uint32_t address, word;
    unsigned n;
}; /* n: bytes gone through so far */

static inline void fifo_put(struct fifo *fifo, uint8_t b)
{
    fifo->word |= (uint32_t)b << fifo->n++ % 4 * 8;
    if (fifo->n % 4)
        return;
    BOARD_REG(fifo->address) = fifo->word;
    fifo->word = 0;
}

static inline uint8_t fifo_get(struct fifo *fifo)
{
    if (fifo->n % 4 == 0)
        fifo->word = BOARD_REG(fifo->address);
    return (uint8_t)(fifo->word >> fifo->n++ % 4 * 8);
}

/* All of a chain, and what fills the last word. */
static inline void fifo_put_chain(struct fifo *fifo, const struct pbuf *p)
{
    for (; p; p = p->next)
        for (u16_t i = 0; i < p->len; i++)
            fifo_put(fifo, ((const uint8_t *)p->payload)[i]);
    while (fifo->n % 4)
        fifo_put(fifo, 0);
}

/* A frame of n bytes and `crc` more that nobody wants; NULL, and all of it gone, when there is no
 * pbuf for it. */
static inline struct pbuf *fifo_get_frame(struct fifo *fifo, unsigned n, unsigned crc)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_POOL);

    for (struct pbuf *buf = p; buf; buf = buf->next)
        for (u16_t i = 0; i < buf->len; i++)
            ((uint8_t *)buf->payload)[i] = fifo_get(fifo);
    for (n = p ? crc : n + crc; n > 0; n--)
        (void)fifo_get(fifo);
    return p;
}

/* 52:54:00:12:34:56, which is what an emulator gives its first one: in two registers, the lowest
 * byte first. */
#define FIFO_MAC_LOW  0x12005452u
#define FIFO_MAC_HIGH 0x5634u

static inline void fifo_netif(struct netif *netif, netif_linkoutput_fn output)
{
    for (unsigned i = 0; i < 6; i++)
        netif->hwaddr[i] = (uint8_t)(i < 4 ? FIFO_MAC_LOW >> 8 * i : FIFO_MAC_HIGH >> 8 * (i - 4));
    netif->hwaddr_len = 6;
    netif->mtu = 1500;
    netif->name[0] = netif->name[1] = 'e';
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = output;
}

#endif
