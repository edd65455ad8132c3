/* spf.c - check_host() against name servers that say anything.
 *
 * Oracle: it takes or refuses each event, wants one thing at a time and ends within its budget of
 * questions and time; the chain of records lies within its memory, one record behind the other. A
 * failure never becomes "none". A twin that has a cache comes to the same result.
 *
 * Input: a byte of set-up; then answers in the order of the questions. Each is a byte of kind, and
 * for records up to a zero byte their texts: of a TXT the record behind "v=spf1 ", of a PTR or an
 * MX the names, parted by blanks. A question that was asked before has the answer it had.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth_domain.h"
#include "../tests/dns_msg.h"

enum { ANSWERS = QUOTH_SPF_QUERIES_MAX, TEXT = 600 };

struct answer {
    struct quoth_name name;
    uint16_t type;
    uint8_t kind;
    size_t n;
    const uint8_t *text;
};

struct side {
    struct quoth_spf spf;
    struct msg m;
    unsigned questions;
    int full;
};

static struct answer answers[ANSWERS];
static unsigned known;
static struct input in;

static const struct answer *answer_of(const struct quoth_name *name, uint16_t type)
{
    struct answer *a = answers;

    for (; a < answers + known; a++)
        if (a->type == type && a->name.n == name->n && !memcmp(a->name.b, name->b, name->n))
            return a;
    require(known < ANSWERS);
    known++;
    *a = (struct answer) {.name = *name, .type = type, .kind = take(&in)};
    a->text = take_text(&in, &a->n);
    if (a->n > TEXT)
        a->n = TEXT;
    return a;
}

static void put_txt(struct msg *m, const struct answer *a)
{
    static const char version[] = "v=spf1 ";
    size_t at = msg_begin(m, 0, NULL, a->type, 60);

    msg_raw(m, "\7", 1);
    msg_raw(m, version, 7);
    for (size_t i = 0; i < a->n; i += 200) {
        size_t k = a->n - i < 200 ? a->n - i : 200;
        const uint8_t len = (uint8_t)k;
        msg_raw(m, &len, 1);
        msg_raw(m, a->text + i, k);
    }
    msg_end(m, at);
}

static void put_names(struct msg *m, const struct answer *a)
{
    const char *p = (const char *)a->text, *end = p + a->n;
    struct quoth_name name;

    while (p < end) {
        size_t n = 0;
        while (p + n < end && p[n] != ' ')
            n++;
        if (quoth_name_parse(&name, p, n) == QUOTH_OK) {
            size_t at = msg_begin(m, 0, NULL, a->type, 60);
            if (a->type == QUOTH_DNS_MX)
                msg_u16(m, 10);
            msg_raw(m, name.b, name.n);
            msg_end(m, at);
        }
        p += n + (p + n < end);
    }
}

static void put_addresses(struct msg *m, const struct answer *a)
{
    const uint8_t net[16] = {192, 0, 2};
    uint8_t ip[16];

    for (unsigned i = 0; i < a->kind % 4u + 1; i++) {
        memcpy(ip, net, sizeof ip);
        ip[3] = (uint8_t)(a->kind / 32 + i);
        msg_rr(m, 0, NULL, a->type, 60, ip, a->type == QUOTH_DNS_A ? 4 : 16);
    }
}

static void reply(struct side *s, const uint8_t *q, size_t n)
{
    struct quoth_name name;
    const struct answer *a;
    uint16_t type;

    require(n > 12 && quoth_name_read(&name, q + 12, n - 12) > 0);
    type = (uint16_t)(q[12 + name.n] << 8 | q[13 + name.n]);
    s->questions++;
    a = answer_of(&name, type);
    s->full = a->kind % 16 != 15;
    s->m.n = 0;
    msg_raw(&s->m, q, 12u + name.n + 4);
    memset(s->m.b + 6, 0, 6);
    s->m.b[2] = 0x81;
    s->m.b[3] = (uint8_t)(0x80 | (a->kind % 16 == 14 ? 2 : a->kind % 16 == 13 ? 3 : 0));
    if (a->kind % 16 >= 12)
        return; /* 12: no data */
    if (type == QUOTH_DNS_TXT)
        put_txt(&s->m, a);
    else if (type == QUOTH_DNS_MX || type == QUOTH_DNS_PTR)
        put_names(&s->m, a);
    else
        put_addresses(&s->m, a);
}

static void in_order(const struct quoth_spf *s)
{
    size_t used = 0;

    require(s->used + s->list <= sizeof s->arena && s->depth < QUOTH_SPF_FRAMES);
    require(s->queries <= QUOTH_SPF_QUERIES_MAX && s->shares <= QUOTH_SPF_SHARES);
    for (unsigned i = 0; i <= s->depth; i++) {
        const struct quoth_span name = quoth_spf_name(s, i), record = quoth_spf_record(s, i);
        require(name.p == s->arena + used);
        used += name.n;
        require(record.n == 0 || record.p == s->arena + used);
        used += record.n;
    }
    require(used <= s->used);
}

static void run(struct side *s, const struct quoth_spf_conf *conf)
{
    const uint8_t seed[16] = {1};
    uint64_t now = 1000;
    int failed = 0;
    struct quoth_want w;

    quoth_spf_start(&s->spf, conf, seed, now);
    for (unsigned steps = 0;; steps++) {
        struct quoth_event ev = {.now = now};
        quoth_spf_want(&s->spf, &w);
        in_order(&s->spf);
        if (w.kind == QUOTH_WANT_DONE)
            break;
        require(steps < 4000 && w.kind != QUOTH_WANT_TLS && w.kind != QUOTH_WANT_RCPT);
        if (w.kind == QUOTH_WANT_DGRAM) {
            ev.kind = QUOTH_EV_SENT;
            ev.n = w.n;
            reply(s, w.out, w.n);
        } else if (w.kind == QUOTH_WANT_CLOSE) {
            ev.kind = QUOTH_EV_DOWN;
        } else if (w.kind == QUOTH_WANT_RECV && s->full) {
            ev.kind = QUOTH_EV_DATA;
            ev.data = s->m.b;
            ev.n = s->m.n;
            ev.from = w.peer;
            s->full = 0;
        } else { /* silence, and nobody listens over TCP */
            failed = 1;
            ev.kind = QUOTH_EV_TIME;
            now = ev.now = w.deadline;
        }
        require(quoth_spf_feed(&s->spf, &ev) == QUOTH_OK);
    }
    require(now <= 1000 + 20000 && s->spf.why != QUOTH_SPF_WHY_NONE);
    require(s->questions <= 4 * QUOTH_SPF_QUERIES_MAX);
    if (s->spf.result == QUOTH_SPF_NONE && s->spf.why == QUOTH_SPF_WHY_NO_RECORD)
        require(!failed || s->spf.answer == QUOTH_ANSWER_DATA ||
                s->spf.answer == QUOTH_ANSWER_NODATA || s->spf.answer == QUOTH_ANSWER_NXDOMAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct side side[2];
    static uint8_t memory[16384];
    static const char *const senders[] = {"a.b-c@x.test", "", "@x.test", "x.test"};
    const uint8_t seed[16] = {2};
    struct quoth_resolver res = {.servers = 1, .tries = 1};
    struct quoth_setcache cache;
    struct quoth_spf_conf conf = {.resolver = &res, .helo = "H.x.test"};
    uint8_t setup;

    in = (struct input) {p, n};
    known = 0;
    setup = take(&in);
    conf.from = senders[setup & 3];
    conf.ip = (struct quoth_ip) {setup & 4 ? 16 : setup & 8 ? 0 : 4, {192, 0, 2, setup >> 5}};
    res.server[0].peer.ip = (struct quoth_ip) {4, {192, 0, 2, 53}};
    quoth_setcache_init(&cache, memory, sizeof memory, seed);
    side[0].questions = side[1].questions = 0;
    run(&side[0], &conf);
    conf.cache = &cache;
    run(&side[1], &conf);
    if (side[0].spf.result != QUOTH_SPF_TEMPERROR && side[1].spf.result != QUOTH_SPF_TEMPERROR)
        require(side[0].spf.result == side[1].spf.result && side[0].spf.why == side[1].spf.why);
    return 0;
}
