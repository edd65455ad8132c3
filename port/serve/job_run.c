/* job_run.c - a running job: its rows to the engine, its answers to the file.
 *
 *   SCAN, 64 KB at a time --> COUNT how addresses are formed --> OPEN what is written --> FEED
 *
 * It is what `quoth -f` does, in steps: each turn of the server's loop does some. A job that is not
 * running holds no file open; going on reads its journal, as after a crash.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "job_inner.h"

enum { RUN_SCANS = 8, RUN_ROWS = 500 }; /* in a turn */
enum run_stage { RUN_SCAN, RUN_COUNT, RUN_OPEN, RUN_FEED };

struct job_run {
    struct app_options o;
    struct list_work work;
    struct list_scan *scan;
    const char *path[1];
    uint8_t stage;            /* enum run_stage */
    uint32_t engine;          /* its number there */
    uint32_t next;            /* row */
    uint32_t inside;          /* rows in the engine */
    int err;                  /* -errno: it cannot go on */
    struct app_count flushed; /* what surely stands in the file */
    char list[JOB_PATH], results[JOB_PATH], identity[96];
};

static uint8_t run_format(void)
{
    uint8_t i = 0;

    while (strcmp(app_formats[i].name, "csv") != 0)
        i++;
    return i;
}

static void run_free(struct job *job)
{
    struct job_run *run = job->run;

    list_scan_close(run->scan);
    list_work_close(&run->work);
    free(run);
    job->run = NULL;
}

/* A number the engine does not know, in the share of turns that the fewest running jobs have. */
static uint32_t run_number(struct jobs *jobs)
{
    unsigned running[QUOTH_BATCH_SHARES] = {0};
    uint32_t best = jobs->engine + 1;

    for (unsigned i = 0; i < jobs->runnings; i++)
        running[jobs->running[i]->run->engine % QUOTH_BATCH_SHARES]++;
    for (uint32_t next = best; next <= jobs->engine + QUOTH_BATCH_SHARES; next++)
        if (running[next % QUOTH_BATCH_SHARES] < running[best % QUOTH_BATCH_SHARES])
            best = next;
    return jobs->engine = best;
}

/* ---- it cannot go on ---------------------------------------------------------------- */

static const char run_room[] = "There is no room on the disk; it goes on by itself.";
static const char run_files[] = "No more files can be opened just now; it goes on by itself.";
static const struct run_stop {
    int err;
    uint32_t wait_ms; /* it may be otherwise then; 0: never */
    const char *why;
} run_stops[] = {
    {ENOSPC, JOB_AGAIN_MS, run_room},
    {EDQUOT, JOB_AGAIN_MS, run_room},
    {EFBIG, JOB_AGAIN_MS, run_room},
    {EMFILE, JOB_MINUTE_MS, run_files},
    {ENFILE, JOB_MINUTE_MS, run_files},
    {ENOMEM, JOB_MINUTE_MS, "There is no memory just now; it goes on by itself."},
    {EBADF, JOB_MINUTE_MS, "Its files cannot be written or read; the log of the server says why."},
    {ENODATA, 0, "The list holds no address."},
    {ENOENT, 0, "Its list is gone."},
    {ESTALE, 0, "The list was changed while it was read."},
    {EINVAL, 0, "Its results were changed by somebody; the log of the server says how."},
};
enum { RUN_STOPS = sizeof run_stops / sizeof *run_stops };

/* NULL: another fault, which stays. */
static const struct run_stop *run_stop(int err)
{
    for (const struct run_stop *stop = run_stops; stop < run_stops + RUN_STOPS; stop++)
        if (stop->err == -err)
            return stop;
    return NULL;
}

/* For want of what may be there again it waits, else it has failed. */
static void run_broke(struct serve *serve, struct job *job, int err)
{
    const struct run_stop *stop = run_stop(err);

    if (!stop || !stop->wait_ms) {
        job_fail(serve, job, stop ? stop->why : app_error_words(err));
        return;
    }
    job->again = serve->now + stop->wait_ms;
    snprintf(job->why, sizeof job->why, "%s", stop->why);
    job_become(serve, job, JOB_PAUSED);
}

/* ---- beginning ---------------------------------------------------------------------- */

/* Why its list is not open: list_in_begin() has said `code`. */
static int run_unread(const struct job_run *run, int code)
{
    if (access(run->list, F_OK))
        return -errno;
    return code == APP_EXIT_USAGE ? -ESTALE : -EBADF;
}

int job_run_open(struct serve *serve, struct job *job)
{
    struct job_run *run = calloc(1, sizeof *run);
    struct list_in *in = run ? calloc(1, sizeof *in) : NULL;
    int rc;

    if (!in) {
        free(run);
        run_broke(serve, job, -ENOMEM);
        return -1;
    }
    job->run = run;
    job_path(serve, job, "list", run->list);
    job_path(serve, job, "results.csv", run->results);
    run->o = *serve->o;
    job_options(serve, job, &run->o.list);
    run->o.list.output = run->results;
    run->o.list.anyway = 1; /* it was looked at when it came */
    run->o.format = run_format();
    run->work.o = &run->o;
    run->work.conf = &serve->setup->conf;
    run->work.listed = &serve->setup->listed;
    run->work.set.in = in;
    run->work.set.n = 1;
    run->work.set.path = run->path;
    run->path[0] = run->list;
    run->engine = run_number(serve->jobs);
    rc = list_in_begin(in, run->list, &run->o.list, &job_never);
    if (!rc)
        run->scan = list_scan_open(in);
    if (run->scan)
        return 0;
    rc = run_unread(run, rc);
    run_free(job);
    run_broke(serve, job, rc);
    return -1;
}

/* ---- steps ------------------------------------------------------------------------ */

static int run_scan(struct job_run *run)
{
    int more = 1;

    for (int i = 0; i < RUN_SCANS && more > 0; i++)
        more = list_scan_step(run->scan);
    if (more < 0)
        run->err = more;
    if (more)
        return 1;
    list_scan_close(run->scan);
    run->scan = NULL;
    run->work.set.rows = run->work.set.in->rows;
    run->stage = run->work.conf->depth == QUOTH_DEPTH_SMTP ? RUN_COUNT : RUN_OPEN;
    if (!run->work.set.rows)
        run->err = -ENODATA;
    return 1;
}

static int run_count(struct job_run *run)
{
    for (int i = 0; i < RUN_ROWS && !run->err && run->next < run->work.set.rows; i++)
        run->err = list_work_count(&run->work, run->next++);
    if (run->next == run->work.set.rows) {
        list_pattern_settle(&run->work.pattern);
        run->next = 0;
        run->stage = RUN_OPEN;
    }
    return 1;
}

/* What results.csv looks like, for whoever reads it again. */
static void run_shape(struct job *job, const struct list_work *work)
{
    const struct app_page *page = &work->out.page;

    job->own = page->own_columns ? page->own_columns : 1;
    job->at = page->own_columns ? work->set.in->column : 0;
    for (uint32_t i = 0; page->dropped && i < page->own_columns; i++) {
        job->own -= page->dropped[i];
        job->at -= i < work->set.in->column ? page->dropped[i] : 0;
    }
    job->delimiter = page->delimiter;
    job->headless = page->no_head;
}

static void run_counted(struct job *job, const struct app_count *count)
{
    job->count = *count;
    job->done = app_count_all(count);
}

/* Why its results are not open: list_work_open() has said `code`. */
static int run_unopened(int code)
{
    switch (code) {
    case APP_EXIT_FULL: return -ENOSPC;
    case APP_EXIT_USAGE: return -EINVAL;
    default: return -EBADF;
    }
}

static int run_open(struct serve *serve, struct job *job)
{
    struct job_run *run = job->run;
    struct list_sink_conf conf = {.path = run->results,
                                  .identity = run->identity,
                                  .rows = run->work.set.rows,
                                  .ordered = job->wish.ordered,
                                  .resume = 1,
                                  .count = &run->work.count};
    int rc;

    snprintf(run->identity, sizeof run->identity, "job\t%s\nbytes\t%llu\nrows\t%u\n", job->id,
             (unsigned long long)job->bytes, conf.rows);
    memset(&run->work.count, 0, sizeof run->work.count);
    rc = list_work_open(&run->work, &conf);
    job->rows = conf.rows;
    if (rc) {
        list_sink_drop(run->work.sink);
        run->work.sink = NULL;
    }
    if (rc == LIST_FINISHED) {
        run_free(job);
        job_become(serve, job, JOB_DONE);
        return 1;
    }
    if (rc)
        run->err = run_unopened(rc);
    run_shape(job, &run->work);
    run_counted(job, &run->work.count);
    run->flushed = job->count;
    run->stage = RUN_FEED;
    rc = run->err ? 0 : job_file_write(serve, job);
    if (rc)
        run->err = run_stop(rc) ? rc : -EBADF;
    return 1;
}

/* ---- rows ------------------------------------------------------------------------- */

/* A place for a row in the engine's ids: JOB_AHEAD of them at most. `slots`: there is none. */
static uint32_t run_slot(struct jobs *jobs)
{
    if (jobs->free == jobs->slots && jobs->slots < JOB_AHEAD) {
        const uint32_t cap = jobs->slots ? jobs->slots * 2 : 1024;
        struct job_slot *more = realloc(jobs->slot, cap * sizeof *more);
        if (!more)
            return jobs->slots;
        jobs->slot = more;
        for (uint32_t i = jobs->slots; i < cap; i++)
            more[i] = (struct job_slot) {NULL, i + 1};
        jobs->slots = cap;
    }
    return jobs->free;
}

/* 0; 1: not now, or -errno in run->err. */
static int run_give(struct serve *serve, struct job *job)
{
    const struct quoth_batch_options how = {.job = job->run->engine, .no_wait = job->wish.no_wait};
    struct jobs *jobs = serve->jobs;
    struct job_run *run = job->run;
    const struct list_row *row = &run->work.row;
    const uint32_t place = run_slot(jobs);
    int err;

    if (place == jobs->slots)
        return 1;
    jobs->free = jobs->slot[place].row;
    jobs->slot[place] = (struct job_slot) {job, row->id};
    run->inside++;
    run->work.adding = 1;
    err = quoth_batch_add(serve->batch, JOB_ENGINE | place, row->address, row->address_n, &how);
    run->work.adding = 0;
    if (err == QUOTH_OK)
        return 0;
    run->inside--;
    jobs->slot[place] = (struct job_slot) {NULL, jobs->free};
    jobs->free = place;
    return 1;
}

static int run_feed(struct serve *serve, struct job *job)
{
    struct job_run *run = job->run;
    const uint32_t ahead = JOB_AHEAD / serve->jobs->runnings;
    int n = 0, later = 0;

    for (; n < RUN_ROWS && !run->err && run->next < job->rows && run->inside < ahead; n++) {
        if (!list_sink_has(run->work.sink, run->next)) {
            run->err = list_set_row(&run->work.set, run->next, 1, &run->work.row);
            if (run->err)
                break;
            if (run->work.row.reason)
                run->err = list_work_unasked(&run->work);
            else
                later = run_give(serve, job);
            if (later)
                break;
        }
        run->next++;
    }
    run_counted(job, &run->work.count);
    return run->err || (!later && run->next < job->rows && run->inside < ahead) ||
           job->done == job->rows;
}

void job_run_told(struct serve *serve, struct job *job, uint32_t row,
                  const struct quoth_batch_result *result)
{
    struct job_run *run = job->run;

    (void)serve;
    run->inside--;
    if (!run->err)
        run->err = list_work_told(&run->work, row, result);
    run_counted(job, &run->work.count);
}

uint32_t jobs_rows(const struct serve *serve)
{
    uint32_t n = 0;

    for (const struct job *job = serve->jobs->first; job; job = job->next)
        n += job->run ? job->run->inside : 0;
    return n;
}

void job_run_flush(struct job *job)
{
    struct job_run *run = job->run;

    if (run->stage != RUN_FEED || run->err || app_count_all(&run->flushed) == job->done)
        return;
    run->err = list_sink_flush(run->work.sink);
    if (!run->err && list_set_changed(&run->work.set))
        run->err = -ESTALE;
    if (!run->err)
        run->flushed = job->count;
}

int job_results(const struct serve *serve, const struct job *job, uint64_t *size)
{
    char path[JOB_PATH];
    struct stat st;
    int fd;

    job_path(serve, job, "results.csv", path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st)) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *size = (uint64_t)st.st_size;
    if (job->run) /* what is behind may be half a row */
        *size = job->run->work.sink ? list_sink_bytes(job->run->work.sink) : 0;
    return fd;
}

/* ---- the end ------------------------------------------------------------------------ */

/* Rows in the engine are forgotten there, and here. */
static void run_drop(struct serve *serve, const struct job *job)
{
    struct jobs *jobs = serve->jobs;

    if (!job->run->inside)
        return;
    quoth_batch_drop(serve->batch, job->run->engine);
    for (uint32_t i = 0; i < jobs->slots; i++)
        if (jobs->slot[i].job == job) {
            jobs->slot[i] = (struct job_slot) {NULL, jobs->free};
            jobs->free = i;
        }
    job->run->inside = 0;
}

/* 0, or -errno of what could not be written. `whole`: every row is answered. */
static int run_end(struct serve *serve, struct job *job, int whole)
{
    struct job_run *run = job->run;
    int err = 0, broken = 0;

    run_drop(serve, job);
    run->work.out.n = 0;
    if (whole)
        err = list_out_tail(&run->work.out, &run->work.count);
    if (run->work.sink)
        broken = list_sink_close(run->work.sink, whole && !err ? &run->work.count : NULL,
                                 run->work.out.text, run->work.out.n);
    if (run->err || err || broken) /* what is behind is asked for again */
        run_counted(job, &run->flushed);
    run_free(job);
    return err ? err : broken;
}

void job_run_close(struct serve *serve, struct job *job) { run_end(serve, job, 0); }

void job_run_drop(struct serve *serve, struct job *job)
{
    run_drop(serve, job);
    list_sink_drop(job->run->work.sink);
    run_free(job);
}

int job_run_step(struct serve *serve, struct job *job)
{
    struct job_run *run = job->run;
    int more = 0, err;

    switch (run->stage) {
    case RUN_SCAN: more = run_scan(run); break;
    case RUN_COUNT: more = run_count(run); break;
    case RUN_OPEN: more = run_open(serve, job); break;
    default: more = run_feed(serve, job);
    }
    if (!job->run)
        return more;
    if (!run->err && run->stage == RUN_FEED && job->done == job->rows) {
        err = run_end(serve, job, 1);
        if (err)
            run_broke(serve, job, err);
        else
            job_become(serve, job, JOB_DONE);
        return 1;
    }
    if (!run->err)
        return more;
    err = run->err;
    run_end(serve, job, 0);
    run_broke(serve, job, err);
    return 1;
}
