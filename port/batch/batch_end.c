/* batch_end.c - what is made of a conversation's end.
 *
 *   settle, after each transaction: what was answered is kept, the rest goes back to its domain
 *   end, when it is over:           results, and what it says of domain and destination
 *
 * Nothing is told before the conversation is over: a reply too many may come at any time, and then
 * every answer since is in doubt (P28). At the end:
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

/* When what was over, since the domain's lookups began, as if they had led to this conversation at
 * once. */
static void end_times(const struct quoth_batch *b, const struct batch_talk *c, uint32_t dom,
                      struct quoth_evidence *e)
{
    uint32_t look = batch_dom(b, dom)->look_ms;

    e->ms[QUOTH_PHASE_DNS] = look;
    for (int p = QUOTH_PHASE_CONNECT; p < QUOTH_PHASES; p++)
        e->ms[p] = c->ms[p] ? look + c->ms[p] : 0;
    e->took_ms = look + (uint32_t)(b->now - c->start);
}

/* What it was called without, and what it offered. */
static uint8_t end_flags(const struct batch_talk *c)
{
    int broke = c->m.options & QUOTH_SMTP_NO_TLS || quoth_hosts_tls_broke(&c->m);
    return (uint8_t)((broke ? QUOTH_EVID_TLS_BROKE : 0) |
                     (c->m.options & QUOTH_SMTP_HELO ? QUOTH_EVID_HELO : 0) |
                     (c->offered ? QUOTH_EVID_TLS_OFFERED : 0));
}

static void end_note(struct quoth_batch *b, const struct batch_talk *c, uint32_t dom)
{
    const struct quoth_smtp *s = &c->m;
    struct quoth_evidence e;
    struct batch_note n = {.phase = s->phase,
                           .err = (int8_t)s->err,
                           .ext = s->ext,
                           .pref = batch_dom(b, dom)->pref,
                           .said = s->said,
                           .peer = s->peer,
                           .tls = s->tls,
                           .mx = batch_dom(b, dom)->mx};
    end_times(b, c, dom, &e);
    memcpy(n.ms, e.ms, sizeof n.ms);
    n.took_ms = e.took_ms;
    n.flags = (uint8_t)(end_flags(c) | (batch_dom(b, dom)->flags & QUOTH_EVID_NOT_BEST));
    if (s->suspect == 1) {
        n.phase = QUOTH_PHASE_RCPT;
        n.err = QUOTH_EPROTO;
        n.said = (struct quoth_said) {0};
    }
    batch_note(b, dom, &n, c->end_words);
}

/* ---- answers, kept until the end ---------------------------------------- */

static int end_keep(struct quoth_batch *b, struct batch_talk *c, uint32_t addr,
                    const struct quoth_rcpt *r, int decoy)
{
    struct batch_item x = {.addr = addr,
                           .dom = c->dom,
                           .ms = {c->ms[QUOTH_PHASE_MAIL], c->ms[QUOTH_PHASE_RCPT]},
                           .said = r->said,
                           .decoy = (uint8_t)decoy};
    uint32_t n = (uint32_t)((sizeof x + r->said.n + 3) & ~(size_t)3);

    if (c->kept_n + n > c->kept_cap) {
        uint32_t cap = c->kept_cap * 2 + n + 256;
        char *p = batch_realloc(b, c->kept, c->kept_cap, cap);
        if (!p)
            return 0;
        c->kept = p;
        c->kept_cap = cap;
    }
    memcpy(c->kept + c->kept_n, &x, sizeof x);
    if (r->said.n)
        memcpy(c->kept + c->kept_n + sizeof x, r->words, r->said.n);
    c->kept_n += n;
    return 1;
}

/* The next item at *at and its words; 0 at the end. */
int batch_end_item(const struct batch_talk *c, uint32_t *at, struct batch_item *x,
                   const char **words)
{
    if (*at >= c->kept_n)
        return 0;
    memcpy(x, c->kept + *at, sizeof *x);
    *words = c->kept + *at + sizeof *x;
    *at += (uint32_t)((sizeof *x + x->said.n + 3) & ~(size_t)3);
    return 1;
}

/* What this reply says of us as a guest, by itself. */
static enum quoth_pace_kind end_kind(const struct quoth_rcpt *r, struct quoth_reading *reading)
{
    quoth_judge_reply(reading, QUOTH_PHASE_RCPT, &r->said, r->words, NULL);
    return quoth_pace_kind_of(QUOTH_PHASE_RCPT, &r->said, reading->reason);
}

/* Does it tell us to go easy? Then nothing more is asked in this conversation. */
static int end_enough(struct quoth_batch *b, const struct quoth_rcpt *r)
{
    struct quoth_reading reading;
    enum quoth_pace_kind kind;

    if (r->said.code / 100 == 2 || (r->said.code == 550 && r->said.esc[1] == 1) ||
        b->limit.pace_off)
        return 0;
    kind = end_kind(r, &reading);
    return kind == QUOTH_PACE_BUSY || kind == QUOTH_PACE_REFUSED;
}

/* There is no memory for this answer: it is asked again, but what it says of us was said. */
static int end_lost(struct batch_talk *c, const struct quoth_rcpt *r)
{
    struct quoth_reading reading;
    enum quoth_pace_kind kind = end_kind(r, &reading);

    c->enough = 1;
    if (kind != QUOTH_PACE_BUSY && kind != QUOTH_PACE_REFUSED)
        return 0;
    c->lost_kind = (uint8_t)kind;
    c->lost_reason = (uint8_t)reading.reason;
    c->lost_code = r->said.code;
    return 0;
}

void batch_end_evidence(const struct quoth_batch *b, const struct batch_talk *c, uint32_t dom,
                        struct quoth_evidence *e)
{
    batch_blank(b, batch_dom(b, dom), e);
    e->phase = c->m.phase;
    e->peer = c->m.peer;
    e->ext = c->m.ext;
    e->tls = c->m.tls;
    e->flags |= end_flags(c);
    if (e->sessions < UINT8_MAX)
        e->sessions++;
    end_times(b, c, dom, e);
}

/* It broke off over this one, or its answer is in doubt. The first time it goes back, to be asked
 * alone, so that it does no harm to others; the second time, or when it had all of its own time,
 * that is its result. */
static void end_doubt(struct quoth_batch *b, struct batch_talk *c, uint32_t dom, uint32_t addr,
                      int over)
{
    struct quoth_evidence e;

    if (!(over || *batch_addr_flags(b, addr) & BATCH_ADDR_ALONE) || b->stops) {
        batch_dom_alone(b, dom, addr);
        return;
    }
    batch_end_evidence(b, c, dom, &e);
    e.err = (int8_t)(c->m.suspect == 1 ? QUOTH_EPROTO : c->m.err);
    batch_result(b, dom, addr, batch_dom(b, dom)->mx, &e);
}

/* The time of one in hand is over; was it spent on others that were asked before it? */
static int end_had_its_time(const struct batch_talk *c, uint32_t j, uint32_t first)
{
    return c->late && (c->state != BATCH_TALK_ASKING || c->m.phase < QUOTH_PHASE_RCPT ||
                       (j == 0 && first == 0));
}

/* Did it end amid a transaction, and no reply says why? */
static int end_broke(const struct batch_talk *c)
{
    return c->state == BATCH_TALK_ASKING && !c->m.said.code && c->m.err &&
           c->m.err != QUOTH_ENOTLS && c->m.phase >= QUOTH_PHASE_MAIL;
}

/* Accepted ones of its domain waited for it here. */
static void end_decoy_time(struct batch_talk *c)
{
    struct batch_item x;
    const char *words;

    for (uint32_t at = c->first, from = at; batch_end_item(c, &at, &x, &words); from = at) {
        if (x.said.code / 100 != 2 || x.decoy)
            continue;
        x.ms[2] = c->ms[QUOTH_PHASE_RCPT];
        memcpy(c->kept + from, &x, sizeof x);
    }
}

/* Is a decoy unknown there, and two are to be asked: then another one is, of another shape. */
static int end_ask_another(const struct quoth_batch *b, enum batch_item_decoy decoy,
                           const struct quoth_reading *r)
{
    return batch_decoys(b) > 1 && decoy == BATCH_ITEM_DECOY &&
           r->reason == QUOTH_REASON_USER_UNKNOWN;
}

static void end_settle_decoy(struct quoth_batch *b, struct batch_talk *c, struct batch_dom *d)
{
    const struct quoth_rcpt *r = &c->rcpt[0];
    enum batch_item_decoy decoy = c->another ? BATCH_ITEM_NAME : BATCH_ITEM_DECOY;
    int heard = r->said.code && r->said.code != 421 &&
                (end_keep(b, c, BATCH_NONE, r, decoy) || end_lost(c, r));
    struct quoth_reading reading = {0};

    if (heard) {
        end_decoy_time(c);
        quoth_judge_reply(&reading, QUOTH_PHASE_DECOY, &r->said, r->words, batch_mx_name(b, d->mx));
    }
    c->another = heard && end_ask_another(b, decoy, &reading);
    c->accepted |= c->another; /* whoever waits for it waits on */
    if (d->dest == c->dest)
        d->decoy = heard && !c->another ? BATCH_DECOY_HEARD : BATCH_DECOY_NOT;
}

/* One that was answered: kept, and what it means for this conversation. */
static int end_answered(struct quoth_batch *b, struct batch_talk *c, uint32_t j)
{
    const struct quoth_rcpt *r = &c->rcpt[j];

    if (!r->said.code || r->said.code == 421)
        return 0;
    if (!end_keep(b, c, c->who[j], r, BATCH_ITEM_NO_DECOY))
        return end_lost(c, r);
    if (r->said.code / 100 == 2)
        c->accepted = 1;
    if (end_enough(b, r))
        c->enough = 1;
    if (!c->m.suspect)
        batch_dom(b, c->dom)->answers = 1;
    return 1;
}

static uint32_t end_settle_hand(struct quoth_batch *b, struct batch_talk *c)
{
    int asked = c->state == BATCH_TALK_ASKING;
    uint32_t back = 0, first = 0;

    while (first < c->n && asked && c->rcpt[first].said.code)
        first++;
    for (uint32_t j = c->n; j-- > 0;) {
        if (asked && end_answered(b, c, j))
            continue;
        if (end_had_its_time(c, j, first))
            end_doubt(b, c, c->dom, c->who[j], 1);
        else if (end_broke(c) && j == first)
            end_doubt(b, c, c->dom, c->who[j], 0);
        else
            batch_dom_back(b, c->dom, c->who[j]);
        back++;
    }
    c->n = 0;
    return back;
}

uint32_t batch_end_settle(struct quoth_batch *b, struct batch_talk *c)
{
    uint32_t back = 0;

    if (c->n || c->state == BATCH_TALK_DECOY)
        c->latest = c->kept_n;
    if (c->state == BATCH_TALK_DECOY)
        end_settle_decoy(b, c, batch_dom(b, c->dom));
    else
        back = end_settle_hand(b, c);
    c->state = BATCH_TALK_READY;
    return back;
}

/* ---- what is made of it ------------------------------------------------- */

static void end_item_times(struct quoth_evidence *e, uint32_t look, const struct batch_item *x)
{
    if (!x->ms[1])
        return; /* they are there already */
    e->ms[QUOTH_PHASE_MAIL] = look + x->ms[0];
    e->took_ms = e->ms[QUOTH_PHASE_RCPT] = look + x->ms[1];
    e->ms[QUOTH_PHASE_DECOY] = 0;
    if (x->ms[2])
        e->took_ms = e->ms[QUOTH_PHASE_DECOY] = look + x->ms[2];
}

static struct quoth_reading end_result(struct quoth_batch *b, uint32_t dom,
                                       const struct batch_item *x, const char *words,
                                       struct quoth_evidence *e)
{
    e->phase = QUOTH_PHASE_RCPT;
    e->err = QUOTH_OK;
    e->said = x->said;
    if (x->said.n)
        memcpy(e->words, words, x->said.n);
    end_item_times(e, batch_dom(b, dom)->look_ms, x);
    return batch_result(b, dom, x->addr, batch_dom(b, dom)->mx, e);
}

/* One that waited for the decoy. */
static void end_pend_result(struct quoth_batch *b, uint32_t dom, const struct batch_pend *p)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_item x = {.addr = p->addr, .said = p->said};
    struct quoth_evidence e;

    batch_blank(b, d, &e);
    e.peer = batch_peer(b, batch_dest(b, d->dest));
    e.ext = p->ext;
    e.tls = p->tls;
    memcpy(e.ms, p->ms, sizeof e.ms);
    e.took_ms = p->ms[QUOTH_PHASE_RCPT];
    e.flags |= p->flags;
    if (e.sessions < UINT8_MAX)
        e.sessions++;
    end_result(b, dom, &x, p->words, &e);
}

/* The decoy is answered, or given up (code 0): all that waited for it are results. */
static void end_decided(struct quoth_batch *b, uint32_t dom, uint16_t code, uint8_t reason)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_pend *p = d->extra ? d->extra->pend : NULL, *next;

    d->decoy = BATCH_DECOY_KNOWN;
    d->decoy_code = code;
    d->decoy_reason = reason;
    d->decoy_until = batch_seconds(b, b->now) + BATCH_DECOY_S;
    if (p)
        d->extra->pend = NULL;
    for (; p; p = next) {
        next = p->next;
        end_pend_result(b, dom, p);
        batch_free(b, p, sizeof *p + p->said.n);
    }
}

static void end_wait(struct quoth_batch *b, const struct batch_talk *c, const struct batch_item *x,
                     const char *words)
{
    struct batch_extra *extra = batch_dom_extra(b, batch_dom(b, x->dom));
    struct batch_pend *p = extra ? batch_alloc(b, sizeof *p + x->said.n) : NULL;
    struct quoth_evidence e;

    if (!p) {
        batch_dom_back(b, x->dom, x->addr);
        return;
    }
    p->addr = x->addr;
    p->said = x->said;
    p->ext = c->m.ext;
    p->tls = c->m.tls;
    p->flags = end_flags(c);
    end_times(b, c, x->dom, &e);
    end_item_times(&e, batch_dom(b, x->dom)->look_ms, x);
    memcpy(p->ms, e.ms, sizeof p->ms);
    if (x->said.n)
        memcpy(p->words, words, x->said.n);
    p->next = extra->pend;
    extra->pend = p;
}

/* What this reply, read so, says of us as a guest. It must live as long as `sum`. */
static void end_heard(struct batch_guest *sum, enum quoth_phase phase,
                      const struct quoth_said *said, const char *words,
                      const struct quoth_reading *r)
{
    enum quoth_pace_kind kind = quoth_pace_kind_of(phase, said, r->reason);

    if (kind == QUOTH_PACE_FINE || (phase == QUOTH_PHASE_RCPT && said->code / 100 == 2))
        sum->fine = 1;
    if (kind == QUOTH_PACE_BUSY || kind == QUOTH_PACE_REFUSED) {
        sum->kind = kind;
        sum->reason = r->reason;
        sum->code = said->code;
        sum->words_n = said->n;
        sum->words = words;
    }
    if (said->code / 100 == 5 && r->reason == QUOTH_REASON_IP_BLOCKED && r->rule &&
        !strcmp(r->rule, "text/blocklist")) {
        sum->listed = 1;
        sum->listed_dom = sum->dom;
    }
}

/* One that was accepted, of a domain whose decoy is not known: 1 when it is not a result yet. */
static int end_undecided(struct quoth_batch *b, struct batch_talk *c, const struct batch_item *x,
                         const char *words)
{
    struct batch_dom *d = batch_dom(b, x->dom);

    if (x->said.code / 100 != 2 || b->conf->no_decoy || d->decoy == BATCH_DECOY_KNOWN)
        return 0;
    if (d->dest != c->dest || d->decoy == BATCH_DECOY_NOT) {
        if (d->dest == c->dest && d->decoys >= BATCH_DECOYS)
            return 0;
        batch_dom_back(b, x->dom, x->addr);
        c->decoy_lost = 1;
    } else {
        end_wait(b, c, x, words);
    }
    return 1;
}

/* What the decoys said, before any result. */
static void end_tell_decoys(struct quoth_batch *b, struct batch_talk *c, struct batch_guest *sum)
{
    struct batch_item x;
    const char *words;

    for (uint32_t at = 0; batch_end_item(c, &at, &x, &words);) {
        struct quoth_reading r;
        if (!x.decoy || batch_dom(b, x.dom)->dest != c->dest)
            continue;
        quoth_judge_reply(&r, QUOTH_PHASE_DECOY, &x.said, words,
                          batch_mx_name(b, batch_dom(b, x.dom)->mx));
        sum->dom = x.dom;
        end_heard(sum, QUOTH_PHASE_DECOY, &x.said, words, &r);
        if (end_ask_another(b, (enum batch_item_decoy)x.decoy, &r))
            continue;
        if (x.decoy == BATCH_ITEM_NAME && x.said.code / 100 == 2)
            r.reason = QUOTH_REASON_ACCEPTS_BY_SHAPE;
        end_decided(b, x.dom, x.said.code, (uint8_t)r.reason);
    }
}

static void end_tell(struct quoth_batch *b, struct batch_talk *c, struct batch_guest *sum)
{
    struct batch_item x;
    const char *words;

    end_tell_decoys(b, c, sum);
    for (uint32_t at = 0; batch_end_item(c, &at, &x, &words);) {
        struct quoth_evidence e;
        struct quoth_reading r;
        if (x.decoy)
            continue;
        if (end_undecided(b, c, &x, words)) {
            sum->fine = 1;
            continue;
        }
        batch_end_evidence(b, c, x.dom, &e);
        r = end_result(b, x.dom, &x, words, &e);
        sum->dom = x.dom;
        end_heard(sum, QUOTH_PHASE_RCPT, &x.said, words, &r);
        if (quoth_pace_answer(&batch_dest(b, c->dest)->pace, r.reason) && !b->limit.pace_off)
            batch_event(
                b,
                "%s: more than one in five of its addresses are unknown there, which looks like "
                "harvesting: it is asked more slowly",
                batch_mx_name(b, batch_dom(b, x.dom)->mx));
    }
}

/* A server that falls silent may owe us a reply to an earlier command: are the answers in doubt?
 * Not that of a single one, where nothing can be shifted, nor when it hung up (P20). One that does
 * not answer QUIT would never be sure: from then on it is asked about one at a time. */
static int end_silent(struct quoth_batch *b, struct batch_talk *c)
{
    int quit = c->m.suspect == 2;
    struct batch_item x;
    const char *words;
    int n = 0;

    if (!quit && (c->m.err != QUOTH_ETIME || c->m.phase < QUOTH_PHASE_MAIL))
        return 0;
    for (uint32_t at = 0; batch_end_item(c, &at, &x, &words);)
        n += !x.decoy;
    if (quit && n > 1)
        batch_dest(b, c->dest)->most = 1;
    return n > 1;
}

/* The answers are in doubt: all to be asked again. What they say of us as a guest was said in any
 * case. */
static void end_recant(struct quoth_batch *b, struct batch_talk *c, struct batch_guest *sum)
{
    struct quoth_reading r;
    struct batch_item x;
    const char *words;

    for (uint32_t at = 0, from = 0; batch_end_item(c, &at, &x, &words); from = at) {
        struct batch_dom *d = batch_dom(b, x.dom);
        quoth_judge_reply(&r, QUOTH_PHASE_RCPT, &x.said, words, NULL);
        sum->dom = x.dom;
        end_heard(sum, QUOTH_PHASE_RCPT, &x.said, words, &r);
        if (!x.decoy && c->m.suspect == 1 && from >= c->latest)
            end_doubt(b, c, x.dom, x.addr, 0);
        else if (!x.decoy)
            batch_dom_back(b, x.dom, x.addr);
        else if (d->dest == c->dest && d->decoy == BATCH_DECOY_HEARD) {
            d->decoy = BATCH_DECOY_NOT;
            if (c->m.suspect != 1)
                d->decoys--; /* not its fault */
        }
    }
}

/* Each domain that was asked here: a decoy without an answer, and who waits for it. */
static void end_decoy_over(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);

    if (d->decoy != BATCH_DECOY_NOT)
        return;
    if (d->decoys >= BATCH_DECOYS)
        end_decided(b, dom, 0, 0);
    else
        batch_pend_back(b, dom);
}

/* It answers: what went wrong before is forgotten. */
static void end_clear(struct quoth_batch *b, uint32_t dom)
{
    batch_dom_clear(b, batch_dom(b, dom));
}

static void end_domains(struct quoth_batch *b, struct batch_talk *c,
                        void (*f)(struct quoth_batch *b, uint32_t dom))
{
    struct batch_item x;
    const char *words;
    uint32_t dom = BATCH_NONE;

    for (uint32_t at = 0; batch_end_item(c, &at, &x, &words);) {
        if (x.dom != dom && x.dom != c->dom)
            f(b, x.dom);
        dom = x.dom;
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

static enum end_why end_why(const struct quoth_batch *b, const struct batch_talk *c, uint32_t dom)
{
    const struct batch_dom *d = batch_dom(b, dom);
    const struct quoth_smtp *s = &c->m;
    const struct quoth_trail spent = {0}; /* the option is for all domains of this host */
    enum quoth_hosts_after after = quoth_hosts_after(s, &spent);
    int fails = d->extra ? d->extra->fails : BATCH_FAILS_MAX;

    if (after == QUOTH_HOSTS_IN_CLEAR)
        return END_NO_TLS;
    if (after == QUOTH_HOSTS_BY_HELO)
        return END_HELO;
    if (after == QUOTH_HOSTS_TLS_AGAIN)
        return END_TLS_AGAIN;
    if (after == QUOTH_HOSTS_ONE_BY_ONE && fails < BATCH_FAILS_MAX)
        return END_ONE_BY_ONE;
    if (d->answers && (fails < BATCH_FAILS_MAX || d->out))
        return END_AGAIN;
    if (after == QUOTH_HOSTS_NEXT)
        return END_NEXT_HOST;
    if (fails >= BATCH_FAILS_MAX ||
        (s->said.code / 100 == 4 && !b->limit.pace_off && s->suspect != 1))
        return END_FAILED;
    if (s->suspect != 1 && (s->said.code / 100 == 5 || s->err == QUOTH_ENOTLS))
        return END_REFUSED;
    return END_ONCE_MORE;
}

/* Many that were open at once failed once. */
static void end_count_fail(struct quoth_batch *b, const struct batch_talk *c, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_extra *x = batch_dom_extra(b, d);

    if (x && (!x->fails || c->start >= x->failed_at)) {
        if (x->fails < UINT8_MAX)
            x->fails++;
        x->failed_at = b->now;
    }
    if (c->m.phase > QUOTH_PHASE_CONNECT && d->sessions < UINT8_MAX)
        d->sessions++;
}

/* The last `hand` that went back have what was noted for a result. */
static void end_tell_hand(struct quoth_batch *b, uint32_t dom, uint32_t hand)
{
    struct batch_dom *d = batch_dom(b, dom);

    while (hand-- && batch_dom_work(d)) {
        struct quoth_evidence e;
        uint32_t *chain = batch_dom_urgent(d) ? &d->extra->urgent : &d->head;
        uint32_t addr = batch_chain_pop(b, chain), mx = batch_noted(b, dom, &e);
        if (addr == BATCH_NONE)
            return;
        batch_result(b, dom, addr, mx, &e);
    }
}

static void end_nothing(struct quoth_batch *b, struct batch_talk *c, uint32_t dom, uint32_t hand)
{
    if (c->again)
        return;
    end_count_fail(b, c, dom);
    end_note(b, c, dom);
    switch (end_why(b, c, dom)) {
    case END_NO_TLS: batch_dest_broke(b, c->dest, QUOTH_SMTP_NO_TLS, c->start); break;
    case END_TLS_AGAIN: batch_dest_broke(b, c->dest, QUOTH_SMTP_TLS_AGAIN, c->start); break;
    case END_HELO: batch_dest_broke(b, c->dest, QUOTH_SMTP_HELO, c->start); break;
    case END_ONE_BY_ONE: batch_dest_broke(b, c->dest, QUOTH_SMTP_ONE_BY_ONE, c->start); break;
    case END_NEXT_HOST: batch_dom_next_host(b, dom, quoth_hosts_mark_of(&c->m)); break;
    case END_FAILED: batch_end_fail(b, dom); break;
    case END_REFUSED: end_tell_hand(b, dom, hand); break;
    case END_AGAIN:
    case END_ONCE_MORE: break;
    }
}

/* How many answers were kept from there on. */
static uint32_t end_answers(const struct batch_talk *c, uint32_t from)
{
    struct batch_item x;
    const char *words;
    uint32_t n = 0;

    while (batch_end_item(c, &from, &x, &words))
        n++;
    return n;
}

/* Turned away at the door while others are inside: that is as many at once as it takes. */
static void end_at_once(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);
    uint16_t n = 0;

    for (uint32_t i = 0; i < b->limit.open; i++) {
        const struct batch_talk *c = b->talk[i];
        if (c && c->state != BATCH_TALK_FREE && c->dest == dest && c->m.phase > QUOTH_PHASE_BANNER)
            n++;
    }
    if (n && (!t->at_once || n < t->at_once))
        t->at_once = n;
}

/* It could not be connected to, or fell silent before anybody was answered. */
static int end_unheard(const struct batch_talk *c)
{
    if (c->m.phase == QUOTH_PHASE_CONNECT)
        return c->m.err && c->m.err != QUOTH_ESPACE;
    return c->m.err == QUOTH_ETIME && !c->m.said.code && !end_answers(c, 0);
}

/* It was greeted and left: nobody of those in hand could be asked there. */
static int end_asked_nothing(const struct batch_talk *c)
{
    return !c->m.err && !c->m.said.code && !end_answers(c, 0);
}

/* What it says of its destination: limits it showed, and manners. */
static void end_learn(struct quoth_batch *b, const struct batch_talk *c)
{
    struct batch_dest *t = batch_dest(b, c->dest);
    const struct quoth_smtp *s = &c->m;
    uint32_t n = end_answers(c, 0);

    if (n && n < UINT8_MAX && s->phase >= QUOTH_PHASE_MAIL &&
        (s->err == QUOTH_EIO || s->said.code == 421) && (!t->most || n < t->most))
        t->most = (uint8_t)n; /* that is as many as it takes */
    if (s->phase == QUOTH_PHASE_BANNER && s->said.code / 100 == 4 && t->open > 1)
        end_at_once(b, c->dest);
    if (s->phase >= QUOTH_PHASE_MAIL && !s->options)
        t->broke = (uint8_t)(n ? 0 : t->broke & QUOTH_SMTP_ONE_BY_ONE);
    if (s->phase > QUOTH_PHASE_CONNECT) {
        if (!end_unheard(c) && !(t->down_phase > QUOTH_PHASE_CONNECT && end_asked_nothing(c)))
            t->downs = 0;
        t->short_until = 0;
        batch_dest_rate(b, c->dest, b->now - c->start, n);
    }
}

static enum quoth_pace_kind end_pace(struct quoth_batch *b, const struct batch_talk *c,
                                     struct batch_guest *sum)
{
    const struct quoth_smtp *s = &c->m;
    struct quoth_reading r;
    int spent = s->said.code == 421 && end_answers(c, 0) && (b->limit.no_wait || b->limit.pace_off);

    if (s->said.code && !spent) {
        quoth_judge_reply(&r, (enum quoth_phase)s->phase, &s->said, c->end_words, NULL);
        sum->dom = c->dom;
        end_heard(sum, (enum quoth_phase)s->phase, &s->said, c->end_words, &r);
    }
    if (sum->kind != QUOTH_PACE_BUSY && !(sum->kind == QUOTH_PACE_REFUSED && !sum->fine)) {
        sum->kind = sum->fine ? QUOTH_PACE_FINE : QUOTH_PACE_NOTHING;
        sum->reason = QUOTH_REASON_NONE;
    }
    batch_dest_end(b, c->dest, sum);
    return sum->kind;
}

/* We ran out of something: it was not the server's fault, and for a while worth trying again. */
static int end_short(struct quoth_batch *b, const struct batch_talk *c)
{
    struct batch_dest *t = batch_dest(b, c->dest);

    if (c->m.phase != QUOTH_PHASE_CONNECT || c->m.err != QUOTH_ESPACE)
        return 0;
    if (!t->short_until)
        t->short_until = batch_seconds(b, b->now) + END_SHORT_S;
    if (batch_seconds(b, b->now) > t->short_until)
        return 0;
    if (batch_open(b) > 1)
        b->open_max = batch_open(b) - 1;
    b->open_cut = b->now;
    if (t->pace.next < b->now + END_SOON_MS)
        t->pace.next = b->now + END_SOON_MS;
    return 1;
}

/* Fewer at once because we ran out of something: it may have come back. */
static void end_more_at_once(struct quoth_batch *b, const struct batch_talk *c)
{
    if (b->open_max == b->limit.open || c->m.phase == QUOTH_PHASE_CONNECT ||
        b->now < b->open_cut + END_SHORT_S * 1000)
        return;
    b->open_cut = b->now;
    b->open_max += b->open_max / 8 + 1;
    if (b->open_max > b->limit.open)
        b->open_max = b->limit.open;
}

/* The domain it was about when it ended. `answers`: how many of it were answered here. */
static void end_domain(struct quoth_batch *b, struct batch_talk *c, uint32_t answers, uint32_t hand)
{
    struct batch_dom *d = batch_dom(b, c->dom);
    int own_end = c->alone && c->m.phase >= QUOTH_PHASE_MAIL && !c->m.said.code;

    if (c->decoy_lost && !c->decoy_asked && d->decoys < UINT8_MAX)
        d->decoys++; /* hung up on us before it could be asked */
    if (d->dest == c->dest)
        end_decoy_over(b, c->dom);
    if (answers)
        batch_dom_clear(b, d);
    if (end_short(b, c) || answers || own_end || b->stops || d->dest != c->dest)
        return;
    if (hand || c->m.suspect == 1)
        end_nothing(b, c, c->dom, hand);
}

enum quoth_pace_kind batch_end(struct quoth_batch *b, struct batch_talk *c, uint32_t hand)
{
    struct batch_guest sum = {.kind = (enum quoth_pace_kind)c->lost_kind,
                              .reason = (enum quoth_reason)c->lost_reason,
                              .code = c->lost_code,
                              .words = "",
                              .dom = BATCH_NONE};
    int silent = end_silent(b, c), doubted = silent || c->m.suspect == 1;
    uint32_t answers = c->dom != BATCH_NONE && c->m.suspect != 1 ? end_answers(c, c->first) : 0;
    enum quoth_pace_kind kind;

    if (c->dom != BATCH_NONE)
        batch_dom(b, c->dom)->out--;
    if (doubted)
        end_recant(b, c, &sum);
    else
        end_tell(b, c, &sum);
    if (c->dom != BATCH_NONE)
        end_domain(b, c, answers, hand);
    end_domains(b, c, end_decoy_over);
    if (!doubted)
        end_domains(b, c, end_clear);
    end_learn(b, c);
    kind = end_pace(b, c, &sum);
    if (end_unheard(c) && !(c->alone && c->m.phase > QUOTH_PHASE_CONNECT))
        batch_dest_down(b, c->dest, &c->m, c->start);
    end_more_at_once(b, c);
    if (sum.listed && sum.listed_dom != BATCH_NONE && batch_dom(b, sum.listed_dom)->dest == c->dest)
        batch_family_listed(b, sum.listed_dom, &batch_dest(b, c->dest)->ip);
    end_domains(b, c, batch_dom_mark);
    if (c->dom != BATCH_NONE)
        batch_dom_mark(b, c->dom);
    return kind;
}
