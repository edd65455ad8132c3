/* verdict.c - evidence to verdict: the one place that returns one.
 *
 *   why we stopped | the deciding reply, read by the judge | what cut it short   -> a reason
 *   reason, and what else is known of it                                         -> a verdict
 *
 * G0: only a complete reply to RCPT for that very address makes `deliverable`, or
 * `undeliverable` of a mailbox; a clean negative of syntax or DNS, 521 everywhere, or 556, makes
 * `undeliverable` of a domain. All else is `unknown` or `risky`. The table's default is `unknown`.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum {                         /* conditions of a row; all must hold */
       VERDICT_AT_RCPT = 1,    /* the reason comes from a reply to RCPT */
       VERDICT_NOT_EXISTS = 2, /* the judge read "no such mailbox" out of it */
       VERDICT_PLAIN_LOCAL =
           4, /* an ordinary local part: a syntax complaint is about it, not its form */
       VERDICT_PROVEN = 8,        /* the DNS left nothing open */
       VERDICT_MX_FOUND = 16,     /* hosts came from MX records */
       VERDICT_GONE = 32,         /* 521 everywhere, or 556 / X.1.10 at RCPT (RFC 7504, 7505) */
       VERDICT_DECOY_REFUSED = 64 /* a made-up mailbox was refused as unknown */
};

struct verdict_row {
    uint8_t reason, when, verdict;
};

/* Most particular first; the first row that fits decides. No row: unknown. */
static const struct verdict_row verdict_rows[] = {
    {QUOTH_REASON_ACCEPTED, VERDICT_AT_RCPT | VERDICT_DECOY_REFUSED, QUOTH_VERDICT_DELIVERABLE},
    {QUOTH_REASON_CATCH_ALL, VERDICT_AT_RCPT, QUOTH_VERDICT_RISKY},
    {QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED, VERDICT_AT_RCPT, QUOTH_VERDICT_RISKY},
#if QUOTH_DECOYS > 1
    {QUOTH_REASON_ACCEPTS_BY_SHAPE, VERDICT_AT_RCPT, QUOTH_VERDICT_RISKY},
#endif
    {QUOTH_REASON_BACKUP_MX, VERDICT_AT_RCPT, QUOTH_VERDICT_RISKY},
    {QUOTH_REASON_DISPOSABLE, VERDICT_AT_RCPT, QUOTH_VERDICT_RISKY},
    {QUOTH_REASON_ROLE, VERDICT_AT_RCPT, QUOTH_VERDICT_RISKY},
    {QUOTH_REASON_NOT_VERIFIABLE, VERDICT_AT_RCPT, QUOTH_VERDICT_RISKY},
    {QUOTH_REASON_MAILBOX_FULL, VERDICT_AT_RCPT, QUOTH_VERDICT_RISKY},
    {QUOTH_REASON_MAILBOX_DISABLED, VERDICT_AT_RCPT, QUOTH_VERDICT_RISKY},
    {QUOTH_REASON_USER_UNKNOWN, VERDICT_AT_RCPT | VERDICT_NOT_EXISTS, QUOTH_VERDICT_UNDELIVERABLE},
    {QUOTH_REASON_DOMAIN_NOT_FOUND, VERDICT_AT_RCPT | VERDICT_NOT_EXISTS,
     QUOTH_VERDICT_UNDELIVERABLE},
    {QUOTH_REASON_RECIPIENT_SYNTAX, VERDICT_AT_RCPT | VERDICT_NOT_EXISTS | VERDICT_PLAIN_LOCAL,
     QUOTH_VERDICT_UNDELIVERABLE},
    {QUOTH_REASON_DOMAIN_NOT_ACCEPTED, VERDICT_GONE, QUOTH_VERDICT_UNDELIVERABLE},
    {QUOTH_REASON_DOMAIN_NOT_FOUND, VERDICT_GONE, QUOTH_VERDICT_UNDELIVERABLE},
    {QUOTH_REASON_SYNTAX, 0, QUOTH_VERDICT_UNDELIVERABLE},
    {QUOTH_REASON_NO_SUCH_DOMAIN, 0, QUOTH_VERDICT_UNDELIVERABLE},
    {QUOTH_REASON_NULL_MX, 0, QUOTH_VERDICT_UNDELIVERABLE},
    {QUOTH_REASON_NO_MAIL_HOST, VERDICT_PROVEN, QUOTH_VERDICT_UNDELIVERABLE},
    {QUOTH_REASON_MX_UNRESOLVABLE, VERDICT_PROVEN | VERDICT_MX_FOUND, QUOTH_VERDICT_UNDELIVERABLE},
};

/* What cut a conversation short, when no reply did. */
static const uint8_t verdict_of_err[] = {
    [-QUOTH_OK] = QUOTH_REASON_INTERNAL,           [-QUOTH_AGAIN] = QUOTH_REASON_INTERNAL,
    [-QUOTH_EINVAL] = QUOTH_REASON_INTERNAL,       [-QUOTH_ESPACE] = QUOTH_REASON_INTERNAL,
    [-QUOTH_EPROTO] = QUOTH_REASON_PROTOCOL_ERROR, [-QUOTH_EIO] = QUOTH_REASON_CLOSED,
    [-QUOTH_EREFUSED] = QUOTH_REASON_UNREACHABLE,  [-QUOTH_EUNREACH] = QUOTH_REASON_NO_ROUTE,
    [-QUOTH_ETIME] = QUOTH_REASON_TIMEOUT,         [-QUOTH_ENOTLS] = QUOTH_REASON_TLS_FAILED,
    [-QUOTH_ENOSYS] = QUOTH_REASON_INTERNAL,       [-QUOTH_ENORANDOM] = QUOTH_REASON_NO_ENTROPY,
};

enum quoth_fact quoth_catch_all(const struct quoth_evidence *evidence)
{
    if (evidence->decoy_code / 100 == 2)
        return QUOTH_FACT_YES;
    return evidence->decoy_code && evidence->decoy_reason == QUOTH_REASON_USER_UNKNOWN
               ? QUOTH_FACT_NO
               : QUOTH_FACT_NOT_TESTED;
}

static int verdict_in_name(char c) { return quoth_is_alnum(c) || c == '-' || c == '_'; }

/* Does the text name it, and not something longer? "notexample.com" and "example.com.au" are not
 * example.com, and "mx.example.com" is. */
QUOTH_APART static int verdict_names(const char *text, size_t n, const char *name, size_t m)
{
    for (size_t i = 0; m && i + m <= n; i++) {
        size_t end = i + m;
        if (!quoth_same(text + i, m, name, m) || (i && verdict_in_name(text[i - 1])))
            continue;
        end += end + 1 < n && text[end] == '.';
        if (end == n || !verdict_in_name(text[end]))
            return 1;
    }
    return 0;
}

QUOTH_APART static int verdict_says(const struct quoth_evidence *evidence, const char *name)
{
    return verdict_names(evidence->words, evidence->said.n, name, strlen(name));
}

/* Does the reply begin with an address? Then it speaks of that one, whoever was asked for. */
static int verdict_of_address(const struct quoth_evidence *evidence)
{
    size_t i = 0;

    while (i < evidence->said.n && evidence->words[i] != ' ' && evidence->words[i] != '@')
        i++;
    return i < evidence->said.n && evidence->words[i] == '@';
}

void quoth_evidence_names(struct quoth_evidence *evidence, const struct quoth_smtp_conf *us)
{
    const struct quoth_span *local = &evidence->addr.local;
    const char *from = us->from, *at = (const char *)memchr(from, '@', strlen(from));

    /* Of the sender its domain is enough, unless the recipient's is the same or below it. */
    if (QUOTH_JUDGE_NESTED && at &&
        !verdict_names(evidence->domain, strlen(evidence->domain), at + 1, strlen(at + 1)))
        from = at + 1;
    if ((verdict_says(evidence, us->helo) || verdict_says(evidence, from) ||
         (local->n && verdict_of_address(evidence))) &&
        !verdict_names(evidence->words, evidence->said.n, local->p, local->n))
        evidence->flags |= QUOTH_EVID_NAMES_US;
}

enum quoth_reason quoth_reason_listed(unsigned lists)
{
    if (lists & QUOTH_LIST_DISPOSABLE)
        return QUOTH_REASON_DISPOSABLE;
    return lists & QUOTH_LIST_ROLE ? QUOTH_REASON_ROLE : QUOTH_REASON_ACCEPTED;
}

/* An accepted recipient: what does the acceptance prove? */
static enum quoth_reason verdict_accepted(const struct quoth_evidence *evidence)
{
    enum quoth_fact all = quoth_catch_all(evidence);
    if (all != QUOTH_FACT_NO && (evidence->flags & QUOTH_EVID_NOT_BEST))
        return QUOTH_REASON_BACKUP_MX;
    if (QUOTH_DECOYS > 1 && evidence->decoy_reason == QUOTH_REASON_ACCEPTS_BY_SHAPE)
        return QUOTH_REASON_ACCEPTS_BY_SHAPE;
    if (all == QUOTH_FACT_YES)
        return QUOTH_REASON_CATCH_ALL;
    if (all == QUOTH_FACT_NOT_TESTED)
        return QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED;
    return quoth_reason_listed(evidence->lists);
}

static enum quoth_reason verdict_reason(const struct quoth_evidence *evidence, const char *mx,
                                        struct quoth_reading *reading)
{
    if (evidence->stop)
        return (enum quoth_reason)evidence->stop;
    if (evidence->said.code &&
        evidence->err != QUOTH_ENOTLS) { /* a 454 to STARTTLS is no more than the lack of TLS */
        quoth_judge_reply(reading, (enum quoth_phase)evidence->phase, &evidence->said,
                          evidence->words, mx);
        if (evidence->flags & QUOTH_EVID_NAMES_US && reading->says == QUOTH_SAYS_NOT_EXISTS) {
            reading->reason = QUOTH_REASON_POLICY_REJECTED;
            reading->says = QUOTH_SAYS_CANNOT_TELL;
        }
        return reading->reason == QUOTH_REASON_ACCEPTED ? verdict_accepted(evidence)
                                                        : reading->reason;
    }
    size_t i = (size_t)-evidence->err;
    if (evidence->err == QUOTH_ETIME && evidence->phase <= QUOTH_PHASE_CONNECT &&
        evidence->connects)
        return QUOTH_REASON_UNREACHABLE;
    if (evidence->err == QUOTH_EIO && evidence->phase == QUOTH_PHASE_CONNECT)
        return QUOTH_REASON_UNREACHABLE;
    return i < sizeof verdict_of_err ? (enum quoth_reason)verdict_of_err[i] : QUOTH_REASON_INTERNAL;
}

static unsigned verdict_conditions(const struct quoth_evidence *evidence,
                                   const struct quoth_reading *reading)
{
    unsigned is = 0;
    int rcpt = evidence->phase == QUOTH_PHASE_RCPT && evidence->said.code && !evidence->stop;
    int null_mx =
        evidence->said.esc[0] == 5 && evidence->said.esc[1] == 1 && evidence->said.esc[2] == 10;
    if (rcpt)
        is |= VERDICT_AT_RCPT;
    if (rcpt && evidence->said.code / 100 == 5 && reading->says == QUOTH_SAYS_NOT_EXISTS)
        is |= VERDICT_NOT_EXISTS;
    if (!(evidence->addr.flags & (QUOTH_ADDR_QUOTED | QUOTH_ADDR_UTF8_LOCAL)))
        is |= VERDICT_PLAIN_LOCAL;
    if (!(evidence->flags & QUOTH_EVID_DNS_PARTIAL))
        is |= VERDICT_PROVEN;
    if (evidence->mx == QUOTH_MX_HOSTS)
        is |= VERDICT_MX_FOUND;
    if ((rcpt && (evidence->said.code == 556 || null_mx)) ||
        (evidence->phase == QUOTH_PHASE_BANNER && evidence->flags & QUOTH_EVID_ALL_GONE))
        is |= VERDICT_GONE;
    if (quoth_catch_all(evidence) == QUOTH_FACT_NO)
        is |= VERDICT_DECOY_REFUSED;
    return is;
}

enum quoth_verdict quoth_judge(const struct quoth_evidence *evidence, const char *mx,
                               struct quoth_reading *out)
{
    struct quoth_reading reading;
    memset(&reading, 0, sizeof reading);
    reading.rule = "";
    reading.reason = verdict_reason(evidence, mx, &reading);
    unsigned is = verdict_conditions(evidence, &reading);
    if (out)
        *out = reading;
    for (size_t i = 0; i < sizeof verdict_rows / sizeof verdict_rows[0]; i++) {
        const struct verdict_row *row = &verdict_rows[i];
        if (row->reason == reading.reason && !(row->when & ~is))
            return (enum quoth_verdict)row->verdict;
    }
    return QUOTH_VERDICT_UNKNOWN;
}
