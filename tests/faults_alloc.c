/* faults_alloc.c - the QUOTH_FAULT_AT-th allocation of this process fails, once. Linked into the
 * command with --wrap, for tests/faults.py. With QUOTH_FAULT_COUNT the number of allocations is
 * written to that file at the end.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static unsigned long allocations, fails_at;

static void count_told(void)
{
    const char *path = getenv("QUOTH_FAULT_COUNT");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f)
        return;
    fprintf(f, "%lu\n", allocations);
    fclose(f);
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("QUOTH_FAULT_AT");
    fails_at = at ? strtoul(at, NULL, 10) : 0;
    allocations = 0;
    atexit(count_told);
}

static int fails(void)
{
    if (++allocations != fails_at)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *__wrap_malloc(size_t n) { return fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }
