/* smtp_test.c - one conversation: sections P, S, T, C, H and Z as far as core/smtp.c keeps them.
 *
 * A talk is text, a line each:
 *   < text   the server's line          > text   the line we must say next
 *   |text    the server's bytes as they are      x  end of stream    !  broken    .  the deadline
 *   ~ up     TLS is up    ~ fail    ~ cert N (facts of a certificate)
 *   ? n      n recipients, ?! n the last ones, ? 0 quit
 * and every talk is fed whole, byte by byte and cut at every place, and must come to the same. What
 * is written is checked line by line against the verbs we may say (P01, P02).
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "quoth.h"
#include "test.h"

#define US   "p.example.org"
#define HI   "< 220 hi\n> EHLO " US "\n"
#define EHLO HI "< 250 x\n"
#define PIPE HI "< 250-x\n< 250 PIPELINING\n"
#define TLS  HI "< 250-x\n< 250-PIPELINING\n< 250 STARTTLS\n> STARTTLS\n"
#define MAIL "> MAIL FROM:<me@p.example.org>\n"
#define R(i) "> RCPT TO:<u" #i "@example.com>\n"
#define QUIT "> QUIT\n< 221 bye\n"

enum { WHOLE, CUT, BYTES };
enum { RCPTS = 64 };

static struct quoth_smtp s;
static struct quoth_rcpt rcpt[RCPTS];
static struct quoth_smtp_conf conf;
static unsigned options;
static char said[QUOTH_SAID_MAX], words[RCPTS][80], locals[RCPTS][72], result[1024];
static const struct quoth_peer peer = {{4, {192, 0, 2, 25}}, 25};
static uint64_t now;
static size_t rcpts, wrote;
static const char *local_form = "u%zu";

/* ---- the player --------------------------------------------------------- */

struct talk {
    const char *p;
    int mode;
    size_t cut, fed, spoken;
    char bad[160];
};

static int starts(const char *p, const char *with) { return strncmp(p, with, strlen(with)) == 0; }
static const char *next_line(const char *p)
{
    const char *e = strchr(p, '\n');
    return e ? e + 1 : p + strlen(p);
}

static int feed(struct quoth_event ev)
{
    ev.now = now;
    return quoth_smtp_feed(&s, &ev);
}

static void spoil(struct talk *t, const char *why)
{
    if (!t->bad[0])
        snprintf(t->bad, sizeof t->bad, "%s at: %.60s", why, t->p);
}

/* One line we said: a verb we may say, whole, no longer than
 * 512 bytes (P01, P02), and the one due. */
static void said_line(struct talk *t, const char *p, size_t n)
{
    static const char *const verb[] = {"EHLO ",       "HELO ",     "STARTTLS\r", "RSET\r",
                                       "MAIL FROM:<", "RCPT TO:<", "QUIT\r"};
    size_t k = 0, e;
    while (k < 7 && strncmp(p, verb[k], strlen(verb[k])))
        k++;
    if (k == 7 || n > 512 || n < 2 || memcmp(p + n - 2, "\r\n", 2))
        abort();
    if (memchr(p, '\r', n - 2) || memchr(p, 0, n))
        abort();
    e = (size_t)(next_line(t->p) - t->p);
    if (!starts(t->p, "> ") || e - 3 != n - 2 || memcmp(t->p + 2, p, n - 2)) {
        spoil(t, "said otherwise");
        printf("  said: %.*s\n", (int)n - 2, p);
    } else {
        t->p += e;
    }
}

static void play_send(struct talk *t, const struct quoth_want *w)
{
    static char line[QUOTH_OUT_MAX];
    static size_t have;
    struct quoth_event ev = {.kind = QUOTH_EV_SENT, .n = t->mode == WHOLE ? w->n : 1};
    if (t->mode == WHOLE || s.out_at == 0)
        have = 0;
    for (size_t i = 0; i < ev.n; i++) {
        line[have++] = ((const char *)w->out)[i];
        if (line[have - 1] == '\n') {
            said_line(t, line, have);
            have = 0;
        }
    }
    wrote += ev.n;
    if (ev.n == w->n && have)
        abort();
    if (feed(ev))
        spoil(t, "SENT refused");
}

/* The server's lines up to the next line of another kind, or as much of them as the mode says. */
static void play_data(struct talk *t)
{
    static char b[80000];
    size_t n = 0, skip = t->spoken;
    const char *p = t->p;
    struct quoth_event ev = {.kind = QUOTH_EV_DATA, .data = b};
    for (; *p == '<' || *p == '|'; p = next_line(p)) {
        size_t e = (size_t)(next_line(p) - p) - 1, from = *p == '<' ? 2 : 1;
        memcpy(b + n, p + from, e - from);
        n += e - from;
        if (*p == '<') {
            memcpy(b + n, "\r\n", 2);
            n += 2;
        }
    }
    ev.data = b + skip;
    ev.n = n - skip;
    if (t->mode == CUT && t->fed < t->cut && t->fed + ev.n > t->cut)
        ev.n = t->cut - t->fed;
    if (t->mode == BYTES)
        ev.n = 1;
    t->fed += ev.n;
    t->spoken += ev.n;
    if (t->spoken == n) {
        t->p = p;
        t->spoken = 0;
    }
    if (feed(ev))
        spoil(t, "DATA refused");
}

static void play_other(struct talk *t, const struct quoth_want *w)
{
    struct quoth_event ev = {.kind = QUOTH_EV_TIME};
    const char *p = t->p;
    t->p = next_line(p);
    switch (*p) {
    case 'x': ev.kind = QUOTH_EV_EOF; break;
    case '!':
        ev.kind = QUOTH_EV_FAIL;
        ev.err = QUOTH_EIO;
        break;
    case '.': now = w->deadline; break;
    case '~':
        ev.kind = p[2] == 'f' ? QUOTH_EV_FAIL : QUOTH_EV_UP;
        ev.err = QUOTH_ENOTLS;
        ev.tls =
            (struct quoth_tls_facts) {0x0304, 0x1301, p[2] == 'c' ? (uint8_t)atoi(p + 6) : 0, 0};
        break;
    case '?':
        ev.kind = QUOTH_EV_RCPT;
        ev.last = p[1] == '!';
        ev.n = (size_t)atoi(p + 2);
        ev.rcpt = rcpt + rcpts;
        for (size_t i = 0; i < ev.n; i++, rcpts++) {
            rcpt[rcpts] = (struct quoth_rcpt) {
                .words = words[rcpts], .words_cap = sizeof words[0], .said.code = 9};
            rcpt[rcpts].local.p = locals[rcpts];
            rcpt[rcpts].local.n =
                (size_t)snprintf(locals[rcpts], sizeof locals[0], local_form, rcpts);
            rcpt[rcpts].domain = (struct quoth_span) {"example.com", 11};
        }
        break;
    default: spoil(t, "nothing to feed"); return;
    }
    if (feed(ev))
        spoil(t, "event refused");
}

/* "code,code|err E, CODE at PHASE": what came of it. */
static void tell(struct talk *t, int done)
{
    static const char *const phase[] = {"syntax", "dns",      "connect", "banner",
                                        "ehlo",   "starttls", "mail",    "rcpt"};
    size_t n = 0;
    for (size_t i = 0; i < rcpts; i++)
        n += (size_t)snprintf(result + n, sizeof result - n, "%s%d", i ? "," : "",
                              rcpt[i].said.code);
    n += (size_t)snprintf(result + n, sizeof result - n, "|%d", s.err);
    if (s.said.code)
        n += (size_t)snprintf(result + n, sizeof result - n, " %d", s.said.code);
    n += (size_t)snprintf(result + n, sizeof result - n, " %s", phase[s.phase]);
    if (s.suspect)
        n += (size_t)snprintf(result + n, sizeof result - n,
                              s.suspect == 1   ? " suspect"
                              : s.suspect == 2 ? " unanswered"
                                               : " neither");
    if (!done)
        n += (size_t)snprintf(result + n, sizeof result - n, " goes on");
    if (t->bad[0])
        snprintf(result + n, sizeof result - n, " [%s]", t->bad);
}

static void start(const char *host, unsigned how, char *into, uint16_t cap, uint64_t at)
{
    struct quoth_call call = {.peer = peer, .host = host, .options = (uint8_t)how};

    quoth_smtp_start(&s, &conf, &call, at);
    quoth_smtp_words(&s, into, cap);
}

static size_t play(const char *text, int mode, size_t cut)
{
    struct talk t = {.p = text, .mode = mode, .cut = cut};
    struct quoth_want w;
    now = 1000;
    rcpts = wrote = 0;
    start("mx.example.com", options, said, sizeof said, now);
    for (unsigned step = 0; !t.bad[0]; step++) {
        quoth_smtp_want(&s, &w);
        if (w.kind == QUOTH_WANT_DONE)
            break;
        if (!*t.p && w.kind != QUOTH_WANT_OPEN && w.kind != QUOTH_WANT_CLOSE)
            break;
        if (step > 200000)
            spoil(&t, "does not end");
        now += 1;
        if (*t.p == '.' || *t.p == '!')
            play_other(&t, &w);
        else if (w.kind == QUOTH_WANT_OPEN)
            feed((struct quoth_event) {.kind = QUOTH_EV_UP});
        else if (w.kind == QUOTH_WANT_SEND && s.err && (*t.p == '<' || *t.p == '|'))
            t.p = next_line(t.p); /* it goes on talking, and we leave */
        else if (w.kind == QUOTH_WANT_SEND)
            play_send(&t, &w);
        else if (w.kind == QUOTH_WANT_CLOSE)
            feed((struct quoth_event) {.kind = QUOTH_EV_DOWN});
        else if (*t.p == '<' || *t.p == '|')
            play_data(&t);
        else
            play_other(&t, &w);
    }
    while (*t.p == '<' || *t.p == '|')
        t.p = next_line(t.p); /* it may have gone on talking */
    if (*t.p)
        spoil(&t, "not reached");
    tell(&t, w.kind == QUOTH_WANT_DONE);
    return t.fed;
}

static const char *whole(const char *text)
{
    play(text, WHOLE, 0);
    return result;
}

static const char *talk(const char *text)
{
    static char first[sizeof result];
    size_t n = play(text, WHOLE, 0);
    strcpy(first, result);
    play(text, BYTES, 0);
    CHECK_STR(result, first);
    for (size_t cut = 1; cut < n; cut++) {
        play(text, CUT, cut);
        if (strcmp(result, first)) {
            CHECK_STR(result, first);
            break;
        }
    }
    play(text, WHOLE, 0);
    return result;
}

static void usual(void)
{
    memset(&conf, 0, sizeof conf);
    conf.helo = US;
    conf.from = "me@" US;
    options = 0;
    local_form = "u%zu";
}

/* ---- the order of things ------------------------------------------------ */

TEST(P03_one_at_a_time)
{
    usual();
    CHECK_STR(talk(EHLO "? 2\n" MAIL "< 250 m\n" R(0) "< 250 a\n" R(1) "< 550 5.1.1 b\n? 0\n" QUIT),
              "250,550|0 rcpt");
    CHECK(s.asked == 2 && s.refused == 1 && rcpt[1].said.esc[0] == 5 && rcpt[1].said.n == 1 &&
          words[1][0] == 'b');
    CHECK_STR(talk(EHLO "?! 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n" QUIT), "250|0 rcpt");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n? 1\n> RSET\n< 250 r\n" MAIL
                                                      "< 250 m\n" R(1) "< 550 b\n? 0\n" QUIT),
              "250,550|0 rcpt");
}

TEST(P06_bursts)
{
    usual();
    CHECK_STR(talk(PIPE "? 2\n" MAIL R(0) R(1) "< 250 m\n< 250 a\n< 550 b\n? 0\n" QUIT),
              "250,550|0 rcpt");
    CHECK_STR(talk(PIPE "? 1\n" MAIL R(0) "< 250 m\n< 250 a\n? 1\n> RSET\n" MAIL R(
                  1) "< 250 r\n< 250 m\n< 550 b\n? 0\n" QUIT),
              "250,550|0 rcpt");
    CHECK_STR(talk(PIPE "?! 2\n" MAIL R(0) R(1) "> QUIT\n< 250 m\n< 250 a\n< 550 b\n< 221 x\n"),
              "250,550|0 rcpt");
    /* STARTTLS ends a group, and what was offered in clear does not count inside */
    CHECK_STR(talk(TLS "< 220 go\n~ up\n> EHLO " US "\n< 250 x\n? 1\n" MAIL
                       "< 250 m\n" R(0) "< 250 a\n? 0\n" QUIT),
              "250|0 rcpt");
}

/* As many recipients as there is room for, to a server that takes bursts. */
static void start_many(void)
{
    static const char hello[] = "220 hi\r\n", ext[] = "250-x\r\n250 PIPELINING\r\n";
    struct quoth_want w;
    usual();
    now = rcpts = 0;
    start("mx", 0, NULL, 0, now);
    feed((struct quoth_event) {.kind = QUOTH_EV_UP});
    feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = hello, .n = sizeof hello - 1});
    quoth_smtp_want(&s, &w);
    feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = w.n});
    feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = ext, .n = sizeof ext - 1});
    for (size_t i = 0; i < RCPTS; i++)
        rcpt[i] = (struct quoth_rcpt) {.local = {"somebody", 8}, .domain = {"example.com", 11}};
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_RCPT, .rcpt = rcpt, .n = RCPTS}),
              QUOTH_OK);
}

/* MAIL is refused: the rest of the burst is heard, the rest of the script is not said. */
TEST(P09_refused_burst)
{
    struct quoth_want w;
    size_t lines = 0;
    start_many();
    quoth_smtp_want(&s, &w);
    for (size_t i = 0; i < w.n; i++)
        lines += ((const char *)w.out)[i] == '\n';
    CHECK(lines > 2 && lines < RCPTS + 1);
    feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = w.n});
    for (; lines; lines--) {
        quoth_smtp_want(&s, &w);
        CHECK_INT(w.kind, QUOTH_WANT_RECV);
        feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = "550 no\r\n", .n = 8});
    }
    quoth_smtp_want(&s, &w);
    CHECK(w.kind == QUOTH_WANT_SEND && w.n == 6 && !memcmp(w.out, "QUIT\r\n", 6));
    CHECK_INT(s.said.code, 550);
}

/* A script longer than the output buffer goes in several bursts; each is heard before the next. */
TEST(P09_bursts_fit)
{
    struct quoth_want w;
    size_t left = 0, most = 0, bursts = 0, due = 0;
    start_many();
    for (left = RCPTS + 1; left; bursts++) {
        quoth_smtp_want(&s, &w);
        CHECK_INT(w.kind, QUOTH_WANT_SEND);
        if (w.kind != QUOTH_WANT_SEND)
            return;
        if (w.n > most)
            most = w.n;
        for (size_t i = 0; i < w.n; i++)
            due += ((const char *)w.out)[i] == '\n';
        feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = w.n});
        for (; due; due--, left--)
            feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = "250 ok\r\n", .n = 8});
    }
    quoth_smtp_want(&s, &w);
    CHECK_INT(w.kind, QUOTH_WANT_RCPT);
    CHECK(most <= QUOTH_OUT_MAX && bursts >= RCPTS * 32 / QUOTH_OUT_MAX);
    for (size_t i = 0; i < RCPTS; i++)
        CHECK_INT(rcpt[i].said.code, 250);
}

TEST(P04)
{
    static const int helo[] = {500, 501, 502, 504, 550};
    char text[400];
    usual();
    for (size_t i = 0; i < 5; i++) {
        snprintf(text, sizeof text,
                 HI "< %d no\n> HELO " US "\n< 250-x\n< 250-PIPELINING\n< 250 STARTTLS\n? 1\n" MAIL
                    "< 250 m\n" R(0) "< 250 a\n? 0\n" QUIT,
                 helo[i]);
        CHECK_STR(talk(text), "250|0 rcpt");
        CHECK_INT(s.ext, 0);
    }
    CHECK_STR(talk(HI "x\n"), "|-5 ehlo"); /* the caller comes again with QUOTH_SMTP_HELO */
    options = QUOTH_SMTP_HELO;
    CHECK_STR(talk("< 220 hi\n> HELO " US "\n< 250 x\n? 0\n" QUIT), "|0 ehlo");
}

TEST(P05)
{
    usual();
    CHECK_STR(talk(HI "< 550 5.7.1 bad helo\n> HELO " US "\n< 550 5.7.1 bad helo\n" QUIT),
              "|0 550 ehlo");
    CHECK(s.said.esc[0] == 5 && s.said.esc[1] == 7 && s.said.n == 8 &&
          !memcmp(said, "bad helo", 8));
    CHECK_STR(talk(HI "< 450 later\n" QUIT), "|0 450 ehlo");
    CHECK_STR(talk(HI "< 554 no\n" QUIT), "|0 554 ehlo");
    CHECK_STR(talk(HI "< 505 no\n" QUIT), "|0 505 ehlo");
    CHECK_STR(talk(HI "< 354 no\n" QUIT), "|0 354 ehlo");
}

TEST(P05_words) /* no more of them than there is room for, or none */
{
    static const char busy[] = "554 go away\r\n";
    char few[5] = "----";
    usual();
    for (uint16_t cap = 0; cap <= 3; cap = (uint16_t)(cap + 3)) {
        start("mx", 0, cap ? few : NULL, cap, 0);
        feed((struct quoth_event) {.kind = QUOTH_EV_UP});
        feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = busy, .n = sizeof busy - 1});
        CHECK(s.said.code == 554 && s.said.n == cap);
        CHECK_STR(few, cap ? "go -" : "----");
    }
}

/* So many of the words fit; how many are kept. */
static unsigned kept(const char *reply, uint16_t cap)
{
    start("mx", 0, said, cap, 0);
    feed((struct quoth_event) {.kind = QUOTH_EV_UP});
    feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = reply, .n = strlen(reply)});
    return s.said.n;
}

TEST(K17_no_part_of_a_word)
{
    static const char user[] = "554 rejected: User unknown\r\n";
    char longer[QUOTH_SAID_MAX + 40];

    usual();
    CHECK_INT(kept(user, 12), 10);
    CHECK_INT(kept(user, 14), 10);
    CHECK_INT(kept(user, 16), 15);
    CHECK_INT(kept(user, 23), 22);
    CHECK_INT(kept("554 nobody\r\n", 3), 0);
    CHECK_INT(kept("554 \347\224\250\346\210\267\r\n", 6), 6);
    CHECK_INT(kept("554 \347\224\250\346\210\267\r\n", 4), 4);
    memset(longer, '.', sizeof longer);
    memcpy(longer, "554 ", 4);
    memcpy(longer + QUOTH_SAID_MAX, "words\r\n", 8); /* one byte more than there is room for */
    CHECK_INT(kept(longer, sizeof said), QUOTH_SAID_MAX - 4);
}

TEST(P07)
{
    usual();
    CHECK_STR(talk(PIPE "? 1\n" MAIL R(0) "< 550 5.7.1 sender\n< 503 need MAIL\n" QUIT),
              "0|0 550 mail");
    CHECK(s.said.n == 6 && !memcmp(said, "sender", 6));
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 451 later\n" QUIT), "0|0 451 mail");
}

TEST(P08)
{
    usual();
    CHECK_STR(talk(PIPE "? 3\n" MAIL R(0) R(1)
                       R(2) "< 250 m\n< 250-a\n< 250 a\n< 551 b\n< 452 c\n? 0\n" QUIT),
              "250,551,452|0 rcpt");
    CHECK_STR(talk(PIPE "? 3\n" MAIL R(0) R(1) R(2) "< 250 m\n< 250 a\nx\n"), "250,0,0|-5 rcpt");
    CHECK_STR(talk(PIPE "? 3\n" MAIL R(0) R(1) R(2) "< 250 m\n< 250 a\n.\n> QUIT\n"),
              "250,0,0|-8 rcpt");
    CHECK_STR(talk(PIPE "? 3\n" MAIL R(0) R(1) R(2) "< 250 m\n< 250 a\n|550\n!\n"),
              "250,0,0|-5 rcpt");
}

TEST(P10)
{
    usual();
    CHECK_STR(talk(PIPE "? 3\n" MAIL R(0) R(1) R(2) "< 250 m\n< 250 a\n< hello\n< 250 c\n> QUIT\n"),
              "250,0,0|-4 rcpt");
    CHECK_STR(talk(PIPE "? 2\n" MAIL R(0) R(1) "< 250 m\n< 250-a\n< 550 b\n> QUIT\n"),
              "0,0|-4 rcpt");
}

/* Fault is found with a burst: nothing is said of the recipient, nor of those behind it. */
TEST(P37_burst_refused)
{
    usual();
    CHECK_STR(talk(PIPE "? 1\n" MAIL R(0) "< 250 m\n< 503 one by one\n" QUIT), "0|0 503 rcpt");
    CHECK(s.said.n == 10 && !memcmp(said, "one by one", 10));
    CHECK_STR(talk(PIPE "? 3\n" MAIL R(0) R(1) R(2) "< 250 m\n< 250 a\n< 503 b\n< 250 c\n" QUIT),
              "250,0,0|0 503 rcpt");
    CHECK_STR(talk(PIPE "?! 1\n" MAIL R(0) "> QUIT\n< 250 m\n< 503 a\n< 221 bye\n"),
              "0|0 503 rcpt");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 503 a\n? 0\n" QUIT), "503|0 rcpt");
    options = QUOTH_SMTP_ONE_BY_ONE;
    CHECK_STR(talk(PIPE "? 1\n" MAIL "< 250 m\n" R(0) "< 503 a\n? 0\n" QUIT), "503|0 rcpt");
}

TEST(P12_null_sender)
{
    usual();
    conf.from = "";
    CHECK_STR(talk(EHLO "? 1\n> MAIL FROM:<>\n< 250 m\n" R(0) "< 250 a\n? 0\n" QUIT), "250|0 rcpt");
}

TEST(P17)
{
    usual();
#define ONCE "? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n? 1\n> RSET\n"
    CHECK_STR(talk(EHLO ONCE "< 500 what\n" QUIT), "250,0|0 500 mail");
    CHECK_STR(talk(EHLO ONCE "< 421 bye\n"), "250,0|0 421 mail");
    CHECK_STR(talk(EHLO ONCE ".\n> QUIT\n"), "250,0|-8 mail");
    CHECK_STR(talk(PIPE "? 1\n" MAIL R(0) "< 250 m\n< 250 a\n? 1\n> RSET\n" MAIL R(
                  1) "< 450 r\n< 250 m\n< 250 b\n" QUIT),
              "250,0|0 450 mail");
}

TEST(P18)
{
    static const char *const bye[] = {"< 221 x\n", "x\n", "!\n", ".\n", "|22\nx\n", "< 221-x\nx\n"};
    char text[600];
    usual();
    for (size_t i = 0; i < sizeof bye / sizeof bye[0]; i++) {
        snprintf(text, sizeof text, EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 550 a\n? 0\n> QUIT\n%s",
                 bye[i]);
        CHECK_STR(talk(text), "550|0 rcpt");
        snprintf(text, sizeof text, PIPE "?! 1\n" MAIL R(0) "> QUIT\n< 250 m\n< 550 a\n%s", bye[i]);
        CHECK_STR(talk(text), "550|0 rcpt");
        snprintf(text, sizeof text, "< 554 no\n> QUIT\n%s", bye[i]);
        CHECK_STR(talk(text), "|0 554 banner");
    }
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 550 a\n? 0\n!\n"),
              "550|0 rcpt");                     /* amid writing QUIT */
    CHECK_STR(talk(EHLO ".\n" QUIT), "|0 ehlo"); /* nobody to ask about */
}

TEST(P19)
{
    usual();
    CHECK_STR(talk("< 421 busy\n"), "|0 421 banner");
    CHECK_STR(talk(HI "< 421 busy\n"), "|0 421 ehlo");
    CHECK_STR(talk(HI "< 500 what\n> HELO " US "\n< 421 busy\n"), "|0 421 ehlo");
    CHECK_STR(talk(TLS "< 421 busy\n"), "|0 421 starttls");
    CHECK_STR(talk(EHLO "< 421 idle\n"), "|0 421 ehlo");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 421 bye\n"), "0|0 421 mail");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 421 4.7.0 bye\n"), "421|0 421 rcpt");
    CHECK(s.said.n == 3 && !memcmp(said, "bye", 3) && s.said.esc[1] == 7);
    CHECK_STR(talk(PIPE "? 3\n" MAIL R(0) R(1) R(2) "< 250 m\n< 250 a\n< 421 bye\n"),
              "250,421,0|0 421 rcpt");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n< 421 idle\n"), "250|0 421 rcpt");
    CHECK_STR(talk(PIPE "? 1\n" MAIL R(0) "< 550 no\n< 421 bye\n"),
              "0|0 550 mail"); /* the first refusal stays */
}

TEST(P20)
{
    usual();
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 550 5.1.1 a\nx\n"), "550|-5 rcpt");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 550-5.1.1 a\nx\n"), "0|-5 rcpt");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "|550 5.1.1 a\nx\n"), "0|-5 rcpt");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 550-5.1.1 a\n!\n"), "0|-5 rcpt");
}

TEST(P22) /* whatever is offered, no parameter is added */
{
    usual();
    conf.tls = QUOTH_TLS_NEVER;
    CHECK_STR(
        talk(HI
             "< 250-x\n< 250-8BITMIME\n< 250-SIZE 10\n< 250-DSN\n< 250-CHUNKING\n< 250-AUTH LOGIN\n"
             "< 250-REQUIRETLS\n< 250-STARTTLS\n< 250-SMTPUTF8\n< 250 VRFY\n"
             "? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n? 0\n" QUIT),
        "250|0 rcpt");
}

TEST(P22_smtputf8)
{
    usual();
    local_form = "\xc3\xbc%zu";
#define UR \
    "> RCPT TO:<\xc3\xbc" \
    "0@example.com>\n"
    CHECK_STR(
        talk(HI
             "< 250-x\n< 250 SMTPUTF8\n? 1\n> MAIL FROM:<me@p.example.org> SMTPUTF8\n< 250 m\n" UR
             "< 250 a\n? 0\n" QUIT),
        "250|0 rcpt");
    CHECK_STR(whole(EHLO "? 1\n"), "9|0 ehlo goes on [event refused at: ]");
    options = QUOTH_SMTP_HELO;
    CHECK_STR(whole("< 220 hi\n> HELO " US "\n< 250-x\n< 250 SMTPUTF8\n? 1\n"),
              "9|0 ehlo goes on [event refused at: ]");
}

TEST(P28)
{
    usual();
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n< 250 ghost\n> QUIT\n"),
              "250|-4 rcpt suspect");
    CHECK_STR(talk(PIPE "? 1\n" MAIL R(0) "< 250 m\n< 250 ghost\n< 550 a\n> QUIT\n"),
              "250|-4 rcpt suspect");
    CHECK_STR(talk(PIPE "? 1\n" MAIL R(0) "< 250 m\n< 250 a\n|250 gh\n|ost\nx\n> QUIT\n"),
              "250|-4 rcpt suspect");
    CHECK_STR(talk(PIPE "? 1\n" MAIL R(0) "< 250 m\n< 250 a\n|250 gh\n.\n> QUIT\n"),
              "250|-4 rcpt suspect");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n|x\n> QUIT\n"),
              "250|-4 rcpt suspect");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 250 ghost\n? 0\n> QUIT\n< 550 a\n"),
              "250|0 rcpt suspect");
    CHECK_STR(talk(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 250 ghost\n? 0\n> QUIT\n< what\n"),
              "250|0 rcpt suspect");
    CHECK_STR(talk(PIPE "?! 1\n" MAIL R(0) "> QUIT\n< 250 m\n< 250 ghost\n< 550 a\n< 221 bye\n"),
              "250|0 rcpt suspect");
    CHECK_STR(whole(EHLO "?! 1\n" MAIL "< 250 m\n" R(0) "< 250 ghost\n< 550 a\n"),
              "250|0 rcpt suspect");
}

/* Who is silent at QUIT may owe an answer before it; who hangs up has given all there were. */
static enum quoth_want_kind wanted(void)
{
    struct quoth_want w;

    quoth_smtp_want(&s, &w);
    return w.kind;
}

/* All of what is wanted to be sent, or its first `n` bytes. */
static void send_some(size_t n)
{
    struct quoth_want w;

    quoth_smtp_want(&s, &w);
    CHECK_INT(w.kind, QUOTH_WANT_SEND);
    feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = n && n < w.n ? n : w.n});
}

static void hear(const char *text)
{
    feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = text, .n = strlen(text)});
}

/* QUIT is said when it may be, once; else the connection closes. */
static void leaves(int politely)
{
    struct quoth_want w, again;

    quoth_smtp_leave(&s, now);
    quoth_smtp_want(&s, &w);
    CHECK_INT(w.kind, politely ? QUOTH_WANT_SEND : QUOTH_WANT_CLOSE);
    CHECK(politely ? w.n == 6 && !memcmp(w.out, "QUIT\r\n", 6) : !w.n && !w.out);
    quoth_smtp_leave(&s, now);
    quoth_smtp_want(&s, &again);
    CHECK_INT(again.kind, w.kind);
    CHECK_INT(s.err, QUOTH_OK);
    if (politely) {
        send_some(0);
        hear("221 bye\r\n");
    }
    quoth_smtp_give_up(&s, QUOTH_ETIME, now); /* it is over: too late for a reason */
    CHECK_INT(wanted(), QUOTH_WANT_CLOSE);
    CHECK_INT(s.err, QUOTH_OK);
    feed((struct quoth_event) {.kind = QUOTH_EV_DOWN});
    CHECK_INT(wanted(), QUOTH_WANT_DONE);
    quoth_smtp_leave(&s, now);
    quoth_smtp_give_up(&s, QUOTH_ETIME, now);
    CHECK_INT(wanted(), QUOTH_WANT_DONE);
    CHECK_INT(s.err, QUOTH_OK);
}

TEST(P24_leave)
{
    usual();
    now = rcpts = 0;
    for (unsigned far = 0; far < 8; far++) {
        static const uint8_t politely[] = {0, 0, 0, 1, 1, 0, 0, 0};

        start("mx", 0, NULL, 0, now);
        if (far > 0)
            feed((struct quoth_event) {.kind = QUOTH_EV_UP}); /* 1: no greeting yet */
        if (far > 1)
            hear("220 hi\r\n");
        if (far > 1)
            send_some(far == 2 ? 3 : 0); /* 2: half an EHLO; 3: not answered yet */
        if (far == 4)
            hear("250 mx\r\n");
        if (far > 4)
            hear("250-mx\r\n250 STARTTLS\r\n"); /* 5: nothing of it is written */
        if (far == 5)
            CHECK_INT(wanted(), QUOTH_WANT_SEND);
        if (far > 5)
            send_some(0); /* 6: the server may shake hands already */
        if (far > 6)
            hear("220 go\r\n"); /* 7: it does */
        leaves(politely[far]);
    }
}

TEST(P24_give_up)
{
    usual();
    now = rcpts = 0;
    start("mx", 0, NULL, 0, now);
    quoth_smtp_give_up(&s, QUOTH_ETIME, now);
    CHECK_INT(wanted(), QUOTH_WANT_CLOSE);
    CHECK_INT(s.err, QUOTH_ETIME);
    CHECK_INT(s.phase, QUOTH_PHASE_CONNECT);
    quoth_smtp_give_up(&s, QUOTH_EPROTO, now); /* the first reason stays */
    CHECK_INT(s.err, QUOTH_ETIME);
    start("mx", 0, NULL, 0, now);
    feed((struct quoth_event) {.kind = QUOTH_EV_FAIL, .err = QUOTH_EREFUSED});
    quoth_smtp_give_up(&s, QUOTH_ETIME, now);
    CHECK_INT(s.err, QUOTH_EREFUSED);
    whole(EHLO "? 1\n" MAIL); /* where QUIT may be said, it is, and nobody waits for an answer */
    quoth_smtp_give_up(&s, QUOTH_ETIME, now);
    CHECK(wanted() == QUOTH_WANT_SEND && starts(s.out, "QUIT\r\n"));
    quoth_smtp_give_up(&s, QUOTH_EIO, now); /* it does not even take that */
    CHECK(wanted() == QUOTH_WANT_CLOSE && s.err == QUOTH_ETIME);
    whole(EHLO "? 1\n" MAIL);
    quoth_smtp_give_up(&s, QUOTH_ETIME, now);
    feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = 6});
    CHECK(wanted() == QUOTH_WANT_CLOSE && s.err == QUOTH_ETIME);
}

TEST(P28_quit)
{
    usual();
    CHECK_STR(talk(EHLO "? 2\n" MAIL "< 250 m\n" R(0) "< 250 a\n" R(1) "< 550 b\n? 0\n> QUIT\n.\n"),
              "250,550|0 rcpt unanswered");
    CHECK_STR(talk(EHLO "? 2\n" MAIL "< 250 m\n" R(0) "< 250 a\n" R(1) "< 550 b\n? 0\n> QUIT\nx\n"),
              "250,550|0 rcpt");
    CHECK_STR(talk(EHLO "? 2\n" MAIL "< 250 m\n" R(0) "< 250 a\n" R(1) "< 550 b\n? 0\n> QUIT\n!\n"),
              "250,550|0 rcpt");
    CHECK_STR(talk(PIPE "?! 2\n" MAIL R(0) R(1) "> QUIT\n< 250 m\n< 550 a\n< 550 ghost\n.\n"),
              "550,550|0 rcpt unanswered");
    CHECK_STR(talk(PIPE "?! 2\n" MAIL R(0) R(1) "> QUIT\n< 250 m\n< 550 a\n< 550 ghost\n< 250 b\n"),
              "550,550|0 rcpt suspect");
    CHECK_STR(talk(PIPE "?! 2\n" MAIL R(0) R(1) "> QUIT\n< 250 m\n< 550 a\n.\n"), "550,0|-8 rcpt");
}

/* Whatever comes behind 421 or QUIT's 221 is not heard, in the same piece or another. */
TEST(P24_behind_the_end)
{
#define FIRST EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n"
    usual();
    CHECK_STR(talk(FIRST "? 1\n> RSET\n< 421 bye\n< 250 more\n"), "250,0|0 421 mail");
    CHECK_STR(talk(FIRST "? 0\n> QUIT\n< 221 bye\n< 250 more\n< 550 and more\n"), "250|0 rcpt");
}

/* A reply too many, and the one that was shifted out of its transaction refuses RSET: what comes
 * then may be all that was said, or less. Silence there is as good as silence at QUIT. */
TEST(P28_rest)
{
#define SHIFTED \
    PIPE "? 3\n" MAIL R(0) R(1) R(2) "< 250 m\n< 250 a\n< 250 ghost\n< 250 b\n" \
                                     "? 2\n> RSET\n" MAIL R(3) R(4) "< 550 c\n"
    usual();
    CHECK_STR(talk(SHIFTED "< 250 rset\n< 250 m\n.\n"), "250,250,250,0,0|0 550 mail unanswered");
    CHECK_STR(talk(SHIFTED "< 250 rset\n< what\n"), "250,250,250,0,0|0 550 mail unanswered");
    CHECK_STR(talk(SHIFTED "< 250 rset\n< 250 m\n< 250 d\n> QUIT\n< 550 e\n"),
              "250,250,250,0,0|0 550 mail suspect");
    CHECK_STR(talk(SHIFTED "< 250 rset\n< 250 m\n< 250 d\n> QUIT\n.\n"),
              "250,250,250,0,0|0 550 mail unanswered");
    CHECK_STR(talk(SHIFTED "< 250 rset\nx\n"), "250,250,250,0,0|0 550 mail unanswered");
    CHECK_STR(talk(SHIFTED "< 421 bye\n"), "250,250,250,0,0|0 550 mail unanswered");
    CHECK_STR(talk(SHIFTED "< 250 rset\n< 250 m\n< 250 d\n> QUIT\nx\n"),
              "250,250,250,0,0|0 550 mail unanswered");
    CHECK_STR(talk(SHIFTED "< 503 m\n< 503 d\n< 503 e\n" QUIT), "250,250,250,0,0|0 550 mail");
}

/* A reply nobody asked for, half of which is there: it is
 * heard out before anything else is said. */
TEST(P28_half)
{
    struct quoth_want w;
    usual();
    whole(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n|25\n");
    quoth_smtp_want(&s, &w);
    CHECK_INT(w.kind, QUOTH_WANT_RECV);
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_RCPT}), QUOTH_EINVAL);
}

/* What nobody asked for is nobody's answer: of those that were asked the answers stay, of the
 * others there are none. */
TEST(P28_nobody)
{
    usual();
    whole(EHLO "? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n");
    for (size_t i = 1; i < RCPTS; i++)
        rcpt[i].said.code = 0;
    hear("550 ghost\r\n");
    CHECK_INT(rcpt[0].said.code, 250);
    for (size_t i = 1; i < RCPTS; i++)
        CHECK_INT(rcpt[i].said.code, 0);
    CHECK_INT(wanted(), QUOTH_WANT_SEND);
    CHECK_INT(s.suspect, 1);
}

/* Of what is to be sent no more can be sent than is left. */
TEST(P02_sent)
{
    struct quoth_want w;

    usual();
    whole("");
    feed((struct quoth_event) {.kind = QUOTH_EV_UP});
    hear("220 hi\r\n");
    quoth_smtp_want(&s, &w);
    for (size_t left = w.n; left; left--) {
        CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = 0}), QUOTH_EINVAL);
        CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = left + 1}), QUOTH_EINVAL);
        quoth_smtp_want(&s, &w);
        CHECK_INT(w.kind, QUOTH_WANT_SEND);
        CHECK_INT(w.n, left);
        CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = 1}), QUOTH_OK);
    }
    CHECK_INT(wanted(), QUOTH_WANT_RECV);
}

TEST(P29)
{
    usual();
#define SENDER PIPE "? 2\n" MAIL R(0) R(1) "< 550 5.1.8 sender\n"
    CHECK_STR(talk(SENDER "< 250 a\n< 250 b\n" QUIT), "0,0|0 550 mail");
    CHECK_STR(talk(SENDER "< 503 a\nx\n"), "0,0|0 550 mail");
    CHECK_STR(talk(SENDER "< 503 a\n.\n"), "0,0|0 550 mail unanswered");
    CHECK_STR(talk(SENDER "< what\n"), "0,0|0 550 mail unanswered");
    CHECK_STR(talk(PIPE "?! 1\n" MAIL R(0) "> QUIT\n< 550 sender\n< 503 a\n< 221 bye\n"),
              "0|0 550 mail");
    CHECK_STR(talk(PIPE "?! 1\n" MAIL R(0) "> QUIT\n< 550 sender\n< 503 a\nx\n"), "0|0 550 mail");
}

TEST(P30)
{
    static const int codes[5] = {250, 550, 200, 599, 299};
    static const char *const end[] = {"x\n", "!\n", "< 421 bye\n"};
    char text[2000], want[200];
    usual();
    for (int k = 0; k < 5; k++) {
        for (int e = 0; e < 3; e++) {
            size_t n = (size_t)snprintf(text, sizeof text,
                                        PIPE "? 5\n" MAIL R(0) R(1) R(2) R(3) R(4) "< 250 m\n"),
                   m = 0;
            for (int i = 0; i < k; i++)
                n += (size_t)snprintf(text + n, sizeof text - n, "< %d x\n", codes[i]);
            snprintf(text + n, sizeof text - n, "%s", end[e]);
            for (int i = 0; i < 5; i++)
                m += (size_t)snprintf(want + m, sizeof want - m, "%s%d", i ? "," : "",
                                      i < k              ? codes[i]
                                      : i == k && e == 2 ? 421
                                                         : 0);
            snprintf(want + m, sizeof want - m, e == 2 ? "|0 421 rcpt" : "|-5 rcpt");
            CHECK_STR(talk(text), want);
            CHECK_INT(s.refused, k / 2 + (e == 2));
        }
    }
}

/* ---- what may not go on the wire ---------------------------------------- */

static int given(const char *local, size_t n, const char *domain)
{
    struct quoth_rcpt one = {
        .local = {local, n}, .domain = {domain, strlen(domain)}, .said.code = 9};
    whole(EHLO);
    return feed((struct quoth_event) {.kind = QUOTH_EV_RCPT, .rcpt = &one, .n = 1, .last = 1});
}
#define GIVEN(local) given(local, sizeof local - 1, "example.com")

/* Any byte in a name of ours or of a recipient: what could end the line or the path stays here. */
TEST(A04_any_byte)
{
    char name[] = "a?b", from[] = "jan?@p.example.org";
    for (unsigned c = 1; c < 256; c++) {
        int fit = c > ' ' && c < 0x7f && !strchr("<>@\"", (int)c);
        name[1] = (char)c;
        usual();
        CHECK_INT(given("jane", 4, name), fit ? QUOTH_OK : QUOTH_EINVAL);
        conf.helo = name;
        start("mx", 0, NULL, 0, now);
        CHECK_INT(s.err, fit ? QUOTH_OK : QUOTH_EINVAL);
        usual();
        from[3] = (char)c;
        conf.from = from;
        start("mx", 0, NULL, 0, now);
        fit = c > ' ' && c < 0x7f && !strchr("<>()[]\\,;:@\"", (int)c);
        CHECK_INT(s.err, fit ? QUOTH_OK : QUOTH_EINVAL);
    }
    usual();
}

/* Where SMTPUTF8 is not offered nobody is named by a byte above 127, of several recipients not one.
 */
TEST(A22_any)
{
    struct quoth_rcpt two[2];
    for (int k = 0; k < 3; k++) {
        usual();
        for (int i = 0; i < 2; i++)
            two[i] = (struct quoth_rcpt) {.local = {i == k - 1 ? "\xc3\xbc" : "jo", 2},
                                          .domain = {"example.com", 11}};
        whole(EHLO);
        CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_RCPT, .rcpt = two, .n = 2}),
                  k ? QUOTH_EINVAL : QUOTH_OK);
    }
    usual();
}

TEST(A03)
{
    static const char big[] = "0123456789012345678901234567890123456789012345678901234567890123";
    char domain[300];
    usual();
    CHECK_INT(GIVEN("jane"), QUOTH_OK);
    CHECK_INT(GIVEN("\"a b\""), QUOTH_OK);
    CHECK_INT(GIVEN("\"\""), QUOTH_OK);
    CHECK_INT(GIVEN("\"a\\\"b>\""), QUOTH_OK);
    CHECK_INT(GIVEN("\"a\\\\\""), QUOTH_OK);
    CHECK_INT(GIVEN("a+b'c/d=e"), QUOTH_OK);
    CHECK_INT(given("a", 1, "[IPv6:2001:db8::1]"), QUOTH_OK);
    CHECK_INT(given(big, 64, "example.com"), QUOTH_OK);
    CHECK_INT(given("0123456789012345678901234567890123456789012345678901234567890123x", 65,
                    "example.com"),
              QUOTH_EINVAL);
    CHECK_INT(GIVEN(""), QUOTH_EINVAL);
    CHECK_INT(GIVEN("\"a\r\nRCPT TO:<b@x>\""), QUOTH_EINVAL);
    CHECK_INT(GIVEN("a\r\nDATA"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("a\nb"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("a\0b"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("a\x7f"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("a b"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("a>"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("<a"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("a@b"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("@b:a"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("\"a\"b\""), QUOTH_EINVAL);
    CHECK_INT(GIVEN("\"a\\\""), QUOTH_EINVAL);
    CHECK_INT(GIVEN("\"a\\\\\"> x\""), QUOTH_EINVAL);
    CHECK_INT(GIVEN("\"a"), QUOTH_EINVAL);
    CHECK_INT(GIVEN("\"a\\\r\""), QUOTH_EINVAL);
    CHECK_INT(given("a", 1, "d> SIZE=1"), QUOTH_EINVAL);
    CHECK_INT(given("a", 1, "d>\r\nRSET"), QUOTH_EINVAL);
    CHECK_INT(given("a", 1, "d>NOTIFY=NEVER"), QUOTH_EINVAL);
    CHECK_INT(given("a", 1, "\xc3\xbc.example"), QUOTH_EINVAL);
    CHECK_INT(given("a", 1, ""), QUOTH_EINVAL);
    memset(domain, 'd', sizeof domain);
    domain[255] = 0;
    CHECK_INT(given("a", 1, domain), QUOTH_OK);
    domain[255] = 'd';
    domain[256] = 0;
    CHECK_INT(given("a", 1, domain), QUOTH_EINVAL);
}

TEST(A03_nothing_changed)
{
    struct quoth_smtp before;
    usual();
    CHECK_INT(GIVEN("a b"), QUOTH_EINVAL);
    whole(EHLO);
    before = s;
    rcpt[0] = rcpt[1] =
        (struct quoth_rcpt) {.local = {"ok", 2}, .domain = {"d", 1}, .said.code = 9};
    rcpt[1].local = (struct quoth_span) {"a\n", 2};
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_RCPT, .rcpt = rcpt, .n = 2}),
              QUOTH_EINVAL);
    CHECK(!memcmp(&s, &before, sizeof s) && rcpt[0].said.code == 9);
}

static int started(const char *helo, const char *from)
{
    struct quoth_want w;
    conf.helo = helo;
    conf.from = from;
    start("mx", 0, NULL, 0, 0);
    quoth_smtp_want(&s, &w);
    return w.kind == QUOTH_WANT_CLOSE ? s.err : w.kind == QUOTH_WANT_OPEN ? QUOTH_OK : 1;
}

TEST(P33) /* what cannot be said, or would not fit, is refused at start */
{
    char big[512];
    usual();
    memset(big, 'x', sizeof big);
    CHECK_INT(started(US, "me@" US), QUOTH_OK);
    CHECK_INT(started(US, ""), QUOTH_OK);
    CHECK_INT(started("", ""), QUOTH_EINVAL);
    CHECK_INT(started("a b", ""), QUOTH_EINVAL);
    CHECK_INT(started("a\x7f"
                      "b",
                      ""),
              QUOTH_EINVAL);
    CHECK_INT(started("a~b", ""), QUOTH_OK);
    CHECK_INT(started("a\r\nDATA", ""), QUOTH_EINVAL);
    CHECK_INT(started(US, "me"), QUOTH_EINVAL);
    CHECK_INT(started(US, "a@b> SIZE=1"), QUOTH_EINVAL);
    CHECK_INT(started(US, "a\r\n@b"), QUOTH_EINVAL);
    CHECK_INT(started(US, "@b"), QUOTH_EINVAL);
    CHECK_INT(started(US, "\xc3\xbc@b"), QUOTH_EINVAL); /* no server has to know SMTPUTF8 for us */
    big[255] = 0;
    CHECK_INT(started(big, ""), QUOTH_OK);
    big[255] = 'x';
    big[256] = 0;
    CHECK_INT(started(big, ""), QUOTH_EINVAL);
    big[256] = 'x';
    big[64] = '@';
    big[64 + 256] = 0;
    CHECK_INT(started(US, big), QUOTH_OK);
    big[64 + 256] = 'x';
    big[64 + 257] = 0;
    CHECK_INT(started(US, big), QUOTH_EINVAL);
}

TEST(P33_longest) /* the longest commands there can be are said whole */
{
    static char local[65], domain[256], from[400];
    struct quoth_rcpt one = {.local = {local, 64}, .domain = {domain, 255}};
    struct quoth_want w;
    usual();
    memset(local, 'l', 64);
    memset(domain, 'd', 255);
    snprintf(from, sizeof from, "%s@%s", local, domain);
    local[0] = '\xc3';
    local[1] = '\xbc';
    conf.from = from;
    whole(HI "< 250-x\n< 250 SMTPUTF8\n");
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_RCPT, .rcpt = &one, .n = 1}), QUOTH_OK);
    quoth_smtp_want(&s, &w);
    CHECK_INT(w.n, 12 + 320 + 9 + 2);
    feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = w.n});
    feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = "250 m\r\n", .n = 7});
    quoth_smtp_want(&s, &w);
    CHECK_INT(w.n, 10 + 320 + 2);
    CHECK(w.n <= 512 && !memcmp((const char *)w.out + w.n - 3, ">\r\n", 3));
}

/* ---- replies in the wrong place ----------------------------------------- */

TEST(S16)
{
    usual();
    CHECK_STR(talk(EHLO "< 250 what\n> QUIT\n"), "|-4 ehlo");
    CHECK_STR(talk(EHLO "|2\n.\n> QUIT\n"), "|-4 ehlo");
    CHECK_STR(whole("< 220 hi\n< 220 hi\n"), "|-4 ehlo");
}

TEST(S17)
{
    usual();
    CHECK_STR(whole(HI "< 500 what\n< 250 x\n"), "|-4 ehlo");
    CHECK_STR(whole(EHLO "? 1\n" MAIL "< 250 m\n< 250 a\n"), "0|-4 rcpt suspect");
    CHECK_STR(whole(EHLO "? 2\n" MAIL "< 250 m\n" R(0) "< 250 a\n< 250 b\n"),
              "250,0|-4 rcpt suspect");
    CHECK_STR(whole(EHLO ONCE "< 250 r\n< 250 m\n"), "250,0|-4 mail suspect");
}

TEST(S18)
{
    usual();
    CHECK_STR(talk("< 220-mx\n< 220-wait\n< 220 go\n> EHLO " US "\n< 250 x\n? 0\n" QUIT),
              "|0 ehlo");
    whole("< 220-mx\n< 220-wait\n");
    CHECK_INT(wrote, 0);
}

TEST(S19)
{
    static const int code[] = {554, 521, 450, 500, 550, 354};
    char text[100], want[40];
    usual();
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        snprintf(text, sizeof text, "< %d-5.7.1 go\n< %d away\n" QUIT, code[i], code[i]);
        snprintf(want, sizeof want, "|0 %d banner", code[i]);
        CHECK_STR(talk(text), want);
    }
}

TEST(S20)
{
    usual();
    CHECK_STR(talk("< HTTP/1.1 400 Bad Request\n"), "|-4 banner");
    CHECK_STR(talk("< SSH-2.0-x\n"), "|-4 banner");
    CHECK_STR(talk("|\x15\x03\x01\n"), "|-4 banner");
}

/* Every code at every place where a reply is heard; what it
 * must come to, said once more by class. */
TEST(S21)
{
    static const struct {
        const char *before;
        const char *verb;
    } place[] = {{"", ""},
                 {HI, "ehlo"},
                 {HI "< 500 x\n> HELO " US "\n", "helo"},
                 {TLS, "starttls"},
                 {EHLO "? 1\n" MAIL, "mail"},
                 {EHLO "? 1\n" MAIL "< 250 m\n" R(0), "rcpt"},
                 {EHLO ONCE, "rset"},
                 {EHLO "? 0\n> QUIT\n", "quit"},
                 {EHLO, "idle"}};
    char text[600];
    struct quoth_want w;
    usual();
    for (size_t i = 0; i < sizeof place / sizeof place[0]; i++) {
        for (int code = 0; code < 1000; code++) {
            const char *verb = place[i].verb;
            int valid = code >= 200 && code < 600, ok = code / 100 == 2,
                quit = starts(verb, "quit"), helo;
            snprintf(text, sizeof text, "%s< %03d x\n", place[i].before, code);
            whole(text);
            quoth_smtp_want(&s, &w);
            helo = starts(verb, "ehlo") && ((code >= 500 && code <= 504) || code == 550);
            if (code == 221 &&
                (starts(verb, "mail") || starts(verb, "rcpt") || starts(verb, "rset")))
                valid = 0; /* QUIT's, and here it shows that a reply is missing */
            if (starts(verb, "rcpt") && valid)
                CHECK_INT(rcpt[0].said.code, code);
            if (quit)
                CHECK(s.err == QUOTH_OK && s.said.code == 0 && !s.suspect);
            else if (!valid)
                CHECK(s.err == QUOTH_EPROTO && s.said.code == 0);
            else if (code == 421)
                CHECK(s.err == QUOTH_OK && s.said.code == 421 && w.kind == QUOTH_WANT_DONE);
            else if (starts(verb, "idle"))
                CHECK(s.err == QUOTH_EPROTO);
            else if (starts(verb, "starttls")) {
                if (code == 220)
                    CHECK_INT(w.kind, QUOTH_WANT_TLS);
                else if (code < 400)
                    CHECK_INT(s.err, QUOTH_EPROTO);
                else
                    CHECK(w.kind == QUOTH_WANT_RCPT && s.said.code == 0);
            } else if (ok)
                CHECK(s.said.code == 0 && s.err == QUOTH_OK && w.kind != QUOTH_WANT_DONE);
            else if (helo)
                CHECK(starts(s.out, "HELO ") && w.kind == QUOTH_WANT_SEND);
            else if (starts(verb, "rcpt"))
                CHECK(s.said.code == 0 && w.kind == QUOTH_WANT_RCPT);
            else
                CHECK(s.said.code == code && starts(s.out, "QUIT") && s.err == QUOTH_OK);
        }
    }
}

/* ---- TLS ---------------------------------------------------------------- */

TEST(T01)
{
    usual();
    CHECK_STR(whole(TLS "< 220 go\n< 250 x\n"), "|-4 starttls");
    CHECK_STR(whole(TLS "< 220 go\n|2\n"), "|-4 starttls");
}

TEST(C16)
{
    usual();
    CHECK_STR(whole(TLS "< 220 go\n< 250-fake\n< 250 PIPELINING\n"), "|-4 starttls");
    CHECK_INT(wrote, sizeof "EHLO " US "\r\nSTARTTLS\r\n" - 1);
}

TEST(C17)
{
    usual();
    CHECK_STR(whole(TLS "< 454 no\n< 235 ok\n< 250 ok\n< 250 ok\n"), "|-4 starttls");
    CHECK_INT(wrote, sizeof "EHLO " US "\r\nSTARTTLS\r\n" - 1);
}

TEST(C18) /* a broken handshake is the end of that connection */
{
    usual();
    CHECK_STR(talk(TLS "< 220 go\n~ fail\n"), "|-9 starttls");
    CHECK_STR(talk(TLS "< 220 go\n.\n"), "|-9 starttls");
    CHECK_STR(talk(TLS "< 220 go\n!\n"), "|-9 starttls");
}

TEST(
    /* nothing said in clear survives the handshake, nothing is said in clear after a failed one */
    C19)
{
    usual();
    CHECK_STR(talk(TLS "< 220 go\n~ up\n> EHLO " US "\n< 250 x\n? 0\n" QUIT), "|0 ehlo");
    CHECK_INT(s.ext, 0);
    CHECK(s.secure == 1 && s.tls.version == 0x0304 && s.tls.cipher == 0x1301);
    conf.tls = QUOTH_TLS_MUST;
    CHECK_STR(talk(TLS "< 220 go\n~ fail\n"), "|-9 starttls");
    CHECK_INT(wrote, sizeof "EHLO " US "\r\nSTARTTLS\r\n" - 1);
}

TEST(T02) /* STARTTLS offered inside TLS is not taken up again */
{
    usual();
    CHECK_STR(talk(TLS "< 220 go\n~ up\n> EHLO " US
                       "\n< 250-x\n< 250-PIPELINING\n< 250 STARTTLS\n? 1\n" MAIL R(
                           0) "< 250 m\n< 250 a\n? 0\n" QUIT),
              "250|0 rcpt");
}

TEST(T02_helo) /* EHLO refused inside: what was offered in clear does not come back */
{
    usual();
    CHECK_STR(talk(TLS "< 220 go\n~ up\n> EHLO " US "\n< 502 what\n> HELO " US
                       "\n< 250 x\n? 1\n" MAIL "< 250 m\n" R(0) "< 250 a\n? 0\n" QUIT),
              "250|0 rcpt");
}

TEST(T03)
{
    usual();
    CHECK_STR(talk(TLS "< 220 go\n~ up\n> EHLO " US "\n< 250 x\n< 220 again\n> QUIT\n"),
              "|-4 ehlo");
    CHECK_STR(talk(TLS "< 220 go\n~ up\n> EHLO " US "\n< 220 x\n? 0\n" QUIT), "|0 ehlo");
}

TEST(T04)
{
    static const int code[] = {454, 501, 502, 550, 450, 554};
    char text[500], want[40];
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        usual();
        snprintf(text, sizeof text, TLS "< %d no\n? 1\n" MAIL R(0) "< 250 m\n< 250 a\n? 0\n" QUIT,
                 code[i]);
        CHECK_STR(talk(text), "250|0 rcpt");
        conf.tls = QUOTH_TLS_MUST;
        snprintf(text, sizeof text, TLS "< %d no\n" QUIT, code[i]);
        snprintf(want, sizeof want, "|-9 %d starttls", code[i]);
        CHECK_STR(talk(text), want);
    }
    CHECK_STR(talk(TLS "< 250 ok\n"), "|-4 starttls");
}

TEST(T04_policy)
{
    usual();
    conf.tls = QUOTH_TLS_MUST;
    CHECK_STR(talk(EHLO QUIT), "|-9 ehlo");
    CHECK_STR(talk(HI "< 502 what\n> HELO " US "\n< 250-x\n< 250 STARTTLS\n" QUIT), "|-9 ehlo");
    CHECK_STR(talk(TLS "< 220 go\n~ up\n> EHLO " US "\n< 250 x\n? 0\n" QUIT), "|0 ehlo");
    options = QUOTH_SMTP_NO_TLS;
    CHECK_STR(talk(HI "< 250-x\n< 250 STARTTLS\n" QUIT), "|-9 ehlo");
    conf.tls = QUOTH_TLS_TRY;
    CHECK_STR(talk(HI "< 250-x\n< 250 STARTTLS\n? 0\n" QUIT), "|0 ehlo");
    options = 0;
    conf.tls = QUOTH_TLS_NEVER;
    CHECK_STR(talk(HI "< 250-x\n< 250 STARTTLS\n? 0\n" QUIT), "|0 ehlo");
    CHECK_INT(s.ext, QUOTH_EXT_STARTTLS);
}

TEST(T05)
{
    char text[400];
    usual();
    conf.tls_verify = 1;
    for (int cert = 0; cert < 32; cert++) {
        snprintf(text, sizeof text, TLS "< 220 go\n~ cert %d\n%s", cert,
                 cert == QUOTH_CERT_CHECKED ? "> EHLO " US "\n< 250 x\n? 0\n" QUIT : "");
        CHECK_STR(whole(text), cert == QUOTH_CERT_CHECKED ? "|0 ehlo" : "|-9 starttls");
        CHECK_INT(s.tls.cert, cert);
    }
    conf.tls_verify = 0;
    CHECK_STR(whole(TLS "< 220 go\n~ cert 31\n> EHLO " US "\n< 250 x\n? 0\n" QUIT), "|0 ehlo");
}

/* ---- time --------------------------------------------------------------- */

struct step {
    const char *before;
    uint32_t usual;
    size_t field;
    enum quoth_want_kind then;
};
#define FIELD(f) offsetof(struct quoth_smtp_conf, f)
static const struct step step[] = {
    {NULL, 10000, FIELD(open_ms), QUOTH_WANT_CLOSE},
    {"", 60000, FIELD(greet_ms), QUOTH_WANT_CLOSE},
    {HI, 60000, FIELD(helo_ms), QUOTH_WANT_SEND},
    {HI "< 500 x\n> HELO " US "\n", 60000, FIELD(helo_ms), QUOTH_WANT_SEND},
    {TLS, 60000, FIELD(tls_ms), QUOTH_WANT_CLOSE},
    {TLS "< 220 go\n", 60000, FIELD(tls_ms), QUOTH_WANT_CLOSE},
    {EHLO "? 1\n" MAIL, 60000, FIELD(mail_ms), QUOTH_WANT_SEND},
    {EHLO "? 1\n" MAIL "< 250 m\n" R(0), 60000, FIELD(rcpt_ms), QUOTH_WANT_SEND},
    {EHLO ONCE, 10000, FIELD(rset_ms), QUOTH_WANT_SEND},
    {EHLO "? 0\n> QUIT\n", 5000, FIELD(quit_ms), QUOTH_WANT_CLOSE},
    {EHLO, 30000, FIELD(idle_ms), QUOTH_WANT_SEND},
    {SENDER, 5000, FIELD(quit_ms), QUOTH_WANT_CLOSE},
    {PIPE "?! 1\n" MAIL R(0) "> QUIT\n< 250 m\n< 250 a\n", 5000, FIELD(quit_ms), QUOTH_WANT_CLOSE}};

/* Bring `s` to that step; the time it began is at most as far back as the events since. */
static uint64_t to_step(const struct step *at)
{
    struct quoth_want w;
    if (at->before) {
        whole(at->before);
    } else {
        now = 1000;
        start("mx", 0, said, sizeof said, now);
    }
    quoth_smtp_want(&s, &w);
    return w.deadline;
}

TEST(Z_waits)
{
    for (size_t i = 0; i < sizeof step / sizeof step[0]; i++) {
        uint64_t d, began;
        struct quoth_want w;
        uint32_t three = 3000;
        usual();
        d = to_step(&step[i]);
        CHECK(d > now && d <= now + step[i].usual && d + 10 > now + step[i].usual);
        began = now;
        now = d - 1;
        CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_TIME}), QUOTH_EINVAL);
        now = d;
        CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_TIME}), QUOTH_OK);
        quoth_smtp_want(&s, &w);
        CHECK_INT(w.kind, step[i].then); /* QUIT, where it may be said */
        memcpy((char *)&conf + step[i].field, &three, sizeof three);
        d = to_step(&step[i]);
        CHECK(now == began && d <= now + three && d + 10 > now + three);
    }
}

TEST(Z_talk) /* the whole conversation is capped, whatever the step may take */
{
    usual();
    for (size_t i = 0; i < sizeof step / sizeof step[0]; i++) {
        conf.talk_ms = 40;
        CHECK_INT(to_step(&step[i]), 1040);
    }
    conf.talk_ms = 0;
    conf.greet_ms = 1000000;
    CHECK_INT(to_step(&step[1]), 181000);
}

TEST(H01) /* a byte now and then does not move the deadline */
{
    struct quoth_want w;
    usual();
    for (size_t i = 1; i < sizeof step / sizeof step[0]; i++) {
        uint64_t d = to_step(&step[i]);
        if (i == 5)
            continue; /* TLS: the bytes are not ours */
        quoth_smtp_want(&s, &w);
        if (w.kind == QUOTH_WANT_RCPT)
            continue; /* idle: the first byte is the end */
        for (size_t at = 0; now < d; now += 400, at++) {
            CHECK_INT(feed((struct quoth_event) {
                          .kind = QUOTH_EV_DATA, .data = at < 4 ? &"220-"[at] : "x", .n = 1}),
                      QUOTH_OK);
            quoth_smtp_want(&s, &w);
            CHECK_INT(w.deadline, d);
        }
    }
}

/* ---- amounts ------------------------------------------------------------ */

/* One reply of exactly `n` bytes, as one DATA event. */
static void big_reply(int code, size_t n)
{
    static char b[QUOTH_REPLY_BYTES_MAX];
    size_t at = 0;
    while (at < n) {
        size_t line = n - at > 4096 + 8 ? 4096 : n - at;
        memset(b + at, 'x', line);
        memcpy(b + at + line - 2, "\r\n", 2);
        b[at] = (char)('0' + code / 100);
        b[at + 1] = (char)('0' + code / 10 % 10);
        b[at + 2] = (char)('0' + code % 10);
        b[at + 3] = at + line == n ? ' ' : '-';
        at += line;
    }
    feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = b, .n = n});
}

static void flush(void)
{
    struct quoth_want w;
    quoth_smtp_want(&s, &w);
    CHECK_INT(w.kind, QUOTH_WANT_SEND);
    feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = w.n});
}

TEST(Z_talk_bytes)
{
    usual();
    for (int more = -1; more <= 1; more++) {
        struct quoth_rcpt one = {.local = {"a", 1}, .domain = {"example.com", 11}};
        whole("");
        big_reply(220, QUOTH_REPLY_BYTES_MAX);
        flush();
        big_reply(250, QUOTH_REPLY_BYTES_MAX);
        CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_RCPT, .rcpt = &one, .n = 1}),
                  QUOTH_OK);
        flush();
        big_reply(250, QUOTH_REPLY_BYTES_MAX - 100);
        flush();
        big_reply(550, QUOTH_REPLY_BYTES_MAX);
        CHECK_INT(one.said.code, 550);
        CHECK_INT(s.bytes, QUOTH_TALK_BYTES_MAX - 100);
        CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_RCPT}), QUOTH_OK);
        flush();
        big_reply(221, (size_t)(100 + more));
        CHECK_INT(s.err, QUOTH_OK);
        CHECK_INT(s.suspect, more > 0); /* a 221 too long to be heard is none */
    }
}

TEST(H02)
{
    static char flood[70000];
    usual();
    for (size_t i = 0; i + 5 <= sizeof flood; i += 5)
        memcpy(flood + i, "220-\n", 5);
    whole("");
    feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = flood, .n = sizeof flood});
    CHECK(s.err == QUOTH_EPROTO && s.bytes <= 5 * (QUOTH_REPLY_LINES_MAX + 1));
    memset(flood, 'x', sizeof flood);
    memcpy(flood, "220 ", 4);
    whole("");
    feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = flood, .n = sizeof flood});
    CHECK(s.err == QUOTH_EPROTO && s.bytes <= QUOTH_LINE_MAX + 1);
}

TEST(H03) /* a peer that takes one byte at a time, or none */
{
    struct quoth_want w;
    uint64_t d;
    usual();
    whole("< 220 hi\n");
    quoth_smtp_want(&s, &w);
    d = w.deadline;
    for (size_t left = w.n; left > 1; left--) {
        now += 1000;
        CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = 1}), QUOTH_OK);
        quoth_smtp_want(&s, &w);
        CHECK(w.deadline == d && w.n == left - 1);
    }
    now = d;
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_TIME}), QUOTH_OK);
    CHECK_INT(s.err, QUOTH_ETIME);
}

/* ---- every event in every state ----------------------------------------- */

TEST(P25)
{
    static const struct {
        const char *before;
        enum quoth_want_kind want;
        const char *takes;
    } state[] = {{NULL, QUOTH_WANT_OPEN, "TUF"},
                 {"< 220 hi\n", QUOTH_WANT_SEND, "TSF"},
                 {"", QUOTH_WANT_RECV, "TDEF"},
                 {TLS "< 220 go\n", QUOTH_WANT_TLS, "TUF"},
                 {EHLO, QUOTH_WANT_RCPT, "TDEFR"},
                 {EHLO "x\n", QUOTH_WANT_CLOSE, "TFW"},
                 {"x\n", QUOTH_WANT_DONE, ""},
                 {EHLO "|4\n", QUOTH_WANT_RECV, "TDEF"},
                 {EHLO "? 0\n> QUIT\n", QUOTH_WANT_RECV, "TDEF"}};
    static const char letter[] = "TUSDEFWR";
    struct quoth_smtp before;
    struct quoth_want w, again;
    usual();
    for (size_t i = 0; i < sizeof state / sizeof state[0]; i++) {
        for (int kind = -1; kind < 12; kind++) {
            struct quoth_event ev = {
                .now = QUOTH_NEVER, .data = "2", .n = 1, .rcpt = rcpt, .err = QUOTH_EIO};
            memcpy(&ev.kind, &kind, sizeof kind);
            if (kind == QUOTH_EV_RCPT)
                ev.n = 0;
            now = 0;
            if (state[i].before)
                whole(state[i].before);
            else
                start("mx", 0, NULL, 0, 0);
            if (state[i].want == QUOTH_WANT_CLOSE) {
                start("mx", 0, NULL, 0, 0);
                feed((struct quoth_event) {.kind = QUOTH_EV_FAIL, .err = QUOTH_EREFUSED});
                CHECK_INT(s.err, QUOTH_EREFUSED);
            }
            memset(&w, 1, sizeof w); /* all of it is written, whatever was there */
            memset(&again, 2, sizeof again);
            quoth_smtp_want(&s, &w);
            quoth_smtp_want(&s, &again);
            CHECK_INT(w.kind, state[i].want);
            CHECK(!memcmp(&w, &again, sizeof w) && w.host);
            before = s;
            if (kind >= 0 && kind < 8 && strchr(state[i].takes, letter[kind])) {
                CHECK_INT(quoth_smtp_feed(&s, &ev), QUOTH_OK);
            } else {
                CHECK_INT(quoth_smtp_feed(&s, &ev), QUOTH_EINVAL);
                CHECK(!memcmp(&before, &s, sizeof s));
            }
        }
    }
}

TEST(
    /* SENT of more than there is, DATA of nothing, FAIL without a reason, too many recipients */
    P25_amounts)
{
    static struct quoth_rcpt many[251];
    usual();
    whole("< 220 hi\n");
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = 0}), QUOTH_EINVAL);
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = (size_t)s.out_n + 1}),
              QUOTH_EINVAL);
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_FAIL}), QUOTH_OK);
    CHECK_INT(s.err, QUOTH_EIO);
    whole(EHLO);
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = "", .n = 0}), QUOTH_EINVAL);
    for (int i = 0; i < 251; i++)
        many[i] = (struct quoth_rcpt) {.local = {"a", 1}, .domain = {"b", 1}};
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_RCPT, .rcpt = many, .n = 251}),
              QUOTH_EINVAL);
    CHECK_INT(feed((struct quoth_event) {.kind = QUOTH_EV_RCPT, .rcpt = many, .n = 250}), QUOTH_OK);
}

int main(void)
{
    RUN(P03_one_at_a_time);
    RUN(P04);
    RUN(P05);
    RUN(P05_words);
    RUN(K17_no_part_of_a_word);
    RUN(P06_bursts);
    RUN(P07);
    RUN(P08);
    RUN(P09_bursts_fit);
    RUN(P09_refused_burst);
    RUN(P10);
    RUN(P37_burst_refused);
    RUN(P12_null_sender);
    RUN(P17);
    RUN(P18);
    RUN(P19);
    RUN(P20);
    RUN(P22);
    RUN(P22_smtputf8);
    RUN(P25);
    RUN(P25_amounts);
    RUN(P28);
    RUN(P24_leave);
    RUN(P24_give_up);
    RUN(P28_quit);
    RUN(P28_rest);
    RUN(P24_behind_the_end);
    RUN(P28_half);
    RUN(P28_nobody);
    RUN(P02_sent);
    RUN(P29);
    RUN(P30);
    RUN(P33);
    RUN(P33_longest);
    RUN(A22_any);
    RUN(A03);
    RUN(A04_any_byte);
    RUN(A03_nothing_changed);
    RUN(S16);
    RUN(S17);
    RUN(S18);
    RUN(S19);
    RUN(S20);
    RUN(S21);
    RUN(T01);
    RUN(T02);
    RUN(T02_helo);
    RUN(T03);
    RUN(T04);
    RUN(T04_policy);
    RUN(T05);
    RUN(C16);
    RUN(C17);
    RUN(C18);
    RUN(C19);
    RUN(Z_waits);
    RUN(Z_talk);
    RUN(Z_talk_bytes);
    RUN(H01);
    RUN(H02);
    RUN(H03);
    return report("smtp");
}
