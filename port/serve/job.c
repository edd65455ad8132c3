/* job.c - all jobs: found at start, begun in turn, paused, cancelled, removed.
 *
 *   STATE/jobs --> jobs_begin: no list, or a short one? removed
 *                              journal with its end?     done
 *                              else what is wanted       --> jobs_turn: begun as places get free
 *
 * Of each token some run at once; the others wait for their turn, the oldest first.
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include "job_inner.h"

enum { JOBS_ROOM = 8 << 20 }; /* bytes free before one goes on that waits */

/* ---- what can be done with one ----------------------------------------------------------- */

static void job_stop(struct serve *serve, struct job *job)
{
    if (job->run)
        job_run_close(serve, job);
    job->again = 0;
    job->why[0] = '\0';
}

/* What is wanted of it now is on the disk before anything is done about it. -1: it cannot be
 * written, and the job is as it was. */
static int job_want(const struct serve *serve, struct job *job, enum job_wanted wanted)
{
    const uint8_t was = job->wanted;
    int err;

    job->wanted = (uint8_t)wanted;
    err = job_file_write(serve, job);
    if (!err)
        return 1;
    job->wanted = was;
    app_say_error(0, job->id, err);
    return -1;
}

static int job_is_settled(const struct job *job)
{
    return job_is_over(job) || job->state == JOB_RECEIVING;
}

/* Nothing of it runs any more. */
static int job_halt(struct serve *serve, struct job *job, enum job_wanted wanted,
                    enum job_state state)
{
    const int rc = job_is_settled(job) ? 0 : job_want(serve, job, wanted);

    if (rc > 0) {
        job_stop(serve, job);
        job_become(serve, job, state);
    }
    return rc;
}

int job_pause(struct serve *serve, struct job *job)
{
    return job_halt(serve, job, JOB_WANT_PAUSE, JOB_PAUSED);
}

int job_resume(struct serve *serve, struct job *job)
{
    const int rc = job_is_settled(job) ? 0 : job_want(serve, job, JOB_WANT_RUN);

    if (rc <= 0)
        return rc;
    job->again = 0;
    job->why[0] = '\0';
    job_become(serve, job, job->state == JOB_PAUSED ? JOB_READY : (enum job_state)job->state);
    serve->jobs->look = 1;
    return 1;
}

int job_cancel(struct serve *serve, struct job *job)
{
    return job->state == JOB_CANCELLED ? 1 : job_halt(serve, job, JOB_WANT_CANCEL, JOB_CANCELLED);
}

int job_delete(struct serve *serve, struct job *job)
{
    const int err = job_file_end(serve, job);

    if (err) {
        app_say_error(0, job->id, err);
        return -1;
    }
    if (job->run)
        job_run_drop(serve, job);
    job_plan_close(serve, job);
    job_gone(serve, job);
    job_file_remove(serve, job);
    job_forget(serve, job);
    return 1;
}

/* ---- beginning ------------------------------------------------------------------------- */

static unsigned jobs_running_of(const struct jobs *jobs, const char *token)
{
    unsigned n = 0;

    for (unsigned i = 0; i < jobs->runnings; i++)
        n += !strcmp(jobs->running[i]->wish.token, token);
    return n;
}

/* The oldest that may begin now. */
static struct job *jobs_next(const struct serve *serve)
{
    struct job *oldest = NULL;

    for (struct job *job = serve->jobs->first; job; job = job->next)
        if (job->state == JOB_READY && job->wanted == JOB_WANT_RUN &&
            jobs_running_of(serve->jobs, job->wish.token) < serve->limits.jobs_running)
            oldest = job;
    return oldest;
}

static void jobs_start(struct serve *serve)
{
    struct jobs *jobs = serve->jobs;
    struct job *job;

    while (jobs->runnings < JOBS_RUNNING && (job = jobs_next(serve)) != NULL) {
        if (job_run_open(serve, job))
            continue;
        jobs->running[jobs->runnings++] = job;
        job_become(serve, job, JOB_RUNNING);
    }
}

/* Is there room again for those that had none? */
static void jobs_again(struct serve *serve)
{
    struct statvfs fs;

    serve->jobs->again = serve->now + JOB_AGAIN_MS;
    if (statvfs(serve->jobs->dir, &fs) || (uint64_t)fs.f_bavail * fs.f_frsize < JOBS_ROOM)
        return;
    for (struct job *job = serve->jobs->first; job; job = job->next)
        if (job->again && job->again <= serve->now)
            job_resume(serve, job);
}

/* Is it as late as the wall clock says? It may show another year for a while after the machine
 * began, or was set by hand. */
static int jobs_is_time(struct serve *serve, int64_t wall_ms)
{
    struct jobs *jobs = serve->jobs;
    const int64_t ahead = wall_ms - (int64_t)serve->now, moved = ahead - jobs->ahead;

    if (moved > JOB_MINUTE_MS || moved < -JOB_MINUTE_MS)
        jobs->steady = serve->now;
    jobs->ahead = ahead;
    return wall_ms / 1000 >= QUOTH_CLOCK_MIN && serve->now - jobs->steady >= JOB_STEADY_MS;
}

/* Lists and results are personal data: they are not kept for ever. One whose time was told by a
 * clock that was wrong begins anew. */
static void jobs_trim(struct serve *serve)
{
    const int64_t wall_ms = job_wall_ms(), now = wall_ms / 1000;
    struct job *next;

    serve->jobs->minute = serve->now + JOB_MINUTE_MS;
    if (!jobs_is_time(serve, wall_ms))
        return;
    for (struct job *job = serve->jobs->first; job; job = next) {
        next = job->next;
        if (job->state == JOB_RUNNING || job->state == JOB_RECEIVING || job->broken)
            continue;
        if (job->changed < QUOTH_CLOCK_MIN || job->changed > now) {
            job->changed = now;
            (void)job_want(serve, job, (enum job_wanted)job->wanted);
        } else if (job->changed < now - serve->limits.keep_s) {
            (void)job_delete(serve, job);
        }
    }
}

void jobs_tick(struct serve *serve)
{
    for (unsigned i = 0; i < serve->jobs->runnings; i++)
        job_run_flush(serve->jobs->running[i]);
    serve->jobs->flush = serve->now + JOB_FLUSH_MS;
}

static void jobs_pulse(struct serve *serve)
{
    serve->jobs->pulse = serve->now + JOB_PULSE_MS;
    for (unsigned i = 0; i < serve->jobs->runnings; i++)
        if (serve->jobs->running[i]->reader)
            job_live_pulse(serve, serve->jobs->running[i]);
}

void jobs_turn(struct serve *serve)
{
    struct jobs *jobs = serve->jobs;
    int more = 0;

    if (serve->draining)
        return;
    if (jobs->look) {
        jobs->look = 0;
        jobs_start(serve);
    }
    for (unsigned i = jobs->runnings; i-- > 0;)
        if (i < jobs->runnings)
            more |= job_run_step(serve, jobs->running[i]);
    for (struct job *job = jobs->plans ? jobs->first : NULL; job; job = job->next)
        if (job->plan)
            more |= job_plan_step(serve, job);
    more |= job_file_cut(jobs);
    jobs->more = more || jobs->look;
    if (serve->now >= jobs->flush)
        jobs_tick(serve);
    if (jobs->readers && serve->now >= jobs->pulse)
        jobs_pulse(serve);
    if (serve->now >= jobs->again)
        jobs_again(serve);
    if (serve->now >= jobs->minute)
        jobs_trim(serve);
}

uint64_t jobs_due(const struct serve *serve)
{
    const struct jobs *jobs = serve->jobs;
    uint64_t due = jobs->minute < jobs->again ? jobs->minute : jobs->again;

    if (serve->draining)
        return QUOTH_NEVER;
    if (jobs->more)
        return 0;
    if (jobs->plans && serve->now + JOB_PLAN_MS < due)
        due = serve->now + JOB_PLAN_MS;
    if (jobs->runnings && jobs->flush < due)
        due = jobs->flush;
    return jobs->runnings && jobs->readers && jobs->pulse < due ? jobs->pulse : due;
}

void jobs_result(struct serve *serve, const struct quoth_batch_result *result)
{
    struct jobs *jobs = serve->jobs;
    const uint32_t place = result->id & ~(uint32_t)JOB_ENGINE;
    const struct job_slot slot = jobs->slot[place];

    jobs->slot[place] = (struct job_slot) {NULL, jobs->free};
    jobs->free = place;
    job_run_told(serve, slot.job, slot.row, result);
}

/* ---- what an earlier run has left --------------------------------------------------------- */

/* Does its journal say that all are answered? Then it says how. */
static int job_is_finished(const struct serve *serve, struct job *job)
{
    char path[JOB_PATH], identity[LIST_IDENTITY_MAX];
    struct list_journal_head head;
    int fd, finished;

    job_path(serve, job, "results.csv.quoth-journal", path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    finished =
        fd >= 0 && list_journal_read(fd, &head, identity) == LIST_JOURNAL_FINE && head.finished;
    if (fd >= 0)
        close(fd);
    for (int i = 0; finished && i < QUOTH_VERDICTS; i++)
        job->count.verdict[i] = head.count[i];
    return finished;
}

/* What cannot be read now is shown, can be removed, and else is left as it is: it may be there
 * again at the next start. */
static void job_show_broken(struct serve *serve, struct job *job, int err)
{
    static const char damaged[] = "is damaged, or somebody changed it: it is left as it is";
    struct job broken = {.state = JOB_FAILED, .broken = 1};
    char path[JOB_PATH];
    struct stat st;

    job_path(serve, job, "", path);
    if (err == -EBADMSG)
        app_say(0, path, damaged);
    else
        app_say_error(0, path, err);
    memcpy(broken.id, job->id, sizeof broken.id);
    memcpy(broken.wish.token, job->wish.token, sizeof broken.wish.token);
    broken.created = broken.changed = stat(path, &st) ? 0 : (int64_t)st.st_mtime;
    broken.created_ms = broken.created * 1000;
    snprintf(broken.why, sizeof broken.why, "Its directory %s.",
             err == -EBADMSG ? damaged : "cannot be read; the log of the server says why");
    *job = broken;
    job_add(serve, job);
}

static void job_take_up(struct serve *serve, const char *name)
{
    static const uint8_t states[] = {[JOB_WANT_HOLD] = JOB_READY,
                                     [JOB_WANT_RUN] = JOB_READY,
                                     [JOB_WANT_PAUSE] = JOB_PAUSED,
                                     [JOB_WANT_CANCEL] = JOB_CANCELLED,
                                     [JOB_WANT_FAILED] = JOB_FAILED};
    struct job *job = calloc(1, sizeof *job);
    int err;

    if (!job) {
        app_say_error(0, name, ENOMEM);
        return;
    }
    memcpy(job->id, name, JOB_ID);
    err = job_file_read(serve, job);
    if (err == -ENOENT) {
        job_file_remove(serve, job);
        free(job);
        return;
    }
    if (err) {
        job_show_broken(serve, job, err);
        return;
    }
    job->created = job->created_ms / 1000;
    job_keep_key(serve, job);
    job->state = job_is_finished(serve, job) ? (uint8_t)JOB_DONE : states[job->wanted];
    job->done = app_count_all(&job->count);
    if (job->state == JOB_DONE && !job->rows)
        job->rows = (uint32_t)job->done;
    job_add(serve, job);
}

int jobs_begin(struct serve *serve)
{
    const struct dirent *entry;
    DIR *dir;
    int err;

    serve->jobs = calloc(1, sizeof *serve->jobs);
    if (!serve->jobs)
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    serve->jobs->again = serve->now + JOB_AGAIN_MS;
    serve->jobs->steady = serve->now;
    serve->jobs->ahead = job_wall_ms() - (int64_t)serve->now;
    serve->jobs->temporary = -1;
    if (!serve->state_dir)
        job_dir_sweep();
    err = serve->state_dir ? job_dir(serve) : 0;
    if (err)
        return app_say_error(APP_EXIT_NO_INPUT, serve->jobs->dir, err);
    dir = *serve->jobs->dir ? opendir(serve->jobs->dir) : NULL;
    if (*serve->jobs->dir && !dir)
        return app_say_error(APP_EXIT_NO_INPUT, serve->jobs->dir, errno);
    while (dir && (entry = readdir(dir)) != NULL)
        if (strlen(entry->d_name) == JOB_ID)
            job_take_up(serve, entry->d_name);
    if (dir)
        closedir(dir);
    serve->jobs->look = 1;
    jobs_trim(serve);
    return 0;
}

void jobs_drain(struct serve *serve)
{
    for (struct job *job = serve->jobs->first; job; job = job->next)
        while (job->reader) {
            struct client *client = job->reader->client;
            job_live_leave(job->reader);
            client_close(client);
        }
}

void jobs_end(struct serve *serve)
{
    struct jobs *jobs = serve->jobs;

    if (!jobs)
        return;
    while (jobs->first) {
        struct job *job = jobs->first;
        if (job->state == JOB_RECEIVING) {
            job_abort(serve, job);
            continue;
        }
        if (job->run)
            job_run_close(serve, job);
        if (jobs->temporary >= 0)
            job_file_remove(serve, job);
        job_forget(serve, job);
    }
    while (jobs->cuts)
        close(jobs->cut[--jobs->cuts]);
    job_dir_end(jobs);
    free(jobs->slot);
    free(jobs);
    serve->jobs = NULL;
}
