/* addr_test.c - section A of RULES.md, the lengths of Z, E12: what is an address and what is
 * not, case by case, exhaustively for all short texts, and over generated mailboxes.
 *
 * SPDX-License-Identifier: MIT */
#include <locale.h>
#include <stdlib.h>
#include "test.h"
#include "quoth.h"

/* The same code as built without IDNA. */
#undef QUOTH_IDN
#define QUOTH_IDN           0
#define quoth_idna_to_ascii plain_idna_to_ascii
#define quoth_addr_parse    plain_parse
#define quoth_addr_domain   plain_domain
#define quoth_helo_valid    plain_helo_valid
#define quoth_from_valid    plain_from_valid
#include "inner.h"
int quoth_idna_to_ascii(char *buf, size_t cap, const char *text, size_t n);
#include "addr.c"
#include "idna.c"
#undef quoth_idna_to_ascii
#undef quoth_addr_parse
#undef quoth_addr_domain
#undef quoth_helo_valid
#undef quoth_from_valid

static struct quoth_addr a;

static int parse(const char *text) { return quoth_addr_parse(&a, text, strlen(text)); }

/* Not an address, for this reason, at this byte. */
#define CHECK_FAULT(text, why, where) \
    do { \
        CHECK_INT(parse(text), QUOTH_EPROTO); \
        CHECK_INT(a.fault, why); \
        CHECK_INT(a.at, where); \
    } while (0)
#define CHECK_FINE(text) \
    do { \
        CHECK_INT(parse(text), QUOTH_OK); \
        CHECK_INT(a.fault, QUOTH_ADDR_FINE); \
        CHECK(same_back(text)); \
    } while (0)

/* Local part, @, domain: nothing lost, nothing changed. */
static int same_back(const char *text)
{
    size_t n = strlen(text);
    return a.local.p == text && a.local.n + 1 + a.domain.n == n && text[a.local.n] == '@' &&
           a.domain.p == text + a.local.n + 1;
}

/* local x `l`, then @, then labels of 62 and less that make up `d` bytes. */
static const char *sized(size_t l, size_t d)
{
    static char text[700];
    memset(text, 'x', sizeof text);
    text[l] = '@';
    for (size_t i = 62; i + 1 < d; i += 63)
        text[l + 1 + i] = '.';
    text[l + 1 + d] = '\0';
    return text;
}

TEST(A01_local)
{
    CHECK_FINE(sized(63, 20));
    CHECK_FINE(sized(64, 20));
    CHECK_FAULT(sized(65, 20), QUOTH_ADDR_LOCAL_LONG, 64);
    char quoted[100];
    memset(quoted, 'q', sizeof quoted);
    quoted[0] = quoted[63] = '"';
    strcpy(quoted + 64, "@x.y");
    CHECK_FINE(quoted);
    quoted[63] = 'q';
    strcpy(quoted + 64, "\"@x.y");
    CHECK_FAULT(quoted, QUOTH_ADDR_LOCAL_LONG, 64);
    char utf8[100] = "";
    for (int i = 0; i < 32; i++)
        strcat(utf8, "\u00e9");
    strcat(utf8, "@x.y");
    CHECK_FINE(utf8); /* 64 octets, not 64 characters */
    memmove(utf8 + 1, utf8, strlen(utf8) + 1);
    utf8[0] = 'a';
    CHECK_FAULT(utf8, QUOTH_ADDR_LOCAL_LONG, 64);
}

TEST(A01_domain)
{
    CHECK_FAULT(sized(1, 255), QUOTH_ADDR_LONG, 254); /* the path is the tighter limit */
    CHECK_FAULT(sized(1, 256), QUOTH_ADDR_DOMAIN_LONG, 2 + 255);
    CHECK_FAULT(sized(64, 257), QUOTH_ADDR_DOMAIN_LONG, 65 + 255);
}

TEST(A01_path)
{
    CHECK_FINE(sized(1, 251));
    CHECK_FINE(sized(1, 252)); /* 254, in brackets 256 */
    CHECK_FAULT(sized(1, 253), QUOTH_ADDR_LONG, 254);
    CHECK_FINE(sized(64, 189));
    CHECK_FAULT(sized(64, 190), QUOTH_ADDR_LONG, 254);
}

TEST(A02)
{
    char text[] = "ab@cd.ef", quoted[] = "\"a b\"@cd.ef", paired[] = "\"a\\b\"@cd.ef";
    for (int c = 0; c < 0x100; c++) {
        if (c >= 0x20 && c != 0x7f)
            continue;
        for (size_t i = 0; i < sizeof text - 1; i++) {
            char t[sizeof text];
            memcpy(t, text, sizeof t);
            t[i] = (char)c;
            CHECK_INT(quoth_addr_parse(&a, t, sizeof t - 1), QUOTH_EPROTO);
            if (i != 2)
                CHECK_INT(a.fault, QUOTH_ADDR_CONTROL);
            if (i != 2)
                CHECK_INT(a.at, i);
        }
        quoted[2] = paired[3] = (char)c;
        CHECK_INT(quoth_addr_parse(&a, quoted, sizeof quoted - 1), QUOTH_EPROTO);
        CHECK_INT(a.fault, QUOTH_ADDR_CONTROL);
        CHECK_INT(a.at, 2);
        CHECK_INT(quoth_addr_parse(&a, paired, sizeof paired - 1), QUOTH_EPROTO);
        CHECK_INT(a.fault, QUOTH_ADDR_CONTROL);
        CHECK_INT(a.at, 3);
    }
    CHECK_INT(quoth_addr_parse(&a, "a@b.c\0", 6), QUOTH_EPROTO);
    CHECK_INT(quoth_addr_parse(&a, "a@b.c\n", 6), QUOTH_EPROTO);
}

/* What leaves no mark, at the edges of a local part and inside: refused with its byte. */
TEST(A02_invisible)
{
    static const char *const unseen[] = {
        "\xc2\xa0",     "\xc2\xad",     "\xe2\x80\x8b", "\xe2\x80\xaa", "\xe2\x80\xaf",
        "\xe2\x81\xa0", "\xef\xbb\xbf", "\xe2\x80\x80", "\xe2\x80\x8f", "\xe2\x81\xaf"};
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        char text[40];
        snprintf(text, sizeof text, "ja%sne@cd.ef", unseen[i]);
        CHECK_FAULT(text, QUOTH_ADDR_LOCAL_CHAR, 2);
        snprintf(text, sizeof text, "%sjane@cd.ef", unseen[i]);
        CHECK_FAULT(text, QUOTH_ADDR_LOCAL_CHAR, 0);
        snprintf(text, sizeof text, "\"ja%s\"@cd.ef", unseen[i]);
        CHECK_FAULT(text, QUOTH_ADDR_LOCAL_CHAR, 3);
    }
    CHECK_FINE("ja\xe2\x80\x8cne@cd.ef");   /* a joiner is part of a word */
    CHECK_FINE("o\xe2\x80\x99neill@cd.ef"); /* what can be seen is for its server to know */
    CHECK_FINE("ja\xe2\x80\x93ne@cd.ef");
    CHECK_FINE("ja\xe2\x80\xa7ne@cd.ef");
    CHECK_FINE("ja\xe2\x81\xb0ne@cd.ef");
    CHECK_FINE("\xc2\xa1jane@cd.ef");
}

TEST(A03)
{
    CHECK_FAULT("\"a\r\nRCPT TO:<b@x>\"@d", QUOTH_ADDR_CONTROL, 2);
    CHECK_FAULT("a@d>\r\nRSET", QUOTH_ADDR_DOMAIN_CHAR, 3);
    CHECK_FAULT("a@d> SIZE=1", QUOTH_ADDR_DOMAIN_CHAR, 3);
    CHECK_FAULT("a@d>NOTIFY=NEVER", QUOTH_ADDR_DOMAIN_CHAR, 3);
    CHECK_FAULT("a>@d.e", QUOTH_ADDR_LOCAL_CHAR, 1);
}

TEST(A04)
{
    static const char *const bad_helo[] = {"",
                                           "a.b\r\nMAIL",
                                           "a.b\n",
                                           "a b.c",
                                           "a.b>",
                                           "localhost",
                                           "a..b",
                                           ".a.b",
                                           "a.b.",
                                           "-a.b",
                                           "a_b.c",
                                           "a.b c",
                                           "10.0.0.1",
                                           "[10.0.0.1",
                                           "[10.0.0.1]x",
                                           "[]",
                                           "[",
                                           "[a.b]",
                                           "m\u00fcnchen.de",
                                           "a@b.c",
                                           "xn--a.de"};
    for (size_t i = 0; i < sizeof bad_helo / sizeof *bad_helo; i++)
        CHECK(!quoth_helo_valid(bad_helo[i]));
    CHECK(quoth_helo_valid("mail.example.com"));
    CHECK(quoth_helo_valid("MAIL.Example.COM"));
    CHECK(quoth_helo_valid("xn--mnchen-3ya.de"));
    CHECK(quoth_helo_valid("[192.0.2.1]"));
    CHECK(quoth_helo_valid("[IPv6:2001:db8::1]"));
    CHECK(quoth_helo_valid(sized(0, 253) + 1));
    CHECK(!quoth_helo_valid(sized(0, 254) + 1)); /* no such name fits into a DNS message */

    static const char *const bad_from[] = {"a",          "a@",
                                           "@",          "<>",
                                           "<a@b.c>",    "a@b.c\r\nRCPT",
                                           "a@b.c\n",    "a b@c.d",
                                           "a@b.c ",     "a@b.c> SIZE=1",
                                           "\u00e9@b.c", "a@m\u00fcnchen.de",
                                           " "};
    for (size_t i = 0; i < sizeof bad_from / sizeof *bad_from; i++)
        CHECK(!quoth_from_valid(bad_from[i]));
    CHECK(quoth_from_valid(""));
    CHECK(quoth_from_valid("postmaster@mail.example.com"));
    CHECK(quoth_from_valid("\"post master\"@example.com"));
    CHECK(quoth_from_valid("a@[192.0.2.1]"));
}

TEST(A05)
{
    CHECK_FINE("\"x@evil.test y\"@good.test");
    CHECK(a.domain.n == 9 && !memcmp(a.domain.p, "good.test", 9));
    CHECK(a.flags & QUOTH_ADDR_QUOTED);
    CHECK_FINE("\"x@evil.test \\\"@\"@good.test");
    CHECK(a.domain.n == 9);
    CHECK_FAULT("\"x\"@evil.test\"@good.test", QUOTH_ADDR_DOMAIN_CHAR, 13);
}

TEST(A06)
{
    CHECK_FAULT("", QUOTH_ADDR_EMPTY, 0);
    CHECK_FAULT("a@b@c", QUOTH_ADDR_DOMAIN_CHAR, 3);
    CHECK_FAULT("a@", QUOTH_ADDR_DOMAIN_EMPTY, 2);
    CHECK_FAULT("@b", QUOTH_ADDR_LOCAL_EMPTY, 0);
    CHECK_FAULT("@", QUOTH_ADDR_LOCAL_EMPTY, 0);
    CHECK_FAULT("ab.c", QUOTH_ADDR_NO_AT, 4);
    CHECK_FAULT("\"ab\"", QUOTH_ADDR_NO_AT, 4);
    CHECK_FAULT("\"ab\"c@d", QUOTH_ADDR_LOCAL_CHAR, 4);
    CHECK_FAULT("\"ab@d.e", QUOTH_ADDR_QUOTE_OPEN, 0);
    CHECK_FAULT("\"ab\\", QUOTH_ADDR_QUOTE_OPEN, 0);
    CHECK_FAULT("a\"b\"@d", QUOTH_ADDR_LOCAL_CHAR, 1);
    CHECK_FAULT("<a@b>", QUOTH_ADDR_LOCAL_CHAR, 0);
    CHECK_FAULT("a@b,c@d", QUOTH_ADDR_DOMAIN_CHAR, 3);
    CHECK_FAULT("Name <a@b>", QUOTH_ADDR_LOCAL_CHAR, 4);
    CHECK_FAULT("a@b;", QUOTH_ADDR_DOMAIN_CHAR, 3);
    CHECK_FAULT("a@b.c ", QUOTH_ADDR_DOMAIN_CHAR, 5);
    CHECK_FAULT(" a@b.c", QUOTH_ADDR_LOCAL_CHAR, 0);
    CHECK_FAULT("a @b.c", QUOTH_ADDR_LOCAL_CHAR, 1);
    CHECK_FAULT("mailto:a@b.c", QUOTH_ADDR_LOCAL_CHAR, 6);
}

TEST(A07)
{
    CHECK_FAULT("a(c)@b", QUOTH_ADDR_LOCAL_CHAR, 1);
    CHECK_FAULT("a@b(c)evil.test", QUOTH_ADDR_DOMAIN_CHAR, 3);
    CHECK_FAULT("a@good .evil.test", QUOTH_ADDR_DOMAIN_CHAR, 6);
    CHECK_FAULT("(x(y)z)a@b.c", QUOTH_ADDR_LOCAL_CHAR, 0);
    CHECK_FAULT("a@b.c(x(y)z)", QUOTH_ADDR_DOMAIN_CHAR, 5);
    CHECK_FAULT("a\r\n @b.c", QUOTH_ADDR_CONTROL, 1);
}

TEST(A08)
{
    enum { HUGE = 100000 };
    static char text[HUGE];
    static const char fill[] = "(\"\\.a@[-\x80\xc3";
    for (size_t f = 0; f < sizeof fill - 1; f++)
        for (int front = 0; front < 3; front++) {
            memset(text, fill[f], HUGE);
            if (front == 1)
                memcpy(text, "a@", 2);
            if (front == 2)
                text[0] = '"';
            for (int again = 0; again < 200; again++)
                CHECK_INT(quoth_addr_parse(&a, text, HUGE), QUOTH_EPROTO);
        }
    memset(text, 'a', HUGE); /* offsets that do not fit say the greatest that does */
    CHECK_INT(quoth_addr_parse(&a, text, HUGE), QUOTH_EPROTO);
    CHECK_INT(a.fault, QUOTH_ADDR_NO_AT);
    CHECK_INT(a.at, UINT16_MAX);
}

TEST(A09)
{
    CHECK_FAULT(".a@b", QUOTH_ADDR_LOCAL_DOT, 0);
    CHECK_FAULT("a.@b", QUOTH_ADDR_LOCAL_DOT, 1);
    CHECK_FAULT("a..b@c", QUOTH_ADDR_LOCAL_DOT, 2);
    CHECK_FAULT(".@c", QUOTH_ADDR_LOCAL_DOT, 0);
    CHECK_FINE("\"a..b\"@c");
    CHECK_FINE("\".\"@c");
    CHECK_FINE("a.b.c@d.e");
    CHECK_FINE("!#$%&'*+-/=?^_{|}~`@example.org");
    for (int c = 0x20; c < 0x7f; c++) {
        char t[] = "a?b@c.d";
        t[1] = (char)c;
        int atext = strchr("!#$%&'*+-/=?^_{|}~`.0123456789", c) || (c >= 'a' && c <= 'z') ||
                    (c >= 'A' && c <= 'Z');
        CHECK_INT(parse(t) == QUOTH_OK, atext);
    }
}

TEST(A10)
{
    CHECK_FINE("\"john\"@x.y");
    CHECK(a.local.n == 6 && !memcmp(a.local.p, "\"john\"", 6));
    CHECK_FINE("Jo.Hn+Tag@X.y");
    CHECK(a.local.n == 9 && !memcmp(a.local.p, "Jo.Hn+Tag", 9));
}

/* ---- A11: generated mailboxes, and every short text --------------------- */

static uint32_t seed = 20251;
static unsigned below(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static char *pick(char *p, const char *from)
{
    *p++ = from[below((unsigned)strlen(from))];
    return p;
}

static char *gen_local(char *p)
{
    static const char atext[] = "abcXYZ019!#$%&'*+-/=?^_`{|}~";
    unsigned n = 1 + below(12);
    if (below(3)) {
        for (unsigned i = 0; i < n; i++) {
            if (i && i + 1 < n && p[-1] != '.' && !below(4))
                *p++ = '.';
            else if (!below(12)) {
                memcpy(p, "\u00e9", 2);
                p += 2;
            } else
                p = pick(p, atext);
        }
        return p;
    }
    *p++ = '"';
    for (unsigned i = below(8); i; i--) {
        if (!below(4)) {
            *p++ = '\\';
            *p++ = (char)(0x20 + below(95));
        } else
            p = pick(p, "ab @<>()[],;:.+!");
    }
    *p++ = '"';
    return p;
}

static char *gen_domain(char *p)
{
    static const char *const whole[] = {"[192.0.2.1]", "[IPv6:2001:db8::1]", "[ipv6:::1]",
                                        "m\u00fcnchen.de", "xn--mnchen-3ya.de"};
    if (!below(6)) {
        const char *w = whole[below(5)];
        strcpy(p, w);
        return p + strlen(w);
    }
    for (unsigned labels = 1 + below(4); labels; labels--) {
        p = pick(p, "abcZ");
        for (unsigned i = below(6); i; i--)
            p = pick(p, "abX09");
        if (!below(3)) {
            *p++ = '-';
            p = pick(p, "ab9");
        }
        if (labels > 1)
            *p++ = '.';
    }
    return p;
}

TEST(A11_property)
{
    for (int i = 0; i < ROUNDS(200000); i++) {
        char text[300], out[300], *p = gen_local(text);
        struct quoth_addr first;
        *p++ = '@';
        p = gen_domain(p);
        *p = '\0';
        if (parse(text) != QUOTH_OK || !same_back(text)) {
            printf("%s\n", text);
            CHECK_STR(text, "read");
            break;
        }
        first = a;
        memcpy(out, a.local.p, a.local.n);
        out[a.local.n] = '@';
        memcpy(out + a.local.n + 1, a.domain.p, a.domain.n + 1);
        CHECK_STR(out, text);
        CHECK_INT(parse(out), QUOTH_OK);
        CHECK(a.flags == first.flags && a.local.n == first.local.n &&
              !memcmp(&a.ip, &first.ip, sizeof a.ip));
        text[below((unsigned)(p - text))] =
            (char)below(256); /* spoilt, it is refused or still whole */
        if (parse(text) == QUOTH_OK)
            CHECK(same_back(text) && !strpbrk(text, "\r\n\t\x7f"));
        else
            CHECK(a.fault != QUOTH_ADDR_FINE && a.at <= strlen(text));
    }
}

TEST(A11)
{
    CHECK_FINE("\"a\\ b\"@x.y");
    CHECK_FINE("\"a>b\"@x.y");
    CHECK_FINE("\"\"@x.y");
    CHECK_FINE("\"\\\"\"@x.y");
    CHECK_FINE("\"\\\\\"@x.y");
}

/* A second reading of the grammar, from the right: the last @ must be the one. 0xc3 0xa9 is the
 * one non-ASCII character it is given. */
static size_t ref_char(const char *s, const char *end)
{
    if (*s == (char)0xc3)
        return end - s > 1 && s[1] == (char)0xa9 ? 2 : 0;
    return *s != (char)0xa9 && *s >= ' ';
}

static int ref_domain(const char *s, const char *end)
{
    for (;;) {
        const char *dot = s;
        int digits = 1;
        while (dot < end && *dot != '.') {
            size_t n = ref_char(dot, end);
            if (!n || (n == 1 && !strchr("a1-", *dot)))
                return 0;
            if (*dot != '1')
                digits = 0;
            dot += n;
        }
        if (dot == s || *s == '-' || dot[-1] == '-')
            return 0;
        if (dot == end)
            return !digits;
        s = dot + 1;
    }
}

static int ref_mailbox(const char *s, size_t n)
{
    const char *end = s + n, *at = end;
    while (at > s && at[-1] != '@')
        at--;
    if (at == s || !ref_domain(at, end))
        return 0;
    end = at - 1;
    if (s == end)
        return 0;
    if (*s != '"') {
        if (*s == '.' || end[-1] == '.')
            return 0;
        for (size_t k; s < end; s += k) {
            k = ref_char(s, end);
            if (!k || strchr("@\"\\ ", *s) || (*s == '.' && s[1] == '.'))
                return 0;
        }
        return 1;
    }
    if (end - s < 2 || end[-1] != '"')
        return 0;
    for (s++, end--; s < end;) {
        if (*s == '"')
            return 0;
        if (*s == '\\') {
            s++;
            if (s == end || ref_char(s, end) != 1)
                return 0;
        }
        size_t k = ref_char(s, end);
        if (!k)
            return 0;
        s += k;
    }
    return 1;
}

static void exhaust(const char eight[8], size_t longest)
{
    char text[8];
    unsigned long count = 0, fine = 0, differ = 0;
    for (size_t n = 1; n <= longest; n++)
        for (unsigned long k = 0; k >> 3 * n == 0; k++, count++) {
            for (size_t i = 0; i < n; i++)
                text[i] = eight[k >> 3 * i & 7];
            int want = ref_mailbox(text, n), got = quoth_addr_parse(&a, text, n) == QUOTH_OK;
            fine += (unsigned)want;
            if (want != got && differ++ < 10)
                printf("differ (%d, not %d): %.*s\n", got, want, (int)n, text);
        }
    CHECK_INT(differ, 0);
    CHECK(fine > count / 20000);
}

TEST(A11_exhaustive) { exhaust("a@.\"\\ -1", 7); }
TEST(A23_exhaustive) { exhaust("a@.\"\\\r\xc3\xa9", 6); }

TEST(A12)
{
    CHECK_FAULT("@a,@b:c@d", QUOTH_ADDR_LOCAL_EMPTY, 0);
    CHECK_FINE("user%other.test@relay.test");
    CHECK(a.local.n == 15);
    CHECK_FINE("host!user@relay.test");
    CHECK(a.local.n == 9);
}

TEST(A13)
{
    char text[140] = "a@";
    memset(text + 2, 'x', 63);
    strcpy(text + 65, ".test");
    CHECK_FINE(text);
    memset(text + 2, 'x', 64);
    strcpy(text + 66, ".test");
    CHECK_FAULT(text, QUOTH_ADDR_LABEL_LONG, 2 + 63);
    CHECK_FAULT("a@-b.c", QUOTH_ADDR_DOMAIN_HYPHEN, 2);
    CHECK_FAULT("a@b-.c", QUOTH_ADDR_DOMAIN_HYPHEN, 3);
    CHECK_FAULT("a@b.c-", QUOTH_ADDR_DOMAIN_HYPHEN, 5);
    CHECK_FAULT("a@b.-", QUOTH_ADDR_DOMAIN_HYPHEN, 4);
    CHECK_FAULT("a@b..c", QUOTH_ADDR_LABEL_EMPTY, 4);
    CHECK_FAULT("a@.b", QUOTH_ADDR_LABEL_EMPTY, 2);
    CHECK_FAULT("a@.", QUOTH_ADDR_LABEL_EMPTY, 2);
    CHECK_FAULT("a@b.c.", QUOTH_ADDR_LABEL_EMPTY, 5);
    CHECK_FAULT("a@b_c.d", QUOTH_ADDR_DOMAIN_CHAR, 3);
    CHECK_FAULT("a@_b.d", QUOTH_ADDR_DOMAIN_CHAR, 2);
    CHECK_FINE("a@r3---sn.b--c.d");
    CHECK_FINE("a@1.2.3.x");
}

TEST(A14)
{
    CHECK_FINE("a@com");
    CHECK(a.flags & QUOTH_ADDR_SINGLE_LABEL);
    CHECK_FINE("a@localhost");
    CHECK(a.flags & QUOTH_ADDR_SINGLE_LABEL);
    CHECK_FINE("a@b.com");
    CHECK(!(a.flags & QUOTH_ADDR_SINGLE_LABEL));
    CHECK_FINE("a@[192.0.2.1]");
    CHECK(!(a.flags & QUOTH_ADDR_SINGLE_LABEL));
}

TEST(A15)
{
    CHECK_FAULT("a@1.2.3.4", QUOTH_ADDR_DOMAIN_NUMERIC, 8);
    CHECK_FAULT("a@0x7f.1", QUOTH_ADDR_DOMAIN_NUMERIC, 7);
    CHECK_FAULT("a@127", QUOTH_ADDR_DOMAIN_NUMERIC, 2);
    CHECK_FAULT("a@b.123", QUOTH_ADDR_DOMAIN_NUMERIC, 4);
    CHECK_FINE("a@b.1c");
    CHECK_FINE("a@163.com");
}

TEST(A16)
{
    CHECK_FINE("a@[192.0.2.1]");
    CHECK(a.flags == QUOTH_ADDR_LITERAL && a.ip.len == 4 && !memcmp(a.ip.b, "\xc0\0\2\1", 4));
    CHECK_FINE("a@[IPv6:2001:db8::1]");
    CHECK(a.ip.len == 16 && !memcmp(a.ip.b, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16));
    CHECK_FINE("a@[ipV6:::1]");
    static const char *const bad[] = {"a@[192.0.2]",
                                      "a@[192.0.2.01]",
                                      "a@[192.0.2.256]",
                                      "a@[192.0.2.1.1]",
                                      "a@[ 192.0.2.1]",
                                      "a@[192.0.2.1 ]",
                                      "a@[0xc0.0.2.1]",
                                      "a@[2001:db8::1]",
                                      "a@[IPv6:192.0.2.1]",
                                      "a@[IPv6:]",
                                      "a@[]",
                                      "a@[",
                                      "a@[]]",
                                      "a@[192.0.2.1].",
                                      "a@[192.0.2.1]]",
                                      "a@[192.0.2.1]x",
                                      "a@[[192.0.2.1]",
                                      "a@[IPv6:2001:db8:::1]",
                                      "a@[IPv6"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAULT(bad[i], QUOTH_ADDR_LITERAL_BAD, 2);
        CHECK_INT(a.ip.len, 0);
    }
}

TEST(A17)
{
    struct quoth_targets none = {0};
    CHECK_FINE("a@[IPv6:::ffff:10.0.0.1]");
    CHECK(!quoth_target_ok(&none, &a.ip));
    CHECK_FAULT("a@[IPv6:fe80::1%eth0]", QUOTH_ADDR_LITERAL_BAD, 2);
    CHECK_FAULT("a@[IPv6:fe80::1%25eth0]", QUOTH_ADDR_LITERAL_BAD, 2);
    CHECK_FAULT("a@[127.1]", QUOTH_ADDR_LITERAL_BAD, 2);
    CHECK_FAULT("a@[tag:x]", QUOTH_ADDR_LITERAL_BAD, 2);
    CHECK_FAULT("a@[192.0.2.1", QUOTH_ADDR_LITERAL_BAD, 2);
}

TEST(A18)
{
    CHECK_FINE("a@b.example"); /* well formed: what is special about it, the lists say */
    CHECK_INT(quoth_list_domain(a.domain.p, a.domain.n), QUOTH_LIST_RESERVED);
}

static const char *domain_of(const char *text)
{
    static char buf[256];
    int n = parse(text) == QUOTH_OK ? quoth_addr_domain(&a, buf, sizeof buf) : QUOTH_EPROTO;
    return n < 0 ? "none" : n != (int)strlen(buf) ? "bad length" : buf;
}

TEST(A19)
{
    CHECK_STR(domain_of("a@M\u00dcNCHEN.de"), "xn--mnchen-3ya.de");
    CHECK(a.flags == QUOTH_ADDR_UTF8_DOMAIN);
    CHECK_STR(domain_of("a@XN--MNCHEN-3YA.DE"), "xn--mnchen-3ya.de");
    CHECK_FAULT("a@xn--mnchen-3y.de", QUOTH_ADDR_IDNA_BAD, 2);
    CHECK_FAULT("bob@\u0627a.de", QUOTH_ADDR_IDNA_BAD, 4);
    CHECK_FAULT("bob@a\u0378.de", QUOTH_ADDR_IDNA_BAD, 4);
}

TEST(A19_length)
{
    char text[400] = "a@"; /* 84 octets of UTF-8, and 39 as an A-label */
    for (int i = 0; i < 28; i++)
        strcat(text, "\u4e00");
    strcat(text, ".cn");
    CHECK_FINE(text);
    text[2] = '\0';
    for (int k = 0; k < 20; k++)
        strcat(text, "\u00e9."); /* 60 as written, 160 and more as asked */
    strcat(text, "fr");
    CHECK_FINE(text);
    strcpy(text, "");
    for (int i = 0; i < 64; i++)
        strcat(text, "l");
    strcat(text, "@");
    for (int k = 0; k < 25; k++)
        strcat(text, "\u00e9.");
    strcat(text, "fr");
    CHECK_FAULT(text, QUOTH_ADDR_LONG, 65); /* the path would be longer than 256 on the wire */
}

TEST(A20)
{
    char buf[64];
    CHECK_INT(plain_parse(&a, "a@m\u00fcnchen.de", 13), QUOTH_OK);
    CHECK_INT(a.flags, QUOTH_ADDR_UTF8_DOMAIN);
    CHECK_INT(plain_domain(&a, buf, sizeof buf), QUOTH_ENOSYS);
    CHECK_INT(plain_parse(&a, "a@m\xc3nchen.de", 12), QUOTH_EPROTO);
    CHECK_INT(a.fault, QUOTH_ADDR_UTF8_BAD);
    CHECK_INT(plain_parse(&a, "a@XN--Mnchen-3ya.de", 19), QUOTH_OK);
    CHECK_INT(plain_domain(&a, buf, sizeof buf), 17);
    CHECK_STR(buf, "xn--mnchen-3ya.de");
    CHECK(!plain_helo_valid("m\u00fcnchen.de") && plain_helo_valid("a.de") &&
          plain_from_valid("a@b.de"));
}

TEST(A21)
{
    CHECK_STR(domain_of("a@b\u3002example\uff0ecom"), "b.example.com");
    CHECK(!(a.flags & QUOTH_ADDR_SINGLE_LABEL));
    CHECK_FAULT("a@b\u3002", QUOTH_ADDR_LABEL_EMPTY, 2);
    CHECK_FAULT("a@\u3002b", QUOTH_ADDR_LABEL_EMPTY, 2);
    CHECK_FAULT("a@1\u30022", QUOTH_ADDR_DOMAIN_NUMERIC, 2);
    CHECK_FAULT("a\uff20b.com", QUOTH_ADDR_NO_AT, 9);
    CHECK_FAULT("a@b\uff20c.com", QUOTH_ADDR_IDNA_BAD, 2);
    CHECK_FAULT("a@b\u00adc.com", QUOTH_ADDR_IDNA_BAD, 2);
    CHECK_FAULT("a@b\u200dc.com", QUOTH_ADDR_IDNA_BAD, 2);
    CHECK_FAULT("a@b\uff0fc.com", QUOTH_ADDR_IDNA_BAD, 2);
    CHECK_STR(domain_of("a@\u212aelvin.com"), "kelvin.com"); /* the Kelvin sign's lower case is k */
}

TEST(A22)
{
    CHECK_FINE("j\u00f6rg@example.org");
    CHECK(a.flags == QUOTH_ADDR_UTF8_LOCAL);
    CHECK_FINE("\"j\u00f6 rg\"@example.org");
    CHECK(a.flags == (QUOTH_ADDR_UTF8_LOCAL | QUOTH_ADDR_QUOTED));
    CHECK_FAULT("\"j\\\u00f6\"@example.org", QUOTH_ADDR_LOCAL_CHAR, 3);
    CHECK_FINE("\"j\\~\"@example.org"); /* the last that may be escaped */
}

TEST(A23)
{
    CHECK_FAULT("a\xc0\x80@b.c", QUOTH_ADDR_UTF8_BAD, 1); /* overlong */
    CHECK_FAULT("a\xc1\xbf@b.c", QUOTH_ADDR_UTF8_BAD, 1);
    CHECK_FAULT("a\xe0\x9f\xbf@b.c", QUOTH_ADDR_UTF8_BAD, 1);
    CHECK_FAULT("a\xf0\x8f\xbf\xbf@b.c", QUOTH_ADDR_UTF8_BAD, 1);
    CHECK_FAULT("a\xed\xa0\x80@b.c", QUOTH_ADDR_UTF8_BAD, 1); /* surrogate */
    CHECK_FAULT("a\xed\xbf\xbf@b.c", QUOTH_ADDR_UTF8_BAD, 1);
    CHECK_FAULT("a\xf4\x90\x80\x80@b.c", QUOTH_ADDR_UTF8_BAD, 1); /* past U+10FFFF */
    CHECK_FAULT("a\xf5\x80\x80\x80@b.c", QUOTH_ADDR_UTF8_BAD, 1);
    CHECK_FAULT("a\xc3@b.c", QUOTH_ADDR_UTF8_BAD, 1); /* truncated */
    CHECK_FAULT("a@b.\xe4\xb8", QUOTH_ADDR_UTF8_BAD, 4);
    CHECK_FAULT("a\x80@b.c", QUOTH_ADDR_UTF8_BAD, 1);
    CHECK_FAULT("a\xff@b.c", QUOTH_ADDR_UTF8_BAD, 1);
    CHECK_FAULT("a\xc2\x85@b.c", QUOTH_ADDR_CONTROL, 1);
    CHECK_FAULT("a\xc2\x80@b.c", QUOTH_ADDR_CONTROL, 1);
    CHECK_FAULT("\"a\u2028\"@b.c", QUOTH_ADDR_CONTROL, 2);
    CHECK_FAULT("a\u2029@b.c", QUOTH_ADDR_CONTROL, 1);
    CHECK_FAULT("a@b\u2028.c", QUOTH_ADDR_CONTROL, 3);
    CHECK_FINE("a\ud7ff\ue000\U00010000\U0010ffff\u07ff\u0800@b.c");
}

TEST(A24)
{
    CHECK_FINE("Stra\u00dfe.A+b@GMAIL.com");
    CHECK(!memcmp(a.local.p, "Stra\u00dfe.A+b", a.local.n));
    CHECK_STR(domain_of("A@GMAIL.Com"), "gmail.com");
    CHECK(a.local.p[0] == 'A');
}

TEST(domain_buffer)
{
    char buf[16];
    CHECK_INT(parse("a@b.example"), QUOTH_OK);
    CHECK_INT(quoth_addr_domain(&a, buf, 9), QUOTH_ESPACE);
    CHECK_INT(quoth_addr_domain(&a, buf, 10), 9);
    CHECK_STR(buf, "b.example");
    CHECK_INT(quoth_addr_domain(&a, buf, 0), QUOTH_ESPACE);
    CHECK_STR(domain_of("a@[IPv6:2001:DB8::1]"), "[IPv6:2001:DB8::1]");
    CHECK_INT(quoth_addr_domain(&a, buf, 16), QUOTH_ESPACE);
}

TEST(fault_text)
{
    for (int f = 0; f < QUOTH_ADDR_FAULTS; f++) {
        const char *text = quoth_addr_fault_text((enum quoth_addr_fault)f);
        CHECK(text && strlen(text) > 15 && text[strlen(text) - 1] != '.');
        for (int g = 0; g < f; g++)
            CHECK(strcmp(text, quoth_addr_fault_text((enum quoth_addr_fault)g)));
    }
}

/* A Turkish locale has another lower case for I; nothing may notice. */
TEST(E12)
{
    static const char *const names[] = {"tr_TR.UTF-8", "tr_TR.utf8", "C"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!setlocale(LC_ALL, names[i]))
            continue;
        CHECK_STR(domain_of("I@MAIL.INFO"), "mail.info");
        CHECK_STR(domain_of("a@\u00c4I.DE"), "xn--i-zfa.de");
        CHECK_FINE("a@[IPV6:::1]");
        CHECK_INT(quoth_list_local("INFO", 4), QUOTH_LIST_ROLE);
    }
    setlocale(LC_ALL, "C");
}

int main(void)
{
    RUN(A01_local);
    RUN(A01_domain);
    RUN(A01_path);
    RUN(A02);
    RUN(A02_invisible);
    RUN(A03);
    RUN(A04);
    RUN(A05);
    RUN(A06);
    RUN(A07);
    RUN(A08);
    RUN(A09);
    RUN(A10);
    RUN(A11);
    RUN(A11_property);
    RUN(A11_exhaustive);
    RUN(A12);
    RUN(A13);
    RUN(A14);
    RUN(A15);
    RUN(A16);
    RUN(A17);
    RUN(A18);
    RUN(A19);
    RUN(A19_length);
    RUN(A20);
    RUN(A21);
    RUN(A22);
    RUN(A23);
    RUN(A23_exhaustive);
    RUN(A24);
    RUN(domain_buffer);
    RUN(fault_text);
    RUN(E12);
    return report("addr");
}
