/* list_world_test.c - whole lists in simulated worlds with random faults.
 *
 *   list_world_test [WORLDS [FIRST]]        10,000 worlds of 200 addresses; `make worlds`: 100,000
 *
 * In half of the worlds all addresses are there before the run; in a quarter they come a few at a
 * time, some of them interactive or traced, one job may be dropped, the engine may be stopped, and
 * in each second of those a gate has a say before every call. Some end by the clock. A quarter is
 * run twice: the first engine may be killed; the second is told what was saved of it, the list was
 * rewritten, what was answered is not asked again, and some servers are others by then.
 *
 * Each address has one result; G0 holds; no limit of section Z is exceeded at any destination; what
 * the gate let through is over once; nothing turns in circles; memory stays within its bound. A
 * world that breaks a promise prints its number and aborts.
 *
 * SPDX-License-Identifier: MIT */
#include <time.h>
#include "test.h"
#define WORLD_CALLOC __real_calloc
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_malloc(size_t size);
#include "list_left.h"
#include "list_world.h"

enum { LIST_ADDRESSES = 200 };

static struct {
    unsigned told[LIST_ADDRESSES], traced[LIST_ADDRESSES], added, events, dropped, stopped;
    uint8_t answered[2 * LIST_ADDRESSES]; /* by the first of two runs, by number of the mailbox */
    unsigned who[LIST_ADDRESSES];
    char saved[400000];
    size_t saved_n;
    struct {
        char domain[256], mx[256];
        struct quoth_ip ip;
        uint16_t code;
        uint8_t reason;
    } decoy[WORLD_DOMS];
    unsigned decoy_n;
    unsigned leases[WORLD_HOSTS]; /* calls that the gate let through and that are not over */
    struct quoth_ip owed[WORLD_HOSTS];
    unsigned owed_n;
    uint64_t verdict[QUOTH_VERDICTS], reason[QUOTH_REASONS];
    struct quoth_conf own;
    char own_server[16];
} list;

/* ---- memory that is not there ------------------------------------------- */

static int list_turning; /* the engine is at work: its allocations may fail */

static int list_starves(void) { return list_turning && W.hungry && !world_dice(W.hungry); }

void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
    return list_starves() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t size)
{
    return list_starves() ? NULL : __real_realloc(p, size);
}
void *__wrap_malloc(size_t size) { return list_starves() ? NULL : __real_malloc(size); }

/* Y07: one conversation more at most. */
static void list_turned(void)
{
    WORLD_ASSERT(W.overtime <= 2 + 8); /* and name servers over TCP */
    W.work = W.overtime = 0;
    W.overtime_link = NULL;
}

static int list_turn(struct quoth_batch *b, const uint32_t *moved, unsigned n)
{
    int rc;

    list_turning = 1;
    rc = quoth_batch_turn(b, moved, n);
    list_turning = 0;
    list_turned();
    return rc;
}

/* ---- results ------------------------------------------------------------ */

/* What a decoy was told, as app/answers.c keeps it. */
static void list_note_decoy(const struct quoth_batch_result *r)
{
    const struct quoth_evidence *e = r->ev;
    if (!e->decoy_code || !e->asked_decoy || list.decoy_n == WORLD_DOMS)
        return;
    snprintf(list.decoy[list.decoy_n].domain, sizeof list.decoy[0].domain, "%s", e->domain);
    snprintf(list.decoy[list.decoy_n].mx, sizeof list.decoy[0].mx, "%s", r->mx);
    list.decoy[list.decoy_n].ip = e->peer.ip;
    list.decoy[list.decoy_n].code = e->decoy_code;
    list.decoy[list.decoy_n++].reason = e->decoy_reason;
}

static int list_decoy(void *arg, const struct quoth_batch_door *door, uint16_t *code,
                      uint8_t *reason)
{
    (void)arg;
    for (unsigned i = 0; i < list.decoy_n; i++)
        if (!strcmp(list.decoy[i].domain, door->domain) && !strcmp(list.decoy[i].mx, door->host) &&
            !memcmp(list.decoy[i].ip.b, door->ip.b, door->ip.len)) {
            *code = list.decoy[i].code;
            *reason = list.decoy[i].reason;
            return 1;
        }
    return 0;
}

static int list_save(void *arg, const char *p, size_t n)
{
    (void)arg;
    WORLD_ASSERT(list.saved_n + n <= sizeof list.saved);
    memcpy(list.saved + list.saved_n, p, n);
    list.saved_n += n;
    return 0;
}

static void list_result(void *arg, const struct quoth_batch_result *r)
{
    list.answered[list.who[r->id]] = r->verdict != QUOTH_VERDICT_UNKNOWN;
    list_note_decoy(r);
    (void)arg;
    WORLD_ASSERT(r->id < LIST_ADDRESSES && list.told[r->id] == 0);
    list.told[r->id]++;
    list.verdict[r->verdict]++;
    list.reason[r->reading.reason]++;
    world_result(r);
}

static void list_event(void *arg, const char *line)
{
    (void)arg;
    WORLD_ASSERT(line[0]);
    list.events++;
}

/* ---- a gate, and traces ------------------------------------------------- */

static unsigned list_host(const struct quoth_ip *ip)
{
    for (unsigned i = 0; i < W.host_n; i++)
        if (!W.hosts[i].own && !memcmp(W.hosts[i].ip, ip->b, 4))
            return i;
    WORLD_ASSERT(0 && "a host of this world");
    return 0;
}

static uint64_t list_may(void *arg, const struct quoth_ip *ip, const char *domain)
{
    unsigned host = list_host(ip);
    (void)arg;
    WORLD_ASSERT(world_dom(domain, strlen(domain)) >= 0);
    WORLD_ASSERT(list.leases[host] < W.limits->per_host && W.hosts[host].open == list.leases[host]);
    switch (world_dice(12)) {
    case 0: return 1 + world_dice(30000);
    case 1: list.owed[list.owed_n++] = *ip; return QUOTH_BATCH_MAY_LATER;
    case 2: return world_dice(5) ? 1 : QUOTH_NEVER;
    default: list.leases[host]++; return 0;
    }
}

static void list_over(void *arg, const struct quoth_ip *ip, enum quoth_pace_kind kind,
                      enum quoth_err err)
{
    unsigned host;
    (void)arg;
    WORLD_ASSERT(kind <= QUOTH_PACE_REFUSED && err <= QUOTH_OK && err >= QUOTH_ENORANDOM);
    WORLD_ASSERT(ip || W.hosts[W.host_n - 1].own);
    if (!ip)
        return; /* nobody was asked whether that may be called */
    host = list_host(ip);
    WORLD_ASSERT(list.leases[host] > 0);
    list.leases[host]--;
}

/* One of what was owed is answered. */
static void list_answer(struct quoth_batch *b)
{
    struct quoth_ip ip = list.owed[--list.owed_n];
    uint64_t ms = world_dice(3) ? 0 : world_dice(20000);
    if (!ms)
        list.leases[list_host(&ip)]++;
    quoth_batch_may(b, &ip, ms);
}

static void list_trace(void *arg, const struct quoth_batch_trace *t)
{
    (void)arg;
    WORLD_ASSERT(t->id < LIST_ADDRESSES && list.traced[t->id] && !list.told[t->id]);
    WORLD_ASSERT((t->kind == QUOTH_BATCH_TRACE_HOSTS || t->kind == QUOTH_BATCH_TRACE_WAIT) ==
                 !t->want);
    WORLD_ASSERT(t->kind == QUOTH_BATCH_TRACE_DNS ? t->name != NULL : t->host[0] && t->peer.ip.len);
}

static void list_people(void)
{
    W.host_n = 1 + world_dice(12);
    W.dom_n = 1 + world_dice(40);
    W.loss = world_dice(3) ? 0 : world_dice(300);
    W.cut = !world_dice(2);
    W.jumps = world_dice(4) ? 0 : world_dice(2) ? 400 : 40;
    for (unsigned i = 0; i < W.host_n; i++) {
        struct world_host *h = &W.hosts[i];
        h->kind = world_dice(2) ? WORLD_FINE : (enum world_kind)world_dice(WORLD_KINDS);
        h->ip[0] = 198;
        h->ip[1] = 51;
        h->ip[2] = (uint8_t)(100 + world_dice(4));
        h->ip[3] = (uint8_t)(1 + i);
        h->after = world_dice(9);
        h->no_pipelining = !world_dice(4);
        h->utf8 = !world_dice(4);
    }
    for (unsigned i = 0; i < W.dom_n; i++) {
        struct world_dom *d = &W.doms[i];
        snprintf(d->name, sizeof d->name, "d%u.net", i);
        d->dns = world_dice(5) ? WORLD_DNS_FINE : (enum world_dns)world_dice(WORLD_DNS_KINDS);
        d->equal = !world_dice(3);
        d->claims = world_dice(20) ? NULL : "relay.fam0.org";
        d->mx_n = 1 + world_dice(W.host_n < WORLD_MX ? W.host_n : WORLD_MX);
        for (unsigned k = 0; k < d->mx_n; k++)
            d->host[k] = (d->host[0] + k) % W.host_n;
        d->host[0] = world_dice(W.host_n);
        for (unsigned k = 1; k < d->mx_n; k++)
            d->host[k] = (d->host[0] + k) % W.host_n;
    }
}

/* One domain whose server is ours, on a network of others', and perhaps at an address of others',
 * that the DNS has never heard of. */
static void list_own(void)
{
    struct world_host *h = &W.hosts[W.host_n];
    struct world_dom *d = &W.doms[W.dom_n - 1];

    h->kind = world_dice(2) ? WORLD_FINE : (enum world_kind)world_dice(WORLD_KINDS);
    memcpy(h->ip, W.hosts[world_dice(W.host_n)].ip, 4);
    h->ip[3] = (uint8_t)(h->ip[3] + 100 * world_dice(2));
    for (unsigned i = 0; W.seed0 % 8 == 3 && i < W.host_n; i++) /* leases are told apart by it */
        if (!memcmp(W.hosts[i].ip, h->ip, 4)) {
            h->ip[3]++;
            i = 0;
        }
    h->after = world_dice(9);
    h->own = d->own = 1;
    d->dns = WORLD_DNS_NXDOMAIN;
    d->claims = NULL;
    d->mx_n = 1;
    d->host[0] = W.host_n++;
}

static const struct quoth_conf *list_own_conf(void *arg, const char *domain)
{
    const int dom = world_dom(domain, strlen(domain));

    (void)arg;
    return dom >= 0 && W.doms[dom].own ? &list.own : NULL;
}

static struct quoth_batch_limits list_limits(void)
{
    static const uint32_t gap[] = {10000, 1000, 60000};
    return (struct quoth_batch_limits) {.open = 1 + world_dice(world_dice(2) ? 4 : 64),
                                        .per_session =
                                            (uint16_t)(1 + world_dice(world_dice(2) ? 4 : 50)),
                                        .refused = (uint16_t)(1 + world_dice(5)),
                                        .scout = (uint16_t)(1 + world_dice(4)),
                                        .per_host = (uint16_t)(1 + world_dice(3)),
                                        .per_net = (uint16_t)(1 + world_dice(4)),
                                        .gap_ms = gap[world_dice(3)],
                                        .per_domain_hour = 3 + world_dice(60),
                                        .lookups = 1 + world_dice(world_dice(2) ? 3 : 64),
                                        .no_wait = !world_dice(4),
                                        .pace_off = !world_dice(10)};
}

static void list_add_who(struct quoth_batch *b, uint32_t id, unsigned who,
                         const struct quoth_batch_options *o)
{
    int rc;
    char text[80];
    int n = snprintf(text, sizeof text, "%s%u@%s",
                     who % 3          ? "u"
                     : world_dice(60) ? "x"
                                      : "\xc3\xa9",
                     who, W.doms[who * who % W.dom_n].name);
    list.who[id] = who;
    do {
        list_turning = 1;
        rc = quoth_batch_add(b, id, text, (size_t)n, o);
        list_turning = 0;
    } while (rc == QUOTH_ESPACE && W.hungry); /* tried again */
    WORLD_ASSERT(rc == QUOTH_OK);
}

static void list_add(struct quoth_batch *b, uint32_t id, const struct quoth_batch_options *o)
{
    list_add_who(b, id, world_dice(20) ? id : world_dice(id + 1), o); /* some twice */
}

/* The list of the first run, rewritten: other lines, another order, without what was answered. */
static void list_add_rewritten(struct quoth_batch *b)
{
    unsigned step = 1 + 2 * world_dice(LIST_ADDRESSES), from = world_dice(2 * LIST_ADDRESSES);

    for (uint32_t id = 0; id < LIST_ADDRESSES; id++) {
        unsigned who = (from + id * step) % (2 * LIST_ADDRESSES);
        if (list.answered[who])
            list.told[id] = 1;
        else
            list_add_who(b, id, who, NULL);
    }
}

/* So many turns, and it is killed; or to its end. */
static void list_turns(struct quoth_batch *b, unsigned turns)
{
    uint32_t moved[64];
    unsigned n = 0;
    int rc = 0;

    quoth_batch_close(b);
    while (turns-- && (rc = list_turn(b, moved, n)) > 0) {
        left_check(b);
        n = (unsigned)quoth_loop_wait(quoth_batch_loop(b), quoth_batch_due(b), moved, 64);
    }
    WORLD_ASSERT(rc >= 0);
}

/* They come a few at a time, under a loop of our own. */
static void list_stream(struct quoth_batch *b)
{
    uint32_t moved[64], next = 0;
    unsigned n = 0, most = 1 + world_dice(world_dice(2) ? 5 : 100), drop = world_dice(400);
    unsigned stop = world_dice(3000), lists = world_dice(3) ? 10 : 2; /* one in so many is urgent */
    struct quoth_batch_stats s;
    int rc;

    for (;;) {
        quoth_batch_stats(b, &s);
        for (; next < LIST_ADDRESSES && s.inside < most; s.inside++) {
            struct quoth_batch_options o = {
                .job = next % 5, .priority = !world_dice(lists), .trace = !world_dice(3)};
            list.traced[next] = o.trace;
            list_add(b, next++, &o);
        }
        if (next > drop && !list.dropped) {
            list.dropped = 1;
            quoth_batch_drop(b, 1);
        }
        if (next > stop && !world_dice(9) && !list.stopped) {
            list.stopped = 1;
            quoth_batch_stop(b);
        }
        if (next == LIST_ADDRESSES)
            quoth_batch_close(b);
        rc = list_turn(b, moved, n);
        WORLD_ASSERT(rc >= 0);
        if (!rc)
            break;
        left_check(b);
        while (list.owed_n && !world_dice(3))
            list_answer(b);
        /* Else nobody would wake us. */
        n = W.open || W.dgram_n || quoth_batch_due(b) != QUOTH_NEVER
                ? (unsigned)quoth_loop_wait(quoth_batch_loop(b), quoth_batch_due(b), moved, 64)
                : 0;
    }
    list.added = next;
    while (list.owed_n) /* too late */
        list_answer(b);
}

/* What holds when it is over. It began at `start`. */
static void list_check(struct quoth_batch *b, const struct quoth_batch_limits *limits,
                       uint64_t start)
{
    struct quoth_batch_stats s;

    for (unsigned i = 0; i < list.added; i++)
        WORLD_ASSERT(list.told[i] == 1 || (list.dropped && i % 5 == 1) || list.stopped);
    quoth_batch_stats(b, &s);
    WORLD_ASSERT(s.done + s.dropped + s.inside == s.total && s.total <= list.added);
    WORLD_ASSERT(s.total == list.added || W.again);
    WORLD_ASSERT(s.waiting <= s.inside && (!s.inside || list.stopped));
    WORLD_ASSERT(list.dropped || !s.dropped);
    for (unsigned i = 0; i < W.host_n; i++)
        WORLD_ASSERT(!list.leases[i]);
    WORLD_ASSERT(s.memory < 4u << 20);
    /* No server makes it longer than a call an address in the hours there are, and holds. */
    WORLD_ASSERT(W.jumps || W.endless ||
                 W.now - start < 2 * (LIST_ADDRESSES / limits->per_domain_hour + 24) * 3600000ull);
    /* Nor than --max-time, and the good-byes. */
    WORLD_ASSERT(W.jumps || !limits->run_ms || W.now - start <= limits->run_ms + 10000ull);
    WORLD_ASSERT(W.waits < 4 * W.events + 100000);
}

static struct quoth_batch *list_new(const struct quoth_conf *conf,
                                    const struct quoth_batch_limits *limits,
                                    const struct quoth_batch_hooks *hooks)
{
    struct quoth_batch *b = quoth_batch_new(conf, limits, NULL, hooks);

    WORLD_ASSERT(b);
    W.limits = quoth_batch_effective(b);
    memset(list.told, 0, sizeof list.told);
    return b;
}

/* Some servers are others now, none of them one of which a decoy would have told. */
static void list_time_passes(void)
{
    W.now += world_dice(3) ? world_dice(60000) : world_dice(30 * 3600000);
    W.dgram_n = 0;
    for (unsigned i = 0; i < W.host_n; i++)
        W.hosts[i].silent_calls = 0; /* nobody remembers */
    for (unsigned i = 0; i < W.host_n; i++)
        if (!world_dice(3))
            do
                W.hosts[i].kind = (enum world_kind)world_dice(WORLD_KINDS);
            while (W.hosts[i].kind == WORLD_CATCH_ALL);
}

/* A run that may be killed, and another one that knows what was saved of it. */
static void list_twice(const struct quoth_conf *conf, const struct quoth_batch_limits *limits)
{
    struct quoth_batch_hooks hooks = {
        .result = list_result, .event = list_event, .own = list_own_conf};
    struct quoth_batch *b = list_new(conf, limits, &hooks);
    unsigned turns = world_dice(2) ? UINT32_MAX : world_dice(world_dice(2) ? 200 : 4000);
    uint64_t start;
    uint32_t line;

    for (uint32_t id = 0; id < LIST_ADDRESSES; id++)
        list_add(b, id, NULL);
    list_turns(b, turns);
    WORLD_ASSERT(!quoth_batch_save(b, 1732690000000u + W.now, list_save, NULL));
    W.killed = 1;
    quoth_batch_free(b);
    W.killed = 0;
    list_time_passes();
    W.again = 1;
    start = W.now;
    hooks.decoy = world_dice(2) ? list_decoy : NULL;
    b = list_new(conf, limits, &hooks);
    WORLD_ASSERT(!quoth_batch_load(b, 1732690000000u + W.now, list.saved, list.saved_n, &line));
    list_add_rewritten(b);
    list_turns(b, UINT32_MAX);
    list_check(b, limits, start);
    quoth_batch_free(b);
}

/* One that all addresses come to, at once or a few at a time. */
static void list_once(const struct quoth_conf *conf, const struct quoth_batch_limits *limits)
{
    struct quoth_batch_hooks hooks = {
        .result = list_result, .event = list_event, .own = list_own_conf};
    struct quoth_batch *b;

    if (W.endless)
        hooks.trace = list_trace;
    if (W.seed0 % 8 == 3) {
        hooks.may = list_may;
        hooks.over = list_over;
    }
    b = list_new(conf, limits, &hooks);
    if (W.endless) {
        list_stream(b);
    } else {
        for (uint32_t id = 0; id < LIST_ADDRESSES; id++)
            list_add(b, id, NULL);
        list_turns(b, UINT32_MAX);
    }
    list_check(b, limits, 0xFFFFFF00u);
    quoth_batch_free(b);
}

static void list_world(uint64_t seed)
{
    struct quoth_resolver resolver = {.servers = 1};
    struct quoth_cidr allow = {{4, {198, 51, 100, 0}}, 16};
    struct quoth_conf conf = {.resolver = &resolver};
    struct quoth_batch_limits limits;

    world_reset(seed);
    memset(list.leases, 0, sizeof list.leases);
    memset(list.answered, 0, sizeof list.answered);
    list.dropped = list.owed_n = list.stopped = list.decoy_n = 0;
    list.saved_n = 0;
    list.added = LIST_ADDRESSES;
    list_people();
    resolver.server[0].peer = (struct quoth_peer) {{4, {192, 0, 2, 53}}, 53};
    conf.smtp.helo = "probe.sender.org";
    conf.smtp.from = "me@sender.org";
    conf.targets.allow = &allow;
    conf.targets.allow_n = 1;
    conf.no_decoy = !world_dice(20);
    conf.decoys = (uint8_t)(W.decoys = 1 + !world_dice(3));
    conf.total_ms = world_dice(3) ? 0 : 200 + world_dice(world_dice(2) ? 2000 : 60000);
    limits = list_limits();
    if (seed % 16 == 1 || seed % 16 == 7)
        W.hungry = 2 + world_dice(world_dice(2) ? 10 : 300);
    if (seed % 8 == 5 || seed % 16 == 3)
        limits.run_ms = 1 + world_dice(world_dice(2) ? 20000 : 4000000);
    if (seed % 5 == 2) {
        limits.turn_ms = 1 + (uint32_t)(seed % 3);
        W.work_ms = 1;
    }
    W.endless = seed % 4 == 3;
    W.denies = seed % 97 == 13;
    if (seed % 6 == 4 || seed % 6 == 1)
        list_own();
    list.own = conf;
    if (W.host_n && W.hosts[W.host_n - 1].own) {
        snprintf(list.own_server, sizeof list.own_server, "%u.%u.%u.%u",
                 W.hosts[W.host_n - 1].ip[0], W.hosts[W.host_n - 1].ip[1],
                 W.hosts[W.host_n - 1].ip[2], W.hosts[W.host_n - 1].ip[3]);
        list.own.server = list.own_server;
        list.own.port = 26;
    }
    if (seed % 4 == 2)
        list_twice(&conf, &limits);
    else
        list_once(&conf, &limits);
}

int main(int argc, char **argv)
{
    unsigned long worlds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

    test_now = "worlds";
    for (unsigned long i = 0; i < worlds; i++)
        list_world(first + i);
    test_checks += worlds;
    test_passed++;
    printf("%lu worlds:", worlds);
    for (int v = 0; v < QUOTH_VERDICTS; v++)
        printf(" %s %llu", quoth_verdict_name((enum quoth_verdict)v),
               (unsigned long long)list.verdict[v]);
    printf("; %u events\n", list.events);
    for (int r = 0; r < QUOTH_REASONS; r++)
        if (list.reason[r])
            printf("  %s %llu\n", quoth_reason_name((enum quoth_reason)r),
                   (unsigned long long)list.reason[r]);
    world_reset(0);
    return report("list_world");
}
