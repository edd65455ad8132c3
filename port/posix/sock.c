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
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "posix.h"
#include "sock.h"

enum { SOCK_PORT_MIN = 1024, SOCK_BIND_TRIES = 32 };

union sock_addr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

int quoth_posix_error(int e)
{
    switch (e) {
    case ECONNREFUSED: return QUOTH_EREFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EAFNOSUPPORT:
    case EPFNOSUPPORT:
    case EPROTONOSUPPORT:
    case EACCES:
    case EPERM: return QUOTH_EUNREACH;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case EAGAIN: return QUOTH_ESPACE;
    case ETIMEDOUT: return QUOTH_ETIME;
    default: return QUOTH_EIO;
    }
}

static int sock_later(struct quoth_link *l, short events)
{
    l->waits = events;
    return QUOTH_AGAIN;
}

static void sock_close(struct quoth_link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->waits = 0;
    l->up = l->dgram = 0;
}

static int sock_fail(struct quoth_link *l, int e)
{
    sock_close(l);
    return quoth_posix_error(e);
}

/* `ip` NULL: any address of the family of `like`. */
static socklen_t sock_address(union sock_addr *a, const struct quoth_ip *like,
                              const struct quoth_ip *ip, uint16_t port)
{
    memset(a, 0, sizeof *a);
    if (like->len == 16) {
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons(port);
        if (ip)
            memcpy(&a->v6.sin6_addr, ip->b, 16);
        if (ip && ip->b[0] == 0xfe &&
            (ip->b[1] & 0xc0) == 0x80) { /* link-local: see resolvconf.h */
            a->v6.sin6_scope_id = (uint32_t)ip->b[2] << 8 | ip->b[3];
            memset(a->v6.sin6_addr.s6_addr + 2, 0, 2);
        }
        return sizeof a->v6;
    }
    a->v4.sin_family = AF_INET;
    a->v4.sin_port = htons(port);
    if (ip)
        memcpy(&a->v4.sin_addr, ip->b, 4);
    return sizeof a->v4;
}

int quoth_posix_socket(const struct quoth_ip *like, int type)
{
    return socket(like->len == 16 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int quoth_posix_bind(int fd, const struct quoth_ip *like, uint16_t port)
{
    union sock_addr a;
    socklen_t n = sock_address(&a, like, NULL, port);

    return bind(fd, &a.any, n);
}

/* UDP has ports of its own: what it cannot call either has no address of ours to be called from. */
static int sock_no_source(const union sock_addr *a, socklen_t n)
{
    int fd = socket(a->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int none = fd >= 0 && connect(fd, &a->any, n) != 0 && errno == EADDRNOTAVAIL;

    if (fd >= 0)
        close(fd);
    return none;
}

int quoth_posix_connect(int fd, const struct quoth_peer *to)
{
    union sock_addr a;
    socklen_t n = sock_address(&a, &to->ip, &to->ip, to->port);
    int e = connect(fd, &a.any, n) == 0 ? 0 : errno;

    return e == EADDRNOTAVAIL && sock_no_source(&a, n) ? ENETUNREACH : e;
}

uint64_t quoth_posix_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

int quoth_posix_random(void *buf, size_t n)
{
    for (uint8_t *p = buf; n > 0;) {
        size_t k = n < 256 ? n : 256; /* what getentropy() gives at once */
        if (getentropy(p, k) != 0)
            return QUOTH_ENORANDOM;
        p += k;
        n -= k;
    }
    return QUOTH_OK;
}

static int sock_socket(struct quoth_link *l, const struct quoth_peer *to, int type)
{
    sock_close(l);
    l->fd = quoth_posix_socket(&to->ip, type);
    if (l->fd < 0)
        return quoth_posix_error(errno);
    l->peer = *to;
    return QUOTH_OK;
}

/* Take a random port that is free: uniform over 1024..65535. */
static int sock_bind(struct quoth_link *l)
{
    int e = EADDRINUSE;

    for (int i = 0; i < SOCK_BIND_TRIES; i++) {
        uint16_t port;
        if (quoth_posix_random(&port, sizeof port) != QUOTH_OK) {
            sock_close(l);
            return QUOTH_ENORANDOM;
        }
        if (port < SOCK_PORT_MIN)
            continue;
        if (quoth_posix_bind(l->fd, &l->peer.ip, port) == 0)
            return QUOTH_OK;
        e = errno;
        if (e != EADDRINUSE && e != EACCES)
            break;
    }
    return sock_fail(l, e);
}

static int sock_dgram(struct quoth_link *l, const struct quoth_peer *to, const void *p, size_t n)
{
    int rc = sock_socket(l, to, SOCK_DGRAM), e;

    if (rc == QUOTH_OK)
        rc = sock_bind(l);
    if (rc != QUOTH_OK)
        return rc;
    if ((e = quoth_posix_connect(l->fd, to)) != 0)
        return sock_fail(l, e);
    l->dgram = 1;
    while (send(l->fd, p, n, MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            return sock_fail(l, errno);
    return QUOTH_OK;
}

/* Writable: up, or failed. SO_ERROR is read once, for reading clears it. */
static int sock_connected(struct quoth_link *l)
{
    struct pollfd f = {l->fd, POLLOUT, 0};
    socklen_t n = sizeof(int);
    int e = 0;

    if (poll(&f, 1, 0) <= 0)
        return sock_later(l, POLLOUT);
    if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0)
        e = errno;
    if (e != 0)
        return sock_fail(l, e);
    l->up = 1;
    return QUOTH_OK;
}

static int sock_open(struct quoth_link *l, const struct quoth_peer *to)
{
    int on = 1, rc;

    if (l->fd >= 0)
        return l->up ? QUOTH_OK : sock_connected(l);
    rc = sock_socket(l, to, SOCK_STREAM);
    if (rc != QUOTH_OK)
        return rc;
    /* Commands are whole writes already; waiting for more of them only costs time. */
    (void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    rc = quoth_posix_connect(l->fd, to);
    if (rc == EINPROGRESS || rc == EINTR)
        return sock_later(l, POLLOUT); /* it goes on by itself */
    if (rc != 0)
        return sock_fail(l, rc);
    l->up = 1;
    return QUOTH_OK;
}

static int sock_moved(struct quoth_link *l, ssize_t r, short events)
{
    if (r >= 0) {
        l->waits = 0;
        return (int)r;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return sock_later(l, events);
    return quoth_posix_error(errno);
}

static int sock_send(struct quoth_link *l, const void *p, size_t n)
{
    return sock_moved(l, send(l->fd, p, n < INT_MAX ? n : INT_MAX, MSG_NOSIGNAL), POLLOUT);
}

static int sock_recv(struct quoth_link *l, void *p, size_t cap, struct quoth_peer *from)
{
    ssize_t r = recv(l->fd, p, cap < INT_MAX ? cap : INT_MAX, 0);

    if (!l->dgram)
        return sock_moved(l, r, POLLIN);
    *from = l->peer;
    if (r == 0)
        return sock_later(l, POLLIN); /* an empty datagram ends nothing */
    return sock_moved(l, r, POLLIN);
}

const struct quoth_port quoth_sock_port = {
    quoth_posix_now, quoth_posix_random, sock_dgram, sock_open, sock_send, sock_recv, sock_close};

int quoth_sock_wait(struct quoth_link *l, const struct quoth_want *want, uint64_t now)
{
    struct pollfd f = {l->fd, l->waits, 0}; /* a negative fd is skipped */
    int ms = -1;

    if (want->kind == QUOTH_WANT_DONE)
        return QUOTH_OK;
    if (f.events == 0)
        f.events = want->kind == QUOTH_WANT_SEND ? POLLOUT : POLLIN;
    if (want->deadline <= now)
        ms = 0;
    else if (want->deadline - now < INT_MAX)
        ms = (int)(want->deadline - now);
    else if (want->deadline != QUOTH_NEVER)
        ms = INT_MAX;
    if (poll(&f, 1, ms) < 0 && errno != EINTR)
        return QUOTH_EIO;
    return QUOTH_OK;
}

/* Where mbedTLS, built with mbedtls_config.h, takes its entropy: the kernel. */
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen);
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen)
{
    (void)data;
    *olen = 0;
    if (quoth_posix_random(output, len) != QUOTH_OK)
        return -0x003C; /* MBEDTLS_ERR_ENTROPY_SOURCE_FAILED */
    *olen = len;
    return 0;
}
