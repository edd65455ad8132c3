/* sandbox_tls_mbedtls.c - the server's side of STARTTLS, with mbedTLS 2.28 or 3.x.
 *
 * One P-256 key is made at start-up and signs everything: per server a certificate for mx.DOMAIN,
 * made when it is first needed, byte by byte (mbedTLS's own writer is 6 KB). WORLD_TLS_CHAIN has
 * three issuers above it, each swollen by a long comment, so that the Certificate message is about
 * 8 KB, which is what real exchanges send.
 * Nothing is written to disk, and nothing is worth trusting.
 *
 * SPDX-License-Identifier: MIT */
#include <mbedtls/version.h>
#include <mbedtls/base64.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#if defined(MBEDTLS_SSL_TICKET_C)
#include <mbedtls/ssl_ticket.h>
#endif
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "posix.h"
#include "sandbox.h"

#ifndef MBEDTLS_PRIVATE /* 2.28 has nothing private */
#define MBEDTLS_PRIVATE(field) field
#endif

enum {
    TLS_SERVERS_MAX = 250,
    TLS_CHAIN = 3,
    TLS_COMMENT = 2200,
    TLS_DER_MAX = 4096,
    TLS_SIGNATURE_MAX = 100,
    TLS_TICKET_S = 3600
};

struct tls_server {
    mbedtls_ssl_config conf;
    mbedtls_x509_crt chain;
#if defined(MBEDTLS_SSL_TICKET_C)
    mbedtls_ssl_ticket_context
        tickets; /* its own: no server takes a ticket that another one gave */
#endif
};
struct sandbox_tls {
    mbedtls_ssl_context ssl;
    int fd;
    uint8_t alert, resumed;
};

static struct {
    mbedtls_pk_context key;
    unsigned long serial;
    struct tls_server *server[TLS_SERVERS_MAX];
    int taken; /* tickets, so far */
} tls;

static int tls_random(void *arg, unsigned char *out, size_t n)
{
    (void)arg;
    return quoth_posix_random(out, n);
}

int sandbox_tls_open(void)
{
    mbedtls_pk_init(&tls.key);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
    if (psa_crypto_init() != PSA_SUCCESS)
        return -1;
#endif
    if (mbedtls_pk_setup(&tls.key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)))
        return -1;
    return mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(tls.key), tls_random, NULL);
}

#if defined(MBEDTLS_SSL_TICKET_C)
static int tls_take(void *tickets, mbedtls_ssl_session *session, unsigned char *p, size_t n)
{
    int rc = mbedtls_ssl_ticket_parse(tickets, session, p, n);
    tls.taken += rc == 0;
    return rc;
}

static int tls_tickets(struct tls_server *server)
{
    mbedtls_ssl_ticket_init(&server->tickets);
    mbedtls_ssl_conf_session_tickets_cb(&server->conf, mbedtls_ssl_ticket_write, tls_take,
                                        &server->tickets);
    return mbedtls_ssl_ticket_setup(&server->tickets, tls_random, NULL, MBEDTLS_CIPHER_AES_128_GCM,
                                    TLS_TICKET_S);
}
static void tls_tickets_free(struct tls_server *server)
{
    mbedtls_ssl_ticket_free(&server->tickets);
}
#else
static int tls_tickets(struct tls_server *server) { return 0; }
static void tls_tickets_free(struct tls_server *server) {}
#endif

static void tls_server_free(struct tls_server *server)
{
    tls_tickets_free(server);
    mbedtls_ssl_config_free(&server->conf);
    mbedtls_x509_crt_free(&server->chain);
    free(server);
}

void sandbox_tls_close(void)
{
    for (size_t i = 0; i < TLS_SERVERS_MAX; i++)
        if (tls.server[i])
            tls_server_free(tls.server[i]);
    mbedtls_pk_free(&tls.key);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
    mbedtls_psa_crypto_free();
#endif
}

/* ---- certificates (RFC 5280, 5480), DER from its end to its beginning ---- */

struct tls_der {
    uint8_t buf[TLS_DER_MAX], *p, *end;
    int full;
};

static void tls_put(struct tls_der *der, const void *bytes, size_t n)
{
    if (n > (size_t)(der->p - der->buf))
        der->full = 1;
    else
        memcpy(der->p -= n, bytes, n);
}

/* Put what stands before `end` into the first tag, that one into the next, and so on. */
static void tls_wrap(struct tls_der *der, const uint8_t *end, const char *tags)
{
    for (; *tags; tags++) {
        size_t n = (size_t)(end - der->p);
        uint8_t head[4] = {(uint8_t)*tags, 0x82, (uint8_t)(n >> 8), (uint8_t)n};
        if (n > 255)
            tls_put(der, head, 4);
        else {
            tls_put(der, head + 3, 1);
            head[1] = 0x81;
            tls_put(der, head, n > 127 ? 2 : 1);
        }
    }
}

/* CN=text, alone. */
static void tls_put_name(struct tls_der *der, const char *text)
{
    const uint8_t *end = der->p;
    tls_put(der, text, strlen(text));
    tls_wrap(der, end, "\x0c");
    tls_put(der, "\x06\x03\x55\x04\x03", 5);
    tls_wrap(der, end, "\x30\x31\x30");
}

/* subjectAltName with one dNSName, no CA; or, if `host` is NULL, an issuer's long comment,
 * and a CA. */
static void tls_put_extensions(struct tls_der *der, const char *host)
{
    static const char alt[] = "\x06\x03\x55\x1d\x11",
                      comment[] = "\x06\x09\x60\x86\x48\x01\x86\xf8\x42\x01\x0d",
                      leaf[] = "\x30\x09\x06\x03\x55\x1d\x13\x04\x02\x30\x00",
                      ca[] = "\x30\x0f\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x05\x30\x03\x01\x01\xff";
    uint8_t dots[TLS_COMMENT];
    const uint8_t *end = der->p;
    memset(dots, '.', sizeof dots);
    if (host)
        tls_put(der, host, strlen(host));
    else
        tls_put(der, dots, sizeof dots);
    tls_wrap(der, end, host ? "\x82\x30\x04" : "\x16\x04");
    if (host)
        tls_put(der, alt, sizeof alt - 1);
    else
        tls_put(der, comment, sizeof comment - 1);
    tls_wrap(der, end, "\x30");
    if (host)
        tls_put(der, leaf, sizeof leaf - 1);
    else
        tls_put(der, ca, sizeof ca - 1);
    tls_wrap(der, end, "\x30\xa3");
}

static int tls_put_key(struct tls_der *der)
{
    static const char p256[] =
        "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03"
        "\x01\x07\x03\x42"; /* and, the 0 at its end, a bit string without unused bits */
    const mbedtls_ecp_keypair *k = mbedtls_pk_ec(tls.key);
    uint8_t point[65];
    size_t n;
    int err = mbedtls_ecp_point_write_binary(&k->MBEDTLS_PRIVATE(grp), &k->MBEDTLS_PRIVATE(Q),
                                             MBEDTLS_ECP_PF_UNCOMPRESSED, &n, point, sizeof point);
    if (err)
        return err;
    tls_put(der, point, n);
    tls_put(der, p256, sizeof p256);
    return 0;
}

static const char tls_ecdsa_sha256[] = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";

/* Add algorithm and signature behind what is there, and the last sequence around it. */
static int tls_sign(struct tls_der *der)
{
    uint8_t hash[32], sig[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    size_t n = 0, alg = sizeof tls_ecdsa_sha256 - 1;
    int err = mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), der->p,
                         (size_t)(der->end - der->p), hash);
    if (err)
        return err;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    err = mbedtls_pk_sign(&tls.key, MBEDTLS_MD_SHA256, hash, sizeof hash, sig, sizeof sig, &n,
                          tls_random, NULL);
#else
    err =
        mbedtls_pk_sign(&tls.key, MBEDTLS_MD_SHA256, hash, sizeof hash, sig, &n, tls_random, NULL);
#endif
    if (err || n + alg + 3 > TLS_SIGNATURE_MAX)
        return err ? err : -1;
    memcpy(der->end, tls_ecdsa_sha256, alg);
    der->end += alg;
    *der->end++ = 0x03;
    *der->end++ = (uint8_t)(n + 1);
    *der->end++ = 0;
    memcpy(der->end, sig, n);
    der->end += n;
    tls_wrap(der, der->end, "\x30");
    return 0;
}

/* Until when the certificate of such a server is valid: "491231235959Z". */
static const char *tls_until(enum world_tls kind, char text[16])
{
    const time_t soon = time(NULL) + 7 * 86400;
    struct tm when;

    if (kind == WORLD_TLS_EXPIRED)
        return "200201000000Z";
    if (kind != WORLD_TLS_SOON || !gmtime_r(&soon, &when))
        return "491231235959Z";
    snprintf(text, 16, "%02u%02u%02u000000Z", (unsigned)when.tm_year % 100,
             (unsigned)(when.tm_mon + 1) % 100, (unsigned)when.tm_mday % 100);
    return text;
}

/* One certificate, appended to the chain. `host` NULL: it is an issuer. */
static int tls_write(mbedtls_x509_crt *chain, const char *subject, const char *issuer,
                     const char *host, const char *until)
{
    static struct tls_der der;
    unsigned long n = ++tls.serial;
    const uint8_t version_serial[] = {0xa0,      3, 2, 1, 2, 2, 3, 1, (uint8_t)(n >> 8),
                                      (uint8_t)n}; /* version 3 is 2 */
    int err;
    der.full = 0;
    der.end = der.p = der.buf + sizeof der.buf - TLS_SIGNATURE_MAX;
    tls_put_extensions(&der, host);
    err = tls_put_key(&der);
    if (err)
        return err;
    tls_put_name(&der, subject);
    tls_put(&der, until, 13);
    tls_put(&der,
            "\x30\x1e\x17\x0d"
            "200101000000Z\x17\x0d",
            19);
    tls_put_name(&der, issuer);
    tls_put(&der, tls_ecdsa_sha256, sizeof tls_ecdsa_sha256 - 1);
    tls_put(&der, version_serial, sizeof version_serial);
    tls_wrap(&der, der.end, "\x30");
    err = der.full ? -1 : tls_sign(&der);
    return err ? err : mbedtls_x509_crt_parse_der(chain, der.p, (size_t)(der.end - der.p));
}

static const char tls_ca_name[] = "the sandbox";

static int tls_chain(mbedtls_x509_crt *chain, const struct world_server *server)
{
    char host[128], subject[40], issuer[40], until[16]; /* common names, a date */
    const char *signer = host;
    int issuers = server->tls == WORLD_TLS_CHAIN ? TLS_CHAIN : 0, web = server->flags & WORLD_WEB,
        err;
    snprintf(host, sizeof host, "%s%s", web ? "" : "mx.",
             server->tls == WORLD_TLS_STRANGER ? "somewhere-else.test" : server->domain);
    if (issuers)
        signer = "issuer 1 of the sandbox";
    else if (web)
        signer = tls_ca_name;
    err = tls_write(chain, host, signer, host, tls_until((enum world_tls)server->tls, until));
    for (int i = 1; !err && i <= issuers; i++) {
        snprintf(subject, sizeof subject, "issuer %d of the sandbox", i);
        snprintf(issuer, sizeof issuer, "issuer %d of the sandbox", i < issuers ? i + 1 : i);
        err = tls_write(chain, subject, issuer, NULL, tls_until(WORLD_TLS_FINE, until));
    }
    return err;
}

int sandbox_tls_ca(const char *path)
{
    static unsigned char text[TLS_DER_MAX * 3 / 2];
    mbedtls_x509_crt ca;
    char until[16];
    size_t n = 0;
    FILE *file = NULL;
    int err;

    errno = 0;
    mbedtls_x509_crt_init(&ca);
    err = tls_write(&ca, tls_ca_name, tls_ca_name, NULL, tls_until(WORLD_TLS_FINE, until)) ||
          mbedtls_base64_encode(text, sizeof text, &n, ca.raw.p, ca.raw.len) ||
          (file = fopen(path, "w")) == NULL;
    if (!err) {
        fputs("-----BEGIN CERTIFICATE-----\n", file);
        for (size_t at = 0; at < n; at += 64)
            fprintf(file, "%.64s\n", (const char *)text + at);
        fputs("-----END CERTIFICATE-----\n", file);
        err = fclose(file);
    }
    mbedtls_x509_crt_free(&ca);
    return err ? -1 : 0;
}

static void tls_at_most_12(mbedtls_ssl_config *conf)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
    mbedtls_ssl_conf_max_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
#else
    mbedtls_ssl_conf_max_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

/* What a server needs for its handshakes. It is made at the first one. NULL: out of memory. */
static struct tls_server *tls_server_of(const struct world_server *host)
{
    size_t i = (size_t)(host - world_servers);
    struct tls_server *server;
    if (i >= TLS_SERVERS_MAX || tls.server[i])
        return i < TLS_SERVERS_MAX ? tls.server[i] : NULL;
    server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    mbedtls_ssl_config_init(&server->conf);
    mbedtls_x509_crt_init(&server->chain);
    if (tls_chain(&server->chain, host) ||
        mbedtls_ssl_config_defaults(&server->conf, MBEDTLS_SSL_IS_SERVER,
                                    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) ||
        mbedtls_ssl_conf_own_cert(&server->conf, &server->chain, &tls.key) || tls_tickets(server)) {
        tls_server_free(server);
        return NULL;
    }
    mbedtls_ssl_conf_rng(&server->conf, tls_random, NULL);
    if (host->tls == WORLD_TLS_12)
        tls_at_most_12(&server->conf);
    return tls.server[i] = server;
}

/* ---- sessions ----------------------------------------------------------- */

static int tls_bio_send(void *arg, const unsigned char *p, size_t n)
{
    ssize_t did = send(((struct sandbox_tls *)arg)->fd, p, n, MSG_NOSIGNAL);
    if (did >= 0)
        return (int)did;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE
                                             : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int tls_bio_recv(void *arg, unsigned char *p, size_t n)
{
    ssize_t did = recv(((struct sandbox_tls *)arg)->fd, p, n, 0);
    if (did >= 0)
        return (int)did;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
                                             : MBEDTLS_ERR_NET_RECV_FAILED;
}

struct sandbox_tls *sandbox_tls_new(int fd, const struct world_server *host)
{
    struct tls_server *server = tls_server_of(host);
    struct sandbox_tls *link = server ? malloc(sizeof *link) : NULL;
    if (!link)
        return NULL;
    mbedtls_ssl_init(&link->ssl);
    link->fd = fd;
    link->resumed = 0;
    link->alert = host->tls == WORLD_TLS_ALERT;
    if (mbedtls_ssl_setup(&link->ssl, &server->conf)) {
        mbedtls_ssl_free(&link->ssl);
        free(link);
        return NULL;
    }
    mbedtls_ssl_set_bio(&link->ssl, link, tls_bio_send, tls_bio_recv, NULL);
    return link;
}

/* mbedTLS's result to ours. */
static int tls_result(int n)
{
    if (n >= 0)
        return n;
    if (n == MBEDTLS_ERR_SSL_WANT_READ)
        return SANDBOX_TLS_READ;
    if (n == MBEDTLS_ERR_SSL_WANT_WRITE)
        return SANDBOX_TLS_WRITE;
    if (n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || n == MBEDTLS_ERR_SSL_CONN_EOF)
        return 0;
    return SANDBOX_TLS_FAIL;
}

int sandbox_tls_shake(struct sandbox_tls *link)
{
    int n, taken = tls.taken;
    if (link->alert) { /* once the client has spoken: fatal, "handshake failure" (RFC 8446 6.2) */
        static const unsigned char record[] = {21, 3, 3, 0, 2, 2, 40};
        unsigned char hello[2048];
        n = tls_bio_recv(link, hello, sizeof hello);
        if (n == MBEDTLS_ERR_SSL_WANT_READ)
            return SANDBOX_TLS_READ;
        if (n > 0)
            tls_bio_send(link, record, sizeof record);
        return SANDBOX_TLS_FAIL;
    }
    n = tls_result(mbedtls_ssl_handshake(&link->ssl));
    if (tls.taken > taken)
        link->resumed = 1;
    return n > 0 ? SANDBOX_TLS_FAIL : n;
}

int sandbox_tls_resumed(const struct sandbox_tls *link) { return link->resumed; }

int sandbox_tls_recv(struct sandbox_tls *link, void *p, size_t n)
{
    return tls_result(mbedtls_ssl_read(&link->ssl, p, n));
}

int sandbox_tls_send(struct sandbox_tls *link, const void *p, size_t n)
{
    return tls_result(mbedtls_ssl_write(&link->ssl, p, n));
}

void sandbox_tls_end(struct sandbox_tls *link)
{
    mbedtls_ssl_close_notify(&link->ssl);
    mbedtls_ssl_free(&link->ssl);
    free(link);
}
