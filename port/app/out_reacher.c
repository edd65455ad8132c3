/* out_reacher.c - a result in the shape check-if-email-exists prints: the same keys in the
 * same order, so that its readers can read it. Nothing is changed, one key is added at the
 * end: "quoth" holds the whole result of the json format.
 *
 *   is_reachable: unknown where the smtp part is an error; risky for disposable, role,
 *   catch-all, full and all that is not proven; invalid; safe.
 *   mx, smtp: an error where we do not know, for each of their booleans would be a claim.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>
#include "app.h"

/* What the five booleans of its smtp part are made of. */
struct reacher_facts {
    uint8_t talked, accepted, full, catch_all, disabled, has_mx, failed;
};

static int reacher_names_hosts(const struct quoth_evidence *evidence)
{
    return evidence->mx == QUOTH_MX_HOSTS || evidence->mx == QUOTH_MX_IMPLICIT ||
           evidence->mx == QUOTH_MX_GIVEN;
}

static struct reacher_facts reacher_facts(const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    struct reacher_facts facts = {0};
    facts.talked = evidence->phase > QUOTH_PHASE_CONNECT;
    facts.accepted = evidence->phase >= QUOTH_PHASE_RCPT && evidence->said.code / 100 == 2;
    facts.full = result->reading.reason == QUOTH_REASON_MAILBOX_FULL;
    facts.disabled = result->reading.reason == QUOTH_REASON_MAILBOX_DISABLED;
    facts.catch_all = quoth_catch_all(evidence) == QUOTH_FACT_YES;
    /* Its smtp part is then an error. A row with no address in it is one it calls invalid. */
    facts.failed = result->verdict == QUOTH_VERDICT_UNKNOWN &&
                   !(evidence->addr.fault && result->reading.reason == QUOTH_REASON_EMPTY);
    facts.has_mx = !evidence->addr.fault && reacher_names_hosts(evidence) &&
                   (facts.failed || evidence->phase > QUOTH_PHASE_DNS);
    return facts;
}

/* Is it known whether the domain takes mail, and by which hosts? Of what is no address the original
 * says that it does not. */
static int reacher_knows(const struct app_result *result, const struct reacher_facts *facts)
{
    const struct quoth_evidence *evidence = result->ev;

    if (facts->has_mx)
        return app_result_host(result, 0) != NULL;
    return (evidence->mx != QUOTH_MX_NONE && evidence->mx != QUOTH_MX_FAILED) || !facts->failed;
}

/* The rule of the original on our facts; what is not proven is risky, never safe. */
static const char *reacher_reachable(const struct app_result *result,
                                     const struct reacher_facts *facts)
{
    const struct quoth_evidence *evidence = result->ev;
    if (facts->failed)
        return "unknown";
    if (evidence->addr.fault || !facts->has_mx)
        return "invalid";
    if (result->lists & (QUOTH_LIST_DISPOSABLE | QUOTH_LIST_ROLE) || facts->catch_all ||
        facts->full)
        return "risky";
    if (result->verdict == QUOTH_VERDICT_RISKY && !facts->disabled)
        return "risky";
    return facts->accepted ? "safe" : "invalid";
}

static void reacher_error(struct app_json *json, const char *key, const char *type,
                          struct quoth_span message, const char *description)
{
    app_json_open(json, key, '{');
    app_json_open(json, "error", '{');
    app_json_str(json, "type", type, strlen(type));
    app_json_str(json, "message", message.p, message.n);
    app_json_close(json, '}');
    if (description)
        app_json_str(json, "description", description, strlen(description));
    app_json_close(json, '}');
}

static void reacher_misc(struct app_json *json, unsigned lists)
{
    app_json_open(json, "misc", '{');
    app_json_bool(json, "is_disposable", lists & QUOTH_LIST_DISPOSABLE);
    app_json_bool(json, "is_role_account", lists & QUOTH_LIST_ROLE);
    app_json_bool(json, "is_b2c", lists & QUOTH_LIST_FREE);
    app_json_null(json, "gravatar_url");
    app_json_null(json, "haveibeenpwned");
    app_json_close(json, '}');
}

/* A host with the dot the original leaves behind it; an address without. */
static void reacher_host(struct app_json *json, const char *key, const char *host)
{
    char text[QUOTH_MX_BYTES + 2];
    struct quoth_ip ip;
    int is_ip = quoth_ip_parse(&ip, host, strlen(host)) == QUOTH_OK;
    int n = snprintf(text, sizeof text, "%s%s", host, is_ip || !*host ? "" : ".");
    app_json_str(json, key, text, (size_t)n);
}

static void reacher_mx(struct app_json *json, const struct app_result *result,
                       const struct reacher_facts *facts)
{
    const char *host;

    if (!reacher_knows(result, facts)) {
        const char *text = quoth_reason_text(result->reading.reason);
        reacher_error(json, "mx", "ResolveError", (struct quoth_span) {text, strlen(text)}, NULL);
        return;
    }
    app_json_open(json, "mx", '{');
    app_json_bool(json, "accepts_mail", facts->has_mx);
    app_json_open(json, "records", '[');
    for (unsigned i = 0; facts->has_mx && (host = app_result_host(result, i)) != NULL; i++)
        reacher_host(json, NULL, host);
    app_json_close(json, ']');
    app_json_close(json, '}');
}

/* Its error types, and the two descriptions it knows. */
static void reacher_smtp_error(struct app_json *json, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    const char *text = quoth_reason_text(result->reading.reason), *type = "AnyhowError",
               *why = NULL;
    char message[QUOTH_SAID_MAX + 40];
    int n;

    if (!evidence->said.code || evidence->stop) {
        if (result->reading.reason == QUOTH_REASON_TIMEOUT)
            type = "Timeout";
        else if (evidence->connects)
            type = "IOError";
        reacher_error(json, "smtp", type, (struct quoth_span) {text, strlen(text)}, NULL);
        return;
    }
    n = snprintf(message, 40, evidence->said.esc[0] ? "%s: %u.%u.%u " : "%s: ",
                 evidence->said.code / 100 == 5 ? "permanent" : "transient", evidence->said.esc[0],
                 evidence->said.esc[1], evidence->said.esc[2]);
    memcpy(message + n, evidence->words, evidence->said.n);
    if (result->reading.reason == QUOTH_REASON_IP_BLOCKED)
        why = "IpBlacklisted";
    if ((evidence->said.esc[1] == 7 && evidence->said.esc[2] == 25) ||
        !strcmp(result->reading.rule, "text/ptr"))
        why = "NeedsRDNS"; /* X.7.25: RFC 7372 3.3 */
    reacher_error(json, "smtp", "AsyncSmtpError",
                  (struct quoth_span) {message, (size_t)n + evidence->said.n}, why);
}

static void reacher_smtp(struct app_json *json, const struct app_result *result,
                         const struct reacher_facts *facts)
{
    if (facts->failed) {
        reacher_smtp_error(json, result);
        return;
    }
    app_json_open(json, "smtp", '{');
    app_json_bool(json, "can_connect_smtp", facts->talked);
    app_json_bool(json, "has_full_inbox", facts->full);
    app_json_bool(json, "is_catch_all", facts->catch_all);
    app_json_bool(json, "is_deliverable", facts->accepted);
    app_json_bool(json, "is_disabled", facts->disabled);
    app_json_close(json, '}');
}

static void reacher_syntax(struct app_json *json, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    char text[APP_ADDRESS_MAX], domain[256];
    const char *suggestion = app_suggestion(result, domain);
    size_t n = app_address(result, evidence->domain, text);

    app_json_open(json, "syntax", '{');
    if (n)
        app_json_str(json, "address", result->input, result->input_n);
    else
        app_json_null(json, "address");
    app_json_str(json, "domain", evidence->domain, n ? strlen(evidence->domain) : 0);
    app_json_bool(json, "is_valid_syntax", !evidence->addr.fault);
    app_json_str(json, "username", evidence->addr.local.p, n ? evidence->addr.local.n : 0);
    if (n)
        app_json_str(json, "normalized_email", text, n);
    else
        app_json_null(json, "normalized_email");
    if (suggestion)
        app_json_str(json, "suggestion", text, app_address(result, suggestion, text));
    else
        app_json_null(json, "suggestion");
    app_json_close(json, '}');
}

/* RFC 3339 in UTC with nanoseconds. */
static void reacher_time(struct app_json *json, const char *key, int64_t ns)
{
    char at[APP_TIME_TEXT], text[40];

    if (!app_time_text(at, ns / 1000000000)) {
        app_json_null(json, key);
        return;
    }
    snprintf(text, sizeof text, "%s.%09uZ", at, (unsigned)(ns % 1000000000));
    app_json_text(json, key, text);
}

static void reacher_method(struct app_json *json, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    app_json_open(json, "verif_method", '{');
    if (!evidence->peer.ip.len) {
        app_json_str(json, "type", "Skipped", 7);
    } else {
        app_json_str(json, "type", "Smtp", 4);
        reacher_host(json, "host", result->host);
        app_json_open(json, "verif_method", '{');
        app_json_str(json, "from_email", result->from ? result->from : "",
                     result->from ? strlen(result->from) : 0);
        app_json_str(json, "hello_name", result->helo ? result->helo : "",
                     result->helo ? strlen(result->helo) : 0);
        app_json_null(json, "proxy");
        app_json_number(json, "smtp_port", evidence->peer.port);
        app_json_null(json, "smtp_timeout");
        app_json_number(json, "retries", 1);
        app_json_close(json, '}');
    }
    app_json_close(json, '}');
}

static void reacher_debug(struct app_json *json, const struct app_result *result)
{
    uint32_t ms = result->ev->took_ms;
    app_json_open(json, "debug", '{');
    app_json_str(json, "backend_name", "quoth", 5);
    reacher_time(json, "start_time", result->began_ns);
    reacher_time(json, "end_time", result->began_ns + (int64_t)ms * 1000000);
    app_json_open(json, "duration", '{');
    app_json_number(json, "secs", ms / 1000);
    app_json_number(json, "nanos", (uint64_t)(ms % 1000) * 1000000);
    app_json_close(json, '}');
    app_json_open(json, "smtp", '{');
    reacher_method(json, result);
    app_json_close(json, '}');
    app_json_close(json, '}');
}

void app_reacher(struct app_page *page, const struct app_result *result)
{
    struct reacher_facts facts = reacher_facts(result);
    const char *reachable = reacher_reachable(result, &facts);
    struct app_json json = {&page->out, 0};

    app_json_open(&json, NULL, '{');
    app_json_str(&json, "input", result->input, result->input_n);
    app_json_str(&json, "is_reachable", reachable, strlen(reachable));
    reacher_misc(&json, result->ev->addr.fault ? 0 : result->lists);
    reacher_mx(&json, result, &facts);
    reacher_smtp(&json, result, &facts);
    reacher_syntax(&json, result);
    reacher_debug(&json, result);
    app_json_open(&json, "quoth", '{');
    app_json_members(&json, result);
    app_json_close(&json, '}');
    app_json_close(&json, '}');
    app_stream_byte(&page->out, '\n');
}
