/* responder_tls.c - responder.c with STARTTLS: TLS 1.2 and 1.3, one connection after the other on
 * the same core.
 *
 *   responder_tls [--tickets] and what responder takes
 *
 * SPDX-License-Identifier: MIT */
#include <sys/socket.h>
#include "tls_server.h"
#include "responder_tls.h"

struct tls_conn {
    mbedtls_ssl_context ssl;
    int fd;
};

static int conn_send(void *arg, const unsigned char *p, size_t n)
{
    ssize_t r = send(((struct tls_conn *)arg)->fd, p, n, MSG_NOSIGNAL);
    return r < 0 ? MBEDTLS_ERR_SSL_WANT_WRITE : (int)r;
}

static int conn_recv(void *arg, unsigned char *p, size_t n)
{
    ssize_t r = recv(((struct tls_conn *)arg)->fd, p, n, 0);
    return r < 0 ? MBEDTLS_ERR_SSL_WANT_READ : (int)r;
}

int tls_open(int tickets)
{
    tls_server_open(tickets);
    return 1;
}

struct tls_conn *tls_new(int fd)
{
    struct tls_conn *c = malloc(sizeof *c);
    if (!c)
        return NULL;
    c->fd = fd;
    mbedtls_ssl_init(&c->ssl);
    tls_must(mbedtls_ssl_setup(&c->ssl, &tls_conf), "set up");
    mbedtls_ssl_set_bio(&c->ssl, c, conn_send, conn_recv, NULL);
    return c;
}

int tls_recv(struct tls_conn *c, void *p, size_t n)
{
    int r = mbedtls_ssl_read(&c->ssl, p, n);
    return r == MBEDTLS_ERR_SSL_WANT_READ || r == MBEDTLS_ERR_SSL_WANT_WRITE ? -1 : r > 0 ? r : 0;
}

int tls_send(struct tls_conn *c, const void *p, size_t n)
{
    return mbedtls_ssl_write(&c->ssl, p, n);
}

void tls_free(struct tls_conn *c)
{
    if (c)
        mbedtls_ssl_free(&c->ssl);
    free(c);
}
