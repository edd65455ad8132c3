/* doctor_run.c - what `quoth doctor` asks: servers, one family after the other, then name servers.
 *
 *   host --A, AAAA--> addresses --the first that can be reached--> EHLO, TLS, EHLO, QUIT
 *   our address, as they see it --> core/domain/identity.c
 *   the sender's domain --> core/domain/domain.c: mail hosts, DMARC
 *
 * Two conversations a family, and nothing is sent. Only the first two addresses of a host are
 * called, for a port 25 that is closed takes its time.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "doctor.h"
#include "posix.h"

enum { RUN_OPEN_MS = 8000, RUN_TALK_MS = 60000 };

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
static int run_must_leave(const struct doctor_run *run)
{
    return run->interrupted && *run->interrupted && !run->left;
}

static void run_trace(void *doctor, const struct quoth_want *want, const struct quoth_event *ev)
{
    struct doctor_run *run = doctor;

    if (!run->explain || !ev)
        return;
    run->explain->shared = 0;
    explain_slot(run->explain, &run->domain.slot, want, ev);
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
        explain_batch(run->explain, &talk, quoth_sock_port.now() - run->domain.slot.v.start);
}

static enum app_ask_next run_leave(void *run)
{
    return run_must_leave(run) ? APP_ASK_END : APP_ASK_WAIT;
}

/* Politely, where a server has greeted us: the conversation goes on to its QUIT. */
static enum app_ask_next talk_leave(void *doctor)
{
    struct doctor_run *run = doctor;

    if (!run_must_leave(run) || run->talk.shaking)
        return run_leave(run);
    run->left = 1;
    quoth_smtp_leave(&run->talk.smtp, quoth_sock_port.now());
    return APP_ASK_ON;
}

const struct app_machine doctor_lookup = {lookup_want, lookup_feed, NULL, run_trace, run_leave},
                         doctor_talk = {talk_want, talk_feed, NULL, talk_trace, talk_leave},
                         doctor_names = {identity_want, identity_feed, NULL, run_trace, run_leave};

static int run_drive(struct doctor_run *run, const struct app_machine *machine)
{
    return app_ask(machine, run, &run->wire);
}

/* ---- a server ---------------------------------------------------------------- */

int doctor_resolve(struct doctor_run *run, const char *host, uint8_t len)
{
    struct quoth_name name;
    struct quoth_ip ip;

    memset(&run->route, 0, sizeof run->route);
    if (quoth_ip_parse(&ip, host, strlen(host)) == QUOTH_OK) {
        if (ip.len == len)
            run->route.ip[run->route.ip_n++] = ip;
        return 0;
    }
    if (quoth_name_parse(&name, host, strlen(host)) != QUOTH_OK)
        return 0;
    quoth_lookup_start(&run->lookup, run->setup->conf.resolver, &name,
                       len == 4 ? QUOTH_DNS_A : QUOTH_DNS_AAAA, run->seed, quoth_sock_port.now());
    quoth_lookup_lend(&run->lookup, run->domain.tcp, sizeof run->domain.tcp);
    return 1;
}

/* A firewall that does not know a keyword crosses it out: XXXXXXXA, ********. */
static int run_is_masked(const struct probe_offers *offers)
{
    for (const char *p = offers->text; p < offers->text + offers->used; p += strlen(p) + 1)
        if (strspn(p, "X") > 3 || strspn(p, "*") > 3)
            return 1;
    return 0;
}

void doctor_talked(struct doctor_run *run, struct doctor_call *call)
{
    const struct probe_facts *facts = &run->probe;
    static const uint8_t verbs[] = {PROBE_GREETING, PROBE_EHLO, PROBE_HELO};

    probe_talk_end(&run->talk);
    call->connected = facts->connected;
    call->err = facts->err;
    call->masked = (uint8_t)run_is_masked(&facts->offers[0]);
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

void doctor_converse(struct doctor_run *run, const struct doctor_call *call)
{
    struct quoth_smtp_conf conf = run->setup->conf.smtp;
    const struct quoth_call to = {.peer = call->peer, .host = call->host};

    conf.open_ms = RUN_OPEN_MS;
    conf.talk_ms = RUN_TALK_MS;
    memset(&run->probe, 0, sizeof run->probe);
    run->probe.host = call->host;
    run->probe.port = call->peer.port;
    run->probe.as = 25;
    memset(&run->tls_link, 0, sizeof run->tls_link);
    if (run->setup->tls_up)
        run->tls_link.global = &run->setup->tls.global;
    run->talk.tls_link = run->setup->tls_up ? &run->tls_link : NULL;
    probe_talk_start(&run->talk, &run->probe, &conf, &to, run->seed, quoth_sock_port.now());
}

static int run_converse(struct doctor_run *run, struct doctor_call *call)
{
    int rc = app_seed(run->seed, sizeof run->seed);

    if (rc)
        return rc;
    doctor_converse(run, call);
    rc = run_drive(run, &doctor_talk);
    if (!rc && run->left)
        return APP_EXIT_INTERRUPTED;
    if (!rc)
        doctor_talked(run, call);
    return rc;
}

static int run_call(struct doctor_run *run, struct doctor_call *call, uint8_t len)
{
    unsigned tries = 0;
    struct quoth_route *route = &run->route;
    int rc = app_seed(run->seed, sizeof run->seed);

    if (!rc && doctor_resolve(run, call->host, len))
        rc = run_drive(run, &doctor_lookup);
    for (unsigned i = 0; i < route->ip_n && !rc && !call->connected && tries < DOCTOR_TRIES; i++) {
        if (!quoth_target_ok(&run->setup->conf.targets, &route->ip[i]))
            continue;
        call->peer = (struct quoth_peer) {route->ip[i], run->o->sandbox ? run->o->sandbox : 25};
        rc = run_converse(run, call);
        tries++;
    }
    return rc;
}

/* ---- a family ------------------------------------------------------------------ */

void doctor_ask(struct doctor_run *run, const struct doctor_side *side, uint8_t checks)
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
}

int doctor_identity(struct doctor_run *run, struct doctor_side *side, uint8_t checks)
{
    int rc = app_seed(run->seed, sizeof run->seed);

    if (rc)
        return rc;
    doctor_ask(run, side, checks);
    rc = run_drive(run, &doctor_names);
    side->facts = run->identity.facts;
    return rc;
}

static int run_side(struct doctor_run *run, struct doctor_side *side)
{
    const uint8_t len = side->family == 4 ? 4 : 16;
    int rc = 0;

    if (!side->on)
        return 0;
    for (unsigned i = 0; run->via[i] && run->facts.helo && !rc; i++) {
        struct doctor_call *call = &side->call[side->calls++];
        call->host = run->via[i];
        rc = run_call(run, call, len);
    }
    doctor_address(side, &run->seen);
    return rc ? rc : doctor_identity(run, side, 0);
}

/* Is there a way out in this family, or was an address of it given? */
static void run_open(struct doctor_run *run, struct doctor_side *side)
{
    const uint8_t len = side->family == 4 ? 4 : 16;
    const struct quoth_ip *given = &run->given[side->family == 6];
    const enum quoth_family family = run->o->conf.family;

    if (!run->o->sandbox)
        (void)quoth_posix_source(len, &side->local); /* len 0: no way out */
    if (run->given[0].len || run->given[1].len)
        side->on = given->len != 0;
    else if (run->o->sandbox)
        side->on = len == 4;
    else
        side->on = side->local.len == len && !(len == 16 && side->local.b[0] >= 0xfc);
    if (given->len) {
        side->ip = *given;
        side->how = DOCTOR_GIVEN;
    }
    if (family != QUOTH_FAMILY_ANY && (family == QUOTH_FAMILY_V4) != (len == 4))
        side->on = 0;
}

/* ---- all of it -------------------------------------------------------------------- */

/* An address of ours may be any that can be called; in the sandbox's world those of documentation
 * are senders'. */
static void run_seen(struct doctor_run *run)
{
    static struct quoth_cidr allow[APP_LIST_MAX + 2];
    const struct quoth_targets *targets = &run->setup->conf.targets;
    unsigned n = 0;

    run->seen = *targets;
    run->seen.own_n = 0;
    if (!run->o->sandbox)
        return;
    while (n < targets->allow_n && n < APP_LIST_MAX) {
        allow[n] = targets->allow[n];
        n++;
    }
    allow[n++] = (struct quoth_cidr) {{4, {192, 0, 2}}, 24};
    allow[n++] = (struct quoth_cidr) {{16, {0x20, 1, 0x0d, 0xb8}}, 32};
    run->seen.allow = allow;
    run->seen.allow_n = (uint8_t)n;
}

void doctor_begin(struct doctor_run *run, const struct app_options *options,
                  struct app_setup *setup)
{
    struct doctor_facts *facts = &run->facts;
    const char *at;

    run->o = options;
    run->setup = setup;
    run->link.fd = -1;
    run->wire.port = &quoth_sock_port;
    run->wire.link = &run->link;
    if (setup->tls_up) {
        run->wire.tls = &setup->filter;
        run->wire.tls_link = &run->tls_link;
    }
    run_seen(run);
    facts->helo = setup->conf.smtp.helo;
    facts->from = setup->conf.smtp.from;
    at = facts->from ? strrchr(facts->from, '@') : NULL;
    facts->domain = at ? at + 1 : "";
    if (!facts->author)
        facts->author = "";
}

void doctor_usual_hosts(struct doctor_run *run)
{
    static const char *const usual[2][2] = {{"gmail-smtp-in.l.google.com", "mx00.emig.gmx.net"},
                                            {"mx.seen.test", "mx.seentoo.test"}};

    for (unsigned i = 0; i < 2; i++)
        run->via[i] = usual[run->o->sandbox != 0][i];
}

void doctor_usual_zones(struct doctor_run *run)
{
    static const char *const usual[] = {"zen.spamhaus.org", "bl.spamcop.net", "psbl.surriel.com"},
                             *const sandbox[] = {"bl.test"};
    const char *const *zone = run->o->sandbox ? sandbox : usual;
    const size_t all = run->o->sandbox ? 1 : sizeof usual / sizeof *usual;
    unsigned n = 0;

    while (n < QUOTH_IDENTITY_ZONES && run->zone[n])
        n++;
    for (size_t i = 0; i < all && n < QUOTH_IDENTITY_ZONES; i++)
        run->zone[n++] = zone[i];
}

/* What a domain says, into `facts`. 0, or an exit code. */
static int run_domain(struct doctor_run *run, const char *domain, uint16_t checks,
                      struct quoth_facts *facts)
{
    const struct cli_grading all = {.n = 0};
    struct domain_report report;
    int rc;

    domain_run_init(&run->domain, run->setup, run->o, DOMAIN_TRUST_NO);
    run->domain.fetches = 0;
    run->domain.explain = run->explain;
    run->domain.conf.checks = checks;
    rc = domain_run(&run->domain, domain, QUOTH_PROFILE_SENDING, &all, &report);
    if (!rc)
        *facts = run->domain.d.facts;
    return rc;
}

int doctor_sender(struct doctor_run *run)
{
    struct doctor_facts *facts = &run->facts;
    int rc = 0;

    if (*facts->domain)
        rc = run_domain(run, facts->domain, QUOTH_CHECK_MX | QUOTH_CHECK_DMARC, &facts->sender);
    if (!rc && *facts->author)
        rc = run_domain(run, facts->author, QUOTH_CHECK_DMARC, &facts->written);
    return rc;
}

void doctor_sides(struct doctor_run *run)
{
    for (int i = 0; i < 2; i++) {
        run->facts.side[i].family = i ? 6 : 4;
        run_open(run, &run->facts.side[i]);
    }
    if (!run->facts.side[0].on && !run->facts.side[1].on) /* then trying is what shows it */
        run->facts.side[run->o->conf.family == QUOTH_FAMILY_V6].on = 1;
}

int doctor_run(struct doctor_run *run)
{
    const uint64_t start = quoth_sock_port.now();
    int rc = 0;

    run->domain.slot.v.start = start;

    doctor_sides(run);
    for (int i = 0; i < 2 && !rc; i++)
        rc = run_side(run, &run->facts.side[i]);
    if (!rc)
        rc = doctor_sender(run);
    run->facts.ms = (uint32_t)(quoth_sock_port.now() - start);
    return rc;
}
