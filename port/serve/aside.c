/* aside.c - checks that call no mail server: of addresses as far as name servers, and of domains.
 *
 *   aside_add --> waits for a place --> a machine on a link of its own --> the hooks
 *                                         ^          |
 *                                         '-- loop --'
 *
 * Nobody's mail server is called, so the engine's manners are not needed: each check is the machine
 * that a single check or `quoth domain` is. A few go on at once, or a hundred addresses of a
 * request would be a hundred questions at one moment to the name server.
 *
 * SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "aside.h"
#include "health.h"
#include "sock.h"

enum {
    ASIDE_PLACES = 16,
    ASIDE_BIG = 16384,    /* bytes of an answer over TCP */
    ASIDE_CACHE = 262144, /* what many domains lead to, such as the SPF record of a provider */
    ASIDE_AGAIN_MS = 1000,
    ASIDE_DOMAIN_MS = 20000 /* what was not asked by then is unknown */
};

struct aside_place {
    struct check *check; /* NULL: free */
    struct quoth_link link;
    struct quoth_want want;
    struct quoth_slot slot;     /* of an address */
    struct quoth_domain domain; /* of a domain; on the slot's wire */
    uint8_t begun, watched;
    uint8_t big[ASIDE_BIG];
};

struct aside {
    struct aside_hooks hooks;
    struct quoth_conf conf[QUOTH_DEPTH_SYNTAX + 1]; /* by depth */
    struct quoth_domain_conf domain_conf;
    struct quoth_setcache cache;
    uint32_t number; /* of the first place in the loop */
    uint32_t inside;
    struct check *first, *last; /* that wait, by `newer` */
    struct aside_place place[ASIDE_PLACES];
    uint8_t memory[ASIDE_CACHE];
};

/* ---- one ---------------------------------------------------------------------- */

static void aside_watch(struct serve *s, struct aside_place *p, short events)
{
    const uint32_t number = s->aside->number + (uint32_t)(p - s->aside->place);
    const unsigned want =
        (events & POLLIN ? QUOTH_LOOP_READ : 0u) | (events & POLLOUT ? QUOTH_LOOP_WRITE : 0u);

    if (p->link.fd >= 0 && (want || p->watched))
        p->watched = quoth_loop_watch(s->loop, p->link.fd, number, want) == QUOTH_OK && want;
}

static void aside_address_over(struct serve *s, struct aside_place *p)
{
    const struct quoth_verify *v = &p->slot.v;
    struct quoth_batch_result r = {.id = p->check->place, .ev = &v->ev, .mx = quoth_verify_host(v)};

    if (v->ev.mx == QUOTH_MX_UNUSABLE)
        r.mx = v->hosts.route.names;
    r.verdict = quoth_judge(r.ev, r.mx, &r.reading);
    s->aside->hooks.result(s, &r);
}

static void aside_domain_over(struct serve *s, struct aside_place *p)
{
    s->domain_report(s, &p->domain, s->now - p->check->began, &p->check->json);
    s->aside->hooks.told(s, p->check);
}

/* 1: it began. 0: there are no random bytes, so it is tried again. */
static int aside_start(struct serve *s, struct aside_place *p)
{
    const struct check *check = p->check;

    if (p->begun)
        return 1;
    p->link = (struct quoth_link)QUOTH_SOCK_LINK;
    p->slot = (struct quoth_slot) {.wire = {.port = &quoth_sock_port, .link = &p->link}};
    if (check->depth != CHECK_DOMAIN) {
        quoth_slot_start(&p->slot, &s->aside->conf[check->depth], check->text, check->text_n);
        quoth_verify_lend(&p->slot.v, p->big, sizeof p->big);
    } else {
        if (app_health_start(&p->domain, &s->aside->domain_conf, check->text, &quoth_sock_port)) {
            p->want.deadline = s->now + ASIDE_AGAIN_MS;
            return 0;
        }
        quoth_domain_lend(&p->domain, p->big, sizeof p->big);
    }
    p->begun = 1;
    return 1;
}

/* As far as it goes. A descriptor is forgotten before it may be closed, and another watched. */
static void aside_step(struct serve *s, struct aside_place *p)
{
    const int domain = p->check->depth == CHECK_DOMAIN;

    if (!aside_start(s, p))
        return;
    aside_watch(s, p, 0);
    if (domain ? !app_health_step(&p->domain, &p->slot.wire, &p->want)
               : quoth_poke(&p->slot, &p->want) != QUOTH_OK) {
        aside_watch(s, p, p->link.waits ? p->link.waits : POLLIN);
        return;
    }
    s->aside->inside--;
    if (domain)
        aside_domain_over(s, p);
    else
        aside_address_over(s, p);
    p->check = NULL;
}

/* ---- all of them ---------------------------------------------------------------- */

uint32_t aside_inside(const struct serve *s) { return s->aside->inside; }

/* Those that wait get the places that are free. */
static void aside_fill(struct serve *s)
{
    struct aside *a = s->aside;

    for (unsigned i = 0; i < ASIDE_PLACES && a->first; i++)
        while (!a->place[i].check && a->first) {
            a->place[i].check = a->first;
            a->place[i].begun = 0;
            a->first = a->first->newer;
            a->place[i].check->newer = NULL;
            aside_step(s, &a->place[i]);
        }
}

void aside_add(struct serve *s, struct check *check)
{
    struct aside *a = s->aside;

    check->newer = NULL;
    if (a->first)
        a->last->newer = check;
    else
        a->first = check;
    a->last = check;
    a->inside++;
}

uint64_t aside_due(const struct serve *s)
{
    const struct aside *a = s->aside;
    uint64_t due = QUOTH_NEVER;
    int free = 0;

    for (unsigned i = 0; i < ASIDE_PLACES; i++) {
        if (!a->place[i].check)
            free = 1;
        else if (a->place[i].want.deadline < due)
            due = a->place[i].want.deadline;
    }
    return free && a->first ? 0 : due;
}

void aside_turn(struct serve *s, const uint32_t *moved, unsigned n)
{
    struct aside *a = s->aside;

    if (!a->inside)
        return;
    for (unsigned i = 0; i < n; i++)
        if (moved[i] - a->number < ASIDE_PLACES && a->place[moved[i] - a->number].check)
            aside_step(s, &a->place[moved[i] - a->number]);
    for (unsigned i = 0; i < ASIDE_PLACES; i++)
        if (a->place[i].check && a->place[i].want.deadline <= s->now)
            aside_step(s, &a->place[i]);
    aside_fill(s);
}

int aside_begin(struct serve *s, const struct aside_hooks *hooks)
{
    struct aside *a = s->aside = calloc(1, sizeof *a);

    if (!a || quoth_loop_numbers(s->loop, ASIDE_PLACES, &a->number))
        return -1;
    a->hooks = *hooks;
    for (unsigned i = 0; i <= QUOTH_DEPTH_SYNTAX; i++) {
        a->conf[i] = s->setup->conf;
        a->conf[i].depth = (enum quoth_depth)i;
    }
    a->domain_conf.resolver = s->setup->conf.resolver;
    a->domain_conf.cache = &a->cache;
    a->domain_conf.targets = s->setup->conf.targets;
    a->domain_conf.targets.own_n = 0; /* whether others can call it does not depend on who we are */
    a->domain_conf.total_ms = ASIDE_DOMAIN_MS;
    quoth_setcache_init(&a->cache, a->memory, sizeof a->memory, s->key);
    return 0;
}

void aside_end(struct serve *s)
{
    struct aside *a = s->aside;

    for (unsigned i = 0; a && i < ASIDE_PLACES; i++)
        if (a->place[i].check && a->place[i].begun) {
            aside_watch(s, &a->place[i], 0);
            quoth_sock_port.close(&a->place[i].link);
        }
    free(a);
}
