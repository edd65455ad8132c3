/* conn.c - listeners and clients: accepted, read, written, timed, let go.
 *
 * When all places are taken, a newcomer gets that of whoever has waited longest without a request
 * under way, be it a slow head or a connection that is kept: heads that never end lock nobody out.
 * Who says no more is answered, but over TCP that may be somebody who hung up: nobody can tell, so
 * that place is given away as well.
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
#include <poll.h>
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

static uint32_t conn_number(const struct client *client)
{
    return client->s->numbers + SERVE_LISTENERS + client->place;
}

void client_gone(struct client *client)
{
    struct serve *serve = client->s;

    if (client->gone)
        return;
    client->gone = 1;
    check_leave(client);
    quoth_due_drop(&serve->due, client->place);
    (void)quoth_loop_watch(serve->loop, client->fd, conn_number(client), 0);
    close(client->fd);
    client->next = serve->grave;
    serve->grave = client;
}

/* Frees the one that went last. */
static void conn_bury_one(struct serve *serve)
{
    struct client *client = serve->grave;

    serve->grave = client->next;
    serve->client[client->place] = NULL;
    serve->clients--;
    if (client->protocol->gone)
        client->protocol->gone(client);
    free(client->out.text);
    free(client);
}

/* Maybe nobody is there to read the answer that is owed. */
static int conn_may_be_left(const struct client *client)
{
    return client->busy && client->ended && client->ip.len && !client->pulls;
}

/* Who has waited longest without a request under way, or may be gone; NULL: all places are free or
 * at work. `of`: only one of that address, who may be gone. */
static struct client *conn_idlest(const struct serve *serve, const struct quoth_ip *of)
{
    struct client *idlest = NULL;

    for (uint32_t i = 0; i < serve->limits.clients; i++) {
        struct client *client = serve->client[i];
        if (!client || client->gone || client->closing || client->dirty ||
            (idlest && client->put >= idlest->put))
            continue;
        if (conn_may_be_left(client) ? !of || app_ip_same(&client->ip, of)
                                     : !of && !client->busy && !client->begun)
            idlest = client;
    }
    return idlest;
}

static void conn_bury(struct serve *serve)
{
    while (serve->grave)
        conn_bury_one(serve);
    if (serve->clients < serve->limits.clients || conn_idlest(serve, NULL))
        conn_pause(serve, 0);
}

size_t client_waiting(const struct client *client) { return client->out.n - client->sent; }

unsigned client_still(struct client *client)
{
    const size_t unread = client->ip.len ? quoth_posix_unread(client->fd) : 0;
    const uint64_t taken = client->sent_all - unread;

    client->still =
        taken > client->taken || !(unread + client_waiting(client)) ? 0 : client->still + 1;
    client->taken = taken;
    return client->still;
}

int client_may_ask(const struct client *client)
{
    return !client->busy && !client->closing && !client->gone &&
           client_waiting(client) <= CLIENT_OUT;
}

/* Have the loop watch what it can bring forward. */
static void conn_watch(struct client *client)
{
    const int held = client->held && !client->closing;
    const int reads = client->closing == 2 ||
                      (!client->closing && !client->ended && !held && client->in_n < CLIENT_IN);
    const int writes = client_waiting(client) || client->pulls || held;
    const unsigned want =
        (reads ? (unsigned)QUOTH_LOOP_READ : 0) | (writes ? (unsigned)QUOTH_LOOP_WRITE : 0);

    if (client->gone || want == client->interest)
        return;
    if (quoth_loop_watch(client->s->loop, client->fd, conn_number(client), want))
        client_gone(client);
    else
        client->interest = (uint8_t)want;
}

/* Have the heap wake us. A time that is put off, as with each request, leaves it alone: conn_late()
 * sees that it was too early. */
static void conn_arm(struct client *client)
{
    client->armed = client->until;
    if (quoth_due_set(&client->s->due, client->place, client->until) < 0)
        client_gone(client);
}

void client_due(struct client *client, uint32_t ms)
{
    if (client->gone)
        return;
    client->until = ms ? client->s->now + ms : QUOTH_NEVER;
    if (client->until < client->armed)
        conn_arm(client);
}

/* Something is to be done for it at the end of the turn. */
static void conn_dirty(struct client *client)
{
    if (client->dirty || client->gone)
        return;
    client->dirty = 1;
    client->dirty_next = client->s->dirty;
    client->s->dirty = client;
}

void client_put(struct client *client, const void *p, size_t n)
{
    if (client->gone || client->closing)
        return;
    app_stream_put(&client->out, p, n);
    client->put = client->s->turns;
    conn_dirty(client);
}

void client_text(struct client *client, const char *text)
{
    client_put(client, text, strlen(text));
}

void client_take(struct client *client, size_t n)
{
    client->in_n -= n;
    if (n && client->in_n)
        memmove(client->in, client->in + n, client->in_n);
}

void client_close(struct client *client)
{
    if (!client->closing) {
        client->closing = 1;
        client_due(client, CONN_STALL_MS); /* not what was due for an answer that is here now */
    }
    check_leave(client);
    conn_dirty(client);
}

void client_free(struct client *client)
{
    client->busy = 0;
    conn_dirty(client);
}

/* All is written: no more of it. */
static void conn_shut(struct client *client)
{
    if (client->ended || shutdown(client->fd, SHUT_WR)) {
        client_gone(client);
        return;
    }
    client->closing = 2;
    client->in_n = 0;
    client_due(client, CONN_DRAIN_MS);
}

/* Who waits for events, or was sent much, keeps no memory for what is sent next. */
static void conn_spare(struct client *client)
{
    if (client->out.full || (client->out.cap <= CLIENT_OUT && (!client->busy || client->pulls)))
        return;
    free(client->out.text);
    client->out = (struct app_stream) {0};
}

static void conn_send(struct client *client)
{
    while (!client->gone && client_waiting(client)) {
        const ssize_t n =
            send(client->fd, client->out.text + client->sent, client_waiting(client), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n < 0) {
            client_gone(client);
            break;
        }
        client->sent += (size_t)n;
        client->sent_all += (size_t)n;
    }
    if (!client->gone && !client_waiting(client)) {
        client->out.n = client->sent = 0;
        conn_spare(client);
    }
}

/* What a client pulls comes a piece a turn, so that a fast one does not keep the others waiting. */
static void conn_pull(struct client *client)
{
    if (!client->pulls || client->gone || client_waiting(client) ||
        client->pulled == client->s->turns)
        return;
    client->pulled = client->s->turns;
    client->protocol->room(client);
    conn_send(client);
}

static void conn_flush(struct client *client)
{
    conn_send(client);
    conn_pull(client);
    if (client->gone)
        return;
    if (client->out.full) { /* an answer without its end is none */
        client_gone(client);
        return;
    }
    if (!client_waiting(client)) {
        if (client->closing == 1)
            conn_shut(client);
    } else if (client->closing) {
        client_due(client, CONN_STALL_MS);
    }
    conn_watch(client);
}

static void conn_drain(struct client *client, ssize_t n)
{
    client->drained += n > 0 ? (uint32_t)n : 0;
    client->in_n = 0;
    if (n == 0 || client->drained > CONN_DRAIN)
        client_gone(client);
}

static void conn_read(struct client *client)
{
    const size_t room = CLIENT_IN - client->in_n;
    ssize_t n;

    if (client->ended || !room)
        return;
    do
        n = recv(client->fd, client->in + client->in_n, room, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (n < 0) {
        client_gone(client);
        return;
    }
    if (client->closing) {
        conn_drain(client, n);
        return;
    }
    client->ended = n == 0;
    client->in_n += (size_t)n;
}

/* Nobody is there to read the answer that is owed. A Unix socket tells so; TCP after a reset. */
static int conn_hung_up(const struct client *client)
{
    struct pollfd socket = {.fd = client->fd};

    return client->ended && client->busy && !client->pulls && poll(&socket, 1, 0) > 0 &&
           (socket.revents & (POLLHUP | POLLERR));
}

static void conn_go(struct client *client)
{
    if (client_may_ask(client))
        client->protocol->bytes(client);
    client->held = !client->busy && client_waiting(client) > CLIENT_OUT;
}

static void conn_moved(struct client *client)
{
    conn_read(client);
    if (!client->gone && conn_hung_up(client))
        client_gone(client);
    conn_dirty(client);
}

/* Who sent or was put something, or is no longer busy. All are answered before anything is sent:
 * one kind of work after the other keeps what the processor has at hand. */
static void conn_answer(struct serve *serve)
{
    while (serve->dirty) {
        struct client *all = serve->dirty;
        serve->dirty = NULL; /* from here on: those for the next round */
        for (struct client *client = all; client; client = client->dirty_next)
            conn_go(client);
        for (struct client *client = all, *next; client; client = next) {
            next = client->dirty_next;
            client->dirty = 0;
            conn_flush(client);
        }
    }
}

void conn_settle(struct serve *serve)
{
    conn_answer(serve);
    conn_bury(serve);
}

void conn_late(struct serve *serve)
{
    uint32_t place;

    while (quoth_due_next(&serve->due, &place) <= serve->now) {
        struct client *client = serve->client[place];
        quoth_due_drop(&serve->due, place);
        client->armed = QUOTH_NEVER;
        if (client->until > serve->now) {
            if (client->until != QUOTH_NEVER)
                conn_arm(client);
        } else if (client->closing) {
            client_gone(client);
        } else {
            client->protocol->late(client);
            conn_dirty(client);
        }
    }
}

/* ---- listeners -------------------------------------------------------------- */

void conn_pause(struct serve *serve, int pause)
{
    for (unsigned i = 0; i < serve->listeners; i++) {
        struct listener *listener = &serve->listener[i];
        if (listener->fd < 0 || listener->paused == pause)
            continue;
        if (!quoth_loop_watch(serve->loop, listener->fd, serve->numbers + i,
                              pause ? 0 : QUOTH_LOOP_READ))
            listener->paused = (uint8_t)pause;
    }
}

int client_is_proxy(const struct serve *serve, const struct quoth_ip *ip)
{
    for (unsigned i = 0; ip->len && i < serve->proxies; i++)
        if (quoth_cidr_holds(&serve->proxy[i], ip))
            return 1;
    return !ip->len && serve->proxy_local;
}

static unsigned conn_same(const struct serve *serve, const struct quoth_ip *ip)
{
    unsigned n = 0;

    for (uint32_t i = 0; ip->len && i < serve->limits.clients; i++)
        n += serve->client[i] && !serve->client[i]->gone && app_ip_same(&serve->client[i]->ip, ip);
    return n;
}

static void conn_give_up(struct serve *serve, struct client *client)
{
    client_gone(client);
    conn_bury_one(serve);
}

/* 1: its address may have another connection. */
static int conn_may_come(struct serve *serve, const struct quoth_ip *ip)
{
    struct client *left;

    if (client_is_proxy(serve, ip) || conn_same(serve, ip) < serve->limits.clients_each)
        return 1;
    left = conn_idlest(serve, ip);
    if (left)
        conn_give_up(serve, left);
    return left != NULL;
}

static void conn_add(struct serve *serve, const struct listener *listener, int fd,
                     const struct quoth_ip *ip)
{
    struct client *client = calloc(1, listener->protocol->size + CLIENT_IN);
    uint32_t place = 0;

    if (!client || quoth_posix_tame(fd) || !conn_may_come(serve, ip)) {
        serve->count.turned_away++;
        free(client);
        close(fd);
        return;
    }
    while (serve->client[place])
        place++;
    client->s = serve;
    client->protocol = listener->protocol;
    client->fd = fd;
    client->place = place;
    client->in = (char *)client + listener->protocol->size;
    client->ip = client->from = *ip;
    client->until = client->armed = QUOTH_NEVER;
    client->put = serve->turns;
    serve->client[place] = client;
    serve->clients++;
    serve->count.accepted++;
    client_due(client, serve->limits.idle_ms);
    if (ip->len)
        quoth_posix_no_delay(fd);
    conn_watch(client);
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

/* Whoever waits longest gives way to a newcomer. 0: nobody does. One that came in this turn or the
 * last may have sent what was not read yet: it keeps its place. */
static int conn_make_way(struct serve *serve)
{
    struct client *idlest = conn_idlest(serve, NULL);

    if (!idlest || idlest->put + 1 >= serve->turns)
        return 0;
    serve->count.turned_away++;
    conn_give_up(serve, idlest);
    return 1;
}

int conn_fit(struct serve *serve, uint32_t most)
{
    while (serve->clients > most && conn_make_way(serve))
        ;
    return serve->clients > most;
}

/* No descriptor is left. Where nobody gives way the one kept for this ends the connection, or it
 * would stay ready. */
static void conn_full(struct serve *serve, int listener)
{
    serve->fitted = 0; /* maybe there are fewer than there were */
    if (conn_make_way(serve))
        return;
    close(serve->spare);
    const int fd = accept(listener, NULL, NULL);
    if (fd >= 0)
        close(fd);
    serve->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    serve->count.turned_away++;
}

/* 1: there is a place. */
static int conn_place(struct serve *serve)
{
    if (serve->clients < serve->limits.clients)
        return 1;
    if (!conn_idlest(serve, NULL))
        conn_pause(serve, 1);
    return conn_make_way(serve);
}

static void conn_accept(struct serve *serve, const struct listener *listener)
{
    for (unsigned i = 0; i < CONN_ACCEPTS && (i == 0 || serve->clients < serve->limits.clients);
         i++) {
        struct sockaddr_storage from = {0};
        socklen_t n = sizeof from;
        struct quoth_ip ip;
        if (!conn_place(serve))
            return;
        const int fd = accept(listener->fd, (struct sockaddr *)&from, &n);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE))
            conn_full(serve, listener->fd);
        if (fd < 0)
            return;
        conn_ip(&from, &ip);
        conn_add(serve, listener, fd, &ip);
    }
}

void conn_told(struct serve *serve, const uint32_t *moved, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const uint32_t number = moved[i] - serve->numbers;
        if (number >= SERVE_LISTENERS && number < SERVE_LISTENERS + serve->limits.clients &&
            serve->client[number - SERVE_LISTENERS] &&
            !serve->client[number - SERVE_LISTENERS]->gone)
            conn_moved(serve->client[number - SERVE_LISTENERS]);
    }
    conn_answer(serve);
    for (unsigned i = 0; i < n; i++) { /* newcomers last: a place whose request is here is kept */
        const uint32_t number = moved[i] - serve->numbers;
        if (number < serve->listeners)
            conn_accept(serve, &serve->listener[number]);
    }
}

/* ---- opening a listener ------------------------------------------------------- */

/* Does a server take connections at this path, or is it what an earlier run has left? */
static int listen_is_taken(const struct sockaddr_un *name)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const int taken =
        fd >= 0 && !quoth_posix_tame(fd) &&
        (!connect(fd, (const struct sockaddr *)name, sizeof *name) || errno == EAGAIN);

    if (fd >= 0)
        close(fd);
    return taken;
}

static int listen_unix(struct serve *serve, struct listener *listener, const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct stat st;

    if (strlen(path) >= sizeof name.sun_path)
        return app_say(APP_EXIT_USAGE, path, "a path of a socket has at most 107 bytes");
    strcpy(name.sun_path, path);
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        if (listen_is_taken(&name))
            return app_say_error(APP_EXIT_INTERNAL, path, EADDRINUSE);
        unlink(path);
    }
    listener->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener->fd < 0 || bind(listener->fd, (const struct sockaddr *)&name, sizeof name))
        return app_say_error(APP_EXIT_INTERNAL, path, errno);
    strcpy(listener->path, path);
    if (chmod(path, 0660))
        return app_say_error(APP_EXIT_INTERNAL, path, errno);
    listener->local = 1;
    return 0;
}

static int listen_is_loopback(const struct quoth_ip *ip)
{
    static const uint8_t six[16] = {[15] = 1};

    return ip->len == 4 ? ip->b[0] == 127 : !memcmp(ip->b, six, 16);
}

int serve_peer(const char *where, struct quoth_peer *peer)
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

static int listen_ip(struct serve *serve, struct listener *listener, const char *where)
{
    struct sockaddr_in six_or_four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct quoth_peer peer;
    int on = 1, rc;

    if (serve_peer(where, &peer))
        return app_say(APP_EXIT_USAGE, where,
                       "where to listen is ADDRESS:PORT, [V6]:PORT or unix:PATH");
    if (!listen_is_loopback(&peer.ip) && !serve->token_file)
        return app_say(APP_EXIT_USAGE, where,
                       "not a loopback address: others could use it, so it wants --token-file");
    listener->fd = quoth_posix_socket(&peer.ip, SOCK_STREAM);
    if (listener->fd < 0)
        return app_say_error(APP_EXIT_INTERNAL, where, errno);
    (void)setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    six.sin6_port = six_or_four.sin_port = htons(peer.port);
    if (peer.ip.len == 4) {
        memcpy(&six_or_four.sin_addr, peer.ip.b, 4);
        rc = bind(listener->fd, (const struct sockaddr *)&six_or_four, sizeof six_or_four);
    } else {
        memcpy(&six.sin6_addr, peer.ip.b, 16);
        rc = bind(listener->fd, (const struct sockaddr *)&six, sizeof six);
    }
    return rc ? app_say_error(APP_EXIT_INTERNAL, where, errno) : 0;
}

static struct listener *listen_add(struct serve *serve, const struct protocol *protocol)
{
    struct listener *listener = &serve->listener[serve->listeners];

    if (serve->listeners == SERVE_LISTENERS)
        return NULL;
    *listener = (struct listener) {.fd = -1, .protocol = protocol, .paused = 1};
    serve->listeners++;
    return listener;
}

static int listen_too_many(const char *where)
{
    return app_say(APP_EXIT_USAGE, where, "there are at most 8 places to listen at");
}

int serve_listen(struct serve *serve, const char *where, const struct protocol *protocol)
{
    struct listener *listener = listen_add(serve, protocol);
    int rc;

    if (!listener)
        return listen_too_many(where);
    rc = strncmp(where, "unix:", 5) ? listen_ip(serve, listener, where)
                                    : listen_unix(serve, listener, where + 5);
    if (rc)
        return rc;
    if (quoth_posix_tame(listener->fd) || listen(listener->fd, 128))
        return app_say_error(APP_EXIT_INTERNAL, where, errno);
    return 0;
}

int serve_listen_on(struct serve *serve, int fd, const struct protocol *protocol)
{
    struct listener *listener = listen_add(serve, protocol);
    struct sockaddr_storage name = {0};
    socklen_t n = sizeof name, m = sizeof(int);
    int listens = 0;
    struct quoth_ip ip;

    if (!listener)
        return listen_too_many("LISTEN_FDS");
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &m) || !listens ||
        getsockname(fd, (struct sockaddr *)&name, &n) || quoth_posix_tame(fd))
        return app_say(APP_EXIT_USAGE, "LISTEN_FDS", "names what is no socket that listens");
    conn_ip(&name, &ip);
    if (ip.len && !listen_is_loopback(&ip) && !serve->token_file)
        return app_say(APP_EXIT_USAGE, "LISTEN_FDS",
                       "not a loopback address: others could use it, so it wants --token-file");
    listener->fd = fd;
    listener->local = !ip.len;
    return 0;
}

void conn_end_listening(struct serve *serve)
{
    conn_pause(serve, 1);
    for (unsigned i = 0; i < serve->listeners; i++) {
        if (serve->listener[i].fd >= 0)
            close(serve->listener[i].fd);
        serve->listener[i].fd = -1;
        if (*serve->listener[i].path)
            unlink(serve->listener[i].path);
        serve->listener[i].path[0] = '\0';
    }
}

void conn_idle_end(struct serve *serve)
{
    for (uint32_t i = 0; i < serve->limits.clients; i++)
        if (serve->client[i] && !serve->client[i]->gone && !serve->client[i]->busy)
            client_close(serve->client[i]);
}

void conn_end(struct serve *serve)
{
    conn_end_listening(serve);
    for (uint32_t i = 0; serve->client && i < serve->limits.clients; i++)
        if (serve->client[i])
            client_gone(serve->client[i]);
    serve->dirty = NULL;
    conn_bury(serve);
    quoth_due_free(&serve->due);
    free(serve->client);
}
