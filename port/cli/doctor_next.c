/* doctor_next.c - what `quoth doctor` asks of one family after the other: a machine at a time.
 *
 *   host --lookup--> addresses --talk--> the first that can be reached: EHLO, TLS, EHLO, QUIT
 *   our address, as the servers see it --identity--> core/domain/identity.c
 *
 * Two conversations a family, and nothing is sent. Only the first two addresses of a host are
 * called, for a port 25 that is closed takes its time. Nothing here waits: doctor_run.c does, and
 * quoth serve does something else meanwhile.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "doctor.h"
#include "sock.h"

enum { NEXT_OPEN_MS = 8000, NEXT_TALK_MS = 60000 };

/* ---- on the wire ----------------------------------------------------------- */

static void lookup_want(const void *run, struct quoth_want *want)
{
    quoth_lookup_want(&((const struct doctor_run *)run)->lookup, want);
}
static void lookup_feed(void *doctor, const struct quoth_event *ev)
{
    struct doctor_run *run = doctor;
    (void)quoth_lookup_feed(&run->lookup, ev, &run->route);
}
static void talk_want(const void *run, struct quoth_want *want)
{
    probe_talk_want(&((const struct doctor_run *)run)->talk, want);
}
static void talk_feed(void *run, const struct quoth_event *ev)
{
    (void)probe_talk_feed(&((struct doctor_run *)run)->talk, ev);
}
static void identity_want(const void *run, struct quoth_want *want)
{
    quoth_identity_want(&((const struct doctor_run *)run)->identity, want);
}
static void identity_feed(void *run, const struct quoth_event *ev)
{
    (void)quoth_identity_feed(&((struct doctor_run *)run)->identity, ev);
}

/* Has somebody had enough, and nobody been told yet? */
static int next_must_leave(const struct doctor_run *run)
{
    return run->interrupted && *run->interrupted && !run->left;
}

static void lookup_trace(void *doctor, const struct quoth_want *want, const struct quoth_event *ev)
{
    struct doctor_run *run = doctor;

    if (!run->explain || !ev)
        return;
    run->explain->shared = 0;
    explain_ask(run->explain, want, ev);
}

static void talk_trace(void *doctor, const struct quoth_want *want, const struct quoth_event *ev)
{
    struct doctor_run *run = doctor;
    const struct quoth_batch_trace talk = {.kind = QUOTH_BATCH_TRACE_TALK,
                                           .want = want,
                                           .event = ev,
                                           .host = want->host,
                                           .peer = want->peer,
                                           .secure = run->wire.secure};

    if (run->explain && ev)
        explain_batch(run->explain, &talk, quoth_sock_port.now() - run->start);
}

static enum app_ask_next lookup_leave(void *run)
{
    return next_must_leave(run) ? APP_ASK_END : APP_ASK_WAIT;
}

/* Politely, where a server has greeted us: the conversation goes on to its QUIT. */
static enum app_ask_next talk_leave(void *doctor)
{
    struct doctor_run *run = doctor;

    if (!next_must_leave(run) || run->talk.shaking)
        return lookup_leave(run);
    run->left = 1;
    quoth_smtp_leave(&run->talk.smtp, quoth_sock_port.now());
    return APP_ASK_ON;
}

static const struct app_machine machine_lookup = {lookup_want, lookup_feed, NULL, lookup_trace,
                                                  lookup_leave},
                                machine_talk = {talk_want, talk_feed, NULL, talk_trace, talk_leave},
                                machine_identity = {identity_want, identity_feed, NULL,
                                                    lookup_trace, lookup_leave};

/* ---- a server ---------------------------------------------------------------- */

/* The addresses of a host, to run->route. 1, or 0: there is nothing to ask. */
static int next_resolve(struct doctor_run *run, const char *host, uint8_t len)
{
    struct quoth_name name;
    const struct quoth_question question = {&name, len == 4 ? QUOTH_DNS_A : QUOTH_DNS_AAAA, 0};
    struct quoth_ip ip;

    memset(&run->route, 0, sizeof run->route);
    if (quoth_ip_parse(&ip, host, strlen(host)) == QUOTH_OK) {
        if (ip.len == len)
            run->route.ip[run->route.ip_n++] = ip;
        return 0;
    }
    if (quoth_name_parse(&name, host, strlen(host)) != QUOTH_OK)
        return 0;
    quoth_lookup_start(&run->lookup, run->setup->conf.resolver, &question, run->seed,
                       quoth_sock_port.now());
    quoth_lookup_lend(&run->lookup, run->domain.tcp, sizeof run->domain.tcp);
    return 1;
}

/* A firewall crosses out the greeting, and keywords that it does not know: XXXXXXXA, ********. */
static int next_is_masked(const struct probe_facts *facts)
{
    const struct probe_offers *offers = &facts->offers[0];
    const struct probe_step *greeting = probe_step_of(facts, PROBE_GREETING);

    if (greeting && greeting->said.n > 3 && !memcmp(greeting->words, "****", 4))
        return 1;
    for (const char *p = offers->text; p < offers->text + offers->used; p += strlen(p) + 1)
        if (strspn(p, "X") > 3 || strspn(p, "*") > 3)
            return 1;
    return 0;
}

/* What came of the conversation. */
static void next_talked(struct doctor_run *run, struct doctor_call *call)
{
    const struct probe_facts *facts = &run->probe;
    static const uint8_t verbs[] = {PROBE_GREETING, PROBE_EHLO, PROBE_HELO};

    probe_talk_end(&run->talk);
    call->connected = facts->connected;
    call->err = facts->err;
    call->masked = (uint8_t)next_is_masked(facts);
    call->cert = facts->tls.version ? facts->tls.cert : 0;
    call->has_key = facts->cert.chain != 0;
    memcpy(call->key, facts->cert.key_sha256, sizeof call->key);
    snprintf(call->name, sizeof call->name, "%s", facts->name);
    call->code = 0;
    for (size_t i = 0; i < sizeof verbs; i++) {
        const struct probe_step *step = probe_step_of(facts, (enum probe_verb)verbs[i]);
        if (!step || !step->said.code)
            continue;
        call->code = step->said.code >= 400 ? step->said.code : 0;
        snprintf(call->words, sizeof call->words, "%.*s", (int)step->said.n, step->words);
    }
    call->greeted = *call->words != 0;
    for (unsigned i = 0; i < facts->steps && !call->seen.len; i++) {
        const struct probe_step *step = &facts->step[i];
        const int speaks = step->verb == PROBE_EHLO || step->said.code >= 400;
        if (!speaks || !doctor_seen(step->words, step->said.n, &call->peer.ip, &call->seen))
            call->seen.len = 0;
    }
}

static void next_converse(struct doctor_run *run, const struct doctor_call *call)
{
    struct quoth_smtp_conf conf = run->setup->conf.smtp;
    const struct quoth_call to = {.peer = call->peer, .host = call->host};

    conf.open_ms = NEXT_OPEN_MS;
    conf.talk_ms = NEXT_TALK_MS;
    memset(&run->probe, 0, sizeof run->probe);
    run->probe.host = call->host;
    run->probe.port = call->peer.port;
    run->probe.as = 25;
    memset(&run->tls_link, 0, sizeof run->tls_link);
    if (run->setup->tls_up)
        run->tls_link.global = &run->setup->tls.global;
    run->talk.tls_link = run->setup->tls_up ? &run->tls_link : NULL;
    run->talk.f = &run->probe;
    probe_talk_start(&run->talk, &conf, &to, run->seed, quoth_sock_port.now());
}

/* The next address of the host that is called. NULL: no more, or it was reached. */
static const struct app_machine *next_call(struct doctor_run *run, struct doctor_call *call)
{
    const struct quoth_route *route = &run->route;

    while (run->next < route->ip_n && !call->connected && run->tries < DOCTOR_TRIES) {
        const struct quoth_ip *ip = &route->ip[run->next++];
        if (!quoth_target_ok(&run->setup->conf.targets, ip))
            continue;
        call->peer = (struct quoth_peer) {*ip, run->o->sandbox ? run->o->sandbox : 25};
        run->tries++;
        next_converse(run, call);
        return &machine_talk;
    }
    return NULL;
}

/* ---- a family ------------------------------------------------------------------ */

void doctor_names(struct doctor_run *run, const struct doctor_side *side, uint8_t checks)
{
    run->conf = (struct quoth_identity_conf) {.resolver = run->setup->conf.resolver,
                                              .targets = run->seen,
                                              .ip = side->ip,
                                              .helo = run->facts.helo,
                                              .from = run->facts.from,
                                              .zones = run->zone,
                                              .checks = checks};
    quoth_identity_start(&run->identity, &run->conf, run->seed, quoth_sock_port.now());
    quoth_identity_lend(&run->identity, run->domain.tcp, sizeof run->domain.tcp);
    run->machine = &machine_identity;
}

/* What the machine that is over came to. */
static void next_keep(struct doctor_run *run, struct doctor_side *side)
{
    if (run->machine == &machine_talk)
        next_talked(run, &side->call[side->calls - 1]);
    else if (run->machine == &machine_identity)
        side->facts = run->identity.facts;
}

/* What is asked next in this family, to run->machine; NULL: nothing more. */
static void next_side(struct doctor_run *run, struct doctor_side *side)
{
    const struct app_machine *machine = NULL;

    if (!side->on || run->machine == &machine_identity) {
        run->machine = NULL;
        return;
    }
    if (side->calls)
        machine = next_call(run, &side->call[side->calls - 1]);
    while (!machine && run->via[side->calls] && run->facts.helo) {
        struct doctor_call *call = &side->call[side->calls];
        call->host = run->via[side->calls++];
        run->next = run->tries = 0;
        if (next_resolve(run, call->host, side->family == 4 ? 4 : 16))
            machine = &machine_lookup;
        else
            machine = next_call(run, call);
    }
    run->machine = machine;
    if (machine)
        return;
    doctor_address(side, &run->seen);
    doctor_names(run, side, 0);
}

int doctor_next(struct doctor_run *run)
{
    int rc = 0;

    for (; run->side < 2 && !rc; run->side++) {
        struct doctor_side *side = &run->facts.side[run->side];
        next_keep(run, side);
        rc = app_seed(run->seed, sizeof run->seed);
        if (!rc)
            next_side(run, side);
        if (!rc && run->machine)
            return 0;
    }
    run->machine = NULL;
    return rc;
}
