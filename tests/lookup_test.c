/* lookup_test.c - the lookup machine, event by event: servers that answer, lie, cut, refuse and
 * keep silent.
 *
 * SPDX-License-Identifier: MIT */
#include <time.h>
#include "test.h"
#include "dns_msg.h"

_Static_assert(sizeof(struct quoth_lookup) <= 2048, "Q32: one question in flight");

static struct quoth_resolver res;
static struct quoth_lookup look;
static struct quoth_route route;
static struct quoth_want want;
static struct msg msg;
static uint64_t now;
static uint8_t big[65535];
static uint8_t seeds;

/* ---- the other side ----------------------------------------------------- */

static void servers(unsigned n)
{
    memset(&res, 0, sizeof res);
    res.servers = (uint8_t)n;
    for (unsigned i = 0; i < n && i < QUOTH_SERVERS_MAX; i++)
        res.server[i].peer.ip = (struct quoth_ip) {4, {192, 0, 2, (uint8_t)(53 + i)}};
}

static void see(void)
{
    struct quoth_want again;
    memset(&want, 1, sizeof want); /* all of it is written, whatever was there */
    memset(&again, 2, sizeof again);
    quoth_lookup_want(&look, &want);
    quoth_lookup_want(&look, &again);
    CHECK(!memcmp(&want, &again, sizeof want)); /* asking changes nothing */
    CHECK((want.deadline == QUOTH_NEVER) == (want.kind == QUOTH_WANT_DONE));
    CHECK(want.host != NULL);
}

static void ask(const char *name, uint16_t type)
{
    struct quoth_name n;
    uint8_t seed[16] = {seeds++};
    quoth_name_parse(&n, name, strlen(name));
    memset(&route, 0xee, sizeof route);
    quoth_lookup_start(&look, &res, &(struct quoth_question) {&n, type, 0}, seed, now);
    quoth_lookup_lend(&look, big, sizeof big);
    see();
}

static int feed(struct quoth_event *ev)
{
    ev->now = now;
    int rc = quoth_lookup_feed(&look, ev, &route);
    see();
    return rc;
}
static int tell(enum quoth_event_kind kind)
{
    struct quoth_event ev = {.kind = kind};
    return feed(&ev);
}
static int sent(size_t n)
{
    struct quoth_event ev = {.kind = QUOTH_EV_SENT, .n = n};
    return feed(&ev);
}
static int fail(enum quoth_err err)
{
    struct quoth_event ev = {.kind = QUOTH_EV_FAIL, .err = err};
    return feed(&ev);
}
static int late(void)
{
    now = want.deadline;
    return tell(QUOTH_EV_TIME);
}

static int hear(const void *p, size_t n, const struct quoth_peer *from)
{
    struct quoth_event ev = {.kind = QUOTH_EV_DATA, .data = p, .n = n};
    uint8_t *exact = malloc(n ? n : 1);
    if (!exact)
        abort();
    if (n)
        memcpy(exact, p, n);
    ev.data = exact;
    ev.from = from ? *from : want.peer;
    int rc = feed(&ev);
    free(exact);
    return rc;
}

/* msg with the id that is awaited, as a datagram or over the stream. */
static int answer(void)
{
    msg.b[0] = (uint8_t)(look.id >> 8);
    msg.b[1] = (uint8_t)look.id;
    return hear(msg.b, msg.n, NULL);
}
static int stream(size_t piece)
{
    static uint8_t b[70002];
    int rc = QUOTH_OK;
    msg.b[0] = (uint8_t)(look.id >> 8);
    msg.b[1] = (uint8_t)look.id;
    b[0] = (uint8_t)(msg.n >> 8);
    b[1] = (uint8_t)msg.n;
    memcpy(b + 2, msg.b, msg.n);
    for (size_t at = 0, n; at < msg.n + 2 && rc == QUOTH_OK; at += n) {
        n = msg.n + 2 - at < piece ? msg.n + 2 - at : piece;
        rc = hear(b + at, n, NULL);
    }
    return rc;
}
static void asked(void) /* the datagram went out */
{
    CHECK_INT(want.kind, QUOTH_WANT_DGRAM);
    CHECK_INT(sent(want.n), QUOTH_OK);
    CHECK_INT(want.kind, QUOTH_WANT_RECV);
}
static void dialled(void) /* the question went out over TCP */
{
    CHECK_INT(want.kind, QUOTH_WANT_OPEN);
    CHECK_INT(tell(QUOTH_EV_UP), QUOTH_OK);
    CHECK_INT(want.kind, QUOTH_WANT_SEND);
    CHECK_INT(sent(want.n), QUOTH_OK);
    CHECK_INT(want.kind, QUOTH_WANT_RECV);
}
static void closed(void)
{
    CHECK_INT(want.kind, QUOTH_WANT_CLOSE);
    CHECK_INT(tell(QUOTH_EV_DOWN), QUOTH_OK);
}
static void done(enum quoth_answer a)
{
    CHECK_INT(route.answer, a); /* known before it is closed */
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_DONE);
    CHECK_INT(look.answer, a);
    CHECK_INT(tell(QUOTH_EV_TIME), QUOTH_EINVAL);
}
static void unheard(void) /* no datagram was answered, and over TCP there is nothing either */
{
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_OPEN);
    late();
    done(QUOTH_ANSWER_TIMEOUT);
}
static unsigned server(void) { return want.peer.ip.b[3] - 53u; }

static void mx_ok(const char *name)
{
    msg_answer(&msg, 0, MSG_OK, name, 15);
    msg_mx(&msg, 0, NULL, 300, 10, "mx.example.com");
}
static void code(const char *name, unsigned rcode)
{
    msg_answer(&msg, 0, MSG_OK | rcode, name, 15);
}

/* Ask an MX question of one server and give it msg. */
static void once(const char *name)
{
    servers(1);
    ask(name, 15);
    asked();
    CHECK_INT(answer(), QUOTH_OK);
}

/* ---- asking ------------------------------------------------------------- */

TEST(Q01)
{
    static const uint8_t q[] =
        "\1\0\0\1\0\0\0\0\0\1\7example\3com\0\0\17\0\1\0\0\51\4\320\0\0\0\0\0\0";
    servers(1);
    ask("Example.COM", 15);
    CHECK_INT(want.kind, QUOTH_WANT_DGRAM);
    CHECK_INT(want.n, 40);
    CHECK(!memcmp((const uint8_t *)want.out + 2, q, 38));
    CHECK_INT(want.peer.port, 53);
    CHECK_INT(((const uint8_t *)want.out)[0] << 8 | ((const uint8_t *)want.out)[1], look.id);
}

/* Ids over many transmissions: uniform bytes, and the next is not a function of the last. C03, C07,
 * C08. */
TEST(Q02)
{
    enum { N = 200000 };
    static unsigned hi[256], lo[256], next[256];
    unsigned last = 0, same = 0, n = 0;
    double chi[3] = {0};
    servers(1);
    res.tries = 5;
    while (n < N) {
        struct quoth_name name = {3, {1, 'a', 0}};
        uint8_t seed[16] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), 1};
        quoth_lookup_start(&look, &res, &(struct quoth_question) {&name, 15, 0}, seed, now);
        for (int i = 0; i < 5; i++, n++) {
            struct quoth_event ev = {.kind = QUOTH_EV_FAIL, .now = now, .err = QUOTH_EREFUSED};
            hi[look.id >> 8]++;
            lo[look.id & 255]++;
            next[(look.id - last) & 255]++;
            same += look.id == last;
            last = look.id;
            quoth_lookup_feed(&look, &ev, &route);
            ev.kind = QUOTH_EV_DOWN;
            quoth_lookup_feed(&look, &ev, &route);
        }
    }
    for (int i = 0; i < 256; i++) {
        double e = n / 256.0;
        chi[0] += (hi[i] - e) * (hi[i] - e) / e;
        chi[1] += (lo[i] - e) * (lo[i] - e) / e;
        chi[2] += (next[i] - e) * (next[i] - e) / e;
    }
    for (int i = 0; i < 3; i++)
        CHECK(chi[i] > 160 && chi[i] < 370); /* 255 degrees of freedom: 5 sigma */
    CHECK(same < 20);
}

/* C03: no two of 1000 runs from different seeds begin alike. */
TEST(C03)
{
    static uint16_t first[1000];
    unsigned equal = 0;
    servers(1);
    for (int i = 0; i < 1000; i++) {
        struct quoth_name name = {3, {1, 'a', 0}};
        uint8_t seed[16] = {(uint8_t)i, (uint8_t)(i >> 8), 2};
        quoth_lookup_start(&look, &res, &(struct quoth_question) {&name, 15, 0}, seed, 0);
        first[i] = look.id;
        for (int k = 0; k < i; k++)
            equal += first[k] == first[i];
    }
    CHECK(equal < 30); /* 7.6 expected of 16 bits */
}

/* Every try has a socket of its own: what was opened is closed before the next is. */
TEST(Q05)
{
    servers(2);
    ask("example.com", 15);
    uint16_t id = look.id;
    asked();
    late();
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_DGRAM);
    CHECK(look.id != id);
    CHECK_INT(server(), 1);
}

/* ---- what is not an answer ---------------------------------------------- */

TEST(Q06)
{
    struct quoth_peer p;
    servers(1);
    ask("example.com", 15);
    asked();
    mx_ok("example.com");
    msg.b[0] = (uint8_t)(look.id >> 8);
    msg.b[1] = (uint8_t)look.id;
    p = want.peer;
    p.port = 54;
    CHECK_INT(hear(msg.b, msg.n, &p), QUOTH_EINVAL);
    p = want.peer;
    p.ip.b[3]++;
    CHECK_INT(hear(msg.b, msg.n, &p), QUOTH_EINVAL);
    p = (struct quoth_peer) {{16, {[10] = 0xff, 0xff, 192, 0, 2, 53}},
                             53}; /* the IPv4-mapped twin */
    CHECK_INT(hear(msg.b, msg.n, &p), QUOTH_EINVAL);
    p = (struct quoth_peer) {{0, {0}}, 53};
    CHECK_INT(hear(msg.b, msg.n, &p), QUOTH_EINVAL);
    CHECK_INT(answer(), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
}

/* Nothing but its answer changes anything. C02, C06. */
TEST(Q07)
{
    static const struct {
        size_t at;
        uint8_t bit;
    } flip[] = {
        {0, 1}, {1, 1}, {2, 0x80}, {2, 0x10}, {13, 1}, {26, 1}, {28, 2}, {5, 1},
    };
    struct quoth_lookup before;
    servers(1);
    ask("example.com", 15);
    asked();
    uint64_t deadline = want.deadline;
    for (size_t i = 0; i < sizeof flip / sizeof flip[0]; i++) {
        mx_ok("example.com");
        msg.b[0] = (uint8_t)(look.id >> 8);
        msg.b[1] = (uint8_t)look.id;
        msg.b[flip[i].at] ^= flip[i].bit;
        before = look;
        now++;
        CHECK_INT(hear(msg.b, msg.n, NULL), QUOTH_EINVAL);
        CHECK(!memcmp(&before, &look, sizeof look));
        CHECK(want.deadline == deadline);
        CHECK_INT(route.answer, 0xee);
    }
    mx_ok("example.com");
    CHECK_INT(answer(), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
}

/* A malformed datagram does not end the wait, right id or not; but it is told if nothing else
 * comes. */
TEST(Q08)
{
    for (int real = 0; real < 2; real++) {
        servers(1);
        res.tries = 1;
        ask("example.com", 15);
        asked();
        CHECK_INT(hear("", 0, NULL), QUOTH_EINVAL);
        CHECK_INT(hear("garbage garbage", 15, NULL), QUOTH_EINVAL);
        mx_ok("example.com");
        msg_count(&msg, 0, 9);
        CHECK_INT(answer(), QUOTH_OK);
        CHECK_INT(want.kind, QUOTH_WANT_RECV);
        mx_ok("example.com");
        if (real)
            answer();
        else
            late();
        done(real ? QUOTH_ANSWER_DATA : QUOTH_ANSWER_MALFORMED);
    }
}

TEST(Q09)
{
    servers(2);
    ask("example.com", 15);
    asked();
    code("example.com", 0);
    msg.b[5] = 0;
    msg.n = 12;
    CHECK_INT(answer(), QUOTH_EINVAL);
    code("example.com", 3);
    msg.b[5] = 0;
    msg.n = 12;
    CHECK_INT(answer(), QUOTH_EINVAL);
    code("example.com", 5);
    msg.b[5] = 0;
    msg.n = 12;
    CHECK_INT(answer(), QUOTH_OK);
    closed();
    CHECK_INT(server(), 1);
}

/* ---- EDNS --------------------------------------------------------------- */

TEST(Q13)
{
    static const struct {
        unsigned head, ext;
    } t[] = {{1, 0}, {4, 0}, {0, 1}};
    for (size_t i = 0; i < 3; i++) {
        servers(2);
        ask("example.com", 15);
        asked();
        code("example.com", t[i].head);
        if (t[i].ext)
            msg_opt(&msg, 2, t[i].ext, NULL, 0);
        CHECK_INT(answer(), QUOTH_OK);
        closed();
        CHECK_INT(want.kind, QUOTH_WANT_DGRAM);
        CHECK_INT(server(), 0); /* the same server, without OPT */
        CHECK_INT(want.n, 29);
        asked();
        mx_ok("example.com");
        CHECK_INT(answer(), QUOTH_OK);
        done(QUOTH_ANSWER_DATA);
        ask("example.org", 15); /* and it is remembered, for that server */
        CHECK_INT(want.n, 29);
        CHECK_INT(res.server[1].plain, 0);
    }
}

/* FORMERR without OPT too: then the OPT was not the reason, and the try has failed. */
TEST(Q13_not_the_reason)
{
    servers(2);
    ask("example.com", 15);
    asked();
    code("example.com", 1);
    answer();
    closed();
    asked();
    code("example.com", 1);
    answer();
    closed();
    CHECK_INT(server(), 1);
    CHECK_INT(res.server[0].plain, 0);
}

/* What other lookups learn of the server meanwhile does not make this one ask with OPT again. */
TEST(Q13_asked_by_others_too)
{
    servers(1);
    ask("example.com", 15);
    asked();
    code("example.com", 1);
    answer();
    res.server[0].plain = 0;
    closed();
    CHECK_INT(want.n, 29);
}

TEST(Q13_timeout)
{
    servers(1);
    ask("example.com", 15);
    while (want.kind != QUOTH_WANT_DONE)
        late();
    CHECK_INT(res.server[0].plain, 0);
}

static int with_edns(void) { return ((const uint8_t *)want.out)[11] == 1; }

/* One try over UDP that leads to the next: silence (99) or this code. */
static void in_vain(unsigned rcode)
{
    asked();
    if (rcode == 99) {
        late();
    } else {
        code("a.test", rcode);
        answer();
    }
    closed();
}

/* What holds EDNS is dropped on the way, or refused: the last of several rounds asks without. After
 * that it is known, and now and then tried again. */
TEST(Q13_last_round)
{
    static const unsigned rcode[] = {99, 5, 2};

    for (unsigned tries = 1; tries <= 6; tries++) {
        unsigned rounds = tries < 5 ? tries : 5;
        for (size_t i = 0; i < 3; i++) {
            servers(1);
            res.tries = (uint8_t)tries;
            ask("a.test", 15);
            for (unsigned n = 1; n < rounds; n++) {
                CHECK(with_edns());
                in_vain(rcode[i]);
            }
            CHECK(with_edns() == (rounds == 1));
            asked();
            mx_ok("a.test");
            answer();
            done(QUOTH_ANSWER_DATA);
            ask("a.test", 15);
            CHECK(with_edns() == (rounds == 1));
        }
    }
    unsigned n = 0;
    for (ask("a.test", 15); !with_edns(); n++) {
        asked();
        mx_ok("a.test");
        answer();
        done(QUOTH_ANSWER_DATA);
        ask("a.test", 15);
    }
    CHECK_INT(n, 255);
}

TEST(Q13_never)
{
    servers(1);
    res.no_edns = 1;
    ask("example.com", 15);
    while (want.kind != QUOTH_WANT_OPEN) {
        if (want.kind == QUOTH_WANT_DGRAM) {
            CHECK_INT(want.n, 29);
            CHECK(!with_edns());
        }
        late();
    }
    CHECK(look.q[11] == 0);
}

/* ---- TCP ---------------------------------------------------------------- */

static void cut(void)
{
    ask("example.com", 15);
    asked();
    msg_answer(&msg, 0, MSG_TC, "example.com", 15);
    CHECK_INT(answer(), QUOTH_OK);
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_OPEN);
}

TEST(Q14)
{
    servers(2);
    cut();
    CHECK_INT(server(), 0);
    CHECK_INT(want.peer.port, 53);
    dialled();
    mx_ok("example.com");
    CHECK_INT(stream(9999), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 1);
}

/* A datagram that did not fit is not read, whatever is in it; one byte less is. */
TEST(Q14_too_long)
{
    for (size_t n = QUOTH_DNS_MAX - 1; n <= QUOTH_DNS_MAX + 1; n++) {
        servers(1);
        ask("example.com", 15);
        asked();
        mx_ok("example.com");
        memset(msg.b + msg.n, 0, n);
        msg.n = n;
        CHECK_INT(answer(), QUOTH_OK);
        closed();
        CHECK_INT(want.kind, n > QUOTH_DNS_MAX ? QUOTH_WANT_OPEN : QUOTH_WANT_DONE);
    }
}

TEST(Q15)
{
    for (int how = 0; how < 5; how++) {
        servers(2);
        cut();
        if (how == 0)
            CHECK_INT(fail(QUOTH_EREFUSED), QUOTH_OK);
        if (how > 0)
            dialled();
        if (how == 1)
            CHECK_INT(fail(QUOTH_EIO), QUOTH_OK);
        if (how == 2)
            CHECK_INT(tell(QUOTH_EV_EOF), QUOTH_OK);
        if (how == 3) {
            hear("\0\x20half", 6, NULL);
            CHECK_INT(tell(QUOTH_EV_EOF), QUOTH_OK);
        }
        if (how == 4) {
            msg_answer(&msg, 0, MSG_TC, "example.com", 15);
            CHECK_INT(stream(99), QUOTH_OK);
        }
        closed();
        CHECK_INT(want.kind, QUOTH_WANT_DGRAM);
        CHECK_INT(server(), 1);
    }
}

/* A world where everything is cut, over UDP and TCP: it ends, in servers x tries. */
TEST(Q15_bounded)
{
    unsigned datagrams = 0, streams = 0;
    servers(3);
    ask("example.com", 15);
    while (want.kind != QUOTH_WANT_DONE && datagrams < 1000) {
        msg_answer(&msg, 0, MSG_TC, "example.com", 15);
        if (want.kind == QUOTH_WANT_DGRAM) {
            datagrams++;
            asked();
            answer();
        } else if (want.kind == QUOTH_WANT_OPEN) {
            streams++;
            dialled();
            stream(7);
        } else
            closed();
    }
    CHECK_INT(datagrams, 9);
    CHECK_INT(streams, 9);
    CHECK_INT(look.answer, QUOTH_ANSWER_MALFORMED);
}

/* Rule 3: cut anywhere, the same. */
TEST(Q16)
{
    struct quoth_route whole;
    for (size_t piece = 100; piece > 0; piece--) {
        servers(1);
        cut();
        dialled();
        mx_ok("example.com");
        CHECK_INT(stream(piece), QUOTH_OK);
        done(QUOTH_ANSWER_DATA);
        CHECK_STR(quoth_mx_name(&route, 0), "mx.example.com");
        if (piece == 100)
            whole = route;
        CHECK(!memcmp(&whole, &route, sizeof route));
    }
}

/* A record that names no host takes nothing from those that do, before it or behind it. */
TEST(X09_odd_and_others)
{
    static const char *const names[3] = {"mx0.test", "mx1.test", "mx2.test"};
    for (unsigned odd = 0; odd < 3; odd++) {
        unsigned k = 0;
        msg_answer(&msg, 0, MSG_OK, "a.test", 15);
        for (unsigned i = 0; i < 3; i++)
            msg_mx(&msg, 0, NULL, 300, 10 * i, i == odd ? "no host.test" : names[i]);
        once("a.test");
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(route.n, 2);
        CHECK(route.flags & QUOTH_ROUTE_SKIPPED);
        for (unsigned i = 0; i < 3; i++)
            if (i != odd)
                CHECK_STR(quoth_mx_name(&route, k++), names[i]);
    }
}

/* What goes out over a stream is the length and the question, whole, in whatever pieces. */
TEST(Q16_said)
{
    char name[256];
    for (unsigned labels = 1; labels < 128; labels += 18)
        for (size_t piece = 1; piece < 300; piece += 40) {
            uint8_t said[600];
            size_t n = 0, k;
            for (unsigned i = 0; i < labels; i++)
                memcpy(name + 2 * i, "a.", 3);
            servers(1);
            res.tcp = 1;
            ask(name, 15);
            CHECK_INT(tell(QUOTH_EV_UP), QUOTH_OK);
            while (want.kind == QUOTH_WANT_SEND) {
                k = want.n < piece ? want.n : piece;
                CHECK(n + want.n == look.q_n + 2u);
                memcpy(said + n, want.out, k);
                n += k;
                CHECK_INT(sent(k), QUOTH_OK);
            }
            CHECK_INT(n, look.q_n + 2u);
            CHECK_INT(said[0] << 8 | said[1], look.q_n);
            CHECK(!memcmp(said + 2, look.q, look.q_n));
        }
}

/* An answer that takes all the memory that was lent, and no more, is read. */
TEST(Q16_exact)
{
    for (size_t piece = 1; piece < 4; piece++)
        for (size_t n = 256; n < 300; n++) {
            servers(1);
            cut();
            quoth_lookup_lend(&look, big, n);
            dialled();
            mx_ok("example.com");
            memset(msg.b + msg.n, 0, n - msg.n);
            msg.n = n;
            CHECK_INT(stream(piece), QUOTH_OK);
            done(QUOTH_ANSWER_DATA);
        }
}

TEST(Q16_lengths)
{
    static const struct {
        const char *head;
        size_t n;
    } t[] = {
        {"\0\0", 2},
        {"\0\13aaaaaaaaaaa", 13},
        {"\0\0\0\0", 4},
    };
    for (size_t i = 0; i < 3; i++) {
        servers(2);
        cut();
        dialled();
        CHECK_INT(hear(t[i].head, t[i].n, NULL), QUOTH_OK);
        closed();
        CHECK_INT(server(), 1);
        CHECK_INT(look.failed, QUOTH_ANSWER_MALFORMED);
    }
    servers(2);
    cut();
    dialled(); /* as long as can be said: and it arrives */
    mx_ok("example.com");
    msg.b[0] = (uint8_t)(look.id >> 8);
    msg.b[1] = (uint8_t)look.id;
    memset(msg.b + msg.n, 0, 65535 - msg.n);
    msg.n = 65535;
    CHECK_INT(stream(1000), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
    CHECK(route.flags & QUOTH_ROUTE_TRAILING);
}

TEST(Q16_two_messages)
{
    uint8_t two[400];
    size_t n = 400;
    for (size_t more = 1; more <= n; more++) { /* of the second one */
        servers(1);
        cut();
        dialled();
        mx_ok("example.com");
        msg.b[0] = (uint8_t)(look.id >> 8);
        msg.b[1] = (uint8_t)look.id;
        n = msg.n + 2;
        two[0] = 0;
        two[1] = (uint8_t)msg.n;
        memcpy(two + 2, msg.b, msg.n);
        memcpy(two + n, two, n);
        memset(big, 0xa5, sizeof big);
        CHECK_INT(hear(two, n + more, NULL), QUOTH_OK);
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(route.n, 1);
        for (size_t i = 0; i < n; i++) /* nothing of it is kept */
            CHECK_INT(big[n - 2 + i], 0xa5);
    }
}

TEST(Q16_memory)
{
    for (size_t less = 0; less < 2; less++) {
        uint8_t *lent;
        servers(1);
        res.tries = 1;
        cut();
        mx_ok("example.com");
        lent = malloc(msg.n - less);
        quoth_lookup_lend(&look, lent, msg.n - less);
        dialled();
        CHECK_INT(stream(9999), QUOTH_OK);
        done(less ? QUOTH_ANSWER_TOO_BIG : QUOTH_ANSWER_DATA);
        free(lent);
    }
    for (size_t cap = 65533; cap < 65538; cap++) { /* never more than was lent */
        quoth_lookup_lend(&look, big, cap);
        CHECK_INT(look.big_cap, cap < 65535 ? cap : 65535);
    }
    servers(1);
    res.tries = 1;
    cut();
    quoth_lookup_lend(&look, NULL, 0);
    CHECK_INT(tell(QUOTH_EV_UP), QUOTH_OK);
    done(QUOTH_ANSWER_TOO_BIG);
}

/* Length and question in one piece; a byte at a time goes on; DATA is not taken meanwhile. */
TEST(Q17)
{
    uint8_t out[300];
    size_t n = 0;
    servers(1);
    cut();
    CHECK_INT(tell(QUOTH_EV_UP), QUOTH_OK);
    CHECK_INT(want.n, 42);
    CHECK_INT(sent(43), QUOTH_EINVAL);
    while (want.kind == QUOTH_WANT_SEND) {
        out[n++] = *(const uint8_t *)want.out;
        CHECK_INT(hear("x", 1, NULL), QUOTH_EINVAL);
        CHECK_INT(sent(1), QUOTH_OK);
    }
    CHECK_INT(n, 42);
    CHECK(out[0] == 0 && out[1] == 40 && out[2] == look.id >> 8 && out[3] == (look.id & 255));
    CHECK(!memcmp(out + 14, "\7example\3com", 13));
}

TEST(Q17_checked)
{
    static const size_t at[] = {0, 1, 2, 13, 26, 28}; /* of id, id, QR, name, type, class */
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        servers(2);
        cut();
        dialled();
        mx_ok("example.com");
        msg.b[0] = (uint8_t)(look.id >> 8);
        msg.b[1] = (uint8_t)look.id;
        msg.b[at[i]] ^= at[i] == 2 ? 0x80 : 2;
        hear((const uint8_t[]) {0, (uint8_t)msg.n}, 2, NULL);
        CHECK_INT(hear(msg.b, msg.n, NULL), QUOTH_OK);
        closed();
        CHECK_INT(server(), 1);
        CHECK_INT(look.failed, QUOTH_ANSWER_MALFORMED);
    }
}

TEST(Q18)
{
    servers(2);
    cut();
    uint64_t start = now, deadline = want.deadline;
    CHECK(deadline <= start + 2200);
    dialled();
    CHECK(want.deadline == deadline);
    hear("\0", 1, NULL); /* one byte per second is no progress */
    CHECK(want.deadline == deadline);
    late();
    closed();
    CHECK_INT(server(), 1);
    servers(1);
    res.tcp = 1;
    ask("example.com", 15);
    CHECK_INT(want.kind, QUOTH_WANT_OPEN);
    late();
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_OPEN);
}

/* A close that never happens is over at its deadline. */
/* Cut over UDP, and over TCP nothing: that is said, and not that the server failed (Q15). */
TEST(Q15_truncated)
{
    for (int how = 0; how < 6; how++) {
        servers(1);
        res.tries = 1;
        cut();
        if (how == 0)
            fail(QUOTH_EREFUSED);
        if (how == 1)
            late();
        if (how == 2) {
            tell(QUOTH_EV_UP);
            tell(QUOTH_EV_EOF);
        }
        if (how >= 3)
            dialled();
        if (how == 3)
            tell(QUOTH_EV_EOF);
        if (how == 4) {
            msg_answer(&msg, 0, MSG_TC, "example.com", 15);
            stream(99);
        }
        if (how == 5) {
            mx_ok("example.com");
            stream(99);
        }
        done(how == 5   ? QUOTH_ANSWER_DATA
             : how == 4 ? QUOTH_ANSWER_MALFORMED
                        : QUOTH_ANSWER_TRUNCATED);
    }
}

TEST(Q18_close)
{
    servers(2);
    ask("example.com", 15);
    asked();
    late();
    CHECK_INT(want.kind, QUOTH_WANT_CLOSE);
    CHECK_INT(tell(QUOTH_EV_TIME), QUOTH_EINVAL);
    late();
    CHECK_INT(want.kind, QUOTH_WANT_DGRAM);
}

TEST(R04_use_vc)
{
    servers(1);
    res.tcp = 1;
    ask("example.com", 15);
    dialled();
    code("example.com", 1); /* the fall-back without OPT stays on TCP */
    stream(99);
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_OPEN);
    tell(QUOTH_EV_UP);
    CHECK_INT(want.n, 31);
    sent(31);
    mx_ok("example.com");
    stream(1);
    done(QUOTH_ANSWER_DATA);
}

TEST(R04_rotate)
{
    unsigned first[3] = {0};
    servers(3);
    res.rotate = 1;
    for (int i = 0; i < 200; i++) {
        ask("example.com", 15);
        first[server()]++;
    }
    for (int i = 0; i < 3; i++)
        CHECK(first[i] > 30);
}

/* ---- failing over ------------------------------------------------------- */

TEST(Q19)
{
    servers(3);
    ask("example.com", 15);
    asked();
    now += 5;
    CHECK_INT(fail(QUOTH_EREFUSED), QUOTH_OK);
    closed();
    CHECK_INT(server(), 1);
    CHECK_INT(fail(QUOTH_EUNREACH), QUOTH_OK); /* it could not even be sent */
    closed();
    CHECK_INT(server(), 2);
    CHECK(want.deadline > now + 1700);
}

static enum quoth_answer all_say(const unsigned *rcode, unsigned n)
{
    unsigned tries = 0;
    servers(n);
    ask("example.com", 15);
    while (want.kind != QUOTH_WANT_DONE && tries < 100) {
        if (want.kind == QUOTH_WANT_CLOSE) {
            closed();
            continue;
        }
        tries++;
        unsigned r = rcode[server()];
        if (want.kind == QUOTH_WANT_OPEN) {
            late();
            continue;
        }
        if (r == 100) {
            fail(QUOTH_EUNREACH);
            continue;
        }
        asked();
        if (r == 99) {
            late();
            continue;
        }
        code("example.com", r);
        answer();
    }
    CHECK(route.n == 0 && route.ip_n == 0 && route.answer == look.answer);
    CHECK(route.ttl >= 1 && route.ttl <= 300); /* Q25: of a failure */
    return (enum quoth_answer)look.answer;
}

TEST(Q20)
{
    static const struct {
        unsigned n, rcode[3];
        enum quoth_answer a;
    } t[] = {
        {1, {2}, QUOTH_ANSWER_SERVFAIL},          {1, {5}, QUOTH_ANSWER_REFUSED},
        {1, {4}, QUOTH_ANSWER_SERVFAIL},          {1, {1}, QUOTH_ANSWER_SERVFAIL},
        {1, {9}, QUOTH_ANSWER_SERVFAIL},          {1, {99}, QUOTH_ANSWER_TIMEOUT},
        {1, {100}, QUOTH_ANSWER_UNREACHABLE},     {3, {5, 5, 5}, QUOTH_ANSWER_REFUSED},
        {2, {5, 2}, QUOTH_ANSWER_SERVFAIL},       {2, {5, 99}, QUOTH_ANSWER_TIMEOUT},
        {2, {100, 5}, QUOTH_ANSWER_REFUSED},      {2, {100, 99}, QUOTH_ANSWER_TIMEOUT},
        {3, {99, 2, 100}, QUOTH_ANSWER_SERVFAIL},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        CHECK_INT(all_say(t[i].rcode, t[i].n), t[i].a);
}

TEST(Q20_next)
{
    static const unsigned rcode[] = {2, 4, 5, 9};
    for (size_t i = 0; i < 4; i++) {
        servers(2);
        res.server[0].plain = 1;
        ask("example.com", 15);
        asked();
        code("example.com", rcode[i]);
        answer();
        closed();
        CHECK_INT(server(), 1);
        asked();
        mx_ok("example.com");
        answer();
        done(QUOTH_ANSWER_DATA);
    }
}

/* The platform's own word for a time-out is one. */
TEST(Q20_platform_timeout)
{
    servers(1);
    res.tries = 1;
    res.tcp = 1;
    ask("a.test", 15);
    fail(QUOTH_ETIME);
    done(QUOTH_ANSWER_TIMEOUT);
}

/* Never reached, or reached and hung up: two answers. */
TEST(Q20_hung_up)
{
    for (int how = 0; how < 5; how++) {
        servers(1);
        res.tries = 1;
        res.tcp = 1;
        ask("a.test", 15);
        if (how == 0)
            fail(QUOTH_EREFUSED);
        if (how == 1) {
            tell(QUOTH_EV_UP);
            fail(QUOTH_EIO);
        }
        if (how == 2) {
            tell(QUOTH_EV_UP);
            tell(QUOTH_EV_EOF);
        }
        if (how == 3) {
            dialled();
            fail(QUOTH_EIO);
        }
        if (how == 4) {
            dialled();
            tell(QUOTH_EV_EOF);
        }
        done(how ? QUOTH_ANSWER_SERVFAIL : QUOTH_ANSWER_UNREACHABLE);
    }
}

TEST(Q06_port)
{
    servers(1);
    res.server[0].peer.port = 5353;
    ask("a.test", 15);
    CHECK_INT(want.peer.port, 5353);
    asked();
    mx_ok("a.test");
    answer();
    done(QUOTH_ANSWER_DATA);
}

TEST(R02_no_servers)
{
    servers(0);
    res.rotate = 1;
    ask("example.com", 15);
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_DONE);
    CHECK_INT(route.answer, QUOTH_ANSWER_UNREACHABLE);
    CHECK_INT(route.n, 0);
    CHECK_INT(route.ttl, 5);
}

/* Each server once a round; the wait doubles, jitters, and is capped. */
TEST(Q21)
{
    static const unsigned least[3] = {1800, 3600, 4500}, most[3] = {2200, 4400, 5000};
    unsigned seen = 0, spread = 0;
    uint64_t first = 0;
    for (int run = 0; run < 50; run++) {
        servers(3);
        ask("example.com", 15);
        for (unsigned i = 0; i < 9; i++) {
            uint64_t wait = want.deadline - now;
            CHECK(wait >= least[i / 3] && wait <= most[i / 3]);
            if (i == 0 && run == 0)
                first = wait;
            if (i == 0 && wait != first)
                spread++;
            if (i % 3 == 0)
                seen = 0;
            seen |= 1u << server();
            if (i % 3 == 2)
                CHECK_INT(seen, 7);
            asked();
            late();
            closed();
        }
        for (unsigned i = 0; i < 3; i++) {
            CHECK_INT(want.kind, QUOTH_WANT_OPEN);
            CHECK(want.deadline - now >= 4500 && want.deadline - now <= 5000);
            late();
            if (i < 2)
                closed();
        }
        done(QUOTH_ANSWER_TIMEOUT);
    }
    CHECK(spread > 40);
}

/* Not a word over UDP: over TCP once more. An answer that came so, and TCP is first, until one
 * fails; now and then UDP is tried again. */
/* A tenth more or less, and each number between as likely as the others. */
TEST(Q21_spread)
{
    uint64_t least = UINT64_MAX, most = 0;

    for (unsigned i = 0; i < 4000; i++) {
        const uint8_t seed[16] = {(uint8_t)i, (uint8_t)(i >> 8)};
        struct quoth_name name;
        servers(1);
        res.wait_ms = 1000;
        quoth_name_parse(&name, "a.test", 6);
        quoth_lookup_start(&look, &res, &(struct quoth_question) {&name, 15, 0}, seed, now);
        quoth_lookup_want(&look, &want);
        least = want.deadline - now < least ? want.deadline - now : least;
        most = want.deadline - now > most ? want.deadline - now : most;
    }
    CHECK_INT(least, 900);
    CHECK_INT(most, 1100);
}

TEST(Q21_silent_udp)
{
    servers(1);
    ask("a.test", 15);
    for (int n = 0; n < 3; n++)
        in_vain(99);
    dialled();
    mx_ok("a.test");
    stream(7);
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(res.server[0].stream, 1);
    unsigned n = 0;
    for (ask("a.test", 15); want.kind == QUOTH_WANT_OPEN; n++) {
        dialled();
        mx_ok("a.test");
        stream(7);
        done(QUOTH_ANSWER_DATA);
        ask("a.test", 15);
    }
    CHECK_INT(n, 255);
    res.server[0].stream = 1;
    ask("a.test", 15);
    CHECK_INT(want.kind, QUOTH_WANT_OPEN);
    fail(QUOTH_EREFUSED);
    closed();
    asked(); /* by datagram again */
    mx_ok("a.test");
    answer();
    done(QUOTH_ANSWER_DATA);
    ask("a.test", 15);
    asked();
    res.server[0].stream = 7; /* as another question found meanwhile */
    mx_ok("a.test");
    answer();
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(res.server[0].stream, 0);
}

/* No memory for an answer over TCP, or a word over UDP, if a bad one: no call over TCP. */
TEST(Q21_not_silent)
{
    for (int how = 0; how < 3; how++) {
        servers(2);
        ask("a.test", 15);
        if (how == 0)
            quoth_lookup_lend(&look, NULL, 0);
        for (int n = 0; n < 6; n++) {
            asked();
            if (how == 1 && server() == 1) {
                code("a.test", 2);
                answer();
            } else if (how == 2 && n == 5) {
                fail(QUOTH_EIO);
            } else {
                late();
            }
            if (n < 5)
                closed();
        }
        if (how == 2) { /* a datagram that did not leave is no word from anybody */
            closed();
            late();
            unheard();
            continue;
        }
        done(how ? QUOTH_ANSWER_SERVFAIL : QUOTH_ANSWER_TIMEOUT);
    }
}

TEST(Q21_limits)
{
    for (unsigned tries = 0; tries <= 7; tries++) {
        unsigned n = 0;
        servers(1);
        res.tries = (uint8_t)tries;
        res.wait_ms = UINT32_MAX;
        res.wait_max_ms = UINT32_MAX;
        ask("example.com", 15);
        while (want.kind != QUOTH_WANT_DONE) {
            if (want.kind == QUOTH_WANT_DGRAM)
                n++;
            CHECK(want.deadline - now <= UINT32_MAX);
            late();
        }
        CHECK_INT(n, tries == 0 ? 3 : tries > 5 ? 5 : tries);
    }
}

/* A dead first server costs one wait in five seconds, not one a question. */
TEST(Q21_demoted)
{
    servers(2);
    ask("a.test", 15);
    asked();
    late();
    closed();
    CHECK_INT(server(), 1);
    asked();
    mx_ok("a.test");
    answer();
    done(QUOTH_ANSWER_DATA);
    uint64_t failed = res.server[0].bad_until - 5000;
    now = failed + 4999;
    ask("b.test", 15);
    CHECK_INT(server(), 1);
    asked();
    late(); /* now both are bad: the first is asked all the same */
    closed();
    CHECK_INT(server(), 0);
    now = failed + 20000;
    ask("c.test", 15);
    CHECK_INT(server(), 0);
    asked(); /* a server that answers, if only SERVFAIL, keeps its place */
    code("c.test", 2);
    answer();
    ask("d.test", 15);
    CHECK_INT(server(), 0);
}

/* Sending fails, for ever: it ends. */
TEST(Q22)
{
    unsigned n = 0;
    servers(3);
    res.tries = 5;
    ask("example.com", 15);
    while (want.kind != QUOTH_WANT_DONE && n < 1000) {
        if (want.kind == QUOTH_WANT_CLOSE)
            closed();
        else {
            fail(QUOTH_EUNREACH);
            n++;
        }
    }
    CHECK_INT(n, 15);
    CHECK_INT(look.answer, QUOTH_ANSWER_UNREACHABLE);
}

/* ---- negative answers --------------------------------------------------- */

TEST(Q23)
{
    code("no.test", 3);
    msg_soa(&msg, "test", 900, 300);
    once("no.test");
    done(QUOTH_ANSWER_NXDOMAIN);
    CHECK_INT(route.ttl, 300);
    CHECK_INT(route.n, 0);
    msg_answer(&msg, 0, MSG_OK | 3, "alias.test", 15); /* of the last name of the chain */
    msg_cname(&msg, "alias.test", 100, "gone.test");
    msg_soa(&msg, "test", 900, 300);
    once("alias.test");
    done(QUOTH_ANSWER_NXDOMAIN);
    CHECK_INT(route.ttl, 100);
    CHECK(route.flags & QUOTH_ROUTE_ALIAS);
}

/* A denial without SOA: the server is asked for the servers of the root, once for all. */
static void denied(const char *name)
{
    code(name, 3);
    ask(name, 15);
    asked();
    CHECK_INT(answer(), QUOTH_OK);
}
static void root(unsigned rcode)
{
    static const uint8_t q[] = {0, 0, 2, 0, 1};
    closed();
    asked();
    CHECK(want.kind == QUOTH_WANT_RECV && !memcmp(look.q + 12, q, sizeof q));
    CHECK_INT(server(), 0);
    msg_answer(&msg, 0, MSG_OK | rcode, ".", 2);
    if (!rcode) {
        size_t at = msg_begin(&msg, 0, ".", QUOTH_DNS_NS, 86400);
        msg_name(&msg, "a.root.test");
        msg_end(&msg, at);
    }
    CHECK_INT(answer(), QUOTH_OK);
}

/* A server that has nothing for anybody: without SOA that is believed of one that has the root. */
TEST(Q24_root)
{
    static const struct {
        unsigned type, rcode, empty;
        enum quoth_answer want;
    } row[] = {
        {1, 0, 0, QUOTH_ANSWER_NODATA},   {28, 0, 0, QUOTH_ANSWER_NODATA},
        {16, 0, 0, QUOTH_ANSWER_NODATA},  {1, 5, 0, QUOTH_ANSWER_NODATA},
        {1, 2, 0, QUOTH_ANSWER_NODATA},   {1, 3, 0, QUOTH_ANSWER_SERVFAIL},
        {1, 0, 1, QUOTH_ANSWER_SERVFAIL}, {28, 0, 1, QUOTH_ANSWER_SERVFAIL},
        {1, 0, 2, QUOTH_ANSWER_SERVFAIL},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        servers(2);
        msg_answer(&msg, 0, MSG_OK, "a.test", (uint16_t)row[i].type);
        ask("a.test", (uint16_t)row[i].type);
        asked();
        CHECK_INT(answer(), QUOTH_OK);
        if (row[i].empty) {
            closed();
            asked();
            msg_answer(&msg, 0, MSG_OK, ".", 2);
            if (row[i].empty == 2) /* those of somebody else */
                msg_ns(&msg, "test", "ns.test");
            CHECK_INT(answer(), QUOTH_OK);
        } else
            root(row[i].rcode);
        done(row[i].want);
        CHECK_INT(look.asked, 2);
        CHECK_INT(route.ip_n, 0);
        CHECK_INT(res.server[0].root, row[i].want == QUOTH_ANSWER_NODATA);
    }
    msg_answer(&msg, 0, MSG_OK, "alias.test", 1); /* of the alias itself nothing more is wanted */
    msg_cname(&msg, "alias.test", 100, "real.test");
    servers(1);
    ask("alias.test", 1);
    asked();
    CHECK_INT(answer(), QUOTH_OK);
    closed();
    asked();
    msg_answer(&msg, 0, MSG_OK, "real.test", 1);
    CHECK_INT(answer(), QUOTH_OK);
    root(0);
    done(QUOTH_ANSWER_NODATA);
    CHECK_INT(look.asked, 3);
}

/* A filter denies what is there, and its SOA record is that of its own list (RPZ). */
TEST(Q35)
{
    static const struct {
        const char *zone;
        unsigned section, rcode, type, alias;
        enum quoth_answer want; /* NONE: the alias is asked for */
    } row[] = {
        {"block.list.test", 1, 3, 15, 0, QUOTH_ANSWER_REFUSED},
        {"block.list.test", 2, 3, 15, 0, QUOTH_ANSWER_REFUSED},
        {"block.list.test", 2, 0, 15, 0, QUOTH_ANSWER_REFUSED},
        {"block.list.test", 1, 0, 1, 0, QUOTH_ANSWER_REFUSED},
        {"b.a.test", 1, 3, 15, 0, QUOTH_ANSWER_REFUSED}, /* below it, and longer */
        {"b.test", 1, 3, 15, 0, QUOTH_ANSWER_REFUSED},
        {"block.list.test", 1, 3, 15, 1, QUOTH_ANSWER_REFUSED},
        {"block.list.test", 1, 0, 15, 1, QUOTH_ANSWER_NONE}, /* the alias's own zone, say */
        {"A.TEST", 1, 3, 15, 0, QUOTH_ANSWER_NXDOMAIN},
        {"test", 1, 3, 15, 0, QUOTH_ANSWER_NXDOMAIN},
        {".", 1, 0, 15, 0, QUOTH_ANSWER_NODATA},
        {"test", 1, 0, 1, 0, QUOTH_ANSWER_NODATA},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        servers(1);
        res.tries = 1;
        msg_answer(&msg, 0, MSG_OK | row[i].rcode, "a.test", (uint16_t)row[i].type);
        if (row[i].alias)
            msg_cname(&msg, "a.test", 100, "else.where.org");
        msg_soa(&msg, row[i].zone, 900, 300);
        if (row[i].section == 2) { /* the last record of a message that has one */
            msg.b[11] = (uint8_t)(msg.b[11] + msg.b[9]);
            msg.b[9] = 0;
        }
        ask("a.test", (uint16_t)row[i].type);
        asked();
        CHECK_INT(answer(), QUOTH_OK);
        if (row[i].want == QUOTH_ANSWER_NONE) {
            closed();
            CHECK_INT(want.kind, QUOTH_WANT_DGRAM);
        } else
            done(row[i].want);
    }
    msg_answer(&msg, 0, MSG_OK, "a.test", 1); /* records are records */
    msg_a(&msg, 0, "a.test", 300, 192, 1);
    msg_soa(&msg, "block.list.test", 900, 300);
    servers(1);
    ask("a.test", 1);
    asked();
    CHECK_INT(answer(), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
}

TEST(Q23_root)
{
    servers(2);
    denied("no.test");
    root(0);
    done(QUOTH_ANSWER_NXDOMAIN);
    CHECK_INT(look.asked, 2);
    CHECK_INT(route.ttl, 0); /* the root's SOA is not that of the name */
    denied("none.test");
    done(QUOTH_ANSWER_NXDOMAIN);
    CHECK_INT(look.asked, 1);
    CHECK_INT(route.ttl, 0);
    servers(1);
    msg_answer(&msg, 0, MSG_OK | 3, "alias.test", 15);
    msg_cname(&msg, "alias.test", 100, "gone.test");
    ask("alias.test", 15);
    asked();
    CHECK_INT(answer(), QUOTH_OK);
    root(5);
    done(QUOTH_ANSWER_NXDOMAIN);
    servers(1);
    denied("no.test");
    root(1); /* for EDNS perhaps */
    CHECK_INT(look.answer, QUOTH_ANSWER_NONE);
    root(2);
    done(QUOTH_ANSWER_NXDOMAIN);
}

TEST(Q23_no_root)
{
    servers(2);
    denied("no.test");
    root(3);
    done(QUOTH_ANSWER_SERVFAIL);
    CHECK_INT(route.ttl, 5);
    CHECK(res.server[0].bad_until == now + 5000);
    now += 5000;
    denied("no.test"); /* it may be better now */
    root(0);
    done(QUOTH_ANSWER_NXDOMAIN);
    servers(2);
    denied("no.test");
    closed();
    asked();
    late();
    done(QUOTH_ANSWER_SERVFAIL);
    servers(1);
    res.tries = 1;
    ask("no.test", 15);
    quoth_lookup_limit(&look, 1);
    code("no.test", 3);
    asked();
    CHECK_INT(answer(), QUOTH_OK);
    done(QUOTH_ANSWER_SERVFAIL);
}

/* NXDOMAIN and records of the type for that very name: one of them is a lie. */
TEST(Q23_contradiction)
{
    code("no.test", 3);
    msg_mx(&msg, 0, NULL, 300, 10, "mx.test");
    servers(1);
    res.tries = 1;
    ask("no.test", 15);
    asked();
    answer();
    done(QUOTH_ANSWER_MALFORMED);
    CHECK_INT(route.n, 0);
}

TEST(Q24)
{
    code("a.test", 0);
    msg_soa(&msg, "test", 900, 300);
    once("a.test");
    done(QUOTH_ANSWER_NODATA);
    CHECK_INT(route.ttl, 300);
    code("a.test", 0); /* without SOA: not to be kept */
    once("a.test");
    done(QUOTH_ANSWER_NODATA);
    CHECK_INT(route.ttl, 0);
    code("a.test", 0); /* the zone's SOA and its servers: no referral */
    msg_soa(&msg, "test", 900, 300);
    msg_ns(&msg, "test", "ns.test");
    once("a.test");
    done(QUOTH_ANSWER_NODATA);
    CHECK_INT(route.ttl, 300);
    code("a.test", 0); /* a referral is no answer */
    msg_ns(&msg, "test", "ns.test");
    servers(2);
    ask("a.test", 15);
    asked();
    answer();
    closed();
    CHECK_INT(server(), 1);
    CHECK_INT(look.failed, QUOTH_ANSWER_SERVFAIL);
}

TEST(Q25)
{
    static const struct {
        uint32_t soa, minimum, ttl;
    } t[] = {
        {900, 300, 300},
        {300, 900, 300},
        {0, 900, 0},
        {10799, 86400, 10799},
        {10800, 86400, 10800},
        {10801, 86400, 10800},
        {0x7fffffff, 0xffffffff, 10800},
        {0x80000000, 5, 0},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        code("a.test", i & 1 ? 3 : 0);
        msg_soa(&msg, "test", t[i].soa, t[i].minimum);
        once("a.test");
        done(i & 1 ? QUOTH_ANSWER_NXDOMAIN : QUOTH_ANSWER_NODATA);
        CHECK_INT(route.ttl, t[i].ttl);
    }
}

TEST(Z_ttl)
{
    static const uint32_t ttl[] = {86399, 86400, 86401, 0x7fffffff};
    for (size_t i = 0; i < 4; i++) {
        msg_answer(&msg, 0, MSG_OK, "a.test", 15);
        msg_mx(&msg, 0, NULL, ttl[i], 10, "mx.test");
        once("a.test");
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(route.ttl, ttl[i] < 86400 ? ttl[i] : 86400);
    }
}

/* D24: of different TTLs the least; D25: each host once, at its best. */
TEST(D24)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_mx(&msg, 0, NULL, 300, 20, "mx.test.a");
    msg_mx(&msg, 0, NULL, 77, 10, "mx.test.a");
    msg_mx(&msg, 0, NULL, 500, 30, "MX.test.A");
    msg_mx(&msg, 0, "other.test", 5, 30, "mx.other.test");
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.ttl, 77);
}

TEST(D25)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_mx(&msg, 0, NULL, 300, 20, "mx.a.test");
    msg_mx(&msg, 0, NULL, 300, 10, "MX.a.test");
    msg_mx(&msg, 0, NULL, 300, 10, "mx.a.test");
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 1);
    CHECK_INT(route.host[0].pref, 10);
    msg_answer(&msg, 0, MSG_OK, "a.test", 1);
    for (int i = 0; i < 9; i++)
        msg_a(&msg, 0, NULL, 300, 192, (uint8_t)(1 + i % 2));
    servers(1);
    ask("a.test", 1);
    asked();
    answer();
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.ip_n, 2);
    CHECK(!(route.flags & QUOTH_ROUTE_CUT));
}

/* Only class IN, only the owner asked for, only the answer section. */
TEST(D21)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_mx(&msg, 0, "b.test", 300, 10, "mx.b.test");
    msg_mx(&msg, 0, NULL, 300, 20, "mx.ch.test");
    msg.b[msg.n - 12 - 2 - 8 + 1] = 3; /* class CH: before TTL, length, preference and name */
    msg_soa(&msg, "test", 900, 300);
    once("a.test");
    done(QUOTH_ANSWER_NODATA);
    CHECK_INT(route.n, 0);
}

TEST(D22)
{
    for (unsigned section = 1; section < 3; section++) {
        msg_answer(&msg, 0, MSG_OK, "a.test", 15);
        msg_mx(&msg, section, "a.test", 300, 10, "mx.a.test");
        once("a.test");
        done(QUOTH_ANSWER_NODATA);
        msg_answer(&msg, 0, MSG_OK, "a.test", 1);
        msg_a(&msg, section, "a.test", 300, 192, 1);
        servers(1);
        res.server[0].root = 1;
        ask("a.test", 1);
        asked();
        answer();
        done(QUOTH_ANSWER_NODATA);
        CHECK_INT(route.ip_n, 0);
    }
    msg_answer(&msg, 0, MSG_OK, "a.test", 1);
    msg_a(&msg, 0, "a.test", 300, 192, 1);
    msg_a(&msg, 2, "a.test", 300, 192, 2); /* beside an answer too */
    msg_a(&msg, 2, "b.test", 300, 192, 3);
    servers(1);
    ask("a.test", 1);
    asked();
    answer();
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.ip_n, 1);
    CHECK_INT(route.ip[0].b[3], 1);
}

/* What was answered belongs to the caller: it may be sorted, and no stray event undoes that. */
TEST(Q07_done)
{
    code("a.test", 0);
    msg_soa(&msg, "test", 900, 300);
    once("a.test");
    done(QUOTH_ANSWER_NODATA);
    route.n = 1; /* as quoth_mx_order() does */
    route.ttl = 77;
    CHECK_INT(answer(), QUOTH_EINVAL);
    CHECK_INT(tell(QUOTH_EV_DOWN), QUOTH_EINVAL);
    CHECK(route.n == 1 && route.ttl == 77);
}

/* A malformed record is left out; alone it makes the answer malformed, never NODATA. */
TEST(D17)
{
    for (int good = 0; good < 2; good++) {
        for (size_t n = 0; n < 4; n++) {
            msg_answer(&msg, 0, MSG_OK, "a.test", 15);
            msg_rr(&msg, 0, NULL, 15, 300, "\0\12\1a", n + (n == 3));
            if (good)
                msg_mx(&msg, 0, NULL, 300, 10, "mx.a.test");
            msg_soa(&msg, "test", 900, 300);
            servers(1);
            res.tries = 1;
            ask("a.test", 15);
            asked();
            answer();
            done(good ? QUOTH_ANSWER_DATA : QUOTH_ANSWER_MALFORMED);
            CHECK_INT(route.n, good);
            CHECK(route.flags & QUOTH_ROUTE_SKIPPED);
        }
    }
}

TEST(D19)
{
    static const uint8_t ip[20] = {1, 2, 3, 4};
    for (size_t n = 3; n < 6; n++) {
        msg_answer(&msg, 0, MSG_OK, "a.test", 1);
        msg_rr(&msg, 0, NULL, 1, 300, ip, n);
        servers(1);
        res.tries = 1;
        ask("a.test", 1);
        asked();
        answer();
        done(n == 4 ? QUOTH_ANSWER_DATA : QUOTH_ANSWER_MALFORMED);
        CHECK_INT(route.ip_n, n == 4);
    }
}

TEST(D28)
{
    mx_ok("a.test");
    once("a.test");
    CHECK_INT(route.flags, 0);
    mx_ok("a.test");
    msg_raw(&msg, "x", 1);
    once("a.test");
    CHECK_INT(route.flags, QUOTH_ROUTE_TRAILING);
}

TEST(D29)
{
    static const unsigned ext[] = {1, 2}; /* BADVERS is a fall-back; 32 is nothing we know */
    servers(1);
    res.tries = 1;
    res.server[0].plain = 1;
    for (size_t i = 0; i < 2; i++) {
        ask("a.test", 15);
        asked();
        mx_ok("a.test");
        msg_opt(&msg, 2, ext[i], NULL, 0);
        answer();
        done(QUOTH_ANSWER_SERVFAIL);
    }
}

TEST(Q26)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_mx(&msg, 0, NULL, 0, 10, "mx.a.test");
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK(route.n == 1 && route.ttl == 0);
}

/* ---- aliases ------------------------------------------------------------ */

static const char *link_name(unsigned i)
{
    static char s[8][16];
    static unsigned at;
    char *p = s[at++ % 8];
    snprintf(p, 16, "c%u.test", i);
    return p;
}

/* A chain of `hops` in one answer, the records in three orders. */
static void chained(unsigned hops, unsigned order)
{
    msg_answer(&msg, 0, MSG_OK, "c0.test", 15);
    if (order == 1)
        msg_mx(&msg, 0, link_name(hops), 300, 10, "mx.test.a");
    for (unsigned k = 0; k < hops; k++) {
        unsigned i = order == 0 ? k : order == 1 ? hops - 1 - k : (k * 5 + 3) % hops;
        msg_cname(&msg, link_name(i), 200 + i, link_name(i + 1));
    }
    if (order != 1)
        msg_mx(&msg, 0, link_name(hops), 300, 10, "mx.test.a");
    once("c0.test");
}

TEST(Q27)
{
    for (unsigned order = 0; order < 3; order++) {
        for (unsigned hops = 1; hops <= 9; hops++) {
            if (order == 2 && hops % 5 == 0)
                continue;
            chained(hops, order);
            done(hops <= 8 ? QUOTH_ANSWER_DATA : QUOTH_ANSWER_ALIAS_LOOP);
            CHECK_INT(route.n, hops <= 8);
            CHECK(route.flags & QUOTH_ROUTE_ALIAS);
            if (hops <= 8)
                CHECK_INT(route.ttl, 200);
        }
    }
}

/* One link an answer: each leads to a new question, under a new id. */
TEST(Q27_responses)
{
    for (unsigned hops = 8; hops <= 9; hops++) {
        servers(1);
        ask("c0.test", 15);
        for (unsigned i = 0; i < hops; i++) {
            asked();
            CHECK_INT(look.asked, i + 1);
            msg_answer(&msg, 0, MSG_OK, link_name(i), 15);
            msg_cname(&msg, link_name(i), 300 - i, link_name(i + 1));
            CHECK_INT(answer(), QUOTH_OK);
            if (i == 8)
                break;
            closed();
        }
        if (hops == 9) {
            done(QUOTH_ANSWER_ALIAS_LOOP);
            continue;
        }
        asked();
        mx_ok("c8.test");
        answer();
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(route.ttl, 293);
        CHECK(route.flags & QUOTH_ROUTE_ALIAS);
    }
}

TEST(Q27_loops)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_cname(&msg, "a.test", 300, "A.test");
    once("a.test");
    done(QUOTH_ANSWER_ALIAS_LOOP);
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_cname(&msg, "a.test", 300, "b.test");
    msg_cname(&msg, "b.test", 300, "a.test");
    once("a.test");
    done(QUOTH_ANSWER_ALIAS_LOOP);
    CHECK_INT(look.asked, 1);
}

/* Whoever has so many questions left spends no more: an alias that leads further ends there. */
TEST(G16_questions_left)
{
    for (unsigned left = 1; left < 8; left++) {
        servers(1);
        ask("c0.test", 15);
        quoth_lookup_limit(&look, left);
        for (unsigned i = 0; i < left; i++) {
            asked();
            msg_answer(&msg, 0, MSG_OK, link_name(i), 15);
            msg_cname(&msg, link_name(i), 300, link_name(i + 1));
            CHECK_INT(answer(), QUOTH_OK);
            if (i + 1 < left)
                closed();
        }
        done(QUOTH_ANSWER_ALIAS_LOOP);
        CHECK_INT(look.asked, left);
    }
}

/* A stream that had to wait for a free one has its whole time from then on; no other changes. */
TEST(Q20_begin)
{
    uint64_t until;
    unsigned id;
    servers(1);
    res.tcp = 1;
    ask("example.com", 15);
    CHECK_INT(want.kind, QUOTH_WANT_OPEN);
    until = want.deadline - now;
    now += 100000;
    quoth_lookup_begin(&look, now);
    see();
    CHECK_INT(want.kind, QUOTH_WANT_OPEN);
    CHECK(want.deadline > now && want.deadline - now >= until / 2 &&
          want.deadline - now < 2 * until);
    dialled();
    until = want.deadline;
    id = look.id;
    now += 7;
    quoth_lookup_begin(&look, now); /* it is under way */
    see();
    CHECK(want.kind == QUOTH_WANT_RECV && want.deadline == until && look.id == id);
    mx_ok("example.com");
    CHECK_INT(stream(msg.n + 2), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
}

/* A malformed SOA is none. */
TEST(Q24_soa)
{
    code("a.test", 0);
    msg_rr(&msg, 1, "test", QUOTH_DNS_SOA, 300, "\0\0", 2);
    once("a.test");
    done(QUOTH_ANSWER_NODATA);
    CHECK_INT(route.ttl, 0);
}

/* An empty answer of a server that neither looks names up for us nor is in charge of the name
 * proves nothing: half the Internet would have no mail host. */
TEST(Q24_no_recursion)
{
    enum { NEITHER = 0x8100, IN_CHARGE = 0x8500 };
    msg_answer(&msg, 0, NEITHER, "a.test", 15);
    once("a.test");
    CHECK_INT(look.failed, QUOTH_ANSWER_SERVFAIL);
    msg_answer(&msg, 0, IN_CHARGE, "a.test", 15);
    once("a.test");
    done(QUOTH_ANSWER_NODATA);
    msg_answer(&msg, 0, NEITHER, "a.test", 15);
    msg_soa(&msg, "test", 900, 300);
    once("a.test");
    done(QUOTH_ANSWER_NODATA);
}

/* An alias that ends in NODATA is NODATA; a broken one is malformed, not NODATA. */
TEST(Q27_ends)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_cname(&msg, "a.test", 300, "b.test");
    msg_soa(&msg, "test", 900, 600);
    once("a.test");
    done(QUOTH_ANSWER_NODATA);
    CHECK_INT(route.ttl, 300);
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_rr(&msg, 0, NULL, QUOTH_DNS_CNAME, 300, "\1b", 2);
    msg_soa(&msg, "test", 900, 600);
    servers(1);
    res.tries = 1;
    ask("a.test", 15);
    asked();
    answer();
    done(QUOTH_ANSWER_MALFORMED);
}

TEST(Q28)
{
    msg_answer(&msg, 0, MSG_OK, "a.d.test", 15);
    size_t at = msg_begin(&msg, 0, "d.test", 39, 300); /* DNAME */
    msg_name(&msg, "e.test");
    msg_end(&msg, at);
    msg_cname(&msg, "a.d.test", 300, "a.e.test");
    msg_mx(&msg, 0, "a.e.test", 300, 10, "mx.e.test");
    msg_mx(&msg, 0, "a.d.test", 300, 5, "mx.d.test"); /* beside the alias: the alias wins */
    once("a.d.test");
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 1);
    CHECK_STR(quoth_mx_name(&route, 0), "mx.e.test");
    CHECK(route.flags & QUOTH_ROUTE_ALIAS);
}

/* ---- routes ------------------------------------------------------------- */

/* Addresses ride along for hosts of this answer alone, IPv4 before IPv6. */
TEST(Q30)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_mx(&msg, 0, NULL, 300, 10, "mx1.a.test");
    msg_mx(&msg, 0, NULL, 300, 20, "mx2.a.test");
    msg_mx(&msg, 0, NULL, 300, 30, "mx3.a.test");
    msg_a(&msg, 1, "mx3.a.test", 300, 192, 3); /* not there */
    msg_a(&msg, 2, "evil.test", 300, 192, 66);
    msg_aaaa(&msg, 2, "mx2.a.test", 300, 2);
    msg_aaaa(&msg, 2, "MX1.A.test", 300, 1);
    msg_a(&msg, 2, "mx1.a.test", 300, 192, 1);
    msg_a(&msg, 2, "mx1.a.test", 300, 192, 99);
    msg_opt(&msg, 2, 0, NULL, 0);
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 3);
    CHECK_INT(route.ip_n, 2);
    CHECK(route.host[0].ip && route.ip[route.host[0].ip - 1].len == 4 &&
          route.ip[route.host[0].ip - 1].b[3] == 1);
    CHECK(route.host[1].ip && route.ip[route.host[1].ip - 1].len == 16 &&
          route.ip[route.host[1].ip - 1].b[15] == 2);
    CHECK_INT(route.host[2].ip, 0);
    CHECK_INT(route.ttl, 300);
}

/* What rides along must be a whole address of class IN, and there is room for so many. */
TEST(Q30_limits)
{
    char name[16];
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    for (unsigned i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "m%u.test", i);
        msg_mx(&msg, 0, NULL, 300, i, name);
    }
    msg_rr(&msg, 2, "m0.test", QUOTH_DNS_A, 300, "\1\2\3", 3);
    msg_rr(&msg, 2, "m0.test", 99, 300, "\1\2\3\4", 4);
    msg_rr(&msg, 2, "m0.test", QUOTH_DNS_CNAME, 300, "\0", 1);
    msg_a(&msg, 2, "m0.test", 300, 192, 9);
    msg.b[msg.n - 11] = 3; /* class CH */
    msg_a(&msg, 2, ".", 300, 192, 9);
    for (unsigned i = 1; i < 8; i++) {
        snprintf(name, sizeof name, "m%u.test", i);
        msg_aaaa(&msg, 2, name, 300, (uint8_t)i);
        msg_aaaa(&msg, 2, name, 300, 99);
    }
    msg_a(&msg, 2, "m2.test", 300, 192,
          2); /* takes the place of its IPv6 address: no room is needed */
    msg_a(&msg, 2, "m7.test", 300, 192, 7); /* no room */
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 8);
    CHECK_INT(route.ip_n, QUOTH_IPS_MAX);
    for (unsigned i = 0; i < 8; i++)
        CHECK_INT(route.host[i].ip, i >= 1 && i <= QUOTH_IPS_MAX ? i : 0);
    CHECK(route.ip[0].len == 16 && route.ip[0].b[15] == 1);
    CHECK(route.ip[1].len == 4 && route.ip[1].b[3] == 2);
}

/* Whatever the order they come in, the best are kept, with the right names. */
TEST(Q31_any_order)
{
    for (unsigned step = 1; step < 29; step++) {
        uint32_t seen = 0;
        msg_answer(&msg, 0, MSG_OK, "a.test", 15);
        for (unsigned i = 0; i < 29; i++) {
            char name[80];
            unsigned pref = i * step % 29; /* each of 0..28 once; longer names for some */
            snprintf(name, sizeof name, "h%u.%.*s.test", pref, (int)(1 + pref * 7 % 20),
                     "yyyyyyyyyyyyyyyyyyyyyyyyy");
            msg_mx(&msg, 0, NULL, 300, pref, name);
        }
        once("a.test");
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(route.n, QUOTH_MX_MAX);
        CHECK_INT(route.flags, QUOTH_ROUTE_CUT);
        for (unsigned i = 0; i < route.n; i++) {
            char head[8];
            snprintf(head, sizeof head, "h%u.", route.host[i].pref);
            CHECK(!strncmp(quoth_mx_name(&route, i), head, strlen(head)));
            seen |= 1u << route.host[i].pref;
        }
        CHECK_INT(seen, (1u << QUOTH_MX_MAX) - 1);
    }
}

/* Hosts that are written down one by one: of those that are too many, or whose names are too many
 * bytes, the first of the worst goes, and the last takes its place. */
struct kept {
    struct {
        char name[80];
        unsigned pref;
    } host[QUOTH_MX_MAX];
    unsigned n, flags;
    size_t bytes;
};

static void keep(struct kept *k, const char *name, unsigned pref)
{
    unsigned worst;
    for (unsigned i = 0; i < k->n; i++)
        if (!strcmp(k->host[i].name, name)) {
            k->host[i].pref = pref < k->host[i].pref ? pref : k->host[i].pref;
            return;
        }
    while (k->n == QUOTH_MX_MAX || k->bytes + strlen(name) + 1 > QUOTH_MX_BYTES) {
        k->flags = QUOTH_ROUTE_CUT;
        worst = 0;
        for (unsigned i = 0; i < k->n; i++)
            worst = k->host[i].pref > k->host[worst].pref ? i : worst;
        if (k->host[worst].pref <= pref)
            return;
        k->bytes -= strlen(k->host[worst].name) + 1;
        k->host[worst] = k->host[--k->n];
    }
    strcpy(k->host[k->n].name, name);
    k->host[k->n++].pref = pref;
    k->bytes += strlen(name) + 1;
}

TEST(Q31_kept)
{
    static const uint8_t seed[16] = {31};
    static struct kept kept;
    struct quoth_random rnd;
    quoth_random_seed(&rnd, seed);
    for (int round = 0; round < 300; round++) {
        unsigned letters = 1 + quoth_random_below(&rnd, 50);
        memset(&kept, 0, sizeof kept);
        msg_answer(&msg, 0, MSG_OK, "a.test", 15);
        for (int i = 0; i < 40; i++) {
            char name[80];
            unsigned pref = quoth_random_below(&rnd, 8);
            snprintf(name, sizeof name, "%.*s.h%u", (int)(1 + quoth_random_below(&rnd, letters)),
                     "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
                     quoth_random_below(&rnd, 12));
            msg_mx(&msg, 0, NULL, 300, pref, name);
            keep(&kept, name, pref);
        }
        servers(1);
        res.tcp = 1;
        ask("a.test", 15);
        dialled();
        stream(9999);
        done(QUOTH_ANSWER_DATA);
        CHECK(route.flags == kept.flags && route.used == kept.bytes);
        CHECK_INT(route.n, kept.n);
        for (unsigned i = 0; i < route.n && i < kept.n; i++) {
            CHECK_INT(route.host[i].pref, kept.host[i].pref);
            CHECK_STR(quoth_mx_name(&route, i), kept.host[i].name);
        }
    }
}

TEST(Z_ips)
{
    for (unsigned n = QUOTH_IPS_MAX - 1; n <= QUOTH_IPS_MAX + 1; n++) {
        msg_answer(&msg, 0, MSG_OK, "a.test", 1);
        for (unsigned i = 0; i < n; i++)
            msg_a(&msg, 0, NULL, 300, 192, (uint8_t)i);
        servers(1);
        ask("a.test", 1);
        asked();
        answer();
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(route.ip_n, n > QUOTH_IPS_MAX ? QUOTH_IPS_MAX : n);
        CHECK_INT(route.flags, n > QUOTH_IPS_MAX ? QUOTH_ROUTE_CUT : 0);
    }
}

/* 1000 exchanges: those are kept that are best of what may be
 * walked; the rest is said to be cut. */
static void many_mx(unsigned n, unsigned names)
{
    char name[80];
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    for (unsigned i = 0; i < n; i++) {
        snprintf(name, sizeof name, "m%u.%.*s.a", i, (int)names,
                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        msg_mx(&msg, 0, NULL, 300, n - i, name);
    }
    servers(1);
    ask("a.test", 15);
    asked();
    msg.b[2] |= 2;
    size_t len = msg.n;
    answer();
    msg.n = len;
    msg.b[2] &= 0xfd;
    closed();
    dialled();
    stream(1460);
    done(QUOTH_ANSWER_DATA);
}

TEST(Q31)
{
    many_mx(QUOTH_MX_MAX, 1);
    CHECK_INT(route.n, QUOTH_MX_MAX);
    CHECK_INT(route.flags, 0);
    many_mx(QUOTH_MX_MAX + 1, 1);
    CHECK_INT(route.n, QUOTH_MX_MAX);
    CHECK_INT(route.flags, QUOTH_ROUTE_CUT);
    for (unsigned i = 0; i < route.n; i++)
        CHECK(route.host[i].pref <= QUOTH_MX_MAX);
    many_mx(1000, 1);
    CHECK_INT(route.n, QUOTH_MX_MAX);
    CHECK_INT(route.flags, QUOTH_ROUTE_CUT);
    many_mx(40, 50); /* the names are too many bytes */
    CHECK(route.n > 4 && route.n < QUOTH_MX_MAX);
    CHECK_INT(route.flags, QUOTH_ROUTE_CUT);
    for (unsigned i = 0; i < route.n; i++) {
        CHECK(route.host[i].pref <= route.n);
        CHECK(strlen(quoth_mx_name(&route, i)) > 50);
    }
}

/* Cut off by the record limit before anything useful: that is not NODATA. */
TEST(Z_records_no_data)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    for (int i = 0; i < 300; i++)
        msg_rr(&msg, 0, ".", 99, 0, NULL, 0);
    servers(1);
    res.tries = 1;
    res.tcp = 1;
    ask("a.test", 15);
    dialled();
    stream(9999);
    done(QUOTH_ANSWER_MALFORMED);
}

/* Behind the record limit there is more, in whatever section: the answer is told, and that it is
 * cut. */
TEST(Z_records_sections)
{
    for (unsigned section = 0; section < 3; section++) {
        msg_answer(&msg, 0, MSG_OK, "a.test", 15);
        msg_mx(&msg, 0, NULL, 300, 10, "mx.a.test");
        for (int i = 0; i < 300; i++)
            msg_rr(&msg, section, ".", 99, 0, NULL, 0);
        servers(1);
        res.tcp = 1;
        ask("a.test", 15);
        dialled();
        stream(9999);
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(route.n, 1);
        CHECK_INT(route.flags, QUOTH_ROUTE_CUT);
    }
}

/* What an answer says that is not believed is not said of the next one. */
TEST(X05_not_believed)
{
    servers(2);
    ask("a.test", 15);
    asked();
    msg_answer(&msg, 0, MSG_OK | 3, "a.test", 15); /* NXDOMAIN, with a record */
    msg_mx(&msg, 0, NULL, 300, 0, ".");
    answer();
    closed();
    asked();
    mx_ok("a.test");
    answer();
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 1);
    CHECK_INT(route.flags, 0);
}

TEST(X09)
{
    static const char *const bad[] = {"192.0.2.1", "localhost", "a b.test", "x\xff.test"};
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    for (int i = 0; i < 4; i++)
        msg_mx(&msg, 0, NULL, 300, 1, bad[i]);
    msg_mx(&msg, 0, NULL, 300, 10, "_mx.a.test");
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 1);
    CHECK_STR(quoth_mx_name(&route, 0), "_mx.a.test");
    CHECK_INT(route.flags, QUOTH_ROUTE_SKIPPED);
    for (int i = 0; i < 5; i++) { /* alone, one is there to be told of, as far as it fits */
        static char longest[] = "a    b"
                                ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        static const char *const text[] = {"192.0.2.1", "localhost", "a\\032b.test", "x\\255.test",
                                           NULL};
        msg_answer(&msg, 0, MSG_OK, "a.test", 15);
        msg_mx(&msg, 0, NULL, 300, 1, i < 4 ? bad[i] : longest);
        once("a.test");
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(route.n, 0);
        CHECK(memchr(route.names, 0, 256)); /* what was written ends */
        if (text[i])
            CHECK_STR(route.names, text[i]);
        else
            CHECK_INT(strlen(route.names), 255);
    }
    msg_answer(&msg, 0, MSG_OK, "a.test", 15); /* and of the last answer nothing is left */
    msg_mx(&msg, 0, NULL, 300, 0, ".");
    once("a.test");
    CHECK_STR(route.names, "");
}

TEST(X05)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_mx(&msg, 0, NULL, 300, 0, ".");
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 0);
    CHECK_INT(route.flags, QUOTH_ROUTE_NULL_MX);
}

/* An address lookup leaves the hosts of the route alone, but for what rode along. */
TEST(X10_one_route)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_mx(&msg, 0, NULL, 300, 10, "mx1.a.test");
    msg_mx(&msg, 0, NULL, 300, 20, "mx2.a.test");
    msg_a(&msg, 2, "mx1.a.test", 300, 192, 1);
    msg_a(&msg, 2, "mx2.a.test", 300, 192, 2);
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK(route.host[0].ip == 1 && route.host[1].ip == 2);
    struct quoth_route kept = route;
    struct quoth_name n;
    uint8_t seed[16] = {9};
    for (int ok = 0; ok < 2; ok++) {
        quoth_name_parse(&n, "mx1.a.test", 10);
        quoth_lookup_start(&look, &res, &(struct quoth_question) {&n, 1, 0}, seed, now);
        see();
        asked();
        msg_answer(&msg, 0, MSG_OK | (ok ? 0 : 3), "mx1.a.test", 1);
        if (ok)
            msg_a(&msg, 0, NULL, 60, 192, 1);
        answer();
        CHECK_INT(route.n, 2);
        CHECK(!memcmp(route.names, kept.names, kept.used) && route.used == kept.used);
        CHECK(route.host[1].pref == 20 && route.host[1].at == kept.host[1].at);
        CHECK(route.host[0].ip == 0 && route.host[1].ip == 0);
        CHECK_INT(route.ip_n, ok);
    }
}

/* Events nobody asked for: refused, and nothing changes. */
TEST(Q07_events)
{
    static const enum quoth_event_kind all[] = {QUOTH_EV_TIME, QUOTH_EV_UP,  QUOTH_EV_SENT,
                                                QUOTH_EV_DATA, QUOTH_EV_EOF, QUOTH_EV_FAIL,
                                                QUOTH_EV_DOWN, QUOTH_EV_RCPT};
    static const unsigned taken[] = {
        /* bit per event: what each state takes (TIME too early) */
        [QUOTH_WANT_DGRAM] = 1 << QUOTH_EV_FAIL,
        [QUOTH_WANT_OPEN] = 1 << QUOTH_EV_UP | 1 << QUOTH_EV_FAIL,
        [QUOTH_WANT_SEND] = 1 << QUOTH_EV_SENT | 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_EOF,
        [QUOTH_WANT_RECV] = 1 << QUOTH_EV_FAIL,
        [QUOTH_WANT_CLOSE] = 1 << QUOTH_EV_DOWN,
        [QUOTH_WANT_DONE] = 0,
    };
    for (int stage = 0; stage < 7; stage++) {
        servers(2);
        ask("example.com", 15);
        if (stage == 1)
            asked();
        if (stage == 2) {
            asked();
            late();
        }
        if (stage >= 3) {
            cut();
        }
        if (stage == 4)
            tell(QUOTH_EV_UP);
        if (stage >= 5)
            dialled();
        if (stage == 6) {
            mx_ok("example.com");
            stream(99);
            closed();
        }
        struct quoth_lookup before = look;
        unsigned may =
            taken[want.kind] | (stage == 5 ? 1u << QUOTH_EV_EOF | 1u << QUOTH_EV_DATA : 0);
        for (size_t i = 0; i < 8; i++) {
            look = before;
            int rc = tell(all[i]);
            CHECK_INT(rc, may >> all[i] & 1 ? QUOTH_OK : QUOTH_EINVAL);
            if (rc)
                CHECK(!memcmp(&before, &look, sizeof look));
        }
        look = before;
        see();
    }
}

/* 64 KB of exchanges: walked once, and only so far. */
TEST(H06)
{
    struct timespec a, b;
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    for (unsigned i = 0; msg.n < 65535 - 30; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%u.a", i);
        msg_mx(&msg, 0, NULL, 300, 65535 - i, name);
    }
    servers(1);
    res.tcp = 1;
    ask("a.test", 15);
    dialled();
    timespec_get(&a, TIME_UTC);
    stream(16384);
    timespec_get(&b, TIME_UTC);
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, QUOTH_MX_MAX);
    CHECK(route.flags & QUOTH_ROUTE_CUT);
    CHECK((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec < 50000000);
}

/* A million datagrams that are not the answer: it still ends at its deadline. */
TEST(H05)
{
    servers(1);
    res.tries = 1;
    ask("a.test", 15);
    asked();
    uint64_t deadline = want.deadline;
    struct quoth_event ev = {.kind = QUOTH_EV_DATA, .data = msg.b, .now = now, .from = want.peer};
    mx_ok("a.test");
    ev.n = msg.n;
    for (uint32_t i = 0; i < 1000000; i++) {
        uint16_t id = (uint16_t)(i % 65535 < look.id ? i % 65535 : i % 65535 + 1);
        msg.b[0] = (uint8_t)(id >> 8);
        msg.b[1] = (uint8_t)id;
        if (quoth_lookup_feed(&look, &ev, &route) != QUOTH_EINVAL)
            CHECK(0 && "taken");
    }
    see();
    CHECK(want.deadline == deadline);
    late();
    unheard();
}

/* Two questions outstanding: neither takes the other's answer, of the same server and name. */
TEST(C06)
{
    servers(1);
    ask("a.test", 15);
    asked();
    struct quoth_lookup first = look;
    ask("a.test", 15);
    asked();
    mx_ok("a.test");
    msg.b[0] = (uint8_t)(first.id >> 8);
    msg.b[1] = (uint8_t)first.id;
    CHECK(first.id != look.id);
    CHECK_INT(hear(msg.b, msg.n, NULL), QUOTH_EINVAL);
    look = first;
    see();
    CHECK_INT(answer(), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
}

/* The next id does not follow from the last two. */
TEST(C07)
{
    unsigned repeated = 0, last = 0, step = 0;
    servers(1);
    for (int i = 0; i < 1000; i++) {
        ask("a.test", 15);
        repeated += ((look.id - last) & 0xffff) == step;
        step = (look.id - last) & 0xffff;
        last = look.id;
    }
    CHECK(repeated < 5);
}

TEST(C12)
{
    static const char *const bad[] = {"\33]0;x\7.test", "a\177.test", "a\\046b.test", "a\n.test",
                                      "\302\233.test"};
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    for (int i = 0; i < 5; i++)
        msg_mx(&msg, 0, NULL, 300, 1, bad[i]);
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 0);
    CHECK_INT(route.flags, QUOTH_ROUTE_SKIPPED);
}

/* The first A of any owner is not an answer. */
TEST(C08)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 1);
    msg_a(&msg, 0, "evil.test", 300, 66, 66);
    msg_a(&msg, 0, "a.test", 300, 192, 1);
    servers(1);
    ask("a.test", 1);
    asked();
    answer();
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.ip_n, 1);
    CHECK_INT(route.ip[0].b[0], 192);
}

TEST(X07)
{
    msg_answer(&msg, 0, MSG_OK, "a.test", 15);
    msg_cname(&msg, "a.test", 300, "real.test");
    msg_mx(&msg, 0, "real.test", 300, 10, "mx.real.test");
    msg_mx(&msg, 0, "a.test", 300, 5, "mx.a.test");
    once("a.test");
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.n, 1);
    CHECK_STR(quoth_mx_name(&route, 0), "mx.real.test");
    CHECK_INT(route.flags, QUOTH_ROUTE_ALIAS);
}

TEST(X08)
{
    msg_answer(&msg, 0, MSG_OK, "mx.test", 28);
    msg_cname(&msg, "mx.test", 300, "host.test");
    msg_aaaa(&msg, 0, "host.test", 300, 7);
    servers(1);
    ask("mx.test", 28);
    asked();
    answer();
    done(QUOTH_ANSWER_DATA);
    CHECK(route.ip_n == 1 && route.ip[0].len == 16 && route.ip[0].b[15] == 7);
    CHECK_INT(route.flags, QUOTH_ROUTE_ALIAS);
}

/* An alias on the way to the addresses, in one answer or in several, gives a host away. */
TEST(G10_alias)
{
    static const char *const skip[] = {"other.net", "big.net", NULL};
    static const struct {
        const char *middle, *end;
        int is;
    } row[] = {{"b.test", "mx.big.net", 1},  {"big.net", "c.test", 1}, {"x.BIG.net", "c.test", 1},
               {"b.test", "x.other.net", 1}, {"b.test", "c.test", 0},  {"abig.net", "c.test", 0},
               {"big.net.test", "net", 0}};

    for (size_t i = 0; i < 4 * (sizeof row / sizeof *row); i++) {
        const char *middle = row[i / 4].middle, *end = row[i / 4].end;

        servers(1);
        res.skip = i & 1 ? skip : NULL;
        ask("mx.test", 1);
        asked();
        msg_answer(&msg, 0, MSG_OK, "mx.test", 1);
        msg_cname(&msg, "mx.test", 300, middle);
        if (i & 2) { /* the rest is another server's */
            CHECK_INT(answer(), QUOTH_OK);
            closed();
            asked();
            msg_answer(&msg, 0, MSG_OK, middle, 1);
        }
        msg_cname(&msg, middle, 300, end);
        msg_a(&msg, 0, end, 300, 192, 1);
        answer();
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(route.ip_n, 1);
        CHECK_INT(route.flags,
                  QUOTH_ROUTE_ALIAS | (res.skip && row[i / 4].is ? QUOTH_ROUTE_UNWANTED : 0));
    }
    servers(1);
    res.skip = skip; /* who is no alias is known by name */
    ask("mx.big.net", 1);
    asked();
    msg_answer(&msg, 0, MSG_OK, "mx.big.net", 1);
    msg_a(&msg, 0, "mx.big.net", 300, 192, 1);
    answer();
    done(QUOTH_ANSWER_DATA);
    CHECK_INT(route.flags, 0);
}

int main(void)
{
    RUN(Q06_port);
    RUN(Q20_hung_up);
    RUN(Q20_platform_timeout);
    RUN(Q24_soa);
    RUN(Q24_no_recursion);
    RUN(Q30_limits);
    RUN(Q31_any_order);
    RUN(C06);
    RUN(C07);
    RUN(C08);
    RUN(C12);
    RUN(H05);
    RUN(H06);
    RUN(X07);
    RUN(X08);
    RUN(G10_alias);
    RUN(Q01);
    RUN(Q02);
    RUN(C03);
    RUN(Q05);
    RUN(Q06);
    RUN(Q07);
    RUN(Q07_events);
    RUN(Q08);
    RUN(Q09);
    RUN(Q13);
    RUN(Q13_not_the_reason);
    RUN(Q13_asked_by_others_too);
    RUN(Q13_timeout);
    RUN(Q13_last_round);
    RUN(Q13_never);
    RUN(Q14);
    RUN(Q14_too_long);
    RUN(Q15);
    RUN(Q15_truncated);
    RUN(Q15_bounded);
    RUN(Q16);
    RUN(X09_odd_and_others);
    RUN(Q16_said);
    RUN(Q16_exact);
    RUN(Q16_lengths);
    RUN(Q16_two_messages);
    RUN(Q16_memory);
    RUN(Q17);
    RUN(Q17_checked);
    RUN(Q18);
    RUN(Q18_close);
    RUN(R04_use_vc);
    RUN(R04_rotate);
    RUN(Q19);
    RUN(Q20);
    RUN(Q20_next);
    RUN(R02_no_servers);
    RUN(Q21);
    RUN(Q21_spread);
    RUN(Q21_silent_udp);
    RUN(Q21_not_silent);
    RUN(Q21_limits);
    RUN(Q21_demoted);
    RUN(Q22);
    RUN(Q23);
    RUN(Q23_root);
    RUN(Q24_root);
    RUN(Q35);
    RUN(Q23_no_root);
    RUN(Q23_contradiction);
    RUN(Q24);
    RUN(Q25);
    RUN(Z_ttl);
    RUN(D24);
    RUN(D25);
    RUN(D21);
    RUN(D22);
    RUN(Q07_done);
    RUN(D17);
    RUN(D19);
    RUN(D28);
    RUN(D29);
    RUN(Q26);
    RUN(Q27);
    RUN(Q27_responses);
    RUN(Q27_loops);
    RUN(G16_questions_left);
    RUN(Q20_begin);
    RUN(Q27_ends);
    RUN(Q28);
    RUN(Q30);
    RUN(Q31);
    RUN(Z_ips);
    RUN(Q31_kept);
    RUN(Z_records_sections);
    RUN(X05_not_believed);
    RUN(Z_records_no_data);
    RUN(X05);
    RUN(X09);
    RUN(X10_one_route);
    return report("lookup");
}
