/* ip_test.c - addresses as text.
 * SPDX-License-Identifier: MIT */
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

int main(void)
{
    RUN(A16_room);
    RUN(A16_good);
    RUN(A16_end);
    RUN(A16_none);
    RUN(A17_bad);
    RUN(N09_cidr);
    return report("ip");
}
