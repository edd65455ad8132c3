/* web_check.c - the routes about checks.
 *
 *   POST /api/v1/checks {"address": A, "wait_s": N?, ...}                 one, waited for
 *                       {"addresses": [A, ...], ...}                      up to 100, for later
 *                       "depth": smtp|dns|syntax, "max_age_s": N, "fresh": true, "follow": true
 *   GET  /api/v1/check?address=A                                          one, waited for
 *   GET  /api/v1/domains/D                                                the health of a domain
 *   GET  /api/v1/doctor                                                   how mail servers see us
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
static int web_may(struct web *web, uint32_t n)
{
    struct serve *serve = web->c.s;
    const uint64_t minute = serve->now / WEB_MINUTE_MS;
    struct serve_token *token = token_now(serve, &web->asker);

    if (serve->going + n > WEB_INSIDE_MAX) {
        web_problem(web, WEB_BUSY, NULL, "10,000 checks are under way.");
        return 0;
    }
    if (!token)
        return 1;
    if (token->minute != minute)
        token->used = 0;
    token->minute = minute;
    if (token->used + n > serve->limits.checks_minute) {
        web_problem(web, WEB_TOO_MANY, NULL, "Checks a minute of this token (--checks-a-minute).");
        return 0;
    }
    token->used += n;
    return 1;
}

static struct check *web_begin(struct web *web, const char *address, size_t n,
                               const struct web_asked *asked)
{
    const struct check_wish wish = {.max_age_ms = (uint64_t)asked->max_age_s * 1000,
                                    .live = !web->form,
                                    .form = web->form,
                                    .depth = asked->depth,
                                    .who = asked->who,
                                    .fresh = asked->fresh,
                                    .follow = asked->follow};
    struct check *check = check_start(web->c.s, address, n, &wish);

    if (!check)
        web_problem(web, WEB_BUSY, NULL, "There is no memory for another check.");
    else
        web_log_address(web, check->id, address, n);
    return check;
}

/* Answer with the result now, or when it is there, or when the time is over. */
static void web_wait(struct web *web, struct check *check, long wait_s)
{
    if (check->done) {
        web_result(web, check);
        return;
    }
    web->c.busy = 1;
    check_join(check, &web->c);
    if (check->again) /* much later */
        wait_s = 0;
    client_due(&web->c, wait_s ? (uint32_t)wait_s * 1000 : 1);
}

/* May this token wait for another one? Else it has answered. */
static int web_may_wait(struct web *web)
{
    const struct serve *serve = web->c.s;
    unsigned n = 0;

    if (!*web->asker.name)
        return 1;
    for (uint32_t i = 0; i < serve->limits.clients; i++) {
        const struct client *client = serve->client[i];
        const struct web *other = (const struct web *)(const void *)client;
        n += client && client->protocol == web->c.protocol && client->check && !client->stays &&
             !strcmp(other->asker.name, web->asker.name);
    }
    if (n < serve->limits.checks_once)
        return 1;
    web_problem(web, WEB_TOO_MANY, NULL, "Checks at once of this token (--checks-at-once).");
    return 0;
}

void web_one(struct web *web, const struct web_asked *asked)
{
    struct check *check;

    if (!web_may_wait(web) || !web_may(web, 1))
        return;
    web->follow = asked->follow;
    check = web_begin(web, asked->address, (size_t)asked->address_n, asked);
    if (check)
        web_wait(web, check, asked->wait_s);
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
static int web_count_all(struct web *web, const struct web_asked *asked)
{
    const char *p = asked->addresses + 1, *end = asked->addresses + asked->addresses_n;
    char address[CHECK_TEXT + 1];
    int n = 0, got;

    while ((got = web_element(&p, end, !n, address)) >= 0)
        n++;
    if (got == -2 || !n || n > WEB_ADDRESSES_MAX) {
        web_problem(web, WEB_MEMBER, "/addresses",
                    "1 to 100 strings, each an address of at most 512 bytes.");
        return -1;
    }
    return n;
}

static void web_all(struct web *web, const struct web_asked *asked)
{
    const char *p = asked->addresses + 1, *end = asked->addresses + asked->addresses_n;
    const int n = web_count_all(web, asked);
    char address[CHECK_TEXT + 1];
    struct app_stream body = {0};
    struct app_json json = {&body, 0};

    if (n < 0 || !web_may(web, (uint32_t)n))
        return;
    app_json_open(&json, NULL, '{');
    app_json_open(&json, "checks", '[');
    for (int i = 0; i < n && !web->answered; i++) {
        const int length = web_element(&p, end, !i, address);
        const struct check *check = web_begin(web, address, (size_t)length, asked);
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
    if (!web->answered)
        web_answer(web, 202, "application/json", "", &body);
    free(body.text);
}

/* ---- what is asked --------------------------------------------------------------- */

static const char web_seconds[] = "A whole number of seconds.";
static const char web_no_text[] = "An address, a string of at most 512 bytes.";

/* NULL, or what is wrong with it. */
static const char *web_depth(const struct web *web, struct web_asked *asked, const char *word)
{
    static const char *const words[] = {
        [CHECK_SMTP] = "smtp", [CHECK_DNS] = "dns", [CHECK_SYNTAX] = "syntax"};

    for (asked->depth = 0; asked->depth <= CHECK_SYNTAX; asked->depth++)
        if (!strcmp(word, words[asked->depth]))
            return asked->depth < web->c.s->setup->conf.depth
                       ? "This server was started so that it asks nobody else."
                       : NULL;
    return "smtp, dns or syntax.";
}

static const char *web_flag(uint8_t *flag, const struct members *members)
{
    *flag = members->value_n == 4 && !memcmp(members->value, "true", 4);
    return *flag || (members->value_n == 5 && !memcmp(members->value, "false", 5))
               ? NULL
               : "true or false.";
}

/* One member. NULL, or what is wrong with it. */
static const char *web_member(const struct web *web, struct web_asked *asked,
                              const struct members *members)
{
    char word[16];

    if (!strcmp(members->name, "address")) {
        asked->address_n =
            members_string(members->value, members->value_n, asked->address, sizeof asked->address);
        return asked->address_n < 0 ? web_no_text : NULL;
    }
    if (!strcmp(members->name, "addresses")) {
        asked->addresses = members->value;
        asked->addresses_n = members->value_n;
        return *members->value == '[' ? NULL : "An array of strings.";
    }
    if (!strcmp(members->name, "wait_s")) {
        asked->wait_s = members_number(members->value, members->value_n, WEB_WAIT_S_MAX);
        return asked->wait_s < 0 ? "A whole number of seconds, at most 120." : NULL;
    }
    if (!strcmp(members->name, "max_age_s")) {
        asked->max_age_s = members_number(members->value, members->value_n, CHECK_KEEP_S);
        return asked->max_age_s < 0 ? "A whole number of seconds, at most 3600." : NULL;
    }
    if (!strcmp(members->name, "depth"))
        return web_depth(
            web, asked,
            members_string(members->value, members->value_n, word, sizeof word) < 0 ? "" : word);
    if (!strcmp(members->name, "fresh"))
        return web_flag(&asked->fresh, members);
    if (!strcmp(members->name, "follow"))
        return web_flag(&asked->follow, members);
    return "There is no such member; address, addresses, depth, wait_s, max_age_s, fresh and "
           "follow are.";
}

void web_asked_init(const struct web *web, struct web_asked *asked)
{
    memset(asked, 0, sizeof *asked);
    asked->address_n = -1;
    asked->wait_s = (long)(web->c.s->limits.wait_ms / 1000);
    asked->depth = (uint8_t)web->c.s->setup->conf.depth;
}

/* 1, or 0: it has answered. */
static int web_read_body(struct web *web, struct web_asked *asked)
{
    struct members members;
    int got = members_open(&members, web->body.text ? web->body.text : "", web->body.n);

    web_asked_init(web, asked);
    while (!got && (got = members_next(&members)) == 1) {
        const char *why = web_member(web, asked, &members);
        char pointer[sizeof members.name + 1];
        snprintf(pointer, sizeof pointer, "/%s", members.name);
        if (why) {
            web_problem(web, WEB_MEMBER, pointer, why);
            return 0;
        }
        got = 0;
    }
    if (got < 0) {
        web_problem(web, WEB_BAD_REQUEST, NULL,
                    "The body is to be one JSON object, each member given once.");
        return 0;
    }
    if (asked->fresh && asked->max_age_s) {
        web_problem(web, WEB_MEMBER, "/fresh", "A fresh result is not as old as max_age_s.");
        return 0;
    }
    if ((asked->address_n >= 0) == (asked->addresses != NULL)) {
        web_problem(web, WEB_MEMBER, "/address", "Either address or addresses is wanted.");
        return 0;
    }
    return 1;
}

void web_checks_post(struct web *web)
{
    struct web_asked asked;

    if (!web_read_body(web, &asked))
        return;
    if (asked.addresses)
        web_all(web, &asked);
    else
        web_one(web, &asked);
}

/* Of any check. */
static const char *parameter_any(const struct web *web, void *it, const struct query *query)
{
    struct web_asked *asked = it;
    const size_t n = (size_t)query->value_n;

    if (!strcmp(query->name, "wait_s"))
        asked->wait_s = members_number(query->value, n, WEB_WAIT_S_MAX);
    else if (!strcmp(query->name, "max_age_s"))
        asked->max_age_s = members_number(query->value, n, CHECK_KEEP_S);
    else
        return "There is no such parameter; wait_s and max_age_s are, and with an address depth.";
    (void)web;
    return asked->wait_s < 0 || asked->max_age_s < 0 ? web_seconds : NULL;
}

/* Of that of an address. */
static const char *parameter_address(const struct web *web, void *it, const struct query *query)
{
    struct web_asked *asked = it;
    const size_t n = (size_t)query->value_n;

    if (!strcmp(query->name, "address")) {
        if (n > CHECK_TEXT)
            return web_no_text;
        memcpy(asked->address, query->value, n + 1);
        asked->address_n = query->value_n;
        return NULL;
    }
    if (!strcmp(query->name, "depth"))
        return web_depth(web, asked, query->value);
    return parameter_any(web, asked, query);
}

void web_check_get(struct web *web)
{
    struct web_asked asked;

    web_asked_init(web, &asked);
    if (!web_parameters(web, parameter_address, &asked))
        return;
    if (asked.address_n < 0)
        web_problem(web, WEB_MEMBER, "address", "Which address? /api/v1/check?address=...");
    else
        web_one(web, &asked);
}

/* ---- domains, and what is forgotten ---------------------------------------------------- */

/* The name of the path in A-labels, if it is that of a host. 1 or 0 */
static int web_host(const struct web *web, char name[256])
{
    char address[CHECK_TEXT + 3];
    struct quoth_addr addr;
    const int n = snprintf(address, sizeof address, "x@%s", web->segment);

    return quoth_addr_parse(&addr, address, (size_t)n) == QUOTH_OK &&
           !(addr.flags & QUOTH_ADDR_LITERAL) && !strchr(web->segment, '@') &&
           quoth_addr_domain(&addr, name, 256) >= 0;
}

void web_domain(struct web *web)
{
    struct web_asked asked;
    char name[256];

    web_asked_init(web, &asked);
    if (!web_parameters(web, parameter_any, &asked))
        return;
    if (!web_host(web, name)) {
        web_problem(web, WEB_MEMBER, "domain", "This is no domain name.");
        return;
    }
    asked.address_n = snprintf(asked.address, sizeof asked.address, "%s", name);
    asked.depth = CHECK_DOMAIN;
    web_one(web, &asked);
}

void web_doctor(struct web *web)
{
    struct web_asked asked;

    web_asked_init(web, &asked);
    if (!web_parameters(web, parameter_any, &asked))
        return;
    if (web->c.s->setup->conf.depth != QUOTH_DEPTH_SMTP) {
        web_problem(web, WEB_CONFLICT, NULL,
                    "This server was started so that it calls no mail server.");
        return;
    }
    asked.address_n = snprintf(asked.address, sizeof asked.address, WEB_US);
    asked.depth = CHECK_US;
    if (asked.max_age_s < WEB_US_S)
        asked.max_age_s = WEB_US_S;
    web_one(web, &asked);
}

void web_forget(struct web *web)
{
    const struct app_stream none = {0};

    if (!strchr(web->segment, '@')) {
        web_problem(web, WEB_MEMBER, "what", "An address, or @DOMAIN for all of a domain.");
        return;
    }
    check_forget(web->c.s, web->segment);
    web_answer(web, 204, NULL, "", &none);
}

/* ---- one that is there ------------------------------------------------------------- */

static void web_live(struct web *web, struct check *check)
{
    web_stream(web);
    client_put(&web->c, check->log.text, check->log.n);
    if (check->done) {
        client_close(&web->c);
        return;
    }
    web->c.busy = web->c.stays = 1;
    check_join(check, &web->c);
    client_due(&web->c, 15000);
}

void web_checks_get(struct web *web)
{
    const char *accept = http_field(&web->http, "accept", NULL);
    struct check *check = check_find(web->c.s, web->segment);

    if (!check)
        web_problem(web, WEB_NOT_FOUND, NULL,
                    "There is no such check. Results are kept for an hour.");
    else if (accept && strstr(accept, "text/event-stream") && web->http.method == HTTP_METHOD_GET)
        web_live(web, check);
    else
        web_wait(web, check, 0);
}
