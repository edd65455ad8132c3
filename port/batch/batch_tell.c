/* batch_tell.c - evidence to result; what is put off, noted, waits for the decoy.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum { BATCH_TOTAL_MS = 300000 };

/* The time limit of one address: its domain's lookups count, waiting for its turn does not. */
uint64_t batch_until(const struct quoth_batch *b, const struct batch_dom *d)
{
    uint32_t most = b->conf->total_ms ? b->conf->total_ms : BATCH_TOTAL_MS;
    return b->now + (most > d->look_ms ? most - d->look_ms : 0);
}

struct quoth_evidence *batch_blank(struct quoth_batch *b, const struct batch_dom *d)
{
    struct quoth_evidence *e = &b->ev;

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
    return e;
}

/* The address itself, from what was kept of it. */
static void batch_address(struct quoth_batch *b, const struct batch_dom *d, uint32_t addr)
{
    struct quoth_evidence *e = &b->ev;
    struct quoth_span local = batch_addr_local(b, addr);
    const char *name = batch_text_at(&b->names, d->name);
    size_t n = strlen(name);

    memcpy(b->text, local.p, local.n);
    b->text[local.n] = '@';
    memcpy(b->text + local.n + 1, name, n + 1);
    memcpy(e->domain, name, n + 1);
    e->addr.local = (struct quoth_span) {b->text, local.n};
    e->addr.domain = (struct quoth_span) {b->text + local.n + 1, n};
    e->addr.flags = local.p[0] == '"' ? QUOTH_ADDR_QUOTED : 0;
    for (size_t i = 0; i < local.n; i++)
        if ((uint8_t)local.p[i] > 0x7f)
            e->addr.flags |= QUOTH_ADDR_UTF8_LOCAL;
    e->lists = (uint8_t)(d->lists | quoth_list_local(local.p, local.n));
    if (e->said.code / 100 != 2)
        e->asked_decoy = 0, e->decoy_code = 0, e->decoy_reason = 0;
}

static void batch_tell(struct quoth_batch *b, uint32_t dom, uint32_t addr,
                       struct quoth_batch_result *r)
{
    struct batch_dom *d = batch_dom(b, dom);

    for (uint32_t a = addr; a != BATCH_NONE; a = batch_addr_next(b, a)) {
        r->id = batch_addr_id(b, a);
        b->told++;
        b->verdict[r->verdict]++;
        d->left--;
        if (d->dest != BATCH_NONE)
            batch_dest(b, d->dest)->left--;
        b->hooks.result(b->hooks.arg, r);
    }
}

/* Not the last word: to be asked again later, or by whom resumes. 0: it is. */
static int batch_kept(struct quoth_batch *b, uint32_t dom, uint32_t addr)
{
    uint8_t *flags = batch_addr_flags(b, addr), pass = *flags & BATCH_ADDR_PASS;
    uint32_t said, wait;

    if (b->stops) {
        batch_chain_push(b, &batch_dom(b, dom)->head, addr);
        return 1;
    }
    if (b->limit.no_wait || pass >= b->limit.passes)
        return 0;
    *flags = (uint8_t)(*flags + 1);
    said = quoth_pace_wait(b->ev.words, b->ev.said.n);
    wait = b->limit.pass_ms[pass];
    batch_dom_off(b, dom, addr, said > wait ? said : wait);
    return 1;
}

/* Ours is the trouble: the network was there, and is away. */
static int batch_away(const struct quoth_batch *b)
{
    return b->dns_good && b->dns_bad >= BATCH_AWAY;
}

void batch_looked(struct quoth_batch *b, int found)
{
    b->dns_bad = found ? 0 : b->dns_bad + 1;
    b->dns_good |= (uint8_t)found;
    if (b->dns_good && b->dns_bad == BATCH_AWAY)
        batch_event(
            b,
            "%d domains in a row could not be looked up, so it is our network or name server: "
            "from now on they are put off",
            BATCH_AWAY);
}

void batch_result(struct quoth_batch *b, uint32_t dom, uint32_t addr, uint32_t mx)
{
    struct batch_dom *d = batch_dom(b, dom);
    const struct quoth_evidence *e = &b->ev;
    struct quoth_batch_result r = {.ev = e,
                                   .mx = mx == BATCH_NONE ? "" : batch_text_at(&b->names, mx)};

    batch_address(b, d, addr);
    r.verdict = quoth_judge(e, *r.mx ? r.mx : NULL, &r.reading);
    b->reading = r.reading;
    if (r.verdict == QUOTH_VERDICT_UNKNOWN && !e->stop &&
        (e->said.code / 100 == 4 || (r.reading.reason == QUOTH_REASON_NO_ROUTE && batch_away(b))) &&
        batch_kept(b, dom, addr))
        return;
    r.pass = *batch_addr_flags(b, addr) & BATCH_ADDR_PASS;
    batch_tell(b, dom, addr, &r);
}

void batch_result_all(struct quoth_batch *b, uint32_t dom, uint32_t mx)
{
    struct batch_dom *d = batch_dom(b, dom);
    uint32_t chain;

    batch_dom_gather(b, d);
    chain = d->head;
    d->head = BATCH_NONE; /* what comes back in the meantime is for another time */
    while (chain != BATCH_NONE)
        batch_result(b, dom, batch_chain_pop(b, &chain), mx);
}

void batch_stop_all(struct quoth_batch *b, uint32_t dom, enum quoth_reason stop)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct quoth_batch_result r = {.mx = "", .stop = (uint8_t)stop};
    uint32_t chain, addr;

    batch_dom_gather(b, d);
    chain = d->head;
    d->head = BATCH_NONE;
    while ((addr = batch_chain_pop(b, &chain)) != BATCH_NONE) {
        r.ev = batch_blank(b, d);
        if (stop == QUOTH_REASON_DNS_FAILURE && batch_away(b) && batch_kept(b, dom, addr))
            continue;
        b->ev.stop = (uint8_t)stop;
        batch_address(b, d, addr);
        r.verdict = quoth_judge(r.ev, NULL, &r.reading);
        r.pass = *batch_addr_flags(b, addr) & BATCH_ADDR_PASS;
        batch_tell(b, dom, addr, &r);
    }
}

void batch_note(struct quoth_batch *b, uint32_t dom, const struct batch_note *n, const char *words)
{
    struct batch_rare *r = batch_dom_rare(b, batch_dom(b, dom));
    struct batch_note *copy;

    if (!r || (r->note && n->phase <= QUOTH_PHASE_CONNECT && r->note->phase > QUOTH_PHASE_CONNECT))
        return;
    copy = batch_alloc(b, sizeof *copy + n->said.n);
    if (!copy)
        return;
    *copy = *n;
    if (n->said.n)
        memcpy(copy->words, words, n->said.n);
    if (r->note)
        batch_free(b, r->note, sizeof *r->note + r->note->said.n);
    r->note = copy;
}

/* The note as evidence, in b->ev. Returns the exchange's name. */
uint32_t batch_noted(struct quoth_batch *b, uint32_t dom)
{
    const struct batch_dom *d = batch_dom(b, dom);
    const struct batch_note *n = d->rare ? d->rare->note : NULL;
    struct quoth_evidence *e = batch_blank(b, d);

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
    return n->phase > QUOTH_PHASE_DNS ? n->mx : BATCH_NONE;
}

/* Everything of it that is to be asked has this for a result. */
void batch_end_fail(struct quoth_batch *b, uint32_t dom)
{
    uint32_t mx = batch_noted(b, dom);
    struct batch_dom *d = batch_dom(b, dom);

    batch_result_all(b, dom, mx);
    batch_dom_plain(b, d);
    if (d->later != BATCH_NONE)
        d->state |= BATCH_DOM_MOVE; /* from the start, next time */
}

void batch_pend_back(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_pend *p = d->rare ? d->rare->pend : NULL, *next;

    if (!p)
        return;
    d->rare->pend = NULL;
    for (; p; p = next) {
        next = p->next;
        batch_chain_push(b, &d->head, p->addr);
        batch_free(b, p, sizeof *p + p->said.n);
    }
}

void batch_dom_later(struct quoth_batch *b, uint32_t dom, uint64_t at)
{
    if (quoth_due_nearer(&b->dom_due, dom, at) < 0)
        b->rc = QUOTH_ESPACE;
}

void batch_dom_off(struct quoth_batch *b, uint32_t dom, uint32_t addr, uint64_t ms)
{
    struct batch_dom *d = batch_dom(b, dom);
    uint32_t at = batch_seconds(b, b->now + ms);

    if (d->later == BATCH_NONE || at > d->later_at)
        d->later_at = at;
    b->waiting += batch_chain_count(b, addr);
    batch_chain_push(b, &d->later, addr);
    batch_dom_later(b, dom, batch_ms(b, d->later_at));
}

void batch_dom_move(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_rare *r = batch_dom_rare(b, d);

    if (!r)
        return;
    if (d->dest != BATCH_NONE && d->connects < QUOTH_CONNECTS_MAX) {
        const struct quoth_ip *ip = &batch_dest(b, d->dest)->ip;
        r->tried[d->connects++] = (uint32_t)quoth_hash(b->k0, b->k1, ip->b, ip->len) | 1;
    }
    batch_pend_back(b, dom);
    d->decoy = BATCH_DECOY_NOT;
    d->state = (uint8_t)((d->state & ~BATCH_DOM_KNOWN) | BATCH_DOM_MOVE);
    batch_dom_mark(b, dom);
}
