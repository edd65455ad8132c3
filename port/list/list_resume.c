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

int list_open_beside(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0 && errno == ELOOP)
        return app_say(APP_EXIT_USAGE, path, "this is a symbolic link: name the file itself");
    return *fd < 0 ? app_say_error(APP_EXIT_INTERNAL, path, errno) : 0;
}

/* With --ordered records wait in a file of their own. */
static int resume_open_log(struct list_sink *sink)
{
    return sink->ordered ? list_open_beside(sink->log_path, &sink->log) : 0;
}

/* ---- resuming ----------------------------------------------------------- */

/* Places of all rows, 0 each: no record is known. */
static int resume_places(struct list_sink *sink)
{
    sink->at.bytes = app_zeroed(sink->rows, 5);
    sink->at.n = sink->at.cap = sink->rows;
    return sink->at.bytes ? 0 : -ENOMEM;
}

/* The record that the entry speaks of is there, as it was written. `record` grows as needed. */
static int resume_record(struct list_sink *sink, const struct sink_entry *entry, char **record,
                         size_t *cap)
{
    const size_t n = entry->length & SINK_LENGTH, lead = sink->ordered && n ? sizeof(uint32_t) : 0;
    char *more = app_room(*record, cap, n + 1, 1);
    uint32_t length;

    if (!more) {
        list_sink_fail(sink, -ENOMEM);
        return 0;
    }
    *record = more;
    if (lead && (list_read_all(sink->log, &length, lead, sink->length) || length != n))
        return 0;
    return !list_read_all(sink->log, *record, n, sink->length + lead) &&
           list_sink_sum(sink, *record, n) == entry->sum;
}

/* Take over an answer that is whole. */
static void resume_recall(struct list_sink *sink, const struct sink_entry *entry,
                          struct app_count *count)
{
    const size_t n = entry->length & SINK_LENGTH, lead = sink->ordered && n ? sizeof(uint32_t) : 0;

    if (entry->row == SINK_HEADINGS)
        sink->headed = 1;
    else if (!list_sink_has(sink, entry->row)) {
        sink->has[entry->row / 8] = (uint8_t)(sink->has[entry->row / 8] | 1u << (entry->row % 8));
        count->verdict[entry->length >> 30]++;
        if (lead)
            list_places_put(&sink->at, entry->row, sink->length + 1);
    }
    sink->length += lead + n;
    sink->journalled++;
}

/* The entry at `at`. 1: it is whole. */
static int resume_entry_at(const struct list_sink *sink, uint64_t at, uint64_t place,
                           struct sink_entry *entry)
{
    return !list_read_all(sink->journal, entry, sizeof *entry, at) &&
           entry->check == list_sink_check(sink, entry, place) &&
           (entry->row < sink->rows || entry->row >= SINK_MARK);
}

/* Read journal and log side by side, from `at` in the journal, and take over all answers that are
 * whole. Returns where in the journal that ends. */
static uint64_t resume_replay(struct list_sink *sink, uint64_t at, struct app_count *count)
{
    struct sink_entry entry;
    char *record = NULL;
    size_t cap = 0;

    for (; resume_entry_at(sink, at, sink->entries, &entry); at += sizeof entry, sink->entries++) {
        sink->closed = 0;
        if (entry.row == SINK_MARK) {
            sink->sure = (uint64_t)entry.sum << 30 | (entry.length & SINK_LENGTH);
            sink->closed = entry.length >> 30 != 0;
        } else if (!resume_record(sink, &entry, &record, &cap)) {
            break;
        } else {
            resume_recall(sink, &entry, count);
        }
    }
    free(record);
    return at;
}

/* Behind where replaying ended, is there a mark? Or is nothing as it was written? */
static int resume_is_edited(const struct list_sink *sink, uint64_t at, uint64_t size)
{
    const uint64_t end = (uint64_t)lseek(sink->journal, 0, SEEK_END);
    struct sink_entry entry;
    struct stat log;

    if (fstat(sink->log, &log) || (!sink->length && sink->entries <= 1 && log.st_size &&
                                   resume_entry_at(sink, at, sink->entries, &entry)))
        return 1;
    for (uint64_t place = sink->entries; at + sizeof entry <= end; at += sizeof entry, place++)
        if (resume_entry_at(sink, at, place, &entry) && entry.row == SINK_MARK)
            return 1;
    return size < sink->sure || (sink->closed && size != sink->sure);
}

static int resume_new_journal(struct list_sink *sink)
{
    int err = list_journal_key(&sink->head);
    struct sink_entry room;

    list_sum_begin(&sink->whole, sink->head.key);
    if (!err && (ftruncate(sink->journal, 0) || lseek(sink->journal, 0, SEEK_SET)))
        err = -errno;
    if (!err)
        err = list_journal_write(sink->journal, &sink->head, sink->identity);
    if (!err)
        err = list_sink_note(sink, &room, 0);
    if (!err && fsync(sink->journal))
        err = -errno;
    return err ? err : app_file_push_name(sink->journal_path);
}

/* It says that its run has ended: is the output still what it was then? LIST_FINISHED, or an exit
 * code. */
static int resume_is_finished(const struct list_sink *sink, uint64_t size)
{
    if (!list_file_is(sink->out, size, &sink->head))
        return list_sink_say_edited(sink->out_path);
    if (sink->ordered)
        unlink(sink->log_path); /* killed in between, it had no time to */
    return LIST_FINISHED;
}

static int resume_other_run(const struct list_sink *sink, const char *then)
{
    app_say(APP_EXIT_USAGE, sink->out_path,
            "its results are of another list or other options. --force begins anew; else take "
            "another -o");
    list_identity_differ(then, sink->identity, strlen(then));
    return APP_EXIT_USAGE;
}

/* An output without a journal: nobody knows what it is. */
static int resume_no_journal(struct list_sink *sink, int resume, uint64_t size)
{
    if (!size)
        return RESUME_FRESH;
    return app_say(APP_EXIT_USAGE, sink->out_path,
                   resume ? "it is there without its journal, so nobody knows whether it is "
                            "finished; --force writes it anew"
                          : "it is there already; --force writes over it");
}

/* A run that was killed had no time to say how much it wrote. */
static void resume_say_cut(const struct list_sink *sink)
{
    struct stat log;

    if (!sink->closed && !fstat(sink->log, &log) && (uint64_t)log.st_size > sink->length)
        app_say(0, sink->log_path,
                "the run before was killed; what stands behind its last whole result is cut off");
}

/* Read log and journal, and be ready to write behind what is whole. 0, or an exit code. */
static int resume_go_on(struct list_sink *sink, struct app_count *count, uint64_t size)
{
    uint64_t at;
    int rc = resume_open_log(sink);

    if (rc)
        return rc;
    at = resume_replay(sink, sizeof sink->head + sink->head.n, count);
    if (sink->err)
        return app_say_error(APP_EXIT_INTERNAL, sink->log_path, sink->err);
    if (resume_is_edited(sink, at, size))
        return list_sink_say_edited(sink->log == sink->out ? sink->out_path : sink->log_path);
    sink->safe = sink->length;
    list_sum_begin(&sink->whole, sink->head.key);
    if (!sink->ordered && list_file_add(sink->log, sink->length, &sink->whole))
        return app_say_error(APP_EXIT_INTERNAL, sink->log_path, errno);
    sink->noted = sink->entries;
    resume_say_cut(sink);
    if (ftruncate(sink->journal, (off_t)at) || lseek(sink->journal, 0, SEEK_END) < 0 ||
        ftruncate(sink->log, (off_t)sink->length) || lseek(sink->log, 0, SEEK_END) < 0 ||
        (sink->ordered && !sink->sure && ftruncate(sink->out, 0)))
        return app_say_error(APP_EXIT_INTERNAL, sink->log_path, errno);
    if (sink->closed && !(sink->ordered && sink->sure)) /* no more; in order, once that is read */
        list_sink_mark(sink, 0);
    if (fsync(sink->journal))
        list_sink_fail(sink, errno);
    return 0;
}

/* What waited for its turn in the run before is of no use to one that keeps no order. */
static void resume_drop_log(const struct list_sink *sink, const char *path, const char *then)
{
    char *name = sink->ordered ? NULL : list_sink_beside(path, LIST_PART);

    if (name && strstr(then, "\n--ordered\tyes\n"))
        unlink(name);
    free(name);
}

/* 0: we go on with it; RESUME_FRESH; LIST_FINISHED; or an exit code after saying why. `size`: of
 * the output. */
static int resume_old_journal(struct list_sink *sink, const struct list_sink_conf *conf,
                              uint64_t size)
{
    char then[LIST_IDENTITY_MAX];
    const enum list_journal_state state = list_journal_read(sink->journal, &sink->head, then);

    if (state == LIST_JOURNAL_FOREIGN)
        return list_journal_say(state, sink->journal_path);
    if (conf->force) {
        if (state == LIST_JOURNAL_FINE)
            resume_drop_log(sink, conf->path, then);
        return RESUME_FRESH;
    }
    if (state == LIST_JOURNAL_EMPTY || (state == LIST_JOURNAL_DAMAGED && !size))
        return resume_no_journal(sink, conf->resume, size);
    if (state != LIST_JOURNAL_FINE)
        return list_journal_say(state, sink->journal_path);
    if (!conf->resume && sink->head.finished && !size)
        return RESUME_FRESH;
    if (!conf->resume)
        return app_say(
            APP_EXIT_USAGE, sink->out_path,
            sink->head.finished
                ? "it is there already, finished; --force writes over it"
                : "an earlier run was cut off: --resume goes on with it, --force begins anew");
    if (strcmp(then, sink->identity))
        return resume_other_run(sink, then);
    return sink->head.finished ? resume_is_finished(sink, size)
                               : resume_go_on(sink, conf->count, size);
}

/* ---- opening ------------------------------------------------------------ */

int list_lock(int fd, const char *path)
{
    struct stat held, named;

    return flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &held) || stat(path, &named) ||
                   !app_file_same(&held, &named)
               ? app_say(APP_EXIT_INTERNAL, path, "another quoth is writing here")
               : 0;
}

static int resume_is_same(int a, int b)
{
    struct stat sa, sb;
    return !fstat(a, &sa) && !fstat(b, &sb) && app_file_same(&sa, &sb);
}

static int resume_memory(struct list_sink *sink)
{
    sink->buf = app_resized(NULL, SINK_BUFFER);
    sink->entry = app_resized(NULL, (SINK_ENTRIES + 1) * sizeof *sink->entry);
    sink->has = app_zeroed(sink->rows / 8 + 1, 1);
    if (sink->ordered)
        sink->queue = app_resized(NULL, SINK_BUFFER);
    return !sink->buf || !sink->entry || !sink->has ||
           (sink->ordered && (!sink->queue || resume_places(sink)));
}

/* The first run with this output: what is in its files goes. */
static int resume_begin(struct list_sink *sink)
{
    int rc = resume_open_log(sink);

    if (rc)
        return rc;
    if (ftruncate(sink->log, 0) || ftruncate(sink->out, 0))
        return app_say_error(APP_EXIT_INTERNAL, sink->log_path, errno);
    rc = resume_new_journal(sink);
    if (!rc)
        return 0;
    ftruncate(sink->journal, 0); /* a piece of one would pass for somebody's file */
    return app_say_error(APP_EXIT_FULL, sink->journal_path, rc);
}

/* With --ordered: is there a file where records are to wait, and no journal that knows it? */
static int resume_spare_log(const struct list_sink *sink)
{
    struct stat log;

    if (!sink->ordered || lstat(sink->log_path, &log) || !log.st_size)
        return 0;
    return app_say(APP_EXIT_USAGE, sink->log_path,
                   "it is there, and no journal says whose it is; --force writes over it");
}

/* At the end the proof is written there. Better to know now than then that it cannot be: a name too
 * long, a directory that is not ours, somebody's file. */
static int resume_try_end(struct list_sink *sink)
{
    struct list_journal_head head;
    char identity[LIST_IDENTITY_MAX];
    char *name = list_sink_beside(sink->journal_path, LIST_NEW);
    int fd = -1, rc = name ? list_open_beside(name, &fd) : APP_EXIT_INTERNAL;

    if (!rc && list_journal_read(fd, &head, identity) == LIST_JOURNAL_FOREIGN)
        rc = list_journal_say(LIST_JOURNAL_FOREIGN, name);
    else if (!rc && unlink(name))
        rc = app_say_error(APP_EXIT_INTERNAL, name, errno);
    if (fd >= 0)
        close(fd);
    free(name);
    return rc;
}

/* Journal, log and proof. 0, LIST_FINISHED, or an exit code after saying why. */
static int resume_with_journal(struct list_sink *sink, const struct list_sink_conf *conf,
                               uint64_t size)
{
    int rc = resume_old_journal(sink, conf, size), fresh = rc == RESUME_FRESH;
    struct stat journal;

    if (fresh)
        rc = conf->force ? 0 : resume_spare_log(sink);
    if (!rc)
        rc = resume_try_end(sink);
    if (!rc && fresh)
        rc = resume_begin(sink);
    if (rc > 0 && !fstat(sink->journal, &journal) && !journal.st_size)
        unlink(sink->journal_path); /* it was made just now */
    return rc;
}

/* An output that can be gone on with: open its journal, and with --ordered its log. `size`: of the
 * output. */
static int resume_open_journal(struct list_sink *sink, const struct list_sink_conf *conf,
                               uint64_t size)
{
    int rc;

    sink->journal_path = conf->journal ? list_sink_beside(conf->journal, "")
                                       : list_sink_beside(conf->path, LIST_JOURNAL);
    sink->log_path = list_sink_beside(conf->path, sink->ordered ? LIST_PART : "");
    if (!sink->journal_path || !sink->log_path)
        return app_say_error(APP_EXIT_INTERNAL, conf->path, ENOMEM);
    rc = list_lock(sink->out, conf->path);
    if (!rc)
        rc = list_open_beside(sink->journal_path, &sink->journal);
    if (!rc && resume_is_same(sink->journal, sink->out))
        rc = app_say(APP_EXIT_USAGE, sink->journal_path, "this is the output itself");
    if (!rc)
        rc = list_lock(sink->journal, sink->journal_path);
    return rc ? rc : resume_with_journal(sink, conf, size);
}

int list_is_stdout(const char *path)
{
    struct stat a, b;
    return !strcmp(path, "-") ||
           (!stat(path, &a) && !fstat(STDOUT_FILENO, &b) && app_file_same(&a, &b));
}

static int resume_open(struct list_sink *sink, const struct list_sink_conf *conf)
{
    const char *path = conf->path && list_is_stdout(conf->path) ? NULL : conf->path;
    struct stat st;
    int fd = STDOUT_FILENO, existed = path && access(path, F_OK) == 0;

    sink->rows = conf->rows;
    sink->ordered = conf->ordered;
    sink->journal = -1;
    sink->push_gap_ms = 1000;
    sink->pushed_ms = quoth_sock_port.now();
    sink->arg = conf->arg;
    sink->before = conf->before;
    sink->identity = conf->identity;
    sink->part = conf->part;
    sink->out_path = path ? path : "standard output";
    if (resume_memory(sink))
        return app_say_error(APP_EXIT_INTERNAL, sink->out_path, ENOMEM);
    if (path)
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EACCES && existed)
        fd = open(path, O_WRONLY | O_CLOEXEC); /* a device */
    if (fd < 0 || fstat(fd, &st))
        return app_say_error(APP_EXIT_INTERNAL, sink->out_path, errno);
    sink->log = sink->out = fd;
    if (path && S_ISREG(st.st_mode)) {
        const int rc = resume_open_journal(sink, conf, (uint64_t)st.st_size);
        if (rc > 0 && !existed)
            unlink(path); /* it was made just now */
        return rc;
    }
    if (conf->resume)
        return app_say(APP_EXIT_USAGE, sink->out_path,
                       "it is no file, so nobody can go on with it: leave out --resume, or take "
                       "another -o");
    if (sink->ordered)
        sink->log = list_temporary();
    if (sink->log < 0)
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
