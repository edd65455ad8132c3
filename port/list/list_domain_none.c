/* list_domain_none.c - of a build for addresses alone, TOOLS=none: there is nothing to check.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include "list.h"

int list_domains_open(struct list_domains **p, const struct list_env *env, struct quoth_loop *loop)
{
    (void)p, (void)env, (void)loop;
    return -ENOTSUP;
}

void list_domains_close(struct list_domains *p) { (void)p; }

int list_domains_wait(struct list_domains *p, const char *domain, uint32_t row)
{
    (void)p, (void)domain, (void)row;
    return LIST_DOMAIN_KNOWN;
}

int list_domains_next(const struct list_domains *p, uint32_t *row)
{
    (void)p, (void)row;
    return 0;
}

void list_domains_given(struct list_domains *p) { (void)p; }

int list_domains_turn(struct list_domains *p, const uint32_t *moved, unsigned n)
{
    (void)p, (void)moved, (void)n;
    return 0;
}

uint64_t list_domains_due(const struct list_domains *p)
{
    (void)p;
    return QUOTH_NEVER;
}

int list_domains_busy(const struct list_domains *p)
{
    (void)p;
    return 0;
}

void list_domains_tell(struct list_domains *p, struct app_result *result) { (void)p, (void)result; }
