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

void job_path(const struct serve *s, const struct job *job, const char *name, char path[JOB_PATH])
{
    snprintf(path, JOB_PATH, "%s/%s%s%s", s->jobs->dir, job->id, *name ? "/" : "", name);
}

const volatile sig_atomic_t job_never;

const char *job_state_name(enum job_state state)
{
    static const char *const names[] = {"receiving", "ready",     "running", "paused",
                                        "done",      "cancelled", "failed"};
    return names[state];
}

int job_is_over(const struct job *job) { return job->state >= JOB_DONE; }

void job_options(const struct serve *s, const struct job *job, struct app_list_options *o)
{
    const struct job_wish *wish = &job->wish;

    memset(o, 0, sizeof *o);
    o->limits = s->o->list.limits;
    o->input = wish->input;
    o->only = wish->only;
    o->ordered = wish->ordered;
    o->anyway = wish->texts;
    o->field = wish->texts ? "" : NULL;
    o->column = *wish->column ? wish->column : NULL;
}

int job_file_dir(struct serve *s)
{
    struct jobs *jobs = s->jobs;
    const char *tmp = getenv("TMPDIR");

    if (s->state_dir) {
        snprintf(jobs->dir, sizeof jobs->dir, "%s/jobs", s->state_dir);
        return mkdir(jobs->dir, 0700) && errno != EEXIST ? errno : 0;
    }
    snprintf(jobs->dir, sizeof jobs->dir, "%s/quoth-jobs-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    jobs->temporary = 1;
    if (mkdtemp(jobs->dir))
        return 0;
    jobs->dir[0] = '\0';
    return errno;
}

int job_file_make(struct serve *s, struct job *job)
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
    job_path(s, job, "", path);
    return mkdir(path, 0700) ? errno : 0;
}

/* ---- job.json ------------------------------------------------------------------ */

/* Numbers are told as texts where they may have more than 32 bits. */
static void file_number(struct app_json *w, const char *key, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    app_json_text(w, key, text);
}

static void file_print(const struct job *job, struct app_stream *out)
{
    struct app_json w = {out, 0};
    const struct job_wish *wish = &job->wish;

    app_json_open(&w, NULL, '{');
    app_json_number(&w, "wanted", job->wanted);
    app_json_number(&w, "number", job->number);
    app_json_text(&w, "name", wish->name);
    app_json_text(&w, "column", wish->column);
    app_json_text(&w, "key", wish->key);
    app_json_text(&w, "token", wish->token);
    app_json_number(&w, "input", wish->input);
    app_json_number(&w, "only", wish->only);
    app_json_number(&w, "flags",
                    wish->ordered + 2u * wish->no_wait + 4u * job->headless + 8u * wish->texts);
    app_json_number(&w, "delimiter", (unsigned char)job->delimiter);
    app_json_number(&w, "own", job->own);
    app_json_number(&w, "at", job->at);
    file_number(&w, "sum", job->sum);
    file_number(&w, "created_ms", (uint64_t)job->created_ms);
    file_number(&w, "changed", (uint64_t)job->changed);
    file_number(&w, "bytes", job->bytes);
    file_number(&w, "rows", job->rows);
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        file_number(&w, quoth_verdict_name((enum quoth_verdict)i), job->count.verdict[i]);
    app_json_text(&w, "why", job->why);
    app_json_close(&w, '}');
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

int job_file_write(const struct serve *s, const struct job *job)
{
    char path[JOB_PATH], next[JOB_PATH];
    struct app_stream text = {0};
    int err;

    job_path(s, job, "job.json", path);
    job_path(s, job, "job.json.new", next);
    file_print(job, &text);
    err = file_put(next, &text);
    if (!err && rename(next, path))
        err = errno;
    free(text.text);
    return err;
}

static uint64_t file_value(const struct members *m)
{
    return strtoull(m->value + (*m->value == '"'), NULL, 10);
}

static void file_flags(struct job *job, uint64_t flags)
{
    job->wish.ordered = flags & 1;
    job->wish.no_wait = flags >> 1 & 1;
    job->headless = flags >> 2 & 1;
    job->wish.texts = flags >> 3 & 1;
}

static void file_member(struct job *job, const struct members *m)
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
    const uint64_t n = file_value(m);

    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(m->name, texts[i].name) &&
            members_string(m->value, m->value_n, texts[i].to, texts[i].cap) < 0)
            texts[i].to[0] = '\0';
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        if (!strcmp(m->name, quoth_verdict_name((enum quoth_verdict)i)))
            job->count.verdict[i] = (unsigned long)n;
    if (!strcmp(m->name, "wanted"))
        job->wanted = (uint8_t)n;
    else if (!strcmp(m->name, "number"))
        job->number = (uint32_t)n;
    else if (!strcmp(m->name, "input"))
        job->wish.input = (uint8_t)n;
    else if (!strcmp(m->name, "only"))
        job->wish.only = (uint8_t)n;
    else if (!strcmp(m->name, "flags"))
        file_flags(job, n);
    else if (!strcmp(m->name, "delimiter"))
        job->delimiter = (char)n;
    else if (!strcmp(m->name, "own"))
        job->own = (uint32_t)n;
    else if (!strcmp(m->name, "at"))
        job->at = (uint32_t)n;
    else if (!strcmp(m->name, "sum"))
        job->sum = n;
    else if (!strcmp(m->name, "created_ms"))
        job->created_ms = (int64_t)n;
    else if (!strcmp(m->name, "changed"))
        job->changed = (int64_t)n;
    else if (!strcmp(m->name, "bytes"))
        job->bytes = n;
    else if (!strcmp(m->name, "rows"))
        job->rows = (uint32_t)n;
}

int job_file_read(const struct serve *s, struct job *job)
{
    char path[JOB_PATH], text[JOB_FILE_MAX];
    struct members m;
    struct stat st;
    FILE *f;
    size_t n;
    int got;

    job_path(s, job, "job.json", path);
    f = fopen(path, "re");
    if (!f)
        return 0;
    n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    for (got = members_open(&m, text, n) ? -1 : 1; got == 1 && (got = members_next(&m)) == 1;)
        file_member(job, &m);
    job_path(s, job, "list", path);
    return !got && !stat(path, &st) && (uint64_t)st.st_size == job->bytes;
}

/* ---- the rest --------------------------------------------------------------------- */

void job_file_remove(const struct serve *s, const struct job *job)
{
    char path[JOB_PATH], file[JOB_PATH + 256];
    const struct dirent *entry;
    DIR *dir;

    job_path(s, job, "", path);
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

void job_file_log(const struct serve *s, const struct job *job, const char *what, const char *line)
{
    char path[JOB_PATH];
    char at[APP_TIME_TEXT];
    FILE *f;
    int fd;

    job_path(s, job, "log", path);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    f = fd < 0 ? NULL : fdopen(fd, "a");
    if (!f) {
        if (fd >= 0)
            close(fd);
        return;
    }
    app_time_text(at, (int64_t)time(NULL));
    fprintf(f, "%sZ %s%s%s\n", at, what, *line ? ": " : "", line);
    fclose(f);
}
