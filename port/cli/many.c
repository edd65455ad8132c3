/* many.c - several addresses: arguments, lines as they come, rows of a list beside them.
 *
 *   argument, line, row --> struct many_one --> quoth_batch_add --> trace, result --> its texts
 *                      (a row of them)                                             |
 *                                        standard output <-- in the order given <--'
 *
 * They go through the engine, so that the manners hold which a list has: one conversation at a time
 * with a host, a gap between two, several addresses of a domain in one. What is told of an address
 * whose turn has not come waits in memory; of the first one that is not done it is shown at once.
 * Whoever says "later" is not asked again, unless --passes is given: somebody waits here.
 *
 * With --follow, and with --explain from a pipe or a terminal, lines are read as they come, while
 * others are being checked. A list that is there is read as port/list does.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "explain.h"
#include "interrupt.h"
#include "list.h"
#include "loop.h"
#include "many.h"
#include "sock.h"
#include "tls_sessions.h"

enum { MANY_AHEAD = 1000, MANY_CHUNK = 4096 }; /* lines read before their results are shown */

struct many_one {
    const char *input, *asked;
    size_t input_n, input_bytes, asked_n;
    uint64_t line;           /* of a list; 0: none */
    struct explain *explain; /* NULL: not asked for */
    char *told, *result;     /* what --explain tells of it; the printed result */
    size_t told_n, shown, result_n;
    char *copy; /* what `input` points to, where it is not an argument */
    uint8_t done;
};

struct many_lines {
    int fd;          /* -1: all is read */
    uint8_t ready;   /* a regular file, or what cannot be watched: it may be read at any time */
    uint8_t watched; /* by the engine's loop */
    uint8_t first;   /* no line has ended yet */
    size_t n, whole; /* of the line under way: kept, and seen */
    char line[APP_LINE_MAX];
};

struct many {
    const struct many_env *env;
    const struct app_format *format;
    struct quoth_batch *batch;
    struct many_one **one; /* each stays where it is: streams write into it */
    size_t cap;
    uint32_t n, head; /* head: the first that is not shown to its end */
    uint32_t given;   /* those before it were given to the engine, or need nobody */
    uint8_t ended;    /* no more will come */
    uint32_t row;     /* of `list`, the next one */
    uint8_t listed;
    uint32_t number; /* of the descriptor of lines, in the engine's loop */
    uint64_t began;
    int failed;        /* an exit code: the first thing that went wrong, with */
    const char *where; /* what it went wrong with, */
    int err;           /* and errno */
    struct app_refused refused;
    struct many_lines lines;
    struct list_in list; /* a list that is read whole, rather than as it comes */
};

static void many_fail(struct many *many, int code, const char *where, int err)
{
    if (!many->failed) {
        many->failed = code;
        many->where = where;
        many->err = err;
    }
    quoth_batch_stop(many->batch);
}

static void many_no_memory(struct many *many) { many_fail(many, APP_EXIT_INTERNAL, NULL, ENOMEM); }

/* ---- showing ------------------------------------------------------------ */

static void many_free_one(struct many_one *one)
{
    if (one->explain) {
        if (one->explain->f)
            fclose(one->explain->f);
        explain_free(one->explain);
        free(one->explain);
    }
    free(one->copy);
    free(one->told);
    free(one->result);
    free(one);
}

/* All that may be shown by now. */
static void many_show(struct many *many)
{
    FILE *file = many->format->flags & APP_FORMAT_PEOPLE ? stdout : stderr;

    for (; many->head < many->n; many->head++) {
        struct many_one *one = many->one[many->head];
        if (one->explain && !fflush(one->explain->f)) {
            fwrite(one->told + one->shown, 1, one->told_n - one->shown, file);
            fflush(file);
            one->shown = one->told_n;
        }
        if (!one->done)
            break;
        fwrite(one->result, 1, one->result_n, many->env->page->out.f);
        many_free_one(one);
        many->one[many->head] = NULL;
        if (fflush(many->env->page->out.f))
            many_fail(many, APP_EXIT_INTERNAL, "standard output", errno);
    }
}

/* ---- told by the engine ------------------------------------------------- */

/* 1, or 0: there is no memory for all of it. */
static int many_print_once(const struct many *many, struct many_one *one,
                           const struct app_result *result)
{
    struct app_page page = *many->env->page;

    page.out.f = open_memstream(&one->result, &one->result_n);
    if (!page.out.f)
        return 0;
    many->format->answer(&page, result);
    if (!(ferror(page.out.f) | fclose(page.out.f)) && one->result)
        return 1;
    free(one->result);
    one->result = NULL;
    return 0;
}

static void many_print(struct many *many, struct many_one *one, const struct app_result *result)
{
    unsigned tries = 0;

    while (!many_print_once(many, one, result))
        if (!app_memory_wait(&tries)) {
            many_no_memory(many);
            return;
        }
}

static void many_result(void *arg, const struct quoth_batch_result *told)
{
    struct many *many = arg;
    struct many_one *one = many->one[told->id];
    const struct app_options *options = many->env->o;
    struct app_result result = {.input = one->input,
                                .input_n = one->input_n,
                                .input_bytes = one->input_bytes,
                                .asked = one->asked,
                                .asked_n = one->asked_n,
                                .line = one->line,
                                .ev = told->ev,
                                .host = told->mx,
                                .route = told->route,
                                .verdict = told->verdict,
                                .reading = told->reading,
                                .helo = many->env->setup->conf.smtp.helo,
                                .from = many->env->setup->conf.smtp.from,
                                .sandbox = options->sandbox != 0};
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    result.began_ns =
        (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - result.ev->took_ms * INT64_C(1000000);
    app_listed_mark(&many->env->setup->listed, &result);
    many->env->count->verdict[result.verdict]++;
    if (one->explain)
        explain_end(one->explain, &result);
    if (!options->quiet)
        many_print(many, one, &result);
    one->done = 1;
    if (told->id == many->head)
        many_show(many);
}

static void many_trace(void *arg, const struct quoth_batch_trace *trace)
{
    struct many *many = arg;
    const struct many_one *one = many->one[trace->id];

    if (!one || !one->explain || one->done)
        return;
    explain_batch(one->explain, trace, quoth_sock_port.now() - many->began);
    if (trace->id == many->head)
        many_show(many);
}

static void many_event(void *arg, const char *line)
{
    const struct many *many = arg;

    if (!many->env->o->quiet)
        app_say(0, NULL, line);
}

/* ---- adding ------------------------------------------------------------- */

static struct explain *many_explain(struct many *many, struct many_one *one)
{
    const struct quoth_conf *conf = &many->env->setup->conf;
    struct explain *explain = app_zeroed(1, sizeof *explain);
    struct quoth_evidence evidence;

    if (!explain)
        return NULL;
    explain->f = app_memory_stream(&one->told, &one->told_n);
    if (!explain->f) {
        free(explain);
        return NULL;
    }
    explain->o = many->env->o;
    explain->helo = conf->smtp.helo;
    explain->from = conf->smtp.from;
    memset(&evidence, 0, sizeof evidence);
    if (!quoth_intake_address(&evidence, one->asked, one->asked_n))
        quoth_intake_domain(&evidence, conf);
    explain_begin(explain, one->asked, one->asked_n, &evidence);
    return explain;
}

static struct many_one *many_new(struct many *many)
{
    struct many_one **more = app_room(many->one, &many->cap, many->n + 1, sizeof *more);
    struct many_one *one = more ? app_zeroed(1, sizeof *one) : NULL;

    if (more)
        many->one = more;
    if (one)
        many->one[many->n++] = one;
    return one;
}

/* One more, of whom *what tells. `copy`: to be freed once its result was shown; may be NULL. */
static struct many_one *many_take(struct many *many, const struct many_one *what, char *copy)
{
    struct many_one *one = many_new(many);

    if (one) {
        *one = *what;
        one->copy = copy;
        if (!many->env->o->explain)
            return one;
        one->explain = many_explain(many, one);
        if (one->explain)
            return one;
    } else {
        free(copy);
    }
    many_no_memory(many);
    return NULL;
}

/* Those that came to the engine, as many as it has room for. */
static void many_give(struct many *many)
{
    const struct quoth_batch_options options = {.trace = many->env->o->explain};
    int err = 0;

    for (; many->given < many->n && !many->failed; many->given += !err) {
        const struct many_one *one = many->one[many->given];
        if (one && !one->done)
            err = app_engine_add(many->batch, &many->refused, many->given,
                                 (struct quoth_span) {one->asked, one->asked_n}, &options);
        if (err == -ENOMEM)
            many_no_memory(many);
        if (err)
            return;
    }
    if (many->ended)
        quoth_batch_close(many->batch);
}

/* The first `n` of `whole` bytes. */
static void many_add_text(struct many *many, const char *text, size_t n, size_t whole, char *copy)
{
    many_take(many,
              &(struct many_one) {
                  .input = text, .input_n = n, .input_bytes = whole, .asked = text, .asked_n = n},
              copy);
}

/* ---- rows of a list ----------------------------------------------------- */

/* Nobody is asked about this one. */
static void many_stop(struct many *many, uint32_t id, uint8_t reason)
{
    struct quoth_evidence evidence;
    struct quoth_batch_result result = {.id = id, .ev = &evidence, .mx = ""};

    memset(&evidence, 0, sizeof evidence);
    evidence.stop = reason;
    result.verdict = quoth_judge(&evidence, NULL, &result.reading);
    many_result(many, &result);
}

/* A row that holds no address, or none that can be read for sure. */
static void many_unasked(struct many *many, const struct many_one *what, char *copy, uint8_t reason)
{
    if (many_take(many, what, copy))
        many_stop(many, many->n - 1, reason);
}

static void many_lines_close(struct many *many);

static void many_read_row(struct many *many)
{
    struct list_row row;
    struct many_one what = {0};
    char *copy;
    int err;

    if (many->row == many->list.rows) {
        many_lines_close(many);
        many->ended = 1;
        return;
    }
    err = list_in_row(&many->list, many->row, 1, &row);
    copy = err ? NULL : app_resized(NULL, row.text_n + 1);
    if (err || !copy) {
        many_fail(many, APP_EXIT_INTERNAL, many->env->file, err ? err : ENOMEM);
        return;
    }
    memcpy(copy, row.text, row.text_n);
    what.input = copy;
    what.input_n = row.text_n;
    what.input_bytes = row.text_whole;
    what.asked = copy + (row.address - row.text);
    what.asked_n = row.reason ? 0 : row.address_n;
    what.line = list_in_line(&many->list, many->row++);
    if (row.reason)
        many_unasked(many, &what, copy, row.reason);
    else
        many_take(many, &what, copy);
}

/* ---- lines of a file ---------------------------------------------------- */

static int many_is_blank(const char *line, size_t n)
{
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    return n == 0;
}

/* One line, one answer: what stands around the address is taken off as in a list, and where there
 * are several, nobody is asked. */
static void many_line(struct many *many, char *copy, size_t n, size_t whole)
{
    struct many_one what = {.input = copy, .input_n = n, .input_bytes = whole};
    struct list_pieces pieces;
    struct list_piece piece, more;
    enum quoth_reason reason;

    list_pieces(&pieces, copy, n);
    list_piece(&pieces, &piece);
    reason = list_piece(&pieces, &more) ? QUOTH_REASON_SEVERAL : piece.reason;
    what.asked = piece.address.p;
    what.asked_n = reason ? 0 : piece.address.n;
    if (reason)
        many_unasked(many, &what, copy, (uint8_t)reason);
    else
        many_take(many, &what, copy);
}

/* The line under way has ended: LF, CR LF, or the end of the file. */
static void many_line_end(struct many *many)
{
    struct many_lines *lines = &many->lines;
    const size_t mark =
        lines->first && lines->n >= 3 && !memcmp(lines->line, "\xef\xbb\xbf", 3) ? 3 : 0;
    char *copy;

    if (lines->whole == lines->n && lines->n && lines->line[lines->n - 1] == '\r')
        lines->whole = --lines->n;
    lines->first = 0;
    if (!many_is_blank(lines->line + mark, lines->n - mark)) {
        copy = app_resized(NULL, lines->n - mark + 1);
        if (copy) {
            memcpy(copy, lines->line + mark, lines->n - mark);
            many_line(many, copy, lines->n - mark, lines->whole - mark);
        } else {
            many_no_memory(many);
        }
    }
    lines->n = lines->whole = 0;
}

static int many_wants_line(const struct many *many)
{
    return many->lines.fd >= 0 && many->n - many->head < MANY_AHEAD;
}

/* Have the loop tell of lines that come, as long as we want some. What cannot be watched, such as
 * /dev/null, is always ready. */
static void many_watch(struct many *many)
{
    struct many_lines *lines = &many->lines;
    struct quoth_loop *loop = quoth_batch_loop(many->batch);
    const int want = many_wants_line(many) && !lines->ready;

    if (want == lines->watched)
        return;
    if (quoth_loop_watch(loop, lines->fd, many->number, want ? QUOTH_LOOP_READ : 0))
        lines->ready = 1;
    else
        lines->watched = (uint8_t)want;
}

static void many_lines_close(struct many *many)
{
    const int fd = many->lines.fd;

    if (many->lines.watched)
        quoth_loop_watch(quoth_batch_loop(many->batch), fd, many->number, 0);
    many->lines.watched = 0;
    many->lines.fd = -1;
    if (many->listed)
        list_in_close(&many->list);
    else if (fd > STDIN_FILENO)
        close(fd);
    many->listed = 0;
}

/* What is there to read. */
static void many_read(struct many *many)
{
    struct many_lines *lines = &many->lines;
    char chunk[MANY_CHUNK];
    ssize_t got;

    if (many->listed) {
        many_read_row(many);
        return;
    }
    got = read(lines->fd, chunk, sizeof chunk);
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        many_fail(many, APP_EXIT_NO_INPUT, many->env->file, errno);
    for (ssize_t i = 0; i < got; i++) {
        if (chunk[i] == '\n') {
            many_line_end(many);
        } else {
            if (lines->n < sizeof lines->line)
                lines->line[lines->n++] = chunk[i];
            lines->whole++;
        }
    }
    if (got == 0) {
        if (lines->whole)
            many_line_end(many);
        many_lines_close(many);
        many->ended = 1;
    }
}

/* Is it to be read as it comes? A list that is there already is looked at as -f alone does. */
static int many_streams(const struct many *many, const struct stat *st)
{
    const struct app_options *options = many->env->o;
    return (options->list.follow || options->explain) && !S_ISREG(st->st_mode);
}

/* 0, or an exit code. */
static int many_lines_open(struct many *many, const char *path)
{
    struct many_lines *lines = &many->lines;
    const int named = strcmp(path, "-") != 0;
    struct stat st;
    int rc;

    if (named ? stat(path, &st) : fstat(STDIN_FILENO, &st))
        return app_say_error(APP_EXIT_NO_INPUT, path, errno);
    if (S_ISDIR(st.st_mode))
        return app_say_error(APP_EXIT_NO_INPUT, path, EISDIR);
    lines->first = 1;
    if (!many_streams(many, &st)) {
        rc = list_in_open(&many->list, path, &many->env->o->list, &app_interrupted);
        many->listed = 1;
        lines->ready = 1;
        lines->fd = many->list.file.fd;
        if (!rc && !many->env->o->quiet)
            list_say_look(&many->list, NULL);
        return rc;
    }
    lines->fd = named ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (lines->fd < 0)
        return app_say_error(APP_EXIT_NO_INPUT, path, errno);
    lines->ready = S_ISREG(st.st_mode);
    if (!lines->ready && quoth_loop_numbers(quoth_batch_loop(many->batch), 1, &many->number))
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    return 0;
}

/* ---- the run ------------------------------------------------------------ */

/* Has a line come, or part of one? */
static int many_may_read(const struct many *many, const uint32_t *moved, unsigned n)
{
    if (!many_wants_line(many))
        return 0;
    for (unsigned i = 0; i < n && !many->lines.ready; i++)
        if (moved[i] == many->number)
            return 1;
    return many->lines.ready;
}

static uint64_t many_due(const struct many *many)
{
    const uint64_t due = quoth_batch_due(many->batch), again = quoth_loop_port.now() + 1000;
    return many->given < many->n && again < due ? again : due;
}

/* The time of --max-time was over before these came to the engine, or before rows of a list were
 * read. Who writes to a pipe may never end: that is not waited for. */
static void many_left(struct many *many)
{
    while (!many->failed && !app_interrupted && (many->given < many->n || many->listed)) {
        const struct many_one *one = many->given < many->n ? many->one[many->given] : NULL;

        if (many->given == many->n) {
            many_read(many);
            continue;
        }
        if (one && !one->done)
            many_stop(many, many->given, QUOTH_REASON_TIMEOUT);
        many->given++;
    }
    if (!many->ended && !many->failed && !app_interrupted)
        app_say(0, many->env->file, "--max-time is over: no more of it is read");
}

/* Until the last result is shown. */
static void many_loop(struct many *many)
{
    uint32_t moved[256];
    int n = 0, goes_on = 1;

    while (goes_on > 0) {
        if (many_may_read(many, moved, (unsigned)n))
            many_read(many);
        many_give(many);
        goes_on = quoth_batch_turn(many->batch, moved, (unsigned)n);
        n = 0;
        if (goes_on > 0)
            many_watch(many);
        if (goes_on <= 0 || (many->lines.ready && many_wants_line(many)))
            continue;
        n = quoth_loop_wait(quoth_batch_loop(many->batch), many_due(many), moved, 256);
        if (n < 0)
            goes_on = n;
    }
    if (goes_on < 0)
        many_fail(many, APP_EXIT_INTERNAL, "the engine", goes_on == QUOTH_ESPACE ? ENOMEM : EIO);
    many_left(many);
}

static int many_work(struct many *many)
{
    const struct many_env *env = many->env;
    int rc = 0;

    if (env->file)
        rc = many_lines_open(many, env->file);
    if (rc) {
        many_lines_close(many);
        return rc;
    }
    for (unsigned i = 0; i < env->args->addresses && !many->failed && !app_interrupted; i++) {
        const size_t whole = strlen(env->args->address[i]);
        many_add_text(many, env->args->address[i], whole < APP_LINE_MAX ? whole : APP_LINE_MAX,
                      whole, NULL);
    }
    if (!env->file)
        many->ended = 1;
    many_loop(many);
    many_lines_close(many);
    if (many->failed)
        return app_say_error(many->failed, many->where, many->err);
    if (app_interrupted)
        return APP_EXIT_INTERRUPTED;
    if (!many->n)
        return app_say(APP_EXIT_USAGE, env->file, "it holds no address");
    return 0;
}

int many_check(const struct many_env *env)
{
    static struct many many; /* large */
    struct quoth_batch_hooks hooks = {
        .arg = &many, .result = many_result, .event = many_event, .trace = many_trace};
    struct quoth_batch_limits limits = env->o->list.limits;
    int rc;

    if (limits.pace_off && !env->o->quiet)
        app_say(0, NULL, "--pace off is for servers of your own: others take it for an attack");
    limits.no_wait = limits.passes == 0;
    if (env->setup->tls_up)
        (void)quoth_tls_remember(&env->setup->tls.global, 0); /* without, each handshake is full */
    many.env = env;
    many.format = &app_formats[env->o->format];
    many.lines.fd = -1;
    many.began = quoth_sock_port.now();
    many.batch = app_engine_new(&env->setup->conf, &limits,
                                env->setup->tls_up ? &env->setup->links : NULL, &hooks);
    if (!many.batch)
        return APP_EXIT_INTERNAL;
    app_interrupt_stops(many.batch);
    rc = many_work(&many);
    app_interrupt_stops(NULL);
    quoth_batch_free(many.batch);
    for (; many.head < many.n; many.head++)
        many_free_one(many.one[many.head]);
    free(many.one);
    return rc;
}
