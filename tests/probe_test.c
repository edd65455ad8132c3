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
TEST(cut_off_is_unknown)
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

int main(void)
{
    RUN(fine);
    RUN(U08_keys);
    RUN(U08_dates);
    RUN(U08_trust);
    RUN(U15_exit);
    RUN(HR06_ignore);
    RUN(order);
    RUN(cut_off_is_unknown);
    RUN(table);
    RUN(U06_words);
    return report("probe");
}
