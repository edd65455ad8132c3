/* lookup.c - the lookup machine under any list of events.
 *
 * Oracle: it takes or refuses each event and wants one thing at a time; it closes a connection
 * before it opens the next; it ends when only time passes; the answer it writes is well formed. A
 * twin gets every stream byte by byte and must never differ.
 *
 * Input: a byte of set-up, then events: a byte of kind, then what that kind needs.
 *
 * SPDX-License-Identifier: MIT */
#include "dns_input.h"

struct side {
    struct quoth_resolver res;
    struct quoth_lookup l;
    struct quoth_route route;
    uint8_t big[2048];
};

static void route_in_order(const struct quoth_route *r, uint16_t type)
{
    require(r->answer > QUOTH_ANSWER_NONE && r->answer < QUOTH_ANSWERS);
    require(r->ip_n <= QUOTH_IPS_MAX && r->ttl <= 86400);
    if (r->answer != QUOTH_ANSWER_DATA)
        require(r->ip_n == 0 && r->ttl <= 10800);
    for (unsigned i = 0; i < r->ip_n; i++)
        require(r->ip[i].len == 4 || r->ip[i].len == 16);
    if (type != QUOTH_DNS_MX) {
        if (r->answer == QUOTH_ANSWER_DATA)
            require(r->ip_n > 0);
        for (unsigned i = 0; i < r->ip_n; i++)
            require(r->ip[i].len == (type == QUOTH_DNS_A ? 4 : 16));
        return;
    }
    require(r->n <= QUOTH_MX_MAX && r->used <= QUOTH_MX_BYTES);
    if (r->answer != QUOTH_ANSWER_DATA)
        require(r->n == 0);
    size_t bytes = 0;
    for (unsigned i = 0; i < r->n; i++) {
        struct quoth_name name;
        const char *s = quoth_mx_name(r, i);
        require(r->host[i].at < r->used && memchr(s, 0, r->used - (size_t)r->host[i].at) != NULL);
        require(quoth_name_parse(&name, s, strlen(s)) == QUOTH_OK && quoth_name_is_host(&name));
        require(quoth_mx_find(r, s) == (int)i);
        require(r->host[i].ip <= r->ip_n);
        bytes += strlen(s) + 1;
    }
    require(bytes == r->used);
}

static int feed(struct side *s, const struct quoth_event *ev)
{
    struct quoth_lookup before = s->l;
    struct quoth_resolver res = s->res;
    struct quoth_want was, w, again;
    quoth_lookup_want(&s->l, &was);
    int rc = quoth_lookup_feed(&s->l, ev, &s->route);
    require(rc == QUOTH_OK || rc == QUOTH_EINVAL);
    if (rc != QUOTH_OK)
        require(!memcmp(&before, &s->l, sizeof before) && !memcmp(&res, &s->res, sizeof res));
    quoth_lookup_want(&s->l, &w);
    quoth_lookup_want(&s->l, &again);
    require(!memcmp(&w, &again, sizeof w));
    require((w.kind == QUOTH_WANT_DONE) == (w.deadline == QUOTH_NEVER));
    if (rc == QUOTH_OK &&
        (w.kind == QUOTH_WANT_DGRAM || w.kind == QUOTH_WANT_OPEN || w.kind == QUOTH_WANT_DONE))
        require(was.kind == QUOTH_WANT_CLOSE);
    if (w.kind == QUOTH_WANT_DONE) {
        require(s->l.answer == s->route.answer);
        route_in_order(&s->route, s->l.type);
    }
    return rc;
}

/* A message: the input as it is, or put behind the header and the question that are awaited. */
static size_t message(struct input *in, const struct quoth_lookup *l, uint8_t *buf, size_t cap)
{
    const uint8_t mode = take(in);
    const size_t n = take_length(in), at = mode & 1 ? input_head(in, l, buf) : 0;

    return at + input_body(in, n, buf + at, cap - at);
}

static void event(struct side side[2], struct input *in, uint64_t *now)
{
    static uint8_t buf[2 + 2048], *exact;
    struct quoth_event ev = {.now = *now}, one;
    struct quoth_want w;
    uint8_t kind = take(in);
    int rc = QUOTH_OK;

    quoth_lookup_want(&side[0].l, &w);
    ev.kind = (enum quoth_event_kind)(kind & 7);
    ev.from = w.peer;
    ev.err = (enum quoth_err) - (kind >> 4);
    switch (ev.kind) {
    case QUOTH_EV_TIME:
        ev.now = *now = w.kind == QUOTH_WANT_DONE || kind & 8 ? *now : w.deadline;
        break;
    case QUOTH_EV_SENT: ev.n = kind & 8 ? take(in) : w.n; break;
    case QUOTH_EV_DATA:
        if (kind & 8)
            ev.from.ip.b[3] ^= take(in);
        ev.n = message(in, &side[0].l, buf + 2, sizeof buf - 2);
        ev.data = buf + 2;
        if (side[0].l.big_n == 0 && w.kind == QUOTH_WANT_RECV &&
            side[0].l.out_at) { /* over a stream the length comes first */
            buf[0] = (uint8_t)(ev.n >> 8);
            buf[1] = (uint8_t)ev.n;
            ev.data = buf;
            ev.n += 2;
        }
        break;
    default: break;
    }
    free(exact);
    exact = malloc(ev.n ? ev.n : 1);
    if (ev.kind == QUOTH_EV_DATA) {
        memcpy(exact, ev.data, ev.n);
        ev.data = exact;
    }
    rc = feed(&side[0], &ev);
    if (ev.kind == QUOTH_EV_DATA && side[1].l.out_at) {
        one = ev;
        for (size_t i = 0; i < ev.n; i++) {
            one.data = exact + i;
            one.n = 1;
            if (feed(&side[1], &one) != QUOTH_OK)
                break; /* behind the end */
        }
    } else {
        require(feed(&side[1], &ev) == rc);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct side side[2];
    static const uint16_t types[] = {QUOTH_DNS_MX, QUOTH_DNS_A, QUOTH_DNS_AAAA, QUOTH_DNS_MX};
    struct quoth_name name = {8, {1, 'a', 4, 't', 'e', 's', 't', 0}};
    struct input in = {p, n};
    uint8_t seed[16] = {1}, setup = take(&in);
    uint64_t now = 1000;
    const struct quoth_question question = {&name, types[setup & 3], 0};
    struct quoth_want w;
    struct quoth_event ev = {.kind = QUOTH_EV_TIME};

    for (int i = 0; i < 2; i++) {
        memset(&side[i], 0, sizeof side[i]);
        side[i].res.servers = setup >> 2 & 3;
        side[i].res.tcp = setup >> 4 & 1;
        side[i].res.rotate = setup >> 5 & 1;
        for (uint8_t k = 0; k < QUOTH_SERVERS_MAX; k++)
            side[i].res.server[k].peer.ip = (struct quoth_ip) {4, {10, 0, 0, k}};
        quoth_lookup_start(&side[i].l, &side[i].res, &question, seed, now);
        if (!(setup & 64))
            quoth_lookup_lend(&side[i].l, side[i].big, sizeof side[i].big);
    }
    while (in.n != 0) {
        event(side, &in, &now);
        now++;
        require(side[0].l.state == side[1].l.state && side[0].l.id == side[1].l.id);
        require(side[0].l.answer == side[1].l.answer &&
                !memcmp(&side[0].route, &side[1].route, sizeof side[0].route));
    }
    for (int i = 0; i < 200; i++) { /* when nothing is heard any more it must end */
        quoth_lookup_want(&side[0].l, &w);
        if (w.kind == QUOTH_WANT_DONE)
            break;
        ev.now = w.deadline;
        require(feed(&side[0], &ev) == QUOTH_OK);
    }
    quoth_lookup_want(&side[0].l, &w);
    require(w.kind == QUOTH_WANT_DONE);
    return 0;
}
