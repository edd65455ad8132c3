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

static QUOTH_APART void hosts_stop(struct quoth_hosts *hosts, enum quoth_reason stop)
{
    hosts->kind = QUOTH_HOSTS_STOP;
    hosts->stop = (uint8_t)stop;
}

static const char *hosts_name(const struct quoth_hosts *hosts)
{
    return hosts->type == QUOTH_DNS_MX ? hosts->domain : quoth_mx_name(&hosts->route, hosts->host);
}

static QUOTH_APART int hosts_question(const struct quoth_hosts *hosts, struct quoth_name *name)
{
    const char *text = hosts_name(hosts);

    return quoth_name_parse(name, text, strlen(text));
}

/* Ask for `type` of the domain or of the present host. 0: it cannot be asked. */
static int hosts_ask(struct quoth_hosts *hosts, uint16_t type)
{
    struct quoth_name name;

    hosts->type = type;
    if (hosts->trail.queries >= QUOTH_QUERIES_MAX || !hosts->conf->resolver ||
        hosts_question(hosts, &name) < 0)
        return 0;
    hosts->kind = QUOTH_HOSTS_ASK;
    return 1;
}

/* ---- the present host --------------------------------------------------- */

/* What rode along with the MX answer belongs to named hosts; else addresses come in a row. */
static int hosts_has_address(const struct quoth_hosts *hosts)
{
    return hosts->route.host[hosts->host].ip || hosts->ip < hosts->route.ip_n;
}

uint32_t quoth_hosts_mark(const struct quoth_ip *ip)
{
    return (uint32_t)quoth_hash(0, 0, ip->b, ip->len) & ~1u;
}

int quoth_hosts_looked_up(const struct quoth_hosts *hosts)
{
    return (hosts->asked & (HOSTS_A | HOSTS_AAAA)) != 0;
}

uint32_t quoth_hosts_mark_of(const struct quoth_smtp *smtp)
{
    struct quoth_reading reading;
    uint32_t mark = quoth_hosts_mark(&smtp->peer.ip);

    if (smtp->phase == QUOTH_PHASE_BANNER && smtp->said.code == 521) {
        quoth_judge_reply(&reading, QUOTH_PHASE_BANNER, &smtp->said, smtp->words, NULL);
        mark += reading.reason == QUOTH_REASON_DOMAIN_NOT_ACCEPTED;
    }
    return mark;
}

static int hosts_tried(const struct quoth_hosts *hosts, const struct quoth_ip *ip)
{
    uint32_t mark = quoth_hosts_mark(ip);

    for (unsigned i = 0; i < hosts->trail.connects; i++)
        if ((hosts->tried[i] ^ mark) < 2)
            return 1;
    return 0;
}

/* May this address be called, and was it not before? One that the operator gave always may. */
static QUOTH_APART int hosts_admit(struct quoth_hosts *hosts, const struct quoth_ip *ip)
{
    enum quoth_family family = ip->len == 4 ? QUOTH_FAMILY_V4 : QUOTH_FAMILY_V6;

    if (hosts->conf->family != QUOTH_FAMILY_ANY && hosts->conf->family != family)
        return 0;
    if (!(hosts->asked & HOSTS_RODE) && !quoth_target_ok(&hosts->conf->targets, ip)) {
        hosts->trail.flags |= QUOTH_EVID_DENIED;
        return 0;
    }
    return !hosts_tried(hosts, ip);
}

/* Its next address that may be called. 1: there is one. */
static int hosts_call_next(struct quoth_hosts *hosts)
{
    while (hosts_has_address(hosts)) {
        struct quoth_host *host = &hosts->route.host[hosts->host];

        hosts->calling = (uint8_t)(host->ip ? host->ip - 1u : hosts->ip++);
        host->ip = 0;
        if (!hosts_admit(hosts, &hosts->route.ip[hosts->calling]))
            continue;
        hosts->kind = QUOTH_HOSTS_CALL;
        hosts->options = 0;
        return 1;
    }
    return 0;
}

/* Ask for a family of its addresses that was not asked for yet. 1: asking. */
static int hosts_ask_next(struct quoth_hosts *hosts)
{
    static const struct {
        uint8_t bit, unwanted_by;
        uint16_t type;
    } turn[] = {
        {HOSTS_A, QUOTH_FAMILY_V6, QUOTH_DNS_A},
        {HOSTS_AAAA, QUOTH_FAMILY_V4, QUOTH_DNS_AAAA},
    };

    for (size_t i = 0; i < sizeof turn / sizeof *turn && !(hosts->asked & HOSTS_RODE); i++) {
        int off = turn[i].type == QUOTH_DNS_AAAA && hosts->conf->resolver &&
                  hosts->conf->resolver->no_aaaa;

        if ((hosts->asked & turn[i].bit) || hosts->conf->family == turn[i].unwanted_by)
            continue;
        hosts->asked |= turn[i].bit;
        if (!off && hosts_ask(hosts, turn[i].type))
            return 1;
        hosts->trail.flags |= QUOTH_EVID_DNS_PARTIAL;
    }
    return 0;
}

/* ---- from host to host -------------------------------------------------- */

/* Did every call so far bring that no mail is taken there (K11)? */
static int hosts_all_gone(const struct quoth_hosts *hosts)
{
    uint32_t marks = hosts->trail.connects != 0;

    for (unsigned i = 0; i < hosts->trail.connects; i++)
        marks &= hosts->tried[i];
    return (int)marks;
}

/* Nobody left to call. When nobody was called at all, what was in the way is the reason. */
static void hosts_exhausted(struct quoth_hosts *hosts)
{
    struct quoth_trail *trail = &hosts->trail;
    enum quoth_reason stop = QUOTH_REASON_NO_MAIL_HOST;

    if (hosts->host == hosts->route.n && hosts_all_gone(hosts) &&
        !(trail->flags & (QUOTH_EVID_DNS_PARTIAL | QUOTH_EVID_DENIED)))
        trail->flags |= QUOTH_EVID_ALL_GONE;
    if (trail->connects)
        stop = QUOTH_REASON_NONE;
    else if (trail->flags & QUOTH_EVID_DENIED)
        stop = QUOTH_REASON_TARGET_POLICY;
    else if (trail->mx == QUOTH_MX_HOSTS || trail->mx == QUOTH_MX_GIVEN)
        stop = QUOTH_REASON_MX_UNRESOLVABLE;
    else if (trail->flags & QUOTH_EVID_DNS_PARTIAL)
        stop = QUOTH_REASON_DNS_FAILURE;
    hosts_stop(hosts, stop);
}

static int hosts_may_call(const struct quoth_trail *trail)
{
    return trail->sessions < QUOTH_SESSIONS_MAX && trail->connects < QUOTH_CONNECTS_MAX;
}

/* When all that may be called take no mail it must be seen that nobody else is left; a small board
 * does without, and does not know. */
static int hosts_goes_on(const struct quoth_hosts *hosts)
{
    return hosts_may_call(&hosts->trail) || (QUOTH_HOSTS_BEYOND && hosts_all_gone(hosts));
}

static void hosts_next(struct quoth_hosts *hosts)
{
    while (hosts->host < hosts->route.n && hosts_goes_on(hosts)) {
        int only_dns = hosts->conf->depth == QUOTH_DEPTH_DNS;

        if (hosts_has_address(hosts) && (only_dns || !hosts->conf->smtp.helo)) {
            hosts_stop(hosts, only_dns ? QUOTH_REASON_DNS_OK : QUOTH_REASON_NO_IDENTITY);
            return;
        }
        if (hosts_call_next(hosts)) {
            if (!QUOTH_HOSTS_BEYOND || hosts_may_call(&hosts->trail))
                return;
            break;
        }
        if (hosts_ask_next(hosts))
            return;
        hosts->host++;
        hosts->asked = 0;
        hosts->ip = hosts->route.ip_n;
    }
    hosts_exhausted(hosts);
}

/* ---- the answers -------------------------------------------------------- */

/* It is not called, and neither is its equal or whoever stands behind it and would be asked in its
 * place. `why` if nobody is left. */
static enum quoth_reason hosts_cut(struct quoth_hosts *hosts, const char *name,
                                   enum quoth_reason why)
{
    if (!quoth_mx_cut(&hosts->route, name))
        return QUOTH_REASON_NONE;
    hosts->trail.flags |= QUOTH_EVID_DNS_PARTIAL; /* so the others do not speak for all */
    return hosts->route.n ? QUOTH_REASON_NONE : why;
}

static void hosts_go_on(struct quoth_hosts *hosts, enum quoth_reason stop)
{
    if (stop)
        hosts_stop(hosts, stop);
    else
        hosts_next(hosts);
}

static void hosts_mx_known(struct quoth_hosts *hosts, struct quoth_random *rnd)
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
    struct quoth_trail *trail = &hosts->trail;
    const char *self = hosts->conf->smtp.helo, *name;
    enum quoth_reason stop;

    trail->dns = hosts->route.answer;
    trail->mx = (uint8_t)quoth_mx_order(&hosts->route, hosts->domain, rnd);
    stop = (enum quoth_reason)stop_of[trail->mx];
    if (trail->mx == QUOTH_MX_HOSTS && self) /* we may take what the others do not */
        stop = hosts_cut(hosts, self, QUOTH_REASON_SELF);
    for (unsigned i = 0; i < hosts->route.n; i++) {
        name = quoth_mx_name(&hosts->route, i);
        if (quoth_is_listed(name, hosts->conf->resolver->skip)) /* its operator's wish (G10) */
            stop = hosts_cut(hosts, name, QUOTH_REASON_PROVIDER_POLICY);
    }
    hosts->ip = hosts->route.ip_n; /* they rode along: see hosts_has_address() */
    hosts_go_on(hosts, stop);
}

static void hosts_addresses_known(struct quoth_hosts *hosts)
{
    struct quoth_trail *trail = &hosts->trail;
    unsigned answer = hosts->route.answer;
    enum quoth_reason stop = QUOTH_REASON_NONE;

    hosts->ip = 0;
    if (answer != QUOTH_ANSWER_DATA) {
        hosts->route.ip_n = 0;
        if (answer != QUOTH_ANSWER_NODATA && answer != QUOTH_ANSWER_NXDOMAIN)
            trail->flags |= QUOTH_EVID_DNS_PARTIAL;
    }
    if (!trail->connects)
        trail->dns = (uint8_t)answer;
    if (hosts->route.flags & QUOTH_ROUTE_UNWANTED && trail->mx != QUOTH_MX_GIVEN)
        stop = hosts_cut(hosts, hosts_name(hosts), QUOTH_REASON_PROVIDER_POLICY);
    hosts_go_on(hosts, trail->connects ? QUOTH_REASON_NONE : stop);
}

void quoth_hosts_answered(struct quoth_hosts *hosts, unsigned asked, struct quoth_random *rnd)
{
    hosts->trail.queries = (uint8_t)(hosts->trail.queries + asked);
    if (hosts->route.flags & (QUOTH_ROUTE_CUT | QUOTH_ROUTE_SKIPPED))
        hosts->trail.flags |= QUOTH_EVID_DNS_PARTIAL;
    if (hosts->type == QUOTH_DNS_MX)
        hosts_mx_known(hosts, rnd);
    else
        hosts_addresses_known(hosts);
}

/* ---- the calls ---------------------------------------------------------- */

int quoth_hosts_tls_broke(const struct quoth_smtp *smtp)
{
    return smtp->phase == QUOTH_PHASE_STARTTLS && !smtp->said.code &&
           (smtp->err == QUOTH_ENOTLS || smtp->err == QUOTH_EIO);
}

/* It offers PIPELINING, and lost all of a burst but the first command, or finds fault with it. */
static int hosts_lost_burst(const struct quoth_smtp *smtp)
{
    if (!(smtp->ext & QUOTH_EXT_PIPELINING))
        return 0;
    return smtp->said.code == 503 || (smtp->phase == QUOTH_PHASE_RCPT && smtp->err == QUOTH_ETIME);
}

/* What would help when the call failed for something it might go without; or NOBODY. */
static enum quoth_hosts_after hosts_without(const struct quoth_smtp *smtp)
{
    if (smtp->tls.broke == QUOTH_TLS_SIGNATURE)
        return QUOTH_HOSTS_TLS_AGAIN;
    if (smtp->conf->tls == QUOTH_TLS_TRY && quoth_hosts_tls_broke(smtp))
        return QUOTH_HOSTS_IN_CLEAR;
    if (smtp->err == QUOTH_EIO && smtp->phase == QUOTH_PHASE_EHLO && !smtp->secure)
        return QUOTH_HOSTS_BY_HELO;
    return hosts_lost_burst(smtp) ? QUOTH_HOSTS_ONE_BY_ONE : QUOTH_HOSTS_NOBODY;
}

enum quoth_hosts_after quoth_hosts_after(const struct quoth_smtp *smtp,
                                         const struct quoth_trail *trail)
{
    enum quoth_hosts_after after = QUOTH_HOSTS_NOBODY;

    if (hosts_may_call(trail) && !smtp->options)
        after = hosts_without(smtp);
    if (after == QUOTH_HOSTS_NOBODY && smtp->phase >= QUOTH_PHASE_CONNECT &&
        smtp->phase < QUOTH_PHASE_MAIL && smtp->err != QUOTH_ENOTLS)
        after = QUOTH_HOSTS_NEXT;
    return after;
}

void quoth_hosts_called(struct quoth_hosts *hosts, const struct quoth_smtp *smtp)
{
    struct quoth_trail *trail = &hosts->trail;
    enum quoth_hosts_after after;

    if (quoth_hosts_tls_broke(smtp))
        trail->flags |= QUOTH_EVID_TLS_BROKE;
    if (smtp->phase >= QUOTH_PHASE_CONNECT) /* else it was over before anybody was called */
        hosts->tried[trail->connects++] = quoth_hosts_mark_of(smtp);
    trail->sessions = (uint8_t)(trail->sessions + (smtp->phase > QUOTH_PHASE_CONNECT));
    after = quoth_hosts_after(smtp, trail);
    if (after == QUOTH_HOSTS_NEXT) {
        hosts_next(hosts);
    } else if (after == QUOTH_HOSTS_NOBODY) {
        hosts_stop(hosts, QUOTH_REASON_NONE);
    } else {
        hosts->options = (uint8_t)after;
        if (after == QUOTH_HOSTS_BY_HELO)
            trail->flags |= QUOTH_EVID_HELO;
    }
}

/* ---- the machine -------------------------------------------------------- */

/* The operator named the server: a name to look up, or an address. */
static void hosts_given(struct quoth_hosts *hosts)
{
    struct quoth_route *route = &hosts->route;
    const char *server = hosts->conf->server;
    size_t n = strlen(server);

    hosts->trail.mx = QUOTH_MX_GIVEN;
    if (n >= sizeof route->names) {
        hosts_stop(hosts, QUOTH_REASON_MX_UNRESOLVABLE);
        return;
    }
    memcpy(route->names, server, n + 1);
    route->n = 1;
    if (quoth_ip_parse(&route->ip[0], server, n) == QUOTH_OK) {
        route->ip_n = 1;
        hosts->asked = HOSTS_RODE;
    }
    hosts_next(hosts);
}

void quoth_hosts_go_on(struct quoth_hosts *hosts, const struct quoth_trail *trail,
                       const uint32_t *tried)
{
    hosts->trail = *trail;
    if (tried)
        memcpy(hosts->tried, tried, sizeof hosts->tried);
}

void quoth_hosts_start(struct quoth_hosts *hosts, const struct quoth_conf *conf, const char *domain)
{
    hosts->conf = conf;
    hosts->domain = domain;
    if (conf->family != QUOTH_FAMILY_ANY)
        hosts->trail.flags |= QUOTH_EVID_DNS_PARTIAL; /* half of it is never asked */
    if (conf->server)
        hosts_given(hosts);
    else if (!hosts_ask(hosts, QUOTH_DNS_MX))
        hosts_stop(hosts, QUOTH_REASON_DNS_FAILURE);
}

void quoth_hosts_want(const struct quoth_hosts *hosts, struct quoth_hosts_want *want)
{
    memset(want, 0, sizeof *want);
    want->kind = (enum quoth_hosts_kind)hosts->kind;
    want->type = hosts->type;
    want->stop = (enum quoth_reason)hosts->stop;
    switch (want->kind) {
    case QUOTH_HOSTS_ASK:
        hosts_question(hosts, &want->name);
        want->questions = (uint8_t)(QUOTH_QUERIES_MAX - hosts->trail.queries);
        break;
    case QUOTH_HOSTS_CALL:
        want->call.peer.ip = hosts->route.ip[hosts->calling];
        want->call.peer.port = hosts->conf->port ? hosts->conf->port : HOSTS_PORT;
        want->call.host = quoth_mx_name(&hosts->route, hosts->host);
        want->call.options = hosts->options;
        break;
    case QUOTH_HOSTS_STOP: break;
    }
}
