/* batch.c - a list of addresses: the API, the turn, and telling.
 *
 *   turn: take up domains -> call whom may be called -> send questions -> wait -> what moved -> what is due
 *
 * The rest is in batch_list.c, batch_look.c, batch_dest.c, batch_talk.c and batch_end.c; see
 * batch_inner.h.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum {
    BATCH_MOVED = 256,
    BATCH_TICK_MS = 250,
    BATCH_STOP_MS = 10000,
    BATCH_DAY_MS = 24 * 60 * 60 * 1000
};

/* ---- memory, and words -------------------------------------------------- */

/* ---- telling ------------------------------------------------------------ */

/* ---- adding ------------------------------------------------------------- */

/* Why nobody is asked, or NONE; `dom`: its domain, if that is one that is asked already. */
static enum quoth_reason batch_read(struct quoth_batch *b, const char *text, size_t n,
                                    uint32_t *dom)
{
    enum quoth_reason stop = quoth_intake_address(&b->ev, text, n);

    if (stop != QUOTH_REASON_NONE)
        return stop;
    *dom = batch_dom_find(b, b->ev.domain, strlen(b->ev.domain));
    return *dom == BATCH_NONE ? quoth_intake_domain(&b->ev, b->conf) : QUOTH_REASON_NONE;
}

int quoth_batch_add(struct quoth_batch *b, uint32_t id, const char *text, size_t n)
{
    struct quoth_batch_result r = {.id = id, .ev = &b->ev, .mx = ""};
    struct quoth_evidence *e = &b->ev;
    uint32_t dom = BATCH_NONE;

    memset(e, 0, sizeof *e);
    e->stop = (uint8_t)batch_read(b, text, n, &dom);
    if (!e->stop) {
        if (dom == BATCH_NONE &&
            (dom = batch_dom_add(b, e->domain, strlen(e->domain))) != BATCH_NONE)
            batch_dom(b, dom)->lists = (uint8_t)(e->lists & ~QUOTH_LIST_ROLE);
        if (dom == BATCH_NONE || batch_addr_add(b, dom, id, e->addr.local) == BATCH_NONE)
            return QUOTH_ESPACE;
        b->total++;
        return QUOTH_OK;
    }
    r.verdict = quoth_judge(e, NULL, &r.reading);
    b->total++;
    b->told++;
    b->verdict[r.verdict]++;
    b->hooks.result(b->hooks.arg, &r);
    return QUOTH_OK;
}

/* ---- the turn ----------------------------------------------------------- */

/* Domains in an order that says nothing: a random start, and steps prime to how many there are. */
static void batch_shuffle(struct quoth_batch *b)
{
    uint32_t n = b->doms.n, step, x, y;

    b->dom_next = 0;
    if (!n)
        return;
    b->dom_at = quoth_random_below(&b->rnd, n);
    step = n > 2 ? 1 + quoth_random_below(&b->rnd, n - 1) : 1;
    for (;; step = step % n + 1) {
        for (x = step, y = n; y;) {
            uint32_t t = x % y;
            x = y;
            y = t;
        }
        if (x == 1)
            break;
    }
    b->dom_step = step;
}

/* Only as many as can be called soon, or one big host's domains would push the others away. */
static int batch_may_take_up(const struct quoth_batch *b)
{
    uint32_t may = b->plan ? UINT32_MAX : b->limit.open * 2;

    return b->dom_next < b->doms.n && b->look_free_n && !b->rc && !b->stops &&
           b->ready_n + (b->looks - b->look_free_n) < may;
}

static void batch_take_up(struct quoth_batch *b)
{
    while (batch_may_take_up(b)) {
        uint32_t dom = b->dom_at;
        b->dom_at = (uint32_t)(((uint64_t)b->dom_at + b->dom_step) % b->doms.n);
        b->dom_next++;
        if (batch_dom(b, dom)->head != BATCH_NONE)
            batch_look(b, dom);
    }
}

static void batch_moved(struct quoth_batch *b, uint32_t number)
{
    if (number < b->limit.open) {
        batch_talk_poke(b, number);
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
}

static int batch_may_dial(const struct quoth_batch *b)
{
    return !b->plan && !b->stops && b->ready_head != BATCH_NONE && b->talk_free_n &&
           batch_open(b) < b->open_max;
}

static uint64_t batch_next(const struct quoth_batch *b)
{
    uint64_t at = quoth_due_next(&b->slots, NULL), x;

    if (b->run_head != BATCH_NONE || b->mark_head != BATCH_NONE || batch_may_take_up(b) ||
        batch_may_dial(b))
        return b->now;
    if ((x = quoth_due_next(&b->dest_due, NULL)) < at)
        at = x;
    if ((x = quoth_due_next(&b->dom_due, NULL)) < at)
        at = x;
    if (b->hooks.tick && b->ticked + BATCH_TICK_MS < at)
        at = b->ticked + BATCH_TICK_MS;
    if (b->stops && b->stop_by < at)
        at = b->stop_by;
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
           b->ready_head == BATCH_NONE && b->run_head == BATCH_NONE && b->mark_head == BATCH_NONE &&
           b->dom_next == b->doms.n && quoth_due_next(&b->dest_due, NULL) == QUOTH_NEVER &&
           quoth_due_next(&b->dom_due, NULL) == QUOTH_NEVER;
}

/* 1: go on. */
static int batch_stopping(struct quoth_batch *b)
{
    if (!b->stops)
        return 1;
    if (b->talk_free_n == b->limit.open)
        return 0;
    if (!b->stop_by) {
        b->stop_by = b->now + BATCH_STOP_MS;
        batch_event(
            b, "stopping: open conversations say good-bye, within %d s (interrupt again: at once)",
            BATCH_STOP_MS / 1000);
    }
    if (b->stops < 2 && b->now < b->stop_by)
        return 1;
    batch_talk_abandon(b);
    return 0;
}

static void batch_turns(struct quoth_batch *b, int planning)
{
    uint32_t moved[BATCH_MOVED];
    int n;

    while (!b->rc && (planning || b->told < b->total)) {
        b->now = quoth_loop_port.now();
        if (!batch_stopping(b))
            return;
        batch_dom_next(b);
        batch_take_up(b);
        do
            batch_dom_next(b);
        while (!planning && batch_talk_dial(b)); /* a call may let another join */
        batch_talk_run(b);
        batch_look_flush(b);
        batch_tick(b);
        if (batch_idle(b)) {
            if (!planning && b->told < b->total && !b->rc)
                b->rc = QUOTH_EINVAL; /* never */
            return;
        }
        if (!planning && b->told == b->total)
            return;
        n = quoth_loop_wait(b->loop, batch_next(b), moved, BATCH_MOVED);
        if (n < 0)
            b->rc = n;
        b->now = quoth_loop_port.now();
        for (int i = 0; i < n; i++)
            batch_moved(b, moved[i]);
        batch_due(b);
    }
}

/* All are told; those still saying good-bye may, for a moment. */
static void batch_good_bye(struct quoth_batch *b)
{
    uint32_t moved[BATCH_MOVED];
    int n = 0;

    b->stops = b->stops ? b->stops : 1;
    b->stop_by = b->now + BATCH_STOP_MS;
    while (b->talk_free_n < b->limit.open && n >= 0 && b->now < b->stop_by && b->stops < 2) {
        batch_dom_next(b);
        batch_talk_run(b);
        n = quoth_loop_wait(b->loop, batch_next(b), moved, BATCH_MOVED);
        b->now = quoth_loop_port.now();
        for (int i = 0; i < n; i++)
            if (moved[i] < b->limit.open)
                batch_talk_poke(b, moved[i]);
        batch_due(b);
    }
    batch_talk_abandon(b);
}

int quoth_batch_run(struct quoth_batch *b)
{
    b->now = quoth_loop_port.now();
    batch_shuffle(b);
    batch_turns(b, 0);
    if (b->told == b->total || b->rc)
        batch_good_bye(b);
    b->ticked = 0;
    batch_tick(b);
    return b->rc;
}

void quoth_batch_stop(struct quoth_batch *b)
{
    if (b->stops < 2)
        b->stops = b->stops + 1;
    quoth_loop_wake(b->loop);
}

int quoth_batch_plan(struct quoth_batch *b, struct quoth_batch_plan *plan)
{
    uint64_t longest = 0, gap = b->limit.gap_ms + b->limit.gap_ms / 8;

    memset(plan, 0, sizeof *plan);
    b->plan = plan;
    b->now = quoth_loop_port.now();
    batch_shuffle(b);
    batch_turns(b, 1);
    b->plan = NULL;
    plan->addresses = b->total;
    plan->domains = b->doms.n;
    plan->destinations = b->dests.n;
    for (uint32_t i = 0; i < b->dests.n; i++) {
        struct batch_dest *t = batch_dest(b, i);
        uint64_t ms = t->qtail * (gap > 1000 ? gap : 1000) / (b->limit.pace_off ? 64 : 1);
        if (ms > longest)
            longest = ms;
        t->qtail = 0;
    }
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
    s->open = batch_open(b);
    for (uint32_t i = 0; i < b->dests.n; i++) {
        const struct batch_dest *t = batch_dest(b, i);
        if (t->pace.reason && t->pace.next > b->now && t->left)
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
    for (int i = 0; i < 3; i++)
        if (!l->pass_ms[i] || l->pass_ms[i] > BATCH_DAY_MS)
            l->pass_ms[i] = pass_ms[i];
}

static int batch_set_up(struct quoth_batch *b)
{
    uint8_t seed[16];

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
    b->family.size = sizeof(uint64_t);
    b->ready_head = b->run_head = b->mark_head = BATCH_NONE;
    batch_limits(&b->limit, b->conf->resolver && b->conf->resolver->tcp);
    b->loop = quoth_loop_new(b->limit.open + BATCH_TCP);
    return b->loop && batch_talk_new(b) == QUOTH_OK && batch_look_new(b) == QUOTH_OK;
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
    batch_list_free(b);
    quoth_due_free(&b->slots);
    quoth_due_free(&b->dom_due);
    quoth_due_free(&b->dest_due);
    quoth_loop_free(b->loop);
    free(b);
}
