/* known.c - see known.h.
 *
 * SPDX-License-Identifier: MIT */
#include "known.h"

enum gate_says known_says(enum quoth_verdict verdict, enum quoth_reason reason, unsigned code,
                          unsigned tells)
{
    if (verdict == QUOTH_VERDICT_UNKNOWN)
        return GATE_LATER;
    if (reason == QUOTH_REASON_MAILBOX_FULL && tells & KNOWN_TELL_FULL)
        return GATE_FULL;
    if (reason == QUOTH_REASON_MAILBOX_DISABLED && tells & KNOWN_TELL_DISABLED && code / 100 == 5)
        return GATE_DISABLED;
    if (verdict == QUOTH_VERDICT_DELIVERABLE || verdict == QUOTH_VERDICT_RISKY)
        return GATE_GOOD;
    switch (reason) {
    case QUOTH_REASON_USER_UNKNOWN:
    case QUOTH_REASON_RECIPIENT_SYNTAX: return GATE_NO_MAILBOX;
    case QUOTH_REASON_SYNTAX: return GATE_GOOD; /* we think so; its server may know better */
    case QUOTH_REASON_NULL_MX: return GATE_NULL_MX;
    case QUOTH_REASON_NO_SUCH_DOMAIN:
    case QUOTH_REASON_NO_MAIL_HOST:
    case QUOTH_REASON_DOMAIN_NOT_FOUND:
    case QUOTH_REASON_DOMAIN_NOT_ACCEPTED: return GATE_NO_DOMAIN;
    default: return GATE_LATER;
    }
}

static int known_within(uint64_t since, uint64_t now, uint64_t seconds)
{
    return since && now - since < seconds * 1000;
}

void known_learn(struct known *known, enum gate_says says, uint64_t now)
{
    known->learnt_ms = now;
    if (known->says == GATE_FULL) /* that was then */
        known->bad_ms = 0;
    if (says == GATE_GOOD || says == GATE_FULL) { /* which is there */
        known->good_ms = now;
        known->bad_ms = says == GATE_FULL ? now : 0;
        known->refused_ms = known->tried_ms = 0;
        known->says = (uint8_t)says;
        return;
    }
    if (!gate_refuses(says))
        return;
    if (known_within(known->good_ms, now, KNOWN_GOOD_S)) {
        if (!known->refused_ms)
            known->refused_ms = now;
        if (now - known->refused_ms < KNOWN_APART_S * UINT64_C(1000))
            return;
    }
    known->good_ms = known->refused_ms = known->tried_ms = 0;
    known->bad_ms = now;
    known->says = (uint8_t)says;
}

enum gate_says known_look(struct known *known, uint64_t now, int *ask)
{
    const int full = known->bad_ms && known->says == GATE_FULL;

    *ask = 0;
    if (known_within(known->bad_ms, now, full ? KNOWN_FULL_S : KNOWN_BAD_S))
        return (enum gate_says)known->says;
    /* one that was full is asked, however good it was before */
    if (full || !known_within(known->good_ms, now, KNOWN_GOOD_S)) {
        *ask = 1;
        return GATE_LATER;
    }
    if (known->refused_ms ? !known_within(known->refused_ms, now, KNOWN_APART_S)
                          : !known_within(known->good_ms, now, KNOWN_FRESH_S))
        *ask = !known_within(known->tried_ms, now, KNOWN_TRY_S);
    if (*ask)
        known->tried_ms = now;
    return GATE_GOOD;
}
