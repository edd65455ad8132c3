/* health.c - one check of a domain, step by step, for who has many of them at once.
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

int app_health_start(struct quoth_domain *machine, const struct quoth_domain_conf *conf,
                     const char *domain, const struct quoth_port *port)
{
    uint8_t seed[16];

    if (port->random(seed, sizeof seed) != QUOTH_OK)
        return QUOTH_ENORANDOM;
    const int rc = quoth_domain_start(machine, conf, domain, seed, port->now());
    memset(seed, 0, sizeof seed);
    return rc;
}

static void health_want(const void *d, struct quoth_want *want) { quoth_domain_want(d, want); }
static void health_feed(void *d, const struct quoth_event *ev) { (void)quoth_domain_feed(d, ev); }
static const struct app_machine health_machine = {health_want, health_feed, .act = NULL};

int app_health_step(struct quoth_domain *domain, struct quoth_wire *wire, struct quoth_want *want)
{
    return app_ask_step(&health_machine, domain, wire, want);
}
