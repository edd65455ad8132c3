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

enum { DEST_STEPS = 64 };
enum { DEST_OPTIONS_S = 3600 }; /* so long it is called without what broke twice */

/* ---- who is who --------------------------------------------------------- */

static int dest_same(const struct quoth_batch *batch, uint32_t i, const void *key)
{
    const struct quoth_peer *peer = key;
    const struct batch_dest *have = batch_dest(batch, i);
    return peer->port == have->port && peer->ip.len == have->ip.len &&
           !memcmp(peer->ip.b, have->ip.b, peer->ip.len);
}

static uint64_t dest_hash_of(const struct quoth_batch *batch, uint32_t i)
{
    const struct quoth_ip *ip = &batch_dest(batch, i)->ip;
    return quoth_hash(batch->k0, batch->k1, ip->b, ip->len);
}

static int dest_net_same(const struct quoth_batch *batch, uint32_t i, const void *key)
{
    return batch_net(batch, i)->key == *(const uint64_t *)key;
}

static uint64_t dest_net_hash(const struct quoth_batch *batch, uint64_t key)
{
    return quoth_hash(batch->k0, batch->k1, &key, sizeof key);
}

static uint64_t dest_net_hash_of(const struct quoth_batch *batch, uint32_t i)
{
    return dest_net_hash(batch, batch_net(batch, i)->key);
}

static const struct batch_table_kind dest_addresses = {dest_same, dest_hash_of},
                                     dest_networks = {dest_net_same, dest_net_hash_of};

static uint32_t dest_net_of(struct quoth_batch *batch, const struct quoth_ip *ip)
{
    uint64_t key = batch_net_key(ip);
    uint32_t *slot, i;

    slot =
        batch_table_find(batch, &batch->net_table, dest_net_hash(batch, key), &key, &dest_networks);
    if (!slot || *slot != BATCH_NONE)
        return slot ? *slot : BATCH_NONE;
    i = batch_shelf_add(batch, &batch->nets);
    if (i == BATCH_NONE)
        return i;
    *batch_net(batch, i) = (struct batch_net) {.key = key, .waiting = BATCH_NONE};
    *slot = i;
    batch->net_table.used++;
    return i;
}

static void dest_drop_net(struct quoth_batch *batch, uint32_t net)
{
    batch_table_drop(batch, &batch->net_table, net, &dest_networks);
    batch_shelf_drop(&batch->nets, net);
}

static uint32_t *dest_slot(struct quoth_batch *batch, const struct quoth_ip *ip, uint16_t port)
{
    const struct quoth_peer peer = {*ip, port};
    uint64_t hash = quoth_hash(batch->k0, batch->k1, ip->b, ip->len);
    return batch_table_find(batch, &batch->dest_table, hash, &peer, &dest_addresses);
}

/* Of a lane, the queue that is next: of lists, each job's in its turn. */
static unsigned dest_turn(const struct batch_dest *host, int lane)
{
    if (lane == BATCH_URGENT)
        return BATCH_SHARES;
    for (unsigned i = 0; i < BATCH_SHARES; i++) {
        unsigned queue = (host->turn + i) % BATCH_SHARES;
        if (host->queue[queue].head != BATCH_NONE)
            return queue;
    }
    return host->turn;
}

static int dest_urgent(const struct batch_dest *host)
{
    return host->queue[BATCH_SHARES].head != BATCH_NONE;
}

uint32_t batch_dest_first(const struct batch_dest *host, int lane)
{
    return host->queue[dest_turn(host, lane)].head;
}

uint32_t batch_dest_of(struct quoth_batch *batch, const struct quoth_ip *ip, uint16_t port)
{
    uint32_t *slot = dest_slot(batch, ip, port), i, net;

    if (!slot || *slot != BATCH_NONE)
        return slot ? *slot : BATCH_NONE;
    net = dest_net_of(batch, ip);
    i = net == BATCH_NONE ? net : batch_shelf_add(batch, &batch->dests);
    if (i == BATCH_NONE && net != BATCH_NONE && !batch_net(batch, net)->dests)
        dest_drop_net(batch, net);
    if (i == BATCH_NONE)
        return i;
    *batch_dest(batch, i) = (struct batch_dest) {
        .net = net,
        .mx = BATCH_NONE,
        .state = BATCH_DEST_IDLE,
        .ip = *ip,
        .port = port,
    };
    memset(batch_dest(batch, i)->queue, 0xff, sizeof batch_dest(batch, i)->queue);
    batch_net(batch, net)->dests++;
    *slot = i;
    batch->dest_table.used++;
    batch->dests_kept++; /* until a domain is routed here */
    return i;
}

static int dest_queued(const struct batch_dest *host)
{
    return batch_dest_first(host, BATCH_LIST) != BATCH_NONE || dest_urgent(host);
}

/* ---- forgetting --------------------------------------------------------- */

static void dest_drop(struct quoth_batch *batch, uint32_t dest)
{
    struct batch_dest *host = batch_dest(batch, dest);
    uint32_t net = host->net;

    batch_table_drop(batch, &batch->dest_table, dest, &dest_addresses);
    batch_mx_drop(batch, host->mx);
    quoth_due_drop(&batch->dest_due, dest);
    batch_shelf_drop(&batch->dests, dest);
    batch->dests_kept--;
    if (!--batch_net(batch, net)->dests)
        dest_drop_net(batch, net);
}

/* Is there nobody left, and no time of it still to come? */
static int dest_may_drop(const struct quoth_batch *batch, const struct batch_dest *host)
{
    if (host->doms || host->open || host->in_ready || dest_queued(host))
        return 0;
    if (host->state != BATCH_DEST_IDLE && host->state != BATCH_DEST_WAIT)
        return 0;
    if (host->pace.next == QUOTH_NEVER)
        return batch_ms(batch, host->never_until) <= batch->now;
    return host->pace.next <= batch->now;
}

/* Has it taught us anything: manners, limits, trouble? */
static int dest_learnt(const struct batch_dest *host)
{
    return host->pace.answers || host->pace.busy || host->pace.refused || host->at_once ||
           host->most || host->broke || host->downs;
}

void batch_dest_unused(struct quoth_batch *batch, uint32_t dest)
{
    struct batch_dest *host = batch_dest(batch, dest);

    if (--host->doms)
        return;
    batch->dests_kept++;
    if (dest_may_drop(batch, host) && !dest_learnt(host))
        dest_drop(batch, dest);
}

void batch_dest_forget(struct quoth_batch *batch)
{
    for (int steps = DEST_STEPS; steps && batch->dests_kept > batch->limit.remember; steps--) {
        uint32_t dest = batch->dest_hand++ % batch->dests.n;
        const struct batch_dest *host = batch_dest(batch, dest);
        if (host->state != BATCH_DEST_FREE && dest_may_drop(batch, host))
            dest_drop(batch, dest);
    }
}

/* For this run; where there is no end to it, for a day. */
static int dest_still(const struct quoth_batch *batch, uint32_t until)
{
    return batch->closed || batch->now < batch_ms(batch, until);
}

/* ---- queues ------------------------------------------------------------- */

/* Not before: the hour is full. 0: it may be called. */
uint64_t batch_dest_hour(const struct quoth_batch *batch, const struct batch_dom *domain)
{
    if (domain->own || !domain->calls || domain->calls < batch->limit.per_domain_hour)
        return 0;
    return batch->now < batch_ms(batch, domain->hour_until) ? batch_ms(batch, domain->hour_until)
                                                            : 0;
}

static void dest_hour_count(const struct quoth_batch *batch, struct batch_dom *domain)
{
    if (!domain->calls || batch->now >= batch_ms(batch, domain->hour_until)) {
        domain->hour_until = batch_seconds(batch, batch->now) + BATCH_HOUR_S;
        domain->calls = 0;
    }
    if (domain->calls < UINT16_MAX)
        domain->calls++;
}

int batch_dest_is_down(const struct quoth_batch *batch, const struct batch_dest *host)
{
    return host->downs >= BATCH_DOWN && batch->now < batch_ms(batch, host->down_until);
}

static int dest_never(const struct quoth_batch *batch, const struct batch_dest *host)
{
    return host->pace.next == QUOTH_NEVER && dest_still(batch, host->never_until);
}

/* Why nobody of this domain is to be asked at its destination in this run; NONE: it may be. */
enum quoth_reason batch_dest_closed(struct quoth_batch *batch, uint32_t dom)
{
    const struct batch_dest *host = batch_dest(batch, batch_dom(batch, dom)->dest);

    if (!host->port && batch_family_stopped(batch, dom))
        return QUOTH_REASON_IP_BLOCKED;
    if (host->pace.reason &&
        (dest_never(batch, host) || (batch->limit.no_wait && host->pace.next > batch->now)))
        return (enum quoth_reason)host->pace.reason;
    return QUOTH_REASON_NONE;
}

/* Why it is not to be asked now: somebody who waits is told so. */
enum quoth_reason batch_dest_held(const struct quoth_batch *batch, const struct batch_dom *domain)
{
    const struct batch_dest *host = batch_dest(batch, domain->dest);
    int held =
        host->pace.next == QUOTH_NEVER ? dest_never(batch, host) : host->pace.next > batch->now;

    return held ? (enum quoth_reason)host->pace.reason : QUOTH_REASON_NONE;
}

static void dest_enqueue_urgent(struct quoth_batch *batch, uint32_t dom, struct batch_queue *queue)
{
    struct batch_extra *extra = batch_dom(batch, dom)->extra;

    if (extra->urgent_queued)
        return;
    extra->urgent_queued = 1;
    extra->unext = BATCH_NONE;
    if (queue->head == BATCH_NONE)
        queue->head = dom;
    else
        batch_dom(batch, queue->tail)->extra->unext = dom;
    queue->tail = dom;
}

void batch_dest_enqueue(struct quoth_batch *batch, uint32_t dom, int lane)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    unsigned place = lane == BATCH_URGENT ? BATCH_SHARES : batch_dom_share_of(batch, domain);
    struct batch_queue *queue = &batch_dest(batch, domain->dest)->queue[place];

    if (lane == BATCH_URGENT) {
        dest_enqueue_urgent(batch, dom, queue);
    } else {
        domain->state = BATCH_DOM_QUEUED;
        domain->qnext = BATCH_NONE;
        if (queue->head == BATCH_NONE)
            queue->head = dom;
        else
            batch_dom(batch, queue->tail)->qnext = dom;
        queue->tail = dom;
    }
    batch_dest_ready(batch, domain->dest);
    if (lane == BATCH_URGENT)
        batch_trace_wait(batch, dom);
}

/* Out of a queue, whatever is to be done with it. */
static uint32_t dest_dequeue(struct quoth_batch *batch, uint32_t dest, unsigned place)
{
    struct batch_queue *queue = &batch_dest(batch, dest)->queue[place];
    uint32_t dom = queue->head;
    struct batch_dom *domain;

    if (dom == BATCH_NONE)
        return dom;
    domain = batch_dom(batch, dom);
    if (place == BATCH_SHARES) {
        queue->head = domain->extra->unext;
        domain->extra->urgent_queued = 0;
    } else {
        queue->head = domain->qnext;
        domain->state = BATCH_DOM_REST;
    }
    return dom;
}

/* Out of the queues of a lane, to be decided anew: but only what is queued now, for some come
 * back. */
void batch_dest_flush(struct quoth_batch *batch, uint32_t dest, int lane)
{
    const unsigned first = lane == BATCH_URGENT ? BATCH_SHARES : 0,
                   over = lane == BATCH_URGENT ? BATCH_QUEUES : BATCH_SHARES;

    for (unsigned place = first; place < over; place++) {
        uint32_t last = batch_dest(batch, dest)->queue[place].tail, dom;
        while ((dom = dest_dequeue(batch, dest, place)) != BATCH_NONE) {
            batch_dom_mark(batch, dom);
            if (dom == last)
                break;
        }
    }
}

static uint32_t dest_dequeue_next(struct quoth_batch *batch, uint32_t dest, int lane)
{
    struct batch_dest *host = batch_dest(batch, dest);
    const unsigned place = dest_turn(host, lane);

    if (lane == BATCH_LIST)
        host->turn = (uint8_t)((place + 1) % BATCH_SHARES);
    return dest_dequeue(batch, dest, place);
}

/* 1: this domain is to be asked now. One that is looked up anew comes back when that is over: its
 * destination may be another one then, and a conversation's domain belongs to its own. */
static int dest_take(struct quoth_batch *batch, uint32_t dom, uint32_t dest, int lane)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    enum quoth_reason closed =
        domain->dest == dest ? batch_dest_closed(batch, dom) : QUOTH_REASON_NONE;
    uint64_t hour = batch_dest_hour(batch, domain);

    if (domain->state == BATCH_DOM_LOOKING) {
        return 0;
    } else if (domain->reroute || domain->dest != dest) {
        batch_dom_mark(batch, dom);
    } else if (closed) {
        batch_stop_all(batch, dom, closed, NULL);
    } else if (lane == BATCH_URGENT ? !batch_dom_urgent(domain) : !batch_dom_work(domain)) {
        batch_dom_mark(batch, dom);
    } else if (domain->out && !domain->answers) {
        return 0; /* its scout is out */
    } else if (hour) {
        batch_dom_later(batch, dom, hour);
    } else {
        dest_hour_count(batch, domain);
        return 1;
    }
    return 0;
}

uint32_t batch_dest_pop(struct quoth_batch *batch, uint32_t dest)
{
    uint32_t dom;

    for (int lane = BATCH_LANES; lane-- > 0;)
        while ((dom = dest_dequeue_next(batch, dest, lane)) != BATCH_NONE)
            if (dest_take(batch, dom, dest, lane))
                return dom;
    return BATCH_NONE;
}

/* ---- turns -------------------------------------------------------------- */

static int dest_full(const struct quoth_batch *batch, const struct batch_dest *host)
{
    return host->open >= (host->port ? BATCH_OWN : batch->limit.per_host) ||
           (host->at_once && host->open >= host->at_once);
}

/* It may be in both lists: what was called by way of one is passed by in the other. */
static void dest_link_ready(struct quoth_batch *batch, uint32_t dest, int lane)
{
    struct batch_dest *host = batch_dest(batch, dest);
    struct batch_queue *queue = &batch->ready[lane];

    if (host->in_ready & 1 << lane)
        return;
    host->in_ready = (uint8_t)(host->in_ready | 1 << lane);
    host->rnext[lane] = BATCH_NONE;
    if (queue->head == BATCH_NONE)
        queue->head = dest;
    else
        batch_dest(batch, queue->tail)->rnext[lane] = dest;
    queue->tail = dest;
    batch->ready_n++;
}

static void dest_tell_over(struct quoth_batch *batch, uint32_t dest, enum quoth_pace_kind kind,
                           enum quoth_err err)
{
    const struct batch_dest *host = batch_dest(batch, dest);

    if (batch->hooks.over)
        batch->hooks.over(batch->hooks.arg, host->port ? NULL : &host->ip, kind, err);
}

/* It may be called, and is not called now: somebody else may. */
void batch_dest_missed(struct quoth_batch *batch, uint32_t dest)
{
    if (!batch_dest(batch, dest)->granted)
        return;
    batch_dest(batch, dest)->granted = 0;
    dest_tell_over(batch, dest, QUOTH_PACE_NOTHING, QUOTH_OK);
}

static void dest_wait(struct quoth_batch *batch, uint32_t dest, uint64_t until)
{
    batch_dest(batch, dest)->state = BATCH_DEST_WAIT;
    if (quoth_due_set(&batch->dest_due, dest, until) < 0)
        batch_no_memory(batch);
    batch_dest_missed(batch, dest);
}

void batch_dest_ready(struct quoth_batch *batch, uint32_t dest)
{
    struct batch_dest *host = batch_dest(batch, dest);

    if ((host->state != BATCH_DEST_IDLE && host->state != BATCH_DEST_READY) || !dest_queued(host) ||
        dest_full(batch, host))
        return;
    if (host->pace.next == QUOTH_NEVER && !dest_never(batch, host))
        quoth_pace_once_more(&host->pace);
    if (host->pace.next > batch->now) {
        dest_wait(batch, dest, host->pace.next);
        return;
    }
    host->state = BATCH_DEST_READY;
    dest_link_ready(batch, dest, dest_urgent(host));
}

void batch_dest_due(struct quoth_batch *batch, uint32_t dest)
{
    quoth_due_drop(&batch->dest_due, dest);
    batch_dest(batch, dest)->state = BATCH_DEST_IDLE;
    batch_dest_ready(batch, dest);
}

/* Memory ran out while it was to be called, or put off. */
void batch_dest_sweep(struct quoth_batch *batch)
{
    for (uint32_t dest = 0; dest < batch->dests.n; dest++) {
        const struct batch_dest *host = batch_dest(batch, dest);
        if (!quoth_due_has(&batch->dest_due, dest) &&
            (host->state == BATCH_DEST_WAIT ||
             (host->state == BATCH_DEST_IDLE && dest_queued(host))))
            batch_dest_due(batch, dest);
    }
}

/* For this run, or a day: who waits for it is told. */
void batch_dest_never_again(struct quoth_batch *batch, uint32_t dest, enum quoth_reason reason)
{
    struct batch_dest *host = batch_dest(batch, dest);

    quoth_pace_hold(&host->pace, QUOTH_NEVER, reason);
    host->never_until = batch_seconds(batch, batch->now) + BATCH_STOPPED_S;
    batch_dest_flush(batch, dest, BATCH_URGENT);
    batch_dest_flush(batch, dest, BATCH_LIST);
}

/* ms from now, as hooks.may says. 1: go on. */
static int dest_may(struct quoth_batch *batch, uint32_t dest, uint64_t ms)
{
    struct batch_dest *host = batch_dest(batch, dest);

    host->granted = ms == 0;
    host->state = BATCH_DEST_IDLE;
    if (ms == QUOTH_BATCH_MAY_LATER) {
        host->state = BATCH_DEST_ASKED;
    } else if (ms == QUOTH_NEVER) {
        batch_dest_never_again(batch, dest, QUOTH_REASON_TARGET_POLICY);
    } else if (ms) {
        dest_wait(batch, dest, batch->now + ms);
    }
    return host->granted;
}

static int dest_ask_may(struct quoth_batch *batch, uint32_t dest)
{
    const struct batch_dest *host = batch_dest(batch, dest);
    int lane = dest_urgent(host);

    if (!batch->hooks.may || host->granted || host->port)
        return 1;
    return dest_may(batch, dest,
                    batch->hooks.may(batch->hooks.arg, &host->ip,
                                     batch_dom_name(batch, batch_dest_first(host, lane))));
}

void quoth_batch_may(struct quoth_batch *batch, const struct quoth_ip *ip, uint64_t ms)
{
    const uint32_t *slot = dest_slot(batch, ip, 0), dest = slot ? *slot : BATCH_NONE;

    if (dest == BATCH_NONE || batch_dest(batch, dest)->state != BATCH_DEST_ASKED)
        return;
    dest_may(batch, dest, ms);
    if (!batch->stops)
        batch_dest_ready(batch, dest);
    if (batch_dest(batch, dest)->state != BATCH_DEST_READY)
        batch_dest_missed(batch, dest);
}

static void dest_wait_for_net(struct quoth_batch *batch, uint32_t dest)
{
    struct batch_dest *host = batch_dest(batch, dest);
    struct batch_net *net = batch_net(batch, host->net);

    host->state = BATCH_DEST_NET;
    host->nnext = net->waiting;
    net->waiting = dest;
    if (dest_urgent(host))
        net->urgent = 1;
}

static uint32_t dest_next_ready(struct quoth_batch *batch, int lane)
{
    uint32_t dest = batch->ready[lane].head;
    struct batch_dest *host;

    if (dest == BATCH_NONE)
        return dest;
    host = batch_dest(batch, dest);
    batch->ready[lane].head = host->rnext[lane];
    host->in_ready = (uint8_t)(host->in_ready & ~(1 << lane));
    batch->ready_n--;
    return dest;
}

/* The first of a ready list that may be called. Only what is in that list, or about to be called,
 * holds a grant: whatever else becomes of it gives that back. */
static uint32_t dest_call(struct quoth_batch *batch, int lane)
{
    uint32_t dest;

    while ((dest = dest_next_ready(batch, lane)) != BATCH_NONE) {
        struct batch_dest *host = batch_dest(batch, dest);
        if (host->state != BATCH_DEST_READY)
            continue;
        host->state = BATCH_DEST_IDLE;
        if (dest_queued(host) && !dest_full(batch, host)) {
            if (host->pace.next > batch->now)
                batch_dest_ready(batch, dest);
            else if (!host->port && batch_net(batch, host->net)->open >= batch->limit.per_net)
                dest_wait_for_net(batch, dest);
            else if (dest_ask_may(batch, dest))
                return dest;
        }
        batch_dest_missed(batch, dest);
    }
    return BATCH_NONE;
}

void batch_dest_leave(struct quoth_batch *batch)
{
    uint32_t dest;

    for (int lane = 0; lane < BATCH_LANES; lane++)
        while ((dest = dest_next_ready(batch, lane)) != BATCH_NONE)
            batch_dest_missed(batch, dest);
}

/* Conversations that a list may not have. */
static uint32_t dest_reserved(const struct quoth_batch *batch)
{
    if (batch->limit.kept)
        return batch->limit.kept < batch->open_max ? batch->limit.kept : batch->open_max - 1;
    return batch->interactive ? batch->open_max / BATCH_SHARE : 0;
}

uint32_t batch_dest_call(struct quoth_batch *batch)
{
    uint32_t dest = dest_call(batch, BATCH_URGENT);

    if (dest == BATCH_NONE && batch_open(batch) + dest_reserved(batch) < batch->open_max)
        dest = dest_call(batch, BATCH_LIST);
    return dest;
}

int batch_dest_callable(const struct quoth_batch *batch)
{
    if (batch_open(batch) >= batch->open_max)
        return 0;
    return batch->ready[BATCH_URGENT].head != BATCH_NONE ||
           (batch->ready[BATCH_LIST].head != BATCH_NONE &&
            batch_open(batch) + dest_reserved(batch) < batch->open_max);
}

int batch_dest_urgent(const struct quoth_batch *batch, uint32_t dest)
{
    const struct batch_dest *host = batch_dest(batch, dest);

    return dest_urgent(host) || batch_net(batch, host->net)->urgent;
}

uint8_t batch_dest_opened(struct quoth_batch *batch, uint32_t dest)
{
    struct batch_dest *host = batch_dest(batch, dest);
    uint8_t once = host->once;

    host->once = 0;
    host->open++;
    host->granted = 0;
    if (!host->port)
        batch_net(batch, host->net)->open++;
    if (batch->now >= batch_ms(batch, host->broke_at + DEST_OPTIONS_S))
        host->options = 0; /* is it still so? */
    quoth_pace_begin(&host->pace, batch->limit.gap_ms, batch->now, &batch->rnd);
    if ((host->port || (batch->limit.pace_off && !batch->limit.gap_ms)) &&
        host->pace.next != QUOTH_NEVER)
        quoth_pace_hold(&host->pace, 0, QUOTH_REASON_NONE);
    return host->options | once;
}

void batch_dest_over(struct quoth_batch *batch, uint32_t dest, enum quoth_pace_kind kind,
                     enum quoth_err err)
{
    struct batch_dest *host = batch_dest(batch, dest);
    struct batch_net *net = batch_net(batch, host->net);
    uint32_t waiting = net->waiting, next;

    host->open--;
    if (!host->port)
        net->open--;
    net->waiting = BATCH_NONE;
    net->urgent = 0;
    batch_dest_ready(batch, dest);
    for (uint32_t i = waiting; i != BATCH_NONE; i = next) { /* all: nobody knows who is fit to go */
        next = batch_dest(batch, i)->nnext;
        batch_dest(batch, i)->state = BATCH_DEST_IDLE;
        batch_dest_ready(batch, i);
    }
    dest_tell_over(batch, dest, kind, err);
}
