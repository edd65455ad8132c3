/* floor.c - the least a client can do for the same work: what the list engine is measured against.
 *
 *   floor FILE NAMESERVER:PORT SMTP-PORT [--open N] [--per-session N] [--domains N] [--refused N]
 *
 * No parsing but counting replies and reading their first digit; no timeouts, no limits, no errors.
 * The i-th address belongs to domain i % N (--domains): the first of each asks its MX, the first
 * that is accepted a decoy, and until then QUIT cannot ride along. After N refused ones (--refused)
 * a conversation ends, so no more than are left of them are asked in one burst; the rest follows in
 * another one. Needs `responder --ride`.
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NAME, BANNER, EHLO, ASKED, DECOY, BYE };

struct talk {
    int fd, state, want;
    uint32_t first, n, asked, refused, domain;
};

static struct talk *talk;
static char **address, *tested; /* tested: by domain, its decoy was asked */
static uint32_t total, next_up, done, open_max = 128, per = 1, domains = UINT32_MAX,
                                      refused_max = UINT32_MAX, known_ip;
static int ep, dns, smtp_port;

static void dial(struct talk *t)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)smtp_port), .sin_addr.s_addr = known_ip};
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)(t - talk)};
    t->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (t->fd < 0 || (connect(t->fd, (struct sockaddr *)&a, sizeof a) && errno != EINPROGRESS)) {
        perror("floor");
        exit(71);
    }
    epoll_ctl(ep, EPOLL_CTL_ADD, t->fd, &e);
    t->state = BANNER;
    t->want = 1;
    t->asked = t->refused = 0;
}

static void ask_name(struct talk *t)
{
    uint8_t q[300] = {0, 0, 1, 0, 0, 1};
    const char *p = strchr(address[t->first], '@') + 1;
    size_t n = 12;
    uint32_t i = (uint32_t)(t - talk);
    q[0] = (uint8_t)(i >> 8);
    q[1] = (uint8_t)i;
    while (*p) {
        size_t k = strcspn(p, ".");
        q[n++] = (uint8_t)k;
        memcpy(q + n, p, k);
        n += k;
        p += k + (p[k] == '.');
    }
    q[n + 2] = 15;
    q[n + 4] = 1;
    t->state = NAME;
    if (send(dns, q, n + 5, 0) < 0)
        perror("floor: send");
}

static void begin(struct talk *t)
{
    t->fd = -1;
    if (next_up == total)
        return;
    t->first = next_up;
    t->domain = t->first % domains;
    t->n = total - next_up < per ? total - next_up : per;
    next_up += t->n;
    if (t->first < domains)
        ask_name(t);
    else
        dial(t);
}

static void say(struct talk *t, const char *p, size_t n, int want)
{
    t->want = want;
    if (send(t->fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
        perror("floor: send");
}

static int is_tested(const struct talk *t) { return tested[t->domain]; }

/* As many as may be refused; QUIT rides along where nothing can follow. */
static void ask(struct talk *t)
{
    char out[8192];
    const uint32_t room = refused_max - t->refused, left = t->n - t->asked,
                   k = left < room ? left : room;
    const int again = t->asked > 0, last = k == left && is_tested(t);
    size_t n = (size_t)sprintf(out, "%sMAIL FROM:<me@sender.org>\r\n", again ? "RSET\r\n" : "");

    for (uint32_t i = 0; i < k; i++)
        n += (size_t)sprintf(out + n, "RCPT TO:<%s>\r\n", address[t->first + t->asked + i]);
    if (last)
        n += (size_t)sprintf(out + n, "QUIT\r\n");
    t->asked += k;
    t->state = last ? BYE : ASKED;
    say(t, out, n, again + 1 + (int)k + last);
}

/* The rest in another conversation, or what is next. */
static void hang_up(struct talk *t)
{
    close(t->fd);
    done += t->asked;
    if (t->asked == t->n) {
        begin(t);
        return;
    }
    t->first += t->asked;
    t->n -= t->asked;
    dial(t);
}

static void step(struct talk *t)
{
    static const char hello[] = "EHLO probe.sender.org\r\n", bye[] = "QUIT\r\n";
    char out[512];

    switch (t->state) {
    case BANNER:
        t->state = EHLO;
        say(t, hello, sizeof hello - 1, 1);
        break;
    case EHLO: ask(t); break;
    case ASKED:
        if (t->asked < t->n && t->refused < refused_max) {
            ask(t);
            break;
        }
        t->state = BYE;
        if (t->asked < t->n || is_tested(t) || t->refused == t->n) {
            say(t, bye, sizeof bye - 1, 1);
            break;
        }
        tested[t->domain] = 1;
        say(t, out,
            (size_t)sprintf(out,
                            "RSET\r\nMAIL FROM:<me@sender.org>\r\n"
                            "RCPT TO:<abcdefghijklmnopqrst@%s>\r\nQUIT\r\n",
                            strchr(address[t->first], '@') + 1),
            4);
        break;
    case BYE: hang_up(t); break;
    }
}

static void heard(struct talk *t)
{
    char in[4096];
    ssize_t n = recv(t->fd, in, sizeof in, 0);
    if (n <= 0) {
        if (n < 0 && errno == EAGAIN)
            return;
        fprintf(stderr, "floor: hung up\n");
        exit(71);
    }
    for (char *p = in, *nl; p < in + n && (nl = memchr(p, '\n', (size_t)(in + n - p)));
         p = nl + 1) {
        if (p[3] == '-')
            continue;
        t->want--;
        t->refused += p[0] == '5';
    }
    if (t->want == 0)
        step(t);
}

static void names(void)
{
    uint8_t m[1500];
    ssize_t n;
    while ((n = recv(dns, m, sizeof m, MSG_DONTWAIT)) > 16) {
        struct talk *t = &talk[m[0] << 8 | m[1]];
        memcpy(&known_ip, m + n - 4, 4);
        if (t->state == NAME && t->fd < 0)
            dial(t);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = UINT32_MAX}, got[256];
    struct timespec t0, t1;
    struct rusage u;
    char line[512], *colon;
    int big = 8 << 20;
    FILE *f = argc > 3 ? fopen(argv[1], "r") : NULL;
    if (!f || !(colon = strrchr(argv[2], ':')))
        return 64;
    for (int i = 4; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--open"))
            open_max = (uint32_t)atoi(argv[i + 1]);
        if (!strcmp(argv[i], "--per-session"))
            per = (uint32_t)atoi(argv[i + 1]);
        if (!strcmp(argv[i], "--domains"))
            domains = (uint32_t)atoi(argv[i + 1]);
        if (!strcmp(argv[i], "--refused"))
            refused_max = (uint32_t)atoi(argv[i + 1]);
    }
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (!(total & (total - 1)))
            address = realloc(address, (total ? 2 * total : 1) * sizeof *address);
        address[total++] = strdup(line);
    }
    *colon = '\0';
    a.sin_addr.s_addr = known_ip = inet_addr(argv[2]);
    a.sin_port = htons((uint16_t)atoi(colon + 1));
    smtp_port = atoi(argv[3]);
    ep = epoll_create1(0);
    dns = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(dns, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
    connect(dns, (struct sockaddr *)&a, sizeof a);
    epoll_ctl(ep, EPOLL_CTL_ADD, dns, &e);
    talk = calloc(open_max, sizeof *talk);
    tested = calloc(total, 1);
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (uint32_t i = 0; i < open_max; i++)
        begin(&talk[i]);
    while (done < total) {
        int n = epoll_wait(ep, got, 256, -1);
        for (int i = 0; i < n; i++) {
            if (got[i].data.u32 == UINT32_MAX)
                names();
            else
                heard(&talk[got[i].data.u32]);
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    getrusage(RUSAGE_SELF, &u);
    double wall = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
    double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                 (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    printf("n=%u rate=%.0f cpu_1000=%.5f\n", total, total / wall, cpu * 1000 / total);
    return 0;
}
