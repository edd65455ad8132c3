/* domain_run.c - one domain for `quoth domain`: asked about until all is known, and judged.
 *
 *   want --> port/drive.c --> event --> core/domain/domain.c --DONE--> facts --> health.c
 *              |                        port/fetch/fetch.c ----DONE----^
 *              `--> --zone's file, or a name server         `--> --explain, --save
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "domain_cmd.h"
#include "health.h"

static int run_trusts(const struct quoth_resolver *resolver, enum domain_trust trust)
{
    return trust == DOMAIN_TRUST_YES || (trust == DOMAIN_TRUST_NEAR && app_health_near(resolver));
}

void domain_run_init(struct domain_run *run, struct app_setup *setup,
                     const struct app_options *options, enum domain_trust trust)
{
    run->setup = setup;
    run->conf.trust_ad = (uint8_t)run_trusts(&setup->resolver, trust);
    run->conf.resolver = &setup->resolver;
    run->conf.targets = setup->conf.targets;
    run->conf.targets.own_n = 0; /* whether others can call it does not depend on who we are */
    run->fetch_conf =
        (struct fetch_conf) {&setup->resolver, setup->conf.targets, options->sandbox, 0};
    run->fetches = answer_is_able && setup->tls_up && (!options->sandbox || options->ca_file);
    run->gap.ms = app_gap_ms(options);
    run->link.link.fd = -1;
    run->wire.port = &app_zone_port;
    run->wire.link = &run->link.link;
}

/* The file answered this question. */
static void run_from_file(struct domain_run *run, const struct quoth_want *want)
{
    struct domain_asked *to = &run->asked[run->from_file];

    if (run->from_file == DOMAIN_FROM_FILE ||
        app_zone_question(want->out, want->n, &to->name, &to->type) != QUOTH_OK)
        return;
    for (unsigned i = 0; i < run->from_file; i++)
        if (to->type == run->asked[i].type && to->name.n == run->asked[i].name.n &&
            !memcmp(to->name.b, run->asked[i].name.b, to->name.n))
            return;
    run->from_file++;
}

/* A stream to a web server is of no interest here but for its beginning. */
static void run_tell(void *it, const struct quoth_want *want, const struct quoth_event *ev)
{
    struct domain_run *run = it;

    if (!ev)
        return;
    if (want->kind == QUOTH_WANT_DGRAM && run->link.here)
        run_from_file(run, want);
    if (!run->link.direct)
        app_zone_log(&run->log, want, ev, quoth_domain_made_up(&run->d));
    if (run->explain && !run->link.direct)
        explain_ask(run->explain, want, ev);
    if (run->explain && run->link.direct && want->kind == QUOTH_WANT_OPEN)
        explain_note(run->explain, "===", "Fetching the policy of MTA-STS");
    if (run->explain && want->kind == QUOTH_WANT_DGRAM && run->link.here)
        explain_note(run->explain, "===", "The file of --zone answers");
    if (answer_is_able && want->kind == QUOTH_WANT_TLS && ev && ev->kind == QUOTH_EV_UP)
        run->until[QUOTH_FACT_HOSTS] = domain_until(run);
}

/* Do what it wants, without waiting. 1 with the event; QUOTH_AGAIN. The times of the machine are
 * ahead of the clock by what was skipped. */
static int run_do(void *it, struct quoth_want *want, void *buf, size_t cap, struct quoth_event *ev)
{
    struct domain_run *run = it;
    uint64_t now;
    int rc;

    if (want->kind == QUOTH_WANT_OPEN)
        run->link.direct = *want->host != 0; /* no name server */
    else if (want->kind == QUOTH_WANT_DGRAM)
        run->link.direct = 0;
    if (want->deadline != QUOTH_NEVER)
        want->deadline -= run->skipped;
    rc = quoth_wire_do(&run->wire, want, buf, cap, ev);
    if (rc == QUOTH_AGAIN && run->link.here && run->link.silent && want->kind == QUOTH_WANT_RECV) {
        now = quoth_sock_port.now();
        *ev = (struct quoth_event) {.kind = QUOTH_EV_TIME, .now = want->deadline + run->skipped};
        run->skipped += want->deadline > now ? want->deadline - now : 0;
        return 1;
    }
    ev->now += run->skipped;
    return rc;
}

static void domain_want(const void *run, struct quoth_want *want)
{
    quoth_domain_want(&((const struct domain_run *)run)->d, want);
}
static void domain_feed(void *run, const struct quoth_event *ev)
{
    (void)quoth_domain_feed(&((struct domain_run *)run)->d, ev);
}
static void ptr_want(const void *run, struct quoth_want *want)
{
    quoth_lookup_want(&((const struct domain_run *)run)->lookup, want);
}
static void ptr_feed(void *it, const struct quoth_event *ev)
{
    struct domain_run *run = it;
    (void)quoth_lookup_feed_set(&run->lookup, ev, &run->set);
}
static void policy_want(const void *run, struct quoth_want *want)
{
    fetch_want(&((const struct domain_run *)run)->fetch, want);
}
static void policy_feed(void *run, const struct quoth_event *ev)
{
    (void)fetch_feed(&((struct domain_run *)run)->fetch, ev);
}
static const struct app_machine run_domain = {domain_want, domain_feed, run_do, run_tell, NULL},
                                run_ptr = {ptr_want, ptr_feed, run_do, run_tell, NULL},
                                run_policy = {policy_want, policy_feed, run_do, run_tell, NULL};

/* 0, or an exit code. */
static int run_drive(struct domain_run *run, const struct app_machine *machine)
{
    const int rc = app_ask(machine, run, &run->wire);

    if (!rc)
        app_zone_log_end(&run->log);
    return rc;
}

/* Has the address of a host a name? 0, or an exit code. */
static int run_name(struct domain_run *run, struct quoth_fact_host *host)
{
    struct quoth_name name;
    const struct quoth_question question = {&name, QUOTH_DNS_PTR, 0};
    uint8_t seed[16];
    int rc;

    if (quoth_sock_port.random(seed, sizeof seed) != QUOTH_OK ||
        quoth_name_reverse(&name, &host->ip) != QUOTH_OK)
        return 0;
    run->set = (struct quoth_rrset) {.cap = 0};
    quoth_lookup_start(&run->lookup, run->conf.resolver, &question, seed,
                       quoth_sock_port.now() + run->skipped);
    quoth_lookup_lend(&run->lookup, run->tcp, sizeof run->tcp);
    rc = run_drive(run, &run_ptr);
    host->ptr = run->set.answer;
    run->facts.queries++;
    return rc;
}

/* The policy of MTA-STS. 0, or an exit code. */
static int run_fetch(struct domain_run *run, const char *domain, const uint8_t seed[16])
{
    struct quoth_facts *facts = &run->facts;
    int rc;

    if (!answer_is_able || !run->fetches || !app_health_wants_policy(facts) ||
        fetch_start(&run->fetch, &run->fetch_conf, domain, seed,
                    quoth_sock_port.now() + run->skipped) != QUOTH_OK)
        return 0;
    domain_tls(run, 1);
    fetch_lend(&run->fetch, run->tcp, sizeof run->tcp);
    rc = run_drive(run, &run_policy);
    domain_tls(run, 0);
    app_health_take_policy(facts, &run->fetch);
    if (!rc && run->state && run->fetch.fetched.how == QUOTH_FETCH_DONE)
        rc = domain_state_note(run->state, facts, run->fetch.sum);
    return rc;
}

/* The findings that count for this user. */
static void run_judge(struct domain_run *run, enum quoth_profile profile,
                      const struct cli_grading *grading, struct domain_report *report)
{
    const size_t all = quoth_health_judge(&run->facts, profile, run->finding);
    unsigned grades = 0;
    size_t n = 0;

    for (size_t i = 0; i < all; i++)
        if (!cli_grading_ignores(grading, quoth_check_id(run->finding[i].id))) {
            grades |= 1u << run->finding[i].grade;
            run->finding[n++] = run->finding[i];
        }
    report->facts = &run->facts;
    report->d = &run->d;
    report->finding = run->finding;
    report->findings = n;
    report->asked = run->asked;
    report->from_file = run->from_file;
    report->fetches = run->fetches;
    report->until = run->until;
    report->by = run->conf.resolver->server[0].peer.ip;
    report->exit = cli_grading_exit(grading, grades);
}

int domain_run(struct domain_run *run, const char *domain, enum quoth_profile profile,
               const struct cli_grading *grading, struct domain_report *report)
{
    const uint64_t start = quoth_sock_port.now();
    uint8_t seed[2][16];
    int rc;

    rc = app_seed(seed, sizeof seed);
    if (rc)
        return rc;
    if (quoth_domain_start(&run->d, &run->conf, domain, seed[0], start) != QUOTH_OK)
        return app_say(APP_EXIT_USAGE, domain, "this is no domain name");
    run->skipped = 0;
    run->from_file = 0;
    memset(run->until, 0, sizeof run->until);
    quoth_domain_lend(&run->d, run->tcp, sizeof run->tcp);
    rc = run_drive(run, &run_domain);
    run->facts = run->d.facts;
    if (!rc)
        rc = run_fetch(run, domain, seed[1]);
    for (unsigned i = 0; run->deep && !rc && i < run->facts.hosts; i++)
        if (run->facts.host[i].flags & QUOTH_HOST_PUBLIC)
            rc = run_name(run, &run->facts.host[i]);
    if (!rc && run->deep)
        rc = domain_deep(run);
    if (rc)
        return rc;
    report->ms = quoth_sock_port.now() - start;
    run_judge(run, profile, grading, report);
    return 0;
}
