/* soak.c - one engine that does not end: addresses come in a stream, under a loop of our own.
 *
 *   soak NAMESERVER:PORT SMTP-PORT [--addresses N] [--domains N] [--inside N] [--remember N]
 *        [--open N] [--per-host N] [--interactive MS] [--alone N]
 *
 * N addresses of so many domains go through, `inside` of them at a time. A local part that begins
 * with "u" must be deliverable (risky where the made-up domain is taken for a disposable one by
 * chance), any other undeliverable, each once. After each tenth one line of name=value with the
 * resident memory; at the end one with all of it. Exit 1: an answer was wrong, or memory after the
 * last tenth is more than a twentieth above that after the first (and a megabyte, where N is below
 * ten million).
 *
 * --interactive: every MS milliseconds an interactive address comes beside the list, and how long
 * its answer took is counted: p50_ms, p99_ms. --alone: so many of those, without a list.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "batch.h"
#include "loop.h"

enum { TENTHS = 10, SOAK_ASKED = 1 << 20 };

static struct {
    uint32_t addresses, domains, inside, every, alone;
} opt = {10000000, 1000000, 20000, 0, 0};

static struct {
    struct quoth_batch *batch;
    uint32_t next, told, wrong, asked, answered, tenth;
    uint8_t *missing; /* a bit an address */
    double first_mb, last_mb, began;
    double *when, *took; /* of interactive ones */
} run;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double resident_mb(void)
{
    long pages = 0, all = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

/* Ten of a domain come within a thousand, and one in a hundred is of a domain long gone. */
static uint32_t domain_of(uint32_t i)
{
    uint64_t some = (uint64_t)opt.domains * 1000 / opt.addresses; /* of a thousand addresses */
    uint32_t block = some ? (uint32_t)some : 1;
    if (i % 100 == 99)
        return (uint32_t)((uint64_t)i * 2654435761u % (i / 1000 * block + 1));
    return i / 1000 * block + i * 37 % block;
}

static void tenth_over(void)
{
    struct quoth_batch_stats s;
    double mb = resident_mb();
    if (!run.tenth++)
        run.first_mb = mb;
    run.last_mb = mb;
    quoth_batch_stats(run.batch, &s);
    printf("told=%u rss_mb=%.1f engine_mb=%.1f domains=%u destinations=%u inside=%ju rate=%.0f\n",
           run.told, mb, (double)s.memory / 1048576, s.domains, s.destinations, (uintmax_t)s.inside,
           run.told / (seconds() - run.began));
    fflush(stdout);
}

static void result(void *arg, const struct quoth_batch_result *r)
{
    int good = r->ev->addr.local.p[0] == 'u';
    (void)arg;
    if (r->verdict != (good ? QUOTH_VERDICT_DELIVERABLE : QUOTH_VERDICT_UNDELIVERABLE))
        run.wrong++;
    if (r->id >= opt.addresses) {
        uint32_t i = r->id - opt.addresses;
        run.took[run.answered++] = seconds() - run.when[i];
        return;
    }
    if (!(run.missing[r->id / 8] >> r->id % 8 & 1))
        run.wrong++;
    run.missing[r->id / 8] &= (uint8_t) ~(1 << r->id % 8);
    run.told++;
    if (!opt.every && run.told % (opt.addresses / TENTHS) == 0)
        tenth_over();
}

static void event(void *arg, const char *line)
{
    (void)arg;
    fprintf(stderr, "soak: %s\n", line);
}

/* Lengths differ, and do not grow with how many went through. */
static int put(uint32_t id, uint32_t domain, const struct quoth_batch_options *o)
{
    char text[64];
    int width = 8 + (int)(id * 2654435761u >> 29);
    int n = snprintf(text, sizeof text, "%s%0*u@d%07u.test", id % 4 == 3 ? "x" : "u", width, id,
                     domain);
    return quoth_batch_add(run.batch, id, text, (size_t)n, o) == QUOTH_OK;
}

/* As many as fit beside those inside. */
static int feed(void)
{
    int ok = 1;
    while (ok && !opt.alone && run.next < opt.addresses &&
           quoth_batch_inside(run.batch) < opt.inside) {
        ok = put(run.next, domain_of(run.next), NULL);
        run.next++;
    }
    return ok;
}

static int ask(void)
{
    static const struct quoth_batch_options now = {.priority = QUOTH_BATCH_INTERACTIVE};
    run.when[run.asked] = seconds();
    run.asked++;
    return put(opt.addresses + run.asked - 1, opt.domains + run.asked % 5000, &now);
}

static int over(void)
{
    if (opt.alone)
        return run.answered == opt.alone;
    return run.told == opt.addresses && run.answered == run.asked;
}

static int more_to_ask(void)
{
    return opt.every && run.asked < SOAK_ASKED &&
           (opt.alone ? run.asked < opt.alone : run.told < opt.addresses);
}

/* The loop is ours: feed, turn, wait for what is due next. */
static int go(void)
{
    uint32_t moved[256];
    uint64_t next = quoth_loop_port.now();
    unsigned n = 0;
    int rc;

    while (!over()) {
        uint64_t until;
        if (!feed())
            return 71;
        if (more_to_ask() && quoth_loop_port.now() >= next) {
            next = quoth_loop_port.now() + opt.every;
            if (!ask())
                return 71;
        }
        if ((rc = quoth_batch_turn(run.batch, moved, n)) < 0)
            return 70;
        until = quoth_batch_due(run.batch);
        if (more_to_ask() && next < until)
            until = next;
        if (run.next < opt.addresses && !opt.alone && until == QUOTH_NEVER)
            until = quoth_loop_port.now();
        if (over())
            break;
        rc = quoth_loop_wait(quoth_batch_loop(run.batch), until, moved, 256);
        if (rc < 0)
            return 70;
        n = (unsigned)rc;
    }
    return quoth_batch_run(run.batch) < 0 ? 70 : 0;
}

static int by_size(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static int options(int argc, char **argv, struct quoth_batch_limits *limits)
{
    for (int i = 3; i + 1 < argc; i += 2) {
        uint32_t v = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--addresses"))
            opt.addresses = v;
        else if (!strcmp(argv[i], "--domains"))
            opt.domains = v;
        else if (!strcmp(argv[i], "--inside"))
            opt.inside = v;
        else if (!strcmp(argv[i], "--interactive"))
            opt.every = v;
        else if (!strcmp(argv[i], "--alone"))
            opt.alone = v;
        else if (!strcmp(argv[i], "--remember"))
            limits->remember = v;
        else if (!strcmp(argv[i], "--open"))
            limits->open = v;
        else if (!strcmp(argv[i], "--per-host"))
            limits->per_host = (uint16_t)v;
        else
            return 0;
    }
    return opt.addresses >= TENTHS * 1000 && opt.addresses < UINT32_MAX - SOAK_ASKED;
}

static int report(int rc)
{
    double spent = seconds() - run.began;
    /* A short run has few megabytes, and how its addresses fall in time moves some of their pages;
     * what leaks is many times that. */
    double pages = opt.addresses < 10000000 ? 1 : 0;
    int grown = !opt.every && run.last_mb > run.first_mb * 1.05 + pages;
    printf("addresses=%u domains=%u wrong=%u rate=%.0f ", run.told, opt.domains, run.wrong,
           run.told / spent);
    if (opt.every) {
        qsort(run.took, run.answered, sizeof *run.took, by_size);
        printf("interactive=%u p50_ms=%.2f p99_ms=%.2f\n", run.answered,
               run.took[run.answered / 2] * 1000, run.took[run.answered / 100 * 99] * 1000);
    } else {
        printf("first_mb=%.1f last_mb=%.1f growth=%.3f\n", run.first_mb, run.last_mb,
               run.last_mb / run.first_mb);
    }
    return rc ? rc : run.wrong || grown;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"test", NULL};
    struct quoth_resolver resolver = {.servers = 1};
    struct quoth_cidr allow = {{4, {0}}, 0};
    struct quoth_conf conf = {.resolver = &resolver, .allow_names = names};
    struct quoth_batch_limits limits = {
        .pace_off = 1, .no_wait = 1, .refused = 1000, .open = 128, .per_session = 50};
    struct quoth_batch_hooks hooks = {.result = result, .event = event};
    const char *colon = argc > 2 ? strrchr(argv[1], ':') : NULL;
    int rc;

    if (!colon || !options(argc, argv, &limits)) {
        fprintf(stderr, "usage: soak NAMESERVER:PORT SMTP-PORT [--addresses N] ...\n");
        return 64;
    }
    conf.smtp.helo = "probe.sender.org";
    conf.smtp.from = "me@sender.org";
    conf.smtp.tls = QUOTH_TLS_NEVER;
    conf.targets.allow = &allow;
    conf.targets.allow_n = 1;
    conf.port = (uint16_t)strtoul(argv[2], NULL, 10);
    quoth_ip_parse(&resolver.server[0].peer.ip, argv[1], (size_t)(colon - argv[1]));
    resolver.server[0].peer.port = (uint16_t)strtoul(colon + 1, NULL, 10);
    run.batch = quoth_batch_new(&conf, &limits, NULL, &hooks);
    run.missing = malloc(opt.addresses / 8 + 1);
    run.when = opt.every ? malloc(SOAK_ASKED * sizeof *run.when) : NULL;
    run.took = opt.every ? malloc(SOAK_ASKED * sizeof *run.took) : NULL;
    if (!run.batch || !run.missing || (opt.every && (!run.when || !run.took)))
        return 71;
    memset(run.missing, 0xff, opt.addresses / 8 + 1); /* resident from the beginning */
    run.began = seconds();
    rc = report(go());
    quoth_batch_free(run.batch);
    free(run.missing);
    free(run.when);
    free(run.took);
    return rc;
}
