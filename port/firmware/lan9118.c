/* lan9118.c - SMSC LAN9118 (and 9220) as a netif, polled: two FIFOs and a MAC behind a mailbox.
 *
 * Transmit: two command words, then the frame. Receive: a status word tells the length, then the
 * frame and its CRC. The chip buffers while nobody looks, so no interrupt is needed.
 *
 * SPDX-License-Identifier: MIT */
#include "board.h"
#include "fifo.h"

#ifndef LAN9118_BASE
#define LAN9118_BASE 0x40200000 /* on an MPS2 */
#endif
#define LAN(offset) BOARD_REG(LAN9118_BASE + (offset))
enum {
    LAN_RX_DATA = 0x00,
    LAN_TX_DATA = 0x20,
    LAN_RX_STATUS = 0x40,
    LAN_TX_STATUS = 0x48,
    LAN_TX_CFG = 0x70,
    LAN_HW_CFG = 0x74,
    LAN_RX_FIFO_INF = 0x7C,
    LAN_TX_FIFO_INF = 0x80,
    LAN_MAC_CMD = 0xA4,
    LAN_MAC_DATA = 0xA8,
    LAN_MAC_CR = 1,
    LAN_MAC_ADDRH = 2,
    LAN_MAC_ADDRL = 3,
    LAN_ERROR = 1 << 15,
    LAN_CRC = 4
};

static void lan_mac(unsigned reg, uint32_t value)
{
    while (LAN(LAN_MAC_CMD) >> 31)
        continue;
    LAN(LAN_MAC_DATA) = value;
    LAN(LAN_MAC_CMD) = UINT32_C(1) << 31 | reg;
    while (LAN(LAN_MAC_CMD) >> 31)
        continue;
}

static err_t lan_output(struct netif *netif, struct pbuf *p)
{
    struct fifo fifo = {LAN9118_BASE + LAN_TX_DATA, 0, 0};

    while (LAN(LAN_TX_FIFO_INF) >> 16 & 0xFF)
        (void)LAN(LAN_TX_STATUS); /* how earlier ones fared */
    if ((LAN(LAN_TX_FIFO_INF) & 0xFFFF) < p->tot_len + 8u)
        return ERR_MEM;
    LAN(LAN_TX_DATA) = 3u << 12 | p->tot_len; /* first and last segment, its length */
    LAN(LAN_TX_DATA) = (uint32_t)p->tot_len << 16 | p->tot_len;
    fifo_put_chain(&fifo, p);
    return ERR_OK;
}

void board_net_poll(struct netif *netif)
{
    while (LAN(LAN_RX_FIFO_INF) >> 16 & 0xFF) {
        struct fifo fifo = {LAN9118_BASE + LAN_RX_DATA, 0, 0};
        uint32_t status = LAN(LAN_RX_STATUS);
        unsigned n = status >> 16 & 0x3FFF;
        struct pbuf *p = fifo_get_frame(&fifo, n - LAN_CRC, LAN_CRC);
        if (p && (status & LAN_ERROR || netif->input(p, netif) != ERR_OK))
            pbuf_free(p);
    }
}

signed char board_net_init(struct netif *netif)
{
    fifo_netif(netif, lan_output);
    LAN(LAN_HW_CFG) = 1; /* soft reset */
    while (LAN(LAN_HW_CFG) & 1)
        continue;
    LAN(LAN_HW_CFG) = 5u << 16 | 1u << 20; /* 5 KB of its 16 to send from; whole frames */
    lan_mac(LAN_MAC_ADDRL, FIFO_MAC_LOW);
    lan_mac(LAN_MAC_ADDRH, FIFO_MAC_HIGH);
    LAN(LAN_TX_CFG) = 2;                               /* on */
    lan_mac(LAN_MAC_CR, 1u << 20 | 1u << 3 | 1u << 2); /* full duplex, transmit, receive */
    return ERR_OK;
}
