/* answer_test.c - what is kept of an answer in a record set: each type whole, empty, malformed, too
 * long and with others, through the lookup machine. Mail routes are in lookup_test.c.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "dns_msg.h"

static struct quoth_resolver res;
static struct quoth_lookup look;
static struct quoth_rrset set;
static struct quoth_want want;
static struct msg msg;
static uint64_t now = 1000;
static uint8_t lent[65535], seeds;

/* ---- asking, and answering ---------------------------------------------- */

/* A buffer of exactly so many bytes, so that one too far is seen. */
static void room(size_t cap)
{
    free(set.buf);
    set.buf = malloc(cap ? cap : 1);
    if (!set.buf)
        abort();
    memset(set.buf, 0xee, cap);
    set.cap = (uint16_t)cap;
}

static void servers(unsigned n)
{
    memset(&res, 0, sizeof res);
    res.servers = (uint8_t)n;
    res.tries = 1;
    for (unsigned i = 0; i < n; i++) {
        res.server[i].peer.ip = (struct quoth_ip) {4, {192, 0, 2, (uint8_t)(53 + i)}};
        res.server[i].root = 1; /* it is believed without SOA */
    }
}

static void see(void)
{
    struct quoth_want again;
    memset(&want, 1, sizeof want); /* all of it is written, whatever was there */
    memset(&again, 2, sizeof again);
    quoth_lookup_want(&look, &want);
    quoth_lookup_want(&look, &again);
    CHECK(!memcmp(&want, &again, sizeof want));
    CHECK((want.deadline == QUOTH_NEVER) == (want.kind == QUOTH_WANT_DONE));
}

static void ask_with(const char *name, uint16_t type, uint16_t options)
{
    struct quoth_name n;
    struct quoth_question question = {&n, type, options};
    uint8_t seed[16] = {seeds++};

    if (quoth_name_parse(&n, name, strlen(name)) != QUOTH_OK)
        abort();
    set.answer = set.flags = 0xee;
    set.n = set.used = set.others = set.ede = set.bytes = 0xeeee;
    quoth_lookup_start(&look, &res, &question, seed, now);
    quoth_lookup_lend(&look, lent, sizeof lent);
    see();
}

static int tell(enum quoth_event_kind kind, const void *p, size_t n)
{
    struct quoth_event ev = {.kind = kind, .now = now, .data = p, .n = n, .from = want.peer};
    int rc = quoth_lookup_feed_set(&look, &ev, &set);
    see();
    return rc;
}

static void sent(void) { CHECK_INT(tell(QUOTH_EV_SENT, NULL, want.n), QUOTH_OK); }

/* The datagram, or as much of the stream, from a block of exactly its size. */
static int hear(const uint8_t *p, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);
    int rc;

    if (!exact)
        abort();
    memcpy(exact, p, n);
    rc = tell(QUOTH_EV_DATA, exact, n);
    free(exact);
    return rc;
}

static void id(void)
{
    msg.b[0] = (uint8_t)(look.id >> 8);
    msg.b[1] = (uint8_t)look.id;
}

/* msg, as the answer to the question that is out. */
static int answer(void)
{
    if (want.kind == QUOTH_WANT_DGRAM)
        sent();
    id();
    return hear(msg.b, msg.n);
}

static void closed(void)
{
    CHECK_INT(want.kind, QUOTH_WANT_CLOSE);
    CHECK_INT(tell(QUOTH_EV_DOWN, NULL, 0), QUOTH_OK);
}

static void late(void)
{
    now = want.deadline;
    CHECK_INT(tell(QUOTH_EV_TIME, NULL, 0), QUOTH_OK);
}

/* The set walks to its end, over exactly n records and all bytes. */
static void walk(void)
{
    struct quoth_span data;
    size_t at = 0, before = 0;
    unsigned n = 0;

    CHECK(set.used <= set.cap);
    for (; quoth_rrset_next(&set, &at, &data) == 1; before = at, n++)
        CHECK(at == before + 2 + data.n && data.p == (char *)set.buf + before + 2);
    CHECK_INT(n, set.n);
    CHECK_INT(before, set.used);
    CHECK_INT(quoth_rrset_next(&set, &at, &data), 0);
}

static void done(enum quoth_answer a)
{
    struct quoth_rrset was;

    CHECK_INT(set.answer, a); /* known before it is closed */
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_DONE);
    CHECK_INT(look.answer, a);
    CHECK_INT(set.answer, a);
    if (a != QUOTH_ANSWER_DATA)
        CHECK(set.n == 0 && set.used == 0 && set.others == 0);
    walk();
    set.ttl++; /* it is the caller's now */
    was = set;
    CHECK_INT(tell(QUOTH_EV_TIME, NULL, 0), QUOTH_EINVAL);
    CHECK(!memcmp(&was, &set, sizeof set));
    set.ttl--;
}

/* msg answers a question of this type, from the one server there is. */
static void once(const char *name, uint16_t type, enum quoth_answer a)
{
    servers(1);
    ask_with(name, type, 0);
    CHECK_INT(answer(), QUOTH_OK);
    done(a);
}

static void begin(const char *name, uint16_t type) { msg_answer(&msg, 0, MSG_OK, name, type); }

/* Is the i-th record kept these bytes? */
static int holds(unsigned i, const void *p, size_t n)
{
    struct quoth_span data = {NULL, 0};
    size_t at = 0;

    do {
        if (quoth_rrset_next(&set, &at, &data) != 1)
            return 0;
    } while (i-- != 0);
    return data.n == n && (n == 0 || !memcmp(data.p, p, n));
}
static int holds_text(unsigned i, const char *text) { return holds(i, text, strlen(text)); }

/* One TXT record of one string, and of the strings in `s` up to NULL. */
static void txt(const char *owner, const char *const *s)
{
    size_t at = msg_begin(&msg, 0, owner, QUOTH_DNS_TXT, 300);

    for (; *s; s++) {
        msg_raw(&msg, (const uint8_t[]) {(uint8_t)strlen(*s)}, 1);
        msg_raw(&msg, *s, strlen(*s));
    }
    msg_end(&msg, at);
}
static void txt1(const char *owner, const char *text)
{
    txt(owner, (const char *const[]) {text, NULL});
}

/* ---- TXT ---------------------------------------------------------------- */

TEST(D31_joined)
{
    static const char nul[] = "\5a\0b\0c\2\0\0";
    char longest[256], whole[3 * 255 + 1];

    room(4000);
    begin("a.test", QUOTH_DNS_TXT);
    txt(NULL, (const char *const[]) {"v=spf1 ", "", "include:a", ".test", "", NULL});
    txt(NULL, (const char *const[]) {"", NULL});
    msg_rr(&msg, 0, NULL, QUOTH_DNS_TXT, 300, nul, sizeof nul - 1);
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
    CHECK_INT(set.n, 3);
    CHECK(holds_text(0, "v=spf1 include:a.test"));
    CHECK(holds(1, "", 0)); /* an empty string is a text, if an empty one */
    CHECK(holds(2, "a\0b\0c\0\0", 7));
    CHECK_INT(set.flags, 0);

    memset(longest, 'k', 255);
    longest[255] = '\0';
    memset(whole, 'k', sizeof whole - 1);
    whole[sizeof whole - 1] = '\0';
    begin("a.test", QUOTH_DNS_TXT);
    txt(NULL, (const char *const[]) {longest, longest, longest, NULL});
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
    CHECK_INT(set.n, 1);
    CHECK(holds_text(0, whole));
}

/* All data of up to five bytes out of five that tell: what is one or more whole strings is kept as
 * a plain reading joins it, and nothing else is. */
TEST(D20_txt)
{
    static const uint8_t byte[] = {0, 1, 2, 4, 'a'};
    static const unsigned all[] = {1, 5, 25, 125, 625, 3125};
    unsigned kept = 0, left = 0;

    room(64);
    for (size_t n = 0; n <= 5; n++) {
        for (unsigned k = 0; k < all[n]; k++) {
            uint8_t data[5], text[5];
            size_t at = 0, joined = 0;
            unsigned code = k;

            for (size_t i = 0; i < n; i++, code /= 5)
                data[i] = byte[code % 5];
            while (at < n && data[at] < n - at) {
                memcpy(text + joined, data + at + 1, data[at]);
                joined += data[at];
                at += 1u + data[at];
            }
            begin("a.test", QUOTH_DNS_TXT);
            msg_rr(&msg, 0, NULL, QUOTH_DNS_TXT, 300, data, n);
            msg_rr(&msg, 2, ".", 99, 0, "\4\1\1\1\1", 5); /* bytes to read by mistake */
            if (n != 0 && at == n) {
                kept++;
                once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
                CHECK(set.n == 1 && holds(0, text, joined));
            } else {
                left++;
                once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_MALFORMED);
            }
        }
    }
    CHECK(kept > 50 && left > 500);
}

/* A malformed record beside a good one is left out, and noted. */
TEST(D20_beside)
{
    room(64);
    begin("a.test", QUOTH_DNS_TXT);
    msg_rr(&msg, 0, NULL, QUOTH_DNS_TXT, 300, "\3ab", 3);
    txt1(NULL, "fine");
    msg_rr(&msg, 0, NULL, QUOTH_DNS_TXT, 300, "", 0);
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds_text(0, "fine"));
    CHECK_INT(set.flags, QUOTH_SET_SKIPPED);
}

TEST(D31_match)
{
    static const struct {
        const char *match, *text;
        int kept;
    } t[] = {
        {"v=spf1", "v=spf1 -all", 1},
        {"v=spf1", "V=SPF1 -all", 1},
        {"V=SPF1", "v=spf1", 1},
        {"v=spf1", "v=spf10", 1}, /* where the word ends is for who reads it */
        {"v=spf1", "v=spf", 0},
        {"v=spf1", " v=spf1", 0},
        {"v=spf1", "", 0},
        {"", "", 1},
        {"", "anything", 1},
        {"a", "\xc1", 0},
        {"v=DMARC1", "v=dmarc1;", 1},
        {"@", "`", 0},
        {"[", "{", 0},
    };

    room(64);
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        begin("a.test", QUOTH_DNS_TXT);
        txt1(NULL, t[i].text);
        set.match = t[i].match;
        once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
        CHECK_INT(set.n, t[i].kept);
        CHECK_INT(set.others, !t[i].kept);
        CHECK(!t[i].kept || holds_text(0, t[i].text));
        CHECK_INT(set.flags, 0);
    }
    set.match = NULL;
}

/* It begins so wherever its strings end. */
TEST(D31_match_across)
{
    static const char text[] = "V=spF1 -all";
    char part[3][12];

    room(64);
    for (size_t i = 0; i <= sizeof text - 1; i++) {
        for (size_t k = i; k <= sizeof text - 1; k++) {
            snprintf(part[0], sizeof part[0], "%.*s", (int)i, text);
            snprintf(part[1], sizeof part[1], "%.*s", (int)(k - i), text + i);
            snprintf(part[2], sizeof part[2], "%s", text + k);
            begin("a.test", QUOTH_DNS_TXT);
            txt(NULL, (const char *const[]) {part[0], part[1], part[2], NULL});
            txt(NULL, (const char *const[]) {part[0], "", part[2], NULL});
            set.match = "v=spf1 -all";
            once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
            CHECK_INT(set.n, 1 + (i == k));
            CHECK_INT(set.others, i != k);
            CHECK(holds_text(0, text));
        }
    }
    set.match = NULL;
}

/* Forty tokens of others cost what the one record costs. */
TEST(D31_others)
{
    room(2 + 11);
    begin("a.test", QUOTH_DNS_TXT);
    for (int i = 0; i < 40; i++) {
        txt1(NULL, "some-verification=0123456789abcdef");
        if (i == 20)
            txt1(NULL, "v=spf1 -all");
    }
    set.match = "v=spf1";
    servers(1);
    res.tcp = 1;
    ask_with("a.test", QUOTH_DNS_TXT, 0);
    CHECK_INT(tell(QUOTH_EV_UP, NULL, 0), QUOTH_OK);
    sent();
    id();
    hear((const uint8_t[]) {(uint8_t)(msg.n >> 8), (uint8_t)msg.n}, 2);
    hear(msg.b, msg.n);
    done(QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && set.others == 40 && set.flags == 0 && holds_text(0, "v=spf1 -all"));
    set.match = "v=DMARC1"; /* none: the name has TXT records, and not this one */
    begin("a.test", QUOTH_DNS_TXT);
    txt1(NULL, "v=spf1 -all");
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
    CHECK(set.n == 0 && set.others == 1 && set.flags == 0);
    set.match = NULL;
}

/* ---- room --------------------------------------------------------------- */

/* Whatever fits is kept whole, in order; what does not is left out and noted. */
/* What the records take in a message whose owners are pointers of two bytes: type, class, TTL and
 * length take ten. Those of other sections do not count, those that do not match do. */
TEST(D31_bytes)
{
    static const char text[] = "v=spf1 ip4:192.0.2.1 -all";
    unsigned bytes = 0;

    room(400);

    for (unsigned n = 1; n < 6; n++) {
        begin("example.com", QUOTH_DNS_TXT);
        bytes = 0;
        for (unsigned i = 0; i < n; i++) {
            char one[sizeof text];
            snprintf(one, sizeof one, "%.*s", (int)(sizeof text - 1 - i), text + (i == 1));
            txt1(NULL, one);
            bytes += 2 + 10 + 1 + (unsigned)strlen(one);
        }
        set.match = "v=spf1";
        once("example.com", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
        set.match = NULL;
        CHECK_INT(set.bytes, bytes);
        CHECK_INT(set.n + set.others, n);
        CHECK_INT(set.others, n > 1);
    }
    begin("none.example.com", QUOTH_DNS_TXT);
    once("none.example.com", QUOTH_DNS_TXT, QUOTH_ANSWER_NODATA);
    CHECK_INT(set.bytes, 0);
}

TEST(D32_room)
{
    static const char *const text[] = {"first", "the second one", "3"};

    for (size_t cap = 0; cap <= 30; cap++) {
        size_t used = 0;
        unsigned n = 0;

        room(cap);
        begin("a.test", QUOTH_DNS_TXT);
        for (int i = 0; i < 3; i++)
            txt1(NULL, text[i]);
        once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
        for (int i = 0; i < 3; i++) {
            if (used + 2 + strlen(text[i]) > cap)
                continue;
            used += 2 + strlen(text[i]);
            CHECK(holds_text(n++, text[i]));
        }
        CHECK_INT(set.n, n);
        CHECK_INT(set.used, used);
        CHECK_INT(set.flags, n < 3 ? QUOTH_SET_CUT : 0);
    }
}

/* Exactly full, and one short, for what is copied in parts: names, a head, strings. */
TEST(D32_room_parts)
{
    static const struct {
        uint16_t type;
        const char *data;
        size_t n, kept;
    } t[] = {
        {QUOTH_DNS_TXT, "\3abc\0\3def", 9, 6},
        {QUOTH_DNS_PTR, "\2mx\300\014", 5, 11},
        {QUOTH_DNS_MX, "\0\12\2mx\300\014", 7, 13},
        {QUOTH_DNS_TLSA, "\3\1\1digest", 9, 9},
        {QUOTH_DNS_SOA, "\2ns\300\014\1h\300\014........minimum....?", 29, 41},
    };

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        for (size_t less = 0; less <= t[i].kept + 2; less++) {
            room(t[i].kept + 2 - less);
            begin("a.test", t[i].type);
            msg_rr(&msg, 0, NULL, t[i].type, 300, t[i].data, t[i].n);
            once("a.test", t[i].type, QUOTH_ANSWER_DATA);
            CHECK_INT(set.n, less == 0);
            CHECK_INT(set.used, less == 0 ? t[i].kept + 2 : 0);
            CHECK_INT(set.flags, less == 0 ? 0 : QUOTH_SET_CUT);
        }
    }
}

/* What does not match is not missed, however long it is. */
TEST(D32_room_others)
{
    room(8);
    set.match = "v=1";
    begin("a.test", QUOTH_DNS_TXT);
    txt1(NULL, "this is too long for the buffer");
    txt1(NULL, "v=1;a");
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && set.others == 1 && set.flags == 0);
    set.match = NULL;
}

TEST(D32_nowhere)
{
    room(0);
    free(set.buf);
    set.buf = NULL;
    begin("a.test", QUOTH_DNS_TXT);
    txt1(NULL, "");
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
    CHECK(set.n == 0 && set.flags == QUOTH_SET_CUT);
}

/* More records than are walked: what is missing proves nothing. */
TEST(Z_records)
{
    room(4096);
    for (unsigned n = QUOTH_RECORDS_MAX; n <= QUOTH_RECORDS_MAX + 1; n++) {
        begin("a.test", QUOTH_DNS_TLSA);
        for (unsigned i = 0; i < n; i++)
            msg_rr(&msg, 0, NULL, QUOTH_DNS_TLSA, 300, "\3\1\1", 3);
        servers(1);
        res.tcp = 1;
        ask_with("a.test", QUOTH_DNS_TLSA, 0);
        tell(QUOTH_EV_UP, NULL, 0);
        sent();
        id();
        hear((const uint8_t[]) {(uint8_t)(msg.n >> 8), (uint8_t)msg.n}, 2);
        hear(msg.b, msg.n);
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(set.n, QUOTH_RECORDS_MAX);
        CHECK_INT(set.flags, n > QUOTH_RECORDS_MAX ? QUOTH_SET_CUT : 0);
    }
}

/* ---- names -------------------------------------------------------------- */

static void name_record(uint16_t type, const char *to)
{
    size_t at = msg_begin(&msg, 0, NULL, type, 300);

    msg_name(&msg, to);
    msg_end(&msg, at);
}

TEST(D33_ptr)
{
    room(512);
    begin("25.2.0.192.in-addr.arpa", QUOTH_DNS_PTR);
    name_record(QUOTH_DNS_PTR, "mail.example.com");
    msg_rr(&msg, 0, NULL, QUOTH_DNS_PTR, 300, "\4MAIL\xc0\x1f",
           7); /* the last label of the question */
    name_record(QUOTH_DNS_PTR, ".");
    once("25.2.0.192.in-addr.arpa", QUOTH_DNS_PTR, QUOTH_ANSWER_DATA);
    CHECK_INT(set.n, 3);
    CHECK(holds(0, "\4mail\7example\3com", 18));
    CHECK(holds(1, "\4mail\4arpa", 11));
    CHECK(holds(2, "", 1));
}

/* Only a name that ends where its record does; none at all is malformed. */
TEST(D17_names)
{
    static const struct {
        const char *data;
        size_t n;
    } bad[] = {{"", 0},     {"\1", 1},         {"\1a", 2},    {"\1a\0\0", 4},
               {"\xc0", 1}, {"\xc0\x0c\0", 3}, {"\x40\0", 2}, {"\xc0\xff", 2}};
    static const uint16_t type[] = {QUOTH_DNS_PTR, QUOTH_DNS_CNAME, QUOTH_DNS_NS};

    room(512);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (size_t k = 0; k < 3; k++) {
            begin("a.test", type[k]);
            msg_rr(&msg, 0, NULL, type[k], 300, bad[i].data, bad[i].n);
            once("a.test", type[k], QUOTH_ANSWER_MALFORMED);
            CHECK_INT(set.flags, QUOTH_SET_SKIPPED);
            begin("a.test", type[k]);
            msg_rr(&msg, 0, NULL, type[k], 300, bad[i].data, bad[i].n);
            name_record(type[k], "b.test");
            once("a.test", type[k], QUOTH_ANSWER_DATA);
            CHECK(set.n == 1 && holds(0, "\1b\4test", 8));
            CHECK_INT(set.flags, QUOTH_SET_SKIPPED);
        }
    }
}

TEST(D20_soa)
{
    uint8_t data[2 + 4 + 21] = {0, 1, 'h', 0};

    room(512);
    for (uint8_t i = 0; i < 20; i++)
        data[4 + i] = (uint8_t)(0xa0 + i);
    for (size_t n = 0; n <= 26; n++) {
        begin("a.test", QUOTH_DNS_SOA);
        msg_rr(&msg, 0, NULL, QUOTH_DNS_SOA, 300, data, n);
        once("a.test", QUOTH_DNS_SOA, n == 24 ? QUOTH_ANSWER_DATA : QUOTH_ANSWER_MALFORMED);
        CHECK(n != 24 || (set.n == 1 && holds(0, data, 24)));
    }
    begin("a.test", QUOTH_DNS_SOA); /* as the zone's own, compressed */
    size_t at = msg_begin(&msg, 0, NULL, QUOTH_DNS_SOA, 300);
    msg_raw(&msg, "\2NS\xc0\x0c\xc0\x0c", 7);
    msg_raw(&msg, data + 4, 20);
    msg_end(&msg, at);
    once("a.test", QUOTH_DNS_SOA, QUOTH_ANSWER_DATA);
    CHECK_INT(set.n, 1);
    CHECK(holds(0,
                "\2ns\1a\4test\0\1a\4test\0\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad"
                "\xae\xaf\xb0\xb1\xb2\xb3",
                11 + 8 + 20));
    CHECK_INT(set.ttl, 300); /* its negative TTL is of negative answers */
}

/* ---- what is bytes ------------------------------------------------------ */

TEST(D20_digests)
{
    uint8_t data[70];

    room(100);
    for (uint8_t i = 0; i < sizeof data; i++)
        data[i] = i < 4 ? i : 0xc0;
    for (size_t n = 0; n <= sizeof data; n++) {
        begin("_25._tcp.mx.test", QUOTH_DNS_TLSA);
        msg_rr(&msg, 0, NULL, QUOTH_DNS_TLSA, 300, data, n);
        once("_25._tcp.mx.test", QUOTH_DNS_TLSA,
             n >= 3 ? QUOTH_ANSWER_DATA : QUOTH_ANSWER_MALFORMED);
        CHECK(n < 3 || (set.n == 1 && holds(0, data, n)));
        begin("mx.test", QUOTH_DNS_DS);
        msg_rr(&msg, 0, NULL, QUOTH_DNS_DS, 300, data, n);
        once("mx.test", QUOTH_DNS_DS, n >= 5 ? QUOTH_ANSWER_DATA : QUOTH_ANSWER_MALFORMED);
        CHECK(n < 5 || (set.n == 1 && holds(0, data, n)));
    }
}

/* A pointer inside a digest is two bytes of it. */
TEST(D27)
{
    room(100);
    begin("a.test", QUOTH_DNS_TLSA);
    msg_rr(&msg, 0, NULL, QUOTH_DNS_TLSA, 300, "\3\1\1\xc0\x0c", 5);
    once("a.test", QUOTH_DNS_TLSA, QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds(0, "\3\1\1\xc0\x0c", 5));
}

/* The types of routes fit into a set too; a type that core knows nothing of is not vouched for. */
TEST(D26)
{
    room(100);
    begin("a.test", QUOTH_DNS_A);
    msg_a(&msg, 0, NULL, 60, 192, 1);
    msg_a(&msg, 0, NULL, 60, 192, 2);
    once("a.test", QUOTH_DNS_A, QUOTH_ANSWER_DATA);
    CHECK(set.n == 2 && holds(0, "\xc0\0\2\1", 4) && holds(1, "\xc0\0\2\2", 4));
    begin("a.test", QUOTH_DNS_AAAA);
    msg_aaaa(&msg, 0, NULL, 60, 7);
    once("a.test", QUOTH_DNS_AAAA, QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds(0, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7", 16));
    begin("a.test", QUOTH_DNS_MX);
    msg_mx(&msg, 0, NULL, 60, 10, "mx.test");
    msg_a(&msg, 2, "mx.test", 60, 192, 1); /* what came along is not a record of the set */
    once("a.test", QUOTH_DNS_MX, QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds(0, "\0\12\2mx\4test", 11));
    begin("a.test", QUOTH_DNS_NS);
    name_record(QUOTH_DNS_NS, "ns.test");
    once("a.test", QUOTH_DNS_NS, QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds(0, "\2ns\4test", 9));
    begin("a.test", 99);
    msg_rr(&msg, 0, NULL, 99, 60, "\1a", 2);
    once("a.test", 99, QUOTH_ANSWER_MALFORMED);
}

/* ---- which records ------------------------------------------------------ */

/* Of the name asked for, of class IN, in the answer section; other types stand between them. */
TEST(D21)
{
    room(100);
    begin("a.test", QUOTH_DNS_TXT);
    txt1("b.test", "of another name");
    msg_rr(&msg, 0, NULL, 46, 60, "\0\20signature", 11);
    txt1("A.test", "ours");
    msg_rr(&msg, 0, NULL, QUOTH_DNS_TXT, 300, "\1c", 2);
    msg.b[msg.n - 2 - 8 + 1] = 3; /* class CH */
    msg_rr(&msg, 1, NULL, QUOTH_DNS_TXT, 5, "\1b", 2);
    msg_rr(&msg, 2, NULL, QUOTH_DNS_TXT, 5, "\1d", 2);
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds_text(0, "ours"));
    CHECK(set.ttl == 300 && set.flags == 0 && set.others == 0);
}

TEST(D24)
{
    static const uint32_t ttl[][2] = {{300, 77}, {86401, 0x7fffffff}, {5, 0x80000000}, {0, 9}};
    static const uint32_t least[] = {77, 86400, 0, 0};

    room(100);
    for (size_t i = 0; i < 4; i++) {
        begin("a.test", QUOTH_DNS_DS);
        msg_rr(&msg, 0, NULL, QUOTH_DNS_DS, ttl[i][0], "\0\1\10\2d", 5);
        msg_rr(&msg, 0, NULL, QUOTH_DNS_DS, ttl[i][1], "\0\2\10\2e", 5);
        msg_soa(&msg, "test", 1, 1); /* said of nothing that is missing */
        once("a.test", QUOTH_DNS_DS, QUOTH_ANSWER_DATA);
        CHECK_INT(set.n, 2);
        CHECK_INT(set.ttl, least[i]);
    }
}

TEST(D28)
{
    room(100);
    begin("a.test", QUOTH_DNS_TXT);
    txt1(NULL, "a");
    msg_raw(&msg, "behind", 6);
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && set.flags == QUOTH_SET_TRAILING);
}

/* A chain in any order, with the records anywhere in it; only those at its end count. */
TEST(Q27)
{
    static const char *const name[] = {"a.test", "b.test", "c.test"};

    room(100);
    for (int order = 0; order < 6; order++) {
        static const uint8_t perm[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                           {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        begin("a.test", QUOTH_DNS_TXT);
        for (int i = 0; i < 3; i++) {
            int k = perm[order][i];
            if (k < 2)
                msg_cname(&msg, name[k], 50u + (unsigned)k, name[k + 1]);
            txt1(name[k], name[k]);
        }
        once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
        CHECK(set.n == 1 && holds_text(0, "c.test"));
        CHECK_INT(set.ttl, 50);
        CHECK_INT(set.flags, QUOTH_SET_ALIAS);
    }
}

/* As reverse zones are delegated (RFC 2317): the alias leads out of the answer, and is asked. */
TEST(Q27_asked)
{
    room(100);
    servers(1);
    ask_with("25.2.0.192.in-addr.arpa", QUOTH_DNS_PTR, 0);
    begin("25.2.0.192.in-addr.arpa", QUOTH_DNS_PTR);
    msg_cname(&msg, "25.2.0.192.in-addr.arpa", 60, "25.0-63.2.0.192.in-addr.arpa");
    CHECK_INT(answer(), QUOTH_OK);
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_DGRAM);
    CHECK_INT(look.asked, 2);
    begin("25.0-63.2.0.192.in-addr.arpa", QUOTH_DNS_PTR);
    name_record(QUOTH_DNS_PTR, "mail.test");
    CHECK_INT(answer(), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds(0, "\4mail\4test", 11));
    CHECK_INT(set.flags, QUOTH_SET_ALIAS);
    CHECK_INT(set.ttl, 60);
}

TEST(Q27_loop)
{
    char from[24], to[24];

    room(100);
    for (int hops = QUOTH_CNAMES_MAX; hops <= QUOTH_CNAMES_MAX + 1; hops++) {
        begin("n0.test", QUOTH_DNS_TXT);
        for (int i = 0; i < hops; i++) {
            snprintf(from, sizeof from, "n%d.test", i);
            snprintf(to, sizeof to, "n%d.test", i + 1);
            msg_cname(&msg, from, 60, to);
        }
        txt1(to, "end");
        once("n0.test", QUOTH_DNS_TXT,
             hops > QUOTH_CNAMES_MAX ? QUOTH_ANSWER_ALIAS_LOOP : QUOTH_ANSWER_DATA);
    }
    begin("a.test", QUOTH_DNS_TXT);
    msg_cname(&msg, "a.test", 60, "b.test");
    msg_cname(&msg, "b.test", 60, "a.test");
    txt1("a.test", "beside an alias");
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_ALIAS_LOOP);
}

/* Who asks for the alias gets it, and it is not followed. */
TEST(Q27_cname)
{
    room(100);
    begin("a.test", QUOTH_DNS_CNAME);
    msg_cname(&msg, "a.test", 60, "b.test");
    msg_cname(&msg, "b.test", 6, "a.test");
    once("a.test", QUOTH_DNS_CNAME, QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds(0, "\1b\4test", 8));
    CHECK(set.flags == 0 && set.ttl == 60);
}

/* ---- no records --------------------------------------------------------- */

TEST(Q23)
{
    room(100);
    msg_answer(&msg, 0, MSG_OK | 3, "no.test", QUOTH_DNS_TXT);
    msg_soa(&msg, "test", 900, 300);
    once("no.test", QUOTH_DNS_TXT, QUOTH_ANSWER_NXDOMAIN);
    CHECK_INT(set.ttl, 300);
    msg_answer(&msg, 0, MSG_OK | 3, "no.test", QUOTH_DNS_TXT); /* and records: one of them lies */
    txt1(NULL, "here");
    once("no.test", QUOTH_DNS_TXT, QUOTH_ANSWER_MALFORMED);
}

TEST(Q24)
{
    room(100);
    for (int alias = 0; alias < 2; alias++) {
        begin("a.test", QUOTH_DNS_TLSA);
        if (alias)
            msg_cname(&msg, "a.test", 60, "b.test");
        msg_soa(&msg, "test", 900, 300);
        once("a.test", QUOTH_DNS_TLSA, QUOTH_ANSWER_NODATA);
        CHECK_INT(set.ttl, alias ? 60 : 300);
        CHECK_INT(set.flags, alias ? QUOTH_SET_ALIAS : 0);
    }
    begin("a.test", QUOTH_DNS_TLSA);
    once("a.test", QUOTH_DNS_TLSA, QUOTH_ANSWER_NODATA);
    CHECK_INT(set.ttl, 0);
    begin("a.test", QUOTH_DNS_SOA); /* asked for, and not there: the zone's own says so */
    msg_soa(&msg, "test", 900, 300);
    once("a.test", QUOTH_DNS_SOA, QUOTH_ANSWER_NODATA);
    CHECK_INT(set.ttl, 300);
}

/* What a bad answer left behind is gone when the next server says something else. */
TEST(Q20)
{
    room(100);
    servers(2);
    ask_with("a.test", QUOTH_DNS_TXT, 0);
    msg_answer(&msg, 0, MSG_OK | 3, "a.test", QUOTH_DNS_TXT);
    txt1(NULL, "here");
    txt1(NULL, "and here");
    CHECK_INT(answer(), QUOTH_OK);
    closed();
    begin("a.test", QUOTH_DNS_TXT);
    txt1(NULL, "there");
    CHECK_INT(answer(), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds_text(0, "there") && set.flags == 0);
    servers(1);
    ask_with("a.test", QUOTH_DNS_TXT, 0);
    sent();
    late();
    closed();
    CHECK_INT(want.kind, QUOTH_WANT_OPEN); /* not a word over UDP */
    late();
    done(QUOTH_ANSWER_TIMEOUT);
    CHECK_INT(set.ede, 0);
    servers(0);
    ask_with("a.test", QUOTH_DNS_TXT, 0);
    closed();
    CHECK_INT(set.answer, QUOTH_ANSWER_UNREACHABLE);
}

/* ---- Extended DNS Errors ------------------------------------------------ */

static void fail_with(const void *options, size_t n)
{
    msg_answer(&msg, 0, MSG_OK | 2, "a.test", QUOTH_DNS_TXT);
    msg_opt(&msg, 2, 0, options, n);
}

TEST(D34)
{
    static const struct {
        const char *options;
        size_t n;
        uint16_t ede;
    } t[] = {
        {"", 0, 0},
        {"\0\17\0\2\0\6", 6, 7},                       /* DNSSEC Bogus */
        {"\0\17\0\2\0\0", 6, 1},                       /* Other */
        {"\0\17\0\12\0\11because.", 14, 10},           /* with words */
        {"\0\12\0\2xx\0\17\0\2\0\7", 12, 8},           /* behind a cookie */
        {"\0\17\0\2\0\6\0\17\0\2\0\26", 12, 7},        /* the first of two */
        {"\0\17\0\0\0\17\0\1x\0\17\0\2\1\0", 15, 257}, /* too short to hold a code: passed over */
        {"\0\17\0\2\377\376", 6, 65535},
        {"\0\17\0\2\377\377", 6, 65535},
        {"\0\3\0\2\0\6", 6, 0},
    };

    room(100);
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        fail_with(t[i].options, t[i].n);
        once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_SERVFAIL);
        CHECK_INT(set.ede, t[i].ede);
        CHECK_INT(look.ede, t[i].ede);
    }
    begin("a.test", QUOTH_DNS_TXT); /* beside data: a stale answer */
    txt1(NULL, "old");
    msg_opt(&msg, 2, 0, "\0\17\0\2\0\3", 6);
    once("a.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA);
    CHECK_INT(set.ede, 4);
    CHECK_INT(set.n, 1);
}

/* A resolver that keeps the records to itself denies nothing, whatever it answers with. */
TEST(D34_withheld)
{
    room(100);
    for (unsigned code = 0; code < 30; code++) {
        const char option[] = {0, 15, 0, 2, 0, (char)code};
        const int withheld = code == 4 || (code >= 15 && code <= 17);
        for (unsigned rcode = 0; rcode <= 3; rcode += 3) {
            servers(1);
            res.tries = 1;
            msg_answer(&msg, 0, MSG_OK | rcode, "a.test", QUOTH_DNS_TXT);
            msg_soa(&msg, "test", 900, 300);
            msg_opt(&msg, 2, 0, option, sizeof option);
            ask_with("a.test", QUOTH_DNS_TXT, 0);
            answer();
            done(withheld ? QUOTH_ANSWER_REFUSED
                 : rcode  ? QUOTH_ANSWER_NXDOMAIN
                          : QUOTH_ANSWER_NODATA);
            CHECK_INT(set.ede, code + 1);
        }
    }
}

/* It goes with the failure that is told, and not with a later answer. */
TEST(D34_next)
{
    room(100);
    for (int how = 0; how < 4; how++) {
        servers(2);
        ask_with("a.test", QUOTH_DNS_TXT, 0);
        fail_with("\0\17\0\2\0\6", 6);
        answer();
        closed();
        if (how == 0) {
            sent();
            late();
        } else if (how == 1) {
            fail_with(NULL, 0);
            answer();
        } else if (how == 2) {
            fail_with("\0\17\0\2\0\26", 6);
            answer();
        } else {
            begin("a.test", QUOTH_DNS_TXT);
            txt1(NULL, "a");
            answer();
        }
        done(how < 3 ? QUOTH_ANSWER_SERVFAIL : QUOTH_ANSWER_DATA);
        CHECK_INT(set.ede, how < 2 ? 7 : how == 2 ? 23 : 0);
    }
}

/* An answer that is not one says nothing. */
TEST(D34_forged)
{
    room(100);
    servers(1);
    ask_with("a.test", QUOTH_DNS_TXT, 0);
    sent();
    fail_with("\0\17\0\2\0\6", 6);
    id();
    msg.b[1] ^= 1;
    CHECK_INT(hear(msg.b, msg.n), QUOTH_EINVAL);
    id();
    msg_count(&msg, 0, 1); /* a record that is not there */
    CHECK_INT(hear(msg.b, msg.n), QUOTH_OK);
    late();
    done(QUOTH_ANSWER_MALFORMED);
    CHECK_INT(set.ede, 0);
}

/* ---- AD and CD ---------------------------------------------------------- */

/* Nothing but the bits asked for is set in the question, in each that is sent. */
TEST(V03)
{
    static const struct {
        uint16_t options;
        uint8_t bits;
    } t[] = {{0, 0},
             {QUOTH_ASK_AD, 0x20},
             {QUOTH_ASK_CD, 0x10},
             {QUOTH_ASK_AD | QUOTH_ASK_CD, 0x30},
             {0xffcf, 0},
             {0xffff, 0x30}};

    room(100);
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        const uint8_t *q;

        servers(1);
        ask_with("a.test", QUOTH_DNS_TXT, t[i].options);
        q = want.out;
        CHECK(q[2] == 1 && q[3] == t[i].bits && want.n == 12 + 8 + 4 + 11);
        CHECK(!memcmp(q + 4, "\0\1\0\0\0\0\0\1", 8));
        CHECK(q[want.n - 4] == 0 && q[want.n - 3] == 0); /* no DO */
        msg_answer(&msg, 0, MSG_OK | 1, "a.test", QUOTH_DNS_TXT);
        answer(); /* FORMERR: once more without OPT */
        closed();
        q = want.out;
        CHECK(q[2] == 1 && q[3] == t[i].bits && want.n == 12 + 8 + 4);
        msg_answer(&msg, 0, MSG_TC, "a.test", QUOTH_DNS_TXT);
        answer();
        closed();
        CHECK_INT(tell(QUOTH_EV_UP, NULL, 0), QUOTH_OK);
        q = want.out;
        CHECK(q[4] == 1 && q[5] == t[i].bits && want.n == 2 + 12 + 8 + 4);
    }
}

/* AD counts if it was asked for. */
TEST(V01)
{
    room(100);
    for (int asked = 0; asked < 2; asked++) {
        for (int ad = 0; ad < 2; ad++) {
            for (unsigned rcode = 0; rcode <= 3; rcode += 3) {
                servers(1);
                ask_with("a.test", QUOTH_DNS_TXT, asked ? QUOTH_ASK_AD : QUOTH_ASK_CD);
                msg_answer(&msg, 0, MSG_OK | rcode | (ad ? 0x20u : 0), "a.test", QUOTH_DNS_TXT);
                if (rcode == 0)
                    txt1(NULL, "a");
                msg_soa(&msg, "test", 9, 9);
                answer();
                done(rcode ? QUOTH_ANSWER_NXDOMAIN : QUOTH_ANSWER_DATA);
                CHECK_INT(set.flags, asked && ad ? QUOTH_SET_AD : 0);
            }
        }
    }
}

/* Over several answers each must have it, also those of servers that then failed. */
TEST(V02)
{
    room(100);
    for (unsigned ad = 0; ad < 4; ad++) {
        servers(1);
        ask_with("a.test", QUOTH_DNS_TLSA, QUOTH_ASK_AD);
        msg_answer(&msg, 0, MSG_OK | (ad & 1 ? 0x20u : 0), "a.test", QUOTH_DNS_TLSA);
        msg_cname(&msg, "a.test", 60, "b.test");
        answer();
        closed();
        msg_answer(&msg, 0, MSG_OK | (ad & 2 ? 0x20u : 0), "b.test", QUOTH_DNS_TLSA);
        msg_rr(&msg, 0, NULL, QUOTH_DNS_TLSA, 300, "\3\1\1d", 4);
        answer();
        done(QUOTH_ANSWER_DATA);
        CHECK_INT(set.flags, QUOTH_SET_ALIAS | (ad == 3 ? QUOTH_SET_AD : 0));
    }
}

/* A route can be asked for with AD as well. */
TEST(V02_route)
{
    static struct quoth_route route;
    struct quoth_event ev = {.kind = QUOTH_EV_SENT};

    for (int ad = 0; ad < 2; ad++) {
        servers(1);
        ask_with("a.test", QUOTH_DNS_MX, QUOTH_ASK_AD);
        ev = (struct quoth_event) {.kind = QUOTH_EV_SENT, .now = now, .n = want.n};
        CHECK_INT(quoth_lookup_feed(&look, &ev, &route), QUOTH_OK);
        msg_answer(&msg, look.id, MSG_OK | (ad ? 0x20u : 0), "a.test", QUOTH_DNS_MX);
        msg_mx(&msg, 0, NULL, 60, 10, "mx.a.test");
        ev = (struct quoth_event) {
            .kind = QUOTH_EV_DATA, .now = now, .data = msg.b, .n = msg.n, .from = want.peer};
        CHECK_INT(quoth_lookup_feed(&look, &ev, &route), QUOTH_OK);
        CHECK(route.answer == QUOTH_ANSWER_DATA && route.n == 1);
        CHECK_INT(route.flags, ad ? QUOTH_ROUTE_AD : 0);
    }
}

/* ---- the way there ------------------------------------------------------ */

/* What is not the answer changes nothing, in the machine or in the set. */
TEST(Q07)
{
    static const size_t at[] = {0,  1,  2, 13,
                                14, 21, 23}; /* of id, id, QR, name, name, type, class */
    struct quoth_lookup was;
    struct quoth_rrset before;

    room(100);
    servers(1);
    ask_with("a.test", QUOTH_DNS_TXT, QUOTH_ASK_AD);
    sent();
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        begin("a.test", QUOTH_DNS_TXT);
        txt1(NULL, "forged");
        id();
        msg.b[at[i]] ^= at[i] == 2 ? 0x80 : 2;
        was = look;
        before = set;
        CHECK_INT(hear(msg.b, msg.n), QUOTH_EINVAL);
        CHECK(!memcmp(&was, &look, sizeof look) && !memcmp(&before, &set, sizeof set));
        CHECK_INT(set.buf[0], 0xee);
    }
    begin("a.test", QUOTH_DNS_TXT);
    txt1(NULL, "real");
    CHECK_INT(answer(), QUOTH_OK);
    done(QUOTH_ANSWER_DATA);
    CHECK(set.n == 1 && holds_text(0, "real"));
}

/* A big set: cut over UDP, whole over TCP, in pieces of any size. */
TEST(Q16)
{
    char text[256];
    uint8_t *whole = NULL;
    struct quoth_rrset first = {0};
    uint8_t head[2];

    memset(text, 't', 255);
    text[255] = '\0';
    for (size_t piece = 5000; piece > 0; piece = piece > 70 ? piece - 617 : piece - 1) {
        room(6000);
        set.match = "t";
        servers(1);
        ask_with("a.test", QUOTH_DNS_TXT, QUOTH_ASK_AD);
        msg_answer(&msg, 0, MSG_TC, "a.test", QUOTH_DNS_TXT);
        answer();
        closed();
        CHECK_INT(tell(QUOTH_EV_UP, NULL, 0), QUOTH_OK);
        sent();
        msg_answer(&msg, 0, MSG_OK | 0x20, "a.test", QUOTH_DNS_TXT);
        for (int i = 0; i < 10; i++) {
            txt1(NULL, "others");
            txt(NULL, (const char *const[]) {text, text + i, NULL});
        }
        msg_opt(&msg, 2, 0, "\0\17\0\2\0\3", 6);
        id();
        head[0] = (uint8_t)(msg.n >> 8);
        head[1] = (uint8_t)msg.n;
        for (size_t i = 0; i < 2; i += piece)
            hear(head + i, piece < 2 ? 1 : 2);
        for (size_t at = 0, n; at < msg.n; at += n) {
            n = msg.n - at < piece ? msg.n - at : piece;
            CHECK_INT(hear(msg.b + at, n), QUOTH_OK);
        }
        done(QUOTH_ANSWER_DATA);
        CHECK(set.n == 10 && set.others == 10 && set.ede == 4 && set.flags == QUOTH_SET_AD);
        if (!whole) {
            whole = malloc(set.used);
            if (!whole)
                abort();
            memcpy(whole, set.buf, set.used);
            first = set;
        }
        CHECK(set.used == first.used && !memcmp(set.buf, whole, set.used));
    }
    free(whole);
    set.match = NULL;
}

/* What was lent for it is too small: that is said, and never "none". */
TEST(Q16_memory)
{
    room(100);
    servers(1);
    res.tcp = 1;
    ask_with("a.test", QUOTH_DNS_TXT, 0);
    quoth_lookup_lend(&look, lent, 20);
    tell(QUOTH_EV_UP, NULL, 0);
    sent();
    CHECK_INT(hear((const uint8_t *)"\0\25", 2), QUOTH_OK);
    done(QUOTH_ANSWER_TOO_BIG);
}

/* Any change of one byte of a good answer: a set that walks, or none. */
TEST(D03)
{
    static const uint16_t type[] = {QUOTH_DNS_TXT, QUOTH_DNS_PTR, QUOTH_DNS_SOA, QUOTH_DNS_TLSA};
    unsigned kept = 0, left = 0;

    room(40);
    for (size_t t = 0; t < 4; t++) {
        for (size_t at = 0;; at++) {
            begin("a.test", type[t]);
            msg_cname(&msg, "a.test", 60, "b.test");
            if (type[t] == QUOTH_DNS_TXT)
                txt("b.test", (const char *const[]) {"ab", "", "c", NULL});
            if (type[t] == QUOTH_DNS_PTR)
                msg_rr(&msg, 0, "b.test", QUOTH_DNS_PTR, 9, "\1m\xc0\x0c", 4);
            if (type[t] == QUOTH_DNS_SOA)
                msg_rr(&msg, 0, "b.test", QUOTH_DNS_SOA, 9, "\0\xc0\x0c 20 octets of SOA..", 23);
            if (type[t] == QUOTH_DNS_TLSA)
                msg_rr(&msg, 0, "b.test", QUOTH_DNS_TLSA, 9, "\3\1\1dig", 6);
            msg_opt(&msg, 2, 0, "\0\17\0\2\0\6", 6);
            if (at == msg.n)
                break;
            for (int v = 0; v < 256; v += 1 + v / 9) {
                uint8_t was;
                servers(1);
                ask_with("a.test", type[t], QUOTH_ASK_AD);
                sent();
                id();
                was = msg.b[at];
                msg.b[at] = (uint8_t)v;
                hear(msg.b, msg.n);
                msg.b[at] = was;
                while (want.kind != QUOTH_WANT_DONE)
                    late();
                walk();
                CHECK(set.answer == look.answer && set.answer != QUOTH_ANSWER_NONE);
                if (set.n)
                    kept++;
                else
                    left++;
            }
        }
    }
    CHECK(kept > 500 && left > 500);
}

int main(void)
{
    RUN(D31_joined);
    RUN(D20_txt);
    RUN(D20_beside);
    RUN(D31_match);
    RUN(D31_match_across);
    RUN(D31_others);
    RUN(D31_bytes);
    RUN(D32_room);
    RUN(D32_room_parts);
    RUN(D32_room_others);
    RUN(D32_nowhere);
    RUN(Z_records);
    RUN(D33_ptr);
    RUN(D17_names);
    RUN(D20_soa);
    RUN(D20_digests);
    RUN(D27);
    RUN(D26);
    RUN(D21);
    RUN(D24);
    RUN(D28);
    RUN(Q27);
    RUN(Q27_asked);
    RUN(Q27_loop);
    RUN(Q27_cname);
    RUN(Q23);
    RUN(Q24);
    RUN(Q20);
    RUN(D34);
    RUN(D34_withheld);
    RUN(D34_next);
    RUN(D34_forged);
    RUN(V03);
    RUN(V01);
    RUN(V02);
    RUN(V02_route);
    RUN(Q07);
    RUN(Q16);
    RUN(Q16_memory);
    RUN(D03);
    free(set.buf);
    return report("answer");
}
