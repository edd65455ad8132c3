/* loop_test.c - links and pool over real sockets on the loopback.
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "test.h"
#include "udp_pool.h"

enum { LINKS = 8 };

static const struct quoth_port *port = &quoth_loop_port;

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

/* Waits until link i is among those that moved; at most a second. */
static int moved(struct quoth_loop *p, uint32_t i)
{
    uint32_t m[16];
    uint64_t until = port->now() + 1000;
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

TEST(L_talk)
{
    uint16_t number;
    int listener = server(SOCK_STREAM, &number), fd;
    struct quoth_peer to = peer(number);
    struct quoth_loop *p = quoth_loop_new(LINKS);
    struct quoth_link *l = quoth_loop_link(p, 3);
    char buf[64];
    CHECK_INT(opened(p, 3, &to), QUOTH_OK);
    CHECK_INT(port->open(l, &to), QUOTH_OK); /* up stays up */
    fd = accept(listener, NULL, NULL);
    CHECK_INT(port->recv(l, buf, sizeof buf, NULL), QUOTH_AGAIN);
    CHECK_INT(write(fd, "hello", 5), 5);
    CHECK(moved(p, 3));
    CHECK_INT(port->recv(l, buf, 2, NULL), 2); /* in pieces: the edge is remembered */
    CHECK_INT(port->recv(l, buf, sizeof buf, NULL), 3);
    CHECK_INT(port->recv(l, buf, sizeof buf, NULL), QUOTH_AGAIN);
    CHECK_INT(port->send(l, "world", 5), 5);
    CHECK_INT(read(fd, buf, sizeof buf), 5);
    CHECK_INT(write(fd, "bye", 3), 3);
    close(fd);
    CHECK(moved(p, 3));
    while (port->recv(l, buf, sizeof buf, NULL) == QUOTH_AGAIN)
        CHECK(moved(p, 3));
    CHECK_INT(port->recv(l, buf, sizeof buf, NULL), 0); /* what came first, then the end */
    port->close(l);
    port->close(l);
    CHECK(quoth_loop_memory(p) > 0);
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
    int listener = server(SOCK_STREAM, &number), fd, rc;
    struct quoth_peer to = peer(number);
    struct linger now = {1, 0};
    struct quoth_loop *p = quoth_loop_new(LINKS);
    char buf[16];
    CHECK_INT(opened(p, 0, &to), QUOTH_OK);
    fd = accept(listener, NULL, NULL);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
    CHECK(moved(p, 0));
    while ((rc = port->recv(quoth_loop_link(p, 0), buf, sizeof buf, NULL)) == QUOTH_AGAIN)
        CHECK(moved(p, 0));
    CHECK_INT(rc, QUOTH_EIO);
    quoth_loop_free(p);
    close(listener);
}

/* A peer that does not read: AGAIN, and an edge once it does. */
TEST(L_full)
{
    static char big[1 << 16];
    uint16_t number;
    int listener = server(SOCK_STREAM, &number), fd, rc;
    struct quoth_peer to = peer(number);
    struct quoth_loop *p = quoth_loop_new(LINKS);
    struct quoth_link *l = quoth_loop_link(p, 0);
    size_t sent = 0, got = 0;
    CHECK_INT(opened(p, 0, &to), QUOTH_OK);
    fd = accept(listener, NULL, NULL);
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
    quoth_loop_free(p);
    close(fd);
    close(listener);
}

TEST(L_wait)
{
    struct quoth_loop *p = quoth_loop_new(LINKS);
    uint32_t m[4];
    uint64_t t = port->now();
    CHECK_INT(quoth_loop_wait(p, t + 30, m, 4), 0);
    CHECK(port->now() >= t + 29 && port->now() < t + 500);
    CHECK_INT(quoth_loop_wait(p, 0, m, 4), 0);
    t = port->now();
    CHECK_INT(quoth_loop_wait(p, QUOTH_NEVER, m, 4),
              0); /* never for ever: a signal may have come before */
    CHECK(port->now() - t <= 1500);
    CHECK(quoth_loop_descriptors() >= 64);
    quoth_loop_free(p);
    quoth_loop_free(NULL);
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
            int n = quoth_loop_wait(p, port->now() + 1000, m, 16);
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
    CHECK(!moved(p, LINKS + (uint32_t)s));
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
    RUN(L_refused);
    RUN(L_reset);
    RUN(L_full);
    RUN(L_wait);
    RUN(Q05_ports);
    RUN(Q06_others);
    return report("loop");
}
