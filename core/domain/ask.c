/* ask.c - questions, one at a time, until one deadline. A cache is asked before, and told after.
 *
 *   IDLE --> ASK --> IDLE: OVER
 *             '----> SHUT: late, close what is open --> IDLE: LATE
 *
 * SPDX-License-Identifier: MIT */
#include "inquiry.h"

enum ask_state { ASK_IDLE, ASK_ASK, ASK_SHUT };

int quoth_ask_start(struct quoth_ask *ask)
{
    uint8_t seed[16];

    ask->question.name = &ask->name;
    ask->lookup.asked = 1;
    if (ask->conf->cache &&
        quoth_setcache_get(ask->conf->cache, &ask->question, ask->now, &ask->set) == 1)
        return QUOTH_ASK_OVER;
    quoth_random_fork(&ask->rnd, seed);
    quoth_lookup_start(&ask->lookup, ask->conf->resolver, &ask->question, seed, ask->now);
    quoth_lookup_lend(&ask->lookup, ask->big, ask->big_cap);
    ask->state = ASK_ASK;
    return QUOTH_OK;
}

void quoth_ask_lend(struct quoth_ask *ask, void *buf, size_t cap)
{
    ask->big = buf;
    ask->big_cap = cap;
    if (ask->state == ASK_ASK)
        quoth_lookup_lend(&ask->lookup, buf, cap);
}

void quoth_ask_want(const struct quoth_ask *ask, struct quoth_want *want)
{
    quoth_want_end(want, 0);
    if (ask->state != ASK_ASK)
        return;
    quoth_lookup_want(&ask->lookup, want);
    if (want->deadline > ask->end)
        want->deadline = ask->end;
}

/* The cache learns the answer; NONE: that nobody need wait for it. */
static int ask_over(struct quoth_ask *ask, uint64_t now)
{
    const int late = ask->state == ASK_SHUT;

    ask->now = now;
    if (late)
        ask->set.answer = QUOTH_ANSWER_NONE;
    if (ask->conf->cache)
        quoth_setcache_put(ask->conf->cache, &ask->question, &ask->set, now);
    ask->state = ASK_IDLE;
    return late ? QUOTH_ASK_LATE : QUOTH_ASK_OVER;
}

int quoth_ask_feed(struct quoth_ask *ask, const struct quoth_event *ev)
{
    struct quoth_want want;
    int rc;

    if (ask->state == ASK_SHUT && ev->kind == QUOTH_EV_DOWN)
        return ask_over(ask, ev->now);
    if (ask->state != ASK_ASK)
        return QUOTH_EINVAL;
    if (ev->kind == QUOTH_EV_TIME && ev->now >= ask->end) {
        ask->state = ASK_SHUT; /* the whole took too long: close what is open */
        return QUOTH_OK;
    }
    rc = quoth_lookup_feed_set(&ask->lookup, ev, &ask->set);
    if (rc < 0)
        return rc;
    quoth_lookup_want(&ask->lookup, &want);
    return want.kind == QUOTH_WANT_DONE ? ask_over(ask, ev->now) : QUOTH_OK;
}
