/* lookup.c - one question to one answer: asks, asks again, asks somebody else.
 *
 *    start
 *      |             SENT            answer
 *      +---> ASK ----------> WAIT ------------+
 *      ^                      | TC, too long  |
 *      |                      v               v
 *      +<--------- DOWN --- SHUT <----------- | ---- DOWN ----> DONE
 *      |                      ^ failure, answer
 *      +---> OPEN --UP--> SAY --SENT--> HEAR
 *
 * One try is one transmission: ASK and WAIT over UDP, or OPEN, SAY and HEAR over TCP, under one
 * absolute deadline (RFC 7766 6.1). Every try ends in SHUT, so each has a socket, a port and an
 * id of its own (RFC 5452 9.2); `next` says what follows: another try or DONE.
 *
 * A failed try goes to the next server; each server once a round, waits double each round. The
 * same server is asked again when it cuts its answer (over TCP), when it does not know EDNS
 * (without, RFC 6891 7), and when an alias leads out of the answer (for the alias).
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum lookup_state {
    LOOKUP_ASK,
    LOOKUP_WAIT,
    LOOKUP_OPEN,
    LOOKUP_SAY,
    LOOKUP_HEAR,
    LOOKUP_SHUT,
    LOOKUP_DONE
};

enum {
    LOOKUP_TRIES = 3,
    LOOKUP_TRIES_MAX = 5,
    LOOKUP_WAIT_MS = 2000,
    LOOKUP_WAIT_MAX_MS = 5000,
    LOOKUP_SHUT_MS = 1000, /* a port that cannot close in this time will not */
    LOOKUP_BAD_MS = 5000,  /* a server that did not answer goes behind the others for so long */
    LOOKUP_TTL_MAX = 86400,
    LOOKUP_TTL_NEGATIVE = 10800,
    LOOKUP_TTL_FAILURE = 5, /* s; RFC 2308 5, RFC 9520 3.2 */
    LOOKUP_UDP = QUOTH_DNS_MAX > 512 ? QUOTH_DNS_MAX : 0
};

/* RCODE (RFC 1035 4.1.1, RFC 6891 9) */
enum {
    LOOKUP_FORMERR = 1,
    LOOKUP_NXDOMAIN = 3,
    LOOKUP_NOTIMP = 4,
    LOOKUP_REFUSED = 5,
    LOOKUP_BADVERS = 16
};

/* What the records of one answer amount to. */
struct lookup_sum {
    uint32_t ttl;
    uint8_t data, odd, soa, referral;
};

/* ---- whom to ask, and how long to wait ---------------------------------- */

static struct quoth_dns_server *lookup_server(const struct quoth_lookup *l)
{
    return &l->res->server[l->server];
}

static uint16_t lookup_port(const struct quoth_dns_server *s)
{
    return s->peer.port ? s->peer.port : 53;
}

/* The next server of this round: those in good standing first. 0: the round is over. */
static int lookup_pick(struct quoth_lookup *l, uint64_t now)
{
    const struct quoth_resolver *r = l->res;
    unsigned n = r->servers < QUOTH_SERVERS_MAX ? r->servers : QUOTH_SERVERS_MAX;

    for (unsigned k = 0; k < 2 * n; k++) {
        unsigned i = (l->first + k) % n;
        if (l->mask >> i & 1 || (k < n && now < r->server[i].bad_until))
            continue;
        l->mask |= (uint8_t)(1u << i);
        l->server = (uint8_t)i;
        return 1;
    }
    return 0;
}

static int lookup_pick_any(struct quoth_lookup *l, uint64_t now)
{
    unsigned tries = l->res->tries ? l->res->tries : LOOKUP_TRIES;

    if (lookup_pick(l, now))
        return 1;
    if (++l->round >= (tries < LOOKUP_TRIES_MAX ? tries : LOOKUP_TRIES_MAX))
        return 0;
    l->mask = 0;
    return lookup_pick(l, now);
}

static uint64_t lookup_wait(struct quoth_lookup *l)
{
    const struct quoth_resolver *r = l->res;
    uint64_t max = r->wait_max_ms ? r->wait_max_ms : LOOKUP_WAIT_MAX_MS;
    uint64_t wait = (uint64_t)(r->wait_ms ? r->wait_ms : LOOKUP_WAIT_MS) << l->round;
    uint32_t tenth;

    if (wait > max)
        wait = max;
    tenth = (uint32_t)wait / 10;
    wait += quoth_random_below(&l->rnd, 2 * tenth + 1);
    wait -= tenth;
    return wait < max ? wait : max;
}

/* ---- states ------------------------------------------------------------- */

static void lookup_enter(struct quoth_lookup *l, enum lookup_state state, uint64_t now)
{
    l->state = (uint8_t)state;
    switch (state) {
    case LOOKUP_ASK:
    case LOOKUP_OPEN:
        l->id = (uint16_t)quoth_random_next(&l->rnd);
        l->q_n = (uint16_t)quoth_dns_query(l->q, sizeof l->q, l->id, &l->want_name, l->type,
                                           (uint16_t)(lookup_server(l)->plain ? 0 : LOOKUP_UDP));
        l->prefix[0] = (uint8_t)(l->q_n >> 8);
        l->prefix[1] = (uint8_t)l->q_n;
        l->out_at = 0;
        l->big_n = 0;
        l->deadline = now + lookup_wait(l);
        break;
    case LOOKUP_SHUT: l->deadline = now + LOOKUP_SHUT_MS; break;
    case LOOKUP_DONE: l->deadline = QUOTH_NEVER; break;
    case LOOKUP_WAIT:
    case LOOKUP_SAY:
    case LOOKUP_HEAR: break; /* still the same try */
    }
}

static void lookup_shut(struct quoth_lookup *l, enum lookup_state next, uint64_t now)
{
    l->next = (uint8_t)next;
    lookup_enter(l, LOOKUP_SHUT, now);
}

/* How a try begins. */
static enum lookup_state lookup_fresh(const struct quoth_lookup *l)
{
    return l->res->tcp ? LOOKUP_OPEN : LOOKUP_ASK;
}

/* The same server once more, the same way. */
static void lookup_repeat(struct quoth_lookup *l, uint64_t now)
{
    lookup_shut(l, l->state == LOOKUP_HEAR ? LOOKUP_OPEN : LOOKUP_ASK, now);
}

static void lookup_clear(const struct quoth_lookup *l, struct quoth_route *out)
{
    out->ip_n = 0;
    for (unsigned i = 0; i < QUOTH_MX_MAX; i++)
        out->host[i].ip = 0;
    if (l->type != QUOTH_DNS_MX)
        return;
    out->n = 0;
    out->used = 0;
}

/* The answer is known. */
static void lookup_finish(struct quoth_lookup *l, enum quoth_answer answer, uint32_t ttl,
                          struct quoth_route *out, uint64_t now)
{
    l->answer = out->answer = (uint8_t)answer;
    out->ttl = ttl;
    out->flags = l->flags;
    if (answer != QUOTH_ANSWER_DATA)
        lookup_clear(l, out);
    lookup_shut(l, LOOKUP_DONE, now);
}

/* Of several failures the one that says most is told: higher wins. */
static unsigned lookup_rank(unsigned answer)
{
    static const uint8_t rank[QUOTH_ANSWERS] = {
        [QUOTH_ANSWER_NONE] = 0,       [QUOTH_ANSWER_DATA] = 0,        [QUOTH_ANSWER_NODATA] = 0,
        [QUOTH_ANSWER_NXDOMAIN] = 0,   [QUOTH_ANSWER_SERVFAIL] = 4,    [QUOTH_ANSWER_REFUSED] = 2,
        [QUOTH_ANSWER_TIMEOUT] = 3,    [QUOTH_ANSWER_UNREACHABLE] = 1, [QUOTH_ANSWER_MALFORMED] = 5,
        [QUOTH_ANSWER_ALIAS_LOOP] = 0, [QUOTH_ANSWER_TOO_BIG] = 6,
    };
    return rank[answer];
}

static void lookup_note(struct quoth_lookup *l, enum quoth_answer why)
{
    if (lookup_rank(why) > lookup_rank(l->failed))
        l->failed = (uint8_t)why;
}

/* This try failed: the next server, if there is one. A server that answered keeps its place. */
static void lookup_fail(struct quoth_lookup *l, enum quoth_answer why, struct quoth_route *out,
                        uint64_t now)
{
    lookup_note(l, why);
    if (lookup_rank(why) <= lookup_rank(QUOTH_ANSWER_TIMEOUT))
        lookup_server(l)->bad_until = now + LOOKUP_BAD_MS;
    if (lookup_pick_any(l, now))
        lookup_shut(l, lookup_fresh(l), now);
    else
        lookup_finish(l, (enum quoth_answer)l->failed, LOOKUP_TTL_FAILURE, out, now);
}

/* ---- reading an answer -------------------------------------------------- */

static int lookup_is(const struct quoth_rr *rr, uint16_t type, const struct quoth_name *owner)
{
    return rr->type == type && rr->cls == 1 && rr->owner.n == owner->n &&
           !memcmp(rr->owner.b, owner->b, owner->n);
}

/* Follow the alias of want_name, in whatever order the records are. 0: there is none. */
static int lookup_alias(struct quoth_lookup *l, struct quoth_dns m)
{
    struct quoth_rr rr;

    while (quoth_dns_next(&m, &rr) == 1 && rr.section == 0) {
        if (!lookup_is(&rr, QUOTH_DNS_CNAME, &l->want_name) || !rr.usable)
            continue;
        quoth_dns_name(&m, rr.target, &l->want_name);
        if (rr.ttl < l->ttl)
            l->ttl = rr.ttl;
        l->flags |= QUOTH_ROUTE_ALIAS;
        l->hops++;
        return 1;
    }
    return 0;
}

static void lookup_take_ip(struct quoth_lookup *l, const struct quoth_ip *ip,
                           struct quoth_route *out)
{
    for (unsigned i = 0; i < out->ip_n; i++)
        if (!memcmp(out->ip[i].b, ip->b, ip->len))
            return;
    if (out->ip_n < QUOTH_IPS_MAX)
        out->ip[out->ip_n++] = *ip;
    else
        l->flags |= QUOTH_ROUTE_CUT;
}

/* Take the worst host out of the route (there is one), if it is worse than `pref`. */
static int lookup_evict(struct quoth_route *out, uint16_t pref)
{
    unsigned worst = 0;
    size_t at, n;

    for (unsigned i = 1; i < QUOTH_MX_MAX && i < out->n; i++)
        if (out->host[i].pref > out->host[worst].pref)
            worst = i;
    if (out->host[worst].pref <= pref)
        return 0;
    at = out->host[worst].at;
    n = strlen(out->names + at) + 1;
    memmove(out->names + at, out->names + at + n, out->used - at - n);
    out->used = (uint16_t)(out->used - n);
    out->host[worst] = out->host[--out->n];
    for (unsigned i = 0; i < out->n; i++)
        if (out->host[i].at > at)
            out->host[i].at = (uint16_t)(out->host[i].at - n);
    return 1;
}

static void lookup_take_host(struct quoth_lookup *l, const char *text, uint16_t pref,
                             struct quoth_route *out)
{
    int known = quoth_mx_find(out, text);
    size_t n = strlen(text) + 1;

    if (known >= 0) {
        if (pref < out->host[known].pref)
            out->host[known].pref = pref;
        return;
    }
    while (out->n == QUOTH_MX_MAX || out->used + n > sizeof out->names) {
        l->flags |= QUOTH_ROUTE_CUT;
        if (!lookup_evict(out, pref))
            return;
    }
    memcpy(out->names + out->used, text, n);
    out->host[out->n].pref = pref;
    out->host[out->n].at = out->used;
    out->host[out->n++].ip = 0;
    out->used = (uint16_t)(out->used + n);
}

/* The exchange is read over the record's owner, which is known by now: 256 bytes of stack less. */
static void lookup_take_mx(struct quoth_lookup *l, struct quoth_dns *m, struct quoth_rr *rr,
                           struct quoth_route *out)
{
    struct quoth_name *name = &rr->owner;
    char text[256];

    quoth_dns_name(m, rr->target, name);
    if (name->n == 1) {
        l->flags |= QUOTH_ROUTE_NULL_MX;
    } else if (!quoth_name_is_host(name)) {
        l->flags |= QUOTH_ROUTE_SKIPPED;
    } else {
        quoth_name_text(name, text, sizeof text);
        lookup_take_host(l, text, rr->pref, out);
    }
}

/* An address that came along is for a host of this very answer, or for nobody. One a host, IPv4
 * first. */
static void lookup_ride(const struct quoth_rr *rr, struct quoth_route *out)
{
    char text[256];
    struct quoth_host *h;
    int i;

    if (!rr->usable || !rr->ip.len || rr->cls != 1 || !quoth_name_is_host(&rr->owner))
        return;
    quoth_name_text(&rr->owner, text, sizeof text);
    i = quoth_mx_find(out, text);
    if (i < 0)
        return;
    h = &out->host[i];
    if (!h->ip && out->ip_n < QUOTH_IPS_MAX)
        h->ip = ++out->ip_n;
    else if (!h->ip || out->ip[h->ip - 1].len <= rr->ip.len)
        return;
    out->ip[h->ip - 1] = rr->ip;
}

/* A record of the answer section, for want_name and of the type asked for. */
static void lookup_take(struct quoth_lookup *l, struct quoth_dns *m, struct quoth_rr *rr,
                        struct lookup_sum *sum, struct quoth_route *out)
{
    if (!rr->usable) { /* an alias, too, is only left here if it is malformed */
        sum->odd = 1;
        return;
    }
    sum->data = 1;
    if (rr->ttl < l->ttl)
        l->ttl = rr->ttl;
    if (l->type == QUOTH_DNS_MX)
        lookup_take_mx(l, m, rr, out);
    else
        lookup_take_ip(l, &rr->ip, out);
}

/* All records into the route; an address that rides along comes behind its host. */
static void lookup_collect(struct quoth_lookup *l, struct quoth_dns *m, struct lookup_sum *sum,
                           struct quoth_route *out)
{
    struct quoth_rr rr;

    lookup_clear(l, out);
    while (quoth_dns_next(m, &rr) == 1) {
        if (rr.section == 0 &&
            lookup_is(&rr, rr.type == QUOTH_DNS_CNAME ? rr.type : l->type, &l->want_name)) {
            lookup_take(l, m, &rr, sum, out);
        } else if (rr.section == 1 && rr.type == QUOTH_DNS_SOA && rr.usable) {
            sum->soa = 1;
            sum->ttl = rr.ttl < rr.minimum ? rr.ttl : rr.minimum;
        } else if (rr.section == 1 && rr.type == QUOTH_DNS_NS) {
            sum->referral = 1;
        } else if (rr.section == 2 && l->type == QUOTH_DNS_MX) {
            lookup_ride(&rr, out);
        }
    }
    if (m->left[0] | m->left[1] | m->left[2])
        l->flags |= QUOTH_ROUTE_CUT;
    else if (m->at < m->n)
        l->flags |= QUOTH_ROUTE_TRAILING;
    if (sum->odd)
        l->flags |= QUOTH_ROUTE_SKIPPED;
}

/* NOERROR or NXDOMAIN: what does it say? */
static void lookup_read(struct quoth_lookup *l, struct quoth_dns *m, struct quoth_route *out,
                        uint64_t now)
{
    struct lookup_sum sum = {0, 0, 0, 0, 0};
    unsigned hops = l->hops;
    uint32_t ttl;
    int missing = m->rcode == LOOKUP_NXDOMAIN;

    l->flags &= QUOTH_ROUTE_ALIAS;
    while (l->hops <= QUOTH_CNAMES_MAX && lookup_alias(l, *m)) {
    }
    if (l->hops > QUOTH_CNAMES_MAX) {
        lookup_finish(l, QUOTH_ANSWER_ALIAS_LOOP, LOOKUP_TTL_FAILURE, out, now);
        return;
    }
    lookup_collect(l, m, &sum, out);
    ttl = sum.ttl < l->ttl ? sum.ttl : l->ttl;
    if (ttl > LOOKUP_TTL_NEGATIVE)
        ttl = LOOKUP_TTL_NEGATIVE;
    if (sum.data && !missing)
        lookup_finish(l, QUOTH_ANSWER_DATA, l->ttl, out, now);
    else if (sum.data || sum.odd || l->flags & QUOTH_ROUTE_CUT)
        lookup_fail(l, QUOTH_ANSWER_MALFORMED, out, now);
    else if (missing)
        lookup_finish(l, QUOTH_ANSWER_NXDOMAIN, ttl, out, now);
    else if (sum.soa)
        lookup_finish(l, QUOTH_ANSWER_NODATA, ttl, out, now);
    else if (l->hops != hops) { /* an alias, and nothing about where it leads */
        l->asked++;
        l->round = l->failed = 0;
        l->mask = (uint8_t)(1u << l->server);
        lookup_shut(l, lookup_fresh(l), now);
    } else if (sum.referral)
        lookup_fail(l, QUOTH_ANSWER_SERVFAIL, out, now);
    else
        lookup_finish(l, QUOTH_ANSWER_NODATA, 0, out, now);
}

static void lookup_answer(struct quoth_lookup *l, struct quoth_dns *m, struct quoth_route *out,
                          uint64_t now)
{
    int edns_not_known =
        m->rcode == LOOKUP_FORMERR || m->rcode == LOOKUP_NOTIMP || m->rcode == LOOKUP_BADVERS;
    int asked_edns = l->q[11]; /* ARCOUNT: only ever an OPT */

    if (m->rcode == 0 || m->rcode == LOOKUP_NXDOMAIN) {
        lookup_read(l, m, out, now);
    } else if (edns_not_known && asked_edns) {
        lookup_server(l)->plain = 1;
        lookup_repeat(l, now);
    } else {
        if (edns_not_known)
            lookup_server(l)->plain = 0; /* that was not the reason */
        lookup_fail(l, m->rcode == LOOKUP_REFUSED ? QUOTH_ANSWER_REFUSED : QUOTH_ANSWER_SERVFAIL,
                    out, now);
    }
}

/* ---- events ------------------------------------------------------------- */

static int lookup_datagram(struct quoth_lookup *l, const struct quoth_event *ev,
                           struct quoth_route *out)
{
    const struct quoth_dns_server *s = lookup_server(l);
    struct quoth_dns m;
    int rc;

    if (ev->from.port != lookup_port(s) || ev->from.ip.len != s->peer.ip.len ||
        memcmp(ev->from.ip.b, s->peer.ip.b, s->peer.ip.len))
        return QUOTH_EINVAL;
    rc = quoth_dns_open(&m, (const uint8_t *)ev->data, ev->n, l->id, &l->want_name, l->type);
    if (rc == QUOTH_EINVAL)
        return rc;
    if (m.tc || ev->n > QUOTH_DNS_MAX)
        lookup_shut(l, LOOKUP_OPEN, ev->now);
    else if (rc == QUOTH_OK)
        lookup_answer(l, &m, out, ev->now);
    else
        lookup_note(l, QUOTH_ANSWER_MALFORMED); /* perhaps forged: the real one may still come */
    return QUOTH_OK;
}

/* Bytes of a stream: two of length, then so many (RFC 1035 4.2.2). What follows is not ours. */
static void lookup_bytes(struct quoth_lookup *l, const struct quoth_event *ev,
                         struct quoth_route *out)
{
    const uint8_t *p = (const uint8_t *)ev->data;
    size_t n = ev->n, len;
    struct quoth_dns m;

    for (; n != 0 && l->big_n < 2; n--)
        l->prefix[l->big_n++] = *p++;
    if (l->big_n < 2)
        return;
    len = (size_t)l->prefix[0] << 8 | l->prefix[1];
    if (len > l->big_cap) {
        lookup_fail(l, QUOTH_ANSWER_TOO_BIG, out, ev->now);
        return;
    }
    if (n > len + 2 - l->big_n)
        n = len + 2 - l->big_n;
    if (n != 0)
        memcpy(l->big + l->big_n - 2, p, n);
    l->big_n += (uint32_t)n;
    if (l->big_n < len + 2)
        return;
    if (quoth_dns_open(&m, l->big, len, l->id, &l->want_name, l->type) == QUOTH_OK && !m.tc)
        lookup_answer(l, &m, out, ev->now);
    else
        lookup_fail(l, QUOTH_ANSWER_MALFORMED, out, ev->now);
}

static int lookup_sent(struct quoth_lookup *l, const struct quoth_event *ev)
{
    size_t left = l->q_n + 2u - l->out_at;

    if (l->state == LOOKUP_ASK) {
        if (ev->n != l->q_n)
            return QUOTH_EINVAL;
        l->state = LOOKUP_WAIT;
        return QUOTH_OK;
    }
    if (l->state != LOOKUP_SAY || ev->n > left)
        return QUOTH_EINVAL;
    l->out_at = (uint16_t)(l->out_at + ev->n);
    if (ev->n == left)
        l->state = LOOKUP_HEAR;
    return QUOTH_OK;
}

static int lookup_failed(struct quoth_lookup *l, const struct quoth_event *ev,
                         struct quoth_route *out)
{
    enum quoth_answer why = ev->kind == QUOTH_EV_TIME || ev->err == QUOTH_ETIME
                                ? QUOTH_ANSWER_TIMEOUT
                                : QUOTH_ANSWER_UNREACHABLE;

    if (l->state >= LOOKUP_SHUT)
        return QUOTH_EINVAL;
    if (why == QUOTH_ANSWER_UNREACHABLE && (l->state == LOOKUP_SAY || l->state == LOOKUP_HEAR))
        why = QUOTH_ANSWER_SERVFAIL; /* reached, and then it hung up */
    lookup_fail(l, why, out, ev->now);
    return QUOTH_OK;
}

static int lookup_down(struct quoth_lookup *l, struct quoth_route *out, uint64_t now)
{
    if (l->state != LOOKUP_SHUT)
        return QUOTH_EINVAL;
    if (l->next != LOOKUP_DONE && !l->mask) /* no servers at all */
        lookup_finish(l, QUOTH_ANSWER_UNREACHABLE, LOOKUP_TTL_FAILURE, out, now);
    else
        lookup_enter(l, (enum lookup_state)l->next, now);
    return QUOTH_OK;
}

/* ---- the machine -------------------------------------------------------- */

void quoth_lookup_start(struct quoth_lookup *l, struct quoth_resolver *res,
                        const struct quoth_name *name, uint16_t type, const uint8_t seed[16],
                        uint64_t now)
{
    memset(l, 0, sizeof *l);
    l->res = res;
    l->type = type;
    l->want_name = *name;
    l->ttl = LOOKUP_TTL_MAX;
    l->asked = 1;
    quoth_random_seed(&l->rnd, seed);
    if (res->rotate && res->servers)
        l->first = (uint8_t)quoth_random_below(&l->rnd, res->servers);
    if (lookup_pick(l, now))
        lookup_enter(l, lookup_fresh(l), now);
    else
        lookup_shut(l, LOOKUP_ASK, now);
}

void quoth_lookup_lend(struct quoth_lookup *l, void *buf, size_t cap)
{
    l->big = (uint8_t *)buf;
    l->big_cap = cap < 65535 ? (uint32_t)cap : 65535;
}

void quoth_lookup_want(const struct quoth_lookup *l, struct quoth_want *w)
{
    static const uint8_t kind[] = {
        [LOOKUP_ASK] = QUOTH_WANT_DGRAM, [LOOKUP_WAIT] = QUOTH_WANT_RECV,
        [LOOKUP_OPEN] = QUOTH_WANT_OPEN, [LOOKUP_SAY] = QUOTH_WANT_SEND,
        [LOOKUP_HEAR] = QUOTH_WANT_RECV, [LOOKUP_SHUT] = QUOTH_WANT_CLOSE,
        [LOOKUP_DONE] = QUOTH_WANT_DONE,
    };

    memset(w, 0, sizeof *w);
    w->kind = (enum quoth_want_kind)kind[l->state];
    w->deadline = l->deadline;
    w->host = "";
    w->peer = lookup_server(l)->peer;
    w->peer.port = lookup_port(lookup_server(l));
    if (l->state == LOOKUP_ASK) {
        w->out = l->q;
        w->n = l->q_n;
    } else if (l->state == LOOKUP_SAY) { /* the length and the question lie side by side */
        w->out = (const uint8_t *)l + offsetof(struct quoth_lookup, prefix) + l->out_at;
        w->n = l->q_n + 2u - l->out_at;
    }
}

int quoth_lookup_feed(struct quoth_lookup *l, const struct quoth_event *ev, struct quoth_route *out)
{
    switch (ev->kind) {
    case QUOTH_EV_TIME:
        if (ev->now < l->deadline)
            return QUOTH_EINVAL;
        return l->state == LOOKUP_SHUT ? lookup_down(l, out, ev->now) : lookup_failed(l, ev, out);
    case QUOTH_EV_UP:
        if (l->state != LOOKUP_OPEN)
            return QUOTH_EINVAL;
        if (l->big)
            lookup_enter(l, LOOKUP_SAY, ev->now);
        else
            lookup_fail(l, QUOTH_ANSWER_TOO_BIG, out, ev->now);
        return QUOTH_OK;
    case QUOTH_EV_SENT: return lookup_sent(l, ev);
    case QUOTH_EV_DATA:
        if (l->state == LOOKUP_WAIT)
            return lookup_datagram(l, ev, out);
        if (l->state != LOOKUP_HEAR)
            return QUOTH_EINVAL;
        lookup_bytes(l, ev, out);
        return QUOTH_OK;
    case QUOTH_EV_EOF:
        if (l->state != LOOKUP_SAY && l->state != LOOKUP_HEAR)
            return QUOTH_EINVAL;
        return lookup_failed(l, ev, out);
    case QUOTH_EV_FAIL: return lookup_failed(l, ev, out);
    case QUOTH_EV_DOWN: return lookup_down(l, out, ev->now);
    case QUOTH_EV_RCPT: break;
    }
    return QUOTH_EINVAL;
}
