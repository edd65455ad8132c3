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
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "explain.h"
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
    struct app_refused refused;
    struct many_lines lines;
    struct list_in list; /* a list that is read whole, rather than as it comes */
    uint32_t row;        /* of it, the next one */
    uint8_t listed;
    uint32_t number; /* of the descriptor of lines, in the engine's loop */
    uint64_t began;
    int failed;        /* an exit code: the first thing that went wrong, with */
    const char *where; /* what it went wrong with, */
    int err;           /* and errno */
};

static volatile sig_atomic_t many_interrupted;
static struct quoth_batch *volatile many_batch;

static void many_interrupt(int number)
{
    many_interrupted = number;
    if (many_batch)
        quoth_batch_stop(many_batch);
}

static void many_fail(struct many *m, int code, const char *where, int err)
{
    if (!m->failed) {
        m->failed = code;
        m->where = where;
        m->err = err;
    }
    quoth_batch_stop(m->batch);
}

static void many_no_memory(struct many *m) { many_fail(m, APP_EXIT_INTERNAL, NULL, ENOMEM); }

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
static void many_show(struct many *m)
{
    FILE *f = m->format->flags & APP_FORMAT_PEOPLE ? stdout : stderr;

    for (; m->head < m->n; m->head++) {
        struct many_one *one = m->one[m->head];
        if (one->explain && !fflush(one->explain->f)) {
            fwrite(one->told + one->shown, 1, one->told_n - one->shown, f);
            fflush(f);
            one->shown = one->told_n;
        }
        if (!one->done)
            break;
        fwrite(one->result, 1, one->result_n, m->env->page->out.f);
        many_free_one(one);
        m->one[m->head] = NULL;
        if (fflush(m->env->page->out.f))
            many_fail(m, APP_EXIT_INTERNAL, "standard output", errno);
    }
}

/* ---- told by the engine ------------------------------------------------- */

/* 1, or 0: there is no memory for all of it. */
static int many_print_once(const struct many *m, struct many_one *one, const struct app_result *r)
{
    struct app_page page = *m->env->page;

    page.out.f = open_memstream(&one->result, &one->result_n);
    if (!page.out.f)
        return 0;
    m->format->answer(&page, r);
    if (!(ferror(page.out.f) | fclose(page.out.f)) && one->result)
        return 1;
    free(one->result);
    one->result = NULL;
    return 0;
}

static void many_print(struct many *m, struct many_one *one, const struct app_result *r)
{
    unsigned tries = 0;

    while (!many_print_once(m, one, r))
        if (!app_memory_wait(&tries)) {
            many_no_memory(m);
            return;
        }
}

static void many_result(void *arg, const struct quoth_batch_result *result)
{
    struct many *m = arg;
    struct many_one *one = m->one[result->id];
    const struct app_options *o = m->env->o;
    struct app_result r = {.input = one->input,
                           .input_n = one->input_n,
                           .input_bytes = one->input_bytes,
                           .asked = one->asked,
                           .asked_n = one->asked_n,
                           .line = one->line,
                           .ev = result->ev,
                           .host = result->mx,
                           .verdict = result->verdict,
                           .reading = result->reading,
                           .helo = m->env->setup->conf.smtp.helo,
                           .from = m->env->setup->conf.smtp.from,
                           .sandbox = o->sandbox != 0};
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    r.began_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - r.ev->took_ms * INT64_C(1000000);
    app_listed_mark(&m->env->setup->listed, &r);
    m->env->count->verdict[r.verdict]++;
    if (one->explain)
        explain_end(one->explain, &r);
    if (!o->quiet)
        many_print(m, one, &r);
    one->done = 1;
    if (result->id == m->head)
        many_show(m);
}

static void many_trace(void *arg, const struct quoth_batch_trace *t)
{
    struct many *m = arg;
    const struct many_one *one = m->one[t->id];

    if (!one || !one->explain || one->done)
        return;
    explain_batch(one->explain, t, quoth_sock_port.now() - m->began);
    if (t->id == m->head)
        many_show(m);
}

static void many_event(void *arg, const char *line)
{
    const struct many *m = arg;

    if (!m->env->o->quiet)
        app_say(0, NULL, line);
}

/* ---- adding ------------------------------------------------------------- */

static struct explain *many_explain(struct many *m, struct many_one *one)
{
    const struct quoth_conf *conf = &m->env->setup->conf;
    struct explain *x = app_zeroed(1, sizeof *x);
    struct quoth_evidence e;

    if (!x)
        return NULL;
    x->f = app_memory_stream(&one->told, &one->told_n);
    if (!x->f) {
        free(x);
        return NULL;
    }
    x->o = m->env->o;
    x->helo = conf->smtp.helo;
    x->from = conf->smtp.from;
    memset(&e, 0, sizeof e);
    if (!quoth_intake_address(&e, one->asked, one->asked_n))
        quoth_intake_domain(&e, conf);
    explain_begin(x, one->asked, one->asked_n, &e);
    return x;
}

static struct many_one *many_new(struct many *m)
{
    struct many_one **more = app_room(m->one, &m->cap, m->n + 1, sizeof *more);
    struct many_one *one = more ? app_zeroed(1, sizeof *one) : NULL;

    if (more)
        m->one = more;
    if (one)
        m->one[m->n++] = one;
    return one;
}

/* One more, of whom *what tells. `copy`: to be freed once its result was shown; may be NULL. */
static struct many_one *many_take(struct many *m, const struct many_one *what, char *copy)
{
    struct many_one *one = many_new(m);

    if (one) {
        *one = *what;
        one->copy = copy;
        if (!m->env->o->explain || (one->explain = many_explain(m, one)))
            return one;
    } else {
        free(copy);
    }
    many_no_memory(m);
    return NULL;
}

/* Those that came to the engine, as many as it has room for. */
static void many_give(struct many *m)
{
    const struct quoth_batch_options options = {.trace = m->env->o->explain};
    int err = 0;

    for (; m->given < m->n && !m->failed; m->given += !err) {
        const struct many_one *one = m->one[m->given];
        if (one && !one->done)
            err = app_engine_add(m->batch, &m->refused, m->given,
                                 (struct quoth_span) {one->asked, one->asked_n}, &options);
        if (err == ENOMEM)
            many_no_memory(m);
        if (err)
            return;
    }
    if (m->ended)
        quoth_batch_close(m->batch);
}

/* The first `n` of `whole` bytes. */
static void many_add_text(struct many *m, const char *text, size_t n, size_t whole, char *copy)
{
    many_take(m,
              &(struct many_one) {
                  .input = text, .input_n = n, .input_bytes = whole, .asked = text, .asked_n = n},
              copy);
}

/* ---- rows of a list ----------------------------------------------------- */

/* A row that nobody is asked about: it holds no address, or none that can be read for sure. */
static void many_unasked(struct many *m, const struct many_one *what, char *copy, uint8_t reason)
{
    const struct many_one *one = many_take(m, what, copy);
    struct quoth_evidence e;
    struct quoth_batch_result result = {.id = m->n - 1, .ev = &e, .mx = ""};

    if (!one)
        return;
    memset(&e, 0, sizeof e);
    e.stop = reason;
    result.verdict = quoth_judge(&e, NULL, &result.reading);
    many_result(m, &result);
}

static void many_lines_close(struct many *m);

static void many_read_row(struct many *m)
{
    struct list_row row;
    struct many_one what = {0};
    char *copy;
    int err;

    if (m->row == m->list.rows) {
        many_lines_close(m);
        m->ended = 1;
        return;
    }
    err = list_in_row(&m->list, m->row, 1, &row);
    copy = err ? NULL : app_resized(NULL, row.text_n + 1);
    if (err || !copy) {
        many_fail(m, APP_EXIT_INTERNAL, m->env->file, err ? err : ENOMEM);
        return;
    }
    memcpy(copy, row.text, row.text_n);
    what.input = copy;
    what.input_n = row.text_n;
    what.input_bytes = row.text_whole;
    what.asked = copy + (row.address - row.text);
    what.asked_n = row.reason ? 0 : row.address_n;
    what.line = list_in_line(&m->list, m->row++);
    if (row.reason)
        many_unasked(m, &what, copy, row.reason);
    else
        many_take(m, &what, copy);
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
static void many_line(struct many *m, char *copy, size_t n, size_t whole)
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
        many_unasked(m, &what, copy, (uint8_t)reason);
    else
        many_take(m, &what, copy);
}

/* The line under way has ended: LF, CR LF, or the end of the file. */
static void many_line_end(struct many *m)
{
    struct many_lines *l = &m->lines;
    const size_t mark = l->first && l->n >= 3 && !memcmp(l->line, "\xef\xbb\xbf", 3) ? 3 : 0;
    char *copy;

    if (l->whole == l->n && l->n && l->line[l->n - 1] == '\r')
        l->whole = --l->n;
    l->first = 0;
    if (!many_is_blank(l->line + mark, l->n - mark)) {
        copy = app_resized(NULL, l->n - mark + 1);
        if (copy) {
            memcpy(copy, l->line + mark, l->n - mark);
            many_line(m, copy, l->n - mark, l->whole - mark);
        } else {
            many_no_memory(m);
        }
    }
    l->n = l->whole = 0;
}

static int many_wants_line(const struct many *m)
{
    return m->lines.fd >= 0 && m->n - m->head < MANY_AHEAD;
}

/* Have the loop tell of lines that come, as long as we want some. What cannot be watched, such as
 * /dev/null, is always ready. */
static void many_watch(struct many *m)
{
    struct many_lines *l = &m->lines;
    struct quoth_loop *loop = quoth_batch_loop(m->batch);
    const int want = many_wants_line(m) && !l->ready;

    if (want == l->watched)
        return;
    if (quoth_loop_watch(loop, l->fd, m->number, want ? QUOTH_LOOP_READ : 0))
        l->ready = 1;
    else
        l->watched = (uint8_t)want;
}

static void many_lines_close(struct many *m)
{
    const int fd = m->lines.fd;

    if (m->lines.watched)
        quoth_loop_watch(quoth_batch_loop(m->batch), fd, m->number, 0);
    m->lines.watched = 0;
    m->lines.fd = -1;
    if (m->listed)
        list_in_close(&m->list);
    else if (fd > STDIN_FILENO)
        close(fd);
    m->listed = 0;
}

/* What is there to read. */
static void many_read(struct many *m)
{
    struct many_lines *l = &m->lines;
    char chunk[MANY_CHUNK];
    ssize_t got;

    if (m->listed) {
        many_read_row(m);
        return;
    }
    got = read(l->fd, chunk, sizeof chunk);
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        many_fail(m, APP_EXIT_NO_INPUT, m->env->file, errno);
    for (ssize_t i = 0; i < got; i++) {
        if (chunk[i] == '\n') {
            many_line_end(m);
        } else {
            if (l->n < sizeof l->line)
                l->line[l->n++] = chunk[i];
            l->whole++;
        }
    }
    if (got == 0) {
        if (l->whole)
            many_line_end(m);
        many_lines_close(m);
        m->ended = 1;
    }
}

/* Is it to be read as it comes? A list that is there already is looked at as -f alone does. */
static int many_streams(const struct many *m, const struct stat *st)
{
    const struct app_options *o = m->env->o;
    return o->list.follow || (o->explain && !S_ISREG(st->st_mode));
}

/* 0, or an exit code. */
static int many_lines_open(struct many *m, const char *path)
{
    struct many_lines *l = &m->lines;
    const int named = strcmp(path, "-") != 0;
    struct stat st;
    int rc;

    if (named ? stat(path, &st) : fstat(STDIN_FILENO, &st))
        return app_say_error(APP_EXIT_NO_INPUT, path, errno);
    if (S_ISDIR(st.st_mode))
        return app_say_error(APP_EXIT_NO_INPUT, path, EISDIR);
    l->first = 1;
    if (!many_streams(m, &st)) {
        rc = list_in_open(&m->list, path, &m->env->o->list, &many_interrupted);
        m->listed = 1;
        l->ready = 1;
        l->fd = m->list.file.fd;
        if (!rc && !m->env->o->quiet)
            list_say_look(&m->list, NULL);
        return rc;
    }
    l->fd = named ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (l->fd < 0)
        return app_say_error(APP_EXIT_NO_INPUT, path, errno);
    l->ready = S_ISREG(st.st_mode);
    if (!l->ready && quoth_loop_numbers(quoth_batch_loop(m->batch), 1, &m->number))
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    return 0;
}

/* ---- the run ------------------------------------------------------------ */

/* Has a line come, or part of one? */
static int many_may_read(const struct many *m, const uint32_t *moved, unsigned n)
{
    if (!many_wants_line(m))
        return 0;
    for (unsigned i = 0; i < n && !m->lines.ready; i++)
        if (moved[i] == m->number)
            return 1;
    return m->lines.ready;
}

static uint64_t many_due(const struct many *m)
{
    const uint64_t due = quoth_batch_due(m->batch), again = quoth_loop_port.now() + 1000;
    return m->given < m->n && again < due ? again : due;
}

/* Until the last result is shown. */
static void many_loop(struct many *m)
{
    uint32_t moved[256];
    int n = 0, goes_on = 1;

    while (goes_on > 0) {
        if (many_may_read(m, moved, (unsigned)n))
            many_read(m);
        many_give(m);
        goes_on = quoth_batch_turn(m->batch, moved, (unsigned)n);
        n = 0;
        if (goes_on > 0)
            many_watch(m);
        if (goes_on <= 0 || (m->lines.ready && many_wants_line(m)))
            continue;
        n = quoth_loop_wait(quoth_batch_loop(m->batch), many_due(m), moved, 256);
        if (n < 0)
            goes_on = n;
    }
    if (goes_on < 0)
        many_fail(m, APP_EXIT_INTERNAL, "the engine", goes_on == QUOTH_ESPACE ? ENOMEM : EIO);
}

static int many_work(struct many *m)
{
    const struct many_env *env = m->env;
    int rc = 0;

    if (env->file)
        rc = many_lines_open(m, env->file);
    if (rc) {
        many_lines_close(m);
        return rc;
    }
    for (unsigned i = 0; i < env->args->addresses && !m->failed && !many_interrupted; i++) {
        const size_t whole = strlen(env->args->address[i]);
        many_add_text(m, env->args->address[i], whole < APP_LINE_MAX ? whole : APP_LINE_MAX, whole,
                      NULL);
    }
    if (!env->file)
        m->ended = 1;
    many_loop(m);
    many_lines_close(m);
    if (m->failed)
        return app_say_error(m->failed, m->where, m->err);
    if (many_interrupted)
        return APP_EXIT_INTERRUPTED;
    if (!m->n)
        return app_say(APP_EXIT_USAGE, env->file, "it holds no address");
    return 0;
}

int many_check(const struct many_env *env)
{
    static struct many m; /* large */
    const struct sigaction interrupt = {.sa_handler = many_interrupt,
                                        .sa_flags = (int)SA_RESETHAND};
    struct quoth_batch_hooks hooks = {
        .arg = &m, .result = many_result, .event = many_event, .trace = many_trace};
    struct quoth_batch_limits limits = env->o->list.limits;
    int rc;

    if (limits.pace_off && !env->o->quiet)
        app_say(0, NULL, "--pace off is for servers of your own: others take it for an attack");
    limits.no_wait = limits.passes == 0;
    limits.run_ms = 0; /* of lists alone */
    if (env->setup->tls_up)
        (void)quoth_tls_remember(&env->setup->tls.global, 0); /* without, each handshake is full */
    m.env = env;
    m.format = &app_formats[env->o->format];
    m.lines.fd = -1;
    m.began = quoth_sock_port.now();
    m.batch = app_engine_new(&env->setup->conf, &limits,
                             env->setup->tls_up ? &env->setup->links : NULL, &hooks);
    if (!m.batch)
        return APP_EXIT_INTERNAL;
    many_batch = m.batch;
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    rc = many_work(&m);
    many_batch = NULL;
    quoth_batch_free(m.batch);
    for (; m.head < m.n; m.head++)
        many_free_one(m.one[m.head]);
    free(m.one);
    return rc;
}
