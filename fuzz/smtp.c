/* smtp.c - a conversation with any server.
 *
 * Input: the first byte chooses the configuration. Then come the server's bytes, a line at a time
 * (0x0e after a line end glues the next line to it), and special events: 1 end of stream, 2
 * deadline, 3 broken, 4 one byte sent, 5 recipients (the next byte says how many), 6 up, 7 down.
 * Whatever else is wanted just happens.
 *
 * Oracle: want is pure; a refused event changes nothing; only whole lines are said, with verbs that
 * we may say; a recipient has an answer only after its RCPT was written; a twin that hears the same
 * byte by byte comes to the same result; it ends soon after the stream does.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth.h"

enum { RCPTS = 16 };

static struct quoth_smtp s, twin;
static struct quoth_rcpt rcpt[RCPTS], twin_rcpt[RCPTS];
static char said[QUOTH_SAID_MAX], twin_said[QUOTH_SAID_MAX], line[2 * QUOTH_OUT_MAX];
static size_t line_n, rcpt_lines, given;
static int twins;
static uint64_t now;

static void smtp_line_said(void)
{
    static const char *const verb[] = {"EHLO ",       "HELO ",     "STARTTLS\r", "RSET\r",
                                       "MAIL FROM:<", "RCPT TO:<", "QUIT\r"};
    size_t i = 0;
    while (i < 7 && strncmp(line, verb[i], strlen(verb[i])))
        i++;
    require(i < 7 && line_n <= 512 && line[line_n - 2] == '\r' && !memchr(line, '\r', line_n - 2));
    if (i == 4)
        rcpt_lines = 0;
    if (i == 5)
        rcpt_lines++;
    line_n = 0;
}

static void smtp_alike(void)
{
    require(s.state == twin.state && s.deadline == twin.deadline && s.err == twin.err &&
            s.said.code == twin.said.code && s.phase == twin.phase && s.suspect == twin.suspect &&
            s.bytes == twin.bytes && s.ext == twin.ext && s.asked == twin.asked &&
            s.refused == twin.refused && s.out_n == twin.out_n && s.out_at == twin.out_at &&
            s.said.n == twin.said.n && !memcmp(said, twin_said, s.said.n) &&
            !memcmp(s.out, twin.out, s.out_n));
    for (size_t i = 0; i < given; i++)
        require(rcpt[i].said.code == twin_rcpt[i].said.code &&
                rcpt[i].said.esc[2] == twin_rcpt[i].said.esc[2]);
}

/* The same for the twin, with DATA byte by byte. When the twin stops to listen, there are bytes too
 * many. The one that heard them at once ends there, and so does the comparison. */
static void smtp_twin_feed(struct quoth_event ev)
{
    const char *p = ev.data;
    size_t n = ev.n;
    ev.rcpt = twin_rcpt;
    if (ev.kind != QUOTH_EV_DATA) {
        require(quoth_smtp_feed(&twin, &ev) == QUOTH_OK);
        smtp_alike();
        return;
    }
    for (ev.n = 1; n && twins; n--) {
        struct quoth_want w;
        ev.data = p++;
        if (quoth_smtp_feed(&twin, &ev) == QUOTH_OK)
            continue;
        quoth_smtp_want(&s, &w);
        require(s.err == QUOTH_EPROTO || twin.err == s.err);
        require(w.kind == QUOTH_WANT_CLOSE || w.kind == QUOTH_WANT_DONE ||
                (w.kind == QUOTH_WANT_SEND && s.out[0] == 'Q'));
        twins = 0;
    }
    if (twins)
        smtp_alike();
}

static int smtp_event(struct quoth_event ev)
{
    static struct quoth_smtp before;
    struct quoth_want w, again;
    int rc;
    quoth_smtp_want(&s, &w);
    quoth_smtp_want(&s, &again);
    require(!memcmp(&w, &again, sizeof w) && w.host &&
            (w.kind == QUOTH_WANT_DONE) == (w.deadline == QUOTH_NEVER));
    before = s;
    ev.now = now;
    rc = quoth_smtp_feed(&s, &ev);
    require(rc == QUOTH_OK || (rc == QUOTH_EINVAL && !memcmp(&before, &s, sizeof s)));
    if (rc == QUOTH_OK && ev.kind == QUOTH_EV_SENT) {
        for (size_t i = 0; i < ev.n; i++) {
            line[line_n++] = before.out[before.out_at + i];
            if (line[line_n - 1] == '\n')
                smtp_line_said();
        }
    }
    if (rc == QUOTH_OK && ev.kind == QUOTH_EV_RCPT) {
        given = ev.n;
        rcpt_lines = 0;
    }
    for (size_t i = 0; i < given; i++)
        require(!rcpt[i].said.code || i < rcpt_lines);
    require(s.bytes <= QUOTH_TALK_BYTES_MAX && s.refused <= s.asked);
    if (rc == QUOTH_OK && twins)
        smtp_twin_feed(ev);
    return rc;
}

/* Do what is wanted, as on a good day. 0: the machine listens. */
static int smtp_usual(void)
{
    struct quoth_want w;
    quoth_smtp_want(&s, &w);
    switch (w.kind) {
    case QUOTH_WANT_OPEN: return smtp_event((struct quoth_event) {.kind = QUOTH_EV_UP}), 1;
    case QUOTH_WANT_TLS:
        return smtp_event((struct quoth_event) {.kind = QUOTH_EV_UP, .tls = {0x304, 1, 1}}), 1;
    case QUOTH_WANT_SEND:
        return smtp_event((struct quoth_event) {.kind = QUOTH_EV_SENT, .n = w.n}), 1;
    case QUOTH_WANT_CLOSE: return smtp_event((struct quoth_event) {.kind = QUOTH_EV_DOWN}), 1;
    default: return 0;
    }
}

static void smtp_recipients(size_t n)
{
    for (size_t i = 0; i < RCPTS; i++) {
        rcpt[i] = (struct quoth_rcpt) {.local = {i & 4 ? "\xc3\xbc" : "\"o k\"", i & 4 ? 2 : 5},
                                       .domain = {"example.com", 11}};
        twin_rcpt[i] = rcpt[i];
    }
    given = 0;
    smtp_event((struct quoth_event) {
        .kind = QUOTH_EV_RCPT, .rcpt = rcpt, .n = n % (RCPTS + 1), .last = n & 64 ? 1 : 0});
}

/* Feed one special event. Returns how many bytes of input it took. */
static size_t smtp_odd(const uint8_t *p, size_t n)
{
    struct quoth_event ev = {.err = QUOTH_EIO, .n = 1};
    struct quoth_want w;
    static const uint8_t kind[] = {0, QUOTH_EV_EOF, QUOTH_EV_TIME, QUOTH_EV_FAIL, QUOTH_EV_SENT,
                                   0, QUOTH_EV_UP,  QUOTH_EV_DOWN};
    if (p[0] == 5) {
        smtp_recipients(n > 1 ? p[1] : 0);
        return n > 1 ? 2 : 1;
    }
    ev.kind = kind[p[0]];
    quoth_smtp_want(&s, &w);
    if (ev.kind == QUOTH_EV_TIME && w.kind != QUOTH_WANT_DONE)
        now = w.deadline;
    smtp_event(ev);
    return 1;
}

static size_t smtp_lines(const uint8_t *p, size_t n)
{
    static char text[1 << 17];
    size_t at = 0, k = 0;
    while (at < n && !(p[at] >= 1 && p[at] <= 7) && k < sizeof text) {
        text[k++] = (char)p[at++];
        if (text[k - 1] != '\n')
            continue;
        if (at == n || p[at] != 0x0e)
            break;
        at++;
    }
    if (smtp_event((struct quoth_event) {.kind = QUOTH_EV_DATA, .data = text, .n = k}) != QUOTH_OK)
        return n;
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char *const from[] = {"me@p.example.org", "", "m\xc3\xbc@p.example.org",
                                       "\"a b\"@x.example"};
    struct quoth_smtp_conf conf = {
        .helo = "p.example.org", .from = from[n ? p[0] >> 6 : 0], .tls = n ? p[0] % 3 : 0};
    struct quoth_call call = {{{4, {192, 0, 2, 1}}, 25}, "mx.example.com", 0};
    unsigned quiet = 0;
    size_t at = 1;
    if (n == 0 || n > 100000)
        return 0;
    conf.tls_verify = p[0] >> 2 & 1;
    call.options = (p[0] >> 3 & 3) % 3;
    now = 1;
    line_n = rcpt_lines = given = 0;
    twins = 1;
    quoth_smtp_start(&s, &conf, &call, now);
    quoth_smtp_words(&s, said, sizeof said);
    quoth_smtp_start(&twin, &conf, &call, now);
    quoth_smtp_words(&twin, twin_said, sizeof twin_said);
    while (at < n) {
        now++;
        if (p[at] >= 1 && p[at] <= 7)
            at += smtp_odd(p + at, n - at);
        else if (!smtp_usual())
            at += smtp_lines(p + at, n - at);
    }
    for (struct quoth_want w; quoth_smtp_want(&s, &w), w.kind != QUOTH_WANT_DONE; quiet++) {
        require(quiet < 4);
        if (!smtp_usual())
            smtp_event((struct quoth_event) {.kind = QUOTH_EV_EOF});
    }
    return 0;
}
