/* zone_test.c - a master file: what is read, which line is wrong, what it answers, and that what is
 * written is read again.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "zone.h"
#include "app.h"

static struct app_zone zone;
static struct app_zone_fault fault;

static int read_zone(const char *text)
{
    struct quoth_name origin;

    app_zone_free(&zone);
    quoth_name_parse(&origin, "example.com", 11);
    return app_zone_read(&zone, text, strlen(text), &origin, &fault);
}

/* All rows, as they are written. */
static const char *written(void)
{
    static char text[8192];
    FILE *f = fmemopen(text, sizeof text, "w");

    for (uint32_t i = 0; i < zone.rows; i++)
        app_zone_print(f, &zone, &zone.row[i]);
    fclose(f);
    return zone.rows ? text : "";
}

/* What it says: the name of an answer. */
static const char *says(const char *name, uint16_t type)
{
    struct quoth_name wire;
    uint32_t first;

    quoth_name_parse(&wire, name, strlen(name));
    return quoth_answer_name(app_zone_find(&zone, &wire, type, 0, &first));
}

TEST(HR11_records)
{
    CHECK_INT(read_zone("$TTL 1h\n"
                        "  \n"
                        "@ IN NS ns ; no SOA\n"
                        "ns 300 A 192.0.2.53\n"
                        "   IN 60 AAAA 2001:DB8::53\n"
                        "@ MX ( 10\n Mail.Example.ORG. )\n"
                        "txt TXT \"v=spf1 \" a\\;b \"-all\\\"\\065\"\n"
                        "$ORIGIN sub\n"
                        "www CNAME @\n"
                        "_25._tcp TLSA 3 1 1 ( 00aB\n CD )\n"
                        "ds 1h1s DS 1 8 2 0F\n"
                        "p PTR .\n"
                        "x SRV 0 0 5060 here\n"
                        "x TYPE65534 \\# 1 00\n"
                        "a\\.b\\046c A 192.0.2.1\r\n"
                        ";= gone.example.com. TXT nxdomain ad\n"
                        ";= a MX servfail ; comment\n"
                        "last.\tA 192.0.2.2"),
              QUOTH_OK);
    CHECK_STR(written(), "example.com. 3600 IN NS ns.example.com.\n"
                         "ns.example.com. 300 IN A 192.0.2.53\n"
                         "ns.example.com. 60 IN AAAA 2001:db8::53\n"
                         "example.com. 3600 IN MX 10 mail.example.org.\n"
                         "txt.example.com. 3600 IN TXT \"v=spf1 \" \"a;b\" \"-all\\\"A\"\n"
                         "www.sub.example.com. 3600 IN CNAME sub.example.com.\n"
                         "_25._tcp.sub.example.com. 3600 IN TLSA 3 1 1 00abcd\n"
                         "ds.sub.example.com. 3601 IN DS 1 8 2 0f\n"
                         "p.sub.example.com. 3600 IN PTR .\n"
                         "a\\.b\\.c.sub.example.com. 3600 IN A 192.0.2.1\n"
                         ";= gone.example.com. TXT nxdomain ad\n"
                         ";= a.sub.example.com. MX servfail\n"
                         "last. 3600 IN A 192.0.2.2\n");
}

TEST(HR11_bad_lines)
{
    static const struct {
        const char *text, *why;
        uint32_t line;
    } rows[] = {
        {"a A 192.0.2.1\nb A 192.0.2.256\n", "an IPv4 address", 2},
        {"a A 2001:db8::1\n", "an IPv4 address", 1},
        {"a AAAA 192.0.2.1\n", "an IPv6 address", 1},
        {"\n\na TX \"v=spf1 -all\"\n", "a type of record", 3},
        {"a IN 300\n", "no type", 1},
        {"a\n", "no type", 1},
        {"a CH TXT \"\"\n", "only class IN", 1},
        {"  TXT \"v=spf1 -all\"\n", "goes on with the name above", 1},
        {"a TXT \"v=spf1\n-all\"\n", "no end", 1},
        {"a TXT\n", "too few parts", 1},
        {"a TXT \\256\n", "three digits", 1},
        {"a TXT \\\n", "three digits", 1},
        {"a MX mail\n", "a number", 1},
        {"a MX 65536 mail\n", "a number", 1},
        {"a MX 10\n", "too few parts", 1},
        {"a MX 10 mail more\n", "too many parts", 1},
        {"a MX 10 m..l\n", "a name", 1},
        {"a..b A 192.0.2.1\n", "a name", 1},
        {".a A 192.0.2.1\n", "a name", 1},
        {"\"a\" A 192.0.2.1\n", "a name", 1},
        {"a TLSA 3 1 1 abc\n", "in pairs", 1},
        {"a TLSA 3 1 1 (\nxy )\n", "hex digits", 2},
        {"a TLSA 3 1 1\n", "in pairs", 1},
        {"a MX ( 10\n\nmail\n", "ends within ( )", 4},
        {"a MX 10 ) mail\n", "no ( in front", 1},
        {"$INCLUDE other.zone\n", "only $ORIGIN and $TTL", 1},
        {"$ORIGIN\n", "lacks its value", 1},
        {"$ORIGIN a..b\n", "a name", 1},
        {"$TTL soon\n", "a time", 1},
        {"a 3000000000 A 192.0.2.1\n", "a type of record", 1},
        {"a A 192.0.2.1\n;= a TXT nothing\n", "behind ;=", 2},
        {";= a SRV nxdomain\n", "behind ;=", 1},
        {";= a TXT data\n", "behind ;=", 1},
    };
    char longest[400] = "a TXT ";

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(read_zone(rows[i].text), QUOTH_EPROTO);
        CHECK_INT(fault.line, rows[i].line);
        CHECK_STR(strstr(fault.why ? fault.why : "", rows[i].why) ? "" : rows[i].text, "");
    }
    memset(longest + 6, 'x', 255);
    CHECK_INT(read_zone(longest), QUOTH_OK);
    longest[6 + 255] = 'x';
    CHECK_INT(read_zone(longest), QUOTH_EPROTO);
}

/* What is in the file answers, and of the rest nothing is said. */
TEST(HR11_answers)
{
    read_zone("@ TXT \"v=spf1 -all\"\nwww CNAME elsewhere.example.net.\n*.w TXT \"wild\"\n"
              "a.w A 192.0.2.1\n;= no TXT nxdomain\n");
    CHECK_STR(says("example.com", QUOTH_DNS_TXT), "data");
    CHECK_STR(says("EXAMPLE.com", QUOTH_DNS_TXT), "data");
    CHECK_STR(says("example.com", QUOTH_DNS_MX), "none");
    CHECK_STR(says("www.example.com", QUOTH_DNS_A), "data");
    CHECK_STR(says("no.example.com", QUOTH_DNS_TXT), "nxdomain");
    CHECK_STR(says("no.example.com", QUOTH_DNS_A), "none");
    CHECK_STR(says("x.y.w.example.com", QUOTH_DNS_TXT), "data");
    CHECK_STR(says("x.w.example.com", QUOTH_DNS_A), "none");
    CHECK_STR(says("a.w.example.com", QUOTH_DNS_TXT), "none");   /* it is there itself */
    CHECK_STR(says("x.a.w.example.com", QUOTH_DNS_TXT), "none"); /* and nearer than the wildcard */
    CHECK_STR(says("com", QUOTH_DNS_TXT), "none");
}

/* With an SOA record it is the whole zone: what is not in it is not there. */
TEST(HR11_whole_zone)
{
    read_zone("@ SOA ns root 1 2 3 4 5\n@ A 192.0.2.1\na.b A 192.0.2.1\nsub NS ns.sub\n"
              "*.w TXT \"wild\"\n");
    CHECK_STR(says("example.com", QUOTH_DNS_A), "data");
    CHECK_STR(says("example.com", QUOTH_DNS_TXT), "nodata");
    CHECK_STR(says("b.example.com", QUOTH_DNS_TXT), "nodata"); /* an empty non-terminal */
    CHECK_STR(says("_dmarc.example.com", QUOTH_DNS_TXT), "nxdomain");
    CHECK_STR(says("x.w.example.com", QUOTH_DNS_A), "nodata");
    CHECK_STR(says("sub.example.com", QUOTH_DNS_TXT), "none"); /* another server's */
    CHECK_STR(says("x.sub.example.com", QUOTH_DNS_TXT), "none");
    CHECK_STR(says("example.org", QUOTH_DNS_A), "none");
    CHECK_STR(says("com", QUOTH_DNS_A), "none");
}

/* Which names there are by what is in a file that is not the whole zone. */
TEST(HR11_names)
{
    static const struct {
        const char *name;
        int has;
    } names[] = {
        {"example.com", 1},
        {"_dmarc.example.com", 1},
        {"com", 1},
        {"a.b.example.com", 1},
        {"b.example.com", 1}, /* an empty non-terminal */
        {"x.a.b.example.com", 0},
        {"x.example.com", 0},
        {"w.example.com", 1},
        {"x.w.example.com", 1},
        {"x.y.w.example.com", 1},
        {"x.in.w.example.com", 0}, /* the closest that there is has no wildcard */
        {"gone.example.com", 0},
        {"empty.example.com", 1},
        {"silent.example.com", 1},
        {"example.org", 0},
    };
    struct quoth_name wire;

    read_zone("_dmarc TXT \"x\"\na.b A 192.0.2.1\n*.w TXT \"x\"\nin.w A 192.0.2.1\n"
              ";= gone TXT nxdomain\n;= empty TXT nodata\n;= silent TXT timeout\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        quoth_name_parse(&wire, names[i].name, strlen(names[i].name));
        CHECK_STR(names[i].name, app_zone_has(&zone, &wire) == names[i].has ? names[i].name : "");
    }
    read_zone("@ SOA ns root 1 2 3 4 5\n;= gone MX nxdomain\n");
    CHECK_STR(says("gone.example.com", QUOTH_DNS_TXT), "nxdomain");
}

/* The message to that question; "": none. Its answer section is what a lookup makes of it. */
static size_t answer(const char *name, uint16_t type, uint8_t *out, enum quoth_answer *what)
{
    struct quoth_name wire;
    uint8_t query[288];
    int n;

    quoth_name_parse(&wire, name, strlen(name));
    n = quoth_dns_query(query, sizeof query, 0x1234, &wire, type, 1232);
    return app_zone_answer(&zone, query, (size_t)n, out, what);
}

TEST(HR11_messages)
{
    static uint8_t out[APP_ZONE_MESSAGE];
    enum quoth_answer what;
    struct quoth_name wire;
    struct quoth_dns m;
    struct quoth_rr rr;
    size_t n;

    read_zone("a CNAME b\nb CNAME c\nc TXT \"x\" \"y\"\nc TXT \"z\"\nl CNAME l\nq CNAME gone\n"
              ";= gone TXT nxdomain\n;= t TXT timeout\n;= u TXT unreachable\n;= r TXT refused\n");
    n = answer("a.example.com", QUOTH_DNS_TXT, out, &what);
    CHECK(what == QUOTH_ANSWER_DATA);
    quoth_name_parse(&wire, "a.example.com", 13);
    CHECK_INT(quoth_dns_open(&m, out, n, 0x1234, &wire, QUOTH_DNS_TXT), QUOTH_OK);
    CHECK_INT(m.left[0], 4);
    for (int i = 0; i < 4; i++)
        CHECK(quoth_dns_next(&m, &rr) == 1 && rr.usable &&
              rr.type == (i < 2 ? QUOTH_DNS_CNAME : QUOTH_DNS_TXT));
    CHECK_INT(quoth_dns_next(&m, &rr), 0);
    CHECK(answer("q.example.com", QUOTH_DNS_TXT, out, &what) && what == QUOTH_ANSWER_NXDOMAIN);
    CHECK_INT(out[3] & 15, 3);
    CHECK(answer("r.example.com", QUOTH_DNS_TXT, out, &what) && what == QUOTH_ANSWER_REFUSED);
    CHECK(!answer("t.example.com", QUOTH_DNS_TXT, out, &what) && what == QUOTH_ANSWER_TIMEOUT);
    CHECK(!answer("u.example.com", QUOTH_DNS_TXT, out, &what) && what == QUOTH_ANSWER_UNREACHABLE);
    CHECK(!answer("z.example.com", QUOTH_DNS_TXT, out, &what) && what == QUOTH_ANSWER_NONE);
    CHECK(answer("l.example.com", QUOTH_DNS_TXT, out, &what)); /* a loop ends */
}

/* An answer that was heard is a row, and as a line of a file the same row again. */
TEST(HR12_heard)
{
    static uint8_t out[APP_ZONE_MESSAGE];
    static struct app_zone heard;
    enum quoth_answer what;
    struct quoth_name wire;
    char before[8192];
    size_t n;

    read_zone("a CNAME *.b\n*.b MX 10 .\n@ TXT \"\\000\\255;\\\"\\\\ \" \"\"\n@ A 192.0.2.1\n"
              "x\\007\\@\\\"\\$ PTR a\\ b.c.\nt TLSA 3 1 1 00\nd DS 1 2 3 44\n;= n MX nodata\n");
    CHECK_INT(zone.rows, 8);
    for (uint32_t i = 0; i < zone.rows; i++) {
        char name[1009];
        quoth_name_read(&wire, zone.bytes + zone.row[i].owner, zone.row[i].owner_n);
        uint8_t query[288];
        int len = quoth_dns_query(query, sizeof query, 7, &wire, zone.row[i].type, 1232);
        quoth_name_text(&wire, name, sizeof name);
        n = app_zone_answer(&zone, query, (size_t)len, out, &what);
        CHECK(n > 0);
        CHECK_INT(app_zone_heard(&heard, &(struct quoth_question) {&wire, zone.row[i].type, 0}, out,
                                 n, 0),
                  QUOTH_ANSWER_DATA);
        CHECK_INT(app_zone_heard(&heard, &(struct quoth_question) {&wire, zone.row[i].type, 0}, out,
                                 n, 0),
                  QUOTH_ANSWER_DATA);
        for (size_t cut = 0; cut < n; cut++)
            CHECK(app_zone_heard(&heard, &(struct quoth_question) {&wire, zone.row[i].type, 0}, out,
                                 cut, 0) >= QUOTH_ANSWER_DATA);
    }
    snprintf(before, sizeof before, "%s", written());
    app_zone_free(&zone);
    zone = heard;
    memset(&heard, 0, sizeof heard);
    for (uint32_t i = 0; i < zone.rows; i++)
        zone.row[i].ttl = 3600;
    CHECK_STR(written(), before);
    CHECK_INT(read_zone(before), QUOTH_OK);
    CHECK_STR(written(), before);
}

/* What was answered when nothing was to be validated is for such questions alone. */
TEST(HR12_unchecked)
{
    struct quoth_name wire;
    uint32_t first;

    read_zone("b A 192.0.2.1\n;= b.example.com. A data ad\n;= b A servfail ede 7\n"
              "b A 192.0.2.2\n;= b A data cd\n;= c A nodata cd ad\n");
    CHECK_STR(written(), "b.example.com. 3600 IN A 192.0.2.1\n;= b.example.com. A data ad\n"
                         ";= b.example.com. A servfail ede 7\n"
                         "b.example.com. 3600 IN A 192.0.2.2\n;= b.example.com. A data cd\n"
                         ";= c.example.com. A nodata ad cd\n");
    quoth_name_parse(&wire, "b.example.com", 13);
    app_zone_find(&zone, &wire, QUOTH_DNS_A, 0, &first);
    CHECK_INT(first, 0);
    app_zone_find(&zone, &wire, QUOTH_DNS_A, 1, &first);
    CHECK_INT(first, 2);
    quoth_name_parse(&wire, "c.example.com", 13);
    CHECK(app_zone_find(&zone, &wire, QUOTH_DNS_A, 0, &first) == QUOTH_ANSWER_NONE);
    CHECK(app_zone_find(&zone, &wire, QUOTH_DNS_A, 1, &first) == QUOTH_ANSWER_NODATA);
}

/* A name that was made up is a wildcard in the file. */
TEST(HR12_made_up)
{
    static uint8_t out[APP_ZONE_MESSAGE];
    static struct app_zone heard;
    enum quoth_answer what;
    struct quoth_name wire;
    size_t n;

    read_zone("*.k TXT \"p=\"\n;= *.n TXT nxdomain\n");
    n = answer("abc.k.example.com", QUOTH_DNS_TXT, out, &what);
    quoth_name_parse(&wire, "abc.k.example.com", 17);
    CHECK_INT(app_zone_heard(&heard, &(struct quoth_question) {&wire, QUOTH_DNS_TXT, 0}, out, n, 1),
              QUOTH_ANSWER_DATA);
    n = answer("abc.n.example.com", QUOTH_DNS_TXT, out, &what);
    quoth_name_parse(&wire, "abc.n.example.com", 17);
    CHECK_INT(app_zone_heard(&heard, &(struct quoth_question) {&wire, QUOTH_DNS_TXT, 0}, out, n, 1),
              QUOTH_ANSWER_DATA);
    app_zone_free(&zone);
    zone = heard;
    CHECK_STR(written(), "*.k.example.com. 3600 IN TXT \"p=\"\n;= *.n.example.com. TXT nxdomain\n");
}

/* ---- beside a name server ------------------------------------------------ */

/* One that knows no name, and says so over TCP in pieces of `piece` bytes. */
static uint8_t server_says[14] = {0, 12, 0, 0, 0x81, 0xa3};
static size_t server_at, piece;

static uint64_t server_now(void) { return 0; }
static int server_random(void *buf, size_t n)
{
    memset(buf, 0, n);
    return 0;
}
static int server_dgram(struct quoth_link *link, const struct quoth_peer *to, const void *p,
                        size_t n)
{
    (void)link;
    (void)to;
    (void)p;
    (void)n;
    return 0;
}
static int server_open(struct quoth_link *link, const struct quoth_peer *to)
{
    (void)link;
    (void)to;
    server_at = 0;
    return 0;
}
static int server_send(struct quoth_link *link, const void *p, size_t n)
{
    (void)link;
    (void)p;
    return (int)n;
}
static int server_recv(struct quoth_link *link, void *p, size_t cap, struct quoth_peer *from)
{
    size_t n = piece < cap ? piece : cap;

    (void)link;
    (void)from;
    if (n > sizeof server_says - server_at)
        n = sizeof server_says - server_at;
    memcpy(p, server_says + server_at, n);
    server_at += n;
    return (int)n;
}
static void server_close(struct quoth_link *link) { (void)link; }
const struct quoth_port quoth_sock_port = {server_now,  server_random, server_dgram, server_open,
                                           server_send, server_recv,   server_close};

/* The fourth byte of the header that comes over TCP for this name. */
static unsigned over_tcp(struct app_zone_link *link, const char *name)
{
    const struct quoth_peer to = {.port = 53};
    uint8_t question[400], heard[20];
    struct quoth_name wire;
    size_t n = 0;
    int got;

    quoth_name_parse(&wire, name, strlen(name));
    got = quoth_dns_query(question + 2, sizeof question - 2, 1, &wire, QUOTH_DNS_MX, 0);
    CHECK(got > 0);
    CHECK_INT(app_zone_port.open(&link->link, &to), 0);
    CHECK(app_zone_port.send(&link->link, question, (size_t)got + 2) > 0);
    while ((got = app_zone_port.recv(&link->link, heard + n, sizeof heard - n, NULL)) > 0)
        n += (size_t)got;
    app_zone_port.close(&link->link);
    CHECK_INT(n, sizeof server_says);
    return heard[5];
}

/* That it knows no name of the file does not mean that there is none, over TCP too. */
TEST(HR11_stream)
{
    static struct app_zone_link link;

    read_zone("_dmarc TXT \"v=DMARC1; p=reject\"\n");
    link.from = &zone;
    for (piece = 1; piece <= sizeof server_says; piece++) {
        CHECK_INT(over_tcp(&link, "example.com"), 0x80);
        CHECK_INT(over_tcp(&link, "other.example.com"), 0xa3);
    }
}

int main(void)
{
    RUN(HR11_stream);
    RUN(HR11_records);
    RUN(HR11_bad_lines);
    RUN(HR11_answers);
    RUN(HR11_whole_zone);
    RUN(HR11_names);
    RUN(HR11_messages);
    RUN(HR12_heard);
    RUN(HR12_made_up);
    RUN(HR12_unchecked);
    app_zone_free(&zone);
    return report("zone");
}
