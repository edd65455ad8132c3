/* file.c - a whole file in memory, for those that are read before anything is done.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "app.h"

enum { FILE_MOST = 64 << 20 };

/* The rest of it, or NULL with errno. */
static char *file_bytes(FILE *f, size_t *n)
{
    size_t cap = 65536, got;
    char *text = malloc(cap), *more;

    while (text && (got = fread(text + *n, 1, cap - *n, f)) > 0) {
        *n += got;
        if (*n < cap)
            continue;
        cap *= 2;
        errno = EFBIG;
        more = cap > FILE_MOST ? NULL : realloc(text, cap);
        if (!more)
            free(text);
        text = more;
    }
    if (text && ferror(f)) {
        free(text);
        text = NULL;
    }
    return text;
}

char *app_file_read(const char *file, size_t *n)
{
    FILE *f = fopen(file, "rb");
    char *text = NULL;

    *n = 0;
    if (f)
        text = file_bytes(f, n);
    if (!text)
        app_say_error(APP_EXIT_NO_INPUT, file, errno);
    if (f)
        fclose(f);
    return text;
}
