/* cache.c - any order of questions, answers and time, to a cache of answers and one of record sets.
 *
 * Oracle: what is found was put for that very question (or says that its name, or what that is an
 * alias of, does not exist), is not over, and is told with no more than the TTL that is left.
 * Somebody who must wait for another has another to wait for.
 *
 *   byte 0: slots; bytes of the run of sets   then four bytes a step: what and name, type and
 *   answer, TTL, time
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth.h"

enum { SLOTS = 16, NAMES = 8, TYPES = 4, RUN = 512, STEP = 4, DAY_S = 86400 };

static const char *const names[NAMES] = {"test",       "a.test", "b.test",  "c.b.test",
                                         "d.c.b.test", "x.org",  "y.x.org", "z.net"};
static const uint16_t types[TYPES] = {QUOTH_DNS_A, QUOTH_DNS_MX, QUOTH_DNS_AAAA, QUOTH_DNS_TXT};

struct last { /* what was put last for one question */
    uint64_t until;
    uint8_t answer, mark, asked;
};
struct world {
    struct quoth_cache cache;
    struct quoth_cache_slot slot[SLOTS];
    struct quoth_setcache sets;
    uint8_t *run;
    struct quoth_name name[NAMES];
    struct last route[NAMES][TYPES], set[NAMES][TYPES];
    uint64_t now;
};

/* An answer "no such name" that was put for it, of whatever type, and says as much as `out`. */
static int denied(const struct world *w, unsigned name, const struct quoth_route *out)
{
    for (unsigned k = 0; k < TYPES; k++) {
        const struct last *last = &w->route[name][k];
        if (last->answer == QUOTH_ANSWER_NXDOMAIN && w->now < last->until &&
            (uint64_t)out->ttl * 1000 < last->until - w->now + 1000)
            return 1;
    }
    return 0;
}

static void get_route(struct world *w, unsigned name, unsigned type)
{
    const struct last *last = &w->route[name][type];
    struct quoth_route out;
    int rc;

    memset(&out, 0, sizeof out);
    rc = quoth_cache_get(&w->cache, &w->name[name], types[type], w->now, &out);
    require(rc == 0 || rc == 1 || rc == QUOTH_AGAIN);
    if (rc == QUOTH_AGAIN)
        require(last->asked);
    if (rc == 0)
        w->route[name][type].asked = 1;
    if (rc != 1 || (out.answer == QUOTH_ANSWER_NXDOMAIN && denied(w, name, &out)))
        return;
    require(w->now < last->until && out.answer == last->answer);
    require((uint64_t)out.ttl * 1000 < last->until - w->now + 1000);
    if (types[type] != QUOTH_DNS_MX)
        require(out.ip_n == 1 && out.ip[0].b[0] == last->mark);
    else
        require(out.ip_n == 0 && out.n == 1 && out.host[0].pref == last->mark);
}

static struct last as_put(const struct world *w, unsigned answer, uint32_t ttl, uint8_t mark)
{
    struct last last = {.answer = (uint8_t)answer, .mark = mark};

    if (answer != QUOTH_ANSWER_NONE)
        last.until = w->now + (uint64_t)(ttl != 0 ? ttl : 1) * 1000;
    return last;
}

static void put_route(struct world *w, unsigned name, unsigned type, unsigned answer, uint32_t ttl)
{
    struct quoth_route in;
    uint8_t mark = (uint8_t)(ttl + w->now);

    memset(&in, 0, sizeof in);
    in.answer = (uint8_t)answer;
    in.ttl = ttl;
    in.flags = ttl & 1 ? QUOTH_ROUTE_ALIAS : 0;
    in.n = in.ip_n = 1;
    in.host[0].pref = mark;
    in.ip[0] = (struct quoth_ip) {4, {mark}};
    quoth_cache_put(&w->cache, &w->name[name], types[type], &in, w->now);
    w->route[name][type] = as_put(w, answer, ttl, mark);
}

static void get_set(struct world *w, unsigned name, unsigned type)
{
    const struct quoth_question question = {&w->name[name], types[type], 0};
    const struct last *last = &w->set[name][type];
    uint8_t room[64];
    struct quoth_rrset out = {.buf = room, .cap = (uint16_t)(last->mark % 2 ? sizeof room : 20)};
    int rc = quoth_setcache_get(&w->sets, &question, w->now, &out);

    require(rc == 0 || rc == 1 || rc == QUOTH_AGAIN);
    require(w->sets.used <= w->sets.cap);
    if (rc == QUOTH_AGAIN)
        require(last->asked);
    if (rc == 0)
        w->set[name][type].asked = 1;
    if (rc != 1)
        return;
    require(w->now < last->until && out.answer == last->answer && out.used <= out.cap);
    require((uint64_t)out.ttl * 1000 < last->until - w->now + 1000);
    for (unsigned i = 0; i < out.used; i++)
        require(room[i] == last->mark);
}

static void put_set(struct world *w, unsigned name, unsigned type, unsigned answer, uint32_t ttl)
{
    const struct quoth_question question = {&w->name[name], types[type], 0};
    uint8_t bytes[64], mark = (uint8_t)(ttl + w->now);
    struct quoth_rrset in = {.buf = bytes, .cap = sizeof bytes, .ttl = ttl};

    memset(bytes, mark, sizeof bytes);
    in.answer = (uint8_t)answer;
    in.used = (uint16_t)(mark % sizeof bytes);
    in.flags = ttl % 8 == 7 ? QUOTH_SET_CUT : 0;
    quoth_setcache_put(&w->sets, &question, &in, w->now);
    require(w->sets.used <= w->sets.cap);
    w->set[name][type] = as_put(w, answer, ttl, mark);
}

static void step(struct world *w, const uint8_t p[STEP])
{
    unsigned what = p[0] >> 6, name = p[0] % NAMES, type = p[1] % TYPES;
    unsigned answer = (p[1] >> 2) % QUOTH_ANSWERS;
    uint32_t ttl = p[2] < 200 ? p[2] : (uint32_t)(p[2] - 199) * DAY_S / 16;

    w->now += p[3] < 200 ? p[3] * 97u : (uint64_t)(p[3] - 199) * DAY_S * 100;
    switch (what) {
    case 0: get_route(w, name, type); break;
    case 1: put_route(w, name, type, answer, ttl); break;
    case 2: get_set(w, name, type); break;
    default: put_set(w, name, type, answer, ttl); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const uint8_t seed[16] = {2, 7, 1, 8};
    struct world *w;
    size_t cap;

    if (n < 1)
        return 0;
    w = calloc(1, sizeof *w);
    cap = p[0] % 4 * (RUN / 3u);
    require(w && (w->run = malloc(cap ? cap : 1)) != NULL);
    w->now = 1000;
    quoth_cache_init(&w->cache, w->slot, 1 + p[0] / 4 % SLOTS, seed);
    quoth_setcache_init(&w->sets, w->run, cap, seed);
    for (unsigned i = 0; i < NAMES; i++)
        require(quoth_name_parse(&w->name[i], names[i], strlen(names[i])) == QUOTH_OK);
    for (size_t at = 1; at + STEP <= n; at += STEP)
        step(w, p + at);
    free(w->run);
    free(w);
    return 0;
}
