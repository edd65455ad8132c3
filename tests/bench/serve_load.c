/* serve_load.c - asks a server over and over, on many connections, and counts; or is the least that
 * answers.
 *
 *   serve_load PORT CONNECTIONS SECONDS REQUEST END    one request after the other on each; END is
 *                                                      what an answer ends in
 *   serve_load floor PORT ANSWER                       writes ANSWER for each read, and understands
 *                                                      nothing
 *
 * "\r" and "\n" are written as two characters. Prints answers a second, and how many microseconds
 * 99 of 100 took at most, and the longest.
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 1024, WAITS = 1 << 22, CHUNK = 65536 };

static double asked[CONNECTIONS];
static float waits[WAITS];

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t unescape(char *text)
{
    char *to = text;

    for (char *p = text; *p; p++) {
        if (p[0] == '\\' && (p[1] == 'n' || p[1] == 'r'))
            *to++ = *++p == 'n' ? '\n' : '\r';
        else
            *to++ = *p;
    }
    *to = '\0';
    return (size_t)(to - text);
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static void watch(int loop, int fd, unsigned number)
{
    struct epoll_event e = {.events = EPOLLIN};

    e.data.u64 = (unsigned long long)number << 32 | (unsigned)fd;
    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e);
}

static int by_length(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int load(char **arg)
{
    const struct sockaddr_in to = loopback(atoi(arg[0]));
    const unsigned connections = (unsigned)atoi(arg[1]) % CONNECTIONS;
    const size_t n = unescape(arg[3]), end = unescape(arg[4]);
    const int loop = epoll_create1(0);
    const double until = now() + atof(arg[2]), began = now();
    static char chunk[CHUNK];
    struct epoll_event e[64];
    unsigned long answers = 0;

    for (unsigned i = 0; i < connections; i++) {
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (const struct sockaddr *)&to, sizeof to))
            return perror("connect"), 1;
        watch(loop, fd, i);
        asked[i] = now();
        if (write(fd, arg[3], n) < 0)
            return 1;
    }
    while (now() < until) {
        const int ready = epoll_wait(loop, e, 64, 100);
        for (int i = 0; i < ready; i++) {
            const int fd = (int)(e[i].data.u64 & 0xffffffff);
            const unsigned number = (unsigned)(e[i].data.u64 >> 32);
            const ssize_t got = read(fd, chunk, CHUNK);
            if (got <= 0)
                return fputs("serve_load: the server hung up\n", stderr), 1;
            if ((size_t)got < end || memcmp(chunk + got - end, arg[4], end))
                continue;
            waits[answers++ % WAITS] = (float)((now() - asked[number]) * 1e6);
            asked[number] = now();
            if (write(fd, arg[3], n) < 0)
                return 1;
        }
    }
    const unsigned long kept = answers < WAITS ? answers : WAITS;
    if (!kept)
        return fputs("serve_load: no answer\n", stderr), 1;
    qsort(waits, kept, sizeof *waits, by_length);
    printf("%.0f %.0f %.0f\n", (double)answers / (now() - began), waits[kept * 99 / 100],
           waits[kept - 1]);
    return 0;
}

static int least(char **arg)
{
    const struct sockaddr_in at = loopback(atoi(arg[0]));
    const size_t n = unescape(arg[1]);
    const int listener = socket(AF_INET, SOCK_STREAM, 0), loop = epoll_create1(0), on = 1;
    static char chunk[CHUNK];
    struct epoll_event e[64];

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (const struct sockaddr *)&at, sizeof at) || listen(listener, 128))
        return perror("listen"), 1;
    watch(loop, listener, 1);
    for (;;) {
        const int ready = epoll_wait(loop, e, 64, -1);
        for (int i = 0; i < ready; i++) {
            const int fd = (int)(e[i].data.u64 & 0xffffffff);
            if (e[i].data.u64 >> 32)
                watch(loop, accept(listener, NULL, NULL), 0);
            else if (read(fd, chunk, CHUNK) <= 0 || write(fd, arg[1], n) < 0)
                close(fd);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "floor"))
        return least(argv + 2);
    if (argc == 6)
        return load(argv + 1);
    fputs("usage: serve_load PORT CONNECTIONS SECONDS REQUEST END | floor PORT ANSWER\n", stderr);
    return 2;
}
