/* probe_judge.c - what was seen of a server to what is to be thought of it.
 *
 *   struct probe_facts --> reach --> TLS --> certificate --> keywords --> relay --> findings,
 *                                                                         the worst first
 *
 * Pure: the same facts give the same findings. The texts stand in one table, a grade where it is
 * decided, for some depend on the port: a relay on port 25 is asked by strangers, a submission port
 * by people with passwords. Whatever could not be seen is unknown, and never bad.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <string.h>
#include "probe.h"

enum check {
    CHECK_DNS,
    CHECK_DENIED,
    CHECK_CLOSED,
    CHECK_REFUSED,
    CHECK_SILENT,
    CHECK_PROTOCOL,
    CHECK_SLOW,
    CHECK_NAME,
    CHECK_EHLO,
    CHECK_TLS_NONE,
    CHECK_TLS_UNTRIED,
    CHECK_TLS_REFUSED,
    CHECK_TLS_INJECTION,
    CHECK_TLS_BROKEN,
    CHECK_TLS_AGAIN,
    CHECK_CERT_DATES,
    CHECK_CERT_SOON,
    CHECK_CERT_NAME,
    CHECK_CERT_TRUST,
    CHECK_CERT_KEY,
    CHECK_CERT_SHA1,
    CHECK_CERT_UNCHECKED,
    CHECK_LOGIN_CLEAR,
    CHECK_LOGIN_MX,
    CHECK_LOGIN_NONE,
    CHECK_TURN,
    CHECK_RELAY_TAKEN,
    CHECK_RELAY_OPEN,
    CHECK_RELAY_HERE,
    CHECK_RELAY_LATER,
    CHECKS
};

/* clang-format off */
/* id, where it is written, a sentence, what to do; a NUL between, so that a row takes one pointer. */
static const char *const check_rows[] = {
    [CHECK_DNS] = "host.dns\0" "\0"
        "Its name could not be resolved to an address\0"
        "Publish an A or AAAA record, or check the name",
    [CHECK_DENIED] = "host.denied\0" "\0"
        "Its name leads to an address that is not called\0"
        "If the server is yours, allow its network with --allow, or type the address",
    [CHECK_CLOSED] = "port.closed\0" "\0"
        "No connection came about\0"
        "If it should be open: is the server listening, does a firewall stand between?",
    [CHECK_REFUSED] = "smtp.refused\0" "RFC 5321 3.1\0"
        "It does not want to talk to us, so the rest cannot be seen from here\0"
        "",
    [CHECK_SILENT] = "smtp.silent\0" "RFC 5321 4.5.3.2\0"
        "It stopped answering, so the rest cannot be seen\0"
        "",
    [CHECK_PROTOCOL] = "smtp.protocol\0" "RFC 5321 4.2\0"
        "What it says is not SMTP\0"
        "Another service, or a filter between, answers on this port",
    [CHECK_SLOW] = "greeting.slow\0" "RFC 5321 4.5.3.2.1\0"
        "Its greeting takes longer than five seconds\0"
        "Senders wait, but some give up early; look at lookups made before the greeting",
    [CHECK_NAME] = "greeting.name\0" "RFC 5321 4.3.1\0"
        "The name it greets with does not lead to this address\0"
        "Greet with a full host name that has this address",
    [CHECK_EHLO] = "ehlo.refused\0" "RFC 5321 2.2.1\0"
        "It does not take EHLO, so it has no extensions and no TLS\0"
        "Look for a filter between that rewrites commands",
    [CHECK_TLS_NONE] = "tls.none\0" "RFC 3207, RFC 8314 3.3\0"
        "It does not offer STARTTLS\0"
        "Set up a certificate and offer STARTTLS",
    [CHECK_TLS_UNTRIED] = "tls.untried\0" "\0"
        "TLS was not tried, as --tls never says\0"
        "",
    [CHECK_TLS_REFUSED] = "tls.refused\0" "RFC 3207 4\0"
        "It offers STARTTLS and then refuses it\0"
        "Mostly a certificate or key that cannot be read; the server's log says which",
    [CHECK_TLS_INJECTION] = "tls.injection\0" "RFC 3207 4.1, CVE-2011-0411\0"
        "It said more in clear behind the 220 to STARTTLS: whoever is between can put words in "
        "its mouth\0"
        "Update the server, or take away the filter between",
    [CHECK_TLS_BROKEN] = "tls.broken\0" "RFC 8996, RFC 9325\0"
        "No TLS 1.2 or 1.3 came about\0"
        "Check versions and cipher suites; older ones are not offered by clients",
    [CHECK_TLS_AGAIN] = "tls.again\0" "RFC 3207 4.2\0"
        "It offers STARTTLS once more within TLS\0"
        "Update the server, or the proxy that ends TLS before it",
    [CHECK_CERT_DATES] = "cert.expired\0" "RFC 5280 4.1.2.5\0"
        "Its certificate is not valid today\0"
        "Renew it, and reload the server",
    [CHECK_CERT_SOON] = "cert.expiring\0" "\0"
        "Its certificate ends in less than 14 days\0"
        "Renew it, and see why that does not happen by itself",
    [CHECK_CERT_NAME] = "cert.name\0" "RFC 9525 6\0"
        "Its certificate names another host\0"
        "Get one for the name that clients are told",
    [CHECK_CERT_TRUST] = "cert.untrusted\0" "RFC 5280 6\0"
        "Nobody that is trusted here has signed its certificate\0"
        "Send the intermediate certificates too; or get one that programs trust",
    [CHECK_CERT_KEY] = "cert.key\0" "RFC 9325 4.5\0"
        "Its key is too short\0"
        "RSA of 2048 bits, or EC of 256",
    [CHECK_CERT_SHA1] = "cert.hash\0" "RFC 9155\0"
        "Its certificate is signed with a hash that can be forged\0"
        "Get a new one: SHA-256 has been usual for years",
    [CHECK_CERT_UNCHECKED] = "cert.unchecked\0" "\0"
        "Its certificate was not checked: there is no store of trusted ones or no clock here\0"
        "--ca-file FILE names one",
    [CHECK_LOGIN_CLEAR] = "auth.clear\0" "RFC 4954 4, RFC 8314 3.3\0"
        "It offers logins by password before TLS\0"
        "Offer them only once TLS is up",
    [CHECK_LOGIN_MX] = "auth.mx\0" "RFC 8314 3\0"
        "It offers logins on port 25, where passwords are guessed most\0"
        "Keep them to ports 465 and 587",
    [CHECK_LOGIN_NONE] = "auth.none\0" "RFC 6409 4.3\0"
        "It offers no login, though people hand in mail here\0"
        "Set up a login, or close the port",
    [CHECK_TURN] = "turn.offered\0" "RFC 5321 F.1\0"
        "It offers TURN, by which anybody can fetch mail\0"
        "Turn it off",
    [CHECK_RELAY_TAKEN] = "relay.taken\0" "RFC 5321 3.6.2\0"
        "It takes mail for another domain at RCPT; whether it would deliver it cannot be seen "
        "without sending\0"
        "Unless you are in its own network: let it take mail for its own domains alone",
    [CHECK_RELAY_OPEN] = "relay.open\0" "RFC 5321 3.6.2\0"
        "It takes mail from anybody for any domain, even one that nobody has\0"
        "Let it take mail for its own domains alone",
    [CHECK_RELAY_HERE] = "relay.untestable\0" "\0"
        "Whether it relays cannot be tested from here\0"
        "Test it from a network that it does not know",
    [CHECK_RELAY_LATER] = "relay.unknown\0" "\0"
        "Whether it relays could not be told\0"
        "Try again later",
};
/* clang-format on */
const unsigned probe_checks_n = CHECKS;
_Static_assert(sizeof check_rows / sizeof *check_rows == CHECKS, "a row for each check");

const char *probe_check_text(unsigned check, enum probe_check_part part)
{
    const char *p = check_rows[check];

    for (unsigned i = 0; i < part; i++)
        p += strlen(p) + 1;
    return p;
}

const char *probe_grade_name(unsigned grade)
{
    static const char *const names[PROBE_GRADES] = {"ok", "note", "warn", "bad", "unknown"};
    return names[grade];
}

/* ---- adding one --------------------------------------------------------- */

struct judge {
    const struct probe_facts *f;
    struct probe_report *r;
    uint8_t people; /* a port where people hand in mail with their programs */
};

static void judge_add(struct judge *j, enum check check, enum probe_grade grade, const char *format,
                      ...)
{
    struct probe_finding *to = &j->r->finding[j->r->n];
    va_list args;

    if (j->r->n == PROBE_FINDINGS)
        return;
    j->r->n++;
    to->check = (uint8_t)check;
    to->grade = (uint8_t)grade;
    va_start(args, format);
    vsnprintf(to->detail, sizeof to->detail, format, args);
    va_end(args);
}

/* What was said, at `step`. */
static void judge_reply(struct judge *j, enum check check, enum probe_grade grade,
                        const struct probe_step *step)
{
    judge_add(j, check, grade, "%s: %u %.*s", probe_verb_name(step->verb), step->said.code,
              (int)step->said.n, step->words);
}

static const char *judge_err(const struct probe_facts *f)
{
    return f->err ? app_err_words(f->err) : "it hung up";
}

/* ---- how far it got ----------------------------------------------------- */

/* 1: there is a server, and it has greeted us. */
static int judge_reach(struct judge *j)
{
    const struct probe_facts *f = j->f;
    const struct probe_step *greeting = probe_step_of(f, PROBE_GREETING);

    if (!f->peer.ip.len && f->denied) {
        judge_add(j, CHECK_DENIED, PROBE_UNKNOWN, "%s", "");
    } else if (!f->peer.ip.len) {
        judge_add(j, CHECK_DNS, PROBE_UNKNOWN, "%s", quoth_answer_name((enum quoth_answer)f->dns));
    } else if (!f->connected) {
        judge_add(j, CHECK_CLOSED, f->named ? PROBE_UNKNOWN : PROBE_NOTE, "%s", judge_err(f));
    } else if (!greeting) { /* port 465: the handshake comes first */
        judge_add(j, CHECK_TLS_BROKEN, PROBE_BAD, "%s", judge_err(f));
    } else if (f->not_smtp) {
        judge_add(j, CHECK_PROTOCOL, PROBE_BAD, "%s", "");
    } else if (!greeting->done) {
        judge_add(j, CHECK_SILENT, PROBE_UNKNOWN, "greeting: %s", judge_err(f));
    } else if (greeting->said.code / 100 != 2) {
        judge_reply(j, CHECK_REFUSED, PROBE_UNKNOWN, greeting);
    } else {
        return 1;
    }
    return 0;
}

static void judge_greeting(struct judge *j)
{
    const struct probe_facts *f = j->f;
    const struct probe_step *greeting = probe_step_of(f, PROBE_GREETING);

    if (greeting->ms > 5000)
        judge_add(j, CHECK_SLOW, PROBE_NOTE, "%u ms", greeting->ms);
    if (!*f->name || f->resolves == QUOTH_FACT_NO)
        judge_add(j, CHECK_NAME, PROBE_NOTE, "%s", *f->name ? f->name : "it is no host name");
}

/* Behind the greeting. */
static void judge_talk(struct judge *j)
{
    const struct probe_facts *f = j->f;
    const struct probe_step *ehlo = probe_step_of(f, PROBE_EHLO),
                            *helo = probe_step_of(f, PROBE_HELO),
                            *last = f->steps ? &f->step[f->steps - 1] : NULL;

    if (helo && helo->done && helo->said.code / 100 == 2)
        judge_reply(j, CHECK_EHLO, PROBE_WARN, ehlo ? ehlo : helo);
    else if (helo && helo->done)
        judge_reply(j, CHECK_REFUSED, PROBE_UNKNOWN, helo);
    else if (ehlo && ehlo->done && ehlo->said.code / 100 != 2)
        judge_reply(j, CHECK_REFUSED, PROBE_UNKNOWN, ehlo);
    if (f->injected)
        return;
    if (f->not_smtp || f->surplus || f->suspect)
        judge_add(j, CHECK_PROTOCOL, PROBE_BAD, "%s",
                  f->not_smtp ? "" : "a reply that nothing was asked for");
    else if ((f->err == QUOTH_EIO || f->err == QUOTH_ETIME) && last)
        judge_add(j, CHECK_SILENT, PROBE_UNKNOWN, "%s: %s", probe_verb_name(last->verb),
                  judge_err(f));
}

/* ---- TLS ---------------------------------------------------------------- */

static void judge_tls(struct judge *j)
{
    const struct probe_facts *f = j->f;
    const struct probe_step *asked = probe_step_of(f, PROBE_STARTTLS),
                            *shake = probe_step_of(f, PROBE_HANDSHAKE);
    const int offered = probe_offer(&f->offers[0], "starttls", NULL) != NULL;

    if (f->injected)
        judge_add(j, CHECK_TLS_INJECTION, PROBE_BAD, "%s", "");
    else if (asked && asked->done && asked->said.code != 220)
        judge_reply(j, CHECK_TLS_REFUSED, PROBE_BAD, asked);
    else if (shake && !shake->done)
        judge_add(j, CHECK_TLS_BROKEN, PROBE_BAD, "%s", app_err_words(QUOTH_ENOTLS));
    else if (f->offers[0].heard && !offered)
        judge_add(j, CHECK_TLS_NONE, j->people ? PROBE_BAD : PROBE_WARN, "%s", "");
    else if (offered && f->no_tls)
        judge_add(j, CHECK_TLS_UNTRIED, PROBE_NOTE, "%s", "");
    if (probe_offer(&f->offers[1], "starttls", NULL))
        judge_add(j, CHECK_TLS_AGAIN, PROBE_WARN, "%s", "");
}

/* A program of a person's refuses what does not check out, a relay goes on (RFC 7435). */
static void judge_trust(struct judge *j)
{
    const struct probe_facts *f = j->f;
    const enum probe_grade strict = j->people ? PROBE_BAD : PROBE_NOTE;
    const unsigned fault = f->tls.cert;

    if (fault & QUOTH_CERT_EXPIRED)
        judge_add(j, CHECK_CERT_DATES, j->people ? PROBE_BAD : PROBE_WARN, "%s to %s", f->cert.from,
                  f->cert.until);
    else if (f->now_s && f->cert.until_s - f->now_s < 14 * 86400)
        judge_add(j, CHECK_CERT_SOON, PROBE_WARN, "%s", f->cert.until);
    if (fault & QUOTH_CERT_WRONG_NAME && !f->by_address)
        judge_add(j, CHECK_CERT_NAME, strict, "%s; asked for: %s",
                  *f->cert.names ? f->cert.names : "none", f->host);
    if (fault & QUOTH_CERT_UNTRUSTED)
        judge_add(
            j, CHECK_CERT_TRUST, strict, "%s%s%s", f->cert.self_signed ? "self-signed" : "issuer: ",
            f->cert.self_signed ? "" : f->cert.issuer,
            f->cert.chain == 1 && !f->cert.self_signed ? "; no other certificate was sent" : "");
    if (!(fault & QUOTH_CERT_CHECKED))
        judge_add(j, CHECK_CERT_UNCHECKED, PROBE_UNKNOWN, "%s", "");
}

static void judge_cert(struct judge *j)
{
    const struct quoth_cert *c = &j->f->cert;

    if (!j->f->tls.version || !c->chain)
        return;
    judge_trust(j);
    if ((!strcmp(c->key, "RSA") && c->key_bits < 2048) ||
        (!strcmp(c->key, "EC") && c->key_bits < 224))
        judge_add(j, CHECK_CERT_KEY, PROBE_WARN, "%s %u", c->key, c->key_bits);
    if (strstr(c->signature, "SHA1") || strstr(c->signature, "MD5"))
        judge_add(j, CHECK_CERT_SHA1, PROBE_WARN, "%s", c->signature);
}

/* ---- keywords ----------------------------------------------------------- */

static void judge_logins(struct judge *j)
{
    const struct probe_facts *f = j->f;
    const struct probe_offers *last = &f->offers[f->offers[1].heard];
    const char *how = NULL;
    int clear = 0;

    while ((how = probe_offer(&f->offers[0], "auth", how)))
        clear |= probe_has_word(how, "plain", 5) || probe_has_word(how, "login", 5);
    if (clear)
        judge_add(j, CHECK_LOGIN_CLEAR, PROBE_BAD, "%s", probe_offer(&f->offers[0], "auth", NULL));
    if (!last->heard)
        return;
    how = probe_offer(last, "auth", NULL);
    if (how && f->as == 25)
        judge_add(j, CHECK_LOGIN_MX, PROBE_NOTE, "%s", how);
    /* where TLS did not come about, logins may wait behind it */
    if (!how && j->people && (f->offers[1].heard || !probe_offer(last, "starttls", NULL)))
        judge_add(j, CHECK_LOGIN_NONE, PROBE_WARN, "%s", "");
}

static void judge_keywords(struct judge *j)
{
    judge_logins(j);
    if (probe_offer(&j->f->offers[0], "turn", NULL) || probe_offer(&j->f->offers[1], "turn", NULL))
        judge_add(j, CHECK_TURN, PROBE_WARN, "%s", "");
}

/* ---- relay -------------------------------------------------------------- */

static void judge_relay(struct judge *j)
{
    const struct probe_facts *f = j->f;
    const unsigned last = f->relays ? f->relays - 1 : 0;

    switch ((enum probe_relay_state)f->relay_state) {
    case PROBE_RELAY_TAKEN:
        judge_add(j, CHECK_RELAY_TAKEN, PROBE_WARN, "RCPT TO:<%s>", f->relay);
        break;
    case PROBE_RELAY_ANYTHING:
        judge_add(j, CHECK_RELAY_OPEN, PROBE_BAD, "RCPT TO:<%s>", f->relay);
        break;
    case PROBE_RELAY_HERE: judge_add(j, CHECK_RELAY_HERE, PROBE_NOTE, "%s", f->relay_why); break;
    case PROBE_RELAY_LATER:
        judge_add(j, CHECK_RELAY_LATER, PROBE_UNKNOWN, "%u %.*s", f->probe[last].said.code,
                  (int)f->probe[last].said.n, f->probe[last].words);
        break;
    default: break;
    }
}

/* ---- all of it ---------------------------------------------------------- */

/* The worst first; what is not known behind what is wrong; of equals the one found first. */
static unsigned judge_rank(unsigned grade)
{
    static const uint8_t rank[PROBE_GRADES] = {
        [PROBE_BAD] = 0, [PROBE_WARN] = 1, [PROBE_UNKNOWN] = 2, [PROBE_NOTE] = 3, [PROBE_OK] = 4};
    return rank[grade];
}

static void judge_sort(struct probe_report *r)
{
    for (unsigned i = 1; i < r->n; i++)
        for (unsigned k = i;
             k && judge_rank(r->finding[k].grade) < judge_rank(r->finding[k - 1].grade); k--) {
            const struct probe_finding swap = r->finding[k];
            r->finding[k] = r->finding[k - 1];
            r->finding[k - 1] = swap;
        }
}

void probe_judge(const struct probe_facts *f, struct probe_report *r)
{
    struct judge j = {f, r, f->as != 25};

    r->n = 0;
    if (judge_reach(&j)) {
        judge_greeting(&j);
        judge_talk(&j);
        judge_tls(&j);
        judge_keywords(&j);
        judge_relay(&j);
    }
    judge_cert(&j);
    judge_sort(r);
    r->grade = r->n ? r->finding[0].grade : PROBE_OK;
    if (r->grade == PROBE_NOTE)
        r->grade = PROBE_OK;
}

int probe_exit(unsigned grades)
{
    if (grades & 1 << PROBE_BAD)
        return 2;
    if (grades & 1 << PROBE_WARN)
        return 1;
    return grades & 1 << PROBE_UNKNOWN ? 3 : 0;
}
