/* job_file.c - a job's directory: made, written, read, removed.
 *
 *   job.json.new, written and on the disk --> renamed to job.json
 *
 * job.json says what is wanted; how far it is, list and journal say.
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

int job_file_dir(struct serve *serve)
{
    struct jobs *jobs = serve->jobs;
    const char *tmp = getenv("TMPDIR");

    if (serve->state_dir) {
        snprintf(jobs->dir, sizeof jobs->dir, "%s/jobs", serve->state_dir);
        return mkdir(jobs->dir, 0700) && errno != EEXIST ? errno : 0;
    }
    snprintf(jobs->dir, sizeof jobs->dir, "%s/quoth-jobs-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    jobs->temporary = 1;
    if (mkdtemp(jobs->dir))
        return 0;
    jobs->dir[0] = '\0';
    return errno;
}

int job_file_make(struct serve *serve, struct job *job)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t bytes[JOB_ID];
    char path[JOB_PATH];

    if (quoth_posix_random(bytes, sizeof bytes) ||
        quoth_posix_random(&job->number, sizeof job->number))
        return EIO;
    for (unsigned i = 0; i < JOB_ID; i++)
        job->id[i] = letters[bytes[i] & 31];
    job->number &= 0x7fffffff;
    job_path(serve, job, "", path);
    return mkdir(path, 0700) ? errno : 0;
}

/* ---- job.json ------------------------------------------------------------------ */

/* Numbers are told as texts where they may have more than 32 bits. */
static void file_number(struct app_json *json, const char *key, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    app_json_text(json, key, text);
}

static void file_print(const struct job *job, struct app_stream *out)
{
    struct app_json json = {out, 0};
    const struct job_wish *wish = &job->wish;

    app_json_open(&json, NULL, '{');
    app_json_number(&json, "wanted", job->wanted);
    app_json_number(&json, "number", job->number);
    app_json_text(&json, "name", wish->name);
    app_json_text(&json, "column", wish->column);
    app_json_text(&json, "key", wish->key);
    app_json_text(&json, "token", wish->token);
    app_json_number(&json, "input", wish->input);
    app_json_number(&json, "only", wish->only);
    app_json_number(&json, "flags",
                    wish->ordered + 2u * wish->no_wait + 4u * job->headless + 8u * wish->texts);
    app_json_number(&json, "delimiter", (unsigned char)job->delimiter);
    app_json_number(&json, "own", job->own);
    app_json_number(&json, "at", job->at);
    file_number(&json, "sum", job->sum);
    file_number(&json, "created_ms", (uint64_t)job->created_ms);
    file_number(&json, "changed", (uint64_t)job->changed);
    file_number(&json, "bytes", job->bytes);
    file_number(&json, "rows", job->rows);
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        file_number(&json, quoth_verdict_name((enum quoth_verdict)i), job->count.verdict[i]);
    app_json_text(&json, "why", job->why);
    app_json_close(&json, '}');
    app_stream_byte(out, '\n');
}

static int file_put(const char *path, const struct app_stream *text)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int err = fd < 0 ? errno : text->full ? ENOMEM : list_write_all(fd, text->text, text->n);

    if (!err && fsync(fd))
        err = errno;
    if (fd >= 0)
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
    err = file_put(next, &text);
    if (!err && rename(next, path))
        err = errno;
    free(text.text);
    return err;
}

static uint64_t file_value(const struct members *members)
{
    return strtoull(members->value + (*members->value == '"'), NULL, 10);
}

static void file_flags(struct job *job, uint64_t flags)
{
    job->wish.ordered = flags & 1;
    job->wish.no_wait = flags >> 1 & 1;
    job->headless = flags >> 2 & 1;
    job->wish.texts = flags >> 3 & 1;
}

static void file_member(struct job *job, const struct members *members)
{
    const struct {
        const char *name;
        char *to;
        size_t cap;
    } texts[] = {{"name", job->wish.name, sizeof job->wish.name},
                 {"column", job->wish.column, sizeof job->wish.column},
                 {"key", job->wish.key, sizeof job->wish.key},
                 {"token", job->wish.token, sizeof job->wish.token},
                 {"why", job->why, sizeof job->why}};
    const uint64_t n = file_value(members);

    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(members->name, texts[i].name) &&
            members_string(members->value, members->value_n, texts[i].to, texts[i].cap) < 0)
            texts[i].to[0] = '\0';
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        if (!strcmp(members->name, quoth_verdict_name((enum quoth_verdict)i)))
            job->count.verdict[i] = (unsigned long)n;
    if (!strcmp(members->name, "wanted"))
        job->wanted = (uint8_t)n;
    else if (!strcmp(members->name, "number"))
        job->number = (uint32_t)n;
    else if (!strcmp(members->name, "input"))
        job->wish.input = (uint8_t)n;
    else if (!strcmp(members->name, "only"))
        job->wish.only = (uint8_t)n;
    else if (!strcmp(members->name, "flags"))
        file_flags(job, n);
    else if (!strcmp(members->name, "delimiter"))
        job->delimiter = (char)n;
    else if (!strcmp(members->name, "own"))
        job->own = (uint32_t)n;
    else if (!strcmp(members->name, "at"))
        job->at = (uint32_t)n;
    else if (!strcmp(members->name, "sum"))
        job->sum = n;
    else if (!strcmp(members->name, "created_ms"))
        job->created_ms = (int64_t)n;
    else if (!strcmp(members->name, "changed"))
        job->changed = (int64_t)n;
    else if (!strcmp(members->name, "bytes"))
        job->bytes = n;
    else if (!strcmp(members->name, "rows"))
        job->rows = (uint32_t)n;
}

int job_file_read(const struct serve *serve, struct job *job)
{
    char path[JOB_PATH], text[JOB_FILE_MAX];
    struct members members;
    struct stat st;
    FILE *file;
    size_t n;
    int got;

    job_path(serve, job, "job.json", path);
    file = fopen(path, "re");
    if (!file)
        return 0;
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    for (got = members_open(&members, text, n) ? -1 : 1;
         got == 1 && (got = members_next(&members)) == 1;)
        file_member(job, &members);
    job_path(serve, job, "list", path);
    return !got && !stat(path, &st) && (uint64_t)st.st_size == job->bytes;
}

/* ---- the rest --------------------------------------------------------------------- */

void job_file_remove(const struct serve *serve, const struct job *job)
{
    char path[JOB_PATH], file[JOB_PATH + 256];
    const struct dirent *entry;
    DIR *dir;

    job_path(serve, job, "", path);
    dir = opendir(path);
    while (dir && (entry = readdir(dir)) != NULL) {
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(file);
    }
    if (dir)
        closedir(dir);
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
