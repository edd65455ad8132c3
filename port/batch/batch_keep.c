/* batch_keep.c - the answers of a conversation, kept until it is over.
 *
 *   transaction --settle--> answered: an item, with its words
 *                      `--> the rest: back to its domain, or in doubt
 *
 * Nothing is told before the conversation is over: a reply too many may come at any time, and then
 * every answer since is in doubt (P28). What is made of the items is in batch_end.c.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "batch_inner.h"

/* When what was over, since the domain's lookups began, as if they had led to this conversation at
 * once. */
void batch_keep_times(const struct quoth_batch *batch, const struct batch_talk *talk, uint32_t dom,
                      struct quoth_evidence *evidence)
{
    uint32_t look = batch_dom(batch, dom)->look_ms;

    evidence->ms[QUOTH_PHASE_DNS] = look;
    for (int p = QUOTH_PHASE_CONNECT; p < QUOTH_PHASES; p++)
        evidence->ms[p] = talk->ms[p] ? look + talk->ms[p] : 0;
    evidence->took_ms = look + (uint32_t)(batch->now - talk->start);
}

/* What it was called without, and what it offered. */
uint8_t batch_keep_flags(const struct batch_talk *talk)
{
    int broke = talk->m.options & QUOTH_SMTP_NO_TLS || quoth_hosts_tls_broke(&talk->m);
    return (uint8_t)((broke ? QUOTH_EVID_TLS_BROKE : 0) |
                     (talk->m.options & QUOTH_SMTP_HELO ? QUOTH_EVID_HELO : 0) |
                     (talk->offered ? QUOTH_EVID_TLS_OFFERED : 0));
}

/* ---- answers, kept until the end ---------------------------------------- */

static int keep_add(struct quoth_batch *batch, struct batch_talk *talk, uint32_t addr,
                    const struct quoth_rcpt *rcpt, enum batch_item_decoy decoy)
{
    struct batch_item item = {.addr = addr,
                              .dom = talk->dom,
                              .ms = {talk->ms[QUOTH_PHASE_MAIL], talk->ms[QUOTH_PHASE_RCPT]},
                              .said = rcpt->said,
                              .decoy = (uint8_t)decoy,
                              .ok = talk->ok};
    uint32_t n = (uint32_t)((sizeof item + rcpt->said.n + 3) & ~(size_t)3);

    if (talk->kept_n + n > talk->kept_cap) {
        uint32_t cap = talk->kept_cap * 2 + n + 256;
        char *p = batch_realloc(batch, talk->kept, talk->kept_cap, cap);
        if (!p)
            return 0;
        talk->kept = p;
        talk->kept_cap = cap;
    }
    memcpy(talk->kept + talk->kept_n, &item, sizeof item);
    if (rcpt->said.n)
        memcpy(talk->kept + talk->kept_n + sizeof item, rcpt->words, rcpt->said.n);
    talk->kept_n += n;
    return 1;
}

/* The next item at *at and its words; 0 at the end. */
int batch_keep_item(const struct batch_talk *talk, uint32_t *at, struct batch_item *item,
                    const char **words)
{
    if (*at >= talk->kept_n)
        return 0;
    memcpy(item, talk->kept + *at, sizeof *item);
    *words = talk->kept + *at + sizeof *item;
    *at += (uint32_t)((sizeof *item + item->said.n + 3) & ~(size_t)3);
    return 1;
}

void batch_keep_ahead(const struct quoth_batch *batch, const struct batch_talk *talk, uint32_t at)
{
    struct batch_item item;

    if (at >= talk->kept_n)
        return;
    memcpy(&item, talk->kept + at, sizeof item);
#ifdef __GNUC__
    if (item.addr != BATCH_NONE)
        __builtin_prefetch(batch_text_at(&batch->locals, item.addr));
#else
    (void)batch;
#endif
}

/* What this reply says of us as a guest, by itself. */
static enum quoth_pace_kind keep_kind(const struct quoth_rcpt *rcpt, struct quoth_reading *reading)
{
    quoth_judge_reply(reading, QUOTH_PHASE_RCPT, &rcpt->said, rcpt->words, NULL);
    return quoth_pace_kind_of(QUOTH_PHASE_RCPT, &rcpt->said, reading->reason);
}

/* Does it tell us to go easy? Then nothing more is asked in this conversation. */
static int keep_enough(struct quoth_batch *batch, const struct quoth_rcpt *rcpt)
{
    struct quoth_reading reading;
    enum quoth_pace_kind kind;

    if (rcpt->said.code / 100 == 2 || (rcpt->said.code == 550 && rcpt->said.esc[1] == 1) ||
        batch->limit.pace_off)
        return 0;
    kind = keep_kind(rcpt, &reading);
    return kind == QUOTH_PACE_BUSY || kind == QUOTH_PACE_REFUSED;
}

/* There is no memory for this answer: it is asked again, but what it says of us was said. */
static int keep_lost(struct batch_talk *talk, const struct quoth_rcpt *rcpt)
{
    struct quoth_reading reading;
    enum quoth_pace_kind kind = keep_kind(rcpt, &reading);

    talk->enough = 1;
    if (kind != QUOTH_PACE_BUSY && kind != QUOTH_PACE_REFUSED)
        return 0;
    talk->lost_kind = (uint8_t)kind;
    talk->lost_reason = (uint8_t)reading.reason;
    talk->lost_code = rcpt->said.code;
    return 0;
}

void batch_keep_evidence(const struct quoth_batch *batch, const struct batch_talk *talk,
                         uint32_t dom, struct quoth_evidence *evidence)
{
    batch_blank(batch, batch_dom(batch, dom), evidence);
    evidence->phase = talk->m.phase;
    evidence->peer = talk->m.peer;
    evidence->ext = talk->m.ext;
    evidence->tls = talk->m.tls;
    evidence->flags |= batch_keep_flags(talk);
    if (evidence->sessions < UINT8_MAX)
        evidence->sessions++;
    batch_keep_times(batch, talk, dom, evidence);
}

/* It broke off over this one, or its answer is in doubt. The first time it goes back, to be asked
 * alone, so that it does no harm to others; the second time, or when it had all of its own time,
 * that is its result. */
void batch_keep_doubt(struct quoth_batch *batch, struct batch_talk *talk, uint32_t dom,
                      uint32_t addr, int over)
{
    struct quoth_evidence evidence;

    if (!(over || *batch_addr_flags(batch, addr) & BATCH_ADDR_ALONE) || batch->stops) {
        batch_dom_alone(batch, dom, addr);
        return;
    }
    batch_keep_evidence(batch, talk, dom, &evidence);
    evidence.err = (int8_t)(talk->m.suspect == 1 ? QUOTH_EPROTO : talk->m.err);
    batch_result(batch, dom, addr, batch_dom(batch, dom)->mx, &evidence);
}

/* The time of one in hand is over; was it spent on others that were asked before it? */
static int keep_had_its_time(const struct batch_talk *talk, uint32_t j, uint32_t first)
{
    return talk->late && (talk->state != BATCH_TALK_ASKING || talk->m.phase < QUOTH_PHASE_RCPT ||
                          (j == 0 && first == 0));
}

/* Did it end amid a transaction, and no reply says why? */
static int keep_broke(const struct batch_talk *talk)
{
    return talk->state == BATCH_TALK_ASKING && !talk->m.said.code && talk->m.err &&
           talk->m.err != QUOTH_ENOTLS && talk->m.phase >= QUOTH_PHASE_MAIL;
}

/* Accepted ones of its domain waited for it here. */
static void keep_decoy_time(struct batch_talk *talk)
{
    struct batch_item item;
    const char *words;

    for (uint32_t at = talk->first, from = at; batch_keep_item(talk, &at, &item, &words);
         from = at) {
        if (item.said.code / 100 != 2 || item.decoy)
            continue;
        item.ms[2] = talk->ms[QUOTH_PHASE_RCPT];
        memcpy(talk->kept + from, &item, sizeof item);
    }
}

/* Is a decoy unknown there, and two are to be asked: then another one is, of another shape. */
int batch_keep_another(const struct quoth_batch *batch, enum batch_item_decoy decoy,
                       const struct quoth_reading *reading)
{
    return batch_decoys(batch) > 1 && decoy == BATCH_ITEM_DECOY &&
           reading->reason == QUOTH_REASON_USER_UNKNOWN;
}

/* The same of a decoy's answer that was not read yet. */
static int keep_another(const struct quoth_batch *batch, const struct batch_talk *talk,
                        enum batch_item_decoy decoy)
{
    const struct quoth_rcpt *rcpt = &talk->rcpt[0];
    struct quoth_reading reading;

    if (batch_decoys(batch) < 2)
        return 0; /* it is read once, when the conversation is over */
    quoth_judge_reply(&reading, QUOTH_PHASE_DECOY, &rcpt->said, rcpt->words,
                      batch_mx_name(batch, batch_dom(batch, talk->dom)->mx));
    return batch_keep_another(batch, decoy, &reading);
}

/* A made-up one counts as well: its server does not know that it is one. */
static void keep_count(struct batch_talk *talk, unsigned code)
{
    if (code / 100 == 2) {
        talk->ok = (uint8_t)(talk->ok + (talk->ok < UINT8_MAX));
        talk->no = talk->refused;
    }
    if (code / 100 == 5)
        talk->refused = (uint8_t)(talk->refused + (talk->refused < UINT8_MAX));
}

static void keep_settle_decoy(struct quoth_batch *batch, struct batch_talk *talk,
                              struct batch_dom *domain)
{
    const struct quoth_rcpt *rcpt = &talk->rcpt[0];
    enum batch_item_decoy decoy = talk->another ? BATCH_ITEM_NAME : BATCH_ITEM_DECOY;
    int heard = rcpt->said.code && rcpt->said.code != 421 &&
                (keep_add(batch, talk, BATCH_NONE, rcpt, decoy) || keep_lost(talk, rcpt));

    if (heard) {
        keep_decoy_time(talk);
        keep_count(talk, rcpt->said.code);
    }
    talk->another = heard && keep_another(batch, talk, decoy);
    talk->accepted |= talk->another; /* whoever waits for it waits on */
    if (domain->dest == talk->dest)
        domain->decoy = heard && !talk->another ? BATCH_DECOY_HEARD : BATCH_DECOY_NOT;
}

/* One that was answered: kept, and what it means for this conversation. */
static int keep_answered(struct quoth_batch *batch, struct batch_talk *talk, uint32_t j)
{
    const struct quoth_rcpt *rcpt = &talk->rcpt[j];

    if (!rcpt->said.code || rcpt->said.code == 421)
        return 0;
    keep_count(talk, rcpt->said.code);
    if (rcpt->said.code / 100 == 2)
        talk->good = talk->kept_n;
    if (rcpt->said.code / 100 == 5)
        talk->bad = talk->refused;
    if (!keep_add(batch, talk, talk->who[j], rcpt, BATCH_ITEM_NO_DECOY))
        return keep_lost(talk, rcpt);
    talk->accepted |= rcpt->said.code / 100 == 2;
    if (keep_enough(batch, rcpt))
        talk->enough = 1;
    if (!talk->m.suspect)
        batch_dom(batch, talk->dom)->answers = 1;
    return 1;
}

static uint32_t keep_settle_hand(struct quoth_batch *batch, struct batch_talk *talk)
{
    int asked = talk->state == BATCH_TALK_ASKING;
    uint32_t back = 0, first = 0;

    while (first < talk->n && asked && talk->rcpt[first].said.code)
        first++;
    for (uint32_t j = 0; j < talk->n; j++)
        if (asked && keep_answered(batch, talk, j))
            talk->who[j] = BATCH_NONE;
    for (uint32_t j = talk->n; j-- > 0;) {
        if (talk->who[j] == BATCH_NONE)
            continue;
        if (keep_had_its_time(talk, j, first))
            batch_keep_doubt(batch, talk, talk->dom, talk->who[j], 1);
        else if (keep_broke(talk) && j == first)
            batch_keep_doubt(batch, talk, talk->dom, talk->who[j], 0);
        else
            batch_dom_back(batch, talk->dom, talk->who[j]);
        back++;
    }
    talk->n = 0;
    return back;
}

/* The last one that was accepted was asked again. */
static void keep_settle_again(struct batch_talk *talk)
{
    unsigned code = talk->rcpt[0].said.code;

    if (code && code != 421)
        talk->vouch = code / 100 == 2 ? BATCH_VOUCH_TRUE : BATCH_VOUCH_LIES;
}

int batch_keep_sure(const struct quoth_batch *batch, const struct batch_talk *talk, uint32_t more)
{
    const struct batch_dest *host = batch_dest(batch, talk->dest);
    uint32_t ok = talk->ok + more - (more > 0), bad = more ? talk->refused + more : talk->bad;

    return !ok || bad <= talk->no || (host->ok >= ok && host->no + 1u >= bad);
}

int batch_keep_unsure(const struct quoth_batch *batch, const struct batch_talk *talk,
                      const struct batch_item *item, const char *words)
{
    struct quoth_reading reading;

    if (item->ok != talk->ok || talk->vouch == BATCH_VOUCH_TRUE ||
        (item->decoy && talk->vouch != BATCH_VOUCH_LIES) || batch_keep_sure(batch, talk, 0))
        return 0;
    quoth_judge_reply(&reading, QUOTH_PHASE_RCPT, &item->said, words, NULL);
    return reading.says == QUOTH_SAYS_NOT_EXISTS;
}

uint32_t batch_keep_settle(struct quoth_batch *batch, struct batch_talk *talk)
{
    uint32_t back = 0;

    if (talk->n || talk->state == BATCH_TALK_DECOY)
        talk->latest = talk->kept_n;
    if (talk->state == BATCH_TALK_DECOY)
        keep_settle_decoy(batch, talk, batch_dom(batch, talk->dom));
    else if (talk->state == BATCH_TALK_AGAIN)
        keep_settle_again(talk);
    else
        back = keep_settle_hand(batch, talk);
    talk->state = BATCH_TALK_READY;
    return back;
}
