/* job_dir.c - where lists lie: in the state directory, or in one that lives as long as the server.
 *
 *   STATE/jobs                   those that outlive it
 *   TMPDIR/quoth-lists-XXXXXX    locked by its server; one that nobody has locked was left by a
 *                                server that was killed, and the next one removes it
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "job_inner.h"

enum { TEMP_TRIES = 8 };
static const char temp_name[] = "quoth-lists-XXXXXX";

static const char *temp_parent(void)
{
    const char *tmp = getenv("TMPDIR");

    return tmp && *tmp ? tmp : "/tmp";
}

/* A descriptor of it, which holds its lock; -1: it is not ours, or somebody has it. `anyway`: where
 * the file system knows no locks, too. */
static int temp_lock(const char *path, int anyway)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st, named;

    if (fd < 0)
        return -1;
    if (!fstat(fd, &st) && st.st_uid == geteuid() &&
        (!flock(fd, LOCK_EX | LOCK_NB) || (anyway && errno != EWOULDBLOCK)) &&
        !lstat(path, &named) && app_file_same(&st, &named))
        return fd;
    close(fd);
    return -1;
}

/* Another server that begins just now may take it for one that is left: then it is gone. */
static int temp_make(struct jobs *jobs)
{
    int err = -EAGAIN;

    for (unsigned i = 0; i < TEMP_TRIES; i++) {
        snprintf(jobs->dir, sizeof jobs->dir, "%s/%s", temp_parent(), temp_name);
        if (!mkdtemp(jobs->dir)) {
            err = -errno;
            break;
        }
        jobs->temporary = temp_lock(jobs->dir, 1);
        if (jobs->temporary >= 0)
            return 0;
        rmdir(jobs->dir);
    }
    jobs->dir[0] = '\0';
    return err;
}

/* Its lists, and itself. */
static void temp_remove(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    char list[JOB_PATH + 256];

    while (dir && (entry = readdir(dir)) != NULL) {
        snprintf(list, sizeof list, "%s/%s", path, entry->d_name);
        if (strlen(entry->d_name) == JOB_ID)
            job_file_remove_dir(NULL, list);
    }
    if (dir)
        closedir(dir);
    if (rmdir(path) && errno != ENOENT)
        app_say_error(0, path, errno);
}

void job_dir_sweep(void)
{
    const size_t same = strlen(temp_name) - strlen("XXXXXX");
    DIR *dir = opendir(temp_parent());
    const struct dirent *entry;
    char path[JOB_PATH];
    int fd;

    while (dir && (entry = readdir(dir)) != NULL) {
        if (strlen(entry->d_name) != strlen(temp_name) || memcmp(entry->d_name, temp_name, same))
            continue;
        snprintf(path, sizeof path, "%s/%s", temp_parent(), entry->d_name);
        fd = temp_lock(path, 0);
        if (fd < 0)
            continue;
        temp_remove(path);
        close(fd);
    }
    if (dir)
        closedir(dir);
}

int job_dir(struct serve *serve)
{
    struct jobs *jobs = serve->jobs;

    if (!serve->state_dir)
        return temp_make(jobs);
    snprintf(jobs->dir, sizeof jobs->dir, "%s/jobs", serve->state_dir);
    if (mkdir(jobs->dir, 0700) && errno != EEXIST)
        return -errno;
    return app_file_push_name(jobs->dir);
}

void job_dir_end(struct jobs *jobs)
{
    if (jobs->temporary < 0)
        return;
    rmdir(jobs->dir);
    close(jobs->temporary);
}
