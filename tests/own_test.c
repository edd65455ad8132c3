/* own_test.c - tests of core/domain/identity.c and identity_judge.c: our own address in a zone of
 * lines, and what is found of it.
 *
 * Each finding has a row: the lines that make it beside what is right. An address with nothing
 * wrong has none of them, and no question that fails makes one.
 *
 * SPDX-License-Identifier: MIT */
#include "own_ref.h"
#include "test.h"
#include "judge.h" /* the names of its rules */

/* Nothing is wrong with it. */
#define REVERSE  "Z\t25.113.0.203.in-addr.arpa\t"
#define REVERSE6 "Z\t9.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.2.ip6.arpa\t"
#define PTR      REVERSE "PTR\tmx.example.com\n"
#define HOST     "Z\tmx.example.com\tA\t203.0.113.25\nZ\tmx.example.com\tAAAA\t2a00::99\n"
#define SPF      "Z\texample.com\tTXT\tv=spf1 mx -all\nZ\texample.com\tMX\t1\tmx.example.com\n"
#define HELO_SPF "Z\tmx.example.com\tTXT\tv=spf1 a -all\n"
#define TESTS    "Z\t2.0.0.127.bl.test\tA\t127.0.0.2\n"
#define US       "Z\t25.113.0.203.bl.test\t"
#define GOOD     PTR HOST SPF HELO_SPF TESTS
#define NO_PTR   HOST SPF HELO_SPF TESTS
#define NO_HOST  SPF HELO_SPF TESTS
#define NO_SPF   PTR HOST HELO_SPF TESTS
#define NO_TESTS PTR HOST SPF HELO_SPF

static struct spf_world w;
static struct quoth_identity d;
static struct quoth_identity_conf conf;
static struct quoth_finding found[QUOTH_FINDINGS_MAX];
static size_t findings;
static unsigned allowed; /* of these; the first stands for the Internet */
static const struct quoth_cidr allow[] = {
    {{4, {203, 0, 113}}, 24}, {{4, {192, 0, 2}}, 24}, {{16, {0x20, 1, 0x0d, 0xb8}}, 32}};
static const char *zones[] = {"bl.test", NULL, NULL};

SPF_WORLD_MACHINE(identity)

static void run(void)
{
    static uint8_t big[65535];
    static const struct spf_world_machine machine = {&d, sizeof d, identity_want, identity_feed};
    const uint8_t seed[16] = {w.seed};

    conf.resolver = &w.res;
    conf.targets.allow = allow;
    conf.targets.allow_n = (uint8_t)allowed;
    spf_world_begin(&w);
    quoth_identity_start(&d, &conf, seed, SPF_WORLD_START);
    quoth_identity_lend(&d, big, sizeof big);
    SPF_REQUIRE(spf_world_drive(&w, &machine, 0, 0) <= 61000);
    SPF_REQUIRE(d.facts.used <= sizeof d.facts.text);
    findings = quoth_identity_judge(&d.facts, found);
}

static void zone(const char *lines)
{
    spf_world_init(&w);
    spf_world_zones(&w, lines);
    zones[0] = "bl.test";
    allowed = 1;
    conf = (struct quoth_identity_conf) {.ip = {4, {203, 0, 113, 25}},
                                         .helo = "mx.example.com",
                                         .from = "a@example.com",
                                         .zones = zones};
}

static int place(const char *id)
{
    for (size_t i = 0; i < findings; i++)
        if (!strcmp(quoth_check_id(found[i].id), id))
            return (int)i;
    return -1;
}

static const char *text_of(const char *id)
{
    return place(id) < 0 ? "" : d.facts.text + found[place(id)].text.at;
}

static void tell(void)
{
    for (size_t i = 0; i < findings; i++)
        printf("    %s %s\n", quoth_grade_name((enum quoth_grade)found[i].grade),
               quoth_check_id(found[i].id));
}

/* ---- every finding --------------------------------------------------------- */

#define NAMES(n) REVERSE "PTR\tn" #n ".example.com\n"
#define ELEVEN \
    NAMES(1) NAMES(2) NAMES(3) NAMES(4) NAMES(5) NAMES(6) NAMES(7) NAMES(8) NAMES(9) NAMES(10)

static const struct row {
    const char *id, *zone, *helo; /* helo NULL: mx.example.com */
} rows[] = {
    {"ptr.unknown", REVERSE "TIMEOUT\n" NO_PTR, NULL},
    {"ptr.missing", NO_PTR, NULL},
    {"ptr.forward", PTR "Z\tmx.example.com\tA\t203.0.113.1\n" NO_HOST, NULL},
    {"ptr.forward_unknown", PTR "Z\tmx.example.com\tTIMEOUT\n" NO_HOST, NULL},
    {"ptr.many", PTR ELEVEN GOOD, NULL},
    {"ptr.generic", REVERSE "PTR\tip-203-0-113-25.pop.example.com\n" NO_PTR, NULL},
    {"helo.bare", GOOD, "mail"},
    {"helo.provider", GOOD "Z\tgmail.com\tA\t203.0.113.25\n", "gmail.com"},
    {"helo.no_address", GOOD, "gone.example.com"},
    {"helo.unknown", GOOD "Z\tsick.example.com\tTIMEOUT\n", "sick.example.com"},
    {"helo.forward", GOOD "Z\tother.example.com\tA\t203.0.113.9\n", "other.example.com"},
    {"helo.not_ptr", GOOD "Z\tother.example.com\tA\t203.0.113.25\n", "other.example.com"},
    {"helo.spf", GOOD "Z\th.example.com\tTXT\tv=spf1 -all\n", "h.example.com"},
    {"sender.spf_fail", "Z\texample.com\tTXT\tv=spf1 -all\n" NO_SPF, NULL},
    {"sender.spf_broken", "Z\texample.com\tTXT\tv=spf1 nonsense\n" NO_SPF, NULL},
    {"sender.spf_weak", "Z\texample.com\tTXT\tv=spf1 ~all\n" NO_SPF, NULL},
    {"sender.spf_none", NO_SPF, NULL},
    {"sender.spf_unknown", "Z\texample.com\tTIMEOUT\n" NO_SPF, NULL},
    {"dnsbl.listed", US "A\t127.0.0.4\n" GOOD, NULL},
    {"dnsbl.dead", NO_TESTS, NULL},
    {"dnsbl.rewritten", US "A\t203.0.113.9\n" GOOD, NULL},
    {"dnsbl.zone", US "A\t127.255.255.252\n" GOOD, NULL},
    {"dnsbl.resolver", US "A\t127.255.255.254\n" GOOD, NULL},
    {"dnsbl.limit", US "A\t127.255.255.255\n" GOOD, NULL},
    {"dnsbl.error", US "A\t127.0.0.1\n" GOOD, NULL},
    {"dnsbl.unknown", US "TIMEOUT\n" GOOD, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void run_row(const struct row *row)
{
    zone(row->zone);
    if (row->helo)
        conf.helo = row->helo;
    run();
}

TEST(I01)
{
    zone(GOOD);
    run();
    CHECK_INT(findings, 0);
    tell();
    CHECK_INT(d.facts.queries, w.questions);
    CHECK(w.questions <= 16);
    conf.ip = (struct quoth_ip) {16, {0x2a, [15] = 0x99}};
    spf_world_zones(&w, REVERSE6 "PTR\tmx.example.com\nZ\t2.0.0.127.bl.test\tA\t127.0.0.2\n");
    run();
    CHECK_INT(findings, 0);
    tell();
}

TEST(I02)
{
    for (int i = 0; i < ROWS; i++) {
        run_row(&rows[i]);
        CHECK_STR(place(rows[i].id) < 0 ? "" : rows[i].id, rows[i].id);
        if (place(rows[i].id) < 0)
            tell();
    }
}

/* Whichever question fails: what is found then was found before, or is unknown. */
TEST(I03)
{
    for (int i = -1; i < ROWS; i++) {
        static struct quoth_finding before[QUOTH_FINDINGS_MAX];
        const struct row good = {"", GOOD, NULL};
        const struct row *row = i < 0 ? &good : &rows[i];
        size_t n;
        unsigned all;
        run_row(row);
        n = findings;
        all = w.questions;
        memcpy(before, found, sizeof before);
        for (unsigned at = 1; at <= all; at++)
            for (unsigned how = SPF_WORLD_SERVFAIL; how <= SPF_WORLD_SILENT; how++) {
                w.fail_at = at;
                w.fail_how = how;
                run();
                for (size_t k = 0; k < findings; k++) {
                    int was = found[k].grade == QUOTH_GRADE_UNKNOWN;
                    for (size_t j = 0; j < n; j++)
                        was |= before[j].id == found[k].id;
                    CHECK_STR(was ? "" : quoth_check_id(found[k].id), "");
                }
            }
    }
}

/* Time that is used up ends it with what is open closed, and what was not asked is no finding. */
TEST(I03_late)
{
    zone(REVERSE "TIMEOUT\nZ\tmx.example.com\tTIMEOUT\nZ\texample.com\tTIMEOUT\n");
    for (conf.total_ms = 500; conf.total_ms <= 60000; conf.total_ms += 1500) {
        run();
        CHECK(d.facts.late || conf.total_ms > 40000);
        CHECK_INT(place("domain.unfinished") >= 0, d.facts.late);
        CHECK_INT(place("ptr.missing"), -1);
        CHECK_INT(place("sender.spf_none"), -1);
        CHECK_INT(place("helo.no_address"), -1);
    }
    zone(PTR "Z\tmx.example.com\tTIMEOUT\n"); /* what is open of a name is not that it leads away */
    conf.total_ms = 500;
    run();
    CHECK_INT(place("ptr.forward"), -1);
    CHECK(place("ptr.forward_unknown") >= 0);
    CHECK_INT(d.facts.queries, 2);
    CHECK_INT(place("domain.unfinished") < 0 ? 0 : found[place("domain.unfinished")].num, 2);
}

/* Answers over TCP, byte by byte, are the same answers. */
TEST(I03_pieces)
{
    for (int i = 0; i < ROWS; i++) {
        static struct quoth_finding before[QUOTH_FINDINGS_MAX];
        size_t n;
        if (strstr(rows[i].zone, "TIMEOUT")) /* silence takes another time there */
            continue;
        run_row(&rows[i]);
        n = findings;
        memcpy(before, found, sizeof before);
        w.res.tcp = 1;
        w.piece = 1;
        run();
        CHECK_INT(findings, n);
        for (size_t k = 0; k < n && k < findings; k++)
            CHECK_INT(found[k].id, before[k].id);
    }
}

/* ---- names ------------------------------------------------------------------- */

/* One name that leads back is enough, and an alias in front of the names is one (RFC 2317). */
TEST(I04)
{
    zone(REVERSE "PTR\tgone.example.com\n" GOOD);
    run();
    CHECK_INT(findings, 0);
    zone(REVERSE "CNAME\t25.0-63.113.0.203.in-addr.arpa\n"
                 "Z\t25.0-63.113.0.203.in-addr.arpa\tPTR\tmx.example.com\n" NO_PTR);
    run();
    CHECK_INT(findings, 0);
}

TEST(I05)
{
    static const struct {
        const char *name;
        int generic;
    } names[] = {{"mx.example.com", 0},           {"ip-203-0-113-25.example.net", 1},
                 {"25.113.0.203.example.net", 1}, {"host25.example.com", 0},
                 {"mx25.pool.example.com", 1},    {"dynamo.example.com", 0},
                 {"dyn.example.com", 1},          {"mail203.dc113.example.com", 0},
                 {"a.broadband.test", 1}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char lines[800];
        snprintf(lines, sizeof lines, REVERSE "PTR\t%s\nZ\t%s\tA\t203.0.113.25\n" NO_PTR,
                 names[i].name, names[i].name);
        zone(lines);
        run();
        CHECK_INT(place("ptr.generic") >= 0, names[i].generic);
    }
    zone("Z\t6.7.8.9.in-addr.arpa\tPTR\t0-0-0.test\n"
         "Z\t6.7.8.9.in-addr.arpa\tPTR\tip9-8-6.test\n");
    conf.ip = (struct quoth_ip) {4, {9, 8, 7, 6}};
    run();
    CHECK_INT(d.facts.name[0].generic, 0); /* no octet is 0 */
    CHECK_INT(d.facts.name[1].generic, 1);
}

/* A name is looked at if its text, 255 bytes at most, has a place; and the root has one. */
TEST(I04_text)
{
#define ESCAPED "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"
    static const struct {
        const char *name;
        unsigned bytes;
    } names[] = {{ESCAPED ".ab", 255}, {ESCAPED ".abc", 0}, {"", 1}, {"a", 1}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char lines[200];
        snprintf(lines, sizeof lines, REVERSE "PTR\t%s\n", names[i].name);
        zone(lines);
        run();
        CHECK_INT(d.facts.ptrs, 1);
        CHECK_INT(d.facts.names, names[i].bytes > 0);
        CHECK_INT(d.facts.name[0].name.n, names[i].bytes);
    }
}

/* Of a text for which there is no room nothing is asked, and it is empty. */
TEST(I01_text)
{
    enum { HOST_N = 14, FULL = QUOTH_IDENTITY_TEXT - 2 }; /* of mx.example.com; beside two NULs */
    static char name[FULL + 2];

    for (unsigned n = FULL - HOST_N - 2; n <= FULL + 1; n++) {
        memset(name, 'a', n);
        name[n] = 0;
        zone(GOOD);
        zones[0] = name;
        conf.from = conf.helo = NULL;
        run();
        CHECK_INT(d.facts.zone[0].zone.n, n <= FULL ? n : 0);
        CHECK_STR(d.facts.text + d.facts.zone[0].zone.at, n <= FULL ? name : "");
        CHECK_INT(d.facts.zone[0].listing, QUOTH_LISTING_ZONE);
        CHECK_INT(d.facts.ptrs, 1);
        CHECK_INT(d.facts.names, n + HOST_N + 1 <= FULL || n > FULL);
        CHECK_STR(d.facts.text + d.facts.name[0].name.at, d.facts.names ? "mx.example.com" : "");
    }
}

/* Of an address that nobody outside sees only the name in EHLO is looked at. */
TEST(I06)
{
    zone(GOOD);
    conf.ip = (struct quoth_ip) {4, {10, 0, 0, 1}};
    run();
    CHECK_INT(w.questions, 2);
    CHECK_INT(place("ptr.missing"), -1);
    CHECK_INT(d.facts.spf, 255);
    conf.ip.len = 0;
    run();
    CHECK_INT(findings, 0);
    CHECK_INT(w.questions, 2);
}

/* Without a name or a sender, what needs them is not asked. */
/* I16, too: two questions, both about the address. */
TEST(I07)
{
    zone(GOOD);
    conf.helo = conf.from = NULL;
    conf.zones = NULL;
    run();
    CHECK_INT(findings, 0);
    CHECK_INT(w.questions, 2);
}

/* ---- advice ----------------------------------------------------------------------- */

static int is_id(const char *text, size_t n)
{
    for (unsigned id = 0; quoth_check_id(id); id++)
        if (strlen(quoth_check_id(id)) == n && !memcmp(quoth_check_id(id), text, n))
            return 1;
    return 0;
}

/* Every rule leads somewhere, or to "nothing to do on our side", by what it is about. */
TEST(I12)
{
    char words[QUOTH_ADVICE_WORDS];
    const char *rule = judge_name;

    for (size_t i = 0; i < sizeof judge_reason / sizeof *judge_reason;
         i++, rule += strlen(rule) + 1) {
        const char *ids = quoth_advice(rule, words);
        const unsigned reason = judge_reason[i];
        const int us = reason == QUOTH_REASON_IP_BLOCKED || reason == QUOTH_REASON_POLICY_REJECTED,
                  them = reason == QUOTH_REASON_USER_UNKNOWN ||
                         reason == QUOTH_REASON_MAILBOX_FULL ||
                         reason == QUOTH_REASON_MAILBOX_DISABLED ||
                         reason == QUOTH_REASON_SERVER_TEMPORARY;
        CHECK_STR(ids ? rule : "", rule);
        if (!ids)
            continue;
        CHECK_STR(us && !*ids ? rule : "", "");
        CHECK_STR(them && *ids ? rule : "", "");
        for (const char *p = ids; *p; p += strspn(p, " ")) {
            CHECK(is_id(p, strcspn(p, " ")));
            p += strcspn(p, " ");
        }
    }
    CHECK(quoth_advice("text/ptr", words) && !strncmp(words, "ptr.missing ptr.forward ", 24));
    CHECK(quoth_advice("text/forged", words) && strstr(words, " helo.forward"));
    CHECK(!quoth_advice("text/pt", words) && !quoth_advice("text/ptrs", words) &&
          !quoth_advice("", words));
}

/* ---- block lists -------------------------------------------------------------- */

TEST(BL01)
{
    zone(GOOD);
    conf.zones = NULL;
    run();
    CHECK_INT(d.facts.zones, 0);
    zone(US "A\t127.0.0.4\n" US "TXT\tsee https://bl.test/?a\\x1bb\n" GOOD);
    run();
    CHECK_INT(place("dnsbl.listed"), 0);
    CHECK_INT(found[0].num, 4);
    CHECK_STR(text_of("dnsbl.listed"), "bl.test");
    CHECK_STR(d.facts.text + d.facts.zone[0].words.at, "see https://bl.test/?a\033b");
}

/* Codes: what each of them is. */
TEST(BL02)
{
    static const struct {
        const char *code;
        enum quoth_listing listing;
    } codes[] = {
        {"127.0.0.2", QUOTH_LISTING_LISTED},      {"127.0.0.10", QUOTH_LISTING_LISTED},
        {"127.0.0.77", QUOTH_LISTING_LISTED},     {"127.0.1.255", QUOTH_LISTING_LISTED},
        {"127.0.0.1", QUOTH_LISTING_ERROR},       {"127.0.0.0", QUOTH_LISTING_ERROR},
        {"126.0.0.2", QUOTH_LISTING_REWRITTEN},   {"203.0.113.9", QUOTH_LISTING_REWRITTEN},
        {"127.255.255.252", QUOTH_LISTING_ZONE},  {"127.255.255.254", QUOTH_LISTING_PUBLIC},
        {"127.255.255.255", QUOTH_LISTING_LIMIT}, {"127.255.255.253", QUOTH_LISTING_ERROR},
        {"127.255.255.2", QUOTH_LISTING_ERROR}};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char lines[800];
        snprintf(lines, sizeof lines, US "A\t%s\n" GOOD, codes[i].code);
        zone(lines);
        run();
        CHECK_STR(quoth_listing_name((enum quoth_listing)d.facts.zone[0].listing),
                  quoth_listing_name(codes[i].listing));
    }
}

TEST(BL02_names)
{
    static const char *const names[] = {"not_asked", "clean",     "listed",  "provider",
                                        "dead",      "rewritten", "no_zone", "public_resolver",
                                        "limit",     "error",     "failed",  ""};

    for (unsigned listing = 0; listing <= QUOTH_LISTINGS; listing++)
        CHECK_STR(quoth_listing_name((enum quoth_listing)listing), names[listing]);
}

/* A list that answers for what it must not have, or not for what it must: asked nothing more. */
TEST(BL04)
{
    zone("Z\t1.0.0.127.bl.test\tA\t127.0.0.2\n" US "A\t127.0.0.2\n" GOOD);
    run();
    CHECK_INT(place("dnsbl.dead"), 0);
    CHECK_INT(place("dnsbl.listed"), -1);
    zone("Z\t*.0.0.127.bl.test\tA\t203.0.113.80\n" NO_TESTS);
    run();
    CHECK_INT(place("dnsbl.rewritten"), 0);
    zone("Z\t2.0.0.127.bl.test\tA\t127.255.255.254\n" NO_TESTS);
    run();
    CHECK_INT(place("dnsbl.resolver"), 0);
}

#define ZEN \
    "Z\t2.0.0.127.zen.spamhaus.org\tA\t127.0.0.2\n" \
    "Z\t25.113.0.203.zen.spamhaus.org\tA\t127.0.0.11\n"

/* Spamhaus is not asked through a public name server, with a key it may be. */
TEST(BL05)
{
    zone(ZEN GOOD);
    zones[0] = "zen.spamhaus.org";
    w.res.server[0].peer.ip = (struct quoth_ip) {4, {8, 8, 8, 8}};
    conf.checks = QUOTH_IDENTITY_LISTS;
    run();
    CHECK_INT(w.questions, 0);
    CHECK_INT(place("dnsbl.resolver"), 0);
    zones[0] = "key.zen.dq.spamhaus.net";
    run();
    CHECK(w.questions > 0);
    zones[0] = "zen.spamhaus.org"; /* the second server, if there is one */
    w.res.server[1] = w.res.server[0];
    w.res.server[0].peer.ip = (struct quoth_ip) {4, {192, 0, 2, 53}};
    run();
    CHECK(w.questions > 0);
    w.res.servers = 2;
    run();
    CHECK_INT(w.questions, 0);
    CHECK_INT(place("dnsbl.resolver"), 0);
}

/* Names that are asked for: RFC 5782 2.1 and 2.4. */
TEST(BL06)
{
    zone(TESTS "Z\t99.2.0.192.bl.test\tA\t127.0.0.2\n"
               "Z\tb.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.test\tA"
               "\t127.0.0.3\n");
    conf.checks = QUOTH_IDENTITY_LISTS;
    conf.ip =
        (struct quoth_ip) {16, {0x20, 1, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 5, 0x67, 0x89, 0xab}};
    run();
    CHECK_INT(w.questions, 0); /* an address of documentation is nobody's */
    allowed = 3;
    run();
    CHECK_INT(d.facts.zone[0].listing, QUOTH_LISTING_LISTED);
    CHECK_INT(d.facts.zone[0].code[3], 3);
    conf.ip = (struct quoth_ip) {4, {192, 0, 2, 99}};
    run();
    CHECK_INT(d.facts.zone[0].listing, QUOTH_LISTING_LISTED);
    CHECK_INT(d.facts.zone[0].code[3], 2);
}

/* A list whose name is so long that an address in front of it is no name any more: IPv6 takes 64
 * of 255 bytes, "25.113.0.203" 13, and what it is tested with 10. */
TEST(BL06_length)
{
    static const struct {
        unsigned name, v6, questions; /* its length on the wire */
    } lists[] = {{191, 1, 3}, {192, 1, 2}, {193, 1, 2}, {242, 0, 3}, {243, 0, 2},
                 {244, 0, 2}, {245, 0, 2}, {246, 0, 0}, {255, 0, 0}};
    char name[256], line[300];

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        zone("");
        memset(name, 'a', sizeof name);
        for (unsigned at = 31; at < lists[i].name - 4; at += 32)
            name[at] = '.';
        name[lists[i].name - 2] = 0;
        snprintf(line, sizeof line, "Z\t2.0.0.127.%s\tA\t127.0.0.2\n", name);
        if (lists[i].questions)
            spf_world_zone(&w, line);
        zones[0] = name;
        conf.checks = QUOTH_IDENTITY_LISTS;
        allowed = 3;
        if (lists[i].v6)
            conf.ip = (struct quoth_ip) {16, {0x20, 1, 0x0d, 0xb8, 1}};
        run();
        CHECK_INT(w.questions, lists[i].questions);
        CHECK_INT(d.facts.zone[0].listing,
                  lists[i].questions == 3 ? QUOTH_LISTING_CLEAN : QUOTH_LISTING_ZONE);
    }
}

TEST(BL08)
{
    zone(ZEN GOOD);
    zones[0] = "zen.spamhaus.org";
    run();
    CHECK_INT(place("dnsbl.provider"), 0);
    CHECK_INT(found[0].grade, QUOTH_GRADE_WARN);
    spf_world_zones(&w, "Z\t25.113.0.203.zen.spamhaus.org\tA\t127.0.0.3\n");
    run(); /* of several codes the worst */
    CHECK_INT(place("dnsbl.listed"), 0);
    CHECK_INT(found[0].num, 3);
}

/* ---- the same as a plain reference says (own_ref.h) ----------------------------- */

static unsigned below(unsigned n)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

#define ANY(words) words[below(sizeof words / sizeof *(words))]

static void line(const char *name, const char *rest)
{
    char text[900];

    snprintf(text, sizeof text, "Z\t%s\t%s", name, rest);
    spf_world_zone(&w, text);
}

/* Names of the address, their addresses, and SPF of some; now and then one cannot be asked. */
static void make_names(void)
{
    static const char *const names[] = {"mx.example.com",
                                        "h.example.com",
                                        "ip-203-0-113-25.example.net",
                                        "pool.example.com",
                                        "a.ppp.test",
                                        "host25.example.com",
                                        "broadbandx.test",
                                        "25.113.0.test",
                                        "203025113.0.test",
                                        "dyn1.example.com",
                                        "xdyn.example.com",
                                        "abcdefghijkldyn.test",
                                        "25.25.25.test",
                                        "gmail.com",
                                        "000000000203-113-25.test",
                                        "x1234567890123456-203-0.test",
                                        "203-0-114.test"};
    static const char *const records[] = {"A\t203.0.113.25",
                                          "A\t203.0.113.9",
                                          "AAAA\t2a00::99",
                                          "AAAA\t2a00::98",
                                          "A\t203.0.113.25",
                                          "TXT\tv=spf1 -all",
                                          "TXT\tv=spf1 ip4:203.0.113.25 ~all",
                                          "TXT\tv=spf1 ?all",
                                          "TXT\tv=spf1 a:x",
                                          "TXT\tv=spf1 ip6:2a00::/16 -all",
                                          "BOGUS\t",
                                          "MX\t1\tmx.example.com"};
    char text[300];

    for (unsigned n = below(8) ? below(6) : 8 + below(6); n > 0; n--) {
        snprintf(text, sizeof text, "PTR\t%s", ANY(names));
        line("25.113.0.203.in-addr.arpa", text);
        line("9.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.2.ip6.arpa", text);
    }
    if (below(10) == 0)
        line("25.113.0.203.in-addr.arpa", "BOGUS\t");
    for (unsigned n = below(30); n > 0; n--)
        line(ANY(names), ANY(records));
    for (unsigned n = below(3); n > 0; n--)
        line("example.com", records[5 + below(7)]);
}

static const char *const made_zones[] = {
    "bl.test", "zen.spamhaus.org", "k.zen.dq.spamhaus.net", "notspamhaus.org", "SPAMHAUS.ORG",
    "a..b",    "dead.test"};

static void make_lists(void)
{
    static const char *const codes[] = {
        "127.0.0.2",     "127.0.0.2",       "127.0.0.2",       "127.0.0.10",      "127.0.0.11",
        "127.0.0.12",    "127.0.0.9",       "127.0.0.1",       "127.0.0.0",       "127.1.0.0",
        "127.0.1.1",     "127.1.0.10",      "127.0.1.10",      "127.255.255.252", "127.255.255.253",
        "127.255.0.1",   "127.255.255.254", "127.255.255.255", "127.255.255.251", "127.0.255.252",
        "127.255.0.254", "128.0.0.2",       "126.0.0.2"};
    static const char *const fronts[] = {
        "2.0.0.127",
        "2.0.0.127",
        "2.0.0.127",
        "1.0.0.127",
        "25.113.0.203",
        "25.113.0.203",
        "9.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.2"};
    char name[300], text[400];

    for (unsigned n = below(16); n > 0; n--) {
        const char *under = made_zones[below(below(2) ? 3 : 5)];
        snprintf(name, sizeof name, "%s.%s", fronts[below(7)], under);
        snprintf(text, sizeof text, "A\t%s", codes[below(below(2) ? 5 : 23)]);
        if (below(4) == 0)
            snprintf(text, sizeof text, "TXT\t%0*u", (int)(198 + below(5)), below(99));
        if (below(20) == 0)
            snprintf(text, sizeof text, "BOGUS\t");
        line(name, text);
        if (below(4))
            line(name, "A\t127.0.0.2");
    }
    for (unsigned i = 0; i < 5 && below(4); i++) {
        snprintf(name, sizeof name, "2.0.0.127.%s", made_zones[i]);
        line(name, "A\t127.0.0.2");
    }
}

static void make_world(void)
{
    static const char *const helos[] = {
        "mx.example.com",   "h.example.com",  "gmail.com", "bare", NULL,
        "pool.example.com", "MX.example.com", "[1.2.3.4]", "a..b"};
    static const char *const froms[] = {"a@example.com", NULL,         "a@h.example.com", "",
                                        "example.com",   "b@c@x.test", "a@b..c"};
    static const char *const servers[] = {
        "192.0.2.53",   "8.8.8.8",         "8.8.4.4",        "1.1.1.1",        "1.0.0.1",
        "9.9.9.9",      "149.112.112.112", "208.67.220.220", "208.67.222.222", "2606:4700::1",
        "2001:4860::1", "2620:fe::1",      "2620:119::1",    "8.8.8.9",        "2620:fd::",
        "192.0.2.1",    "2606:4701::"};
    static const char *used[QUOTH_IDENTITY_ZONES + 2];
    const char *server = servers[below(2) ? 0 : below(17)];
    const unsigned n = below(8) ? below(4) : QUOTH_IDENTITY_ZONES + 1;

    spf_world_init(&w);
    make_names();
    make_lists();
    quoth_ip_parse(&w.res.server[0].peer.ip, server, strlen(server));
    for (unsigned i = 0; i < n; i++)
        used[i] = made_zones[(i + below(2)) % 7];
    used[n] = NULL;
    conf = (struct quoth_identity_conf) {
        .ip = {4, {203, 0, 113, 25}}, .helo = ANY(helos), .from = ANY(froms), .zones = used};
    if (below(4) == 0)
        conf.ip = (struct quoth_ip) {16, {0x2a, [15] = 0x99}};
    if (below(12) == 0)
        conf.ip = (struct quoth_ip) {(uint8_t)(4 * below(2)), {10, 0, 0, 1}};
    conf.checks = (uint8_t)(below(3) ? 0 : below(16));
    if (below(8) == 0)
        conf.zones = NULL;
    allowed = 1;
}

static void same_part(struct quoth_part part, const char *text)
{
    CHECK_INT(part.n, strlen(text));
    CHECK_STR(part.n ? d.facts.text + part.at : "", text);
}

static void same_facts(const struct own *own)
{
    const struct quoth_identity_facts *facts = &d.facts;

    CHECK_INT(facts->ptr, own->ptr);
    CHECK_INT(facts->ptrs, own->ptrs);
    CHECK_INT(facts->names, own->names);
    for (unsigned i = 0; i < own->names; i++) {
        same_part(facts->name[i].name, own->name[i].text);
        CHECK_INT(facts->name[i].answer, own->name[i].answer);
        CHECK_INT(facts->name[i].leads, own->name[i].leads);
        CHECK_INT(facts->name[i].generic, own->name[i].generic);
    }
    same_part(facts->helo, conf.helo ? conf.helo : "");
    same_part(facts->from, conf.from && strchr(conf.from, '@') ? strrchr(conf.from, '@') + 1 : "");
    CHECK_INT(facts->helo_fault, own->helo_fault);
    CHECK_INT(facts->helo_a, own->helo_a);
    CHECK_INT(facts->helo_aaaa, own->helo_aaaa);
    CHECK_INT(facts->helo_ours, own->helo_ours);
    CHECK_INT(facts->helo_ptr, own->helo_ptr);
    CHECK_INT(facts->spf, own->spf);
    CHECK_INT(facts->spf_helo, own->spf_helo);
    CHECK_INT(facts->queries, own->queries);
    CHECK_INT(facts->late, 0);
    CHECK_INT(facts->zones, own->zones);
    for (unsigned i = 0; i < own->zones; i++) {
        same_part(facts->zone[i].zone, own->list[i].zone);
        same_part(facts->zone[i].words, own->list[i].words);
        CHECK_INT(facts->zone[i].listing, own->list[i].listing);
        CHECK_INT(facts->zone[i].answer, own->list[i].answer);
        CHECK(!memcmp(facts->zone[i].code, own->list[i].code, 4));
    }
    CHECK(w.asked == own->ref.asked);
}

static void same_findings(const struct quoth_identity_facts *facts)
{
    static struct own_all all;
    const size_t n = quoth_identity_judge(facts, found);

    own_findings(&all, facts);
    CHECK_INT(n, all.n);
    for (size_t i = 0; i < n; i++) {
        unsigned k = 0;
        while (k < all.n &&
               (strcmp(all.said[k].id, quoth_check_id(found[i].id)) ||
                all.said[k].num != found[i].num ||
                strcmp(all.said[k].text, found[i].text.n ? facts->text + found[i].text.at : "") ||
                strcmp(all.said[k].word ? all.said[k].word : "-",
                       found[i].word ? found[i].word : "-")))
            k++;
        CHECK_STR(k < all.n ? "" : quoth_check_id(found[i].id), "");
        if (k < all.n)
            all.said[k] = all.said[--all.n];
        CHECK_INT(found[i].grade, quoth_check_grade(found[i].id, QUOTH_PROFILE_SENDING));
        CHECK(!i || quoth_grade_rank((enum quoth_grade)found[i - 1].grade) <=
                        quoth_grade_rank((enum quoth_grade)found[i].grade));
    }
}

TEST(I01_reference)
{
    static struct own own;

    for (unsigned i = 0; i < 3000 && !test_bad_checks; i++) {
        make_world();
        run();
        own_facts(&own, &w, &conf);
        same_facts(&own);
        same_findings(&d.facts);
    }
}

/* Facts as no zone makes them together. */
TEST(I02_reference)
{
    for (unsigned i = 0; i < 20000 && !test_bad_checks; i++) {
        struct quoth_identity_facts *facts = &d.facts;
        memset(facts, 0, sizeof *facts);
        memcpy(facts->text, "\0h.test\0a.test\0b.test\0z.test", 29);
        facts->helo = (struct quoth_part) {(uint16_t)(below(6) != 0), (uint16_t)(below(6) ? 6 : 0)};
        if (!facts->helo.at || !facts->helo.n)
            facts->helo.at = facts->helo.n = 0;
        facts->ip.len = (uint8_t)(below(3) * 8 & 16);
        facts->ip.len = (uint8_t)(facts->ip.len ? facts->ip.len : 4 * (below(6) != 0));
        facts->late = below(20) == 0;
        facts->queries = (uint16_t)below(90);
        facts->ptr = (uint8_t)below(QUOTH_ANSWERS);
        facts->names = (uint8_t)below(4);
        facts->ptrs = (uint8_t)(below(2) ? facts->names : facts->names + below(12));
        for (unsigned k = 0; k < QUOTH_IDENTITY_NAMES; k++)
            facts->name[k] = (struct quoth_fact_name) {{(uint16_t)(8 + 7 * (k % 2)), 6},
                                                       (uint8_t)below(QUOTH_ANSWERS),
                                                       below(3) == 0,
                                                       below(3) != 0};
        facts->helo_fault = (uint8_t)(below(3) ? 0 : below(3));
        facts->helo_a = (uint8_t)below(below(2) ? 4 : QUOTH_ANSWERS);
        facts->helo_aaaa = (uint8_t)below(below(2) ? 4 : QUOTH_ANSWERS);
        facts->helo_ours = below(4) == 0;
        facts->helo_ptr = (uint8_t)below(2);
        facts->spf = (uint8_t)(below(4) ? below(QUOTH_SPF_RESULTS + 1) : 255);
        facts->spf_helo = (uint8_t)(below(4) ? below(QUOTH_SPF_RESULTS) : 255);
        facts->zones = (uint8_t)below(4);
        for (unsigned k = 0; k < QUOTH_IDENTITY_ZONES; k++)
            facts->zone[k] = (struct quoth_fact_listing) {.zone = {22, 6},
                                                          .listing = (uint8_t)below(QUOTH_LISTINGS),
                                                          .code = {127, 0, 0, (uint8_t)below(256)}};
        same_findings(facts);
    }
}

/* What nobody may guess depends on the seed: the id of every question, those of SPF too. */
TEST(Q02_own_seed)
{
    uint16_t id[SPF_WORLD_IDS];

    zone(GOOD);
    run();
    memcpy(id, w.id, sizeof id);
    w.seed++;
    run();
    CHECK_INT(w.questions, 12);
    for (unsigned i = 0; i < w.questions && i < SPF_WORLD_IDS; i++)
        CHECK(w.id[i] != id[i]);
}

int main(void)
{
    RUN(I01);
    RUN(I01_text);
    RUN(I02);
    RUN(I03);
    RUN(I03_late);
    RUN(I03_pieces);
    RUN(I04);
    RUN(I04_text);
    RUN(I05);
    RUN(I06);
    RUN(I07);
    RUN(I12);
    RUN(BL01);
    RUN(BL02);
    RUN(BL02_names);
    RUN(BL04);
    RUN(BL05);
    RUN(BL06);
    RUN(BL06_length);
    RUN(BL08);
    RUN(I01_reference);
    RUN(I02_reference);
    RUN(Q02_own_seed);
    return report("own");
}
