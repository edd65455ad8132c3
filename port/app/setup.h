/* setup.h - from options to what a check needs: who we are, whom to ask, TLS and what it trusts.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_SETUP_H
#define QUOTH_SETUP_H

#include "listed.h"
#include "options.h"
#include "tls_mbedtls.h"

enum { APP_OWN_MAX = 64 };

struct app_tls {
    struct quoth_tls_global global; /* first: a link knows its global, and so us */
    uint8_t looked;                 /* certificates to check with were looked for */
};

/* Points into itself and into the options: neither may move. */
struct app_setup {
    uint8_t tls_up;
    struct quoth_resolver resolver;
    struct quoth_tls_filter filter; /* read: for quoth_wire.tls, where tls_up */
    struct quoth_batch_tls links;   /* read: for quoth_batch_new(), where tls_up */
    char helo[256], from[320];      /* of this machine, where none were given */
    struct app_listed listed;       /* the user's own lists */
    struct app_tls tls;
    struct quoth_cidr
        own[APP_OWN_MAX];   /* of this machine and its name servers: nobody's exchanger */
    struct quoth_conf conf; /* read: for quoth_slot_start() and quoth_batch_new() */
};

/* Fill in from the options, which must outlive it. Nothing is sent. 0, or an exit code after saying
 * what is wrong; to be closed either way. */
int app_setup_open(struct app_setup *setup, const struct app_options *options);
void app_setup_close(struct app_setup *setup);

/* For struct app_gap: what --gap says, or the engine's own; servers of our own need none. */
uint32_t app_gap_ms(const struct app_options *options);

/* Does that name stand for "your name here", or for no place at all (G01)? */
int app_is_placeholder(const char *name);

/* quoth_batch_new(), which sees the arguments. NULL after saying what is missing. */
struct quoth_batch *app_engine_new(const struct quoth_conf *conf,
                                   const struct quoth_batch_limits *limits,
                                   const struct quoth_batch_tls *tls,
                                   const struct quoth_batch_hooks *hooks);

struct app_refused { /* all zero: nothing was */
    uint64_t since;  /* ms; 0: the latest was taken */
    uint64_t inside; /* of the engine, then */
};
/* quoth_batch_add(). 0; EAGAIN: there is no room in the engine, so it is to be offered again, a
 * second later or when somebody was told; ENOMEM: that is so, and for a minute nobody was. */
int app_engine_add(struct quoth_batch *batch, struct app_refused *refused, uint32_t id,
                   struct quoth_span text, const struct quoth_batch_options *options);

#endif
