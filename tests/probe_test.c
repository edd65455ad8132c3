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
        if (!strcmp(probe_check_text(found_all.finding[i].check, PROBE_CHECK_ID), id))
            return found_all.finding[i].grade;
    return -1;
}

TEST(fine)
{
    fine();
    probe_judge(&facts, &found_all);
    CHECK(found_all.n == 0);
    CHECK(found_all.grade == PROBE_OK);
    CHECK(probe_exit(1u << found_all.grade) == 0);
}

TEST(U08_keys)
{
    fine();
    facts.cert.key_bits = 1024;
    CHECK(found("cert.key") == PROBE_WARN);
    facts.cert.key = "EC";
    facts.cert.key_bits = 256;
    CHECK(found("cert.key") == -1);
    facts.cert.signature = "RSA-SHA1";
    CHECK(found("cert.hash") == PROBE_WARN);
    facts.cert.signature = "RSA-PSS";
    CHECK(found("cert.hash") == -1);
}

TEST(U08_dates)
{
    fine();
    facts.cert.until_s = facts.now_s + 14 * 86400;
    CHECK(found("cert.expiring") == -1);
    facts.cert.until_s--;
    CHECK(found("cert.expiring") == PROBE_WARN);
    facts.now_s = 0; /* no clock: nothing is said of days */
    CHECK(found("cert.expiring") == -1);
}

TEST(U08_trust)
{
    fine();
    facts.tls.cert = 0;
    CHECK(found("cert.unchecked") == PROBE_UNKNOWN);
    CHECK(found_all.grade == PROBE_UNKNOWN);
    CHECK(probe_exit(1u << found_all.grade) == 3);
    facts.tls.cert = QUOTH_CERT_CHECKED | QUOTH_CERT_UNTRUSTED;
    CHECK(found("cert.untrusted") == PROBE_BAD);
    facts.as = 25;
    CHECK(found("cert.untrusted") == PROBE_NOTE);
    CHECK(found_all.grade == PROBE_OK);
}

TEST(U15_exit)
{
    CHECK(probe_exit(0) == 0);
    CHECK(probe_exit(1u << PROBE_NOTE | 1u << PROBE_OK) == 0);
    CHECK(probe_exit(1u << PROBE_UNKNOWN | 1u << PROBE_OK) == 3);
    CHECK(probe_exit(1u << PROBE_WARN | 1u << PROBE_UNKNOWN) == 1);
    CHECK(probe_exit(1u << PROBE_BAD | 1u << PROBE_WARN | 1u << PROBE_UNKNOWN) == 2);
}

/* The worst first, and the grade of the whole is that of the first. */
TEST(order)
{
    static const uint8_t rank[PROBE_GRADES] = {4, 3, 1, 0, 2};

    fine();
    facts.tls.cert = QUOTH_CERT_WRONG_NAME;
    facts.cert.key_bits = 1024;
    facts.step[1].ms = 6000;
    probe_judge(&facts, &found_all);
    CHECK(found_all.n == 4);
    for (unsigned i = 1; i < found_all.n; i++)
        CHECK(rank[found_all.finding[i - 1].grade] <= rank[found_all.finding[i].grade]);
    CHECK(found_all.grade == PROBE_BAD);
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
        CHECK(found_all.grade == (cut == 4 ? PROBE_BAD : PROBE_UNKNOWN));
        for (unsigned i = 0; i < found_all.n && cut != 4; i++)
            CHECK(found_all.finding[i].grade == PROBE_UNKNOWN);
    }
}

/* Each row has an id of two words, which no other row has, and a sentence. */
TEST(table)
{
    for (unsigned i = 0; i < probe_checks_n; i++) {
        const char *id = probe_check_text(i, PROBE_CHECK_ID),
                   *text = probe_check_text(i, PROBE_CHECK_TEXT);
        CHECK(strchr(id, '.') && *text && text[strlen(text) - 1] != '.');
        for (unsigned k = 0; k < i; k++)
            CHECK(strcmp(id, probe_check_text(k, PROBE_CHECK_ID)) != 0);
    }
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
    RUN(order);
    RUN(cut_off_is_unknown);
    RUN(table);
    RUN(U06_words);
    return report("probe");
}
