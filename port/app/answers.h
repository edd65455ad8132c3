/* answers.h - answers of earlier runs, kept in a file that holds no address.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_ANSWERS_H
#define QUOTH_ANSWERS_H

#include "app.h"

struct answers;

/* How old an answer may be. */
enum answers_age {
    ANSWERS_FRESH, /* in place of asking: 7 days for yes and catch-all, 3 hours for the rest */
    ANSWERS_KEPT   /* when asking told nothing: 7 days, and 3 days for the rest */
};

/* Open the file at `path`, or make it, with room for `rows` more answers. An answer counts only for
 * the depth, decoy, family, TLS policy, server, name and sender of `conf`. 0, or QUOTH_EINVAL (it
 * is something else), QUOTH_ESPACE (no room to write), QUOTH_EIO; then *why says what is wrong with
 * it, in words that live until the next call. */
int answers_open(struct answers **out, const char *path, const struct quoth_conf *conf,
                 uint32_t rows, const char **why);
/* An answer for found->addr, found->domain and found->lists, which are there already: it fills in
 * the rest of `found`, and verdict, reading, age and `cached` of `result`, and points result->ev to
 * it. 1, or 0: not known. */
int answers_get(struct answers *answers, struct quoth_evidence *found, struct app_result *result,
                enum answers_age old);
/* Keep a result. One that says unknown, and one from here, is not. */
void answers_put(struct answers *answers, const struct app_result *result);

/* At whose door: a domain's exchanger, by name and address. What one said vouches for no other */
struct answers_door {
    const char *domain, *host;
    struct quoth_ip ip;
};

/* The same of a made-up mailbox: 1 when it is known what was said to one there; and what a result
 * of this run tells of it. */
int answers_decoy(struct answers *answers, const struct answers_door *door, uint16_t *code,
                  uint8_t *reason);
void answers_learn(struct answers *answers, const struct app_result *result);

int answers_close(struct answers *answers); /* 0, or -errno of a write that failed */

#endif
