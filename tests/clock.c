/* clock.c - clocks that a test moves: to be preloaded. QUOTH_CLOCK names a file of two numbers of
 * 64 bits, by how many milliseconds CLOCK_MONOTONIC and the wall clock are ahead.
 *
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const int64_t *ahead;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("QUOTH_CLOCK");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);

    ahead = at == MAP_FAILED ? NULL : at;
    if (fd >= 0)
        close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
    const int rc = (int)syscall(SYS_clock_gettime, clock, at);

    if (!rc && ahead && (clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME)) {
        const int64_t ms = ahead[clock == CLOCK_REALTIME];
        const int64_t ns = at->tv_nsec + ms % 1000 * 1000000;
        at->tv_sec += ms / 1000 + ns / 1000000000;
        at->tv_nsec = ns % 1000000000;
        if (at->tv_nsec < 0) {
            at->tv_nsec += 1000000000;
            at->tv_sec--;
        }
    }
    return rc;
}

time_t time(time_t *to)
{
    struct timespec at;

    clock_gettime(CLOCK_REALTIME, &at);
    if (to)
        *to = at.tv_sec;
    return at.tv_sec;
}
