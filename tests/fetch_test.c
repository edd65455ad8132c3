/* fetch_test.c - tests of port/fetch: the policy of MTA-STS from a web server that says what a test
 * wants, in a world without sockets; and its answers alone, cut into pieces of every size.
 *
 * SPDX-License-Identifier: MIT */
#include "fetch.h"
#include "spf_world.h"
#include "test.h"

#define HEAD   "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define POLICY "version: STSv1\r\nmode: enforce\r\nmax_age: 86400\r\nmx: mx.example.com\r\n"
#define LENGTH "Content-Length: 67\r\n\r\n"
#define GOOD   HEAD LENGTH POLICY

/* ---- answers ---------------------------------------------------------------- */

static char body[70000];
static size_t body_n;

static void take(void *arg, const char *p, size_t n)
{
    (void)arg;
    CHECK(body_n + n < sizeof body);
    memcpy(body + body_n, p, n);
    body_n += n;
    body[body_n] = 0;
}

static struct answer a;

static enum answer_said answer_in(const char *text, size_t n, size_t piece, int end)
{
    enum answer_said said = ANSWER_AGAIN;

    body_n = 0;
    body[0] = 0;
    a.take = take;
    answer_start(&a);
    for (size_t at = 0; at < n && said == ANSWER_AGAIN; at += piece)
        said = answer_feed(&a, text + at, n - at < piece ? n - at : piece);
    return end && said == ANSWER_AGAIN ? answer_end(&a) : said;
}

static const struct row {
    const char *text;
    uint8_t said, plain;
    uint16_t status;
    const char *body; /* NULL: whatever it is */
} answers[] = {
    {GOOD, ANSWER_DONE, 1, 200, POLICY},
    {GOOD "and more", ANSWER_DONE, 1, 200, POLICY},
    {HEAD "\r\n" POLICY, ANSWER_DONE, 1, 200, POLICY},
    {"HTTP/1.0 200\r\n\r\n" POLICY, ANSWER_DONE, 0, 200, POLICY},
    {HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nversi\r\n2;x=y\r\non\r\n0\r\nx: y\r\n\r\n",
     ANSWER_DONE, 1, 200, "version"},
    {HEAD "transfer-encoding: Chunked \r\n\r\n0\r\n\r\n", ANSWER_DONE, 1, 200, ""},
    {"HTTP/1.1 200 OK\r\ncontent-type: Text/Plain; charset=utf-8\r\nContent-Length: 0\r\n\r\n",
     ANSWER_DONE, 1, 200, ""},
    {"HTTP/1.1 200 OK\r\nContent-Type: text/plainer\r\nContent-Length: 0\r\n\r\n", ANSWER_DONE, 0,
     200, ""},
    {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", ANSWER_DONE, 0, 200,
     ""},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" GOOD, ANSWER_DONE, 1, 200,
     POLICY},
    {"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!", ANSWER_DONE, 0, 404, ""},
    {"HTTP/1.1 301 Moved\r\nLocation: https://example.net/\r\n\r\n", ANSWER_DONE, 0, 301, ""},
    {"HTTP/1.1 204 None\r\n\r\n", ANSWER_DONE, 0, 204, ""},
    {HEAD "Content-Encoding: identity\r\nContent-Length: 0\r\n\r\n", ANSWER_DONE, 1, 200, ""},
    /* not HTTP, or not one that ends in one place */
    {"", ANSWER_CUT, 0, 0, ""},
    {"SSH-2.0-OpenSSH\r\n", ANSWER_BAD, 0, 0, ""},
    {"HTTP/1.1 200 OK\r\n", ANSWER_CUT, 0, 0, ""},
    {"HTTP/2.0 200 OK\r\n\r\n", ANSWER_BAD, 0, 0, ""},
    {"HTTP/1.1 20 OK\r\n\r\n", ANSWER_BAD, 0, 0, ""},
    {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", ANSWER_BAD, 0, 0, ""},
    {"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n" GOOD, ANSWER_BAD, 0, 0,
     ""},
    {HEAD "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", ANSWER_BAD, 0, 0, ""},
    {HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ANSWER_BAD, 0, 0, ""},
    {HEAD "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", ANSWER_BAD, 0, 0, ""},
    {HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", ANSWER_BAD, 0, 0, ""},
    {HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ANSWER_BAD,
     0, 0, ""},
    {HEAD "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", ANSWER_BAD, 0, 0, ""},
    {HEAD "Content-Length: -5\r\n\r\nhello", ANSWER_BAD, 0, 0, ""},
    {HEAD "Content-Length: 6\r\n\r\nhello", ANSWER_CUT, 1, 200, "hello"},
    {HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n", ANSWER_BAD, 1, 200, ""},
    {HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", ANSWER_CUT, 1, 200, "hel"},
    {HEAD "no colon\r\n\r\n", ANSWER_BAD, 0, 0, ""},
};

TEST(M21_answer)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct row *r = &answers[i];
        const size_t n = strlen(r->text);
        for (size_t piece = 1; piece <= n + 1; piece++) {
            const enum answer_said said = answer_in(r->text, n, piece, 1);
            if (said != r->said || a.status != r->status)
                printf("    row %zu in pieces of %zu\n", i, piece);
            CHECK_INT(said, r->said);
            CHECK_INT(a.status, r->status);
            if (r->said == ANSWER_DONE)
                CHECK_INT(a.plain, r->plain);
            CHECK_STR(body, r->body);
        }
    }
}

/* What is too long is refused as soon as it is. */
TEST(M21_limits)
{
    static char text[10000];
    size_t n;

    for (int lines = 63; lines <= 64; lines++) { /* and the empty one */
        n = (size_t)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n");
        for (int i = 1; i < lines; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "x: y\r\n");
        n += (size_t)snprintf(text + n, sizeof text - n, "\r\n");
        CHECK_INT(answer_in(text, n, 100, 0), lines == 63 ? ANSWER_AGAIN : ANSWER_BAD);
    }
    for (size_t size = 8192; size <= 8193; size++) {
        memset(text, 'x', sizeof text);
        memcpy(text, "HTTP/1.1 200 OK\r\nx: ", 20);
        memcpy(text + size - 4, "\r\n\r\n", 4);
        CHECK_INT(answer_in(text, size, 1000, 0), size == 8192 ? ANSWER_AGAIN : ANSWER_BAD);
    }
}

/* ---- a fetch ---------------------------------------------------------------- */

static struct spf_world w;
static struct fetch f;
static struct fetch_conf conf;

static struct web { /* the server, and what became of it */
    const char *says;
    size_t n, piece, at;
    uint8_t cert;
    int refuse, mute, no_tls, cut; /* so many connections are refused; it says nothing ... */
    int calls, up, secure;
    char heard[600];
    size_t heard_n;
    struct quoth_ip called;
} web;

static void web_do(const struct quoth_want *want, struct quoth_event *ev)
{
    const size_t left = web.n - web.at;

    switch (want->kind) {
    case QUOTH_WANT_OPEN:
        SPF_REQUIRE(!web.up);
        web.called = want->peer.ip;
        ev->kind = web.calls++ < web.refuse ? QUOTH_EV_FAIL : QUOTH_EV_UP;
        web.up = ev->kind == QUOTH_EV_UP;
        break;
    case QUOTH_WANT_TLS:
        SPF_REQUIRE(web.up && !web.secure && !strcmp(want->host, "mta-sts.example.com"));
        ev->kind = web.no_tls ? QUOTH_EV_FAIL : QUOTH_EV_UP;
        ev->tls.cert = web.cert;
        web.secure = !web.no_tls;
        break;
    case QUOTH_WANT_SEND:
        SPF_REQUIRE(web.secure && want->n && web.cert == QUOTH_CERT_CHECKED);
        ev->kind = QUOTH_EV_SENT;
        ev->n = web.piece && web.piece < want->n ? web.piece : want->n;
        SPF_REQUIRE(web.heard_n + ev->n < sizeof web.heard);
        memcpy(web.heard + web.heard_n, want->out, ev->n);
        web.heard_n += ev->n;
        break;
    case QUOTH_WANT_RECV:
        SPF_REQUIRE(web.secure && strstr(web.heard, "\r\n\r\n"));
        ev->kind = web.mute  ? QUOTH_EV_TIME
                   : left    ? QUOTH_EV_DATA
                   : web.cut ? QUOTH_EV_FAIL
                             : QUOTH_EV_EOF;
        ev->data = web.says + web.at;
        ev->n = web.piece && web.piece < left ? web.piece : left;
        web.at += ev->kind == QUOTH_EV_DATA ? ev->n : 0;
        break;
    case QUOTH_WANT_CLOSE:
        web.up = web.secure = 0;
        ev->kind = QUOTH_EV_DOWN;
        break;
    default: SPF_REQUIRE(0);
    }
}

static void run(void)
{
    static struct spf_world_link link;
    static const struct quoth_cidr allow = {{4, {203, 0, 113}}, 24};
    const uint8_t seed[16] = {7};
    const uint64_t start = 0xFFFFFF00u;
    uint64_t now = start;

    memset(&link, 0, sizeof link);
    conf = (struct fetch_conf) {.resolver = &w.res, .port = 4433};
    conf.targets.allow = &allow;
    conf.targets.allow_n = 1;
    CHECK_INT(fetch_start(&f, &conf, "example.com", seed, now), QUOTH_OK);
    for (unsigned steps = 0;; steps++) {
        struct quoth_want want, again;
        struct quoth_event ev;
        memset(&ev, 0, sizeof ev);
        fetch_want(&f, &want);
        fetch_want(&f, &again);
        SPF_REQUIRE(!memcmp(&want, &again, sizeof want) && steps < 200000);
        if (want.kind == QUOTH_WANT_DONE)
            break;
        if (web.up || (want.kind == QUOTH_WANT_OPEN && want.peer.port == 4433) ||
            (want.kind == QUOTH_WANT_CLOSE && !link.open))
            web_do(&want, &ev);
        else
            spf_world_do(&w, &link, &want, &ev);
        if (ev.kind == QUOTH_EV_TIME) {
            SPF_REQUIRE(want.deadline != QUOTH_NEVER);
            now = now < want.deadline ? want.deadline : now;
        }
        ev.now = now;
        SPF_REQUIRE(fetch_feed(&f, &ev) == QUOTH_OK);
    }
    SPF_REQUIRE(!web.up && !link.open && now - start <= 70000);
}

#define Z "Z\tmta-sts.example.com\t"

static enum quoth_fetch fetched(const char *zone, struct web of)
{
    spf_world_init(&w);
    spf_world_zones(&w, zone);
    web = of;
    if (!web.n)
        web.n = strlen(web.says);
    run();
    return (enum quoth_fetch)f.fetched.how;
}

#define GOOD_ZONE Z "A\t203.0.113.80\n"
#define CHECKED   .cert = QUOTH_CERT_CHECKED

TEST(M21)
{
    for (size_t piece = 0; piece < 200; piece++) {
        CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = GOOD, CHECKED, .piece = piece}),
                  QUOTH_FETCH_DONE);
        CHECK_INT(f.policy.fault, QUOTH_POLICY_FINE);
        CHECK_STR(f.policy.mx, "mx.example.com");
        CHECK_INT(f.fetched.status, 200);
        CHECK_STR(web.heard, "GET /.well-known/mta-sts.txt HTTP/1.1\r\n"
                             "Host: mta-sts.example.com\r\nUser-Agent: quoth\r\n"
                             "Accept: text/plain\r\nAccept-Encoding: identity\r\n"
                             "Connection: close\r\n\r\n");
    }
    CHECK(f.request_n <= 400);
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = "HTTP/1.1 301 Moved\r\n\r\n", CHECKED}),
              QUOTH_FETCH_STATUS);
    CHECK_INT(f.fetched.status, 301);
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = "hello", CHECKED}), QUOTH_FETCH_HTTP);
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = "", CHECKED}), QUOTH_FETCH_CUT);
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = HEAD, CHECKED, .cut = 1}), QUOTH_FETCH_CUT);
    CHECK_INT(
        fetched(GOOD_ZONE, (struct web) {.says = HEAD "Content-Length: 6\r\n\r\nhello", CHECKED}),
        QUOTH_FETCH_CUT);
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = HEAD, CHECKED, .mute = 1}),
              QUOTH_FETCH_TIME);
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = GOOD, .no_tls = 1}), QUOTH_FETCH_TLS);
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = GOOD, .refuse = 9}), QUOTH_FETCH_CONNECT);
}

/* Nothing is said before the certificate was found to be that of the host. */
TEST(M21_cert)
{
    for (unsigned cert = 0; cert < 32; cert++) {
        const int good = cert == QUOTH_CERT_CHECKED;
        CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = GOOD, .cert = (uint8_t)cert}) ==
                      QUOTH_FETCH_DONE,
                  good);
        CHECK_INT(web.heard_n != 0, good);
        CHECK_INT(web.calls, 1);
    }
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = GOOD, .cert = 0}), QUOTH_FETCH_NO_STORE);
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = GOOD, .cert = QUOTH_CERT_NO_CLOCK}),
              QUOTH_FETCH_NO_CLOCK);
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = GOOD, .cert = QUOTH_CERT_WRONG_NAME}),
              QUOTH_FETCH_CERT);
    CHECK_INT(fetched(GOOD_ZONE,
                      (struct web) {.says = GOOD, .cert = QUOTH_CERT_CHECKED | QUOTH_CERT_EXPIRED}),
              QUOTH_FETCH_CERT);
}

/* Whom it calls: only what may be called, IPv4 first, the next one where nobody answered. */
TEST(N08)
{
    const struct web good = {.says = GOOD, CHECKED}, second = {.says = GOOD, CHECKED, .refuse = 1};

    CHECK_INT(fetched("Z\texample.com\tA\t203.0.113.1\n", good), QUOTH_FETCH_NO_HOST);
    CHECK_INT(fetched(Z "TXT\tx\n", good), QUOTH_FETCH_NO_HOST);
    CHECK_INT(fetched(Z "A\t10.0.0.1\n" Z "AAAA\t::1\n", good), QUOTH_FETCH_PRIVATE);
    CHECK_INT(web.calls, 0);
    CHECK_INT(fetched(Z "TIMEOUT\n", good), QUOTH_FETCH_DNS);
    CHECK_INT(fetched(Z "A\t10.0.0.1\n" Z "AAAA\t2a00::1\n" Z "A\t203.0.113.1\n", second),
              QUOTH_FETCH_DONE);
    CHECK_INT(web.calls, 2);
    CHECK_INT(web.called.len, 16);
    CHECK_INT(fetched(Z "A\t203.0.113.1\n" Z "TIMEOUT\n", good), QUOTH_FETCH_DONE);
    CHECK_INT(fetched(Z "A\t203.0.113.1\n" Z "A\t203.0.113.2\n",
                      (struct web) {.says = "HTTP/1.1 404 No\r\n\r\n", CHECKED}),
              QUOTH_FETCH_STATUS);
    CHECK_INT(web.calls, 1);
}

/* A policy that never ends is read no further than it may be. */
TEST(M21_big)
{
    static char says[80000];
    size_t n = (size_t)snprintf(says, sizeof says, HEAD "\r\n" POLICY);

    while (n + 8 < sizeof says)
        n += (size_t)snprintf(says + n, sizeof says - n, "x: yyy\r\n");
    CHECK_INT(fetched(GOOD_ZONE, (struct web) {.says = says, CHECKED, .piece = 1000}),
              QUOTH_FETCH_DONE);
    CHECK_INT(f.policy.fault, QUOTH_POLICY_BIG);
    CHECK(web.at < 68000);
}

TEST(M21_name)
{
    char domain[260];

    CHECK_INT(fetch_start(&f, &conf, "a..b", (const uint8_t *)"0123456789abcdef", 0), QUOTH_EPROTO);
    memset(domain, 'a', sizeof domain);
    for (size_t i = 63; i < sizeof domain; i += 64)
        domain[i] = '.';
    domain[253] = 0;
    CHECK_INT(fetch_start(&f, &conf, domain, (const uint8_t *)"0123456789abcdef", 0), QUOTH_EPROTO);
    domain[244] = 0;
    CHECK_INT(fetch_start(&f, &conf, domain, (const uint8_t *)"0123456789abcdef", 0), QUOTH_OK);
    CHECK(f.request_n <= 400);
}

int main(void)
{
    RUN(M21_answer);
    RUN(M21_limits);
    RUN(M21);
    RUN(M21_cert);
    RUN(N08);
    RUN(M21_big);
    RUN(M21_name);
    return report("fetch");
}
