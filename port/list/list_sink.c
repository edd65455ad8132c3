/* list_sink.c - where results go, so that none is lost and none is written twice.
 *
 * The log is the output itself, or with --ordered a file beside it, OUT.quoth-part, from which the
 * output is written in the order of the list. Records are appended to the log; then one entry of 16
 * bytes for each is appended to the journal:
 *
 *   row | length and verdict | sum of the record | sum of this entry and its place
 *
 * The sums are keyed with a number drawn for this journal, so nothing that a disk may show after a
 * power loss passes for an entry or a record. That makes the order of writes irrelevant: to resume,
 * journal and log are read side by side up to the first entry or record that is not whole, both are
 * cut there, and the rows that have no entry are asked again.
 *
 * Once a second all files are pushed to the disk (less often where that is slow), and a mark in the
 * journal says so. Nothing before a mark can be lost by accident: where that is not as it was
 * written, somebody has edited the output, and the run refuses to go on rather than cut it.
 *
 * When all rows are answered, list_journal.c writes down the end. The output is locked, not only
 * the journal, for an output may have two names.
 *
 *   record -> buffer ->  log  -> journal        when the buffer is full, and a few times a second
 *                         `-> output in order   --ordered
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "list.h"
#include "sock.h"

enum {
    SINK_BUFFER = 1 << 16,       /* bytes kept before they are written */
    SINK_ENTRIES = 1 << 12,      /* the same of entries of the journal */
    SINK_LENGTH = (1 << 30) - 1, /* the bits of an entry that are a length */
    SINK_FRESH = -1,             /* sink_old_journal(): there is nothing to go on with */
    SINK_EDITED = -1             /* as an error: the output is not what was written there */
};
static const uint32_t SINK_HEADINGS = UINT32_MAX, /* the row of the record that opens the file */
    SINK_MARK = UINT32_MAX - 1; /* all before it is on the disk; see sink_mark() */

/* One row in the journal. */
struct sink_entry {
    uint32_t row;
    uint32_t length; /* of the record; the two upper bits are the verdict */
    uint32_t sum;    /* of the record */
    uint32_t check;  /* of this entry and its place */
};

struct list_sink {
    int log, out; /* the same, but with --ordered */
    int journal;  /* -1: none */
    char *log_path, *journal_path;
    const char *out_path;
    struct list_journal_head head; /* with the key of the journal's sums */
    const char *identity;
    uint64_t entries; /* of the journal, marks too */
    uint64_t length;  /* of the log, with what is still in the buffer */
    uint64_t safe;    /* bytes of the log that the journal knows */
    char *buf;        /* of the log, not yet written */
    size_t n;
    struct sink_entry *entry; /* of the journal, not yet written */
    size_t entry_n;
    uint8_t *has; /* a bit for each row that is answered */
    uint32_t rows;
    uint32_t journalled; /* entries that were written, but for marks */
    uint64_t sure;       /* bytes of the output that the last mark knows */
    uint64_t out_at;     /* --ordered: bytes of the output */
    uint8_t closed;      /* that mark says that the run ended there */
    uint8_t ordered, part;
    uint8_t dirty;         /* something was written that the disk may not have yet */
    uint8_t headed;        /* the log begins with headings */
    struct list_places at; /* --ordered: 1 + where a row's record begins in the log; 0: unknown */
    uint32_t next;         /* --ordered: the first row that is not yet in the output */
    char *queue;           /* --ordered: of the output, not yet written */
    size_t queue_n;
    uint64_t pushed_ms, push_gap_ms; /* when the disk was waited for, and how long not again */
    int err;
    void (*before)(void *arg);
    void *arg;
};

/* ---- sums --------------------------------------------------------------- */

static uint32_t sink_sum(const struct list_sink *s, const void *p, size_t n)
{
    return (uint32_t)list_sum(s->head.k0, s->head.k1, p, n);
}

static uint32_t sink_check(const struct list_sink *s, const struct sink_entry *e, uint64_t place)
{
    struct {
        struct sink_entry e;
        uint64_t place;
    } all;
    memset(&all, 0, sizeof all);
    all.e = *e;
    all.e.check = 0;
    all.place = place;
    return sink_sum(s, &all, sizeof all);
}

/* ---- writing ------------------------------------------------------------ */

static void sink_fail(struct list_sink *s, int err)
{
    if (!s->err)
        s->err = err;
}

/* The output in order. What an earlier run has left there is written over only behind its last
 * mark; before that it must be the same. */
static void sink_out(struct list_sink *s, const char *p, size_t n)
{
    char was[4096];

    while (n && s->out_at < s->sure && !s->err) {
        size_t part = n < sizeof was ? n : sizeof was;
        if (part > s->sure - s->out_at)
            part = (size_t)(s->sure - s->out_at);
        if (list_read_all(s->out, was, part, s->out_at) || memcmp(was, p, part))
            sink_fail(s, SINK_EDITED);
        s->out_at += part;
        p += part;
        n -= part;
        if (s->out_at == s->sure && !s->err &&
            (ftruncate(s->out, (off_t)s->sure) || lseek(s->out, 0, SEEK_END) < 0))
            sink_fail(s, errno);
    }
    if (!n || s->err)
        return;
    sink_fail(s, list_write_all(s->out, p, n));
    s->out_at += n;
}

static void sink_flush_queue(struct list_sink *s)
{
    if (s->queue_n && !s->err) {
        if (s->before)
            s->before(s->arg);
        sink_out(s, s->queue, s->queue_n);
    }
    s->queue_n = 0;
}

/* First the log, then the journal. After a failure nothing more is written, so that what the
 * journal says stays true. */
static void sink_flush_log(struct list_sink *s)
{
    if (s->n && !s->err) {
        if (s->before && s->log == STDOUT_FILENO)
            s->before(s->arg);
        sink_fail(s, list_write_all(s->log, s->buf, s->n));
        s->dirty = 1;
    }
    s->n = 0;
    if (s->journal >= 0 && s->entry_n && !s->err)
        sink_fail(s, list_write_all(s->journal, s->entry, s->entry_n * sizeof *s->entry));
    if (!s->err) {
        s->safe = s->length;
        s->journalled += (uint32_t)s->entry_n;
    }
    s->entry_n = 0;
}

/* All that was written is on the disk; `closed`: and the run ends here. Its length and sum are the
 * output's length, its verdict is `closed`. */
static void sink_mark(struct list_sink *s, unsigned closed)
{
    const uint64_t at = s->ordered ? s->out_at : s->safe, n = at > s->sure ? at : s->sure;
    struct sink_entry e = {SINK_MARK, (uint32_t)(n & SINK_LENGTH) | (uint32_t)closed << 30,
                           (uint32_t)(n >> 30), 0};
    e.check = sink_check(s, &e, s->entries++);
    sink_fail(s, list_write_all(s->journal, &e, sizeof e));
}

/* Wait until the disk has it; unless `must`, not so often that it takes more than a twentieth of
 * the time. */
static void sink_push(struct list_sink *s, int must)
{
    uint64_t now = quoth_sock_port.now(), took;
    if (s->journal < 0 || s->err || (!must && (!s->dirty || now - s->pushed_ms < s->push_gap_ms)))
        return;
    if (fdatasync(s->log) || (s->ordered && fdatasync(s->out)) || fdatasync(s->journal))
        sink_fail(s, errno);
    if (!s->err)
        sink_mark(s, must != 0);
    took = quoth_sock_port.now() - now;
    s->push_gap_ms = took * 20 > 1000 ? took * 20 : 1000;
    s->pushed_ms = now + took;
    s->dirty = 0;
}

int list_sink_flush(struct list_sink *s)
{
    sink_flush_log(s);
    if (s->ordered)
        sink_flush_queue(s);
    sink_push(s, 0);
    return s->err;
}

static void sink_append(struct list_sink *s, const void *p, size_t n)
{
    const char *at = p;
    s->length += n;
    while (n && !s->err) {
        size_t room = SINK_BUFFER - s->n, part = n < room ? n : room;
        memcpy(s->buf + s->n, at, part);
        s->n += part;
        at += part;
        n -= part;
        if (n) { /* a record longer than the buffer; its entry is written behind its end */
            if (s->before && s->log == STDOUT_FILENO)
                s->before(s->arg);
            sink_fail(s, list_write_all(s->log, s->buf, s->n));
            s->n = 0;
            s->dirty = 1;
        }
    }
}

/* ---- in order ----------------------------------------------------------- */

static void sink_queue(struct list_sink *s, const char *p, size_t n)
{
    if (!n)
        return;
    if (s->queue_n + n > SINK_BUFFER)
        sink_flush_queue(s);
    if (n > SINK_BUFFER) {
        sink_out(s, p, n);
        return;
    }
    memcpy(s->queue + s->queue_n, p, n);
    s->queue_n += n;
}

/* Copy the record at `at` from the log to the output. It is its length and its bytes. */
static void sink_copy(struct list_sink *s, uint64_t at)
{
    char part[4096];
    uint32_t left = 0;

    if (at + sizeof left > s->length - s->n)
        sink_flush_log(s); /* it was still in the buffer */
    if (!s->err)
        sink_fail(s, list_read_all(s->log, &left, sizeof left, at));
    for (at += sizeof left; left && !s->err;) {
        size_t n = left < sizeof part ? left : sizeof part;
        if (at + n > s->length - s->n)
            sink_flush_log(s);
        if (!s->err)
            sink_fail(s, list_read_all(s->log, part, n, at));
        if (!s->err)
            sink_queue(s, part, n);
        at += n;
        left -= (uint32_t)n;
    }
}

static int sink_bit(const struct list_sink *s, uint32_t row)
{
    return s->has[row / 8] >> (row % 8) & 1;
}

/* All rows that follow the last one in the output and are answered. */
static void sink_catch_up(struct list_sink *s)
{
    for (; s->next < s->rows && sink_bit(s, s->next) && !s->err; s->next++) {
        uint64_t at = list_places_get(&s->at, s->next);
        if (at)
            sink_copy(s, at - 1);
    }
}

/* No more will come: the others are rows of another part, or the run was cut short and cannot be
 * resumed. Write what is there, in order. */
static void sink_leave_gaps(struct list_sink *s)
{
    for (; s->next < s->rows && !s->err; s->next++)
        if (list_places_get(&s->at, s->next))
            sink_copy(s, list_places_get(&s->at, s->next) - 1);
}

/* ---- records ------------------------------------------------------------ */

static int sink_say_edited(const char *path)
{
    return app_say(APP_EXIT_USAGE, path,
                   "this is not what was written there: it was edited, cut, or is of another run. "
                   "Nothing was changed; --force begins anew");
}

static void sink_enter(struct list_sink *s, uint32_t row, unsigned verdict, size_t n, uint32_t sum)
{
    struct sink_entry e = {row, (uint32_t)n | (uint32_t)verdict << 30, sum, 0};
    e.check = sink_check(s, &e, s->entries++);
    s->entry[s->entry_n++] = e;
    if (s->n == SINK_BUFFER || s->entry_n == SINK_ENTRIES)
        sink_flush_log(s);
}

int list_sink_head(struct list_sink *s, const char *p, size_t n)
{
    s->head.head_n = (uint32_t)n;
    if (s->ordered) {
        sink_queue(s, p, n);
        sink_catch_up(s);
        if (s->sure)
            sink_flush_queue(s);
        return s->err == SINK_EDITED || s->out_at < s->sure ? sink_say_edited(s->out_path) : 0;
    }
    if (!n || s->length)
        return 0;
    s->headed = 1;
    sink_append(s, p, n);
    sink_enter(s, SINK_HEADINGS, 0, n, sink_sum(s, p, n));
    return 0;
}

void list_sink_put(struct list_sink *s, uint32_t id, enum quoth_verdict v, const char *p, size_t n)
{
    uint32_t length = (uint32_t)n;
    if (sink_bit(s, id) || s->err)
        return;
    s->has[id / 8] = (uint8_t)(s->has[id / 8] | 1u << (id % 8));
    if (!s->ordered || id != s->next || s->journal >= 0) {
        if (s->ordered && n) {
            list_places_put(&s->at, id, s->length + 1);
            sink_append(s, &length, sizeof length);
        }
        sink_append(s, p, n);
        sink_enter(s, id, v, n, sink_sum(s, p, n));
    }
    if (s->ordered && id == s->next) { /* its turn: no need to read it from the log */
        sink_queue(s, p, n);
        s->next++;
        sink_catch_up(s);
    }
}

int list_sink_has(const struct list_sink *s, uint32_t id) { return sink_bit(s, id); }
int list_sink_resumable(const struct list_sink *s) { return s->journal >= 0; }
uint32_t list_sink_safe(const struct list_sink *s)
{
    return s->journalled - (s->journalled ? s->headed : 0u);
}

/* ---- files -------------------------------------------------------------- */

static char *sink_beside(const char *path, const char *suffix)
{
    char *name = malloc(strlen(path) + strlen(suffix) + 1);
    if (name)
        strcat(strcpy(name, path), suffix);
    return name;
}

/* A file of ours beside the output. */
static int sink_open_beside(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0 && errno == ELOOP)
        return app_say(APP_EXIT_USAGE, path, "this is a symbolic link: name the file itself");
    return *fd < 0 ? app_say(APP_EXIT_INTERNAL, path, strerror(errno)) : 0;
}

/* With --ordered records wait in a file of their own. */
static int sink_open_log(struct list_sink *s)
{
    return s->ordered ? sink_open_beside(s->log_path, &s->log) : 0;
}

/* ---- resuming ----------------------------------------------------------- */

/* Places of all rows, 0 each: no record is known. */
static int sink_places(struct list_sink *s)
{
    s->at.bytes = calloc(s->rows, 5);
    s->at.n = s->at.cap = s->rows;
    return s->at.bytes ? 0 : ENOMEM;
}

/* The record that the entry speaks of is there, as it was written. `record` grows as needed. */
static int sink_record(const struct list_sink *s, const struct sink_entry *e, char **record,
                       size_t *cap)
{
    const size_t n = e->length & SINK_LENGTH, lead = s->ordered && n ? sizeof(uint32_t) : 0;
    uint32_t length;

    if (n > *cap) {
        char *more = realloc(*record, n);
        if (!more)
            return 0;
        *record = more;
        *cap = n;
    }
    if (lead && (list_read_all(s->log, &length, lead, s->length) || length != n))
        return 0;
    return !list_read_all(s->log, *record, n, s->length + lead) &&
           sink_sum(s, *record, n) == e->sum;
}

/* Take over an answer that is whole. */
static void sink_recall(struct list_sink *s, const struct sink_entry *e, struct app_count *count)
{
    const size_t n = e->length & SINK_LENGTH, lead = s->ordered && n ? sizeof(uint32_t) : 0;

    if (e->row == SINK_HEADINGS)
        s->headed = 1;
    else if (!sink_bit(s, e->row)) {
        s->has[e->row / 8] = (uint8_t)(s->has[e->row / 8] | 1u << (e->row % 8));
        count->verdict[e->length >> 30]++;
        if (lead)
            list_places_put(&s->at, e->row, s->length + 1);
    }
    s->length += lead + n;
    s->journalled++;
}

/* The entry at `at`. 1: it is whole. */
static int sink_entry_at(const struct list_sink *s, uint64_t at, uint64_t place,
                         struct sink_entry *e)
{
    return !list_read_all(s->journal, e, sizeof *e, at) && e->check == sink_check(s, e, place) &&
           (e->row < s->rows || e->row >= SINK_MARK);
}

/* Read journal and log side by side, from `at` in the journal, and take over all answers that are
 * whole. Returns where in the journal that ends. */
static uint64_t sink_replay(struct list_sink *s, uint64_t at, struct app_count *count)
{
    struct sink_entry e;
    char *record = NULL;
    size_t cap = 0;

    for (; sink_entry_at(s, at, s->entries, &e); at += sizeof e, s->entries++) {
        s->closed = 0;
        if (e.row == SINK_MARK) {
            s->sure = (uint64_t)e.sum << 30 | (e.length & SINK_LENGTH);
            s->closed = e.length >> 30 != 0;
        } else if (!sink_record(s, &e, &record, &cap)) {
            break;
        } else {
            sink_recall(s, &e, count);
        }
    }
    free(record);
    return at;
}

/* Behind where replaying ended, is there a mark? Or is nothing as it was written? */
static int sink_is_edited(const struct list_sink *s, uint64_t at, uint64_t size)
{
    const uint64_t end = (uint64_t)lseek(s->journal, 0, SEEK_END);
    struct sink_entry e;
    struct stat log;

    if (fstat(s->log, &log) ||
        (!s->length && s->entries <= 1 && log.st_size && sink_entry_at(s, at, s->entries, &e)))
        return 1;
    for (uint64_t place = s->entries; at + sizeof e <= end; at += sizeof e, place++)
        if (sink_entry_at(s, at, place, &e) && e.row == SINK_MARK)
            return 1;
    return size < s->sure || (s->closed && size != s->sure);
}

/* A file's name must be on the disk too: an output without its journal cannot be gone on with. */
static int sink_push_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, err = 0;

    free(dir);
    if (fd < 0)
        return 0; /* a directory that we may write to but not read */
    if (fsync(fd) && errno != EINVAL)
        err = errno;
    close(fd);
    return err;
}

static int sink_new_journal(struct list_sink *s)
{
    int err = list_journal_key(&s->head);

    if (!err && (ftruncate(s->journal, 0) || lseek(s->journal, 0, SEEK_SET)))
        err = errno;
    if (!err)
        err = list_journal_write(s->journal, &s->head, s->identity);
    if (!err && fsync(s->journal))
        err = errno;
    return err ? err : sink_push_name(s->journal_path);
}

/* It says that its run has ended: is the output still what it was then? LIST_FINISHED, or an exit
 * code. */
static int sink_is_finished(const struct list_sink *s, uint64_t size)
{
    uint64_t sum;

    if (size != s->head.length || list_file_sum(s->out, size, &s->head, &sum) || sum != s->head.sum)
        return sink_say_edited(s->out_path);
    if (s->ordered)
        unlink(s->log_path); /* killed in between, it had no time to */
    return LIST_FINISHED;
}

static int sink_other_run(const struct list_sink *s, const char *then)
{
    app_say(APP_EXIT_USAGE, s->out_path,
            "its results are of another list or other options. --force begins anew; else take "
            "another -o");
    list_identity_differ(then, s->identity, strlen(then));
    return APP_EXIT_USAGE;
}

/* An output without a journal: nobody knows what it is. */
static int sink_no_journal(struct list_sink *s, int resume, uint64_t size)
{
    if (!size)
        return SINK_FRESH;
    unlink(s->journal_path); /* it was made just now */
    return app_say(APP_EXIT_USAGE, s->out_path,
                   resume ? "it is there without its journal, so nobody knows whether it is "
                            "finished; --force writes it anew"
                          : "it is there already; --force writes over it");
}

/* Read log and journal, and be ready to write behind what is whole. 0, or an exit code. */
static int sink_go_on(struct list_sink *s, struct app_count *count, uint64_t size)
{
    uint64_t at;
    int rc = sink_open_log(s);

    if (rc)
        return rc;
    at = sink_replay(s, sizeof s->head + s->head.n, count);
    if (sink_is_edited(s, at, size))
        return sink_say_edited(s->log == s->out ? s->out_path : s->log_path);
    s->safe = s->length;
    if (ftruncate(s->journal, (off_t)at) || lseek(s->journal, 0, SEEK_END) < 0 ||
        ftruncate(s->log, (off_t)s->length) || lseek(s->log, 0, SEEK_END) < 0 ||
        (s->ordered && !s->sure && ftruncate(s->out, 0)))
        return app_say(APP_EXIT_INTERNAL, s->log_path, strerror(errno));
    if (s->closed) /* no more */
        sink_mark(s, 0);
    if (fsync(s->journal))
        sink_fail(s, errno);
    return 0;
}

/* 0: we go on with it; SINK_FRESH; LIST_FINISHED; or an exit code after saying why. `size`: of the
 * output. */
static int sink_old_journal(struct list_sink *s, const struct list_sink_conf *conf, uint64_t size)
{
    char then[LIST_IDENTITY_MAX];
    const enum list_journal_state state = list_journal_read(s->journal, &s->head, then);

    if (state == LIST_JOURNAL_FOREIGN)
        return list_journal_say(state, s->journal_path);
    if (conf->force)
        return SINK_FRESH;
    if (state == LIST_JOURNAL_EMPTY || (state == LIST_JOURNAL_DAMAGED && !size))
        return sink_no_journal(s, conf->resume, size);
    if (state != LIST_JOURNAL_FINE)
        return list_journal_say(state, s->journal_path);
    if (!conf->resume && s->head.finished && !size)
        return SINK_FRESH;
    if (!conf->resume)
        return app_say(
            APP_EXIT_USAGE, s->out_path,
            s->head.finished
                ? "it is there already, finished; --force writes over it"
                : "an earlier run was cut off: --resume goes on with it, --force begins anew");
    if (strcmp(then, s->identity))
        return sink_other_run(s, then);
    return s->head.finished ? sink_is_finished(s, size) : sink_go_on(s, conf->count, size);
}

/* ---- opening ------------------------------------------------------------ */

/* Against a second run. */
static int sink_lock(int fd, const char *path)
{
    return flock(fd, LOCK_EX | LOCK_NB)
               ? app_say(APP_EXIT_INTERNAL, path, "another quoth is writing here")
               : 0;
}

static int sink_is_same(int a, int b)
{
    struct stat sa, sb;
    return !fstat(a, &sa) && !fstat(b, &sb) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static int sink_memory(struct list_sink *s)
{
    s->buf = malloc(SINK_BUFFER);
    s->entry = malloc(SINK_ENTRIES * sizeof *s->entry);
    s->has = calloc(s->rows / 8 + 1, 1);
    if (s->ordered)
        s->queue = malloc(SINK_BUFFER);
    return !s->buf || !s->entry || !s->has || (s->ordered && (!s->queue || sink_places(s)));
}

/* The first run with this output: what is in its files goes. */
static int sink_begin(struct list_sink *s)
{
    int rc = sink_open_log(s);

    if (rc)
        return rc;
    if (ftruncate(s->log, 0) || ftruncate(s->out, 0))
        return app_say(APP_EXIT_INTERNAL, s->log_path, strerror(errno));
    rc = sink_new_journal(s);
    return rc ? app_say(APP_EXIT_FULL, s->journal_path, strerror(rc)) : 0;
}

/* An output that can be gone on with: open its journal, and with --ordered its log. `size`: of the
 * output. */
static int sink_open_journal(struct list_sink *s, const struct list_sink_conf *conf, uint64_t size)
{
    int rc;

    s->journal_path =
        conf->journal ? sink_beside(conf->journal, "") : sink_beside(conf->path, ".quoth-journal");
    s->log_path = sink_beside(conf->path, s->ordered ? ".quoth-part" : "");
    if (!s->journal_path || !s->log_path)
        return app_say(APP_EXIT_INTERNAL, conf->path, strerror(ENOMEM));
    rc = sink_lock(s->out, conf->path);
    if (!rc)
        rc = sink_open_beside(s->journal_path, &s->journal);
    if (!rc && sink_is_same(s->journal, s->out))
        rc = app_say(APP_EXIT_USAGE, s->journal_path, "this is the output itself");
    if (!rc)
        rc = sink_lock(s->journal, s->journal_path);
    if (!rc)
        rc = sink_old_journal(s, conf, size);
    return rc == SINK_FRESH ? sink_begin(s) : rc;
}

/* Is it "-", or standard output under another name? */
static int sink_is_stdout(const char *path)
{
    struct stat a, b;
    return !strcmp(path, "-") || (!stat(path, &a) && !fstat(STDOUT_FILENO, &b) &&
                                  a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

static int sink_open(struct list_sink *s, const struct list_sink_conf *conf)
{
    const char *path = conf->path && sink_is_stdout(conf->path) ? NULL : conf->path;
    struct stat st;
    int fd = STDOUT_FILENO, existed = path && access(path, F_OK) == 0;

    s->rows = conf->rows;
    s->ordered = conf->ordered;
    s->journal = -1;
    s->push_gap_ms = 1000;
    s->arg = conf->arg;
    s->before = conf->before;
    s->identity = conf->identity;
    s->part = conf->part;
    s->out_path = path ? path : "standard output";
    if (sink_memory(s))
        return app_say(APP_EXIT_INTERNAL, s->out_path, strerror(ENOMEM));
    if (path)
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EACCES && existed)
        fd = open(path, O_WRONLY | O_CLOEXEC); /* a device */
    if (fd < 0 || fstat(fd, &st))
        return app_say(APP_EXIT_INTERNAL, s->out_path, strerror(errno));
    s->log = s->out = fd;
    if (path && S_ISREG(st.st_mode)) {
        const int rc = sink_open_journal(s, conf, (uint64_t)st.st_size);
        if (rc > 0 && !existed)
            unlink(path); /* it was made just now */
        return rc;
    }
    if (conf->resume)
        return app_say(APP_EXIT_USAGE, s->out_path,
                       "it is no file, so nobody can go on with it: leave out --resume, or take "
                       "another -o");
    if (s->ordered && (s->log = list_temporary()) < 0)
        return app_say(APP_EXIT_INTERNAL, "temporary file", strerror(errno));
    return 0;
}

int list_sink_open(struct list_sink **out, const struct list_sink_conf *conf)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return app_say(APP_EXIT_INTERNAL, "memory", strerror(ENOMEM));
    return sink_open(*out, conf);
}

/* ---- closing ------------------------------------------------------------ */

static void sink_free(struct list_sink *s)
{
    if (s->log != s->out)
        close(s->log);
    if (s->out > STDERR_FILENO)
        close(s->out);
    if (s->journal >= 0)
        close(s->journal);
    free(s->log_path);
    free(s->journal_path);
    free(s->buf);
    free(s->entry);
    free(s->has);
    free(s->queue);
    free(s->at.bytes);
    free(s);
}

/* The rows of a part in their order, which merging needs. 0 or errno. */
static int sink_write_index(const struct list_sink *s, int fd)
{
    struct list_index_entry e[256];
    unsigned n = 0;
    int err = 0;

    for (uint32_t row = 0; row < s->rows && !err; row++) {
        const uint64_t at = list_places_get(&s->at, row);
        if (!at)
            continue;
        e[n].row = row;
        err = list_read_all(s->log, &e[n++].length, sizeof e->length, at - 1);
        if (n < sizeof e / sizeof *e || err)
            continue;
        err = list_write_all(fd, e, sizeof e);
        n = 0;
    }
    return err ? err : list_write_all(fd, e, n * sizeof *e);
}

static uint32_t sink_indexed(const struct list_sink *s)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < s->rows; row++)
        n += list_places_get(&s->at, row) != 0;
    return n;
}

/* The proof that the output is finished takes the place of the journal. */
static int sink_write_end(struct list_sink *s)
{
    char *name = sink_beside(s->journal_path, ".new");
    int fd = name ? open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1,
        err = fd < 0 ? errno : list_journal_write(fd, &s->head, s->identity);

    if (!err && s->head.indexed)
        err = sink_write_index(s, fd);
    if (!err && fsync(fd))
        err = errno;
    if (fd >= 0)
        close(fd);
    if (!err && rename(name, s->journal_path))
        err = errno;
    free(name);
    return err ? err : sink_push_name(s->journal_path);
}

/* All rows are answered. What was needed only for going on is removed once the disk has the output.
 */
static void sink_finish(struct list_sink *s, const char *p, size_t n, const struct app_count *count)
{
    if (s->ordered) {
        sink_queue(s, p, n);
        sink_flush_queue(s);
    } else {
        sink_append(s, p, n);
        sink_flush_log(s);
    }
    if (s->journal < 0 || s->err)
        return;
    if (fdatasync(s->out))
        sink_fail(s, errno);
    s->head.finished = 1;
    if (s->ordered && s->part)
        s->head.indexed = sink_indexed(s);
    s->head.length = s->ordered ? s->out_at : s->length;
    s->head.tail_n = (uint32_t)n;
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        s->head.count[i] = (uint32_t)count->verdict[i];
    if (!s->err)
        sink_fail(s, list_file_sum(s->out, s->head.length, &s->head, &s->head.sum));
    if (!s->err)
        sink_fail(s, sink_write_end(s));
    if (!s->err && s->ordered)
        unlink(s->log_path);
    s->dirty = 0;
}

int list_sink_close(struct list_sink *s, const struct app_count *whole, const char *p, size_t n)
{
    int err;
    sink_flush_log(s);
    if (s->ordered)
        sink_catch_up(s);
    if (s->ordered && (whole || s->journal < 0))
        sink_leave_gaps(s);
    if (whole)
        sink_finish(s, p, n, whole);
    else if (s->ordered)
        sink_flush_queue(s);
    if (!whole)
        sink_push(s, 1);
    if (s->err && s->journal >= 0 && ftruncate(s->log, (off_t)s->safe))
        s->safe = 0; /* the sums will tell where it ends */
    err = s->err;
    sink_free(s);
    return err;
}
