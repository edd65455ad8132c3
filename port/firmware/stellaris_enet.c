/* stellaris_enet.c - the Ethernet controller of Stellaris LM3S parts as a netif, polled.
 *
 * One register is the door to both FIFOs. Transmit: two bytes tell how long the frame is without
 * its header, then the frame; then "go". Receive: two bytes tell how long all of it is, themselves
 * and the CRC included.
 *
 * SPDX-License-Identifier: MIT */
#include "board.h"
#include "fifo.h"

enum {
    ENET_BASE = 0x40048000,
    ENET_RIS = ENET_BASE,
    ENET_IM = ENET_BASE + 0x04,
    ENET_RCTL = ENET_BASE + 0x08,
    ENET_TCTL = ENET_BASE + 0x0C,
    ENET_DATA = ENET_BASE + 0x10,
    ENET_IA0 = ENET_BASE + 0x14,
    ENET_IA1 = ENET_BASE + 0x18,
    ENET_NP = ENET_BASE + 0x34,
    ENET_TR = ENET_BASE + 0x38,
    ENET_HEADER = 14,
    ENET_LENGTH = 2,
    ENET_CRC = 4
};

static err_t enet_output(struct netif *netif, struct pbuf *p)
{
    struct fifo fifo = {ENET_DATA, 0, 0};
    unsigned n = p->tot_len - ENET_HEADER;

    while (BOARD_REG(ENET_TR) & 1)
        continue; /* the one before is still under way: 1.2 ms at most */
    fifo_put(&fifo, (uint8_t)n);
    fifo_put(&fifo, (uint8_t)(n >> 8));
    fifo_put_chain(&fifo, p);
    BOARD_REG(ENET_TR) = 1;
    return ERR_OK;
}

void board_net_poll(struct netif *netif)
{
    while (BOARD_REG(ENET_NP) & 0x3F) {
        struct fifo fifo = {ENET_DATA, 0, 0};
        unsigned n = fifo_get(&fifo);
        struct pbuf *p;
        n |= (unsigned)fifo_get(&fifo) << 8;
        p = fifo_get_frame(&fifo, n - ENET_LENGTH - ENET_CRC, ENET_CRC);
        if (p && netif->input(p, netif) != ERR_OK)
            pbuf_free(p);
    }
}

signed char board_net_init(struct netif *netif)
{
    fifo_netif(netif, enet_output);
    BOARD_REG(0x400FE108) |= 5u << 28; /* clock for MAC and PHY */
    (void)BOARD_REG(0x400FE108);
    BOARD_REG(ENET_IM) = 0;
    BOARD_REG(ENET_IA0) = FIFO_MAC_LOW;
    BOARD_REG(ENET_IA1) = FIFO_MAC_HIGH;
    BOARD_REG(ENET_TCTL) = 1u << 4 | 1u << 2 | 1u << 1 | 1u; /* full duplex, CRC, padding, on */
    BOARD_REG(ENET_RCTL) = 1u << 4;                          /* forget what is in the FIFO */
    BOARD_REG(ENET_RCTL) = 1u << 3 | 1u;                     /* drop bad CRCs, on */
    return ERR_OK;
}
