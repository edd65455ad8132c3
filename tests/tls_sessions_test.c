/* tls_sessions_test.c - TLS sessions of one call used in the next, against an mbedTLS server in
 * memory.
 *
 * Whether a handshake was resumed is what the server says: it counts the tickets it was shown, and
 * took. The world is that of tls_world.h.
 *
 * SPDX-License-Identifier: MIT */
#include "tls_world.h"
#include "tls_sessions.h"
#ifdef MBEDTLS_SSL_TICKET_C
#include <mbedtls/ssl_ticket.h>

/* ---- a server that gives tickets ---------------------------------------- */

static mbedtls_ssl_ticket_context tickets;
static int tickets_shown, tickets_taken, tickets_given;
static int tickets_refuse, tickets_spoil, tickets_none, tickets_old,
    tickets_long; /* how it is with them */

static int tickets_write(void *arg, const mbedtls_ssl_session *session, unsigned char *p,
                         const unsigned char *end, size_t *n, uint32_t *lifetime)
{
    int rc = mbedtls_ssl_ticket_write(arg, session, p, end, n, lifetime);

    tickets_given++;
    for (; rc == 0 && *n < (size_t)tickets_long && p + *n < end; ++*n)
        p[*n] = 0;
    return rc;
}
static int tickets_parse(void *arg, mbedtls_ssl_session *session, unsigned char *p, size_t n)
{
    int rc;

    tickets_shown++;
    if (tickets_refuse)
        return MBEDTLS_ERR_SSL_INVALID_MAC;
    if (tickets_spoil)
        p[n / 2] ^= 1;
    rc = mbedtls_ssl_ticket_parse(arg, session, p, n);
    tickets_taken += rc == 0;
    return rc;
}

static void give_tickets(mbedtls_ssl_config *conf)
{
    if (!tickets_none)
        mbedtls_ssl_conf_session_tickets_cb(conf, tickets_write, tickets_parse, &tickets);
#if NEW && defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_conf_new_session_tickets(conf, tickets_none || tickets_old ? 0 : 2);
#endif
}

/* ---- calls -------------------------------------------------------------- */

enum {
    FULL,
    RESUMED,
    BROKEN,
    REFUSED
}; /* how a call went; REFUSED: shown a ticket, and a full handshake */

static struct quoth_ip here, there;

static int went(int rc, int shown, int taken)
{
    if (rc != QUOTH_OK)
        return BROKEN;
    if (tickets_taken > taken)
        return RESUMED;
    return tickets_shown > shown ? REFUSED : FULL;
}

/* Connect, talk, hang up. */
static int call_at(const char *name, const struct quoth_ip *ip, int tls13)
{
    int rc, shown = tickets_shown, taken = tickets_taken;

    links_reset(0, 0);
    quoth_tls_calls(&tls, ip);
    host = name;
    rc = connected(tls13);
    if (rc == QUOTH_OK)
        talk();
    over();
    host = "mx.example.org";
    return went(rc, shown, taken);
}
static int call(int tls13) { return call_at("mx.example.org", &here, tls13); }

static uint32_t kept(void)
{
    size_t bytes;
    uint32_t n = quoth_tls_remembered(&global, &bytes);
    CHECK((n == 0) == (bytes == 0));
    return n;
}

/* A memory of `bytes` of its own for each test. */
static void remember(size_t bytes)
{
    quoth_tls_sessions_free(global.sessions);
    global.sessions = NULL;
    CHECK_INT(quoth_tls_remember(&global, bytes), QUOTH_OK);
    CHECK_INT(kept(), 0);
    tickets_shown = tickets_taken = tickets_given = 0;
    tickets_refuse = tickets_spoil = tickets_none = tickets_old = tickets_long = 0;
}

/* ---- what is resumed ---------------------------------------------------- */

static void resumes(int tls13)
{
    size_t full, resumed;

    remember(0);
    CHECK_INT(call(tls13), FULL);
    CHECK_INT(kept(), 1);
    CHECK_INT(facts.cert, QUOTH_CERT_CHECKED);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(call(tls13), RESUMED);
        CHECK_INT(kept(), 1);
        CHECK_INT(facts.cert, QUOTH_CERT_CHECKED);
        CHECK_INT(facts.version, NEW && tls13 ? 0x0304 : 0x0303);
        CHECK(facts.cipher != 0);
    }
    CHECK(tickets_given > 0);
    /* no certificate comes, so the server says less, whoever counts */
    remember(0);
    CHECK_INT(call(tls13), FULL);
    full = theirs.sent;
    CHECK_INT(call(tls13), RESUMED);
    resumed = theirs.sent;
    CHECK(resumed + 300 < full);
}
TEST(T16_resumed_12) { resumes(0); }
TEST(T16_resumed_13) { resumes(1); }

static void pieces(int tls13)
{
    static const struct {
        int lazy;
        size_t piece;
    } how[] = {{0, 0}, {1, 0}, {0, 1}, {1, 7}};
    remember(0);
    for (size_t i = 0; i < 2 * sizeof how / sizeof how[0]; i++) {
        int taken = tickets_taken;
        links_reset(how[i / 2].lazy, how[i / 2].piece);
        quoth_tls_calls(&tls, &here);
        CHECK_INT(connected(tls13), QUOTH_OK);
        CHECK_INT(tickets_taken - taken, i > 0);
        talk();
        over();
    }
}
TEST(T08_resumed_in_pieces)
{
    pieces(0);
    pieces(1);
}

/* What was found wrong with the certificate is told again, all of it and nothing else. */
static void facts_kept(int tls13)
{
    static const struct {
        const char *dns, *from, *until;
        struct id *by;
        int cert;
    } row[] = {
        {"mx.example.org", "20250101000000", "20491231235959", &root, QUOTH_CERT_CHECKED},
        {"other.example", "20250101000000", "20491231235959", &root,
         QUOTH_CERT_CHECKED | QUOTH_CERT_WRONG_NAME},
        {"mx.example.org", "20200101000000", "20210101000000", &root,
         QUOTH_CERT_CHECKED | QUOTH_CERT_EXPIRED},
        {"mx.example.org", "20250101000000", "20491231235959", &stranger,
         QUOTH_CERT_CHECKED | QUOTH_CERT_UNTRUSTED},
        {NULL, "20200101000000", "20210101000000", &stranger,
         QUOTH_CERT_CHECKED | QUOTH_CERT_UNTRUSTED | QUOTH_CERT_EXPIRED | QUOTH_CERT_WRONG_NAME},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        remember(0);
        id_leaf("x", row[i].dns, row[i].from, row[i].until, row[i].by);
        CHECK_INT(call(tls13), FULL);
        CHECK_INT(facts.cert, row[i].cert);
        for (int again = 0; again < 3; again++) {
            CHECK_INT(call(tls13), RESUMED);
            CHECK_INT(facts.cert, row[i].cert);
        }
        /* another certificate now: a full handshake says what that one is worth */
        id_leaf("x", i ? "mx.example.org" : "new.example", "20250101000000", "20491231235959",
                &root);
        CHECK_INT(call(tls13), RESUMED);
        CHECK_INT(facts.cert, row[i].cert);
        tickets_refuse = 1;
        CHECK_INT(call(tls13), REFUSED);
        CHECK_INT(facts.cert, i ? QUOTH_CERT_CHECKED : QUOTH_CERT_CHECKED | QUOTH_CERT_WRONG_NAME);
        tickets_refuse = 0;
        CHECK_INT(call(tls13), RESUMED);
        CHECK_INT(facts.cert, i ? QUOTH_CERT_CHECKED : QUOTH_CERT_CHECKED | QUOTH_CERT_WRONG_NAME);
    }
    id_good();
}
TEST(T16_facts_12) { facts_kept(0); }
TEST(T16_facts_13) { facts_kept(1); }

/* Tickets come before the first reply: it is had at once, for nobody may come to wake us for it. */
TEST(T08_behind_tickets)
{
    char c[16];
    remember(0);
    for (int i = 0; i < 3; i++) {
        links_reset(0, 0);
        quoth_tls_calls(&tls, &here);
        CHECK_INT(connected(1), QUOTH_OK);
        CHECK_INT(__real_mbedtls_ssl_write(&server, (const unsigned char *)"250 fine\r\n", 10), 10);
        CHECK_INT(quoth_tls_port.recv(&tls, c, sizeof c), 10);
        CHECK_INT(quoth_tls_port.recv(&tls, c, sizeof c), QUOTH_AGAIN);
        over();
    }
}

/* Another name, another address, no name, no address: none of it. */
TEST(T16_whose)
{
    static const struct {
        const char *name;
        int here;
    } other[] = {
        {"mx2.example.org", 1},
        {"mx.example.or", 1},
        {"mx.example.org.", 1},
        {"mx.example.org", 0},
    };
    struct quoth_ip six = {.len = 16}, none = {.len = 0};

    for (int tls13 = 0; tls13 < 2; tls13++) {
        remember(0);
        memcpy(six.b, here.b, 4); /* begins like the other one */
        CHECK_INT(call(tls13), FULL);
        for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
            CHECK_INT(call_at(other[i].name, other[i].here ? &here : &there, tls13), FULL);
        CHECK_INT(call_at("mx.example.org", &six, tls13), FULL);
        CHECK_INT(kept(), 6);
        CHECK_INT(call_at("192.0.2.1", &here, tls13), FULL);
        CHECK_INT(call_at("", &here, tls13), FULL);
        CHECK_INT(call_at("mx.example.org", &none, tls13), FULL);
        CHECK_INT(kept(), 6);
        CHECK_INT(tickets_shown, 0);
        CHECK_INT(call(tls13), RESUMED);
        CHECK_INT(call_at("mx.example.org", &there, tls13), RESUMED);
    }
}

/* Each is offered once: two calls at the same time do not share one, and both give one back. */
TEST(T16_once)
{
    for (int tls13 = 0; tls13 < 2; tls13++) {
        struct quoth_tls_link other = {.global = &global};
        remember(0);
        CHECK_INT(call(tls13), FULL);
        links_reset(0, 0);
        quoth_tls_calls(&other, &here);
        CHECK_INT(quoth_tls_port.shake(&other, &port, &ours, host, &facts), QUOTH_AGAIN);
        CHECK_INT(other.seen.offered, 1);
        CHECK_INT(kept(), 0);
        CHECK_INT(call(tls13), FULL);
        CHECK_INT(kept(), 1);
        quoth_tls_port.close(&other);
    }
}

/* ---- when it does not work ---------------------------------------------- */

TEST(T16_refused)
{
    for (int tls13 = 0; tls13 < 2; tls13++) {
        remember(0);
        CHECK_INT(call(tls13), FULL);
        tickets_refuse = 1;
        CHECK_INT(call(tls13), REFUSED);
        tickets_refuse = 0;
        CHECK_INT(call(tls13), RESUMED);
        tickets_spoil = 1;
        CHECK_INT(call(tls13), REFUSED);
        tickets_spoil = 0;
        CHECK_INT(call(tls13), RESUMED);
        CHECK_INT(kept(), 1);
    }
}

/* A server that has none to give. */
TEST(T16_none)
{
    remember(0);
    tickets_none = 1;
    CHECK_INT(call(1), FULL);
    CHECK(kept() == 0 || !NEW); /* 1.2 may have a session by its number */
    CHECK_INT(call(1), FULL);
    CHECK_INT(call(0), FULL);
    CHECK_INT(call(0), FULL);
    CHECK_INT(tickets_shown, 0);
}

/* As Postfix does: it takes an old one again and again, and gives a new one only after a full
 * handshake. */
TEST(T16_old)
{
    remember(0);
    CHECK_INT(call(1), FULL);
    tickets_old = 1;
    for (int i = 0; i < 4; i++) {
        CHECK_INT(call(1), RESUMED);
        CHECK_INT(kept(), 1);
        CHECK_INT(facts.cert, QUOTH_CERT_CHECKED);
    }
    tickets_refuse = 1;
    CHECK_INT(call(1), REFUSED);
    CHECK_INT(kept(), NEW ? 0 : 1); /* what was not wanted is not offered again */
    tickets_refuse = 0;
    CHECK_INT(call(1), NEW ? FULL : RESUMED);
}

/* The server takes another version than last time: what was kept is in the way once, then
 * forgotten. */
TEST(T16_version)
{
    remember(0);
    if (NEW) {
        CHECK_INT(call(1), FULL);
        CHECK_INT(call(0), BROKEN);
        CHECK_INT(quoth_tls_broke_off(&tls), 1);
        CHECK_INT(call(0), FULL);
        remember(0);
    }
    CHECK_INT(call(0), FULL);
    CHECK_INT(call(1), RESUMED); /* it can still do 1.2 */
    CHECK_INT(facts.version, 0x0303);
}

/* The next call with something wrong in it: 0 an alert, 1 the end, 2 silence and we give up, 3 the
 * link breaks; at `at` bytes of what the server says. */
static int broken_call(int tls13, int how)
{
    int rc;

    links_reset(0, 0);
    quoth_tls_calls(&tls, &here);
    rc = shake_once();
    CHECK_INT(rc, QUOTH_AGAIN);
    if (how == 0) {
        memcpy(down.b, "\x15\x03\x03\x00\x02\x02\x33",
               7); /* decrypt_error: what a bad binder earns */
        down.n = 7;
    }
    if (how == 1)
        down.over = 1;
    if (how == 3)
        ours.fail_at = ours.calls;
    rc = shake_once();
    CHECK_INT(rc, how == 2 ? QUOTH_AGAIN : QUOTH_ENOTLS);
    CHECK_INT(quoth_tls_broke_off(&tls), 0);
    quoth_tls_port.close(&tls);
    return quoth_tls_broke_off(&tls);
}

TEST(T16_broke_off)
{
    for (int tls13 = 0; tls13 < 2; tls13++)
        for (int how = 0; how < 4; how++) {
            remember(0);
            CHECK_INT(broken_call(tls13, how), 0); /* without a session it is what it always was */
            CHECK_INT(kept(), 0);
            CHECK_INT(call(tls13), FULL);
            CHECK_INT(broken_call(tls13, how), 1);
            CHECK_INT(broken_call(tls13, how),
                      0); /* it is not offered again, so that is the server's own */
            for (int i = 0; i < 3; i++)
                CHECK_INT(call(tls13), FULL);
            CHECK_INT(kept(), 1); /* the mark */
            CHECK_INT(call_at("mx2.example.org", &here, tls13), FULL);
            CHECK_INT(call_at("mx2.example.org", &here, tls13), RESUMED);
        }
}

/* In TLS 1.3 we are through before the server is: an alert then is about the handshake as well;
 * later it is not. */
static int late_alert(int spoken)
{
    char c[16];
    links_reset(0, 0);
    quoth_tls_calls(&tls, &here);
    CHECK_INT(connected(1), QUOTH_OK);
    if (spoken)
        talk();
    CHECK_INT(mbedtls_ssl_send_alert_message(&server, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                             MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE),
              0);
    CHECK_INT(recv_all(c, sizeof c), QUOTH_EIO);
    over();
    return quoth_tls_broke_off(&tls);
}
TEST(T16_late)
{
    remember(0);
    CHECK_INT(late_alert(0), 0);
    CHECK_INT(kept(), 0);
    CHECK_INT(call(1), FULL);
    CHECK_INT(late_alert(1), 0);
    CHECK_INT(kept(), 0); /* what ended in a fatal alert is not resumed (RFC 5246 7.2.2) */
    CHECK_INT(call(1), FULL);
    CHECK_INT(late_alert(0), 1);
    CHECK_INT(call(1), FULL);
    CHECK_INT(call(1), FULL);
}

/* The server hangs up without a word, as many do: a session is as good as ever. */
TEST(T16_cut)
{
    for (int tls13 = 0; tls13 < 2; tls13++) {
        remember(0);
        for (int i = 0; i < 3; i++) {
            int taken = tickets_taken;
            links_reset(0, 0);
            quoth_tls_calls(&tls, &here);
            CHECK_INT(connected(tls13), QUOTH_OK);
            CHECK_INT(tickets_taken - taken, i > 0);
            talk();
            down.over = 1;
            over();
        }
    }
}

TEST(T16_age)
{
    for (int tls13 = 0; tls13 < 2; tls13++) {
        time_t now = 1800000000;
        remember(0);
        wrap_time = now;
        CHECK_INT(call(tls13), FULL);
        wrap_time = now + 1800;
        CHECK_INT(call(tls13), RESUMED);
        wrap_time = now + 3599;
        CHECK_INT(call(tls13), RESUMED);
        wrap_time = now + 3601; /* an hour since the certificate was seen, however new the ticket */
        CHECK_INT(call(tls13), FULL);
        CHECK_INT(call(tls13), RESUMED);
        wrap_time = now; /* a clock set back */
        CHECK_INT(call(tls13), FULL);
        wrap_time = 0;
    }
}

/* ---- how much of it ----------------------------------------------------- */

static int call_nth(int i, int tls13)
{
    char name[32];
    snprintf(name, sizeof name, "mx%d.example.org", i);
    return call_at(name, &here, tls13);
}

/* As many as fit, and those not used for longest go. */
TEST(T16_bounded)
{
    enum { MANY = 12 };
    size_t one, bytes;

    for (int tls13 = 0; tls13 < 2; tls13++) {
        remember(0);
        call_nth(10, tls13);
        quoth_tls_remembered(&global, &one);
        remember(4 * one + 100);
        CHECK_INT(call_nth(10, tls13), FULL);
        for (int i = 1; i < MANY; i++) {
            CHECK_INT(call_nth(10 + i, tls13), FULL);
            CHECK_INT(call_nth(10, tls13), RESUMED); /* used, so it stays */
            quoth_tls_remembered(&global, &bytes);
            CHECK(bytes <= 4 * one + 100);
        }
        CHECK_INT(kept(), 4);
        CHECK_INT(call_nth(10 + MANY - 1, tls13), RESUMED);
        CHECK_INT(call_nth(11, tls13), FULL);
    }
    remember(100); /* too little for any */
    CHECK_INT(call(1), FULL);
    CHECK_INT(kept(), 0);
    CHECK_INT(call(1), FULL);
}

/* A ticket of an absurd length is not kept. */
TEST(T16_long)
{
    remember(0);
    tickets_long = 7000;
    CHECK_INT(call(1), FULL);
    CHECK_INT(kept(), 1);
    tickets_long = 12000;
    CHECK_INT(call_at("mx2.example.org", &here, 1), FULL);
    CHECK_INT(kept(), 1);
    CHECK_INT(call_at("mx2.example.org", &here, 1), FULL);
    CHECK_INT(tickets_shown, 0);
}

/* Many hosts: found again among a few thousand. */
TEST(T16_many)
{
    struct quoth_ip ip = here;
    remember(0);
    for (int i = 0; i < 300; i++) {
        ip.b[3] = (uint8_t)i;
        ip.b[2] = (uint8_t)(i >> 8);
        CHECK_INT(call_at("mx.example.org", &ip, i & 1), FULL);
    }
    CHECK_INT(kept(), 300);
    for (int i = 0; i < 300; i += 7) {
        ip.b[3] = (uint8_t)i;
        ip.b[2] = (uint8_t)(i >> 8);
        CHECK_INT(call_at("mx.example.org", &ip, i & 1), RESUMED);
    }
}

/* Every allocation fails in turn: a full handshake, or none, and no leak. */
TEST(T14_sessions)
{
    for (int tls13 = 0; tls13 < 2; tls13++) {
        long nth = 0;
        for (; nth < 4000 && wrap_allocs_left < 0; nth += nth < 60 ? 1 : 17) {
            int rc;
            remember(0);
            CHECK_INT(call(tls13), FULL);
            links_reset(0, 0);
            wrap_allocs_left = nth;
            rc = connected(tls13);
            CHECK(rc == QUOTH_OK || rc == QUOTH_ENOTLS);
            wrap_watch = 1;
            over();
            wrap_watch = 0;
        }
        CHECK(nth > 30 || !NEW);
        wrap_allocs_left = -1;
    }
    random_rc = QUOTH_ENORANDOM;
    struct quoth_tls_global g = {.port = &port};
    CHECK_INT(quoth_tls_remember(&g, 0), QUOTH_ENORANDOM);
    random_rc = QUOTH_OK;
}

int main(void)
{
    tls_world_open();
    quoth_ip_parse(&here, "192.0.2.25", 10);
    quoth_ip_parse(&there, "192.0.2.26", 10);
    mbedtls_ssl_ticket_init(&tickets);
    CHECK_INT(mbedtls_ssl_ticket_setup(&tickets, rng, NULL, MBEDTLS_CIPHER_AES_128_GCM, 7200), 0);
    server_more = give_tickets;

    RUN(T16_resumed_12);
    RUN(T16_resumed_13);
    RUN(T08_resumed_in_pieces);
    RUN(T08_behind_tickets);
    RUN(T16_facts_12);
    RUN(T16_facts_13);
    RUN(T16_whose);
    RUN(T16_once);
    RUN(T16_refused);
    RUN(T16_none);
    RUN(T16_old);
    RUN(T16_version);
    RUN(T16_broke_off);
    RUN(T16_late);
    RUN(T16_cut);
    RUN(T16_age);
    RUN(T16_bounded);
    RUN(T16_long);
    RUN(T16_many);
    RUN(T14_sessions);

    mbedtls_ssl_ticket_free(&tickets);
    tls_world_close();
    return report("tls_sessions");
}
#else
int main(void)
{
    puts("tls_sessions: SKIPPED, this mbedTLS gives no tickets");
    CHECK(1);
    return report("tls_sessions");
}
#endif
