/* batch_look.c - a domain's mail hosts: MX, A, AAAA, until there is an address to call.
 *
 *   look -> MX -> host -> A -> AAAA -> an address not tried yet -> its destination's queue
 *                  ^______________|        none left: what was learnt on the way is the result
 *
 * The same order and the same limits as core's verify.c, for a domain instead of an address. A
 * question is asked once: answers are kept for their TTL, and who asks what is being asked waits
 * for it.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum { LOOK_RODE = 1, LOOK_A = 2, LOOK_AAAA = 4 }; /* asked, of this host */
enum { LOOK_NOT, LOOK_ASKED, LOOK_ANSWERED };
enum { LOOK_BIG = 65536, LOOK_SOON_MS = 20, LOOK_PORT = 53, LOOK_FRESH_MIN = 300 };

static void look_go(struct quoth_batch *b, uint32_t i);
static void look_next(struct quoth_batch *b, uint32_t i);
static void look_late(struct quoth_batch *b, uint32_t i);

static uint64_t look_until(const struct quoth_batch *b, uint32_t i)
{
    const struct batch_look *k = b->look[i];
    return batch_until(b, batch_dom(b, k->dom)) - (b->now - k->start);
}

/* ---- the end of a lookup ------------------------------------------------ */

static uint32_t look_done(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];

    batch_dom(b, k->dom)->look_ms += (uint32_t)(b->now - k->start);
    k->live = 0;
    b->look_free[b->look_free_n++] = i;
    quoth_due_drop(&b->slots, b->limit.open + i);
    batch_dom(b, k->dom)->state = BATCH_DOM_REST;
    return k->dom;
}

static void look_stop(struct quoth_batch *b, uint32_t i, enum quoth_reason stop)
{
    uint32_t dom = look_done(b, i);
    struct batch_dom *d = batch_dom(b, dom);

    if (b->plan) {
        if (stop == QUOTH_REASON_DNS_FAILURE)
            b->plan->unresolved++;
        else
            b->plan->no_mail++;
        return;
    }
    if (stop == QUOTH_REASON_NONE)
        batch_end_fail(b, dom);
    else
        batch_stop_all(b, dom, stop);
    batch_dom_clear(b, d);
}

/* ---- one question ------------------------------------------------------- */

static struct quoth_cache *look_cache(struct quoth_batch *b, uint16_t type)
{
    return type == QUOTH_DNS_MX ? &b->mxs : &b->hosts;
}

static void look_start(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    uint64_t seed[2] = {quoth_random_next(&b->rnd), quoth_random_next(&b->rnd)};

    b->lookups++;
    quoth_lookup_start(&k->l, b->conf->resolver, &k->name, k->type, (const uint8_t *)seed, b->now);
}

/* Who is asking what this one wants to know? */
static uint32_t look_asker(const struct quoth_batch *b, uint32_t i)
{
    const struct batch_look *k = b->look[i];

    for (uint32_t j = 0; j < b->looks; j++) {
        const struct batch_look *o = b->look[j];
        if (j != i && o && o->live == LOOK_ASKED && o->type == k->type && o->name.n == k->name.n &&
            !memcmp(o->name.b, k->name.b, k->name.n))
            return j;
    }
    return BATCH_NONE;
}

/* live: 1 asking, 2 waiting for another. */
static int look_question(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    uint32_t asker;
    int rc = quoth_cache_get(look_cache(b, k->type), &k->name, k->type, b->now, &k->route);

    k->live = LOOK_ANSWERED;
    if (rc == 1)
        return LOOK_ANSWERED;
    asker = rc == QUOTH_AGAIN ? look_asker(b, i) : BATCH_NONE;
    if (asker != BATCH_NONE) {
        k->next = b->look[asker]->waiters;
        b->look[asker]->waiters = i;
        return LOOK_ASKED;
    }
    k->live = LOOK_ASKED;
    look_start(b, i);
    look_go(b, i);
    return LOOK_ASKED;
}

static int look_ask(struct quoth_batch *b, uint32_t i, const char *text, uint16_t type)
{
    struct batch_look *k = b->look[i];
    struct batch_dom *d = batch_dom(b, k->dom);

    if (d->queries >= QUOTH_QUERIES_MAX || !b->conf->resolver ||
        quoth_name_parse(&k->name, text, strlen(text)) < 0)
        return LOOK_NOT;
    d->queries++;
    k->type = type;
    return look_question(b, i);
}

/* ---- what is made of an answer; see verify.c ---------------------------- */

/* Does the operator of the best exchanger not want to be asked (G10)? */
static int look_skipped(const struct quoth_batch *b, const struct quoth_route *route)
{
    const char *host = quoth_mx_name(route, 0);
    size_t n = strlen(host);

    for (const char *const *s = b->limit.skip; s && *s; s++) {
        size_t m = strlen(*s);
        if (n >= m && !strcmp(host + n - m, *s) && (n == m || host[n - m - 1] == '.'))
            return 1;
    }
    return 0;
}

static void look_mx_known(struct quoth_batch *b, uint32_t i)
{
    static const uint8_t stop_of[QUOTH_MX_STATES] = {
        [QUOTH_MX_NULL] = QUOTH_REASON_NULL_MX,
        [QUOTH_MX_NODOMAIN] = QUOTH_REASON_NO_SUCH_DOMAIN,
        [QUOTH_MX_UNUSABLE] = QUOTH_REASON_MX_UNRESOLVABLE,
        [QUOTH_MX_FAILED] = QUOTH_REASON_DNS_FAILURE,
    };
    struct batch_look *k = b->look[i];
    struct batch_dom *d = batch_dom(b, k->dom);

    k->ttl = k->route.ttl;
    d->dns = k->route.answer;
    d->mx_state = (uint8_t)quoth_mx_order(&k->route, batch_dom_name(b, k->dom), &b->rnd);
    if (k->route.flags & (QUOTH_ROUTE_CUT | QUOTH_ROUTE_SKIPPED))
        d->flags |= QUOTH_EVID_DNS_PARTIAL;
    batch_looked(b, d->mx_state != QUOTH_MX_FAILED);
    if (stop_of[d->mx_state]) {
        look_stop(b, i, (enum quoth_reason)stop_of[d->mx_state]);
        return;
    }
    if (d->mx_state == QUOTH_MX_HOSTS && b->conf->smtp.helo &&
        quoth_mx_drop_self(&k->route, b->conf->smtp.helo) && k->route.n == 0) {
        look_stop(b, i, QUOTH_REASON_SELF);
        return;
    }
    if (look_skipped(b, &k->route)) {
        look_stop(b, i, QUOTH_REASON_PROVIDER_POLICY);
        return;
    }
    k->ip = k->route.ip_n; /* what rode along belongs to named hosts: see host[].ip */
    look_next(b, i);
}

static void look_addresses_known(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    struct batch_dom *d = batch_dom(b, k->dom);
    unsigned answer = k->route.answer;

    if (answer != QUOTH_ANSWER_DATA) {
        k->route.ip_n = 0;
        if (answer != QUOTH_ANSWER_NODATA && answer != QUOTH_ANSWER_NXDOMAIN)
            d->flags |= QUOTH_EVID_DNS_PARTIAL;
        if (d->connects == 0)
            d->dns = (uint8_t)answer;
    }
    if (k->route.ttl < k->ttl)
        k->ttl = k->route.ttl;
    for (unsigned h = 0; h < k->route.n; h++)
        k->route.host[h].ip = 0; /* overwritten by this answer */
    k->ip = 0;
}

/* May this address be called, and was it not before? */
static int look_admit(struct quoth_batch *b, uint32_t i, const struct quoth_ip *ip, int given)
{
    static const uint8_t family_len[] = {
        [QUOTH_FAMILY_ANY] = 0, [QUOTH_FAMILY_V4] = 4, [QUOTH_FAMILY_V6] = 16};
    struct batch_dom *d = batch_dom(b, b->look[i]->dom);
    uint8_t len = family_len[b->conf->family];
    uint32_t hash = (uint32_t)quoth_hash(b->k0, b->k1, ip->b, ip->len) | 1;

    if (len && ip->len != len)
        return 0;
    if (!given && !quoth_target_ok(&b->conf->targets, ip)) {
        d->flags |= QUOTH_EVID_DENIED;
        return 0;
    }
    for (unsigned n = 0; d->extra && n < QUOTH_CONNECTS_MAX; n++)
        if (d->extra->tried[n] == hash)
            return 0;
    return 1;
}

static void look_found(struct quoth_batch *b, uint32_t i, const struct quoth_ip *ip)
{
    struct batch_look *k = b->look[i];
    uint32_t dom = look_done(b, i), dest = batch_dest_of(b, ip);
    struct batch_dom *d = batch_dom(b, dom);
    uint32_t ttl = k->ttl > LOOK_FRESH_MIN ? k->ttl : LOOK_FRESH_MIN;

    if (dest == BATCH_NONE)
        return;
    d->pref = k->route.host[k->host].pref;
    d->flags &= (uint8_t)~QUOTH_EVID_NOT_BEST;
    if (k->route.n && d->pref != k->route.host[0].pref)
        d->flags |= QUOTH_EVID_NOT_BEST;
    batch_trace_hosts(b, k, dest);
    d->fresh = batch_seconds(b, b->now + (uint64_t)ttl * 1000);
    batch_dom_route(b, dom, dest, quoth_mx_name(&k->route, k->host));
}

static int look_found_next(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    int given = batch_dom(b, k->dom)->mx_state == QUOTH_MX_GIVEN && k->asked == LOOK_RODE;

    while (k->route.host[k->host].ip || k->ip < k->route.ip_n) {
        unsigned rode = k->route.host[k->host].ip;
        struct quoth_ip ip = k->route.ip[rode ? rode - 1u : k->ip++];
        k->route.host[k->host].ip = 0;
        if (!look_admit(b, i, &ip, given))
            continue;
        look_found(b, i, &ip);
        return 1;
    }
    return 0;
}

static int look_ask_next(struct quoth_batch *b, uint32_t i)
{
    static const struct {
        uint8_t bit, skip;
        uint16_t type;
    } turn[] = {
        {LOOK_A, QUOTH_FAMILY_V6, QUOTH_DNS_A},
        {LOOK_AAAA, QUOTH_FAMILY_V4, QUOTH_DNS_AAAA},
    };
    struct batch_look *k = b->look[i];

    if (k->asked & LOOK_RODE)
        return LOOK_NOT;
    for (size_t t = 0; t < sizeof turn / sizeof turn[0]; t++) {
        if ((k->asked & turn[t].bit) || b->conf->family == turn[t].skip)
            continue;
        k->asked |= turn[t].bit;
        int unwanted =
            turn[t].type == QUOTH_DNS_AAAA && b->conf->resolver && b->conf->resolver->no_aaaa;
        int rc =
            unwanted ? LOOK_NOT : look_ask(b, i, quoth_mx_name(&k->route, k->host), turn[t].type);
        if (rc != LOOK_NOT)
            return rc;
        batch_dom(b, k->dom)->flags |= QUOTH_EVID_DNS_PARTIAL;
    }
    return LOOK_NOT;
}

/* Nobody left to ask. */
static void look_exhausted(struct quoth_batch *b, uint32_t i)
{
    const struct batch_dom *d = batch_dom(b, b->look[i]->dom);
    enum quoth_reason stop = QUOTH_REASON_NONE;

    if (d->connects == 0 && !(d->extra && d->extra->note)) {
        if (d->flags & QUOTH_EVID_DENIED)
            stop = QUOTH_REASON_TARGET_POLICY;
        else if (d->mx_state == QUOTH_MX_HOSTS || d->mx_state == QUOTH_MX_GIVEN)
            stop = QUOTH_REASON_MX_UNRESOLVABLE;
        else if (d->flags & QUOTH_EVID_DNS_PARTIAL)
            stop = QUOTH_REASON_DNS_FAILURE;
        else
            stop = QUOTH_REASON_NO_MAIL_HOST;
    }
    look_stop(b, i, stop);
}

static void look_next(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    const struct batch_dom *d = batch_dom(b, k->dom);

    while (k->host < k->route.n && d->sessions < QUOTH_SESSIONS_MAX &&
           d->connects < QUOTH_CONNECTS_MAX) {
        int rc, known = k->ip < k->route.ip_n || k->route.host[k->host].ip;
        if (known && b->conf->depth == QUOTH_DEPTH_DNS) {
            look_stop(b, i, QUOTH_REASON_DNS_OK);
            return;
        }
        if (known && !b->conf->smtp.helo) {
            look_stop(b, i, QUOTH_REASON_NO_IDENTITY);
            return;
        }
        if (look_found_next(b, i))
            return;
        rc = look_ask_next(b, i);
        if (rc == LOOK_ASKED)
            return;
        if (rc == LOOK_ANSWERED) {
            look_addresses_known(b, i);
            continue;
        }
        k->host++;
        k->asked = 0;
        k->ip = k->route.ip_n;
    }
    look_exhausted(b, i);
}

static void look_answered(struct quoth_batch *b, uint32_t i)
{
    if (b->look[i]->type == QUOTH_DNS_MX) {
        look_mx_known(b, i);
    } else {
        look_addresses_known(b, i);
        look_next(b, i);
    }
}

/* The operator named the server: a name to look up, or an address. */
static void look_given(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    struct quoth_route *r = &k->route;
    const char *server = b->conf->server;
    size_t n = strlen(server);

    batch_dom(b, k->dom)->mx_state = QUOTH_MX_GIVEN;
    k->ttl = 86400;
    if (n >= sizeof r->names) {
        look_stop(b, i, QUOTH_REASON_MX_UNRESOLVABLE);
        return;
    }
    memcpy(r->names, server, n + 1);
    r->used = (uint16_t)(n + 1);
    r->n = 1;
    if (quoth_ip_parse(&r->ip[0], server, n) == QUOTH_OK) {
        r->ip_n = 1;
        k->asked = LOOK_RODE; /* nothing to look up */
    }
    look_next(b, i);
}

void batch_look(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_look *k;
    uint32_t i;

    d->reroute = 0;
    if (d->state != BATCH_DOM_REST || b->rc)
        return;
    if (!b->look_free_n) { /* a moment later */
        d->reroute = 1;
        if (quoth_due_nearer(&b->dom_due, dom, b->now + LOOK_SOON_MS) < 0)
            b->rc = QUOTH_ESPACE;
        return;
    }
    i = b->look_free[--b->look_free_n];
    if (!b->look[i] && !(b->look[i] = batch_alloc(b, sizeof *k)))
        return;
    k = b->look[i];
    memset(k, 0, sizeof *k);
    k->dom = dom;
    k->start = b->now;
    k->next = k->waiters = BATCH_NONE;
    k->socket = -1;
    d->state = BATCH_DOM_LOOKING;
    if (!d->connects)
        d->look_ms = d->queries = d->sessions = 0;
    if (b->conf->family != QUOTH_FAMILY_ANY)
        d->flags |= QUOTH_EVID_DNS_PARTIAL; /* half of it is never asked */
    if (b->conf->server) {
        look_given(b, i);
        return;
    }
    switch (look_ask(b, i, batch_dom_name(b, k->dom), QUOTH_DNS_MX)) {
    case LOOK_NOT: look_stop(b, i, QUOTH_REASON_DNS_FAILURE); break;
    case LOOK_ANSWERED: look_mx_known(b, i); break;
    }
}

/* ---- on the wire -------------------------------------------------------- */

static void look_file(struct quoth_batch *b, uint32_t i)
{
    uint32_t *head = &b->look_id[b->look[i]->l.id % BATCH_ID_SLOTS];

    b->look[i]->next = *head;
    *head = i;
}

static void look_unfile(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    uint32_t *p = &b->look_id[k->l.id % BATCH_ID_SLOTS];

    while (*p != BATCH_NONE && *p != i)
        p = &b->look[*p]->next;
    if (*p == i)
        *p = k->next;
    quoth_pool_over(b->pool[k->server], (unsigned)k->socket);
    k->socket = -1;
}

static int look_server(const struct quoth_batch *b, const struct quoth_peer *peer)
{
    const struct quoth_resolver *r = b->conf->resolver;

    for (int s = 0; s < r->servers && s < QUOTH_SERVERS_MAX; s++) {
        const struct quoth_peer *p = &r->server[s].peer;
        if ((p->port ? p->port : LOOK_PORT) == peer->port && p->ip.len == peer->ip.len &&
            !memcmp(p->ip.b, peer->ip.b, p->ip.len))
            return s;
    }
    return 0;
}

static int look_send(struct quoth_batch *b, uint32_t i, const struct quoth_want *w,
                     struct quoth_event *ev)
{
    struct batch_look *k = b->look[i];
    int s = look_server(b, &w->peer), rc;

    if (!b->pool[s])
        b->pool[s] = quoth_pool_new(b->loop, &w->peer,
                                    b->limit.open + BATCH_TCP + (uint32_t)s * QUOTH_POOL_SOCKETS);
    rc = b->pool[s] ? quoth_pool_send(b->pool[s], w->out, w->n) : QUOTH_ESPACE;
    if (rc == QUOTH_AGAIN)
        return rc;
    ev->kind = rc < 0 ? QUOTH_EV_FAIL : QUOTH_EV_SENT;
    ev->err = rc < 0 ? (enum quoth_err)rc : QUOTH_OK;
    ev->n = w->n;
    if (rc >= 0) {
        k->server = (uint8_t)s;
        k->socket = (int16_t)rc;
        look_file(b, i);
    }
    return 1;
}

/* A link and 64 KB, of which there are few. */
static int look_borrow(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];

    for (uint8_t t = 0; t < BATCH_TCP && !k->tcp; t++) {
        if (b->tcp_used[t])
            continue;
        k->big = batch_alloc(b, LOOK_BIG);
        if (!k->big)
            return 0;
        b->tcp_used[t] = 1;
        k->tcp = (uint8_t)(t + 1);
        k->wire = (struct quoth_wire) {&quoth_loop_port,
                                       quoth_loop_link(b->loop, b->limit.open + t), NULL, NULL, 0};
        quoth_lookup_lend(&k->l, k->big, LOOK_BIG);
    }
    return k->tcp != 0;
}

static void look_release(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];

    if (k->socket >= 0)
        look_unfile(b, i);
    if (!k->tcp)
        return;
    quoth_loop_port.close(k->wire.link);
    batch_free(b, k->big, LOOK_BIG);
    b->tcp_used[k->tcp - 1] = 0;
    k->big = NULL;
    k->tcp = 0;
}

static int look_do(struct quoth_batch *b, uint32_t i, const struct quoth_want *w,
                   struct quoth_event *ev)
{
    static const struct quoth_event none;
    struct batch_look *k = b->look[i];
    uint8_t buf[QUOTH_DNS_MAX + 1];
    int rc = QUOTH_AGAIN;

    *ev = none;
    ev->now = b->now;
    if (w->kind == QUOTH_WANT_CLOSE) {
        look_release(b, i);
        ev->kind = QUOTH_EV_DOWN;
        batch_trace_look(b, k, w, ev);
        return quoth_lookup_feed(&k->l, ev, &k->route);
    }
    if (w->kind == QUOTH_WANT_DGRAM)
        rc = look_send(b, i, w, ev);
    else if (k->tcp || (w->kind == QUOTH_WANT_OPEN && look_borrow(b, i)))
        rc = quoth_wire_do(&k->wire, w, buf, sizeof buf, ev);
    if (rc == QUOTH_AGAIN && b->now >= w->deadline) {
        ev->kind = QUOTH_EV_TIME;
        rc = 1;
    }
    if (rc == QUOTH_AGAIN)
        return rc;
    batch_trace_look(b, k, w, ev);
    return quoth_lookup_feed(&k->l, ev, &k->route);
}

/* Those that wanted to know what this one asked. */
static void look_wake(struct quoth_batch *b, uint32_t waiters)
{
    while (waiters != BATCH_NONE) {
        uint32_t x = waiters;
        waiters = b->look[x]->next;
        if (b->now >= look_until(b, x))
            look_late(b, x);
        else if (look_question(b, x) == LOOK_ANSWERED)
            look_answered(b, x);
    }
}

/* The time of its addresses is over, as in verify.c. */
static void look_late(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    struct batch_note n = {.phase = QUOTH_PHASE_DNS, .err = QUOTH_ETIME}, *have;
    struct batch_extra *r = batch_dom_extra(b, batch_dom(b, k->dom));
    uint32_t waiters = k->waiters;

    look_release(b, i);
    k->route.answer = QUOTH_ANSWER_NONE;
    if (k->live == LOOK_ASKED)
        quoth_cache_put(look_cache(b, k->type), &k->name, k->type, &k->route, b->now);
    k->waiters = BATCH_NONE;
    have = r ? r->note : NULL;
    if (!have)
        batch_note(b, k->dom, &n, "");
    else if (!have->said.code)
        have->err = QUOTH_ETIME;
    look_stop(b, i, b->plan ? QUOTH_REASON_DNS_FAILURE : QUOTH_REASON_NONE);
    look_wake(b, waiters);
}

static void look_over(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    uint32_t waiters = k->waiters;

    quoth_cache_put(look_cache(b, k->type), &k->name, k->type, &k->route, b->now);
    batch_dom(b, k->dom)->queries = (uint8_t)(batch_dom(b, k->dom)->queries + k->l.asked - 1);
    k->waiters = BATCH_NONE;
    k->live = LOOK_ANSWERED;
    look_answered(b, i);
    look_wake(b, waiters);
}

static void look_go(struct quoth_batch *b, uint32_t i)
{
    struct batch_look *k = b->look[i];
    struct quoth_want w;
    struct quoth_event ev;
    uint64_t until = look_until(b, i);

    for (;;) {
        quoth_lookup_want(&k->l, &w);
        if (w.kind == QUOTH_WANT_DONE) {
            look_over(b, i);
            return;
        }
        if (b->now >= until) {
            look_late(b, i);
            return;
        }
        if (look_do(b, i, &w, &ev) < 0)
            break;
    }
    if (w.kind == QUOTH_WANT_DGRAM ||
        (w.kind == QUOTH_WANT_OPEN && !k->tcp)) /* waits for a socket of ours */
        if (w.deadline > b->now + LOOK_SOON_MS)
            w.deadline = b->now + LOOK_SOON_MS;
    if (w.deadline > until)
        w.deadline = until;
    if (quoth_due_nearer(&b->slots, b->limit.open + i, w.deadline) < 0)
        b->rc = QUOTH_ESPACE;
}

void batch_look_due(struct quoth_batch *b, uint32_t i)
{
    if (b->look[i] && b->look[i]->live == LOOK_ASKED)
        look_go(b, i);
}

void batch_look_moved(struct quoth_batch *b, uint32_t link)
{
    for (uint32_t i = 0; i < b->looks; i++)
        if (b->look[i] && b->look[i]->live == LOOK_ASKED &&
            b->look[i]->tcp == link - b->limit.open + 1) {
            look_go(b, i);
            return;
        }
}

/* The server said no to a whole socket: all that went by it have failed. */
static void look_refused(struct quoth_batch *b, unsigned server, int socket, int rc)
{
    struct quoth_event ev = {.kind = QUOTH_EV_FAIL, .now = b->now, .err = (enum quoth_err)rc};

    for (uint32_t i = 0; i < b->looks; i++) {
        struct batch_look *k = b->look[i];
        if (!k || k->live != LOOK_ASKED || k->socket != socket || k->server != server)
            continue;
        if (quoth_lookup_feed(&k->l, &ev, &k->route) == QUOTH_OK)
            look_go(b, i);
    }
}

static void look_datagram(struct quoth_batch *b, unsigned server, int socket,
                          const struct quoth_dgram *g)
{
    struct quoth_event ev = {.kind = QUOTH_EV_DATA, .now = b->now, .data = g->p, .n = g->n};
    uint16_t id;

    if (g->n < 2)
        return;
    id = (uint16_t)(g->p[0] << 8 | g->p[1]);
    ev.from = b->conf->resolver->server[server].peer;
    if (!ev.from.port)
        ev.from.port = LOOK_PORT;
    for (uint32_t i = b->look_id[id % BATCH_ID_SLOTS]; i != BATCH_NONE; i = b->look[i]->next) {
        struct batch_look *k = b->look[i];
        struct quoth_want w;
        if (k->l.id != id || k->socket != socket || k->server != server)
            continue;
        if (b->traced) {
            quoth_lookup_want(&k->l, &w);
            batch_trace_look(b, k, &w, &ev);
        }
        if (quoth_lookup_feed(&k->l, &ev, &k->route) != QUOTH_OK)
            continue;
        look_go(b, i);
        return;
    }
}

void batch_look_came(struct quoth_batch *b, unsigned server, unsigned socket)
{
    struct quoth_dgram got[QUOTH_POOL_BURST];
    int n = server < QUOTH_SERVERS_MAX && b->pool[server]
                ? quoth_pool_recv(b->pool[server], socket, got)
                : 0;

    if (n < 0)
        look_refused(b, server, (int)socket, n);
    for (int j = 0; j < n; j++)
        look_datagram(b, server, (int)socket, &got[j]);
}

void batch_look_flush(struct quoth_batch *b)
{
    for (int s = 0; s < QUOTH_SERVERS_MAX; s++)
        if (b->pool[s])
            quoth_pool_flush(b->pool[s]);
}

int batch_look_new(struct quoth_batch *b)
{
    const struct quoth_resolver *r = b->conf->resolver;
    uint64_t seed[2] = {quoth_random_next(&b->rnd), quoth_random_next(&b->rnd)};

    b->looks = b->limit.lookups;
    if (r && r->tcp && b->looks > BATCH_TCP)
        b->looks = BATCH_TCP;
    b->look = batch_alloc(b, b->looks * sizeof *b->look);
    b->look_free = batch_alloc(b, b->looks * sizeof *b->look_free);
    b->cache_slots = batch_alloc(b, (BATCH_HOST_CACHE + BATCH_MX_CACHE) * sizeof *b->cache_slots);
    if (!b->look || !b->look_free || !b->cache_slots)
        return QUOTH_ESPACE;
    for (uint32_t i = b->looks; i-- > 0;)
        b->look_free[b->look_free_n++] = i;
    for (int i = 0; i < BATCH_ID_SLOTS; i++)
        b->look_id[i] = BATCH_NONE;
    quoth_cache_init(&b->hosts, b->cache_slots, BATCH_HOST_CACHE, (const uint8_t *)seed);
    quoth_cache_init(&b->mxs, b->cache_slots + BATCH_HOST_CACHE, BATCH_MX_CACHE,
                     (const uint8_t *)seed);
    return QUOTH_OK;
}

void batch_look_free(struct quoth_batch *b)
{
    for (uint32_t i = 0; b->look && i < b->looks; i++) {
        if (b->look[i])
            free(b->look[i]->big);
        free(b->look[i]);
    }
    for (int s = 0; s < QUOTH_SERVERS_MAX; s++)
        quoth_pool_free(b->pool[s]);
    free(b->look);
    free(b->look_free);
    free(b->cache_slots);
}
