/* names.c - every enum that is printed: its names, and its sentences for people.
 *
 *   a value  ->  its row in a table, in the order of the enum  ->  static text
 *
 * Names are of the machine interface: lower case, never changed once released. Sentences are for
 * people and may be put better. A table that lacks a row does not compile, and a value from outside
 * the enum reads as "?". Names and sentences of reasons are two tables, so that a program that
 * prints no sentences need not carry them.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

#define NAMES_ROWS(table)        (sizeof(table) / sizeof *(table))
#define NAMES_WHOLE(table, rows) _Static_assert(NAMES_ROWS(table) == (rows), "a row for each value")

static const char *names_at(const char *const *table, size_t rows, unsigned value)
{
    return value < rows ? table[value] : "?";
}

/* ---- the address -------------------------------------------------------- */

static const char *const names_fault[] = {
    [QUOTH_ADDR_FINE] = "the address is well formed",
    [QUOTH_ADDR_EMPTY] = "the address is empty",
    [QUOTH_ADDR_NO_AT] = "there is no @ behind the local part",
    [QUOTH_ADDR_LONG] = "the address is longer than 254 octets",
    [QUOTH_ADDR_LOCAL_EMPTY] = "there is nothing before the @",
    [QUOTH_ADDR_LOCAL_LONG] = "the part before the @ is longer than 64 octets",
    [QUOTH_ADDR_LOCAL_DOT] =
        "a dot may not begin or end the part before the @, nor follow another dot",
    [QUOTH_ADDR_LOCAL_CHAR] = "this character may not stand here in the part before the @",
    [QUOTH_ADDR_QUOTE_OPEN] = "this quotation mark is never closed",
    [QUOTH_ADDR_DOMAIN_EMPTY] = "there is no domain behind the @",
    [QUOTH_ADDR_DOMAIN_LONG] = "the domain is longer than 255 octets",
    [QUOTH_ADDR_LABEL_EMPTY] = "a dot may not begin or end the domain, nor follow another dot",
    [QUOTH_ADDR_LABEL_LONG] = "a label of the domain is longer than 63 octets",
    [QUOTH_ADDR_DOMAIN_CHAR] = "this character may not stand in a domain",
    [QUOTH_ADDR_DOMAIN_HYPHEN] = "a label of the domain may not begin or end with a hyphen",
    [QUOTH_ADDR_DOMAIN_NUMERIC] = "the last label of the domain may not be a number",
    [QUOTH_ADDR_LITERAL_BAD] =
        "what stands in the brackets is not an IPv4 address, nor \"IPv6:\" and an IPv6 address",
    [QUOTH_ADDR_UTF8_BAD] = "this is not valid UTF-8",
    [QUOTH_ADDR_CONTROL] = "a control character may not stand in an address",
    [QUOTH_ADDR_IDNA_BAD] = "the domain is not a valid internationalised name (IDNA2008)",
};
NAMES_WHOLE(names_fault, QUOTH_ADDR_FAULTS);

const char *quoth_addr_fault_text(enum quoth_addr_fault fault)
{
    return names_at(names_fault, NAMES_ROWS(names_fault), fault);
}

/* ---- the DNS ------------------------------------------------------------ */

static const char *const names_answer[] = {
    [QUOTH_ANSWER_NONE] = "none",
    [QUOTH_ANSWER_DATA] = "data",
    [QUOTH_ANSWER_NODATA] = "nodata",
    [QUOTH_ANSWER_NXDOMAIN] = "nxdomain",
    [QUOTH_ANSWER_ALIAS_LOOP] = "alias_loop",
    [QUOTH_ANSWER_UNREACHABLE] = "unreachable",
    [QUOTH_ANSWER_REFUSED] = "refused",
    [QUOTH_ANSWER_TIMEOUT] = "timeout",
    [QUOTH_ANSWER_SERVFAIL] = "servfail",
    [QUOTH_ANSWER_TRUNCATED] = "truncated",
    [QUOTH_ANSWER_MALFORMED] = "malformed",
    [QUOTH_ANSWER_TOO_BIG] = "too_big",
};
NAMES_WHOLE(names_answer, QUOTH_ANSWERS);

static const char *const names_mx_state[] = {
    [QUOTH_MX_NONE] = "not_asked",     [QUOTH_MX_HOSTS] = "hosts",
    [QUOTH_MX_IMPLICIT] = "implicit",  [QUOTH_MX_NULL] = "null_mx",
    [QUOTH_MX_NODOMAIN] = "no_domain", [QUOTH_MX_UNUSABLE] = "unusable",
    [QUOTH_MX_FAILED] = "failed",      [QUOTH_MX_GIVEN] = "given",
};
NAMES_WHOLE(names_mx_state, QUOTH_MX_STATES);

const char *quoth_answer_name(enum quoth_answer answer)
{
    return names_at(names_answer, NAMES_ROWS(names_answer), answer);
}
const char *quoth_mx_state_name(enum quoth_mx_state state)
{
    return names_at(names_mx_state, NAMES_ROWS(names_mx_state), state);
}

/* ---- the conversation --------------------------------------------------- */

static const char *const names_phase[] = {
    [QUOTH_PHASE_SYNTAX] = "syntax",   [QUOTH_PHASE_DNS] = "dns",
    [QUOTH_PHASE_CONNECT] = "connect", [QUOTH_PHASE_BANNER] = "banner",
    [QUOTH_PHASE_EHLO] = "ehlo",       [QUOTH_PHASE_STARTTLS] = "starttls",
    [QUOTH_PHASE_MAIL] = "mail",       [QUOTH_PHASE_RCPT] = "rcpt",
    [QUOTH_PHASE_DECOY] = "decoy",
};
NAMES_WHOLE(names_phase, QUOTH_PHASES);

const char *quoth_phase_name(enum quoth_phase phase)
{
    return names_at(names_phase, NAMES_ROWS(names_phase), phase);
}

/* ---- what is made of it ------------------------------------------------- */

static const char *const names_reason[] = {
    [QUOTH_REASON_NONE] = "none",
    [QUOTH_REASON_ACCEPTED] = "accepted",
    [QUOTH_REASON_USER_UNKNOWN] = "user_unknown",
    [QUOTH_REASON_MAILBOX_DISABLED] = "mailbox_disabled",
    [QUOTH_REASON_MAILBOX_FULL] = "mailbox_full",
    [QUOTH_REASON_RECIPIENT_RESTRICTED] = "recipient_restricted",
    [QUOTH_REASON_RECIPIENT_RATE_LIMITED] = "recipient_rate_limited",
    [QUOTH_REASON_DOMAIN_NOT_ACCEPTED] = "domain_not_accepted",
    [QUOTH_REASON_DOMAIN_NOT_FOUND] = "domain_not_found",
    [QUOTH_REASON_GREYLISTED] = "greylisted",
    [QUOTH_REASON_RATE_LIMITED] = "rate_limited",
    [QUOTH_REASON_IP_BLOCKED] = "ip_blocked",
    [QUOTH_REASON_POLICY_REJECTED] = "policy_rejected",
    [QUOTH_REASON_AUTH_REQUIRED] = "auth_required",
    [QUOTH_REASON_TLS_REQUIRED] = "tls_required",
    [QUOTH_REASON_SPAM_OR_CONTENT] = "spam_or_content",
    [QUOTH_REASON_MESSAGE_TOO_BIG] = "message_too_big",
    [QUOTH_REASON_RECIPIENT_SYNTAX] = "recipient_syntax",
    [QUOTH_REASON_SERVER_TEMPORARY] = "server_temporary",
    [QUOTH_REASON_NOT_VERIFIABLE] = "not_verifiable",
    [QUOTH_REASON_OTHER] = "other",
    [QUOTH_REASON_SYNTAX] = "syntax",
    [QUOTH_REASON_RESERVED] = "reserved",
    [QUOTH_REASON_SINGLE_LABEL] = "single_label",
    [QUOTH_REASON_ADDRESS_LITERAL] = "address_literal",
    [QUOTH_REASON_IDNA_UNSUPPORTED] = "idna_unsupported",
    [QUOTH_REASON_SYNTAX_OK] = "syntax_ok",
    [QUOTH_REASON_ROLE] = "role",
    [QUOTH_REASON_DISPOSABLE] = "disposable",
    [QUOTH_REASON_NO_SUCH_DOMAIN] = "no_such_domain",
    [QUOTH_REASON_NULL_MX] = "null_mx",
    [QUOTH_REASON_NO_MAIL_HOST] = "no_mail_host",
    [QUOTH_REASON_MX_UNRESOLVABLE] = "mx_unresolvable",
    [QUOTH_REASON_DNS_FAILURE] = "dns_failure",
    [QUOTH_REASON_DNS_OK] = "dns_ok",
    [QUOTH_REASON_SELF] = "self",
    [QUOTH_REASON_PROVIDER_POLICY] = "provider_policy",
    [QUOTH_REASON_EMPTY] = "empty",
    [QUOTH_REASON_SEVERAL] = "several",
    [QUOTH_REASON_UNREADABLE] = "unreadable",
    [QUOTH_REASON_TARGET_POLICY] = "target_policy",
    [QUOTH_REASON_NO_IDENTITY] = "no_identity",
    [QUOTH_REASON_NO_ENTROPY] = "no_entropy",
    [QUOTH_REASON_UNREACHABLE] = "unreachable",
    [QUOTH_REASON_NO_ROUTE] = "no_route",
    [QUOTH_REASON_TIMEOUT] = "timeout",
    [QUOTH_REASON_TLS_FAILED] = "tls_failed",
    [QUOTH_REASON_PROTOCOL_ERROR] = "protocol_error",
    [QUOTH_REASON_CLOSED] = "closed",
    [QUOTH_REASON_NO_SMTPUTF8] = "no_smtputf8",
    [QUOTH_REASON_INTERNAL] = "internal",
    [QUOTH_REASON_CATCH_ALL] = "catch_all",
    [QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED] = "catch_all_not_established",
    [QUOTH_REASON_BACKUP_MX] = "backup_mx",
    [QUOTH_REASON_ACCEPTS_BY_SHAPE] = "accepts_by_shape",
};
NAMES_WHOLE(names_reason, QUOTH_REASONS);

#define NAMES_RETRY " Try again later."
#define NAMES_US    " Nothing is known of the mailbox."
static const char *const names_sentence[] = {
    [QUOTH_REASON_NONE] = "Nothing was learnt.",
    [QUOTH_REASON_ACCEPTED] = "The server takes mail for this address.",
    [QUOTH_REASON_USER_UNKNOWN] = "The server has no such mailbox. Do not send.",
    [QUOTH_REASON_MAILBOX_DISABLED] = "The mailbox is closed. Do not send.",
    [QUOTH_REASON_MAILBOX_FULL] = "The mailbox exists and is full." NAMES_RETRY,
    [QUOTH_REASON_RECIPIENT_RESTRICTED] =
        "The address takes mail from certain senders alone. Ask its owner.",
    [QUOTH_REASON_RECIPIENT_RATE_LIMITED] =
        "The mailbox exists and gets mail too fast." NAMES_RETRY,
    [QUOTH_REASON_DOMAIN_NOT_ACCEPTED] =
        "The server does not take mail for this domain. Check its MX records.",
    [QUOTH_REASON_DOMAIN_NOT_FOUND] =
        "The server says that the domain does not exist or takes no mail. Do not send.",
    [QUOTH_REASON_GREYLISTED] = "The server puts off senders it does not know. Ask again in 15 "
                                "minutes, from the same address.",
    [QUOTH_REASON_RATE_LIMITED] = "We asked this server too often. Ask less, and later.",
    [QUOTH_REASON_IP_BLOCKED] =
        "The server refuses our IP address." NAMES_US " Its words say how to be unlisted.",
    [QUOTH_REASON_POLICY_REJECTED] = "The server refuses us as a matter of policy." NAMES_US
                                     " Check EHLO name, sender, SPF, rDNS.",
    [QUOTH_REASON_AUTH_REQUIRED] =
        "The server wants a login: it is no public mail exchanger." NAMES_US,
    [QUOTH_REASON_TLS_REQUIRED] = "The server talks over TLS only. Ask with TLS.",
    [QUOTH_REASON_SPAM_OR_CONTENT] = "The server takes us for a sender of spam." NAMES_US,
    [QUOTH_REASON_MESSAGE_TOO_BIG] = "The server speaks of a size limit." NAMES_US,
    [QUOTH_REASON_RECIPIENT_SYNTAX] =
        "The server takes the address for malformed. Check its spelling.",
    [QUOTH_REASON_SERVER_TEMPORARY] = "The server has a trouble of its own." NAMES_RETRY,
    [QUOTH_REASON_NOT_VERIFIABLE] = "The server does not tell before a message is sent.",
    [QUOTH_REASON_OTHER] = "The server refused and its words do not say why. Read them.",
    [QUOTH_REASON_SYNTAX] = "This is not an email address.",
    [QUOTH_REASON_RESERVED] = "The domain is reserved and never takes mail (RFC 6761).",
    [QUOTH_REASON_SINGLE_LABEL] = "The domain has no dot: it is not asked. Write it in full.",
    [QUOTH_REASON_ADDRESS_LITERAL] = "The domain is an IP address: it is not asked.",
    [QUOTH_REASON_IDNA_UNSUPPORTED] =
        "This build cannot write the domain in ASCII. Give it as xn--.",
    [QUOTH_REASON_SYNTAX_OK] = "The address is well formed. Nobody was asked.",
    [QUOTH_REASON_ROLE] = "The address is of a function, not a person.",
    [QUOTH_REASON_DISPOSABLE] = "The domain gives out throw-away addresses.",
    [QUOTH_REASON_NO_SUCH_DOMAIN] = "The domain does not exist. Do not send.",
    [QUOTH_REASON_NULL_MX] = "The domain says that it takes no mail (RFC 7505). Do not send.",
    [QUOTH_REASON_NO_MAIL_HOST] = "The domain has no mail exchanger and no address. Do not send.",
    [QUOTH_REASON_MX_UNRESOLVABLE] = "No mail exchanger of the domain has an address.",
    [QUOTH_REASON_DNS_FAILURE] = "The name servers gave no answer." NAMES_RETRY,
    [QUOTH_REASON_DNS_OK] = "The domain takes mail. No mail server was asked.",
    [QUOTH_REASON_SELF] = "We are the domain's best mail exchanger ourselves.",
    [QUOTH_REASON_PROVIDER_POLICY] = "The provider does not want to be asked, so it was not.",
    [QUOTH_REASON_EMPTY] = "The row holds no address.",
    [QUOTH_REASON_SEVERAL] = "The row holds addresses that cannot be told apart.",
    [QUOTH_REASON_UNREADABLE] = "The row cannot be read for sure. Look at it.",
    [QUOTH_REASON_TARGET_POLICY] =
        "The mail exchanger's address is not one to connect to. Allow it if it is yours.",
    [QUOTH_REASON_NO_IDENTITY] =
        "No EHLO name is set, so no server was asked. Set --helo or QUOTH_HELO.",
    [QUOTH_REASON_NO_ENTROPY] = "The platform has no random numbers, so nobody was asked.",
    [QUOTH_REASON_UNREACHABLE] =
        "No mail exchanger could be reached. Try again later, and check that port 25 is open.",
    [QUOTH_REASON_NO_ROUTE] = "We have no route to the mail exchangers. Check our network.",
    [QUOTH_REASON_TIMEOUT] = "There was no answer in time." NAMES_RETRY,
    [QUOTH_REASON_TLS_FAILED] = "TLS was required and could not be set up.",
    [QUOTH_REASON_PROTOCOL_ERROR] = "What answered does not speak SMTP.",
    [QUOTH_REASON_CLOSED] = "The server hung up on us." NAMES_RETRY,
    [QUOTH_REASON_NO_SMTPUTF8] = "The server does not take addresses with such letters (RFC 6531).",
    [QUOTH_REASON_INTERNAL] = "This is a fault of ours. Please report it.",
    [QUOTH_REASON_CATCH_ALL] =
        "The server takes every address of this domain, so this one is not proven.",
    [QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED] =
        "Accepted, but whether every address would be is not known.",
    [QUOTH_REASON_BACKUP_MX] =
        "Accepted by a backup exchanger alone, which may not know its users.",
    [QUOTH_REASON_ACCEPTS_BY_SHAPE] =
        "The server takes made-up addresses that look like names, so this one is not proven.",
};
NAMES_WHOLE(names_sentence, QUOTH_REASONS);

static const char *const names_says[] = {
    [QUOTH_SAYS_CANNOT_TELL] = "cannot_tell",
    [QUOTH_SAYS_EXISTS] = "exists",
    [QUOTH_SAYS_NOT_EXISTS] = "not_exists",
};
NAMES_WHOLE(names_says, QUOTH_SAYS_NOT_EXISTS + 1);

static const char *const names_verdict[] = {
    [QUOTH_VERDICT_UNKNOWN] = "unknown",
    [QUOTH_VERDICT_DELIVERABLE] = "deliverable",
    [QUOTH_VERDICT_UNDELIVERABLE] = "undeliverable",
    [QUOTH_VERDICT_RISKY] = "risky",
};
NAMES_WHOLE(names_verdict, QUOTH_VERDICTS);

static const char *const names_fact[] = {
    [QUOTH_FACT_NOT_TESTED] = "not_tested",
    [QUOTH_FACT_YES] = "yes",
    [QUOTH_FACT_NO] = "no",
};
NAMES_WHOLE(names_fact, QUOTH_FACT_NO + 1);

const char *quoth_reason_name(enum quoth_reason reason)
{
    return names_at(names_reason, NAMES_ROWS(names_reason), reason);
}
const char *quoth_reason_text(enum quoth_reason reason)
{
    return names_at(names_sentence, NAMES_ROWS(names_sentence), reason);
}
const char *quoth_says_name(enum quoth_says says)
{
    return names_at(names_says, NAMES_ROWS(names_says), says);
}
const char *quoth_verdict_name(enum quoth_verdict verdict)
{
    return names_at(names_verdict, NAMES_ROWS(names_verdict), verdict);
}
const char *quoth_fact_name(enum quoth_fact fact)
{
    return names_at(names_fact, NAMES_ROWS(names_fact), fact);
}
