/* example_posix.c - a complete checker of one address: this file, quoth.c and quoth.h, and nothing
 * else.
 *
 *   cc example_posix.c quoth.c -o check
 *   ./check jane@example.com mail.acme.net postmaster@acme.net
 *
 * HELO is your machine's name in the DNS, FROM a mailbox of yours; without them it stops after the
 * DNS. IPv4 and IPv6, UDP and TCP, no TLS. The exit status is 0 deliverable, 1 undeliverable, 2
 * risky, 3 unknown.
 *
 *   want: DGRAM or OPEN      a socket, connected
 *         SEND, RECV         wait with poll() until the deadline, then one send() or recv()
 *         CLOSE              close()
 *         DONE               the verdict
 *
 * Each want leads to one event, which is fed; that is all a port does. To try it on loopback,
 * give the sandbox's port as a fourth argument: `quoth sandbox --port 2525`.
 * Also valid C++.
 *
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "quoth.h"

static int check_fd = -1;
static struct quoth_peer check_peer;

static uint64_t check_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static int check_random(void *buf, size_t n)
{
    FILE *f = fopen("/dev/urandom", "rb");
    size_t got = f ? fread(buf, 1, n, f) : 0;

    if (f)
        fclose(f);
    return got == n;
}

static void check_close(void)
{
    if (check_fd >= 0)
        close(check_fd);
    check_fd = -1;
}

/* 1: the socket is ready, 0: the deadline passed. */
static int check_wait(short events, uint64_t deadline)
{
    struct pollfd ready = {check_fd, events, 0};

    for (uint64_t now = check_now(); now < deadline; now = check_now())
        if (poll(&ready, 1, deadline - now < 60000 ? (int)(deadline - now) : 60000) > 0)
            return 1;
    return 0;
}

/* The port a datagram is sent from is one the kernel draws: a fresh socket for each question. */
static enum quoth_err check_connect(const struct quoth_peer *to, int type, uint64_t deadline)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    int six = to->ip.len == 16, err = 0;
    socklen_t err_n = sizeof err;

    memset(&v4, 0, sizeof v4);
    memset(&v6, 0, sizeof v6);
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    v4.sin_port = v6.sin6_port = htons(to->port);
    memcpy(&v4.sin_addr, to->ip.b, 4);
    memcpy(&v6.sin6_addr, to->ip.b, 16);
    check_close();
    check_fd = socket(six ? AF_INET6 : AF_INET, type, 0);
    if (check_fd < 0 || fcntl(check_fd, F_SETFL, O_NONBLOCK) < 0)
        return QUOTH_ESPACE;
    check_peer = *to;
    if (!(six ? connect(check_fd, (struct sockaddr *)&v6, sizeof v6)
              : connect(check_fd, (struct sockaddr *)&v4, sizeof v4)))
        return QUOTH_OK;
    if (errno != EINPROGRESS)
        return QUOTH_EUNREACH;
    if (!check_wait(POLLOUT, deadline))
        return QUOTH_ETIME;
    if (getsockopt(check_fd, SOL_SOCKET, SO_ERROR, &err, &err_n) < 0)
        err = errno;
    if (err == 0)
        return QUOTH_OK;
    return err == ECONNREFUSED ? QUOTH_EREFUSED : QUOTH_EUNREACH;
}

static enum quoth_err check_send(const struct quoth_want *want, struct quoth_event *ev)
{
    ssize_t n;

    if (!check_wait(POLLOUT, want->deadline))
        return QUOTH_ETIME;
    n = send(check_fd, want->out, want->n, MSG_NOSIGNAL);
    if (n < 0)
        return QUOTH_EIO;
    ev->n = (size_t)n;
    return QUOTH_OK;
}

static enum quoth_err check_recv(const struct quoth_want *want, struct quoth_event *ev, void *buf,
                                 size_t cap)
{
    ssize_t n;

    if (!check_wait(POLLIN, want->deadline))
        return QUOTH_ETIME;
    n = recv(check_fd, buf, cap, 0);
    if (n < 0)
        return errno == ECONNREFUSED ? QUOTH_EREFUSED : QUOTH_EIO;
    ev->kind = n > 0 ? QUOTH_EV_DATA : QUOTH_EV_EOF;
    ev->from = check_peer; /* connected: nobody else gets through */
    ev->data = buf;
    ev->n = (size_t)n;
    return QUOTH_OK;
}

/* Do what is wanted; say what happened. */
static void check_do(const struct quoth_want *want, struct quoth_event *ev, void *buf, size_t cap)
{
    enum quoth_err err = QUOTH_OK;

    memset(ev, 0, sizeof *ev);
    switch (want->kind) {
    case QUOTH_WANT_DGRAM:
        ev->kind = QUOTH_EV_SENT;
        ev->n = want->n;
        err = check_connect(&want->peer, SOCK_DGRAM, want->deadline);
        if (err == QUOTH_OK && send(check_fd, want->out, want->n, 0) < 0)
            err = QUOTH_EUNREACH;
        break;
    case QUOTH_WANT_OPEN:
        ev->kind = QUOTH_EV_UP;
        err = check_connect(&want->peer, SOCK_STREAM, want->deadline);
        break;
    case QUOTH_WANT_SEND:
        ev->kind = QUOTH_EV_SENT;
        err = check_send(want, ev);
        break;
    case QUOTH_WANT_RECV: err = check_recv(want, ev, buf, cap); break;
    case QUOTH_WANT_RCPT: ev->kind = QUOTH_EV_RCPT; break;
    case QUOTH_WANT_TLS: err = QUOTH_ENOTLS; break;
    case QUOTH_WANT_CLOSE:
    case QUOTH_WANT_DONE:
        check_close();
        ev->kind = QUOTH_EV_DOWN;
        break;
    }
    if (err == QUOTH_ETIME)
        ev->kind = QUOTH_EV_TIME;
    else if (err != QUOTH_OK)
        ev->kind = QUOTH_EV_FAIL;
    ev->err = err;
    ev->now = check_now();
}

/* The machine's name servers: "nameserver ADDRESS" lines. */
static void check_resolver(struct quoth_resolver *resolver)
{
    FILE *file = fopen("/etc/resolv.conf", "r");
    char line[256], ip[64];

    while (file && resolver->servers < QUOTH_SERVERS_MAX && fgets(line, sizeof line, file))
        if (sscanf(line, "nameserver %63s", ip) == 1 &&
            quoth_ip_parse(&resolver->server[resolver->servers].peer.ip, ip, strlen(ip)) ==
                QUOTH_OK)
            resolver->servers++;
    if (file)
        fclose(file);
}

/* `quoth sandbox` on loopback: its name server, its ports, its name. */
static void check_sandbox(struct quoth_conf *conf, uint16_t port)
{
    static const char *const names[] = {"test", NULL};
    static struct quoth_cidr loopback;

    quoth_cidr_parse(&loopback, "127.0.0.0/8", 11);
    quoth_ip_parse(&conf->resolver->server[0].peer.ip, "127.0.25.53", 11);
    conf->resolver->server[0].peer.port = conf->port = port;
    conf->resolver->servers = 1;
    conf->targets.allow = &loopback;
    conf->targets.allow_n = 1;
    conf->allow_names = names;
}

int main(int argc, char **argv)
{
    static struct quoth_resolver resolver;
    static struct quoth_conf conf;
    static struct quoth_verify verify;
    static uint8_t in[QUOTH_DNS_MAX + 1], dns_tcp[65535];
    static const int status[QUOTH_VERDICTS] = {3, 0, 1, 2};
    enum quoth_verdict verdict;
    struct quoth_reading why;
    struct quoth_event ev;
    struct quoth_want want;
    uint8_t seed[16];

    if (argc < 2 || argc > 5)
        return fprintf(stderr, "usage: check ADDRESS [HELO [FROM [SANDBOX-PORT]]]\n"), 64;
    conf.resolver = &resolver;
    conf.smtp.helo = argc > 2 ? argv[2] : NULL;
    conf.smtp.from = argc > 3 ? argv[3] : "";
    check_resolver(&resolver);
    if (argc > 4)
        check_sandbox(&conf, (uint16_t)atoi(argv[4]));
    quoth_verify_start(&verify, &conf, argv[1], strlen(argv[1]),
                       check_random(seed, sizeof seed) ? seed : NULL, check_now());
    quoth_verify_lend(&verify, dns_tcp, sizeof dns_tcp);
    for (quoth_verify_want(&verify, &want); want.kind != QUOTH_WANT_DONE;
         quoth_verify_want(&verify, &want)) {
        check_do(&want, &ev, in, sizeof in);
        quoth_verify_feed(&verify, &ev);
    }
    verdict = quoth_judge(&verify.ev, quoth_verify_host(&verify), &why);
    printf("%s: %s", quoth_verdict_name(verdict), quoth_reason_name(why.reason));
    if (verify.ev.said.code)
        printf(": %d ", verify.ev.said.code);
    for (size_t i = 0; i < verify.ev.said.n;
         i++) /* a stranger's bytes: nothing your terminal obeys */
        putchar(verify.ev.words[i] >= ' ' && verify.ev.words[i] <= '~' ? verify.ev.words[i] : '?');
    putchar('\n');
    return status[verdict];
}
