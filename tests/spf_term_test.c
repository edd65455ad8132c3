/* spf_term_test.c - SPF records, term by term: what the grammar of RFC 7208 12 takes, what it does
 * not, and where.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "quoth_domain.h"
#include "test.h"

/* The whole record: its terms, or -1 with `at` on the byte that is wrong. */
static int terms(const char *record, size_t n, size_t *at)
{
    struct quoth_spf_term t;
    int rc, count = 0;
    *at = 0;
    while ((rc = quoth_spf_term(&t, record, n, at)) == 1)
        count++;
    CHECK(*at <= n);
    return rc < 0 ? -1 : count;
}

static void good(const char *term)
{
    char record[400];
    size_t at;
    snprintf(record, sizeof record, "v=spf1 %s", term);
    if (terms(record, strlen(record), &at) != 1)
        printf("not taken: %s (at %u)\n", term, (unsigned)at);
    CHECK_INT(terms(record, strlen(record), &at), 1);
}

/* `where`: the offset in the term of what is wrong. */
static void bad(const char *term, size_t where)
{
    char record[400];
    size_t at;
    snprintf(record, sizeof record, "v=spf1 %s", term);
    if (terms(record, strlen(record), &at) != -1)
        printf("taken: %s\n", term);
    CHECK_INT(terms(record, strlen(record), &at), -1);
    if (at != 7 + where)
        printf("elsewhere: %s\n", term);
    CHECK_INT(at, 7 + where);
}

static struct quoth_spf_term one(const char *term)
{
    static char record[400];
    struct quoth_spf_term t;
    size_t at = 0;
    memset(&t, 0, sizeof t);
    snprintf(record, sizeof record, "v=spf1 %s", term);
    CHECK_INT(quoth_spf_term(&t, record, strlen(record), &at), 1);
    CHECK_INT(at, strlen(record));
    return t;
}

TEST(F02)
{
    size_t at;
    CHECK_INT(terms("v=spf1", 6, &at), 0);
    CHECK_INT(terms("V=sPf1 ", 7, &at), 0);
    CHECK_INT(terms("v=spf1   all  -all ", 19, &at), 2);
    CHECK(quoth_spf_is_record("v=spf1 -all", 11));
    CHECK(!quoth_spf_is_record(" v=spf1 -all", 12));
    CHECK(!quoth_spf_is_record("v=spf10 -all", 12));
    CHECK(!quoth_spf_is_record("v=spf1\tall", 10));
    CHECK(!quoth_spf_is_record("v=spf", 5));
    CHECK(!quoth_spf_is_record("spf2.0/pra -all", 15));
    CHECK_INT(terms("v=spf10 all", 11, &at), -1);
    CHECK_INT(at, 0);
}

TEST(F04)
{
    size_t at;
    const char *record = "v=spf1 a -all mx:bad..";
    CHECK_INT(terms(record, strlen(record), &at), -1);
    CHECK_INT(at, 21);
    CHECK_INT(terms("v=spf1 a\r", 9, &at), -1); /* only a blank ends a term */
    CHECK_INT(terms("v=spf1 a\tmx", 11, &at), -1);
    CHECK_INT(terms("v=spf1 a\0", 9, &at), -1);
    CHECK_INT(terms("v=spf1 \xc3\xa4", 9, &at), -1);
    CHECK_INT(at, 7);
}

TEST(F13)
{
    struct quoth_spf_term t = one("ip4:192.0.2.128/25");
    CHECK(t.kind == QUOTH_SPF_IP4 && t.net.bits == 25 && t.net.ip.len == 4 && t.net.ip.b[3] == 128);
    t = one("-ip6:2001:db8::/32");
    CHECK(t.kind == QUOTH_SPF_IP6 && t.net.bits == 32 && t.net.ip.len == 16);
    CHECK_INT(t.result, QUOTH_SPF_FAIL);
    CHECK_INT(one("ip4:192.0.2.1").net.bits, 32);
    CHECK_INT(one("ip6:::1.2.3.4").net.bits, 128);
    CHECK_INT(one("ip4:0.0.0.0/0").net.bits, 0);
    bad("ip4", 3);
    bad("ip4:", 4);
    bad("ip4:1.2.3", 4);
    bad("ip4:1.2.3.4:80", 4);
    bad("ip4:1.2.3.04", 4);
    bad("ip4:1.2.3.4/33", 12);
    bad("ip4:1.2.3.4/024", 12);
    bad("ip4:1.2.3.4/", 4);
    bad("ip4:1.2.3.4//32", 4);
    bad("ip4:2001:db8::", 4);
    bad("ip6:1.2.3.4", 4);
    bad("ip6:::1/129", 8);
    bad("ip6:::1/1000000000000000000000", 8);
    bad("ip6::CAFE::BABE", 4);
    bad("ip4/24", 3);
    t = one("a/24//64");
    CHECK(t.bits4 == 24 && t.bits6 == 64 && t.domain.n == 0);
    t = one("mx:example.com//0");
    CHECK(t.bits4 == 32 && t.bits6 == 0 && t.domain.n == 11);
    t = one("a:foo:bar/baz.example.com/8");
    CHECK(t.bits4 == 8 && t.bits6 == 128 && t.domain.n == 23);
    good("mx//128");
    good("a/0");
    bad("a/24/64", 5);
    bad("a/33", 2);
    bad("mx//129", 4);
    bad("a/", 1);
    bad("a//", 1);
    bad("a//24//64", 1);
    bad("a:example.com/24/64", 17);
    bad("ptr/0", 3);
    bad("include:example.com/24", 16);
    bad("all/8", 3);
}

TEST(F14)
{
    good("a:example.com");
    good("a:example.com.");
    good("a:1.2.3.x4");
    good("a:foo.xn--zckzah");
    good("a:%{d}");
    good("exists:x%%");
    good("exists:%{i}._spf.%{d2}");
    good("a:a..example.com");
    bad("a:museum", 2);
    bad("a:museum.", 2);
    bad("a:111.222.33.44", 13);
    bad("a:abc.123", 6);
    bad("a:example.-com", 10);
    bad("a:example.com-", 10);
    bad("a:example.com:8080", 10);
    bad("a:%{d}.", 2);
    bad("a:foo.%{d}com", 6);
    bad("a:", 2);
    bad("include", 7);
    bad("include:", 8);
    bad("exists", 6);
    bad("all:example.com", 3);
    bad("a=example.com..%{x}", 15);
}

TEST(F12)
{
    CHECK_INT(one("exists:%{d}").macros, QUOTH_SPF_MACRO_DOMAIN);
    CHECK_INT(one("exists:%{ir}.%{v}.%{d}").macros,
              QUOTH_SPF_MACRO_DOMAIN | QUOTH_SPF_MACRO_SENDER);
    CHECK_INT(one("exists:%{P}.a.b").macros, QUOTH_SPF_MACRO_SENDER | QUOTH_SPF_MACRO_P);
    CHECK_INT(one("exists:%%.a.b").macros, 0);
    good("exists:%{l1r+-./_=,}");
    good("exists:%{S9999999999R}");
    good("exists:%{h}%_%-");
    bad("exists:%{c}.example.com", 7);
    bad("exists:%{r}.example.com", 7);
    bad("exists:%{t}.example.com", 7);
    bad("exists:a%{d0}", 8);
    bad("exists:a%{d00r}", 8);
    bad("exists:%(ir).example.com", 7);
    bad("exists:foo%.example.com", 10);
    bad("exists:foo.com%", 14);
    bad("exists:%{", 7);
    bad("exists:%{d", 7);
    bad("exists:%{d1", 7);
    bad("exists:%{dr", 7);
    bad("exists:%{d-", 7);
    bad("exists:%{rd}", 7);
    bad("exists:%{d;}", 7);
    bad("exists:%{}", 7);
}

TEST(F15)
{
    CHECK_INT(one("?all").result, QUOTH_SPF_NEUTRAL);
    CHECK_INT(one("~ALL").result, QUOTH_SPF_SOFTFAIL);
    CHECK_INT(one("+All").result, QUOTH_SPF_PASS);
    CHECK_INT(one("InClude:example.com").kind, QUOTH_SPF_INCLUDE);
    CHECK_INT(one("REDIRECT=example.com").kind, QUOTH_SPF_REDIRECT);
    CHECK_INT(one("exp=example.com").kind, QUOTH_SPF_EXP);
    CHECK_INT(one("default=+").kind, QUOTH_SPF_OTHER);
    CHECK_INT(one("a=b").kind, QUOTH_SPF_OTHER);
    CHECK_INT(one("moo.cow-far_out=man:dog/cat").kind, QUOTH_SPF_OTHER);
    CHECK_INT(one("m=%{c}").kind, QUOTH_SPF_OTHER);
    good("x=");
    bad("ipv4:1.2.3.4", 0);
    bad("alll", 0);
    bad("-", 1);
    bad("-+all", 1);
    bad("redirect:example.com", 0);
    bad("exp", 0);
    bad("-redirect=example.com", 0);
    bad("+x=y", 0);
    bad("=all", 0);
    bad("1up=foo", 0);
    bad("moo.cow/far_out=man", 0);
    bad("redirect=", 9);
    bad("exp=", 4);
    bad("exp=-all", 4);
    bad("redirect=-all", 9);
    bad("foo=%abc", 4);
    bad("all;", 3);
}

/* Wherever a record is cut, the reader ends, inside of what it was given. */
TEST(F04_cut)
{
    static const char record[] =
        "v=spf1 +ip4:192.0.2.0/24 a:%{l1r-}.x.%{d2}/24//64 -mx:example.com "
        "?include:a.b ~ptr:c.d redirect=%{h}.example.com exp=e.f x=%_ all";
    struct quoth_spf_term t;
    for (size_t n = 0; n < sizeof record; n++) {
        char *exact = malloc(n ? n : 1);
        size_t at = 0, before = 0;
        if (!exact)
            abort();
        memcpy(exact, record, n);
        while (quoth_spf_term(&t, exact, n, &at) == 1) {
            CHECK(at > before && at <= n);
            CHECK(t.text.p >= exact && t.text.p + t.text.n == exact + at);
            before = at;
        }
        CHECK(at <= n);
        free(exact);
    }
}

TEST(F17)
{
    CHECK_STR(quoth_spf_result_name(QUOTH_SPF_NONE), "none");
    CHECK_STR(quoth_spf_result_name(QUOTH_SPF_NEUTRAL), "neutral");
    CHECK_STR(quoth_spf_result_name(QUOTH_SPF_PASS), "pass");
    CHECK_STR(quoth_spf_result_name(QUOTH_SPF_FAIL), "fail");
    CHECK_STR(quoth_spf_result_name(QUOTH_SPF_SOFTFAIL), "softfail");
    CHECK_STR(quoth_spf_result_name(QUOTH_SPF_TEMPERROR), "temperror");
    CHECK_STR(quoth_spf_result_name(QUOTH_SPF_PERMERROR), "permerror");
    CHECK_STR(quoth_spf_result_name(QUOTH_SPF_RESULTS), "?");
}

int main(void)
{
    RUN(F02);
    RUN(F04);
    RUN(F04_cut);
    RUN(F12);
    RUN(F13);
    RUN(F14);
    RUN(F15);
    RUN(F17);
    return report("spf_term");
}
