/* sock.c - a port on POSIX sockets: never blocks, never raises SIGPIPE, leaks no descriptor.
 *
 *   closed --open--> connecting --writable, SO_ERROR 0--> up --send, recv--> ... --close--> closed
 *      |                  `--SO_ERROR--> closed
 *      `--dgram--> bound to a random port and connected --recv--> ... --close--> closed
 *
 * A UDP question gets a fresh socket on a random port (RFC 5452 9.2) that is connected, so the
 * kernel drops what others send and reports a refusal at once. Each call that says AGAIN leaves in
 * `waits` what poll() has to look for; under TLS that may be the other direction than the machine's
 * want. EINTR is AGAIN: the poll that follows returns at once.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "posix.h"
#include "sock.h"

static int sock_later(struct quoth_link *link, short events)
{
    link->waits = events;
    return QUOTH_AGAIN;
}

static void sock_close(struct quoth_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    link->waits = 0;
    link->up = link->dgram = link->begun = 0;
}

static int sock_fail(struct quoth_link *link, int e)
{
    sock_close(link);
    return quoth_posix_error(e);
}

static int sock_socket(struct quoth_link *link, const struct quoth_peer *to, int type)
{
    sock_close(link);
    link->fd = quoth_posix_socket(&to->ip, type);
    if (link->fd < 0)
        return quoth_posix_error(errno);
    link->peer = *to;
    return QUOTH_OK;
}

static int sock_dgram(struct quoth_link *link, const struct quoth_peer *to, const void *p, size_t n)
{
    int rc = sock_socket(link, to, SOCK_DGRAM), err;

    if (rc != QUOTH_OK)
        return rc;
    rc = quoth_posix_bind(link->fd, &to->ip);
    if (rc != QUOTH_OK) {
        sock_close(link);
        return rc;
    }
    err = quoth_posix_connect(link->fd, to);
    if (err != 0)
        return sock_fail(link, -err);
    link->dgram = 1;
    while (send(link->fd, p, n, MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            return sock_fail(link, errno);
    return QUOTH_OK;
}

/* Writable: up, or failed. SO_ERROR is read once, for reading clears it. */
static int sock_connected(struct quoth_link *link)
{
    struct pollfd ready = {link->fd, POLLOUT, 0};
    socklen_t n = sizeof(int);
    int err = 0;

    if (poll(&ready, 1, 0) <= 0)
        return sock_later(link, POLLOUT);
    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &err, &n) != 0)
        err = errno;
    if (err != 0)
        return sock_fail(link, err);
    link->up = 1;
    return QUOTH_OK;
}

static int sock_open(struct quoth_link *link, const struct quoth_peer *to)
{
    int rc;

    if (link->fd >= 0)
        return link->up ? QUOTH_OK : sock_connected(link);
    rc = sock_socket(link, to, SOCK_STREAM);
    if (rc != QUOTH_OK)
        return rc;
    quoth_posix_no_delay(link->fd);
    rc = quoth_posix_connect(link->fd, to);
    if (rc == -EINPROGRESS || rc == -EINTR)
        return sock_later(link, POLLOUT); /* it goes on by itself */
    if (rc != 0)
        return sock_fail(link, -rc);
    link->up = 1;
    return QUOTH_OK;
}

static int sock_moved(struct quoth_link *link, ssize_t r, short events)
{
    if (r >= 0) {
        link->waits = 0;
        return (int)r;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return sock_later(link, events);
    return quoth_posix_error(errno);
}

static int sock_send(struct quoth_link *link, const void *p, size_t n)
{
    link->begun = 0;
    return sock_moved(link, send(link->fd, p, n < INT_MAX ? n : INT_MAX, MSG_NOSIGNAL), POLLOUT);
}

static int sock_heard(struct quoth_link *link, ssize_t r)
{
    int rc = sock_moved(link, r, POLLIN);

    if (rc == QUOTH_AGAIN && link->begun)
        quoth_posix_ack(link->fd);
    link->begun = rc != QUOTH_AGAIN;
    return rc;
}

static int sock_recv(struct quoth_link *link, void *p, size_t cap, struct quoth_peer *from)
{
    ssize_t got = recv(link->fd, p, cap < INT_MAX ? cap : INT_MAX, 0);

    if (!link->dgram)
        return sock_heard(link, got);
    *from = link->peer;
    if (got == 0)
        return sock_later(link, POLLIN); /* an empty datagram ends nothing */
    return sock_moved(link, got, POLLIN);
}

const struct quoth_port quoth_sock_port = {
    quoth_posix_now, quoth_posix_random, sock_dgram, sock_open, sock_send, sock_recv, sock_close};

static int sock_patient(int rc) { return rc == QUOTH_ESPACE ? QUOTH_AGAIN : rc; }

static int sock_dgram_waits(struct quoth_link *link, const struct quoth_peer *to, const void *p,
                            size_t n)
{
    return sock_patient(sock_dgram(link, to, p, n));
}

static int sock_open_waits(struct quoth_link *link, const struct quoth_peer *to)
{
    return sock_patient(sock_open(link, to));
}

const struct quoth_port quoth_sock_port_waits = {
    quoth_posix_now, quoth_posix_random, sock_dgram_waits, sock_open_waits,
    sock_send,       sock_recv,          sock_close};

int quoth_sock_wait(struct quoth_link *link, const struct quoth_want *want, uint64_t now)
{
    struct pollfd ready = {link->fd, link->waits, 0}; /* a negative fd is skipped */
    int ms = -1;

    if (want->kind == QUOTH_WANT_DONE)
        return QUOTH_OK;
    if (ready.events == 0)
        ready.events = want->kind == QUOTH_WANT_SEND ? POLLOUT : POLLIN;
    if (want->deadline <= now)
        ms = 0;
    else if (want->deadline - now < INT_MAX)
        ms = (int)(want->deadline - now);
    else if (want->deadline != QUOTH_NEVER)
        ms = INT_MAX;
    if (poll(&ready, 1, ms) < 0 && errno != EINTR)
        return QUOTH_EIO;
    return QUOTH_OK;
}
