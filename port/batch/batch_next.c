/* batch_next.c - the one place that decides what a domain does next, and when it is forgotten.
 *
 *   marked --> nobody left: forgotten, or remembered for its hour and its decoy
 *          --> no address to call, or not any more: looked up
 *          --> its destination is closed: told; is down: the next host; its hour is full: later
 *          --> into the queue of its destination
 *
 * SPDX-License-Identifier: MIT */
#include "batch_inner.h"

enum { NEXT_STEPS = 64 };
enum { NEXT_SWEEPS = 60 }; /* a second apart: so long memory may be away */

/* ---- forgetting --------------------------------------------------------- */

static void next_drop(struct quoth_batch *b, uint32_t dom)
{
    batch_dom_unroute(b, dom);
    batch_dom_drop(b, dom);
}

/* Its hour goes on: whoever asks about it next must know. */
static int next_in_hour(const struct quoth_batch *b, const struct batch_dom *d)
{
    return d->calls && b->limit.per_domain_hour != UINT32_MAX &&
           b->now < batch_ms(b, d->hour_until);
}

static void next_nobody_left(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);

    batch_dom_clear(b, d);
    if (d->extra)
        return; /* still in the urgent queue of its destination */
    if (next_in_hour(b, d) || (d->decoy == BATCH_DECOY_KNOWN && d->dest != BATCH_NONE)) {
        d->state = BATCH_DOM_KEPT;
        b->doms_kept++;
    } else {
        next_drop(b, dom);
    }
}

void batch_dom_forget(struct quoth_batch *b)
{
    for (int steps = NEXT_STEPS; steps && b->doms_kept > b->limit.remember; steps--) {
        uint32_t dom = b->dom_hand++ % b->doms.n;
        const struct batch_dom *d = batch_dom(b, dom);
        if (d->state != BATCH_DOM_KEPT || next_in_hour(b, d))
            continue;
        b->doms_kept--;
        next_drop(b, dom);
    }
}

/* ---- deciding ----------------------------------------------------------- */

/* It is called no more for a while. One that is silent after the sender stands for its domain, as
 * it does when it is called. */
static void next_down(struct quoth_batch *b, uint32_t dom, const struct batch_dest *t)
{
    struct batch_note n = {.phase = t->down_phase,
                           .err = t->down_err,
                           .pref = batch_dom(b, dom)->pref,
                           .peer = batch_peer(b, t),
                           .mx = batch_dom(b, dom)->mx};
    batch_note(b, dom, &n, "");
    if (t->down_phase < QUOTH_PHASE_MAIL)
        batch_dom_next_host(b, dom, quoth_hosts_mark(&t->ip));
    else
        batch_end_fail(b, dom);
}

/* It has somebody to be asked and an address to call. */
static void next_call(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);
    enum quoth_reason closed = batch_dest_closed(b, dom), held = batch_dest_held(b, d);
    uint64_t hour = batch_dest_hour(b, d);

    if (closed) {
        batch_stop_all(b, dom, closed);
        return;
    }
    if (batch_dest_is_down(b, batch_dest(b, d->dest))) {
        next_down(b, dom, batch_dest(b, d->dest));
        return;
    }
    if (held)
        batch_stop_urgent(b, dom, held);
    if (hour) {
        batch_dom_later(b, dom, hour);
        return;
    }
    if (batch_dom_urgent(d))
        batch_dest_enqueue(b, dom, BATCH_URGENT);
    if (batch_dom_turn(d) || (d->extra && d->extra->alone != BATCH_NONE))
        batch_dest_enqueue(b, dom, BATCH_LIST);
}

static void next_decide(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);

    if (b->rc || b->stops)
        return;
    if (!d->left && !d->out)
        next_nobody_left(b, dom);
    else if (!batch_dom_work(d) || (d->out && (d->reroute || !d->answers)))
        return; /* nobody to ask now, or its scout is out */
    else if (d->reroute || d->dest == BATCH_NONE || (!d->out && b->now > batch_ms(b, d->fresh)))
        batch_look(b, dom);
    else
        next_call(b, dom);
}

void batch_dom_next(struct quoth_batch *b)
{
    uint32_t dom;

    while ((dom = b->marked.head) != BATCH_NONE) {
        b->marked.head = batch_dom(b, dom)->qnext;
        batch_dom(b, dom)->state = BATCH_DOM_REST;
        next_decide(b, dom);
    }
}

void batch_dom_unwait(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);

    b->waiting -= batch_chain_count(b, d->later);
    while (d->later != BATCH_NONE)
        batch_chain_push(b, &d->head, batch_chain_pop(b, &d->later));
}

void batch_dom_due(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);

    quoth_due_drop(&b->dom_due, dom);
    if (d->later != BATCH_NONE && b->now < batch_ms(b, d->later_at)) {
        batch_dom_later(b, dom, batch_ms(b, d->later_at));
    } else if (d->later != BATCH_NONE) {
        batch_dom_unwait(b, dom);
        if (!d->out)
            batch_dom_clear(b, d);
    }
    batch_dom_mark(b, dom);
}

/* ---- when memory ran out ------------------------------------------------ */

/* Nothing is to come for it, or for those of it that were put off. */
static int next_is_left(const struct quoth_batch *b, uint32_t dom)
{
    const struct batch_dom *d = batch_dom(b, dom);

    if (d->state == BATCH_DOM_FREE || quoth_due_has(&b->dom_due, dom))
        return 0;
    return d->later != BATCH_NONE || (d->state == BATCH_DOM_REST && !d->out);
}

void batch_sweep(struct quoth_batch *b)
{
    b->sweep_at = QUOTH_NEVER;
    b->sweeps = b->told != b->sweep_told || batch_open(b) ? 0 : (uint8_t)(b->sweeps + 1);
    b->sweep_told = b->told;
    if (b->sweeps >= NEXT_SWEEPS) {
        b->rc = QUOTH_ESPACE; /* nothing goes any more */
        return;
    }
    for (uint32_t dom = 0; dom < b->doms.n; dom++)
        if (next_is_left(b, dom))
            batch_dom_due(b, dom);
    batch_dest_sweep(b);
}
