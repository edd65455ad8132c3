/* job_upload.c - a list is received: straight to the disk, looked at once it is whole.
 *
 *   pieces --> 16 KB --> sum, list.part --> whole? looked at --> job.json, renamed to list
 *                                  '--> broken off, no list, no room: nothing is left
 *
 * A list that comes again under the same Idempotency-Key is summed and not written.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "job_inner.h"

enum { UPLOAD_BLOCK = 1 << 14, UPLOAD_PUSH = 1 << 24 }; /* bytes: written, pushed to the disk */

struct job_upload {
    int fd; /* of list.part; -1: its key is known, so it is compared */
    size_t n;
    uint64_t pushed;
    char block[UPLOAD_BLOCK];
};

static void upload_close(struct job *job)
{
    if (job->upload && job->upload->fd >= 0)
        close(job->upload->fd);
    free(job->upload);
    job->upload = NULL;
}

void job_abort(struct serve *serve, struct job *job)
{
    const int written = job->upload && job->upload->fd >= 0;

    upload_close(job);
    if (written)
        job_file_remove(serve, job);
    job_forget(serve, job);
}

/* ---- beginning ------------------------------------------------------------------- */

static enum job_no upload_may(const struct serve *serve, const char *token)
{
    uint64_t bytes = 0;
    uint32_t kept = 0;

    for (const struct job *job = serve->jobs->first; job; job = job->next) {
        if (strcmp(job->wish.token, token) != 0)
            continue;
        kept++;
        bytes += job->bytes;
    }
    if (kept >= serve->limits.jobs_kept)
        return JOB_NO_KEPT;
    return bytes >= serve->limits.jobs_bytes ? JOB_NO_BYTES : JOB_YES;
}

static enum job_no upload_open(struct serve *serve, struct job *job)
{
    char path[JOB_PATH];
    int err = *serve->jobs->dir ? 0 : job_dir(serve);

    if (!err)
        err = job_file_make(serve, job);
    job_path(serve, job, "list.part", path);
    if (!err)
        job->upload->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (!err && job->upload->fd >= 0) {
        job_add(serve, job);
        return JOB_YES;
    }
    app_say_error(0, *serve->jobs->dir ? serve->jobs->dir : "TMPDIR", err ? err : -errno);
    if (!err)
        job_file_remove(serve, job);
    return JOB_NO_DISK;
}

enum job_no job_receive(struct serve *serve, const struct job_wish *wish, const char *query,
                        struct job **out)
{
    const struct job *twin = job_of_key(serve, wish->key, wish->token);
    enum job_no no = twin ? JOB_YES : upload_may(serve, wish->token);
    struct job *job = calloc(1, sizeof *job);

    if (job)
        job->upload = calloc(1, sizeof *job->upload);
    if (!job || !job->upload)
        no = JOB_NO_MEMORY;
    else if (twin && twin->state == JOB_RECEIVING)
        no = JOB_NO_BUSY;
    if (no == JOB_YES) {
        job->wish = *wish;
        job->created_ms = job_wall_ms();
        job->created = job->created_ms / 1000;
        job_keep_key(serve, job);
        job->sum = quoth_hash(0, 0, query, strlen(query));
        job->upload->fd = -1;
        if (!twin)
            no = upload_open(serve, job);
    }
    if (no != JOB_YES && job) {
        free(job->upload);
        free(job);
        job = NULL;
    }
    *out = job;
    return no;
}

/* ---- its bytes --------------------------------------------------------------------- */

static enum job_no upload_flush(struct job *job)
{
    struct job_upload *upload = job->upload;
    int err = 0;

    job->sum = quoth_hash(job->sum, upload->n, upload->block, upload->n);
    if (upload->fd >= 0)
        err = list_write_all(upload->fd, upload->block, upload->n);
    job->bytes += upload->n;
    upload->n = 0;
    if (!err && upload->fd >= 0 && job->bytes - upload->pushed >= UPLOAD_PUSH) {
        err =
            fdatasync(upload->fd) ? -errno : 0; /* some at a time, or the last one takes seconds */
        upload->pushed = job->bytes;
    }
    return err ? JOB_NO_DISK : JOB_YES;
}

enum job_no job_put(struct job *job, const void *p, size_t n)
{
    struct job_upload *upload = job->upload;
    const char *from = p;
    enum job_no no = JOB_YES;

    while (n && no == JOB_YES) {
        const size_t part = n < UPLOAD_BLOCK - upload->n ? n : UPLOAD_BLOCK - upload->n;
        memcpy(upload->block + upload->n, from, part);
        upload->n += part;
        from += part;
        n -= part;
        if (upload->n == UPLOAD_BLOCK)
            no = upload_flush(job);
    }
    return no;
}

/* ---- what is it? --------------------------------------------------------------------- */

static void look_say(const struct job *job, const struct list_look *look, enum list_looks looks,
                     char why[512])
{
    const unsigned long long line = look->line ? look->line : 1;

    if (looks == LIST_LOOKS_NUMBERED)
        snprintf(why, 512,
                 "Its rows' numbers are stuck to the addresses (1.j@b.org): take them off.");
    else if (looks == LIST_LOOKS_NO_COLUMN)
        snprintf(why, 512, "There is no column %s; the rows begin at line %llu.", job->wish.column,
                 line);
    else if (looks == LIST_LOOKS_WHICH && look->rows)
        snprintf(why, 512,
                 "Which column holds the address? Say column=NAME or column=N; the rows begin at "
                 "line %llu.",
                 line);
    else if (looks == LIST_LOOKS_FEW)
        snprintf(why, 512,
                 "%u of the first %u rows hold an address. Was it read right? Line %llu, read as "
                 "%s: %.*s",
                 look->good, look->rows, line, list_kind_name(look), (int)look->first_n,
                 look->first);
    else
        snprintf(why, 512, "It holds no address: line 1 is its end.");
}

/* Of a list that is said to have a value a line: the first line of the sample that has none. 0: it
 * has. */
static unsigned look_no_json(const char *p, size_t n, int all)
{
    const char *end = p + n, *next;
    unsigned line = 1;

    for (; p < end; p = next, line++) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        const size_t row_n = (size_t)((lf ? lf : end) - p);
        const struct quoth_span row = list_trim(p, row_n);
        if (!lf && !all)
            return 0;
        next = lf ? lf + 1 : end;
        if (row.n && list_json_end(row.p, row.n) != row.n)
            return line;
    }
    return 0;
}

/* Several addresses and no end of a line: so `curl -d @FILE` sends a file, whose ends of lines it
 * takes away. What stood on two of them would be read as one address, which is somebody else's. */
static int look_is_joined(const struct job *job, const char *p, size_t n)
{
    const char *at = memchr(p, '@', n);

    return at && !job->wish.input && !*job->wish.column && *p != '[' && *p != '{' &&
           memchr(at + 1, '@', (size_t)(p + n - at) - 1) && !memchr(p, '\n', n) &&
           !memchr(p, '\r', n);
}

static enum job_no look_sample(const struct serve *serve, const struct job *job,
                               struct list_file *file, char why[512])
{
    const uint64_t size = file->end - file->begin;
    size_t n = size < LIST_LOOK_BYTES ? (size_t)size : LIST_LOOK_BYTES;
    const char *p = list_file_bytes(file, file->begin, n, 1, &n);
    const struct list_foreign *foreign = p ? list_foreign(p, n) : NULL;
    struct list_look look = {.encoding = file->encoding};
    struct app_list_options list;
    enum list_looks looks;
    unsigned line = 0;

    if (!p)
        return JOB_NO_DISK;
    if (foreign && !job->wish.input) {
        snprintf(why, 512, "This is %s, which is not read here. Convert it first: %s",
                 foreign->name, foreign->how);
        return JOB_NO_LIST;
    }
    if (look_is_joined(job, p, n)) {
        strcpy(why, "All is one line. Did curl -d take line ends away? --data-binary does not.");
        return JOB_NO_LIST;
    }
    job_options(serve, job, &list);
    looks = list_look(&look, &list, "list", (struct quoth_span) {p, n}, n == size);
    if (job->wish.input == APP_INPUT_NDJSON)
        line = look_no_json(p, n, n == size);
    if (line) {
        snprintf(why, 512, "Line %u is no JSON value.", line);
        return JOB_NO_LIST;
    }
    if (looks == LIST_LOOKS_FINE && (look.rows || n < size))
        return JOB_YES;
    look_say(job, &look, looks, why);
    return JOB_NO_LIST;
}

static enum job_no upload_look(const struct serve *serve, const struct job *job, char why[512])
{
    struct list_file file;
    char path[JOB_PATH];
    enum job_no no = JOB_NO_DISK;

    job_path(serve, job, "list.part", path);
    if (!list_file_open(&file, path, &job_never))
        no = look_sample(serve, job, &file, why);
    list_file_close(&file);
    return no;
}

/* ---- all of it is here ------------------------------------------------------------------ */

static enum job_no upload_compare(struct serve *serve, struct job *job, struct job **out)
{
    struct job *twin = job_of_key(serve, job->wish.key, job->wish.token);
    const int same = twin && twin->sum == job->sum && twin->bytes == job->bytes;

    *out = twin;
    upload_close(job);
    free(job);
    if (!twin || twin->state == JOB_RECEIVING) /* it was deleted meanwhile, and may come again */
        return JOB_NO_BUSY;
    return same ? JOB_YES : JOB_NO_KEY;
}

/* On the disk with its names: that of the list, and that of its directory. */
static enum job_no upload_keep(struct serve *serve, struct job *job)
{
    char dir[JOB_PATH], part[JOB_PATH], list[JOB_PATH];

    job_path(serve, job, "", dir);
    job_path(serve, job, "list.part", part);
    job_path(serve, job, "list", list);
    job->wanted = job->wish.hold ? JOB_WANT_HOLD : JOB_WANT_RUN;
    job->changed = job_wall_ms() / 1000;
    if (job_file_write(serve, job) || app_file_replace(job->upload->fd, part, list) ||
        app_file_push_name(dir))
        return JOB_NO_DISK;
    return JOB_YES;
}

enum job_no job_received(struct serve *serve, struct job *job, struct job **out, char why[512])
{
    enum job_no no = upload_flush(job);

    *out = job;
    if (job->upload->fd < 0)
        return upload_compare(serve, job, out);
    if (no == JOB_YES)
        no = upload_look(serve, job, why);
    if (no == JOB_YES)
        no = upload_keep(serve, job);
    if (no != JOB_YES) {
        job_abort(serve, job);
        *out = NULL;
        return no;
    }
    upload_close(job);
    job_become(serve, job, JOB_READY);
    return JOB_YES;
}
