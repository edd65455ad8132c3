/* tls_server.h - a server for STARTTLS to measure with: a P-256 key and a certificate made at the
 * start, tickets if asked for.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TLS_SERVER_H
#define TLS_SERVER_H

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static mbedtls_ssl_config tls_conf;
static mbedtls_pk_context tls_key;
static mbedtls_x509_crt tls_crt;
static mbedtls_ssl_ticket_context tls_tickets;

static int tls_rng(void *arg, unsigned char *p, size_t n)
{
    (void)arg;
    return getentropy(p, n);
}

static void tls_must(int rc, const char *what)
{
    if (!rc)
        return;
    fprintf(stderr, "tls: %s: -0x%x\n", what, (unsigned)-rc);
    exit(70);
}

static void tls_server_open(int tickets)
{
    mbedtls_x509write_cert w;
    unsigned char der[2048], serial = 1;
    int n;

    tls_must((int)psa_crypto_init(), "psa");
    mbedtls_pk_init(&tls_key);
    mbedtls_x509_crt_init(&tls_crt);
    tls_must(mbedtls_pk_setup(&tls_key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), "key");
    tls_must(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(tls_key), tls_rng, NULL),
             "key");
    mbedtls_x509write_crt_init(&w);
    mbedtls_x509write_crt_set_version(&w, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&w, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&w, &tls_key);
    mbedtls_x509write_crt_set_issuer_key(&w, &tls_key);
    tls_must(mbedtls_x509write_crt_set_serial_raw(&w, &serial, 1), "serial");
    tls_must(mbedtls_x509write_crt_set_subject_name(&w, "CN=mx.test"), "name");
    tls_must(mbedtls_x509write_crt_set_issuer_name(&w, "CN=mx.test"), "name");
    tls_must(mbedtls_x509write_crt_set_validity(&w, "20250101000000", "20491231235959"), "dates");
    n = mbedtls_x509write_crt_der(&w, der, sizeof der, tls_rng, NULL);
    tls_must(n < 0 ? n : mbedtls_x509_crt_parse_der(&tls_crt, der + sizeof der - n, (size_t)n),
             "certificate");
    mbedtls_x509write_crt_free(&w);
    mbedtls_ssl_config_init(&tls_conf);
    tls_must(mbedtls_ssl_config_defaults(&tls_conf, MBEDTLS_SSL_IS_SERVER,
                                         MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
             "config");
    mbedtls_ssl_conf_rng(&tls_conf, tls_rng, NULL);
    tls_must(mbedtls_ssl_conf_own_cert(&tls_conf, &tls_crt, &tls_key), "certificate");
    mbedtls_ssl_ticket_init(&tls_tickets);
    if (!tickets)
        return;
    tls_must(
        mbedtls_ssl_ticket_setup(&tls_tickets, tls_rng, NULL, MBEDTLS_CIPHER_AES_128_GCM, 3600),
        "tickets");
    mbedtls_ssl_conf_session_tickets_cb(&tls_conf, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse, &tls_tickets);
}

#endif
