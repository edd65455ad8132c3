/* tls_mbedtls.h - TLS over any port: mbedTLS, 2.28 to 3.6.
 *
 *   struct quoth_tls_global global;                             one for all links
 *   struct quoth_tls_link tls = { .global = &global };          one a link; all else zero
 *   if (quoth_tls_open(&global, &quoth_sock_port) == QUOTH_OK) {
 *       quoth_tls_trust_file(&global, NULL);                    optional: certificates trusted
 *       slot.wire.tls = &quoth_tls_port, slot.wire.tls_link = &tls;
 *   }
 *
 * A certificate that does not check out is a fact, never a failure here: what follows from it is
 * for core to say. With QUOTH_NO_TLS (tls_none.c) the same names exist and open says QUOTH_ENOSYS.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_TLS_MBEDTLS_H
#define QUOTH_TLS_MBEDTLS_H

#include "port.h"
#ifndef QUOTH_NO_TLS
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#endif
#if defined(QUOTH_NO_TLS) || !defined(MBEDTLS_SSL_SESSION_TICKETS)
#undef QUOTH_TLS_SESSIONS
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifdef QUOTH_NO_TLS
struct quoth_tls_global {
    char none;
};
struct quoth_tls_link {
    struct quoth_tls_global *global;
};
#else
struct quoth_tls_sessions; /* tls_sessions.h */
struct quoth_tls_session;

/* Set-up that links share: it must outlive them. Two threads may not share one. */
struct quoth_tls_global {
    mbedtls_ssl_config conf, pkcs1; /* pkcs1: TLS 1.2 with such signatures alone */
    uint32_t pkcs1_host[16];        /* for these, by hash; the oldest gives way */
    uint8_t pkcs1_n;                /* so many were noted */
    mbedtls_x509_crt trust;
    const struct quoth_port *port;
    uint8_t trusts;                      /* there is a store to check with */
#ifdef QUOTH_TLS_SESSIONS
    struct quoth_tls_sessions *sessions; /* NULL: none are kept */
#endif
};
struct quoth_tls_link {
    struct quoth_tls_global *global;
    const struct quoth_port *port;
    struct quoth_link *link;
    mbedtls_ssl_context ssl;
    uint32_t heard; /* bytes taken since something came of them */
    uint8_t state, named, pkcs1;
#ifdef QUOTH_TLS_SESSIONS
    struct quoth_tls_session
        *session; /* what to remember this one by; the rest is tls_sessions.c's, too */
    struct quoth_ip ip;
    struct quoth_tls_seen {
        uint8_t offered, up, full, spoken, broke_off, tls13, ticket, dry;
    } seen;
#endif
};
#endif

extern const struct quoth_tls_filter quoth_tls_port;

/* Random bytes come from `port` (kept). QUOTH_OK, QUOTH_ENORANDOM, QUOTH_ESPACE, or QUOTH_ENOSYS:
 * built without TLS. After a failure there is nothing to close. */
int quoth_tls_open(struct quoth_tls_global *global, const struct quoth_port *port);
void quoth_tls_close(struct quoth_tls_global *global);

/* Add certificates to trust: PEM (its NUL counted in n) or one in DER. QUOTH_OK, QUOTH_EPROTO
 * (not a single one could be read) or QUOTH_ESPACE. */
int quoth_tls_trust(struct quoth_tls_global *global, const void *pem, size_t n);

/* The same from a PEM file or a directory of them; NULL: the system's. QUOTH_ENOSYS: there are no
 * files here. */
int quoth_tls_trust_file(struct quoth_tls_global *global, const char *path);

#ifdef __cplusplus
}
#endif
#endif
