/* doors_test.c - several engines at the doors of one world: who is let in, when and in which order.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "doors.h"
#include "posix.h"

enum { ENGINES = 4, HOSTS = 7, STEPS = 2000 };

static struct quoth_random dice;
static uint64_t now;

uint64_t quoth_posix_now(void) { return now; }
int quoth_posix_random(void *buf, size_t n)
{
    memset(buf, 7, n);
    return 0;
}

struct quoth_ip quoth_batch_host(const struct quoth_ip *ip)
{
    struct quoth_ip host = *ip;
    if (ip->len == 16 && !memcmp(ip->b, "\0\x64\xff\x9b", 4)) {
        host = (struct quoth_ip) {.len = 4};
        memcpy(host.b, ip->b + 12, 4);
    }
    return host;
}

/* The last is the first one behind NAT64; three have a network in common. */
static const struct {
    struct quoth_ip ip;
    unsigned host, net;
} hosts[HOSTS] = {{{4, {192, 0, 2, 1}}, 0, 0},
                  {{4, {192, 0, 2, 2}}, 1, 0},
                  {{4, {192, 0, 2, 3}}, 2, 0},
                  {{4, {192, 0, 3, 1}}, 3, 1},
                  {{16, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 1}}, 4, 2},
                  {{16, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1}}, 5, 3},
                  {{16, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1}}, 0, 0}};

static struct {
    struct doors *doors;
    struct quoth_batch_limits limits;
    enum { IDLE, ASKED, UP, OPEN } at[ENGINES][HOSTS];
    unsigned others, open[HOSTS], net[HOSTS], line[HOSTS][ENGINES * HOSTS], in_line[HOSTS], refuses;
    uint64_t up[ENGINES][HOSTS];
    uint64_t called[HOSTS], began[ENGINES][HOSTS], turns, calls, asked;
} w;

/* An engine is this world's row of that number. */
static struct quoth_batch *engine_of(unsigned e) { return (struct quoth_batch *)&w.at[e]; }

static void let_in(unsigned e, unsigned h)
{
    unsigned host = hosts[h].host;
    w.at[e][h] = OPEN;
    CHECK(w.open[host]++ < w.limits.per_host);
    CHECK(w.net[hosts[h].net]++ < w.limits.per_net);
    CHECK(!w.called[host] || now >= w.called[host] + w.limits.gap_ms);
    w.began[e][h] = w.turns;
}

static void goes(unsigned e, unsigned h, enum quoth_pace_kind kind, enum quoth_err err)
{
    w.at[e][h] = IDLE;
    w.open[hosts[h].host]--;
    w.net[hosts[h].net]--;
    doors_over(w.doors, &hosts[h].ip, kind, err);
}

void quoth_batch_may(struct quoth_batch *batch, const struct quoth_ip *ip, uint64_t ms)
{
    unsigned e = 0, h = 0, host;
    while (engine_of(e) != batch)
        e++;
    while (memcmp(&hosts[h].ip, ip, sizeof *ip) != 0)
        h++;
    host = hosts[h].host;
    CHECK_INT(ms, 1);
    CHECK_INT(w.at[e][h], ASKED);
    CHECK_INT(w.line[host][0], e * HOSTS + h); /* first come, first served */
    memmove(w.line[host], w.line[host] + 1, --w.in_line[host] * sizeof w.line[host][0]);
    w.at[e][h] = UP;
    w.up[e][h] = now;
    w.asked--;
}

/* Of what it asks for once it has been called up it may have nobody left. */
static void asks(unsigned e, unsigned h)
{
    unsigned host = hosts[h].host;
    int up = w.at[e][h] == UP;
    uint64_t ms = doors_may(w.doors, engine_of(e), &hosts[h].ip);
    if (ms) {
        CHECK_INT(ms, QUOTH_BATCH_MAY_LATER);
        CHECK(!up || now >= w.up[e][h] + 5000);
        w.at[e][h] = ASKED;
        w.line[host][w.in_line[host]++] = e * HOSTS + h;
        w.asked++;
        return;
    }
    CHECK(up || !w.in_line[host]); /* nobody is passed by */
    let_in(e, h);
    if (w.refuses && quoth_random_below(&dice, w.refuses) == 0) {
        goes(e, h, QUOTH_PACE_NOTHING, QUOTH_OK);
        return;
    }
    w.called[host] = now;
    w.calls++;
}

static void world(uint16_t per_host, uint16_t per_net, uint32_t gap_ms)
{
    memset(&w, 0, sizeof w);
    w.limits.per_host = per_host;
    w.limits.per_net = per_net;
    w.limits.gap_ms = gap_ms;
    w.refuses = 2 * quoth_random_below(&dice, 3);
    w.doors = doors_new(&w.limits);
    CHECK_INT(doors_due(w.doors), QUOTH_NEVER);
}

/* No conversation is over in the turn in which it began, but one that broke. */
static void ends(unsigned e, unsigned h)
{
    if (w.began[e][h] == w.turns)
        goes(e, h, QUOTH_PACE_NOTHING, QUOTH_EREFUSED);
    else
        goes(e, h, (enum quoth_pace_kind)quoth_random_below(&dice, 4), QUOTH_OK);
}

static void turn(void)
{
    w.turns++;
    doors_turn(w.doors);
}

/* Somebody who is called once: his door is forgotten, those where somebody is or waits are not. */
static void passes_by(unsigned e)
{
    const struct quoth_ip ip = {4, {10, 0, (uint8_t)(w.others >> 8), (uint8_t)w.others}};
    w.others++;
    CHECK_INT(doors_may(w.doors, engine_of(e), &ip), 0);
    doors_over(w.doors, &ip, QUOTH_PACE_NOTHING, QUOTH_EREFUSED);
}

/* Who was called up comes, but for some. */
static void come(unsigned but)
{
    for (unsigned e = 0; e < ENGINES; e++)
        for (unsigned h = 0; h < HOSTS; h++)
            if (w.at[e][h] == UP && (!but || quoth_random_below(&dice, but)))
                asks(e, h);
}

static void step(void)
{
    unsigned e = quoth_random_below(&dice, ENGINES), h = quoth_random_below(&dice, HOSTS);
    passes_by(e);
    if (w.at[e][h] == IDLE)
        asks(e, h);
    else if (w.at[e][h] == OPEN && quoth_random_below(&dice, 2))
        ends(e, h);
    if (quoth_random_below(&dice, 3) == 0) {
        now += quoth_random_below(&dice, 3) ? quoth_random_below(&dice, 50) : 20000;
        turn();
        come(4);
    }
}

/* Nobody new comes, all who are in leave: the others have their turn at the times it names. */
static void all_leave(void)
{
    uint64_t turns = 0;
    while (w.asked && turns++ < 1000) {
        turn();
        come(0);
        for (unsigned e = 0; e < ENGINES; e++)
            for (unsigned h = 0; h < HOSTS; h++)
                if (w.at[e][h] == OPEN)
                    goes(e, h, QUOTH_PACE_FINE, QUOTH_OK);
        if (w.asked) {
            CHECK(doors_due(w.doors) != QUOTH_NEVER);
            now = doors_due(w.doors) > now ? doors_due(w.doors) : now;
        }
    }
    CHECK_INT(w.asked, 0);
}

TEST(B23_doors)
{
    static const uint16_t per_host[] = {1, 1, 2, UINT16_MAX}, per_net[] = {2, 1, 3, UINT16_MAX};
    for (unsigned i = 0; i < ROUNDS(400); i++) {
        now = 1000000;
        world(per_host[i % 4], per_net[i / 4 % 4], i / 16 % 3 ? 10000 : 0);
        for (unsigned k = 0; k < STEPS; k++)
            step();
        all_leave();
        CHECK(w.calls > 20);
        doors_free(w.doors);
    }
}

/* Who was let in, and did not call after all, cost nobody a gap; whom a server hung up on did. */
TEST(B23_missed)
{
    now = 1000000;
    world(1, 1, 10000);
    w.refuses = 0;
    for (int broke = 0; broke < 2; broke++) {
        CHECK_INT(doors_may(w.doors, engine_of(0), &hosts[3].ip), 0);
        doors_over(w.doors, &hosts[3].ip, QUOTH_PACE_NOTHING, broke ? QUOTH_EREFUSED : QUOTH_OK);
    }
    asks(1, 3);
    asks(2, 3);
    CHECK_INT(w.asked, 2);
    for (unsigned h = 3; h < 5; h++) /* nobody is in there */
        doors_over(w.doors, &hosts[h].ip, QUOTH_PACE_FINE, QUOTH_OK);
    turn();
    CHECK_INT(w.asked, 2);
    now = doors_due(w.doors);
    CHECK(now >= 1010000 && now <= 1012500);
    turn();
    CHECK_INT(w.at[1][3], UP);
    now = doors_due(w.doors); /* it does not come */
    CHECK_INT(now, w.up[1][3] + 5000);
    turn();
    turn();
    CHECK_INT(w.at[2][3], UP);
    asks(1, 3); /* too late */
    CHECK_INT(w.calls, 0);
    asks(2, 3);
    CHECK_INT(w.calls, 1);
    goes(2, 3, QUOTH_PACE_FINE, QUOTH_OK);
    all_leave();
    CHECK_INT(w.calls, 2);
    doors_free(w.doors);
}

int main(void)
{
    uint8_t seed[16] = {1};
    quoth_random_seed(&dice, seed);
    RUN(B23_doors);
    RUN(B23_missed);
    return report("doors");
}
