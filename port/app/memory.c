/* memory.c - memory for what is the command's own: who finds none waits for it a moment.
 *
 *   wanted --> there is some: taken
 *              none: 1 ms, 2 ms, 4 ms ... a second in all, while others give some back --> none
 *
 * A run that ends loses hours, and an allocation that fails once in them may do so for a moment
 * alone. The engine has its own way: it puts off what it wanted the memory for.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "app.h"

enum { MEMORY_TRIES = 10, MEMORY_FIRST = 64 };

int app_memory_wait(unsigned *tries)
{
    const struct timespec pause = {.tv_nsec = 1000000L << *tries};
    const int more = *tries < MEMORY_TRIES && !nanosleep(&pause, NULL);

    ++*tries;
    errno = ENOMEM;
    return more;
}

void *app_zeroed(size_t n, size_t size)
{
    unsigned tries = 0;
    void *p;

    do
        p = calloc(n, size);
    while (!p && app_memory_wait(&tries));
    return p;
}

void *app_resized(void *p, size_t n)
{
    unsigned tries = 0;
    void *more;

    do
        more = realloc(p, n);
    while (!more && app_memory_wait(&tries));
    return more;
}

void *app_room(void *p, size_t *cap, size_t want, size_t size)
{
    size_t more = *cap ? *cap : MEMORY_FIRST;
    void *to;

    if (want <= *cap)
        return p;
    while (more < want)
        more *= 2;
    to = app_resized(p, more * size);
    if (to)
        *cap = more;
    return to;
}

FILE *app_memory_stream(char **text, size_t *n)
{
    unsigned tries = 0;
    FILE *file;

    do
        file = open_memstream(text, n);
    while (!file && app_memory_wait(&tries));
    return file;
}
