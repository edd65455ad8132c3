/* health.h - one check of a domain (quoth_domain.h), driven over a link of its own.
 *
 *     app_health_start(&d, &conf, "example.com", &port)
 *     while (!app_health_step(&d, &wire, &want))
 *         wait until wire.link moved, or want.deadline
 *     quoth_health_judge(&d.facts, ...)
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_HEALTH_H
#define QUOTH_HEALTH_H

#include "port.h"
#include "quoth_domain.h"

/* Are all name servers on this machine, so that nobody between can put "authentic data" into what
 * they say? */
int app_health_near(const struct quoth_resolver *resolver);
/* Begin, with random bytes of the port. QUOTH_OK; QUOTH_EPROTO: that is no domain's name;
 * QUOTH_ENORANDOM: the machine gave none. */
int app_health_start(struct quoth_domain *machine, const struct quoth_domain_conf *conf,
                     const char *domain, const struct quoth_port *port);
/* As far as it goes at once. 1: it is over; 0: `want` says what it waits for. */
int app_health_step(struct quoth_domain *domain, struct quoth_wire *wire, struct quoth_want *want);

#endif
