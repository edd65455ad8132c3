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
 * A run that ends by itself marks how long the output is then, also where the disk is full: behind
 * the last entry the journal keeps room for one more. So only of a run that was killed nobody knows
 * what it wrote since the last mark, and who goes on from it says what is cut off.
 *
 * When all rows are answered, list_journal.c writes down the end. list_resume.c opens the output
 * and finds out what an earlier run has left.
 *
 *   record -> buffer ->  log  -> journal        when the buffer is full, and a few times a second
 *                         `-> output in order   --ordered
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "list_sink_inner.h"
#include "sock.h"

/* ---- sums --------------------------------------------------------------- */

uint32_t list_sink_sum(const struct list_sink *s, const void *p, size_t n)
{
    return (uint32_t)list_sum(s->head.key, p, n);
}

uint32_t list_sink_check(const struct list_sink *s, const struct sink_entry *e, uint64_t place)
{
    struct {
        struct sink_entry e;
        uint64_t place;
    } all;
    memset(&all, 0, sizeof all);
    all.e = *e;
    all.e.check = 0;
    all.place = place;
    return list_sink_sum(s, &all, sizeof all);
}

/* ---- writing ------------------------------------------------------------ */

void list_sink_fail(struct list_sink *s, int err)
{
    if (!s->err)
        s->err = err;
}

/* The output in order. What an earlier run has left there is written over only behind its last
 * mark; before that it must be the same. */
static void sink_out(struct list_sink *s, const char *p, size_t n)
{
    char was[4096];

    list_sum_add(&s->whole, p, n);
    while (n && s->out_at < s->sure && !s->err) {
        size_t part = n < sizeof was ? n : sizeof was;
        if (part > s->sure - s->out_at)
            part = (size_t)(s->sure - s->out_at);
        if (list_read_all(s->out, was, part, s->out_at) || memcmp(was, p, part))
            list_sink_fail(s, SINK_EDITED);
        s->out_at += part;
        p += part;
        n -= part;
        if (s->out_at == s->sure && !s->err &&
            (ftruncate(s->out, (off_t)s->sure) || lseek(s->out, 0, SEEK_END) < 0))
            list_sink_fail(s, errno);
    }
    if (!n || s->err)
        return;
    list_sink_fail(s, list_write_all(s->out, p, n));
    if (!s->err)
        s->out_at += n;
}

/* What is in the buffer, to the log. */
static void sink_write_log(struct list_sink *s)
{
    if (s->before && s->log == STDOUT_FILENO)
        s->before(s->arg);
    if (!s->ordered && s->journal >= 0)
        list_sum_add(&s->whole, s->buf, s->n);
    list_sink_fail(s, list_write_all(s->log, s->buf, s->n));
    s->n = 0;
    s->dirty = 1;
}

/* First the log, then the journal. After a failure nothing more is written, so that what the
 * journal says stays true. */
static void sink_flush_log(struct list_sink *s)
{
    if (s->n && !s->err)
        sink_write_log(s);
    s->n = 0;
    if (s->journal >= 0 && s->entry_n && !s->err)
        list_sink_fail(s, list_sink_note(s, s->entry, s->entry_n));
    if (!s->err) {
        s->safe = s->length;
        s->journalled += (uint32_t)s->entry_n;
    }
    s->entry_n = 0;
}

/* What is in the output is in the log: a later run must find it there. */
static void sink_flush_queue(struct list_sink *s)
{
    sink_flush_log(s);
    if (s->queue_n && !s->err) {
        if (s->before)
            s->before(s->arg);
        sink_out(s, s->queue, s->queue_n);
    }
    s->queue_n = 0;
}

int list_sink_note(struct list_sink *s, struct sink_entry *e, size_t n)
{
    int err;

    memset(&e[n], 0, sizeof e[n]);
    err = list_write_all(s->journal, e, (n + 1) * sizeof *e);
    if (!err && lseek(s->journal, -(off_t)sizeof *e, SEEK_CUR) < 0)
        err = errno;
    if (!err)
        s->noted += n;
    return err;
}

/* All that was written is on the disk; `closed`: and the run ends here. Its length and sum are the
 * output's length, its verdict is `closed`. */
void list_sink_mark(struct list_sink *s, unsigned closed)
{
    const uint64_t at = s->ordered ? s->out_at : s->safe, n = at > s->sure ? at : s->sure;
    struct sink_entry e[2] = {
        {SINK_MARK, (uint32_t)(n & SINK_LENGTH) | (uint32_t)closed << 30, (uint32_t)(n >> 30), 0}};
    e[0].check = list_sink_check(s, e, s->entries++);
    list_sink_fail(s, list_sink_note(s, e, 1));
}

/* Wait until the disk has it; unless `must`, not so often that it takes more than a twentieth of
 * the time. */
static void sink_push(struct list_sink *s, int must)
{
    uint64_t now = quoth_sock_port.now(), took;
    if (s->journal < 0 || s->err || (!must && (!s->dirty || now - s->pushed_ms < s->push_gap_ms)))
        return;
    if (fdatasync(s->log) || (s->ordered && fdatasync(s->out)) || fdatasync(s->journal))
        list_sink_fail(s, errno);
    if (!s->err)
        list_sink_mark(s, must != 0);
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
        if (n) /* a record longer than the buffer; its entry is written behind its end */
            sink_write_log(s);
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
        list_sink_fail(s, list_read_all(s->log, &left, sizeof left, at));
    for (at += sizeof left; left && !s->err;) {
        size_t n = left < sizeof part ? left : sizeof part;
        if (at + n > s->length - s->n)
            sink_flush_log(s);
        if (!s->err)
            list_sink_fail(s, list_read_all(s->log, part, n, at));
        if (!s->err)
            sink_queue(s, part, n);
        at += n;
        left -= (uint32_t)n;
    }
}

/* All rows that follow the last one in the output and are answered. */
static void sink_catch_up(struct list_sink *s)
{
    for (; s->next < s->rows && list_sink_has(s, s->next) && !s->err; s->next++) {
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

int list_sink_say_edited(const char *path)
{
    return app_say(APP_EXIT_USAGE, path,
                   "this is not what was written there: it was edited, cut, or is of another run. "
                   "Nothing was changed; --force begins anew");
}

static void sink_enter(struct list_sink *s, uint32_t row, unsigned verdict, size_t n, uint32_t sum)
{
    struct sink_entry e = {row, (uint32_t)n | (uint32_t)verdict << 30, sum, 0};
    e.check = list_sink_check(s, &e, s->entries++);
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
        return s->err == SINK_EDITED || s->out_at < s->sure ? list_sink_say_edited(s->out_path) : 0;
    }
    if (!n || s->length)
        return 0;
    s->headed = 1;
    sink_append(s, p, n);
    sink_enter(s, SINK_HEADINGS, 0, n, list_sink_sum(s, p, n));
    return 0;
}

void list_sink_put(struct list_sink *s, uint32_t id, enum quoth_verdict v, const char *p, size_t n)
{
    uint32_t length = (uint32_t)n;
    if (list_sink_has(s, id) || s->err)
        return;
    s->has[id / 8] = (uint8_t)(s->has[id / 8] | 1u << (id % 8));
    if (!s->ordered || id != s->next || s->journal >= 0) {
        if (s->ordered && n) {
            list_places_put(&s->at, id, s->length + 1);
            sink_append(s, &length, sizeof length);
        }
        sink_append(s, p, n);
        sink_enter(s, id, v, n, list_sink_sum(s, p, n));
    }
    if (s->ordered && id == s->next) { /* its turn: no need to read it from the log */
        sink_queue(s, p, n);
        s->next++;
        sink_catch_up(s);
    }
}

int list_sink_has(const struct list_sink *s, uint32_t id) { return s->has[id / 8] >> (id % 8) & 1; }

uint64_t list_sink_bytes(const struct list_sink *s) { return s->ordered ? s->out_at : s->safe; }
int list_sink_resumable(const struct list_sink *s) { return s->journal >= 0; }
uint32_t list_sink_safe(const struct list_sink *s)
{
    return s->journalled - (s->journalled ? s->headed : 0u);
}

/* ---- files ------------------------------------------------------------- */

char *list_sink_beside(const char *path, const char *suffix)
{
    char *name = app_resized(NULL, strlen(path) + strlen(suffix) + 1);
    if (name)
        strcat(strcpy(name, path), suffix);
    return name;
}

int list_sink_push_name(const char *path)
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

void list_sink_drop(struct list_sink *s)
{
    if (s)
        sink_free(s);
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
    char *name = list_sink_beside(s->journal_path, ".new");
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
    s->proven = !err;
    return err ? err : list_sink_push_name(s->journal_path);
}

/* All rows are answered. What was needed only for going on is removed once the disk has the output.
 */
static void sink_finish(struct list_sink *s, const char *p, size_t n, const struct app_count *count)
{
    uint64_t rows_end = 0;

    if (s->ordered) {
        sink_flush_queue(s);
        rows_end = s->out_at;
        sink_queue(s, p, n);
        sink_flush_queue(s);
    } else {
        sink_append(s, p, n);
        sink_flush_log(s);
    }
    if (s->journal < 0 || s->err)
        return;
    if (fdatasync(s->out))
        list_sink_fail(s, errno);
    s->head.finished = 1;
    if (s->ordered && s->part)
        s->head.indexed = sink_indexed(s);
    s->head.length = s->ordered ? s->out_at : s->length;
    s->head.sum = list_sum_end(&s->whole);
    s->head.tail_n = (uint32_t)n;
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        s->head.count[i] = (uint32_t)count->verdict[i];
    if (!s->err)
        list_sink_fail(s, sink_write_end(s));
    if (s->err && !s->proven)
        s->out_at = rows_end; /* a later run writes the end again */
    if (!s->err && s->ordered)
        unlink(s->log_path);
    s->dirty = 0;
}

/* A write has failed. What is not whole goes, and the journal says that the run ends here: there
 * was kept room for that. Where even this cannot be done the sums will tell what is whole. */
static void sink_break_off(struct list_sink *s)
{
    const off_t noted = (off_t)(sizeof s->head + s->head.n + s->noted * sizeof *s->entry);

    if (ftruncate(s->journal, noted + (off_t)sizeof *s->entry) ||
        ftruncate(s->log, (off_t)s->safe) ||
        (s->ordered && s->out_at >= s->sure && ftruncate(s->out, (off_t)s->out_at)) ||
        lseek(s->journal, noted, SEEK_SET) < 0 || fdatasync(s->log) ||
        (s->ordered && fdatasync(s->out)))
        return;
    s->entries = s->noted;
    list_sink_mark(s, 1);
    fdatasync(s->journal);
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
    if (s->err && s->journal >= 0 && !s->proven)
        sink_break_off(s);
    err = s->err;
    sink_free(s);
    return err;
}
