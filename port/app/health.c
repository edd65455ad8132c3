/* health.c - one check of a domain, step by step, for who has many of them at once.
 *
 * SPDX-License-Identifier: MIT */
#include "health.h"
#include <string.h>

int app_health_start(struct quoth_domain *d, const struct quoth_domain_conf *conf,
                     const char *domain, const struct quoth_port *port)
{
    uint8_t seed[16];

    if (port->random(seed, sizeof seed) != QUOTH_OK)
        return QUOTH_ENORANDOM;
    const int rc = quoth_domain_start(d, conf, domain, seed, port->now());
    memset(seed, 0, sizeof seed);
    return rc;
}

int app_health_step(struct quoth_domain *d, struct quoth_wire *wire, struct quoth_want *want)
{
    uint8_t buf[QUOTH_DNS_MAX + 1]; /* one more than may come, so that a datagram too long shows */
    struct quoth_event ev;

    for (;;) {
        quoth_domain_want(d, want);
        if (want->kind == QUOTH_WANT_DONE)
            return 1;
        if (quoth_wire_do(wire, want, buf, sizeof buf, &ev) == QUOTH_AGAIN)
            return 0;
        (void)quoth_domain_feed(d, &ev); /* EINVAL: not the answer */
    }
}
