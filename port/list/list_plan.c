/* list_plan.c - --dry-run: what a run would do, before anybody is called.
 *
 * The list is read and its domains are looked up; no mail server hears of it.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "list.h"

static void plan_row(const char *what, const char *value) { printf("  %-36s %s\n", what, value); }

static void plan_number(const char *what, uint64_t n, const char *unit)
{
    char number[32], text[64];
    snprintf(text, sizeof text, "%s%s", list_count(n, number), unit);
    plan_row(what, text);
}

/* 0 and the highest number of a field are both no limit. */
static void plan_limit(const char *what, uint64_t n, uint64_t highest, const char *unit)
{
    if (n && n < highest)
        plan_number(what, n, unit);
    else
        plan_row(what, "no limit");
}

/* What the list was taken for; the address by its column or member. */
static void plan_input(const struct list_set *set)
{
    for (unsigned i = 0; i < set->n; i++) {
        const struct list_in *in = &set->in[i];
        if (set->n > 1)
            plan_row("list", set->path[i]);
        fputs("  address                              ", stdout);
        list_look_put(stdout, &in->look);
        putchar('\n');
        plan_number("  rows of the sample with one", in->look.good, "");
        if (set->n > 1)
            plan_number("  rows", in->rows, "");
    }
}

static void plan_limits(const struct quoth_batch_limits *limits)
{
    printf("\nlimits, --pace %s\n", limits->pace_off ? "off" : "polite");
    plan_limit("conversations at once", limits->open, UINT32_MAX, "");
    plan_limit("  with one IP address", limits->per_host, UINT16_MAX, "");
    plan_limit("  with one network (/24, /64)", limits->per_net, UINT16_MAX, "");
    plan_limit("recipients in one conversation", limits->per_session, UINT16_MAX, "");
    plan_limit("  of them refused", limits->refused, UINT16_MAX, "");
    if (limits->gap_ms)
        plan_number("from one to the next, one IP address", limits->gap_ms, " ms");
    else
        plan_row("from one to the next, one IP address", "no wait");
    plan_limit("conversations an hour for one domain", limits->per_domain_hour, UINT32_MAX, "");
    plan_limit("DNS questions at once", limits->lookups, UINT32_MAX, "");
    if (limits->no_wait || !limits->passes)
        plan_row("who says later", "is not asked again");
    for (unsigned i = 0; !limits->no_wait && i < limits->passes && i < 3; i++)
        plan_number(i ? "" : "who says later is asked again after", limits->pass_ms[i] / 60000,
                    " min");
}

int list_plan(struct quoth_batch *batch, const struct app_options *options,
              const struct quoth_conf *conf, const struct list_set *set, uint64_t total)
{
    struct quoth_batch_plan plan;
    char text[32], line[64];
    int rc;

    memset(&plan, 0, sizeof plan);
    rc = quoth_batch_plan(batch, &plan);
    if (rc != QUOTH_OK)
        return rc == QUOTH_ESPACE ? -ENOMEM : -EIO;
    puts("list");
    plan_input(set);
    plan_number("rows", set->rows, "");
    if (options->list.shards) {
        snprintf(line, sizeof line, "  in part %u of %u", options->list.shard,
                 options->list.shards);
        plan_number(line, total, "");
    }
    plan_number("  addresses to ask for", plan.addresses, "");
    puts("\nrun");
    plan_number("domains", plan.domains, "");
    plan_number("  that take no mail", plan.no_mail, "");
    plan_number("  that could not be looked up", plan.unresolved, "");
    plan_number("destinations (IP addresses)", plan.destinations, "");
    plan_number("conversations, about", plan.conversations, "");
    plan_row("time without later passes, about", list_time(plan.seconds, text));
    if (conf->depth == QUOTH_DEPTH_SMTP && !conf->smtp.helo)
        puts("\nno --helo, and this machine has no full name: no mail server would be asked");
    plan_limits(quoth_batch_effective(batch));
    return 0;
}
