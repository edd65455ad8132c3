/* batch_dest.c - destinations: who may be called when, and whose turn it is.
 *
 *             domain queued                 its time came
 *   IDLE ---------------------> READY <------------------- WAIT
 *    ^  `-- pace: not yet ---------------------------------->^
 *    |                           | call
 *    |                           +--- network full --> NET -- one of it ended --> IDLE
 *    +---------------------------+ conversation
 *
 * A destination is one address; its network is the /24 or /64 around it (G04). A thousand domains
 * on one host are one destination with a long queue.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "batch_inner.h"

enum { DEST_DOWN = 2, DEST_DOWN_MS = 15 * 60 * 1000, DEST_HOUR = 3600 };

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

static uint32_t dest_net_of(struct quoth_batch *b, const struct quoth_ip *ip)
{
    uint64_t key = 0;
    uint32_t *slot, i;

    for (int k = 0; k < (ip->len == 4 ? 3 : 8); k++)
        key = key << 8 | ip->b[k];
    slot = batch_table_find(b, &b->net_table, dest_net_hash(b, key), &key, dest_net_same,
                            dest_net_hash_of);
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

uint32_t batch_dest_of(struct quoth_batch *b, const struct quoth_ip *ip)
{
    uint64_t hash = quoth_hash(b->k0, b->k1, ip->b, ip->len);
    uint32_t *slot = batch_table_find(b, &b->dest_table, hash, ip, dest_same, dest_hash_of), i, net;

    if (!slot || *slot != BATCH_NONE)
        return slot ? *slot : BATCH_NONE;
    net = dest_net_of(b, ip);
    i = net == BATCH_NONE ? net : batch_shelf_add(b, &b->dests);
    if (i == BATCH_NONE)
        return i;
    *batch_dest(b, i) =
        (struct batch_dest) {.qhead = BATCH_NONE, .net = net, .mx = BATCH_NONE, .ip = *ip};
    *slot = i;
    b->dest_table.used++;
    return i;
}

static const char *dest_name(const struct quoth_batch *b, uint32_t mx)
{
    return mx == BATCH_NONE ? "" : batch_text_at(&b->names, mx);
}

void batch_dest_give(struct quoth_batch *b, uint32_t dom, uint32_t dest, const char *mx)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_dest *t = batch_dest(b, dest);
    size_t n = strlen(mx) + 1;
    char *text;

    if (d->dest != dest) {
        if (d->dest != BATCH_NONE)
            batch_dest(b, d->dest)->left -= d->left;
        d->decoy = d->dest == BATCH_NONE && !(d->flags & QUOTH_EVID_NOT_BEST) && b->hooks.decoy &&
                           b->hooks.decoy(b->hooks.arg, batch_text_at(&b->names, d->name),
                                          &d->decoy_code, &d->decoy_reason)
                       ? BATCH_DECOY_KNOWN
                       : BATCH_DECOY_NOT;
        t->left += d->left;
        d->dest = dest;
        d->state &= (uint8_t)~BATCH_DOM_KNOWN;
    }
    if (strcmp(dest_name(b, d->mx), mx) != 0)
        d->mx = BATCH_NONE;
    if (d->mx == BATCH_NONE && t->mx != BATCH_NONE && !strcmp(dest_name(b, t->mx), mx))
        d->mx = t->mx;
    if (d->mx == BATCH_NONE) {
        d->mx = batch_text_add(b, &b->names, n, &text);
        if (d->mx == BATCH_NONE)
            return;
        memcpy(text, mx, n);
    }
    if (t->mx == BATCH_NONE)
        t->mx = d->mx;
    if (b->plan) {
        b->plan->conversations +=
            (batch_chain_count(b, d->head) + 9) / 10; /* as a rule of thumb ten each */
        t->qtail += (batch_chain_count(b, d->head) + 9) / 10;
        return;
    }
    batch_dom_sort(b, dom);
    batch_dom_mark(b, dom);
}

/* ---- families of hosts: those below one registered name ----------------- */

/* The last two labels; three where the second level is short and the first is a country. */
static uint64_t dest_family(const struct quoth_batch *b, const char *name)
{
    size_t n = strlen(name), at = n, dots = 0, want = 2, second = n;

    while (at > 0 && dots < want) {
        if (name[--at] != '.')
            continue;
        dots++;
        if (dots == 1)
            second = at;
        if (dots == 2 && n - second == 3 && second - at <= 4)
            want = 3;
    }
    if (dots == want)
        at++;
    return quoth_hash(b->k1, b->k1, name + at, n - at);
}

static int dest_family_stopped(const struct quoth_batch *b, const struct batch_dom *d)
{
    uint64_t family;

    if (!b->family.n || d->mx == BATCH_NONE)
        return 0;
    family = dest_family(b, dest_name(b, d->mx));
    for (uint32_t i = 0; i < b->family.n; i++)
        if (*(uint64_t *)batch_shelf_at(&b->family, i) == family)
            return 1;
    return 0;
}

void batch_family_stop(struct quoth_batch *b, uint32_t dom)
{
    const struct batch_dom *d = batch_dom(b, dom);
    uint32_t i;

    if (d->mx == BATCH_NONE || dest_family_stopped(b, d))
        return;
    i = batch_shelf_add(b, &b->family);
    if (i == BATCH_NONE)
        return;
    *(uint64_t *)batch_shelf_at(&b->family, i) = dest_family(b, dest_name(b, d->mx));
    batch_event(
        b, "%s says that our address is on a block list: it and its like are not asked any more",
        dest_name(b, d->mx));
}

/* ---- queues ------------------------------------------------------------- */

/* Not before: the hour is full. 0: it may be called. */
uint64_t batch_dest_hour(const struct quoth_batch *b, const struct batch_dom *d)
{
    if (!d->calls || d->calls < b->limit.per_domain_hour)
        return 0;
    return b->now < batch_ms(b, d->hour_at + DEST_HOUR) ? batch_ms(b, d->hour_at + DEST_HOUR) : 0;
}

static void dest_hour_count(const struct quoth_batch *b, struct batch_dom *d)
{
    if (!d->calls || b->now >= batch_ms(b, d->hour_at + DEST_HOUR)) {
        d->hour_at = batch_seconds(b, b->now);
        d->calls = 0;
    }
    if (d->calls < UINT16_MAX)
        d->calls++;
}

int batch_dest_is_down(const struct quoth_batch *b, const struct batch_dest *t)
{
    return t->downs >= DEST_DOWN && b->now < batch_ms(b, t->down_until);
}

/* Why nobody of this domain is to be asked at its destination in this run; NONE: it may be. */
enum quoth_reason batch_dest_closed(const struct quoth_batch *b, const struct batch_dom *d)
{
    const struct batch_dest *t = batch_dest(b, d->dest);

    if (dest_family_stopped(b, d))
        return QUOTH_REASON_IP_BLOCKED;
    if (t->pace.reason &&
        (t->pace.next == QUOTH_NEVER || (b->limit.no_wait && t->pace.next > b->now)))
        return (enum quoth_reason)t->pace.reason;
    return QUOTH_REASON_NONE;
}

/* Out of the queue, whatever is to be done with it. */
static uint32_t dest_unqueue(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);
    uint32_t dom = t->qhead;

    if (dom == BATCH_NONE)
        return dom;
    t->qhead = batch_dom(b, dom)->qnext;
    batch_dom(b, dom)->state &= (uint8_t)~BATCH_DOM_QUEUED;
    return dom;
}

uint32_t batch_dest_pop(struct quoth_batch *b, uint32_t dest)
{
    uint32_t dom;

    while ((dom = dest_unqueue(b, dest)) != BATCH_NONE) {
        struct batch_dom *d = batch_dom(b, dom);
        enum quoth_reason closed = batch_dest_closed(b, d);
        if (d->state & BATCH_DOM_MOVE) {
            batch_dom_mark(b, dom);
        } else if (closed) {
            batch_stop_all(b, dom, closed);
        } else if (!batch_dom_work(d) || (d->out && !(d->state & BATCH_DOM_KNOWN))) {
            continue;
        } else if (batch_dest_hour(b, d)) {
            batch_dom_later(b, dom, batch_dest_hour(b, d));
        } else {
            dest_hour_count(b, d);
            return dom;
        }
    }
    return BATCH_NONE;
}

/* ---- turns -------------------------------------------------------------- */

static int dest_full(const struct quoth_batch *b, const struct batch_dest *t)
{
    return t->open >= b->limit.per_host || (t->crowd && t->open >= t->crowd);
}

void batch_dest_ready(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);

    if (t->state != BATCH_DEST_IDLE || t->qhead == BATCH_NONE || dest_full(b, t))
        return;
    if (t->pace.next > b->now) {
        t->state = BATCH_DEST_WAIT;
        if (quoth_due_set(&b->dest_due, dest, t->pace.next) < 0)
            b->rc = QUOTH_ESPACE;
        return;
    }
    t->state = BATCH_DEST_READY;
    t->rnext = BATCH_NONE;
    if (b->ready_head == BATCH_NONE)
        b->ready_head = dest;
    else
        batch_dest(b, b->ready_tail)->rnext = dest;
    b->ready_tail = dest;
    b->ready_n++;
}

void batch_dest_due(struct quoth_batch *b, uint32_t dest)
{
    quoth_due_drop(&b->dest_due, dest);
    batch_dest(b, dest)->state = BATCH_DEST_IDLE;
    batch_dest_ready(b, dest);
}

uint32_t batch_dest_call(struct quoth_batch *b)
{
    while (b->ready_head != BATCH_NONE) {
        uint32_t dest = b->ready_head;
        struct batch_dest *t = batch_dest(b, dest);
        struct batch_net *net = batch_net(b, t->net);
        b->ready_head = t->rnext;
        b->ready_n--;
        t->state = BATCH_DEST_IDLE;
        if (t->qhead == BATCH_NONE || dest_full(b, t))
            continue;
        if (t->pace.next > b->now) {
            batch_dest_ready(b, dest);
        } else if (net->open >= b->limit.per_net) {
            t->state = BATCH_DEST_NET;
            t->rnext = net->waiting;
            net->waiting = dest;
        } else {
            return dest;
        }
    }
    return BATCH_NONE;
}

void batch_dest_over(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);
    struct batch_net *net = batch_net(b, t->net);
    uint32_t next;

    t->open--;
    net->open--;
    batch_dest_ready(b, dest);
    for (uint32_t i = net->waiting; i != BATCH_NONE;
         i = next) { /* all: nobody knows which of them is fit to go */
        next = batch_dest(b, i)->rnext;
        batch_dest(b, i)->state = BATCH_DEST_IDLE;
        batch_dest_ready(b, i);
    }
    net->waiting = BATCH_NONE;
}

/* ---- how it went -------------------------------------------------------- */

/* Nothing queued here will be asked: pass each domain through
 * the gate again, where it is told why. */
static void dest_flush(struct quoth_batch *b, uint32_t dest)
{
    uint32_t dom, last = batch_dest(b, dest)->qtail;

    while ((dom = dest_unqueue(b, dest)) != BATCH_NONE) {
        batch_dom_mark(b, dom);
        if (dom == last)
            break;
    }
}

void batch_dest_end(struct quoth_batch *b, uint32_t dest, enum quoth_pace_kind kind,
                    enum quoth_reason reason)
{
    struct batch_dest *t = batch_dest(b, dest);
    char ip[46];

    quoth_pace_end(&t->pace, kind, reason, b->limit.pace_off ? UINT8_MAX : b->limit.passes, b->now);
    if (kind != QUOTH_PACE_BUSY && kind != QUOTH_PACE_REFUSED)
        return;
    if (b->limit.pace_off && t->pace.next != QUOTH_NEVER) {
        t->pace.next = 0;
        return;
    }
    quoth_ip_text(&t->ip, ip, sizeof ip);
    if (t->pace.next == QUOTH_NEVER)
        batch_event(b, "%s %s is not asked any more: %s", dest_name(b, t->mx), ip,
                    quoth_reason_name(reason));
    else
        batch_event(b, "%s %s is left alone for %llu min: %s", dest_name(b, t->mx), ip,
                    (unsigned long long)((t->pace.next - b->now + 59999) / 60000),
                    quoth_reason_name(reason));
    if (t->pace.next == QUOTH_NEVER || b->limit.no_wait)
        dest_flush(b, dest);
}

void batch_dest_down(struct quoth_batch *b, uint32_t dest, int err)
{
    struct batch_dest *t = batch_dest(b, dest);

    if (t->downs < UINT8_MAX)
        t->downs++;
    t->down_err = (int8_t)err;
    t->down_until = batch_seconds(b, b->now + DEST_DOWN_MS);
    if (t->downs >= DEST_DOWN)
        dest_flush(b, dest);
}
