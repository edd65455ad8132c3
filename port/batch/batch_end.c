/* batch_end.c - what is made of a conversation's end.
 *
 *   settle, after each transaction: what was answered is kept, the rest goes back to its domain
 *   end, when it is over:           results, and what it says of domain and destination
 *
 * Nothing is told before the conversation is over: a reply too many may come at any time, and then
 * every answer since is in doubt (P28). At the end:
 *
 *   answered                 a result; accepted ones wait for their domain's decoy, whoever asked it
 *   not answered             back to the domain, which fails after two conversations without an answer
 *   doubted                  back to the domain: a reply too many came, or the server fell silent
 *   never got that far       the next host, as in verify.c
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "batch_inner.h"

enum {
    END_SOON_MS = 1000,
    END_SHORT_S = 300
}; /* so long what we ran out of may come back: ports take a minute */

/* ---- what a domain has learnt and not told yet -------------------------- */

/* When what was over, since the domain's lookups began, as if they had led to this conversation at
 * once. */
static void end_times(struct quoth_batch *b, const struct batch_talk *c, uint32_t dom)
{
    struct quoth_evidence *e = &b->ev;
    uint32_t look = batch_dom(b, dom)->look_ms;

    e->ms[QUOTH_PHASE_DNS] = look;
    for (int p = QUOTH_PHASE_CONNECT; p < QUOTH_PHASES; p++)
        e->ms[p] = c->ms[p] ? look + c->ms[p] : 0;
    e->took_ms = look + (uint32_t)(b->now - c->start);
}

static void end_note(struct quoth_batch *b, const struct batch_talk *c, uint32_t dom)
{
    const struct quoth_smtp *s = &c->m;
    const struct batch_dest *t = batch_dest(b, c->dest);
    struct batch_note n = {.phase = s->phase,
                           .err = (int8_t)s->err,
                           .ext = s->ext,
                           .pref = batch_dom(b, dom)->pref,
                           .said = s->said,
                           .peer = s->peer,
                           .tls = s->tls,
                           .mx = batch_dom(b, dom)->mx};
    end_times(b, c, dom);
    memcpy(n.ms, b->ev.ms, sizeof n.ms);
    n.took_ms = b->ev.took_ms;
    n.flags = (uint8_t)(t->flags | (c->offered ? QUOTH_EVID_TLS_OFFERED : 0) |
                        (batch_dom(b, dom)->flags & QUOTH_EVID_NOT_BEST));
    if (s->suspect) {
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
static int end_item(const struct batch_talk *c, uint32_t *at, struct batch_item *x,
                    const char **words)
{
    if (*at >= c->kept_n)
        return 0;
    memcpy(x, c->kept + *at, sizeof *x);
    *words = c->kept + *at + sizeof *x;
    *at += (uint32_t)((sizeof *x + x->said.n + 3) & ~(size_t)3);
    return 1;
}

/* Does this reply tell us to go easy? Then nothing more is asked in this conversation. */
static int end_enough(struct quoth_batch *b, const struct quoth_rcpt *r)
{
    struct quoth_reading reading;
    enum quoth_pace_kind kind;

    if (r->said.code / 100 == 2 || (r->said.code == 550 && r->said.esc[1] == 1) ||
        b->limit.pace_off)
        return 0;
    quoth_judge_reply(&reading, QUOTH_PHASE_RCPT, &r->said, r->words, NULL);
    kind = quoth_pace_kind_of(QUOTH_PHASE_RCPT, &r->said, reading.reason);
    return kind == QUOTH_PACE_BUSY || kind == QUOTH_PACE_REFUSED;
}

/* The evidence about an address of `dom` that this conversation has so far, in b->ev. */
void batch_end_evidence(struct quoth_batch *b, const struct batch_talk *c, uint32_t dom)
{
    struct quoth_evidence *e = batch_blank(b, batch_dom(b, dom));

    e->phase = c->m.phase;
    e->peer = c->m.peer;
    e->ext = c->m.ext;
    e->tls = c->m.tls;
    e->flags |= batch_dest(b, c->dest)->flags | (c->offered ? QUOTH_EVID_TLS_OFFERED : 0);
    if (e->sessions < UINT8_MAX)
        e->sessions++;
    end_times(b, c, dom);
}

/* It broke off over this one, or its answer is in doubt. The first time it goes back, to be asked
 * alone, so that it does no harm to others; the second time, or when it had all of its own time,
 * that is its result. */
static void end_hurt(struct quoth_batch *b, struct batch_talk *c, uint32_t dom, uint32_t addr,
                     int over)
{
    uint8_t *flags = batch_addr_flags(b, addr);

    if (!(over || *flags & BATCH_ADDR_HURT) || b->stops) {
        *flags |= BATCH_ADDR_HURT;
        batch_chain_push(b, &batch_dom(b, dom)->hurt, addr);
        return;
    }
    batch_end_evidence(b, c, dom);
    b->ev.err = (int8_t)(c->m.suspect ? QUOTH_EPROTO : c->m.err);
    batch_result(b, dom, addr, batch_dom(b, dom)->mx);
}

/* The time of one in hand is over; was it spent on others that were asked before it? */
static int end_had_its_time(const struct batch_talk *c, uint32_t j, uint32_t first)
{
    return c->late && (!c->given || c->m.phase < QUOTH_PHASE_RCPT || (j == 0 && first == 0));
}

/* Did it end amid a transaction, and no reply says why? */
static int end_broke(const struct batch_talk *c)
{
    return c->given && !c->m.said.code && c->m.err && c->m.err != QUOTH_ENOTLS &&
           c->m.phase >= QUOTH_PHASE_MAIL;
}

/* Accepted ones of its domain waited for it here. */
static void end_decoy_time(struct batch_talk *c)
{
    struct batch_item x;
    const char *words;

    for (uint32_t at = c->first, from = at; end_item(c, &at, &x, &words); from = at) {
        if (x.said.code / 100 != 2 || x.decoy)
            continue;
        x.ms[2] = c->ms[QUOTH_PHASE_RCPT];
        memcpy(c->kept + from, &x, sizeof x);
    }
}

static void end_settle_decoy(struct quoth_batch *b, struct batch_talk *c, struct batch_dom *d)
{
    const struct quoth_rcpt *r = &c->rcpt[0];
    int heard = r->said.code && r->said.code != 421 && end_keep(b, c, BATCH_NONE, r, 1);

    c->decoying = 0;
    if (heard)
        end_decoy_time(c);
    if (d->dest == c->dest)
        d->decoy = heard ? BATCH_DECOY_HEARD : BATCH_DECOY_NOT;
}

/* What is in hand was given and the machine is through with it: keep what was answered, give back
 * the rest. */
uint32_t batch_end_settle(struct quoth_batch *b, struct batch_talk *c)
{
    struct batch_dom *d = c->dom == BATCH_NONE ? NULL : batch_dom(b, c->dom);
    uint32_t back = 0, first = 0;

    if (c->n || c->decoying)
        c->latest = c->kept_n;
    if (c->decoying) {
        end_settle_decoy(b, c, d);
        return 0;
    }
    while (first < c->n && c->given && c->rcpt[first].said.code)
        first++;
    for (uint32_t j = c->n; j-- > 0;) {
        const struct quoth_rcpt *r = &c->rcpt[j];
        if (c->given && r->said.code && r->said.code != 421 && end_keep(b, c, c->who[j], r, 0)) {
            if (r->said.code / 100 == 2)
                c->ok = 1;
            if (end_enough(b, r))
                c->enough = 1;
            if (!c->m.suspect)
                d->state |= BATCH_DOM_KNOWN;
            continue;
        }
        if (end_had_its_time(c, j, first))
            end_hurt(b, c, c->dom, c->who[j], 1);
        else if (end_broke(c) && j == first)
            end_hurt(b, c, c->dom, c->who[j], 0);
        else
            batch_chain_push(b, &d->head, c->who[j]);
        back++;
    }
    c->n = 0;
    c->given = 0;
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

static void end_result(struct quoth_batch *b, uint32_t dom, const struct batch_item *x,
                       const char *words)
{
    struct quoth_evidence *e = &b->ev;

    e->phase = QUOTH_PHASE_RCPT;
    e->err = QUOTH_OK;
    e->said = x->said;
    if (x->said.n)
        memcpy(e->words, words, x->said.n);
    end_item_times(e, batch_dom(b, dom)->look_ms, x);
    batch_result(b, dom, x->addr, batch_dom(b, dom)->mx);
}

/* The decoy is answered, or given up (code 0): all that waited for it are results. */
static void end_decided(struct quoth_batch *b, uint32_t dom, uint16_t code, uint8_t reason)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_pend *p = d->rare ? d->rare->pend : NULL, *next;

    d->decoy = BATCH_DECOY_KNOWN;
    d->decoy_code = code;
    d->decoy_reason = reason;
    if (p)
        d->rare->pend = NULL;
    for (; p; p = next) {
        struct quoth_evidence *e = batch_blank(b, d);
        struct batch_item x = {.addr = p->addr, .said = p->said};
        next = p->next;
        e->peer = batch_peer(b, batch_dest(b, d->dest));
        e->ext = p->ext;
        e->tls = p->tls;
        memcpy(e->ms, p->ms, sizeof e->ms);
        e->took_ms = p->ms[QUOTH_PHASE_RCPT];
        e->flags |= p->flags;
        if (e->sessions < UINT8_MAX)
            e->sessions++;
        end_result(b, dom, &x, p->words);
        batch_free(b, p, sizeof *p + p->said.n);
    }
}

static void end_wait(struct quoth_batch *b, const struct batch_talk *c, const struct batch_item *x,
                     const char *words)
{
    struct batch_rare *r = batch_dom_rare(b, batch_dom(b, x->dom));
    struct batch_pend *p = r ? batch_alloc(b, sizeof *p + x->said.n) : NULL;

    if (!p)
        return;
    p->addr = x->addr;
    p->said = x->said;
    p->ext = c->m.ext;
    p->tls = c->m.tls;
    p->flags = (uint8_t)(batch_dest(b, c->dest)->flags | (c->offered ? QUOTH_EVID_TLS_OFFERED : 0));
    end_times(b, c, x->dom);
    end_item_times(&b->ev, batch_dom(b, x->dom)->look_ms, x);
    memcpy(p->ms, b->ev.ms, sizeof p->ms);
    if (x->said.n)
        memcpy(p->words, words, x->said.n);
    p->next = r->pend;
    r->pend = p;
}

/* What the end and the answers say of us as a guest. */
struct end_sum {
    enum quoth_pace_kind kind;
    enum quoth_reason reason;
    uint8_t fine, listed;
    uint32_t listed_dom;
};

static void end_heard(struct end_sum *sum, enum quoth_phase phase, const struct quoth_said *said,
                      const struct quoth_reading *r, uint32_t dom)
{
    enum quoth_pace_kind kind = quoth_pace_kind_of(phase, said, r->reason);

    if (kind == QUOTH_PACE_FINE)
        sum->fine = 1;
    if (kind == QUOTH_PACE_BUSY || kind == QUOTH_PACE_REFUSED) {
        sum->kind = kind;
        sum->reason = r->reason;
    }
    if (said->code / 100 == 5 && r->reason == QUOTH_REASON_IP_BLOCKED && r->rule &&
        !strcmp(r->rule, "text/blocklist")) {
        sum->listed = 1;
        sum->listed_dom = dom;
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
        batch_chain_push(b, &d->head, x->addr);
        c->lost = 1;
    } else {
        end_wait(b, c, x, words);
    }
    return 1;
}

static void end_tell(struct quoth_batch *b, struct batch_talk *c, struct end_sum *sum)
{
    struct batch_item x;
    const char *words;
    uint32_t dom = BATCH_NONE;

    for (uint32_t at = 0; end_item(c, &at, &x, &words);) { /* what the decoys said, first */
        struct quoth_reading r;
        if (!x.decoy || batch_dom(b, x.dom)->dest != c->dest)
            continue;
        quoth_judge_reply(&r, QUOTH_PHASE_DECOY, &x.said, words,
                          batch_text_at(&b->names, batch_dom(b, x.dom)->mx));
        end_heard(sum, QUOTH_PHASE_DECOY, &x.said, &r, x.dom);
        end_decided(b, x.dom, x.said.code, (uint8_t)r.reason);
    }
    for (uint32_t at = 0; end_item(c, &at, &x, &words);) {
        if (x.decoy)
            continue;
        dom = x.dom;
        if (end_undecided(b, c, &x, words)) {
            sum->fine = 1;
            continue;
        }
        batch_end_evidence(b, c, dom);
        end_result(b, dom, &x, words);
        end_heard(sum, QUOTH_PHASE_RCPT, &x.said, &b->reading, dom);
        if (quoth_pace_answer(&batch_dest(b, c->dest)->pace, b->reading.reason) &&
            !b->limit.pace_off)
            batch_event(
                b,
                "%s: more than one in five of its addresses are unknown there, which looks like "
                "harvesting: it is asked more slowly",
                batch_text_at(&b->names, batch_dom(b, dom)->mx));
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

    if (quit)
        c->m.suspect = 0;
    else if (c->m.err != QUOTH_ETIME || c->m.phase < QUOTH_PHASE_MAIL)
        return 0;
    for (uint32_t at = 0; end_item(c, &at, &x, &words);)
        n += !x.decoy;
    if (quit && n > 1)
        batch_dest(b, c->dest)->most = 1;
    return n > 1;
}

/* The answers are in doubt: all to be asked again. What they say of us as a guest was said in any
 * case. */
static void end_recant(struct quoth_batch *b, struct batch_talk *c, struct end_sum *sum)
{
    struct quoth_reading r;
    struct batch_item x;
    const char *words;

    for (uint32_t at = 0, from = 0; end_item(c, &at, &x, &words); from = at) {
        struct batch_dom *d = batch_dom(b, x.dom);
        quoth_judge_reply(&r, QUOTH_PHASE_RCPT, &x.said, words, NULL);
        end_heard(sum, QUOTH_PHASE_RCPT, &x.said, &r, x.dom);
        if (!x.decoy && c->m.suspect && from >= c->latest)
            end_hurt(b, c, x.dom, x.addr, 0);
        else if (!x.decoy)
            batch_chain_push(b, &d->head, x.addr);
        else if (d->dest == c->dest && d->decoy == BATCH_DECOY_HEARD) {
            d->decoy = BATCH_DECOY_NOT;
            if (!c->m.suspect)
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

/* It answers: what was, is forgiven. */
static void end_forgive(struct quoth_batch *b, uint32_t dom)
{
    batch_dom_plain(b, batch_dom(b, dom));
}

static void end_domains(struct quoth_batch *b, struct batch_talk *c,
                        void (*f)(struct quoth_batch *b, uint32_t dom))
{
    struct batch_item x;
    const char *words;
    uint32_t dom = BATCH_NONE;

    for (uint32_t at = 0; end_item(c, &at, &x, &words);) {
        if (x.dom != dom && x.dom != c->dom)
            f(b, x.dom);
        dom = x.dom;
    }
}

/* In hand and not answered, nothing of this domain was answered: is it worth another call, and
 * whose? */
static void end_fruitless(struct quoth_batch *b, struct batch_talk *c, uint32_t dom, uint32_t hand)
{
    struct batch_dom *d = batch_dom(b, dom);
    struct batch_dest *t = batch_dest(b, c->dest);
    const struct quoth_smtp *s = &c->m;
    int again = !t->options && d->sessions < QUOTH_SESSIONS_MAX;

    if (c->again)
        return;
    if (!d->fails ||
        c->start - b->start >= d->failed_at) { /* many that were open at once failed once */
        if (d->fails < UINT8_MAX)
            d->fails++;
        d->failed_at = (uint32_t)(b->now - b->start);
    }
    if (s->phase > QUOTH_PHASE_CONNECT && d->sessions < UINT8_MAX)
        d->sessions++;
    end_note(b, c, dom);
    if (again && s->phase == QUOTH_PHASE_STARTTLS &&
        (s->err == QUOTH_ENOTLS || s->err == QUOTH_EIO) && b->conf->smtp.tls == QUOTH_TLS_TRY) {
        t->options = QUOTH_SMTP_NO_TLS;
        t->flags |= QUOTH_EVID_TLS_BROKE;
    } else if (again && s->err == QUOTH_EIO && s->phase == QUOTH_PHASE_EHLO && !s->secure) {
        t->options = QUOTH_SMTP_HELO;
        t->flags |= QUOTH_EVID_HELO;
    } else if (d->state & BATCH_DOM_KNOWN && (d->fails < BATCH_FRUITLESS || d->out)) {
        return; /* it does answer, as a rule */
    } else if (s->phase < QUOTH_PHASE_MAIL && s->err != QUOTH_ENOTLS) {
        batch_dom_move(b, dom);
    } else if (d->fails >= BATCH_FRUITLESS ||
               (s->said.code / 100 == 4 && !b->limit.pace_off && !s->suspect)) {
        batch_end_fail(b, dom);
    } else if (!s->suspect &&
               (s->said.code / 100 == 5 || s->err == QUOTH_ENOTLS)) { /* the sender or our terms */
        while (hand-- && d->head != BATCH_NONE) {
            uint32_t addr = batch_chain_pop(b, &d->head);
            batch_result(b, dom, addr, batch_noted(b, dom));
        }
    }
}

/* How many answers were kept from there on. */
static uint32_t end_answers(const struct batch_talk *c, uint32_t from)
{
    struct batch_item x;
    const char *words;
    uint32_t n = 0;

    while (end_item(c, &from, &x, &words))
        n++;
    return n;
}

/* Turned away at the door while others are inside: that is as many at once as it takes. */
static void end_crowd(struct quoth_batch *b, uint32_t dest)
{
    struct batch_dest *t = batch_dest(b, dest);
    uint16_t n = 0;

    for (uint32_t i = 0; i < b->limit.open; i++) {
        const struct batch_talk *c = b->talk[i];
        if (c && c->live && c->dest == dest && c->m.phase > QUOTH_PHASE_BANNER)
            n++;
    }
    if (n && (!t->crowd || n < t->crowd))
        t->crowd = n;
}

static void end_dest_over(struct quoth_batch *b, struct batch_talk *c, struct end_sum *sum)
{
    struct batch_dest *t = batch_dest(b, c->dest);
    const struct quoth_smtp *s = &c->m;
    struct quoth_reading r;
    uint32_t n = end_answers(c, 0);
    int spent = s->said.code == 421 && n && (b->limit.no_wait || b->limit.pace_off);

    if (s->said.code && !spent) {
        quoth_judge_reply(&r, (enum quoth_phase)s->phase, &s->said, c->end_words, NULL);
        end_heard(sum, (enum quoth_phase)s->phase, &s->said, &r, c->dom);
    }
    if (n && n < UINT8_MAX && s->phase >= QUOTH_PHASE_MAIL &&
        (s->err == QUOTH_EIO || s->said.code == 421) && (!t->most || n < t->most))
        t->most = (uint8_t)n; /* that is as many as it takes */
    if (s->phase == QUOTH_PHASE_BANNER && s->said.code / 100 == 4 && t->open > 1)
        end_crowd(b, c->dest);
    if (s->phase > QUOTH_PHASE_CONNECT)
        t->downs = 0, t->short_by = 0;
    if (sum->fine)
        batch_dest_end(b, c->dest, QUOTH_PACE_FINE, QUOTH_REASON_NONE);
    if (sum->kind == QUOTH_PACE_BUSY || (sum->kind == QUOTH_PACE_REFUSED && !sum->fine))
        batch_dest_end(b, c->dest, sum->kind, sum->reason);
    if (s->phase == QUOTH_PHASE_CONNECT && s->err && s->err != QUOTH_ESPACE)
        batch_dest_down(b, c->dest, s->err);
}

/* We ran out of something: it was not the server's fault, and for a while worth trying again. */
static int end_short(struct quoth_batch *b, const struct batch_talk *c)
{
    struct batch_dest *t = batch_dest(b, c->dest);

    if (c->m.phase != QUOTH_PHASE_CONNECT || c->m.err != QUOTH_ESPACE)
        return 0;
    if (!t->short_by)
        t->short_by = batch_seconds(b, b->now) + END_SHORT_S;
    if (batch_seconds(b, b->now) > t->short_by)
        return 0;
    if (batch_open(b) > 1)
        b->open_max = batch_open(b) - 1;
    if (t->pace.next < b->now + END_SOON_MS)
        t->pace.next = b->now + END_SOON_MS;
    return 1;
}

/* A conversation is over; `hand`: so many of its last ones went back unanswered. */
void batch_end(struct quoth_batch *b, struct batch_talk *c, uint32_t hand)
{
    struct end_sum sum = {QUOTH_PACE_NOTHING, QUOTH_REASON_NONE, 0, 0, 0};
    uint32_t dom = c->dom, fruit;
    int silent = end_silent(b, c), doubted = silent || c->m.suspect;

    fruit = dom != BATCH_NONE && !c->m.suspect ? end_answers(c, c->first) : 0;
    if (dom != BATCH_NONE)
        batch_dom(b, dom)->out--;
    if (doubted)
        end_recant(b, c, &sum);
    else
        end_tell(b, c, &sum);
    if (dom != BATCH_NONE) {
        struct batch_dom *d = batch_dom(b, dom);
        if (c->lost && !c->tried && d->decoys < UINT8_MAX)
            d->decoys++; /* hung up on us before it could be asked */
        if (d->dest == c->dest)
            end_decoy_over(b, dom);
        if (fruit)
            batch_dom_plain(b, d);
        if (!end_short(b, c) && !fruit && (hand || c->m.suspect) && !b->stops &&
            d->dest == c->dest &&
            !(c->alone && c->m.phase >= QUOTH_PHASE_MAIL &&
              !c->m.said.code)) /* that was this one's own end */
            end_fruitless(b, c, dom, hand);
    }
    end_domains(b, c, end_decoy_over);
    if (!doubted)
        end_domains(b, c, end_forgive);
    end_dest_over(b, c, &sum);
    if (sum.listed)
        batch_family_stop(b, sum.listed_dom);
    end_domains(b, c, batch_dom_mark);
    if (dom != BATCH_NONE)
        batch_dom_mark(b, dom);
}
