/* out_json.c - a result as one line of JSON, and the writer that the formats share.
 *
 * Schema version 1 (key "v", always last: a line without it was cut off). quoth.1 lists
 * the keys. Later versions of the command may add keys within a schema version; they rename
 * and remove none.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "app.h"
#include "calibration.h"

/* ---- the writer --------------------------------------------------------- */

/* What stands before a value that is `quote`d, or not where that is 0. */
static void json_before(struct app_json *json, const char *key, size_t key_n, char quote)
{
    app_stream_put(json->out, ",", json->comma);
    if (key) {
        app_stream_byte(json->out, '"');
        app_stream_put(json->out, key, key_n);
        app_stream_put(json->out, "\":", 2);
    }
    app_stream_put(json->out, &quote, quote != 0);
}

/* A key and a value that is known to be plain; where there is room, in one piece: a line has fifty
 * of them. */
static void json_put(struct app_json *json, const char *key, char quote, const char *value,
                     size_t n)
{
    const size_t key_n = key ? strlen(key) : 0;
    struct app_stream *out = json->out;
    char *at = out->text + out->n;

    if (key_n + n + sizeof ",\"\":\"\"" > out->cap - out->n) { /* stdio, or it has to grow */
        json_before(json, key, key_n, quote);
        app_stream_put(out, value, n);
        app_stream_put(out, &quote, quote != 0);
        json->comma = 1;
        return;
    }
    if (json->comma)
        *at++ = ',';
    if (key) {
        *at++ = '"';
        memcpy(at, key, key_n);
        at += key_n;
        *at++ = '"';
        *at++ = ':';
    }
    if (quote)
        *at++ = quote;
    if (n) /* of nothing there may be no pointer */
        memcpy(at, value, n);
    at += n;
    if (quote)
        *at++ = quote;
    out->n = (size_t)(at - out->text);
    json->comma = 1;
}

void app_json_key(struct app_json *json, const char *key) { json_put(json, key, 0, "", 0); }

void app_json_open(struct app_json *json, const char *key, char bracket)
{
    json_put(json, key, 0, &bracket, 1);
    json->comma = 0;
}

void app_json_close(struct app_json *json, char bracket)
{
    app_stream_byte(json->out, bracket);
    json->comma = 1;
}

void app_json_str(struct app_json *json, const char *key, const char *p, size_t n)
{
    if (app_plain(p, n) == n) {
        json_put(json, key, '"', p, n);
        return;
    }
    app_json_key(json, key);
    app_put_json(json->out, p, n);
}

void app_json_null(struct app_json *json, const char *key) { json_put(json, key, 0, "null", 4); }

void app_json_text(struct app_json *json, const char *key, const char *text)
{
    if (text && *text)
        app_json_str(json, key, text, strlen(text));
    else
        app_json_null(json, key);
}

/* A word of ours, which is plain. NULL: null. */
static void json_word(struct app_json *json, const char *key, const char *word)
{
    if (word)
        json_put(json, key, '"', word, strlen(word));
    else
        app_json_null(json, key);
}

void app_json_number(struct app_json *json, const char *key, uint64_t n)
{
    char digits[APP_DIGITS];

    json_put(json, key, 0, digits, app_digits(n, digits));
}

void app_json_whole(struct app_json *json, const char *key, long n)
{
    char text[1 + APP_DIGITS] = "-";
    const size_t sign = n < 0;

    json_put(json, key, 0, text,
             sign + app_digits(n < 0 ? 0 - (uint64_t)n : (uint64_t)n, text + sign));
}

void app_json_bool(struct app_json *json, const char *key, int yes)
{
    json_put(json, key, 0, yes ? "true" : "false", yes ? 4 : 5);
}

/* ---- the members -------------------------------------------------------- */

/* "5.1.1" */
static void json_enhanced(struct app_json *json, const uint16_t esc[3])
{
    char text[APP_ENHANCED];

    if (!esc[0]) {
        app_json_null(json, "enhanced");
        return;
    }
    json_put(json, "enhanced", '"', text, app_enhanced(esc, text));
}

static void json_known(struct app_json *json, const char *key, int known, uint64_t n)
{
    if (known)
        app_json_number(json, key, n);
    else
        app_json_null(json, key);
}

/* A cache keeps the numbers, not the words. */
static void json_reply(struct app_json *json, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    json_word(json, "phase", quoth_phase_name((enum quoth_phase)evidence->phase));
    json_known(json, "code", evidence->said.code, evidence->said.code);
    json_enhanced(json, evidence->said.esc);
    if (evidence->said.code && !result->cached)
        app_json_str(json, "text", evidence->words, evidence->said.n);
    else
        app_json_null(json, "text");
}

static void json_host(struct app_json *json, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    const struct quoth_peer bare = {evidence->peer.ip, 0};
    const int known = evidence->peer.ip.len != 0;
    const char *host;
    char ip[64];

    app_json_open(json, "mx", '{');
    json_word(json, "state", quoth_mx_state_name((enum quoth_mx_state)evidence->mx));
    json_word(json, "dns",
              evidence->dns ? quoth_answer_name((enum quoth_answer)evidence->dns) : NULL);
    app_json_text(json, "host", known ? result->host : NULL);
    app_json_text(json, "ip", known ? app_peer_text(&bare, ip) : NULL);
    json_known(json, "port", known, evidence->peer.port);
    json_known(json, "preference", known && evidence->mx == QUOTH_MX_HOSTS, evidence->pref);
    app_json_text(json, "no_host", app_result_no_host(result));
    app_json_open(json, "hosts", '[');
    for (unsigned i = 0; (host = app_result_host(result, i)) != NULL; i++)
        app_json_text(json, NULL, host);
    app_json_close(json, ']');
    app_json_close(json, '}');
}

static void json_tls(struct app_json *json, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    static const struct {
        uint8_t bit;
        const char *word;
    } faults[] = {
        {QUOTH_CERT_WRONG_NAME, "wrong_name"},
        {QUOTH_CERT_EXPIRED, "expired"},
        {QUOTH_CERT_UNTRUSTED, "untrusted"},
        {QUOTH_CERT_NO_CLOCK, "no_clock"},
    };
    char cipher[8], cause[40];

    if (evidence->phase < QUOTH_PHASE_EHLO || result->cached) {
        app_json_null(json, "tls");
        return;
    }
    app_json_open(json, "tls", '{');
    app_json_bool(json, "offered", evidence->flags & QUOTH_EVID_TLS_OFFERED);
    app_json_bool(json, "broken", evidence->flags & QUOTH_EVID_TLS_BROKE);
    app_json_text(json, "cause", app_tls_broke(evidence->tls.broke, cause));
    app_json_text(json, "version",
                  evidence->tls.version ? app_tls_version(evidence->tls.version) : NULL);
    app_json_text(json, "cipher",
                  evidence->tls.version ? app_tls_cipher(evidence->tls.cipher, cipher) : NULL);
    app_json_bool(json, "cert_checked", evidence->tls.cert & QUOTH_CERT_CHECKED);
    app_json_open(json, "cert_faults", '[');
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (evidence->tls.version && evidence->tls.cert & faults[i].bit)
            app_json_text(json, NULL, faults[i].word);
    app_json_close(json, ']');
    app_json_close(json, '}');
}

static void json_address(struct app_json *json, const struct app_result *result)
{
    const struct quoth_addr *addr = &result->ev->addr;
    char text[APP_ADDRESS_MAX], suggestion[256];
    size_t n = app_address(result, result->ev->domain, text);

    if (n)
        app_json_str(json, "address", text, n);
    else
        app_json_null(json, "address");
    if (addr->fault) {
        app_json_open(json, "fault", '{');
        app_json_text(json, "text", quoth_addr_fault_text(addr->fault));
        app_json_number(json, "at", addr->at);
        app_json_close(json, '}');
    } else {
        app_json_null(json, "fault");
    }
    app_json_text(json, "suggestion", app_suggestion(result, suggestion));
}

static void json_times(struct app_json *json, const struct quoth_evidence *evidence)
{
    app_json_number(json, "queries", evidence->queries);
    app_json_number(json, "connects", evidence->connects);
    app_json_open(json, "ms", '{');
    app_json_number(json, "total", evidence->took_ms);
    for (unsigned i = QUOTH_PHASE_DNS; i < QUOTH_PHASES; i++)
        if (evidence->ms[i])
            app_json_number(json, quoth_phase_name((enum quoth_phase)i), evidence->ms[i]);
    app_json_close(json, '}');
}

/* What speaks of risk without proving anything, and what kind of role or domain it is. */
static void json_hints(struct app_json *json, unsigned lists)
{
    static const struct {
        uint16_t list;
        const char *name;
    } hints[] = {
        {QUOTH_LIST_ALIAS, "alias"},
        {QUOTH_LIST_TYPO, "typo_live"},
        {QUOTH_LIST_PARKED, "parked_mx"},
        {QUOTH_LIST_TRAP, "trap_risk_pattern"},
        {QUOTH_LIST_ROLE_SYSTEM, "role_system"},
        {QUOTH_LIST_ROLE_MAYBE, "role_extended"},
    };
    app_json_open(json, "hints", '[');
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (lists & hints[i].list)
            app_json_text(json, NULL, hints[i].name);
    app_json_close(json, ']');
}

/* What speaks for or against an address that RCPT cannot tell of, in 1/256 logit. */
static void json_score(struct app_json *json, const struct app_result *result)
{
    struct quoth_score score;
    if (!app_score(result, &score)) {
        app_json_null(json, "score");
        return;
    }
    app_json_open(json, "score", '{');
    json_word(json, "band", quoth_band_name((enum quoth_band)score.band));
    app_json_whole(json, "sum", score.sum);
    app_json_open(json, "parts", '{');
    for (int i = 0; i < QUOTH_SCORE_PARTS; i++)
        if (score.part[i])
            app_json_whole(json, quoth_score_part_name((enum quoth_score_part)i), score.part[i]);
    app_json_close(json, '}');
    if (result->calibration) {
        app_json_number(json, "percent", app_calibration_percent(result->calibration, score.sum));
        app_json_number(json, "outcomes", result->calibration->outcomes);
        app_json_text(json, "calibrated", result->calibration->day);
    }
    app_json_close(json, '}');
}

static void json_domain(struct app_json *json, const struct app_result *result)
{
    app_json_text(json, "domain_grade", result->domain_grade);
    app_json_open(json, "domain_ids", '[');
    for (unsigned i = 0; i < result->domain_ids; i++)
        app_json_text(json, NULL, result->domain_id[i]);
    app_json_close(json, ']');
}

static void json_kept_times(struct app_json *json, const struct quoth_evidence *evidence,
                            struct app_kept_times *kept)
{
    const size_t at = json->out->n;

    if (kept->n && kept->queries == evidence->queries && kept->connects == evidence->connects &&
        kept->took_ms == evidence->took_ms &&
        !memcmp(kept->ms, evidence->ms, sizeof evidence->ms)) {
        app_stream_put(json->out, kept->text, kept->n);
        return;
    }
    json_times(json, evidence);
    kept->queries = evidence->queries;
    kept->connects = evidence->connects;
    kept->took_ms = evidence->took_ms;
    memcpy(kept->ms, evidence->ms, sizeof evidence->ms);
    kept->n = app_stream_keep(json->out, at, kept->text, sizeof kept->text);
}

/* ---- the line ------------------------------------------------------------ */

/* What is the same of the next one of the same conversation. */
static void json_beside(struct app_json *json, const struct app_result *result)
{
    json_word(json, "verdict", quoth_verdict_name(result->verdict));
    json_word(json, "reason", quoth_reason_name(result->reading.reason));
    json_reply(json, result);
    json_host(json, result);
    json_tls(json, result);
    json_word(json, "catch_all", quoth_fact_name(quoth_catch_all(result->ev)));
    app_json_bool(json, "role", result->lists & QUOTH_LIST_ROLE);
    app_json_bool(json, "disposable", result->lists & QUOTH_LIST_DISPOSABLE);
    app_json_bool(json, "free", result->lists & QUOTH_LIST_FREE);
    app_json_bool(json, "reserved", result->lists & QUOTH_LIST_RESERVED);
    json_hints(json, result->lists);
    app_json_text(json, "list_date", quoth_list_date());
    json_word(json, "says", quoth_says_name(result->reading.says));
    app_json_text(json, "rule", result->reading.rule);
}

static void json_beside_on(struct app_page *page, const struct app_result *result)
{
    struct app_json json = {&page->out, 1};
    json_beside(&json, result);
}

/* `page`: of a list, where a line is like the one before; or NULL. */
static void json_members(struct app_json *json, const struct app_result *result,
                         struct app_page *page)
{
    const struct quoth_evidence *evidence = result->ev;
    app_json_str(json, "input", result->input, result->input_n);
    if (page)
        app_print_kept(page, result, json_beside_on);
    else
        json_beside(json, result);
    json_score(json, result);
    if (result->with_domain)
        json_domain(json, result);
    json_address(json, result);
    if (result->input_bytes > result->input_n)
        app_json_number(json, "input_bytes", result->input_bytes);
    if (result->file)
        app_json_text(json, "file", result->file);
    if (result->line)
        app_json_number(json, "line", result->line);
    if (result->cached)
        app_json_number(json, "cached_s", result->age);
    if (result->more)
        result->more(json, result->more_arg);
    if (page)
        json_kept_times(json, evidence, &page->times);
    else
        json_times(json, evidence);
    app_json_number(json, "v", 1);
}

void app_json_members(struct app_json *json, const struct app_result *result)
{
    json_members(json, result, NULL);
}

void app_json(struct app_page *page, const struct app_result *result)
{
    struct app_json json = {&page->out, 0};
    app_json_open(&json, NULL, '{');
    json_members(&json, result, page->out.f || result->route ? NULL : page);
    app_json_close(&json, '}');
    app_stream_byte(&page->out, '\n');
}

static void json_read_as(struct app_json *json, const char *key, const struct app_read_as *as)
{
    app_json_open(json, key, '{');
    if (!key)
        app_json_text(json, "file", as->file);
    app_json_text(json, "kind", as->kind);
    app_json_text(json, "encoding", as->encoding);
    if (as->delimiter) {
        app_json_text(json, "delimiter", as->delimiter);
        app_json_number(json, "column", as->column);
    }
    if (*as->name)
        app_json_text(json, "address", as->name);
    app_json_number(json, "left_out", as->left_out);
    app_json_open(json, "sample", '{');
    app_json_number(json, "rows", as->rows);
    app_json_number(json, "filled", as->filled);
    app_json_number(json, "addresses", as->good);
    app_json_close(json, '}');
    app_json_close(json, '}');
}

void app_json_tail(struct app_page *page, const struct app_count *count)
{
    struct app_json json = {&page->out, 0};
    app_json_open(&json, NULL, '{');
    app_json_open(&json, "summary", '{');
    app_json_number(&json, "total", app_count_all(count));
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        app_json_number(&json, quoth_verdict_name((enum quoth_verdict)i), count->verdict[i]);
    if (page->list_old)
        app_json_number(&json, "list_days_old", page->list_old);
    if (page->files > 1) {
        app_json_open(&json, "lists", '[');
        for (unsigned i = 0; i < page->files; i++)
            json_read_as(&json, NULL, &page->read_as[i]);
        app_json_close(&json, ']');
    } else if (page->read_as) {
        json_read_as(&json, "list", page->read_as);
    }
    app_json_close(&json, '}');
    app_json_number(&json, "v", 1);
    app_json_close(&json, '}');
    app_stream_byte(&page->out, '\n');
}
