/* spf_test.c - SPF: check_host() over zones of our own. What the suite of RFC 7208 does not say:
 * limits to the last digit, the walk without a sender, names, loops, budgets, failures. (The suite
 * itself is run by spf_suite_test.)
 *
 * SPDX-License-Identifier: MIT */
#include "spf_world.h"
#include "test.h"
#include "spf_ref.h"

_Static_assert(sizeof(struct quoth_spf) <= 6 * 1024, "F19: one check fits a small device");

static struct spf_world w;
static struct quoth_spf_conf conf;

/* A zone; the client is 192.0.2.1, unless `ip` says otherwise; the sender is a@example.com. */
static void zone(const char *lines)
{
    spf_world_init(&w);
    spf_world_zones(&w, lines);
    memset(&conf, 0, sizeof conf);
    conf.ip = (struct quoth_ip) {4, {192, 0, 2, 1}};
    conf.from = "a@example.com";
    conf.helo = "mx.example.net";
}

static void client(const char *text)
{
    CHECK_INT(quoth_ip_parse(&conf.ip, text, strlen(text)), QUOTH_OK);
}

static void gives(enum quoth_spf_result result, enum quoth_spf_why why)
{
    const enum quoth_spf_result got = spf_world_run(&w, &conf);

    CHECK_STR(quoth_spf_result_name(got), quoth_spf_result_name(result));
    CHECK_INT(w.spf.why, why);
}

static void name_is(unsigned i, const char *text)
{
    const struct quoth_span name = quoth_spf_name(&w.spf, i);

    CHECK_INT(name.n, strlen(text));
    CHECK(name.n == strlen(text) && !memcmp(name.p, text, name.n));
}

static void at_term(unsigned i, const char *text)
{
    struct quoth_spf_term t;

    CHECK_INT(quoth_spf_at(&w.spf, i, &t), 1);
    CHECK(t.text.n == strlen(text) && !memcmp(t.text.p, text, t.text.n));
}

/* `n` names x0.test, x1.test ... of this record each. */
static void many(const char *record, unsigned n)
{
    char line[200];

    for (unsigned i = 0; i < n; i++) {
        snprintf(line, sizeof line, "Z\tx%u.test\t%s", i, record);
        spf_world_zone(&w, line);
    }
}

TEST(F02)
{
    zone("Z\texample.com\tTXT\tgoogle-site-verification=x\nZ\texample.com\tTXT\tv=spf10 +all\n"
         "Z\texample.com\tTXT\tv=spf1\t -a\tll\nZ\texample.com\tTXT\tspf2.0/pra +all\n");
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.questions, 1);
    at_term(0, "-all");
    zone("Z\texample.com\tTXT\t v=spf1 +all\n");
    gives(QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_RECORD);
    zone("Z\texample.com\tTXT\tv=spf1 +all\nZ\texample.com\tTXT\tv=spf1 +all\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_RECORDS);
    zone("Z\texample.org\tTXT\tv=spf1 +all\n");
    gives(QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_RECORD);
    CHECK_INT(w.spf.answer, QUOTH_ANSWER_NXDOMAIN);
    zone("Z\tother.test\tTXT\tv=spf1 +all\n");
    conf.domain = "other.test.";
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    conf.domain = "localhost";
    gives(QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_DOMAIN);
    conf.domain = "[192.0.2.1]";
    gives(QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_DOMAIN);
    CHECK_INT(w.questions, 0);
}

TEST(F04)
{
    zone("Z\texample.com\tTXT\tv=spf1 a mx:example.com -all ip4:1.2.3\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_SYNTAX);
    CHECK_INT(w.questions, 1);
    CHECK_INT(w.spf.bad_at, 33);
    zone("Z\texample.com\tTXT\tv=spf1 exp=a.b -all EXP=c.d\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_TWICE);
    CHECK_INT(w.spf.bad_at, 20);
    zone("Z\texample.com\tTXT\tv=spf1 redirect=a.b +all redirect=c.d\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_TWICE);
    CHECK_INT(w.spf.bad_at, 25);
}

static const char ten[] =
    "Z\texample.com\tTXT\tv=spf1 include:x0.test a:x0.test a:x0.test mx:x0.test "
    "include:x0.test exists:x0.test a:x0.test redirect=b.test\n"
    "Z\tb.test\tTXT\tv=spf1 a:x0.test a:x0.test ~all\n"
    "Z\tx0.test\tTXT\tv=spf1 -all\nZ\tx0.test\tA\t10.0.0.1\n"
    "Z\tx0.test\tMX\t0\tx0.test\n";

TEST(F05)
{
    zone(ten);
    conf.ip.b[0] = 193;
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH); /* exists */
    CHECK_INT(w.spf.terms, 6);
    zone("Z\texample.com\tTXT\tv=spf1 a a a a a a a a a include:b.test ?all\n"
         "Z\tb.test\tTXT\tv=spf1 -all\nZ\texample.com\tA\t10.0.0.1\n");
    gives(QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.spf.terms, 10);
    zone("Z\texample.com\tTXT\tv=spf1 a a a a a a a a a include:b.test ?all\n"
         "Z\tb.test\tTXT\tv=spf1 a -all\nZ\texample.com\tA\t10.0.0.1\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_TERMS);
    CHECK_INT(w.spf.terms, 11);
    CHECK_INT(w.spf.depth, 1);
    name_is(1, "b.test");
    at_term(1, "a");
}

/* The walk: every term, as the worst sender meets it; the same include twice counts twice. */
TEST(F05_walk)
{
    static const uint8_t share[] = {1, 1, 1, 1, 1, 1, 1, 3};
    struct quoth_spf_term t;

    zone(ten);
    conf.ip.len = 0;
    gives(QUOTH_SPF_SOFTFAIL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.spf.terms, 10);
    CHECK_INT(w.spf.shares, 8);
    for (unsigned i = 0; i < 8; i++)
        CHECK_INT(w.spf.share[i].terms, share[i]);
    CHECK_INT(w.spf.voids, 0);

    zone(
        "Z\texample.com\tTXT\tv=spf1 include:x0.test ip4:1.2.3.4 include:x0.test -all a a a\n"
        "Z\tx0.test\tTXT\tv=spf1 a mx ptr exists:%{i}.x.test include:x1.test -all\n"
        "Z\tx1.test\tTXT\tv=spf1 a:x0.test\nZ\tx0.test\tA\t10.0.0.1\nZ\tx0.test\tMX\t1\tx0.test\n");
    conf.ip.len = 0;
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH); /* beyond the limit, and counted to the end */
    CHECK_INT(w.spf.terms, 14);
    CHECK_INT(w.spf.shares, 2);
    CHECK(w.spf.share[0].terms == 7 && w.spf.share[1].terms == 7);
    CHECK_INT(w.spf.saw, QUOTH_SPF_SAW_PTR | QUOTH_SPF_SAW_SKIPPED);
    size_t at = w.spf.share[1].at;
    const struct quoth_span record = quoth_spf_record(&w.spf, 0);
    CHECK_INT(quoth_spf_term(&t, record.p, record.n, &at), 1);
    CHECK(t.kind == QUOTH_SPF_INCLUDE && !memcmp(t.domain.p, "x0.test", 7));
    CHECK_INT(w.asked_ptr, 0);

    zone("Z\texample.com\tTXT\tv=spf1 include:x0.test a a -all\nZ\tx0.test\tTXT\tv=spf1 +all\n");
    conf.ip.len = 0;
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH); /* nobody comes further than that */
    CHECK_INT(w.spf.terms, 1);
    zone("Z\texample.com\tTXT\tv=spf1 redirect=%{d}.x.test\nZ\texample.com.x.test\tTXT\tv=spf1\n");
    conf.ip.len = 0;
    gives(QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_NO_MATCH); /* %{d} is known without a sender */
    CHECK(!(w.spf.saw & QUOTH_SPF_SAW_SKIPPED));
    zone("Z\texample.com\tTXT\tv=spf1 redirect=%{l}.x.test\n");
    conf.ip.len = 0;
    gives(QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_NO_MATCH);
    CHECK_INT(w.spf.terms, 1);
    CHECK_INT(w.spf.saw, QUOTH_SPF_SAW_SKIPPED);
}

static void mx_hosts(unsigned n)
{
    char line[200];

    zone("Z\texample.com\tTXT\tv=spf1 mx -all\n");
    for (unsigned i = 0; i < n; i++) {
        snprintf(line, sizeof line, "Z\texample.com\tMX\t%u\tx%u.test", i, i);
        spf_world_zone(&w, line);
    }
    many("A\t10.0.0.1", n);
}

TEST(F06)
{
    mx_hosts(10);
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.spf.terms, 1); /* addresses of hosts are not among the ten */
    CHECK_INT(w.questions, 12);
    spf_world_zone(&w, "Z\tx9.test\tA\t192.0.2.1");
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    mx_hosts(11);
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_HOSTS);
    conf.ip.len = 0;
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_HOSTS);
    zone("Z\texample.com\tTXT\tv=spf1 mx -all\nZ\texample.com\tMX\t0\t\n"); /* the null MX */
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.questions, 2);
    CHECK_INT(w.spf.voids, 0);

    zone("Z\texample.com\tTXT\tv=spf1 ptr:x.test -all\n"); /* the eleventh name is not looked at */
    for (unsigned i = 0; i < 11; i++) {
        char line[200];
        snprintf(line, sizeof line, "Z\t1.2.0.192.in-addr.arpa\tPTR\th%u.x.test", i);
        spf_world_zone(&w, line);
    }
    spf_world_zone(&w, "Z\th10.x.test\tA\t192.0.2.1");
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.questions, 12);
    spf_world_zone(&w, "Z\th9.x.test\tA\t192.0.2.1");
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
}

TEST(F07)
{
    zone("Z\texample.com\tTXT\tv=spf1 a mx exists:x.test ?all\nZ\texample.com\tMX\t0\tx.test\n");
    gives(QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.spf.voids, 2); /* an mx whose hosts have no address asked for something that is */
    zone("Z\texample.com\tTXT\tv=spf1 a mx exists:x.test ?all\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_VOIDS);
    CHECK_INT(w.spf.voids, 3);
    at_term(0, "exists:x.test");
    conf.ip.len = 0;
    gives(QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.spf.voids, 3);
    CHECK_INT(w.spf.share[2].voids, 1);
    zone("Z\texample.com\tTXT\tv=spf1 a:x0.test a:x1.test a:x2.test -all\n"
         "Z\tx0.test\tA\t10.0.0.1\nZ\tx1.test\tAAAA\t2001:db8::1\n");
    conf.ip.len = 0;
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.spf.voids, 1); /* void for everybody: neither A nor AAAA */
    zone("Z\texample.com\tTXT\tv=spf1 ptr ptr ptr -all\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_VOIDS);
}

TEST(F08)
{
    mx_hosts(4);
    spf_world_zone(&w, "Z\tx1.test\tAAAA\t2001:db8::1");
    conf.ip.len = 0;
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.spf.voids6, 3);
    CHECK_INT(w.spf.voids, 0);
    w.res.no_aaaa = 1;
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.questions, 2);
}

TEST(F10)
{
    zone("Z\texample.com\tTXT\tv=spf1 include:a.test -all\nZ\ta.test\tTXT\tv=spf1 include:b.test\n"
         "Z\tb.test\tTXT\tnothing of ours\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_NO_RECORD);
    CHECK_INT(w.spf.depth, 2);
    name_is(2, "b.test");
    at_term(1, "include:b.test");
    at_term(0, "include:a.test");
    zone("Z\texample.com\tTXT\tv=spf1 include:a.test -all\n"
         "Z\ta.test\tTXT\tv=spf1 a redirect=Example.COM.\nZ\ta.test\tA\t10.0.0.1\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_LOOP);
    CHECK_INT(w.spf.depth, 2);
    name_is(2, "Example.COM");
    at_term(1, "redirect=Example.COM.");
    zone("Z\texample.com\tTXT\tv=spf1 include:a..test -all\n");
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_NAME);
    at_term(0, "include:a..test");
}

TEST(F11)
{
    zone("Z\texample.com\tTXT\tv=spf1 a -all\nZ\texample.com\tTIMEOUT\n");
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_DNS);
    CHECK_INT(w.spf.answer, QUOTH_ANSWER_TIMEOUT);
    CHECK_INT(w.spf.ask.question.type, QUOTH_DNS_A);
    conf.ip.len = 0;
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_DNS);
    zone("Z\texample.com\tTIMEOUT\n");
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_DNS);
    w.res.servers = 0;
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_DNS);
    CHECK_INT(w.spf.answer, QUOTH_ANSWER_UNREACHABLE);
}

TEST(F12)
{
    zone("Z\texample.com\tTXT\tv=spf1 redirect=%{p}.x.test\n"
         "Z\t1.2.0.192.in-addr.arpa\tPTR\tother.test\nZ\t1.2.0.192.in-addr.arpa\tPTR\tm.example."
         "com\n"
         "Z\tother.test\tA\t192.0.2.1\nZ\tm.example.com\tA\t192.0.2.1\n"
         "Z\tm.example.com.x.test\tTXT\tv=spf1 -exists:%{p}.y.test ?all\n"
         "Z\tother.test.y.test\tA\t127.0.0.2\n");
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH); /* another domain: the name is chosen anew */
    CHECK_INT(w.spf.terms, 2);
    CHECK_INT(w.spf.saw, QUOTH_SPF_SAW_P);
    zone("Z\texample.com\tTXT\tv=spf1 include:other.test exists:%{p}.x.test -all\n"
         "Z\tother.test\tTXT\tv=spf1 exists:%{p}.y.test -all\n"
         "Z\t1.2.0.192.in-addr.arpa\tPTR\tm.other.test\nZ\t1.2.0.192.in-addr.arpa\tPTR\tm.example."
         "com\n"
         "Z\tm.other.test\tA\t192.0.2.1\nZ\tm.example.com\tA\t192.0.2.1\n"
         "Z\tm.example.com.x.test\tA\t127.0.0.2\n");
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH); /* and again behind what was included */
    zone("Z\texample.com\tTXT\tv=spf1 exists:%{p}.x.test -all\nZ\tunknown.x.test\tA\t127.0.0.2\n");
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.spf.voids, 0);

    zone("Z\texample.com\tTXT\tv=spf1 exists:%{S}._%{l1r-}.%{o2}.%{ir}.%{v}.%{h1} -all\n"
         "Z\tx-y%40example.com._x.example.com.1.2.0.192.in-addr.net\tA\t127.0.0.2\n");
    conf.from = "x-y@example.com";
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    zone("Z\texample.com\tTXT\tv=spf1 exists:%{i}.%{v}.x.test -all\nZ\t2.0.0.1.0.d.b.8.0.0.0.0.0."
         "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.ip6.x.test\tA\t127.0.0.2\n");
    client("2001:db8::A");
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);

    /* a name that is too long loses labels on the left, however long it was */
    zone("Z\texample.com\tTXT\tv=spf1 "
         "exists:z%{l}.%{l}.%{l}.%{l}.%{l}.%{l}.%{l}.%{l}.%{l}.%{l}.%{l}."
         "%{l}.%{l}.%{l}.x.test -all\n");
    char from[80], line[400] = "Z\t";
    memset(from, 'b', 60);
    strcpy(from + 60, "@example.com");
    conf.from = from;
    for (int i = 0; i < 4; i++)
        sprintf(line + strlen(line), "%.60s.", from);
    strcat(line, "x.test\tA\t127.0.0.2");
    spf_world_zone(&w, line);
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
}

/* A name of 253 bytes is asked for as it is; of 254 its first label is not there; one that is all
 * one label is none, and nobody is asked for it. */
TEST(F12_length)
{
    char from[80], record[120], line[400];

    memset(from, 'b', 58);
    strcpy(from + 58, "@example.com");
    for (int over = 0; over < 2; over++) {
        snprintf(record, sizeof record,
                 "Z\texample.com\tTXT\tv=spf1 exists:%.*s.%%{l}.%%{l}.%%{l}.%%{l}.x.test -all\n",
                 10 + over, "aaaaaaaaaaa");
        zone(record);
        conf.from = from;
        snprintf(line, sizeof line, "Z\t%s%.58s.%.58s.%.58s.%.58s.x.test\tA\t127.0.0.2",
                 over ? "" : "aaaaaaaaaa.", from, from, from, from);
        spf_world_zone(&w, line);
        gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    }
    zone("Z\texample.com\tTXT\tv=spf1 exists:%{l}%{l}%{l}%{l}%{l} ?all\n");
    conf.from = from;
    gives(QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.questions, 1);
    CHECK_INT(w.spf.voids, 0);
}

TEST(F14)
{
    zone("Z\texample.com\tTXT\tv=spf1 a:a..b mx:a..b exists:a..b ptr:a..b "
         "a:a123456789012345678901234567890123456789012345678901234567890123.test ?all\n");
    gives(QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.questions, 1);
    CHECK_INT(w.spf.voids, 0);
}

TEST(F17)
{
    zone("Z\tmx.example.net\tTXT\tv=spf1 exists:%{s}.x.test -all exp=why.test\n"
         "Z\tpostmaster@mx.example.net.x.test\tA\t127.0.0.2\n");
    conf.from = "";
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    conf.from = NULL;
    conf.ip.b[3] = 2;
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    conf.from = "@mx.example.net";
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    conf.from = "mx.example.net";
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    conf.from = "a@mx.example.net";
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
    CHECK_INT(w.questions, 2); /* the explanation is never fetched */
    CHECK_INT(w.spf.saw, QUOTH_SPF_SAW_EXP);
    conf.from = conf.helo = NULL;
    gives(QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_DOMAIN);
    conf.from = "\"a@b\"@mx.example.net";
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);

    zone("Z\texample.com\tTXT\tv=spf1 ip4:192.0.2.1 -all\n");
    client("::ffff:192.0.2.1");
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
}

/* ---- budgets ------------------------------------------------------------ */

TEST(F19)
{
    char line[800] = "Z\texample.com\tTXT\tv=spf1";
    zone("Z\tx.test\tTXT\tv=spf1 ?all\n");
    for (int i = 0; i < 40; i++)
        strcat(line, " include:x.test");
    spf_world_zone(&w, line);
    conf.ip.len = 0;
    gives(QUOTH_SPF_NEUTRAL, QUOTH_SPF_WHY_NO_MATCH);
    CHECK_INT(w.spf.terms, 40);
    CHECK_INT(w.spf.shares, QUOTH_SPF_SHARES);
    spf_world_init(&w);
    spf_world_zone(&w, line);
    spf_world_zone(&w, "Z\tx.test\tTXT\tv=spf1 include:y.test");
    spf_world_zone(&w, "Z\ty.test\tTXT\tv=spf1 ?all");
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG); /* 64 questions */
    CHECK_INT(w.questions, QUOTH_SPF_QUERIES_MAX);

    uint8_t memory[8192], seed[16] = {1}; /* what a cache knows counts as well */
    struct quoth_setcache sets;
    quoth_setcache_init(&sets, memory, sizeof memory, seed);
    conf.cache = &sets;
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG);
    CHECK_INT(w.questions, 3);
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG);
    CHECK_INT(w.questions, 0);
}

/* A chain of records that do not fit into the arena together. */
TEST(F19_arena)
{
    char line[700], text[500];
    zone("");
    for (int i = 0; i < 9; i++) {
        memset(text, 'a', 480);
        text[480] = 0;
        snprintf(line, sizeof line, "Z\t%s%d.test\tTXT\tv=spf1 include:x%d.test x=%s",
                 i ? "x" : "example", i, i + 1, text);
        spf_world_zone(&w, line);
    }
    conf.domain = "example0.test";
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG);
    CHECK_INT(w.spf.depth, 5);
    conf.ip.len = 0;
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG);
}

/* The chain ends where there is no room for the next name, to the byte, and not before. */
TEST(F19_arena_exact)
{
    char line[900], text[600];
    unsigned full = 0;

    for (unsigned more = 0; more < 40; more++) {
        size_t used = 0;
        zone("");
        for (int i = 0; i < 9; i++) {
            memset(text, 'a', sizeof text);
            text[i == 3 ? 500 + more : 470] = 0;
            snprintf(line, sizeof line, "Z\tx%d.test\tTXT\tv=spf1 include:x%d.test x=%s", i, i + 1,
                     text);
            spf_world_zone(&w, line);
        }
        conf.domain = "x0.test";
        gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG);
        for (unsigned i = 0; i <= w.spf.depth; i++)
            used += quoth_spf_name(&w.spf, i).n + quoth_spf_record(&w.spf, i).n;
        CHECK(used <= sizeof w.spf.arena);
        if (!quoth_spf_record(&w.spf, w.spf.depth).n)
            full += used == sizeof w.spf.arena; /* its name just fitted */
        else
            CHECK(used + strlen("x0.test") > sizeof w.spf.arena);
    }
    CHECK_INT(full, 1);
}

/* A chain of empty ones is as deep as terms allow. */
TEST(F19_deep)
{
    char line[200];
    zone("");
    for (int i = 0; i < 20; i++) {
        snprintf(line, sizeof line, "Z\tx%d.test\tTXT\tv=spf1 include:x%d.test", i, i + 1);
        spf_world_zone(&w, line);
    }
    conf.ip.len = 0;
    conf.domain = "x0.test";
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_TERMS);
    CHECK_INT(w.spf.depth, QUOTH_SPF_FRAMES - 1);
    conf.ip.len = 4;
    gives(QUOTH_SPF_PERMERROR, QUOTH_SPF_WHY_TERMS);
    CHECK_INT(w.spf.terms, 11);
}

TEST(F19_time)
{
    zone("Z\texample.com\tTXT\tv=spf1 a -all\nZ\texample.com\tTIMEOUT\n");
    w.res.servers = 3;
    for (int i = 0; i < 3; i++)
        w.res.server[i].peer.ip = (struct quoth_ip) {4, {192, 0, 2, 53}};
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG);
    CHECK_INT(w.spf.answer, QUOTH_ANSWER_TIMEOUT);
    CHECK_INT(w.longest, 20000);
}

/* However a run ends, the cache is left with no question that somebody is said to ask. */
TEST(F19_cache_asked)
{
    const uint8_t seed[16] = {1};
    uint8_t memory[8192], buf[64];
    struct quoth_setcache sets;

    for (int late = 0; late < 2; late++) {
        zone("Z\texample.com\tTXT\tv=spf1 a -all\nZ\texample.com\tTIMEOUT\n");
        w.res.servers = late ? 3 : 1;
        for (int i = 0; i < 3; i++)
            w.res.server[i].peer.ip = (struct quoth_ip) {4, {192, 0, 2, 53}};
        quoth_setcache_init(&sets, memory, sizeof memory, seed);
        conf.cache = &sets;
        spf_world_run(&w, &conf);
        CHECK_INT(w.longest, late ? 20000 : w.longest);
        struct quoth_rrset set = {.buf = buf, .cap = sizeof buf};
        const struct quoth_question question = {&w.spf.ask.name, w.spf.ask.question.type, 0};
        CHECK(quoth_setcache_get(&sets, &question, 0xFFFFFF00u + w.longest, &set) != QUOTH_AGAIN);
        conf.cache = NULL;
    }
}

TEST(F19_entropy)
{
    struct quoth_want want;
    struct quoth_event ev = {.kind = QUOTH_EV_TIME};

    zone("Z\texample.com\tTXT\tv=spf1 a -all\n");
    conf.resolver = &w.res;
    quoth_spf_start(&w.spf, &conf, NULL, 5);
    quoth_spf_want(&w.spf, &want);
    CHECK_INT(want.kind, QUOTH_WANT_DONE);
    CHECK(w.spf.result == QUOTH_SPF_TEMPERROR && w.spf.why == QUOTH_SPF_WHY_ENTROPY);
    CHECK_INT(quoth_spf_feed(&w.spf, &ev), QUOTH_EINVAL);
}

/* Records that mean no good, a thousand of them, all leading to one another. */
static unsigned dice_state = 1;
static unsigned dice(unsigned n)
{
    dice_state = dice_state * 1103515245u + 12345u;
    return (dice_state >> 16) % n;
}

static void hostile(void)
{
    static const char *const terms[] = {"a",
                                        "mx",
                                        "ptr",
                                        "include:x%u.test",
                                        "a:x%u.test",
                                        "mx:x%u.test",
                                        "-ip4:10.0.0.%u",
                                        "ptr:x%u.test",
                                        "exists:%%{p}.x%u.test",
                                        "include:%%{l}%u.test",
                                        "redirect=x%u.test",
                                        "exists:%%{ir}.x%u.test",
                                        "?include:x%u.test",
                                        "a:%%{s}%%{s}%%{s}%%{h}%%{D}.x%u.test",
                                        "z%u=%%{l200r-+}"};
    char line[SPF_WORLD_DATA];

    zone("Z\t1.2.0.192.in-addr.arpa\tPTR\tx1.test\nZ\t1.2.0.192.in-addr.arpa\tPTR\tx2.test\n");
    for (unsigned i = 0; i < 8; i++) {
        int redirected = 0;
        snprintf(line, sizeof line, "Z\tx%u.test\tTXT\tv=spf1", i);
        for (unsigned k = dice(12); k > 0; k--) {
            unsigned t = dice(sizeof terms / sizeof *terms);
            if (!strncmp(terms[t], "redirect", 8) && redirected++)
                continue;
            strcat(line, " ");
            snprintf(line + strlen(line), sizeof line - strlen(line), terms[t], dice(9));
        }
        spf_world_zone(&w, line);
        if (dice(3)) {
            snprintf(line, sizeof line, "Z\tx%u.test\tA\t192.0.2.%u", i, dice(9));
            spf_world_zone(&w, line);
        }
        snprintf(line, sizeof line, "Z\tx%u.test\tMX\t1\tx%u.test", i, dice(9));
        spf_world_zone(&w, line);
    }
    conf.from = "\"x.y-z+0\"@x0.test";
    if (!dice(4))
        conf.ip.len = 0;
}

/* Aliases that are asked for one by one are questions, of which there are so many. */
TEST(F19_aliases)
{
    for (uint8_t most = 2; most <= 8; most++) {
        zone("Z\texample.com\tTXT\tv=spf1 a:c0.test a:d.test -all\nZ\tc0.test\tCNAME\tc1.test\n"
             "Z\tc1.test\tCNAME\tc2.test\nZ\tc2.test\tA\t192.0.2.9\nZ\td.test\tCNAME\te.test\n"
             "Z\te.test\tA\t192.0.2.1\n");
        w.bare = 1;
        conf.queries_max = most;
        spf_world_run(&w, &conf);
        CHECK_INT(w.spf.result, most >= 6 ? QUOTH_SPF_PASS : QUOTH_SPF_TEMPERROR);
        CHECK_INT(w.spf.queries, w.questions);
        CHECK_INT(w.questions, most < 6 ? most : 6);
    }
}

static void text_of(char *line, const char *name, unsigned n, const char *end)
{
    sprintf(line, "Z\t%s\tTXT\tv=spf1 x=%0*u %s\n", name, (int)n, 1u, end);
}

/* Nine mail hosts of that domain, with names of 200 bytes; `known`: and with an address each. */
static void nine_hosts(const char *domain, int known)
{
    char host[201], line[512];

    memset(host, 'h', 200);
    host[63] = host[127] = host[191] = '.';
    host[200] = 0;
    for (unsigned i = 0; i < 9; i++) {
        host[0] = (char)('a' + i);
        sprintf(line, "Z\t%s\tMX\t1\t%s\n", domain, host);
        spf_world_zone(&w, line);
        if (!known)
            continue;
        sprintf(line, "Z\t%s\tA\t192.0.2.1\n", host);
        spf_world_zone(&w, line);
    }
}

/* What is over leaves its room to what comes. */
TEST(F19_arena_again)
{
    char line[3000];

    zone("Z\texample.com\tTXT\tv=spf1 include:x0.test include:x1.test include:x2.test "
         "include:x3.test include:x4.test include:x5.test include:x6.test include:x7.test ~all\n");
    for (unsigned i = 0; i < 8; i++) {
        char name[20];
        sprintf(name, "x%u.test", i);
        text_of(line, name, 450, "-all");
        spf_world_zone(&w, line);
    }
    gives(QUOTH_SPF_SOFTFAIL, QUOTH_SPF_WHY_MATCH);
    zone("Z\texample.com\tTXT\tv=spf1 include:m.test include:x.test ~all\n"
         "Z\tm.test\tTXT\tv=spf1 -mx -all\n"); /* the hosts of an mx that matched */
    nine_hosts("m.test", 1);
    text_of(line, "x.test", 1800, "-all");
    spf_world_zone(&w, line);
    gives(QUOTH_SPF_SOFTFAIL, QUOTH_SPF_WHY_MATCH);
}

/* An answer for which there is no room is not known; texts that are no record need none. */
TEST(F19_arena_cut)
{
    static char line[3000];

    zone("");
    text_of(line, "example.com", 1800, "mx -all");
    spf_world_zone(&w, line);
    nine_hosts("example.com", 0);
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG);
    zone("");
    text_of(line, "example.com", 1800, "a -all");
    spf_world_zone(&w, line);
    for (unsigned i = 0; i < 300; i++) {
        sprintf(line, "Z\texample.com\tA\t198.51.%u.%u\n", i / 250, i % 250);
        spf_world_zone(&w, line);
    }
    gives(QUOTH_SPF_TEMPERROR, QUOTH_SPF_WHY_TOO_BIG);
    zone("");
    for (unsigned i = 0; i < 4; i++) {
        sprintf(line, "Z\texample.com\tTXT\tother=%01000u\n", i);
        spf_world_zone(&w, line);
    }
    spf_world_zone(&w, "Z\texample.com\tTXT\tv=spf1 -all\n");
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
}

/* Senders and domains as long as nobody has them; a tilde is escaped nowhere. */
TEST(F12_long)
{
    static char from[700], domain[5000];

    zone("Z\texample.com\tTXT\tv=spf1 exists:%{L}.x.test -all\nZ\ta~b.x.test\tA\t127.0.0.2\n");
    conf.from = "a~b@example.com";
    gives(QUOTH_SPF_PASS, QUOTH_SPF_WHY_MATCH);
    zone("Z\texample.com\tTXT\tv=spf1 exists:%{s}.x.test -all\n");
    memset(from, 'a', sizeof from - 1);
    from[400] = '@';
    conf.from = from;
    conf.domain = "example.com";
    gives(QUOTH_SPF_FAIL, QUOTH_SPF_WHY_MATCH);
    memset(domain, 'd', sizeof domain - 1);
    conf.domain = domain;
    gives(QUOTH_SPF_NONE, QUOTH_SPF_WHY_NO_DOMAIN);
}

/* A walk counts no further than a byte does. */
TEST(F05_most)
{
    static char line[3000] = "Z\texample.com\tTXT\tv=spf1";

    for (unsigned i = 0; i < 300; i++)
        strcat(line, " ptr");
    strcat(line, "\n");
    zone(line);
    conf.ip.len = 0;
    spf_world_run(&w, &conf);
    CHECK_INT(w.spf.terms, 255);
}

TEST(F19_hostile)
{
    for (unsigned i = 0; i < 1000; i++) {
        hostile();
        CHECK(spf_world_run(&w, &conf) != QUOTH_SPF_NONE);
        CHECK(w.questions <= QUOTH_SPF_QUERIES_MAX);
    }
}

/* Each question of such a domain fails: the result is temperror. Where the client's own names were
 * asked for, a failure may also be a match that was not found; it never becomes "none". */
TEST(F11_each)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < 1000; i++) {
        hostile();
        w.res.tries = 1;
        spf_world_run(&w, &conf);
        unsigned questions = w.questions;
        w.fail_at = 1 + dice(questions);
        for (w.fail_how = 0; w.fail_how <= SPF_WORLD_BROKEN; w.fail_how++) {
            enum quoth_spf_result result = spf_world_run(&w, &conf);
            if (result == QUOTH_SPF_TEMPERROR)
                failed++;
            else
                CHECK(result != QUOTH_SPF_NONE && (w.asked_ptr || w.spf.ip.len == 0));
        }
    }
    CHECK(failed > 2000);
}

/* ---- the same as a plain reference says (spf_ref.h) --------------------------- */

static unsigned below(unsigned n)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

#define ANY(words) words[below(sizeof words / sizeof *(words))]

static const char *const clients[] = {"192.0.2.1", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"};

/* A record: terms that mostly do not match, so that much is asked. */
static void make_record(char *line, size_t cap)
{
    static const char *const terms[] = {
        "a",
        "mx",
        "ptr",
        "a:h%u.test",
        "a:h%u.test/24",
        "mx:h%u.test",
        "mx:h%u.test/30//120",
        "include:h%u.test",
        "include:h%u.test",
        "-include:h%u.test",
        "include:%%{d1r}.test",
        "exists:h%u.test",
        "ptr:h%u.test",
        "ptr:test",
        "?a:H%u.test//64",
        "ip4:192.0.2.0/%u",
        "ip6:2001:db8::/3%u",
        "-ip4:10.0.0.%u",
        "exists:%%{i}.h%u.test",
        "a:%%{ir}.h%u.test",
        "exists:%%{l1r-}.%%{o}.test",
        "exists:%%{L}.h%u.test",
        "exists:%%{s2+-}.test",
        "include:%%{o}",
        "exists:%%{p2}.test",
        "exists:%%{p}",
        "exists:%%{p}.h%u.test",
        "a:%%{pr1}.test",
        "mx:%%{h}",
        "exists:%%{v}.%%{h2r}.h%u.test",
        "exists:%%{S}.%%{H}.test",
        "exists:%%%%%%_%%-.%%{d}.test",
        "include:%%{p}",
        "a:a..test",
        "include:%%{l}..test",
        "exists:%%{o}.%%{o}.%%{o}.%%{o}.%%{s}.%%{s}.%%{d}.h%u.test",
        "exists:%%{d}.%%{d}.%%{d}.%%{d}.%%{d}.%%{d}.%%{d}.%%{d}.%%{o}.%%{o}.h%u.test.",
        "redirect=h%u.test",
        "redirect=h%u.test",
        "redirect=%%{d2}",
        "redirect=%%{p}",
        "exp=h%u.test",
        "x=%%{l}",
        "~all",
        "-all",
        "all",
        "?all",
        "exists:%%{ir-}%%{v}.test",
        "a:%%{d}",
        "exists:%%{l1}.test"};
    const unsigned n = below(below(8) ? 6 : 14);

    for (unsigned i = 0; i < n; i++) {
        strcat(line, " ");
        snprintf(line + strlen(line), cap - strlen(line), ANY(terms), below(7), below(7));
    }
    if (below(12) == 0) { /* many that do not match, so that they are counted */
        const unsigned of = below(6);
        for (unsigned k = 8 + below(4); k > 0; k--)
            snprintf(line + strlen(line), cap - strlen(line), " a:m.h%u.test", of);
    }
    if (below(30) == 0)
        strcat(line, " a:");
}

/* Some names, what is published of each; now and then one that cannot be asked. */
static void make_zone(void)
{
    static const char *const here[] = {"192.0.2.1", "192.0.2.2", "192.0.2.77",
                                       "10.0.0.1",  "10.0.0.2",  "10.0.0.3"},
                             *const here6[] = {"2001:db8::1", "2001:db8::2", "2001:db8::1:0:0:1",
                                               "2a00::1"};
    char line[1200];

    spf_world_init(&w);
    for (unsigned i = 0; i < 6; i++) { /* of h6 there is nothing */
        for (unsigned n = below(12) ? 1 : below(3); n > 0; n--) {
            snprintf(line, sizeof line, "Z\th%u.test\tTXT\tv=spf1", i);
            make_record(line, sizeof line);
            spf_world_zone(&w, line);
        }
        for (unsigned n = below(3); n > 0; n--) {
            snprintf(line, sizeof line, "Z\th%u.test\tA\t%s", i, ANY(here));
            spf_world_zone(&w, line);
        }
        for (unsigned n = below(3); n > 0; n--) {
            snprintf(line, sizeof line, "Z\th%u.test\tAAAA\t%s", i, ANY(here6));
            spf_world_zone(&w, line);
        }
        for (unsigned k = 0, n = below(8) ? below(4) : 8 + below(4); k < n; k++) {
            snprintf(line, sizeof line, "Z\th%u.test\tMX\t%u\tm%u.h%u.test", i, k, below(9), k % 7);
            spf_world_zone(&w, line);
        }
        if (below(10) == 0) {
            snprintf(line, sizeof line, "Z\th%u.test\tMX\t9\t", i);
            spf_world_zone(&w, line);
        }
        snprintf(line, sizeof line, "Z\t*.h%u.test\tA\t%s", i, ANY(here));
        spf_world_zone(&w, line);
        if (below(12) == 0) {
            snprintf(line, sizeof line, "Z\th%u.test\tBOGUS\t", below(6));
            spf_world_zone(&w, line);
        }
    }
    for (unsigned k = 0, n = below(3) ? below(4) : 8 + below(5); k < n; k++) {
        snprintf(line, sizeof line, "Z\t1.2.0.192.in-addr.arpa\tPTR\t%sh%u.test",
                 &"m.\0"[3 * below(2)], below(7));
        spf_world_zone(&w, line);
        snprintf(line, sizeof line,
                 "Z\t1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6."
                 "arpa\tPTR\t%sh%u.test",
                 &"m.\0"[3 * below(2)], below(7));
        spf_world_zone(&w, line);
    }
}

static void make_sender(void)
{
    static const char *const froms[] = {
        "a@h0.test",   "a.b-c+d@h0.test", "",          NULL,        "h0.test", "@h1.test",
        "x@y@h2.test", "a b/c@h0.test",   "%@H0.TEST", "a@h0.test."};
    static const char *const helos[] = {"h1.test", "h3.test", NULL, "mx.h2.test", "[192.0.2.1]"};
    static const char *const domains[] = {NULL, NULL, NULL, "h0.test", "H1.test.", "test", ".", ""};
    static char from[800];

    memset(&conf, 0, sizeof conf);
    if (below(5))
        client(ANY(clients));
    conf.from = ANY(froms);
    conf.helo = ANY(helos);
    conf.domain = ANY(domains);
    conf.queries_max = (uint8_t)(below(3) ? 0 : below(3) ? below(12) : 60 + below(10));
    w.res.no_aaaa = (uint8_t)(below(6) == 0);
    if (below(10) == 0) { /* a name in EHLO that is too long */
        static char helo[300];
        const unsigned n = 250 + below(10);
        for (unsigned i = 0; i < n; i++)
            helo[i] = "h."[i % 20 == 19];
        helo[n] = 0;
        conf.helo = helo;
    }
    if (below(10) == 0) { /* a sender that is far too long */
        const unsigned local = 240 + below(200), domain = 230 + below(40);
        memset(from, 'l', local);
        for (unsigned i = 1; i < 8; i++)
            from[below(local)] = ".-+"[below(3)];
        from[local] = '@';
        for (unsigned i = 1; i < domain; i++)
            from[local + i] = "o."[i % 20 == 19];
        from[local + domain] = 0;
        conf.from = from;
        conf.domain = below(3) ? "h0.test" : NULL;
    }
}

static void same_as_ref(void)
{
    static struct ref_spf ref;

    ref_check_host(&ref, &w, &conf);
    spf_world_run(&w, &conf);
    CHECK_STR(quoth_spf_result_name((enum quoth_spf_result)w.spf.result),
              quoth_spf_result_name(ref.result));
    CHECK_INT(w.spf.why, ref.why);
    CHECK_INT(w.spf.terms, ref.terms);
    CHECK_INT(w.spf.voids, ref.voids);
    CHECK_INT(w.spf.voids6, ref.voids6);
    CHECK_INT(w.spf.saw, ref.saw);
    CHECK_INT(w.spf.queries, ref.queries);
    CHECK_INT(w.spf.depth, ref.depth);
    CHECK_INT(w.spf.bad_at, ref.bad_at);
    CHECK_INT(w.spf.open, ref.open);
    CHECK(w.asked == ref.asked);
    for (int i = 0; i <= ref.depth && ref.why != QUOTH_SPF_WHY_NO_DOMAIN; i++)
        name_is((unsigned)i, ref.name[i]);
    CHECK_INT(w.spf.shares, ref.shares);
    for (unsigned i = 0; i < ref.shares; i++) {
        CHECK_INT(w.spf.share[i].at, ref.share[i].at);
        CHECK_INT(w.spf.share[i].terms, ref.share[i].terms);
        CHECK_INT(w.spf.share[i].voids, ref.share[i].voids);
    }
}

TEST(F01_reference)
{
    unsigned met[QUOTH_SPF_WHYS] = {0};

    for (unsigned i = 0; i < 12000 && !test_bad_checks; i++) {
        if (i % 4 == 0)
            make_zone();
        make_sender();
        same_as_ref();
        met[w.spf.why]++;
    }
    for (int why = QUOTH_SPF_WHY_MATCH; why < QUOTH_SPF_WHY_ENTROPY; why++)
        CHECK_INT(met[why] ? why : 0, why);
    if (!test_bad_checks)
        return;
    for (unsigned i = 0; i < w.records; i++)
        if (w.rr[i].type == QUOTH_DNS_TXT)
            printf("    %.*s\n", (int)w.rr[i].n, (const char *)w.rr[i].data);
    printf("    from %s helo %s domain %s ip %u\n", conf.from ? conf.from : "-",
           conf.helo ? conf.helo : "-", conf.domain ? conf.domain : "-", conf.ip.len);
}

/* What nobody may guess depends on the seed: the id of every question. */
TEST(Q02_spf_seed)
{
    uint16_t id[SPF_WORLD_IDS];

    zone("Z\texample.com\tTXT\tv=spf1 a mx include:a.test -all\nZ\ta.test\tTXT\tv=spf1 a a:b.test "
         "-all\n");
    client("192.0.2.1");
    spf_world_run(&w, &conf);
    memcpy(id, w.id, sizeof id);
    w.seed++;
    spf_world_run(&w, &conf);
    CHECK_INT(w.questions, 5);
    for (unsigned i = 0; i < w.questions; i++)
        CHECK(w.id[i] != id[i]);
}

int main(void)
{
    RUN(F02);
    RUN(F04);
    RUN(F05);
    RUN(F05_walk);
    RUN(F06);
    RUN(F07);
    RUN(F08);
    RUN(F10);
    RUN(F11);
    RUN(F12);
    RUN(F12_length);
    RUN(F14);
    RUN(F17);
    RUN(F19);
    RUN(F19_arena);
    RUN(F19_arena_exact);
    RUN(F19_deep);
    RUN(F19_time);
    RUN(F19_cache_asked);
    RUN(F19_entropy);
    RUN(F19_aliases);
    RUN(F19_arena_again);
    RUN(F19_arena_cut);
    RUN(F12_long);
    RUN(F05_most);
    RUN(F19_hostile);
    RUN(F11_each);
    RUN(F01_reference);
    RUN(Q02_spf_seed);
    return report("spf");
}
