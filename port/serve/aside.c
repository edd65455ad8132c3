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

static void aside_watch(struct serve *serve, struct aside_place *place, short events)
{
    const uint32_t number = serve->aside->number + (uint32_t)(place - serve->aside->place);
    const unsigned want =
        (events & POLLIN ? QUOTH_LOOP_READ : 0u) | (events & POLLOUT ? QUOTH_LOOP_WRITE : 0u);

    if (place->link.fd >= 0 && (want || place->watched))
        place->watched =
            quoth_loop_watch(serve->loop, place->link.fd, number, want) == QUOTH_OK && want;
}

static void aside_address_over(struct serve *serve, struct aside_place *place)
{
    const struct quoth_verify *verify = &place->slot.v;
    struct quoth_batch_result result = {
        .id = place->check->place, .ev = &verify->ev, .mx = quoth_verify_host(verify)};

    if (verify->ev.mx == QUOTH_MX_UNUSABLE)
        result.mx = verify->hosts.route.names;
    result.verdict = quoth_judge(result.ev, result.mx, &result.reading);
    serve->aside->hooks.result(serve, &result);
}

static void aside_domain_over(struct serve *serve, struct aside_place *place)
{
    serve->domain_report(serve, &place->domain, serve->now - place->check->began,
                         &place->check->json);
    serve->aside->hooks.told(serve, place->check);
}

/* 1: it began. 0: there are no random bytes, so it is tried again. */
static int aside_start(struct serve *serve, struct aside_place *place)
{
    const struct check *check = place->check;

    if (place->begun)
        return 1;
    place->link = (struct quoth_link)QUOTH_SOCK_LINK;
    place->slot = (struct quoth_slot) {.wire = {.port = &quoth_sock_port, .link = &place->link}};
    if (check->depth != CHECK_DOMAIN) {
        quoth_slot_start(&place->slot, &serve->aside->conf[check->depth], check->text,
                         check->text_n);
        quoth_verify_lend(&place->slot.v, place->big, sizeof place->big);
    } else {
        if (app_health_start(&place->domain, &serve->aside->domain_conf, check->text,
                             &quoth_sock_port)) {
            place->want.deadline = serve->now + ASIDE_AGAIN_MS;
            return 0;
        }
        quoth_domain_lend(&place->domain, place->big, sizeof place->big);
    }
    place->begun = 1;
    return 1;
}

/* As far as it goes. A descriptor is forgotten before it may be closed, and another watched. */
static void aside_step(struct serve *serve, struct aside_place *place)
{
    const int domain = place->check->depth == CHECK_DOMAIN;

    if (!aside_start(serve, place))
        return;
    aside_watch(serve, place, 0);
    if (domain ? !app_health_step(&place->domain, &place->slot.wire, &place->want)
               : quoth_poke(&place->slot, &place->want) != QUOTH_OK) {
        aside_watch(serve, place, place->link.waits ? place->link.waits : POLLIN);
        return;
    }
    serve->aside->inside--;
    if (domain)
        aside_domain_over(serve, place);
    else
        aside_address_over(serve, place);
    place->check = NULL;
}

/* ---- all of them ---------------------------------------------------------------- */

uint32_t aside_inside(const struct serve *serve) { return serve->aside->inside; }

/* Those that wait get the places that are free. */
static void aside_fill(struct serve *serve)
{
    struct aside *aside = serve->aside;

    for (unsigned i = 0; i < ASIDE_PLACES && aside->first; i++)
        while (!aside->place[i].check && aside->first) {
            aside->place[i].check = aside->first;
            aside->place[i].begun = 0;
            aside->first = aside->first->newer;
            aside->place[i].check->newer = NULL;
            aside_step(serve, &aside->place[i]);
        }
}

void aside_add(struct serve *serve, struct check *check)
{
    struct aside *aside = serve->aside;

    check->newer = NULL;
    if (aside->first)
        aside->last->newer = check;
    else
        aside->first = check;
    aside->last = check;
    aside->inside++;
}

uint64_t aside_due(const struct serve *serve)
{
    const struct aside *aside = serve->aside;
    uint64_t due = QUOTH_NEVER;
    int free = 0;

    for (unsigned i = 0; i < ASIDE_PLACES; i++) {
        if (!aside->place[i].check)
            free = 1;
        else if (aside->place[i].want.deadline < due)
            due = aside->place[i].want.deadline;
    }
    return free && aside->first ? 0 : due;
}

void aside_turn(struct serve *serve, const uint32_t *moved, unsigned n)
{
    struct aside *aside = serve->aside;

    if (!aside->inside)
        return;
    for (unsigned i = 0; i < n; i++)
        if (moved[i] - aside->number < ASIDE_PLACES && aside->place[moved[i] - aside->number].check)
            aside_step(serve, &aside->place[moved[i] - aside->number]);
    for (unsigned i = 0; i < ASIDE_PLACES; i++)
        if (aside->place[i].check && aside->place[i].want.deadline <= serve->now)
            aside_step(serve, &aside->place[i]);
    aside_fill(serve);
}

int aside_begin(struct serve *serve, const struct aside_hooks *hooks)
{
    struct aside *aside = serve->aside = calloc(1, sizeof *aside);

    if (!aside || quoth_loop_numbers(serve->loop, ASIDE_PLACES, &aside->number))
        return -1;
    aside->hooks = *hooks;
    for (unsigned i = 0; i <= QUOTH_DEPTH_SYNTAX; i++) {
        aside->conf[i] = serve->setup->conf;
        aside->conf[i].depth = (enum quoth_depth)i;
    }
    aside->domain_conf.resolver = serve->setup->conf.resolver;
    aside->domain_conf.cache = &aside->cache;
    aside->domain_conf.targets = serve->setup->conf.targets;
    aside->domain_conf.targets.own_n =
        0; /* whether others can call it does not depend on who we are */
    aside->domain_conf.total_ms = ASIDE_DOMAIN_MS;
    quoth_setcache_init(&aside->cache, aside->memory, sizeof aside->memory, serve->key);
    return 0;
}

void aside_end(struct serve *serve)
{
    struct aside *aside = serve->aside;

    for (unsigned i = 0; aside && i < ASIDE_PLACES; i++)
        if (aside->place[i].check && aside->place[i].begun) {
            aside_watch(serve, &aside->place[i], 0);
            quoth_sock_port.close(&aside->place[i].link);
        }
    free(aside);
}
