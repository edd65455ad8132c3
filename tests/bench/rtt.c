/* rtt.c - round trips a verdict costs, in the simulated world: 50 ms each way, no losses.
 *
 * Prints one line a case, and fails when one costs more than the protocols force.
 * SPDX-License-Identifier: MIT */
#include "quoth.h"
#include "world.h"

static const struct world_rr zone[] = {
    {"good.org", QUOTH_DNS_MX, "10 mx.good.org", 0},
    {"mx.good.org", QUOTH_DNS_A, "198.51.100.1", 0},
};

int main(void)
{
    static const struct {
        const char *what, *address;
        int pipelining;
        enum world_tls tls;
        unsigned most;
    } cases[] = {
        {"refused", "joe@good.org", 1, WORLD_TLS_NONE, 6},
        {"accepted, with decoy", "jane@good.org", 1, WORLD_TLS_NONE, 7},
        {"refused, STARTTLS with TLS 1.3", "joe@good.org", 1, WORLD_TLS_FINE, 9},
        {"accepted, with decoy, STARTTLS", "jane@good.org", 1, WORLD_TLS_FINE, 10},
        {"refused, no PIPELINING", "joe@good.org", 0, WORLD_TLS_NONE, 7},
        {"accepted, with decoy, no PIPELINING", "jane@good.org", 0, WORLD_TLS_NONE, 10},
    };
    static struct world w;
    int bad = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world_host host = {.ip = "198.51.100.1",
                                  .accept = " jane ",
                                  .pipelining = cases[i].pipelining,
                                  .tls = cases[i].tls};
        struct quoth_cidr doc = {{4, {198, 51, 100, 0}}, 24};
        struct quoth_resolver res = {.server = {{.peer = {{4, {192, 0, 2, 53}}, 53}}},
                                     .servers = 1};
        struct quoth_conf conf = {.resolver = &res,
                                  .smtp = {.helo = "probe.sender.org", .from = "me@sender.org"},
                                  .targets = {.allow = &doc, .allow_n = 1}};
        world_init(&w, 1);
        w.zone = zone;
        w.zone_n = 2;
        w.hosts = &host;
        w.hosts_n = 1;
        enum quoth_verdict v = world_run(&w, &conf, cases[i].address);
        unsigned trips = (unsigned)((w.known_at - w.start) / (2 * w.one_way));
        printf("%-38s %-14s %2u round trips (at most %u)\n", cases[i].what, quoth_verdict_name(v),
               trips, cases[i].most);
        bad |= trips > cases[i].most;
    }
    return bad;
}
