/* loop_poll.c - waiting with poll(2), for systems without epoll. One row a descriptor:
 *
 *   row     0           1        2        3      ...
 *   fd      the pipe    link 7   link 3   -1              -1: nothing is wanted of it now, skipped
 *   number  LOOP_WAKE   7        3        0
 *
 * A link asks only for what it is not known to be ready for, which makes edges of poll's levels.
 * Rows come and go outside of a wait only; a row that goes is filled with the last one. A wait
 * costs one look at every row: fine for a few hundred, slow for ten thousand.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "loop_inner.h"

#define POLL_NO_ROW UINT32_MAX
enum { POLL_BROKE = POLLERR | POLLHUP | POLLNVAL };

struct loop_waiter {
    struct pollfd *row;
    uint32_t *number;   /* whose row it is */
    uint32_t rows, cap; /* in use, room for */
    uint32_t next;      /* where the next wait begins to tell, so that none is passed over */
    uint32_t *at, at_n; /* a number's row */
};

/* ---- rows --------------------------------------------------------------- */

/* Room for one more row, and for the row of this number. */
static int poll_room(struct loop_waiter *waiter, uint32_t number)
{
    if (waiter->rows == waiter->cap) {
        uint32_t cap = waiter->cap + waiter->cap / 2 + 16;
        struct pollfd *row = realloc(waiter->row, cap * sizeof *row);
        uint32_t *names = row ? realloc(waiter->number, cap * sizeof *names) : NULL;
        if (row)
            waiter->row = row;
        if (!names)
            return QUOTH_ESPACE;
        waiter->number = names;
        waiter->cap = cap;
    }
    if (number != LOOP_WAKE && number >= waiter->at_n) {
        uint32_t n = number + number / 2 + 16;
        uint32_t *at = n > number ? realloc(waiter->at, n * sizeof *at) : NULL;
        if (!at)
            return QUOTH_ESPACE;
        memset(at + waiter->at_n, 0xff, (n - waiter->at_n) * sizeof *at);
        waiter->at = at;
        waiter->at_n = n;
    }
    return QUOTH_OK;
}

static uint32_t poll_row(const struct loop_waiter *waiter, uint32_t number)
{
    return number < waiter->at_n ? waiter->at[number] : POLL_NO_ROW;
}

static void poll_drop(struct loop_waiter *waiter, uint32_t number)
{
    uint32_t row = poll_row(waiter, number), last = waiter->rows - 1;

    if (row == POLL_NO_ROW)
        return;
    waiter->row[row] = waiter->row[last];
    waiter->number[row] = waiter->number[last];
    waiter->at[waiter->number[row]] = row;
    waiter->at[number] = POLL_NO_ROW;
    waiter->rows = last;
}

/* Events 0: the row stays and is skipped, for poll() tells of errors unasked. */
static int poll_set(struct loop_waiter *waiter, int fd, uint32_t number, short events)
{
    uint32_t row = poll_row(waiter, number);

    if (row == POLL_NO_ROW) {
        if (poll_room(waiter, number) < 0)
            return QUOTH_ESPACE;
        row = waiter->rows++;
        waiter->number[row] = number;
        if (number != LOOP_WAKE)
            waiter->at[number] = row;
    }
    waiter->row[row] = (struct pollfd) {.fd = events ? fd : -1, .events = events};
    return QUOTH_OK;
}

int loop_waiter_start(struct quoth_loop *p)
{
    p->waiter = calloc(1, sizeof *p->waiter);
    return p->waiter ? poll_set(p->waiter, p->wake[0], LOOP_WAKE, POLLIN) : QUOTH_ESPACE;
}

void loop_waiter_end(struct quoth_loop *p)
{
    if (!p->waiter)
        return;
    free(p->waiter->row);
    free(p->waiter->number);
    free(p->waiter->at);
    free(p->waiter);
}

size_t loop_waiter_memory(const struct quoth_loop *p)
{
    const struct loop_waiter *waiter = p->waiter;

    return sizeof *waiter + waiter->cap * (sizeof *waiter->row + sizeof *waiter->number) +
           waiter->at_n * sizeof *waiter->at;
}

/* ---- links and descriptors ---------------------------------------------- */

static int poll_link(struct quoth_link *link)
{
    int events = (link->in ? 0 : POLLIN) | (link->out ? 0 : POLLOUT);

    return poll_set(link->loop->waiter, link->fd, link->number, (short)events);
}

int loop_link_begins(struct quoth_link *link) { return poll_link(link) < 0 ? -ENOMEM : 0; }
void loop_link_asks(struct quoth_link *link) { (void)poll_link(link); } /* its row is there */
void loop_link_ends(struct quoth_link *link) { poll_drop(link->loop->waiter, link->number); }

int quoth_loop_watch(struct quoth_loop *p, int fd, uint32_t number, unsigned interest)
{
    int events =
        (interest & QUOTH_LOOP_READ ? POLLIN : 0) | (interest & QUOTH_LOOP_WRITE ? POLLOUT : 0);

    if (events)
        return poll_set(p->waiter, fd, number, (short)events);
    poll_drop(p->waiter, number);
    return QUOTH_OK;
}

/* ---- waiting ------------------------------------------------------------ */

static unsigned poll_ready(int events)
{
    unsigned ready = 0;

    if (events & POLL_BROKE)
        ready |= LOOP_OVER | LOOP_OUT;
    if (events & POLLIN)
        ready |= LOOP_IN;
    if (events & POLLOUT)
        ready |= LOOP_OUT;
    /* Some systems call a connection that failed writable, and nothing else. */
    return ready & LOOP_OUT ? ready | LOOP_UNSURE : ready;
}

int loop_waiter_wait(struct quoth_loop *p, int ms, struct loop_event *event, unsigned cap)
{
    struct loop_waiter *waiter = p->waiter;
    unsigned told = 0;
    int left = poll(waiter->row, waiter->rows, ms);

    if (left < 0)
        return errno == EINTR ? 0 : QUOTH_EIO;
    for (uint32_t i = 0; left > 0 && i < waiter->rows && told < cap; i++) {
        uint32_t row = waiter->next < waiter->rows ? waiter->next : 0;
        waiter->next = row + 1;
        if (!waiter->row[row].revents)
            continue;
        left--;
        event[told++] =
            (struct loop_event) {waiter->number[row], poll_ready(waiter->row[row].revents)};
    }
    return (int)told;
}
