/* web_compat.c - routes and shapes of other verifiers, for programs that were written for them.
 *
 *   POST /v0/check_email, /v1/check_email {"to_email": A}   as Reacher answers
 *   GET  /v1/A/verification                                 as AfterShip answers
 *   GET  /?email=A                                          as truemail, with --compat truemail
 *   GET  /v2/verify?email=A                                 as Kickbox does, with --compat kickbox
 *   GET  /v2/validate?email=A                               as ZeroBounce, with --compat zerobounce
 *
 * As whom is asked hello_name and from_email say: of those that --identities lists. What else would
 * change who asks, or how, is an error. What else is not known is passed by, and named
 * in X-Quoth-Ignored.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>
#include "identities.h"
#include "query.h"
#include "web.h"
#include "web_runs.h"

const struct app_format *web_form(const char *name)
{
    const struct app_format *form = app_formats;

    while (strcmp(form->name, name) != 0)
        form++;
    return form;
}

/* A name that is told in X-Quoth-Ignored. */
static void compat_ignore(struct web *web, const char *name)
{
    const size_t n = strlen(web->ignored);

    if (app_plain(name, strlen(name)) == strlen(name))
        snprintf(web->ignored + n, sizeof web->ignored - n, "%s%s", n ? ", " : "", name);
}

/* ---- Reacher, AfterShip ------------------------------------------------------ */

/* What Reacher's clients send besides: it would change how is asked. NULL, or what is wrong. */
static const char *compat_refused(const struct members *members)
{
    if (!strcmp(members->name, "proxy"))
        return "No proxies: this server asks from where it is.";
    if (!strcmp(members->name, "webhook") &&
        (members->value_n != 4 || memcmp(members->value, "null", 4) != 0))
        return "No webhooks: GET /v1/bulk/ID tells how it stands.";
    return NULL;
}

/* The part of who we are that it names; WEB_NAMES: none. */
static int compat_who(const struct members *members)
{
    if (!strcmp(members->name, "hello_name"))
        return WEB_HELO;
    return !strcmp(members->name, "from_email") ? WEB_FROM : WEB_NAMES;
}

int web_pass(struct web *web, struct web_named *named, const struct members *members)
{
    const int which = compat_who(members);
    const char *why = compat_refused(members);

    if (which < WEB_NAMES && *members->value == '"') {
        named->said[which] = 1;
        if (members_string(members->value, members->value_n, named->name[which], CHECK_TEXT + 1) <
            0)
            why = "hello_name and from_email have at most 512 bytes.";
    } else if (!why) {
        compat_ignore(web, members->name);
    }
    if (why)
        web_problem(web, WEB_BAD_REQUEST, NULL, why);
    return !why;
}

int web_who(const struct web *web, const struct web_named *named)
{
    return identities_find(web->c.s, named->said[WEB_HELO] ? named->name[WEB_HELO] : NULL,
                           named->said[WEB_FROM] ? named->name[WEB_FROM] : NULL);
}

/* POST {"to_email": A}: other members are passed by, and named in X-Quoth-Ignored. */
static int compat_read(struct web *web, struct web_asked *asked)
{
    struct members members;
    struct web_named named = {.said = {0}};
    int got = members_open(&members, web->body.text ? web->body.text : "", web->body.n), who;

    web_asked_init(web, asked);
    while (!got && (got = members_next(&members)) == 1) {
        got = 0;
        if (!strcmp(members.name, "to_email"))
            asked->address_n = members_string(members.value, members.value_n, asked->address,
                                              sizeof asked->address);
        else if (!web_pass(web, &named, &members))
            return 0;
    }
    who = web_who(web, &named);
    asked->who = (uint8_t)(who < 0 ? 0 : who);
    if (got < 0 || asked->address_n < 0)
        web_problem(web, WEB_BAD_REQUEST, NULL, "The body is to be {\"to_email\": \"ADDRESS\"}.");
    else if (who < 0)
        web_problem(web, WEB_BAD_REQUEST, NULL,
                    "This server asks as who it is: --helo, --from, --identities.");
    return !web->answered;
}

void web_reacher(struct web *web)
{
    struct web_asked asked;

    web->form = web_form("reacher");
    if (compat_read(web, &asked))
        web_one(web, &asked);
}

void web_aftership(struct web *web)
{
    struct query query = {.p = web->query};
    struct web_asked asked;

    web->form = web_form("aftership");
    while (query_next(&query) == 1)
        compat_ignore(web, query.name);
    web_asked_init(web, &asked);
    asked.address_n = (int)strlen(web->segment);
    strcpy(asked.address, web->segment);
    web_one(web, &asked);
}

/* ---- those that ask by a query ------------------------------------------------- */

/* ?email=A; the token was looked for before. */
static void compat_query(struct web *web, const struct app_format *form)
{
    struct query query = {.p = web->query};
    struct web_asked asked;
    int got;

    web->form = form;
    web_asked_init(web, &asked);
    while ((got = query_next(&query)) == 1) {
        if (!strcmp(query.name, "email") && query.value_n <= CHECK_TEXT) {
            memcpy(asked.address, query.value, (size_t)query.value_n + 1);
            asked.address_n = query.value_n;
        } else if (strcmp(query.name, "apikey") != 0 && strcmp(query.name, "api_key") != 0) {
            compat_ignore(web, query.name);
        }
    }
    if (got < 0 || asked.address_n < 0)
        web_problem(web, WEB_BAD_REQUEST, NULL, "Which address? ?email=ADDRESS");
    else
        web_one(web, &asked);
}

void web_kickbox(struct web *web) { compat_query(web, web_form("kickbox")); }
void web_zerobounce(struct web *web) { compat_query(web, web_form("zerobounce")); }

/* As truemail-rack tells it. Truemail knows no "unknown": with its smtp_safe_check an address fails
 * if the server says that there is no such user, and in no other case of a refusal; so here. */
static void compat_truemail(struct app_page *page, const struct app_result *result)
{
    const int fails = result->verdict == QUOTH_VERDICT_UNDELIVERABLE;
    const char *layer = "smtp", *error = "smtp error";
    struct app_json json = {&page->out, 0};
    char at[APP_TIME_TEXT], text[40];

    if (result->ev->phase == QUOTH_PHASE_SYNTAX) {
        layer = "regex";
        error = "email does not match the regular expression";
    } else if (result->ev->phase == QUOTH_PHASE_DNS) {
        layer = "mx";
        error = "target host(s) not found";
    }
    app_time_text(at, (int64_t)time(NULL));
    at[10] = ' ';
    snprintf(text, sizeof text, "%s +0000", at);
    app_json_open(&json, NULL, '{');
    app_json_text(&json, "date", text);
    app_json_str(&json, "email", result->input, result->input_n);
    app_json_text(&json, "validation_type", layer);
    app_json_bool(&json, "success", !fails);
    if (fails) {
        app_json_open(&json, "errors", '{');
        app_json_text(&json, layer, error);
        app_json_close(&json, '}');
    } else {
        app_json_null(&json, "errors");
    }
    app_json_null(&json, "smtp_debug");
    app_json_open(&json, "configuration", '{');
    app_json_bool(&json, "smtp_safe_check", 1);
    app_json_close(&json, '}');
    app_json_open(&json, "quoth", '{');
    app_json_text(&json, "verdict", quoth_verdict_name(result->verdict));
    app_json_text(&json, "reason", quoth_reason_name(result->reading.reason));
    app_json_close(&json, '}');
    app_json_close(&json, '}');
    app_stream_byte(&page->out, '\n');
}

void web_truemail(struct web *web)
{
    static const struct app_format form = {"truemail", 0, NULL, compat_truemail, NULL};

    compat_query(web, &form);
}
