/* tls_test.c - the TLS filter in a world of two byte queues (tls_world.h): handshakes, ends,
 * certificates, faults.
 *
 * SPDX-License-Identifier: MIT */
#include "tls_cert.h"
#include "tls_world.h"
#include <mbedtls/md.h>
#include <unistd.h>

/* ---- T08: not yet is not an error --------------------------------------- */

static void pieces(int tls13)
{
    static const struct {
        int lazy;
        size_t piece;
    } how[] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {1, 7}};
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        links_reset(how[i].lazy, how[i].piece);
        CHECK_INT(connected(tls13), QUOTH_OK);
        CHECK_INT(facts.version, NEW && tls13 ? 0x0304 : 0x0303);
        CHECK(facts.cipher != 0);
        CHECK_INT(facts.cert, QUOTH_CERT_CHECKED);
        talk();
        over();
    }
}
TEST(T08_pieces_12) { pieces(0); }
TEST(T08_pieces_13) { pieces(1); }

/* Each code that is no error, at every call in turn. */
static void codes(int tls13)
{
    static const int code[] = {
        MBEDTLS_ERR_SSL_WANT_READ,
        MBEDTLS_ERR_SSL_WANT_WRITE,
        MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS,
        MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS,
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
        MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET,
#endif
    };
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++)
        for (int nth = 0;; nth++) {
            char c;
            int rc;
            links_reset(0, 0);
            wrap_code = code[i];
            wrap_nth = nth;
            rc = connected(tls13);
            CHECK_INT(rc, QUOTH_OK);
            if (rc == QUOTH_OK) {
                wrap_watch = 1;
                (void)__real_mbedtls_ssl_write(&server, (const unsigned char *)"2", 1);
                CHECK_INT(recv_all(&c, 1), 1);
                while ((rc = quoth_tls_port.send(&tls, "Q", 1)) == QUOTH_AGAIN) {
                }
                CHECK_INT(rc, 1);
                wrap_watch = 0;
            }
            wrap_code = 0;
            over();
            if (wrap_nth >= 0)
                break; /* it was never reached */
            CHECK(nth < 100);
        }
}
TEST(T08_codes_12) { codes(0); }
TEST(T08_codes_13) { codes(1); }

/* ---- T05: it breaks ----------------------------------------------------- */

static void breaks(int tls13, int end)
{
    int rc = QUOTH_ENOTLS;
    for (long at = 0; rc != QUOTH_OK && at < 100; at++) {
        links_reset(0, 0);
        *(end ? &ours.end_at : &ours.fail_at) = at;
        server_open(tls13);
        rc = shake();
        CHECK(rc == QUOTH_ENOTLS || rc == QUOTH_OK);
        if (rc != QUOTH_OK) {
            CHECK_INT(shake_once(), QUOTH_ENOTLS); /* for good */
            CHECK_INT(quoth_tls_port.send(&tls, "x", 1), QUOTH_EIO);
            CHECK_INT(quoth_tls_port.recv(&tls, &rc, 1), QUOTH_EIO);
        }
        over();
    }
    CHECK_INT(rc, QUOTH_OK);
}
TEST(T05_breaks)
{
    for (int i = 0; i < 4; i++)
        breaks(i & 1, i >> 1);
}

/* W09: dropped at every step of the handshake. */
TEST(W09_drop)
{
    for (int tls13 = 0; tls13 < 2; tls13++)
        for (int steps = 0; steps < 12; steps++) {
            links_reset(1, 0);
            server_open(tls13);
            for (int i = 0; i < steps; i++) {
                CHECK(shake_once() != QUOTH_ENOTLS);
                (void)__real_mbedtls_ssl_handshake(&server);
            }
            over();
        }
}

/* What is no handshake: text, an old version, alerts without end, an endless hello. */
static int answered(const void *p, size_t n, int times)
{
    int rc;
    links_reset(0, 0);
    for (int i = 0; i < times; i++) {
        memcpy(down.b + down.n, p, n);
        down.n += n;
    }
    rc = shake_once();
    for (int i = 0; rc == QUOTH_AGAIN && i < 3; i++)
        rc = shake_once();
    quoth_tls_port.close(&tls);
    return rc;
}
TEST(T06_no_tls)
{
    static const uint8_t tls11[] = {22, 3, 2, 0, 45, 2, 0, 0, 41, 3, 2,    0,    1, 2, 3, 4, 5,
                                    6,  7, 8, 9, 0,  1, 2, 3, 4,  5, 6,    7,    8, 9, 0, 1, 2,
                                    3,  4, 5, 6, 7,  8, 9, 0, 1,  0, 0xc0, 0x13, 0, 0, 1, 0};
    CHECK_INT(answered("220 go ahead\r\n250-mx\r\n", 22, 1), QUOTH_ENOTLS);
    CHECK_INT(answered(tls11, sizeof tls11, 1), QUOTH_ENOTLS);
    CHECK_INT(answered("", 0, 0), QUOTH_AGAIN);
}
/* What our hello offers, read from its bytes: enough for every server met in practice, and nothing
 * weak. The distance of `value` from the end; 0: not offered; -1: the extension is not there. */
static int offered(unsigned extension, unsigned value)
{
    const uint8_t *p = up.b + 9 + 34,
                  *end = up.b + up.n; /* behind record, message, version, random */
    size_t n;

    p += 1 + p[0]; /* session id */
    n = (size_t)p[0] << 8 | p[1];
    if (extension != 0xffff) {
        p += 2 + n;
        p += 1 + p[0]; /* compression */
        for (p += 2; p + 4 <= end && (unsigned)(p[0] << 8 | p[1]) != extension;
             p += 4 + (p[2] << 8 | p[3])) {
        }
        if (p + 4 > end)
            return -1;
        n = (size_t)p[2] << 8 | p[3];
        p += 2;
    }
    for (p += extension == 43 ? 3 : 2; n >= 2; p += 2, n -= 2)
        if ((unsigned)(p[0] << 8 | p[1]) == value)
            return (int)(end - p);
    return 0;
}
TEST(T06_offer)
{
    enum { SUITES = 0xffff, GROUPS = 10, SIGNATURES = 13 };
    links_reset(0, 0);
    CHECK_INT(shake_once(), QUOTH_AGAIN);
    CHECK(offered(SUITES, 0xc02f) > 0);     /* ECDHE-RSA-AES128-GCM-SHA256 */
    CHECK(offered(SUITES, 0xc02b) > 0);     /* ECDHE-ECDSA-AES128-GCM-SHA256 */
    CHECK(offered(SUITES, 0xcca8) > 0);     /* ECDHE-RSA-CHACHA20-POLY1305 */
    CHECK(offered(GROUPS, 23) > 0);         /* secp256r1 */
    CHECK(offered(GROUPS, 24) > 0);         /* secp384r1 */
    CHECK(offered(GROUPS, 29) > 0);         /* x25519 */
    CHECK(offered(SIGNATURES, 0x0403) > 0); /* ecdsa_secp256r1_sha256 */
    CHECK(offered(SIGNATURES, 0x0401) > 0); /* rsa_pkcs1_sha256 */
    if (NEW) {
        CHECK(offered(SUITES, 0x1301) > 0);     /* AES128-GCM-SHA256 of TLS 1.3 */
        CHECK(offered(43, 0x0304) > 0);         /* TLS 1.3 itself */
        CHECK(offered(SIGNATURES, 0x0804) > 0); /* rsa_pss_rsae_sha256: RSA in TLS 1.3 needs it */
        CHECK(offered(SIGNATURES, 0x0401) >
              offered(SIGNATURES, 0x0804));    /* in 1.2 it must not be chosen */
        CHECK_INT(offered(SUITES, 0xc013), 0); /* no CBC, no RSA key exchange */
        CHECK_INT(offered(SUITES, 0x009c), 0);
    }
    CHECK_INT(offered(35, 0), -1); /* T16: no session tickets */
    CHECK_INT(offered(45, 1), -1); /* nor those of TLS 1.3 */
    quoth_tls_port.close(&tls);
}

TEST(T07_floods)
{
    static const uint8_t hello[] = {22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc};
    static uint8_t big[sizeof hello + 16384 - 4];
    CHECK_INT(answered("\x15\x03\x03\x00\x02\x01\x64", 7, 6000), QUOTH_ENOTLS);
    CHECK_INT(answered("\x16\x03\x03\x00\x00", 5, 6000), QUOTH_ENOTLS);
    memcpy(big, hello, sizeof hello);
    CHECK_INT(answered(big, sizeof big, 4), QUOTH_ENOTLS);
}

/* After the handshake, alerts that mean nothing, without end:
 * the stream is over, not the machine. */
TEST(T07_alerts)
{
    char c;
    links_reset(0, 0);
    CHECK_INT(connected(0), QUOTH_OK);
    for (int i = 0; i < 4000; i++)
        CHECK_INT(mbedtls_ssl_send_alert_message(&server, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                                                 MBEDTLS_SSL_ALERT_MSG_USER_CANCELED),
                  0);
    CHECK_INT(quoth_tls_port.recv(&tls, &c, 1), QUOTH_EIO);
    CHECK(down.n - down.at > 32768); /* it did not read them all */
    CHECK_INT(quoth_tls_port.recv(&tls, &c, 1), QUOTH_EIO);
    over();
}

/* ---- T15: how it ends --------------------------------------------------- */

static void ends(int tls13)
{
    char c;
    links_reset(0, 0);
    CHECK_INT(connected(tls13), QUOTH_OK);
    talk();
    CHECK_INT(mbedtls_ssl_close_notify(&server), 0);
    memcpy(down.b + down.n, "250 from anyone\r\n", 17);
    down.n += 17;
    CHECK_INT(recv_all(&c, 1), 0);
    CHECK_INT(quoth_tls_port.recv(&tls, &c, 1), 0);
    CHECK_INT(down.n - down.at, 17); /* what follows in clear is never read */
    over();

    links_reset(0, 0);
    CHECK_INT(connected(tls13), QUOTH_OK);
    down.over = 1; /* no close_notify: cut off */
    CHECK_INT(recv_all(&c, 1), QUOTH_EIO);
    CHECK_INT(quoth_tls_port.send(&tls, "x", 1), QUOTH_EIO);
    over();

    links_reset(0, 0);
    CHECK_INT(connected(tls13), QUOTH_OK);
    up.at = up.n = 0;
    quoth_tls_port.close(&tls); /* ours is said, too */
    CHECK(up.n > 0);
    CHECK_INT(__real_mbedtls_ssl_read(&server, (unsigned char *)&c, 1),
              MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    over();
}
TEST(T15_end)
{
    ends(0);
    ends(1);
}

/* T01: the filter reads whole records and no further. */
TEST(T01_boundary)
{
    char c[8];
    links_reset(0, 0);
    CHECK_INT(connected(0), QUOTH_OK);
    CHECK_INT(__real_mbedtls_ssl_write(&server, (const unsigned char *)"abcdefgh", 8), 8);
    size_t one = down.n;
    CHECK_INT(__real_mbedtls_ssl_write(&server, (const unsigned char *)"ijkl", 4), 4);
    CHECK_INT(quoth_tls_port.recv(&tls, c, 3), 3);
    CHECK_INT(down.at, one);
    CHECK_INT(quoth_tls_port.recv(&tls, c, 8), 5);
    CHECK_INT(quoth_tls_port.recv(&tls, c, 8), 4);
    over();
}

/* ---- T09, T10, T11, T13: names and certificates ------------------------- */

static int cert_of(const char *name)
{
    links_reset(0, 0);
    host = name;
    int rc = connected(1);
    CHECK_INT(rc, QUOTH_OK); /* whatever the certificate is */
    over();
    host = "mx.example.org";
    return facts.cert;
}

TEST(T09_hostname)
{
    wrap_hostname = 0;
    CHECK_INT(cert_of("mx.example.org"), QUOTH_CERT_CHECKED);
    CHECK_STR(server_sni, "mx.example.org");
    CHECK_INT(wrap_hostname, 1);
    static const char *const no_names[] = {"", "192.0.2.1", "2001:db8::1", "[192.0.2.1]"};
    for (int i = 0; i < 4; i++) {
        CHECK_INT(cert_of(no_names[i]), QUOTH_CERT_CHECKED | QUOTH_CERT_WRONG_NAME);
        CHECK_STR(server_sni, "");
        CHECK_INT(wrap_hostname, i + 2);
    }
    CHECK(wrap_psa > 0 || !NEW);
}

TEST(T11_names)
{
    enum { FINE = QUOTH_CERT_CHECKED, WRONG = QUOTH_CERT_CHECKED | QUOTH_CERT_WRONG_NAME };
    static const struct {
        const char *cn, *dns, *host;
        int cert;
    } row[] = {
        {"x", "mx.example.org", "mx.example.org", FINE},
        {"x", "MX.Example.ORG", "mx.example.org", FINE},
        {"x", "mx.example.org", "mx2.example.org", WRONG},
        {"x", "*.example.org", "mx.example.org", FINE},
        {"x", "*.example.org", "a.mx.example.org", WRONG},
        {"x", "*.example.org", "example.org", WRONG},
        {"mx.example.org", NULL, "mx.example.org", WRONG}, /* a common name is no name */
        {"mx.example.org", "www.example.org", "mx.example.org", WRONG},
        {"x", "xn--bcher-kva.example", "xn--bcher-kva.example", FINE},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        id_leaf(row[i].cn, row[i].dns, "20250101000000", "20491231235959", &root);
        CHECK_INT(cert_of(row[i].host), row[i].cert);
    }
    id_good();
}

TEST(T10_dates_and_trust)
{
    id_leaf("x", "mx.example.org", "20200101000000", "20210101000000", &root);
    CHECK_INT(cert_of("mx.example.org"), QUOTH_CERT_CHECKED | QUOTH_CERT_EXPIRED);
    wrap_time = 3600; /* T13: a clock that was never set */
    CHECK_INT(cert_of("mx.example.org"), QUOTH_CERT_NO_CLOCK);
    wrap_time = 0;
    id_leaf("x", "mx.example.org", "20480101000000", "20490101000000", &root);
    CHECK_INT(cert_of("mx.example.org"), QUOTH_CERT_CHECKED | QUOTH_CERT_EXPIRED);
    id_leaf("x", "mx.example.org", "20250101000000", "20491231235959", &stranger);
    CHECK_INT(cert_of("mx.example.org"), QUOTH_CERT_CHECKED | QUOTH_CERT_UNTRUSTED);
    id_leaf("x", "other.example", "20200101000000", "20210101000000", &stranger);
    CHECK_INT(cert_of("mx.example.org"), QUOTH_CERT_CHECKED | QUOTH_CERT_UNTRUSTED |
                                             QUOTH_CERT_EXPIRED | QUOTH_CERT_WRONG_NAME);

    struct quoth_tls_global bare; /* no store: nothing is said about trust */
    CHECK_INT(quoth_tls_open(&bare, &port), QUOTH_OK);
    tls.global = &bare;
    CHECK_INT(cert_of("mx.example.org"), QUOTH_CERT_EXPIRED | QUOTH_CERT_WRONG_NAME);
    id_good();
    CHECK_INT(cert_of("mx.example.org"), 0);
    tls.global = &global;
    quoth_tls_close(&bare);
}

/* ---- M42: TLSA records and the chain that was shown -------------------------- */

/* The record of a certificate. Returns its bytes. */
static size_t tlsa_of(const mbedtls_x509_crt *c, unsigned usage, unsigned selector, unsigned match,
                      uint8_t record[2048])
{
    const mbedtls_x509_buf *bytes = selector ? &c->pk_raw : &c->raw;

    record[0] = (uint8_t)usage;
    record[1] = (uint8_t)selector;
    record[2] = (uint8_t)match;
    if (match == 0) {
        memcpy(record + 3, bytes->p, bytes->len);
        return 3 + bytes->len;
    }
    CHECK_INT(
        mbedtls_md(mbedtls_md_info_from_type(match == 1 ? MBEDTLS_MD_SHA256 : MBEDTLS_MD_SHA512),
                   bytes->p, bytes->len, record + 3),
        0);
    return 3 + 32u * match;
}

/* Does a record of the leaf, or of the one above it, vouch for what the server shows? */
static void tlsa_check(const char *name, int leaf_does, int root_does)
{
    uint8_t record[2048];

    for (unsigned i = 0; i < 4 * 2 * 3 * 2; i++) {
        const unsigned usage = i % 4, above = i / 24;
        const mbedtls_x509_crt *c = above ? leaf.crt.next : &leaf.crt;
        const size_t n = tlsa_of(c, usage, i / 4 % 2, i / 8 % 3, record);
        const int want = (usage == 3 && !above && leaf_does) || (usage == 2 && above && root_does);
        CHECK_INT(quoth_tls_tlsa(&tls, name, record, n), want);
        CHECK_INT(quoth_tls_tlsa(&tls, name, record, n - 1), 0);
        CHECK_INT(quoth_tls_tlsa(&tls, name, record, 3), 0);
        CHECK_INT(quoth_tls_tlsa(&tls, name, record, 0), 0);
        record[n - 1] ^= 1;
        CHECK_INT(quoth_tls_tlsa(&tls, name, record, n), 0);
    }
}

/* Usage 3 is the leaf's alone, whatever its name and dates; usage 2 is of one above it in what was
 * shown, and then the chain, the name and the dates have to hold. */
TEST(M42_tlsa)
{
    static const struct {
        const char *until;
        struct id *by, *shown;
        int root_does;
    } rows[] = {
        {"20491231235959", &root, &root, 1},
        {"20260101000000", &root, &root, 0},         /* out of date */
        {"20491231235959", &stranger, &root, 0},     /* one above that did not sign it */
        {"20491231235959", &stranger, &stranger, 1}, /* of nobody known: the record vouches */
    };
    struct quoth_cert cert;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int tls13 = 0; tls13 < 2; tls13++) {
            id_leaf("x", "mx.example.org", "20250101000000", rows[i].until, rows[i].by);
            id_sign(rows[i].shown, rows[i].shown, rows[i].shown == &root ? "root" : "stranger",
                    NULL, "20250101000000", "20491231235959", 1, &leaf.crt);
            links_reset(0, 0);
            CHECK_INT(connected(tls13), QUOTH_OK);
            CHECK_INT(quoth_tls_cert(&tls, &cert), QUOTH_OK);
            CHECK_INT(cert.chain, 2);
            tlsa_check("mx.example.org", 1, rows[i].root_does);
            tlsa_check("mx.example.com", 1, 0);
            over();
        }
    id_good();
}

/* Ten certificates, each signed by the next: refused, and soon. */
TEST(T12_long_chain)
{
    static struct id chain[11];
    struct id *by = &chain[10];
    clock_t t;

    for (int i = 0; i < 11; i++) {
        id_key(&chain[i]);
        snprintf(chain[i].name, sizeof chain[i].name, "CN=c%d", i);
    }
    mbedtls_x509_crt_free(&leaf.crt);
    mbedtls_x509_crt_init(&leaf.crt);
    id_sign(&leaf, &chain[0], "x", "mx.example.org", "20250101000000", "20491231235959", 0,
            &leaf.crt);
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        id_sign(&chain[i], &chain[i + 1], name, NULL, "20250101000000", "20491231235959", 1,
                &leaf.crt);
    }
    links_reset(0, 0);
    t = clock();
    CHECK_INT(connected(1), QUOTH_ENOTLS);
    CHECK((clock() - t) / CLOCKS_PER_SEC < 2);
    over();
    for (int i = 0; i < 11; i++)
        mbedtls_pk_free(&chain[i].key);
    CHECK(by->name[0] == 'C');
    id_good();
}

/* ---- T14: out of memory ------------------------------------------------- */

/* Every allocation of ours in a handshake fails in turn; past the first hundred, every seventh. */
static void starved(int tls13)
{
    int rc = QUOTH_ENOTLS;
    long nth = 0;

    for (; rc != QUOTH_OK && nth < 20000; nth += nth < 100 ? 1 : nth < 500 ? 7 : 61) {
        links_reset(0, 0);
        wrap_allocs_left = nth;
        rc = connected(tls13);
        CHECK(rc == QUOTH_ENOTLS || rc == QUOTH_OK);
        if (wrap_allocs_left >= 0)
            break;
        wrap_allocs_left = -1;
        over();
        rc = QUOTH_ENOTLS; /* one that did not matter is fine, too */
    }
    CHECK_INT(rc, QUOTH_OK);
    CHECK(nth > 50 || !NEW); /* a shared library cannot be wrapped */
    wrap_allocs_left = -1;
    over();
}
TEST(T14_handshake_12) { starved(0); }
TEST(T14_handshake_13) { starved(1); }

/* As many handshakes at once as a list has: each is far enough to wait for the server. */
TEST(T14_many)
{
    enum { MANY = 200 };
    static struct quoth_tls_link many[MANY];
    for (int i = 0; i < MANY; i++) {
        links_reset(0, 0);
        many[i].global = &global;
        CHECK_INT(quoth_tls_port.shake(&many[i], &port, &ours, host, &facts), QUOTH_AGAIN);
    }
    for (int i = 0; i < MANY; i++)
        quoth_tls_port.close(&many[i]);
}

TEST(T14_setup)
{
    struct quoth_tls_global g;
    for (long nth = 0; nth < 50; nth++) {
        wrap_allocs_left = nth;
        wrap_watch = 1;
        int rc = quoth_tls_open(&g, &port);
        wrap_watch = 0;
        CHECK(rc == QUOTH_OK || rc == QUOTH_ESPACE || rc == QUOTH_ENORANDOM);
        if (rc == QUOTH_OK)
            quoth_tls_close(&g);
        if (wrap_allocs_left >= 0)
            break;
    }
    wrap_allocs_left = -1;
    random_rc = QUOTH_ENORANDOM; /* Q03: no entropy, no TLS */
    CHECK_INT(quoth_tls_open(&g, &port), QUOTH_ENORANDOM);
    random_rc = QUOTH_OK;
    links_reset(0, 0);
    server_open(1);
    random_rc = QUOTH_ENORANDOM;
    CHECK_INT(shake(), QUOTH_ENOTLS);
    random_rc = QUOTH_OK;
    over();
}

/* ---- T17: why it broke, and what is offered then ------------------------- */

TEST(T17_why)
{
    static const uint8_t tls11[] = {22, 3, 2, 0, 45, 2, 0, 0, 41, 3, 2,    0,    1, 2, 3, 4, 5,
                                    6,  7, 8, 9, 0,  1, 2, 3, 4,  5, 6,    7,    8, 9, 0, 1, 2,
                                    3,  4, 5, 6, 7,  8, 9, 0, 1,  0, 0xc0, 0x13, 0, 0, 1, 0};
    static const struct {
        const void *p;
        size_t n;
        uint16_t why;
    } row[] = {{"\x15\x03\x03\x00\x02\x02\x28", 7, 40},
               {"\x15\x03\x03\x00\x02\x02\x70", 7, 112},
               {"220 go ahead\r\n250-mx\r\n", 22, QUOTH_TLS_NO_TLS}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        CHECK_INT(answered(row[i].p, row[i].n, 1), QUOTH_ENOTLS);
        CHECK_INT(facts.broke, row[i].why);
    }
    CHECK_INT(answered(tls11, sizeof tls11, 1), QUOTH_ENOTLS);
    CHECK(facts.broke >= QUOTH_TLS_HUNG_UP && facts.broke < QUOTH_TLS_BROKEN);
    links_reset(0, 0);
    ours.end_at = 0;
    server_open(1);
    CHECK_INT(shake(), QUOTH_ENOTLS);
    CHECK_INT(facts.broke, QUOTH_TLS_HUNG_UP);
    over();
    links_reset(0, 0);
    CHECK_INT(connected(1), QUOTH_OK);
    CHECK_INT(facts.broke, 0);
    over();
}

#if NEW
/* The library finds something illegal in what the server said. */
static uint16_t illegal(int tls13)
{
    uint16_t why;

    links_reset(0, 0);
    wrap_code = MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
    wrap_nth = tls13 ? 1 : 2; /* the answer was heard */
    CHECK_INT(connected(tls13), QUOTH_ENOTLS);
    wrap_code = 0;
    why = facts.broke;
    over();
    return why;
}

static int pss_is_offered(void)
{
    int is;

    links_reset(0, 0);
    server_open(0);
    CHECK_INT(shake_once(), QUOTH_AGAIN);
    is = offered(13, 0x0804) > 0;
    CHECK(is == (offered(43, 0x0304) > 0)); /* TLS 1.3, which cannot be without */
    CHECK(offered(13, 0x0401) > 0);
    CHECK_INT(shake(), QUOTH_OK);
    over();
    return is;
}

TEST(T17_signature)
{
    const char *was = host;
    char name[32];

    host = "pss.example.org";
    CHECK(illegal(1) != QUOTH_TLS_SIGNATURE);
    CHECK(pss_is_offered());
    CHECK_INT(illegal(0), QUOTH_TLS_SIGNATURE);
    CHECK(!pss_is_offered());
    CHECK(illegal(0) != QUOTH_TLS_SIGNATURE); /* once */
    CHECK(!pss_is_offered());
    host = name;
    for (int i = 0; i < 100; i++) { /* and of many such hosts the last are known */
        snprintf(name, sizeof name, "mx%d.example.org", i);
        CHECK_INT(illegal(0), QUOTH_TLS_SIGNATURE);
        for (int k = i < 15 ? 0 : i - 15; k <= i; k++) {
            snprintf(name, sizeof name, "mx%d.example.org", k);
            if (k == i || k == i - 15)
                CHECK(!pss_is_offered());
        }
    }
    host = "pss.example.org";
    CHECK(pss_is_offered());
    host = was;
}
#else
TEST(T17_signature) {}
#endif

TEST(trust_stores)
{
    struct quoth_tls_global g;
    CHECK_INT(quoth_tls_open(&g, &port), QUOTH_OK);
    CHECK_INT(quoth_tls_trust(&g, "nonsense", 9), QUOTH_EPROTO);
    CHECK_INT(quoth_tls_trust_file(&g, "tests/no-such-file"), QUOTH_EPROTO);
    CHECK_INT(g.trusts, 0);
    CHECK_INT(quoth_tls_trust(&g, root.crt.raw.p, root.crt.raw.len), QUOTH_OK);
    CHECK_INT(g.trusts, 1);
    quoth_tls_close(&g);
}

/* For want of memory a file of certificates is not taken for one without any. */
TEST(T14_trust_file)
{
    struct quoth_tls_global g;
    char name[] = "/tmp/tls_test.XXXXXX";
    const int fd = mkstemp(name);
    const ssize_t n = (ssize_t)root.crt.raw.len;
    long nth = 0;
    int rc;

    CHECK(fd >= 0 && write(fd, root.crt.raw.p, (size_t)n) == n && !close(fd));
    do {
        CHECK_INT(quoth_tls_open(&g, &port), QUOTH_OK);
        wrap_allocs_left = nth++;
        wrap_watch = 1;
        rc = quoth_tls_trust_file(&g, name);
        wrap_watch = 0;
        CHECK(rc == QUOTH_OK || rc == QUOTH_ESPACE);
        quoth_tls_close(&g);
    } while (wrap_allocs_left < 0 && nth < 200);
    wrap_allocs_left = -1;
    CHECK_INT(rc, QUOTH_OK);
    CHECK(nth > 3 || !NEW);
    unlink(name);
}

int main(void)
{
    tls_world_open();
    RUN(T08_pieces_12);
    RUN(T08_pieces_13);
    RUN(T08_codes_12);
    RUN(T08_codes_13);
    RUN(T05_breaks);
    RUN(W09_drop);
    RUN(T06_no_tls);
    RUN(T06_offer);
    RUN(T07_floods);
    RUN(T07_alerts);
    RUN(T15_end);
    RUN(T01_boundary);
    RUN(T09_hostname);
    RUN(T11_names);
    RUN(T10_dates_and_trust);
    RUN(M42_tlsa);
    RUN(T12_long_chain);
    RUN(T14_handshake_12);
    RUN(T14_handshake_13);
    RUN(T14_many);
    RUN(T14_setup);
    RUN(T17_why);
    RUN(T17_signature);
    RUN(trust_stores);
    RUN(T14_trust_file);
    tls_world_close();
    return report("tls");
}
