/* batch.h - a list of addresses: by domain, by destination, conversations reused, politely.
 *
 *   quoth_batch_new      limits, and three functions of yours to be told by
 *   quoth_batch_add      every address, once, each with an id of yours
 *   quoth_batch_run      until each has its result, or quoth_batch_stop()
 *   quoth_batch_free
 *
 *   list -> domain -> lookup -> destination queue -> ready list (per address, network) -> conversation
 *
 * Hosted only: this side may allocate. One thread, one epoll. Everything a server says is read by
 * core's machines; what is here is who is asked when.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_BATCH_H
#define QUOTH_BATCH_H

#include <stdio.h>
#include "port.h"

struct quoth_batch;

/* Every limit. 0 takes the default of --pace polite, in brackets; the effective ones can be read
 * back. */
struct quoth_batch_limits {
    uint32_t open;        /* conversations at once [from the machine: open files, at most 1000] */
    uint16_t per_session; /* recipients a conversation [50] */
    uint16_t refused;     /* refused ones a conversation, then QUIT [5] */
    uint16_t scout;       /* recipients the first conversation of a domain asks at most [4] */
    uint16_t per_host;    /* conversations at once with one address [1] */
    uint16_t per_net;     /* with one /24 or /64 [2] */
    uint32_t gap_ms;      /* between two conversations with one address [10 000] */
    uint32_t per_domain_hour; /* conversations an hour for one recipient domain [60] */
    uint32_t lookups;         /* questions in flight [from the receive buffer] */
    uint32_t pass_ms[3]; /* when greylisted and temporary ones are asked again [5, 15, 60 min] */
    uint8_t passes;      /* how many of those [3]; no_wait: 0 */
    uint8_t no_wait;     /* end with them as unknown instead */
    const char *const
        *skip;        /* mail exchangers of these names, or below, are not called (provider_policy);
                                 * lower case, NULL-ended, kept; NULL: none */
    uint8_t pace_off; /* per_host, per_net, gap_ms, per_domain_hour without bound unless set */
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
    uint32_t open, held_n;           /* conversations open now; destinations held back */
    struct quoth_batch_held held[4]; /* the ones that keep most addresses waiting */
    uint64_t elapsed_ms;
    size_t memory; /* bytes allocated */
};

struct quoth_batch_result { /* read; lives during the call */
    uint32_t id;
    const struct quoth_evidence *ev; /* judge it: quoth_judge(ev, mx, ...) */
    const char *mx;                  /* exchange that answered, or "" */
    enum quoth_verdict verdict; /* what quoth_judge(ev, mx, &reading) says: it was asked already */
    struct quoth_reading reading;
    uint8_t pass; /* 0: at once */
    uint8_t stop; /* enum quoth_reason the run decided itself (host held back, stopped); NONE */
};

struct quoth_batch_hooks {
    void *arg;
    void (*result)(void *arg, const struct quoth_batch_result *r); /* each id exactly once */
    void (*tick)(void *arg,
                 const struct quoth_batch_stats *s); /* a few times a second; may be NULL */
    void (*event)(void *arg,
                  const char *line); /* a host was held back, a family stopped ...; may be NULL */
    /* 1: what the domain's best exchanger said to a decoy is known from earlier (ev->decoy_code,
     * decoy_reason), so none is asked there. Once a domain, before it is called; may be NULL. */
    int (*decoy)(void *arg, const char *domain, uint16_t *code, uint8_t *reason);
};

/* Set up. `conf` and what it points to must outlive the batch; conf->resolver may be shared. TLS:
 * the filter and how to make a link for it (each conversation needs its own); NULL for none. drop()
 * may say 1: its handshake broke off over what was remembered of an earlier one, so the same host
 * is called once more as it was. Returns NULL with errno set when there is no memory or no
 * descriptor. */
struct quoth_batch_tls {
    const struct quoth_tls_filter *filter;
    void *arg;
    struct quoth_tls_link *(*make)(void *arg, const struct quoth_ip *ip);
    int (*drop)(void *arg, struct quoth_tls_link *);
};
struct quoth_batch *quoth_batch_new(const struct quoth_conf *conf,
                                    const struct quoth_batch_limits *limits,
                                    const struct quoth_batch_tls *tls,
                                    const struct quoth_batch_hooks *hooks);

/* One address; copied. All are added before the run. A fault of syntax is told to hooks->result
 * at once, from within. QUOTH_OK or QUOTH_ESPACE. The same address twice is asked once and told
 * twice. */
int quoth_batch_add(struct quoth_batch *b, uint32_t id, const char *text, size_t n);

const struct quoth_batch_limits *quoth_batch_effective(const struct quoth_batch *b);

/* What running would do: resolves every domain and groups it, opens no conversation. */
struct quoth_batch_plan {
    uint64_t addresses, domains, destinations, no_mail, unresolved, conversations, seconds;
};
int quoth_batch_plan(struct quoth_batch *b, struct quoth_batch_plan *plan);

/* Until all are told, or stopped. QUOTH_OK, or QUOTH_ESPACE, QUOTH_EIO. */
int quoth_batch_run(struct quoth_batch *b);

/* From a signal handler too: no new conversations, QUIT on the open ones; what was not answered is
 * not told. */
void quoth_batch_stop(struct quoth_batch *b);
void quoth_batch_stats(const struct quoth_batch *b, struct quoth_batch_stats *s);
void quoth_batch_free(struct quoth_batch *b);

#endif
