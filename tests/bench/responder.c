/* responder.c - a light DNS and SMTP server to measure against: one process, one epoll.
 *
 *   responder [--ip A.B.C.D] [--port N] [--dns-port N] [--ride] [--delay MS] [--nets N]
 *             [--other A.B.C.D]
 *
 * DNS (UDP): every name's MX is "10 mx.NAME", every A is the address given (with --nets N, one of N
 * loopback addresses 127.77.x.y chosen by the name; with --other, that one for names that begin
 * with "other."). --ride puts the A into the MX answer. SMTP:
 * PIPELINING, and STARTTLS when built with responder_tls.c (--tickets: it gives tickets). A local
 * part of less than 20 characters that begins with "u" is taken, any other is unknown. --delay
 * holds every SMTP reply back (a slow server, not a long wire). Port 0 is any free one: "dns N" and
 * "smtp N" are printed when they are open. Ends on SIGTERM.
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "responder_tls.h"

enum { CONNS = 65536, IN = 2048, OUT = 4096, BURST = 64 };

struct conn {
    int in_n, out_n, quit, armed, starts;
    uint64_t due;
    struct tls_conn *tls;
    char in[IN], out[OUT];
};

static struct {
    uint32_t ip, other;
    int port, dns_port, ride, delay, nets;
} opt = {INADDR_LOOPBACK, 0, 2599, 2553, 0, 0, 0};
static struct conn *conn[CONNS];
static int ep, has_tls;
/* With --delay: descriptors in the order their replies fall due. */
static struct {
    int fd;
    uint64_t due;
} later[1 << 18];
static uint32_t later_head, later_tail;
static volatile sig_atomic_t over;

static void on_term(int sig)
{
    (void)sig;
    over = 1;
}

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* ---- DNS ---------------------------------------------------------------- */

static uint32_t address_of(const uint8_t *name, size_t n)
{
    uint32_t h = 2166136261u;
    if (!opt.nets && !opt.other)
        return opt.ip;
    if (n > 3 && !memcmp(name, "\2mx", 3)) {
        name += 3;
        n -= 3;
    } /* mx.NAME stands for NAME */
    if (opt.other)
        return n > 6 && !memcmp(name, "\5other", 6) ? opt.other : opt.ip;
    for (size_t i = 0; i < n; i++)
        h = (h ^ name[i]) * 16777619u;
    h %= (uint32_t)opt.nets;
    return 0x7f4d0001u + (h / 250 << 8) + h % 250;
}

static size_t record(uint8_t *p, uint16_t owner, unsigned type, const void *data, size_t n)
{
    const uint8_t head[12] = {(uint8_t)(0xc0 | owner >> 8),
                              (uint8_t)owner,
                              0,
                              (uint8_t)type,
                              0,
                              1,
                              0,
                              0,
                              14,
                              16,
                              (uint8_t)(n >> 8),
                              (uint8_t)n};
    memcpy(p, head, 12);
    memcpy(p + 12, data, n);
    return 12 + n;
}

static size_t answer(uint8_t *m, size_t n, size_t cap)
{
    size_t q = 12;
    if (n < 17 || cap < n + 80)
        return 0;
    while (q < n && m[q])
        q += m[q] + 1u;
    if (q + 5 > n)
        return 0;
    unsigned type = (unsigned)m[q + 1] << 8 | m[q + 2];
    size_t at = q + 5, name_n = q - 12;
    uint32_t ip = htonl(address_of(m + 12, name_n));
    m[2] = 0x81;
    m[3] = 0x80;
    m[7] = 0;
    memset(m + 8, 0, 4);
    if (type == 15) {
        static const uint8_t mx[7] = {0, 10, 2, 'm', 'x', 0xc0, 12};
        size_t exchange = at + 14;
        at += record(m + at, 12, 15, mx, sizeof mx);
        m[7] = 1;
        if (opt.ride) {
            at += record(m + at, (uint16_t)exchange, 1, &ip, 4);
            m[11] = 1;
        }
    } else if (type == 1) {
        at += record(m + at, 12, 1, &ip, 4);
        m[7] = 1;
    }
    return at;
}

static void serve_dns(int fd)
{
    static uint8_t buf[BURST][1500];
    struct mmsghdr h[BURST];
    struct iovec v[BURST];
    struct sockaddr_in from[BURST];
    for (int i = 0; i < BURST; i++) {
        memset(&h[i], 0, sizeof h[i]);
        v[i] = (struct iovec) {buf[i], 1400};
        h[i].msg_hdr.msg_name = &from[i];
        h[i].msg_hdr.msg_namelen = sizeof from[i];
        h[i].msg_hdr.msg_iov = &v[i];
        h[i].msg_hdr.msg_iovlen = 1;
    }
    int got = recvmmsg(fd, h, BURST, MSG_DONTWAIT, NULL), out = 0;
    for (int i = 0; i < got; i++) {
        size_t n = answer(buf[i], h[i].msg_len, sizeof buf[i]);
        if (!n)
            continue;
        v[i].iov_len = n;
        h[out++] = h[i];
    }
    if (out)
        (void)sendmmsg(fd, h, (unsigned)out, 0);
}

/* ---- SMTP --------------------------------------------------------------- */

static void end(int fd)
{
    tls_free(conn[fd]->tls);
    close(fd);
    free(conn[fd]);
    conn[fd] = NULL;
}

static void flush_out(int fd)
{
    struct conn *c = conn[fd];
    int n = !c->out_n ? 0
            : c->tls  ? tls_send(c->tls, c->out, (size_t)c->out_n)
                      : (int)send(fd, c->out, (size_t)c->out_n, MSG_NOSIGNAL);
    if (n != c->out_n) {
        end(fd);
        return;
    }
    c->out_n = 0;
    if (c->starts)
        c->tls = tls_new(fd);
    c->starts = 0;
    if (c->quit)
        end(fd);
}

static void reply(struct conn *c, const char *text)
{
    size_t n = strlen(text);
    if (c->out_n + (int)n > OUT)
        return;
    memcpy(c->out + c->out_n, text, n);
    c->out_n += (int)n;
}

/* What is made up has 20 characters. */
static int taken(const char *local)
{
    const char *at = memchr(local, '@', 20);
    return local[0] == 'u' && at;
}

static void command(struct conn *c, const char *p)
{
    switch (p[0] & ~32) {
    case 'E':
        reply(c, has_tls && !c->tls ? "250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n"
                                    : "250-mx\r\n250 PIPELINING\r\n");
        break;
    case 'S':
        reply(c, "220 2.0.0 go ahead\r\n");
        c->starts = 1;
        break;
    case 'M': reply(c, "250 2.1.0 ok\r\n"); break;
    case 'R':
        if ((p[1] & ~32) == 'S')
            reply(c, "250 2.0.0 ok\r\n");
        else
            reply(c, taken(p + 9) ? "250 2.1.5 ok\r\n" : "550 5.1.1 no such user here\r\n");
        break;
    case 'Q':
        reply(c, "221 2.0.0 bye\r\n");
        c->quit = 1;
        break;
    default: reply(c, "500 5.5.1 what\r\n");
    }
}

static void respond(int fd)
{
    struct conn *c = conn[fd];
    if (!opt.delay) {
        flush_out(fd);
        return;
    }
    if (c->armed || later_tail - later_head == 1 << 18)
        return;
    c->armed = 1;
    later[later_tail % (1 << 18)].fd = fd;
    later[later_tail++ % (1 << 18)].due = now_ms() + (unsigned)opt.delay;
}

static void serve(int fd)
{
    struct conn *c = conn[fd];
    ssize_t n = c->tls ? tls_recv(c->tls, c->in + c->in_n, (size_t)(IN - c->in_n))
                       : recv(fd, c->in + c->in_n, (size_t)(IN - c->in_n), 0);
    if (n < 0 && c->tls)
        return;
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            end(fd);
        return;
    }
    c->in_n += (int)n;
    char *p = c->in, *stop = c->in + c->in_n, *nl;
    while ((nl = memchr(p, '\n', (size_t)(stop - p)))) {
        command(c, p);
        p = nl + 1;
    }
    c->in_n = (int)(stop - p);
    memmove(c->in, p, (size_t)c->in_n);
    if (c->out_n)
        respond(fd);
}

static void greet(int listener)
{
    for (int i = 0; i < BURST; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        if (fd < 0)
            return;
        if (fd >= CONNS || !(conn[fd] = calloc(1, sizeof **conn))) {
            close(fd);
            return;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
        reply(conn[fd], "220 mx ESMTP\r\n");
        respond(fd);
    }
}

static int listener(int type, int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, big = 8 << 20;
    a.sin_addr.s_addr = htonl(opt.nets ? INADDR_ANY : opt.ip);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) || (type == SOCK_STREAM && listen(fd, 4096))) {
        fprintf(stderr, "responder: port %d: %s\n", port, strerror(errno));
        exit(69);
    }
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    socklen_t n = sizeof a;
    if (!port && getsockname(fd, (struct sockaddr *)&a, &n) == 0)
        printf("%s %u\n", type == SOCK_DGRAM ? "dns" : "smtp", ntohs(a.sin_port));
    fflush(stdout);
    return fd;
}

static int pending(void)
{
    uint64_t now = now_ms();
    for (; later_head != later_tail && later[later_head % (1 << 18)].due <= now; later_head++) {
        int fd = later[later_head % (1 << 18)].fd;
        if (conn[fd]) {
            conn[fd]->armed = 0;
            flush_out(fd);
        }
    }
    return later_head == later_tail ? 1000 : (int)(later[later_head % (1 << 18)].due - now);
}

int main(int argc, char **argv)
{
    struct rlimit r;
    int tickets = 0;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--ride")) {
            opt.ride = 1;
            continue;
        }
        if (!strcmp(argv[i], "--tickets")) {
            tickets = 1;
            continue;
        }
        if (!strcmp(argv[i], "--ip"))
            opt.ip = ntohl(inet_addr(value));
        else if (!strcmp(argv[i], "--other"))
            opt.other = ntohl(inet_addr(value));
        else if (!strcmp(argv[i], "--port"))
            opt.port = atoi(value);
        else if (!strcmp(argv[i], "--dns-port"))
            opt.dns_port = atoi(value);
        else if (!strcmp(argv[i], "--delay"))
            opt.delay = atoi(value);
        else if (!strcmp(argv[i], "--nets"))
            opt.nets = atoi(value);
        else {
            fprintf(stderr, "responder: %s: no such option\n", argv[i]);
            return 64;
        }
        i++;
    }
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    signal(SIGTERM, on_term);
    signal(SIGINT, on_term);
    has_tls = tls_open(tickets);
    ep = epoll_create1(EPOLL_CLOEXEC);
    int dns = listener(SOCK_DGRAM, opt.dns_port), smtp = listener(SOCK_STREAM, opt.port);
    while (!over) {
        struct epoll_event e[256];
        int n = epoll_wait(ep, e, 256, pending());
        for (int i = 0; i < n; i++) {
            if (e[i].data.fd == dns)
                serve_dns(dns);
            else if (e[i].data.fd == smtp)
                greet(smtp);
            else if (conn[e[i].data.fd])
                serve(e[i].data.fd);
        }
    }
    return 0;
}
