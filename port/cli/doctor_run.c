/* doctor_run.c - who asks for `quoth doctor`, and how it is driven: with waiting, and without.
 *
 *   options --> who we are, whom to call --> doctor_next.c, a machine at a time
 *   the sender's domain --> core/domain/domain.c: mail hosts, DMARC
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include <time.h>
#include "doctor.h"
#include "posix.h"

/* ---- a family ------------------------------------------------------------------ */

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
    facts->no_clock = time(NULL) < QUOTH_CLOCK_MIN;
}

void doctor_usual_hosts(struct doctor_run *run)
{
    static const char *const usual[2][2] = {{"gmail-smtp-in.l.google.com", "mx00.emig.gmx.net"},
                                            {"mx.seen.test", "mx.seentoo.test"}};

    for (unsigned i = 0; i < 2; i++)
        run->via[i] = usual[run->o->sandbox != 0][i];
}

int doctor_add_zone(struct doctor_run *run, const char *zone)
{
    unsigned n = 0;

    for (; run->zone[n]; n++)
        if (!strcasecmp(run->zone[n], zone))
            return 1;
    if (n < QUOTH_IDENTITY_ZONES)
        run->zone[n] = zone;
    return n < QUOTH_IDENTITY_ZONES;
}

void doctor_usual_zones(struct doctor_run *run)
{
    static const char *const usual[] = {"zen.spamhaus.org", "bl.spamcop.net", "psbl.surriel.com"},
                             *const sandbox[] = {"bl.test"};
    const char *const *zone = run->o->sandbox ? sandbox : usual;
    const size_t all = run->o->sandbox ? 1 : sizeof usual / sizeof *usual;

    for (size_t i = 0; i < all; i++)
        (void)doctor_add_zone(run, zone[i]);
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
        *facts = run->domain.facts;
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

static void run_sides(struct doctor_run *run)
{
    for (int i = 0; i < 2; i++) {
        run->facts.side[i].family = i ? 6 : 4;
        run_open(run, &run->facts.side[i]);
    }
    if (!run->facts.side[0].on && !run->facts.side[1].on) /* then trying is what shows it */
        run->facts.side[run->o->conf.family == QUOTH_FAMILY_V6].on = 1;
}

int doctor_start(struct doctor_run *run)
{
    run->start = quoth_sock_port.now();
    if (run->explain)
        run->explain->start = run->start;
    run_sides(run);
    return doctor_next(run);
}

static void run_over(struct doctor_run *run)
{
    run->facts.ms = (uint32_t)(quoth_sock_port.now() - run->start);
}

int doctor_step(struct doctor_run *run, struct quoth_want *want)
{
    while (run->machine) {
        if (!app_ask_step(run->machine, run, &run->wire, want))
            return 0;
        (void)doctor_next(run);
    }
    run_over(run);
    return 1;
}

int doctor_run(struct doctor_run *run)
{
    int rc = doctor_start(run);

    while (!rc && run->machine) {
        rc = app_ask(run->machine, run, &run->wire);
        if (!rc && run->left)
            rc = APP_EXIT_INTERRUPTED;
        if (!rc)
            rc = doctor_next(run);
    }
    if (!rc)
        rc = doctor_sender(run);
    run_over(run);
    return rc;
}

int doctor_identity(struct doctor_run *run, struct doctor_side *side, uint8_t checks)
{
    int rc = app_seed(run->seed, sizeof run->seed);

    if (rc)
        return rc;
    doctor_names(run, side, checks);
    rc = app_ask(run->machine, run, &run->wire);
    side->facts = run->identity.facts;
    return rc;
}
