/* batch_talk.c - conversations: whom to ask, and the asking. What is made of their answers and ends
 * is in batch_end.c.
 *
 *   addresses in hand -> dial -> transaction -> settle -> decoy, if one was accepted -> transaction
 *                     -> ... -> QUIT -> end
 *
 * Between two transactions a conversation gives way: if somebody waits for an answer of this host
 * or network, an interactive one is asked next, and then it ends, so that all are told.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum { TALK_SHARE = 16384, TALK_READ = 4096, TALK_EVENT = 64, TALK_DECOY_SAID = 96 };

const char *batch_talk_state_name(enum batch_talk_state s)
{
    static const char *const name[] = {
        [BATCH_TALK_FREE] = "free",       [BATCH_TALK_READY] = "ready",
        [BATCH_TALK_ASKING] = "asking",   [BATCH_TALK_DECOY] = "asking a decoy",
        [BATCH_TALK_LEAVING] = "leaving",
    };
    _Static_assert(sizeof name / sizeof name[0] == BATCH_TALK_STATES, "a name each");
    return name[s];
}

static struct quoth_span talk_name(const struct quoth_batch *batch, uint32_t dom)
{
    const char *p = batch_dom_name(batch, dom);
    return (struct quoth_span) {p, strlen(p)};
}

/* ---- whom to ask -------------------------------------------------------- */

static void talk_leave(struct quoth_batch *batch, struct batch_talk *c)
{
    uint32_t dom = c->dom;

    if (dom == BATCH_NONE)
        return;
    c->dom = BATCH_NONE;
    c->accepted = c->decoy_asked = c->another = 0;
    batch_dom(batch, dom)->out--;
    batch_dom_mark(batch, dom);
}

static int talk_room_for(struct quoth_batch *batch, struct batch_talk *c, uint32_t n)
{
    size_t was = c->cap, cap = n > 4 ? BATCH_BURST : n;
    void *p;

    if (n <= c->cap)
        return 1;
    if (!(p = batch_realloc(batch, c->rcpt, was * sizeof *c->rcpt, cap * sizeof *c->rcpt)))
        return 0;
    c->rcpt = p;
    if (!(p = batch_realloc(batch, c->who, was * sizeof *c->who, cap * sizeof *c->who)))
        return 0;
    c->who = p;
    if (!(p = batch_realloc(batch, c->words, was * QUOTH_SAID_MAX, cap * QUOTH_SAID_MAX)))
        return 0;
    c->words = p;
    c->cap = (uint16_t)cap;
    return 1;
}

static int talk_decoy_due(const struct quoth_batch *batch, const struct batch_dom *d)
{
    return !batch->conf->no_decoy && d->decoy < BATCH_DECOY_HEARD;
}

/* How many more of this domain this conversation may ask. */
static uint32_t talk_room(const struct quoth_batch *batch, const struct batch_talk *c)
{
    const struct batch_dest *t = batch_dest(batch, c->dest);
    uint32_t most = batch->limit.per_session, room, refusals;

    if (t->most && t->most < most)
        most = t->most;
    if (c->had >= most || c->m.refused >= batch->limit.refused || c->enough)
        return 0;
    room = most - c->had;
    if (c->dom != BATCH_NONE && talk_decoy_due(batch, batch_dom(batch, c->dom))) {
        uint32_t kept = batch_decoys(batch); /* the decoys' places */
        kept = kept < most ? kept : most - 1;
        room = room > kept ? room - kept : 0;
        if (!c->had && room > batch->limit.scout)
            room = batch->limit.scout; /* unknown ground: few at first */
    }
    refusals = (uint32_t)batch->limit.refused - c->m.refused;
    if (room > refusals)
        room = refusals;
    return room < BATCH_BURST ? room : BATCH_BURST;
}

static int talk_may_ask_decoy(const struct quoth_batch *batch, const struct batch_talk *c)
{
    const struct batch_dom *d = batch_dom(batch, c->dom);

    return c->accepted && d->decoy == BATCH_DECOY_NOT && d->decoys < BATCH_DECOYS &&
           !batch->conf->no_decoy && c->m.refused < batch->limit.refused &&
           (c->had < batch->limit.per_session || batch->limit.per_session <= batch_decoys(batch));
}

static void talk_hand(struct quoth_batch *batch, struct batch_talk *c, uint32_t *chain)
{
    uint32_t addr = batch_chain_pop(batch, chain);

    c->who[c->n++] = addr;
    for (uint32_t a = addr; batch->traced && a != BATCH_NONE; a = batch_addr_next(batch, a))
        if (*batch_addr_flags(batch, a) & BATCH_ADDR_TRACE)
            c->traced = 1;
}

/* After a failure: is it those over which a conversation broke off? */
static int talk_take_alone(const struct batch_talk *c, const struct batch_dom *d)
{
    const struct batch_extra *x = d->extra;

    return !c->had && x && x->alone != BATCH_NONE && (x->fails || !batch_dom_turn(d));
}

/* Whom somebody waits for goes first, and with no others. */
static void talk_take(struct quoth_batch *batch, struct batch_talk *c)
{
    struct batch_dom *d = batch_dom(batch, c->dom);
    uint32_t room = talk_room(batch, c);

    if (!room)
        return;
    if (!talk_room_for(batch, c, room)) {
        c->enough = 1; /* no memory: they are asked later */
        return;
    }
    batch_dom_draw(batch, c->dom);
    if (batch_dom_urgent(d)) {
        c->urgent = 1;
        while (c->n < room && d->extra->urgent != BATCH_NONE)
            talk_hand(batch, c, &d->extra->urgent);
        return;
    }
    if (c->urgent)
        return;
    if (talk_take_alone(c, d)) {
        talk_hand(batch, c, &d->extra->alone);
        c->alone = c->enough = 1;
    }
    while (!c->alone && c->n < room && d->head != BATCH_NONE)
        talk_hand(batch, c, &d->head);
}

/* An address that this server cannot be asked about: it does not do SMTPUTF8. */
static int talk_cannot_ask(const struct quoth_batch *batch, const struct batch_talk *c,
                           uint32_t addr)
{
    struct quoth_span l = batch_addr_local(batch, addr);

    if (c->m.ext & QUOTH_EXT_SMTPUTF8)
        return 0;
    for (size_t i = 0; i < l.n; i++)
        if ((uint8_t)l.p[i] > 0x7f)
            return 1;
    return 0;
}

/* Those in hand that this server cannot be asked about are told so, unless it is HELO for once:
 * then the next conversation may. */
static void talk_sort_out(struct quoth_batch *batch, struct batch_talk *c)
{
    int once = (c->m.options & ~QUOTH_SMTP_ONE_BY_ONE) && !batch_dest(batch, c->dest)->options;
    uint16_t n = c->n;

    c->n = 0;
    for (uint16_t j = 0; j < n; j++) {
        struct quoth_evidence e;
        if (!talk_cannot_ask(batch, c, c->who[j])) {
            c->who[c->n++] = c->who[j];
            continue;
        }
        if (once) {
            batch_dom_back(batch, c->dom, c->who[j]);
            c->enough = 1;
            continue;
        }
        batch_keep_evidence(batch, c, c->dom, &e);
        e.stop = QUOTH_REASON_NO_SMTPUTF8;
        batch_result(batch, c->dom, c->who[j], batch_dom(batch, c->dom)->mx, &e);
        batch_dom(batch, c->dom)->answers = 1;
    }
}

/* Is there anybody left to be asked in this conversation? */
static int talk_more(const struct quoth_batch *batch, const struct batch_talk *c)
{
    const struct batch_dest *t = batch_dest(batch, c->dest);

    if (c->urgent)
        return batch_dom_urgent(batch_dom(batch, c->dom)) ||
               t->queue[BATCH_URGENT].head != BATCH_NONE;
    return batch_dom_work(batch_dom(batch, c->dom)) || t->queue[BATCH_LIST].head != BATCH_NONE ||
           t->queue[BATCH_URGENT].head != BATCH_NONE;
}

static void talk_transaction(struct quoth_batch *batch, struct batch_talk *c,
                             struct quoth_event *ev)
{
    const struct batch_dom *d = batch_dom(batch, c->dom);
    struct quoth_span name = talk_name(batch, c->dom);

    for (uint16_t j = 0; j < c->n; j++)
        c->rcpt[j] = (struct quoth_rcpt) {.local = batch_addr_local(batch, c->who[j]),
                                          .domain = name,
                                          .words = c->words + (size_t)j * QUOTH_SAID_MAX,
                                          .words_cap = QUOTH_SAID_MAX};
    c->state = BATCH_TALK_ASKING;
    c->ms[QUOTH_PHASE_RCPT] = 0;
    if (c->had)
        c->until = batch_until(batch, d);
    c->had = (uint16_t)(c->had + c->n);
    ev->rcpt = c->rcpt;
    ev->n = c->n;
    /* With nothing more to ask, QUIT rides along: unless one may be accepted and the decoy be
     * asked. */
    ev->last = (batch->conf->no_decoy || d->decoy >= BATCH_DECOY_HEARD) &&
               (!talk_room(batch, c) || !talk_more(batch, c));
}

/* 100 random bits, or 65 in the shape of a name (P14). */
static void talk_make_up(struct quoth_batch *batch, struct batch_talk *c)
{
#if QUOTH_DECOYS > 1
    if (c->another) {
        quoth_random_name(&batch->rnd, c->decoy, sizeof c->decoy);
        return;
    }
#endif
    quoth_random_local(&batch->rnd, c->decoy, sizeof c->decoy);
}

static void talk_ask_decoy(struct quoth_batch *batch, struct batch_talk *c, struct quoth_event *ev)
{
    struct batch_dom *d = batch_dom(batch, c->dom);

    talk_make_up(batch, c);
    c->rcpt[0] = (struct quoth_rcpt) {.local = {c->decoy, sizeof c->decoy},
                                      .domain = talk_name(batch, c->dom),
                                      .words = c->words,
                                      .words_cap = TALK_DECOY_SAID};
    c->state = BATCH_TALK_DECOY;
    c->decoy_asked = 1;
    c->ms[QUOTH_PHASE_RCPT] = 0;
    c->accepted = 0;
    c->had++;
    d->decoy = BATCH_DECOY_OUT;
    d->decoys = (uint8_t)(d->decoys + !c->another);
    batch->decoys++;
    ev->rcpt = c->rcpt;
    ev->n = 1;
    ev->last =
        (batch_decoys(batch) < 2 || c->another) && (!talk_room(batch, c) || !talk_more(batch, c));
}

/* The domain whose turn it would be, by the queues of the destination; BATCH_NONE. */
static uint32_t talk_queued(const struct quoth_batch *batch, const struct batch_talk *c)
{
    const struct batch_dest *t = batch_dest(batch, c->dest);
    uint32_t urgent = t->queue[BATCH_URGENT].head;

    return urgent != BATCH_NONE || c->urgent ? urgent : t->queue[BATCH_LIST].head;
}

/* The next domain of this destination may be asked in this conversation too, unless it is a matter
 * of names. */
static void talk_next_domain(struct quoth_batch *batch, struct batch_talk *c)
{
    uint32_t mx = c->dom == BATCH_NONE ? BATCH_NONE : batch_dom(batch, c->dom)->mx, next;

    talk_leave(batch, c);
    next = talk_queued(batch, c);
    if (next == BATCH_NONE || (batch->conf->smtp.tls_verify && batch_dom(batch, next)->mx != mx))
        return;
    if (talk_room(batch, c) < 1 + batch_decoys(batch))
        return; /* one, and its decoys */
    c->dom = batch_dest_pop(batch, c->dest);
    if (c->dom == BATCH_NONE)
        return;
    batch_dom(batch, c->dom)->out++;
    c->first = c->kept_n;
    if (batch_dom_turn(batch_dom(batch, c->dom)) || batch_dom_urgent(batch_dom(batch, c->dom)))
        return;
    batch_dom(batch, c->dom)->calls--; /* only such as are to be asked alone: not here */
    talk_leave(batch, c);
}

/* Does a list's conversation end its turn here, because somebody waits? */
static int talk_gives_way(const struct quoth_batch *batch, const struct batch_talk *c)
{
    return !c->n && c->had && batch->interactive && !batch_dom_urgent(batch_dom(batch, c->dom)) &&
           (c->urgent || batch_dest_urgent(batch, c->dest));
}

/* Addresses in hand, of this domain or the next; 0: nobody is left to be asked. */
static int talk_fill(struct quoth_batch *batch, struct batch_talk *c)
{
    while (c->dom != BATCH_NONE) {
        const struct batch_dom *d = batch_dom(batch, c->dom);
        int away = talk_gives_way(batch, c);
        if (!c->n && !d->reroute && !away)
            talk_take(batch, c);
        talk_sort_out(batch, c);
        if (c->n)
            return 1;
        if (!away && !c->urgent && batch_dom_turn(d) && talk_room(batch, c) && !d->reroute)
            continue;
        if (away && batch_dest(batch, c->dest)->queue[BATCH_URGENT].head == BATCH_NONE) {
            talk_leave(batch, c); /* for one of the same network, or to be told */
            return 0;
        }
        talk_next_domain(batch, c);
    }
    return 0;
}

/* Between transactions: the next one, or QUIT (n = 0). */
static void talk_next(struct quoth_batch *batch, struct batch_talk *c, struct quoth_event *ev)
{
    ev->n = 0;
    ev->last = 0;
    if (c->state == BATCH_TALK_ASKING || c->state == BATCH_TALK_DECOY)
        batch_keep_settle(batch, c);
    if (batch->stops || c->dom == BATCH_NONE) {
        c->state = BATCH_TALK_LEAVING;
    } else if (talk_may_ask_decoy(batch, c)) {
        talk_ask_decoy(batch, c, ev);
    } else if (!talk_fill(batch, c)) {
        c->state = BATCH_TALK_LEAVING;
    } else {
        talk_transaction(batch, c, ev);
        if (batch_dom(batch, c->dom)->answers)
            batch_dom_mark(batch, c->dom); /* others may join */
    }
}

/* ---- what is told of it meanwhile --------------------------------------- */

void batch_talk_each(struct quoth_batch *batch, const struct batch_talk *c,
                     void (*f)(struct quoth_batch *batch, uint32_t addr, uint32_t job),
                     uint32_t job)
{
    struct batch_item x;
    const char *words;

    for (uint16_t j = 0; j < c->n; j++)
        f(batch, c->who[j], job);
    for (uint32_t at = 0; batch_keep_item(c, &at, &x, &words);)
        if (!x.decoy)
            f(batch, x.addr, job);
}

/* To those in hand; between transactions to those of this domain that were answered, and at the end
 * to all. */
static void talk_trace(struct quoth_batch *batch, const struct batch_talk *c,
                       const struct quoth_want *w, const struct quoth_event *ev)
{
    struct quoth_batch_trace t = {.kind = QUOTH_BATCH_TRACE_TALK,
                                  .ms = batch->now - c->start,
                                  .want = w,
                                  .event = ev,
                                  .host = batch_mx_name(batch, c->mx),
                                  .peer = c->m.peer,
                                  .phase = c->m.phase,
                                  .secure = c->wire.secure};
    struct batch_item x;
    const char *words;

    for (uint16_t j = 0; j < c->n; j++)
        batch_trace_chain(batch, c->who[j], &t);
    for (uint32_t at = c->state == BATCH_TALK_LEAVING ? 0 : c->first;
         !c->n && batch_keep_item(c, &at, &x, &words);)
        if (!x.decoy)
            batch_trace_chain(batch, x.addr, &t);
}

/* ---- doing it ----------------------------------------------------------- */

static void talk_free_link(struct quoth_batch *batch, struct batch_talk *c)
{
    quoth_loop_port.close(c->wire.link);
    if (c->wire.tls_link)
        c->again = batch->tls.drop(batch->tls.arg, c->wire.tls_link) == 1;
    c->wire.tls_link = NULL;
}

static void talk_over(struct quoth_batch *batch, uint32_t i)
{
    struct batch_talk *c = batch->talk[i];
    uint32_t hand = batch_keep_settle(batch, c);
    enum quoth_pace_kind kind;

    talk_free_link(batch, c);
    quoth_due_drop(&batch->slots, i);
    kind = batch_end(batch, c, hand);
    c->state = BATCH_TALK_FREE;
    c->kept_n = 0;
    c->dom = BATCH_NONE;
    batch_mx_drop(batch, c->mx);
    c->mx = BATCH_NONE;
    batch->talk_free[batch->talk_free_n++] = i;
    batch_dest_over(batch, c->dest, kind);
}

/* The time of those in hand is over: does one of them still wait for its answer? */
static int talk_waits(const struct batch_talk *c)
{
    if (c->state != BATCH_TALK_ASKING)
        return c->state == BATCH_TALK_DECOY ? !c->rcpt[0].said.code : c->n != 0;
    for (uint32_t j = 0; j < c->n; j++)
        if (!c->rcpt[j].said.code)
            return 1;
    return 0;
}

/* 1: it was ended. */
static int talk_late(struct quoth_batch *batch, uint32_t i)
{
    struct batch_talk *c = batch->talk[i];

    c->until = QUOTH_NEVER;
    if (!talk_waits(c))
        return 0;
    c->late = !c->m.said.code;
    quoth_smtp_give_up(&c->m, QUOTH_ETIME, batch->now);
    talk_over(batch, i);
    return 1;
}

/* Phases that ended with this event. 0 ms stands for never. */
static void talk_stamp(struct batch_talk *c, unsigned was, const struct quoth_event *ev)
{
    uint32_t ms = (uint32_t)(ev->now - c->start) | (ev->now == c->start);

    for (; was < c->m.phase; was++)
        if (!c->ms[was] || was == QUOTH_PHASE_MAIL)
            c->ms[was] = ms;
    if (ev->kind == QUOTH_EV_DATA &&
        (c->state == BATCH_TALK_ASKING || c->state == BATCH_TALK_DECOY) &&
        !c->ms[QUOTH_PHASE_RCPT] && c->rcpt[c->state == BATCH_TALK_ASKING ? c->n - 1 : 0].said.code)
        c->ms[QUOTH_PHASE_RCPT] = ms;
}

static void talk_later(struct quoth_batch *batch, uint32_t i)
{
    struct batch_talk *c = batch->talk[i];

    if (c->run_queued)
        return;
    c->run_queued = 1;
    c->run = BATCH_NONE;
    if (batch->run.head == BATCH_NONE)
        batch->run.head = i;
    else
        batch->talk[batch->run.tail]->run = i;
    batch->run.tail = i;
}

/* While somebody waits turns are short: a list's conversations go on a few at a time, but for those
 * that stand in the way, and the next reply to the one that is waited for is not behind theirs. */
void batch_talk_moved(struct quoth_batch *batch, uint32_t i)
{
    const struct batch_talk *c = batch->talk[i];

    if (c && c->state != BATCH_TALK_FREE &&
        (batch_turn_over(batch) ||
         (batch->urgent && !c->urgent && !batch_dest_urgent(batch, c->dest))))
        talk_later(batch, i);
    else
        batch_talk_poke(batch, i);
}

void batch_talk_run(struct quoth_batch *batch)
{
    uint32_t last = batch->run.tail, most = batch->urgent ? BATCH_SHORT : UINT32_MAX, i;

    while (most-- && (i = batch->run.head) != BATCH_NONE) {
        batch->run.head = batch->talk[i]->run;
        batch->talk[i]->run_queued = 0;
        batch_talk_poke(batch, i);
        if (i == last || batch_turn_over(batch))
            break;
    }
}

void batch_talk_poke(struct quoth_batch *batch, uint32_t i)
{
    struct batch_talk *c = batch->talk[i];
    struct quoth_want w;
    struct quoth_event ev;
    char buf[TALK_READ];
    unsigned was;

    if (!c || c->state == BATCH_TALK_FREE)
        return;
    if (batch->now >= c->until && talk_late(batch, i))
        return;
    for (size_t spent = 0;; spent += ev.n + TALK_EVENT) {
        quoth_smtp_want(&c->m, &w);
        if (w.kind == QUOTH_WANT_DONE) {
            talk_over(batch, i);
            return;
        }
        if (spent >= TALK_SHARE) {
            talk_later(batch, i);
            return;
        }
        if (w.kind == QUOTH_WANT_TLS && batch->tls.make && !c->wire.tls_link) {
            c->wire.tls_link = batch->tls.make(batch->tls.arg, &c->m.peer.ip);
            c->wire.tls = c->wire.tls_link ? batch->tls.filter : NULL;
        }
        if (quoth_wire_do(&c->wire, &w, buf, sizeof buf, &ev) == QUOTH_AGAIN)
            break;
        if (c->traced)
            talk_trace(batch, c, &w, &ev);
        if (ev.kind == QUOTH_EV_RCPT)
            talk_next(batch, c, &ev);
        was = c->m.phase;
        if (quoth_smtp_feed(&c->m, &ev) <
            0) { /* never: but rather lose one conversation than turn in circles */
            quoth_smtp_give_up(&c->m, QUOTH_EPROTO, batch->now);
            talk_over(batch, i);
            return;
        }
        talk_stamp(c, was, &ev);
        if (c->m.ext & QUOTH_EXT_STARTTLS)
            c->offered = 1;
    }
    if (w.deadline > c->until)
        w.deadline = c->until;
    batch_due_set(batch, &batch->slots, i, w.deadline); /* there is room for all */
}

static void talk_clear(struct batch_talk *c)
{
    c->kept_n = c->first = c->latest = 0;
    c->n = c->had = 0;
    c->accepted = c->decoy_asked = c->decoy_lost = 0;
    c->offered = c->enough = c->urgent = c->alone = c->late = c->again = c->traced = 0;
    c->another = 0;
    c->lost_kind = c->lost_reason = 0;
    memset(c->ms, 0, sizeof c->ms);
    c->m.refused = 0; /* not begun, and talk_room() reads it */
    c->dom = c->mx = BATCH_NONE;
}

/* A slot, a domain and addresses in hand; or nothing, when nobody of this destination is to be
 * asked after all. */
static int talk_prepare(struct quoth_batch *batch, struct batch_talk *c, uint32_t dest)
{
    talk_clear(c);
    c->dest = dest;
    while (!c->n) {
        if (c->dom != BATCH_NONE)
            batch_dom(batch, c->dom)->out--;
        c->dom = batch_dest_pop(batch, dest);
        if (c->dom == BATCH_NONE)
            return 0;
        batch_dom(batch, c->dom)->out++;
        talk_take(batch, c);
    }
    return 1;
}

static struct batch_talk *talk_slot(struct quoth_batch *batch, uint32_t i)
{
    if (batch->talk[i])
        return batch->talk[i];
    batch->talk[i] = batch_alloc(batch, sizeof *batch->talk[i]);
    if (batch->talk[i])
        batch->talk[i]->wire =
            (struct quoth_wire) {&quoth_loop_port, quoth_loop_link(batch->loop, i), NULL, NULL, 0};
    return batch->talk[i];
}

static void talk_open(struct quoth_batch *batch, struct batch_talk *c)
{
    const struct batch_dest *t = batch_dest(batch, c->dest);
    struct quoth_call call = {.peer = batch_peer(batch, t),
                              .options = batch_dest_opened(batch, c->dest)};
    struct quoth_want w;

    c->state = BATCH_TALK_READY;
    c->start = batch->now;
    c->until = batch_until(batch, batch_dom(batch, c->dom));
    c->wire.secure = 0;
    c->wire.tls = NULL;
    c->mx = batch_mx_hold(batch, batch_dom(batch, c->dom)->mx);
    call.host = batch_mx_name(batch, c->mx);
    quoth_smtp_start(&c->m, &batch->conf->smtp, &call, batch->now);
    quoth_smtp_words(&c->m, c->end_words, sizeof c->end_words);
    if (!c->traced)
        return;
    quoth_smtp_want(&c->m, &w);
    talk_trace(batch, c, &w, NULL);
}

static void talk_call(struct quoth_batch *batch, uint32_t dest)
{
    uint32_t i = batch->talk_free[batch->talk_free_n - 1];
    struct batch_talk *c = talk_slot(batch, i);

    if (!c || !talk_prepare(batch, c, dest)) {
        batch_dest_missed(batch, dest);
        return;
    }
    batch->talk_free_n--;
    batch->conversations++;
    talk_open(batch, c);
    if (batch_dom(batch, c->dom)->answers)
        batch_dom_mark(batch, c->dom);
    batch_talk_poke(batch, i);
    batch_dest_ready(batch, dest);
}

int batch_talk_dial(struct quoth_batch *batch)
{
    uint32_t dest;
    int some = 0;

    while (!batch->rc && !batch->stops && batch->talk_free_n &&
           batch_open(batch) < batch->open_max && !batch_turn_over(batch) &&
           (dest = batch_dest_call(batch)) != BATCH_NONE) {
        talk_call(batch, dest);
        some = 1;
    }
    return some;
}

void batch_talk_abandon(struct quoth_batch *batch)
{
    unsigned in[BATCH_TALK_STATES] = {0};

    for (uint32_t i = 0; i < batch->limit.open; i++) {
        struct batch_talk *c = batch->talk[i];
        if (!c || c->state == BATCH_TALK_FREE)
            continue;
        in[c->state]++;
        quoth_smtp_give_up(&c->m, QUOTH_ETIME, batch->now);
        talk_over(batch, i);
    }
    for (unsigned s = 0; s < BATCH_TALK_STATES; s++)
        if (in[s])
            batch_event(batch, "conversations given up while %s: %u",
                        batch_talk_state_name((enum batch_talk_state)s), in[s]);
}

int batch_talk_new(struct quoth_batch *batch)
{
    batch->talk = batch_alloc(batch, batch->limit.open * sizeof *batch->talk);
    batch->talk_free = batch_alloc(batch, batch->limit.open * sizeof *batch->talk_free);
    if (!batch->talk || !batch->talk_free)
        return QUOTH_ESPACE;
    for (uint32_t i = batch->limit.open; i-- > 0;)
        batch->talk_free[batch->talk_free_n++] = i;
    batch->open_max = batch->limit.open;
    return QUOTH_OK;
}

void batch_talk_free(struct quoth_batch *batch)
{
    for (uint32_t i = 0; batch->talk && i < batch->limit.open; i++) {
        struct batch_talk *c = batch->talk[i];
        if (!c)
            continue;
        if (c->state != BATCH_TALK_FREE)
            talk_free_link(batch, c);
        free(c->rcpt);
        free(c->who);
        free(c->words);
        free(c->kept);
        free(c);
    }
    free(batch->talk);
    free(batch->talk_free);
}
