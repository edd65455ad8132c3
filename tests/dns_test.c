/* dns_test.c - the DNS message parser against well-formed, broken and hostile messages. Every
 * message is parsed from a heap block of exactly its size, so that one byte too far is seen.
 *
 * SPDX-License-Identifier: MIT */
#include <time.h>
#include "test.h"
#include "dns_msg.h"
#include "inner.h"

enum { ID = 0x1234 };

static struct msg msg;
static struct quoth_name asked;
static struct quoth_dns dns;
static struct quoth_rr rr;
static uint8_t *exact;

static struct quoth_name name_of(const char *text)
{
    struct quoth_name n;
    if (quoth_name_parse(&n, text, strlen(text)) != QUOTH_OK)
        abort();
    return n;
}

static void start(unsigned flags, const char *name, uint16_t type)
{
    asked = name_of(name);
    msg_answer(&msg, ID, flags, name, type);
}

/* The cursor takes what there is, and no length is too great to be refused. */
TEST(D_cursor)
{
    static const uint8_t bytes[4] = {1, 2, 3, 4};
    static const size_t much[] = {4, 5, SIZE_MAX - 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof much / sizeof much[0]; i++) {
        struct quoth_cursor c = {bytes, sizeof bytes, 1, 0};
        CHECK(quoth_cursor_take(&c, much[i]) == NULL && c.over && c.at == 4);
        CHECK_INT(quoth_cursor_u8(&c), 0);
    }
    struct quoth_cursor c = {bytes, sizeof bytes, 1, 0};
    CHECK(quoth_cursor_take(&c, 3) == bytes + 1 && !c.over && quoth_cursor_left(&c) == 0);
}

static int open_bytes(const uint8_t *p, size_t n, uint16_t type)
{
    free(exact);
    exact = malloc(n ? n : 1);
    if (!exact)
        abort();
    if (n)
        memcpy(exact, p, n);
    return quoth_dns_open(&dns, exact, n, ID, &asked, type);
}

static int open_msg(uint16_t type) { return open_bytes(msg.b, msg.n, type); }

static int usable(uint16_t type, const void *data, size_t n)
{
    start(MSG_OK, "example.com", 15);
    msg_rr(&msg, 0, NULL, type, 300, data, n);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(quoth_dns_next(&dns, &rr), 0);
    start(MSG_OK, "example.com", 15);
    msg_rr(&msg, 0, NULL, type, 300, data, n);
    msg_rr(&msg, 0, ".", 99, 0, "\0\0\0\0",
           4); /* the same with bytes behind it to read by mistake */
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    int is = rr.usable;
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.type, 99);
    return is;
}

/* An MX question whose one answer's owner is these bytes at offset 29. */
static int owner_is(const void *bytes, size_t n)
{
    start(MSG_OK, "example.com", QUOTH_DNS_MX);
    msg_count(&msg, 0, 1);
    msg_raw(&msg, bytes, n);
    return open_msg(QUOTH_DNS_MX);
}

/* The same with the rest of a record behind it. */
static int record_of(const void *bytes, size_t n)
{
    static const uint8_t tail[10] = {0, 99, 0, 1, 0, 0, 0, 0, 0, 0};
    start(MSG_OK, "example.com", QUOTH_DNS_MX);
    msg_count(&msg, 0, 1);
    msg_raw(&msg, bytes, n);
    msg_raw(&msg, tail, sizeof tail);
    return open_msg(QUOTH_DNS_MX);
}

/* ---- the golden messages ------------------------------------------------ */

static const char *const chain[] = {"a.test", "b.test", "c.test", "d.test"};

static uint16_t golden_plain(int i)
{
    static const uint8_t mx_ptr[] = {0, 10, 3, 'm', 'x', '1', 0xc0, 12};
    switch (i) {
    case 0: start(MSG_OK, "example.com", 15); return 15;
    case 1:
        start(MSG_OK, "example.com", 15);
        msg_rr(&msg, 0, NULL, 15, 300, mx_ptr, 8);
        return 15;
    case 2:
        start(MSG_OK, "example.com", 15);
        msg_mx(&msg, 0, "example.com", 300, 5, "mx.example.com");
        return 15;
    case 3:
        start(MSG_OK, "example.com", 15);
        msg_mx(&msg, 0, NULL, 300, 0, ".");
        return 15;
    case 4:
        start(MSG_OK, "a.test", 1);
        msg_a(&msg, 0, "a.test", 60, 192, 1);
        msg_a(&msg, 0, NULL, 6, 192, 2);
        return 1;
    case 5:
        start(MSG_OK, "a.test", 28);
        msg_aaaa(&msg, 0, "a.test", 60, 1);
        return 28;
    case 6:
        start(MSG_OK | 3, "no.test", 15);
        msg_soa(&msg, "test", 900, 300);
        return 15;
    case 7:
        start(MSG_OK, "a.test", 15);
        msg_soa(&msg, "test", 900, 300);
        msg_opt(&msg, 2, 0, NULL, 0);
        return 15;
    case 8:
        start(MSG_OK, chain[0], 1);
        for (int k = 0; k < 3; k++)
            msg_cname(&msg, chain[k], 60, chain[k + 1]);
        msg_a(&msg, 0, chain[3], 60, 192, 1);
        return 1;
    default: start(MSG_OK | 2, "fail.test", 15); return 15;
    }
}

/* Options, referrals, types nobody knows; cut, and malformed. */
static uint16_t golden_odd(int i)
{
    static const uint8_t mx_ptr[] = {0, 10, 3, 'm', 'x', '1', 0xc0, 12};
    static const uint8_t unknown[] = {0xc0, 0xff, 1, 2, 3};
    static const uint8_t option[] = {0, 10, 0, 4, 1, 2, 3, 4, 0, 3, 0, 0};
    switch (i) {
    case 10:
        start(MSG_OK | 5, "refused.test", 15);
        msg_opt(&msg, 2, 0, option, sizeof option);
        return 15;
    case 11:
        start(MSG_OK, "example.com", 15);
        msg_rr(&msg, 0, NULL, 15, 300, mx_ptr, 8);
        msg_a(&msg, 2, "mx1.example.com", 300, 192, 25);
        msg_aaaa(&msg, 2, "mx1.example.com", 300, 25);
        msg_opt(&msg, 2, 0, NULL, 0);
        return 15;
    case 12:
        start(MSG_OK, "ref.test", 15);
        msg_ns(&msg, "ref.test", "ns.ref.test");
        return 15;
    case 13:
        start(MSG_OK, "a.test", 1);
        msg_rr(&msg, 0, NULL, 65280, 1, unknown, 5);
        msg_a(&msg, 0, NULL, 1, 192, 9);
        return 1;
    case 14:
        start(MSG_OK, "a.test", 15);
        msg_opt(&msg, 2, 1, NULL, 0);
        return 15;
    case 15: start(MSG_TC, "a.test", 15); return 15;
    case 16:
        start(MSG_OK, "a.test", 15);
        for (int k = 0; k < 4; k++)
            msg_mx(&msg, 0, NULL, 9, 10, chain[k]);
        return 15;
    case 17:
        start(MSG_OK, "a.test", 15);
        msg_rr(&msg, 0, NULL, 15, 1, "\0", 1);
        return 15;
    case 18:
        start(MSG_OK, "a.test", 1);
        msg_rr(&msg, 0, NULL, 1, 0x80000001, "\1\2\3\4", 4);
        msg_raw(&msg, "zz", 2);
        return 1;
    default:
        start(MSG_OK | 1, "a.test", 15);
        msg.b[5] = 0;
        msg.n = 12;
        return 15;
    }
}

static uint16_t golden(int i) { return i < 10 ? golden_plain(i) : golden_odd(i); }
enum { GOLDEN = 20 };

/* Read everything there is; nothing may be out of bounds, and every name must end. */
static int read_all(const uint8_t *p, size_t n, uint16_t type)
{
    struct quoth_name to;
    int records = 0, rc;

    if (quoth_dns_open(&dns, p, n, ID, &asked, type) != QUOTH_OK)
        return -1;
    while ((rc = quoth_dns_next(&dns, &rr)) == 1) {
        records++;
        if (rr.owner.n < 1 || rr.owner.b[rr.owner.n - 1] != 0 || rr.section > 2)
            abort();
        if ((rr.type == QUOTH_DNS_MX || rr.type == QUOTH_DNS_CNAME) && rr.usable &&
            quoth_dns_name(&dns, rr.target, &to) < 1)
            abort();
    }
    if (rc < 0 && !dns.tc)
        abort(); /* what open() passed, reads */
    return records;
}

TEST(D02)
{
    for (int i = 0; i < GOLDEN; i++) {
        uint16_t type = golden(i);
        for (size_t n = 0; n <= msg.n; n++) {
            int rc = open_bytes(msg.b, n, type);
            if (n < msg.n && !dns.tc && i != 18)
                CHECK(rc < 0);
            if (rc == QUOTH_OK)
                read_all(exact, n, type);
        }
        CHECK_INT(open_msg(type), QUOTH_OK);
        CHECK(read_all(exact, msg.n, type) >= 0);
    }
}

TEST(D03)
{
    unsigned long taken = 0, refused = 0;
    for (int i = 0; i < GOLDEN; i++) {
        uint16_t type = golden(i);
        open_msg(type);
        for (size_t at = 0; at < msg.n; at++) {
            for (int v = 0; v < 256; v++) {
                exact[at] = (uint8_t)v;
                if (read_all(exact, msg.n, type) >= 0)
                    taken++;
                else
                    refused++;
                /* no id and no question but ours is ever an answer (case apart) */
                if (at < 2 && v != msg.b[at])
                    CHECK_INT(quoth_dns_open(&dns, exact, msg.n, ID, &asked, type), QUOTH_EINVAL);
            }
            exact[at] = msg.b[at];
        }
    }
    CHECK(taken > 1000 && refused > 1000);
}

/* ---- header and question ------------------------------------------------ */

TEST(D01)
{
    static const uint8_t zero[12] = {ID >> 8, ID & 255, 0x81, 0x80};
    asked = name_of("example.com");
    CHECK_INT(open_bytes(zero, 0, 15), QUOTH_EINVAL);
    CHECK_INT(open_bytes(zero, 1, 15), QUOTH_EINVAL);
    CHECK_INT(open_bytes(zero, 11, 15), QUOTH_EINVAL);
    CHECK_INT(open_bytes(zero, 12, 15), QUOTH_EINVAL);
}

TEST(Q07)
{
    static const struct {
        size_t at;
        uint8_t bit;
        const char *what;
    } t[] = {
        {0, 1, "id"},        {1, 0x80, "id"},     {2, 0x80, "QR"},     {2, 8, "opcode"},
        {2, 0x40, "opcode"}, {4, 1, "questions"}, {5, 2, "questions"}, {12, 1, "name"},
        {13, 1, "name"},     {24, 1, "name"},     {25, 1, "type"},     {26, 1, "type"},
        {27, 1, "class"},    {28, 2, "class"},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        start(MSG_OK, "example.com", 15);
        msg_mx(&msg, 0, NULL, 300, 10, "mx.example.com");
        msg.b[t[i].at] ^= t[i].bit;
        CHECK_INT(open_msg(15), QUOTH_EINVAL);
        msg.b[t[i].at] ^= t[i].bit;
        CHECK_INT(open_msg(15), QUOTH_OK);
    }
    start(MSG_OK, "example.com", 15);
    CHECK_INT(open_msg(1), QUOTH_EINVAL);
    asked = name_of("example.org");
    CHECK_INT(open_msg(15), QUOTH_EINVAL);
    asked = name_of("www.example.com"); /* longer than the message's */
    CHECK_INT(open_msg(15), QUOTH_EINVAL);
}

/* C02: the right id and another name; and the name in other case is the same name. */
TEST(D14)
{
    start(MSG_OK, "example.com", 15);
    msg_mx(&msg, 0, "EXAMPLE.com", 300, 10, "MX.Example.COM");
    memcpy(msg.b + 13, "eXAMPLe", 7);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK(rr.owner.n == asked.n && !memcmp(rr.owner.b, asked.b, asked.n));
    memcpy(asked.b, "\13example.com",
           13); /* one label with a dot in it: as long, and not the same */
    CHECK_INT(open_msg(15), QUOTH_EINVAL);
}

TEST(Q09)
{
    for (unsigned rcode = 0; rcode < 16; rcode++) {
        start(MSG_OK | rcode, "example.com", 15);
        msg.b[5] = 0;
        msg.n = 12;
        int failure = rcode == 1 || rcode == 2 || rcode == 4 || rcode == 5;
        CHECK_INT(open_msg(15), failure ? QUOTH_OK : QUOTH_EINVAL);
        if (failure)
            CHECK_INT(dns.rcode, rcode);
    }
    start(MSG_OK | 2, "example.com", 15); /* without a question nothing behind it is read */
    msg_mx(&msg, 0, "example.com", 1, 1, "mx.test");
    msg.b[5] = 0;
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(dns.at, msg.n);
    CHECK_INT(quoth_dns_next(&dns, &rr), 0);
}

TEST(Q01)
{
    uint8_t buf[288];
    struct quoth_name n = name_of("Example.com");
    static const uint8_t want[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\17\0\1";
    CHECK_INT(quoth_dns_query(buf, sizeof buf, ID, &n, 15, 0), 29);
    CHECK(!memcmp(buf, want, 29));
}

TEST(Q13_opt)
{
    uint8_t buf[288];
    struct quoth_name n = name_of("example.com");
    static const uint8_t opt[11] = {0, 0, 41, 1232 >> 8, 1232 & 255, 0,
                                    0, 0, 0,  0,         0}; /* version 0, no DO */
    CHECK_INT(quoth_dns_query(buf, sizeof buf, ID, &n, 15, 1232), 40);
    CHECK_INT(buf[11], 1);
    CHECK(!memcmp(buf + 29, opt, 11));
}

TEST(D30)
{
    char longest[254];
    uint8_t *buf;
    struct quoth_name n;
    for (size_t i = 0; i < 253; i++)
        longest[i] = i % 64 == 63 ? '.' : 'a';
    CHECK_INT(quoth_name_parse(&n, longest, 253), QUOTH_OK);
    for (size_t cap = 0; cap <= 288; cap++) {
        buf = malloc(cap ? cap : 1);
        CHECK_INT(quoth_dns_query(buf, cap, ID, &n, 1, 1232), cap >= 282 ? 282 : QUOTH_ESPACE);
        if (cap >= 282)
            CHECK(!memcmp(buf + 12, n.b, 255));
        free(buf);
    }
}

/* ---- names and pointers ------------------------------------------------- */

TEST(D04)
{
    for (unsigned len = 64; len < 192; len++) {
        uint8_t bad[200] = {(uint8_t)len};
        CHECK_INT(record_of(bad, sizeof bad), QUOTH_EPROTO);
    }
    for (int pointer = 0; pointer < 2; pointer++) { /* far behind, where a pointer could lead */
        static const uint8_t filler[0x3f30];
        start(MSG_OK, "example.com", 15);
        msg_rr(&msg, 0, ".", 99, 0, filler, sizeof filler);
        msg_count(&msg, 0, 2);
        msg_raw(&msg, pointer ? "\xff\x20" : "\xbf\x20", 2);
        msg_raw(&msg, filler, 10);
        CHECK_INT(open_msg(15), pointer ? QUOTH_OK : QUOTH_EPROTO);
    }
}

/* C01, C12: loops. The owner is at 29. */
TEST(D05)
{
    CHECK_INT(record_of("\xc0\x1d", 2), QUOTH_EPROTO);    /* to itself */
    CHECK_INT(record_of("\1a\xc0\x1d", 4), QUOTH_EPROTO); /* into its own prefix */
    CHECK_INT(record_of("\1a\xc0\x1f", 4), QUOTH_EPROTO); /* to itself behind a label */
    CHECK_INT(usable(QUOTH_DNS_NS, "\xc0\x29", 2), 0);    /* and it is not gone round */
    CHECK_INT(dns.work, 14 + 1 + 1);
    start(MSG_OK, "example.com", 15);                   /* two that point to each other */
    msg_rr(&msg, 0, ".", 99, 0, "\xc0\x2a\xc0\x28", 4); /* at 40 and 42 */
    msg_count(&msg, 0, 2);
    msg_raw(&msg, "\xc0\x2a\0\1\0\1\0\0\0\0\0\0", 12);
    CHECK_INT(open_msg(15), QUOTH_EPROTO);
}

TEST(D06)
{
    CHECK_INT(record_of("\xc0\x1f\0", 3), QUOTH_EPROTO); /* forward */
    CHECK_INT(record_of("\xc0\x1e", 2), QUOTH_EPROTO);
    CHECK_INT(record_of("\xc0\x29", 2), QUOTH_EPROTO); /* at the end: the message has 41 bytes */
    CHECK_INT(record_of("\xff\xff", 2), QUOTH_EPROTO); /* past the end */
    for (unsigned at = 0; at < 12; at++) {
        uint8_t head[2] = {0xc0, (uint8_t)at};
        CHECK_INT(record_of(head, 2), QUOTH_EPROTO); /* into the header */
    }
    CHECK_INT(record_of("\xc0\x0c", 2), QUOTH_OK);
    /* a jump back, and from there forward again, but still before the owner */
    start(MSG_OK, "example.com", 15);
    msg_rr(&msg, 0, ".", 99, 0, "\xc0\x2a\1a\0", 5); /* at 40: a pointer to 42 */
    msg_count(&msg, 0, 2);
    msg_raw(&msg, "\xc0\x28\0\1\0\1\0\0\0\0\0\0", 12);
    CHECK_INT(open_msg(15), QUOTH_EPROTO);
}

TEST(D07)
{
    CHECK_INT(owner_is("\xc0", 1), QUOTH_EPROTO);
    CHECK_INT(owner_is("\1a\xc0", 3), QUOTH_EPROTO);
}

/* Labels that sum up to `octets` on the wire with the root, written so that the last part is a
 * pointer. */
static int expands_to(unsigned octets)
{
    size_t at;
    uint8_t label[64];
    start(MSG_OK, "example.com", 15); /* at 12: 13 octets */
    memset(label, 'x', sizeof label);
    at = msg_begin(&msg, 0, ".", 99, 0);
    size_t parts = msg.n; /* 63-octet labels, then a pointer to the question */
    for (unsigned left = octets - 13; left;) {
        unsigned len = left > 64 ? 64 : left;
        if (left - len == 1)
            len--; /* never leave a single octet: no label is that short */
        label[0] = (uint8_t)(len - 1);
        msg_raw(&msg, label, len);
        left -= len;
    }
    msg_raw(&msg, "\xc0\x0c", 2);
    msg_end(&msg, at);
    msg_count(&msg, 0, 2);
    msg_u16(&msg, 0xc000 | (unsigned)parts);
    msg_raw(&msg, "\0\1\0\1\0\0\0\0\0\0", 10);
    int rc = open_msg(15);
    if (rc == QUOTH_OK) {
        quoth_dns_next(&dns, &rr);
        quoth_dns_next(&dns, &rr);
        CHECK_INT(rr.owner.n, octets);
    }
    return rc;
}

TEST(D08)
{
    CHECK_INT(expands_to(254), QUOTH_OK);
    CHECK_INT(expands_to(255), QUOTH_OK);
    CHECK_INT(expands_to(256), QUOTH_EPROTO);
    CHECK_INT(expands_to(257), QUOTH_EPROTO);
    CHECK_INT(expands_to(300), QUOTH_EPROTO);
}

TEST(D09)
{
    uint8_t owner[66] = {63};
    memset(owner + 1, 'a', 63);
    CHECK_INT(record_of(owner, 65), QUOTH_OK);
    CHECK_INT(owner_is(owner, 63), QUOTH_EPROTO); /* runs past the message by one */
    CHECK_INT(owner_is(owner, 64), QUOTH_EPROTO); /* ends with it, and no root follows */
}

TEST(D10)
{
    CHECK_INT(owner_is("\3abc", 4), QUOTH_EPROTO);
    CHECK_INT(owner_is("", 0), QUOTH_EPROTO);
}

TEST(D11)
{
    CHECK_INT(record_of("\3abc\xc0\x18", 6), QUOTH_OK); /* 24: the question's root */
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.owner.n, 5);
    CHECK(!memcmp(rr.owner.b, "\3abc", 5));
    CHECK_INT(record_of("\xc0\x18", 2), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.owner.n, 1);
}

/* A name of `jumps` pointers, each to the one before. */
static int jumping(unsigned jumps)
{
    size_t at;
    unsigned last = 12;
    start(MSG_OK, "example.com", 15);
    at = msg_begin(&msg, 0, ".", 99, 0);
    for (unsigned i = 1; i < jumps; i++) {
        unsigned here = (unsigned)msg.n;
        msg_u16(&msg, 0xc000 | last);
        last = here;
    }
    msg_end(&msg, at);
    msg_count(&msg, 0, 2);
    msg_u16(&msg, 0xc000 | last);
    msg_raw(&msg, "\0\1\0\1\0\0\0\0\0\0", 10);
    return open_msg(15);
}

TEST(Z_jumps)
{
    CHECK_INT(jumping(QUOTH_JUMPS_MAX - 1), QUOTH_OK);
    CHECK_INT(jumping(QUOTH_JUMPS_MAX), QUOTH_OK);
    CHECK_INT(jumping(QUOTH_JUMPS_MAX + 1), QUOTH_EPROTO);
}

/* 1000 records, each owner a long name at the end of 16 jumps: the work is bounded. */
TEST(D12)
{
    uint8_t label[64];
    clock_t t;
    start(MSG_OK, "example.com", 15);
    memset(label, 'x', sizeof label);
    label[0] = 58;
    size_t at = msg_begin(&msg, 0, ".", 99, 0);
    unsigned last = (unsigned)msg.n;
    for (int i = 0; i < 4; i++)
        msg_raw(&msg, label, 59);
    msg_raw(&msg, "\xc0\x0c", 2);
    for (int i = 0; i < 14; i++) {
        unsigned here = (unsigned)msg.n;
        msg_u16(&msg, 0xc000 | last);
        last = here;
    }
    msg_end(&msg, at);
    for (int i = 0; i < 999; i++) {
        msg_u16(&msg, 0xc000 | last);
        msg_raw(&msg, "\0\143\0\1\0\0\0\0\0\0", 10);
    }
    msg_count(&msg, 0, 1000);
    t = clock();
    CHECK_INT(open_msg(15), QUOTH_OK);
    while (quoth_dns_next(&dns, &rr) == 1) {
    }
    t = clock() - t;
    CHECK(dns.work < QUOTH_LABEL_WORK_MAX + 600);
    CHECK(dns.left[0] > 900);
    CHECK(t < CLOCKS_PER_SEC / 100); /* ten times the bound, for the sanitizers */
}

/* 31 owners of 128 octets, one of `last`, and one more record: is that one read? */
static int last_read(size_t last)
{
    char owner[128];
    memset(owner, 'a', sizeof owner);
    owner[63] = '.';
    owner[126] = '\0';
    start(MSG_OK, "example.com", 15);
    for (int i = 0; i < 31; i++)
        msg_rr(&msg, 0, owner, 99, 0, NULL, 0);
    owner[last - 2] = '\0';
    msg_rr(&msg, 0, owner, 99, 0, NULL, 0);
    msg_rr(&msg, 0, ".", 98, 0, NULL, 0);
    CHECK_INT(open_msg(15), QUOTH_OK);
    while (quoth_dns_next(&dns, &rr) == 1) {
    }
    return dns.left[0] == 0;
}

TEST(Z_label_work)
{
    CHECK_INT(QUOTH_LABEL_WORK_MAX, 4096);
    CHECK_INT(last_read(127), 1);
    CHECK_INT(last_read(128), 0);
}

TEST(Z_records)
{
    for (unsigned n = QUOTH_RECORDS_MAX - 1; n <= QUOTH_RECORDS_MAX + 1; n++) {
        unsigned got = 0;
        start(MSG_OK, "example.com", 15);
        for (unsigned i = 0; i < n; i++)
            msg_rr(&msg, 0, ".", 99, 0, NULL, 0);
        CHECK_INT(open_msg(15), QUOTH_OK);
        while (quoth_dns_next(&dns, &rr) == 1)
            got++;
        CHECK_INT(got, n < QUOTH_RECORDS_MAX ? n : QUOTH_RECORDS_MAX);
        CHECK_INT(dns.left[0], n - got);
    }
}

TEST(D13)
{
    struct quoth_name to;
    start(MSG_OK, "example.com", 15);
    msg_rr(&msg, 0, NULL, 15, 300, "\0\12\4a\r\nb\3com", 12);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.usable, 1);
    CHECK_INT(quoth_dns_name(&dns, rr.target, &to), 10);
    CHECK_INT(quoth_name_is_host(&to), 0);
}

/* ---- counts, lengths, records ------------------------------------------- */

/* C01, C02, C04: counts that do not say what is there. */
TEST(D15)
{
    start(MSG_OK, "example.com", 15);
    msg_mx(&msg, 0, NULL, 300, 10, "mx.test");
    msg_count(&msg, 0, 0xffff);
    CHECK_INT(open_msg(15), QUOTH_EPROTO);
    msg_count(&msg, 0, 2);
    CHECK_INT(open_msg(15), QUOTH_EPROTO);
    msg_count(&msg, 0, 0);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 0);
    CHECK(dns.at < dns.n);
    msg_count(&msg, 0, 1);
    msg_count(&msg, 2, 0xffff);
    CHECK_INT(open_msg(15), QUOTH_EPROTO);
}

/* C04, C12: RDLENGTH past the end. */
TEST(D16)
{
    static const unsigned len[] = {5, 6, 255, 256, 32767, 32768, 32769, 0xffff};
    for (size_t i = 0; i < sizeof len / sizeof len[0]; i++) {
        start(MSG_OK, "a.test", 1);
        msg_a(&msg, 0, NULL, 60, 192, 1);
        CHECK_INT(open_msg(1), QUOTH_OK);
        msg.b[msg.n - 6] = (uint8_t)(len[i] >> 8);
        msg.b[msg.n - 5] = (uint8_t)len[i];
        CHECK_INT(open_msg(1), QUOTH_EPROTO);
    }
}

/* C05: an exchange must end where its record does. */
TEST(D17)
{
    CHECK_INT(usable(15, "", 0), 0);
    CHECK_INT(usable(15, "\0", 1), 0);
    CHECK_INT(usable(15, "\0\12", 2), 0);
    CHECK_INT(usable(15, "\0\12\0", 3), 1);
    CHECK_INT(usable(15, "\0\12\1", 3), 0);
    CHECK_INT(usable(15, "\0\12\1a\0", 5), 1);
    CHECK_INT(usable(15, "\0\12\1a\0\0", 6), 0);
    CHECK_INT(usable(15, "\0\12\1a", 4), 0);
    CHECK_INT(usable(15, "\0\12\xc0\x0c", 4), 1);
    CHECK_INT(usable(15, "\0\12\xc0", 3), 0);
    CHECK_INT(usable(15, "\0\12\xc0\x0c\0", 5), 0);
    CHECK_INT(usable(15, "\0\12\x40\0", 4), 0);
}

TEST(C20)
{
    for (size_t n = 0; n < 3; n++) {
        start(MSG_OK, "example.com", 15);
        msg_rr(&msg, 0, NULL, 15, 300, "\0\0", n);
        CHECK_INT(open_msg(15), QUOTH_OK);
        CHECK_INT(quoth_dns_next(&dns, &rr), 1);
        CHECK_INT(rr.usable, 0);
    }
}

/* A pointer out of RDATA does not move where the next record is read. */
TEST(D18)
{
    struct quoth_name to;
    start(MSG_OK, "example.com", 15);
    msg_rr(&msg, 0, NULL, 15, 300, "\0\12\2mx\xc0\x0c", 7);
    msg_rr(&msg, 0, NULL, 15, 301, "\0\24\2my\xc0\x0c", 7);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.pref, 10);
    CHECK_INT(quoth_dns_name(&dns, rr.target, &to), 5);
    CHECK(to.n == 16 && !memcmp(to.b, "\2mx\7example\3com", 16));
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.pref, 20);
    CHECK_INT(rr.ttl, 301);
    CHECK_INT(quoth_dns_next(&dns, &rr), 0);
}

TEST(D19)
{
    uint8_t ip[20] = {1, 2, 3, 4};
    for (size_t n = 0; n <= 20; n++) {
        CHECK_INT(usable(QUOTH_DNS_A, ip, n), n == 4);
        CHECK_INT(usable(QUOTH_DNS_AAAA, ip, n), n == 16);
    }
    start(MSG_OK, "a.test", 1);
    msg_rr(&msg, 0, NULL, 1, 300, ip, 5);
    CHECK_INT(open_msg(1), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.ip.len, 0);
}

/* C09: an SOA short by one. */
TEST(D20)
{
    uint8_t soa[24] = {0, 0, [18] = 1, 2, 3, 4};
    for (size_t n = 0; n <= 24; n++)
        CHECK_INT(usable(QUOTH_DNS_SOA, soa, n), n == 22);
    start(MSG_OK, "example.com", 15);
    msg_rr(&msg, 1, NULL, QUOTH_DNS_SOA, 300, soa, 22);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.section, 1);
    CHECK_INT(rr.minimum, 0x01020304);
    CHECK_INT(usable(QUOTH_DNS_CNAME, "\1a", 2), 0);
    CHECK_INT(usable(QUOTH_DNS_CNAME, "\1a\0", 3), 1);
    CHECK_INT(usable(QUOTH_DNS_CNAME, "", 0), 0);
}

TEST(D20_options)
{
    static const uint8_t ok[] = {0, 3, 0, 2, 'a', 'b', 0, 3, 0, 0};
    for (size_t n = 0; n <= sizeof ok; n++) {
        start(MSG_OK, "example.com", 15);
        msg_opt(&msg, 2, 0, ok, n);
        CHECK_INT(open_msg(15), n == 0 || n == 6 || n == 10 ? QUOTH_OK : QUOTH_EPROTO);
    }
}

/* An extended error of RFC 8914: one more than its code, 0 when there is none; the first counts. */
TEST(D20_extended_error)
{
    static const unsigned codes[] = {0, 1, 22, 255, 256, 65534, 65535};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const uint8_t hi = (uint8_t)(codes[i] >> 8), lo = (uint8_t)codes[i];
        const uint8_t options[] = {0, 3, 0, 1, 'x', 0, 15, 0, 2, hi, lo, 0, 15, 0, 2, 0, 9};
        start(MSG_OK, "example.com", 15);
        msg_opt(&msg, 2, 0, options, sizeof options);
        CHECK_INT(open_msg(15), QUOTH_OK);
        CHECK_INT(dns.ede, codes[i] == 65535 ? 65535 : codes[i] + 1);
        start(MSG_OK, "example.com", 15);
        msg_opt(&msg, 2, 0, options, 5);
        CHECK_INT(open_msg(15), QUOTH_OK);
        CHECK_INT(dns.ede, 0);
    }
}

TEST(D23)
{
    start(MSG_OK, "example.com", 15);
    msg_opt(&msg, 2, 0, NULL, 0);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(dns.opt, 1);
    msg_opt(&msg, 2, 0, NULL, 0);
    CHECK_INT(open_msg(15), QUOTH_EPROTO);
    for (unsigned section = 0; section < 2; section++) {
        start(MSG_OK, "example.com", 15);
        msg_opt(&msg, section, 0, NULL, 0);
        CHECK_INT(open_msg(15), QUOTH_EPROTO);
    }
    start(MSG_OK, "example.com", 15);
    msg_rr(&msg, 2, "a", QUOTH_DNS_OPT, 0, NULL, 0);
    CHECK_INT(open_msg(15), QUOTH_EPROTO);
}

TEST(D24_top_bit)
{
    static const uint32_t ttl[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < 5; i++) {
        start(MSG_OK, "a.test", 1);
        msg_a(&msg, 0, NULL, ttl[i], 192, 1);
        CHECK_INT(open_msg(1), QUOTH_OK);
        CHECK_INT(quoth_dns_next(&dns, &rr), 1);
        CHECK_INT(rr.ttl, ttl[i] >> 31 ? 0 : ttl[i]);
    }
}

TEST(D26)
{
    uint8_t any[300];
    memset(any, 0xc0, sizeof any);
    for (unsigned type = 0; type < 300; type++) {
        if (type == QUOTH_DNS_OPT)
            continue;
        start(MSG_OK, "a.test", 1);
        msg_rr(&msg, type % 3, NULL, (uint16_t)type, 1, any, type);
        msg_a(&msg, 2, NULL, 60, 192, 7);
        CHECK_INT(open_msg(1), QUOTH_OK);
        CHECK_INT(quoth_dns_next(&dns, &rr), 1);
        CHECK(type != 99 || rr.target == 36);
        CHECK_INT(quoth_dns_next(&dns, &rr), 1);
        CHECK(rr.section == 2 && rr.usable && rr.ip.b[3] == 7);
    }
}

/* The digest of a TLSA or DS is bytes, and SRV is skipped whole: a pointer inside them is never
 * followed. */
TEST(D27)
{
    CHECK_INT(usable(QUOTH_DNS_TLSA, "\3\1\1\xc0\x0c", 5), 1);
    CHECK_INT(dns.work, 14 + 1); /* the two owners, and nothing else, was read as names */
    CHECK_INT(usable(QUOTH_DNS_DS, "\0\1\10\2\xc0\x0c", 6), 1);
    CHECK_INT(usable(33, "\0\0\0\0\0\x19\xc0\x0c", 8), 0);
}

TEST(D28)
{
    start(MSG_OK, "a.test", 1);
    msg_a(&msg, 0, NULL, 60, 192, 1);
    msg_raw(&msg, "behind", 6);
    CHECK_INT(open_msg(1), QUOTH_OK);
    while (quoth_dns_next(&dns, &rr) == 1) {
    }
    CHECK_INT(dns.n - dns.at, 6);
}

TEST(D29)
{
    static const struct {
        unsigned head, ext;
        uint16_t rcode;
    } t[] = {
        {0, 0, 0}, {0, 1, 16}, {7, 1, 23}, {3, 0, 3}, {0, 0x80, 0x800}, {15, 0xff, 0xfff},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        start(MSG_OK | t[i].head, "example.com", 15);
        msg_opt(&msg, 2, t[i].ext, NULL, 0);
        CHECK_INT(open_msg(15), QUOTH_OK);
        CHECK_INT(dns.rcode, t[i].rcode);
    }
}

/* The header's bits, one at a time: AA, TC, AD and nothing else. */
TEST(V01_bits)
{
    for (unsigned bit = 0; bit < 11; bit++) {
        start(0x8000 | 1u << bit, "example.com", 15);
        CHECK_INT(open_msg(15), QUOTH_OK);
        CHECK_INT(dns.aa, bit == 10);
        CHECK_INT(dns.tc, bit == 9);
        CHECK_INT(dns.ad, bit == 5);
        CHECK_INT(dns.rcode, bit < 4 ? 1 << bit : 0);
    }
}

TEST(Q14_cut_is_not_read)
{
    start(MSG_TC, "example.com", 15);
    msg_count(&msg, 0, 7);
    msg_raw(&msg, "\xc0", 1);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(dns.tc, 1);
}

/* C11: as large as a message can be. */
TEST(C11)
{
    start(MSG_OK, "a.test", 1);
    while (msg.n + 16 <= 65535)
        msg_a(&msg, 0, NULL, 60, 192, (uint8_t)msg.n);
    CHECK_INT(open_msg(1), QUOTH_OK);
    CHECK(read_all(exact, msg.n, 1) > 49);
}

/* ---- known attacks, as they came ---------------------------------------- */

/* NAME:WRECK: loops, past the end, 256 octets, no end, RDLENGTH past the end, 65535 records. */
TEST(C01)
{
    CHECK_INT(record_of("\xc0\x1d", 2), QUOTH_EPROTO);
    CHECK_INT(record_of("\xc3\xff", 2), QUOTH_EPROTO);
    CHECK_INT(expands_to(256), QUOTH_EPROTO);
    CHECK_INT(expands_to(511), QUOTH_EPROTO);
    CHECK_INT(owner_is("\77aaaaaaaaaaaa", 13), QUOTH_EPROTO);
    start(MSG_OK, "example.com", 15);
    msg_rr(&msg, 0, NULL, 15, 300, "\0\12\xc0\x0c", 4);
    msg.b[msg.n - 6] = 1;
    CHECK_INT(open_msg(15), QUOTH_EPROTO);
    msg.b[msg.n - 6] = 0;
    CHECK_INT(open_msg(15), QUOTH_OK);
    msg_count(&msg, 0, 0xffff);
    CHECK_INT(open_msg(15), QUOTH_EPROTO);
}

/* INFRA:HALT: a pointer forward; lengths and counts taken on trust. */
TEST(C04)
{
    CHECK_INT(record_of("\xc0\x29\3www\0", 7), QUOTH_EPROTO);
    start(MSG_OK, "a.test", 1);
    msg_a(&msg, 0, NULL, 60, 192, 1);
    msg.b[msg.n - 5] = 0xff;
    CHECK_INT(open_msg(1), QUOTH_EPROTO);
    msg.b[msg.n - 5] = 4;
    msg_count(&msg, 1, 0x8000);
    CHECK_INT(open_msg(1), QUOTH_EPROTO);
}

/* Ripple20: an exchange longer than its RDLENGTH; an alias that expands again and again. */
TEST(C05)
{
    struct quoth_name to;
    start(MSG_OK, "example.com", 15);
    size_t at = msg_begin(&msg, 0, NULL, 15, 300);
    msg_raw(&msg, "\0\12\4", 3);
    msg_end(&msg, at); /* and the label's letters lie in the next record's owner */
    msg_rr(&msg, 0, "abcd", 99, 0, NULL, 0);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.usable, 0);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK(rr.type == 99 && rr.owner.n == 6);
    start(MSG_OK, "example.com", 15);
    at = msg_begin(&msg, 0, NULL, QUOTH_DNS_CNAME, 300);
    unsigned last = 12;
    for (int i = 0; i < 12; i++) { /* each 20 octets and then the one before it: 253 in all */
        unsigned here = (unsigned)msg.n;
        msg_raw(&msg, "\23aaaaaaaaaaaaaaaaaaa", 20);
        msg_u16(&msg, 0xc000 | last);
        last = here;
    }
    msg_end(&msg, at);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_name(&dns, last, &to), 22);
    CHECK_INT(to.n, 253);
    CHECK_INT(quoth_dns_next(&dns, &rr), 1);
    CHECK_INT(rr.usable, 0);
    msg_raw(&msg, "\23aaaaaaaaaaaaaaaaaaa", 20);
    msg_u16(&msg, 0xc000 | last);
    CHECK_INT(open_msg(15), QUOTH_OK);
    CHECK_INT(quoth_dns_name(&dns, msg.n - 22, &to), QUOTH_EPROTO);
}

int main(void)
{
    RUN(D_cursor);
    RUN(C01);
    RUN(C04);
    RUN(C05);
    RUN(D01);
    RUN(D02);
    RUN(D03);
    RUN(D04);
    RUN(D05);
    RUN(D06);
    RUN(D07);
    RUN(D08);
    RUN(D09);
    RUN(D10);
    RUN(D11);
    RUN(D12);
    RUN(D13);
    RUN(D14);
    RUN(D15);
    RUN(D16);
    RUN(D17);
    RUN(D18);
    RUN(D19);
    RUN(D20);
    RUN(D20_options);
    RUN(D20_extended_error);
    RUN(D23);
    RUN(D24_top_bit);
    RUN(D26);
    RUN(D27);
    RUN(D28);
    RUN(D29);
    RUN(D30);
    RUN(Q01);
    RUN(Q07);
    RUN(Q09);
    RUN(Q13_opt);
    RUN(Q14_cut_is_not_read);
    RUN(V01_bits);
    RUN(C11);
    RUN(C20);
    RUN(Z_jumps);
    RUN(Z_label_work);
    RUN(Z_records);
    free(exact);
    return report("dns");
}
