/* batch_dest.c - destinations: who may be called when, and whose turn it is.
 *
 *             domain queued                    its time came
 *   IDLE ---------------------> READY <-------------------------- WAIT
 *    ^  `-- pace: not yet ------- | ------------------------------>^
 *    |                            |--- network full --> NET        | hooks.may: in a while
 *    |                            |                      `- one of it ended: IDLE
 *    |                            |--- hooks.may: later --> ASKED -+- quoth_batch_may(): IDLE
 *    |                            | call
 *    +----------------------------+ conversation
 *
 * A destination is one address; its network is the /24 or /64 around it (G04). A thousand domains
 * on one host are one destination with a long queue. Each has two queues, and there are two ready
 * lists: domains with interactive addresses go first, and a few of the conversations are kept for
 * them.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "batch_inner.h"

enum {
    DEST_DOWN = 2,
    DEST_DOWN_MS = 15 * 60 * 1000,
    DEST_STEPS = 64,
    DEST_HOLDS = 24,
    DEST_WORDS = 160
};
enum { DEST_OPTIONS_S = 3600 }; /* so long it is called without what broke twice */

/* After an hour of conversations: seconds an answer that are too many, if all take over a day. */
enum { DEST_RATE_S = 3600, DEST_ANSWER_S = 10, DEST_DAY_S = 24 * 3600 };

/* ---- who is who --------------------------------------------------------- */

static int dest_same(const struct quoth_batch *b, uint32_t i, const void *key)
{
    const struct quoth_ip *ip = key, *have = &batch_dest(b, i)->ip;
    return ip->len == have->len && !memcmp(ip->b, have->b, ip->len);
}

static uint64_t dest_hash_of(const struct quoth_batch *b, uint32_t i)
{
    const struct quoth_ip *ip = &batch_dest(b, i)->ip;
    return quoth_hash(b->k0, b->k1, ip->b, ip->len);
}

static int dest_net_same(const struct quoth_batch *b, uint32_t i, const void *key)
{
    return batch_net(b, i)->key == *(const uint64_t *)key;
}

static uint64_t dest_net_hash(const struct quoth_batch *b, uint64_t key)
{
    return quoth_hash(b->k0, b->k1, &key, sizeof key);
}

static uint64_t dest_net_hash_of(const struct quoth_batch *b, uint32_t i)
{
    return dest_net_hash(b, batch_net(b, i)->key);
}

static const struct batch_table_kind dest_addresses = {dest_same, dest_hash_of},
                                     dest_networks = {dest_net_same, dest_net_hash_of};

static uint32_t dest_net_of(struct quoth_batch *b, const struct quoth_ip *ip)
{
    uint64_t key = batch_net_key(ip);
    uint32_t *slot, i;

    slot = batch_table_find(b, &b->net_table, dest_net_hash(b, key), &key, &dest_networks);
    if (!slot || *slot != BATCH_NONE)
        return slot ? *slot : BATCH_NONE;
    i = batch_shelf_add(b, &b->nets);
    if (i == BATCH_NONE)
        return i;
    *batch_net(b, i) = (struct batch_net) {.key = key, .waiting = BATCH_NONE};
    *slot = i;
    b->net_table.used++;
    return i;
}

static void dest_drop_net(struct quoth_batch *b, uint32_t net)
{
    batch_table_drop(b, &b->net_table, net, &dest_networks);
    batch_shelf_drop(&b->nets, net);
}

static uint32_t *dest_slot(struct quoth_batch *b, const struct quoth_ip *ip)
{
    uint64_t hash = quoth_hash(b->k0, b->k1, ip->b, ip->len);
    return batch_table_find(b, &b->dest_table, hash, ip, &dest_addresses);
}

uint32_t batch_dest_find(struct quoth_batch *b, const struct quoth_ip *ip)
{
    const uint32_t *slot = dest_slot(b, ip);
    return slot ? *slot : BATCH_NONE;
}

uint32_t batch_dest_of(struct quoth_batch *b, const struct quoth_ip *ip)
{
    uint32_t *slot = dest_slot(b, ip), i, net;

    if (!slot || *slot != BATCH_NONE)
        return slot ? *slot : BATCH_NONE;
    net = dest_net_of(b, ip);
    i = net == BATCH_NONE ? net : batch_shelf_add(b, &b->dests);
    if (i == BATCH_NONE && net != BATCH_NONE && !batch_net(b, net)->dests)
        dest_drop_net(b, net);
    if (i == BATCH_NONE)
        return i;
    *batch_dest(b, i) = (struct batch_dest) {
        .queue = {{BATCH_NONE, BATCH_NONE}, {BATCH_NONE, BATCH_NONE}},
        .net = net,
        .mx = BATCH_NONE,
        .state = BATCH_DEST_IDLE,
        .ip = *ip,
    };
    batch_net(b, net)->dests++;
    *slot = i;
    b->dest_table.used++;
    b->dests_kept++; /* until a domain is routed here */
    return i;
}

static int dest_queued(const struct batch_dest *t)
{
    return t->queue[BATCH_LIST].head != BATCH_NONE || t->queue[BATCH_URGENT].head != BATCH_NONE;
}

/* ---- forgetting --------------------------------------------------------- */

static void dest_drop(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);
    uint32_t net = t->net;

    batch_table_drop(b, &b->dest_table, dest, &dest_addresses);
    batch_mx_drop(b, t->mx);
    quoth_due_drop(&b->dest_due, dest);
    batch_shelf_drop(&b->dests, dest);
    b->dests_kept--;
    if (!--batch_net(b, net)->dests)
        dest_drop_net(b, net);
}

/* Is there nobody left, and no time of it still to come? */
static int dest_may_drop(const struct quoth_batch *b, const struct batch_dest *t)
{
    if (t->doms || t->open || t->in_ready || dest_queued(t))
        return 0;
    if (t->state != BATCH_DEST_IDLE && t->state != BATCH_DEST_WAIT)
        return 0;
    if (t->pace.next == QUOTH_NEVER)
        return batch_ms(b, t->never_until) <= b->now;
    return t->pace.next <= b->now;
}

/* Has it taught us anything: manners, limits, trouble? */
static int dest_learnt(const struct batch_dest *t)
{
    return t->pace.answers || t->pace.busy || t->pace.refused || t->at_once || t->most ||
           t->broke || t->downs;
}

void batch_dest_forget(struct quoth_batch *b)
{
    for (int steps = DEST_STEPS; steps && b->dests_kept > b->limit.remember; steps--) {
        uint32_t dest = b->dest_hand++ % b->dests.n;
        const struct batch_dest *t = batch_dest(b, dest);
        if (t->state != BATCH_DEST_FREE && dest_may_drop(b, t))
            dest_drop(b, dest);
    }
}

/* ---- which domain belongs where ----------------------------------------- */

void batch_dom_unroute(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_dest *t;

    batch_mx_drop(b, d->mx);
    d->mx = BATCH_NONE;
    if (d->dest == BATCH_NONE)
        return;
    t = batch_dest(b, d->dest);
    t->left -= d->left;
    if (!--t->doms) {
        b->dests_kept++;
        if (dest_may_drop(b, t) && !dest_learnt(t))
            dest_drop(b, d->dest);
    }
    d->dest = BATCH_NONE;
}

/* What a decoy is told depends on domain, exchanger and address. */
static void dest_decoy(struct quoth_batch *b, uint32_t dom, const char *mx, int first)
{
    struct batch_dom *d = batch_dom(b, dom);
    const struct quoth_batch_door door = {batch_dom_name(b, dom), mx, batch_dest(b, d->dest)->ip};
    int known = first && !(d->flags & QUOTH_EVID_NOT_BEST) && b->hooks.decoy &&
                b->hooks.decoy(b->hooks.arg, &door, &d->decoy_code, &d->decoy_reason);

    d->decoy = known ? BATCH_DECOY_KNOWN : BATCH_DECOY_NOT;
    if (known)
        d->decoy_until = batch_seconds(b, b->now) + BATCH_DECOY_S;
}

static void dest_set_mx(struct quoth_batch *b, struct batch_dom *d, const char *mx)
{
    struct batch_dest *t = batch_dest(b, d->dest);

    if (d->mx != BATCH_NONE && !strcmp(batch_mx_name(b, d->mx), mx))
        return;
    batch_mx_drop(b, d->mx);
    d->mx = t->mx != BATCH_NONE && !strcmp(batch_mx_name(b, t->mx), mx) ? batch_mx_hold(b, t->mx)
                                                                        : batch_mx_add(b, mx);
    if (t->mx == BATCH_NONE)
        t->mx = batch_mx_hold(b, d->mx);
}

void batch_dom_route(struct quoth_batch *b, uint32_t dom, uint32_t dest, const char *mx)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_dest *t = batch_dest(b, dest);
    int first = d->dest == BATCH_NONE,
        other = d->dest != dest || strcmp(batch_mx_name(b, d->mx), mx) != 0;

    if (d->dest != dest) {
        if (!t->doms++)
            b->dests_kept--;
        batch_dom_unroute(b, dom);
        t->left += d->left;
        d->dest = dest;
        d->answers = 0;
    }
    if (other) {
        batch_pend_back(b, dom);
        dest_decoy(b, dom, mx, first);
    } else if (d->decoy == BATCH_DECOY_KNOWN && b->now >= batch_ms(b, d->decoy_until)) {
        d->decoy = BATCH_DECOY_NOT, d->decoys = 0;
    }
    dest_set_mx(b, d, mx);
    if (d->mx == BATCH_NONE) { /* no memory: once more, later */
        d->reroute = 1;
        return;
    }
    batch_dom_draw(b, dom);
    if (b->plan) {
        uint32_t calls = (batch_chain_count(b, d->head) + 9) / 10; /* as a rule of thumb */
        b->plan->conversations += calls;
        t->short_until += calls; /* not used before anybody is called */
        return;
    }
    batch_dom_mark(b, dom);
}

void batch_dom_remember(struct quoth_batch *b, uint32_t dom, uint32_t dest, const char *mx)
{
    struct batch_dom *d = batch_dom(b, dom);

    if (!batch_dest(b, dest)->doms++)
        b->dests_kept--;
    d->dest = dest;
    d->reroute = 1;
    dest_set_mx(b, d, mx);
}

void batch_dom_next_host(struct quoth_batch *b, uint32_t dom, uint32_t mark)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_extra *x = batch_dom_extra(b, d);

    if (!x) { /* no memory to go on with: that is the result */
        batch_end_fail(b, dom);
        return;
    }
    if (d->dest != BATCH_NONE && d->connects < QUOTH_CONNECTS_MAX)
        x->tried[d->connects++] = mark;
    batch_pend_back(b, dom);
    d->decoy = BATCH_DECOY_NOT;
    d->answers = 0;
    d->reroute = 1;
    batch_dom_mark(b, dom);
}

/* For this run; where there is no end to it, for a day. */
static int dest_still(const struct quoth_batch *b, uint32_t until)
{
    return b->closed || b->now < batch_ms(b, until);
}

/* ---- queues ------------------------------------------------------------- */

/* Not before: the hour is full. 0: it may be called. */
uint64_t batch_dest_hour(const struct quoth_batch *b, const struct batch_dom *d)
{
    if (!d->calls || d->calls < b->limit.per_domain_hour)
        return 0;
    return b->now < batch_ms(b, d->hour_until) ? batch_ms(b, d->hour_until) : 0;
}

static void dest_hour_count(const struct quoth_batch *b, struct batch_dom *d)
{
    if (!d->calls || b->now >= batch_ms(b, d->hour_until)) {
        d->hour_until = batch_seconds(b, b->now) + BATCH_HOUR_S;
        d->calls = 0;
    }
    if (d->calls < UINT16_MAX)
        d->calls++;
}

int batch_dest_is_down(const struct quoth_batch *b, const struct batch_dest *t)
{
    return t->downs >= DEST_DOWN && b->now < batch_ms(b, t->down_until);
}

static int dest_never(const struct quoth_batch *b, const struct batch_dest *t)
{
    return t->pace.next == QUOTH_NEVER && dest_still(b, t->never_until);
}

/* Why nobody of this domain is to be asked at its destination in this run; NONE: it may be. */
enum quoth_reason batch_dest_closed(struct quoth_batch *b, uint32_t dom)
{
    const struct batch_dest *t = batch_dest(b, batch_dom(b, dom)->dest);

    if (batch_family_stopped(b, dom))
        return QUOTH_REASON_IP_BLOCKED;
    if (t->pace.reason && (dest_never(b, t) || (b->limit.no_wait && t->pace.next > b->now)))
        return (enum quoth_reason)t->pace.reason;
    return QUOTH_REASON_NONE;
}

/* Why it is not to be asked now: somebody who waits is told so. */
enum quoth_reason batch_dest_held(const struct quoth_batch *b, const struct batch_dom *d)
{
    const struct batch_dest *t = batch_dest(b, d->dest);
    int held = t->pace.next == QUOTH_NEVER ? dest_never(b, t) : t->pace.next > b->now;

    return held ? (enum quoth_reason)t->pace.reason : QUOTH_REASON_NONE;
}

static void dest_enqueue_urgent(struct quoth_batch *b, uint32_t dom, struct batch_queue *q)
{
    struct batch_extra *x = batch_dom(b, dom)->extra;

    if (x->urgent_queued)
        return;
    x->urgent_queued = 1;
    x->unext = BATCH_NONE;
    if (q->head == BATCH_NONE)
        q->head = dom;
    else
        batch_dom(b, q->tail)->extra->unext = dom;
    q->tail = dom;
}

void batch_dest_enqueue(struct quoth_batch *b, uint32_t dom, int lane)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_queue *q = &batch_dest(b, d->dest)->queue[lane];

    if (lane == BATCH_URGENT) {
        dest_enqueue_urgent(b, dom, q);
    } else {
        d->state = BATCH_DOM_QUEUED;
        d->qnext = BATCH_NONE;
        if (q->head == BATCH_NONE)
            q->head = dom;
        else
            batch_dom(b, q->tail)->qnext = dom;
        q->tail = dom;
    }
    batch_dest_ready(b, d->dest);
}

/* Out of a queue, whatever is to be done with it. */
static uint32_t dest_dequeue(struct quoth_batch *b, uint32_t dest, int lane)
{
    struct batch_queue *q = &batch_dest(b, dest)->queue[lane];
    uint32_t dom = q->head;
    struct batch_dom *d;

    if (dom == BATCH_NONE)
        return dom;
    d = batch_dom(b, dom);
    if (lane == BATCH_URGENT) {
        q->head = d->extra->unext;
        d->extra->urgent_queued = 0;
    } else {
        q->head = d->qnext;
        d->state = BATCH_DOM_REST;
    }
    return dom;
}

/* Out of both queues, to be decided anew: but only what is queued now, for some come back. */
static void dest_flush(struct quoth_batch *b, uint32_t dest, int lane)
{
    uint32_t last = batch_dest(b, dest)->queue[lane].tail, dom;

    while ((dom = dest_dequeue(b, dest, lane)) != BATCH_NONE) {
        batch_dom_mark(b, dom);
        if (dom == last)
            break;
    }
}

/* 1: this domain is to be asked now. One that is looked up anew comes back when that is over: its
 * destination may be another one then, and a conversation's domain belongs to its own. */
static int dest_take(struct quoth_batch *b, uint32_t dom, uint32_t dest, int lane)
{
    struct batch_dom *d = batch_dom(b, dom);
    enum quoth_reason closed = d->dest == dest ? batch_dest_closed(b, dom) : QUOTH_REASON_NONE;
    uint64_t hour = batch_dest_hour(b, d);

    if (d->state == BATCH_DOM_LOOKING) {
        return 0;
    } else if (d->reroute || d->dest != dest) {
        batch_dom_mark(b, dom);
    } else if (closed) {
        batch_stop_all(b, dom, closed);
    } else if (lane == BATCH_URGENT ? !batch_dom_urgent(d) : !batch_dom_work(d)) {
        batch_dom_mark(b, dom);
    } else if (d->out && !d->answers) {
        return 0; /* its scout is out */
    } else if (hour) {
        batch_dom_later(b, dom, hour);
    } else {
        dest_hour_count(b, d);
        return 1;
    }
    return 0;
}

uint32_t batch_dest_pop(struct quoth_batch *b, uint32_t dest)
{
    uint32_t dom;

    for (int lane = BATCH_LANES; lane-- > 0;)
        while ((dom = dest_dequeue(b, dest, lane)) != BATCH_NONE)
            if (dest_take(b, dom, dest, lane))
                return dom;
    return BATCH_NONE;
}

/* ---- turns -------------------------------------------------------------- */

static int dest_full(const struct quoth_batch *b, const struct batch_dest *t)
{
    return t->open >= b->limit.per_host || (t->at_once && t->open >= t->at_once);
}

/* It may be in both lists: what was called by way of one is passed by in the other. */
static void dest_link_ready(struct quoth_batch *b, uint32_t dest, int lane)
{
    struct batch_dest *t = batch_dest(b, dest);
    struct batch_queue *q = &b->ready[lane];

    if (t->in_ready & 1 << lane)
        return;
    t->in_ready = (uint8_t)(t->in_ready | 1 << lane);
    t->rnext[lane] = BATCH_NONE;
    if (q->head == BATCH_NONE)
        q->head = dest;
    else
        batch_dest(b, q->tail)->rnext[lane] = dest;
    q->tail = dest;
    b->ready_n++;
}

static void dest_tell_over(struct quoth_batch *b, uint32_t dest, enum quoth_pace_kind kind)
{
    if (b->hooks.over)
        b->hooks.over(b->hooks.arg, &batch_dest(b, dest)->ip, kind);
}

/* It may be called, and is not called now: somebody else may. */
void batch_dest_missed(struct quoth_batch *b, uint32_t dest)
{
    if (!batch_dest(b, dest)->granted)
        return;
    batch_dest(b, dest)->granted = 0;
    dest_tell_over(b, dest, QUOTH_PACE_NOTHING);
}

static void dest_wait(struct quoth_batch *b, uint32_t dest, uint64_t until)
{
    batch_dest(b, dest)->state = BATCH_DEST_WAIT;
    if (quoth_due_set(&b->dest_due, dest, until) < 0)
        batch_no_memory(b);
    batch_dest_missed(b, dest);
}

/* A day after the last word: once more, and the next one like it is the last again. */
void batch_dest_one_more_chance(struct quoth_pace *p)
{
    p->next = 0;
    p->reason = QUOTH_REASON_NONE;
    p->busy = (uint8_t)(p->busy - !!p->busy);
    p->refused = (uint8_t)(p->refused - !!p->refused);
}

void batch_dest_ready(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);

    if ((t->state != BATCH_DEST_IDLE && t->state != BATCH_DEST_READY) || !dest_queued(t) ||
        dest_full(b, t))
        return;
    if (t->pace.next == QUOTH_NEVER && !dest_never(b, t))
        batch_dest_one_more_chance(&t->pace);
    if (t->pace.next > b->now) {
        dest_wait(b, dest, t->pace.next);
        return;
    }
    t->state = BATCH_DEST_READY;
    dest_link_ready(b, dest, t->queue[BATCH_URGENT].head != BATCH_NONE);
}

void batch_dest_due(struct quoth_batch *b, uint32_t dest)
{
    quoth_due_drop(&b->dest_due, dest);
    batch_dest(b, dest)->state = BATCH_DEST_IDLE;
    batch_dest_ready(b, dest);
}

/* Memory ran out while it was to be called, or put off. */
void batch_dest_sweep(struct quoth_batch *b)
{
    for (uint32_t dest = 0; dest < b->dests.n; dest++) {
        const struct batch_dest *t = batch_dest(b, dest);
        if (!quoth_due_has(&b->dest_due, dest) &&
            (t->state == BATCH_DEST_WAIT || (t->state == BATCH_DEST_IDLE && dest_queued(t))))
            batch_dest_due(b, dest);
    }
}

/* For this run, or a day: who waits for it is told. */
static void dest_never_again(struct quoth_batch *b, uint32_t dest, enum quoth_reason reason)
{
    struct batch_dest *t = batch_dest(b, dest);

    t->pace.next = QUOTH_NEVER;
    t->pace.reason = (uint8_t)reason;
    t->never_until = batch_seconds(b, b->now) + BATCH_STOPPED_S;
    dest_flush(b, dest, BATCH_URGENT);
    dest_flush(b, dest, BATCH_LIST);
}

/* ms from now, as hooks.may says. 1: go on. */
static int dest_may(struct quoth_batch *b, uint32_t dest, uint64_t ms)
{
    struct batch_dest *t = batch_dest(b, dest);

    t->granted = ms == 0;
    t->state = BATCH_DEST_IDLE;
    if (ms == QUOTH_BATCH_MAY_LATER) {
        t->state = BATCH_DEST_ASKED;
    } else if (ms == QUOTH_NEVER) {
        dest_never_again(b, dest, QUOTH_REASON_TARGET_POLICY);
    } else if (ms) {
        dest_wait(b, dest, b->now + ms);
    }
    return t->granted;
}

static int dest_ask_may(struct quoth_batch *b, uint32_t dest)
{
    const struct batch_dest *t = batch_dest(b, dest);
    int lane = t->queue[BATCH_URGENT].head != BATCH_NONE;

    if (!b->hooks.may || t->granted)
        return 1;
    return dest_may(b, dest,
                    b->hooks.may(b->hooks.arg, &t->ip, batch_dom_name(b, t->queue[lane].head)));
}

void quoth_batch_may(struct quoth_batch *b, const struct quoth_ip *ip, uint64_t ms)
{
    uint32_t dest = batch_dest_find(b, ip);

    if (dest == BATCH_NONE || batch_dest(b, dest)->state != BATCH_DEST_ASKED)
        return;
    dest_may(b, dest, ms);
    if (!b->stops)
        batch_dest_ready(b, dest);
    if (batch_dest(b, dest)->state != BATCH_DEST_READY)
        batch_dest_missed(b, dest);
}

static void dest_wait_for_net(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);
    struct batch_net *net = batch_net(b, t->net);

    t->state = BATCH_DEST_NET;
    t->nnext = net->waiting;
    net->waiting = dest;
    if (t->queue[BATCH_URGENT].head != BATCH_NONE)
        net->urgent = 1;
}

static uint32_t dest_next_ready(struct quoth_batch *b, int lane)
{
    uint32_t dest = b->ready[lane].head;
    struct batch_dest *t;

    if (dest == BATCH_NONE)
        return dest;
    t = batch_dest(b, dest);
    b->ready[lane].head = t->rnext[lane];
    t->in_ready = (uint8_t)(t->in_ready & ~(1 << lane));
    b->ready_n--;
    return dest;
}

/* The first of a ready list that may be called. Only what is in that list, or about to be called,
 * holds a grant: whatever else becomes of it gives that back. */
static uint32_t dest_call(struct quoth_batch *b, int lane)
{
    uint32_t dest;

    while ((dest = dest_next_ready(b, lane)) != BATCH_NONE) {
        struct batch_dest *t = batch_dest(b, dest);
        if (t->state != BATCH_DEST_READY)
            continue;
        t->state = BATCH_DEST_IDLE;
        if (dest_queued(t) && !dest_full(b, t)) {
            if (t->pace.next > b->now)
                batch_dest_ready(b, dest);
            else if (batch_net(b, t->net)->open >= b->limit.per_net)
                dest_wait_for_net(b, dest);
            else if (dest_ask_may(b, dest))
                return dest;
        }
        batch_dest_missed(b, dest);
    }
    return BATCH_NONE;
}

void batch_dest_leave(struct quoth_batch *b)
{
    uint32_t dest;

    for (int lane = 0; lane < BATCH_LANES; lane++)
        while ((dest = dest_next_ready(b, lane)) != BATCH_NONE)
            batch_dest_missed(b, dest);
}

/* Conversations that a list may not have. */
static uint32_t dest_reserved(const struct quoth_batch *b)
{
    if (b->limit.kept)
        return b->limit.kept < b->open_max ? b->limit.kept : b->open_max - 1;
    return b->interactive ? b->open_max / BATCH_SHARE : 0;
}

uint32_t batch_dest_call(struct quoth_batch *b)
{
    uint32_t dest = dest_call(b, BATCH_URGENT);

    if (dest == BATCH_NONE && batch_open(b) + dest_reserved(b) < b->open_max)
        dest = dest_call(b, BATCH_LIST);
    return dest;
}

int batch_dest_callable(const struct quoth_batch *b)
{
    if (batch_open(b) >= b->open_max)
        return 0;
    return b->ready[BATCH_URGENT].head != BATCH_NONE ||
           (b->ready[BATCH_LIST].head != BATCH_NONE &&
            batch_open(b) + dest_reserved(b) < b->open_max);
}

int batch_dest_urgent(const struct quoth_batch *b, uint32_t dest)
{
    const struct batch_dest *t = batch_dest(b, dest);

    return t->queue[BATCH_URGENT].head != BATCH_NONE || batch_net(b, t->net)->urgent;
}

uint8_t batch_dest_opened(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);
    uint8_t once = t->once;

    t->once = 0;
    t->open++;
    t->granted = 0;
    batch_net(b, t->net)->open++;
    if (b->now >= batch_ms(b, t->broke_at + DEST_OPTIONS_S))
        t->options = 0; /* is it still so? */
    quoth_pace_begin(&t->pace, b->limit.gap_ms, b->now, &b->rnd);
    if (b->limit.pace_off && !b->limit.gap_ms)
        t->pace.next = t->pace.next == QUOTH_NEVER ? QUOTH_NEVER : 0;
    return t->options | once;
}

void batch_dest_over(struct quoth_batch *b, uint32_t dest, enum quoth_pace_kind kind)
{
    struct batch_dest *t = batch_dest(b, dest);
    struct batch_net *net = batch_net(b, t->net);
    uint32_t waiting = net->waiting, next;

    t->open--;
    net->open--;
    net->waiting = BATCH_NONE;
    net->urgent = 0;
    batch_dest_ready(b, dest);
    for (uint32_t i = waiting; i != BATCH_NONE; i = next) { /* all: nobody knows who is fit to go */
        next = batch_dest(b, i)->nnext;
        batch_dest(b, i)->state = BATCH_DEST_IDLE;
        batch_dest_ready(b, i);
    }
    dest_tell_over(b, dest, kind);
}

/* ---- how it went -------------------------------------------------------- */

/* The reply's own words, as far as they are fit for a terminal. */
static const char *dest_words(const struct batch_guest *guest, char text[DEST_WORDS])
{
    int n = guest->words_n < DEST_WORDS - 1 ? guest->words_n : DEST_WORDS - 1;

    for (int i = 0; i < n; i++)
        text[i] = guest->words[i] < ' ' || guest->words[i] > '~' ? '?' : guest->words[i];
    text[n] = '\0';
    return text;
}

/* It is held back: who waits is told at once; the rest too, when it is for good. */
static void dest_hold(struct quoth_batch *b, uint32_t dest, const struct batch_guest *guest)
{
    struct batch_dest *t = batch_dest(b, dest);
    int never = t->pace.next == QUOTH_NEVER;
    const char *reason = quoth_reason_name(guest->reason);
    char ip[46], text[DEST_WORDS];

    quoth_ip_text(&t->ip, ip, sizeof ip);
    dest_words(guest, text);
    if (never)
        batch_event(b, "%s %s is not asked any more: %s (\"%u %s\")", batch_mx_name(b, t->mx), ip,
                    reason, guest->code, text);
    else
        batch_event(b, "%s %s is left alone for %llu min: %s (\"%u %s\")", batch_mx_name(b, t->mx),
                    ip, (unsigned long long)((t->pace.next - b->now + 59999) / 60000), reason,
                    guest->code, text);
    if (never)
        t->never_until = batch_seconds(b, b->now) + BATCH_STOPPED_S;
    dest_flush(b, dest, BATCH_URGENT);
    if (never || b->limit.no_wait)
        dest_flush(b, dest, BATCH_LIST);
}

void batch_dest_broke(struct quoth_batch *b, uint32_t dest, uint8_t option, uint64_t began)
{
    struct batch_dest *t = batch_dest(b, dest);

    t->once = option;
    if (!(t->broke & option)) {
        t->broke |= option;
    } else if (batch_seconds(b, began) >= t->broke_at) { /* not one of many that broke at once */
        t->options = option;
    }
    t->broke_at = batch_seconds(b, b->now);
}

/* So many are too many in a row: one more, and it is not asked any more. A server that answers a
 * few each time is asked each hour, but for a day only, unless half of it is done by then. */
static unsigned dest_busy_max(const struct quoth_batch *b, struct batch_dest *t, int fine)
{
    unsigned most = b->limit.passes;

    if (b->limit.pace_off)
        return UINT8_MAX;
    if (!fine)
        return most;
    if (++t->holds >= DEST_HOLDS && t->left > t->pace.answers)
        return 0;
    if (most && t->pace.busy >= most)
        t->pace.busy = (uint8_t)(most - 1);
    return most;
}

void batch_dest_end(struct quoth_batch *b, uint32_t dest, const struct batch_guest *guest)
{
    struct batch_dest *t = batch_dest(b, dest);
    enum quoth_pace_kind kind = guest->kind;
    unsigned most = kind == QUOTH_PACE_BUSY ? dest_busy_max(b, t, guest->fine) : 0;

    if (kind == QUOTH_PACE_FINE)
        t->holds = 0;
    quoth_pace_end(&t->pace, kind, guest->reason, most, b->now);
    if (kind != QUOTH_PACE_BUSY && kind != QUOTH_PACE_REFUSED)
        return;
    if (b->limit.pace_off && t->pace.next != QUOTH_NEVER)
        t->pace.next = 0;
    else
        dest_hold(b, dest, guest);
}

/* It takes longer for an answer than one that works, and more than a day for all that are left. */
static int dest_too_slow(const struct batch_dest *t)
{
    return t->spent_s >= DEST_RATE_S && t->spent_s / DEST_ANSWER_S > t->got &&
           (uint64_t)t->left * t->spent_s > (uint64_t)DEST_DAY_S * (t->got + 1);
}

void batch_dest_rate(struct quoth_batch *b, uint32_t dest, uint64_t ms, uint32_t answers)
{
    struct batch_dest *t = batch_dest(b, dest);
    char ip[46];

    t->spent_s += (uint32_t)((ms + 999) / 1000);
    t->got += answers;
    if (b->limit.pace_off)
        return;
    if (dest_too_slow(t)) {
        quoth_ip_text(&t->ip, ip, sizeof ip);
        batch_event(b, "%s %s is not asked any more: %u answers in %u min, and %u are left",
                    batch_mx_name(b, t->mx), ip, t->got, t->spent_s / 60, t->left);
        dest_never_again(b, dest, QUOTH_REASON_TIMEOUT);
    }
    if (t->spent_s >= DEST_RATE_S * 2)
        t->spent_s /= 2, t->got /= 2;
}

/* Many that were open at once fell silent once. */
static int dest_counted(const struct quoth_batch *b, const struct batch_dest *t, uint64_t began)
{
    return t->downs && batch_seconds(b, began) + DEST_DOWN_MS / 1000 < t->down_until;
}

void batch_dest_down(struct quoth_batch *b, uint32_t dest, const struct quoth_smtp *s,
                     uint64_t began)
{
    struct batch_dest *t = batch_dest(b, dest);

    if (s->phase > QUOTH_PHASE_CONNECT && dest_counted(b, t, began))
        return;
    if (t->downs < UINT8_MAX)
        t->downs++;
    t->down_err = (int8_t)s->err;
    t->down_phase = s->phase;
    t->down_until = batch_seconds(b, b->now + DEST_DOWN_MS);
    if (t->downs < DEST_DOWN)
        return;
    dest_flush(b, dest, BATCH_URGENT);
    dest_flush(b, dest, BATCH_LIST);
}
