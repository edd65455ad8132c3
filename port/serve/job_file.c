/* job_file.c - a job's directory: made, written, read, removed.
 *
 *   job.json.new, written and on the disk --> renamed to job.json, and the name is on the disk
 *
 * job.json says what is wanted; how far it is, list and journal say.
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "job_inner.h"
#include "posix.h"
#include "query.h"

enum { JOB_FILE_MAX = 8192 };

void job_path(const struct serve *serve, const struct job *job, const char *name,
              char path[JOB_PATH])
{
    snprintf(path, JOB_PATH, "%s/%s%s%s", serve->jobs->dir, job->id, *name ? "/" : "", name);
}

const volatile sig_atomic_t job_never;

const char *job_state_name(enum job_state state)
{
    static const char *const names[] = {"receiving", "ready",     "running", "paused",
                                        "done",      "cancelled", "failed"};
    return names[state];
}

int job_is_over(const struct job *job) { return job->state >= JOB_DONE; }

void job_options(const struct serve *serve, const struct job *job, struct app_list_options *list)
{
    const struct job_wish *wish = &job->wish;

    memset(list, 0, sizeof *list);
    list->limits = serve->o->list.limits;
    list->input = wish->input;
    list->only = wish->only;
    list->ordered = wish->ordered;
    list->anyway = wish->texts;
    list->field = wish->texts ? "" : NULL;
    list->column = *wish->column ? wish->column : NULL;
}

int job_file_make(struct serve *serve, struct job *job)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t bytes[JOB_ID];
    char path[JOB_PATH];

    if (quoth_posix_random(bytes, sizeof bytes) ||
        quoth_posix_random(&job->number, sizeof job->number))
        return -EIO;
    for (unsigned i = 0; i < JOB_ID; i++)
        job->id[i] = letters[bytes[i] & 31];
    job->number &= 0x7fffffff;
    job_path(serve, job, "", path);
    return mkdir(path, 0700) ? -errno : 0;
}

/* ---- job.json ------------------------------------------------------------------ */

/* What it has, in this order. LARGE: told as a text, as it may have more than 32 bits. */
enum file_kind { FILE_TEXT, FILE_NUMBER, FILE_LARGE, FILE_FLAGS };
#define FILE_ROW(name, kind, field) \
    { \
        name, kind, offsetof(struct job, field), sizeof((struct job *)NULL)->field \
    }
static const struct file_row {
    const char *name;
    enum file_kind kind;
    size_t at, size; /* of its field */
} file_rows[] = {
    FILE_ROW("wanted", FILE_NUMBER, wanted),
    FILE_ROW("number", FILE_NUMBER, number),
    FILE_ROW("name", FILE_TEXT, wish.name),
    FILE_ROW("column", FILE_TEXT, wish.column),
    FILE_ROW("key", FILE_TEXT, wish.key),
    FILE_ROW("token", FILE_TEXT, wish.token),
    FILE_ROW("input", FILE_NUMBER, wish.input),
    FILE_ROW("only", FILE_NUMBER, wish.only),
    {"flags", FILE_FLAGS, 0, 0},
    FILE_ROW("delimiter", FILE_NUMBER, delimiter),
    FILE_ROW("own", FILE_NUMBER, own),
    FILE_ROW("at", FILE_NUMBER, at),
    FILE_ROW("sum", FILE_LARGE, sum),
    FILE_ROW("created_ms", FILE_LARGE, created_ms),
    FILE_ROW("changed", FILE_LARGE, changed),
    FILE_ROW("bytes", FILE_LARGE, bytes),
    FILE_ROW("rows", FILE_LARGE, rows),
    FILE_ROW("unknown", FILE_LARGE, count.verdict[QUOTH_VERDICT_UNKNOWN]),
    FILE_ROW("deliverable", FILE_LARGE, count.verdict[QUOTH_VERDICT_DELIVERABLE]),
    FILE_ROW("undeliverable", FILE_LARGE, count.verdict[QUOTH_VERDICT_UNDELIVERABLE]),
    FILE_ROW("risky", FILE_LARGE, count.verdict[QUOTH_VERDICT_RISKY]),
    FILE_ROW("why", FILE_TEXT, why),
};
enum { FILE_ROWS = sizeof file_rows / sizeof *file_rows };
_Static_assert(QUOTH_VERDICTS == 4, "a row each");

static uint64_t file_get(const struct job *job, const struct file_row *row)
{
    const char *field = (const char *)job + row->at;
    uint64_t large;
    uint32_t small;

    if (row->size == sizeof large) {
        memcpy(&large, field, sizeof large);
        return large;
    }
    if (row->size == 1)
        return (uint8_t)*field;
    memcpy(&small, field, sizeof small);
    return small;
}

static void file_set(struct job *job, const struct file_row *row, uint64_t n)
{
    char *field = (char *)job + row->at;
    const uint32_t small = (uint32_t)n;

    if (row->size == sizeof n)
        memcpy(field, &n, sizeof n);
    else if (row->size == 1)
        *field = (char)n;
    else
        memcpy(field, &small, sizeof small);
}

static unsigned file_flags(const struct job *job)
{
    const struct job_wish *wish = &job->wish;

    return wish->ordered + 2u * wish->no_wait + 4u * job->headless + 8u * wish->texts;
}

static void file_set_flags(struct job *job, uint64_t flags)
{
    job->wish.ordered = flags & 1;
    job->wish.no_wait = flags >> 1 & 1;
    job->headless = flags >> 2 & 1;
    job->wish.texts = flags >> 3 & 1;
}

static void file_print(const struct job *job, struct app_stream *out)
{
    struct app_json json = {out, 0};
    char large[24];

    app_json_open(&json, NULL, '{');
    for (const struct file_row *row = file_rows; row < file_rows + FILE_ROWS; row++) {
        switch (row->kind) {
        case FILE_TEXT: app_json_text(&json, row->name, (const char *)job + row->at); break;
        case FILE_NUMBER: app_json_number(&json, row->name, file_get(job, row)); break;
        case FILE_LARGE:
            snprintf(large, sizeof large, "%llu", (unsigned long long)file_get(job, row));
            app_json_text(&json, row->name, large);
            break;
        case FILE_FLAGS: app_json_number(&json, row->name, file_flags(job)); break;
        }
    }
    app_json_close(&json, '}');
    app_stream_byte(out, '\n');
}

static int file_put(const char *path, const char *next, const struct app_stream *text)
{
    const int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int err = text->full ? -ENOMEM : 0;

    if (fd < 0)
        return -errno;
    if (!err)
        err = list_write_all(fd, text->text, text->n);
    if (!err)
        err = app_file_replace(fd, next, path);
    close(fd);
    return err;
}

int job_file_write(const struct serve *serve, const struct job *job)
{
    char path[JOB_PATH], next[JOB_PATH];
    struct app_stream text = {0};
    int err;

    job_path(serve, job, "job.json", path);
    job_path(serve, job, "job.json.new", next);
    file_print(job, &text);
    err = file_put(path, next, &text);
    free(text.text);
    return err;
}

/* A text that is none, or has no room, is "". */
static void file_member(struct job *job, const struct members *members)
{
    const struct file_row *row = file_rows;
    char *text;

    while (row < file_rows + FILE_ROWS && strcmp(members->name, row->name) != 0)
        row++;
    if (row == file_rows + FILE_ROWS)
        return;
    if (row->kind == FILE_TEXT) {
        text = (char *)job + row->at;
        if (members_string(members->value, members->value_n, text, row->size) < 0)
            *text = '\0';
    } else {
        uint64_t n;
        app_number_large(members->value + (*members->value == '"'), &n);
        if (row->kind == FILE_FLAGS)
            file_set_flags(job, n);
        else
            file_set(job, row, n);
    }
}

/* Up to `size` bytes and a NUL. 0 or -errno. */
static int file_text(const char *path, char *text, size_t size, size_t *n)
{
    FILE *file = fopen(path, "re");
    int err = 0;

    if (!file)
        return -errno;
    *n = fread(text, 1, size, file);
    if (ferror(file))
        err = errno ? -errno : -EIO;
    fclose(file);
    text[*n] = '\0';
    return err;
}

/* Could we have written that? */
static int file_is_sane(const struct job *job)
{
    return job->wanted <= JOB_WANT_FAILED && job->wish.input <= APP_INPUT_JSON &&
           job->created_ms >= 0 && job->changed >= 0;
}

int job_file_read(const struct serve *serve, struct job *job)
{
    char path[JOB_PATH], text[JOB_FILE_MAX];
    struct members members;
    struct stat st;
    size_t n = 0;
    int got, err;

    job_path(serve, job, "job.json", path);
    err = file_text(path, text, sizeof text - 1, &n);
    if (err)
        return err;
    for (got = members_open(&members, text, n) ? -1 : 1;
         got == 1 && (got = members_next(&members)) == 1;)
        file_member(job, &members);
    job_path(serve, job, "list", path);
    if (got || !file_is_sane(job))
        return -EBADMSG;
    if (stat(path, &st))
        return -errno;
    if ((uint64_t)st.st_size > job->bytes)
        return -EBADMSG;
    return (uint64_t)st.st_size < job->bytes ? -ENOENT : 0;
}

int job_file_end(const struct serve *serve, const struct job *job)
{
    char path[JOB_PATH];
    int err;

    job_path(serve, job, "job.json", path);
    err = app_file_remove(path);
    return err == -ENOENT ? 0 : err;
}

/* ---- the rest --------------------------------------------------------------------- */

void job_file_remove(const struct serve *serve, const struct job *job)
{
    char path[JOB_PATH];

    job_path(serve, job, "", path);
    job_file_remove_dir(serve->jobs, path);
}

/* Does nobody else have it open? Such a one gets a lease. */
static int file_is_ours(int fd)
{
#ifdef F_SETLEASE
    return !fcntl(fd, F_SETLEASE, F_WRLCK) && !fcntl(fd, F_SETLEASE, F_UNLCK);
#else
    (void)fd;
    return 0;
#endif
}

static int file_may_cut(int fd)
{
    struct stat st;

    return !fstat(fd, &st) && !st.st_nlink && st.st_size > JOB_PIECE && file_is_ours(fd);
}

/* To remove a file of a gigabyte takes a third of a second, so it keeps everybody waiting in pieces
 * only. Its name goes at once: when we are killed the rest goes, too. */
static void file_unlink(struct jobs *jobs, const char *path)
{
    const int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const int fd = jobs && jobs->cuts < JOBS_CUT ? open(path, flags) : -1;

    unlink(path);
    if (fd >= 0 && file_may_cut(fd))
        jobs->cut[jobs->cuts++] = fd;
    else if (fd >= 0)
        close(fd);
}

int job_file_cut(struct jobs *jobs)
{
    struct stat st;
    int fd;

    if (!jobs->cuts)
        return 0;
    fd = jobs->cut[jobs->cuts - 1];
    if (fstat(fd, &st) || st.st_size <= JOB_PIECE ||
        ftruncate(fd, (st.st_size - 1) / JOB_PIECE * JOB_PIECE)) {
        close(fd);
        jobs->cuts--;
    }
    return jobs->cuts > 0;
}

void job_file_remove_dir(struct jobs *jobs, const char *path)
{
    char file[JOB_PATH + 512];
    const struct dirent *entry;
    DIR *dir = opendir(path);

    while (dir && (entry = readdir(dir)) != NULL) {
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            file_unlink(jobs, file);
    }
    if (dir)
        closedir(dir);
    else if (errno != ENOENT)
        app_say_error(0, path, errno);
    if (rmdir(path) && errno != ENOENT)
        app_say_error(0, path, errno);
}

void job_file_log(const struct serve *serve, const struct job *job, const char *what,
                  const char *line)
{
    char path[JOB_PATH];
    char at[APP_TIME_TEXT];
    FILE *file;
    int fd;

    job_path(serve, job, "log", path);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    file = fd < 0 ? NULL : fdopen(fd, "a");
    if (!file) {
        if (fd >= 0)
            close(fd);
        return;
    }
    app_time_text(at, (int64_t)time(NULL));
    fprintf(file, "%sZ %s%s%s\n", at, what, *line ? ": " : "", line);
    fclose(file);
}
