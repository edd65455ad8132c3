/* list_left.h - between two turns: whoever is not told yet lies in one place, and something is to
 * come that goes on with him.
 *
 *   in a chain of his domain    it is marked, waits, is looked up or queued; or its time is set; or
 *                               a conversation of it is open
 *   put off                     the time of his domain is set
 *   waiting for the decoy       a conversation is open that asks about his domain, or did
 *   in hand, or answered        of an open conversation
 *
 * A decoy that is out, or was heard, is so in an open conversation; and a conversation asks about
 * domains of its own destination alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIST_LEFT_H
#define LIST_LEFT_H

#include "batch_inner.h"
#include "list_world.h"

/* Where the addresses of one domain are. */
struct left_places {
    uint32_t chained, put_off, undecided, talked;
    int open;         /* a conversation holds answers of it, or asks about it */
    int asked, heard; /* a decoy of it is being asked; was answered */
    uint16_t out;     /* conversations that ask about it */
};

static void left_in_talk(struct quoth_batch *b, const struct batch_talk *talk, uint32_t dom,
                         struct left_places *places)
{
    struct batch_item item;
    const char *words;

    if (talk->dom == dom) {
        WORLD_ASSERT(talk->dest == batch_dom(b, dom)->dest);
        places->open = 1;
        places->out++;
        places->asked |= talk->state == BATCH_TALK_DECOY;
        for (uint16_t i = 0; i < talk->n && talk->state != BATCH_TALK_DECOY; i++)
            places->talked += batch_chain_count(b, talk->who[i]);
    }
    for (uint32_t at = 0; batch_keep_item(talk, &at, &item, &words);) {
        if (item.dom != dom)
            continue;
        places->open = 1;
        places->heard |= item.decoy;
        if (!item.decoy)
            places->talked += batch_chain_count(b, item.addr);
    }
}

static struct left_places left_places(struct quoth_batch *b, uint32_t dom)
{
    const struct batch_dom *d = batch_dom(b, dom);
    struct left_places places = {.chained =
                                     batch_chain_count(b, d->head) + batch_chain_count(b, d->added),
                                 .put_off = batch_chain_count(b, d->later)};

    if (d->extra) {
        places.chained +=
            batch_chain_count(b, d->extra->alone) + batch_chain_count(b, d->extra->urgent);
        for (unsigned i = 0; i < BATCH_SHARES; i++)
            places.chained += batch_chain_count(b, d->extra->share[i].head);
        for (const struct batch_pend *p = d->extra->pend; p; p = p->next)
            places.undecided += batch_chain_count(b, p->addr);
    }
    for (uint32_t i = 0; i < b->limit.open; i++)
        if (b->talk[i] && b->talk[i]->state != BATCH_TALK_FREE)
            left_in_talk(b, b->talk[i], dom, &places);
    return places;
}

static int left_timed(const struct quoth_batch *b, uint32_t dom)
{
    return quoth_due_has(&b->dom_due, dom);
}

static void left_check(struct quoth_batch *b)
{
    int swept = b->sweep_at != QUOTH_NEVER; /* memory ran out: all are looked at, in a second */

    if (b->stops || b->rc)
        return;
    for (uint32_t dom = 0; dom < b->doms.n; dom++) {
        const struct batch_dom *d = batch_dom(b, dom);
        struct left_places places;
        int busy = d->state == BATCH_DOM_WAITING || d->state == BATCH_DOM_MARKED ||
                   d->state == BATCH_DOM_LOOKING || d->state == BATCH_DOM_QUEUED;

        if (d->state == BATCH_DOM_FREE)
            continue;
        places = left_places(b, dom);
        WORLD_ASSERT(places.out == d->out && !(places.out && d->state == BATCH_DOM_LOOKING));
        WORLD_ASSERT(places.chained + places.put_off + places.undecided + places.talked == d->left);
        WORLD_ASSERT(!places.chained || busy || left_timed(b, dom) || d->out ||
                     batch_dom_urgent(d) || swept);
        WORLD_ASSERT(!places.put_off || left_timed(b, dom) || swept);
        WORLD_ASSERT(!places.undecided || places.open);
        WORLD_ASSERT(d->decoy != BATCH_DECOY_OUT || places.asked);
        WORLD_ASSERT(d->decoy != BATCH_DECOY_HEARD || places.heard);
    }
}

#endif
