/* list_merge.c - the parts of a list (--shard) joined, as one run would have written them.
 *
 *   part and its journal --> finished? as it was? --> all parts, each once, of one list
 *        --> the headings of one, the results of all, the summary of their sum --> output
 *
 * The journals know whose the parts are, where results begin and end, and with --ordered which row
 * of the list each one is, so nothing here reads a format.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "list.h"

struct merge_part {
    const char *path;
    int fd, journal;
    struct list_journal_head head;
    char identity[LIST_IDENTITY_MAX];
    uint32_t shard, shards;
    uint64_t at, index_at;        /* in the part; in its journal */
    uint32_t left;                /* entries of the index that are not read */
    struct list_index_entry next; /* row UINT32_MAX: there is none */
};

struct merge {
    struct merge_part *part; /* in the order of their numbers, once they are checked */
    unsigned parts;
    FILE *f;
};

static int merge_say(const struct merge_part *p, const char *why)
{
    return app_say(APP_EXIT_USAGE, p->path, why);
}

/* The value of a line of an identity; "": there is none. */
static const char *merge_value(const char *identity, const char *label)
{
    const char *at = strstr(identity, label);
    return at ? at + strlen(label) : "";
}

/* ---- may they be joined? ------------------------------------------------ */

static int merge_open(struct merge_part *p)
{
    char name[4096];
    enum list_journal_state state;
    const char *shard;
    struct stat st;

    p->fd = open(p->path, O_RDONLY | O_CLOEXEC);
    if (p->fd < 0 || fstat(p->fd, &st))
        return app_say_error(APP_EXIT_NO_INPUT, p->path, errno);
    if ((size_t)snprintf(name, sizeof name, "%s.quoth-journal", p->path) < sizeof name)
        p->journal = open(name, O_RDONLY | O_CLOEXEC);
    if (p->journal < 0)
        return merge_say(p, "its .quoth-journal is not beside it, so nobody knows whether it is "
                            "finished");
    state = list_journal_read(p->journal, &p->head, p->identity);
    if (state != LIST_JOURNAL_FINE)
        return list_journal_say(state, name);
    if (!p->head.finished)
        return merge_say(p, "its run was cut off: finish it first, with --resume");
    if (!list_file_is(p->fd, (uint64_t)st.st_size, &p->head))
        return merge_say(p, "this is not what was written there: it was edited or cut");
    shard = merge_value(p->identity, "\n" LIST_IDENTITY_PART);
    shard += app_number(shard, &p->shard);
    app_number(shard + (*shard == '/'), &p->shards);
    if (!p->shards)
        return merge_say(p, "this is no part of a list, but all of it");
    p->at = p->head.head_n;
    p->index_at = sizeof p->head + p->head.n;
    p->left = p->head.indexed;
    return 0;
}

/* Who asked may differ: parts are checked on many machines. */
static int merge_belong(const struct merge_part *first, const struct merge_part *part)
{
    const char *named = strstr(first->identity, "\n" LIST_IDENTITY_PART);
    const int all = !named || first->shards != part->shards;
    const size_t n = all ? strlen(first->identity) : (size_t)(named + 1 - first->identity);

    if (!strncmp(first->identity, part->identity, n))
        return 0;
    merge_say(part, "it is not of the same list and options as the first part:");
    list_identity_differ(first->identity, part->identity, n);
    return APP_EXIT_USAGE;
}

static int merge_order(const void *a, const void *b)
{
    const struct merge_part *x = a, *y = b;
    return x->shard < y->shard ? -1 : x->shard > y->shard;
}

/* Each part is there, once. */
static int merge_complete(struct merge *merge)
{
    char text[80];

    qsort(merge->part, merge->parts, sizeof *merge->part, merge_order);
    for (unsigned i = 0; i < merge->parts || i < merge->part->shards; i++) {
        const uint32_t shard = i < merge->parts ? merge->part[i].shard : UINT32_MAX;
        if (shard == i + 1)
            continue;
        snprintf(text, sizeof text, "part %u of %u is %s", shard > i + 1 ? i + 1 : shard,
                 merge->part->shards, shard > i + 1 ? "missing" : "given twice");
        return app_say(APP_EXIT_USAGE, i < merge->parts ? merge->part[i].path : NULL, text);
    }
    return 0;
}

static int merge_check(struct merge *merge, char **paths)
{
    int rc = 0;

    for (unsigned i = 0; i < merge->parts && !rc; i++) {
        merge->part[i].path = paths[i];
        merge->part[i].fd = merge->part[i].journal = -1;
        rc = merge_open(&merge->part[i]);
        if (!rc)
            rc = merge_belong(merge->part, &merge->part[i]);
    }
    return rc ? rc : merge_complete(merge);
}

/* ---- joining ------------------------------------------------------------ */

/* 0 or -errno. */
static int merge_copy(struct merge *merge, struct merge_part *p, uint64_t n)
{
    char chunk[1 << 14];
    int err = 0;

    while (n && !err) {
        const size_t part = n < sizeof chunk ? (size_t)n : sizeof chunk;
        err = list_read_all(p->fd, chunk, part, p->at);
        if (!err && fwrite(chunk, 1, part, merge->f) < part)
            err = -errno;
        p->at += part;
        n -= part;
    }
    return err;
}

static int merge_next(struct merge_part *p)
{
    const uint64_t at = p->index_at;

    p->next = (struct list_index_entry) {UINT32_MAX, 0};
    if (!p->left)
        return 0;
    p->left--;
    p->index_at += sizeof p->next;
    return list_read_all(p->journal, &p->next, sizeof p->next, at);
}

/* In the list's order: always the part whose next row is the first. */
static int merge_in_order(struct merge *merge)
{
    int err = 0;

    for (unsigned i = 0; i < merge->parts && !err; i++)
        err = merge_next(&merge->part[i]);
    while (!err) {
        struct merge_part *first = merge->part;
        for (unsigned i = 1; i < merge->parts; i++)
            if (merge->part[i].next.row < first->next.row)
                first = &merge->part[i];
        if (first->next.row == UINT32_MAX)
            break;
        err = merge_copy(merge, first, first->next.length);
        if (!err)
            err = merge_next(first);
    }
    return err;
}

static int merge_as_they_are(struct merge *merge)
{
    int err = 0;
    for (unsigned i = 0; i < merge->parts && !err; i++) {
        const struct list_journal_head *head = &merge->part[i].head;
        err = merge_copy(merge, &merge->part[i], head->length - head->head_n - head->tail_n);
    }
    return err;
}

static int merge_write(struct merge *merge)
{
    const char *format = merge_value(merge->part->identity, "\n--format\t");
    const struct app_format *row = app_formats;
    struct app_page page = {.out = {.f = merge->f}, .list_old = (uint16_t)app_list_old(time(NULL))};
    struct app_count count = {{0}};
    int err;

    while (strncmp(format, row->name, strlen(row->name)))
        row++;
    merge->part->at = 0;
    err = merge_copy(merge, merge->part, merge->part->head.head_n);
    if (!err)
        err = *merge_value(merge->part->identity, "\n--ordered\t") == 'y'
                  ? merge_in_order(merge)
                  : merge_as_they_are(merge);
    for (unsigned i = 0; i < merge->parts; i++)
        for (int verdict = 0; verdict < QUOTH_VERDICTS; verdict++)
            count.verdict[verdict] += merge->part[i].head.count[verdict];
    if (!err && row->tail)
        row->tail(&page, &count);
    if (!err && fflush(merge->f))
        err = -errno;
    return err;
}

/* Is that one of the parts, or the journal of one, by whatever name? */
static int merge_is_part(const struct merge *merge, const char *path)
{
    struct stat out, st;
    int is = 0;

    for (unsigned i = 0; !stat(path, &out) && i < merge->parts * 2 && !is; i++) {
        const struct merge_part *p = &merge->part[i / 2];
        is = !fstat(i % 2 ? p->journal : p->fd, &st) && app_file_same(&st, &out);
    }
    return is;
}

/* Written and closed; as `name` it takes the place of `path`. 0 or -errno. */
static int merge_into(struct merge *merge, int fd, const char *name, const char *path)
{
    int err;

    merge->f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!merge->f)
        return -errno;
    err = merge_write(merge);
    if (!err && name)
        err = app_file_replace(fd, name, path);
    if (fclose(merge->f) && !err)
        err = -errno;
    return err;
}

/* A new file takes the output's name once it is whole. What a merge that was killed has left of one
 * is written over. 0, or an exit code. */
static int merge_to_new(struct merge *merge, const char *path, const char *name)
{
    int err = 0, fd, rc = list_open_beside(name, &fd);

    if (!rc)
        rc = list_lock(fd, name);
    if (rc)
        return rc; /* and nothing else will be opened */
    if (ftruncate(fd, 0))
        err = -errno;
    if (!err)
        err = merge_into(merge, fd, name, path);
    if (!err)
        return 0;
    unlink(name);
    return app_say_error(APP_EXIT_FULL, path, err);
}

/* To a file of that name, or to the device or pipe that has it. 0, or an exit code. */
static int merge_to(struct merge *merge, const char *path, int force)
{
    struct stat st;
    char *name;
    int err, rc;

    if (merge_is_part(merge, path))
        return app_say(APP_EXIT_USAGE, path, "this is one of the parts");
    if (!app_file_is_one(path)) {
        err = merge_into(merge, open(path, O_WRONLY | O_CLOEXEC), NULL, path);
        return err ? app_say_error(APP_EXIT_FULL, path, err) : 0;
    }
    if (!stat(path, &st) && st.st_size && !force)
        return app_say(APP_EXIT_USAGE, path, "it is there already; --force writes over it");
    name = list_sink_beside(path, LIST_MERGED);
    if (!name)
        return app_say_error(APP_EXIT_INTERNAL, path, ENOMEM);
    rc = merge_is_part(merge, name) ? app_say(APP_EXIT_USAGE, name, "this is one of the parts")
                                    : merge_to_new(merge, path, name);
    free(name);
    return rc;
}

int list_merge(char **paths, unsigned n, const char *output, int force)
{
    struct merge merge = {app_zeroed(n, sizeof *merge.part), n, stdout};
    int rc, err = 0;

    if (!merge.part)
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    rc = merge_check(&merge, paths);
    if (!rc && output && !list_is_stdout(output))
        rc = merge_to(&merge, output, force);
    else if (!rc)
        err = merge_write(&merge);
    if (err)
        rc = app_say_error(APP_EXIT_FULL, "standard output", err);
    for (unsigned i = 0; i < n && merge.part[i].path; i++) {
        if (merge.part[i].fd >= 0)
            close(merge.part[i].fd);
        if (merge.part[i].journal >= 0)
            close(merge.part[i].journal);
    }
    free(merge.part);
    return rc;
}
