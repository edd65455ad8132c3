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

/* The latest calls of a run: an IP address is left alone for `ms` after each (tests/RULES.md, G04).
 */
enum { APP_GAP_CALLS = 64 };
struct app_gap {
    uint32_t ms; /* yours to set */
    unsigned n;  /* calls so far; of those that are kept the oldest goes first */
    struct {
        struct quoth_ip ip;
        uint64_t until;
    } call[APP_GAP_CALLS];
};
/* How long to wait, in ms, before it is called; NULL: before any of them is. */
uint64_t app_gap_left(const struct app_gap *gap, const struct quoth_ip *ip);
/* A call of it is over. */
void app_gap_over(struct app_gap *gap, const struct quoth_ip *ip);
/* 0, or an exit code after saying what went wrong. */
int app_gap_wait(uint64_t ms);

/* What nobody can guess, to start one with. 0, or an exit code after saying that there is none. */
int app_seed(void *seed, size_t n);

#endif
