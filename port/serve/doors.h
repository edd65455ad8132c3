/* doors.h - several engines, and one place that decides which of them calls a mail server when.
 *
 * Each engine keeps the limits of --per-host, --per-net and --gap by itself; what it cannot see is
 * the others. Here a door is an address, or a network, whoever calls there.
 *
 * SPDX-License-Identifier: MIT */
#ifndef DOORS_H
#define DOORS_H

#include "batch.h"

struct doors;

/* per_host, per_net and gap_ms of an engine as they are in force; all engines are to have the same.
 * NULL: no memory, or no random bytes. */
struct doors *doors_new(const struct quoth_batch_limits *);
void doors_free(struct doors *);

/* hooks.may and hooks.over of `engine`. Its turn comes by quoth_batch_may(), from doors_turn(). */
uint64_t doors_may(struct doors *, struct quoth_batch *engine, const struct quoth_ip *);
void doors_over(struct doors *, const struct quoth_ip *, enum quoth_pace_kind, enum quoth_err);

/* Behind the turns of the engines; when the next one is due. */
void doors_turn(struct doors *);
uint64_t doors_due(const struct doors *);

#endif
