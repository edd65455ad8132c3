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
    uint8_t *of; /* each address: how often it was told; LIST_GOOD: it exists */
    uint32_t most;
    FILE *out;
} my;

enum { LIST_GOOD = 0x80 };

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
    my.wrong += my.check && r->verdict != (my.of[r->id] & LIST_GOOD ? QUOTH_VERDICT_DELIVERABLE
                                                                    : QUOTH_VERDICT_UNDELIVERABLE);
    my.of[r->id]++;
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

/* What is set by the arguments; `resume`: TLS sessions are. */
struct setting {
    struct quoth_conf conf;
    struct quoth_batch_limits limits;
    int resume;
};

/* The options that are followed by a number or a name. */
static void set(struct setting *to, const char *option, const char *value)
{
    if (!strcmp(option, "--open"))
        to->limits.open = (uint32_t)atoi(value);
    if (!strcmp(option, "--per-session"))
        to->limits.per_session = (uint16_t)atoi(value);
    if (!strcmp(option, "--refused"))
        to->limits.refused = (uint16_t)atoi(value);
    if (!strcmp(option, "--per-host"))
        to->limits.per_host = (uint16_t)atoi(value);
    if (!strcmp(option, "--lookups"))
        to->limits.lookups = (uint32_t)atoi(value);
    if (!strcmp(option, "--out"))
        my.out = fopen(value, "w");
}

/* Those that stand alone. 0: it is none of them. */
static int set_flag(struct setting *to, const char *option)
{
    if (!strcmp(option, "--check")) {
        my.check = 1;
    } else if (!strcmp(option, "--tls")) {
        to->conf.smtp.tls = QUOTH_TLS_MUST;
    } else if (!strcmp(option, "--resume")) {
        to->resume = 1;
    } else if (!strcmp(option, "--dns")) {
        to->conf.depth = QUOTH_DEPTH_DNS;
    } else if (!strcmp(option, "--polite")) {
        to->limits.pace_off = 0;
        to->limits.refused = 5;
    } else {
        return 0;
    }
    return 1;
}

/* How many there are; -1: the engine does not take one. */
static int64_t add_all(struct quoth_batch *batch, FILE *file)
{
    char line[1024];
    uint32_t id = 0, cap = 1 << 16;

    my.of = calloc(cap, 1);
    while (fgets(line, sizeof line, file)) {
        if (id == cap) {
            my.of = realloc(my.of, cap * 2);
            memset(my.of + cap, 0, cap);
            cap *= 2;
        }
        if (line[0] == 'u')
            my.of[id] = LIST_GOOD;
        if (quoth_batch_add(batch, id++, line, strcspn(line, "\n"), NULL) < 0)
            return -1;
    }
    return id;
}

/* Seconds: `took` for all of it, `load` of them until the run began. `use`: of the process, then
 * and at its end. */
static void print(const struct quoth_batch *batch, double took, double load,
                  const struct rusage use[2])
{
    struct quoth_batch_stats stats;

    quoth_batch_stats(batch, &stats);
    double cpu = (double)(use[1].ru_utime.tv_sec + use[1].ru_stime.tv_sec) +
                 (double)(use[1].ru_utime.tv_usec + use[1].ru_stime.tv_usec) / 1e6;
    printf(
        "good=%ju bad=%ju risky=%ju unknown=%ju ", (uintmax_t)my.verdict[QUOTH_VERDICT_DELIVERABLE],
        (uintmax_t)my.verdict[QUOTH_VERDICT_UNDELIVERABLE],
        (uintmax_t)my.verdict[QUOTH_VERDICT_RISKY], (uintmax_t)my.verdict[QUOTH_VERDICT_UNKNOWN]);
    printf("rate=%.0f cpu_1000=%.5f load=%.2f rss_mb=%.1f rss_load_mb=%.1f memory_mb=%.1f ",
           (double)my.n / took, cpu * 1000 / (double)my.n, load, (double)use[1].ru_maxrss / 1024,
           (double)use[0].ru_maxrss / 1024, (double)stats.memory / 1048576);
    printf("lookups=%ju conversations=%ju decoys=%ju peak=%u ", (uintmax_t)stats.lookups,
           (uintmax_t)stats.conversations, (uintmax_t)stats.decoys, my.most);
    printf("calls_core=%.0f\n", (double)stats.conversations / cpu);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"test", NULL};
    struct quoth_resolver resolver = {.servers = 1};
    struct quoth_cidr allow = {{4, {0}}, 0};
    struct setting to = {.conf = {.resolver = &resolver,
                                  .smtp = {.helo = "probe.sender.org",
                                           .from = "me@sender.org",
                                           .tls = QUOTH_TLS_NEVER},
                                  .targets = {.allow = &allow, .allow_n = 1},
                                  .allow_names = names},
                         .limits = {.pace_off = 1, .no_wait = 1, .refused = 1000, .open = 128}};
    struct quoth_batch_hooks hooks = {.result = result, .tick = tick, .event = event};
    struct rusage use[2];
    const char *colon = argc < 4 ? NULL : strrchr(argv[2], ':');
    double began = seconds(), load;

    if (!colon)
        return 64;
    to.conf.port = (uint16_t)atoi(argv[3]);
    quoth_ip_parse(&resolver.server[0].peer.ip, argv[2], (size_t)(colon - argv[2]));
    resolver.server[0].peer.port = (uint16_t)atoi(colon + 1);
    for (int i = 4; i < argc; i++)
        if (!set_flag(&to, argv[i])) {
            set(&to, argv[i], i + 1 < argc ? argv[i + 1] : "0");
            i++;
        }
    int must = to.conf.smtp.tls == QUOTH_TLS_MUST;
    if (must && quoth_tls_open(&tls, &quoth_loop_port) < 0)
        return 70;
    if (must && to.resume && quoth_tls_remember(&tls, 0) < 0)
        return 70;
    struct quoth_batch *batch =
        quoth_batch_new(&to.conf, &to.limits, must ? &tls_how : NULL, &hooks);
    FILE *file = strcmp(argv[1], "-") ? fopen(argv[1], "r") : stdin;
    if (!batch || !file)
        return 66;
    int64_t all = add_all(batch, file);
    if (all < 0)
        return 71;
    getrusage(RUSAGE_SELF, &use[0]);
    load = seconds() - began;
    int rc = quoth_batch_run(batch);
    double took = seconds() - began;
    getrusage(RUSAGE_SELF, &use[1]);
    uint32_t bad = 0;
    for (int64_t i = 0; i < all; i++)
        bad += (my.of[i] & ~LIST_GOOD) != 1;
    printf("rc=%d n=%ju wrong=%ju not_once=%u ", rc, (uintmax_t)my.n, (uintmax_t)my.wrong, bad);
    print(batch, took, load, use);
    quoth_batch_free(batch);
    if (must)
        quoth_tls_close(&tls);
    free(my.of);
    return rc || bad || my.wrong ? 1 : 0;
}
