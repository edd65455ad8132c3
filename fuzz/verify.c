/* verify.c - fuzz the whole verification: the input is what the world does.
 *
 * Each byte of input chooses an event the machine may be given at that point; bytes the
 * "servers" say are taken from the input too. Oracle: want is pure; it ends; nothing but the
 * front half of SMTP is ever written; and G0, checked against the replies really fed.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "quoth.h"

struct feeder {
    const uint8_t *p;
    size_t n, at;
};
static uint8_t take(struct feeder *f) { return f->at < f->n ? f->p[f->at++] : 0; }

/* Words that would send or harvest must never begin a line. */
static void check_words(const char *p, size_t n)
{
    static const char words[][5] = {"DATA", "BDAT", "AUTH", "VRFY", "EXPN", "ETRN", "TURN"};
    for (size_t i = 0; i + 4 <= n; i++)
        if (i == 0 || p[i - 1] == '\n')
            for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
                if (!memcmp(p + i, words[w], 4))
                    abort();
}

/* An answer to the question that was asked, made of input bytes behind its header. */
static size_t answer(struct feeder *f, const uint8_t *q, size_t qn, uint8_t *m, size_t cap)
{
    size_t n = take(f), at = qn;
    if (qn > cap || qn < 12)
        return 0;
    memcpy(m, q, qn);
    m[2] = 0x81;
    m[3] = (uint8_t)(0x80 | (take(f) & 15));
    m[7] = take(f) & 3;
    m[9] = 0;
    m[10] = m[11] = 0;
    while (n-- && at < cap && f->at < f->n)
        m[at++] = take(f);
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const uint8_t seed[16] = "0123456789abcde";
    static const char *const allow[] = {"org", NULL};
    struct quoth_cidr all = {{4, {0}}, 0};
    struct quoth_resolver res;
    struct quoth_conf conf;
    struct feeder f = {p, n, 0};
    uint8_t big[600], msg[1300], query[300];
    size_t query_n = 0;
    uint64_t now = 1000;
    unsigned steps = 0;
    struct quoth_verify v;
    memset(&res, 0, sizeof res);
    memset(&conf, 0, sizeof conf);
    res.servers = 2;
    res.server[0].peer.ip.len = res.server[1].peer.ip.len = 4;
    res.server[1].peer.ip.b[3] = 1;
    res.server[0].peer.port = res.server[1].peer.port = 53;
    conf.resolver = &res;
    conf.smtp.helo = "probe.sender.org";
    conf.smtp.from = "me@probe.sender.org";
    conf.smtp.tls = (enum quoth_tls)(take(&f) % 3);
    conf.targets.allow = &all;
    conf.targets.allow_n = 1;
    conf.allow_names = allow;
    if (take(&f) & 1)
        conf.server = "198.51.100.1";
    quoth_verify_start(&v, &conf, "jane@good.org", 13, seed, now);
    quoth_verify_lend(&v, big, sizeof big);
    for (;;) {
        struct quoth_want w, again;
        struct quoth_event ev;
        memset(&w, 0, sizeof w);
        memset(&again, 0, sizeof again);
        memset(&ev, 0, sizeof ev);
        quoth_verify_want(&v, &w);
        quoth_verify_want(&v, &again);
        if (memcmp(&w, &again, sizeof w))
            abort();
        if (w.kind == QUOTH_WANT_DONE)
            break;
        if (++steps > 60000)
            abort();
        uint8_t what = take(&f);
        int dry = f.at >= f.n;
        ev.kind = QUOTH_EV_TIME;
        if (w.kind == QUOTH_WANT_CLOSE)
            ev.kind = QUOTH_EV_DOWN;
        else if (!dry && what == 255) {
            ev.kind = QUOTH_EV_FAIL;
            ev.err = QUOTH_EIO;
        } else if (!dry && what == 254 && w.kind == QUOTH_WANT_RECV)
            ev.kind = QUOTH_EV_EOF;
        else if (!dry)
            switch (w.kind) {
            case QUOTH_WANT_DGRAM:
                ev.kind = QUOTH_EV_SENT;
                ev.n = w.n;
                if (w.n > sizeof query)
                    abort();
                memcpy(query, w.out, w.n);
                query_n = w.n;
                break;
            case QUOTH_WANT_OPEN:
                ev.kind = QUOTH_EV_UP;
                query_n = 0;
                break;
            case QUOTH_WANT_TLS:
                ev.kind = what & 1 ? QUOTH_EV_UP : QUOTH_EV_FAIL;
                ev.err = QUOTH_ENOTLS;
                break;
            case QUOTH_WANT_SEND:
                check_words(w.out, w.n);
                ev.kind = QUOTH_EV_SENT;
                ev.n = 1 + what % w.n;
                break;
            case QUOTH_WANT_RCPT:
                ev.kind = what & 1 ? QUOTH_EV_RCPT : QUOTH_EV_DATA;
                if (ev.kind == QUOTH_EV_RCPT)
                    break;
                /* fall through */
            case QUOTH_WANT_RECV:
                ev.kind = QUOTH_EV_DATA;
                ev.data = msg;
                ev.from = v.state < 2 ? res.server[what & 1].peer : w.peer;
                if (query_n && (what & 2)) {
                    ev.n = answer(&f, query, query_n, msg, sizeof msg);
                    break;
                }
                for (ev.n = 0; ev.n < what && f.at < f.n; ev.n++)
                    msg[ev.n] = take(&f);
                if (ev.n == 0)
                    ev.kind = QUOTH_EV_TIME;
                break;
            default: abort();
            }
        if (ev.kind == QUOTH_EV_TIME && now < w.deadline)
            now = w.deadline;
        ev.now = now;
        (void)quoth_verify_feed(&v, &ev);
    }
    struct quoth_reading r;
    enum quoth_verdict verdict = quoth_judge(&v.ev, quoth_verify_host(&v), &r);
    if (!v.known || r.reason == QUOTH_REASON_NONE)
        abort();
    if (verdict == QUOTH_VERDICT_DELIVERABLE &&
        (v.ev.phase != QUOTH_PHASE_RCPT || v.ev.said.code / 100 != 2))
        abort();
    if (verdict == QUOTH_VERDICT_UNDELIVERABLE && !v.ev.stop && v.ev.phase == QUOTH_PHASE_RCPT &&
        v.ev.said.code / 100 != 5)
        abort();
    return 0;
}
