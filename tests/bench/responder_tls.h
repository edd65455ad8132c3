/* responder_tls.h - what responder.c asks of TLS, when it is built with it (RESPONDER_TLS).
 *
 * SPDX-License-Identifier: MIT */
#ifndef RESPONDER_TLS_H
#define RESPONDER_TLS_H

#include <stddef.h>

struct tls_conn;
#ifdef RESPONDER_TLS
int tls_open(int tickets); /* 1: there is TLS */
struct tls_conn *tls_new(int fd);
int tls_recv(struct tls_conn *c, void *p,
             size_t n); /* shakes hands first; > 0, 0 the end, -1 not yet */
int tls_send(struct tls_conn *c, const void *p, size_t n);
void tls_free(struct tls_conn *c);
#else
static inline int tls_open(int tickets)
{
    (void)tickets;
    return 0;
}
static inline struct tls_conn *tls_new(int fd)
{
    (void)fd;
    return NULL;
}
static inline int tls_recv(struct tls_conn *c, void *p, size_t n)
{
    (void)c;
    (void)p;
    (void)n;
    return 0;
}
static inline int tls_send(struct tls_conn *c, const void *p, size_t n)
{
    (void)c;
    (void)p;
    (void)n;
    return -1;
}
static inline void tls_free(struct tls_conn *c) { (void)c; }
#endif
#endif
