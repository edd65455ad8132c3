/* spf_term_test.c - SPF records, term by term: what the grammar of RFC 7208 12 takes, what it does
 * not, and where.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <strings.h>
#include "spf_term_ref.h"
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
    CHECK_INT(terms("v=spf1 \0all", 11, &at), -1);
    CHECK_INT(at, 7);
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
    bad("ip4:1.2.3.4/320", 12);
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
    t = one("a:%{d/}"); /* a slash of a macro's is none before a length */
    CHECK(t.bits4 == 32 && t.bits6 == 128 && t.domain.n == 5);
    good("mx//128");
    good("a/0");
    bad("a/24/64", 5);
    bad("a/33", 2);
    bad("mx//129", 4);
    bad("mx//1280", 4);
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

/* ---- against a plain reference (spf_term_ref.h) ---------------------------- */

static unsigned below(unsigned n)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

#define ANY(words) words[below(sizeof words / sizeof *(words))]

static void put(char *text, const char *word) { strcat(text, word); }

/* A name, mostly; a macro; signs that belong elsewhere. */
static void put_spec(char *text)
{
    static const char *const parts[] = {"example",
                                        "com",
                                        "a",
                                        "1",
                                        "x4",
                                        "1-2",
                                        "-a",
                                        "a-",
                                        "%{d}",
                                        "%{i}",
                                        "%{P}",
                                        "%{lR-}",
                                        "%{s2r.+,/_=}",
                                        "%{o255}",
                                        "%{h256}",
                                        "%{v254}",
                                        "%{d0}",
                                        "%{l00}",
                                        "%{c}",
                                        "%{r}",
                                        "%{t1}",
                                        "%{T}",
                                        "%%",
                                        "%_",
                                        "%-",
                                        "%",
                                        "%{",
                                        "%{d",
                                        "%{d1",
                                        "%{d1r",
                                        "%{d-",
                                        "%{x}",
                                        "%{}",
                                        "%{d;}",
                                        "%(d)",
                                        "{d}",
                                        "/",
                                        "//",
                                        "/1",
                                        "~",
                                        "!",
                                        "}",
                                        "\x7f",
                                        "\x1f",
                                        "\x80",
                                        "\t",
                                        "=",
                                        ":"};

    for (unsigned n = below(5); n > 0; n--) {
        put(text, parts[below(below(8) ? 12 : sizeof parts / sizeof *parts)]);
        put(text, below(6) ? "." : "");
    }
    put(text, below(3) ? "com" : "");
}

static void put_length(char *text)
{
    static const char *const lengths[] = {
        "0",   "00",  "1",   "01",  "9", "31", "32",   "33",         "127", "128", "129",
        "255", "256", "288", "384", "",  "x",  "1000", "4294967296", "10",  "24",  "64"};

    put(text, below(3) ? "/" : below(3) ? "//" : "///");
    put(text, ANY(lengths));
}

static void put_term(char *text)
{
    static const char *const signs[] = {"", "", "", "", "+", "-", "~", "?", "-+"};
    static const char *const names[] = {"all", "include", "a",        "mx",  "ptr",  "ip4",
                                        "ip6", "exists",  "redirect", "exp", "ALL",  "Include",
                                        "MX",  "ExP",     "RedirecT", "al",  "alls", "ip",
                                        "b",   "x-y_z.1", "1a",       "",    "_",    "a1"};
    static const char *const nets[] = {"192.0.2.1",   "192.0.2",
                                       "192.0.2.256", "2001:db8::1",
                                       "::",          "::ffff:192.0.2.1",
                                       "0.0.0.0",     "",
                                       "1.2.3.4.5",   "x"};
    static const char *const between[] = {":", ":", ":", "=", "=", "", "", "/", ";"};
    const char *sign = ANY(signs),
               *name = names[below(below(3) ? 10 : sizeof names / sizeof *names)];

    put(text, sign);
    put(text, name);
    put(text, below(3) == 0                                ? ANY(between)
              : name[0] == 'r' || !strcasecmp(name, "exp") ? "="
              : strcasecmp(name, "all")                    ? ":"
                                                           : "");
    if (!strcmp(name, "all") && below(4))
        return;
    if (!strncmp(name, "ip", 2) && below(6))
        put(text, ANY(nets));
    else if (below(8))
        put_spec(text);
    for (unsigned n = below(4); n > 1; n--)
        put_length(text);
}

static void same_term(const struct quoth_spf_term *got, const struct quoth_spf_term *want)
{
    CHECK_INT(got->kind, want->kind);
    CHECK_INT(got->result, want->result);
    CHECK_INT(got->macros, want->macros);
    CHECK_INT(got->bits4, want->bits4);
    CHECK_INT(got->bits6, want->bits6);
    CHECK_INT(got->net.bits, want->net.bits);
    CHECK(!memcmp(&got->net.ip, &want->net.ip, sizeof got->net.ip));
    CHECK(got->text.p == want->text.p && got->text.n == want->text.n);
    CHECK(got->domain.p == want->domain.p && got->domain.n == want->domain.n);
}

/* Term by term, up to the first that is wrong; in memory that ends where the record does. */
static void same_record(const char *exact, size_t n, unsigned met[QUOTH_SPF_OTHER + 2])
{
    size_t at = 0, from = 6, to;

    for (;;) {
        struct quoth_spf_term got, want;
        long bad;
        int rc;

        memset(&got, 0x5a, sizeof got);
        rc = quoth_spf_term(&got, exact, n, &at);
        while (from < n && exact[from] == ' ')
            from++;
        if (from == n) {
            CHECK(rc == 0 && at == n);
            return;
        }
        for (to = from; to < n && exact[to] != ' ';)
            to++;
        bad = ref_term(exact + from, to - from, &want);
        if (bad != REF_FINE) {
            CHECK_INT(rc, QUOTH_EPROTO);
            CHECK_INT(at, from + (size_t)bad);
            met[QUOTH_SPF_OTHER + 1]++;
            return;
        }
        CHECK_INT(rc, 1);
        CHECK_INT(at, to);
        same_term(&got, &want);
        met[want.kind]++;
        from = to;
    }
}

TEST(F13_reference)
{
    unsigned met[QUOTH_SPF_OTHER + 2] = {0};

    for (unsigned i = 0; i < 100000 && !test_bad_checks; i++) {
        char record[2000] = "v=spf1", *exact;
        for (unsigned n = 1 + below(3); n > 0; n--) {
            put(record, below(8) ? " " : "  ");
            put_term(record);
        }
        put(record, below(8) ? "" : " ");
        exact = malloc(strlen(record));
        if (!exact)
            abort();
        memcpy(exact, record, strlen(record));
        same_record(exact, strlen(record), met);
        free(exact);
        if (test_bad_checks)
            printf("    %s\n", record);
    }
    for (size_t i = 0; i < sizeof met / sizeof *met; i++)
        CHECK(met[i] > 100);
}

/* A macro by itself, cut everywhere. */
TEST(F12_reference)
{
    static const char *const middles[] = {
        "",  "0",  "00", "1",   "9",  "10", "254", "255", "256", "2540",       "2559", "r",
        "R", "1r", "0r", "12R", "rr", "r1", "-",   "r-",  "1.",  "12r.-+,/_=", ";",    "=r"};

    for (unsigned letter = 1; letter < 256; letter++)
        for (size_t i = 0; i < sizeof middles / sizeof *middles; i++) {
            char text[40];
            const size_t n =
                (size_t)snprintf(text, sizeof text, "%%{%c%s}", (int)letter, middles[i]);
            for (size_t cut = 2; cut <= n; cut++) {
                struct quoth_spf_macro got, want;
                char *exact = malloc(cut);
                if (!exact)
                    abort();
                memcpy(exact, text, cut);
                memset(&got, 0x5a, sizeof got);
                const size_t took = ref_macro(exact, cut, &want);
                CHECK_INT(quoth_spf_macro(&got, exact, cut), took);
                CHECK(!took ||
                      (got.letter == want.letter && got.keep == want.keep &&
                       got.reverse == want.reverse && got.escape == want.escape &&
                       got.delimiter.p == want.delimiter.p && got.delimiter.n == want.delimiter.n));
                free(exact);
            }
        }
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
    RUN(F12_reference);
    RUN(F13_reference);
    return report("spf_term");
}
