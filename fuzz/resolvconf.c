/* resolvconf.c - any bytes as resolv.conf.
 *
 * Oracle: name servers are addresses, three at most; times and tries are within their bounds; half
 * a line at the end changes nothing before it.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "../port/posix/resolvconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct quoth_resolver r, first;
    int servers = quoth_resolvconf_parse(&r, (const char *)p, n), before;

    require(servers == r.servers && servers >= 0 && servers <= QUOTH_SERVERS_MAX);
    require(r.tries <= 5 && r.wait_ms <= 30000 && (!r.wait_max_ms || r.wait_max_ms == r.wait_ms));
    for (int i = 0; i < servers; i++)
        require(r.server[i].peer.ip.len == 4 || r.server[i].peer.ip.len == 16);
    while (n && p[n - 1] != '\n')
        n--;
    before = quoth_resolvconf_parse(&first, (const char *)p, n);
    require(before <= servers &&
            !memcmp(first.server, r.server, (size_t)before * sizeof r.server[0]));
    return 0;
}
