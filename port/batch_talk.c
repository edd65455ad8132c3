/* batch_talk.c - conversations, and what is made of their ends.
 *
 *   addresses in hand -> dial -> give -> answered: keep -> decoy, if one was accepted -> give ... -> QUIT -> over
 *
 * Nothing is told before the conversation is over: a reply too many may come at any time, and then
 * every answer since is in doubt (P28). At the end:
 *
 *   answered                 a result; accepted ones wait for their domain's decoy, whoever asked it
 *   not answered             back to the domain, which fails after two conversations without an answer
 *   doubted                  back to the domain: a reply too many came, or the server fell silent
 *   never got that far       the next host, as in verify.c
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum { TALK_SHARE = 16384, TALK_READ = 4096, TALK_EVENT = 64, TALK_DECOY_SAID = 96, TALK_SOON_MS = 1000,
       TALK_SHORT_S = 300 };            /* so long what we ran out of may come back: ports take a minute */

static struct quoth_span talk_name(const struct quoth_batch *b, uint32_t dom)
{
    const char *p = batch_text_at(&b->names, batch_dom(b, dom)->name);
    return (struct quoth_span){ p, strlen(p) };
}

/* ---- what a domain has learnt and not told yet ---- */

void batch_note(struct quoth_batch *b, uint32_t dom, const struct batch_note *n, const char *said)
{
    struct batch_rare *r = batch_dom_rare(b, batch_dom(b, dom));
    struct batch_note *copy;

    if (!r || (r->note && n->phase <= QUOTH_PHASE_CONNECT && r->note->phase > QUOTH_PHASE_CONNECT)) return;
    copy = batch_alloc(b, sizeof *copy + n->said_n);
    if (!copy) return;
    *copy = *n;
    if (n->said_n) memcpy(copy->said, said, n->said_n);
    if (r->note) batch_free(b, r->note, sizeof *r->note + r->note->said_n);
    r->note = copy;
}

/* When what was over, since the domain's lookups began, as if they had led to this conversation at once. */
static void talk_times(struct quoth_batch *b, const struct batch_talk *c, uint32_t dom)
{
    struct quoth_evidence *e = &b->ev;
    uint32_t look = batch_dom(b, dom)->look_ms;

    e->ms[QUOTH_PHASE_DNS] = look;
    for (int p = QUOTH_PHASE_CONNECT; p < QUOTH_PHASES; p++) e->ms[p] = c->ms[p] ? look + c->ms[p] : 0;
    e->took_ms = look + (uint32_t)(b->now - c->start);
}

static void talk_note(struct quoth_batch *b, const struct batch_talk *c, uint32_t dom)
{
    const struct quoth_smtp *s = &c->m;
    const struct batch_dest *t = batch_dest(b, c->dest);
    struct batch_note n = { .phase = s->phase, .err = (int8_t)s->err, .code = s->code, .ext = s->ext,
                            .pref = batch_dom(b, dom)->pref, .said_n = s->said_n, .peer = s->peer, .tls = s->tls,
                            .mx = batch_dom(b, dom)->mx };
    memcpy(n.esc, s->esc, sizeof n.esc);
    talk_times(b, c, dom);
    memcpy(n.ms, b->ev.ms, sizeof n.ms);
    n.took_ms = b->ev.took_ms;
    n.flags = (uint8_t)(t->flags | (c->offered ? QUOTH_EVID_TLS_OFFERED : 0) |
                        (batch_dom(b, dom)->flags & QUOTH_EVID_NOT_BEST));
    if (s->suspect) {
        n.phase = QUOTH_PHASE_RCPT;
        n.err = QUOTH_EPROTO;
        n.code = n.said_n = 0;
    }
    batch_note(b, dom, &n, c->end_said);
}

/* The note as evidence, in b->ev. Returns the exchange's name. */
static uint32_t talk_noted(struct quoth_batch *b, uint32_t dom)
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
    e->code = n->code;
    memcpy(e->esc, n->esc, sizeof e->esc);
    e->ext = n->ext;
    e->pref = n->pref;
    e->peer = n->peer;
    e->tls = n->tls;
    memcpy(e->ms, n->ms, sizeof e->ms);
    if (n->took_ms) e->took_ms = n->took_ms;
    e->flags = (uint8_t)((e->flags & ~QUOTH_EVID_NOT_BEST) | n->flags);
    e->said_n = n->said_n;
    memcpy(e->said, n->said, n->said_n);
    return n->phase > QUOTH_PHASE_DNS ? n->mx : BATCH_NONE;
}

/* Everything of it that is to be asked has this for a result. */
static void talk_fail(struct quoth_batch *b, uint32_t dom)
{
    uint32_t mx = talk_noted(b, dom);
    struct batch_dom *d = batch_dom(b, dom);

    batch_result_all(b, dom, mx);
    batch_dom_plain(b, d);
    if (d->later != BATCH_NONE) d->state |= BATCH_DOM_MOVE;     /* from the start, next time */
}

void batch_talk_failed(struct quoth_batch *b, uint32_t dom) { talk_fail(b, dom); }

void batch_pend_back(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_pend *p = d->rare ? d->rare->pend : NULL, *next;

    if (!p) return;
    d->rare->pend = NULL;
    for (; p; p = next) {
        next = p->next;
        batch_chain_push(b, &d->head, p->addr);
        batch_free(b, p, sizeof *p + p->said_n);
    }
}

/* ---- answers, kept until the end ---- */

static int talk_keep(struct quoth_batch *b, struct batch_talk *c, uint32_t addr, const struct quoth_rcpt *r, int decoy)
{
    struct batch_item x = { .addr = addr, .dom = c->dom, .ms = { c->ms[QUOTH_PHASE_MAIL], c->ms[QUOTH_PHASE_RCPT] },
                            .code = r->code, .said_n = r->said_n, .decoy = (uint8_t)decoy };
    uint32_t n = (uint32_t)((sizeof x + r->said_n + 3) & ~(size_t)3);

    if (c->kept_n + n > c->kept_cap) {
        uint32_t cap = c->kept_cap * 2 + n + 256;
        char *p = batch_realloc(b, c->kept, c->kept_cap, cap);
        if (!p) return 0;
        c->kept = p;
        c->kept_cap = cap;
    }
    memcpy(x.esc, r->esc, sizeof x.esc);
    memcpy(c->kept + c->kept_n, &x, sizeof x);
    if (r->said_n) memcpy(c->kept + c->kept_n + sizeof x, r->said, r->said_n);
    c->kept_n += n;
    return 1;
}

/* The next item at *at and its words; 0 at the end. */
static int talk_item(const struct batch_talk *c, uint32_t *at, struct batch_item *x, const char **said)
{
    if (*at >= c->kept_n) return 0;
    memcpy(x, c->kept + *at, sizeof *x);
    *said = c->kept + *at + sizeof *x;
    *at += (uint32_t)((sizeof *x + x->said_n + 3) & ~(size_t)3);
    return 1;
}

/* Does this reply tell us to go easy? Then nothing more is asked in this conversation. */
static int talk_enough(struct quoth_batch *b, const struct quoth_rcpt *r)
{
    struct quoth_reading reading;
    enum quoth_pace_kind kind;

    if (r->code / 100 == 2 || (r->code == 550 && r->esc[1] == 1) || b->limit.pace_off) return 0;
    quoth_judge_reply(&reading, QUOTH_PHASE_RCPT, r->code, r->esc, r->said, r->said_n, NULL);
    kind = quoth_pace_kind_of(QUOTH_PHASE_RCPT, r->code, r->esc, reading.reason);
    return kind == QUOTH_PACE_BUSY || kind == QUOTH_PACE_REFUSED;
}

/* The evidence about an address of `dom` that this conversation has so far, in b->ev. */
static void talk_evidence(struct quoth_batch *b, const struct batch_talk *c, uint32_t dom)
{
    struct quoth_evidence *e = batch_blank(b, batch_dom(b, dom));

    e->phase = c->m.phase;
    e->peer = c->m.peer;
    e->ext = c->m.ext;
    e->tls = c->m.tls;
    e->flags |= batch_dest(b, c->dest)->flags | (c->offered ? QUOTH_EVID_TLS_OFFERED : 0);
    if (e->sessions < UINT8_MAX) e->sessions++;
    talk_times(b, c, dom);
}

/* It broke off over this one, or its answer is in doubt. The first time it goes back, to be asked alone, so that
 * it does no harm to others; the second time, or when it had all of its own time, that is its result. */
static void talk_hurt(struct quoth_batch *b, struct batch_talk *c, uint32_t dom, uint32_t addr, int over)
{
    uint8_t *flags = batch_addr_flags(b, addr);

    if (!(over || *flags & BATCH_ADDR_HURT) || b->stops) {
        *flags |= BATCH_ADDR_HURT;
        batch_chain_push(b, &batch_dom(b, dom)->hurt, addr);
        return;
    }
    talk_evidence(b, c, dom);
    b->ev.err = (int8_t)(c->m.suspect ? QUOTH_EPROTO : c->m.err);
    batch_result(b, dom, addr, batch_dom(b, dom)->mx);
}

/* The time of one in hand is over; was it spent on others that were asked before it? */
static int talk_had_its_time(const struct batch_talk *c, uint32_t j, uint32_t first)
{
    return c->late && (!c->given || c->m.phase < QUOTH_PHASE_RCPT || (j == 0 && first == 0));
}

/* Did it end amid a transaction, and no reply says why? */
static int talk_broke(const struct batch_talk *c)
{
    return c->given && !c->m.code && c->m.err && c->m.err != QUOTH_ENOTLS && c->m.phase >= QUOTH_PHASE_MAIL;
}

/* Accepted ones of its domain waited for it here. */
static void talk_decoy_time(struct batch_talk *c)
{
    struct batch_item x;
    const char *said;

    for (uint32_t at = c->first, from = at; talk_item(c, &at, &x, &said); from = at) {
        if (x.code / 100 != 2 || x.decoy) continue;
        x.ms[2] = c->ms[QUOTH_PHASE_RCPT];
        memcpy(c->kept + from, &x, sizeof x);
    }
}

static void talk_settle_decoy(struct quoth_batch *b, struct batch_talk *c, struct batch_dom *d)
{
    const struct quoth_rcpt *r = &c->rcpt[0];
    int heard = r->code && r->code != 421 && talk_keep(b, c, BATCH_NONE, r, 1);

    c->decoying = 0;
    if (heard) talk_decoy_time(c);
    if (d->dest == c->dest) d->decoy = heard ? BATCH_DECOY_HEARD : BATCH_DECOY_NOT;
}

/* What is in hand was given and the machine is through with it: keep what was answered, give back the rest. */
static uint32_t talk_settle(struct quoth_batch *b, struct batch_talk *c)
{
    struct batch_dom *d = c->dom == BATCH_NONE ? NULL : batch_dom(b, c->dom);
    uint32_t back = 0, first = 0;

    if (c->n || c->decoying) c->latest = c->kept_n;
    if (c->decoying) {
        talk_settle_decoy(b, c, d);
        return 0;
    }
    while (first < c->n && c->given && c->rcpt[first].code) first++;
    for (uint32_t j = c->n; j-- > 0; ) {
        const struct quoth_rcpt *r = &c->rcpt[j];
        if (c->given && r->code && r->code != 421 && talk_keep(b, c, c->who[j], r, 0)) {
            if (r->code / 100 == 2) c->ok = 1;
            if (talk_enough(b, r)) c->enough = 1;
            if (!c->m.suspect) d->state |= BATCH_DOM_KNOWN;
            continue;
        }
        if (talk_had_its_time(c, j, first)) talk_hurt(b, c, c->dom, c->who[j], 1);
        else if (talk_broke(c) && j == first) talk_hurt(b, c, c->dom, c->who[j], 0);
        else batch_chain_push(b, &d->head, c->who[j]);
        back++;
    }
    c->n = 0;
    c->given = 0;
    return back;
}

/* ---- whom to ask ---- */

static void talk_leave(struct quoth_batch *b, struct batch_talk *c)
{
    uint32_t dom = c->dom;

    if (dom == BATCH_NONE) return;
    c->dom = BATCH_NONE;
    c->ok = c->tried = 0;
    batch_dom(b, dom)->out--;
    batch_dom_go(b, dom);
}

static int talk_room_for(struct quoth_batch *b, struct batch_talk *c, uint32_t n)
{
    size_t was = c->cap, cap = n > 4 ? BATCH_BURST : n;
    void *p;

    if (n <= c->cap) return 1;
    if (!(p = batch_realloc(b, c->rcpt, was * sizeof *c->rcpt, cap * sizeof *c->rcpt))) return 0;
    c->rcpt = p;
    if (!(p = batch_realloc(b, c->who, was * sizeof *c->who, cap * sizeof *c->who))) return 0;
    c->who = p;
    if (!(p = batch_realloc(b, c->said, was * QUOTH_SAID_MAX, cap * QUOTH_SAID_MAX))) return 0;
    c->said = p;
    c->cap = (uint16_t)cap;
    return 1;
}

static int talk_decoy_due(const struct quoth_batch *b, const struct batch_dom *d)
{
    return !b->conf->no_decoy && d->decoy < BATCH_DECOY_HEARD;
}

/* How many more of this domain this conversation may ask. */
static uint32_t talk_room(const struct quoth_batch *b, const struct batch_talk *c)
{
    const struct batch_dest *t = batch_dest(b, c->dest);
    uint32_t most = b->limit.per_session, room, refusals;

    if (t->most && t->most < most) most = t->most;
    if (c->had >= most || c->m.refused >= b->limit.refused || c->enough) return 0;
    room = most - c->had;
    if (c->dom != BATCH_NONE && talk_decoy_due(b, batch_dom(b, c->dom))) {
        if (most > 1) room--;                               /* the decoy's place */
        if (room > b->limit.scout) room = b->limit.scout;   /* unknown ground: few at a time */
    }
    refusals = (uint32_t)b->limit.refused - c->m.refused;
    if (room > refusals) room = refusals;
    return room < BATCH_BURST ? room : BATCH_BURST;
}

static int talk_may_ask_decoy(const struct quoth_batch *b, const struct batch_talk *c)
{
    const struct batch_dom *d = batch_dom(b, c->dom);

    return c->ok && d->decoy == BATCH_DECOY_NOT && d->decoys < BATCH_DECOYS && !b->conf->no_decoy &&
           c->m.refused < b->limit.refused && (c->had < b->limit.per_session || b->limit.per_session == 1);
}

/* An address that this server cannot be asked about: it does not do SMTPUTF8. */
static int talk_mute(const struct quoth_batch *b, const struct batch_talk *c, uint32_t addr)
{
    struct quoth_span l = batch_addr_local(b, addr);

    if (c->m.ext & QUOTH_EXT_SMTPUTF8) return 0;
    for (size_t i = 0; i < l.n; i++)
        if ((uint8_t)l.p[i] > 0x7f) return 1;
    return 0;
}

static void talk_take(struct quoth_batch *b, struct batch_talk *c)
{
    struct batch_dom *d = batch_dom(b, c->dom);
    uint32_t room = talk_room(b, c);

    if (!room || !talk_room_for(b, c, room)) return;
    while (c->n < room && d->head != BATCH_NONE) c->who[c->n++] = batch_chain_pop(b, &d->head);
    if (c->n || c->had || d->hurt == BATCH_NONE) return;
    c->who[c->n++] = batch_chain_pop(b, &d->hurt);
    c->alone = c->enough = 1;
}

/* Those in hand that this server cannot be asked about are told so. */
static void talk_unmute(struct quoth_batch *b, struct batch_talk *c)
{
    uint16_t n = c->n;

    c->n = 0;
    for (uint16_t j = 0; j < n; j++) {
        if (!talk_mute(b, c, c->who[j])) {
            c->who[c->n++] = c->who[j];
            continue;
        }
        talk_evidence(b, c, c->dom);
        b->ev.stop = QUOTH_REASON_NO_SMTPUTF8;
        batch_result(b, c->dom, c->who[j], batch_dom(b, c->dom)->mx);
        batch_dom(b, c->dom)->state |= BATCH_DOM_KNOWN;
    }
}

static int talk_more(const struct quoth_batch *b, const struct batch_talk *c)
{
    return batch_dom(b, c->dom)->head != BATCH_NONE || batch_dest(b, c->dest)->qhead != BATCH_NONE;
}

static void talk_give(struct quoth_batch *b, struct batch_talk *c, struct quoth_event *ev)
{
    const struct batch_dom *d = batch_dom(b, c->dom);
    struct quoth_span name = talk_name(b, c->dom);

    for (uint16_t j = 0; j < c->n; j++)
        c->rcpt[j] = (struct quoth_rcpt){ .local = batch_addr_local(b, c->who[j]), .domain = name,
                                          .said = c->said + (size_t)j * QUOTH_SAID_MAX, .said_cap = QUOTH_SAID_MAX };
    c->given = 1;
    c->ms[QUOTH_PHASE_RCPT] = 0;
    if (c->had) c->until = batch_until(b, d);
    c->had = (uint16_t)(c->had + c->n);
    ev->rcpt = c->rcpt;
    ev->n = c->n;
    /* With nothing more to ask, QUIT rides along: unless one may be accepted and the decoy be asked. */
    ev->last = (b->conf->no_decoy || d->decoy >= BATCH_DECOY_HEARD) && (!talk_room(b, c) || !talk_more(b, c));
}

static void talk_ask_decoy(struct quoth_batch *b, struct batch_talk *c, struct quoth_event *ev)
{
    /* 100 random bits as 20 letters and digits that cannot be misread (P14). */
    static const char set[33] = "abcdefghijkmnpqrstuvwxyz23456789";
    struct batch_dom *d = batch_dom(b, c->dom);
    uint64_t x = 0;

    for (size_t i = 0; i < sizeof c->decoy; i++, x >>= 5) {
        if (i % 10 == 0) x = quoth_random_next(&b->rnd);
        c->decoy[i] = set[x & 31];
    }
    c->rcpt[0] = (struct quoth_rcpt){ .local = { c->decoy, sizeof c->decoy }, .domain = talk_name(b, c->dom),
                                      .said = c->said, .said_cap = TALK_DECOY_SAID };
    c->decoying = c->tried = 1;
    c->ms[QUOTH_PHASE_RCPT] = 0;
    c->ok = 0;
    c->had++;
    d->decoy = BATCH_DECOY_OUT;
    d->decoys++;
    b->decoys++;
    ev->rcpt = c->rcpt;
    ev->n = 1;
    ev->last = !talk_room(b, c) || !talk_more(b, c);
}

/* The next domain of this destination may be asked in this conversation too, unless it is a matter of names. */
static void talk_next_domain(struct quoth_batch *b, struct batch_talk *c)
{
    const struct batch_dest *t = batch_dest(b, c->dest);
    uint32_t mx = c->dom == BATCH_NONE ? BATCH_NONE : batch_dom(b, c->dom)->mx;

    talk_leave(b, c);
    if (b->conf->smtp.tls_verify && t->qhead != BATCH_NONE && batch_dom(b, t->qhead)->mx != mx) return;
    if (talk_room(b, c) < (b->conf->no_decoy ? 1 : 2)) return;      /* one, and its decoy */
    c->dom = batch_dest_pop(b, c->dest);
    if (c->dom == BATCH_NONE) return;
    batch_dom(b, c->dom)->out++;
    c->first = c->kept_n;
    if (batch_dom(b, c->dom)->head != BATCH_NONE) return;
    batch_dom(b, c->dom)->calls--;          /* only such as are to be asked alone: not here */
    talk_leave(b, c);
}

/* Between transactions: the next one, or QUIT (n = 0). */
static void talk_next(struct quoth_batch *b, struct batch_talk *c, struct quoth_event *ev)
{
    struct batch_dom *d;

    ev->n = 0;
    ev->last = 0;
    if (c->given || c->decoying) talk_settle(b, c);
    if (b->stops) return;
    d = batch_dom(b, c->dom);
    if (talk_may_ask_decoy(b, c)) {
        talk_ask_decoy(b, c, ev);
        return;
    }
    for (;;) {
        if (!c->n && !(d->state & BATCH_DOM_MOVE)) talk_take(b, c);
        talk_unmute(b, c);
        if (c->n) break;
        if (d->head != BATCH_NONE && talk_room(b, c) && !(d->state & BATCH_DOM_MOVE)) continue;
        talk_next_domain(b, c);
        if (c->dom == BATCH_NONE) return;
        d = batch_dom(b, c->dom);
    }
    talk_give(b, c, ev);
    if (d->state & BATCH_DOM_KNOWN) batch_dom_go(b, c->dom);    /* others may join */
}

/* ---- what is made of it ---- */

static void talk_item_times(struct quoth_evidence *e, uint32_t look, const struct batch_item *x)
{
    if (!x->ms[1]) return;          /* they are there already */
    e->ms[QUOTH_PHASE_MAIL] = look + x->ms[0];
    e->took_ms = e->ms[QUOTH_PHASE_RCPT] = look + x->ms[1];
    e->ms[QUOTH_PHASE_DECOY] = 0;
    if (x->ms[2]) e->took_ms = e->ms[QUOTH_PHASE_DECOY] = look + x->ms[2];
}

static void talk_result(struct quoth_batch *b, uint32_t dom, const struct batch_item *x, const char *said)
{
    struct quoth_evidence *e = &b->ev;

    e->phase = QUOTH_PHASE_RCPT;
    e->err = QUOTH_OK;
    e->code = x->code;
    memcpy(e->esc, x->esc, sizeof e->esc);
    e->said_n = x->said_n;
    if (x->said_n) memcpy(e->said, said, x->said_n);
    talk_item_times(e, batch_dom(b, dom)->look_ms, x);
    batch_result(b, dom, x->addr, batch_dom(b, dom)->mx);
}

/* The decoy is answered, or given up (code 0): all that waited for it are results. */
static void talk_decided(struct quoth_batch *b, uint32_t dom, uint16_t code, uint8_t reason)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_pend *p = d->rare ? d->rare->pend : NULL, *next;

    d->decoy = BATCH_DECOY_KNOWN;
    d->decoy_code = code;
    d->decoy_reason = reason;
    if (p) d->rare->pend = NULL;
    for (; p; p = next) {
        struct quoth_evidence *e = batch_blank(b, d);
        struct batch_item x = { .addr = p->addr, .code = p->code, .said_n = p->said_n };
        next = p->next;
        memcpy(x.esc, p->esc, sizeof x.esc);
        e->peer = (struct quoth_peer){ batch_dest(b, d->dest)->ip, b->conf->port ? b->conf->port : 25 };
        e->ext = p->ext;
        e->tls = p->tls;
        memcpy(e->ms, p->ms, sizeof e->ms);
        e->took_ms = p->ms[QUOTH_PHASE_RCPT];
        e->flags |= p->flags;
        if (e->sessions < UINT8_MAX) e->sessions++;
        talk_result(b, dom, &x, p->said);
        batch_free(b, p, sizeof *p + p->said_n);
    }
}

static void talk_wait(struct quoth_batch *b, const struct batch_talk *c, const struct batch_item *x, const char *said)
{
    struct batch_rare *r = batch_dom_rare(b, batch_dom(b, x->dom));
    struct batch_pend *p = r ? batch_alloc(b, sizeof *p + x->said_n) : NULL;

    if (!p) return;
    p->addr = x->addr;
    p->code = x->code;
    memcpy(p->esc, x->esc, sizeof p->esc);
    p->ext = c->m.ext;
    p->tls = c->m.tls;
    p->flags = (uint8_t)(batch_dest(b, c->dest)->flags | (c->offered ? QUOTH_EVID_TLS_OFFERED : 0));
    talk_times(b, c, x->dom);
    talk_item_times(&b->ev, batch_dom(b, x->dom)->look_ms, x);
    memcpy(p->ms, b->ev.ms, sizeof p->ms);
    p->said_n = x->said_n;
    if (x->said_n) memcpy(p->said, said, x->said_n);
    p->next = r->pend;
    r->pend = p;
}

/* What the end and the answers say of us as a guest. */
struct talk_sum { enum quoth_pace_kind kind; enum quoth_reason reason; uint8_t fine, listed; uint32_t listed_dom; };

static void talk_heard(struct talk_sum *sum, enum quoth_phase phase, uint16_t code, const uint16_t esc[3],
                       const struct quoth_reading *r, uint32_t dom)
{
    enum quoth_pace_kind kind = quoth_pace_kind_of(phase, code, esc, r->reason);

    if (kind == QUOTH_PACE_FINE) sum->fine = 1;
    if (kind == QUOTH_PACE_BUSY || kind == QUOTH_PACE_REFUSED) {
        sum->kind = kind;
        sum->reason = r->reason;
    }
    if (code / 100 == 5 && r->reason == QUOTH_REASON_IP_BLOCKED && r->rule && !strcmp(r->rule, "text/blocklist")) {
        sum->listed = 1;
        sum->listed_dom = dom;
    }
}

/* One that was accepted, of a domain whose decoy is not known: 1 when it is not a result yet. */
static int talk_undecided(struct quoth_batch *b, struct batch_talk *c, const struct batch_item *x, const char *said)
{
    struct batch_dom *d = batch_dom(b, x->dom);

    if (x->code / 100 != 2 || b->conf->no_decoy || d->decoy == BATCH_DECOY_KNOWN) return 0;
    if (d->dest != c->dest || d->decoy == BATCH_DECOY_NOT) {
        if (d->dest == c->dest && d->decoys >= BATCH_DECOYS) return 0;
        batch_chain_push(b, &d->head, x->addr);
        c->lost = 1;
    } else {
        talk_wait(b, c, x, said);
    }
    return 1;
}

static void talk_tell(struct quoth_batch *b, struct batch_talk *c, struct talk_sum *sum)
{
    struct batch_item x;
    const char *said;
    uint32_t dom = BATCH_NONE;

    for (uint32_t at = 0; talk_item(c, &at, &x, &said); ) {     /* what the decoys said, first */
        struct quoth_reading r;
        if (!x.decoy || batch_dom(b, x.dom)->dest != c->dest) continue;
        quoth_judge_reply(&r, QUOTH_PHASE_DECOY, x.code, x.esc, said, x.said_n,
                          batch_text_at(&b->names, batch_dom(b, x.dom)->mx));
        talk_heard(sum, QUOTH_PHASE_DECOY, x.code, x.esc, &r, x.dom);
        talk_decided(b, x.dom, x.code, (uint8_t)r.reason);
    }
    for (uint32_t at = 0; talk_item(c, &at, &x, &said); ) {
        if (x.decoy) continue;
        dom = x.dom;
        if (talk_undecided(b, c, &x, said)) {
            sum->fine = 1;
            continue;
        }
        talk_evidence(b, c, dom);
        talk_result(b, dom, &x, said);
        talk_heard(sum, QUOTH_PHASE_RCPT, x.code, x.esc, &b->reading, dom);
        if (quoth_pace_answer(&batch_dest(b, c->dest)->pace, b->reading.reason) && !b->limit.pace_off)
            batch_event(b, "%s: more than one in five of its addresses are unknown there, which looks like "
                        "harvesting: it is asked more slowly", batch_text_at(&b->names, batch_dom(b, dom)->mx));
    }
}

/* A server that falls silent may owe us a reply to an earlier command: are the answers in doubt? Not that of a single
 * one, where nothing can be shifted, nor when it hung up (P20). One that does not answer QUIT would never be sure:
 * from then on it is asked about one at a time. */
static int talk_silent(struct quoth_batch *b, struct batch_talk *c)
{
    int quit = c->m.suspect == 2;
    struct batch_item x;
    const char *said;
    int n = 0;

    if (quit) c->m.suspect = 0;
    else if (c->m.err != QUOTH_ETIME || c->m.phase < QUOTH_PHASE_MAIL) return 0;
    for (uint32_t at = 0; talk_item(c, &at, &x, &said); ) n += !x.decoy;
    if (quit && n > 1) batch_dest(b, c->dest)->most = 1;
    return n > 1;
}

/* The answers are in doubt: all to be asked again. What they say of us as a guest was said in any case. */
static void talk_recant(struct quoth_batch *b, struct batch_talk *c, struct talk_sum *sum)
{
    struct quoth_reading r;
    struct batch_item x;
    const char *said;

    for (uint32_t at = 0, from = 0; talk_item(c, &at, &x, &said); from = at) {
        struct batch_dom *d = batch_dom(b, x.dom);
        quoth_judge_reply(&r, QUOTH_PHASE_RCPT, x.code, x.esc, said, x.said_n, NULL);
        talk_heard(sum, QUOTH_PHASE_RCPT, x.code, x.esc, &r, x.dom);
        if (!x.decoy && c->m.suspect && from >= c->latest) talk_hurt(b, c, x.dom, x.addr, 0);
        else if (!x.decoy) batch_chain_push(b, &d->head, x.addr);
        else if (d->dest == c->dest && d->decoy == BATCH_DECOY_HEARD) {
            d->decoy = BATCH_DECOY_NOT;
            if (!c->m.suspect) d->decoys--;         /* not its fault */
        }
    }
}

/* Each domain that was asked here: a decoy without an answer, and who waits for it. */
static void talk_decoy_over(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);

    if (d->decoy != BATCH_DECOY_NOT) return;
    if (d->decoys >= BATCH_DECOYS) talk_decided(b, dom, 0, 0);
    else batch_pend_back(b, dom);
}

/* It answers: what was, is forgiven. */
static void talk_forgive(struct quoth_batch *b, uint32_t dom) { batch_dom_plain(b, batch_dom(b, dom)); }

static void talk_domains(struct quoth_batch *b, struct batch_talk *c, void (*f)(struct quoth_batch *b, uint32_t dom))
{
    struct batch_item x;
    const char *said;
    uint32_t dom = BATCH_NONE;

    for (uint32_t at = 0; talk_item(c, &at, &x, &said); ) {
        if (x.dom != dom && x.dom != c->dom) f(b, x.dom);
        dom = x.dom;
    }
}

/* In hand and not answered, nothing of this domain was answered: is it worth another call, and whose? */
static void talk_fruitless(struct quoth_batch *b, struct batch_talk *c, uint32_t dom, uint32_t hand)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_dest *t = batch_dest(b, c->dest);
    const struct quoth_smtp *s = &c->m;
    int again = !t->options && d->sessions < QUOTH_SESSIONS_MAX;

    if (c->again) return;
    if (!d->fails || c->start - b->start >= d->failed_at) {     /* many that were open at once failed once */
        if (d->fails < UINT8_MAX) d->fails++;
        d->failed_at = (uint32_t)(b->now - b->start);
    }
    if (s->phase > QUOTH_PHASE_CONNECT && d->sessions < UINT8_MAX) d->sessions++;
    talk_note(b, c, dom);
    if (again && s->phase == QUOTH_PHASE_STARTTLS && (s->err == QUOTH_ENOTLS || s->err == QUOTH_EIO) &&
        b->conf->smtp.tls == QUOTH_TLS_TRY) {
        t->options = QUOTH_SMTP_NO_TLS;
        t->flags |= QUOTH_EVID_TLS_BROKE;
    } else if (again && s->err == QUOTH_EIO && s->phase == QUOTH_PHASE_EHLO && !s->secure) {
        t->options = QUOTH_SMTP_HELO;
        t->flags |= QUOTH_EVID_HELO;
    } else if (d->state & BATCH_DOM_KNOWN && (d->fails < BATCH_FRUITLESS || d->out)) {
        return;                                     /* it does answer, as a rule */
    } else if (s->phase < QUOTH_PHASE_MAIL && s->err != QUOTH_ENOTLS) {
        batch_dom_move(b, dom);
    } else if (d->fails >= BATCH_FRUITLESS || (s->code / 100 == 4 && !b->limit.pace_off && !s->suspect)) {
        talk_fail(b, dom);
    } else if (!s->suspect && (s->code / 100 == 5 || s->err == QUOTH_ENOTLS)) {     /* the sender or our terms */
        uint32_t mx = talk_noted(b, dom);
        while (hand-- && d->head != BATCH_NONE) {
            talk_noted(b, dom);
            batch_result(b, dom, batch_chain_pop(b, &d->head), mx);
        }
    }
}

/* How many answers were kept from there on. */
static uint32_t talk_answers(const struct batch_talk *c, uint32_t from)
{
    struct batch_item x;
    const char *said;
    uint32_t n = 0;

    while (talk_item(c, &from, &x, &said)) n++;
    return n;
}

/* Turned away at the door while others are inside: that is as many at once as it takes. */
static void talk_crowd(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);
    uint16_t n = 0;

    for (uint32_t i = 0; i < b->limit.open; i++) {
        const struct batch_talk *c = b->talk[i];
        if (c && c->live && c->dest == dest && c->m.phase > QUOTH_PHASE_BANNER) n++;
    }
    if (n && (!t->crowd || n < t->crowd)) t->crowd = n;
}

static void talk_dest_over(struct quoth_batch *b, struct batch_talk *c, struct talk_sum *sum)
{
    struct batch_dest *t = batch_dest(b, c->dest);
    const struct quoth_smtp *s = &c->m;
    struct quoth_reading r;
    uint32_t n = talk_answers(c, 0);
    int spent = s->code == 421 && n && (b->limit.no_wait || b->limit.pace_off);

    if (s->code && !spent) {
        quoth_judge_reply(&r, (enum quoth_phase)s->phase, s->code, s->esc, c->end_said, s->said_n, NULL);
        talk_heard(sum, (enum quoth_phase)s->phase, s->code, s->esc, &r, c->dom);
    }
    if (n && n < UINT8_MAX && s->phase >= QUOTH_PHASE_MAIL && (s->err == QUOTH_EIO || s->code == 421) &&
        (!t->most || n < t->most)) t->most = (uint8_t)n;        /* that is as many as it takes */
    if (s->phase == QUOTH_PHASE_BANNER && s->code / 100 == 4 && t->open > 1) talk_crowd(b, c->dest);
    if (s->phase > QUOTH_PHASE_CONNECT) t->downs = 0, t->short_by = 0;
    if (sum->fine) batch_dest_end(b, c->dest, QUOTH_PACE_FINE, QUOTH_REASON_NONE);
    if (sum->kind == QUOTH_PACE_BUSY || (sum->kind == QUOTH_PACE_REFUSED && !sum->fine))
        batch_dest_end(b, c->dest, sum->kind, sum->reason);
    if (s->phase == QUOTH_PHASE_CONNECT && s->err && s->err != QUOTH_ESPACE) batch_dest_down(b, c->dest, s->err);
}

static void talk_free_link(struct quoth_batch *b, struct batch_talk *c)
{
    quoth_loop_port.close(c->wire.link);
    if (c->wire.tls_link) c->again = b->tls.drop(b->tls.arg, c->wire.tls_link) == 1;
    c->wire.tls_link = NULL;
}

/* We ran out of something: it was not the server's fault, and for a while worth trying again. */
static int talk_short(struct quoth_batch *b, const struct batch_talk *c)
{
    struct batch_dest *t = batch_dest(b, c->dest);

    if (c->m.phase != QUOTH_PHASE_CONNECT || c->m.err != QUOTH_ESPACE) return 0;
    if (!t->short_by) t->short_by = batch_seconds(b, b->now) + TALK_SHORT_S;
    if (batch_seconds(b, b->now) > t->short_by) return 0;
    if (batch_open(b) > 1) b->open_max = batch_open(b) - 1;
    if (t->pace.next < b->now + TALK_SOON_MS) t->pace.next = b->now + TALK_SOON_MS;
    return 1;
}

static void talk_over(struct quoth_batch *b, uint32_t i)
{
    struct batch_talk *c = b->talk[i];
    struct talk_sum sum = { QUOTH_PACE_NOTHING, QUOTH_REASON_NONE, 0, 0, 0 };
    uint32_t dom = c->dom, hand = talk_settle(b, c), fruit, slot = i;
    int silent = talk_silent(b, c), doubted = silent || c->m.suspect;

    c->live = 0;
    talk_free_link(b, c);
    quoth_due_drop(&b->slots, slot);
    fruit = dom != BATCH_NONE && !c->m.suspect ? talk_answers(c, c->first) : 0;
    if (dom != BATCH_NONE) batch_dom(b, dom)->out--;
    if (doubted) talk_recant(b, c, &sum);
    else talk_tell(b, c, &sum);
    if (dom != BATCH_NONE) {
        struct batch_dom *d = batch_dom(b, dom);
        if (c->lost && !c->tried && d->decoys < UINT8_MAX) d->decoys++;     /* hung up on us before it could be asked */
        if (d->dest == c->dest) talk_decoy_over(b, dom);
        if (fruit) batch_dom_plain(b, d);
        if (!talk_short(b, c) && !fruit && (hand || c->m.suspect) && !b->stops && d->dest == c->dest &&
            !(c->alone && c->m.phase >= QUOTH_PHASE_MAIL && !c->m.code))        /* that was this one's own end */
            talk_fruitless(b, c, dom, hand);
    }
    talk_domains(b, c, talk_decoy_over);
    if (!doubted) talk_domains(b, c, talk_forgive);
    talk_dest_over(b, c, &sum);
    if (sum.listed) batch_family_stop(b, sum.listed_dom);
    talk_domains(b, c, batch_dom_go);
    if (dom != BATCH_NONE) batch_dom_go(b, dom);
    c->kept_n = 0;
    c->dom = BATCH_NONE;
    b->talk_free[b->talk_free_n++] = i;
    batch_dest_over(b, c->dest);
}

/* ---- doing it ---- */

/* The time of those in hand is over: does one of them still wait for its answer? */
static int talk_waits(const struct batch_talk *c)
{
    if (!c->given) return c->decoying ? !c->rcpt[0].code : c->n != 0;
    for (uint32_t j = 0; j < c->n; j++)
        if (!c->rcpt[j].code) return 1;
    return 0;
}

/* 1: it was ended. */
static int talk_late(struct quoth_batch *b, uint32_t i)
{
    struct batch_talk *c = b->talk[i];

    c->until = QUOTH_NEVER;
    if (!talk_waits(c)) return 0;
    c->late = !c->m.code;
    if (c->m.err == QUOTH_OK) c->m.err = QUOTH_ETIME;
    talk_over(b, i);
    return 1;
}

/* Phases that ended with this event. 0 ms stands for never. */
static void talk_stamp(struct batch_talk *c, unsigned was, const struct quoth_event *ev)
{
    uint32_t ms = (uint32_t)(ev->now - c->start) | (ev->now == c->start);

    for (; was < c->m.phase; was++)
        if (!c->ms[was] || was == QUOTH_PHASE_MAIL) c->ms[was] = ms;
    if (ev->kind == QUOTH_EV_DATA && (c->given || c->decoying) && !c->ms[QUOTH_PHASE_RCPT] &&
        c->rcpt[c->given ? c->n - 1 : 0].code) c->ms[QUOTH_PHASE_RCPT] = ms;
}

static void talk_later(struct quoth_batch *b, uint32_t i)
{
    struct batch_talk *c = b->talk[i];

    if (c->queued) return;
    c->queued = 1;
    c->run = BATCH_NONE;
    if (b->run_head == BATCH_NONE) b->run_head = i;
    else b->talk[b->run_tail]->run = i;
    b->run_tail = i;
}

void batch_talk_run(struct quoth_batch *b)
{
    uint32_t last = b->run_tail, i;

    while ((i = b->run_head) != BATCH_NONE) {
        b->run_head = b->talk[i]->run;
        b->talk[i]->queued = 0;
        batch_talk_poke(b, i);
        if (i == last) break;
    }
}

void batch_talk_poke(struct quoth_batch *b, uint32_t i)
{
    struct batch_talk *c = b->talk[i];
    struct quoth_want w;
    struct quoth_event ev;
    char buf[TALK_READ];
    unsigned was;

    if (!c || !c->live) return;
    if (b->now >= c->until && talk_late(b, i)) return;
    for (size_t spent = 0; ; spent += ev.n + TALK_EVENT) {
        quoth_smtp_want(&c->m, &w);
        if (w.kind == QUOTH_WANT_DONE) {
            talk_over(b, i);
            return;
        }
        if (spent >= TALK_SHARE) {
            talk_later(b, i);
            return;
        }
        if (w.kind == QUOTH_WANT_TLS && b->tls.make && !c->wire.tls_link) {
            c->wire.tls_link = b->tls.make(b->tls.arg, &c->m.peer.ip);
            c->wire.tls = c->wire.tls_link ? b->tls.filter : NULL;
        }
        if (quoth_wire_do(&c->wire, &w, buf, sizeof buf, &ev) == QUOTH_AGAIN) break;
        if (ev.kind == QUOTH_EV_RCPT) talk_next(b, c, &ev);
        was = c->m.phase;
        if (quoth_smtp_feed(&c->m, &ev) < 0) {      /* never: but rather lose one conversation than turn in circles */
            c->m.err = QUOTH_EPROTO;
            talk_over(b, i);
            return;
        }
        talk_stamp(c, was, &ev);
        if (c->m.ext & QUOTH_EXT_STARTTLS) c->offered = 1;
    }
    if (w.deadline > c->until) w.deadline = c->until;
    if (quoth_due_nearer(&b->slots, i, w.deadline) < 0) b->rc = QUOTH_ESPACE;
}

static void talk_clear(struct batch_talk *c)
{
    c->kept_n = c->first = 0;
    c->n = c->had = 0;
    c->lost = c->alone = c->late = c->again = 0;
    memset(c->ms, 0, sizeof c->ms);
    c->latest = 0;
    c->given = c->decoying = c->offered = c->ok = c->enough = c->tried = 0;
    c->m.refused = 0;               /* of the conversation before; talk_room() reads it */
    c->dom = BATCH_NONE;
}

/* A slot, a domain and addresses in hand; or nothing, when nobody of this destination is to be asked after all. */
static int talk_prepare(struct quoth_batch *b, struct batch_talk *c, uint32_t dest)
{
    talk_clear(c);
    c->dest = dest;
    while (!c->n) {
        if (c->dom != BATCH_NONE) batch_dom(b, c->dom)->out--;
        c->dom = batch_dest_pop(b, dest);
        if (c->dom == BATCH_NONE) return 0;
        batch_dom(b, c->dom)->out++;
        talk_take(b, c);
        if (b->rc) return 0;
    }
    return 1;
}

static void talk_call(struct quoth_batch *b, uint32_t dest)
{
    uint32_t i = b->talk_free[b->talk_free_n - 1];
    struct batch_dest *t = batch_dest(b, dest);
    struct quoth_peer peer = { t->ip, b->conf->port ? b->conf->port : 25 };
    struct batch_talk *c = b->talk[i];

    if (!c) {
        c = b->talk[i] = batch_alloc(b, sizeof *c);
        if (!c) return;
        c->wire = (struct quoth_wire){ &quoth_loop_port, quoth_loop_link(b->loop, i), NULL, NULL, 0 };
    }
    if (!talk_prepare(b, c, dest)) return;
    b->talk_free_n--;
    t->open++;
    batch_net(b, t->net)->open++;
    quoth_pace_begin(&t->pace, b->limit.gap_ms, b->now, &b->rnd);
    if (b->limit.pace_off && !b->limit.gap_ms) t->pace.next = t->pace.next == QUOTH_NEVER ? QUOTH_NEVER : 0;
    b->conversations++;
    c->live = 1;
    c->start = b->now;
    c->until = batch_until(b, batch_dom(b, c->dom));
    c->wire.secure = 0;
    c->wire.tls = NULL;
    quoth_smtp_start(&c->m, &b->conf->smtp, &peer, batch_text_at(&b->names, batch_dom(b, c->dom)->mx), t->options,
                     c->end_said, sizeof c->end_said, b->now);
    if (batch_dom(b, c->dom)->state & BATCH_DOM_KNOWN) batch_dom_go(b, c->dom);
    batch_talk_poke(b, i);
    batch_dest_ready(b, dest);
}

void batch_talk_dial(struct quoth_batch *b)
{
    uint32_t dest;

    while (!b->rc && !b->stops && b->talk_free_n && batch_open(b) < b->open_max &&
           (dest = batch_dest_call(b)) != BATCH_NONE) talk_call(b, dest);
}

void batch_talk_abandon(struct quoth_batch *b)
{
    for (uint32_t i = 0; i < b->limit.open; i++) {
        struct batch_talk *c = b->talk[i];
        if (!c || !c->live) continue;
        if (c->m.err == QUOTH_OK) c->m.err = QUOTH_ETIME;
        talk_over(b, i);
    }
}

int batch_talk_new(struct quoth_batch *b)
{
    b->talk = batch_alloc(b, b->limit.open * sizeof *b->talk);
    b->talk_free = batch_alloc(b, b->limit.open * sizeof *b->talk_free);
    if (!b->talk || !b->talk_free) return QUOTH_ESPACE;
    for (uint32_t i = b->limit.open; i-- > 0; ) b->talk_free[b->talk_free_n++] = i;
    b->open_max = b->limit.open;
    return QUOTH_OK;
}

void batch_talk_free(struct quoth_batch *b)
{
    for (uint32_t i = 0; b->talk && i < b->limit.open; i++) {
        struct batch_talk *c = b->talk[i];
        if (!c) continue;
        if (c->live) talk_free_link(b, c);
        free(c->rcpt);
        free(c->who);
        free(c->said);
        free(c->kept);
        free(c);
    }
    free(b->talk);
    free(b->talk_free);
}
