/* batch_talk.c - conversations: whom to ask, and the asking. What is made of their ends is in
 * batch_end.c.
 *
 *   addresses in hand -> dial -> give -> answered: settle -> decoy, if one was accepted -> give ... -> QUIT -> end
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum { TALK_SHARE = 16384, TALK_READ = 4096, TALK_EVENT = 64, TALK_DECOY_SAID = 96 };

static struct quoth_span talk_name(const struct quoth_batch *b, uint32_t dom)
{
    const char *p = batch_text_at(&b->names, batch_dom(b, dom)->name);
    return (struct quoth_span) {p, strlen(p)};
}

/* ---- whom to ask -------------------------------------------------------- */

static void talk_leave(struct quoth_batch *b, struct batch_talk *c)
{
    uint32_t dom = c->dom;

    if (dom == BATCH_NONE)
        return;
    c->dom = BATCH_NONE;
    c->ok = c->tried = 0;
    batch_dom(b, dom)->out--;
    batch_dom_mark(b, dom);
}

static int talk_room_for(struct quoth_batch *b, struct batch_talk *c, uint32_t n)
{
    size_t was = c->cap, cap = n > 4 ? BATCH_BURST : n;
    void *p;

    if (n <= c->cap)
        return 1;
    if (!(p = batch_realloc(b, c->rcpt, was * sizeof *c->rcpt, cap * sizeof *c->rcpt)))
        return 0;
    c->rcpt = p;
    if (!(p = batch_realloc(b, c->who, was * sizeof *c->who, cap * sizeof *c->who)))
        return 0;
    c->who = p;
    if (!(p = batch_realloc(b, c->words, was * QUOTH_SAID_MAX, cap * QUOTH_SAID_MAX)))
        return 0;
    c->words = p;
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

    if (t->most && t->most < most)
        most = t->most;
    if (c->had >= most || c->m.refused >= b->limit.refused || c->enough)
        return 0;
    room = most - c->had;
    if (c->dom != BATCH_NONE && talk_decoy_due(b, batch_dom(b, c->dom))) {
        if (most > 1)
            room--; /* the decoy's place */
        if (room > b->limit.scout)
            room = b->limit.scout; /* unknown ground: few at a time */
    }
    refusals = (uint32_t)b->limit.refused - c->m.refused;
    if (room > refusals)
        room = refusals;
    return room < BATCH_BURST ? room : BATCH_BURST;
}

static int talk_may_ask_decoy(const struct quoth_batch *b, const struct batch_talk *c)
{
    const struct batch_dom *d = batch_dom(b, c->dom);

    return c->ok && d->decoy == BATCH_DECOY_NOT && d->decoys < BATCH_DECOYS && !b->conf->no_decoy &&
           c->m.refused < b->limit.refused &&
           (c->had < b->limit.per_session || b->limit.per_session == 1);
}

/* An address that this server cannot be asked about: it does not do SMTPUTF8. */
static int talk_mute(const struct quoth_batch *b, const struct batch_talk *c, uint32_t addr)
{
    struct quoth_span l = batch_addr_local(b, addr);

    if (c->m.ext & QUOTH_EXT_SMTPUTF8)
        return 0;
    for (size_t i = 0; i < l.n; i++)
        if ((uint8_t)l.p[i] > 0x7f)
            return 1;
    return 0;
}

static void talk_take(struct quoth_batch *b, struct batch_talk *c)
{
    struct batch_dom *d = batch_dom(b, c->dom);
    uint32_t room = talk_room(b, c);

    if (!room || !talk_room_for(b, c, room))
        return;
    if (!c->had && d->hurt != BATCH_NONE &&
        (d->fails || d->head == BATCH_NONE)) { /* after a failure: is it they? */
        c->who[c->n++] = batch_chain_pop(b, &d->hurt);
        c->alone = c->enough = 1;
    }
    while (!c->alone && c->n < room && d->head != BATCH_NONE)
        c->who[c->n++] = batch_chain_pop(b, &d->head);
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
        batch_end_evidence(b, c, c->dom);
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
        c->rcpt[j] = (struct quoth_rcpt) {.local = batch_addr_local(b, c->who[j]),
                                          .domain = name,
                                          .words = c->words + (size_t)j * QUOTH_SAID_MAX,
                                          .words_cap = QUOTH_SAID_MAX};
    c->given = 1;
    c->ms[QUOTH_PHASE_RCPT] = 0;
    if (c->had)
        c->until = batch_until(b, d);
    c->had = (uint16_t)(c->had + c->n);
    ev->rcpt = c->rcpt;
    ev->n = c->n;
    /* With nothing more to ask, QUIT rides along: unless one may be accepted and the decoy be
     * asked. */
    ev->last = (b->conf->no_decoy || d->decoy >= BATCH_DECOY_HEARD) &&
               (!talk_room(b, c) || !talk_more(b, c));
}

static void talk_ask_decoy(struct quoth_batch *b, struct batch_talk *c, struct quoth_event *ev)
{
    /* 100 random bits as 20 letters and digits that cannot be misread (P14). */
    static const char set[33] = "abcdefghijkmnpqrstuvwxyz23456789";
    struct batch_dom *d = batch_dom(b, c->dom);
    uint64_t x = 0;

    for (size_t i = 0; i < sizeof c->decoy; i++, x >>= 5) {
        if (i % 10 == 0)
            x = quoth_random_next(&b->rnd);
        c->decoy[i] = set[x & 31];
    }
    c->rcpt[0] = (struct quoth_rcpt) {.local = {c->decoy, sizeof c->decoy},
                                      .domain = talk_name(b, c->dom),
                                      .words = c->words,
                                      .words_cap = TALK_DECOY_SAID};
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

/* The next domain of this destination may be asked in this conversation too, unless it is a matter
 * of names. */
static void talk_next_domain(struct quoth_batch *b, struct batch_talk *c)
{
    const struct batch_dest *t = batch_dest(b, c->dest);
    uint32_t mx = c->dom == BATCH_NONE ? BATCH_NONE : batch_dom(b, c->dom)->mx;

    talk_leave(b, c);
    if (b->conf->smtp.tls_verify && t->qhead != BATCH_NONE && batch_dom(b, t->qhead)->mx != mx)
        return;
    if (talk_room(b, c) < (b->conf->no_decoy ? 1 : 2))
        return; /* one, and its decoy */
    c->dom = batch_dest_pop(b, c->dest);
    if (c->dom == BATCH_NONE)
        return;
    batch_dom(b, c->dom)->out++;
    c->first = c->kept_n;
    if (batch_dom(b, c->dom)->head != BATCH_NONE)
        return;
    batch_dom(b, c->dom)->calls--; /* only such as are to be asked alone: not here */
    talk_leave(b, c);
}

/* Between transactions: the next one, or QUIT (n = 0). */
static void talk_next(struct quoth_batch *b, struct batch_talk *c, struct quoth_event *ev)
{
    struct batch_dom *d;

    ev->n = 0;
    ev->last = 0;
    if (c->given || c->decoying)
        batch_end_settle(b, c);
    if (b->stops)
        return;
    d = batch_dom(b, c->dom);
    if (talk_may_ask_decoy(b, c)) {
        talk_ask_decoy(b, c, ev);
        return;
    }
    for (;;) {
        if (!c->n && !(d->state & BATCH_DOM_MOVE))
            talk_take(b, c);
        talk_unmute(b, c);
        if (c->n)
            break;
        if (d->head != BATCH_NONE && talk_room(b, c) && !(d->state & BATCH_DOM_MOVE))
            continue;
        talk_next_domain(b, c);
        if (c->dom == BATCH_NONE)
            return;
        d = batch_dom(b, c->dom);
    }
    talk_give(b, c, ev);
    if (d->state & BATCH_DOM_KNOWN)
        batch_dom_mark(b, c->dom); /* others may join */
}

/* ---- doing it ----------------------------------------------------------- */

static void talk_free_link(struct quoth_batch *b, struct batch_talk *c)
{
    quoth_loop_port.close(c->wire.link);
    if (c->wire.tls_link)
        c->again = b->tls.drop(b->tls.arg, c->wire.tls_link) == 1;
    c->wire.tls_link = NULL;
}

static void talk_over(struct quoth_batch *b, uint32_t i)
{
    struct batch_talk *c = b->talk[i];
    uint32_t hand = batch_end_settle(b, c);

    c->live = 0;
    talk_free_link(b, c);
    quoth_due_drop(&b->slots, i);
    batch_end(b, c, hand);
    c->kept_n = 0;
    c->dom = BATCH_NONE;
    b->talk_free[b->talk_free_n++] = i;
    batch_dest_over(b, c->dest);
}

/* The time of those in hand is over: does one of them still wait for its answer? */
static int talk_waits(const struct batch_talk *c)
{
    if (!c->given)
        return c->decoying ? !c->rcpt[0].said.code : c->n != 0;
    for (uint32_t j = 0; j < c->n; j++)
        if (!c->rcpt[j].said.code)
            return 1;
    return 0;
}

/* 1: it was ended. */
static int talk_late(struct quoth_batch *b, uint32_t i)
{
    struct batch_talk *c = b->talk[i];

    c->until = QUOTH_NEVER;
    if (!talk_waits(c))
        return 0;
    c->late = !c->m.said.code;
    if (c->m.err == QUOTH_OK)
        c->m.err = QUOTH_ETIME;
    talk_over(b, i);
    return 1;
}

/* Phases that ended with this event. 0 ms stands for never. */
static void talk_stamp(struct batch_talk *c, unsigned was, const struct quoth_event *ev)
{
    uint32_t ms = (uint32_t)(ev->now - c->start) | (ev->now == c->start);

    for (; was < c->m.phase; was++)
        if (!c->ms[was] || was == QUOTH_PHASE_MAIL)
            c->ms[was] = ms;
    if (ev->kind == QUOTH_EV_DATA && (c->given || c->decoying) && !c->ms[QUOTH_PHASE_RCPT] &&
        c->rcpt[c->given ? c->n - 1 : 0].said.code)
        c->ms[QUOTH_PHASE_RCPT] = ms;
}

static void talk_later(struct quoth_batch *b, uint32_t i)
{
    struct batch_talk *c = b->talk[i];

    if (c->queued)
        return;
    c->queued = 1;
    c->run = BATCH_NONE;
    if (b->run_head == BATCH_NONE)
        b->run_head = i;
    else
        b->talk[b->run_tail]->run = i;
    b->run_tail = i;
}

void batch_talk_run(struct quoth_batch *b)
{
    uint32_t last = b->run_tail, i;

    while ((i = b->run_head) != BATCH_NONE) {
        b->run_head = b->talk[i]->run;
        b->talk[i]->queued = 0;
        batch_talk_poke(b, i);
        if (i == last)
            break;
    }
}

void batch_talk_poke(struct quoth_batch *b, uint32_t i)
{
    struct batch_talk *c = b->talk[i];
    struct quoth_want w;
    struct quoth_event ev;
    char buf[TALK_READ];
    unsigned was;

    if (!c || !c->live)
        return;
    if (b->now >= c->until && talk_late(b, i))
        return;
    for (size_t spent = 0;; spent += ev.n + TALK_EVENT) {
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
        if (quoth_wire_do(&c->wire, &w, buf, sizeof buf, &ev) == QUOTH_AGAIN)
            break;
        if (ev.kind == QUOTH_EV_RCPT)
            talk_next(b, c, &ev);
        was = c->m.phase;
        if (quoth_smtp_feed(&c->m, &ev) <
            0) { /* never: but rather lose one conversation than turn in circles */
            c->m.err = QUOTH_EPROTO;
            talk_over(b, i);
            return;
        }
        talk_stamp(c, was, &ev);
        if (c->m.ext & QUOTH_EXT_STARTTLS)
            c->offered = 1;
    }
    if (w.deadline > c->until)
        w.deadline = c->until;
    if (quoth_due_nearer(&b->slots, i, w.deadline) < 0)
        b->rc = QUOTH_ESPACE;
}

static void talk_clear(struct batch_talk *c)
{
    c->kept_n = c->first = 0;
    c->n = c->had = 0;
    c->lost = c->alone = c->late = c->again = 0;
    memset(c->ms, 0, sizeof c->ms);
    c->latest = 0;
    c->given = c->decoying = c->offered = c->ok = c->enough = c->tried = 0;
    c->m.refused = 0; /* of the conversation before; talk_room() reads it */
    c->dom = BATCH_NONE;
}

/* A slot, a domain and addresses in hand; or nothing, when nobody of this destination is to be
 * asked after all. */
static int talk_prepare(struct quoth_batch *b, struct batch_talk *c, uint32_t dest)
{
    talk_clear(c);
    c->dest = dest;
    while (!c->n) {
        if (c->dom != BATCH_NONE)
            batch_dom(b, c->dom)->out--;
        c->dom = batch_dest_pop(b, dest);
        if (c->dom == BATCH_NONE)
            return 0;
        batch_dom(b, c->dom)->out++;
        talk_take(b, c);
        if (b->rc)
            return 0;
    }
    return 1;
}

static void talk_call(struct quoth_batch *b, uint32_t dest)
{
    uint32_t i = b->talk_free[b->talk_free_n - 1];
    struct batch_dest *t = batch_dest(b, dest);
    struct quoth_peer peer = batch_peer(b, t);
    struct batch_talk *c = b->talk[i];

    if (!c) {
        c = b->talk[i] = batch_alloc(b, sizeof *c);
        if (!c)
            return;
        c->wire =
            (struct quoth_wire) {&quoth_loop_port, quoth_loop_link(b->loop, i), NULL, NULL, 0};
    }
    if (!talk_prepare(b, c, dest))
        return;
    b->talk_free_n--;
    t->open++;
    batch_net(b, t->net)->open++;
    quoth_pace_begin(&t->pace, b->limit.gap_ms, b->now, &b->rnd);
    if (b->limit.pace_off && !b->limit.gap_ms)
        t->pace.next = t->pace.next == QUOTH_NEVER ? QUOTH_NEVER : 0;
    b->conversations++;
    c->live = 1;
    c->start = b->now;
    c->until = batch_until(b, batch_dom(b, c->dom));
    c->wire.secure = 0;
    c->wire.tls = NULL;
    quoth_smtp_start(&c->m, &b->conf->smtp, &peer,
                     batch_text_at(&b->names, batch_dom(b, c->dom)->mx), t->options, c->end_words,
                     sizeof c->end_words, b->now);
    if (batch_dom(b, c->dom)->state & BATCH_DOM_KNOWN)
        batch_dom_mark(b, c->dom);
    batch_talk_poke(b, i);
    batch_dest_ready(b, dest);
}

int batch_talk_dial(struct quoth_batch *b)
{
    uint32_t dest;
    int some = 0;

    while (!b->rc && !b->stops && b->talk_free_n && batch_open(b) < b->open_max &&
           (dest = batch_dest_call(b)) != BATCH_NONE) {
        talk_call(b, dest);
        some = 1;
    }
    return some;
}

void batch_talk_abandon(struct quoth_batch *b)
{
    for (uint32_t i = 0; i < b->limit.open; i++) {
        struct batch_talk *c = b->talk[i];
        if (!c || !c->live)
            continue;
        if (c->m.err == QUOTH_OK)
            c->m.err = QUOTH_ETIME;
        talk_over(b, i);
    }
}

int batch_talk_new(struct quoth_batch *b)
{
    b->talk = batch_alloc(b, b->limit.open * sizeof *b->talk);
    b->talk_free = batch_alloc(b, b->limit.open * sizeof *b->talk_free);
    if (!b->talk || !b->talk_free)
        return QUOTH_ESPACE;
    for (uint32_t i = b->limit.open; i-- > 0;)
        b->talk_free[b->talk_free_n++] = i;
    b->open_max = b->limit.open;
    return QUOTH_OK;
}

void batch_talk_free(struct quoth_batch *b)
{
    for (uint32_t i = 0; b->talk && i < b->limit.open; i++) {
        struct batch_talk *c = b->talk[i];
        if (!c)
            continue;
        if (c->live)
            talk_free_link(b, c);
        free(c->rcpt);
        free(c->who);
        free(c->words);
        free(c->kept);
        free(c);
    }
    free(b->talk);
    free(b->talk_free);
}
