/* lwip_raw.h - a port on lwIP's raw API (NO_SYS=1): no threads, no sockets, no heap but lwIP's.
 *
 *   lwipopts.h:
 *       #define LWIP_RAND() quoth_lwip_rand()
 *       #define QUOTH_ENTROPY board_entropy                    int board_entropy(void *, size_t n);
 *
 *   static struct quoth_link link;                              all zero
 *   slot.wire.port = &quoth_lwip_port, slot.wire.link = &link;
 *   for (;;) {
 *       your_netif_poll(); sys_check_timeouts();
 *       if (link.moved || now >= want.deadline) link.moved = 0, rc = quoth_poke(&slot, &want);
 *   }
 *
 * QUOTH_ENTROPY names the platform's source of unpredictable bytes: 0 when all n were filled, else
 * anything but 0. There is no other source, and no build without one.
 *
 * Everything here is called from the loop, never from a callback of lwIP's and never from an
 * interrupt. The loop comes round at least once in 49 days, or a wrap of sys_now() is missed.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_LWIP_RAW_H
#define QUOTH_LWIP_RAW_H

#include "port.h"

/* Datagrams kept for one question; more are dropped, as a network may. */
#ifndef QUOTH_LWIP_DGRAMS
#define QUOTH_LWIP_DGRAMS 3
#endif

struct tcp_pcb;
struct udp_pcb;
struct pbuf;
struct quoth_link {
    uint8_t moved; /* yours to clear: something happened, or memory was short: poke */
    uint8_t dgram, up, eof, rx_n;
    int8_t err; /* enum quoth_err: what ended the stream */
    union {
        struct tcp_pcb *tcp; /* NULL once lwIP has freed it */
        struct udp_pcb *udp; /* with `dgram` */
    };
    struct pbuf *rx[QUOTH_LWIP_DGRAMS]; /* stream: rx[0], one chain; else a datagram each */
};

extern const struct quoth_port quoth_lwip_port;

/* For LWIP_RAND(). When the platform has no entropy the number is worthless, and from then on
 * quoth_lwip_port.random says so, until it has some again. */
uint32_t quoth_lwip_rand(void);

/* The addresses of lwIP's interfaces, for quoth_targets.own: how many, at most `cap`. */
unsigned quoth_lwip_own(struct quoth_cidr *own, unsigned cap);

#endif
