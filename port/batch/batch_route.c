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

void batch_dom_unroute(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(b, dom);
    struct batch_dest *host;

    batch_mx_drop(b, domain->mx);
    domain->mx = BATCH_NONE;
    if (domain->dest == BATCH_NONE)
        return;
    host = batch_dest(b, domain->dest);
    host->left -= domain->left;
    batch_dest_unused(b, domain->dest);
    domain->dest = BATCH_NONE;
}

/* What a decoy is told depends on domain, exchanger and address. */
static void route_decoy(struct quoth_batch *b, uint32_t dom, const char *mx, int first)
{
    struct batch_dom *domain = batch_dom(b, dom);
    const struct quoth_batch_door door = {batch_dom_name(b, dom), mx,
                                          batch_dest(b, domain->dest)->ip};
    int known = first && !(domain->flags & QUOTH_EVID_NOT_BEST) && b->hooks.decoy &&
                b->hooks.decoy(b->hooks.arg, &door, &domain->decoy_code, &domain->decoy_reason);

    domain->decoy = known ? BATCH_DECOY_KNOWN : BATCH_DECOY_NOT;
    if (known)
        domain->decoy_until = batch_seconds(b, b->now) + BATCH_DECOY_S;
}

static void route_set_mx(struct quoth_batch *b, struct batch_dom *domain, const char *mx)
{
    struct batch_dest *host = batch_dest(b, domain->dest);

    if (domain->mx != BATCH_NONE && !strcmp(batch_mx_name(b, domain->mx), mx))
        return;
    batch_mx_drop(b, domain->mx);
    domain->mx = host->mx != BATCH_NONE && !strcmp(batch_mx_name(b, host->mx), mx)
                     ? batch_mx_hold(b, host->mx)
                     : batch_mx_add(b, mx);
    if (host->mx == BATCH_NONE)
        host->mx = batch_mx_hold(b, domain->mx);
}

void batch_dom_route(struct quoth_batch *b, uint32_t dom, uint32_t dest, const char *mx)
{
    struct batch_dom *domain = batch_dom(b, dom);
    struct batch_dest *host = batch_dest(b, dest);
    int first = domain->dest == BATCH_NONE,
        other = domain->dest != dest || strcmp(batch_mx_name(b, domain->mx), mx) != 0;

    if (domain->dest != dest) {
        if (!host->doms++)
            b->dests_kept--;
        batch_dom_unroute(b, dom);
        host->left += domain->left;
        domain->dest = dest;
        domain->answers = 0;
    }
    if (other) {
        batch_pend_back(b, dom);
        route_decoy(b, dom, mx, first);
    } else if (domain->decoy == BATCH_DECOY_KNOWN && b->now >= batch_ms(b, domain->decoy_until)) {
        domain->decoy = BATCH_DECOY_NOT, domain->decoys = 0;
    }
    route_set_mx(b, domain, mx);
    if (domain->mx == BATCH_NONE) { /* no memory: once more, later */
        domain->reroute = 1;
        return;
    }
    batch_dom_draw(b, dom);
    if (b->plan) {
        uint32_t calls = (batch_chain_count(b, domain->head) + 9) / 10; /* as a rule of thumb */
        b->plan->conversations += calls;
        host->short_until += calls; /* not used before anybody is called */
        return;
    }
    batch_dom_mark(b, dom);
}

void batch_dom_remember(struct quoth_batch *b, uint32_t dom, uint32_t dest, const char *mx)
{
    struct batch_dom *domain = batch_dom(b, dom);

    if (!batch_dest(b, dest)->doms++)
        b->dests_kept--;
    domain->dest = dest;
    domain->reroute = 1;
    route_set_mx(b, domain, mx);
}

void batch_dom_next_host(struct quoth_batch *b, uint32_t dom, uint32_t mark)
{
    struct batch_dom *domain = batch_dom(b, dom);
    struct batch_extra *extra = batch_dom_extra(b, domain);

    if (!extra) { /* no memory to go on with: that is the result */
        batch_end_fail(b, dom);
        return;
    }
    if (domain->dest != BATCH_NONE && domain->connects < QUOTH_CONNECTS_MAX)
        extra->tried[domain->connects++] = mark;
    batch_pend_back(b, dom);
    domain->decoy = BATCH_DECOY_NOT;
    domain->answers = 0;
    domain->reroute = 1;
    batch_dom_mark(b, dom);
}
