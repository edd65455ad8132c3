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

uint32_t list_sink_sum(const struct list_sink *sink, const void *p, size_t n)
{
    return (uint32_t)list_sum(sink->head.key, p, n);
}

uint32_t list_sink_check(const struct list_sink *sink, const struct sink_entry *entry,
                         uint64_t place)
{
    struct {
        struct sink_entry entry;
        uint64_t place;
    } all;
    memset(&all, 0, sizeof all);
    all.entry = *entry;
    all.entry.check = 0;
    all.place = place;
    return list_sink_sum(sink, &all, sizeof all);
}

/* ---- writing ------------------------------------------------------------ */

void list_sink_fail(struct list_sink *sink, int err)
{
    if (!sink->err)
        sink->err = err;
}

/* The output is read up to its last mark, and was what stands there: from here on it is written. If
 * the mark said that a run ended there, it is no longer so, before a byte is written. */
static int sink_out_begin(struct list_sink *sink)
{
    if (sink->closed)
        list_sink_mark(sink, 0);
    return ftruncate(sink->out, (off_t)sink->sure) || lseek(sink->out, 0, SEEK_END) < 0 ||
                   (sink->closed && fdatasync(sink->journal))
               ? -errno
               : 0;
}

/* The output in order. What an earlier run has left there is written over only behind its last
 * mark; before that it must be the same. */
static void sink_out(struct list_sink *sink, const char *p, size_t n)
{
    char was[4096];

    list_sum_add(&sink->whole, p, n);
    while (n && sink->out_at < sink->sure && !sink->err) {
        size_t part = n < sizeof was ? n : sizeof was;
        if (part > sink->sure - sink->out_at)
            part = (size_t)(sink->sure - sink->out_at);
        if (list_read_all(sink->out, was, part, sink->out_at) || memcmp(was, p, part))
            list_sink_fail(sink, SINK_EDITED);
        sink->out_at += part;
        p += part;
        n -= part;
        if (sink->out_at == sink->sure && !sink->err)
            list_sink_fail(sink, sink_out_begin(sink));
    }
    if (!n || sink->err)
        return;
    list_sink_fail(sink, list_write_all(sink->out, p, n));
    if (!sink->err)
        sink->out_at += n;
}

/* What is in the buffer, to the log. */
static void sink_write_log(struct list_sink *sink)
{
    if (sink->before && sink->log == STDOUT_FILENO)
        sink->before(sink->arg);
    if (!sink->ordered && sink->journal >= 0)
        list_sum_add(&sink->whole, sink->buf, sink->n);
    list_sink_fail(sink, list_write_all(sink->log, sink->buf, sink->n));
    sink->n = 0;
    sink->dirty = 1;
}

/* First the log, then the journal. After a failure nothing more is written, so that what the
 * journal says stays true. */
static void sink_flush_log(struct list_sink *sink)
{
    if (sink->n && !sink->err)
        sink_write_log(sink);
    sink->n = 0;
    if (sink->journal >= 0 && sink->entry_n && !sink->err)
        list_sink_fail(sink, list_sink_note(sink, sink->entry, sink->entry_n));
    if (!sink->err) {
        sink->safe = sink->length;
        sink->journalled += (uint32_t)sink->entry_n;
    }
    sink->entry_n = 0;
}

/* What is in the output is in the log: a later run must find it there. */
static void sink_flush_queue(struct list_sink *sink)
{
    sink_flush_log(sink);
    if (sink->queue_n && !sink->err) {
        if (sink->before)
            sink->before(sink->arg);
        sink_out(sink, sink->queue, sink->queue_n);
    }
    sink->queue_n = 0;
}

int list_sink_note(struct list_sink *sink, struct sink_entry *entry, size_t n)
{
    int err;

    memset(&entry[n], 0, sizeof entry[n]);
    err = list_write_all(sink->journal, entry, (n + 1) * sizeof *entry);
    if (!err && lseek(sink->journal, -(off_t)sizeof *entry, SEEK_CUR) < 0)
        err = -errno;
    if (!err)
        sink->noted += n;
    return err;
}

/* All that was written is on the disk; `closed`: and the run ends here. Its length and sum are the
 * output's length, its verdict is `closed`. */
void list_sink_mark(struct list_sink *sink, unsigned closed)
{
    const uint64_t at = sink->ordered ? sink->out_at : sink->safe,
                   n = at > sink->sure ? at : sink->sure;
    struct sink_entry entry[2] = {
        {SINK_MARK, (uint32_t)(n & SINK_LENGTH) | (uint32_t)closed << 30, (uint32_t)(n >> 30), 0}};
    entry[0].check = list_sink_check(sink, entry, sink->entries++);
    list_sink_fail(sink, list_sink_note(sink, entry, 1));
}

/* Wait until the disk has it; unless `must`, not so often that it takes more than a twentieth of
 * the time. */
static void sink_push(struct list_sink *sink, int must)
{
    uint64_t now = quoth_sock_port.now(), took;
    if (sink->journal < 0 || sink->err ||
        (!must && (!sink->dirty || now - sink->pushed_ms < sink->push_gap_ms)))
        return;
    if (fdatasync(sink->log) || (sink->ordered && fdatasync(sink->out)) || fdatasync(sink->journal))
        list_sink_fail(sink, errno);
    if (!sink->err)
        list_sink_mark(sink, must != 0);
    took = quoth_sock_port.now() - now;
    sink->push_gap_ms = took * 20 > 1000 ? took * 20 : 1000;
    sink->pushed_ms = now + took;
    sink->dirty = 0;
}

int list_sink_flush(struct list_sink *sink)
{
    sink_flush_log(sink);
    if (sink->ordered)
        sink_flush_queue(sink);
    sink_push(sink, 0);
    return sink->err;
}

static void sink_append(struct list_sink *sink, const void *p, size_t n)
{
    const char *at = p;
    sink->length += n;
    while (n && !sink->err) {
        size_t room = SINK_BUFFER - sink->n, part = n < room ? n : room;
        memcpy(sink->buf + sink->n, at, part);
        sink->n += part;
        at += part;
        n -= part;
        if (n) /* a record longer than the buffer; its entry is written behind its end */
            sink_write_log(sink);
    }
}

/* ---- in order ----------------------------------------------------------- */

static void sink_queue(struct list_sink *sink, const char *p, size_t n)
{
    if (!n)
        return;
    if (sink->queue_n + n > SINK_BUFFER)
        sink_flush_queue(sink);
    if (n > SINK_BUFFER) {
        sink_out(sink, p, n);
        return;
    }
    memcpy(sink->queue + sink->queue_n, p, n);
    sink->queue_n += n;
}

/* From the log, written or not yet. */
static void sink_read(struct list_sink *sink, char *p, size_t n, uint64_t at)
{
    const uint64_t written = sink->length - sink->n;

    if (at < written) {
        const size_t part = n < written - at ? n : (size_t)(written - at);
        list_sink_fail(sink, list_read_all(sink->log, p, part, at));
        p += part;
        at += part;
        n -= part;
    }
    if (n)
        memcpy(p, sink->buf + (at - written), n);
}

/* Copy the record at `at` from the log to the output. It is its length and its bytes. */
static void sink_copy(struct list_sink *sink, uint64_t at)
{
    char part[SINK_PART];
    uint64_t end = sink->length;
    uint32_t length;
    size_t n, skip;

    for (skip = sizeof length; at < end && !sink->err; at += n, skip = 0) {
        n = end - at < sizeof part ? (size_t)(end - at) : sizeof part;
        sink_read(sink, part, n, at);
        if (skip) { /* one read for most: the length, and as much behind it */
            memcpy(&length, part, sizeof length);
            end = at + skip + length;
            n = end - at < n ? (size_t)(end - at) : n;
        }
        if (!sink->err)
            sink_queue(sink, part + skip, n - skip);
    }
}

/* All rows that follow the last one in the output and are answered. */
static void sink_catch_up(struct list_sink *sink)
{
    for (; sink->next < sink->rows && list_sink_has(sink, sink->next) && !sink->err; sink->next++) {
        uint64_t at = list_places_get(&sink->at, sink->next);
        if (at)
            sink_copy(sink, at - 1);
    }
}

/* No more will come: the others are rows of another part, or the run was cut short and cannot be
 * resumed. Write what is there, in order. */
static void sink_leave_gaps(struct list_sink *sink)
{
    for (; sink->next < sink->rows && !sink->err; sink->next++)
        if (list_places_get(&sink->at, sink->next))
            sink_copy(sink, list_places_get(&sink->at, sink->next) - 1);
}

/* ---- records ------------------------------------------------------------ */

int list_sink_say_edited(const char *path)
{
    return app_say(APP_EXIT_USAGE, path,
                   "this is not what was written there: it was edited, cut, or is of another run. "
                   "Nothing was changed; --force begins anew");
}

static void sink_enter(struct list_sink *sink, uint32_t row, unsigned verdict, size_t n,
                       uint32_t sum)
{
    struct sink_entry entry = {row, (uint32_t)n | (uint32_t)verdict << 30, sum, 0};
    entry.check = list_sink_check(sink, &entry, sink->entries++);
    sink->entry[sink->entry_n++] = entry;
    if (sink->n == SINK_BUFFER || sink->entry_n == SINK_ENTRIES)
        sink_flush_log(sink);
}

int list_sink_head(struct list_sink *sink, const char *p, size_t n)
{
    sink->head.head_n = (uint32_t)n;
    if (sink->ordered) {
        sink_queue(sink, p, n);
        sink_catch_up(sink);
        if (sink->sure)
            sink_flush_queue(sink);
        if (sink->err == SINK_EDITED || sink->out_at < sink->sure)
            return list_sink_say_edited(sink->out_path);
        return 0;
    }
    if (!n || sink->length)
        return 0;
    sink->headed = 1;
    sink_append(sink, p, n);
    sink_enter(sink, SINK_HEADINGS, 0, n, list_sink_sum(sink, p, n));
    return 0;
}

void list_sink_put(struct list_sink *sink, uint32_t id, enum quoth_verdict verdict, const char *p,
                   size_t n)
{
    uint32_t length = (uint32_t)n;
    if (list_sink_has(sink, id) || sink->err)
        return;
    sink->has[id / 8] = (uint8_t)(sink->has[id / 8] | 1u << (id % 8));
    if (!sink->ordered || id != sink->next || sink->journal >= 0) {
        if (sink->ordered && n) {
            list_places_put(&sink->at, id, sink->length + 1);
            sink_append(sink, &length, sizeof length);
        }
        sink_append(sink, p, n);
        sink_enter(sink, id, verdict, n, list_sink_sum(sink, p, n));
    }
    if (sink->ordered && id == sink->next) { /* its turn: no need to read it from the log */
        sink_queue(sink, p, n);
        sink->next++;
        sink_catch_up(sink);
    }
}

int list_sink_has(const struct list_sink *sink, uint32_t id)
{
    return sink->has[id / 8] >> (id % 8) & 1;
}

uint64_t list_sink_bytes(const struct list_sink *sink)
{
    return sink->ordered ? sink->out_at : sink->safe;
}
int list_sink_resumable(const struct list_sink *sink) { return sink->journal >= 0; }
uint32_t list_sink_safe(const struct list_sink *sink)
{
    return sink->journalled - (sink->journalled ? sink->headed : 0u);
}

/* ---- files ------------------------------------------------------------- */

char *list_sink_beside(const char *path, const char *suffix)
{
    char *name = app_resized(NULL, strlen(path) + strlen(suffix) + 1);
    if (name)
        strcat(strcpy(name, path), suffix);
    return name;
}

/* ---- closing ------------------------------------------------------------ */

static void sink_free(struct list_sink *sink)
{
    if (sink->log != sink->out)
        close(sink->log);
    if (sink->out > STDERR_FILENO)
        close(sink->out);
    if (sink->journal >= 0)
        close(sink->journal);
    free(sink->log_path);
    free(sink->journal_path);
    free(sink->buf);
    free(sink->entry);
    free(sink->has);
    free(sink->queue);
    free(sink->at.bytes);
    free(sink);
}

void list_sink_drop(struct list_sink *sink)
{
    if (sink)
        sink_free(sink);
}

/* The rows of a part in their order, which merging needs. 0 or -errno. */
static int sink_write_index(const struct list_sink *sink, int fd)
{
    struct list_index_entry entry[256];
    unsigned n = 0;
    int err = 0;

    for (uint32_t row = 0; row < sink->rows && !err; row++) {
        const uint64_t at = list_places_get(&sink->at, row);
        if (!at)
            continue;
        entry[n].row = row;
        err = list_read_all(sink->log, &entry[n++].length, sizeof entry->length, at - 1);
        if (n < sizeof entry / sizeof *entry || err)
            continue;
        err = list_write_all(fd, entry, sizeof entry);
        n = 0;
    }
    return err ? err : list_write_all(fd, entry, n * sizeof *entry);
}

static uint32_t sink_indexed(const struct list_sink *sink)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < sink->rows; row++)
        n += list_places_get(&sink->at, row) != 0;
    return n;
}

/* The proof that the output is finished takes the place of the journal. */
static int sink_write_end(struct list_sink *sink)
{
    char *name = list_sink_beside(sink->journal_path, LIST_NEW);
    int fd = name ? open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1,
        err = fd < 0 ? -errno : list_journal_write(fd, &sink->head, sink->identity);

    if (!err && sink->head.indexed)
        err = sink_write_index(sink, fd);
    if (!err)
        err = app_file_replace(fd, name, sink->journal_path);
    sink->proven = !err || (fd >= 0 && access(name, F_OK)); /* perhaps only its name is not sure */
    if (fd >= 0)
        close(fd);
    free(name);
    return err;
}

/* All rows are answered. What was needed only for going on is removed once the disk has the output.
 */
static void sink_finish(struct list_sink *sink, const char *p, size_t n,
                        const struct app_count *count)
{
    uint64_t rows_end = 0;

    if (sink->ordered) {
        sink_flush_queue(sink);
        rows_end = sink->out_at;
        sink_queue(sink, p, n);
        sink_flush_queue(sink);
    } else {
        sink_append(sink, p, n);
        sink_flush_log(sink);
    }
    if (sink->journal < 0 || sink->err)
        return;
    if (fdatasync(sink->out))
        list_sink_fail(sink, errno);
    sink->head.finished = 1;
    if (sink->ordered && sink->part)
        sink->head.indexed = sink_indexed(sink);
    sink->head.length = sink->ordered ? sink->out_at : sink->length;
    sink->head.sum = list_sum_end(&sink->whole);
    sink->head.tail_n = (uint32_t)n;
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        sink->head.count[i] = (uint32_t)count->verdict[i];
    if (!sink->err)
        list_sink_fail(sink, sink_write_end(sink));
    if (sink->err && !sink->proven)
        sink->out_at = rows_end; /* a later run writes the end again */
    if (!sink->err && sink->ordered)
        unlink(sink->log_path);
    sink->dirty = 0;
}

/* A write has failed. What is not whole goes, and the journal says that the run ends here: there
 * was kept room for that. Where even this cannot be done the sums will tell what is whole. */
static void sink_break_off(struct list_sink *sink)
{
    const off_t noted =
        (off_t)(sizeof sink->head + sink->head.n + sink->noted * sizeof *sink->entry);

    if (ftruncate(sink->journal, noted + (off_t)sizeof *sink->entry) ||
        ftruncate(sink->log, (off_t)sink->safe) ||
        (sink->ordered && sink->out_at >= sink->sure &&
         ftruncate(sink->out, (off_t)sink->out_at)) ||
        lseek(sink->journal, noted, SEEK_SET) < 0 || fdatasync(sink->log) ||
        (sink->ordered && fdatasync(sink->out)))
        return;
    sink->entries = sink->noted;
    list_sink_mark(sink, 1);
    fdatasync(sink->journal);
}

int list_sink_close(struct list_sink *sink, const struct app_count *whole, const char *p, size_t n)
{
    int err;
    sink_flush_log(sink);
    if (sink->ordered)
        sink_catch_up(sink);
    if (sink->ordered && (whole || sink->journal < 0))
        sink_leave_gaps(sink);
    if (whole)
        sink_finish(sink, p, n, whole);
    else if (sink->ordered)
        sink_flush_queue(sink);
    if (!whole)
        sink_push(sink, 1);
    if (sink->err && sink->journal >= 0 && !sink->proven)
        sink_break_off(sink);
    err = sink->err;
    sink_free(sink);
    return err;
}
