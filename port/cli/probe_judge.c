/* probe_judge.c - what was seen of a server to what is to be thought of it.
 *
 *   struct probe_facts --> reach --> TLS --> certificate --> keywords --> relay --> findings,
 *                                                                         the worst first
 *
 * Pure: the same facts give the same findings. Texts and grades stand in core/data/checks.txt; some
 * grades depend on the port: a relay on port 25 is asked by strangers, a submission port by people
 * with passwords. Whatever could not be seen is unknown, and never bad.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <string.h>
#include "probe.h"
#include "checks.h"

/* ---- adding one --------------------------------------------------------- */

struct judge {
    const struct probe_facts *f;
    struct probe_report *r;
    enum quoth_profile profile; /* the column of grades */
};

/* The detail is of this server; "": none. */
static void judge_add(struct judge *judge, unsigned id, const char *format, ...)
{
    struct probe_finding *to = &judge->r->finding[judge->r->n];
    const enum quoth_grade grade = quoth_check_grade(id, judge->profile);
    va_list args;

    if (grade == QUOTH_GRADE_OK || judge->r->n == PROBE_FINDINGS)
        return;
    judge->r->n++;
    to->id = (uint16_t)id;
    to->grade = (uint8_t)grade;
    va_start(args, format);
    vsnprintf(to->detail, sizeof to->detail, format, args);
    va_end(args);
}

/* What was said, at `step`. */
static void judge_reply(struct judge *judge, unsigned id, const struct probe_step *step)
{
    judge_add(judge, id, "%s: %u %.*s", probe_verb_name(step->verb), step->said.code,
              (int)step->said.n, step->words);
}

static const char *judge_err(const struct probe_facts *facts)
{
    return facts->err ? app_err_words(facts->err) : "it hung up";
}

/* ---- how far it got ----------------------------------------------------- */

/* "More than is read" is one line too many, or one that is too long. */
static void judge_protocol(struct judge *judge)
{
    if (judge->f->not_smtp)
        judge_add(judge, CHECK_SMTP_PROTOCOL, "line %u of a reply", judge->f->not_smtp);
    else
        judge_add(judge, CHECK_SMTP_PROTOCOL, "%s", "a reply that nothing was asked for");
}

/* 1: there is a server, and it has greeted us. */
static int judge_reach(struct judge *judge)
{
    const struct probe_facts *facts = judge->f;
    const struct probe_step *greeting = probe_step_of(facts, PROBE_GREETING);

    if (!facts->peer.ip.len && facts->denied) {
        judge_add(judge, CHECK_HOST_DENIED, "%s", "");
    } else if (!facts->peer.ip.len) {
        judge_add(judge, CHECK_HOST_DNS, "%s", quoth_answer_name((enum quoth_answer)facts->dns));
    } else if (!facts->connected) {
        judge_add(judge, CHECK_PORT_CLOSED, "%s", judge_err(facts));
    } else if (!greeting) { /* port 465: the handshake comes first */
        judge_add(judge, CHECK_TLS_BROKEN, "%s", judge_err(facts));
    } else if (facts->not_smtp) {
        judge_protocol(judge);
    } else if (!greeting->done) {
        judge_add(judge, CHECK_SMTP_SILENT, "greeting: %s", judge_err(facts));
    } else if (greeting->said.code / 100 != 2) {
        judge_reply(judge, CHECK_SMTP_REFUSED, greeting);
    } else {
        return 1;
    }
    return 0;
}

static void judge_greeting(struct judge *judge)
{
    const struct probe_facts *facts = judge->f;
    const struct probe_step *greeting = probe_step_of(facts, PROBE_GREETING);

    if (greeting->ms > 5000)
        judge_add(judge, CHECK_GREETING_SLOW, "%u ms", greeting->ms);
    if (!*facts->name || facts->resolves == QUOTH_FACT_NO)
        judge_add(judge, CHECK_GREETING_NAME, "%s",
                  *facts->name ? facts->name : "it is no host name");
}

/* Behind the greeting. */
static void judge_talk(struct judge *judge)
{
    const struct probe_facts *facts = judge->f;
    const struct probe_step *ehlo = probe_step_of(facts, PROBE_EHLO),
                            *helo = probe_step_of(facts, PROBE_HELO),
                            *last = facts->steps ? &facts->step[facts->steps - 1] : NULL;

    if (helo && helo->done && helo->said.code / 100 == 2)
        judge_reply(judge, CHECK_EHLO_REFUSED, ehlo ? ehlo : helo);
    else if (helo && helo->done)
        judge_reply(judge, CHECK_SMTP_REFUSED, helo);
    else if (ehlo && ehlo->done && ehlo->said.code / 100 != 2)
        judge_reply(judge, CHECK_SMTP_REFUSED, ehlo);
    if (facts->injected)
        return;
    if (facts->not_smtp || facts->surplus || facts->suspect)
        judge_protocol(judge);
    else if ((facts->err == QUOTH_EIO || facts->err == QUOTH_ETIME) && last)
        judge_add(judge, CHECK_SMTP_SILENT, "%s: %s", probe_verb_name(last->verb),
                  judge_err(facts));
}

/* ---- TLS ---------------------------------------------------------------- */

static void judge_tls(struct judge *judge)
{
    const struct probe_facts *facts = judge->f;
    const struct probe_step *asked = probe_step_of(facts, PROBE_STARTTLS),
                            *shake = probe_step_of(facts, PROBE_HANDSHAKE);
    const int offered = probe_offer(&facts->offers[0], "starttls", NULL) != NULL;

    if (facts->injected)
        judge_add(judge, CHECK_TLS_INJECTION, "%s", "");
    else if (asked && asked->done && asked->said.code != 220)
        judge_reply(judge, CHECK_TLS_REFUSED, asked);
    else if (shake && !shake->done)
        judge_add(judge, CHECK_TLS_BROKEN, "%s", app_err_words(QUOTH_ENOTLS));
    else if (facts->offers[0].heard && !offered)
        judge_add(judge, CHECK_TLS_NONE, "%s", "");
    else if (offered && facts->no_tls)
        judge_add(judge, CHECK_TLS_UNTRIED, "%s", "");
    if (probe_offer(&facts->offers[1], "starttls", NULL))
        judge_add(judge, CHECK_TLS_AGAIN, "%s", "");
}

/* A program of a person's refuses what does not check out, a relay goes on (RFC 7435). */
static void judge_trust(struct judge *judge)
{
    const struct probe_facts *facts = judge->f;
    const unsigned fault = facts->tls.cert;

    if (fault & QUOTH_CERT_EXPIRED)
        judge_add(judge, CHECK_CERT_EXPIRED, "%s to %s", facts->cert.from, facts->cert.until);
    else if (facts->now_s && facts->cert.until_s - facts->now_s < 14 * 86400)
        judge_add(judge, CHECK_CERT_EXPIRING, "%s", facts->cert.until);
    if (fault & QUOTH_CERT_WRONG_NAME && !facts->by_address)
        judge_add(judge, CHECK_CERT_NAME, "%s; asked for: %s",
                  *facts->cert.names ? facts->cert.names : "none", facts->host);
    if (fault & QUOTH_CERT_UNTRUSTED)
        judge_add(judge, CHECK_CERT_UNTRUSTED, "%s%s%s",
                  facts->cert.self_signed ? "self-signed" : "issuer: ",
                  facts->cert.self_signed ? "" : facts->cert.issuer,
                  facts->cert.chain == 1 && !facts->cert.self_signed
                      ? "; no other certificate was sent"
                      : "");
    if (!(fault & QUOTH_CERT_CHECKED))
        judge_add(judge, CHECK_CERT_UNCHECKED, "%s", "");
}

static void judge_cert(struct judge *judge)
{
    const struct quoth_cert *cert = &judge->f->cert;

    if (!judge->f->tls.version || !cert->chain)
        return;
    judge_trust(judge);
    if ((!strcmp(cert->key, "RSA") && cert->key_bits < 2048) ||
        (!strcmp(cert->key, "EC") && cert->key_bits < 224))
        judge_add(judge, CHECK_CERT_KEY, "%s %u", cert->key, cert->key_bits);
    if (strstr(cert->signature, "SHA1") || strstr(cert->signature, "MD5"))
        judge_add(judge, CHECK_CERT_HASH, "%s", cert->signature);
}

/* ---- keywords ----------------------------------------------------------- */

static void judge_logins(struct judge *judge)
{
    const struct probe_facts *facts = judge->f;
    const struct probe_offers *last = &facts->offers[facts->offers[1].heard];
    const char *how = NULL;
    int clear = 0;

    while ((how = probe_offer(&facts->offers[0], "auth", how)))
        clear |= probe_has_word(how, "plain", 5) || probe_has_word(how, "login", 5);
    if (clear)
        judge_add(judge, CHECK_AUTH_CLEAR, "%s", probe_offer(&facts->offers[0], "auth", NULL));
    if (!last->heard)
        return;
    do /* AUTH that names no mechanism is no login */
        how = probe_offer(last, "auth", how);
    while (how && !*how);
    if (how)
        judge_add(judge, CHECK_AUTH_MX, "%s", how);
    /* where TLS did not come about, logins may wait behind it */
    if (!how && (facts->offers[1].heard || !probe_offer(last, "starttls", NULL)))
        judge_add(judge, CHECK_AUTH_NONE, "%s", "");
}

static void judge_keywords(struct judge *judge)
{
    judge_logins(judge);
    if (probe_offer(&judge->f->offers[0], "turn", NULL) ||
        probe_offer(&judge->f->offers[1], "turn", NULL))
        judge_add(judge, CHECK_TURN_OFFERED, "%s", "");
}

/* ---- relay -------------------------------------------------------------- */

/* What was asked and not told is unknown, as with the plain address. */
static void judge_shapes(struct judge *judge)
{
    const struct probe_facts *facts = judge->f;
    const struct probe_shape *first;
    const unsigned taken = probe_shapes_taken(facts, &first);
    unsigned refused = 0;

    for (unsigned i = 0; i < facts->shapes_asked; i++)
        refused += facts->shape[i].reply.said.code / 100 == 5;
    if (taken)
        judge_add(judge, CHECK_RELAY_SHAPE, "%u of %u: RCPT TO:<%s>", taken, facts->shapes,
                  first->to);
    if (taken + refused < facts->shapes)
        judge_add(judge, CHECK_RELAY_UNKNOWN, "%u of %u shapes", facts->shapes - taken - refused,
                  facts->shapes);
}

static void judge_relay(struct judge *judge)
{
    const struct probe_facts *facts = judge->f;
    const unsigned last = facts->relays ? facts->relays - 1 : 0;

    switch ((enum probe_relay_state)facts->relay_state) {
    case PROBE_RELAY_TAKEN:
        judge_add(judge, CHECK_RELAY_TAKEN, "RCPT TO:<%s>", facts->relay);
        break;
    case PROBE_RELAY_ANYTHING:
        judge_add(judge, CHECK_RELAY_OPEN, "RCPT TO:<%s>", facts->relay);
        break;
    case PROBE_RELAY_HERE: judge_add(judge, CHECK_RELAY_UNTESTABLE, "%s", facts->relay_why); break;
    case PROBE_RELAY_LATER:
        judge_add(judge, CHECK_RELAY_UNKNOWN, "%u %.*s", facts->probe[last].said.code,
                  (int)facts->probe[last].said.n, facts->probe[last].words);
        break;
    default: break;
    }
}

/* ---- all of it ---------------------------------------------------------- */

static unsigned judge_rank(const struct probe_finding *finding)
{
    return quoth_grade_rank((enum quoth_grade)finding->grade);
}

/* The worst first; of equals the one found first. */
static void judge_sort(struct probe_report *report)
{
    for (unsigned i = 1; i < report->n; i++)
        for (unsigned k = i;
             k && judge_rank(&report->finding[k]) < judge_rank(&report->finding[k - 1]); k--) {
            const struct probe_finding swap = report->finding[k];
            report->finding[k] = report->finding[k - 1];
            report->finding[k - 1] = swap;
        }
}

static void judge_whole(struct probe_report *report)
{
    report->grade = report->n ? report->finding[0].grade : QUOTH_GRADE_OK;
    if (report->grade == QUOTH_GRADE_NOTE)
        report->grade = QUOTH_GRADE_OK;
}

/* Who may expect what of this port: core/data/checks.txt. */
static enum quoth_profile judge_profile(const struct probe_facts *facts)
{
    if (!facts->named && !facts->connected)
        return QUOTH_PROFILE_PARKED;
    return facts->as == 25 ? QUOTH_PROFILE_RECEIVING : QUOTH_PROFILE_SENDING;
}

void probe_judge(const struct probe_facts *facts, struct probe_report *report)
{
    struct judge judge = {facts, report, judge_profile(facts)};

    report->n = 0;
    if (judge_reach(&judge)) {
        judge_greeting(&judge);
        judge_talk(&judge);
        judge_tls(&judge);
        judge_keywords(&judge);
        judge_relay(&judge);
        judge_shapes(&judge);
    }
    judge_cert(&judge);
    judge_sort(report);
    judge_whole(report);
}

unsigned probe_ignore(struct probe_report *report, const struct cli_grading *grading)
{
    const unsigned all = report->n;
    unsigned grades = 0;

    report->n = 0;
    for (unsigned i = 0; i < all; i++)
        if (!cli_grading_ignores(grading, quoth_check_id(report->finding[i].id))) {
            grades |= 1u << report->finding[i].grade;
            report->finding[report->n++] = report->finding[i];
        }
    judge_whole(report);
    return grades;
}
