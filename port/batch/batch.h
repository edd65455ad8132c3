/* batch.h - many addresses at once: by domain, by destination, conversations reused, politely.
 *
 *   quoth_batch_new      limits, and functions of yours to be told by
 *   quoth_batch_add      an address, with an id of yours; at any time
 *   quoth_batch_run      until each has its result; or, under a loop of your own,
 *   quoth_batch_turn     one step of it, and quoth_batch_due: when the next one is due
 *   quoth_batch_free
 *
 *   address -> domain -> lookup -> queue of a destination -> ready (per address, network)
 *           -> conversation -> result
 *
 * It need not end: add as long as there is somebody to ask about, and memory is given back when a
 * domain has nothing left. Hosted only: this side may allocate. One thread, one wait.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_BATCH_H
#define QUOTH_BATCH_H

#include <stdio.h>
#include "port.h"

struct quoth_batch;

enum { QUOTH_BATCH_GAP_MS = 10000 }; /* the polite gap, also of who calls without the engine */

/* Every limit. 0 takes the default of --pace polite, in brackets; the effective ones can be read
 * back. */
struct quoth_batch_limits {
    uint32_t open;        /* conversations at once [from the machine: open files, at most 1000] */
    uint16_t per_session; /* recipients a conversation [50] */
    uint16_t refused;     /* refused ones a conversation, then QUIT [5] */
    uint16_t scout;       /* recipients asked at first, until its decoy is answered [4] */
    uint16_t per_host;    /* conversations at once with one address [1] */
    uint16_t per_net;     /* with one /24 or /64 [2] */
    uint32_t gap_ms;      /* between two conversations with one address [10 000] */
    uint32_t per_domain_hour; /* conversations an hour for one recipient domain [60] */
    uint32_t lookups;         /* questions in flight [from the receive buffer] */
    uint32_t pass_ms[3]; /* when greylisted and temporary ones are asked again [5, 15, 60 min] */
    uint8_t passes;      /* how many of those [3]; no_wait: 0 */
    uint8_t no_wait;     /* end with them as unknown instead */
    uint8_t pace_off;    /* per_host, per_net, gap_ms, per_domain_hour without bound unless set */
    uint32_t run_ms;  /* so long after it was made nothing more is asked: all that are left are told
                      * as unknown, stop = TIMEOUT, and it ends [0: without bound] */
    uint32_t kept;    /* of `open`, for interactive addresses alone [0; an eighth of `open` once one
                    * was added] */
    uint32_t turn_ms; /* a turn begins nothing more after about so long, for others share the loop
                        * [0: without bound] */
    uint32_t others;  /* descriptors that the rest of the process needs, so `open` is less [0] */
    uint32_t remember; /* domains, and destinations, without an address left that are remembered at
                        * most for their decoy or learnt limits, oldest first out [16 384] */
};

/* until_ms: from now; NEVER: this run */
struct quoth_batch_held {
    char ip[46];
    uint8_t reason;
    uint32_t addresses;
    uint64_t until_ms;
};

struct quoth_batch_stats { /* read */
    uint64_t total, done, verdict[QUOTH_VERDICTS];
    uint64_t lookups, conversations, decoys, waiting; /* waiting: for a later pass */
    uint32_t open, held_n; /* conversations open now; destinations held back */
    uint64_t elapsed_ms;
    size_t memory;                   /* bytes allocated */
    uint64_t inside, dropped;        /* inside: as quoth_batch_inside() says */
    uint32_t domains, destinations;  /* in memory now */
    struct quoth_batch_held held[4]; /* the ones that keep most addresses waiting */
};

struct quoth_batch_result { /* read; lives during the call */
    uint32_t id;
    const struct quoth_evidence *ev; /* judge it: quoth_judge(ev, mx, ...) */
    /* Exchange that answered; with QUOTH_MX_UNUSABLE what an MX record names that is no host; or
     * "". */
    const char *mx;
    const struct quoth_route *route; /* the mail hosts in order; NULL: they are not known */
    enum quoth_verdict verdict; /* what quoth_judge(ev, mx, &reading) says: it was asked already */
    struct quoth_reading reading;
    uint8_t pass; /* 0: at once; of one added with no_wait: 3 */
    uint8_t stop; /* enum quoth_reason the run decided itself (host held back, stopped); NONE */
};

/* What happens on the way of an address added with `trace`, as it happens: for each want that was
 * done, the event it led to, before the machine is fed: what quoth_slot.trace tells of a single
 * check. All pointers live during the call. */
enum quoth_batch_trace_kind {
    QUOTH_BATCH_TRACE_DNS, /* a question about its domain or a mail host: want, event, name, type */
    QUOTH_BATCH_TRACE_HOSTS, /* the mail hosts are known, or which address is tried next: route,
                              * host, peer; no want. Told without DNS before it when the answers
                              * were known already */
    QUOTH_BATCH_TRACE_TALK,  /* its conversation: want, event, host, peer, phase, secure. One that
                              * was open already is told from this address's MAIL FROM on */
    QUOTH_BATCH_TRACE_WAIT   /* it is interactive and its host is not to be called yet: host, peer,
                              * wait_ms; no want. From within quoth_batch_add() too */
};
struct quoth_batch_trace { /* read */
    uint32_t id;
    enum quoth_batch_trace_kind kind;
    uint64_t ms; /* since the engine took its domain up (DNS, HOSTS), or called (TALK) */
    const struct quoth_want *want;   /* NULL with HOSTS, WAIT */
    const struct quoth_event *event; /* NULL: begun, and not done yet; NULL with HOSTS, WAIT */
    const struct quoth_name *name;   /* DNS: the question; else NULL */
    uint16_t type;                   /* DNS: of the question */
    uint8_t mx;                      /* HOSTS: enum quoth_mx_state */
    uint8_t index;                   /* HOSTS: which host of the route is tried */
    const struct quoth_route *route; /* HOSTS: the mail hosts in order; else NULL */
    const char *host;                /* HOSTS, TALK: the exchange; DNS: "" */
    struct quoth_peer peer;          /* HOSTS, TALK: its address; ip.len 0: none yet */
    uint64_t wait_ms;                /* WAIT: for the gap between two calls; 0: for its turn */
    uint8_t phase;                   /* enum quoth_phase the event is heard in */
    uint8_t secure;                  /* TALK: over TLS */
};

/* What quoth_batch_hooks.may says besides milliseconds and QUOTH_NEVER. */
#define QUOTH_BATCH_MAY_LATER (QUOTH_NEVER - 1)

/* Where a decoy is asked: a domain's exchanger, by name and address. */
struct quoth_batch_door {
    const char *domain, *host;
    struct quoth_ip ip;
};

/* All but `result` may be NULL. From within them addresses may be added, a job dropped, the engine
 * stopped or closed, and quoth_batch_may() called; it may not be turned or freed. */
struct quoth_batch_hooks {
    void *arg;
    void (*result)(void *arg, const struct quoth_batch_result *r); /* each id exactly once */
    void (*tick)(void *arg, const struct quoth_batch_stats *s);    /* a few times a second */
    void (*event)(void *arg, const char *line); /* a host was held back, a family stopped ... */
    /* 1: what that very exchanger said to a decoy is known from earlier (ev->decoy_code,
     * decoy_reason), so none is asked there. Once a domain, before it is called. */
    int (*decoy)(void *arg, const struct quoth_batch_door *door, uint16_t *code, uint8_t *reason);
    /* How a domain is asked whose server is the operator's own: by this conf's server and port, as
     * its targets and names allow, without a decoy, and without pace but for ten conversations at
     * once. NULL: it is a stranger's. The same each time, and it outlives the batch. */
    const struct quoth_conf *(*own)(void *arg, const char *domain);
    void (*trace)(void *arg, const struct quoth_batch_trace *t);
    /* Before `ip` is called about `domain`, and perhaps others behind it: 0: go on; so many ms: not
     * before, then it is asked again; QUOTH_NEVER: not at all (target_policy);
     * QUOTH_BATCH_MAY_LATER: the answer comes by quoth_batch_may(). */
    uint64_t (*may)(void *arg, const struct quoth_ip *ip, const char *domain);
    /* After each conversation, also one that `may` let through and that did not come about: what it
     * says of us as a guest (NOTHING, FINE, BUSY, REFUSED), and what cut it short. `ip` NULL: with
     * a server of the operator's own, about which `may` is not asked. */
    void (*over)(void *arg, const struct quoth_ip *ip, enum quoth_pace_kind kind,
                 enum quoth_err err);
    /* Not told, but lived on: another engine's, which is freed later. NULL: one of its own. */
    struct quoth_loop *loop;
};

/* The filter, and how to make a link for it (each conversation needs its own). drop() may say 1:
 * its handshake broke off over what was remembered of an earlier one, so the same host is called
 * once more as it was. */
struct quoth_batch_tls {
    const struct quoth_tls_filter *filter;
    void *arg;
    struct quoth_tls_link *(*make)(void *arg, const struct quoth_ip *ip);
    int (*drop)(void *arg, struct quoth_tls_link *);
};
/* Set up. `conf` and what it points to must outlive the batch; conf->resolver may be shared. `tls`
 * NULL: there is none. Returns NULL with errno set when there is no memory or no descriptor. */
struct quoth_batch *quoth_batch_new(const struct quoth_conf *conf,
                                    const struct quoth_batch_limits *limits,
                                    const struct quoth_batch_tls *tls,
                                    const struct quoth_batch_hooks *hooks);

/* The limits as they are in force. */
const struct quoth_batch_limits *quoth_batch_effective(const struct quoth_batch *batch);

/* ---- addresses ---------------------------------------------------------- */

enum quoth_batch_priority {
    QUOTH_BATCH_LIST,       /* it has time */
    QUOTH_BATCH_INTERACTIVE /* somebody waits: it goes before any list, and waits for one
                             * conversation of its host at most */
};
/* Jobs take turns at a provider they all ask, one answer each; jobs whose numbers leave the same
 * remainder by this have one turn together. */
enum { QUOTH_BATCH_SHARES = 4 };
struct quoth_batch_options { /* all zero, or NULL: a list's address of job 0, without a trace */
    uint32_t job;            /* a number of yours: see quoth_batch_drop() */
    uint8_t priority;        /* enum quoth_batch_priority */
    uint8_t trace;           /* 1: tell hooks.trace */
    uint8_t no_wait; /* 1: who says later is not asked again, as with the limit of that name */
};

/* One address; copied. At any time before quoth_batch_close(), from within a hook too. A fault of
 * syntax is told to hooks->result at once, from within. The same address twice is asked once and
 * told twice, if both wait when an order is drawn. QUOTH_OK; QUOTH_ESPACE: not added, try again
 * when others were told; or QUOTH_EINVAL: it is closed. */
int quoth_batch_add(struct quoth_batch *batch, uint32_t id, const char *text, size_t n,
                    const struct quoth_batch_options *options);

/* Forget a job: none of its addresses is told any more. Those in a conversation are still asked. */
void quoth_batch_drop(struct quoth_batch *batch, uint32_t job);

/* No more will be added: what was says it is the end when all is told. */
void quoth_batch_close(struct quoth_batch *batch);

/* ---- going on ----------------------------------------------------------- */

/* Close, and turn and wait until all are told, or it is stopped. QUOTH_OK, or QUOTH_EIO; or
 * QUOTH_ESPACE: for a minute there was no memory to go on with anything. An allocation that fails
 * puts off what it was for. */
int quoth_batch_run(struct quoth_batch *batch);

/* Under a loop of your own: wait on quoth_batch_loop() until quoth_batch_due() at the latest, and
 * turn with the numbers that moved; those that are not the engine's are passed by. 1: it goes on;
 * 0: closed or stopped, and nothing is left; < 0: as run. */
int quoth_batch_turn(struct quoth_batch *batch, const uint32_t *moved, unsigned n);
uint64_t quoth_batch_due(const struct quoth_batch *batch);

/* What it waits on. Links and descriptors of yours may live there too, under numbers you take with
 * quoth_loop_links() and quoth_loop_numbers(). */
struct quoth_loop *quoth_batch_loop(struct quoth_batch *batch);

/* The answer that hooks->may owed: 0, ms, or QUOTH_NEVER. For an address nothing was owed for it
 * does nothing. A 0 that cannot be used now, or comes after the end, is told as over at once. */
void quoth_batch_may(struct quoth_batch *batch, const struct quoth_ip *ip, uint64_t ms);

/* Which host that is to who counts calls: behind NAT64 the IPv4 address inside. */
struct quoth_ip quoth_batch_host(const struct quoth_ip *ip);

/* From a signal handler too: no new conversations, QUIT on the open ones; what was not answered is
 * not told. */
void quoth_batch_stop(struct quoth_batch *batch);

/* ---- how it stands ------------------------------------------------------ */

/* Addresses added and neither told nor dropped. Add while this is below a bound of yours, and
 * memory has one too. Cheap; the rest of how it stands is not, with many destinations. */
uint64_t quoth_batch_inside(const struct quoth_batch *batch);
void quoth_batch_stats(const struct quoth_batch *batch, struct quoth_batch_stats *stats);
/* Lookups that are over, by enum quoth_answer: QUOTH_ANSWERS of them, as they are at any time. */
const uint64_t *quoth_batch_answers(const struct quoth_batch *batch);
/* 1: the last 20 domains could not be looked up, the latest of them within a minute of the last
 * turn, so our network or name server is away. 0: it is not known to be. Cheap. */
int quoth_batch_away(const struct quoth_batch *batch);

/* What running would do: resolves every domain and groups it, opens no conversation. */
struct quoth_batch_plan {
    uint64_t addresses, domains, destinations, no_mail, unresolved, conversations, seconds;
};
int quoth_batch_plan(struct quoth_batch *batch, struct quoth_batch_plan *plan);
/* The same without waiting: 1: not yet, call it again soon; 0: *plan is there; < 0: as plan. *plan
 * is zero at first; nothing is run meanwhile. */
int quoth_batch_plan_turn(struct quoth_batch *batch, struct quoth_batch_plan *plan);

/* ---- manners that outlive the process ----------------------------------- */

/* Holds, stops, decoys and hours as text (batch_pace.c shows it), by calls of put(); from time to
 * time and at the end. `wall_ms`: milliseconds since 1970, now. Returns 0, or what put() returned
 * that is not 0. */
int quoth_batch_save(const struct quoth_batch *batch, uint64_t wall_ms,
                     int (*put)(void *arg, const char *p, size_t n), void *arg);

/* What was saved, before the first address is added. QUOTH_OK; QUOTH_EINVAL: the text is damaged
 * or cut off at `line` (1 is the first), and nothing of it is believed; QUOTH_ESPACE. */
int quoth_batch_load(struct quoth_batch *batch, uint64_t wall_ms, const char *text, size_t n,
                     uint32_t *line);

void quoth_batch_free(struct quoth_batch *batch);

#endif
