/* save.c - a text takes the place of what is in a file: all of it, or nothing.
 *
 *   NAME.new --> written --> replace.c
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include "app.h"

int app_file_save(const char *path, const char *text, size_t n)
{
    char next[1032];
    FILE *file;
    int err;

    if (!app_file_is_one(path))
        return app_say(APP_EXIT_USAGE, path, "this is no file");
    if ((size_t)snprintf(next, sizeof next, "%s.new", path) >= sizeof next)
        return app_say_error(APP_EXIT_INTERNAL, path, ENAMETOOLONG);
    file = app_file_open(next, "w");
    if (!file)
        return app_say_error(APP_EXIT_INTERNAL, next, errno);
    err = !n || fwrite(text, 1, n, file) == n ? 0 : -errno;
    if (!err)
        err = fflush(file) ? -errno : app_file_replace(fileno(file), next, path);
    fclose(file);
    if (err)
        remove(next);
    return err ? app_say_error(APP_EXIT_INTERNAL, path, err) : 0;
}
