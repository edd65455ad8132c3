/* out_reacher.c - a result in the shape check-if-email-exists prints: the same keys in the
 * same order, so that its readers can read it. Nothing is changed, one key is added at the
 * end: "quoth" holds the whole result of the json format.
 *
 *   is_reachable: unknown where the smtp part is an error; risky for disposable, role,
 *   catch-all, full and all that is not proven; invalid; safe.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>
#include "app.h"

/* What the five booleans of its smtp part are made of. */
struct reacher_facts {
    uint8_t talked, accepted, full, catch_all, disabled, has_mx, failed;
};

static struct reacher_facts reacher_facts(const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;
    struct reacher_facts x = {0};
    x.talked = e->phase > QUOTH_PHASE_CONNECT;
    x.accepted = e->phase >= QUOTH_PHASE_RCPT && e->said.code / 100 == 2;
    x.full = r->reading.reason == QUOTH_REASON_MAILBOX_FULL;
    x.disabled = r->reading.reason == QUOTH_REASON_MAILBOX_DISABLED;
    x.catch_all = quoth_catch_all(e) == QUOTH_FACT_YES;
    x.has_mx = !e->addr.fault &&
               (e->mx == QUOTH_MX_HOSTS || e->mx == QUOTH_MX_IMPLICIT || e->mx == QUOTH_MX_GIVEN);
    x.failed = r->verdict == QUOTH_VERDICT_UNKNOWN; /* its smtp part is then an error */
    return x;
}

/* The rule of the original on our facts; what is not proven is risky, never safe. */
static const char *reacher_reachable(const struct app_result *r, const struct reacher_facts *x)
{
    const struct quoth_evidence *e = r->ev;
    if (e->addr.fault)
        return "invalid";
    if (x->failed)
        return "unknown";
    if (!x->has_mx)
        return "invalid";
    if (r->lists & (QUOTH_LIST_DISPOSABLE | QUOTH_LIST_ROLE) || x->catch_all || x->full)
        return "risky";
    if (r->verdict == QUOTH_VERDICT_RISKY && !x->disabled)
        return "risky";
    return x->accepted ? "safe" : "invalid";
}

static void reacher_error(struct app_json *w, const char *key, const char *type,
                          struct quoth_span message, const char *description)
{
    app_json_open(w, key, '{');
    app_json_open(w, "error", '{');
    app_json_str(w, "type", type, strlen(type));
    app_json_str(w, "message", message.p, message.n);
    app_json_close(w, '}');
    if (description)
        app_json_str(w, "description", description, strlen(description));
    app_json_close(w, '}');
}

static void reacher_misc(struct app_json *w, unsigned lists)
{
    app_json_open(w, "misc", '{');
    app_json_bool(w, "is_disposable", lists & QUOTH_LIST_DISPOSABLE);
    app_json_bool(w, "is_role_account", lists & QUOTH_LIST_ROLE);
    app_json_bool(w, "is_b2c", lists & QUOTH_LIST_FREE);
    app_json_null(w, "gravatar_url");
    app_json_null(w, "haveibeenpwned");
    app_json_close(w, '}');
}

/* A host with the dot the original leaves behind it; an address without. */
static void reacher_host(struct app_json *w, const char *key, const char *host)
{
    char text[QUOTH_MX_BYTES + 2];
    struct quoth_ip ip;
    int is_ip = quoth_ip_parse(&ip, host, strlen(host)) == QUOTH_OK;
    int n = snprintf(text, sizeof text, "%s%s", host, is_ip || !*host ? "" : ".");
    app_json_str(w, key, text, (size_t)n);
}

static void reacher_mx(struct app_json *w, const struct app_result *r,
                       const struct reacher_facts *x)
{
    const char *host;

    if (r->ev->mx == QUOTH_MX_FAILED) {
        const char *text = quoth_reason_text(r->reading.reason);
        reacher_error(w, "mx", "ResolveError", (struct quoth_span) {text, strlen(text)}, NULL);
        return;
    }
    app_json_open(w, "mx", '{');
    app_json_bool(w, "accepts_mail", x->has_mx);
    app_json_open(w, "records", '[');
    for (unsigned i = 0; x->has_mx && (host = app_result_host(r, i)) != NULL; i++)
        reacher_host(w, NULL, host);
    app_json_close(w, ']');
    app_json_close(w, '}');
}

/* Its error types, and the two descriptions it knows. */
static void reacher_smtp_error(struct app_json *w, const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;
    const char *text = quoth_reason_text(r->reading.reason), *type = "AnyhowError", *why = NULL;
    char message[QUOTH_SAID_MAX + 40];
    int n;

    if (!e->said.code || e->stop) {
        if (r->reading.reason == QUOTH_REASON_TIMEOUT)
            type = "Timeout";
        else if (e->connects)
            type = "IOError";
        reacher_error(w, "smtp", type, (struct quoth_span) {text, strlen(text)}, NULL);
        return;
    }
    n = snprintf(message, 40, e->said.esc[0] ? "%s: %u.%u.%u " : "%s: ",
                 e->said.code / 100 == 5 ? "permanent" : "transient", e->said.esc[0],
                 e->said.esc[1], e->said.esc[2]);
    memcpy(message + n, e->words, e->said.n);
    if (r->reading.reason == QUOTH_REASON_IP_BLOCKED)
        why = "IpBlacklisted";
    if ((e->said.esc[1] == 7 && e->said.esc[2] == 25) || !strcmp(r->reading.rule, "text/ptr"))
        why = "NeedsRDNS"; /* X.7.25: RFC 7372 3.3 */
    reacher_error(w, "smtp", "AsyncSmtpError", (struct quoth_span) {message, (size_t)n + e->said.n},
                  why);
}

static void reacher_smtp(struct app_json *w, const struct app_result *r,
                         const struct reacher_facts *x)
{
    if (x->failed && r->ev->mx != QUOTH_MX_FAILED) {
        reacher_smtp_error(w, r);
        return;
    }
    app_json_open(w, "smtp", '{');
    app_json_bool(w, "can_connect_smtp", x->talked);
    app_json_bool(w, "has_full_inbox", x->full);
    app_json_bool(w, "is_catch_all", x->catch_all);
    app_json_bool(w, "is_deliverable", x->accepted);
    app_json_bool(w, "is_disabled", x->disabled);
    app_json_close(w, '}');
}

static void reacher_syntax(struct app_json *w, const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;
    char text[APP_ADDRESS_MAX], domain[256];
    const char *suggestion = app_suggestion(r, domain);
    size_t n = app_address(r, e->domain, text);

    app_json_open(w, "syntax", '{');
    if (n)
        app_json_str(w, "address", r->input, r->input_n);
    else
        app_json_null(w, "address");
    app_json_str(w, "domain", e->domain, n ? strlen(e->domain) : 0);
    app_json_bool(w, "is_valid_syntax", !e->addr.fault);
    app_json_str(w, "username", e->addr.local.p, n ? e->addr.local.n : 0);
    if (n)
        app_json_str(w, "normalized_email", text, n);
    else
        app_json_null(w, "normalized_email");
    if (suggestion)
        app_json_str(w, "suggestion", text, app_address(r, suggestion, text));
    else
        app_json_null(w, "suggestion");
    app_json_close(w, '}');
}

/* RFC 3339 in UTC with nanoseconds. */
static void reacher_time(struct app_json *w, const char *key, int64_t ns)
{
    char at[APP_TIME_TEXT], text[40];

    if (!app_time_text(at, ns / 1000000000)) {
        app_json_null(w, key);
        return;
    }
    snprintf(text, sizeof text, "%s.%09uZ", at, (unsigned)(ns % 1000000000));
    app_json_text(w, key, text);
}

static void reacher_method(struct app_json *w, const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;
    app_json_open(w, "verif_method", '{');
    if (!e->peer.ip.len) {
        app_json_str(w, "type", "Skipped", 7);
    } else {
        app_json_str(w, "type", "Smtp", 4);
        reacher_host(w, "host", r->host);
        app_json_open(w, "verif_method", '{');
        app_json_str(w, "from_email", r->from ? r->from : "", r->from ? strlen(r->from) : 0);
        app_json_str(w, "hello_name", r->helo ? r->helo : "", r->helo ? strlen(r->helo) : 0);
        app_json_null(w, "proxy");
        app_json_number(w, "smtp_port", e->peer.port);
        app_json_null(w, "smtp_timeout");
        app_json_number(w, "retries", 1);
        app_json_close(w, '}');
    }
    app_json_close(w, '}');
}

static void reacher_debug(struct app_json *w, const struct app_result *r)
{
    uint32_t ms = r->ev->took_ms;
    app_json_open(w, "debug", '{');
    app_json_str(w, "backend_name", "quoth", 5);
    reacher_time(w, "start_time", r->began_ns);
    reacher_time(w, "end_time", r->began_ns + (int64_t)ms * 1000000);
    app_json_open(w, "duration", '{');
    app_json_number(w, "secs", ms / 1000);
    app_json_number(w, "nanos", (uint64_t)(ms % 1000) * 1000000);
    app_json_close(w, '}');
    app_json_open(w, "smtp", '{');
    reacher_method(w, r);
    app_json_close(w, '}');
    app_json_close(w, '}');
}

void app_reacher(struct app_page *page, const struct app_result *r)
{
    struct reacher_facts x = reacher_facts(r);
    const char *reachable = reacher_reachable(r, &x);
    struct app_json w = {&page->out, 0};

    app_json_open(&w, NULL, '{');
    app_json_str(&w, "input", r->input, r->input_n);
    app_json_str(&w, "is_reachable", reachable, strlen(reachable));
    reacher_misc(&w, r->ev->addr.fault ? 0 : r->lists);
    reacher_mx(&w, r, &x);
    reacher_smtp(&w, r, &x);
    reacher_syntax(&w, r);
    reacher_debug(&w, r);
    app_json_open(&w, "quoth", '{');
    app_json_members(&w, r);
    app_json_close(&w, '}');
    app_json_close(&w, '}');
    app_stream_byte(&page->out, '\n');
}
