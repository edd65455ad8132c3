/* batch_inner.h - what the files of the list engine share.
 *
 *   batch.c        the API, the turn, telling
 *   batch_list.c   addresses, domains: text kept once, chains, duplicates
 *   batch_look.c   a domain's mail hosts: MX, A, AAAA, until there is an address to call
 *   batch_dest.c   destinations: who may be called when, whose turn it is
 *   batch_talk.c   conversations: whom to ask, and the asking
 *   batch_end.c    what is made of their ends: answers, results, domains and destinations
 *
 * Everything is an index or a handle, so that it is small and may move. Times kept for long are
 * seconds of the run, rounded up.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_BATCH_INNER_H
#define QUOTH_BATCH_INNER_H

#include <signal.h>
#include "batch.h"
#include "due.h"
#include "loop.h"
#include "udp_pool.h"

#define BATCH_NONE UINT32_MAX

enum {
    BATCH_BURST = 20,    /* recipients of one transaction */
    BATCH_FRUITLESS = 2, /* conversations without an answer, and a domain has failed */
    BATCH_AWAY = 20,     /* domains in a row that cannot be looked up: the network is away */
    BATCH_DECOYS = 3,    /* attempts of a domain to have a decoy answered */
    BATCH_FILES = 64,    /* open files below which nothing is begun */
    BATCH_TCP = 8,       /* lookups over TCP at once */
    BATCH_ID_SLOTS = 1024,
    BATCH_HOST_CACHE = 1024,
    BATCH_MX_CACHE = 256
};

/* ---- memory: text that never moves, and arrays that grow without moving ---- */

/* Handle: part << 16 | offset. */
struct batch_text {
    char **part;
    uint32_t parts, cap, used;
};
/* `size` bytes each, 256 to a part. */
struct batch_shelf {
    void **part;
    uint32_t parts, cap, n;
    uint32_t size;
};

static inline char *batch_text_at(const struct batch_text *t, uint32_t h)
{
    return t->part[h >> 16] + (h & 0xffff);
}
static inline void *batch_shelf_at(const struct batch_shelf *s, uint32_t i)
{
    return (char *)s->part[i >> 8] + (size_t)(i & 255) * s->size;
}

/* Open addressing over indexes of a shelf; empty is BATCH_NONE. */
struct batch_table {
    uint32_t *slot;
    uint32_t n, used;
};

/* ---- an address: next[4] id[4] flags[1] n[1] local[n] ------------------- */

enum {
    BATCH_ADDR_PASS = 3,
    BATCH_ADDR_SAME = 4, /* flags: how often put off; same as the one before it */
    BATCH_ADDR_HURT = 8
}; /* a conversation broke off over it: to be asked alone */
enum { BATCH_ADDR_HEAD = 10 };

/* ---- a domain ----------------------------------------------------------- */

enum { BATCH_DECOY_NOT, BATCH_DECOY_OUT, BATCH_DECOY_HEARD, BATCH_DECOY_KNOWN };
enum { /* batch_dom.state */
       BATCH_DOM_LOOKING = 1,
       BATCH_DOM_QUEUED = 2,
       BATCH_DOM_KNOWN = 4,  /* KNOWN: it answers, others may join */
       BATCH_DOM_MOVE = 8,   /* to be looked up again when its turn comes */
       BATCH_DOM_SEEN = 16,  /* duplicates found, order drawn */
       BATCH_DOM_MARKED = 32 /* something happened to it: the turn decides what is next */
};

/* What stopped a conversation before a reply to RCPT, kept until the last host was tried; accepted
 * recipients waiting for the decoy. Most domains have none. */
struct batch_note {
    uint8_t phase;
    int8_t err;
    struct quoth_said said;
    uint16_t ext, pref;
    uint8_t flags;
    struct quoth_peer peer;
    struct quoth_tls_facts tls;
    uint32_t mx, ms[QUOTH_PHASES], took_ms;
    char words[];
};
struct batch_pend {
    struct batch_pend *next;
    uint32_t addr;
    struct quoth_said said;
    uint16_t ext;
    uint8_t flags;
    struct quoth_tls_facts tls;
    uint32_t ms[QUOTH_PHASES];
    char words[];
};
struct batch_rare {
    uint32_t tried[QUOTH_CONNECTS_MAX];
    struct batch_note *note;
    struct batch_pend *pend;
};

struct batch_dom {
    struct batch_rare *rare;
    uint32_t name, mx; /* text: its A-labels, the exchange's name */
    uint32_t head, hurt, later,
        left; /* chains: to be asked, to be asked alone, put off; addresses not told */
    uint32_t dest, qnext;
    uint32_t look_ms, failed_at;       /* how long its lookups took; ms: the latest of `fails` */
    uint32_t later_at, hour_at, fresh; /* s: put off until; this hour began; look up again after */
    uint16_t calls, out;               /* conversations this hour; open now */
    uint16_t pref, decoy_code;
    uint8_t decoy, decoy_reason, decoys; /* decoys: attempts */
    uint8_t mx_state, dns, flags, lists; /* as in evidence */
    uint8_t queries, connects, sessions, fails,
        state; /* connects, sessions: those that brought nothing */
};

/* ---- a destination: one address ----------------------------------------- */

enum { BATCH_DEST_IDLE, BATCH_DEST_READY, BATCH_DEST_WAIT, BATCH_DEST_NET };

struct batch_dest {
    struct quoth_pace pace;
    uint32_t qhead, qtail, rnext, net, left, mx; /* left: addresses not told */
    uint32_t down_until;                         /* s: it cannot be connected to */
    uint32_t short_by;    /* s: until then we may lack ports or memory to call it; 0: we do not */
    uint16_t open, crowd; /* crowd: conversations at once that it takes; 0: not known */
    uint8_t state, options, flags, downs; /* options: QUOTH_SMTP_* */
    uint8_t most;                         /* RCPTs it lets us ask; 0: not known */
    int8_t down_err;
    struct quoth_ip ip;
};
struct batch_net {
    uint64_t key;
    uint32_t waiting;
    uint16_t open;
};

/* ---- a lookup ----------------------------------------------------------- */

struct batch_look {
    struct quoth_lookup l;
    struct quoth_route route;
    struct quoth_name name; /* the question */
    struct quoth_wire wire; /* over TCP */
    uint64_t start;
    uint32_t dom, next, waiters; /* next: of those with a like id, or waiting for a like answer */
    uint32_t ttl;
    uint16_t type;
    int16_t socket;                             /* it is in flight on this one; -1: not */
    uint8_t server, live, host, ip, asked, tcp; /* tcp: 1 + which link */
    uint8_t *big;
};

/* ---- a conversation ----------------------------------------------------- */

struct batch_item {
    uint32_t addr, dom, ms[3];
    struct quoth_said said;
    uint8_t decoy;
}; /* its words follow */

struct batch_talk {
    struct quoth_smtp m;
    struct quoth_wire wire;
    uint64_t start, until; /* until: those in hand are given up */
    /* since start: when that phase was over; RCPT: the last transaction */
    uint32_t ms[QUOTH_PHASES];
    struct quoth_rcpt *rcpt;
    uint32_t *who;
    char *words;                       /* QUOTH_SAID_MAX for each rcpt */
    char *kept;                        /* items: what was answered, told when it is over */
    uint32_t kept_n, kept_cap, latest; /* latest: in kept, where the last transaction begins */
    uint32_t dom, dest, first;         /* first: in kept, where those of this domain begin */
    uint32_t run;                      /* next of the run queue */
    uint16_t n, cap, had;              /* recipients in hand, room for them, asked before */
    uint8_t live, given, decoying, offered, queued;
    uint8_t ok, tried,
        lost;       /* of this domain: one was accepted; the decoy was asked; could not be */
    uint8_t enough; /* nothing more is asked */
    uint8_t late;   /* `until` has passed */
    uint8_t alone;  /* it is about one that broke another one off */
    uint8_t again;  /* its TLS says: that does not count, call again */
    char decoy[20], end_words[QUOTH_SAID_MAX];
};

struct quoth_batch {
    const struct quoth_conf *conf;
    struct quoth_batch_limits limit;
    struct quoth_batch_tls tls;
    struct quoth_batch_hooks hooks;
    struct quoth_random rnd;
    uint64_t k0, k1; /* of the hashes */
    uint64_t start, now, ticked;
    struct quoth_loop *loop;
    struct quoth_pool *pool[QUOTH_SERVERS_MAX];
    int rc; /* what ends the run */
    volatile sig_atomic_t stops;
    uint64_t stop_by;

    struct batch_text locals, names;
    struct batch_shelf doms, dests, nets;
    struct batch_table dom_table, dest_table, net_table;
    struct batch_shelf family; /* uint64_t: families of hosts not to be asked, hashed; few */
    uint64_t total, told, waiting;
    uint32_t dns_bad; /* domains in a row that could not be looked up */
    uint8_t dns_good; /* one could, in this run */
    uint64_t verdict[QUOTH_VERDICTS], lookups, conversations, decoys;

    uint32_t dom_next, dom_at, dom_step; /* the order in which domains are taken up */
    struct quoth_due slots, dom_due, dest_due;
    uint32_t ready_head, ready_tail, ready_n;
    uint32_t mark_head, mark_tail;

    struct batch_look **look;
    uint32_t *look_free, look_free_n, looks;
    uint32_t look_id[BATCH_ID_SLOTS];
    uint8_t tcp_used[BATCH_TCP];
    struct quoth_cache hosts, mxs;
    struct quoth_cache_slot *cache_slots;

    struct batch_talk **talk;
    uint32_t *talk_free, talk_free_n;
    uint32_t open_max; /* fewer than limit.open when descriptors ran out */
    uint32_t run_head, run_tail;

    struct quoth_batch_plan *plan; /* not NULL: only planning */
    struct quoth_evidence ev;      /* the one being made */
    struct quoth_reading reading;  /* of it */
    char text[400];                /* its address */
    size_t memory;
};

static inline uint32_t batch_seconds(const struct quoth_batch *b, uint64_t at)
{
    return (uint32_t)((at - b->start + 999) / 1000);
}
static inline uint64_t batch_ms(const struct quoth_batch *b, uint32_t s)
{
    return b->start + (uint64_t)s * 1000;
}
static inline struct batch_dom *batch_dom(const struct quoth_batch *b, uint32_t i)
{
    return batch_shelf_at(&b->doms, i);
}
static inline struct batch_dest *batch_dest(const struct quoth_batch *b, uint32_t i)
{
    return batch_shelf_at(&b->dests, i);
}
static inline struct batch_net *batch_net(const struct quoth_batch *b, uint32_t i)
{
    return batch_shelf_at(&b->nets, i);
}
static inline struct quoth_peer batch_peer(const struct quoth_batch *b, const struct batch_dest *t)
{
    return (struct quoth_peer) {t->ip, b->conf->port ? b->conf->port : 25};
}
static inline int batch_dom_work(const struct batch_dom *d)
{
    return d->head != BATCH_NONE || d->hurt != BATCH_NONE;
}
static inline uint32_t batch_open(const struct quoth_batch *b)
{
    return b->limit.open - b->talk_free_n;
}

/* ---- batch.c ------------------------------------------------------------ */

void *batch_alloc(struct quoth_batch *b, size_t n); /* zeroed; NULL ends the run with ESPACE */
void *batch_realloc(struct quoth_batch *b, void *p, size_t was, size_t n);
void batch_free(struct quoth_batch *b, void *p, size_t n);
void batch_event(struct quoth_batch *b, const char *format, ...);
uint64_t batch_until(const struct quoth_batch *b,
                     const struct batch_dom *d); /* as of now, for an address of it */
/* Evidence about a domain's address, empty of replies; and the address put in. */
struct quoth_evidence *batch_blank(struct quoth_batch *b, const struct batch_dom *d);
/* b->ev is all that is known of this address and its like: put it off, or tell. */
void batch_result(struct quoth_batch *b, uint32_t dom, uint32_t addr, uint32_t mx);
/* Tell all addresses of a domain that are to be asked. `mx` may be BATCH_NONE. */
void batch_result_all(struct quoth_batch *b, uint32_t dom, uint32_t mx);
void batch_stop_all(struct quoth_batch *b, uint32_t dom, enum quoth_reason stop);
/* A domain was looked up; `found` 0: that failed, and nothing is known. */
void batch_looked(struct quoth_batch *b, int found);

void batch_dom_later(struct quoth_batch *b, uint32_t dom, uint64_t at);
uint32_t batch_noted(struct quoth_batch *b, uint32_t dom);
int batch_dest_is_down(const struct quoth_batch *b, const struct batch_dest *t);
uint64_t batch_dest_hour(const struct quoth_batch *b, const struct batch_dom *d);
enum quoth_reason batch_dest_closed(const struct quoth_batch *b, const struct batch_dom *d);

/* ---- batch_list.c ------------------------------------------------------- */

uint32_t batch_text_add(struct quoth_batch *b, struct batch_text *t, size_t n, char **at);
uint32_t batch_shelf_add(struct quoth_batch *b, struct batch_shelf *s);
/* Where in the table `key` is or belongs; same() compares with an index. */
uint32_t *batch_table_find(struct quoth_batch *b, struct batch_table *t, uint64_t hash,
                           const void *key,
                           int (*same)(const struct quoth_batch *b, uint32_t i, const void *key),
                           uint64_t (*hash_of)(const struct quoth_batch *b, uint32_t i));
void batch_list_free(struct quoth_batch *b);

uint32_t batch_addr_next(const struct quoth_batch *b, uint32_t a);
uint32_t batch_addr_id(const struct quoth_batch *b, uint32_t a);
uint8_t *batch_addr_flags(const struct quoth_batch *b, uint32_t a);
struct quoth_span batch_addr_local(const struct quoth_batch *b, uint32_t a);
uint32_t batch_chain_pop(struct quoth_batch *b, uint32_t *head); /* an address and those like it */
void batch_chain_push(struct quoth_batch *b, uint32_t *head, uint32_t a);
uint32_t batch_chain_count(const struct quoth_batch *b, uint32_t head);
uint32_t batch_dom_find(struct quoth_batch *b, const char *name,
                        size_t n); /* BATCH_NONE: not there */
uint32_t batch_dom_add(struct quoth_batch *b, const char *name,
                       size_t n); /* is not there; BATCH_NONE: no memory */
uint32_t batch_addr_add(struct quoth_batch *b, uint32_t dom, uint32_t id, struct quoth_span local);
void batch_dom_gather(struct quoth_batch *b,
                      struct batch_dom *d);               /* nobody is to be asked alone any more */
void batch_dom_sort(struct quoth_batch *b, uint32_t dom); /* draw an order, find duplicates */
struct batch_rare *batch_dom_rare(struct quoth_batch *b, struct batch_dom *d);
void batch_dom_plain(struct quoth_batch *b,
                     struct batch_dom *d); /* forget the rare, but for what waits */

/* ---- batch_look.c ------------------------------------------------------- */

int batch_look_new(struct quoth_batch *b);
void batch_look_free(struct quoth_batch *b);
void batch_look(struct quoth_batch *b,
                uint32_t dom); /* find it an address to call that was not tried yet */
void batch_look_due(struct quoth_batch *b, uint32_t i);
void batch_look_moved(struct quoth_batch *b, uint32_t link);
void batch_look_came(struct quoth_batch *b, unsigned server, unsigned socket);
void batch_look_flush(struct quoth_batch *b);

/* ---- batch_dest.c ------------------------------------------------------- */

uint32_t batch_dest_of(struct quoth_batch *b, const struct quoth_ip *ip);
void batch_dest_give(struct quoth_batch *b, uint32_t dom, uint32_t dest,
                     const char *mx);                     /* it is this one's now */
void batch_dom_move(struct quoth_batch *b, uint32_t dom); /* this one did not work: the next */
void batch_dom_mark(struct quoth_batch *b, uint32_t dom); /* something happened to it */
void batch_dom_next(struct quoth_batch *b);               /* decide, for all that are marked */
void batch_dom_off(struct quoth_batch *b, uint32_t dom, uint32_t addr,
                   uint64_t ms); /* put an address off */
uint32_t batch_dest_pop(struct quoth_batch *b,
                        uint32_t dest); /* the next domain that may be asked there */
void batch_dest_ready(struct quoth_batch *b, uint32_t dest);
uint32_t batch_dest_call(struct quoth_batch *b); /* one that may be called now; BATCH_NONE */
void batch_dest_over(struct quoth_batch *b, uint32_t dest); /* a conversation with it ended */
void batch_dest_end(struct quoth_batch *b, uint32_t dest, enum quoth_pace_kind kind,
                    enum quoth_reason reason);
void batch_dest_down(struct quoth_batch *b, uint32_t dest,
                     int err); /* it could not be connected to */
void batch_dest_due(struct quoth_batch *b, uint32_t dest);
void batch_dom_due(struct quoth_batch *b, uint32_t dom);
void batch_family_stop(struct quoth_batch *b, uint32_t dom);

/* ---- batch_talk.c ------------------------------------------------------- */

int batch_talk_new(struct quoth_batch *b);
void batch_talk_free(struct quoth_batch *b);
int batch_talk_dial(struct quoth_batch *b); /* as many as may be; 1: there was one */
void batch_talk_poke(struct quoth_batch *b, uint32_t i);
void batch_talk_run(struct quoth_batch *b);     /* those that were interrupted to be fair */
void batch_talk_abandon(struct quoth_batch *b); /* stopped, and out of patience */

/* ---- batch_end.c -------------------------------------------------------- */

void batch_note(struct quoth_batch *b, uint32_t dom, const struct batch_note *n, const char *words);
void batch_pend_back(struct quoth_batch *b,
                     uint32_t dom); /* what waits for the decoy is to be asked again */
void batch_end_fail(struct quoth_batch *b,
                    uint32_t dom); /* no host is left: what was noted is the result of all */
/* What is in hand was given and the machine is through with it: what was answered is kept, the rest
 * goes back (n). */
uint32_t batch_end_settle(struct quoth_batch *b, struct batch_talk *c);
/* The evidence about an address of `dom` that this conversation has so far, in b->ev. */
void batch_end_evidence(struct quoth_batch *b, const struct batch_talk *c, uint32_t dom);
void batch_end(struct quoth_batch *b, struct batch_talk *c, uint32_t hand);

#endif
