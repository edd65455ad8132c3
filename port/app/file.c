/* file.c - a whole file in memory, for those that are read before anything is done.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "app.h"

enum { FILE_MOST = 64 << 20 };

/* The rest of it, with a NUL behind it; NULL with errno. */
static char *file_bytes(FILE *file, size_t *n)
{
    char *text = NULL;
    size_t cap = 0, got = 1;

    for (*n = 0; got; *n += got) {
        char *more = *n < FILE_MOST ? app_room(text, &cap, *n + 65536, 1) : NULL;
        if (!more) {
            errno = *n < FILE_MOST ? ENOMEM : EFBIG;
            break;
        }
        text = more;
        got = fread(text + *n, 1, cap - *n - 1, file);
        text[*n + got] = '\0';
    }
    if (!got && !ferror(file))
        return text;
    free(text);
    return NULL;
}

FILE *app_file_open(const char *name, const char *mode)
{
    unsigned tries = 0;
    FILE *file;

    do
        file = fopen(name, mode);
    while (!file && errno == ENOMEM && app_memory_wait(&tries));
    return file;
}

int app_file_is_one(const char *name)
{
    struct stat st;
    return stat(name, &st) || S_ISREG(st.st_mode);
}

int app_file_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int app_file_read(char **text, size_t *n, const char *name)
{
    FILE *file = app_file_open(name, "rb");
    int err;

    *text = file ? file_bytes(file, n) : NULL;
    err = errno;
    if (file)
        fclose(file);
    return *text ? 0 : app_say_error(APP_EXIT_NO_INPUT, name, err);
}
