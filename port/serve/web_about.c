/* web_about.c - the routes about the server itself, and the reader of replies.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>
#include "identities.h"
#include "job.h"
#include "query.h"
#include "web.h"
#include "web_runs.h"

static void about_text(struct web *web, unsigned status, const char *text)
{
    const struct app_stream body = {.text = (char *)(uintptr_t)text, .n = strlen(text)};

    web_answer(web, status, "text/plain; charset=utf-8", "", &body);
}

/* Whoever reads this got it from a loop that turns. */
void web_healthz(struct web *web) { about_text(web, 200, "ok\n"); }

void web_readyz(struct web *web)
{
    const struct serve *serve = web->c.s;

    if (serve->draining)
        web_problem(web, WEB_BUSY, NULL, "The server is stopping.");
    else if (!serve->setup->conf.smtp.helo)
        web_problem(web, WEB_BUSY, NULL, "There is no name to say in EHLO: --helo, --from.");
    else if (serve->state_dir && access(serve->state_dir, W_OK))
        web_problem(web, WEB_BUSY, NULL, "The state directory cannot be written.");
    else if (identities_away(serve))
        web_problem(web, WEB_BUSY, NULL,
                    "The last 20 domains could not be looked up: network or name server.");
    else
        about_text(web, 200, "ready\n");
}

void web_version(struct web *web)
{
    struct app_stream body = {0};
    struct app_json json = {&body, 0};

    app_json_open(&json, NULL, '{');
    app_json_text(&json, "version", QUOTH_VERSION);
    web_answer_json(web, 200, "", &json);
}

/* As whom else may be asked. */
static void self_identities(const struct serve *serve, struct app_json *json)
{
    if (!serve->identities)
        return;
    app_json_open(json, "identities", '[');
    for (unsigned who = 1; who < identities_count(serve); who++) {
        const struct quoth_smtp_conf *smtp = identities_smtp(serve, who);
        app_json_open(json, NULL, '{');
        app_json_text(json, "helo", smtp->helo);
        app_json_text(json, "from", smtp->from);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
}

void web_self(struct web *web)
{
    const struct serve *serve = web->c.s;
    const struct check *us = check_known(web->c.s, WEB_US, CHECK_US);
    struct quoth_batch_stats stats;
    struct app_stream body = {0};
    struct app_json json = {&body, 0};

    identities_stats(serve, &stats);
    app_json_open(&json, NULL, '{');
    app_json_text(&json, "version", QUOTH_VERSION);
    app_json_text(&json, "helo", serve->setup->conf.smtp.helo);
    app_json_text(&json, "from", serve->setup->conf.smtp.from);
    self_identities(serve, &json);
    app_json_bool(&json, "sandbox", serve->o->sandbox != 0);
    app_json_open(&json, "limits", '{');
    app_json_number(&json, "wait_s", serve->limits.wait_ms / 1000);
    app_json_number(&json, "checks_minute", serve->limits.checks_minute);
    app_json_number(&json, "addresses", WEB_ADDRESSES_MAX);
    app_json_close(&json, '}');
    app_json_open(&json, "port_25", '{');
    if (serve->count.reached || serve->us_out)
        app_json_bool(&json, "open", serve->count.reached || serve->us_out == SERVE_OUT_OPEN);
    else
        app_json_null(&json, "open");
    app_json_number(&json, "answered", serve->count.reached);
    app_json_number(&json, "silent", serve->count.unreached);
    app_json_close(&json, '}');
    app_json_number(&json, "held", stats.held_n);
    app_json_open(&json, "holds", '[');
    for (unsigned i = 0; i < stats.held_n && i < 4; i++) {
        app_json_open(&json, NULL, '{');
        app_json_text(&json, "ip", stats.held[i].ip);
        app_json_text(&json, "reason", quoth_reason_name((enum quoth_reason)stats.held[i].reason));
        app_json_number(&json, "addresses", stats.held[i].addresses);
        app_json_close(&json, '}');
    }
    app_json_close(&json, ']');
    if (us) {
        app_json_key(&json, "doctor");
        app_stream_put(&body, us->json.text, us->json.n);
    } else {
        app_json_null(&json, "doctor");
    }
    web_answer_json(web, 200, "", &json);
}

/* ---- judge ------------------------------------------------------------------------ */

struct judge_asked {
    char stage[16], reply[8192];
    int stage_n, reply_n;
};

/* 1, or 0: it has answered. */
static int judge_read(struct web *web, struct judge_asked *asked)
{
    struct members members;
    int got = members_open(&members, web->body.text ? web->body.text : "", web->body.n);

    asked->stage_n = asked->reply_n = -1;
    while (!got && (got = members_next(&members)) == 1) {
        if (!strcmp(members.name, "stage"))
            asked->stage_n =
                members_string(members.value, members.value_n, asked->stage, sizeof asked->stage);
        else if (!strcmp(members.name, "reply"))
            asked->reply_n =
                members_string(members.value, members.value_n, asked->reply, sizeof asked->reply);
        else {
            char pointer[sizeof members.name + 1];
            snprintf(pointer, sizeof pointer, "/%s", members.name);
            web_problem(web, WEB_MEMBER, pointer, "There is no such member; stage and reply are.");
            return 0;
        }
        got = 0;
    }
    if (got < 0)
        web_problem(web, WEB_BAD_REQUEST, NULL,
                    "The body is to be one JSON object, each member given once.");
    else if (asked->stage_n < 0)
        web_problem(web, WEB_MEMBER, "/stage", "CONNECT, EHLO, STARTTLS, MAIL or RCPT.");
    else if (asked->reply_n < 0)
        web_problem(web, WEB_MEMBER, "/reply", "What the server said, a string of up to 8 KB.");
    return !web->answered;
}

void web_judge(struct web *web)
{
    static const char no_reply[] = "This is not an SMTP reply: 550 5.1.1 no such user";
    struct judge_asked asked;
    struct quoth_reading reading;
    struct quoth_reply reply;
    struct app_stream body = {0};
    struct app_json json = {&body, 0};
    int stage;

    if (!judge_read(web, &asked))
        return;
    stage = app_stage(asked.stage, (size_t)asked.stage_n);
    if (stage < 0 || !app_hear(&reply, asked.reply)) {
        web_problem(web, WEB_MEMBER, stage < 0 ? "/stage" : "/reply",
                    stage < 0 ? "CONNECT, EHLO, STARTTLS, MAIL or RCPT." : no_reply);
        return;
    }
    quoth_judge_reply(&reading, (enum quoth_phase)stage, &reply.said, reply.words, NULL);
    app_json_open(&json, NULL, '{');
    app_json_text(&json, "reason", quoth_reason_name(reading.reason));
    app_json_text(&json, "says", quoth_says_name(reading.says));
    app_json_text(&json, "rule", reading.rule);
    app_json_number(&json, "code", reply.said.code);
    web_answer_json(web, 200, "", &json);
}
