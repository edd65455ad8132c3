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
#include "list.h"
#include "loop.h"
#include "setup.h"

struct list_run {
    const struct list_env *env;
    const struct app_options *o;
    struct list_set set;
    struct list_out out;
    struct list_sink *sink;
    struct answers *answers; /* of earlier runs; NULL: not asked for */
    struct list_pattern pattern;
    struct list_domains *domains; /* NULL: not asked for */
    uint32_t next;                /* the row that is given next; all: none is left */
    struct app_refused refused;
    struct list_progress progress;
    struct quoth_batch *batch;
    struct list_row row, back; /* being given to the engine; coming back from it */
    struct quoth_evidence ev;  /* of `row`, as far as its text tells */
    uint8_t askable;           /* `row` has a domain that can be asked about */
    struct app_count count;
    uint8_t late;   /* the time of --max-time was over before all were answered */
    uint8_t adding; /* `row` is being given to the engine, which may answer at once */
    uint64_t total, done, cached, resumed;
    char identity[LIST_IDENTITY_MAX];
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

/* ---- a result ----------------------------------------------------------- */

/* What is the same of every result. */
static struct app_result list_blank(const struct list_run *run)
{
    return (struct app_result) {.host = "",
                                .helo = run->env->conf->smtp.helo,
                                .from = run->env->conf->smtp.from,
                                .with_domain = run->o->list.with_domain,
                                .sandbox = run->o->sandbox != 0};
}

static void list_stop(struct list_run *run, int err)
{
    run->err = err;
    quoth_batch_stop(run->batch);
}

static int list_has_score(const struct app_result *r)
{
    struct quoth_score s;
    return quoth_score(&s, r->ev, r->reading.reason, r->lists);
}

static void list_answer(struct list_run *run, const struct list_row *row, struct app_result *r)
{
    const uint8_t only = run->o->list.only;
    const char *p = NULL;
    size_t n = 0;

    if (run->err || list_sink_has(run->sink, row->id))
        return;
    app_listed_mark(run->env->listed, r);
    if (run->domains)
        list_domains_tell(run->domains, r);
    if (list_has_score(r))
        r->pattern =
            (int16_t)list_pattern_says(&run->pattern, r->ev->addr.local,
                                       (struct quoth_span) {r->ev->domain, strlen(r->ev->domain)});
    if ((!only || only >> r->verdict & 1) && (!run->o->quiet || run->o->list.output)) {
        int err = list_out_answer(&run->out, row, r);
        if (err) {
            list_stop(run, err);
            return;
        }
        p = run->out.text;
        n = run->out.n;
    }
    run->count.verdict[r->verdict]++;
    run->done++;
    run->cached += r->cached;
    list_sink_put(run->sink, row->id, r->verdict, p, n);
}

/* An unknown is no better than what an earlier run has learnt; anything else is worth keeping. */
static void list_remember(struct list_run *run, struct app_result *r, struct quoth_evidence *old)
{
    if (!run->answers)
        return;
    answers_learn(run->answers, r);
    if (r->verdict != QUOTH_VERDICT_UNKNOWN) {
        answers_put(run->answers, r);
        return;
    }
    memset(old, 0, sizeof *old);
    old->addr = r->ev->addr;
    old->lists = r->ev->lists;
    memcpy(old->domain, r->ev->domain, sizeof old->domain);
    answers_get(run->answers, old, r, ANSWERS_KEPT);
}

/* Is this evidence of the address in that row? The list may have been rewritten since. */
static int list_is_of(const struct list_row *row, const struct quoth_evidence *e)
{
    const struct quoth_span *local = &e->addr.local;
    const size_t domain = strlen(e->domain);
    struct quoth_evidence now;

    if (e->addr.fault || !local->n)
        return 1;
    if (row->address_n == local->n + 1 + domain && row->address[local->n] == '@' &&
        !memcmp(row->address, local->p, local->n) &&
        !memcmp(row->address + local->n + 1, e->domain, domain))
        return 1; /* nearly always, and quicker than reading it again */
    memset(&now.addr, 0, sizeof now.addr);
    quoth_intake_address(&now, row->address, row->address_n);
    return now.addr.local.n == local->n && !memcmp(now.addr.local.p, local->p, local->n) &&
           !strcmp(now.domain, e->domain);
}

/* The row of a result. 0 or errno. */
static int list_row_of(struct list_run *run, const struct quoth_batch_result *result,
                       const struct list_row **row)
{
    int err;

    *row = &run->row;
    if (run->adding && result->id == run->row.id)
        return 0;
    *row = &run->back;
    err = list_set_row(&run->set, result->id, 0, &run->back);
    return err || list_is_of(&run->back, result->ev) ? err : ESTALE;
}

static void list_result(void *arg, const struct quoth_batch_result *result)
{
    struct list_run *run = arg;
    struct app_result r = list_blank(run);
    const struct list_row *row;
    struct quoth_evidence old;
    int err;

    if (run->err || !run->sink)
        return; /* --dry-run: what is no address needs nobody */
    if ((err = list_row_of(run, result, &row))) {
        list_stop(run, err);
        return;
    }
    if (result->stop == QUOTH_REASON_TIMEOUT) {
        run->late = 1;
        if (list_sink_resumable(run->sink))
            return; /* for a later run */
    }
    r.ev = result->ev;
    r.host = result->mx;
    r.verdict = result->verdict;
    r.reading = result->reading;
    list_remember(run, &r, &old);
    list_answer(run, row, &r);
}

static void list_tick(void *arg, const struct quoth_batch_stats *s)
{
    struct list_run *run = arg;
    int err = run->sink ? list_sink_flush(run->sink) : 0;
    if (!err && list_set_changed(&run->set))
        err = ESTALE;
    if (err && !run->err)
        list_stop(run, err);
    list_progress_draw(&run->progress, run->done, &run->count, s);
}

static void list_event(void *arg, const char *line)
{
    list_progress_note(&((struct list_run *)arg)->progress, line);
}

static int list_decoy(void *arg, const struct quoth_batch_door *at, uint16_t *code, uint8_t *reason)
{
    struct list_run *run = arg;
    const struct answers_door door = {at->domain, at->host, at->ip};

    return run->answers && answers_decoy(run->answers, &door, code, reason);
}

/* Results on the terminal and the display take turns. */
static void list_before(void *arg) { list_progress_erase(arg); }

/* ---- the rows ----------------------------------------------------------- */

/* What the text alone tells: address, domain, lists. */
static void list_ask_text(struct list_run *run)
{
    struct quoth_evidence *e = &run->ev;
    memset(e, 0, sizeof *e);
    run->askable = !quoth_intake_address(e, run->row.address, run->row.address_n) &&
                   !quoth_intake_domain(e, run->env->conf) && !run->row.reason;
}

static int list_is_ours(const struct list_run *run)
{
    const struct app_list_options *l = &run->o->list;
    const char *domain = run->ev.domain;
    if (!l->shards)
        return 1;
    const uint64_t hash = *domain ? quoth_hash(0, 0, domain, strlen(domain))
                                  : quoth_hash(0, 0, run->row.address, run->row.address_n);
    return hash % l->shards == l->shard - 1;
}

/* 1: an earlier run has learnt it. */
static int list_is_known(struct list_run *run)
{
    struct app_result r = list_blank(run);

    if (!run->answers || !answers_get(run->answers, &run->ev, &r, ANSWERS_FRESH))
        return 0;
    list_answer(run, &run->row, &r);
    return 1;
}

/* A row that nobody is asked about: it holds no address, or none that can be read for sure. */
static void list_unasked(struct list_run *run)
{
    struct app_result r = list_blank(run);

    memset(&run->ev, 0, sizeof run->ev);
    run->ev.stop = run->row.reason;
    r.ev = &run->ev;
    r.verdict = quoth_judge(&run->ev, NULL, &r.reading);
    list_answer(run, &run->row, &r);
}

/* How addresses are formed, before anybody is asked: no answer may depend on those before it. Where
 * nobody is asked nothing needs a score. 0 or errno. */
static int list_count_patterns(struct list_run *run)
{
    struct list_row *row = &run->row;

    if (run->env->conf->depth != QUOTH_DEPTH_SMTP || !run->sink)
        return 0;
    for (uint32_t id = 0; id < run->set.rows && !list_interrupted; id++) {
        int err = list_set_row(&run->set, id, 1, row);
        if (err)
            return err;
        size_t at = row->reason ? 0 : row->address_n;
        while (at && row->address[at - 1] != '@')
            at--;
        if (at)
            err = list_pattern_add(&run->pattern, (struct quoth_span) {row->address, at - 1},
                                   (struct quoth_span) {row->address + at, row->address_n - at});
        if (err)
            return err;
    }
    list_pattern_settle(&run->pattern);
    return 0;
}

/* The row is seen first: is it ours, and left to be answered? */
static int list_is_left(struct list_run *run)
{
    if (!list_is_ours(run))
        return 0;
    run->total++;
    if (!run->sink || !list_sink_has(run->sink, run->row.id))
        return 1;
    run->done++;
    run->resumed++;
    return 0;
}

/* The row to whoever answers it. 0 or errno; EAGAIN: the engine has no room for it now. */
static int list_give(struct list_run *run)
{
    const struct list_row *row = &run->row;
    int err;

    if (row->reason) {
        if (run->sink)
            list_unasked(run);
        return run->err;
    }
    if (run->sink && list_is_known(run))
        return run->err;
    run->adding = 1;
    err = app_engine_add(run->batch, &run->refused, row->id,
                         (struct quoth_span) {row->address, row->address_n}, NULL);
    run->adding = 0;
    return err ? err : run->err;
}

/* Every row that needs it to the engine, and all are counted. From `next` on they are not given
 * yet: with --with-domain the first, else the one that the engine had no room for. 0 or errno. */
static int list_add_all(struct list_run *run)
{
    const int look = run->answers || run->o->list.shards;

    run->next = run->domains ? 0 : run->set.rows;
    for (uint32_t id = 0; id < run->set.rows && !list_interrupted; id++) {
        int err = list_set_row(&run->set, id, 1, &run->row);
        if (err)
            return err;
        if (look)
            list_ask_text(run);
        if (list_is_left(run) && id < run->next)
            err = list_give(run);
        if (err == EAGAIN)
            run->next = id;
        else if (err)
            return err;
    }
    return 0;
}

/* ---- rows that come later ----------------------------------------------- */

enum { LIST_FEED = 1000 }; /* rows at a time: the engine has work meanwhile */

static int list_take(struct list_run *run, uint32_t id, int ahead)
{
    const int err = list_set_row(&run->set, id, ahead, &run->row);
    if (!err)
        list_ask_text(run);
    return err;
}

/* enum list_domain_wait. When the time is over nobody waits any more. */
static int list_waits(struct list_run *run)
{
    return run->domains && run->askable && !run->late
               ? list_domains_wait(run->domains, run->ev.domain, run->row.id)
               : LIST_DOMAIN_KNOWN;
}

/* Rows from `next` on, some at a time, or until one has to wait. `more`: come back at once. 0 or
 * errno. */
static int list_feed_next(struct list_run *run, int *more)
{
    int err = 0, wait = LIST_DOMAIN_KNOWN;

    for (int n = 0; run->next < run->set.rows && n < LIST_FEED; n++) {
        if ((err = list_take(run, run->next, 1)))
            return err;
        const int left = list_is_ours(run) && !list_sink_has(run->sink, run->row.id);
        wait = left ? list_waits(run) : LIST_DOMAIN_KNOWN;
        if (wait == LIST_DOMAIN_FULL)
            break;
        if (left && wait == LIST_DOMAIN_KNOWN && (err = list_give(run)))
            return err;
        run->next++;
    }
    *more = run->next < run->set.rows && wait != LIST_DOMAIN_FULL;
    return 0;
}

/* Rows whose domain is known by now, and those after them. 0 or errno. */
static int list_feed(struct list_run *run, int *more)
{
    uint32_t id;
    int err = 0;

    *more = 0;
    while (!err && list_domains_next(run->domains, &id)) {
        err = list_take(run, id, 0);
        if (!err)
            err = list_give(run);
        if (!err)
            list_domains_given(run->domains);
    }
    if (!err)
        err = list_feed_next(run, more);
    return err == EAGAIN ? 0 : err;
}

static uint64_t list_due(const struct list_run *run)
{
    const uint64_t of_engine = quoth_batch_due(run->batch);
    const uint64_t of_checks = list_domains_due(run->domains);
    return of_engine < of_checks ? of_engine : of_checks;
}

/* The engine, the checks of domains beside it, and rows as there is room for them. 0 or errno. */
static int list_run_engine(struct list_run *run)
{
    struct quoth_loop *loop = quoth_batch_loop(run->batch);
    struct quoth_batch_stats stats;
    uint32_t moved[256];
    int n = 0, goes_on = 1, err = 0, more = 0;

    while (goes_on > 0) {
        err = list_domains_turn(run->domains, moved, (unsigned)n);
        if (!err && !list_interrupted)
            err = list_feed(run, &more);
        if (err)
            break;
        if (run->next == run->set.rows && !list_domains_busy(run->domains))
            quoth_batch_close(run->batch);
        goes_on = quoth_batch_turn(run->batch, moved, (unsigned)n);
        if (goes_on > 0)
            n = quoth_loop_wait(loop, more ? 0 : list_due(run), moved, 256);
        if (n < 0)
            goes_on = n;
    }
    quoth_batch_stats(run->batch, &stats);
    list_tick(run, &stats); /* was a list changed? */
    return err ? err : goes_on == QUOTH_ESPACE ? ENOMEM : goes_on < 0 ? EIO : 0;
}

/* ---- the run ------------------------------------------------------------ */

/* Is one of the lists the output as well? */
static int list_is_output(const struct list_run *run)
{
    struct stat in, out;

    if (stat(run->o->list.output, &out) || !S_ISREG(out.st_mode))
        return 0;
    for (unsigned i = 0; i < run->set.n; i++)
        if (!fstat(run->set.in[i].file.fd, &in) && in.st_dev == out.st_dev &&
            in.st_ino == out.st_ino)
            return 1;
    return 0;
}

static int list_open_output(struct list_run *run)
{
    const struct app_list_options *l = &run->o->list;
    struct list_sink_conf conf = {.path = l->output,
                                  .identity = run->identity,
                                  .rows = run->set.rows,
                                  .journal = l->resume && *l->resume ? l->resume : NULL,
                                  .ordered = l->ordered,
                                  .resume = l->resume != NULL,
                                  .force = l->force,
                                  .part = l->shards != 0,
                                  .count = &run->count,
                                  .arg = &run->progress,
                                  .before = list_before};
    int rc;

    if (l->output && list_is_output(run))
        return app_say(APP_EXIT_USAGE, l->output, "this is the list itself");
    list_identity(&(struct list_about) {&run->set, run->o, run->env->listed}, run->identity);
    rc = list_sink_open(&run->sink, &conf);
    if (rc)
        return rc;
    rc = list_out_open(&run->out, &app_formats[run->o->format], &run->set, l->escape_formulas);
    if (rc)
        return app_say_error(APP_EXIT_INTERNAL, NULL, rc);
    run->out.page.with_domain = l->with_domain;
    if ((!run->o->quiet || l->output) && list_out_head(&run->out))
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    return list_sink_head(run->sink, run->out.text, run->out.n);
}

/* A terminal that was closed ends a run as an interrupt does. */
static void list_catch_signals(const struct app_options *o)
{
    const struct sigaction interrupt = {.sa_handler = list_interrupt,
                                        .sa_flags = (int)SA_RESETHAND};
    struct sigaction old;

    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    if (!sigaction(SIGHUP, NULL, &old) && old.sa_handler != SIG_IGN) /* nohup(1) */
        sigaction(SIGHUP, &interrupt, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a full disk, to whoever writes */
    if (o->list.output)
        signal(SIGPIPE, SIG_IGN); /* nobody reads what is said; results go to a file */
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
    const int resumable = list_sink_resumable(run->sink);
    int whole = !err && !run->err && run->done == run->total;
    const char *path = run->o->list.output ? run->o->list.output : "standard output";
    uint32_t safe;
    int broken;

    run->out.n = 0;
    if (whole && (!run->o->quiet || run->o->list.output))
        err = list_out_tail(&run->out, &run->count);
    whole = whole && !err;
    broken = list_sink_flush(run->sink);
    safe = list_sink_safe(run->sink);
    if (!broken)
        broken = list_sink_close(run->sink, whole ? &run->count : NULL, run->out.text, run->out.n);
    else
        list_sink_close(run->sink, NULL, NULL, 0);
    if (broken && resumable)
        run->done = safe;
    if (broken)
        list_progress_erase(&run->progress);
    else
        list_progress_end(&run->progress, &run->count, run->done, run->cached);
    if (broken)
        app_say_error(0, path, broken);
    else if (err)
        app_say(0, run->o->file[run->set.latest],
                err == ESTALE ? "the list changed while it was read" : app_error_words(err));
    if (!whole || (broken && resumable))
        list_say_left(run,
                      list_interrupted ? "interrupted"
                      : run->late      ? "--max-time is over"
                                       : "stopped",
                      resumable);
    if (broken)
        return APP_EXIT_FULL;
    return err                                         ? APP_EXIT_INTERNAL
           : (list_interrupted || run->late) && !whole ? APP_EXIT_INTERRUPTED
           : whole                                     ? 0
                                                       : APP_EXIT_INTERNAL;
}

/* Where an earlier run was cut off. */
static void list_say_resumed(const struct list_run *run)
{
    char done[32], total[32];

    if (run->resumed && !run->o->quiet)
        fprintf(stderr, "quoth: going on: %s of %s are answered\n", list_count(run->resumed, done),
                list_count(run->total, total));
}

static int list_work(struct list_run *run)
{
    int err = list_count_patterns(run);
    if (!err)
        err = list_add_all(run);
    list_say_resumed(run);
    list_progress_begin(&run->progress, run->total, run->done - run->cached);
    if (run->o->list.dry_run) {
        if (!err && run->next < run->set.rows)
            err = ENOMEM;
        if (!err && !list_interrupted)
            err = list_plan(run->batch, run->o, run->env->conf, &run->set, run->total);
        if (list_interrupted)
            return APP_EXIT_INTERRUPTED;
        return err ? app_say_error(APP_EXIT_INTERNAL, run->o->file[run->set.latest], err)
               : fflush(stdout) ? APP_EXIT_FULL
                                : 0;
    }
    if (!err && !list_interrupted && run->done < run->total)
        err = list_run_engine(run);
    return list_finish(run, err ? err : run->err);
}

static int list_open_answers(struct list_run *run)
{
    const char *path = run->o->list.cache, *why;

    switch (answers_open(&run->answers, path, run->env->conf, run->set.rows, &why)) {
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
    const struct app_list_options *l = &run->o->list;
    struct quoth_batch_limits limits = l->limits;
    struct quoth_batch_hooks hooks = {.arg = run,
                                      .result = list_result,
                                      .tick = list_tick,
                                      .event = list_event,
                                      .decoy = list_decoy};
    int rc = list_set_open(&run->set, run->o, &list_interrupted);

    if (rc)
        return rc;
    if (!run->o->quiet) {
        list_say_looks(&run->set, app_formats[run->o->format].flags & APP_FORMAT_LISTS);
        list_say_old();
    }
    if (l->limits.pace_off && !run->o->quiet)
        app_say(0, NULL, "--pace off is for servers of your own: others take it for an attack");
    if (!l->dry_run && run->o->conf.depth == QUOTH_DEPTH_SMTP && !run->env->conf->smtp.helo)
        return app_say(APP_EXIT_USAGE, NULL,
                       "a list needs a name to say who asks: --helo NAME, which `quoth help "
                       "identity` explains. Without one, --dns-only");
    if (!l->dry_run && l->cache)
        rc = list_open_answers(run);
    if (rc)
        return rc;
    run->batch = app_engine_new(run->env->conf, &limits, run->env->tls, &hooks);
    if (!run->batch)
        return APP_EXIT_INTERNAL;
    list_batch = run->batch;
    if (!l->dry_run && (rc = list_open_output(run)))
        return rc;
    if (l->with_domain && !l->dry_run &&
        (rc = list_domains_open(&run->domains, run->env->conf, quoth_batch_loop(run->batch))))
        return app_say_error(APP_EXIT_INTERNAL, "--with-domain", rc);
    return list_work(run);
}

int list_check(const struct list_env *env)
{
    static struct list_run run;
    int rc, err = 0;

    run.env = env;
    run.o = env->o;
    run.out.page.color = env->color && !env->o->list.output;
    run.out.page.terminal = !env->o->list.output && isatty(STDOUT_FILENO);
    list_progress_open(&run.progress, env->o->quiet);
    list_catch_signals(env->o);
    rc = list_start(&run);
    list_batch = NULL;
    list_domains_close(run.domains);
    if (run.batch)
        quoth_batch_free(run.batch);
    if (run.answers)
        err = answers_close(run.answers);
    if (err)
        app_say_error(0, env->o->list.cache, err);
    list_out_close(&run.out);
    list_set_close(&run.set);
    list_pattern_close(&run.pattern);
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        env->count->verdict[i] += run.count.verdict[i];
    if (rc == APP_EXIT_INTERRUPTED && !run.total)
        fputs("quoth: interrupted\n", stderr);
    if (rc != LIST_FINISHED)
        return rc;
    if (!env->o->quiet)
        app_say(0, env->o->list.output, "it is finished: nothing to do");
    return 0;
}
