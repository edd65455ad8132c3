/* verify.c - one address, from text to evidence. Drives hosts, lookup and smtp; judges nothing.
 *
 *   start --intake: fault, reserved, syntax only----------------------> DONE
 *     |                                                                  ^
 *     v                                                                  |
 *   hosts --STOP: why nobody is called, or nobody is left--------------->+
 *    ^ | ASK                                                             |
 *    | +---> LOOKUP --answered--> hosts                                  |
 *    | | CALL                                                            |
 *    | +---> TALK --RCPT answered, decoy answered--> QUIT --no more----->+
 *    |        | no answer                              |  came: known    |
 *    +--------+                                        +--a reply too    |
 *                                                         many: unknown->+
 *                                                                        |
 *   ABORT: the deadline of the whole passed; close what is open ---------+
 *
 * Limits: tests/RULES.md P14, P15, Z. The first complete reply to RCPT for the address ends the
 * search, whatever it says: there is no shopping for a yes. It is believed when the answer to QUIT,
 * or the end of the connection, shows that replies and commands were in step (P28).
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum verify_state { VERIFY_LOOKUP, VERIFY_TALK, VERIFY_ABORT, VERIFY_DONE };
/* Whose RCPT is out; ENOUGH: all that was to be asked is answered. */
enum verify_step {
    VERIFY_STEP_NONE,
    VERIFY_STEP_REAL,
    VERIFY_STEP_DECOY,
    VERIFY_STEP_ANOTHER, /* the decoy is unknown: one that looks like a name is to be asked */
    VERIFY_STEP_NAME,
    VERIFY_STEP_ENOUGH
};
enum { VERIFY_TOTAL_MS = 300000, VERIFY_PART_MS = 1000 };

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

    return stop == QUOTH_REASON_NONE ? quoth_intake_domain(&v->ev, v->hosts.conf) : stop;
}

/* ---- whom to ask and whom to call --------------------------------------- */

/* Evidence says what the search came to, a call that is going on included. */
static void verify_trail(struct quoth_verify *v)
{
    const struct quoth_trail *t = &v->hosts.trail;
    struct quoth_evidence *e = &v->ev;

    e->mx = t->mx;
    e->dns = t->dns;
    e->flags |= t->flags;
    e->queries = t->queries;
    e->sessions = t->sessions;
    e->connects = (uint8_t)(t->connects + (v->hosts.kind == QUOTH_HOSTS_CALL));
}

static void verify_ask(struct quoth_verify *v, const struct quoth_hosts_want *w, uint64_t now)
{
    uint8_t seed[16];

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)quoth_random_next(&v->rnd);
    v->state = VERIFY_LOOKUP;
    if (v->ev.connects == 0)
        v->ev.phase = QUOTH_PHASE_DNS;
    quoth_lookup_start(&v->u.lookup, v->hosts.conf->resolver, &w->name, w->type, seed, now);
    quoth_lookup_limit(&v->u.lookup, w->questions);
    quoth_lookup_lend(&v->u.lookup, v->big, v->big_cap);
}

static void verify_dial(struct quoth_verify *v, const struct quoth_hosts_want *w, uint64_t now)
{
    v->state = VERIFY_TALK;
    v->step = VERIFY_STEP_NONE;
    if (v->ev.phase == QUOTH_PHASE_RCPT) /* which was not answered */
        v->ev.phase = QUOTH_PHASE_MAIL;
    verify_stamp(v, QUOTH_PHASE_DNS, now);
    quoth_smtp_start(&v->u.talk.smtp, &v->hosts.conf->smtp, &w->call, now);
    quoth_smtp_words(&v->u.talk.smtp, v->ev.words, sizeof v->ev.words);
}

/* What the search wants next. */
static void verify_follow(struct quoth_verify *v, uint64_t now)
{
    struct quoth_hosts_want w;

    verify_trail(v);
    quoth_hosts_want(&v->hosts, &w);
    switch (w.kind) {
    case QUOTH_HOSTS_ASK: verify_ask(v, &w, now); break;
    case QUOTH_HOSTS_CALL: verify_dial(v, &w, now); break;
    case QUOTH_HOSTS_STOP: verify_finish(v, w.stop, now); break;
    }
}

/* ---- the conversation --------------------------------------------------- */

/* What the conversation so far left behind. */
static void verify_note(struct quoth_verify *v)
{
    struct quoth_evidence *e = &v->ev;
    const struct quoth_smtp *s = &v->u.talk.smtp;
    const struct quoth_hosts *h = &v->hosts;
    uint16_t broke = e->tls.broke; /* by an earlier conversation */
    if (v->step >= VERIFY_STEP_DECOY || e->phase == QUOTH_PHASE_RCPT)
        return;
    e->phase = s->phase;
    e->host = h->host;
    e->pref = h->route.host[h->host].pref;
    e->peer = s->peer;
    e->err = (int8_t)s->err;
    e->tls = s->tls;
    if (!e->tls.broke)
        e->tls.broke = broke;
    e->ext = s->ext;
    e->said = s->said;
    e->flags &= (uint8_t)~QUOTH_EVID_NOT_BEST;
    if (e->pref != h->route.host[0].pref)
        e->flags |= QUOTH_EVID_NOT_BEST;
}

static int verify_two(const struct quoth_verify *v)
{
    return QUOTH_DECOYS > 1 && v->hosts.conf->decoys > 1;
}

static void verify_make_up(struct quoth_verify *v)
{
#if QUOTH_DECOYS > 1
    if (v->step == VERIFY_STEP_ANOTHER) {
        quoth_random_name(&v->rnd, v->u.talk.decoy, sizeof v->u.talk.decoy);
        return;
    }
#endif
    quoth_random_local(&v->rnd, v->u.talk.decoy, sizeof v->u.talk.decoy);
}

/* Between transactions: give the next one, or leave. */
static int verify_speak(struct quoth_verify *v, uint64_t now)
{
    struct quoth_rcpt *rcpt = &v->u.talk.rcpt;
    struct quoth_event ev = {.kind = QUOTH_EV_RCPT, .now = now, .rcpt = rcpt};
    struct quoth_evidence *e = &v->ev;
    if (v->step != VERIFY_STEP_ENOUGH) {
        rcpt->domain = (struct quoth_span) {e->domain, strlen(e->domain)};
        if (v->step == VERIFY_STEP_NONE) {
            rcpt->local = e->addr.local;
            rcpt->words = e->words;
            rcpt->words_cap = sizeof e->words;
            ev.last = v->hosts.conf->no_decoy;
            e->ext = v->u.talk.smtp.ext;
            if ((e->addr.flags & QUOTH_ADDR_UTF8_LOCAL) && !(e->ext & QUOTH_EXT_SMTPUTF8)) {
                verify_note(v);
                e->stop = QUOTH_REASON_NO_SMTPUTF8;
                verify_known(v, now);
                return quoth_smtp_feed(&v->u.talk.smtp, &ev);
            }
        } else {
            verify_make_up(v);
            rcpt->local = (struct quoth_span) {v->u.talk.decoy, sizeof v->u.talk.decoy};
            rcpt->words = v->u.talk.decoy_words;
            rcpt->words_cap = sizeof v->u.talk.decoy_words;
            e->asked_decoy = 1;
            ev.last = !verify_two(v) || v->step == VERIFY_STEP_ANOTHER;
        }
        ev.n = 1;
        v->step++;
    }
    return quoth_smtp_feed(&v->u.talk.smtp, &ev);
}

/* The reply to RCPT for the address itself: the one thing this is all about. */
static void verify_answered(struct quoth_verify *v, uint64_t now)
{
    struct quoth_evidence *e = &v->ev;
    verify_note(v);
    e->phase = QUOTH_PHASE_RCPT;
    e->said = v->u.talk.rcpt.said;
    e->err = QUOTH_OK;
    quoth_evidence_names(e, &v->hosts.conf->smtp);
    quoth_smtp_words(&v->u.talk.smtp, NULL, 0); /* nothing may take the place of these words */
    verify_stamp(v, QUOTH_PHASE_RCPT, now);
    if (e->said.code / 100 != 2 || v->hosts.conf->no_decoy)
        v->step = VERIFY_STEP_ENOUGH;
}

static void verify_decoy_answered(struct quoth_verify *v, uint64_t now)
{
    struct quoth_reading reading;
    v->ev.decoy_code = v->u.talk.rcpt.said.code;
    quoth_judge_reply(&reading, QUOTH_PHASE_DECOY, &v->u.talk.rcpt.said, v->u.talk.decoy_words,
                      quoth_mx_name(&v->hosts.route, v->hosts.host));
    v->ev.decoy_reason = (uint8_t)reading.reason;
    verify_stamp(v, QUOTH_PHASE_DECOY, now);
    if (verify_two(v) && v->step == VERIFY_STEP_DECOY &&
        reading.reason == QUOTH_REASON_USER_UNKNOWN) {
        v->step = VERIFY_STEP_ANOTHER; /* until that is answered nothing is established */
        v->ev.decoy_code = v->ev.decoy_reason = 0;
        return;
    }
    if (verify_two(v) && v->step == VERIFY_STEP_NAME && v->ev.decoy_code / 100 == 2)
        v->ev.decoy_reason = QUOTH_REASON_ACCEPTS_BY_SHAPE;
    v->step = VERIFY_STEP_ENOUGH;
}

/* A conversation ended. Do its answers stand? If there is none, is it worth another call? */
static void verify_hung_up(struct quoth_verify *v, uint64_t now)
{
    struct quoth_evidence *e = &v->ev;
    const struct quoth_smtp *s = &v->u.talk.smtp;
    if (s->suspect == 1) { /* a reply too many: whose answer which one was, nobody knows (P28) */
        verify_note(v);
        e->phase = QUOTH_PHASE_RCPT;
        e->said = (struct quoth_said) {0};
        e->decoy_code = 0;
        e->err = QUOTH_EPROTO;
    }
    if (e->phase == QUOTH_PHASE_RCPT) { /* answered, or in doubt; the decoy may not be */
        verify_finish(v, QUOTH_REASON_NONE, now);
        return;
    }
    if (s->phase > QUOTH_PHASE_CONNECT || e->sessions == 0)
        verify_note(v);
    quoth_hosts_called(&v->hosts, s);
    verify_follow(v, now);
}

static int verify_talk(struct quoth_verify *v, const struct quoth_event *ev)
{
    struct quoth_smtp *s = &v->u.talk.smtp;
    struct quoth_want w;
    unsigned was = s->phase;
    int rc;
    quoth_smtp_want(s, &w);
    /* A recipient that is not asked for changes nothing, not even here: smtp refuses it. */
    rc = ev->kind == QUOTH_EV_RCPT && w.kind == QUOTH_WANT_RCPT ? verify_speak(v, ev->now)
                                                                : quoth_smtp_feed(s, ev);
    if (rc < 0)
        return rc;
    if (was == QUOTH_PHASE_CONNECT && s->phase == QUOTH_PHASE_BANNER)
        v->ev.sessions++;
    for (unsigned p = was; p < s->phase; p++)
        verify_stamp(v, (enum quoth_phase)p, ev->now);
    if (s->ext & QUOTH_EXT_STARTTLS)
        v->ev.flags |= QUOTH_EVID_TLS_OFFERED;
    if (!s->suspect && v->u.talk.rcpt.said.code) {
        if (v->step == VERIFY_STEP_DECOY || (QUOTH_DECOYS > 1 && v->step == VERIFY_STEP_NAME))
            verify_decoy_answered(v, ev->now);
        else if (v->step == VERIFY_STEP_REAL && v->ev.phase != QUOTH_PHASE_RCPT)
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
    v->hosts.conf = conf;
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
    quoth_hosts_start(&v->hosts, conf, v->ev.domain);
    verify_follow(v, now);
}

void quoth_verify_lend(struct quoth_verify *v, void *buf, size_t cap)
{
    v->big = buf;
    v->big_cap = (uint16_t)(cap < UINT16_MAX ? cap : UINT16_MAX);
    if (v->state == VERIFY_LOOKUP)
        quoth_lookup_lend(&v->u.lookup, buf, cap);
}

void quoth_verify_want(const struct quoth_verify *v, struct quoth_want *w)
{
    switch ((enum verify_state)v->state) {
    case VERIFY_LOOKUP: quoth_lookup_want(&v->u.lookup, w); break;
    case VERIFY_TALK: quoth_smtp_want(&v->u.talk.smtp, w); break;
    case VERIFY_ABORT:
    case VERIFY_DONE: quoth_want_end(w, v->state == VERIFY_DONE); return;
    }
    if (w->deadline > v->end)
        w->deadline = v->end;
}

/* Nothing more will be learnt: what stands in evidence is all. */
static void verify_cut(struct quoth_verify *v, uint64_t now)
{
    if (v->state == VERIFY_TALK)
        verify_note(v);
    if (!v->ev.said.code)
        v->ev.err = QUOTH_ETIME;
    verify_known(v, now);
}

/* What is open is closed, without a word. */
static void verify_abort(struct quoth_verify *v, uint64_t now)
{
    if (!v->known)
        verify_cut(v, now);
    v->state = VERIFY_ABORT;
}

/* The whole took too long. A server is told QUIT, if it takes that at once. */
static void verify_late(struct quoth_verify *v, uint64_t now)
{
    if (v->state != VERIFY_TALK || v->known) {
        verify_abort(v, now);
        return;
    }
    verify_cut(v, now);
    quoth_smtp_give_up(&v->u.talk.smtp, QUOTH_ETIME, now);
    v->end = now + VERIFY_PART_MS;
}

void quoth_verify_leave(struct quoth_verify *v, uint64_t now)
{
    if (v->state == VERIFY_LOOKUP)
        verify_abort(v, now);
    if (v->state != VERIFY_TALK)
        return;
    if (!v->known)
        verify_cut(v, now);
    quoth_smtp_leave(&v->u.talk.smtp, now);
}

static int verify_looked_up(struct quoth_verify *v, const struct quoth_event *ev)
{
    struct quoth_want w;
    int rc = quoth_lookup_feed(&v->u.lookup, ev, &v->hosts.route);
    if (rc < 0)
        return rc;
    quoth_lookup_want(&v->u.lookup, &w);
    if (w.kind != QUOTH_WANT_DONE)
        return QUOTH_OK;
    quoth_hosts_answered(&v->hosts, v->u.lookup.asked, &v->rnd);
    verify_follow(v, ev->now);
    return QUOTH_OK;
}

int quoth_verify_feed(struct quoth_verify *v, const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_TIME && ev->now >= v->end && v->state < VERIFY_ABORT) {
        verify_late(v, ev->now);
        return QUOTH_OK;
    }
    switch ((enum verify_state)v->state) {
    case VERIFY_LOOKUP: return verify_looked_up(v, ev);
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

const struct quoth_smtp *quoth_verify_talk(const struct quoth_verify *v)
{
    return v->state == VERIFY_TALK ? &v->u.talk.smtp : NULL;
}

const char *quoth_verify_host(const struct quoth_verify *v)
{
    return v->ev.phase > QUOTH_PHASE_DNS ? quoth_mx_name(&v->hosts.route, v->ev.host) : "";
}
