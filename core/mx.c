/* mx.c - mail hosts, in the order to try them (RFC 5321 5.1, RFC 7505).
 *
 * lookup.c brings a route as it was answered. Here its hosts are put in order, and the answer gets
 * a name (enum quoth_mx_state). A lookup that failed says nothing about the domain: it is FAILED,
 * and never leads to the domain's own address.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

int quoth_mx_find(const struct quoth_route *route, const char *name)
{
    size_t n = strlen(name);

    for (unsigned i = 0; i < route->n; i++) {
        const char *host = quoth_mx_name(route, i);
        if (quoth_same(host, strlen(host), name, n))
            return (int)i;
    }
    return -1;
}

/* Put the best of the rest in each place. Of k equals each has a chance of one in k. */
static void mx_sort(struct quoth_route *route, struct quoth_random *rnd)
{
    for (unsigned i = 0; i < route->n; i++) {
        struct quoth_host *best = &route->host[i], first = *best;
        uint32_t equals = 1;
        for (struct quoth_host *host = best + 1; host < route->host + route->n; host++) {
            if (host->pref < best->pref)
                equals = 0;
            if (host->pref <= best->pref && quoth_random_below(rnd, ++equals) == 0)
                best = host;
        }
        route->host[i] = *best;
        *best = first;
    }
}

static enum quoth_mx_state mx_implicit(struct quoth_route *route, const char *domain)
{
    size_t n = strlen(domain) + 1;

    if (n > sizeof route->names)
        return QUOTH_MX_FAILED;
    memset(&route->host[0], 0, sizeof route->host[0]);
    memcpy(route->names, domain, n);
    route->used = (uint16_t)n;
    route->n = 1;
    return QUOTH_MX_IMPLICIT;
}

enum quoth_mx_state quoth_mx_order(struct quoth_route *route, const char *domain,
                                   struct quoth_random *rnd)
{
    switch (route->answer) {
    case QUOTH_ANSWER_DATA:
        mx_sort(route, rnd);
        if (route->n)
            return QUOTH_MX_HOSTS;
        return (route->flags & (QUOTH_ROUTE_NULL_MX | QUOTH_ROUTE_SKIPPED)) == QUOTH_ROUTE_NULL_MX
                   ? QUOTH_MX_NULL
                   : QUOTH_MX_UNUSABLE;
    case QUOTH_ANSWER_NODATA: return mx_implicit(route, domain);
    case QUOTH_ANSWER_NXDOMAIN: return QUOTH_MX_NODOMAIN;
    default: return QUOTH_MX_FAILED;
    }
}

int quoth_mx_cut(struct quoth_route *route, const char *name)
{
    int i = quoth_mx_find(route, name);
    unsigned n = route->n, keep = 0;

    if (i < 0)
        return 0;
    while (route->host[keep].pref < route->host[i].pref)
        keep++;
    route->n = (uint8_t)keep;
    return (int)(n - keep);
}
