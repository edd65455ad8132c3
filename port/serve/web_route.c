/* web_route.c - the one table of routes, and what is asked of a request before its route is run:
 *
 *   Host is ours --> Origin is ours --> there is such a route --> a token --> a media type
 *   --> what If-Match demands
 *
 * Host comes first: a page of a stranger whose name leads to 127.0.0.1 (DNS rebinding) may see
 * nothing of us, not even which routes there are.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "query.h"
#include "web.h"
#include "web_runs.h"

/* Those that begin with the same letter stand together, see route_first(). */
const struct web_route web_routes[] = {
    {HTTP_METHOD_GET, WEB_TRUEMAIL, "/", web_truemail}, /* and no page then */
    {HTTP_METHOD_GET, WEB_OPEN | WEB_KEPT | WEB_TAGS, "/", web_page},
    {HTTP_METHOD_GET, WEB_OPEN | WEB_KEPT | WEB_TAGS, "/openapi.json", web_openapi},
    {HTTP_METHOD_POST, WEB_JSON, "/api/v1/checks", web_checks_post},
    {HTTP_METHOD_GET, 0, "/api/v1/checks/{}", web_checks_get},
    {HTTP_METHOD_GET, 0, "/api/v1/check", web_check_get},
    {HTTP_METHOD_POST, WEB_TAKES, "/api/v1/jobs", web_jobs_post},
    {HTTP_METHOD_GET, 0, "/api/v1/jobs", web_jobs_list},
    {HTTP_METHOD_GET, 0, "/api/v1/jobs/{}", web_job_get},
    {HTTP_METHOD_DELETE, 0, "/api/v1/jobs/{}", web_job_delete},
    {HTTP_METHOD_GET, 0, "/api/v1/jobs/{}/plan", web_job_plan},
    {HTTP_METHOD_GET, 0, "/api/v1/jobs/{}/events", web_job_events},
    {HTTP_METHOD_GET, WEB_TAGS, "/api/v1/jobs/{}/results", web_job_results},
    {HTTP_METHOD_POST, 0, "/api/v1/jobs/{}/pause", web_job_pause},
    {HTTP_METHOD_POST, 0, "/api/v1/jobs/{}/resume", web_job_resume},
    {HTTP_METHOD_POST, 0, "/api/v1/jobs/{}/cancel", web_job_cancel},
    {HTTP_METHOD_POST, WEB_JSON, "/api/v1/judge", web_judge},
    {HTTP_METHOD_GET, 0, "/api/v1/self", web_self},
    {HTTP_METHOD_GET, 0, "/api/v1/doctor", web_doctor},
    {HTTP_METHOD_GET, 0, "/api/v1/domains/{}", web_domain},
    {HTTP_METHOD_DELETE, 0, "/api/v1/cache/{}", web_forget},
    {HTTP_METHOD_POST, WEB_JSON, "/v0/check_email", web_reacher},
    {HTTP_METHOD_POST, WEB_JSON, "/v1/check_email", web_reacher},
    {HTTP_METHOD_GET, 0, "/v1/{}/verification", web_aftership},
    {HTTP_METHOD_POST, WEB_JSON | WEB_BULK, "/v1/bulk", web_bulk_post},
    {HTTP_METHOD_GET, 0, "/v1/bulk/{}", web_bulk_get},
    {HTTP_METHOD_GET, WEB_TAGS, "/v1/bulk/{}/results", web_bulk_results},
    {HTTP_METHOD_GET, WEB_KICKBOX, "/v2/verify", web_kickbox},
    {HTTP_METHOD_GET, WEB_ZEROBOUNCE, "/v2/validate", web_zerobounce},
    {HTTP_METHOD_GET, WEB_OPEN, "/version", web_version},
    {HTTP_METHOD_GET, WEB_APART, "/metrics", web_metrics},
    {HTTP_METHOD_GET, WEB_OPEN, "/healthz", web_healthz},
    {HTTP_METHOD_GET, WEB_OPEN, "/readyz", web_readyz},
    {0, 0, NULL, NULL},
};

_Static_assert(sizeof web_routes / sizeof *web_routes <= SERVE_ROUTES, "they are counted");

/* ---- Host and Origin --------------------------------------------------------- */

/* Without ":8025"; 0: behind it stands no number. */
static size_t route_host_n(const char *host)
{
    const char *name = *host == '[' ? strchr(host, ']') : host;
    const char *port = name ? strchr(name, ':') : NULL;

    if (!name || (port && port[1 + strspn(port + 1, "0123456789")]))
        return 0;
    return port ? (size_t)(port - host) : strlen(host);
}

static int route_host_is(const char *host, size_t n, const char *name)
{
    return n == strlen(name) && !strncasecmp(host, name, n);
}

/* Exactly one of them, never by its beginning: 127.0.0.1.example.com is somebody else. */
static int route_host_ours(const struct web *web)
{
    static const char *const local[] = {"localhost", "127.0.0.1", "[::1]"};
    const size_t n = route_host_n(web->http.host);
    const struct serve *serve = web->c.s;

    if (!web->c.ip.len && !serve->hosts) /* a Unix socket: who reaches it is on this machine */
        return 1;
    for (unsigned i = 0; i < sizeof local / sizeof *local; i++)
        if (route_host_is(web->http.host, n, local[i]))
            return 1;
    for (unsigned i = 0; i < serve->hosts; i++)
        if (route_host_is(web->http.host, n, serve->host[i]))
            return 1;
    return 0;
}

/* Does the page that asks, if it is one, come from here, or from where it may? */
static int route_origin_ours(struct web *web)
{
    const struct serve *serve = web->c.s;
    unsigned times;
    const char *origin = http_field(&web->http, "origin", &times);
    const char *site = http_field(&web->http, "sec-fetch-site", NULL);

    for (unsigned i = 0; origin && times == 1 && i < serve->origins; i++)
        if (!strcmp(origin, serve->origin[i])) {
            web->origin = (uint8_t)(i + 1);
            return 1;
        }
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return 0;
    if (!origin)
        return 1;
    if (!strncmp(origin, "https://", 8))
        origin += 8;
    else if (!strncmp(origin, "http://", 7))
        origin += 7;
    return !strcasecmp(origin, web->http.host);
}

/* Before it asks, the browser of such a page asks whether it may (Fetch 3.2.6), with no token.
 * Which routes there are is no secret, and none is looked for. 1: that was it; it is answered. */
static int route_preflight(struct web *web)
{
    const struct app_stream none = {0};

    if (!web->origin || web->http.method != HTTP_METHOD_OPTIONS ||
        !http_field(&web->http, "access-control-request-method", NULL))
        return 0;
    web_answer(web, 204, NULL,
               "Access-Control-Allow-Methods: GET, HEAD, POST, DELETE\r\n"
               "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, "
               "If-Match, If-None-Match, If-Range, Last-Event-ID, Range, x-reacher-secret\r\n"
               "Access-Control-Max-Age: 600\r\n",
               &none);
    return 1;
}

/* ---- the route ---------------------------------------------------------------- */

/* Does the path match? What stands for {} goes to web->segment. */
static int route_matches(struct web *web, const char *path)
{
    const char *at = web->path, *rest;
    size_t whole, hole_n;

    while (*at && *at == *path) {
        at++;
        path++;
    }
    if (*path != '{')
        return !*at && !*path;
    rest = path + 2;
    whole = strlen(at);
    if (whole <= strlen(rest))
        return 0;
    hole_n = whole - strlen(rest);
    if (strcmp(at + hole_n, rest) != 0 || memchr(at, '/', hole_n) || hole_n >= sizeof web->segment)
        return 0;
    memcpy(web->segment, at, hole_n);
    web->segment[hole_n] = '\0';
    return 1;
}

/* Is it there, or only with an option that was not given, or elsewhere? */
static int route_is(const struct web *web, const struct web_route *route)
{
    const int apart = route->flags & WEB_APART && web->c.s->metrics_apart;

    return apart == web->c.protocol->apart && !(route->flags & WEB_COMPAT & ~web->c.s->compat);
}

/* All methods of that path, for who asks with another. */
static void route_allow(struct web *web, const char *path)
{
    static const char *const methods[] = {[HTTP_METHOD_GET] = "GET, HEAD",
                                          [HTTP_METHOD_POST] = "POST",
                                          [HTTP_METHOD_DELETE] = "DELETE"};
    const char *before = "Allow: ";
    size_t n = 0;

    for (const struct web_route *route = web_routes; route->path; route++)
        if (!strcmp(route->path, path)) {
            n += (size_t)snprintf(web->allow + n, sizeof web->allow - n, "%s%s", before,
                                  methods[route->method]);
            before = ", ";
        }
    snprintf(web->allow + n, sizeof web->allow - n, "\r\n");
}

/* The first route whose path begins with that letter; else another one. */
static const struct web_route *route_first(char letter)
{
    static uint8_t first[32];

    if (!first['a' & 31])
        for (size_t i = sizeof web_routes / sizeof *web_routes - 1; i-- > 0;)
            first[web_routes[i].path[1] & 31] = (uint8_t)i;
    return &web_routes[first[letter & 31]];
}

static int route_find(struct web *web)
{
    const enum http_method method =
        web->http.method == HTTP_METHOD_HEAD ? HTTP_METHOD_GET : web->http.method;
    const char *other = NULL;

    for (const struct web_route *route = route_first(web->path[1]);
         route->path && route->path[1] == web->path[1]; route++) {
        if (!route_is(web, route) || !route_matches(web, route->path))
            continue;
        web->route = route;
        web->place = (uint8_t)(route - web_routes + 1);
        web->c.s->count.path[web->place] = route->path;
        if (route->method == method)
            return 1;
        other = route->path;
    }
    if (other)
        route_allow(web, other);
    if (other)
        web_problem(web, WEB_METHOD, NULL, "This route does not know that method.");
    return 0;
}

static void route_none(struct web *web)
{
    struct app_stream text = {0};
    const char *told = ""; /* the methods of a path stand one behind the other */

    app_stream_text(&text, "There is no such route. Those there are:");
    for (const struct web_route *route = web_routes; route->path; route++)
        if (route_is(web, route) && strcmp(route->path, told) != 0) {
            told = route->path;
            app_stream_byte(&text, ' ');
            app_stream_text(&text, told);
        }
    app_stream_byte(&text, '\0');
    web_problem(web, WEB_NOT_FOUND, NULL, text.full ? "There is no such route." : text.text);
    free(text.text);
}

/* That of a service whose clients put it there; no other route reads it from there. */
static const char *route_query_token(const struct web *web, struct query *query)
{
    *query = (struct query) {.p = web->route->flags & WEB_COMPAT ? web->query : ""};
    while (query_next(query) == 1)
        if (!strcmp(query->name, "apikey") || !strcmp(query->name, "api_key"))
            return query->value;
    return NULL;
}

static int route_token(struct web *web)
{
    struct query query;
    const char *field = http_field(&web->http, "authorization", NULL);
    const struct serve_token *token;

    if (!web->c.s->tokens || web->route->flags & WEB_OPEN)
        return 1;
    if (!field)
        field = http_field(&web->http, "x-reacher-secret", NULL);
    if (!field)
        field = route_query_token(web, &query);
    if (field && !strncasecmp(field, "bearer ", 7))
        field += 7;
    else if (field && !strncasecmp(field, "token ", 6))
        field += 6;
    token = field ? token_find(web->c.s, field, strlen(field)) : NULL;
    if (token)
        web->asker = *token;
    else
        web_problem(web, WEB_UNAUTHORIZED, NULL,
                    "A token is wanted, in Authorization: Bearer TOKEN, Authorization: TOKEN or "
                    "x-reacher-secret: TOKEN; --token-file has them.");
    return token != NULL;
}

static int route_media(struct web *web)
{
    const char *type = http_field(&web->http, "content-type", NULL);
    const char *coding = http_field(&web->http, "content-encoding", NULL);
    const size_t n = type ? strcspn(type, "; \t") : 0;

    if (web->route->flags & (WEB_JSON | WEB_TAKES) && coding && strcasecmp(coding, "identity")) {
        web_problem(web, WEB_MEDIA, NULL,
                    "The body is to come as it is, with no Content-Encoding.");
        return 0;
    }
    if (!(web->route->flags & WEB_JSON) || (n == 16 && !strncasecmp(type, "application/json", n)))
        return 1;
    web_problem(web, WEB_MEDIA, NULL, "The body is to be application/json.");
    return 0;
}

int web_admit(struct web *web)
{
    const char *target = web->http.target, *mark = strchr(target, '?');
    const size_t path_n = mark ? (size_t)(mark - target) : strlen(target);
    const int ours = route_origin_ours(web);

    web->query = mark ? mark + 1 : "";
    if (!route_host_ours(web))
        web_problem(web, WEB_MISDIRECTED, NULL,
                    "Host is not a name of this server; --host NAME adds one.");
    else if (query_decode(target, path_n, 0, web->path, sizeof web->path) < 0)
        web_problem(web, WEB_BAD_REQUEST, NULL,
                    "The path is not UTF-8, is badly escaped, or has %2F in a segment.");
    else if (!ours && strcmp(web->path, "/healthz") != 0)
        web_problem(web, WEB_FORBIDDEN, NULL, "A page of another origin may not ask here.");
    else if (!route_preflight(web) && !route_find(web))
        route_none(web);
    else
        return !web->answered && route_token(web) && route_media(web) &&
               (web->route->flags & WEB_TAGS || web_met(web, NULL));
    return 0;
}
