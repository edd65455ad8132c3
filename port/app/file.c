/* file.c - a whole file in memory, for those that are read before anything is done.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "app.h"

enum { FILE_MOST = 64 << 20 };

/* The rest of it, with a NUL behind it; NULL with errno. */
static char *file_bytes(FILE *f, size_t *n)
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
        got = fread(text + *n, 1, cap - *n - 1, f);
        text[*n + got] = '\0';
    }
    if (!got && !ferror(f))
        return text;
    free(text);
    return NULL;
}

FILE *app_file_open(const char *file, const char *mode)
{
    unsigned tries = 0;
    FILE *f;

    do
        f = fopen(file, mode);
    while (!f && errno == ENOMEM && app_memory_wait(&tries));
    return f;
}

int app_file_read(char **text, size_t *n, const char *file)
{
    FILE *f = app_file_open(file, "rb");
    int err;

    *text = f ? file_bytes(f, n) : NULL;
    err = errno;
    if (f)
        fclose(f);
    return *text ? 0 : app_say_error(APP_EXIT_NO_INPUT, file, err);
}
