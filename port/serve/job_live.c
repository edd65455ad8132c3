/* job_live.c - what happens to a job, as text/event-stream.
 *
 *   state      {"state", "why"}, first and whenever it is another one
 *   note       {"line"}, what the engine tells people: a server was left alone
 *   progress   twice a second at most: done, total, verdict, rate, eta_s, open, waiting, held
 *
 * Ids count up through all jobs of a process. A reader that comes again with Last-Event-ID is told
 * the notes it has missed, then how it stands.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "job_inner.h"

static void live_open(struct serve *serve, struct app_json *json, struct app_stream *out,
                      const char *event)
{
    app_stream_text(out, "id: ");
    app_stream_number(out, ++serve->jobs->events);
    app_stream_text(out, "\nevent: ");
    app_stream_text(out, event);
    app_stream_text(out, "\ndata: ");
    *json = (struct app_json) {out, 0};
    app_json_open(json, NULL, '{');
}

static void live_close(struct app_json *json)
{
    app_json_close(json, '}');
    app_stream_text(json->out, "\n\n");
}

static void live_put(const struct job_reader *reader, const struct app_stream *out)
{
    if (!out->full)
        reader->client->protocol->event(reader->client, out->text, out->n);
}

static void live_put_all(const struct job *job, struct app_stream *out)
{
    for (const struct job_reader *reader = job->reader; reader; reader = reader->next)
        live_put(reader, out);
    free(out->text);
}

static void live_print_state(struct serve *serve, const struct job *job, struct app_stream *out)
{
    struct app_json json;

    live_open(serve, &json, out, "state");
    app_json_text(&json, "state", job_state_name((enum job_state)job->state));
    app_json_text(&json, "why", job->why);
    live_close(&json);
}

static void live_print_held(struct app_json *json, const struct quoth_batch_stats *stats)
{
    app_json_open(json, "held", '[');
    for (unsigned i = 0; i < stats->held_n && i < 4; i++) {
        const struct quoth_batch_held *held = &stats->held[i];
        app_json_open(json, NULL, '{');
        app_json_text(json, "ip", held->ip);
        app_json_text(json, "reason", quoth_reason_name((enum quoth_reason)held->reason));
        app_json_number(json, "addresses", held->addresses);
        if (held->until_ms == QUOTH_NEVER)
            app_json_null(json, "until_s");
        else
            app_json_number(json, "until_s", held->until_ms / 1000);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
}

static void live_print_progress(struct serve *serve, const struct job *job, struct app_stream *out)
{
    struct quoth_batch_stats stats;
    struct app_json json;

    quoth_batch_stats(serve->batch, &stats);
    live_open(serve, &json, out, "progress");
    app_json_number(&json, "done", job->done);
    app_json_number(&json, "total", job->rows);
    app_json_open(&json, "verdict", '{');
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        app_json_number(&json, quoth_verdict_name((enum quoth_verdict)i), job->count.verdict[i]);
    app_json_close(&json, '}');
    app_json_number(&json, "rate", job->rate);
    if (job->rate && job->state == JOB_RUNNING)
        app_json_number(&json, "eta_s", (job->rows - job->done) / job->rate);
    else
        app_json_null(&json, "eta_s");
    app_json_number(&json, "open", stats.open);
    app_json_number(&json, "waiting", stats.waiting);
    live_print_held(&json, &stats);
    live_close(&json);
}

/* ---- readers ------------------------------------------------------------------------ */

void job_live_join(struct serve *serve, struct job *job, struct job_reader *reader, uint64_t last)
{
    const struct jobs *jobs = serve->jobs;
    struct app_stream out = {0};
    struct app_json json;

    for (unsigned i = 0; last && last <= jobs->events && i < JOB_NOTES; i++) {
        const struct job_note *note = &jobs->note[(jobs->notes + i) % JOB_NOTES];
        if (note->event <= last)
            continue;
        live_open(serve, &json, &out, "note");
        app_json_text(&json, "line", note->line);
        live_close(&json);
    }
    live_print_state(serve, job, &out);
    live_print_progress(serve, job, &out);
    reader->job = job;
    reader->next = job->reader;
    job->reader = reader;
    serve->jobs->readers++;
    live_put(reader, &out);
    free(out.text);
    if (job_is_over(job))
        client_close(reader->client);
}

void job_live_leave(struct job_reader *reader)
{
    struct job_reader **at;

    if (!reader->job)
        return;
    for (at = &reader->job->reader; *at != reader; at = &(*at)->next) {
    }
    *at = reader->next;
    reader->job = NULL;
    reader->client->s->jobs->readers--;
}

/* ---- what happens --------------------------------------------------------------------- */

void job_live_state(struct serve *serve, struct job *job)
{
    struct app_stream out = {0};

    if (!job->reader)
        return;
    live_print_progress(serve, job, &out);
    live_print_state(serve, job, &out);
    live_put_all(job, &out);
    while (job_is_over(job) && job->reader) {
        struct client *client = job->reader->client;
        job_live_leave(job->reader);
        client_close(client);
    }
}

/* Its rate: half of it is that of the last moment. */
static void live_rate(struct serve *serve, struct job *job)
{
    const uint64_t ms = serve->now - job->rate_ms;

    if (!job->rate_ms || ms > 60000) {
        job->rate_done = job->done;
        job->rate_ms = serve->now;
    } else if (ms >= 1000) {
        const uint64_t rate = (job->done - job->rate_done) * 1000 / ms;
        job->rate = job->rate ? (job->rate + rate) / 2 : rate;
        job->rate_done = job->done;
        job->rate_ms = serve->now;
    }
}

void job_live_pulse(struct serve *serve, struct job *job)
{
    struct app_stream out = {0};

    live_rate(serve, job);
    if (job->told == job->done)
        return;
    job->told = job->done;
    live_print_progress(serve, job, &out);
    live_put_all(job, &out);
}

void jobs_note(struct serve *serve, const char *line)
{
    struct jobs *jobs = serve->jobs;
    struct job_note *note;

    if (!jobs || !jobs->runnings)
        return;
    note = &jobs->note[jobs->notes++ % JOB_NOTES];
    snprintf(note->line, sizeof note->line, "%s", line);
    for (unsigned i = 0; i < jobs->runnings; i++) {
        struct app_stream out = {0};
        struct app_json json;
        job_file_log(serve, jobs->running[i], "note", line);
        if (!jobs->running[i]->reader)
            continue;
        live_open(serve, &json, &out, "note");
        app_json_text(&json, "line", line);
        live_close(&json);
        live_put_all(jobs->running[i], &out);
    }
    note->event = ++jobs->events;
}
