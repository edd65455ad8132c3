/* tls_cert.h - what a server's certificate says of itself, for whoever shows it.
 *
 *   shake() is QUOTH_OK --> quoth_tls_cert(): the chain as it was sent, the leaf in plain values
 *
 * Whether it is to be trusted stands in struct quoth_tls_facts; here is only what is written there.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_TLS_CERT_H
#define QUOTH_TLS_CERT_H

#include "tls_mbedtls.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { QUOTH_CERT_NAMES = 512, QUOTH_CERT_NAME = 96, QUOTH_CERT_SHA256 = 32 };

/* Texts end in a NUL. They are a stranger's: bytes up to the blank became '?', the others stay as
 * they were, so escape them when printing. */
struct quoth_cert {
    char names[QUOTH_CERT_NAMES];  /* of the subject (RFC 9525 2): DNS names, blanks between */
    char subject[QUOTH_CERT_NAME]; /* common name, "" for none */
    char issuer[QUOTH_CERT_NAME];  /* common name, else organization */
    char from[21], until[21];      /* "2026-01-31T23:59:59Z" */
    int64_t until_s;               /* the same, in seconds since 1970 */
    const char *key, *signature;   /* static: "EC", "RSA", "other"; "ECDSA-SHA256" ... */
    uint16_t key_bits;
    uint8_t cut;                           /* more names than fit */
    uint8_t chain;                         /* certificates sent; 0: none, and all else is empty */
    uint8_t self_signed;                   /* issuer and subject are the same */
    uint8_t sha256[QUOTH_CERT_SHA256];     /* of the certificate */
    uint8_t key_sha256[QUOTH_CERT_SHA256]; /* of its public key (RFC 7469 2.4; TLSA 3 1 1) */
};

/* Of a link whose handshake was full. QUOTH_OK, QUOTH_EINVAL (no certificate came, or the session
 * was resumed) or QUOTH_ENOSYS (a build without TLS); then `cert` is all zero. */
int quoth_tls_cert(const struct quoth_tls_link *tls, struct quoth_cert *cert);

/* Does a TLSA record (its data, RFC 6698 2.1) match the chain that was sent? Usage 3: its leaf,
 * whatever its names and dates; usage 2: a certificate above it that it leads up to, and then name
 * and dates count (RFC 7672 3.1). 1 or 0 */
int quoth_tls_tlsa(const struct quoth_tls_link *tls, const char *host, const void *record,
                   size_t n);

#ifdef __cplusplus
}
#endif
#endif
