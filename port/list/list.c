/* list.c - the list mode: -f FILE.
 *
 *   find the rows --> open cache and output --> each row: answered before? another shard's? cached? else
 *   to the engine --> run --> what comes back is judged, written, counted --> summary
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
#include "list.h"

struct list_run {
    const struct cli_list_env *env;
    const struct cli_options *o;
    struct list_in in;
    struct list_out out;
    struct list_sink *sink;
    struct list_cache *cache;
    struct list_progress progress;
    struct quoth_batch *batch;
    struct list_row row, back; /* being given to the engine; coming back from it */
    struct quoth_evidence ev;  /* of `row`, as far as its text tells */
    struct cli_count count;
    uint64_t total, done, cached;
    int err; /* the list or the output broke: nothing more is written */
};

static volatile sig_atomic_t list_interrupted;
static struct quoth_batch *volatile list_batch;

static void list_interrupt(int number)
{
    list_interrupted = number;
    if (list_batch)
        quoth_batch_stop(list_batch);
}

/* ---- an answer ---------------------------------------------------------- */

static void list_answer(struct list_run *run, const struct list_answer *a)
{
    const uint8_t only = run->o->list.only;
    const char *p = NULL;
    size_t n = 0;

    if (run->err || list_sink_has(run->sink, a->row->id))
        return;
    run->count.verdict[a->verdict]++;
    run->done++;
    run->cached += a->cached;
    if ((!only || only >> a->verdict & 1) && (!run->o->quiet || run->o->list.output)) {
        list_out_answer(&run->out, a);
        p = run->out.text;
        n = run->out.n;
    }
    list_sink_put(run->sink, a->row->id, a->verdict, p, n);
}

static void list_stop(struct list_run *run, int err)
{
    run->err = err;
    quoth_batch_stop(run->batch);
}

static void list_result(void *arg, const struct quoth_batch_result *r)
{
    struct list_run *run = arg;
    struct list_answer a = {
        .row = &run->back, .ev = r->ev, .mx = r->mx, .verdict = r->verdict, .reading = r->reading};
    struct quoth_evidence old;
    int err;

    if (run->err || !run->sink)
        return; /* --dry-run: what is no address needs nobody */
    if ((err = list_in_row(&run->in, r->id, 0, &run->back))) {
        list_stop(run, err);
        return;
    }
    if (run->cache)
        list_cache_learn(run->cache, r->ev);
    if (run->cache && a.verdict == QUOTH_VERDICT_UNKNOWN) {
        memset(&old, 0, sizeof old);
        old.addr = r->ev->addr;
        old.lists = r->ev->lists;
        memcpy(old.domain, r->ev->domain, sizeof old.domain);
        if (list_cache_get(run->cache, &old, &a, 1))
            a.ev = &old, a.mx = "";
    } else if (run->cache) {
        list_cache_put(run->cache, &a);
    }
    list_answer(run, &a);
}

static void list_tick(void *arg, const struct quoth_batch_stats *s)
{
    struct list_run *run = arg;
    int err = run->sink ? list_sink_flush(run->sink) : 0;
    if (err && !run->err)
        list_stop(run, err);
    list_progress_draw(&run->progress, run->done, &run->count, s);
}

static void list_event(void *arg, const char *line)
{
    list_progress_note(&((struct list_run *)arg)->progress, line);
}

static int list_decoy(void *arg, const char *domain, uint16_t *code, uint8_t *reason)
{
    struct list_run *run = arg;
    return run->cache && list_cache_decoy(run->cache, domain, code, reason);
}

/* Results on the terminal and the display take turns. */
static void list_before(void *arg) { list_progress_erase(arg); }

/* ---- the rows ----------------------------------------------------------- */

/* What the text alone tells: address, domain, lists. */
static void list_look(struct list_run *run)
{
    struct quoth_evidence *e = &run->ev;
    memset(e, 0, sizeof *e);
    if (!quoth_intake_address(e, run->row.text, run->row.text_n))
        quoth_intake_domain(e, run->env->conf);
}

static int list_is_ours(const struct list_run *run)
{
    const struct cli_list_options *l = &run->o->list;
    const char *domain = run->ev.domain;
    uint64_t hash = *domain ? quoth_hash(0, 0, domain, strlen(domain))
                            : quoth_hash(0, 0, run->row.text, run->row.text_n);
    return !l->shards || hash % l->shards == l->shard - 1;
}

static int list_from_cache(struct list_run *run)
{
    struct list_answer a = {.row = &run->row, .ev = &run->ev, .mx = ""};
    if (!run->cache || !list_cache_get(run->cache, &run->ev, &a, 0))
        return 0;
    list_answer(run, &a);
    return 1;
}

/* Every row that needs it to the engine. 0 or errno. */
static int list_add_all(struct list_run *run)
{
    const int look = run->cache || run->o->list.shards;
    for (uint32_t id = 0; id < run->in.rows && !list_interrupted; id++) {
        int err = list_in_row(&run->in, id, 1, &run->row);
        if (err)
            return err;
        if (look)
            list_look(run);
        if (!list_is_ours(run))
            continue;
        run->total++;
        if (run->sink && list_sink_has(run->sink, id)) {
            run->done++;
            continue;
        }
        if (run->sink && list_from_cache(run))
            continue;
        if (quoth_batch_add(run->batch, id, run->row.text, run->row.text_n) != QUOTH_OK)
            return ENOMEM;
        if (run->err)
            return run->err;
    }
    return 0;
}

/* ---- the run ------------------------------------------------------------ */

static int list_say(const char *path, const char *why, int code)
{
    fputs("quoth: ", stderr);
    cli_put(stderr, path, strlen(path));
    fprintf(stderr, ": %s\n", why);
    return code;
}

/* What must be the same for a journal to be gone on with. */
static void list_identity(struct list_run *run, char *buf, size_t cap)
{
    const struct cli_options *o = run->o;
    const struct cli_list_options *l = &o->list;
    struct list_in *in = &run->in;
    const char *server = o->server ? o->server : "";
    snprintf(
        buf, cap,
        "list %u rows, %llu bytes, sum %016llx; input %u %u '%c' %.200s %u; format %u %u; only %u; "
        "order %u; shard %u/%u; depth %u %u; server %.256s:%u",
        in->rows, (unsigned long long)in->end, (unsigned long long)list_in_sum(in), in->kind,
        in->column, in->delim > ' ' ? in->delim : 't', in->field ? in->field : "",
        in->display_names, o->format, l->escape_formulas, l->only, l->ordered, l->shard, l->shards,
        o->depth, o->no_decoy, server, o->server_port);
}

static int list_open_output(struct list_run *run)
{
    const struct cli_list_options *l = &run->o->list;
    char identity[1024];
    struct list_sink_conf conf = {.path = l->output,
                                  .identity = identity,
                                  .rows = run->in.rows,
                                  .journal = l->resume && *l->resume ? l->resume : NULL,
                                  .ordered = l->ordered,
                                  .resume = l->resume != NULL,
                                  .count = &run->count,
                                  .arg = &run->progress,
                                  .before = list_before};
    struct stat in, out;
    int rc;

    if (l->output && !stat(l->output, &out) && S_ISREG(out.st_mode) && !fstat(run->in.fd, &in) &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        return list_say(l->output, "this is the list itself", CLI_EXIT_USAGE);
    list_identity(run, identity, sizeof identity);
    rc = list_sink_open(&run->sink, &conf);
    if (rc)
        return rc;
    rc = list_out_open(&run->out);
    if (rc)
        return list_say("memory", strerror(rc), CLI_EXIT_INTERNAL);
    list_out_head(&run->out);
    list_sink_head(run->sink, run->out.text, run->out.n);
    return 0;
}

static void list_catch_signals(void)
{
    const struct sigaction interrupt = {.sa_handler = list_interrupt,
                                        .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
}

/* How to go on, for whoever has just seen it end early. */
static void list_say_left(const struct list_run *run, const char *why, int resumable)
{
    char done[32], total[32];
    fprintf(stderr, "quoth: %s, %s of %s answered%s\n", why, list_count(run->done, done),
            list_count(run->total, total), resumable ? "; --resume goes on" : "");
}

/* Everything is closed, whatever happened. `err`: of the list or the engine. */
static int list_finish(struct list_run *run, int err)
{
    const int resumable = list_sink_resumable(run->sink),
              whole = !err && !run->err && run->done == run->total;
    const char *path = run->o->list.output ? run->o->list.output : "standard output";
    uint32_t safe;
    int broken;

    run->out.n = 0;
    if (whole && (!run->o->quiet || run->o->list.output))
        list_out_summary(&run->out, &run->count);
    broken = list_sink_flush(run->sink);
    safe = list_sink_safe(run->sink);
    if (!broken)
        broken = list_sink_close(run->sink, whole, run->out.text, run->out.n);
    else
        list_sink_close(run->sink, 0, NULL, 0);
    if (broken && resumable)
        run->done = safe;
    if (broken)
        list_progress_erase(&run->progress);
    else
        list_progress_end(&run->progress, &run->count, run->done, run->cached);
    if (broken)
        list_say(path, strerror(broken), 0);
    else if (err)
        list_say(run->o->file, strerror(err), 0);
    if (!whole || (broken && resumable))
        list_say_left(run, list_interrupted ? "interrupted" : "stopped", resumable);
    if (broken)
        return CLI_EXIT_FULL;
    return err                          ? CLI_EXIT_INTERNAL
           : list_interrupted && !whole ? CLI_EXIT_INTERRUPTED
           : whole                      ? 0
                                        : CLI_EXIT_INTERNAL;
}

static int list_work(struct list_run *run)
{
    int err = list_add_all(run), rc;
    list_progress_begin(&run->progress, run->total, run->done - run->cached);
    if (run->o->list.dry_run) {
        if (!err && !list_interrupted)
            err = list_plan(run->batch, run->o, run->env->conf, &run->in, run->total);
        if (list_interrupted)
            return CLI_EXIT_INTERRUPTED;
        return err              ? list_say(run->o->file, strerror(err), CLI_EXIT_INTERNAL)
               : fflush(stdout) ? CLI_EXIT_FULL
                                : 0;
    }
    if (!err && !list_interrupted && run->done < run->total &&
        (rc = quoth_batch_run(run->batch)) != QUOTH_OK)
        err = rc == QUOTH_ESPACE ? ENOMEM : EIO;
    return list_finish(run, err ? err : run->err);
}

static int list_start(struct list_run *run)
{
    const struct cli_list_options *l = &run->o->list;
    struct quoth_batch_limits limits = l->limits;
    struct quoth_batch_hooks hooks = {run, list_result, list_tick, list_event, list_decoy};
    int rc = list_in_open(&run->in, run->o->file, l, &list_interrupted);

    if (rc)
        return rc;
    if (run->in.cut && run->in.kind == CLI_INPUT_CSV && !run->o->quiet)
        fprintf(stderr, "quoth: rows longer than 1 MiB, cut there: %u\n", run->in.cut);
    limits.skip = l->skip;
    if (l->limits.pace_off && !run->o->quiet)
        fputs("quoth: --pace off is for servers of your own: others take it for an attack\n",
              stderr);
    if (!l->dry_run && l->cache)
        rc = list_cache_open(&run->cache, l->cache, run->env->conf, run->in.rows);
    if (rc)
        return rc;
    run->batch = quoth_batch_new(run->env->conf, &limits, run->env->tls, &hooks);
    if (!run->batch && errno == EMFILE)
        return list_say("ulimit -n", "lists need 64 open files at least", CLI_EXIT_INTERNAL);
    if (!run->batch)
        return list_say("the engine", strerror(errno), CLI_EXIT_INTERNAL);
    list_batch = run->batch;
    if (!l->dry_run && (rc = list_open_output(run)))
        return rc;
    return list_work(run);
}

int cli_list(const struct cli_list_env *env)
{
    static struct list_run run;
    int rc, err = 0;

    run.env = env;
    run.o = env->o;
    run.out.o = env->o;
    run.out.in = &run.in;
    run.out.helo = env->conf->smtp.helo;
    run.out.from = env->conf->smtp.from;
    run.out.color = env->color && !env->o->list.output;
    list_progress_open(&run.progress, env->o->quiet);
    list_catch_signals();
    rc = list_start(&run);
    list_batch = NULL;
    if (run.batch)
        quoth_batch_free(run.batch);
    if (run.cache)
        err = list_cache_close(run.cache);
    if (err)
        list_say(env->o->list.cache, strerror(err), 0);
    list_out_close(&run.out);
    list_in_close(&run.in);
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        env->count->verdict[i] += run.count.verdict[i];
    if (rc == CLI_EXIT_INTERRUPTED && !run.total)
        fputs("quoth: interrupted\n", stderr);
    if (rc != -1)
        return rc;
    if (!env->o->quiet)
        list_say(env->o->list.output,
                 "it is finished, or not of a run that was cut off: nothing to do", 0);
    return 0;
}
