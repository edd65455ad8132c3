/* posix.h - clock, entropy and sockets of a POSIX system, for the ports that stand on one (sock.c
 * has them).
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_POSIX_H
#define QUOTH_POSIX_H

#include <stddef.h>
#include <stdint.h>
#include "quoth.h"

uint64_t quoth_posix_now(void);              /* quoth_port.now */
int quoth_posix_random(void *buf, size_t n); /* quoth_port.random */

/* socket(2) of this type for a peer of the family of `like`: it does not block, and no child gets
 * it. */
int quoth_posix_socket(const struct quoth_ip *like, int type);
/* bind(2) to this port and no address, of the family of `like`. */
int quoth_posix_bind(int fd, const struct quoth_ip *like, uint16_t port);
/* connect(2): 0 or errno. EADDRNOTAVAIL is left for one thing: the ports of ours are used up. A
 * peer that no address of ours can call (IPv6 is switched off) is ENETUNREACH. */
int quoth_posix_connect(int fd, const struct quoth_peer *to);
/* errno of a socket as a port tells it. What is wrong with us
 * is not held against the peer: ESPACE. */
int quoth_posix_error(int e);

#endif
