/* list_domain.c - what is wrong with the domains of a list: --with-domain.
 *
 *     row --> domain --> known? ---------------------------------------> asked about
 *                          | no                                              ^
 *                          '--> one of a few checks --> grade, findings -----'
 *
 * A domain is checked while addresses of others are asked about, and its own are asked about when
 * that is over: within the minute that `quoth domain` has as well, and another for the policy of
 * MTA-STS. So a result has both whenever it is told, and neither changes the other. What many
 * domains lead to, such as the SPF record of a provider, is asked once as long as its time to live
 * lasts.
 *
 * A check counts until an answer it stands on has run out; the policy is fetched anew with it. A
 * list may take days: rows told then are to have what is so then, and a policy that is no longer
 * the one of its hosts is what a check is for.
 *
 * 40 bytes a domain are kept of it.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "health.h"
#include "list.h"
#include "loop.h"
#include "sock.h"

enum {
    DOMAINS_CHECKS = 32, /* at once */
    DOMAINS_BIG = 16384, /* bytes of an answer over TCP */
    DOMAINS_CACHE = 262144,
    DOMAINS_FIRST = 1024, /* domains the table has room for at first */
    /* s that a check counts, at least and at most; then it is checked anew, if more of its rows
     * come */
    DOMAINS_LEAST = 3600,
    DOMAINS_MOST = 86400
};

struct domains_slot {
    uint64_t hash;  /* of the name; 0: free */
    uint64_t until; /* so long what was found counts */
    uint8_t checked, grade, n;
    uint16_t id[LIST_DOMAIN_IDS]; /* n of them, the worst first */
};

struct domains_check {
    uint64_t hash;
    uint8_t busy, watched;
    uint32_t *row; /* those that wait for it */
    uint32_t rows;
    size_t cap;
    struct quoth_wire wire;
    struct quoth_want want;
    struct quoth_link link;
    struct app_health health;
    uint8_t big[DOMAINS_BIG];
};

struct list_domains {
    const struct quoth_batch_tls *tls; /* NULL: none */
    struct quoth_loop *loop;
    uint32_t number; /* of the first check on it */
    struct domains_slot *slot;
    uint32_t cap, n;
    struct domains_check *check;
    unsigned checks;
    uint32_t *ready; /* rows whose domain is known now */
    uint32_t readies;
    size_t ready_cap;
    int err;
    struct app_health_conf conf;
    struct quoth_setcache cache;
    const char *told[LIST_DOMAIN_IDS];
    uint8_t memory[DOMAINS_CACHE];
};

/* ---- what is known ---------------------------------------------------------- */

static uint64_t domains_hash(const char *domain)
{
    return quoth_hash(0, 0, domain, strlen(domain)) | 1;
}

/* Where it is, or belongs. */
static struct domains_slot *domains_slot(const struct list_domains *p, uint64_t hash)
{
    uint32_t i = (uint32_t)(hash >> 1);
    while (p->slot[i & (p->cap - 1)].hash && p->slot[i & (p->cap - 1)].hash != hash)
        i++;
    return &p->slot[i & (p->cap - 1)];
}

static int domains_grow(struct list_domains *p)
{
    struct list_domains more = {.cap = p->cap ? p->cap * 2 : DOMAINS_FIRST};

    more.slot = app_zeroed(more.cap, sizeof *more.slot);
    if (!more.slot)
        return -ENOMEM;
    for (uint32_t i = 0; i < p->cap; i++)
        if (p->slot[i].hash)
            *domains_slot(&more, p->slot[i].hash) = p->slot[i];
    free(p->slot);
    p->slot = more.slot;
    p->cap = more.cap;
    return 0;
}

void list_domains_tell(struct list_domains *p, struct app_result *result)
{
    const struct domains_slot *slot = domains_slot(p, domains_hash(result->ev->domain));

    if (!slot->hash || !slot->checked)
        return;
    for (unsigned i = 0; i < slot->n; i++)
        p->told[i] = quoth_check_id(slot->id[i]);
    result->domain_grade = quoth_grade_name((enum quoth_grade)slot->grade);
    result->domain_id = p->told;
    result->domain_ids = slot->n;
}

static int domains_fresh(const struct list_domains *p, uint64_t hash)
{
    const struct domains_slot *slot = domains_slot(p, hash);
    return slot->hash && quoth_loop_port.now() < slot->until;
}

/* ---- rows that wait ----------------------------------------------------------- */

/* 0 or ENOMEM. */
static int domains_push(uint32_t **row, uint32_t *n, size_t *cap, uint32_t id)
{
    uint32_t *more = app_room(*row, cap, *n + 1, sizeof *more);

    if (!more)
        return -ENOMEM;
    *row = more;
    more[(*n)++] = id;
    return 0;
}

int list_domains_next(const struct list_domains *p, uint32_t *row)
{
    if (!p || !p->readies)
        return 0;
    *row = p->ready[p->readies - 1];
    return 1;
}

void list_domains_given(struct list_domains *p) { p->readies--; }

static void domains_fail(struct list_domains *p, int err)
{
    if (!p->err)
        p->err = err;
}

/* ---- a check ------------------------------------------------------------------ */

/* What is worth telling in a row: no notes. */
static void domains_note(struct domains_slot *to, const struct quoth_facts *facts)
{
    struct quoth_finding finding[QUOTH_FINDINGS_MAX];
    const size_t n = quoth_health_judge(facts, QUOTH_PROFILE_AUTO, finding);

    to->checked = 1;
    to->grade = n ? finding[0].grade : QUOTH_GRADE_OK;
    for (size_t i = 0; i < n && to->n < LIST_DOMAIN_IDS; i++)
        if (finding[i].grade > QUOTH_GRADE_NOTE)
            to->id[to->n++] = finding[i].id;
}

/* ms that facts count: as long as the answer that lasts the shortest. */
static uint64_t domains_age(const struct quoth_facts *facts)
{
    uint64_t age = facts ? facts->ttl : DOMAINS_MOST;

    if (age < DOMAINS_LEAST)
        age = DOMAINS_LEAST;
    return 1000 * (age < DOMAINS_MOST ? age : DOMAINS_MOST);
}

/* It is over; `facts` NULL: there is nothing to check, as with 192.0.2.1. */
static int domains_known(struct list_domains *p, uint64_t hash, const struct quoth_facts *facts)
{
    struct domains_slot *slot;

    if (p->n >= p->cap / 4 * 3 && domains_grow(p))
        return -ENOMEM;
    slot = domains_slot(p, hash);
    p->n += !slot->hash;
    *slot =
        (struct domains_slot) {.hash = hash, .until = quoth_loop_port.now() + domains_age(facts)};
    if (facts)
        domains_note(slot, facts);
    return 0;
}

static void domains_watch(struct list_domains *p, struct domains_check *check, short events)
{
    const uint32_t number = p->number + (uint32_t)(check - p->check);
    const unsigned want =
        (events & POLLIN ? QUOTH_LOOP_READ : 0u) | (events & POLLOUT ? QUOTH_LOOP_WRITE : 0u);

    if (check->link.fd >= 0 && (want || check->watched))
        check->watched =
            quoth_loop_watch(p->loop, check->link.fd, number, want) == QUOTH_OK && want;
}

/* As far as it goes. A descriptor is forgotten before it may be closed, and another watched. */
static void domains_step(struct list_domains *p, struct domains_check *check)
{
    domains_watch(p, check, 0);
    if (!app_health_step(&check->health, &check->wire, &check->want)) {
        domains_watch(p, check, check->link.waits ? check->link.waits : POLLIN);
        quoth_sock_lack(&check->link, &check->want, quoth_loop_port.now());
        return;
    }
    check->busy = 0;
    domains_fail(p, domains_known(p, check->hash, &check->health.d.facts));
    for (uint32_t i = check->rows; i; i--)
        domains_fail(p, domains_push(&p->ready, &p->readies, &p->ready_cap, check->row[i - 1]));
    check->rows = 0;
}

/* The check of that domain, else one that is free, else NULL. */
static struct domains_check *domains_check_of(const struct list_domains *p, uint64_t hash)
{
    struct domains_check *none = NULL;

    for (unsigned i = 0; i < p->checks; i++) {
        if (p->check[i].busy && p->check[i].hash == hash)
            return &p->check[i];
        if (!p->check[i].busy)
            none = &p->check[i];
    }
    return none;
}

/* 1: it began; 0: that is no name that can be asked about, or there is an error. */
static int domains_begin(struct list_domains *p, struct domains_check *check, const char *domain)
{
    const int rc = app_health_start(&check->health, &p->conf, domain, &quoth_sock_port);

    check->hash = domains_hash(domain);
    check->busy = rc == QUOTH_OK;
    if (check->busy)
        app_health_lend(&check->health, check->big, sizeof check->big);
    else
        domains_fail(p, rc == QUOTH_EPROTO ? domains_known(p, check->hash, NULL) : -EIO);
    return check->busy;
}

int list_domains_wait(struct list_domains *p, const char *domain, uint32_t row)
{
    const uint64_t hash = domains_hash(domain);
    struct domains_check *check;
    int begun = 0;

    if (domains_fresh(p, hash))
        return LIST_DOMAIN_KNOWN;
    check = domains_check_of(p, hash);
    if (!check)
        return LIST_DOMAIN_FULL;
    if (!check->busy)
        begun = domains_begin(p, check, domain);
    if (!check->busy)
        return LIST_DOMAIN_KNOWN;
    domains_fail(p, domains_push(&check->row, &check->rows, &check->cap, row));
    if (begun)
        domains_step(p, check);
    return LIST_DOMAIN_ASKED;
}

/* ---- all of them ---------------------------------------------------------------- */

uint64_t list_domains_due(const struct list_domains *p)
{
    uint64_t due = QUOTH_NEVER;

    for (unsigned i = 0; p && i < p->checks; i++)
        if (p->check[i].busy && p->check[i].want.deadline < due)
            due = p->check[i].want.deadline;
    return p && p->readies ? 0 : due;
}

int list_domains_busy(const struct list_domains *p)
{
    for (unsigned i = 0; p && i < p->checks; i++)
        if (p->check[i].busy)
            return 1;
    return p && p->readies;
}

int list_domains_turn(struct list_domains *p, const uint32_t *moved, unsigned n)
{
    const uint64_t now = quoth_loop_port.now();

    if (!p)
        return 0;
    for (unsigned i = 0; i < n; i++)
        if (moved[i] - p->number < p->checks && p->check[moved[i] - p->number].busy)
            domains_step(p, &p->check[moved[i] - p->number]);
    for (unsigned i = 0; i < p->checks; i++)
        if (p->check[i].busy && p->check[i].want.deadline <= now)
            domains_step(p, &p->check[i]);
    return p->err;
}

/* A link of TLS has no address here, so that no session is remembered: each certificate is looked
 * at. 0 or ENOMEM. */
static int domains_wire(const struct list_domains *p, struct domains_check *check)
{
    static const struct quoth_ip nowhere;
    unsigned tries = 0;

    check->link.fd = -1;
    check->wire = (struct quoth_wire) {.port = &quoth_sock_port_waits, .link = &check->link};
    if (!p->tls)
        return 0;
    do
        check->wire.tls_link = p->tls->make(p->tls->arg, &nowhere);
    while (!check->wire.tls_link && app_memory_wait(&tries));
    check->wire.tls = check->wire.tls_link ? p->tls->filter : NULL;
    return check->wire.tls_link ? 0 : -ENOMEM;
}

int list_domains_open(struct list_domains **domains, const struct list_env *env,
                      struct quoth_loop *loop)
{
    struct list_domains *p = *domains = app_zeroed(1, sizeof *p);
    const uint32_t most = quoth_loop_descriptors() / 16 + 1; /* most are for talks */
    uint8_t seed[16];

    if (!p || domains_grow(p))
        return -ENOMEM;
    p->check = app_zeroed(DOMAINS_CHECKS, sizeof *p->check);
    if (!p->check)
        return -ENOMEM;
    p->checks = most < DOMAINS_CHECKS ? most : DOMAINS_CHECKS;
    p->tls = env->tls;
    p->loop = loop;
    app_health_init(&p->conf, env->o, env->conf, &p->cache, env->tls != NULL);
    for (unsigned i = 0; i < p->checks; i++)
        if (domains_wire(p, &p->check[i]))
            return -ENOMEM;
    if (quoth_loop_numbers(loop, p->checks, &p->number))
        return -ENOMEM;
    if (quoth_sock_port.random(seed, sizeof seed) != QUOTH_OK)
        return -EIO;
    quoth_setcache_init(&p->cache, p->memory, sizeof p->memory, seed);
    return 0;
}

static void domains_drop(struct list_domains *p, struct domains_check *check)
{
    if (!check->wire.link)
        return;
    domains_watch(p, check, 0);
    quoth_wire_drop(&check->wire);
    if (check->wire.tls_link)
        p->tls->drop(p->tls->arg, check->wire.tls_link);
    free(check->row);
}

void list_domains_close(struct list_domains *p)
{
    if (!p)
        return;
    for (unsigned i = 0; p->check && i < p->checks; i++)
        domains_drop(p, &p->check[i]);
    free(p->check);
    free(p->ready);
    free(p->slot);
    free(p);
}
