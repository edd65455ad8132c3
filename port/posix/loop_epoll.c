/* loop_epoll.c - waiting with epoll (Linux). A link is registered once, for everything, and told of
 * by edges; a watched descriptor by level.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "loop_inner.h"

enum { EPOLL_EVENTS = 256 };

struct loop_waiter {
    int fd;
};

int loop_waiter_start(struct quoth_loop *p)
{
    p->waiter = malloc(sizeof *p->waiter);
    if (!p->waiter)
        return QUOTH_ESPACE;
    p->waiter->fd = epoll_create1(EPOLL_CLOEXEC);
    if (p->waiter->fd < 0)
        return QUOTH_ESPACE;
    return quoth_loop_watch(p, p->wake[0], LOOP_WAKE, QUOTH_LOOP_READ);
}

void loop_waiter_end(struct quoth_loop *p)
{
    if (p->waiter && p->waiter->fd >= 0)
        close(p->waiter->fd);
    free(p->waiter);
}

size_t loop_waiter_memory(const struct quoth_loop *p) { return sizeof *p->waiter; }

int loop_link_begins(struct quoth_link *link)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.u32 = link->number};

    return epoll_ctl(link->loop->waiter->fd, EPOLL_CTL_ADD, link->fd, &event) == 0 ? 0 : -errno;
}

/* An edge comes by itself, and closing is forgetting. */
void loop_link_asks(struct quoth_link *link) { (void)link; }
void loop_link_ends(struct quoth_link *link) { (void)link; }

int quoth_loop_watch(struct quoth_loop *p, int fd, uint32_t number, unsigned interest)
{
    struct epoll_event event = {.data.u32 = number};
    int ep = p->waiter->fd;

    if (!interest) {
        (void)epoll_ctl(ep, EPOLL_CTL_DEL, fd, &event);
        return QUOTH_OK;
    }
    if (interest & QUOTH_LOOP_READ)
        event.events |= EPOLLIN;
    if (interest & QUOTH_LOOP_WRITE)
        event.events |= EPOLLOUT;
    if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) == 0 ||
        (errno == EEXIST && epoll_ctl(ep, EPOLL_CTL_MOD, fd, &event) == 0))
        return QUOTH_OK;
    return QUOTH_ESPACE;
}

static unsigned epoll_ready(uint32_t events)
{
    unsigned ready = 0;

    if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
        ready |= LOOP_OVER | LOOP_UNSURE;
    if (events & EPOLLIN)
        ready |= LOOP_IN;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        ready |= LOOP_OUT;
    return ready;
}

int loop_waiter_wait(struct quoth_loop *p, int ms, struct loop_event *event, unsigned cap)
{
    struct epoll_event got[EPOLL_EVENTS];
    int n = epoll_wait(p->waiter->fd, got, cap < EPOLL_EVENTS ? (int)cap : EPOLL_EVENTS, ms);

    if (n < 0)
        return errno == EINTR ? 0 : QUOTH_EIO;
    for (int i = 0; i < n; i++)
        event[i] = (struct loop_event) {got[i].data.u32, epoll_ready(got[i].events)};
    return n;
}
