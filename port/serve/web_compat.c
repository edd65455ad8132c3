/* web_compat.c - routes and shapes of other verifiers, for programs that were written for them.
 *
 *   POST /v0/check_email, /v1/check_email {"to_email": A}   as Reacher answers
 *   GET  /v1/A/verification                                 as AfterShip answers
 *   GET  /?email=A                                          as truemail, with --compat truemail
 *   GET  /v2/verify?email=A                                 as Kickbox does, with --compat kickbox
 *   GET  /v2/validate?email=A                               as ZeroBounce, with --compat zerobounce
 *
 * What would change who asks, or how, is an error. What else is not known is passed by, and named
 * in X-Quoth-Ignored.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include <time.h>
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
static void compat_ignore(struct web *w, const char *name)
{
    const size_t n = strlen(w->ignored);

    if (app_plain(name, strlen(name)) == strlen(name))
        snprintf(w->ignored + n, sizeof w->ignored - n, "%s%s", n ? ", " : "", name);
}

/* ---- Reacher, AfterShip ------------------------------------------------------ */

/* What Reacher's clients send besides: it would change who asks, or how. NULL, or what is wrong. */
static const char *compat_refused(const struct web *w, const struct members *m)
{
    const struct quoth_smtp_conf *us = &w->c.s->setup->conf.smtp;
    char value[CHECK_TEXT];
    const char *own = !strcmp(m->name, "from_email")   ? us->from
                      : !strcmp(m->name, "hello_name") ? us->helo
                                                       : NULL;

    if (!strcmp(m->name, "proxy"))
        return "No proxies: this server asks from where it is.";
    if (!strcmp(m->name, "webhook") && (m->value_n != 4 || memcmp(m->value, "null", 4) != 0))
        return "No webhooks: GET /v1/bulk/ID tells how it stands.";
    if (own && members_string(m->value, m->value_n, value, sizeof value) >= 0 &&
        strcasecmp(value, own) != 0)
        return "This server asks as who it is: --helo, --from.";
    return NULL;
}

int web_pass(struct web *w, const struct members *m)
{
    const char *why = compat_refused(w, m);

    if (why)
        web_problem(w, WEB_BAD_REQUEST, NULL, why);
    else
        compat_ignore(w, m->name);
    return !why;
}

/* POST {"to_email": A}: other members are passed by, and named in X-Quoth-Ignored. */
static int compat_read(struct web *w, struct web_asked *asked)
{
    struct members m;
    int got = members_open(&m, w->body.text ? w->body.text : "", w->body.n);

    web_asked_init(w, asked);
    while (!got && (got = members_next(&m)) == 1) {
        got = 0;
        if (!strcmp(m.name, "to_email"))
            asked->address_n =
                members_string(m.value, m.value_n, asked->address, sizeof asked->address);
        else if (!web_pass(w, &m))
            return 0;
    }
    if (got < 0 || asked->address_n < 0)
        web_problem(w, WEB_BAD_REQUEST, NULL, "The body is to be {\"to_email\": \"ADDRESS\"}.");
    return !w->answered;
}

void web_reacher(struct web *w)
{
    struct web_asked asked;

    w->form = web_form("reacher");
    if (compat_read(w, &asked))
        web_one(w, &asked);
}

void web_aftership(struct web *w)
{
    struct query q = {.p = w->query};
    struct web_asked asked;

    w->form = web_form("aftership");
    while (query_next(&q) == 1)
        compat_ignore(w, q.name);
    web_asked_init(w, &asked);
    asked.address_n = (int)strlen(w->segment);
    strcpy(asked.address, w->segment);
    web_one(w, &asked);
}

/* ---- those that ask by a query ------------------------------------------------- */

/* ?email=A; the token was looked for before. */
static void compat_query(struct web *w, const struct app_format *form)
{
    struct query q = {.p = w->query};
    struct web_asked asked;
    int got;

    w->form = form;
    web_asked_init(w, &asked);
    while ((got = query_next(&q)) == 1) {
        if (!strcmp(q.name, "email") && q.value_n <= CHECK_TEXT) {
            memcpy(asked.address, q.value, (size_t)q.value_n + 1);
            asked.address_n = q.value_n;
        } else if (strcmp(q.name, "apikey") != 0 && strcmp(q.name, "api_key") != 0) {
            compat_ignore(w, q.name);
        }
    }
    if (got < 0 || asked.address_n < 0)
        web_problem(w, WEB_BAD_REQUEST, NULL, "Which address? ?email=ADDRESS");
    else
        web_one(w, &asked);
}

void web_kickbox(struct web *w) { compat_query(w, web_form("kickbox")); }
void web_zerobounce(struct web *w) { compat_query(w, web_form("zerobounce")); }

/* As truemail-rack tells it. Truemail knows no "unknown": with its smtp_safe_check an address fails
 * if the server says that there is no such user, and in no other case of a refusal; so here. */
static void compat_truemail(struct app_page *page, const struct app_result *r)
{
    const int fails = r->verdict == QUOTH_VERDICT_UNDELIVERABLE;
    const char *layer = r->ev->phase == QUOTH_PHASE_SYNTAX ? "regex"
                        : r->ev->phase == QUOTH_PHASE_DNS  ? "mx"
                                                           : "smtp";
    struct app_json json = {&page->out, 0};
    char at[APP_TIME_TEXT], text[40];

    app_time_text(at, (int64_t)time(NULL));
    at[10] = ' ';
    snprintf(text, sizeof text, "%s +0000", at);
    app_json_open(&json, NULL, '{');
    app_json_text(&json, "date", text);
    app_json_str(&json, "email", r->input, r->input_n);
    app_json_text(&json, "validation_type", layer);
    app_json_bool(&json, "success", !fails);
    if (fails) {
        app_json_open(&json, "errors", '{');
        app_json_text(&json, layer,
                      layer[0] == 'r'   ? "email does not match the regular expression"
                      : layer[0] == 'm' ? "target host(s) not found"
                                        : "smtp error");
        app_json_close(&json, '}');
    } else {
        app_json_null(&json, "errors");
    }
    app_json_null(&json, "smtp_debug");
    app_json_open(&json, "configuration", '{');
    app_json_bool(&json, "smtp_safe_check", 1);
    app_json_close(&json, '}');
    app_json_open(&json, "quoth", '{');
    app_json_text(&json, "verdict", quoth_verdict_name(r->verdict));
    app_json_text(&json, "reason", quoth_reason_name(r->reading.reason));
    app_json_close(&json, '}');
    app_json_close(&json, '}');
    app_stream_byte(&page->out, '\n');
}

void web_truemail(struct web *w)
{
    static const struct app_format form = {"truemail", 0, NULL, compat_truemail, NULL};

    compat_query(w, &form);
}
