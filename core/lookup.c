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
 * A denial without SOA (RFC 2308 2.1) may come of a server that denies whatever is not its own, an
 * empty answer of one that has nothing at all. It is asked for the root's servers once, and not
 * believed without them; one that refuses that knows better. An SOA of a zone that the name is not
 * in is a filter's (RPZ), and nothing is known.
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

static uint16_t lookup_port(const struct quoth_dns_server *server)
{
    return server->peer.port ? server->peer.port : 53;
}

/* The next server of this round: those in good standing first. 0: the round is over. */
static int lookup_pick(struct quoth_lookup *lookup, uint64_t now)
{
    const struct quoth_resolver *resolver = lookup->res;
    unsigned n = resolver->servers < QUOTH_SERVERS_MAX ? resolver->servers : QUOTH_SERVERS_MAX;

    for (unsigned k = 0; k < 2 * n; k++) {
        unsigned i = (lookup->first + k) % n;
        if (lookup->mask >> i & 1 || (k < n && now < resolver->server[i].bad_until))
            continue;
        lookup->mask |= (uint8_t)(1u << i);
        lookup->plain = 0;
        lookup->server = &lookup->res->server[i];
        return 1;
    }
    return 0;
}

/* The next server of this round or the next; `rounds` itself is the one over TCP. 0: no more. */
static int lookup_pick_any(struct quoth_lookup *lookup, uint64_t now)
{
    int silent =
        lookup->failed == QUOTH_ANSWER_TIMEOUT && lookup->state <= LOOKUP_WAIT && lookup->big;

    if (lookup_pick(lookup, now))
        return 1;
    if (lookup->round == lookup->rounds || (++lookup->round == lookup->rounds && !silent))
        return 0;
    lookup->mask = 0;
    return lookup_pick(lookup, now);
}

static int lookup_plain(const struct quoth_lookup *lookup)
{
    return lookup->res->no_edns || lookup->server->plain || lookup->plain ||
           (lookup->round && lookup->round + 1 >= lookup->rounds);
}

static int lookup_stream(const struct quoth_lookup *lookup)
{
    return lookup->round == lookup->rounds || lookup->server->stream;
}

/* It answered. What does that say about how to ask it? Both counts wrap, so that a change for the
 * better is seen some day. */
static void lookup_learn(const struct quoth_lookup *lookup)
{
    struct quoth_dns_server *server = lookup->server;

    server->plain = (uint8_t)(lookup->q[11] ? 0 : server->plain + 1);
    if (lookup->state == LOOKUP_WAIT)
        server->stream = 0;
    else if (lookup_stream(lookup))
        server->stream++;
}

static uint32_t lookup_wait(struct quoth_lookup *lookup)
{
    const struct quoth_resolver *resolver = lookup->res;
    uint32_t max = resolver->wait_max_ms ? resolver->wait_max_ms : LOOKUP_WAIT_MAX_MS;
    uint32_t wait = resolver->wait_ms ? resolver->wait_ms : LOOKUP_WAIT_MS;
    uint32_t tenth, more;

    wait = wait > max >> lookup->round ? max : wait << lookup->round;
    tenth = wait / 10;
    more = quoth_random_below(&lookup->rnd, 2 * tenth + 1);
    wait -= tenth;
    return more < max - wait ? wait + more : max;
}

/* ---- states ------------------------------------------------------------- */

static void lookup_enter(struct quoth_lookup *lookup, enum lookup_state state, uint64_t now)
{
    lookup->state = (uint8_t)state;
    switch (state) {
    case LOOKUP_ASK:
    case LOOKUP_OPEN:
        lookup->id = (uint16_t)quoth_random_next(&lookup->rnd);
        lookup->q_n = (uint16_t)quoth_dns_query(lookup->q, sizeof lookup->q, lookup->id,
                                                &lookup->want_name, lookup->type,
                                                (uint16_t)(lookup_plain(lookup) ? 0 : LOOKUP_UDP));
        lookup->q[3] = lookup->options;
        lookup->prefix[0] = (uint8_t)(lookup->q_n >> 8);
        lookup->prefix[1] = (uint8_t)lookup->q_n;
        lookup->out_at = 0;
        lookup->big_n = 0;
        lookup->deadline = now + lookup_wait(lookup);
        break;
    case LOOKUP_SHUT: lookup->deadline = now + LOOKUP_SHUT_MS; break;
    case LOOKUP_DONE: lookup->deadline = QUOTH_NEVER; break;
    case LOOKUP_WAIT:
    case LOOKUP_SAY:
    case LOOKUP_HEAR: break; /* still the same try */
    }
}

static QUOTH_APART void lookup_shut(struct quoth_lookup *lookup, enum lookup_state next,
                                    uint64_t now)
{
    lookup->next = (uint8_t)next;
    lookup_enter(lookup, LOOKUP_SHUT, now);
}

/* How a try begins. */
static enum lookup_state lookup_fresh(const struct quoth_lookup *lookup)
{
    return lookup->res->tcp || lookup_stream(lookup) ? LOOKUP_OPEN : LOOKUP_ASK;
}

/* The same server once more, the same way. */
static void lookup_repeat(struct quoth_lookup *lookup, uint64_t now)
{
    lookup_shut(lookup, lookup->state == LOOKUP_HEAR ? LOOKUP_OPEN : LOOKUP_ASK, now);
}

/* The answer is known. */
static void lookup_finish(struct quoth_lookup *lookup, enum quoth_answer answer, uint32_t ttl,
                          uint64_t now)
{
    lookup->answer = (uint8_t)answer;
    lookup->ttl = ttl;
    lookup_shut(lookup, LOOKUP_DONE, now);
}

/* Of several failures the one that says most is told: the higher one. */
static void lookup_note(struct quoth_lookup *lookup, enum quoth_answer why)
{
    if (why > lookup->failed)
        lookup->failed = (uint8_t)why;
}

/* This try failed: the next server, if there is one. A server that answered keeps its place. */
static void lookup_fail(struct quoth_lookup *lookup, enum quoth_answer why, uint64_t now)
{
    lookup_note(lookup, why);
    if (why <= QUOTH_ANSWER_TIMEOUT)
        lookup->server->bad_until = now + LOOKUP_BAD_MS;
    if (lookup->state >= LOOKUP_OPEN)
        lookup->server->stream = 0;
    if (lookup_pick_any(lookup, now))
        lookup_shut(lookup, lookup_fresh(lookup), now);
    else
        lookup_finish(lookup, (enum quoth_answer)lookup->failed, LOOKUP_TTL_FAILURE, now);
}

/* ---- what an answer leads to -------------------------------------------- */

/* By its rcode. LOOKUP_READ: by its records. */
static int lookup_answer(struct quoth_lookup *lookup, const struct quoth_dns *message, uint64_t now)
{
    int edns_not_known = message->rcode == LOOKUP_FORMERR || message->rcode == LOOKUP_NOTIMP ||
                         message->rcode == LOOKUP_BADVERS;
    int asked_edns = lookup->q[11]; /* ARCOUNT: only ever an OPT */
    int records = message->rcode == 0 || message->rcode == LOOKUP_NXDOMAIN;

    if (records || message->ede)
        lookup->ede = message->ede;
    if (edns_not_known && asked_edns) {
        lookup->plain = 1; /* when that helps, lookup_learn() tells the others */
        lookup_repeat(lookup, now);
        return QUOTH_OK;
    }
    if (records || lookup->doubt) {
        lookup_learn(lookup);
        return LOOKUP_READ;
    }
    lookup_fail(lookup,
                message->rcode == LOOKUP_REFUSED ? QUOTH_ANSWER_REFUSED : QUOTH_ANSWER_SERVFAIL,
                now);
    return QUOTH_OK;
}

/* Does an Extended DNS Error (RFC 8914 4) say that the resolver keeps the records to itself? */
static int lookup_withheld(uint16_t ede)
{
    enum { FORGED = 4, BLOCKED = 15, CENSORED, FILTERED };

    return ede == 1 + FORGED || (ede >= 1 + BLOCKED && ede <= 1 + FILTERED);
}

/* NOERROR or NXDOMAIN, and its records were read: what does it say? NONE: ask further. */
static enum quoth_answer lookup_says(struct quoth_lookup *lookup, const struct quoth_dns *message,
                                     unsigned saw)
{
    int missing = message->rcode == LOOKUP_NXDOMAIN, soa = saw & QUOTH_SAW_SOA;

    if (lookup->doubt) {
        if (missing || !(message->rcode | (saw & QUOTH_SAW_DATA)))
            return QUOTH_ANSWER_REFUSED;
        lookup->server->root = 1;
        return (enum quoth_answer)lookup->doubt;
    }
    if (lookup->hops > QUOTH_CNAMES_MAX)
        return QUOTH_ANSWER_ALIAS_LOOP;
    if (saw & QUOTH_SAW_DATA && !missing)
        return QUOTH_ANSWER_DATA;
    if (saw & (QUOTH_SAW_DATA | QUOTH_SAW_ODD) || lookup->flags & QUOTH_ROUTE_CUT)
        return QUOTH_ANSWER_MALFORMED;
    if ((LOOKUP_UDP > 0 && lookup_withheld(message->ede)) ||
        (saw & QUOTH_SAW_FOREIGN && (missing || !(saw & QUOTH_SAW_ALIAS))))
        return QUOTH_ANSWER_REFUSED;
    if (missing)
        return soa || lookup->server->root ? QUOTH_ANSWER_NXDOMAIN : QUOTH_ANSWER_NONE;
    if (soa)
        return QUOTH_ANSWER_NODATA;
    if (saw & QUOTH_SAW_ALIAS)
        return QUOTH_ANSWER_NONE; /* and nothing about where it leads */
    if (saw & QUOTH_SAW_REFERRAL || !(message->aa | message->ra))
        return QUOTH_ANSWER_SERVFAIL; /* it neither looks names up for us nor is in charge */
    /* Without MX the domain's own address is asked for next. */
    return lookup->server->root || lookup->type == QUOTH_DNS_MX ? QUOTH_ANSWER_NODATA
                                                                : QUOTH_ANSWER_NONE;
}

static uint32_t lookup_ttl(const struct quoth_lookup *lookup, enum quoth_answer says, unsigned saw)
{
    if (says == QUOTH_ANSWER_DATA)
        return lookup->ttl;
    if (says > QUOTH_ANSWER_NXDOMAIN)
        return LOOKUP_TTL_FAILURE;
    if (!(saw & QUOTH_SAW_SOA))
        return 0;
    return lookup->ttl < LOOKUP_TTL_NEGATIVE ? lookup->ttl : LOOKUP_TTL_NEGATIVE;
}

static int lookup_settle(struct quoth_lookup *lookup, const struct quoth_dns *message, unsigned saw,
                         uint64_t now)
{
    enum quoth_answer says = lookup_says(lookup, message, saw);
    int missing = message->rcode == LOOKUP_NXDOMAIN, doubt = missing || !(saw & QUOTH_SAW_ALIAS);

    if (says == QUOTH_ANSWER_NONE && lookup->asked == lookup->may)
        says = saw & QUOTH_SAW_ALIAS ? QUOTH_ANSWER_ALIAS_LOOP : QUOTH_ANSWER_SERVFAIL;
    if (says > QUOTH_ANSWER_ALIAS_LOOP) {
        lookup_fail(lookup, says, now);
    } else if (says != QUOTH_ANSWER_NONE) {
        lookup_finish(lookup, says, lookup_ttl(lookup, says, saw), now);
    } else {
        lookup->asked++;
        lookup->round = lookup->failed = 0;
        if (doubt) {
            lookup->doubt = missing ? QUOTH_ANSWER_NXDOMAIN : QUOTH_ANSWER_NODATA;
            lookup->type = QUOTH_DNS_NS;
            lookup->want_name.b[0] = 0;
            lookup->ttl = 0;
            lookup->mask = UINT8_MAX;
            lookup->failed = QUOTH_ANSWER_SERVFAIL;
            lookup->want_name.n = lookup->rounds = 1; /* of this server alone */
        }
        lookup_shut(lookup, lookup_fresh(lookup), now);
    }
    return QUOTH_OK;
}

/* ---- events ------------------------------------------------------------- */

static int lookup_datagram(struct quoth_lookup *lookup, const struct quoth_event *ev,
                           struct quoth_dns *message)
{
    const struct quoth_dns_server *server = lookup->server;
    int rc;

    if (ev->from.port != lookup_port(server) || ev->from.ip.len != server->peer.ip.len ||
        memcmp(ev->from.ip.b, server->peer.ip.b, server->peer.ip.len))
        return QUOTH_EINVAL;
    rc = quoth_dns_open(message, (const uint8_t *)ev->data, ev->n, lookup->id, &lookup->want_name,
                        lookup->type);
    if (rc == QUOTH_EINVAL)
        return rc;
    if (message->tc || ev->n > QUOTH_DNS_MAX) {
        lookup_note(lookup, QUOTH_ANSWER_TRUNCATED);
        lookup_shut(lookup, LOOKUP_OPEN, ev->now);
    } else if (rc == QUOTH_OK)
        return lookup_answer(lookup, message, ev->now);
    else
        lookup_note(lookup,
                    QUOTH_ANSWER_MALFORMED); /* perhaps forged: the real one may still come */
    return QUOTH_OK;
}

/* Bytes of a stream: two of length, then so many (RFC 1035 4.2.2). What follows is not ours. */
static int lookup_bytes(struct quoth_lookup *lookup, const struct quoth_event *ev,
                        struct quoth_dns *message)
{
    const uint8_t *p = (const uint8_t *)ev->data;
    size_t n = ev->n, len;

    for (; n != 0 && lookup->big_n < 2; n--)
        lookup->prefix[lookup->big_n++] = *p++;
    if (lookup->big_n < 2)
        return QUOTH_OK;
    len = (size_t)lookup->prefix[0] << 8 | lookup->prefix[1];
    if (len > lookup->big_cap) {
        lookup_fail(lookup, QUOTH_ANSWER_TOO_BIG, ev->now);
        return QUOTH_OK;
    }
    if (n > len + 2 - lookup->big_n)
        n = len + 2 - lookup->big_n;
    if (n != 0)
        memcpy(lookup->big + lookup->big_n - 2, p, n);
    lookup->big_n += (uint32_t)n;
    if (lookup->big_n < len + 2)
        return QUOTH_OK;
    if (quoth_dns_open(message, lookup->big, len, lookup->id, &lookup->want_name, lookup->type) ==
            QUOTH_OK &&
        !message->tc)
        return lookup_answer(lookup, message, ev->now);
    lookup_fail(lookup, QUOTH_ANSWER_MALFORMED, ev->now);
    return QUOTH_OK;
}

static int lookup_sent(struct quoth_lookup *lookup, const struct quoth_event *ev)
{
    size_t left = lookup->q_n + 2u - lookup->out_at;

    if (lookup->state == LOOKUP_ASK) {
        if (ev->n != lookup->q_n)
            return QUOTH_EINVAL;
        lookup->state = LOOKUP_WAIT;
        return QUOTH_OK;
    }
    if (lookup->state != LOOKUP_SAY || ev->n > left)
        return QUOTH_EINVAL;
    lookup->out_at = (uint16_t)(lookup->out_at + ev->n);
    if (ev->n == left)
        lookup->state = LOOKUP_HEAR;
    return QUOTH_OK;
}

static int lookup_failed(struct quoth_lookup *lookup, const struct quoth_event *ev)
{
    enum quoth_answer why = ev->kind == QUOTH_EV_TIME || ev->err == QUOTH_ETIME
                                ? QUOTH_ANSWER_TIMEOUT
                                : QUOTH_ANSWER_UNREACHABLE;

    if (lookup->state >= LOOKUP_SHUT)
        return QUOTH_EINVAL;
    if (why == QUOTH_ANSWER_UNREACHABLE && lookup->state >= LOOKUP_SAY)
        why = QUOTH_ANSWER_SERVFAIL; /* reached, and then it hung up */
    lookup_fail(lookup, why, ev->now);
    return QUOTH_OK;
}

static int lookup_down(struct quoth_lookup *lookup, uint64_t now)
{
    if (lookup->state != LOOKUP_SHUT)
        return QUOTH_EINVAL;
    lookup_enter(lookup, (enum lookup_state)lookup->next, now);
    return QUOTH_OK;
}

/* ---- the machine -------------------------------------------------------- */

void quoth_lookup_start(struct quoth_lookup *lookup, struct quoth_resolver *res,
                        const struct quoth_question *question, const uint8_t seed[16], uint64_t now)
{
    unsigned tries = res->tries ? res->tries : LOOKUP_TRIES;

    memset(lookup, 0, sizeof *lookup);
    lookup->res = res;
    lookup->server = res->server;
    lookup->rounds = (uint8_t)(tries < LOOKUP_TRIES_MAX ? tries : LOOKUP_TRIES_MAX);
    lookup->type = question->type;
    lookup->want_name = *question->name;
    lookup->options = (uint8_t)(question->options & (QUOTH_ASK_AD | QUOTH_ASK_CD));
    if (lookup->options & QUOTH_ASK_AD)
        lookup->flags = QUOTH_ROUTE_AD; /* until an answer lacks it */
    lookup->ttl = LOOKUP_TTL_MAX;
    lookup->asked = 1;
    lookup->may = UINT8_MAX;
    quoth_random_seed(&lookup->rnd, seed);
    if (res->rotate && res->servers)
        lookup->first = (uint8_t)quoth_random_below(&lookup->rnd, res->servers);
    if (lookup_pick(lookup, now))
        lookup_enter(lookup, lookup_fresh(lookup), now);
    else
        lookup_fail(lookup, QUOTH_ANSWER_UNREACHABLE, now);
}

void quoth_lookup_limit(struct quoth_lookup *lookup, unsigned questions)
{
    lookup->may = (uint8_t)questions;
}

void quoth_lookup_lend(struct quoth_lookup *lookup, void *buf, size_t cap)
{
    lookup->big = (uint8_t *)buf;
    lookup->big_cap = (uint16_t)(cap < 65535 ? cap : 65535);
}

void quoth_lookup_begin(struct quoth_lookup *lookup, uint64_t now)
{
    if (lookup->state == LOOKUP_OPEN)
        lookup_enter(lookup, LOOKUP_OPEN, now);
}

void quoth_lookup_want(const struct quoth_lookup *lookup, struct quoth_want *want)
{
    static const uint8_t kind[] = {
        [LOOKUP_ASK] = QUOTH_WANT_DGRAM, [LOOKUP_WAIT] = QUOTH_WANT_RECV,
        [LOOKUP_OPEN] = QUOTH_WANT_OPEN, [LOOKUP_SAY] = QUOTH_WANT_SEND,
        [LOOKUP_HEAR] = QUOTH_WANT_RECV, [LOOKUP_SHUT] = QUOTH_WANT_CLOSE,
        [LOOKUP_DONE] = QUOTH_WANT_DONE,
    };

    memset(want, 0, sizeof *want);
    want->kind = (enum quoth_want_kind)kind[lookup->state];
    want->deadline = lookup->deadline;
    want->host = "";
    want->peer = lookup->server->peer;
    want->peer.port = lookup_port(lookup->server);
    if (lookup->state == LOOKUP_ASK) {
        want->out = lookup->q;
        want->n = lookup->q_n;
    } else if (lookup->state == LOOKUP_SAY) { /* the length and the question lie side by side */
        want->out =
            (const uint8_t *)lookup + offsetof(struct quoth_lookup, prefix) + lookup->out_at;
        want->n = lookup->q_n + 2u - lookup->out_at;
    }
}

void quoth_want_end(struct quoth_want *want, int done)
{
    memset(want, 0, sizeof *want);
    want->kind = done ? QUOTH_WANT_DONE : QUOTH_WANT_CLOSE;
    want->deadline = QUOTH_NEVER;
    want->host = "";
}

/* One event. LOOKUP_READ: `message` is the answer, read its records and settle. */
static int lookup_event(struct quoth_lookup *lookup, const struct quoth_event *ev,
                        struct quoth_dns *message)
{
    switch (ev->kind) {
    case QUOTH_EV_TIME:
        if (ev->now < lookup->deadline)
            return QUOTH_EINVAL;
        return lookup->state == LOOKUP_SHUT ? lookup_down(lookup, ev->now)
                                            : lookup_failed(lookup, ev);
    case QUOTH_EV_UP:
        if (lookup->state != LOOKUP_OPEN)
            return QUOTH_EINVAL;
        if (lookup->big)
            lookup_enter(lookup, LOOKUP_SAY, ev->now);
        else
            lookup_fail(lookup, QUOTH_ANSWER_TOO_BIG, ev->now);
        return QUOTH_OK;
    case QUOTH_EV_SENT: return lookup_sent(lookup, ev);
    case QUOTH_EV_DATA:
        if (lookup->state == LOOKUP_WAIT)
            return lookup_datagram(lookup, ev, message);
        return lookup->state == LOOKUP_HEAR ? lookup_bytes(lookup, ev, message) : QUOTH_EINVAL;
    case QUOTH_EV_EOF:
        if (lookup->state < LOOKUP_SAY)
            return QUOTH_EINVAL;
        return lookup_failed(lookup, ev);
    case QUOTH_EV_FAIL: return lookup_failed(lookup, ev);
    case QUOTH_EV_DOWN: return lookup_down(lookup, ev->now);
    case QUOTH_EV_RCPT: break;
    }
    return QUOTH_EINVAL;
}

int quoth_lookup_feed(struct quoth_lookup *lookup, const struct quoth_event *ev,
                      struct quoth_route *out)
{
    struct quoth_dns message;
    int rc = lookup_event(lookup, ev, &message);

    if (rc == LOOKUP_READ)
        rc = lookup_settle(lookup, &message, quoth_answer_route(lookup, &message, out), ev->now);
    if (rc == QUOTH_OK && lookup->answer)
        quoth_answer_route_end(lookup, out);
    return rc;
}

int quoth_lookup_feed_set(struct quoth_lookup *lookup, const struct quoth_event *ev,
                          struct quoth_rrset *out)
{
    struct quoth_dns message;
    int rc = lookup_event(lookup, ev, &message);

    if (rc == LOOKUP_READ)
        rc = lookup_settle(lookup, &message, quoth_answer_set(lookup, &message, out), ev->now);
    if (rc == QUOTH_OK && lookup->answer)
        quoth_answer_set_end(lookup, out);
    return rc;
}
