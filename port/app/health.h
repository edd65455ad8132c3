/* health.h - one check of a domain (quoth_domain.h) and of its policy of MTA-STS (fetch.h), driven
 * over a link of its own, for who has many of them at once.
 *
 *     app_health_init(&conf, &options, &quoth_conf, &cache, tls is up)
 *     app_health_start(&health, &conf, "example.com", &port)
 *     while (!app_health_step(&health, &wire, &want))
 *         wait until wire.link moved, or want.deadline
 *     quoth_health_judge(&health.d.facts, ...)
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_HEALTH_H
#define QUOTH_HEALTH_H

#include "fetch.h"
#include "options.h"
#include "port.h"

/* No bound is set here: a domain is given as long, and as many questions, whoever asks (a minute
 * and 96 by quoth_domain.h, another minute for the policy by fetch.h). Less of either makes
 * "unknown" of what a slow name server would have said, and so another grade. */
struct app_health_conf { /* yours; it must outlive the checks */
    struct quoth_domain_conf domain;
    struct fetch_conf fetch;
    uint8_t fetches;
};

struct app_health {
    const struct app_health_conf *conf;
    uint8_t fetching, seed[16];
    void *big;
    size_t big_cap;
    struct fetch fetch;
    struct quoth_domain d; /* its facts are whole when it is over */
};

/* Are all name servers on this machine, so that nobody between can put "authentic data" into what
 * they say? */
int app_health_near(const struct quoth_resolver *resolver);
/* As the options have it; what many domains lead to is kept in `cache`. `tls`: there is TLS for the
 * wires, without which no policy is fetched. */
void app_health_init(struct app_health_conf *health, const struct app_options *options,
                     const struct quoth_conf *conf, struct quoth_setcache *cache, int tls);
/* Begin, with random bytes of the port. QUOTH_OK; QUOTH_EPROTO: that is no domain's name;
 * QUOTH_ENORANDOM: the machine gave none. */
int app_health_start(struct app_health *health, const struct app_health_conf *conf,
                     const char *domain, const struct quoth_port *port);
/* As quoth_domain_lend(). */
void app_health_lend(struct app_health *health, void *buf, size_t cap);
/* As far as it goes at once. 1: it is over; 0: `want` says what it waits for. */
int app_health_step(struct app_health *health, struct quoth_wire *wire, struct quoth_want *want);

/* Of a domain whose records are known: is its policy of MTA-STS to be fetched? */
int app_health_wants_policy(const struct quoth_facts *facts);
/* What came of that, whether it came or not. */
void app_health_take_policy(struct quoth_facts *facts, const struct fetch *fetch);

#endif
