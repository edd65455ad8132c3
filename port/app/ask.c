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
        return next == APP_ASK_END ? APP_EXIT_INTERRUPTED
                                   : app_say(APP_EXIT_INTERNAL, NULL, "cannot wait for an answer");
    }
    return 0;
}

int app_seed(void *seed, size_t n)
{
    if (quoth_sock_port.random(seed, n) == QUOTH_OK)
        return 0;
    return app_say(APP_EXIT_INTERNAL, NULL, app_err_words(QUOTH_ENORANDOM));
}
