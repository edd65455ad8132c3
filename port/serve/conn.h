/* conn.h - what serve.c asks of conn.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CONN_H
#define CONN_H

#include "serve.h"

/* Numbers of the loop that moved; those of others are passed by. */
void conn_told(struct serve *, const uint32_t *moved, unsigned n);
/* Clients whose time is over. */
void conn_late(struct serve *);
/* The end of a turn: what was put is sent, and those that are gone are freed. */
void conn_settle(struct serve *);
/* Those who wait give way, down to so many. 1: there are more, just come or at work. */
int conn_fit(struct serve *, uint32_t most);
void conn_pause(struct serve *, int pause);
void conn_end_listening(struct serve *);
/* Let go of clients that nothing is owed. */
void conn_idle_end(struct serve *);
void conn_end(struct serve *);

#endif
