/* spf_world.h - a name server with a zone of lines, and a clock that costs nothing: runs the SPF
 * machine against them.
 *
 *   Z <tab> name <tab> type <tab> data...     as tests/spf_suite.awk writes them; \xHH is a byte
 *
 *   struct spf_world w; spf_world_init(&w); spf_world_zone(&w, "Z\texample.com\tTXT\tv=spf1 -all");
 *   spf_world_run(&w, &conf);                 then read w.spf
 *
 * A type of TIMEOUT: what is not listed above it at that name is never answered. SIGNED: answers
 * about that name and those below it are validated, and have AD where it was asked for, but not
 * those of an OPEN one. BOGUS: they fail, unless CD is set; its data, a byte, is the Extended DNS
 * Error beside that. At every step it asserts what core promises: want is pure, one want, one
 * deadline, feed takes what was wanted, and refuses what was not.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SPF_WORLD_H
#define SPF_WORLD_H

#include <stdio.h>
#include "quoth_domain.h"
#include "dns_msg.h"

enum { SPF_WORLD_RECORDS = 400, SPF_WORLD_DATA = 2600, SPF_WORLD_IDS = 32 };
enum { SPF_WORLD_SIGNED = 0xFF00, SPF_WORLD_BOGUS, SPF_WORLD_OPEN }; /* types of our own */
enum { SPF_WORLD_AD = 0x20, SPF_WORLD_CD = 0x10 }; /* in the fourth byte of a message */

#define SPF_REQUIRE(x) \
    do { \
        if (!(x)) { \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #x); \
            abort(); \
        } \
    } while (0)

enum spf_world_fault { SPF_WORLD_SERVFAIL, SPF_WORLD_REFUSED, SPF_WORLD_SILENT, SPF_WORLD_BROKEN };

struct spf_world_rr {
    struct quoth_name owner;
    uint16_t type; /* 0: TIMEOUT; SPF_WORLD_SIGNED and those behind it */
    size_t n;
    uint8_t data[SPF_WORLD_DATA];
};

struct spf_world {
    struct spf_world_rr rr[SPF_WORLD_RECORDS];
    unsigned records;
    struct quoth_resolver res;
    unsigned piece; /* over TCP, answers come in so many bytes; 0: at once */
    /* the nth question is not answered well, however often it is asked in a row; 0: all are */
    unsigned fail_at, fail_how;
    int bare;          /* answers have an alias without what it leads to */
    uint32_t negative; /* s that the answer "there is none" lasts; 0: it does not say */
    struct quoth_name failing;
    uint16_t failing_type;
    unsigned questions, longest; /* longest: ms that one run took, at most */
    uint64_t asked;              /* a hash of all questions in order; the same one again: once */
    struct quoth_name last;
    uint16_t last_type;
    int asked_ptr;
    unsigned asked_do, asked_root; /* questions with DO (RFC 3225 3); for the root's SOA record */
    uint8_t seed; /* of the machine; and what came of it, the ids of its questions */
    uint16_t id[SPF_WORLD_IDS];
    struct quoth_spf spf;
};

static void spf_world_init(struct spf_world *w)
{
    w->records = 0;
    memset(&w->res, 0, sizeof w->res);
    w->piece = w->fail_at = w->fail_how = w->longest = 0;
    w->bare = 0;
    w->negative = w->asked_do = w->asked_root = 0;
    w->seed = 7;
    w->res.servers = 1;
    w->res.server[0].peer.ip = (struct quoth_ip) {4, {192, 0, 2, 53}};
    w->res.server[0].root = 1; /* its denials have no SOA record */
}

/* ---- the zone ----------------------------------------------------------- */

/* The next field of a line, with its bytes. NULL: there is none. */
static const char *spf_world_field(const char **line, char buf[SPF_WORLD_DATA], size_t *n)
{
    const char *p = *line;
    unsigned byte;

    if (!p)
        return NULL;
    for (*n = 0; *p && *p != '\t' && *p != '\n'; p++) {
        SPF_REQUIRE(*n < SPF_WORLD_DATA - 1);
        byte = (uint8_t)*p;
        if (p[0] == '\\' && p[1] == 'x') {
            SPF_REQUIRE(sscanf(p + 2, "%2x", &byte) == 1);
            p += 3;
        }
        buf[(*n)++] = (char)byte;
    }
    buf[*n] = 0;
    *line = *p == '\t' ? p + 1 : NULL;
    return buf;
}

static void spf_world_put_name(struct spf_world_rr *rr, const char *text, size_t len)
{
    struct quoth_name name = {1, {0}};

    if (len)
        SPF_REQUIRE(quoth_name_parse(&name, text, len) == QUOTH_OK);
    memcpy(rr->data + rr->n, name.b, name.n);
    rr->n += name.n;
}

static void spf_world_data(struct spf_world_rr *rr, const char *line)
{
    char buf[SPF_WORLD_DATA];
    struct quoth_ip ip;
    size_t n;

    while (spf_world_field(&line, buf, &n)) {
        if (rr->type == QUOTH_DNS_TXT) { /* strings of 255 bytes at most */
            for (size_t at = 0, k; at < n || at == 0; at += k) {
                k = n - at < 255 ? n - at : 255;
                SPF_REQUIRE(rr->n + k + 1 < SPF_WORLD_DATA);
                rr->data[rr->n++] = (uint8_t)k;
                memcpy(rr->data + rr->n, buf + at, k);
                rr->n += k;
                if (n == 0)
                    break;
            }
        } else if (rr->type == QUOTH_DNS_A || rr->type == QUOTH_DNS_AAAA) {
            SPF_REQUIRE(quoth_ip_parse(&ip, buf, n) == QUOTH_OK);
            memcpy(rr->data, ip.b, ip.len);
            rr->n = ip.len;
        } else if (rr->type == QUOTH_DNS_MX && rr->n == 0) {
            rr->data[0] = 0;
            rr->data[1] = (uint8_t)atoi(buf);
            rr->n = 2;
        } else if (rr->type == QUOTH_DNS_DS || rr->type == QUOTH_DNS_TLSA ||
                   rr->type >= SPF_WORLD_SIGNED) { /* bytes as they are */
            memcpy(rr->data, buf, n);
            rr->n = n;
        } else if (rr->type == QUOTH_DNS_SOA) { /* of the root, twice, and five numbers */
            memset(rr->data, 0, rr->n = 22);
        } else {
            spf_world_put_name(rr, buf, n);
        }
    }
}

/* One line of a zone. */
static void spf_world_zone(struct spf_world *w, const char *line)
{
    static const struct {
        const char *name;
        uint16_t type;
    } types[] = {{"TIMEOUT", 0},
                 {"A", QUOTH_DNS_A},
                 {"AAAA", QUOTH_DNS_AAAA},
                 {"CNAME", QUOTH_DNS_CNAME},
                 {"MX", QUOTH_DNS_MX},
                 {"PTR", QUOTH_DNS_PTR},
                 {"TXT", QUOTH_DNS_TXT},
                 {"SOA", QUOTH_DNS_SOA},
                 {"DS", QUOTH_DNS_DS},
                 {"TLSA", QUOTH_DNS_TLSA},
                 {"SIGNED", SPF_WORLD_SIGNED},
                 {"BOGUS", SPF_WORLD_BOGUS},
                 {"OPEN", SPF_WORLD_OPEN}};
    struct spf_world_rr *rr = &w->rr[w->records++];
    char buf[SPF_WORLD_DATA];
    size_t n, known = 0;

    SPF_REQUIRE(w->records < SPF_WORLD_RECORDS);
    spf_world_field(&line, buf, &n); /* Z */
    SPF_REQUIRE(spf_world_field(&line, buf, &n));
    rr->owner = (struct quoth_name) {1, {0}};
    SPF_REQUIRE(!strcmp(buf, ".") || quoth_name_parse(&rr->owner, buf, n) == QUOTH_OK);
    SPF_REQUIRE(spf_world_field(&line, buf, &n));
    while (strcmp(types[known].name, buf))
        SPF_REQUIRE(++known < sizeof types / sizeof *types);
    rr->type = types[known].type;
    rr->n = 0;
    spf_world_data(rr, line);
}

/* Several, each with a line feed behind it. */
static inline void spf_world_zones(struct spf_world *w, const char *lines)
{
    for (; *lines; lines = strchr(lines, '\n') + 1)
        spf_world_zone(w, lines);
}

/* ---- answers ------------------------------------------------------------ */

static int spf_world_same(const struct quoth_name *a, const struct quoth_name *b)
{
    return a->n == b->n && !memcmp(a->b, b->b, a->n);
}

static void spf_world_put_rr(struct msg *m, const struct quoth_name *name,
                             const struct spf_world_rr *rr)
{
    msg_count(m, 0, msg_counted(m, 0) + 1);
    msg_raw(m, name->b, name->n);
    msg_u16(m, rr->type);
    msg_u16(m, 1);
    msg_u32(m, 300);
    msg_u16(m, (unsigned)rr->n);
    msg_raw(m, rr->data, rr->n);
}

/* Does a record stand at that name, or at a "*" that is in the place of its first label? */
static int spf_world_owns(const struct quoth_name *owner, const struct quoth_name *name)
{
    const size_t first = 1u + name->b[0];

    if (owner->n < 3 || owner->b[0] != 1 || owner->b[1] != '*' || name->n <= first)
        return spf_world_same(owner, name);
    return (size_t)owner->n - 2 == name->n - first &&
           !memcmp(owner->b + 2, name->b + first, name->n - first);
}

/* Does the name exist because there is one below it? (RFC 8020) */
static int spf_world_above(const struct spf_world *w, const struct quoth_name *name)
{
    for (unsigned i = 0; i < w->records; i++) {
        const struct quoth_name *owner = &w->rr[i].owner;
        if (owner->n > name->n && !memcmp(owner->b + owner->n - name->n, name->b, name->n))
            return 1;
    }
    return 0;
}

/* What there is of a name, aliases followed. Returns the rcode, or -1 for silence. */
static int spf_world_look(const struct spf_world *w, struct quoth_name name, uint16_t type,
                          struct msg *m)
{
    for (int hops = 0; hops < 12; hops++) {
        const struct spf_world_rr *alias = NULL;
        int exists = 0, listed = 0;
        for (unsigned i = 0; i < w->records; i++) {
            const struct spf_world_rr *rr = &w->rr[i];
            if (!spf_world_owns(&rr->owner, &name))
                continue;
            exists = 1;
            if (rr->type == 0 && !listed)
                return -1;
            if (rr->type == QUOTH_DNS_CNAME)
                alias = rr;
            if (rr->type != type && rr->type != QUOTH_DNS_CNAME)
                continue;
            listed = 1;
            spf_world_put_rr(m, &name, rr);
        }
        if (!alias)
            return exists || spf_world_above(w, &name) ? 0 : 3;
        if (w->bare)
            return 0;
        quoth_name_read(&name, alias->data, alias->n);
    }
    return 0;
}

/* The record of one of our own types at the name, or at one above it; NULL: there is none. The
 * root's is for it alone. */
static const struct spf_world_rr *spf_world_mark(const struct spf_world *w,
                                                 const struct quoth_name *name, uint16_t type)
{
    for (unsigned i = 0; i < w->records; i++) {
        const struct quoth_name *owner = &w->rr[i].owner;
        if (w->rr[i].type == type && owner->n <= name->n && (owner->n > 1 || name->n == 1) &&
            !memcmp(owner->b, name->b + name->n - owner->n, owner->n))
            return &w->rr[i];
    }
    return NULL;
}

static int spf_world_signed(const struct spf_world *w, const struct quoth_name *name)
{
    return spf_world_mark(w, name, SPF_WORLD_SIGNED) && !spf_world_mark(w, name, SPF_WORLD_OPEN);
}

/* SERVFAIL, with the reason that stands in the record, if any does (RFC 8914 2). */
static int spf_world_bogus(const struct spf_world_rr *mark, struct msg *m)
{
    if (!mark->n)
        return 2;
    msg_count(m, 2, 1);
    msg_raw(m, "\0\0\x29\x04\xd0\0\0\0\0\0\x06\0\x0f\0\x02\0", 16);
    msg_raw(m, mark->data, 1);
    return 2;
}

/* A question that comes again right behind itself is the same one, asked once more. */
static int spf_world_fails(struct spf_world *w, const struct quoth_name *name, uint16_t type)
{
    if (w->questions == w->fail_at) {
        w->failing = *name;
        w->failing_type = type;
    } else if (w->failing_type != type || !spf_world_same(&w->failing, name)) {
        w->failing_type = 0;
    }
    return w->failing_type != 0;
}

static inline void spf_world_note(uint64_t *asked, struct quoth_name *last, uint16_t *last_type,
                                  const struct quoth_name *name, uint16_t type)
{
    if (*last_type == type && spf_world_same(last, name))
        return;
    *last = *name;
    *last_type = type;
    *asked = (*asked + type) * 1099511628211u;
    for (size_t i = 0; i < name->n; i++)
        *asked = (*asked ^ name->b[i]) * 1099511628211u;
}

/* The answer to a query, or 0 for none. */
static int spf_world_answer(struct spf_world *w, const uint8_t *q, size_t n, struct msg *m)
{
    struct quoth_name name;
    uint16_t type;
    const struct spf_world_rr *bogus;
    int rcode, ad;

    SPF_REQUIRE(n > 12 && quoth_name_read(&name, q + 12, n - 12) > 0);
    SPF_REQUIRE(12u + name.n + 4 <= n);
    type = (uint16_t)(q[12 + name.n] << 8 | q[13 + name.n]);
    SPF_REQUIRE(type != 99); /* the old type of SPF records (RFC 7208 3.1) */
    w->asked_ptr |= type == QUOTH_DNS_PTR;
    w->asked_root += name.n == 1 && type == QUOTH_DNS_SOA;
    w->asked_do += 12u + name.n + 12 <= n && q[12 + name.n + 11] & 0x80; /* flags of OPT */
    m->n = 0;
    msg_raw(m, q, 12u + name.n + 4);
    memset(m->b + 6, 0, 6);
    m->b[2] = 0x81;
    if (w->questions < SPF_WORLD_IDS)
        w->id[w->questions] = (uint16_t)(q[0] << 8 | q[1]);
    w->questions++;
    spf_world_note(&w->asked, &w->last, &w->last_type, &name, type);
    bogus = q[3] & SPF_WORLD_CD ? NULL : spf_world_mark(w, &name, SPF_WORLD_BOGUS);
    ad = q[3] & SPF_WORLD_AD && spf_world_signed(w, &name);
    rcode = bogus ? spf_world_bogus(bogus, m) : spf_world_look(w, name, type, m);
    if (spf_world_fails(w, &name, type)) {
        if (w->fail_how == SPF_WORLD_SILENT)
            return 0;
        msg_count(m, 0, 0);
        msg_count(m, 2, 0);
        ad = 0;
        m->n = 12u + name.n + 4;
        rcode = w->fail_how == SPF_WORLD_REFUSED ? 5 : 2;
        if (w->fail_how == SPF_WORLD_BROKEN)
            m->n -= 3;
    } else if (w->negative && rcode >= 0 && !msg_counted(m, 0)) {
        msg_soa(m, ".", w->negative, w->negative);
    }
    if (rcode < 0)
        return 0;
    m->b[3] = (uint8_t)(0x80 | (ad ? SPF_WORLD_AD : 0) | rcode);
    return 1;
}

/* ---- one run ------------------------------------------------------------ */

/* An exchange over UDP, or over TCP: its bytes, and how many of them were read. */
struct spf_world_link {
    struct msg m;
    size_t at, said;
    int open, stream, full;
    uint8_t query[300];
};

static void spf_world_hear(struct spf_world *w, struct spf_world_link *link, struct quoth_event *ev)
{
    size_t left = link->m.n - link->at;

    if (!link->full) {
        ev->kind = QUOTH_EV_TIME;
        return;
    }
    ev->kind = QUOTH_EV_DATA;
    ev->data = link->m.b + link->at;
    ev->from = w->res.server[0].peer;
    ev->from.port = 53;
    ev->n = link->stream && w->piece && w->piece < left ? w->piece : left;
    link->at += ev->n;
    if (link->at == link->m.n)
        link->full = 0;
}

static void spf_world_say(struct spf_world *w, struct spf_world_link *link,
                          const struct quoth_want *want, struct quoth_event *ev)
{
    static struct msg m;
    const size_t k = link->stream && w->piece && w->piece < want->n ? w->piece : want->n;

    SPF_REQUIRE(want->n && link->said + k <= sizeof link->query);
    memcpy(link->query + link->said, want->out, k);
    link->said += k;
    ev->kind = QUOTH_EV_SENT;
    ev->n = k;
    if (k < want->n)
        return;
    link->at = 0;
    link->m.n = 0;
    link->full = spf_world_answer(w, link->query + 2 * (size_t)link->stream,
                                  link->said - 2 * (size_t)link->stream, &m);
    if (link->stream)
        msg_u16(&link->m, (unsigned)m.n);
    msg_raw(&link->m, m.b, m.n);
}

static void spf_world_do(struct spf_world *w, struct spf_world_link *link,
                         const struct quoth_want *want, struct quoth_event *ev)
{
    switch (want->kind) {
    case QUOTH_WANT_DGRAM:
        SPF_REQUIRE(!link->open);
        link->open = 1;
        link->stream = 0;
        link->said = 0;
        spf_world_say(w, link, want, ev);
        break;
    case QUOTH_WANT_OPEN:
        SPF_REQUIRE(!link->open);
        link->open = link->stream = 1;
        link->said = 0;
        ev->kind = QUOTH_EV_UP;
        break;
    case QUOTH_WANT_SEND: spf_world_say(w, link, want, ev); break;
    case QUOTH_WANT_RECV: spf_world_hear(w, link, ev); break;
    case QUOTH_WANT_CLOSE:
        link->open = link->full = 0;
        ev->kind = QUOTH_EV_DOWN;
        break;
    case QUOTH_WANT_TLS:
    case QUOTH_WANT_RCPT:
    case QUOTH_WANT_DONE: SPF_REQUIRE(0);
    }
}

/* A machine of core that only asks name servers. */
struct spf_world_machine {
    void *self;
    size_t size;
    void (*want)(const void *self, struct quoth_want *want);
    int (*feed)(void *self, const struct quoth_event *ev);
};

/* What was not wanted is EINVAL, and changes nothing. */
static void spf_world_pester(const struct spf_world_machine *machine, const struct quoth_want *want,
                             uint64_t now)
{
    static const unsigned taken[] = {
        /* a bit an event: these are, or may be */
        [QUOTH_WANT_DGRAM] = 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_SENT,
        [QUOTH_WANT_OPEN] = 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_UP,
        [QUOTH_WANT_SEND] = 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_EOF,
        [QUOTH_WANT_RECV] = 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_EOF | 1 << QUOTH_EV_DATA,
        [QUOTH_WANT_CLOSE] = 1 << QUOTH_EV_DOWN,
        [QUOTH_WANT_DONE] = 0,
    };
    struct quoth_event ev = {.data = "", .err = QUOTH_EIO, .now = now};
    void *was = malloc(machine->size);

    SPF_REQUIRE(was);
    memcpy(was, machine->self, machine->size);
    ev.n = want->n + 1; /* SENT: more than there is; DATA: no message, and of nobody we know */
    for (unsigned kind = QUOTH_EV_TIME; kind <= QUOTH_EV_RCPT; kind++) {
        ev.kind = (enum quoth_event_kind)kind;
        if (taken[want->kind] >> kind & 1 || (kind == QUOTH_EV_TIME && now >= want->deadline))
            continue;
        SPF_REQUIRE(machine->feed(machine->self, &ev) == QUOTH_EINVAL);
        SPF_REQUIRE(!memcmp(was, machine->self, machine->size));
    }
    free(was);
}

/* All of a want is written, whatever was there. Now and then the machine is pestered. */
static void spf_world_want(const struct spf_world_machine *machine, struct quoth_want *want,
                           uint64_t now)
{
    static unsigned wants;
    struct quoth_want again;

    memset(want, 1, sizeof *want);
    memset(&again, 2, sizeof again);
    machine->want(machine->self, want);
    machine->want(machine->self, &again);
    SPF_REQUIRE(!memcmp(want, &again, sizeof again));
    if (wants++ % 61 == 0)
        spf_world_pester(machine, want, now);
}

#define SPF_WORLD_MACHINE(name) \
    static void name##_want(const void *self, struct quoth_want *want) \
    { \
        quoth_##name##_want((const struct quoth_##name *)self, want); \
    } \
    static int name##_feed(void *self, const struct quoth_event *ev) \
    { \
        return quoth_##name##_feed((struct quoth_##name *)self, ev); \
    }
SPF_WORLD_MACHINE(spf)

/* Just before the clock needs more than 32 bits. */
#define SPF_WORLD_START UINT64_C(0xFFFFFF00)

static inline void spf_world_begin(struct spf_world *w)
{
    w->res.server[0].bad_until = 0;
    w->questions = 0;
    w->asked_ptr = 0;
    w->failing_type = 0;
    w->asked = w->last_type = 0;
}

/* To the end; `slow`: milliseconds until an answer is there; `broken_at`: the nth thing that the
 * machine asks for fails in our hands (0: none does). Returns the milliseconds it took. */
static inline unsigned spf_world_drive(struct spf_world *w, const struct spf_world_machine *machine,
                                       unsigned slow, unsigned broken_at)
{
    static struct spf_world_link link;
    uint64_t now = SPF_WORLD_START;

    memset(&link, 0, sizeof link);
    for (unsigned steps = 0;; steps++) {
        struct quoth_want want;
        struct quoth_event ev;
        int rc;
        memset(&ev, 0, sizeof ev);
        spf_world_want(machine, &want, now);
        if (want.kind == QUOTH_WANT_DONE)
            break;
        SPF_REQUIRE(steps < 200000);
        spf_world_do(w, &link, &want, &ev);
        if (want.kind != QUOTH_WANT_CLOSE && steps + 1 == broken_at) {
            ev = (struct quoth_event) {.kind = QUOTH_EV_FAIL, .err = QUOTH_EIO};
            link.open = link.full = 0;
        }
        if (ev.kind == QUOTH_EV_TIME) {
            SPF_REQUIRE(want.deadline != QUOTH_NEVER);
            now = now < want.deadline ? want.deadline : now;
        }
        if (ev.kind == QUOTH_EV_DATA)
            now += slow;
        ev.now = now;
        rc = machine->feed(machine->self, &ev);
        SPF_REQUIRE(rc == QUOTH_OK ||
                    (rc == QUOTH_EINVAL && ev.kind == QUOTH_EV_DATA && !link.stream));
    }
    SPF_REQUIRE(!link.open);
    return (unsigned)(now - SPF_WORLD_START);
}

/* To the end. Returns the result. */
static inline enum quoth_spf_result spf_world_run(struct spf_world *w, struct quoth_spf_conf *conf)
{
    static uint8_t big[65535];
    const uint8_t seed[16] = {w->seed};
    const struct spf_world_machine machine = {&w->spf, sizeof w->spf, spf_want, spf_feed};
    unsigned took;

    conf->resolver = &w->res;
    spf_world_begin(w);
    memset(&w->spf, 0x5a, sizeof w->spf);
    quoth_spf_start(&w->spf, conf, seed, SPF_WORLD_START);
    quoth_spf_lend(&w->spf, big, sizeof big);
    took = spf_world_drive(w, &machine, 0, 0);
    SPF_REQUIRE(took <= 21000);
    SPF_REQUIRE(w->spf.queries <= QUOTH_SPF_QUERIES_MAX && w->spf.why != QUOTH_SPF_WHY_NONE);
    SPF_REQUIRE(w->spf.used <= sizeof w->spf.arena && w->spf.depth < QUOTH_SPF_FRAMES);
    if (took > w->longest)
        w->longest = took;
    return (enum quoth_spf_result)w->spf.result;
}

#endif
