/* ask.c - the one loop that drives a machine of core, for commands that wait for one at a time.
 *
 *   want --> quoth_wire_do() --> event --> trace --> feed --+
 *     ^          `--AGAIN--> interrupted? --no--> wait      |
 *     +-----------------------------------------------------+
 *
 * SPDX-License-Identifier: MIT */
#include "ask.h"
#include "app.h"
#include "sock.h"

/* Events of one step. A peer that never pauses gets no more, for others have their turn too. */
enum { ASK_SHARE = 64 };

int app_ask_step(const struct app_machine *machine, void *it, struct quoth_wire *wire,
                 struct quoth_want *want)
{
    uint8_t buf[QUOTH_DNS_MAX + 1]; /* one more than may come, so that a datagram too long shows */
    struct quoth_event ev;
    int rc;

    for (unsigned events = 0;; events++) {
        machine->want(it, want);
        if (want->kind == QUOTH_WANT_DONE)
            return 1;
        if (events == ASK_SHARE)
            break;
        rc = machine->act ? machine->act(it, want, buf, sizeof buf, &ev)
                          : quoth_wire_do(wire, want, buf, sizeof buf, &ev);
        if (rc == QUOTH_AGAIN)
            return 0;
        if (!machine->act)
            ev.now = wire->port->now(); /* a handshake takes its time */
        if (machine->trace)
            machine->trace(it, want, &ev);
        machine->feed(it, &ev);
    }
    want->deadline = wire->port->now();
    return 0;
}

static int ask_cannot_wait(void)
{
    return app_say(APP_EXIT_INTERNAL, NULL, "cannot wait for an answer");
}

int app_ask(const struct app_machine *machine, void *it, struct quoth_wire *wire)
{
    struct quoth_want want;

    while (!app_ask_step(machine, it, wire, &want)) {
        if (machine->trace)
            machine->trace(it, &want, NULL);
        const enum app_ask_next next = machine->interrupt ? machine->interrupt(it) : APP_ASK_WAIT;
        if (next == APP_ASK_ON)
            continue;
        if (next == APP_ASK_WAIT && !quoth_sock_wait(wire->link, &want, quoth_sock_port.now()))
            continue;
        quoth_wire_drop(wire);
        return next == APP_ASK_END ? APP_EXIT_INTERRUPTED : ask_cannot_wait();
    }
    return 0;
}

uint64_t app_gap_left(const struct app_gap *gap, const struct quoth_ip *ip)
{
    const uint64_t now = quoth_sock_port.now();
    uint64_t left = 0;

    for (unsigned i = 0; i < APP_GAP_CALLS; i++) {
        /* the one that would be forgotten for this call has to be over, too */
        const int counts = !ip || i == gap->n % APP_GAP_CALLS || app_ip_same(&gap->call[i].ip, ip);
        if (counts && gap->call[i].until > now + left)
            left = gap->call[i].until - now;
    }
    return left;
}

void app_gap_over(struct app_gap *gap, const struct quoth_ip *ip)
{
    const unsigned i = gap->n++ % APP_GAP_CALLS;

    gap->call[i].ip = *ip;
    gap->call[i].until = quoth_sock_port.now() + gap->ms;
}

int app_gap_wait(uint64_t ms)
{
    struct quoth_link none = {.fd = -1};
    struct quoth_want want = {.kind = QUOTH_WANT_RECV};
    uint64_t now = quoth_sock_port.now();

    for (want.deadline = now + ms; now < want.deadline; now = quoth_sock_port.now())
        if (quoth_sock_wait(&none, &want, now))
            return ask_cannot_wait();
    return 0;
}

int app_seed(void *seed, size_t n)
{
    if (quoth_sock_port.random(seed, n) == QUOTH_OK)
        return 0;
    return app_say(APP_EXIT_INTERNAL, NULL, app_err_words(QUOTH_ENORANDOM));
}
