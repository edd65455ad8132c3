/* out_json.c - a result as one line of JSON, and the writer that the formats share.
 *
 * Schema version 1 (key "v", always last: a line without it was cut off). quoth.1 lists
 * the keys. Later versions of the command may add keys within a schema version; they rename
 * and remove none.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "cli.h"

/* ---- the writer --------------------------------------------------------- */

void cli_key(struct cli_writer *w, const char *key)
{
    if (w->comma)
        putc(',', w->f);
    if (key)
        fprintf(w->f, "\"%s\":", key);
    w->comma = 1;
}

void cli_open(struct cli_writer *w, const char *key, char bracket)
{
    cli_key(w, key);
    putc(bracket, w->f);
    w->comma = 0;
}

void cli_close(struct cli_writer *w, char bracket)
{
    putc(bracket, w->f);
    w->comma = 1;
}

void cli_str(struct cli_writer *w, const char *key, const char *p, size_t n)
{
    cli_key(w, key);
    cli_put_json(w->f, p, n);
}

void cli_null(struct cli_writer *w, const char *key)
{
    cli_key(w, key);
    fputs("null", w->f);
}

void cli_text_or_null(struct cli_writer *w, const char *key, const char *text)
{
    if (text && *text)
        cli_str(w, key, text, strlen(text));
    else
        cli_null(w, key);
}

void cli_num(struct cli_writer *w, const char *key, uint64_t n)
{
    cli_key(w, key);
    fprintf(w->f, "%llu", (unsigned long long)n);
}

void cli_bool(struct cli_writer *w, const char *key, int yes)
{
    cli_key(w, key);
    fputs(yes ? "true" : "false", w->f);
}

/* ---- the members -------------------------------------------------------- */

/* A cache keeps the numbers, not the words. */
static void json_reply(struct cli_writer *w, const struct cli_result *r)
{
    const struct quoth_evidence *e = &r->v->ev;
    char esc[20];
    snprintf(esc, sizeof esc, "%u.%u.%u", e->said.esc[0], e->said.esc[1], e->said.esc[2]);
    cli_text_or_null(w, "phase", quoth_phase_name((enum quoth_phase)e->phase));
    if (e->said.code)
        cli_num(w, "code", e->said.code);
    else
        cli_null(w, "code");
    cli_text_or_null(w, "enhanced", e->said.esc[0] ? esc : NULL);
    if (e->said.code && !r->cached)
        cli_str(w, "text", e->words, e->said.n);
    else
        cli_null(w, "text");
}

static void json_host(struct cli_writer *w, const struct cli_result *r)
{
    const struct quoth_evidence *e = &r->v->ev;
    const struct quoth_peer bare = {e->peer.ip, 0};
    char ip[64];
    cli_open(w, "mx", '{');
    cli_text_or_null(w, "state", quoth_mx_state_name((enum quoth_mx_state)e->mx));
    cli_text_or_null(w, "dns", e->dns ? quoth_answer_name((enum quoth_answer)e->dns) : NULL);
    if (e->peer.ip.len) {
        cli_text_or_null(w, "host", quoth_verify_host(r->v));
        cli_str(w, "ip", ip, strlen(cli_peer_text(&bare, ip)));
        cli_num(w, "port", e->peer.port);
    } else {
        cli_null(w, "host");
        cli_null(w, "ip");
        cli_null(w, "port");
    }
    if (e->peer.ip.len && e->mx == QUOTH_MX_HOSTS)
        cli_num(w, "preference", e->pref);
    else
        cli_null(w, "preference");
    cli_open(w, "hosts", '[');
    for (unsigned i = 0; i < r->v->route.n; i++)
        cli_str(w, NULL, quoth_mx_name(&r->v->route, i), strlen(quoth_mx_name(&r->v->route, i)));
    cli_close(w, ']');
    cli_close(w, '}');
}

static void json_tls(struct cli_writer *w, const struct cli_result *r)
{
    const struct quoth_evidence *e = &r->v->ev;
    static const struct {
        uint8_t bit;
        const char *word;
    } faults[] = {
        {QUOTH_CERT_WRONG_NAME, "wrong_name"},
        {QUOTH_CERT_EXPIRED, "expired"},
        {QUOTH_CERT_UNTRUSTED, "untrusted"},
        {QUOTH_CERT_NO_CLOCK, "no_clock"},
    };
    char cipher[8];

    if (e->phase < QUOTH_PHASE_EHLO || r->cached) {
        cli_null(w, "tls");
        return;
    }
    cli_open(w, "tls", '{');
    cli_bool(w, "offered", e->flags & QUOTH_EVID_TLS_OFFERED);
    cli_bool(w, "broken", e->flags & QUOTH_EVID_TLS_BROKE);
    cli_text_or_null(w, "version", e->tls.version ? cli_tls_version(e->tls.version) : NULL);
    cli_text_or_null(w, "cipher", e->tls.version ? cli_tls_cipher(e->tls.cipher, cipher) : NULL);
    cli_bool(w, "cert_checked", e->tls.cert & QUOTH_CERT_CHECKED);
    cli_open(w, "cert_faults", '[');
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (e->tls.version && e->tls.cert & faults[i].bit)
            cli_str(w, NULL, faults[i].word, strlen(faults[i].word));
    cli_close(w, ']');
    cli_close(w, '}');
}

static void json_address(struct cli_writer *w, const struct cli_result *r)
{
    const struct quoth_addr *a = &r->v->ev.addr;
    char text[CLI_ADDRESS_MAX], suggestion[256];
    size_t n = cli_address(r, r->v->ev.domain, text);

    if (n)
        cli_str(w, "address", text, n);
    else
        cli_null(w, "address");
    if (a->fault) {
        const char *why = quoth_addr_fault_text(a->fault);
        cli_open(w, "fault", '{');
        cli_str(w, "text", why, strlen(why));
        cli_num(w, "at", a->at);
        cli_close(w, '}');
    } else {
        cli_null(w, "fault");
    }
    cli_text_or_null(w, "suggestion", cli_suggestion(r, suggestion));
}

static void json_times(struct cli_writer *w, const struct quoth_evidence *e)
{
    cli_open(w, "ms", '{');
    cli_num(w, "total", e->took_ms);
    for (unsigned i = QUOTH_PHASE_DNS; i < QUOTH_PHASES; i++)
        if (e->ms[i])
            cli_num(w, quoth_phase_name((enum quoth_phase)i), e->ms[i]);
    cli_close(w, '}');
}

static void json_word(struct cli_writer *w, const char *key, const char *word)
{
    cli_str(w, key, word, strlen(word));
}

void cli_native(struct cli_writer *w, const struct cli_result *r)
{
    const struct quoth_evidence *e = &r->v->ev;
    cli_str(w, "input", r->input, r->n);
    json_word(w, "verdict", quoth_verdict_name(r->verdict));
    json_word(w, "reason", quoth_reason_name(r->reading.reason));
    json_reply(w, r);
    json_host(w, r);
    json_tls(w, r);
    json_word(w, "catch_all", quoth_fact_name(quoth_catch_all(e)));
    cli_bool(w, "role", e->lists & QUOTH_LIST_ROLE);
    cli_bool(w, "disposable", e->lists & QUOTH_LIST_DISPOSABLE);
    cli_bool(w, "free", e->lists & QUOTH_LIST_FREE);
    cli_bool(w, "reserved", e->lists & QUOTH_LIST_RESERVED);
    json_address(w, r);
    json_word(w, "says", quoth_says_name(r->reading.says));
    cli_text_or_null(w, "rule", r->reading.rule);
    if (r->whole > r->n)
        cli_num(w, "input_bytes", r->whole);
    if (r->line)
        cli_num(w, "line", r->line);
    if (r->cached)
        cli_num(w, "cached_s", r->age);
    cli_num(w, "queries", e->queries);
    cli_num(w, "connects", e->connects);
    json_times(w, e);
    cli_num(w, "v", 1);
}

void cli_json(FILE *f, const struct cli_result *r)
{
    struct cli_writer w = {f, 0};
    cli_open(&w, NULL, '{');
    cli_native(&w, r);
    cli_close(&w, '}');
    putc('\n', f);
}

void cli_json_summary(FILE *f, const struct cli_count *c)
{
    struct cli_writer w = {f, 0};
    unsigned long all = 0;
    cli_open(&w, NULL, '{');
    cli_open(&w, "summary", '{');
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        all += c->verdict[i];
    cli_num(&w, "total", all);
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        cli_num(&w, quoth_verdict_name((enum quoth_verdict)i), c->verdict[i]);
    cli_close(&w, '}');
    cli_num(&w, "v", 1);
    cli_close(&w, '}');
    putc('\n', f);
}
