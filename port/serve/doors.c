/* doors.c - whose turn it is to call a mail server.
 *
 *   may --> free, and nobody waits there --> 0 --------------------------> in --over--> free again,
 *      `--> else it waits, first come first served --turn: called up-------^            once the
 *                                                         may, again: 0                 gap is over
 *
 * A door is an address or the network around it, as the engines count them: behind NAT64 it is the
 * IPv4 address inside. It is forgotten when nobody is there or waits, and its gap is over.
 *
 * An engine has a conversation for who is called up now or in a while, so it asks once more when it
 * has, and calls at once: the gap is counted from there. Until then the place is kept, for some
 * seconds. Engines are told from doors_turn() alone, never from within a hook of one of them.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "doors.h"
#include "posix.h"

enum { DOORS_CHAINS = 1024, DOORS_FEW = 64, DOORS_NO_MEMORY_MS = 1000, DOORS_KEPT_MS = 5000 };

struct door {
    struct door *same;   /* of one chain */
    struct quoth_ip key; /* a network's has 3 or 8 bytes */
    uint32_t open, waits;
    uint8_t kept; /* of the open ones, one for who was called up */
    struct quoth_pace pace;
    uint64_t before, turn; /* pace.next before one was let in alone, and in which turn; 0: others
                            * are in, too */
};

struct doors_wait {
    struct doors_wait *next;
    struct quoth_batch *engine;
    struct quoth_ip ip; /* as the engine calls it */
    uint64_t until;     /* called up, and its place is kept until then; 0: not yet */
};

struct doors {
    uint32_t per_host, per_net, gap_ms;
    struct quoth_random rnd;
    uint64_t k[2];
    uint64_t turn, due;
    uint8_t moved; /* somebody came or left since those who wait were looked at */
    uint32_t n, kept;
    struct doors_wait *first, **end;
    struct door *chain[DOORS_CHAINS];
};

/* ---- doors ------------------------------------------------------------------ */

static struct quoth_ip doors_net(const struct quoth_ip *host)
{
    struct quoth_ip net = {.len = host->len == 4 ? 3 : 8};

    memcpy(net.b, host->b, net.len);
    return net;
}

static struct door **doors_at(struct doors *doors, const struct quoth_ip *key)
{
    struct door **at =
        &doors->chain[quoth_hash(doors->k[0], doors->k[1], key->b, key->len) % DOORS_CHAINS];

    while (*at && ((*at)->key.len != key->len || memcmp((*at)->key.b, key->b, key->len) != 0))
        at = &(*at)->same;
    return at;
}

/* NULL: no memory. */
static struct door *doors_of(struct doors *doors, const struct quoth_ip *key)
{
    struct door **at = doors_at(doors, key);

    if (*at)
        return *at;
    *at = calloc(1, sizeof **at);
    if (!*at)
        return NULL;
    (*at)->key = *key;
    doors->n++;
    return *at;
}

static int doors_is_free(const struct doors *doors, const struct door *host, const struct door *net,
                         uint64_t now)
{
    return !host->kept && host->open < doors->per_host && net->open < doors->per_net &&
           host->pace.next <= now;
}

static void doors_occupy(struct door *host, struct door *net)
{
    host->open++;
    net->open++;
}

/* It calls now. */
static uint64_t doors_let_in(struct doors *doors, struct door *host, uint64_t now)
{
    host->before = host->pace.next;
    host->turn = host->open > 1 ? 0 : doors->turn;
    quoth_pace_begin(&host->pace, doors->gap_ms, now, &doors->rnd);
    return 0;
}

static void doors_trim(struct doors *doors, uint64_t now)
{
    if (doors->n < 2 * doors->kept + DOORS_FEW)
        return;
    for (unsigned i = 0; i < DOORS_CHAINS; i++) {
        struct door **at = &doors->chain[i];
        while (*at) {
            struct door *door = *at;
            if (door->open || door->waits || door->pace.next > now) {
                at = &door->same;
                continue;
            }
            *at = door->same;
            free(door);
            doors->n--;
        }
    }
    doors->kept = doors->n;
}

/* ---- who asks ----------------------------------------------------------------- */

static void doors_strike(struct doors *doors, struct doors_wait **at)
{
    struct doors_wait *wait = *at;

    *at = wait->next;
    if (!*at)
        doors->end = at;
    free(wait);
    doors->moved = 1;
}

/* 1: it is who was called up, and out of the line. */
static int doors_was_called(struct doors *doors, const struct quoth_batch *engine,
                            const struct quoth_ip *ip)
{
    struct doors_wait **at = &doors->first;

    while (*at && !((*at)->until && (*at)->engine == engine && (*at)->ip.len == ip->len &&
                    !memcmp((*at)->ip.b, ip->b, ip->len)))
        at = &(*at)->next;
    if (!*at)
        return 0;
    doors_strike(doors, at);
    return 1;
}

static uint64_t doors_wait(struct doors *doors, struct quoth_batch *engine,
                           const struct quoth_ip *ip)
{
    struct doors_wait *wait = malloc(sizeof *wait);

    if (!wait)
        return DOORS_NO_MEMORY_MS;
    *wait = (struct doors_wait) {.engine = engine, .ip = *ip};
    *doors->end = wait;
    doors->end = &wait->next;
    doors->moved = 1;
    return QUOTH_BATCH_MAY_LATER;
}

uint64_t doors_may(struct doors *doors, struct quoth_batch *engine, const struct quoth_ip *ip)
{
    const struct quoth_ip at = quoth_batch_host(ip), around = doors_net(&at);
    struct door *host = doors_of(doors, &at), *net = doors_of(doors, &around);
    const uint64_t now = quoth_posix_now();
    uint64_t ms;

    if (!host || !net)
        return DOORS_NO_MEMORY_MS;
    if (host->kept && doors_was_called(doors, engine, ip)) {
        host->kept = 0;
        return doors_let_in(doors, host, now);
    }
    if (!host->waits && !net->waits && doors_is_free(doors, host, net, now)) {
        doors_occupy(host, net);
        return doors_let_in(doors, host, now);
    }
    ms = doors_wait(doors, engine, ip);
    host->waits += ms == QUOTH_BATCH_MAY_LATER;
    net->waits += ms == QUOTH_BATCH_MAY_LATER;
    return ms;
}

/* Over in the turn in which it was let in, and nothing broke: it did not call after all. Where
 * others are in nobody knows which of them that was. */
void doors_over(struct doors *doors, const struct quoth_ip *ip, enum quoth_pace_kind kind,
                enum quoth_err err)
{
    const struct quoth_ip at = quoth_batch_host(ip), around = doors_net(&at);
    struct door *host = *doors_at(doors, &at), *net = *doors_at(doors, &around);

    if (!host || !net || !host->open)
        return;
    host->open--;
    net->open--;
    if (kind == QUOTH_PACE_NOTHING && !err && host->turn == doors->turn)
        quoth_pace_hold(&host->pace, host->before, QUOTH_REASON_NONE);
    doors->moved = 1;
}

/* ---- who waits ---------------------------------------------------------------- */

static void doors_due_at(struct doors *doors, uint64_t now, uint64_t at)
{
    if (at > now && at < doors->due)
        doors->due = at;
}

/* The first of *at. 1: it is out of the line. */
static int doors_call_up(struct doors *doors, struct doors_wait **at, uint64_t now)
{
    struct doors_wait *wait = *at;
    const struct quoth_ip key = quoth_batch_host(&wait->ip), around = doors_net(&key);
    struct door *host = *doors_at(doors, &key), *net = *doors_at(doors, &around);

    if (wait->until && wait->until <= now) { /* it did not come */
        host->kept = 0;
        host->open--;
        net->open--;
        doors_strike(doors, at);
        return 1;
    }
    if (!wait->until && doors_is_free(doors, host, net, now)) {
        wait->until = now + DOORS_KEPT_MS;
        doors_occupy(host, net);
        host->kept = 1;
        host->waits--;
        net->waits--;
        quoth_batch_may(wait->engine, &wait->ip, 1);
    }
    doors_due_at(doors, now, wait->until ? wait->until : host->pace.next);
    return 0;
}

void doors_turn(struct doors *doors)
{
    const uint64_t now = quoth_posix_now();
    struct doors_wait **at = &doors->first;

    doors->turn++;
    doors_trim(doors, now);
    if (!doors->moved && now < doors->due)
        return;
    doors->moved = 0;
    doors->due = QUOTH_NEVER;
    while (*at) /* whose place is free again may be one for the first of all */
        at = doors_call_up(doors, at, now) ? &doors->first : &(*at)->next;
}

uint64_t doors_due(const struct doors *doors)
{
    return doors->first && doors->moved ? 0 : doors->due;
}

/* ---- beginning and end -------------------------------------------------------- */

struct doors *doors_new(const struct quoth_batch_limits *limits)
{
    struct doors *doors = calloc(1, sizeof *doors);
    uint8_t seed[16];

    if (!doors || quoth_posix_random(seed, sizeof seed)) {
        free(doors);
        return NULL;
    }
    quoth_random_seed(&doors->rnd, seed);
    for (unsigned i = 0; i < 2; i++)
        doors->k[i] = quoth_random_next(&doors->rnd);
    doors->per_host = limits->per_host;
    doors->per_net = limits->per_net;
    doors->gap_ms = limits->gap_ms;
    doors->due = QUOTH_NEVER;
    doors->turn = 1;
    doors->end = &doors->first;
    return doors;
}

void doors_free(struct doors *doors)
{
    if (!doors)
        return;
    for (unsigned i = 0; i < DOORS_CHAINS; i++)
        for (struct door *door = doors->chain[i], *next; door; door = next) {
            next = door->same;
            free(door);
        }
    for (struct doors_wait *wait = doors->first, *next; wait; wait = next) {
        next = wait->next;
        free(wait);
    }
    free(doors);
}
