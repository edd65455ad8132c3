/* domain_run.c - one domain for `quoth domain`: asked about until all is known, and judged.
 *
 *   want --> port/drive.c --> event --> core/domain/domain.c --DONE--> facts --> health.c
 *                                       port/fetch/fetch.c ----DONE----^
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "domain_cmd.h"

/* A name server on this machine. Docker's at 127.0.0.11 is none: it hands on to one elsewhere. */
static int run_is_near(const struct quoth_ip *ip)
{
    static const struct quoth_ip docker = {4, {127, 0, 0, 11}}, loopback = {16, {[15] = 1}};

    return ip->len == 4 ? ip->b[0] == 127 && memcmp(ip->b, docker.b, 4) != 0
                        : !memcmp(ip->b, loopback.b, 16);
}

static int run_trusts(const struct quoth_resolver *resolver, enum domain_trust trust)
{
    unsigned near = 0;

    while (near < resolver->servers && run_is_near(&resolver->server[near].peer.ip))
        near++;
    return trust == DOMAIN_TRUST_YES ||
           (trust == DOMAIN_TRUST_NEAR && near && near == resolver->servers);
}

void domain_run_init(struct domain_run *run, struct app_setup *setup, const struct app_options *o,
                     enum domain_trust trust)
{
    run->setup = setup;
    run->conf.trust_ad = (uint8_t)run_trusts(&setup->resolver, trust);
    run->conf.resolver = &setup->resolver;
    run->conf.targets = setup->conf.targets;
    run->conf.targets.own_n = 0; /* whether others can call it does not depend on who we are */
    run->fetch_conf = (struct fetch_conf) {&setup->resolver, setup->conf.targets, o->sandbox};
    run->fetches = answer_is_able && setup->tls_up && (!o->sandbox || o->ca_file);
    run->link.fd = -1;
    run->wire.port = &quoth_sock_port;
    run->wire.link = &run->link;
}

/* One of the two machines, as far as it goes without waiting for a socket. 1: it is done. */
static int run_step(struct domain_run *run, int fetch, struct quoth_want *w)
{
    const int fetching =
        answer_is_able && fetch; /* known to the compiler, so that nothing is kept */
    uint8_t buf[QUOTH_DNS_MAX + 1];
    struct quoth_event ev;

    for (;;) {
        if (fetching)
            fetch_want(&run->fetch, w);
        else
            quoth_domain_want(&run->d, w);
        if (w->kind == QUOTH_WANT_DONE)
            return 1;
        if (quoth_wire_do(&run->wire, w, buf, sizeof buf, &ev) == QUOTH_AGAIN)
            return 0;
        if (fetching)
            (void)fetch_feed(&run->fetch, &ev); /* EINVAL: not the answer */
        else
            (void)quoth_domain_feed(&run->d, &ev);
    }
}

/* 0, or an exit code. */
static int run_drive(struct domain_run *run, int fetching)
{
    struct quoth_want w;

    while (!run_step(run, fetching, &w))
        if (quoth_sock_wait(&run->link, &w, quoth_sock_port.now()))
            return app_say(APP_EXIT_INTERNAL, NULL, "cannot wait for an answer");
    return 0;
}

/* The policy of MTA-STS, also of a domain without the record: one may be there all the same. 0, or
 * an exit code. */
static int run_fetch(struct domain_run *run, const char *domain, const uint8_t seed[16])
{
    struct quoth_facts *f = &run->d.facts;
    int rc;

    if (!answer_is_able || !run->fetches || f->mx == QUOTH_ANSWER_NXDOMAIN ||
        fetch_start(&run->fetch, &run->fetch_conf, domain, seed, quoth_sock_port.now()) != QUOTH_OK)
        return 0;
    domain_tls(run, 1);
    fetch_lend(&run->fetch, run->tcp, sizeof run->tcp);
    rc = run_drive(run, 1);
    domain_tls(run, 0);
    f->queries = (uint16_t)(f->queries + run->fetch.queries);
    quoth_facts_policy(f, &run->fetch.fetched, &run->fetch.policy);
    return rc;
}

/* The findings that count for this user. */
static void run_judge(struct domain_run *run, enum quoth_profile profile,
                      const struct cli_grading *grading, struct domain_report *report)
{
    const size_t all = quoth_health_judge(&run->d.facts, profile, run->finding);
    unsigned grades = 0;
    size_t n = 0;

    for (size_t i = 0; i < all; i++)
        if (!cli_grading_ignores(grading, quoth_check_id(run->finding[i].id))) {
            grades |= 1u << run->finding[i].grade;
            run->finding[n++] = run->finding[i];
        }
    report->facts = &run->d.facts;
    report->finding = run->finding;
    report->findings = n;
    report->fetches = run->fetches;
    report->by = run->conf.resolver->server[0].peer.ip;
    report->exit = cli_grading_exit(grading, grades);
}

int domain_run(struct domain_run *run, const char *domain, enum quoth_profile profile,
               const struct cli_grading *grading, struct domain_report *report)
{
    const uint64_t start = quoth_sock_port.now();
    uint8_t seed[2][16];
    int rc;

    if (quoth_sock_port.random(seed, sizeof seed) != QUOTH_OK)
        return app_say(APP_EXIT_INTERNAL, NULL, "this machine gave no random bytes to ask with");
    if (quoth_domain_start(&run->d, &run->conf, domain, seed[0], start) != QUOTH_OK)
        return app_say(APP_EXIT_USAGE, domain, "this is no domain name");
    quoth_domain_lend(&run->d, run->tcp, sizeof run->tcp);
    rc = run_drive(run, 0);
    if (!rc)
        rc = run_fetch(run, domain, seed[1]);
    if (!rc && run->deep)
        rc = domain_deep(run);
    if (rc)
        return rc;
    report->ms = quoth_sock_port.now() - start;
    run_judge(run, profile, grading, report);
    return 0;
}
