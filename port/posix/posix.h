/* posix.h - clock, entropy and sockets of a POSIX system, for what stands on one: sock.c, the
 * loops, udp_pool.c, the sandbox.
 *
 * posix.c is the one file that knows what a system has beyond POSIX.1-2008. Linux spares us a call
 * or a copy here and there; everything else, and `make LOOP=poll`, goes by POSIX alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_POSIX_H
#define QUOTH_POSIX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "quoth.h"

/* Systems without it have SO_NOSIGPIPE, which quoth_posix_socket() sets. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

uint64_t quoth_posix_now(void);              /* quoth_port.now */
int quoth_posix_random(void *buf, size_t n); /* quoth_port.random */

/* The calls below return 0 or -errno unless they say something else. */

/* socket(2) of this type for a peer of the family of `like`: it does not block, and no child gets
 * it. The descriptor, or -1 with errno set. */
int quoth_posix_socket(const struct quoth_ip *like, int type);
/* Make a descriptor like that: for those that accept(2) and pipe(2) give. */
int quoth_posix_tame(int fd);
/* bind(2) to no address and a random port, uniform over 1024..65535 (RFC 6056), drawn again when it
 * is taken. QUOTH_OK, QUOTH_ENORANDOM, or quoth_posix_error(). */
int quoth_posix_bind(int fd, const struct quoth_ip *like);
/* connect(2): 0 or -errno; over TCP, EINPROGRESS and EINTR mean that it goes on by itself.
 * EADDRNOTAVAIL is left for one thing: the ports of ours are used up. A peer that no address of
 * ours can call (IPv6 is switched off) is ENETUNREACH. */
int quoth_posix_connect(int fd, const struct quoth_peer *to);
/* Nagle's delay off: writes are whole already. */
void quoth_posix_no_delay(int fd);
/* Acknowledges what came, now: for whoever has nothing to say before more comes. Nagle's delay at
 * the other end may hold that back until then (RFC 896), and acknowledgements wait for 40 ms.
 * Nothing where the system cannot. */
void quoth_posix_ack(int fd);
/* Bytes written to a TCP socket that the other end has not acknowledged; 0 where the system does
 * not tell. */
size_t quoth_posix_unread(int fd);

/* The addresses of this machine's interfaces, for quoth_targets.own: how many, at most `cap`; none
 * where the system has no way of Linux's to tell. */
unsigned quoth_posix_own(struct quoth_cidr *own, unsigned cap);

/* The address of ours that packets to the Internet leave from, over IPv4 (`len` 4) or IPv6 (16); no
 * packet is sent. 0, or -errno: there is no way there, and ip->len is 0. */
int quoth_posix_source(uint8_t len, struct quoth_ip *ip);

/* Datagrams of a connected socket, `n` of them in one call where the system has one. How many left
 * or came (fewer than `n` is fine), or -1 with errno set. `in[i].iov_len` becomes the length of
 * what came, and the whole of its buffer when that was longer. */
int quoth_posix_send_many(int fd, const struct iovec *out, unsigned n);
int quoth_posix_recv_many(int fd, struct iovec *in, unsigned n);

/* errno of a socket as a port tells it. What is wrong with us is not held against the peer:
 * ESPACE. */
int quoth_posix_error(int err);

#endif
