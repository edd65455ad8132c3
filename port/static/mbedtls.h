/* mbedtls.h - MBEDTLS_USER_CONFIG_FILE of static builds: what of port/tls/mbedtls_config.h a small
 * file can do without.
 *
 * Every server that takes TLS for mail has AES-GCM and P-256 (RFC 8446 9.1, RFC 9325 4.2), so
 * ChaCha20 and X25519 go; blocks are never decrypted in GCM and CTR; an RSA private key is never
 * used; what cannot be agreed on is not named; no session is resumed (12 KB, and 1.5 KB in the
 * sandbox); and of PSA stays what TLS 1.3 asks for (psa.c).
 *
 * SPDX-License-Identifier: MIT */
#undef MBEDTLS_CHACHA20_C
#undef MBEDTLS_POLY1305_C
#undef MBEDTLS_CHACHAPOLY_C
#undef MBEDTLS_ECP_DP_CURVE25519_ENABLED
#undef MBEDTLS_AESNI_C
#undef MBEDTLS_SSL_TICKET_C
#undef MBEDTLS_SSL_SESSION_TICKETS
#undef MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
#ifdef QUOTH_TLS_CLIENT_ONLY /* nobody is served without the sandbox */
#undef MBEDTLS_SSL_SRV_C
#endif
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_RSA_NO_CRT
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_SHA512_SMALLER
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
#define QUOTH_TLS13_SUITES MBEDTLS_TLS1_3_AES_256_GCM_SHA384, MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
#else
#define QUOTH_TLS13_SUITES
#endif
#define MBEDTLS_SSL_CIPHERSUITES \
    QUOTH_TLS13_SUITES \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, \
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, \
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
#ifdef MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "port/static/psa.h"
#endif
