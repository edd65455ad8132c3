/* lwip_test.c - the raw port against lwIP itself: name server, mail server and verifier in one
 * process, over lwIP's loopback, on a clock of the test's that begins 256 ms before the 32-bit tick
 * wraps.
 *
 * All memory of lwIP comes from here, so that ASan sees every pcb and pbuf, the nth allocation can
 * be made to fail, and what is still held at the end can be counted. Packets can be lost or cut on
 * their way.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "lwip_raw.h"
#include "test.h"

/* ---- the platform ------------------------------------------------------- */

static u32_t clock_ms = 0xFFFFFF00u;
static long mem_base, mem_live, mem_count, mem_fail_from,
    mem_fail_to;        /* allocations from..to fail */
static size_t mem_most; /* none larger than this; 0: any */
static int serving;     /* but not those of the servers */
static uint64_t dice_state = 88172645463325252u;
static int entropy_rc;
static const uint16_t *entropy_script; /* what two-byte requests get, the last for ever */

u32_t sys_now(void) { return clock_ms; }

static unsigned dice(unsigned n)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return (unsigned)((dice_state >> 33) % n);
}

int test_entropy(void *buf, size_t n);
int test_entropy(void *buf, size_t n)
{
    if (entropy_script && n == 2) {
        memcpy(buf, entropy_script, 2);
        if (entropy_script[1])
            entropy_script++;
    } else {
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)buf)[i] = (uint8_t)dice(256);
    }
    return entropy_rc;
}

void *test_malloc(size_t n)
{
    void *p;

    /* Timers have a pool of their own that is never empty: lwIP insists on it. */
    if (!serving && n != LWIP_MEM_ALIGN_SIZE(sizeof(struct sys_timeo)))
        if (++mem_count >= mem_fail_from && mem_count <= mem_fail_to)
            return NULL;
    if (!serving && mem_most && n > mem_most)
        return NULL;
    p = malloc(n);
    if (p)
        mem_live++;
    return p;
}

void *test_calloc(size_t n, size_t m)
{
    void *p = test_malloc(n * m);

    if (p)
        memset(p, 0, n * m);
    return p;
}

void test_free(void *p)
{
    if (p)
        mem_live--;
    free(p);
}

/* ---- what befalls a packet ---------------------------------------------- */

enum { SHAPE_WHOLE, SHAPE_BYTES, SHAPE_ODD };
static int shape;
static unsigned lose; /* percent */

/* The same packet as other pbufs: headers in the first, at an odd address, then one byte each. */
static struct pbuf *shape_new(const struct pbuf *p)
{
    const uint8_t *ip = p->payload;
    u16_t head =
        (u16_t)((ip[0] & 15) * 4 + (ip[9] == 6 ? (ip[(ip[0] & 15) * 4 + 12] >> 4) * 4 : 8));
    struct pbuf *q =
        pbuf_alloc(PBUF_RAW, (u16_t)((shape == SHAPE_ODD ? p->tot_len : head) + 1), PBUF_RAM);

    pbuf_remove_header(q, 1);
    while (q->tot_len < p->tot_len)
        pbuf_cat(q, pbuf_alloc(PBUF_RAW, 1, PBUF_RAM));
    CHECK(pbuf_copy(q, p) == ERR_OK);
    return q;
}

int test_shape(struct pbuf *p, struct netif *netif)
{
    static int within;
    struct pbuf *q;

    if (within)
        return 0;
    if (lose && dice(100) < lose) {
        pbuf_free(p);
        return 1;
    }
    if (shape == SHAPE_WHOLE)
        return 0;
    serving = 1;
    q = shape_new(p);
    serving = 0;
    pbuf_free(p);
    within = 1;
    if (netif->input(q, netif) != ERR_OK)
        pbuf_free(q);
    within = 0;
    return 1;
}

/* ---- a name server: MX and A of anything -------------------------------- */

static unsigned dns_asked, dns_noise; /* noise: datagrams of others before the answer */
static struct udp_pcb *dns_pcb, *dns_stranger;

static void dns_say(struct udp_pcb *pcb, const void *p, u16_t n, const ip_addr_t *to, u16_t port)
{
    struct pbuf *q = pbuf_alloc(PBUF_TRANSPORT, n, PBUF_RAM);

    if (!q)
        return;
    if (n)
        pbuf_take(q, p, n);
    if (pcb == dns_stranger) {
        ip_addr_t other = IPADDR4_INIT_BYTES(127, 0, 0, 2);
        udp_sendto_if_src(pcb, q, to, port, netif_list, &other);
    } else {
        udp_sendto(pcb, q, to, port);
    }
    pbuf_free(q);
}

static void dns_recv(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                     u16_t port)
{
    static const uint8_t mx[] = {0xC0, 12, 0, 15, 0, 1,   0,   0,    1, 44,
                                 0,    7,  0, 10, 2, 'm', 'x', 0xC0, 12};
    static const uint8_t a[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 127, 0, 0, 1};
    uint8_t m[512];
    u16_t n = pbuf_copy_partial(p, m, 300, 0), end = 12, more;
    int is_mx;

    pbuf_free(p);
    if (n < 20)
        return;
    serving = 1;
    dns_asked++;
    while (m[end])
        end = (u16_t)(end + m[end] + 1);
    is_mx = m[end + 2] == 15;
    more = is_mx ? sizeof mx : sizeof a;
    n = (u16_t)(end + 5);
    m[2] = 0x81;
    m[3] = 0x80;
    m[7] = 1;
    m[11] = 0;
    memcpy(m + n, is_mx ? mx : a, more);
    if (dns_noise) {
        uint8_t lie[512];
        memcpy(lie, m, n + more);
        lie[n + more - 1] ^= 1; /* another host, another address */
        dns_say(dns_stranger, lie, (u16_t)(n + more), from, port);
        dns_say(pcb, "", 0, from, port);
    }
    dns_say(pcb, m, (u16_t)(n + more), from, port);
    serving = 0;
}

/* ---- a mail server ------------------------------------------------------ */

static char
    smtp_reset_at; /* reset the connection instead of the reply to this: '2' is the greeting */
static const char
    *smtp_flood; /* said instead of a greeting, as often as it fits, up to smtp_flood_n bytes */
static size_t smtp_flood_n, smtp_sunk;
static unsigned smtp_rcpts, smtp_fins, smtp_errs;
static char smtp_line[600];
static size_t smtp_line_n;

static int smtp_reply(struct tcp_pcb *t, const char *line)
{
    const char *r = "250 2.0.0 fine\r\n";
    char what = line[0];

    if (what == 'R' && line[1] == 'S')
        what = 'S';
    if (what == 'R' && ++smtp_rcpts > 1)
        what = 'D';
    if (what == smtp_reset_at) {
        tcp_abort(t);
        return ERR_ABRT;
    }
    if (what == '2')
        r = "220 mx.test\r\n";
    if (what == 'E')
        r = "250-mx.test\r\n250-SIZE 1000000\r\n250 ENHANCEDSTATUSCODES\r\n";
    if (what == 'D')
        r = "550 5.1.1 no such user\r\n";
    if (what == 'Q')
        r = "221 2.0.0 bye\r\n";
    serving = 1;
    tcp_write(t, r, (u16_t)strlen(r), TCP_WRITE_FLAG_COPY);
    tcp_output(t);
    serving = 0;
    return ERR_OK;
}

static err_t smtp_recv(void *arg, struct tcp_pcb *t, struct pbuf *p, err_t err)
{
    if (!p) {
        smtp_fins++;
        if (tcp_close(t) == ERR_OK)
            return ERR_OK;
        tcp_abort(t);
        return ERR_ABRT;
    }
    tcp_recved(t, p->tot_len);
    smtp_sunk += p->tot_len;
    for (u16_t i = 0; i < p->tot_len && !smtp_flood; i++) {
        char c = (char)pbuf_get_at(p, i);
        if (smtp_line_n < sizeof smtp_line)
            smtp_line[smtp_line_n++] = c;
        if (c != '\n')
            continue;
        smtp_line_n = 0;
        if (smtp_reply(t, smtp_line) == ERR_OK)
            continue;
        pbuf_free(p);
        return ERR_ABRT;
    }
    pbuf_free(p);
    return ERR_OK;
}

static void smtp_err(void *arg, err_t err) { smtp_errs++; }

static err_t smtp_pour(void *arg, struct tcp_pcb *t, u16_t len)
{
    size_t n;

    while (smtp_flood_n > 0 && (n = tcp_sndbuf(t)) > 0) {
        if (n > smtp_flood_n)
            n = smtp_flood_n;
        if (n > strlen(smtp_flood))
            n = strlen(smtp_flood);
        if (tcp_write(t, smtp_flood, (u16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        smtp_flood_n -= n;
    }
    tcp_output(t);
    return ERR_OK;
}

static struct tcp_pcb *smtp_last;
static err_t smtp_accept(void *arg, struct tcp_pcb *t, err_t err)
{
    if (!t)
        return ERR_VAL;
    smtp_last = t;
    smtp_line_n = 0;
    tcp_recv(t, smtp_recv);
    tcp_err(t, smtp_err);
    if (!smtp_flood)
        return (err_t)smtp_reply(t, "2");
    tcp_sent(t, smtp_pour);
    return smtp_pour(NULL, t, 0);
}

static struct tcp_pcb *smtp_listener;
static void smtp_listen(void)
{
    struct tcp_pcb *t = tcp_new_ip_type(IPADDR_TYPE_ANY);

    CHECK(tcp_bind(t, IP_ANY_TYPE, 25) == ERR_OK);
    smtp_listener = tcp_listen(t);
    tcp_accept(smtp_listener, smtp_accept);
}

/* ---- a verification ----------------------------------------------------- */

static const char *const real[] = {"test", NULL};
static const struct quoth_cidr home = {{4, {127}}, 8};
static struct quoth_resolver resolver;
static struct quoth_conf conf;
static struct quoth_slot slot;
static struct quoth_link link;
static const struct quoth_peer dns_peer = {{4, {127, 0, 0, 1}}, 53},
                               smtp_peer = {{4, {127, 0, 0, 1}}, 25};

static void turn(unsigned ms)
{
    clock_ms += ms;
    netif_poll_all();
    sys_check_timeouts();
}

static void fresh(void)
{
    memset(&resolver, 0, sizeof resolver);
    memset(&conf, 0, sizeof conf);
    resolver.server[0].peer = dns_peer;
    resolver.servers = 1;
    conf.resolver = &resolver;
    conf.smtp.helo = "probe.example.org";
    conf.smtp.from = "";
    conf.targets.allow = &home;
    conf.targets.allow_n = 1;
    conf.allow_names = real;
    shape = SHAPE_WHOLE;
    lose = dns_noise = dns_asked = smtp_rcpts = smtp_fins = smtp_errs = 0;
    smtp_flood = NULL;
    smtp_reset_at = 0;
    smtp_sunk = 0;
    mem_most = 0;
    mem_count = mem_fail_from = mem_fail_to = 0;
    entropy_rc = 0;
    entropy_script = NULL;
    memset(&link, 0, sizeof link);
}

/* Until what lwIP keeps of ended connections is gone: nothing of ours may be left. */
static void settle(void)
{
    mem_fail_to = 0;
    lose = 0;
    for (int i = 0; i < 8000 && mem_live > mem_base; i++)
        turn(25);
    CHECK_INT(mem_live, mem_base);
}

static enum quoth_verdict verify(void)
{
    struct quoth_want w = {.deadline = 0};
    int rc = QUOTH_AGAIN;

    slot.wire = (struct quoth_wire) {.port = &quoth_lwip_port, .link = &link};
    quoth_slot_start(&slot, &conf, "jane@example.test", 17);
    link.moved = 1;
    for (int i = 0; i < 400000 && rc != QUOTH_OK; i++) {
        if (link.moved || quoth_lwip_port.now() >= w.deadline) {
            link.moved = 0;
            rc = quoth_poke(&slot, &w);
        }
        turn(link.moved ? 0 : 10);
        if (link.moved && i % 4 == 0)
            turn(10); /* memory may be short for long */
    }
    CHECK_INT(rc, QUOTH_OK);
    CHECK(!link.tcp && !link.udp && !link.rx_n);
    return quoth_judge(&slot.v.ev, NULL, NULL);
}

static enum quoth_reason reason(void)
{
    struct quoth_reading r;

    (void)quoth_judge(&slot.v.ev, NULL, &r);
    return r.reason;
}

TEST(E04_wrap)
{
    uint64_t before = quoth_lwip_port.now();

    fresh();
    CHECK(before < UINT32_MAX);
    CHECK_INT(verify(), QUOTH_VERDICT_DELIVERABLE);
    CHECK_INT(smtp_rcpts, 2);
    settle();
    for (int i = 0; i < 40; i++) { /* the tick goes round five times and more */
        uint64_t t = quoth_lwip_port.now();
        clock_ms += 0x20000000u;
        CHECK(quoth_lwip_port.now() - t == 0x20000000u);
    }
    CHECK(quoth_lwip_port.now() - before > UINT64_C(5) << 32);
    turn(1);
}

TEST(E09_pieces)
{
    for (int s = SHAPE_WHOLE; s <= SHAPE_ODD; s++) {
        fresh();
        shape = s;
        CHECK_STR(quoth_verdict_name(verify()), "deliverable");
        CHECK_INT(smtp_rcpts, 2);
        settle();
    }
}

TEST(E09_loss)
{
    unsigned good = 0;

    for (int i = 0; i < 40; i++) {
        enum quoth_verdict v;
        fresh();
        lose = 15;
        resolver.tries = 5;
        shape = i % 2 ? SHAPE_BYTES : SHAPE_WHOLE;
        v = verify();
        CHECK(v == QUOTH_VERDICT_DELIVERABLE || v == QUOTH_VERDICT_UNKNOWN ||
              reason() == QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED);
        good += v == QUOTH_VERDICT_DELIVERABLE;
        settle();
    }
    CHECK(good >= 36);
}

TEST(E09_reset)
{
    static const struct {
        char at;
        enum quoth_verdict verdict;
        enum quoth_reason reason;
    } row[] = {
        {'2', QUOTH_VERDICT_UNKNOWN, QUOTH_REASON_CLOSED},
        {'E', QUOTH_VERDICT_DELIVERABLE, QUOTH_REASON_ACCEPTED}, /* by HELO */
        {'M', QUOTH_VERDICT_UNKNOWN, QUOTH_REASON_CLOSED},
        {'R', QUOTH_VERDICT_UNKNOWN, QUOTH_REASON_CLOSED},
        {'D', QUOTH_VERDICT_RISKY, QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED},
        {'Q', QUOTH_VERDICT_DELIVERABLE, QUOTH_REASON_ACCEPTED},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        fresh();
        smtp_reset_at = row[i].at;
        CHECK_STR(quoth_verdict_name(verify()), quoth_verdict_name(row[i].verdict));
        CHECK_STR(quoth_reason_name(reason()), quoth_reason_name(row[i].reason));
        settle();
    }
}

TEST(E09_refused)
{
    fresh();
    conf.port = 26;
    CHECK_INT(verify(), QUOTH_VERDICT_UNKNOWN);
    CHECK_STR(quoth_reason_name(reason()), "unreachable");
    CHECK_INT(slot.v.ev.err, QUOTH_EREFUSED);
    settle();
}

/* The nth allocation fails once: it is tried again, and nothing is lost but time. */
TEST(E09_memory_once)
{
    long n;

    for (n = 1; n < 500; n++) {
        fresh();
        mem_fail_from = mem_fail_to = n;
        CHECK_STR(quoth_verdict_name(verify()), "deliverable");
        if (mem_count < n)
            break;
        settle();
    }
    CHECK(n > 30 && n < 500);
    settle();
}

/* From the nth on there is none: a clean unknown; for a while: it goes on after that. */
TEST(E09_memory_gone)
{
    for (long n = 1; n < 60; n++) {
        enum quoth_verdict v;
        fresh();
        mem_fail_from = n;
        mem_fail_to = 1000000;
        conf.total_ms = 20000;
        v = verify();
        CHECK(v == QUOTH_VERDICT_UNKNOWN || smtp_rcpts > 0);
        settle();
        fresh();
        mem_fail_from = n;
        mem_fail_to = n + 5;
        CHECK_STR(quoth_verdict_name(verify()), "deliverable");
        settle();
    }
}

TEST(E09_twice)
{
    fresh();
    quoth_lwip_port.close(&link);
    quoth_lwip_port.close(&link);
    CHECK_INT(quoth_lwip_port.open(&link, &smtp_peer), QUOTH_AGAIN);
    quoth_lwip_port.close(&link); /* in SYN_SENT */
    quoth_lwip_port.close(&link);
    settle();
}

/* ---- streams ------------------------------------------------------------ */

static int up(const struct quoth_peer *to)
{
    int rc = QUOTH_AGAIN;

    for (int i = 0; i < 1000 && (rc = quoth_lwip_port.open(&link, to)) == QUOTH_AGAIN; i++)
        turn(10);
    return rc;
}

static int get(void *p, size_t cap)
{
    struct quoth_peer from;
    int rc = QUOTH_AGAIN;

    for (int i = 0; i < 1000 && (rc = quoth_lwip_port.recv(&link, p, cap, &from)) == QUOTH_AGAIN;
         i++)
        turn(10);
    return rc;
}

/* Nobody reads: the server is held at the window. Somebody does: all of it comes, and the window is
 * whole again. */
TEST(E09_window)
{
    static const char flood[] =
        "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ\r\n";
    size_t n = 0, all = 20000;

    for (int s = SHAPE_WHOLE; s <= SHAPE_ODD; s++, n = 0) {
        fresh();
        shape = s;
        smtp_flood = flood;
        smtp_flood_n = all;
        CHECK_INT(up(&smtp_peer), QUOTH_OK);
        for (int i = 0; i < 300; i++)
            turn(10);
        CHECK(link.rx[0] && link.rx[0]->tot_len <= TCP_WND && link.rx[0]->tot_len > TCP_WND / 2);
        CHECK(smtp_flood_n > 0);
        while (n < all) {
            char b[700];
            int rc = get(b, 1 + dice(700));
            CHECK(rc > 0);
            if (rc <= 0)
                break;
            n += (size_t)rc;
        }
        CHECK_INT(n, all);
        CHECK_INT(smtp_flood_n, 0);
        CHECK_INT(link.tcp->rcv_wnd, TCP_WND);
        quoth_lwip_port.close(&link);
        settle();
    }
}

/* More than there is room for: as much as fits is taken. `most`: the heap has no larger piece. */
static void send_much(size_t most)
{
    char b[3000];
    size_t n = 0;

    fresh();
    mem_most = most;
    smtp_flood = "x";
    smtp_flood_n = 0;
    memset(b, 'y', sizeof b);
    CHECK_INT(up(&smtp_peer), QUOTH_OK);
    for (int i = 0, full = 0; n < 30000 && i < 10000; i++) {
        int rc = quoth_lwip_port.send(&link, b, sizeof b);
        CHECK(rc > 0 || rc == QUOTH_AGAIN);
        if (rc > 0) {
            n += (size_t)rc;
            continue;
        }
        full++;
        turn(10);
    }
    for (int i = 0; i < 100; i++)
        turn(10);
    CHECK(n >= 30000);
    CHECK_INT(smtp_sunk, n);
    quoth_lwip_port.close(&link);
    settle();
    CHECK_INT(smtp_fins, 1);
}

TEST(E09_send) { send_much(0); }
TEST(E09_send_small) { send_much(400); }

/* What was not read is given up with the link, and the goodbye is a FIN all the same. */
TEST(E09_unread)
{
    fresh();
    CHECK_INT(up(&smtp_peer), QUOTH_OK);
    for (int i = 0; i < 50; i++)
        turn(10);
    CHECK_INT(link.rx_n, 1);
    quoth_lwip_port.close(&link);
    settle();
    CHECK_INT(smtp_fins, 1);
    CHECK_INT(smtp_errs, 0);
}

/* What came before the end of a stream is read before the end. */
TEST(E09_ends)
{
    struct quoth_peer from;
    char b[100];

    for (int reset = 0; reset < 2; reset++) {
        fresh();
        CHECK_INT(up(&smtp_peer), QUOTH_OK);
        for (int i = 0; i < 50; i++)
            turn(10);
        if (reset)
            tcp_abort(smtp_last);
        else
            CHECK(tcp_close(smtp_last) == ERR_OK);
        for (int i = 0; i < 50; i++)
            turn(10);
        CHECK_INT(link.tcp == NULL, reset);
        CHECK_INT(quoth_lwip_port.recv(&link, b, 4, &from), 4);
        CHECK(!memcmp(b, "220 ", 4));
        CHECK_INT(quoth_lwip_port.recv(&link, b, sizeof b, &from), 9);
        CHECK_INT(quoth_lwip_port.recv(&link, b, sizeof b, &from), reset ? QUOTH_EIO : 0);
        CHECK_INT(quoth_lwip_port.send(&link, "QUIT\r\n", 6), reset ? QUOTH_EIO : 6);
        quoth_lwip_port.close(&link);
        settle();
    }
}

/* We are gone, and the server resets what we had closed. */
TEST(E09_reset_late)
{
    fresh();
    CHECK_INT(up(&smtp_peer), QUOTH_OK);
    quoth_lwip_port.close(&link);
    tcp_abort(smtp_last);
    settle();
    CHECK_INT(smtp_errs, 1);
}

TEST(E09_families)
{
    struct quoth_peer to = {{16, {[15] = 1}}, 25}, from = {.port = 0};
    struct quoth_name name;
    uint8_t q[300];
    char b[100];
    int n, rc = QUOTH_AGAIN;

    fresh();
    CHECK_INT(up(&to), QUOTH_OK);
    CHECK_INT(get(b, sizeof b), 13);
    quoth_lwip_port.close(&link);
    settle();
    CHECK_INT(quoth_name_parse(&name, "example.test", 12), QUOTH_OK);
    n = quoth_dns_query(q, sizeof q, 7, &name, QUOTH_DNS_A, 0);
    to.port = 53;
    CHECK_INT(quoth_lwip_port.dgram(&link, &to, q, (size_t)n), QUOTH_OK);
    for (int i = 0; i < 10 && rc == QUOTH_AGAIN; i++, turn(1))
        rc = quoth_lwip_port.recv(&link, b, sizeof b, &from);
    CHECK(rc > n && b[1] == 7);
    CHECK(from.port == 53 && from.ip.len == 16 && !memcmp(from.ip.b, to.ip.b, 16));
    quoth_lwip_port.close(&link);
    to.ip.len = 0;
    CHECK_INT(quoth_lwip_port.open(&link, &to), QUOTH_EUNREACH);
    CHECK_INT(quoth_lwip_port.dgram(&link, &to, "x", 1), QUOTH_EUNREACH);
    to.ip = (struct quoth_ip) {4, {192, 0, 2, 1}};
    CHECK_INT(quoth_lwip_port.open(&link, &to), QUOTH_EUNREACH);
    CHECK_INT(quoth_lwip_port.dgram(&link, &to, "x", 1), QUOTH_EUNREACH);
    settle();
}

/* ---- datagrams ---------------------------------------------------------- */

/* Its interfaces: what the loopback has, and no more than fit. */
TEST(N04_own)
{
    struct quoth_cidr own[8];
    unsigned n = quoth_lwip_own(own, 8), loopback = 0;

    for (unsigned i = 0; i < n; i++)
        loopback += own[i].bits == 32 && !memcmp(own[i].ip.b, "\x7f\0\0\1", 4);
    CHECK_INT((int)loopback, 1);
    CHECK_INT((int)quoth_lwip_own(own, 0), 0);
}

TEST(E10_strangers)
{
    fresh();
    dns_noise = 1;
    CHECK_STR(quoth_verdict_name(verify()), "deliverable");
    CHECK_INT(dns_asked, 2);
    settle();
}

TEST(E10_queue)
{
    ip_addr_t us = IPADDR4_INIT_BYTES(127, 0, 0, 1);
    struct quoth_peer from;
    char b[8];

    fresh();
    CHECK_INT(quoth_lwip_port.dgram(&link, &(struct quoth_peer) {dns_peer.ip, 55}, "x", 1),
              QUOTH_OK);
    udp_bind(dns_pcb, IP_ANY_TYPE, 55);
    dns_say(dns_pcb, "", 0, &us, link.udp->local_port); /* an empty one ends nothing */
    for (char c = 'a'; c < 'f'; c++) {
        char text[12];
        memset(text, c, sizeof text);
        dns_say(dns_pcb, text, c == 'b' ? 12 : 3, &us, link.udp->local_port);
        turn(1);
    }
    udp_bind(dns_pcb, IP_ANY_TYPE, 53);
    CHECK_INT(quoth_lwip_port.recv(&link, b, sizeof b, &from), 3);
    CHECK(b[0] == 'a' && from.port == 55 && from.ip.len == 4 && from.ip.b[0] == 127);
    CHECK_INT(quoth_lwip_port.recv(&link, b, sizeof b, &from), 8); /* cut, and the rest gone */
    CHECK_INT(quoth_lwip_port.recv(&link, b, sizeof b, &from), 3);
    CHECK(b[0] == 'c');
    CHECK_INT(quoth_lwip_port.recv(&link, b, sizeof b, &from), QUOTH_AGAIN);
    quoth_lwip_port.close(&link);
    settle();
}

TEST(Q05_ports)
{
    static const uint16_t busy[] = {80, 5353, 5353, 40000, 0}, stuck[] = {5353, 0};
    static uint8_t seen[65536];
    struct udp_pcb *other = udp_new();
    unsigned distinct = 0;

    fresh();
    for (int i = 0; i < 10000; i++) {
        CHECK_INT(quoth_lwip_port.dgram(&link, &dns_peer, "x", 1), QUOTH_OK);
        CHECK(link.udp->local_port >= 1024);
        distinct += !seen[link.udp->local_port]++;
        quoth_lwip_port.close(&link);
    }
    CHECK(distinct > 9000); /* 10,000 of 64,512 leave about 9,260 */
    CHECK(udp_bind(other, IP_ANY_TYPE, 5353) == ERR_OK);
    entropy_script = busy;
    CHECK_INT(quoth_lwip_port.dgram(&link, &dns_peer, "x", 1), QUOTH_OK);
    CHECK_INT(link.udp->local_port, 40000);
    entropy_script = stuck;
    CHECK_INT(quoth_lwip_port.dgram(&link, &dns_peer, "x", 1), QUOTH_ESPACE);
    udp_remove(other);
    quoth_lwip_port.close(&link);
    turn(0);
    settle();
}

/* ---- entropy ------------------------------------------------------------ */

TEST(Q03_none)
{
    uint8_t b[16];

    fresh();
    entropy_rc = -1;
    CHECK_INT(quoth_lwip_port.random(b, sizeof b), QUOTH_ENORANDOM);
    CHECK_INT(quoth_lwip_port.dgram(&link, &dns_peer, "x", 1), QUOTH_ENORANDOM);
    CHECK_INT(quoth_lwip_port.open(&link, &smtp_peer), QUOTH_ENORANDOM);
    CHECK_INT(verify(), QUOTH_VERDICT_UNKNOWN);
    CHECK_STR(quoth_reason_name(reason()), "no_entropy");
    CHECK_INT(dns_asked, 0);
    entropy_rc = 0;
    CHECK_INT(quoth_lwip_port.random(b, sizeof b), QUOTH_OK);
    entropy_rc = 7; /* "seven bytes": not all of them */
    CHECK_INT(quoth_lwip_port.random(b, sizeof b), QUOTH_ENORANDOM);
    (void)quoth_lwip_rand(); /* lwIP got a bad number: not silently */
    CHECK_INT(quoth_lwip_port.random(b, sizeof b), QUOTH_ENORANDOM);
    entropy_rc = 0;
    CHECK_INT(quoth_lwip_port.random(b, sizeof b), QUOTH_OK);
    settle();
}

int main(void)
{
    lwip_init();
    dns_pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
    dns_stranger = udp_new();
    udp_bind(dns_pcb, IP_ANY_TYPE, 53);
    udp_recv(dns_pcb, dns_recv, NULL);
    udp_bind(dns_stranger, IP_ANY_TYPE, 54);
    smtp_listen();
    mem_base = mem_live;
    RUN(E04_wrap);
    RUN(E09_pieces);
    RUN(E09_loss);
    RUN(E09_reset);
    RUN(E09_refused);
    RUN(E09_memory_once);
    RUN(E09_memory_gone);
    RUN(E09_twice);
    RUN(E09_window);
    RUN(E09_send);
    RUN(E09_send_small);
    RUN(E09_unread);
    RUN(E09_ends);
    RUN(E09_reset_late);
    RUN(E09_families);
    RUN(N04_own);
    RUN(E10_strangers);
    RUN(E10_queue);
    RUN(Q05_ports);
    RUN(Q03_none);
    return report("lwip");
}
