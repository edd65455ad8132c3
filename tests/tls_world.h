/* tls_world.h - what suites over the TLS filter share: a port made of two byte queues,
 * certificates, an mbedTLS server.
 *
 * The port gives bytes in pieces, says "not yet", breaks or ends wherever it is told to. The linker
 * wraps (--wrap) the calls of the filter, so that each of them can fail once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TLS_WORLD_H
#define TLS_WORLD_H

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include "test.h"
#include "tls_mbedtls.h"

#define NEW (MBEDTLS_VERSION_NUMBER >= 0x03000000)

/* ---- wrapped calls ------------------------------------------------------ */

static long wrap_allocs_left = -1, wrap_allocs; /* which allocation fails; -1 none */
static int wrap_watch, wrap_psa, wrap_hostname;
static int wrap_code, wrap_nth; /* what the nth TLS call from now says, once */
static time_t wrap_time;        /* not 0: the time of day */

void *__real_calloc(size_t, size_t), *__wrap_calloc(size_t, size_t);
time_t __real_time(time_t *), __wrap_time(time_t *);
int __real_psa_crypto_init(void), __wrap_psa_crypto_init(void);
int __real_mbedtls_ssl_set_hostname(mbedtls_ssl_context *, const char *);
int __wrap_mbedtls_ssl_set_hostname(mbedtls_ssl_context *, const char *);
int __real_mbedtls_ssl_handshake(mbedtls_ssl_context *),
    __wrap_mbedtls_ssl_handshake(mbedtls_ssl_context *);
int __real_mbedtls_ssl_read(mbedtls_ssl_context *, unsigned char *, size_t);
int __wrap_mbedtls_ssl_read(mbedtls_ssl_context *, unsigned char *, size_t);
int __real_mbedtls_ssl_write(mbedtls_ssl_context *, const unsigned char *, size_t);
int __wrap_mbedtls_ssl_write(mbedtls_ssl_context *, const unsigned char *, size_t);

void *__wrap_calloc(size_t n, size_t size)
{
    if (wrap_watch) {
        wrap_allocs++;
        if (wrap_allocs_left >= 0 && wrap_allocs_left-- == 0)
            return NULL;
    }
    return __real_calloc(n, size);
}
time_t __wrap_time(time_t *t) { return wrap_time ? wrap_time : __real_time(t); }
int __wrap_psa_crypto_init(void)
{
    wrap_psa++;
    return __real_psa_crypto_init();
}
int __wrap_mbedtls_ssl_set_hostname(mbedtls_ssl_context *s, const char *host)
{
    wrap_hostname++;
    return __real_mbedtls_ssl_set_hostname(s, host);
}
static inline int wrap_now(void) { return wrap_watch && wrap_code && wrap_nth-- == 0; }
int __wrap_mbedtls_ssl_handshake(mbedtls_ssl_context *s)
{
    return wrap_now() ? wrap_code : __real_mbedtls_ssl_handshake(s);
}
int __wrap_mbedtls_ssl_read(mbedtls_ssl_context *s, unsigned char *p, size_t n)
{
    return wrap_now() ? wrap_code : __real_mbedtls_ssl_read(s, p, n);
}
int __wrap_mbedtls_ssl_write(mbedtls_ssl_context *s, const unsigned char *p, size_t n)
{
    return wrap_now() ? wrap_code : __real_mbedtls_ssl_write(s, p, n);
}

/* ---- a port of two queues ----------------------------------------------- */

struct queue {
    uint8_t b[1 << 18];
    size_t at, n;
    int over;
};
struct quoth_link {
    struct queue *in, *out;
    int lazy;                    /* says AGAIN before each answer */
    size_t piece;                /* bytes at a time; 0: all */
    long calls, fail_at, end_at; /* the call that breaks, or ends the stream; -1: none */
    size_t sent;                 /* bytes, in all */
};
static long queue_moved;
static struct queue up, down; /* client to server, server to client */
static struct quoth_link ours = {&down, &up, 0, 0, 0, -1, -1, 0},
                         theirs = {&up, &down, 0, 0, 0, -1, -1, 0};

static inline int link_busy(struct quoth_link *l)
{
    l->calls++;
    if (l->fail_at >= 0 && l->calls > l->fail_at)
        return QUOTH_EIO;
    return l->lazy && l->calls % 2 ? QUOTH_AGAIN : QUOTH_OK;
}
static inline int link_send(struct quoth_link *l, const void *p, size_t n)
{
    int rc = link_busy(l);
    if (rc != QUOTH_OK)
        return rc;
    if (l->piece && n > l->piece)
        n = l->piece;
    if (n > sizeof l->out->b - l->out->n)
        return QUOTH_AGAIN;
    memcpy(l->out->b + l->out->n, p, n);
    l->out->n += n;
    l->sent += n;
    queue_moved++;
    return (int)n;
}
static inline int link_recv(struct quoth_link *l, void *p, size_t cap, struct quoth_peer *from)
{
    struct queue *q = l->in;
    size_t n = q->n - q->at;
    int rc = link_busy(l);
    if (rc != QUOTH_OK)
        return rc;
    if (l->end_at >= 0 && l->calls > l->end_at)
        return 0;
    if (n == 0)
        return q->over ? 0 : QUOTH_AGAIN;
    if (l->piece && n > l->piece)
        n = l->piece;
    if (n > cap)
        n = cap;
    memcpy(p, q->b + q->at, n);
    q->at += n;
    queue_moved++;
    if (q->at == q->n)
        q->at = q->n = 0;
    return (int)n;
}
static int random_rc;
static inline int link_random(void *p, size_t n)
{
    return getentropy(p, n) == 0 ? random_rc : QUOTH_ENORANDOM;
}
static const struct quoth_port port = {.random = link_random, .send = link_send, .recv = link_recv};

/* ---- a server with certificates made here ------------------------------- */

static inline int rng(void *arg, unsigned char *p, size_t n) { return getentropy(p, n); }

struct id {
    mbedtls_pk_context key;
    mbedtls_x509_crt crt;
    char name[64];
};
static struct id root, stranger, leaf;

static inline void id_key(struct id *id)
{
    mbedtls_pk_init(&id->key);
    CHECK_INT(mbedtls_pk_setup(&id->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    CHECK_INT(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(id->key), rng, NULL), 0);
}

/* Append to `to` a certificate for `cn` and the SAN dNSName `dns` (unless NULL), signed by `by`. */
static inline void id_sign(struct id *id, struct id *by, const char *cn, const char *dns,
                           const char *from, const char *until, int ca, mbedtls_x509_crt *to)
{
    static unsigned char serial = 1;
    mbedtls_x509write_cert w;
    unsigned char der[2048], san[128];
    int n;

    snprintf(id->name, sizeof id->name, "CN=%s", cn);
    mbedtls_x509write_crt_init(&w);
    mbedtls_x509write_crt_set_version(&w, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&w, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&w, &id->key);
    mbedtls_x509write_crt_set_issuer_key(&w, &by->key);
    CHECK_INT(mbedtls_x509write_crt_set_subject_name(&w, id->name), 0);
    CHECK_INT(mbedtls_x509write_crt_set_issuer_name(&w, by->name), 0);
    CHECK_INT(mbedtls_x509write_crt_set_validity(&w, from, until), 0);
    CHECK_INT(mbedtls_x509write_crt_set_basic_constraints(&w, ca, -1), 0);
    serial++;
#if NEW
    CHECK_INT(mbedtls_x509write_crt_set_serial_raw(&w, &serial, 1), 0);
#else
    mbedtls_mpi_init(&w.serial);
    CHECK_INT(mbedtls_mpi_lset(&w.serial, serial), 0);
#endif
    if (dns) {
        size_t k = strlen(dns);
        san[0] = 0x30;
        san[1] = (unsigned char)(k + 2);
        san[2] = 0x82;
        san[3] = (unsigned char)k;
        memcpy(san + 4, dns, k);
        CHECK_INT(mbedtls_x509write_crt_set_extension(
                      &w, MBEDTLS_OID_SUBJECT_ALT_NAME,
                      MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, san, k + 4),
                  0);
    }
    n = mbedtls_x509write_crt_der(&w, der, sizeof der, rng, NULL);
    CHECK(n > 0);
    if (n > 0)
        CHECK_INT(mbedtls_x509_crt_parse_der(to, der + sizeof der - n, (size_t)n), 0);
    mbedtls_x509write_crt_free(&w);
}

static inline void id_leaf(const char *cn, const char *dns, const char *from, const char *until,
                           struct id *by)
{
    mbedtls_x509_crt_free(&leaf.crt);
    mbedtls_x509_crt_init(&leaf.crt);
    id_sign(&leaf, by, cn, dns, from, until, 0, &leaf.crt);
}
static inline void id_good(void)
{
    id_leaf("x", "mx.example.org", "20250101000000", "20491231235959", &root);
}

static mbedtls_ssl_config server_conf;
static mbedtls_ssl_context server;
static char server_sni[64];
static void (*server_more)(mbedtls_ssl_config *); /* more set-up, or NULL */

static inline int server_bio_send(void *l, const unsigned char *p, size_t n)
{
    int rc = link_send(l, p, n);
    return rc < 0 ? MBEDTLS_ERR_SSL_WANT_WRITE : rc;
}
static inline int server_bio_recv(void *l, unsigned char *p, size_t n)
{
    int rc = link_recv(l, p, n, NULL);
    return rc < 0 ? MBEDTLS_ERR_SSL_WANT_READ : rc;
}
static inline int server_heard_sni(void *arg, mbedtls_ssl_context *s, const unsigned char *p,
                                   size_t n)
{
    snprintf(server_sni, sizeof server_sni, "%.*s", (int)n, (const char *)p);
    return 0;
}

static inline void server_open(int tls13)
{
    mbedtls_ssl_config_init(&server_conf);
    CHECK_INT(mbedtls_ssl_config_defaults(&server_conf, MBEDTLS_SSL_IS_SERVER,
                                          MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
              0);
#if NEW
    mbedtls_ssl_conf_max_tls_version(&server_conf, tls13 ? MBEDTLS_SSL_VERSION_TLS1_3
                                                         : MBEDTLS_SSL_VERSION_TLS1_2);
#endif
    mbedtls_ssl_conf_rng(&server_conf, rng, NULL);
    mbedtls_ssl_conf_sni(&server_conf, server_heard_sni, NULL);
    CHECK_INT(mbedtls_ssl_conf_own_cert(&server_conf, &leaf.crt, &leaf.key), 0);
    if (server_more)
        server_more(&server_conf);
    mbedtls_ssl_init(&server);
    CHECK_INT(mbedtls_ssl_setup(&server, &server_conf), 0);
    mbedtls_ssl_set_bio(&server, &theirs, server_bio_send, server_bio_recv, NULL);
    server_sni[0] = '\0';
}
static inline void server_close(void)
{
    mbedtls_ssl_free(&server);
    mbedtls_ssl_config_free(&server_conf);
}

/* ---- one handshake ------------------------------------------------------ */

static struct quoth_tls_global global;
static struct quoth_tls_link tls = {.global = &global};
static struct quoth_tls_facts facts;
static const char *host = "mx.example.org";

static inline void links_reset(int lazy, size_t piece)
{
    up.at = up.n = down.at = down.n = 0;
    up.over = down.over = 0;
    ours = (struct quoth_link) {&down, &up, lazy, piece, 0, -1, -1, 0};
    theirs = (struct quoth_link) {&up, &down, 0, 0, 0, -1, -1, 0};
    memset(&facts, 0, sizeof facts);
}

static inline int shake_once(void)
{
    wrap_watch = 1;
    int rc = quoth_tls_port.shake(&tls, &port, &ours, host, &facts);
    wrap_watch = 0;
    return rc;
}

/* Let both sides shake hands until ours is done. */
static inline int shake(void)
{
    int rc, idle = 0, there = MBEDTLS_ERR_SSL_WANT_READ;
    long moved = queue_moved;

    while ((rc = shake_once()) == QUOTH_AGAIN && idle < 8) {
        if (there != 0)
            there = __real_mbedtls_ssl_handshake(&server);
        idle = moved == queue_moved ? idle + 1 : 0;
        moved = queue_moved;
    }
    for (int i = 0; rc == 0 && there != 0 && i < 8; i++)
        there = __real_mbedtls_ssl_handshake(&server);
    return rc;
}

static inline int connected(int tls13)
{
    server_open(tls13);
    return shake();
}
static inline void over(void)
{
    quoth_tls_port.close(&tls);
    quoth_tls_port.close(&tls); /* twice is harmless */
    server_close();
}

static inline int recv_all(void *buf, size_t cap)
{
    int rc;
    for (int i = 0; (rc = quoth_tls_port.recv(&tls, buf, cap)) == QUOTH_AGAIN && i < 100000; i++) {
    }
    return rc;
}

/* Send a reply and a command through TLS. */
static inline void talk(void)
{
    char buf[64] = "";
    size_t n = 0;
    int rc;

    CHECK_INT(__real_mbedtls_ssl_write(&server, (const unsigned char *)"250 fine\r\n", 10), 10);
    while (n < 10 && (rc = recv_all(buf + n, sizeof buf - n)) > 0)
        n += (size_t)rc;
    CHECK_INT(n, 10);
    CHECK(!memcmp(buf, "250 fine\r\n", 10));
    CHECK_INT(quoth_tls_port.recv(&tls, buf, sizeof buf), QUOTH_AGAIN);
    for (n = 0; n < 6; n += (size_t)rc) {
        while ((rc = quoth_tls_port.send(&tls, &"QUIT\r\n"[n], 6 - n)) == QUOTH_AGAIN) {
        }
        if (rc < 0)
            break;
    }
    CHECK_INT(n, 6);
    CHECK_INT(__real_mbedtls_ssl_read(&server, (unsigned char *)buf, sizeof buf), 6);
}

/* ---- beginning and end -------------------------------------------------- */

static inline void tls_world_open(void)
{
    mbedtls_x509_crt_init(&root.crt);
    mbedtls_x509_crt_init(&leaf.crt);
    test_now = "set-up";
    CHECK_INT(quoth_tls_open(&global, &port), QUOTH_OK);
    id_key(&root);
    id_key(&stranger);
    id_key(&leaf);
    snprintf(root.name, sizeof root.name, "CN=root");
    snprintf(stranger.name, sizeof stranger.name, "CN=stranger");
    id_sign(&root, &root, "root", NULL, "20250101000000", "20491231235959", 1, &root.crt);
    CHECK_INT(quoth_tls_trust(&global, root.crt.raw.p, root.crt.raw.len), QUOTH_OK);
    id_good();
}

static inline void tls_world_close(void)
{
    mbedtls_x509_crt_free(&leaf.crt);
    mbedtls_x509_crt_free(&root.crt);
    mbedtls_pk_free(&leaf.key);
    mbedtls_pk_free(&root.key);
    mbedtls_pk_free(&stranger.key);
    quoth_tls_close(&global);
}

#endif
