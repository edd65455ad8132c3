/* answers_test.c - the cache of answers across runs: how long what is kept, what is never kept, and
 * what a crash leaves.
 *
 * time() is replaced (-Wl,--wrap=time).
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "test.h"
#include "answers.h"

enum { HOUR = 3600, DAY = 86400 };
static time_t clock_s = 1700000000;
time_t __wrap_time(time_t *t);
time_t __wrap_time(time_t *t)
{
    if (t)
        *t = clock_s;
    return clock_s;
}

static char path[64];
static struct quoth_conf conf;
static struct answers *cache;
static const char *why;

static void open_for(uint32_t rows) { CHECK_INT(answers_open(&cache, path, &conf, rows, &why), 0); }
static void shut(void) { CHECK_INT(answers_close(cache), 0); }
static void fresh(void)
{
    snprintf(path, sizeof path, P_tmpdir "/quoth-cache-XXXXXX");
    close(mkstemp(path));
    memset(&conf, 0, sizeof conf);
    clock_s = 1700000000;
}

static struct quoth_evidence evidence(const char *address)
{
    struct quoth_evidence e;
    memset(&e, 0, sizeof e);
    quoth_addr_parse(&e.addr, address, strlen(address));
    if (!e.addr.fault)
        quoth_addr_domain(&e.addr, e.domain, sizeof e.domain);
    return e;
}

static void put(const char *address, enum quoth_verdict verdict, enum quoth_reason reason)
{
    struct quoth_evidence e = evidence(address);
    struct app_result a = {
        .ev = &e, .verdict = verdict, .reading = {.reason = reason}, .host = "mx.example.org"};
    e.peer.ip = (struct quoth_ip) {4, {192, 0, 2, 1}};
    a.reading.says =
        reason == QUOTH_REASON_USER_UNKNOWN ? QUOTH_SAYS_NOT_EXISTS : QUOTH_SAYS_EXISTS;
    e.phase = QUOTH_PHASE_RCPT;
    e.said.code = 550;
    e.said.esc[0] = 5;
    e.said.esc[1] = 1;
    e.said.esc[2] = 999;
    e.decoy_code = 451;
    e.decoy_reason = QUOTH_REASON_GREYLISTED;
    e.flags = QUOTH_EVID_NOT_BEST;
    e.mx = QUOTH_MX_HOSTS;
    answers_put(cache, &a);
}

static struct app_result got;
static struct quoth_evidence found;
static int get(const char *address, enum answers_age old)
{
    memset(&got, 0, sizeof got);
    found = evidence(address);
    return answers_get(cache, &found, &got, old);
}

TEST(G07_positive)
{
    fresh();
    open_for(10);
    put("jane@example.org", QUOTH_VERDICT_DELIVERABLE, QUOTH_REASON_ACCEPTED);
    put("any@example.net", QUOTH_VERDICT_RISKY, QUOTH_REASON_CATCH_ALL);
    clock_s += 7 * DAY - 1;
    CHECK_INT(get("jane@example.org", ANSWERS_FRESH), 1);
    CHECK_INT(got.age, 7 * DAY - 1);
    CHECK_INT(got.cached, 1);
    CHECK_INT(get("any@example.net", ANSWERS_FRESH), 1);
    CHECK_INT(got.reading.reason, QUOTH_REASON_CATCH_ALL);
    clock_s++;
    CHECK_INT(get("jane@example.org", ANSWERS_FRESH), 0);
    CHECK_INT(get("jane@example.org", ANSWERS_KEPT), 0);
    CHECK_INT(get("any@example.net", ANSWERS_FRESH), 0);
    shut();
    unlink(path);
}

TEST(G07_negative)
{
    fresh();
    open_for(10);
    put("nobody@example.org", QUOTH_VERDICT_UNDELIVERABLE, QUOTH_REASON_USER_UNKNOWN);
    put("full@example.org", QUOTH_VERDICT_RISKY, QUOTH_REASON_MAILBOX_FULL);
    clock_s += 3 * HOUR - 1;
    CHECK_INT(get("nobody@example.org", ANSWERS_FRESH), 1);
    CHECK_INT(get("full@example.org", ANSWERS_FRESH), 1);
    clock_s++;
    CHECK_INT(get("nobody@example.org", ANSWERS_FRESH), 0); /* to be asked again, */
    CHECK_INT(get("nobody@example.org", ANSWERS_KEPT), 1);  /* but better than an unknown */
    CHECK_INT(get("full@example.org", ANSWERS_FRESH), 0);
    clock_s += 3 * DAY - 3 * HOUR - 1;
    CHECK_INT(get("nobody@example.org", ANSWERS_KEPT), 1);
    clock_s++;
    CHECK_INT(get("nobody@example.org", ANSWERS_KEPT), 0);
    clock_s -= 4 * DAY; /* learnt in the future: no */
    CHECK_INT(get("nobody@example.org", ANSWERS_KEPT), 0);
    shut();
    unlink(path);
}

static char mx[] = "mx.example.org"; /* whose door, and its last octet */
static uint8_t octet = 1;

static void learn(const char *domain, uint16_t code, enum quoth_reason reason, int asked, int flags)
{
    struct app_result a = {.host = mx};
    struct quoth_evidence e;
    memset(&e, 0, sizeof e);
    snprintf(e.domain, sizeof e.domain, "%s", domain);
    e.decoy_code = code;
    e.decoy_reason = (uint8_t)reason;
    e.asked_decoy = (uint8_t)asked;
    e.flags = (uint8_t)flags;
    e.peer.ip = (struct quoth_ip) {4, {192, 0, 2, octet}};
    a.ev = &e;
    answers_learn(cache, &a);
}

static unsigned decoy(const char *domain)
{
    uint16_t code = 0;
    uint8_t reason = 0;
    struct answers_door door = {domain, mx, {4, {192, 0, 2, octet}}};
    return answers_decoy(cache, &door, &code, &reason) ? code * 100u + reason : 0;
}

/* A domain's decoy: a catch-all for 7 days, a refusal for 3 hours; nothing else, and nothing twice
 * removed. */
TEST(G07_decoy)
{
    fresh();
    open_for(10);
    learn("all.example.org", 250, QUOTH_REASON_ACCEPTED, 1, 0);
    learn("no.example.org", 550, QUOTH_REASON_USER_UNKNOWN, 1, 0);
    learn("grey.example.org", 451, QUOTH_REASON_GREYLISTED, 1, 0);
    learn("cached.example.org", 250, QUOTH_REASON_ACCEPTED, 0, 0);
    learn("backup.example.org", 250, QUOTH_REASON_ACCEPTED, 1, QUOTH_EVID_NOT_BEST);
    learn("none.example.org", 0, QUOTH_REASON_NONE, 1, 0);
    CHECK_INT(decoy("grey.example.org") + decoy("cached.example.org") +
                  decoy("backup.example.org") + decoy("none.example.org"),
              0);
    CHECK_INT(get("all.example.org", ANSWERS_KEPT) + get("@all.example.org", ANSWERS_KEPT), 0);
    clock_s += 3 * HOUR - 1;
    CHECK_INT(decoy("no.example.org"), 55000 + QUOTH_REASON_USER_UNKNOWN);
    learn("no.example.org", 550, QUOTH_REASON_USER_UNKNOWN, 0,
          0); /* from here: no younger for it */
    clock_s++;
    CHECK_INT(decoy("no.example.org"), 0);
    clock_s += 7 * DAY - 3 * HOUR - 1;
    CHECK_INT(decoy("all.example.org"), 25000 + QUOTH_REASON_ACCEPTED);
    shut();
    open_for(5000); /* a larger table takes it along */
    CHECK_INT(decoy("all.example.org"), 25000 + QUOTH_REASON_ACCEPTED);
    clock_s++;
    CHECK_INT(decoy("all.example.org"), 0);
    shut();
    unlink(path);
}

/* A decoy that one exchanger refused says nothing of another: not of one of another name at the
 * same address, nor at another address of the same name, nor of how another sender is met. */
TEST(X12_another_exchanger)
{
    fresh();
    conf.smtp.from = "me@example.org";
    open_for(10);
    learn("two.example.org", 550, QUOTH_REASON_USER_UNKNOWN, 1, 0);
    CHECK_INT(decoy("two.example.org"), 55000 + QUOTH_REASON_USER_UNKNOWN);
    octet = 2;
    CHECK_INT(decoy("two.example.org"), 0);
    learn("two.example.org", 250, QUOTH_REASON_ACCEPTED, 1, 0);
    CHECK_INT(decoy("two.example.org"), 25000 + QUOTH_REASON_ACCEPTED);
    octet = 1;
    CHECK_INT(decoy("two.example.org"), 55000 + QUOTH_REASON_USER_UNKNOWN);
    mx[1] = 'y';
    CHECK_INT(decoy("two.example.org"), 0);
    mx[1] = 'x';
    shut();
    for (int i = 0; i < 4; i++) {
        conf.smtp.from = i == 0 ? "you@example.org" : "me@example.org";
        conf.smtp.helo = i == 1 ? "other.example.org" : NULL;
        conf.smtp.tls = i == 2 ? QUOTH_TLS_NEVER : QUOTH_TLS_TRY;
        conf.family = i == 3 ? QUOTH_FAMILY_V6 : QUOTH_FAMILY_ANY;
        open_for(10);
        CHECK_INT(decoy("two.example.org"), 0);
        shut();
    }
    unlink(path);
}

TEST(P16_refuted)
{
    fresh();
    open_for(10);
    learn("all.example.org", 250, QUOTH_REASON_ACCEPTED, 1, 0);
    put("full@all.example.org", QUOTH_VERDICT_RISKY, QUOTH_REASON_MAILBOX_FULL);
    CHECK_INT(decoy("all.example.org"), 25000 + QUOTH_REASON_ACCEPTED);
    put("nobody@all.example.org", QUOTH_VERDICT_UNDELIVERABLE, QUOTH_REASON_USER_UNKNOWN);
    CHECK_INT(decoy("all.example.org"), 0);
    CHECK_INT(get("nobody@all.example.org", ANSWERS_FRESH), 1);
    shut();
    unlink(path);
}

TEST(G07_never)
{
    fresh();
    open_for(10);
    put("jane@example.org", QUOTH_VERDICT_UNKNOWN, QUOTH_REASON_GREYLISTED);
    put("jane@", QUOTH_VERDICT_UNDELIVERABLE, QUOTH_REASON_SYNTAX);
    CHECK_INT(get("jane@example.org", ANSWERS_KEPT), 0);
    CHECK_INT(get("jane@", ANSWERS_KEPT), 0);
    put("jane@example.org", QUOTH_VERDICT_DELIVERABLE, QUOTH_REASON_ACCEPTED);
    put("jane@example.org", QUOTH_VERDICT_UNKNOWN, QUOTH_REASON_TIMEOUT);
    CHECK_INT(get("jane@example.org", ANSWERS_FRESH), 1);
    CHECK_INT(got.verdict, QUOTH_VERDICT_DELIVERABLE);
    shut();
    unlink(path);
}

TEST(G07_facts)
{
    fresh();
    open_for(10);
    put("jane@b\xc3\xbc"
        "cher.example",
        QUOTH_VERDICT_RISKY, QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED);
    shut();
    open_for(10);
    CHECK_INT(get("jane@XN--BCHER-KVA.example", ANSWERS_FRESH), 1);
    CHECK_INT(got.verdict, QUOTH_VERDICT_RISKY);
    CHECK_INT(got.reading.reason, QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED);
    CHECK_INT(got.reading.says, QUOTH_SAYS_EXISTS);
    CHECK_INT(found.said.code, 550);
    CHECK(found.said.esc[0] == 5 && found.said.esc[1] == 1 && found.said.esc[2] == 999);
    CHECK_INT(found.phase, QUOTH_PHASE_RCPT);
    CHECK_INT(found.flags, QUOTH_EVID_NOT_BEST);
    CHECK_INT(found.mx, QUOTH_MX_HOSTS);
    CHECK_INT(found.decoy_code, 451);
    CHECK_INT(found.decoy_reason, QUOTH_REASON_GREYLISTED);
    CHECK_INT(found.asked_decoy, 1);
    CHECK_INT(get("Jane@xn--bcher-kva.example", ANSWERS_FRESH),
              0); /* a local part's case is its own */
    shut();
    conf.depth = QUOTH_DEPTH_DNS; /* another question, another answer */
    open_for(10);
    CHECK_INT(get("jane@xn--bcher-kva.example", ANSWERS_FRESH), 0);
    shut();
    conf.depth = QUOTH_DEPTH_SMTP;
    conf.server = "192.0.2.1";
    open_for(10);
    CHECK_INT(get("jane@xn--bcher-kva.example", ANSWERS_FRESH), 0);
    shut();
    unlink(path);
}

/* No address, no part of one, and nobody else may read it. */
TEST(O07)
{
    struct stat st;
    char *all;
    FILE *f;
    fresh();
    unlink(path);
    open_for(10);
    put("jane@example.org", QUOTH_VERDICT_DELIVERABLE, QUOTH_REASON_ACCEPTED);
    shut();
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    all = malloc((size_t)st.st_size);
    f = fopen(path, "r");
    CHECK(f && fread(all, 1, (size_t)st.st_size, f) == (size_t)st.st_size);
    fclose(f);
    CHECK(memmem(all, (size_t)st.st_size, "jane", 4) == NULL);
    CHECK(memmem(all, (size_t)st.st_size, "example", 7) == NULL);
    free(all);
    unlink(path);
}

/* It grows with the list, and keeps what is in it. */
TEST(E14_grows)
{
    enum { FIRST = 300, SECOND = 50000 };
    struct stat small, large;
    char text[40];
    int missing = 0;
    fresh();
    open_for(FIRST);
    for (int i = 0; i < FIRST; i++) {
        sprintf(text, "user%d@example.org", i);
        put(text, i % 2 ? QUOTH_VERDICT_DELIVERABLE : QUOTH_VERDICT_UNDELIVERABLE,
            QUOTH_REASON_ACCEPTED);
    }
    shut();
    stat(path, &small);
    clock_s += 4 * DAY; /* the negatives are gone by then */
    open_for(SECOND);
    for (int i = 0; i < FIRST; i++) {
        sprintf(text, "user%d@example.org", i);
        missing += get(text, 1) != i % 2;
    }
    CHECK_INT(missing, 0);
    for (int i = 0; i < SECOND; i++) {
        sprintf(text, "other%d@example.net", i);
        put(text, QUOTH_VERDICT_DELIVERABLE, QUOTH_REASON_ACCEPTED);
    }
    for (int i = 0; i < SECOND; i++) {
        sprintf(text, "other%d@example.net", i);
        missing += !get(text, 0);
    }
    CHECK(missing * 100 < SECOND); /* a full bucket loses its oldest */
    shut();
    stat(path, &large);
    CHECK(large.st_size > small.st_size);
    CHECK(large.st_size <= 512 + 2 * 2 * 32 * (SECOND + FIRST));
    open_for(1);
    CHECK_INT(get("user1@example.org", ANSWERS_FRESH), 1);
    shut();
    unlink(path);
}

/* Whatever bytes a crash has left: an answer is the one that was put, or there is none. */
TEST(E14_damage)
{
    unsigned seed = 7, wrong = 0, left = 0;
    for (int round = 0; round < 200; round++) {
        struct stat st;
        FILE *f;
        char text[40];
        fresh();
        open_for(20);
        for (int i = 0; i < 20; i++) {
            sprintf(text, "user%d@example.org", i);
            put(text, QUOTH_VERDICT_DELIVERABLE, QUOTH_REASON_ACCEPTED);
        }
        shut();
        stat(path, &st);
        f = fopen(path, "r+");
        for (int i = 0; i < 3000; i++) {
            seed = seed * 1103515245 + 12345;
            fseek(f, 512 + (long)(seed >> 8) % (st.st_size - 512), SEEK_SET);
            putc((int)(seed >> 16 & 0xff), f);
        }
        fclose(f);
        open_for(20);
        for (int i = 0; i < 20; i++) {
            sprintf(text, "user%d@example.org", i);
            if (!get(text, 0))
                continue;
            left++;
            wrong += got.verdict != QUOTH_VERDICT_DELIVERABLE ||
                     got.reading.reason != QUOTH_REASON_ACCEPTED || found.said.code != 550;
        }
        shut();
        unlink(path);
    }
    CHECK_INT(wrong, 0);
    CHECK(left > 0 && left < 200 * 20);
}

TEST(E14_head)
{
    FILE *f;
    fresh();
    f = fopen(path, "w");
    fputs(
        "somebody's letter, and no cache at all, but long enough to be taken for one by its length",
        f);
    fclose(f);
    CHECK_INT(answers_open(&cache, path, &conf, 1, &why), QUOTH_EINVAL); /* it is not overwritten */
    f = fopen(path, "r");
    CHECK_INT(getc(f), 's');
    fclose(f);
    unlink(path);
}

/* Two runs at once share one file. */
TEST(E14_shared)
{
    struct answers *other;
    fresh();
    open_for(10);
    CHECK_INT(answers_open(&other, path, &conf, 1000000, &why),
              0); /* does not grow it under the first */
    put("jane@example.org", QUOTH_VERDICT_DELIVERABLE, QUOTH_REASON_ACCEPTED);
    struct answers *mine = cache;
    cache = other;
    CHECK_INT(get("jane@example.org", ANSWERS_FRESH), 1);
    cache = mine;
    CHECK_INT(answers_close(other), 0);
    shut();
    unlink(path);
}

int main(void)
{
    RUN(G07_positive);
    RUN(G07_negative);
    RUN(G07_decoy);
    RUN(X12_another_exchanger);
    RUN(P16_refuted);
    RUN(G07_never);
    RUN(G07_facts);
    RUN(O07);
    RUN(E14_grows);
    RUN(E14_damage);
    RUN(E14_head);
    RUN(E14_shared);
    return report("answers");
}
