/* sandbox_tls_mbedtls.c - the server's side of STARTTLS, with mbedTLS 2.28 or 3.x.
 *
 * One P-256 key is made at start-up and signs everything: per server a certificate for mx.DOMAIN,
 * made when it is first needed. WORLD_TLS_CHAIN has three issuers above it, each swollen by a long
 * comment, so that the Certificate message is about 8 KB, which is what real exchanges send.
 * Nothing is written to disk, and nothing is worth trusting.
 *
 * SPDX-License-Identifier: MIT */
#include <mbedtls/version.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "sandbox.h"

enum { TLS_SERVERS_MAX = 250, TLS_CHAIN = 3, TLS_COMMENT = 2200, TLS_DER_MAX = 4096 };

struct tls_server { mbedtls_ssl_config conf; mbedtls_x509_crt chain; };
struct sandbox_tls { mbedtls_ssl_context ssl; int fd; uint8_t alert; };

static struct {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
    mbedtls_pk_context key;
    unsigned long serial;
    struct tls_server *server[TLS_SERVERS_MAX];
} tls;

int sandbox_tls_open(void)
{
    mbedtls_entropy_init(&tls.entropy);
    mbedtls_ctr_drbg_init(&tls.drbg);
    mbedtls_pk_init(&tls.key);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
    if (psa_crypto_init() != PSA_SUCCESS) return -1;
#endif
    if (mbedtls_ctr_drbg_seed(&tls.drbg, mbedtls_entropy_func, &tls.entropy, NULL, 0)) return -1;
    if (mbedtls_pk_setup(&tls.key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY))) return -1;
    return mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(tls.key), mbedtls_ctr_drbg_random, &tls.drbg);
}

static void tls_server_free(struct tls_server *s)
{
    mbedtls_ssl_config_free(&s->conf);
    mbedtls_x509_crt_free(&s->chain);
    free(s);
}

void sandbox_tls_close(void)
{
    for (size_t i = 0; i < TLS_SERVERS_MAX; i++)
        if (tls.server[i]) tls_server_free(tls.server[i]);
    mbedtls_pk_free(&tls.key);
    mbedtls_ctr_drbg_free(&tls.drbg);
    mbedtls_entropy_free(&tls.entropy);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
    mbedtls_psa_crypto_free();
#endif
}

/* ---- certificates ------------------------------------------------------------ */

static int tls_set_serial(mbedtls_x509write_cert *w)
{
    unsigned long n = ++tls.serial;
#if MBEDTLS_VERSION_NUMBER >= 0x03040000
    unsigned char b[3] = { 1, (unsigned char)(n >> 8), (unsigned char)n };
    return mbedtls_x509write_crt_set_serial_raw(w, b, sizeof b);
#else
    mbedtls_mpi m;
    int err;
    mbedtls_mpi_init(&m);
    err = mbedtls_mpi_lset(&m, (mbedtls_mpi_sint)(0x10000 + n));
    if (!err) err = mbedtls_x509write_crt_set_serial(w, &m);
    mbedtls_mpi_free(&m);
    return err;
#endif
}

/* subjectAltName with one dNSName (RFC 5280 4.2.1.6), written out: 2.28 has no call for it. */
static int tls_set_name(mbedtls_x509write_cert *w, const char *host)
{
    unsigned char der[4 + 120];
    size_t n = strlen(host);
    if (n > 120) return -1;
    der[0] = 0x30;
    der[1] = (unsigned char)(n + 2);
    der[2] = 0x82;
    der[3] = (unsigned char)n;
    memcpy(der + 4, host, n);
    return mbedtls_x509write_crt_set_extension(w, "\x55\x1d\x11", 3, 0, der, n + 4);
}

/* An issuer's comment extension, as long as it takes. */
static int tls_set_comment(mbedtls_x509write_cert *w)
{
    unsigned char der[4 + TLS_COMMENT];
    memset(der, '.', sizeof der);
    der[0] = 0x16;
    der[1] = 0x82;
    der[2] = TLS_COMMENT >> 8;
    der[3] = TLS_COMMENT & 255;
    return mbedtls_x509write_crt_set_extension(w, "\x60\x86\x48\x01\x86\xf8\x42\x01\x0d", 9, 0, der, sizeof der);
}

/* One certificate, appended to the chain. `host` NULL: it is an issuer. */
static int tls_write(mbedtls_x509_crt *chain, const char *subject, const char *issuer, const char *host, int expired)
{
    static unsigned char der[TLS_DER_MAX];
    mbedtls_x509write_cert w;
    int n = -1;
    mbedtls_x509write_crt_init(&w);
    mbedtls_x509write_crt_set_version(&w, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&w, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&w, &tls.key);
    mbedtls_x509write_crt_set_issuer_key(&w, &tls.key);
    if (!tls_set_serial(&w) && !mbedtls_x509write_crt_set_subject_name(&w, subject)
        && !mbedtls_x509write_crt_set_issuer_name(&w, issuer)
        && !mbedtls_x509write_crt_set_validity(&w, "20200101000000", expired ? "20200201000000" : "20491231235959")
        && !mbedtls_x509write_crt_set_basic_constraints(&w, !host, -1)
        && !(host ? tls_set_name(&w, host) : tls_set_comment(&w)))
        n = mbedtls_x509write_crt_der(&w, der, sizeof der, mbedtls_ctr_drbg_random, &tls.drbg);
    mbedtls_x509write_crt_free(&w);
    return n < 0 ? n : mbedtls_x509_crt_parse_der(chain, der + sizeof der - n, (size_t)n);
}

static int tls_chain(mbedtls_x509_crt *chain, const struct world_server *h)
{
    char host[128], subject[160], issuer[160];
    int issuers = h->tls == WORLD_TLS_CHAIN ? TLS_CHAIN : 0, err;
    snprintf(host, sizeof host, "mx.%s", h->tls == WORLD_TLS_STRANGER ? "somewhere-else.test" : h->domain);
    snprintf(subject, sizeof subject, "CN=%s", host);
    snprintf(issuer, sizeof issuer, issuers ? "CN=issuer 1 of the sandbox" : "CN=%s", host);
    err = tls_write(chain, subject, issuer, host, h->tls == WORLD_TLS_EXPIRED);
    for (int i = 1; !err && i <= issuers; i++) {
        snprintf(subject, sizeof subject, "CN=issuer %d of the sandbox", i);
        snprintf(issuer, sizeof issuer, "CN=issuer %d of the sandbox", i < issuers ? i + 1 : i);
        err = tls_write(chain, subject, issuer, NULL, 0);
    }
    return err;
}

static void tls_at_most_12(mbedtls_ssl_config *conf)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
    mbedtls_ssl_conf_max_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
#else
    mbedtls_ssl_conf_max_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

/* What a server needs for its handshakes, made at the first one. NULL: out of memory. */
static struct tls_server *tls_server_of(const struct world_server *h)
{
    size_t i = (size_t)(h - world_servers);
    struct tls_server *s;
    if (i >= TLS_SERVERS_MAX || tls.server[i]) return i < TLS_SERVERS_MAX ? tls.server[i] : NULL;
    s = malloc(sizeof *s);
    if (!s) return NULL;
    mbedtls_ssl_config_init(&s->conf);
    mbedtls_x509_crt_init(&s->chain);
    if (tls_chain(&s->chain, h)
        || mbedtls_ssl_config_defaults(&s->conf, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                       MBEDTLS_SSL_PRESET_DEFAULT)
        || mbedtls_ssl_conf_own_cert(&s->conf, &s->chain, &tls.key)) {
        tls_server_free(s);
        return NULL;
    }
    mbedtls_ssl_conf_rng(&s->conf, mbedtls_ctr_drbg_random, &tls.drbg);
    if (h->tls == WORLD_TLS_12) tls_at_most_12(&s->conf);
    return tls.server[i] = s;
}

/* ---- sessions -------------------------------------------------------------------- */

static int tls_bio_send(void *arg, const unsigned char *p, size_t n)
{
    ssize_t did = send(((struct sandbox_tls *)arg)->fd, p, n, MSG_NOSIGNAL);
    if (did >= 0) return (int)did;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int tls_bio_recv(void *arg, unsigned char *p, size_t n)
{
    ssize_t did = recv(((struct sandbox_tls *)arg)->fd, p, n, 0);
    if (did >= 0) return (int)did;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_RECV_FAILED;
}

struct sandbox_tls *sandbox_tls_new(int fd, const struct world_server *host)
{
    struct tls_server *s = tls_server_of(host);
    struct sandbox_tls *t = s ? malloc(sizeof *t) : NULL;
    if (!t) return NULL;
    mbedtls_ssl_init(&t->ssl);
    t->fd = fd;
    t->alert = host->tls == WORLD_TLS_ALERT;
    if (mbedtls_ssl_setup(&t->ssl, &s->conf)) {
        mbedtls_ssl_free(&t->ssl);
        free(t);
        return NULL;
    }
    mbedtls_ssl_set_bio(&t->ssl, t, tls_bio_send, tls_bio_recv, NULL);
    return t;
}

/* mbedTLS's result to ours. */
static int tls_result(int n)
{
    if (n >= 0) return n;
    if (n == MBEDTLS_ERR_SSL_WANT_READ) return SANDBOX_TLS_READ;
    if (n == MBEDTLS_ERR_SSL_WANT_WRITE) return SANDBOX_TLS_WRITE;
    if (n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || n == MBEDTLS_ERR_SSL_CONN_EOF) return 0;
    return SANDBOX_TLS_FAIL;
}

int sandbox_tls_shake(struct sandbox_tls *t)
{
    int n;
    if (t->alert) {                     /* once the client has spoken: fatal, "handshake failure" (RFC 8446 6.2) */
        static const unsigned char record[] = { 21, 3, 3, 0, 2, 2, 40 };
        unsigned char hello[2048];
        n = tls_bio_recv(t, hello, sizeof hello);
        if (n == MBEDTLS_ERR_SSL_WANT_READ) return SANDBOX_TLS_READ;
        if (n > 0) tls_bio_send(t, record, sizeof record);
        return SANDBOX_TLS_FAIL;
    }
    n = tls_result(mbedtls_ssl_handshake(&t->ssl));
    return n > 0 ? SANDBOX_TLS_FAIL : n;
}

int sandbox_tls_recv(struct sandbox_tls *t, void *p, size_t n)
{
    return tls_result(mbedtls_ssl_read(&t->ssl, p, n));
}

int sandbox_tls_send(struct sandbox_tls *t, const void *p, size_t n)
{
    return tls_result(mbedtls_ssl_write(&t->ssl, p, n));
}

void sandbox_tls_end(struct sandbox_tls *t)
{
    mbedtls_ssl_close_notify(&t->ssl);
    mbedtls_ssl_free(&t->ssl);
    free(t);
}
