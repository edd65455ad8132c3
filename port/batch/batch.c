/* batch.c - many addresses at once: the API, and the turn.
 *
 *   turn: what moved -> what is due -> decide for marked domains -> take up waiting ones
 *         -> call whom may be called -> go on with conversations -> send questions
 *
 * The rest is in the other files of this folder; batch_inner.h says which, and in what words.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum {
    BATCH_MOVED = 256,
    BATCH_TICK_MS = 250,
    BATCH_STOP_MS = 10000,
    BATCH_DAY_MS = 24 * 60 * 60 * 1000
};

/* ---- adding ------------------------------------------------------------- */

/* Why nobody is asked, or NONE; `dom`: its domain, if that is one that is asked already. */
static enum quoth_reason batch_read(struct quoth_batch *b, struct quoth_span text,
                                    struct quoth_evidence *e, uint32_t *dom)
{
    enum quoth_reason stop = quoth_intake_address(e, text.p, text.n);

    if (stop != QUOTH_REASON_NONE)
        return stop;
    *dom = batch_dom_find(b, e->domain, strlen(e->domain));
    return *dom == BATCH_NONE ? quoth_intake_domain(e, b->conf) : QUOTH_REASON_NONE;
}

/* Told from the text alone. */
static void batch_tell_at_once(struct quoth_batch *b, uint32_t id, struct quoth_evidence *e)
{
    struct quoth_batch_result r = {.id = id, .ev = e, .mx = ""};

    r.verdict = quoth_judge(e, NULL, &r.reading);
    b->total++;
    b->told++;
    b->verdict[r.verdict]++;
    b->hooks.result(b->hooks.arg, &r);
}

/* Somebody of it is to be asked. */
static void batch_wake(struct quoth_batch *b, uint32_t dom, int urgent)
{
    struct batch_dom *d = batch_dom(b, dom);

    if (d->state == BATCH_DOM_KEPT) {
        d->state = BATCH_DOM_REST;
        b->doms_kept--;
    }
    if (urgent && d->state == BATCH_DOM_QUEUED)
        batch_dest_enqueue(b, dom, BATCH_URGENT);
    else if (urgent || d->out)
        batch_dom_mark(b, dom);
    else
        batch_dom_wait(b, dom);
}

int quoth_batch_add(struct quoth_batch *b, uint32_t id, const char *text, size_t n,
                    const struct quoth_batch_options *options)
{
    struct quoth_evidence e;
    uint32_t dom = BATCH_NONE;
    struct batch_dom *d;
    int urgent = options && options->priority == QUOTH_BATCH_INTERACTIVE;

    if (b->closed)
        return QUOTH_EINVAL;
    memset(&e, 0, sizeof e);
    e.stop = (uint8_t)batch_read(b, (struct quoth_span) {text, n}, &e, &dom);
    if (e.stop) {
        batch_tell_at_once(b, id, &e);
        return QUOTH_OK;
    }
    if (dom == BATCH_NONE && (dom = batch_dom_add(b, e.domain, strlen(e.domain))) != BATCH_NONE)
        batch_dom(b, dom)->lists = (uint8_t)(e.lists & ~QUOTH_LIST_LOCAL);
    if (dom == BATCH_NONE)
        return QUOTH_ESPACE;
    if (batch_addr_add(b, dom, id, e.addr.local, options) == BATCH_NONE) {
        batch_dom_mark(b, dom); /* if it is new, nobody needs it */
        return QUOTH_ESPACE;
    }
    d = batch_dom(b, dom);
    if (d->dest != BATCH_NONE)
        batch_dest(b, d->dest)->left++;
    b->total++;
    b->interactive |= (uint8_t)urgent;
    batch_wake(b, dom, urgent);
    return QUOTH_OK;
}

void quoth_batch_close(struct quoth_batch *b) { b->closed = 1; }

/* ---- dropping a job ----------------------------------------------------- */

/* From within hooks chains are being walked, so here they are only marked. */
static void batch_drop_chain(struct quoth_batch *b, uint32_t a, uint32_t job)
{
    for (; a != BATCH_NONE; a = batch_addr_next(b, a))
        if (batch_addr_job(b, a) == job)
            *batch_addr_flags(b, a) |= BATCH_ADDR_DROPPED;
}

void quoth_batch_drop(struct quoth_batch *b, uint32_t job)
{
    for (uint32_t i = 0; i < b->doms.n; i++) {
        const struct batch_dom *d = batch_dom(b, i);
        if (d->state == BATCH_DOM_FREE)
            continue;
        batch_drop_chain(b, d->head, job);
        batch_drop_chain(b, d->added, job);
        batch_drop_chain(b, d->later, job);
        if (!d->extra)
            continue;
        batch_drop_chain(b, d->extra->alone, job);
        batch_drop_chain(b, d->extra->urgent, job);
        for (const struct batch_pend *p = d->extra->pend; p; p = p->next)
            batch_drop_chain(b, p->addr, job);
    }
    for (uint32_t i = 0; i < b->limit.open; i++)
        if (b->talk[i] && b->talk[i]->state != BATCH_TALK_FREE)
            batch_talk_each(b, b->talk[i], batch_drop_chain, job);
    b->purge = 1;
}

/* What was dropped and is in no conversation is given back. */
static void batch_purge(struct quoth_batch *b)
{
    b->purge = 0;
    for (uint32_t i = 0; i < b->doms.n; i++) {
        struct batch_dom *d = batch_dom(b, i);
        if (d->state == BATCH_DOM_FREE || !d->left)
            continue;
        batch_chain_purge(b, i, &d->head);
        batch_chain_purge(b, i, &d->added);
        b->waiting -= batch_chain_purge(b, i, &d->later);
        if (d->extra) {
            batch_chain_purge(b, i, &d->extra->alone);
            batch_chain_purge(b, i, &d->extra->urgent);
        }
        if (!d->left)
            batch_dom_mark(b, i);
    }
}

/* ---- the turn ----------------------------------------------------------- */

uint64_t quoth_batch_inside(const struct quoth_batch *b) { return b->total - b->told - b->dropped; }

/* Only as many as can be called soon, or one big host's domains would push the others away. */
static int batch_may_take_up(const struct quoth_batch *b)
{
    uint32_t may = b->plan ? UINT32_MAX : b->limit.open * 2,
             kept = b->interactive ? b->looks / BATCH_SHARE : 0;

    return b->wait_n && b->look_free_n > kept && !b->rc && !b->stops &&
           b->ready_n + (b->looks - b->look_free_n) < may;
}

/* In an order that says nothing of the list's. */
static uint32_t batch_draw(struct quoth_batch *b)
{
    uint32_t i = quoth_random_below(&b->rnd, b->wait_n), dom = b->wait[i];

    b->wait[i] = b->wait[--b->wait_n];
    return dom;
}

static void batch_take_up(struct quoth_batch *b)
{
    while (batch_may_take_up(b)) {
        uint32_t dom = batch_draw(b);
        struct batch_dom *d = batch_dom(b, dom);
        if (d->state != BATCH_DOM_WAITING)
            continue; /* an interactive one of it was taken up before */
        d->state = BATCH_DOM_REST;
        if (batch_dom_work(d) && (d->dest == BATCH_NONE || b->plan))
            batch_look(b, dom);
        else
            batch_dom_mark(b, dom);
    }
}

static void batch_moved(struct quoth_batch *b, uint32_t number)
{
    if (number < b->limit.open) {
        batch_talk_moved(b, number);
    } else if (number < b->limit.open + BATCH_TCP) {
        batch_look_moved(b, number);
    } else {
        number -= b->limit.open + BATCH_TCP;
        batch_look_came(b, number / QUOTH_POOL_SOCKETS, number % QUOTH_POOL_SOCKETS);
    }
}

static void batch_due(struct quoth_batch *b)
{
    uint32_t id;

    while (quoth_due_next(&b->slots, &id) <= b->now) {
        quoth_due_drop(&b->slots, id);
        if (id < b->limit.open)
            batch_talk_poke(b, id);
        else
            batch_look_due(b, id - b->limit.open);
    }
    while (quoth_due_next(&b->dest_due, &id) <= b->now)
        batch_dest_due(b, id);
    while (quoth_due_next(&b->dom_due, &id) <= b->now)
        batch_dom_due(b, id);
    if (b->now >= b->sweep_at)
        batch_sweep(b);
}

static int batch_may_dial(const struct quoth_batch *b)
{
    return !b->plan && !b->stops && b->talk_free_n && batch_dest_callable(b);
}

/* Is there anything to decide, to look up or to call, now? */
static int batch_has_work(const struct quoth_batch *b)
{
    return b->marked.head != BATCH_NONE || b->purge || batch_may_take_up(b) || batch_may_dial(b);
}

uint64_t quoth_batch_due(const struct quoth_batch *b)
{
    uint64_t at = quoth_due_next(&b->slots, NULL), x;

    if (b->run.head != BATCH_NONE || (!b->stops && batch_has_work(b)))
        return b->now;
    if ((x = quoth_due_next(&b->dest_due, NULL)) < at)
        at = x;
    if ((x = quoth_due_next(&b->dom_due, NULL)) < at)
        at = x;
    if (b->sweep_at < at)
        at = b->sweep_at;
    if (b->hooks.tick && b->ticked + BATCH_TICK_MS < at)
        at = b->ticked + BATCH_TICK_MS;
    if (b->stops && b->stop_by < at)
        at = b->stop_by;
    if (b->limit.run_ms && !b->stops && b->start + b->limit.run_ms < at)
        at = b->start + b->limit.run_ms;
    return at;
}

static void batch_tick(struct quoth_batch *b)
{
    struct quoth_batch_stats s;

    if (!b->hooks.tick || b->now < b->ticked + BATCH_TICK_MS)
        return;
    b->ticked = b->now;
    quoth_batch_stats(b, &s);
    b->hooks.tick(b->hooks.arg, &s);
}

/* Is there anything that can still happen? */
static int batch_idle(const struct quoth_batch *b)
{
    return b->talk_free_n == b->limit.open && b->look_free_n == b->looks &&
           b->ready[BATCH_LIST].head == BATCH_NONE && b->ready[BATCH_URGENT].head == BATCH_NONE &&
           b->run.head == BATCH_NONE && b->marked.head == BATCH_NONE && !b->wait_n &&
           quoth_due_next(&b->dest_due, NULL) == QUOTH_NEVER &&
           quoth_due_next(&b->dom_due, NULL) == QUOTH_NEVER && b->sweep_at == QUOTH_NEVER &&
           !b->hooks.may;
}

/* Those still in a conversation say good-bye, for a moment. 1: go on; 0: all have. */
static int batch_leave(struct quoth_batch *b)
{
    if (b->talk_free_n == b->limit.open)
        return 0;
    if (!b->stop_by) {
        b->stop_by = b->now + BATCH_STOP_MS;
        if (!b->rc && quoth_batch_inside(b))
            batch_event(
                b,
                "stopping: open conversations say good-bye, within %d s (interrupt again: at once)",
                BATCH_STOP_MS / 1000);
    }
    if (b->stops < 2 && b->now < b->stop_by)
        return 1;
    batch_talk_abandon(b);
    return 0;
}

/* All but the waiting. */
static void batch_step(struct quoth_batch *b)
{
    if (b->purge)
        batch_purge(b);
    batch_dom_next(b);
    batch_take_up(b);
    do
        batch_dom_next(b);
    while (!b->plan && batch_talk_dial(b)); /* a call may let another join */
    batch_talk_run(b);
    batch_look_flush(b);
    batch_dom_forget(b);
    batch_dest_forget(b);
    batch_tick(b);
}

static void batch_happened(struct quoth_batch *b, const uint32_t *moved, unsigned n)
{
    b->now = quoth_loop_port.now();
    for (unsigned i = 0; i < n; i++)
        batch_moved(b, moved[i]);
    batch_due(b);
}

/* The time of the run is over: what is left has that for a result. */
static void batch_tell_late(struct quoth_batch *b)
{
    for (uint32_t i = 0; i < b->doms.n; i++) {
        if (batch_dom(b, i)->state == BATCH_DOM_FREE || !batch_dom(b, i)->left)
            continue;
        batch_pend_back(b, i);
        batch_dom_unwait(b, i);
        batch_stop_all(b, i, QUOTH_REASON_TIMEOUT);
    }
}

/* Nothing more is begun: it is stopped, or an error ended it, or all are told. */
static int batch_is_ending(struct quoth_batch *b)
{
    if (!b->stops && (b->rc || (b->closed && !quoth_batch_inside(b))))
        b->stops = 1;
    if (!b->stops && b->limit.run_ms && b->now >= b->start + b->limit.run_ms)
        b->stops = b->late = 1;
    return b->stops != 0;
}

/* Nothing can happen any more, and somebody is left: a fault of ours, told instead of hanging. */
static void batch_stuck(struct quoth_batch *b)
{
    b->rc = QUOTH_EINVAL;
    for (uint32_t i = 0; i < b->doms.n; i++)
        if (batch_dom(b, i)->state != BATCH_DOM_FREE && batch_dom(b, i)->left) {
            batch_event(b, "stuck: %u of %s are left, and it is %s", batch_dom(b, i)->left,
                        batch_dom_name(b, i),
                        batch_dom_state_name((enum batch_dom_state)batch_dom(b, i)->state));
            return;
        }
}

int quoth_batch_turn(struct quoth_batch *b, const uint32_t *moved, unsigned n)
{
    batch_happened(b, moved, n);
    if (!batch_is_ending(b)) {
        batch_step(b);
        if (b->closed && quoth_batch_inside(b) && !b->rc && batch_idle(b))
            batch_stuck(b);
        if (!batch_is_ending(b))
            return 1;
    }
    batch_dest_leave(b);
    if (batch_leave(b)) {
        batch_talk_run(b);
        batch_tick(b);
        return 1;
    }
    if (b->late && b->stops == 1 && !b->rc)
        batch_tell_late(b);
    return b->rc;
}

/* How many moved. */
static int batch_wait(struct quoth_batch *b, uint32_t moved[BATCH_MOVED])
{
    int n = quoth_loop_wait(b->loop, quoth_batch_due(b), moved, BATCH_MOVED);

    if (n >= 0)
        return n;
    b->rc = n;
    return 0;
}

int quoth_batch_run(struct quoth_batch *b)
{
    uint32_t moved[BATCH_MOVED];
    unsigned n = 0;
    int rc;

    quoth_batch_close(b);
    while ((rc = quoth_batch_turn(b, moved, n)) > 0)
        n = (unsigned)batch_wait(b, moved);
    b->ticked = 0;
    batch_tick(b);
    return rc;
}

void quoth_batch_stop(struct quoth_batch *b)
{
    if (b->stops < 2)
        b->stops = b->stops + 1;
    quoth_loop_wake(b->loop);
}

struct quoth_loop *quoth_batch_loop(struct quoth_batch *b) { return b->loop; }

/* ---- a plan ------------------------------------------------------------- */

static void batch_look_up_all(struct quoth_batch *b)
{
    uint32_t moved[BATCH_MOVED];
    unsigned n = 0;

    for (;;) {
        batch_happened(b, moved, n);
        batch_step(b);
        if (b->rc || b->stops ||
            (b->look_free_n == b->looks && !b->wait_n && b->sweep_at == QUOTH_NEVER &&
             quoth_due_next(&b->dom_due, NULL) == QUOTH_NEVER))
            return;
        n = (unsigned)batch_wait(b, moved);
    }
}

int quoth_batch_plan(struct quoth_batch *b, struct quoth_batch_plan *plan)
{
    uint64_t longest = 0, gap = b->limit.gap_ms + b->limit.gap_ms / 8;

    memset(plan, 0, sizeof *plan);
    b->plan = plan;
    batch_look_up_all(b);
    b->plan = NULL;
    plan->addresses = b->total;
    plan->domains = b->doms.live;
    plan->destinations = b->dests.live;
    for (uint32_t i = 0; i < b->dests.n; i++) {
        struct batch_dest *t = batch_dest(b, i);
        uint64_t ms = t->short_until * (gap > 1000 ? gap : 1000) / (b->limit.pace_off ? 64 : 1);
        if (ms > longest)
            longest = ms;
        t->short_until = 0;
    }
    for (uint32_t i = 0; i < b->doms.n; i++) /* and it may be run then */
        if (batch_dom(b, i)->left)
            batch_dom_wait(b, i);
    /* A conversation takes a second or so; as many at once as may be open. */
    plan->seconds = plan->conversations / b->limit.open + 1;
    if (longest / 1000 > plan->seconds)
        plan->seconds = longest / 1000;
    return b->rc;
}

/* ---- how it stands ------------------------------------------------------ */

/* Keep the four that hold most addresses back, most first. */
static void batch_held(const struct quoth_batch *b, const struct batch_dest *t,
                       struct quoth_batch_stats *s)
{
    struct quoth_batch_held h = {.reason = t->pace.reason, .addresses = t->left};
    int i = 3;

    s->held_n++;
    h.until_ms = t->pace.next == QUOTH_NEVER ? QUOTH_NEVER : t->pace.next - b->now;
    quoth_ip_text(&t->ip, h.ip, sizeof h.ip);
    if (s->held[3].addresses >= h.addresses && s->held_n > 4)
        return;
    while (i > 0 && s->held[i - 1].addresses < h.addresses) {
        s->held[i] = s->held[i - 1];
        i--;
    }
    if (i < 3 || s->held[3].addresses <= h.addresses)
        s->held[i] = h;
}

void quoth_batch_stats(const struct quoth_batch *b, struct quoth_batch_stats *s)
{
    memset(s, 0, sizeof *s);
    s->total = b->total;
    s->done = b->told;
    memcpy(s->verdict, b->verdict, sizeof s->verdict);
    s->lookups = b->lookups;
    s->conversations = b->conversations;
    s->decoys = b->decoys;
    s->waiting = b->waiting;
    s->inside = quoth_batch_inside(b);
    s->dropped = b->dropped;
    s->domains = b->doms.live;
    s->destinations = b->dests.live;
    s->open = batch_open(b);
    for (uint32_t i = 0; i < b->dests.n; i++) {
        const struct batch_dest *t = batch_dest(b, i);
        if (t->state != BATCH_DEST_FREE && t->pace.reason && t->pace.next > b->now && t->left)
            batch_held(b, t, s);
    }
    s->elapsed_ms = b->now - b->start;
    s->memory = b->memory + quoth_loop_memory(b->loop) + quoth_due_memory(&b->slots) +
                quoth_due_memory(&b->dom_due) + quoth_due_memory(&b->dest_due);
    for (int i = 0; i < QUOTH_SERVERS_MAX; i++)
        if (b->pool[i])
            s->memory += quoth_pool_memory(b->pool[i]);
}

/* ---- beginning and end -------------------------------------------------- */

static uint16_t batch_or(uint32_t x, uint32_t usual) { return (uint16_t)(x ? x : usual); }

static void batch_limits(struct quoth_batch_limits *l, int tcp)
{
    static const uint32_t pass_ms[3] = {5 * 60000, 15 * 60000, 60 * 60000};
    uint32_t spare = QUOTH_POOL_SOCKETS + BATCH_TCP + 32, most = quoth_loop_descriptors();

    most = most > spare + 1 ? most - spare : 1;
    if (!l->open)
        l->open = 1000;
    if (l->open > most)
        l->open = most;
    l->per_session = batch_or(l->per_session, 50);
    l->refused = batch_or(l->refused, 5);
    l->scout = batch_or(l->scout, 4);
    l->per_host = batch_or(l->per_host, l->pace_off ? UINT16_MAX : 1);
    l->per_net = batch_or(l->per_net, l->pace_off ? UINT16_MAX : 2);
    if (!l->gap_ms && !l->pace_off)
        l->gap_ms = 10000;
    if (!l->per_domain_hour)
        l->per_domain_hour = l->pace_off ? UINT32_MAX : 60;
    if (!l->lookups)
        l->lookups = quoth_pool_capacity();
    if (tcp && l->lookups > BATCH_TCP)
        l->lookups = BATCH_TCP;
    if (!l->passes || l->passes > 3)
        l->passes = 3;
    if (l->no_wait)
        l->passes = 0;
    if (!l->remember)
        l->remember = BATCH_REMEMBER;
    for (int i = 0; i < 3; i++)
        if (!l->pass_ms[i] || l->pass_ms[i] > BATCH_DAY_MS)
            l->pass_ms[i] = pass_ms[i];
}

static int batch_set_up(struct quoth_batch *b)
{
    uint8_t seed[16];
    uint32_t pools; /* the numbers behind the links */

    if (quoth_loop_descriptors() < BATCH_FILES) {
        errno = EMFILE;
        return 0;
    }
    if (quoth_loop_port.random(seed, sizeof seed) < 0)
        return 0;
    quoth_random_seed(&b->rnd, seed);
    b->k0 = quoth_random_next(&b->rnd);
    b->k1 = quoth_random_next(&b->rnd);
    b->start = b->now = quoth_loop_port.now();
    b->doms.size = sizeof(struct batch_dom);
    b->dests.size = sizeof(struct batch_dest);
    b->nets.size = sizeof(struct batch_net);
    b->family.size = sizeof(struct batch_family);
    b->doms.free = b->dests.free = b->nets.free = b->family.free = BATCH_NONE;
    b->ready[BATCH_LIST].head = b->ready[BATCH_URGENT].head = BATCH_NONE;
    b->run.head = b->marked.head = b->last.mx = BATCH_NONE;
    batch_limits(&b->limit, b->conf->resolver && b->conf->resolver->tcp);
    b->loop = quoth_loop_new(b->limit.open + BATCH_TCP);
    return b->loop &&
           quoth_loop_numbers(b->loop, QUOTH_SERVERS_MAX * QUOTH_POOL_SOCKETS, &pools) ==
               QUOTH_OK &&
           batch_talk_new(b) == QUOTH_OK && batch_look_new(b) == QUOTH_OK &&
           quoth_due_reserve(&b->slots, b->limit.open + b->looks) == QUOTH_OK;
}

struct quoth_batch *quoth_batch_new(const struct quoth_conf *conf,
                                    const struct quoth_batch_limits *limits,
                                    const struct quoth_batch_tls *tls,
                                    const struct quoth_batch_hooks *hooks)
{
    struct quoth_batch *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->memory = sizeof *b;
    b->sweep_at = QUOTH_NEVER;
    b->conf = conf;
    b->hooks = *hooks;
    if (limits)
        b->limit = *limits;
    if (tls)
        b->tls = *tls;
    if (batch_set_up(b))
        return b;
    quoth_batch_free(b);
    if (!errno)
        errno = ENOMEM;
    return NULL;
}

const struct quoth_batch_limits *quoth_batch_effective(const struct quoth_batch *b)
{
    return &b->limit;
}

void quoth_batch_free(struct quoth_batch *b)
{
    if (!b)
        return;
    batch_talk_free(b);
    batch_look_free(b);
    batch_store_free(b);
    quoth_due_free(&b->slots);
    quoth_due_free(&b->dom_due);
    quoth_due_free(&b->dest_due);
    quoth_loop_free(b->loop);
    free(b);
}
