/* health.c - one check of a domain and its policy, step by step, for who has many of them at once.
 *
 *   questions --> facts --> GET of the policy, if there is TLS --> facts that are whole
 *
 * SPDX-License-Identifier: MIT */
#include "health.h"
#include "ask.h"
#include <string.h>

/* Docker's at 127.0.0.11 is not here: it hands on to one elsewhere. */
static int health_is_here(const struct quoth_ip *ip)
{
    static const struct quoth_ip docker = {4, {127, 0, 0, 11}}, loopback = {16, {[15] = 1}};

    return ip->len == 4 ? ip->b[0] == 127 && memcmp(ip->b, docker.b, 4) != 0
                        : !memcmp(ip->b, loopback.b, 16);
}

int app_health_near(const struct quoth_resolver *resolver)
{
    unsigned near = 0;

    while (near < resolver->servers && health_is_here(&resolver->server[near].peer.ip))
        near++;
    return near && near == resolver->servers;
}

void app_health_init(struct app_health_conf *health, const struct app_options *options,
                     const struct quoth_conf *conf, struct quoth_setcache *cache, int tls)
{
    *health = (struct app_health_conf) {
        .domain = {.resolver = conf->resolver,
                   .cache = cache,
                   .targets = conf->targets,
                   .trust_ad = (uint8_t)app_health_near(conf->resolver)},
        .fetch = {conf->resolver, conf->targets, options->sandbox, 0},
        .fetches = answer_is_able && tls && (!options->sandbox || options->ca_file)};
    /* Whether others can call it does not depend on who we are. */
    health->domain.targets.own_n = 0;
}

int app_health_start(struct app_health *health, const struct app_health_conf *conf,
                     const char *domain, const struct quoth_port *port)
{
    uint8_t seed[16];

    health->conf = conf;
    health->fetching = 0;
    if (port->random(seed, sizeof seed) != QUOTH_OK ||
        port->random(health->seed, sizeof health->seed) != QUOTH_OK)
        return QUOTH_ENORANDOM;
    const int rc = quoth_domain_start(&health->d, &conf->domain, domain, seed, port->now());
    memset(seed, 0, sizeof seed);
    return rc;
}

void app_health_lend(struct app_health *health, void *buf, size_t cap)
{
    health->big = buf;
    health->big_cap = cap;
    quoth_domain_lend(&health->d, buf, cap);
}

/* Also of a domain without the record: a policy may be there all the same. */
int app_health_wants_policy(const struct quoth_facts *facts)
{
    return facts->checks & QUOTH_CHECK_STS && facts->mx != QUOTH_ANSWER_NXDOMAIN;
}

void app_health_take_policy(struct quoth_facts *facts, const struct fetch *fetch)
{
    facts->queries = (uint16_t)(facts->queries + fetch->queries);
    quoth_facts_policy(facts, &fetch->fetched, &fetch->policy);
}

/* 1: the policy is on its way. */
static int health_fetch(struct app_health *health, uint64_t now)
{
    const struct quoth_facts *facts = &health->d.facts;
    const char *domain = quoth_facts_text(facts, facts->domain).p;

    if (!answer_is_able || !health->conf->fetches || !app_health_wants_policy(facts) ||
        fetch_start(&health->fetch, &health->conf->fetch, domain, health->seed, now) != QUOTH_OK)
        return 0;
    fetch_lend(&health->fetch, health->big, health->big_cap);
    return 1;
}

static void health_want(const void *d, struct quoth_want *want) { quoth_domain_want(d, want); }
static void health_feed(void *d, const struct quoth_event *ev) { (void)quoth_domain_feed(d, ev); }
static void policy_want(const void *fetch, struct quoth_want *want) { fetch_want(fetch, want); }
static void policy_feed(void *fetch, const struct quoth_event *ev) { (void)fetch_feed(fetch, ev); }
static const struct app_machine health_machine = {health_want, health_feed, .act = NULL},
                                policy_machine = {policy_want, policy_feed, .act = NULL};

int app_health_step(struct app_health *health, struct quoth_wire *wire, struct quoth_want *want)
{
    if (!answer_is_able || !health->fetching) {
        if (!app_ask_step(&health_machine, &health->d, wire, want))
            return 0;
        health->fetching = (uint8_t)health_fetch(health, wire->port->now());
    }
    if (!answer_is_able || !health->fetching)
        return 1;
    if (!app_ask_step(&policy_machine, &health->fetch, wire, want))
        return 0;
    app_health_take_policy(&health->d.facts, &health->fetch);
    return 1;
}
