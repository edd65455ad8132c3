/* web_job.c - the routes about lists.
 *
 *   POST /api/v1/jobs?format=&column=&name=&ordered=&only=&no_wait=&start=    the body is the list
 *   GET  /api/v1/jobs?limit=&cursor=             all of them, the newest first
 *   GET  /api/v1/jobs/ID  ID/plan  ID/events     how it stands, what it would do, what happens
 *   POST /api/v1/jobs/ID/pause  /resume  /cancel
 *   DELETE /api/v1/jobs/ID
 *
 * A list is taken as it comes: it never lies in memory.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "job.h"
#include "query.h"
#include "web.h"
#include "web_runs.h"

enum { WEB_JOBS_PAGE = 20, WEB_JOBS_PAGE_MAX = 100, WEB_EVENTS_MS = 15000 };

const char *web_owner(const struct web *web) { return web->asker.name; }

/* ---- a job as JSON ----------------------------------------------------------------- */

void web_job_time(struct app_json *json, const char *key, int64_t seconds)
{
    char at[APP_TIME_TEXT], text[APP_TIME_TEXT + 1];

    app_time_text(at, seconds);
    snprintf(text, sizeof text, "%sZ", at);
    app_json_text(json, key, text);
}

static void job_json(struct app_json *json, const struct job *job)
{
    static const char *const inputs[] = {"auto", "lines", "csv", "ndjson", "json"};
    const struct job_wish *wish = &job->wish;

    app_json_open(json, NULL, '{');
    app_json_text(json, "id", job->id);
    app_json_text(json, "name", wish->name);
    app_json_text(json, "state", job_state_name((enum job_state)job->state));
    app_json_text(json, "why", job->why);
    app_json_bool(json, "waits",
                  job->state == JOB_READY && job->wanted == JOB_WANT_RUN); /* for its turn */
    web_job_time(json, "created", job->created);
    web_job_time(json, "changed", job->changed);
    app_json_text(json, "format", inputs[wish->input]);
    app_json_text(json, "column", wish->column);
    app_json_bool(json, "ordered", wish->ordered);
    app_json_bool(json, "no_wait", wish->no_wait);
    app_json_open(json, "only", '[');
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        if (wish->only >> i & 1)
            app_json_text(json, NULL, quoth_verdict_name((enum quoth_verdict)i));
    app_json_close(json, ']');
    app_json_number(json, "bytes", job->bytes);
    if (job->rows)
        app_json_number(json, "rows", job->rows);
    else
        app_json_null(json, "rows"); /* not counted yet */
    app_json_number(json, "done", job->done);
    app_json_open(json, "verdict", '{');
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        app_json_number(json, quoth_verdict_name((enum quoth_verdict)i), job->count.verdict[i]);
    app_json_close(json, '}');
    app_json_close(json, '}');
}

static void web_job_answer(struct web *web, unsigned status, const struct job *job)
{
    struct app_stream body = {0};
    struct app_json json = {&body, 0};
    char fields[80] = "";

    if (status == 201)
        snprintf(fields, sizeof fields, "Location: /api/v1/jobs/%s\r\n", job->id);
    job_json(&json, job);
    app_stream_byte(&body, '\n');
    web_answer(web, status, "application/json", fields, &body);
    free(body.text);
}

/* ---- what is asked ------------------------------------------------------------------ */

/* 1, 0; -1: neither. */
static int param_flag(const char *value)
{
    if (!*value || !strcmp(value, "1") || !strcmp(value, "true") || !strcmp(value, "yes"))
        return 1;
    return !strcmp(value, "0") || !strcmp(value, "false") || !strcmp(value, "no") ? 0 : -1;
}

int web_only(const char *value, uint8_t *only)
{
    while (*value) {
        const size_t n = strcspn(value, ",");
        int i = 0;
        while (i < QUOTH_VERDICTS && (strlen(quoth_verdict_name((enum quoth_verdict)i)) != n ||
                                      memcmp(quoth_verdict_name((enum quoth_verdict)i), value, n)))
            i++;
        if (i == QUOTH_VERDICTS)
            return -1;
        *only = (uint8_t)(*only | 1u << i);
        value += n + (value[n] == ',');
    }
    return *only ? 0 : -1;
}

static const struct {
    char name[8], type[24]; /* of the parameter; of its media, "": it has none of its own */
    uint8_t input;
} wish_inputs[] = {{"csv", "text/csv", APP_INPUT_CSV},
                   {"ndjson", "application/x-ndjson", APP_INPUT_NDJSON},
                   {"lines", "", APP_INPUT_LINES}};
enum { WISH_INPUTS = sizeof wish_inputs / sizeof *wish_inputs };

static const char *wish_format(struct job_wish *wish, const char *value)
{
    for (unsigned i = 0; i < WISH_INPUTS; i++)
        if (!strcmp(value, wish_inputs[i].name)) {
            wish->input = wish_inputs[i].input;
            return NULL;
        }
    return "csv, ndjson or lines; without it the list is looked at.";
}

static const char *wish_text(char to[JOB_TEXT], const char *value)
{
    if (strlen(value) >= JOB_TEXT)
        return "At most 127 bytes.";
    strcpy(to, value);
    return NULL;
}

static const char *wish_flag(uint8_t *to, const char *value, int means)
{
    const int flag = param_flag(value);

    if (flag < 0)
        return "1 or 0.";
    *to = (uint8_t)(flag == means);
    return NULL;
}

static const char *wish_parameter(const struct web *web, void *asked, const struct query *query)
{
    struct job_wish *wish = asked;

    (void)web;
    if (!strcmp(query->name, "format"))
        return wish_format(wish, query->value);
    if (!strcmp(query->name, "column"))
        return wish_text(wish->column, query->value);
    if (!strcmp(query->name, "name"))
        return wish_text(wish->name, query->value);
    if (!strcmp(query->name, "ordered"))
        return wish_flag(&wish->ordered, query->value, 1);
    if (!strcmp(query->name, "no_wait"))
        return wish_flag(&wish->no_wait, query->value, 1);
    if (!strcmp(query->name, "start"))
        return wish_flag(&wish->hold, query->value, 0);
    if (!strcmp(query->name, "only"))
        return web_only(query->value, &wish->only)
                   ? "deliverable, undeliverable, risky or unknown; commas part several."
                   : NULL;
    return "There is no such parameter; format, column, name, ordered, only, no_wait and start "
           "are.";
}

/* What its media type tells, where no parameter does. 1, or 0: it has answered. */
static int wish_media(struct web *web, struct job_wish *wish)
{
    const char *type = http_field(&web->http, "content-type", NULL);
    const size_t n = type ? strcspn(type, "; \t") : 0;

    if (n > 10 && !strncasecmp(type, "multipart/", 10)) {
        web_problem(web, WEB_MEDIA, NULL,
                    "The body is to be the list itself: curl --data-binary @FILE.");
        return 0;
    }
    for (unsigned i = 0; n && !wish->input && i < WISH_INPUTS; i++)
        if (n == strlen(wish_inputs[i].type) && !strncasecmp(type, wish_inputs[i].type, n))
            wish->input = wish_inputs[i].input;
    return 1;
}

/* As it is, or as the draft for that field has it: in quotes. 0, or -1. */
static int wish_key(char to[JOB_TEXT], const char *key)
{
    size_t n = strlen(key);

    if (n > 1 && *key == '"' && key[n - 1] == '"') {
        key++;
        n -= 2;
    }
    if (!n || n >= JOB_TEXT || app_plain(key, n) < n)
        return -1;
    memcpy(to, key, n);
    return 0;
}

/* 1, or 0: it has answered. */
static int wish_read(struct web *web, struct job_wish *wish)
{
    const char *key = http_field(&web->http, "idempotency-key", NULL);

    memset(wish, 0, sizeof *wish);
    if (!web_parameters(web, wish_parameter, wish))
        return 0;
    if (key && wish_key(wish->key, key)) {
        web_problem(web, WEB_BAD_REQUEST, NULL,
                    "Idempotency-Key: 1 to 127 characters of printable ASCII.");
        return 0;
    }
    snprintf(wish->token, sizeof wish->token, "%s", web_owner(web));
    return wish_media(web, wish);
}

/* ---- a list is sent --------------------------------------------------------------------- */

void web_job_no(struct web *web, enum job_no no, const char *why)
{
    static const struct {
        uint8_t problem; /* enum web_problem */
        const char *pointer, *detail;
    } rows[] = {
        [JOB_NO_DISK] = {WEB_DISK, NULL, "There is no room on the disk for this list."},
        [JOB_NO_MEMORY] = {WEB_BUSY, NULL, "There is no memory for another list."},
        [JOB_NO_LIST] = {WEB_LIST, NULL, NULL},
        [JOB_NO_KEPT] = {WEB_TOO_MANY, NULL, "Lists kept for this token (--jobs-kept)."},
        [JOB_NO_BYTES] = {WEB_TOO_MANY, NULL, "Bytes of lists kept for this token (--jobs-bytes)."},
        [JOB_NO_BUSY] = {WEB_CONFLICT, NULL,
                         "The list of that Idempotency-Key is being sent, or was deleted "
                         "meanwhile: try again."},
        [JOB_NO_KEY] = {WEB_MEMBER, "Idempotency-Key",
                        "Another list, or other parameters, came with that key."},
    };
    web->close = 1;
    web_problem(web, (enum web_problem)rows[no].problem, rows[no].pointer,
                why ? why : rows[no].detail);
}

void web_jobs_begin(struct web *web)
{
    struct job_wish wish;
    enum job_no no;

    web->close = 1; /* of a list that is refused the rest is not read */
    if (!wish_read(web, &wish))
        return;
    no = job_receive(web->c.s, &wish, web->query, &web->job);
    if (no != JOB_YES) {
        web_job_no(web, no, NULL);
        return;
    }
    web->close = 0;
    web->http.limit = web->c.s->limits.upload;
}

void web_jobs_piece(struct web *web)
{
    const enum job_no no = job_put(web->job, web->http.body, web->http.body_n);

    if (no == JOB_YES)
        return;
    web_jobs_end(web);
    web_job_no(web, no, NULL);
}

void web_jobs_end(struct web *web)
{
    if (web->job)
        job_abort(web->c.s, web->job);
    web->job = NULL;
}

void web_jobs_post(struct web *web)
{
    struct job *job = web->job;
    char why[512] = "";
    enum job_no no;

    web->job = NULL;
    no = job_received(web->c.s, job, &job, why);
    if (no == JOB_YES)
        web_job_answer(web, 201, job);
    else
        web_job_no(web, no, *why ? why : NULL);
}

/* ---- those there are ---------------------------------------------------------------------- */

struct jobs_asked {
    long limit;
    int64_t before; /* the cursor: the time of the last one seen, and its id; "": none */
    char id[JOB_ID + 1];
};

static const char *jobs_parameter(const struct web *web, void *it, const struct query *query)
{
    struct jobs_asked *asked = it;
    const char *end = query->value;
    uint64_t at;

    (void)web;
    if (!strcmp(query->name, "limit")) {
        asked->limit = members_number(query->value, (size_t)query->value_n, WEB_JOBS_PAGE_MAX);
        return asked->limit > 0 ? NULL : "A whole number from 1 to 100.";
    }
    if (strcmp(query->name, "cursor") != 0)
        return "There is no such parameter; limit and cursor are.";
    end += app_number_large(end, &at);
    asked->before = (int64_t)at;
    if (*end != '-' || strlen(end + 1) != JOB_ID)
        return "What an answer named next.";
    strcpy(asked->id, end + 1);
    return NULL;
}

static int jobs_is_seen(const struct jobs_asked *asked, const struct job *job)
{
    if (!*asked->id || job->created_ms < asked->before)
        return 0;
    return job->created_ms > asked->before || strcmp(job->id, asked->id) >= 0;
}

static void jobs_print(const struct web *web, const struct jobs_asked *asked, struct app_json *json)
{
    const char *owner = web_owner(web);
    const struct job *last = NULL, *job;
    char next[64] = "";
    long n = 0;

    app_json_open(json, NULL, '{');
    app_json_open(json, "jobs", '[');
    for (job = job_first(web->c.s); job; job = job->next) {
        if (job->state == JOB_RECEIVING || jobs_is_seen(asked, job) ||
            (*owner && strcmp(job->wish.token, owner) != 0))
            continue;
        if (n++ == asked->limit)
            break;
        job_json(json, job);
        last = job;
    }
    app_json_close(json, ']');
    if (job && last)
        snprintf(next, sizeof next, "%lld-%s", (long long)last->created_ms, last->id);
    app_json_text(json, "next", next);
}

void web_jobs_list(struct web *web)
{
    struct jobs_asked asked = {.limit = WEB_JOBS_PAGE};
    struct app_stream body = {0};
    struct app_json json = {&body, 0};

    if (!web_parameters(web, jobs_parameter, &asked))
        return;
    jobs_print(web, &asked, &json);
    web_answer_json(web, 200, "", &json);
}

/* ---- one of them --------------------------------------------------------------------------- */

struct job *web_job_asked(struct web *web)
{
    struct job *job = job_find(web->c.s, web->segment, web_owner(web));

    if (!job)
        web_problem(web, WEB_NOT_FOUND, NULL,
                    "There is no such job. They are kept for as long as --keep says.");
    return job;
}

void web_job_get(struct web *web)
{
    const struct job *job = web_job_asked(web);

    if (job)
        web_job_answer(web, 200, job);
}

/* 1, or 0: it has answered. */
static int web_job_does(struct web *web, struct job *job, int (*what)(struct serve *, struct job *))
{
    const int rc = what(web->c.s, job);

    if (!rc)
        web_problem(web, WEB_CONFLICT, NULL, "The job is over.");
    else if (rc < 0)
        web_problem(web, WEB_DISK, NULL,
                    "It cannot be written to the disk, so the job is as it was; the log of the "
                    "server says why.");
    return rc > 0;
}

static void web_job_do(struct web *web, int (*what)(struct serve *, struct job *))
{
    struct job *job = web_job_asked(web);

    if (job && web_job_does(web, job, what))
        web_job_answer(web, 200, job);
}
void web_job_pause(struct web *web) { web_job_do(web, job_pause); }
void web_job_resume(struct web *web) { web_job_do(web, job_resume); }
void web_job_cancel(struct web *web) { web_job_do(web, job_cancel); }

void web_job_delete(struct web *web)
{
    const struct app_stream none = {0};
    struct job *job = web_job_asked(web);

    if (job && web_job_does(web, job, job_delete))
        web_answer(web, 204, NULL, "", &none);
}

static void plan_answer(struct web *web, const struct job *job, const struct quoth_batch_plan *plan)
{
    struct app_stream body = {0};
    struct app_json json = {&body, 0};

    app_json_open(&json, NULL, '{');
    app_json_text(&json, "id", job->id);
    app_json_number(&json, "addresses", plan->addresses);
    app_json_number(&json, "domains", plan->domains);
    app_json_number(&json, "no_mail", plan->no_mail);
    app_json_number(&json, "unresolved", plan->unresolved);
    app_json_number(&json, "destinations", plan->destinations);
    app_json_number(&json, "conversations", plan->conversations);
    app_json_number(&json, "seconds", plan->seconds);
    web_answer_json(web, 200, "", &json);
}

void web_job_plan(struct web *web)
{
    const struct quoth_batch_plan *plan = NULL;
    struct app_stream body = {0};
    struct job *job = web_job_asked(web);

    if (!job)
        return;
    switch (job_plan(web->c.s, job, &plan)) {
    case JOB_PLAN_MADE: plan_answer(web, job, plan); break;
    case JOB_PLAN_BROKEN:
        web_problem(web, WEB_BUSY, NULL,
                    "The plan could not be made: its list cannot be read, or there is no memory.");
        break;
    default:
        app_stream_text(&body, "{\"state\":\"planning\"}\n");
        web_answer(web, 202, "application/json", "Retry-After: 1\r\n", &body);
        free(body.text);
    }
}

void web_job_events(struct web *web)
{
    const char *last = http_field(&web->http, "last-event-id", NULL);
    struct job *job = web_job_asked(web);
    uint64_t id;

    if (!job)
        return;
    web_stream(web);
    if (web->http.method == HTTP_METHOD_HEAD) {
        client_close(&web->c);
        return;
    }
    web->c.busy = 1;
    web->reader.client = &web->c;
    client_due(&web->c, WEB_EVENTS_MS);
    app_number_large(last ? last : "", &id);
    job_live_join(web->c.s, job, &web->reader, id);
}
