/* web_results.c - GET /api/v1/jobs/ID/results: what is answered so far, at any time.
 * GET /v1/bulk/N/results: the same as Reacher has it, once the list is over.
 *
 *   csv, all rows       the file as it is written: a length, and Range
 *   ndjson, reacher     a row at a time out of that file, in chunks
 *   only=               likewise, without the others
 *   limit=&offset=      of Reacher's: likewise; its json is an array of those rows
 *
 * The file is read 64 KB a turn, when the client has taken what was sent before.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "job.h"
#include "query.h"
#include "web.h"
#include "web_runs.h"

enum { RESULTS_CHUNK = 1 << 16, RESULTS_ROW_MAX = 1 << 23, RESULTS_STALL_MS = 60000 };
enum { RESULTS_BULK_PAGE = 50, RESULTS_BULK_MAX = 1 << 30 };
enum results_form { RESULTS_CSV, RESULTS_NDJSON, RESULTS_REACHER, RESULTS_BULK };

struct web_results {
    int fd;
    uint64_t at, end; /* of the file: the next byte; behind the last */
    uint8_t form;     /* enum results_form */
    uint8_t only;     /* 1 << enum quoth_verdict; 0: all */
    uint8_t begun;    /* the headings are over */
    uint8_t chunked;
    uint64_t skip, most; /* rows: not told, told behind them */
    const char *lead;    /* of RESULTS_BULK: what stands in front of the next row */
    struct job job;      /* as it was: how its file is to be read */
    struct app_page page;
    struct job_row *row; /* NULL: the file goes as it is */
    char *text;
    size_t cap;
};

void web_results_end(struct web *web)
{
    struct web_results *results = web->results;

    if (!results)
        return;
    if (results->fd >= 0)
        close(results->fd);
    free(results->page.out.text);
    free(results->row);
    free(results->text);
    free(results);
    web->results = NULL;
    web->c.pulls = 0;
}

/* ---- what is asked ---------------------------------------------------------------- */

static const char *results_parameter(const struct web *web, void *asked, const struct query *query)
{
    static const char *const forms[] = {"csv", "ndjson", "reacher"};
    struct web_results *results = asked;

    (void)web;
    if (!strcmp(query->name, "format")) {
        for (unsigned i = 0; i < 3; i++)
            if (!strcmp(query->value, forms[i])) {
                results->form = (uint8_t)i;
                return NULL;
            }
        return "csv, ndjson or reacher.";
    }
    if (strcmp(query->name, "only") != 0)
        return "There is no such parameter; format and only are.";
    return web_only(query->value, &results->only)
               ? "deliverable, undeliverable, risky or unknown; commas part several."
               : NULL;
}

/* 1, or 0: it has answered. */
static int results_read(struct web *web, struct web_results *results)
{
    return web_parameters(web, results_parameter, results);
}

/* "bytes=5-", "bytes=0-99", "bytes=-100" of a file of `size` bytes. 1: a part; 0: all of it, for
 * there is none, or several; -1: there is no such part. */
static int results_range(const char *range, uint64_t size, uint64_t *from, uint64_t *end)
{
    uint64_t last;
    size_t digits;

    if (!range || strncasecmp(range, "bytes=", 6) != 0 || strchr(range, ','))
        return 0;
    range += 6;
    if (*range == '-') {
        digits = app_number_large(range + 1, &last);
        if (!digits || range[1 + digits])
            return 0;
        *from = last < size ? size - last : 0;
        *end = size;
        return last && size ? 1 : -1;
    }
    digits = app_number_large(range, from);
    if (!digits || range[digits] != '-')
        return 0;
    range += digits + 1;
    digits = app_number_large(range, &last);
    if (range[digits] || (digits && last < *from))
        return 0;
    *end = digits && last < size ? last + 1 : size;
    return *from < size ? 1 : -1;
}

/* ---- its bytes ------------------------------------------------------------------------ */

/* The file as it is. Bytes read; 0: it broke off. */
static size_t results_copy(struct web *web, struct web_results *results)
{
    const uint64_t left = results->end - results->at;
    const size_t want = left < RESULTS_CHUNK ? (size_t)left : RESULTS_CHUNK;

    if (list_read_all(results->fd, results->text, want, results->at))
        return 0;
    client_put(&web->c, results->text, want);
    return want;
}

static void results_tell(struct web_results *results, const char *p, size_t n)
{
    struct app_page *page = &results->page;

    results->most--;
    switch (results->form) {
    case RESULTS_CSV: app_stream_put(&page->out, p, n); break;
    case RESULTS_NDJSON: job_row_json(results->row, &page->out); break;
    case RESULTS_BULK:
        app_stream_text(&page->out, results->lead);
        results->lead = ",";
        app_reacher(page, &results->row->r);
        break;
    default: app_reacher(page, &results->row->r);
    }
}

static void results_row(struct web_results *results, const char *p, size_t n)
{
    struct app_page *page = &results->page;
    struct job_row *row = results->row;
    size_t bare = n;

    while (bare && (p[bare - 1] == '\n' || p[bare - 1] == '\r'))
        bare--;
    if (!results->begun && !results->job.headless) {
        if (results->form == RESULTS_CSV)
            app_stream_put(&page->out, p, n);
    } else if (job_row_read(row, &results->job, p, bare) &&
               (!results->only || results->only >> row->r.verdict & 1)) {
        if (results->skip)
            results->skip--;
        else if (results->most)
            results_tell(results, p, n);
    }
    results->begun = 1;
}

/* More than one row may be: the first one is longer than what was read. */
static size_t results_grow(struct web_results *results)
{
    char *more = results->cap < RESULTS_ROW_MAX ? realloc(results->text, results->cap * 2) : NULL;

    if (!more)
        return 0;
    results->text = more;
    results->cap *= 2;
    return results->cap;
}

/* What lies in the page, as a chunk if they are. */
static void results_chunk(struct web *web, const struct web_results *results)
{
    const struct app_stream *out = &results->page.out;
    char head[24];

    if (!out->n)
        return;
    snprintf(head, sizeof head, "%zx\r\n", out->n);
    if (results->chunked)
        client_text(&web->c, head);
    client_put(&web->c, out->text, out->n);
    if (results->chunked)
        client_text(&web->c, "\r\n");
}

/* The array ends, after no row perhaps. */
static void results_close(struct web *web, struct web_results *results)
{
    struct app_stream *out = &results->page.out;

    out->n = 0;
    if (*results->lead != ',')
        app_stream_text(out, results->lead);
    app_stream_text(out, "]}\n");
    results_chunk(web, results);
}

/* Rows as another shape. Bytes of the file that were used; 0: it broke off. */
static size_t results_shape(struct web *web, struct web_results *results)
{
    const uint64_t left = results->end - results->at;
    size_t n, used = 0, row;

    results->page.out.n = 0;
    for (size_t want = results->cap; want && !used; want = used ? 0 : results_grow(results)) {
        n = left < want ? (size_t)left : want;
        if (list_read_all(results->fd, results->text, n, results->at))
            return 0;
        while ((row = job_row_end(&results->job, results->text + used, n - used)) != 0) {
            results_row(results, results->text + used, row);
            used += row;
        }
        if (!used && n == left) {
            results_row(results, results->text, n);
            used = n;
        }
    }
    if (results->page.out.full)
        return 0;
    results_chunk(web, results);
    return results->most ? used : (size_t)left;
}

int web_results_room(struct web *web)
{
    struct web_results *results = web->results;
    size_t n = 0;

    if (results->at < results->end) {
        n = results->row ? results_shape(web, results) : results_copy(web, results);
        if (!n) {
            web_results_end(web);
            client_close(&web->c); /* its end is missing, so the client knows */
            return 1;
        }
        results->at += n;
        client_due(&web->c, RESULTS_STALL_MS);
    }
    if (results->at < results->end)
        return 1;
    if (results->lead)
        results_close(web, results);
    if (results->chunked)
        client_text(&web->c, "0\r\n\r\n");
    web_results_end(web);
    return 0;
}

/* ---- its head ---------------------------------------------------------------------------- */

static void results_head(struct web *web, struct web_results *results, unsigned status,
                         uint64_t size)
{
    static const char *const types[] = {"text/csv; charset=utf-8", "application/x-ndjson",
                                        "application/x-ndjson", "application/json"};
    const struct job *job = &results->job;
    char fields[400];
    int n = snprintf(fields, sizeof fields, "X-Quoth-Rows: %llu/%u\r\n",
                     (unsigned long long)job->done, job->rows);

    if (!results->row)
        n += snprintf(fields + n, sizeof fields - (size_t)n,
                      "Accept-Ranges: bytes\r\nContent-Length: %llu\r\n"
                      "Content-Disposition: attachment; filename=\"results.csv\"\r\n",
                      (unsigned long long)(results->end - results->at));
    if (!results->row && job->state == JOB_DONE)
        n += snprintf(fields + n, sizeof fields - (size_t)n, "ETag: \"%s\"\r\n", job->id);
    if (status == 206)
        n += snprintf(fields + n, sizeof fields - (size_t)n,
                      "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)results->at,
                      (unsigned long long)results->end - 1, (unsigned long long)size);
    if (results->chunked)
        snprintf(fields + n, sizeof fields - (size_t)n, "Transfer-Encoding: chunked\r\n");
    web_begin_answer(web, status, types[results->form], fields);
}

static void results_send(struct web *web, struct web_results *results, uint64_t size)
{
    const char *same = http_field(&web->http, "if-range", NULL);
    const int whole = !results->row && results->job.state == JOB_DONE,
              head = web->http.method == HTTP_METHOD_HEAD;
    char fields[80], tag[JOB_ID + 3];
    int part = 0, known;
    unsigned status = 200;

    snprintf(tag, sizeof tag, "\"%s\"", results->job.id);
    if (!web_met(web, whole ? tag : NULL)) {
        web_results_end(web);
        return;
    }
    known = whole && web_known(web, tag);
    if (!results->row && !known && !head && (!same || (whole && !strcmp(same, tag))))
        part =
            results_range(http_field(&web->http, "range", NULL), size, &results->at, &results->end);
    if (part < 0) {
        snprintf(fields, sizeof fields, "Content-Range: bytes */%llu\r\n",
                 (unsigned long long)size);
        web_problem_fields(web, WEB_RANGE, fields, "The file is not so long.");
        web_results_end(web);
        return;
    }
    if (known)
        status = 304;
    else if (part)
        status = 206;
    if (!part) {
        results->at = 0;
        results->end = size;
    }
    results->chunked = results->row && web->http.keep_alive;
    web->close |= results->row && !results->chunked;
    results_head(web, results, status, size);
    if (head || known) {
        web_results_end(web);
        return;
    }
    web->c.busy = 1;
    web->mode = WEB_PULL;
    web->c.pulls = 1;
    client_due(&web->c, RESULTS_STALL_MS);
}

/* Is anything asked but the file as it is? */
static int results_is_shaped(const struct web_results *results)
{
    return results->form != RESULTS_CSV || results->only || results->skip ||
           results->most < UINT64_MAX;
}

/* What was asked is read, by `read`, and sent. */
static void results_of(struct web *web, const struct job *job,
                       int (*read)(struct web *, struct web_results *))
{
    struct web_results *results = calloc(1, sizeof *results);
    uint64_t size = 0;

    if (!results) {
        web_problem(web, WEB_BUSY, NULL, "There is no memory for that.");
        return;
    }
    results->most = UINT64_MAX;
    if (!read(web, results)) {
        free(results);
        return;
    }
    results->job = *job;
    results->fd = job_results(web->c.s, job, &size);
    results->cap = RESULTS_CHUNK;
    results->text = malloc(results->cap);
    web->results = results;
    if (results_is_shaped(results))
        results->row = malloc(sizeof *results->row);
    if (results->fd < 0 && job->done)
        web_problem(web, WEB_BUSY, NULL, "Its file cannot be opened just now.");
    else if (results->fd < 0)
        web_problem(web, WEB_CONFLICT, NULL, "It has not begun, so there are no results yet.");
    else if (!results->text || (results_is_shaped(results) && !results->row))
        web_problem(web, WEB_BUSY, NULL, "There is no memory for that.");
    else
        results_send(web, results, size);
    if (!web->c.busy)
        web_results_end(web);
}

void web_job_results(struct web *web)
{
    const struct job *job = web_job_asked(web);

    if (job)
        results_of(web, job, results_read);
}

/* ---- as Reacher has it --------------------------------------------------------------------- */

static int bulk_number(const struct query *query, uint64_t *to)
{
    const long n = members_number(query->value, (size_t)query->value_n, RESULTS_BULK_MAX);

    if (n >= 0)
        *to = (uint64_t)n;
    return n >= 0;
}

/* One parameter; others are passed by. */
static int bulk_parameter(struct web_results *results, const struct query *query)
{
    if (!strcmp(query->name, "limit"))
        return bulk_number(query, &results->most);
    if (!strcmp(query->name, "offset"))
        return bulk_number(query, &results->skip);
    if (strcmp(query->name, "format") != 0)
        return 1;
    results->form = strcmp(query->value, "csv") ? RESULTS_BULK : RESULTS_CSV;
    return results->form == RESULTS_CSV || !strcmp(query->value, "json");
}

static int bulk_read(struct web *web, struct web_results *results)
{
    struct query query = {.p = web->query};
    int got, fine = 1;

    results->form = RESULTS_BULK;
    while (fine && (got = query_next(&query)) != 0)
        fine = got > 0 && bulk_parameter(results, &query);
    if (!fine)
        web_problem(web, WEB_BAD_REQUEST, NULL,
                    "format is json or csv; limit and offset are whole numbers.");
    if (results->form == RESULTS_BULK) {
        results->lead = "{\"results\":[";
        if (results->most == UINT64_MAX)
            results->most = RESULTS_BULK_PAGE;
    }
    return fine;
}

void web_bulk_results(struct web *web)
{
    const struct job *job = web_bulk_asked(web);

    if (job && job_is_over(job))
        results_of(web, job, bulk_read);
    else if (job)
        web_problem(web, WEB_BAD_REQUEST, NULL, "The job is still running.");
}
