/* cache_test.c - the DNS cache: what is kept and for how long, who asks, and names that want to
 * collide.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <time.h>
#include "test.h"
#include "quoth.h"

enum { SLOTS = 64 };

static struct quoth_cache_slot slots[SLOTS];
static struct quoth_cache cache;
static struct quoth_route in, out;
static uint64_t now = 5000;

static struct quoth_name name_of(const char *text)
{
    struct quoth_name n;
    if (quoth_name_parse(&n, text, strlen(text)) != QUOTH_OK)
        abort();
    return n;
}

static void fresh(size_t n)
{
    static const uint8_t seed[16] = {3, 1, 4};
    quoth_cache_init(&cache, slots, n, seed);
}

static int get(const char *name, uint16_t type)
{
    struct quoth_name n = name_of(name);
    memset(&out, 0xee, sizeof out);
    return quoth_cache_get(&cache, &n, type, now, &out);
}

static void put(const char *name, uint16_t type, enum quoth_answer answer, uint32_t ttl)
{
    struct quoth_name n = name_of(name);
    in.answer = (uint8_t)answer;
    in.ttl = ttl;
    quoth_cache_put(&cache, &n, type, &in, now);
}

/* A route with two hosts, and an address that rode along. */
static void route_of_mx(void)
{
    memset(&in, 0, sizeof in);
    memcpy(in.names, "mx1.test\0mx2.test", 18);
    in.used = 18;
    in.n = 2;
    in.host[0].pref = 10;
    in.host[1].pref = 20;
    in.host[1].at = 9;
    in.host[0].ip = in.host[1].ip = 1;
    in.ip_n = 1;
    in.ip[0] = (struct quoth_ip) {4, {192, 0, 2, 1}};
}

static void route_of_a(void)
{
    memset(&in, 0, sizeof in);
    in.ip_n = 2;
    in.ip[0] = (struct quoth_ip) {4, {192, 0, 2, 1}};
    in.ip[1] = (struct quoth_ip) {4, {192, 0, 2, 2}};
}

/* Fifty ask at once: one question is out, the answer is everybody's. C06. */
TEST(Q12)
{
    fresh(SLOTS);
    CHECK_INT(get("a.test", 15), 0);
    for (int i = 0; i < 49; i++)
        CHECK_INT(get("a.test", 15), QUOTH_AGAIN);
    CHECK_INT(get("a.test", 1), 0); /* another question */
    CHECK_INT(get("b.test", 15), 0);
    route_of_mx();
    put("a.test", 15, QUOTH_ANSWER_DATA, 300);
    for (int i = 0; i < 49; i++)
        CHECK_INT(get("a.test", 15), 1);
    CHECK_INT(out.n, 2);
    CHECK_STR(quoth_mx_name(&out, 1), "mx2.test");
    CHECK_INT(get("a.test", 1), QUOTH_AGAIN);
}

/* Who asked never came back: after a minute it is somebody else's to ask. */
TEST(Q12_lost)
{
    for (size_t n = 0; n <= SLOTS; n += n ? SLOTS - 1 : 1) { /* without a place all are asked */
        now = 0;
        fresh(n);
        CHECK_INT(get("a.test", 15), 0);
        now += 59999;
        CHECK_INT(get("a.test", 15), n ? QUOTH_AGAIN : 0);
        now += 1;
        CHECK_INT(get("a.test", 15), 0);
        CHECK_INT(get("a.test", 15), n ? QUOTH_AGAIN : 0);
        put("a.test", 15, QUOTH_ANSWER_NONE, 0); /* given up */
        CHECK_INT(get("a.test", 15), 0);
        now = 0;
        fresh(n);
        CHECK_INT(get("a.test", 15), 0);
        put("a.test", 15, QUOTH_ANSWER_NONE, 0);
        CHECK_INT(get("a.test", 15), 0);
    }
}

static void lives(enum quoth_answer answer, uint32_t ttl, uint32_t want)
{
    fresh(SLOTS);
    route_of_a();
    if (answer != QUOTH_ANSWER_DATA)
        in.ip_n = 0;
    CHECK_INT(get("a.test", 1), 0);
    in.flags = QUOTH_ROUTE_ALIAS;
    put("a.test", 1, answer, ttl);
    if (want == 0) {
        CHECK_INT(get("a.test", 1), 0);
        return;
    }
    CHECK_INT(get("a.test", 1), 1);
    CHECK_INT(out.answer, answer);
    CHECK_INT(out.ttl, want);
    CHECK(out.ip_n == in.ip_n && out.flags == in.flags);
    now += (uint64_t)want * 1000 - 1;
    CHECK_INT(get("a.test", 1), 1);
    CHECK_INT(out.ttl, 1);
    now++;
    CHECK_INT(get("a.test", 1), 0);
}

TEST(Z_ttl)
{
    lives(QUOTH_ANSWER_DATA, 1, 1);
    lives(QUOTH_ANSWER_DATA, 86399, 86399);
    lives(QUOTH_ANSWER_DATA, 86400, 86400);
    lives(QUOTH_ANSWER_DATA, 86401, 86400);
    lives(QUOTH_ANSWER_DATA, UINT32_MAX, 86400);
    lives(QUOTH_ANSWER_NXDOMAIN, 10799, 10799);
    lives(QUOTH_ANSWER_NXDOMAIN, 10801, 10800);
    lives(QUOTH_ANSWER_NODATA, 10800, 10800);
}

TEST(Q25)
{
    for (unsigned a = QUOTH_ANSWER_NXDOMAIN + 1; a < QUOTH_ANSWERS; a++) {
        lives((enum quoth_answer)a, 0, 1);
        lives((enum quoth_answer)a, 299, 299);
        lives((enum quoth_answer)a, 300, 300);
        lives((enum quoth_answer)a, 301, 300);
    }
}

TEST(Q24)
{
    lives(QUOTH_ANSWER_NODATA, 0, 0);
    lives(QUOTH_ANSWER_NXDOMAIN, 0, 0);
}

TEST(Q26) { lives(QUOTH_ANSWER_DATA, 0, 0); }

/* A name that does not exist has no records of any type; what is below it is asked for, as servers
 * deny names that only hold others. */
TEST(Q23)
{
    fresh(SLOTS);
    memset(&in, 0, sizeof in);
    put("no.test", 15, QUOTH_ANSWER_NXDOMAIN, 300);
    CHECK_INT(get("no.test", 15), 1);
    CHECK_INT(out.answer, QUOTH_ANSWER_NXDOMAIN);
    CHECK_INT(out.n, 0);
    now += 100000;
    CHECK_INT(get("no.test", 28), 1); /* of whatever type */
    CHECK_INT(out.ttl, 200);
    CHECK_INT(out.ip_n, 0);
    CHECK_INT(get("a.b.no.test", 15), 0);
    CHECK_INT(get("mx.no.test", 1), 0);
    CHECK_INT(get("test", 15), 0);
    CHECK_INT(get("xno.test", 15), 0);
    CHECK_INT(get("no.test.example", 15), 0);
    now += 200000;
    CHECK_INT(get("no.test", 1), 0);
    route_of_mx(); /* what else was in the route does not come along */
    put("no.test", 1, QUOTH_ANSWER_NXDOMAIN, 300);
    CHECK_INT(get("no.test", 15), 1);
    CHECK(out.answer == QUOTH_ANSWER_NXDOMAIN && out.n == 0 && out.used == 0);
    put(".", 15, QUOTH_ANSWER_NXDOMAIN, 300);
    CHECK_INT(get("a.example", 15), 0);
}

TEST(Q23_only_nxdomain)
{
    fresh(SLOTS);
    memset(&in, 0, sizeof in);
    put("a.test", 15, QUOTH_ANSWER_NODATA, 300);
    put("b.test", 15, QUOTH_ANSWER_SERVFAIL, 300);
    in.flags = QUOTH_ROUTE_ALIAS; /* an alias of what does not exist has nothing, either */
    put("c.test", 15, QUOTH_ANSWER_NXDOMAIN, 300);
    CHECK_INT(get("a.test", 1), 0);
    CHECK_INT(get("b.test", 1), 0);
    CHECK_INT(get("c.test", 1), 1);
    CHECK_INT(get("x.c.test", 15), 0);
}

TEST(Q30)
{
    fresh(SLOTS);
    route_of_mx();
    put("a.test", 15, QUOTH_ANSWER_DATA, 300);
    CHECK_INT(get("a.test", 15), 1);
    CHECK_INT(out.n, 2);
    CHECK_INT(out.ip_n, 0);
    CHECK(out.host[0].ip == 0 && out.host[1].ip == 0);
    CHECK(out.host[1].pref == 20 && out.used == 18);
    CHECK_INT(get("mx2.test", 1), 0);
}

/* An address answer leaves the hosts of the route it is written to. */
TEST(Q30_one_route)
{
    struct quoth_name n = name_of("mx1.test");
    fresh(SLOTS);
    route_of_a();
    put("mx1.test", 1, QUOTH_ANSWER_DATA, 300);
    route_of_mx();
    CHECK_INT(quoth_cache_get(&cache, &n, 1, now, &in), 1);
    CHECK_INT(in.n, 2);
    CHECK_STR(quoth_mx_name(&in, 1), "mx2.test");
    CHECK(in.ip_n == 2 && in.ip[1].b[3] == 2 && in.host[0].ip == 0 && in.host[1].ip == 0);
}

/* Not by hash alone: in a cache of one slot all names collide, and none is mistaken. C06. */
TEST(H07_one_slot)
{
    fresh(1);
    route_of_a();
    put("a.test", 1, QUOTH_ANSWER_DATA, 300);
    CHECK_INT(get("a.test", 1), 1);
    CHECK_INT(get("b.test", 1), 0); /* takes the place */
    CHECK_INT(get("b.test", 1), QUOTH_AGAIN);
    CHECK_INT(get("c.test", 1), 0); /* no place: asked all the same, and not marked */
    CHECK_INT(get("c.test", 1), 0);
    put("c.test", 1, QUOTH_ANSWER_DATA, 300); /* who waits for b keeps waiting */
    CHECK_INT(get("b.test", 1), QUOTH_AGAIN);
    put("b.test", 1, QUOTH_ANSWER_DATA, 300);
    CHECK_INT(get("b.test", 1), 1);
    fresh(1);
    put("a.test", 1, QUOTH_ANSWER_NXDOMAIN, 300);
    CHECK_INT(get("x.b.test", 1), 0);
}

/* A name has few places to live in: where all wait for answers it is asked and not marked, free
 * slots or not. */
TEST(H07_window)
{
    unsigned marked = 0;
    char name[40];
    fresh(SLOTS);
    for (int again = 0; again < 2; again++)
        for (unsigned i = 0; i < SLOTS; i++) {
            snprintf(name, sizeof name, "w%u.test", i);
            int rc = get(name, 1);
            CHECK(rc == 0 || (again && rc == QUOTH_AGAIN));
            marked += rc == QUOTH_AGAIN;
        }
    CHECK(marked >= SLOTS * 3 / 4 && marked < SLOTS);
    for (size_t i = 0; i < SLOTS; i++) { /* eight places a name, the first is its hash's */
        const struct quoth_name *n = &slots[i].name;
        size_t first = (size_t)quoth_hash(cache.k0, cache.k1, n->b, n->n) % SLOTS;
        CHECK(!slots[i].until || (i + SLOTS - first) % SLOTS < 8);
    }
}

/* Which of its slots a name gets: the first that is free, or the first that is over soonest;
 * one that waits for an answer is nobody's. In caches of any size, beside a plain model. */
TEST(H07_place)
{
    uint64_t until[SLOTS];
    unsigned taken = 0;

    for (size_t n = 1; n < 24; n++) {
        fresh(n);
        route_of_a();
        memset(until, 0, sizeof until);
        for (unsigned i = 0; i < 200; i++) {
            char name[40];
            struct quoth_name wire;
            size_t first, best = n;
            snprintf(name, sizeof name, "n%u-%u.test", (unsigned)n, i);
            wire = name_of(name);
            first = (size_t)quoth_hash(cache.k0, cache.k1, wire.b, wire.n) % n;
            for (size_t k = 0; k < 8 && k < n; k++) {
                const size_t at = (first + k) % n;
                if (!(slots[at].until > now && slots[at].asked) &&
                    (best == n || until[at] < until[best]))
                    best = at;
            }
            CHECK_INT(get(name, 1), 0);
            if (best == n)
                continue;
            taken++;
            CHECK(slots[best].until > now && slots[best].asked == 1 &&
                  slots[best].name.n == wire.n && !memcmp(slots[best].name.b, wire.b, wire.n));
            if (i % 5)
                put(name, 1, QUOTH_ANSWER_DATA, 300 + i * 7 % 5);
            until[best] = slots[best].until;
            now += i % 9 == 0 ? 70000 : 0; /* who was asked has not answered */
        }
    }
    CHECK(taken > 2000);
}

/* 100,000 names in 64 slots: bounded memory, and no name costs more than another. */
TEST(H07)
{
    clock_t t = clock();
    unsigned hits = 0;
    fresh(SLOTS);
    route_of_a();
    for (unsigned i = 0; i < 100000; i++) {
        char name[40];
        snprintf(name, sizeof name, "x%u.test", i);
        CHECK_INT(get(name, 1), 0);
        put(name, 1, QUOTH_ANSWER_DATA, 300 + i % 7);
        hits += get(name, 1) == 1;
    }
    CHECK_INT(hits, 100000);
    CHECK((clock() - t) / CLOCKS_PER_SEC < 10);
}

/* Half full, everything is found; where a name lives depends on the seed. */
TEST(H07_seeded_sets)
{
    static const uint8_t seeds[2][16] = {{1}, {2}};
    struct quoth_setcache a, b;
    char buf[100];
    quoth_setcache_init(&a, buf, sizeof buf, seeds[0]);
    quoth_setcache_init(&b, buf, sizeof buf, seeds[1]);
    CHECK(a.k0 != b.k0 && a.k1 != b.k1);
}

TEST(H07_seeded)
{
    static const uint8_t seeds[2][16] = {{1}, {2}};
    unsigned same = 0;
    size_t at[2][32];
    route_of_a();
    for (int s = 0; s < 2; s++) {
        quoth_cache_init(&cache, slots, SLOTS, seeds[s]);
        for (unsigned i = 0; i < 32; i++) {
            char name[40];
            snprintf(name, sizeof name, "n%u.test", i);
            put(name, 1, QUOTH_ANSWER_DATA, 300);
            CHECK_INT(get(name, 1), 1);
            struct quoth_name n = name_of(name);
            for (size_t k = 0; k < SLOTS; k++)
                if (slots[k].until > now && slots[k].name.n == n.n &&
                    !memcmp(slots[k].name.b, n.b, n.n))
                    at[s][i] = k;
        }
        for (unsigned i = 0; i < 32; i++) {
            char name[40];
            snprintf(name, sizeof name, "n%u.test", i);
            CHECK_INT(get(name, 1), 1);
        }
    }
    for (unsigned i = 0; i < 32; i++)
        same += at[0][i] == at[1][i];
    CHECK(same < 8);
}

/* New name servers: nothing of the old is left. */
TEST(R06)
{
    fresh(SLOTS);
    route_of_a();
    char name[] = "a.test";
    for (int again = 0; again < 2; again++) {
        for (name[0] = 'a'; name[0] <= 'z'; name[0]++) {
            CHECK_INT(get(name, 1), 0);
            put(name, 1, QUOTH_ANSWER_DATA, 300);
        }
        fresh(SLOTS);
    }
    memset(slots, 0, sizeof slots);
    fresh(1);
    put("a.test", 1, QUOTH_ANSWER_DATA, 300);
    CHECK_INT(get("a.test", 1), 1);
    fresh(1);
    CHECK_INT(get("a.test", 1), 0);
}

/* ---- record sets -------------------------------------------------------- */

static struct quoth_setcache sets;
static struct quoth_rrset set_in, set_out;
static uint8_t *sets_buf;
static uint8_t set_bytes[4][300];

static void sets_fresh(size_t cap)
{
    static const uint8_t seed[16] = {3, 1, 4};

    free(sets_buf);
    sets_buf = malloc(cap ? cap : 1);
    if (!sets_buf)
        abort();
    quoth_setcache_init(&sets, sets_buf, cap, seed);
}

/* A set of one record of n bytes, each `v`. */
static void set_of(uint8_t v, size_t n)
{
    set_in = (struct quoth_rrset) {.buf = set_bytes[0], .cap = 300, .n = 1, .ttl = 300};
    set_in.used = (uint16_t)(n + 2);
    set_in.answer = QUOTH_ANSWER_DATA;
    memset(set_bytes[0], v, sizeof set_bytes[0]);
    set_bytes[0][0] = (uint8_t)(n >> 8);
    set_bytes[0][1] = (uint8_t)n;
}

static int set_get(const char *name, uint16_t type, uint16_t options, const char *match)
{
    struct quoth_name n = name_of(name);
    struct quoth_question question = {&n, type, options};

    memset(&set_out, 0xee, sizeof set_out);
    memset(set_bytes[1], 0xee, sizeof set_bytes[1]);
    set_out.buf = set_bytes[1];
    set_out.cap = sizeof set_bytes[1];
    set_out.match = match;
    return quoth_setcache_get(&sets, &question, now, &set_out);
}

static void set_put(const char *name, uint16_t type, uint16_t options, const char *match)
{
    struct quoth_name n = name_of(name);
    struct quoth_question question = {&n, type, options};

    set_in.match = match;
    quoth_setcache_put(&sets, &question, &set_in, now);
}

TEST(Q12_set)
{
    sets_fresh(4096);
    CHECK_INT(set_get("a.test", 16, 0, "v=spf1"), 0);
    CHECK_INT(set_get("a.test", 16, 0, "v=spf1"), QUOTH_AGAIN);
    set_of(7, 20);
    set_in.others = 3;
    set_in.ede = 4;
    set_in.bytes = 5;
    set_in.flags = QUOTH_SET_AD | QUOTH_SET_ALIAS;
    set_put("a.test", 16, 0, "v=spf1");
    now += 1500;
    CHECK_INT(set_get("A.test", 16, 0, "v=spf1"), 1);
    CHECK(set_out.n == 1 && set_out.used == 22 && !memcmp(set_bytes[0], set_bytes[1], 22));
    CHECK(set_out.others == 3 && set_out.ede == 4 && set_out.flags == set_in.flags);
    CHECK_INT(set_out.bytes, 5);
    CHECK_INT(set_out.ttl, 299);
    CHECK_INT(set_out.answer, QUOTH_ANSWER_DATA);
    CHECK_STR(set_out.match, "v=spf1");
    CHECK(set_out.buf == set_bytes[1] && set_bytes[1][22] == 0xee);
    now += 298500 - 1;
    CHECK_INT(set_get("a.test", 16, 0, "v=spf1"), 1);
    CHECK_INT(set_out.ttl, 1);
    now++;
    CHECK_INT(set_get("a.test", 16, 0, "v=spf1"), 0);
    now += 60000; /* who asked does not come back */
    CHECK_INT(set_get("a.test", 16, 0, "v=spf1"), 0);
}

/* Only the very same question finds it. */
TEST(Q12_set_key)
{
    sets_fresh(4096);
    set_of(7, 20);
    set_put("a.test", 16, QUOTH_ASK_AD, "v=spf1");
    CHECK_INT(set_get("b.test", 16, QUOTH_ASK_AD, "v=spf1"), 0);
    CHECK_INT(set_get("a.test", 12, QUOTH_ASK_AD, "v=spf1"), 0);
    CHECK_INT(set_get("a.test", 16, 0, "v=spf1"), 0);
    CHECK_INT(set_get("a.test", 16, QUOTH_ASK_CD, "v=spf1"), 0);
    CHECK_INT(set_get("a.test", 16, QUOTH_ASK_AD, "v=spf"), 0);
    CHECK_INT(set_get("a.test", 16, QUOTH_ASK_AD, NULL), 0);
    CHECK_INT(set_get("a.test", 16, QUOTH_ASK_AD, "v=spf1"), 1);
}

/* What is over is not found, and what lies behind it is not taken for it. */
TEST(Q12_set_over)
{
    sets_fresh(4096);
    set_of(7, 20);
    set_in.ttl = 1;
    set_put("a.test", 16, 0, NULL);
    set_of(8, 30);
    set_put("b.test", 16, 0, NULL);
    now += 1000;
    CHECK_INT(set_get("a.test", 16, 0, NULL), 0);
    CHECK_INT(set_get("b.test", 16, 0, NULL), 1);
    CHECK(set_out.used == 32 && set_bytes[1][2] == 8);
}

/* Failures and negative answers as for routes; TTL 0, nothing known and what was cut not at all. */
TEST(Q25_set)
{
    static const struct {
        enum quoth_answer answer;
        uint32_t ttl, kept;
    } t[] = {
        {QUOTH_ANSWER_DATA, 0x7fffffff, 86400},
        {QUOTH_ANSWER_DATA, 0, 0},
        {QUOTH_ANSWER_NODATA, 99999, 10800},
        {QUOTH_ANSWER_NXDOMAIN, 60, 60},
        {QUOTH_ANSWER_SERVFAIL, 0, 1},
        {QUOTH_ANSWER_TIMEOUT, 9999, 300},
        {QUOTH_ANSWER_NONE, 300, 0},
    };

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        sets_fresh(4096);
        CHECK_INT(set_get("a.test", 16, 0, NULL), 0);
        set_of(7, 20);
        set_in.answer = (uint8_t)t[i].answer;
        set_in.ttl = t[i].ttl;
        set_put("a.test", 16, 0, NULL);
        CHECK_INT(set_get("a.test", 16, 0, NULL), t[i].kept != 0);
        CHECK(t[i].kept == 0 || set_out.ttl == t[i].kept);
    }
    sets_fresh(4096);
    set_of(7, 20);
    set_put("a.test", 16, 0, NULL);
    set_in.flags = QUOTH_SET_CUT;
    set_put("a.test", 16, 0, NULL); /* and what was known before is gone */
    CHECK_INT(set_get("a.test", 16, 0, NULL), 0);
}

/* A buffer that is too small asks for itself. */
TEST(D32_set)
{
    struct quoth_name n = name_of("a.test");
    struct quoth_question question = {&n, 16, 0};

    sets_fresh(4096);
    set_of(7, 20);
    set_put("a.test", 16, 0, NULL);
    for (uint16_t cap = 21; cap <= 22; cap++) {
        set_out = (struct quoth_rrset) {.buf = set_bytes[1], .cap = cap};
        CHECK_INT(quoth_setcache_get(&sets, &question, now, &set_out), cap == 22);
    }
}

/* The oldest make room; whatever is said to be known is what was put; nothing leaves the buffer. */
TEST(H07_sets)
{
    static uint8_t version[50];
    unsigned known = 0, lost = 0, dice = 1;

    for (size_t cap = 0; cap <= 2000; cap += 173) {
        sets_fresh(cap);
        memset(version, 0, sizeof version);
        for (int i = 0; i < 2000; i++) {
            char name[16];
            unsigned k;
            dice = dice * 1103515245u + 12345u;
            k = dice >> 16 & 31;
            snprintf(name, sizeof name, "n%u.test", k);
            now += 700;
            if (dice >> 28 & 1) {
                version[k]++;
                set_of(version[k], 8 * (k + 1));
                set_put(name, 16, 0, NULL);
                CHECK_INT(set_get(name, 16, 0, NULL), sets.cap >= 32 + 2 + 8 * (k + 1));
            } else if (set_get(name, 16, 0, NULL) == 1) {
                known++;
                CHECK(set_out.used == 8 * (k + 1) + 2 && set_bytes[1][2] == version[k]);
            } else {
                lost++;
            }
            CHECK(sets.used <= sets.cap);
        }
    }
    CHECK(known > 500 && lost > 500);
}

/* Room for exactly two: both stay; what is over gives way before what is oldest. */
TEST(H07_sets_full)
{
    for (size_t less = 0; less < 2; less++) { /* one that takes all there is */
        sets_fresh(32 + 2 + 8 - less);
        set_of(1, 8);
        set_put("a.test", 16, 0, NULL);
        CHECK_INT(set_get("a.test", 16, 0, NULL), less == 0);
    }
    for (size_t less = 0; less < 2; less++) {
        sets_fresh(2 * (32 + 2 + 8) - less);
        set_of(1, 8);
        set_put("a.test", 16, 0, NULL);
        set_in.ttl = 1;
        set_put("b.test", 16, 0, NULL);
        CHECK_INT(set_get("a.test", 16, 0, NULL), less == 0);
        CHECK_INT(set_get("b.test", 16, 0, NULL), 1);
    }
    sets_fresh(2 * (32 + 2 + 8));
    set_of(1, 8);
    set_put("a.test", 16, 0, NULL);
    set_in.ttl = 1;
    set_put("b.test", 16, 0, NULL);
    now += 1000;
    set_in.ttl = 300;
    set_put("c.test", 16, 0, NULL);
    CHECK_INT(set_get("a.test", 16, 0, NULL), 1);
    CHECK_INT(set_get("c.test", 16, 0, NULL), 1);
}

/* An answer without a record is an answer; and no memory is too large to be told of. */
TEST(Q25_set_empty)
{
    static const uint8_t seed[16] = {3, 1, 4};

    sets_fresh(4096);
    set_of(0, 0);
    set_in.used = set_in.n = 0;
    set_in.answer = QUOTH_ANSWER_NODATA;
    set_put("a.test", 16, 0, NULL);
    CHECK_INT(set_get("a.test", 16, 0, NULL), 1);
    CHECK_INT(set_out.answer, QUOTH_ANSWER_NODATA);
    CHECK(set_out.n == 0 && set_out.used == 0 && set_bytes[1][0] == 0xee);
    quoth_setcache_init(&sets, sets_buf, SIZE_MAX, seed);
    CHECK(sets.cap == UINT32_MAX);
}

/* Keys come from the seed alone, whatever lay there before, and there are two of them. */
TEST(H07_keys)
{
    static const uint8_t seed[16] = {9, 1};
    struct quoth_random rnd;
    uint64_t k0, k1;

    quoth_random_seed(&rnd, seed);
    k0 = quoth_random_next(&rnd);
    k1 = quoth_random_next(&rnd);
    CHECK(k0 != k1);
    for (int fill = 0; fill < 256; fill += 85) {
        struct quoth_cache_slot slot[3];
        struct quoth_cache names;
        struct quoth_setcache cached;
        memset(slot, fill, sizeof slot);
        memset(&names, fill, sizeof names);
        memset(&cached, fill, sizeof cached);
        quoth_cache_init(&names, slot, 3, seed);
        CHECK(names.k0 == k0 && names.k1 == k1 && names.slot == slot && names.n == 3);
        CHECK(!slot[0].until && !slot[1].until && !slot[2].until);
        quoth_setcache_init(&cached, slot, sizeof slot, seed);
        CHECK(cached.k0 == k0 && cached.k1 == k1 && !cached.used && cached.cap == sizeof slot);
    }
}

int main(void)
{
    RUN(H07_keys);
    RUN(Q12);
    RUN(Q12_lost);
    RUN(Q23);
    RUN(Q23_only_nxdomain);
    RUN(Q24);
    RUN(Q25);
    RUN(Q26);
    RUN(Q30);
    RUN(Q30_one_route);
    RUN(Z_ttl);
    RUN(H07);
    RUN(H07_one_slot);
    RUN(H07_window);
    RUN(H07_place);
    RUN(H07_seeded);
    RUN(H07_seeded_sets);
    RUN(R06);
    RUN(Q12_set);
    RUN(Q12_set_key);
    RUN(Q12_set_over);
    RUN(Q25_set);
    RUN(Q25_set_empty);
    RUN(D32_set);
    RUN(H07_sets);
    RUN(H07_sets_full);
    free(sets_buf);
    return report("cache");
}
