/* drive.c - do what a machine wants, say what happened.
 *
 * quoth_wire_do() is one step: a want in, an event out. quoth_poke() repeats it until something
 * has to be waited for:
 *
 *   want ---> past the deadline? --yes--> TIME ---------+
 *    ^              | no                                v
 *    |        port or TLS call --AGAIN--> return     trace, feed
 *    +-------------------------------------------------+
 *
 * One poke takes a bounded share of input (DRIVE_SHARE), so that a flood on one link does not
 * starve the others. When the share is used up, the want comes back with the present time as its
 * deadline.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "port.h"

/* Input bytes one poke may take. An event counts as DRIVE_EVENT bytes besides what it brings, so a
 * flood of small datagrams ends a turn after 256 of them. */
enum { DRIVE_SHARE = 16384, DRIVE_EVENT = 64 };

/* Turn the result of a call into an event: >= 0 is `kind`, AGAIN is none yet, the rest is FAIL. */
static QUOTH_APART int drive_event(struct quoth_event *ev, enum quoth_event_kind kind, int rc)
{
    if (rc == QUOTH_AGAIN)
        return QUOTH_AGAIN;
    ev->kind = rc < 0 ? QUOTH_EV_FAIL : kind;
    ev->err = rc < 0 ? (enum quoth_err)rc : QUOTH_OK;
    return 1;
}

static int drive_tls(struct quoth_wire *wire, const struct quoth_want *want, struct quoth_event *ev)
{
    int rc = QUOTH_ENOTLS;

    if (wire->tls)
        rc = wire->tls->shake(wire->tls_link, wire->port, wire->link, want->host, &ev->tls);
    wire->secure = rc == QUOTH_OK;
    return drive_event(ev, QUOTH_EV_UP, rc);
}

static int drive_send(struct quoth_wire *wire, const struct quoth_want *want,
                      struct quoth_event *ev)
{
    int rc = wire->secure ? wire->tls->send(wire->tls_link, want->out, want->n)
                          : wire->port->send(wire->link, want->out, want->n);

    ev->n = rc > 0 ? (size_t)rc : 0;
    return drive_event(ev, QUOTH_EV_SENT, rc);
}

static int drive_recv(struct quoth_wire *wire, void *buf, size_t cap, struct quoth_event *ev)
{
    int rc = wire->secure ? wire->tls->recv(wire->tls_link, buf, cap)
                          : wire->port->recv(wire->link, buf, cap, &ev->from);

    ev->data = buf;
    ev->n = rc > 0 ? (size_t)rc : 0;
    return drive_event(ev, rc ? QUOTH_EV_DATA : QUOTH_EV_EOF, rc);
}

/* Between transactions read what is waiting first, so that a reply too many cannot answer the next
 * command (P28). */
static int drive_listen(struct quoth_wire *wire, void *buf, size_t cap, struct quoth_event *ev)
{
    if (drive_recv(wire, buf, cap, ev) == QUOTH_AGAIN) {
        ev->kind = QUOTH_EV_RCPT;
        ev->n = 0;
    }
    return 1;
}

void quoth_wire_drop(struct quoth_wire *wire)
{
    if (wire->tls)
        wire->tls->close(wire->tls_link);
    wire->port->close(wire->link);
    wire->secure = 0;
}

static int drive_call(struct quoth_wire *wire, const struct quoth_want *want, void *buf, size_t cap,
                      struct quoth_event *ev)
{
    switch (want->kind) {
    case QUOTH_WANT_DGRAM:
        ev->n = want->n;
        return drive_event(ev, QUOTH_EV_SENT,
                           wire->port->dgram(wire->link, &want->peer, want->out, want->n));
    case QUOTH_WANT_OPEN:
        return drive_event(ev, QUOTH_EV_UP, wire->port->open(wire->link, &want->peer));
    case QUOTH_WANT_SEND: return drive_send(wire, want, ev);
    case QUOTH_WANT_RECV: return drive_recv(wire, buf, cap, ev);
    case QUOTH_WANT_RCPT: return drive_listen(wire, buf, cap, ev);
    case QUOTH_WANT_TLS: return drive_tls(wire, want, ev);
    case QUOTH_WANT_CLOSE: quoth_wire_drop(wire); return drive_event(ev, QUOTH_EV_DOWN, QUOTH_OK);
    case QUOTH_WANT_DONE: break;
    }
    return QUOTH_AGAIN;
}

int quoth_wire_do(struct quoth_wire *wire, const struct quoth_want *want, void *buf, size_t cap,
                  struct quoth_event *ev)
{
    int rc = QUOTH_AGAIN, late;

    memset(ev, 0, sizeof *ev);
    ev->now = wire->port->now();
    if (want->kind == QUOTH_WANT_DONE)
        return QUOTH_AGAIN;
    /* Past the deadline nothing is done, with two exceptions. Closing is always allowed. And a
     * connection that came up while nobody looked is up, since the time may have passed later. */
    late = ev->now >= want->deadline;
    if (!late || want->kind == QUOTH_WANT_OPEN || want->kind == QUOTH_WANT_CLOSE)
        rc = drive_call(wire, want, buf, cap, ev);
    if (rc == QUOTH_AGAIN && late) {
        ev->kind = QUOTH_EV_TIME;
        rc = 1;
    }
    return rc;
}

void quoth_slot_start(struct quoth_slot *slot, const struct quoth_conf *conf, const char *text,
                      size_t n)
{
    uint8_t seed[16];
    int rc = slot->wire.port->random(seed, sizeof seed);

    quoth_verify_start(&slot->v, conf, text, n, rc == QUOTH_OK ? seed : NULL,
                       slot->wire.port->now());
    memset(seed, 0, sizeof seed);
}

int quoth_poke(struct quoth_slot *slot, struct quoth_want *want)
{
    uint8_t buf[QUOTH_DNS_MAX + 1]; /* one more than may come, so that a datagram too long shows */
    struct quoth_event ev;

    for (size_t spent = 0;; spent += ev.n + DRIVE_EVENT) {
        quoth_verify_want(&slot->v, want);
        if (want->kind == QUOTH_WANT_DONE)
            return QUOTH_OK;
        if (spent >= DRIVE_SHARE)
            break;
        if (quoth_wire_do(&slot->wire, want, buf, sizeof buf, &ev) == QUOTH_AGAIN)
            return QUOTH_AGAIN;
        if (slot->trace)
            slot->trace(slot->trace_arg, slot, want, &ev);
        /* EINVAL: a datagram that is not the answer. Go on as if it had not come. */
        (void)quoth_verify_feed(&slot->v, &ev);
    }
    want->deadline = slot->wire.port->now();
    return QUOTH_AGAIN;
}

void quoth_slot_drop(struct quoth_slot *slot) { quoth_wire_drop(&slot->wire); }
