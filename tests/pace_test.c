/* pace_test.c - manners towards one host.  SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "quoth.h"
#include "test.h"

enum { MIN = 60000 };

static const uint16_t none[3], busy[3] = {4, 7, 1}, gone[3] = {5, 1, 1}, policy[3] = {5, 7, 1};

static struct quoth_random dice(void)
{
    static const uint8_t seed[16] = {7};
    struct quoth_random r;
    quoth_random_seed(&r, seed);
    return r;
}

TEST(Z_gap)
{
    struct quoth_random r = dice();
    uint64_t least = QUOTH_NEVER, most = 0;
    for (int i = 0; i < 2000; i++) {
        struct quoth_pace p = {0};
        quoth_pace_begin(&p, 10000, 1000, &r);
        if (p.next < least)
            least = p.next;
        if (p.next > most)
            most = p.next;
    }
    CHECK(least >= 11000 && least < 11100); /* never sooner, and not all at once */
    CHECK(most > 12000 && most <= 13500);
    unsigned seen = 0;
    for (int i = 0; i < 200; i++) { /* a quarter more at most, however short it is */
        struct quoth_pace p = {.next = 1000};
        quoth_pace_begin(&p, 4, 1000, &r);
        CHECK(p.next >= 1004 && p.next <= 1005);
        seen |= 1u << (p.next - 1004);
    }
    CHECK_INT(seen, 3);
    struct quoth_pace off = {0};
    quoth_pace_begin(&off, 0, 1000, &r);
    CHECK_INT(off.next, 1000);
}

TEST(G05_back_off)
{
    struct quoth_random r = dice();
    struct quoth_pace p = {0};
    static const uint64_t wait[] = {15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440};
    uint64_t now = 5;
    for (size_t i = 0; i < sizeof wait / sizeof wait[0]; i++) {
        quoth_pace_begin(&p, 10000, now, &r);
        quoth_pace_end(&p, QUOTH_PACE_BUSY, QUOTH_REASON_RATE_LIMITED, 20, now);
        CHECK_INT(p.next, now + wait[i] * MIN);
        CHECK_INT(p.reason, QUOTH_REASON_RATE_LIMITED);
        now = p.next;
    }
    quoth_pace_end(&p, QUOTH_PACE_FINE, QUOTH_REASON_NONE, 20, now);
    CHECK_INT(p.reason, QUOTH_REASON_RATE_LIMITED); /* the hold stays, and why */
    quoth_pace_begin(&p, 0, now, &r);
    CHECK_INT(p.reason, QUOTH_REASON_NONE);
    quoth_pace_end(&p, QUOTH_PACE_BUSY, QUOTH_REASON_RATE_LIMITED, 20, now);
    CHECK_INT(p.next, now + 15 * MIN); /* forgiven: from the start */
}

TEST(G05_busy_max)
{
    struct quoth_pace p = {0};
    for (int i = 0; i < 3; i++) {
        quoth_pace_end(&p, QUOTH_PACE_BUSY, QUOTH_REASON_RATE_LIMITED, 3, 0);
        CHECK(p.next != QUOTH_NEVER);
    }
    quoth_pace_end(&p, QUOTH_PACE_BUSY, QUOTH_REASON_RATE_LIMITED, 3, 0);
    CHECK(p.next == QUOTH_NEVER);
    struct quoth_pace q = {0};
    quoth_pace_end(&q, QUOTH_PACE_BUSY, QUOTH_REASON_RATE_LIMITED, 0, 0);
    CHECK(q.next == QUOTH_NEVER);
}

/* The day after "not in this run": once, and then it is so again. */
TEST(G05_once_more)
{
    struct quoth_pace p = {0}, q = {0};

    for (int i = 0; i < 4; i++)
        quoth_pace_end(&p, QUOTH_PACE_BUSY, QUOTH_REASON_RATE_LIMITED, 3, 0);
    quoth_pace_once_more(&p);
    CHECK_INT(p.next, 0);
    CHECK_INT(p.reason, QUOTH_REASON_NONE);
    quoth_pace_end(&p, QUOTH_PACE_BUSY, QUOTH_REASON_RATE_LIMITED, 3, 0);
    CHECK(p.next == QUOTH_NEVER);
    for (int i = 0; i < 2; i++)
        quoth_pace_end(&q, QUOTH_PACE_REFUSED, QUOTH_REASON_IP_BLOCKED, 3, 0);
    for (int i = 0; i < 3; i++) { /* nothing is taken away below the one that counts */
        quoth_pace_once_more(&q);
        CHECK_INT(q.busy, 0);
        CHECK_INT(q.refused, 1);
    }
    quoth_pace_end(&q, QUOTH_PACE_REFUSED, QUOTH_REASON_IP_BLOCKED, 3, 0);
    CHECK(q.next == QUOTH_NEVER);
}

/* Held by somebody else's reason, and let go again. One that answers some is excused. */
TEST(G05_hold)
{
    struct quoth_pace p = {0};

    quoth_pace_hold(&p, QUOTH_NEVER, QUOTH_REASON_TIMEOUT);
    CHECK(p.next == QUOTH_NEVER);
    CHECK_INT(p.reason, QUOTH_REASON_TIMEOUT);
    quoth_pace_hold(&p, 5000, QUOTH_REASON_NONE);
    CHECK_INT(p.next, 5000);
    CHECK_INT(p.reason, QUOTH_REASON_NONE);
    for (unsigned i = 1; i < 4; i++) {
        quoth_pace_end(&p, QUOTH_PACE_BUSY, QUOTH_REASON_RATE_LIMITED, 3, 0);
        quoth_pace_excuse(&p, 2);
        CHECK_INT(p.busy, i < 2 ? i : 2);
        CHECK(p.next != QUOTH_NEVER);
    }
}

TEST(G05_refused_twice)
{
    struct quoth_pace p = {0};
    quoth_pace_end(&p, QUOTH_PACE_REFUSED, QUOTH_REASON_POLICY_REJECTED, 3, 1000);
    CHECK_INT(p.next, 1000 + 15 * MIN);
    quoth_pace_end(&p, QUOTH_PACE_NOTHING, QUOTH_REASON_NONE, 3,
                   2000); /* says nothing, forgives nothing */
    quoth_pace_end(&p, QUOTH_PACE_REFUSED, QUOTH_REASON_IP_BLOCKED, 3, 3000);
    CHECK(p.next == QUOTH_NEVER);
    CHECK_INT(p.reason, QUOTH_REASON_IP_BLOCKED);
    struct quoth_pace q = {0};
    quoth_pace_end(&q, QUOTH_PACE_REFUSED, QUOTH_REASON_POLICY_REJECTED, 3, 1000);
    quoth_pace_end(&q, QUOTH_PACE_FINE, QUOTH_REASON_NONE, 3, 2000);
    quoth_pace_end(&q, QUOTH_PACE_REFUSED, QUOTH_REASON_POLICY_REJECTED, 3, 3000);
    CHECK(q.next != QUOTH_NEVER); /* not in a row */
}

static enum quoth_pace_kind kind_of(enum quoth_phase phase, uint16_t code, const uint16_t esc[3],
                                    enum quoth_reason reason)
{
    struct quoth_said said = {code, {esc[0], esc[1], esc[2]}, 0};

    return quoth_pace_kind_of(phase, &said, reason);
}

TEST(G05_kind)
{
    CHECK_INT(kind_of(QUOTH_PHASE_BANNER, 421, none, QUOTH_REASON_SERVER_TEMPORARY),
              QUOTH_PACE_BUSY);
    CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 421, none, QUOTH_REASON_GREYLISTED), QUOTH_PACE_BUSY);
    CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 451, busy, QUOTH_REASON_OTHER), QUOTH_PACE_BUSY);
    CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 451, busy, QUOTH_REASON_GREYLISTED), QUOTH_PACE_FINE);
    CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 450, none, QUOTH_REASON_SERVER_TEMPORARY),
              QUOTH_PACE_NOTHING);
    CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 550, gone, QUOTH_REASON_USER_UNKNOWN), QUOTH_PACE_FINE);
    CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 550, policy, QUOTH_REASON_POLICY_REJECTED),
              QUOTH_PACE_NOTHING);
    CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 554, policy, QUOTH_REASON_IP_BLOCKED), QUOTH_PACE_REFUSED);
    CHECK_INT(kind_of(QUOTH_PHASE_MAIL, 550, policy, QUOTH_REASON_POLICY_REJECTED),
              QUOTH_PACE_REFUSED);
    CHECK_INT(kind_of(QUOTH_PHASE_BANNER, 554, none, QUOTH_REASON_OTHER), QUOTH_PACE_REFUSED);
    CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 250, none, QUOTH_REASON_ACCEPTED), QUOTH_PACE_FINE);
    CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 550, none, QUOTH_REASON_RATE_LIMITED), QUOTH_PACE_REFUSED);
}

/* 4yz means later, 5yz means us: at the very ends of both. */
TEST(G05_kind_code)
{
    static const enum quoth_reason us[] = {QUOTH_REASON_RATE_LIMITED, QUOTH_REASON_IP_BLOCKED};
    for (size_t i = 0; i < sizeof us / sizeof us[0]; i++) {
        CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 400, none, us[i]), QUOTH_PACE_BUSY);
        CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 499, none, us[i]), QUOTH_PACE_BUSY);
        CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 500, none, us[i]), QUOTH_PACE_REFUSED);
        CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 599, none, us[i]), QUOTH_PACE_REFUSED);
    }
    CHECK_INT(kind_of(QUOTH_PHASE_MAIL, 499, none, QUOTH_REASON_OTHER), QUOTH_PACE_NOTHING);
    CHECK_INT(kind_of(QUOTH_PHASE_MAIL, 500, none, QUOTH_REASON_OTHER), QUOTH_PACE_REFUSED);
    CHECK_INT(kind_of(QUOTH_PHASE_MAIL, 599, none, QUOTH_REASON_OTHER), QUOTH_PACE_REFUSED);
    CHECK_INT(kind_of(QUOTH_PHASE_DECOY, 550, none, QUOTH_REASON_OTHER), QUOTH_PACE_NOTHING);
}

/* x.5.3 at RCPT is the limit of one message (K16); 4.7.x is about us. */
TEST(G05_kind_enhanced)
{
    static const struct {
        enum quoth_phase phase;
        uint16_t code, esc[3];
        enum quoth_reason reason;
        enum quoth_pace_kind want;
    } row[] = {
        {QUOTH_PHASE_RCPT, 452, {4, 5, 3}, QUOTH_REASON_RATE_LIMITED, QUOTH_PACE_NOTHING},
        {QUOTH_PHASE_MAIL, 452, {4, 5, 3}, QUOTH_REASON_RATE_LIMITED, QUOTH_PACE_BUSY},
        {QUOTH_PHASE_RCPT, 452, {4, 5, 2}, QUOTH_REASON_RATE_LIMITED, QUOTH_PACE_BUSY},
        {QUOTH_PHASE_RCPT, 452, {4, 3, 3}, QUOTH_REASON_RATE_LIMITED, QUOTH_PACE_BUSY},
        {QUOTH_PHASE_RCPT, 400, {4, 7, 0}, QUOTH_REASON_OTHER, QUOTH_PACE_BUSY},
        {QUOTH_PHASE_RCPT, 499, {4, 7, 0}, QUOTH_REASON_OTHER, QUOTH_PACE_BUSY},
        {QUOTH_PHASE_RCPT, 451, {4, 6, 0}, QUOTH_REASON_OTHER, QUOTH_PACE_NOTHING},
        {QUOTH_PHASE_RCPT, 451, {5, 7, 0}, QUOTH_REASON_OTHER, QUOTH_PACE_NOTHING},
        {QUOTH_PHASE_RCPT, 550, {4, 7, 0}, QUOTH_REASON_OTHER, QUOTH_PACE_NOTHING},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        CHECK_INT(kind_of(row[i].phase, row[i].code, row[i].esc, row[i].reason), row[i].want);
}

/* What is said of a recipient shows that the host answers us, whatever code it wears. */
TEST(G05_kind_recipient)
{
    static const enum quoth_reason fine[] = {
        QUOTH_REASON_ACCEPTED,         QUOTH_REASON_USER_UNKNOWN,
        QUOTH_REASON_MAILBOX_DISABLED, QUOTH_REASON_MAILBOX_FULL,
        QUOTH_REASON_NOT_VERIFIABLE,   QUOTH_REASON_RECIPIENT_RESTRICTED,
        QUOTH_REASON_GREYLISTED,       QUOTH_REASON_RECIPIENT_RATE_LIMITED};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        CHECK_INT(kind_of(QUOTH_PHASE_RCPT, 451, busy, fine[i]), QUOTH_PACE_FINE);
        CHECK_INT(kind_of(QUOTH_PHASE_MAIL, 550, policy, fine[i]), QUOTH_PACE_FINE);
    }
}

/* A hold is never shortened. */
TEST(G05_longest_hold)
{
    struct quoth_pace p = {.next = 24 * 60 * MIN + 1};
    quoth_pace_end(&p, QUOTH_PACE_BUSY, QUOTH_REASON_RATE_LIMITED, 3, 0);
    CHECK_INT(p.next, 24 * 60 * MIN + 1);
    CHECK_INT(p.busy, 1);
}

TEST(G08_harvesting)
{
    struct quoth_random r = dice();
    struct quoth_pace p = {0}, q = {0};
    int told = 0;
    for (int i = 0; i < 49; i++)
        told += quoth_pace_answer(&p, QUOTH_REASON_USER_UNKNOWN);
    CHECK_INT(told, 0); /* not before 50 */
    CHECK_INT(quoth_pace_answer(&p, QUOTH_REASON_USER_UNKNOWN), 1);
    CHECK_INT(quoth_pace_answer(&p, QUOTH_REASON_USER_UNKNOWN), 0); /* once */
    CHECK_INT(p.slow, 1);
    quoth_pace_begin(&p, 10000, 0, &r);
    CHECK(p.next >= 40000);
    for (int i = 0; i < 100000; i++)
        told += quoth_pace_answer(&q, i % 6 ? QUOTH_REASON_ACCEPTED : QUOTH_REASON_USER_UNKNOWN);
    CHECK_INT(told, 0); /* less than one in five */
    for (int i = 0; i < 3000; i++)
        told += quoth_pace_answer(&q, QUOTH_REASON_USER_UNKNOWN);
    CHECK_INT(told, 1);
}

/* One in five is not more than one in five. */
TEST(G08_share)
{
    struct quoth_pace p = {0};
    int told = 0;
    for (int i = 0; i < 40; i++)
        told += quoth_pace_answer(&p, QUOTH_REASON_ACCEPTED);
    for (int i = 0; i < 10; i++)
        told += quoth_pace_answer(&p, QUOTH_REASON_USER_UNKNOWN);
    CHECK_INT(told, 0);                                             /* 10 of 50 */
    CHECK_INT(quoth_pace_answer(&p, QUOTH_REASON_USER_UNKNOWN), 1); /* 11 of 51 */
}

TEST(G06_wait)
{
    static const struct {
        const char *text;
        uint32_t ms;
    } row[] = {
        {"Greylisted, please try again in 300 seconds", 300000},
        {"Try again after 10 minutes.", 600000},
        {"please wait 1 hour", 3600000},
        {"Greylisting in action, retry in 5 min", 300000},
        {"wait for 2 min or for 3 hours", 10800000},
        {"in 60s later", 60000},
        {"deferred for 00:05:00", 0},
        {"try again later", 0},
        {"begin 300 seconds", 0},
        {"IN 30 SECONDS", 30000},
        {"", 0},
        {"in ", 0},
        {"in 5", 0},
        {"in 99999999999999999999999 hours", 86400000},
        {"another 4-minute", 240000},
        {"in 4-minute steps", 240000},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        test_checks++;
        uint32_t ms = quoth_pace_wait(row[i].text, strlen(row[i].text));
        if (ms != row[i].ms) {
            test_bad();
            printf("\"%s\": %u, not %u\n", row[i].text, (unsigned)ms, (unsigned)row[i].ms);
        }
    }
    CHECK_INT(quoth_pace_wait("in 300 seconds", 9), 0);   /* cut before the unit */
    for (size_t n = 1; n <= sizeof "in 5 minutes"; n++) { /* cut anywhere, with nothing behind it */
        char *cut = (char *)malloc(n);
        if (!cut)
            abort();
        memcpy(cut, "in 5 minutes", n);
        CHECK_INT(quoth_pace_wait(cut, n), n < 8 ? 0 : 300000);
        free(cut);
    }
}

/* A reply is as long as it is said to be: not a byte behind it is looked at. */
TEST(G06_cut_anywhere)
{
    static const char text[] = "4.7.1 come back in 300 seconds, or after 5 minutes: wait 2 hours";
    for (size_t n = 0; n < sizeof text; n++) {
        char *exact = malloc(n ? n : 1);
        if (!exact)
            abort();
        memcpy(exact, text, n);
        uint32_t ms = quoth_pace_wait(exact, n);
        CHECK(ms <= 2u * 3600 * 1000);
        CHECK(n + 1 < sizeof text || ms == 2u * 3600 * 1000);
        free(exact);
    }
}

int main(void)
{
    RUN(Z_gap);
    RUN(G05_back_off);
    RUN(G05_busy_max);
    RUN(G05_once_more);
    RUN(G05_hold);
    RUN(G05_refused_twice);
    RUN(G05_kind);
    RUN(G05_kind_code);
    RUN(G05_kind_enhanced);
    RUN(G05_kind_recipient);
    RUN(G05_longest_hold);
    RUN(G08_harvesting);
    RUN(G08_share);
    RUN(G06_wait);
    RUN(G06_cut_anywhere);
    return report("pace");
}
