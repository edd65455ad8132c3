/* verify.c - fuzz the whole verification: the input is what the world does.
 *
 *     tls, set-up bits, n, n bytes of address     then for each thing the machine wants one byte:
 *
 *     0..249  it happens; the byte and those behind it say how (how many bytes come, what they are)
 *     251     whoever asked gives up
 *     252     half of the time there is passes        254  the peer hangs up
 *     253     all of it passes                        255  the operation fails
 *
 * Oracle: want is pure; it ends; nothing but the front half of SMTP is ever written; and G0.
 * `talk_test --seeds` writes the conversations of tests/talk in this form.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth.h"

enum { WHOLE = 250, LEAVE, HALF, TIME, END, FAIL }; /* WHOLE: all bytes were sent */
enum { SERVER = 1, NO_DECOY = 2, NULL_SENDER = 4, V4 = 8, V6 = 16, CHECK_CERT = 32 };
enum { NO_IDENTITY = 64, NO_TARGETS = 128 };

struct world {
    struct input in;
    struct quoth_resolver resolver;
    uint8_t question[300]; /* being asked; without the OPT record that may stand behind it */
    size_t question_n;     /* 0: nobody is asked, SMTP is spoken */
    int tcp;
    struct quoth_peer asked;
    char said; /* the last byte that the server took */
    uint8_t msg[1300];
};

/* Words that would send or harvest must never begin a line; a piece of one may begin with them. */
static void check_words(const struct world *w, const char *p, size_t n)
{
    static const char words[][5] = {"DATA", "BDAT", "AUTH", "VRFY", "EXPN", "ETRN", "TURN"};
    for (size_t i = 0; i + 4 <= n; i++)
        if ((i ? p[i - 1] : w->said) == '\n')
            for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
                require(memcmp(p + i, words[k], 4) != 0);
}

/* Header and question; records go where an OPT stood. */
static void ask(struct world *w, const uint8_t *p, size_t n)
{
    size_t opt = n > 11 && p[11] ? 11 : 0;
    require(n >= 12 + opt && n <= sizeof w->question);
    memcpy(w->question, p, n - opt);
    w->question_n = n - opt;
}

/* An answer to the question that was asked: how many bytes of records, rcode and TC, the counts
 * of the three sections, the records. */
static size_t answer(struct world *w)
{
    uint8_t *m = w->msg + (w->tcp ? 2 : 0);
    size_t n = take(&w->in), at = w->question_n;
    uint8_t flags = take(&w->in), counts = take(&w->in);
    memcpy(m, w->question, at);
    m[2] = (uint8_t)(0x81 | (flags & 16 ? 2 : 0));
    m[3] = (uint8_t)(0x80 | (flags & 15));
    m[7] = counts & 7;
    m[9] = counts >> 3 & 3;
    m[11] = counts >> 5;
    while (n-- && w->in.n != 0)
        m[at++] = take(&w->in);
    if (!w->tcp)
        return at;
    w->msg[0] = (uint8_t)(at >> 8);
    w->msg[1] = (uint8_t)at;
    return at + 2;
}

static void receive(struct world *w, uint8_t what, struct quoth_event *ev)
{
    ev->kind = QUOTH_EV_DATA;
    ev->data = w->msg;
    ev->from = what & 1 ? w->resolver.server[0].peer : w->asked;
    if (w->question_n && (what & 2)) {
        ev->n = answer(w);
        return;
    }
    for (ev->n = 0; ev->n < what && w->in.n != 0; ev->n++)
        w->msg[ev->n] = take(&w->in);
    if (ev->n == 0)
        ev->kind = QUOTH_EV_TIME;
}

/* What was wanted happens, as `what` says. */
static void happen(struct world *w, uint8_t what, const struct quoth_want *want,
                   struct quoth_event *ev)
{
    switch (want->kind) {
    case QUOTH_WANT_DGRAM:
        ask(w, want->out, want->n);
        w->tcp = 0;
        w->asked = want->peer;
        ev->kind = QUOTH_EV_SENT;
        ev->n = want->n;
        break;
    case QUOTH_WANT_OPEN:
        ev->kind = QUOTH_EV_UP;
        w->tcp = want->peer.port == 53;
        w->question_n = 0;
        w->said = '\n';
        break;
    case QUOTH_WANT_TLS:
        ev->kind = what & 1 ? QUOTH_EV_UP : QUOTH_EV_FAIL;
        ev->err = QUOTH_ENOTLS;
        ev->tls = (struct quoth_tls_facts) {0x0304, 0x1301, QUOTH_CERT_CHECKED};
        ev->tls.cert = (uint8_t)(ev->tls.cert | (what & QUOTH_CERT_WRONG_NAME));
        break;
    case QUOTH_WANT_SEND:
        if (!w->tcp)
            check_words(w, want->out, want->n);
        else if (!w->question_n)
            ask(w, (const uint8_t *)want->out + 2, want->n - 2);
        ev->kind = QUOTH_EV_SENT;
        ev->n = what >= WHOLE ? want->n : 1 + what % want->n;
        w->said = ((const char *)want->out)[ev->n - 1];
        break;
    case QUOTH_WANT_RCPT:
        ev->kind = QUOTH_EV_RCPT;
        if (!(what & 1))
            receive(w, what, ev);
        break;
    case QUOTH_WANT_RECV: receive(w, what, ev); break;
    default: require(0);
    }
}

static void start(struct world *w, struct quoth_conf *conf, struct quoth_verify *v)
{
    static const uint8_t seed[16] = "0123456789abcde";
    static const char *const allow[] = {"org",         "example",     "test",
                                        "example.com", "example.net", NULL};
    static const struct quoth_cidr all[2] = {{{4, {0}}, 0}, {{16, {0}}, 0}};
    uint8_t tls = take(&w->in), bits = take(&w->in);
    size_t n = take(&w->in);
    const uint8_t *address = take_bytes(&w->in, &n);

    w->resolver.servers = 2;
    w->resolver.server[0].peer = (struct quoth_peer) {{4, {192, 0, 2, 53}}, 53};
    w->resolver.server[1].peer = (struct quoth_peer) {{4, {192, 0, 2, 54}}, 53};
    memset(conf, 0, sizeof *conf);
    conf->resolver = &w->resolver;
    conf->smtp.helo = bits & NO_IDENTITY ? NULL : "probe.example.org";
    conf->smtp.from = bits & NULL_SENDER ? "" : "me@probe.example.org";
    conf->smtp.tls = (enum quoth_tls)(tls % 3);
    conf->smtp.tls_verify = (bits & CHECK_CERT) != 0;
    conf->targets.allow = all;
    conf->targets.allow_n = bits & NO_TARGETS ? 0 : 2;
    conf->family = bits & V4 ? QUOTH_FAMILY_V4 : bits & V6 ? QUOTH_FAMILY_V6 : QUOTH_FAMILY_ANY;
    conf->decoys = (uint8_t)(1 + tls / 3 % 2);
    conf->no_decoy = (bits & NO_DECOY) != 0;
    conf->server = bits & SERVER ? "192.0.2.25" : NULL;
    conf->allow_names = allow;
    quoth_verify_start(v, conf, (const char *)address, n, seed, 1000);
}

/* One event; the time afterwards. */
static uint64_t step(struct world *w, struct quoth_verify *v, const struct quoth_want *want,
                     uint64_t now)
{
    struct quoth_event ev;
    uint8_t what = w->in.n != 0 ? take(&w->in) : TIME;
    memset(&ev, 0, sizeof ev);
    ev.kind = QUOTH_EV_TIME;
    if (what == LEAVE) {
        quoth_verify_leave(v, now);
        return now;
    }
    if (want->kind == QUOTH_WANT_CLOSE) {
        ev.kind = QUOTH_EV_DOWN;
    } else if (what == TIME) {
        ev.kind = QUOTH_EV_TIME;
    } else if (what == FAIL) {
        ev.kind = QUOTH_EV_FAIL;
        ev.err = QUOTH_EIO;
    } else if (what == END && want->kind == QUOTH_WANT_RECV) {
        ev.kind = QUOTH_EV_EOF;
    } else if (what == HALF && now < want->deadline) {
        now += (want->deadline - now) / 2;
    } else {
        happen(w, what, want, &ev);
    }
    if (ev.kind == QUOTH_EV_TIME && what != HALF && now < want->deadline)
        now = want->deadline;
    ev.now = now;
    (void)quoth_verify_feed(v, &ev);
    return now;
}

/* Whatever is printed of it has a name. */
static void names(const struct quoth_evidence *e, const struct quoth_reading *r)
{
    require(quoth_phase_name((enum quoth_phase)e->phase)[0] != '?');
    require(quoth_reason_name(r->reason)[0] != '?' && quoth_reason_text(r->reason)[0] != '?');
    require(quoth_says_name(r->says)[0] != '?');
    require(quoth_fact_name(quoth_catch_all(e))[0] != '?');
    require(quoth_addr_fault_text(e->addr.fault)[0] != '?');
}

static void golden_rule(const struct quoth_verify *v)
{
    const struct quoth_evidence *e = &v->ev;
    struct quoth_reading r;
    enum quoth_verdict verdict = quoth_judge(e, quoth_verify_host(v), &r);
    require(v->known && r.reason != QUOTH_REASON_NONE);
    require(quoth_verdict_name(verdict)[0] != '?');
    names(e, &r);
    if (verdict == QUOTH_VERDICT_DELIVERABLE)
        require(e->phase == QUOTH_PHASE_RCPT && e->said.code / 100 == 2);
    if (verdict == QUOTH_VERDICT_UNDELIVERABLE && !e->stop && e->phase == QUOTH_PHASE_RCPT)
        require(e->said.code / 100 == 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct world w = {.in = {p, n}};
    struct quoth_conf conf;
    struct quoth_verify v;
    uint8_t big[600];
    uint64_t now = 1000;
    start(&w, &conf, &v);
    quoth_verify_lend(&v, big, sizeof big);
    for (unsigned steps = 0;; steps++) {
        struct quoth_want want, again;
        memset(&want, 0, sizeof want);
        memset(&again, 0, sizeof again);
        quoth_verify_want(&v, &want);
        quoth_verify_want(&v, &again);
        require(!memcmp(&want, &again, sizeof want) && steps < 60000);
        require(!quoth_verify_talk(&v) || want.kind != QUOTH_WANT_DONE);
        if (want.kind == QUOTH_WANT_DONE)
            break;
        now = step(&w, &v, &want, now);
    }
    golden_rule(&v);
    return 0;
}
