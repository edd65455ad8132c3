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
static enum quoth_reason batch_read(struct quoth_batch *batch, struct quoth_span text,
                                    struct quoth_evidence *evidence, uint32_t *dom)
{
    enum quoth_reason stop = quoth_intake_address(evidence, text.p, text.n);

    if (stop != QUOTH_REASON_NONE)
        return stop;
    *dom = batch_dom_find(batch, evidence->domain, strlen(evidence->domain));
    return *dom == BATCH_NONE ? quoth_intake_domain(evidence, batch_conf(batch, evidence->domain))
                              : QUOTH_REASON_NONE;
}

/* Told from the text alone. */
static void batch_tell_at_once(struct quoth_batch *batch, uint32_t id,
                               struct quoth_evidence *evidence)
{
    struct quoth_batch_result result = {.id = id, .ev = evidence, .mx = ""};

    result.verdict = quoth_judge(evidence, NULL, &result.reading);
    batch->total++;
    batch->told++;
    batch->verdict[result.verdict]++;
    batch->hooks.result(batch->hooks.arg, &result);
}

/* Somebody of it is to be asked. */
static void batch_wake(struct quoth_batch *batch, uint32_t dom, int urgent)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    if (domain->state == BATCH_DOM_KEPT) {
        domain->state = BATCH_DOM_REST;
        batch->doms_kept--;
    }
    if (urgent && domain->state == BATCH_DOM_QUEUED)
        batch_dest_enqueue(batch, dom, BATCH_URGENT);
    else if (urgent || domain->out)
        batch_dom_mark(batch, dom);
    else
        batch_dom_wait(batch, dom);
}

int quoth_batch_add(struct quoth_batch *batch, uint32_t id, const char *text, size_t n,
                    const struct quoth_batch_options *options)
{
    struct quoth_evidence evidence;
    uint32_t dom = BATCH_NONE;
    struct batch_dom *domain;
    int urgent = options && options->priority == QUOTH_BATCH_INTERACTIVE;

    if (batch->closed)
        return QUOTH_EINVAL;
    memset(&evidence, 0, sizeof evidence);
    evidence.stop = (uint8_t)batch_read(batch, (struct quoth_span) {text, n}, &evidence, &dom);
    if (evidence.stop) {
        batch_tell_at_once(batch, id, &evidence);
        return QUOTH_OK;
    }
    if (dom == BATCH_NONE) {
        dom = batch_dom_add(batch, evidence.domain, strlen(evidence.domain));
        if (dom == BATCH_NONE)
            return QUOTH_ESPACE;
        batch_dom(batch, dom)->lists = (uint8_t)(evidence.lists & ~QUOTH_LIST_LOCAL);
    }
    if (batch_addr_add(batch, dom, id, evidence.addr.local, options) == BATCH_NONE) {
        batch_dom_mark(batch, dom); /* if it is new, nobody needs it */
        return QUOTH_ESPACE;
    }
    domain = batch_dom(batch, dom);
    if (domain->dest != BATCH_NONE)
        batch_dest(batch, domain->dest)->left++;
    batch->total++;
    batch->interactive |= (uint8_t)urgent;
    batch_wake(batch, dom, urgent);
    return QUOTH_OK;
}

void quoth_batch_close(struct quoth_batch *batch) { batch->closed = 1; }

/* ---- dropping a job ----------------------------------------------------- */

/* From within hooks chains are being walked, so here they are only marked. */
static void batch_drop_chain(struct quoth_batch *batch, uint32_t a, uint32_t job)
{
    for (; a != BATCH_NONE; a = batch_addr_next(batch, a))
        if (batch_addr_job(batch, a) == job)
            *batch_addr_flags(batch, a) |= BATCH_ADDR_DROPPED;
}

void quoth_batch_drop(struct quoth_batch *batch, uint32_t job)
{
    for (uint32_t i = 0; i < batch->doms.n; i++) {
        const struct batch_dom *domain = batch_dom(batch, i);
        if (domain->state == BATCH_DOM_FREE)
            continue;
        batch_drop_chain(batch, domain->head, job);
        batch_drop_chain(batch, domain->added, job);
        batch_drop_chain(batch, domain->later, job);
        if (!domain->extra)
            continue;
        batch_drop_chain(batch, domain->extra->alone, job);
        batch_drop_chain(batch, domain->extra->urgent, job);
        for (unsigned k = 0; k < BATCH_SHARES; k++)
            batch_drop_chain(batch, domain->extra->share[k].head, job);
        for (const struct batch_pend *pend = domain->extra->pend; pend; pend = pend->next)
            batch_drop_chain(batch, pend->addr, job);
    }
    for (uint32_t i = 0; i < batch->limit.open; i++)
        if (batch->talk[i] && batch->talk[i]->state != BATCH_TALK_FREE)
            batch_talk_each(batch, batch->talk[i], batch_drop_chain, job);
    batch->purge = 1;
}

/* What was dropped and is in no conversation is given back. */
static void batch_purge(struct quoth_batch *batch)
{
    batch->purge = 0;
    for (uint32_t i = 0; i < batch->doms.n; i++) {
        struct batch_dom *domain = batch_dom(batch, i);
        if (domain->state == BATCH_DOM_FREE || !domain->left)
            continue;
        batch_dom_unshare(batch, domain);
        batch_chain_purge(batch, i, &domain->head);
        batch_chain_purge(batch, i, &domain->added);
        batch->waiting -= batch_chain_purge(batch, i, &domain->later);
        if (domain->extra) {
            batch_chain_purge(batch, i, &domain->extra->alone);
            batch_chain_purge(batch, i, &domain->extra->urgent);
        }
        if (!domain->left)
            batch_dom_mark(batch, i);
    }
}

/* ---- the turn ----------------------------------------------------------- */

uint64_t quoth_batch_inside(const struct quoth_batch *batch)
{
    return batch->total - batch->told - batch->dropped;
}

/* Only as many as can be called soon, or one big host's domains would push the others away. */
static int batch_may_take_up(const struct quoth_batch *batch)
{
    uint32_t may = batch->plan ? UINT32_MAX : batch->limit.open * 2,
             kept = batch->interactive ? batch->looks / BATCH_SHARE : 0;

    return batch->wait_n && batch->look_free_n > kept && !batch->rc && !batch->stops &&
           batch->ready_n + (batch->looks - batch->look_free_n) < may;
}

/* Of one job after the other, at random among those that wait longest. Among all of a million the
 * memory of each, and its rows in the list, would be far from those of the one before. */
static uint32_t batch_draw(struct quoth_batch *batch)
{
    struct batch_wait *wait;
    uint32_t *first, *drawn, dom;

    do
        wait = &batch->wait[batch->wait_turn++ % BATCH_SHARES];
    while (!wait->n);
    first = wait->dom + wait->at;
    drawn = first + quoth_random_below(&batch->rnd, wait->n < BATCH_DRAW ? wait->n : BATCH_DRAW);
    dom = *drawn;
    *drawn = *first;
    wait->at++;
    wait->n--;
    batch->wait_n--;
    return dom;
}

static void batch_take_up(struct quoth_batch *batch)
{
    while (batch_may_take_up(batch) && !batch_turn_over(batch)) {
        uint32_t dom = batch_draw(batch);
        struct batch_dom *domain = batch_dom(batch, dom);
        if (domain->state != BATCH_DOM_WAITING)
            continue; /* an interactive one of it was taken up before */
        domain->state = BATCH_DOM_REST;
        if (batch_dom_work(domain) && (domain->dest == BATCH_NONE || batch->plan))
            batch_look(batch, dom);
        else
            batch_dom_mark(batch, dom);
    }
}

static void batch_moved(struct quoth_batch *batch, uint32_t number)
{
    number -= batch->link; /* what is before ours is far behind it then */
    if (number < batch->limit.open) {
        batch_talk_moved(batch, number);
    } else if (number < batch->limit.open + BATCH_TCP) {
        batch_look_moved(batch, number);
    } else {
        number -= batch->limit.open + BATCH_TCP;
        batch_look_came(batch, number / QUOTH_POOL_SOCKETS, number % QUOTH_POOL_SOCKETS);
    }
}

static void batch_due(struct quoth_batch *batch)
{
    uint32_t id;

    while (quoth_due_next(&batch->slots, &id) <= batch->now && !batch_turn_over(batch)) {
        quoth_due_drop(&batch->slots, id);
        if (id < batch->limit.open)
            batch_talk_poke(batch, id);
        else
            batch_look_due(batch, id - batch->limit.open);
    }
    while (quoth_due_next(&batch->dest_due, &id) <= batch->now && !batch_turn_over(batch))
        batch_dest_due(batch, id);
    while (quoth_due_next(&batch->dom_due, &id) <= batch->now && !batch_turn_over(batch))
        batch_dom_due(batch, id);
    if (batch->now >= batch->sweep_at)
        batch_sweep(batch);
}

static int batch_may_dial(const struct quoth_batch *batch)
{
    return !batch->plan && !batch->stops && batch->talk_free_n && batch_dest_callable(batch);
}

/* Is there anything to decide, to look up or to call, now? */
static int batch_has_work(const struct quoth_batch *batch)
{
    return batch->marked.head != BATCH_NONE || batch->purge || batch_may_take_up(batch) ||
           batch_may_dial(batch);
}

uint64_t quoth_batch_due(const struct quoth_batch *batch)
{
    uint64_t at = quoth_due_next(&batch->slots, NULL), next;

    if (batch->run.head != BATCH_NONE || (!batch->stops && batch_has_work(batch)))
        return batch->now;
    next = quoth_due_next(&batch->dest_due, NULL);
    if (next < at)
        at = next;
    next = quoth_due_next(&batch->dom_due, NULL);
    if (next < at)
        at = next;
    if (batch->sweep_at < at)
        at = batch->sweep_at;
    if (batch->hooks.tick && batch->ticked + BATCH_TICK_MS < at)
        at = batch->ticked + BATCH_TICK_MS;
    if (batch->stops && batch->stop_by < at)
        at = batch->stop_by;
    if (batch->limit.run_ms && !batch->stops && batch->start + batch->limit.run_ms < at)
        at = batch->start + batch->limit.run_ms;
    return at;
}

static void batch_tick(struct quoth_batch *batch)
{
    struct quoth_batch_stats stats;

    if (!batch->hooks.tick || batch->now < batch->ticked + BATCH_TICK_MS)
        return;
    batch->ticked = batch->now;
    quoth_batch_stats(batch, &stats);
    batch->hooks.tick(batch->hooks.arg, &stats);
}

/* Is there anything that can still happen? */
static int batch_idle(const struct quoth_batch *batch)
{
    return batch->talk_free_n == batch->limit.open && batch->look_free_n == batch->looks &&
           batch->ready[BATCH_LIST].head == BATCH_NONE &&
           batch->ready[BATCH_URGENT].head == BATCH_NONE && batch->run.head == BATCH_NONE &&
           batch->marked.head == BATCH_NONE && !batch->wait_n &&
           quoth_due_next(&batch->dest_due, NULL) == QUOTH_NEVER &&
           quoth_due_next(&batch->dom_due, NULL) == QUOTH_NEVER && batch->sweep_at == QUOTH_NEVER &&
           !batch->hooks.may;
}

/* Those still in a conversation say good-bye, for a moment. 1: go on; 0: all have. */
static int batch_leave(struct quoth_batch *batch)
{
    if (batch->talk_free_n == batch->limit.open)
        return 0;
    if (!batch->stop_by) {
        batch->stop_by = batch->now + BATCH_STOP_MS;
        if (!batch->rc && quoth_batch_inside(batch))
            batch_event(
                batch,
                "stopping: open conversations say good-bye, within %d s (interrupt again: at once)",
                BATCH_STOP_MS / 1000);
    }
    if (batch->stops < 2 && batch->now < batch->stop_by)
        return 1;
    batch_talk_abandon(batch);
    return 0;
}

/* All but the waiting. */
static void batch_step(struct quoth_batch *batch)
{
    if (batch->purge)
        batch_purge(batch);
    batch_dom_next(batch);
    batch_take_up(batch);
    do
        batch_dom_next(batch);
    while (!batch->plan && batch_talk_dial(batch)); /* a call may let another join */
    batch_turn_begins(batch);                       /* new ones never push aside those under way */
    batch_talk_run(batch);
    batch_look_flush(batch);
    batch_dom_forget(batch);
    batch_dest_forget(batch);
    batch_tick(batch);
}

static void batch_happened(struct quoth_batch *batch, const uint32_t *moved, unsigned n)
{
    batch->now = quoth_loop_port.now();
    batch_turn_begins(batch);
    for (unsigned i = 0; i < n; i++)
        batch_moved(batch, moved[i]);
    batch_due(batch);
}

/* The time of the run is over: what is left has that for a result. */
static void batch_tell_late(struct quoth_batch *batch)
{
    for (uint32_t i = 0; i < batch->doms.n; i++) {
        if (batch_dom(batch, i)->state == BATCH_DOM_FREE || !batch_dom(batch, i)->left)
            continue;
        batch_pend_back(batch, i);
        batch_dom_unwait(batch, i);
        batch_stop_all(batch, i, QUOTH_REASON_TIMEOUT, NULL);
    }
}

/* Nothing more is begun: it is stopped, or an error ended it, or all are told. */
static int batch_is_ending(struct quoth_batch *batch)
{
    if (!batch->stops && (batch->rc || (batch->closed && !quoth_batch_inside(batch))))
        batch->stops = 1;
    if (!batch->stops && batch->limit.run_ms && batch->now >= batch->start + batch->limit.run_ms)
        batch->stops = batch->late = 1;
    return batch->stops != 0;
}

/* Nothing can happen any more, and somebody is left: a fault of ours, told instead of hanging. */
static void batch_stuck(struct quoth_batch *batch)
{
    batch->rc = QUOTH_EINVAL;
    for (uint32_t i = 0; i < batch->doms.n; i++)
        if (batch_dom(batch, i)->state != BATCH_DOM_FREE && batch_dom(batch, i)->left) {
            batch_event(batch, "stuck: %u of %s are left, and it is %s", batch_dom(batch, i)->left,
                        batch_dom_name(batch, i),
                        batch_dom_state_name((enum batch_dom_state)batch_dom(batch, i)->state));
            return;
        }
}

int quoth_batch_turn(struct quoth_batch *batch, const uint32_t *moved, unsigned n)
{
    batch_happened(batch, moved, n);
    if (!batch_is_ending(batch)) {
        batch_step(batch);
        if (batch->closed && quoth_batch_inside(batch) && !batch->rc && batch_idle(batch))
            batch_stuck(batch);
        if (!batch_is_ending(batch))
            return 1;
    }
    batch_dest_leave(batch);
    if (batch_leave(batch)) {
        batch_talk_run(batch);
        batch_tick(batch);
        return 1;
    }
    if (batch->late && batch->stops == 1 && !batch->rc)
        batch_tell_late(batch);
    return batch->rc;
}

/* How many moved. */
static int batch_wait(struct quoth_batch *batch, uint32_t moved[BATCH_MOVED])
{
    int n = quoth_loop_wait(batch->loop, quoth_batch_due(batch), moved, BATCH_MOVED);

    if (n >= 0)
        return n;
    batch->rc = n;
    return 0;
}

int quoth_batch_run(struct quoth_batch *batch)
{
    uint32_t moved[BATCH_MOVED];
    unsigned n = 0;
    int rc;

    quoth_batch_close(batch);
    while ((rc = quoth_batch_turn(batch, moved, n)) > 0)
        n = (unsigned)batch_wait(batch, moved);
    batch->ticked = 0;
    batch_tick(batch);
    return rc;
}

void quoth_batch_stop(struct quoth_batch *batch)
{
    if (batch->stops < 2)
        batch->stops = batch->stops + 1;
    quoth_loop_wake(batch->loop);
}

struct quoth_loop *quoth_batch_loop(struct quoth_batch *batch) { return batch->loop; }

/* ---- a plan ------------------------------------------------------------- */

/* One step, of lookups alone. 1: there is more to come. */
static int batch_look_up(struct quoth_batch *batch, const uint32_t *moved, unsigned n)
{
    batch_happened(batch, moved, n);
    batch_step(batch);
    return !batch->rc && !batch->stops &&
           (batch->look_free_n != batch->looks || batch->wait_n || batch->sweep_at != QUOTH_NEVER ||
            quoth_due_next(&batch->dom_due, NULL) != QUOTH_NEVER);
}

/* All is looked up: the figures. */
static void batch_plan_sum(struct quoth_batch *batch, struct quoth_batch_plan *plan)
{
    uint64_t longest = 0, gap = batch->limit.gap_ms + batch->limit.gap_ms / 8;

    plan->addresses = batch->total;
    plan->domains = batch->doms.live;
    plan->destinations = batch->dests.live;
    for (uint32_t i = 0; i < batch->dests.n; i++) {
        struct batch_dest *host = batch_dest(batch, i);
        uint64_t ms =
            host->short_until * (gap > 1000 ? gap : 1000) / (batch->limit.pace_off ? 64 : 1);
        if (ms > longest)
            longest = ms;
        host->short_until = 0;
    }
    for (uint32_t i = 0; i < batch->doms.n; i++) /* and it may be run then */
        if (batch_dom(batch, i)->left)
            batch_dom_wait(batch, i);
    /* A conversation takes a second or so; as many at once as may be open. */
    plan->seconds = plan->conversations / batch->limit.open + 1;
    if (longest / 1000 > plan->seconds)
        plan->seconds = longest / 1000;
}

int quoth_batch_plan(struct quoth_batch *batch, struct quoth_batch_plan *plan)
{
    uint32_t moved[BATCH_MOVED];
    unsigned n = 0;

    memset(plan, 0, sizeof *plan);
    batch->plan = plan;
    while (batch_look_up(batch, moved, n))
        n = (unsigned)batch_wait(batch, moved);
    batch->plan = NULL;
    batch_plan_sum(batch, plan);
    return batch->rc;
}

int quoth_batch_plan_turn(struct quoth_batch *batch, struct quoth_batch_plan *plan)
{
    uint32_t moved[BATCH_MOVED];
    const int n = quoth_loop_wait(batch->loop, 0, moved, BATCH_MOVED);

    if (n < 0)
        return n;
    batch->plan = plan;
    if (batch_look_up(batch, moved, (unsigned)n))
        return 1;
    batch->plan = NULL;
    batch_plan_sum(batch, plan);
    return batch->rc;
}

/* ---- how it stands ------------------------------------------------------ */

/* Keep the four that hold most addresses back, most first. */
static void batch_held(const struct quoth_batch *batch, const struct batch_dest *host,
                       struct quoth_batch_stats *stats)
{
    struct quoth_batch_held held = {.reason = host->pace.reason, .addresses = host->left};
    int i = 3;

    stats->held_n++;
    held.until_ms = host->pace.next == QUOTH_NEVER ? QUOTH_NEVER : host->pace.next - batch->now;
    quoth_ip_text(&host->ip, held.ip, sizeof held.ip);
    if (stats->held[3].addresses >= held.addresses && stats->held_n > 4)
        return;
    while (i > 0 && stats->held[i - 1].addresses < held.addresses) {
        stats->held[i] = stats->held[i - 1];
        i--;
    }
    if (i < 3 || stats->held[3].addresses <= held.addresses)
        stats->held[i] = held;
}

const uint64_t *quoth_batch_answers(const struct quoth_batch *batch) { return batch->answers; }

void quoth_batch_stats(const struct quoth_batch *batch, struct quoth_batch_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    stats->total = batch->total;
    stats->done = batch->told;
    memcpy(stats->verdict, batch->verdict, sizeof stats->verdict);
    stats->lookups = batch->lookups;
    stats->conversations = batch->conversations;
    stats->decoys = batch->decoys;
    stats->waiting = batch->waiting;
    stats->inside = quoth_batch_inside(batch);
    stats->dropped = batch->dropped;
    stats->domains = batch->doms.live;
    stats->destinations = batch->dests.live;
    stats->open = batch_open(batch);
    for (uint32_t i = 0; i < batch->dests.n; i++) {
        const struct batch_dest *host = batch_dest(batch, i);
        if (host->state != BATCH_DEST_FREE && host->pace.reason && host->pace.next > batch->now &&
            host->left)
            batch_held(batch, host, stats);
    }
    stats->elapsed_ms = batch->now - batch->start;
    stats->memory = batch->memory + (batch->hooks.loop ? 0 : quoth_loop_memory(batch->loop)) +
                    quoth_due_memory(&batch->slots) + quoth_due_memory(&batch->dom_due) +
                    quoth_due_memory(&batch->dest_due);
    for (int i = 0; i < QUOTH_SERVERS_MAX; i++)
        if (batch->pool[i])
            stats->memory += quoth_pool_memory(batch->pool[i]);
}

/* ---- beginning and end -------------------------------------------------- */

static uint16_t batch_or(uint32_t x, uint32_t usual) { return (uint16_t)(x ? x : usual); }

static void batch_limits(struct quoth_batch_limits *limits, int tcp)
{
    static const uint32_t pass_ms[3] = {5 * 60000, 15 * 60000, 60 * 60000};
    uint32_t spare = QUOTH_POOL_SOCKETS + BATCH_TCP + 32 + limits->others;
    uint32_t most = quoth_loop_descriptors();

    most = most > spare + 1 ? most - spare : 1;
    if (!limits->open)
        limits->open = 1000;
    if (limits->open > most)
        limits->open = most;
    limits->per_session = batch_or(limits->per_session, 50);
    limits->refused = batch_or(limits->refused, 5);
    limits->scout = batch_or(limits->scout, 4);
    limits->per_host = batch_or(limits->per_host, limits->pace_off ? UINT16_MAX : 1);
    limits->per_net = batch_or(limits->per_net, limits->pace_off ? UINT16_MAX : 2);
    if (!limits->gap_ms && !limits->pace_off)
        limits->gap_ms = QUOTH_BATCH_GAP_MS;
    if (!limits->per_domain_hour)
        limits->per_domain_hour = limits->pace_off ? UINT32_MAX : 60;
    if (!limits->lookups)
        limits->lookups = quoth_pool_capacity();
    if (tcp && limits->lookups > BATCH_TCP)
        limits->lookups = BATCH_TCP;
    if (!limits->passes || limits->passes > 3)
        limits->passes = 3;
    if (limits->no_wait)
        limits->passes = 0;
    if (!limits->remember)
        limits->remember = BATCH_REMEMBER;
    for (int i = 0; i < 3; i++)
        if (!limits->pass_ms[i] || limits->pass_ms[i] > BATCH_DAY_MS)
            limits->pass_ms[i] = pass_ms[i];
}

static int batch_set_up(struct quoth_batch *batch)
{
    uint8_t seed[16];
    uint32_t pools; /* the numbers behind the links */

    if (quoth_loop_descriptors() < BATCH_FILES) {
        errno = EMFILE;
        return 0;
    }
    if (quoth_loop_port.random(seed, sizeof seed) < 0)
        return 0;
    quoth_random_seed(&batch->rnd, seed);
    batch->k0 = quoth_random_next(&batch->rnd);
    batch->k1 = quoth_random_next(&batch->rnd);
    batch->start = batch->now = quoth_loop_port.now();
    batch->turn_until = QUOTH_NEVER;
    batch->doms.size = sizeof(struct batch_dom);
    batch->dests.size = sizeof(struct batch_dest);
    batch->nets.size = sizeof(struct batch_net);
    batch->family.size = sizeof(struct batch_family);
    batch->doms.free = batch->dests.free = batch->nets.free = batch->family.free = BATCH_NONE;
    batch->ready[BATCH_LIST].head = batch->ready[BATCH_URGENT].head = BATCH_NONE;
    batch->run.head = batch->marked.head = BATCH_NONE;
    for (int i = 0; i < BATCH_JUDGED; i++)
        batch->judged[i].mx = BATCH_NONE;
    batch_limits(&batch->limit, batch->conf->resolver && batch->conf->resolver->tcp);
    batch->loop = batch->hooks.loop;
    if (!batch->loop)
        batch->loop = quoth_loop_new(batch->limit.open + BATCH_TCP);
    else if (quoth_loop_links(batch->loop, batch->limit.open + BATCH_TCP, &batch->link) < 0)
        return 0;
    return batch->loop &&
           quoth_loop_numbers(batch->loop, QUOTH_SERVERS_MAX * QUOTH_POOL_SOCKETS, &pools) ==
               QUOTH_OK &&
           batch_talk_new(batch) == QUOTH_OK && batch_look_new(batch) == QUOTH_OK &&
           quoth_due_reserve(&batch->slots, batch->limit.open + batch->looks) == QUOTH_OK;
}

struct quoth_batch *quoth_batch_new(const struct quoth_conf *conf,
                                    const struct quoth_batch_limits *limits,
                                    const struct quoth_batch_tls *tls,
                                    const struct quoth_batch_hooks *hooks)
{
    struct quoth_batch *batch = calloc(1, sizeof *batch);

    if (!batch)
        return NULL;
    batch->memory = sizeof *batch;
    batch->sweep_at = QUOTH_NEVER;
    batch->conf = conf;
    batch->hooks = *hooks;
    if (limits)
        batch->limit = *limits;
    if (tls)
        batch->tls = *tls;
    if (batch_set_up(batch))
        return batch;
    quoth_batch_free(batch);
    if (!errno)
        errno = ENOMEM;
    return NULL;
}

const struct quoth_batch_limits *quoth_batch_effective(const struct quoth_batch *batch)
{
    return &batch->limit;
}

void quoth_batch_free(struct quoth_batch *batch)
{
    if (!batch)
        return;
    batch_talk_free(batch);
    batch_look_free(batch);
    batch_store_free(batch);
    quoth_due_free(&batch->slots);
    quoth_due_free(&batch->dom_due);
    quoth_due_free(&batch->dest_due);
    if (!batch->hooks.loop)
        quoth_loop_free(batch->loop);
    free(batch);
}
