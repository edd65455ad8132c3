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
 * cut there, and the rows that have no entry are asked again. Once a second both files are also
 * pushed to the disk (less often where that is slow).
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
    SINK_EMPTY = -1              /* sink_old_journal(): nothing is in it yet */
};
static const uint32_t SINK_HEADINGS = UINT32_MAX; /* the row of the record that opens the file */
static const char sink_magic[9] = "qthjrnl1";

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
    uint64_t k0, k1;  /* the key of the journal's sums */
    uint64_t entries; /* of the journal */
    uint64_t length;  /* of the log, with what is still in the buffer */
    uint64_t safe;    /* bytes of the log that the journal knows */
    char *buf;        /* of the log, not yet written */
    size_t n;
    struct sink_entry *entry; /* of the journal, not yet written */
    size_t entry_n;
    uint8_t *has; /* a bit for each row that is answered */
    uint32_t rows;
    uint32_t journalled; /* entries that were written */
    uint8_t ordered;
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

/* ---- writing ------------------------------------------------------------ */

/* Write all of it. 0 or errno. */
static int sink_write(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        if (!put)
            return ENOSPC;
        at += put;
        n -= (size_t)put;
    }
    return 0;
}

static void sink_fail(struct list_sink *s, int err)
{
    if (!s->err)
        s->err = err;
}

static void sink_flush_queue(struct list_sink *s)
{
    if (s->queue_n && !s->err) {
        if (s->before)
            s->before(s->arg);
        sink_fail(s, sink_write(s->out, s->queue, s->queue_n));
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
        sink_fail(s, sink_write(s->log, s->buf, s->n));
        s->dirty = 1;
    }
    s->n = 0;
    if (s->journal >= 0 && s->entry_n && !s->err)
        sink_fail(s, sink_write(s->journal, s->entry, s->entry_n * sizeof *s->entry));
    if (!s->err) {
        s->safe = s->length;
        s->journalled += (uint32_t)s->entry_n;
    }
    s->entry_n = 0;
}

/* Wait until the disk has it; unless `must`, not so often that it takes more than a twentieth of
 * the time. */
static void sink_push(struct list_sink *s, int must)
{
    uint64_t now = quoth_sock_port.now(), took;
    if (s->journal < 0 || s->err || !s->dirty || (!must && now - s->pushed_ms < s->push_gap_ms))
        return;
    if (fdatasync(s->log) || fdatasync(s->journal))
        sink_fail(s, errno);
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
            sink_fail(s, sink_write(s->log, s->buf, s->n));
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
        if (!s->err)
            sink_fail(s, sink_write(s->out, p, n));
        return;
    }
    memcpy(s->queue + s->queue_n, p, n);
    s->queue_n += n;
}

static int sink_read(int fd, void *p, size_t n, uint64_t at)
{
    char *to = p;
    while (n) {
        ssize_t got = pread(fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? errno : EIO;
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return 0;
}

/* Copy the record at `at` from the log to the output. It is its length and its bytes. */
static void sink_copy(struct list_sink *s, uint64_t at)
{
    char part[4096];
    uint32_t left = 0;

    if (at + sizeof left > s->length - s->n)
        sink_flush_log(s); /* it was still in the buffer */
    if (!s->err)
        sink_fail(s, sink_read(s->log, &left, sizeof left, at));
    for (at += sizeof left; left && !s->err;) {
        size_t n = left < sizeof part ? left : sizeof part;
        if (at + n > s->length - s->n)
            sink_flush_log(s);
        if (!s->err)
            sink_fail(s, sink_read(s->log, part, n, at));
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

/* The run was cut short and cannot be resumed: write what is there, in order. */
static void sink_leave_gaps(struct list_sink *s)
{
    for (; s->next < s->rows && !s->err; s->next++)
        if (list_places_get(&s->at, s->next))
            sink_copy(s, list_places_get(&s->at, s->next) - 1);
}

/* ---- records ------------------------------------------------------------ */

static uint32_t sink_sum(const struct list_sink *s, const void *p, size_t n)
{
    return (uint32_t)quoth_hash(s->k0, s->k1, p, n);
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

static void sink_enter(struct list_sink *s, uint32_t row, unsigned verdict, size_t n, uint32_t sum)
{
    struct sink_entry e = {row, (uint32_t)n | (uint32_t)verdict << 30, sum, 0};
    e.check = sink_check(s, &e, s->entries++);
    s->entry[s->entry_n++] = e;
    if (s->n == SINK_BUFFER || s->entry_n == SINK_ENTRIES)
        sink_flush_log(s);
}

void list_sink_head(struct list_sink *s, const char *p, size_t n)
{
    if (s->ordered) {
        sink_queue(s, p, n);
        sink_catch_up(s);
        return;
    }
    if (!n || s->entries)
        return;
    s->headed = 1;
    sink_append(s, p, n);
    sink_enter(s, SINK_HEADINGS, 0, n, sink_sum(s, p, n));
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

/* ---- resuming ----------------------------------------------------------- */

/* Places of all rows, 0 each: no record is known. */
static int sink_places(struct list_sink *s)
{
    s->at.bytes = calloc(s->rows, 5);
    s->at.n = s->at.cap = s->rows;
    return s->at.bytes ? 0 : ENOMEM;
}

/* Read journal and log side by side, from `at` in the journal, and take over all answers that are
 * whole. Returns where in the journal that ends. */
static uint64_t sink_replay(struct list_sink *s, uint64_t at, struct app_count *count)
{
    struct sink_entry e;
    uint32_t length;
    char *record = NULL;
    size_t cap = 0;

    while (sink_read(s->journal, &e, sizeof e, at) == 0) {
        size_t n = e.length & SINK_LENGTH, lead = s->ordered && n ? sizeof(uint32_t) : 0;
        if (e.check != sink_check(s, &e, s->entries) ||
            (e.row >= s->rows && e.row != SINK_HEADINGS))
            break;
        if (n > cap) {
            char *more = realloc(record, n);
            if (!more)
                break;
            record = more;
            cap = n;
        }
        if (lead && (sink_read(s->log, &length, lead, s->length) || length != n))
            break;
        if (n && sink_read(s->log, record, n, s->length + lead))
            break;
        if (sink_sum(s, record, n) != e.sum)
            break;
        if (e.row == SINK_HEADINGS)
            s->headed = 1;
        else if (!sink_bit(s, e.row)) {
            s->has[e.row / 8] = (uint8_t)(s->has[e.row / 8] | 1u << (e.row % 8));
            count->verdict[e.length >> 30]++;
            if (lead)
                list_places_put(&s->at, e.row, s->length + 1);
        }
        s->length += lead + n;
        s->entries++;
        at += sizeof e;
    }
    free(record);
    return at;
}

/* The head of a journal: magic, length of the identity, key, sum; then the identity. */
struct sink_head {
    char magic[8];
    uint64_t k0, k1;
    uint32_t n, check;
};

static uint32_t sink_head_check(const struct list_sink *s, const struct sink_head *h,
                                const char *identity)
{
    struct sink_head all = *h;
    all.check = 0;
    return sink_sum(s, &all, sizeof all) ^ sink_sum(s, identity, h->n);
}

/* The journal must be on the disk, its name too, before the output holds anything: an output
 * without a journal passes for finished. */
static int sink_push_name(const struct list_sink *s)
{
    const char *slash = strrchr(s->journal_path, '/');
    char *dir =
        slash ? strndup(s->journal_path, (size_t)(slash - s->journal_path) + 1) : strdup(".");
    int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1,
        err = fsync(s->journal) ? errno : 0;

    free(dir);
    if (fd < 0)
        return err; /* a directory that we may write to but not read */
    if (fsync(fd) && errno != EINVAL && !err)
        err = errno;
    close(fd);
    return err;
}

static int sink_new_journal(struct list_sink *s, const char *identity)
{
    struct sink_head h = {{0}, 0, 0, (uint32_t)strlen(identity), 0};
    int err;

    if (quoth_sock_port.random(&s->k0, sizeof s->k0) ||
        quoth_sock_port.random(&s->k1, sizeof s->k1))
        return EIO;
    memcpy(h.magic, sink_magic, sizeof h.magic);
    h.k0 = s->k0;
    h.k1 = s->k1;
    h.check = sink_head_check(s, &h, identity);
    if (ftruncate(s->journal, 0) || lseek(s->journal, 0, SEEK_SET))
        return errno;
    err = sink_write(s->journal, &h, sizeof h);
    if (!err)
        err = sink_write(s->journal, identity, h.n);
    return err ? err : sink_push_name(s);
}

/* 0: we can go on with it; SINK_EMPTY; or an exit code after saying why. */
static int sink_old_journal(struct list_sink *s, const struct list_sink_conf *conf,
                            struct app_count *count)
{
    struct sink_head h;
    char old[2048];
    uint64_t at;

    if (sink_read(s->journal, &h, sizeof h, 0))
        return SINK_EMPTY;
    if (memcmp(h.magic, sink_magic, sizeof h.magic) || h.n >= sizeof old)
        return app_say(APP_EXIT_USAGE, s->journal_path, "this is no journal of quoth");
    if (sink_read(s->journal, old, h.n, sizeof h))
        return SINK_EMPTY;
    old[h.n] = 0;
    s->k0 = h.k0;
    s->k1 = h.k1;
    if (h.check != sink_head_check(s, &h, old))
        return SINK_EMPTY;
    if (strcmp(old, conf->identity)) {
        app_say(APP_EXIT_USAGE, s->journal_path,
                "it belongs to another list or other options, so there is nothing to go on with");
        fputs("  then: ", stderr);
        app_put(stderr, old, strlen(old));
        fputs("\n  now:  ", stderr);
        app_put(stderr, conf->identity, strlen(conf->identity));
        putc('\n', stderr);
        return APP_EXIT_USAGE;
    }
    at = sink_replay(s, sizeof h + h.n, count);
    s->safe = s->length;
    s->journalled = (uint32_t)s->entries;
    if (ftruncate(s->journal, (off_t)at) || lseek(s->journal, 0, SEEK_END) < 0 ||
        ftruncate(s->log, (off_t)s->length) || lseek(s->log, 0, SEEK_END) < 0)
        return app_say(APP_EXIT_INTERNAL, s->log_path, strerror(errno));
    return 0;
}

/* ---- opening ------------------------------------------------------------ */

static char *sink_beside(const char *path, const char *suffix)
{
    char *name = malloc(strlen(path) + strlen(suffix) + 1);
    if (name)
        strcat(strcpy(name, path), suffix);
    return name;
}

/* A file of ours beside the output, locked against a second run. */
static int sink_open_beside(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return app_say(APP_EXIT_INTERNAL, path, strerror(errno));
    if (flock(*fd, LOCK_EX | LOCK_NB))
        return app_say(APP_EXIT_INTERNAL, path, "another quoth is writing here");
    return 0;
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

/* An output that can be gone on with: open its journal, and with --ordered its log. */
static int sink_open_journal(struct list_sink *s, const struct list_sink_conf *conf, int existed,
                             off_t size)
{
    int old, rc;
    s->journal_path =
        conf->journal ? sink_beside(conf->journal, "") : sink_beside(conf->path, ".quoth-journal");
    s->log_path = sink_beside(conf->path, s->ordered ? ".quoth-part" : "");
    if (!s->journal_path || !s->log_path)
        return app_say(APP_EXIT_INTERNAL, conf->path, strerror(ENOMEM));
    old = access(s->journal_path, F_OK) == 0;
    if (old && !conf->resume)
        return app_say(APP_EXIT_USAGE, s->journal_path,
                       "an earlier run was cut off: --resume goes on with it, removing this file "
                       "begins anew");
    if (!old && conf->resume && existed && size)
        return LIST_FINISHED;
    rc = sink_open_beside(s->journal_path, &s->journal);
    if (!rc && s->ordered)
        rc = sink_open_beside(s->log_path, &s->log);
    if (rc)
        return rc;
    rc = old ? sink_old_journal(s, conf, conf->count) : SINK_EMPTY;
    if (rc > 0)
        return rc;
    if (rc == SINK_EMPTY) {
        if (ftruncate(s->log, 0))
            return app_say(APP_EXIT_INTERNAL, s->log_path, strerror(errno));
        rc = sink_new_journal(s, conf->identity);
        if (rc)
            return app_say(APP_EXIT_FULL, s->journal_path, strerror(rc));
    }
    if (s->ordered && ftruncate(s->out, 0))
        return app_say(APP_EXIT_INTERNAL, conf->path, strerror(errno));
    return 0;
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
    if (path && S_ISREG(st.st_mode))
        return sink_open_journal(s, conf, existed, st.st_size);
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

/* All rows are answered. What was needed only for going on is removed once the disk has the output.
 */
static void sink_finish(struct list_sink *s, const char *p, size_t n)
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
    if (s->err)
        return;
    unlink(s->journal_path);
    if (s->ordered)
        unlink(s->log_path);
}

int list_sink_close(struct list_sink *s, int whole, const char *p, size_t n)
{
    int err;
    sink_flush_log(s);
    if (s->ordered)
        sink_catch_up(s);
    if (s->ordered && s->journal < 0)
        sink_leave_gaps(s);
    if (whole)
        sink_finish(s, p, n);
    else if (s->ordered)
        sink_flush_queue(s);
    sink_push(s, 1);
    if (s->err && s->journal >= 0 && ftruncate(s->log, (off_t)s->safe))
        s->safe = 0; /* the sums will tell where it ends */
    err = s->err;
    sink_free(s);
    return err;
}
