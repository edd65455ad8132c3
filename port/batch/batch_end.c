/* batch_end.c - what is made of a conversation's end.
 *
 *   what was kept of it (batch_keep.c) --> results, and what it says of domain and destination
 *
 *   answered                 a result; accepted ones wait for their domain's decoy, whoever asked
 *   not answered             back to the domain, which fails after two conversations without one
 *   doubted                  back to the domain: a reply too many came, or the server fell silent
 *   never got that far       the next host, as hosts.c says
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "batch_inner.h"

enum {
    END_SOON_MS = 1000,
    END_SHORT_S = 300 /* so long what we ran out of may come back: ports take a minute */
};

/* ---- what a domain has learnt and not told yet -------------------------- */

static void end_note(struct quoth_batch *batch, const struct batch_talk *talk, uint32_t dom)
{
    const struct quoth_smtp *smtp = &talk->m;
    struct quoth_evidence evidence;
    struct batch_note note = {.phase = smtp->phase,
                              .err = (int8_t)smtp->err,
                              .ext = smtp->ext,
                              .pref = batch_dom(batch, dom)->pref,
                              .said = smtp->said,
                              .peer = smtp->peer,
                              .tls = smtp->tls,
                              .mx = batch_dom(batch, dom)->mx};
    batch_keep_times(batch, talk, dom, &evidence);
    memcpy(note.ms, evidence.ms, sizeof note.ms);
    note.took_ms = evidence.took_ms;
    note.flags =
        (uint8_t)(batch_keep_flags(talk) | (batch_dom(batch, dom)->flags & QUOTH_EVID_NOT_BEST));
    if (smtp->suspect == 1) {
        note.phase = QUOTH_PHASE_RCPT;
        note.err = QUOTH_EPROTO;
        note.said = (struct quoth_said) {0};
    }
    batch_note(batch, dom, &note, talk->end_words);
}

/* ---- what is made of it ------------------------------------------------- */

static void end_item_times(struct quoth_evidence *evidence, uint32_t look,
                           const struct batch_item *item)
{
    if (!item->ms[1])
        return; /* they are there already */
    evidence->ms[QUOTH_PHASE_MAIL] = look + item->ms[0];
    evidence->took_ms = evidence->ms[QUOTH_PHASE_RCPT] = look + item->ms[1];
    evidence->ms[QUOTH_PHASE_DECOY] = 0;
    if (item->ms[2])
        evidence->took_ms = evidence->ms[QUOTH_PHASE_DECOY] = look + item->ms[2];
}

/* `mx`: who said it. */
static struct quoth_reading end_result(struct quoth_batch *batch, const struct batch_item *item,
                                       uint32_t mx, const char *words,
                                       struct quoth_evidence *evidence)
{
    evidence->phase = QUOTH_PHASE_RCPT;
    evidence->err = QUOTH_OK;
    evidence->said = item->said;
    if (item->said.n)
        memcpy(evidence->words, words, item->said.n);
    end_item_times(evidence, batch_dom(batch, item->dom)->look_ms, item);
    return batch_result(batch, item->dom, item->addr, mx, evidence);
}

/* One that waited for the decoy. */
static void end_pend_result(struct quoth_batch *batch, uint32_t dom, const struct batch_pend *pend)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct batch_item item = {.addr = pend->addr, .dom = dom, .said = pend->said};
    struct quoth_evidence evidence;

    batch_blank(batch, domain, &evidence);
    evidence.peer = batch_peer(batch, batch_dest(batch, domain->dest));
    evidence.ext = pend->ext;
    evidence.tls = pend->tls;
    memcpy(evidence.ms, pend->ms, sizeof evidence.ms);
    evidence.took_ms = pend->ms[QUOTH_PHASE_RCPT];
    evidence.flags |= pend->flags;
    if (evidence.sessions < UINT8_MAX)
        evidence.sessions++;
    end_result(batch, &item, domain->mx, pend->words, &evidence);
}

/* The decoy is answered, or given up (code 0): all that waited for it are results. */
static void end_decided(struct quoth_batch *batch, uint32_t dom, uint16_t code, uint8_t reason)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct batch_pend *pend = domain->extra ? domain->extra->pend : NULL, *next;

    domain->decoy = BATCH_DECOY_KNOWN;
    domain->decoy_code = code;
    domain->decoy_reason = reason;
    domain->decoy_until = batch_seconds(batch, batch->now) + BATCH_DECOY_S;
    if (pend)
        domain->extra->pend = NULL;
    for (; pend; pend = next) {
        next = pend->next;
        end_pend_result(batch, dom, pend);
        batch_free(batch, pend, sizeof *pend + pend->said.n);
    }
}

static void end_wait(struct quoth_batch *batch, const struct batch_talk *talk,
                     const struct batch_item *item, const char *words)
{
    struct batch_extra *extra = batch_dom_extra(batch, batch_dom(batch, item->dom));
    struct batch_pend *pend = extra ? batch_alloc(batch, sizeof *pend + item->said.n) : NULL;
    struct quoth_evidence evidence;

    if (!pend) {
        batch_dom_back(batch, item->dom, item->addr);
        return;
    }
    pend->addr = item->addr;
    pend->said = item->said;
    pend->ext = talk->m.ext;
    pend->tls = talk->m.tls;
    pend->flags = batch_keep_flags(talk);
    batch_keep_times(batch, talk, item->dom, &evidence);
    end_item_times(&evidence, batch_dom(batch, item->dom)->look_ms, item);
    memcpy(pend->ms, evidence.ms, sizeof pend->ms);
    if (item->said.n)
        memcpy(pend->words, words, item->said.n);
    pend->next = extra->pend;
    extra->pend = pend;
}

/* What this reply, read so, says of us as a guest. It must live as long as `sum`. */
static void end_heard(struct batch_guest *sum, enum quoth_phase phase,
                      const struct quoth_said *said, const char *words,
                      const struct quoth_reading *reading)
{
    enum quoth_pace_kind kind = quoth_pace_kind_of(phase, said, reading->reason);

    if (kind == QUOTH_PACE_FINE || (phase == QUOTH_PHASE_RCPT && said->code / 100 == 2))
        sum->fine = 1;
    if (kind == QUOTH_PACE_BUSY || kind == QUOTH_PACE_REFUSED) {
        sum->kind = kind;
        sum->reason = reading->reason;
        sum->code = said->code;
        sum->words_n = said->n;
        sum->words = words;
    }
    if (said->code / 100 == 5 && reading->reason == QUOTH_REASON_IP_BLOCKED && reading->rule &&
        !strcmp(reading->rule, "text/blocklist")) {
        sum->listed = 1;
        sum->listed_dom = sum->dom;
    }
}

/* One that was accepted, of a domain whose decoy is not known, or known of another host that the
 * domain has moved to meanwhile: 1 when it is not a result yet. */
static int end_undecided(struct quoth_batch *batch, struct batch_talk *talk,
                         const struct batch_item *item, const char *words)
{
    struct batch_dom *domain = batch_dom(batch, item->dom);

    if (item->said.code / 100 != 2 || !batch_wants_decoy(batch, domain) ||
        (domain->decoy == BATCH_DECOY_KNOWN && domain->dest == talk->dest))
        return 0;
    if (domain->dest != talk->dest || domain->decoy == BATCH_DECOY_NOT) {
        if (domain->dest == talk->dest && domain->decoys >= BATCH_DECOYS)
            return 0;
        batch_dom_back(batch, item->dom, item->addr);
        talk->decoy_lost = 1;
    } else {
        end_wait(batch, talk, item, words);
    }
    return 1;
}

/* A refusal that nothing vouches for is no evidence: 1, and who was refused is asked again. */
static int end_unsure(struct quoth_batch *batch, struct batch_talk *talk,
                      const struct batch_item *item, const char *words)
{
    if (!batch_keep_unsure(batch, talk, item, words))
        return 0;
    if (item->decoy)
        batch_dom(batch, item->dom)->decoy = BATCH_DECOY_NOT;
    else
        batch_dom_alone(batch, item->dom, item->addr);
    return 1;
}

/* What the decoys said, before any result. */
static void end_tell_decoys(struct quoth_batch *batch, struct batch_talk *talk,
                            struct batch_guest *sum)
{
    struct batch_item item;
    const char *words;

    for (uint32_t at = 0; batch_keep_item(talk, &at, &item, &words);) {
        struct quoth_reading reading;
        if (!item.decoy || batch_dom(batch, item.dom)->dest != talk->dest ||
            end_unsure(batch, talk, &item, words))
            continue;
        quoth_judge_reply(&reading, QUOTH_PHASE_DECOY, &item.said, words,
                          batch_mx_name(batch, batch_dom(batch, item.dom)->mx));
        sum->dom = item.dom;
        end_heard(sum, QUOTH_PHASE_DECOY, &item.said, words, &reading);
        if (batch_keep_another(batch, (enum batch_item_decoy)item.decoy, &reading))
            continue;
        if (item.decoy == BATCH_ITEM_NAME && item.said.code / 100 == 2)
            reading.reason = QUOTH_REASON_ACCEPTS_BY_SHAPE;
        end_decided(batch, item.dom, item.said.code, (uint8_t)reading.reason);
    }
}

static void end_tell(struct quoth_batch *batch, struct batch_talk *talk, struct batch_guest *sum)
{
    struct batch_item item;
    const char *words;

    end_tell_decoys(batch, talk, sum);
    for (uint32_t at = 0; batch_keep_item(talk, &at, &item, &words);) {
        const struct batch_dom *domain = batch_dom(batch, item.dom);
        uint32_t mx = domain->dest == talk->dest ? domain->mx : talk->mx;
        struct quoth_evidence evidence;
        struct quoth_reading reading;
        batch_keep_ahead(batch, talk, at);
        if (item.decoy)
            continue;
        if (end_undecided(batch, talk, &item, words) || end_unsure(batch, talk, &item, words)) {
            sum->fine = 1;
            continue;
        }
        batch_keep_evidence(batch, talk, item.dom, &evidence);
        reading = end_result(batch, &item, mx, words, &evidence);
        sum->dom = item.dom;
        end_heard(sum, QUOTH_PHASE_RCPT, &item.said, words, &reading);
        if (quoth_pace_answer(&batch_dest(batch, talk->dest)->pace, reading.reason) &&
            !batch->limit.pace_off)
            batch_event(
                batch,
                "%s: more than one in five of its addresses are unknown there, which looks like "
                "harvesting: it is asked more slowly",
                batch_mx_name(batch, batch_dom(batch, item.dom)->mx));
    }
}

/* A server that falls silent may owe us a reply to an earlier command: are the answers in doubt?
 * Not that of a single one, where nothing can be shifted, nor when it hung up (P20). One that does
 * not answer QUIT would never be sure: from then on it is asked about one at a time. */
static int end_silent(struct quoth_batch *batch, struct batch_talk *talk)
{
    int quit = talk->m.suspect == 2;
    struct batch_item item;
    const char *words;
    int n = 0;

    if (!quit && (talk->m.err != QUOTH_ETIME || talk->m.phase < QUOTH_PHASE_MAIL))
        return 0;
    for (uint32_t at = 0; batch_keep_item(talk, &at, &item, &words);)
        n += !item.decoy;
    if (quit && n > 1)
        batch_dest(batch, talk->dest)->most = 1;
    return n > 1;
}

/* The answers are in doubt: all to be asked again. What they say of us as a guest was said in any
 * case. */
static void end_recant(struct quoth_batch *batch, struct batch_talk *talk, struct batch_guest *sum)
{
    struct quoth_reading reading;
    struct batch_item item;
    const char *words;

    for (uint32_t at = 0, from = 0; batch_keep_item(talk, &at, &item, &words); from = at) {
        struct batch_dom *domain = batch_dom(batch, item.dom);
        quoth_judge_reply(&reading, QUOTH_PHASE_RCPT, &item.said, words, NULL);
        sum->dom = item.dom;
        end_heard(sum, QUOTH_PHASE_RCPT, &item.said, words, &reading);
        if (!item.decoy && talk->m.suspect == 1 && from >= talk->latest)
            batch_keep_doubt(batch, talk, item.dom, item.addr, 0);
        else if (!item.decoy)
            batch_dom_back(batch, item.dom, item.addr);
        else if (domain->dest == talk->dest && domain->decoy == BATCH_DECOY_HEARD) {
            domain->decoy = BATCH_DECOY_NOT;
            if (talk->m.suspect != 1)
                domain->decoys--; /* not its fault */
        }
    }
}

/* Each domain that was asked here: a decoy without an answer, and who waits for it. */
static void end_decoy_over(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    if (domain->decoy != BATCH_DECOY_NOT)
        return;
    if (domain->decoys >= BATCH_DECOYS)
        end_decided(batch, dom, 0, 0);
    else
        batch_pend_back(batch, dom);
}

/* It answers: what went wrong before is forgotten. */
static void end_clear(struct quoth_batch *batch, uint32_t dom)
{
    batch_dom_clear(batch, batch_dom(batch, dom));
}

static void end_domains(struct quoth_batch *batch, struct batch_talk *talk,
                        void (*f)(struct quoth_batch *batch, uint32_t dom))
{
    struct batch_item item;
    const char *words;
    uint32_t dom = BATCH_NONE;

    for (uint32_t at = 0; batch_keep_item(talk, &at, &item, &words);) {
        if (item.dom != dom && item.dom != talk->dom)
            f(batch, item.dom);
        dom = item.dom;
    }
}

/* ---- nothing of a domain was answered: is it worth another call, and whose? --- */

enum end_why {
    END_AGAIN,      /* call again: its TLS says that this did not count, or it answers as a rule */
    END_NO_TLS,     /* once more in clear */
    END_HELO,       /* once more with HELO */
    END_TLS_AGAIN,  /* once more with TLS, which will offer less */
    END_ONE_BY_ONE, /* once more without PIPELINING */
    END_NEXT_HOST,  /* it never got as far as a sender */
    END_FAILED,     /* its second time, or a sender refused for now */
    END_REFUSED,    /* the sender or our terms are refused: those in hand have their result */
    END_ONCE_MORE   /* its first time */
};

static enum end_why end_why(const struct quoth_batch *batch, const struct batch_talk *talk,
                            uint32_t dom)
{
    const struct batch_dom *domain = batch_dom(batch, dom);
    const struct quoth_smtp *smtp = &talk->m;
    const struct quoth_trail spent = {0}; /* the option is for all domains of this host */
    enum quoth_hosts_after after = quoth_hosts_after(smtp, &spent);
    int fails = domain->extra ? domain->extra->fails : BATCH_FAILS_MAX;

    if (after == QUOTH_HOSTS_IN_CLEAR)
        return END_NO_TLS;
    if (after == QUOTH_HOSTS_BY_HELO)
        return END_HELO;
    if (after == QUOTH_HOSTS_TLS_AGAIN)
        return END_TLS_AGAIN;
    if (after == QUOTH_HOSTS_ONE_BY_ONE && fails < BATCH_FAILS_MAX)
        return END_ONE_BY_ONE;
    if (domain->answers && fails < (domain->out ? BATCH_FAILS_BESIDE : BATCH_FAILS_MAX))
        return END_AGAIN;
    if (after == QUOTH_HOSTS_NEXT)
        return END_NEXT_HOST;
    if (fails >= BATCH_FAILS_MAX ||
        (smtp->said.code / 100 == 4 && !batch->limit.pace_off && smtp->suspect != 1))
        return END_FAILED;
    if (smtp->suspect != 1 && (smtp->said.code / 100 == 5 || smtp->err == QUOTH_ENOTLS))
        return END_REFUSED;
    return END_ONCE_MORE;
}

/* Many that were open at once failed once. */
static void end_count_fail(struct quoth_batch *batch, const struct batch_talk *talk, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct batch_extra *extra = batch_dom_extra(batch, domain);

    if (extra && (!extra->fails || talk->start >= extra->failed_at)) {
        if (extra->fails < UINT8_MAX)
            extra->fails++;
        extra->failed_at = batch->now;
    }
    if (talk->m.phase > QUOTH_PHASE_CONNECT && domain->sessions < UINT8_MAX)
        domain->sessions++;
}

/* The last `hand` that went back have what was noted for a result. */
static void end_tell_hand(struct quoth_batch *batch, uint32_t dom, uint32_t hand)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    while (hand-- && batch_dom_work(domain)) {
        struct quoth_evidence evidence;
        uint32_t *chain = batch_dom_urgent(domain) ? &domain->extra->urgent : &domain->head;
        uint32_t addr = batch_chain_pop(batch, chain), mx = batch_noted(batch, dom, &evidence);
        if (addr == BATCH_NONE)
            return;
        batch_result(batch, dom, addr, mx, &evidence);
    }
}

static void end_nothing(struct quoth_batch *batch, struct batch_talk *talk, uint32_t dom,
                        uint32_t hand)
{
    if (talk->again)
        return;
    end_count_fail(batch, talk, dom);
    end_note(batch, talk, dom);
    switch (end_why(batch, talk, dom)) {
    case END_NO_TLS: batch_guest_broke(batch, talk->dest, QUOTH_SMTP_NO_TLS, talk->start); break;
    case END_TLS_AGAIN:
        batch_guest_broke(batch, talk->dest, QUOTH_SMTP_TLS_AGAIN, talk->start);
        break;
    case END_HELO: batch_guest_broke(batch, talk->dest, QUOTH_SMTP_HELO, talk->start); break;
    case END_ONE_BY_ONE:
        batch_guest_broke(batch, talk->dest, QUOTH_SMTP_ONE_BY_ONE, talk->start);
        break;
    case END_NEXT_HOST: batch_dom_next_host(batch, dom, quoth_hosts_mark_of(&talk->m)); break;
    case END_FAILED: batch_end_fail(batch, dom); break;
    case END_REFUSED: end_tell_hand(batch, dom, hand); break;
    case END_AGAIN:
    case END_ONCE_MORE: break;
    }
}

/* How many answers were kept from there on. */
static uint32_t end_answers(const struct batch_talk *talk, uint32_t from)
{
    struct batch_item item;
    const char *words;
    uint32_t n = 0;

    while (batch_keep_item(talk, &from, &item, &words))
        n++;
    return n;
}

/* Turned away at the door while others are inside: that is as many at once as it takes. */
static void end_at_once(struct quoth_batch *batch, uint32_t dest)
{
    struct batch_dest *host = batch_dest(batch, dest);
    uint16_t n = 0;

    for (uint32_t i = 0; i < batch->limit.open; i++) {
        const struct batch_talk *talk = batch->talk[i];
        if (talk && talk->state != BATCH_TALK_FREE && talk->dest == dest &&
            talk->m.phase > QUOTH_PHASE_BANNER)
            n++;
    }
    if (n && (!host->at_once || n < host->at_once))
        host->at_once = n;
}

/* It could not be connected to, or fell silent before anybody was answered. */
static int end_unheard(const struct batch_talk *talk)
{
    if (talk->m.phase == QUOTH_PHASE_CONNECT)
        return talk->m.err && talk->m.err != QUOTH_ESPACE;
    return talk->m.err == QUOTH_ETIME && !talk->m.said.code && !end_answers(talk, 0);
}

/* Silence when one was asked alone may be about that one: but not that of one after the other. */
static int end_excused(struct quoth_batch *batch, const struct batch_talk *talk)
{
    struct batch_dest *host = batch_dest(batch, talk->dest);
    int excused = talk->alone && talk->m.phase >= QUOTH_PHASE_MAIL && !host->excused;

    host->excused = (uint8_t)(host->excused | excused);
    return excused;
}

/* It was greeted and left: nobody of those in hand could be asked there. */
static int end_asked_nothing(const struct batch_talk *talk)
{
    return !talk->m.err && !talk->m.said.code && !end_answers(talk, 0);
}

/* What it says of its destination: limits it showed, and manners. */
static void end_learn(struct quoth_batch *batch, const struct batch_talk *talk)
{
    struct batch_dest *host = batch_dest(batch, talk->dest);
    const struct quoth_smtp *smtp = &talk->m;
    uint32_t n = end_answers(talk, 0);

    if (n && n < UINT8_MAX && smtp->phase >= QUOTH_PHASE_MAIL &&
        (smtp->err == QUOTH_EIO || smtp->said.code == 421) && (!host->most || n < host->most))
        host->most = (uint8_t)n; /* that is as many as it takes */
    if (talk->vouch == BATCH_VOUCH_LIES)
        host->most = (uint8_t)(talk->ok + talk->no);
    if (talk->ok && !talk->m.suspect && talk->ok - 1 + talk->no > host->ok + host->no) {
        host->ok = (uint8_t)(talk->ok - 1);
        host->no = talk->no;
    }
    if (smtp->phase == QUOTH_PHASE_BANNER && smtp->said.code / 100 == 4 && host->open > 1)
        end_at_once(batch, talk->dest);
    if (smtp->phase >= QUOTH_PHASE_MAIL && !smtp->options)
        host->broke = (uint8_t)(n ? 0 : host->broke & QUOTH_SMTP_ONE_BY_ONE);
    if (smtp->phase > QUOTH_PHASE_CONNECT) {
        if (!end_unheard(talk) &&
            !(host->down_phase > QUOTH_PHASE_CONNECT && end_asked_nothing(talk)))
            host->downs = host->excused = 0;
        host->short_until = 0;
        batch_guest_rate(batch, talk->dest, batch->now - talk->start, n);
    }
}

static enum quoth_pace_kind end_pace(struct quoth_batch *batch, const struct batch_talk *talk,
                                     struct batch_guest *sum)
{
    const struct quoth_smtp *smtp = &talk->m;
    struct quoth_reading reading;
    int spent = smtp->said.code == 421 && end_answers(talk, 0) &&
                (batch->limit.no_wait || batch->limit.pace_off);

    if (smtp->said.code && !spent) {
        quoth_judge_reply(&reading, (enum quoth_phase)smtp->phase, &smtp->said, talk->end_words,
                          NULL);
        sum->dom = talk->dom;
        end_heard(sum, (enum quoth_phase)smtp->phase, &smtp->said, talk->end_words, &reading);
    }
    if (sum->kind != QUOTH_PACE_BUSY && !(sum->kind == QUOTH_PACE_REFUSED && !sum->fine)) {
        sum->kind = sum->fine ? QUOTH_PACE_FINE : QUOTH_PACE_NOTHING;
        sum->reason = QUOTH_REASON_NONE;
    }
    batch_guest_end(batch, talk->dest, sum);
    return sum->kind;
}

/* We ran out of something: it was not the server's fault, and for a while worth trying again. */
static int end_short(struct quoth_batch *batch, const struct batch_talk *talk)
{
    struct batch_dest *host = batch_dest(batch, talk->dest);

    if (talk->m.phase != QUOTH_PHASE_CONNECT || talk->m.err != QUOTH_ESPACE)
        return 0;
    if (!host->short_until)
        host->short_until = batch_seconds(batch, batch->now) + END_SHORT_S;
    if (batch_seconds(batch, batch->now) > host->short_until)
        return 0;
    if (batch_open(batch) > 1)
        batch->open_max = batch_open(batch) - 1;
    batch->open_cut = batch->now;
    if (host->pace.next < batch->now + END_SOON_MS)
        quoth_pace_hold(&host->pace, batch->now + END_SOON_MS,
                        (enum quoth_reason)host->pace.reason);
    return 1;
}

/* Fewer at once because we ran out of something: it may have come back. */
static void end_more_at_once(struct quoth_batch *batch, const struct batch_talk *talk)
{
    if (batch->open_max == batch->limit.open || talk->m.phase == QUOTH_PHASE_CONNECT ||
        batch->now < batch->open_cut + END_SHORT_S * 1000)
        return;
    batch->open_cut = batch->now;
    batch->open_max += batch->open_max / 8 + 1;
    if (batch->open_max > batch->limit.open)
        batch->open_max = batch->limit.open;
}

/* The domain it was about when it ended. `answers`: how many of it were answered here. */
static void end_domain(struct quoth_batch *batch, struct batch_talk *talk, uint32_t answers,
                       uint32_t hand)
{
    struct batch_dom *domain = batch_dom(batch, talk->dom);
    int own_end = talk->alone && talk->m.phase >= QUOTH_PHASE_MAIL && !talk->m.said.code;

    if (talk->decoy_lost && !talk->decoy_asked && domain->decoys < UINT8_MAX)
        domain->decoys++; /* hung up on us before it could be asked */
    if (domain->dest == talk->dest)
        end_decoy_over(batch, talk->dom);
    if (answers)
        batch_dom_clear(batch, domain);
    if (end_short(batch, talk) || answers || own_end || batch->stops || domain->dest != talk->dest)
        return;
    if (hand || talk->m.suspect == 1)
        end_nothing(batch, talk, talk->dom, hand);
}

enum quoth_pace_kind batch_end(struct quoth_batch *batch, struct batch_talk *talk, uint32_t hand)
{
    struct batch_guest sum = {.kind = (enum quoth_pace_kind)talk->lost_kind,
                              .reason = (enum quoth_reason)talk->lost_reason,
                              .code = talk->lost_code,
                              .words = "",
                              .dom = BATCH_NONE};
    int silent = end_silent(batch, talk), doubted = silent || talk->m.suspect == 1;
    uint32_t answers =
        talk->dom != BATCH_NONE && talk->m.suspect != 1 ? end_answers(talk, talk->first) : 0;
    enum quoth_pace_kind kind;

    if (talk->dom != BATCH_NONE)
        batch_dom(batch, talk->dom)->out--;
    if (doubted)
        end_recant(batch, talk, &sum);
    else
        end_tell(batch, talk, &sum);
    if (talk->dom != BATCH_NONE)
        end_domain(batch, talk, answers, hand);
    end_domains(batch, talk, end_decoy_over);
    if (!doubted)
        end_domains(batch, talk, end_clear);
    end_learn(batch, talk);
    kind = end_pace(batch, talk, &sum);
    if (end_unheard(talk) && !end_excused(batch, talk))
        batch_guest_down(batch, talk->dest, &talk->m, talk->start);
    end_more_at_once(batch, talk);
    if (sum.listed && sum.listed_dom != BATCH_NONE &&
        batch_dom(batch, sum.listed_dom)->dest == talk->dest)
        batch_family_listed(batch, sum.listed_dom, &batch_dest(batch, talk->dest)->ip);
    end_domains(batch, talk, batch_dom_mark);
    if (talk->dom != BATCH_NONE)
        batch_dom_mark(batch, talk->dom);
    return kind;
}
