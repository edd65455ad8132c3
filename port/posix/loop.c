/* loop.c - links: streams that remember what they are ready for. Another file waits for them.
 *
 *   closed --connect--> waiting --writable, no error--> up --send, recv--> ... --close--> closed
 *
 * What a link is ready for is kept in `in` and `out` and forgotten when a call falls short. So a
 * conversation costs connect, close, and one call for each burst either way. Who has read and waits
 * for more is acknowledged for before the next wait, unless it has answered by then.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "loop_inner.h"
#include "posix.h"

enum { LOOP_EVENTS = 256 };

/* ---- the seven functions ------------------------------------------------ */

static int loop_dgram(struct quoth_link *link, const struct quoth_peer *to, const void *p, size_t n)
{
    return QUOTH_ENOSYS;
}

static void loop_close(struct quoth_link *link)
{
    if (link->fd >= 0) {
        loop_link_ends(link);
        close(link->fd);
    }
    link->fd = -1;
    link->in = link->out = link->over = link->unsure = link->begun = link->sent = 0;
}

static int loop_fail(struct quoth_link *link, int e)
{
    loop_close(link);
    return quoth_posix_error(e);
}

static int loop_dial(struct quoth_link *link, const struct quoth_peer *to)
{
    int err;

    link->fd = quoth_posix_socket(&to->ip, SOCK_STREAM);
    if (link->fd < 0)
        return quoth_posix_error(errno);
    err = quoth_posix_connect(link->fd, to);
    /* Watched only now: a socket that is not connecting yet would report that it is broken. */
    if (!err || err == -EINPROGRESS || err == -EINTR)
        err = loop_link_begins(link);
    return err ? loop_fail(link, -err) : QUOTH_AGAIN;
}

static int loop_open(struct quoth_link *link, const struct quoth_peer *to)
{
    socklen_t n = sizeof(int);
    int err = 0;

    if (link->fd < 0)
        return loop_dial(link, to);
    if (!link->out)
        return QUOTH_AGAIN;
    if (!link->unsure)
        return QUOTH_OK;
    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &err, &n) != 0)
        err = errno;
    if (err)
        return loop_fail(link, err);
    link->unsure = 0;
    return QUOTH_OK;
}

static int loop_again(struct quoth_link *link, uint8_t *ready)
{
    *ready = 0;
    loop_link_asks(link);
    return QUOTH_AGAIN;
}

static int loop_send(struct quoth_link *link, const void *p, size_t n)
{
    ssize_t sent;

    if (!link->out)
        return QUOTH_AGAIN;
    link->begun = 0;
    /* Nagle would hold a second one back until the first is acknowledged. */
    if (link->sent < 2 && ++link->sent == 2)
        quoth_posix_no_delay(link->fd);
    do
        sent = send(link->fd, p, n < INT_MAX ? n : INT_MAX, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return (int)sent;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return quoth_posix_error(errno);
    return loop_again(link, &link->out);
}

/* Acknowledge what has begun where nothing was sent since: whoever answers has acknowledged. */
static void loop_acknowledge(struct quoth_loop *p)
{
    while (p->unheard_n) {
        struct quoth_link *link = p->unheard[--p->unheard_n];
        if (link->begun)
            quoth_posix_ack(link->fd);
        link->begun = 0;
    }
}

/* Nothing more is there yet. Whether there is something to say meanwhile shows before the next
 * wait. */
static int loop_unheard(struct quoth_link *link)
{
    struct quoth_loop *p = link->loop;

    if (!link->begun)
        return QUOTH_AGAIN;
    if (p->unheard_n == LOOP_UNHEARD)
        loop_acknowledge(p);
    p->unheard[p->unheard_n++] = link;
    return QUOTH_AGAIN;
}

static int loop_recv(struct quoth_link *link, void *p, size_t cap, struct quoth_peer *from)
{
    ssize_t got;

    if (!link->in)
        return loop_unheard(link);
    do
        got = recv(link->fd, p, cap < INT_MAX ? cap : INT_MAX, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0 && (size_t)got < cap && !link->over)
        (void)loop_again(link, &link->in); /* that was all: the next byte is news */
    if (got > 0 && link->sent == 1)
        link->sent = 0; /* whoever answers has acknowledged */
    if (got >= 0) {
        link->begun = 1;
        return (int)got;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return quoth_posix_error(errno);
    (void)loop_again(link, &link->in);
    return loop_unheard(link);
}

const struct quoth_port quoth_loop_port = {
    quoth_posix_now, quoth_posix_random, loop_dgram, loop_open, loop_send, loop_recv, loop_close};

/* ---- numbers ------------------------------------------------------------ */

static int loop_range(struct quoth_loop *p, uint32_t n, struct quoth_link *link, uint32_t *first)
{
    if (p->ranges == QUOTH_LOOP_RANGES || n >= LOOP_WAKE - p->numbers)
        return QUOTH_ESPACE;
    *first = p->numbers;
    p->range[p->ranges++] = (struct loop_range) {p->numbers, n, link};
    p->numbers += n;
    return QUOTH_OK;
}

int quoth_loop_numbers(struct quoth_loop *p, uint32_t n, uint32_t *first)
{
    return loop_range(p, n, NULL, first);
}

int quoth_loop_links(struct quoth_loop *p, uint32_t n, uint32_t *first)
{
    struct quoth_link *link = malloc((n ? n : 1) * sizeof *link);
    int rc = link ? loop_range(p, n, link, first) : QUOTH_ESPACE;

    if (rc < 0) {
        free(link);
        return rc;
    }
    for (uint32_t i = 0; i < n; i++)
        link[i] = (struct quoth_link) {.loop = p, .fd = -1, .number = *first + i};
    return QUOTH_OK;
}

/* NULL: it is no link's. */
struct quoth_link *quoth_loop_link(struct quoth_loop *p, uint32_t number)
{
    for (unsigned i = 0; i < p->ranges; i++) {
        const struct loop_range *r = &p->range[i];
        if (r->link && number - r->first < r->n)
            return &r->link[number - r->first];
    }
    return NULL;
}

/* ---- waiting ------------------------------------------------------------ */

/* Milliseconds from now to `deadline` as poll(2) takes them. */
static int loop_timeout(uint64_t deadline)
{
    uint64_t now;

    if (deadline == QUOTH_NEVER)
        return -1;
    now = quoth_posix_now();
    if (deadline <= now)
        return 0;
    return deadline - now < INT_MAX ? (int)(deadline - now) : INT_MAX;
}

/* A full pipe wakes as well as one that takes the byte. */
void quoth_loop_wake(struct quoth_loop *p)
{
    int e = errno;

    while (write(p->wake[1], "", 1) < 0 && errno == EINTR) {
    }
    errno = e;
}

static void loop_woken(struct quoth_loop *p)
{
    char bytes[64];

    while (read(p->wake[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes) {
    }
}

static void loop_link_moved(struct quoth_link *link, unsigned ready)
{
    if (ready & (LOOP_IN | LOOP_OVER))
        link->in = 1;
    if (ready & LOOP_OUT)
        link->out = 1;
    if (ready & LOOP_OVER)
        link->over = 1;
    if (ready & LOOP_UNSURE)
        link->unsure = 1;
    loop_link_asks(link);
}

int quoth_loop_wait(struct quoth_loop *p, uint64_t deadline, uint32_t *moved, unsigned cap)
{
    struct loop_event event[LOOP_EVENTS];
    unsigned most = cap < LOOP_EVENTS ? cap : LOOP_EVENTS;
    int n, told = 0;

    loop_acknowledge(p);
    n = loop_waiter_wait(p, loop_timeout(deadline), event, most);
    for (int i = 0; i < n; i++) {
        struct quoth_link *link;
        if (event[i].number == LOOP_WAKE) {
            loop_woken(p);
            continue;
        }
        link = quoth_loop_link(p, event[i].number);
        if (link)
            loop_link_moved(link, event[i].ready);
        moved[told++] = event[i].number;
    }
    return n < 0 ? n : told;
}

/* ---- beginning and end -------------------------------------------------- */

static int loop_start(struct quoth_loop *p, uint32_t n)
{
    uint32_t first;

    if (pipe(p->wake) != 0) {
        p->wake[0] = p->wake[1] = -1;
        return QUOTH_ESPACE;
    }
    if (quoth_posix_tame(p->wake[0]) || quoth_posix_tame(p->wake[1]) || loop_waiter_start(p) < 0)
        return QUOTH_ESPACE;
    return quoth_loop_links(p, n, &first);
}

struct quoth_loop *quoth_loop_new(uint32_t n)
{
    struct quoth_loop *p = calloc(1, sizeof *p);
    int err;

    if (!p)
        return NULL;
    if (loop_start(p, n) == QUOTH_OK)
        return p;
    err = errno;
    quoth_loop_free(p);
    errno = err;
    return NULL;
}

size_t quoth_loop_memory(const struct quoth_loop *p)
{
    size_t n = sizeof *p + loop_waiter_memory(p);

    for (unsigned i = 0; i < p->ranges; i++)
        if (p->range[i].link)
            n += p->range[i].n * sizeof p->range[i].link[0];
    return n;
}

void quoth_loop_free(struct quoth_loop *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < p->ranges; i++) {
        for (uint32_t k = 0; p->range[i].link && k < p->range[i].n; k++)
            loop_close(&p->range[i].link[k]);
        free(p->range[i].link);
    }
    loop_waiter_end(p);
    for (int i = 0; i < 2; i++)
        if (p->wake[i] >= 0)
            close(p->wake[i]);
    free(p);
}

uint32_t quoth_loop_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 256;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 256;
    return limit.rlim_cur < UINT32_MAX ? (uint32_t)limit.rlim_cur : UINT32_MAX;
}
