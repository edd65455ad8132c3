/* name_test.c - names in wire form: boundaries, round trips, what is a host.
 *
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include "test.h"
#include "quoth.h"

static struct quoth_name name;
static char text[1100];

static int parse(const char *s) { return quoth_name_parse(&name, s, strlen(s)); }

/* "aaa...a." of n letters a label, repeated until the text is `len` long. */
static const char *letters(size_t label, size_t len)
{
    static char buf[400];
    for (size_t i = 0; i < len; i++)
        buf[i] = i % (label + 1) == label ? '.' : 'a';
    buf[len] = '\0';
    return buf;
}

static int is_host(const void *wire, size_t n)
{
    struct quoth_name h;
    h.n = (uint8_t)n;
    memcpy(h.b, wire, n);
    return quoth_name_is_host(&h);
}

TEST(D30_wire)
{
    CHECK_INT(parse("Example.COM"), QUOTH_OK);
    CHECK_INT(name.n, 13);
    CHECK(!memcmp(name.b, "\7example\3com", 13));
    CHECK_INT(parse("example.com."), QUOTH_OK);
    CHECK_INT(name.n, 13);
    CHECK_INT(parse("."), QUOTH_OK);
    CHECK_INT(name.n, 1);
    CHECK_INT(name.b[0], 0);
}

TEST(D30_empty_label)
{
    static const char *const bad[] = {"", "..", ".a", "a..", "a..b", "...", ".a."};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(parse(bad[i]), QUOTH_EPROTO);
        CHECK_INT(name.n, 0);
    }
}

TEST(D30_label_length)
{
    CHECK_INT(parse(letters(100, 62)), QUOTH_OK);
    CHECK_INT(parse(letters(100, 63)), QUOTH_OK);
    CHECK_INT(name.b[0], 63);
    CHECK_INT(parse(letters(100, 64)), QUOTH_EPROTO);
    CHECK_INT(parse(letters(300, 256)), QUOTH_EPROTO); /* a length that would wrap a byte */
    CHECK_INT(parse(letters(300, 320)), QUOTH_EPROTO);
}

/* 253 characters of text are 255 octets on the wire. */
TEST(D30_name_length)
{
    CHECK_INT(parse(letters(63, 252)), QUOTH_OK);
    CHECK_INT(name.n, 254);
    CHECK_INT(parse(letters(63, 253)), QUOTH_OK);
    CHECK_INT(name.n, 255);
    CHECK_INT(quoth_name_text(&name, text, 254), 253);
    CHECK_STR(text, letters(63, 253));
    CHECK_INT(parse(letters(63, 254)), QUOTH_EPROTO);
    CHECK_INT(parse(letters(63, 255)), QUOTH_EPROTO);
    CHECK_INT(parse(letters(1, 253)), QUOTH_OK); /* 127 labels */
    CHECK_INT(name.n, 255);
    CHECK_INT(parse(letters(1, 255)), QUOTH_EPROTO);
}

TEST(D30_text_space)
{
    struct {
        const char *name;
        size_t n;
    } t[] = {{"a.bc", 4}, {".", 1}, {"x", 1}};
    for (size_t i = 0; i < 3; i++) {
        parse(t[i].name);
        for (size_t cap = 0; cap <= t[i].n + 1; cap++) {
            char *exact = malloc(cap ? cap : 1);
            CHECK_INT(quoth_name_text(&name, exact, cap),
                      cap > t[i].n ? (int)t[i].n : QUOTH_ESPACE);
            if (cap > t[i].n)
                CHECK_STR(exact, t[i].name);
            free(exact);
        }
    }
}

/* The longest text there is: 255 octets, each data byte written as four. */
TEST(D13_longest_escape)
{
    char odd[253];
    memset(odd, 1, sizeof odd);
    for (size_t i = 63; i < sizeof odd; i += 64)
        odd[i] = '.';
    CHECK_INT(quoth_name_parse(&name, odd, sizeof odd), QUOTH_OK);
    CHECK_INT(quoth_name_text(&name, text, 1009), 250 * 4 + 3);
    CHECK(quoth_name_text(&name, text, 1003) == QUOTH_ESPACE);
}

/* Bytes that are no part of a host name are shown escaped, and never pass for one. */
TEST(D13_escaped)
{
    for (unsigned c = 0; c < 256; c++) {
        uint8_t wire[8] = {3, 'a', (uint8_t)c, 'b', 1, 'c', 0};
        char want[16];
        if ((c < 128 && isalnum((int)c)) || c == '-' || c == '_')
            continue;
        memcpy(name.b, wire, 7);
        name.n = 7;
        snprintf(want, sizeof want, "a\\%03ub.c", c);
        CHECK_INT(quoth_name_text(&name, text, sizeof text), 8);
        CHECK_STR(text, want);
        CHECK_INT(is_host(wire, 7), 0);
    }
    CHECK_INT(is_host("\3a-_\1c", 7), 1);
}

/* A dot in a label is not a dot between labels, at the end least of all (c-ares). */
TEST(C09)
{
    struct quoth_name two;
    memcpy(name.b, "\3a.b\1c", 7);
    name.n = 7;
    CHECK_INT(quoth_name_parse(&two, "a.b.c", 5), QUOTH_OK);
    CHECK(two.n == name.n && memcmp(two.b, name.b, name.n) != 0);
    memcpy(name.b, "\2a.", 4);
    name.n = 4;
    CHECK_INT(quoth_name_text(&name, text, sizeof text), 5);
    CHECK_STR(text, "a\\046");
}

TEST(D14_case)
{
    struct quoth_name lower;
    parse("MAIL.Example.Org");
    quoth_name_parse(&lower, "mail.example.org", 16);
    CHECK(name.n == lower.n && !memcmp(name.b, lower.b, name.n));
    parse("\xc3\x84.de"); /* only ASCII letters have case (RFC 4343) */
    CHECK(name.b[1] == 0xc3 && name.b[2] == 0x84);
}

TEST(X09)
{
    static const struct {
        const char *name;
        int host;
    } t[] = {
        {"mx.example.com", 1},
        {"a.b", 1},
        {"_dmarc.example.com", 1},
        {"1.2.3.4a", 1},
        {"4.in-addr.arpa", 1},
        {"192.0.2.1", 0},
        {"1.1", 0},
        {"a.1", 0},
        {"0x7f.1", 0},
        {"localhost", 0},
        {"com", 0},
        {".", 0},
        {"a b.com", 0},
        {"a@b.com", 0},
        {"a.c\xc3\xb6m", 0},
        {"%41.com", 0},
        {"a.b/c", 0},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        CHECK_INT(parse(t[i].name), QUOTH_OK);
        CHECK_INT(quoth_name_is_host(&name), t[i].host);
    }
}

/* Every byte that may stand in a label survives text -> wire -> text, escaped or not. */
TEST(D14_round_trip)
{
    struct quoth_name again;
    for (int c = 0; c < 256; c++) {
        char in[5] = {'x', (char)c, '.', 'y', 0};
        if (c == '.')
            continue;
        CHECK_INT(quoth_name_parse(&name, in, 4), QUOTH_OK);
        CHECK(quoth_name_text(&name, text, sizeof text) > 0);
        if (text[1] == '\\')
            continue;
        CHECK_INT(quoth_name_parse(&again, text, strlen(text)), QUOTH_OK);
        CHECK(again.n == name.n && !memcmp(again.b, name.b, name.n));
    }
}

/* Wire form out of a record set: each prefix, each wrong length octet, and the longest. */
TEST(D33_read)
{
    static const uint8_t wire[] = "\2Mx\7example\3com\0behind";
    uint8_t longest[257];

    for (size_t n = 0; n <= sizeof wire; n++) {
        uint8_t *exact = malloc(n ? n : 1);
        memcpy(exact, wire, n);
        CHECK_INT(quoth_name_read(&name, exact, n), n >= 16 ? 16 : QUOTH_EPROTO);
        free(exact);
    }
    CHECK(name.n == 16 && !memcmp(name.b, "\2mx\7example\3com", 16));
    CHECK_INT(quoth_name_read(&name, "", 1), 1);
    CHECK(name.n == 1 && name.b[0] == 0);
    memset(longest, 1, sizeof longest);
    for (unsigned len = 1; len < 256; len++) {
        longest[0] = (uint8_t)len;
        longest[len + 1] = 0;
        CHECK_INT(quoth_name_read(&name, longest, len + 2), len < 64 ? (int)len + 2 : QUOTH_EPROTO);
        longest[len + 1] = 1;
    }
    for (size_t n = 253; n <= 257; n++) { /* labels of one letter, one of two at most, the root */
        memset(longest, 1, n);
        if (n % 2 == 0)
            longest[0] = 2;
        longest[n - 1] = 0;
        CHECK_INT(quoth_name_read(&name, longest, n), n <= 255 ? (int)n : QUOTH_EPROTO);
    }
}

TEST(D35)
{
    static const struct {
        const char *ip, *name;
    } t[] = {
        {"192.0.2.99", "99.2.0.192.in-addr.arpa"},
        {"0.0.0.0", "0.0.0.0.in-addr.arpa"},
        {"255.255.255.255", "255.255.255.255.in-addr.arpa"},
        {"10.9.100.99", "99.100.9.10.in-addr.arpa"},
        {"2001:db8:1:2:3:4:567:89ab",
         "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
        {"::", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"},
    };
    struct quoth_ip ip;

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        CHECK_INT(quoth_ip_parse(&ip, t[i].ip, strlen(t[i].ip)), QUOTH_OK);
        CHECK_INT(quoth_name_reverse(&name, &ip), QUOTH_OK);
        CHECK(quoth_name_text(&name, text, sizeof text) > 0);
        CHECK_STR(text, t[i].name);
    }
    for (unsigned i = 0; i < 256; i++) { /* every octet, and every nibble in both places */
        char want[64];
        ip = (struct quoth_ip) {4, {192, 0, 2, (uint8_t)i}};
        CHECK_INT(quoth_name_reverse(&name, &ip), QUOTH_OK);
        quoth_name_text(&name, text, sizeof text);
        snprintf(want, sizeof want, "%u.2.0.192.in-addr.arpa", i);
        CHECK_STR(text, want);
        ip = (struct quoth_ip) {16, {[15] = (uint8_t)i}};
        CHECK_INT(quoth_name_reverse(&name, &ip), QUOTH_OK);
        quoth_name_text(&name, text, sizeof text);
        snprintf(want, sizeof want, "%x.%x.0.0.0.", i & 15, i >> 4);
        CHECK(!strncmp(text, want, 10));
        CHECK_INT(name.n, 64 + 10);
    }
    for (unsigned len = 0; len < 256; len++) {
        ip.len = (uint8_t)len;
        CHECK_INT(quoth_name_reverse(&name, &ip), len == 4 || len == 16 ? QUOTH_OK : QUOTH_EINVAL);
    }
}

int main(void)
{
    RUN(D30_wire);
    RUN(D30_empty_label);
    RUN(D30_label_length);
    RUN(D30_name_length);
    RUN(D30_text_space);
    RUN(D13_longest_escape);
    RUN(D13_escaped);
    RUN(C09);
    RUN(D14_case);
    RUN(D14_round_trip);
    RUN(X09);
    RUN(D33_read);
    RUN(D35);
    return report("name");
}
