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
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "aside.h"
#include "conn.h"
#include "job.h"
#include "notify.h"
#include "posix.h"
#include "tls_sessions.h"

enum {
    SERVE_MOVED = 256,
    SERVE_DRAIN_MS = 20000,
    SERVE_SAVE_MS = 60000,
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

static void serve_event(void *arg, const char *line)
{
    struct serve *s = arg;

    if (!s->o->quiet)
        app_say(0, NULL, line);
    jobs_note(s, line);
}

/* ---- manners that outlive us ---------------------------------------------------- */

static uint64_t serve_wall_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void serve_result(void *arg, const struct quoth_batch_result *result)
{
    struct serve *s = arg;

    check_count(s, result,
                result->id & JOB_ENGINE ? SERVE_VIA_JOB
                                        : (enum serve_via)s->check[result->id]->via);
    if (result->id & JOB_ENGINE)
        jobs_result(s, result);
    else
        check_result(s, result);
}

static void serve_path(const struct serve *s, const char *name, char path[1024])
{
    snprintf(path, 1024, "%s/%s", s->state_dir, name);
}

/* What a gateway knows: a part of it each turn. */
static void serve_save_known(struct serve *s, int whole)
{
    char path[1024];

    serve_path(s, "known", path);
    s->saving = (uint8_t)s->gateway_save(s, path, serve_wall_ms(), whole);
}

static int serve_put(void *arg, const char *p, size_t n) { return fwrite(p, 1, n, arg) != n; }

/* A new file takes the place of the old one, so that one of them is whole. */
static void serve_save(struct serve *s, int whole)
{
    char path[1024], next[1024];
    FILE *f;
    int bad;

    s->saved = s->now;
    if (!s->state_dir)
        return;
    serve_path(s, "manners", path);
    serve_path(s, "manners.new", next);
    f = fopen(next, "we");
    bad = !f || quoth_batch_save(s->batch, serve_wall_ms(), serve_put, f);
    if (f)
        bad |= fclose(f) != 0;
    if (bad || rename(next, path))
        app_say_error(0, path, errno);
    if (s->gateway_save)
        serve_save_known(s, whole);
}

static int serve_load_manners(struct serve *s)
{
    char path[1024], *text;
    uint32_t line = 0;
    size_t n;
    FILE *f;

    serve_path(s, "manners", path);
    f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? 0 : app_say_error(APP_EXIT_NO_INPUT, path, errno);
    text = malloc(SERVE_STATE_MAX);
    n = text ? fread(text, 1, SERVE_STATE_MAX, f) : 0;
    fclose(f);
    if (text && quoth_batch_load(s->batch, serve_wall_ms(), text, n, &line) == QUOTH_EINVAL)
        app_say(0, path, "is damaged, so holds of earlier runs are not known");
    free(text);
    return 0;
}

static int serve_load(struct serve *s)
{
    char path[1024];
    int rc;

    if (!s->state_dir)
        return 0;
    if (access(s->state_dir, R_OK | W_OK | X_OK))
        return app_say_error(APP_EXIT_NO_INPUT, s->state_dir, errno);
    rc = serve_load_manners(s);
    serve_path(s, "known", path);
    return rc || !s->gateway_load ? rc : s->gateway_load(s, path, serve_wall_ms());
}

/* ---- the run ---------------------------------------------------------------------- */

static void serve_reloading(void)
{
    struct timespec t;
    char text[64];

    clock_gettime(CLOCK_MONOTONIC, &t);
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)t.tv_sec * 1000000 + (unsigned long long)t.tv_nsec / 1000);
    notify_say(text);
}

/* Whoever reads it knows that the loop turns. */
static void serve_pulse(struct serve *s)
{
    if (s->now < s->pulse)
        return;
    s->pulse = s->now + s->pulse_ms;
    notify_say("WATCHDOG=1");
}

static void serve_signals(struct serve *s)
{
    if (serve_reloads) {
        serve_reloads = 0;
        serve_reloading();
        if (!token_read(s) && !s->o->quiet)
            app_say(0, s->token_file, "was read again");
        notify_say("READY=1");
    }
    if (serve_ends && !s->draining) {
        s->draining = 1;
        notify_say("STOPPING=1");
        s->drain_until = s->now + SERVE_DRAIN_MS;
        conn_end_listening(s);
        jobs_drain(s);
        conn_idle_end(s);
    }
}

/* Once nobody is to be waited for, mail servers hear QUIT instead of a connection that breaks. */
static void serve_leave(struct serve *s)
{
    const int at_once = serve_ends > 1;

    if (!s->draining || (s->clients && !at_once && s->now < s->drain_until))
        return;
    if (!s->leaving)
        quoth_batch_stop(s->batch);
    if (at_once)
        quoth_batch_stop(s->batch);
    s->leaving = 1;
    s->drain_until = QUOTH_NEVER; /* from here on the engine says until when */
}

static uint64_t serve_due(const struct serve *s)
{
    uint64_t due = quoth_batch_due(s->batch), clients = quoth_due_next(&s->due, NULL);
    const uint64_t save = s->saving      ? s->now
                          : s->state_dir ? s->saved + SERVE_SAVE_MS
                                         : QUOTH_NEVER;

    due = clients < due ? clients : due;
    due = aside_due(s) < due ? aside_due(s) : due;
    due = jobs_due(s) < due ? jobs_due(s) : due;
    due = save < due ? save : due;
    due = s->pulse < due ? s->pulse : due;
    return s->draining && s->drain_until < due ? s->drain_until : due;
}

/* 1: it goes on; 0: all is said; < 0: an error. */
static int serve_turn(struct serve *s)
{
    uint32_t moved[SERVE_MOVED];
    const int n = quoth_loop_wait(s->loop, serve_due(s), moved, SERVE_MOVED);

    if (n < 0)
        return n;
    s->now = quoth_posix_now();
    s->turns++;
    serve_signals(s);
    conn_told(s, moved, (unsigned)n);
    const int goes_on = quoth_batch_turn(s->batch, moved, (unsigned)n);
    if (goes_on < 0)
        return goes_on;
    aside_turn(s, moved, (unsigned)n);
    jobs_turn(s);
    conn_late(s);
    conn_settle(s);
    check_trim(s);
    serve_leave(s);
    serve_pulse(s);
    if (s->now - s->saved >= SERVE_SAVE_MS)
        serve_save(s, 0);
    else if (s->saving)
        serve_save_known(s, 0);
    return goes_on;
}

static void serve_catch(void)
{
    struct sigaction caught = {.sa_handler = serve_signal};

    sigaction(SIGINT, &caught, NULL);
    sigaction(SIGTERM, &caught, NULL);
    sigaction(SIGHUP, &caught, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a full disk, to whoever writes */
}

int serve_run(struct serve *s)
{
    int rc = 1;

    s->now = s->saved = quoth_posix_now();
    serve_loop = s->loop;
    serve_catch();
    conn_pause(s, 0);
    s->pulse_ms = notify_pulse_ms();
    s->pulse = s->pulse_ms ? s->now : QUOTH_NEVER;
    notify_say("READY=1");
    while (rc > 0)
        rc = serve_turn(s);
    serve_loop = NULL;
    serve_save(s, 1);
    return rc ? app_say(APP_EXIT_INTERNAL, "the engine", app_err_words(rc)) : 0;
}

/* ---- beginning and end ---------------------------------------------------------------- */

static int serve_no(int e)
{
    return app_say_error(APP_EXIT_INTERNAL, e == EMFILE ? "ulimit -n" : NULL, e);
}

static int serve_engine(struct serve *s)
{
    const struct quoth_batch_hooks hooks = {.arg = s,
                                            .result = serve_result,
                                            .event = serve_event,
                                            .own = s->own,
                                            .trace = check_trace};
    struct quoth_batch_limits limits = s->o->list.limits;

    limits.pace_off |= s->o->sandbox != 0;
    limits.run_ms = 0;
    limits.turn_ms = SERVE_TURN_MS;
    if (s->setup->tls_up)
        (void)quoth_tls_remember(&s->setup->tls.global, 0);
    s->batch = app_engine_new(&s->setup->conf, &limits, s->setup->tls_up ? &s->setup->links : NULL,
                              &hooks);
    return s->batch ? 0 : APP_EXIT_INTERNAL;
}

int serve_init(struct serve *s)
{
    const struct aside_hooks aside = {.result = serve_result, .told = check_told};
    int rc = serve_engine(s);

    if (rc)
        return rc;
    s->loop = quoth_batch_loop(s->batch);
    s->client = calloc(s->limits.clients, sizeof(struct client *));
    s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!s->client || check_begin(s) ||
        quoth_loop_numbers(s->loop, SERVE_LISTENERS + s->limits.clients, &s->numbers))
        return serve_no(ENOMEM);
    if (quoth_posix_random(s->key, sizeof s->key))
        return app_say(APP_EXIT_INTERNAL, NULL, app_err_words(QUOTH_ENORANDOM));
    s->now = s->began = quoth_posix_now();
    if (aside_begin(s, &aside))
        return serve_no(ENOMEM);
    rc = token_read(s);
    if (!rc)
        rc = serve_load(s);
    return rc ? rc : jobs_begin(s);
}

void serve_end(struct serve *s)
{
    conn_end(s);
    jobs_end(s);
    check_end(s);
    aside_end(s);
    if (s->batch)
        quoth_batch_free(s->batch);
    if (s->spare > 0)
        close(s->spare);
    free(s->token);
}
