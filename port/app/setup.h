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
    struct quoth_conf conf; /* read: for quoth_slot_start() and quoth_batch_new() */
    struct quoth_resolver resolver;
    struct app_listed listed; /* the user's own lists */
    struct app_tls tls;
    struct quoth_tls_filter filter; /* read: for quoth_wire.tls, where tls_up */
    struct quoth_batch_tls links;   /* read: for quoth_batch_new(), where tls_up */
    struct quoth_cidr
        own[APP_OWN_MAX]; /* of this machine and its name servers: nobody's exchanger */
    uint8_t tls_up;
    char helo[256], from[320]; /* of this machine, where none were given */
};

/* Fill in from the options, which must outlive it. Nothing is sent. 0, or an exit code after saying
 * what is wrong; to be closed either way. */
int app_setup_open(struct app_setup *s, const struct app_options *o);
void app_setup_close(struct app_setup *s);

#endif
