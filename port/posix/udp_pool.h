/* udp_pool.h - many DNS exchanges with one server on a few sockets.
 *
 * A query leaves by one of POOL_LIVE sockets, each on a random port and connected to the server; a
 * socket retires after POOL_USES queries and another port takes its place (RFC 5452 9.2). A forger
 * must hit the port and the id of that very exchange while it lasts.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_UDP_POOL_H
#define QUOTH_UDP_POOL_H

#include "loop.h"

enum { QUOTH_POOL_BURST = 64, QUOTH_POOL_SOCKETS = 128 };

struct quoth_pool;
struct quoth_dgram {
    const uint8_t *p;
    size_t n;
};

/* Sockets report to the loop as `number` to number + QUOTH_POOL_SOCKETS - 1, and are opened as
 * needed. NULL: no memory. */
struct quoth_pool *quoth_pool_new(struct quoth_loop *loop, const struct quoth_peer *server,
                                  uint32_t number);

/* Queue a query, which must stay where it is until flush. Returns the socket it goes by,
 * QUOTH_AGAIN (all are busy), or an error as of quoth_port.dgram. */
int quoth_pool_send(struct quoth_pool *p, const void *query, size_t n);
void quoth_pool_flush(struct quoth_pool *p);

/* What came on a socket, QUOTH_POOL_BURST at most, until the next call: how many, or an error that
 * concerns every exchange of that socket (the server refuses). */
int quoth_pool_recv(struct quoth_pool *p, unsigned socket, struct quoth_dgram *out);

/* One exchange of that socket is over. */
void quoth_pool_over(struct quoth_pool *p, unsigned socket);

/* Exchanges in flight that the receive buffers hold with certainty. */
uint32_t quoth_pool_capacity(void);

size_t quoth_pool_memory(const struct quoth_pool *p);
void quoth_pool_free(struct quoth_pool *p);

#endif
