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

static void verify_known(struct quoth_verify *verify, uint64_t now)
{
    verify->known = 1;
    verify->ev.took_ms = (uint32_t)(now - verify->start);
}

static void verify_finish(struct quoth_verify *verify, enum quoth_reason stop, uint64_t now)
{
    verify->ev.stop = (uint8_t)stop;
    verify_known(verify, now);
    verify->state = VERIFY_DONE;
}

static void verify_stamp(struct quoth_verify *verify, enum quoth_phase over, uint64_t now)
{
    if (verify->ev.ms[over] == 0)
        verify->ev.ms[over] = (uint32_t)(now - verify->start);
}

/* ---- the address, before anything is sent ------------------------------- */

static enum quoth_reason verify_address(struct quoth_verify *verify, const char *text, size_t n)
{
    enum quoth_reason stop = quoth_intake_address(&verify->ev, text, n);

    return stop == QUOTH_REASON_NONE ? quoth_intake_domain(&verify->ev, verify->hosts.conf) : stop;
}

/* ---- whom to ask and whom to call --------------------------------------- */

/* Evidence says what the search came to, a call that is going on included. */
static void verify_trail(struct quoth_verify *verify)
{
    const struct quoth_trail *trail = &verify->hosts.trail;
    struct quoth_evidence *evidence = &verify->ev;

    evidence->mx = trail->mx;
    evidence->dns = trail->dns;
    evidence->flags |= trail->flags;
    evidence->queries = trail->queries;
    evidence->sessions = trail->sessions;
    evidence->connects = (uint8_t)(trail->connects + (verify->hosts.kind == QUOTH_HOSTS_CALL));
}

static void verify_ask(struct quoth_verify *verify, const struct quoth_hosts_want *want,
                       uint64_t now)
{
    const struct quoth_question question = {&want->name, want->type, 0};
    uint8_t seed[16];

    quoth_random_fork(&verify->rnd, seed);
    verify->state = VERIFY_LOOKUP;
    if (verify->ev.connects == 0)
        verify->ev.phase = QUOTH_PHASE_DNS;
    quoth_lookup_start(&verify->u.lookup, verify->hosts.conf->resolver, &question, seed, now);
    quoth_lookup_limit(&verify->u.lookup, want->questions);
    quoth_lookup_lend(&verify->u.lookup, verify->big, verify->big_cap);
}

static void verify_dial(struct quoth_verify *verify, const struct quoth_hosts_want *want,
                        uint64_t now)
{
    verify->state = VERIFY_TALK;
    verify->step = VERIFY_STEP_NONE;
    if (verify->ev.phase == QUOTH_PHASE_RCPT) /* which was not answered */
        verify->ev.phase = QUOTH_PHASE_MAIL;
    verify_stamp(verify, QUOTH_PHASE_DNS, now);
    quoth_smtp_start(&verify->u.talk.smtp, &verify->hosts.conf->smtp, &want->call, now);
    quoth_smtp_words(&verify->u.talk.smtp, verify->ev.words, sizeof verify->ev.words);
}

/* What the search wants next. */
static void verify_follow(struct quoth_verify *verify, uint64_t now)
{
    struct quoth_hosts_want want;

    verify_trail(verify);
    quoth_hosts_want(&verify->hosts, &want);
    switch (want.kind) {
    case QUOTH_HOSTS_ASK: verify_ask(verify, &want, now); break;
    case QUOTH_HOSTS_CALL: verify_dial(verify, &want, now); break;
    case QUOTH_HOSTS_STOP: verify_finish(verify, want.stop, now); break;
    }
}

/* ---- the conversation --------------------------------------------------- */

/* What the conversation so far left behind. */
static void verify_note(struct quoth_verify *verify)
{
    struct quoth_evidence *evidence = &verify->ev;
    const struct quoth_smtp *smtp = &verify->u.talk.smtp;
    const struct quoth_hosts *hosts = &verify->hosts;
    uint16_t broke = evidence->tls.broke; /* by an earlier conversation */
    if (evidence->phase == QUOTH_PHASE_RCPT)
        return;
    evidence->phase = smtp->phase;
    evidence->host = hosts->host;
    evidence->pref = hosts->route.host[hosts->host].pref;
    evidence->peer = smtp->peer;
    evidence->err = (int8_t)smtp->err;
    evidence->tls = smtp->tls;
    if (!evidence->tls.broke)
        evidence->tls.broke = broke;
    evidence->ext = smtp->ext;
    evidence->said = smtp->said;
    if (evidence->pref != hosts->route.host[0].pref)
        evidence->flags |= QUOTH_EVID_NOT_BEST;
}

static int verify_two(const struct quoth_verify *verify)
{
    return QUOTH_DECOYS > 1 && verify->hosts.conf->decoys > 1;
}

static void verify_make_up(struct quoth_verify *verify)
{
#if QUOTH_DECOYS > 1
    if (verify->step == VERIFY_STEP_ANOTHER) {
        quoth_random_name(&verify->rnd, verify->u.talk.decoy, sizeof verify->u.talk.decoy);
        return;
    }
#endif
    quoth_random_local(&verify->rnd, verify->u.talk.decoy, sizeof verify->u.talk.decoy);
}

/* Between transactions: give the next one, or leave. */
static int verify_speak(struct quoth_verify *verify, uint64_t now)
{
    struct quoth_rcpt *rcpt = &verify->u.talk.rcpt;
    struct quoth_event ev = {.kind = QUOTH_EV_RCPT, .now = now, .rcpt = rcpt};
    struct quoth_evidence *evidence = &verify->ev;
    if (verify->step != VERIFY_STEP_ENOUGH) {
        rcpt->domain = (struct quoth_span) {evidence->domain, strlen(evidence->domain)};
        if (verify->step == VERIFY_STEP_NONE) {
            rcpt->local = evidence->addr.local;
            rcpt->words = evidence->words;
            rcpt->words_cap = sizeof evidence->words;
            ev.last = verify->hosts.conf->no_decoy;
            evidence->ext = verify->u.talk.smtp.ext;
            if ((evidence->addr.flags & QUOTH_ADDR_UTF8_LOCAL) &&
                !(evidence->ext & QUOTH_EXT_SMTPUTF8)) {
                verify_note(verify);
                evidence->stop = QUOTH_REASON_NO_SMTPUTF8;
                verify_known(verify, now);
                return quoth_smtp_feed(&verify->u.talk.smtp, &ev);
            }
        } else {
            verify_make_up(verify);
            rcpt->local = (struct quoth_span) {verify->u.talk.decoy, sizeof verify->u.talk.decoy};
            rcpt->words = verify->u.talk.decoy_words;
            rcpt->words_cap = sizeof verify->u.talk.decoy_words;
            evidence->asked_decoy = 1;
            ev.last = !verify_two(verify) || verify->step == VERIFY_STEP_ANOTHER;
        }
        ev.n = 1;
        verify->step++;
    }
    return quoth_smtp_feed(&verify->u.talk.smtp, &ev);
}

/* The reply to RCPT for the address itself: the one thing this is all about. */
static void verify_answered(struct quoth_verify *verify, uint64_t now)
{
    struct quoth_evidence *evidence = &verify->ev;
    verify_note(verify);
    evidence->phase = QUOTH_PHASE_RCPT;
    evidence->said = verify->u.talk.rcpt.said;
    evidence->err = QUOTH_OK;
    quoth_evidence_names(evidence, &verify->hosts.conf->smtp);
    quoth_smtp_words(&verify->u.talk.smtp, NULL, 0); /* nothing may take the place of these words */
    verify_stamp(verify, QUOTH_PHASE_RCPT, now);
    if (evidence->said.code / 100 != 2 || verify->hosts.conf->no_decoy)
        verify->step = VERIFY_STEP_ENOUGH;
}

static void verify_decoy_answered(struct quoth_verify *verify, uint64_t now)
{
    struct quoth_reading reading;
    verify->ev.decoy_code = verify->u.talk.rcpt.said.code;
    quoth_judge_reply(&reading, QUOTH_PHASE_DECOY, &verify->u.talk.rcpt.said,
                      verify->u.talk.decoy_words,
                      quoth_mx_name(&verify->hosts.route, verify->hosts.host));
    verify->ev.decoy_reason = (uint8_t)reading.reason;
    verify_stamp(verify, QUOTH_PHASE_DECOY, now);
    if (verify_two(verify) && verify->step == VERIFY_STEP_DECOY &&
        reading.reason == QUOTH_REASON_USER_UNKNOWN) {
        verify->step = VERIFY_STEP_ANOTHER; /* until that is answered nothing is established */
        verify->ev.decoy_code = verify->ev.decoy_reason = 0;
        return;
    }
    if (verify_two(verify) && verify->step == VERIFY_STEP_NAME && verify->ev.decoy_code / 100 == 2)
        verify->ev.decoy_reason = QUOTH_REASON_ACCEPTS_BY_SHAPE;
    verify->step = VERIFY_STEP_ENOUGH;
}

/* A conversation ended. Do its answers stand? If there is none, is it worth another call? */
static void verify_hung_up(struct quoth_verify *verify, uint64_t now)
{
    struct quoth_evidence *evidence = &verify->ev;
    const struct quoth_smtp *smtp = &verify->u.talk.smtp;
    if (smtp->suspect == 1) { /* a reply too many: whose answer which one was, nobody knows (P28) */
        verify_note(verify);
        evidence->phase = QUOTH_PHASE_RCPT;
        evidence->said = (struct quoth_said) {0};
        evidence->decoy_code = 0;
        evidence->err = QUOTH_EPROTO;
    }
    if (evidence->phase == QUOTH_PHASE_RCPT) { /* answered, or in doubt; the decoy may not be */
        verify_finish(verify, QUOTH_REASON_NONE, now);
        return;
    }
    if (smtp->phase > QUOTH_PHASE_CONNECT || evidence->sessions == 0)
        verify_note(verify);
    quoth_hosts_called(&verify->hosts, smtp);
    verify_follow(verify, now);
}

static int verify_talk(struct quoth_verify *verify, const struct quoth_event *ev)
{
    struct quoth_smtp *smtp = &verify->u.talk.smtp;
    struct quoth_want want;
    unsigned was = smtp->phase;
    int rc;
    quoth_smtp_want(smtp, &want);
    /* A recipient that is not asked for changes nothing, not even here: smtp refuses it. */
    rc = ev->kind == QUOTH_EV_RCPT && want.kind == QUOTH_WANT_RCPT ? verify_speak(verify, ev->now)
                                                                   : quoth_smtp_feed(smtp, ev);
    if (rc < 0)
        return rc;
    if (was == QUOTH_PHASE_CONNECT && smtp->phase == QUOTH_PHASE_BANNER)
        verify->ev.sessions++;
    for (unsigned p = was; p < smtp->phase; p++)
        verify_stamp(verify, (enum quoth_phase)p, ev->now);
    if (smtp->ext & QUOTH_EXT_STARTTLS)
        verify->ev.flags |= QUOTH_EVID_TLS_OFFERED;
    if (!smtp->suspect && verify->u.talk.rcpt.said.code) {
        if (verify->step == VERIFY_STEP_DECOY ||
            (QUOTH_DECOYS > 1 && verify->step == VERIFY_STEP_NAME))
            verify_decoy_answered(verify, ev->now);
        else if (verify->step == VERIFY_STEP_REAL && verify->ev.phase != QUOTH_PHASE_RCPT)
            verify_answered(verify, ev->now);
    }
    quoth_smtp_want(smtp, &want);
    if (want.kind == QUOTH_WANT_DONE) {
        if (verify->known)
            verify->state = VERIFY_DONE;
        else
            verify_hung_up(verify, ev->now);
    }
    return QUOTH_OK;
}

/* ---- the machine -------------------------------------------------------- */

void quoth_verify_start(struct quoth_verify *verify, const struct quoth_conf *conf,
                        const char *text, size_t n, const uint8_t seed[16], uint64_t now)
{
    memset(verify, 0, sizeof *verify);
    verify->hosts.conf = conf;
    verify->start = now;
    verify->end = now + (conf->total_ms ? conf->total_ms : VERIFY_TOTAL_MS);
    enum quoth_reason stop = verify_address(verify, text, n);
    if (stop == QUOTH_REASON_NONE && !seed)
        stop = QUOTH_REASON_NO_ENTROPY;
    if (stop != QUOTH_REASON_NONE) {
        verify_finish(verify, stop, now);
        return;
    }
    quoth_random_seed(&verify->rnd, seed);
    quoth_hosts_start(&verify->hosts, conf, verify->ev.domain);
    verify_follow(verify, now);
}

void quoth_verify_lend(struct quoth_verify *verify, void *buf, size_t cap)
{
    verify->big = buf;
    verify->big_cap = (uint16_t)(cap < UINT16_MAX ? cap : UINT16_MAX);
    if (verify->state == VERIFY_LOOKUP)
        quoth_lookup_lend(&verify->u.lookup, buf, cap);
}

void quoth_verify_want(const struct quoth_verify *verify, struct quoth_want *want)
{
    switch ((enum verify_state)verify->state) {
    case VERIFY_LOOKUP: quoth_lookup_want(&verify->u.lookup, want); break;
    case VERIFY_TALK: quoth_smtp_want(&verify->u.talk.smtp, want); break;
    case VERIFY_ABORT:
    case VERIFY_DONE: quoth_want_end(want, verify->state == VERIFY_DONE); return;
    }
    if (want->deadline > verify->end)
        want->deadline = verify->end;
}

/* Nothing more will be learnt: what stands in evidence is all. */
static void verify_cut(struct quoth_verify *verify, uint64_t now)
{
    if (verify->state == VERIFY_TALK)
        verify_note(verify);
    if (!verify->ev.said.code)
        verify->ev.err = QUOTH_ETIME;
    verify_known(verify, now);
}

/* What is open is closed, without a word. */
static void verify_abort(struct quoth_verify *verify, uint64_t now)
{
    if (!verify->known)
        verify_cut(verify, now);
    verify->state = VERIFY_ABORT;
}

/* The whole took too long. A server is told QUIT, if it takes that at once. */
static void verify_late(struct quoth_verify *verify, uint64_t now)
{
    if (verify->state != VERIFY_TALK || verify->known) {
        verify_abort(verify, now);
        return;
    }
    verify_cut(verify, now);
    quoth_smtp_give_up(&verify->u.talk.smtp, QUOTH_ETIME, now);
    verify->end = now + VERIFY_PART_MS;
}

void quoth_verify_leave(struct quoth_verify *verify, uint64_t now)
{
    if (verify->state == VERIFY_LOOKUP)
        verify_abort(verify, now);
    if (verify->state != VERIFY_TALK)
        return;
    if (!verify->known)
        verify_cut(verify, now);
    quoth_smtp_leave(&verify->u.talk.smtp, now);
}

static int verify_looked_up(struct quoth_verify *verify, const struct quoth_event *ev)
{
    struct quoth_want want;
    int rc = quoth_lookup_feed(&verify->u.lookup, ev, &verify->hosts.route);
    if (rc < 0)
        return rc;
    quoth_lookup_want(&verify->u.lookup, &want);
    if (want.kind != QUOTH_WANT_DONE)
        return QUOTH_OK;
    quoth_hosts_answered(&verify->hosts, verify->u.lookup.asked, &verify->rnd);
    verify_follow(verify, ev->now);
    return QUOTH_OK;
}

int quoth_verify_feed(struct quoth_verify *verify, const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_TIME && ev->now >= verify->end && verify->state < VERIFY_ABORT) {
        verify_late(verify, ev->now);
        return QUOTH_OK;
    }
    switch ((enum verify_state)verify->state) {
    case VERIFY_LOOKUP: return verify_looked_up(verify, ev);
    case VERIFY_TALK: return verify_talk(verify, ev);
    case VERIFY_ABORT:
        if (ev->kind != QUOTH_EV_DOWN)
            return QUOTH_EINVAL;
        verify->state = VERIFY_DONE;
        return QUOTH_OK;
    case VERIFY_DONE: break;
    }
    return QUOTH_EINVAL;
}

const struct quoth_smtp *quoth_verify_talk(const struct quoth_verify *verify)
{
    return verify->state == VERIFY_TALK ? &verify->u.talk.smtp : NULL;
}

const char *quoth_verify_host(const struct quoth_verify *verify)
{
    return verify->ev.phase > QUOTH_PHASE_DNS ? quoth_mx_name(&verify->hosts.route, verify->ev.host)
                                              : "";
}
