/* web_answer.c - answers: heads, and problems as RFC 9457 has them.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "web.h"

/* The closed table of what can be wrong; type is urn:quoth:problem:ID. */
static const struct {
    uint16_t status;
    const char *id, *title, *fields;
} problems[WEB_PROBLEMS] = {
    [WEB_BAD_REQUEST] = {400, "bad-request", "Bad Request", ""},
    [WEB_UNAUTHORIZED] = {401, "unauthorized", "Unauthorized", "WWW-Authenticate: Bearer\r\n"},
    [WEB_FORBIDDEN] = {403, "other-origin", "Forbidden", ""},
    [WEB_NOT_FOUND] = {404, "not-found", "Not Found", ""},
    [WEB_METHOD] = {405, "method", "Method Not Allowed", ""},
    [WEB_NOT_ACCEPTABLE] = {406, "not-acceptable", "Not Acceptable", ""},
    [WEB_TIMEOUT] = {408, "too-slow", "Request Timeout", ""},
    [WEB_TOO_LARGE] = {413, "too-large", "Content Too Large", ""},
    [WEB_TARGET] = {414, "target-too-long", "URI Too Long", ""},
    [WEB_MEDIA] = {415, "media-type", "Unsupported Media Type", ""},
    [WEB_MISDIRECTED] = {421, "host", "Misdirected Request", ""},
    [WEB_MEMBER] = {422, "bad-member", "Unprocessable Content", ""},
    [WEB_TOO_MANY] = {429, "too-many", "Too Many Requests", "Retry-After: 60\r\n"},
    [WEB_HEAD] = {431, "head-too-large", "Request Header Fields Too Large", ""},
    [WEB_CODING] = {501, "not-implemented", "Not Implemented", ""},
    [WEB_VERSION] = {505, "version", "HTTP Version Not Supported", ""},
    [WEB_BUSY] = {503, "busy", "Service Unavailable", "Retry-After: 10\r\n"},
};

static const char *web_title(unsigned status)
{
    if (status == 200)
        return "OK";
    if (status == 202)
        return "Accepted";
    if (status == 304)
        return "Not Modified";
    for (unsigned i = 0; i < WEB_PROBLEMS; i++)
        if (problems[i].status == status)
            return problems[i].title;
    return "";
}

/* "Fri, 27 Nov 2026 19:47:00 GMT", whatever the locale. */
static void web_date(struct client *c)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const time_t now = time(NULL);
    struct tm t;
    char text[64];

    gmtime_r(&now, &t);
    snprintf(text, sizeof text, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n",
             days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon, 1900 + t.tm_year, t.tm_hour,
             t.tm_min, t.tm_sec);
    client_text(c, text);
}

/* May a browser keep it? What is told of an address never. */
static int web_kept(const struct web *w)
{
    return w->route && w->route->flags & WEB_KEPT && w->status < 400;
}

static void web_head(struct web *w, unsigned status, const char *type)
{
    char line[160];

    w->answered = 1;
    w->status = (uint16_t)status;
    w->c.s->count.code[status]++;
    snprintf(line, sizeof line, "HTTP/1.1 %u %s\r\nX-Request-Id: %llx\r\n", status,
             web_title(status), (unsigned long long)w->request);
    client_text(&w->c, line);
    web_date(&w->c);
    client_text(&w->c, "Content-Type: ");
    client_text(&w->c, type);
    client_text(&w->c, "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: ");
    client_text(&w->c, web_kept(w) ? "no-cache\r\n" : "no-store\r\n");
}

void web_answer(struct web *w, unsigned status, const char *type, const char *fields,
                const struct app_stream *body)
{
    char line[64];

    if (body->full) { /* without its end it is no answer */
        client_close(&w->c);
        return;
    }
    web_head(w, status, type);
    client_text(&w->c, fields);
    snprintf(line, sizeof line, "Content-Length: %zu\r\n", body->n);
    client_text(&w->c, line);
    if (!w->http.keep_alive || w->c.s->draining)
        w->close = 1;
    client_text(&w->c, w->close ? "Connection: close\r\n\r\n" : "\r\n");
    if (w->http.method != HTTP_METHOD_HEAD && status != 304)
        client_put(&w->c, body->text, body->n);
    web_log(w);
}

void web_result(struct web *w, const struct check *check)
{
    const struct app_stream *text = w->form ? &check->other : &check->json;
    char fields[300] = "";
    struct app_stream body = {0};

    app_stream_put(&body, text->text, text->n);
    if (!w->form)
        app_stream_byte(&body, '\n');
    if (*w->ignored)
        snprintf(fields, sizeof fields, "X-Quoth-Ignored: %s\r\n", w->ignored);
    web_answer(w, 200, "application/json", fields, &body);
    free(body.text);
}

void web_stream(struct web *w)
{
    w->close = 1;
    w->mode = WEB_STREAM;
    web_head(w, 200, "text/event-stream");
    client_text(&w->c, "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n");
    web_log(w);
}

/* As Reacher and AfterShip tell it. */
static void problem_compat(const struct web *w, const char *detail, struct app_stream *out)
{
    struct app_json json = {out, 0};

    app_json_open(&json, NULL, '{');
    app_json_text(&json, strcmp(w->form->name, "reacher") ? "message" : "error", detail);
    app_json_close(&json, '}');
    app_stream_byte(out, '\n');
}

static void problem_body(const struct web *w, enum web_problem what, const char *pointer,
                         const char *detail, struct app_stream *out)
{
    struct app_json json = {out, 0};
    char text[80];

    app_json_open(&json, NULL, '{');
    snprintf(text, sizeof text, "urn:quoth:problem:%s", problems[what].id);
    app_json_text(&json, "type", text);
    app_json_text(&json, "title", problems[what].title);
    app_json_number(&json, "status", problems[what].status);
    app_json_text(&json, "detail", detail);
    if (*w->path)
        app_json_text(&json, "instance", w->path);
    if (pointer) {
        app_json_open(&json, "errors", '[');
        app_json_open(&json, NULL, '{');
        app_json_text(&json, "pointer", pointer);
        app_json_text(&json, "detail", detail);
        app_json_close(&json, '}');
        app_json_close(&json, ']');
    }
    snprintf(text, sizeof text, "%llx", (unsigned long long)w->request);
    app_json_text(&json, "request", text);
    app_json_close(&json, '}');
    app_stream_byte(out, '\n');
}

void web_problem(struct web *w, enum web_problem what, const char *pointer, const char *detail)
{
    struct app_stream body = {0};
    char allow[64] = "";

    if (w->answered)
        return;
    if (what == WEB_METHOD && w->route)
        snprintf(allow, sizeof allow, "Allow: %s\r\n",
                 w->route->method == HTTP_METHOD_POST ? "POST" : "GET, HEAD");
    if (w->form)
        problem_compat(w, detail, &body);
    else
        problem_body(w, what, pointer, detail, &body);
    web_answer(w, problems[what].status, w->form ? "application/json" : "application/problem+json",
               *allow ? allow : problems[what].fields, &body);
    free(body.text);
}

void web_refused(struct web *w)
{
    unsigned what = 0;

    while (problems[what].status != w->http.status)
        what++;
    w->close = 1;
    web_problem(w, (enum web_problem)what, NULL, w->http.why);
}

/* logfmt; of an address nothing is said. */
void web_log(const struct web *w)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "DELETE", "-"};

    if (w->c.s->o->quiet)
        return;
    fprintf(stderr, "request=%llx method=%s route=%s status=%u ms=%llu client=%s%s%s\n",
            (unsigned long long)w->request, methods[w->http.method],
            w->route ? w->route->path : "-", w->status,
            (unsigned long long)(w->c.s->now - w->began), w->token ? w->token->name : "-",
            w->c.check ? " check=" : "", w->c.check ? w->c.check->id : "");
}
