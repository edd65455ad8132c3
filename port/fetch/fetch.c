/* fetch.c - the policy of MTA-STS from where it is served: a machine, without a socket.
 *
 *   ASK A --> ASK AAAA --> OPEN --> SHAKE --> SEND --> RECV --> SHUT --> DONE
 *                            ^        |                  |        |
 *                            `--------+- the next address, where it could not be talked to
 *
 * What was heard from a host that could be talked to is the result, and no other address is tried.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "fetch.h"

enum fetch_state {
    FETCH_A,
    FETCH_AAAA,
    FETCH_OPEN,
    FETCH_SHAKE,
    FETCH_SEND,
    FETCH_RECV,
    FETCH_SHUT,
    FETCH_OVER
};

/* ---- whom to call ------------------------------------------------------- */

static void fetch_ask(struct fetch *fetch, enum fetch_state state, uint64_t now)
{
    const struct quoth_question question = {&fetch->name,
                                            state == FETCH_A ? QUOTH_DNS_A : QUOTH_DNS_AAAA, 0};
    uint8_t seed[16];

    quoth_random_fork(&fetch->rnd, seed);
    fetch->state = (uint8_t)state;
    fetch->set = (struct quoth_rrset) {.buf = fetch->buf, .cap = sizeof fetch->buf};
    quoth_lookup_start(&fetch->lookup, fetch->conf->resolver, &question, seed, now);
    quoth_lookup_lend(&fetch->lookup, fetch->big, fetch->big_cap);
}

static void fetch_keep(struct fetch *fetch, struct quoth_span data)
{
    struct quoth_ip ip = {.len = (uint8_t)data.n};

    if (data.n != 4 && data.n != 16)
        return;
    memcpy(ip.b, data.p, data.n);
    if (!quoth_target_ok(&fetch->conf->targets, &ip))
        fetch->denied = 1;
    else if (fetch->ips < FETCH_IPS)
        fetch->ip[fetch->ips++] = ip;
}

/* The next address, or the end: with what the last one led to. */
static void fetch_call(struct fetch *fetch, uint64_t now)
{
    fetch->state = FETCH_OVER;
    if (fetch->over || fetch->next == fetch->ips)
        return;
    if (now >= fetch->end) {
        fetch->fetched.how = QUOTH_FETCH_TIME;
        return;
    }
    fetch->state = FETCH_OPEN;
    fetch->soon = now + FETCH_CONNECT_MS < fetch->end ? now + FETCH_CONNECT_MS : fetch->end;
}

/* What stands when no address is called. */
static uint8_t fetch_nobody(const struct fetch *fetch)
{
    if (fetch->failed)
        return QUOTH_FETCH_DNS;
    return fetch->denied ? QUOTH_FETCH_PRIVATE : QUOTH_FETCH_NO_HOST;
}

static void fetch_found(struct fetch *fetch, uint64_t now)
{
    struct quoth_span data;

    for (size_t at = 0; quoth_rrset_next(&fetch->set, &at, &data);)
        fetch_keep(fetch, data);
    fetch->queries = (uint8_t)(fetch->queries + fetch->lookup.asked);
    fetch->failed |= fetch->set.answer > QUOTH_ANSWER_NXDOMAIN;
    if (fetch->state == FETCH_A && !fetch->conf->resolver->no_aaaa &&
        fetch->set.answer != QUOTH_ANSWER_NXDOMAIN) {
        fetch_ask(fetch, FETCH_AAAA, now);
        return;
    }
    fetch->fetched.how = fetch_nobody(fetch);
    fetch_call(fetch, now);
}

/* ---- what is heard ------------------------------------------------------ */

static void fetch_take(void *arg, const char *p, size_t n)
{
    struct fetch *fetch = arg;

    quoth_policy_feed(&fetch->policy, p, n);
    for (size_t i = 0; i < n; i++)
        fetch->sum = (fetch->sum ^ (uint8_t)p[i]) * 0x100000001b3u;
}

/* Hang up; `over`: the result stands. */
static void fetch_shut(struct fetch *fetch, enum quoth_fetch how, int over)
{
    fetch->fetched.how = (uint8_t)how;
    fetch->over |= (uint8_t)over;
    fetch->state = FETCH_SHUT;
}

/* Of a certificate: DONE is that it checks out. */
static enum quoth_fetch fetch_cert(uint8_t cert)
{
    if (cert & QUOTH_CERT_WRONG_NAME)
        return QUOTH_FETCH_CERT;
    if (cert & QUOTH_CERT_NO_CLOCK)
        return QUOTH_FETCH_NO_CLOCK;
    if (!(cert & QUOTH_CERT_CHECKED))
        return QUOTH_FETCH_NO_STORE;
    return cert & (QUOTH_CERT_EXPIRED | QUOTH_CERT_UNTRUSTED) ? QUOTH_FETCH_CERT : QUOTH_FETCH_DONE;
}

static void fetch_shaken(struct fetch *fetch, const struct quoth_event *ev)
{
    const enum quoth_fetch how = fetch_cert(ev->tls.cert);

    fetch->fetched.cert = ev->tls.cert;
    if (how != QUOTH_FETCH_DONE) {
        fetch_shut(fetch, how, 1);
        return;
    }
    quoth_policy_start(&fetch->policy);
    answer_start(&fetch->answer);
    fetch->said = 0;
    fetch->state = FETCH_SEND;
}

static void fetch_heard(struct fetch *fetch, enum answer_said said)
{
    fetch->fetched.status = fetch->answer.status;
    if (fetch->policy.fault == QUOTH_POLICY_BIG)
        said = ANSWER_DONE; /* enough */
    if (said == ANSWER_BAD || said == ANSWER_CUT)
        fetch_shut(fetch, said == ANSWER_BAD ? QUOTH_FETCH_HTTP : QUOTH_FETCH_CUT, 1);
    if (said != ANSWER_DONE)
        return;
    fetch->fetched.odd_type = !fetch->answer.plain;
    quoth_policy_end(&fetch->policy);
    fetch_shut(fetch, fetch->answer.status == 200 ? QUOTH_FETCH_DONE : QUOTH_FETCH_STATUS, 1);
}

static int fetch_recv(struct fetch *fetch, const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_DATA)
        fetch_heard(fetch, answer_feed(&fetch->answer, ev->data, ev->n));
    else if (ev->kind == QUOTH_EV_EOF)
        fetch_heard(fetch, answer_end(&fetch->answer));
    else
        return QUOTH_EINVAL;
    return QUOTH_OK;
}

/* ---- the machine -------------------------------------------------------- */

int fetch_start(struct fetch *fetch, const struct fetch_conf *conf, const char *domain,
                const uint8_t seed[16], uint64_t now)
{
    int n;

    memset(fetch, 0, sizeof *fetch);
    fetch->conf = conf;
    fetch->state = FETCH_OVER;
    fetch->end = now + (conf->total_ms ? conf->total_ms : FETCH_MS);
    fetch->answer.take = fetch_take;
    fetch->answer.arg = fetch;
    fetch->sum = 0xcbf29ce484222325u;
    snprintf(fetch->host, sizeof fetch->host, "mta-sts.%.255s", domain);
    n = snprintf(fetch->request, sizeof fetch->request,
                 "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: %s\r\nUser-Agent: quoth\r\n"
                 "Accept: text/plain\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
                 fetch->host);
    if (quoth_name_parse(&fetch->name, fetch->host, strlen(fetch->host)) != QUOTH_OK ||
        !quoth_name_is_host(&fetch->name) || n < 0 || (size_t)n >= sizeof fetch->request)
        return QUOTH_EPROTO;
    fetch->request_n = (uint16_t)n;
    quoth_random_seed(&fetch->rnd, seed);
    fetch_ask(fetch, FETCH_A, now);
    return QUOTH_OK;
}

void fetch_lend(struct fetch *fetch, void *buf, size_t cap)
{
    fetch->big = buf;
    fetch->big_cap = cap;
    if (fetch->state <= FETCH_AAAA)
        quoth_lookup_lend(&fetch->lookup, buf, cap);
}

static uint64_t fetch_deadline(const struct fetch *fetch)
{
    return fetch->state <= FETCH_SHAKE ? fetch->soon : fetch->end;
}

void fetch_want(const struct fetch *fetch, struct quoth_want *want)
{
    static const enum quoth_want_kind kinds[] = {
        [FETCH_OPEN] = QUOTH_WANT_OPEN,  [FETCH_SHAKE] = QUOTH_WANT_TLS,
        [FETCH_SEND] = QUOTH_WANT_SEND,  [FETCH_RECV] = QUOTH_WANT_RECV,
        [FETCH_SHUT] = QUOTH_WANT_CLOSE, [FETCH_OVER] = QUOTH_WANT_DONE};

    if (fetch->state <= FETCH_AAAA) {
        quoth_lookup_want(&fetch->lookup, want);
        if (want->deadline > fetch->end)
            want->deadline = fetch->end;
        return;
    }
    memset(want, 0, sizeof *want);
    want->kind = kinds[fetch->state];
    want->host = fetch->host;
    want->deadline = fetch->state >= FETCH_SHUT ? QUOTH_NEVER : fetch_deadline(fetch);
    if (fetch->state == FETCH_OPEN)
        want->peer = (struct quoth_peer) {fetch->ip[fetch->next],
                                          fetch->conf->port ? fetch->conf->port : 443};
    if (fetch->state == FETCH_SEND) {
        want->out = fetch->request + fetch->said;
        want->n = (size_t)(fetch->request_n - fetch->said);
    }
}

static int fetch_feed_lookup(struct fetch *fetch, const struct quoth_event *ev)
{
    struct quoth_want want;
    int rc;

    if (ev->kind == QUOTH_EV_TIME && ev->now >= fetch->end) {
        fetch_shut(fetch, QUOTH_FETCH_DNS, 1);
        return QUOTH_OK;
    }
    rc = quoth_lookup_feed_set(&fetch->lookup, ev, &fetch->set);
    if (rc < 0)
        return rc;
    quoth_lookup_want(&fetch->lookup, &want);
    if (want.kind == QUOTH_WANT_DONE)
        fetch_found(fetch, ev->now);
    return QUOTH_OK;
}

/* It failed or took too long: where it could not be talked to, another address may do. */
static void fetch_failed(struct fetch *fetch, int late)
{
    static const uint8_t how[] = {[FETCH_OPEN] = QUOTH_FETCH_CONNECT,
                                  [FETCH_SHAKE] = QUOTH_FETCH_TLS,
                                  [FETCH_SEND] = QUOTH_FETCH_CUT,
                                  [FETCH_RECV] = QUOTH_FETCH_CUT};

    fetch_shut(fetch,
               late && fetch->state > FETCH_OPEN ? QUOTH_FETCH_TIME
                                                 : (enum quoth_fetch)how[fetch->state],
               fetch->state > FETCH_SHAKE);
}

int fetch_feed(struct fetch *fetch, const struct quoth_event *ev)
{
    const enum quoth_event_kind kind = ev->kind;

    if (fetch->state <= FETCH_AAAA)
        return fetch_feed_lookup(fetch, ev);
    if (fetch->state == FETCH_SHUT && kind == QUOTH_EV_DOWN) {
        fetch->next++;
        fetch_call(fetch, ev->now);
    } else if (fetch->state >= FETCH_SHUT) {
        return QUOTH_EINVAL;
    } else if (kind == QUOTH_EV_FAIL || kind == QUOTH_EV_TIME) {
        fetch_failed(fetch, kind == QUOTH_EV_TIME);
    } else if (fetch->state == FETCH_OPEN && kind == QUOTH_EV_UP) {
        fetch->state = FETCH_SHAKE;
    } else if (fetch->state == FETCH_SHAKE && kind == QUOTH_EV_UP) {
        fetch_shaken(fetch, ev);
    } else if (fetch->state == FETCH_SEND && kind == QUOTH_EV_SENT) {
        fetch->said = (uint16_t)(fetch->said + ev->n);
        if (fetch->said >= fetch->request_n)
            fetch->state = FETCH_RECV;
    } else if (fetch->state == FETCH_RECV) {
        return fetch_recv(fetch, ev);
    } else {
        return QUOTH_EINVAL;
    }
    return QUOTH_OK;
}
