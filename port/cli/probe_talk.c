/* probe_talk.c - the conversation of `quoth smtp`: core's machine, and a second pair of ears.
 *
 *   OPEN --port 465: TLS first--+
 *     |                         v
 *     +-------------------> core's machine: greeting, EHLO, STARTTLS, EHLO
 *                               |  at WANT_RCPT
 *                               +--> no relay check: QUIT
 *                               `--> MAIL sender, RCPT; RSET, MAIL <>, RCPT; and when both are
 *                                    taken the same for a domain that nobody has; then QUIT
 *
 * Each command that goes out is a step, each reply answers the oldest step that has none. So what
 * core forgets on its way (the greeting's words, the keywords of EHLO, the time of each reply)
 * stands in the facts, and what goes over the wire is what every verification says.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "probe.h"

/* ---- steps -------------------------------------------------------------- */

static void talk_begin(struct probe_talk *t, enum probe_verb verb, uint64_t now)
{
    struct probe_facts *f = t->f;

    if (f->steps == PROBE_STEPS)
        return;
    f->step[f->steps] = (struct probe_step) {.verb = (uint8_t)verb, .began = now};
    f->step[f->steps++].secure = t->secure;
}

static struct probe_step *talk_due(struct probe_talk *t)
{
    return t->heard < t->f->steps ? &t->f->step[t->heard] : NULL;
}

static void talk_done(struct probe_talk *t, uint64_t now)
{
    struct probe_step *step = talk_due(t);

    if (!step)
        return;
    step->done = 1;
    step->ms = (uint32_t)(now - step->began);
    t->heard++;
}

/* ---- what we say -------------------------------------------------------- */

/* Commands begin lines, and a line may be sent in pieces. */
static void talk_said(struct probe_talk *t, const struct quoth_event *ev)
{
    struct quoth_want w;
    const char *p;

    quoth_smtp_want(&t->smtp, &w);
    p = w.out;
    for (size_t i = 0; i < ev->n && i < w.n; i++) {
        for (unsigned verb = PROBE_EHLO; verb < PROBE_VERBS && !t->mid && w.n - i > 4; verb++)
            if (!memcmp(p + i, probe_verb_name(verb), 4))
                talk_begin(t, (enum probe_verb)verb, ev->now);
        t->mid = p[i] != '\n';
    }
}

/* ---- what we hear ------------------------------------------------------- */

static void talk_offer(struct probe_offers *o, const char *p, size_t n)
{
    if (n + 1 > sizeof o->text - o->used) {
        o->cut = 1;
        return;
    }
    for (size_t i = 0; i < n; i++)
        o->text[o->used + i] = (char)(p[i] ? p[i] : '?');
    o->text[o->used + n] = 0;
    o->used = (uint16_t)(o->used + n + 1);
    o->n++;
}

/* The lines of an answer to EHLO, as they were said. `first`: no line of it came before. */
static void talk_lines(struct probe_talk *t, const char *p, size_t n, unsigned lines)
{
    const struct probe_step *step = talk_due(t);
    struct probe_offers *o = &t->f->offers[t->secure];

    if (!step || step->verb != PROBE_EHLO)
        return;
    for (size_t i = 0; i < n; i++) {
        if (p[i] != '\n') {
            if (t->line_n < sizeof t->line)
                t->line[t->line_n++] = p[i];
            continue;
        }
        if (t->line_n && t->line[t->line_n - 1] == '\r')
            t->line_n--;
        if (lines++ && t->line_n > 4)
            talk_offer(o, t->line + 4, t->line_n - 4u);
        t->line_n = 0;
    }
}

/* The name that the greeting begins with, if it is a host's. */
static void talk_name(struct probe_facts *f, const struct probe_step *greeting)
{
    size_t n = 0;
    struct quoth_name name;

    while (n < greeting->said.n && greeting->words[n] != ' ')
        n++;
    if (n < sizeof f->name && quoth_name_parse(&name, greeting->words, n) == QUOTH_OK &&
        quoth_name_is_host(&name))
        memcpy(f->name, greeting->words, n);
}

/* A reply is whole; `more` bytes stand behind it. */
static void talk_reply(struct probe_talk *t, size_t more, uint64_t now)
{
    struct probe_step *step = talk_due(t);
    struct quoth_said said = t->reply.said;

    if (!step) {
        t->f->surplus = 1;
        return;
    }
    if (said.n > sizeof step->words)
        said.n = sizeof step->words;
    memcpy(step->words, t->reply.words, said.n);
    step->said = said;
    if (step->verb == PROBE_GREETING)
        talk_name(t->f, step);
    if (step->verb == PROBE_EHLO && said.code / 100 == 2)
        t->f->offers[t->secure].heard = 1;
    if (step->verb == PROBE_STARTTLS && said.code == 220 && more)
        t->f->injected = 1;
    talk_done(t, now);
}

static void talk_heard(struct probe_talk *t, const struct quoth_event *ev)
{
    const char *p = ev->data;
    size_t n = ev->n, used;

    while (n) {
        const unsigned lines = t->reply.lines;
        int rc = quoth_reply_feed(&t->reply, p, n, &used);
        talk_lines(t, p, used, lines);
        p += used;
        n -= used;
        if (rc == QUOTH_EPROTO)
            t->f->not_smtp = 1;
        if (rc)
            return;
        talk_reply(t, n, ev->now);
        quoth_reply_init(&t->reply);
    }
}

/* ---- TLS ---------------------------------------------------------------- */

static void talk_secured(struct probe_talk *t, const struct quoth_event *ev)
{
    talk_done(t, ev->now);
    t->secure = 1;
    t->f->tls = ev->tls;
    if (t->tls_link)
        (void)quoth_tls_cert(t->tls_link, &t->f->cert);
}

static int talk_wants_tls(const struct probe_talk *t)
{
    struct quoth_want w;

    quoth_smtp_want(&t->smtp, &w);
    return w.kind == QUOTH_WANT_TLS;
}

/* Before the greeting: core's machine still waits for its stream. */
static int talk_shake(struct probe_talk *t, const struct quoth_event *ev)
{
    struct quoth_event next = {.kind = QUOTH_EV_UP, .now = ev->now};

    t->shaking = 0;
    if (ev->kind == QUOTH_EV_UP) {
        talk_secured(t, ev);
        if (!t->conf.tls_verify || ev->tls.cert == QUOTH_CERT_CHECKED) {
            talk_begin(t, PROBE_GREETING, ev->now);
            return quoth_smtp_feed(&t->smtp, &next);
        }
    }
    next.kind = QUOTH_EV_FAIL;
    next.err = QUOTH_ENOTLS;
    return quoth_smtp_feed(&t->smtp, &next);
}

/* ---- the relay check ---------------------------------------------------- */

/* The transaction before this one was answered, by RCPT's reply or by a refusal of MAIL. */
static void talk_relay_note(struct probe_talk *t)
{
    struct probe_facts *f = t->f;
    const struct probe_step *mail = probe_step_of(f, PROBE_MAIL);
    const unsigned i = f->relays - 1;

    if (!f->relays || f->probe[i].said.code)
        return;
    f->probe[i].said = t->rcpt.said;
    if (t->rcpt.said.code || !mail || !mail->done || mail->said.code / 100 == 2)
        return;
    f->probe[i].at_mail = 1;
    f->probe[i].said = mail->said;
    memcpy(f->probe[i].words, mail->words, mail->said.n);
}

static int talk_relay_taken(const struct probe_facts *f, unsigned probe)
{
    return f->probe[probe].said.code / 100 == 2;
}

/* Between transactions. The third one is for a domain that nobody has, which proves more than the
 * two before it, and asks nobody else anything (RFC 6761 6.4). */
static int talk_next(struct probe_talk *t, uint64_t now)
{
    static const char nowhere[] = "quoth.invalid";
    struct probe_facts *f = t->f;
    struct quoth_event ev = {.kind = QUOTH_EV_RCPT, .now = now, .rcpt = &t->rcpt};

    talk_relay_note(t);
    if (!f->relay || f->relay_state == PROBE_RELAY_HERE || f->relays == PROBE_RELAYS ||
        (f->relays == 2 && !(talk_relay_taken(f, 0) && talk_relay_taken(f, 1))))
        return quoth_smtp_feed(&t->smtp, &ev);
    t->conf.from = f->relays == 1 ? "" : t->from;
    t->rcpt = (struct quoth_rcpt) {.local = t->to.local,
                                   .domain = {t->to_domain, strlen(t->to_domain)},
                                   .words = f->probe[f->relays].words,
                                   .words_cap = PROBE_WORDS};
    if (f->relays == 2) {
        t->rcpt.local = (struct quoth_span) {t->random, sizeof t->random};
        t->rcpt.domain = (struct quoth_span) {nowhere, sizeof nowhere - 1};
    }
    f->relays++;
    ev.n = 1;
    return quoth_smtp_feed(&t->smtp, &ev);
}

static enum probe_relay_state talk_relay_state(const struct probe_facts *f)
{
    unsigned taken = 0, refused = 0;

    if (f->relay_state == PROBE_RELAY_HERE)
        return PROBE_RELAY_HERE;
    if (!f->relays)
        return PROBE_RELAY_UNASKED;
    for (unsigned i = 0; i < f->relays; i++) {
        taken += f->probe[i].said.code / 100 == 2;
        refused += f->probe[i].said.code / 100 == 5;
    }
    if (taken)
        return taken == PROBE_RELAYS ? PROBE_RELAY_ANYTHING : PROBE_RELAY_TAKEN;
    return refused == f->relays ? PROBE_RELAY_CLOSED : PROBE_RELAY_LATER;
}

/* ---- the machine -------------------------------------------------------- */

void probe_talk_start(struct probe_talk *t, struct probe_facts *f,
                      const struct quoth_smtp_conf *conf, const struct quoth_call *call,
                      const uint8_t seed[16], uint64_t now)
{
    const struct quoth_tls_link *link = t->tls_link;
    struct quoth_call to = *call;
    struct quoth_random rnd;

    memset(t, 0, sizeof *t);
    t->tls_link = link;
    t->f = f;
    t->conf = *conf;
    t->from = conf->from;
    t->end = now + (conf->talk_ms ? conf->talk_ms : 180000);
    f->steps = 0;
    f->peer = call->peer;
    if (f->relay && (quoth_addr_parse(&t->to, f->relay, strlen(f->relay)) ||
                     quoth_addr_domain(&t->to, t->to_domain, sizeof t->to_domain) < 0))
        f->relay = NULL;
    quoth_random_seed(&rnd, seed);
    quoth_random_local(&rnd, t->random, sizeof t->random);
    if (f->as == 465) { /* TLS is there already when core looks (RFC 8314 3.3) */
        to.options |= QUOTH_SMTP_NO_TLS;
        t->conf.tls = QUOTH_TLS_TRY;
    }
    quoth_reply_init(&t->reply);
    quoth_smtp_start(&t->smtp, &t->conf, &to, now);
    talk_begin(t, PROBE_CONNECT, now);
}

void probe_talk_want(const struct probe_talk *t, struct quoth_want *w)
{
    quoth_smtp_want(&t->smtp, w);
    if (!t->shaking)
        return;
    w->kind = QUOTH_WANT_TLS;
    w->deadline = t->shake_until;
}

static void talk_watch(struct probe_talk *t, const struct quoth_event *ev)
{
    switch (ev->kind) {
    case QUOTH_EV_SENT: talk_said(t, ev); break;
    case QUOTH_EV_DATA: talk_heard(t, ev); break;
    case QUOTH_EV_UP:
        if (talk_wants_tls(t)) {
            talk_secured(t, ev);
            break;
        }
        t->f->connected = 1;
        talk_done(t, ev->now);
        if (t->f->as == 465) {
            t->shaking = 1;
            t->shake_until = ev->now + (t->conf.tls_ms ? t->conf.tls_ms : 60000);
            if (t->shake_until > t->end)
                t->shake_until = t->end;
            talk_begin(t, PROBE_HANDSHAKE, ev->now);
        } else {
            talk_begin(t, PROBE_GREETING, ev->now);
        }
        break;
    default: break;
    }
}

int probe_talk_feed(struct probe_talk *t, const struct quoth_event *ev)
{
    int rc;

    if (t->shaking)
        return talk_shake(t, ev);
    talk_watch(t, ev);
    if (t->shaking)
        return QUOTH_OK;
    if (ev->kind == QUOTH_EV_RCPT)
        return talk_next(t, ev->now);
    rc = quoth_smtp_feed(&t->smtp, ev);
    if (rc == QUOTH_OK && ev->kind == QUOTH_EV_DATA && talk_wants_tls(t))
        talk_begin(t, PROBE_HANDSHAKE, ev->now);
    return rc;
}

void probe_talk_end(struct probe_talk *t)
{
    struct probe_facts *f = t->f;

    talk_relay_note(t);
    f->relay_state = (uint8_t)talk_relay_state(f);
    f->err = t->smtp.err;
    f->suspect = t->smtp.suspect == 1;
}
