/* job_plan.c - what a job would do, before anybody is called.
 *
 *   rows, 64 KB at a time --> an engine of its own --> its domains looked up --> figures
 *
 * The engine that runs jobs cannot tell: it has others' addresses too. This one opens no
 * conversation, so manners are not its business; one plan is made at a time.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "job_inner.h"

enum { PLAN_SCANS = 8, PLAN_ROWS = 1000 };

struct job_plan {
    struct list_in in;
    struct list_scan *scan;
    struct list_row row;
    struct app_list_options o;
    struct quoth_batch *batch;
    struct quoth_batch_plan plan;
    uint32_t next;
    uint8_t done, broken;
};

static void plan_result(void *arg, const struct quoth_batch_result *result)
{
    (void)arg; /* a fault of syntax */
    (void)result;
}

static int plan_open(struct serve *serve, struct job *job)
{
    const struct quoth_batch_hooks hooks = {.result = plan_result};
    struct quoth_batch_limits limits = serve->o->list.limits;
    struct job_plan *plan = calloc(1, sizeof *plan);
    char path[JOB_PATH];

    if (!plan)
        return -1;
    job->plan = plan;
    serve->jobs->plans++;
    limits.pace_off |= serve->o->sandbox != 0;
    limits.run_ms = 0;
    job_path(serve, job, "list", path);
    job_options(serve, job, &plan->o);
    plan->o.anyway = 1;
    if (list_in_begin(&plan->in, path, &plan->o, &job_never))
        return -1;
    plan->scan = list_scan_open(&plan->in);
    plan->batch = quoth_batch_new(&serve->setup->conf, &limits, NULL, &hooks);
    return plan->scan && plan->batch ? 0 : -1;
}

/* Only the figures are kept. */
static void plan_shut(struct serve *serve, struct job *job)
{
    struct job_plan *plan = job->plan;

    if (plan->done)
        return;
    serve->jobs->plans--;
    plan->done = 1;
    list_scan_close(plan->scan);
    list_in_close(&plan->in);
    if (plan->batch)
        quoth_batch_free(plan->batch);
}

void job_plan_close(struct serve *serve, struct job *job)
{
    if (!job->plan)
        return;
    plan_shut(serve, job);
    free(job->plan);
    job->plan = NULL;
}

static int plan_scan(struct job_plan *plan)
{
    int more = 1;

    for (int i = 0; i < PLAN_SCANS && more > 0; i++)
        more = list_scan_step(plan->scan);
    if (more <= 0) {
        list_scan_close(plan->scan);
        plan->scan = NULL;
    }
    plan->broken = more < 0;
    return 1;
}

static int plan_rows(struct job_plan *plan)
{
    for (int i = 0; i < PLAN_ROWS && plan->next < plan->in.rows && !plan->broken; i++) {
        plan->broken = list_in_row(&plan->in, plan->next, 1, &plan->row) != 0;
        if (!plan->broken && !plan->row.reason)
            plan->broken = quoth_batch_add(plan->batch, plan->next, plan->row.address,
                                           plan->row.address_n, NULL) != QUOTH_OK;
        plan->next++;
    }
    return 1;
}

int job_plan_step(struct serve *serve, struct job *job)
{
    struct job_plan *plan = job->plan;
    int more;

    if (plan->done)
        return 0;
    if (plan->scan)
        more = plan_scan(plan);
    else if (plan->next < plan->in.rows)
        more = plan_rows(plan);
    else
        more = quoth_batch_plan_turn(plan->batch, &plan->plan);
    if (plan->broken || (!plan->scan && plan->next == plan->in.rows && more <= 0))
        plan_shut(serve, job);
    return more > 0 && (plan->scan || plan->next < plan->in.rows);
}

enum job_planned job_plan(struct serve *serve, struct job *job,
                          const struct quoth_batch_plan **plan)
{
    if (!job->plan && serve->jobs->plans)
        return JOB_PLAN_LATER;
    if (!job->plan && plan_open(serve, job)) {
        if (job->plan)
            job->plan->broken = 1;
        job_plan_close(serve, job);
        return JOB_PLAN_BROKEN;
    }
    if (!job->plan->done)
        return JOB_PLAN_LATER;
    if (job->plan->broken) {
        job_plan_close(serve, job);
        return JOB_PLAN_BROKEN;
    }
    *plan = &job->plan->plan;
    return JOB_PLAN_MADE;
}
