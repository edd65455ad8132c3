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
uint64_t batch_until(const struct quoth_batch *batch, const struct batch_dom *domain)
{
    uint32_t most = batch->conf->total_ms ? batch->conf->total_ms : TELL_TOTAL_MS;
    return batch->now + (most > domain->look_ms ? most - domain->look_ms : 0);
}

void batch_blank(const struct quoth_batch *batch, const struct batch_dom *domain,
                 struct quoth_evidence *evidence)
{
    memset(evidence, 0, sizeof *evidence);
    evidence->phase = QUOTH_PHASE_DNS;
    evidence->mx = domain->mx_state;
    evidence->dns = domain->dns;
    evidence->flags = domain->flags;
    evidence->lists = domain->lists;
    evidence->pref = domain->pref;
    evidence->queries = domain->queries;
    evidence->sessions = domain->sessions;
    evidence->connects = (uint8_t)(domain->connects + (domain->dest != BATCH_NONE));
    evidence->asked_decoy = domain->decoys != 0;
    evidence->took_ms = domain->look_ms;
    if (domain->decoy == BATCH_DECOY_KNOWN) {
        evidence->decoy_code = domain->decoy_code;
        evidence->decoy_reason = domain->decoy_reason;
    }
}

/* The address itself, from what was kept of it, into `text`. */
static void tell_address(const struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                         char text[TELL_TEXT], struct quoth_evidence *evidence)
{
    struct quoth_span local = batch_addr_local(batch, addr);
    const char *name = batch_dom_name(batch, dom);
    size_t n = strlen(name);

    memcpy(text, local.p, local.n);
    text[local.n] = '@';
    memcpy(text + local.n + 1, name, n + 1);
    memcpy(evidence->domain, name, n + 1);
    evidence->addr.local = (struct quoth_span) {text, local.n};
    evidence->addr.domain = (struct quoth_span) {text + local.n + 1, n};
    evidence->addr.flags = local.p[0] == '"' ? QUOTH_ADDR_QUOTED : 0;
    for (size_t i = 0; i < local.n; i++)
        if ((uint8_t)local.p[i] > 0x7f)
            evidence->addr.flags |= QUOTH_ADDR_UTF8_LOCAL;
    evidence->lists = (uint16_t)(batch_dom(batch, dom)->lists | quoth_list_local(local.p, local.n));
    if (evidence->said.code / 100 != 2)
        evidence->asked_decoy = 0, evidence->decoy_code = 0, evidence->decoy_reason = 0;
}

/* One that nobody is to hear of is given back just the same. */
static void tell_one(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                     struct quoth_batch_result *result)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    domain->left--;
    if (domain->dest != BATCH_NONE)
        batch_dest(batch, domain->dest)->left--;
    if (*batch_addr_flags(batch, addr) & BATCH_ADDR_DROPPED) {
        batch->dropped++;
    } else {
        result->id = batch_addr_id(batch, addr);
        batch->told++;
        batch->verdict[result->verdict]++;
        batch->hooks.result(batch->hooks.arg, result);
    }
    batch_addr_drop(batch, addr);
    if (!domain->left)
        batch_dom_mark(batch, dom);
}

static void tell_chain(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                       struct quoth_batch_result *result)
{
    uint32_t next;

    for (uint32_t a = addr; a != BATCH_NONE; a = next) {
        next = batch_addr_next(batch, a);
        tell_one(batch, dom, a, result);
    }
}

/* Put an address and its like off. */
static void tell_off(struct quoth_batch *batch, uint32_t dom, uint32_t addr, uint64_t ms)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    uint32_t at = batch_seconds(batch, batch->now + ms);

    if (domain->later == BATCH_NONE || at > domain->later_at)
        domain->later_at = at;
    batch->waiting += batch_chain_count(batch, addr);
    batch_chain_push(batch, &domain->later, addr);
    batch_dom_later(batch, dom, batch_ms(batch, domain->later_at));
}

/* Not the last word: to be asked again later, or by whom resumes. 0: it is. */
static int tell_put_off(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                        const struct quoth_evidence *evidence)
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
    said = quoth_pace_wait(evidence->words, evidence->said.n);
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

int quoth_batch_away(const struct quoth_batch *batch)
{
    return batch->dns_bad >= BATCH_AWAY && batch->now - batch->dns_bad_at < BATCH_AWAY_MS;
}

void batch_looked(struct quoth_batch *batch, int found)
{
    batch->dns_bad = found ? 0 : batch->dns_bad + 1;
    batch->dns_bad_at = batch->now;
    batch->dns_good |= (uint8_t)found;
    if (batch->dns_good && batch->dns_bad == BATCH_AWAY)
        batch_event(
            batch,
            "%d domains in a row could not be looked up, so it is our network or name server: "
            "from now on they are put off",
            BATCH_AWAY);
}

/* Are two replies to RCPT by one exchange the same to quoth_judge()? */
static int tell_alike(const struct quoth_evidence *was, const struct quoth_evidence *now)
{
    return !memcmp(&was->said, &now->said, sizeof was->said) &&
           !memcmp(was->words, now->words, was->said.n) && was->flags == now->flags &&
           was->lists == now->lists && was->addr.flags == now->addr.flags && was->mx == now->mx &&
           was->decoy_code == now->decoy_code && was->decoy_reason == now->decoy_reason;
}

/* A reply to RCPT is read once as long as the same exchange says the same: yes and no are kept side
 * by side, for in a conversation they take turns. */
static void tell_judge(struct quoth_batch *batch, uint32_t mx, struct quoth_evidence *evidence,
                       struct quoth_batch_result *result)
{
    struct batch_judged *judged = &batch->judged[evidence->said.code / 100 == 2];
    const char *host = *result->mx ? result->mx : NULL;

    if (evidence->phase != QUOTH_PHASE_RCPT || !evidence->said.code || evidence->err ||
        evidence->stop) {
        result->verdict = quoth_judge(evidence, host, &result->reading);
        return;
    }
    quoth_evidence_names(evidence, &batch->conf->smtp);
    if (judged->mx != mx || mx == BATCH_NONE || !tell_alike(&judged->e, evidence)) {
        judged->verdict = quoth_judge(evidence, host, &judged->reading);
        judged->mx = mx;
        judged->e = *evidence;
    }
    result->verdict = judged->verdict;
    result->reading = judged->reading;
}

struct quoth_reading batch_result(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                                  uint32_t mx, struct quoth_evidence *evidence)
{
    char text[TELL_TEXT];
    struct quoth_batch_result result = {.ev = evidence, .mx = batch_mx_name(batch, mx)};

    tell_address(batch, dom, addr, text, evidence);
    tell_judge(batch, mx, evidence, &result);
    if (result.verdict == QUOTH_VERDICT_UNKNOWN && !evidence->stop &&
        (evidence->said.code / 100 == 4 ||
         (result.reading.reason == QUOTH_REASON_NO_ROUTE && tell_away(batch))) &&
        tell_put_off(batch, dom, addr, evidence))
        return result.reading;
    result.pass = *batch_addr_flags(batch, addr) & BATCH_ADDR_PASS;
    tell_chain(batch, dom, addr, &result);
    return result.reading;
}

/* What the search for its hosts came to before it was stopped. */
static void tell_found(const struct quoth_route *found, struct quoth_batch_result *result)
{
    const enum quoth_mx_state mx = (enum quoth_mx_state)result->ev->mx;

    if (mx == QUOTH_MX_UNUSABLE)
        result->mx = found->names;
    if (mx == QUOTH_MX_HOSTS || mx == QUOTH_MX_IMPLICIT)
        result->route = found;
}

static void tell_stopped(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                         enum quoth_reason stop, const struct quoth_route *found)
{
    struct quoth_evidence evidence;
    char text[TELL_TEXT];
    struct quoth_batch_result result = {.ev = &evidence, .mx = "", .stop = (uint8_t)stop};

    batch_blank(batch, batch_dom(batch, dom), &evidence);
    if (found)
        tell_found(found, &result);
    if (stop == QUOTH_REASON_DNS_FAILURE && tell_away(batch) &&
        tell_put_off(batch, dom, addr, &evidence))
        return;
    evidence.stop = (uint8_t)stop;
    tell_address(batch, dom, addr, text, &evidence);
    result.verdict = quoth_judge(&evidence, NULL, &result.reading);
    result.pass = *batch_addr_flags(batch, addr) & BATCH_ADDR_PASS;
    tell_chain(batch, dom, addr, &result);
}

/* All of a chain, taken off first: what comes back in the meantime is for another time. */
static void tell_stop(struct quoth_batch *batch, uint32_t dom, uint32_t *head,
                      enum quoth_reason stop, const struct quoth_route *found)
{
    uint32_t chain = *head;

    *head = BATCH_NONE;
    while (chain != BATCH_NONE)
        tell_stopped(batch, dom, batch_chain_pop(batch, &chain), stop, found);
}

void batch_stop_all(struct quoth_batch *batch, uint32_t dom, enum quoth_reason stop,
                    const struct quoth_route *found)
{
    batch_dom_gather(batch, batch_dom(batch, dom));
    tell_stop(batch, dom, &batch_dom(batch, dom)->head, stop, found);
}

void batch_stop_urgent(struct quoth_batch *batch, uint32_t dom, enum quoth_reason stop)
{
    if (batch_dom_urgent(batch_dom(batch, dom)))
        tell_stop(batch, dom, &batch_dom(batch, dom)->extra->urgent, stop, NULL);
}

/* ---- what is kept until the last host was tried ------------------------- */

void batch_note(struct quoth_batch *batch, uint32_t dom, const struct batch_note *note,
                const char *words)
{
    struct batch_extra *extra = batch_dom_extra(batch, batch_dom(batch, dom));
    struct batch_note *copy;

    if (!extra || (extra->note && note->phase <= QUOTH_PHASE_CONNECT &&
                   extra->note->phase > QUOTH_PHASE_CONNECT))
        return;
    copy = batch_alloc(batch, sizeof *copy + note->said.n);
    if (!copy)
        return;
    *copy = *note;
    copy->mx = note->phase > QUOTH_PHASE_DNS ? batch_mx_hold(batch, note->mx) : BATCH_NONE;
    if (note->said.n)
        memcpy(copy->words, words, note->said.n);
    if (extra->note) {
        batch_mx_drop(batch, extra->note->mx);
        batch_free(batch, extra->note, sizeof *extra->note + extra->note->said.n);
    }
    extra->note = copy;
}

uint32_t batch_noted(const struct quoth_batch *batch, uint32_t dom, struct quoth_evidence *evidence)
{
    const struct batch_dom *domain = batch_dom(batch, dom);
    const struct batch_note *note = domain->extra ? domain->extra->note : NULL;

    batch_blank(batch, domain, evidence);
    if (!note) {
        evidence->stop = QUOTH_REASON_INTERNAL;
        return BATCH_NONE;
    }
    evidence->phase = note->phase;
    evidence->err = note->err;
    evidence->said = note->said;
    evidence->ext = note->ext;
    evidence->pref = note->pref;
    evidence->peer = note->peer;
    evidence->tls = note->tls;
    memcpy(evidence->ms, note->ms, sizeof evidence->ms);
    if (note->took_ms)
        evidence->took_ms = note->took_ms;
    evidence->flags = (uint8_t)((evidence->flags & ~QUOTH_EVID_NOT_BEST) | note->flags);
    memcpy(evidence->words, note->words, note->said.n);
    return note->mx;
}

void batch_end_fail(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct quoth_evidence evidence;
    uint32_t mx = batch_noted(batch, dom, &evidence), chain;

    batch_dom_gather(batch, domain);
    chain = domain->head;
    domain->head = BATCH_NONE; /* what comes back in the meantime is for another time */
    while (chain != BATCH_NONE)
        batch_result(batch, dom, batch_chain_pop(batch, &chain), mx, &evidence);
    batch_dom_clear(batch, domain);
    if (domain->later != BATCH_NONE)
        domain->reroute = 1; /* from the start, next time */
}

void batch_pend_back(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct batch_pend *pend = domain->extra ? domain->extra->pend : NULL, *next;

    if (!pend)
        return;
    domain->extra->pend = NULL;
    for (; pend; pend = next) {
        next = pend->next;
        batch_dom_back(batch, dom, pend->addr);
        batch_free(batch, pend, sizeof *pend + pend->said.n);
    }
}

/* ---- traces ------------------------------------------------------------- */

void batch_trace_chain(struct quoth_batch *batch, uint32_t a, struct quoth_batch_trace *trace)
{
    uint32_t next;

    for (; a != BATCH_NONE && batch->hooks.trace; a = next) {
        next = batch_addr_next(batch, a);
        if ((*batch_addr_flags(batch, a) & (BATCH_ADDR_TRACE | BATCH_ADDR_DROPPED)) !=
            BATCH_ADDR_TRACE)
            continue;
        trace->id = batch_addr_id(batch, a);
        batch->hooks.trace(batch->hooks.arg, trace);
    }
}

void batch_trace_dom(struct quoth_batch *batch, uint32_t dom, struct quoth_batch_trace *trace)
{
    const struct batch_dom *domain = batch_dom(batch, dom);

    if (!batch->traced || !batch->hooks.trace)
        return;
    if (domain->extra) {
        batch_trace_chain(batch, domain->extra->urgent, trace);
        batch_trace_chain(batch, domain->extra->alone, trace);
        for (unsigned i = 0; i < BATCH_SHARES; i++)
            batch_trace_chain(batch, domain->extra->share[i].head, trace);
    }
    batch_trace_chain(batch, domain->head, trace);
    batch_trace_chain(batch, domain->added, trace);
}

void batch_trace_look(struct quoth_batch *batch, const struct batch_look *look,
                      const struct quoth_want *want, const struct quoth_event *ev)
{
    struct quoth_batch_trace trace = {.kind = QUOTH_BATCH_TRACE_DNS,
                                      .ms = batch_dom(batch, look->dom)->look_ms +
                                            (batch->now - look->start),
                                      .want = want,
                                      .event = ev,
                                      .name = &look->name,
                                      .type = look->type,
                                      .host = "",
                                      .phase = QUOTH_PHASE_DNS};
    batch_trace_dom(batch, look->dom, &trace);
}

void batch_trace_hosts(struct quoth_batch *batch, const struct batch_look *look, uint32_t dest)
{
    struct quoth_batch_trace trace = {.kind = QUOTH_BATCH_TRACE_HOSTS,
                                      .ms = batch_dom(batch, look->dom)->look_ms,
                                      .mx = batch_dom(batch, look->dom)->mx_state,
                                      .index = look->hosts.host,
                                      .route = &look->hosts.route,
                                      .host = quoth_mx_name(&look->hosts.route, look->hosts.host),
                                      .peer = batch_peer(batch, batch_dest(batch, dest)),
                                      .phase = QUOTH_PHASE_DNS};
    batch_trace_dom(batch, look->dom, &trace);
}

void batch_trace_wait(struct quoth_batch *batch, uint32_t dom)
{
    const struct batch_dom *domain = batch_dom(batch, dom);
    const struct batch_dest *host = batch_dest(batch, domain->dest);
    struct quoth_batch_trace trace = {.kind = QUOTH_BATCH_TRACE_WAIT,
                                      .ms = domain->look_ms,
                                      .host = batch_mx_name(batch, domain->mx),
                                      .peer = batch_peer(batch, host),
                                      .phase = QUOTH_PHASE_CONNECT};

    if (host->state == BATCH_DEST_READY)
        return;
    if (host->state == BATCH_DEST_WAIT && host->pace.next > batch->now)
        trace.wait_ms = host->pace.next - batch->now;
    batch_trace_chain(batch, domain->extra->urgent, &trace);
}
