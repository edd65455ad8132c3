/* out_test.c - the printers on made-up evidence, and what they make of hostile bytes.
 *
 * SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "answers.h"
#include "explain.h"
#include "test.h"

static struct quoth_evidence out_ev;
static struct quoth_route out_route;
static struct app_options out_o;
static struct app_result out_r;
static struct app_page out_page;

/* A refusal by the second exchange, after STARTTLS; tests change what they are about. */
static void out_made_up(const char *input)
{
    struct quoth_evidence *e = &out_ev;
    memset(&out_ev, 0, sizeof out_ev);
    memset(&out_route, 0, sizeof out_route);
    memset(&out_page, 0, sizeof out_page);
    memset(&out_o, 0, sizeof out_o);
    memset(&out_r, 0, sizeof out_r);
    if (quoth_addr_parse(&e->addr, input, strlen(input)) == QUOTH_OK)
        quoth_addr_domain(&e->addr, e->domain, sizeof e->domain);
    memcpy(out_route.names, "mx1.quoth.test\0mx2.quoth.test", 30);
    out_route.n = 2;
    out_route.host[0] = (struct quoth_host) {10, 0, 0};
    out_route.host[1] = (struct quoth_host) {20, 15, 0};
    e->mx = QUOTH_MX_HOSTS;
    e->dns = QUOTH_ANSWER_DATA;
    e->host = 1;
    e->pref = 20;
    e->phase = QUOTH_PHASE_RCPT;
    e->peer = (struct quoth_peer) {{4, {192, 0, 2, 25}}, 25};
    e->flags = QUOTH_EVID_TLS_OFFERED;
    e->tls =
        (struct quoth_tls_facts) {0x0304, 0x1301, QUOTH_CERT_CHECKED | QUOTH_CERT_WRONG_NAME, 0};
    e->said.code = 550;
    e->said.esc[0] = 5;
    e->said.esc[1] = 1;
    e->said.esc[2] = 1;
    e->said.n = 12;
    memcpy(e->words, "no such user", 12);
    e->queries = e->connects = 2;
    e->took_ms = 412;
    e->ms[QUOTH_PHASE_DNS] = 20;
    e->ms[QUOTH_PHASE_RCPT] = 400;
    out_r = (struct app_result) {.input = input,
                                 .input_n = strlen(input),
                                 .input_bytes = strlen(input),
                                 .ev = &out_ev,
                                 .host = "mx2.quoth.test",
                                 .route = &out_route,
                                 .verdict = QUOTH_VERDICT_UNDELIVERABLE,
                                 .helo = "a.quoth.test",
                                 .from = "postmaster@a.quoth.test",
                                 .began_ns = 1726696396012753011,
                                 .reading = {.reason = QUOTH_REASON_USER_UNKNOWN,
                                             .says = QUOTH_SAYS_NOT_EXISTS,
                                             .rule = "text/user-unknown"}};
    out_page.single = 1;
    out_page.delimiter = ',';
}

/* What a printer prints; valid until the next call. */
static const char *out_print(void (*print)(struct app_page *, const struct app_result *))
{
    static char *text;
    static size_t n;
    free(text);
    out_page.out.f = open_memstream(&text, &n);
    out_r.lists = out_ev.lists;
    print(&out_page, &out_r);
    fclose(out_page.out.f);
    return text;
}

static int out_has(const char *text, const char *part) { return strstr(text, part) != NULL; }

/* No byte that a terminal would obey, and every byte sequence UTF-8. */
static int out_is_clean(const char *text)
{
    for (size_t n = strlen(text), len; n; text += len, n -= len) {
        uint32_t code;
        len = quoth_utf8(&code, text, n);
        if (!len || (code < 0x20 && code != '\n') || (code >= 0x7f && code < 0xa0))
            return 0;
        if (code == 0x200f || code == 0x2028 || (code >= 0x202a && code <= 0x202e))
            return 0;
        if (code >= 0x2066 && code <= 0x2069)
            return 0;
    }
    return 1;
}

/* ---- a strict reader of JSON (RFC 8259), recursion and all: what is written must be this ---- */

static const char *json_value(const char *p);

static const char *json_string(const char *p)
{
    if (*p++ != '"')
        return NULL;
    while (*p != '"') {
        if ((unsigned char)*p < 0x20)
            return NULL;
        if (*p == '\\') {
            p++;
            if (*p == 'u') {
                if (strspn(p + 1, "0123456789abcdef") < 4)
                    return NULL;
                p += 4;
            } else if (!*p || !strchr("\"\\/bfnrt", *p))
                return NULL;
        }
        p++;
    }
    return p + 1;
}

static const char *json_many(const char *p, char close)
{
    if (*++p == close)
        return p + 1;
    for (;;) {
        if (close == '}') {
            p = json_string(p);
            if (!p || *p++ != ':')
                return NULL;
        }
        p = json_value(p);
        if (!p)
            return NULL;
        if (*p == close)
            return p + 1;
        if (*p++ != ',')
            return NULL;
    }
}

static const char *json_value(const char *p)
{
    p += *p == '-' && p[1] != '0';
    p += !strncmp(p, "0.", 2) ? 2 : 0;
    size_t digits = strspn(p, "0123456789");
    if (*p == '{')
        return json_many(p, '}');
    if (*p == '[')
        return json_many(p, ']');
    if (*p == '"')
        return json_string(p);
    if (!strncmp(p, "true", 4) || !strncmp(p, "null", 4))
        return p + 4;
    if (!strncmp(p, "false", 5))
        return p + 5;
    return digits && (digits == 1 || *p != '0') ? p + digits : NULL;
}

static int out_is_json_line(const char *text)
{
    const char *end = json_value(text);
    return end && !strcmp(end, "\n");
}

/* ---- escape.c ----------------------------------------------------------- */

TEST(O01_utf8)
{
    static const struct {
        const char *bytes;
        size_t n, len;
        uint32_t code;
    } rows[] = {
        {"a", 1, 1, 'a'},
        {"\xc3\xbc", 2, 2, 0xfc},
        {"\xe2\x82\xac", 3, 3, 0x20ac},
        {"\xf0\x9f\x98\x80", 4, 4, 0x1f600},
        {"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
        {"\0", 1, 1, 0},
        {"\x80", 1, 0, 0},
        {"\xc3", 1, 0, 0},
        {"\xc3(", 2, 0, 0}, /* stray, cut, not continued */
        {"\xc0\x80", 2, 0, 0},
        {"\xc1\xbf", 2, 0, 0}, /* overlong */
        {"\xe0\x9f\xbf", 3, 0, 0},
        {"\xf0\x8f\xbf\xbf", 4, 0, 0},
        {"\xed\xa0\x80", 3, 0, 0},
        {"\xed\xbf\xbf", 3, 0, 0}, /* surrogates */
        {"\xf4\x90\x80\x80", 4, 0, 0},
        {"\xf5\x80\x80\x80", 4, 0, 0},
        {"\xff", 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t code = 0;
        CHECK_INT(quoth_utf8(&code, rows[i].bytes, rows[i].n), rows[i].len);
        if (rows[i].len)
            CHECK_INT(code, rows[i].code);
    }
}

static const char *out_put(void (*put)(struct app_stream *, const char *, size_t), const char *p,
                           size_t n)
{
    static struct app_stream s;
    s.n = 0;
    put(&s, p, n);
    app_stream_byte(&s, 0);
    return s.text;
}

/* Memory has room for whatever comes, and holds what stdio would have printed. */
TEST(O01_stream)
{
    static const uint64_t numbers[] = {0, 9, 10, UINT32_MAX, UINT64_MAX};
    struct app_stream s = {.f = NULL};
    char text[64];

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        s.n = 0;
        app_stream_number(&s, numbers[i]);
        app_stream_byte(&s, 0);
        snprintf(text, sizeof text, "%llu", (unsigned long long)numbers[i]);
        CHECK_STR(s.text, text);
    }
    s.n = 0;
    for (size_t i = 0; i < 100000; i++) {
        app_stream_byte(&s, (char)i);
        app_stream_put(&s, "abcdefg", i % 8);
    }
    CHECK_INT(s.n, 100000 + 100000 / 8 * 28);
    CHECK(!s.full);
    for (size_t at = 0, i = 0; i < 100000; at += 1 + i % 8, i++) {
        CHECK(s.text[at] == (char)i);
        CHECK(!memcmp(s.text + at + 1, "abcdefg", i % 8));
    }
    free(s.text);
}

TEST(O01_terminal)
{
    CHECK_STR(out_put(app_put_on, "a\033[31m\r\n", 8), "a\\u001b[31m\\u000d\\u000a");
    CHECK_STR(out_put(app_put_on,
                      "\xc2\x9b"
                      "2J",
                      4),
              "\\u009b2J");
    CHECK_STR(out_put(app_put_on,
                      "\xe2\x80\xae"
                      "moc",
                      6),
              "\\u202emoc");
    CHECK_STR(out_put(app_put_on, "\xe2\x81\xa6\xef\xbb\xbf\xc2\xad", 8), "\\u2066\\ufeff\\u00ad");
    CHECK_STR(out_put(app_put_on, "\xf3\xa0\x81\x81", 4), "\\udb40\\udc41");
    CHECK_STR(out_put(app_put_on, "x\xff\xc3", 3), "x\\xff\\xc3");
    CHECK_STR(out_put(app_put_on, "j\xc3\xbcrgen \xf0\x9f\x98\x80", 12),
              "j\xc3\xbcrgen \xf0\x9f\x98\x80");
    CHECK_STR(out_put(app_put_on, "\0", 1), "\\u0000");
}

TEST(O01_json)
{
    CHECK_STR(out_put(app_put_json, "a\"b\\c", 5), "\"a\\\"b\\\\c\"");
    CHECK_STR(out_put(app_put_json, "\0\t\x7f\xc2\x85", 5), "\"\\u0000\\u0009\\u007f\\u0085\"");
    CHECK_STR(out_put(app_put_json, "\xed\xa0\x80", 3), "\"\\ufffd\\ufffd\\ufffd\"");
    CHECK_STR(out_put(app_put_json, "\xf3\xa0\x81\x81", 4), "\"\\udb40\\udc41\"");
    CHECK_STR(out_put(app_put_json, "", 0), "\"\"");
}

/* Every byte and every pair of bytes, in both forms. */
TEST(O01_all_pairs)
{
    unsigned bad = 0;
    for (unsigned i = 0; i < 65536; i++) {
        const char two[2] = {(char)(i >> 8), (char)(i & 255)};
        const char *text = out_put(app_put_on, two, 2);
        bad += !out_is_clean(text) || strlen(text) < app_width(two, 2);
        text = out_put(app_put_json, two, 2);
        bad += !out_is_clean(text) || !json_string(text);
    }
    CHECK_INT(bad, 0);
}

/* Bytes are looked at eight at a time: any byte at any place of a text of any length. */
TEST(O01_plain)
{
    char text[24];
    unsigned bad = 0;
    for (size_t n = 0; n <= sizeof text; n++)
        for (size_t at = 0; at < n; at++)
            for (unsigned byte = 0; byte < 256; byte++) {
                const int plain = byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
                memset(text, '~', n);
                text[at] = (char)byte;
                bad += app_plain(text, n) != (plain ? n : at);
                text[at / 2] = '\xff';
                bad += app_plain(text, n) != at / 2;
            }
    CHECK_INT(bad, 0);
}

static void out_all_kinds(struct app_stream *s)
{
    struct app_json w = {s, 0};
    app_json_open(&w, NULL, '{');
    app_json_str(&w, "plain", "a", 1);
    app_json_str(&w, "not", "\n", 1);
    app_json_whole(&w, "least", LONG_MIN);
    app_json_number(&w, "most", UINT64_MAX);
    app_json_bool(&w, "yes", 1);
    app_json_null(&w, "null");
    app_json_open(&w, "in a list", '[');
    app_json_text(&w, NULL, "b");
    app_json_number(&w, NULL, 0);
    app_json_bool(&w, NULL, 0);
    app_json_text(&w, NULL, "");
    app_json_close(&w, ']');
    app_json_open(&w, "inside", '{');
    app_json_close(&w, '}');
    app_json_close(&w, '}');
}

/* Memory and stdio hold the same. */
TEST(O01_json_kinds)
{
    struct app_stream memory = {.f = NULL}, stdio = {.f = tmpfile()};
    char text[512];
    size_t n;
    out_all_kinds(&memory);
    out_all_kinds(&stdio);
    rewind(stdio.f);
    n = fread(text, 1, sizeof text, stdio.f);
    CHECK_INT(n, memory.n);
    CHECK(!memcmp(text, memory.text, n));
    app_stream_byte(&memory, 0);
    snprintf(text, sizeof text, "%ld", LONG_MIN);
    CHECK(strstr(memory.text, text) != NULL);
    fclose(stdio.f);
    free(memory.text);
}

TEST(width)
{
    CHECK_INT(app_width("abc", 3), 3);
    CHECK_INT(app_width("\xc3\xbc\033\xff", 4), 1 + 6 + 4);
    CHECK_INT(app_width("\xf3\xa0\x81\x81", 4), 12);
}

static void out_wrap(struct app_stream *s, const char *p, size_t n)
{
    char text[128] = "";
    FILE *f = fmemopen(text, sizeof text, "w");
    app_wrap(f, (struct quoth_span) {p, n}, 4, 14, "    ");
    fclose(f);
    app_stream_text(s, text);
}

TEST(wrap)
{
    CHECK_STR(out_put(out_wrap, "one two three four", 18), "one two\n    three four");
    CHECK_STR(out_put(out_wrap, "  one  two ", 11), "one two");
    CHECK_STR(out_put(out_wrap, "averyverylongword x", 19), "averyverylongword\n    x");
    CHECK_STR(out_put(out_wrap, "one two thre", 12), "one two\n    thre");
    CHECK_STR(out_put(out_wrap, "a\x1b b", 4), "a\\u001b b");
    CHECK_STR(out_put(out_wrap, "", 0), "");
}

TEST(peer)
{
    struct quoth_peer p = {{16, {0x20, 1, 0xd, 0xb8}}, 2525};
    char buf[64];
    CHECK_STR(app_peer_text(&p, buf), "[2001:db8::]:2525");
    p.port = 0;
    CHECK_STR(app_peer_text(&p, buf), "2001:db8::");
    p = (struct quoth_peer) {{4, {192, 0, 2, 1}}, 25};
    CHECK_STR(app_peer_text(&p, buf), "192.0.2.1:25");
    p.ip.len = 0;
    CHECK_STR(app_peer_text(&p, buf), ":25");
}

/* ---- text --------------------------------------------------------------- */

TEST(text_single)
{
    out_made_up("jane@quoth.test");
    CHECK_STR(out_print(app_text),
              "undeliverable  jane@quoth.test\n\n"
              "  The server has no such mailbox. Do not send.\n\n"
              "  > 550 5.1.1 no such user\n\n"
              "  said by      mx2.quoth.test (192.0.2.25:25), at RCPT TO\n"
              "  reason       user_unknown\n"
              "  TLS          1.3, TLS_AES_128_GCM_SHA256; certificate: another name\n"
              "  took         412 ms\n");
}

TEST(text_facts)
{
    struct quoth_evidence *e = &out_ev;
    out_made_up("info@quoth.test");
    out_r.verdict = QUOTH_VERDICT_RISKY;
    out_r.reading.reason = QUOTH_REASON_CATCH_ALL;
    e->said.code = 250;
    e->asked_decoy = 1;
    e->decoy_code = 250;
    e->lists = QUOTH_LIST_ROLE | QUOTH_LIST_DISPOSABLE;
    e->flags |= QUOTH_EVID_NOT_BEST | QUOTH_EVID_TLS_BROKE;
    e->tls.broke = QUOTH_TLS_SIGNATURE;
    CHECK(out_has(out_print(app_text), "handshake before it broke: the server signed"));
    e->tls.version = 0;
    e->tls.broke = 40;
    e->phase = QUOTH_PHASE_STARTTLS;
    CHECK(out_has(out_print(app_text),
                  "TLS          offered, but the handshake broke: alert 40 handshake_failure\n"));
    CHECK(
        out_has(out_print(app_json), "\"broken\":true,\"cause\":\"alert 40 handshake_failure\","));
    e->tls.broke = 255;
    CHECK(out_has(out_print(app_json), "\"cause\":\"alert 255\","));
    e->tls.broke = 0;
    e->phase = QUOTH_PHASE_RCPT;
    e->took_ms = 12600;
    const char *text = out_print(app_text);
    CHECK(out_has(text, "\n  catch-all    yes: a made-up mailbox is accepted too\n"));
    CHECK(out_has(text, "\n  TLS          offered, but the handshake broke; asked in clear\n"));
    CHECK(out_has(text,
                  "\n  note         role address, disposable domain, not the best exchanger\n"));
    CHECK(out_has(text, "\n  took         13 s\n"));
    e->decoy_code = 550;
    e->decoy_reason = QUOTH_REASON_USER_UNKNOWN;
    CHECK(out_has(out_print(app_text), "catch-all    no: a made-up mailbox is refused\n"));
    e->decoy_code = 451;
    e->decoy_reason = QUOTH_REASON_SERVER_TEMPORARY;
    CHECK(out_has(out_print(app_text), "catch-all    not established"));
    e->asked_decoy = 0;
    e->decoy_code = 0;
    CHECK(out_has(out_print(app_text), "catch-all    not tested\n"));
}

TEST(text_no_reply)
{
    struct quoth_evidence *e = &out_ev;
    out_made_up("jane@quoth.test");
    out_r.verdict = QUOTH_VERDICT_UNKNOWN;
    out_r.reading.reason = QUOTH_REASON_UNREACHABLE;
    e->said.code = 0;
    e->phase = QUOTH_PHASE_CONNECT;
    e->err = QUOTH_EREFUSED;
    const char *text = out_print(app_text);
    CHECK(out_has(text, "  server       mx2.quoth.test (192.0.2.25:25): connection refused\n"));
    CHECK(!out_has(text, "TLS") && !out_has(text, ">"));
    e->phase = QUOTH_PHASE_EHLO;
    e->err = QUOTH_ETIME;
    CHECK(out_has(out_print(app_text),
                  "  server       mx2.quoth.test (192.0.2.25:25), at EHLO: no answer in time\n"));
    e->peer.ip.len = 0;
    CHECK(!out_has(out_print(app_text), "server  "));
}

TEST(text_dns)
{
    out_made_up("jane@quoth.test");
    out_r.reading.reason = QUOTH_REASON_DNS_FAILURE;
    out_ev.said.code = 0;
    out_ev.connects = 0;
    CHECK(!out_has(out_print(app_text), "  DNS "));
    out_ev.dns = QUOTH_ANSWER_SERVFAIL;
    CHECK(out_has(out_print(app_text), "  DNS          every name server failed (SERVFAIL)\n"));
    out_ev.dns = QUOTH_ANSWER_UNREACHABLE;
    CHECK(out_has(out_print(app_text),
                  "  DNS          no name server can be reached, see --nameserver\n"));
    out_r.sandbox = 1;
    CHECK(out_has(out_print(app_text),
                  "  DNS          start `quoth sandbox` in another terminal first\n"));
}

TEST(X09)
{
    static const char *const row[][2] = {
        {"192.0.2.1", " is an IP address; the record must name a host"},
        {"localhost", " is no full host name"},
        {"mx\\032a.test", " holds what no host name may hold"},
    };
    char want[200];

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int route = 0; route < 2; route++) {
            out_made_up("jane@quoth.test");
            out_r.reading.reason = QUOTH_REASON_MX_UNRESOLVABLE;
            out_ev.mx = QUOTH_MX_UNUSABLE;
            out_ev.peer.ip.len = 0;
            out_r.host = row[i][0];
            out_r.route = route ? &out_route : NULL;
            out_route.n = 0;
            snprintf(want, sizeof want, "  MX           %s%s\n", row[i][0], row[i][1]);
            CHECK(out_has(out_print(app_text), want));
            snprintf(want, sizeof want, "\"no_host\":\"%.2s", row[i][0]);
            CHECK(out_has(out_print(app_json), want) &&
                  out_has(out_print(app_json), "\"hosts\":[]"));
        }
    out_r.host = ""; /* a record that could not be read */
    CHECK(!out_has(out_print(app_text), "  MX "));
    CHECK(out_has(out_print(app_json), "\"no_host\":null"));
    out_made_up("jane@quoth.test");
    CHECK(out_has(out_print(app_json), "\"no_host\":null"));
}

TEST(G01_text)
{
    out_made_up("jane@quoth.test");
    out_r.verdict = QUOTH_VERDICT_UNKNOWN;
    out_r.reading.reason = QUOTH_REASON_NO_IDENTITY;
    out_ev.said.code = 0;
    out_ev.phase = QUOTH_PHASE_DNS;
    CHECK(out_has(out_print(app_text), "  to set it    give --helo NAME"));
}

static void out_fault(const char *input, unsigned at)
{
    out_made_up(input);
    memset(&out_ev, 0, sizeof out_ev);
    out_ev.addr.fault = QUOTH_ADDR_LOCAL_CHAR;
    out_ev.addr.at = (uint16_t)at;
    out_r.reading = (struct quoth_reading) {.reason = QUOTH_REASON_SYNTAX, .rule = ""};
}

/* The column of the caret, and the byte of the line above it. */
static size_t out_caret(const char *text, char *over)
{
    const char *end = strchr(text, '\n'), *caret = end + 1 + strspn(end + 1, " ");
    size_t column = (size_t)(caret - end - 1);
    *over = *caret == '^' && column < (size_t)(end - text) ? text[column] : '?';
    return column;
}

TEST(text_caret)
{
    char long_input[400], over;
    out_fault("a b@quoth.test", 1);
    CHECK_INT(out_caret(out_print(app_text), &over), 16);
    CHECK_INT(over, ' ');
    out_fault("\033,@quoth.test", 1); /* behind what takes six columns */
    CHECK_INT(out_caret(out_print(app_text), &over), 21);
    CHECK_INT(over, ',');
    for (unsigned at = 0; at < 399; at++) {
        memset(long_input, 'a', 399);
        long_input[399] = 0;
        long_input[at] = '!';
        out_fault(long_input, at);
        CHECK(out_caret(out_print(app_text), &over) < 80);
        CHECK_INT(over, '!');
        out_page.single = 0;
        out_caret(out_print(app_text), &over);
        CHECK_INT(over, '!');
    }
    out_fault("jane", 4); /* at the end: nothing stands there */
    CHECK_INT(out_caret(out_print(app_text), &over), 19);
}

TEST(text_block)
{
    out_made_up("jane@quoth.test");
    out_page.single = 0;
    CHECK_STR(out_print(app_text),
              "undeliverable  jane@quoth.test                   user_unknown, 412 ms\n"
              "               550 5.1.1 no such user\n");
    out_made_up("a-rather-long-local-part@quoth.test");
    out_page.single = 0;
    CHECK_STR(out_print(app_text), "undeliverable  a-rather-long-local-part@quoth.test\n"
                                   "               user_unknown, 412 ms\n"
                                   "               550 5.1.1 no such user\n");
}

TEST(L10_list_age)
{
    int64_t day = 86400, made = -1;
    int year, month, mday;
    CHECK_INT(sscanf(quoth_list_date(), "%d-%d-%d", &year, &month, &mday), 3);
    for (int64_t at = 15000 * day; made < 0 && at < 40000 * day; at += day)
        if (app_list_age(at) == 0)
            made = at;
    time_t t = (time_t)made;
    struct tm *tm = gmtime(&t);
    CHECK(tm->tm_year + 1900 == year && tm->tm_mon + 1 == month && tm->tm_mday == mday);
    CHECK_INT(app_list_age(made + 91 * day), 91);
    CHECK_INT(app_list_age(made - day), -1);
    CHECK_INT(app_list_age(0), -1);
    CHECK_INT(app_list_old(made + 90 * day), 0);
    CHECK_INT(app_list_old(made + 91 * day), 91);
    CHECK_INT(app_list_old(0), 0);
    out_made_up("jane@quoth.test");
    out_page.single = 1;
    out_r.verdict = QUOTH_VERDICT_DELIVERABLE;
    out_r.began_ns = (made + 90 * day) * 1000000000;
    CHECK(!out_has(out_print(app_text), "days old"));
    out_r.began_ns = (made + 91 * day) * 1000000000;
    CHECK(out_has(out_print(app_text), "  list         of throw-away domains is 91 days old"));
    out_r.verdict = QUOTH_VERDICT_RISKY;
    CHECK(!out_has(out_print(app_text), "days old"));
}

TEST(suggestion)
{
    static void (*const print[])(struct app_page *, const struct app_result *) = {
        app_text, app_text, app_json, app_reacher};
    static const char *const want[] = {
        "  did you mean j.d@gmail.com\n", "did you mean j.d@gmail.com?\n",
        "\"suggestion\":\"gmail.com\"", "\"suggestion\":\"j.d@gmail.com\"}"};
    for (int i = 0; i < 4; i++) {
        out_made_up("j.d@gmial.com");
        out_page.single = i == 0;
        CHECK(!out_has(out_print(print[i]), want[i])); /* a domain with mail of its own */
        out_ev.lists = QUOTH_LIST_TYPO;                /* and known to live from slips */
        CHECK(out_has(out_print(print[i]), want[i]));
        out_ev.lists = 0;
        out_ev.mx = QUOTH_MX_NONE;
        CHECK(out_has(out_print(print[i]), want[i]));
        out_r.verdict = QUOTH_VERDICT_DELIVERABLE; /* it works as it is */
        CHECK(!out_has(out_print(print[i]), want[i]));
    }
}

TEST(text_color)
{
    out_made_up("jane@quoth.test");
    CHECK(!out_has(out_print(app_text), "\033"));
    out_page.color = 1;
    CHECK(out_has(out_print(app_text), "\033[1;31mundeliverable\033[0m  jane"));
}

/* ---- json --------------------------------------------------------------- */

#define OUT_LIST_DATE "2026-09-21" /* that of core/data/lists/disposable_all.txt */
TEST(json_line)
{
    out_made_up("Jane+x@QUOTH.test");
    const char *text = out_print(app_json);
    CHECK(out_is_json_line(text));
    CHECK_STR(quoth_list_date(), OUT_LIST_DATE);
    CHECK_STR(text,
              "{\"input\":\"Jane+x@QUOTH.test\",\"verdict\":\"undeliverable\",\"reason\":\"user_"
              "unknown\",\"phase\":\"rcpt\","
              "\"code\":550,\"enhanced\":\"5.1.1\",\"text\":\"no such "
              "user\",\"mx\":{\"state\":\"hosts\",\"dns\":\"data\","
              "\"host\":\"mx2.quoth.test\",\"ip\":\"192.0.2.25\",\"port\":25,\"preference\":20,"
              "\"no_host\":null,"
              "\"hosts\":[\"mx1.quoth.test\",\"mx2.quoth.test\"]},\"tls\":{\"offered\":true,"
              "\"broken\":false,\"cause\":null,"
              "\"version\":\"1.3\",\"cipher\":\"TLS_AES_128_GCM_SHA256\",\"cert_checked\":true,"
              "\"cert_faults\":[\"wrong_name\"]},\"catch_all\":\"not_tested\",\"role\":false,"
              "\"disposable\":false,"
              "\"free\":false,\"reserved\":false,\"hints\":[],\"list_date\":\"" OUT_LIST_DATE
              "\",\"says\":\"not_exists\",\"rule\":\"text/user-unknown\",\"score\":null,"
              "\"address\":\"Jane+x@quoth.test\",\"fault\":null,\"suggestion\":null,"
              "\"queries\":2,\"connects\":2,"
              "\"ms\":{\"total\":412,\"dns\":20,\"rcpt\":400},\"v\":1}\n");
}

/* Where every address is taken, how much this one looks like somebody's; the parts make the sum. */
TEST(L11_score)
{
    out_made_up("jane.doe@quoth.test");
    out_r.verdict = QUOTH_VERDICT_RISKY;
    out_r.reading.reason = QUOTH_REASON_CATCH_ALL;
    const char *text = out_print(app_json);
    CHECK(out_is_json_line(text));
    CHECK(out_has(text,
                  "\"score\":{\"band\":\"plausible\",\"sum\":538,\"parts\":{\"catch_all\":410,"));
    CHECK(out_has(out_print(app_text),
                  "  likeness     plausible by its looks; nobody can tell whether it is there\n"));
    static const struct app_calibration own = {65536, 0, 412, 31, "2026-11-27"};
    out_r.calibration = &own;
    CHECK(out_has(out_print(app_json),
                  "},\"percent\":89,\"outcomes\":412,\"calibrated\":\"2026-11-27\"},"));
    CHECK(out_has(out_print(app_text),
                  "  likeness     plausible by its looks; 89 % of your 412 outcomes like it"));
    out_made_up("qwrtplkjhg@quoth.test");
    out_r.verdict = QUOTH_VERDICT_RISKY;
    out_r.reading.reason = QUOTH_REASON_CATCH_ALL;
    CHECK(out_has(out_print(app_text), "  likeness     implausible by its looks (unusual letters"));
    out_made_up("jane@quoth.test");
    out_r.verdict = QUOTH_VERDICT_RISKY;
    out_r.reading.reason = QUOTH_REASON_CATCH_ALL;
    out_r.pattern = -230;
    CHECK(out_has(out_print(app_json), ",\"domain_pattern\":-230}"));
    CHECK(out_has(out_print(app_text), " by its looks (unlike others of its domain); nobody can"));
}

TEST(json_catch_all)
{
    out_made_up("jane@quoth.test");
    out_ev.said.code = 250;
    out_ev.decoy_code = 250;
    CHECK(out_has(out_print(app_json), "\"catch_all\":\"yes\""));
    out_ev.decoy_code = 550;
    out_ev.decoy_reason = QUOTH_REASON_USER_UNKNOWN;
    CHECK(out_has(out_print(app_json), "\"catch_all\":\"no\""));
}

TEST(json_nothing_known)
{
    out_fault("a b", 1);
    out_r.input_bytes = 5000;
    out_route.n = 0;
    const char *text = out_print(app_json);
    CHECK(out_is_json_line(text));
    CHECK(out_has(
        text,
        "\"code\":null,\"enhanced\":null,\"text\":null,\"mx\":{\"state\":\"not_asked\",\"dns\":"
        "null,"
        "\"host\":null,\"ip\":null,\"port\":null,\"preference\":null,\"no_host\":null,\"hosts\":[]}"
        ",\"tls\":null,"));
    CHECK(out_has(text, "\"address\":null,\"fault\":{\"text\":\""));
    CHECK(out_has(text, "\"at\":1}"));
    CHECK(out_has(text, "\"input_bytes\":5000,"));
}

/* Every enum value, and bytes of every kind in every text a stranger can fill. */
TEST(O01_formats)
{
    static void (*const print[])(struct app_page *, const struct app_result *) = {
        app_json,      app_reacher,     app_zerobounce, app_kickbox,
        app_aftership, app_neverbounce, app_text,       app_csv};
    unsigned bad = 0;
    for (unsigned i = 0; i < 256; i++) {
        out_made_up("jane@quoth.test");
        out_r.verdict = (enum quoth_verdict)(i % QUOTH_VERDICTS);
        out_r.reading.reason = (enum quoth_reason)(i % QUOTH_REASONS);
        out_ev.phase = (uint8_t)(i % QUOTH_PHASES);
        out_ev.mx = (uint8_t)(i % QUOTH_MX_STATES);
        out_ev.dns = (uint8_t)(i % QUOTH_ANSWERS);
        out_ev.flags = out_ev.tls.cert = (uint8_t)i;
        out_ev.lists = (uint16_t)(i * 257);
        out_ev.said.code = (uint16_t)(i % 3 ? 250 + i : 0);
        out_ev.tls.cipher = (uint16_t)(i * 257);
        out_ev.err = (int8_t) - (int)(i % 12);
        out_ev.said.n = sizeof out_ev.words;
        for (unsigned k = 0; k < sizeof out_ev.words; k++)
            out_ev.words[k] = (char)(i * 7 + k * (i | 1));
        memset(out_route.names + 15, (int)(i | 1), 14);
        for (unsigned f = 0; f < 8; f++) {
            const char *text = out_print(print[f]);
            bad += !out_is_clean(text) || (f < 6 && !out_is_json_line(text));
        }
    }
    CHECK_INT(bad, 0);
}

static void out_tail(struct app_page *page, const struct app_result *r)
{
    const struct app_count count = {{1, 2, 3, 0}};
    app_json_tail(page, &count);
}
TEST(O04_summary)
{
    out_made_up("jane@quoth.test");
    CHECK_STR(out_print(out_tail),
              "{\"summary\":{\"total\":6,\"unknown\":1,\"deliverable\":2,\"undeliverable\":3,"
              "\"risky\":0},\"v\":1}\n");
    out_page.list_old = 95;
    CHECK(strstr(out_print(out_tail), "\"risky\":0,\"list_days_old\":95},\"v\":1}\n"));
    out_page.list_old = 0;
}

TEST(L15_with_domain)
{
    static const char *const ids[] = {"spf.lookups", "dmarc.none"};
    out_made_up("jane@quoth.test");
    CHECK(!strstr(out_print(app_json), "domain_grade"));
    out_page.delimiter = ',';
    out_page.with_domain = 1;
    out_r.with_domain = 1;
    CHECK(out_has(out_print(app_json), ",\"domain_grade\":null,\"domain_ids\":[],"));
    out_r.domain_grade = "bad";
    out_r.domain_id = ids;
    out_r.domain_ids = 2;
    const char *text = out_print(app_json);
    CHECK(out_is_json_line(text));
    CHECK(out_has(text,
                  ",\"domain_grade\":\"bad\",\"domain_ids\":[\"spf.lookups\",\"dmarc.none\"],"));
    CHECK(out_has(out_print(app_csv), ",bad,spf.lookups dmarc.none\n"));
    CHECK(app_csv_is_ours("quoth_domain_ids", 16) && app_csv_is_ours("quoth_domain_grade", 18));
    out_page.single = 0;
    CHECK(out_has(out_print(app_text),
                  "\n               its domain: bad: spf.lookups, dmarc.none\n"));
    out_page.with_domain = 0;
    CHECK(!out_has(out_print(app_csv), "spf.lookups"));
}

/* ---- reacher ------------------------------------------------------------ */

TEST(reacher_line)
{
    out_made_up("Jane@quoth.test");
    out_ev.lists = QUOTH_LIST_FREE;
    const char *text = out_print(app_reacher);
    const char *want =
        "{\"input\":\"Jane@quoth.test\",\"is_reachable\":\"invalid\",\"misc\":{\"is_disposable\":"
        "false,"
        "\"is_role_account\":false,\"is_b2c\":true,\"gravatar_url\":null,\"haveibeenpwned\":null},"
        "\"mx\":{\"accepts_mail\":true,\"records\":[\"mx1.quoth.test.\",\"mx2.quoth.test.\"]},"
        "\"smtp\":{\"can_connect_smtp\":true,\"has_full_inbox\":false,\"is_catch_all\":false,"
        "\"is_deliverable\":false,\"is_disabled\":false},\"syntax\":{\"address\":\"Jane@quoth."
        "test\","
        "\"domain\":\"quoth.test\",\"is_valid_syntax\":true,\"username\":\"Jane\","
        "\"normalized_email\":\"Jane@quoth.test\",\"suggestion\":null},\"debug\":{\"backend_name\":"
        "\"quoth\","
        "\"start_time\":\"2024-09-18T21:53:16.012753011Z\",\"end_time\":\"2024-09-18T21:53:16."
        "424753011Z\","
        "\"duration\":{\"secs\":0,\"nanos\":412000000},\"smtp\":{\"verif_method\":{\"type\":"
        "\"Smtp\","
        "\"host\":\"mx2.quoth.test.\",\"verif_method\":{\"from_email\":\"postmaster@a.quoth.test\","
        "\"hello_name\":\"a.quoth.test\",\"proxy\":null,\"smtp_port\":25,\"smtp_timeout\":null,"
        "\"retries\":1}}}},"
        "\"quoth\":{\"input\":";
    CHECK(out_is_json_line(text));
    CHECK(!strncmp(text, want, strlen(want)));
}

static const char *out_reachable(enum quoth_verdict verdict, enum quoth_reason reason,
                                 unsigned code, unsigned lists)
{
    static char word[16];
    const char *text;
    out_made_up("jane@quoth.test");
    out_r.verdict = verdict;
    out_r.reading.reason = reason;
    out_ev.said.code = (uint16_t)code;
    out_ev.lists = (uint8_t)lists;
    if (reason == QUOTH_REASON_CATCH_ALL)
        out_ev.decoy_code = 250;
    if (reason == QUOTH_REASON_NULL_MX) {
        out_ev.mx = QUOTH_MX_NULL;
        out_ev.phase = QUOTH_PHASE_DNS;
    }
    text = strstr(out_print(app_reacher), "\"is_reachable\":\"") + 16;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(text, "\""), text);
    return word;
}

TEST(reacher_reachable)
{
    CHECK_STR(out_reachable(QUOTH_VERDICT_DELIVERABLE, QUOTH_REASON_ACCEPTED, 250, 0), "safe");
    CHECK_STR(out_reachable(QUOTH_VERDICT_RISKY, QUOTH_REASON_CATCH_ALL, 250, 0), "risky");
    CHECK_STR(out_reachable(QUOTH_VERDICT_RISKY, QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED, 250, 0),
              "risky");
    CHECK_STR(
        out_reachable(QUOTH_VERDICT_RISKY, QUOTH_REASON_DISPOSABLE, 250, QUOTH_LIST_DISPOSABLE),
        "risky");
    CHECK_STR(
        out_reachable(QUOTH_VERDICT_UNDELIVERABLE, QUOTH_REASON_USER_UNKNOWN, 550, QUOTH_LIST_ROLE),
        "risky");
    CHECK_STR(out_reachable(QUOTH_VERDICT_RISKY, QUOTH_REASON_MAILBOX_FULL, 552, 0), "risky");
    CHECK_STR(out_reachable(QUOTH_VERDICT_RISKY, QUOTH_REASON_MAILBOX_DISABLED, 550, 0), "invalid");
    CHECK_STR(out_reachable(QUOTH_VERDICT_UNDELIVERABLE, QUOTH_REASON_USER_UNKNOWN, 550, 0),
              "invalid");
    CHECK_STR(out_reachable(QUOTH_VERDICT_UNDELIVERABLE, QUOTH_REASON_NULL_MX, 0, 0), "invalid");
    CHECK_STR(out_reachable(QUOTH_VERDICT_UNKNOWN, QUOTH_REASON_GREYLISTED, 450, 0), "unknown");
    CHECK_STR(out_reachable(QUOTH_VERDICT_UNKNOWN, QUOTH_REASON_TIMEOUT, 0, QUOTH_LIST_DISPOSABLE),
              "unknown");
}

TEST(reacher_errors)
{
    out_made_up("jane@quoth.test");
    out_r.verdict = QUOTH_VERDICT_UNKNOWN;
    out_r.reading.reason = QUOTH_REASON_IP_BLOCKED;
    out_ev.said.code = 554;
    out_ev.said.esc[1] = 7;
    CHECK(out_has(out_print(app_reacher),
                  "\"smtp\":{\"error\":{\"type\":\"AsyncSmtpError\",\"message\":"
                  "\"permanent: 5.7.1 no such user\"},\"description\":\"IpBlacklisted\"},"));
    out_ev.said.esc[2] = 25;
    CHECK(out_has(out_print(app_reacher), "\"description\":\"NeedsRDNS\"},\"syntax\""));
    out_ev.said.code = 450;
    out_ev.said.esc[0] = 0;
    out_r.reading.reason = QUOTH_REASON_GREYLISTED;
    out_ev.said.esc[2] = 0;
    CHECK(out_has(out_print(app_reacher), "\"message\":\"transient: no such user\"}},\"syntax\""));
    out_ev.said.code = 0;
    out_r.reading.reason = QUOTH_REASON_TIMEOUT;
    CHECK(out_has(out_print(app_reacher), "\"smtp\":{\"error\":{\"type\":\"Timeout\","));
    out_r.reading.reason = QUOTH_REASON_UNREACHABLE;
    CHECK(out_has(out_print(app_reacher), "\"smtp\":{\"error\":{\"type\":\"IOError\","));
    out_ev.connects = 0;
    out_ev.mx = QUOTH_MX_FAILED;
    out_route.n = 0;
    CHECK(out_has(out_print(app_reacher),
                  "\"mx\":{\"error\":{\"type\":\"ResolveError\",\"message\":\""));
    CHECK(out_has(out_print(app_reacher), "\"is_reachable\":\"unknown\""));
}

/* Each reason in each shape, with the verdict it has: what is unknown stays so, and no shape says
 * dead of what we do not, but where the service counts a full or disabled mailbox as invalid. */
/* Each reason in each shape: status/sub_status, result/reason, result, reachable. */
static const struct shape {
    enum quoth_reason reason;
    enum quoth_verdict verdict;
    const char *word[4];
} shapes[] = {
    {QUOTH_REASON_ACCEPTED,
     QUOTH_VERDICT_DELIVERABLE,
     {"valid/", "deliverable/accepted_email", "valid", "yes"}},
    {QUOTH_REASON_USER_UNKNOWN,
     QUOTH_VERDICT_UNDELIVERABLE,
     {"invalid/mailbox_not_found", "undeliverable/rejected_email", "invalid", "no"}},
    {QUOTH_REASON_MAILBOX_DISABLED,
     QUOTH_VERDICT_RISKY,
     {"invalid/mailbox_not_found", "undeliverable/rejected_email", "invalid", "no"}},
    {QUOTH_REASON_MAILBOX_FULL,
     QUOTH_VERDICT_RISKY,
     {"invalid/mailbox_quota_exceeded", "risky/low_deliverability", "unknown", "unknown"}},
    {QUOTH_REASON_RECIPIENT_RESTRICTED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_RECIPIENT_RATE_LIMITED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/mail_server_temporary_error", "unknown/unavailable_smtp", "unknown", "unknown"}},
    {QUOTH_REASON_DOMAIN_NOT_ACCEPTED,
     QUOTH_VERDICT_UNDELIVERABLE,
     {"invalid/does_not_accept_mail", "undeliverable/invalid_domain", "invalid", "no"}},
    {QUOTH_REASON_DOMAIN_NOT_ACCEPTED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_DOMAIN_NOT_FOUND,
     QUOTH_VERDICT_UNDELIVERABLE,
     {"invalid/does_not_accept_mail", "undeliverable/invalid_domain", "invalid", "no"}},
    {QUOTH_REASON_GREYLISTED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/greylisted", "unknown/unavailable_smtp", "unknown", "unknown"}},
    {QUOTH_REASON_RATE_LIMITED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/mail_server_temporary_error", "unknown/unavailable_smtp", "unknown", "unknown"}},
    {QUOTH_REASON_IP_BLOCKED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/antispam_system", "unknown/unavailable_smtp", "unknown", "unknown"}},
    {QUOTH_REASON_POLICY_REJECTED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/antispam_system", "unknown/unavailable_smtp", "unknown", "unknown"}},
    {QUOTH_REASON_AUTH_REQUIRED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/antispam_system", "unknown/unavailable_smtp", "unknown", "unknown"}},
    {QUOTH_REASON_TLS_REQUIRED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_SPAM_OR_CONTENT,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/antispam_system", "unknown/unavailable_smtp", "unknown", "unknown"}},
    {QUOTH_REASON_MESSAGE_TOO_BIG,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_RECIPIENT_SYNTAX,
     QUOTH_VERDICT_UNDELIVERABLE,
     {"invalid/mailbox_not_found", "undeliverable/rejected_email", "invalid", "no"}},
    {QUOTH_REASON_SERVER_TEMPORARY,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/mail_server_temporary_error", "unknown/unavailable_smtp", "unknown", "unknown"}},
    {QUOTH_REASON_NOT_VERIFIABLE,
     QUOTH_VERDICT_RISKY,
     {"unknown/", "risky/low_deliverability", "unknown", "unknown"}},
    {QUOTH_REASON_OTHER,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_NONE,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_SYNTAX,
     QUOTH_VERDICT_UNDELIVERABLE,
     {"invalid/failed_syntax_check", "undeliverable/invalid_email", "invalid", "no"}},
    {QUOTH_REASON_RESERVED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_SINGLE_LABEL,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_ADDRESS_LITERAL,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_IDNA_UNSUPPORTED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_SYNTAX_OK,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_ROLE,
     QUOTH_VERDICT_RISKY,
     {"do_not_mail/role_based", "risky/low_quality", "valid", "unknown"}},
    {QUOTH_REASON_DISPOSABLE,
     QUOTH_VERDICT_RISKY,
     {"do_not_mail/disposable", "risky/low_quality", "disposable", "unknown"}},
    {QUOTH_REASON_NO_SUCH_DOMAIN,
     QUOTH_VERDICT_UNDELIVERABLE,
     {"invalid/no_dns_entries", "undeliverable/invalid_domain", "invalid", "no"}},
    {QUOTH_REASON_NULL_MX,
     QUOTH_VERDICT_UNDELIVERABLE,
     {"invalid/does_not_accept_mail", "undeliverable/invalid_domain", "invalid", "no"}},
    {QUOTH_REASON_NO_MAIL_HOST,
     QUOTH_VERDICT_UNDELIVERABLE,
     {"invalid/no_dns_entries", "undeliverable/invalid_domain", "invalid", "no"}},
    {QUOTH_REASON_MX_UNRESOLVABLE,
     QUOTH_VERDICT_UNDELIVERABLE,
     {"invalid/no_dns_entries", "undeliverable/invalid_domain", "invalid", "no"}},
    {QUOTH_REASON_DNS_FAILURE,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/mail_server_did_not_respond", "unknown/no_connect", "unknown", "unknown"}},
    {QUOTH_REASON_DNS_OK,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_SELF,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/unroutable_ip_address", "unknown/no_connect", "unknown", "unknown"}},
    {QUOTH_REASON_PROVIDER_POLICY,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_EMPTY,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_SEVERAL,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_UNREADABLE,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_TARGET_POLICY,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/unroutable_ip_address", "unknown/no_connect", "unknown", "unknown"}},
    {QUOTH_REASON_NO_IDENTITY,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_NO_ENTROPY,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_UNREACHABLE,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/failed_smtp_connection", "unknown/no_connect", "unknown", "unknown"}},
    {QUOTH_REASON_NO_ROUTE,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/failed_smtp_connection", "unknown/no_connect", "unknown", "unknown"}},
    {QUOTH_REASON_TIMEOUT,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/timeout_exceeded", "unknown/timeout", "unknown", "unknown"}},
    {QUOTH_REASON_TLS_FAILED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/failed_smtp_connection", "unknown/no_connect", "unknown", "unknown"}},
    {QUOTH_REASON_PROTOCOL_ERROR,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/invalid_smtp", "unknown", "unknown"}},
    {QUOTH_REASON_CLOSED,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/forcible_disconnect", "unknown/no_connect", "unknown", "unknown"}},
    {QUOTH_REASON_NO_SMTPUTF8,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_INTERNAL,
     QUOTH_VERDICT_UNKNOWN,
     {"unknown/exception_occurred", "unknown/unexpected_error", "unknown", "unknown"}},
    {QUOTH_REASON_CATCH_ALL,
     QUOTH_VERDICT_RISKY,
     {"catch-all/", "risky/low_deliverability", "catchall", "unknown"}},
    {QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED,
     QUOTH_VERDICT_RISKY,
     {"unknown/", "risky/low_deliverability", "unknown", "unknown"}},
    {QUOTH_REASON_BACKUP_MX,
     QUOTH_VERDICT_RISKY,
     {"unknown/", "risky/low_deliverability", "unknown", "unknown"}},
    {QUOTH_REASON_ACCEPTS_BY_SHAPE,
     QUOTH_VERDICT_RISKY,
     {"catch-all/", "risky/low_deliverability", "catchall", "unknown"}},
};

/* The two words that a slash parts are members that follow each other. */
static void shape_want(char want[200], unsigned service, const char *word)
{
    static const char *const keys[][2] = {
        {"status", "sub_status"}, {"result", "reason"}, {"result", ""}, {"reachable", ""}};
    const size_t n = strcspn(word, "/");
    int at = snprintf(want, 200, "\"%s\":\"%.*s\"", keys[service][0], (int)n, word);
    if (word[n])
        snprintf(want + at, 200 - (size_t)at, ",\"%s\":\"%s\"", keys[service][1], word + n + 1);
}

TEST(L12_shapes)
{
    char seen[QUOTH_REASONS] = {0}, want[200];
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        seen[shapes[i].reason] = 1;
        for (unsigned service = 0; service < 4; service++) {
            out_reachable(shapes[i].verdict, shapes[i].reason, 0, 0);
            shape_want(want, service, shapes[i].word[service]);
            const char *line = out_print(app_formats[4 + service].answer);
            CHECK(out_is_json_line(line));
            CHECK(out_has(line, want));
        }
    }
    for (int reason = 0; reason < QUOTH_REASONS; reason++) /* none was left out */
        CHECK(seen[reason]);
    for (int reason = 0; reason < QUOTH_REASONS; reason++)
        for (unsigned f = 4; f < 8; f++) {
            out_reachable(QUOTH_VERDICT_UNKNOWN, (enum quoth_reason)reason, 0, 0);
            CHECK(out_has(out_print(app_formats[f].answer), f == 4   ? "\"status\":\"unknown\""
                                                            : f == 7 ? "\"reachable\":\"unknown\""
                                                                     : "\"result\":\"unknown\""));
        }
}

/* A row that holds no address: what Reacher says of one is true of it. */
static int claim_is_none(void)
{
    return out_ev.addr.fault && out_r.reading.reason == QUOTH_REASON_EMPTY;
}

/* What each shape says of an address whose verdict is unknown: words that say nothing of it. */
static unsigned claim_unknown(void)
{
    static const char *const dead[] = {"\"smtp\":{\"can_connect_smtp\"",
                                       "\"smtp\":{\"host_exists\"",
                                       "mailbox_not_found",
                                       "does_not_accept_mail",
                                       "no_dns_entries",
                                       "failed_syntax_check",
                                       "rejected_email",
                                       "invalid_domain",
                                       "invalid_email",
                                       "accepted_email",
                                       "low_deliverability",
                                       "low_quality",
                                       "bad_dns"};
    unsigned bad = 0;

    for (unsigned f = 2; f < 8; f++) {
        const char *text = f == 3 ? "" : out_print(app_formats[f].answer);
        for (unsigned i = 0; i < sizeof dead / sizeof *dead; i++)
            if (out_has(text, dead[i]))
                bad++;
    }
    bad += !out_has(out_print(app_reacher), "\"is_reachable\":\"unknown\"");
    return bad;
}

/* Whether a domain takes mail: a yes has its hosts, a no was answered by a name server, or it is no
 * address, and what is not known is neither. */
static unsigned claim_mx(void)
{
    const int asked = out_ev.mx != QUOTH_MX_NONE && out_ev.mx != QUOTH_MX_FAILED;
    const int known = out_r.verdict != QUOTH_VERDICT_UNKNOWN || (asked && !out_ev.addr.fault);
    const char *text = out_print(app_reacher);
    unsigned bad = 0;

    if (out_has(text, "\"accepts_mail\":true,\"records\":[]"))
        bad++;
    bad += out_has(text, "\"accepts_mail\":true") &&
           (out_ev.mx == QUOTH_MX_NULL || out_ev.mx == QUOTH_MX_NODOMAIN || !asked);
    bad += out_has(text, "\"accepts_mail\":false") && !asked &&
           out_r.verdict == QUOTH_VERDICT_UNKNOWN && !claim_is_none();
    text = out_print(app_aftership);
    bad += out_has(text, "\"has_mx_records\":null") == known;
    text = out_print(app_zerobounce);
    bad += out_has(text, "\"mx_found\":null") == known;
    return bad;
}

/* Whether a mailbox takes mail: nothing but a 2xx to RCPT says so. */
static unsigned claim_mailbox(void)
{
    const int taken = out_ev.phase >= QUOTH_PHASE_RCPT && out_ev.said.code / 100 == 2;
    unsigned bad = 0;

    bad += !taken && out_has(out_print(app_reacher), "\"is_deliverable\":true");
    bad += !taken && out_has(out_print(app_reacher), "\"is_reachable\":\"safe\"");
    if (out_ev.phase <= QUOTH_PHASE_CONNECT)
        bad += out_has(out_print(app_reacher), "\"can_connect_smtp\":true") ||
               out_has(out_print(app_aftership), "\"host_exists\":true") ||
               out_has(out_print(app_neverbounce), "\"smtp_connectable\"");
    bad += !out_ev.connects && out_has(out_print(app_neverbounce), "\"connect_fails\"");
    return bad;
}

/* Every reason with every verdict, state of the lookup and phase; held back, with no host told. */
static unsigned claims(unsigned i, const char *input)
{
    static const uint16_t codes[] = {0, 250, 252, 450, 550};
    unsigned bad = 0;

    out_made_up(input);
    out_r.verdict = (enum quoth_verdict)(i % QUOTH_VERDICTS);
    out_r.reading.reason = (enum quoth_reason)(i / 4 % QUOTH_REASONS);
    out_ev.mx = (uint8_t)(i / 4 / QUOTH_REASONS % QUOTH_MX_STATES);
    out_ev.phase = (uint8_t)(i / 4 / QUOTH_REASONS / QUOTH_MX_STATES % QUOTH_PHASES);
    out_ev.said.code = out_ev.phase < QUOTH_PHASE_RCPT ? 0 : codes[i % 5];
    out_ev.connects = out_ev.phase > QUOTH_PHASE_DNS;
    if (out_ev.phase <= QUOTH_PHASE_DNS) {
        out_r.route = NULL;
        out_r.host = "";
    }
    if (out_r.verdict == QUOTH_VERDICT_UNKNOWN && !claim_is_none())
        bad += claim_unknown();
    return bad + claim_mx() + claim_mailbox();
}

TEST(L12_claims)
{
    const unsigned all = 4u * QUOTH_REASONS * QUOTH_MX_STATES * QUOTH_PHASES;
    unsigned bad = 0;

    for (unsigned i = 0; i < all; i++) {
        bad += claims(i, "jane@quoth.test");
        bad += i % 7 == 0 && claims(i, "jane@@quoth.test");
    }
    CHECK_INT(bad, 0);
}

/* ---- all formats: one verdict, whether it was learnt just now or earlier ---- */

/* The word that a format prints for the verdict. */
static const char *out_word(const struct app_format *format)
{
    static const char *const before[] = {"",
                                         "\"verdict\":\"",
                                         "\"is_reachable\":\"",
                                         ",0,",
                                         "\"status\":\"",
                                         "\"result\":\"",
                                         "\"result\":\"",
                                         "\"reachable\":\""};
    static char word[20];
    const char *text = out_print(format->answer);

    text = strstr(text, before[format - app_formats]) + strlen(before[format - app_formats]);
    snprintf(word, sizeof word, "%.*s", (int)strcspn(text, " ,\""), text);
    return word;
}

/* One made-up result in all formats, live and from the file of answers. How many say it otherwise.
 */
static unsigned out_differ(struct answers *answers)
{
    const struct app_result live = out_r;
    struct quoth_evidence found;
    unsigned bad = 0;

    answers_put(answers, &live);
    memset(&found, 0, sizeof found);
    found.addr = out_ev.addr;
    found.lists = out_ev.lists;
    memcpy(found.domain, out_ev.domain, sizeof found.domain);
    for (unsigned f = 0; f < 8; f++) {
        char word[20];
        out_r = live;
        snprintf(word, sizeof word, "%s", out_word(&app_formats[f]));
        if (f != 2 && f < 4) /* the others have words of their own */
            bad += strcmp(word, quoth_verdict_name(live.verdict)) != 0;
        bad += !answers_get(answers, &found, &out_r, ANSWERS_FRESH) || !out_r.cached;
        bad += strcmp(word, out_word(&app_formats[f])) != 0;
    }
    return bad;
}

/* The result as the next one of a list. */
static const char *out_next(struct app_page *list,
                            void (*print)(struct app_page *, const struct app_result *))
{
    out_r.lists = out_ev.lists;
    list->out.n = 0;
    list->meant_for[0] = out_page.meant_for[0] = 0;
    print(list, &out_r);
    app_stream_byte(&list->out, 0);
    return list->out.text;
}

/* A line of a list copies from one before what their conversation says. Whatever changes between
 * two of them, each is what it would be alone. */
TEST(kept)
{
    static const uint16_t codes[] = {0, 250, 251, 550};
    static const char *const hosts[] = {"mx2.quoth.test", "mx.quoth.test", "", "a\"b"};
    static const char *const rules[] = {"text/user-unknown", ""};
    const struct {
        void *p;
        size_t n;
    } part[] = {{&out_ev.peer, sizeof out_ev.peer},
                {&out_ev.pref, sizeof out_ev.pref},
                {&out_ev.tls, sizeof out_ev.tls},
                {&out_ev.ms, sizeof out_ev.ms},
                {&out_ev.took_ms, sizeof out_ev.took_ms},
                {&out_ev.lists, sizeof out_ev.lists},
                {&out_ev.said.esc, sizeof out_ev.said.esc},
                {&out_ev.words, 12},
                {&out_ev.mx, 1},
                {&out_ev.dns, 1},
                {&out_ev.flags, 1},
                {&out_ev.queries, 1},
                {&out_ev.connects, 1},
                {&out_r.cached, 1}};
    enum { PARTS = sizeof part / sizeof *part, HOST = PARTS, PHASE, REASON, DECOY, SAME, KINDS };
    struct app_page json, csv;
    uint32_t draw = 1;

    out_made_up("jane@quoth.test");
    memset(&json, 0, sizeof json);
    memset(&csv, 0, sizeof csv);
    csv.delimiter = ',';
    out_r.route = NULL;
    for (unsigned i = 0; i < 40000; i++) {
        draw = draw * 1664525 + 1013904223;
        const unsigned kind = (draw >> 8) % KINDS, which = draw >> 16;
        if (kind < PARTS)
            ((uint8_t *)part[kind].p)[which % part[kind].n] ^= 1;
        else if (kind == HOST)
            out_r.host = hosts[which % 4];
        else if (kind == PHASE)
            out_ev.phase = which % 2 ? QUOTH_PHASE_RCPT : QUOTH_PHASE_CONNECT;
        else if (kind == REASON) {
            out_r.verdict = (enum quoth_verdict)(which % QUOTH_VERDICTS);
            out_r.reading.reason = (enum quoth_reason)(which / 4 % QUOTH_REASONS);
            out_r.reading.says = (enum quoth_says)(which / 1024 % 3);
            out_r.reading.rule = rules[which / 4096 % 2];
        } else if (kind == DECOY) {
            out_ev.decoy_code = codes[which % 4];
            out_ev.decoy_reason = which / 4 % 2 ? QUOTH_REASON_USER_UNKNOWN : 0;
        }
        out_ev.said.code = codes[which / 8 % 4];
        out_ev.said.n = (uint16_t)(out_ev.said.code ? 11 + which / 64 % 2 : 0);
        out_ev.peer.ip.len = which % 3 ? 4 : 0;
        CHECK_STR(out_next(&json, app_json), out_print(app_json));
        CHECK_STR(out_next(&csv, app_csv), out_print(app_csv));
    }
    for (int yes = 0; yes < 2; yes++) { /* it is copied indeed */
        memcpy(json.kept[yes].text + 2, "VERDICT", 7);
        memcpy(csv.kept[yes].text + 1, "VERDICT", 7);
    }
    CHECK(out_has(out_next(&json, app_json), ",\"VERDICT\":"));
    CHECK(out_has(out_next(&csv, app_csv), ",VERDICT"));
    free(json.out.text);
    free(csv.out.text);
}

TEST(T4_formats_agree)
{
    static const uint8_t lists[] = {0, QUOTH_LIST_ROLE, QUOTH_LIST_DISPOSABLE};
    static const uint16_t codes[] = {0, 250, 452, 550};
    static const struct quoth_conf conf;
    char path[] = P_tmpdir "/quoth-out-XXXXXX";
    struct answers *answers;
    const char *why;
    unsigned bad = 0;

    close(mkstemp(path));
    CHECK_INT(answers_open(&answers, path, &conf, 10, &why), QUOTH_OK);
    for (int verdict = 0; verdict < QUOTH_VERDICTS; verdict++) {
        for (int i = 0; verdict != QUOTH_VERDICT_UNKNOWN && i < QUOTH_REASONS * 12; i++) {
            out_made_up("jane@quoth.test");
            out_page.single = i & 1;
            out_r.verdict = (enum quoth_verdict)verdict;
            out_r.reading.reason = (enum quoth_reason)(i / 12);
            out_ev.lists = lists[i % 3];
            out_ev.said.code = codes[i / 3 % 4];
            out_ev.phase = out_ev.said.code ? QUOTH_PHASE_RCPT : QUOTH_PHASE_DNS;
            out_ev.mx = (uint8_t)(out_ev.said.code ? QUOTH_MX_HOSTS : i % QUOTH_MX_STATES);
            bad += out_differ(answers);
        }
    }
    CHECK_INT(bad, 0);
    CHECK_INT(answers_close(answers), 0);
    unlink(path);
}

/* The words of --format are the names of the table, in its order. */
TEST(formats_named)
{
    const char *words = app_format_words;
    for (unsigned f = 0; *words; f++) {
        const size_t n = strcspn(words, "|");
        CHECK_INT(strlen(app_formats[f].name), n);
        CHECK(!memcmp(app_formats[f].name, words, n));
        words += n + (words[n] == '|');
    }
}

/* ---- explain ------------------------------------------------------------ */

static struct explain out_x;
static struct quoth_slot out_slot;

static void out_trace(enum quoth_want_kind want, enum quoth_event_kind kind, const void *p,
                      size_t n)
{
    const struct quoth_want w = {.kind = want,
                                 .out = p,
                                 .n = n,
                                 .peer = {{4, {192, 0, 2, 53}}, 53},
                                 .host = want == QUOTH_WANT_DGRAM ? "" : "mx1.quoth.test"};
    const struct quoth_event ev = {.kind = kind, .now = 1007, .data = p, .n = n};
    explain_slot(&out_x, &out_slot, &w, &ev);
}

/* A talk, each piece of it `piece` bytes long. */
static size_t out_piece;
static void out_talk(struct app_page *page, const struct app_result *r)
{
    static const char said[] = "EHLO a\r\n", heard[] = "250-x\r\n250 \033y\r\n25";
    out_x.f = page->out.f;
    explain_begin(&out_x, r->input, r->input_n, r->ev);
    out_slot.v.start = 7;
    out_slot.v.hosts.route.n = 0;
    out_trace(QUOTH_WANT_OPEN, QUOTH_EV_UP, NULL, 0);
    for (size_t i = 0, n; i < sizeof said - 1; i += n) {
        n = sizeof said - 1 - i < out_piece ? sizeof said - 1 - i : out_piece;
        out_trace(QUOTH_WANT_SEND, QUOTH_EV_SENT, said + i, n);
    }
    for (size_t i = 0, n; i < sizeof heard - 1; i += n) {
        n = sizeof heard - 1 - i < out_piece ? sizeof heard - 1 - i : out_piece;
        out_trace(QUOTH_WANT_RECV, QUOTH_EV_DATA, heard + i, n);
    }
    out_trace(QUOTH_WANT_RECV, QUOTH_EV_EOF, NULL, 0);
    out_trace(QUOTH_WANT_CLOSE, QUOTH_EV_DOWN, NULL, 0);
}

TEST(explain_talk)
{
    out_made_up("jane@quoth.test");
    memset(&out_x, 0, sizeof out_x);
    out_x.o = &out_o;
    for (out_piece = 1; out_piece < 20; out_piece++)
        CHECK_STR(strstr(out_print(out_talk), "SMTP\n"),
                  "SMTP\n"
                  "    1.000 === Trying mx1.quoth.test at 192.0.2.53:53...\n"
                  "    1.000 === Connected\n"
                  "    1.000  -> EHLO a\n"
                  "    1.000 <-  250-x\n"
                  "    1.000 <-  250 \\u001by\n"
                  "    1.000 <-  25\n"
                  "    1.000 *** the other side closed the connection\n"
                  "    1.000 === Connection closed\n");
}

/* A question, and for an answer the question with one byte changed, cut or repeated. */
static unsigned out_round;
static void out_dns(struct app_page *page, const struct app_result *r)
{
    static struct quoth_name name;
    uint8_t q[288], answer[600];
    int n;
    out_x.f = page->out.f;
    quoth_name_parse(&name, "quoth.test", 10);
    n = quoth_dns_query(q, sizeof q, 4711, &name, QUOTH_DNS_MX, 1232);
    explain_begin(&out_x, r->input, r->input_n, r->ev);
    out_trace(QUOTH_WANT_DGRAM, QUOTH_EV_SENT, q, (size_t)n);
    memcpy(answer, q, (size_t)n);
    memcpy(answer + n, q, (size_t)n);
    answer[2] |= 0x80;
    answer[7] = (uint8_t)(out_round >> 8);
    answer[out_round % (unsigned)n] ^= (uint8_t)out_round;
    out_trace(QUOTH_WANT_RECV, QUOTH_EV_DATA, answer, out_round % (2u * (unsigned)n) + 1);
    out_trace(QUOTH_WANT_RECV, QUOTH_EV_TIME, NULL, 0);
}

TEST(O01_explain_dns)
{
    unsigned bad = 0;
    out_made_up("jane@quoth.test");
    for (out_round = 0; out_round < 4096; out_round++)
        bad += !out_is_clean(out_print(out_dns));
    CHECK_INT(bad, 0);
    CHECK(
        out_has(out_print(out_dns), " -> MX quoth.test ?   to 192.0.2.53:53 over UDP, id 4711\n"));
}

int main(void)
{
    RUN(O01_utf8);
    RUN(O01_stream);
    RUN(O01_terminal);
    RUN(O01_json);
    RUN(O01_all_pairs);
    RUN(O01_plain);
    RUN(O01_json_kinds);
    RUN(width);
    RUN(wrap);
    RUN(peer);
    RUN(text_single);
    RUN(text_facts);
    RUN(text_no_reply);
    RUN(text_dns);
    RUN(X09);
    RUN(G01_text);
    RUN(text_caret);
    RUN(text_block);
    RUN(L10_list_age);
    RUN(suggestion);
    RUN(text_color);
    RUN(json_line);
    RUN(L11_score);
    RUN(json_catch_all);
    RUN(json_nothing_known);
    RUN(O01_formats);
    RUN(O04_summary);
    RUN(L15_with_domain);
    RUN(reacher_line);
    RUN(reacher_reachable);
    RUN(reacher_errors);
    RUN(L12_shapes);
    RUN(L12_claims);
    RUN(kept);
    RUN(T4_formats_agree);
    RUN(formats_named);
    RUN(explain_talk);
    RUN(O01_explain_dns);
    return report("out");
}
