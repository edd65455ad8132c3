/* replace.c - a new file takes the place of an old one.
 *
 *   written to NAME.new --> on the disk --> renamed --> the name is on the disk
 *
 * A power cut at any moment leaves one of the two whole. No other file calls rename(2).
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "app.h"

/* The directory it lies in. A descriptor; -1: nobody may read it, so its names cannot be pushed; or
 * -errno as *err. */
static int replace_dir(const char *path, int *err)
{
    const char *slash = strrchr(path, '/');
    char dir[4096]; /* no path is longer, and nothing of this may fail for want of memory */
    int fd = -1;

    errno = ENAMETOOLONG;
    if (snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".") <
        (int)sizeof dir)
        fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *err = fd < 0 && errno != EACCES ? -errno : 0;
    return fd;
}

/* Some file systems have no fsync(). */
static int replace_push(int fd)
{
    return fsync(fd) && errno != EINVAL && errno != EROFS ? -errno : 0;
}

static int replace_push_dir(int dir)
{
    const int err = dir < 0 ? 0 : replace_push(dir);

    if (dir >= 0)
        close(dir);
    return err;
}

int app_file_push_name(const char *path)
{
    int err;
    const int dir = replace_dir(path, &err);

    return err ? err : replace_push_dir(dir);
}

/* What may be wanting is got before anything is done to the name. */
static int replace_name(int fd, const char *next, const char *path)
{
    int err;
    const int dir = replace_dir(path, &err);

    if (!err && next)
        err = replace_push(fd);
    if (!err && (next ? rename(next, path) : unlink(path)))
        err = -errno;
    if (!err)
        return replace_push_dir(dir);
    if (dir >= 0)
        close(dir);
    return err;
}

int app_file_replace(int fd, const char *next, const char *path)
{
    return replace_name(fd, next, path);
}

int app_file_remove(const char *path) { return replace_name(-1, NULL, path); }
