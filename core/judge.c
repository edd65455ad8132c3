/* judge.c - what one SMTP reply really says of the mailbox, and the names of all reasons.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

/* ---- names ---------------------------------------------------------------- */

struct judge_word { const char *name, *text; };

#define JUDGE_RETRY " Try again later."
#define JUDGE_US " Nothing is known of the mailbox."

static const struct judge_word judge_reason[] = {
    [QUOTH_REASON_NONE] = {"none", "Nothing was learnt."},
    [QUOTH_REASON_ACCEPTED] = {"accepted", "The server takes mail for this address."},
    [QUOTH_REASON_USER_UNKNOWN] = {"user_unknown", "The server has no such mailbox. Do not send."},
    [QUOTH_REASON_MAILBOX_DISABLED] = {"mailbox_disabled", "The mailbox is closed. Do not send."},
    [QUOTH_REASON_MAILBOX_FULL] = {"mailbox_full", "The mailbox exists and is full." JUDGE_RETRY},
    [QUOTH_REASON_RECIPIENT_RESTRICTED] =
        {"recipient_restricted", "The address takes mail from certain senders alone. Ask its owner."},
    [QUOTH_REASON_RECIPIENT_RATE_LIMITED] =
        {"recipient_rate_limited", "The mailbox exists and gets mail too fast." JUDGE_RETRY},
    [QUOTH_REASON_DOMAIN_NOT_ACCEPTED] =
        {"domain_not_accepted", "The server does not take mail for this domain. Check its MX records."},
    [QUOTH_REASON_DOMAIN_NOT_FOUND] =
        {"domain_not_found", "The server says that the domain does not exist or takes no mail. Do not send."},
    [QUOTH_REASON_GREYLISTED] =
        {"greylisted", "The server puts off senders it does not know. Ask again in 15 minutes, from the same address."},
    [QUOTH_REASON_RATE_LIMITED] = {"rate_limited", "We asked this server too often. Ask less, and later."},
    [QUOTH_REASON_IP_BLOCKED] =
        {"ip_blocked", "The server refuses our IP address." JUDGE_US " Clear its reputation, or ask from another."},
    [QUOTH_REASON_POLICY_REJECTED] =
        {"policy_rejected", "The server refuses us as a matter of policy." JUDGE_US " Check EHLO name, sender, SPF, rDNS."},
    [QUOTH_REASON_AUTH_REQUIRED] =
        {"auth_required", "The server wants a login: it is no public mail exchanger." JUDGE_US},
    [QUOTH_REASON_TLS_REQUIRED] = {"tls_required", "The server talks over TLS only. Ask with TLS."},
    [QUOTH_REASON_SPAM_OR_CONTENT] =
        {"spam_or_content", "The server takes us for a sender of spam." JUDGE_US},
    [QUOTH_REASON_MESSAGE_TOO_BIG] = {"message_too_big", "The server speaks of a size limit." JUDGE_US},
    [QUOTH_REASON_RECIPIENT_SYNTAX] =
        {"recipient_syntax", "The server takes the address for malformed. Check its spelling."},
    [QUOTH_REASON_SERVER_TEMPORARY] = {"server_temporary", "The server has a trouble of its own." JUDGE_RETRY},
    [QUOTH_REASON_NOT_VERIFIABLE] = {"not_verifiable", "The server does not tell before a message is sent."},
    [QUOTH_REASON_OTHER] = {"other", "The server refused and its words do not say why. Read them."},
    [QUOTH_REASON_SYNTAX] = {"syntax", "This is not an email address."},
    [QUOTH_REASON_RESERVED] = {"reserved", "The domain is reserved and never takes mail (RFC 6761)."},
    [QUOTH_REASON_SINGLE_LABEL] = {"single_label", "The domain has no dot: it is not asked. Write it in full."},
    [QUOTH_REASON_ADDRESS_LITERAL] = {"address_literal", "The domain is an IP address: it is not asked."},
    [QUOTH_REASON_IDNA_UNSUPPORTED] =
        {"idna_unsupported", "This build cannot write the domain in ASCII. Give it as xn--."},
    [QUOTH_REASON_SYNTAX_OK] = {"syntax_ok", "The address is well formed. Nobody was asked."},
    [QUOTH_REASON_ROLE] = {"role", "The address is of a function, not a person."},
    [QUOTH_REASON_DISPOSABLE] = {"disposable", "The domain gives out throw-away addresses."},
    [QUOTH_REASON_NO_SUCH_DOMAIN] = {"no_such_domain", "The domain does not exist. Do not send."},
    [QUOTH_REASON_NULL_MX] = {"null_mx", "The domain says that it takes no mail (RFC 7505). Do not send."},
    [QUOTH_REASON_NO_MAIL_HOST] = {"no_mail_host", "The domain has no mail exchanger and no address. Do not send."},
    [QUOTH_REASON_MX_UNRESOLVABLE] = {"mx_unresolvable", "No mail exchanger of the domain has an address."},
    [QUOTH_REASON_DNS_FAILURE] = {"dns_failure", "The name servers gave no answer." JUDGE_RETRY},
    [QUOTH_REASON_DNS_OK] = {"dns_ok", "The domain takes mail. No mail server was asked."},
    [QUOTH_REASON_SELF] = {"self", "We are the domain's best mail exchanger ourselves."},
    [QUOTH_REASON_TARGET_POLICY] =
        {"target_policy", "The mail exchanger's address is not one to connect to. Allow it if it is yours."},
    [QUOTH_REASON_NO_IDENTITY] =
        {"no_identity", "No EHLO name is set, so no server was asked. Set --helo or QUOTH_HELO."},
    [QUOTH_REASON_NO_ENTROPY] = {"no_entropy", "The platform has no random numbers, so nobody was asked."},
    [QUOTH_REASON_UNREACHABLE] =
        {"unreachable", "No mail exchanger could be reached. Try again later, and check that port 25 is open."},
    [QUOTH_REASON_NO_ROUTE] = {"no_route", "We have no route to the mail exchangers. Check our network."},
    [QUOTH_REASON_TIMEOUT] = {"timeout", "The server did not answer in time." JUDGE_RETRY},
    [QUOTH_REASON_TLS_FAILED] = {"tls_failed", "TLS was required and could not be set up."},
    [QUOTH_REASON_PROTOCOL_ERROR] = {"protocol_error", "What answered does not speak SMTP."},
    [QUOTH_REASON_CLOSED] = {"closed", "The server hung up on us." JUDGE_RETRY},
    [QUOTH_REASON_NO_SMTPUTF8] = {"no_smtputf8", "The server does not take addresses with such letters (RFC 6531)."},
    [QUOTH_REASON_INTERNAL] = {"internal", "This is a fault of ours. Please report it."},
    [QUOTH_REASON_CATCH_ALL] = {"catch_all", "The server takes every address of this domain, so this one is not proven."},
    [QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED] =
        {"catch_all_not_established", "Accepted, but whether every address would be is not known."},
    [QUOTH_REASON_BACKUP_MX] = {"backup_mx", "Accepted by a backup exchanger alone, which may not know its users."},
};
_Static_assert(sizeof judge_reason / sizeof judge_reason[0] == QUOTH_REASONS, "a name for each reason");

static const char *const judge_says[] = {
    [QUOTH_SAYS_CANNOT_TELL] = "cannot_tell", [QUOTH_SAYS_EXISTS] = "exists", [QUOTH_SAYS_NOT_EXISTS] = "not_exists",
};
_Static_assert(sizeof judge_says / sizeof judge_says[0] == QUOTH_SAYS_NOT_EXISTS + 1, "a name for each");

static const char *const judge_phase[] = {
    [QUOTH_PHASE_SYNTAX] = "syntax", [QUOTH_PHASE_DNS] = "dns", [QUOTH_PHASE_CONNECT] = "connect",
    [QUOTH_PHASE_BANNER] = "banner", [QUOTH_PHASE_EHLO] = "ehlo", [QUOTH_PHASE_STARTTLS] = "starttls",
    [QUOTH_PHASE_MAIL] = "mail", [QUOTH_PHASE_RCPT] = "rcpt", [QUOTH_PHASE_DECOY] = "decoy",
};
_Static_assert(sizeof judge_phase / sizeof judge_phase[0] == QUOTH_PHASES, "a name for each phase");

const char *quoth_reason_name(enum quoth_reason r) { return (unsigned)r < QUOTH_REASONS ? judge_reason[r].name : "?"; }
const char *quoth_reason_text(enum quoth_reason r) { return (unsigned)r < QUOTH_REASONS ? judge_reason[r].text : "?"; }
const char *quoth_phase_name(enum quoth_phase p) { return (unsigned)p < QUOTH_PHASES ? judge_phase[p] : "?"; }
const char *quoth_says_name(enum quoth_says s)
{
    return (unsigned)s <= QUOTH_SAYS_NOT_EXISTS ? judge_says[s] : "?";
}

/* ---- one reply -------------------------------------------------------------- */

/* What a reason says of the mailbox. NOT_EXISTS needs a 5yz, and all but a 2yz to RCPT cannot accept. */
static enum quoth_says judge_mean(enum quoth_reason reason, int rcpt, unsigned code)
{
    if (!rcpt) return QUOTH_SAYS_CANNOT_TELL;
    switch (reason) {
    case QUOTH_REASON_ACCEPTED:
        return code / 100 == 2 ? QUOTH_SAYS_EXISTS : QUOTH_SAYS_CANNOT_TELL;
    case QUOTH_REASON_MAILBOX_FULL:
    case QUOTH_REASON_RECIPIENT_RATE_LIMITED:
        return QUOTH_SAYS_EXISTS;
    case QUOTH_REASON_USER_UNKNOWN:
    case QUOTH_REASON_MAILBOX_DISABLED:
    case QUOTH_REASON_DOMAIN_NOT_FOUND:
    case QUOTH_REASON_RECIPIENT_SYNTAX:
        return code / 100 == 5 ? QUOTH_SAYS_NOT_EXISTS : QUOTH_SAYS_CANNOT_TELL;
    default:
        return QUOTH_SAYS_CANNOT_TELL;
    }
}

void quoth_judge_reply(struct quoth_reading *out, enum quoth_phase phase, uint16_t code, const uint16_t esc[3],
                       const char *text, size_t n, const char *mx)
{
    int rcpt = phase == QUOTH_PHASE_RCPT || phase == QUOTH_PHASE_DECOY;
    out->reason = QUOTH_REASON_OTHER;
    out->rule = "code/5yz";
    if (rcpt && code / 100 == 2) {
        out->reason = code == 252 ? QUOTH_REASON_NOT_VERIFIABLE : QUOTH_REASON_ACCEPTED;
        out->rule = code == 252 ? "code/252" : "code/250";
    } else if (rcpt && code / 100 == 5 && esc[1] == 1 && (esc[2] == 1 || esc[2] == 6)) {
        out->reason = QUOTH_REASON_USER_UNKNOWN;
        out->rule = "esc/x.1.1";
    } else if (code / 100 == 4) {
        out->reason = QUOTH_REASON_SERVER_TEMPORARY;
        out->rule = "code/4yz";
    }
    (void)text; (void)n; (void)mx;
    out->says = judge_mean(out->reason, rcpt, code);
}
