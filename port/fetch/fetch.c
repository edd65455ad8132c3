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

static void fetch_ask(struct fetch *f, enum fetch_state state, uint64_t now)
{
    const struct quoth_question question = {&f->name,
                                            state == FETCH_A ? QUOTH_DNS_A : QUOTH_DNS_AAAA, 0};
    uint8_t seed[16];

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)quoth_random_next(&f->rnd);
    f->state = (uint8_t)state;
    f->set = (struct quoth_rrset) {.buf = f->buf, .cap = sizeof f->buf};
    quoth_lookup_ask(&f->lookup, f->conf->resolver, &question, seed, now);
    quoth_lookup_lend(&f->lookup, f->big, f->big_cap);
}

static void fetch_keep(struct fetch *f, struct quoth_span data)
{
    struct quoth_ip ip = {.len = (uint8_t)data.n};

    if (data.n != 4 && data.n != 16)
        return;
    memcpy(ip.b, data.p, data.n);
    if (!quoth_target_ok(&f->conf->targets, &ip))
        f->denied = 1;
    else if (f->ips < FETCH_IPS)
        f->ip[f->ips++] = ip;
}

/* The next address, or the end: with what the last one led to. */
static void fetch_call(struct fetch *f, uint64_t now)
{
    f->state = FETCH_OVER;
    if (f->over || f->next == f->ips)
        return;
    if (now >= f->end) {
        f->fetched.how = QUOTH_FETCH_TIME;
        return;
    }
    f->state = FETCH_OPEN;
    f->soon = now + FETCH_CONNECT_MS < f->end ? now + FETCH_CONNECT_MS : f->end;
}

static void fetch_found(struct fetch *f, uint64_t now)
{
    struct quoth_span data;

    for (size_t at = 0; quoth_rrset_next(&f->set, &at, &data);)
        fetch_keep(f, data);
    f->queries = (uint8_t)(f->queries + f->lookup.asked);
    f->failed |= f->set.answer > QUOTH_ANSWER_NXDOMAIN;
    if (f->state == FETCH_A && !f->conf->resolver->no_aaaa &&
        f->set.answer != QUOTH_ANSWER_NXDOMAIN) {
        fetch_ask(f, FETCH_AAAA, now);
        return;
    }
    f->fetched.how = f->failed   ? QUOTH_FETCH_DNS
                     : f->denied ? QUOTH_FETCH_PRIVATE
                                 : QUOTH_FETCH_NO_HOST;
    fetch_call(f, now);
}

/* ---- what is heard ------------------------------------------------------ */

static void fetch_take(void *arg, const char *p, size_t n)
{
    struct fetch *f = arg;

    quoth_policy_feed(&f->policy, p, n);
    for (size_t i = 0; i < n; i++)
        f->sum = (f->sum ^ (uint8_t)p[i]) * 0x100000001b3u;
}

/* Hang up; `over`: the result stands. */
static void fetch_shut(struct fetch *f, enum quoth_fetch how, int over)
{
    f->fetched.how = (uint8_t)how;
    f->over |= (uint8_t)over;
    f->state = FETCH_SHUT;
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

static void fetch_shaken(struct fetch *f, const struct quoth_event *ev)
{
    const enum quoth_fetch how = fetch_cert(ev->tls.cert);

    f->fetched.cert = ev->tls.cert;
    if (how != QUOTH_FETCH_DONE) {
        fetch_shut(f, how, 1);
        return;
    }
    quoth_policy_start(&f->policy);
    answer_start(&f->answer);
    f->said = 0;
    f->state = FETCH_SEND;
}

static void fetch_heard(struct fetch *f, enum answer_said said)
{
    f->fetched.status = f->answer.status;
    if (f->policy.fault == QUOTH_POLICY_BIG)
        said = ANSWER_DONE; /* enough */
    if (said == ANSWER_BAD)
        fetch_shut(f, QUOTH_FETCH_HTTP, 1);
    if (said != ANSWER_DONE)
        return;
    f->fetched.odd_type = !f->answer.plain;
    quoth_policy_end(&f->policy);
    fetch_shut(f, f->answer.status == 200 ? QUOTH_FETCH_DONE : QUOTH_FETCH_STATUS, 1);
}

static int fetch_recv(struct fetch *f, const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_DATA)
        fetch_heard(f, answer_feed(&f->answer, ev->data, ev->n));
    else if (ev->kind == QUOTH_EV_EOF)
        fetch_heard(f, answer_end(&f->answer));
    else
        return QUOTH_EINVAL;
    return QUOTH_OK;
}

/* ---- the machine -------------------------------------------------------- */

int fetch_start(struct fetch *f, const struct fetch_conf *conf, const char *domain,
                const uint8_t seed[16], uint64_t now)
{
    int n;

    memset(f, 0, sizeof *f);
    f->conf = conf;
    f->state = FETCH_OVER;
    f->end = now + FETCH_MS;
    f->answer.take = fetch_take;
    f->answer.arg = f;
    f->sum = 0xcbf29ce484222325u;
    snprintf(f->host, sizeof f->host, "mta-sts.%.255s", domain);
    n = snprintf(f->request, sizeof f->request,
                 "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: %s\r\nUser-Agent: quoth\r\n"
                 "Accept: text/plain\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
                 f->host);
    if (quoth_name_parse(&f->name, f->host, strlen(f->host)) != QUOTH_OK ||
        !quoth_name_is_host(&f->name) || n < 0 || (size_t)n >= sizeof f->request)
        return QUOTH_EPROTO;
    f->request_n = (uint16_t)n;
    quoth_random_seed(&f->rnd, seed);
    fetch_ask(f, FETCH_A, now);
    return QUOTH_OK;
}

void fetch_lend(struct fetch *f, void *buf, size_t cap)
{
    f->big = buf;
    f->big_cap = cap;
    if (f->state <= FETCH_AAAA)
        quoth_lookup_lend(&f->lookup, buf, cap);
}

static uint64_t fetch_deadline(const struct fetch *f)
{
    return f->state <= FETCH_SHAKE ? f->soon : f->end;
}

void fetch_want(const struct fetch *f, struct quoth_want *w)
{
    static const enum quoth_want_kind kinds[] = {
        [FETCH_OPEN] = QUOTH_WANT_OPEN,  [FETCH_SHAKE] = QUOTH_WANT_TLS,
        [FETCH_SEND] = QUOTH_WANT_SEND,  [FETCH_RECV] = QUOTH_WANT_RECV,
        [FETCH_SHUT] = QUOTH_WANT_CLOSE, [FETCH_OVER] = QUOTH_WANT_DONE};

    if (f->state <= FETCH_AAAA) {
        quoth_lookup_want(&f->lookup, w);
        return;
    }
    memset(w, 0, sizeof *w);
    w->kind = kinds[f->state];
    w->host = f->host;
    w->deadline = f->state >= FETCH_SHUT ? QUOTH_NEVER : fetch_deadline(f);
    if (f->state == FETCH_OPEN)
        w->peer = (struct quoth_peer) {f->ip[f->next], f->conf->port ? f->conf->port : 443};
    if (f->state == FETCH_SEND) {
        w->out = f->request + f->said;
        w->n = (size_t)(f->request_n - f->said);
    }
}

static int fetch_feed_lookup(struct fetch *f, const struct quoth_event *ev)
{
    struct quoth_want w;
    const int rc = quoth_lookup_feed_set(&f->lookup, ev, &f->set);

    if (rc < 0)
        return rc;
    quoth_lookup_want(&f->lookup, &w);
    if (w.kind == QUOTH_WANT_DONE)
        fetch_found(f, ev->now);
    return QUOTH_OK;
}

/* It failed or took too long: where it could not be talked to, another address may do. */
static void fetch_failed(struct fetch *f, int late)
{
    static const uint8_t how[] = {[FETCH_OPEN] = QUOTH_FETCH_CONNECT,
                                  [FETCH_SHAKE] = QUOTH_FETCH_TLS,
                                  [FETCH_SEND] = QUOTH_FETCH_CUT,
                                  [FETCH_RECV] = QUOTH_FETCH_CUT};

    fetch_shut(f,
               late && f->state > FETCH_OPEN ? QUOTH_FETCH_TIME : (enum quoth_fetch)how[f->state],
               f->state > FETCH_SHAKE);
}

int fetch_feed(struct fetch *f, const struct quoth_event *ev)
{
    const enum quoth_event_kind kind = ev->kind;

    if (f->state <= FETCH_AAAA)
        return fetch_feed_lookup(f, ev);
    if (f->state == FETCH_SHUT && kind == QUOTH_EV_DOWN) {
        f->next++;
        fetch_call(f, ev->now);
    } else if (f->state >= FETCH_SHUT) {
        return QUOTH_EINVAL;
    } else if (kind == QUOTH_EV_FAIL || kind == QUOTH_EV_TIME) {
        fetch_failed(f, kind == QUOTH_EV_TIME);
    } else if (f->state == FETCH_OPEN && kind == QUOTH_EV_UP) {
        f->state = FETCH_SHAKE;
    } else if (f->state == FETCH_SHAKE && kind == QUOTH_EV_UP) {
        fetch_shaken(f, ev);
    } else if (f->state == FETCH_SEND && kind == QUOTH_EV_SENT) {
        f->said = (uint16_t)(f->said + ev->n);
        if (f->said >= f->request_n)
            f->state = FETCH_RECV;
    } else if (f->state == FETCH_RECV) {
        return fetch_recv(f, ev);
    } else {
        return QUOTH_EINVAL;
    }
    return QUOTH_OK;
}
