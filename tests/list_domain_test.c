/* list_domain_test.c - tests of port/list/list_domain.c: which domains of a
 * list are checked, when, and how long that counts. The clock, the loop and the
 * checks are this file's.
 *
 * SPDX-License-Identifier: MIT */
#include "health.h"
#include "list.h"
#include "loop.h"
#include "sock.h"
#include "test.h"
#include <errno.h>

enum { CHECKS = 32, FIRST = 100 };

/* ---- the world
 * ---------------------------------------------------------------- */

static uint64_t now;
static uint32_t descriptors = 65536;
static unsigned started, watched[CHECKS];
static struct quoth_facts facts; /* of whatever is over */
static char over[64];            /* a domain; "": none; "*": whichever */
static uint64_t deadline;        /* of whatever is not over */
static int start_says, random_says;
static int fetches, lacks;         /* lacks: there is no descriptor */
static unsigned links, link_fails; /* of TLS: held; the next ones that cannot be made */

static uint64_t world_now(void) { return now; }

static int world_random(void *buf, size_t n)
{
    memset(buf, 7, n);
    return random_says;
}

static void world_close(struct quoth_link *link) { link->fd = -1; }

const struct quoth_port quoth_loop_port = {.now = world_now};
const struct quoth_port quoth_sock_port_waits = {.close = world_close};
const struct quoth_port quoth_sock_port = {
    .now = world_now, .random = world_random, .close = world_close};

uint32_t quoth_loop_descriptors(void) { return descriptors; }

int quoth_loop_numbers(struct quoth_loop *p, uint32_t n, uint32_t *first)
{
    CHECK(n > 0 && n <= CHECKS);
    *first = FIRST;
    return QUOTH_OK;
}

int quoth_loop_watch(struct quoth_loop *p, int fd, uint32_t number, unsigned interest)
{
    CHECK(fd == 5 && number - FIRST < CHECKS);
    watched[number - FIRST] = interest;
    return QUOTH_OK;
}

void app_health_init(struct app_health_conf *health, const struct app_options *options,
                     const struct quoth_conf *conf, struct quoth_setcache *cache, int tls)
{
    CHECK(cache != NULL);
    fetches = tls;
}

int app_health_start(struct app_health *health, const struct app_health_conf *conf,
                     const char *domain, const struct quoth_port *port)
{
    memset(health, 0, sizeof *health);
    memcpy(health->d.facts.text, domain, strlen(domain) + 1);
    started += start_says == QUOTH_OK;
    return start_says;
}

void app_health_lend(struct app_health *health, void *buf, size_t cap) { CHECK(buf && cap); }

int app_health_step(struct app_health *health, struct quoth_wire *wire, struct quoth_want *want)
{
    CHECK_INT(wire->tls_link != NULL, fetches);
    if (!strcmp(over, "*") || !strcmp(over, health->d.facts.text)) {
        health->d.facts = facts;
        return 1;
    }
    CHECK(wire->port == &quoth_sock_port_waits);
    wire->link->fd = lacks ? -1 : 5;
    memset(want, 0, sizeof *want);
    want->deadline = deadline;
    return 0;
}

void quoth_wire_drop(struct quoth_wire *wire) { wire->port->close(wire->link); }

static struct quoth_tls_link *link_make(void *arg, const struct quoth_ip *ip)
{
    CHECK(!ip->len); /* or a session would stand for the certificate */
    if (link_fails && link_fails--)
        return NULL;
    links++;
    return arg;
}

static int link_drop(void *arg, struct quoth_tls_link *link)
{
    CHECK(arg == link);
    links--;
    return 0;
}

static const struct quoth_tls_filter filter;
static const struct quoth_batch_tls tls = {&filter, &now, link_make, link_drop};
static struct list_env env;
static struct list_domains *p;

/* A list of which nothing is known; `fine`: nothing is wrong with any domain.
 */
static void begin(const char *done)
{
    static struct quoth_resolver resolver;
    static struct quoth_conf conf;

    now = 1000000;
    deadline = now + 500;
    started = 0;
    start_says = random_says = 0;
    memset(watched, 0, sizeof watched);
    memset(&facts, 0, sizeof facts);
    facts.ttl = UINT32_MAX;
    snprintf(over, sizeof over, "%s", done);
    conf.resolver = &resolver;
    env.conf = &conf;
    CHECK_INT(list_domains_open(&p, &env, NULL), 0);
}

/* Rows that wait no longer, each once. */
static unsigned given(void)
{
    unsigned n = 0;
    uint32_t row, again;

    for (; list_domains_next(p, &row); n++) {
        CHECK(list_domains_next(p, &again) && again == row);
        list_domains_given(p);
    }
    return n;
}

/* All checks look again. */
static void turn(void)
{
    now = deadline;
    CHECK_INT(list_domains_turn(p, NULL, 0), 0);
}

static const struct app_result *told(const char *domain)
{
    static struct quoth_evidence ev;
    static struct app_result result;

    memset(&result, 0, sizeof result);
    snprintf(ev.domain, sizeof ev.domain, "%s", domain);
    result.ev = &ev;
    list_domains_tell(p, &result);
    return &result;
}

/* ---- how long it counts
 * --------------------------------------------------------- */

/* As long as the answer that lasts the shortest, but an hour at least and a day
 * at most. */
TEST(L15_ttl)
{
    static const struct {
        uint32_t ttl, counts;
    } rows[] = {{0, 3600},      {1, 3600},      {3599, 3600},   {3600, 3600},       {3601, 3601},
                {86399, 86399}, {86400, 86400}, {86401, 86400}, {UINT32_MAX, 86400}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin("*");
        facts.ttl = rows[i].ttl;
        CHECK_INT(list_domains_wait(p, "a.example", 1), LIST_DOMAIN_ASKED);
        CHECK_INT(given(), 1);
        now += 1000ull * rows[i].counts - 1;
        CHECK_INT(list_domains_wait(p, "a.example", 2), LIST_DOMAIN_KNOWN);
        CHECK_INT(started, 1);
        now++;
        CHECK_INT(list_domains_wait(p, "a.example", 2), LIST_DOMAIN_ASKED);
        CHECK_INT(started, 2);
        list_domains_close(p);
    }
}

/* What is no name to ask about is known at once, says nothing, and is not tried
 * again for a day. */
TEST(L15_no_name)
{
    begin("*");
    start_says = QUOTH_EPROTO;
    CHECK_INT(list_domains_wait(p, "192.0.2.1", 1), LIST_DOMAIN_KNOWN);
    CHECK(!told("192.0.2.1")->domain_grade);
    CHECK(!told("a.example")->domain_grade);
    start_says = QUOTH_OK;
    now += 86400000 - 1;
    CHECK_INT(list_domains_wait(p, "192.0.2.1", 1), LIST_DOMAIN_KNOWN);
    now++;
    CHECK_INT(list_domains_wait(p, "192.0.2.1", 1), LIST_DOMAIN_ASKED);
    CHECK_INT(list_domains_turn(p, NULL, 0), 0);
    list_domains_close(p);
}

/* Without random bytes nothing begins, and the list hears of it. */
TEST(L15_random)
{
    begin("*");
    start_says = QUOTH_ENORANDOM;
    CHECK_INT(list_domains_wait(p, "a.example", 1), LIST_DOMAIN_KNOWN);
    CHECK_INT(list_domains_turn(p, NULL, 0), -EIO);
    CHECK_INT(list_domains_turn(p, NULL, 0), -EIO);
    list_domains_close(p);
}

/* ---- how many at once
 * ------------------------------------------------------------ */

/* A sixteenth of the descriptors and one, but 32 at most. */
TEST(L15_checks)
{
    static const struct {
        uint32_t descriptors;
        unsigned checks;
    } rows[] = {{8, 1}, {15, 1}, {16, 2}, {495, 31}, {496, 32}, {65536, 32}};
    char domain[32];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        descriptors = rows[i].descriptors;
        begin("");
        for (unsigned k = 0; k < 2 * CHECKS; k++) {
            snprintf(domain, sizeof domain, "d%u.example", k);
            CHECK_INT(list_domains_wait(p, domain, k),
                      k < rows[i].checks ? LIST_DOMAIN_ASKED : LIST_DOMAIN_FULL);
        }
        CHECK_INT(started, rows[i].checks);
        CHECK_INT(list_domains_wait(p, "d0.example", 99), LIST_DOMAIN_ASKED); /* it waits as well */
        CHECK(list_domains_busy(p));
        CHECK_INT(given(), 0);
        strcpy(over, "*");
        turn();
        CHECK_INT(given(), rows[i].checks + 1);
        CHECK(!list_domains_busy(p));
        CHECK_INT(list_domains_due(p) == QUOTH_NEVER, 1);
        list_domains_close(p);
    }
    descriptors = 65536;
}

/* What is due is the first of their deadlines. */
TEST(L15_due)
{
    begin("");
    CHECK(list_domains_due(p) == QUOTH_NEVER && !list_domains_busy(p));
    CHECK_INT(list_domains_wait(p, "late.example", 1), LIST_DOMAIN_ASKED);
    deadline = now + 100;
    CHECK_INT(list_domains_wait(p, "soon.example", 2), LIST_DOMAIN_ASKED);
    CHECK_INT(list_domains_due(p) - now, 100);
    now += 99;
    strcpy(over, "*");
    CHECK_INT(list_domains_turn(p, NULL, 0), 0); /* nothing moved, and it is not yet time */
    CHECK_INT(given(), 0);
    now++;
    CHECK_INT(list_domains_turn(p, NULL, 0), 0);
    CHECK_INT(list_domains_due(p), 0); /* a row may go on */
    CHECK_INT(given(), 1);
    CHECK_INT(list_domains_due(p) - now, 400);
    list_domains_close(p);
}

/* Nobody tells when there is a descriptor again, so it is looked for, until its time is over. */
TEST(L15_lack)
{
    begin("");
    lacks = 1;
    CHECK_INT(list_domains_wait(p, "a.example", 1), LIST_DOMAIN_ASKED);
    CHECK_INT(list_domains_due(p), now + QUOTH_SOCK_LACK_MS);
    now += QUOTH_SOCK_LACK_MS;
    CHECK_INT(list_domains_turn(p, NULL, 0), 0);
    CHECK_INT(list_domains_due(p), now + QUOTH_SOCK_LACK_MS);
    deadline = now + QUOTH_SOCK_LACK_MS + 1;
    now += QUOTH_SOCK_LACK_MS;
    CHECK_INT(list_domains_turn(p, NULL, 0), 0);
    CHECK_INT(list_domains_due(p), deadline);
    lacks = 0;
    now += 1;
    deadline = now + 500;
    CHECK_INT(list_domains_turn(p, NULL, 0), 0);
    CHECK_INT(list_domains_due(p), deadline);
    list_domains_close(p);
}

/* Only what moved looks, and only numbers that are a check's; a descriptor is
 * watched as long as its check. */
TEST(L15_moved)
{
    uint32_t others[] = {0, FIRST - 1, FIRST + CHECKS, UINT32_MAX}, one;

    begin("");
    CHECK_INT(list_domains_wait(p, "a.example", 1), LIST_DOMAIN_ASKED);
    for (one = FIRST; !watched[one - FIRST]; one++)
        CHECK(one < FIRST + CHECKS);
    CHECK_INT(watched[one - FIRST], QUOTH_LOOP_READ);
    strcpy(over, "*");
    CHECK_INT(list_domains_turn(p, others, 4), 0);
    CHECK_INT(given(), 0);
    CHECK_INT(list_domains_turn(p, &one, 1), 0);
    CHECK_INT(given(), 1);
    CHECK_INT(watched[one - FIRST], 0);
    CHECK_INT(list_domains_turn(p, &one, 1), 0); /* over is over */
    CHECK_INT(given(), 0);
    list_domains_close(p);
}

/* Each check has a link of TLS for as long as the list is open, and policies are fetched only where
 * there are some. A link that cannot be made at first is made later. */
TEST(L15_tls)
{
    for (unsigned fails = 0; fails < 3; fails++) {
        env.tls = &tls;
        link_fails = fails;
        begin("");
        CHECK_INT(fetches, 1);
        CHECK_INT(links, CHECKS);
        CHECK_INT(list_domains_wait(p, "a.example", 1), LIST_DOMAIN_ASKED);
        list_domains_close(p);
        CHECK_INT(links, 0);
        env.tls = NULL;
        begin("*");
        CHECK_INT(fetches + (int)links, 0);
        CHECK_INT(list_domains_wait(p, "a.example", 1), LIST_DOMAIN_ASKED);
        list_domains_close(p);
    }
}

/* ---- what is told
 * ------------------------------------------------------------------ */

/* The grade, and ten of what is worse than a note at most, the worst first. */
TEST(L15_told)
{
    const struct app_result *result;
    struct quoth_finding finding[QUOTH_FINDINGS_MAX];
    size_t n, worse = 0;

    begin("*");
    facts.checks = QUOTH_CHECK_ALL;
    facts.mx = facts.spf.answer = facts.dmarc.answer = QUOTH_ANSWER_TIMEOUT;
    for (unsigned i = 0; i < QUOTH_FACT_HOSTS; i++)
        facts.host[i].a = facts.host[i].aaaa = QUOTH_ANSWER_TIMEOUT;
    facts.hosts = QUOTH_FACT_HOSTS;
    facts.sts.answer = facts.rpt.answer = facts.bimi.answer = QUOTH_ANSWER_SERVFAIL;
    facts.spf.asked = 1;
    facts.spf.result = QUOTH_SPF_TEMPERROR;
    facts.spf.why = QUOTH_SPF_WHY_DNS;
    facts.lost = 1;
    facts.lost_answer = QUOTH_ANSWER_TIMEOUT;
    facts.late = 1;
    facts.unasked = QUOTH_CHECK_ALL;
    n = quoth_health_judge(&facts, QUOTH_PROFILE_AUTO, finding);
    for (size_t i = 0; i < n; i++)
        worse += finding[i].grade > QUOTH_GRADE_NOTE;
    CHECK(worse > LIST_DOMAIN_IDS);
    CHECK_INT(list_domains_wait(p, "a.example", 1), LIST_DOMAIN_ASKED);
    result = told("a.example");
    CHECK_STR(result->domain_grade, quoth_grade_name((enum quoth_grade)finding[0].grade));
    CHECK_INT(result->domain_ids, LIST_DOMAIN_IDS);
    for (unsigned i = 0; i < result->domain_ids; i++)
        CHECK_STR(result->domain_id[i], quoth_check_id(finding[i].id));
    list_domains_close(p);
}

/* A note is not told, and where there is nothing else the grade is a note's. */
TEST(L15_notes)
{
    struct quoth_finding finding[QUOTH_FINDINGS_MAX];

    begin("*");
    facts.checks = QUOTH_CHECK_MX;
    facts.mx = QUOTH_ANSWER_DATA;
    facts.mx_null = 1;
    CHECK_INT(quoth_health_judge(&facts, QUOTH_PROFILE_AUTO, finding), 1);
    CHECK_INT(finding[0].grade, QUOTH_GRADE_NOTE);
    CHECK_INT(list_domains_wait(p, "a.example", 1), LIST_DOMAIN_ASKED);
    CHECK_STR(told("a.example")->domain_grade, quoth_grade_name(QUOTH_GRADE_NOTE));
    CHECK_INT(told("a.example")->domain_ids, 0);
    list_domains_close(p);
}

/* Any number of domains: each is checked once, and stays known. */
TEST(L15_many)
{
    enum { MANY = 5000 };
    char domain[32];

    begin("*");
    for (unsigned k = 0; k < 2 * MANY; k++) {
        snprintf(domain, sizeof domain, "d%u.example", k % MANY);
        CHECK_INT(list_domains_wait(p, domain, k),
                  k < MANY ? LIST_DOMAIN_ASKED : LIST_DOMAIN_KNOWN);
    }
    CHECK_INT(started, MANY);
    CHECK_INT(given(), MANY);
    for (unsigned k = 0; k < MANY; k++) {
        snprintf(domain, sizeof domain, "d%u.example", k);
        CHECK(told(domain)->domain_grade != NULL);
    }
    list_domains_close(p);
}

int main(void)
{
    RUN(L15_ttl);
    RUN(L15_no_name);
    RUN(L15_random);
    RUN(L15_checks);
    RUN(L15_due);
    RUN(L15_lack);
    RUN(L15_moved);
    RUN(L15_tls);
    RUN(L15_told);
    RUN(L15_notes);
    RUN(L15_many);
    return report("list_domain");
}
