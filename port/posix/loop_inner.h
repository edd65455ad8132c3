/* loop_inner.h - what loop.c asks of the file that waits, loop_NAME.c.
 *
 * To add a way to wait, write the eight functions below and build with LOOP=NAME. They use nothing
 * of loop.c: a wait says what is ready by number, and loop.c says whose number that is.
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
    uint8_t begun;   /* bytes came since the last ones left, or since they were acknowledged */
    uint8_t sent;    /* calls of send() since bytes came; 2: two or more, ever */
};

struct loop_range {
    uint32_t first, n;
    struct quoth_link *link; /* NULL: numbers of watched descriptors */
};

enum { LOOP_UNHEARD = 64 };

struct quoth_loop {
    struct loop_waiter *waiter; /* what the file that waits keeps */
    int wake[2];                /* a pipe: read here, written there */
    uint32_t numbers;           /* taken so far */
    unsigned ranges;
    struct loop_range range[QUOTH_LOOP_RANGES];
    struct quoth_link *unheard[LOOP_UNHEARD]; /* what has begun there may not be all */
    unsigned unheard_n;
};

/* What a wait says of one number. */
enum loop_ready {
    LOOP_IN = 1,     /* may have bytes */
    LOOP_OUT = 2,    /* may take bytes */
    LOOP_OVER = 4,   /* the peer is done or it broke */
    LOOP_UNSURE = 8, /* it may have failed to connect: SO_ERROR tells */
};
struct loop_event {
    uint32_t number;
    unsigned ready; /* of enum loop_ready */
};

/* Fills p->waiter and watches p->wake[0]; QUOTH_OK, or QUOTH_ESPACE with errno set. */
int loop_waiter_start(struct quoth_loop *p);
/* May be called after it failed. */
void loop_waiter_end(struct quoth_loop *p);
size_t loop_waiter_memory(const struct quoth_loop *p);
/* quoth_loop_watch() of loop.h; and waits for `ms` as poll(2) does, -1 for ever. How many events;
 * 0 after a signal, too; or QUOTH_EIO. */
int loop_waiter_wait(struct quoth_loop *p, int ms, struct loop_event *event, unsigned cap);

/* A link that is connecting, and ready for nothing; 0 or -errno. */
int loop_link_begins(struct quoth_link *link);
/* `in` or `out` was cleared: tell of it again. */
void loop_link_asks(struct quoth_link *link);
/* It will be closed. */
void loop_link_ends(struct quoth_link *link);

#endif
