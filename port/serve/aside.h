/* aside.h - what the engine is not needed for: checks of addresses as far as name servers, of
 * domains, and of ourselves.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ASIDE_H
#define ASIDE_H

#include "serve.h"

/* What is told in a turn, as the engine tells it. */
struct aside_hooks {
    void (*result)(void *serve, const struct quoth_batch_result *); /* of an address */
    void (*told)(struct serve *, struct check *); /* of the others: check->json is there */
};

/* Have it checked, as far as `check->depth` says. */
void aside_add(struct serve *serve, struct check *check);

/* For the loop. */
int aside_begin(struct serve *serve, const struct aside_hooks *hooks); /* 0, or -1: no memory */
void aside_turn(struct serve *serve, const uint32_t *moved, unsigned n);
uint64_t aside_due(const struct serve *serve);
void aside_end(struct serve *serve);

#endif
