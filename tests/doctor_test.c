/* doctor_test.c - tests of port/cli/doctor_judge.c: what servers said of us, to findings.
 *
 * SPDX-License-Identifier: MIT */
#include "doctor.h"
#include "health.h"
#include "test.h"

static struct doctor_facts f;
static struct doctor_report r;
static struct doctor_call *call;

/* Two servers that talk to us, and see the same address. */
static void begin(void)
{
    const struct quoth_ip us = {4, {203, 0, 113, 5}};

    memset(&f, 0, sizeof f);
    f.helo = "mx.example.com";
    f.domain = "";
    f.side[0].family = 4;
    f.side[0].on = 1;
    f.side[0].calls = 2;
    f.side[0].ip = us;
    f.side[0].how = DOCTOR_SEEN;
    f.side[0].facts.spf = f.side[0].facts.spf_helo = 255;
    call = f.side[0].call;
    for (int i = 0; i < 2; i++) {
        call[i].host = i ? "b.example" : "a.example";
        snprintf(call[i].name, sizeof call[i].name, "%s", call[i].host);
        call[i].connected = call[i].greeted = 1;
        call[i].peer.ip = (struct quoth_ip) {4, {198, 51, 100, (uint8_t)(1 + i)}};
        call[i].seen = us;
        call[i].has_key = 1;
        call[i].key[0] = (uint8_t)i;
    }
}

static int finds(const char *id)
{
    static const struct cli_grading all;
    int found = 0;

    doctor_judge(&f, &all, &r);
    for (size_t i = 0; i < r.n; i++)
        found |= !strcmp(quoth_check_id(r.finding[i].f.id), id);
    return found;
}

static void closed(struct doctor_call *one)
{
    one->connected = one->greeted = one->has_key = 0;
    one->err = QUOTH_ETIME;
    *one->name = 0;
    one->seen.len = 0;
}

TEST(I08)
{
    static const struct {
        const char *words, *ip; /* NULL: none */
    } rows[] = {
        {"mx.google.com at your service, [203.0.113.5] SIZE 157286400", "203.0.113.5"},
        {"gmx.net Hello example.com [87.249.134.6] 8BITMIME", "87.249.134.6"},
        {"mail.example.org Hello x [IPv6:2001:db8::5]", "2001:db8::5"},
        {"[198.51.100.1] greets [203.0.113.5]", "203.0.113.5"},
        {"[mx] greets [203.0.113.5]", "203.0.113.5"},
        {"mx.example.org", NULL},
        {"gmx.net Bad DNS PTR, see https://postmaster.gmx.net/?ip=203.0.113.5&c=rdns",
         "203.0.113.5"},
        {"blocked, https://www.spamhaus.org/query/ip/203.0.113.5.", "203.0.113.5"},
        {"client host [203.0.113.5] blocked, see https://bl.test/ip/192.0.2.1", "203.0.113.5"},
        {"mx [203.0.113", NULL},
        {"ship=203.0.113", NULL},
        {"203.0.113.5 is not marked", NULL},
        {"mx []", NULL},
        {"", NULL},
        {"mx [203.0.113.500] [x]", NULL},
    };
    const struct quoth_ip server = {4, {198, 51, 100, 1}};
    struct quoth_targets none = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quoth_ip ip;
        char text[64] = "";
        const int found = doctor_seen(rows[i].words, strlen(rows[i].words), &server, &ip);
        CHECK_INT(found, rows[i].ip != NULL);
        if (found)
            quoth_ip_text(&ip, text, sizeof text);
        CHECK_STR(text, rows[i].ip ? rows[i].ip : "");
    }
    begin();
    f.side[0].how = DOCTOR_UNKNOWN;
    f.side[0].ip.len = 0;
    f.side[0].local = (struct quoth_ip) {4, {10, 0, 0, 1}};
    call[0].seen = call[1].seen = f.side[0].local;
    doctor_address(&f.side[0], &none);
    CHECK_INT(f.side[0].how, DOCTOR_UNKNOWN); /* nobody outside sees that one */
    CHECK(finds("ip.unknown"));
    call[1].seen = (struct quoth_ip) {4, {87, 249, 134, 6}};
    doctor_address(&f.side[0], &none);
    CHECK_INT(f.side[0].how, DOCTOR_SEEN);
    CHECK_INT(f.side[0].ip.b[0], 87);
    f.side[0].how = DOCTOR_GIVEN;
    f.side[0].ip.b[0] = 88;
    doctor_address(&f.side[0], &none);
    CHECK_INT(f.side[0].ip.b[0], 88);
}

TEST(I09)
{
    begin();
    CHECK(!finds("port25.blocked"));
    CHECK_INT(r.n, 0);
    closed(&call[0]);
    CHECK(!finds("port25.blocked"));
    CHECK(finds("port25.partly"));
    closed(&call[1]);
    CHECK(finds("port25.blocked"));
    CHECK_INT(r.exit, 2);
    call[1].peer.ip.len = 0; /* its name could not be asked for */
    CHECK(!finds("port25.blocked"));
    CHECK(finds("port25.unknown"));
    CHECK_INT(r.exit, 3);
    call[0].peer.ip.len = 0;
    CHECK(finds("port25.unknown"));
}

TEST(I10)
{
    begin();
    call[1].key[0] = 0;
    CHECK(!finds("port25.intercepted")); /* a certificate of one operator, for both */
    call[1].cert = QUOTH_CERT_WRONG_NAME;
    CHECK(finds("port25.intercepted"));
    begin();
    snprintf(call[1].name, sizeof call[1].name, "A.example");
    CHECK(finds("port25.intercepted"));
    begin();
    call[0].masked = 1;
    CHECK(finds("port25.intercepted"));
    begin(); /* one host, named twice, is one host */
    call[1] = call[0];
    CHECK(!finds("port25.intercepted"));
}

/* What one operator's hosts have in common says nothing of the way to them. */
TEST(I09_I10_one_operator)
{
    static const struct {
        const char *a, *b;
        int one;
    } rows[] = {
        {"mx1.example.com", "mx2.Example.COM", 1}, {"example.com", "mx.example.com", 1},
        {"a.example.com", "a.example.net", 0},     {"203.0.113.7", "198.51.100.7", 0},
        {"a.b.c.example", "d.c.example", 1},       {"example", "example.com", 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        call[0].host = rows[i].a;
        call[1].host = rows[i].b;
        snprintf(call[0].name, sizeof call[0].name, "mx.example.org");
        snprintf(call[1].name, sizeof call[1].name, "mx.example.org");
        CHECK_INT(finds("port25.intercepted"), !rows[i].one);
        closed(&call[0]);
        closed(&call[1]);
        CHECK_INT(finds("port25.blocked"), !rows[i].one);
        CHECK_INT(finds("port25.unknown"), rows[i].one);
    }
}

TEST(I04_weaker)
{
    struct quoth_identity_facts *four, *six;

    begin();
    four = &f.side[0].facts;
    six = &f.side[1].facts;
    f.side[1] = f.side[0];
    f.side[1].family = 6;
    four->ip = f.side[0].ip;
    six->ip = f.side[1].ip = (struct quoth_ip) {16, {0x20, 1, 0xd, 0xb8}};
    four->checks = six->checks = QUOTH_IDENTITY_PTR;
    four->ptr = QUOTH_ANSWER_DATA;
    four->ptrs = four->names = 1;
    four->name[0].answer = QUOTH_ANSWER_DATA;
    four->name[0].leads = 1;
    six->ptr = QUOTH_ANSWER_NXDOMAIN;
    CHECK(finds("ip.v6_weaker"));
    four->name[0].leads = 0; /* it may lead back, or it does not */
    four->name[0].answer = QUOTH_ANSWER_SERVFAIL;
    CHECK(!finds("ip.v6_weaker"));
    four->name[0].answer = QUOTH_ANSWER_DATA;
    CHECK(!finds("ip.v6_weaker"));
    four->name[0].leads = 1;
    six->ptr = QUOTH_ANSWER_SERVFAIL;
    CHECK(!finds("ip.v6_weaker"));
}

TEST(I17_clock)
{
    begin();
    CHECK(!finds("ip.clock"));
    call[0].cert = QUOTH_CERT_EXPIRED;
    CHECK(!finds("ip.clock"));
    call[1].cert = QUOTH_CERT_EXPIRED;
    CHECK(finds("ip.clock"));
    CHECK_INT(r.exit, 1);
    begin(); /* before 2025, whoever was called or not */
    f.no_clock = 1;
    CHECK(finds("ip.clock"));
    CHECK_INT(r.n, 1);
    call[0].cert = call[1].cert = QUOTH_CERT_EXPIRED | QUOTH_CERT_NO_CLOCK;
    CHECK(finds("ip.clock"));
    CHECK_INT(r.n, 1);
}

TEST(I11)
{
    static struct cli_grading quiet = {.ignored = {"port25.refused"}, .n = 1};

    begin();
    call[0].code = 554;
    snprintf(call[0].words, sizeof call[0].words, "no \033[1m PTR");
    CHECK(finds("port25.refused"));
    CHECK_INT(r.exit, 1);
    CHECK_STR(r.finding[0].text, "a.example: 554 no \033[1m PTR");
    doctor_judge(&f, &quiet, &r);
    CHECK_INT(r.n, 0);
    CHECK_INT(r.exit, 0);
    snprintf(call[0].name, sizeof call[0].name, "%s", f.helo);
    CHECK(finds("helo.theirs"));
}

/* ---- DMARC ------------------------------------------------------------------ */

static void says(struct quoth_facts *to, const char *domain, unsigned org, const char *record)
{
    memset(to, 0, sizeof *to);
    to->checks = QUOTH_CHECK_DMARC;
    to->domain = quoth_facts_keep(to, domain, strlen(domain));
    to->labels = to->dmarc_labels = 1;
    for (const char *p = domain; *p; p++)
        to->labels = (uint8_t)(to->labels + (*p == '.'));
    to->org_labels = (uint8_t)org;
    if (record)
        to->dmarc.record = quoth_facts_keep(to, record, strlen(record));
}

TEST(I14)
{
    static const struct {
        const char *sender, *author, *record;
        unsigned org[2]; /* of the organizational domains */
        enum doctor_aligned aligned;
        int told;
    } rows[] = {
        {"a.example.com", "example.com", "v=DMARC1; p=reject", {2, 2}, DOCTOR_ALIGNED_YES, 0},
        {"a.example.com", "b.example.com", "v=DMARC1; p=reject", {2, 2}, DOCTOR_ALIGNED_YES, 0},
        {"a.example.com",
         "example.com",
         "v=DMARC1; p=reject; aspf=s",
         {2, 2},
         DOCTOR_ALIGNED_NO,
         1},
        {"example.com", "example.com", "v=DMARC1; p=reject; aspf=s", {2, 2}, DOCTOR_ALIGNED_YES, 0},
        {"a.co.test", "b.co.test", "v=DMARC1; p=quarantine", {3, 3}, DOCTOR_ALIGNED_NO, 1},
        {"a.co.test", "b.co.test", "v=DMARC1; p=none", {3, 3}, DOCTOR_ALIGNED_NO, 0},
        {"a.co.test", "b.co.test", "v=DMARC1; p=reject", {0, 3}, DOCTOR_ALIGNED_UNKNOWN, 0},
        {"a.co.test", "b.co.test", NULL, {3, 3}, DOCTOR_ALIGNED_UNKNOWN, 0},
    };
    static struct doctor_facts facts;
    static struct doctor_report report_of;
    const struct cli_grading all = {.n = 0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int told = 0;
        memset(&facts, 0, sizeof facts);
        facts.domain = rows[i].sender;
        facts.author = rows[i].author;
        says(&facts.sender, rows[i].sender, rows[i].org[0], NULL);
        says(&facts.written, rows[i].author, rows[i].org[1], rows[i].record);
        CHECK_INT(doctor_aligned(&facts), rows[i].aligned);
        doctor_judge(&facts, &all, &report_of);
        for (size_t k = 0; k < report_of.n; k++)
            told |= !strcmp(quoth_check_id(report_of.finding[k].f.id), "sender.unaligned");
        CHECK_INT(told, rows[i].told);
    }
}

/* A name server counts as near on loopback alone, all of them; not Docker's, which hands on. */
TEST(M11_near)
{
    static const struct {
        const char *server[2];
        int near;
    } rows[] = {
        {{NULL}, 0},
        {{"127.0.0.1"}, 1},
        {{"127.0.0.53"}, 1},
        {{"::1"}, 1},
        {{"127.0.0.1", "::1"}, 1},
        {{"127.0.0.11"}, 0},
        {{"127.0.0.1", "127.0.0.11"}, 0},
        {{"127.0.0.1", "192.0.2.53"}, 0},
        {{"192.0.2.53", "127.0.0.1"}, 0},
        {{"10.0.0.1"}, 0},
        {{"::ffff:127.0.0.2"}, 0},
        {{"fe80::1"}, 0},
        {{"::"}, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quoth_resolver resolver = {.servers = 0};
        for (unsigned k = 0; k < 2 && rows[i].server[k]; k++)
            CHECK(quoth_ip_parse(&resolver.server[resolver.servers++].peer.ip, rows[i].server[k],
                                 strlen(rows[i].server[k])) == QUOTH_OK);
        CHECK_INT(app_health_near(&resolver), rows[i].near);
    }
}

int main(void)
{
    RUN(M11_near);
    RUN(I08);
    RUN(I09);
    RUN(I10);
    RUN(I09_I10_one_operator);
    RUN(I04_weaker);
    RUN(I17_clock);
    RUN(I11);
    RUN(I14);
    return report("doctor");
}
