/* batch_test.c - small lists in the simulated world of list_world.h, where it is known what must
 * come out.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "due.h"
#include "batch_inner.h"
#include "list_world.h"

enum { BATCH_MOST = 12000, BATCH_MIN = 60000 };

static struct quoth_resolver resolver;
static struct quoth_cidr allow = {{4, {198, 51, 0, 0}}, 16};
static struct quoth_conf conf;
static struct quoth_batch_limits limits;
static struct quoth_batch_stats stats;
static struct quoth_batch *running;
static struct {
    unsigned told[BATCH_MOST], rank[BATCH_MOST], n, verdict[QUOTH_VERDICTS], reason[QUOTH_REASONS],
        pass[4], stop_after, at_stop;
    uint64_t first, last;
    char events[8000];
    struct quoth_evidence ev;
    char mx[64];
} got;

static void told(void *arg, const struct quoth_batch_result *r)
{
    got.told[r->id]++;
    got.rank[r->id] = got.n;
    if (!got.n++)
        got.first = W.now;
    got.last = W.now;
    got.verdict[r->verdict]++;
    got.reason[r->reading.reason]++;
    got.pass[r->pass]++;
    got.ev = *r->ev;
    snprintf(got.mx, sizeof got.mx, "%s", r->mx);
    world_result(r);
    if (got.stop_after && got.n == got.stop_after) {
        quoth_batch_stop(running);
        got.at_stop = (unsigned)W.hosts[0].sessions;
    }
}

static void event(void *arg, const char *line)
{
    size_t n = strlen(got.events);
    snprintf(got.events + n, sizeof got.events - n, "%s\n", line);
}

static unsigned ticks;
static void tick(void *arg, const struct quoth_batch_stats *s)
{
    ticks++;
    CHECK(s->done <= s->total);
    if (s->held_n >= stats.held_n && s->held[0].addresses >= stats.held[0].addresses)
        stats = *s;
}

/* `hosts` hosts of one kind, `doms` domains, each on the host of its number. */
static void people(enum world_kind kind, unsigned hosts, unsigned doms)
{
    world_reset(7);
    memset(&got, 0, sizeof got);
    memset(&conf, 0, sizeof conf);
    memset(&limits, 0, sizeof limits);
    memset(&stats, 0, sizeof stats);
    ticks = 0;
    resolver = (struct quoth_resolver) {.servers = 1};
    resolver.server[0].peer = (struct quoth_peer) {{4, {192, 0, 2, 53}}, 53};
    conf.resolver = &resolver;
    conf.smtp.helo = "probe.sender.org";
    conf.smtp.from = "me@sender.org";
    conf.targets.allow = &allow;
    conf.targets.allow_n = 1;
    W.host_n = hosts;
    W.dom_n = doms;
    for (unsigned i = 0; i < hosts; i++) {
        W.hosts[i].kind = kind;
        W.hosts[i].ip[0] = 198;
        W.hosts[i].ip[1] = 51;
        W.hosts[i].ip[2] = (uint8_t)(i / 200);
        W.hosts[i].ip[3] = (uint8_t)(1 + i % 200);
    }
    for (unsigned i = 0; i < doms; i++) {
        snprintf(W.doms[i].name, sizeof W.doms[i].name, "d%u.net", i);
        W.doms[i].mx_n = 1;
        W.doms[i].host[0] = i % hosts;
    }
}

/* TLS that passes everything through. `tls_script`, a letter a handshake, the last one for all that
 * follow: 'f' works, 'o' breaks off over what was remembered, 's' on a signature, 'b' as it is. */
struct quoth_tls_link {
    const struct quoth_port *port;
    struct quoth_link *link;
    int over;
};
static const char *tls_script;
static unsigned tls_shakes, tls_links;

static int fake_shake(struct quoth_tls_link *t, const struct quoth_port *port, struct quoth_link *l,
                      const char *host, struct quoth_tls_facts *facts)
{
    char how = *tls_script;
    if (tls_script[1])
        tls_script++;
    tls_shakes++;
    t->port = port;
    t->link = l;
    facts->version = 0x0304;
    t->over = how == 'o';
    if (how == 's')
        facts->broke = QUOTH_TLS_SIGNATURE;
    return how == 'f' ? QUOTH_OK : QUOTH_ENOTLS;
}
static int fake_send(struct quoth_tls_link *t, const void *p, size_t n)
{
    return t->port->send(t->link, p, n);
}
static int fake_recv(struct quoth_tls_link *t, void *p, size_t cap)
{
    return t->port->recv(t->link, p, cap, NULL);
}
static void fake_close(struct quoth_tls_link *t) {}
static struct quoth_tls_link *fake_make(void *arg, const struct quoth_ip *ip)
{
    CHECK_INT(ip->len, 4); /* whom it is about to call */
    CHECK_INT(ip->b[0], 198);
    tls_links++;
    return calloc(1, sizeof(struct quoth_tls_link));
}
static int fake_drop(void *arg, struct quoth_tls_link *t)
{
    int over = t->over;
    free(t);
    tls_links--;
    return over;
}
static const struct quoth_tls_filter fake_filter = {fake_shake, fake_send, fake_recv, fake_close};
static const struct quoth_batch_tls fake_tls = {&fake_filter, NULL, fake_make, fake_drop};

static struct quoth_batch *begin(int with_ticks)
{
    struct quoth_batch_hooks hooks = {
        .result = told, .tick = with_ticks ? tick : NULL, .event = event};
    struct quoth_batch *b = quoth_batch_new(&conf, &limits, tls_script ? &fake_tls : NULL, &hooks);
    W.limits = quoth_batch_effective(b);
    return running = b;
}

static void end(struct quoth_batch *b)
{
    quoth_batch_stats(b, &stats);
    quoth_batch_free(b);
}

/* n addresses, one domain after the other; every `bad`th does not exist. */
static void run(unsigned n, unsigned bad)
{
    struct quoth_batch *b = begin(0);
    char text[80];
    for (unsigned i = 0; i < n; i++) {
        int len = snprintf(text, sizeof text, "%s%u@d%u.net", bad && i % bad == 0 ? "x" : "u", i,
                           i % W.dom_n);
        CHECK_INT(quoth_batch_add(b, i, text, (size_t)len, NULL), QUOTH_OK);
    }
    CHECK_INT(quoth_batch_run(b), QUOTH_OK);
    end(b);
    CHECK_INT(got.n, n);
    for (unsigned i = 0; i < n; i++)
        CHECK_INT(got.told[i], 1);
}

TEST(P14_decoy_once)
{
    people(WORLD_FINE, 1, 1);
    limits.pace_off = 1;
    limits.per_host = 1;
    limits.refused = 100;
    run(100, 4);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 75);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNDELIVERABLE], 25);
    CHECK_INT(stats.decoys, 1);
    CHECK_INT(stats.conversations, 3); /* 100 and a decoy, 50 each */
    CHECK_INT(stats.lookups, 2);       /* MX and A, once */
    CHECK_STR(got.mx, "mx0.fam0.org");
    CHECK_STR(got.ev.domain, "d0.net");
    CHECK(got.ev.asked_decoy || got.ev.said.code == 550);
    people(WORLD_CATCH_ALL, 1, 1);
    run(10, 2);
    CHECK_INT(got.reason[QUOTH_REASON_CATCH_ALL], 10);
    people(WORLD_FINE, 1, 1);
    conf.no_decoy = 1;
    run(10, 2);
    CHECK_INT(got.reason[QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED], 5);
    CHECK_INT(stats.decoys, 0);
}

/* A handshake that breaks off over a session remembered does not count: the next one is with TLS as
 * well. */
TEST(T16_broke_off)
{
    static const struct {
        const char *script;
        enum quoth_tls tls;
        unsigned shakes, conversations, good;
        int broke;
    } row[] = {
        {"f", QUOTH_TLS_TRY, 4, 4, 4, 0},    {"fof", QUOTH_TLS_TRY, 5, 5, 4, 0},
        {"foof", QUOTH_TLS_TRY, 6, 6, 4, 0}, {"fof", QUOTH_TLS_MUST, 5, 5, 4, 0},
        {"fb", QUOTH_TLS_TRY, 3, 6, 4, 1},   {"fob", QUOTH_TLS_TRY, 4, 7, 4, 1}, /* now it counts */
        {"sf", QUOTH_TLS_TRY, 5, 5, 4, 0},   {"sf", QUOTH_TLS_MUST, 5, 5, 4, 0}, /* T17 */
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        people(WORLD_FINE, 1, 1);
        W.hosts[0].starttls = 1;
        tls_script = row[i].script;
        tls_shakes = 0;
        conf.smtp.tls = row[i].tls;
        conf.no_decoy = 1;
        limits.per_session = 1;
        limits.pace_off = 1;
        limits.per_host = 1;
        run(4, 0);
        CHECK_INT(got.reason[QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED], row[i].good);
        CHECK_INT(tls_shakes, row[i].shakes);
        CHECK_INT(stats.conversations, row[i].conversations);
        CHECK_INT(!!(got.ev.flags & QUOTH_EVID_TLS_BROKE), row[i].broke);
        CHECK_INT(got.ev.tls.version, row[i].broke ? 0 : 0x0304);
        CHECK_INT(tls_links, 0);
    }
    tls_script = NULL;
}

/* The server leaves at the k-th RCPT, for every k: nothing is lost. */
TEST(P30_leaves)
{
    static const enum world_kind kind[] = {WORLD_HANGUP, WORLD_CUT_421};
    for (unsigned w = 0; w < 2; w++)
        for (unsigned k = 0; k < 12; k++) {
            people(kind[w], 1, 1);
            W.hosts[0].after = k;
            limits.pace_off = 1;
            limits.refused = 50;
            run(60, 3);
            if (k >= 2) {
                CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 40);
                CHECK_INT(got.verdict[QUOTH_VERDICT_UNDELIVERABLE], 20);
            }
            if (k == 1)
                CHECK_INT(got.verdict[QUOTH_VERDICT_UNDELIVERABLE],
                          20); /* the decoy is never answered */
            if (k == 0)
                CHECK(got.verdict[QUOTH_VERDICT_UNKNOWN] == 60 && stats.conversations <= 8);
        }
}

TEST(P31_scout)
{
    people(WORLD_FINE, 1, 1);
    limits.pace_off = 1;
    limits.scout = 2;
    run(2, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 2);
    CHECK_INT(stats.conversations, 1);
}

TEST(O_duplicates)
{
    people(WORLD_FINE, 1, 1);
    struct quoth_batch *b = begin(0);
    for (unsigned i = 0; i < 300; i++) {
        char text[40];
        int n = snprintf(text, sizeof text, "%s%u@%s", i % 2 ? "u" : "U", i / 2 % 3,
                         i % 4 ? "d0.net" : "D0.NET");
        quoth_batch_add(b, i, text, (size_t)n, NULL);
    }
    CHECK_INT(quoth_batch_run(b), QUOTH_OK);
    end(b);
    CHECK_INT(got.n, 300);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE],
              150); /* u0, u1, u2; U0 ... are others (A24) */
    CHECK_INT(W.doms[0].calls, stats.conversations);
    CHECK(stats.conversations <= 2);
    for (unsigned i = 0; i < 300; i++)
        CHECK_INT(got.told[i], 1);
}

TEST(A_told_at_once)
{
    static const struct {
        const char *text;
        enum quoth_reason reason;
    } row[] = {
        {"no at", QUOTH_REASON_SYNTAX},
        {"a@b..c", QUOTH_REASON_SYNTAX},
        {"a@[192.0.2.1]", QUOTH_REASON_ADDRESS_LITERAL},
        {"a@localhost", QUOTH_REASON_RESERVED},
        {"a@single", QUOTH_REASON_SINGLE_LABEL},
        {"a@x.test", QUOTH_REASON_RESERVED},
        {"", QUOTH_REASON_SYNTAX},
    };
    people(WORLD_FINE, 1, 1);
    struct quoth_batch *b = begin(0);
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        unsigned before = got.reason[row[i].reason];
        CHECK_INT(quoth_batch_add(b, i, row[i].text, strlen(row[i].text), NULL), QUOTH_OK);
        CHECK_INT(got.reason[row[i].reason], before + 1);
    }
    CHECK_INT(quoth_batch_run(b), QUOTH_OK);
    end(b);
    CHECK_INT(stats.lookups, 0);
}

TEST(G06_greylisted)
{
    people(WORLD_GREY, 1, 1);
    limits.gap_ms = 1000;
    run(3, 0);
    CHECK_INT(got.reason[QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED],
              3); /* the decoy is greylisted too */
    CHECK_INT(got.pass[1], 3);
    CHECK(got.first - 0xFFFFFF00u >= 400000); /* "in 400 seconds" is longer than five minutes */
    people(WORLD_GREY, 1, 1);
    limits.no_wait = 1;
    run(3, 0);
    CHECK_INT(got.reason[QUOTH_REASON_GREYLISTED], 3);
    CHECK(got.last - 0xFFFFFF00u < 60000);
    people(WORLD_MAIL_450, 1, 1); /* never better: three times more, then it stays so */
    run(3, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 3);
    CHECK_INT(got.pass[3], 3);
    CHECK_INT(W.hosts[0].sessions, 4);
    CHECK(got.first - 0xFFFFFF00u >= 80 * BATCH_MIN);
}

/* Not waiting is an address's wish: another one of the same domain waits. */
TEST(G06_no_wait)
{
    const struct quoth_batch_options hasty = {.no_wait = 1};

    people(WORLD_GREY, 1, 1);
    struct quoth_batch *b = begin(0);
    quoth_batch_add(b, 0, "u0@d0.net", 9, &hasty);
    quoth_batch_add(b, 1, "u1@d0.net", 9, NULL);
    CHECK_INT(quoth_batch_run(b), QUOTH_OK);
    end(b);
    CHECK_INT(got.n, 2);
    CHECK_INT(got.reason[QUOTH_REASON_GREYLISTED], 1);
    CHECK(got.first - 0xFFFFFF00u < 60000 && got.last - 0xFFFFFF00u >= 400000);
}

TEST(G05_busy)
{
    people(WORLD_BANNER_421, 1, 5);
    run(50, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 50);
    CHECK_INT(W.hosts[0].sessions, 4); /* after 15, 30, 60 minutes, and that was it */
    CHECK(strstr(got.events, "left alone for 15 min") && strstr(got.events, "not asked any more"));
    people(WORLD_BUSY, 1, 1);
    W.hosts[0].after = 1;
    run(10, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 10);
    CHECK(got.first - 0xFFFFFF00u >= 15 * BATCH_MIN);
}

/* It answers a few and is busy, each time: it is left alone for longer and longer, and asked all
 * the same. */
TEST(G05_busy_though_it_answers)
{
    people(WORLD_BUSY, 1, 1);
    W.hosts[0].after = 5;
    W.hosts[0].answers = 2;
    run(20, 1);
    CHECK(got.verdict[QUOTH_VERDICT_UNDELIVERABLE] >= 15);
    CHECK(strstr(got.events, "for 15 min") && strstr(got.events, "for 30 min") &&
          strstr(got.events, "for 60 min"));
    CHECK(!strstr(got.events, "not asked any more"));
    people(WORLD_BUSY, 1, 1); /* without an end: for a day, and no weeks */
    W.hosts[0].after = 10000;
    W.hosts[0].answers = 2;
    run(400, 1);
    CHECK(got.verdict[QUOTH_VERDICT_UNDELIVERABLE] >= 40);
    CHECK(strstr(got.events, "not asked any more"));
    CHECK(got.last - 0xFFFFFF00u < 26 * 60 * BATCH_MIN);
}

/* Without a pace: as many conversations at once as it takes, and not one after the other against a
 * closed door. */
TEST(G04_crowd)
{
    people(WORLD_CROWD, 1, 1);
    W.hosts[0].after = 9;
    limits.pace_off = 1;
    run(2000, 2);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 1000);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNDELIVERABLE], 1000);
    CHECK(stats.conversations < 900); /* 200 are needed; the first rush is 500 */
}

TEST(G05_refused_twice)
{
    people(WORLD_BANNER_554, 1, 200);
    run(400, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 400);
    CHECK(W.hosts[0].sessions == 2);
    CHECK(got.reason[QUOTH_REASON_POLICY_REJECTED] + got.reason[QUOTH_REASON_IP_BLOCKED] == 400);
    people(WORLD_MAIL_550, 1, 50);
    limits.no_wait = 1;
    run(400, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 400);
    CHECK(W.hosts[0].sessions <= 2);
}

static int known_decoy(void *arg, const struct quoth_batch_door *door, uint16_t *code,
                       uint8_t *reason)
{
    const uint8_t *refused = arg;
    got.at_stop++;
    CHECK(world_dom(door->domain, strlen(door->domain)) >= 0);
    CHECK_STR(door->host, "mx0.fam0.org");
    CHECK(!memcmp(door->ip.b, W.hosts[0].ip, 4));
    *code = refused ? 550 : 250;
    *reason = refused ? QUOTH_REASON_USER_UNKNOWN : QUOTH_REASON_ACCEPTED;
    return 1;
}

/* What a decoy was told in an earlier run: none is asked, but for another exchanger. */
TEST(G07_decoy_known)
{
    uint8_t yes = 1;
    for (unsigned w = 0; w < 3; w++) {
        people(w ? WORLD_FINE : WORLD_CATCH_ALL, 2, 1);
        if (w)
            W.doms[0].decoy_refused = 1;
        if (w == 2)
            W.hosts[0].kind = WORLD_REFUSED, W.doms[0].mx_n = 2, W.doms[0].host[1] = 1;
        struct quoth_batch_hooks hooks = {
            .arg = w ? &yes : NULL, .result = told, .event = event, .decoy = known_decoy};
        struct quoth_batch *b = running = quoth_batch_new(&conf, &limits, NULL, &hooks);
        W.limits = quoth_batch_effective(b);
        for (unsigned i = 0; i < 10; i++) {
            char text[40];
            quoth_batch_add(b, i, text, (size_t)snprintf(text, sizeof text, "u%u@d0.net", i), NULL);
        }
        CHECK_INT(quoth_batch_run(b), QUOTH_OK);
        end(b);
        CHECK_INT(got.at_stop, 1);
        CHECK_INT(stats.decoys, w == 2);
        CHECK_INT(got.reason[w ? QUOTH_REASON_ACCEPTED : QUOTH_REASON_CATCH_ALL], 10);
        CHECK_INT(stats.conversations, w == 2 ? 2 : 1);
    }
}

/* Hosts of one family, and of another. */
TEST(G13_listed)
{
    people(WORLD_LISTED, 4, 40);
    W.host_n = 5;
    W.hosts[4] = (struct world_host) {.kind = WORLD_FINE, .ip = {198, 51, 9, 9}};
    W.doms[7].host[0] = 4;
    limits.open = 1;
    run(120, 0);
    CHECK_INT(W.hosts[0].sessions + W.hosts[1].sessions + W.hosts[2].sessions + W.hosts[3].sessions,
              2);
    CHECK(strstr(got.events, "block list") != NULL);
    CHECK(strstr(got.events, "(\"554 blocked using zen.spamhaus.org\")") != NULL);
    CHECK_INT(got.reason[QUOTH_REASON_IP_BLOCKED], 117);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 3);
}

/* Four hosts that say so beside a family of 4 with 30 domains: how each of them is named, whether
 * it stands in the family's network, and whether its address was looked up under that name. */
TEST(G13_not_the_family)
{
    enum { RODE, CUSTOMER, NEIGHBOUR, OWN_NAME, WAYS };
    static const char *const claims[] = {"a.fam0.org", "b.fam0.org", "mail.fam0.org", "c.fam0.org"};
    for (int way = RODE; way < WAYS; way++) {
        people(WORLD_FINE, 8, 34);
        for (unsigned i = 0; i < 30; i++)
            W.doms[i].host[0] = i % 4;
        for (unsigned i = 0; i < 4; i++) {
            W.hosts[4 + i].kind = WORLD_LISTED;
            W.doms[30 + i].host[0] = 4 + i;
            if (way == RODE)
                W.doms[30 + i].claims = claims[i];
            if (way == CUSTOMER)
                W.hosts[4 + i].family = 1, W.hosts[4 + i].ip[2] = 7;
            if (way == OWN_NAME)
                W.doms[30 + i].dns = WORLD_DNS_IMPLICIT;
        }
        run(340, 0);
        CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 300); /* none of the 30 is lost */
        CHECK_INT(got.reason[QUOTH_REASON_IP_BLOCKED], 40);
        for (unsigned i = 4; i < 8; i++) /* each of the four speaks for itself alone, if not for
                                          * its own family */
            CHECK(W.hosts[i].sessions <= 2);
    }
}

TEST(G08_harvesting)
{
    people(WORLD_FINE, 1, 1);
    run(100, 2);
    CHECK(strstr(got.events, "harvesting") != NULL);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNDELIVERABLE], 50);
}

TEST(Z_hour)
{
    people(WORLD_FINE, 1, 1);
    limits.per_domain_hour = 2;
    limits.per_session = 2;
    run(20, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 20);
    CHECK(got.last - got.first >= 4 * 60 * BATCH_MIN);
}

/* The worst servers, as the table in port/batch/README.md has them: with this host alone and these
 * limits a list of so many is over in so many minutes and conversations. */
TEST(Z_worst)
{
    static const struct {
        const char *what;
        struct world_host host;
        unsigned addresses, minutes, conversations;
        enum quoth_reason reason; /* of one at least */
    } row[] = {
        {"silent", {.kind = WORLD_SILENT}, 400, 1, 2, QUOTH_REASON_UNREACHABLE},
        {"accepts and says nothing", {.kind = WORLD_TARPIT}, 400, 5, 2, QUOTH_REASON_TIMEOUT},
        {"answers no RCPT", {.kind = WORLD_MUTE}, 400, 5, 4, QUOTH_REASON_TIMEOUT},
        {"loses what is pipelined", {.kind = WORLD_LOSES}, 400, 10, 15, QUOTH_REASON_ACCEPTED},
        {"hangs up", {.kind = WORLD_CLOSES}, 400, 1, 2, QUOTH_REASON_CLOSED},
        {"no SMTP", {.kind = WORLD_GARBAGE}, 400, 1, 2, QUOTH_REASON_PROTOCOL_ERROR},
        {"refuses us", {.kind = WORLD_BANNER_554}, 400, 1, 1, QUOTH_REASON_IP_BLOCKED},
        {"lists us", {.kind = WORLD_LISTED}, 400, 1, 1, QUOTH_REASON_IP_BLOCKED},
        {"busy for ever", {.kind = WORLD_BANNER_421}, 400, 106, 4, QUOTH_REASON_RATE_LIMITED},
        {"two answers, then busy",
         {.kind = WORLD_BUSY, .after = 100000, .answers = 2},
         400,
         26 * 60,
         30,
         QUOTH_REASON_RATE_LIMITED},
        {"greylists, for 4,000,000,000 hours",
         {.kind = WORLD_GREY},
         400,
         140,
         100,
         QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED},
        {"knows nobody", {.kind = WORLD_DENIES}, 400, 80, 80, QUOTH_REASON_USER_UNKNOWN},
        {"20 s a reply",
         {.kind = WORLD_FINE, .reply_ms = 20000},
         3000,
         65,
         25,
         QUOTH_REASON_TIMEOUT},
        {"55 s a reply",
         {.kind = WORLD_FINE, .reply_ms = 55000},
         3000,
         12,
         4,
         QUOTH_REASON_TIMEOUT},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        people(WORLD_FINE, 1, 1);
        struct world_host host = row[i].host;
        memcpy(host.ip, W.hosts[0].ip, sizeof host.ip);
        W.hosts[0] = host;
        run(row[i].addresses, 0);
        CHECK((got.last - 0xFFFFFF00u) / BATCH_MIN < row[i].minutes);
        CHECK(stats.conversations <= row[i].conversations);
        CHECK(got.reason[row[i].reason] > 0);
    }
}

/* The time of a run: greylisted ones that wait, a host that is held back, one that answers no more,
 * and what was not begun; whoever was answered before has his answer. */
TEST(Z_run_ms)
{
    people(WORLD_FINE, 5, 50);
    W.hosts[1].kind = WORLD_GREY;
    W.hosts[2].kind = WORLD_BANNER_421;
    W.hosts[3].kind = WORLD_MUTE;
    limits.run_ms = 60000;
    run(500, 2);
    CHECK(got.last - 0xFFFFFF00u <= 70000);
    CHECK(got.reason[QUOTH_REASON_ACCEPTED] + got.reason[QUOTH_REASON_USER_UNKNOWN] >= 10);
    CHECK(got.reason[QUOTH_REASON_TIMEOUT] >= 300);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], got.reason[QUOTH_REASON_TIMEOUT]);
}

/* Which addresses are one network. */
TEST(G04_network)
{
    static const struct {
        const char *one, *other;
        int same;
    } row[] = {
        {"192.0.2.1", "192.0.2.254", 1},
        {"192.0.2.1", "192.0.3.1", 0},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff::1", 1},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", 0},
        {"64:ff9b::192.0.2.1", "64:ff9b::192.0.2.254", 1}, /* RFC 6052 */
        {"64:ff9b::192.0.2.1", "64:ff9b::192.0.3.1", 0},
        {"64:ff9b::192.0.2.1", "192.0.2.1", 1},
        {"64:ff9b:1::192.0.2.1", "64:ff9b:1::198.51.100.1", 1}, /* no prefix of all: RFC 8215 */
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct quoth_ip one, other;
        CHECK_INT(quoth_ip_parse(&one, row[i].one, strlen(row[i].one)), QUOTH_OK);
        CHECK_INT(quoth_ip_parse(&other, row[i].other, strlen(row[i].other)), QUOTH_OK);
        CHECK_INT(batch_net_key(&one) == batch_net_key(&other), row[i].same);
    }
}

TEST(G04_one_host)
{
    people(WORLD_FINE, 1, 200);
    run(1000, 5);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE] + got.verdict[QUOTH_VERDICT_UNDELIVERABLE],
              1000);
    CHECK_INT(W.most_open, 1);
}

/* The run ends in the time of the slowest, not the sum. */
TEST(H_dead_hosts)
{
    people(WORLD_SILENT, 60, 60);
    for (unsigned i = 0; i < 60; i++)
        W.hosts[i].ip[2] = (uint8_t)i;
    run(240, 0);
    CHECK_INT(got.reason[QUOTH_REASON_UNREACHABLE], 240);
    CHECK(got.last - 0xFFFFFF00u < 15000);
    people(WORLD_SILENT, 1, 200); /* one dead host behind many domains */
    run(400, 0);
    CHECK_INT(got.reason[QUOTH_REASON_UNREACHABLE], 400);
    CHECK(got.last - 0xFFFFFF00u < 40000);
    CHECK(stats.conversations <= 2);
}

/* One that takes connections and never answers is not called by each of its domains. */
TEST(Z_silent_hosts)
{
    static const enum world_kind kind[] = {WORLD_TARPIT, WORLD_MUTE};
    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++) {
        people(kind[i], 1, 60);
        run(400, 0);
        CHECK_INT(got.reason[QUOTH_REASON_TIMEOUT], 400);
        CHECK(stats.conversations <= 4);
        CHECK(got.last - 0xFFFFFF00u < 10 * BATCH_MIN);
        people(kind[i], 2, 60); /* who says nothing at all has a backup; who answers MAIL speaks */
        W.hosts[1].kind = WORLD_FINE;
        for (unsigned dom = 0; dom < 60; dom++) {
            W.doms[dom].mx_n = 2;
            W.doms[dom].host[0] = 0;
            W.doms[dom].host[1] = 1;
        }
        run(400, 0);
        CHECK_INT(got.reason[QUOTH_REASON_TIMEOUT], kind[i] == WORLD_MUTE ? 400 : 0);
        CHECK(W.hosts[0].sessions <= 4);
    }
}

/* A server that takes whatever looks like a name: two decoys of different shape tell. */
TEST(P14_two_decoys)
{
    people(WORLD_SHAPE, 1, 3);
    run(30, 2);
    CHECK_INT(got.reason[QUOTH_REASON_ACCEPTED], 15);
    CHECK_INT(stats.decoys, 3);
    people(WORLD_SHAPE, 1, 3);
    conf.decoys = 2;
    W.decoys = 2;
    run(30, 2);
    CHECK_INT(got.reason[QUOTH_REASON_ACCEPTS_BY_SHAPE], 15);
    CHECK_INT(got.reason[QUOTH_REASON_USER_UNKNOWN], 15);
    CHECK_INT(stats.decoys, 6);
    people(WORLD_FINE, 1, 3);
    conf.decoys = 2;
    W.decoys = 2;
    run(30, 2);
    CHECK_INT(got.reason[QUOTH_REASON_ACCEPTED], 15);
    CHECK_INT(stats.decoys, 6);
    people(WORLD_CATCH_ALL, 1, 3); /* one is enough there */
    conf.decoys = 2;
    W.decoys = 2;
    run(30, 2);
    CHECK_INT(got.reason[QUOTH_REASON_CATCH_ALL], 30);
    CHECK_INT(stats.decoys, 3);
}

/* PIPELINING that loses all but the first command, or finds fault with the second: all are
 * answered, one by one. */
TEST(P37_lost_bursts)
{
    for (int i = 0; i < 2; i++) {
        people(i ? WORLD_FAULTS : WORLD_LOSES, 1, 20);
        run(400, 0);
        CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE] + got.verdict[QUOTH_VERDICT_UNDELIVERABLE],
                  400);
        CHECK(got.last - 0xFFFFFF00u < 20 * BATCH_MIN);
        CHECK(stats.conversations <= 30);
    }
}

/* From some recipient on they refuse all, or from some refusal on: nobody who exists is called
 * dead, and each is told (P38). */
TEST(P38_lies)
{
    for (unsigned after = 0; after < 9; after++)
        for (int tires = 0; tires < 2; tires++) {
            people(tires ? WORLD_TIRES : WORLD_LIES, 1, 3);
            W.hosts[0].after = after;
            run(300, 7);
            CHECK_INT(got.reason[QUOTH_REASON_ACCEPTED], 300 - 43);
            CHECK_INT(got.reason[QUOTH_REASON_USER_UNKNOWN], 43);
        }
}

/* Nor where a conversation is so long that nobody counts that far. */
TEST(P38_lies_late)
{
    people(WORLD_LIES, 1, 1);
    W.hosts[0].after = 255;
    limits.per_session = 400;
    run(330, 0);
    CHECK_INT(got.reason[QUOTH_REASON_ACCEPTED], 330);
}

/* What that costs where nobody lies: of fifty recipients less than one is asked again; of domains
 * with a server and three addresses each, at most one in ten. */
TEST(P38_costs)
{
    people(WORLD_FINE, 1, 1);
    run(2000, 10);
    CHECK(W.rcpts >= 2000 && W.asked_again * 50 < W.rcpts);
    people(WORLD_FINE, 60, 60);
    for (unsigned i = 0; i < 60; i++)
        W.doms[i].host[0] = i;
    run(180, 10);
    CHECK(W.asked_again <= 6);
}

/* It would be asked again, and there is no place left for it: who was refused is asked alone. */
TEST(P38_no_place)
{
    people(WORLD_LIES, 1, 1);
    limits.per_session = 2;
    run(40, 4);
    CHECK_INT(got.reason[QUOTH_REASON_ACCEPTED], 30);
    CHECK_INT(got.reason[QUOTH_REASON_USER_UNKNOWN], 10);
}

/* What we lack may come back, but not for ever is it waited for. */
TEST(E06_short)
{
    people(WORLD_SHORT, 1, 3);
    run(30, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 30);
    CHECK(got.first - 0xFFFFFF00u >= 300000);
    CHECK(got.last - 0xFFFFFF00u < 600000);
}

TEST(X_next_host)
{
    people(WORLD_FINE, 2, 1);
    W.hosts[0].kind = WORLD_REFUSED;
    W.doms[0].mx_n = 2;
    W.doms[0].host[1] = 1;
    run(30, 3);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE],
              20); /* that same exchange refused the decoy (X12) */
    CHECK(got.ev.flags & QUOTH_EVID_NOT_BEST);
    CHECK_STR(got.mx, "mx1.fam0.org");
    people(WORLD_CATCH_ALL, 2, 1);
    W.hosts[0].kind = WORLD_CLOSES;
    W.doms[0].mx_n = 2;
    W.doms[0].host[1] = 1;
    run(30, 3);
    CHECK_INT(got.reason[QUOTH_REASON_BACKUP_MX], 30);
}

/* A domain takes no mail only when all its hosts say so. */
TEST(K11_all_gone)
{
    static const enum world_kind other[] = {WORLD_GONE,   WORLD_BANNER_421, WORLD_BANNER_554,
                                            WORLD_CLOSES, WORLD_REFUSED,    WORLD_SILENT};
    people(WORLD_GONE, 1, 1);
    run(5, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNDELIVERABLE], 5);
    for (unsigned i = 0; i < sizeof other / sizeof *other; i++)
        for (unsigned first = 0; first < 2; first++) {
            people(WORLD_GONE, 2, 1);
            W.hosts[first].kind = other[i];
            W.doms[0].mx_n = 2;
            W.doms[0].host[1] = 1;
            limits.no_wait = 1;
            run(5, 0);
            CHECK_INT(got.verdict[i ? QUOTH_VERDICT_UNKNOWN : QUOTH_VERDICT_UNDELIVERABLE], 5);
        }
}

TEST(P_helo)
{
    people(WORLD_HELO, 1, 1);
    run(10, 2);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 5);
    CHECK(got.ev.flags & QUOTH_EVID_HELO);
}

TEST(P28_ghost)
{
    for (unsigned seed = 1; seed < 60; seed++) {
        people(WORLD_GHOST, 1, 3);
        W.seed = seed;
        limits.pace_off = 1;
        run(60, 2); /* world_result() has the last word */
    }
}

/* A surplus reply shifts all behind it, and the last real one comes when we are gone: only the
 * silence at QUIT shows. */
TEST(P28_silence_at_quit)
{
    for (unsigned seed = 1; seed < 60; seed++)
        for (unsigned decoy = 0; decoy < 2; decoy++) {
            people(WORLD_GHOST_STALLS, 1, 3);
            W.seed = seed;
            limits.pace_off = 1;
            conf.no_decoy = (uint8_t)!decoy;
            run(24, 2); /* world_result() has the last word */
        }
    people(WORLD_QUIT_CLOSES, 1, 1); /* many do that: nothing is in doubt */
    run(20, 4);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 15);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNDELIVERABLE], 5);
    CHECK(stats.conversations <= 2);
    people(WORLD_QUIT_MUTE, 1, 1); /* nobody's verdict suffers: they are asked one at a time */
    run(20, 4);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 15);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNDELIVERABLE], 5);
    CHECK(stats.conversations <= 22);
}

/* One mailbox that breaks every conversation takes nobody with it. */
TEST(P30_poison)
{
    static const enum world_kind kind[] = {WORLD_POISON_HANGS, WORLD_POISON_GHOST};
    for (unsigned w = 0; w < 2; w++)
        for (unsigned n = 2; n < 40; n += 3) {
            people(kind[w], 1, 1);
            limits.pace_off = n % 2 != 0;
            run(n, 0); /* u1 is the one */
            CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], n - 1);
            CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 1);
        }
}

/* The time limit of one address counts while its domain is looked up, and while it is in a
 * conversation. */
TEST(Z_timeout)
{
    people(WORLD_MUTE, 1, 1);
    conf.total_ms = 3000;
    run(1, 0);
    CHECK_INT(got.reason[QUOTH_REASON_TIMEOUT], 1);
    CHECK(got.last - 0xFFFFFF00u >= 3000 &&
          got.last - 0xFFFFFF00u < 3100); /* lookups and conversation */
    CHECK(got.ev.phase == QUOTH_PHASE_RCPT && got.ev.took_ms >= 3000 && got.ev.took_ms < 3100);
    CHECK(stats.conversations == 1 && W.hosts[0].quits == 1); /* P18: not without a good-bye */
    people(WORLD_FINE, 1, 3);
    W.doms[1].dns = WORLD_DNS_DROP;
    conf.total_ms = 3000;
    run(30, 0);
    CHECK_INT(got.reason[QUOTH_REASON_TIMEOUT], 10);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 20);
    people(WORLD_FINE, 1, 2); /* both want to know the address of one exchange */
    conf.total_ms = 3000;
    snprintf(W.doms[2].name, sizeof W.doms[2].name, "mx0.fam0.org");
    W.doms[2].dns = WORLD_DNS_DROP;
    W.dom_n = 3;
    run(30, 0);
    CHECK_INT(got.reason[QUOTH_REASON_TIMEOUT], 20);
    CHECK(got.last - 0xFFFFFF00u < 3200);
    people(WORLD_SILENT, 1, 1);
    conf.total_ms = 1000;
    run(4, 0);
    CHECK_INT(got.reason[QUOTH_REASON_UNREACHABLE], 4); /* as in a single check */
    CHECK(got.last - 0xFFFFFF00u < 1100);
    people(WORLD_FINE, 1, 1); /* waiting for its turn does not count */
    conf.total_ms = 3000;
    limits.per_session = 2;
    run(40, 3);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 0);
    CHECK(got.last - got.first > 60000);
    for (unsigned n = 2; n < 40;
         n += 3) { /* one that is never answered takes nobody with it, and has its time alone */
        people(WORLD_POISON_MUTE, 1, 1);
        conf.total_ms = 3000;
        limits.pace_off = 1;
        run(n, 0);
        CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], n - 1);
        CHECK_INT(got.reason[QUOTH_REASON_TIMEOUT], 1);
    }
}

static void times(void *arg, const struct quoth_batch_result *r)
{
    const struct quoth_evidence *e = r->ev;
    uint32_t last = 0;
    told(arg, r);
    CHECK(e->phase == QUOTH_PHASE_RCPT);
    for (int p = QUOTH_PHASE_DNS; p <= QUOTH_PHASE_RCPT; p++) {
        CHECK(e->ms[p] >= last && e->ms[p] > 0);
        last = e->ms[p];
    }
    CHECK(e->ms[QUOTH_PHASE_DNS] + 2 <= e->ms[QUOTH_PHASE_CONNECT] &&
          e->ms[QUOTH_PHASE_EHLO] < e->ms[QUOTH_PHASE_MAIL]);
    CHECK(!e->ms[QUOTH_PHASE_DECOY] ||
          (e->said.code == 250 && e->ms[QUOTH_PHASE_DECOY] > e->ms[QUOTH_PHASE_RCPT]));
    if (e->ms[QUOTH_PHASE_DECOY])
        last = e->ms[QUOTH_PHASE_DECOY], got.stop_after++;
    CHECK_INT(e->took_ms, last);
    CHECK(last <= W.now - 0xFFFFFF00u);
}

/* What took how long, as in a single check. */
TEST(O_times)
{
    for (unsigned pipelining = 0; pipelining < 2; pipelining++) {
        people(WORLD_FINE, 1, 3);
        W.hosts[0].no_pipelining = !pipelining;
        struct quoth_batch_hooks hooks = {.result = times, .event = event};
        struct quoth_batch *b = quoth_batch_new(&conf, &limits, NULL, &hooks);
        W.limits = quoth_batch_effective(b);
        for (unsigned i = 0; i < 60; i++) {
            char text[40];
            quoth_batch_add(
                b, i, text,
                (size_t)snprintf(text, sizeof text, "%s%u@d%u.net", i % 9 ? "u" : "x", i, i % 3),
                NULL);
        }
        CHECK_INT(quoth_batch_run(b), QUOTH_OK);
        end(b);
        CHECK_INT(got.n, 60);
        CHECK(got.stop_after > 3); /* accepted before the decoy was refused */
    }
}

static void with_utf8(enum world_kind kind)
{
    static const char text[] = "\xc3\xa9@d0.net";
    people(kind, 1, 1);
    struct quoth_batch *b = begin(0);
    quoth_batch_add(b, 0, text, sizeof text - 1, NULL);
    quoth_batch_add(b, 1, "u1@d0.net", 9, NULL);
    CHECK_INT(quoth_batch_run(b), QUOTH_OK);
    end(b);
    CHECK_INT(got.reason[QUOTH_REASON_NO_SMTPUTF8], 1);
}

TEST(S_smtputf8)
{
    with_utf8(WORLD_FINE);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 1);
    with_utf8(WORLD_MAIL_450); /* who could not be asked was not answered: it is no better for it */
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 2);
    CHECK_INT(W.hosts[0].sessions, 4);
}

TEST(D_dns)
{
    static const enum quoth_reason reason[WORLD_DNS_KINDS] = {
        [WORLD_DNS_FINE] = QUOTH_REASON_ACCEPTED,
        [WORLD_DNS_NXDOMAIN] = QUOTH_REASON_NO_SUCH_DOMAIN,
        [WORLD_DNS_NULL] = QUOTH_REASON_NULL_MX,
        [WORLD_DNS_SERVFAIL] = QUOTH_REASON_DNS_FAILURE,
        [WORLD_DNS_DROP] = QUOTH_REASON_DNS_FAILURE,
        [WORLD_DNS_TC] = QUOTH_REASON_ACCEPTED,
        [WORLD_DNS_IMPLICIT] = QUOTH_REASON_ACCEPTED,
        [WORLD_DNS_NO_A] = QUOTH_REASON_MX_UNRESOLVABLE,
        [WORLD_DNS_IP] = QUOTH_REASON_MX_UNRESOLVABLE,
    };
    for (int k = 0; k < WORLD_DNS_KINDS; k++) {
        people(WORLD_FINE, 1, 1);
        W.doms[0].dns = (enum world_dns)k;
        run(5, 0);
        CHECK_INT(got.reason[reason[k]], 5);
        if (k == WORLD_DNS_IP)
            CHECK_STR(got.mx, "192.0.2.0");
        else
            CHECK((got.reason[QUOTH_REASON_ACCEPTED] == 5) == (got.mx[0] != 0));
    }
    people(WORLD_FINE, 1, 30); /* more over TCP than there are links for it */
    for (int i = 0; i < 30; i++)
        W.doms[i].dns = WORLD_DNS_TC;
    run(60, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 60);
    people(WORLD_FINE, 1, 30);
    resolver.tcp = 1;
    run(60, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 60);
    for (int dropped = 0; dropped < 3; dropped++) { /* and more questions at once than links */
        people(WORLD_FINE, 1, 200);
        limits.pace_off = 1;
        resolver.wait_ms = resolver.wait_max_ms = 500; /* less than all those together take */
        W.no_udp = dropped != 1;
        W.no_edns = dropped != 0;
        run(400, 0);
        CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 400);
    }
    people(WORLD_FINE, 1, 1);
    conf.resolver = NULL;
    run(3, 0);
    CHECK_INT(got.reason[QUOTH_REASON_DNS_FAILURE], 3);
}

/* The network goes away in the middle: what cannot be looked up is asked again when it is back. One
 * that was never there is not waited for. */
TEST(Z_away)
{
    for (int had = 0; had < 2; had++) {
        people(WORLD_FINE, 60, 200);
        limits.open = 4;
        limits.pace_off = 1;
        W.away = W.now + (had ? 1000 : 0);
        W.back = W.now + 8 * BATCH_MIN;
        run(400, 4);
        if (!had) {
            CHECK_INT(got.reason[QUOTH_REASON_DNS_FAILURE], 400);
            CHECK(got.last < W.back);
            continue;
        }
        CHECK(got.verdict[QUOTH_VERDICT_UNKNOWN] > 0 && got.verdict[QUOTH_VERDICT_UNKNOWN] <= 80);
        CHECK(got.pass[2] > 200); /* after 5 minutes it was still away */
        CHECK(strstr(got.events, "could not be looked up"));
    }
}

TEST(G01_depth)
{
    people(WORLD_FINE, 1, 1);
    conf.depth = QUOTH_DEPTH_DNS;
    run(5, 0);
    CHECK_INT(got.reason[QUOTH_REASON_DNS_OK], 5);
    people(WORLD_FINE, 1, 1);
    conf.smtp.helo = NULL;
    run(5, 0);
    CHECK_INT(got.reason[QUOTH_REASON_NO_IDENTITY], 5);
    people(WORLD_FINE, 1, 1);
    conf.server = "198.51.0.1";
    run(5, 0);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 5);
    CHECK_INT(stats.lookups, 0);
    people(WORLD_FINE, 1, 1);
    conf.targets.allow_n = 0;
    conf.targets.deny = &allow;
    conf.targets.deny_n = 1;
    run(5, 0);
    CHECK_INT(got.reason[QUOTH_REASON_TARGET_POLICY], 5);
}

/* No new conversation, good-bye to the open ones, the rest untold. */
TEST(P24_stop)
{
    for (unsigned after = 1; after < 40; after += 3) {
        people(WORLD_FINE, 1, 20);
        W.cut = after % 2;
        got.stop_after = after;
        struct quoth_batch *b = begin(0);
        for (unsigned i = 0; i < 200; i++) {
            char text[40];
            quoth_batch_add(b, i, text,
                            (size_t)snprintf(text, sizeof text, "u%u@d%u.net", i, i % 20), NULL);
        }
        CHECK_INT(quoth_batch_run(b), QUOTH_OK);
        end(b);
        CHECK(got.n >= after && got.n < 200);
        CHECK_INT(W.hosts[0].sessions, got.at_stop);
        CHECK_INT(W.open, 0);
        for (unsigned i = 0; i < 200; i++)
            CHECK(got.told[i] <= 1);
    }
    people(WORLD_FINE, 1, 1);
    struct quoth_batch *b = begin(0);
    quoth_batch_add(b, 0, "u1@d0.net", 9, NULL);
    quoth_batch_stop(b);
    CHECK_INT(quoth_batch_run(b), QUOTH_OK);
    end(b);
    CHECK_INT(got.n, 0);
}

TEST(Z_held)
{
    struct quoth_batch *b;
    people(WORLD_FINE, 3, 30);
    W.hosts[1].kind = W.hosts[2].kind = WORLD_BANNER_421;
    b = begin(1);
    for (unsigned i = 0; i < 90; i++) {
        char text[40];
        quoth_batch_add(b, i, text, (size_t)snprintf(text, sizeof text, "u%u@d%u.net", i, i % 30),
                        NULL);
    }
    CHECK_INT(quoth_batch_run(b), QUOTH_OK);
    CHECK_INT(stats.held_n, 2);
    CHECK_INT(stats.held[0].addresses, 30);
    CHECK(stats.held[0].reason == QUOTH_REASON_RATE_LIMITED && stats.held[0].ip[0] == '1');
    CHECK(ticks > 100);
    end(b);
}

TEST(G_plan)
{
    struct quoth_batch_plan plan;
    people(WORLD_FINE, 2, 10);
    W.doms[3].dns = WORLD_DNS_NULL;
    W.doms[4].dns = WORLD_DNS_SERVFAIL;
    struct quoth_batch *b = begin(0);
    for (unsigned i = 0; i < 100; i++) {
        char text[40];
        quoth_batch_add(b, i, text, (size_t)snprintf(text, sizeof text, "u%u@d%u.net", i, i % 10),
                        NULL);
    }
    CHECK_INT(quoth_batch_plan(b, &plan), QUOTH_OK);
    CHECK_INT(plan.addresses, 100);
    CHECK_INT(plan.domains, 10);
    CHECK_INT(plan.destinations, 2);
    CHECK_INT(plan.no_mail, 1);
    CHECK_INT(plan.unresolved, 1);
    CHECK_INT(plan.conversations, 8);
    CHECK(plan.seconds >= 40 && plan.seconds <= 60);
    CHECK_INT(got.n, 0);
    CHECK_INT(W.hosts[0].sessions, 0);
    CHECK_INT(quoth_batch_run(b), QUOTH_OK); /* and it may be run then */
    end(b);
    CHECK_INT(got.n, 100);
}

TEST(Z_effective)
{
    people(WORLD_FINE, 1, 1);
    struct quoth_batch *b = begin(0);
    const struct quoth_batch_limits *l = quoth_batch_effective(b);
    CHECK(l->per_session == 50 && l->refused == 5 && l->scout == 4 && l->per_host == 1 &&
          l->per_net == 2 && l->gap_ms == 10000);
    CHECK(l->per_domain_hour == 60 && l->open == 1000 && l->lookups && l->passes == 3 &&
          l->pass_ms[0] == 5 * BATCH_MIN);
    CHECK(l->pass_ms[1] == 15 * BATCH_MIN && l->pass_ms[2] == 60 * BATCH_MIN);
    quoth_batch_free(b);
    limits.pace_off = limits.no_wait = 1;
    limits.per_host = 7;
    b = begin(0);
    l = quoth_batch_effective(b);
    CHECK(l->per_host == 7 && l->per_net == UINT16_MAX && l->gap_ms == 0 && l->passes == 0 &&
          l->refused == 5);
    quoth_batch_free(b);
}

/* The deadlines themselves, against a plain array. */
TEST(H_due)
{
    enum { IDS = 50 };
    struct quoth_due d = {0};
    uint64_t at[IDS], least;
    uint32_t id = 0;
    people(WORLD_FINE, 1, 1);
    for (int i = 0; i < IDS; i++)
        at[i] = QUOTH_NEVER;
    for (int k = 0; k < 20000; k++) {
        unsigned i = world_dice(IDS);
        uint64_t x = world_dice(1000);
        switch (world_dice(4)) {
        case 0:
            quoth_due_drop(&d, i);
            at[i] = QUOTH_NEVER;
            break;
        case 1:
            quoth_due_nearer(&d, i, x);
            if (x < at[i])
                at[i] = x;
            break;
        default: quoth_due_set(&d, i, x); at[i] = x;
        }
        least = QUOTH_NEVER;
        for (int j = 0; j < IDS; j++)
            if (at[j] < least)
                least = at[j];
        CHECK_INT(quoth_due_next(&d, &id), least);
        if (least != QUOTH_NEVER)
            CHECK_INT(at[id], least);
    }
    CHECK(quoth_due_memory(&d) > 0);
    quoth_due_free(&d);
}

/* ---- an engine that need not end ---------------------------------------- */

static struct quoth_batch *under_way;

/* One step under a loop of our own. As quoth_batch_turn(). */
static int step(struct quoth_batch *b)
{
    uint32_t moved[256];
    unsigned n = 0;

    if (W.open || W.dgram_n || quoth_batch_due(b) != QUOTH_NEVER) /* else nobody would wake us */
        n = (unsigned)quoth_loop_wait(quoth_batch_loop(b), quoth_batch_due(b), moved, 256);
    return quoth_batch_turn(b, moved, n);
}

static int put(struct quoth_batch *b, unsigned id, const char *user, unsigned dom,
               const struct quoth_batch_options *o)
{
    char text[60];
    return quoth_batch_add(b, id, text,
                           (size_t)snprintf(text, sizeof text, "%s%u@d%u.net", user, id, dom), o);
}

static void end_all(struct quoth_batch *b)
{
    quoth_batch_close(b);
    while (step(b) > 0) {
    }
    end(b);
}

/* To its end. Returns the most memory it had meanwhile. */
static size_t end_of(struct quoth_batch *b)
{
    size_t most = 0;

    quoth_batch_close(b);
    while (step(b) > 0) {
        quoth_batch_stats(b, &stats);
        most = stats.memory > most ? stats.memory : most;
    }
    end(b);
    return most;
}

/* The worst name servers, as the table in port/batch/README.md has them: 400 addresses of 200
 * domains are over in so many seconds, and cost so many questions. */
TEST(Z_worst_names)
{
    static const struct {
        const char *what;
        enum world_dns dns;
        unsigned loss, seconds, questions;
        enum quoth_reason reason;
    } row[] = {
        {"answers all", WORLD_DNS_FINE, 0, 30, 2, QUOTH_REASON_ACCEPTED},
        {"never answers", WORLD_DNS_DROP, 0, 180, 4, QUOTH_REASON_DNS_FAILURE},
        {"always fails", WORLD_DNS_SERVFAIL, 0, 5, 3, QUOTH_REASON_DNS_FAILURE},
        {"answers over TCP alone", WORLD_DNS_TC, 0, 30, 3, QUOTH_REASON_ACCEPTED},
        {"names without addresses", WORLD_DNS_NO_A, 0, 30, 4, QUOTH_REASON_MX_UNRESOLVABLE},
        {"loses three of ten", WORLD_DNS_FINE, 600, 60, 3, QUOTH_REASON_ACCEPTED},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        people(WORLD_FINE, 60, 200);
        W.loss = row[i].loss;
        for (unsigned dom = 0; dom < 200; dom++)
            W.doms[dom].dns = row[i].dns;
        struct quoth_batch *b = begin(0);
        for (unsigned id = 0; id < 400; id++)
            put(b, id, "u", id % 200, NULL);
        CHECK(end_of(b) < 5u << 19);
        CHECK((got.last - 0xFFFFFF00u) / 1000 < row[i].seconds);
        CHECK(W.questions <= 200 * row[i].questions);
        CHECK_INT(got.reason[row[i].reason], 400);
    }
}

/* Nor does the worst server make a list cost more memory than any other does. */
TEST(Z_worst_memory)
{
    static const enum world_kind kind[] = {WORLD_CATCH_ALL, WORLD_GREY, WORLD_SILENT,
                                           WORLD_BANNER_421, WORLD_QUIT_MUTE};
    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++) {
        people(kind[i], 60, 250);
        struct quoth_batch *b = begin(0);
        for (unsigned id = 0; id < BATCH_MOST; id++)
            put(b, id, "u", id % 250, NULL);
        CHECK(end_of(b) < 5u << 19);
        CHECK_INT(got.n, BATCH_MOST);
    }
}

/* Each answer brings the next address: 4000 through one engine, 20 inside at most. */
static void told_and_next(void *arg, const struct quoth_batch_result *r)
{
    unsigned *next = arg;
    told(NULL, r);
    if (*next < BATCH_MOST) {
        CHECK_INT(put(under_way, *next, *next % 5 ? "u" : "x", *next % W.dom_n, NULL), QUOTH_OK);
        ++*next;
    } else if (got.n == BATCH_MOST) {
        quoth_batch_close(under_way);
    }
}

TEST(H_add_from_within)
{
    unsigned next = 20;
    people(WORLD_FINE, 20, 200);
    limits.pace_off = 1;
    limits.remember = 10;
    struct quoth_batch_hooks hooks = {.arg = &next, .result = told_and_next, .event = event};
    struct quoth_batch *b = under_way = quoth_batch_new(&conf, &limits, NULL, &hooks);
    W.limits = quoth_batch_effective(b);
    for (unsigned i = 0; i < 20; i++)
        CHECK_INT(put(b, i, "u", i, NULL), QUOTH_OK);
    while (step(b) > 0) {
        CHECK(quoth_batch_inside(b) <= 20);
    }
    CHECK_INT(put(b, 0, "u", 0, NULL), QUOTH_EINVAL); /* it is closed */
    end(b);
    CHECK_INT(got.n, BATCH_MOST);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], BATCH_MOST / 5 * 4 + 4);
    for (unsigned i = 0; i < BATCH_MOST; i++)
        CHECK_INT(got.told[i], 1);
    CHECK(stats.domains < 40 && stats.destinations <= 20);
}

/* What is told is given back: after ten rounds it is as large as after the second, give or take the
 * buffers of a few conversations. */
TEST(H_memory)
{
    size_t first = 0;
    people(WORLD_FINE, 30, 250);
    limits.pace_off = 1;
    limits.open = 20;
    limits.remember = 50;
    struct quoth_batch *b = begin(0);
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 1000; i++)
            CHECK_INT(put(b, 1000 + i % 1000 - 1000, i % 3 ? "u" : "x", i % 250, NULL), QUOTH_OK);
        do {
            step(b);
            quoth_batch_stats(b, &stats);
        } while (stats.inside || stats.open);
        CHECK(stats.domains <= 100);
        CHECK_INT(stats.done, (round + 1) * 1000);
        if (round == 1)
            first = stats.memory + stats.memory / 20;
        CHECK(round < 2 || stats.memory <= first);
    }
    end_all(b);
    CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 0);
    people(WORLD_FINE, 1, 3); /* the hour is remembered although nobody is left */
    limits.per_domain_hour = 2;
    limits.remember = 1;
    b = begin(0);
    for (unsigned round = 0; round < 4; round++) {
        uint64_t from = W.now;
        for (unsigned dom = 0; dom < 3; dom++)
            CHECK_INT(put(b, dom, "u", dom, NULL), QUOTH_OK);
        do {
            step(b);
            quoth_batch_stats(b, &stats);
        } while (stats.inside || stats.open);
        CHECK_INT(stats.domains, 3);
        CHECK((W.now - from > 50 * BATCH_MIN) == (round == 2));
    }
    end_all(b);
}

/* Somebody waits: in a conversation of its host that is open, between two transactions, or in the
 * next one. */
TEST(H_interactive)
{
    static const struct quoth_batch_options now = {.priority = QUOTH_BATCH_INTERACTIVE};
    for (unsigned same = 0; same < 2; same++)
        for (unsigned after = 0; after < 60; after += 7) {
            people(WORLD_FINE, 1, 250);
            struct quoth_batch *b = begin(0);
            unsigned sessions, told_before;
            for (unsigned i = 0; i < 1500; i++)
                put(b, i, "u", i % 100, NULL);
            for (unsigned k = 0; k < 40 + after; k++)
                step(b);
            sessions = W.hosts[0].sessions;
            told_before = got.n;
            CHECK(told_before < 1500);
            CHECK_INT(put(b, 1999, "u", same ? 5 : 190 + after, &now), QUOTH_OK);
            while (!got.told[1999])
                step(b);
            CHECK(W.hosts[0].sessions <= sessions + 1);
            CHECK(got.n < told_before + 140); /* a conversation, and the rest of another */
            end_all(b);
            CHECK_INT(got.n, 1501);
            CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 1501);
        }
}

/* Until this many more of a job are told: how many of all were. */
static unsigned until_told(struct quoth_batch *b, unsigned from, unsigned n)
{
    const unsigned before = got.n;
    unsigned left = n;

    while (left) {
        step(b);
        left = 0;
        for (unsigned i = from; i < from + n; i++)
            left += !got.told[i];
    }
    return got.n - before;
}

/* Whose addresses they are costs no call: the last is made for somebody, however they add up. */
TEST(H_turns_cost_nothing)
{
    for (unsigned n = 20; n <= 400; n += 10) {
        unsigned sessions[2];

        for (unsigned jobs = 1; jobs <= 2; jobs++) {
            struct quoth_batch *b;

            people(WORLD_FINE, 1, 100);
            b = begin(0);
            for (unsigned i = 0; i < n; i++) {
                const struct quoth_batch_options of = {.job = i % jobs};
                put(b, i, "u", 5, &of);
            }
            end_all(b);
            CHECK_INT(got.n, n);
            sessions[jobs - 1] = W.hosts[0].sessions;
        }
        CHECK_INT(sessions[1], sessions[0]);
    }
}

/* Jobs at one provider take turns: a small one that came later has as many of its answers as the
 * large ones, be it about their domain or another of the same provider, and so has a third. */
TEST(H_turns_of_jobs)
{
    for (unsigned same = 0; same < 2; same++)
        for (unsigned after = 0; after < 40; after += 5) {
            people(WORLD_FINE, 1, 250);
            struct quoth_batch *b = begin(0);
            struct quoth_batch_options o = {.job = 1};
            for (unsigned i = 0; i < 3000; i++)
                put(b, i, "u", same ? 0 : i % 240, &o);
            for (unsigned k = 0; k < 40 + after; k++)
                step(b);
            for (unsigned job = 2; job <= 3; job++) {
                o.job = job;
                for (unsigned i = 0; i < 40; i++)
                    put(b, 2000 + job * 500 + i, "v", same ? 0 : 250 - job, &o);
            }
            CHECK(got.n < 600);
            CHECK(until_told(b, 3000, 40) < 3 * 40 + 120); /* and what was in hand or dealt */
            CHECK(until_told(b, 3500, 40) < 120);
            o.job = 2; /* once more, into what goes on by turns */
            for (unsigned i = 0; i < 100; i++)
                put(b, 3600 + i, "w", same ? 0 : 241, &o);
            CHECK(until_told(b, 3600, 100) < (same ? 2 : 4) * 100 + 120); /* 3000 are before it */
            if (after % 2)
                quoth_batch_drop(b, 1);
            end_all(b);
            for (unsigned i = 0; i < 3700; i++)
                CHECK(got.told[i] <= 1);
            CHECK(after % 2 || got.n == 3180);
        }
}

/* A silent host is not called by each address over which a conversation broke off before: silence
 * may be about one of them, but not about one after the other. */
TEST(Z_silent_alone)
{
    enum { ALONE = 8 };
    people(WORLD_HANGUP, 1, 1);
    limits.per_host = 1;
    struct quoth_batch *b = begin(0);
    struct world_host *host = &W.hosts[0];
    for (unsigned i = 0; i < 200; i++)
        put(b, i, "u", 0, NULL);
    while (host->kind == WORLD_HANGUP && step(b) > 0) { /* over one more each time */
        host->after = ALONE - host->sessions;
        if (host->sessions == ALONE)
            host->kind = WORLD_MUTE;
    }
    end_all(b);
    CHECK_INT(got.n, 200);
    CHECK(host->sessions <= ALONE + 3);
}

/* Domains are taken up in an order that says nothing of the list's, but those that wait longest
 * first; and of each job by turns. */
TEST(G18_drawn)
{
    enum { FEW = 40 };
    const unsigned n = BATCH_MOST - FEW;
    struct quoth_batch_options o = {.job = 1};
    unsigned down = 0, next = 0;

    people(WORLD_FINE, 1, 1);
    struct quoth_batch *b = begin(0);
    const unsigned taken_up = 2 * W.limits->open;
    for (unsigned i = 0; i < n; i++)
        put(b, i, "u", 1 + i, &o); /* names that do not exist */
    step(b);
    o.job = 2;
    for (unsigned i = n; i < BATCH_MOST; i++)
        put(b, i, "u", 1 + i, &o);
    CHECK(until_told(b, n, FEW) <= 2 * FEW + 2 * taken_up);
    end_all(b);
    CHECK_INT(got.n, BATCH_MOST);
    for (unsigned i = 0; i < n; i++)
        CHECK(i < got.rank[i] + BATCH_DRAW + taken_up);
    for (unsigned i = 1; i < n; i++) {
        down += got.rank[i] < got.rank[i - 1];
        next += got.rank[i] == got.rank[i - 1] + 1;
    }
    CHECK(down > n / 3 && down < n / 3 * 2);
    CHECK(next < n / 100);
}

/* One conversation in eight is not a list's. */
TEST(H_kept)
{
    static const struct quoth_batch_options now = {.priority = QUOTH_BATCH_INTERACTIVE};
    people(WORLD_SILENT, 60, 60);
    for (unsigned i = 0; i < 60; i++)
        W.hosts[i].ip[2] = (uint8_t)i;
    W.hosts[59].kind = WORLD_FINE;
    limits.open = 16;
    limits.kept = 2;
    struct quoth_batch *b = begin(0);
    for (unsigned i = 0; i < 59; i++)
        put(b, i, "u", i, NULL);
    while (W.open < 14)
        step(b);
    CHECK_INT(put(b, 100, "u", 59, &now), QUOTH_OK);
    uint64_t from = W.now;
    while (!got.told[100])
        step(b);
    CHECK(W.now - from < 3000); /* all others wait for their connection to fail */
    CHECK(W.most_open <= 15);
    end_all(b);
}

/* Who waits is not put off, and not left to wait for a host that is held back. */
TEST(H_not_put_off)
{
    static const struct quoth_batch_options now = {.priority = QUOTH_BATCH_INTERACTIVE};
    people(WORLD_GREY, 1, 1);
    struct quoth_batch *b = begin(0);
    put(b, 0, "u", 0, &now);
    end_all(b);
    CHECK_INT(got.reason[QUOTH_REASON_GREYLISTED], 1);
    people(WORLD_BANNER_421, 1, 2);
    b = begin(0);
    put(b, 0, "u", 0, NULL);
    while (!strstr(got.events, "left alone"))
        step(b);
    put(b, 1, "u", 1, &now);
    while (!got.told[1])
        step(b);
    CHECK_INT(got.told[0], 0);
    CHECK_INT(got.reason[QUOTH_REASON_RATE_LIMITED], 1);
    CHECK(W.now - 0xFFFFFF00u < 60000);
    end_all(b);
}

/* A job is forgotten: nothing of it is told any more, all of the others is. */
TEST(H_drop)
{
    for (unsigned after = 0; after < 200; after += 9) {
        unsigned before;
        people(WORLD_FINE, 3, 20);
        struct quoth_batch *b = begin(0);
        for (unsigned i = 0; i < 600; i++) {
            struct quoth_batch_options o = {.job = i % 3, .priority = i % 50 == 0};
            char text[40]; /* some are in two jobs */
            int n = snprintf(text, sizeof text, "u%u@d%u.net", i / 2, i / 2 % 20);
            CHECK_INT(quoth_batch_add(b, i, text, (size_t)n, &o), QUOTH_OK);
        }
        for (unsigned k = 0; k < after; k++)
            step(b);
        quoth_batch_drop(b, 1);
        before = got.n;
        memset(got.told, 0, sizeof got.told);
        end_all(b);
        for (unsigned i = 1; i < 600; i += 3)
            CHECK_INT(got.told[i], 0);
        CHECK_INT(stats.done + stats.dropped, 600);
        CHECK_INT(stats.waiting, 0);
        CHECK(got.n >= before && got.n >= 400 && stats.done == got.n);
        CHECK(after || got.n == 400);
    }
}

/* A gate: one address may be called at once, one after a while, one later, one never. */
static struct {
    struct quoth_ip owed[4];
    unsigned owed_n, asked[8], over[8], kinds[4], cut[12];
} gate;

static uint64_t gate_may(void *arg, const struct quoth_ip *ip, const char *domain)
{
    unsigned host = ip->b[3] - 1u;
    CHECK(world_dom(domain, strlen(domain)) >= 0);
    CHECK_INT(W.hosts[host].open, 0);
    gate.asked[host]++;
    switch (host) {
    case 0: return 0;
    case 1: return gate.asked[host] % 2 ? 40000 : 0;
    case 2: gate.owed[gate.owed_n++] = *ip; return QUOTH_BATCH_MAY_LATER;
    default: return QUOTH_NEVER;
    }
}

static void gate_over(void *arg, const struct quoth_ip *ip, enum quoth_pace_kind kind,
                      enum quoth_err err)
{
    gate.over[ip->b[3] - 1u]++;
    gate.kinds[kind]++;
    gate.cut[-err]++;
}

TEST(H_may)
{
    static const struct quoth_ip nobody = {4, {203, 0, 113, 1}};
    people(WORLD_FINE, 4, 8);
    memset(&gate, 0, sizeof gate);
    struct quoth_batch_hooks hooks = {
        .result = told, .event = event, .may = gate_may, .over = gate_over};
    struct quoth_batch *b = quoth_batch_new(&conf, &limits, NULL, &hooks);
    W.limits = quoth_batch_effective(b);
    for (unsigned i = 0; i < 80; i++)
        put(b, i, "u", i % 8, NULL);
    while (got.n < 60) {
        quoth_batch_may(b, &nobody, 0); /* nothing is owed for it */
        quoth_batch_stats(b, &stats);
        if (stats.inside <= 20 && gate.owed_n)
            break;
        step(b);
    }
    CHECK_INT(gate.owed_n, 1); /* and not asked again meanwhile */
    CHECK_INT(W.hosts[2].sessions, 0);
    quoth_batch_may(b, &gate.owed[0], 1000);
    gate.owed_n = 0;
    quoth_batch_close(b);
    while (step(b) > 0)
        while (gate.owed_n)
            quoth_batch_may(b, &gate.owed[--gate.owed_n], 0);
    quoth_batch_stats(b, &stats);
    CHECK_INT(quoth_batch_answers(b)[QUOTH_ANSWER_DATA], stats.lookups);
    CHECK(stats.lookups > 0);
    end(b);
    CHECK_INT(got.n, 80);
    CHECK_INT(got.reason[QUOTH_REASON_TARGET_POLICY], 20);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 60);
    CHECK_INT(W.hosts[3].sessions, 0);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(gate.over[i], W.hosts[i].sessions); /* each that was let through is over */
    CHECK_INT(gate.over[3], 0);
    CHECK_INT(gate.kinds[QUOTH_PACE_FINE], gate.over[0] + gate.over[1] + gate.over[2]);
    CHECK_INT(gate.cut[-QUOTH_OK], gate.kinds[QUOTH_PACE_FINE]);
    people(WORLD_BANNER_421, 1, 1);
    memset(&gate, 0, sizeof gate);
    b = quoth_batch_new(&conf, &limits, NULL, &hooks);
    W.limits = quoth_batch_effective(b);
    put(b, 0, "u", 0, NULL);
    end_all(b);
    CHECK_INT(gate.kinds[QUOTH_PACE_BUSY], 4); /* a hold is told as well */
    for (int silent = 0; silent < 2; silent++) {
        people(silent ? WORLD_SILENT : WORLD_REFUSED, 1, 1);
        memset(&gate, 0, sizeof gate);
        b = quoth_batch_new(&conf, &limits, NULL, &hooks);
        W.limits = quoth_batch_effective(b);
        put(b, 0, "u", 0, NULL);
        end_all(b);
        CHECK(gate.over[0] > 0);
        CHECK_INT(gate.cut[silent ? -QUOTH_ETIME : -QUOTH_EREFUSED], gate.over[0]);
    }
}

/* What a single check's slot is told, by address. */
static struct {
    unsigned dns, hosts, talk, wait, other;
    uint64_t wait_ms;
    char said[4000], heard[4000];
} traced;

static void trace(void *arg, const struct quoth_batch_trace *t)
{
    const struct quoth_want *w = t->want;
    if (t->id != 7) {
        traced.other++;
        return;
    }
    switch (t->kind) {
    case QUOTH_BATCH_TRACE_DNS:
        CHECK(t->name && (t->type == QUOTH_DNS_MX || t->type == QUOTH_DNS_A));
        CHECK(!traced.hosts && !traced.talk);
        traced.dns++;
        break;
    case QUOTH_BATCH_TRACE_HOSTS:
        CHECK_STR(t->host, "mx0.fam0.org");
        CHECK(t->route->n == 1 && t->peer.ip.b[0] == 198 && t->mx == QUOTH_MX_HOSTS);
        traced.hosts++;
        break;
    case QUOTH_BATCH_TRACE_TALK:
        CHECK_STR(t->host, "mx0.fam0.org");
        traced.talk++;
        if (w->kind == QUOTH_WANT_SEND && t->event->kind == QUOTH_EV_SENT)
            strncat(traced.said, w->out, t->event->n);
        if (t->event && t->event->kind == QUOTH_EV_DATA)
            strncat(traced.heard, t->event->data, t->event->n);
        break;
    case QUOTH_BATCH_TRACE_WAIT:
        CHECK_STR(t->host, "mx0.fam0.org");
        CHECK(t->peer.ip.b[0] == 198 && !w && !t->event);
        traced.wait_ms = t->wait_ms;
        traced.wait++;
    }
}

/* Whoever waits for a host that was called just now, or is being called, is told so. */
TEST(H_trace_wait)
{
    static const struct quoth_batch_options now = {.priority = QUOTH_BATCH_INTERACTIVE, .trace = 1};
    const struct quoth_batch_hooks hooks = {.result = told, .event = event, .trace = trace};
    people(WORLD_FINE, 1, 2);
    memset(&traced, 0, sizeof traced);
    struct quoth_batch *b = quoth_batch_new(&conf, &limits, NULL, &hooks);
    W.limits = quoth_batch_effective(b);
    put(b, 1, "u", 1, NULL);
    while (!got.told[1] || W.open)
        step(b);
    CHECK_INT(traced.wait, 0);
    put(b, 7, "u", 0, &now);
    uint64_t from = 0;
    while (!traced.talk) {
        step(b);
        from = traced.wait && !from ? W.now : from;
    }
    CHECK_INT(traced.wait, 1);
    CHECK(traced.wait_ms > 5000 && traced.wait_ms <= 12500);
    CHECK(W.now - from >= traced.wait_ms - 100);
    end_all(b);
    people(WORLD_FINE, 1, 3);
    memset(&traced, 0, sizeof traced);
    b = quoth_batch_new(&conf, &limits, NULL, &hooks);
    W.limits = quoth_batch_effective(b);
    for (unsigned i = 100; i < 1000; i++)
        put(b, i, "u", i % 3, NULL);
    while (got.n < 5 || !W.open)
        step(b);
    uint32_t dom = 0; /* one that waits in the queue of the host */
    while (batch_dom(b, dom)->state != BATCH_DOM_QUEUED)
        dom++;
    put(b, 7, "u", (unsigned)atoi(batch_dom_name(b, dom) + 1), &now);
    end_all(b);
    CHECK_INT(traced.wait, 1);
    CHECK_INT(traced.wait_ms, 0);
}

TEST(H_trace)
{
    static const struct quoth_batch_options o = {.trace = 1};
    for (unsigned cut = 0; cut < 2; cut++) {
        people(WORLD_FINE, 2, 2);
        W.cut = (int)cut;
        memset(&traced, 0, sizeof traced);
        struct quoth_batch_hooks hooks = {.result = told, .event = event, .trace = trace};
        struct quoth_batch *b = quoth_batch_new(&conf, &limits, NULL, &hooks);
        W.limits = quoth_batch_effective(b);
        put(b, 7, "u", 0, &o);
        put(b, 8, "u", 0, NULL);
        put(b, 9, "u", 1, NULL);
        end_all(b);
        CHECK(traced.dns >= 6 && traced.hosts == 1 && !traced.other);
        CHECK(!strncmp(traced.said, "EHLO probe.sender.org\r\nMAIL FROM:<me@sender.org>", 48));
        CHECK(strstr(traced.said, "RCPT TO:<u7@d0.net>\r\n"));
        CHECK(strstr(traced.said, "RSET\r\n") && strstr(traced.said, "QUIT\r\n")); /* the decoy */
        CHECK(!strncmp(traced.heard, "220 mx ESMTP\r\n250-mx", 20));
        CHECK(strstr(traced.heard, "550 5.1.1 no such user here") && strstr(traced.heard, "221 "));
    }
}

/* A domain has moved to another host while its answers wait for their conversation to end: what the
 * decoy is told there says nothing of them, and who gave them is named. */
TEST(X12_moved)
{
    people(WORLD_CATCH_ALL, 2, 2);
    W.hosts[1].kind = WORLD_FINE;
    W.doms[1].host[0] = 0;
    limits.gap_ms = 1000;
    struct quoth_batch *b = begin(0);
    put(b, 0, "u", 0, NULL);
    while (got.n < 1 && step(b) > 0) {
    }
    CHECK_INT(got.reason[QUOTH_REASON_CATCH_ALL], 1);
    W.now += 9 * BATCH_MIN + 50000; /* what is known of its host is good for ten minutes */
    W.hosts[0].reply_ms = 20000;
    put(b, 1, "u", 0, NULL);
    while (!W.hosts[0].open && step(b) > 0) {
    }
    for (unsigned id = 2; id < 5; id++)
        put(b, id, "u", 1, NULL);
    while (batch_dom(b, 0)->out == 1 && step(b) > 0) {
    }
    W.doms[0].host[0] = 1;
    W.now += 1000;
    CHECK(W.hosts[0].open && got.n == 1);
    put(b, 6, "u", 0, NULL);
    end_all(b);
    CHECK_INT(got.n, 6);
    CHECK_INT(W.hosts[1].sessions,
              2); /* for the newcomer, and for the one that was answered before */
}

/* What a connection breaks over is left out of the next one; for an hour when the one that had it
 * again broke over it as well. */
static void two_proofs(enum world_kind kind)
{
    static const struct {
        int breaks;
        unsigned wait_min;
        int without;
    } row[] = {
        {1, 0, 1}, {0, 0, 0},  {1, 0, 1}, {1, 0, 1}, {0, 0, 1},
        {0, 0, 1}, {0, 61, 0}, {1, 0, 1}, {0, 0, 0},
    };
    people(kind, 1, 1);
    limits.gap_ms = 1000;
    struct quoth_batch *b = begin(0);
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        int without;
        W.hosts[0].kind = row[i].breaks ? kind : WORLD_FINE;
        W.now += row[i].wait_min * BATCH_MIN;
        put(b, i, "u", 0, NULL);
        while (!got.told[i])
            step(b);
        without = kind == WORLD_HELO ? !!(got.ev.flags & QUOTH_EVID_HELO)
                                     : W.hosts[0].burst_in != W.hosts[0].sessions;
        CHECK_INT(without, row[i].without);
        CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], i + 1);
    }
    end_all(b);
}

TEST(P04_two_proofs) { two_proofs(WORLD_HELO); }
TEST(P37_two_proofs) { two_proofs(WORLD_FAULTS); }

/* With HELO for once a server says nothing of SMTPUTF8. */
TEST(P04_utf8_waits)
{
    people(WORLD_HELO, 1, 1);
    W.hosts[0].utf8 = 1;
    limits.gap_ms = 1000;
    struct quoth_batch *b = begin(0);
    put(b, 0, "u\xc3\xbc", 0, NULL);
    while (!got.told[0]) {
        step(b);
        if (W.hosts[0].sessions > 1)
            W.hosts[0].kind = WORLD_FINE;
    }
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 1);
    CHECK_INT(W.hosts[0].sessions, 3);
    end_all(b);
}

/* ---- what outlives the process ------------------------------------------ */

static struct {
    char text[8000];
    size_t n;
} saved;

static int save(void *arg, const char *p, size_t n)
{
    CHECK(saved.n + n < sizeof saved.text);
    memcpy(saved.text + saved.n, p, n);
    saved.n += n;
    saved.text[saved.n] = '\0';
    return arg ? 7 : 0;
}

static uint64_t wall(void) { return 1732690000000u + W.now; }

/* One run, saved; another engine that knows of it. */
static struct quoth_batch *again(struct quoth_batch *b, uint64_t later)
{
    uint32_t line;
    saved.n = 0;
    CHECK_INT(quoth_batch_save(b, wall(), save, NULL), 0);
    quoth_batch_free(b);
    W.now += later;
    memset(&got, 0, sizeof got);
    b = begin(0);
    CHECK_INT(quoth_batch_load(b, wall(), saved.text, saved.n, &line), QUOTH_OK);
    return b;
}

/* The world itself asserts that no host, network or domain is called before its time, whichever
 * engine it is. */
TEST(G05_saved)
{
    people(WORLD_FINE, 10, 10);
    W.hosts[4].kind = WORLD_BANNER_421;
    W.hosts[8].kind = W.hosts[9].kind = WORLD_LISTED;
    W.hosts[8].ip[2] = W.hosts[9].ip[2] = 77;
    limits.per_domain_hour = 1;
    struct quoth_batch *b = begin(0);
    snprintf(W.doms[8].name, sizeof W.doms[8].name, "listed.net");
    put(b, 0, "u", 0, NULL);
    put(b, 1, "u", 4, NULL);
    quoth_batch_add(b, 4, "u4@listed.net", 13, NULL);
    put(b, 5, "u", 9, NULL);
    while (!(strstr(got.events, "left alone") && strstr(got.events, "block list") && got.told[0]))
        step(b);
    b = again(b, 1000);
    CHECK(strstr(saved.text, "\nhold 198.51.0.5 ") &&
          strstr(saved.text, " rate_limited 1 0 0 0 0\n"));
    CHECK(strstr(saved.text, "\nfamily 198.51.77.") && strstr(saved.text, " fam2.org "));
    CHECK(strstr(saved.text, "\ndecoy d0.net mx0.fam0.org 198.51.0.1 550 user_unknown "));
    CHECK(strstr(saved.text, "\nhour d0.net 1 "));
    W.hosts[0].kind = W.hosts[4].kind = WORLD_FINE;
    uint64_t from = W.now;
    put(b, 10, "u", 0, NULL);
    put(b, 11, "u", 4, NULL);
    quoth_batch_add(b, 12, "u12@listed.net", 14, NULL);
    while (got.n < 3)
        step(b);
    quoth_batch_stats(b, &stats);
    CHECK(got.last - from >= 14 * BATCH_MIN);
    CHECK_INT(stats.decoys, 1); /* that of the other host */
    CHECK_INT(got.reason[QUOTH_REASON_IP_BLOCKED], 1);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 2);
    b = again(b, 2 * 60 * BATCH_MIN); /* hours and holds are over, the block list is not */
    CHECK(!strstr(saved.text, "\nhold 198.51.0.5 0"));
    from = W.now;
    put(b, 0, "u", 0, NULL);
    quoth_batch_add(b, 1, "u1@listed.net", 13, NULL);
    while (got.n < 2)
        step(b);
    CHECK(got.last - from < 60000);
    CHECK_INT(got.reason[QUOTH_REASON_IP_BLOCKED], 1);
    b = again(b, 25 * 60 * BATCH_MIN);
    W.hosts[8].kind = WORLD_FINE;
    quoth_batch_add(b, 1, "u1@listed.net", 13, NULL);
    end_all(b);
    CHECK_INT(got.verdict[QUOTH_VERDICT_DELIVERABLE], 1);
}

/* A day after the last word of a server that refused us twice, one more refusal is enough: for an
 * engine that went on as for one that was started meanwhile. */
TEST(G05_once_more)
{
    for (unsigned restart = 0; restart < 2; restart++) {
        people(WORLD_BANNER_554, 1, 200);
        struct quoth_batch *b = begin(0);
        for (unsigned i = 0; i < 100; i++)
            put(b, i, "u", i, NULL);
        while (got.n < 100)
            step(b);
        CHECK_INT(W.hosts[0].sessions, 2);
        if (restart) {
            b = again(b, 25 * 60 * BATCH_MIN);
            W.again = 1;
        } else {
            W.now += 25 * 60 * BATCH_MIN;
            W.endless = 1;
            memset(&got, 0, sizeof got);
        }
        for (unsigned i = 0; i < 100; i++)
            put(b, i, "u", 100 + i, NULL);
        while (got.n < 100)
            step(b);
        CHECK_INT(W.hosts[0].sessions, 3);
        CHECK_INT(got.verdict[QUOTH_VERDICT_UNKNOWN], 100);
        end_all(b);
    }
    /* One refusal, then given up as too slow: the next refusal is the second. */
    static const char slow[] =
        "quoth-pace 1\nstop 198.51.0.1 1737000000000 timeout 0 1 0 0 0\nend 1\n";
    uint32_t line;
    people(WORLD_BANNER_554, 1, 10);
    struct quoth_batch *b = begin(0);
    CHECK_INT(quoth_batch_load(b, 1737000000001, slow, sizeof slow - 1, &line), QUOTH_OK);
    for (unsigned i = 0; i < 10; i++)
        put(b, i, "u", i, NULL);
    end_all(b);
    CHECK_INT(got.n, 10);
    CHECK_INT(W.hosts[0].sessions, 1);
}

/* What is saved of what was loaded is the same; any byte that is missing or another one is told by
 * its line, and changes nothing. */
TEST(G05_damaged)
{
    static const char good[] =
        "quoth-pace 1\n"
        "hold 198.51.0.1 1737000000000 rate_limited 1 0 0 120 7\n"
        "stop 2001:db8::1 1737000500000 policy_rejected 0 2 0 4 0\n"
        "family 198.51.0.7 fam0.org 1737000600000\n"
        "decoy d0.net mx0.fam0.org 198.51.0.1 550 user_unknown 1737000700000\n"
        "hour d0.net 17 1737000800000\n"
        "end 5\n";
    static const struct {
        const char *text;
        uint32_t line;
    } bad[] = {
        {"", 1},
        {"quoth-pace 2\nend 0\n", 1},
        {"quoth-pace 1\n", 2},
        {"quoth-pace 1\nend 1\n", 2},
        {"quoth-pace 1\nend 0", 2},
        {"quoth-pace 1\nend 0\nend 0\n", 3},
        {"quoth-pace 1\n\nend 1\n", 2},
        {"quoth-pace 1\nhold 198.51.0.1 1 none 0 0 0 0\nend 1\n", 2},
        {"quoth-pace 1\nhold 198.51.0.1 1 none 0 0 0 0 0 0\nend 1\n", 2},
        {"quoth-pace 1\nhold 198.51.0.1 1 none 0 0 2 0 0\nend 1\n", 2},
        {"quoth-pace 1\nhold 198.51.0.1 1 none 256 0 0 0 0\nend 1\n", 2},
        {"quoth-pace 1\nhold 198.51.0.1 1 nonesuch 0 0 0 0 0\nend 1\n", 2},
        {"quoth-pace 1\nhold 198.51.0.999 1 none 0 0 0 0 0\nend 1\n", 2},
        {"quoth-pace 1\nhour d0.net 1 1\nhour d0..net 1 1\nend 2\n", 3},
        {"quoth-pace 1\nhour d0.net 1 -1\nend 1\n", 2},
        {"quoth-pace 1\nhour d0.net 1 99999999999999999999\nend 1\n", 2},
        {"quoth-pace 1\nhour d0.net 1 1 \nend 1\n", 2},
        {"quoth-pace 1\ndecoy d0.net mx.net 198.51.0.1 55 none 1\nend 1\n", 2},
    };
    uint32_t line = 0;
    people(WORLD_FINE, 1, 1);
    struct quoth_batch *b = begin(0);
    CHECK_INT(quoth_batch_load(b, 1736999900000u, good, sizeof good - 1, &line), QUOTH_OK);
    saved.n = 0;
    CHECK_INT(quoth_batch_save(b, 1736999900000u, save, NULL), 0);
    CHECK_STR(saved.text, good);
    CHECK_INT(quoth_batch_save(b, 0, save, b), 7);
    quoth_batch_free(b);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        b = begin(0);
        CHECK_INT(quoth_batch_load(b, 0, bad[i].text, strlen(bad[i].text), &line), QUOTH_EINVAL);
        CHECK_INT(line, bad[i].line);
        quoth_batch_stats(b, &stats);
        CHECK(!stats.domains && !stats.destinations);
        quoth_batch_free(b);
    }
    for (size_t n = 0; n < sizeof good - 1; n++) { /* cut off anywhere */
        b = begin(0);
        CHECK_INT(quoth_batch_load(b, 0, good, n, &line), QUOTH_EINVAL);
        CHECK(line >= 1 && line <= 7);
        quoth_batch_stats(b, &stats);
        CHECK(!stats.domains && !stats.destinations);
        quoth_batch_free(b);
    }
}

int main(void)
{
    RUN(P14_decoy_once);
    RUN(T16_broke_off);
    RUN(P30_leaves);
    RUN(P31_scout);
    RUN(O_duplicates);
    RUN(A_told_at_once);
    RUN(G06_greylisted);
    RUN(G06_no_wait);
    RUN(G05_busy);
    RUN(G05_busy_though_it_answers);
    RUN(G04_crowd);
    RUN(G05_refused_twice);
    RUN(G07_decoy_known);
    RUN(G13_listed);
    RUN(G13_not_the_family);
    RUN(G08_harvesting);
    RUN(Z_hour);
    RUN(Z_worst);
    RUN(Z_run_ms);
    RUN(G04_network);
    RUN(G04_one_host);
    RUN(H_dead_hosts);
    RUN(Z_silent_hosts);
    RUN(Z_silent_alone);
    RUN(P37_lost_bursts);
    RUN(P38_lies);
    RUN(P38_lies_late);
    RUN(P38_costs);
    RUN(P38_no_place);
    RUN(P14_two_decoys);
    RUN(E06_short);
    RUN(X_next_host);
    RUN(K11_all_gone);
    RUN(P_helo);
    RUN(P28_ghost);
    RUN(P28_silence_at_quit);
    RUN(P30_poison);
    RUN(Z_timeout);
    RUN(O_times);
    RUN(S_smtputf8);
    RUN(D_dns);
    RUN(Z_away);
    RUN(G01_depth);
    RUN(P24_stop);
    RUN(Z_held);
    RUN(G_plan);
    RUN(Z_effective);
    RUN(H_due);
    RUN(Z_worst_names);
    RUN(Z_worst_memory);
    RUN(H_add_from_within);
    RUN(H_memory);
    RUN(H_interactive);
    RUN(H_turns_cost_nothing);
    RUN(H_turns_of_jobs);
    RUN(G18_drawn);
    RUN(H_kept);
    RUN(H_not_put_off);
    RUN(H_trace);
    RUN(H_trace_wait);
    RUN(H_may);
    RUN(H_drop);
    RUN(X12_moved);
    RUN(P04_two_proofs);
    RUN(P37_two_proofs);
    RUN(P04_utf8_waits);
    RUN(G05_saved);
    RUN(G05_once_more);
    RUN(G05_damaged);
    world_reset(0);
    return report("batch");
}
