/* sock_test.c - the POSIX port on loopback, and every system call of it failing in turn.
 *
 * The linker wraps the calls (--wrap), so `wrap_fail(CALL_SEND, EPIPE, 1)` makes the next send()
 * fail once.
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>
#include "posix.h"
#include "sock.h"
#include "test.h"

/* ---- calls that fail when told to --------------------------------------- */

enum {
    CALL_SOCKET,
    CALL_BIND,
    CALL_CONNECT,
    CALL_SEND,
    CALL_RECV,
    CALL_POLL,
    CALL_GETSOCKOPT,
    CALL_QUICKACK, /* setsockopt(2) with TCP_QUICKACK */
    CALL_ENTROPY,
    CALLS
};
static int wrap_errno[CALLS], wrap_times[CALLS], wrap_count[CALLS], wrap_soerr, wrap_flags;
static int open_fds;
static uint16_t wrap_entropy; /* not 0: what random bytes are */

static int wrap_fails(int call)
{
    wrap_count[call]++;
    if (wrap_times[call] == 0)
        return 0;
    wrap_times[call]--;
    errno = wrap_errno[call];
    return 1;
}
static void wrap_fail(int call, int e, int times)
{
    wrap_errno[call] = e;
    wrap_times[call] = times;
    wrap_count[call] = 0;
}
static void wrap_reset(void)
{
    memset(wrap_times, 0, sizeof wrap_times);
    memset(wrap_count, 0, sizeof wrap_count);
    wrap_soerr = 0;
    wrap_entropy = 0;
}

int __real_socket(int, int, int), __real_bind(int, const struct sockaddr *, socklen_t),
    __real_close(int);
int __real_connect(int, const struct sockaddr *, socklen_t),
    __real_poll(struct pollfd *, nfds_t, int);
int __real_getsockopt(int, int, int, void *, socklen_t *), __real_getentropy(void *, size_t);
int __real_setsockopt(int, int, int, const void *, socklen_t);
int __wrap_setsockopt(int, int, int, const void *, socklen_t);
ssize_t __real_send(int, const void *, size_t, int), __real_recv(int, void *, size_t, int);
int __wrap_socket(int, int, int), __wrap_bind(int, const struct sockaddr *, socklen_t),
    __wrap_close(int);
int __wrap_connect(int, const struct sockaddr *, socklen_t),
    __wrap_poll(struct pollfd *, nfds_t, int);
int __wrap_getsockopt(int, int, int, void *, socklen_t *), __wrap_getentropy(void *, size_t);
ssize_t __wrap_send(int, const void *, size_t, int), __wrap_recv(int, void *, size_t, int);

int __wrap_socket(int family, int type, int proto)
{
    int fd = wrap_fails(CALL_SOCKET) ? -1 : __real_socket(family, type, proto);
    open_fds += fd >= 0;
    return fd;
}
int __wrap_close(int fd)
{
    open_fds--;
    return __real_close(fd);
}
int __wrap_bind(int fd, const struct sockaddr *a, socklen_t n)
{
    return wrap_fails(CALL_BIND) ? -1 : __real_bind(fd, a, n);
}
static struct sockaddr_in6 wrap_to;
int __wrap_connect(int fd, const struct sockaddr *a, socklen_t n)
{
    if (n == sizeof wrap_to)
        memcpy(&wrap_to, a, n);
    return wrap_fails(CALL_CONNECT) ? -1 : __real_connect(fd, a, n);
}
int __wrap_poll(struct pollfd *f, nfds_t n, int ms)
{
    return wrap_fails(CALL_POLL) ? -1 : __real_poll(f, n, ms);
}
int __wrap_getsockopt(int fd, int level, int name, void *p, socklen_t *n)
{
    if (wrap_fails(CALL_GETSOCKOPT))
        return -1;
    int rc = __real_getsockopt(fd, level, name, p, n);
    if (name == SO_ERROR && wrap_soerr)
        memcpy(p, &wrap_soerr, sizeof wrap_soerr);
    return rc;
}
int __wrap_setsockopt(int fd, int level, int name, const void *p, socklen_t n)
{
    if (name == TCP_QUICKACK && level == IPPROTO_TCP && wrap_fails(CALL_QUICKACK))
        return -1;
    return __real_setsockopt(fd, level, name, p, n);
}
int __wrap_getentropy(void *p, size_t n)
{
    if (wrap_fails(CALL_ENTROPY))
        return -1;
    if (wrap_entropy == 0)
        return __real_getentropy(p, n);
    memcpy(p, &wrap_entropy, n < 2 ? n : 2);
    return 0;
}
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags)
{
    wrap_flags = flags;
    return wrap_fails(CALL_SEND) ? -1 : __real_send(fd, p, n, flags);
}
ssize_t __wrap_recv(int fd, void *p, size_t n, int flags)
{
    return wrap_fails(CALL_RECV) ? -1 : __real_recv(fd, p, n, flags);
}

/* ---- peers on loopback -------------------------------------------------- */

static const struct quoth_port *port = &quoth_sock_port;
static struct quoth_link ours = QUOTH_SOCK_LINK;
static uint8_t buf[4096];
static struct quoth_peer from;

static struct quoth_peer peer_of(int fd, int family)
{
    struct sockaddr_in6 a;
    struct sockaddr_in b;
    socklen_t n = sizeof a;
    struct quoth_peer p = {{16, {0}}, 0};

    getsockname(fd, (struct sockaddr *)&a, &n);
    memcpy(&b, &a, sizeof b);
    p.port = ntohs(family == AF_INET6 ? a.sin6_port : b.sin_port);
    if (family == AF_INET6)
        p.ip.b[15] = 1;
    else
        p.ip = (struct quoth_ip) {4, {127, 0, 0, 1}};
    return p;
}

/* A socket of `type` on loopback; a stream one listens. */
static int peer_open(int family, int type, struct quoth_peer *p)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 b = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, type, 0);

    CHECK_INT(family == AF_INET6 ? bind(fd, (struct sockaddr *)&b, sizeof b)
                                 : bind(fd, (struct sockaddr *)&a, sizeof a),
              0);
    if (type == SOCK_STREAM)
        CHECK_INT(listen(fd, 128), 0);
    *p = peer_of(fd, family);
    return fd;
}

static int wait_for(enum quoth_want_kind kind, uint64_t ms)
{
    struct quoth_want w = {.kind = kind};
    uint64_t now = port->now();
    w.deadline = now + ms;
    return quoth_sock_wait(&ours, &w, now);
}
static int recv_now(void)
{
    int rc;
    while ((rc = port->recv(&ours, buf, sizeof buf, &from)) == QUOTH_AGAIN)
        if (wait_for(QUOTH_WANT_RECV, 2000) != QUOTH_OK)
            break;
    return rc;
}

/* A connection that is up: ours is `ours`, the return value theirs. */
static int pair(int family)
{
    struct quoth_peer to;
    int listener, theirs, rc;

    wrap_reset();
    listener = peer_open(family, SOCK_STREAM, &to);
    while ((rc = port->open(&ours, &to)) == QUOTH_AGAIN)
        wait_for(QUOTH_WANT_OPEN, 2000);
    CHECK_INT(rc, QUOTH_OK);
    theirs = accept(listener, NULL, NULL);
    open_fds++;
    close(listener);
    return theirs;
}
static void over(int theirs)
{
    if (theirs >= 0)
        close(theirs);
    port->close(&ours);
    port->close(&ours); /* twice is harmless */
    CHECK_INT(open_fds, 0);
    CHECK_INT(ours.fd, -1);
}

/* ---- what it does ------------------------------------------------------- */

static void talk(int family)
{
    int theirs = pair(family), on = 0;
    socklen_t n = sizeof on;

    CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), QUOTH_AGAIN);
    CHECK_INT(ours.waits, POLLIN);
    CHECK_INT(send(theirs, "220 hello\r\n", 11, 0), 11);
    CHECK_INT(wait_for(QUOTH_WANT_RECV, 5000), QUOTH_OK);
    CHECK_INT(port->recv(&ours, buf, 4, &from), 4); /* never more than asked for */
    CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), 7);
    CHECK_INT(port->send(&ours, "EHLO x\r\n", 8), 8);
    CHECK(wrap_flags & MSG_NOSIGNAL);
    CHECK_INT(recv(theirs, buf, sizeof buf, 0), 8);
    CHECK(fcntl(ours.fd, F_GETFD) & FD_CLOEXEC);
    CHECK(fcntl(ours.fd, F_GETFL) & O_NONBLOCK);
    CHECK_INT(getsockopt(ours.fd, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
    CHECK(on);
    CHECK_INT(port->open(&ours, &from), QUOTH_OK); /* up stays up */
    close(theirs);
    CHECK_INT(recv_now(), 0);
    over(-1);
}
TEST(E07_stream) { talk(AF_INET); }
TEST(E07_stream_v6) { talk(AF_INET6); }

#if defined __linux__ && defined _GNU_SOURCE
/* Who has read, and waits for more before it speaks, acknowledges once: Nagle's delay at the other
 * end may hold the rest back until then. Nobody else does, and it may fail. */
TEST(E07_acknowledges_what_has_begun)
{
    int theirs = pair(AF_INET);

    for (int turn = 0; turn < 4; turn++) {
        wrap_fail(CALL_QUICKACK, ENOPROTOOPT, turn % 2);
        CHECK_INT(port->send(&ours, "EHLO x\r\n", 8), 8);
        CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), QUOTH_AGAIN);
        CHECK_INT(wrap_count[CALL_QUICKACK], 0); /* nothing has come */
        CHECK_INT(send(theirs, "250-mx\r\n", 8, 0), 8);
        CHECK_INT(recv_now(), 8);
        CHECK_INT(wrap_count[CALL_QUICKACK], 0);
        if (turn < 2)
            continue; /* the answer acknowledges */
        for (int again = 0; again < 3; again++)
            CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), QUOTH_AGAIN);
        CHECK_INT(wrap_count[CALL_QUICKACK], 1);
        CHECK_INT(send(theirs, "250 DSN\r\n", 9, 0), 9);
        CHECK_INT(recv_now(), 9);
        CHECK_INT(wrap_count[CALL_QUICKACK], 1);
    }
    wrap_reset();
    over(theirs);
}
#endif

/* Data and end in one: the data comes first, then the end (POLLHUP with readable data). */
TEST(E08_hup_with_data)
{
    int theirs = pair(AF_INET);

    CHECK_INT(send(theirs, "550 no\r\n", 8, 0), 8);
    close(theirs);
    CHECK_INT(wait_for(QUOTH_WANT_RECV, 2000), QUOTH_OK);
    CHECK_INT(recv_now(), 8);
    CHECK_INT(recv_now(), 0);
    over(-1);
}

/* The other side resets: an error, no signal. */
TEST(E07_no_sigpipe)
{
    struct linger hard = {1, 0};
    int theirs = pair(AF_INET), rc = 0;

    setsockopt(theirs, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(theirs);
    CHECK_INT(recv_now(), QUOTH_EIO);
    for (int i = 0; i < 3 && rc >= 0; i++)
        rc = port->send(&ours, "QUIT\r\n", 6);
    CHECK_INT(rc, QUOTH_EIO);
    over(-1);
}

/* A peer that reads nothing: a write is taken in part, then not yet; the wait looks for room. */
TEST(E06_full)
{
    static char big[1 << 20];
    int theirs = pair(AF_INET), rc;

    while ((rc = port->send(&ours, big, sizeof big)) > 0)
        CHECK((size_t)rc <= sizeof big);
    CHECK_INT(rc, QUOTH_AGAIN);
    CHECK_INT(ours.waits, POLLOUT);
    uint64_t t = port->now();
    CHECK_INT(wait_for(QUOTH_WANT_SEND, 30), QUOTH_OK);
    CHECK(port->now() - t >= 30);
    over(theirs);
}

/* Under TLS a machine that sends may have to wait for bytes: `waits` wins over the want. */
TEST(wait_follows_the_link)
{
    int theirs = pair(AF_INET);
    uint64_t t = port->now();

    CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), QUOTH_AGAIN);
    CHECK_INT(wait_for(QUOTH_WANT_SEND, 40), QUOTH_OK);
    CHECK(port->now() - t >= 40);
    CHECK_INT(wait_for(QUOTH_WANT_DONE, 100000), QUOTH_OK);
    over(theirs);
}

TEST(E08_refused)
{
    struct quoth_peer to;
    int fd = peer_open(AF_INET, SOCK_STREAM, &to), rc;

    close(fd); /* nobody there any more */
    while ((rc = port->open(&ours, &to)) == QUOTH_AGAIN)
        wait_for(QUOTH_WANT_OPEN, 2000);
    CHECK_INT(rc, QUOTH_EREFUSED);
    over(-1);
}

TEST(datagrams)
{
    struct sockaddr_in to_us = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct quoth_peer to, other;
    struct sockaddr_storage who;
    socklen_t n = sizeof who;
    int server, stranger;
    uint16_t first;

    wrap_reset();
    server = peer_open(AF_INET, SOCK_DGRAM, &to);
    stranger = peer_open(AF_INET, SOCK_DGRAM, &other);
    CHECK_INT(port->dgram(&ours, &to, "question", 8), QUOTH_OK);
    CHECK_INT(recvfrom(server, buf, sizeof buf, 0, (struct sockaddr *)&who, &n), 8);
    to_us.sin_port = htons(first = peer_of(ours.fd, AF_INET).port);
    CHECK(first >= 1024);

    /* Q06: from anyone else, nothing; empty ones end nothing; a long one counts as cap bytes. */
    CHECK_INT(sendto(stranger, "spoof", 5, 0, (struct sockaddr *)&to_us, sizeof to_us), 5);
    CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), QUOTH_AGAIN);
    CHECK_INT(sendto(server, "", 0, 0, (struct sockaddr *)&to_us, sizeof to_us), 0);
    CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), QUOTH_AGAIN);
    CHECK_INT(ours.waits, POLLIN);
    CHECK_INT(sendto(server, "answer", 6, 0, (struct sockaddr *)&to_us, sizeof to_us), 6);
    CHECK_INT(port->recv(&ours, buf, 4, &from), 4);
    CHECK(!memcmp(&from, &to, sizeof to));
    CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), QUOTH_AGAIN); /* its rest is gone */

    /* Q05: a fresh port each time. */
    unsigned same = 0;
    for (int i = 0; i < 8; i++) {
        CHECK_INT(port->dgram(&ours, &to, "question", 8), QUOTH_OK);
        same += peer_of(ours.fd, AF_INET).port == first;
    }
    CHECK(same < 3);
    close(server);
    CHECK_INT(port->dgram(&ours, &to, "question", 8), QUOTH_OK);
    CHECK_INT(recv_now(), QUOTH_EREFUSED); /* said at once, not at the deadline */
    close(stranger);
    over(-1);
}

/* R01: the interface of a link-local address travels in it, and is told to the system apart. */
TEST(R01_scope)
{
    struct quoth_peer to = {{16, {0xfe, 0x80, 1, 2, [15] = 1}}, 53};

    wrap_reset();
    wrap_fail(CALL_CONNECT, ENETUNREACH, 1);
    CHECK_INT(port->dgram(&ours, &to, "q", 1), QUOTH_EUNREACH);
    CHECK_INT(wrap_to.sin6_scope_id, 0x102);
    CHECK_INT(memcmp(&wrap_to.sin6_addr, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16), 0);
    over(-1);
}

/* Q05: the port drawn is taken, or not ours to take: another one; in the end, an error. */
TEST(Q05_conflict)
{
    struct quoth_peer to;
    int server;

    wrap_reset();
    server = peer_open(AF_INET, SOCK_DGRAM, &to);
    wrap_fail(CALL_BIND, EADDRINUSE, 5);
    CHECK_INT(port->dgram(&ours, &to, "q", 1), QUOTH_OK);
    CHECK_INT(wrap_count[CALL_BIND], 6);
    wrap_fail(CALL_BIND, EACCES, 5);
    CHECK_INT(port->dgram(&ours, &to, "q", 1), QUOTH_OK);
    wrap_fail(CALL_BIND, EADDRINUSE, 1000);
    CHECK_INT(port->dgram(&ours, &to, "q", 1), QUOTH_ESPACE);
    CHECK_INT(ours.fd, -1);
    wrap_reset();
    wrap_entropy = 80; /* only ports below 1024 are drawn: none is taken */
    CHECK_INT(port->dgram(&ours, &to, "q", 1), QUOTH_ESPACE);
    CHECK_INT(wrap_count[CALL_BIND], 0);
    wrap_reset();
    close(server);
    over(-1);
}

/* ---- E06: each call failing in each way --------------------------------- */

static const struct {
    int e, err;
} errors[] = {
    {ECONNREFUSED, QUOTH_EREFUSED},
    {ENETUNREACH, QUOTH_EUNREACH},
    {EHOSTUNREACH, QUOTH_EUNREACH},
    {ENETDOWN, QUOTH_EUNREACH},
    {EADDRNOTAVAIL, QUOTH_ESPACE},
    {EAFNOSUPPORT, QUOTH_EUNREACH},
    {EACCES, QUOTH_EUNREACH},
    {EPERM, QUOTH_EUNREACH},
    {EMFILE, QUOTH_ESPACE},
    {ENFILE, QUOTH_ESPACE},
    {ENOMEM, QUOTH_ESPACE},
    {ENOBUFS, QUOTH_ESPACE},
    {ETIMEDOUT, QUOTH_ETIME},
    {ECONNRESET, QUOTH_EIO},
    {EPIPE, QUOTH_EIO},
    {EBADF, QUOTH_EIO},
    {EINVAL, QUOTH_EIO},
};
enum { ERRORS = sizeof errors / sizeof errors[0] };

TEST(E06_dgram)
{
    static const int calls[] = {CALL_SOCKET, CALL_BIND, CALL_CONNECT, CALL_SEND};
    struct quoth_peer to;
    int server = peer_open(AF_INET, SOCK_DGRAM, &to);

    for (size_t c = 0; c < sizeof calls / sizeof calls[0]; c++)
        for (size_t i = 0; i < ERRORS; i++) {
            wrap_reset();
            if (calls[c] == CALL_BIND && errors[i].e == EACCES)
                continue;
            wrap_fail(calls[c], errors[i].e, 1);
            CHECK_INT(port->dgram(&ours, &to, "q", 1), errors[i].err);
            CHECK_INT(ours.fd, -1);
            CHECK_INT(open_fds, 1);
        }
    wrap_reset();
    wrap_fail(CALL_SEND, EINTR, 2);
    CHECK_INT(port->dgram(&ours, &to, "q", 1), QUOTH_OK);
    wrap_fail(CALL_ENTROPY, EIO, 1);
    CHECK_INT(port->dgram(&ours, &to, "q", 1), QUOTH_ENORANDOM);
    close(server);
    over(-1);
}

TEST(E06_open)
{
    static const int calls[] = {CALL_SOCKET, CALL_CONNECT};
    struct quoth_peer to;
    int server = peer_open(AF_INET, SOCK_STREAM, &to), rc;

    for (size_t c = 0; c < sizeof calls / sizeof calls[0]; c++)
        for (size_t i = 0; i < ERRORS; i++) {
            wrap_reset();
            wrap_fail(calls[c], errors[i].e, 1);
            CHECK_INT(port->open(&ours, &to), errors[i].err);
            CHECK_INT(ours.fd, -1);
        }
    /* UDP cannot call it either: no address of ours could. */
    wrap_reset();
    wrap_fail(CALL_CONNECT, EADDRNOTAVAIL, 2);
    CHECK_INT(port->open(&ours, &to), QUOTH_EUNREACH);
    CHECK_INT(open_fds, 1);
    /* What SO_ERROR says, and it is asked exactly once; or it cannot be asked. */
    for (size_t i = 0; i < ERRORS; i++)
        for (int broken = 0; broken < 2; broken++) {
            wrap_reset();
            CHECK_INT(port->open(&ours, &to), QUOTH_AGAIN);
            CHECK_INT(ours.waits, POLLOUT);
            CHECK_INT(wait_for(QUOTH_WANT_OPEN, 2000), QUOTH_OK);
            if (broken)
                wrap_fail(CALL_GETSOCKOPT, errors[i].e, 1);
            else
                wrap_soerr = errors[i].e;
            CHECK_INT(port->open(&ours, &to), errors[i].err);
            CHECK_INT(wrap_count[CALL_GETSOCKOPT], 1);
            CHECK_INT(ours.fd, -1);
        }
    /* A poll that fails is not yet; an interrupted connect goes on. */
    wrap_reset();
    CHECK_INT(port->open(&ours, &to), QUOTH_AGAIN);
    wrap_fail(CALL_POLL, EINTR, 1);
    CHECK_INT(port->open(&ours, &to), QUOTH_AGAIN);
    port->close(&ours);
    wrap_reset();
    wrap_fail(CALL_CONNECT, EINTR, 1);
    CHECK_INT(port->open(&ours, &to), QUOTH_AGAIN);
    port->close(&ours);
    /* A descriptor that is not one: an error, not an endless wait. */
    CHECK_INT(port->open(&ours, &to), QUOTH_AGAIN);
    __real_close(ours.fd);
    rc = port->open(&ours, &to);
    CHECK_INT(rc, QUOTH_EIO);
    close(server);
    over(-1);
}

/* For who waits the want of a descriptor is none, and all else is as it was. */
TEST(E06_lack)
{
    const struct quoth_port *waits = &quoth_sock_port_waits;
    struct quoth_want w = {.deadline = 1000};
    struct quoth_peer to;
    int server = peer_open(AF_INET, SOCK_STREAM, &to);

    for (size_t i = 0; i < ERRORS; i++) {
        const int err = errors[i].err == QUOTH_ESPACE ? QUOTH_AGAIN : errors[i].err;
        wrap_reset();
        wrap_fail(CALL_SOCKET, errors[i].e, 1);
        CHECK_INT(waits->dgram(&ours, &to, "q", 1), err);
        wrap_reset();
        wrap_fail(CALL_SOCKET, errors[i].e, 1);
        CHECK_INT(waits->open(&ours, &to), err);
        CHECK_INT(ours.fd, -1);
    }
    quoth_sock_lack(&ours, &w, 1000 - QUOTH_SOCK_LACK_MS);
    CHECK_INT(w.deadline, 1000);
    quoth_sock_lack(&ours, &w, 500);
    CHECK_INT(w.deadline, 500 + QUOTH_SOCK_LACK_MS);
    wrap_reset();
    CHECK(waits->open(&ours, &to) == QUOTH_AGAIN && ours.fd >= 0);
    quoth_sock_lack(&ours, &w, 0);
    CHECK_INT(w.deadline, 500 + QUOTH_SOCK_LACK_MS);
    close(server);
    over(-1);
}

TEST(E06_send_recv)
{
    for (size_t i = 0; i < ERRORS; i++) {
        int theirs = pair(AF_INET);
        wrap_fail(CALL_SEND, errors[i].e, 1);
        CHECK_INT(port->send(&ours, "x", 1), errors[i].err);
        wrap_fail(CALL_RECV, errors[i].e, 1);
        CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), errors[i].err);
        over(theirs);
    }
    int theirs = pair(AF_INET);
    static const int later[] = {EAGAIN, EINTR};
    for (int i = 0; i < 2; i++) {
        wrap_fail(CALL_SEND, later[i], 1);
        CHECK_INT(port->send(&ours, "x", 1), QUOTH_AGAIN);
        CHECK_INT(ours.waits, POLLOUT);
        wrap_fail(CALL_RECV, later[i], 1);
        CHECK_INT(port->recv(&ours, buf, sizeof buf, &from), QUOTH_AGAIN);
        CHECK_INT(ours.waits, POLLIN);
    }
    CHECK_INT(port->send(&ours, "x", 1), 1);
    CHECK_INT(ours.waits, 0);
    wrap_fail(CALL_POLL, EINTR, 1);
    CHECK_INT(wait_for(QUOTH_WANT_RECV, 5000), QUOTH_OK);
    wrap_fail(CALL_POLL, ENOMEM, 1);
    CHECK_INT(wait_for(QUOTH_WANT_RECV, 5000), QUOTH_EIO);
    over(theirs);
}

TEST(Q03_entropy)
{
    uint8_t a[600], b[600];

    wrap_reset();
    CHECK_INT(port->random(a, sizeof a), QUOTH_OK);
    CHECK_INT(port->random(b, sizeof b), QUOTH_OK);
    CHECK(memcmp(a, b, 256) && memcmp(a + 256, b + 256, 256) && memcmp(a + 512, b + 512, 88));
    CHECK_INT(wrap_count[CALL_ENTROPY], 6);
    for (int nth = 0; nth < 3; nth++) {
        wrap_reset();
        wrap_fail(CALL_ENTROPY, ENOSYS, 1);
        CHECK_INT(port->random(a, sizeof a), QUOTH_ENORANDOM);
    }
    wrap_reset();
}

/* A deadline that passed, that is far, that is never. */
/* Loopback is an interface of every machine's; no more are told than fit. */
TEST(N04_own)
{
    struct quoth_cidr own[64];
    unsigned n = quoth_posix_own(own, 64), loopback = 0;

    for (unsigned i = 0; i < n; i++) {
        CHECK(own[i].bits == own[i].ip.len * 8);
        loopback += own[i].ip.len == 4 && !memcmp(own[i].ip.b, "\x7f\0\0\1", 4);
    }
    CHECK(n >= 1 && n <= 64 && loopback == 1);
    CHECK_INT(quoth_posix_own(own, 1), 1);
    CHECK_INT(quoth_posix_own(own, 0), 0);
}

TEST(waits)
{
    struct quoth_want w = {.kind = QUOTH_WANT_RECV};
    int theirs = pair(AF_INET);
    uint64_t now = port->now();

    CHECK_INT(quoth_sock_wait(&ours, &w, now), QUOTH_OK); /* or it hangs: nothing comes */
    CHECK_INT(send(theirs, "x", 1, 0), 1);
    w.deadline = QUOTH_NEVER;
    CHECK_INT(quoth_sock_wait(&ours, &w, now), QUOTH_OK);
    w.deadline = QUOTH_NEVER - 1;
    CHECK_INT(quoth_sock_wait(&ours, &w, now), QUOTH_OK);
    over(theirs);
}

int main(void)
{
    open_fds = 0;
    RUN(E07_stream);
    RUN(E07_stream_v6);
#if defined __linux__ && defined _GNU_SOURCE
    RUN(E07_acknowledges_what_has_begun);
#endif
    RUN(E08_hup_with_data);
    RUN(E07_no_sigpipe);
    RUN(E06_full);
    RUN(wait_follows_the_link);
    RUN(E08_refused);
    RUN(datagrams);
    RUN(R01_scope);
    RUN(Q05_conflict);
    RUN(E06_dgram);
    RUN(E06_open);
    RUN(E06_lack);
    RUN(E06_send_recv);
    RUN(Q03_entropy);
    RUN(N04_own);
    RUN(waits);
    return report("sock");
}
