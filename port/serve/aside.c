/* aside.c - what the engine is not needed for: checks of addresses as far as name servers, of
 * domains, and of ourselves.
 *
 *   aside_add --> waits for a place --> a machine on a link of its own --> the hooks
 *                                         ^          |
 *                                         '-- loop --'
 *
 * The machines are those of a single check, of `quoth domain` and of `quoth doctor`. The last alone
 * calls mail servers: two of them, and there is one such check at a time. A few go on at once, or a
 * hundred addresses of a request would be a hundred questions at one moment to the name server.
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
    ASIDE_AGAIN_MS = 1000
};

struct aside_place {
    struct check *check; /* NULL: free */
    struct quoth_link link;
    struct quoth_want want;
    struct quoth_slot slot;   /* of an address */
    struct app_health health; /* of a domain; on the slot's wire */
    struct quoth_tls_link tls_link;
    uint8_t begun, watched;
    uint8_t big[ASIDE_BIG];
};

struct aside {
    struct aside_hooks hooks;
    struct quoth_conf conf[QUOTH_DEPTH_SYNTAX + 1]; /* by depth */
    struct app_health_conf health;
    struct quoth_setcache cache;
    uint32_t number; /* of the first place in the loop */
    uint32_t inside;
    struct check *first, *last; /* that wait, by `newer` */
    struct aside_place place[ASIDE_PLACES];
    uint8_t memory[ASIDE_CACHE];
};

/* What it waits at: its own link, or that of the machine that looks at us. */
static struct quoth_link *aside_link(struct serve *serve, struct aside_place *place)
{
    return place->check->depth == CHECK_US ? serve->us_link : &place->link;
}

static void aside_watch(struct serve *serve, struct aside_place *place, short events)
{
    const uint32_t number = serve->aside->number + (uint32_t)(place - serve->aside->place);
    const struct quoth_link *link = aside_link(serve, place);
    const unsigned want =
        (events & POLLIN ? QUOTH_LOOP_READ : 0u) | (events & POLLOUT ? QUOTH_LOOP_WRITE : 0u);

    if (link->fd >= 0 && (want || place->watched))
        place->watched = quoth_loop_watch(serve->loop, link->fd, number, want) == QUOTH_OK && want;
}

/* ---- an address --------------------------------------------------------------- */

static int aside_address_start(struct serve *serve, struct aside_place *place)
{
    quoth_slot_start(&place->slot, &serve->aside->conf[place->check->depth], place->check->text,
                     place->check->text_n);
    quoth_verify_lend(&place->slot.v, place->big, sizeof place->big);
    return 1;
}

static int aside_address_step(struct serve *serve, struct aside_place *place)
{
    return quoth_poke(&place->slot, &place->want) == QUOTH_OK;
}

static void aside_address_over(struct serve *serve, struct aside_place *place)
{
    const struct quoth_verify *verify = &place->slot.v;
    struct quoth_batch_result result = {.id = place->check->place,
                                        .ev = &verify->ev,
                                        .mx = quoth_verify_host(verify),
                                        .route = &verify->hosts.route};

    if (verify->ev.mx == QUOTH_MX_UNUSABLE)
        result.mx = verify->hosts.route.names;
    result.verdict = quoth_judge(result.ev, result.mx, &result.reading);
    serve->aside->hooks.result(serve, &result);
}

/* ---- a domain ------------------------------------------------------------------ */

static int aside_domain_start(struct serve *serve, struct aside_place *place)
{
    if (app_health_start(&place->health, &serve->aside->health, place->check->text,
                         &quoth_sock_port))
        return 0;
    app_health_lend(&place->health, place->big, sizeof place->big);
    if (!serve->setup->tls_up)
        return 1;
    place->tls_link = (struct quoth_tls_link) {.global = &serve->setup->tls.global};
    place->slot.wire.tls = &serve->setup->filter;
    place->slot.wire.tls_link = &place->tls_link;
    return 1;
}

static int aside_domain_step(struct serve *serve, struct aside_place *place)
{
    return app_health_step(&place->health, &place->slot.wire, &place->want);
}

static void aside_domain_over(struct serve *serve, struct aside_place *place)
{
    serve->domain_report(serve, &place->health.d, serve->now - place->check->began,
                         &place->check->json);
    serve->aside->hooks.told(serve, place->check);
}

/* ---- ourselves ------------------------------------------------------------------ */

static int aside_us_start(struct serve *serve, struct aside_place *place)
{
    serve->us_start(serve);
    return 1;
}

static int aside_us_step(struct serve *serve, struct aside_place *place)
{
    return serve->us_step(serve, &place->want);
}

static void aside_us_over(struct serve *serve, struct aside_place *place)
{
    serve->us_report(serve, &place->check->json);
    serve->aside->hooks.told(serve, place->check);
}

/* ---- one ---------------------------------------------------------------------- */

static const struct aside_kind {
    /* 1: it began. 0: there are no random bytes, so it is tried again. */
    int (*start)(struct serve *, struct aside_place *);
    /* As far as it goes at once. 1: it is over. */
    int (*step)(struct serve *, struct aside_place *);
    void (*over)(struct serve *, struct aside_place *);
} aside_address = {aside_address_start, aside_address_step, aside_address_over},
  aside_domain = {aside_domain_start, aside_domain_step, aside_domain_over},
  aside_us = {aside_us_start, aside_us_step, aside_us_over};

static const struct aside_kind *aside_kind(const struct check *check)
{
    switch (check->depth) {
    case CHECK_DOMAIN: return &aside_domain;
    case CHECK_US: return &aside_us;
    default: return &aside_address;
    }
}

static int aside_start(struct serve *serve, struct aside_place *place)
{
    if (place->begun)
        return 1;
    place->link = (struct quoth_link)QUOTH_SOCK_LINK;
    place->slot =
        (struct quoth_slot) {.wire = {.port = &quoth_sock_port_waits, .link = &place->link}};
    place->begun = (uint8_t)aside_kind(place->check)->start(serve, place);
    place->want.deadline = serve->now + ASIDE_AGAIN_MS;
    return place->begun;
}

/* As far as it goes. A descriptor is forgotten before it may be closed, and another watched. */
static void aside_step(struct serve *serve, struct aside_place *place)
{
    const struct aside_kind *kind = aside_kind(place->check);
    const struct quoth_link *link = aside_link(serve, place);

    if (!aside_start(serve, place))
        return;
    aside_watch(serve, place, 0);
    if (!kind->step(serve, place)) {
        aside_watch(serve, place, link->waits ? link->waits : POLLIN);
        quoth_sock_lack(link, &place->want, serve->now);
        return;
    }
    serve->aside->inside--;
    kind->over(serve, place);
    place->check = NULL;
}

/* ---- all of them ---------------------------------------------------------------- */

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
    app_health_init(&aside->health, serve->o, &serve->setup->conf, &aside->cache,
                    serve->setup->tls_up);
    quoth_setcache_init(&aside->cache, aside->memory, sizeof aside->memory, serve->key);
    return 0;
}

void aside_end(struct serve *serve)
{
    struct aside *aside = serve->aside;

    for (unsigned i = 0; aside && i < ASIDE_PLACES; i++)
        if (aside->place[i].check && aside->place[i].begun) {
            aside_watch(serve, &aside->place[i], 0);
            quoth_wire_drop(&aside->place[i].slot.wire);
        }
    free(aside);
}
