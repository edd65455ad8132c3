/* world.h - a simulated Internet for one verification: virtual clock, name servers, mail
 * servers, latency, loss, and faults. Nothing is real, so nothing is slow, and a run is
 * the same every time for the same seed.
 *
 *   struct world w; world_init(&w, seed); w.zone = ...; w.hosts = ...;
 *   world_run(&w, &conf, "jane@example.com");     then read w.v and the counters
 *
 * At every step it asserts what core/README.md promises: want is pure; there is one want and one
 * deadline; feed accepts what was wanted; only the first half of SMTP is said; limits hold. At the
 * end it asserts G0 against what the servers delivered.
 *
 * SPDX-License-Identifier: MIT */
#ifndef WORLD_H
#define WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "quoth.h"

#define WORLD_ASSERT(x) \
    do { \
        if (!(x)) { \
            fprintf(stderr, "%s:%d: world %llu: broken: %s\n", __FILE__, __LINE__, \
                    (unsigned long long)w->seed, #x); \
            abort(); \
        } \
    } while (0)

/* One DNS record. data: "10 mx1.example.com" for MX, "192.0.2.1" for A; NULL: there is only the
 * rcode. */
struct world_rr {
    const char *name;
    uint16_t type;
    const char *data;
    int rcode;
};

enum world_open { WORLD_UP, WORLD_REFUSED, WORLD_UNREACH, WORLD_SILENT };
enum world_tls { WORLD_TLS_NONE, WORLD_TLS_FINE, WORLD_TLS_BREAKS, WORLD_TLS_SIGNATURE };

struct world_host {
    const char *ip;
    enum world_open open;
    enum world_tls tls;
    int pipelining, smtputf8;
    int delay; /* ms before each reply */
    const char *banner, *ehlo, *mail, *rset,
        *quit;                   /* whole replies without CRLF; NULL: the usual ones.
                                             * "!": hang up; "?": say nothing */
    const char *accept;          /* local parts taken, " a b "; "*": all; "~": without a digit */
    const char *known, *unknown; /* replies to RCPT; NULL: the usual ones */
};

struct world_chunk {
    uint64_t at;
    size_t n;
    int eof;
    uint8_t tag;
    char p[2048];
};

struct world {
    uint64_t seed, now, start;
    unsigned one_way, loss, dup,
        cut;           /* ms; per mille of datagrams; per mille; 1: streams come in pieces */
    unsigned fail_at;  /* the nth operation fails; 0: none does */
    unsigned leave_at; /* before the nth it is left; 0: never */
    int pester;        /* before each operation all that did not happen is told it */
    const struct world_rr *zone;
    size_t zone_n;
    const struct world_host *hosts;
    size_t hosts_n;
    /* the connection */
    const struct world_host *host;
    struct world_chunk q[64];
    size_t q_n;
    char line[1200];
    size_t line_n;
    int stream, secure, dns_open;
    char address[400];
    /* what happened */
    unsigned ops, steps, datagrams, connects, closes, commands, bytes_out, round_trips;
    int rcpt_heard, decoy_heard; /* delivered in full to the client */
    int taken, decoys;           /* the server took the address; made-up ones asked */
    int calling;                 /* a call is wanted, and not yet answered */
    unsigned calls, talks;       /* of mail hosts; those that were taken */
    uint64_t known_at;
    struct quoth_verify v;
};

static void world_init(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    w->seed = seed;
    w->now = w->start = 0xFFFFFF00u; /* the 32-bit tick wraps during the run (E04) */
    w->one_way = 50;
}

/* A generator of its own, so that core's is not tested with itself. */
static unsigned world_dice(struct world *w, unsigned n)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(w->seed >> 33) % n;
}

/* `tag` goes with the piece that holds byte `whole` - 1. */
static void world_queue(struct world *w, uint64_t at, const void *p, size_t n, int eof, uint8_t tag,
                        size_t whole)
{
    const uint8_t *b = p;
    size_t done = 0;
    do {
        struct world_chunk *c = &w->q[w->q_n];
        if (w->q_n == sizeof w->q / sizeof w->q[0])
            return;
        size_t k = n < sizeof c->p ? n : sizeof c->p;
        if (w->cut && !w->dns_open && k > 1)
            k = 1 + world_dice(w, (unsigned)k);
        c->at = at;
        c->n = k;
        c->eof = eof && k == n;
        c->tag = done < whole && done + k >= whole ? tag : 0;
        if (k)
            memcpy(c->p, b, k);
        w->q_n++;
        b += k;
        n -= k;
        done += k;
    } while (n);
}

/* ---- the name server ---------------------------------------------------- */

static size_t world_name(uint8_t *p, const char *text)
{
    size_t n = 0;
    while (*text && strcmp(text, ".")) {
        size_t len = strcspn(text, ".");
        p[n++] = (uint8_t)len;
        memcpy(p + n, text, len);
        n += len;
        text += len + (text[len] == '.');
    }
    p[n++] = 0;
    return n;
}

static size_t world_rdata(uint8_t *p, uint16_t type, const char *data)
{
    unsigned a, b, c, d, pref;
    char name[260];
    if (type == QUOTH_DNS_A && sscanf(data, "%u.%u.%u.%u", &a, &b, &c, &d) == 4) {
        p[0] = (uint8_t)a;
        p[1] = (uint8_t)b;
        p[2] = (uint8_t)c;
        p[3] = (uint8_t)d;
        return 4;
    }
    if (type == QUOTH_DNS_MX && sscanf(data, "%u %259s", &pref, name) == 2) {
        p[0] = (uint8_t)(pref >> 8);
        p[1] = (uint8_t)pref;
        return 2 + world_name(p + 2, name);
    }
    return world_name(p, data); /* CNAME */
}

static void world_answer(struct world *w, const uint8_t *q, size_t n)
{
    uint8_t m[2048] = {0}, name[260];
    size_t name_n = 0, at, answers = 0;
    int rcode = 3;
    while (q[12 + name_n])
        name_n += q[12 + name_n] + 1u;
    name_n++;
    unsigned type = (unsigned)q[12 + name_n] << 8 | q[13 + name_n];
    WORLD_ASSERT(n >= 12 + name_n + 4 && q[2] == 1 && q[5] == 1);
    WORLD_ASSERT(name_n == 1
                     ? type == QUOTH_DNS_NS /* Q33 */
                     : type == QUOTH_DNS_MX || type == QUOTH_DNS_A || type == QUOTH_DNS_AAAA);
    at = 12 + name_n + 4;
    memcpy(m, q, at);
    if (name_n == 1) { /* the root is there, and names itself */
        memcpy(m + at, "\0\0\2\0\1\0\0\1\54\0\1", 12);
        at += 12;
        rcode = 0;
        answers = 1;
    }
    for (size_t i = 0; i < w->zone_n; i++) {
        const struct world_rr *rr = &w->zone[i];
        size_t len = world_name(name, rr->name);
        if (len != name_n || memcmp(name, q + 12, len))
            continue;
        if (rr->rcode == -1)
            return; /* this one is never answered */
        rcode = rr->rcode;
        if (!rr->data || rr->type != type)
            continue;
        memcpy(m + at, name, len);
        at += len;
        uint8_t *head = m + at;
        head[0] = 0;
        head[1] = (uint8_t)type;
        head[3] = 1;
        head[6] = 1;
        head[7] = 44;
        size_t rd = world_rdata(head + 10, rr->type, rr->data);
        head[8] = (uint8_t)(rd >> 8);
        head[9] = (uint8_t)rd;
        at += 10 + rd;
        answers++;
    }
    m[2] = 0x81;
    m[3] = (uint8_t)(0x80 | rcode);
    m[7] = (uint8_t)answers;
    memset(m + 8, 0, 4);
    if (w->loss && world_dice(w, 1000) < w->loss)
        return;
    world_queue(w, w->now + 2 * w->one_way, m, at, 0, 0, 0);
    if (w->dup && world_dice(w, 1000) < w->dup)
        world_queue(w, w->now + 2 * w->one_way, m, at, 0, 0, 0);
}

/* ---- the mail server ---------------------------------------------------- */

enum { WORLD_TAG_RCPT = 1, WORLD_TAG_DECOY = 2 };

static void world_reply(struct world *w, const char *text, uint64_t at, uint8_t tag)
{
    char buf[1024];
    if (!strcmp(text, "?"))
        return;
    if (!strcmp(text, "!")) {
        world_queue(w, at, "", 0, 1, 0, 0);
        return;
    }
    int n = snprintf(buf, sizeof buf, "%s\r\n", text);
    const char *ghost =
        strstr(buf, "\r\n250 ghost"); /* a reply too many, behind the one that counts */
    world_queue(w, at, buf, (size_t)n, 0, tag, ghost ? (size_t)(ghost - buf) + 2 : (size_t)n);
}

static const char *world_or(const char *p, const char *usual) { return p ? p : usual; }

static void world_ehlo(struct world *w, uint64_t at)
{
    char buf[256] = "250-mx.example.com";
    if (w->host->ehlo) {
        world_reply(w, w->host->ehlo, at, 0);
        return;
    }
    if (w->host->pipelining)
        strcat(buf, "\r\n250-PIPELINING");
    if (w->host->smtputf8)
        strcat(buf, "\r\n250-SMTPUTF8");
    if (w->host->tls && !w->secure)
        strcat(buf, "\r\n250-STARTTLS");
    strcat(buf, "\r\n250 8BITMIME");
    world_reply(w, buf, at, 0);
}

static void world_rcpt(struct world *w, const char *line, uint64_t at)
{
    const struct world_host *h = w->host;
    char local[80], padded[90];
    const char *p = strchr(line, '<'), *end = strrchr(line, '@');
    WORLD_ASSERT(p && end && end > p && line[strlen(line) - 1] == '>');
    snprintf(local, sizeof local, "%.*s", (int)(end - p - 1), p + 1);
    snprintf(padded, sizeof padded, " %s ", local);
    size_t n = strlen(w->address) - strlen(strrchr(w->address, '@'));
    int real = strlen(local) == n && !memcmp(local, w->address, n);
    int taken = h->accept && (!strcmp(h->accept, "*") || strstr(h->accept, padded) ||
                              (!strcmp(h->accept, "~") && !strpbrk(local, "0123456789")));
    if (real)
        w->taken = taken;
    else
        w->decoys++;
    world_reply(w,
                taken ? world_or(h->known, "250 2.1.5 ok")
                      : world_or(h->unknown, "550 5.1.1 no such user here"),
                at, real ? WORLD_TAG_RCPT : WORLD_TAG_DECOY);
}

/* One command line of the client's. */
static void world_command(struct world *w, const char *line)
{
    static const char *const never[] = {"DATA", "BDAT", "AUTH", "VRFY", "EXPN", "ETRN", "TURN"};
    const struct world_host *h = w->host;
    uint64_t at = w->now + 2 * w->one_way + (unsigned)h->delay;
    w->commands++;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        WORLD_ASSERT(strncmp(line, never[i], 4) != 0); /* P01 */
    if (!strncmp(line, "EHLO ", 5))
        world_ehlo(w, at);
    else if (!strncmp(line, "HELO ", 5))
        world_reply(w, "250 mx.example.com", at, 0);
    else if (!strcmp(line, "STARTTLS"))
        world_reply(w, "220 go on", at, 0);
    else if (!strncmp(line, "MAIL FROM:<", 11))
        world_reply(w, world_or(h->mail, "250 2.1.0 ok"), at, 0);
    else if (!strncmp(line, "RCPT TO:<", 9))
        world_rcpt(w, line, at);
    else if (!strcmp(line, "RSET"))
        world_reply(w, world_or(h->rset, "250 2.0.0 ok"), at, 0);
    else if (!strcmp(line, "QUIT")) {
        world_reply(w, world_or(h->quit, "221 bye"), at, 0);
        world_queue(w, at, "", 0, 1, 0, 0);
    } else
        WORLD_ASSERT(0 && "a command nobody should send");
}

static void world_sent(struct world *w, const char *p, size_t n)
{
    w->bytes_out += (unsigned)n;
    for (size_t i = 0; i < n; i++) {
        WORLD_ASSERT(w->line_n < 512); /* P02 */
        w->line[w->line_n++] = p[i];
        if (p[i] != '\n')
            continue;
        WORLD_ASSERT(w->line_n >= 2 && w->line[w->line_n - 2] == '\r');
        w->line[w->line_n - 2] = '\0';
        WORLD_ASSERT(!strchr(w->line, '\r') && strlen(w->line) == w->line_n - 2);
        w->line_n = 0;
        world_command(w, w->line);
    }
}

/* ---- doing what is wanted ----------------------------------------------- */

static void world_forget(struct world *w)
{
    w->q_n = 0;
    w->line_n = 0;
    w->stream = w->secure = w->dns_open = 0;
    w->host = NULL;
}

static int world_open_stream(struct world *w, const struct quoth_want *want, struct quoth_event *ev)
{
    char text[46];
    w->connects++;
    WORLD_ASSERT(!w->stream && !w->dns_open);
    quoth_ip_text(&want->peer.ip, text, sizeof text);
    for (size_t i = 0; i < w->hosts_n; i++)
        if (!strcmp(w->hosts[i].ip, text))
            w->host = &w->hosts[i];
    if (!w->host || w->host->open == WORLD_SILENT) { /* also DNS over TCP: nobody listens */
        w->now = want->deadline;
        ev->kind = QUOTH_EV_TIME;
        world_forget(w);
        return 1;
    }
    w->now += 2 * w->one_way;
    w->round_trips++;
    ev->kind = QUOTH_EV_UP;
    if (w->host->open != WORLD_UP) {
        ev->kind = QUOTH_EV_FAIL;
        ev->err = w->host->open == WORLD_REFUSED ? QUOTH_EREFUSED : QUOTH_EUNREACH;
        return 1;
    }
    w->stream = 1;
    world_reply(w, world_or(w->host->banner, "220 mx.example.com ESMTP"),
                w->now + 2 * w->one_way + (unsigned)w->host->delay, 0);
    return 1;
}

/* What arrives next, or TIME when nothing does before the deadline. */
static void world_receive(struct world *w, const struct quoth_want *want, struct quoth_event *ev,
                          char *buf)
{
    struct world_chunk c;
    if (!w->q_n || w->q[0].at >= want->deadline) {
        WORLD_ASSERT(want->deadline != QUOTH_NEVER);
        if (w->now < want->deadline)
            w->now = want->deadline;
        ev->kind = QUOTH_EV_TIME;
        return;
    }
    c = w->q[0];
    memmove(w->q, w->q + 1, --w->q_n * sizeof w->q[0]);
    if (c.at > w->now) {
        w->round_trips++;
        w->now = c.at;
    }
    memcpy(buf, c.p, c.n);
    ev->data = buf;
    ev->n = c.n;
    ev->kind = c.eof ? QUOTH_EV_EOF : QUOTH_EV_DATA;
    if (c.eof && c.n == 0)
        return;
    if (w->dns_open)
        ev->from = want->peer;
    if (c.tag == WORLD_TAG_RCPT)
        w->rcpt_heard = 1;
    if (c.tag == WORLD_TAG_DECOY)
        w->decoy_heard = 1;
}

/* Between transactions what has arrived comes first. */
static void world_between(struct world *w, const struct quoth_want *want, struct quoth_event *ev,
                          char *buf)
{
    if (w->q_n && w->q[0].at <= w->now)
        world_receive(w, want, ev, buf);
    else
        ev->kind = QUOTH_EV_RCPT;
}

static void world_do(struct world *w, const struct quoth_want *want, struct quoth_event *ev,
                     char *buf)
{
    switch (want->kind) {
    case QUOTH_WANT_DGRAM:
        WORLD_ASSERT(!w->dns_open && !w->stream);
        w->datagrams++;
        w->dns_open = 1;
        ev->kind = QUOTH_EV_SENT;
        ev->n = want->n;
        world_answer(w, want->out, want->n);
        break;
    case QUOTH_WANT_OPEN: world_open_stream(w, want, ev); break;
    case QUOTH_WANT_SEND:
        WORLD_ASSERT(w->stream && want->n);
        ev->kind = QUOTH_EV_SENT;
        ev->n = w->cut ? 1 + world_dice(w, (unsigned)want->n) : want->n;
        world_sent(w, want->out, ev->n);
        break;
    case QUOTH_WANT_RECV:
        WORLD_ASSERT(w->stream || w->dns_open);
        world_receive(w, want, ev, buf);
        break;
    case QUOTH_WANT_RCPT: world_between(w, want, ev, buf); break;
    case QUOTH_WANT_TLS:
        w->q_n = 0;
        w->now += 2 * w->one_way; /* TLS 1.3: one round trip */
        w->round_trips++;
        w->secure = 1;
        ev->kind = w->host->tls == WORLD_TLS_FINE ? QUOTH_EV_UP : QUOTH_EV_FAIL;
        ev->err = QUOTH_ENOTLS;
        ev->tls.version = 0x0304;
        if (ev->kind == QUOTH_EV_FAIL)
            ev->tls.broke = w->host->tls == WORLD_TLS_BREAKS ? 40 : QUOTH_TLS_SIGNATURE;
        break;
    case QUOTH_WANT_CLOSE:
        w->closes++;
        world_forget(w);
        ev->kind = QUOTH_EV_DOWN;
        break;
    case QUOTH_WANT_DONE: break;
    }
}

/* Does an event fit what is wanted? 1: it is taken, 0: it is refused, -1: either. */
static int world_takes(const struct world *w, const struct quoth_want *want,
                       const struct quoth_event *ev)
{
    static const uint8_t takes[] = {
        [QUOTH_WANT_DGRAM] = 1 << QUOTH_EV_SENT | 1 << QUOTH_EV_FAIL,
        [QUOTH_WANT_OPEN] = 1 << QUOTH_EV_UP | 1 << QUOTH_EV_FAIL,
        [QUOTH_WANT_SEND] = 1 << QUOTH_EV_SENT | 1 << QUOTH_EV_FAIL,
        [QUOTH_WANT_RECV] = 1 << QUOTH_EV_DATA | 1 << QUOTH_EV_EOF | 1 << QUOTH_EV_FAIL,
        [QUOTH_WANT_TLS] = 1 << QUOTH_EV_UP | 1 << QUOTH_EV_FAIL,
        [QUOTH_WANT_CLOSE] = 1 << QUOTH_EV_DOWN,
        [QUOTH_WANT_RCPT] =
            1 << QUOTH_EV_DATA | 1 << QUOTH_EV_EOF | 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_RCPT,
        [QUOTH_WANT_DONE] = 0,
    };

    if (want->kind == QUOTH_WANT_CLOSE && (ev->kind == QUOTH_EV_TIME || ev->kind == QUOTH_EV_FAIL))
        return -1; /* some are closed then, the others closed by nobody */
    if (ev->kind == QUOTH_EV_TIME)
        return want->kind != QUOTH_WANT_DONE && ev->now >= want->deadline;
    if (!(takes[want->kind] >> ev->kind & 1))
        return 0;
    if (want->kind == QUOTH_WANT_DGRAM && ev->kind == QUOTH_EV_SENT)
        return ev->n == want->n; /* whole or not at all */
    if (ev->kind == QUOTH_EV_SENT)
        return ev->n > 0 && ev->n <= want->n;
    if (w->dns_open && want->kind == QUOTH_WANT_RECV)
        return ev->kind == QUOTH_EV_FAIL; /* it is from nobody */
    return ev->kind != QUOTH_EV_DATA || ev->n > 0;
}

/* What did not happen is refused, and changes nothing: a byte and a millisecond on either side.
 * What could have happened as well is put back as it was. */
static void world_pester(struct world *w, const struct quoth_want *want)
{
    const int ends = want->deadline != QUOTH_NEVER && want->deadline > w->now;
    const size_t bytes[] = {0, 1, want->n - (want->n > 0), want->n, want->n + 1};
    const uint64_t times[] = {w->now, ends ? want->deadline - 1 : w->now,
                              ends ? want->deadline : w->now, ends ? want->deadline + 1 : w->now};

    for (unsigned kind = QUOTH_EV_TIME; kind <= QUOTH_EV_RCPT + 1u; kind++)
        for (unsigned i = 0; i < 5; i++) {
            const struct quoth_verify was = w->v;
            const struct quoth_event ev = {.kind = (enum quoth_event_kind)kind,
                                           .n = bytes[i],
                                           .err = QUOTH_EIO,
                                           .data = w->line,
                                           .now = times[kind == QUOTH_EV_TIME ? i % 4 : 0]};
            const int takes = kind > QUOTH_EV_RCPT ? 0 : world_takes(w, want, &ev);
            int rc = quoth_verify_feed(&w->v, &ev);
            WORLD_ASSERT(rc == QUOTH_OK || rc == QUOTH_EINVAL);
            WORLD_ASSERT(rc == QUOTH_OK || !memcmp(&was, &w->v, sizeof was));
            WORLD_ASSERT(takes < 0 || takes == (rc == QUOTH_OK));
            w->v = was;
        }
}

/* Where the zone says that it is so: the host of the evidence has that address and preference. */
static void world_check_host(const struct world *w)
{
    const struct quoth_evidence *e = &w->v.ev;
    const char *name = quoth_verify_host(&w->v);
    unsigned pref, best = 0xffff;
    int listed = 0, is_its = 0;
    char ip[46], host[64];

    if (e->mx != QUOTH_MX_HOSTS || quoth_ip_text(&e->peer.ip, ip, sizeof ip) < 0)
        return;
    for (size_t i = 0; i < w->zone_n; i++) {
        const struct world_rr *rr = &w->zone[i];
        if (rr->type == QUOTH_DNS_A && rr->data && !strcmp(rr->name, name)) {
            listed = 1;
            is_its |= !strcmp(rr->data, ip);
        }
        if (rr->type != QUOTH_DNS_MX || !rr->data || sscanf(rr->data, "%u %63s", &pref, host) != 2)
            continue;
        best = pref < best ? pref : best;
        WORLD_ASSERT(strcmp(host, name) || e->pref == pref);
    }
    WORLD_ASSERT(!listed || is_its);
    WORLD_ASSERT(!listed || best == 0xffff ||
                 (e->pref != best) == ((e->flags & QUOTH_EVID_NOT_BEST) != 0));
}

/* Times grow from phase to phase, and none is later than the end. */
static void world_check_times(const struct world *w)
{
    const struct quoth_evidence *e = &w->v.ev;
    uint32_t last = 0;

    WORLD_ASSERT(e->took_ms == w->known_at - w->start);
    for (unsigned p = 0; p < QUOTH_PHASES; p++) {
        WORLD_ASSERT(!e->ms[p] || (e->ms[p] >= last && e->ms[p] <= e->took_ms));
        last = e->ms[p] ? e->ms[p] : last;
    }
}

static void world_check_end(struct world *w)
{
    struct quoth_reading r;
    const struct quoth_evidence *e = &w->v.ev;
    enum quoth_verdict verdict = quoth_judge(e, quoth_verify_host(&w->v), &r);
    WORLD_ASSERT(w->v.known && !w->stream && !w->dns_open);
    WORLD_ASSERT(e->sessions <= QUOTH_SESSIONS_MAX && e->queries <= QUOTH_QUERIES_MAX); /* G16 */
    WORLD_ASSERT(e->connects <= QUOTH_CONNECTS_MAX + 2 && w->bytes_out <= 4096);
    WORLD_ASSERT(e->connects == w->calls && e->sessions == w->talks);
    WORLD_ASSERT((!w->decoys || e->asked_decoy) && (!e->decoy_code || w->decoy_heard));
    world_check_times(w);
    if (e->phase >= QUOTH_PHASE_CONNECT)
        world_check_host(w);
    if (verdict == QUOTH_VERDICT_DELIVERABLE)
        WORLD_ASSERT(w->rcpt_heard && w->decoy_heard && w->taken); /* G0 */
    if (verdict == QUOTH_VERDICT_UNDELIVERABLE && e->phase == QUOTH_PHASE_RCPT && !e->stop)
        WORLD_ASSERT(w->rcpt_heard && e->said.code / 100 == 5 && !w->taken);
    if (e->stop == QUOTH_REASON_NONE)
        WORLD_ASSERT(r.reason != QUOTH_REASON_NONE);
}

/* Run one verification to its end. Returns the verdict. */
static enum quoth_verdict world_run(struct world *w, const struct quoth_conf *conf,
                                    const char *address)
{
    uint8_t seed[16], big[4096];
    char buf[2048];
    for (int i = 0; i < 16; i++)
        seed[i] = (uint8_t)world_dice(w, 256);
    snprintf(w->address, sizeof w->address, "%s", address);
    w->start = w->now;
    quoth_verify_start(&w->v, conf, w->address, strlen(w->address), seed, w->now);
    quoth_verify_lend(&w->v, big, sizeof big);
    for (;;) {
        struct quoth_want want, again;
        struct quoth_event ev;
        memset(&want, 1, sizeof want); /* all of it is written, whatever was there */
        memset(&again, 2, sizeof again);
        memset(&ev, 0, sizeof ev);
        quoth_verify_want(&w->v, &want);
        quoth_verify_want(&w->v, &again);
        WORLD_ASSERT(!memcmp(&want, &again, sizeof want));
        if (w->v.known && !w->known_at)
            w->known_at = w->now;
        if (w->pester)
            world_pester(w, &want);
        if (want.kind == QUOTH_WANT_DONE)
            break;
        WORLD_ASSERT(++w->steps < 20000);
        w->calls += want.kind == QUOTH_WANT_OPEN && want.peer.port != 53 && !w->calling;
        w->calling = want.kind == QUOTH_WANT_OPEN && want.peer.port != 53;
        WORLD_ASSERT(want.deadline <= w->start + 400000 || want.kind == QUOTH_WANT_CLOSE);
        w->ops++;
        if (w->ops == w->leave_at) {
            quoth_verify_leave(&w->v, w->now);
            quoth_verify_leave(&w->v, w->now);
            WORLD_ASSERT(w->v.known);
            continue;
        }
        if (w->now >= want.deadline)
            ev.kind = QUOTH_EV_TIME;
        else if (w->ops == w->fail_at && want.kind != QUOTH_WANT_CLOSE) {
            ev.kind = QUOTH_EV_FAIL;
            ev.err = QUOTH_EIO;
        } else
            world_do(w, &want, &ev, buf);
        ev.now = w->now;
        w->talks += w->calling && ev.kind == QUOTH_EV_UP;
        int rc = quoth_verify_feed(&w->v, &ev);
        WORLD_ASSERT(rc == QUOTH_OK ||
                     (rc == QUOTH_EINVAL && w->dns_open && ev.kind == QUOTH_EV_DATA));
    }
    world_check_end(w);
    return quoth_judge(&w->v.ev, quoth_verify_host(&w->v), NULL);
}

#endif
