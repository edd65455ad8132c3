/* port.h - what a platform must provide: seven functions. None may block.
 *
 * The driver (drive.c) does what a machine wants by calling these functions. You call
 * one function of it, quoth_poke(), whenever a link may have moved.
 *
 *                 quoth_poke()
 *   your loop  ------------------>  drive.c  ---want/feed--->  core
 *      ^                               |
 *      |  seven functions              |  (TLS filter, when asked for)
 *      +-------------------------------+
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_PORT_H
#define QUOTH_PORT_H

#include "quoth.h"

enum { QUOTH_CLOCK_MIN = 1735689600 }; /* 1 January 2025: no clock that is right shows less, s */

#ifdef __cplusplus
extern "C" {
#endif

struct quoth_link;     /* one UDP exchange or one TCP stream: yours to define */
struct quoth_tls_link; /* one TLS session: the TLS filter's to define */

struct quoth_port {
    /* Milliseconds, never backwards. */
    uint64_t (*now)(void);
    /* Fill with unpredictable bytes. 0, or QUOTH_ENORANDOM: then nothing starts. */
    int (*random)(void *buf, size_t n);
    /* Send one datagram from a fresh random port; later recv() gets answers from `to` alone.
     * 0, QUOTH_AGAIN, or an error. */
    int (*dgram)(struct quoth_link *l, const struct quoth_peer *to, const void *p, size_t n);
    /* Begin a TCP connection. Called again until not AGAIN: 0 is up; QUOTH_EREFUSED,
     * QUOTH_EUNREACH, QUOTH_EIO, QUOTH_ESPACE are failures. */
    int (*open)(struct quoth_link *l, const struct quoth_peer *to);
    /* >0 bytes taken, QUOTH_AGAIN, or an error. */
    int (*send)(struct quoth_link *l, const void *p, size_t n);
    /* >0 bytes got, 0 end of stream, QUOTH_AGAIN, or an error. `from` is set for datagrams;
     * a datagram longer than cap counts as cap bytes. Never reads further than asked. */
    int (*recv)(struct quoth_link *l, void *p, size_t cap, struct quoth_peer *from);
    /* Release what open or dgram took. May be called twice. */
    void (*close)(struct quoth_link *l);
};

/* TLS is a filter over send and recv. NULL in a wire: there is none. */
struct quoth_tls_filter {
    /* Called until not AGAIN: 0 is up and `facts` are set, QUOTH_ENOTLS is failed for good. */
    int (*shake)(struct quoth_tls_link *t, const struct quoth_port *port, struct quoth_link *l,
                 const char *host, struct quoth_tls_facts *facts);
    int (*send)(struct quoth_tls_link *t, const void *p, size_t n);
    int (*recv)(struct quoth_tls_link *t, void *p, size_t cap);
    void (*close)(struct quoth_tls_link *t);
};

/* Where the bytes of one machine go: a link, and TLS over it once that was asked for. */
struct quoth_wire {
    const struct quoth_port *port;
    struct quoth_link *link;
    const struct quoth_tls_filter *tls;
    struct quoth_tls_link *tls_link; /* NULL, like tls: there is no TLS */
    uint8_t secure;                  /* TLS is up */
};

/* Do once what `w` wants, without waiting. Returns 1 with the event to feed, or QUOTH_AGAIN if
 * nothing happened yet.
 *
 * Received bytes go into buf, and ev points there. Give it QUOTH_DNS_MAX + 1 bytes at least, or a
 * datagram that is too long looks like one that fits. WANT_RCPT listens once: if nothing is
 * waiting, the event is RCPT with n = 0 (a batch puts its transaction there). Past the deadline the
 * event is TIME. WANT_DONE returns QUOTH_AGAIN. */
int quoth_wire_do(struct quoth_wire *wire, const struct quoth_want *want, void *buf, size_t cap,
                  struct quoth_event *ev);

/* Close it and its TLS, whatever it is in the middle of. */
void quoth_wire_drop(struct quoth_wire *wire);

/* One verification and its wire. */
struct quoth_slot {
    struct quoth_verify v;
    struct quoth_wire wire;
    /* Called with every want that was done and the event it led to, before that event is fed. NULL:
     * nobody is told. */
    void (*trace)(void *arg, const struct quoth_slot *s, const struct quoth_want *w,
                  const struct quoth_event *ev);
    void *trace_arg;
};

/* Draw a seed and start. `text` must live until DONE. */
void quoth_slot_start(struct quoth_slot *slot, const struct quoth_conf *conf, const char *text,
                      size_t n);

/* Go as far as possible without waiting. Returns QUOTH_OK when it is done: read slot->v.ev.
 * Otherwise QUOTH_AGAIN: call again at want->deadline, or earlier when the link can do what
 * want->kind says. It is done when QUIT was answered, or for 5 s was not: until then that may
 * refute what was heard before. */
int quoth_poke(struct quoth_slot *slot, struct quoth_want *want);

/* Give up now: close the link, feed nothing more. */
void quoth_slot_drop(struct quoth_slot *slot);

#ifdef __cplusplus
}
#endif
#endif
