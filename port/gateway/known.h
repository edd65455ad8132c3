/* known.h - what is known of an address, and what of it a mail gateway may say. Pure.
 *
 *   result --> known_says --> known_learn --> struct known --> known_look --> an answer, or to ask
 *
 * A wrong "no such mailbox" loses mail for good, a wrong "yes" costs a bounce. So:
 *
 *   yes   is fresh for a day, and good enough for a month while asking tells nothing new
 *   no    is fresh for 3 hours, and good for nothing afterwards
 *   an address that was good turns bad after two refusals at least 10 minutes apart, no earlier
 *   full, where that is to be said, is so for 15 minutes, and then asked again
 *   disabled, where that is to be said, is a refusal like the others, if the reply was permanent
 *
 * SPDX-License-Identifier: MIT */
#ifndef KNOWN_H
#define KNOWN_H

#include "quoth.h"

enum gate_says {
    GATE_LATER,      /* nothing is known */
    GATE_GOOD,       /* it may be passed on */
    GATE_NO_MAILBOX, /* the server says that there is none */
    GATE_NULL_MX,    /* its domain takes no mail */
    GATE_NO_DOMAIN,  /* there is no such domain, or its server takes no mail for it */
    GATE_NOT_OURS,   /* not an address we answer for */
    GATE_NO_ADDRESS, /* a domain, or a name alone: maps are asked about these too */
    GATE_FULL,       /* the mailbox is full: later. Behind the others, for their numbers are kept */
    GATE_DISABLED,   /* there is one, and it takes no mail */
    GATE_SAYS
};
static inline int gate_refuses(enum gate_says says)
{
    return (says >= GATE_NO_MAILBOX && says <= GATE_NO_DOMAIN) || says == GATE_DISABLED;
}

enum { KNOWN_FRESH_S = 86400, KNOWN_GOOD_S = 31 * 86400, KNOWN_BAD_S = 3 * 3600 };
enum { KNOWN_APART_S = 600, KNOWN_TRY_S = 300, KNOWN_FULL_S = 900 };
enum { KNOWN_TELL_FULL = 1, KNOWN_TELL_DISABLED = 2 }; /* what is to be said; else they are good */

struct known {               /* all zero: nothing; times are milliseconds, 0: never */
    uint64_t sum[2], domain; /* of the address, of its domain */
    uint64_t good_ms;        /* it was accepted */
    uint64_t bad_ms;         /* a refusal that counts, or it was full when it was asked last */
    uint64_t refused_ms;     /* the first refusal of one that was good */
    uint64_t tried_ms;       /* asked again, to no avail or not yet over */
    uint64_t learnt_ms;
    uint8_t says; /* enum gate_says of bad_ms */
};

/* What a verdict says to a gateway that tells KNOWN_TELL_*, `code` being that of the reply it is
 * made of. A refusal needs one of a few reasons, each a proven no. */
enum gate_says known_says(enum quoth_verdict verdict, enum quoth_reason reason, unsigned code,
                          unsigned tells);

/* The result of asking. `now` is not 0. */
void known_learn(struct known *, enum gate_says says, uint64_t now);

/* What may be said; GATE_LATER: nothing. *ask: it is to be asked (again). */
enum gate_says known_look(struct known *, uint64_t now, int *ask);

#endif
