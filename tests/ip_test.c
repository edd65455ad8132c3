/* ip_test.c - addresses as text.
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdlib.h>
#include "quoth.h"
#include "test.h"

static const struct {
    const char *text, *back;
} good[] = {
    {"0.0.0.0", "0.0.0.0"},
    {"192.0.2.1", "192.0.2.1"},
    {"255.255.255.255", "255.255.255.255"},
    {"::", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"2001:DB8::1", "2001:db8::1"},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"::ffff:192.0.2.1", "::ffff:c000:201"},
    {"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"0:0:0:0:0:0:0:0", "::"},
    {"fe80::0001", "fe80::1"},
    {"A0:FA:af:0F::a", "a0:fa:af:f::a"},
};

TEST(A16_good)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct quoth_ip ip, again;
        char buf[46];
        CHECK_INT(quoth_ip_parse(&ip, good[i].text, strlen(good[i].text)), QUOTH_OK);
        CHECK_INT(quoth_ip_text(&ip, buf, sizeof buf), strlen(good[i].back));
        CHECK_STR(buf, good[i].back);
        CHECK_INT(quoth_ip_parse(&again, buf, strlen(buf)), QUOTH_OK);
        CHECK(memcmp(&ip, &again, sizeof ip) == 0);
        CHECK_INT(quoth_ip_text(&ip, buf, strlen(good[i].back)), QUOTH_ESPACE);
    }
}

/* An address ends where its length says. */
TEST(A16_end)
{
    struct quoth_ip ip;
    CHECK(quoth_ip_parse(&ip, "::1", 1) != QUOTH_OK);
    CHECK_INT(quoth_ip_parse(&ip, "::1", 2), QUOTH_OK);
    CHECK_INT(quoth_ip_parse(&ip, "192.0.2.12", 9), QUOTH_OK);
    CHECK_INT(ip.b[3], 1);
    CHECK(quoth_ip_parse(&ip, "192.0.2.12", 8) != QUOTH_OK);
}

/* No address prints as nothing. */
TEST(A16_none)
{
    struct quoth_ip ip = {0, {0}};
    char buf[4] = "xyz";
    CHECK_INT(quoth_ip_text(&ip, buf, sizeof buf), 0);
    CHECK_STR(buf, "");
    CHECK_INT(quoth_ip_text(&ip, buf, 0), QUOTH_ESPACE);
}

TEST(A17_bad)
{
    static const char *const bad[] = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1..2.3",
        "0x7f.1",
        "127.1",
        "1.2.3.",
        "1.2.3.1000",
        ":",
        ":::",
        ":1",
        "1:",
        "1:2",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "12345::",
        "g::",
        "fe80::1%eth0",
        "::1.2.3",
        "::1.2.3.4.5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1:",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1.2.3.4::",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct quoth_ip ip = {9, {0}};
        CHECK_INT(quoth_ip_parse(&ip, bad[i], strlen(bad[i])), QUOTH_EPROTO);
        CHECK_INT(ip.len, 9);
    }
}

static int holds(const char *cidr, const char *text)
{
    struct quoth_cidr c;
    struct quoth_ip ip;
    CHECK_INT(quoth_cidr_parse(&c, cidr, strlen(cidr)), QUOTH_OK);
    CHECK_INT(quoth_ip_parse(&ip, text, strlen(text)), QUOTH_OK);
    return quoth_cidr_holds(&c, &ip);
}

TEST(N09_cidr)
{
    CHECK(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.0"));
    CHECK(holds("192.0.2.128/25", "192.0.2.128") && !holds("192.0.2.128/25", "192.0.2.127"));
    CHECK(holds("0.0.0.0/0", "255.1.2.3") && !holds("0.0.0.0/0", "::"));
    CHECK(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
    CHECK(holds("2001:db8::/33", "2001:db8:7fff::") && !holds("2001:db8::/33", "2001:db8:8000::"));
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/1x", "::/129",
                                      "/8",          "10/8",      "::/0001"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct quoth_cidr c;
        CHECK_INT(quoth_cidr_parse(&c, bad[i], strlen(bad[i])), QUOTH_EPROTO);
    }
}

/* No room, too little, just enough: what does not fit is said, and nothing is written behind it. */
TEST(A16_room)
{
    static const char want[] = "2001:db8::1";
    struct quoth_ip ip;
    char buf[64];
    CHECK_INT(quoth_ip_parse(&ip, want, sizeof want - 1), QUOTH_OK);
    for (size_t cap = 0; cap <= sizeof want; cap++) {
        memset(buf, '!', sizeof buf);
        CHECK_INT(quoth_ip_text(&ip, buf, cap),
                  cap < sizeof want ? QUOTH_ESPACE : (int)sizeof want - 1);
        CHECK_INT(buf[cap], '!');
    }
    CHECK_STR(buf, want);
}

/* ---- the C library as a second opinion ---------------------------------------- */

static struct quoth_random rnd;
static unsigned below(unsigned n) { return quoth_random_below(&rnd, n); }

/* Something like an address: groups of some kinds with some sign between them. */
static void make_text(char *to, size_t cap)
{
    static const char *const groups[] = {"0",       "1",       "255",   "9",     "10",  "199",
                                         "00",      "01",      "f",     "ffff",  "0ab", "ABcd",
                                         "0000",    "256",     "1000",  "10000", "g",   "",
                                         "1.2.3.4", "0.0.0.0", "1.2.3", "00000"};
    unsigned v6 = below(2), n = below(3) ? (v6 ? 8 : 4) : below(10);
    size_t at = 0;

    to[0] = 0;
    for (unsigned i = 0; i < n; i++)
        at += (size_t)snprintf(to + at, cap - at, "%s%s", i ? (v6 ? ":" : ".") : "",
                               groups[below(below(12) ? (v6 ? 13 : 6) : 22)]);
    if (v6 && below(2)) { /* a gap, somewhere */
        char *colon = strchr(to + below((unsigned)at + 1), ':');
        if (colon && at + 2 < cap)
            memmove(colon + 1, colon, strlen(colon) + 1);
    }
    if (at && below(8) == 0)
        to[below((unsigned)at)] = ":.0f/ "[below(6)];
}

/* Bits counted one by one. */
static int same_bits(const struct quoth_ip *a, const struct quoth_ip *b, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++)
        if ((a->b[i / 8] ^ b->b[i / 8]) >> (7 - i % 8) & 1)
            return 0;
    return a->len == b->len;
}

TEST(A16_second_opinion)
{
    static const uint8_t seed[16] = {4};
    unsigned some = 0;

    quoth_random_seed(&rnd, seed);
    for (int k = 0; k < 60000; k++) {
        char text[200], *alone;
        uint8_t want[16] = {0};
        struct quoth_ip ip = {77, {0}};
        int len, rc;

        make_text(text, sizeof text);
        len = inet_pton(AF_INET, text, want) == 1    ? 4
              : inet_pton(AF_INET6, text, want) == 1 ? 16
                                                     : 0;
        alone = malloc(strlen(text) + !text[0]); /* what stands behind it is not read */
        if (!alone)
            abort();
        memcpy(alone, text, strlen(text));
        rc = quoth_ip_parse(&ip, alone, strlen(text));
        free(alone);
        CHECK_INT(rc, len ? QUOTH_OK : QUOTH_EPROTO);
        CHECK_INT(ip.len, len ? len : 77);
        CHECK(!len || !memcmp(ip.b, want, (size_t)len));
        if ((rc == QUOTH_OK) != (len > 0))
            printf("    %s\n", text);
        some += len > 0;
    }
    CHECK(some > 5000);
}

/* Of two runs of zeros musl may shorten the second, where RFC 5952 4.2.3 wants the first. */
static int musl_may_differ(const struct quoth_ip *ip)
{
#ifdef __GLIBC__
    (void)ip;
    return 0;
#else
    return ip->len == 16 && !ip->b[0] && !ip->b[1];
#endif
}

/* Any address is printed as the C library prints it, but for an IPv4 address in it (RFC 5952 5). */
TEST(A16_text)
{
    static const uint8_t seed[16] = {6};

    quoth_random_seed(&rnd, seed);
    for (int k = 0; k < 30000; k++) {
        struct quoth_ip ip = {below(4) ? 16 : 4, {0}}, back;
        char want[64], got[64];
        int n;

        for (unsigned i = 0; i < ip.len; i++)
            ip.b[i] = (uint8_t)(below(3) ? 0 : below(2) ? below(256) : below(17));
        if (ip.len == 16 && !memcmp(ip.b, "\0\0\0\0\0\0\0\0\0", 10))
            ip.b[0] = 1;
        inet_ntop(ip.len == 4 ? AF_INET : AF_INET6, ip.b, want, sizeof want);
        n = quoth_ip_text(&ip, got, sizeof got);
        CHECK(musl_may_differ(&ip) || !strcmp(got, want));
        CHECK_INT(n, strlen(got));
        CHECK_INT(quoth_ip_parse(&back, got, (size_t)n), QUOTH_OK);
        CHECK(back.len == ip.len && !memcmp(back.b, ip.b, ip.len));
    }
}

/* Every number of bits, and addresses that differ in one. */
TEST(N09_bits)
{
    static const uint8_t seed[16] = {8};

    quoth_random_seed(&rnd, seed);
    for (unsigned len = 4; len <= 16; len += 12)
        for (unsigned bits = 0; bits <= 8 * len + 2; bits++)
            for (unsigned k = 0; k < 8 * len; k++) {
                struct quoth_cidr c;
                struct quoth_ip ip = {(uint8_t)len, {0}}, other;
                char text[80];
                int rc;

                for (unsigned i = 0; i < len; i++)
                    ip.b[i] = (uint8_t)below(256);
                quoth_ip_text(&ip, text, sizeof text);
                snprintf(text + strlen(text), 8, "/%u", bits);
                rc = quoth_cidr_parse(&c, text, strlen(text));
                CHECK_INT(rc, bits <= 8 * len ? QUOTH_OK : QUOTH_EPROTO);
                if (rc < 0)
                    break;
                CHECK_INT(c.bits, bits);
                other = ip;
                other.b[k / 8] ^= (uint8_t)(0x80 >> k % 8);
                CHECK_INT(quoth_cidr_holds(&c, &other), same_bits(&ip, &other, bits));
                CHECK(quoth_cidr_holds(&c, &ip));
            }
}

int main(void)
{
    RUN(A16_second_opinion);
    RUN(A16_text);
    RUN(N09_bits);
    RUN(A16_room);
    RUN(A16_good);
    RUN(A16_end);
    RUN(A16_none);
    RUN(A17_bad);
    RUN(N09_cidr);
    return report("ip");
}
