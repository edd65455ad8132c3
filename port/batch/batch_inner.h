/* batch_inner.h - what the files of the list engine share.
 *
 * Each file uses what stands left of it, never what stands right:
 *
 *   batch_store <- batch_tell <- batch_family <- batch_dest
 *               <- { batch_route, batch_guest, batch_keep }
 *               <- { batch_look, batch_end, batch_pace } <- { batch_next, batch_talk } <- batch
 *
 *   batch_store.c  memory: text, records and their free lists, hash tables, chains of addresses
 *   batch_tell.c   evidence to result; what is put off, noted, or waits for the decoy; traces
 *   batch_family.c families of hosts that are not asked any more
 *   batch_dest.c   destinations: who may be called when, whose turn it is
 *   batch_route.c  which destination a domain is asked at, and under which name
 *   batch_guest.c  how a conversation went, for whoever calls there next
 *   batch_keep.c   a conversation's answers, kept until it is over
 *   batch_look.c   a domain's mail hosts: MX, A, AAAA, until there is an address to call
 *   batch_end.c    what is made of a conversation's answers, and of its end
 *   batch_next.c   the one place that decides what a domain does next, and when it is forgotten
 *   batch_talk.c   conversations: whom to ask, and the asking
 *   batch_pace.c   holds, decoys and hours as text, to be saved and loaded
 *   batch.c        the API and the turn
 *
 * A domain's life (enum batch_dom_state). All that happens to a domain only marks it; the turn
 * decides (batch_next.c), so nothing is called from below:
 *
 *           add                turn: one in random order
 *   FREE ----------> WAITING ---------------------------> LOOKING
 *    ^                  ^                                    | an address to call was found,
 *    | nothing worth    | add to one that is at rest         | or there is none: all are told
 *    | remembering      |                                    v
 *   KEPT <----------- REST <------------- decide ------- MARKED <---- a conversation of it ended,
 *    | add: WAITING     ^                    |                        its time came, it may join
 *    v                  | called             v
 *                       +----------------- QUEUED at its destination
 *
 * A conversation's life (enum batch_talk_state):
 *
 *   FREE --call--> READY --transaction--> ASKING --settle--> READY --accepted one--> DECOY --+
 *    ^               |                                        ^ |--refused behind--> AGAIN --+
 *    |               |                                        +---------- settle ------------+
 *    +--- end ---- LEAVING <-- nothing more is asked: QUIT
 *
 * Words: an address is TOLD when its result was given to the caller. A conversation has addresses
 * IN HAND from when it is to ask about them until they are answered or go back to their domain's
 * chain; answers are KEPT until it ends, for a reply too many throws doubt on all of them. A SCOUT
 * is a domain's first conversation: until it has an answer, no other joins. A conversation or an
 * answer is IN DOUBT when replies may be shifted against commands. A DECOY is the made-up mailbox
 * that shows whether a server takes any. INTERACTIVE addresses, for which somebody waits, lie in
 * chains and queues of their own, called urgent.
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
    BATCH_BURST = 20,       /* recipients of one transaction */
    BATCH_DOWN = 2,         /* times in a row not connected, or silent, and it is left alone */
    BATCH_FAILS_MAX = 2,    /* conversations without an answer, and a domain has failed */
    BATCH_FAILS_BESIDE = 8, /* the same, while another one may be answered */
    BATCH_AWAY = 20,        /* domains in a row that cannot be looked up: the network is away */
    BATCH_AWAY_MS = 60000,  /* and so long nobody knows better */
    BATCH_DECOYS = 3,       /* attempts of a domain to have a decoy answered */
    BATCH_OWN = 10,         /* conversations at once with a server of the operator's own */
    BATCH_OWN_S = 15,       /* so long it is left alone when it was away, or would not have us */
    BATCH_FILES = 64,       /* open files below which nothing is begun */
    BATCH_TCP = 8,          /* lookups over TCP at once */
    BATCH_SHORT = 8,        /* lists' conversations a turn goes on with while somebody waits */
    BATCH_SHARE = 8,        /* of conversations and lookups, one in so many is for urgent ones */
    BATCH_HOUR_S = 3600,
    BATCH_STOPPED_S = 24 * 3600,   /* so long is a "never" remembered when nobody is left */
    BATCH_DECOY_S = 7 * 24 * 3600, /* and what a decoy was told */
    BATCH_REMEMBER = 16384,
    BATCH_ID_SLOTS = 1024,
    BATCH_HOST_CACHE = 1024,
    BATCH_MX_CACHE = 256
};

/* ---- memory: text that never moves, and arrays that grow without moving ---- */

/* Handle: part << 16 | offset. What is given back goes to the free list of its size. */
enum { BATCH_TEXT_SIZES = 288, BATCH_TEXT_MIN = 4 };
struct batch_text {
    char **part;
    uint32_t parts, cap, used, live;
    uint32_t *free; /* by size; NULL: nothing was given back yet */
};
/* `size` bytes each, 256 to a part; what is given back is linked through its first four bytes. */
struct batch_shelf {
    void **part;
    uint32_t parts, cap, n;
    uint32_t size, free, live; /* n: ever used; live: in use now */
};

static inline char *batch_text_at(const struct batch_text *texts, uint32_t h)
{
    return texts->part[h >> 16] + (h & 0xffff);
}
static inline void *batch_shelf_at(const struct batch_shelf *shelf, uint32_t i)
{
    return (char *)shelf->part[i >> 8] + (size_t)(i & 255) * shelf->size;
}

/* Open addressing over indexes of a shelf; empty is BATCH_NONE. */
struct batch_table {
    uint32_t *slot;
    uint32_t n, used;
};
/* How a table compares and hashes what its indexes stand for. */
struct batch_table_kind {
    int (*same)(const struct quoth_batch *batch, uint32_t i, const void *key);
    uint64_t (*hash_of)(const struct quoth_batch *batch, uint32_t i);
};

/* ---- an address: next[4] id[4] flags[1] n[1] job[4 if JOB] local[n] ------ */

enum {
    BATCH_ADDR_PASS = 3,    /* flags: how often put off; 3: not any more */
    BATCH_ADDR_MORE = 4,    /* the next one in its chain is the same */
    BATCH_ADDR_ALONE = 8,   /* a conversation broke off over it: to be asked alone */
    BATCH_ADDR_URGENT = 16, /* interactive */
    BATCH_ADDR_TRACE = 32,
    BATCH_ADDR_JOB = 64,     /* it has a job number */
    BATCH_ADDR_DROPPED = 128 /* not to be told */
};
enum { BATCH_ADDR_HEAD = 10, BATCH_JOB_BYTES = 4 };

/* ---- a domain ----------------------------------------------------------- */

enum batch_dom_state {
    BATCH_DOM_FREE = 0, /* the slot is free */
    BATCH_DOM_REST,     /* nothing to decide: asked about now, put off, or new */
    BATCH_DOM_WAITING,  /* to be taken up */
    BATCH_DOM_MARKED,   /* something happened: the turn decides what is next */
    BATCH_DOM_LOOKING,  /* its mail hosts are looked up */
    BATCH_DOM_QUEUED,   /* at its destination */
    BATCH_DOM_KEPT,     /* no address left; remembered */
    BATCH_DOM_STATES
};
enum batch_decoy { BATCH_DECOY_NOT, BATCH_DECOY_OUT, BATCH_DECOY_HEARD, BATCH_DECOY_KNOWN };

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

enum { BATCH_SHARES = QUOTH_BATCH_SHARES };

struct batch_queue { /* of domains by qnext or unext; of destinations by rnext; of addresses */
    uint32_t head, tail;
};

/* What few domains have. */
struct batch_extra {
    uint32_t tried[QUOTH_CONNECTS_MAX]; /* hashes of addresses that did not work out */
    struct batch_note *note;
    struct batch_pend *pend;
    uint32_t alone, urgent;                 /* chains: to be asked alone; interactive */
    uint32_t unext;                         /* in the urgent queue of its destination */
    struct batch_queue share[BATCH_SHARES]; /* drawn, by their jobs, when there are several */
    uint64_t failed_at;                     /* the latest of `fails` */
    uint8_t fails;                          /* conversations in a row that brought nothing */
    uint8_t urgent_queued;
    uint8_t turn; /* the share that is next */
};

struct batch_dom {
    struct batch_extra *extra;
    uint32_t name, mx;           /* text: its A-labels; the exchange's name, counted */
    uint32_t head, added, later; /* chains: to be asked, in an order drawn; come since; put off */
    uint32_t left;               /* addresses not told */
    uint32_t dest, qnext;
    uint32_t look_ms;                                  /* how long its lookups took */
    uint32_t later_at, hour_until, fresh, decoy_until; /* s: put off until; this hour ends; look up
                                                        * again after; forget the decoy after */
    uint16_t calls, out;                               /* conversations this hour; open now */
    uint16_t pref, decoy_code;
    uint8_t decoy, decoy_reason, decoys; /* enum batch_decoy; decoys: attempts */
    uint8_t mx_state, dns, flags, lists; /* as in evidence */
    uint8_t queries, connects, sessions; /* connects, sessions: those that brought nothing */
    uint8_t state;                       /* enum batch_dom_state */
    uint8_t answers : 1;                 /* it answers: others may join its scout */
    uint8_t reroute : 1;                 /* to be looked up again when its turn comes */
    uint8_t own : 1;                     /* hooks.own knows it */
    uint8_t looked : 1;                  /* its destination was looked up under the name `mx` */
    uint8_t mixed : 1;                   /* addresses of several jobs have come since */
    uint8_t shared : 1;                  /* some lie in extra->share; `head` is the next of them */
};

enum { BATCH_DRAW = 4096 }; /* of so many that wait one is drawn */

struct batch_wait { /* to be taken up, those that wait longest first */
    uint32_t *dom, at, n, cap;
};

/* ---- a destination: one address ----------------------------------------- */

enum batch_dest_state {
    BATCH_DEST_FREE = 0, /* the slot is free */
    BATCH_DEST_IDLE,
    BATCH_DEST_READY, /* to be called as soon as there is room */
    BATCH_DEST_WAIT,  /* its pace, or hooks.may, says when */
    BATCH_DEST_NET,   /* its network is full */
    BATCH_DEST_ASKED  /* hooks.may owes an answer */
};
enum { BATCH_LIST, BATCH_URGENT, BATCH_LANES }; /* two ready lists */
enum { BATCH_QUEUES = BATCH_SHARES + 1 };       /* of lists, by their jobs; the urgent one */

struct batch_dest {
    struct quoth_pace pace;
    struct batch_queue queue[BATCH_QUEUES];
    uint32_t rnext[BATCH_LANES], nnext; /* in the ready lists; waiting for the network */
    uint32_t net, mx;
    uint32_t left, doms;   /* addresses not told; domains that are routed here */
    uint32_t down_until;   /* s: it cannot be connected to, or is silent */
    uint32_t never_until;  /* s: a "never" of its pace is forgotten after, when nobody is left */
    uint32_t broke_at;     /* s: when a call broke that had no options */
    uint32_t short_until;  /* s: until then we may lack ports or memory to call it; 0: we do not */
    uint32_t spent_s, got; /* in conversations, and answers of them; of late */
    uint16_t open;
    uint16_t at_once;          /* conversations at once that it takes; 0: not known */
    uint8_t state;             /* enum batch_dest_state */
    uint8_t in_ready;          /* bit by lane: it is linked in that ready list */
    uint8_t granted;           /* hooks.may said yes */
    uint8_t broke;             /* QUOTH_SMTP_*: would have helped calls that broke, of late */
    uint8_t options, once;     /* QUOTH_SMTP_*: of its calls; of the next one as well */
    uint8_t downs, down_phase; /* how often in a row, and how far the last call came */
    uint8_t excused;           /* its silence was put down to one asked alone, since it spoke */
    uint8_t turn;              /* the list's queue that is next */
    uint8_t holds;             /* how often in a row it answered and was busy */
    uint8_t most;              /* RCPTs it lets us ask; 0: not known */
    uint8_t ok, no;            /* it accepted one behind so many accepted and so many refused */
    int8_t down_err;
    struct quoth_ip ip;
    uint16_t port; /* not 0: a server of the operator's own, who has no pace */
};
struct batch_net {
    uint64_t key;
    uint32_t waiting, dests;
    uint16_t open;
    uint8_t urgent; /* an urgent one is among those waiting */
};

/* ---- a lookup ----------------------------------------------------------- */

struct batch_look {
    uint64_t start;
    uint32_t dom, next, waiters; /* next: of those with a like id, or waiting for a like answer */
    uint32_t ttl;
    uint16_t type;
    int16_t socket;                       /* it is in flight on this one; -1: not */
    uint8_t server, live, tcp, questions; /* tcp: 1 + which link; questions: so many may be asked */
    uint8_t *big;
    struct quoth_wire wire; /* over TCP */
    struct quoth_name name; /* the question */
    struct quoth_hosts hosts;
    struct quoth_lookup l;
};

/* ---- a conversation ----------------------------------------------------- */

enum batch_talk_state {
    BATCH_TALK_FREE = 0,
    BATCH_TALK_READY,  /* addresses in hand, not given yet; or between transactions */
    BATCH_TALK_ASKING, /* those in hand are a transaction under way */
    BATCH_TALK_DECOY,  /* the decoy is */
    BATCH_TALK_AGAIN,  /* the last one that was accepted is asked again */
    BATCH_TALK_LEAVING,
    BATCH_TALK_STATES
};

enum batch_item_decoy { BATCH_ITEM_NO_DECOY, BATCH_ITEM_DECOY, BATCH_ITEM_NAME };
struct batch_item { /* an answer kept; its words follow */
    uint32_t addr, dom, ms[3];
    struct quoth_said said;
    uint8_t decoy; /* enum batch_item_decoy */
    uint8_t ok;    /* so many had been accepted by then, with this one */
};

/* What becomes of it when the last one that was accepted is asked again. */
enum batch_vouch { BATCH_VOUCH_NOT, BATCH_VOUCH_TRUE, BATCH_VOUCH_LIES };

struct batch_talk {
    uint64_t start, until; /* until: those in hand are given up */
    /* since start: when that phase was over; RCPT: the last transaction */
    uint32_t ms[QUOTH_PHASES];
    struct quoth_rcpt *rcpt;
    uint32_t *who;
    char *words;                       /* QUOTH_SAID_MAX for each rcpt */
    char *kept;                        /* items: what was answered, told when it is over */
    uint32_t kept_n, kept_cap, latest; /* latest: in kept, where the last transaction begins */
    uint32_t good;                     /* in kept: the last one that was accepted */
    uint32_t dom, dest, first;         /* first: in kept, where those of this domain begin */
    uint32_t mx;                       /* text: the name it was called by */
    uint32_t run;                      /* next of the run queue */
    uint16_t n, cap, had;              /* recipients in hand, room for them, asked before */
    uint8_t state;                     /* enum batch_talk_state */
    uint8_t run_queued;
    /* of this domain: one was accepted; its decoy was asked; could not be */
    uint8_t accepted, decoy_asked, decoy_lost;
    uint8_t offered : 1; /* STARTTLS was */
    uint8_t enough : 1;  /* nothing more is asked */
    uint8_t urgent : 1;  /* interactive ones were asked: it ends, so that they are told */
    uint8_t alone : 1;   /* it is about one that broke another one off */
    uint8_t late : 1;    /* `until` has passed */
    uint8_t again : 1;   /* its TLS says: that does not count, call again */
    uint8_t traced : 1;
    uint8_t another : 1; /* the decoy is unknown: one that looks like a name is to be asked */
    uint8_t lost_kind, lost_reason; /* enum quoth_pace_kind: of a reply there was no memory for */
    uint16_t lost_code;
    /* So many were accepted and refused, decoys among them; the last was accepted behind `no` that
     * were refused, and with the last refused that is no decoy there were `bad`. Those since are
     * vouched for: enum batch_vouch. */
    uint8_t ok, refused, no, bad, vouch;
    struct quoth_wire wire;
    struct quoth_smtp m;
    char decoy[20], end_words[QUOTH_SAID_MAX];
};

enum batch_family_state { BATCH_FAMILY_FREE = 0, BATCH_FAMILY_SUSPECTED, BATCH_FAMILY_STOPPED };
struct batch_family {
    uint32_t name, until; /* name: above its hosts', counted like an exchange's; until: s */
    uint8_t state;        /* enum batch_family_state */
    struct quoth_ip ip;   /* one of it that said so */
};

/* How the last evidence was judged: the next reply of the same exchange is often the same. */
enum { BATCH_JUDGED = 2 }; /* a reply that accepts, and one that does not */
struct batch_judged {
    struct quoth_evidence e;
    uint32_t mx; /* the exchange, not held; BATCH_NONE: nothing was judged */
    enum quoth_verdict verdict;
    struct quoth_reading reading;
};

struct quoth_batch {
    /* what is read most: near the beginning it takes the shortest instructions */
    uint64_t now;
    struct batch_look **look;
    struct batch_talk **talk;
    struct quoth_batch_limits limit;
    int rc; /* what ends the run */
    volatile sig_atomic_t stops;
    uint32_t looks;
    struct quoth_batch_plan *plan; /* not NULL: only planning */
    const struct quoth_conf *conf;
    struct quoth_loop *loop;
    uint32_t link;               /* the first of ours there: conversations, lookups, sockets */
    uint32_t open_max;           /* fewer than limit.open when descriptors ran out */
    uint8_t closed, interactive; /* no more will come; an interactive one came */
    uint8_t purge;               /* a job was dropped */
    uint8_t late;                /* the time of the run is over */

    struct quoth_batch_hooks hooks;
    struct quoth_batch_tls tls;
    struct quoth_random rnd;
    uint64_t k0, k1; /* of the hashes */
    uint64_t start, ticked;
    uint64_t turn_until; /* this turn; NEVER: without bound */
    uint64_t stop_by;
    struct quoth_pool *pool[QUOTH_SERVERS_MAX];
    uint64_t open_cut; /* when open_max was changed */

    struct batch_text locals, names;
    struct batch_shelf doms, dests, nets, family;
    struct batch_table dom_table, dest_table, net_table, family_table;
    uint32_t latest_dom; /* was found or added; it may be gone */
    uint64_t total, told, waiting, dropped;
    uint64_t traced, urgent; /* addresses inside that are to be traced; that somebody waits for */
    uint32_t dns_bad;        /* domains in a row that could not be looked up */
    uint64_t dns_bad_at;     /* when the last of them could not */
    uint8_t dns_good;        /* one could, in this run */
    uint64_t verdict[QUOTH_VERDICTS], lookups, conversations, decoys, answers[QUOTH_ANSWERS];

    struct batch_wait wait[BATCH_SHARES]; /* by their jobs; in all wait_n */
    uint32_t wait_n, wait_turn;
    struct quoth_due slots, dom_due, dest_due;
    struct batch_queue ready[BATCH_LANES], marked, run; /* destinations; domains; conversations */
    uint32_t ready_n;
    uint32_t doms_kept, dests_kept;            /* remembered with nobody left */
    uint32_t dom_hand, dest_hand, family_hand; /* where the search for one to forget goes on */

    uint32_t *look_free, look_free_n;
    uint32_t *talk_free, talk_free_n;
    struct quoth_cache hosts, mxs;
    struct quoth_cache_slot *cache_slots;
    size_t memory;
    uint64_t sweep_at, sweep_told; /* see batch_sweep(); told by the last one */
    uint8_t sweeps;                /* in a row that brought nothing */

    uint32_t look_id[BATCH_ID_SLOTS];
    uint8_t tcp_used[BATCH_TCP];
    struct batch_judged judged[BATCH_JUDGED];
};

static inline uint32_t batch_seconds(const struct quoth_batch *batch, uint64_t at)
{
    return (uint32_t)((at - batch->start + 999) / 1000);
}
static inline uint64_t batch_ms(const struct quoth_batch *batch, uint32_t s)
{
    return batch->start + (uint64_t)s * 1000;
}
static inline struct batch_dom *batch_dom(const struct quoth_batch *batch, uint32_t i)
{
    return batch_shelf_at(&batch->doms, i);
}
static inline struct batch_dest *batch_dest(const struct quoth_batch *batch, uint32_t i)
{
    return batch_shelf_at(&batch->dests, i);
}
static inline struct batch_net *batch_net(const struct quoth_batch *batch, uint32_t i)
{
    return batch_shelf_at(&batch->nets, i);
}
static inline struct quoth_peer batch_peer(const struct quoth_batch *batch,
                                           const struct batch_dest *host)
{
    const uint16_t usual = batch->conf->port ? batch->conf->port : 25;

    return (struct quoth_peer) {host->ip, host->port ? host->port : usual};
}
/* How this domain is asked. */
static inline const struct quoth_conf *batch_conf(const struct quoth_batch *batch,
                                                  const char *domain)
{
    const struct quoth_conf *own =
        batch->hooks.own ? batch->hooks.own(batch->hooks.arg, domain) : NULL;

    return own ? own : batch->conf;
}
/* Has this turn been long enough? What is left is for the next one, which is due at once. */
static inline int batch_turn_over(const struct quoth_batch *batch)
{
    return batch->turn_until != QUOTH_NEVER && quoth_loop_port.now() >= batch->turn_until;
}
static inline void batch_turn_begins(struct quoth_batch *batch)
{
    batch->turn_until =
        batch->limit.turn_ms ? quoth_loop_port.now() + batch->limit.turn_ms : QUOTH_NEVER;
}
static inline uint32_t batch_open(const struct quoth_batch *batch)
{
    return batch->limit.open - batch->talk_free_n;
}
/* Is one of it to be asked: in its turn; urgently; at all? */
static inline int batch_dom_turn(const struct batch_dom *domain)
{
    return domain->head != BATCH_NONE || domain->added != BATCH_NONE || domain->shared;
}
static inline int batch_dom_urgent(const struct batch_dom *domain)
{
    return domain->extra && domain->extra->urgent != BATCH_NONE;
}
static inline int batch_dom_work(const struct batch_dom *domain)
{
    return batch_dom_turn(domain) || (domain->extra && (domain->extra->urgent != BATCH_NONE ||
                                                        domain->extra->alone != BATCH_NONE));
}

/* How many decoys may it take to know whether a server takes any mailbox? */
static inline unsigned batch_decoys(const struct quoth_batch *batch)
{
    if (batch->conf->no_decoy)
        return 0;
    return QUOTH_DECOYS > 1 && batch->conf->decoys > 1 ? 2 : 1;
}

static inline int batch_wants_decoy(const struct quoth_batch *batch, const struct batch_dom *domain)
{
    return !batch->conf->no_decoy && !domain->own;
}

/* What a conversation said of us as a guest. `fine`: it answered as well, so it is not for good. */
struct batch_guest {
    enum quoth_pace_kind kind;
    enum quoth_reason reason;
    uint8_t fine, listed;
    uint32_t dom, listed_dom; /* the one the next reply is about; the one when it said: listed */
    uint16_t code, words_n;   /* of the reply that decided */
    const char *words;
};

/* ---- batch_store.c ------------------------------------------------------ */

/* Zeroed. NULL: no memory; what it was for is put off, and the next sweep finds who was left
 * without anything to come. */
void *batch_alloc(struct quoth_batch *batch, size_t n);
void *batch_realloc(struct quoth_batch *batch, void *p, size_t was, size_t n);
void batch_free(struct quoth_batch *batch, void *p, size_t n);
void batch_event(struct quoth_batch *batch, const char *format, ...);
/* At `at` or before; as soon as there is memory for it. */
void batch_due_set(struct quoth_batch *batch, struct quoth_due *due, uint32_t id, uint64_t at);
void batch_no_memory(struct quoth_batch *batch);

uint32_t batch_text_add(struct quoth_batch *batch, struct batch_text *texts, size_t n, char **at);
void batch_text_drop(struct quoth_batch *batch, struct batch_text *texts, uint32_t h, size_t n);
uint32_t batch_shelf_add(struct quoth_batch *batch, struct batch_shelf *shelf); /* not zeroed */
void batch_shelf_drop(struct batch_shelf *shelf, uint32_t i);
uint64_t batch_net_key(const struct quoth_ip *ip); /* its /24 or /64 as a number */
/* Where in the table `key` is or belongs. */
uint32_t *batch_table_find(struct quoth_batch *batch, struct batch_table *table, uint64_t hash,
                           const void *key, const struct batch_table_kind *kind);
void batch_table_drop(const struct quoth_batch *batch, struct batch_table *table, uint32_t i,
                      const struct batch_table_kind *kind);
void batch_store_free(struct quoth_batch *batch);

/* An exchange's name, kept once for all that hold it. */
uint32_t batch_mx_add(struct quoth_batch *batch, const char *name); /* held once; BATCH_NONE */
uint32_t batch_mx_hold(struct quoth_batch *batch, uint32_t mx);
void batch_mx_drop(struct quoth_batch *batch, uint32_t mx);
const char *batch_mx_name(const struct quoth_batch *batch, uint32_t mx); /* "": none */

uint32_t batch_addr_next(const struct quoth_batch *batch, uint32_t a);
uint32_t batch_addr_id(const struct quoth_batch *batch, uint32_t a);
uint32_t batch_addr_job(const struct quoth_batch *batch, uint32_t a);
uint8_t *batch_addr_flags(const struct quoth_batch *batch, uint32_t a);
struct quoth_span batch_addr_local(const struct quoth_batch *batch, uint32_t a);
uint32_t batch_addr_add(struct quoth_batch *batch, uint32_t dom, uint32_t id,
                        struct quoth_span local, const struct quoth_batch_options *options);
void batch_addr_drop(struct quoth_batch *batch, uint32_t a);
uint32_t batch_chain_pop(struct quoth_batch *batch,
                         uint32_t *head); /* an address and those like it */
void batch_chain_push(struct quoth_batch *batch, uint32_t *head, uint32_t a);
uint32_t batch_chain_count(const struct quoth_batch *batch, uint32_t head);
/* Give back those of a domain's chain that were dropped; how many. */
uint32_t batch_chain_purge(struct quoth_batch *batch, uint32_t dom, uint32_t *head);

uint32_t batch_dom_find(struct quoth_batch *batch, const char *name, size_t n); /* or BATCH_NONE */
/* One that is not there yet. BATCH_NONE: no memory. */
uint32_t batch_dom_add(struct quoth_batch *batch, const char *name, size_t n);
void batch_dom_drop(struct quoth_batch *batch, uint32_t dom); /* nothing refers to it any more */
const char *batch_dom_name(const struct quoth_batch *batch, uint32_t dom);
const char *batch_dom_state_name(enum batch_dom_state s);
struct batch_extra *batch_dom_extra(struct quoth_batch *batch, struct batch_dom *domain);
/* Put what is to be asked (an address and its like) into the chain it belongs to. */
void batch_dom_back(struct quoth_batch *batch, uint32_t dom, uint32_t addr);
void batch_dom_alone(struct quoth_batch *batch, uint32_t dom, uint32_t addr);
void batch_dom_gather(struct quoth_batch *batch,
                      struct batch_dom *domain);              /* all chains are one again */
void batch_dom_draw(struct quoth_batch *batch, uint32_t dom); /* an order for those come since */
void batch_dom_unshare(struct quoth_batch *batch,
                       struct batch_dom *domain); /* all shares back into `head` */
void batch_dom_share(struct quoth_batch *batch, struct batch_dom *domain,
                     uint32_t *chain); /* a chain into the shares of its jobs; they are there */
void batch_dom_clear(struct quoth_batch *batch,
                     struct batch_dom *domain); /* it answers: forget trouble */
void batch_dom_mark(struct quoth_batch *batch, uint32_t dom);
/* Whose turn it is when this domain is asked. One of several jobs is asked in anyone's. */
unsigned batch_dom_share_of(const struct quoth_batch *batch, const struct batch_dom *domain);
void batch_dom_wait(struct quoth_batch *batch, uint32_t dom); /* to be taken up in its turn */
void batch_dom_later(struct quoth_batch *batch, uint32_t dom, uint64_t at); /* mark it then */

/* ---- batch_tell.c ------------------------------------------------------- */

/* As of now, for an address of it. */
uint64_t batch_until(const struct quoth_batch *batch, const struct batch_dom *domain);
/* Evidence about a domain's address, empty of replies. */
void batch_blank(const struct quoth_batch *batch, const struct batch_dom *domain,
                 struct quoth_evidence *evidence);
/* `e` is all that is known of this address and its like: put it off, or tell. How it was read. */
struct quoth_reading batch_result(struct quoth_batch *batch, uint32_t dom, uint32_t addr,
                                  uint32_t mx, struct quoth_evidence *evidence);
/* The run itself decided: tell all that are to be asked; only the urgent ones. `found`: the hosts
 * that a search came to before it was stopped, or NULL. */
void batch_stop_all(struct quoth_batch *batch, uint32_t dom, enum quoth_reason stop,
                    const struct quoth_route *found);
void batch_stop_urgent(struct quoth_batch *batch, uint32_t dom, enum quoth_reason stop);
/* A domain was looked up; `found` 0: that failed, and nothing is known. */
void batch_looked(struct quoth_batch *batch, int found);
void batch_note(struct quoth_batch *batch, uint32_t dom, const struct batch_note *note,
                const char *words);
/* The note as evidence. Returns the exchange's name or BATCH_NONE. */
uint32_t batch_noted(const struct quoth_batch *batch, uint32_t dom,
                     struct quoth_evidence *evidence);
/* No host is left: what was noted is the result of all. */
void batch_end_fail(struct quoth_batch *batch, uint32_t dom);
/* What waits for the decoy is to be asked again. */
void batch_pend_back(struct quoth_batch *batch, uint32_t dom);
/* Tell hooks.trace, for those of a domain's chains (a conversation's addresses) that are traced. */
void batch_trace_dom(struct quoth_batch *batch, uint32_t dom, struct quoth_batch_trace *trace);
void batch_trace_chain(struct quoth_batch *batch, uint32_t a, struct quoth_batch_trace *trace);
/* A question of a lookup, before its machine is fed; the address that will be called. */
void batch_trace_look(struct quoth_batch *batch, const struct batch_look *look,
                      const struct quoth_want *want, const struct quoth_event *ev);
void batch_trace_wait(struct quoth_batch *batch, uint32_t dom); /* its host is not ready */
void batch_trace_hosts(struct quoth_batch *batch, const struct batch_look *look, uint32_t dest);

/* ---- batch_family.c ----------------------------------------------------- */

/* A host it was called at by this address says that we are on a block list. */
void batch_family_listed(struct quoth_batch *batch, uint32_t dom, const struct quoth_ip *ip);
int batch_family_stopped(struct quoth_batch *batch, uint32_t dom);
/* `f` but for its name; in the place of what is known of it. QUOTH_OK, QUOTH_ESPACE. */
int batch_family_add(struct quoth_batch *batch, const struct batch_family *family,
                     const char *name);

/* ---- batch_dest.c ------------------------------------------------------- */

/* `port` 0: a stranger's. */
uint32_t batch_dest_of(struct quoth_batch *batch, const struct quoth_ip *ip, uint16_t port);
/* A domain fewer is routed to it: it may be forgotten. */
void batch_dest_unused(struct quoth_batch *batch, uint32_t dest);
void batch_dest_enqueue(struct quoth_batch *batch, uint32_t dom, int lane);
uint32_t batch_dest_first(const struct batch_dest *host, int lane); /* whose turn it is */
uint32_t batch_dest_pop(struct quoth_batch *batch, uint32_t dest);  /* the next that may be asked */
void batch_dest_ready(struct quoth_batch *batch, uint32_t dest);
uint32_t batch_dest_call(struct quoth_batch *batch); /* one that may be called now; BATCH_NONE */
int batch_dest_callable(const struct quoth_batch *batch); /* is it worth asking for one? */
/* It is called, with these QUOTH_SMTP_*. */
uint8_t batch_dest_opened(struct quoth_batch *batch, uint32_t dest);
void batch_dest_missed(struct quoth_batch *batch,
                       uint32_t dest);            /* nobody was to be asked after all */
void batch_dest_leave(struct quoth_batch *batch); /* nobody is called any more */
/* Out of a queue, to be decided anew: but only what is queued now, for some come back. */
void batch_dest_flush(struct quoth_batch *batch, uint32_t dest, int lane);
/* For this run, or a day: who waits for it is told. */
void batch_dest_never_again(struct quoth_batch *batch, uint32_t dest, enum quoth_reason reason);
void batch_dest_over(struct quoth_batch *batch, uint32_t dest, enum quoth_pace_kind kind,
                     enum quoth_err err);
void batch_dest_due(struct quoth_batch *batch, uint32_t dest);
void batch_dest_sweep(struct quoth_batch *batch);
void batch_dest_forget(struct quoth_batch *batch); /* some of those with nobody left */
int batch_dest_is_down(const struct quoth_batch *batch, const struct batch_dest *host);
int batch_dest_urgent(const struct quoth_batch *batch,
                      uint32_t dest); /* does an urgent one wait? */
uint64_t batch_dest_hour(const struct quoth_batch *batch, const struct batch_dom *domain);
enum quoth_reason batch_dest_closed(struct quoth_batch *batch, uint32_t dom);
enum quoth_reason batch_dest_held(const struct quoth_batch *batch, const struct batch_dom *domain);

/* ---- batch_route.c ------------------------------------------------------ */

/* The domain's destination is this one now, called `mx`. */
void batch_dom_route(struct quoth_batch *batch, uint32_t dom, uint32_t dest, const char *mx);
/* From an earlier run: it was routed so, and is to be looked up again. */
void batch_dom_remember(struct quoth_batch *batch, uint32_t dom, uint32_t dest, const char *mx);
void batch_dom_unroute(struct quoth_batch *batch, uint32_t dom);
/* Its address did not work out: the next one. */
void batch_dom_next_host(struct quoth_batch *batch, uint32_t dom, uint32_t mark);

/* ---- batch_guest.c ------------------------------------------------------ */

void batch_guest_end(struct quoth_batch *batch, uint32_t dest, const struct batch_guest *guest);
/* A conversation took so long for so many answers; it may be too slow for those that are left. */
void batch_guest_rate(struct quoth_batch *batch, uint32_t dest, uint64_t ms, uint32_t answers);
/* A call that began then broke over what this option leaves out: the next one has it; those of an
 * hour, when that is the second in a row. */
void batch_guest_broke(struct quoth_batch *batch, uint32_t dest, uint8_t option, uint64_t began);
/* A call that began then brought no connection, or no answer to anything asked. */
void batch_guest_down(struct quoth_batch *batch, uint32_t dest, const struct quoth_smtp *smtp,
                      uint64_t began);

/* ---- batch_keep.c ------------------------------------------------------- */

/* A transaction is through: what was answered is kept, the rest goes back (how many). */
uint32_t batch_keep_settle(struct quoth_batch *batch, struct batch_talk *talk);
/* The next item at *at and its words; 0 at the end. */
int batch_keep_item(const struct batch_talk *talk, uint32_t *at, struct batch_item *item,
                    const char **words);
/* The address of the item at `at` is wanted next, and lies anywhere: its memory is asked for while
 * the one before it is told. */
void batch_keep_ahead(const struct quoth_batch *batch, const struct batch_talk *talk, uint32_t at);
/* The evidence about an address of `dom` that this conversation has so far. */
void batch_keep_evidence(const struct quoth_batch *batch, const struct batch_talk *talk,
                         uint32_t dom, struct quoth_evidence *evidence);
/* When what was over, since the domain's lookups began, as if they had led to it at once. */
void batch_keep_times(const struct quoth_batch *batch, const struct batch_talk *talk, uint32_t dom,
                      struct quoth_evidence *evidence);
uint8_t batch_keep_flags(const struct batch_talk *talk); /* QUOTH_EVID_*: how it was called */
/* It broke off over this one, or its answer is in doubt: asked alone, or told when `over`. */
void batch_keep_doubt(struct quoth_batch *batch, struct batch_talk *talk, uint32_t dom,
                      uint32_t addr, int over);
/* Does an earlier conversation show that it is no habit of its server to refuse all that come
 * behind so many accepted and refused; whatever is said of `more` that are in hand? */
int batch_keep_sure(const struct quoth_batch *batch, const struct batch_talk *talk, uint32_t more);
/* Is this a refusal behind the last one that was accepted there, and nothing shows that? */
int batch_keep_unsure(const struct quoth_batch *batch, const struct batch_talk *talk,
                      const struct batch_item *item, const char *words);
/* Is a decoy unknown there, and two are to be asked: then another one is, of another shape. */
int batch_keep_another(const struct quoth_batch *batch, enum batch_item_decoy decoy,
                       const struct quoth_reading *reading);

/* ---- batch_look.c ------------------------------------------------------- */

int batch_look_new(struct quoth_batch *batch);
void batch_look_free(struct quoth_batch *batch);
/* Find it an address to call that was not tried yet. */
void batch_look(struct quoth_batch *batch, uint32_t dom);
void batch_look_due(struct quoth_batch *batch, uint32_t i);
void batch_look_moved(struct quoth_batch *batch, uint32_t link);
void batch_look_came(struct quoth_batch *batch, unsigned server, unsigned socket);
void batch_look_flush(struct quoth_batch *batch);

/* ---- batch_end.c -------------------------------------------------------- */

/* A conversation is over; `hand`: so many of its last ones went back unanswered. What it says of
 * us as a guest. */
enum quoth_pace_kind batch_end(struct quoth_batch *batch, struct batch_talk *talk, uint32_t hand);

/* ---- batch_next.c ------------------------------------------------------- */

void batch_dom_next(struct quoth_batch *batch); /* decide, for all that are marked */
void batch_dom_due(struct quoth_batch *batch, uint32_t dom);
void batch_dom_unwait(struct quoth_batch *batch,
                      uint32_t dom);              /* those put off may be asked again */
void batch_dom_forget(struct quoth_batch *batch); /* some of those with nobody left */
/* After memory ran out: what was put off for it goes on. */
void batch_sweep(struct quoth_batch *batch);

/* ---- batch_talk.c ------------------------------------------------------- */

int batch_talk_new(struct quoth_batch *batch);
void batch_talk_free(struct quoth_batch *batch);
int batch_talk_dial(struct quoth_batch *batch); /* as many as may be; 1: there was one */
void batch_talk_poke(struct quoth_batch *batch, uint32_t i);
void batch_talk_moved(struct quoth_batch *batch, uint32_t i); /* poke it, now or in its turn */
void batch_talk_run(struct quoth_batch *batch);     /* those that were interrupted to be fair */
void batch_talk_abandon(struct quoth_batch *batch); /* stopped, and out of patience */
/* For each address and its like that a conversation is about. */
void batch_talk_each(struct quoth_batch *batch, const struct batch_talk *talk,
                     void (*f)(struct quoth_batch *batch, uint32_t addr, uint32_t job),
                     uint32_t job);

#endif
