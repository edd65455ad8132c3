/* http_test.c - requests as they come, and as nobody should send them. Each is fed whole, cut at
 * every byte, and a byte at a time.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "http_said.h"

#define LIMIT 100
#define POST  "POST / HTTP/1.1\r\nHost: a\r\n"

static struct said whole, pieces;

static const char *said_n(const char *p, size_t n)
{
    said_start(&whole, LIMIT);
    said_all(&whole, p, n, SAID_WHOLE);
    for (size_t cut = 1; cut < n; cut++) {
        said_start(&pieces, LIMIT);
        CHECK_STR(said_all(&pieces, p, n, cut), whole.text);
    }
    said_start(&pieces, LIMIT);
    CHECK_STR(said_all(&pieces, p, n, SAID_BYTES), whole.text);
    return whole.text;
}
static const char *said(const char *text) { return said_n(text, strlen(text)); }

/* The status it was refused with, or 0. */
static int refused_n(const char *p, size_t n)
{
    said_n(p, n);
    return whole.reader.status;
}
static int refused(const char *text) { return refused_n(text, strlen(text)); }

/* clang-format off */
static const struct {
    const char *name, *bytes;
    size_t n;
    int status; /* 0: taken */
} table[] = {
#define ROW(name, status, text) {name, text, sizeof text - 1, status}
    ROW("a good one", 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("length and coding", 400, POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ROW("two lengths", 400, POST "Content-Length: 0\r\nContent-Length: 5\r\n\r\nAAAAA"),
    ROW("length +5", 400, POST "Content-Length: +5\r\n\r\nAAAAA"),
    ROW("length 0x5", 400, POST "Content-Length: 0x5\r\n\r\nAAAAA"),
    ROW("length 5, 5", 400, POST "Content-Length: 5, 5\r\n\r\nAAAAA"),
    ROW("length -1", 400, POST "Content-Length: -1\r\n\r\n"),
    ROW("space before the colon", 400, POST "Content-Length : 5\r\n\r\nAAAAA"),
    ROW("coding xchunked", 501, POST "Transfer-Encoding: xchunked\r\n\r\n"),
    ROW("coding chunked, identity", 501, POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    ROW("coding behind a control", 400, POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n"),
    ROW("coding in HTTP/1.0", 400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ROW("bare LF", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    ROW("bare CR", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 5\r\n\r\n"),
    ROW("NUL in a value", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
    ROW("folded line", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
    ROW("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
    ROW("two Host", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    ROW("extension, LF", 400, POST "Transfer-Encoding: chunked\r\n\r\n5;a\nAAAAA\r\n0\r\n\r\n"),
    ROW("LF behind a chunk", 400, POST "Transfer-Encoding: chunked\r\n\r\n5\r\nAAAAA\n0\r\n\r\n"),
    ROW("size 0x5", 400, POST "Transfer-Encoding: chunked\r\n\r\n0x5\r\nAAAAA\r\n0\r\n\r\n"),
    ROW("huge size", 400, POST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nAAAAA\r\n0\r\n\r\n"),
    ROW("absolute target", 0, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW("field without a name", 400, "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"),
#undef ROW
};
/* clang-format on */

TEST(B01)
{
    unsigned malformed = 0;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int status = refused_n(table[i].bytes, table[i].n);
        malformed += status != 0;
        if (status != table[i].status)
            printf("%s: %s\n", table[i].name, whole.text);
        CHECK_INT(status, table[i].status);
    }
    CHECK_INT(malformed, 23);
}

TEST(B01_kin)
{
    CHECK_INT(refused(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nAAAAA"), 400);
    CHECK_INT(refused(POST "Content-Length:\r\n\r\n"), 400);
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"),
              400);
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
              501);
    CHECK_INT(refused(POST "Transfer-Encoding:\r\n\r\n"), 501);
    CHECK_INT(refused(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501);
    CHECK_INT(refused("GET / HTTP/1.1\r\nHost: a\r\nX: \177\r\n\r\n"), 400);
    CHECK_INT(refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET / HTTP/1.1\r\nHost: a\r\nOrigin: null\r\norigin: x\r\n\r\n"), 400);
    CHECK_INT(refused("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nX: y\r\n"
                      "AUTHORIZATION: Bearer b\r\n\r\n"),
              400);
    CHECK_INT(refused("GET / HTTP/1.1\r\nHost a\r\n\r\n"), 400);
    CHECK_INT(refused("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("G(T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET /\r\n\r\n"), 400);
    CHECK_INT(refused("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET /#top HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET a HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("\x16\x03\x01\x02"), 400);
}

/* Each byte in a name, a target and a value. */
TEST(B01_bytes)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";

    for (int c = 0; c < 256; c++) {
        char name[] = "GET / HTTP/1.1\r\nHost: a\r\nX?Y: 1\r\n\r\n";
        char target[] = "GET /?x HTTP/1.1\r\nHost: a\r\n\r\n";
        char value[] = "GET / HTTP/1.1\r\nHost: a\r\nX: 1?1\r\n\r\n";
        const int lower = c >= 'A' && c <= 'Z' ? c + 32 : c;
        name[26] = target[5] = value[29] = (char)c;
        CHECK_INT(refused_n(name, sizeof name - 1),
                  (c && strchr(token, lower)) || c == ':' ? 0 : 400);
        CHECK_INT(refused_n(target, sizeof target - 1), c > ' ' && c < 127 && c != '#' ? 0 : 400);
        CHECK_INT(refused_n(value, sizeof value - 1),
                  c == '\t' || (c >= ' ' && c != 127) ? 0 : 400);
    }
}

/* Other protocols that look alike, and that llhttp would speak. */
TEST(B01_others)
{
    CHECK_INT(refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
    CHECK_INT(refused("GET / HTTP/0.9\r\nHost: a\r\n\r\n"), 505);
    CHECK_INT(refused("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505);
    CHECK_INT(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    CHECK_INT(refused("SOURCE / ICE/1.0\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("SETUP / RTSP/1.0\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("CONNECT a:25 HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
    CHECK_INT(refused("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
}

TEST(B02)
{
    CHECK_STR(said("GET http://b:8/x?y HTTP/1.1\r\nHost: a\r\n\r\n"),
              "GET /x?y host=b:8 Host=a +keep end\n");
    CHECK_STR(said("GET HTTPS://b HTTP/1.1\r\nHost: a\r\n\r\n"), "GET / host=b Host=a +keep end\n");
    CHECK_INT(refused("GET http:// HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET http://b?x HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    CHECK_INT(refused("GET ftp://b/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(B03)
{
    CHECK_STR(
        said(POST "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00000001\r\n!\r\n0\r\n\r\n"),
        "POST / host=a Host=a Transfer-Encoding=Chunked +keep [hello!] end\n");
    CHECK_STR(said(POST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              "POST / host=a Host=a Transfer-Encoding=chunked +keep end\n");
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\n\r\n000000005\r\nhello\r\n0\r\n\r\n"),
              400);
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"), 400);
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"), 400);
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n"), 400);
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n"), 400);
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n"),
              400);
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\n\r\n\r\n"), 400);
}

/* One connection, several requests: each ends where it says. */
TEST(B04)
{
    CHECK_STR(said("\r\n" POST "Content-Length: 5\r\n\r\nhello"
                   "GET /2 HTTP/1.1\r\nhost:  b \t\r\nX:\r\n\r\n"
                   "\r\nDELETE /3 HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n"
                   "GET /never HTTP/1.1\r\n"),
              "POST / host=a Host=a Content-Length=5 +keep [hello] end\n"
              "GET /2 host=b host=b X= +keep end\n"
              "DELETE /3 host=c Host=c Connection=close -keep end\n");
    CHECK_STR(said("HEAD / HTTP/1.0\r\n\r\n"), "HEAD / host= -keep end\n");
    CHECK_STR(said("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n"), "OPTIONS / host=a Host=a +keep end\n");
    CHECK_STR(said("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              "GET / host= Connection=keep-alive -keep end\n");
    CHECK_STR(said("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
                   "PUT /2 HTTP/1.1\r\nHost: a\r\n\r\n"),
              "GET / host=a Host=a Connection=Upgrade Upgrade=h2c +keep end\n"
              "OTHER /2 host=a Host=a +keep end\n");
}

TEST(B04_field)
{
    unsigned times;

    said("GET / HTTP/1.1\r\nHost: a\r\nX-Y: 1\r\nx-y: 2\r\n\r\n");
    CHECK_STR(http_field(&whole.reader, "X-y", &times), "1");
    CHECK_INT(times, 2);
    CHECK(!http_field(&whole.reader, "x", &times));
    CHECK_INT(times, 0);
    said(POST "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n!");
    CHECK_INT(whole.reader.expects, 1);
    said(POST "Expect: 100-continue\r\n\r\n");
    CHECK_INT(whole.reader.expects, 0);
    said("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n!");
    CHECK_INT(whole.reader.expects, 0);
    CHECK_INT(refused(POST "Expect: 101-other\r\n\r\n"), 417);
    CHECK_INT(refused(POST "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"), 400);
}

/* A request with one part of `n` bytes; the status. */
static char large[3 * HTTP_HEAD_MAX];
static int sized(const char *before, size_t n, const char *after)
{
    size_t at = strlen(before);

    memcpy(large, before, at);
    memset(large + at, 'x', n);
    strcpy(large + at + n, after);
    said_start(&whole, LIMIT);
    said_all(&whole, large, strlen(large), SAID_WHOLE);
    said_start(&pieces, LIMIT);
    CHECK_STR(said_all(&pieces, large, strlen(large), SAID_BYTES), whole.text);
    return whole.reader.status;
}

TEST(B05)
{
    size_t rest = strlen("GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n");

    CHECK_INT(sized("GET /", HTTP_TARGET_MAX - 1, " HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    CHECK_INT(sized("GET /", HTTP_TARGET_MAX, " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
    CHECK_INT(sized("GET /", 2 * HTTP_HEAD_MAX, ""), 414);
    CHECK_INT(sized("GET / HTTP/1.1\r\nHost: a\r\nX: ", HTTP_HEAD_MAX - rest, "\r\n\r\n"), 0);
    CHECK_INT(sized("GET / HTTP/1.1\r\nHost: a\r\nX: ", HTTP_HEAD_MAX - rest + 1, "\r\n\r\n"), 431);
}

TEST(B05_fields)
{
    for (int n = HTTP_FIELDS_MAX; n <= HTTP_FIELDS_MAX + 1; n++) {
        strcpy(large, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < n; i++)
            strcat(large, "X: y\r\n");
        strcat(large, "\r\n");
        CHECK_INT(refused(large), n > HTTP_FIELDS_MAX ? 431 : 0);
    }
}

TEST(B05_length)
{
    CHECK_INT(refused(POST "Content-Length: 1000000000000000\r\n\r\n"), 400);
    CHECK_INT(refused(POST "Content-Length: 999999999999999\r\n\r\n"), 413);
    CHECK_INT(sized(POST "Content-Length: 100\r\n\r\n", LIMIT, ""), 0);
    CHECK_INT(sized(POST "Content-Length: 101\r\n\r\n", LIMIT + 1, ""), 413);
    CHECK_INT(sized(POST "Transfer-Encoding: chunked\r\n\r\n64\r\n", LIMIT, "\r\n0\r\n\r\n"), 0);
    CHECK_INT(sized(POST "Transfer-Encoding: chunked\r\n\r\n64\r\n", LIMIT, "\r\n1\r\n!"), 413);
    CHECK_INT(refused(POST "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n"), 413);
}

int main(void)
{
    RUN(B01);
    RUN(B01_kin);
    RUN(B01_bytes);
    RUN(B01_others);
    RUN(B02);
    RUN(B03);
    RUN(B04);
    RUN(B04_field);
    RUN(B05);
    RUN(B05_fields);
    RUN(B05_length);
    return report("http");
}
