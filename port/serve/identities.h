/* identities.h - as whom else checks may be asked for (--identities): an engine each.
 *
 * Number 0 is ours, --helo and --from, and all there is without the option; then `who` is 0
 * everywhere. The others are numbered in the order of the file.
 *
 * SPDX-License-Identifier: MIT */
#ifndef IDENTITIES_H
#define IDENTITIES_H

#include "serve.h"

enum { IDENTITIES_MAX = 8, /* with ours */ IDENTITIES_FILE = 40 };

/* The engines, ours too; `hooks` and `limits` are those that ours would have alone. 0, or an exit
 * code after saying what is wrong; to be ended either way. */
int identities_begin(struct serve *, const struct quoth_batch_limits *limits,
                     const struct quoth_batch_hooks *hooks);
void identities_end(struct serve *);

/* Who is meant by what a request says of it; NULL: it says nothing. -1: none of ours. */
int identities_find(const struct serve *, const char *helo, const char *from);
/* How many there are, ours among them. */
unsigned identities_count(const struct serve *);
const struct quoth_smtp_conf *identities_smtp(const struct serve *, unsigned who);
struct quoth_batch *identities_engine(const struct serve *, unsigned who);
/* The name of the file in the state directory where its manners are. */
void identities_file(const struct serve *, unsigned who, char name[IDENTITIES_FILE]);

/* ---- of all engines ----------------------------------------------------------- */

int identities_turn(struct serve *, const uint32_t *moved, unsigned n); /* as quoth_batch_turn() */
uint64_t identities_due(const struct serve *);
void identities_stop(struct serve *);
int identities_away(const struct serve *); /* one of them is */
/* Sums, and of what is held back what keeps most waiting. */
void identities_stats(const struct serve *, struct quoth_batch_stats *);
uint64_t identities_answers(const struct serve *, enum quoth_answer);

#endif
