/* loop_test.c - links and pool over real sockets on the loopback.
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "loop_inner.h"
#include "test.h"
#include "udp_pool.h"

enum { LINKS = 8, HANG_MS = 120000 }; /* longer than any load: something hangs */

static const struct quoth_port *port = &quoth_loop_port;

/* The linker wraps it: how often an acknowledgement was asked for. */
static int acks;
int __real_setsockopt(int, int, int, const void *, socklen_t);
int __wrap_setsockopt(int, int, int, const void *, socklen_t);
int __wrap_setsockopt(int fd, int level, int name, const void *p, socklen_t n)
{
#ifdef TCP_QUICKACK
    acks += level == IPPROTO_TCP && name == TCP_QUICKACK;
#endif
    return __real_setsockopt(fd, level, name, p, n);
}

static int server(int type, uint16_t *number)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof a) &&
          !getsockname(fd, (struct sockaddr *)&a, &n));
    if (type == SOCK_STREAM)
        CHECK(!listen(fd, 16));
    *number = ntohs(a.sin_port);
    return fd;
}

static struct quoth_peer peer(uint16_t number)
{
    return (struct quoth_peer) {{4, {127, 0, 0, 1}}, number};
}

/* Waits until link i is among those that moved. */
static int moved(struct quoth_loop *p, uint32_t i)
{
    uint32_t m[16];
    uint64_t until = port->now() + HANG_MS;
    while (port->now() < until) {
        int n = quoth_loop_wait(p, until, m, 16);
        for (int k = 0; k < n; k++)
            if (m[k] == i)
                return 1;
    }
    return 0;
}

static int opened(struct quoth_loop *p, uint32_t i, const struct quoth_peer *to)
{
    int rc;
    while ((rc = port->open(quoth_loop_link(p, i), to)) == QUOTH_AGAIN)
        if (!moved(p, i))
            return QUOTH_ETIME;
    return rc;
}

/* What recv says once it says something else than AGAIN. */
static int heard(struct quoth_loop *p, uint32_t i, char *buf, size_t cap)
{
    int rc;
    while ((rc = port->recv(quoth_loop_link(p, i), buf, cap, NULL)) == QUOTH_AGAIN)
        if (!moved(p, i))
            return QUOTH_ETIME;
    return rc;
}

/* A conversation that is open: link `number` of a loop, and the server's end of it. */
struct pair {
    struct quoth_loop *p;
    struct quoth_link *l;
    struct quoth_peer to;
    int listener, fd;
};

static struct pair pair_open(uint32_t number)
{
    struct pair pair;
    uint16_t at;

    pair.listener = server(SOCK_STREAM, &at);
    pair.to = peer(at);
    pair.p = quoth_loop_new(LINKS);
    pair.l = quoth_loop_link(pair.p, number);
    CHECK_INT(opened(pair.p, number, &pair.to), QUOTH_OK);
    pair.fd = accept(pair.listener, NULL, NULL);
    return pair;
}

static void pair_close(const struct pair *pair)
{
    close(pair->fd);
    quoth_loop_free(pair->p);
    close(pair->listener);
}

TEST(L_talk)
{
    const struct pair pair = pair_open(3);
    struct quoth_loop *const p = pair.p;
    struct quoth_link *const l = pair.l;
    const int fd = pair.fd;
    char buf[64];
    CHECK_INT(port->open(l, &pair.to), QUOTH_OK); /* up stays up */
    CHECK_INT(port->recv(l, buf, sizeof buf, NULL), QUOTH_AGAIN);
    CHECK_INT(write(fd, "hello", 5), 5);
    CHECK(moved(p, 3));
    CHECK_INT(port->recv(l, buf, 2, NULL), 2); /* in pieces: the edge is remembered */
    CHECK_INT(port->recv(l, buf, sizeof buf, NULL), 3);
    CHECK_INT(port->recv(l, buf, sizeof buf, NULL), QUOTH_AGAIN);
    CHECK_INT(port->send(l, "world", 5), 5);
    CHECK_INT(read(fd, buf, sizeof buf), 5);
    CHECK_INT(write(fd, "bye", 3), 3);
    CHECK(!shutdown(fd, SHUT_WR));
    CHECK_INT(heard(p, 3, buf, sizeof buf), 3);
    CHECK_INT(heard(p, 3, buf, sizeof buf), 0); /* what came first, then the end */
    port->close(l);
    port->close(l);
    CHECK(quoth_loop_memory(p) > 0);
    pair_close(&pair);
}

static int no_delay(const struct quoth_link *l)
{
    int on = -1;
    socklen_t n = sizeof on;
    CHECK(!getsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, &n));
    return on != 0;
}

/* A second call of send() without a word in between is not held back for the first. */
TEST(L_no_delay)
{
    const struct pair pair = pair_open(1);
    struct quoth_loop *const p = pair.p;
    struct quoth_link *const l = pair.l;
    const int fd = pair.fd;
    char buf[8];
    for (int i = 0; i < 3; i++) { /* in turn */
        CHECK_INT(port->send(l, "EHLO", 4), 4);
        CHECK_INT(port->recv(l, buf, sizeof buf, NULL), QUOTH_AGAIN);
        CHECK_INT(write(fd, "250", 3), 3);
        CHECK_INT(heard(p, 1, buf, sizeof buf), 3);
        CHECK(!no_delay(l));
    }
    CHECK_INT(port->send(l, "two", 3), 3);
    CHECK(!no_delay(l));
    CHECK_INT(port->send(l, "more", 4), 4);
    CHECK(no_delay(l));
    pair_close(&pair);
}

/* Who has read, and waits for more before it speaks, acknowledges once, where there is Linux. */
TEST(L_acknowledges_what_has_begun)
{
#if defined __linux__ && defined _GNU_SOURCE
    enum { HURRIES = 1 };
#else
    enum { HURRIES = 0 };
#endif
    const struct pair pair = pair_open(1);
    struct quoth_loop *const p = pair.p;
    struct quoth_link *const l = pair.l;
    const int fd = pair.fd;
    char buf[8];
    for (int turn = 0; turn < 4; turn++) {
        acks = 0;
        CHECK_INT(port->send(l, "EHLO", 4), 4);
        CHECK_INT(port->recv(l, buf, sizeof buf, NULL), QUOTH_AGAIN);
        CHECK_INT(acks, 0); /* nothing has come */
        CHECK_INT(write(fd, "250-mx", 6), 6);
        CHECK_INT(heard(p, 1, buf, turn == 3 ? 6 : sizeof buf), 6);
        CHECK_INT(acks, 0);
        if (turn == 0)
            continue; /* the answer acknowledges */
        CHECK_INT(port->recv(l, buf, sizeof buf, NULL), QUOTH_AGAIN);
        CHECK_INT(port->recv(l, buf, sizeof buf, NULL), QUOTH_AGAIN);
        CHECK_INT(acks, 0); /* it may be asked for an answer yet */
        if (turn == 1)
            continue;
        CHECK_INT(write(fd, "250 DSN", 7), 7);
        CHECK_INT(heard(p, 1, buf, sizeof buf), 7);
        CHECK_INT(acks, HURRIES);
    }
    port->close(l);
    pair_close(&pair);
}

/* However many there are; and not for one that has closed. */
TEST(L_acknowledges_for_many)
{
#if defined __linux__ && defined _GNU_SOURCE
    enum { MANY = 70, HURRIES = MANY - 1 };
#else
    enum { MANY = 70, HURRIES = 0 };
#endif
    static int fd[MANY];
    uint16_t number;
    int listener = server(SOCK_STREAM, &number);
    struct quoth_peer to = peer(number);
    struct quoth_loop *p = quoth_loop_new(MANY + 1);
    char buf[8];
    for (uint32_t i = 1; i <= MANY; i++) {
        CHECK_INT(opened(p, i, &to), QUOTH_OK);
        fd[i - 1] = accept(listener, NULL, NULL);
        CHECK_INT(write(fd[i - 1], "220-mx", 6), 6);
    }
    acks = 0;
    for (uint32_t i = 1; i <= MANY; i++)
        CHECK_INT(heard(p, i, buf, sizeof buf), 6);
    for (uint32_t i = 1; i <= MANY; i++)
        CHECK_INT(port->recv(quoth_loop_link(p, i), buf, sizeof buf, NULL), QUOTH_AGAIN);
    port->close(quoth_loop_link(p, MANY));
    CHECK_INT(write(fd[0], "220 mx", 6), 6);
    CHECK_INT(heard(p, 1, buf, sizeof buf), 6);
    CHECK_INT(acks, HURRIES);
    for (int i = 0; i < MANY; i++)
        close(fd[i]);
    quoth_loop_free(p);
    close(listener);
}

TEST(L_refused)
{
    uint16_t number;
    int listener = server(SOCK_STREAM, &number);
    struct quoth_peer to = peer(number), none = {{4, {255, 255, 255, 255}}, 25};
    struct quoth_loop *p = quoth_loop_new(LINKS);
    close(listener);
    CHECK_INT(opened(p, 0, &to), QUOTH_EREFUSED);
    CHECK_INT(opened(p, 1, &none), QUOTH_EUNREACH);
    CHECK_INT(port->dgram(quoth_loop_link(p, 2), &to, "x", 1), QUOTH_ENOSYS);
    quoth_loop_free(p);
}

TEST(L_reset)
{
    uint16_t number;
    int listener = server(SOCK_STREAM, &number), fd;
    struct quoth_peer to = peer(number);
    struct linger now = {1, 0};
    struct quoth_loop *p = quoth_loop_new(LINKS);
    char buf[16];
    CHECK_INT(opened(p, 0, &to), QUOTH_OK);
    fd = accept(listener, NULL, NULL);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
    CHECK_INT(heard(p, 0, buf, sizeof buf), QUOTH_EIO);
    quoth_loop_free(p);
    close(listener);
}

/* A peer that does not read: AGAIN, and an edge once it does. */
TEST(L_full)
{
    static char big[1 << 16];
    const struct pair pair = pair_open(0);
    struct quoth_loop *const p = pair.p;
    struct quoth_link *const l = pair.l;
    const int fd = pair.fd;
    int rc;
    size_t sent = 0, got = 0;
    while ((rc = port->send(l, big, sizeof big)) > 0)
        sent += (size_t)rc;
    CHECK_INT(rc, QUOTH_AGAIN);
    CHECK_INT(port->send(l, big, sizeof big), QUOTH_AGAIN);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (got < sent) {
        ssize_t n = read(fd, big, sizeof big);
        if (n > 0)
            got += (size_t)n;
        else if (errno != EAGAIN)
            break;
    }
    CHECK_INT(got, sent);
    CHECK(moved(p, 0));
    CHECK(port->send(l, big, 5) == 5);
    pair_close(&pair);
}

/* A number nobody else has told of: the wait ended for another reason. */
static int waits_for_nothing(struct quoth_loop *p, uint64_t deadline)
{
    uint32_t m[4];
    return quoth_loop_wait(p, deadline, m, 4) == 0;
}

static struct quoth_loop *waker;
static void wake(int number)
{
    (void)number;
    quoth_loop_wake(waker);
}

TEST(L_wait)
{
    struct quoth_loop *p = waker = quoth_loop_new(LINKS);
    struct sigaction action = {.sa_handler = wake};
    uint64_t t = port->now();
    CHECK(waits_for_nothing(p, t + 30));
    CHECK(port->now() >= t + 29);
    CHECK(waits_for_nothing(p, 0));
    /* A wake before the wait ends it, however many there were, and the one after it sleeps. */
    for (int i = 0; i < 100000; i++)
        quoth_loop_wake(p);
    CHECK(waits_for_nothing(p, QUOTH_NEVER));
    t = port->now();
    CHECK(waits_for_nothing(p, t + 30));
    CHECK(port->now() >= t + 29);
    /* So does a signal, which may come at any moment. */
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    CHECK(waits_for_nothing(p, QUOTH_NEVER));
    sigaction(SIGALRM, &(struct sigaction) {.sa_handler = SIG_DFL}, NULL);
    CHECK(quoth_loop_descriptors() >= 64);
    quoth_loop_free(p);
    quoth_loop_free(NULL);
}

/* One wait tells this number, and only this one. */
static int tells(struct quoth_loop *p, uint32_t number)
{
    uint32_t m[4] = {0};
    return quoth_loop_wait(p, port->now() + HANG_MS, m, 4) == 1 && m[0] == number;
}

TEST(L_watch)
{
    struct quoth_loop *p = quoth_loop_new(LINKS);
    uint32_t first;
    int pair[2];
    char c;
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    CHECK_INT(quoth_loop_numbers(p, 2, &first), QUOTH_OK);
    CHECK_INT(quoth_loop_watch(p, pair[0], first, QUOTH_LOOP_READ), QUOTH_OK);
    CHECK(waits_for_nothing(p, 0)); /* writable, but that was not asked */
    CHECK_INT(quoth_loop_watch(p, pair[0], first, QUOTH_LOOP_READ | QUOTH_LOOP_WRITE), QUOTH_OK);
    CHECK(tells(p, first));
    CHECK(tells(p, first)); /* by level: as long as it is so */
    CHECK_INT(quoth_loop_watch(p, pair[0], first, QUOTH_LOOP_READ), QUOTH_OK);
    CHECK(waits_for_nothing(p, 0));
    CHECK_INT(write(pair[1], "x", 1), 1);
    CHECK(tells(p, first));
    CHECK_INT(quoth_loop_watch(p, pair[0], first, QUOTH_LOOP_WRITE), QUOTH_OK);
    CHECK(tells(p, first));
    CHECK_INT(quoth_loop_watch(p, pair[0], first, 0), QUOTH_OK);
    CHECK(waits_for_nothing(p, 0)); /* forgotten, though it could be read and written */
    CHECK_INT(quoth_loop_watch(p, pair[0], first, 0), QUOTH_OK);
    CHECK_INT(quoth_loop_watch(p, pair[0], first + 1, QUOTH_LOOP_READ), QUOTH_OK);
    CHECK(tells(p, first + 1)); /* under another number */
    CHECK_INT(read(pair[0], &c, 1), 1);
    close(pair[1]);
    CHECK(tells(p, first + 1)); /* the end is to be read */
    CHECK_INT(quoth_loop_watch(p, pair[0], first + 1, 0), QUOTH_OK);
    CHECK(waits_for_nothing(p, 0));
    close(pair[0]);
    quoth_loop_free(p);
}

/* Conversations, sockets of a pool and clients on one loop: each owner hears of its own. */
TEST(L_owners)
{
    enum { CLIENTS = 3 };
    struct quoth_loop *p = quoth_loop_new(0);
    uint32_t talks, clients, more, m[2], again[2];
    uint16_t number;
    int listener = server(SOCK_STREAM, &number), pair[CLIENTS][2];
    struct quoth_peer to = peer(number);
    CHECK_INT(quoth_loop_numbers(p, CLIENTS, &clients), QUOTH_OK);
    CHECK_INT(quoth_loop_links(p, LINKS, &talks), QUOTH_OK);
    CHECK_INT(clients, 0);
    CHECK_INT(talks, CLIENTS);
    CHECK(quoth_loop_link(p, talks) != NULL);
    CHECK(quoth_loop_link(p, clients) == NULL);
    CHECK(quoth_loop_link(p, talks + LINKS) == NULL);
    CHECK_INT(opened(p, talks + LINKS - 1, &to), QUOTH_OK);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair[i]), 0);
        CHECK_INT(quoth_loop_watch(p, pair[i][0], clients + i, QUOTH_LOOP_READ), QUOTH_OK);
        CHECK_INT(write(pair[i][1], "x", 1), 1);
    }
    /* Room for two: the third comes next, whatever the first two do. */
    CHECK_INT(quoth_loop_wait(p, port->now() + HANG_MS, m, 2), 2);
    CHECK(quoth_loop_wait(p, port->now() + HANG_MS, again, 2) >= 1);
    CHECK(again[0] != m[0] && again[0] != m[1] && again[0] - clients < CLIENTS);
    while (quoth_loop_numbers(p, 1, &more) == QUOTH_OK) {
    }
    CHECK_INT(quoth_loop_links(p, 1, &more), QUOTH_ESPACE);
    quoth_loop_free(p); /* closes the links, not what is watched */
    for (int i = 0; i < CLIENTS; i++) {
        CHECK_INT(fcntl(pair[i][0], F_GETFD) >= 0, 1);
        close(pair[i][0]);
        close(pair[i][1]);
    }
    close(listener);
}

/* Queries leave by many random ports, none of which is used often. */
TEST(Q05_ports)
{
    enum { QUERIES = 4000 };
    static unsigned used[65536];
    uint16_t number;
    int fd = server(SOCK_DGRAM, &number);
    unsigned ports = 0, low = 0, most = 0, answers = 0;
    struct quoth_peer to = peer(number);
    struct quoth_loop *p = quoth_loop_new(LINKS);
    struct quoth_pool *pool = quoth_pool_new(p, &to, LINKS);
    int socket_of[16];
    memset(used, 0, sizeof used);
    for (int i = 0; i < QUERIES; i += 16) {
        uint32_t m[16];
        struct quoth_dgram got[QUOTH_POOL_BURST];
        char buf[64] = "query";
        for (int k = 0; k < 16; k++)
            CHECK((socket_of[k] = quoth_pool_send(pool, "query", 5)) >= 0);
        quoth_pool_flush(pool);
        for (int k = 0; k < 16; k++) {
            struct sockaddr_in a;
            socklen_t n = sizeof a;
            CHECK_INT(recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&a, &n), 5);
            used[ntohs(a.sin_port)]++;
            CHECK_INT(sendto(fd, buf, 5, 0, (struct sockaddr *)&a, n), 5);
        }
        for (unsigned have = 0; have < 16;) {
            int n = quoth_loop_wait(p, port->now() + HANG_MS, m, 16);
            if (n <= 0)
                break;
            for (int k = 0; k < n; k++) {
                int r = quoth_pool_recv(pool, m[k] - LINKS, got);
                CHECK(r >= 0);
                for (int g = 0; g < r; g++)
                    CHECK(got[g].n == 5 && !memcmp(got[g].p, "query", 5));
                have += (unsigned)r;
                answers += (unsigned)r;
            }
        }
        for (int k = 0; k < 16; k++)
            quoth_pool_over(pool, (unsigned)socket_of[k]);
    }
    for (unsigned i = 0; i < 65536; i++) {
        if (!used[i])
            continue;
        ports++;
        if (used[i] > most)
            most = used[i];
        if (i < 1024)
            low++;
    }
    CHECK_INT(answers, QUERIES);
    CHECK(most <= 128); /* 64 each, and one may be drawn again */
    CHECK(ports >= QUERIES / 64 && low == 0);
    CHECK(quoth_pool_capacity() >= 64 && quoth_pool_memory(pool) > 0);
    quoth_pool_free(pool);
    quoth_pool_free(NULL);
    quoth_loop_free(p);
    close(fd);
}

/* Others are not heard; a server that is not there is known at once, for the whole socket. */
TEST(Q06_others)
{
    uint16_t number, other_number;
    int fd = server(SOCK_DGRAM, &number), other = server(SOCK_DGRAM, &other_number), s;
    struct quoth_peer to = peer(number);
    struct quoth_loop *p = quoth_loop_new(LINKS);
    struct quoth_pool *pool = quoth_pool_new(p, &to, LINKS);
    struct quoth_dgram got[QUOTH_POOL_BURST];
    struct sockaddr_in a;
    socklen_t n = sizeof a;
    char buf[16];
    s = quoth_pool_send(pool, "query", 5);
    CHECK(s >= 0);
    quoth_pool_flush(pool);
    CHECK_INT(recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&a, &n), 5);
    CHECK_INT(sendto(other, "forged", 6, 0, (struct sockaddr *)&a, n), 6);
    CHECK(waits_for_nothing(p, port->now() + 20));
    CHECK_INT(quoth_pool_recv(pool, (unsigned)s, got), 0);
    close(fd);
    quoth_pool_over(pool, (unsigned)s);
    s = quoth_pool_send(pool, "query", 5);
    quoth_pool_flush(pool);
    CHECK(moved(p, LINKS + (uint32_t)s));
    CHECK_INT(quoth_pool_recv(pool, (unsigned)s, got), QUOTH_EREFUSED);
    quoth_pool_free(pool);
    quoth_loop_free(p);
    close(other);
}

int main(void)
{
    RUN(L_talk);
    RUN(L_no_delay);
    RUN(L_acknowledges_what_has_begun);
    RUN(L_acknowledges_for_many);
    RUN(L_refused);
    RUN(L_reset);
    RUN(L_full);
    RUN(L_wait);
    RUN(L_watch);
    RUN(L_owners);
    RUN(Q05_ports);
    RUN(Q06_others);
    return report("loop");
}
