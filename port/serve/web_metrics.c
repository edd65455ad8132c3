/* web_metrics.c - GET /metrics: counters as Prometheus reads them, text format 0.0.4.
 *
 *   # HELP name what it is        once a name, and then its lines; no label has values without end
 *   # TYPE name counter
 *   name{label="value"} 1
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "identities.h"
#include "job.h"
#include "web.h"
#include "web_runs.h"

/* Behind a name stands nothing, or {label="value"}. */
static void metric_label(struct app_stream *out, const char *label, const char *value)
{
    app_stream_text(out, label);
    app_stream_text(out, "=\"");
    app_stream_text(out, value);
    app_stream_byte(out, '"');
}

static void metric_value(struct app_stream *out, uint64_t n)
{
    app_stream_byte(out, ' ');
    app_stream_number(out, n);
    app_stream_byte(out, '\n');
}

/* Thousandths, as a number of seconds or of parts of one. */
static void metric_thousandths(struct app_stream *out, uint64_t n)
{
    char text[32];

    snprintf(text, sizeof text, " %llu.%03u\n", (unsigned long long)n / 1000, (unsigned)(n % 1000));
    app_stream_text(out, text);
}

static void metric(struct app_stream *out, const char *name, const char *label, const char *value,
                   uint64_t n)
{
    app_stream_text(out, name);
    app_stream_byte(out, '{');
    metric_label(out, label, value);
    app_stream_byte(out, '}');
    metric_value(out, n);
}

static void metric_head(struct app_stream *out, const char *name, const char *kind,
                        const char *help)
{
    app_stream_text(out, "# HELP ");
    app_stream_text(out, name);
    app_stream_byte(out, ' ');
    app_stream_text(out, help);
    app_stream_text(out, "\n# TYPE ");
    app_stream_text(out, name);
    app_stream_byte(out, ' ');
    app_stream_text(out, kind);
    app_stream_byte(out, '\n');
}

/* One without a label. */
static void metric_one(struct app_stream *out, const char *name, const char *kind, const char *help,
                       uint64_t n)
{
    metric_head(out, name, kind, help);
    app_stream_text(out, name);
    metric_value(out, n);
}

/* ---- checks ------------------------------------------------------------------- */

static void metrics_verdicts(const struct serve *serve, struct app_stream *out)
{
    static const char *const vias[SERVE_VIAS] = {"api", "job", "gateway"};

    metric_head(out, "quoth_checks_total", "counter", "Results by verdict, and who asked.");
    for (int i = 0; i < QUOTH_VERDICTS; i++)
        for (int via = 0; via < SERVE_VIAS; via++) {
            app_stream_text(out, "quoth_checks_total{");
            metric_label(out, "verdict", quoth_verdict_name((enum quoth_verdict)i));
            app_stream_byte(out, ',');
            metric_label(out, "via", vias[via]);
            app_stream_byte(out, '}');
            metric_value(out, serve->count.verdict[via][i]);
        }
    metric_head(out, "quoth_reasons_total", "counter", "Results by reason.");
    for (int i = 0; i < QUOTH_REASONS; i++)
        if (serve->count.reason[i])
            metric(out, "quoth_reasons_total", "reason", quoth_reason_name((enum quoth_reason)i),
                   serve->count.reason[i]);
}

/* Is it us? What no other counter tells: the share of unknown whose reason blames who asks. */
static void metrics_us(const struct serve *serve, struct app_stream *out)
{
    uint64_t unknown = 0;

    for (int via = 0; via < SERVE_VIAS; via++)
        unknown += serve->count.verdict[via][QUOTH_VERDICT_UNKNOWN];
    metric_one(out, "quoth_sender_refused_total", "counter",
               "Results that are unknown because servers refuse us.", serve->count.us);
    metric_head(out, "quoth_sender_refused_ratio", "gauge",
                "Their share of all that are unknown since the start.");
    app_stream_text(out, "quoth_sender_refused_ratio");
    metric_thousandths(out, unknown ? serve->count.us * 1000 / unknown : 0);
}

static void metrics_times(const struct serve *serve, struct app_stream *out)
{
    uint64_t sum = 0;
    char bound[16];

    metric_head(out, "quoth_check_seconds", "histogram",
                "From the request for a check to its result; lists are not in it.");
    for (unsigned i = 0; i < SERVE_TIMES; i++) {
        if (i + 1 == SERVE_TIMES)
            strcpy(bound, "+Inf");
        else
            snprintf(bound, sizeof bound, "%u.%02u", serve_times[i] / 1000,
                     serve_times[i] % 1000 / 10);
        sum += serve->count.took[i];
        metric(out, "quoth_check_seconds_bucket", "le", bound, sum);
    }
    app_stream_text(out, "quoth_check_seconds_sum");
    metric_thousandths(out, serve->count.took_ms);
    app_stream_text(out, "quoth_check_seconds_count");
    metric_value(out, sum);
}

static void metrics_engine(const struct serve *serve, struct app_stream *out)
{
    static const char *const ends[SERVE_ENDS] = {[SERVE_END_OK] = "ok",
                                                 [SERVE_END_REFUSED] = "refused",
                                                 [SERVE_END_BUSY] = "busy",
                                                 [SERVE_END_TIMEOUT] = "timeout",
                                                 [SERVE_END_CLOSED] = "closed"};
    struct quoth_batch_stats stats;
    uint64_t rows;

    identities_stats(serve, &stats);
    metric_one(out, "quoth_conversations_open", "gauge", "Conversations open now.", stats.open);
    metric_head(out, "quoth_conversations_total", "counter",
                "Conversations that are over, by how they ended.");
    for (int i = 0; i < SERVE_ENDS; i++)
        metric(out, "quoth_conversations_total", "end", ends[i], serve->count.ended[i]);
    metric_one(out, "quoth_destinations_held", "gauge", "Mail servers that are left alone for now.",
               stats.held_n);
    metric_head(out, "quoth_lookups_total", "counter",
                "Questions about mail hosts, by what name servers answered.");
    for (int i = QUOTH_ANSWER_DATA; i < QUOTH_ANSWERS; i++)
        metric(out, "quoth_lookups_total", "result", quoth_answer_name((enum quoth_answer)i),
               identities_answers(serve, (enum quoth_answer)i));
    rows = jobs_rows(serve);
    metric_head(out, "quoth_queue_addresses", "gauge", "Addresses without a result yet.");
    metric(out, "quoth_queue_addresses", "kind", "interactive", stats.inside - rows);
    metric(out, "quoth_queue_addresses", "kind", "list", rows);
    metric_one(out, "quoth_engine_bytes", "gauge", "Memory of the engine.", stats.memory);
    metric_head(out, "quoth_jobs", "gauge", "Lists by state.");
    for (int i = 0; i < JOB_STATES; i++)
        metric(out, "quoth_jobs", "state", job_state_name((enum job_state)i),
               jobs_count(serve, (enum job_state)i));
}

/* ---- HTTP --------------------------------------------------------------------- */

/* The places of the path of `place`: its methods are one series. Their count; 0: a place before it
 * has that path, or nobody asked. */
static unsigned metrics_places(const struct serve *serve, unsigned place,
                               unsigned same[SERVE_ROUTES])
{
    const char *path = serve->count.path[place];
    unsigned n = 0;

    same[n++] = place;
    for (unsigned i = 1; place && i < SERVE_ROUTES; i++) {
        if (!path || (i < place && serve->count.path[i] && !strcmp(serve->count.path[i], path)))
            return 0;
        if (i > place && serve->count.path[i] && !strcmp(serve->count.path[i], path))
            same[n++] = i;
    }
    return n;
}

static void metrics_answers(struct app_stream *out, const char *path, unsigned code, uint64_t n)
{
    char text[8];

    snprintf(text, sizeof text, "%u", code);
    app_stream_text(out, "quoth_http_requests_total{");
    metric_label(out, "route", path ? path : "");
    app_stream_byte(out, ',');
    metric_label(out, "code", text);
    app_stream_byte(out, '}');
    metric_value(out, n);
}

static void metrics_http(const struct serve *serve, struct app_stream *out)
{
    unsigned same[SERVE_ROUTES];

    metric_one(out, "quoth_http_open", "gauge", "Connections open now.", serve->clients);
    metric_one(out, "quoth_http_turned_away_total", "counter", "Connections above the limits.",
               serve->count.turned_away);
    metric_head(out, "quoth_http_requests_total", "counter", "Answers by route and status.");
    for (unsigned place = 0; place < SERVE_ROUTES; place++) {
        const unsigned places = metrics_places(serve, place, same);
        for (unsigned code = 0; places && code < SERVE_CODES; code++) {
            uint64_t n = 0;
            for (unsigned i = 0; i < places; i++)
                n += serve->count.code[same[i]][code];
            if (n)
                metrics_answers(out, serve->count.path[place], code, n);
        }
    }
}

/* ---- the process ---------------------------------------------------------------- */

/* "VmRSS:     1234 kB" of the system's page about us; 0: it has none. */
static uint64_t metrics_resident(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[128];
    uint32_t kilobytes = 0;

    while (file && !kilobytes && fgets(line, sizeof line, file))
        if (!strncmp(line, "VmRSS:", 6))
            app_number(line + 6 + strspn(line + 6, " \t"), &kilobytes);
    if (file)
        fclose(file);
    return (uint64_t)kilobytes * 1024;
}

/* 0: the system does not tell. */
static uint64_t metrics_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    uint64_t n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n > 3 ? n - 3 : 0; /* ".", "..", and what it took to read them */
}

static void metrics_process(const struct serve *serve, struct app_stream *out)
{
    const uint64_t resident = metrics_resident(), descriptors = metrics_descriptors();
    struct rlimit limit;
    struct rusage use;

    if (resident)
        metric_one(out, "process_resident_memory_bytes", "gauge", "Memory that is in use.",
                   resident);
    if (!getrusage(RUSAGE_SELF, &use)) {
        metric_head(out, "process_cpu_seconds_total", "counter", "Time on a processor.");
        app_stream_text(out, "process_cpu_seconds_total");
        metric_thousandths(out, (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
                                    (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000);
    }
    if (descriptors)
        metric_one(out, "process_open_fds", "gauge", "Descriptors that are open.", descriptors);
    if (!getrlimit(RLIMIT_NOFILE, &limit))
        metric_one(out, "process_max_fds", "gauge", "Descriptors that may be.", limit.rlim_cur);
    metric_head(out, "quoth_up_seconds", "gauge", "Since the start.");
    app_stream_text(out, "quoth_up_seconds");
    metric_thousandths(out, serve->now - serve->began);
}

void web_metrics(struct web *web)
{
    const struct serve *serve = web->c.s;
    struct app_stream out = {0};

    metrics_verdicts(serve, &out);
    metrics_us(serve, &out);
    metrics_times(serve, &out);
    metrics_engine(serve, &out);
    metrics_http(serve, &out);
    if (serve->gateway_metrics)
        serve->gateway_metrics(serve, &out);
    metrics_process(serve, &out);
    metric_head(&out, "quoth_build_info", "gauge", "Which version this is.");
    metric(&out, "quoth_build_info", "version", QUOTH_VERSION, 1);
    web_answer(web, 200, "text/plain; version=0.0.4", "", &out);
    free(out.text);
}
