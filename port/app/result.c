/* result.c - what several formats ask of a result.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "app.h"

const char *app_result_host(const struct app_result *r, unsigned i)
{
    if (r->route)
        return i < r->route->n ? quoth_mx_name(r->route, i) : NULL;
    return i == 0 && *r->host ? r->host : NULL;
}

size_t app_address(const struct app_result *r, const char *domain, char buf[APP_ADDRESS_MAX])
{
    const struct quoth_addr *a = &r->ev->addr;
    size_t n = strlen(domain);
    if (a->fault || !n || a->local.n + 1 + n > APP_ADDRESS_MAX)
        return 0;
    memcpy(buf, a->local.p, a->local.n);
    buf[a->local.n] = '@';
    memcpy(buf + a->local.n + 1, domain, n);
    return a->local.n + 1 + n;
}

const char *app_suggestion(const struct app_result *r, char buf[256])
{
    const char *domain = r->ev->domain;
    if (r->ev->addr.fault || r->verdict == QUOTH_VERDICT_DELIVERABLE)
        return NULL;
    return quoth_list_suggest(domain, strlen(domain), buf, 256) > 0 ? buf : NULL;
}

unsigned long app_count_all(const struct app_count *count)
{
    unsigned long all = 0;
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        all += count->verdict[i];
    return all;
}

int app_count_exit(const struct app_count *count)
{
    if (count->verdict[QUOTH_VERDICT_UNDELIVERABLE])
        return 1;
    if (count->verdict[QUOTH_VERDICT_RISKY])
        return 2;
    return count->verdict[QUOTH_VERDICT_UNKNOWN] ? 3 : 0;
}
