/* verify.c - one address, from text to evidence. Drives lookup and smtp; judges nothing.
 *
 *   start --fault, reserved, syntax only------------------------------> DONE
 *     |                                                                  ^
 *     v                                                                  |
 *     MX --null, NXDOMAIN, failed----------------------------------------+
 *     |                                                                  |
 *     v      no address left of this host: the next host; none: stop     |
 *   +-> ADDR ----------------------------------------------------------->+
 *   |   |  A, then AAAA; or what rode along with the MX answer           |
 *   |   v                                                                |
 *   +-- TALK --RCPT answered, decoy answered--> known, QUIT goes on ---->+
 *   not |      once more in clear when TLS broke, by HELO when EHLO      |
 *   answered   was hung up on                                            |
 *                                                                        |
 *   ABORT: the deadline of the whole passed; close what is open ---------+
 *
 * Order and limits: RFC 5321 5.1; tests/RULES.md X, P14, P15, Z. The first complete reply to
 * RCPT for the address ends the search, whatever it says: there is no shopping for a yes.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum verify_state { VERIFY_MX, VERIFY_ADDR, VERIFY_TALK, VERIFY_ABORT, VERIFY_DONE };
enum verify_step { VERIFY_STEP_NONE, VERIFY_STEP_REAL, VERIFY_STEP_DECOY }; /* whose RCPT is out */
enum { VERIFY_RODE = 1, VERIFY_A = 2, VERIFY_AAAA = 4 }; /* asked, of this host */
enum { VERIFY_TOTAL_MS = 300000, VERIFY_PORT = 25 };

static void verify_next(struct quoth_verify *v, uint64_t now);

static void verify_known(struct quoth_verify *v, uint64_t now)
{
    v->known = 1;
    v->ev.took_ms = (uint32_t)(now - v->start);
}

static void verify_finish(struct quoth_verify *v, enum quoth_reason stop, uint64_t now)
{
    v->ev.stop = (uint8_t)stop;
    verify_known(v, now);
    v->state = VERIFY_DONE;
}

static void verify_stamp(struct quoth_verify *v, enum quoth_phase over, uint64_t now)
{
    if (v->ev.ms[over] == 0)
        v->ev.ms[over] = (uint32_t)(now - v->start);
}

/* ---- the address, before anything is sent ------------------------------- */

static enum quoth_reason verify_address(struct quoth_verify *v, const char *text, size_t n)
{
    enum quoth_reason stop = quoth_intake_address(&v->ev, text, n);

    return stop == QUOTH_REASON_NONE ? quoth_intake_domain(&v->ev, v->conf) : stop;
}

/* ---- names to addresses ------------------------------------------------- */

/* Ask for `type` of `name`; 0 when it cannot be asked (budget, not a name). */
static int verify_ask(struct quoth_verify *v, enum verify_state state, const char *text,
                      uint16_t type, uint64_t now)
{
    struct quoth_name name;
    uint8_t seed[16];
    if (v->ev.queries >= QUOTH_QUERIES_MAX || !v->conf->resolver ||
        quoth_name_parse(&name, text, strlen(text)) < 0)
        return 0;
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)quoth_random_next(&v->rnd);
    v->state = (uint8_t)state;
    if (v->ev.connects == 0)
        v->ev.phase = QUOTH_PHASE_DNS;
    quoth_lookup_start(&v->u.lookup, v->conf->resolver, &name, type, seed, now);
    quoth_lookup_lend(&v->u.lookup, v->big, v->big_cap);
    return 1;
}

static void verify_mx_known(struct quoth_verify *v, uint64_t now)
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
    struct quoth_evidence *e = &v->ev;
    e->dns = v->route.answer;
    e->mx = (uint8_t)quoth_mx_order(&v->route, e->domain, &v->rnd);
    if (v->route.flags & (QUOTH_ROUTE_CUT | QUOTH_ROUTE_SKIPPED))
        e->flags |= QUOTH_EVID_DNS_PARTIAL;
    if (stop_of[e->mx]) {
        verify_finish(v, (enum quoth_reason)stop_of[e->mx], now);
        return;
    }
    if (e->mx == QUOTH_MX_HOSTS && v->conf->smtp.helo &&
        quoth_mx_drop_self(&v->route, v->conf->smtp.helo) && v->route.n == 0) {
        verify_finish(v, QUOTH_REASON_SELF, now);
        return;
    }
    v->ip = v->route.ip_n; /* what rode along belongs to named hosts: see host[].ip */
    verify_next(v, now);
}

static void verify_addresses_known(struct quoth_verify *v, uint64_t now)
{
    unsigned answer = v->route.answer;
    if (answer != QUOTH_ANSWER_DATA) {
        v->route.ip_n = 0;
        if (answer != QUOTH_ANSWER_NODATA && answer != QUOTH_ANSWER_NXDOMAIN)
            v->ev.flags |= QUOTH_EVID_DNS_PARTIAL;
        if (v->ev.connects == 0)
            v->ev.dns = (uint8_t)answer;
    }
    v->ip = 0;
    verify_next(v, now);
}

/* ---- whom to call ------------------------------------------------------- */

/* May this address be called, and was it not before? It is then remembered. */
static int verify_admit(struct quoth_verify *v, const struct quoth_ip *ip, int given)
{
    static const uint8_t family_len[] = {
        [QUOTH_FAMILY_ANY] = 0, [QUOTH_FAMILY_V4] = 4, [QUOTH_FAMILY_V6] = 16};
    uint8_t len = family_len[v->conf->family];
    uint32_t hash = (uint32_t)quoth_hash(0, 0, ip->b, ip->len) | 1;
    if (len && ip->len != len)
        return 0;
    if (!given && !quoth_target_ok(&v->conf->targets, ip)) {
        v->ev.flags |= QUOTH_EVID_DENIED;
        return 0;
    }
    for (unsigned i = 0; i < v->ev.connects && i < QUOTH_CONNECTS_MAX; i++)
        if (v->tried[i] == hash)
            return 0;
    if (v->ev.connects < QUOTH_CONNECTS_MAX)
        v->tried[v->ev.connects] = hash;
    return 1;
}

static void verify_dial(struct quoth_verify *v, const struct quoth_peer *peer, unsigned options,
                        uint64_t now)
{
    struct quoth_evidence *e = &v->ev;
    v->state = VERIFY_TALK;
    v->step = VERIFY_STEP_NONE;
    v->options = (uint8_t)options;
    e->connects++;
    verify_stamp(v, QUOTH_PHASE_DNS, now);
    struct quoth_peer to = *peer; /* may lie in the union that is about to be overwritten */
    quoth_smtp_start(&v->u.smtp, &v->conf->smtp, &to, quoth_mx_name(&v->route, v->host), options,
                     e->words, sizeof e->words, now);
}

/* The next address of the present host that may be called; 1 when dialling. */
static int verify_dial_next(struct quoth_verify *v, uint64_t now)
{
    struct quoth_peer peer = {{0, {0}}, VERIFY_PORT};
    int given = v->ev.mx == QUOTH_MX_GIVEN && v->asked == VERIFY_RODE; /* an address, not a name */
    if (v->conf->port)
        peer.port = v->conf->port;
    while (v->route.host[v->host].ip || v->ip < v->route.ip_n) {
        unsigned rode = v->route.host[v->host].ip;
        peer.ip = v->route.ip[rode ? rode - 1u : v->ip++];
        v->route.host[v->host].ip = 0;
        if (verify_admit(v, &peer.ip, given)) {
            verify_dial(v, &peer, 0, now);
            return 1;
        }
    }
    return 0;
}

/* Ask for an address family of the present host that was not asked yet; 1 when asking. */
static int verify_ask_next(struct quoth_verify *v, uint64_t now)
{
    static const struct {
        uint8_t bit, skip;
        uint16_t type;
    } turn[] = {
        {VERIFY_A, QUOTH_FAMILY_V6, QUOTH_DNS_A},
        {VERIFY_AAAA, QUOTH_FAMILY_V4, QUOTH_DNS_AAAA},
    };
    for (size_t i = 0; i < sizeof turn / sizeof turn[0]; i++) {
        if ((v->asked & turn[i].bit) || v->conf->family == turn[i].skip)
            continue;
        v->asked |= turn[i].bit;
        int unwanted =
            turn[i].type == QUOTH_DNS_AAAA && v->conf->resolver && v->conf->resolver->no_aaaa;
        if (!unwanted &&
            verify_ask(v, VERIFY_ADDR, quoth_mx_name(&v->route, v->host), turn[i].type, now))
            return 1;
        v->ev.flags |= QUOTH_EVID_DNS_PARTIAL;
    }
    return 0;
}

/* Nobody left to ask. What was learnt on the way says why. */
static void verify_exhausted(struct quoth_verify *v, uint64_t now)
{
    const struct quoth_evidence *e = &v->ev;
    enum quoth_reason stop = QUOTH_REASON_NONE;
    if (e->connects == 0) {
        if (e->flags & QUOTH_EVID_DENIED)
            stop = QUOTH_REASON_TARGET_POLICY;
        else if (e->mx == QUOTH_MX_HOSTS || e->mx == QUOTH_MX_GIVEN)
            stop = QUOTH_REASON_MX_UNRESOLVABLE;
        else if (e->flags & QUOTH_EVID_DNS_PARTIAL)
            stop = QUOTH_REASON_DNS_FAILURE;
        else
            stop = QUOTH_REASON_NO_MAIL_HOST;
    }
    verify_finish(v, stop, now);
}

static void verify_next(struct quoth_verify *v, uint64_t now)
{
    struct quoth_evidence *e = &v->ev;
    while (v->host < v->route.n && e->sessions < QUOTH_SESSIONS_MAX &&
           e->connects < QUOTH_CONNECTS_MAX) {
        int known_ip = v->ip < v->route.ip_n || v->route.host[v->host].ip;
        if (known_ip && v->conf->depth == QUOTH_DEPTH_DNS) {
            verify_finish(v, QUOTH_REASON_DNS_OK, now);
            return;
        }
        if (known_ip && !v->conf->smtp.helo) {
            verify_finish(v, QUOTH_REASON_NO_IDENTITY, now);
            return;
        }
        if (verify_dial_next(v, now) || verify_ask_next(v, now))
            return;
        v->host++;
        v->asked = 0;
        v->ip = v->route.ip_n;
    }
    verify_exhausted(v, now);
}

/* The operator named the server: a name to look up, or an address. */
static void verify_given(struct quoth_verify *v, uint64_t now)
{
    struct quoth_route *r = &v->route;
    const char *server = v->conf->server;
    size_t n = strlen(server);
    v->ev.mx = QUOTH_MX_GIVEN;
    if (n >= sizeof r->names) {
        verify_finish(v, QUOTH_REASON_MX_UNRESOLVABLE, now);
        return;
    }
    memcpy(r->names, server, n + 1);
    r->used = (uint16_t)(n + 1);
    r->n = 1;
    if (quoth_ip_parse(&r->ip[0], server, n) == QUOTH_OK) {
        r->ip_n = 1;
        v->asked = VERIFY_RODE; /* nothing to look up */
        if (v->conf->depth == QUOTH_DEPTH_SMTP && v->conf->smtp.helo) {
            if (!verify_dial_next(v, now))
                verify_exhausted(v, now);
            return;
        }
    }
    verify_next(v, now);
}

/* ---- the conversation --------------------------------------------------- */

/* What the conversation so far left behind. */
static void verify_note(struct quoth_verify *v)
{
    struct quoth_evidence *e = &v->ev;
    const struct quoth_smtp *s = &v->u.smtp;
    if (v->step == VERIFY_STEP_DECOY || e->phase == QUOTH_PHASE_RCPT)
        return;
    e->phase = s->phase;
    e->host = v->host;
    e->pref = v->route.host[v->host].pref;
    e->peer = s->peer;
    e->err = (int8_t)s->err;
    e->tls = s->tls;
    e->ext = s->ext;
    e->said = s->said;
    e->flags &= (uint8_t)~QUOTH_EVID_NOT_BEST;
    if (v->route.n && e->pref != v->route.host[0].pref)
        e->flags |= QUOTH_EVID_NOT_BEST;
}

static void verify_decoy(struct quoth_verify *v)
{
    /* 100 random bits as 20 letters and digits that cannot be misread (P14). */
    static const char set[33] = "abcdefghijkmnpqrstuvwxyz23456789";
    uint64_t x = 0;
    for (size_t i = 0; i < sizeof v->decoy; i++, x >>= 5) {
        if (i % 10 == 0)
            x = quoth_random_next(&v->rnd);
        v->decoy[i] = set[x & 31];
    }
}

/* Between transactions: give the next one, or leave. */
static int verify_speak(struct quoth_verify *v, uint64_t now)
{
    struct quoth_event ev = {.kind = QUOTH_EV_RCPT, .now = now, .rcpt = &v->rcpt};
    struct quoth_evidence *e = &v->ev;
    if (!v->known) {
        v->rcpt.domain = (struct quoth_span) {e->domain, strlen(e->domain)};
        if (v->step == VERIFY_STEP_NONE) {
            v->rcpt.local = e->addr.local;
            v->rcpt.words = e->words;
            v->rcpt.words_cap = sizeof e->words;
            ev.last = v->conf->no_decoy;
            e->ext = v->u.smtp.ext;
            if ((e->addr.flags & QUOTH_ADDR_UTF8_LOCAL) && !(e->ext & QUOTH_EXT_SMTPUTF8)) {
                verify_note(v);
                e->stop = QUOTH_REASON_NO_SMTPUTF8;
                verify_known(v, now);
                return quoth_smtp_feed(&v->u.smtp, &ev);
            }
        } else {
            verify_decoy(v);
            v->rcpt.local = (struct quoth_span) {v->decoy, sizeof v->decoy};
            v->rcpt.words = v->decoy_words;
            v->rcpt.words_cap = sizeof v->decoy_words;
            e->asked_decoy = 1;
            ev.last = 1;
        }
        ev.n = 1;
        v->step++;
    }
    return quoth_smtp_feed(&v->u.smtp, &ev);
}

/* The reply to RCPT for the address itself: the one thing this is all about. */
static void verify_answered(struct quoth_verify *v, uint64_t now)
{
    struct quoth_evidence *e = &v->ev;
    verify_note(v);
    e->phase = QUOTH_PHASE_RCPT;
    e->said = v->rcpt.said;
    e->err = QUOTH_OK;
    v->u.smtp.words_cap = 0; /* nothing said later may take the place of these words */
    verify_stamp(v, QUOTH_PHASE_RCPT, now);
    if (e->said.code / 100 != 2 || v->conf->no_decoy)
        verify_known(v, now);
}

static void verify_decoy_answered(struct quoth_verify *v, uint64_t now)
{
    struct quoth_reading reading;
    v->ev.decoy_code = v->rcpt.said.code;
    quoth_judge_reply(&reading, QUOTH_PHASE_DECOY, &v->rcpt.said, v->decoy_words,
                      quoth_mx_name(&v->route, v->host));
    v->ev.decoy_reason = (uint8_t)reading.reason;
    verify_stamp(v, QUOTH_PHASE_DECOY, now);
    verify_known(v, now);
}

/* A conversation ended without an answer. Is it worth another call? */
static void verify_hung_up(struct quoth_verify *v, uint64_t now)
{
    struct quoth_evidence *e = &v->ev;
    const struct quoth_smtp *s = &v->u.smtp;
    struct quoth_peer peer = s->peer;
    int again = e->sessions < QUOTH_SESSIONS_MAX && !v->options;
    if (s->suspect == 1) { /* a reply too many: whose answer which one was, nobody knows (P28) */
        verify_note(v);
        e->phase = QUOTH_PHASE_RCPT;
        e->said = (struct quoth_said) {0};
        e->err = QUOTH_EPROTO;
        verify_finish(v, QUOTH_REASON_NONE, now);
        return;
    }
    if (v->step >= VERIFY_STEP_REAL && e->phase == QUOTH_PHASE_RCPT &&
        e->said.code) { /* the decoy got no answer */
        verify_finish(v, QUOTH_REASON_NONE, now);
        return;
    }
    if (s->phase > QUOTH_PHASE_CONNECT || e->sessions == 0)
        verify_note(v);
    /* A hang-up in place of the 220 is a broken handshake too. */
    int tls_broke =
        s->phase == QUOTH_PHASE_STARTTLS && (s->err == QUOTH_ENOTLS || s->err == QUOTH_EIO);
    if (again && tls_broke && v->conf->smtp.tls == QUOTH_TLS_TRY) {
        e->flags |= QUOTH_EVID_TLS_BROKE;
        verify_dial(v, &peer, QUOTH_SMTP_NO_TLS, now);
    } else if (again && s->err == QUOTH_EIO && s->phase == QUOTH_PHASE_EHLO && !s->secure) {
        e->flags |= QUOTH_EVID_HELO;
        verify_dial(v, &peer, QUOTH_SMTP_HELO, now);
    } else if (s->phase >= QUOTH_PHASE_MAIL || s->err == QUOTH_ENOTLS) {
        verify_finish(v, QUOTH_REASON_NONE,
                      now); /* the sender or our terms: the next host would say the same */
    } else {
        verify_next(v, now);
    }
}

static int verify_talk(struct quoth_verify *v, const struct quoth_event *ev)
{
    struct quoth_smtp *s = &v->u.smtp;
    struct quoth_want w;
    unsigned was = s->phase;
    int rc = ev->kind == QUOTH_EV_RCPT ? verify_speak(v, ev->now) : quoth_smtp_feed(s, ev);
    if (rc < 0)
        return rc;
    if (was == QUOTH_PHASE_CONNECT && s->phase == QUOTH_PHASE_BANNER)
        v->ev.sessions++;
    for (unsigned p = was; p < s->phase; p++)
        verify_stamp(v, (enum quoth_phase)p, ev->now);
    if (s->ext & QUOTH_EXT_STARTTLS)
        v->ev.flags |= QUOTH_EVID_TLS_OFFERED;
    if (!v->known && !s->suspect && v->step != VERIFY_STEP_NONE && v->rcpt.said.code) {
        if (v->step == VERIFY_STEP_DECOY)
            verify_decoy_answered(v, ev->now);
        else if (v->ev.phase != QUOTH_PHASE_RCPT)
            verify_answered(v, ev->now);
    }
    quoth_smtp_want(s, &w);
    if (w.kind == QUOTH_WANT_DONE) {
        if (v->known)
            v->state = VERIFY_DONE;
        else
            verify_hung_up(v, ev->now);
    }
    return QUOTH_OK;
}

/* ---- the machine -------------------------------------------------------- */

void quoth_verify_start(struct quoth_verify *v, const struct quoth_conf *conf, const char *text,
                        size_t n, const uint8_t seed[16], uint64_t now)
{
    memset(v, 0, sizeof *v);
    v->conf = conf;
    v->start = now;
    v->end = now + (conf->total_ms ? conf->total_ms : VERIFY_TOTAL_MS);
    enum quoth_reason stop = verify_address(v, text, n);
    if (stop == QUOTH_REASON_NONE && !seed)
        stop = QUOTH_REASON_NO_ENTROPY;
    if (stop != QUOTH_REASON_NONE) {
        verify_finish(v, stop, now);
        return;
    }
    quoth_random_seed(&v->rnd, seed);
    if (conf->family != QUOTH_FAMILY_ANY)
        v->ev.flags |= QUOTH_EVID_DNS_PARTIAL; /* half of it is never asked */
    if (conf->server)
        verify_given(v, now);
    else if (!verify_ask(v, VERIFY_MX, v->ev.domain, QUOTH_DNS_MX, now))
        verify_finish(v, QUOTH_REASON_DNS_FAILURE, now);
}

void quoth_verify_lend(struct quoth_verify *v, void *buf, size_t cap)
{
    v->big = buf;
    v->big_cap = cap;
    if (v->state == VERIFY_MX || v->state == VERIFY_ADDR)
        quoth_lookup_lend(&v->u.lookup, buf, cap);
}

void quoth_verify_want(const struct quoth_verify *v, struct quoth_want *w)
{
    switch ((enum verify_state)v->state) {
    case VERIFY_MX:
    case VERIFY_ADDR: quoth_lookup_want(&v->u.lookup, w); break;
    case VERIFY_TALK: quoth_smtp_want(&v->u.smtp, w); break;
    case VERIFY_ABORT:
    case VERIFY_DONE:
        memset(w, 0, sizeof *w);
        w->kind = v->state == VERIFY_DONE ? QUOTH_WANT_DONE : QUOTH_WANT_CLOSE;
        w->deadline = QUOTH_NEVER;
        w->host = "";
        return;
    }
    if (w->deadline > v->end)
        w->deadline = v->end;
}

/* The whole took too long. What stands in evidence stays; the open link is closed. */
static void verify_abort(struct quoth_verify *v, uint64_t now)
{
    if (!v->known) {
        if (v->state == VERIFY_TALK)
            verify_note(v);
        if (!v->ev.said.code)
            v->ev.err = QUOTH_ETIME;
        verify_known(v, now);
    }
    v->state = VERIFY_ABORT;
}

static int verify_looked_up(struct quoth_verify *v, const struct quoth_event *ev)
{
    struct quoth_want w;
    int rc = quoth_lookup_feed(&v->u.lookup, ev, &v->route);
    if (rc < 0)
        return rc;
    quoth_lookup_want(&v->u.lookup, &w);
    if (w.kind != QUOTH_WANT_DONE)
        return QUOTH_OK;
    v->ev.queries = (uint8_t)(v->ev.queries + v->u.lookup.asked);
    if (v->state == VERIFY_MX)
        verify_mx_known(v, ev->now);
    else
        verify_addresses_known(v, ev->now);
    return QUOTH_OK;
}

int quoth_verify_feed(struct quoth_verify *v, const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_TIME && ev->now >= v->end && v->state < VERIFY_ABORT) {
        verify_abort(v, ev->now);
        return QUOTH_OK;
    }
    switch ((enum verify_state)v->state) {
    case VERIFY_MX:
    case VERIFY_ADDR: return verify_looked_up(v, ev);
    case VERIFY_TALK: return verify_talk(v, ev);
    case VERIFY_ABORT:
        if (ev->kind != QUOTH_EV_DOWN)
            return QUOTH_EINVAL;
        v->state = VERIFY_DONE;
        return QUOTH_OK;
    case VERIFY_DONE: break;
    }
    return QUOTH_EINVAL;
}

const char *quoth_verify_host(const struct quoth_verify *v)
{
    return v->ev.phase > QUOTH_PHASE_DNS && v->ev.host < v->route.n
               ? quoth_mx_name(&v->route, v->ev.host)
               : "";
}
