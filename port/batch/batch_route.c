/* batch_route.c - which destination a domain's addresses are asked at.
 *
 *   found --route--> its destination, under the exchanger's name --mark--> queued, or joined
 *     ^                 | no answer there: next host
 *     `-- looked up <---'                              nobody left: unroute
 *
 * What a decoy was told belongs to domain, exchanger and address: another route, another decoy.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "batch_inner.h"

void batch_dom_unroute(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct batch_dest *host;

    batch_mx_drop(batch, domain->mx);
    domain->mx = BATCH_NONE;
    if (domain->dest == BATCH_NONE)
        return;
    host = batch_dest(batch, domain->dest);
    host->left -= domain->left;
    batch_dest_unused(batch, domain->dest);
    domain->dest = BATCH_NONE;
}

/* What a decoy is told depends on domain, exchanger and address. */
static void route_decoy(struct quoth_batch *batch, uint32_t dom, const char *mx, int first)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    const struct quoth_batch_door door = {batch_dom_name(batch, dom), mx,
                                          batch_dest(batch, domain->dest)->ip};
    int known =
        first && !(domain->flags & QUOTH_EVID_NOT_BEST) && batch->hooks.decoy &&
        batch->hooks.decoy(batch->hooks.arg, &door, &domain->decoy_code, &domain->decoy_reason);

    domain->decoy = known ? BATCH_DECOY_KNOWN : BATCH_DECOY_NOT;
    if (known)
        domain->decoy_until = batch_seconds(batch, batch->now) + BATCH_DECOY_S;
}

static void route_set_mx(struct quoth_batch *batch, struct batch_dom *domain, const char *mx)
{
    struct batch_dest *host = batch_dest(batch, domain->dest);

    if (domain->mx != BATCH_NONE && !strcmp(batch_mx_name(batch, domain->mx), mx))
        return;
    batch_mx_drop(batch, domain->mx);
    domain->mx = host->mx != BATCH_NONE && !strcmp(batch_mx_name(batch, host->mx), mx)
                     ? batch_mx_hold(batch, host->mx)
                     : batch_mx_add(batch, mx);
    if (host->mx == BATCH_NONE)
        host->mx = batch_mx_hold(batch, domain->mx);
}

void batch_dom_route(struct quoth_batch *batch, uint32_t dom, uint32_t dest, const char *mx)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct batch_dest *host = batch_dest(batch, dest);
    int first = domain->dest == BATCH_NONE,
        other = domain->dest != dest || strcmp(batch_mx_name(batch, domain->mx), mx) != 0;

    if (domain->dest != dest) {
        if (!host->doms++)
            batch->dests_kept--;
        batch_dom_unroute(batch, dom);
        host->left += domain->left;
        domain->dest = dest;
        domain->answers = 0;
    }
    if (other) {
        batch_pend_back(batch, dom);
        route_decoy(batch, dom, mx, first);
    } else if (domain->decoy == BATCH_DECOY_KNOWN &&
               batch->now >= batch_ms(batch, domain->decoy_until)) {
        domain->decoy = BATCH_DECOY_NOT, domain->decoys = 0;
    }
    route_set_mx(batch, domain, mx);
    if (domain->mx == BATCH_NONE) { /* no memory: once more, later */
        domain->reroute = 1;
        return;
    }
    if (batch->plan) {
        uint32_t calls = (domain->left + 9) / 10; /* as a rule of thumb */
        batch->plan->conversations += calls;
        host->short_until += calls; /* not used before anybody is called */
        return;
    }
    batch_dom_mark(batch, dom);
}

void batch_dom_remember(struct quoth_batch *batch, uint32_t dom, uint32_t dest, const char *mx)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    if (!batch_dest(batch, dest)->doms++)
        batch->dests_kept--;
    domain->dest = dest;
    domain->reroute = 1;
    route_set_mx(batch, domain, mx);
}

void batch_dom_next_host(struct quoth_batch *batch, uint32_t dom, uint32_t mark)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct batch_extra *extra = batch_dom_extra(batch, domain);

    if (!extra) { /* no memory to go on with: that is the result */
        batch_end_fail(batch, dom);
        return;
    }
    if (domain->dest != BATCH_NONE && domain->connects < QUOTH_CONNECTS_MAX)
        extra->tried[domain->connects++] = mark;
    batch_pend_back(batch, dom);
    domain->decoy = BATCH_DECOY_NOT;
    domain->answers = 0;
    domain->reroute = 1;
    batch_dom_mark(batch, dom);
}
