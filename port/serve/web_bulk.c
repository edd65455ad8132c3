/* web_bulk.c - lists as Reacher's clients send them, on top of ours.
 *
 *   POST /v1/bulk {"input": [A, ...]}     {"job_id": N}
 *   GET  /v1/bulk/N                       how it stands
 *   GET  /v1/bulk/N/results               see web_results.c
 *
 *   array --> a string a line --> job_put() --> a job like any other
 *
 * The array is taken whole, so it has a limit (WEB_BULK_MAX); a longer list goes to /api/v1/jobs.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "query.h"
#include "web.h"
#include "web_runs.h"

static const char bulk_shape[] =
    "The body is to be {\"input\": [\"ADDRESS\", ...]}, each of at most 512 bytes.";

void web_bulk_begin(struct web *web)
{
    const struct serve *serve = web->c.s;

    web->form = web_form("reacher");
    web->http.limit = serve->limits.upload < WEB_BULK_MAX ? serve->limits.upload : WEB_BULK_MAX;
    client_due(&web->c, serve->limits.head_ms + WEB_BULK_MAX); /* a kilobyte a second will do */
}

/* ---- a list is sent ------------------------------------------------------------------ */

/* 1, or 0: it has answered. */
static int bulk_read(struct web *web, struct quoth_span *array)
{
    struct members members;
    int got = members_open(&members, web->body.text ? web->body.text : "", web->body.n);

    while (!got && (got = members_next(&members)) == 1) {
        got = 0;
        if (!strcmp(members.name, "input"))
            *array = (struct quoth_span) {members.value, members.value_n};
        else if (!web_pass(web, &members))
            return 0;
    }
    if (got < 0 || !array->n || *array->p != '[')
        web_problem(web, WEB_BAD_REQUEST, NULL, bulk_shape);
    return !web->answered;
}

/* Its strings, one a line. JOB_NO_LIST: it holds something else. */
static enum job_no bulk_put(struct job *job, struct quoth_span array)
{
    const char *p = array.p + 1, *end = array.p + array.n;
    char address[CHECK_TEXT + 1];
    enum job_no no = JOB_YES;
    struct app_stream line = {0};
    int n = 0;

    for (int first = 1; no == JOB_YES && (n = web_element(&p, end, first, address)) >= 0;
         first = 0) {
        struct app_json json = {&line, 0};
        line.n = 0;
        app_json_str(&json, NULL, address, (size_t)n);
        app_stream_byte(&line, '\n');
        no = line.full ? JOB_NO_MEMORY : job_put(job, line.text, line.n);
    }
    free(line.text);
    return n == -2 ? JOB_NO_LIST : no;
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
    struct job_wish wish = {.input = APP_INPUT_NDJSON, .texts = 1};
    struct serve *serve = web->c.s;
    struct quoth_span array = {0};
    struct job *job = NULL;
    char why[512];
    enum job_no no;

    if (!bulk_read(web, &array))
        return;
    snprintf(wish.token, sizeof wish.token, "%s", web_owner(web));
    no = job_receive(serve, &wish, "", &job);
    if (no == JOB_YES) {
        no = bulk_put(job, array);
        if (no == JOB_YES)
            no = job_received(serve, job, &job, why);
        else
            job_abort(serve, job);
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
