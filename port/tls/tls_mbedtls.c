/* tls_mbedtls.c - TLS as a filter over a port's send and recv (RFC 3207, 8446, 5246).
 *
 *   idle --shake--> shaking --0--> up --close_notify--> ended
 *     ^                |            |                     |
 *     |                `---error----+--> broken           |
 *     `------------------ close --------------------------'
 *
 * mbedTLS asks its two BIO callbacks for bytes, they ask the port, and AGAIN travels back up as
 * WANT_READ or WANT_WRITE: so this one file serves sockets, lwIP and tests alike. It reads whole
 * records and no further, so the link underneath never holds back what belongs to the next layer.
 *
 * Opportunistic TLS (RFC 7435): the certificate is looked at, and what is wrong with it is told.
 * Names are matched by SAN alone (RFC 9525 2); an exchange without a name matches nothing.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <mbedtls/version.h>
#include <mbedtls/oid.h>
#include <mbedtls/ssl.h>
#include <mbedtls/pem.h>
#include <mbedtls/x509_crt.h>
#include "tls_mbedtls.h"
#include "tls_sessions.h"
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif
#if defined(MBEDTLS_HAVE_TIME_DATE)
#include <mbedtls/platform_time.h>
#endif

enum { TLS_IDLE = 0, TLS_SHAKING, TLS_UP, TLS_ENDED, TLS_BROKEN };

/* Bytes a peer may send without a handshake or a byte of data coming of it: a whole handshake, or
 * one record and floods of empty ones, alerts and tickets around it. */
#ifndef QUOTH_TLS_HEARD_MAX
#define QUOTH_TLS_HEARD_MAX 32768
#endif

/* A server that stops at TLS 1.2 may answer with whatever is first here that its RSA key can do,
 * and mbedTLS 3 takes no PSS in 1.2: so PKCS#1 goes first, which 1.3 servers pass over (RFC 8446
 * 4.2.3). One that keeps an order of its own may answer with PSS all the same: then the handshake
 * breaks, and the next with that host offers PKCS#1 alone, and TLS 1.2, as 1.3 needs PSS. */
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_NUMBER >= 0x03020000
static const uint16_t tls_signatures[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
                                          MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
                                          MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
                                          MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
                                          MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
                                          MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
                                          MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
                                          MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
                                          MBEDTLS_TLS1_3_SIG_NONE};
static const uint16_t tls_signatures_pkcs1[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,       MBEDTLS_TLS1_3_SIG_NONE};
static void tls_offer(mbedtls_ssl_config *conf, int pkcs1)
{
    mbedtls_ssl_conf_sig_algs(conf, pkcs1 ? tls_signatures_pkcs1 : tls_signatures);
    if (pkcs1)
        mbedtls_ssl_conf_max_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
}
#define TLS_MAY_BE_PSS 1
#else
static void tls_offer(mbedtls_ssl_config *conf, int pkcs1) {}
#define TLS_MAY_BE_PSS 0
#endif

#ifdef QUOTH_TLS_SESSIONS
#define TLS_DRY(t, is) ((t)->seen.dry = (is))
#else
#define TLS_DRY(t, is) ((void)0)
#endif

static const char tls_system_store[] = "/etc/ssl/certs/ca-certificates.crt";

/* ---- what mbedTLS calls ------------------------------------------------- */

static int tls_random(void *arg, unsigned char *buf, size_t n)
{
    const struct quoth_tls_global *global = arg;
    return global->port->random(buf, n) == QUOTH_OK ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int tls_bio_send(void *arg, const unsigned char *p, size_t n)
{
    struct quoth_tls_link *tls = arg;
    int rc = tls->port->send(tls->link, p, n);
    if (rc == QUOTH_AGAIN)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    return rc > 0 ? rc : MBEDTLS_ERR_SSL_CONN_EOF;
}

static int tls_bio_recv(void *arg, unsigned char *p, size_t n)
{
    struct quoth_tls_link *tls = arg;
    struct quoth_peer from;
    int rc;

    if (tls->heard >= QUOTH_TLS_HEARD_MAX)
        return MBEDTLS_ERR_SSL_CONN_EOF;
    rc = tls->port->recv(tls->link, p, n, &from);
    TLS_DRY(tls, rc == QUOTH_AGAIN);
    if (rc == QUOTH_AGAIN)
        return MBEDTLS_ERR_SSL_WANT_READ;
    if (rc <= 0)
        return MBEDTLS_ERR_SSL_CONN_EOF;
    tls->heard += (uint32_t)rc;
    return rc;
}

/* mbedTLS falls back to the subject's common name when there is no SAN: a name must not. */
static int tls_check(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    int san = mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME);
#else
    int san = crt->ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME;
#endif
#ifdef QUOTH_TLS_SESSIONS
    if (arg)
        ((struct quoth_tls_link *)arg)->seen.full = 1;
#endif
    (void)arg;
    if (depth == 0 && !san)
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return 0;
}

/* ---- what was seen ------------------------------------------------------ */

static int tls_clock(void)
{
#if defined(MBEDTLS_HAVE_TIME_DATE)
    return mbedtls_time(NULL) >= QUOTH_CLOCK_MIN;
#else
    return 0;
#endif
}

static uint8_t tls_cert(const struct quoth_tls_link *tls)
{
    const uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
    uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    int clock = tls_clock();
    unsigned cert = 0;

    if (!tls->named || flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
        cert |= QUOTH_CERT_WRONG_NAME;
    if (!clock)
        cert |= QUOTH_CERT_NO_CLOCK;
    else if (flags & dates)
        cert |= QUOTH_CERT_EXPIRED;
    if (tls->global->trusts) {
        if (flags & ~(dates | MBEDTLS_X509_BADCERT_CN_MISMATCH))
            cert |= QUOTH_CERT_UNTRUSTED;
        if (clock)
            cert |= QUOTH_CERT_CHECKED;
    }
    return (uint8_t)cert;
}

static void tls_facts(const struct quoth_tls_link *tls, struct quoth_tls_facts *facts)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
    facts->version = (uint16_t)mbedtls_ssl_get_version_number(&tls->ssl);
    facts->cipher = (uint16_t)mbedtls_ssl_get_ciphersuite_id_from_ssl(&tls->ssl);
#else
    facts->version = 0x0303; /* 2.28 has nothing newer, and older is switched off */
    facts->cipher =
        (uint16_t)mbedtls_ssl_get_ciphersuite_id(mbedtls_ssl_get_ciphersuite(&tls->ssl));
#endif
    facts->cert = tls_cert(tls);
}

/* ---- hosts that sign with PSS in TLS 1.2 -------------------------------- */

static uint32_t tls_host_hash(const char *host)
{
    return (uint32_t)quoth_hash(0, 0, host, strlen(host));
}

static int tls_is_pkcs1(const struct quoth_tls_global *global, const char *host)
{
    for (unsigned i = 0;
         i < sizeof global->pkcs1_host / sizeof *global->pkcs1_host && i < global->pkcs1_n; i++)
        if (global->pkcs1_host[i] == tls_host_hash(host))
            return 1;
    return 0;
}

static void tls_note_pkcs1(struct quoth_tls_global *global, const char *host)
{
    enum { most = sizeof global->pkcs1_host / sizeof *global->pkcs1_host };

    global->pkcs1_host[global->pkcs1_n % most] = tls_host_hash(host);
    if (++global->pkcs1_n == 2 * most)
        global->pkcs1_n = most;
}

/* ---- why it broke ------------------------------------------------------- */

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define TLS_PRIVATE(member) MBEDTLS_PRIVATE(member)
#else
#define TLS_PRIVATE(member) member
#endif

/* The signature of a key exchange is what TLS 1.2 has in its fourth message, and all that mbedTLS
 * finds illegal there. */
static int tls_was_pss(const struct quoth_tls_link *tls, int rc)
{
#if TLS_MAY_BE_PSS
    return rc == MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER && !tls->pkcs1 &&
           mbedtls_ssl_get_version_number(&tls->ssl) == MBEDTLS_SSL_VERSION_TLS1_2;
#else
    return 0;
#endif
}

/* enum quoth_tls_broke, or the number of the server's alert. */
static uint16_t tls_why(const struct quoth_tls_link *tls, int rc)
{
    if (tls_was_pss(tls, rc))
        return QUOTH_TLS_SIGNATURE;
    switch (rc) {
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE: return tls->ssl.TLS_PRIVATE(in_msg)[1];
    case MBEDTLS_ERR_SSL_CONN_EOF: return QUOTH_TLS_HUNG_UP;
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE: return QUOTH_TLS_NO_TLS;
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION: return QUOTH_TLS_VERSION;
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE: return QUOTH_TLS_CERTIFICATE;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED: return QUOTH_TLS_MEMORY;
    default: return QUOTH_TLS_OTHER;
    }
}

/* ---- what mbedTLS says that is no error --------------------------------- */

/* Not an error, and nothing to wait for: a ticket went by, or a long computation took a breath. */
static int tls_at_once(int rc)
{
    return rc == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
           || rc == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
#endif
        ;
}

static int tls_later(int rc)
{
    return rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE ||
           rc == MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS;
}

/* ---- sessions: a handshake may do without a certificate that was looked at before
 * (tls_sessions.c) ---- */

#ifdef QUOTH_TLS_SESSIONS
static void tls_resume(struct quoth_tls_link *tls, const char *name)
{
    mbedtls_ssl_set_verify(&tls->ssl, tls_check, tls);
    quoth_tls_session_begin(tls, name);
}
static void tls_resumed(struct quoth_tls_link *tls, struct quoth_tls_facts *facts)
{
    quoth_tls_session_up(tls, facts);
}

/* A ticket makes mbedTLS say WANT_READ while there is more to be had: only a link that has nothing
 * is waited for. */
static int tls_read(struct quoth_tls_link *tls, void *p, size_t cap)
{
    int rc;

    do {
        TLS_DRY(tls, 0);
        rc = mbedtls_ssl_read(&tls->ssl, p, cap);
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
        if (rc == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
            tls->seen.ticket = 1;
#endif
    } while (tls_at_once(rc) || (rc == MBEDTLS_ERR_SSL_WANT_READ && !tls->seen.dry));
    if (rc > 0)
        tls->seen.spoken = 1;
    return rc;
}

static void tls_keep(struct quoth_tls_link *tls)
{
    quoth_tls_session_end(tls, tls->state == TLS_UP || tls->state == TLS_ENDED);
}
#else
static void tls_resume(struct quoth_tls_link *tls, const char *name) {}
static void tls_resumed(struct quoth_tls_link *tls, struct quoth_tls_facts *facts) {}
static int tls_read(struct quoth_tls_link *tls, void *p, size_t cap)
{
    int rc;
    do
        rc = mbedtls_ssl_read(&tls->ssl, p, cap);
    while (tls_at_once(rc));
    return rc;
}
static void tls_keep(struct quoth_tls_link *tls) {}
#endif

/* ---- handshake, bytes, end ---------------------------------------------- */

/* The name to ask for and to match, or NULL: an address is neither (RFC 6066 3, RFC 9525 6.4). */
static const char *tls_name(const char *host)
{
    struct quoth_ip ip;
    if (host[0] == '\0' || host[0] == '[' || quoth_ip_parse(&ip, host, strlen(host)) == QUOTH_OK)
        return NULL;
    return host;
}

/* 0, or what mbedTLS would say. */
static int tls_start(struct quoth_tls_link *tls, const char *host)
{
    const char *name = tls_name(host);

    tls->state = TLS_SHAKING;
    tls->named = name != NULL;
    tls->heard = 0;
    tls->pkcs1 = (uint8_t)tls_is_pkcs1(tls->global, host);
    mbedtls_ssl_init(&tls->ssl);
    if (mbedtls_ssl_setup(&tls->ssl, tls->pkcs1 ? &tls->global->pkcs1 : &tls->global->conf) != 0)
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    if (mbedtls_ssl_set_hostname(&tls->ssl, name) != 0)
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    mbedtls_ssl_set_bio(&tls->ssl, tls, tls_bio_send, tls_bio_recv, NULL);
    tls_resume(tls, name);
    return 0;
}

static int tls_shake(struct quoth_tls_link *tls, const struct quoth_port *port,
                     struct quoth_link *link, const char *host, struct quoth_tls_facts *facts)
{
    int rc = 0;

    tls->port = port;
    tls->link = link;
    if (tls->state == TLS_IDLE)
        rc = tls_start(tls, host);
    else if (tls->state != TLS_SHAKING)
        return QUOTH_ENOTLS;
    if (rc == 0)
        do
            rc = mbedtls_ssl_handshake(&tls->ssl);
        while (tls_at_once(rc));
    if (tls_later(rc))
        return QUOTH_AGAIN;
    if (rc != 0) {
        tls->state = TLS_BROKEN;
        facts->broke = tls_why(tls, rc);
        if (facts->broke == QUOTH_TLS_SIGNATURE)
            tls_note_pkcs1(tls->global, host);
        return QUOTH_ENOTLS;
    }
    tls->state = TLS_UP;
    tls->heard = 0;
    tls_facts(tls, facts);
    tls_resumed(tls, facts);
    return QUOTH_OK;
}

static int tls_broke(struct quoth_tls_link *tls)
{
    tls->state = TLS_BROKEN;
    return QUOTH_EIO;
}

static int tls_send(struct quoth_tls_link *tls, const void *p, size_t n)
{
    int rc;

    if (tls->state != TLS_UP && tls->state != TLS_ENDED)
        return QUOTH_EIO;
    do
        rc = mbedtls_ssl_write(&tls->ssl, p, n);
    while (tls_at_once(rc));
    if (tls_later(rc))
        return QUOTH_AGAIN;
    return rc >= 0 ? rc : tls_broke(tls);
}

static int tls_recv(struct quoth_tls_link *tls, void *p, size_t cap)
{
    int rc;

    if (tls->state == TLS_ENDED)
        return 0;
    if (tls->state != TLS_UP)
        return QUOTH_EIO;
    rc = tls_read(tls, p, cap);
    if (tls_later(rc))
        return QUOTH_AGAIN;
    if (rc > 0) {
        tls->heard = 0;
        return rc;
    }
    if (rc != MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        return tls_broke(tls); /* cut off: not an end anyone signed */
    tls->state = TLS_ENDED;
    return 0;
}

static void tls_close(struct quoth_tls_link *tls)
{
    if (tls->state == TLS_IDLE)
        return;
    tls_keep(tls);
    /* A courtesy: when it does not fit the send buffer now, it is not said. */
    if (tls->state == TLS_UP || tls->state == TLS_ENDED)
        (void)mbedtls_ssl_close_notify(&tls->ssl);
    mbedtls_ssl_free(&tls->ssl);
    tls->state = TLS_IDLE;
}

const struct quoth_tls_filter quoth_tls_port = {tls_shake, tls_send, tls_recv, tls_close};

/* ---- set-up ------------------------------------------------------------- */

/* The crypto module of 3.x has a random generator of its own, seeded by the platform. */
static int tls_crypto(void)
{
#if defined(MBEDTLS_PSA_CRYPTO_C)
    psa_status_t rc = psa_crypto_init();
    if (rc == PSA_ERROR_INSUFFICIENT_MEMORY)
        return QUOTH_ESPACE;
    if (rc != PSA_SUCCESS)
        return QUOTH_ENORANDOM;
#endif
    return QUOTH_OK;
}

static int tls_configure(struct quoth_tls_global *global, mbedtls_ssl_config *conf, int pkcs1)
{
    if (mbedtls_ssl_config_defaults(conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        return QUOTH_ESPACE;
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
    mbedtls_ssl_conf_min_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
#else
    mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    mbedtls_ssl_conf_rng(conf, tls_random, global);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
#if defined(QUOTH_TLS_SESSIONS) && defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_conf_tls13_key_exchange_modes(conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
#endif
    tls_offer(conf, pkcs1);
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_verify(conf, tls_check, NULL);
    return QUOTH_OK;
}

int quoth_tls_open(struct quoth_tls_global *global, const struct quoth_port *port)
{
    uint8_t probe;
    int rc = port->random(&probe, 1);

    if (rc == QUOTH_OK)
        rc = tls_crypto();
    if (rc != QUOTH_OK)
        return rc;
    memset(global, 0, sizeof *global);
    global->port = port;
    mbedtls_x509_crt_init(&global->trust);
    mbedtls_ssl_config_init(&global->conf);
    mbedtls_ssl_config_init(&global->pkcs1);
    rc = tls_configure(global, &global->conf, 0);
    if (rc == QUOTH_OK)
        rc = tls_configure(global, &global->pkcs1, 1);
    if (rc != QUOTH_OK)
        quoth_tls_close(global);
    return rc;
}

void quoth_tls_close(struct quoth_tls_global *global)
{
#ifdef QUOTH_TLS_SESSIONS
    quoth_tls_sessions_free(global->sessions);
    global->sessions = NULL;
#endif
    mbedtls_ssl_config_free(&global->conf);
    mbedtls_ssl_config_free(&global->pkcs1);
    mbedtls_x509_crt_free(&global->trust);
}

/* A module adds its own code to that of the one below, whose codes have the last seven bits. */
static int tls_no_memory(int rc)
{
    const int below = rc < 0 ? -(-rc & 0x7f) : 0;

    return rc == MBEDTLS_ERR_X509_ALLOC_FAILED || rc == MBEDTLS_ERR_PEM_ALLOC_FAILED ||
           rc == MBEDTLS_ERR_PK_ALLOC_FAILED || below == MBEDTLS_ERR_ASN1_ALLOC_FAILED ||
           below == MBEDTLS_ERR_MPI_ALLOC_FAILED;
}

/* mbedTLS counts the certificates it could not read: some always may, all of them is an error. */
static int tls_trusted(struct quoth_tls_global *global, int rc)
{
    if (tls_no_memory(rc))
        return QUOTH_ESPACE;
    if (rc < 0 || global->trust.version == 0)
        return QUOTH_EPROTO;
    mbedtls_ssl_conf_ca_chain(&global->conf, &global->trust, NULL);
    mbedtls_ssl_conf_ca_chain(&global->pkcs1, &global->trust, NULL);
    global->trusts = 1;
    return QUOTH_OK;
}

int quoth_tls_trust(struct quoth_tls_global *global, const void *pem, size_t n)
{
    return tls_trusted(global, mbedtls_x509_crt_parse(&global->trust, pem, n));
}

int quoth_tls_trust_file(struct quoth_tls_global *global, const char *path)
{
#if defined(MBEDTLS_FS_IO)
    int rc;

    errno = 0; /* opening a file takes memory, and mbedTLS does not say why it could not */
    rc = mbedtls_x509_crt_parse_file(&global->trust, path ? path : tls_system_store);
    if (rc < 0 && path && errno != ENOMEM && !tls_no_memory(rc))
        rc = mbedtls_x509_crt_parse_path(&global->trust, path);
    return rc < 0 && errno == ENOMEM ? QUOTH_ESPACE : tls_trusted(global, rc);
#else
    (void)tls_system_store;
    return QUOTH_ENOSYS;
#endif
}
