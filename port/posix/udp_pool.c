/* udp_pool.c - many DNS exchanges with one server on a few sockets.
 *
 *   closed --place needs one--> live --used up--> retired --last answer--> closed
 *                               (a place points here)
 *
 * A burst goes by one place drawn at random: one call for many queries, where the system has one,
 * and still no query's port can be told from the one before.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "posix.h"
#include "udp_pool.h"

/* 64 answers wait in the smallest usual receive buffer (208 KB; an answer takes 2.3 KB of it at
 * most). */
enum { POOL_LIVE = 32, POOL_USES = 64, POOL_NO_PLACE = POOL_LIVE };

struct pool_socket {
    int fd;
    uint16_t left, flying;
};

struct quoth_pool {
    struct quoth_loop *loop;
    struct quoth_peer server;
    uint32_t number;
    struct quoth_random rnd;
    struct pool_socket socket[QUOTH_POOL_SOCKETS];
    uint8_t place[POOL_LIVE]; /* which socket is live there */
    uint8_t current;          /* the place this burst goes by */
    unsigned queued;
    struct iovec out[QUOTH_POOL_BURST];
    struct iovec in[QUOTH_POOL_BURST];
    uint8_t bytes[QUOTH_POOL_BURST][QUOTH_DNS_MAX + 1];
};

/* Returns `rc`. */
static int pool_close(struct quoth_pool *p, struct pool_socket *socket, int rc)
{
    if (socket->fd >= 0) {
        quoth_loop_watch(p->loop, socket->fd, p->number + (uint32_t)(socket - p->socket), 0);
        close(socket->fd);
    }
    socket->fd = -1;
    return rc;
}

static int pool_open(struct quoth_pool *p, unsigned i)
{
    struct pool_socket *socket = &p->socket[i];

    socket->fd = quoth_posix_socket(&p->server.ip, SOCK_DGRAM);
    if (socket->fd < 0)
        return quoth_posix_error(errno);
    if (quoth_posix_bind(socket->fd, &p->server.ip) < 0)
        return pool_close(p, socket, QUOTH_ESPACE);
    if (quoth_posix_connect(socket->fd, &p->server) != 0)
        return pool_close(p, socket, QUOTH_EUNREACH);
    if (quoth_loop_watch(p->loop, socket->fd, p->number + i, QUOTH_LOOP_READ) < 0)
        return pool_close(p, socket, QUOTH_ESPACE);
    socket->left = POOL_USES;
    socket->flying = 0;
    return QUOTH_OK;
}

/* A live socket for this place. */
static int pool_ready(struct quoth_pool *p, unsigned place)
{
    unsigned i = p->place[place];
    int rc;

    if (i < QUOTH_POOL_SOCKETS && p->socket[i].fd >= 0 && p->socket[i].left)
        return QUOTH_OK;
    for (i = 0; i < QUOTH_POOL_SOCKETS && p->socket[i].fd >= 0; i++) {
    }
    if (i == QUOTH_POOL_SOCKETS)
        return QUOTH_AGAIN;
    rc = pool_open(p, i);
    if (rc == QUOTH_OK)
        p->place[place] = (uint8_t)i;
    return rc;
}

struct quoth_pool *quoth_pool_new(struct quoth_loop *loop, const struct quoth_peer *server,
                                  uint32_t number)
{
    struct quoth_pool *p = calloc(1, sizeof *p);
    uint8_t seed[16];

    if (!p)
        return NULL;
    if (quoth_loop_port.random(seed, sizeof seed) < 0) {
        free(p);
        return NULL;
    }
    quoth_random_seed(&p->rnd, seed);
    p->loop = loop;
    p->server = *server;
    p->number = number;
    p->current = POOL_NO_PLACE;
    memset(p->place, 255, sizeof p->place);
    for (int i = 0; i < QUOTH_POOL_SOCKETS; i++)
        p->socket[i].fd = -1;
    return p;
}

/* What does not leave is lost like any datagram: its exchange asks again. */
void quoth_pool_flush(struct quoth_pool *p)
{
    unsigned at = 0;

    if (!p->queued)
        return;
    while (at < p->queued) {
        int sent =
            quoth_posix_send_many(p->socket[p->place[p->current]].fd, p->out + at, p->queued - at);
        if (sent < 0 && errno == EINTR)
            continue;
        at += sent > 0 ? (unsigned)sent : 1;
    }
    p->queued = 0;
    p->current = POOL_NO_PLACE;
}

int quoth_pool_send(struct quoth_pool *p, const void *query, size_t n)
{
    struct pool_socket *socket;
    unsigned i;

    if (p->current == POOL_NO_PLACE) {
        unsigned place = quoth_random_below(&p->rnd, POOL_LIVE);
        int rc = pool_ready(p, place);
        if (rc < 0)
            return rc;
        p->current = (uint8_t)place;
    }
    i = p->place[p->current];
    socket = &p->socket[i];
    socket->left--;
    socket->flying++;
    p->out[p->queued++] = (struct iovec) {(void *)(uintptr_t)query, n};
    if (p->queued == QUOTH_POOL_BURST || !socket->left)
        quoth_pool_flush(p);
    return (int)i;
}

/* What `err` says of where the questions went; 0: nothing. */
static int pool_refusal(int err)
{
    switch (err) {
    case ECONNREFUSED: return QUOTH_EREFUSED;
    case EHOSTUNREACH:
    case ENETUNREACH: return QUOTH_EUNREACH;
    default: return 0;
    }
}

int quoth_pool_recv(struct quoth_pool *p, unsigned socket, struct quoth_dgram *out)
{
    int got;

    if (p->socket[socket].fd < 0)
        return 0;
    for (int i = 0; i < QUOTH_POOL_BURST; i++)
        p->in[i] = (struct iovec) {p->bytes[i], sizeof p->bytes[i]};
    got = quoth_posix_recv_many(p->socket[socket].fd, p->in, QUOTH_POOL_BURST);
    if (got < 0)
        return pool_refusal(errno);
    for (int i = 0; i < got; i++)
        out[i] = (struct quoth_dgram) {p->bytes[i], p->in[i].iov_len};
    return got;
}

void quoth_pool_over(struct quoth_pool *p, unsigned socket)
{
    struct pool_socket *sock = &p->socket[socket];

    if (sock->flying)
        sock->flying--;
    if (!sock->flying && !sock->left)
        pool_close(p, sock, 0);
}

uint32_t quoth_pool_capacity(void) { return POOL_LIVE * POOL_USES / 4; }

size_t quoth_pool_memory(const struct quoth_pool *p) { return sizeof *p; }

void quoth_pool_free(struct quoth_pool *p)
{
    if (!p)
        return;
    for (int i = 0; i < QUOTH_POOL_SOCKETS; i++)
        pool_close(p, &p->socket[i], 0);
    free(p);
}
