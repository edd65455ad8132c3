/* inquiry.h - how the machines here ask: SPF by a quoth_ask, the others by a quoth_inquiry.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_INQUIRY_H
#define QUOTH_INQUIRY_H

#include "inner.h"
#include "quoth_domain.h"

enum { QUOTH_ASK_OVER = 1, QUOTH_ASK_LATE };

/* Ask for what is in name and question; buf, cap and match of the set are given. OVER: the cache
 * knew it; QUOTH_OK: it goes on. */
int quoth_ask_start(struct quoth_ask *ask);
void quoth_ask_lend(struct quoth_ask *ask, void *buf, size_t cap);
void quoth_ask_want(const struct quoth_ask *ask, struct quoth_want *want);
/* OVER: the answer is in set, and in the cache; LATE: there is none, and the time is used up;
 * QUOTH_OK: it goes on; < 0 */
int quoth_ask_feed(struct quoth_ask *ask, const struct quoth_event *ev);

/* quoth_spf_start() and quoth_spf_feed() in two: with an `ask` that has all but a question and may
 * have asked others; and with what it came to, OVER or LATE. 1: SPF is done. */
int quoth_spf_begin(struct quoth_spf *spf, int seeded);
int quoth_spf_answered(struct quoth_spf *spf, int how);

/* Its owner starts an inquiry, asks while it is IDLE, and says DONE where nothing is left. */
enum quoth_inquiry_state {
    QUOTH_INQUIRY_IDLE = 0,
    QUOTH_INQUIRY_ASK,
    QUOTH_INQUIRY_SPF,
    QUOTH_INQUIRY_DONE
};

/* All of it is zero but conf. */
void quoth_inquiry_start(struct quoth_inquiry *inquiry, const uint8_t seed[16], uint64_t now,
                         uint32_t ms);
/* Ask for spf.ask.name and question.type; see struct quoth_rrset for `match`. Check by conf. Either
 * may be OVER as soon as it began. */
int quoth_inquiry_ask(struct quoth_inquiry *inquiry, uint16_t options, const char *match);
int quoth_inquiry_spf(struct quoth_inquiry *inquiry);
void quoth_inquiry_want(const struct quoth_inquiry *inquiry, struct quoth_want *want);
/* As quoth_ask_feed(). OVER: it is IDLE again; LATE: DONE. */
int quoth_inquiry_feed(struct quoth_inquiry *inquiry, const struct quoth_event *ev);

#endif
