/* web.c - a client that speaks HTTP: requests one after the other.
 *
 *   head --> admitted? --> body --> its route: answers at once
 *              |                               joins a check: busy until it is over, or late
 *              '-- no: a problem               streams a check, a job: until it is over
 *                                              sends results: as fast as they are read
 *
 * The next request is read once the answer to this one is put.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "web.h"
#include "web_runs.h"

enum { WEB_PULSE_MS = 15000 }; /* a comment keeps proxies from ending a stream */

static void web_next(struct web *w)
{
    const struct serve *s = w->c.s;

    if (w->close || s->draining) {
        client_close(&w->c);
        return;
    }
    w->answered = w->head_begun = 0;
    w->received = 0;
    w->mode = WEB_ANSWER;
    w->route = NULL;
    w->place = 0;
    w->token = NULL;
    w->form = NULL;
    w->path[0] = w->ignored[0] = '\0';
    free(w->body.text);
    w->body = (struct app_stream) {0};
    client_due(&w->c, s->limits.idle_ms);
}

/* The answer is put: the next request may come. */
static void web_over(struct web *w)
{
    client_free(&w->c);
    web_next(w);
}

/* A list may take as long as a kilobyte a second does, from its head on. */
static uint32_t web_patience(const struct serve *s, const struct web *w)
{
    const uint64_t until = w->began + s->limits.head_ms + w->received;
    return until > s->now ? (uint32_t)(until - s->now) : 1;
}

static void web_body(struct web *w)
{
    const struct serve *s = w->c.s;

    if (w->job) {
        web_jobs_piece(w);
        client_due(&w->c, web_patience(s, w));
        return;
    }
    app_stream_put(&w->body, w->http.body, w->http.body_n);
    if (w->body.full)
        client_close(&w->c);
}

/* Whom a proxy asks for: the last of X-Forwarded-For that is no proxy itself. What stands before it
 * anybody may have written there. */
static void web_from(struct web *w)
{
    unsigned times;
    const char *field = http_field(&w->http, "x-forwarded-for", &times);
    size_t n = field && times == 1 ? strlen(field) : 0;

    w->c.from = w->c.ip;
    while (n && client_is_proxy(w->c.s, &w->c.from)) {
        size_t at = n, end = n;
        struct quoth_ip ip;
        while (at && field[at - 1] != ',')
            at--;
        n = at ? at - 1 : 0;
        at += strspn(field + at, " \t");
        while (end > at && strchr(" \t", field[end - 1]))
            end--;
        if (end <= at || quoth_ip_parse(&ip, field + at, end - at) != QUOTH_OK)
            return;
        w->c.from = ip;
    }
}

/* Has whom a proxy asks for more requests under way than an address may have connections? */
static int web_crowd(const struct web *w)
{
    const struct serve *s = w->c.s;
    const struct quoth_ip *from = &w->c.from;
    unsigned n = 0;

    if (!from->len || (from->len == w->c.ip.len && !memcmp(from->b, w->c.ip.b, from->len)))
        return 0;
    for (uint32_t i = 0; i < s->limits.clients; i++)
        n += s->client[i] && s->client[i]->busy && s->client[i]->from.len == from->len &&
             !memcmp(s->client[i]->from.b, from->b, from->len);
    return n >= s->limits.clients_each;
}

static void web_head(struct web *w)
{
    struct serve *s = w->c.s;

    w->request = (s->began + ++s->requests) * UINT64_C(0x9e3779b97f4a7c15);
    w->close = w->http.has_body; /* of a request that is refused its body is not read */
    if (s->proxies || s->proxy_local)
        web_from(w);
    if (!web_admit(w))
        return;
    if (web_crowd(w)) {
        web_problem(w, WEB_TOO_MANY, NULL, "Requests at once of one address (--connections-each).");
        return;
    }
    w->close = 0;
    if (w->http.has_body)
        client_due(&w->c, s->limits.head_ms + WEB_BODY_MAX);
    w->http.limit = w->route->flags & WEB_JSON ? WEB_BODY_MAX : 0;
    if (w->route->flags & WEB_BULK)
        web_bulk_begin(w);
    if (w->route->flags & WEB_TAKES)
        web_jobs_begin(w);
    if (w->answered)
        return;
    if (w->http.expects && w->c.in_n == 0)
        client_text(&w->c, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void web_end(struct web *w)
{
    if (!w->answered)
        w->route->run(w);
    if (!w->c.busy)
        web_next(w);
}

static void web_bytes(struct client *c)
{
    struct web *w = (struct web *)(void *)c;
    enum http_event event = HTTP_EVENT_HEAD;
    size_t used;

    if (!w->ready) {
        w->ready = 1;
        http_start(&w->http);
    }
    if (!w->head_begun && c->in_n) {
        w->head_begun = 1;
        w->began = c->s->now;
        client_due(c, c->s->limits.head_ms);
    }
    while (event != HTTP_EVENT_AGAIN && !c->busy && !c->closing && !c->gone) {
        event = http_feed(&w->http, c->in, c->in_n, &used);
        if (event == HTTP_EVENT_BODY)
            web_body(w);
        client_take(c, used);
        if (event == HTTP_EVENT_HEAD)
            web_head(w);
        else if (event == HTTP_EVENT_END)
            web_end(w);
        else if (event == HTTP_EVENT_REFUSED)
            web_refused(w);
        if (w->answered && w->close && !c->busy)
            client_close(c);
    }
    if (c->ended && !c->busy && !c->closing)
        client_close(c);
}

static void web_accepted(struct web *w, const struct check *check)
{
    struct app_stream body = {0};
    struct app_json json = {&body, 0};
    char fields[80];

    snprintf(fields, sizeof fields, "Location: /api/v1/checks/%s\r\nRetry-After: 5\r\n", check->id);
    app_json_open(&json, NULL, '{');
    app_json_text(&json, "id", check->id);
    app_json_str(&json, check->depth == CHECK_DOMAIN ? "domain" : "address", check->text,
                 check->text_n);
    app_json_text(&json, "state", "running");
    web_answer_json(w, 202, fields, &json);
}

static void web_late(struct client *c)
{
    struct web *w = (struct web *)(void *)c;

    if (c->busy && w->mode == WEB_PULL) {
        client_close(c); /* it reads nothing */
    } else if (c->busy && w->mode == WEB_STREAM) {
        client_text(c, ":\n\n");
        client_due(c, WEB_PULSE_MS);
    } else if (c->busy) {
        if (w->form)
            web_problem(w, WEB_BUSY, NULL, "The mail server takes its time: ask again.");
        else
            web_accepted(w, c->check);
        check_leave(c);
        web_over(w);
    } else if (w->head_begun) {
        w->close = 1;
        web_problem(w, WEB_TIMEOUT, NULL, "The request did not come in time.");
        client_close(c);
    } else {
        client_close(c);
    }
}

static void web_told(struct client *c, const struct check *check)
{
    struct web *w = (struct web *)(void *)c;
    if (w->mode == WEB_STREAM) {
        client_close(c);
        return;
    }
    web_result(w, check);
    web_over(w);
}

/* A reader that is too slow loses events, and is told. */
static void web_event(struct client *c, const char *p, size_t n)
{
    static const char lost[] = "event: lost\ndata: {}\n\n";
    struct web *w = (struct web *)(void *)c;

    if (w->mode != WEB_STREAM || !n)
        return;
    if (client_waiting(c) > CLIENT_OUT) {
        w->lost = 1;
        return;
    }
    if (w->lost)
        client_text(c, lost);
    w->lost = 0;
    client_put(c, p, n);
}

static void web_room(struct client *c)
{
    struct web *w = (struct web *)(void *)c;

    if (!web_results_room(w))
        web_over(w);
}

static void web_gone(struct client *c)
{
    struct web *w = (struct web *)(void *)c;

    web_jobs_end(w);
    job_live_leave(&w->reader);
    web_results_end(w);
    free(w->body.text);
}

const struct protocol protocol_http = {
    .name = "http",
    .size = sizeof(struct web),
    .bytes = web_bytes,
    .late = web_late,
    .told = web_told,
    .event = web_event,
    .room = web_room,
    .gone = web_gone,
};
