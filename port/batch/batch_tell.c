/* batch_tell.c - evidence to result; what is put off, noted, or waits for the decoy; traces.
 *
 *   evidence --judge--> the last word? --yes--> told, and the address given back
 *                             `--no--> put off (greylisted, our network away), asked again later
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum { TELL_TOTAL_MS = 300000, TELL_TEXT = 400 };

/* The time limit of one address: its domain's lookups count, waiting for its turn does not. */
uint64_t batch_until(const struct quoth_batch *batch, const struct batch_dom *d)
{
    uint32_t most = batch->conf->total_ms ? batch->conf->total_ms : TELL_TOTAL_MS;
    return batch->now + (most > d->look_ms ? most - d->look_ms : 0);
}

void batch_blank(const struct quoth_batch *batch, const struct batch_dom *d,
                 struct quoth_evidence *e)
{
    memset(e, 0, sizeof *e);
    e->phase = QUOTH_PHASE_DNS;
    e->mx = d->mx_state;
    e->dns = d->dns;
    e->flags = d->flags;
    e->lists = d->lists;
    e->pref = d->pref;
    e->queries = d->queries;
    e->sessions = d->sessions;
    e->connects = (uint8_t)(d->connects + (d->dest != BATCH_NONE));
    e->asked_decoy = d->decoys != 0;
    e->took_ms = d->look_ms;
    if (d->decoy == BATCH_DECOY_KNOWN) {
        e->decoy_code = d->decoy_code;
        e->decoy_reason = d->decoy_reason;
    }
}

/* The address itself, from what was kept of it, into `text`. */
static void tell_address(const struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                         char text[TELL_TEXT], struct quoth_evidence *e)
{
    struct quoth_span local = batch_addr_local(batch, addr);
    const char *name = batch_dom_name(batch, dom);
    size_t n = strlen(name);

    memcpy(text, local.p, local.n);
    text[local.n] = '@';
    memcpy(text + local.n + 1, name, n + 1);
    memcpy(e->domain, name, n + 1);
    e->addr.local = (struct quoth_span) {text, local.n};
    e->addr.domain = (struct quoth_span) {text + local.n + 1, n};
    e->addr.flags = local.p[0] == '"' ? QUOTH_ADDR_QUOTED : 0;
    for (size_t i = 0; i < local.n; i++)
        if ((uint8_t)local.p[i] > 0x7f)
            e->addr.flags |= QUOTH_ADDR_UTF8_LOCAL;
    e->lists = (uint16_t)(batch_dom(batch, dom)->lists | quoth_list_local(local.p, local.n));
    if (e->said.code / 100 != 2)
        e->asked_decoy = 0, e->decoy_code = 0, e->decoy_reason = 0;
}

/* One that nobody is to hear of is given back just the same. */
static void tell_one(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                     struct quoth_batch_result *r)
{
    struct batch_dom *d = batch_dom(batch, dom);

    d->left--;
    if (d->dest != BATCH_NONE)
        batch_dest(batch, d->dest)->left--;
    if (*batch_addr_flags(batch, addr) & BATCH_ADDR_DROPPED) {
        batch->dropped++;
    } else {
        r->id = batch_addr_id(batch, addr);
        batch->told++;
        batch->verdict[r->verdict]++;
        batch->hooks.result(batch->hooks.arg, r);
    }
    batch_addr_drop(batch, addr);
    if (!d->left)
        batch_dom_mark(batch, dom);
}

static void tell_chain(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                       struct quoth_batch_result *r)
{
    uint32_t next;

    for (uint32_t a = addr; a != BATCH_NONE; a = next) {
        next = batch_addr_next(batch, a);
        tell_one(batch, dom, a, r);
    }
}

/* Put an address and its like off. */
static void tell_off(struct quoth_batch *batch, uint32_t dom, uint32_t addr, uint64_t ms)
{
    struct batch_dom *d = batch_dom(batch, dom);
    uint32_t at = batch_seconds(batch, batch->now + ms);

    if (d->later == BATCH_NONE || at > d->later_at)
        d->later_at = at;
    batch->waiting += batch_chain_count(batch, addr);
    batch_chain_push(batch, &d->later, addr);
    batch_dom_later(batch, dom, batch_ms(batch, d->later_at));
}

/* Not the last word: to be asked again later, or by whom resumes. 0: it is. */
static int tell_put_off(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                        const struct quoth_evidence *e)
{
    uint8_t *flags = batch_addr_flags(batch, addr), pass = *flags & BATCH_ADDR_PASS;
    uint32_t said, wait, most;

    if (batch->stops) {
        batch_chain_push(batch, &batch_dom(batch, dom)->head, addr);
        return 1;
    }
    if (batch->limit.no_wait || pass >= batch->limit.passes || *flags & BATCH_ADDR_URGENT)
        return 0;
    *flags = (uint8_t)(*flags + 1);
    said = quoth_pace_wait(e->words, e->said.n);
    wait = batch->limit.pass_ms[pass];
    most = batch->limit.pass_ms[pass < 2 ? pass + 1 : 2]; /* its word counts, within bounds */
    said = said < most ? said : most;
    tell_off(batch, dom, addr, said > wait ? said : wait);
    return 1;
}

/* Ours is the trouble: the network was there, and is away. */
static int tell_away(const struct quoth_batch *batch)
{
    return batch->dns_good && batch->dns_bad >= BATCH_AWAY;
}

void batch_looked(struct quoth_batch *batch, int found)
{
    batch->dns_bad = found ? 0 : batch->dns_bad + 1;
    batch->dns_good |= (uint8_t)found;
    if (batch->dns_good && batch->dns_bad == BATCH_AWAY)
        batch_event(
            batch,
            "%d domains in a row could not be looked up, so it is our network or name server: "
            "from now on they are put off",
            BATCH_AWAY);
}

/* Are two replies to RCPT by one exchange the same to quoth_judge()? */
static int tell_alike(const struct quoth_evidence *x, const struct quoth_evidence *y)
{
    return !memcmp(&x->said, &y->said, sizeof x->said) && !memcmp(x->words, y->words, x->said.n) &&
           x->flags == y->flags && x->lists == y->lists && x->addr.flags == y->addr.flags &&
           x->mx == y->mx && x->decoy_code == y->decoy_code && x->decoy_reason == y->decoy_reason;
}

/* A reply to RCPT is read once as long as the same exchange says the same. */
static void tell_judge(struct quoth_batch *batch, uint32_t mx, struct quoth_evidence *e,
                       struct quoth_batch_result *r)
{
    struct batch_judged *last = &batch->last;
    int heard = e->phase == QUOTH_PHASE_RCPT && e->said.code && !e->err && !e->stop;

    if (heard)
        quoth_evidence_names(e, &batch->conf->smtp);
    if (!heard || last->mx != mx || mx == BATCH_NONE || !tell_alike(&last->e, e)) {
        last->verdict = quoth_judge(e, *r->mx ? r->mx : NULL, &last->reading);
        last->mx = heard ? mx : BATCH_NONE;
        last->e = *e;
    }
    r->verdict = last->verdict;
    r->reading = last->reading;
}

struct quoth_reading batch_result(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                                  uint32_t mx, struct quoth_evidence *e)
{
    char text[TELL_TEXT];
    struct quoth_batch_result r = {.ev = e, .mx = batch_mx_name(batch, mx)};

    tell_address(batch, dom, addr, text, e);
    tell_judge(batch, mx, e, &r);
    if (r.verdict == QUOTH_VERDICT_UNKNOWN && !e->stop &&
        (e->said.code / 100 == 4 ||
         (r.reading.reason == QUOTH_REASON_NO_ROUTE && tell_away(batch))) &&
        tell_put_off(batch, dom, addr, e))
        return r.reading;
    r.pass = *batch_addr_flags(batch, addr) & BATCH_ADDR_PASS;
    tell_chain(batch, dom, addr, &r);
    return r.reading;
}

static void tell_stopped(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                         enum quoth_reason stop)
{
    struct quoth_evidence e;
    char text[TELL_TEXT];
    const char *mx = batch->no_host ? batch->no_host : "";
    struct quoth_batch_result r = {.ev = &e, .mx = mx, .stop = (uint8_t)stop};

    batch_blank(batch, batch_dom(batch, dom), &e);
    if (stop == QUOTH_REASON_DNS_FAILURE && tell_away(batch) && tell_put_off(batch, dom, addr, &e))
        return;
    e.stop = (uint8_t)stop;
    tell_address(batch, dom, addr, text, &e);
    r.verdict = quoth_judge(&e, NULL, &r.reading);
    r.pass = *batch_addr_flags(batch, addr) & BATCH_ADDR_PASS;
    tell_chain(batch, dom, addr, &r);
}

/* All of a chain, taken off first: what comes back in the meantime is for another time. */
static void tell_stop(struct quoth_batch *batch, uint32_t dom, uint32_t *head,
                      enum quoth_reason stop)
{
    uint32_t chain = *head;

    *head = BATCH_NONE;
    while (chain != BATCH_NONE)
        tell_stopped(batch, dom, batch_chain_pop(batch, &chain), stop);
}

void batch_stop_all(struct quoth_batch *batch, uint32_t dom, enum quoth_reason stop)
{
    batch_dom_gather(batch, batch_dom(batch, dom));
    tell_stop(batch, dom, &batch_dom(batch, dom)->head, stop);
}

void batch_stop_urgent(struct quoth_batch *batch, uint32_t dom, enum quoth_reason stop)
{
    if (batch_dom_urgent(batch_dom(batch, dom)))
        tell_stop(batch, dom, &batch_dom(batch, dom)->extra->urgent, stop);
}

/* ---- what is kept until the last host was tried ------------------------- */

void batch_note(struct quoth_batch *batch, uint32_t dom, const struct batch_note *n,
                const char *words)
{
    struct batch_extra *x = batch_dom_extra(batch, batch_dom(batch, dom));
    struct batch_note *copy;

    if (!x || (x->note && n->phase <= QUOTH_PHASE_CONNECT && x->note->phase > QUOTH_PHASE_CONNECT))
        return;
    copy = batch_alloc(batch, sizeof *copy + n->said.n);
    if (!copy)
        return;
    *copy = *n;
    copy->mx = n->phase > QUOTH_PHASE_DNS ? batch_mx_hold(batch, n->mx) : BATCH_NONE;
    if (n->said.n)
        memcpy(copy->words, words, n->said.n);
    if (x->note) {
        batch_mx_drop(batch, x->note->mx);
        batch_free(batch, x->note, sizeof *x->note + x->note->said.n);
    }
    x->note = copy;
}

uint32_t batch_noted(const struct quoth_batch *batch, uint32_t dom, struct quoth_evidence *e)
{
    const struct batch_dom *d = batch_dom(batch, dom);
    const struct batch_note *n = d->extra ? d->extra->note : NULL;

    batch_blank(batch, d, e);
    if (!n) {
        e->stop = QUOTH_REASON_INTERNAL;
        return BATCH_NONE;
    }
    e->phase = n->phase;
    e->err = n->err;
    e->said = n->said;
    e->ext = n->ext;
    e->pref = n->pref;
    e->peer = n->peer;
    e->tls = n->tls;
    memcpy(e->ms, n->ms, sizeof e->ms);
    if (n->took_ms)
        e->took_ms = n->took_ms;
    e->flags = (uint8_t)((e->flags & ~QUOTH_EVID_NOT_BEST) | n->flags);
    memcpy(e->words, n->words, n->said.n);
    return n->mx;
}

void batch_end_fail(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *d = batch_dom(batch, dom);
    struct quoth_evidence e;
    uint32_t mx = batch_noted(batch, dom, &e), chain;

    batch_dom_gather(batch, d);
    chain = d->head;
    d->head = BATCH_NONE; /* what comes back in the meantime is for another time */
    while (chain != BATCH_NONE)
        batch_result(batch, dom, batch_chain_pop(batch, &chain), mx, &e);
    batch_dom_clear(batch, d);
    if (d->later != BATCH_NONE)
        d->reroute = 1; /* from the start, next time */
}

void batch_pend_back(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *d = batch_dom(batch, dom);
    struct batch_pend *p = d->extra ? d->extra->pend : NULL, *next;

    if (!p)
        return;
    d->extra->pend = NULL;
    for (; p; p = next) {
        next = p->next;
        batch_dom_back(batch, dom, p->addr);
        batch_free(batch, p, sizeof *p + p->said.n);
    }
}

/* ---- traces ------------------------------------------------------------- */

void batch_trace_chain(struct quoth_batch *batch, uint32_t a, struct quoth_batch_trace *t)
{
    uint32_t next;

    for (; a != BATCH_NONE && batch->hooks.trace; a = next) {
        next = batch_addr_next(batch, a);
        if ((*batch_addr_flags(batch, a) & (BATCH_ADDR_TRACE | BATCH_ADDR_DROPPED)) !=
            BATCH_ADDR_TRACE)
            continue;
        t->id = batch_addr_id(batch, a);
        batch->hooks.trace(batch->hooks.arg, t);
    }
}

void batch_trace_dom(struct quoth_batch *batch, uint32_t dom, struct quoth_batch_trace *t)
{
    const struct batch_dom *d = batch_dom(batch, dom);

    if (!batch->traced || !batch->hooks.trace)
        return;
    if (d->extra) {
        batch_trace_chain(batch, d->extra->urgent, t);
        batch_trace_chain(batch, d->extra->alone, t);
    }
    batch_trace_chain(batch, d->head, t);
    batch_trace_chain(batch, d->added, t);
}

void batch_trace_look(struct quoth_batch *batch, const struct batch_look *k,
                      const struct quoth_want *w, const struct quoth_event *ev)
{
    struct quoth_batch_trace t = {.kind = QUOTH_BATCH_TRACE_DNS,
                                  .ms = batch_dom(batch, k->dom)->look_ms + (batch->now - k->start),
                                  .want = w,
                                  .event = ev,
                                  .name = &k->name,
                                  .type = k->type,
                                  .host = "",
                                  .phase = QUOTH_PHASE_DNS};
    batch_trace_dom(batch, k->dom, &t);
}

void batch_trace_hosts(struct quoth_batch *batch, const struct batch_look *k, uint32_t dest)
{
    struct quoth_batch_trace t = {.kind = QUOTH_BATCH_TRACE_HOSTS,
                                  .ms = batch_dom(batch, k->dom)->look_ms,
                                  .mx = batch_dom(batch, k->dom)->mx_state,
                                  .index = k->hosts.host,
                                  .route = &k->hosts.route,
                                  .host = quoth_mx_name(&k->hosts.route, k->hosts.host),
                                  .peer = batch_peer(batch, batch_dest(batch, dest)),
                                  .phase = QUOTH_PHASE_DNS};
    batch_trace_dom(batch, k->dom, &t);
}
