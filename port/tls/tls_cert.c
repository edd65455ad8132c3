/* tls_cert.c - the certificate of a TLS session in plain values (RFC 5280), read from what mbedTLS
 * has parsed already.
 *
 * SPDX-License-Identifier: MIT */
#include "quoth_domain.h"
#include "tls_cert.h"
#include <string.h>
#ifdef QUOTH_NO_TLS

int quoth_tls_cert(const struct quoth_tls_link *tls, struct quoth_cert *cert)
{
    memset(cert, 0, sizeof *cert);
    return QUOTH_ENOSYS;
}
int quoth_tls_tlsa(const struct quoth_tls_link *tls, const char *host, const void *record, size_t n)
{
    return 0;
}
#else
#include <stdio.h>
#include <mbedtls/asn1.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>

enum { CERT_ALT_DNS = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2 }; /* GeneralName (RFC 5280 4.2.1.6) */

/* Append a stranger's text, as far as it fits; 0 when something was left out. */
static int cert_append(char *to, size_t cap, const unsigned char *p, size_t n)
{
    size_t at = strlen(to);
    int whole = 1;

    if (n > cap - 1 - at) {
        n = cap - 1 - at;
        whole = 0;
    }
    for (size_t i = 0; i < n; i++)
        to[at + i] = (char)(p[i] <= ' ' || p[i] == 0x7f ? '?' : p[i]);
    to[at + n] = 0;
    return whole;
}

/* A blank may stand within a common name, but not within a DNS name. */
static void cert_attribute(char *to, const mbedtls_x509_name *name, const char *oid)
{
    for (; name; name = name->next)
        if (name->oid.len == 3 && !memcmp(name->oid.p, oid, 3) && !*to) {
            size_t n = name->val.len < QUOTH_CERT_NAME ? name->val.len : QUOTH_CERT_NAME - 1;
            for (size_t i = 0; i < n; i++)
                to[i] =
                    (char)(name->val.p[i] < ' ' || name->val.p[i] == 0x7f ? '?' : name->val.p[i]);
        }
}

static void cert_names(struct quoth_cert *cert, const mbedtls_x509_crt *leaf)
{
    static const char common_name[] = "\x55\x04\x03", organization[] = "\x55\x04\x0a";
    const mbedtls_x509_sequence *alt = &leaf->subject_alt_names;

    for (; alt && alt->buf.p; alt = alt->next) {
        const size_t was = strlen(cert->names);
        if (alt->buf.tag != CERT_ALT_DNS)
            continue;
        /* a name that does not fit whole would be another one */
        if (was + 1 + alt->buf.len >= sizeof cert->names) {
            cert->cut = 1;
            continue;
        }
        if (was)
            strcat(cert->names, " ");
        cert_append(cert->names, sizeof cert->names, alt->buf.p, alt->buf.len);
    }
    cert_attribute(cert->subject, &leaf->subject, common_name);
    cert_attribute(cert->issuer, &leaf->issuer, common_name);
    cert_attribute(cert->issuer, &leaf->issuer, organization);
    cert->self_signed = leaf->issuer_raw.len == leaf->subject_raw.len &&
                        !memcmp(leaf->issuer_raw.p, leaf->subject_raw.p, leaf->subject_raw.len);
}

/* Days since 1 January 1970 of a date of the Gregorian calendar. */
static int64_t cert_days(int year, int month, int day)
{
    const int64_t y = year - (month <= 2), m = (month + 9) % 12;

    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719469;
}

static int64_t cert_time(const mbedtls_x509_time *t, char text[21])
{
    snprintf(text, 21, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)t->year % 10000,
             (unsigned)t->mon % 100, (unsigned)t->day % 100, (unsigned)t->hour % 100,
             (unsigned)t->min % 100, (unsigned)t->sec % 100);
    return ((cert_days(t->year, t->mon, t->day) * 24 + t->hour) * 60 + t->min) * 60 + t->sec;
}

static const char *cert_key(mbedtls_pk_type_t type)
{
    if (type == MBEDTLS_PK_RSA || type == MBEDTLS_PK_RSASSA_PSS)
        return "RSA";
    return type == MBEDTLS_PK_ECKEY || type == MBEDTLS_PK_ECDSA ? "EC" : "other";
}

/* By the object identifiers of RFC 8017 A.2, RFC 5758 3.2 and RFC 8410 3. */
static const char *cert_signature(const mbedtls_x509_buf *oid)
{
    static const struct {
        char id[10], n;
        const char *name;
    } rows[] = {
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", 9, "RSA-MD5"},
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", 9, "RSA-SHA1"},
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 9, "RSA-PSS"},
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", 9, "RSA-SHA256"},
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", 9, "RSA-SHA384"},
        {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", 9, "RSA-SHA512"},
        {"\x2a\x86\x48\xce\x3d\x04\x01", 7, "ECDSA-SHA1"},
        {"\x2a\x86\x48\xce\x3d\x04\x03\x02", 8, "ECDSA-SHA256"},
        {"\x2a\x86\x48\xce\x3d\x04\x03\x03", 8, "ECDSA-SHA384"},
        {"\x2a\x86\x48\xce\x3d\x04\x03\x04", 8, "ECDSA-SHA512"},
        {"\x2b\x65\x70", 3, "Ed25519"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (oid->len == (size_t)rows[i].n && !memcmp(oid->p, rows[i].id, oid->len))
            return rows[i].name;
    return "other";
}

static void cert_hash(uint8_t out[QUOTH_CERT_SHA256], const mbedtls_x509_buf *bytes)
{
    (void)mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes->p, bytes->len, out);
}

int quoth_tls_cert(const struct quoth_tls_link *tls, struct quoth_cert *cert)
{
    const mbedtls_x509_crt *leaf = mbedtls_ssl_get_peer_cert(&tls->ssl);

    memset(cert, 0, sizeof *cert);
    cert->key = cert->signature = "";
    if (!leaf)
        return QUOTH_EINVAL;
    for (const mbedtls_x509_crt *c = leaf; c && cert->chain < UINT8_MAX; c = c->next)
        cert->chain++;
    cert_names(cert, leaf);
    cert_time(&leaf->valid_from, cert->from);
    cert->until_s = cert_time(&leaf->valid_to, cert->until);
    cert->key = cert_key(mbedtls_pk_get_type(&leaf->pk));
    cert->key_bits = (uint16_t)mbedtls_pk_get_bitlen(&leaf->pk);
    cert->signature = cert_signature(&leaf->sig_oid);
    cert_hash(cert->sha256, &leaf->raw);
    cert_hash(cert->key_sha256, &leaf->pk_raw);
    return QUOTH_OK;
}

/* ---- TLSA --------------------------------------------------------------- */

enum { CERT_SELECTOR = 1, CERT_MATCHING, CERT_DATA }; /* places in a record */

static int cert_matches(const mbedtls_x509_crt *c, const uint8_t *record, size_t n)
{
    const mbedtls_x509_buf *bytes = record[CERT_SELECTOR] ? &c->pk_raw : &c->raw;
    const uint8_t *data = record + CERT_DATA;
    uint8_t hash[64];

    if (record[CERT_MATCHING] == 0)
        return bytes->len == n - CERT_DATA && !memcmp(bytes->p, data, bytes->len);
    return mbedtls_md(mbedtls_md_info_from_type(record[CERT_MATCHING] == 1 ? MBEDTLS_MD_SHA256
                                                                           : MBEDTLS_MD_SHA512),
                      bytes->p, bytes->len, hash) == 0 &&
           !memcmp(hash, data, n - CERT_DATA);
}

/* Does the leaf lead up to it, with this name and today? */
static int cert_leads(const mbedtls_x509_crt *leaf, const mbedtls_x509_crt *up, const char *host)
{
    mbedtls_x509_crt anchor;
    uint32_t flags;
    int rc;

    mbedtls_x509_crt_init(&anchor);
    rc = mbedtls_x509_crt_parse_der(&anchor, up->raw.p, up->raw.len);
    if (!rc)
        rc = mbedtls_x509_crt_verify((mbedtls_x509_crt *)(uintptr_t)leaf, &anchor, NULL, host,
                                     &flags, NULL, NULL);
    mbedtls_x509_crt_free(&anchor);
    return rc == 0;
}

int quoth_tls_tlsa(const struct quoth_tls_link *tls, const char *host, const void *record, size_t n)
{
    const mbedtls_x509_crt *leaf = mbedtls_ssl_get_peer_cert(&tls->ssl);
    const uint8_t *usage = record;

    if (!leaf || !(quoth_tlsa_read(record, n) & QUOTH_TLSA_USABLE))
        return 0;
    if (*usage == 3)
        return cert_matches(leaf, record, n);
    for (const mbedtls_x509_crt *c = leaf->next; c; c = c->next)
        if (cert_matches(c, record, n) && cert_leads(leaf, c, host))
            return 1;
    return 0;
}
#endif
