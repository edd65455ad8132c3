/* verify_ref.h - a plain reference for core/verify.c, for verify_test.c: the same parts (hosts,
 * lookup, smtp), driven to the end one after the other in a world of its own, and evidence written
 * down as tests/RULES.md has it (P14, P15, P28, X11). No state is kept from one event to the next.
 *
 *   hosts: ASK --> a lookup, to its end          CALL --> a conversation, to its end
 *
 * Nobody gives up here, and the whole is never late: those have tests of their own.
 *
 * SPDX-License-Identifier: MIT */
#ifndef VERIFY_REF_H
#define VERIFY_REF_H

#include "inner.h"
#include "world.h"

struct ref_verify {
    const struct quoth_conf *conf;
    struct world *w;
    struct quoth_evidence ev;
    struct quoth_hosts hosts;
    struct quoth_random rnd;
    struct quoth_smtp smtp;
    struct quoth_rcpt rcpt;
    char decoy[20], words[96];
    uint8_t big[4096];
    unsigned given, answered; /* recipients of this conversation: the real one, then made-up ones */
    int enough;               /* no other is to be asked */
};

static void ref_stamp(struct ref_verify *ref, unsigned phase)
{
    if (!ref->ev.ms[phase])
        ref->ev.ms[phase] = (uint32_t)(ref->w->now - ref->w->start);
}

static struct quoth_event ref_event(struct ref_verify *ref, const struct quoth_want *want)
{
    static char buf[2048];
    struct quoth_event ev;

    memset(&ev, 0, sizeof ev);
    ev.kind = QUOTH_EV_TIME;
    if (ref->w->now < want->deadline)
        world_do(ref->w, want, &ev, buf);
    ev.now = ref->w->now;
    return ev;
}

static void ref_lookup(struct ref_verify *ref, const struct quoth_hosts_want *question)
{
    struct quoth_lookup lookup;
    struct quoth_want want;
    uint8_t seed[16];

    if (!ref->ev.connects)
        ref->ev.phase = QUOTH_PHASE_DNS;
    quoth_random_fork(&ref->rnd, seed);
    quoth_lookup_start(&lookup, ref->conf->resolver,
                       &(struct quoth_question) {&question->name, question->type, 0}, seed,
                       ref->w->now);
    quoth_lookup_limit(&lookup, question->questions);
    quoth_lookup_lend(&lookup, ref->big, sizeof ref->big);
    for (quoth_lookup_want(&lookup, &want); want.kind != QUOTH_WANT_DONE;
         quoth_lookup_want(&lookup, &want)) {
        const struct quoth_event ev = ref_event(ref, &want);
        quoth_lookup_feed(&lookup, &ev, &ref->hosts.route);
    }
    quoth_hosts_answered(&ref->hosts, lookup.asked, &ref->rnd);
}

/* What stands in evidence of a conversation that has not answered. */
static void ref_snapshot(struct ref_verify *ref)
{
    struct quoth_evidence *ev = &ref->ev;
    const struct quoth_route *route = &ref->hosts.route;
    const uint16_t broke = ev->tls.broke;

    ev->phase = ref->smtp.phase;
    ev->err = (int8_t)ref->smtp.err;
    ev->said = ref->smtp.said;
    ev->ext = ref->smtp.ext;
    ev->peer = ref->smtp.peer;
    ev->host = ref->hosts.host;
    ev->pref = route->host[ev->host].pref;
    ev->tls = ref->smtp.tls;
    ev->tls.broke = ev->tls.broke ? ev->tls.broke : broke;
    ev->flags = (uint8_t)(ev->flags & ~QUOTH_EVID_NOT_BEST);
    ev->flags = (uint8_t)(ev->flags | (ev->pref != route->host[0].pref ? QUOTH_EVID_NOT_BEST : 0));
}

/* The next recipient, or none: which QUIT follows. */
static void ref_give(struct ref_verify *ref, struct quoth_event *ev)
{
    const int two = ref->conf->decoys > 1;

    ev->n = !ref->enough;
    ev->rcpt = &ref->rcpt;
    if (ref->enough)
        return;
    ref->rcpt.domain = (struct quoth_span) {ref->ev.domain, strlen(ref->ev.domain)};
    if (ref->given == 0) {
        ref->rcpt.local = ref->ev.addr.local;
        ref->rcpt.words = ref->ev.words;
        ref->rcpt.words_cap = sizeof ref->ev.words;
        ev->last = ref->conf->no_decoy;
    } else {
        if (ref->given == 1)
            quoth_random_local(&ref->rnd, ref->decoy, sizeof ref->decoy);
        else
            quoth_random_name(&ref->rnd, ref->decoy, sizeof ref->decoy);
        ref->rcpt.local = (struct quoth_span) {ref->decoy, sizeof ref->decoy};
        ref->rcpt.words = ref->words;
        ref->rcpt.words_cap = sizeof ref->words;
        ev->last = !two || ref->given == 2;
        ref->ev.asked_decoy = 1;
    }
    ref->given++;
}

static void ref_real_answered(struct ref_verify *ref)
{
    ref_snapshot(ref);
    ref->ev.phase = QUOTH_PHASE_RCPT;
    ref->ev.said = ref->rcpt.said;
    ref->ev.err = QUOTH_OK;
    quoth_evidence_names(&ref->ev, &ref->conf->smtp);
    quoth_smtp_words(&ref->smtp, NULL, 0);
    ref_stamp(ref, QUOTH_PHASE_RCPT);
    ref->enough = ref->ev.said.code / 100 != 2 || ref->conf->no_decoy;
}

/* A made-up one that is unknown is asked about once more, by a name that could be somebody's. */
static void ref_decoy_answered(struct ref_verify *ref)
{
    struct quoth_reading reading;

    quoth_judge_reply(&reading, QUOTH_PHASE_DECOY, &ref->rcpt.said, ref->words,
                      quoth_mx_name(&ref->hosts.route, ref->hosts.host));
    ref_stamp(ref, QUOTH_PHASE_DECOY);
    if (ref->conf->decoys > 1 && ref->given == 2 && reading.reason == QUOTH_REASON_USER_UNKNOWN)
        return;
    ref->ev.decoy_code = ref->rcpt.said.code;
    ref->ev.decoy_reason = (uint8_t)reading.reason;
    if (ref->given == 3 && ref->rcpt.said.code / 100 == 2)
        ref->ev.decoy_reason = QUOTH_REASON_ACCEPTS_BY_SHAPE;
    ref->enough = 1;
}

/* Up to its last byte; 1: it answered, or nobody knows what it answered. */
static int ref_call(struct ref_verify *ref, const struct quoth_call *call)
{
    struct quoth_want want;
    int taken = 0;

    if (ref->ev.phase == QUOTH_PHASE_RCPT)
        ref->ev.phase = QUOTH_PHASE_MAIL;
    ref_stamp(ref, QUOTH_PHASE_DNS);
    ref->given = ref->answered = 0;
    ref->enough = 0;
    memset(&ref->rcpt, 0, sizeof ref->rcpt);
    quoth_smtp_start(&ref->smtp, &ref->conf->smtp, call, ref->w->now);
    quoth_smtp_words(&ref->smtp, ref->ev.words, sizeof ref->ev.words);
    for (quoth_smtp_want(&ref->smtp, &want); want.kind != QUOTH_WANT_DONE;
         quoth_smtp_want(&ref->smtp, &want)) {
        struct quoth_event ev = ref_event(ref, &want);
        const unsigned was = ref->smtp.phase;

        if (ev.kind == QUOTH_EV_RCPT)
            ref_give(ref, &ev);
        quoth_smtp_feed(&ref->smtp, &ev);
        taken |= ev.kind == QUOTH_EV_UP;
        for (unsigned phase = was; phase < ref->smtp.phase; phase++)
            ref_stamp(ref, phase);
        if (ref->smtp.ext & QUOTH_EXT_STARTTLS)
            ref->ev.flags |= QUOTH_EVID_TLS_OFFERED;
        if (ref->answered == ref->given || ref->smtp.suspect || !ref->rcpt.said.code)
            continue;
        ref->answered++;
        if (ref->answered == 1)
            ref_real_answered(ref);
        else
            ref_decoy_answered(ref);
    }
    if (ref->smtp.suspect == 1) {
        if (!ref->answered)
            ref_snapshot(ref);
        ref->ev.phase = QUOTH_PHASE_RCPT;
        ref->ev.said = (struct quoth_said) {0};
        ref->ev.decoy_code = 0;
        ref->ev.err = QUOTH_EPROTO;
    }
    if (ref->answered || ref->smtp.suspect == 1) {
        ref->ev.sessions = (uint8_t)(ref->ev.sessions + taken);
        return 1;
    }
    if (taken || !ref->ev.sessions)
        ref_snapshot(ref);
    quoth_hosts_called(&ref->hosts, &ref->smtp);
    return 0;
}

/* What the search came to; a call that is going on is counted. */
static void ref_spent(struct ref_verify *ref, int calling)
{
    const struct quoth_trail *trail = &ref->hosts.trail;

    ref->ev.mx = trail->mx;
    ref->ev.dns = trail->dns;
    ref->ev.flags |= trail->flags;
    ref->ev.queries = trail->queries;
    ref->ev.sessions = trail->sessions;
    ref->ev.connects = (uint8_t)(trail->connects + calling);
}

/* In a world that is as the other one was before it ran. */
static void ref_verify(struct ref_verify *ref, struct world *w, const struct quoth_conf *conf,
                       const char *address)
{
    struct quoth_hosts_want want;
    uint8_t seed[16];

    memset(ref, 0, sizeof *ref);
    ref->w = w;
    ref->conf = conf;
    for (int i = 0; i < 16; i++)
        seed[i] = (uint8_t)world_dice(w, 256);
    snprintf(w->address, sizeof w->address, "%s", address);
    w->start = w->now;
    quoth_intake_address(&ref->ev, w->address, strlen(w->address));
    quoth_intake_domain(&ref->ev, conf);
    quoth_random_seed(&ref->rnd, seed);
    quoth_hosts_start(&ref->hosts, conf, ref->ev.domain);
    for (;;) {
        quoth_hosts_want(&ref->hosts, &want);
        ref_spent(ref, want.kind == QUOTH_HOSTS_CALL);
        if (want.kind == QUOTH_HOSTS_STOP)
            break;
        if (want.kind == QUOTH_HOSTS_ASK)
            ref_lookup(ref, &want);
        else if (ref_call(ref, &want.call))
            break;
    }
    ref->ev.stop = (uint8_t)(want.kind == QUOTH_HOSTS_STOP ? want.stop : QUOTH_REASON_NONE);
    ref->ev.took_ms = (uint32_t)(w->now - w->start);
}

#endif
