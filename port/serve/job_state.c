/* job_state.c - jobs as a table, and the state of each: a change is written, logged and told.
 *
 *   receiving --> ready --> running <--> paused
 *                             '--> done, cancelled, failed
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "job_inner.h"

int64_t job_wall_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---- the table ---------------------------------------------------------------------- */

/* By time, the newest first. */
void job_add(struct serve *serve, struct job *job)
{
    struct job **at = &serve->jobs->first;

    while (*at && (*at)->created_ms > job->created_ms)
        at = &(*at)->next;
    job->next = *at;
    *at = job;
}

void job_forget(struct serve *serve, struct job *job)
{
    struct job **at = &serve->jobs->first;

    while (*at && *at != job)
        at = &(*at)->next;
    if (*at)
        *at = job->next;
    while (job->reader)
        job_live_leave(job->reader);
    job_plan_close(serve, job);
    free(job);
}

static int job_is_of(const struct job *job, const char *token)
{
    return !*token || !strcmp(job->wish.token, token);
}

struct job *job_first(const struct serve *serve) { return serve->jobs->first; }

struct job *job_find(const struct serve *serve, const char *id, const char *token)
{
    for (struct job *job = serve->jobs->first; job; job = job->next)
        if (!strcmp(job->id, id))
            return job_is_of(job, token) && job->state != JOB_RECEIVING ? job : NULL;
    return NULL;
}

struct job *job_numbered(const struct serve *serve, uint32_t number, const char *token)
{
    for (struct job *job = serve->jobs->first; job; job = job->next)
        if (job->number == number && job_is_of(job, token) && job->state != JOB_RECEIVING &&
            !job->broken)
            return job;
    return NULL;
}

void job_keep_key(const struct serve *serve, struct job *job)
{
    const int64_t day = 24 * 3600 * INT64_C(1000);
    int64_t age = job_wall_ms() - job->created_ms;

    if (age < 0) /* the clock was set back */
        age = 0;
    job->key_until = serve->now + (uint64_t)(age < day ? day - age : 0);
}

struct job *job_of_key(const struct serve *serve, const char *key, const char *token)
{
    for (struct job *job = serve->jobs->first; job; job = job->next)
        if (*key && !strcmp(job->wish.key, key) && !strcmp(job->wish.token, token) &&
            serve->now < job->key_until)
            return job;
    return NULL;
}

unsigned jobs_count(const struct serve *serve, enum job_state state)
{
    unsigned n = 0;

    for (const struct job *job = serve->jobs->first; job; job = job->next)
        n += job->state == state;
    return n;
}

/* ---- states --------------------------------------------------------------------------- */

static void jobs_ran(struct jobs *jobs, const struct job *job)
{
    unsigned i = 0;

    while (i < jobs->runnings && jobs->running[i] != job)
        i++;
    if (i < jobs->runnings)
        jobs->running[i] = jobs->running[--jobs->runnings];
    jobs->look = 1;
}

void job_become(struct serve *serve, struct job *job, enum job_state state)
{
    const enum job_state was = (enum job_state)job->state;
    int err;

    if (was != state)
        job->changed = job_wall_ms() / 1000;
    if (was == JOB_RUNNING && was != state)
        jobs_ran(serve->jobs, job);
    job->state = (uint8_t)state;
    err = job_file_write(serve, job);
    if (err)
        app_say_error(0, job->id, err);
    if (was == state)
        return;
    job_file_log(serve, job, job_state_name(state), job->why);
    job_live_state(serve, job);
    serve->jobs->look = 1;
}

void job_gone(struct serve *serve, struct job *job)
{
    if (job->state == JOB_RUNNING)
        jobs_ran(serve->jobs, job);
    job->state = JOB_CANCELLED;
    job_live_state(serve, job);
}

void job_fail(struct serve *serve, struct job *job, const char *why)
{
    snprintf(job->why, sizeof job->why, "%s", why);
    job->wanted = JOB_WANT_FAILED;
    job_become(serve, job, JOB_FAILED);
}
