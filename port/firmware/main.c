/* main.c - a board that verifies addresses: super-loop and console.
 *
 *   arguments: settings, addresses --> each is verified; with no address the console asks
 *   loop: frames in --> lwIP's timers --> the link moved or is late? poke --> sleep till the tick
 *
 * What is no setting (settings.c) is an address. With QUOTH_HEALTH 1 there is doctor=IP[,ZONE] too:
 * what do others see of that address, which is ours, and is it on that block list? The exit status
 * is that of the last verdict, as the command's: 0 deliverable, 1 undeliverable, 2 risky, 3
 * unknown; 64 a bad setting, 69 no TLS.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "board.h"
#include "lwip_raw.h"
#include "settings.h"
#include "tls_mbedtls.h"
#if QUOTH_HEALTH
#include "quoth_domain.h"
#endif
#ifndef QUOTH_NO_TLS
#include <mbedtls/memory_buffer_alloc.h>
#endif

enum {
    MAIN_LINE = 400,
    MAIN_DNS_TCP = 3072,
    MAIN_HEAP_HEAD = 64,
    MAIN_USAGE = 64,
    MAIN_NO_TLS = 69
};

static struct {
    struct settings set;
    struct quoth_link link;
    union { /* an address, or ourselves */
        struct quoth_slot slot;
#if QUOTH_HEALTH
        struct quoth_identity identity;
#endif
    };
    struct quoth_tls_global tls;
    struct quoth_tls_link tls_link;
    struct netif netif;
    netif_linkoutput_fn send; /* the driver's, behind the cable */
    netif_input_fn take;
    uint8_t status, dns_tcp[MAIN_DNS_TCP];
    char line[MAIN_LINE];
} fw;

/* ---- the console -------------------------------------------------------- */

static void say(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            board_put('\r');
        board_put(*text);
    }
}

/* What others said: one line, no control bytes, nothing that is not ASCII. */
static void say_theirs(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        board_put(p[i] >= ' ' && p[i] <= '~' ? p[i] : '?');
}

static void say_number(uint32_t number)
{
    char digits[10];
    unsigned n = 0;

    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n > 0)
        board_put(digits[--n]);
}

static void say_fact(const char *name, uint32_t x, const char *unit)
{
    say(name);
    say_number(x);
    say(unit);
}

/* ---- the network -------------------------------------------------------- */

static int lost(void) { return fw.set.loss > 0 && quoth_lwip_rand() % 100 < fw.set.loss; }

static err_t cable_out(struct netif *netif, struct pbuf *p)
{
    return lost() ? ERR_OK : fw.send(netif, p);
}

static err_t cable_in(struct pbuf *p, struct netif *netif)
{
    if (!lost())
        return fw.take(p, netif);
    pbuf_free(p);
    return ERR_OK;
}

static void net_up(void)
{
    ip4_addr_t ip, mask, gateway;

    IP4_ADDR(&ip, 10, 0, 2, 15); /* QEMU's user network */
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 2, 2);
    lwip_init();
    netif_add(&fw.netif, &ip, &mask, &gateway, NULL, board_net_init, netif_input);
    fw.send = fw.netif.linkoutput;
    fw.take = fw.netif.input;
    fw.netif.linkoutput = cable_out;
    fw.netif.input = cable_in;
    netif_set_default(&fw.netif);
    netif_set_up(&fw.netif);
}

/* ---- TLS: its memory is painted, so that it can be said how much was used ---- */

#ifdef QUOTH_NO_TLS
static int tls_up(void) { return QUOTH_OK; }
static void tls_say(void) {}
#else
static uint8_t fw_arena[FW_ARENA] __attribute__((aligned(8)));

static int tls_up(void)
{
    if (fw.set.arena <= MAIN_HEAP_HEAD)
        return QUOTH_ESPACE;
    mbedtls_memory_buffer_alloc_init(fw_arena, fw.set.arena);
    board_paint(fw_arena + MAIN_HEAP_HEAD, fw.set.arena - MAIN_HEAP_HEAD);
    fw.tls_link.global = &fw.tls;
    fw.slot.wire.tls = &quoth_tls_port;
    fw.slot.wire.tls_link = &fw.tls_link;
    return quoth_tls_open(&fw.tls, &quoth_lwip_port);
}

static void tls_say(void)
{
    say_fact("; TLS arena ", board_used(fw_arena, fw.set.arena, 1), " of ");
    say_fact("", fw.set.arena, " bytes");
}
#endif

/* ---- one address -------------------------------------------------------- */

static void report(void)
{
    static const uint8_t status[QUOTH_VERDICTS] = {3, 0, 1, 2};
    const struct quoth_evidence *evidence = &fw.slot.v.ev;
    struct quoth_reading reading;
    enum quoth_verdict verdict = quoth_judge(evidence, quoth_verify_host(&fw.slot.v), &reading);
    char ip[46];

    fw.status = status[verdict];
    say(quoth_verdict_name(verdict));
    say(" ");
    say(quoth_reason_name(reading.reason));
    say("\n");
    if (evidence->said.code > 0) {
        say_fact("  > ", evidence->said.code, " ");
        if (evidence->said.esc[0] > 0) {
            say_fact("", evidence->said.esc[0], ".");
            say_fact("", evidence->said.esc[1], ".");
            say_fact("", evidence->said.esc[2], " ");
        }
        say_theirs(evidence->words, evidence->said.n);
        say("\n");
    }
    say(" ");
    if (evidence->peer.ip.len > 0 && quoth_ip_text(&evidence->peer.ip, ip, sizeof ip) > 0) {
        say(" ");
        say_theirs(quoth_verify_host(&fw.slot.v), strlen(quoth_verify_host(&fw.slot.v)));
        say(" ");
        say(ip);
        say(evidence->tls.version ? " TLS" : " clear");
    }
    say(" at ");
    say(quoth_phase_name((enum quoth_phase)evidence->phase));
    say_fact(" after ", evidence->took_ms, " ms\n");
}

/* What no stranger's MX record should make the board call: itself, and its name server. */
static void know_own(struct settings *set)
{
    const struct quoth_ip *dns = &set->resolver.server[0].peer.ip;

    set->own[0] = (struct quoth_cidr) {*dns, (uint8_t)(dns->len * 8)};
    set->conf.targets.own = set->own;
    set->conf.targets.own_n = (uint8_t)(1 + quoth_lwip_own(set->own + 1, 1));
}

static void verify(const char *address)
{
    struct quoth_want want = {.deadline = 0};

    fw.slot.wire.port = &quoth_lwip_port;
    fw.slot.wire.link = &fw.link;
    know_own(&fw.set);
    quoth_slot_start(&fw.slot, &fw.set.conf, address, strlen(address));
    quoth_verify_lend(&fw.slot.v, fw.dns_tcp, sizeof fw.dns_tcp);
    fw.link.moved = 1;
    for (;;) {
        board_net_poll(&fw.netif);
        sys_check_timeouts();
        if (fw.link.moved || quoth_lwip_port.now() >= want.deadline) {
            fw.link.moved = 0;
            if (quoth_poke(&fw.slot, &want) == QUOTH_OK)
                break;
        } else {
            board_wait();
        }
    }
    report();
}

#if QUOTH_HEALTH

/* ---- ourselves ------------------------------------------------------------ */

/* One finding a line: grade, id, what it is about. The exit status: 0 fine, 1 to mend, 2 bad, 3 not
 * known. */
static void doctor_report(const struct quoth_identity_facts *facts)
{
    static const uint8_t status[QUOTH_GRADES] = {
        [QUOTH_GRADE_WARN] = 1, [QUOTH_GRADE_BAD] = 2, [QUOTH_GRADE_UNKNOWN] = 3};
    struct quoth_finding found[QUOTH_FINDINGS_MAX];
    const size_t n = quoth_identity_judge(facts, found);

    fw.status = n > 0 ? status[found[0].grade] : 0;
    for (size_t i = 0; i < n; i++) {
        say(quoth_grade_name((enum quoth_grade)found[i].grade));
        say(" ");
        say(quoth_check_id(found[i].id));
        say(found[i].text.n || found[i].word ? " " : "");
        say_theirs(facts->text + found[i].text.at, found[i].text.n);
        say(found[i].word ? found[i].word : "");
        say("\n");
    }
    say_fact("doctor: ", (uint32_t)n, " findings after ");
    say_fact("", facts->queries, " questions\n");
}

static void doctor_ask(struct quoth_wire *wire)
{
    struct quoth_want want = {.deadline = 0};
    struct quoth_event ev;
    uint8_t buf[QUOTH_DNS_MAX + 1];

    fw.link.moved = 1;
    for (;;) {
        board_net_poll(&fw.netif);
        sys_check_timeouts();
        if (!fw.link.moved && quoth_lwip_port.now() < want.deadline) {
            board_wait();
            continue;
        }
        fw.link.moved = 0;
        quoth_identity_want(&fw.identity, &want);
        if (want.kind == QUOTH_WANT_DONE)
            return;
        if (quoth_wire_do(wire, &want, buf, sizeof buf, &ev) == QUOTH_AGAIN)
            continue;
        (void)quoth_identity_feed(&fw.identity, &ev); /* EINVAL: not the answer */
        fw.link.moved = 1;
    }
}

/* The slot has the same place: its wire, which knows of TLS, is put back. */
static void doctor(const char *what)
{
    const struct quoth_wire kept = fw.slot.wire;
    const char *comma = strchr(what, ','), *zones[2] = {comma ? comma + 1 : NULL, NULL};
    struct quoth_wire wire = {.port = &quoth_lwip_port, .link = &fw.link};
    struct quoth_identity_conf conf = {.resolver = &fw.set.resolver,
                                       .targets = fw.set.conf.targets,
                                       .helo = fw.set.conf.smtp.helo,
                                       .from = fw.set.conf.smtp.from,
                                       .zones = zones};
    uint8_t seed[16];

    if (quoth_ip_parse(&conf.ip, what, comma ? (size_t)(comma - what) : strlen(what)) != QUOTH_OK ||
        quoth_lwip_port.random(seed, sizeof seed) != QUOTH_OK) {
        say("doctor=IP[,ZONE]\n");
        fw.status = MAIN_USAGE;
        return;
    }
    quoth_identity_start(&fw.identity, &conf, seed, quoth_lwip_port.now());
    quoth_identity_lend(&fw.identity, fw.dns_tcp, sizeof fw.dns_tcp);
    doctor_ask(&wire);
    doctor_report(&fw.identity.facts);
    memset(&fw.identity, 0, sizeof fw.identity);
    fw.slot.wire = kept;
}
#endif

/* A word that is no setting is an address. */
static int take(const char *word)
{
#if QUOTH_HEALTH
    if (!strncmp(word, "doctor=", 7)) {
        doctor(word + 7);
        return 0;
    }
#endif
    if (!settings_is(word))
        verify(word);
    else if (settings_take(&fw.set, word) != 0) {
        say("not a setting: ");
        say_theirs(word, strlen(word));
        say("\n");
        fw.status = MAIN_USAGE;
        return -1;
    }
    return 0;
}

/* ---- the conversation with people --------------------------------------- */

/* A line without its end; 0 at the end of input (^D, or a line that says quit). */
static int read_line(void)
{
    size_t n = 0;

    say("? ");
    for (int c = 0; c != '\r' && c != '\n';) {
        board_net_poll(&fw.netif);
        sys_check_timeouts();
        c = board_get();
        if (c < 0) {
            board_wait();
            continue;
        }
        if (c == 4)
            return 0;
        if ((c == 8 || c == 127) && n > 0) {
            n--;
            say("\b \b");
        }
        if (c < ' ' || c == 127 || n >= MAIN_LINE - 1)
            continue;
        fw.line[n++] = (char)c;
        board_put((char)c);
    }
    say("\n");
    fw.line[n] = '\0';
    return strcmp(fw.line, "quit") != 0;
}

/* Words of the command line behind the program's own name.
 * Returns how many were addresses, or -1. */
static int run_arguments(int only_settings)
{
    char *p = fw.line;
    int addresses = 0;

    if (semihost_args(fw.line, sizeof fw.line) != 0)
        return -1;
    for (int first = 1; *p; first = 0) {
        char *end = memchr(p, ' ', strlen(p));
        char *next = end ? end + 1 : p + strlen(p);
        if (end)
            *end = '\0';
        if (!first && *p && settings_is(p) == only_settings) {
            if (take(p) != 0)
                return -1;
            addresses++;
        }
        p = next;
    }
    return addresses;
}

static void farewell(void)
{
    size_t stack = (size_t)(board_stack_end - board_stack);

    say_fact("stack ", board_used(board_stack, stack, 0), " of ");
    say_fact("", stack, " bytes");
    tls_say();
    say_fact("; tick ", sys_now(), "\n");
}

int main(void)
{
    int addresses;

    settings_init(&fw.set);
    if (run_arguments(1) < 0)
        return MAIN_USAGE;
    net_up();
    if (tls_up() != QUOTH_OK) {
        say("no TLS: no memory, or no entropy\n");
        return MAIN_NO_TLS;
    }
    addresses = run_arguments(0);
    while (addresses == 0 && read_line())
        if (fw.line[0])
            take(fw.line);
    farewell();
    return fw.status;
}
