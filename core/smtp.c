/* smtp.c - one SMTP conversation that stops short of sending mail (RFC 5321, 2920, 3207, 6531).
 *
 *   OPEN -> GREET -> EHLO -+-> STARTTLS -> SHAKE -> EHLO again, as if for the first time
 *                     |    |      |
 *                 (refused)|  (refused)
 *                     v    v      v
 *                    HELO -----> READY <----------------------+
 *                                  | RCPT event               | all are answered
 *                                  v                          |
 *                                 TALK: RSET? MAIL RCPT x n --+
 *                                                             `-> QUIT -> CLOSE -> DONE
 *
 * A transaction is a script: place 0 RSET, 1 MAIL, from 2 on RCPT, then QUIT. Two cursors
 * walk it: `say` is the next command to write, `hear` the next reply. With PIPELINING a
 * burst is as much of the script as fits `out`, else one command. A burst is written whole,
 * then heard whole: it is smaller than any TCP window, so the two sides never wait for each
 * other to read (RFC 2920 3.1).
 *
 * A reply nobody asked for may have shifted all that follow it, so it ends the conversation; after
 * answers to recipients it makes them suspect. So does one too few, when QUIT's 221 comes early.
 * 421 ends it anywhere, without QUIT. QUIT is a courtesy: what happens to it matters only where it
 * shows a shift (another reply than 221), or leaves one open (silence: the 221 may be owed, or an
 * answer before it; so may the rest of a refused transaction). Who hangs up has answered what came
 * before, unless it was at a refused RSET: that is no answer to RSET.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum {
    SMTP_OPEN,
    SMTP_GREET,
    SMTP_EHLO,
    SMTP_HELO,
    SMTP_STARTTLS,
    SMTP_SHAKE,
    SMTP_READY,
    SMTP_TALK,
    SMTP_QUIT,
    SMTP_CLOSE,
    SMTP_DONE,
    SMTP_STATES
};
enum { SMTP_AT_RSET, SMTP_AT_MAIL, SMTP_AT_RCPT }; /* places in the script */
enum { SMTP_RCPTS_MAX = 250 };                     /* places are uint8_t */

/* What is being waited for; QUOTH_PHASES: as before. */
static const uint8_t smtp_phase[] = {[SMTP_OPEN] = QUOTH_PHASE_CONNECT,
                                     [SMTP_GREET] = QUOTH_PHASE_BANNER,
                                     [SMTP_EHLO] = QUOTH_PHASE_EHLO,
                                     [SMTP_HELO] = QUOTH_PHASE_EHLO,
                                     [SMTP_STARTTLS] = QUOTH_PHASE_STARTTLS,
                                     [SMTP_SHAKE] = QUOTH_PHASE_STARTTLS,
                                     [SMTP_READY] = QUOTH_PHASES,
                                     [SMTP_TALK] = QUOTH_PHASE_MAIL,
                                     [SMTP_QUIT] = QUOTH_PHASES,
                                     [SMTP_CLOSE] = QUOTH_PHASES,
                                     [SMTP_DONE] = QUOTH_PHASES};
_Static_assert(sizeof smtp_phase == SMTP_STATES, "a phase for every state");

/* Events that may be fed while that is wanted. */
static const uint8_t smtp_takes[] = {
    [QUOTH_WANT_DGRAM] = 0,
    [QUOTH_WANT_OPEN] = 1 << QUOTH_EV_TIME | 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_UP,
    [QUOTH_WANT_SEND] = 1 << QUOTH_EV_TIME | 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_SENT,
    [QUOTH_WANT_RECV] =
        1 << QUOTH_EV_TIME | 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_DATA | 1 << QUOTH_EV_EOF,
    [QUOTH_WANT_TLS] = 1 << QUOTH_EV_TIME | 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_UP,
    [QUOTH_WANT_CLOSE] = 1 << QUOTH_EV_TIME | 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_DOWN,
    [QUOTH_WANT_RCPT] = 1 << QUOTH_EV_TIME | 1 << QUOTH_EV_FAIL | 1 << QUOTH_EV_DATA |
                        1 << QUOTH_EV_EOF | 1 << QUOTH_EV_RCPT,
    [QUOTH_WANT_DONE] = 0};

/* ---- what may go on the wire -------------------------------------------- */

static int smtp_fit_domain(const char *p, size_t n)
{
    if (n == 0 || n > 255)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (p[i] <= ' ' || p[i] > '~' || p[i] == '<' || p[i] == '>' || p[i] == '@' || p[i] == '"')
            return 0;
    return 1;
}

/* A quoted string holds anything printable; a backslash takes the next byte along. */
static int smtp_fit_local(const char *p, size_t n)
{
    size_t quoted = n >= 2 && p[0] == '"' && p[n - 1] == '"', end = n - quoted;
    if (n == 0 || n > 64)
        return 0;
    for (size_t i = quoted; i < end; i++) {
        if (!quoted && !quoth_is_alnum(p[i]) && memchr(" <>()[]\\,;:@\"", p[i], 13))
            return 0;
        if (quoted && p[i] == '"')
            return 0;
        if (quoted && p[i] == '\\' && ++i == end)
            return 0;
        if ((uint8_t)p[i] < ' ' || p[i] == 0x7f)
            return 0;
    }
    return 1;
}

static int smtp_has_utf8(const char *p, size_t n)
{
    while (n)
        if ((uint8_t)p[--n] > 0x7f)
            return 1;
    return 0;
}

/* The sender is ASCII, so that no server needs SMTPUTF8 for it. */
static int smtp_fit_from(const char *from)
{
    size_t n = strlen(from), at = n;
    if (n == 0)
        return 1;
    while (at && from[at - 1] != '@')
        at--;
    return at && !smtp_has_utf8(from, n) && smtp_fit_local(from, at - 1) &&
           smtp_fit_domain(from + at, n - at);
}

/* Does MAIL need SMTPUTF8 (RFC 6531 3.4) for one of these recipients? */
static int smtp_utf8(const struct quoth_rcpt *rcpt, size_t n)
{
    int utf8 = 0;
    for (size_t i = 0; i < n; i++)
        utf8 |= smtp_has_utf8(rcpt[i].local.p, rcpt[i].local.n);
    return utf8;
}

/* ---- what we say -------------------------------------------------------- */

static struct quoth_span smtp_text(const char *text)
{
    return (struct quoth_span) {text, strlen(text)};
}

enum { SMTP_PARTS = 5 };

/* The one writer: a line into `out`, or 0 when there is no room. */
static int smtp_line(struct quoth_smtp *smtp, const struct quoth_span part[SMTP_PARTS])
{
    char *to = smtp->out + smtp->out_n;
    size_t n = 2;
    for (unsigned i = 0; i < SMTP_PARTS; i++)
        n += part[i].n;
    if (n > sizeof smtp->out - smtp->out_n)
        return 0;
    for (unsigned i = 0; i < SMTP_PARTS; i++) {
        if (part[i].n)
            memcpy(to, part[i].p, part[i].n);
        to += part[i].n;
    }
    memcpy(to, "\r\n", 2);
    smtp->out_n = (uint16_t)(smtp->out_n + n);
    return 1;
}

static int smtp_say(struct quoth_smtp *smtp, const char *verb, const char *arg, const char *tail)
{
    const struct quoth_span part[SMTP_PARTS] = {smtp_text(verb), smtp_text(arg), smtp_text(tail)};
    return smtp_line(smtp, part);
}

/* Where QUIT stands in the script. */
static unsigned smtp_at_quit(const struct quoth_smtp *smtp)
{
    return SMTP_AT_RCPT + (unsigned)smtp->rcpts;
}

/* The command at `say`. 0: no room. */
static int smtp_command(struct quoth_smtp *smtp)
{
    if (smtp->say == SMTP_AT_RSET)
        return smtp_say(smtp, "RSET", "", "");
    if (smtp->say == SMTP_AT_MAIL)
        return smtp_say(smtp, "MAIL FROM:<", smtp->conf->from,
                        smtp_utf8(smtp->rcpt, smtp->rcpts) ? "> SMTPUTF8" : ">");
    if (smtp->say == smtp_at_quit(smtp))
        return smtp_say(smtp, "QUIT", "", "");
    const struct quoth_rcpt *rcpt = &smtp->rcpt[smtp->say - SMTP_AT_RCPT];
    const struct quoth_span part[SMTP_PARTS] = {smtp_text("RCPT TO:<"), rcpt->local, smtp_text("@"),
                                                rcpt->domain, smtp_text(">")};
    if (!smtp_line(smtp, part))
        return 0;
    smtp->asked++;
    return 1;
}

/* May several commands go at once? */
static int smtp_in_bursts(const struct quoth_smtp *smtp)
{
    return smtp->ext & QUOTH_EXT_PIPELINING && !(smtp->options & QUOTH_SMTP_ONE_BY_ONE);
}

/* As much of the script as may go at once. Checked at start: one command always fits. */
static void smtp_burst(struct quoth_smtp *smtp)
{
    unsigned end = smtp_at_quit(smtp) + smtp->last;
    smtp->out_n = smtp->out_at = 0;
    while (smtp->say < end && smtp_command(smtp)) {
        smtp->say++;
        if (!smtp_in_bursts(smtp))
            break;
    }
}

/* MAIL or the burst was refused with more in flight: what answers that is heard and forgotten
 * (P29). */
static int smtp_draining(const struct quoth_smtp *smtp)
{
    return smtp->state == SMTP_TALK && smtp->said.code;
}

static uint32_t smtp_or(uint32_t ms, uint32_t usual) { return ms ? ms : usual; }

/* The time limits: of states, and behind them of the places of a script. */
enum { SMTP_WAITS_TALK = SMTP_STATES, SMTP_WAITS = SMTP_STATES + SMTP_AT_RCPT + 1 };
static const struct {
    uint8_t at, usual; /* in the settings; s, where they say 0 */
} smtp_waits[SMTP_WAITS] = {
#define WAIT(member, usual) \
    { \
        offsetof(struct quoth_smtp_conf, member), usual \
    }
    [SMTP_OPEN] = WAIT(open_ms, 10),
    [SMTP_GREET] = WAIT(greet_ms, 60),
    [SMTP_EHLO] = WAIT(helo_ms, 60),
    [SMTP_HELO] = WAIT(helo_ms, 60),
    [SMTP_STARTTLS] = WAIT(tls_ms, 60),
    [SMTP_SHAKE] = WAIT(tls_ms, 60), /* never looked at: the limit of STARTTLS goes on */
    [SMTP_READY] = WAIT(idle_ms, 30),
    [SMTP_TALK] = WAIT(quit_ms, 5), /* draining */
    [SMTP_QUIT] = WAIT(quit_ms, 5),
    [SMTP_CLOSE] = WAIT(quit_ms, 5),
    [SMTP_DONE] = WAIT(quit_ms, 5),
    [SMTP_WAITS_TALK + SMTP_AT_RSET] = WAIT(rset_ms, 10),
    [SMTP_WAITS_TALK + SMTP_AT_MAIL] = WAIT(mail_ms, 60),
    [SMTP_WAITS_TALK + SMTP_AT_RCPT] = WAIT(rcpt_ms, 60),
#undef WAIT
};

static uint32_t smtp_wait(const struct quoth_smtp *smtp)
{
    unsigned i = smtp->state;
    uint32_t ms;

    if (i == SMTP_TALK && !smtp_draining(smtp))
        i = SMTP_WAITS_TALK + (smtp->hear < SMTP_AT_RCPT ? smtp->hear : SMTP_AT_RCPT);
    memcpy(&ms, (const char *)smtp->conf + smtp_waits[i].at, sizeof ms);
    return smtp_or(ms, smtp_waits[i].usual * 1000u);
}

/* Deadlines are of steps, not of bytes. Only CLOSE may outlive
 * `end`: it waits for nobody but us. */
static void smtp_until(struct quoth_smtp *smtp, uint64_t now)
{
    uint64_t at = now + smtp_wait(smtp);
    smtp->deadline = at < smtp->end || smtp->state == SMTP_CLOSE ? at : smtp->end;
}

static void smtp_enter(struct quoth_smtp *smtp, unsigned state, uint64_t now)
{
    smtp->state = (uint8_t)state;
    if (smtp_phase[state] != QUOTH_PHASES)
        smtp->phase = smtp_phase[state];
    smtp->out_n = smtp->out_at = 0;
    switch (state) {
    case SMTP_OPEN:
    case SMTP_GREET: break;
    case SMTP_EHLO: smtp_say(smtp, "EHLO ", smtp->conf->helo, ""); break;
    case SMTP_HELO: smtp_say(smtp, "HELO ", smtp->conf->helo, ""); break;
    case SMTP_STARTTLS: smtp_say(smtp, "STARTTLS", "", ""); break;
    case SMTP_SHAKE: return; /* within the time of STARTTLS */
    case SMTP_READY: break;
    case SMTP_TALK: smtp_burst(smtp); break;
    case SMTP_QUIT: /* unless it rode along */
        if (smtp->say <= smtp_at_quit(smtp))
            smtp_say(smtp, "QUIT", "", "");
        break;
    default: break; /* CLOSE, DONE */
    }
    smtp_until(smtp, now);
}

/* ---- how it ends -------------------------------------------------------- */

/* How to leave from here: with QUIT where a command may be written, and without where the greeting
 * is still to come, within a command or a handshake, or when QUIT was said. */
static unsigned smtp_way_out(const struct quoth_smtp *smtp)
{
    enum { MAY = 1 << SMTP_EHLO | 1 << SMTP_HELO | 1 << SMTP_READY | 1 << SMTP_TALK };

    if (!(MAY >> smtp->state & 1) || smtp->out_at < smtp->out_n)
        return SMTP_CLOSE;
    return smtp->state == SMTP_TALK && smtp->say > smtp_at_quit(smtp) ? SMTP_CLOSE : SMTP_QUIT;
}

/* Something broke. On the way out it no longer matters. Who did not answer in time, or not in words
 * that can be read, is told QUIT all the same, and nobody waits for the answer. */
static void smtp_fail(struct quoth_smtp *smtp, enum quoth_err err, uint64_t now)
{
    if (smtp->state == SMTP_CLOSE) {
        smtp_enter(smtp, SMTP_DONE, now);
        return;
    }
    if (smtp->state == SMTP_READY && smtp->reply.bytes) { /* amid a reply nobody asked for */
        smtp->suspect = smtp->asked != 0;
        err = QUOTH_EPROTO;
    }
    if (smtp->state == SMTP_QUIT || smtp_draining(smtp)) {
        int owed = err == QUOTH_ETIME || err == QUOTH_EPROTO;
        if (owed && !smtp->err && !smtp->suspect && smtp->asked > 1)
            smtp->suspect = 2;
        smtp_enter(smtp, SMTP_CLOSE, now);
        return;
    }
    smtp->err = smtp->state == SMTP_SHAKE && err != QUOTH_EPROTO ? QUOTH_ENOTLS : err;
    smtp_enter(smtp, err == QUOTH_ETIME || err == QUOTH_EPROTO ? smtp_way_out(smtp) : SMTP_CLOSE,
               now);
}

/* A reply too many. */
static void smtp_surplus(struct quoth_smtp *smtp, uint64_t now)
{
    smtp->suspect = smtp->asked != 0;
    smtp_fail(smtp, QUOTH_EPROTO, now);
}

/* What was said, its words copied as far as they fit. Where they fill the room the last of them may
 * be cut, and is left out: a part of "user" may be read as "us". A script without spaces stays. */
static struct quoth_said smtp_keep(const struct quoth_reply *reply, char *words, uint16_t cap)
{
    struct quoth_said said = reply->said;

    if (said.n >= cap) {
        said.n = cap;
        while (said.n && quoth_is_alnum((uint8_t)reply->words[said.n - 1]))
            said.n--;
    }
    if (said.n)
        memcpy(words, reply->words, said.n);
    return said;
}

/* This reply ends it: its code and words are kept. */
static void smtp_cut(struct quoth_smtp *smtp, uint64_t now)
{
    const struct quoth_reply *reply = &smtp->reply;

    smtp->said = smtp_keep(reply, smtp->words, smtp->words_cap);
    if (reply->said.code == 421) {
        smtp_enter(smtp, SMTP_CLOSE, now);
        return;
    }
    if (smtp->hear == SMTP_AT_RSET + 1)
        smtp->suspect = 2; /* nobody refuses RSET: until QUIT's 221 stands in its place */
    if (smtp->state == SMTP_TALK && smtp->hear < smtp->say && smtp->hear < smtp_at_quit(smtp))
        smtp_until(smtp, now);
    else
        smtp_enter(smtp, SMTP_QUIT, now);
}

/* ---- what a reply means ------------------------------------------------- */

/* EHLO was taken: what now depends on who wants TLS. */
static void smtp_greeted(struct quoth_smtp *smtp, uint64_t now)
{
    int may =
        !smtp->secure && smtp->conf->tls != QUOTH_TLS_NEVER && !(smtp->options & QUOTH_SMTP_NO_TLS);
    if (may && (smtp->ext & QUOTH_EXT_STARTTLS)) {
        smtp_enter(smtp, SMTP_STARTTLS, now);
    } else if (smtp->conf->tls == QUOTH_TLS_MUST && !smtp->secure) {
        smtp->err = QUOTH_ENOTLS;
        smtp_enter(smtp, SMTP_QUIT, now);
    } else {
        smtp_enter(smtp, SMTP_READY, now);
    }
}

/* Only 220 starts a handshake, and a refusal leaves us in clear (RFC 3207 4). */
static void smtp_tls_asked(struct quoth_smtp *smtp, uint64_t now)
{
    unsigned code = smtp->reply.said.code, must = smtp->conf->tls == QUOTH_TLS_MUST;
    if (code == 220) {
        smtp_enter(smtp, SMTP_SHAKE, now);
    } else if (code < 400) {
        smtp_fail(smtp, QUOTH_EPROTO, now);
    } else if (code == 421 || must) {
        if (must)
            smtp->err = QUOTH_ENOTLS;
        smtp_cut(smtp, now);
    } else {
        smtp_enter(smtp, SMTP_READY, now);
    }
}

static void smtp_rcpt_answered(struct quoth_smtp *smtp, struct quoth_rcpt *p)
{
    const struct quoth_reply *reply = &smtp->reply;

    p->said = smtp_keep(reply, p->words, p->words_cap);
    if (reply->said.code / 100 != 2)
        smtp->refused++;
}

/* A reply within a transaction. 503 to RCPT finds fault with the burst (MAIL was taken) and says
 * nothing of the recipient. */
static void smtp_answered(struct quoth_smtp *smtp, uint64_t now)
{
    unsigned code = smtp->reply.said.code, at = smtp->hear++,
             over = smtp->hear == smtp_at_quit(smtp), fault;
    if (smtp->said.code) { /* draining */
        if (code == 421)
            smtp_enter(smtp, SMTP_CLOSE, now);
        else if (over || smtp->hear == smtp->say)
            smtp_enter(smtp, SMTP_QUIT, now);
        return;
    }
    if (code == 221) { /* that is QUIT's: a reply before it is missing */
        smtp_surplus(smtp, now);
        return;
    }
    fault = at < SMTP_AT_RCPT ? code / 100 != 2 : code == 503 && smtp_in_bursts(smtp);
    if (at >= SMTP_AT_RCPT && !fault)
        smtp_rcpt_answered(smtp, &smtp->rcpt[at - SMTP_AT_RCPT]);
    if (code == 421 || fault) {
        smtp_cut(smtp, now);
        return;
    }
    if (at == SMTP_AT_MAIL)
        smtp->phase = QUOTH_PHASE_RCPT;
    if (over) {
        smtp_enter(smtp, smtp->last ? SMTP_QUIT : SMTP_READY, now);
        return;
    }
    if (smtp->hear == smtp->say)
        smtp_burst(smtp);
    smtp_until(smtp, now);
}

static void smtp_heard(struct quoth_smtp *smtp, uint64_t now)
{
    unsigned code = smtp->reply.said.code, ok = code / 100 == 2;
    switch (smtp->state) {
    case SMTP_GREET:
        if (!ok)
            smtp_cut(smtp, now);
        else
            smtp_enter(smtp, smtp->options & QUOTH_SMTP_HELO ? SMTP_HELO : SMTP_EHLO, now);
        break;
    case SMTP_EHLO:
        if (ok) {
            smtp->ext = smtp->reply.ext;
            smtp_greeted(smtp, now);
        } else if ((code >= 500 && code <= 504) || code == 550) {
            smtp_enter(smtp, SMTP_HELO, now);
        } else {
            smtp_cut(smtp, now);
        }
        break;
    case SMTP_HELO:
        if (ok)
            smtp_greeted(smtp, now);
        else
            smtp_cut(smtp, now);
        break;
    case SMTP_STARTTLS: smtp_tls_asked(smtp, now); break;
    case SMTP_READY:
        if (code == 421)
            smtp_cut(smtp, now);
        else
            smtp_surplus(smtp, now);
        break;
    case SMTP_TALK: smtp_answered(smtp, now); break;
    case SMTP_QUIT:
        if (code != 221)
            smtp->suspect = smtp->asked != 0;
        else
            smtp->suspect &= 1;
        smtp_enter(smtp, SMTP_CLOSE, now);
        break;
    default: break; /* OPEN, SHAKE, CLOSE, DONE hear nothing */
    }
}

/* May a reply follow at once? READY listens, and after QUIT
 * the first one counts, whatever it is. */
static int smtp_due(const struct quoth_smtp *smtp)
{
    if (smtp->state == SMTP_TALK)
        return smtp->out_at == smtp->out_n; /* something of the script is due */
    return smtp->state == SMTP_READY || smtp->state == SMTP_QUIT;
}

static void smtp_data(struct quoth_smtp *smtp, const struct quoth_event *ev)
{
    const char *p = (const char *)ev->data;
    size_t n = ev->n, used;
    while (n) {
        size_t room = QUOTH_TALK_BYTES_MAX - smtp->bytes;
        int rc = quoth_reply_feed(&smtp->reply, p, n < room ? n : room, &used);
        p += used;
        n -= used;
        smtp->bytes += (uint32_t)used;
        if (rc == QUOTH_EPROTO || !room) {
            if (smtp->state == SMTP_QUIT)
                smtp->suspect = smtp->asked != 0;
            smtp_fail(smtp, QUOTH_EPROTO, ev->now);
            return;
        }
        if (rc == QUOTH_AGAIN)
            continue;
        smtp_heard(smtp, ev->now);
        quoth_reply_init(&smtp->reply);
        if (smtp->state >= SMTP_CLOSE)
            return;
        if (n && !smtp_due(smtp)) {
            smtp_surplus(smtp, ev->now);
            return;
        }
    }
}

/* ---- what happens to us ------------------------------------------------- */

static int smtp_given(struct quoth_smtp *smtp, const struct quoth_event *ev)
{
    struct quoth_rcpt *rcpt = ev->rcpt;
    if (ev->n > SMTP_RCPTS_MAX)
        return QUOTH_EINVAL;
    if (ev->n == 0) {
        smtp_enter(smtp, SMTP_QUIT, ev->now);
        return QUOTH_OK;
    }
    for (size_t i = 0; i < ev->n; i++)
        if (!smtp_fit_local(rcpt[i].local.p, rcpt[i].local.n) ||
            !smtp_fit_domain(rcpt[i].domain.p, rcpt[i].domain.n))
            return QUOTH_EINVAL;
    if (!(smtp->ext & QUOTH_EXT_SMTPUTF8) && smtp_utf8(rcpt, ev->n))
        return QUOTH_EINVAL;
    for (size_t i = 0; i < ev->n; i++)
        rcpt[i].said = (struct quoth_said) {0};
    smtp->rcpt = rcpt;
    smtp->rcpts = (uint8_t)ev->n;
    smtp->last = ev->last != 0;
    smtp->say = smtp->hear = smtp->dirty ? SMTP_AT_RSET : SMTP_AT_MAIL;
    smtp->dirty = 1;
    smtp_enter(smtp, SMTP_TALK, ev->now);
    return QUOTH_OK;
}

/* The stream is up, or TLS is: then all that was said in clear is forgotten (RFC 3207 4.2). */
static void smtp_up(struct quoth_smtp *smtp, const struct quoth_event *ev)
{
    if (smtp->state == SMTP_OPEN) {
        smtp_enter(smtp, SMTP_GREET, ev->now);
        return;
    }
    smtp->tls = ev->tls;
    if (smtp->conf->tls_verify && ev->tls.cert != QUOTH_CERT_CHECKED) {
        smtp_fail(smtp, QUOTH_ENOTLS, ev->now);
        return;
    }
    smtp->secure = 1;
    smtp->ext = 0;
    smtp_enter(smtp, SMTP_EHLO, ev->now);
}

static enum quoth_want_kind smtp_wants(const struct quoth_smtp *smtp)
{
    switch (smtp->state) {
    case SMTP_OPEN: return QUOTH_WANT_OPEN;
    case SMTP_SHAKE: return QUOTH_WANT_TLS;
    case SMTP_READY:
        return smtp->reply.bytes ? QUOTH_WANT_RECV
                                 : QUOTH_WANT_RCPT; /* amid a reply: hear it out */
    case SMTP_CLOSE: return QUOTH_WANT_CLOSE;
    case SMTP_DONE: return QUOTH_WANT_DONE;
    default: return smtp->out_at < smtp->out_n ? QUOTH_WANT_SEND : QUOTH_WANT_RECV;
    }
}

void quoth_smtp_start(struct quoth_smtp *smtp, const struct quoth_smtp_conf *conf,
                      const struct quoth_call *call, uint64_t now)
{
    memset(smtp, 0, offsetof(struct quoth_smtp, reply.words));
    smtp->conf = conf;
    smtp->host = call->host;
    smtp->options = call->options;
    smtp->end = now + smtp_or(conf->talk_ms, 180000);
    if (smtp_fit_domain(conf->helo, strlen(conf->helo)) && smtp_fit_from(conf->from)) {
        smtp->peer = call->peer;
        smtp_enter(smtp, SMTP_OPEN, now);
        return;
    }
    smtp->phase = QUOTH_PHASE_DNS;
    smtp->err = QUOTH_EINVAL; /* a name that is not fit for the wire, or does not fit `out` */
    smtp_enter(smtp, SMTP_CLOSE, now);
}

void quoth_smtp_words(struct quoth_smtp *smtp, char *words, uint16_t cap)
{
    smtp->words = words;
    smtp->words_cap = cap;
}

void quoth_smtp_want(const struct quoth_smtp *smtp, struct quoth_want *want)
{
    memset(want, 0, sizeof *want);
    want->kind = smtp_wants(smtp);
    want->deadline = want->kind == QUOTH_WANT_DONE ? QUOTH_NEVER : smtp->deadline;
    want->host = smtp->host;
    if (want->kind == QUOTH_WANT_OPEN)
        want->peer = smtp->peer;
    if (want->kind == QUOTH_WANT_SEND) {
        want->out = smtp->out + smtp->out_at;
        want->n = (size_t)(smtp->out_n - smtp->out_at);
    }
}

int quoth_smtp_feed(struct quoth_smtp *smtp, const struct quoth_event *ev)
{
    if ((unsigned)ev->kind > QUOTH_EV_RCPT || !(smtp_takes[smtp_wants(smtp)] >> ev->kind & 1))
        return QUOTH_EINVAL;
    switch (ev->kind) {
    case QUOTH_EV_TIME:
        if (ev->now < smtp->deadline)
            return QUOTH_EINVAL;
        if (smtp->state == SMTP_READY && !smtp->reply.bytes)
            smtp_enter(smtp, SMTP_QUIT, ev->now);
        else
            smtp_fail(smtp, QUOTH_ETIME, ev->now);
        break;
    case QUOTH_EV_UP: smtp_up(smtp, ev); break;
    case QUOTH_EV_SENT:
        if (ev->n == 0 || ev->n > (size_t)(smtp->out_n - smtp->out_at))
            return QUOTH_EINVAL;
        smtp->out_at = (uint16_t)(smtp->out_at + ev->n);
        if (smtp->state == SMTP_QUIT && smtp->err && smtp->out_at == smtp->out_n)
            smtp_enter(smtp, SMTP_CLOSE, ev->now);
        break;
    case QUOTH_EV_DATA:
        if (ev->n == 0)
            return QUOTH_EINVAL;
        smtp_data(smtp, ev);
        break;
    case QUOTH_EV_EOF: smtp_fail(smtp, QUOTH_EIO, ev->now); break;
    case QUOTH_EV_FAIL:
        smtp->tls.broke = ev->tls.broke;
        smtp_fail(smtp, ev->err < 0 ? ev->err : QUOTH_EIO, ev->now);
        break;
    case QUOTH_EV_DOWN: smtp_enter(smtp, SMTP_DONE, ev->now); break;
    case QUOTH_EV_RCPT: return smtp_given(smtp, ev);
    }
    return QUOTH_OK;
}

/* ---- ended by us -------------------------------------------------------- */

void quoth_smtp_leave(struct quoth_smtp *smtp, uint64_t now)
{
    if (smtp->state < SMTP_QUIT)
        smtp_enter(smtp, smtp_way_out(smtp), now);
}

void quoth_smtp_give_up(struct quoth_smtp *smtp, enum quoth_err err, uint64_t now)
{
    if (smtp->state >= SMTP_CLOSE)
        return;
    if (smtp->err == QUOTH_OK)
        smtp->err = err;
    smtp_enter(smtp, smtp_way_out(smtp), now);
}
