/* loop.h - many descriptors, one wait. Streams as the seven functions of port.h, for links that
 * remember what they are ready for, so that a call that would only say AGAIN is not made; and any
 * other descriptor, watched for reading and writing.
 *
 *   numbers   0 .. n-1 | n .. m-1 | m .. k-1 | ...     whoever lives on a loop takes a range of
 *             links    | sockets  | clients  |         them, and is asked about its own alone
 *
 *   for (;;) {
 *       n = quoth_loop_wait(loop, soonest deadline of all, moved, cap);
 *       for (i < n) the owner of moved[i] looks what happened to it
 *   }
 *
 * loop.c has the links; one file waits: loop_epoll.c, or loop_poll.c where there is no epoll
 * (`make LOOP=poll`). Whatever lives on this (batch.c) can be given another world to live in by
 * linking other functions of these names; nothing else there touches a socket or a clock.
 *
 * One thread, but for quoth_loop_wake(). Results are QUOTH_OK or a count, else enum quoth_err.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_LOOP_H
#define QUOTH_LOOP_H

#include "port.h"

struct quoth_loop;

enum { QUOTH_LOOP_RANGES = 24 }; /* owners of one loop */
enum { QUOTH_LOOP_READ = 1, QUOTH_LOOP_WRITE = 2 };

/* `now`, `random` and the streams; dgram is for udp_pool.h and says QUOTH_ENOSYS here. */
extern const struct quoth_port quoth_loop_port;

/* A loop with links 0 to n - 1, all closed; n may be 0. NULL with errno set: no memory, no
 * descriptor. */
struct quoth_loop *quoth_loop_new(uint32_t n);
/* Closes the links. Watched descriptors stay open: they are their owners'. */
void quoth_loop_free(struct quoth_loop *p);

/* Another range of n closed links, or of n numbers for quoth_loop_watch(), behind all those taken
 * before. The first goes to `first`; they are the caller's as long as the loop lives. QUOTH_ESPACE:
 * no memory, or QUOTH_LOOP_RANGES are taken. */
int quoth_loop_links(struct quoth_loop *p, uint32_t n, uint32_t *first);
int quoth_loop_numbers(struct quoth_loop *p, uint32_t n, uint32_t *first);

/* The link of this number, which is one of a range of links; valid as long as the loop. */
struct quoth_link *quoth_loop_link(struct quoth_loop *p, uint32_t number);

/* Watch a descriptor that is no link for `interest`, QUOTH_LOOP_READ | QUOTH_LOOP_WRITE; again with
 * another interest changes it, with 0 forgets it. As long as it is ready for what is watched, every
 * wait says so; one that broke or hung up is ready for everything. Forget it before it is closed.
 * QUOTH_ESPACE: no memory, or too many (nothing changed). */
int quoth_loop_watch(struct quoth_loop *p, int fd, uint32_t number, unsigned interest);

/* Sleep until something moved, `deadline` (may be QUOTH_NEVER), a wake or a signal. Numbers of what
 * moved go to `moved`, each once; what finds no room there is told by the next wait. Returns how
 * many (0 is possible), or QUOTH_EIO. */
int quoth_loop_wait(struct quoth_loop *p, uint64_t deadline, uint32_t *moved, unsigned cap);

/* Ends the wait that runs, or else the next one. For signal handlers and other threads. */
void quoth_loop_wake(struct quoth_loop *p);

/* Bytes it takes, links included. */
size_t quoth_loop_memory(const struct quoth_loop *p);

/* Descriptors this process may have: the limit, raised as far as it goes. */
uint32_t quoth_loop_descriptors(void);

#endif
