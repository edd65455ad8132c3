/* target_test.c - section N of RULES.md: each block of the table with its first and last
 * address and the neighbours of both, embedded addresses, the operator's lists.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "test.h"
#include "quoth.h"

static const struct quoth_targets none;

static struct quoth_ip ip_of(const char *text)
{
    struct quoth_ip ip;
    CHECK_INT(quoth_ip_parse(&ip, text, strlen(text)), QUOTH_OK);
    return ip;
}
static struct quoth_cidr cidr_of(const char *text)
{
    struct quoth_cidr cidr;
    CHECK_INT(quoth_cidr_parse(&cidr, text, strlen(text)), QUOTH_OK);
    return cidr;
}
static int ok_for(const struct quoth_targets *t, const char *text)
{
    struct quoth_ip ip = ip_of(text);
    return quoth_target_ok(t, &ip);
}
static int ok(const char *text) { return ok_for(&none, text); }

/* A block by hand, from the RFCs and not from target.csv: its ends, and whether what lies
 * right before and right behind is open (1), denied by another block (0), or nothing (-1). */
struct block {
    const char *first, *last;
    int before, behind;
};

/* The next address up (1) or down (-1). 0: there is none. */
static int neighbour(struct quoth_ip *ip, int way)
{
    for (int i = ip->len - 1; i >= 0; i--) {
        ip->b[i] = (uint8_t)(ip->b[i] + way);
        if (ip->b[i] != (way > 0 ? 0 : 255))
            return 1;
    }
    return 0;
}

static void check_blocks(const struct block *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct quoth_ip first = ip_of(b[i].first), last = ip_of(b[i].last), out;
        int bad = quoth_target_ok(&none, &first) || quoth_target_ok(&none, &last);
        out = first;
        bad |=
            neighbour(&out, -1) ? quoth_target_ok(&none, &out) != b[i].before : b[i].before != -1;
        out = last;
        bad |= neighbour(&out, 1) ? quoth_target_ok(&none, &out) != b[i].behind : b[i].behind != -1;
        if (bad)
            printf("%s\n", b[i].first);
        CHECK(!bad);
    }
}

TEST(N01)
{
    static const struct block blocks[] = {
        {"0.0.0.0", "0.255.255.255", -1, 1},      {"10.0.0.0", "10.255.255.255", 1, 1},
        {"100.64.0.0", "100.127.255.255", 1, 1},  {"127.0.0.0", "127.255.255.255", 1, 1},
        {"169.254.0.0", "169.254.255.255", 1, 1}, {"172.16.0.0", "172.31.255.255", 1, 1},
        {"192.0.0.0", "192.0.0.255", 1, 1},       {"192.0.2.0", "192.0.2.255", 1, 1},
        {"192.88.99.0", "192.88.99.255", 1, 1},   {"192.168.0.0", "192.168.255.255", 1, 1},
        {"198.18.0.0", "198.19.255.255", 1, 1},   {"198.51.100.0", "198.51.100.255", 1, 1},
        {"203.0.113.0", "203.0.113.255", 1, 1},   {"224.0.0.0", "239.255.255.255", 1, 0},
        {"240.0.0.0", "255.255.255.255", 0, -1}};
    check_blocks(blocks, sizeof blocks / sizeof *blocks);
    CHECK(!ok("255.255.255.255"));
    CHECK(ok("8.8.8.8") && ok("1.1.1.1") && ok("223.255.255.255") && ok("192.0.1.0"));
}

#define ONES "ffff:ffff:ffff:ffff"
TEST(N02)
{
    static const struct block blocks[] = {{"::", "::", -1, 0},
                                          {"::1", "::1", 0, 0},
                                          {"::ffff:0:0", "::ffff:ffff:ffff", 0, 0},
                                          {"64:ff9b:1::", "64:ff9b:1:ffff:" ONES, 0, 0},
                                          {"100::", "100::" ONES, 0, 0},
                                          {"2001::", "2001:1ff:ffff:ffff:" ONES, 1, 1},
                                          {"2001:db8::", "2001:db8:ffff:ffff:" ONES, 1, 1},
                                          {"2002::", "2002:ffff:ffff:ffff:" ONES, 1, 1},
                                          {"3fff::", "3fff:fff:ffff:ffff:" ONES, 1, 1},
                                          {"fc00::", "fdff:ffff:ffff:ffff:" ONES, 0, 0},
                                          {"fe80::", "febf:ffff:ffff:ffff:" ONES, 0, 0},
                                          {"fec0::", "feff:ffff:ffff:ffff:" ONES, 0, 0},
                                          {"ff00::", "ffff:ffff:ffff:ffff:" ONES, 0, -1},
                                          {"::2", "64:ff9a:ffff:ffff:" ONES, 0, 0},
                                          {"4000::", "7fff:ffff:ffff:ffff:" ONES, 1, 0},
                                          {"8000::", "bfff:ffff:ffff:ffff:" ONES, 0, 0},
                                          {"64:ff9b:2::", "1fff:ffff:ffff:ffff:" ONES, 0, 1}};
    check_blocks(blocks, sizeof blocks / sizeof *blocks);
    CHECK(ok("2001:4860:4860::8888") && ok("2a00:1450::1a") && ok("2606:4700::1"));
}

TEST(N03)
{
    CHECK(ok("64:ff9b::8.8.8.8"));
    CHECK(!ok("64:ff9b::127.0.0.1") && !ok("64:ff9b::10.0.0.1") && !ok("64:ff9b::0.0.0.0") &&
          !ok("64:ff9b::255.255.255.255"));
    CHECK(!ok("64:ff9b:0:0:0:1:808:808") && !ok("64:ff9b:1::8.8.8.8"));
    CHECK(!ok("::ffff:8.8.8.8"));                                                /* mapped */
    CHECK(!ok("::8.8.8.8"));                                                     /* compatible */
    CHECK(!ok("2002:808:808::1"));                                               /* 6to4 */
    CHECK(!ok("2001:0:4136:e378:8000:63bf:3fff:fdd2"));                          /* Teredo */
    CHECK(!ok("2a00:1450::5efe:8.8.8.8") && !ok("2a00:1450::200:5efe:8.8.8.8")); /* ISATAP */
    CHECK(ok("2a00:1450::100:5efe:8.8.8.8") && ok("2a00:1450::5eff:8.8.8.8") &&
          ok("2a00:1450::1:5efe:8.8.8.8"));
}

TEST(N03_own_prefix)
{
    /* RFC 6052 2.4: 192.0.2.33 behind each length; here 8.8.4.33 and 10.8.4.33. */
    static const struct {
        const char *prefix, *fine, *inside;
    } forms[] = {
        {"2a00:db0::/32", "2a00:db0:808:421::", "2a00:db0:a08:421::"},
        {"2a00:db0:100::/40", "2a00:db0:108:804:21::", "2a00:db0:10a:804:21::"},
        {"2a00:db0:122::/48", "2a00:db0:122:808:4:2100::", "2a00:db0:122:a08:4:2100::"},
        {"2a00:db0:122:300::/56", "2a00:db0:122:308:8:421::", "2a00:db0:122:30a:8:421::"},
        {"2a00:db0:122:344::/64", "2a00:db0:122:344:8:804:2100::", "2a00:db0:122:344:a:804:2100::"},
        {"2a00:db0:122:344::/96", "2a00:db0:122:344::8.8.4.33", "2a00:db0:122:344::10.8.4.33"},
        {"64:ff9b:1:fffe::/96", "64:ff9b:1:fffe::8.8.4.33", "64:ff9b:1:fffe::10.8.4.33"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct quoth_targets t = {0};
        t.nat64 = cidr_of(forms[i].prefix);
        CHECK(ok_for(&t, forms[i].fine));
        CHECK(!ok_for(&t, forms[i].inside));
        CHECK_INT(ok(forms[i].inside), i < 6);    /* not known to be NAT64: as any other */
        CHECK(ok_for(&t, "2a00:1450::8.8.4.33")); /* not below the prefix */
        struct quoth_cidr deny = cidr_of("8.8.4.0/24");
        t.deny = &deny;
        t.deny_n = 1;
        CHECK(!ok_for(&t, forms[i].fine));
        t.deny_n = 0;
        struct quoth_cidr allow = cidr_of("10.8.4.33");
        t.allow = &allow;
        t.allow_n = 1;
        CHECK(ok_for(&t, forms[i].inside));
    }
    for (unsigned bits = 24; bits <= 128; bits++) /* of any length: behind its last whole byte */
        for (int inside = 0; inside < 2; inside++) {
            struct quoth_ip ip = ip_of("2a00:db0::"), v4 = ip_of(inside ? "10.8.4.33" : "8.8.4.33");
            for (unsigned i = 0, at = bits < 96 ? bits / 8 : 12; i < 4; at++)
                if (at != 8)
                    ip.b[at] = v4.b[i++];
            struct quoth_targets t = {.nat64 = {ip, (uint8_t)bits}};
            CHECK_INT(quoth_target_ok(&t, &ip), bits < 32 || !inside);
        }
    for (unsigned bits = 0; bits < 32; bits++) { /* none that RFC 6052 knows */
        struct quoth_targets t = {.nat64 = {ip_of("2a00:db0::"), (uint8_t)bits}};
        CHECK(quoth_target_ok(&t, &t.nat64.ip));
    }
}

/* Our own addresses and name servers, unless they are opened; inside NAT64 too. */
TEST(N04)
{
    const struct quoth_cidr own[] = {cidr_of("198.51.101.7"), cidr_of("2a00:1450::7"),
                                     cidr_of("9.9.9.9")};
    struct quoth_cidr allow = cidr_of("198.51.101.0/24");
    struct quoth_targets t = {.own = own, .own_n = 3};
    CHECK(!ok_for(&t, "198.51.101.7") && !ok_for(&t, "2a00:1450::7") && !ok_for(&t, "9.9.9.9"));
    CHECK(!ok_for(&t, "64:ff9b::9.9.9.9"));
    CHECK(ok_for(&t, "198.51.101.8") && ok_for(&t, "2a00:1450::8") &&
          ok_for(&t, "64:ff9b::9.9.9.8"));
    t.allow = &allow;
    t.allow_n = 1;
    CHECK(ok_for(&t, "198.51.101.7") && !ok_for(&t, "9.9.9.9"));
    t.own_n = 0;
    CHECK(ok_for(&t, "9.9.9.9"));
}

TEST(N06)
{
    CHECK(!ok("0.0.0.0") && !ok("::"));
    struct quoth_ip nothing = {0};
    CHECK(!quoth_target_ok(&none, &nothing));
    nothing.len = 5;
    CHECK(!quoth_target_ok(&none, &nothing));
}

TEST(N09)
{
    struct quoth_cidr allow[] = {cidr_of("10.1.0.0/16"), cidr_of("fd00::/8")};
    struct quoth_cidr deny[] = {cidr_of("10.1.2.0/24"), cidr_of("8.8.8.0/24"),
                                cidr_of("2a00::/16")};
    struct quoth_targets t = {.allow = allow, .allow_n = 2, .deny = deny, .deny_n = 3};
    CHECK(ok_for(&t, "10.1.1.1") && ok_for(&t, "fd12::1"));
    CHECK(!ok_for(&t, "10.2.0.0") && !ok_for(&t, "10.0.255.255") && !ok_for(&t, "fc00::1"));
    CHECK(!ok_for(&t, "10.1.2.0") && !ok_for(&t, "10.1.2.255")); /* deny wins over allow */
    CHECK(ok_for(&t, "10.1.3.0") && ok_for(&t, "8.8.9.0") && !ok_for(&t, "8.8.8.8"));
    CHECK(!ok_for(&t, "2a00:1450::1") && ok_for(&t, "2a01::1"));
    CHECK(ok_for(&t, "64:ff9b::10.1.1.1")); /* NAT64 is as good as what it embeds */
    CHECK(!ok_for(&t, "64:ff9b::8.8.8.8") && !ok_for(&t, "64:ff9b::10.1.2.3"));
    struct quoth_cidr all = cidr_of("::/0");
    t.allow = &all;
    t.allow_n = 1;
    CHECK(ok_for(&t, "fe80::1") && ok_for(&t, "::ffff:9.9.9.9") && !ok_for(&t, "::ffff:8.8.8.8"));
    for (unsigned bit = 0; bit < 96; bit++) { /* mapped, and nothing that is almost so */
        struct quoth_ip ip = ip_of("::ffff:8.8.8.8");
        ip.b[bit / 8] ^= (uint8_t)(128 >> bit % 8);
        CHECK(quoth_target_ok(&t, &ip));
    }
}

/* What target.csv says, by arithmetic of its own: every block's ends are denied (or judged by what
 * they embed), and a row that does not lie within another has open neighbours. */
static void csv_row(const char *block, const char *action)
{
    struct quoth_cidr c = cidr_of(block);
    struct quoth_ip last = c.ip, far = c.ip;
    for (unsigned i = c.bits; i < c.ip.len * 8u; i++)
        last.b[i / 8] |= (uint8_t)(128 >> i % 8);
    if (!strcmp(action, "embed")) {
        memcpy(far.b + 12, "\x08\x08\x08\x08", 4);
        CHECK(quoth_target_ok(&none, &far));
    }
    CHECK(!quoth_target_ok(&none, &c.ip) && !quoth_target_ok(&none, &last));
    unsigned half = c.bits < c.ip.len * 8u ? c.bits : c.bits - 1u; /* and one in the middle */
    last = c.ip;
    if (half >= c.bits)
        last.b[half / 8] |= (uint8_t)(128 >> half % 8);
    if (strcmp(action, "embed"))
        CHECK(!quoth_target_ok(&none, &last));
}

TEST(N12)
{
    FILE *f = fopen("core/data/target.csv", "r");
    char line[256];
    int rows = 0;
    CHECK(f != NULL);
    while (f && fgets(line, sizeof line, f)) {
        char *comma = strchr(line, ',');
        if (*line == '#' || !comma || !strchr("0123456789abcdef:", *line) || !strchr(line, '/'))
            continue;
        *comma = '\0';
        comma[1 + strcspn(comma + 1, ",")] = '\0';
        csv_row(line, comma + 1);
        rows++;
    }
    if (f)
        fclose(f);
    CHECK(rows >= 28);
}

int main(void)
{
    RUN(N01);
    RUN(N02);
    RUN(N03);
    RUN(N03_own_prefix);
    RUN(N04);
    RUN(N06);
    RUN(N09);
    RUN(N12);
    return report("target");
}
