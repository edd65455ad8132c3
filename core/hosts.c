/* hosts.c - from a domain to an address that may be called; or why there is none.
 *
 *   start --given: a name--------------------------+
 *     |   --given: an address--------------------->|---------------------> CALL
 *     v                                            |
 *   ASK MX --null, NXDOMAIN, failed, self, skipped-|---------------------> STOP (that)
 *     |                                            v
 *     |   no address left of it: the next host   a host <------------------+
 *     |                 none left -----------------|---------------------> STOP (what stood there)
 *     |                                            v                       |
 *     +--- an address rode along ------> addresses of it <-- ASK A, AAAA   |
 *                                                  |                       |
 *              of our family, not denied, not tried before                 |
 *                                                  v                       |
 *                                                CALL --no answer: the next+
 *                                                  |    its TLS broke: once more, in clear
 *                                                  |    EHLO hung up on: once more, by HELO
 *                                                  |    a burst was lost: once more, one by one
 *                                                  +----the sender or our terms--> STOP (NONE)
 *
 * No I/O: an answer comes from a lookup or a cache, a call is made by whoever makes calls; both are
 * told here how it went. The order is that of RFC 5321 5.1 (X01-X09). Each budget is checked where
 * it is spent: a question before it is asked, a call before it is made.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum { HOSTS_RODE = 1, HOSTS_A = 2, HOSTS_AAAA = 4 }; /* asked, of this host; RODE: not to be */
enum { HOSTS_PORT = 25 };

static QUOTH_APART void hosts_stop(struct quoth_hosts *h, enum quoth_reason stop)
{
    h->kind = QUOTH_HOSTS_STOP;
    h->stop = (uint8_t)stop;
}

static const char *hosts_name(const struct quoth_hosts *h)
{
    return h->type == QUOTH_DNS_MX ? h->domain : quoth_mx_name(&h->route, h->host);
}

/* Ask for `type` of the domain or of the present host. 0: it cannot be asked. */
static int hosts_ask(struct quoth_hosts *h, uint16_t type)
{
    struct quoth_name name;
    const char *text;

    h->type = type;
    text = hosts_name(h);
    if (h->trail.queries >= QUOTH_QUERIES_MAX || !h->conf->resolver ||
        quoth_name_parse(&name, text, strlen(text)) < 0)
        return 0;
    h->kind = QUOTH_HOSTS_ASK;
    return 1;
}

/* ---- the present host --------------------------------------------------- */

/* What rode along with the MX answer belongs to named hosts; else addresses come in a row. */
static int hosts_has_address(const struct quoth_hosts *h)
{
    return h->route.host[h->host].ip || h->ip < h->route.ip_n;
}

uint32_t quoth_hosts_mark(const struct quoth_ip *ip)
{
    return (uint32_t)quoth_hash(0, 0, ip->b, ip->len);
}

int quoth_hosts_looked_up(const struct quoth_hosts *h)
{
    return (h->asked & (HOSTS_A | HOSTS_AAAA)) != 0;
}

static uint32_t hosts_name_mark(const char *name)
{
    return (uint32_t)quoth_hash(0, 0, name, strlen(name));
}

uint32_t quoth_hosts_mark_of(const struct quoth_smtp *s)
{
    struct quoth_reading r;

    if (s->phase == QUOTH_PHASE_BANNER && s->said.code == 521) {
        quoth_judge_reply(&r, QUOTH_PHASE_BANNER, &s->said, s->words, NULL);
        if (r.reason == QUOTH_REASON_DOMAIN_NOT_ACCEPTED)
            return hosts_name_mark(s->host);
    }
    return quoth_hosts_mark(&s->peer.ip);
}

/* Did a call leave this mark? One host that is gone is called once. */
static int hosts_marked(const struct quoth_hosts *h, uint32_t mark)
{
    for (unsigned i = 0; i < h->trail.connects; i++)
        if (h->tried[i] == mark)
            return 1;
    return 0;
}

/* May this address be called, and was it not before? One that the operator gave always may. */
static QUOTH_APART int hosts_admit(struct quoth_hosts *h, const struct quoth_ip *ip)
{
    enum quoth_family family = ip->len == 4 ? QUOTH_FAMILY_V4 : QUOTH_FAMILY_V6;

    if (h->conf->family != QUOTH_FAMILY_ANY && h->conf->family != family)
        return 0;
    if (!(h->asked & HOSTS_RODE) && !quoth_target_ok(&h->conf->targets, ip)) {
        h->trail.flags |= QUOTH_EVID_DENIED;
        return 0;
    }
    return !hosts_marked(h, quoth_hosts_mark(ip)) &&
           !hosts_marked(h, hosts_name_mark(quoth_mx_name(&h->route, h->host)));
}

/* Its next address that may be called. 1: there is one. */
static int hosts_call_next(struct quoth_hosts *h)
{
    while (hosts_has_address(h)) {
        struct quoth_host *host = &h->route.host[h->host];

        h->calling = (uint8_t)(host->ip ? host->ip - 1u : h->ip++);
        host->ip = 0;
        if (!hosts_admit(h, &h->route.ip[h->calling]))
            continue;
        h->kind = QUOTH_HOSTS_CALL;
        h->options = 0;
        return 1;
    }
    return 0;
}

/* Ask for a family of its addresses that was not asked for yet. 1: asking. */
static int hosts_ask_next(struct quoth_hosts *h)
{
    static const struct {
        uint8_t bit, unwanted_by;
        uint16_t type;
    } turn[] = {
        {HOSTS_A, QUOTH_FAMILY_V6, QUOTH_DNS_A},
        {HOSTS_AAAA, QUOTH_FAMILY_V4, QUOTH_DNS_AAAA},
    };

    for (size_t i = 0; i < sizeof turn / sizeof *turn && !(h->asked & HOSTS_RODE); i++) {
        int off = turn[i].type == QUOTH_DNS_AAAA && h->conf->resolver && h->conf->resolver->no_aaaa;

        if ((h->asked & turn[i].bit) || h->conf->family == turn[i].unwanted_by)
            continue;
        h->asked |= turn[i].bit;
        if (!off && hosts_ask(h, turn[i].type))
            return 1;
        h->trail.flags |= QUOTH_EVID_DNS_PARTIAL;
    }
    return 0;
}

/* ---- from host to host -------------------------------------------------- */

/* Does every host say that it takes no mail, and no call anything else (K11)? */
static int hosts_all_gone(const struct quoth_hosts *h)
{
    for (unsigned i = 0; i < h->route.n; i++)
        if (!hosts_marked(h, hosts_name_mark(quoth_mx_name(&h->route, i))))
            return 0;
    return h->trail.connects == h->route.n && !(h->trail.flags & QUOTH_EVID_DNS_PARTIAL);
}

/* Nobody left to call. When nobody was called at all, what was in the way is the reason. */
static void hosts_exhausted(struct quoth_hosts *h)
{
    struct quoth_trail *t = &h->trail;
    enum quoth_reason stop = QUOTH_REASON_NO_MAIL_HOST;

    if (t->connects && hosts_all_gone(h))
        t->flags |= QUOTH_EVID_ALL_GONE;
    if (t->connects)
        stop = QUOTH_REASON_NONE;
    else if (t->flags & QUOTH_EVID_DENIED)
        stop = QUOTH_REASON_TARGET_POLICY;
    else if (t->mx == QUOTH_MX_HOSTS || t->mx == QUOTH_MX_GIVEN)
        stop = QUOTH_REASON_MX_UNRESOLVABLE;
    else if (t->flags & QUOTH_EVID_DNS_PARTIAL)
        stop = QUOTH_REASON_DNS_FAILURE;
    hosts_stop(h, stop);
}

static int hosts_may_call(const struct quoth_trail *t)
{
    return t->sessions < QUOTH_SESSIONS_MAX && t->connects < QUOTH_CONNECTS_MAX;
}

static void hosts_next(struct quoth_hosts *h)
{
    while (h->host < h->route.n && hosts_may_call(&h->trail)) {
        int only_dns = h->conf->depth == QUOTH_DEPTH_DNS;

        if (hosts_has_address(h) && (only_dns || !h->conf->smtp.helo)) {
            hosts_stop(h, only_dns ? QUOTH_REASON_DNS_OK : QUOTH_REASON_NO_IDENTITY);
            return;
        }
        if (hosts_call_next(h) || hosts_ask_next(h))
            return;
        h->host++;
        h->asked = 0;
        h->ip = h->route.ip_n;
    }
    hosts_exhausted(h);
}

/* ---- the answers -------------------------------------------------------- */

/* The operator of one of them does not want to be asked (G10). It is not called, and neither is its
 * equal or whoever stands behind it and would be asked in its place. How many are left. */
static unsigned hosts_skip(struct quoth_hosts *h)
{
    for (unsigned i = 0; i < h->route.n; i++) {
        const char *name = quoth_mx_name(&h->route, i);
        if (!quoth_is_listed(name, h->conf->skip))
            continue;
        h->trail.flags |= QUOTH_EVID_DNS_PARTIAL; /* so the others do not speak for all */
        quoth_mx_cut(&h->route, name);
        break;
    }
    return h->route.n;
}

static void hosts_mx_known(struct quoth_hosts *h, struct quoth_random *rnd)
{
    static const uint8_t stop_of[QUOTH_MX_STATES] = {
        [QUOTH_MX_NONE] = QUOTH_REASON_NONE,
        [QUOTH_MX_HOSTS] = QUOTH_REASON_NONE,
        [QUOTH_MX_IMPLICIT] = QUOTH_REASON_NONE,
        [QUOTH_MX_NULL] = QUOTH_REASON_NULL_MX,
        [QUOTH_MX_NODOMAIN] = QUOTH_REASON_NO_SUCH_DOMAIN,
        [QUOTH_MX_UNUSABLE] = QUOTH_REASON_MX_UNRESOLVABLE,
        [QUOTH_MX_FAILED] = QUOTH_REASON_DNS_FAILURE,
        [QUOTH_MX_GIVEN] = QUOTH_REASON_NONE,
    };
    struct quoth_trail *t = &h->trail;
    const char *self = h->conf->smtp.helo;

    t->dns = h->route.answer;
    t->mx = (uint8_t)quoth_mx_order(&h->route, h->domain, rnd);
    if (h->route.flags & (QUOTH_ROUTE_CUT | QUOTH_ROUTE_SKIPPED))
        t->flags |= QUOTH_EVID_DNS_PARTIAL;
    h->ip = h->route.ip_n; /* they rode along: see hosts_has_address() */
    if (stop_of[t->mx])
        hosts_stop(h, (enum quoth_reason)stop_of[t->mx]);
    else if (t->mx == QUOTH_MX_HOSTS && self && quoth_mx_cut(&h->route, self) && h->route.n == 0)
        hosts_stop(h, QUOTH_REASON_SELF);
    else if (hosts_skip(h) == 0)
        hosts_stop(h, QUOTH_REASON_PROVIDER_POLICY);
    else
        hosts_next(h);
}

static void hosts_addresses_known(struct quoth_hosts *h)
{
    struct quoth_trail *t = &h->trail;
    unsigned answer = h->route.answer;

    h->ip = 0;
    if (answer != QUOTH_ANSWER_DATA) {
        h->route.ip_n = 0;
        if (answer != QUOTH_ANSWER_NODATA && answer != QUOTH_ANSWER_NXDOMAIN)
            t->flags |= QUOTH_EVID_DNS_PARTIAL;
    }
    if (!t->connects)
        t->dns = (uint8_t)answer;
    hosts_next(h);
}

void quoth_hosts_answered(struct quoth_hosts *h, unsigned asked, struct quoth_random *rnd)
{
    h->trail.queries = (uint8_t)(h->trail.queries + asked);
    if (h->type == QUOTH_DNS_MX)
        hosts_mx_known(h, rnd);
    else
        hosts_addresses_known(h);
}

/* ---- the calls ---------------------------------------------------------- */

int quoth_hosts_tls_broke(const struct quoth_smtp *s)
{
    return s->phase == QUOTH_PHASE_STARTTLS && !s->said.code &&
           (s->err == QUOTH_ENOTLS || s->err == QUOTH_EIO);
}

/* It offers PIPELINING, and lost all of a burst but the first command, or finds fault with it. */
static int hosts_lost_burst(const struct quoth_smtp *s)
{
    if (!(s->ext & QUOTH_EXT_PIPELINING))
        return 0;
    return s->said.code == 503 || (s->phase == QUOTH_PHASE_RCPT && s->err == QUOTH_ETIME);
}

/* What would help when the call failed for something it might go without; or NOBODY. */
static enum quoth_hosts_after hosts_without(const struct quoth_smtp *s)
{
    if (s->tls.broke == QUOTH_TLS_SIGNATURE)
        return QUOTH_HOSTS_TLS_AGAIN;
    if (s->conf->tls == QUOTH_TLS_TRY && quoth_hosts_tls_broke(s))
        return QUOTH_HOSTS_IN_CLEAR;
    if (s->err == QUOTH_EIO && s->phase == QUOTH_PHASE_EHLO && !s->secure)
        return QUOTH_HOSTS_BY_HELO;
    return hosts_lost_burst(s) ? QUOTH_HOSTS_ONE_BY_ONE : QUOTH_HOSTS_NOBODY;
}

enum quoth_hosts_after quoth_hosts_after(const struct quoth_smtp *s, const struct quoth_trail *t)
{
    enum quoth_hosts_after after = QUOTH_HOSTS_NOBODY;

    if (hosts_may_call(t) && !s->options)
        after = hosts_without(s);
    if (after == QUOTH_HOSTS_NOBODY && s->phase < QUOTH_PHASE_MAIL && s->err != QUOTH_ENOTLS)
        after = QUOTH_HOSTS_NEXT;
    return after;
}

void quoth_hosts_called(struct quoth_hosts *h, const struct quoth_smtp *s)
{
    struct quoth_trail *t = &h->trail;
    enum quoth_hosts_after after;

    if (quoth_hosts_tls_broke(s))
        t->flags |= QUOTH_EVID_TLS_BROKE;
    h->tried[t->connects++] = quoth_hosts_mark_of(s);
    t->sessions = (uint8_t)(t->sessions + (s->phase > QUOTH_PHASE_CONNECT));
    after = quoth_hosts_after(s, t);
    if (after == QUOTH_HOSTS_NEXT) {
        hosts_next(h);
    } else if (after == QUOTH_HOSTS_NOBODY) {
        hosts_stop(h, QUOTH_REASON_NONE);
    } else {
        h->options = (uint8_t)after;
        if (after == QUOTH_HOSTS_BY_HELO)
            t->flags |= QUOTH_EVID_HELO;
    }
}

/* ---- the machine -------------------------------------------------------- */

/* The operator named the server: a name to look up, or an address. */
static void hosts_given(struct quoth_hosts *h)
{
    struct quoth_route *r = &h->route;
    const char *server = h->conf->server;
    size_t n = strlen(server);

    h->trail.mx = QUOTH_MX_GIVEN;
    if (n >= sizeof r->names) {
        hosts_stop(h, QUOTH_REASON_MX_UNRESOLVABLE);
        return;
    }
    memcpy(r->names, server, n + 1);
    r->used = (uint16_t)(n + 1);
    r->n = 1;
    if (quoth_ip_parse(&r->ip[0], server, n) == QUOTH_OK) {
        r->ip_n = 1;
        h->asked = HOSTS_RODE;
    }
    hosts_next(h);
}

void quoth_hosts_start(struct quoth_hosts *h, const struct quoth_conf *conf, const char *domain)
{
    h->conf = conf;
    h->domain = domain;
    if (conf->family != QUOTH_FAMILY_ANY)
        h->trail.flags |= QUOTH_EVID_DNS_PARTIAL; /* half of it is never asked */
    if (conf->server)
        hosts_given(h);
    else if (!hosts_ask(h, QUOTH_DNS_MX))
        hosts_stop(h, QUOTH_REASON_DNS_FAILURE);
}

void quoth_hosts_want(const struct quoth_hosts *h, struct quoth_hosts_want *w)
{
    const char *text;

    memset(w, 0, sizeof *w);
    w->kind = (enum quoth_hosts_kind)h->kind;
    w->type = h->type;
    w->stop = (enum quoth_reason)h->stop;
    switch (w->kind) {
    case QUOTH_HOSTS_ASK:
        text = hosts_name(h);
        quoth_name_parse(&w->name, text, strlen(text));
        w->questions = (uint8_t)(QUOTH_QUERIES_MAX - h->trail.queries);
        break;
    case QUOTH_HOSTS_CALL:
        w->call.peer.ip = h->route.ip[h->calling];
        w->call.peer.port = h->conf->port ? h->conf->port : HOSTS_PORT;
        w->call.host = quoth_mx_name(&h->route, h->host);
        w->call.options = h->options;
        break;
    case QUOTH_HOSTS_STOP: break;
    }
}
