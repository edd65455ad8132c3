/* list.c - the list mode: -f FILE.
 *
 *   rows found --> open answers and output --> each row: answered before? another shard's? known?
 *   else to the engine --> run --> what comes back is judged, written, counted --> summary
 *
 * The engine decides who is asked when (batch.h). What is kept here of an address is where its row
 * begins; when its answer comes the row is read again.
 *
 * A shard is chosen by SipHash-2-4 under the key 0, 0 of the domain (lower case, A-labels), modulo
 * N. What is no address counts by its own bytes.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "interrupt.h"
#include "list.h"
#include "loop.h"
#include "setup.h"

struct list_run {
    const struct list_env *env;
    const struct app_options *o;
    uint32_t next; /* the row that is given next; all: none is left */
    struct app_refused refused;
    struct list_progress progress;
    struct quoth_batch *batch;
    uint8_t late; /* the time of --max-time was over before all were answered */
    uint8_t seen; /* every row was looked at, so `total` is all of them */
    uint64_t total, resumed;
    int err; /* the list or the output broke: nothing more is written */
    struct list_work work;
    char identity[LIST_IDENTITY_MAX];
};

/* ---- a result ----------------------------------------------------------- */

static void list_stop(struct list_run *run, int err)
{
    run->err = err;
    quoth_batch_stop(run->batch);
}

static void list_result(void *arg, const struct quoth_batch_result *result)
{
    struct list_run *run = arg;
    int err;

    if (run->err || !run->work.sink)
        return; /* --dry-run: what is no address needs nobody */
    if (result->stop == QUOTH_REASON_TIMEOUT) {
        run->late = 1;
        if (list_sink_resumable(run->work.sink))
            return; /* for a later run */
    }
    err = list_work_told(&run->work, result->id, result);
    if (err)
        list_stop(run, err);
}

static void list_tick(void *arg, const struct quoth_batch_stats *stats)
{
    struct list_run *run = arg;
    int err = run->work.sink ? list_sink_flush(run->work.sink) : 0;
    if (!err && list_set_changed(&run->work.set))
        err = -ESTALE;
    if (err && !run->err)
        list_stop(run, err);
    list_progress_draw(&run->progress, run->work.done, &run->work.count, stats);
}

static void list_event(void *arg, const char *line)
{
    list_progress_note(&((struct list_run *)arg)->progress, line);
}

static int list_decoy(void *arg, const struct quoth_batch_door *at, uint16_t *code, uint8_t *reason)
{
    struct list_run *run = arg;
    const struct answers_door door = {at->domain, at->host, at->ip};

    return run->work.answers && answers_decoy(run->work.answers, &door, code, reason);
}

/* Results on the terminal and the display take turns. */
static void list_before(void *arg) { list_progress_erase(arg); }

/* ---- the rows ----------------------------------------------------------- */

static int list_is_ours(const struct list_run *run)
{
    const struct app_list_options *list = &run->o->list;
    const char *domain = run->work.ev.domain;
    if (!list->shards)
        return 1;
    const uint64_t hash = *domain
                              ? quoth_hash(0, 0, domain, strlen(domain))
                              : quoth_hash(0, 0, run->work.row.address, run->work.row.address_n);
    return hash % list->shards == list->shard - 1;
}

/* How addresses are formed, before anybody is asked: no answer may depend on those before it. Where
 * nobody is asked nothing needs a score. 0 or -errno. */
static int list_count_patterns(struct list_run *run)
{
    int err = 0;

    if (run->env->conf->depth != QUOTH_DEPTH_SMTP || !run->work.sink)
        return 0;
    for (uint32_t id = 0; !err && id < run->work.set.rows && !app_interrupted; id++)
        err = list_work_count(&run->work, id);
    if (!err)
        list_pattern_settle(&run->work.pattern);
    return err;
}

/* The row is seen first: is it ours, and left to be answered? */
static int list_is_left(struct list_run *run)
{
    if (!list_is_ours(run))
        return 0;
    run->total++;
    if (!run->work.sink || !list_sink_has(run->work.sink, run->work.row.id))
        return 1;
    run->work.done++;
    run->resumed++;
    return 0;
}

/* The row to whoever answers it. 0 or -errno; -EAGAIN: the engine has no room for it now. */
static int list_give(struct list_run *run)
{
    const struct list_row *row = &run->work.row;
    int err = 0, known = 0;

    if (row->reason)
        return run->work.sink ? list_work_unasked(&run->work) : 0;
    if (run->work.sink)
        err = list_work_known(&run->work, &known);
    if (err)
        return err;
    if (known)
        return run->err;
    run->work.adding = 1;
    err = app_engine_add(run->batch, &run->refused, row->id,
                         (struct quoth_span) {row->address, row->address_n}, NULL);
    run->work.adding = 0;
    return err ? err : run->err;
}

/* Every row that needs it to the engine, and all are counted. From `next` on they are not given
 * yet: with --with-domain the first, else the one that the engine had no room for. 0 or -errno. */
static int list_add_all(struct list_run *run)
{
    const int look = run->work.answers || run->o->list.shards;

    run->next = run->work.domains ? 0 : run->work.set.rows;
    for (uint32_t id = 0; id < run->work.set.rows && !app_interrupted; id++) {
        int err = list_set_row(&run->work.set, id, 1, &run->work.row);
        if (err)
            return err;
        if (look)
            list_work_text(&run->work);
        if (list_is_left(run) && id < run->next)
            err = list_give(run);
        if (err == -EAGAIN)
            run->next = id;
        else if (err)
            return err;
        run->seen = id + 1 == run->work.set.rows;
    }
    return 0;
}

/* ---- rows that come later ----------------------------------------------- */

enum { LIST_FEED = 1000 }; /* rows at a time: the engine has work meanwhile */

static int list_take(struct list_run *run, uint32_t id, int ahead)
{
    const int err = list_set_row(&run->work.set, id, ahead, &run->work.row);
    if (!err)
        list_work_text(&run->work);
    return err;
}

/* enum list_domain_wait. When the time is over nobody waits any more. */
static int list_waits(struct list_run *run)
{
    return run->work.domains && run->work.askable && !run->late
               ? list_domains_wait(run->work.domains, run->work.ev.domain, run->work.row.id)
               : LIST_DOMAIN_KNOWN;
}

/* Rows from `next` on, some at a time, or until one has to wait. `more`: come back at once. 0 or
 * -errno. */
static int list_feed_next(struct list_run *run, int *more)
{
    int err = 0, wait = LIST_DOMAIN_KNOWN;

    for (int n = 0; run->next < run->work.set.rows && n < LIST_FEED; n++) {
        err = list_take(run, run->next, 1);
        if (err)
            return err;
        const int left = list_is_ours(run) && !list_sink_has(run->work.sink, run->work.row.id);
        wait = left ? list_waits(run) : LIST_DOMAIN_KNOWN;
        if (wait == LIST_DOMAIN_FULL)
            break;
        if (left && wait == LIST_DOMAIN_KNOWN)
            err = list_give(run);
        if (err)
            return err;
        run->next++;
    }
    *more = run->next < run->work.set.rows && wait != LIST_DOMAIN_FULL;
    return 0;
}

/* Rows whose domain is known by now, and those after them. 0 or -errno. */
static int list_feed(struct list_run *run, int *more)
{
    uint32_t id;
    int err = 0;

    *more = 0;
    while (!err && list_domains_next(run->work.domains, &id)) {
        err = list_take(run, id, 0);
        if (!err)
            err = list_give(run);
        if (!err)
            list_domains_given(run->work.domains);
    }
    if (!err)
        err = list_feed_next(run, more);
    return err == -EAGAIN ? 0 : err;
}

static uint64_t list_due(const struct list_run *run)
{
    const uint64_t of_engine = quoth_batch_due(run->batch);
    const uint64_t of_checks = list_domains_due(run->work.domains);
    return of_engine < of_checks ? of_engine : of_checks;
}

/* The engine, the checks of domains beside it, and rows as there is room for them. 0 or -errno. */
static int list_run_engine(struct list_run *run)
{
    struct quoth_loop *loop = quoth_batch_loop(run->batch);
    struct quoth_batch_stats stats;
    uint32_t moved[256];
    int n = 0, goes_on = 1, err = 0, more = 0;

    while (goes_on > 0) {
        err = list_domains_turn(run->work.domains, moved, (unsigned)n);
        if (!err && !app_interrupted)
            err = list_feed(run, &more);
        if (err)
            break;
        if (run->next == run->work.set.rows && !list_domains_busy(run->work.domains))
            quoth_batch_close(run->batch);
        goes_on = quoth_batch_turn(run->batch, moved, (unsigned)n);
        if (goes_on > 0)
            n = quoth_loop_wait(loop, more ? 0 : list_due(run), moved, 256);
        if (n < 0)
            goes_on = n;
    }
    quoth_batch_stats(run->batch, &stats);
    list_tick(run, &stats); /* was a list changed? */
    if (err)
        return err;
    if (goes_on == QUOTH_ESPACE)
        return -ENOMEM;
    return goes_on < 0 ? -EIO : 0;
}

/* ---- the run ------------------------------------------------------------ */

static int list_is_file(const char *path, const struct stat *file)
{
    struct stat st;
    return !stat(path, &st) && S_ISREG(st.st_mode) && app_file_same(&st, file);
}

/* A file that this run writes: no list may be it, nor the cache where it is not that. 0, or an exit
 * code. */
static int list_check_file(const struct list_run *run, const char *path, const char *cache)
{
    struct stat st;

    for (unsigned i = 0; i < run->work.set.n; i++)
        if (!fstat(run->work.set.in[i].file.fd, &st) && list_is_file(path, &st))
            return app_say(APP_EXIT_USAGE, path, "this is the list itself");
    if (cache && (!strcmp(path, cache) || (!stat(cache, &st) && list_is_file(path, &st))))
        return app_say(APP_EXIT_USAGE, cache, "results go there: take another file for --cache");
    return 0;
}

/* Each file that this run writes, before one is opened. 0, or an exit code. */
static int list_check_files(const struct list_run *run)
{
    const struct app_list_options *list = &run->o->list;
    const int named = list->resume && *list->resume;
    const char *journal = named ? list->resume : list->output;
    const struct {
        const char *path, *suffix, *cache;
    } files[] = {
        {list->output, "", list->cache},
        {list->ordered ? list->output : NULL, LIST_PART, list->cache},
        {journal, named ? "" : LIST_JOURNAL, list->cache},
        {journal, named ? LIST_NEW : LIST_JOURNAL LIST_NEW, list->cache},
        {list->cache, "", NULL},
    };
    int rc = 0;

    for (unsigned i = 0; i < sizeof files / sizeof *files && !rc; i++) {
        char *name = files[i].path ? list_sink_beside(files[i].path, files[i].suffix) : NULL;
        if (name)
            rc = list_check_file(run, name, files[i].cache);
        free(name);
    }
    return rc;
}

static int list_open_output(struct list_run *run)
{
    const struct app_list_options *list = &run->o->list;
    struct list_sink_conf conf = {.path = list->output,
                                  .identity = run->identity,
                                  .rows = run->work.set.rows,
                                  .journal = list->resume && *list->resume ? list->resume : NULL,
                                  .ordered = list->ordered,
                                  .resume = list->resume != NULL,
                                  .force = list->force,
                                  .part = list->shards != 0,
                                  .count = &run->work.count,
                                  .arg = &run->progress,
                                  .before = list_before};

    list_identity(&(struct list_about) {&run->work.set, run->o, run->env->listed}, run->identity);
    return list_work_open(&run->work, &conf);
}

/* How many there are to answer; of another part's nobody knows before all were looked at. */
static uint64_t list_total(const struct list_run *run)
{
    return run->seen ? run->total : run->work.set.rows;
}

static const char *list_why_left(const struct list_run *run)
{
    if (app_interrupted)
        return "interrupted";
    return run->late ? "--max-time is over" : "stopped";
}

/* How to go on, for whoever has just seen it end early. */
static void list_say_left(const struct list_run *run, const char *why, int resumable)
{
    char done[32], total[32];
    fprintf(stderr, "quoth: %s, %s of %s answered%s\n", why, list_count(run->work.done, done),
            list_count(list_total(run), total), resumable ? "; --resume goes on" : "");
}

/* Servers were to be asked, and nothing is known of any address: no network, no name server, or a
 * list that was read wrongly. */
static void list_say_nothing(struct list_run *run)
{
    if (run->env->conf->depth == QUOTH_DEPTH_SMTP && run->work.done > 1 &&
        run->work.count.verdict[QUOTH_VERDICT_UNKNOWN] == run->work.done)
        list_progress_say(&run->progress, "nothing was learnt of any address, each with its "
                                          "reason; quoth doctor tells whether it is us");
}

/* Everything is closed, whatever happened. `err`: of the list or the engine. */
static int list_finish(struct list_run *run, int err)
{
    const int resumable = list_sink_resumable(run->work.sink);
    int whole = !err && !run->err && run->seen && run->work.done == run->total;
    const char *path = run->o->list.output ? run->o->list.output : "standard output";
    uint32_t safe;
    int broken;

    run->work.out.n = 0;
    if (whole && (!run->o->quiet || run->o->list.output))
        err = list_out_tail(&run->work.out, &run->work.count);
    whole = whole && !err;
    broken = list_sink_flush(run->work.sink);
    safe = list_sink_safe(run->work.sink);
    if (!broken)
        broken = list_sink_close(run->work.sink, whole ? &run->work.count : NULL,
                                 run->work.out.text, run->work.out.n);
    else
        list_sink_close(run->work.sink, NULL, NULL, 0);
    if (broken && resumable)
        run->work.done = safe;
    if (broken)
        list_progress_erase(&run->progress);
    else {
        list_progress_end(&run->progress, &run->work.count, run->work.done, run->work.cached);
        list_say_nothing(run);
    }
    if (broken)
        app_say_error(0, path, broken);
    else if (err)
        app_say(0, run->o->file[run->work.set.latest],
                err == -ESTALE ? "the list changed while it was read" : app_error_words(err));
    if (!whole || (broken && resumable))
        list_say_left(run, list_why_left(run), resumable);
    if (broken)
        return APP_EXIT_FULL;
    if (whole)
        return 0;
    return !err && (app_interrupted || run->late) ? APP_EXIT_INTERRUPTED : APP_EXIT_INTERNAL;
}

/* Where an earlier run was cut off. */
static void list_say_resumed(const struct list_run *run)
{
    char done[32], total[32];

    if (run->resumed && !run->o->quiet)
        fprintf(stderr, "quoth: going on: %s of %s are answered\n", list_count(run->resumed, done),
                list_count(list_total(run), total));
}

/* Nobody is asked; `err` is what counting came to. An exit code. */
static int list_work_dry(const struct list_run *run, int err)
{
    if (!err && run->next < run->work.set.rows)
        err = -ENOMEM;
    if (!err && !app_interrupted)
        err = list_plan(run->batch, run->o, run->env->conf, &run->work.set, run->total);
    if (app_interrupted)
        return APP_EXIT_INTERRUPTED;
    if (err)
        return app_say_error(APP_EXIT_INTERNAL, run->o->file[run->work.set.latest], err);
    return app_end(0) ? APP_EXIT_FULL : 0;
}

static int list_work(struct list_run *run)
{
    int err = list_count_patterns(run);
    if (!err)
        err = list_add_all(run);
    list_say_resumed(run);
    list_progress_begin(&run->progress, list_total(run), run->work.done - run->work.cached);
    if (run->o->list.dry_run)
        return list_work_dry(run, err);
    if (!err && !app_interrupted && run->work.done < run->total)
        err = list_run_engine(run);
    return list_finish(run, err ? err : run->err);
}

static int list_open_answers(struct list_run *run)
{
    const char *path = run->o->list.cache, *why;

    switch (answers_open(&run->work.answers, path, run->env->conf, run->work.set.rows, &why)) {
    case QUOTH_OK: return 0;
    case QUOTH_EINVAL: return app_say(APP_EXIT_USAGE, path, why);
    case QUOTH_ESPACE: return app_say(APP_EXIT_FULL, path, why);
    default: return app_say(APP_EXIT_INTERNAL, path, why);
    }
}

void list_say_look(const struct list_in *in, const char *path)
{
    fputs("quoth: ", stderr);
    if (path) {
        app_put(stderr, path, strlen(path));
        fputs(": ", stderr);
    }
    fputs("address: ", stderr);
    list_look_put(stderr, &in->look);
    if (in->comments)
        fprintf(stderr, ", %u comment%s left out", in->comments, in->comments == 1 ? "" : "s");
    putc('\n', stderr);
}

static void list_say_looks(const struct list_set *set, int in_csv)
{
    for (unsigned i = 0; i < set->n; i++) {
        const struct list_in *in = &set->in[i];
        list_say_look(in, set->n > 1 ? set->path[i] : NULL);
        if (in->cut && in->kind == APP_INPUT_CSV)
            fprintf(stderr, "quoth: rows longer than 1 MiB, cut there: %u\n", in->cut);
    }
    if (in_csv && !list_set_alike(set))
        app_say(
            0, NULL,
            "the lists differ in their columns, so the address alone stands before the results");
}

/* Once, and not beside each result. */
static void list_say_old(void)
{
    const int days = app_list_old(time(NULL));
    if (days)
        fprintf(stderr,
                "quoth: the list of throw-away domains is %d days old; a newer quoth knows more\n",
                days);
}

static int list_start(struct list_run *run)
{
    const struct app_list_options *list = &run->o->list;
    struct quoth_batch_limits limits = list->limits;
    struct quoth_batch_hooks hooks = {.arg = run,
                                      .result = list_result,
                                      .tick = list_tick,
                                      .event = list_event,
                                      .decoy = list_decoy};
    int rc = list_set_open(&run->work.set, run->o, &app_interrupted);

    if (rc)
        return rc;
    if (!run->o->quiet) {
        list_say_looks(&run->work.set, app_formats[run->o->format].flags & APP_FORMAT_LISTS);
        list_say_old();
    }
    if (list->limits.pace_off && !run->o->quiet)
        app_say(0, NULL, "--pace off is for servers of your own: others take it for an attack");
    if (!list->dry_run && run->o->conf.depth == QUOTH_DEPTH_SMTP && !run->env->conf->smtp.helo)
        return app_say(APP_EXIT_USAGE, NULL,
                       "a list needs a name to say who asks: --helo NAME, which `quoth help "
                       "identity` explains. Without one, --dns-only");
    if (!list->dry_run)
        rc = list_check_files(run);
    if (!rc && !list->dry_run && list->cache)
        rc = list_open_answers(run);
    if (rc)
        return rc;
    run->batch = app_engine_new(run->env->conf, &limits, run->env->tls, &hooks);
    if (!run->batch)
        return APP_EXIT_INTERNAL;
    app_interrupt_stops(run->batch);
    if (list->dry_run)
        return list_work(run);
    rc = list_open_output(run);
    if (rc)
        return rc;
    if (list->with_domain)
        rc = list_domains_open(&run->work.domains, run->env, quoth_batch_loop(run->batch));
    if (rc)
        return app_say_error(APP_EXIT_INTERNAL, "--with-domain", rc);
    return list_work(run);
}

int list_check(const struct list_env *env)
{
    static struct list_run run;
    int rc, err = 0;

    run.env = env;
    run.o = run.work.o = env->o;
    run.work.conf = env->conf;
    run.work.listed = env->listed;
    run.work.out.page.color = env->color && !env->o->list.output;
    run.work.out.page.terminal = !env->o->list.output && isatty(STDOUT_FILENO);
    list_progress_open(&run.progress, env->o->quiet);
    if (env->o->list.output)
        signal(SIGPIPE, SIG_IGN); /* nobody reads what is said; results go to a file */
    rc = list_start(&run);
    app_interrupt_stops(NULL);
    list_domains_close(run.work.domains);
    if (run.batch)
        quoth_batch_free(run.batch);
    if (run.work.answers)
        err = answers_close(run.work.answers);
    if (err)
        app_say_error(0, env->o->list.cache, err);
    list_work_close(&run.work);
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        env->count->verdict[i] += run.work.count.verdict[i];
    if (rc == APP_EXIT_INTERRUPTED && !run.work.sink)
        fputs("quoth: interrupted\n", stderr);
    if (rc != LIST_FINISHED)
        return rc;
    if (!env->o->quiet)
        app_say(0, env->o->list.output, "it is finished: nothing to do");
    return 0;
}
