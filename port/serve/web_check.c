/* web_check.c - the routes about checks.
 *
 *   POST /api/v1/checks {"address": A, "wait_s": N?, ...}                 one, waited for
 *                       {"addresses": [A, ...], ...}                      up to 100, for later
 *                       "depth": smtp|dns|syntax, "max_age_s": N, "fresh": true
 *   GET  /api/v1/check?address=A                                          one, waited for
 *   GET  /api/v1/domains/D                                                the health of a domain
 *   DELETE /api/v1/cache/A, /api/v1/cache/@D                              what is known is gone
 *   GET  /api/v1/checks/ID                                                its result, or its events
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "aside.h"
#include "list.h"
#include "query.h"
#include "web.h"
#include "web_runs.h"

enum { WEB_INSIDE_MAX = 10000, WEB_MINUTE_MS = 60000 };

/* ---- limits --------------------------------------------------------------------- */

/* May n more be begun? Else it has answered. */
static int web_may(struct web *w, uint32_t n)
{
    struct serve *s = w->c.s;
    const uint64_t minute = s->now / WEB_MINUTE_MS;

    if (quoth_batch_inside(s->batch) + aside_inside(s) + n > WEB_INSIDE_MAX) {
        web_problem(w, WEB_BUSY, NULL, "10,000 checks are under way.");
        return 0;
    }
    if (!w->token)
        return 1;
    if (w->token->minute != minute)
        w->token->used = 0;
    w->token->minute = minute;
    if (w->token->used + n > s->limits.checks_minute) {
        web_problem(w, WEB_TOO_MANY, NULL, "Checks a minute of this token (--checks-a-minute).");
        return 0;
    }
    w->token->used += n;
    return 1;
}

static struct check *web_begin(struct web *w, const char *address, size_t n,
                               const struct web_asked *asked)
{
    const struct check_wish wish = {.max_age_ms = (uint64_t)asked->max_age_s * 1000,
                                    .live = !w->form,
                                    .form = w->form,
                                    .depth = asked->depth,
                                    .fresh = asked->fresh};
    struct check *check = check_start(w->c.s, address, n, &wish);

    if (!check)
        web_problem(w, WEB_BUSY, NULL, "There is no memory for another check.");
    return check;
}

/* Answer with the result now, or when it is there, or when the time is over. */
static void web_wait(struct web *w, struct check *check, long wait_s)
{
    if (check->done) {
        web_result(w, check);
        return;
    }
    w->c.busy = 1;
    check_join(check, &w->c);
    client_due(&w->c, wait_s ? (uint32_t)wait_s * 1000 : 1);
}

void web_one(struct web *w, const struct web_asked *asked)
{
    struct check *check;

    if (!web_may(w, 1))
        return;
    check = web_begin(w, asked->address, (size_t)asked->address_n, asked);
    if (check)
        web_wait(w, check, asked->wait_s);
}

/* ---- several -------------------------------------------------------------------- */

int web_element(const char **p, const char *end, int first, char buf[CHECK_TEXT + 1])
{
    size_t n;
    int length;

    *p += strspn(*p, " \t\r\n");
    if (**p == ']')
        return -1;
    if (!first) {
        if (**p != ',')
            return -2;
        ++*p;
        *p += strspn(*p, " \t\r\n");
    }
    n = list_json_end(*p, (size_t)(end - *p));
    length = n ? members_string(*p, n, buf, CHECK_TEXT + 1) : -1;
    *p += n;
    return length < 0 ? -2 : length;
}

/* How many there are; -1: it has answered. */
static int web_count_all(struct web *w, const struct web_asked *asked)
{
    const char *p = asked->addresses + 1, *end = asked->addresses + asked->addresses_n;
    char address[CHECK_TEXT + 1];
    int n = 0, got;

    while ((got = web_element(&p, end, !n, address)) >= 0)
        n++;
    if (got == -2 || !n || n > WEB_ADDRESSES_MAX) {
        web_problem(w, WEB_MEMBER, "/addresses",
                    "1 to 100 strings, each an address of at most 512 bytes.");
        return -1;
    }
    return n;
}

static void web_all(struct web *w, const struct web_asked *asked)
{
    const char *p = asked->addresses + 1, *end = asked->addresses + asked->addresses_n;
    const int n = web_count_all(w, asked);
    char address[CHECK_TEXT + 1];
    struct app_stream body = {0};
    struct app_json json = {&body, 0};

    if (n < 0 || !web_may(w, (uint32_t)n))
        return;
    app_json_open(&json, NULL, '{');
    app_json_open(&json, "checks", '[');
    for (int i = 0; i < n && !w->answered; i++) {
        const int length = web_element(&p, end, !i, address);
        const struct check *check = web_begin(w, address, (size_t)length, asked);
        if (!check)
            break;
        app_json_open(&json, NULL, '{');
        app_json_text(&json, "id", check->id);
        app_json_str(&json, "address", address, (size_t)length);
        app_json_close(&json, '}');
    }
    app_json_close(&json, ']');
    app_json_close(&json, '}');
    app_stream_byte(&body, '\n');
    if (!w->answered)
        web_answer(w, 202, "application/json", "", &body);
    free(body.text);
}

/* ---- what is asked --------------------------------------------------------------- */

static const char web_seconds[] = "A whole number of seconds.";
static const char web_no_text[] = "An address, a string of at most 512 bytes.";

/* NULL, or what is wrong with it. */
static const char *web_depth(const struct web *w, struct web_asked *asked, const char *word)
{
    static const char *const words[] = {
        [CHECK_SMTP] = "smtp", [CHECK_DNS] = "dns", [CHECK_SYNTAX] = "syntax"};

    for (asked->depth = 0; asked->depth <= CHECK_SYNTAX; asked->depth++)
        if (!strcmp(word, words[asked->depth]))
            return asked->depth < w->c.s->setup->conf.depth
                       ? "This server was started so that it asks nobody else."
                       : NULL;
    return "smtp, dns or syntax.";
}

/* One member. NULL, or what is wrong with it. */
static const char *web_member(const struct web *w, struct web_asked *asked, const struct members *m)
{
    char word[16];

    if (!strcmp(m->name, "address")) {
        asked->address_n =
            members_string(m->value, m->value_n, asked->address, sizeof asked->address);
        return asked->address_n < 0 ? web_no_text : NULL;
    }
    if (!strcmp(m->name, "addresses")) {
        asked->addresses = m->value;
        asked->addresses_n = m->value_n;
        return *m->value == '[' ? NULL : "An array of strings.";
    }
    if (!strcmp(m->name, "wait_s")) {
        asked->wait_s = members_number(m->value, m->value_n, WEB_WAIT_S_MAX);
        return asked->wait_s < 0 ? "A whole number of seconds, at most 120." : NULL;
    }
    if (!strcmp(m->name, "max_age_s")) {
        asked->max_age_s = members_number(m->value, m->value_n, CHECK_KEEP_S);
        return asked->max_age_s < 0 ? "A whole number of seconds, at most 3600." : NULL;
    }
    if (!strcmp(m->name, "depth"))
        return web_depth(w, asked,
                         members_string(m->value, m->value_n, word, sizeof word) < 0 ? "" : word);
    if (!strcmp(m->name, "fresh")) {
        asked->fresh = m->value_n == 4 && !memcmp(m->value, "true", 4);
        return asked->fresh || (m->value_n == 5 && !memcmp(m->value, "false", 5))
                   ? NULL
                   : "true or false.";
    }
    return "There is no such member; address, addresses, depth, wait_s, max_age_s and fresh are.";
}

void web_asked_init(const struct web *w, struct web_asked *asked)
{
    memset(asked, 0, sizeof *asked);
    asked->address_n = -1;
    asked->wait_s = (long)(w->c.s->limits.wait_ms / 1000);
    asked->depth = (uint8_t)w->c.s->setup->conf.depth;
}

/* 1, or 0: it has answered. */
static int web_read_body(struct web *w, struct web_asked *asked)
{
    struct members m;
    int got = members_open(&m, w->body.text ? w->body.text : "", w->body.n);

    web_asked_init(w, asked);
    while (!got && (got = members_next(&m)) == 1) {
        const char *why = web_member(w, asked, &m);
        char pointer[sizeof m.name + 1];
        snprintf(pointer, sizeof pointer, "/%s", m.name);
        if (why) {
            web_problem(w, WEB_MEMBER, pointer, why);
            return 0;
        }
        got = 0;
    }
    if (got < 0) {
        web_problem(w, WEB_BAD_REQUEST, NULL,
                    "The body is to be one JSON object, each member given once.");
        return 0;
    }
    if (asked->fresh && asked->max_age_s) {
        web_problem(w, WEB_MEMBER, "/fresh", "A fresh result is not as old as max_age_s.");
        return 0;
    }
    if ((asked->address_n >= 0) == (asked->addresses != NULL)) {
        web_problem(w, WEB_MEMBER, "/address", "Either address or addresses is wanted.");
        return 0;
    }
    return 1;
}

void web_checks_post(struct web *w)
{
    struct web_asked asked;

    if (!web_read_body(w, &asked))
        return;
    if (asked.addresses)
        web_all(w, &asked);
    else
        web_one(w, &asked);
}

/* One parameter. NULL, or what is wrong with it. */
typedef const char *web_parameter_of(const struct web *, struct web_asked *, const struct query *);

/* Of any check. */
static const char *web_parameter_any(const struct web *w, struct web_asked *asked,
                                     const struct query *q)
{
    const size_t n = (size_t)q->value_n;

    if (!strcmp(q->name, "wait_s"))
        asked->wait_s = members_number(q->value, n, WEB_WAIT_S_MAX);
    else if (!strcmp(q->name, "max_age_s"))
        asked->max_age_s = members_number(q->value, n, CHECK_KEEP_S);
    else
        return "There is no such parameter; wait_s and max_age_s are, and with an address depth.";
    (void)w;
    return asked->wait_s < 0 || asked->max_age_s < 0 ? web_seconds : NULL;
}

/* Of that of an address. */
static const char *web_parameter(const struct web *w, struct web_asked *asked,
                                 const struct query *q)
{
    const size_t n = (size_t)q->value_n;

    if (!strcmp(q->name, "address")) {
        if (n > CHECK_TEXT)
            return web_no_text;
        memcpy(asked->address, q->value, n + 1);
        asked->address_n = q->value_n;
        return NULL;
    }
    if (!strcmp(q->name, "depth"))
        return web_depth(w, asked, q->value);
    return web_parameter_any(w, asked, q);
}

/* All of the query. 1, or 0: it has answered. */
static int web_parameters(struct web *w, struct web_asked *asked, web_parameter_of *one)
{
    struct query q = {.p = w->query};
    const char *why = NULL;
    int got;

    web_asked_init(w, asked);
    while (!why && (got = query_next(&q)) == 1)
        why = one(w, asked, &q);
    if (why)
        web_problem(w, WEB_MEMBER, q.name, why);
    else if (got < 0)
        web_problem(w, WEB_BAD_REQUEST, NULL, "The query is NAME=VALUE&..., in UTF-8.");
    return !w->answered;
}

void web_check_get(struct web *w)
{
    struct web_asked asked;

    if (!web_parameters(w, &asked, web_parameter))
        return;
    if (asked.address_n < 0)
        web_problem(w, WEB_MEMBER, "address", "Which address? /api/v1/check?address=...");
    else
        web_one(w, &asked);
}

/* ---- domains, and what is forgotten ---------------------------------------------------- */

/* The name of the path in A-labels, if it is that of a host. 1 or 0 */
static int web_host(const struct web *w, char name[256])
{
    char address[CHECK_TEXT + 3];
    struct quoth_addr a;
    const int n = snprintf(address, sizeof address, "x@%s", w->segment);

    return quoth_addr_parse(&a, address, (size_t)n) == QUOTH_OK &&
           !(a.flags & QUOTH_ADDR_LITERAL) && !strchr(w->segment, '@') &&
           quoth_addr_domain(&a, name, 256) >= 0;
}

void web_domain(struct web *w)
{
    struct web_asked asked;
    char name[256];

    if (!web_parameters(w, &asked, web_parameter_any))
        return;
    if (!web_host(w, name)) {
        web_problem(w, WEB_MEMBER, "domain", "This is no domain name.");
        return;
    }
    asked.address_n = snprintf(asked.address, sizeof asked.address, "%s", name);
    asked.depth = CHECK_DOMAIN;
    web_one(w, &asked);
}

void web_forget(struct web *w)
{
    const struct app_stream none = {0};

    if (!strchr(w->segment, '@')) {
        web_problem(w, WEB_MEMBER, "what", "An address, or @DOMAIN for all of a domain.");
        return;
    }
    check_forget(w->c.s, w->segment);
    web_answer(w, 204, NULL, "", &none);
}

/* ---- one that is there ------------------------------------------------------------- */

static void web_live(struct web *w, struct check *check)
{
    web_stream(w);
    client_put(&w->c, check->log.text, check->log.n);
    if (check->done) {
        client_close(&w->c);
        return;
    }
    w->c.busy = 1;
    check_join(check, &w->c);
    client_due(&w->c, 15000);
}

void web_checks_get(struct web *w)
{
    const char *accept = http_field(&w->http, "accept", NULL);
    struct check *check = check_find(w->c.s, w->segment);

    if (!check)
        web_problem(w, WEB_NOT_FOUND, NULL,
                    "There is no such check. Results are kept for an hour.");
    else if (accept && strstr(accept, "text/event-stream") && w->http.method == HTTP_METHOD_GET)
        web_live(w, check);
    else
        web_wait(w, check, 0);
}
