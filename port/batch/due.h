/* due.h - deadlines of many things: a heap of (time, id), each id in it at most once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_DUE_H
#define QUOTH_DUE_H

#include <stddef.h>
#include <stdint.h>

struct quoth_due_item {
    uint64_t at;
    uint32_t id;
};
struct quoth_due { /* all zero: empty */
    struct quoth_due_item *item;
    uint32_t *pos; /* 1 + where an id is; 0: not in it */
    uint32_t n, cap, ids;
};

/* Set the deadline of `id`, whether it had one or not. QUOTH_OK or QUOTH_ESPACE. */
int quoth_due_set(struct quoth_due *due, uint32_t id, uint64_t at);

/* The same, but a deadline that is nearer stays: cheap, for what moves its deadline at every step.
 * So what comes due may have been put off since: look before you leap. */
int quoth_due_nearer(struct quoth_due *due, uint32_t id, uint64_t at);

int quoth_due_has(const struct quoth_due *due, uint32_t id); /* has it a deadline? */

/* Room for the ids below that number: setting them cannot fail. QUOTH_OK or QUOTH_ESPACE. */
int quoth_due_reserve(struct quoth_due *due, uint32_t ids);

void quoth_due_drop(struct quoth_due *due, uint32_t id);

/* The nearest, QUOTH_NEVER when there is none. `id` may be NULL. */
uint64_t quoth_due_next(const struct quoth_due *due, uint32_t *id);

size_t quoth_due_memory(const struct quoth_due *due);
void quoth_due_free(struct quoth_due *due);

#endif
