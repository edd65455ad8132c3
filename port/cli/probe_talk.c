/* probe_talk.c - the conversation of `quoth smtp`: core's machine, and a second pair of ears.
 *
 *   OPEN --port 465: TLS first--+
 *     |                         v
 *     +-------------------> core's machine: greeting, EHLO, STARTTLS, EHLO
 *                               |  at WANT_RCPT
 *                               +--> no relay check: QUIT
 *                               `--> MAIL sender, RCPT; RSET, MAIL <>, RCPT; and when both are
 *                                    taken the same for a domain that nobody has; then QUIT
 *                                    or, for --relay-all: a transaction a shape, and QUIT after
 *                                    five refusals
 *
 * Each command that goes out is a step, each reply answers the oldest step that has none. So what
 * core forgets on its way (the greeting's words, the keywords of EHLO, the time of each reply)
 * stands in the facts, and what goes over the wire is what every verification says, but for the
 * shapes: core writes no address that is none, so it is given a stand-in of the same length, and
 * the shape is put in its place on the way out.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "probe.h"

/* ---- steps -------------------------------------------------------------- */

static void talk_begin(struct probe_talk *talk, enum probe_verb verb, uint64_t now)
{
    struct probe_facts *facts = talk->f;

    if (facts->steps == PROBE_STEPS)
        return;
    facts->step[facts->steps] = (struct probe_step) {.verb = (uint8_t)verb, .began = now};
    facts->step[facts->steps++].secure = talk->secure;
}

static struct probe_step *talk_due(struct probe_talk *talk)
{
    return talk->heard < talk->f->steps ? &talk->f->step[talk->heard] : NULL;
}

static void talk_done(struct probe_talk *talk, uint64_t now)
{
    struct probe_step *step = talk_due(talk);

    if (!step)
        return;
    step->done = 1;
    step->ms = (uint32_t)(now - step->began);
    talk->heard++;
}

/* ---- what we say -------------------------------------------------------- */

/* Commands begin lines, and a line may be sent in pieces. */
static void talk_said(struct probe_talk *talk, const struct quoth_event *ev)
{
    struct quoth_want want;
    const char *p;

    quoth_smtp_want(&talk->smtp, &want);
    p = want.out;
    for (size_t i = 0; i < ev->n && i < want.n; i++) {
        for (unsigned verb = PROBE_EHLO; verb < PROBE_VERBS && !talk->mid && want.n - i > 4; verb++)
            if (!memcmp(p + i, probe_verb_name(verb), 4))
                talk_begin(talk, (enum probe_verb)verb, ev->now);
        talk->mid = p[i] != '\n';
    }
}

/* ---- what we hear ------------------------------------------------------- */

static void talk_offer(struct probe_offers *offers, const char *p, size_t n)
{
    if (n + 1 > sizeof offers->text - offers->used) {
        offers->cut = 1;
        return;
    }
    for (size_t i = 0; i < n; i++)
        offers->text[offers->used + i] = (char)(p[i] ? p[i] : '?');
    offers->text[offers->used + n] = 0;
    offers->used = (uint16_t)(offers->used + n + 1);
    offers->n++;
}

/* The lines of an answer to EHLO, as they were said. `first`: no line of it came before. */
static void talk_lines(struct probe_talk *talk, const char *p, size_t n, unsigned lines)
{
    const struct probe_step *step = talk_due(talk);
    struct probe_offers *offers = &talk->f->offers[talk->secure];

    if (!step || step->verb != PROBE_EHLO)
        return;
    for (size_t i = 0; i < n; i++) {
        if (p[i] != '\n') {
            if (talk->line_n < sizeof talk->line)
                talk->line[talk->line_n++] = p[i];
            continue;
        }
        if (talk->line_n && talk->line[talk->line_n - 1] == '\r')
            talk->line_n--;
        if (lines++ && talk->line_n > 4)
            talk_offer(offers, talk->line + 4, talk->line_n - 4u);
        talk->line_n = 0;
    }
}

/* The name that the greeting begins with, if it is a host's. */
static void talk_name(struct probe_facts *facts, const struct probe_step *greeting)
{
    size_t n = 0;
    struct quoth_name name;

    while (n < greeting->said.n && greeting->words[n] != ' ')
        n++;
    if (n < sizeof facts->name && quoth_name_parse(&name, greeting->words, n) == QUOTH_OK &&
        quoth_name_is_host(&name))
        memcpy(facts->name, greeting->words, n);
}

/* A reply is whole; `more` bytes stand behind it. */
static void talk_reply(struct probe_talk *talk, size_t more, uint64_t now)
{
    struct probe_step *step = talk_due(talk);
    struct quoth_said said = talk->reply.said;

    if (!step) {
        talk->f->surplus = 1;
        return;
    }
    if (said.n > sizeof step->words)
        said.n = sizeof step->words;
    memcpy(step->words, talk->reply.words, said.n);
    step->said = said;
    if (step->verb == PROBE_GREETING)
        talk_name(talk->f, step);
    if (step->verb == PROBE_EHLO && said.code / 100 == 2)
        talk->f->offers[talk->secure].heard = 1;
    if (step->verb == PROBE_STARTTLS && said.code == 220 && more)
        talk->f->injected = 1;
    talk_done(talk, now);
}

static void talk_heard(struct probe_talk *talk, const struct quoth_event *ev)
{
    const char *p = ev->data;
    size_t n = ev->n, used;

    while (n) {
        const unsigned lines = talk->reply.lines;
        int rc = quoth_reply_feed(&talk->reply, p, n, &used);
        talk_lines(talk, p, used, lines);
        p += used;
        n -= used;
        if (rc == QUOTH_EPROTO)
            talk->f->not_smtp = (uint8_t)(talk->reply.lines + 1);
        if (rc)
            return;
        talk_reply(talk, n, ev->now);
        quoth_reply_init(&talk->reply);
    }
}

/* ---- TLS ---------------------------------------------------------------- */

static void talk_secured(struct probe_talk *talk, const struct quoth_event *ev)
{
    talk_done(talk, ev->now);
    talk->secure = 1;
    talk->f->tls = ev->tls;
    if (talk->tls_link)
        (void)quoth_tls_cert(talk->tls_link, &talk->f->cert);
}

static int talk_wants_tls(const struct probe_talk *talk)
{
    struct quoth_want want;

    quoth_smtp_want(&talk->smtp, &want);
    return want.kind == QUOTH_WANT_TLS;
}

/* Before the greeting: core's machine still waits for its stream. */
static int talk_shake(struct probe_talk *talk, const struct quoth_event *ev)
{
    struct quoth_event next = {.kind = QUOTH_EV_UP, .now = ev->now};

    talk->shaking = 0;
    if (ev->kind == QUOTH_EV_UP) {
        talk_secured(talk, ev);
        if (!talk->conf.tls_verify || ev->tls.cert == QUOTH_CERT_CHECKED) {
            talk_begin(talk, PROBE_GREETING, ev->now);
            return quoth_smtp_feed(&talk->smtp, &next);
        }
    }
    next.kind = QUOTH_EV_FAIL;
    next.err = QUOTH_ENOTLS;
    return quoth_smtp_feed(&talk->smtp, &next);
}

/* ---- the relay check ---------------------------------------------------- */

/* Where the reply to the latest transaction belongs, or NULL. */
static struct probe_reply *talk_relay_reply(const struct probe_talk *talk)
{
    if (talk->into)
        return talk->shapes ? &talk->into->shape[talk->into->shapes_asked - 1].reply : NULL;
    return talk->f->relays ? &talk->f->probe[talk->f->relays - 1] : NULL;
}

/* The transaction before this one was answered, by RCPT's reply or by a refusal of MAIL. */
static void talk_relay_note(struct probe_talk *talk)
{
    const struct probe_step *mail = probe_step_of(talk->f, PROBE_MAIL);
    struct probe_reply *to = talk_relay_reply(talk);

    if (!to || to->said.code)
        return;
    to->said = talk->rcpt.said;
    if (talk->rcpt.said.code || !mail || !mail->done || mail->said.code / 100 == 2)
        return;
    to->at_mail = 1;
    to->said = mail->said;
    memcpy(to->words, mail->words, mail->said.n);
}

static int talk_relay_taken(const struct probe_facts *facts, unsigned probe)
{
    return facts->probe[probe].said.code / 100 == 2;
}

/* ---- the shapes --------------------------------------------------------- */

enum { TALK_STAND_IN = '~' }; /* no sender of ours ends with it */

/* Between transactions. */
static int talk_next_shape(struct probe_talk *talk, uint64_t now)
{
    struct probe_shape *shape;
    struct quoth_event ev = {.kind = QUOTH_EV_RCPT, .now = now, .rcpt = &talk->rcpt};

    talk_relay_note(talk);
    if (talk->smtp.refused >= PROBE_REFUSALS || !probe_shapes_more(talk->into))
        return quoth_smtp_feed(&talk->smtp, &ev);
    shape = &talk->into->shape[talk->into->shapes_asked++];
    talk->shapes++;
    talk->rcpt = (struct quoth_rcpt) {.local = {talk->stand_in, 1}, /* "~@~~~..." */
                                      .domain = {talk->stand_in, strlen(shape->to) - 2},
                                      .words = shape->reply.words,
                                      .words_cap = PROBE_WORDS};
    ev.n = 1;
    return quoth_smtp_feed(&talk->smtp, &ev);
}

/* What core has to say, or the rest of it. RCPT stands at its end, if it is there. */
static void talk_dress(struct probe_talk *talk)
{
    struct quoth_want want;
    const char *shape;
    size_t at, n;

    quoth_smtp_want(&talk->smtp, &want);
    if (!talk->shapes || want.kind != QUOTH_WANT_SEND)
        return;
    memcpy(talk->out, want.out, want.n);
    at = want.n - (want.n < 3 ? want.n : 3); /* before ">", CR, LF */
    if (!at || talk->out[at - 1] != TALK_STAND_IN)
        return;
    shape = talk->into->shape[talk->into->shapes_asked - 1].to;
    for (n = strlen(shape); n && at;)
        talk->out[--at] = shape[--n];
}

/* ---- the plain address --------------------------------------------------- */

/* Between transactions. The third one is for a domain that nobody has, which proves more than the
 * two before it, and asks nobody else anything (RFC 6761 6.4). */
static int talk_next(struct probe_talk *talk, uint64_t now)
{
    static const char nowhere[] = "quoth.invalid";
    struct probe_facts *facts = talk->f;
    struct quoth_event ev = {.kind = QUOTH_EV_RCPT, .now = now, .rcpt = &talk->rcpt};

    talk_relay_note(talk);
    if (!facts->relay || facts->relay_state == PROBE_RELAY_HERE || facts->relays == PROBE_RELAYS ||
        (facts->relays == 2 && !(talk_relay_taken(facts, 0) && talk_relay_taken(facts, 1))))
        return quoth_smtp_feed(&talk->smtp, &ev);
    talk->conf.from = facts->relays == 1 ? "" : talk->from;
    talk->rcpt = (struct quoth_rcpt) {.local = talk->to.local,
                                      .domain = {talk->to_domain, strlen(talk->to_domain)},
                                      .words = facts->probe[facts->relays].words,
                                      .words_cap = PROBE_WORDS};
    if (facts->relays == 2) {
        talk->rcpt.local = (struct quoth_span) {talk->random, sizeof talk->random};
        talk->rcpt.domain = (struct quoth_span) {nowhere, sizeof nowhere - 1};
    }
    facts->relays++;
    ev.n = 1;
    return quoth_smtp_feed(&talk->smtp, &ev);
}

static enum probe_relay_state talk_relay_state(const struct probe_facts *facts)
{
    unsigned taken = 0, refused = 0;

    if (facts->relay_state == PROBE_RELAY_HERE)
        return PROBE_RELAY_HERE;
    if (!facts->relays)
        return PROBE_RELAY_UNASKED;
    for (unsigned i = 0; i < facts->relays; i++) {
        taken += facts->probe[i].said.code / 100 == 2;
        refused += facts->probe[i].said.code / 100 == 5;
    }
    if (taken)
        return taken == PROBE_RELAYS ? PROBE_RELAY_ANYTHING : PROBE_RELAY_TAKEN;
    return refused == facts->relays ? PROBE_RELAY_CLOSED : PROBE_RELAY_LATER;
}

/* ---- the machine -------------------------------------------------------- */

void probe_talk_start(struct probe_talk *talk, const struct quoth_smtp_conf *conf,
                      const struct quoth_call *call, const uint8_t seed[16], uint64_t now)
{
    struct probe_facts *facts = talk->f;
    const struct quoth_tls_link *link = talk->tls_link;
    struct probe_facts *into = talk->into;
    struct quoth_call to = *call;
    struct quoth_random rnd;

    memset(talk, 0, sizeof *talk);
    talk->tls_link = link;
    talk->into = into;
    memset(talk->stand_in, TALK_STAND_IN, sizeof talk->stand_in);
    talk->f = facts;
    talk->conf = *conf;
    talk->from = conf->from;
    talk->end = now + (conf->talk_ms ? conf->talk_ms : 180000);
    facts->steps = 0;
    facts->peer = call->peer;
    if (facts->relay && (quoth_addr_parse(&talk->to, facts->relay, strlen(facts->relay)) ||
                         quoth_addr_domain(&talk->to, talk->to_domain, sizeof talk->to_domain) < 0))
        facts->relay = NULL;
    quoth_random_seed(&rnd, seed);
    quoth_random_local(&rnd, talk->random, sizeof talk->random);
    if (facts->as == 465) { /* TLS is there already when core looks (RFC 8314 3.3) */
        to.options |= QUOTH_SMTP_NO_TLS;
        talk->conf.tls = QUOTH_TLS_TRY;
    }
    quoth_reply_init(&talk->reply);
    quoth_smtp_start(&talk->smtp, &talk->conf, &to, now);
    talk_begin(talk, PROBE_CONNECT, now);
}

void probe_talk_want(const struct probe_talk *talk, struct quoth_want *want)
{
    quoth_smtp_want(&talk->smtp, want);
    if (talk->shapes && want->kind == QUOTH_WANT_SEND)
        want->out = talk->out;
    if (!talk->shaking)
        return;
    want->kind = QUOTH_WANT_TLS;
    want->deadline = talk->shake_until;
}

static void talk_watch(struct probe_talk *talk, const struct quoth_event *ev)
{
    switch (ev->kind) {
    case QUOTH_EV_SENT: talk_said(talk, ev); break;
    case QUOTH_EV_DATA: talk_heard(talk, ev); break;
    case QUOTH_EV_UP:
        if (talk_wants_tls(talk)) {
            talk_secured(talk, ev);
            break;
        }
        talk->f->connected = 1;
        talk_done(talk, ev->now);
        if (talk->f->as == 465) {
            talk->shaking = 1;
            talk->shake_until = ev->now + (talk->conf.tls_ms ? talk->conf.tls_ms : 60000);
            if (talk->shake_until > talk->end)
                talk->shake_until = talk->end;
            talk_begin(talk, PROBE_HANDSHAKE, ev->now);
        } else {
            talk_begin(talk, PROBE_GREETING, ev->now);
        }
        break;
    default: break;
    }
}

static int talk_feed(struct probe_talk *talk, const struct quoth_event *ev)
{
    int rc;

    if (talk->shaking)
        return talk_shake(talk, ev);
    talk_watch(talk, ev);
    if (talk->shaking)
        return QUOTH_OK;
    if (ev->kind == QUOTH_EV_RCPT)
        return talk->into ? talk_next_shape(talk, ev->now) : talk_next(talk, ev->now);
    rc = quoth_smtp_feed(&talk->smtp, ev);
    if (rc == QUOTH_OK && ev->kind == QUOTH_EV_DATA && talk_wants_tls(talk))
        talk_begin(talk, PROBE_HANDSHAKE, ev->now);
    return rc;
}

int probe_talk_feed(struct probe_talk *talk, const struct quoth_event *ev)
{
    const int rc = talk_feed(talk, ev);

    talk_dress(talk);
    return rc;
}

void probe_talk_leave(struct probe_talk *talk, uint64_t now)
{
    quoth_smtp_leave(&talk->smtp, now);
    talk_dress(talk);
}

void probe_talk_end(struct probe_talk *talk)
{
    struct probe_facts *facts = talk->f;

    talk_relay_note(talk);
    facts->relay_state = (uint8_t)talk_relay_state(facts);
    facts->err = talk->smtp.err;
    facts->suspect = talk->smtp.suspect == 1;
}
