/* tls_floor.c - the least a TLS 1.3 client can do: bare mbedTLS handshakes in memory, the client's
 * CPU time alone.
 *
 *   tls_floor [COUNT]        prints full=N resumed=N, handshakes a core and second
 *
 * The same library as the command's, its default settings; the certificate is looked at, nothing
 * else is done, and no byte goes through a socket. Resumed: each with the ticket of the one before.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>
#include "tls_server.h"

struct pipe {
    unsigned char b[1 << 16];
    size_t at, n;
};
struct side {
    struct pipe *in, *out;
};

static struct pipe up, down;
static struct side here = {&down, &up}, there = {&up, &down};
static mbedtls_ssl_config conf;
static double cpu;

static int put(void *arg, const unsigned char *p, size_t n)
{
    struct pipe *q = ((struct side *)arg)->out;
    memcpy(q->b + q->n, p, n);
    q->n += n;
    return (int)n;
}

static int get(void *arg, unsigned char *p, size_t n)
{
    struct pipe *q = ((struct side *)arg)->in;
    if (q->at == q->n)
        return MBEDTLS_ERR_SSL_WANT_READ;
    if (n > q->n - q->at)
        n = q->n - q->at;
    memcpy(p, q->b + q->at, n);
    q->at += n;
    if (q->at == q->n)
        q->at = q->n = 0;
    return (int)n;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One handshake, and the ticket when `session` is wanted; `session` is offered when it is one. */
static void shake(mbedtls_ssl_session *session, int offer)
{
    mbedtls_ssl_context c, s;
    unsigned char byte;
    double t = now();
    int rc = MBEDTLS_ERR_SSL_WANT_READ, at_server = rc;

    up.at = up.n = down.at = down.n = 0;
    mbedtls_ssl_init(&c);
    tls_must(mbedtls_ssl_setup(&c, &conf), "set up");
    tls_must(mbedtls_ssl_set_hostname(&c, "mx.test"), "name");
    mbedtls_ssl_set_bio(&c, &here, put, get, NULL);
    if (offer)
        tls_must(mbedtls_ssl_set_session(&c, session), "session");
    cpu += now() - t;
    mbedtls_ssl_init(&s);
    tls_must(mbedtls_ssl_setup(&s, &tls_conf), "set up");
    mbedtls_ssl_set_bio(&s, &there, put, get, NULL);
    while (rc || at_server) {
        t = now();
        if (rc)
            rc = mbedtls_ssl_handshake(&c);
        cpu += now() - t;
        if (rc && rc != MBEDTLS_ERR_SSL_WANT_READ)
            tls_must(rc, "handshake");
        if (at_server)
            at_server = mbedtls_ssl_handshake(&s);
        if (at_server && at_server != MBEDTLS_ERR_SSL_WANT_READ)
            tls_must(at_server, "handshake of the server");
    }
    t = now();
    if (session) {
        for (int i = 0; i < 3 && rc != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET; i++)
            rc = mbedtls_ssl_read(&c, &byte, 1);
        if (rc != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
            tls_must(rc ? rc : -1, "ticket");
        mbedtls_ssl_session_free(session);
        mbedtls_ssl_session_init(session);
        tls_must(mbedtls_ssl_get_session(&c, session), "session");
    }
    mbedtls_ssl_free(&c);
    cpu += now() - t;
    mbedtls_ssl_free(&s);
}

int main(int argc, char **argv)
{
    mbedtls_ssl_session session;
    int n = argc > 1 ? atoi(argv[1]) : 1000;
    double full;

    tls_server_open(1);
    mbedtls_ssl_session_init(&session);
    mbedtls_ssl_config_init(&conf);
    tls_must(mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT),
             "config");
    mbedtls_ssl_conf_rng(&conf, tls_rng, NULL);
    mbedtls_ssl_conf_authmode(&conf, MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    shake(NULL, 0);
    cpu = 0;
    for (int i = 0; i < n; i++)
        shake(NULL, 0);
    full = cpu;
    shake(&session, 0);
    cpu = 0;
    for (int i = 0; i < n; i++)
        shake(&session, 1);
    printf("full=%.0f resumed=%.0f\n", n / full, n / cpu);
    return 0;
}
