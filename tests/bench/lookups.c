/* lookups.c - MX lookups through the pool, and the same ones by c-ares.
 *
 *   lookups quoth|ares NAMESERVER:PORT COUNT [IN-FLIGHT]
 *
 * Each name is asked once; an answer counts when its exchange was read. c-ares is only ever linked
 * here. SPDX-License-Identifier: MIT */
#include <ares.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include "udp_pool.h"

enum { LINKS = 1, SLOTS = 1024 };

static unsigned count, next_name, done, good, flying, most = 512;

static int name_of(char *buf, size_t cap)
{
    return snprintf(buf, cap, "d%u.example-%u.test", next_name, next_name % 997);
}

/* ---- through the pool --------------------------------------------------- */

static struct {
    struct quoth_lookup l;
    struct quoth_route route;
    int socket, next;
} slot[SLOTS];
static int head[65536], spare[SLOTS], spares;
static struct quoth_resolver resolver = {.servers = 1};
static struct quoth_random rnd;
static struct quoth_pool *pool;

static void drive(int i, uint64_t now)
{
    struct quoth_want w;
    for (;;) {
        struct quoth_event ev = {.now = now};
        quoth_lookup_want(&slot[i].l, &w);
        if (w.kind == QUOTH_WANT_DGRAM) {
            int s = quoth_pool_send(pool, w.out, w.n);
            if (s < 0) {
                fprintf(stderr, "lookups: no socket\n");
                exit(71);
            }
            slot[i].socket = s;
            slot[i].next = head[slot[i].l.id];
            head[slot[i].l.id] = i + 1;
            ev.kind = QUOTH_EV_SENT;
            ev.n = w.n;
        } else if (w.kind == QUOTH_WANT_CLOSE) {
            int *p = &head[slot[i].l.id];
            while (*p != i + 1)
                p = &slot[*p - 1].next;
            *p = slot[i].next;
            quoth_pool_over(pool, (unsigned)slot[i].socket);
            ev.kind = QUOTH_EV_DOWN;
        } else {
            if (w.kind != QUOTH_WANT_DONE)
                return;
            done++;
            flying--;
            good += slot[i].route.answer == QUOTH_ANSWER_DATA && slot[i].route.n == 1;
            spare[spares++] = i;
            return;
        }
        quoth_lookup_feed(&slot[i].l, &ev, &slot[i].route);
    }
}

static void start(uint64_t now)
{
    char text[64];
    struct quoth_name name;
    uint64_t seed[2] = {quoth_random_next(&rnd), quoth_random_next(&rnd)};
    int i = spare[--spares];
    quoth_name_parse(&name, text, (size_t)name_of(text, sizeof text));
    next_name++;
    flying++;
    quoth_lookup_start(&slot[i].l, &resolver, &(struct quoth_question) {&name, QUOTH_DNS_MX, 0},
                       (const uint8_t *)seed, now);
    drive(i, now);
}

static void came(unsigned s, uint64_t now)
{
    struct quoth_dgram got[QUOTH_POOL_BURST];
    int n = quoth_pool_recv(pool, s, got);
    for (int k = 0; k < n; k++) {
        struct quoth_event ev = {.kind = QUOTH_EV_DATA,
                                 .now = now,
                                 .data = got[k].p,
                                 .n = got[k].n,
                                 .from = resolver.server[0].peer};
        if (got[k].n < 2)
            continue;
        for (int x = head[got[k].p[0] << 8 | got[k].p[1]]; x; x = slot[x - 1].next) {
            if (slot[x - 1].socket != (int)s ||
                quoth_lookup_feed(&slot[x - 1].l, &ev, &slot[x - 1].route))
                continue;
            drive(x - 1, now);
            break;
        }
    }
}

static void by_quoth(const char *ip, uint16_t port)
{
    struct quoth_loop *loop = quoth_loop_new(LINKS);
    uint8_t seed[16];
    uint32_t moved[256];
    quoth_loop_port.random(seed, sizeof seed);
    quoth_random_seed(&rnd, seed);
    quoth_ip_parse(&resolver.server[0].peer.ip, ip, strlen(ip));
    resolver.server[0].peer.port = port;
    pool = quoth_pool_new(loop, &resolver.server[0].peer, LINKS);
    for (int i = 0; i < SLOTS; i++)
        spare[spares++] = i;
    while (done < count) {
        uint64_t now = quoth_loop_port.now();
        while (next_name < count && flying < most)
            start(now);
        quoth_pool_flush(pool);
        int n = quoth_loop_wait(loop, now + 100, moved, 256);
        now = quoth_loop_port.now();
        for (int k = 0; k < n; k++)
            came(moved[k] - LINKS, now);
        for (int i = 0; n == 0 && i < SLOTS; i++) { /* lost ones, in their time */
            struct quoth_want w;
            struct quoth_event ev = {.kind = QUOTH_EV_TIME, .now = now};
            quoth_lookup_want(&slot[i].l, &w);
            if (slot[i].l.res && w.kind == QUOTH_WANT_RECV && now >= w.deadline &&
                !quoth_lookup_feed(&slot[i].l, &ev, &slot[i].route))
                drive(i, now);
        }
    }
    quoth_pool_free(pool);
    quoth_loop_free(loop);
}

/* ---- by c-ares ---------------------------------------------------------- */

static int ep;

static void state(void *arg, ares_socket_t fd, int in, int out)
{
    struct epoll_event e = {.events = (in ? EPOLLIN : 0) | (out ? EPOLLOUT : 0), .data.fd = fd};
    (void)arg;
    if (!in && !out)
        epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
    else if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e))
        epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}

static void answered(void *arg, int status, int timeouts, unsigned char *p, int n)
{
    struct ares_mx_reply *mx = NULL;
    (void)arg;
    (void)timeouts;
    done++;
    flying--;
    if (status == ARES_SUCCESS && ares_parse_mx_reply(p, n, &mx) == ARES_SUCCESS && mx)
        good++;
    if (mx)
        ares_free_data(mx);
}

static void by_ares(const char *server)
{
    struct ares_options o = {.sock_state_cb = state, .flags = ARES_FLAG_NOSEARCH};
    ares_channel c;
    struct epoll_event e[256];
    ep = epoll_create1(0);
    ares_library_init(ARES_LIB_INIT_ALL);
    if (ares_init_options(&c, &o, ARES_OPT_SOCK_STATE_CB | ARES_OPT_FLAGS) != ARES_SUCCESS)
        exit(71);
    ares_set_servers_ports_csv(c, server);
    while (done < count) {
        char text[64];
        while (next_name < count && flying < most) {
            name_of(text, sizeof text);
            next_name++;
            flying++;
            ares_query(c, text, 1, 15, answered, NULL);
        }
        int n = epoll_wait(ep, e, 256, 100);
        for (int k = 0; k < n; k++)
            ares_process_fd(c, e[k].events & EPOLLIN ? e[k].data.fd : ARES_SOCKET_BAD,
                            e[k].events & EPOLLOUT ? e[k].data.fd : ARES_SOCKET_BAD);
        if (n == 0)
            ares_process_fd(c, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }
    ares_destroy(c);
}

int main(int argc, char **argv)
{
    struct timespec t0, t1;
    struct rusage u;
    char *colon, ip[64];
    if (argc < 4 || !(colon = strrchr(argv[2], ':')))
        return 64;
    count = (unsigned)atoi(argv[3]);
    if (argc > 4)
        most = (unsigned)atoi(argv[4]);
    snprintf(ip, sizeof ip, "%.*s", (int)(colon - argv[2]), argv[2]);
    clock_gettime(CLOCK_MONOTONIC, &t0);
    if (!strcmp(argv[1], "quoth"))
        by_quoth(ip, (uint16_t)atoi(colon + 1));
    else
        by_ares(argv[2]);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    getrusage(RUSAGE_SELF, &u);
    double wall = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
    double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                 (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    printf("n=%u good=%u rate=%.0f core_rate=%.0f\n", done, good, done / wall, done / cpu);
    return good != count;
}
