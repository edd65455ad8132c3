/* serve.c - the loop: everything that happens passes here.
 *
 *   wait --> clients and listeners that moved --> the engine turns: results, traces
 *    ^                                                  |
 *    '------ what was put is sent <-- whose time is over
 *
 * A first signal to end lets checks that somebody waits for end (20 s at most), then has open
 * conversations say QUIT (10 s at most, the engine's); a second one does neither. SIGHUP has the
 * token file read again.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "aside.h"
#include "conn.h"
#include "identities.h"
#include "job.h"
#include "notify.h"
#include "posix.h"
#include "tls_sessions.h"

enum {
    SERVE_MOVED = 256,
    SERVE_DRAIN_MS = 20000,
    SERVE_SAVE_MS = 60000,
    SERVE_FIT_MS = 1000,
    SERVE_FILES = 64,  /* descriptors for lists and what they come to */
    SERVE_TURN_MS = 1, /* of the engine: longer, and an answer that is known waits for it */
    SERVE_STATE_MAX = 1 << 24
};

static volatile sig_atomic_t serve_ends, serve_reloads;
static struct quoth_loop *volatile serve_loop;

static void serve_signal(int number)
{
    if (number == SIGHUP)
        serve_reloads = 1;
    else
        serve_ends++;
    if (serve_loop)
        quoth_loop_wake(serve_loop);
}

static int serve_end_of(enum quoth_pace_kind kind, enum quoth_err err)
{
    if (kind == QUOTH_PACE_REFUSED)
        return SERVE_END_REFUSED;
    if (kind == QUOTH_PACE_BUSY)
        return SERVE_END_BUSY;
    if (err == QUOTH_ETIME)
        return SERVE_END_TIMEOUT;
    return err ? SERVE_END_CLOSED : SERVE_END_OK;
}

static void serve_over(void *arg, const struct quoth_ip *ip, enum quoth_pace_kind kind,
                       enum quoth_err err)
{
    struct serve *serve = arg;

    (void)ip;
    serve->count.ended[serve_end_of(kind, err)]++;
}

static void serve_event(void *arg, const char *line)
{
    struct serve *serve = arg;

    if (!serve->o->quiet)
        app_say(0, NULL, line);
    jobs_note(serve, line);
}

/* ---- manners that outlive us ---------------------------------------------------- */

static uint64_t serve_wall_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void serve_result(void *arg, const struct quoth_batch_result *result)
{
    struct serve *serve = arg;

    check_count(serve, result,
                result->id & JOB_ENGINE ? SERVE_VIA_JOB
                                        : (enum serve_via)serve->check[result->id]->via);
    if (result->id & JOB_ENGINE)
        jobs_result(serve, result);
    else
        check_result(serve, result);
}

static void serve_path(const struct serve *serve, const char *name, char path[1024])
{
    snprintf(path, 1024, "%s/%s", serve->state_dir, name);
}

/* What a gateway knows: a part of it each turn. */
static void serve_save_known(struct serve *serve, int whole)
{
    char path[1024];

    serve_path(serve, "known", path);
    serve->saving = (uint8_t)serve->gateway_save(serve, path, serve_wall_ms(), whole);
}

static int serve_put(void *arg, const char *p, size_t n) { return fwrite(p, 1, n, arg) != n; }

static void serve_save_manners(const struct serve *serve, unsigned who)
{
    const struct quoth_batch *batch = identities_engine(serve, who);
    char path[1024], next[1024], name[IDENTITIES_FILE];
    FILE *file;
    int err;

    identities_file(serve, who, name);
    serve_path(serve, name, path);
    serve_path(serve, "manners.new", next);
    file = fopen(next, "we");
    err = !file || quoth_batch_save(batch, serve_wall_ms(), serve_put, file) || fflush(file)
              ? (errno ? -errno : -EIO)
              : app_file_replace(fileno(file), next, path);
    if (file)
        fclose(file);
    if (err)
        app_say_error(0, path, err);
}

static void serve_save(struct serve *serve, int whole)
{
    serve->saved = serve->now;
    if (!serve->state_dir)
        return;
    for (unsigned who = 0; who < identities_count(serve); who++)
        serve_save_manners(serve, who);
    if (serve->gateway_save)
        serve_save_known(serve, whole);
}

/* Of now, for what a file says; as late as when it was written at least, for a machine without a
 * battery begins in 1970, and a hold of seconds would be one of a day. */
static uint64_t serve_wall_of(FILE *file)
{
    const uint64_t wall = serve_wall_ms();
    struct stat st;
    uint64_t written;

    if (fstat(fileno(file), &st) || st.st_mtim.tv_sec < 0)
        return wall;
    written = (uint64_t)st.st_mtim.tv_sec * 1000 + (uint64_t)st.st_mtim.tv_nsec / 1000000;
    return written > wall ? written : wall;
}

static int serve_load_manners(struct serve *serve, unsigned who)
{
    uint64_t wall_ms;
    char path[1024], name[IDENTITIES_FILE], *text;
    uint32_t line = 0;
    size_t n;
    FILE *file;

    identities_file(serve, who, name);
    serve_path(serve, name, path);
    file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? 0 : app_say_error(APP_EXIT_NO_INPUT, path, errno);
    wall_ms = serve_wall_of(file);
    text = malloc(SERVE_STATE_MAX);
    n = text ? fread(text, 1, SERVE_STATE_MAX, file) : 0;
    fclose(file);
    if (text &&
        quoth_batch_load(identities_engine(serve, who), wall_ms, text, n, &line) == QUOTH_EINVAL)
        app_say(0, path, "is damaged, so holds of earlier runs are not known");
    free(text);
    return 0;
}

static int serve_load(struct serve *serve)
{
    char path[1024];
    int rc = 0;

    if (!serve->state_dir)
        return 0;
    if (access(serve->state_dir, R_OK | W_OK | X_OK))
        return app_say_error(APP_EXIT_NO_INPUT, serve->state_dir, errno);
    serve->state_fd = open(serve->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (serve->state_fd >= 0 && flock(serve->state_fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        return app_say(APP_EXIT_NO_INPUT, serve->state_dir,
                       "another server keeps its lists there: give each a directory of its own");
    for (unsigned who = 0; !rc && who < identities_count(serve); who++)
        rc = serve_load_manners(serve, who);
    serve_path(serve, "known", path);
    return rc || !serve->gateway_load ? rc : serve->gateway_load(serve, path, serve_wall_ms());
}

/* ---- the run ---------------------------------------------------------------------- */

static void serve_reloading(void)
{
    struct timespec time;
    char text[64];

    clock_gettime(CLOCK_MONOTONIC, &time);
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)time.tv_sec * 1000000 + (unsigned long long)time.tv_nsec / 1000);
    notify_say(text);
}

/* Whoever reads it knows that the loop turns. */
static void serve_pulse(struct serve *serve)
{
    if (serve->now < serve->pulse)
        return;
    serve->pulse = serve->now + serve->pulse_ms;
    notify_say("WATCHDOG=1");
}

/* Who watches a check that is to be asked again is let go: that will not be. */
static void serve_let_go(struct serve *serve)
{
    for (struct check *check = serve->followed; check; check = check->newer)
        while (check->waiter)
            client_close(check->waiter);
}

static void serve_reload(struct serve *serve)
{
    if (!serve->token_file)
        return;
    if (token_read(serve)) {
        app_say(0, serve->token_file, "the tokens of before go on");
        return;
    }
    web_cut_off(serve);
    if (!serve->o->quiet)
        app_say(0, serve->token_file, "was read again");
}

static void serve_signals(struct serve *serve)
{
    if (serve_reloads) {
        serve_reloads = 0;
        serve_reloading();
        serve_reload(serve);
        notify_say("READY=1");
    }
    if (serve_ends && !serve->draining) {
        serve->draining = 1;
        notify_say("STOPPING=1");
        serve->drain_until = serve->now + SERVE_DRAIN_MS;
        conn_end_listening(serve);
        jobs_drain(serve);
        serve_let_go(serve);
        conn_idle_end(serve);
    }
}

/* Once nobody is to be waited for, mail servers hear QUIT instead of a connection that breaks. */
static void serve_leave(struct serve *serve)
{
    const int at_once = serve_ends > 1;

    if (!serve->draining || (serve->clients && !at_once && serve->now < serve->drain_until))
        return;
    if (!serve->leaving)
        identities_stop(serve);
    if (at_once)
        identities_stop(serve);
    serve->leaving = 1;
    serve->drain_until = QUOTH_NEVER; /* from here on the engine says until when */
}

static uint64_t serve_save_due(const struct serve *serve)
{
    if (serve->saving)
        return serve->now;
    return serve->state_dir ? serve->saved + SERVE_SAVE_MS : QUOTH_NEVER;
}

static uint64_t serve_due(const struct serve *serve)
{
    uint64_t due = identities_due(serve), clients = quoth_due_next(&serve->due, NULL);
    const uint64_t save = serve_save_due(serve);

    due = clients < due ? clients : due;
    due = aside_due(serve) < due ? aside_due(serve) : due;
    due = jobs_due(serve) < due ? jobs_due(serve) : due;
    due = check_due(serve) < due ? check_due(serve) : due;
    due = save < due ? save : due;
    due = serve->pulse < due ? serve->pulse : due;
    return serve->draining && serve->drain_until < due ? serve->drain_until : due;
}

/* Descriptors that were taken away since the start (prlimit) are raised again, or it is clients who
 * have fewer: what waits for nothing is not to keep mail servers waiting. Before the engine opens
 * what a new check needs, and each second. */
static void serve_fit(struct serve *serve)
{
    uint32_t left;

    if (serve->now - serve->fitted < SERVE_FIT_MS)
        return;
    serve->fitted = serve->now;
    left = quoth_loop_descriptors();
    if (left < serve->descriptors && conn_fit(serve, left / 4))
        serve->fitted = 0;
}

/* 1: it goes on; 0: all is said; < 0: an error. */
static int serve_turn(struct serve *serve)
{
    uint32_t moved[SERVE_MOVED];
    const int n = quoth_loop_wait(serve->loop, serve_due(serve), moved, SERVE_MOVED);

    if (n < 0)
        return n;
    serve->now = quoth_posix_now();
    serve->turns++;
    serve_signals(serve);
    conn_told(serve, moved, (unsigned)n);
    serve_fit(serve);
    const int goes_on = identities_turn(serve, moved, (unsigned)n);
    if (goes_on < 0)
        return goes_on;
    aside_turn(serve, moved, (unsigned)n);
    jobs_turn(serve);
    check_again(serve);
    conn_late(serve);
    conn_settle(serve);
    check_trim(serve);
    serve_leave(serve);
    serve_pulse(serve);
    if (serve->now - serve->saved >= SERVE_SAVE_MS)
        serve_save(serve, 0);
    else if (serve->saving)
        serve_save_known(serve, 0);
    return goes_on;
}

static void serve_catch(void)
{
    struct sigaction caught = {.sa_handler = serve_signal};

    sigaction(SIGINT, &caught, NULL);
    sigaction(SIGTERM, &caught, NULL);
    sigaction(SIGHUP, &caught, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a full disk, to whoever writes */
    signal(SIGIO, SIG_IGN);   /* whoever opens what has a lease (job_file.c) gets it at once */
}

int serve_run(struct serve *serve)
{
    int rc = 1;

    serve->now = serve->saved = quoth_posix_now();
    serve_loop = serve->loop;
    serve_catch();
    conn_pause(serve, 0);
    serve->pulse_ms = notify_pulse_ms();
    serve->pulse = serve->pulse_ms ? serve->now : QUOTH_NEVER;
    notify_say("READY=1");
    while (rc > 0)
        rc = serve_turn(serve);
    serve_loop = NULL;
    serve_save(serve, 1);
    return rc ? app_say(APP_EXIT_INTERNAL, "the engine", app_err_words(rc)) : 0;
}

/* ---- beginning and end ---------------------------------------------------------------- */

static int serve_no(int e)
{
    return app_say_error(APP_EXIT_INTERNAL, e == EMFILE ? "ulimit -n" : NULL, e);
}

/* Descriptors are for clients, mail servers and files: each has its part, so that no crowd of the
 * first leaves nothing for the others. */
static uint32_t serve_share(struct serve *serve)
{
    uint32_t most;
    char text[80];

    serve->descriptors = quoth_loop_descriptors();
    most = serve->descriptors / 2;
    if (serve->limits.clients > most) {
        serve->limits.clients = most;
        snprintf(text, sizeof text, "there is room for %u connections (--connections)", most);
        app_say(0, "ulimit -n", text);
    }
    return serve->limits.clients + SERVE_FILES;
}

static int serve_engine(struct serve *serve)
{
    const struct quoth_batch_hooks hooks = {.arg = serve,
                                            .result = serve_result,
                                            .event = serve_event,
                                            .over = serve_over,
                                            .own = serve->own,
                                            .trace = check_trace};
    struct quoth_batch_limits limits = serve->o->list.limits;

    limits.pace_off |= serve->o->sandbox != 0;
    limits.run_ms = 0;
    limits.turn_ms = SERVE_TURN_MS;
    limits.others = serve_share(serve);
    if (serve->setup->tls_up)
        (void)quoth_tls_remember(&serve->setup->tls.global, 0);
    if (serve->identities_file)
        return identities_begin(serve, &limits, &hooks);
    serve->batch = app_engine_new(&serve->setup->conf, &limits,
                                  serve->setup->tls_up ? &serve->setup->links : NULL, &hooks);
    return serve->batch ? 0 : APP_EXIT_INTERNAL;
}

int serve_init(struct serve *serve)
{
    const struct aside_hooks aside = {.result = serve_result, .told = check_told};
    int rc = serve_engine(serve);

    if (rc)
        return rc;
    serve->loop = quoth_batch_loop(serve->batch);
    serve->client = calloc(serve->limits.clients, sizeof(struct client *));
    serve->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!serve->client || check_begin(serve) ||
        quoth_loop_numbers(serve->loop, SERVE_LISTENERS + serve->limits.clients, &serve->numbers))
        return serve_no(ENOMEM);
    if (quoth_posix_random(serve->key, sizeof serve->key))
        return app_say(APP_EXIT_INTERNAL, NULL, app_err_words(QUOTH_ENORANDOM));
    serve->now = serve->began = quoth_posix_now();
    if (aside_begin(serve, &aside))
        return serve_no(ENOMEM);
    rc = token_read(serve);
    if (!rc)
        rc = serve_load(serve);
    return rc ? rc : jobs_begin(serve);
}

void serve_end(struct serve *serve)
{
    conn_end(serve);
    jobs_end(serve);
    aside_end(serve); /* its places hold checks */
    check_end(serve);
    identities_end(serve);
    if (serve->batch)
        quoth_batch_free(serve->batch);
    if (serve->spare > 0)
        close(serve->spare);
    free(serve->token);
    if (serve->state_fd > 0)
        close(serve->state_fd);
}
