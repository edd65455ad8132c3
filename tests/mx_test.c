/* mx_test.c - mail hosts in order: preferences, equals, null MX, what is no host, ourselves.
 *
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "quoth.h"

static struct quoth_route route;
static struct quoth_random rnd;

static void fresh(enum quoth_answer answer)
{
    memset(&route, 0xa5, sizeof route);
    route.n = 0;
    route.used = 0;
    route.flags = 0;
    route.answer = (uint8_t)answer;
}

static void host(unsigned pref, const char *name)
{
    struct quoth_host *h = &route.host[route.n++];
    memset(h, 0, sizeof *h);
    h->pref = (uint16_t)pref;
    h->at = route.used;
    memcpy(route.names + route.used, name, strlen(name) + 1);
    route.used = (uint16_t)(route.used + strlen(name) + 1);
}

static enum quoth_mx_state order(void) { return quoth_mx_order(&route, "example.com", &rnd); }

TEST(X01)
{
    static const char *const name[3] = {"a.test", "b.test", "c.test"};
    unsigned first[3] = {0}, last[3] = {0}, triple[27] = {0};
    for (int run = 0; run < 10000; run++) {
        unsigned code = 0;
        fresh(QUOTH_ANSWER_DATA);
        host(20, "worse.test");
        for (int i = 0; i < 3; i++)
            host(10, name[i]);
        host(5, "best.test");
        CHECK_INT(order(), QUOTH_MX_HOSTS);
        CHECK_STR(quoth_mx_name(&route, 0), "best.test");
        CHECK_STR(quoth_mx_name(&route, 4), "worse.test");
        first[quoth_mx_name(&route, 1)[0] - 'a']++;
        last[quoth_mx_name(&route, 3)[0] - 'a']++;
        for (unsigned i = 1; i < 4; i++)
            code = code * 3 + (unsigned)(quoth_mx_name(&route, i)[0] - 'a');
        triple[code]++;
    }
    for (int i = 0; i < 3; i++) {
        CHECK(first[i] > 3100 && first[i] < 3567);
        CHECK(last[i] > 3100 && last[i] < 3567);
    }
    CHECK(triple[5] > 1500 && triple[5] < 1834);   /* abc: each of the six orders alike */
    CHECK(triple[21] > 1500 && triple[21] < 1834); /* cba */
}

TEST(X01_sorted)
{
    fresh(QUOTH_ANSWER_DATA);
    for (unsigned i = 0; i < QUOTH_MX_MAX; i++) {
        char name[] = "a.test";
        name[0] = (char)('a' + i);
        host((i * 37 + 11) % 65536 ^ (i & 1 ? 0xff00 : 0), name);
        route.host[i].ip = (uint8_t)(i + 1);
    }
    CHECK_INT(order(), QUOTH_MX_HOSTS);
    CHECK_INT(route.n, QUOTH_MX_MAX);
    for (unsigned i = 1; i < route.n; i++)
        CHECK(route.host[i - 1].pref <= route.host[i].pref);
    for (unsigned i = 0; i < route.n; i++) /* the address goes with its host */
        CHECK_INT(route.host[i].ip, quoth_mx_name(&route, i)[0] - 'a' + 1);
}

TEST(X02)
{
    fresh(QUOTH_ANSWER_NODATA);
    CHECK_INT(order(), QUOTH_MX_IMPLICIT);
    CHECK_INT(route.n, 1);
    CHECK_STR(quoth_mx_name(&route, 0), "example.com");
    CHECK(route.host[0].pref == 0 && route.host[0].ip == 0);
    CHECK_INT(route.used, sizeof "example.com");
    CHECK_INT(quoth_mx_find(&route, "example.com"), 0);
    CHECK_INT(quoth_mx_find(&route, "example.org"), -1);
}

TEST(X02_no_room)
{
    char domain[QUOTH_MX_BYTES + 1];
    memset(domain, 'a', sizeof domain);
    domain[QUOTH_MX_BYTES] = '\0';
    fresh(QUOTH_ANSWER_NODATA);
    CHECK_INT(quoth_mx_order(&route, domain, &rnd), QUOTH_MX_FAILED);
    CHECK_INT(quoth_mx_order(&route, domain + 1, &rnd), QUOTH_MX_IMPLICIT);
}

/* What is not a clean answer says nothing, and leads nowhere. */
TEST(X03)
{
    for (unsigned a = 0; a < QUOTH_ANSWERS; a++) {
        if (a == QUOTH_ANSWER_DATA || a == QUOTH_ANSWER_NODATA || a == QUOTH_ANSWER_NXDOMAIN)
            continue;
        fresh((enum quoth_answer)a);
        CHECK_INT(order(), QUOTH_MX_FAILED);
        CHECK_INT(route.n, 0);
    }
    fresh(QUOTH_ANSWER_NXDOMAIN);
    CHECK_INT(order(), QUOTH_MX_NODOMAIN);
    CHECK_INT(route.n, 0);
}

TEST(X05)
{
    fresh(QUOTH_ANSWER_DATA);
    route.flags = QUOTH_ROUTE_NULL_MX;
    CHECK_INT(order(), QUOTH_MX_NULL);
    CHECK_INT(route.n, 0);
}

TEST(X06)
{
    fresh(QUOTH_ANSWER_DATA);
    route.flags = QUOTH_ROUTE_NULL_MX;
    host(10, "mx.test");
    CHECK_INT(order(), QUOTH_MX_HOSTS);
    CHECK_INT(route.n, 1);
    CHECK(route.flags & QUOTH_ROUTE_NULL_MX);
}

TEST(X09)
{
    fresh(QUOTH_ANSWER_DATA);
    route.flags = QUOTH_ROUTE_SKIPPED;
    CHECK_INT(order(), QUOTH_MX_UNUSABLE);
    route.flags = QUOTH_ROUTE_SKIPPED |
                  QUOTH_ROUTE_NULL_MX; /* it has more to say than that it takes no mail */
    CHECK_INT(order(), QUOTH_MX_UNUSABLE);
}

TEST(X13)
{
    fresh(QUOTH_ANSWER_DATA);
    host(30, "d.test");
    host(20, "self.test");
    host(20, "c.test");
    host(10, "b.test");
    host(5, "a.test");
    order();
    CHECK_INT(quoth_mx_cut(&route, "other.test"), 0);
    CHECK_INT(quoth_mx_cut(&route, "SELF.test"), 3); /* itself, its equal and the worse one */
    CHECK_INT(route.n, 2);
    CHECK_STR(quoth_mx_name(&route, 1), "b.test");
    CHECK_INT(quoth_mx_cut(&route, "a.test"), 2); /* the best: nobody is left */
    CHECK_INT(route.n, 0);
    CHECK_INT(quoth_mx_cut(&route, "a.test"), 0);
}

int main(void)
{
    static const uint8_t seed[16] = {7};
    quoth_random_seed(&rnd, seed);
    RUN(X01);
    RUN(X01_sorted);
    RUN(X02);
    RUN(X02_no_room);
    RUN(X03);
    RUN(X05);
    RUN(X06);
    RUN(X09);
    RUN(X13);
    return report("mx");
}
