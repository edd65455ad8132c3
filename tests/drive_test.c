/* drive_test.c - the driver over a port that does as it is told: every want, every answer.
 *
 * SPDX-License-Identifier: MIT */
#include "port.h"
#include "test.h"

/* ---- a port and a TLS filter made of answers ---------------------------- */

struct quoth_link {
    int open, closed;
};
struct quoth_tls_link {
    int closed;
};

static uint64_t toy_time;
static int toy_rc, toy_random_rc, toy_calls, toy_tls_rc, toy_tls_calls;
static size_t toy_cap;
static char toy_last; /* which function was called last */

static int toy_answer(char who)
{
    toy_last = who;
    toy_calls++;
    return toy_rc;
}
static uint64_t toy_now(void) { return toy_time; }
static int toy_random(void *p, size_t n)
{
    memset(p, 7, n);
    return toy_random_rc;
}
static int toy_dgram(struct quoth_link *l, const struct quoth_peer *to, const void *p, size_t n)
{
    return toy_answer('d');
}
static int toy_open(struct quoth_link *l, const struct quoth_peer *to)
{
    l->open++;
    return toy_answer('o');
}
static int toy_send(struct quoth_link *l, const void *p, size_t n) { return toy_answer('s'); }
static int toy_recv(struct quoth_link *l, void *p, size_t cap, struct quoth_peer *from)
{
    toy_cap = cap;
    from->port = 53;
    if (toy_rc > 0)
        memset(p, 'x', (size_t)toy_rc);
    return toy_answer('r');
}
static void toy_close(struct quoth_link *l)
{
    l->closed++;
    toy_last = 'c';
}
static const struct quoth_port toy = {toy_now,  toy_random, toy_dgram, toy_open,
                                      toy_send, toy_recv,   toy_close};

static int toy_tls_answer(void)
{
    toy_tls_calls++;
    return toy_tls_rc;
}
static int toy_tls_shake(struct quoth_tls_link *t, const struct quoth_port *port,
                         struct quoth_link *l, const char *host, struct quoth_tls_facts *facts)
{
    facts->version = 0x0304;
    return toy_tls_answer();
}
static int toy_tls_send(struct quoth_tls_link *t, const void *p, size_t n)
{
    return toy_tls_answer();
}
static int toy_tls_recv(struct quoth_tls_link *t, void *p, size_t cap) { return toy_tls_answer(); }
static void toy_tls_close(struct quoth_tls_link *t) { t->closed++; }
static const struct quoth_tls_filter toy_tls = {toy_tls_shake, toy_tls_send, toy_tls_recv,
                                                toy_tls_close};

static struct quoth_link link;
static struct quoth_tls_link tls_link;
static struct quoth_wire wire;
static struct quoth_event ev;
static uint8_t buf[QUOTH_DNS_MAX + 1];

static void begin(const struct quoth_tls_filter *tls)
{
    memset(&link, 0, sizeof link);
    memset(&tls_link, 0, sizeof tls_link);
    wire = (struct quoth_wire) {&toy, &link, tls, tls ? &tls_link : NULL, 0};
    toy_time = 1000;
    toy_rc = toy_random_rc = toy_calls = toy_tls_calls = toy_tls_rc = 0;
}

static int doing(enum quoth_want_kind kind, int rc, uint64_t deadline)
{
    struct quoth_want w = {
        .kind = kind, .deadline = deadline, .out = "EHLO x", .n = 6, .host = "mx.example.org"};
    toy_rc = toy_tls_rc = rc;
    toy_last = ' ';
    return quoth_wire_do(&wire, &w, buf, sizeof buf, &ev);
}

/* ---- one step ----------------------------------------------------------- */

TEST(each_want)
{
    static const struct {
        enum quoth_want_kind want;
        int rc;
        char call;
        enum quoth_event_kind event;
        size_t n;
    } row[] = {
        {QUOTH_WANT_DGRAM, 0, 'd', QUOTH_EV_SENT, 6}, {QUOTH_WANT_OPEN, 0, 'o', QUOTH_EV_UP, 0},
        {QUOTH_WANT_SEND, 3, 's', QUOTH_EV_SENT, 3},  {QUOTH_WANT_RECV, 5, 'r', QUOTH_EV_DATA, 5},
        {QUOTH_WANT_RECV, 0, 'r', QUOTH_EV_EOF, 0},   {QUOTH_WANT_RCPT, 5, 'r', QUOTH_EV_DATA, 5},
        {QUOTH_WANT_RCPT, 0, 'r', QUOTH_EV_EOF, 0},   {QUOTH_WANT_CLOSE, 0, 'c', QUOTH_EV_DOWN, 0},
    };
    begin(NULL);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        CHECK_INT(doing(row[i].want, row[i].rc, 2000), 1);
        CHECK_INT(toy_last, row[i].call);
        CHECK_INT(ev.kind, row[i].event);
        CHECK_INT(ev.n, row[i].n);
        CHECK_INT(ev.now, 1000);
        CHECK_INT(ev.err, QUOTH_OK);
    }
    CHECK_INT(doing(QUOTH_WANT_RECV, 5, 2000), 1);
    CHECK_INT(ev.from.port, 53);
    CHECK(ev.data == buf && !memcmp(buf, "xxxxx", 5));
    CHECK_INT(toy_cap, sizeof buf);
    CHECK_INT(doing(QUOTH_WANT_DONE, 1, 0), QUOTH_AGAIN); /* not even past its deadline */
    CHECK_INT(toy_last, ' ');
}

TEST(each_failure)
{
    static const enum quoth_want_kind kinds[] = {QUOTH_WANT_DGRAM, QUOTH_WANT_OPEN, QUOTH_WANT_SEND,
                                                 QUOTH_WANT_RECV, QUOTH_WANT_RCPT};
    begin(NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i] != QUOTH_WANT_RCPT)
            CHECK_INT(doing(kinds[i], QUOTH_AGAIN, 2000), QUOTH_AGAIN);
        for (int err = QUOTH_ENORANDOM; err < QUOTH_AGAIN; err++) {
            CHECK_INT(doing(kinds[i], err, 2000), 1);
            CHECK_INT(ev.kind, QUOTH_EV_FAIL);
            CHECK_INT(ev.err, err);
        }
    }
}

TEST(deadline_first)
{
    static const enum quoth_want_kind kinds[] = {QUOTH_WANT_DGRAM, QUOTH_WANT_SEND, QUOTH_WANT_RECV,
                                                 QUOTH_WANT_TLS, QUOTH_WANT_RCPT};
    begin(&toy_tls);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        CHECK_INT(doing(kinds[i], 1, 1000), 1);
        CHECK_INT(ev.kind, QUOTH_EV_TIME);
        CHECK_INT(toy_last, ' ');
        if (kinds[i] != QUOTH_WANT_RCPT)
            CHECK_INT(doing(kinds[i], QUOTH_AGAIN, 1001), QUOTH_AGAIN);
    }
    CHECK_INT(toy_tls_calls, 1);                 /* the one in time */
    CHECK_INT(doing(QUOTH_WANT_CLOSE, 0, 1), 1); /* closing is never too late */
    CHECK_INT(ev.kind, QUOTH_EV_DOWN);
}

/* The connection came up while nobody looked: it is up, whatever the time. */
TEST(open_asked_once_more)
{
    begin(NULL);
    CHECK_INT(doing(QUOTH_WANT_OPEN, 0, 500), 1);
    CHECK_INT(ev.kind, QUOTH_EV_UP);
    CHECK_INT(doing(QUOTH_WANT_OPEN, QUOTH_EREFUSED, 500), 1);
    CHECK_INT(ev.kind, QUOTH_EV_FAIL);
    CHECK_INT(doing(QUOTH_WANT_OPEN, QUOTH_AGAIN, 500), 1);
    CHECK_INT(ev.kind, QUOTH_EV_TIME);
}

/* Between transactions what is waiting is heard first; nothing waiting means: go on. */
TEST(S16_listens_first)
{
    begin(NULL);
    CHECK_INT(doing(QUOTH_WANT_RCPT, QUOTH_AGAIN, 2000), 1);
    CHECK_INT(toy_last, 'r');
    CHECK_INT(ev.kind, QUOTH_EV_RCPT);
    CHECK_INT(ev.n, 0);
    CHECK_INT(doing(QUOTH_WANT_RCPT, 3, 2000), 1);
    CHECK_INT(ev.kind, QUOTH_EV_DATA);
}

TEST(T05_tls_slots_in)
{
    begin(&toy_tls);
    CHECK_INT(doing(QUOTH_WANT_TLS, QUOTH_AGAIN, 2000), QUOTH_AGAIN);
    CHECK_INT(wire.secure, 0);
    CHECK_INT(doing(QUOTH_WANT_TLS, 0, 2000), 1);
    CHECK_INT(ev.kind, QUOTH_EV_UP);
    CHECK_INT(ev.tls.version, 0x0304);
    CHECK_INT(wire.secure, 1);
    toy_calls = toy_tls_calls = 0;
    CHECK_INT(doing(QUOTH_WANT_SEND, 4, 2000), 1);
    CHECK_INT(doing(QUOTH_WANT_RECV, 4, 2000), 1);
    CHECK_INT(toy_calls, 0); /* nothing goes past the filter */
    CHECK_INT(toy_tls_calls, 2);
    CHECK_INT(doing(QUOTH_WANT_CLOSE, 0, 2000), 1);
    CHECK_INT(tls_link.closed, 1);
    CHECK_INT(link.closed, 1);
    CHECK_INT(wire.secure, 0);

    CHECK_INT(doing(QUOTH_WANT_TLS, QUOTH_ENOTLS, 2000), 1);
    CHECK_INT(ev.kind, QUOTH_EV_FAIL);
    CHECK_INT(wire.secure, 0);
    begin(NULL);
    CHECK_INT(doing(QUOTH_WANT_TLS, 0, 2000), 1); /* no filter at all */
    CHECK_INT(ev.kind, QUOTH_EV_FAIL);
    CHECK_INT(ev.err, QUOTH_ENOTLS);
}

/* ---- a slot ------------------------------------------------------------- */

static struct quoth_resolver resolver;
static struct quoth_conf conf;
static struct quoth_slot slot;
static unsigned traced[QUOTH_EV_RCPT + 1];
static void *traced_arg;

static void trace(void *arg, const struct quoth_slot *s, const struct quoth_want *w,
                  const struct quoth_event *e)
{
    traced_arg = arg;
    traced[e->kind]++;
}

static void begin_slot(const char *text)
{
    begin(NULL);
    resolver = (struct quoth_resolver) {.servers = 1, .server[0].peer = {{4, {127, 0, 0, 1}}, 53}};
    conf = (struct quoth_conf) {.resolver = &resolver};
    slot = (struct quoth_slot) {.wire = wire, .trace = trace, .trace_arg = &traced};
    memset(traced, 0, sizeof traced);
    quoth_slot_start(&slot, &conf, text, strlen(text));
}

TEST(poke_to_the_end)
{
    struct quoth_want w;

    begin_slot("not an address");
    CHECK_INT(quoth_poke(&slot, &w), QUOTH_OK);
    CHECK_INT(w.kind, QUOTH_WANT_DONE);
    CHECK_INT(slot.v.known, 1);
    CHECK_INT(toy_calls, 0);

    /* Every server refuses the question: it ends, and each event was traced. */
    begin_slot("jane@mail.example-shop.com");
    toy_rc = QUOTH_EREFUSED;
    for (int i = 0; i < 200 && quoth_poke(&slot, &w) == QUOTH_AGAIN; i++)
        if (w.deadline != QUOTH_NEVER && w.deadline > toy_time)
            toy_time = w.deadline;
    CHECK_INT(w.kind, QUOTH_WANT_DONE);
    CHECK_INT(quoth_judge(&slot.v.ev, NULL, NULL), QUOTH_VERDICT_UNKNOWN);
    CHECK(traced[QUOTH_EV_FAIL] > 0);
    CHECK(traced_arg == &traced);
}

TEST(Q03_no_entropy)
{
    struct quoth_want w;
    struct quoth_reading reading;

    begin_slot("jane@mail.example-shop.com");
    toy_random_rc = QUOTH_ENORANDOM;
    quoth_slot_start(&slot, &conf, "jane@mail.example-shop.com", 26);
    CHECK_INT(quoth_poke(&slot, &w), QUOTH_OK);
    CHECK_INT(quoth_judge(&slot.v.ev, NULL, &reading), QUOTH_VERDICT_UNKNOWN);
    CHECK_INT(reading.reason, QUOTH_REASON_NO_ENTROPY);
    CHECK_INT(toy_calls, 0);
}

/* A flood of datagrams that are no answer: a turn takes a bounded share of it and asks to be
 * called again at once; the machine's own deadline still ends it. */
static void flood(int size, int most)
{
    struct quoth_want w, real;

    begin_slot("jane@mail.example-shop.com");
    toy_rc = QUOTH_OK;
    quoth_verify_want(&slot.v, &w);
    CHECK_INT(w.kind, QUOTH_WANT_DGRAM);
    toy_rc = size; /* taken as sent, then as what comes in */
    CHECK_INT(quoth_poke(&slot, &w), QUOTH_AGAIN);
    CHECK_INT(w.kind, QUOTH_WANT_RECV);
    CHECK_INT(w.deadline, toy_time);
    CHECK(toy_calls <= most);
    CHECK(toy_calls >= most / 2);
    quoth_verify_want(&slot.v, &real);
    CHECK(real.deadline > toy_time);
    toy_time = real.deadline;
    (void)quoth_poke(&slot, &w);
    CHECK(traced[QUOTH_EV_TIME] > 0);
}
TEST(H09_small) { flood(1, 256); }
TEST(H09_large) { flood(QUOTH_DNS_MAX, 14); }

TEST(W09_drop)
{
    struct quoth_want w;

    begin_slot("jane@mail.example-shop.com");
    toy_rc = QUOTH_AGAIN;
    CHECK_INT(quoth_poke(&slot, &w), QUOTH_AGAIN);
    quoth_slot_drop(&slot);
    CHECK_INT(link.closed, 1);
    quoth_slot_drop(&slot); /* twice is harmless */
    CHECK_INT(link.closed, 2);
}

int main(void)
{
    RUN(each_want);
    RUN(each_failure);
    RUN(deadline_first);
    RUN(open_asked_once_more);
    RUN(S16_listens_first);
    RUN(T05_tls_slots_in);
    RUN(poke_to_the_end);
    RUN(Q03_no_entropy);
    RUN(H09_small);
    RUN(H09_large);
    RUN(W09_drop);
    return report("drive");
}
