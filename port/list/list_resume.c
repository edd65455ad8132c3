/* list_resume.c - the output is opened: a new one, one to go on with, or one that is finished.
 *
 *   output, its journal --> locked --> none there?            begun
 *                                      finished, as it was?   nothing to do
 *                                      cut off?               journal and log are read side by
 *                                                             side, cut where they are not whole
 *                                      anything else          refused in words
 *
 * The output is locked, not only the journal, for an output may have two names.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "list_sink_inner.h"
#include "sock.h"

enum { RESUME_FRESH = -1 }; /* there is nothing to go on with */

/* A file of ours beside the output. */
static int resume_open_beside(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0 && errno == ELOOP)
        return app_say(APP_EXIT_USAGE, path, "this is a symbolic link: name the file itself");
    return *fd < 0 ? app_say_error(APP_EXIT_INTERNAL, path, errno) : 0;
}

/* With --ordered records wait in a file of their own. */
static int resume_open_log(struct list_sink *s)
{
    return s->ordered ? resume_open_beside(s->log_path, &s->log) : 0;
}

/* ---- resuming ----------------------------------------------------------- */

/* Places of all rows, 0 each: no record is known. */
static int resume_places(struct list_sink *s)
{
    s->at.bytes = app_zeroed(s->rows, 5);
    s->at.n = s->at.cap = s->rows;
    return s->at.bytes ? 0 : ENOMEM;
}

/* The record that the entry speaks of is there, as it was written. `record` grows as needed. */
static int resume_record(struct list_sink *s, const struct sink_entry *e, char **record,
                         size_t *cap)
{
    const size_t n = e->length & SINK_LENGTH, lead = s->ordered && n ? sizeof(uint32_t) : 0;
    char *more = app_room(*record, cap, n + 1, 1);
    uint32_t length;

    if (!more) {
        list_sink_fail(s, ENOMEM);
        return 0;
    }
    *record = more;
    if (lead && (list_read_all(s->log, &length, lead, s->length) || length != n))
        return 0;
    return !list_read_all(s->log, *record, n, s->length + lead) &&
           list_sink_sum(s, *record, n) == e->sum;
}

/* Take over an answer that is whole. */
static void resume_recall(struct list_sink *s, const struct sink_entry *e, struct app_count *count)
{
    const size_t n = e->length & SINK_LENGTH, lead = s->ordered && n ? sizeof(uint32_t) : 0;

    if (e->row == SINK_HEADINGS)
        s->headed = 1;
    else if (!list_sink_has(s, e->row)) {
        s->has[e->row / 8] = (uint8_t)(s->has[e->row / 8] | 1u << (e->row % 8));
        count->verdict[e->length >> 30]++;
        if (lead)
            list_places_put(&s->at, e->row, s->length + 1);
    }
    s->length += lead + n;
    s->journalled++;
}

/* The entry at `at`. 1: it is whole. */
static int resume_entry_at(const struct list_sink *s, uint64_t at, uint64_t place,
                           struct sink_entry *e)
{
    return !list_read_all(s->journal, e, sizeof *e, at) &&
           e->check == list_sink_check(s, e, place) && (e->row < s->rows || e->row >= SINK_MARK);
}

/* Read journal and log side by side, from `at` in the journal, and take over all answers that are
 * whole. Returns where in the journal that ends. */
static uint64_t resume_replay(struct list_sink *s, uint64_t at, struct app_count *count)
{
    struct sink_entry e;
    char *record = NULL;
    size_t cap = 0;

    for (; resume_entry_at(s, at, s->entries, &e); at += sizeof e, s->entries++) {
        s->closed = 0;
        if (e.row == SINK_MARK) {
            s->sure = (uint64_t)e.sum << 30 | (e.length & SINK_LENGTH);
            s->closed = e.length >> 30 != 0;
        } else if (!resume_record(s, &e, &record, &cap)) {
            break;
        } else {
            resume_recall(s, &e, count);
        }
    }
    free(record);
    return at;
}

/* Behind where replaying ended, is there a mark? Or is nothing as it was written? */
static int resume_is_edited(const struct list_sink *s, uint64_t at, uint64_t size)
{
    const uint64_t end = (uint64_t)lseek(s->journal, 0, SEEK_END);
    struct sink_entry e;
    struct stat log;

    if (fstat(s->log, &log) ||
        (!s->length && s->entries <= 1 && log.st_size && resume_entry_at(s, at, s->entries, &e)))
        return 1;
    for (uint64_t place = s->entries; at + sizeof e <= end; at += sizeof e, place++)
        if (resume_entry_at(s, at, place, &e) && e.row == SINK_MARK)
            return 1;
    return size < s->sure || (s->closed && size != s->sure);
}

static int resume_new_journal(struct list_sink *s)
{
    int err = list_journal_key(&s->head);
    struct sink_entry room;

    list_sum_begin(&s->whole, s->head.key);
    if (!err && (ftruncate(s->journal, 0) || lseek(s->journal, 0, SEEK_SET)))
        err = errno;
    if (!err)
        err = list_journal_write(s->journal, &s->head, s->identity);
    if (!err)
        err = list_sink_note(s, &room, 0);
    if (!err && fsync(s->journal))
        err = errno;
    return err ? err : list_sink_push_name(s->journal_path);
}

/* It says that its run has ended: is the output still what it was then? LIST_FINISHED, or an exit
 * code. */
static int resume_is_finished(const struct list_sink *s, uint64_t size)
{
    if (!list_file_is(s->out, size, &s->head))
        return list_sink_say_edited(s->out_path);
    if (s->ordered)
        unlink(s->log_path); /* killed in between, it had no time to */
    return LIST_FINISHED;
}

static int resume_other_run(const struct list_sink *s, const char *then)
{
    app_say(APP_EXIT_USAGE, s->out_path,
            "its results are of another list or other options. --force begins anew; else take "
            "another -o");
    list_identity_differ(then, s->identity, strlen(then));
    return APP_EXIT_USAGE;
}

/* An output without a journal: nobody knows what it is. */
static int resume_no_journal(struct list_sink *s, int resume, uint64_t size)
{
    if (!size)
        return RESUME_FRESH;
    unlink(s->journal_path); /* it was made just now */
    return app_say(APP_EXIT_USAGE, s->out_path,
                   resume ? "it is there without its journal, so nobody knows whether it is "
                            "finished; --force writes it anew"
                          : "it is there already; --force writes over it");
}

/* A run that was killed had no time to say how much it wrote. */
static void resume_say_cut(const struct list_sink *s)
{
    struct stat log;

    if (!s->closed && !fstat(s->log, &log) && (uint64_t)log.st_size > s->length)
        app_say(0, s->log_path,
                "the run before was killed; what stands behind its last whole result is cut off");
}

/* Read log and journal, and be ready to write behind what is whole. 0, or an exit code. */
static int resume_go_on(struct list_sink *s, struct app_count *count, uint64_t size)
{
    uint64_t at;
    int rc = resume_open_log(s);

    if (rc)
        return rc;
    at = resume_replay(s, sizeof s->head + s->head.n, count);
    if (s->err)
        return app_say_error(APP_EXIT_INTERNAL, s->log_path, s->err);
    if (resume_is_edited(s, at, size))
        return list_sink_say_edited(s->log == s->out ? s->out_path : s->log_path);
    s->safe = s->length;
    list_sum_begin(&s->whole, s->head.key);
    if (!s->ordered && list_file_add(s->log, s->length, &s->whole))
        return app_say_error(APP_EXIT_INTERNAL, s->log_path, errno);
    s->noted = s->entries;
    resume_say_cut(s);
    if (ftruncate(s->journal, (off_t)at) || lseek(s->journal, 0, SEEK_END) < 0 ||
        ftruncate(s->log, (off_t)s->length) || lseek(s->log, 0, SEEK_END) < 0 ||
        (s->ordered && !s->sure && ftruncate(s->out, 0)))
        return app_say_error(APP_EXIT_INTERNAL, s->log_path, errno);
    if (s->closed) /* no more */
        list_sink_mark(s, 0);
    if (fsync(s->journal))
        list_sink_fail(s, errno);
    return 0;
}

/* 0: we go on with it; RESUME_FRESH; LIST_FINISHED; or an exit code after saying why. `size`: of
 * the output. */
static int resume_old_journal(struct list_sink *s, const struct list_sink_conf *conf, uint64_t size)
{
    char then[LIST_IDENTITY_MAX];
    const enum list_journal_state state = list_journal_read(s->journal, &s->head, then);

    if (state == LIST_JOURNAL_FOREIGN)
        return list_journal_say(state, s->journal_path);
    if (conf->force)
        return RESUME_FRESH;
    if (state == LIST_JOURNAL_EMPTY || (state == LIST_JOURNAL_DAMAGED && !size))
        return resume_no_journal(s, conf->resume, size);
    if (state != LIST_JOURNAL_FINE)
        return list_journal_say(state, s->journal_path);
    if (!conf->resume && s->head.finished && !size)
        return RESUME_FRESH;
    if (!conf->resume)
        return app_say(
            APP_EXIT_USAGE, s->out_path,
            s->head.finished
                ? "it is there already, finished; --force writes over it"
                : "an earlier run was cut off: --resume goes on with it, --force begins anew");
    if (strcmp(then, s->identity))
        return resume_other_run(s, then);
    return s->head.finished ? resume_is_finished(s, size) : resume_go_on(s, conf->count, size);
}

/* ---- opening ------------------------------------------------------------ */

/* Against a second run. */
static int resume_lock(int fd, const char *path)
{
    return flock(fd, LOCK_EX | LOCK_NB)
               ? app_say(APP_EXIT_INTERNAL, path, "another quoth is writing here")
               : 0;
}

static int resume_is_same(int a, int b)
{
    struct stat sa, sb;
    return !fstat(a, &sa) && !fstat(b, &sb) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static int resume_memory(struct list_sink *s)
{
    s->buf = app_resized(NULL, SINK_BUFFER);
    s->entry = app_resized(NULL, (SINK_ENTRIES + 1) * sizeof *s->entry);
    s->has = app_zeroed(s->rows / 8 + 1, 1);
    if (s->ordered)
        s->queue = app_resized(NULL, SINK_BUFFER);
    return !s->buf || !s->entry || !s->has || (s->ordered && (!s->queue || resume_places(s)));
}

/* The first run with this output: what is in its files goes. */
static int resume_begin(struct list_sink *s)
{
    int rc = resume_open_log(s);

    if (rc)
        return rc;
    if (ftruncate(s->log, 0) || ftruncate(s->out, 0))
        return app_say_error(APP_EXIT_INTERNAL, s->log_path, errno);
    rc = resume_new_journal(s);
    return rc ? app_say_error(APP_EXIT_FULL, s->journal_path, rc) : 0;
}

/* An output that can be gone on with: open its journal, and with --ordered its log. `size`: of the
 * output. */
static int resume_open_journal(struct list_sink *s, const struct list_sink_conf *conf,
                               uint64_t size)
{
    int rc;

    s->journal_path = conf->journal ? list_sink_beside(conf->journal, "")
                                    : list_sink_beside(conf->path, ".quoth-journal");
    s->log_path = list_sink_beside(conf->path, s->ordered ? ".quoth-part" : "");
    if (!s->journal_path || !s->log_path)
        return app_say_error(APP_EXIT_INTERNAL, conf->path, ENOMEM);
    rc = resume_lock(s->out, conf->path);
    if (!rc)
        rc = resume_open_beside(s->journal_path, &s->journal);
    if (!rc && resume_is_same(s->journal, s->out))
        rc = app_say(APP_EXIT_USAGE, s->journal_path, "this is the output itself");
    if (!rc)
        rc = resume_lock(s->journal, s->journal_path);
    if (!rc)
        rc = resume_old_journal(s, conf, size);
    return rc == RESUME_FRESH ? resume_begin(s) : rc;
}

/* Is it "-", or standard output under another name? */
static int resume_is_stdout(const char *path)
{
    struct stat a, b;
    return !strcmp(path, "-") || (!stat(path, &a) && !fstat(STDOUT_FILENO, &b) &&
                                  a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

static int resume_open(struct list_sink *s, const struct list_sink_conf *conf)
{
    const char *path = conf->path && resume_is_stdout(conf->path) ? NULL : conf->path;
    struct stat st;
    int fd = STDOUT_FILENO, existed = path && access(path, F_OK) == 0;

    s->rows = conf->rows;
    s->ordered = conf->ordered;
    s->journal = -1;
    s->push_gap_ms = 1000;
    s->pushed_ms = quoth_sock_port.now();
    s->arg = conf->arg;
    s->before = conf->before;
    s->identity = conf->identity;
    s->part = conf->part;
    s->out_path = path ? path : "standard output";
    if (resume_memory(s))
        return app_say_error(APP_EXIT_INTERNAL, s->out_path, ENOMEM);
    if (path)
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EACCES && existed)
        fd = open(path, O_WRONLY | O_CLOEXEC); /* a device */
    if (fd < 0 || fstat(fd, &st))
        return app_say_error(APP_EXIT_INTERNAL, s->out_path, errno);
    s->log = s->out = fd;
    if (path && S_ISREG(st.st_mode)) {
        const int rc = resume_open_journal(s, conf, (uint64_t)st.st_size);
        if (rc > 0 && !existed)
            unlink(path); /* it was made just now */
        return rc;
    }
    if (conf->resume)
        return app_say(APP_EXIT_USAGE, s->out_path,
                       "it is no file, so nobody can go on with it: leave out --resume, or take "
                       "another -o");
    if (s->ordered && (s->log = list_temporary()) < 0)
        return app_say_error(APP_EXIT_INTERNAL, "temporary file", errno);
    return 0;
}

int list_sink_open(struct list_sink **out, const struct list_sink_conf *conf)
{
    *out = app_zeroed(1, sizeof **out);
    if (!*out)
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    return resume_open(*out, conf);
}
