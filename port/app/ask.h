/* ask.h - a machine of core, until it is done: what it wants goes out, what comes is fed to it.
 *
 *     static const struct app_machine machine = {my_want, my_feed, .trace = my_trace};
 *     rc = app_ask(&machine, &mine, &mine.wire)
 *
 * SPDX-License-Identifier: MIT */
#ifndef APP_ASK_H
#define APP_ASK_H

#include "port.h"

/* What an interrupt leads to. */
enum app_ask_next { APP_ASK_WAIT, APP_ASK_ON, APP_ASK_END };

/* Whichever it is. `it` is what app_ask() got: it holds the machine and where its answer goes. */
struct app_machine {
    void (*want)(const void *it, struct quoth_want *want);
    void (*feed)(void *it,
                 const struct quoth_event *ev); /* one that is no answer changes nothing */
    /* The rest may be NULL. In place of quoth_wire_do(), with a want that may be changed; */
    int (*act)(void *it, struct quoth_want *want, void *buf, size_t cap, struct quoth_event *ev);
    /* each event before it is fed, and with `ev` NULL before each wait; */
    void (*trace)(void *it, const struct quoth_want *want, const struct quoth_event *ev);
    /* before each wait: WAIT, ON (it wants something else now), END. */
    enum app_ask_next (*interrupt)(void *it);
};

/* As far as it goes without waiting, and at most 64 events far. 1: it is done; 0: `want` says what
 * to wait for, and at once is a deadline too. */
int app_ask_step(const struct app_machine *machine, void *it, struct quoth_wire *wire,
                 struct quoth_want *want);
/* Until it is done, on the sockets of POSIX. 0; APP_EXIT_INTERRUPTED; or another exit code after
 * saying why. After both the wire is closed. */
int app_ask(const struct app_machine *machine, void *it, struct quoth_wire *wire);

/* What nobody can guess, to start one with. 0, or an exit code after saying that there is none. */
int app_seed(void *seed, size_t n);

#endif
