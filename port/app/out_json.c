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

enum { JSON_KEY_MAX = 64 }; /* no key of ours is as long */

/* stdio, or a page that has to grow. */
static void json_put_slowly(struct app_json *w, const char *key, char quote, const char *value,
                            size_t n)
{
    app_stream_put(w->out, ",", w->comma);
    if (key) {
        app_stream_byte(w->out, '"');
        app_stream_put(w->out, key, strnlen(key, JSON_KEY_MAX));
        app_stream_put(w->out, "\":", 2);
    }
    app_stream_put(w->out, &quote, quote != 0);
    app_stream_put(w->out, value, n);
    app_stream_put(w->out, &quote, quote != 0);
    w->comma = 1;
}

/* A key and a value that is known to be plain, in one piece: a line has fifty of them. `quote`:
 * what stands around the value, or 0. */
static void json_put(struct app_json *w, const char *key, char quote, const char *value, size_t n)
{
    struct app_stream *out = w->out;
    char *at = out->text + out->n;

    if (JSON_KEY_MAX + n + sizeof ",\"\":\"\"" > out->cap - out->n) {
        json_put_slowly(w, key, quote, value, n);
        return;
    }
    if (w->comma)
        *at++ = ',';
    if (key) {
        *at++ = '"';
        for (size_t i = 0; key[i] && i < JSON_KEY_MAX; i++) /* shorter than a call of memcpy() */
            *at++ = key[i];
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
    w->comma = 1;
}

void app_json_key(struct app_json *w, const char *key) { json_put(w, key, 0, "", 0); }

void app_json_open(struct app_json *w, const char *key, char bracket)
{
    json_put(w, key, 0, &bracket, 1);
    w->comma = 0;
}

void app_json_close(struct app_json *w, char bracket)
{
    app_stream_byte(w->out, bracket);
    w->comma = 1;
}

void app_json_str(struct app_json *w, const char *key, const char *p, size_t n)
{
    if (app_plain(p, n) == n) {
        json_put(w, key, '"', p, n);
        return;
    }
    app_json_key(w, key);
    app_put_json(w->out, p, n);
}

void app_json_null(struct app_json *w, const char *key) { json_put(w, key, 0, "null", 4); }

void app_json_text(struct app_json *w, const char *key, const char *text)
{
    if (text && *text)
        app_json_str(w, key, text, strlen(text));
    else
        app_json_null(w, key);
}

/* A word of ours, which is plain. NULL: null. */
static void json_word(struct app_json *w, const char *key, const char *word)
{
    if (word)
        json_put(w, key, '"', word, strlen(word));
    else
        app_json_null(w, key);
}

void app_json_number(struct app_json *w, const char *key, uint64_t n)
{
    char digits[APP_DIGITS];

    json_put(w, key, 0, digits, app_digits(n, digits));
}

void app_json_whole(struct app_json *w, const char *key, long n)
{
    char text[1 + APP_DIGITS] = "-";
    const size_t sign = n < 0;

    json_put(w, key, 0, text,
             sign + app_digits(n < 0 ? 0 - (uint64_t)n : (uint64_t)n, text + sign));
}

void app_json_bool(struct app_json *w, const char *key, int yes)
{
    json_put(w, key, 0, yes ? "true" : "false", yes ? 4 : 5);
}

/* ---- the members -------------------------------------------------------- */

/* "5.1.1" */
static void json_enhanced(struct app_json *w, const uint16_t esc[3])
{
    char text[APP_ENHANCED];

    if (!esc[0]) {
        app_json_null(w, "enhanced");
        return;
    }
    json_put(w, "enhanced", '"', text, app_enhanced(esc, text));
}

/* A cache keeps the numbers, not the words. */
static void json_reply(struct app_json *w, const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;
    json_word(w, "phase", quoth_phase_name((enum quoth_phase)e->phase));
    if (e->said.code)
        app_json_number(w, "code", e->said.code);
    else
        app_json_null(w, "code");
    json_enhanced(w, e->said.esc);
    if (e->said.code && !r->cached)
        app_json_str(w, "text", e->words, e->said.n);
    else
        app_json_null(w, "text");
}

static void json_host(struct app_json *w, const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;
    const struct quoth_peer bare = {e->peer.ip, 0};
    const char *host;
    char ip[64];

    app_json_open(w, "mx", '{');
    json_word(w, "state", quoth_mx_state_name((enum quoth_mx_state)e->mx));
    json_word(w, "dns", e->dns ? quoth_answer_name((enum quoth_answer)e->dns) : NULL);
    if (e->peer.ip.len) {
        app_json_text(w, "host", r->host);
        app_json_str(w, "ip", ip, strlen(app_peer_text(&bare, ip)));
        app_json_number(w, "port", e->peer.port);
    } else {
        app_json_null(w, "host");
        app_json_null(w, "ip");
        app_json_null(w, "port");
    }
    if (e->peer.ip.len && e->mx == QUOTH_MX_HOSTS)
        app_json_number(w, "preference", e->pref);
    else
        app_json_null(w, "preference");
    app_json_text(w, "no_host", app_result_no_host(r));
    app_json_open(w, "hosts", '[');
    for (unsigned i = 0; (host = app_result_host(r, i)) != NULL; i++)
        app_json_str(w, NULL, host, strlen(host));
    app_json_close(w, ']');
    app_json_close(w, '}');
}

static void json_tls(struct app_json *w, const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;
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

    if (e->phase < QUOTH_PHASE_EHLO || r->cached) {
        app_json_null(w, "tls");
        return;
    }
    app_json_open(w, "tls", '{');
    app_json_bool(w, "offered", e->flags & QUOTH_EVID_TLS_OFFERED);
    app_json_bool(w, "broken", e->flags & QUOTH_EVID_TLS_BROKE);
    app_json_text(w, "cause", app_tls_broke(e->tls.broke, cause));
    app_json_text(w, "version", e->tls.version ? app_tls_version(e->tls.version) : NULL);
    app_json_text(w, "cipher", e->tls.version ? app_tls_cipher(e->tls.cipher, cipher) : NULL);
    app_json_bool(w, "cert_checked", e->tls.cert & QUOTH_CERT_CHECKED);
    app_json_open(w, "cert_faults", '[');
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (e->tls.version && e->tls.cert & faults[i].bit)
            app_json_str(w, NULL, faults[i].word, strlen(faults[i].word));
    app_json_close(w, ']');
    app_json_close(w, '}');
}

static void json_address(struct app_json *w, const struct app_result *r)
{
    const struct quoth_addr *a = &r->ev->addr;
    char text[APP_ADDRESS_MAX], suggestion[256];
    size_t n = app_address(r, r->ev->domain, text);

    if (n)
        app_json_str(w, "address", text, n);
    else
        app_json_null(w, "address");
    if (a->fault) {
        const char *why = quoth_addr_fault_text(a->fault);
        app_json_open(w, "fault", '{');
        app_json_str(w, "text", why, strlen(why));
        app_json_number(w, "at", a->at);
        app_json_close(w, '}');
    } else {
        app_json_null(w, "fault");
    }
    app_json_text(w, "suggestion", app_suggestion(r, suggestion));
}

static void json_times(struct app_json *w, const struct quoth_evidence *e)
{
    app_json_open(w, "ms", '{');
    app_json_number(w, "total", e->took_ms);
    for (unsigned i = QUOTH_PHASE_DNS; i < QUOTH_PHASES; i++)
        if (e->ms[i])
            app_json_number(w, quoth_phase_name((enum quoth_phase)i), e->ms[i]);
    app_json_close(w, '}');
}

/* What speaks of risk without proving anything, and what kind of role or domain it is. */
static void json_hints(struct app_json *w, unsigned lists)
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
    app_json_open(w, "hints", '[');
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (lists & hints[i].list)
            app_json_text(w, NULL, hints[i].name);
    app_json_close(w, ']');
}

/* What speaks for or against an address that RCPT cannot tell of, in 1/256 logit. */
static void json_score(struct app_json *w, const struct app_result *r)
{
    struct quoth_score s;
    if (!app_score(r, &s)) {
        app_json_null(w, "score");
        return;
    }
    app_json_open(w, "score", '{');
    json_word(w, "band", quoth_band_name((enum quoth_band)s.band));
    app_json_whole(w, "sum", s.sum);
    app_json_open(w, "parts", '{');
    for (int i = 0; i < QUOTH_SCORE_PARTS; i++)
        if (s.part[i])
            app_json_whole(w, quoth_score_part_name((enum quoth_score_part)i), s.part[i]);
    app_json_close(w, '}');
    if (r->calibration) {
        app_json_number(w, "percent", app_calibration_percent(r->calibration, s.sum));
        app_json_number(w, "outcomes", r->calibration->outcomes);
        app_json_text(w, "calibrated", r->calibration->day);
    }
    app_json_close(w, '}');
}

static void json_domain(struct app_json *w, const struct app_result *r)
{
    app_json_text(w, "domain_grade", r->domain_grade);
    app_json_open(w, "domain_ids", '[');
    for (unsigned i = 0; i < r->domain_ids; i++)
        app_json_text(w, NULL, r->domain_id[i]);
    app_json_close(w, ']');
}

/* ---- what results of one conversation share ------------------------------ */

/* All that json_host() and json_tls() read of a result without a route, but for the host's name. */
static void json_talk(struct app_json_talk *talk, const struct app_result *r)
{
    const struct quoth_evidence *e = r->ev;

    memset(talk, 0, sizeof *talk); /* it is compared as bytes */
    talk->ip = e->peer.ip;
    talk->port = e->peer.port;
    talk->pref = e->pref;
    talk->mx = e->mx;
    talk->dns = e->dns;
    talk->flags = e->flags;
    talk->secure = e->phase >= QUOTH_PHASE_EHLO && !r->cached;
    talk->version = e->tls.version;
    talk->cipher = e->tls.cipher;
    talk->broke = e->tls.broke;
    talk->cert = e->tls.cert;
}

/* The bytes from `at` on, where they fit: how many, or 0. */
static size_t json_keep(const struct app_stream *out, size_t at, char *text, size_t cap)
{
    const size_t n = out->n - at;

    if (out->full || n > cap)
        return 0;
    memcpy(text, out->text + at, n);
    return n;
}

static void json_conversation(struct app_json *w, const struct app_result *r)
{
    json_host(w, r);
    json_tls(w, r);
}

static void json_kept_conversation(struct app_json *w, const struct app_result *r,
                                   struct app_json_kept *kept)
{
    const size_t at = w->out->n, host_n = strlen(r->host);
    struct app_json_talk talk;

    json_talk(&talk, r);
    if (kept->n && !memcmp(&kept->talk, &talk, sizeof talk) && !strcmp(kept->host, r->host)) {
        app_stream_put(w->out, kept->text, kept->n);
        return;
    }
    json_conversation(w, r);
    kept->n = 0;
    if (host_n >= sizeof kept->host)
        return;
    kept->talk = talk;
    memcpy(kept->host, r->host, host_n + 1);
    kept->n = json_keep(w->out, at, kept->text, sizeof kept->text);
}

static void json_kept_times(struct app_json *w, const struct quoth_evidence *e,
                            struct app_json_kept *kept)
{
    const size_t at = w->out->n;

    if (kept->times_n && kept->took_ms == e->took_ms && !memcmp(kept->ms, e->ms, sizeof e->ms)) {
        app_stream_put(w->out, kept->times, kept->times_n);
        return;
    }
    json_times(w, e);
    kept->took_ms = e->took_ms;
    memcpy(kept->ms, e->ms, sizeof e->ms);
    kept->times_n = json_keep(w->out, at, kept->times, sizeof kept->times);
}

/* ---- the line ------------------------------------------------------------ */

/* `kept`: of a list, where a line is like the one before; or NULL. */
static void json_members(struct app_json *w, const struct app_result *r, struct app_json_kept *kept)
{
    const struct quoth_evidence *e = r->ev;
    app_json_str(w, "input", r->input, r->input_n);
    json_word(w, "verdict", quoth_verdict_name(r->verdict));
    json_word(w, "reason", quoth_reason_name(r->reading.reason));
    json_reply(w, r);
    if (kept)
        json_kept_conversation(w, r, kept);
    else
        json_conversation(w, r);
    json_word(w, "catch_all", quoth_fact_name(quoth_catch_all(e)));
    app_json_bool(w, "role", r->lists & QUOTH_LIST_ROLE);
    app_json_bool(w, "disposable", r->lists & QUOTH_LIST_DISPOSABLE);
    app_json_bool(w, "free", r->lists & QUOTH_LIST_FREE);
    app_json_bool(w, "reserved", r->lists & QUOTH_LIST_RESERVED);
    json_hints(w, r->lists);
    app_json_text(w, "list_date", quoth_list_date());
    json_score(w, r);
    if (r->with_domain)
        json_domain(w, r);
    json_address(w, r);
    json_word(w, "says", quoth_says_name(r->reading.says));
    app_json_text(w, "rule", r->reading.rule);
    if (r->input_bytes > r->input_n)
        app_json_number(w, "input_bytes", r->input_bytes);
    if (r->file)
        app_json_str(w, "file", r->file, strlen(r->file));
    if (r->line)
        app_json_number(w, "line", r->line);
    if (r->cached)
        app_json_number(w, "cached_s", r->age);
    if (r->more)
        r->more(w, r->more_arg);
    app_json_number(w, "queries", e->queries);
    app_json_number(w, "connects", e->connects);
    if (kept)
        json_kept_times(w, e, kept);
    else
        json_times(w, e);
    app_json_number(w, "v", 1);
}

void app_json_members(struct app_json *w, const struct app_result *r) { json_members(w, r, NULL); }

void app_json(struct app_page *page, const struct app_result *r)
{
    struct app_json w = {&page->out, 0};
    app_json_open(&w, NULL, '{');
    json_members(&w, r, page->out.f || r->route ? NULL : &page->kept);
    app_json_close(&w, '}');
    app_stream_byte(&page->out, '\n');
}

static void json_read_as(struct app_json *w, const char *key, const struct app_read_as *as)
{
    app_json_open(w, key, '{');
    if (!key)
        app_json_str(w, "file", as->file, strlen(as->file));
    app_json_text(w, "kind", as->kind);
    app_json_text(w, "encoding", as->encoding);
    if (as->delimiter) {
        app_json_text(w, "delimiter", as->delimiter);
        app_json_number(w, "column", as->column);
    }
    if (*as->name)
        app_json_text(w, "address", as->name);
    app_json_number(w, "left_out", as->left_out);
    app_json_open(w, "sample", '{');
    app_json_number(w, "rows", as->rows);
    app_json_number(w, "filled", as->filled);
    app_json_number(w, "addresses", as->good);
    app_json_close(w, '}');
    app_json_close(w, '}');
}

void app_json_tail(struct app_page *page, const struct app_count *count)
{
    struct app_json w = {&page->out, 0};
    app_json_open(&w, NULL, '{');
    app_json_open(&w, "summary", '{');
    app_json_number(&w, "total", app_count_all(count));
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        app_json_number(&w, quoth_verdict_name((enum quoth_verdict)i), count->verdict[i]);
    if (page->list_old)
        app_json_number(&w, "list_days_old", page->list_old);
    if (page->files > 1) {
        app_json_open(&w, "lists", '[');
        for (unsigned i = 0; i < page->files; i++)
            json_read_as(&w, NULL, &page->read_as[i]);
        app_json_close(&w, ']');
    } else if (page->read_as) {
        json_read_as(&w, "list", page->read_as);
    }
    app_json_close(&w, '}');
    app_json_number(&w, "v", 1);
    app_json_close(&w, '}');
    app_stream_byte(&page->out, '\n');
}
