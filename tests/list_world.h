/* list_world.h - a simulated world for whole lists: clock, links, name server and mail servers
 * behind the names of loop.h and udp_pool.h, so that the engine runs in it unchanged.
 *
 *   world_reset(seed), fill `hosts` and `doms`, then quoth_batch_new() ... quoth_batch_run()
 *
 * A mailbox exists if its local part begins with "u" and is shorter than a decoy. Every call
 * asserts what the engine promises: the limits of section Z of RULES.md for each host, network and
 * domain; back-off; only the first half of SMTP; no connection without an address to ask about; no
 * turn in which nothing happened. world_result() checks G0 against what was said and arrived.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIST_WORLD_H
#define LIST_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "batch.h"
#include "loop.h"
#include "udp_pool.h"

#ifndef WORLD_CALLOC
#define WORLD_CALLOC calloc
#endif

#define WORLD_ASSERT(x) \
    do { \
        if (!(x)) { \
            fprintf(stderr, "%s:%d: world %llu at %llu ms: broken: %s\n", __FILE__, __LINE__, \
                    (unsigned long long)W.seed0, (unsigned long long)W.now, #x); \
            abort(); \
        } \
    } while (0)

enum {
    WORLD_HOSTS = 64,
    WORLD_DOMS = 256,
    WORLD_MX = 3,
    WORLD_HOURS = 1024, /* conversations a domain of at most 200 addresses may cost */
    WORLD_LOCAL = 24,
    WORLD_DOWN_MS = 15 * 60000
};

enum world_kind {
    WORLD_FINE,
    WORLD_REFUSED,
    WORLD_SILENT,
    WORLD_UNREACH,
    WORLD_BANNER_554,
    WORLD_BANNER_421,
    WORLD_LISTED,
    WORLD_HANGUP,
    WORLD_CUT_421,
    WORLD_GREY,
    WORLD_RESET,
    WORLD_GHOST,
    WORLD_SLOW,
    WORLD_CATCH_ALL,
    WORLD_RCPT_LISTED,
    WORLD_BUSY,
    WORLD_GARBAGE,
    WORLD_MAIL_550,
    WORLD_MAIL_450,
    WORLD_CLOSES,
    WORLD_HELO,
    WORLD_GREETS_ONCE,
    WORLD_POISON_HANGS,
    WORLD_POISON_GHOST,
    WORLD_POISON_MUTE,
    WORLD_MUTE,
    WORLD_SHORT,
    WORLD_GHOST_STALLS, /* and every other one of them hangs up at what it refuses late */
    WORLD_QUIT_MUTE,
    WORLD_QUIT_CLOSES,
    WORLD_CROWD,
    WORLD_GONE,   /* 521 */
    WORLD_TARPIT, /* takes the connection and says nothing */
    WORLD_LOSES,  /* takes PIPELINING, and loses what comes before it has answered */
    WORLD_FAULTS, /* takes PIPELINING, and finds fault with a RCPT that comes so soon */
    WORLD_LIES,   /* has accepted some, and then knows nobody any more */
    WORLD_TIRES,  /* the same when it has refused some as well */
    WORLD_SHAPE,  /* takes whatever looks like a name */
    WORLD_DENIES, /* knows nobody, whatever the others say */
    WORLD_KINDS
};

struct world_host {
    enum world_kind kind;
    uint8_t ip[4];
    unsigned
        after; /* HANGUP, CUT_421: so many RCPTs; BUSY: so many sessions; CROWD: so many at once */
    int no_pipelining, utf8, starttls;
    unsigned family;   /* its name is mxN.famM.org: M + 1; 0: N / 4 */
    unsigned reply_ms; /* each reply so long after the one before it; 0: as the dice say */
    unsigned answers;  /* BUSY: so many answers of each session come before that */
    /* what happened */
    unsigned open, sessions, refusals, quits;
    uint64_t last, hold, never; /* never: since when it is not to be called */
    unsigned burst_in; /* the latest session with a RCPT that came before the reply to MAIL */
    int called;
    int own;               /* the operator's own, at port 26 */
    uint64_t silent_since; /* MUTE, TARPIT: so many calls since */
    unsigned silent_calls;
};
enum world_dns {
    WORLD_DNS_FINE,
    WORLD_DNS_NXDOMAIN,
    WORLD_DNS_NULL,
    WORLD_DNS_SERVFAIL,
    WORLD_DNS_DROP,
    WORLD_DNS_TC,
    WORLD_DNS_IMPLICIT,
    WORLD_DNS_NO_A,
    WORLD_DNS_IP, /* its MX record holds an address instead of a name */
    WORLD_DNS_KINDS
};
struct world_dom {
    char name[40];
    enum world_dns dns;
    unsigned mx_n, host[WORLD_MX]; /* best first */
    int own;                       /* it is asked at the host that is the operator's own */
    int equal;                     /* all its exchangers have one preference */
    const char *claims;     /* its exchanger's name, whose address, that of the host, rides along */
    unsigned calls;         /* so many of world_calls[] count */
    uint64_t name_refused;  /* the same of one that looks like a name */
    uint64_t decoy_refused; /* the hosts that refused a made-up mailbox, in words that arrived */
};
/* What was said of an address, and arrived: by which hosts it was ever taken or denied (it may be
 * on the list twice), and what was said last. */
struct world_said {
    char local[WORLD_LOCAL];
    uint64_t taken, denied;
    uint16_t code;
    uint8_t dom, host;
    struct world_said *next;
};

struct world_chunk {
    struct world_chunk *next;
    uint64_t at;
    size_t n, used;
    int eof;
    uint16_t code;
    int dom;
    int decoy;
    uint8_t last, told;
    char local[WORLD_LOCAL];
    char p[];
};

struct quoth_link {
    uint32_t number;
    int open, up, tcp_dns, blocked, told_out;
    uint64_t up_at, out_at;
    struct world_host *host;
    struct world_chunk *head, **tail;
    uint64_t last_at;
    char line[1200];
    size_t line_n;
    unsigned rcpts, refused, answered, took, denied; /* took, denied: RCPTs, as they came */
    uint64_t asked[WORLD_DOMS / 64];
    char good[WORLD_LOCAL]; /* who was taken last */
    int last_refused, said_rcpt, greeted, quit, bye, busy_heard, policy_heard, fine_heard, dom,
        mute, silent, secure;
};
struct quoth_loop {
    uint32_t n;
    struct quoth_link link[];
};
struct quoth_pool {
    uint32_t number;
};

static struct {
    uint64_t seed0, seed, now, jump_at;
    struct world_host hosts[WORLD_HOSTS];
    unsigned host_n;
    struct world_dom doms[WORLD_DOMS];
    unsigned dom_n;
    struct world_said *said[1024];
    unsigned dgram_n; /* so many of world_dgrams[] are on their way */
    const struct quoth_batch_limits *limits;
    struct quoth_loop *loop;
    uint32_t pool_number;
    unsigned loss; /* per mille */
    int cut;
    unsigned hungry;     /* one allocation in so many fails; 0: none does */
    unsigned decoys;     /* made-up mailboxes that may be asked one after another */
    unsigned jumps;      /* the clock jumps once in so many waits; 0: never */
    int endless;         /* addresses come while it runs */
    int again;           /* an engine that was told what an earlier one knew */
    int killed;          /* the process is gone: nobody takes note of how conversations ended */
    uint64_t away, back; /* between them no name server answers */
    int no_udp, no_edns; /* on the way to the name server that is dropped */
    int denies;          /* the name server says that no name exists, nor the root */
    uint64_t waits, events, idle, calls, questions, rcpts, asked_again;
    unsigned open, most_open;
    uint64_t work;     /* ms of this turn's own work, which the engine sees on its clock */
    unsigned work_ms;  /* of each call of a link; 0: work takes no time */
    unsigned overtime; /* links that were called in this turn when its time was over */
    const struct quoth_link *overtime_link;
} W;

/* Large, and never cleared, which took a third of the time of small worlds. */
static uint64_t world_calls[WORLD_DOMS][WORLD_HOURS]; /* when a conversation began to ask of it */
static struct {
    uint64_t at;
    uint8_t p[1400];
    size_t n;
    int socket;
} world_dgrams[512];
static uint8_t world_got[QUOTH_POOL_BURST][1400];

static unsigned world_dice(unsigned n)
{
    W.seed = W.seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(W.seed >> 33) % n;
}

static void world_reset(uint64_t seed)
{
    for (int i = 0; i < 1024; i++)
        for (struct world_said *s = W.said[i], *next; s; s = next) {
            next = s->next;
            free(s);
        }
    memset(&W, 0, sizeof W);
    W.seed0 = W.seed = seed;
    W.decoys = 1;
    W.now = 0xFFFFFF00u; /* the 32-bit tick wraps during the run (E04) */
    for (int i = 0; i < 8; i++)
        world_dice(2);
}

/* ---- what was said of whom ---------------------------------------------- */

static struct world_said *world_said(const char *local, size_t n, int dom, int make)
{
    uint32_t h = (uint32_t)dom * 31;
    struct world_said *s;

    for (size_t i = 0; i < n; i++)
        h = h * 33 + (uint8_t)local[i];
    for (s = W.said[h % 1024]; s; s = s->next)
        if (s->dom == dom && strlen(s->local) == n && !memcmp(s->local, local, n))
            return s;
    if (!make)
        return NULL;
    s = WORLD_CALLOC(1, sizeof *s);
    memcpy(s->local, local, n < WORLD_LOCAL - 1 ? n : WORLD_LOCAL - 1);
    s->dom = (uint8_t)dom;
    s->next = W.said[h % 1024];
    return W.said[h % 1024] = s;
}

static int world_exists(const char *local, size_t n) { return local[0] == 'u' && n < 20; }

static int world_dom(const char *name, size_t n)
{
    for (unsigned i = 0; i < W.dom_n; i++)
        if (strlen(W.doms[i].name) == n && !memcmp(W.doms[i].name, name, n))
            return (int)i;
    return -1;
}

static unsigned world_mx_n(const struct world_dom *d)
{
    return d->dns == WORLD_DNS_IMPLICIT || d->claims ? 1 : d->mx_n;
}

/* The host that the evidence names, or NULL; and its bit. */
static const struct world_host *world_host_at(const struct quoth_evidence *e)
{
    for (unsigned i = 0; i < W.host_n; i++)
        if (e->peer.ip.len == 4 && !memcmp(W.hosts[i].ip, e->peer.ip.b, 4) &&
            W.hosts[i].own == (e->peer.port == 26))
            return &W.hosts[i];
    return NULL;
}

static uint64_t world_host_of(const struct quoth_evidence *e)
{
    const struct world_host *h = world_host_at(e);
    return h ? (uint64_t)1 << (h - W.hosts) : 0;
}

/* What was remembered of a reply like it is what the judge says of this one. */
static void world_judged(const struct quoth_batch_result *r)
{
    struct quoth_reading again;

    WORLD_ASSERT(quoth_judge(r->ev, *r->mx ? r->mx : NULL, &again) == r->verdict);
    WORLD_ASSERT(again.reason == r->reading.reason && again.says == r->reading.says &&
                 !strcmp(again.rule, r->reading.rule));
}

/* G0: what is told was said of that very address by that very host, and a mailbox that is said to
 * exist does. */
static void world_result(const struct quoth_batch_result *r)
{
    const struct quoth_evidence *e = r->ev;
    int dom = world_dom(e->domain, strlen(e->domain));
    const struct world_said *s =
        dom < 0 ? NULL : world_said(e->addr.local.p, e->addr.local.n, dom, 0);

    if (r->verdict == QUOTH_VERDICT_DELIVERABLE) {
        WORLD_ASSERT(s && s->taken & world_host_of(e));
        WORLD_ASSERT(world_exists(e->addr.local.p, e->addr.local.n));
        WORLD_ASSERT(W.doms[dom].decoy_refused & world_host_of(e));
        WORLD_ASSERT(W.decoys < 2 || W.doms[dom].name_refused & world_host_of(e));
    }
    if (r->verdict == QUOTH_VERDICT_UNDELIVERABLE && e->phase == QUOTH_PHASE_RCPT && !e->stop)
        WORLD_ASSERT(s && s->denied & world_host_of(e) &&
                     (world_host_at(e)->kind == WORLD_DENIES ||
                      !world_exists(e->addr.local.p, e->addr.local.n)));
    if (r->verdict == QUOTH_VERDICT_UNDELIVERABLE && e->phase == QUOTH_PHASE_BANNER && dom >= 0)
        for (unsigned i = 0; i < world_mx_n(&W.doms[dom]); i++)
            WORLD_ASSERT(W.hosts[W.doms[dom].host[i]].kind == WORLD_GONE); /* K11 */
    if (r->verdict == QUOTH_VERDICT_UNDELIVERABLE && e->stop && dom >= 0)
        WORLD_ASSERT(W.doms[dom].dns == WORLD_DNS_NXDOMAIN || W.doms[dom].dns == WORLD_DNS_NULL ||
                     W.doms[dom].dns == WORLD_DNS_NO_A || W.doms[dom].claims);
    WORLD_ASSERT(r->reading.reason != QUOTH_REASON_NONE);
    world_judged(r);
    WORLD_ASSERT(r->reading.reason != QUOTH_REASON_INTERNAL || e->err == QUOTH_ESPACE ||
                 W.hungry); /* SHORT alone gives that, or no memory */
}

/* ---- the clock, and streams --------------------------------------------- */

static uint64_t world_now(void) { return W.now + W.work; }

static void world_works(const struct quoth_link *l)
{
    W.calls++;
    if (W.work_ms && W.work > 2 * W.limits->turn_ms && l != W.overtime_link) {
        W.overtime_link = l;
        W.overtime++;
    }
    W.work += W.work_ms;
}

static int world_random(void *buf, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)buf)[i] = (uint8_t)world_dice(256);
    return QUOTH_OK;
}

static int world_dgram(struct quoth_link *l, const struct quoth_peer *to, const void *p, size_t n)
{
    (void)l;
    (void)to;
    (void)p;
    (void)n;
    return QUOTH_ENOSYS;
}

static struct world_chunk *world_put(struct quoth_link *l, uint64_t at, const char *p, size_t n,
                                     int eof)
{
    struct world_chunk *c = WORLD_CALLOC(1, sizeof *c + n);

    c->at = at > l->last_at ? at : l->last_at;
    l->last_at = c->at;
    c->n = n;
    c->eof = eof;
    c->dom = -1;
    if (n)
        memcpy(c->p, p, n);
    *l->tail = c;
    l->tail = &c->next;
    return c;
}

static uint64_t world_delay(const struct quoth_link *l)
{
    if (l->host && l->host->reply_ms)
        return (l->last_at > W.now ? l->last_at - W.now : 0) + l->host->reply_ms;
    if (l->host && l->host->kind == WORLD_SLOW)
        return 1 + world_dice(world_dice(4) ? 9000 : 70000);
    return 1 + world_dice(80);
}

/* Send one reply. Its last piece carries the address it is about. */
static void world_reply(struct quoth_link *l, const char *text, uint16_t code, int dom,
                        const char *local, int decoy)
{
    char buf[256];
    size_t n = (size_t)snprintf(buf, sizeof buf, "%s\r\n", text), at = 0;
    struct world_chunk *c = NULL;

    if (l->mute || l->silent)
        return;
    do {
        size_t k = W.cut && n - at > 1 ? 1 + world_dice((unsigned)(n - at)) : n - at;
        c = world_put(l, W.now + world_delay(l), buf + at, k, 0);
        at += k;
    } while (at < n);
    c->last = 1;
    c->code = code;
    c->dom = dom;
    c->decoy = decoy;
    if (local)
        strcpy(c->local, local);
}

static void world_hang_up(struct quoth_link *l, int how) /* 1: end of stream, 2: reset */
{
    if (l->mute)
        return;
    world_put(l, W.now + world_delay(l), "", 0, how);
    l->mute = 1;
}

static unsigned world_net_open(const struct world_host *h)
{
    unsigned n = 0;

    for (unsigned i = 0; i < W.host_n; i++)
        if (!W.hosts[i].own && !memcmp(W.hosts[i].ip, h->ip, 3))
            n += W.hosts[i].open;
    return n;
}

/* A server that never answers is not asked by every domain there is: a few times, then not for a
 * quarter of an hour. A call that left before it fell silent found nothing of it. */
static void world_falls_silent(struct quoth_link *l, struct world_host *h)
{
    if (l->silent)
        return;
    l->silent = 1;
    if (h->own)
        return;
    if (W.now - h->silent_since >= WORLD_DOWN_MS)
        h->silent_since = W.now, h->silent_calls = 0;
    WORLD_ASSERT(++h->silent_calls <= 3u * W.limits->per_host);
}

static void world_manners(struct world_host *h)
{
    /* G05: refused us twice; beyond the end of a run it is remembered for a day */
    WORLD_ASSERT(!h->never || ((W.endless || W.again) && W.now - h->never >= 24 * 3600000u));
    if (!W.limits->pace_off) {
        WORLD_ASSERT(!h->called || W.now - h->last >= W.limits->gap_ms); /* Z: one in ten seconds */
        WORLD_ASSERT(W.now >= h->hold);                                  /* G05: 15 min */
    }
    WORLD_ASSERT(h->open < W.limits->per_host && world_net_open(h) < W.limits->per_net);
}

static void world_called(struct world_host *h)
{
    if (h->own)
        WORLD_ASSERT(h->open < 10); /* Y08 */
    else
        world_manners(h);
    h->called = 1;
    h->last = W.now;
    h->open++;
    W.open++;
    if (W.open > W.most_open)
        W.most_open = W.open;
    WORLD_ASSERT(W.open <= W.limits->open);
}

static int world_open(struct quoth_link *l, const struct quoth_peer *to)
{
    world_works(l);
    if (!l->open) {
        l->open = 1;
        l->up = l->blocked = l->told_out = l->tcp_dns = l->mute = l->silent = l->secure = 0;
        l->rcpts = l->refused = l->answered = l->took = l->denied = 0;
        memset(l->asked, 0, sizeof l->asked);
        l->good[0] = '\0';
        l->said_rcpt = l->greeted = l->quit = l->bye = l->busy_heard = l->policy_heard =
            l->fine_heard = 0;
        l->dom = -1;
        l->line_n = 0;
        l->head = NULL;
        l->tail = &l->head;
        l->last_at = 0;
        l->host = NULL;
        l->up_at = W.now + 2 * (1 + world_dice(60));
        if (to->port == 53) {
            l->tcp_dns = 1;
            return QUOTH_AGAIN;
        }
        WORLD_ASSERT(to->ip.len == 4 && (to->port == 25 || to->port == 26));
        for (unsigned i = 0; i < W.host_n; i++)
            if (!memcmp(W.hosts[i].ip, to->ip.b, 4) && W.hosts[i].own == (to->port == 26))
                l->host = &W.hosts[i];
        WORLD_ASSERT(l->host);
        world_called(l->host);
        if (l->host->kind == WORLD_SILENT)
            l->up_at = QUOTH_NEVER;
        return QUOTH_AGAIN;
    }
    if (W.now < l->up_at)
        return QUOTH_AGAIN;
    if (l->host && l->host->kind == WORLD_REFUSED)
        return QUOTH_EREFUSED;
    if (l->host && l->host->kind == WORLD_UNREACH)
        return QUOTH_EUNREACH;
    if (l->host && l->host->kind == WORLD_SHORT)
        return QUOTH_ESPACE;
    l->up = 1;
    if (!l->host)
        return QUOTH_OK;
    l->host->sessions++;
    if (l->host->kind == WORLD_CROWD && l->host->open > l->host->after + 1) {
        world_reply(l, "421 4.7.0 too many connections", 421, -1, NULL, 0);
        world_hang_up(l, 1);
        return QUOTH_OK;
    }
    switch (l->host->kind) {
    case WORLD_BANNER_554:
        world_reply(l, "554 5.7.1 access denied, policy", 554, -1, NULL, 0);
        break;
    case WORLD_GONE: world_reply(l, "521 5.3.2 this host takes no mail", 521, -1, NULL, 0); break;
    case WORLD_LISTED:
        world_reply(l, "554 5.7.1 blocked using zen.spamhaus.org", 554, -1, NULL, 0);
        break;
    case WORLD_BANNER_421:
        world_reply(l, "421 4.7.0 too many connections, try later", 421, -1, NULL, 0);
        world_hang_up(l, 1);
        break;
    case WORLD_CLOSES: world_hang_up(l, 1 + (int)world_dice(2)); break;
    case WORLD_TARPIT: world_falls_silent(l, l->host); break;
    case WORLD_GARBAGE: world_reply(l, "SSH-2.0-OpenSSH_9.2", 0, -1, NULL, 0); break;
    default: world_reply(l, "220 mx ESMTP", 220, -1, NULL, 0);
    }
    return QUOTH_OK;
}

static void world_close(struct quoth_link *l)
{
    struct world_host *h = l->host;

    W.calls++;
    for (struct world_chunk *c = l->head, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    l->head = NULL;
    l->tail = &l->head;
    if (!l->open)
        return;
    l->open = 0;
    if (!h)
        return;
    WORLD_ASSERT(h->open);
    h->open--;
    W.open--;
    if (W.killed)
        return;
    if (l->busy_heard)
        h->hold = W.limits->no_wait ? h->hold : W.now + 15 * 60000;
    if (l->fine_heard)
        h->refusals = 0;
    else if (l->policy_heard && ++h->refusals >= 2)
        h->never = W.now;
}

/* ---- a mail server ------------------------------------------------------ */

static void world_domain_called(struct quoth_link *l, int dom)
{
    struct world_dom *d = &W.doms[dom];
    uint64_t *calls = world_calls[dom];
    unsigned in_hour = 0;

    if (l->dom == dom || l->asked[dom / 64] >> dom % 64 & 1)
        return;
    l->dom = dom;
    l->asked[dom / 64] |= (uint64_t)1 << dom % 64;
    WORLD_ASSERT(d->calls < WORLD_HOURS);
    calls[d->calls++] = W.now;
    for (unsigned i = 0; i < d->calls; i++)
        in_hour += W.now - calls[i] < 3590000;
    /* One may have begun just before the hour was over, and another just after. */
    WORLD_ASSERT(l->host->own == d->own); /* Y08 */
    if (!W.limits->pace_off && !d->own)
        WORLD_ASSERT(in_hour <= 2 * W.limits->per_domain_hour);
}

/* Does this server take it, now? */
static int world_takes(struct quoth_link *l, const char *local, int decoy)
{
    const struct world_host *h = l->host;
    int taken = (world_exists(local, strlen(local)) && h->kind != WORLD_DENIES) ||
                h->kind == WORLD_CATCH_ALL || (h->kind == WORLD_SHAPE && strchr(local, '.'));

    if (h->kind == WORLD_LIES)
        taken &= l->took <= h->after;
    if (h->kind == WORLD_TIRES)
        taken &= !l->took || l->denied <= h->after % 5;
    l->took += (unsigned)taken;
    l->denied += (unsigned)!taken;
    W.rcpts++;
    W.asked_again += !strcmp(local, l->good);
    if (taken && !decoy)
        strcpy(l->good, local);
    return taken;
}

static void world_rcpt(struct quoth_link *l, const char *line)
{
    struct world_host *h = l->host;
    const char *p = line + 9, *at = strrchr(line, '@'), *end = line + strlen(line) - 1;
    char local[WORLD_LOCAL] = "";
    int dom, taken, decoy;

    WORLD_ASSERT(at && *end == '>' && at > p && at - p < WORLD_LOCAL);
    memcpy(local, p, (size_t)(at - p));
    dom = world_dom(at + 1, (size_t)(end - at - 1));
    WORLD_ASSERT(dom >= 0);
    world_domain_called(l, dom);
    l->said_rcpt = 1;
    l->rcpts++;
    if (l->head)
        h->burst_in = h->sessions;
    /* P21 */
    WORLD_ASSERT(l->rcpts <= W.limits->per_session ||
                 (W.limits->per_session <= W.decoys && l->rcpts <= W.decoys + 1));
    decoy = strlen(local) == 20;
    WORLD_ASSERT(!decoy || !W.doms[dom].own);
    taken = world_takes(l, local, decoy);
    if (h->kind == WORLD_MUTE) {
        world_falls_silent(l, h);
        return;
    }
    if (h->kind == WORLD_FAULTS && l->head) {
        world_reply(l, "503 5.5.0 improper use of pipelining", 503, -1, NULL, 0);
        return;
    }
    if (h->kind == WORLD_POISON_MUTE && !strcmp(local, "u1")) {
        l->silent = 1;
        return;
    }
    if (h->kind == WORLD_POISON_HANGS && !strcmp(local, "u1")) {
        world_hang_up(l, 1);
        return;
    }
    if ((h->kind == WORLD_HANGUP || h->kind == WORLD_CUT_421) && l->rcpts > h->after) {
        if (h->kind == WORLD_CUT_421)
            world_reply(l, "421 4.3.2 closing", 421, dom, local, decoy);
        world_hang_up(l, 1);
    } else if (h->kind == WORLD_BUSY && h->sessions <= h->after && l->rcpts > h->answers) {
        world_reply(l, "451 4.7.0 too many messages from your IP, slow down", 451, dom, local,
                    decoy);
    } else if (h->kind == WORLD_RCPT_LISTED) {
        world_reply(l, "554 5.7.1 rejected, your address is listed at bl.spamcop.net", 554, dom,
                    local, decoy);
    } else if (h->kind == WORLD_GREY && !world_said(local, strlen(local), dom, 0)) {
        world_reply(l,
                    h->after & 1
                        ? "451 4.7.1 Greylisting in action, please come back in 400 seconds"
                        : "451 4.7.1 Greylisted, please come back in 4000000000 hours",
                    451, dom, local, decoy);
    } else {
        if (h->kind == WORLD_GHOST_STALLS && l->rcpts == 4)
            l->last_at = W.now + 8000;
        l->last_refused = !taken;
        world_reply(l, taken ? "250 2.1.5 ok" : "550 5.1.1 no such user here", taken ? 250 : 550,
                    dom, local, decoy);
    }
    if (h->kind == WORLD_POISON_GHOST && !strcmp(local, "u1"))
        world_reply(l, "250 2.0.0 ghost", 0, -1, NULL, 0);
    if (h->kind == WORLD_GHOST_STALLS && l->rcpts == 1)
        world_reply(l, taken ? "250 2.0.0 ghost" : "550 5.1.1 ghost", 0, -1, NULL, 0);
    if (h->kind == WORLD_GHOST && !world_dice(6))
        world_reply(l, world_dice(2) ? "250 2.0.0 ghost" : "550 5.1.1 ghost", 0, -1, NULL, 0);
}

static void world_command(struct quoth_link *l, const char *line)
{
    struct world_host *h = l->host;

    h->quits += !strcmp(line, "QUIT");
    if (l->mute || l->silent || (h->kind == WORLD_LOSES && l->head))
        return;
    if (h->kind == WORLD_RESET && !world_dice(12)) {
        world_hang_up(l, 1 + (int)world_dice(2));
        return;
    }
    if (!strncmp(line, "EHLO ", 5)) {
        if (h->kind == WORLD_HELO) {
            world_hang_up(l, 1);
            return;
        }
        if (h->kind == WORLD_GREETS_ONCE && h->sessions > 1) {
            world_reply(l, "421 4.7.0 you again", 421, -1, NULL, 0);
            world_hang_up(l, 1);
            return;
        }
        l->greeted = 1;
        if (h->starttls && !l->secure)
            world_reply(l, "250-mx\r\n250 STARTTLS", 250, -1, NULL, 0);
        else if (h->utf8)
            world_reply(l, "250-mx\r\n250-SMTPUTF8\r\n250 PIPELINING", 250, -1, NULL, 0);
        else
            world_reply(l, h->no_pipelining ? "250 mx" : "250-mx\r\n250 PIPELINING", 250, -1, NULL,
                        0);
    } else if (!strcmp(line, "STARTTLS") && h->starttls && !l->secure) {
        l->secure = 1; /* the filter of the test does the rest */
        world_reply(l, "220 go ahead", 220, -1, NULL, 0);
    } else if (!strncmp(line, "HELO ", 5)) {
        l->greeted = 1;
        world_reply(l, "250 mx", 250, -1, NULL, 0);
    } else if (!strncmp(line, "MAIL FROM:<", 11)) {
        if (h->kind == WORLD_MAIL_550)
            world_reply(l, "550 5.7.1 sender rejected, policy", 551, -1, NULL, 0);
        else if (h->kind == WORLD_MAIL_450)
            world_reply(l, "450 4.1.8 sender domain not found, later", 450, -1, NULL, 0);
        else
            world_reply(l, "250 2.1.0 ok", 250, -1, NULL, 0);
    } else if (!strncmp(line, "RCPT TO:<", 9)) {
        world_rcpt(l, line);
    } else if (!strcmp(line, "RSET") && h->kind == WORLD_GHOST_STALLS && h->after & 1 &&
               l->rcpts == 4 && l->last_refused) {
        world_hang_up(l, 1 + (int)world_dice(2));
    } else if (!strcmp(line, "RSET")) {
        world_reply(l, "250 2.0.0 ok", 250, -1, NULL, 0);
    } else {
        WORLD_ASSERT(!strcmp(line, "QUIT")); /* P01: nothing else is ever said */
        l->quit = 1;
        if (h->kind == WORLD_QUIT_MUTE)
            return;
        if (h->kind == WORLD_QUIT_CLOSES) {
            world_hang_up(l, 1 + (int)world_dice(2));
            return;
        }
        world_reply(l, "221 2.0.0 bye", 221, -1, NULL, 0);
        world_hang_up(l, 1);
    }
}

static int world_dns_answer(uint8_t *m, size_t cap, const uint8_t *q, size_t n, int udp);

static int world_send(struct quoth_link *l, const void *data, size_t n)
{
    const char *p = data;
    size_t k = n;

    world_works(l);
    WORLD_ASSERT(l->open && l->up && n);
    if (l->blocked)
        return QUOTH_AGAIN;
    if (W.cut && !world_dice(8)) {
        l->blocked = 1;
        l->out_at = W.now + 1 + world_dice(30);
        return QUOTH_AGAIN;
    }
    if (W.cut && n > 1)
        k = 1 + world_dice((unsigned)n);
    if (l->tcp_dns) {
        uint8_t m[1500];
        WORLD_ASSERT(l->line_n + k <= sizeof l->line);
        memcpy(l->line + l->line_n, p, k);
        l->line_n += k;
        if (l->line_n > 2 &&
            l->line_n == 2u + ((size_t)(uint8_t)l->line[0] << 8 | (uint8_t)l->line[1])) {
            int len = world_dns_answer(m + 2, 1400, (uint8_t *)l->line + 2, l->line_n - 2, 0);
            m[0] = (uint8_t)(len >> 8);
            m[1] = (uint8_t)len;
            if (len > 0)
                world_put(l, W.now + 30, (char *)m, (size_t)len + 2, 0);
        }
        return (int)k;
    }
    for (size_t i = 0; i < k; i++) {
        WORLD_ASSERT(l->line_n < 512); /* P02 */
        l->line[l->line_n++] = p[i];
        if (p[i] != '\n')
            continue;
        WORLD_ASSERT(l->line_n >= 2 && l->line[l->line_n - 2] == '\r');
        l->line[l->line_n - 2] = '\0';
        l->line_n = 0;
        world_command(l, l->line);
    }
    return (int)k;
}

static void world_arrived(struct quoth_link *l, const struct world_chunk *c)
{
    struct world_said *s;

    if (!c->last || !l->host)
        return;
    if (c->code == 221)
        l->bye = 1;
    if (c->code == 421 || (c->code == 451 && l->host->kind == WORLD_BUSY))
        l->busy_heard = 1;
    if (c->dom < 0) {
        if (c->code == 554 || c->code == 551)
            l->policy_heard = 1;
        return;
    }
    if (c->code == 250 || c->code == 550)
        l->fine_heard = 1;
    if (c->code == 554)
        l->policy_heard = 1;
    s = world_said(c->local, strlen(c->local), c->dom, 0);
    if (c->code / 100 != 2 && !(s && s->taken >> (l->host - W.hosts) & 1))
        l->refused++; /* who was taken and is asked again is no unknown user */
    /* P21, G08; nobody can count replies that are shifted */
    if (l->host->kind != WORLD_GHOST && l->host->kind != WORLD_POISON_GHOST &&
        l->host->kind != WORLD_GHOST_STALLS)
        WORLD_ASSERT(l->refused <= (unsigned)W.limits->refused);
    if (c->decoy) {
        if (c->code == 550 && strchr(c->local, '.'))
            W.doms[c->dom].name_refused |= (uint64_t)1 << (l->host - W.hosts);
        else if (c->code == 550)
            W.doms[c->dom].decoy_refused |= (uint64_t)1 << (l->host - W.hosts);
        if (c->code == 451)
            world_said(c->local, strlen(c->local), c->dom, 1);
        return;
    }
    s = world_said(c->local, strlen(c->local), c->dom, 1);
    s->code = c->code;
    s->host = (uint8_t)(l->host - W.hosts);
    if (c->code == 250)
        s->taken |= (uint64_t)1 << s->host;
    if (c->code == 550)
        s->denied |= (uint64_t)1 << s->host;
}

static int world_recv(struct quoth_link *l, void *p, size_t cap, struct quoth_peer *from)
{
    struct world_chunk *c = l->head;
    size_t k;

    (void)from;
    world_works(l);
    WORLD_ASSERT(l->open && l->up);
    if (!c || c->at > W.now)
        return QUOTH_AGAIN;
    if (c->eof)
        return c->eof == 1 ? 0 : QUOTH_EIO;
    k = c->n - c->used < cap ? c->n - c->used : cap;
    memcpy(p, c->p + c->used, k);
    c->used += k;
    if (c->used == c->n) {
        world_arrived(l, c);
        l->head = c->next;
        if (!l->head)
            l->tail = &l->head;
        free(c);
    }
    return (int)k;
}

const struct quoth_port quoth_loop_port = {world_now,  world_random, world_dgram, world_open,
                                           world_send, world_recv,   world_close};

/* ---- the loop ----------------------------------------------------------- */

struct quoth_loop *quoth_loop_new(uint32_t n)
{
    struct quoth_loop *p = WORLD_CALLOC(1, sizeof *p + n * sizeof p->link[0]);

    p->n = n;
    for (uint32_t i = 0; i < n; i++) {
        p->link[i].number = i;
        p->link[i].tail = &p->link[i].head;
    }
    return W.loop = p;
}

int quoth_loop_numbers(struct quoth_loop *p, uint32_t n, uint32_t *first)
{
    (void)n;
    *first = p->n;
    return QUOTH_OK;
}

/* One engine a world. */
int quoth_loop_links(struct quoth_loop *p, uint32_t n, uint32_t *first)
{
    (void)p;
    (void)n;
    (void)first;
    return QUOTH_ESPACE;
}

struct quoth_link *quoth_loop_link(struct quoth_loop *p, uint32_t i) { return &p->link[i]; }
int quoth_loop_watch(struct quoth_loop *p, int fd, uint32_t number, unsigned interest)
{
    (void)p;
    (void)fd;
    (void)number;
    (void)interest;
    return QUOTH_OK;
}
void quoth_loop_wake(struct quoth_loop *p) { (void)p; }
size_t quoth_loop_memory(const struct quoth_loop *p) { return sizeof *p; }
uint32_t quoth_loop_descriptors(void) { return 4096; }

void quoth_loop_free(struct quoth_loop *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < p->n; i++) {
        WORLD_ASSERT(!p->link[i].open); /* nothing is left open */
        world_close(&p->link[i]);
    }
    free(p);
}

/* When this link moves next, or QUOTH_NEVER. */
static uint64_t world_link_at(const struct quoth_link *l)
{
    if (!l->open)
        return QUOTH_NEVER;
    if (!l->up)
        return l->told_out ? QUOTH_NEVER : l->up_at;
    const struct world_chunk *c = l->head;
    while (c && c->told)
        c = c->next; /* an edge is reported once */
    uint64_t at = c ? c->at : QUOTH_NEVER;
    if (l->blocked && l->out_at < at)
        at = l->out_at;
    return at;
}

int quoth_loop_wait(struct quoth_loop *p, uint64_t deadline, uint32_t *moved, unsigned cap)
{
    uint64_t at = deadline, was = W.now;
    unsigned n = 0;

    W.waits++;
    WORLD_ASSERT(deadline != QUOTH_NEVER || W.dgram_n || W.open); /* somebody must wake us */
    for (uint32_t i = 0; i < p->n; i++)
        if (world_link_at(&p->link[i]) < at)
            at = world_link_at(&p->link[i]);
    for (unsigned i = 0; i < W.dgram_n; i++)
        if (world_dgrams[i].at < at)
            at = world_dgrams[i].at;
    WORLD_ASSERT(at != QUOTH_NEVER);
    if (at > W.now)
        W.now = at;
    if (W.jumps && !world_dice(W.jumps))
        W.now += world_dice(world_dice(3) ? 20000 : 3600000);
    for (uint32_t i = 0; i < p->n && n < cap; i++) {
        struct quoth_link *l = &p->link[i];
        if (world_link_at(l) > W.now)
            continue;
        if (!l->up)
            l->told_out = 1;
        for (struct world_chunk *c = l->up ? l->head : NULL; c && c->at <= W.now; c = c->next)
            c->told = 1;
        l->blocked = l->blocked && l->out_at > W.now;
        moved[n++] = i;
    }
    for (unsigned i = 0; i < W.dgram_n && n < cap; i++)
        if (world_dgrams[i].at <= W.now)
            moved[n++] = W.pool_number + (unsigned)world_dgrams[i].socket;
    W.events += n;
    W.idle = n || W.now > was ? 0 : W.idle + 1;
    WORLD_ASSERT(W.idle < 50); /* H03: no turning in circles */
    return (int)n;
}

/* ---- the name server ---------------------------------------------------- */

static size_t world_label(uint8_t *p, const char *text)
{
    size_t n = 0;

    while (*text) {
        size_t len = strcspn(text, ".");
        p[n++] = (uint8_t)len;
        memcpy(p + n, text, len);
        n += len;
        text += len + (text[len] == '.');
    }
    p[n++] = 0;
    return n;
}

static size_t world_record(uint8_t *m, unsigned type, const uint8_t *data, size_t n)
{
    const uint8_t head[12] = {0xc0, 12, 0,  (uint8_t)type,     0,         1, 0,
                              0,    2,  88, (uint8_t)(n >> 8), (uint8_t)n};
    memcpy(m, head, 12);
    memcpy(m + 12, data, n);
    return 12 + n;
}

static unsigned world_family(unsigned host)
{
    return W.hosts[host].family ? W.hosts[host].family - 1 : host / 4;
}

/* An answer that is only flags: the name server is away, or the domain is of that kind. */
static int world_dns_is_bare(const struct world_dom *d, uint8_t *m, int udp)
{
    if ((W.now >= W.away && W.now < W.back) || (d && d->dns == WORLD_DNS_SERVFAIL))
        m[3] = 0x82;
    else if (W.denies || (d && d->dns == WORLD_DNS_NXDOMAIN))
        m[3] = 0x83;
    else if (d && d->dns == WORLD_DNS_TC && udp)
        m[2] = 0x83;
    else
        return 0;
    return 1;
}

/* The i-th exchanger of a domain, as a record. Returns its bytes. */
static size_t world_dns_mx(const struct world_dom *d, unsigned i, uint8_t *m)
{
    uint8_t data[80];
    char mx[40];

    if (d->dns == WORLD_DNS_NO_A)
        snprintf(mx, sizeof mx, "none.void.org");
    else if (d->dns == WORLD_DNS_IP)
        snprintf(mx, sizeof mx, "192.0.2.%u", i);
    else
        snprintf(mx, sizeof mx, "mx%u.fam%u.org", d->host[i], world_family(d->host[i]));
    data[0] = 0;
    data[1] = (uint8_t)(d->equal ? 10 : 10 * (i + 1));
    return world_record(m, 15, data, 2 + world_label(data + 2, mx));
}

/* The answer's length, 0: none comes. */
static int world_dns_answer(uint8_t *m, size_t cap, const uint8_t *q, size_t n, int udp)
{
    char name[300] = "";
    size_t at = 12, len = 0;
    unsigned type, count = 0, host;
    uint8_t data[80];
    const struct world_dom *d = NULL;
    int dom;

    (void)cap;
    W.questions++;
    while (q[at]) {
        if (len)
            name[len++] = '.';
        memcpy(name + len, q + at + 1, q[at]);
        len += q[at];
        at += q[at] + 1u;
    }
    name[len] = '\0';
    type = (unsigned)q[at + 1] << 8 | q[at + 2];
    at += 5;
    WORLD_ASSERT(n >= at && (type == QUOTH_DNS_A || type == QUOTH_DNS_AAAA ||
                             type == QUOTH_DNS_MX || (!len && type == QUOTH_DNS_NS))); /* Q33 */
    memcpy(m, q, at);
    m[2] = 0x81;
    m[3] = 0x80;
    memset(m + 6, 0, 6);
    dom = world_dom(name, len);
    if (dom >= 0)
        d = &W.doms[dom];
    if ((d && d->dns == WORLD_DNS_DROP) || (W.no_udp && udp) || (W.no_edns && q[11]))
        return 0;
    if (world_dns_is_bare(d, m, udp))
        return (int)at;
    if (type == QUOTH_DNS_NS) {
        at += world_record(m + at, 2, (const uint8_t *)"", 1);
        count = 1;
    } else if (d && type == QUOTH_DNS_MX && d->dns == WORLD_DNS_NULL) {
        at += world_record(m + at, 15, (const uint8_t *)"\0\0\0", 3);
        count = 1;
    } else if (d && type == QUOTH_DNS_MX && d->claims) {
        data[0] = data[1] = 0;
        at += world_record(m + at, 15, data, 2 + world_label(data + 2, d->claims));
        count = 1;
        at += world_label(m + at, d->claims);
        len = world_record(data, 1, W.hosts[d->host[0]].ip, 4) - 2; /* but for its name */
        memcpy(m + at, data + 2, len);
        at += len;
        m[11] = 1;
    } else if (d && type == QUOTH_DNS_MX && d->dns != WORLD_DNS_IMPLICIT) {
        for (; count < d->mx_n; count++)
            at += world_dns_mx(d, count, m + at);
    } else if (type == QUOTH_DNS_A && d && d->dns == WORLD_DNS_IMPLICIT) {
        at += world_record(m + at, 1, W.hosts[d->host[0]].ip, 4);
        count = 1;
    } else if (type == QUOTH_DNS_A && sscanf(name, "mx%u.", &host) == 1 && host < W.host_n) {
        at += world_record(m + at, 1, W.hosts[host].ip, 4);
        count = 1;
    }
    m[7] = (uint8_t)count;
    return (int)at;
}

struct quoth_pool *quoth_pool_new(struct quoth_loop *loop, const struct quoth_peer *server,
                                  uint32_t number)
{
    struct quoth_pool *p = WORLD_CALLOC(1, sizeof *p);

    (void)loop;
    (void)server;
    p->number = W.pool_number = number;
    return p;
}

int quoth_pool_send(struct quoth_pool *p, const void *query, size_t n)
{
    uint8_t m[1400];
    int len = world_dns_answer(m, sizeof m, query, n, 1), copies = 1;
    int socket = (int)world_dice(QUOTH_POOL_SOCKETS);

    (void)p;
    if (W.cut && !world_dice(50))
        return QUOTH_AGAIN;
    if (W.loss && world_dice(1000) < W.loss)
        copies = (int)world_dice(2) * 2; /* lost, or twice */
    for (int i = 0; i < copies && len > 0 && W.dgram_n < 512; i++) {
        world_dgrams[W.dgram_n].at = W.now + 2 * (1 + world_dice(60));
        world_dgrams[W.dgram_n].n = (size_t)len;
        world_dgrams[W.dgram_n].socket = socket;
        memcpy(world_dgrams[W.dgram_n++].p, m, (size_t)len);
    }
    return socket;
}

int quoth_pool_recv(struct quoth_pool *p, unsigned socket, struct quoth_dgram *got)
{
    int n = 0;

    (void)p;
    for (unsigned i = 0; i < W.dgram_n && n < QUOTH_POOL_BURST;) {
        if (world_dgrams[i].socket != (int)socket || world_dgrams[i].at > W.now) {
            i++;
            continue;
        }
        memcpy(world_got[n], world_dgrams[i].p, world_dgrams[i].n);
        got[n] = (struct quoth_dgram) {world_got[n], world_dgrams[i].n};
        n++;
        world_dgrams[i] = world_dgrams[--W.dgram_n];
    }
    return n;
}

void quoth_pool_flush(struct quoth_pool *p) { (void)p; }
void quoth_pool_over(struct quoth_pool *p, unsigned socket)
{
    (void)p;
    (void)socket;
}
uint32_t quoth_pool_capacity(void) { return 64; }
size_t quoth_pool_memory(const struct quoth_pool *p) { return sizeof *p; }
void quoth_pool_free(struct quoth_pool *p) { free(p); }

#endif
