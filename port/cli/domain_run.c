/* domain_run.c - one domain for `quoth domain`: asked about until all is known, and judged.
 *
 *   want --> port/drive.c --> event --> core/domain/domain.c --DONE--> facts --> health.c
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

void domain_run_init(struct domain_run *run, const struct quoth_conf *conf, enum domain_trust trust)
{
    run->conf.trust_ad = (uint8_t)run_trusts(conf->resolver, trust);
    run->conf.resolver = conf->resolver;
    run->conf.targets = conf->targets;
    run->conf.targets.own_n = 0; /* whether others can call it does not depend on who we are */
    run->link.fd = -1;
    run->wire.port = &quoth_sock_port;
    run->wire.link = &run->link;
}

/* 0, or an exit code. */
static int run_drive(struct domain_run *run)
{
    uint8_t buf[QUOTH_DNS_MAX + 1];
    struct quoth_want w;
    struct quoth_event ev;

    for (;;) {
        quoth_domain_want(&run->d, &w);
        if (w.kind == QUOTH_WANT_DONE)
            return 0;
        if (quoth_wire_do(&run->wire, &w, buf, sizeof buf, &ev) != QUOTH_AGAIN)
            (void)quoth_domain_feed(&run->d, &ev); /* EINVAL: not the answer */
        else if (quoth_sock_wait(&run->link, &w, quoth_sock_port.now()))
            return app_say(APP_EXIT_INTERNAL, NULL, "cannot wait for an answer");
    }
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
    report->by = run->conf.resolver->server[0].peer.ip;
    report->exit = cli_grading_exit(grading, grades);
}

int domain_run(struct domain_run *run, const char *domain, enum quoth_profile profile,
               const struct cli_grading *grading, struct domain_report *report)
{
    const uint64_t start = quoth_sock_port.now();
    uint8_t seed[16];
    int rc;

    if (quoth_sock_port.random(seed, sizeof seed) != QUOTH_OK)
        return app_say(APP_EXIT_INTERNAL, NULL, "this machine gave no random bytes to ask with");
    if (quoth_domain_start(&run->d, &run->conf, domain, seed, start) != QUOTH_OK)
        return app_say(APP_EXIT_USAGE, domain, "this is no domain name");
    quoth_domain_lend(&run->d, run->tcp, sizeof run->tcp);
    rc = run_drive(run);
    if (rc)
        return rc;
    report->ms = quoth_sock_port.now() - start;
    run_judge(run, profile, grading, report);
    return 0;
}
