/* web_answer.c - answers: heads, and problems as RFC 9457 has them.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "query.h"
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
    [WEB_PRECONDITION] = {412, "precondition", "Precondition Failed", ""},
    [WEB_EXPECT] = {417, "expectation", "Expectation Failed", ""},
    [WEB_MISDIRECTED] = {421, "host", "Misdirected Request", ""},
    [WEB_MEMBER] = {422, "bad-member", "Unprocessable Content", ""},
    [WEB_TOO_MANY] = {429, "too-many", "Too Many Requests", "Retry-After: 60\r\n"},
    [WEB_HEAD] = {431, "head-too-large", "Request Header Fields Too Large", ""},
    [WEB_CODING] = {501, "not-implemented", "Not Implemented", ""},
    [WEB_VERSION] = {505, "version", "HTTP Version Not Supported", ""},
    [WEB_LIST] = {400, "bad-list", "Bad Request", ""},
    [WEB_CONFLICT] = {409, "conflict", "Conflict", ""},
    [WEB_RANGE] = {416, "range", "Range Not Satisfiable", ""},
    [WEB_DISK] = {507, "disk-full", "Insufficient Storage", ""},
    [WEB_BUSY] = {503, "busy", "Service Unavailable", "Retry-After: 10\r\n"},
};

static const char *web_title(unsigned status)
{
    static const struct {
        uint16_t status;
        const char *title;
    } fine[] = {{200, "OK"},         {201, "Created"},         {202, "Accepted"},
                {204, "No Content"}, {206, "Partial Content"}, {304, "Not Modified"}};

    for (unsigned i = 0; i < sizeof fine / sizeof *fine; i++)
        if (fine[i].status == status)
            return fine[i].title;
    for (unsigned i = 0; i < WEB_PROBLEMS; i++)
        if (problems[i].status == status)
            return problems[i].title;
    return "";
}

/* ---- a head ------------------------------------------------------------------ */

/* Each answer has one, so it is put together without printf, and goes out as one piece. */
struct head {
    char text[448];
    size_t n;
};

static void head_put(struct head *head, const char *p, size_t n)
{
    memcpy(head->text + head->n, p, n);
    head->n += n;
}
#define HEAD_PUT(head, literal) head_put(head, literal, sizeof literal - 1)

static void head_text(struct head *head, const char *text) { head_put(head, text, strlen(text)); }

static void head_number(struct head *head, uint64_t number)
{
    char digits[APP_DIGITS];

    head_put(head, digits, app_digits(number, digits));
}

/* As "%llx" has it. */
static void head_hex(struct head *head, uint64_t number)
{
    char digits[16];
    unsigned n = sizeof digits;

    do
        digits[--n] = "0123456789abcdef"[number & 15];
    while (number >>= 4);
    head_put(head, digits + n, sizeof digits - n);
}

/* "Fri, 27 Nov 2026 19:47:00 GMT", whatever the locale; made once a second. */
static const char *head_date(struct serve *serve)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const time_t now = time(NULL);
    struct tm when;

    if ((int64_t)now == serve->date_at)
        return serve->date;
    serve->date_at = (int64_t)now;
    gmtime_r(&now, &when);
    snprintf(serve->date, sizeof serve->date, "%.3s, %02d %.3s %d %02d:%02d:%02d GMT",
             days + 3 * when.tm_wday, when.tm_mday, months + 3 * when.tm_mon, 1900 + when.tm_year,
             when.tm_hour, when.tm_min, when.tm_sec);
    return serve->date;
}

/* May a browser keep it? What is told of an address never. */
static int web_kept(const struct web *web)
{
    return web->route && web->route->flags & WEB_KEPT && web->status < 400;
}

static void web_head(struct web *web, unsigned status, const char *type, struct head *head)
{
    const char code[] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10),
                         (char)('0' + status % 10), ' '};

    web->answered = 1;
    web->status = (uint16_t)status;
    web->c.s->count.code[web->place][status]++;
    head->n = 0;
    HEAD_PUT(head, "HTTP/1.1 ");
    head_put(head, code, sizeof code);
    head_text(head, web_title(status));
    HEAD_PUT(head, "\r\nX-Request-Id: ");
    head_hex(head, web->request);
    HEAD_PUT(head, "\r\nDate: ");
    head_text(head, head_date(web->c.s));
    if (type) {
        HEAD_PUT(head, "\r\nContent-Type: ");
        head_text(head, type);
    }
    HEAD_PUT(head, "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: ");
    if (web_kept(web))
        HEAD_PUT(head, "no-cache\r\n");
    else
        HEAD_PUT(head, "no-store\r\n");
}

/* What the browser of a page elsewhere wants to hear; never of cookies, for there are none. Whoever
 * keeps the answer is told that it is another one for others. */
static void web_cross(struct web *web)
{
    const struct serve *serve = web->c.s;

    if (!serve->origins)
        return;
    client_text(&web->c, "Vary: Origin\r\n");
    if (!web->origin)
        return;
    client_text(&web->c, "Access-Control-Allow-Origin: ");
    client_text(&web->c, serve->origin[web->origin - 1]);
    client_text(&web->c, "\r\nAccess-Control-Expose-Headers: Content-Range, ETag, Location, "
                         "Retry-After, Server-Timing, X-Quoth-Ignored, X-Quoth-Rows, "
                         "X-Request-Id\r\n");
}

/* The head goes out. `fields`: more of its lines. */
static void web_head_end(struct web *web, struct head *head, const char *fields)
{
    if (!web->http.keep_alive || web->c.s->draining)
        web->close = 1;
    if (web->close)
        HEAD_PUT(head, "Connection: close\r\n");
    if (*fields || web->c.s->origins) {
        client_put(&web->c, head->text, head->n);
        web_cross(web);
        client_text(&web->c, fields);
        head->n = 0;
    }
    HEAD_PUT(head, "\r\n");
    client_put(&web->c, head->text, head->n);
}

void web_begin_answer(struct web *web, unsigned status, const char *type, const char *fields)
{
    struct head head;

    web_head(web, status, type, &head);
    web_head_end(web, &head, fields);
    web_log(web);
}

void web_answer(struct web *web, unsigned status, const char *type, const char *fields,
                const struct app_stream *body)
{
    struct head head;

    if (body->full) { /* without its end it is no answer */
        client_close(&web->c);
        return;
    }
    web_head(web, status, type, &head);
    if (type) { /* of 204 there is neither (RFC 9110 8.6) */
        HEAD_PUT(&head, "Content-Length: ");
        head_number(&head, body->n);
        HEAD_PUT(&head, "\r\n");
    }
    web_head_end(web, &head, fields);
    if (web->http.method != HTTP_METHOD_HEAD && status != 304)
        client_put(&web->c, body->text, body->n);
    web_log(web);
}

void web_answer_json(struct web *web, unsigned status, const char *fields, struct app_json *json)
{
    app_json_close(json, '}');
    app_stream_byte(json->out, '\n');
    web_answer(web, status, "application/json", fields, json->out);
    free(json->out->text);
}

void web_result(struct web *web, const struct check *check)
{
    const struct app_stream *text = web->form ? &check->other : &check->json;
    char fields[400] = "";
    struct app_stream body = {0};
    int n = 0;

    app_stream_put(&body, text->text, text->n);
    if (!web->form)
        app_stream_byte(&body, '\n');
    if (check->depth < CHECK_DOMAIN)
        n = snprintf(fields, sizeof fields,
                     "Server-Timing: dns;dur=%u, connect;dur=%u, smtp;dur=%u\r\n", check->dns_ms,
                     check->connect_ms, check->smtp_ms);
    if (*web->ignored)
        snprintf(fields + n, sizeof fields - (size_t)n, "X-Quoth-Ignored: %s\r\n", web->ignored);
    web_answer(web, 200, "application/json", fields, &body);
    free(body.text);
}

void web_stream(struct web *web)
{
    struct head head;

    web->close = 1;
    web->mode = WEB_STREAM;
    web_head(web, 200, "text/event-stream", &head);
    client_put(&web->c, head.text, head.n);
    web_cross(web);
    client_text(&web->c, "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n");
    web_log(web);
}

/* As that service tells it. */
static void problem_compat(const struct web *web, const char *detail, struct app_stream *out)
{
    struct app_json json = {out, 0};

    app_json_open(&json, NULL, '{');
    app_json_text(&json,
                  strcmp(web->form->name, "reacher") && strcmp(web->form->name, "zerobounce")
                      ? "message"
                      : "error",
                  detail);
    app_json_close(&json, '}');
    app_stream_byte(out, '\n');
}

static void problem_body(const struct web *web, enum web_problem what, const char *pointer,
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
    if (*web->path)
        app_json_text(&json, "instance", web->path);
    if (pointer) {
        app_json_open(&json, "errors", '[');
        app_json_open(&json, NULL, '{');
        app_json_text(&json, "pointer", pointer);
        app_json_text(&json, "detail", detail);
        app_json_close(&json, '}');
        app_json_close(&json, ']');
    }
    snprintf(text, sizeof text, "%llx", (unsigned long long)web->request);
    app_json_text(&json, "request", text);
    app_json_close(&json, '}');
    app_stream_byte(out, '\n');
}

static void problem_put(struct web *web, enum web_problem what, const char *pointer,
                        const char *fields, const char *detail)
{
    struct app_stream body = {0};

    if (web->answered)
        return;
    if (web->form)
        problem_compat(web, detail, &body);
    else
        problem_body(web, what, pointer, detail, &body);
    web_answer(web, problems[what].status,
               web->form ? "application/json" : "application/problem+json", fields, &body);
    free(body.text);
}

void web_problem(struct web *web, enum web_problem what, const char *pointer, const char *detail)
{
    problem_put(web, what, pointer, what == WEB_METHOD ? web->allow : problems[what].fields,
                detail);
}

void web_problem_fields(struct web *web, enum web_problem what, const char *fields,
                        const char *detail)
{
    problem_put(web, what, NULL, fields, detail);
}

void web_number(struct web *web)
{
    struct serve *serve = web->c.s;

    web->request = (serve->began + ++serve->requests) * UINT64_C(0x9e3779b97f4a7c15);
}

void web_refused(struct web *web)
{
    unsigned what = 0;

    while (problems[what].status != web->http.status)
        what++;
    if (!web->c.begun)
        web_number(web);
    web->close = 1;
    web_problem(web, (enum web_problem)what, NULL, web->http.why);
}

/* The trace a request belongs to, 32 digits at `from` (W3C Trace Context 2.2); NULL: none. A head
 * that was refused was not read to its end. */
static const char *log_trace(const struct web *web)
{
    unsigned times = 0;
    const char *from = web->route ? http_field(&web->http, "traceparent", &times) : NULL;
    const size_t n = from ? strspn(from, "0123456789abcdef") : 0;

    if (times != 1 || n != 2 || from[2] != '-' || strspn(from + 3, "0123456789abcdef") != 32 ||
        from[35] != '-' || strspn(from + 3, "0") >= 32)
        return NULL;
    return from + 3;
}

void web_log_address(const struct web *web, const char *id, const char *text, size_t n)
{
    const struct serve *serve = web->c.s;
    struct app_stream shown = {0};
    char sum[17];
    uint64_t k[2];

    if (serve->o->quiet)
        return;
    if (serve->log_addresses) {
        app_put_json(&shown, text, n);
        app_stream_byte(&shown, '\0');
    }
    memcpy(k, serve->key, sizeof k);
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)quoth_hash(k[0], k[1], text, n));
    fprintf(stderr, "request=%llx check=%s address=%s\n", (unsigned long long)web->request, id,
            shown.text && !shown.full ? shown.text : sum);
    free(shown.text);
}

/* logfmt; of an address nothing is said. */
void web_log(const struct web *web)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "DELETE", "OPTIONS", "-"};

    const char *trace;
    char ip[46] = "";

    if (web->c.s->o->quiet)
        return;
    trace = log_trace(web);
    if (web->c.s->proxies || web->c.s->proxy_local)
        quoth_ip_text(&web->c.from, ip, sizeof ip);
    fprintf(stderr, "request=%llx method=%s route=%s status=%u ms=%llu client=%s%s%s%s%s%s%.32s\n",
            (unsigned long long)web->request, methods[web->http.method],
            web->route ? web->route->path : "-", web->status,
            (unsigned long long)(web->c.s->now - web->began),
            *web->asker.name ? web->asker.name : "-", *ip ? " from=" : "", ip,
            web->c.check ? " check=" : "", web->c.check ? web->c.check->id : "",
            trace ? " trace=" : "", trace ? trace : "");
}

/* ---- a query ------------------------------------------------------------------ */

int web_parameters(struct web *web, web_parameter *one, void *asked)
{
    struct query query = {.p = web->query};
    const char *why = NULL;
    int got = 0;

    while (!why && (got = query_next(&query)) == 1)
        why = one(web, asked, &query);
    if (why)
        web_problem(web, WEB_MEMBER, query.name, why);
    else if (got < 0)
        web_problem(web, WEB_BAD_REQUEST, NULL,
                    "The query is NAME=VALUE&..., each name once, in UTF-8.");
    return !web->answered;
}
