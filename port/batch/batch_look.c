/* batch_look.c - a domain's mail hosts are looked up, until there is an address to call.
 *
 *   look -> hosts --CALL: an address not tried yet--> its destination's queue
 *           ^ | `---STOP: why--> results
 *           | | ASK
 *           | +--> known: its cache
 *           | +--> being asked by another: wait for that
 *           +-+--> asked: a lookup, over the shared sockets
 *
 * The search itself is core's hosts.c, as for a single address; here its questions are answered. A
 * question is asked once: answers are kept for their TTL, and who asks what is being asked waits
 * for it. A search that goes on later, when a call brought nothing, is begun anew from its trail.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum { LOOK_IDLE, LOOK_ASKED, LOOK_ANSWERED }; /* batch_look.live */
enum { LOOK_BIG = 65536, LOOK_SOON_MS = 20, LOOK_PORT = 53 };
enum { LOOK_FRESH_MIN = 300, LOOK_FRESH_MAX = 86400 }; /* s */

static void look_go(struct quoth_batch *batch, uint32_t i);
static void look_late(struct quoth_batch *batch, uint32_t i);

static uint64_t look_until(const struct quoth_batch *batch, uint32_t i)
{
    const struct batch_look *look = batch->look[i];
    return batch_until(batch, batch_dom(batch, look->dom)) - (batch->now - look->start);
}

/* ---- the end of a lookup ------------------------------------------------ */

static uint32_t look_done(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];

    batch_dom(batch, look->dom)->look_ms += (uint32_t)(batch->now - look->start);
    look->live = LOOK_IDLE;
    batch->look_free[batch->look_free_n++] = i;
    quoth_due_drop(&batch->slots, batch->limit.open + i);
    batch_dom(batch, look->dom)->state = BATCH_DOM_REST;
    return look->dom;
}

static void look_stop(struct quoth_batch *batch, uint32_t i, enum quoth_reason stop)
{
    uint32_t dom = look_done(batch, i);
    struct batch_dom *domain = batch_dom(batch, dom);
    struct quoth_route found; /* results may lead to another lookup in the same place */

    if (batch->plan) {
        if (stop == QUOTH_REASON_DNS_FAILURE)
            batch->plan->unresolved++;
        else
            batch->plan->no_mail++;
        return;
    }
    found = batch->look[i]->hosts.route;
    if (stop == QUOTH_REASON_NONE)
        batch_end_fail(batch, dom);
    else
        batch_stop_all(batch, dom, stop, &found);
    batch_dom_clear(batch, domain);
}

/* ---- one question ------------------------------------------------------- */

static struct quoth_cache *look_cache(struct quoth_batch *batch, uint16_t type)
{
    return type == QUOTH_DNS_MX ? &batch->mxs : &batch->hosts;
}

static void look_start(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];
    const struct quoth_question question = {&look->name, look->type, 0};
    uint64_t seed[2] = {quoth_random_next(&batch->rnd), quoth_random_next(&batch->rnd)};

    batch->lookups++;
    quoth_lookup_start(&look->l, batch->conf->resolver, &question, (const uint8_t *)seed,
                       batch->now);
    quoth_lookup_limit(&look->l, look->questions);
    quoth_lookup_lend(&look->l, look, 0); /* a promise: see look_ready() */
}

/* Who is asking what this one wants to know? */
static uint32_t look_asker(const struct quoth_batch *batch, uint32_t i)
{
    const struct batch_look *look = batch->look[i];

    for (uint32_t j = 0; j < batch->looks; j++) {
        const struct batch_look *other = batch->look[j];
        if (j != i && other && other->live == LOOK_ASKED && other->type == look->type &&
            other->name.n == look->name.n && !memcmp(other->name.b, look->name.b, look->name.n))
            return j;
    }
    return BATCH_NONE;
}

/* 1: the answer is known. 0: it is asked for, by this one or another; look_over() or look_wake()
 * goes on. */
static int look_question(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];
    uint32_t asker;
    int rc = quoth_cache_get(look_cache(batch, look->type), &look->name, look->type, batch->now,
                             &look->hosts.route);

    look->live = LOOK_ANSWERED;
    if (rc == 1)
        return 1;
    asker = rc == QUOTH_AGAIN ? look_asker(batch, i) : BATCH_NONE;
    if (asker != BATCH_NONE) {
        look->next = batch->look[asker]->waiters;
        batch->look[asker]->waiters = i;
        return 0;
    }
    look->live = LOOK_ASKED;
    look_start(batch, i);
    look_go(batch, i);
    return 0;
}

/* ---- the search --------------------------------------------------------- */

/* What a domain keeps of its search; `connects` and `sessions` are counted when a call is over. */
static struct quoth_trail look_trail(const struct batch_dom *domain)
{
    return (struct quoth_trail) {.mx = domain->mx_state,
                                 .dns = domain->dns,
                                 .flags = domain->flags,
                                 .queries = domain->queries,
                                 .connects = domain->connects,
                                 .sessions = domain->sessions};
}

static void look_keep(struct batch_dom *domain, const struct quoth_trail *trail)
{
    domain->mx_state = trail->mx;
    domain->dns = trail->dns;
    domain->flags = trail->flags;
    domain->queries = trail->queries;
}

static void look_found(struct quoth_batch *batch, uint32_t i, const struct quoth_call *call)
{
    struct batch_look *look = batch->look[i];
    const struct quoth_route *route = &look->hosts.route;
    uint32_t dom = look_done(batch, i);
    struct batch_dom *domain = batch_dom(batch, dom);
    uint32_t dest = batch_dest_of(batch, &call->peer.ip, domain->own ? call->peer.port : 0);
    uint32_t ttl = look->ttl > LOOK_FRESH_MIN ? look->ttl : LOOK_FRESH_MIN;

    if (dest == BATCH_NONE) {
        domain->reroute = 1;
        return;
    }
    domain->pref = route->host[look->hosts.host].pref;
    domain->flags &= (uint8_t)~QUOTH_EVID_NOT_BEST;
    if (domain->pref != route->host[0].pref)
        domain->flags |= QUOTH_EVID_NOT_BEST;
    batch_trace_hosts(batch, look, dest);
    domain->fresh = batch_seconds(batch, batch->now + (uint64_t)ttl * 1000);
    domain->looked = quoth_hosts_looked_up(&look->hosts) != 0;
    batch_dom_route(batch, dom, dest, call->host);
}

/* The question in hand is answered; it took so many. */
static void look_known(struct quoth_batch *batch, uint32_t i, unsigned asked)
{
    struct batch_look *look = batch->look[i];

    if (look->hosts.route.ttl < look->ttl)
        look->ttl = look->hosts.route.ttl;
    quoth_hosts_answered(&look->hosts, asked, &batch->rnd);
    if (look->type == QUOTH_DNS_MX)
        batch_looked(batch, look->hosts.trail.mx != QUOTH_MX_FAILED);
}

/* Do what the search wants, as long as the answers are known. */
static void look_follow(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];
    struct quoth_hosts_want want;

    for (;;) {
        look_keep(batch_dom(batch, look->dom), &look->hosts.trail);
        quoth_hosts_want(&look->hosts, &want);
        switch (want.kind) {
        case QUOTH_HOSTS_STOP: look_stop(batch, i, want.stop); return;
        case QUOTH_HOSTS_CALL: look_found(batch, i, &want.call); return;
        case QUOTH_HOSTS_ASK: break;
        }
        look->name = want.name;
        look->type = want.type;
        look->questions = want.questions;
        if (!look_question(batch, i))
            return;
        look_known(batch, i, 1);
    }
}

static struct batch_look *look_slot(struct quoth_batch *batch, uint32_t i)
{
    if (!batch->look[i])
        batch->look[i] = batch_alloc(batch, sizeof *batch->look[i]);
    return batch->look[i];
}

void batch_look(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct quoth_trail trail;
    struct batch_look *look;
    uint32_t i;

    domain->reroute = 0;
    if (domain->state != BATCH_DOM_REST || batch->rc)
        return;
    if (!batch->look_free_n ||
        !look_slot(batch, batch->look_free[batch->look_free_n - 1])) { /* a moment later */
        domain->reroute = 1;
        batch_dom_later(batch, dom, batch->now + LOOK_SOON_MS);
        return;
    }
    i = batch->look_free[--batch->look_free_n];
    look = batch->look[i];
    memset(look, 0, sizeof *look);
    look->dom = dom;
    look->start = batch->now;
    look->next = look->waiters = BATCH_NONE;
    look->socket = -1;
    domain->state = BATCH_DOM_LOOKING;
    if (!domain->connects)
        domain->look_ms = domain->queries = domain->sessions = 0;
    look->ttl = LOOK_FRESH_MAX;
    trail = look_trail(domain);
    quoth_hosts_go_on(&look->hosts, &trail, domain->extra ? domain->extra->tried : NULL);
    quoth_hosts_start(&look->hosts, batch_conf(batch, batch_dom_name(batch, dom)),
                      batch_dom_name(batch, dom));
    look_follow(batch, i);
}

/* ---- on the wire -------------------------------------------------------- */

static void look_file(struct quoth_batch *batch, uint32_t i)
{
    uint32_t *head = &batch->look_id[batch->look[i]->l.id % BATCH_ID_SLOTS];

    batch->look[i]->next = *head;
    *head = i;
}

static void look_unfile(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];
    uint32_t *p = &batch->look_id[look->l.id % BATCH_ID_SLOTS];

    while (*p != BATCH_NONE && *p != i)
        p = &batch->look[*p]->next;
    if (*p == i)
        *p = look->next;
    quoth_pool_over(batch->pool[look->server], (unsigned)look->socket);
    look->socket = -1;
}

static int look_server(const struct quoth_batch *batch, const struct quoth_peer *peer)
{
    const struct quoth_resolver *resolver = batch->conf->resolver;

    for (int s = 0; s < resolver->servers && s < QUOTH_SERVERS_MAX; s++) {
        const struct quoth_peer *p = &resolver->server[s].peer;
        if ((p->port ? p->port : LOOK_PORT) == peer->port && p->ip.len == peer->ip.len &&
            !memcmp(p->ip.b, peer->ip.b, p->ip.len))
            return s;
    }
    return 0;
}

static int look_send(struct quoth_batch *batch, uint32_t i, const struct quoth_want *want,
                     struct quoth_event *ev)
{
    struct batch_look *look = batch->look[i];
    int s = look_server(batch, &want->peer), rc;

    if (!batch->pool[s])
        batch->pool[s] = quoth_pool_new(batch->loop, &want->peer,
                                        batch->link + batch->limit.open + BATCH_TCP +
                                            (uint32_t)s * QUOTH_POOL_SOCKETS);
    rc = batch->pool[s] ? quoth_pool_send(batch->pool[s], want->out, want->n) : QUOTH_ESPACE;
    if (rc == QUOTH_AGAIN || rc == QUOTH_ESPACE) /* what we lack is no answer of the server */
        return QUOTH_AGAIN;
    ev->kind = rc < 0 ? QUOTH_EV_FAIL : QUOTH_EV_SENT;
    ev->err = rc < 0 ? (enum quoth_err)rc : QUOTH_OK;
    ev->n = want->n;
    if (rc >= 0) {
        look->server = (uint8_t)s;
        look->socket = (int16_t)rc;
        look_file(batch, i);
    }
    return 1;
}

/* A link and 64 KB, of which there are few. */
static int look_borrow(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];

    for (uint8_t t = 0; t < BATCH_TCP && !look->tcp; t++) {
        if (batch->tcp_used[t])
            continue;
        look->big = batch_alloc(batch, LOOK_BIG);
        if (!look->big)
            return 0;
        batch->tcp_used[t] = 1;
        look->tcp = (uint8_t)(t + 1);
        look->wire = (struct quoth_wire) {
            &quoth_loop_port, quoth_loop_link(batch->loop, batch->link + batch->limit.open + t),
            NULL, NULL, 0};
        quoth_lookup_lend(&look->l, look->big, LOOK_BIG);
    }
    return look->tcp != 0;
}

static void look_release(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];

    if (look->socket >= 0)
        look_unfile(batch, i);
    if (!look->tcp)
        return;
    quoth_loop_port.close(look->wire.link);
    batch_free(batch, look->big, LOOK_BIG);
    batch->tcp_used[look->tcp - 1] = 0;
    look->big = NULL;
    look->tcp = 0;
}

/* Is there what it takes? A try over TCP begins when one of our few links is free for it. */
static int look_ready(struct quoth_batch *batch, uint32_t i, struct quoth_want *want)
{
    struct batch_look *look = batch->look[i];

    if (want->kind != QUOTH_WANT_OPEN || look->tcp)
        return 1;
    if (!look_borrow(batch, i))
        return 0;
    quoth_lookup_begin(&look->l, batch->now);
    quoth_lookup_want(&look->l, want);
    return 1;
}

static int look_do(struct quoth_batch *batch, uint32_t i, const struct quoth_want *want,
                   struct quoth_event *ev)
{
    static const struct quoth_event none;
    struct batch_look *look = batch->look[i];
    uint8_t buf[QUOTH_DNS_MAX + 1];
    int rc = QUOTH_AGAIN;

    *ev = none;
    ev->now = batch->now;
    if (want->kind == QUOTH_WANT_CLOSE) {
        look_release(batch, i);
        ev->kind = QUOTH_EV_DOWN;
        batch_trace_look(batch, look, want, ev);
        return quoth_lookup_feed(&look->l, ev, &look->hosts.route);
    }
    if (want->kind == QUOTH_WANT_DGRAM)
        rc = look_send(batch, i, want, ev);
    else if (look->tcp)
        rc = quoth_wire_do(&look->wire, want, buf, sizeof buf, ev);
    if (rc == QUOTH_AGAIN && batch->now >= want->deadline) {
        ev->kind = QUOTH_EV_TIME;
        rc = 1;
    }
    if (rc == QUOTH_AGAIN)
        return rc;
    batch_trace_look(batch, look, want, ev);
    return quoth_lookup_feed(&look->l, ev, &look->hosts.route);
}

/* Those that wanted to know what this one asked. */
static void look_wake(struct quoth_batch *batch, uint32_t waiters)
{
    while (waiters != BATCH_NONE) {
        uint32_t x = waiters;
        waiters = batch->look[x]->next;
        if (batch->now >= look_until(batch, x))
            look_late(batch, x);
        else if (look_question(batch, x)) {
            look_known(batch, x, 1);
            look_follow(batch, x);
        }
    }
}

/* The time of its addresses is over. */
static void look_late(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];
    struct batch_note note = {.phase = QUOTH_PHASE_DNS, .err = QUOTH_ETIME}, *have;
    struct batch_extra *extra = batch_dom_extra(batch, batch_dom(batch, look->dom));
    uint32_t waiters = look->waiters;

    look_release(batch, i);
    look->hosts.route.answer = QUOTH_ANSWER_NONE;
    batch->answers[QUOTH_ANSWER_TIMEOUT] += look->live == LOOK_ASKED;
    if (look->live == LOOK_ASKED)
        quoth_cache_put(look_cache(batch, look->type), &look->name, look->type, &look->hosts.route,
                        batch->now);
    look->waiters = BATCH_NONE;
    have = extra ? extra->note : NULL;
    if (!have)
        batch_note(batch, look->dom, &note, "");
    else if (!have->said.code)
        have->err = QUOTH_ETIME;
    look_stop(batch, i, batch->plan ? QUOTH_REASON_DNS_FAILURE : QUOTH_REASON_NONE);
    look_wake(batch, waiters);
}

/* For whoever asks next. That this one may not ask further is no answer for others. */
static void look_put(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];
    struct quoth_route *route = &look->hosts.route;
    uint8_t answer = route->answer;

    if (answer == QUOTH_ANSWER_ALIAS_LOOP && look->l.asked == look->l.may)
        route->answer = QUOTH_ANSWER_NONE;
    quoth_cache_put(look_cache(batch, look->type), &look->name, look->type, route, batch->now);
    route->answer = answer;
}

static void look_over(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];
    uint32_t waiters = look->waiters;

    batch->answers[look->hosts.route.answer]++;
    look_put(batch, i);
    look->waiters = BATCH_NONE;
    look->live = LOOK_ANSWERED;
    look_known(batch, i, look->l.asked);
    look_follow(batch, i);
    look_wake(batch, waiters);
}

static void look_go(struct quoth_batch *batch, uint32_t i)
{
    struct batch_look *look = batch->look[i];
    struct quoth_want want;
    struct quoth_event ev;
    uint64_t until = look_until(batch, i);

    for (;;) {
        quoth_lookup_want(&look->l, &want);
        if (want.kind == QUOTH_WANT_DONE) {
            look_over(batch, i);
            return;
        }
        if (batch->now >= until) {
            look_late(batch, i);
            return;
        }
        if (!look_ready(batch, i, &want) || look_do(batch, i, &want, &ev) < 0)
            break;
    }
    /* One that waits for a socket of ours */
    if (want.kind == QUOTH_WANT_DGRAM && want.deadline > batch->now + LOOK_SOON_MS)
        want.deadline = batch->now + LOOK_SOON_MS;
    if (want.kind == QUOTH_WANT_OPEN && !look->tcp)
        want.deadline = batch->now + LOOK_SOON_MS;
    if (want.deadline > until)
        want.deadline = until;
    batch_due_set(batch, &batch->slots, batch->limit.open + i,
                  want.deadline); /* there is room for all */
}

void batch_look_due(struct quoth_batch *batch, uint32_t i)
{
    if (batch->look[i] && batch->look[i]->live == LOOK_ASKED)
        look_go(batch, i);
}

void batch_look_moved(struct quoth_batch *batch, uint32_t link)
{
    for (uint32_t i = 0; i < batch->looks; i++)
        if (batch->look[i] && batch->look[i]->live == LOOK_ASKED &&
            batch->look[i]->tcp == link - batch->limit.open + 1) {
            look_go(batch, i);
            return;
        }
}

/* The server said no to a whole socket: all that went by it have failed. */
static void look_refused(struct quoth_batch *batch, unsigned server, int socket, int rc)
{
    struct quoth_event ev = {.kind = QUOTH_EV_FAIL, .now = batch->now, .err = (enum quoth_err)rc};

    for (uint32_t i = 0; i < batch->looks; i++) {
        struct batch_look *look = batch->look[i];
        if (!look || look->live != LOOK_ASKED || look->socket != socket || look->server != server)
            continue;
        if (quoth_lookup_feed(&look->l, &ev, &look->hosts.route) == QUOTH_OK)
            look_go(batch, i);
    }
}

static void look_datagram(struct quoth_batch *batch, unsigned server, int socket,
                          const struct quoth_dgram *dgram)
{
    struct quoth_event ev = {
        .kind = QUOTH_EV_DATA, .now = batch->now, .data = dgram->p, .n = dgram->n};
    uint16_t id;

    if (dgram->n < 2)
        return;
    id = (uint16_t)(dgram->p[0] << 8 | dgram->p[1]);
    ev.from = batch->conf->resolver->server[server].peer;
    if (!ev.from.port)
        ev.from.port = LOOK_PORT;
    for (uint32_t i = batch->look_id[id % BATCH_ID_SLOTS]; i != BATCH_NONE;
         i = batch->look[i]->next) {
        struct batch_look *look = batch->look[i];
        struct quoth_want want;
        if (look->l.id != id || look->socket != socket || look->server != server)
            continue;
        if (batch->traced) {
            quoth_lookup_want(&look->l, &want);
            batch_trace_look(batch, look, &want, &ev);
        }
        if (quoth_lookup_feed(&look->l, &ev, &look->hosts.route) != QUOTH_OK)
            continue;
        look_go(batch, i);
        return;
    }
}

void batch_look_came(struct quoth_batch *batch, unsigned server, unsigned socket)
{
    struct quoth_dgram got[QUOTH_POOL_BURST];
    int n = server < QUOTH_SERVERS_MAX && batch->pool[server]
                ? quoth_pool_recv(batch->pool[server], socket, got)
                : 0;

    if (n < 0)
        look_refused(batch, server, (int)socket, n);
    for (int j = 0; j < n; j++)
        look_datagram(batch, server, (int)socket, &got[j]);
}

void batch_look_flush(struct quoth_batch *batch)
{
    for (int s = 0; s < QUOTH_SERVERS_MAX; s++)
        if (batch->pool[s])
            quoth_pool_flush(batch->pool[s]);
}

int batch_look_new(struct quoth_batch *batch)
{
    const struct quoth_resolver *resolver = batch->conf->resolver;
    uint64_t seed[2] = {quoth_random_next(&batch->rnd), quoth_random_next(&batch->rnd)};

    batch->looks = batch->limit.lookups;
    if (resolver && resolver->tcp && batch->looks > BATCH_TCP)
        batch->looks = BATCH_TCP;
    batch->look = batch_alloc(batch, batch->looks * sizeof *batch->look);
    batch->look_free = batch_alloc(batch, batch->looks * sizeof *batch->look_free);
    batch->cache_slots =
        batch_alloc(batch, (BATCH_HOST_CACHE + BATCH_MX_CACHE) * sizeof *batch->cache_slots);
    if (!batch->look || !batch->look_free || !batch->cache_slots)
        return QUOTH_ESPACE;
    for (uint32_t i = batch->looks; i-- > 0;)
        batch->look_free[batch->look_free_n++] = i;
    for (int i = 0; i < BATCH_ID_SLOTS; i++)
        batch->look_id[i] = BATCH_NONE;
    quoth_cache_init(&batch->hosts, batch->cache_slots, BATCH_HOST_CACHE, (const uint8_t *)seed);
    quoth_cache_init(&batch->mxs, batch->cache_slots + BATCH_HOST_CACHE, BATCH_MX_CACHE,
                     (const uint8_t *)seed);
    return QUOTH_OK;
}

void batch_look_free(struct quoth_batch *batch)
{
    for (uint32_t i = 0; batch->look && i < batch->looks; i++) {
        struct batch_look *look = batch->look[i];
        if (look && look->tcp)
            quoth_loop_port.close(look->wire.link);
        if (look)
            free(look->big);
        free(look);
    }
    for (int s = 0; s < QUOTH_SERVERS_MAX; s++)
        quoth_pool_free(batch->pool[s]);
    free(batch->look);
    free(batch->look_free);
    free(batch->cache_slots);
}
