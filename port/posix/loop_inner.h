/* loop_inner.h - what loop.c and the file that waits share.
 *
 * To add a way to wait, write loop_NAME.c with the seven functions below (quoth_loop_watch() and
 * quoth_loop_wait() of loop.h are two of them) and build with LOOP=NAME.
 *
 * A link is told of as edges: `in` and `out` are set when it may have bytes or may take some, and
 * cleared by loop.c when a call falls short; only then is its readiness news again.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_LOOP_INNER_H
#define QUOTH_LOOP_INNER_H

#include "loop.h"

/* The number of the pipe that wakes; nobody else has it. */
#define LOOP_WAKE UINT32_MAX

struct quoth_link {
    struct quoth_loop *loop;
    int fd; /* -1: closed */
    uint32_t number;
    uint8_t in, out; /* may have bytes, may take bytes */
    uint8_t over;    /* the peer is done or it broke: there is an end to be read */
    uint8_t unsure;  /* whether it is up or failed must be asked of the socket */
};

struct loop_range {
    uint32_t first, n;
    struct quoth_link *link; /* NULL: numbers of watched descriptors */
};

struct quoth_loop {
    struct loop_waiter *waiter; /* what the file that waits keeps */
    int wake[2];                /* a pipe: read here, written there */
    uint32_t numbers;           /* taken so far */
    unsigned ranges;
    struct loop_range range[QUOTH_LOOP_RANGES];
};

/* ---- loop.c, for the file that waits ------------------------------------- */

/* The link of a number, NULL: it is no link's. */
struct quoth_link *loop_link_of(struct quoth_loop *p, uint32_t number);
/* Milliseconds from now to `deadline` for poll(2): 0 when it is over, -1 for ever. */
int loop_timeout(uint64_t deadline);
/* LOOP_WAKE is ready to be read. */
void loop_woken(struct quoth_loop *p);

/* ---- the file that waits, for loop.c ------------------------------------- */

/* Fills p->waiter and watches p->wake[0]; QUOTH_OK, or QUOTH_ESPACE with errno set. */
int loop_waiter_start(struct quoth_loop *p);
/* May be called after it failed. */
void loop_waiter_end(struct quoth_loop *p);
size_t loop_waiter_memory(const struct quoth_loop *p);

/* A link that is connecting, and ready for nothing; 0 or errno. */
int loop_link_begins(struct quoth_link *l);
/* `in` or `out` was cleared: tell of it again. */
void loop_link_asks(struct quoth_link *l);
/* It will be closed. */
void loop_link_ends(struct quoth_link *l);

#endif
