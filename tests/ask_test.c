/* ask_test.c - tests of port/app/ask.c and health.c: one check of a domain and its policy, step by
 * step, over a port whose clock and whose name servers are this file's.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include "health.h"
#include "sock.h"
#include "test.h"

static uint64_t now;
static unsigned calls, randoms; /* of dgram and recv; those that still work */
static int floods;              /* the name server never pauses, and answers nothing */

static uint64_t world_now(void) { return now; }

static int world_random(void *buf, size_t n)
{
    memset(buf, 7, n);
    return randoms && randoms-- ? QUOTH_OK : QUOTH_ENORANDOM;
}

static int world_dgram(struct quoth_link *l, const struct quoth_peer *to, const void *p, size_t n)
{
    calls++;
    return QUOTH_OK;
}

static int world_recv(struct quoth_link *l, void *p, size_t cap, struct quoth_peer *from)
{
    calls++;
    memset(from, 0, sizeof *from);
    memset(p, 0, 1);
    return floods ? 1 : QUOTH_AGAIN;
}

static int world_open(struct quoth_link *l, const struct quoth_peer *to) { return QUOTH_EREFUSED; }
static void world_close(struct quoth_link *l) { l->fd = -1; }

static const struct quoth_port port = {.now = world_now,
                                       .random = world_random,
                                       .dgram = world_dgram,
                                       .recv = world_recv,
                                       .open = world_open,
                                       .close = world_close};

static struct quoth_resolver resolver;
static struct quoth_setcache cache;
static struct app_options options;
static struct app_health_conf conf;
static struct app_health health;
static struct quoth_link link_of = QUOTH_SOCK_LINK;
static struct quoth_wire wire;
static struct quoth_want want;
static uint8_t memory[4096], big[4096];

/* tls: there is some. QUOTH_OK, or what a start says. */
static int begin(int tls)
{
    struct quoth_conf from = {.resolver = &resolver};

    now = 1000000;
    calls = 0;
    randoms = 99;
    memset(&resolver, 0, sizeof resolver);
    resolver.server[0].peer = (struct quoth_peer) {{4, {127, 0, 0, 1}}, 53};
    resolver.servers = 1;
    from.targets.own_n = 1;
    quoth_setcache_init(&cache, memory, sizeof memory, big);
    app_health_init(&conf, &options, &from, &cache, tls);
    wire = (struct quoth_wire) {.port = &port, .link = &link_of};
    if (app_health_start(&health, &conf, "quoth.net", &port) != QUOTH_OK)
        return QUOTH_ENORANDOM;
    app_health_lend(&health, big, sizeof big);
    return QUOTH_OK;
}

/* As long as `quoth domain` has, and as many questions: a minute for what is asked of name servers,
 * whatever they do; with TLS another for the policy, and what could not be had is unknown. Whoever
 * waits is told until when. */
TEST(L15_late)
{
    for (int tls = 0; tls <= 1; tls++) {
        const uint64_t start = now = 1000000;
        CHECK_INT(begin(tls), QUOTH_OK);
        CHECK_INT(conf.domain.total_ms, 0);
        CHECK_INT(conf.domain.queries_max, 0);
        CHECK_INT(conf.fetch.total_ms, 0);
        CHECK(conf.domain.cache == &cache && conf.domain.trust_ad);
        CHECK_INT(conf.domain.targets.own_n, 0);
        CHECK_INT(conf.fetch.targets.own_n, 1);
        for (unsigned turns = 0; !app_health_step(&health, &wire, &want); turns++) {
            CHECK(want.deadline > now && want.deadline <= start + 120000 && turns < 1000);
            now = want.deadline;
        }
        CHECK(now > start && now <= start + (tls ? 120000 : 60000));
        CHECK_INT(health.d.facts.late, 1);
        CHECK_INT(health.d.facts.policy.fetched.how, tls ? QUOTH_FETCH_DNS : QUOTH_FETCH_NOT);
    }
}

/* A peer that never pauses does not keep the others from their turn. */
TEST(L15_share)
{
    const uint64_t start = now = 1000000;

    floods = 1;
    CHECK_INT(begin(1), QUOTH_OK);
    for (unsigned turn = 0; turn < 100; turn++) {
        calls = 0;
        CHECK_INT(app_health_step(&health, &wire, &want), 0);
        CHECK(calls > 0 && calls <= 64);
        CHECK_INT(want.deadline - now, 0); /* it goes on at once */
    }
    for (unsigned turns = 0; !app_health_step(&health, &wire, &want); turns++) {
        CHECK(turns < 100000);
        now++;
    }
    CHECK(now <= start + 120000);
    floods = 0;
}

/* Without random bytes for both nothing begins. */
TEST(L15_seeds)
{
    CHECK_INT(begin(1), QUOTH_OK);
    for (randoms = 0; randoms < 2;) {
        const unsigned left = randoms;
        CHECK_INT(app_health_start(&health, &conf, "quoth.net", &port), QUOTH_ENORANDOM);
        randoms = left + 1;
    }
    CHECK_INT(app_health_start(&health, &conf, "quoth.net", &port), QUOTH_OK);
    randoms = 2;
    CHECK_INT(app_health_start(&health, &conf, "no name", &port), QUOTH_EPROTO);
}

/* In the sandbox only with the certificate that it issues by, and nowhere without TLS. */
TEST(L15_fetches)
{
    for (int sandbox = 0; sandbox <= 1; sandbox++)
        for (int ca = 0; ca <= 1; ca++)
            for (int tls = 0; tls <= 1; tls++) {
                options.sandbox = (uint16_t)(sandbox * 5353);
                options.ca_file = ca ? "ca.pem" : NULL;
                CHECK_INT(begin(tls), QUOTH_OK);
                CHECK_INT(conf.fetches, tls && (!sandbox || ca));
                CHECK_INT(conf.fetch.port, options.sandbox);
            }
    options.sandbox = 0;
    options.ca_file = NULL;
}

int main(void)
{
    RUN(L15_late);
    RUN(L15_share);
    RUN(L15_seeds);
    RUN(L15_fetches);
    return report("ask");
}
