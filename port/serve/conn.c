/* conn.c - listeners and clients: accepted, read, written, timed, let go.
 *
 *   accept --> reading <--> busy (an answer is owed) --> ... --> closing 1: all is written
 *                 |                                                  |
 *                 '--> gone <-- broke, or drained <-- closing 2: its end is awaited, 64 KB, 1 s
 *
 * A connection is closed in three steps, for a close with unread bytes would send a reset, which
 * takes the answer away again. What is gone is freed at the end of the turn.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "conn.h"
#include "posix.h"

enum { CONN_ACCEPTS = 16, CONN_DRAIN = 65536, CONN_DRAIN_MS = 1000, CONN_STALL_MS = 30000 };

/* ---- a client ------------------------------------------------------------- */

static uint32_t conn_number(const struct client *c)
{
    return c->s->numbers + SERVE_LISTENERS + c->place;
}

static void conn_gone(struct client *c)
{
    struct serve *s = c->s;

    if (c->gone)
        return;
    c->gone = 1;
    check_leave(c);
    quoth_due_drop(&s->due, c->place);
    (void)quoth_loop_watch(s->loop, c->fd, conn_number(c), 0);
    close(c->fd);
    c->next = s->grave;
    s->grave = c;
}

static void conn_bury(struct serve *s)
{
    while (s->grave) {
        struct client *c = s->grave;
        s->grave = c->next;
        s->client[c->place] = NULL;
        s->clients--;
        if (c->protocol->gone)
            c->protocol->gone(c);
        free(c->out.text);
        free(c);
    }
    if (s->clients < s->limits.clients)
        conn_pause(s, 0);
}

size_t client_waiting(const struct client *c) { return c->out.n - c->sent; }

/* Have the loop watch what it can bring forward. */
static void conn_watch(struct client *c)
{
    const int reads = c->closing == 2 || (!c->closing && !c->ended && c->in_n < CLIENT_IN);
    const unsigned want = (reads ? (unsigned)QUOTH_LOOP_READ : 0) |
                          (client_waiting(c) || c->pulls ? (unsigned)QUOTH_LOOP_WRITE : 0);

    if (c->gone || want == c->interest)
        return;
    if (quoth_loop_watch(c->s->loop, c->fd, conn_number(c), want))
        conn_gone(c);
    else
        c->interest = (uint8_t)want;
}

/* Have the heap wake us. A time that is put off, as with each request, leaves it alone: conn_late()
 * sees that it was too early. */
static void conn_arm(struct client *c)
{
    c->armed = c->until;
    if (quoth_due_set(&c->s->due, c->place, c->until) < 0)
        conn_gone(c);
}

void client_due(struct client *c, uint32_t ms)
{
    if (c->gone)
        return;
    c->until = ms ? c->s->now + ms : QUOTH_NEVER;
    if (c->until < c->armed)
        conn_arm(c);
}

/* Something is to be done for it at the end of the turn. */
static void conn_dirty(struct client *c)
{
    if (c->dirty || c->gone)
        return;
    c->dirty = 1;
    c->dirty_next = c->s->dirty;
    c->s->dirty = c;
}

void client_put(struct client *c, const void *p, size_t n)
{
    if (c->gone || c->closing)
        return;
    app_stream_put(&c->out, p, n);
    conn_dirty(c);
}

void client_text(struct client *c, const char *text) { client_put(c, text, strlen(text)); }

void client_take(struct client *c, size_t n)
{
    memmove(c->in, c->in + n, c->in_n - n);
    c->in_n -= n;
}

void client_close(struct client *c)
{
    if (!c->closing) {
        c->closing = 1;
        client_due(c, CONN_STALL_MS); /* not what was due for an answer that is here now */
    }
    check_leave(c);
    conn_dirty(c);
}

void client_free(struct client *c)
{
    c->busy = 0;
    conn_dirty(c);
}

/* All is written: no more of it. */
static void conn_shut(struct client *c)
{
    if (c->ended || shutdown(c->fd, SHUT_WR)) {
        conn_gone(c);
        return;
    }
    c->closing = 2;
    c->in_n = 0;
    client_due(c, CONN_DRAIN_MS);
}

/* Who waits for events, or was sent much, keeps no memory for what is sent next. */
static void conn_spare(struct client *c)
{
    if (c->out.full || (c->out.cap <= CLIENT_OUT && (!c->busy || c->pulls)))
        return;
    free(c->out.text);
    c->out = (struct app_stream) {0};
}

static void conn_send(struct client *c)
{
    while (!c->gone && client_waiting(c)) {
        const ssize_t n = send(c->fd, c->out.text + c->sent, client_waiting(c), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n < 0)
            conn_gone(c);
        else
            c->sent += (size_t)n;
    }
    if (!c->gone && !client_waiting(c)) {
        c->out.n = c->sent = 0;
        conn_spare(c);
    }
}

/* What a client pulls comes a piece a turn, so that a fast one does not keep the others waiting. */
static void conn_pull(struct client *c)
{
    if (!c->pulls || c->gone || client_waiting(c) || c->pulled == c->s->turns)
        return;
    c->pulled = c->s->turns;
    c->protocol->room(c);
    conn_send(c);
}

static void conn_flush(struct client *c)
{
    conn_send(c);
    conn_pull(c);
    if (c->gone)
        return;
    if (c->out.full) { /* an answer without its end is none */
        conn_gone(c);
        return;
    }
    if (!client_waiting(c)) {
        if (c->closing == 1)
            conn_shut(c);
    } else if (c->closing) {
        client_due(c, CONN_STALL_MS);
    }
    conn_watch(c);
}

static void conn_drain(struct client *c, ssize_t n)
{
    c->drained += n > 0 ? (uint32_t)n : 0;
    c->in_n = 0;
    if (n == 0 || c->drained > CONN_DRAIN)
        conn_gone(c);
}

/* 1: there may be more. */
static int conn_read(struct client *c)
{
    const size_t room = CLIENT_IN - c->in_n;
    ssize_t n;

    if (c->ended || !room)
        return 0;
    do
        n = recv(c->fd, c->in + c->in_n, room, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (n < 0) {
        conn_gone(c);
        return 0;
    }
    if (c->closing) {
        conn_drain(c, n);
        return 0;
    }
    c->ended = n == 0;
    c->in_n += (size_t)n;
    return 1;
}

static void conn_go(struct client *c)
{
    if (!c->gone && !c->busy && !c->closing)
        c->protocol->bytes(c);
    conn_flush(c);
}

static void conn_moved(struct client *c)
{
    if (conn_read(c))
        conn_go(c);
    else
        conn_flush(c);
}

/* Who was put something, or is no longer busy, by whatever happened in this turn. */
void conn_settle(struct serve *s)
{
    while (s->dirty) {
        struct client *c = s->dirty;
        s->dirty = c->dirty_next;
        c->dirty = 0;
        conn_go(c);
    }
    conn_bury(s);
}

void conn_late(struct serve *s)
{
    uint32_t place;

    while (quoth_due_next(&s->due, &place) <= s->now) {
        struct client *c = s->client[place];
        quoth_due_drop(&s->due, place);
        c->armed = QUOTH_NEVER;
        if (c->until > s->now) {
            if (c->until != QUOTH_NEVER)
                conn_arm(c);
        } else if (c->closing) {
            conn_gone(c);
        } else {
            c->protocol->late(c);
            conn_dirty(c);
        }
    }
}

/* ---- listeners -------------------------------------------------------------- */

void conn_pause(struct serve *s, int pause)
{
    for (unsigned i = 0; i < s->listeners; i++) {
        struct listener *l = &s->listener[i];
        if (l->fd < 0 || l->paused == pause)
            continue;
        if (!quoth_loop_watch(s->loop, l->fd, s->numbers + i, pause ? 0 : QUOTH_LOOP_READ))
            l->paused = (uint8_t)pause;
    }
}

int client_is_proxy(const struct serve *s, const struct quoth_ip *ip)
{
    for (unsigned i = 0; ip->len && i < s->proxies; i++)
        if (quoth_cidr_holds(&s->proxy[i], ip))
            return 1;
    return !ip->len && s->proxy_local;
}

static unsigned conn_same(const struct serve *s, const struct quoth_ip *ip)
{
    unsigned n = 0;

    for (uint32_t i = 0; ip->len && i < s->limits.clients; i++)
        n += s->client[i] && !s->client[i]->gone && s->client[i]->ip.len == ip->len &&
             !memcmp(s->client[i]->ip.b, ip->b, ip->len);
    return n;
}

static void conn_add(struct serve *s, const struct listener *l, int fd, const struct quoth_ip *ip)
{
    struct client *c = calloc(1, l->protocol->size + CLIENT_IN);
    uint32_t place = 0;

    if (!c || quoth_posix_tame(fd) ||
        (!client_is_proxy(s, ip) && conn_same(s, ip) >= s->limits.clients_each)) {
        s->count.turned_away++;
        free(c);
        close(fd);
        return;
    }
    while (s->client[place])
        place++;
    c->s = s;
    c->protocol = l->protocol;
    c->fd = fd;
    c->place = place;
    c->in = (char *)c + l->protocol->size;
    c->ip = c->from = *ip;
    c->until = c->armed = QUOTH_NEVER;
    s->client[place] = c;
    s->clients++;
    s->count.accepted++;
    client_due(c, s->limits.idle_ms);
    if (ip->len)
        quoth_posix_no_delay(fd);
    conn_watch(c);
}

static void conn_ip(const struct sockaddr_storage *from, struct quoth_ip *ip)
{
    ip->len = 0;
    if (from->ss_family == AF_INET) {
        ip->len = 4;
        memcpy(ip->b, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    } else if (from->ss_family == AF_INET6) {
        ip->len = 16;
        memcpy(ip->b, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    }
}

/* No descriptor is left: the one kept for this ends the connection, or it would stay ready. */
static void conn_full(struct serve *s, int listener)
{
    close(s->spare);
    const int fd = accept(listener, NULL, NULL);
    if (fd >= 0)
        close(fd);
    s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    s->count.turned_away++;
}

static void conn_accept(struct serve *s, const struct listener *l)
{
    for (unsigned i = 0; i < CONN_ACCEPTS && s->clients < s->limits.clients; i++) {
        struct sockaddr_storage from = {0};
        socklen_t n = sizeof from;
        struct quoth_ip ip;
        const int fd = accept(l->fd, (struct sockaddr *)&from, &n);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE))
            conn_full(s, l->fd);
        if (fd < 0)
            return;
        conn_ip(&from, &ip);
        conn_add(s, l, fd, &ip);
    }
    if (s->clients >= s->limits.clients)
        conn_pause(s, 1);
}

void conn_told(struct serve *s, const uint32_t *moved, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const uint32_t number = moved[i] - s->numbers;
        if (number < s->listeners)
            conn_accept(s, &s->listener[number]);
        else if (number >= SERVE_LISTENERS && number < SERVE_LISTENERS + s->limits.clients &&
                 s->client[number - SERVE_LISTENERS] && !s->client[number - SERVE_LISTENERS]->gone)
            conn_moved(s->client[number - SERVE_LISTENERS]);
    }
}

/* ---- opening a listener ------------------------------------------------------- */

static int listen_unix(struct serve *s, struct listener *l, const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct stat st;

    if (strlen(path) >= sizeof name.sun_path)
        return app_say(APP_EXIT_USAGE, path, "a path of a socket has at most 107 bytes");
    strcpy(name.sun_path, path);
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path); /* of an earlier run */
    l->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (l->fd < 0 || bind(l->fd, (const struct sockaddr *)&name, sizeof name))
        return app_say_error(APP_EXIT_INTERNAL, path, errno);
    strcpy(l->path, path);
    if (chmod(path, 0660))
        return app_say_error(APP_EXIT_INTERNAL, path, errno);
    l->local = 1;
    return 0;
}

static int listen_is_loopback(const struct quoth_ip *ip)
{
    static const uint8_t six[16] = {[15] = 1};

    return ip->len == 4 ? ip->b[0] == 127 : !memcmp(ip->b, six, 16);
}

/* "127.0.0.1:8025", "[::1]:8025". */
static int listen_peer(const char *where, struct quoth_peer *peer)
{
    const char *colon = strrchr(where, ':');
    size_t n = colon ? (size_t)(colon - where) : 0;
    uint32_t port;

    if (!n || !app_number(colon + 1, &port) || port > 65535 ||
        colon[1 + app_number(colon + 1, &port)])
        return -1;
    if (where[0] == '[' && where[n - 1] == ']') {
        where++;
        n -= 2;
    }
    peer->port = (uint16_t)port;
    return quoth_ip_parse(&peer->ip, where, n);
}

static int listen_ip(struct serve *s, struct listener *l, const char *where)
{
    struct sockaddr_in six_or_four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct quoth_peer peer;
    int on = 1, rc;

    if (listen_peer(where, &peer))
        return app_say(APP_EXIT_USAGE, where,
                       "where to listen is ADDRESS:PORT, [V6]:PORT or unix:PATH");
    if (!listen_is_loopback(&peer.ip) && !s->token_file)
        return app_say(APP_EXIT_USAGE, where,
                       "not a loopback address: others could use it, so it wants --token-file");
    l->fd = quoth_posix_socket(&peer.ip, SOCK_STREAM);
    if (l->fd < 0)
        return app_say_error(APP_EXIT_INTERNAL, where, errno);
    (void)setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    six.sin6_port = six_or_four.sin_port = htons(peer.port);
    if (peer.ip.len == 4) {
        memcpy(&six_or_four.sin_addr, peer.ip.b, 4);
        rc = bind(l->fd, (const struct sockaddr *)&six_or_four, sizeof six_or_four);
    } else {
        memcpy(&six.sin6_addr, peer.ip.b, 16);
        rc = bind(l->fd, (const struct sockaddr *)&six, sizeof six);
    }
    return rc ? app_say_error(APP_EXIT_INTERNAL, where, errno) : 0;
}

static struct listener *listen_add(struct serve *s, const struct protocol *protocol)
{
    struct listener *l = &s->listener[s->listeners];

    if (s->listeners == SERVE_LISTENERS)
        return NULL;
    *l = (struct listener) {.fd = -1, .protocol = protocol, .paused = 1};
    s->listeners++;
    return l;
}

static int listen_too_many(const char *where)
{
    return app_say(APP_EXIT_USAGE, where, "there are at most 8 places to listen at");
}

int serve_listen(struct serve *s, const char *where, const struct protocol *protocol)
{
    struct listener *l = listen_add(s, protocol);
    int rc;

    if (!l)
        return listen_too_many(where);
    rc = strncmp(where, "unix:", 5) ? listen_ip(s, l, where) : listen_unix(s, l, where + 5);
    if (rc)
        return rc;
    if (quoth_posix_tame(l->fd) || listen(l->fd, 128))
        return app_say_error(APP_EXIT_INTERNAL, where, errno);
    return 0;
}

int serve_listen_on(struct serve *s, int fd, const struct protocol *protocol)
{
    struct listener *l = listen_add(s, protocol);
    struct sockaddr_storage name = {0};
    socklen_t n = sizeof name;
    struct quoth_ip ip;

    if (!l)
        return listen_too_many("the service manager");
    if (getsockname(fd, (struct sockaddr *)&name, &n) || quoth_posix_tame(fd))
        return app_say(APP_EXIT_USAGE, "LISTEN_FDS", "names what is no socket");
    conn_ip(&name, &ip);
    if (ip.len && !listen_is_loopback(&ip) && !s->token_file)
        return app_say(APP_EXIT_USAGE, "LISTEN_FDS",
                       "not a loopback address: others could use it, so it wants --token-file");
    l->fd = fd;
    l->local = !ip.len;
    return 0;
}

void conn_end_listening(struct serve *s)
{
    conn_pause(s, 1);
    for (unsigned i = 0; i < s->listeners; i++) {
        if (s->listener[i].fd >= 0)
            close(s->listener[i].fd);
        s->listener[i].fd = -1;
        if (*s->listener[i].path)
            unlink(s->listener[i].path);
        s->listener[i].path[0] = '\0';
    }
}

void conn_idle_end(struct serve *s)
{
    for (uint32_t i = 0; i < s->limits.clients; i++)
        if (s->client[i] && !s->client[i]->gone && !s->client[i]->busy)
            client_close(s->client[i]);
}

void conn_end(struct serve *s)
{
    conn_end_listening(s);
    for (uint32_t i = 0; s->client && i < s->limits.clients; i++)
        if (s->client[i])
            conn_gone(s->client[i]);
    s->dirty = NULL;
    conn_bury(s);
    quoth_due_free(&s->due);
    free(s->client);
}
