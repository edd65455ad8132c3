/* live.c - a check as it happens, as text/event-stream.
 *
 *   step     a question, its answer, the mail hosts, a call, TLS, the end of a call
 *   line     one line of the conversation, in or out
 *   wait     its host is not to be called yet: until when, or until its turn comes
 *   result   the whole result
 *
 * Bytes of a stranger go through app_put_json(), so an event is one line whatever they hold.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "serve.h"

enum { LIVE_RECORDS = 8 };

static void live_open(struct check *check, struct app_json *w, const char *event, uint64_t ms)
{
    struct app_stream *out = &check->log;

    app_stream_text(out, "id: ");
    app_stream_number(out, ++check->events);
    app_stream_text(out, "\nevent: ");
    app_stream_text(out, event);
    app_stream_text(out, "\ndata: ");
    *w = (struct app_json) {out, 0};
    app_json_open(w, NULL, '{');
    app_json_number(w, "ms", ms);
}

static void live_close(struct check *check, struct app_json *w)
{
    app_json_close(w, '}');
    app_stream_text(&check->log, "\n\n");
}

static void live_step(struct check *check, struct app_json *w, uint64_t ms, const char *what)
{
    live_open(check, w, "step", ms);
    app_json_text(w, "what", what);
}

static const char *live_trouble(const struct quoth_event *ev)
{
    return ev->kind == QUOTH_EV_TIME  ? "no answer in time"
           : ev->kind == QUOTH_EV_EOF ? "the other side closed the connection"
                                      : app_err_words(ev->err);
}

/* ---- name servers ----------------------------------------------------------- */

static const char *live_type(uint16_t type)
{
    return type == QUOTH_DNS_MX     ? "MX"
           : type == QUOTH_DNS_A    ? "A"
           : type == QUOTH_DNS_AAAA ? "AAAA"
                                    : "other";
}

static void live_name(struct app_json *w, const char *key, const struct quoth_name *name)
{
    char text[1009];

    if (quoth_name_text(name, text, sizeof text) >= 0)
        app_json_str(w, key, text, strlen(text));
}

/* One record: "10 mx1.example.com", "192.0.2.25". */
static void live_record(struct app_json *w, struct quoth_dns *m, const struct quoth_rr *rr)
{
    struct quoth_name target;
    char text[1020] = "", name[1009];

    if (rr->ip.len)
        quoth_ip_text(&rr->ip, text, sizeof text);
    else if ((rr->type == QUOTH_DNS_MX || rr->type == QUOTH_DNS_CNAME) &&
             quoth_dns_name(m, rr->target, &target) > 0 &&
             quoth_name_text(&target, name, sizeof name) >= 0) {
        if (rr->type == QUOTH_DNS_MX)
            snprintf(text, sizeof text, "%u %s", rr->pref, name);
        else
            snprintf(text, sizeof text, "%s", name);
    }
    if (*text)
        app_json_text(w, NULL, text);
}

static void live_answer(struct check *check, const struct quoth_batch_trace *t, uint64_t ms)
{
    const uint8_t *p = t->event->data;
    struct quoth_dns m;
    struct quoth_rr rr;
    struct app_json w;
    unsigned records = 0;

    if (t->event->n < 2 || quoth_dns_open(&m, p, t->event->n, (uint16_t)(p[0] << 8 | p[1]), t->name,
                                          t->type) != QUOTH_OK)
        return;
    live_step(check, &w, ms, "dns");
    live_name(&w, "name", t->name);
    app_json_text(&w, "type", live_type(t->type));
    app_json_number(&w, "rcode", m.rcode);
    app_json_open(&w, "answer", '[');
    while (records < LIVE_RECORDS && quoth_dns_next(&m, &rr) == 1)
        if (!rr.section && rr.usable && ++records)
            live_record(&w, &m, &rr);
    app_json_close(&w, ']');
    live_close(check, &w);
}

static void live_dns(struct check *check, const struct quoth_batch_trace *t, uint64_t ms)
{
    struct app_json w;

    if (!t->event)
        return;
    if (t->event->kind == QUOTH_EV_DATA && t->want->kind != QUOTH_WANT_OPEN) {
        live_answer(check, t, ms);
    } else if (t->event->kind == QUOTH_EV_TIME || t->event->kind == QUOTH_EV_FAIL) {
        live_step(check, &w, ms, "dns");
        live_name(&w, "name", t->name);
        app_json_text(&w, "type", live_type(t->type));
        app_json_text(&w, "failed", live_trouble(t->event));
        live_close(check, &w);
    }
}

/* ---- a conversation ----------------------------------------------------------- */

static void live_hosts(struct check *check, const struct quoth_batch_trace *t, uint64_t ms)
{
    struct app_json w;
    char ip[64];

    live_step(check, &w, ms, "hosts");
    app_json_open(&w, "hosts", '[');
    for (unsigned i = 0; i < t->route->n; i++)
        app_json_text(&w, NULL, quoth_mx_name(t->route, i));
    app_json_close(&w, ']');
    if (t->peer.ip.len)
        app_json_text(&w, "next", app_peer_text(&t->peer, ip));
    live_close(check, &w);
}

static void live_line(struct check *check, uint64_t ms)
{
    struct app_json w;

    if (check->line_n && check->line[check->line_n - 1] == '\r')
        check->line_n--;
    live_open(check, &w, "line", ms);
    app_json_text(&w, "dir", check->out ? "out" : "in");
    app_json_bool(&w, "tls", check->secure);
    app_json_str(&w, "text", check->line, check->line_n);
    live_close(check, &w);
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

static void live_call(struct check *check, const struct quoth_batch_trace *t, uint64_t ms)
{
    const struct quoth_event *ev = t->event;
    struct app_json w;
    char ip[64];

    if (ev->kind == QUOTH_EV_RCPT)
        return;
    live_step(check, &w, ms,
              t->want->kind == QUOTH_WANT_TLS ? "tls"
              : ev->kind == QUOTH_EV_DOWN     ? "closed"
                                              : "connect");
    app_json_text(&w, "host", t->host);
    if (t->peer.ip.len)
        app_json_text(&w, "peer", app_peer_text(&t->peer, ip));
    if (ev->kind == QUOTH_EV_UP && t->want->kind == QUOTH_WANT_TLS)
        app_json_text(&w, "version", app_tls_version(ev->tls.version));
    if (ev->kind != QUOTH_EV_UP && ev->kind != QUOTH_EV_DOWN)
        app_json_text(&w, "failed", live_trouble(ev));
    live_close(check, &w);
}

static void live_talk(struct check *check, const struct quoth_batch_trace *t, uint64_t ms)
{
    const struct quoth_event *ev = t->event;
    const uint8_t out = ev && ev->kind == QUOTH_EV_SENT;

    if (!ev)
        return;
    if (check->line_n && (out != check->out || (!out && ev->kind != QUOTH_EV_DATA)))
        live_line(check, ms);
    check->out = out;
    check->secure = t->secure;
    if (out)
        live_bytes(check, t->want->out, ev->n, ms);
    else if (ev->kind == QUOTH_EV_DATA)
        live_bytes(check, ev->data, ev->n, ms);
    else
        live_call(check, t, ms);
}

static void live_wait(struct check *check, const struct quoth_batch_trace *t, uint64_t ms)
{
    struct app_json w;
    char ip[64];

    live_open(check, &w, "wait", ms);
    if (t->wait_ms)
        app_json_number(&w, "until_ms", ms + t->wait_ms);
    app_json_text(&w, "why", t->wait_ms ? "gap" : "turn");
    app_json_text(&w, "host", t->host);
    app_json_text(&w, "peer", app_peer_text(&t->peer, ip));
    live_close(check, &w);
}

/* ---- both ---------------------------------------------------------------------- */

void live_trace(struct check *check, const struct quoth_batch_trace *t, uint64_t ms)
{
    switch (t->kind) {
    case QUOTH_BATCH_TRACE_DNS: live_dns(check, t, ms); break;
    case QUOTH_BATCH_TRACE_HOSTS: live_hosts(check, t, ms); break;
    case QUOTH_BATCH_TRACE_TALK: live_talk(check, t, ms); break;
    case QUOTH_BATCH_TRACE_WAIT: live_wait(check, t, ms); break;
    }
}

void live_result(struct check *check, uint64_t ms)
{
    struct app_json w;

    if (check->line_n)
        live_line(check, ms);
    live_open(check, &w, "result", ms);
    app_json_key(&w, "result");
    app_stream_put(w.out, check->json.text, check->json.n);
    live_close(check, &w);
}
