/* loop.c - many streams on epoll, edge-triggered: what a link is ready for is kept in the link.
 *
 *   closed --connect--> waiting --writable, no error--> up --send, recv--> ... --close--> closed
 *
 * A link is registered once, for everything; readiness comes as edges, is remembered in `in` and
 * `out`, and forgotten when a call falls short. So one conversation costs connect, epoll_ctl, close
 * and one call for each burst either way.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "loop.h"
#include "posix.h"

struct quoth_link {
    int fd, ep;
    uint32_t number;
    uint8_t in, out, over; /* may have bytes, may take bytes, the peer is done or it broke */
};

struct quoth_loop {
    int ep;
    uint32_t n;
    struct quoth_link link[];
};

enum { LOOP_EVENTS = 256, LOOP_NAP_MS = 1000 };

static int loop_dgram(struct quoth_link *l, const struct quoth_peer *to, const void *p, size_t n)
{
    return QUOTH_ENOSYS;
}

static void loop_close(struct quoth_link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->in = l->out = l->over = 0;
}

static int loop_fail(struct quoth_link *l, int e)
{
    loop_close(l);
    return quoth_posix_error(e);
}

static int loop_open(struct quoth_link *l, const struct quoth_peer *to)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                            .data.u32 = l->number};
    socklen_t n = sizeof(int);
    int on = 1, error = 0;

    if (l->fd < 0) {
        l->fd = quoth_posix_socket(&to->ip, SOCK_STREAM);
        if (l->fd < 0)
            return quoth_posix_error(errno);
        (void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        error = quoth_posix_connect(l->fd, to);
        if (error && error != EINPROGRESS && error != EINTR)
            return loop_fail(l, error);
        /* Only now: a socket that is not connecting yet would report that it is broken. */
        if (epoll_ctl(l->ep, EPOLL_CTL_ADD, l->fd, &e) != 0)
            return loop_fail(l, errno);
        return QUOTH_AGAIN;
    }
    if (!l->out)
        return QUOTH_AGAIN;
    if (l->over) {
        if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
            error = errno;
        if (error)
            return loop_fail(l, error);
    }
    return QUOTH_OK;
}

static int loop_send(struct quoth_link *l, const void *p, size_t n)
{
    ssize_t r;

    if (!l->out)
        return QUOTH_AGAIN;
    do
        r = send(l->fd, p, n < INT_MAX ? n : INT_MAX, MSG_NOSIGNAL);
    while (r < 0 && errno == EINTR);
    if (r >= 0)
        return (int)r;
    if (errno != EAGAIN)
        return quoth_posix_error(errno);
    l->out = 0;
    return QUOTH_AGAIN;
}

static int loop_recv(struct quoth_link *l, void *p, size_t cap, struct quoth_peer *from)
{
    ssize_t r;

    if (!l->in)
        return QUOTH_AGAIN;
    do
        r = recv(l->fd, p, cap < INT_MAX ? cap : INT_MAX, 0);
    while (r < 0 && errno == EINTR);
    if (r > 0 && (size_t)r < cap && !l->over)
        l->in = 0; /* that was all: the next byte is a new edge */
    if (r >= 0)
        return (int)r;
    if (errno != EAGAIN)
        return quoth_posix_error(errno);
    l->in = 0;
    return QUOTH_AGAIN;
}

const struct quoth_port quoth_loop_port = {
    quoth_posix_now, quoth_posix_random, loop_dgram, loop_open, loop_send, loop_recv, loop_close};

struct quoth_loop *quoth_loop_new(uint32_t n)
{
    struct quoth_loop *p = malloc(sizeof *p + n * sizeof p->link[0]);

    if (!p)
        return NULL;
    p->n = n;
    p->ep = epoll_create1(EPOLL_CLOEXEC);
    if (p->ep < 0) {
        free(p);
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        p->link[i] = (struct quoth_link) {.fd = -1, .ep = p->ep, .number = i};
    return p;
}

struct quoth_link *quoth_loop_link(struct quoth_loop *p, uint32_t i) { return &p->link[i]; }

int quoth_loop_wait(struct quoth_loop *p, uint64_t deadline, uint32_t *moved, unsigned cap)
{
    struct epoll_event e[LOOP_EVENTS];
    uint64_t now = quoth_posix_now();
    int ms = LOOP_NAP_MS, n;

    if (deadline <= now)
        ms = 0;
    else if (deadline - now < LOOP_NAP_MS)
        ms = (int)(deadline - now);
    n = epoll_wait(p->ep, e, cap < LOOP_EVENTS ? (int)cap : LOOP_EVENTS, ms);
    if (n < 0)
        return errno == EINTR ? 0 : QUOTH_EIO;
    for (int i = 0; i < n; i++) {
        uint32_t number = moved[i] = e[i].data.u32;
        struct quoth_link *l = &p->link[number];
        if (number >= p->n)
            continue;
        if (e[i].events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
            l->over = l->in = 1;
        if (e[i].events & EPOLLIN)
            l->in = 1;
        if (e[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
            l->out = 1;
    }
    return n;
}

int quoth_loop_watch(struct quoth_loop *p, int fd, uint32_t number)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = number};

    return epoll_ctl(p->ep, EPOLL_CTL_ADD, fd, &e) == 0 ? QUOTH_OK : QUOTH_ESPACE;
}

size_t quoth_loop_memory(const struct quoth_loop *p)
{
    return sizeof *p + p->n * sizeof p->link[0];
}

void quoth_loop_free(struct quoth_loop *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < p->n; i++)
        loop_close(&p->link[i]);
    close(p->ep);
    free(p);
}

uint32_t quoth_loop_descriptors(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return 256;
    r.rlim_cur = r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return 256;
    return r.rlim_cur < UINT32_MAX ? (uint32_t)r.rlim_cur : UINT32_MAX;
}
