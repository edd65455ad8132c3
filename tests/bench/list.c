/* list.c - the list engine alone, to measure: addresses from a file, results counted.
 *
 *   list FILE NAMESERVER:PORT SMTP-PORT [--open N] [--per-session N] [--lookups N] [--out FILE]
 *   [--dns] [--polite] [--check] [--tls] [--resume]
 *
 * --check: a local part that begins with "u" must be deliverable, any other undeliverable. Prints
 * one line of name=value.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "batch.h"
#include "loop.h"
#include "tls_sessions.h"

static struct {
    uint64_t n, wrong, verdict[QUOTH_VERDICTS];
    int check;
    uint8_t *seen;
    uint32_t most;
    FILE *out;
    char *good;
} my;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void result(void *arg, const struct quoth_batch_result *r)
{
    (void)arg;
    my.n++;
    my.verdict[r->verdict]++;
    my.seen[r->id]++;
    if (my.check &&
        r->verdict != (my.good[r->id] ? QUOTH_VERDICT_DELIVERABLE : QUOTH_VERDICT_UNDELIVERABLE))
        my.wrong++;
    if (my.out)
        fprintf(my.out, "%u %s %s\n", r->id, quoth_verdict_name(r->verdict),
                quoth_reason_name(r->reading.reason));
}

static void tick(void *arg, const struct quoth_batch_stats *s)
{
    (void)arg;
    if (s->open > my.most)
        my.most = s->open;
}

/* As the command does it. */
static struct quoth_tls_global tls;

static struct quoth_tls_link *tls_make(void *arg, const struct quoth_ip *ip)
{
    struct quoth_tls_link *t = calloc(1, sizeof *t);
    t->global = arg;
    quoth_tls_calls(t, ip);
    return t;
}

static int tls_drop(void *arg, struct quoth_tls_link *t)
{
    (void)arg;
    quoth_tls_port.close(t);
    int again = quoth_tls_broke_off(t);
    free(t);
    return again;
}

static const struct quoth_batch_tls tls_how = {&quoth_tls_port, &tls, tls_make, tls_drop};

static void event(void *arg, const char *line)
{
    (void)arg;
    fprintf(stderr, "list: %s\n", line);
}

int main(int argc, char **argv)
{
    struct quoth_resolver resolver = {.servers = 1};
    struct quoth_cidr allow = {{4, {0}}, 0};
    struct quoth_conf conf = {.resolver = &resolver};
    struct quoth_batch_limits limits = {.pace_off = 1, .no_wait = 1, .refused = 1000, .open = 128};
    struct quoth_batch_hooks hooks = {.result = result, .tick = tick, .event = event};
    struct quoth_batch_stats s;
    static const char *const names[] = {"test", NULL};
    char line[1024], *colon;
    struct rusage u0, u;
    uint32_t id = 0, cap = 1 << 16, bad = 0;
    int resume = 0;
    double t0 = seconds(), t1;

    if (argc < 4 || !(colon = strrchr(argv[2], ':')))
        return 64;
    conf.smtp.helo = "probe.sender.org";
    conf.smtp.from = "me@sender.org";
    conf.smtp.tls = QUOTH_TLS_NEVER;
    conf.targets.allow = &allow;
    conf.targets.allow_n = 1;
    conf.allow_names = names;
    conf.port = (uint16_t)atoi(argv[3]);
    quoth_ip_parse(&resolver.server[0].peer.ip, argv[2], (size_t)(colon - argv[2]));
    resolver.server[0].peer.port = (uint16_t)atoi(colon + 1);
    for (int i = 4; i < argc; i++) {
        const char *v = i + 1 < argc ? argv[i + 1] : "0";
        if (!strcmp(argv[i], "--check")) {
            my.check = 1;
            continue;
        }
        if (!strcmp(argv[i], "--tls")) {
            conf.smtp.tls = QUOTH_TLS_MUST;
            continue;
        }
        if (!strcmp(argv[i], "--resume")) {
            resume = 1;
            continue;
        }
        if (!strcmp(argv[i], "--dns")) {
            conf.depth = QUOTH_DEPTH_DNS;
            continue;
        }
        if (!strcmp(argv[i], "--polite")) {
            limits.pace_off = 0;
            limits.refused = 5;
            continue;
        }
        if (!strcmp(argv[i], "--open"))
            limits.open = (uint32_t)atoi(v);
        if (!strcmp(argv[i], "--per-session"))
            limits.per_session = (uint16_t)atoi(v);
        if (!strcmp(argv[i], "--refused"))
            limits.refused = (uint16_t)atoi(v);
        if (!strcmp(argv[i], "--per-host"))
            limits.per_host = (uint16_t)atoi(v);
        if (!strcmp(argv[i], "--lookups"))
            limits.lookups = (uint32_t)atoi(v);
        if (!strcmp(argv[i], "--out"))
            my.out = fopen(v, "w");
        i++;
    }
    int must = conf.smtp.tls == QUOTH_TLS_MUST;
    if (must && quoth_tls_open(&tls, &quoth_loop_port) < 0)
        return 70;
    if (must && resume && quoth_tls_remember(&tls, 0) < 0)
        return 70;
    struct quoth_batch *b = quoth_batch_new(&conf, &limits, must ? &tls_how : NULL, &hooks);
    FILE *f = strcmp(argv[1], "-") ? fopen(argv[1], "r") : stdin;
    if (!b || !f)
        return 66;
    my.seen = calloc(cap, 1);
    my.good = my.check ? calloc(cap, 1) : NULL;
    while (fgets(line, sizeof line, f)) {
        if (id == cap) {
            my.seen = realloc(my.seen, cap * 2);
            memset(my.seen + cap, 0, cap);
            if (my.good)
                my.good = realloc(my.good, cap * 2);
            cap *= 2;
        }
        if (my.good)
            my.good[id] = line[0] == 'u';
        if (quoth_batch_add(b, id++, line, strcspn(line, "\n"), NULL) < 0)
            return 71;
    }
    getrusage(RUSAGE_SELF, &u0);
    t1 = seconds();
    int rc = quoth_batch_run(b);
    double t2 = seconds();
    getrusage(RUSAGE_SELF, &u);
    for (uint32_t i = 0; i < id; i++)
        bad += my.seen[i] != 1;
    quoth_batch_stats(b, &s);
    double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                 (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    printf(
        "rc=%d n=%ju wrong=%ju not_once=%u good=%ju bad=%ju risky=%ju unknown=%ju ", rc,
        (uintmax_t)my.n, (uintmax_t)my.wrong, bad, (uintmax_t)my.verdict[QUOTH_VERDICT_DELIVERABLE],
        (uintmax_t)my.verdict[QUOTH_VERDICT_UNDELIVERABLE],
        (uintmax_t)my.verdict[QUOTH_VERDICT_RISKY], (uintmax_t)my.verdict[QUOTH_VERDICT_UNKNOWN]);
    printf("rate=%.0f cpu_1000=%.5f load=%.2f rss_mb=%.1f rss_load_mb=%.1f memory_mb=%.1f ",
           (double)my.n / (t2 - t0), cpu * 1000 / (double)my.n, t1 - t0, (double)u.ru_maxrss / 1024,
           (double)u0.ru_maxrss / 1024, (double)s.memory / 1048576);
    printf("lookups=%ju conversations=%ju decoys=%ju peak=%u ", (uintmax_t)s.lookups,
           (uintmax_t)s.conversations, (uintmax_t)s.decoys, my.most);
    printf("calls_core=%.0f\n", (double)s.conversations / cpu);
    quoth_batch_free(b);
    if (must)
        quoth_tls_close(&tls);
    free(my.seen);
    free(my.good);
    return rc || bad || my.wrong ? 1 : 0;
}
