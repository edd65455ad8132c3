/* out_vendor.c - a result in the shapes of four services, so that what reads theirs can read ours.
 *
 *     verdict, reason --> a row of vendor_rows[] --> the words of each service
 *                                                    one object a line, "quoth" at its end
 *
 * What we do not know is unknown there, too: a row names words for what is risky or undeliverable,
 * and a reason within unknown, and cannot make a dead mailbox of an unknown one, nor can a reason
 * that would; a yes or no that we do not have is null. Where a service
 * counts a full or a disabled mailbox as invalid, so does its shape. What a service knows of
 * people (names, places, the age of a domain) is null or empty.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>
#include "app.h"

/* The words of the services, each once. */
#define VENDOR_WORDS(X) \
    X(VALID, "valid") \
    X(INVALID, "invalid") \
    X(UNKNOWN, "unknown") \
    X(UNDELIVERABLE, "undeliverable") \
    X(CATCH_ALL, "catch-all") \
    X(CATCHALL, "catchall") \
    X(DO_NOT_MAIL, "do_not_mail") \
    X(DISPOSABLE, "disposable") \
    X(ROLE_BASED, "role_based") \
    X(MAILBOX_QUOTA_EXCEEDED, "mailbox_quota_exceeded") \
    X(MAILBOX_NOT_FOUND, "mailbox_not_found") \
    X(DOES_NOT_ACCEPT_MAIL, "does_not_accept_mail") \
    X(NO_DNS_ENTRIES, "no_dns_entries") \
    X(UNROUTABLE_IP_ADDRESS, "unroutable_ip_address") \
    X(FAILED_SYNTAX_CHECK, "failed_syntax_check") \
    X(GREYLISTED, "greylisted") \
    X(ANTISPAM_SYSTEM, "antispam_system") \
    X(MAIL_SERVER_TEMPORARY_ERROR, "mail_server_temporary_error") \
    X(FORCIBLE_DISCONNECT, "forcible_disconnect") \
    X(TIMEOUT_EXCEEDED, "timeout_exceeded") \
    X(FAILED_SMTP_CONNECTION, "failed_smtp_connection") \
    X(EXCEPTION_OCCURRED, "exception_occurred") \
    X(MAIL_SERVER_DID_NOT_RESPOND, "mail_server_did_not_respond") \
    X(ACCEPTED_EMAIL, "accepted_email") \
    X(LOW_DELIVERABILITY, "low_deliverability") \
    X(LOW_QUALITY, "low_quality") \
    X(REJECTED_EMAIL, "rejected_email") \
    X(INVALID_DOMAIN, "invalid_domain") \
    X(INVALID_EMAIL, "invalid_email") \
    /* from here on: reasons that say nothing of the address */ \
    X(NO_CONNECT, "no_connect") \
    X(UNAVAILABLE_SMTP, "unavailable_smtp") \
    X(UNEXPECTED_ERROR, "unexpected_error") \
    X(TIMEOUT, "timeout") \
    X(INVALID_SMTP, "invalid_smtp")

#define VENDOR_ENUM(name, text) name,
#define VENDOR_TEXT(name, text) text "\0"
enum { NONE, VENDOR_WORDS(VENDOR_ENUM) };
static const char vendor_words[] = "\0" VENDOR_WORDS(VENDOR_TEXT);

struct vendor_row {
    uint8_t zb, zb_sub;         /* status of a risky one, NONE: as the verdict is; sub_status */
    uint8_t kickbox, kb_reason; /* result, likewise; reason */
    uint8_t never;              /* result of a risky one */
};

static const struct vendor_row vendor_rows[QUOTH_REASONS] = {
    [QUOTH_REASON_ACCEPTED] = {NONE, NONE, NONE, ACCEPTED_EMAIL, NONE},
    [QUOTH_REASON_CATCH_ALL] = {CATCH_ALL, NONE, NONE, LOW_DELIVERABILITY, CATCHALL},
    [QUOTH_REASON_ACCEPTS_BY_SHAPE] = {CATCH_ALL, NONE, NONE, LOW_DELIVERABILITY, CATCHALL},
    [QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED] = {UNKNOWN, NONE, NONE, LOW_DELIVERABILITY, UNKNOWN},
    [QUOTH_REASON_BACKUP_MX] = {UNKNOWN, NONE, NONE, LOW_DELIVERABILITY, UNKNOWN},
    [QUOTH_REASON_NOT_VERIFIABLE] = {UNKNOWN, NONE, NONE, LOW_DELIVERABILITY, UNKNOWN},
    [QUOTH_REASON_ROLE] = {DO_NOT_MAIL, ROLE_BASED, NONE, LOW_QUALITY, VALID},
    [QUOTH_REASON_DISPOSABLE] = {DO_NOT_MAIL, DISPOSABLE, NONE, LOW_QUALITY, DISPOSABLE},
    [QUOTH_REASON_MAILBOX_FULL] = {INVALID, MAILBOX_QUOTA_EXCEEDED, NONE, LOW_DELIVERABILITY,
                                   UNKNOWN},
    [QUOTH_REASON_MAILBOX_DISABLED] = {INVALID, MAILBOX_NOT_FOUND, UNDELIVERABLE, REJECTED_EMAIL,
                                       INVALID},
    [QUOTH_REASON_USER_UNKNOWN] = {NONE, MAILBOX_NOT_FOUND, NONE, REJECTED_EMAIL, NONE},
    [QUOTH_REASON_RECIPIENT_SYNTAX] = {NONE, MAILBOX_NOT_FOUND, NONE, REJECTED_EMAIL, NONE},
    [QUOTH_REASON_DOMAIN_NOT_FOUND] = {NONE, DOES_NOT_ACCEPT_MAIL, NONE, INVALID_DOMAIN, NONE},
    [QUOTH_REASON_DOMAIN_NOT_ACCEPTED] = {NONE, DOES_NOT_ACCEPT_MAIL, NONE, INVALID_DOMAIN, NONE},
    [QUOTH_REASON_NULL_MX] = {NONE, DOES_NOT_ACCEPT_MAIL, NONE, INVALID_DOMAIN, NONE},
    [QUOTH_REASON_NO_SUCH_DOMAIN] = {NONE, NO_DNS_ENTRIES, NONE, INVALID_DOMAIN, NONE},
    [QUOTH_REASON_NO_MAIL_HOST] = {NONE, NO_DNS_ENTRIES, NONE, INVALID_DOMAIN, NONE},
    [QUOTH_REASON_MX_UNRESOLVABLE] = {NONE, NO_DNS_ENTRIES, NONE, INVALID_DOMAIN, NONE},
    [QUOTH_REASON_TARGET_POLICY] = {NONE, UNROUTABLE_IP_ADDRESS, NONE, NO_CONNECT, NONE},
    [QUOTH_REASON_SELF] = {NONE, UNROUTABLE_IP_ADDRESS, NONE, NO_CONNECT, NONE},
    [QUOTH_REASON_SYNTAX] = {NONE, FAILED_SYNTAX_CHECK, NONE, INVALID_EMAIL, NONE},
    [QUOTH_REASON_SYNTAX_OK] = {NONE, NONE, NONE, UNEXPECTED_ERROR, NONE}, /* nobody was asked */
    [QUOTH_REASON_DNS_OK] = {NONE, NONE, NONE, UNEXPECTED_ERROR, NONE},
    [QUOTH_REASON_RECIPIENT_RATE_LIMITED] = {NONE, MAIL_SERVER_TEMPORARY_ERROR, NONE,
                                             UNAVAILABLE_SMTP, NONE},
    [QUOTH_REASON_GREYLISTED] = {NONE, GREYLISTED, NONE, UNAVAILABLE_SMTP, NONE},
    [QUOTH_REASON_IP_BLOCKED] = {NONE, ANTISPAM_SYSTEM, NONE, UNAVAILABLE_SMTP, NONE},
    [QUOTH_REASON_POLICY_REJECTED] = {NONE, ANTISPAM_SYSTEM, NONE, UNAVAILABLE_SMTP, NONE},
    [QUOTH_REASON_SPAM_OR_CONTENT] = {NONE, ANTISPAM_SYSTEM, NONE, UNAVAILABLE_SMTP, NONE},
    [QUOTH_REASON_AUTH_REQUIRED] = {NONE, ANTISPAM_SYSTEM, NONE, UNAVAILABLE_SMTP, NONE},
    [QUOTH_REASON_RATE_LIMITED] = {NONE, MAIL_SERVER_TEMPORARY_ERROR, NONE, UNAVAILABLE_SMTP, NONE},
    [QUOTH_REASON_SERVER_TEMPORARY] = {NONE, MAIL_SERVER_TEMPORARY_ERROR, NONE, UNAVAILABLE_SMTP,
                                       NONE},
    [QUOTH_REASON_CLOSED] = {NONE, FORCIBLE_DISCONNECT, NONE, NO_CONNECT, NONE},
    [QUOTH_REASON_TIMEOUT] = {NONE, TIMEOUT_EXCEEDED, NONE, TIMEOUT, NONE},
    [QUOTH_REASON_UNREACHABLE] = {NONE, FAILED_SMTP_CONNECTION, NONE, NO_CONNECT, NONE},
    [QUOTH_REASON_NO_ROUTE] = {NONE, FAILED_SMTP_CONNECTION, NONE, NO_CONNECT, NONE},
    [QUOTH_REASON_TLS_FAILED] = {NONE, FAILED_SMTP_CONNECTION, NONE, NO_CONNECT, NONE},
    [QUOTH_REASON_PROTOCOL_ERROR] = {NONE, EXCEPTION_OCCURRED, NONE, INVALID_SMTP, NONE},
    [QUOTH_REASON_DNS_FAILURE] = {NONE, MAIL_SERVER_DID_NOT_RESPOND, NONE, NO_CONNECT, NONE},
};

/* Any other reason: by the verdict alone. */
static const struct vendor_row vendor_other[QUOTH_VERDICTS] = {
    [QUOTH_VERDICT_UNKNOWN] = {NONE, EXCEPTION_OCCURRED, NONE, UNEXPECTED_ERROR, NONE},
    [QUOTH_VERDICT_DELIVERABLE] = {NONE, NONE, NONE, ACCEPTED_EMAIL, NONE},
    [QUOTH_VERDICT_UNDELIVERABLE] = {NONE, MAILBOX_NOT_FOUND, NONE, REJECTED_EMAIL, NONE},
    [QUOTH_VERDICT_RISKY] = {UNKNOWN, NONE, NONE, LOW_DELIVERABILITY, UNKNOWN},
};

static const struct vendor_row *vendor_row(const struct app_result *result)
{
    const struct vendor_row *row = &vendor_rows[result->reading.reason];
    const int says = result->verdict == QUOTH_VERDICT_UNKNOWN ? row->kb_reason >= NO_CONNECT
                                                              : row->kb_reason != NONE;
    return says ? row : &vendor_other[result->verdict];
}

static const char *vendor_text(unsigned word)
{
    const char *text = vendor_words;
    while (word--)
        text += strlen(text) + 1;
    return text;
}

/* The verdict in words; `risky` where it is that. */
static const char *vendor_status(const struct app_result *result, unsigned risky)
{
    static const uint8_t words[QUOTH_VERDICTS] = {[QUOTH_VERDICT_UNKNOWN] = UNKNOWN,
                                                  [QUOTH_VERDICT_DELIVERABLE] = VALID,
                                                  [QUOTH_VERDICT_UNDELIVERABLE] = INVALID,
                                                  [QUOTH_VERDICT_RISKY] = UNKNOWN};
    unsigned word = words[result->verdict];
    if (result->verdict == QUOTH_VERDICT_RISKY && risky)
        word = risky;
    return vendor_text(word);
}

static void vendor_word(struct app_json *json, const char *key, const char *word)
{
    app_json_str(json, key, word, strlen(word));
}

/* The local part and the domain; null where it is no address. */
static void vendor_parts(struct app_json *json, const struct app_result *result, const char *user)
{
    const struct quoth_evidence *evidence = result->ev;
    if (evidence->addr.fault) {
        app_json_null(json, user);
        app_json_null(json, "domain");
        return;
    }
    app_json_str(json, user, evidence->addr.local.p, evidence->addr.local.n);
    vendor_word(json, "domain", evidence->domain);
}

/* The whole address that was most likely meant, or null. */
static void vendor_meant(struct app_json *json, const struct app_result *result, const char *key)
{
    char domain[256], text[APP_ADDRESS_MAX];
    const char *meant = app_suggestion(result, domain);
    size_t n = meant ? app_address(result, meant, text) : 0;
    if (n)
        app_json_str(json, key, text, n);
    else
        app_json_null(json, key);
}

static int vendor_has_mx(const struct app_result *result)
{
    return !result->ev->addr.fault &&
           (result->ev->mx == QUOTH_MX_HOSTS || result->ev->mx == QUOTH_MX_GIVEN);
}

/* Was it asked, and answered? Of what is no address they say that it has none. */
static int vendor_knows_mx(const struct app_result *result)
{
    return result->verdict != QUOTH_VERDICT_UNKNOWN ||
           (!result->ev->addr.fault && result->ev->mx != QUOTH_MX_NONE &&
            result->ev->mx != QUOTH_MX_FAILED);
}

static void vendor_begin(struct app_json *json, struct app_page *page)
{
    *json = (struct app_json) {&page->out, 0};
    app_json_open(json, NULL, '{');
}

static void vendor_end(struct app_json *json, struct app_page *page,
                       const struct app_result *result)
{
    app_json_open(json, "quoth", '{');
    app_json_members(json, result);
    app_json_close(json, '}');
    app_json_close(json, '}');
    app_stream_byte(&page->out, '\n');
}

/* ---- ZeroBounce v2 ------------------------------------------------------------ */

/* "2026-11-27 16:00:00.000", UTC */
static void vendor_time(struct app_json *json, const char *key, int64_t ns)
{
    char at[APP_TIME_TEXT], text[32];

    if (!app_time_text(at, ns / 1000000000)) {
        app_json_null(json, key);
        return;
    }
    at[10] = ' ';
    snprintf(text, sizeof text, "%s.%03u", at, (unsigned)(ns / 1000000 % 1000));
    app_json_text(json, key, text);
}

/* A string, as theirs; NULL: nobody knows. */
static const char *vendor_mx_found(const struct app_result *result)
{
    if (!vendor_knows_mx(result))
        return NULL;
    return vendor_has_mx(result) ? "true" : "false";
}

void app_zerobounce(struct app_page *page, const struct app_result *result)
{
    static const char people[] = "firstname\0lastname\0gender\0country\0region\0city\0zipcode\0";
    const struct vendor_row *row = vendor_row(result);
    struct app_json json;

    vendor_begin(&json, page);
    app_json_str(&json, "address", result->input, result->input_n);
    vendor_word(&json, "status", vendor_status(result, row->zb));
    vendor_word(&json, "sub_status", vendor_text(row->zb_sub));
    app_json_bool(&json, "free_email", result->lists & QUOTH_LIST_FREE);
    vendor_meant(&json, result, "did_you_mean");
    vendor_parts(&json, result, "account");
    app_json_null(&json, "domain_age_days");
    app_json_null(&json, "smtp_provider");
    app_json_text(&json, "mx_found", vendor_mx_found(result));
    app_json_text(&json, "mx_record", vendor_has_mx(result) ? app_result_host(result, 0) : NULL);
    for (const char *key = people; *key; key += strlen(key) + 1)
        app_json_null(&json, key);
    vendor_time(&json, "processed_at", result->began_ns);
    vendor_end(&json, page, result);
}

/* ---- Kickbox ---------------------------------------------------------------------- */

void app_kickbox(struct app_page *page, const struct app_result *result)
{
    /* Theirs is a measure of quality that they do not explain: here it is the verdict, as a
     * number. */
    static const char *const sendex[QUOTH_VERDICTS] = {[QUOTH_VERDICT_UNKNOWN] = "0.5",
                                                       [QUOTH_VERDICT_DELIVERABLE] = "1",
                                                       [QUOTH_VERDICT_UNDELIVERABLE] = "0",
                                                       [QUOTH_VERDICT_RISKY] = "0.5"};
    const struct vendor_row *row = vendor_row(result);
    const char *word = result->verdict == QUOTH_VERDICT_RISKY && row->kickbox
                           ? vendor_text(row->kickbox)
                           : quoth_verdict_name(result->verdict);
    struct app_json json;

    vendor_begin(&json, page);
    vendor_word(&json, "result", word);
    vendor_word(&json, "reason", vendor_text(row->kb_reason));
    app_json_bool(&json, "role", result->lists & QUOTH_LIST_ROLE);
    app_json_bool(&json, "free", result->lists & QUOTH_LIST_FREE);
    app_json_bool(&json, "disposable", result->lists & QUOTH_LIST_DISPOSABLE);
    app_json_bool(&json, "accept_all", quoth_catch_all(result->ev) == QUOTH_FACT_YES);
    vendor_meant(&json, result, "did_you_mean");
    app_json_key(&json, "sendex");
    app_stream_text(&page->out, sendex[result->verdict]);
    app_json_str(&json, "email", result->input, result->input_n);
    vendor_parts(&json, result, "user");
    app_json_bool(&json, "success", 1);
    app_json_null(&json, "message");
    vendor_end(&json, page, result);
}

/* ---- NeverBounce ------------------------------------------------------------------ */

void app_neverbounce(struct app_page *page, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    const struct vendor_row *row = vendor_row(result);
    const struct {
        const char *name;
        int yes;
    } flags[] = {
        {"bad_syntax", evidence->addr.fault != 0},
        {"has_dns", vendor_has_mx(result) || evidence->mx == QUOTH_MX_IMPLICIT ||
                        evidence->mx == QUOTH_MX_NULL},
        {"has_dns_mx", vendor_has_mx(result)},
        {"bad_dns", result->verdict == QUOTH_VERDICT_UNDELIVERABLE &&
                        evidence->phase <= QUOTH_PHASE_DNS && !evidence->addr.fault},
        {"temporary_dns_error", result->reading.reason == QUOTH_REASON_DNS_FAILURE},
        {"smtp_connectable", evidence->phase > QUOTH_PHASE_CONNECT},
        {"connect_fails", result->verdict == QUOTH_VERDICT_UNKNOWN && evidence->connects &&
                              evidence->phase == QUOTH_PHASE_CONNECT},
        {"accepts_all", quoth_catch_all(evidence) == QUOTH_FACT_YES},
        {"free_email_host", result->lists & QUOTH_LIST_FREE},
        {"role_account", result->lists & QUOTH_LIST_ROLE},
        {"disposable_email", result->lists & QUOTH_LIST_DISPOSABLE},
        {"squatter_host", result->lists & QUOTH_LIST_PARKED},
        {"spelling_mistake", result->lists & QUOTH_LIST_TYPO},
        {"contains_alias",
         !evidence->addr.fault && memchr(evidence->addr.local.p, '+', evidence->addr.local.n)},
    };
    struct app_json json;

    vendor_begin(&json, page);
    vendor_word(&json, "status", "success");
    vendor_word(&json, "result", vendor_status(result, row->never));
    app_json_open(&json, "flags", '[');
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].yes)
            vendor_word(&json, NULL, flags[i].name);
    app_json_close(&json, ']');
    vendor_meant(&json, result, "suggested_correction");
    app_json_number(&json, "execution_time", evidence->took_ms);
    vendor_end(&json, page, result);
}

/* ---- AfterShip's email-verifier ------------------------------------------------------ */

static void vendor_smtp(struct app_json *json, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    if (evidence->phase <= QUOTH_PHASE_CONNECT || result->verdict == QUOTH_VERDICT_UNKNOWN) {
        app_json_null(json, "smtp"); /* as if nobody had been asked */
        return;
    }
    app_json_open(json, "smtp", '{');
    app_json_bool(json, "host_exists", 1);
    app_json_bool(json, "full_inbox", result->reading.reason == QUOTH_REASON_MAILBOX_FULL);
    app_json_bool(json, "catch_all", quoth_catch_all(evidence) == QUOTH_FACT_YES);
    app_json_bool(json, "deliverable",
                  result->verdict == QUOTH_VERDICT_DELIVERABLE ||
                      result->reading.reason == QUOTH_REASON_ROLE ||
                      result->reading.reason == QUOTH_REASON_DISPOSABLE);
    app_json_bool(json, "disabled", result->reading.reason == QUOTH_REASON_MAILBOX_DISABLED);
    app_json_close(json, '}');
}

void app_aftership(struct app_page *page, const struct app_result *result)
{
    static const char *const reachable[QUOTH_VERDICTS] = {[QUOTH_VERDICT_UNKNOWN] = "unknown",
                                                          [QUOTH_VERDICT_DELIVERABLE] = "yes",
                                                          [QUOTH_VERDICT_UNDELIVERABLE] = "no",
                                                          [QUOTH_VERDICT_RISKY] = "unknown"};
    char domain[256];
    const char *meant = app_suggestion(result, domain);
    int disabled = result->verdict == QUOTH_VERDICT_RISKY &&
                   result->reading.reason == QUOTH_REASON_MAILBOX_DISABLED;
    struct app_json json;

    vendor_begin(&json, page);
    app_json_str(&json, "email", result->input, result->input_n);
    vendor_word(&json, "reachable", disabled ? "no" : reachable[result->verdict]);
    app_json_open(&json, "syntax", '{');
    vendor_parts(&json, result, "username");
    app_json_bool(&json, "valid", !result->ev->addr.fault);
    app_json_close(&json, '}');
    vendor_smtp(&json, result);
    app_json_null(&json, "gravatar");
    vendor_word(&json, "suggestion", meant ? meant : "");
    app_json_bool(&json, "disposable", result->lists & QUOTH_LIST_DISPOSABLE);
    app_json_bool(&json, "role_account", result->lists & QUOTH_LIST_ROLE);
    app_json_bool(&json, "free", result->lists & QUOTH_LIST_FREE);
    if (vendor_knows_mx(result))
        app_json_bool(&json, "has_mx_records", vendor_has_mx(result));
    else
        app_json_null(&json, "has_mx_records");
    vendor_end(&json, page, result);
}
