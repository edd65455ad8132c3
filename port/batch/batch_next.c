/* batch_next.c - the one place that decides what a domain does next.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

static void next_down(struct quoth_batch *b, uint32_t dom, const struct batch_dest *t)
{
    struct batch_note n = {.phase = QUOTH_PHASE_CONNECT,
                           .err = t->down_err,
                           .pref = batch_dom(b, dom)->pref,
                           .peer = batch_peer(b, t),
                           .mx = batch_dom(b, dom)->mx};
    batch_note(b, dom, &n, "");
    batch_dom_move(b, dom);
}

static void next_decide(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_dest *t;
    enum quoth_reason closed;

    if (d->state & (BATCH_DOM_LOOKING | BATCH_DOM_QUEUED) || b->rc || b->stops)
        return;
    if (d->out && (d->state & BATCH_DOM_MOVE || !(d->state & BATCH_DOM_KNOWN)))
        return; /* a scout is out */
    if (!batch_dom_work(d))
        return;
    if (d->state & BATCH_DOM_MOVE || d->dest == BATCH_NONE ||
        (!d->out && b->now > batch_ms(b, d->fresh))) {
        batch_look(b, dom);
        return;
    }
    t = batch_dest(b, d->dest);
    closed = batch_dest_closed(b, d);
    if (closed) {
        batch_stop_all(b, dom, closed);
    } else if (batch_dest_is_down(b, t)) {
        next_down(b, dom, t);
    } else if (batch_dest_hour(b, d)) {
        batch_dom_later(b, dom, batch_dest_hour(b, d));
    } else {
        d->state |= BATCH_DOM_QUEUED;
        d->qnext = BATCH_NONE;
        if (t->qhead == BATCH_NONE)
            t->qhead = dom;
        else
            batch_dom(b, t->qtail)->qnext = dom;
        t->qtail = dom;
        batch_dest_ready(b, d->dest);
    }
}

void batch_dom_next(struct quoth_batch *b)
{
    uint32_t dom;

    while ((dom = b->mark_head) != BATCH_NONE) {
        b->mark_head = batch_dom(b, dom)->qnext;
        batch_dom(b, dom)->state &= (uint8_t)~BATCH_DOM_MARKED;
        next_decide(b, dom);
    }
}

void batch_dom_due(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);

    quoth_due_drop(&b->dom_due, dom);
    if (d->later != BATCH_NONE) {
        if (b->now < batch_ms(b, d->later_at)) {
            batch_dom_later(b, dom, batch_ms(b, d->later_at));
        } else {
            b->waiting -= batch_chain_count(b, d->later);
            while (d->later != BATCH_NONE)
                batch_chain_push(b, &d->head, batch_chain_pop(b, &d->later));
            if (!d->out)
                batch_dom_plain(b, d);
        }
    }
    batch_dom_mark(b, dom);
}
