/* verdict_test.c - evidence to verdict: the rows one by one, and G0 over made-up evidence.
 * SPDX-License-Identifier: MIT */
#include "quoth.h"
#include "test.h"

static struct quoth_evidence reply(enum quoth_phase phase, uint16_t code, unsigned sub,
                                   const char *text)
{
    struct quoth_evidence e;
    memset(&e, 0, sizeof e);
    e.phase = (uint8_t)phase;
    e.mx = QUOTH_MX_HOSTS;
    e.said.code = code;
    if (sub) {
        e.said.esc[0] = code / 100u;
        e.said.esc[1] = (uint16_t)(sub / 100);
        e.said.esc[2] = (uint16_t)(sub % 100);
    }
    e.said.n = (uint16_t)strlen(text);
    memcpy(e.words, text, e.said.n);
    return e;
}

static const char *judged(const struct quoth_evidence *e)
{
    static char text[80];
    struct quoth_reading r;
    enum quoth_verdict v = quoth_judge(e, NULL, &r);
    snprintf(text, sizeof text, "%s %s", quoth_verdict_name(v), quoth_reason_name(r.reason));
    return text;
}

static struct quoth_evidence stopped(enum quoth_reason stop)
{
    struct quoth_evidence e;
    memset(&e, 0, sizeof e);
    e.phase = QUOTH_PHASE_DNS;
    e.mx = QUOTH_MX_HOSTS;
    e.stop = (uint8_t)stop;
    return e;
}

TEST(K01)
{
    struct quoth_evidence e = reply(QUOTH_PHASE_RCPT, 250, 105, "ok");
    CHECK_STR(judged(&e), "risky catch_all_not_established");
    e.asked_decoy = 1;
    e.decoy_code = 550;
    e.decoy_reason = QUOTH_REASON_USER_UNKNOWN;
    CHECK_STR(judged(&e), "deliverable accepted");
    e.flags = QUOTH_EVID_NOT_BEST;
    CHECK_STR(judged(&e), "deliverable accepted"); /* X12: that exchange refused the decoy */
    e.lists = QUOTH_LIST_ROLE;
    CHECK_STR(judged(&e), "risky role");
    e.lists = QUOTH_LIST_DISPOSABLE | QUOTH_LIST_ROLE;
    CHECK_STR(judged(&e), "risky disposable");
    e.decoy_code = 250;
    e.decoy_reason = QUOTH_REASON_ACCEPTED;
    CHECK_STR(judged(&e), "risky backup_mx");
    e.flags = 0;
    CHECK_STR(judged(&e), "risky catch_all");
    e.decoy_reason = QUOTH_REASON_ACCEPTS_BY_SHAPE;
    CHECK_STR(judged(&e), "risky accepts_by_shape");
    e.decoy_code = 550;
    e.decoy_reason = QUOTH_REASON_IP_BLOCKED;
    CHECK_STR(judged(&e), "risky catch_all_not_established");
    e = reply(QUOTH_PHASE_RCPT, 252, 0, "cannot verify, will try");
    CHECK_STR(judged(&e), "risky not_verifiable");
}

TEST(K02)
{
    struct quoth_evidence e = reply(QUOTH_PHASE_RCPT, 550, 101, "no such user");
    CHECK_STR(judged(&e), "undeliverable user_unknown");
    e = reply(QUOTH_PHASE_RCPT, 450, 101, "no such user");
    CHECK(!strncmp(judged(&e), "unknown ", 8)); /* K06 */
    e = reply(QUOTH_PHASE_MAIL, 550, 101, "no such user");
    CHECK(!strncmp(judged(&e), "unknown ", 8)); /* K10 */
}

/* Whoever the reply names decides: our name or our sender and not the address, then it is about us
 * (K19). */
TEST(K19_names)
{
    static const struct quoth_smtp_conf us = {.helo = "probe.org", .from = "me@probe.net"};
    static const struct quoth_smtp_conf nobody = {.helo = "probe.org", .from = ""};
    static const struct {
        const char *words, *want;
    } row[] = {
        {"no such user jane", "undeliverable user_unknown"},
        {"no such user", "undeliverable user_unknown"},
        {"no such user me@probe.net", "unknown policy_rejected"},
        {"no such user at probe.org", "unknown policy_rejected"},
        {"no such user jane, says probe.org", "undeliverable user_unknown"},
        {"no such user jane for me@probe.net", "undeliverable user_unknown"},
        {"the domain probe.net does not exist", "unknown policy_rejected"},
        {"no such user at strobe.net", "undeliverable user_unknown"}, /* another domain */
        {"no such user at notprobe.net", "undeliverable user_unknown"},
        {"no such user at my-probe.net", "undeliverable user_unknown"},
        {"no such user at probe.network", "undeliverable user_unknown"},
        {"no such user at probe.net-x", "undeliverable user_unknown"},
        {"no such user at probe.net.au", "undeliverable user_unknown"},
        {"no such user at mx.probe.net", "unknown policy_rejected"},
        {"no such user at probe.net.", "unknown policy_rejected"},
        {"no such user at probe.net. Go", "unknown policy_rejected"},
        {"probe.net: no such user", "unknown policy_rejected"},
        {"no such user janet at probe.net", "unknown policy_rejected"}, /* nobody we asked for */
        {"no such user at my_probe.net", "undeliverable user_unknown"},
        {"no such user jane_x at probe.net", "unknown policy_rejected"},
        {"<postmaster@example.net>: no such user", "unknown policy_rejected"}, /* two readings */
        {"abuse@example.net does not exist", "unknown policy_rejected"},
        {"<Jane@inner.example.net>: no such user", "undeliverable user_unknown"},
        {"no such user, ask postmaster@example.net", "undeliverable user_unknown"},
        {"user@", "unknown policy_rejected"},
        {"user", "undeliverable user_unknown"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct quoth_evidence e = reply(QUOTH_PHASE_RCPT, 550, 101, row[i].words);

        e.addr.local = (struct quoth_span) {"jane", 4};
        quoth_evidence_names(&e, &us);
        CHECK_STR(judged(&e), row[i].want);
    }
    struct quoth_evidence e = reply(QUOTH_PHASE_RCPT, 550, 101, "no such user at probe.net");
    memcpy(e.domain, "mail.probe.net",
           15); /* the recipient's domain is the sender's, or below it */
    quoth_evidence_names(&e, &us);
    CHECK_STR(judged(&e), "undeliverable user_unknown");
    e = reply(QUOTH_PHASE_RCPT, 550, 101, "no such user at probe.net");
    memcpy(e.domain, "mail.probe.new", 15); /* almost */
    quoth_evidence_names(&e, &us);
    CHECK_STR(judged(&e), "unknown policy_rejected");
    e.flags = 0;
    memcpy(e.domain, "mail.myprobe.net", 17); /* nor that */
    quoth_evidence_names(&e, &us);
    CHECK_STR(judged(&e), "unknown policy_rejected");
    e = reply(QUOTH_PHASE_RCPT, 550, 101, "no such user");
    quoth_evidence_names(&e, &nobody); /* a null sender is named nowhere */
    CHECK_INT(e.flags & QUOTH_EVID_NAMES_US, 0);
    e = reply(QUOTH_PHASE_RCPT, 550, 101, "<jane@example.net>: no such user");
    quoth_evidence_names(&e, &nobody); /* who was asked for is not known */
    CHECK_STR(judged(&e), "undeliverable user_unknown");
    e = reply(QUOTH_PHASE_RCPT, 450, 402, "probe.org, greylisted, come back later");
    quoth_evidence_names(&e, &us); /* what says nothing of the mailbox stays as it is */
    CHECK_STR(judged(&e), "unknown greylisted");
}

TEST(K04)
{
    struct quoth_evidence e = reply(QUOTH_PHASE_RCPT, 452, 202, "mailbox full");
    CHECK_STR(judged(&e), "risky mailbox_full");
    e = reply(QUOTH_PHASE_RCPT, 552, 202, "mailbox full");
    CHECK_STR(judged(&e), "risky mailbox_full");
    e = reply(QUOTH_PHASE_RCPT, 550, 201, "mailbox disabled");
    CHECK_STR(judged(&e), "risky mailbox_disabled");
}

TEST(K08) /* a complaint about the form of a quoted address says nothing of the mailbox */
{
    struct quoth_evidence e = reply(QUOTH_PHASE_RCPT, 553, 103, "bad recipient address syntax");
    CHECK_STR(judged(&e), "undeliverable recipient_syntax");
    e.addr.flags = QUOTH_ADDR_QUOTED;
    CHECK_STR(judged(&e), "unknown recipient_syntax");
}

TEST(K11)
{
    struct quoth_evidence e =
        reply(QUOTH_PHASE_BANNER, 521, 0, "mx.example.com does not accept mail");
    CHECK_STR(judged(&e), "unknown domain_not_accepted"); /* another host may take it */
    e.flags = QUOTH_EVID_ALL_GONE;
    CHECK_STR(judged(&e), "undeliverable domain_not_accepted");
    e = reply(QUOTH_PHASE_RCPT, 556, 110, "recipient address has null MX");
    CHECK_STR(judged(&e), "undeliverable domain_not_found");
    e = reply(QUOTH_PHASE_BANNER, 521, 701, "go away");
    e.flags = QUOTH_EVID_ALL_GONE;
    CHECK_STR(judged(&e), "unknown policy_rejected");
    e = reply(QUOTH_PHASE_BANNER, 521, 701, "your address is blocked, see the policy");
    CHECK(!strncmp(judged(&e), "unknown ", 8));
}

TEST(stops)
{
    static const struct {
        enum quoth_reason stop;
        const char *want;
    } rows[] = {
        {QUOTH_REASON_SYNTAX, "undeliverable syntax"},
        {QUOTH_REASON_NULL_MX, "undeliverable null_mx"},
        {QUOTH_REASON_NO_SUCH_DOMAIN, "undeliverable no_such_domain"},
        {QUOTH_REASON_NO_MAIL_HOST, "undeliverable no_mail_host"},
        {QUOTH_REASON_MX_UNRESOLVABLE, "undeliverable mx_unresolvable"},
        {QUOTH_REASON_DNS_FAILURE, "unknown dns_failure"},
        {QUOTH_REASON_TARGET_POLICY, "unknown target_policy"},
        {QUOTH_REASON_NO_IDENTITY, "unknown no_identity"},
        {QUOTH_REASON_RESERVED, "unknown reserved"},
        {QUOTH_REASON_NO_SMTPUTF8, "unknown no_smtputf8"},
        {QUOTH_REASON_SELF, "unknown self"},
        {QUOTH_REASON_PROVIDER_POLICY, "unknown provider_policy"},
        {QUOTH_REASON_EMPTY, "unknown empty"},
        {QUOTH_REASON_SEVERAL, "unknown several"},
        {QUOTH_REASON_UNREADABLE, "unknown unreadable"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct quoth_evidence e = stopped(rows[i].stop);
        CHECK_STR(judged(&e), rows[i].want);
    }
    struct quoth_evidence e = stopped(QUOTH_REASON_MX_UNRESOLVABLE);
    e.mx = QUOTH_MX_GIVEN;
    CHECK_STR(judged(&e), "unknown mx_unresolvable");
    e = stopped(QUOTH_REASON_NO_MAIL_HOST);
    e.flags = QUOTH_EVID_DNS_PARTIAL;
    CHECK_STR(judged(&e), "unknown no_mail_host");
}

TEST(errors)
{
    static const struct {
        enum quoth_err err;
        enum quoth_phase phase;
        const char *want;
    } rows[] = {
        {QUOTH_EREFUSED, QUOTH_PHASE_CONNECT, "unknown unreachable"},
        {QUOTH_EUNREACH, QUOTH_PHASE_CONNECT, "unknown no_route"},
        {QUOTH_ETIME, QUOTH_PHASE_CONNECT, "unknown unreachable"},
        {QUOTH_ETIME, QUOTH_PHASE_BANNER, "unknown timeout"},
        {QUOTH_ETIME, QUOTH_PHASE_RCPT, "unknown timeout"},
        {QUOTH_EIO, QUOTH_PHASE_RCPT, "unknown closed"},
        {QUOTH_EPROTO, QUOTH_PHASE_BANNER, "unknown protocol_error"},
        {QUOTH_ENOTLS, QUOTH_PHASE_STARTTLS, "unknown tls_failed"},
        {QUOTH_ESPACE, QUOTH_PHASE_CONNECT, "unknown internal"},
        {QUOTH_EIO, QUOTH_PHASE_CONNECT, "unknown unreachable"},
        {QUOTH_EIO, QUOTH_PHASE_BANNER, "unknown closed"},
        {(enum quoth_err) - 100, QUOTH_PHASE_BANNER, "unknown internal"}, /* none of ours */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct quoth_evidence e = stopped(QUOTH_REASON_NONE);
        e.err = (int8_t)rows[i].err;
        e.phase = (uint8_t)rows[i].phase;
        e.connects = 1;
        CHECK_STR(judged(&e), rows[i].want);
    }
    struct quoth_evidence e = stopped(QUOTH_REASON_NONE);
    e.err = QUOTH_ETIME;
    CHECK_STR(judged(&e), "unknown timeout"); /* before anybody was connected to */
}

/* A reply that was cut short by a stop decides nothing; 5.1.10 says that no mail is taken. */
TEST(K_stop_and_null_mx)
{
    struct quoth_evidence e = reply(QUOTH_PHASE_RCPT, 550, 101, "no such user");
    e.stop = QUOTH_REASON_TIMEOUT;
    CHECK_STR(judged(&e), "unknown timeout");
    e = reply(QUOTH_PHASE_RCPT, 556, 110, "domain does not accept mail");
    CHECK_STR(judged(&e), "undeliverable domain_not_accepted");
    e = reply(QUOTH_PHASE_RCPT, 550, 110, "domain does not accept mail");
    CHECK_STR(judged(&e), "undeliverable domain_not_accepted");
    e = reply(QUOTH_PHASE_RCPT, 550, 109, "domain does not accept mail");
    CHECK_STR(judged(&e), "unknown domain_not_accepted");
    e = reply(QUOTH_PHASE_RCPT, 550, 210, "domain does not accept mail");
    CHECK_STR(judged(&e), "unknown domain_not_accepted");
    e = reply(QUOTH_PHASE_MAIL, 556, 110, "domain does not accept mail");
    CHECK_STR(judged(&e), "unknown policy_rejected");
}

/* Every code at every phase with every kind of text: G0, and determinism (K14, K15, S21). */
TEST(G0)
{
    static const char *const texts[] = {"",
                                        "ok",
                                        "no such user",
                                        "mailbox full",
                                        "blocked by a block list",
                                        "greylisted",
                                        "relay access denied",
                                        "user unknown",
                                        "authentication required"};
    static const unsigned subs[] = {0, 101, 102, 103, 106, 110, 201, 202, 300, 401, 501, 700, 701};
    for (unsigned phase = QUOTH_PHASE_BANNER; phase <= QUOTH_PHASE_RCPT; phase++)
        for (uint16_t code = 200; code < 600; code++)
            for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
                for (size_t s = 0; s < sizeof subs / sizeof subs[0]; s++) {
                    struct quoth_evidence e =
                        reply((enum quoth_phase)phase, code, subs[s], texts[t]);
                    e.asked_decoy = 1;
                    e.decoy_code = 550;
                    e.decoy_reason = QUOTH_REASON_USER_UNKNOWN;
                    struct quoth_reading r;
                    enum quoth_verdict v = quoth_judge(&e, NULL, &r),
                                       again = quoth_judge(&e, NULL, NULL);
                    int ok = v == again && r.reason != QUOTH_REASON_NONE;
                    if (v == QUOTH_VERDICT_DELIVERABLE)
                        ok &= phase == QUOTH_PHASE_RCPT && code / 100 == 2;
                    if (v == QUOTH_VERDICT_UNDELIVERABLE)
                        ok &= (phase == QUOTH_PHASE_RCPT && code / 100 == 5) || code == 521;
                    if (v == QUOTH_VERDICT_RISKY)
                        ok &= phase == QUOTH_PHASE_RCPT;
                    if (!ok)
                        printf("phase %u code %u sub %u \"%s\"\n", phase, code, subs[s], texts[t]);
                    CHECK(ok);
                }
}

/* ---- against a plain reference, over evidence made up at random ------------------- */

static enum quoth_reason ref_of_error(const struct quoth_evidence *e)
{
    switch (e->err) {
    case QUOTH_EPROTO: return QUOTH_REASON_PROTOCOL_ERROR;
    case QUOTH_EIO:
        return e->phase == QUOTH_PHASE_CONNECT ? QUOTH_REASON_UNREACHABLE : QUOTH_REASON_CLOSED;
    case QUOTH_EREFUSED: return QUOTH_REASON_UNREACHABLE;
    case QUOTH_EUNREACH: return QUOTH_REASON_NO_ROUTE;
    case QUOTH_ETIME:
        return e->phase <= QUOTH_PHASE_CONNECT && e->connects ? QUOTH_REASON_UNREACHABLE
                                                              : QUOTH_REASON_TIMEOUT;
    case QUOTH_ENOTLS: return QUOTH_REASON_TLS_FAILED;
    case QUOTH_ENORANDOM: return QUOTH_REASON_NO_ENTROPY;
    default: return QUOTH_REASON_INTERNAL;
    }
}

static enum quoth_reason ref_accepted(const struct quoth_evidence *e)
{
    int takes_all = e->decoy_code / 100 == 2;
    int refuses = !takes_all && e->decoy_code && e->decoy_reason == QUOTH_REASON_USER_UNKNOWN;

    if (!refuses && (e->flags & QUOTH_EVID_NOT_BEST))
        return QUOTH_REASON_BACKUP_MX;
    if (e->decoy_reason == QUOTH_REASON_ACCEPTS_BY_SHAPE)
        return QUOTH_REASON_ACCEPTS_BY_SHAPE;
    if (!refuses)
        return takes_all ? QUOTH_REASON_CATCH_ALL : QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED;
    return e->lists & QUOTH_LIST_DISPOSABLE ? QUOTH_REASON_DISPOSABLE
           : e->lists & QUOTH_LIST_ROLE     ? QUOTH_REASON_ROLE
                                            : QUOTH_REASON_ACCEPTED;
}

/* What is told of it, in the order of core/README.md. */
static enum quoth_verdict ref_verdict(const struct quoth_evidence *e, struct quoth_reading *r)
{
    int rcpt = e->phase == QUOTH_PHASE_RCPT && e->said.code && !e->stop, dead, gone;

    memset(r, 0, sizeof *r);
    if (e->stop)
        r->reason = (enum quoth_reason)e->stop;
    else if (!e->said.code || e->err == QUOTH_ENOTLS)
        r->reason = ref_of_error(e);
    else {
        quoth_judge_reply(r, (enum quoth_phase)e->phase, &e->said, e->words, NULL);
        if (r->says == QUOTH_SAYS_NOT_EXISTS && (e->flags & QUOTH_EVID_NAMES_US)) {
            r->says = QUOTH_SAYS_CANNOT_TELL;
            r->reason = QUOTH_REASON_POLICY_REJECTED;
        }
        if (r->reason == QUOTH_REASON_ACCEPTED)
            r->reason = ref_accepted(e);
    }
    dead = rcpt && e->said.code / 100 == 5 && r->says == QUOTH_SAYS_NOT_EXISTS;
    gone = (rcpt && (e->said.code == 556 ||
                     (e->said.esc[0] == 5 && e->said.esc[1] == 1 && e->said.esc[2] == 10))) ||
           (e->phase == QUOTH_PHASE_BANNER && (e->flags & QUOTH_EVID_ALL_GONE));
    switch (r->reason) {
    case QUOTH_REASON_ACCEPTED: /* of a reason that is a stop, nothing is known */
        return rcpt && quoth_catch_all(e) == QUOTH_FACT_NO ? QUOTH_VERDICT_DELIVERABLE
                                                           : QUOTH_VERDICT_UNKNOWN;
    case QUOTH_REASON_CATCH_ALL:
    case QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED:
    case QUOTH_REASON_ACCEPTS_BY_SHAPE:
    case QUOTH_REASON_BACKUP_MX:
    case QUOTH_REASON_DISPOSABLE:
    case QUOTH_REASON_ROLE:
    case QUOTH_REASON_NOT_VERIFIABLE:
    case QUOTH_REASON_MAILBOX_FULL:
    case QUOTH_REASON_MAILBOX_DISABLED: return rcpt ? QUOTH_VERDICT_RISKY : QUOTH_VERDICT_UNKNOWN;
    case QUOTH_REASON_DOMAIN_NOT_ACCEPTED: dead = gone; break;
    case QUOTH_REASON_DOMAIN_NOT_FOUND: dead |= gone; break;
    case QUOTH_REASON_USER_UNKNOWN: break;
    case QUOTH_REASON_RECIPIENT_SYNTAX:
        dead &= !(e->addr.flags & QUOTH_ADDR_QUOTED) && !(e->addr.flags & QUOTH_ADDR_UTF8_LOCAL);
        break;
    case QUOTH_REASON_SYNTAX:
    case QUOTH_REASON_NO_SUCH_DOMAIN:
    case QUOTH_REASON_NULL_MX: dead = 1; break;
    case QUOTH_REASON_NO_MAIL_HOST: dead = !(e->flags & QUOTH_EVID_DNS_PARTIAL); break;
    case QUOTH_REASON_MX_UNRESOLVABLE:
        dead = !(e->flags & QUOTH_EVID_DNS_PARTIAL) && e->mx == QUOTH_MX_HOSTS;
        break;
    default: dead = 0; break;
    }
    return dead ? QUOTH_VERDICT_UNDELIVERABLE : QUOTH_VERDICT_UNKNOWN;
}

static struct quoth_random rnd;
static unsigned below(unsigned n) { return quoth_random_below(&rnd, n); }

static struct quoth_evidence by_chance(void)
{
    static const char *const texts[] = {"",
                                        "ok",
                                        "no such user",
                                        "mailbox full",
                                        "blocked by a block list",
                                        "greylisted",
                                        "domain does not accept mail",
                                        "no such domain",
                                        "bad recipient address syntax",
                                        "mailbox disabled",
                                        "recipient taken",
                                        "fine"};
    static const uint16_t codes[] = {250, 250, 250, 250, 250, 250, 251, 252, 450, 550, 550,
                                     550, 553, 556, 556, 521, 554, 354, 400, 499, 500, 599};
    static const uint16_t decoys[] = {0, 199, 200, 250, 299, 300, 450, 550};
    static const uint8_t decoy_reasons[] = {
        QUOTH_REASON_USER_UNKNOWN,     QUOTH_REASON_USER_UNKNOWN, QUOTH_REASON_ACCEPTED,
        QUOTH_REASON_ACCEPTS_BY_SHAPE, QUOTH_REASON_IP_BLOCKED,   0};
    static const unsigned subs[] = {0, 0, 101, 102, 103, 109, 110, 201, 202, 210, 700};
#define ONE_OF(a) a[below(sizeof a / sizeof a[0])]
    enum quoth_phase phase = below(2) ? QUOTH_PHASE_RCPT : (enum quoth_phase)below(QUOTH_PHASES);
    struct quoth_evidence e = reply(phase, ONE_OF(codes), ONE_OF(subs), ONE_OF(texts));

    if (below(6) == 0)
        e.said.esc[below(3)]++;
    if (below(4) == 0)
        e.said.code = 0;
    if (below(4) == 0)
        e.stop = (uint8_t)below(QUOTH_REASONS);
    if (below(3) == 0)
        e.err = (int8_t) - (int)below(13);
    e.connects = (uint8_t)below(2);
    e.flags = (uint8_t)(below(2) ? below(256) : 0);
    e.mx = (uint8_t)below(QUOTH_MX_STATES);
    e.addr.flags = (uint8_t)(below(2) ? 0 : below(256));
    e.decoy_code = ONE_OF(decoys);
    e.decoy_reason = ONE_OF(decoy_reasons);
    e.lists = (uint16_t)(below(2)   ? 0
                         : below(2) ? QUOTH_LIST_ROLE
                                    : QUOTH_LIST_ROLE | QUOTH_LIST_DISPOSABLE);
#undef ONE_OF
    return e;
}

TEST(G0_reference)
{
    static const uint8_t seed[16] = {12};
    unsigned seen[QUOTH_VERDICTS] = {0};

    quoth_random_seed(&rnd, seed);
    for (int k = 0; k < ROUNDS(100000); k++) {
        struct quoth_evidence e = by_chance();
        struct quoth_reading want, got;
        enum quoth_verdict verdict = ref_verdict(&e, &want);
        int ok = quoth_judge(&e, NULL, &got) == verdict && got.reason == want.reason &&
                 got.says == want.says &&
                 (got.rule[0] == 0 || (e.said.code && !e.stop)); /* only a reply is read */

        seen[verdict]++;
        CHECK(ok);
        if (!ok)
            printf("    phase %u code %u esc %u.%u.%u stop %u err %d flags %u: %s, not %s\n",
                   e.phase, e.said.code, e.said.esc[0], e.said.esc[1], e.said.esc[2], e.stop, e.err,
                   e.flags, quoth_reason_name(got.reason), quoth_reason_name(want.reason));
    }
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        CHECK(seen[i] > ROUNDS(500));
}

TEST(names)
{
    CHECK_STR(quoth_verdict_name(QUOTH_VERDICT_RISKY), "risky");
    CHECK_STR(quoth_verdict_name((enum quoth_verdict)99), "?");
    CHECK_STR(quoth_fact_name(QUOTH_FACT_NO), "no");
    for (int i = 1; i < QUOTH_REASONS; i++) {
        CHECK(strlen(quoth_reason_name((enum quoth_reason)i)) > 2);
        CHECK(strlen(quoth_reason_text((enum quoth_reason)i)) > 10);
    }
}

int main(void)
{
    RUN(K01);
    RUN(K02);
    RUN(K19_names);
    RUN(K04);
    RUN(K08);
    RUN(K11);
    RUN(stops);
    RUN(errors);
    RUN(K_stop_and_null_mx);
    RUN(G0);
    RUN(G0_reference);
    RUN(names);
    return report("verdict");
}
