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
 * Boxes on the way may drop what holds EDNS, or all of UDP: the last of several rounds asks without
 * EDNS, and when all was silence one more asks over TCP. A server that answered so is asked so from
 * the start, for 255 answers.
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

enum { LOOKUP_READ = 1 }; /* of an event: an answer came whose records are to be read */

/* ---- whom to ask, and how long to wait ---------------------------------- */

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
        l->server = &l->res->server[i];
        return 1;
    }
    return 0;
}

/* The next server of this round or the next; `rounds` itself is the one over TCP. 0: no more. */
static int lookup_pick_any(struct quoth_lookup *l, uint64_t now)
{
    int silent = l->failed == QUOTH_ANSWER_TIMEOUT && l->state <= LOOKUP_WAIT && l->big;

    if (lookup_pick(l, now))
        return 1;
    if (l->round == l->rounds || (++l->round == l->rounds && !silent))
        return 0;
    l->mask = 0;
    return lookup_pick(l, now);
}

static int lookup_plain(const struct quoth_lookup *l)
{
    return l->res->no_edns || l->server->plain || (l->round && l->round + 1 >= l->rounds);
}

static int lookup_stream(const struct quoth_lookup *l)
{
    return l->round == l->rounds || l->server->stream;
}

/* It answered. What does that say about how to ask it? Both counts wrap, so that a change for the
 * better is seen some day. */
static void lookup_learn(const struct quoth_lookup *l)
{
    struct quoth_dns_server *s = l->server;

    s->plain = (uint8_t)(l->q[11] ? 0 : s->plain + 1);
    if (l->state == LOOKUP_WAIT)
        s->stream = 0;
    else if (lookup_stream(l))
        s->stream++;
}

static uint32_t lookup_wait(struct quoth_lookup *l)
{
    const struct quoth_resolver *r = l->res;
    uint32_t max = r->wait_max_ms ? r->wait_max_ms : LOOKUP_WAIT_MAX_MS;
    uint32_t wait = r->wait_ms ? r->wait_ms : LOOKUP_WAIT_MS;
    uint32_t tenth, more;

    wait = wait > max >> l->round ? max : wait << l->round;
    tenth = wait / 10;
    more = quoth_random_below(&l->rnd, 2 * tenth + 1);
    wait -= tenth;
    return more < max - wait ? wait + more : max;
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
                                           (uint16_t)(lookup_plain(l) ? 0 : LOOKUP_UDP));
        l->q[3] = l->options;
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

static QUOTH_APART void lookup_shut(struct quoth_lookup *l, enum lookup_state next, uint64_t now)
{
    l->next = (uint8_t)next;
    lookup_enter(l, LOOKUP_SHUT, now);
}

/* How a try begins. */
static enum lookup_state lookup_fresh(const struct quoth_lookup *l)
{
    return l->res->tcp || lookup_stream(l) ? LOOKUP_OPEN : LOOKUP_ASK;
}

/* The same server once more, the same way. */
static void lookup_repeat(struct quoth_lookup *l, uint64_t now)
{
    lookup_shut(l, l->state == LOOKUP_HEAR ? LOOKUP_OPEN : LOOKUP_ASK, now);
}

/* The answer is known. */
static void lookup_finish(struct quoth_lookup *l, enum quoth_answer answer, uint32_t ttl,
                          uint64_t now)
{
    l->answer = (uint8_t)answer;
    l->ttl = ttl;
    lookup_shut(l, LOOKUP_DONE, now);
}

/* Of several failures the one that says most is told: the higher one. */
static void lookup_note(struct quoth_lookup *l, enum quoth_answer why)
{
    if (why > l->failed)
        l->failed = (uint8_t)why;
}

/* This try failed: the next server, if there is one. A server that answered keeps its place. */
static void lookup_fail(struct quoth_lookup *l, enum quoth_answer why, uint64_t now)
{
    lookup_note(l, why);
    if (why <= QUOTH_ANSWER_TIMEOUT)
        l->server->bad_until = now + LOOKUP_BAD_MS;
    if (l->state >= LOOKUP_OPEN)
        l->server->stream = 0;
    if (lookup_pick_any(l, now))
        lookup_shut(l, lookup_fresh(l), now);
    else
        lookup_finish(l, (enum quoth_answer)l->failed, LOOKUP_TTL_FAILURE, now);
}

/* ---- what an answer leads to -------------------------------------------- */

/* By its rcode. LOOKUP_READ: by its records. */
static int lookup_answer(struct quoth_lookup *l, const struct quoth_dns *m, uint64_t now)
{
    int edns_not_known =
        m->rcode == LOOKUP_FORMERR || m->rcode == LOOKUP_NOTIMP || m->rcode == LOOKUP_BADVERS;
    int asked_edns = l->q[11]; /* ARCOUNT: only ever an OPT */
    int records = m->rcode == 0 || m->rcode == LOOKUP_NXDOMAIN;

    if (records || m->ede)
        l->ede = m->ede;
    if (records) {
        lookup_learn(l);
        return LOOKUP_READ;
    }
    if (edns_not_known && asked_edns) {
        l->server->plain = 1;
        lookup_repeat(l, now);
        return QUOTH_OK;
    }
    if (edns_not_known)
        l->server->plain = 0; /* that was not the reason */
    lookup_fail(l, m->rcode == LOOKUP_REFUSED ? QUOTH_ANSWER_REFUSED : QUOTH_ANSWER_SERVFAIL, now);
    return QUOTH_OK;
}

/* NOERROR or NXDOMAIN, and its records were read: what does it say? */
static int lookup_settle(struct quoth_lookup *l, const struct quoth_dns *m, unsigned saw,
                         uint64_t now)
{
    uint32_t ttl = l->ttl < LOOKUP_TTL_NEGATIVE ? l->ttl : LOOKUP_TTL_NEGATIVE;
    int missing = m->rcode == LOOKUP_NXDOMAIN;

    if (!(saw & QUOTH_SAW_SOA))
        ttl = 0;
    if (l->hops > QUOTH_CNAMES_MAX)
        lookup_finish(l, QUOTH_ANSWER_ALIAS_LOOP, LOOKUP_TTL_FAILURE, now);
    else if (saw & QUOTH_SAW_DATA && !missing)
        lookup_finish(l, QUOTH_ANSWER_DATA, l->ttl, now);
    else if (saw & (QUOTH_SAW_DATA | QUOTH_SAW_ODD) || l->flags & QUOTH_ROUTE_CUT)
        lookup_fail(l, QUOTH_ANSWER_MALFORMED, now);
    else if (missing)
        lookup_finish(l, QUOTH_ANSWER_NXDOMAIN, ttl, now);
    else if ((saw & (QUOTH_SAW_SOA | QUOTH_SAW_ALIAS)) == QUOTH_SAW_ALIAS) {
        if (l->asked == l->may) {
            lookup_finish(l, QUOTH_ANSWER_ALIAS_LOOP, LOOKUP_TTL_FAILURE, now);
            return QUOTH_OK;
        }
        l->asked++; /* an alias, and nothing about where it leads */
        l->round = l->failed = 0;
        l->mask = (uint8_t)(1u << (l->server - l->res->server));
        lookup_shut(l, lookup_fresh(l), now);
    } else if (!(saw & QUOTH_SAW_SOA) && (saw & QUOTH_SAW_REFERRAL || !(m->aa | m->ra)))
        /* It sends us on, or it neither looks names up for us nor is in charge of this one. */
        lookup_fail(l, QUOTH_ANSWER_SERVFAIL, now);
    else
        lookup_finish(l, QUOTH_ANSWER_NODATA, ttl, now);
    return QUOTH_OK;
}

/* ---- events ------------------------------------------------------------- */

static int lookup_datagram(struct quoth_lookup *l, const struct quoth_event *ev,
                           struct quoth_dns *m)
{
    const struct quoth_dns_server *s = l->server;
    int rc;

    if (ev->from.port != lookup_port(s) || ev->from.ip.len != s->peer.ip.len ||
        memcmp(ev->from.ip.b, s->peer.ip.b, s->peer.ip.len))
        return QUOTH_EINVAL;
    rc = quoth_dns_open(m, (const uint8_t *)ev->data, ev->n, l->id, &l->want_name, l->type);
    if (rc == QUOTH_EINVAL)
        return rc;
    if (m->tc || ev->n > QUOTH_DNS_MAX) {
        lookup_note(l, QUOTH_ANSWER_TRUNCATED);
        lookup_shut(l, LOOKUP_OPEN, ev->now);
    } else if (rc == QUOTH_OK)
        return lookup_answer(l, m, ev->now);
    else
        lookup_note(l, QUOTH_ANSWER_MALFORMED); /* perhaps forged: the real one may still come */
    return QUOTH_OK;
}

/* Bytes of a stream: two of length, then so many (RFC 1035 4.2.2). What follows is not ours. */
static int lookup_bytes(struct quoth_lookup *l, const struct quoth_event *ev, struct quoth_dns *m)
{
    const uint8_t *p = (const uint8_t *)ev->data;
    size_t n = ev->n, len;

    for (; n != 0 && l->big_n < 2; n--)
        l->prefix[l->big_n++] = *p++;
    if (l->big_n < 2)
        return QUOTH_OK;
    len = (size_t)l->prefix[0] << 8 | l->prefix[1];
    if (len > l->big_cap) {
        lookup_fail(l, QUOTH_ANSWER_TOO_BIG, ev->now);
        return QUOTH_OK;
    }
    if (n > len + 2 - l->big_n)
        n = len + 2 - l->big_n;
    if (n != 0)
        memcpy(l->big + l->big_n - 2, p, n);
    l->big_n += (uint32_t)n;
    if (l->big_n < len + 2)
        return QUOTH_OK;
    if (quoth_dns_open(m, l->big, len, l->id, &l->want_name, l->type) == QUOTH_OK && !m->tc)
        return lookup_answer(l, m, ev->now);
    lookup_fail(l, QUOTH_ANSWER_MALFORMED, ev->now);
    return QUOTH_OK;
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

static int lookup_failed(struct quoth_lookup *l, const struct quoth_event *ev)
{
    enum quoth_answer why = ev->kind == QUOTH_EV_TIME || ev->err == QUOTH_ETIME
                                ? QUOTH_ANSWER_TIMEOUT
                                : QUOTH_ANSWER_UNREACHABLE;

    if (l->state >= LOOKUP_SHUT)
        return QUOTH_EINVAL;
    if (why == QUOTH_ANSWER_UNREACHABLE && l->state >= LOOKUP_SAY)
        why = QUOTH_ANSWER_SERVFAIL; /* reached, and then it hung up */
    lookup_fail(l, why, ev->now);
    return QUOTH_OK;
}

static int lookup_down(struct quoth_lookup *l, uint64_t now)
{
    if (l->state != LOOKUP_SHUT)
        return QUOTH_EINVAL;
    if (l->next != LOOKUP_DONE && !l->mask) /* no servers at all */
        lookup_finish(l, QUOTH_ANSWER_UNREACHABLE, LOOKUP_TTL_FAILURE, now);
    else
        lookup_enter(l, (enum lookup_state)l->next, now);
    return QUOTH_OK;
}

/* ---- the machine -------------------------------------------------------- */

void quoth_lookup_start(struct quoth_lookup *l, struct quoth_resolver *res,
                        const struct quoth_name *name, uint16_t type, const uint8_t seed[16],
                        uint64_t now)
{
    unsigned tries = res->tries ? res->tries : LOOKUP_TRIES;

    memset(l, 0, sizeof *l);
    l->res = res;
    l->server = res->server;
    l->rounds = (uint8_t)(tries < LOOKUP_TRIES_MAX ? tries : LOOKUP_TRIES_MAX);
    l->type = type;
    l->want_name = *name;
    l->ttl = LOOKUP_TTL_MAX;
    l->asked = 1;
    l->may = UINT8_MAX;
    quoth_random_seed(&l->rnd, seed);
    if (res->rotate && res->servers)
        l->first = (uint8_t)quoth_random_below(&l->rnd, res->servers);
    if (lookup_pick(l, now))
        lookup_enter(l, lookup_fresh(l), now);
    else
        lookup_shut(l, LOOKUP_ASK, now);
}

void quoth_lookup_ask(struct quoth_lookup *l, struct quoth_resolver *res,
                      const struct quoth_question *question, const uint8_t seed[16], uint64_t now)
{
    quoth_lookup_start(l, res, question->name, question->type, seed, now);
    l->options = (uint8_t)(question->options & (QUOTH_ASK_AD | QUOTH_ASK_CD));
    l->q[3] = l->options; /* the first question is written already */
    if (l->options & QUOTH_ASK_AD)
        l->flags = QUOTH_ROUTE_AD; /* until an answer lacks it */
}

void quoth_lookup_limit(struct quoth_lookup *l, unsigned questions) { l->may = (uint8_t)questions; }

void quoth_lookup_lend(struct quoth_lookup *l, void *buf, size_t cap)
{
    l->big = (uint8_t *)buf;
    l->big_cap = (uint16_t)(cap < 65535 ? cap : 65535);
}

void quoth_lookup_begin(struct quoth_lookup *l, uint64_t now)
{
    if (l->state == LOOKUP_OPEN)
        lookup_enter(l, LOOKUP_OPEN, now);
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
    w->peer = l->server->peer;
    w->peer.port = lookup_port(l->server);
    if (l->state == LOOKUP_ASK) {
        w->out = l->q;
        w->n = l->q_n;
    } else if (l->state == LOOKUP_SAY) { /* the length and the question lie side by side */
        w->out = (const uint8_t *)l + offsetof(struct quoth_lookup, prefix) + l->out_at;
        w->n = l->q_n + 2u - l->out_at;
    }
}

void quoth_want_end(struct quoth_want *w, int done)
{
    memset(w, 0, sizeof *w);
    w->kind = done ? QUOTH_WANT_DONE : QUOTH_WANT_CLOSE;
    w->deadline = QUOTH_NEVER;
    w->host = "";
}

/* One event. LOOKUP_READ: `m` is the answer, read its records and settle. */
static int lookup_event(struct quoth_lookup *l, const struct quoth_event *ev, struct quoth_dns *m)
{
    switch (ev->kind) {
    case QUOTH_EV_TIME:
        if (ev->now < l->deadline)
            return QUOTH_EINVAL;
        return l->state == LOOKUP_SHUT ? lookup_down(l, ev->now) : lookup_failed(l, ev);
    case QUOTH_EV_UP:
        if (l->state != LOOKUP_OPEN)
            return QUOTH_EINVAL;
        if (l->big)
            lookup_enter(l, LOOKUP_SAY, ev->now);
        else
            lookup_fail(l, QUOTH_ANSWER_TOO_BIG, ev->now);
        return QUOTH_OK;
    case QUOTH_EV_SENT: return lookup_sent(l, ev);
    case QUOTH_EV_DATA:
        if (l->state == LOOKUP_WAIT)
            return lookup_datagram(l, ev, m);
        return l->state == LOOKUP_HEAR ? lookup_bytes(l, ev, m) : QUOTH_EINVAL;
    case QUOTH_EV_EOF:
        if (l->state < LOOKUP_SAY)
            return QUOTH_EINVAL;
        return lookup_failed(l, ev);
    case QUOTH_EV_FAIL: return lookup_failed(l, ev);
    case QUOTH_EV_DOWN: return lookup_down(l, ev->now);
    case QUOTH_EV_RCPT: break;
    }
    return QUOTH_EINVAL;
}

int quoth_lookup_feed(struct quoth_lookup *l, const struct quoth_event *ev, struct quoth_route *out)
{
    struct quoth_dns m;
    int rc = lookup_event(l, ev, &m);

    if (rc == LOOKUP_READ)
        rc = lookup_settle(l, &m, quoth_answer_route(l, &m, out), ev->now);
    if (rc == QUOTH_OK && l->answer)
        quoth_answer_route_end(l, out);
    return rc;
}

int quoth_lookup_feed_set(struct quoth_lookup *l, const struct quoth_event *ev,
                          struct quoth_rrset *out)
{
    struct quoth_dns m;
    int rc = lookup_event(l, ev, &m);

    if (rc == LOOKUP_READ)
        rc = lookup_settle(l, &m, quoth_answer_set(l, &m, out), ev->now);
    if (rc == QUOTH_OK && l->answer)
        quoth_answer_set_end(l, out);
    return rc;
}
