/* inquiry.c - what the checks of a domain and of our own address ask by: a question or a
 * check_host(), one after the other, until one deadline.
 *
 *   IDLE --> ASK, SPF --> IDLE: OVER
 *             '---------> DONE: LATE
 *
 * SPDX-License-Identifier: MIT */
#include "inquiry.h"

void quoth_inquiry_start(struct quoth_inquiry *inquiry, const uint8_t seed[16], uint64_t now,
                         uint32_t ms)
{
    inquiry->spf.ask.conf = &inquiry->conf;
    inquiry->spf.ask.now = now;
    quoth_random_seed(&inquiry->spf.ask.rnd, seed);
    inquiry->end = now + ms;
    inquiry->state = QUOTH_INQUIRY_IDLE;
}

/* What came of `rc` for what is out. */
static int inquiry_said(struct quoth_inquiry *inquiry, int rc)
{
    if (rc <= 0)
        return rc;
    inquiry->queries = (uint16_t)(inquiry->queries + (inquiry->state == QUOTH_INQUIRY_SPF
                                                          ? inquiry->spf.queries
                                                          : inquiry->spf.ask.lookup.asked));
    inquiry->state = rc == QUOTH_ASK_OVER ? QUOTH_INQUIRY_IDLE : QUOTH_INQUIRY_DONE;
    return rc;
}

int quoth_inquiry_ask(struct quoth_inquiry *inquiry, uint16_t options, const char *match)
{
    struct quoth_spf *spf = &inquiry->spf;

    inquiry->state = QUOTH_INQUIRY_ASK;
    spf->ask.end = inquiry->end;
    spf->ask.question.options = options;
    spf->ask.set = (struct quoth_rrset) {
        .buf = (uint8_t *)spf->arena, .cap = sizeof spf->arena, .match = match};
    return inquiry_said(inquiry, quoth_ask_start(&spf->ask));
}

int quoth_inquiry_spf(struct quoth_inquiry *inquiry)
{
    inquiry->state = QUOTH_INQUIRY_SPF;
    inquiry->spf.ask.end = inquiry->end;
    return inquiry_said(inquiry, quoth_spf_begin(&inquiry->spf, 1));
}

void quoth_inquiry_want(const struct quoth_inquiry *inquiry, struct quoth_want *want)
{
    if (inquiry->state == QUOTH_INQUIRY_ASK || inquiry->state == QUOTH_INQUIRY_SPF)
        quoth_ask_want(&inquiry->spf.ask, want);
    else
        quoth_want_end(want, 1);
}

int quoth_inquiry_feed(struct quoth_inquiry *inquiry, const struct quoth_event *ev)
{
    struct quoth_spf *spf = &inquiry->spf;
    int rc = quoth_ask_feed(&spf->ask, ev);

    if (inquiry->state == QUOTH_INQUIRY_SPF &&
        (rc == QUOTH_ASK_OVER || (rc == QUOTH_ASK_LATE && ev->now < inquiry->end)))
        rc = quoth_spf_answered(spf, rc); /* late for SPF is not yet late for all */
    return inquiry_said(inquiry, rc);
}
