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

static const char *talk_state_name(enum batch_talk_state s)
{
    static const char *const name[] = {
        [BATCH_TALK_FREE] = "free",
        [BATCH_TALK_READY] = "ready",
        [BATCH_TALK_ASKING] = "asking",
        [BATCH_TALK_AGAIN] = "asking again",
        [BATCH_TALK_DECOY] = "asking a decoy",
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

static void talk_leave(struct quoth_batch *batch, struct batch_talk *talk)
{
    uint32_t dom = talk->dom;

    if (dom == BATCH_NONE)
        return;
    talk->dom = BATCH_NONE;
    talk->accepted = talk->decoy_asked = talk->another = 0;
    batch_dom(batch, dom)->out--;
    batch_dom_mark(batch, dom);
}

static int talk_room_for(struct quoth_batch *batch, struct batch_talk *talk, uint32_t n)
{
    size_t was = talk->cap, cap = n > 4 ? BATCH_BURST : n;
    void *p;

    if (n <= talk->cap)
        return 1;
    p = batch_realloc(batch, talk->rcpt, was * sizeof *talk->rcpt, cap * sizeof *talk->rcpt);
    if (!p)
        return 0;
    talk->rcpt = p;
    p = batch_realloc(batch, talk->who, was * sizeof *talk->who, cap * sizeof *talk->who);
    if (!p)
        return 0;
    talk->who = p;
    p = batch_realloc(batch, talk->words, was * QUOTH_SAID_MAX, cap * QUOTH_SAID_MAX);
    if (!p)
        return 0;
    talk->words = p;
    talk->cap = (uint16_t)cap;
    return 1;
}

static int talk_decoy_due(const struct quoth_batch *batch, const struct batch_dom *domain)
{
    return batch_wants_decoy(batch, domain) && domain->decoy < BATCH_DECOY_HEARD;
}

/* How many it has refused; where it has not begun, its machine is still that of the last one. */
static uint32_t talk_refused(const struct batch_talk *talk)
{
    return talk->had ? talk->m.refused : 0;
}

/* How many this conversation may ask. */
static uint32_t talk_most(const struct quoth_batch *batch, const struct batch_talk *talk)
{
    uint32_t most = batch_dest(batch, talk->dest)->most;

    return most && most < batch->limit.per_session ? most : batch->limit.per_session;
}

/* How many more of this domain this conversation may ask. */
static uint32_t talk_room(const struct quoth_batch *batch, const struct batch_talk *talk)
{
    uint32_t most = talk_most(batch, talk), room, refusals;

    if (talk->had >= most || talk_refused(talk) >= batch->limit.refused || talk->enough)
        return 0;
    room = most - talk->had;
    if (talk->dom != BATCH_NONE && talk_decoy_due(batch, batch_dom(batch, talk->dom))) {
        uint32_t kept = batch_decoys(batch); /* the decoys' places */
        kept = kept < most ? kept : most - 1;
        room = room > kept ? room - kept : 0;
        if (!talk->had && room > batch->limit.scout)
            room = batch->limit.scout; /* unknown ground: few at first */
    }
    refusals = batch->limit.refused - talk_refused(talk);
    if (room > refusals)
        room = refusals;
    return room < BATCH_BURST ? room : BATCH_BURST;
}

static int talk_may_ask_decoy(const struct quoth_batch *batch, const struct batch_talk *talk)
{
    const struct batch_dom *domain = batch_dom(batch, talk->dom);

    return talk->accepted && domain->decoy == BATCH_DECOY_NOT && domain->decoys < BATCH_DECOYS &&
           batch_wants_decoy(batch, domain) && talk->m.refused < batch->limit.refused &&
           (talk->had < batch->limit.per_session ||
            batch->limit.per_session <= batch_decoys(batch));
}

static void talk_hand(struct quoth_batch *batch, struct batch_talk *talk, uint32_t *chain)
{
    uint32_t addr = batch_chain_pop(batch, chain);

    talk->who[talk->n++] = addr;
    for (uint32_t a = addr; batch->traced && a != BATCH_NONE; a = batch_addr_next(batch, a))
        if (*batch_addr_flags(batch, a) & BATCH_ADDR_TRACE)
            talk->traced = 1;
}

/* After a failure: is it those over which a conversation broke off? */
static int talk_take_alone(const struct batch_talk *talk, const struct batch_dom *domain)
{
    const struct batch_extra *extra = domain->extra;

    return !talk->had && extra && extra->alone != BATCH_NONE &&
           (extra->fails || !batch_dom_turn(domain));
}

/* Whom somebody waits for goes first, and with no others. */
static void talk_take(struct quoth_batch *batch, struct batch_talk *talk)
{
    struct batch_dom *domain = batch_dom(batch, talk->dom);
    uint32_t room = talk_room(batch, talk);

    if (!room)
        return;
    if (!talk_room_for(batch, talk, room)) {
        talk->enough = 1; /* no memory: they are asked later */
        return;
    }
    batch_dom_draw(batch, talk->dom);
    if (batch_dom_urgent(domain)) {
        talk->urgent = 1;
        while (talk->n < room && domain->extra->urgent != BATCH_NONE)
            talk_hand(batch, talk, &domain->extra->urgent);
        return;
    }
    if (talk->urgent)
        return;
    if (talk_take_alone(talk, domain)) {
        talk_hand(batch, talk, &domain->extra->alone);
        talk->alone = talk->enough = 1;
    }
    while (!talk->alone && talk->n < room && domain->head != BATCH_NONE)
        talk_hand(batch, talk, &domain->head);
}

/* An address that this server cannot be asked about: it does not do SMTPUTF8. */
static int talk_cannot_ask(const struct quoth_batch *batch, const struct batch_talk *talk,
                           uint32_t addr)
{
    struct quoth_span local = batch_addr_local(batch, addr);

    if (talk->m.ext & QUOTH_EXT_SMTPUTF8)
        return 0;
    for (size_t i = 0; i < local.n; i++)
        if ((uint8_t)local.p[i] > 0x7f)
            return 1;
    return 0;
}

/* Those in hand that this server cannot be asked about are told so, unless it is HELO for once:
 * then the next conversation may. */
static void talk_sort_out(struct quoth_batch *batch, struct batch_talk *talk)
{
    int once =
        (talk->m.options & ~QUOTH_SMTP_ONE_BY_ONE) && !batch_dest(batch, talk->dest)->options;
    uint16_t n = talk->n;

    talk->n = 0;
    for (uint16_t j = 0; j < n; j++) {
        struct quoth_evidence evidence;
        if (!talk_cannot_ask(batch, talk, talk->who[j])) {
            talk->who[talk->n++] = talk->who[j];
            continue;
        }
        if (once) {
            batch_dom_back(batch, talk->dom, talk->who[j]);
            talk->enough = 1;
            continue;
        }
        batch_keep_evidence(batch, talk, talk->dom, &evidence);
        evidence.stop = QUOTH_REASON_NO_SMTPUTF8;
        batch_result(batch, talk->dom, talk->who[j], batch_dom(batch, talk->dom)->mx, &evidence);
    }
}

/* Is there anybody left to be asked in this conversation? */
static int talk_more(const struct quoth_batch *batch, const struct batch_talk *talk)
{
    const struct batch_dest *host = batch_dest(batch, talk->dest);

    if (talk->urgent)
        return batch_dom_urgent(batch_dom(batch, talk->dom)) ||
               batch_dest_first(host, BATCH_URGENT) != BATCH_NONE;
    return batch_dom_work(batch_dom(batch, talk->dom)) ||
           batch_dest_first(host, BATCH_LIST) != BATCH_NONE ||
           batch_dest_first(host, BATCH_URGENT) != BATCH_NONE;
}

static void talk_transaction(struct quoth_batch *batch, struct batch_talk *talk,
                             struct quoth_event *ev)
{
    const struct batch_dom *domain = batch_dom(batch, talk->dom);
    struct quoth_span name = talk_name(batch, talk->dom);

    for (uint16_t j = 0; j < talk->n; j++)
        talk->rcpt[j] = (struct quoth_rcpt) {.local = batch_addr_local(batch, talk->who[j]),
                                             .domain = name,
                                             .words = talk->words + (size_t)j * QUOTH_SAID_MAX,
                                             .words_cap = QUOTH_SAID_MAX};
    talk->state = BATCH_TALK_ASKING;
    talk->ms[QUOTH_PHASE_RCPT] = 0;
    if (talk->had)
        talk->until = batch_until(batch, domain);
    talk->had = (uint16_t)(talk->had + talk->n);
    ev->rcpt = talk->rcpt;
    ev->n = talk->n;
    /* With nothing more to ask, QUIT rides along: unless one may be accepted and the decoy be
     * asked, or that one again. */
    ev->last = (!batch_wants_decoy(batch, domain) || domain->decoy >= BATCH_DECOY_HEARD) &&
               (!talk_room(batch, talk) || !talk_more(batch, talk)) &&
               batch_keep_sure(batch, talk, talk->n);
}

/* 100 random bits, or 65 in the shape of a name (P14). */
static void talk_make_up(struct quoth_batch *batch, struct batch_talk *talk)
{
#if QUOTH_DECOYS > 1
    if (talk->another) {
        quoth_random_name(&batch->rnd, talk->decoy, sizeof talk->decoy);
        return;
    }
#endif
    quoth_random_local(&batch->rnd, talk->decoy, sizeof talk->decoy);
}

/* One alone, of this domain. */
static void talk_ask_one(struct quoth_batch *batch, struct batch_talk *talk, uint32_t dom,
                         struct quoth_span local, struct quoth_event *ev)
{
    talk->rcpt[0] = (struct quoth_rcpt) {.local = local,
                                         .domain = talk_name(batch, dom),
                                         .words = talk->words,
                                         .words_cap = TALK_DECOY_SAID};
    talk->had++;
    ev->rcpt = talk->rcpt;
    ev->n = ev->last = 1;
}

/* It may be a habit of this server to refuse all from some recipient on: the last one that it
 * accepted is asked again. */
static void talk_ask_again(struct quoth_batch *batch, struct batch_talk *talk,
                           struct quoth_event *ev)
{
    struct batch_item good;
    const char *words;
    uint32_t at = talk->good;

    if (batch_keep_sure(batch, talk, 0) || talk->enough || talk->had >= talk_most(batch, talk))
        return;
    batch_keep_item(talk, &at, &good, &words);
    talk->state = BATCH_TALK_AGAIN;
    talk_ask_one(batch, talk, good.dom, batch_addr_local(batch, good.addr), ev);
}

static void talk_ask_decoy(struct quoth_batch *batch, struct batch_talk *talk,
                           struct quoth_event *ev)
{
    struct batch_dom *domain = batch_dom(batch, talk->dom);

    talk_make_up(batch, talk);
    talk_ask_one(batch, talk, talk->dom, (struct quoth_span) {talk->decoy, sizeof talk->decoy}, ev);
    talk->state = BATCH_TALK_DECOY;
    talk->decoy_asked = 1;
    talk->ms[QUOTH_PHASE_RCPT] = 0;
    talk->accepted = 0;
    domain->decoy = BATCH_DECOY_OUT;
    domain->decoys = (uint8_t)(domain->decoys + !talk->another);
    batch->decoys++;
    ev->last = (batch_decoys(batch) < 2 || talk->another) && batch_keep_sure(batch, talk, 0) &&
               (!talk_room(batch, talk) || !talk_more(batch, talk));
}

/* The domain whose turn it would be, by the queues of the destination; BATCH_NONE. */
static uint32_t talk_queued(const struct quoth_batch *batch, const struct batch_talk *talk)
{
    const struct batch_dest *host = batch_dest(batch, talk->dest);
    uint32_t urgent = batch_dest_first(host, BATCH_URGENT);

    return urgent != BATCH_NONE || talk->urgent ? urgent : batch_dest_first(host, BATCH_LIST);
}

/* The next domain of this destination may be asked in this conversation too, unless it is a matter
 * of names. */
static void talk_next_domain(struct quoth_batch *batch, struct batch_talk *talk)
{
    uint32_t mx = talk->dom == BATCH_NONE ? BATCH_NONE : batch_dom(batch, talk->dom)->mx, next;

    talk_leave(batch, talk);
    next = talk_queued(batch, talk);
    if (next == BATCH_NONE || (batch->conf->smtp.tls_verify && batch_dom(batch, next)->mx != mx))
        return;
    if (talk_room(batch, talk) < 1 + batch_decoys(batch))
        return; /* one, and its decoys */
    talk->dom = batch_dest_pop(batch, talk->dest);
    if (talk->dom == BATCH_NONE)
        return;
    batch_dom(batch, talk->dom)->out++;
    talk->first = talk->kept_n;
    if (batch_dom_turn(batch_dom(batch, talk->dom)) ||
        batch_dom_urgent(batch_dom(batch, talk->dom)))
        return;
    batch_dom(batch, talk->dom)->calls--; /* only such as are to be asked alone: not here */
    talk_leave(batch, talk);
}

/* Does a list's conversation end its turn here, because somebody waits? */
static int talk_gives_way(const struct quoth_batch *batch, const struct batch_talk *talk)
{
    return !talk->n && talk->had && batch->interactive &&
           !batch_dom_urgent(batch_dom(batch, talk->dom)) &&
           (talk->urgent || batch_dest_urgent(batch, talk->dest));
}

/* Addresses in hand, of this domain or the next; 0: nobody is left to be asked. */
static int talk_fill(struct quoth_batch *batch, struct batch_talk *talk)
{
    while (talk->dom != BATCH_NONE) {
        const struct batch_dom *domain = batch_dom(batch, talk->dom);
        int away = talk_gives_way(batch, talk);
        if (!talk->n && !domain->reroute && !away)
            talk_take(batch, talk);
        talk_sort_out(batch, talk);
        if (talk->n)
            return 1;
        if (!away && !talk->urgent && batch_dom_turn(domain) && talk_room(batch, talk) &&
            !domain->reroute)
            continue;
        if (away && batch_dest_first(batch_dest(batch, talk->dest), BATCH_URGENT) == BATCH_NONE) {
            talk_leave(batch, talk); /* for one of the same network, or to be told */
            return 0;
        }
        talk_next_domain(batch, talk);
    }
    return 0;
}

/* Between transactions: the next one, or QUIT (n = 0). */
static void talk_next(struct quoth_batch *batch, struct batch_talk *talk, struct quoth_event *ev)
{
    ev->n = 0;
    ev->last = 0;
    if (talk->state == BATCH_TALK_ASKING || talk->state == BATCH_TALK_DECOY)
        batch_keep_settle(batch, talk);
    if (batch->stops || talk->dom == BATCH_NONE) {
        talk->state = BATCH_TALK_LEAVING;
    } else if (talk_may_ask_decoy(batch, talk)) {
        talk_ask_decoy(batch, talk, ev);
    } else if (!talk_fill(batch, talk)) {
        talk->state = BATCH_TALK_LEAVING;
        talk_ask_again(batch, talk, ev);
    } else {
        talk_transaction(batch, talk, ev);
        if (batch_dom(batch, talk->dom)->answers)
            batch_dom_mark(batch, talk->dom); /* others may join */
    }
}

/* ---- what is told of it meanwhile --------------------------------------- */

void batch_talk_each(struct quoth_batch *batch, const struct batch_talk *talk,
                     void (*f)(struct quoth_batch *batch, uint32_t addr, uint32_t job),
                     uint32_t job)
{
    struct batch_item item;
    const char *words;

    for (uint16_t j = 0; j < talk->n; j++)
        f(batch, talk->who[j], job);
    for (uint32_t at = 0; batch_keep_item(talk, &at, &item, &words);)
        if (!item.decoy)
            f(batch, item.addr, job);
}

/* To those in hand; between transactions to those of this domain that were answered, and at the end
 * to all. */
static void talk_trace(struct quoth_batch *batch, const struct batch_talk *talk,
                       const struct quoth_want *want, const struct quoth_event *ev)
{
    struct quoth_batch_trace trace = {.kind = QUOTH_BATCH_TRACE_TALK,
                                      .ms = batch->now - talk->start,
                                      .want = want,
                                      .event = ev,
                                      .host = batch_mx_name(batch, talk->mx),
                                      .peer = talk->m.peer,
                                      .phase = talk->m.phase,
                                      .secure = talk->wire.secure};
    struct batch_item item;
    const char *words;

    for (uint16_t j = 0; j < talk->n; j++)
        batch_trace_chain(batch, talk->who[j], &trace);
    for (uint32_t at = talk->state == BATCH_TALK_LEAVING ? 0 : talk->first;
         !talk->n && batch_keep_item(talk, &at, &item, &words);)
        if (!item.decoy)
            batch_trace_chain(batch, item.addr, &trace);
}

/* ---- doing it ----------------------------------------------------------- */

static void talk_free_link(struct quoth_batch *batch, struct batch_talk *talk)
{
    quoth_loop_port.close(talk->wire.link);
    if (talk->wire.tls_link)
        talk->again = batch->tls.drop(batch->tls.arg, talk->wire.tls_link) == 1;
    talk->wire.tls_link = NULL;
}

static void talk_over(struct quoth_batch *batch, uint32_t i)
{
    struct batch_talk *talk = batch->talk[i];
    uint32_t hand = batch_keep_settle(batch, talk);
    enum quoth_pace_kind kind;

    talk_free_link(batch, talk);
    quoth_due_drop(&batch->slots, i);
    kind = batch_end(batch, talk, hand);
    talk->state = BATCH_TALK_FREE;
    talk->kept_n = 0;
    talk->dom = BATCH_NONE;
    batch_mx_drop(batch, talk->mx);
    talk->mx = BATCH_NONE;
    batch->talk_free[batch->talk_free_n++] = i;
    batch_dest_over(batch, talk->dest, kind, (enum quoth_err)talk->m.err);
}

/* The time of those in hand is over: does one of them still wait for its answer? */
static int talk_waits(const struct batch_talk *talk)
{
    if (talk->state != BATCH_TALK_ASKING)
        return talk->state == BATCH_TALK_DECOY ? !talk->rcpt[0].said.code : talk->n != 0;
    for (uint32_t j = 0; j < talk->n; j++)
        if (!talk->rcpt[j].said.code)
            return 1;
    return 0;
}

/* Those who wait are told; the server is told QUIT, if it takes that at once. */
static void talk_late(struct quoth_batch *batch, struct batch_talk *talk)
{
    talk->until = QUOTH_NEVER;
    if (!talk_waits(talk))
        return;
    talk->late = !talk->m.said.code;
    quoth_smtp_give_up(&talk->m, QUOTH_ETIME, batch->now);
}

/* Phases that ended with this event. 0 ms stands for never. */
static void talk_stamp(struct batch_talk *talk, unsigned was, const struct quoth_event *ev)
{
    uint32_t ms = (uint32_t)(ev->now - talk->start) | (ev->now == talk->start);

    for (; was < talk->m.phase; was++)
        if (!talk->ms[was] || was == QUOTH_PHASE_MAIL)
            talk->ms[was] = ms;
    if (ev->kind == QUOTH_EV_DATA &&
        (talk->state == BATCH_TALK_ASKING || talk->state == BATCH_TALK_DECOY) &&
        !talk->ms[QUOTH_PHASE_RCPT] &&
        talk->rcpt[talk->state == BATCH_TALK_ASKING ? talk->n - 1 : 0].said.code)
        talk->ms[QUOTH_PHASE_RCPT] = ms;
}

static void talk_later(struct quoth_batch *batch, uint32_t i)
{
    struct batch_talk *talk = batch->talk[i];

    if (talk->run_queued)
        return;
    talk->run_queued = 1;
    talk->run = BATCH_NONE;
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
    const struct batch_talk *talk = batch->talk[i];

    if (talk && talk->state != BATCH_TALK_FREE &&
        (batch_turn_over(batch) ||
         (batch->urgent && !talk->urgent && !batch_dest_urgent(batch, talk->dest))))
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
    struct batch_talk *talk = batch->talk[i];
    struct quoth_want want;
    struct quoth_event ev;
    char buf[TALK_READ];
    unsigned was;

    if (!talk || talk->state == BATCH_TALK_FREE)
        return;
    if (batch->now >= talk->until)
        talk_late(batch, talk);
    for (size_t spent = 0;; spent += ev.n + TALK_EVENT) {
        quoth_smtp_want(&talk->m, &want);
        if (want.kind == QUOTH_WANT_DONE) {
            talk_over(batch, i);
            return;
        }
        if (spent >= TALK_SHARE) {
            talk_later(batch, i);
            return;
        }
        if (want.kind == QUOTH_WANT_TLS && batch->tls.make && !talk->wire.tls_link) {
            talk->wire.tls_link = batch->tls.make(batch->tls.arg, &talk->m.peer.ip);
            talk->wire.tls = talk->wire.tls_link ? batch->tls.filter : NULL;
        }
        if (quoth_wire_do(&talk->wire, &want, buf, sizeof buf, &ev) == QUOTH_AGAIN)
            break;
        if (talk->traced)
            talk_trace(batch, talk, &want, &ev);
        if (ev.kind == QUOTH_EV_RCPT)
            talk_next(batch, talk, &ev);
        was = talk->m.phase;
        if (quoth_smtp_feed(&talk->m, &ev) <
            0) { /* never: but rather lose one conversation than turn in circles */
            quoth_smtp_give_up(&talk->m, QUOTH_EPROTO, batch->now);
            talk_over(batch, i);
            return;
        }
        talk_stamp(talk, was, &ev);
        if (talk->m.ext & QUOTH_EXT_STARTTLS)
            talk->offered = 1;
    }
    if (want.deadline > talk->until)
        want.deadline = talk->until;
    batch_due_set(batch, &batch->slots, i, want.deadline); /* there is room for all */
}

static void talk_clear(struct batch_talk *talk)
{
    talk->kept_n = talk->first = talk->latest = 0;
    talk->n = talk->had = 0;
    talk->accepted = talk->decoy_asked = talk->decoy_lost = 0;
    talk->offered = talk->enough = talk->urgent = talk->alone = talk->late = talk->again =
        talk->traced = 0;
    talk->another = 0;
    talk->lost_kind = talk->lost_reason = 0;
    talk->ok = talk->refused = talk->no = talk->bad = talk->vouch = 0;
    memset(talk->ms, 0, sizeof talk->ms);
    talk->dom = talk->mx = BATCH_NONE;
}

/* A slot, a domain and addresses in hand; or nothing, when nobody of this destination is to be
 * asked after all. */
static int talk_prepare(struct quoth_batch *batch, struct batch_talk *talk, uint32_t dest)
{
    talk_clear(talk);
    talk->dest = dest;
    while (!talk->n) {
        if (talk->dom != BATCH_NONE)
            batch_dom(batch, talk->dom)->out--;
        talk->dom = batch_dest_pop(batch, dest);
        if (talk->dom == BATCH_NONE)
            return 0;
        batch_dom(batch, talk->dom)->out++;
        talk_take(batch, talk);
    }
    return 1;
}

static struct batch_talk *talk_slot(struct quoth_batch *batch, uint32_t i)
{
    if (batch->talk[i])
        return batch->talk[i];
    batch->talk[i] = batch_alloc(batch, sizeof *batch->talk[i]);
    if (batch->talk[i])
        batch->talk[i]->wire = (struct quoth_wire) {
            &quoth_loop_port, quoth_loop_link(batch->loop, batch->link + i), NULL, NULL, 0};
    return batch->talk[i];
}

static void talk_open(struct quoth_batch *batch, struct batch_talk *talk)
{
    const struct batch_dest *host = batch_dest(batch, talk->dest);
    struct quoth_call call = {.peer = batch_peer(batch, host),
                              .options = batch_dest_opened(batch, talk->dest)};
    struct quoth_want want;

    talk->state = BATCH_TALK_READY;
    talk->start = batch->now;
    talk->until = batch_until(batch, batch_dom(batch, talk->dom));
    talk->wire.secure = 0;
    talk->wire.tls = NULL;
    talk->mx = batch_mx_hold(batch, batch_dom(batch, talk->dom)->mx);
    call.host = batch_mx_name(batch, talk->mx);
    quoth_smtp_start(&talk->m, &batch->conf->smtp, &call, batch->now);
    quoth_smtp_words(&talk->m, talk->end_words, sizeof talk->end_words);
    if (!talk->traced)
        return;
    quoth_smtp_want(&talk->m, &want);
    talk_trace(batch, talk, &want, NULL);
}

static void talk_call(struct quoth_batch *batch, uint32_t dest)
{
    uint32_t i = batch->talk_free[batch->talk_free_n - 1];
    struct batch_talk *talk = talk_slot(batch, i);

    if (!talk || !talk_prepare(batch, talk, dest)) {
        batch_dest_missed(batch, dest);
        return;
    }
    batch->talk_free_n--;
    batch->conversations++;
    talk_open(batch, talk);
    if (batch_dom(batch, talk->dom)->answers)
        batch_dom_mark(batch, talk->dom);
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
        struct batch_talk *talk = batch->talk[i];
        if (!talk || talk->state == BATCH_TALK_FREE)
            continue;
        in[talk->state]++;
        quoth_smtp_give_up(&talk->m, QUOTH_ETIME, batch->now);
        talk_over(batch, i);
    }
    for (unsigned s = 0; s < BATCH_TALK_STATES; s++)
        if (in[s])
            batch_event(batch, "conversations given up while %s: %u",
                        talk_state_name((enum batch_talk_state)s), in[s]);
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
        struct batch_talk *talk = batch->talk[i];
        if (!talk)
            continue;
        if (talk->state != BATCH_TALK_FREE)
            talk_free_link(batch, talk);
        free(talk->rcpt);
        free(talk->who);
        free(talk->words);
        free(talk->kept);
        free(talk);
    }
    free(batch->talk);
    free(batch->talk_free);
}
