/* sandbox.c - `quoth sandbox`: sockets, one poll loop, absolute timers. One process holds
 * the DNS server (UDP and TCP) and every SMTP server of the table.
 *
 * When it is the turn of a conversation (talk), it goes as far as it can without waiting:
 *
 *            +--------------------------- read what came <--------------------+
 *            v                                                                |
 *   pausing? --- flush what is to be said --- say the next line --- hear the next line
 *      |                    |                       |                     |
 *   its timer          TALK_OPEN: POLLOUT      '!': TALK_LINGER      an offence: TALK_GONE
 *                                              STARTTLS: TALK_SHAKE -> TALK_OPEN
 *                                              (WORLD_TLS_FIRST begins there)
 *
 * LINGER closes politely: we shut our side, and go on reading what the client still sends. A reset
 * could otherwise overtake our last words.
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "sandbox.h"

enum {
    TALKS_MAX = 1000,
    LISTENERS_MAX = 250,
    TALK_MS = 600000,
    LINGER_MS = 2000,
    TRICKLE_MS = 1,
    TURN_STEPS = 64
};
enum { EXIT_OFFENCE = 1, EXIT_UNAVAILABLE = 69, EXIT_CANNOT_CREATE = 73 };

enum talk_state { TALK_OPEN = 0, TALK_SHAKE, TALK_LINGER, TALK_GONE };
struct talk {
    const struct world_server *host; /* NULL: DNS over TCP */
    struct sandbox_tls *tls;         /* of a handshake or after it */
    enum talk_state state;
    int fd;
    short want;         /* poll events */
    unsigned number;    /* for the log */
    uint64_t wake, end; /* says nothing before `wake`; is ended at `end` */
    size_t in_n, out_n, out_at;
    struct sandbox_smtp smtp;
    char in[2048], out[16384];
};

struct sandbox {
    struct sandbox_set set;
    int udp, listener[LISTENERS_MAX]; /* [0] is DNS over TCP, [1 + i] is world_servers[i] */
    unsigned listeners, talks, number, offences, lossy;
    uint64_t began;
    struct talk *talk[TALKS_MAX];
};

static volatile sig_atomic_t sandbox_told; /* a signal came */

static void sandbox_on_signal(int n)
{
    (void)n;
    sandbox_told = 1;
}

static uint64_t sandbox_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- the log ------------------------------------------------------------ */

static void sandbox_log_time(const struct sandbox *box)
{
    uint64_t ms = sandbox_now() - box->began;
    fprintf(stderr, "%6u.%03u ", (unsigned)(ms / 1000), (unsigned)(ms % 1000));
}

static void sandbox_log(const struct sandbox *box, const struct talk *talk, const char *mark,
                        const char *p, size_t n)
{
    while (box->set.log && n) {
        const char *lf = memchr(p, '\n', n);
        size_t line = lf ? (size_t)(lf - p) + 1 : n, text = line - (lf != NULL);
        if (text && p[text - 1] == '\r')
            text--;
        sandbox_log_time(box);
        fprintf(stderr, "#%u mx.%s %s ", talk->number, talk->host->domain, mark);
        app_put(stderr, p, text < 200 ? text : 200);
        fputc('\n', stderr);
        p += line;
        n -= line;
    }
}

static void sandbox_log_dns(const struct sandbox *box, const struct sandbox_question *question,
                            size_t n)
{
    static const char *const codes[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                        "NXDOMAIN", "NOTIMP",  "REFUSED"};
    if (!box->set.log)
        return;
    sandbox_log_time(box);
    fprintf(stderr, "dns/%s type %u ", question->tcp ? "tcp" : "udp", question->type);
    app_put(stderr, question->name, strlen(question->name));
    if (n)
        fprintf(stderr, " -> %s, %zu bytes\n",
                question->rcode < 6 ? codes[question->rcode] : "BADVERS", n);
    else
        fputs(" -> silence\n", stderr);
}

/* The client did what it must never do: say so loudly, and cut it off. */
static void sandbox_offence(struct sandbox *box, struct talk *talk, const char *what, const char *p,
                            size_t n)
{
    fprintf(stderr, "quoth: sandbox: OFFENCE at mx.%s: %s: \"", talk->host->domain, what);
    app_put(stderr, p, n);
    fputs("\"\n", stderr);
    box->offences++;
    talk->smtp.script = "!!";
    talk->in_n = 0;
}

/* ---- one conversation's bytes ------------------------------------------- */

/* Like recv() and send(), through TLS when it is up: > 0, 0 at the end, or SANDBOX_TLS_*. */
static int talk_recv(struct talk *talk, char *p, size_t n)
{
    ssize_t did;
    if (talk->tls)
        return sandbox_tls_recv(talk->tls, p, n);
    did = recv(talk->fd, p, n, 0);
    if (did >= 0)
        return (int)did;
    return errno == EAGAIN || errno == EINTR ? SANDBOX_TLS_READ : SANDBOX_TLS_FAIL;
}

static int talk_send(struct talk *talk, const char *p, size_t n)
{
    ssize_t did;
    if (talk->tls)
        return sandbox_tls_send(talk->tls, p, n);
    did = send(talk->fd, p, n, MSG_NOSIGNAL);
    if (did >= 0)
        return (int)did;
    return errno == EAGAIN || errno == EINTR ? SANDBOX_TLS_WRITE : SANDBOX_TLS_FAIL;
}

/* End our side: 1 politely, 2 with a reset. */
static void talk_hang_up(struct talk *talk, int how, uint64_t now)
{
    struct linger hard = {.l_onoff = 1};
    talk->state = how == 2 ? TALK_GONE : TALK_LINGER;
    if (how == 2)
        setsockopt(talk->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    if (talk->tls)
        sandbox_tls_end(talk->tls);
    talk->tls = NULL;
    if (how != 2)
        shutdown(talk->fd, SHUT_WR);
    talk->end = now + LINGER_MS;
    talk->in_n = 0;
}

/* Read what has come, as far as there is room. */
static void talk_read(struct sandbox *box, struct talk *talk)
{
    int n;
    if (talk->state == TALK_LINGER)
        talk->in_n = 0;
    if (talk->in_n == sizeof talk->in)
        return;
    n = talk_recv(talk, talk->in + talk->in_n, sizeof talk->in - talk->in_n);
    if (n == 0 || n == SANDBOX_TLS_FAIL)
        talk->state = TALK_GONE;
    if (n <= 0 || talk->state != TALK_OPEN)
        return;
    talk->in_n += (size_t)n;
    if (talk->host && talk->smtp.script && !talk->smtp.whole && !talk->smtp.burst)
        sandbox_offence(box, talk, "speaking before a whole reply was said", talk->in, talk->in_n);
}

/* Write what is to be said. Returns 1 when all of it is written. */
static int talk_flush(struct talk *talk, uint64_t now)
{
    int trickle = talk->host && talk->host->flags & WORLD_TRICKLE, n;
    while (talk->out_at < talk->out_n) {
        n = talk_send(talk, talk->out + talk->out_at, trickle ? 1 : talk->out_n - talk->out_at);
        if (n == SANDBOX_TLS_FAIL)
            talk->state = TALK_GONE;
        if (n <= 0) {
            talk->want |= POLLOUT;
            return 0;
        }
        talk->out_at += (size_t)n;
        if (trickle) {
            talk->wake = now + TRICKLE_MS;
            return 0;
        }
    }
    talk->out_at = talk->out_n = 0;
    return 1;
}

static void talk_drop_in(struct talk *talk, size_t n)
{
    memmove(talk->in, talk->in + n, talk->in_n - n);
    talk->in_n -= n;
}

/* ---- one conversation's steps: each returns 1 when it got somewhere ----- */

static int talk_say(struct sandbox *box, struct talk *talk, uint64_t now)
{
    uint64_t wait;
    int over;
    if (talk->out_n)
        return 0;
    talk->out_n = sandbox_smtp_say(&talk->smtp, talk->out, sizeof talk->out, &wait, &over);
    sandbox_log(box, talk, "->", talk->out, talk->out_n);
    if (wait)
        talk->wake = wait >= SANDBOX_UNTIL_HEARD ? wait : now + wait;
    if (over) {
        sandbox_log(box, talk, "**", over == 2 ? "reset" : "closed", over == 2 ? 5 : 6);
        talk_hang_up(talk, over, now);
    }
    return 1;
}

static int talk_hear(struct sandbox *box, struct talk *talk, uint64_t now)
{
    char *lf = memchr(talk->in, '\n', talk->in_n);
    size_t n = lf ? (size_t)(lf - talk->in) + 1 : talk->in_n;
    const char *bad = NULL;
    if (!lf && talk->in_n < sizeof talk->in)
        return 0;
    sandbox_log(box, talk, "<-", talk->in, n);
    if (!lf)
        bad = "a line without end";
    else if (n < 2 || talk->in[n - 2] != '\r')
        bad = "a line that ends without CR";
    else if (memchr(talk->in, 0, n) || memchr(talk->in, '\r', n - 2))
        bad = "a line with NUL or CR in it";
    if (!bad) {
        talk->in[n - 2] = 0;
        bad = sandbox_smtp_heard(&talk->smtp, &box->set, talk->in, talk->in_n > n, now);
        if (bad)
            n -= 2;
    }
    if (bad)
        sandbox_offence(box, talk, bad, talk->in, n < 80 ? n : 80);
    else
        talk_drop_in(talk, n);
    return 1;
}

/* DNS over TCP: two bytes of length before each message (RFC 1035 4.2.2, RFC 7766). */
static int talk_ask(struct sandbox *box, struct talk *talk)
{
    struct sandbox_question question = {.tcp = 1};
    uint8_t *in = (uint8_t *)talk->in, *out = (uint8_t *)talk->out;
    size_t n = talk->in_n < 2 ? 0 : (size_t)(in[0] << 8 | in[1]), got;
    if (talk->in_n < 2 || n > sizeof talk->in - 2 || talk->in_n < n + 2) {
        if (talk->in_n >= 2 && n > sizeof talk->in - 2)
            talk->state = TALK_GONE;
        return 0;
    }
    got = sandbox_dns_answer(&box->set, &question, in + 2, n, &box->lossy, out + 2,
                             sizeof talk->out - 2);
    sandbox_log_dns(box, &question, got);
    out[0] = (uint8_t)(got >> 8);
    out[1] = (uint8_t)got;
    talk->out_n = got ? got + 2 : 0;
    talk_drop_in(talk, n + 2);
    return 1;
}

/* This comes right after the 220 was flushed. Nothing may be read in between, or the ClientHello
 * would be lost. */
static int talk_start_tls(struct sandbox *box, struct talk *talk)
{
    talk->smtp.then = SANDBOX_GO_ON;
    if (talk->in_n) {
        sandbox_offence(box, talk, "more behind STARTTLS, in clear", talk->in, talk->in_n);
        return 1;
    }
    talk->tls = sandbox_tls_new(talk->fd, talk->host);
    talk->state = talk->tls ? TALK_SHAKE : TALK_GONE;
    return 1;
}

static int talk_shake(struct sandbox *box, struct talk *talk)
{
    int n = sandbox_tls_shake(talk->tls);
    talk->want = n == SANDBOX_TLS_WRITE ? POLLOUT : POLLIN;
    if (n == SANDBOX_TLS_FAIL) {
        sandbox_log(box, talk, "**", "the handshake failed", 20);
        talk->state = TALK_GONE;
    } else if (n == 0) {
        sandbox_log(box, talk, "**", "TLS is up, resumed", sandbox_tls_resumed(talk->tls) ? 18 : 9);
        sandbox_smtp_greet(&talk->smtp, talk->host, 1);
        talk->state = TALK_OPEN;
        return 1;
    }
    return 0;
}

static int talk_step(struct sandbox *box, struct talk *talk, uint64_t now)
{
    if (talk->state == TALK_SHAKE)
        return talk_shake(box, talk);
    talk_read(box, talk);
    if (talk->wake == SANDBOX_UNTIL_HEARD && talk->in_n)
        talk->wake = 0;
    if (talk->state != TALK_OPEN || talk->wake > now)
        return 0;
    talk->wake = 0;
    if (!talk_flush(talk, now))
        return 0;
    if (!talk->host)
        return talk_ask(box, talk);
    if (talk->smtp.script)
        return talk_say(box, talk, now);
    if (talk->smtp.then == SANDBOX_START_TLS)
        return talk_start_tls(box, talk);
    return talk_hear(box, talk, now);
}

static void talk_turn(struct sandbox *box, struct talk *talk, uint64_t now)
{
    int steps = 0;
    if (now >= talk->end)
        talk->state = TALK_GONE;
    talk->want = 0;
    while (talk->state != TALK_GONE && steps < TURN_STEPS && talk_step(box, talk, now))
        steps++;
    if (steps == TURN_STEPS)
        talk->want |= POLLOUT; /* let the others have their turn first */
    if (talk->state != TALK_SHAKE && talk->in_n < sizeof talk->in)
        talk->want |= POLLIN;
    if (talk->state == TALK_GONE)
        talk->end = now; /* so that the loop does not sleep before it is removed */
}

/* ---- sockets ------------------------------------------------------------ */

static struct sockaddr_in sandbox_address(const struct sandbox_set *set, unsigned place)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(set->port)};
    uint8_t ip[4] = {set->net[0], set->net[1], set->net[2], (uint8_t)place};
    memcpy(&addr.sin_addr, ip, 4);
    return addr;
}

/* A socket bound to NET.place; -1: errno says why. */
static int sandbox_bind(const struct sandbox_set *set, unsigned place, int type)
{
    struct sockaddr_in addr = sandbox_address(set, place);
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, err;
    if (fd < 0)
        return -1;
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!bind(fd, (struct sockaddr *)&addr, sizeof addr) &&
        (type == SOCK_DGRAM || !listen(fd, 512)))
        return fd;
    err = errno;
    close(fd);
    errno = err;
    return -1;
}

/* All sockets on one port. 0, or the place (> 0) that could not be had. */
static unsigned sandbox_listen(struct sandbox *box)
{
    struct sockaddr_in addr;
    socklen_t n = sizeof addr;
    box->listeners = 0;
    box->udp = sandbox_bind(&box->set, SANDBOX_DNS, SOCK_DGRAM);
    if (box->udp < 0)
        return SANDBOX_DNS;
    if (!box->set.port && !getsockname(box->udp, (struct sockaddr *)&addr, &n))
        box->set.port = ntohs(addr.sin_port);
    for (unsigned i = 0; i <= world_servers_n && i < LISTENERS_MAX; i++) {
        unsigned place = i ? world_place(i - 1) : SANDBOX_DNS;
        int fd = sandbox_bind(&box->set, place, SOCK_STREAM);
        if (fd < 0)
            return place;
        box->listener[box->listeners++] = fd;
    }
    return 0;
}

static void sandbox_unlisten(struct sandbox *box)
{
    if (box->udp >= 0)
        close(box->udp);
    for (unsigned i = 0; i < box->listeners; i++)
        close(box->listener[i]);
}

/* With --port 0 find a port that is free on every address. */
static int sandbox_open(struct sandbox *box)
{
    int any = box->set.port == 0, err = 0;
    unsigned place = 0;
    for (int tries = any ? 50 : 1; tries > 0; tries--) {
        if (any)
            box->set.port = 0;
        place = sandbox_listen(box);
        if (!place)
            return 0;
        err = errno;
        sandbox_unlisten(box);
        if (err != EADDRINUSE)
            break;
    }
    fprintf(stderr, "quoth: sandbox: cannot listen on %u.%u.%u.%u port %u: %s\n", box->set.net[0],
            box->set.net[1], box->set.net[2], place, box->set.port, strerror(err));
    if (err == EADDRINUSE)
        fputs("  Is another sandbox running? --port N takes another port.\n", stderr);
    return EXIT_UNAVAILABLE;
}

/* ---- the loop ----------------------------------------------------------- */

static void sandbox_accept(struct sandbox *box, unsigned listener, uint64_t now)
{
    while (box->talks < TALKS_MAX) {
        int fd = accept4(box->listener[listener], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        struct talk *talk = fd < 0 ? NULL : calloc(1, sizeof *talk);
        if (!talk) {
            if (fd >= 0)
                close(fd);
            return;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        talk->fd = fd;
        talk->number = ++box->number;
        talk->end = now + TALK_MS;
        talk->host = listener ? &world_servers[listener - 1] : NULL;
        if (talk->host)
            sandbox_smtp_greet(&talk->smtp, talk->host, 0);
        if (talk->host && talk->host->flags & WORLD_TLS_FIRST)
            talk_start_tls(box, talk);
        box->talk[box->talks++] = talk;
        talk_turn(box, talk, now);
    }
}

/* Send two forgeries that a resolver must not fall for: one with a wrong id, and one with the right
 * id about another name. */
static void sandbox_forge(const struct sandbox *box, const uint8_t *p, size_t n,
                          const struct sockaddr_in *to)
{
    uint8_t forged[2048];
    if (n < 14 || n > sizeof forged)
        return;
    for (int i = 0; i < 2; i++) {
        memcpy(forged, p, n);
        forged[3] = (uint8_t)((forged[3] & 0xf0) | 3); /* NXDOMAIN */
        forged[i ? 13 : 1] ^= 1;
        sendto(box->udp, forged, n, 0, (const struct sockaddr *)to, sizeof *to);
    }
}

static void sandbox_datagrams(struct sandbox *box)
{
    uint8_t in[2048], out[2048];
    struct sandbox_question question;
    struct sockaddr_in from;
    for (;;) {
        socklen_t len = sizeof from;
        ssize_t got = recvfrom(box->udp, in, sizeof in, 0, (struct sockaddr *)&from, &len);
        size_t n;
        if (got < 0)
            return;
        question.tcp = 0;
        n = sandbox_dns_answer(&box->set, &question, in, (size_t)got, &box->lossy, out, sizeof out);
        sandbox_log_dns(box, &question, n);
        if (question.quirk == WORLD_DNS_SPOOF)
            sandbox_forge(box, out, n, &from);
        if (n)
            sendto(box->udp, out, n, 0, (struct sockaddr *)&from, len);
    }
}

static void talk_end(struct talk *talk)
{
    if (talk->tls)
        sandbox_tls_end(talk->tls);
    close(talk->fd);
    free(talk);
}

/* Give a turn to those whose socket or timer moved, and remove those that are gone. */
static void sandbox_turns(struct sandbox *box, const struct pollfd *p, uint64_t now)
{
    unsigned kept = 0, n = box->talks;
    for (unsigned i = 0; i < n; i++) {
        struct talk *talk = box->talk[i];
        if (p[i].revents || now >= talk->end || (talk->wake && now >= talk->wake))
            talk_turn(box, talk, now);
        if (p[i].revents & (POLLERR | POLLHUP | POLLNVAL))
            talk->state = TALK_GONE;
        if (talk->state == TALK_GONE)
            talk_end(talk);
        else
            box->talk[kept++] = talk;
    }
    box->talks = kept;
}

/* Until when poll may sleep: the next timer, at most `until`. */
static uint64_t sandbox_next(const struct sandbox *box, uint64_t until)
{
    for (unsigned i = 0; i < box->talks; i++) {
        const struct talk *talk = box->talk[i];
        if (talk->wake && talk->wake < until)
            until = talk->wake;
        if (talk->end < until)
            until = talk->end;
    }
    return until;
}

/* How long poll may sleep before `next`; an hour where nothing is due. */
static struct timespec sandbox_sleep(uint64_t now, uint64_t next)
{
    uint64_t ms = 3600000;
    if (next <= now)
        ms = 0;
    else if (next != QUOTH_NEVER)
        ms = next - now;
    return (struct timespec) {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
}

static void sandbox_loop(struct sandbox *box, const sigset_t *mask)
{
    static struct pollfd p[TALKS_MAX + LISTENERS_MAX + 1];
    uint64_t now = box->began, stop = box->set.for_ms ? now + box->set.for_ms : QUOTH_NEVER;
    while (!sandbox_told && now < stop) {
        unsigned talks = box->talks, at = talks;
        struct timespec wait = sandbox_sleep(now, sandbox_next(box, stop));
        for (unsigned i = 0; i < talks; i++)
            p[i] = (struct pollfd) {box->talk[i]->fd, box->talk[i]->want, 0};
        p[at++] = (struct pollfd) {box->udp, POLLIN, 0};
        for (unsigned i = 0; i < box->listeners; i++)
            p[at++] = (struct pollfd) {box->listener[i], talks < TALKS_MAX ? POLLIN : 0, 0};
        if (ppoll(p, at, &wait, mask) < 0)
            continue;
        now = sandbox_now();
        sandbox_turns(box, p, now);
        if (p[talks].revents)
            sandbox_datagrams(box);
        for (unsigned i = 0; i < box->listeners; i++)
            if (p[talks + 1 + i].revents)
                sandbox_accept(box, i, now);
    }
    for (unsigned i = 0; i < box->talks; i++)
        talk_end(box->talk[i]);
}

/* ---- the command -------------------------------------------------------- */

int sandbox_net(struct sandbox_set *set, const char *text)
{
    char with[32];
    struct quoth_ip a;
    int n = snprintf(with, sizeof with, "%s.0", text);
    if (n >= (int)sizeof with || quoth_ip_parse(&a, with, (size_t)n) != QUOTH_OK || a.len != 4)
        return 0;
    memcpy(set->net, a.b, 3);
    return 1;
}

static void sandbox_ready(const struct sandbox_set *set)
{
    char net[16];
    snprintf(net, sizeof net, "%u.%u.%u", set->net[0], set->net[1], set->net[2]);
    if (!set->quiet)
        sandbox_list(set);
    printf("%sready: DNS on %s.%u, SMTP on %s.%u to %s.%u, port %u\n", set->quiet ? "" : "\n", net,
           SANDBOX_DNS, net, world_place(0), net, world_place(world_servers_n - 1), set->port);
    if (!set->quiet && !strcmp(net, SANDBOX_NET)) {
        char port[8] = "";
        if (set->port != APP_SANDBOX_PORT)
            snprintf(port, sizeof port, "=%u", set->port);
        printf("Ask it from another terminal: quoth --sandbox%s %s\nCtrl-C ends it.\n", port,
               world_boxes[0].address);
    }
    fflush(stdout);
}

static void sandbox_signals(sigset_t *before)
{
    struct sigaction on = {.sa_handler = sandbox_on_signal};
    sigset_t block;
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGTERM);
    sigprocmask(SIG_BLOCK, &block, before); /* so that they only arrive while polling */
    sigaction(SIGINT, &on, NULL);
    sigaction(SIGTERM, &on, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int sandbox_run(const struct sandbox_set *set)
{
    static struct sandbox box; /* static because it is large; it takes no room in the file */
    sigset_t mask;
    int err;

    world_open();
    if (set->list) {
        sandbox_list(set);
        return app_end(0);
    }
    box.udp = -1;
    box.set = *set;
    if (sandbox_tls_open())
        return app_say(APP_EXIT_INTERNAL, "sandbox", "cannot make a key for TLS");
    if (set->ca && sandbox_tls_ca(set->ca))
        return app_say(EXIT_CANNOT_CREATE, set->ca,
                       errno ? strerror(errno) : "no certificate can be made");
    sandbox_signals(&mask);
    err = sandbox_open(&box);
    if (!err) {
        box.began = sandbox_now();
        sandbox_ready(&box.set);
        sandbox_loop(&box, &mask);
        sandbox_unlisten(&box);
    }
    sandbox_tls_close();
    if (box.offences)
        fprintf(stderr, "quoth: sandbox: offences by clients: %u\n", box.offences);
    if (err)
        return err;
    return box.offences ? EXIT_OFFENCE : 0;
}
