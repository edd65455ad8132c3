/* web_bulk.c - lists as Reacher's clients send them, on top of ours.
 *
 *   POST /v1/bulk {"input": [A, ...]}     {"job_id": N}
 *   GET  /v1/bulk/N                       how it stands
 *   GET  /v1/bulk/N/results               see web_results.c
 *
 *   array --> a string a line --> job_put() --> a job like any other
 *   what is around it --> the body, read once it is whole
 *
 * An element is put as soon as it is there, so 50 MB of them (--bulk) cost no memory.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "query.h"
#include "web.h"
#include "web_runs.h"

static const char bulk_shape[] =
    "The body is to be {\"input\": [\"ADDRESS\", ...]}, each of at most 512 bytes.";

enum bulk_state { BULK_OUTSIDE, BULK_FIRST, BULK_NEXT, BULK_COMMA, BULK_ELEMENT };
enum { BULK_ELEMENT_MAX = 6 * CHECK_TEXT + 2 }; /* bytes as they are sent: \u0041 */

struct web_bulk {
    struct job *job;
    enum job_no no;
    uint8_t state, string, escaped; /* outside: within a string; behind its backslash */
    uint8_t key, value;             /* its last string is "input"; behind its colon */
    uint32_t depth;
    size_t at; /* where the last string begins in the body */
    size_t n;
    char element[BULK_ELEMENT_MAX];
    struct app_stream line;
};

void web_bulk_begin(struct web *web)
{
    const struct serve *serve = web->c.s;

    web->form = web_form("reacher");
    web->http.limit =
        serve->limits.upload < serve->limits.bulk ? serve->limits.upload : serve->limits.bulk;
    web->bulk = calloc(1, sizeof *web->bulk);
    if (!web->bulk)
        client_close(&web->c);
}

void web_bulk_end(struct web *web)
{
    if (!web->bulk)
        return;
    if (web->bulk->job)
        job_abort(web->c.s, web->bulk->job);
    free(web->bulk->line.text);
    free(web->bulk);
    web->bulk = NULL;
}

/* ---- a list is sent ------------------------------------------------------------------ */

/* An element is whole. */
static enum job_no bulk_put(struct web_bulk *bulk)
{
    char address[CHECK_TEXT + 1];
    const int n = members_string(bulk->element, bulk->n, address, sizeof address);
    struct app_json json = {&bulk->line, 0};

    if (n < 0)
        return JOB_NO_LIST;
    bulk->line.n = 0;
    app_json_str(&json, NULL, address, (size_t)n);
    app_stream_byte(&bulk->line, '\n');
    return bulk->line.full ? JOB_NO_MEMORY : job_put(bulk->job, bulk->line.text, bulk->line.n);
}

/* Does the string go on behind this byte of it? */
static int bulk_string(struct web_bulk *bulk, char c)
{
    const int ends = c == '"' && !bulk->escaped;

    bulk->escaped = c == '\\' && !bulk->escaped;
    return !ends;
}

static enum job_no bulk_open(struct web *web)
{
    struct job_wish wish = {.input = APP_INPUT_NDJSON, .texts = 1};

    web->bulk->state = BULK_FIRST;
    if (web->bulk->job) /* twice: what stays of the body tells */
        return JOB_YES;
    snprintf(wish.token, sizeof wish.token, "%s", web_owner(web));
    return job_receive(web->c.s, &wish, "", &web->bulk->job);
}

/* What is not of the array stays in the body, to be read once all of it is there. */
static enum job_no bulk_outside(struct web *web, char c)
{
    struct web_bulk *bulk = web->bulk;
    const int value = bulk->value && bulk->depth == 1;

    if (bulk->string && !bulk_string(bulk, c)) {
        bulk->string = 0;
        bulk->key = bulk->depth == 1 && web->body.n - bulk->at == 6 &&
                    !memcmp(web->body.text + bulk->at, "\"input", 6);
    } else if (!bulk->string && !strchr(" \t\r\n", c)) {
        bulk->value = c == ':' && bulk->key;
        bulk->key = 0;
        bulk->string = c == '"';
        bulk->at = web->body.n;
        bulk->depth += c == '{' || c == '[';
        bulk->depth -= c == '}' || c == ']';
    }
    app_stream_byte(&web->body, c);
    if (web->body.full || web->body.n > web->c.s->limits.json)
        return JOB_NO_LIST;
    return value && c == '[' ? bulk_open(web) : JOB_YES;
}

static enum job_no bulk_array(struct web *web, char c)
{
    struct web_bulk *bulk = web->bulk;

    if (strchr(" \t\r\n", c))
        return JOB_YES;
    if (c == ']' && bulk->state != BULK_NEXT) {
        bulk->state = BULK_OUTSIDE;
        return bulk_outside(web, c);
    }
    if (c != (bulk->state == BULK_COMMA ? ',' : '"'))
        return JOB_NO_LIST;
    bulk->n = 0;
    bulk->element[bulk->n++] = '"';
    bulk->state = bulk->state == BULK_COMMA ? BULK_NEXT : BULK_ELEMENT;
    return JOB_YES;
}

static enum job_no bulk_element(struct web_bulk *bulk, char c)
{
    if (bulk->n == sizeof bulk->element)
        return JOB_NO_LIST;
    bulk->element[bulk->n++] = c;
    if (bulk_string(bulk, c))
        return JOB_YES;
    bulk->state = BULK_COMMA;
    return bulk_put(bulk);
}

static enum job_no bulk_byte(struct web *web, char c)
{
    if (!c)
        return JOB_NO_LIST;
    switch (web->bulk->state) {
    case BULK_OUTSIDE: return bulk_outside(web, c);
    case BULK_ELEMENT: return bulk_element(web->bulk, c);
    default: return bulk_array(web, c);
    }
}

void web_bulk_piece(struct web *web)
{
    struct web_bulk *bulk = web->bulk;

    for (size_t i = 0; i < web->http.body_n && bulk->no == JOB_YES; i++)
        bulk->no = bulk_byte(web, web->http.body[i]);
}

/* What stayed of the body. 1, or 0: it has answered. */
static int bulk_read(struct web *web)
{
    struct members members;
    struct web_named named = {.said = {0}};
    int got = members_open(&members, web->body.text ? web->body.text : "", web->body.n);

    while (!got && (got = members_next(&members)) == 1) {
        got = 0;
        if (strcmp(members.name, "input") != 0 && !web_pass(web, &named, &members))
            return 0;
    }
    if (got < 0 || !web->bulk->job)
        web_problem(web, WEB_BAD_REQUEST, NULL, bulk_shape);
    else if (web_who(web, &named) != 0)
        web_problem(web, WEB_BAD_REQUEST, NULL,
                    "A list goes out as who this server is: --helo, --from.");
    return !web->answered;
}

static void bulk_number(struct web *web, const struct job *job)
{
    struct app_stream body = {0};
    struct app_json json = {&body, 0};
    char fields[300] = "";

    if (*web->ignored)
        snprintf(fields, sizeof fields, "X-Quoth-Ignored: %s\r\n", web->ignored);
    app_json_open(&json, NULL, '{');
    app_json_number(&json, "job_id", job->number);
    web_answer_json(web, 200, fields, &json);
}

void web_bulk_post(struct web *web)
{
    struct web_bulk *bulk = web->bulk;
    enum job_no no = bulk ? bulk->no : JOB_NO_LIST;
    struct job *job = NULL;
    char why[512];

    if (no == JOB_YES && !bulk_read(web))
        return;
    if (no == JOB_YES) {
        job = bulk->job;
        bulk->job = NULL;
        no = job_received(web->c.s, job, &job, why);
    }
    if (no == JOB_YES)
        bulk_number(web, job);
    else
        web_job_no(web, no, no == JOB_NO_LIST ? bulk_shape : NULL);
}

/* ---- how it stands ------------------------------------------------------------------- */

struct job *web_bulk_asked(struct web *web)
{
    const long number = members_number(web->segment, strlen(web->segment), INT32_MAX);
    struct job *job = number < 0 ? NULL : job_numbered(web->c.s, (uint32_t)number, web_owner(web));

    web->form = web_form("reacher");
    if (!job)
        web_problem(web, WEB_NOT_FOUND, NULL,
                    "There is no such job. They are kept for as long as --keep says.");
    return job;
}

/* The object is left open. The summary counts our verdicts; what Reacher would say of each row is
 * not kept. */
static void bulk_json(struct app_json *json, const struct job *job)
{
    static const struct {
        const char *name;
        uint8_t verdict;
    } rows[] = {{"total_safe", QUOTH_VERDICT_DELIVERABLE},
                {"total_risky", QUOTH_VERDICT_RISKY},
                {"total_invalid", QUOTH_VERDICT_UNDELIVERABLE},
                {"total_unknown", QUOTH_VERDICT_UNKNOWN}};

    app_json_open(json, NULL, '{');
    app_json_number(json, "job_id", job->number);
    web_job_time(json, "created_at", job->created);
    if (job_is_over(job))
        web_job_time(json, "finished_at", job->changed);
    else
        app_json_null(json, "finished_at");
    app_json_number(json, "total_records", job->rows);
    app_json_number(json, "total_processed", job->done);
    app_json_open(json, "summary", '{');
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        app_json_number(json, rows[i].name, job->count.verdict[rows[i].verdict]);
    app_json_close(json, '}');
    app_json_text(json, "job_status", job_is_over(job) ? "Completed" : "Running");
}

void web_bulk_get(struct web *web)
{
    const struct job *job = web_bulk_asked(web);
    struct app_stream body = {0};
    struct app_json json = {&body, 0};

    if (!job)
        return;
    bulk_json(&json, job);
    web_answer_json(web, 200, "", &json);
}
