/* probe_test.c - what `quoth smtp` thinks of a server, from facts that no sandbox can show: keys
 * and hashes of a certificate, a machine without a store of trusted ones; and what holds for all
 * facts.
 *
 * SPDX-License-Identifier: MIT */
#include "probe.h"
#include "test.h"

static struct probe_facts facts;
static struct probe_report found_all;

static struct probe_step *step(enum probe_verb verb, uint16_t code)
{
    struct probe_step *s = &facts.step[facts.steps++];
    s->verb = (uint8_t)verb;
    s->done = 1;
    s->said.code = code;
    return s;
}

static void offers(unsigned secure, const char *const *lines)
{
    struct probe_offers *o = &facts.offers[secure];
    o->heard = 1;
    for (; *lines; lines++) {
        size_t n = strlen(*lines) + 1;
        memcpy(o->text + o->used, *lines, n);
        o->used = (uint16_t)(o->used + n);
        o->n++;
    }
}

/* A submission server that there is nothing wrong with. */
static void fine(void)
{
    static const char *const clear[] = {"SIZE 1000", "STARTTLS", NULL}, *const tls[] = {
                                                                            "SIZE 1000",
                                                                            "AUTH PLAIN", NULL};

    memset(&facts, 0, sizeof facts);
    facts.host = "mx.quoth.test";
    facts.port = facts.as = 587;
    facts.named = facts.connected = 1;
    facts.peer.ip.len = 4;
    memcpy(facts.name, "mx.quoth.test", 14);
    facts.resolves = QUOTH_FACT_YES;
    step(PROBE_CONNECT, 0);
    step(PROBE_GREETING, 220);
    step(PROBE_EHLO, 250);
    step(PROBE_STARTTLS, 220);
    step(PROBE_HANDSHAKE, 0);
    step(PROBE_EHLO, 250);
    step(PROBE_QUIT, 221);
    offers(0, clear);
    offers(1, tls);
    facts.tls = (struct quoth_tls_facts) {.version = 0x0304, .cert = QUOTH_CERT_CHECKED};
    facts.cert.chain = 2;
    facts.cert.key = "RSA";
    facts.cert.key_bits = 2048;
    facts.cert.signature = "RSA-SHA256";
    facts.now_s = 1800000000;
    facts.cert.until_s = facts.now_s + 30 * 86400;
}

/* Its grade, or -1: there is no such finding. */
static int found(const char *id)
{
    probe_judge(&facts, &found_all);
    for (unsigned i = 0; i < found_all.n; i++)
        if (!strcmp(quoth_check_id(found_all.finding[i].id), id))
            return found_all.finding[i].grade;
    return -1;
}

static int exit_code(void)
{
    struct cli_grading g = {.n = 0};
    return cli_grading_exit(&g, probe_ignore(&found_all, &g));
}

TEST(fine)
{
    fine();
    probe_judge(&facts, &found_all);
    CHECK(found_all.n == 0);
    CHECK(found_all.grade == QUOTH_GRADE_OK);
    CHECK(exit_code() == 0);
}

TEST(U08_keys)
{
    fine();
    facts.cert.key_bits = 1024;
    CHECK(found("cert.key") == QUOTH_GRADE_WARN);
    facts.cert.key = "EC";
    facts.cert.key_bits = 256;
    CHECK(found("cert.key") == -1);
    facts.cert.signature = "RSA-SHA1";
    CHECK(found("cert.hash") == QUOTH_GRADE_WARN);
    facts.cert.signature = "RSA-PSS";
    CHECK(found("cert.hash") == -1);
}

TEST(U08_dates)
{
    fine();
    facts.cert.until_s = facts.now_s + 14 * 86400;
    CHECK(found("cert.expiring") == -1);
    facts.cert.until_s--;
    CHECK(found("cert.expiring") == QUOTH_GRADE_WARN);
    facts.now_s = 0; /* no clock: nothing is said of days */
    CHECK(found("cert.expiring") == -1);
}

TEST(U08_trust)
{
    fine();
    facts.tls.cert = 0;
    CHECK(found("cert.unchecked") == QUOTH_GRADE_UNKNOWN);
    CHECK(found_all.grade == QUOTH_GRADE_UNKNOWN);
    CHECK(exit_code() == 3);
    facts.tls.cert = QUOTH_CERT_CHECKED | QUOTH_CERT_UNTRUSTED;
    CHECK(found("cert.untrusted") == QUOTH_GRADE_BAD);
    facts.as = 25;
    CHECK(found("cert.untrusted") == QUOTH_GRADE_NOTE);
    CHECK(found_all.grade == QUOTH_GRADE_OK);
}

TEST(U15_exit)
{
    struct cli_grading g = {.n = 0};

    CHECK(cli_grading_exit(&g, 0) == 0);
    CHECK(cli_grading_exit(&g, 1u << QUOTH_GRADE_NOTE | 1u << QUOTH_GRADE_OK) == 0);
    CHECK(cli_grading_exit(&g, 1u << QUOTH_GRADE_UNKNOWN | 1u << QUOTH_GRADE_OK) == 3);
    CHECK(cli_grading_exit(&g, 1u << QUOTH_GRADE_WARN | 1u << QUOTH_GRADE_UNKNOWN) == 1);
    CHECK(cli_grading_exit(&g, 1u << QUOTH_GRADE_BAD | 1u << QUOTH_GRADE_WARN |
                                   1u << QUOTH_GRADE_UNKNOWN) == 2);
    g.lenient = 1;
    CHECK(cli_grading_exit(&g, 1u << QUOTH_GRADE_WARN | 1u << QUOTH_GRADE_NOTE) == 0);
    CHECK(cli_grading_exit(&g, 1u << QUOTH_GRADE_WARN | 1u << QUOTH_GRADE_UNKNOWN) == 3);
    CHECK(cli_grading_exit(&g, 1u << QUOTH_GRADE_BAD) == 2);
}

/* What is ignored neither counts nor is told. */
TEST(HR06_ignore)
{
    struct cli_grading g = {.n = 1, .ignored = {"cert.name"}};

    fine();
    facts.tls.cert = QUOTH_CERT_CHECKED | QUOTH_CERT_WRONG_NAME;
    facts.cert.key_bits = 1024;
    CHECK(found("cert.name") == QUOTH_GRADE_BAD);
    CHECK(probe_ignore(&found_all, &g) == 1u << QUOTH_GRADE_WARN);
    CHECK(found_all.n == 1 && found_all.grade == QUOTH_GRADE_WARN);
    CHECK_STR(quoth_check_id(found_all.finding[0].id), "cert.key");
}

/* The worst first, and the grade of the whole is that of the first. */
TEST(order)
{
    static const uint8_t rank[QUOTH_GRADES] = {4, 3, 1, 0, 2};

    fine();
    facts.tls.cert = QUOTH_CERT_WRONG_NAME;
    facts.cert.key_bits = 1024;
    facts.step[1].ms = 6000;
    probe_judge(&facts, &found_all);
    CHECK(found_all.n == 4);
    for (unsigned i = 1; i < found_all.n; i++)
        CHECK(rank[found_all.finding[i - 1].grade] <= rank[found_all.finding[i].grade]);
    CHECK(found_all.grade == QUOTH_GRADE_BAD);
}

/* Whatever cannot be seen is unknown: cut a talk off at each of its steps, and nothing becomes
 * worse. A handshake that broke is what was seen. */
TEST(HR07_cut_off)
{
    for (unsigned cut = 0; cut < 7; cut++) {
        fine();
        facts.step[cut].done = 0;
        facts.step[cut].said.code = 0;
        facts.steps = cut + 1;
        facts.connected = cut > 0;
        facts.err = QUOTH_EIO;
        if (cut < 6) {
            facts.offers[1] = (struct probe_offers) {0};
            facts.tls.version = cut == 5 ? facts.tls.version : 0;
        }
        if (cut < 3)
            facts.offers[0] = (struct probe_offers) {0};
        probe_judge(&facts, &found_all);
        CHECK(found_all.grade == (cut == 4 ? QUOTH_GRADE_BAD : QUOTH_GRADE_UNKNOWN));
        for (unsigned i = 0; i < found_all.n && cut != 4; i++)
            CHECK(found_all.finding[i].grade == QUOTH_GRADE_UNKNOWN);
    }
}

/* Each row has a finder, an id of two words, which no other row has, and a sentence. */
TEST(table)
{
    char words[QUOTH_CHECK_WORDS];
    unsigned smtp = 0;

    for (unsigned i = 0; quoth_check_id(i); i++) {
        const char *id = quoth_check_id(i),
                   *text = quoth_check_words(i, QUOTH_CHECK_SENTENCE, words);
        CHECK(strchr(id, '.') && *text && *quoth_check_finder(i));
        smtp += !strcmp(quoth_check_finder(i), "smtp");
        for (unsigned k = 0; k < i; k++)
            CHECK(strcmp(id, quoth_check_id(k)) != 0);
    }
    CHECK(smtp > 20);
    CHECK_STR(quoth_check_finder(0), "domain");
}

TEST(U06_words)
{
    static const char *const lines[] = {"AUTHX PLAIN", "auth=login plain", "TURNING", "Auth", NULL};
    struct probe_offers *o = &facts.offers[0];

    memset(&facts, 0, sizeof facts);
    offers(0, lines);
    const char *how = probe_offer(o, "auth", NULL);
    CHECK(how && !strcmp(how, "login plain"));
    CHECK(probe_has_word(how, "PLAIN", 5) && !probe_has_word(how, "pla", 3));
    how = probe_offer(o, "auth", how);
    CHECK(how && !*how);
    CHECK(!probe_offer(o, "auth", how));
    CHECK(!probe_offer(o, "turn", NULL));
    CHECK(!probe_has_word("a  b", "", 0));
}

/* A keyword that names no mechanism is no login, and hides none that does. */
TEST(U06_nothing)
{
    static const char *const none[] = {"SIZE 1000", "AUTH", NULL}, *const old[] = {
                                                                       "AUTH", "AUTH=LOGIN", NULL};

    fine();
    memset(&facts.offers[1], 0, sizeof facts.offers[1]);
    offers(1, none);
    CHECK(found("auth.none") == QUOTH_GRADE_WARN);
    memset(&facts.offers[1], 0, sizeof facts.offers[1]);
    offers(1, old);
    CHECK(found("auth.none") == -1);
}

/* ---- the shapes of --relay-all ------------------------------------------ */

static void relay_elsewhere(void)
{
    static const struct quoth_ip ip = {.len = 4, .b = {192, 0, 2, 25}};

    fine();
    facts.relay = "jane@example.org";
    facts.peer.ip = ip;
    probe_shapes(&facts);
}

static unsigned shapes_with(const char *part)
{
    unsigned n = 0;

    for (unsigned i = 0; i < facts.shapes; i++)
        n += strstr(facts.shape[i].to, part) != NULL;
    return n;
}

/* Take the names out that we know, and nothing is left but signs. */
static void only_ours(const char *to)
{
    static const char *const ours[] = {"jane", "example.org", "mx.quoth.test", "[192.0.2.25]"};
    char left[PROBE_SHAPE];
    char *at;

    strcpy(left, to);
    for (unsigned i = 0; i < 4; i++)
        while ((at = strstr(left, ours[i])))
            memmove(at, at + strlen(ours[i]), strlen(at + strlen(ours[i])) + 1);
    CHECK(strspn(left, "@%!:\"") == strlen(left));
    CHECK(strstr(to, "jane") && strstr(to, "example.org"));
}

TEST(U10_shapes)
{
    relay_elsewhere();
    CHECK(facts.shapes == PROBE_SHAPES);
    for (unsigned i = 0; i < facts.shapes; i++) {
        only_ours(facts.shape[i].to);
        for (unsigned k = 0; k < i; k++)
            CHECK(strcmp(facts.shape[i].to, facts.shape[k].to) != 0);
    }
    CHECK(shapes_with("%") == 3 && shapes_with("!") == 3 && shapes_with(":") == 2);
    CHECK(shapes_with("\"") == 4 && shapes_with("[192.0.2.25]") == 5);
    CHECK(shapes_with("@mx.quoth.test") == 5);
    facts.by_address = 1; /* then its greeting's name, or none */
    facts.host = "192.0.2.25";
    *facts.name = 0;
    probe_shapes(&facts);
    CHECK(facts.shapes == PROBE_SHAPES - 5 && !shapes_with("mx.quoth.test"));
    facts.peer.ip.len = 16;
    probe_shapes(&facts);
    CHECK(shapes_with("@[IPv6:c000:219::]") == 5);
}

/* What does not fit a path is left out. */
TEST(U10_long)
{
    char relay[300], part[64];

    relay_elsewhere();
    memset(part, 'a', 63);
    part[63] = 0;
    snprintf(relay, sizeof relay, "jane@%s.%s.%s.example", part, part, part);
    facts.relay = relay;
    probe_shapes(&facts);
    CHECK(facts.shapes == PROBE_SHAPES);
    snprintf(relay, sizeof relay, "%s@%s.%s.%s.example", part, part, part, part);
    probe_shapes(&facts);
    CHECK(facts.shapes == 0);
}

/* A server that refuses whatever has no '%'; it hears us in pieces, and says 421 to the `most`th
 * recipient. Every line it hears goes to `heard`. */
static struct server {
    char line[600], heard[8000];
    size_t n, heard_n;
    unsigned rcpts, most;
} server;

static const char *server_says(const char *line)
{
    if (memcmp(line, "RCPT", 4) != 0)
        return memcmp(line, "QUIT", 4) ? "250 fine\r\n" : "221 bye\r\n";
    if (++server.rcpts == server.most)
        return "421 enough\r\n";
    return strchr(line, '%') ? "250 fine\r\n" : "550 5.7.1 no\r\n";
}

static void server_hears(const char *p, size_t n, char *answer)
{
    for (size_t i = 0; i < n; i++) {
        server.line[server.n++] = p[i];
        if (p[i] != '\n')
            continue;
        server.line[server.n] = 0;
        strcat(answer, server_says(server.line));
        strcpy(server.heard + server.heard_n, server.line);
        server.heard_n += server.n;
        server.n = 0;
    }
}

static struct probe_talk talk;

/* One conversation about the shapes of `facts`, whose lines go out in pieces of `piece` bytes. */
static void converse(size_t piece, const char *ehlo)
{
    static const struct quoth_smtp_conf conf = {.helo = "quoth.net", .from = "us@quoth.net"};
    static const struct quoth_call call = {.host = "mx.quoth.test", .peer = {.port = 25}};
    static const uint8_t seed[16];
    static struct probe_facts more;
    char answer[600] = "220 mx.quoth.test\r\n";
    struct quoth_event ev = {.now = 1000};
    struct quoth_want w;

    memset(&more, 0, sizeof more);
    memset(&server, 0, offsetof(struct server, most));
    more.as = 25;
    talk.into = &facts;
    talk.f = &more;
    probe_talk_start(&talk, &conf, &call, seed, ev.now);
    for (unsigned i = 0; i < 5000; i++) {
        probe_talk_want(&talk, &w);
        if (w.kind == QUOTH_WANT_DONE)
            break;
        ev.now++;
        switch (w.kind) {
        case QUOTH_WANT_OPEN: ev.kind = QUOTH_EV_UP; break;
        case QUOTH_WANT_SEND:
            ev.kind = QUOTH_EV_SENT;
            ev.n = w.n < piece ? w.n : piece;
            server_hears(w.out, ev.n, answer);
            break;
        case QUOTH_WANT_RECV:
            ev.kind = QUOTH_EV_DATA;
            ev.data =
                !strncmp(server.heard, "EHLO", 4) && !strchr(server.heard, '\n')[1] ? ehlo : answer;
            ev.n = strlen(ev.data);
            CHECK(ev.n);
            break;
        case QUOTH_WANT_RCPT:
            ev.kind = QUOTH_EV_RCPT;
            ev.n = 0;
            break;
        default: ev.kind = QUOTH_EV_DOWN; break;
        }
        probe_talk_feed(&talk, &ev);
        if (ev.kind == QUOTH_EV_DATA)
            *answer = 0;
    }
    CHECK(w.kind == QUOTH_WANT_DONE);
    probe_talk_end(&talk);
}

/* The lines are the same whatever the pieces are; five refusals, and it is over; what is said is
 * MAIL, a shape as it stands in the facts, RSET. */
TEST(U10_talk)
{
    static const char *const offers_of[] = {"250 mx\r\n", "250-mx\r\n250 PIPELINING\r\n"};
    char want[8000];
    size_t n;

    for (unsigned which = 0; which < 2; which++)
        for (size_t piece = 1; piece < 120; piece++) {
            relay_elsewhere();
            for (unsigned part = 0, i = 0; part < 2; part++) {
                converse(piece, offers_of[which]);
                CHECK(talk.smtp.refused == PROBE_REFUSALS);
                n = (size_t)snprintf(want, sizeof want, "EHLO quoth.net\r\n");
                for (unsigned first = i; i < facts.shapes_asked; i++)
                    n += (size_t)snprintf(want + n, sizeof want - n,
                                          "%sMAIL FROM:<us@quoth.net>\r\nRCPT TO:<%s>\r\n",
                                          i > first ? "RSET\r\n" : "", facts.shape[i].to);
                snprintf(want + n, sizeof want - n, "QUIT\r\n");
                CHECK_STR(server.heard, want);
            }
            CHECK(facts.shapes_asked == 13 && !probe_shapes_more(&facts));
        }
    CHECK(found("relay.shape") == QUOTH_GRADE_WARN && found("relay.unknown") == -1);
    CHECK(!strncmp(found_all.finding[0].detail, "3 of 13: ", 9));
}

/* A server that has enough is left alone, and what it did not answer is not known. */
TEST(U10_enough)
{
    relay_elsewhere();
    server.most = 4;
    converse(1000, "250 mx\r\n");
    server.most = 0;
    CHECK(facts.shapes_asked == 4 && !probe_shapes_more(&facts));
    CHECK(found("relay.unknown") == QUOTH_GRADE_UNKNOWN);
    relay_elsewhere();
    for (unsigned i = 0; i < facts.shapes; i++)
        facts.shape[i].reply.said.code = 550;
    facts.shapes_asked = facts.shapes;
    CHECK(found("relay.unknown") == -1 && found("relay.shape") == -1);
    facts.shape[7].reply.said.code = 451;
    CHECK(found("relay.unknown") == QUOTH_GRADE_UNKNOWN);
}

int main(void)
{
    RUN(U10_shapes);
    RUN(U10_long);
    RUN(U10_talk);
    RUN(U10_enough);
    RUN(fine);
    RUN(U08_keys);
    RUN(U08_dates);
    RUN(U08_trust);
    RUN(U15_exit);
    RUN(HR06_ignore);
    RUN(order);
    RUN(HR07_cut_off);
    RUN(table);
    RUN(U06_words);
    RUN(U06_nothing);
    return report("probe");
}
