/* loop.h - many streams, one wait. The seven functions of port.h for links that remember what they
 * are ready for, so that a call that would only say AGAIN is not made.
 *
 * Whatever lives on this (batch.c) can be given another world to live in by linking other
 * functions of these names; nothing else there touches a socket or a clock.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_LOOP_H
#define QUOTH_LOOP_H

#include "port.h"

struct quoth_loop;

/* `now`, `random` and the streams; dgram is for udp_pool.h and says QUOTH_ENOSYS here. */
extern const struct quoth_port quoth_loop_port;

/* Links 0 to n - 1, all closed. NULL with errno set: no memory, no descriptor. */
struct quoth_loop *quoth_loop_new(uint32_t n);
struct quoth_link *quoth_loop_link(struct quoth_loop *p, uint32_t i);

/* Sleep until something moved, `deadline`, or a signal; at most a second. Numbers of what moved go
 * to `moved`: a link's, or what quoth_loop_watch() was told. Returns how many (0 is possible), or
 * QUOTH_EIO. */
int quoth_loop_wait(struct quoth_loop *p, uint64_t deadline, uint32_t *moved, unsigned cap);

/* Watch a descriptor that is no link for input; closing it ends that. `number` is not a link's. */
int quoth_loop_watch(struct quoth_loop *p, int fd, uint32_t number);

size_t quoth_loop_memory(const struct quoth_loop *p);
void quoth_loop_free(struct quoth_loop *p);

/* Descriptors this process may have: the limit, raised as far as it goes. */
uint32_t quoth_loop_descriptors(void);

#endif
