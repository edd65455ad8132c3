/* live.c - a check as it happens, as text/event-stream.
 *
 *   step     a question, its answer, the mail hosts, a call, TLS, the end of a call
 *   line     one line of the conversation, in or out
 *   wait     its host is not to be called yet: until when, or until its turn comes; it said later
 *   result   the whole result
 *
 * Bytes of a stranger go through app_put_json(), so an event is one line whatever they hold.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "serve.h"

enum { LIVE_RECORDS = 8 };

static void live_open(struct check *check, struct app_json *json, const char *event, uint64_t ms)
{
    struct app_stream *out = &check->log;

    app_stream_text(out, "id: ");
    app_stream_number(out, ++check->events);
    app_stream_text(out, "\nevent: ");
    app_stream_text(out, event);
    app_stream_text(out, "\ndata: ");
    *json = (struct app_json) {out, 0};
    app_json_open(json, NULL, '{');
    app_json_number(json, "ms", ms);
}

static void live_close(struct check *check, struct app_json *json)
{
    app_json_close(json, '}');
    app_stream_text(&check->log, "\n\n");
}

static void live_step(struct check *check, struct app_json *json, uint64_t ms, const char *what)
{
    live_open(check, json, "step", ms);
    app_json_text(json, "what", what);
}

/* ---- name servers ----------------------------------------------------------- */

static const char *live_type(uint16_t type)
{
    switch (type) {
    case QUOTH_DNS_MX: return "MX";
    case QUOTH_DNS_A: return "A";
    case QUOTH_DNS_AAAA: return "AAAA";
    default: return "other";
    }
}

static void live_name(struct app_json *json, const char *key, const struct quoth_name *name)
{
    char text[1009];

    if (quoth_name_text(name, text, sizeof text) >= 0)
        app_json_str(json, key, text, strlen(text));
}

/* One record: "10 mx1.example.com", "192.0.2.25". */
static void live_record(struct app_json *json, struct quoth_dns *message, const struct quoth_rr *rr)
{
    struct quoth_name target;
    char text[1020] = "", name[1009];

    if (rr->ip.len)
        quoth_ip_text(&rr->ip, text, sizeof text);
    else if ((rr->type == QUOTH_DNS_MX || rr->type == QUOTH_DNS_CNAME) &&
             quoth_dns_name(message, rr->target, &target) > 0 &&
             quoth_name_text(&target, name, sizeof name) >= 0) {
        if (rr->type == QUOTH_DNS_MX)
            snprintf(text, sizeof text, "%u %s", rr->pref, name);
        else
            snprintf(text, sizeof text, "%s", name);
    }
    if (*text)
        app_json_text(json, NULL, text);
}

static void live_answer(struct check *check, const struct quoth_batch_trace *trace, uint64_t ms)
{
    const uint8_t *p = trace->event->data;
    struct quoth_dns message;
    struct quoth_rr rr;
    struct app_json json;
    unsigned records = 0;

    if (trace->event->n < 2 ||
        quoth_dns_open(&message, p, trace->event->n, (uint16_t)(p[0] << 8 | p[1]), trace->name,
                       trace->type) != QUOTH_OK)
        return;
    live_step(check, &json, ms, "dns");
    live_name(&json, "name", trace->name);
    app_json_text(&json, "type", live_type(trace->type));
    app_json_number(&json, "rcode", message.rcode);
    app_json_open(&json, "answer", '[');
    while (records < LIVE_RECORDS && quoth_dns_next(&message, &rr) == 1)
        if (!rr.section && rr.usable && ++records)
            live_record(&json, &message, &rr);
    app_json_close(&json, ']');
    live_close(check, &json);
}

static void live_dns(struct check *check, const struct quoth_batch_trace *trace, uint64_t ms)
{
    struct app_json json;

    if (!trace->event)
        return;
    if (trace->event->kind == QUOTH_EV_DATA && trace->want->kind != QUOTH_WANT_OPEN) {
        live_answer(check, trace, ms);
    } else if (trace->event->kind == QUOTH_EV_TIME || trace->event->kind == QUOTH_EV_FAIL) {
        live_step(check, &json, ms, "dns");
        live_name(&json, "name", trace->name);
        app_json_text(&json, "type", live_type(trace->type));
        app_json_text(&json, "failed", app_trouble_words(trace->event));
        live_close(check, &json);
    }
}

/* ---- a conversation ----------------------------------------------------------- */

static void live_hosts(struct check *check, const struct quoth_batch_trace *trace, uint64_t ms)
{
    struct app_json json;
    char ip[64];

    live_step(check, &json, ms, "hosts");
    app_json_open(&json, "hosts", '[');
    for (unsigned i = 0; i < trace->route->n; i++)
        app_json_text(&json, NULL, quoth_mx_name(trace->route, i));
    app_json_close(&json, ']');
    if (trace->peer.ip.len)
        app_json_text(&json, "next", app_peer_text(&trace->peer, ip));
    live_close(check, &json);
}

static void live_line(struct check *check, uint64_t ms)
{
    struct app_json json;

    if (check->line_n && check->line[check->line_n - 1] == '\r')
        check->line_n--;
    live_open(check, &json, "line", ms);
    app_json_text(&json, "dir", check->out ? "out" : "in");
    app_json_bool(&json, "tls", check->secure);
    app_json_str(&json, "text", check->line, check->line_n);
    live_close(check, &json);
    check->line_n = 0;
}

static void live_bytes(struct check *check, const char *p, size_t n, uint64_t ms)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n')
            live_line(check, ms);
        else
            check->line[check->line_n++] = p[i];
        if (check->line_n == sizeof check->line)
            live_line(check, ms);
    }
}

static const char *live_call_step(const struct quoth_batch_trace *trace)
{
    if (trace->want->kind == QUOTH_WANT_TLS)
        return "tls";
    return trace->event->kind == QUOTH_EV_DOWN ? "closed" : "connect";
}

static void live_call(struct check *check, const struct quoth_batch_trace *trace, uint64_t ms)
{
    const struct quoth_event *ev = trace->event;
    struct app_json json;
    char ip[64];

    if (ev->kind == QUOTH_EV_RCPT)
        return;
    live_step(check, &json, ms, live_call_step(trace));
    app_json_text(&json, "host", trace->host);
    if (trace->peer.ip.len)
        app_json_text(&json, "peer", app_peer_text(&trace->peer, ip));
    if (ev->kind == QUOTH_EV_UP && trace->want->kind == QUOTH_WANT_TLS)
        app_json_text(&json, "version", app_tls_version(ev->tls.version));
    if (ev->kind != QUOTH_EV_UP && ev->kind != QUOTH_EV_DOWN)
        app_json_text(&json, "failed", app_trouble_words(ev));
    live_close(check, &json);
}

static void live_talk(struct check *check, const struct quoth_batch_trace *trace, uint64_t ms)
{
    const struct quoth_event *ev = trace->event;
    const uint8_t out = ev && ev->kind == QUOTH_EV_SENT;

    if (!ev)
        return;
    if (check->line_n && (out != check->out || (!out && ev->kind != QUOTH_EV_DATA)))
        live_line(check, ms);
    check->out = out;
    check->secure = trace->secure;
    if (out)
        live_bytes(check, trace->want->out, ev->n, ms);
    else if (ev->kind == QUOTH_EV_DATA)
        live_bytes(check, ev->data, ev->n, ms);
    else
        live_call(check, trace, ms);
}

static void live_wait(struct check *check, const struct quoth_batch_trace *trace, uint64_t ms)
{
    struct app_json json;
    char ip[64];

    live_open(check, &json, "wait", ms);
    if (trace->wait_ms)
        app_json_number(&json, "until_ms", ms + trace->wait_ms);
    app_json_text(&json, "why", trace->wait_ms ? "gap" : "turn");
    app_json_text(&json, "host", trace->host);
    app_json_text(&json, "peer", app_peer_text(&trace->peer, ip));
    live_close(check, &json);
}

/* ---- both ---------------------------------------------------------------------- */

void live_trace(struct check *check, const struct quoth_batch_trace *trace, uint64_t ms)
{
    switch (trace->kind) {
    case QUOTH_BATCH_TRACE_DNS: live_dns(check, trace, ms); break;
    case QUOTH_BATCH_TRACE_HOSTS: live_hosts(check, trace, ms); break;
    case QUOTH_BATCH_TRACE_TALK: live_talk(check, trace, ms); break;
    case QUOTH_BATCH_TRACE_WAIT: live_wait(check, trace, ms); break;
    }
}

void live_again(struct check *check, uint64_t ms, uint64_t wait_ms)
{
    struct app_json json;

    if (check->line_n)
        live_line(check, ms);
    live_open(check, &json, "wait", ms);
    app_json_number(&json, "until_ms", ms + wait_ms);
    app_json_text(&json, "why", "later");
    live_close(check, &json);
}

void live_result(struct check *check, uint64_t ms)
{
    struct app_json json;

    if (check->line_n)
        live_line(check, ms);
    live_open(check, &json, "result", ms);
    app_json_key(&json, "result");
    app_stream_put(json.out, check->json.text, check->json.n);
    live_close(check, &json);
}
