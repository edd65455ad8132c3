/* rtt.c - round trips a verdict costs, in the simulated world: 50 ms each way, no losses.
 *
 * Prints one line a case: until the last answer that was asked for, and until QUIT's, which shows
 * that none of them was shifted, and with which the verdict is told. It rides along with the decoy
 * when there is PIPELINING. Fails when one costs more than the protocols force.
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
        unsigned answered, told;
    } cases[] = {
        {"refused", "joe@good.org", 1, WORLD_TLS_NONE, 6, 7},
        {"accepted, with decoy", "jane@good.org", 1, WORLD_TLS_NONE, 7, 7},
        {"refused, STARTTLS with TLS 1.3", "joe@good.org", 1, WORLD_TLS_FINE, 9, 10},
        {"accepted, with decoy, STARTTLS", "jane@good.org", 1, WORLD_TLS_FINE, 10, 10},
        {"refused, no PIPELINING", "joe@good.org", 0, WORLD_TLS_NONE, 7, 8},
        {"accepted, with decoy, no PIPELINING", "jane@good.org", 0, WORLD_TLS_NONE, 10, 11},
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
        const uint32_t *ms = w.v.ev.ms;
        unsigned trip = (unsigned)(2 * w.one_way), told = (unsigned)(w.known_at - w.start) / trip,
                 answered =
                     (ms[QUOTH_PHASE_DECOY] ? ms[QUOTH_PHASE_DECOY] : ms[QUOTH_PHASE_RCPT]) / trip;
        printf("%-36s %-14s answered after %2u round trips (at most %u), told after %2u (%u)\n",
               cases[i].what, quoth_verdict_name(v), answered, cases[i].answered, told,
               cases[i].told);
        bad |= answered > cases[i].answered || told > cases[i].told;
        bad |= v != (cases[i].address[1] == 'o' ? QUOTH_VERDICT_UNDELIVERABLE
                                                : QUOTH_VERDICT_DELIVERABLE);
    }
    return bad;
}
