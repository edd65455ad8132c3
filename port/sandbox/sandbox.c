/* sandbox.c - `quoth sandbox`: options, sockets, one poll loop, absolute timers. One process holds
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
    struct sandbox_smtp smtp;
    enum talk_state state;
    int fd;
    short want;         /* poll events */
    unsigned number;    /* for the log */
    uint64_t wake, end; /* says nothing before `wake`; is ended at `end` */
    size_t in_n, out_n, out_at;
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

static void sandbox_log_time(const struct sandbox *b)
{
    uint64_t ms = sandbox_now() - b->began;
    fprintf(stderr, "%6u.%03u ", (unsigned)(ms / 1000), (unsigned)(ms % 1000));
}

static void sandbox_log(const struct sandbox *b, const struct talk *t, const char *mark,
                        const char *p, size_t n)
{
    while (b->set.log && n) {
        const char *lf = memchr(p, '\n', n);
        size_t line = lf ? (size_t)(lf - p) + 1 : n, text = line - (lf != NULL);
        if (text && p[text - 1] == '\r')
            text--;
        sandbox_log_time(b);
        fprintf(stderr, "#%u mx.%s %s ", t->number, t->host->domain, mark);
        app_put(stderr, p, text < 200 ? text : 200);
        fputc('\n', stderr);
        p += line;
        n -= line;
    }
}

static void sandbox_log_dns(const struct sandbox *b, const struct sandbox_question *q, int tcp,
                            size_t n)
{
    static const char *const codes[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                        "NXDOMAIN", "NOTIMP",  "REFUSED"};
    if (!b->set.log)
        return;
    sandbox_log_time(b);
    fprintf(stderr, "dns/%s type %u ", tcp ? "tcp" : "udp", q->type);
    app_put(stderr, q->name, strlen(q->name));
    if (n)
        fprintf(stderr, " -> %s, %zu bytes\n", q->rcode < 6 ? codes[q->rcode] : "BADVERS", n);
    else
        fputs(" -> silence\n", stderr);
}

/* The client did what it must never do: say so loudly, and cut it off. */
static void sandbox_offence(struct sandbox *b, struct talk *t, const char *what, const char *p,
                            size_t n)
{
    fprintf(stderr, "quoth sandbox: OFFENCE at mx.%s: %s: \"", t->host->domain, what);
    app_put(stderr, p, n);
    fputs("\"\n", stderr);
    b->offences++;
    t->smtp.script = "!!";
    t->in_n = 0;
}

/* ---- one conversation's bytes ------------------------------------------- */

/* Like recv() and send(), through TLS when it is up: > 0, 0 at the end, or SANDBOX_TLS_*. */
static int talk_recv(struct talk *t, char *p, size_t n)
{
    ssize_t did;
    if (t->tls)
        return sandbox_tls_recv(t->tls, p, n);
    did = recv(t->fd, p, n, 0);
    if (did >= 0)
        return (int)did;
    return errno == EAGAIN || errno == EINTR ? SANDBOX_TLS_READ : SANDBOX_TLS_FAIL;
}

static int talk_send(struct talk *t, const char *p, size_t n)
{
    ssize_t did;
    if (t->tls)
        return sandbox_tls_send(t->tls, p, n);
    did = send(t->fd, p, n, MSG_NOSIGNAL);
    if (did >= 0)
        return (int)did;
    return errno == EAGAIN || errno == EINTR ? SANDBOX_TLS_WRITE : SANDBOX_TLS_FAIL;
}

/* End our side: 1 politely, 2 with a reset. */
static void talk_hang_up(struct talk *t, int how, uint64_t now)
{
    struct linger hard = {.l_onoff = 1};
    t->state = how == 2 ? TALK_GONE : TALK_LINGER;
    if (how == 2)
        setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    if (t->tls)
        sandbox_tls_end(t->tls);
    t->tls = NULL;
    if (how != 2)
        shutdown(t->fd, SHUT_WR);
    t->end = now + LINGER_MS;
    t->in_n = 0;
}

/* Read what has come, as far as there is room. */
static void talk_read(struct sandbox *b, struct talk *t)
{
    int n;
    if (t->state == TALK_LINGER)
        t->in_n = 0;
    if (t->in_n == sizeof t->in)
        return;
    n = talk_recv(t, t->in + t->in_n, sizeof t->in - t->in_n);
    if (n == 0 || n == SANDBOX_TLS_FAIL)
        t->state = TALK_GONE;
    if (n <= 0 || t->state != TALK_OPEN)
        return;
    t->in_n += (size_t)n;
    if (t->host && t->smtp.script && !t->smtp.whole && !t->smtp.burst)
        sandbox_offence(b, t, "speaking before a whole reply was said", t->in, t->in_n);
}

/* Write what is to be said. Returns 1 when all of it is written. */
static int talk_flush(struct talk *t, uint64_t now)
{
    int trickle = t->host && t->host->flags & WORLD_TRICKLE, n;
    while (t->out_at < t->out_n) {
        n = talk_send(t, t->out + t->out_at, trickle ? 1 : t->out_n - t->out_at);
        if (n == SANDBOX_TLS_FAIL)
            t->state = TALK_GONE;
        if (n <= 0) {
            t->want |= POLLOUT;
            return 0;
        }
        t->out_at += (size_t)n;
        if (trickle) {
            t->wake = now + TRICKLE_MS;
            return 0;
        }
    }
    t->out_at = t->out_n = 0;
    return 1;
}

static void talk_drop_in(struct talk *t, size_t n)
{
    memmove(t->in, t->in + n, t->in_n - n);
    t->in_n -= n;
}

/* ---- one conversation's steps: each returns 1 when it got somewhere ----- */

static int talk_say(struct sandbox *b, struct talk *t, uint64_t now)
{
    uint64_t wait;
    int over;
    if (t->out_n)
        return 0;
    t->out_n = sandbox_smtp_say(&t->smtp, t->out, sizeof t->out, &wait, &over);
    sandbox_log(b, t, "->", t->out, t->out_n);
    if (wait)
        t->wake = wait == QUOTH_NEVER ? QUOTH_NEVER : now + wait;
    if (over) {
        sandbox_log(b, t, "**", over == 2 ? "reset" : "closed", over == 2 ? 5 : 6);
        talk_hang_up(t, over, now);
    }
    return 1;
}

static int talk_hear(struct sandbox *b, struct talk *t, uint64_t now)
{
    char *lf = memchr(t->in, '\n', t->in_n);
    size_t n = lf ? (size_t)(lf - t->in) + 1 : t->in_n;
    const char *bad = NULL;
    if (!lf && t->in_n < sizeof t->in)
        return 0;
    sandbox_log(b, t, "<-", t->in, n);
    if (!lf)
        bad = "a line without end";
    else if (n < 2 || t->in[n - 2] != '\r')
        bad = "a line that ends without CR";
    else if (memchr(t->in, 0, n) || memchr(t->in, '\r', n - 2))
        bad = "a line with NUL or CR in it";
    if (!bad) {
        t->in[n - 2] = 0;
        bad = sandbox_smtp_heard(&t->smtp, &b->set, t->in, t->in_n > n, now);
        if (bad)
            n -= 2;
    }
    if (bad)
        sandbox_offence(b, t, bad, t->in, n < 80 ? n : 80);
    else
        talk_drop_in(t, n);
    return 1;
}

/* DNS over TCP: two bytes of length before each message (RFC 1035 4.2.2, RFC 7766). */
static int talk_ask(struct sandbox *b, struct talk *t)
{
    struct sandbox_question q;
    uint8_t *in = (uint8_t *)t->in, *out = (uint8_t *)t->out;
    size_t n = t->in_n < 2 ? 0 : (size_t)(in[0] << 8 | in[1]), got;
    if (t->in_n < 2 || n > sizeof t->in - 2 || t->in_n < n + 2) {
        if (t->in_n >= 2 && n > sizeof t->in - 2)
            t->state = TALK_GONE;
        return 0;
    }
    got = sandbox_dns_answer(&b->set, in + 2, n, 1, &b->lossy, out + 2, sizeof t->out - 2, &q);
    sandbox_log_dns(b, &q, 1, got);
    out[0] = (uint8_t)(got >> 8);
    out[1] = (uint8_t)got;
    t->out_n = got ? got + 2 : 0;
    talk_drop_in(t, n + 2);
    return 1;
}

/* This comes right after the 220 was flushed. Nothing may be read in between, or the ClientHello
 * would be lost. */
static int talk_start_tls(struct sandbox *b, struct talk *t)
{
    t->smtp.then = SANDBOX_GO_ON;
    if (t->in_n) {
        sandbox_offence(b, t, "more behind STARTTLS, in clear", t->in, t->in_n);
        return 1;
    }
    t->tls = sandbox_tls_new(t->fd, t->host);
    t->state = t->tls ? TALK_SHAKE : TALK_GONE;
    return 1;
}

static int talk_shake(struct sandbox *b, struct talk *t)
{
    int n = sandbox_tls_shake(t->tls);
    t->want = n == SANDBOX_TLS_WRITE ? POLLOUT : POLLIN;
    if (n == SANDBOX_TLS_FAIL) {
        sandbox_log(b, t, "**", "the handshake failed", 20);
        t->state = TALK_GONE;
    } else if (n == 0) {
        sandbox_log(b, t, "**", "TLS is up, resumed", sandbox_tls_resumed(t->tls) ? 18 : 9);
        sandbox_smtp_greet(&t->smtp, t->host, 1);
        t->state = TALK_OPEN;
        return 1;
    }
    return 0;
}

static int talk_step(struct sandbox *b, struct talk *t, uint64_t now)
{
    if (t->state == TALK_SHAKE)
        return talk_shake(b, t);
    talk_read(b, t);
    if (t->state != TALK_OPEN || t->wake > now)
        return 0;
    t->wake = 0;
    if (!talk_flush(t, now))
        return 0;
    if (!t->host)
        return talk_ask(b, t);
    if (t->smtp.script)
        return talk_say(b, t, now);
    if (t->smtp.then == SANDBOX_START_TLS)
        return talk_start_tls(b, t);
    return talk_hear(b, t, now);
}

static void talk_turn(struct sandbox *b, struct talk *t, uint64_t now)
{
    int steps = 0;
    if (now >= t->end)
        t->state = TALK_GONE;
    t->want = 0;
    while (t->state != TALK_GONE && steps < TURN_STEPS && talk_step(b, t, now))
        steps++;
    if (steps == TURN_STEPS)
        t->want |= POLLOUT; /* let the others have their turn first */
    if (t->state != TALK_SHAKE && t->in_n < sizeof t->in)
        t->want |= POLLIN;
    if (t->state == TALK_GONE)
        t->end = now; /* so that the loop does not sleep before it is removed */
}

/* ---- sockets ------------------------------------------------------------ */

static struct sockaddr_in sandbox_address(const struct sandbox_set *set, unsigned place)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(set->port)};
    uint8_t ip[4] = {set->net[0], set->net[1], set->net[2], (uint8_t)place};
    memcpy(&a.sin_addr, ip, 4);
    return a;
}

/* A socket bound to NET.place; -1: errno says why. */
static int sandbox_bind(const struct sandbox_set *set, unsigned place, int type)
{
    struct sockaddr_in a = sandbox_address(set, place);
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, err;
    if (fd < 0)
        return -1;
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!bind(fd, (struct sockaddr *)&a, sizeof a) && (type == SOCK_DGRAM || !listen(fd, 512)))
        return fd;
    err = errno;
    close(fd);
    errno = err;
    return -1;
}

/* All sockets on one port. 0, or the place (> 0) that could not be had. */
static unsigned sandbox_listen(struct sandbox *b)
{
    struct sockaddr_in a;
    socklen_t n = sizeof a;
    b->listeners = 0;
    b->udp = sandbox_bind(&b->set, SANDBOX_DNS, SOCK_DGRAM);
    if (b->udp < 0)
        return SANDBOX_DNS;
    if (!b->set.port && !getsockname(b->udp, (struct sockaddr *)&a, &n))
        b->set.port = ntohs(a.sin_port);
    for (unsigned i = 0; i <= world_servers_n && i < LISTENERS_MAX; i++) {
        unsigned place = i ? world_place(i - 1) : SANDBOX_DNS;
        int fd = sandbox_bind(&b->set, place, SOCK_STREAM);
        if (fd < 0)
            return place;
        b->listener[b->listeners++] = fd;
    }
    return 0;
}

static void sandbox_unlisten(struct sandbox *b)
{
    if (b->udp >= 0)
        close(b->udp);
    for (unsigned i = 0; i < b->listeners; i++)
        close(b->listener[i]);
}

/* With --port 0 find a port that is free on every address. */
static int sandbox_open(struct sandbox *b)
{
    int any = b->set.port == 0, err = 0;
    unsigned place = 0;
    for (int tries = any ? 50 : 1; tries > 0; tries--) {
        if (any)
            b->set.port = 0;
        place = sandbox_listen(b);
        if (!place)
            return 0;
        err = errno;
        sandbox_unlisten(b);
        if (err != EADDRINUSE)
            break;
    }
    fprintf(stderr, "quoth sandbox: cannot listen on %u.%u.%u.%u port %u: %s\n", b->set.net[0],
            b->set.net[1], b->set.net[2], place, b->set.port, strerror(err));
    if (err == EADDRINUSE)
        fputs("  Is another sandbox running? --port N takes another port.\n", stderr);
    return EXIT_UNAVAILABLE;
}

/* ---- the loop ----------------------------------------------------------- */

static void sandbox_accept(struct sandbox *b, unsigned listener, uint64_t now)
{
    while (b->talks < TALKS_MAX) {
        int fd = accept4(b->listener[listener], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        struct talk *t = fd < 0 ? NULL : calloc(1, sizeof *t);
        if (!t) {
            if (fd >= 0)
                close(fd);
            return;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        t->fd = fd;
        t->number = ++b->number;
        t->end = now + TALK_MS;
        t->host = listener ? &world_servers[listener - 1] : NULL;
        if (t->host)
            sandbox_smtp_greet(&t->smtp, t->host, 0);
        if (t->host && t->host->flags & WORLD_TLS_FIRST)
            talk_start_tls(b, t);
        b->talk[b->talks++] = t;
        talk_turn(b, t, now);
    }
}

/* Send two forgeries that a resolver must not fall for: one with a wrong id, and one with the right
 * id about another name. */
static void sandbox_forge(const struct sandbox *b, const uint8_t *p, size_t n,
                          const struct sockaddr_in *to)
{
    uint8_t forged[2048];
    if (n < 14 || n > sizeof forged)
        return;
    for (int i = 0; i < 2; i++) {
        memcpy(forged, p, n);
        forged[3] = (uint8_t)((forged[3] & 0xf0) | 3); /* NXDOMAIN */
        forged[i ? 13 : 1] ^= 1;
        sendto(b->udp, forged, n, 0, (const struct sockaddr *)to, sizeof *to);
    }
}

static void sandbox_datagrams(struct sandbox *b)
{
    uint8_t in[2048], out[2048];
    struct sandbox_question q;
    struct sockaddr_in from;
    for (;;) {
        socklen_t len = sizeof from;
        ssize_t got = recvfrom(b->udp, in, sizeof in, 0, (struct sockaddr *)&from, &len);
        size_t n;
        if (got < 0)
            return;
        n = sandbox_dns_answer(&b->set, in, (size_t)got, 0, &b->lossy, out, sizeof out, &q);
        sandbox_log_dns(b, &q, 0, n);
        if (q.quirk == WORLD_DNS_SPOOF)
            sandbox_forge(b, out, n, &from);
        if (n)
            sendto(b->udp, out, n, 0, (struct sockaddr *)&from, len);
    }
}

static void talk_end(struct talk *t)
{
    if (t->tls)
        sandbox_tls_end(t->tls);
    close(t->fd);
    free(t);
}

/* Give a turn to those whose socket or timer moved, and remove those that are gone. */
static void sandbox_turns(struct sandbox *b, const struct pollfd *p, uint64_t now)
{
    unsigned kept = 0, n = b->talks;
    for (unsigned i = 0; i < n; i++) {
        struct talk *t = b->talk[i];
        if (p[i].revents || now >= t->end || (t->wake && now >= t->wake))
            talk_turn(b, t, now);
        if (p[i].revents & (POLLERR | POLLHUP | POLLNVAL))
            t->state = TALK_GONE;
        if (t->state == TALK_GONE)
            talk_end(t);
        else
            b->talk[kept++] = t;
    }
    b->talks = kept;
}

/* How long poll may sleep: until the next timer. */
static uint64_t sandbox_next(const struct sandbox *b, uint64_t until)
{
    for (unsigned i = 0; i < b->talks; i++) {
        const struct talk *t = b->talk[i];
        if (t->wake && t->wake < until)
            until = t->wake;
        if (t->end < until)
            until = t->end;
    }
    return until;
}

static void sandbox_loop(struct sandbox *b, const sigset_t *mask)
{
    static struct pollfd p[TALKS_MAX + LISTENERS_MAX + 1];
    uint64_t now = b->began, stop = b->set.for_ms ? now + b->set.for_ms : QUOTH_NEVER;
    while (!sandbox_told && now < stop) {
        unsigned talks = b->talks, at = talks;
        uint64_t next = sandbox_next(b, stop);
        uint64_t ms = next <= now ? 0 : next == QUOTH_NEVER ? 3600000 : next - now;
        struct timespec wait = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
        for (unsigned i = 0; i < talks; i++)
            p[i] = (struct pollfd) {b->talk[i]->fd, b->talk[i]->want, 0};
        p[at++] = (struct pollfd) {b->udp, POLLIN, 0};
        for (unsigned i = 0; i < b->listeners; i++)
            p[at++] = (struct pollfd) {b->listener[i], talks < TALKS_MAX ? POLLIN : 0, 0};
        if (ppoll(p, at, &wait, mask) < 0)
            continue;
        now = sandbox_now();
        sandbox_turns(b, p, now);
        if (p[talks].revents)
            sandbox_datagrams(b);
        for (unsigned i = 0; i < b->listeners; i++)
            if (p[talks + 1 + i].revents)
                sandbox_accept(b, i, now);
    }
    for (unsigned i = 0; i < b->talks; i++)
        talk_end(b->talk[i]);
}

/* ---- options ------------------------------------------------------------ */

static const char sandbox_help[] =
    "quoth sandbox [options] - a DNS server and SMTP servers on loopback whose\n"
    "mailboxes give every outcome.\n\n"
    "Prints the table of addresses, then serves until it is stopped. Ask it with:\n\n"
    "  quoth --sandbox ADDRESS\n\n"
    "  --port N       one port for all of its addresses (2525; 0: any free one)\n"
    "  --net A.B.C    where its addresses begin (127.0.25); DNS is at A.B.C.53\n"
    "  --grey S       seconds until a greylisted mailbox accepts (300)\n"
    "  --for S        end after so many seconds\n"
    "  --list         print the table and end\n"
    "  --ca FILE      write the certificate that its web servers' are issued by, for\n"
    "                 quoth domain --ca-file\n"
    "  --format F     of the table: text, tsv or json (one object a line)\n"
    "  --quiet        do not print the table\n"
    "  --log          print every question and command to standard error\n"
    "  --help         this text\n\n"
    "Exit code: 0; 1 when a client did what a verifier must never do; 64 a bad\n"
    "option; 69 an address or port that cannot be had; 73 a file that cannot be made.\n";

static int sandbox_bad(const char *option, const char *value, const char *wanted)
{
    fprintf(stderr, "quoth sandbox: %s: \"%s\" is not %s\n", option, value, wanted);
    return APP_EXIT_USAGE;
}

static int sandbox_number(const char *text, unsigned long max, unsigned long *n)
{
    uint32_t number;
    size_t digits = app_number(text, &number);
    *n = number;
    return digits && !text[digits] && number <= max;
}

static int sandbox_net(struct sandbox_set *set, const char *text)
{
    char with[32];
    struct quoth_ip a;
    int n = snprintf(with, sizeof with, "%s.0", text);
    if (n >= (int)sizeof with || quoth_ip_parse(&a, with, (size_t)n) != QUOTH_OK || a.len != 4)
        return 0;
    memcpy(set->net, a.b, 3);
    return 1;
}

static int sandbox_format(struct sandbox_set *set, const char *text)
{
    static const char *const names[] = {
        [SANDBOX_TEXT] = "text", [SANDBOX_TSV] = "tsv", [SANDBOX_JSON] = "json"};
    for (uint8_t i = 0; i < 3; i++)
        if (!strcmp(text, names[i])) {
            set->format = i;
            return 1;
        }
    return 0;
}

/* One option with its value. 0, or an exit code. */
static int sandbox_option(struct sandbox_set *set, int option, const char *value)
{
    unsigned long n = 0;
    switch (option) {
    case 'p':
        if (!sandbox_number(value, 65535, &n))
            return sandbox_bad("--port", value, "a port");
        break;
    case 'g':
        if (!sandbox_number(value, 1000000, &n))
            return sandbox_bad("--grey", value, "seconds");
        break;
    case 't':
        if (!sandbox_number(value, 1000000, &n))
            return sandbox_bad("--for", value, "seconds");
        break;
    case 'n':
        if (!sandbox_net(set, value))
            return sandbox_bad("--net", value, "three numbers like 127.0.25");
        break;
    case 'c': set->ca = value; break;
    case 'f':
        if (!sandbox_format(set, value))
            return sandbox_bad("--format", value, "text, tsv or json");
        break;
    default: break;
    }
    switch (option) {
    case 'p': set->port = (uint16_t)n; break;
    case 'g': set->grey_ms = n * 1000; break;
    case 't': set->for_ms = n * 1000; break;
    case 'l': set->list = 1; break;
    case 'q': set->quiet = 1; break;
    case 'v': set->log = 1; break;
    default: break;
    }
    return 0;
}

/* The letter of an option, for sandbox_option(). 0: there is no option of that name. */
static int sandbox_letter(const char *name, size_t n)
{
    static const char names[] =
        "p--port\0n--net\0g--grey\0t--for\0c--ca\0f--format\0l--list\0q--quiet\0v--log\0"
        "h--help\0h-h\0";
    const char *p = names;
    while (*p && (strlen(p + 1) != n || memcmp(p + 1, name, n)))
        p += strlen(p) + 1;
    return *p;
}

/* 0, an exit code, or -1: help was asked for. */
static int sandbox_options(struct sandbox_set *set, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *equals = strchr(name, '='),
                   *value = equals ? equals + 1 : NULL;
        int option = sandbox_letter(name, equals ? (size_t)(equals - name) : strlen(name)), err;
        int takes = option && strchr("pngtcf", option), bad = !option || (value && !takes);
        if (*name != '-') {
            fprintf(stderr,
                    "quoth sandbox: %s: takes no arguments; ask it with: quoth --sandbox ADDRESS\n",
                    name);
            return APP_EXIT_USAGE;
        }
        if (takes && !value && ++i < argc)
            value = argv[i];
        if (bad || (takes && !value)) {
            fprintf(stderr, "quoth sandbox: %s: %s (see quoth sandbox --help)\n", name,
                    bad ? "no such option" : "needs a value");
            return APP_EXIT_USAGE;
        }
        if (option == 'h')
            return -1;
        err = sandbox_option(set, option, value);
        if (err)
            return err;
    }
    return 0;
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

int cli_sandbox(int argc, char **argv)
{
    static struct sandbox b; /* static because it is large; it takes no room in the file */
    sigset_t mask;
    int err;
    world_open();
    b.udp = -1;
    b.set.port = APP_SANDBOX_PORT;
    b.set.grey_ms = 300000;
    sandbox_net(&b.set, SANDBOX_NET);
    err = sandbox_options(&b.set, argc, argv);
    if (err < 0)
        fputs(sandbox_help, stdout);
    if (err < 0 || (!err && b.set.list)) {
        if (!err)
            sandbox_list(&b.set);
        return fflush(stdout) ? APP_EXIT_INTERNAL : 0;
    }
    if (err)
        return err;
    if (sandbox_tls_open()) {
        fputs("quoth sandbox: cannot make a key for TLS\n", stderr);
        return APP_EXIT_INTERNAL;
    }
    if (b.set.ca && sandbox_tls_ca(b.set.ca)) {
        fprintf(stderr, "quoth sandbox: --ca: %s: %s\n", b.set.ca,
                errno ? strerror(errno) : "no certificate can be made");
        return EXIT_CANNOT_CREATE;
    }
    sandbox_signals(&mask);
    err = sandbox_open(&b);
    if (!err) {
        b.began = sandbox_now();
        sandbox_ready(&b.set);
        sandbox_loop(&b, &mask);
        sandbox_unlisten(&b);
    }
    sandbox_tls_close();
    if (b.offences)
        fprintf(stderr, "quoth sandbox: offences by clients: %u\n", b.offences);
    return err ? err : b.offences ? EXIT_OFFENCE : 0;
}
