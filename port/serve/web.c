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

/* A comment keeps proxies from ending a stream; who took nothing for four of them is gone. */
enum { WEB_PULSE_MS = 15000, WEB_STILL = 4 };

static void web_next(struct web *web)
{
    const struct serve *serve = web->c.s;

    if (web->close || serve->draining) {
        client_close(&web->c);
        return;
    }
    web->answered = web->head_begun = web->c.begun = 0;
    web->received = 0;
    web_bulk_end(web);
    web->mode = WEB_ANSWER;
    web->route = NULL;
    web->c.stays = web->follow = 0;
    web->place = web->origin = 0;
    web->form = NULL;
    web->asker.name[0] = web->path[0] = web->ignored[0] = '\0';
    free(web->body.text);
    web->body = (struct app_stream) {0};
    client_due(&web->c, serve->limits.idle_ms);
}

/* The answer is put: the next request may come. */
static void web_over(struct web *web)
{
    client_free(&web->c);
    web_next(web);
}

/* A body may take as long as it would at the least rate, and its time besides. */
static void web_patience(struct web *web)
{
    const struct serve_limits *limits = &web->c.s->limits;
    const uint64_t until = web->body_began + limits->body_ms + web->received / limits->body_rate;
    const uint64_t now = web->c.s->now;

    client_due(&web->c, until > now ? (uint32_t)(until - now) : 1);
}

static void web_body(struct web *web)
{
    web->received += web->http.body_n;
    web_patience(web);
    if (web->job) {
        web_jobs_piece(web);
        return;
    }
    if (web->bulk) {
        web_bulk_piece(web);
        return;
    }
    app_stream_put(&web->body, web->http.body, web->http.body_n);
    if (web->body.full)
        client_close(&web->c);
}

/* Whom a proxy asks for: the last of X-Forwarded-For that is no proxy itself. What stands before it
 * anybody may have written there. */
static void web_from(struct web *web)
{
    unsigned times;
    const char *field = http_field(&web->http, "x-forwarded-for", &times);
    size_t n = field && times == 1 ? strlen(field) : 0;

    web->c.from = web->c.ip;
    while (n && client_is_proxy(web->c.s, &web->c.from)) {
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
        web->c.from = ip;
    }
}

/* Has whom a proxy asks for more requests under way than an address may have connections? */
static int web_crowd(const struct web *web)
{
    const struct serve *serve = web->c.s;
    const struct quoth_ip *from = &web->c.from;
    unsigned n = 0;

    if (!from->len || app_ip_same(from, &web->c.ip))
        return 0;
    for (uint32_t i = 0; i < serve->limits.clients; i++)
        n += serve->client[i] && serve->client[i]->busy && !serve->client[i]->ended &&
             app_ip_same(&serve->client[i]->from, from);
    return n >= serve->limits.clients_each;
}

static void web_head(struct web *web)
{
    struct serve *serve = web->c.s;

    web_number(web);
    web->close = web->http.has_body; /* of a request that is refused its body is not read */
    if (serve->proxies || serve->proxy_local)
        web_from(web);
    if (!web_admit(web))
        return;
    if (web_crowd(web)) {
        web_problem(web, WEB_TOO_MANY, NULL,
                    "Requests at once of one address (--connections-each).");
        return;
    }
    web->close = 0;
    web->c.begun = 1;
    web->body_began = serve->now;
    if (web->http.has_body)
        web_patience(web);
    web->http.limit = web->route->flags & WEB_JSON ? serve->limits.json : 0;
    if (web->route->flags & WEB_BULK)
        web_bulk_begin(web);
    if (web->route->flags & WEB_TAKES)
        web_jobs_begin(web);
    if (web->answered)
        return;
    if (web->http.expects && web->c.in_n == 0 && http_fits(&web->http))
        client_text(&web->c, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void web_end(struct web *web)
{
    if (!web->answered)
        web->route->run(web);
    if (!web->c.busy)
        web_next(web);
}

static void web_bytes(struct client *client)
{
    struct web *web = (struct web *)(void *)client;
    enum http_event event = HTTP_EVENT_HEAD;
    size_t used;

    if (!web->ready) {
        web->ready = 1;
        http_start(&web->http);
    }
    if (!web->head_begun && client->in_n) {
        web->head_begun = 1;
        web->began = client->s->now;
        client_due(client, client->s->limits.head_ms);
    }
    while (event != HTTP_EVENT_AGAIN && client_may_ask(client)) {
        event = http_feed(&web->http, client->in, client->in_n, &used);
        if (event == HTTP_EVENT_BODY)
            web_body(web);
        client_take(client, used);
        if (event == HTTP_EVENT_HEAD)
            web_head(web);
        else if (event == HTTP_EVENT_END)
            web_end(web);
        else if (event == HTTP_EVENT_REFUSED)
            web_refused(web);
        if (web->answered && web->close && !client->busy)
            client_close(client);
        if (event == HTTP_EVENT_END && !client->in_n)
            event = HTTP_EVENT_AGAIN;
    }
    if (client->ended && event == HTTP_EVENT_AGAIN && !client->busy && !client->closing)
        client_close(client);
}

static void web_accepted(struct web *web, const struct check *check)
{
    struct app_stream body = {0};
    struct app_json json = {&body, 0};
    char fields[80];

    snprintf(fields, sizeof fields, "Location: /api/v1/checks/%s\r\nRetry-After: 5\r\n", check->id);
    app_json_open(&json, NULL, '{');
    app_json_text(&json, "id", check->id);
    if (check->depth != CHECK_US)
        app_json_str(&json, check->depth == CHECK_DOMAIN ? "domain" : "address", check->text,
                     check->text_n);
    app_json_text(&json, "state", "running");
    web_answer_json(web, 202, fields, &json);
}

static void web_late(struct client *client)
{
    struct web *web = (struct web *)(void *)client;

    if (client->busy && web->mode == WEB_PULL) {
        client_close(client); /* it reads nothing */
    } else if (client->busy && web->mode == WEB_STREAM) {
        if (client_still(client) >= WEB_STILL) {
            client_gone(client);
            return;
        }
        client_text(client, ":\n\n");
        client_due(client, WEB_PULSE_MS);
    } else if (client->busy) {
        if (web->form)
            web_problem(web, WEB_BUSY, NULL, "The mail server takes its time: ask again.");
        else
            web_accepted(web, client->check);
        check_leave(client);
        web_over(web);
    } else if (web->head_begun) {
        web->close = 1;
        web_problem(web, WEB_TIMEOUT, NULL, "The request did not come in time.");
        client_close(client);
    } else {
        client_close(client);
    }
}

static void web_told(struct client *client, const struct check *check)
{
    struct web *web = (struct web *)(void *)client;
    if (web->mode == WEB_STREAM) {
        client_close(client);
        return;
    }
    if (check->done || !web->follow)
        web_result(web, check);
    else
        web_accepted(web, check);
    web_over(web);
}

/* A reader that is too slow loses events, and is told. */
static void web_event(struct client *client, const char *p, size_t n)
{
    static const char lost[] = "event: lost\ndata: {}\n\n";
    struct web *web = (struct web *)(void *)client;

    if (web->mode != WEB_STREAM || !n)
        return;
    if (client_waiting(client) > CLIENT_OUT) {
        web->lost = 1;
        return;
    }
    if (web->lost)
        client_text(client, lost);
    web->lost = 0;
    client_put(client, p, n);
}

static void web_room(struct client *client)
{
    struct web *web = (struct web *)(void *)client;

    if (!web_results_room(web))
        web_over(web);
}

static void web_gone(struct client *client)
{
    struct web *web = (struct web *)(void *)client;

    web_jobs_end(web);
    web_bulk_end(web);
    job_live_leave(&web->reader);
    web_results_end(web);
    free(web->body.text);
}

#define WEB_PROTOCOL(called, alone) \
    { \
        .name = called, .apart = alone, .size = sizeof(struct web), .bytes = web_bytes, \
        .late = web_late, .told = web_told, .event = web_event, .room = web_room, \
        .gone = web_gone, \
    }
const struct protocol protocol_http = WEB_PROTOCOL("http", 0);
const struct protocol protocol_metrics = WEB_PROTOCOL("metrics", 1);

void web_cut_off(struct serve *serve)
{
    for (uint32_t i = 0; i < serve->limits.clients; i++) {
        struct client *client = serve->client[i];
        const struct web *web = (const struct web *)(const void *)client;
        if (client && client->protocol->bytes == web_bytes && *web->asker.name &&
            !token_now(serve, &web->asker))
            client_gone(client);
    }
}
