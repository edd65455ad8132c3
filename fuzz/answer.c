/* answer.c - record sets of any answers: the buffer is never overrun, the set walks over exactly n
 * whole records of its type, prefixes hold, want is pure. One twin gets every stream byte by byte
 * and must not differ; another has all the room there is, and differs only where the first was cut.
 *
 * Input: type, options, prefix and room, then answers: flags, counts, a length, and the records
 * behind the question that is out.
 *
 * SPDX-License-Identifier: MIT */
#include "dns_input.h"

enum { WHOLE, BYTES, ROOM, SIDES };
enum { MESSAGE_MAX = 4096 };

struct side {
    struct quoth_resolver res;
    struct quoth_lookup l;
    struct quoth_rrset set;
    uint8_t big[MESSAGE_MAX];
};

static int lower(int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

/* ---- what must hold of a set -------------------------------------------- */

static size_t names(const uint8_t *p, size_t n, unsigned count)
{
    struct quoth_name name;
    size_t at = 0;

    while (count-- != 0) {
        int took = quoth_name_read(&name, p + at, n - at);
        require(took > 0 && name.n == took && !memcmp(name.b, p + at, name.n)); /* lower case */
        at += (size_t)took;
    }
    return at;
}

static void record_in_order(uint16_t type, const uint8_t *p, size_t n, const char *match)
{
    switch (type) {
    case QUOTH_DNS_A: require(n == 4); break;
    case QUOTH_DNS_AAAA: require(n == 16); break;
    case QUOTH_DNS_MX: require(n > 2 && names(p + 2, n - 2, 1) == n - 2); break;
    case QUOTH_DNS_PTR:
    case QUOTH_DNS_CNAME:
    case QUOTH_DNS_NS: require(names(p, n, 1) == n); break;
    case QUOTH_DNS_SOA: require(names(p, n, 2) == n - 20); break;
    case QUOTH_DNS_TLSA: require(n >= 3); break;
    case QUOTH_DNS_DS: require(n >= 5); break;
    case QUOTH_DNS_TXT:
        for (size_t i = 0; match && match[i]; i++)
            require(i < n && lower(p[i]) == match[i]);
        break;
    default: require(0); /* a type we know nothing of is never data */
    }
}

static void set_in_order(const struct side *s)
{
    const struct quoth_rrset *set = &s->set;
    struct quoth_span data;
    size_t at = 0, before = 0, n = 0;

    require(set->answer == s->l.answer && set->answer < QUOTH_ANSWERS);
    require(set->used <= set->cap && set->ede == s->l.ede && set->ttl <= 86400);
    require(set->others == 0 || (s->l.type == QUOTH_DNS_TXT && set->match));
    require(!(set->flags & QUOTH_SET_AD) || s->l.options & QUOTH_ASK_AD);
    if (set->answer != QUOTH_ANSWER_DATA)
        require(set->used == 0 && set->n == 0 && set->others == 0);
    else
        require(set->n != 0 || set->others != 0 || set->flags & QUOTH_SET_CUT);
    for (; quoth_rrset_next(set, &at, &data) == 1; before = at, n++) {
        require(data.p == (const char *)set->buf + before + 2 && at == before + 2 + data.n);
        record_in_order(s->l.type, (const uint8_t *)data.p, data.n, set->match);
    }
    require(n == set->n && before == set->used && n <= QUOTH_RECORDS_MAX);
    require(quoth_rrset_next(set, &at, &data) == 0);
}

static int same_set(const struct quoth_rrset *a, const struct quoth_rrset *b)
{
    return a->used == b->used && a->n == b->n && a->others == b->others && a->ede == b->ede &&
           a->ttl == b->ttl && a->answer == b->answer && a->flags == b->flags &&
           (a->used == 0 || !memcmp(a->buf, b->buf, a->used));
}

/* ---- events ------------------------------------------------------------- */

static int feed(struct side *s, const struct quoth_event *ev)
{
    struct quoth_lookup before = s->l;
    struct quoth_rrset set = s->set;
    struct quoth_want w, again;
    int rc = quoth_lookup_feed_set(&s->l, ev, &s->set);

    require(rc == QUOTH_OK || rc == QUOTH_EINVAL);
    if (rc != QUOTH_OK)
        require(!memcmp(&before, &s->l, sizeof before) && !memcmp(&set, &s->set, sizeof set));
    require(s->set.buf == set.buf && s->set.cap == set.cap && s->set.match == set.match);
    quoth_lookup_want(&s->l, &w);
    quoth_lookup_want(&s->l, &again);
    require(!memcmp(&w, &again, sizeof w));
    if (s->l.answer != QUOTH_ANSWER_NONE)
        set_in_order(s);
    return rc;
}

/* An answer to the question that is out, but for what the input flips in its flags. */
static size_t message(struct input *in, const struct quoth_lookup *l, uint8_t *buf)
{
    const size_t at = input_head(in, l, buf), n = take_length(in);

    return at + input_body(in, n, buf + at, MESSAGE_MAX - at);
}

/* The message to all sides; over TCP with its length in front, and to one byte by byte. */
static void deliver(struct side side[SIDES], struct input *in, struct quoth_event *ev)
{
    uint8_t *block = malloc(2 + MESSAGE_MAX), *exact;
    struct quoth_event one = *ev;
    int stream = side[0].l.out_at != 0, rc;
    size_t n;

    require(block != NULL);
    n = message(in, &side[0].l, block + 2);
    block[0] = (uint8_t)(n >> 8);
    block[1] = (uint8_t)n;
    exact = malloc(n + 2);
    require(exact != NULL);
    memcpy(exact, stream ? block : block + 2, stream ? n + 2 : n);
    free(block);
    ev->data = exact;
    ev->n = stream ? n + 2 : n;
    rc = feed(&side[WHOLE], ev);
    require(feed(&side[ROOM], ev) == rc);
    if (!stream)
        require(feed(&side[BYTES], ev) == rc);
    for (size_t i = 0; stream && i < n + 2; i++) {
        one.data = exact + i;
        one.n = 1;
        require(feed(&side[BYTES], &one) == QUOTH_OK || i == n + 2);
    }
    free(exact);
}

static void step(struct side side[SIDES], struct input *in, uint64_t now)
{
    struct quoth_event ev = {.now = now};
    struct quoth_want w;

    quoth_lookup_want(&side[0].l, &w);
    ev.from = w.peer;
    ev.n = w.n;
    switch (w.kind) {
    case QUOTH_WANT_OPEN: ev.kind = QUOTH_EV_UP; break;
    case QUOTH_WANT_CLOSE: ev.kind = QUOTH_EV_DOWN; break;
    case QUOTH_WANT_RECV:
        ev.kind = QUOTH_EV_DATA;
        if (in->n != 0) {
            deliver(side, in, &ev);
            return;
        }
        ev.kind = QUOTH_EV_TIME; /* silence */
        ev.now = w.deadline;
        break;
    default: ev.kind = QUOTH_EV_SENT; break;
    }
    for (int i = 0; i < SIDES; i++)
        require(feed(&side[i], &ev) == QUOTH_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct side side[SIDES];
    static const uint16_t types[] = {QUOTH_DNS_TXT,
                                     QUOTH_DNS_PTR,
                                     QUOTH_DNS_TLSA,
                                     QUOTH_DNS_DS,
                                     QUOTH_DNS_SOA,
                                     QUOTH_DNS_CNAME,
                                     QUOTH_DNS_MX,
                                     QUOTH_DNS_A,
                                     QUOTH_DNS_NS,
                                     QUOTH_DNS_AAAA,
                                     99,
                                     QUOTH_DNS_TXT};
    static const char *const prefix[] = {NULL, "", "v=spf1", "v=dmarc1"};
    struct quoth_name name = {8, {1, 'a', 4, 't', 'e', 's', 't', 0}};
    struct input in = {p, n};
    uint8_t seed[16] = {1}, setup;
    struct quoth_question question = {&name, types[take(&in) % 12], 0};
    uint16_t cap;
    unsigned steps = 0;

    setup = take(&in);
    question.options = setup & (QUOTH_ASK_AD | QUOTH_ASK_CD);
    cap = (uint16_t)(take(&in) * 4u);
    for (int i = 0; i < SIDES; i++) {
        memset(&side[i], 0, sizeof side[i]);
        side[i].res.servers = 1 + (setup >> 2 & 1);
        side[i].res.tries = 1;
        side[i].res.tcp = setup >> 3 & 1;
        side[i].res.server[1].peer.ip = side[i].res.server[0].peer.ip =
            (struct quoth_ip) {4, {10, 0, 0, 1}};
        side[i].set.cap = i == ROOM ? 65535 : cap;
        side[i].set.buf = malloc(side[i].set.cap ? side[i].set.cap : 1);
        side[i].set.match = prefix[setup & 3];
        quoth_lookup_start(&side[i].l, &side[i].res, &question, seed, 1000);
        quoth_lookup_lend(&side[i].l, side[i].big, sizeof side[i].big);
    }
    while (side[0].l.deadline != QUOTH_NEVER) {
        require(++steps < 2000 + n);
        step(side, &in, 1000);
        require(side[0].l.state == side[1].l.state && side[0].l.id == side[1].l.id);
        require(same_set(&side[WHOLE].set, &side[BYTES].set) || !side[0].l.answer);
    }
    require(side[ROOM].set.answer == side[WHOLE].set.answer);
    require(side[ROOM].set.others == side[WHOLE].set.others);
    require(side[ROOM].set.n >= side[WHOLE].set.n);
    if (!(side[WHOLE].set.flags & QUOTH_SET_CUT))
        require(same_set(&side[WHOLE].set, &side[ROOM].set));
    for (int i = 0; i < SIDES; i++)
        free(side[i].set.buf);
    return 0;
}
