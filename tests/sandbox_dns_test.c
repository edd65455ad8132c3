/* sandbox_dns_test.c - the sandbox's DNS server against core's lookups, without a socket between
 * them: what the world's table says of records comes out of a record set as it was written there.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "test.h"
#include "quoth.h"
#include "sandbox.h"

static const struct sandbox_set sandbox = {.net = {127, 0, 25}};
static struct quoth_resolver res;
static struct quoth_lookup look;
static struct quoth_rrset set;
static uint8_t room[16384], lent[65535];
static unsigned streams; /* connections of the last lookup */

/* ---- one lookup --------------------------------------------------------- */

/* The sandbox's answer to the question that is out; behind its length over TCP. 0: silence. */
static size_t served(int tcp, uint8_t *out, size_t cap)
{
    static unsigned lossy;
    struct sandbox_question q = {.tcp = tcp};
    size_t n, head = tcp ? 2 : 0;

    n = sandbox_dns_answer(&sandbox, &q, look.q, look.q_n, &lossy, out + head, cap - head);
    if (tcp) {
        out[0] = (uint8_t)(n >> 8);
        out[1] = (uint8_t)n;
    }
    return n ? n + head : 0;
}

static void ask_name(const struct quoth_name *name, uint16_t type, uint16_t options)
{
    static uint8_t out[65537];
    struct quoth_question question = {name, type, options};
    uint8_t seed[16] = {7};
    struct quoth_want w;
    int tcp = 0;

    set.buf = room;
    set.cap = sizeof room;
    streams = 0;
    quoth_lookup_start(&look, &res, &question, seed, 1000);
    quoth_lookup_lend(&look, lent, sizeof lent);
    for (;;) {
        struct quoth_event ev = {.now = 1000};
        quoth_lookup_want(&look, &w);
        ev.n = w.n;
        ev.from = w.peer;
        switch (w.kind) {
        case QUOTH_WANT_DONE: return;
        case QUOTH_WANT_OPEN:
            tcp = 1;
            streams++;
            ev.kind = QUOTH_EV_UP;
            break;
        case QUOTH_WANT_CLOSE:
            tcp = 0;
            ev.kind = QUOTH_EV_DOWN;
            break;
        case QUOTH_WANT_RECV:
            ev.n = served(tcp, out, sizeof out);
            ev.data = out;
            ev.kind = ev.n ? QUOTH_EV_DATA : QUOTH_EV_TIME;
            if (!ev.n)
                ev.now = w.deadline;
            break;
        default: ev.kind = QUOTH_EV_SENT; break;
        }
        if (quoth_lookup_feed_set(&look, &ev, &set) != QUOTH_OK)
            abort();
    }
}

static void ask(const char *text, uint16_t type, uint16_t options)
{
    struct quoth_name name;

    if (quoth_name_parse(&name, text, strlen(text)) != QUOTH_OK)
        abort();
    ask_name(&name, type, options);
}

static int holds(const uint8_t *p, size_t n)
{
    struct quoth_span data;
    size_t at = 0;

    while (quoth_rrset_next(&set, &at, &data) == 1)
        if (data.n == n && (n == 0 || !memcmp(data.p, p, n)))
            return 1;
    return 0;
}
static int holds_name(const char *text)
{
    struct quoth_name name;

    if (quoth_name_parse(&name, text, strlen(text)) != QUOTH_OK)
        abort();
    return holds(name.b, name.n);
}

/* ---- tests -------------------------------------------------------------- */

/* The data of a row in its wire form, written by other means than the sandbox's. */
static size_t row(const struct world_record *r, uint8_t *p)
{
    unsigned a, b, c, byte;
    size_t n = 0;
    char said[2048];
    int at;

    world_say(said, sizeof said, r->data);
    if (r->type == WORLD_TXT) {
        for (const char *s = said; *s; s++)
            if (*s != '\n')
                p[n++] = (uint8_t)*s;
        return n;
    }
    CHECK(sscanf(said, "%u %u %u %n", &a, &b, &c, &at) == 3);
    if (r->type == WORLD_DS)
        p[n++] = (uint8_t)(a >> 8);
    p[n++] = (uint8_t)a;
    p[n++] = (uint8_t)b;
    p[n++] = (uint8_t)c;
    for (const char *s = said + at; sscanf(s, "%2x", &byte) == 1; s += 2)
        p[n++] = (uint8_t)byte;
    return n;
}

TEST(D33_rows)
{
    uint8_t want[2048];
    unsigned rows[60] = {0};

    for (unsigned i = 0; i < world_records_n; i++) {
        const struct world_record *r = &world_records[i];
        const struct world_oddity *odd = world_oddity_of(r->owner, r->type);
        if (r->type == WORLD_A || r->type == WORLD_AAAA || r->type == WORLD_MX ||
            (odd && odd->quirk != WORLD_DNS_MANY))
            continue;
        rows[r->type]++;
        set.match = NULL;
        ask(r->owner, r->type, 0);
        CHECK_INT(set.answer, QUOTH_ANSWER_DATA);
        if (r->type == WORLD_CNAME || r->type == WORLD_PTR)
            CHECK(holds_name(r->data));
        else if (r->type == WORLD_SOA)
            CHECK_INT(set.n, 1);
        else
            CHECK(holds(want, row(r, want)));
        CHECK_INT(set.ttl, 60);
        CHECK_INT(set.flags, 0);
    }
    CHECK(rows[WORLD_TXT] > 5 && rows[WORLD_PTR] > 4 && rows[WORLD_CNAME] > 5);
    CHECK(rows[WORLD_DS] && rows[WORLD_TLSA] > 1 && rows[WORLD_SOA] > 3);
}

/* A key of more than 255 bytes, a text in two strings, an empty one. */
TEST(D31)
{
    struct quoth_span data = {"", 0};
    size_t at = 0;

    set.match = NULL;
    ask("s1._domainkey.good.test", QUOTH_DNS_TXT, 0);
    CHECK(set.n == 1 && quoth_rrset_next(&set, &at, &data) == 1);
    CHECK(data.n > 255 && !memcmp(data.p, "v=DKIM1; k=rsa; p=MII", 21));
    ask("joined.test", QUOTH_DNS_TXT, 0);
    CHECK(holds((const uint8_t *)"v=spf1 ainclude:good.test -all", 30));
    ask("empty.test", QUOTH_DNS_TXT, 0);
    CHECK(set.n == 1 && holds((const uint8_t *)"", 0));
    set.match = "v=spf1";
    ask("good.test", QUOTH_DNS_TXT, 0);
    CHECK(set.n == 1 && set.others == 1 && streams == 0);
    ask("tokens.test", QUOTH_DNS_TXT, 0); /* sixty tokens: over TCP */
    CHECK(set.n == 1 && set.others == 60 && streams == 1);
    CHECK(holds((const uint8_t *)"v=spf1 -all", 11));
    set.match = NULL;
}

TEST(V02)
{
    static const struct {
        const char *name;
        uint16_t type;
        enum quoth_answer answer;
        int ad;
    } t[] = {
        {"signed.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA, 1},
        {"signed.test", QUOTH_DNS_MX, QUOTH_ANSWER_DATA, 1},
        {"_25._tcp.mx.signed.test", QUOTH_DNS_TLSA, QUOTH_ANSWER_DATA, 1},
        {"alias.signed.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA, 1},
        {"signed.test", QUOTH_DNS_TLSA, QUOTH_ANSWER_NODATA, 1},
        {"nosuch.signed.test", QUOTH_DNS_TXT, QUOTH_ANSWER_NXDOMAIN, 1},
        {".", QUOTH_DNS_SOA, QUOTH_ANSWER_DATA, 1},
        {"tosigned.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA, 0},
        {"good.test", QUOTH_DNS_TXT, QUOTH_ANSWER_DATA, 0},
        {"notsigned.test", QUOTH_DNS_TXT, QUOTH_ANSWER_NXDOMAIN, 0},
    };

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        ask(t[i].name, t[i].type, QUOTH_ASK_AD);
        CHECK_INT(set.answer, t[i].answer);
        CHECK_INT(!!(set.flags & QUOTH_SET_AD), t[i].ad);
        ask(t[i].name, t[i].type, 0);
        CHECK_INT(set.answer, t[i].answer);
        CHECK_INT(set.flags & QUOTH_SET_AD, 0);
        ask(t[i].name, t[i].type, QUOTH_ASK_AD | QUOTH_ASK_CD); /* then nobody validates */
        CHECK_INT(set.answer, t[i].answer);
        CHECK_INT(set.flags & QUOTH_SET_AD, 0);
    }
}

TEST(D34)
{
    ask("bogus.test", QUOTH_DNS_TXT, QUOTH_ASK_AD);
    CHECK(set.answer == QUOTH_ANSWER_SERVFAIL && set.ede == 1 + 6);
    ask("bogus.test", QUOTH_DNS_TXT, QUOTH_ASK_CD);
    CHECK(set.answer == QUOTH_ANSWER_DATA && set.ede == 0 && set.n == 1);
    ask("lame.test", QUOTH_DNS_MX, 0);
    CHECK(set.answer == QUOTH_ANSWER_SERVFAIL && set.ede == 1 + 22);
    ask("lame.test", QUOTH_DNS_MX, QUOTH_ASK_CD);
    CHECK(set.answer == QUOTH_ANSWER_SERVFAIL && set.ede == 1 + 22);
    ask("servfail.test", QUOTH_DNS_MX, 0);
    CHECK(set.answer == QUOTH_ANSWER_SERVFAIL && set.ede == 0);
}

/* Every server's address has its name, wherever the sandbox is; others have those of the table. */
TEST(D35)
{
    static const struct {
        const char *ip, *to;
    } t[] = {
        {"192.0.2.25", "sender.test"},
        {"192.0.2.26", "nosuch.test"},
        {"192.0.2.27", "sender.test"},
        {"192.0.2.28", "sender.test"},
        {"2001:db8::25", "sender.test"},
        {"127.0.25.254", NULL},
        {"127.0.26.1", NULL},
        {"192.0.2.1", NULL},
        {"2001:db8::26", NULL},
    };
    struct quoth_name name;
    struct quoth_ip ip;
    char host[128];

    for (unsigned i = 0; i < world_servers_n; i++) {
        const struct world_server *s = &world_servers[i];
        ip = (struct quoth_ip) {4, {127, 0, 25, (uint8_t)world_place(i)}};
        CHECK_INT(quoth_name_reverse(&name, &ip), QUOTH_OK);
        ask_name(&name, QUOTH_DNS_PTR, 0);
        snprintf(host, sizeof host, "%s%s", s->flags & WORLD_IMPLICIT ? "" : "mx.", s->domain);
        CHECK(set.n == 1 && holds_name(host));
        ask(host, QUOTH_DNS_A, 0); /* and leads back */
        CHECK(holds(ip.b, 4));
        ask_name(&name, QUOTH_DNS_TXT, 0);
        CHECK_INT(set.answer, QUOTH_ANSWER_NODATA);
    }
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        CHECK_INT(quoth_ip_parse(&ip, t[i].ip, strlen(t[i].ip)), QUOTH_OK);
        CHECK_INT(quoth_name_reverse(&name, &ip), QUOTH_OK);
        ask_name(&name, QUOTH_DNS_PTR, 0);
        CHECK_INT(set.answer, t[i].to ? QUOTH_ANSWER_DATA : QUOTH_ANSWER_NXDOMAIN);
        CHECK(!t[i].to || holds_name(t[i].to));
    }
}

TEST(Q24)
{
    ask("_domainkey.good.test", QUOTH_DNS_TXT, 0); /* nothing there, but below it */
    CHECK_INT(set.answer, QUOTH_ANSWER_NODATA);
    CHECK_INT(set.ttl, 60);
    ask("_dmarc.six.test", QUOTH_DNS_TXT, 0);
    CHECK_INT(set.answer, QUOTH_ANSWER_NXDOMAIN);
    ask("good.test", QUOTH_DNS_CNAME, 0);
    CHECK_INT(set.answer, QUOTH_ANSWER_NODATA);
    ask("aliasloop.test", QUOTH_DNS_TXT, 0);
    CHECK_INT(set.answer, QUOTH_ANSWER_ALIAS_LOOP);
    ask("dangling.test", QUOTH_DNS_TXT, 0);
    CHECK_INT(set.answer, QUOTH_ANSWER_NXDOMAIN);
    ask("dnstimeout.test", QUOTH_DNS_TXT, 0);
    CHECK_INT(set.answer, QUOTH_ANSWER_TIMEOUT);
    ask("example.com", QUOTH_DNS_TXT,
        0); /* what is not ours is refused, the root's other names too */
    CHECK_INT(set.answer, QUOTH_ANSWER_REFUSED);
    ask("arpa", QUOTH_DNS_SOA, 0);
    CHECK_INT(set.answer, QUOTH_ANSWER_REFUSED);
}

int main(void)
{
    world_open();
    res.servers = 1;
    res.tries = 1;
    res.server[0].peer.ip = (struct quoth_ip) {4, {127, 0, 25, SANDBOX_DNS}};
    RUN(D33_rows);
    RUN(D31);
    RUN(V02);
    RUN(D34);
    RUN(D35);
    RUN(Q24);
    return report("sandbox_dns");
}
