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

static void next_drop(struct quoth_batch *batch, uint32_t dom)
{
    batch_dom_unroute(batch, dom);
    batch_dom_drop(batch, dom);
}

/* Its hour goes on: whoever asks about it next must know. */
static int next_in_hour(const struct quoth_batch *batch, const struct batch_dom *domain)
{
    return domain->calls && !domain->own && batch->limit.per_domain_hour != UINT32_MAX &&
           batch->now < batch_ms(batch, domain->hour_until);
}

static void next_nobody_left(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    batch_dom_clear(batch, domain);
    if (domain->extra)
        return; /* still in the urgent queue of its destination */
    if (next_in_hour(batch, domain) ||
        (domain->decoy == BATCH_DECOY_KNOWN && domain->dest != BATCH_NONE)) {
        domain->state = BATCH_DOM_KEPT;
        batch->doms_kept++;
    } else {
        next_drop(batch, dom);
    }
}

void batch_dom_forget(struct quoth_batch *batch)
{
    for (int steps = NEXT_STEPS; steps && batch->doms_kept > batch->limit.remember; steps--) {
        uint32_t dom = batch->dom_hand++ % batch->doms.n;
        const struct batch_dom *domain = batch_dom(batch, dom);
        if (domain->state != BATCH_DOM_KEPT || next_in_hour(batch, domain))
            continue;
        batch->doms_kept--;
        next_drop(batch, dom);
    }
}

/* ---- deciding ----------------------------------------------------------- */

/* It is called no more for a while. One that is silent after the sender stands for its domain, as
 * it does when it is called. */
static void next_down(struct quoth_batch *batch, uint32_t dom, const struct batch_dest *host)
{
    struct batch_note note = {.phase = host->down_phase,
                              .err = host->down_err,
                              .pref = batch_dom(batch, dom)->pref,
                              .peer = batch_peer(batch, host),
                              .mx = batch_dom(batch, dom)->mx};
    batch_note(batch, dom, &note, "");
    if (host->down_phase < QUOTH_PHASE_MAIL)
        batch_dom_next_host(batch, dom, quoth_hosts_mark(&host->ip));
    else
        batch_end_fail(batch, dom);
}

/* It has somebody to be asked and an address to call. */
static void next_call(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    enum quoth_reason closed = batch_dest_closed(batch, dom), held = batch_dest_held(batch, domain);
    uint64_t hour = batch_dest_hour(batch, domain);

    if (closed) {
        batch_stop_all(batch, dom, closed, NULL);
        return;
    }
    if (batch_dest_is_down(batch, batch_dest(batch, domain->dest))) {
        next_down(batch, dom, batch_dest(batch, domain->dest));
        return;
    }
    if (held)
        batch_stop_urgent(batch, dom, held);
    if (hour) {
        batch_dom_later(batch, dom, hour);
        return;
    }
    if (batch_dom_urgent(domain))
        batch_dest_enqueue(batch, dom, BATCH_URGENT);
    if (batch_dom_turn(domain) || (domain->extra && domain->extra->alone != BATCH_NONE))
        batch_dest_enqueue(batch, dom, BATCH_LIST);
}

static void next_decide(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    if (batch->rc || batch->stops)
        return;
    if (!domain->left && !domain->out)
        next_nobody_left(batch, dom);
    else if (!batch_dom_work(domain) || (domain->out && (domain->reroute || !domain->answers)))
        return; /* nobody to ask now, or its scout is out */
    else if (domain->reroute || domain->dest == BATCH_NONE ||
             (!domain->out && batch->now > batch_ms(batch, domain->fresh)))
        batch_look(batch, dom);
    else
        next_call(batch, dom);
}

void batch_dom_next(struct quoth_batch *batch)
{
    uint32_t dom;

    while ((dom = batch->marked.head) != BATCH_NONE && !batch_turn_over(batch)) {
        batch->marked.head = batch_dom(batch, dom)->qnext;
        batch_dom(batch, dom)->state = BATCH_DOM_REST;
        next_decide(batch, dom);
    }
}

void batch_dom_unwait(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    batch->waiting -= batch_chain_count(batch, domain->later);
    if (domain->shared)
        batch_dom_share(batch, domain, &domain->later);
    while (domain->later != BATCH_NONE)
        batch_chain_push(batch, &domain->head, batch_chain_pop(batch, &domain->later));
}

void batch_dom_due(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    quoth_due_drop(&batch->dom_due, dom);
    if (domain->later != BATCH_NONE && batch->now < batch_ms(batch, domain->later_at)) {
        batch_dom_later(batch, dom, batch_ms(batch, domain->later_at));
    } else if (domain->later != BATCH_NONE) {
        batch_dom_unwait(batch, dom);
        if (!domain->out)
            batch_dom_clear(batch, domain);
    }
    batch_dom_mark(batch, dom);
}

/* ---- when memory ran out ------------------------------------------------ */

/* Nothing is to come for it, or for those of it that were put off. */
static int next_is_left(const struct quoth_batch *batch, uint32_t dom)
{
    const struct batch_dom *domain = batch_dom(batch, dom);

    if (domain->state == BATCH_DOM_FREE || quoth_due_has(&batch->dom_due, dom))
        return 0;
    return domain->later != BATCH_NONE || (domain->state == BATCH_DOM_REST && !domain->out);
}

void batch_sweep(struct quoth_batch *batch)
{
    batch->sweep_at = QUOTH_NEVER;
    batch->sweeps =
        batch->told != batch->sweep_told || batch_open(batch) ? 0 : (uint8_t)(batch->sweeps + 1);
    batch->sweep_told = batch->told;
    if (batch->sweeps >= NEXT_SWEEPS) {
        batch->rc = QUOTH_ESPACE; /* nothing goes any more */
        return;
    }
    for (uint32_t dom = 0; dom < batch->doms.n; dom++)
        if (next_is_left(batch, dom))
            batch_dom_due(batch, dom);
    batch_dest_sweep(batch);
}
