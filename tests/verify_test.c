/* verify_test.c - whole verifications in the simulated world: one case a rule, then many
 * worlds with faults, every one checked against G0 and the limits (world.h does that).
 *
 * SPDX-License-Identifier: MIT */
#include "quoth.h"
#include "test.h"
#include "verify_ref.h"
#include "world.h"

#define MX QUOTH_DNS_MX
#define A  QUOTH_DNS_A

static struct quoth_resolver res;
static struct world W;
static struct quoth_reading R;

static const struct world_host good = {.ip = "198.51.100.1", .pipelining = 1, .accept = " jane "};
static const struct world_rr simple[] = {{"good.org", MX, "10 mx.good.org", 0},
                                         {"mx.good.org", A, "198.51.100.1", 0}};
/* What is to be sent is, and this comes back. */
static void hears(struct quoth_verify *v, const char *reply)
{
    struct quoth_want w;

    for (quoth_verify_want(v, &w); w.kind == QUOTH_WANT_RCPT || w.kind == QUOTH_WANT_SEND;
         quoth_verify_want(v, &w)) {
        const struct quoth_event done = {
            .kind = w.kind == QUOTH_WANT_RCPT ? QUOTH_EV_RCPT : QUOTH_EV_SENT, .n = w.n};
        CHECK_INT(quoth_verify_feed(v, &done), QUOTH_OK);
    }
    CHECK_INT(
        quoth_verify_feed(
            v, &(struct quoth_event) {.kind = QUOTH_EV_DATA, .data = reply, .n = strlen(reply)}),
        QUOTH_OK);
}

static const struct quoth_cidr doc = {{4, {198, 51, 100, 0}}, 24};

static struct quoth_conf conf_new(void)
{
    struct quoth_conf c;
    memset(&c, 0, sizeof c);
    memset(&res, 0, sizeof res);
    res.servers = 1;
    res.server[0].peer = (struct quoth_peer) {{4, {192, 0, 2, 53}}, 53};
    c.resolver = &res;
    c.smtp.helo = "probe.sender.org";
    c.smtp.from = "postmaster@probe.sender.org";
    c.targets.allow = &doc;
    c.targets.allow_n = 1;
    return c;
}

static const char *judged(void)
{
    static char text[80];
    enum quoth_verdict v = quoth_judge(&W.v.ev, quoth_verify_host(&W.v), &R);
    snprintf(text, sizeof text, "%s %s", quoth_verdict_name(v), quoth_reason_name(R.reason));
    return text;
}

static const char *run(const struct quoth_conf *c, const struct world_rr *zone, size_t zone_n,
                       const struct world_host *hosts, size_t hosts_n, const char *address)
{
    world_init(&W, 7);
    W.zone = zone;
    W.zone_n = zone_n;
    W.hosts = hosts;
    W.hosts_n = hosts_n;
    world_run(&W, c, address);
    return judged();
}
#define N(a) (a), sizeof(a) / sizeof(a)[0]

static const char *run_host(struct world_host h, const char *address)
{
    struct quoth_conf c = conf_new();
    return run(&c, N(simple), &h, 1, address);
}

TEST(P15_refused_decoy)
{
    CHECK_STR(run_host(good, "jane@good.org"), "deliverable accepted");
    CHECK_INT(W.decoys, 1);
    CHECK_INT(W.v.ev.asked_decoy, 1);
    CHECK_INT(quoth_catch_all(&W.v.ev), QUOTH_FACT_NO);
    CHECK_STR(run_host(good, "joe@good.org"), "undeliverable user_unknown");
    CHECK_INT(W.decoys, 0); /* P14: only after a 2yz */
    CHECK_INT(W.v.ev.asked_decoy, 0);
    CHECK(W.v.ev.peer.port == 25 && W.v.ev.peer.ip.len == 4 && W.v.ev.peer.ip.b[3] == 1);
    CHECK_INT(W.v.ev.dns, QUOTH_ANSWER_DATA);
    CHECK_STR(quoth_verify_host(&W.v), "mx.good.org");
}

TEST(P15_catch_all)
{
    struct world_host h = good;
    h.accept = "*";
    CHECK_STR(run_host(h, "jane@good.org"), "risky catch_all");
    h = good;
    h.unknown = "450 4.7.1 later";
    CHECK_STR(run_host(h, "jane@good.org"), "risky catch_all_not_established");
    h.unknown = "!";
    CHECK_STR(run_host(h, "jane@good.org"), "risky catch_all_not_established");
    h.unknown = "550 5.7.1 your address is blocked by policy";
    CHECK_STR(run_host(h, "jane@good.org"), "risky catch_all_not_established");
    h = good;
    h.rset = "500 what";
    CHECK_STR(run_host(h, "jane@good.org"), "risky catch_all_not_established");
    struct quoth_conf c = conf_new();
    c.no_decoy = 1;
    CHECK_STR(run(&c, N(simple), &good, 1, "jane@good.org"), "risky catch_all_not_established");
    CHECK_INT(W.decoys, 0);
}

/* Of a long reply to a made-up mailbox so much is kept as there is room for. */
TEST(P14_long_reply)
{
    static char text[400];
    struct world_host h = good;
    const char *words = W.v.u.talk.decoy_words;

    snprintf(text, sizeof text, "550 5.1.1 no such user %0350d", 0);
    h.unknown = text;
    CHECK_STR(run_host(h, "jane@good.org"), "deliverable accepted");
    CHECK(!strncmp(words, "no such user ", 13));
    CHECK_INT(W.v.u.talk.rcpt.said.n, 13); /* a word that does not fit is not kept in part */
}

/* What the protocols force, and no more: MX, A, connect, banner, EHLO, MAIL+RCPT; the decoy;
 * STARTTLS, handshake and EHLO again. QUIT rides along with the decoy; a refusal waits for it. */
TEST(round_trips)
{
    struct world_host h = good;
    run_host(h, "joe@good.org");
    for (unsigned p = QUOTH_PHASE_DNS; p <= QUOTH_PHASE_EHLO;
         p++) /* DNS took two, each other one */
        CHECK_INT(W.v.ev.ms[p] / (2 * W.one_way), p - QUOTH_PHASE_DNS + 2);
    CHECK_INT(W.v.ev.ms[QUOTH_PHASE_RCPT] / (2 * W.one_way), 6);
    CHECK_INT((W.known_at - W.start) / (2 * W.one_way), 7);
    run_host(h, "jane@good.org");
    CHECK_INT((W.known_at - W.start) / (2 * W.one_way), 7);
    h.tls = WORLD_TLS_FINE;
    run_host(h, "joe@good.org");
    CHECK_INT(W.v.ev.ms[QUOTH_PHASE_RCPT] / (2 * W.one_way), 9);
    CHECK_INT((W.known_at - W.start) / (2 * W.one_way), 10);
    run_host(h, "jane@good.org");
    CHECK_INT((W.known_at - W.start) / (2 * W.one_way), 10);
    CHECK_INT(W.v.ev.tls.version, 0x0304);
}

TEST(K10_refusals_of_us)
{
    struct world_host h = good;
    h.banner = "554 5.7.1 your host is on a block list";
    CHECK(!strncmp(run_host(h, "jane@good.org"), "unknown", 7));
    CHECK_INT(W.v.ev.phase, QUOTH_PHASE_BANNER);
    h = good;
    h.mail = "550 5.7.1 sender refused";
    CHECK(!strncmp(run_host(h, "jane@good.org"), "unknown", 7));
    CHECK_INT(W.v.ev.phase, QUOTH_PHASE_MAIL);
    h = good;
    h.ehlo = "421 4.3.2 busy";
    CHECK(!strncmp(run_host(h, "jane@good.org"), "unknown", 7));
    h = good;
    h.banner = "521 5.3.2 host takes no mail";
    CHECK_STR(run_host(h, "jane@good.org"), "undeliverable domain_not_accepted"); /* K11 */
    h = good;
    h.unknown = "556 5.1.10 recipient domain has a null MX";
    CHECK_STR(run_host(h, "joe@good.org"), "undeliverable domain_not_found");
}

TEST(P04)
{
    struct world_host h = good;
    h.ehlo = "502 what is that";
    CHECK_STR(run_host(h, "joe@good.org"), "undeliverable user_unknown");
    h.ehlo = "!"; /* hung up on: once more with HELO on a new connection */
    CHECK_STR(run_host(h, "joe@good.org"), "undeliverable user_unknown");
    CHECK_INT(W.v.ev.sessions, 2);
    CHECK(W.v.ev.flags & QUOTH_EVID_HELO);
}

TEST(T05)
{
    struct world_host h = good;
    struct quoth_conf c = conf_new();
    CHECK_STR(run(&c, N(simple), &h, 1, "jane@good.org"), "deliverable accepted");
    CHECK(!(W.v.ev.flags & (QUOTH_EVID_TLS_BROKE | QUOTH_EVID_TLS_OFFERED)));
    h.tls = WORLD_TLS_BREAKS;
    CHECK_STR(run(&c, N(simple), &h, 1, "jane@good.org"), "deliverable accepted");
    CHECK(W.v.ev.flags & QUOTH_EVID_TLS_BROKE);
    CHECK(W.v.ev.flags & QUOTH_EVID_TLS_OFFERED);
    c.smtp.tls = QUOTH_TLS_MUST;
    CHECK_STR(run(&c, N(simple), &h, 1, "jane@good.org"), "unknown tls_failed");
    CHECK(W.v.ev.flags & QUOTH_EVID_TLS_BROKE); /* whatever came of it */
    h.tls = WORLD_TLS_NONE;
    CHECK(!strncmp(run(&c, N(simple), &h, 1, "jane@good.org"), "unknown tls", 11));
    CHECK(!(W.v.ev.flags & QUOTH_EVID_TLS_BROKE));
    h.tls = WORLD_TLS_FINE;
    c.smtp.tls = QUOTH_TLS_NEVER;
    CHECK_STR(run(&c, N(simple), &h, 1, "jane@good.org"), "deliverable accepted");
    CHECK_INT(W.v.ev.tls.version, 0);
}

TEST(A18)
{
    struct quoth_conf c = conf_new();
    static const char *const allow[] = {"test", NULL};
    static const struct world_rr zone[] = {{"good.test", MX, "10 mx.good.org", 0},
                                           {"mx.good.org", A, "198.51.100.1", 0}};
    CHECK_STR(run(&c, N(zone), &good, 1, "jane@good.test"), "unknown reserved");
    CHECK_INT(W.datagrams, 0);
    c.allow_names = allow;
    CHECK_STR(run(&c, N(zone), &good, 1, "jane@good.test"), "deliverable accepted");
    CHECK_STR(run(&c, N(zone), &good, 1, "jane@com"), "unknown single_label"); /* A14 */
    CHECK_STR(run(&c, N(zone), &good, 1, "jane@[198.51.100.1]"), "unknown address_literal");
    CHECK_STR(run(&c, N(zone), &good, 1, "jane@@good.test"), "undeliverable syntax");
    CHECK_INT(W.datagrams, 0);
}

TEST(X_dns_negatives)
{
    struct quoth_conf c = conf_new();
    static const struct world_rr null_mx[] = {{"good.org", MX, "0 .", 0}};
    static const struct world_rr servfail[] = {{"good.org", MX, NULL, 2}};
    static const struct world_rr silent[] = {{"good.org", MX, NULL, -1}};
    static const struct world_rr nodata[] = {{"good.org", MX, NULL, 0}};
    static const struct world_rr implicit[] = {{"good.org", A, "198.51.100.1", 0}};
    static const struct world_rr lost[] = {{"good.org", MX, "10 gone.good.org", 0}};
    static const struct world_rr open[] = {{"good.org", MX, "10 gone.good.org", 0},
                                           {"gone.good.org", A, NULL, 2}};
    CHECK_STR(run(&c, NULL, 0, &good, 1, "jane@good.org"),
              "undeliverable no_such_domain"); /* Q23 */
    CHECK_INT(W.v.ev.dns, QUOTH_ANSWER_NXDOMAIN);
    CHECK_STR(run(&c, N(null_mx), &good, 1, "jane@good.org"), "undeliverable null_mx"); /* X05 */
    CHECK_INT(W.connects, 0);
    CHECK_STR(run(&c, N(servfail), &good, 1, "jane@good.org"), "unknown dns_failure"); /* X03 */
    CHECK_STR(run(&c, N(silent), &good, 1, "jane@good.org"), "unknown dns_failure");
    CHECK_STR(run(&c, N(nodata), &good, 1, "jane@good.org"),
              "undeliverable no_mail_host");                                            /* X20 */
    CHECK_STR(run(&c, N(implicit), &good, 1, "jane@good.org"), "deliverable accepted"); /* X02 */
    CHECK_INT(W.v.ev.mx, QUOTH_MX_IMPLICIT);
    CHECK_STR(run(&c, N(lost), &good, 1, "jane@good.org"),
              "undeliverable mx_unresolvable"); /* X04 */
    CHECK_STR(run(&c, N(open), &good, 1, "jane@good.org"), "unknown mx_unresolvable");
    c.family = QUOTH_FAMILY_V4;
    CHECK_STR(run(&c, N(lost), &good, 1, "jane@good.org"),
              "unknown mx_unresolvable"); /* half of it was not asked */
}

static const struct world_rr two[] = {
    {"good.org", MX, "10 a.good.org", 0},
    {"good.org", MX, "20 b.good.org", 0},
    {"a.good.org", A, "198.51.100.2", 0},
    {"b.good.org", A, "198.51.100.1", 0},
};

TEST(X11_next_host)
{
    struct quoth_conf c = conf_new();
    struct world_host hosts[2] = {{.ip = "198.51.100.2", .open = WORLD_REFUSED}, good};
    CHECK_STR(run(&c, N(two), hosts, 2, "jane@good.org"), "deliverable accepted");
    CHECK_STR(run(&c, N(two), hosts, 2, "joe@good.org"), "undeliverable user_unknown");
    hosts[0].open = WORLD_SILENT;
    CHECK_STR(run(&c, N(two), hosts, 2, "jane@good.org"), "deliverable accepted");
    hosts[0].open = WORLD_UP;
    hosts[0].banner = "421 busy";
    CHECK_STR(run(&c, N(two), hosts, 2, "jane@good.org"), "deliverable accepted");
    hosts[1].accept = "*"; /* X12: a backup that takes all proves nothing */
    CHECK_STR(run(&c, N(two), hosts, 2, "jane@good.org"), "risky backup_mx");
    hosts[0].banner = NULL;
    hosts[0].accept = " "; /* a refusal is final: no shopping for a yes */
    CHECK_STR(run(&c, N(two), hosts, 2, "jane@good.org"), "undeliverable user_unknown");
    CHECK_INT(W.connects, 1);
    hosts[0].open = hosts[1].open = WORLD_REFUSED;
    CHECK_STR(run(&c, N(two), hosts, 2, "jane@good.org"), "unknown unreachable");
    hosts[0].open = hosts[1].open = WORLD_UNREACH;
    CHECK_STR(run(&c, N(two), hosts, 2, "jane@good.org"), "unknown no_route"); /* X16 */
    hosts[0].open = WORLD_UP;
    hosts[0].banner = "421 busy";
    hosts[1].open = WORLD_REFUSED;
    run(&c, N(two), hosts, 2, "jane@good.org");
    CHECK_INT(W.v.ev.said.code, 421); /* the one who spoke is the evidence */
}

TEST(N05)
{
    struct quoth_conf c = conf_new();
    static const struct world_rr inside[] = {{"good.org", MX, "10 mx.good.org", 0},
                                             {"mx.good.org", A, "127.0.0.1", 0},
                                             {"mx.good.org", A, "10.0.0.1", 0}};
    static const struct world_rr mixed[] = {{"good.org", MX, "10 mx.good.org", 0},
                                            {"mx.good.org", A, "127.0.0.1", 0},
                                            {"mx.good.org", A, "198.51.100.1", 0}};
    CHECK_STR(run(&c, N(inside), &good, 1, "jane@good.org"), "unknown target_policy");
    CHECK_INT(W.connects, 0);
    CHECK_STR(run(&c, N(mixed), &good, 1, "jane@good.org"), "deliverable accepted");
    CHECK(W.v.ev.flags & QUOTH_EVID_DENIED);
}

TEST(X13)
{
    struct quoth_conf c = conf_new();
    static const struct world_rr self[] = {{"good.org", MX, "10 PROBE.sender.org", 0},
                                           {"good.org", MX, "20 b.good.org", 0}};
    CHECK_STR(run(&c, N(self), &good, 1, "jane@good.org"), "unknown self");
    CHECK_INT(W.connects, 0);
}

TEST(X14) /* many names, one address: one call */
{
    struct quoth_conf c = conf_new();
    static struct world_rr zone[32];
    static char text[16][48], names[16][32];
    for (int i = 0; i < 16; i++) {
        snprintf(names[i], sizeof names[i], "h%d.good.org", i);
        snprintf(text[i], sizeof text[i], "%d h%d.good.org", i, i);
        zone[2 * i] = (struct world_rr) {"good.org", MX, text[i], 0};
        zone[2 * i + 1] = (struct world_rr) {names[i], A, "198.51.100.9", 0};
    }
    struct world_host dead = {.ip = "198.51.100.9", .open = WORLD_REFUSED};
    CHECK_STR(run(&c, N(zone), &dead, 1, "jane@good.org"), "unknown unreachable");
    CHECK_INT(W.connects, 1);
    CHECK(W.v.ev.queries <= QUOTH_QUERIES_MAX); /* Q31 */
}

TEST(G01)
{
    struct quoth_conf c = conf_new();
    c.smtp.helo = NULL;
    CHECK_STR(run(&c, N(simple), &good, 1, "jane@good.org"), "unknown no_identity");
    CHECK_INT(W.connects, 0);
}

TEST(G12)
{
    struct quoth_conf c = conf_new();
    c.smtp.helo = NULL;
    c.depth = QUOTH_DEPTH_DNS;
    CHECK_STR(run(&c, N(simple), &good, 1, "jane@good.org"), "unknown dns_ok");
    c.depth = QUOTH_DEPTH_SYNTAX;
    CHECK_STR(run(&c, N(simple), &good, 1, "jane@good.org"), "unknown syntax_ok");
    CHECK_INT(W.datagrams, 0);
}

TEST(Q03)
{
    struct quoth_conf c = conf_new();
    quoth_verify_start(&W.v, &c, "jane@good.org", 13, NULL, 1);
    CHECK(W.v.known);
    CHECK_STR(judged(), "unknown no_entropy");
}

TEST(server_given)
{
    struct quoth_conf c = conf_new();
    c.server = "198.51.100.1";
    c.targets.allow_n = 0;
    CHECK_STR(run(&c, NULL, 0, &good, 1, "jane@good.org"), "deliverable accepted");
    CHECK_INT(W.datagrams, 0);
    c.server = "mx.good.org";
    CHECK_STR(run(&c, N(simple), &good, 1, "jane@good.org"), "unknown target_policy");
    c.targets.allow_n = 1;
    CHECK_STR(run(&c, N(simple), &good, 1, "jane@good.org"), "deliverable accepted");
    CHECK_STR(run(&c, NULL, 0, &good, 1, "jane@good.org"), "unknown mx_unresolvable");
}

TEST(A22)
{
    struct world_host h = good;
    CHECK_STR(run_host(h, "j\303\244ne@good.org"), "unknown no_smtputf8");
    h.smtputf8 = 1;
    CHECK_STR(run_host(h, "j\303\244ne@good.org"), "undeliverable user_unknown");
}

TEST(deadline_of_the_whole)
{
    struct world_host h = good;
    struct quoth_conf c = conf_new();
    h.unknown = "?";
    c.total_ms = 3000;
    CHECK_STR(run(&c, N(simple), &h, 1, "joe@good.org"), "unknown timeout");
    CHECK_INT(W.known_at - W.start, 3000);
    h.banner = "?";
    CHECK_STR(run(&c, N(simple), &h, 1, "joe@good.org"), "unknown timeout");
}

/* Connected, and the server's greeting is answered with EHLO. */
static void greeted(struct quoth_verify *v)
{
    struct quoth_want ehlo;

    CHECK_INT(quoth_verify_feed(v, &(struct quoth_event) {.kind = QUOTH_EV_UP}), QUOTH_OK);
    CHECK_INT(quoth_verify_feed(
                  v, &(struct quoth_event) {.kind = QUOTH_EV_DATA, .data = "220 hi\r\n", .n = 8}),
              QUOTH_OK);
    quoth_verify_want(v, &ehlo);
    CHECK_INT(quoth_verify_feed(v, &(struct quoth_event) {.kind = QUOTH_EV_SENT, .n = ehlo.n}),
              QUOTH_OK);
}

static void greeted_till_3005(struct quoth_verify *v, struct quoth_conf *c)
{
    static const uint8_t seed[16] = {1};

    c->server = "198.51.100.1";
    c->total_ms = 3000;
    quoth_verify_start(v, c, "jane@good.org", 13, seed, 5);
    greeted(v);
}

/* Behind the deadline QUIT has a second, and then what is open is closed. */
TEST(P24_late)
{
    struct quoth_conf c = conf_new();
    struct quoth_event ev = {.kind = QUOTH_EV_TIME, .now = 3005};
    struct quoth_verify v;
    struct quoth_want w;

    greeted_till_3005(&v, &c);
    quoth_verify_want(&v, &w);
    CHECK_INT(w.deadline, 3005);
    CHECK_INT(quoth_verify_feed(&v, &ev), QUOTH_OK);
    quoth_verify_want(&v, &w);
    CHECK(w.kind == QUOTH_WANT_SEND && w.n == 6 && v.known);
    CHECK_INT(w.deadline, 4005);
    ev.now = 4004;
    CHECK_INT(quoth_verify_feed(&v, &ev), QUOTH_EINVAL);
    ev.now = 4005;
    CHECK_INT(quoth_verify_feed(&v, &ev), QUOTH_OK);
    quoth_verify_want(&v, &w);
    CHECK_INT(w.kind, QUOTH_WANT_CLOSE);
    CHECK_INT(quoth_verify_feed(&v, &ev), QUOTH_EINVAL); /* it wants to hear that it is closed */
}

/* The time is over between the address and its decoy: what was said of the address stands. */
TEST(P24_late_for_the_decoy)
{
    static const struct quoth_event late = {.kind = QUOTH_EV_TIME, .now = 3005};
    struct quoth_conf c = conf_new();
    struct quoth_verify v;
    struct quoth_want w;

    greeted_till_3005(&v, &c);
    hears(&v, "250 good.org\r\n");
    hears(&v, "250 2.1.0 sender\r\n");
    hears(&v, "250 2.1.5 jane\r\n");
    quoth_verify_want(&v, &w);
    CHECK_INT(w.kind, QUOTH_WANT_RCPT);
    CHECK_INT(quoth_verify_feed(&v, &late), QUOTH_OK);
    CHECK_INT(v.ev.phase, QUOTH_PHASE_RCPT);
    CHECK_STR(v.ev.words, "jane");
}

TEST(P28) /* a surplus reply between transactions answers nothing */
{
    struct world_host h = good;
    h.known = "250 ok\r\n250 ghost";
    const char *got = run_host(h, "jane@good.org");
    CHECK(strcmp(got, "deliverable accepted"));
    h.unknown = "550 no such user\r\n250 ghost";
    CHECK_STR(run_host(h, "joe@good.org"), "unknown protocol_error");
}

/* Worlds by chance: hosts of every temper, loss, pieces, and one operation failing. */
static void world_by_chance(struct world *w, struct world_host h[2])
{
    static const char *const banners[] = {NULL,
                                          NULL,
                                          NULL,
                                          NULL,
                                          "421 busy",
                                          "554 go away",
                                          "220-hi\r\n220 there",
                                          "!",
                                          "?",
                                          "HTTP/1.1 400 Bad",
                                          "521 no mail",
                                          "220"};
    static const char *const ehlos[] = {
        NULL,   NULL, NULL, NULL, "502 no", "!", "?", "550 5.7.1 bad name", "250-a\r\n251 b",
        "250 x"};
    static const char *const mails[] = {NULL,
                                        NULL,
                                        NULL,
                                        NULL,
                                        "550 5.7.1 blocked",
                                        "451 4.7.1 later",
                                        "!",
                                        "?",
                                        "530 5.7.0 STARTTLS first"};
    static const char *const knowns[] = {NULL,
                                         NULL,
                                         NULL,
                                         "452 4.2.2 mailbox full",
                                         "450 4.7.1 greylisted",
                                         "250-a\r\n250 b",
                                         "!",
                                         "?",
                                         "250 ok\r\n250 ghost",
                                         "421 4.3.0 closing",
                                         "252 cannot verify"};
    static const char *const unknowns[] = {NULL,
                                           NULL,
                                           NULL,
                                           "550 no such user",
                                           "554 5.7.1 access denied",
                                           "450 4.1.1 unknown",
                                           "!",
                                           "?",
                                           "553-sorry\r\n553 5.1.2 no",
                                           "250-",
                                           "550 5.1.1 no\r\n250 ghost"};
#define ONE_OF(a) a[world_dice(w, sizeof a / sizeof a[0])]
    for (int i = 0; i < 2; i++) {
        memset(&h[i], 0, sizeof h[i]);
        h[i].ip = i ? "198.51.100.1" : "198.51.100.2";
        h[i].open = world_dice(w, 6) ? WORLD_UP : (enum world_open)world_dice(w, 4);
        h[i].tls = (enum world_tls)world_dice(w, 4);
        h[i].pipelining = (int)world_dice(w, 2);
        h[i].delay = world_dice(w, 8) ? 0 : 30000;
        h[i].banner = ONE_OF(banners);
        h[i].ehlo = ONE_OF(ehlos);
        h[i].mail = ONE_OF(mails);
        h[i].known = ONE_OF(knowns);
        h[i].unknown = ONE_OF(unknowns);
        h[i].rset = world_dice(w, 10) ? NULL : "500 no";
        h[i].quit = world_dice(w, 5) ? NULL : "?";
        h[i].accept = world_dice(w, 4)   ? " jane "
                      : world_dice(w, 2) ? "*"
                      : world_dice(w, 2) ? "~"
                                         : NULL;
    }
    w->loss = world_dice(w, 3) ? 0 : 300;
    w->dup = world_dice(w, 3) ? 0 : 300;
    w->cut = world_dice(w, 2);
    w->fail_at = world_dice(w, 2) ? 0 : 1 + world_dice(w, 40);
    w->leave_at = world_dice(w, 8) ? 0 : 1 + world_dice(w, 40);
}

/* World number `i`: good.org and its two servers, which do as chance has it. */
static void world_of_two(uint64_t i, struct world_host hosts[2])
{
    world_init(&W, i * 0x9e3779b97f4a7c15u);
    world_by_chance(&W, hosts);
    W.zone = two;
    W.zone_n = 4;
    W.hosts = hosts;
    W.hosts_n = 2;
}

TEST(G0_worlds)
{
    struct quoth_conf c = conf_new();
    unsigned verdicts[QUOTH_VERDICTS] = {0};
    for (uint64_t i = 1; i <= ROUNDS(20000); i++) {
        struct world_host hosts[2];
        world_of_two(i, hosts);
        c.smtp.tls = (enum quoth_tls)world_dice(&W, 3);
        c.total_ms = world_dice(&W, 4) ? 0 : 1 + world_dice(&W, world_dice(&W, 2) ? 2000 : 100000);
        W.pester = i % 16 == 0;
        verdicts[world_run(&W, &c, world_dice(&W, 2) ? "jane@good.org" : "joe@good.org")]++;
        if (res.server[0].bad_until)
            res.server[0].bad_until = 0;
    }
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        CHECK(verdicts[i] > ROUNDS(100)); /* each is reached, or nothing was tried */
}

static void same_evidence(const struct quoth_evidence *got, const struct quoth_evidence *want)
{
    CHECK_STR(got->domain, want->domain);
    CHECK_INT(got->lists, want->lists);
    CHECK_INT(got->mx, want->mx);
    CHECK_INT(got->dns, want->dns);
    CHECK_INT(got->phase, want->phase);
    CHECK_INT(got->stop, want->stop);
    CHECK_INT(got->flags, want->flags);
    CHECK_INT(got->err, want->err);
    CHECK_INT(got->host, want->host);
    CHECK_INT(got->sessions, want->sessions);
    CHECK_INT(got->connects, want->connects);
    CHECK_INT(got->queries, want->queries);
    CHECK_INT(got->pref, want->pref);
    CHECK_INT(got->ext, want->ext);
    CHECK_INT(got->peer.port, want->peer.port);
    CHECK(!memcmp(&got->peer.ip, &want->peer.ip, sizeof got->peer.ip));
    CHECK_INT(got->tls.version, want->tls.version);
    CHECK_INT(got->tls.broke, want->tls.broke);
    CHECK(!memcmp(&got->said, &want->said, sizeof got->said));
    CHECK_INT(got->decoy_code, want->decoy_code);
    CHECK_INT(got->decoy_reason, want->decoy_reason);
    CHECK_INT(got->asked_decoy, want->asked_decoy);
    CHECK(!memcmp(got->words, want->words, sizeof got->words));
    CHECK(!memcmp(got->ms, want->ms, sizeof got->ms));
    CHECK_INT(got->took_ms, want->took_ms);
}

/* The same worlds, where nothing fails by itself, beside the parts one after the other. */
TEST(G0_reference)
{
    static const char *const accepts[] = {" jane ", "*", "~"};
    static struct world twin;
    static struct ref_verify ref;
    struct quoth_conf c = conf_new();
    unsigned met[4] = {0};

    for (uint64_t i = 1; i <= ROUNDS(10000); i++) {
        const unsigned long bad = test_bad_checks;
        struct world_host hosts[2];
        const char *address = i % 2 ? "jane@good.org" : "joe@good.org";

        world_of_two(i, hosts);
        W.fail_at = W.leave_at = 0;
        for (int k = 0; k < 2 && i % 3 == 0; k++) /* one that answers what it is asked */
            hosts[k] = (struct world_host) {.ip = hosts[k].ip,
                                            .tls = hosts[k].tls,
                                            .pipelining = hosts[k].pipelining,
                                            .accept = accepts[world_dice(&W, 3)]};
        c.smtp.tls = (enum quoth_tls)world_dice(&W, 3);
        c.decoys = (uint8_t)world_dice(&W, 3);
        c.no_decoy = world_dice(&W, 8) == 0;
        twin = W;
        conf_new(); /* name servers of whom nothing is known yet */
        world_run(&W, &c, address);
        conf_new();
        ref_verify(&ref, &twin, &c, address);
        if (W.v.ev.took_ms > 250000)
            continue; /* the whole may be late */
        same_evidence(&W.v.ev, &ref.ev);
        met[0] += W.v.ev.sessions > 1;
        met[1] += W.v.ev.decoy_reason == QUOTH_REASON_ACCEPTS_BY_SHAPE;
        met[2] += W.v.ev.err == QUOTH_EPROTO;
        met[3] += W.v.ev.stop == QUOTH_REASON_NONE && W.v.ev.phase == QUOTH_PHASE_RCPT;
        if (test_bad_checks != bad) {
            printf("    world %llu\n", (unsigned long long)i);
            return;
        }
    }
    for (unsigned i = 0; i < 4; i++)
        CHECK(met[i] > ROUNDS(100)); /* each was met, or nothing was tried */
}

/* Every operation of a good run fails once (W07). */
TEST(W07)
{
    struct quoth_conf c = conf_new();
    struct world_host h = good;
    h.tls = WORLD_TLS_FINE;
    for (unsigned n = 1; n < 60; n++) {
        world_init(&W, n);
        W.zone = simple;
        W.zone_n = 2;
        W.hosts = &h;
        W.hosts_n = 1;
        W.fail_at = n;
        world_run(&W, &c, "jane@good.org");
        CHECK(W.v.known);
    }
}

/* Memory of any size may be lent, before or while it is asked: no size becomes a smaller one. */
TEST(Q16_lend)
{
    static uint8_t memory[2 << 16];
    static const size_t sizes[] = {0, 1, 65534, 65535, 65536, 65537, sizeof memory};
    struct quoth_conf c = conf_new();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        quoth_verify_start(&W.v, &c, "jane@good.org", 13, (const uint8_t *)"0123456789abcde", 1);
        quoth_verify_lend(&W.v, memory, sizes[i]);
        CHECK_INT(W.v.u.lookup.big_cap, sizes[i] < 65535 ? sizes[i] : 65535);
        CHECK_INT(W.v.big_cap, W.v.u.lookup.big_cap);
    }
    c.server = "mx.good.org"; /* and each further question has it too */
    quoth_verify_start(&W.v, &c, "jane@good.org", 13, (const uint8_t *)"0123456789abcde", 1);
    quoth_verify_lend(&W.v, memory, 500);
    quoth_verify_feed(&W.v, &(struct quoth_event) {.kind = QUOTH_EV_FAIL, .err = QUOTH_EIO});
    while (W.v.u.lookup.type == QUOTH_DNS_A && !W.v.known) { /* A fails, AAAA is asked */
        struct quoth_want w;
        struct quoth_event ev = {.kind = QUOTH_EV_DOWN};
        quoth_verify_want(&W.v, &w);
        if (w.kind != QUOTH_WANT_CLOSE)
            ev = (struct quoth_event) {.kind = QUOTH_EV_FAIL, .err = QUOTH_EIO};
        CHECK_INT(quoth_verify_feed(&W.v, &ev), QUOTH_OK);
    }
    CHECK(!W.v.known && W.v.u.lookup.type == QUOTH_DNS_AAAA);
    CHECK(W.v.u.lookup.big == memory && W.v.u.lookup.big_cap == 500);
    CHECK_INT(W.v.u.lookup.may, QUOTH_QUERIES_MAX - W.v.ev.queries); /* Q31: what is left of it */
}

/* What nobody may guess depends on the seed: what is asked of whom in which order, and made up. */
TEST(Q02_seed)
{
    struct quoth_conf c = conf_new();
    uint16_t id[2][2];
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t seed[16] = {(uint8_t)(i / 2)};
        quoth_verify_start(&W.v, &c, "jane@good.org", 13, seed, 1);
        id[i / 2][i % 2] = W.v.u.lookup.id;
    }
    CHECK(id[0][0] == id[0][1] && id[1][0] == id[1][1] && id[0][0] != id[1][0]);
}

TEST(E02) /* with the default limits; the hosted build writes longer bursts */
{
    CHECK(sizeof(struct quoth_verify) - QUOTH_OUT_MAX + 448 <= 3072);
}

/* Nothing is wanted but that, at no time, whatever stood there before. */
static void over(const struct quoth_verify *v, unsigned kind)
{
    struct quoth_want w, none;

    memset(&w, 0xa5, sizeof w);
    memset(&none, 0, sizeof none);
    quoth_verify_want(v, &w);
    CHECK_INT(w.kind, kind);
    CHECK(w.deadline == QUOTH_NEVER && !*w.host);
    w.kind = none.kind;
    w.deadline = 0;
    w.host = NULL;
    CHECK(!memcmp(&w, &none, sizeof w));
}

/* A name of ours that is not fit for the wire: nobody is called, and no other host is tried. */
TEST(P33_nobody_is_called)
{
    static const uint8_t seed[16] = {1};
    struct quoth_conf c = {.server = "192.0.2.1", .smtp = {.helo = "probe.org", .from = "a b@c"}};
    struct quoth_verify v;
    struct quoth_want w;

    quoth_verify_start(&v, &c, "jane@good.org", 13, seed, 0);
    quoth_verify_want(&v, &w);
    CHECK_INT(w.kind, QUOTH_WANT_CLOSE);
    CHECK_INT(quoth_verify_feed(&v, &(struct quoth_event) {.kind = QUOTH_EV_DOWN}), QUOTH_OK);
    over(&v, QUOTH_WANT_DONE);
    CHECK(v.ev.connects == 0 && v.ev.sessions == 0 && v.ev.peer.ip.len == 0);
    CHECK(v.ev.phase == QUOTH_PHASE_DNS && v.ev.err == QUOTH_EINVAL);
    CHECK_INT(quoth_judge(&v.ev, NULL, NULL), QUOTH_VERDICT_UNKNOWN);
}

/* Given up: what stands in evidence is all, and a conversation ends politely. */
TEST(P24_verify_leave)
{
    static const uint8_t seed[16] = {1};
    struct quoth_resolver names = {.servers = 1, .server = {{.peer = {{4, {192, 0, 2, 53}}, 53}}}};
    struct quoth_conf c = {.resolver = &names, .smtp = {.helo = "probe.org", .from = ""}};
    struct quoth_verify v;
    struct quoth_want w;

    quoth_verify_start(&v, &c, "jane@good.org", 13, seed, 0);
    CHECK(!quoth_verify_talk(&v) && !v.known);
    quoth_verify_leave(&v, 7);
    over(&v, QUOTH_WANT_CLOSE);
    CHECK(v.known && v.ev.took_ms == 7 && v.ev.err == QUOTH_ETIME);
    CHECK_INT(quoth_judge(&v.ev, NULL, NULL), QUOTH_VERDICT_UNKNOWN);

    c.server = "192.0.2.1";
    quoth_verify_start(&v, &c, "jane@good.org", 13, seed, 0);
    CHECK(quoth_verify_talk(&v) && quoth_verify_talk(&v)->phase == QUOTH_PHASE_CONNECT);
    greeted(&v);
    quoth_verify_leave(&v, 9);
    quoth_verify_want(&v, &w);
    CHECK(w.kind == QUOTH_WANT_SEND && w.n == 6 && !memcmp(w.out, "QUIT", 4));
    CHECK(v.known && v.ev.phase == QUOTH_PHASE_EHLO);
    CHECK_INT(quoth_judge(&v.ev, NULL, NULL), QUOTH_VERDICT_UNKNOWN);
    CHECK_INT(quoth_verify_feed(&v, &(struct quoth_event) {.kind = QUOTH_EV_SENT, .n = w.n}),
              QUOTH_OK);
    CHECK_INT(quoth_verify_feed(&v, &(struct quoth_event) {.kind = QUOTH_EV_EOF}), QUOTH_OK);
    CHECK_INT(quoth_verify_feed(&v, &(struct quoth_event) {.kind = QUOTH_EV_DOWN}), QUOTH_OK);
    over(&v, QUOTH_WANT_DONE);
    quoth_verify_leave(&v, 11);
    CHECK(v.ev.took_ms == 9 && !quoth_verify_talk(&v));
}

int main(void)
{
    RUN(P15_refused_decoy);
    RUN(P15_catch_all);
    RUN(P14_long_reply);
    RUN(round_trips);
    RUN(K10_refusals_of_us);
    RUN(P04);
    RUN(T05);
    RUN(A18);
    RUN(X_dns_negatives);
    RUN(X11_next_host);
    RUN(N05);
    RUN(X13);
    RUN(X14);
    RUN(G01);
    RUN(G12);
    RUN(Q03);
    RUN(server_given);
    RUN(A22);
    RUN(deadline_of_the_whole);
    RUN(P24_late);
    RUN(P24_late_for_the_decoy);
    RUN(P28);
    RUN(G0_worlds);
    RUN(G0_reference);
    RUN(W07);
    RUN(Q16_lend);
    RUN(Q02_seed);
    RUN(E02);
    RUN(P33_nobody_is_called);
    RUN(P24_verify_leave);
    return report("verify");
}
