/* lwip_raw.c - a port on lwIP's raw API.
 *
 * lwIP pushes, the driver pulls. Callbacks only note what happened: nothing is closed or aborted
 * within one, so none has to say ERR_ABRT. What was received stays in its pbufs until it is asked
 * for, and tcp_recved() is told of bytes taken, not of bytes come: the window is the back-pressure.
 *
 *   closed --open--> connecting --up--> up --recv, send--> ... --close--> closed
 *      |                 `--err: the pcb is gone already; rx stays readable--^
 *      `--dgram--> bound to a random port, connected to its peer --recv--> ... --close--> closed
 *
 * Out of memory (ERR_MEM, an empty pool) is AGAIN: it passes, or the machine's deadline does.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "lwip/opt.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/netif.h"
#include "lwip/udp.h"
#include "lwip_raw.h"

/* The entropy hook, and that lwIP uses it too: its own LWIP_RAND() would be rand(). */
#ifndef QUOTH_ENTROPY
#error "QUOTH_ENTROPY must name the platform's entropy source: int source(void *buf, size_t n)"
#endif
#define quoth_lwip_rand() 4
#if LWIP_RAND() != 4
#error "LWIP_RAND() must be quoth_lwip_rand()"
#endif
#undef quoth_lwip_rand
int QUOTH_ENTROPY(void *buf, size_t n);

enum { LWRAW_PORT_MIN = 1024, LWRAW_BIND_TRIES = 32 };

static uint32_t lwraw_last, lwraw_wraps; /* sys_now() at its last reading; how often it wrapped */
static uint8_t lwraw_poor;               /* lwIP was given a number without entropy */

static uint64_t lwraw_now(void)
{
    uint32_t t = sys_now();

    if (t < lwraw_last)
        lwraw_wraps++;
    lwraw_last = t;
    return (uint64_t)lwraw_wraps << 32 | t;
}

uint32_t quoth_lwip_rand(void)
{
    uint32_t x = 0;

    lwraw_poor = QUOTH_ENTROPY(&x, sizeof x) != 0;
    return x;
}

static int lwraw_random(void *buf, size_t n)
{
    if (lwraw_poor)
        (void)quoth_lwip_rand();
    return lwraw_poor || QUOTH_ENTROPY(buf, n) != 0 ? QUOTH_ENORANDOM : QUOTH_OK;
}

/* Memory is short: come again. */
static int lwraw_short(struct quoth_link *link)
{
    link->moved = 1;
    return QUOTH_AGAIN;
}

static int lwraw_error(struct quoth_link *link, err_t err)
{
    switch (err) {
    case ERR_OK: return QUOTH_OK;
    case ERR_MEM: return lwraw_short(link);
    case ERR_RTE: return QUOTH_EUNREACH;
    case ERR_BUF:
    case ERR_USE: return QUOTH_ESPACE;
    default: return QUOTH_EIO;
    }
}

static int lwraw_address(ip_addr_t *addr, const struct quoth_ip *ip)
{
#if LWIP_IPV4
    if (ip->len == 4) {
        IP_ADDR4(addr, ip->b[0], ip->b[1], ip->b[2], ip->b[3]);
        return QUOTH_OK;
    }
#endif
#if LWIP_IPV6
    if (ip->len == 16) {
        u32_t word[4];
        memcpy(word, ip->b, sizeof word);
        IP_ADDR6(addr, word[0], word[1], word[2], word[3]);
        return QUOTH_OK;
    }
#endif
    return QUOTH_EUNREACH;
}

static void lwraw_ip(struct quoth_ip *to, const ip_addr_t *from)
{
    to->len = IP_IS_V4(from) ? 4 : 16;
    memcpy(to->b, from, to->len);
}

/* Whom a datagram is from: lwIP lets in nobody else. */
static void lwraw_peer(struct quoth_peer *peer, const struct udp_pcb *udp)
{
    peer->port = udp->remote_port;
    lwraw_ip(&peer->ip, &udp->remote_ip);
}

static unsigned lwraw_add(struct quoth_cidr *own, unsigned n, unsigned cap, const ip_addr_t *addr)
{
    if (n == cap || ip_addr_isany(addr))
        return n;
    lwraw_ip(&own[n].ip, addr);
    own[n].bits = (uint8_t)(own[n].ip.len * 8);
    return n + 1;
}

unsigned quoth_lwip_own(struct quoth_cidr *own, unsigned cap)
{
    struct netif *interface;
    unsigned n = 0;

    NETIF_FOREACH(interface)
    {
#if LWIP_IPV4
        n = lwraw_add(own, n, cap, netif_ip_addr4(interface));
#endif
#if LWIP_IPV6
        for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
            if (ip6_addr_isvalid(netif_ip6_addr_state(interface, i)))
                n = lwraw_add(own, n, cap, netif_ip_addr6(interface, i));
#endif
    }
    return n;
}

/* ---- what lwIP calls ---------------------------------------------------- */

static err_t lwraw_on_up(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct quoth_link *link = arg;

    link->up = link->moved = 1;
    return ERR_OK;
}

static err_t lwraw_on_stream(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct quoth_link *link = arg;

    link->moved = 1;
    if (!p)
        link->eof = 1;
    else if (link->rx_n)
        pbuf_cat(link->rx[0], p);
    else
        link->rx[link->rx_n++] = p;
    return ERR_OK;
}

static err_t lwraw_on_sent(void *arg, struct tcp_pcb *pcb, u16_t n)
{
    struct quoth_link *link = arg;

    link->moved = 1;
    return ERR_OK;
}

/* Every half second: what failed for want of memory is tried again. */
static err_t lwraw_on_poll(void *arg, struct tcp_pcb *pcb) { return lwraw_on_sent(arg, pcb, 0); }

static void lwraw_on_err(void *arg, err_t err)
{
    struct quoth_link *link = arg;

    link->tcp = NULL;
    link->moved = 1;
    if (link->up)
        link->err = QUOTH_EIO;
    else
        link->err = err == ERR_RST ? QUOTH_EREFUSED : QUOTH_ETIME;
}

static void lwraw_on_dgram(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                           u16_t port)
{
    struct quoth_link *link = arg;

    link->moved = 1;
    if (p->tot_len > 0 && link->rx_n < QUOTH_LWIP_DGRAMS)
        link->rx[link->rx_n++] = p;
    else
        pbuf_free(p);
}

/* ---- the seven ---------------------------------------------------------- */

static void lwraw_tcp_close(struct tcp_pcb *tcp)
{
    tcp_arg(tcp, NULL);
    tcp_recv(tcp, NULL);
    tcp_sent(tcp, NULL);
    tcp_poll(tcp, NULL, 0);
    tcp_err(tcp, NULL);
    if (tcp_close(tcp) != ERR_OK)
        tcp_abort(tcp);
}

static void lwraw_close(struct quoth_link *link)
{
    for (unsigned i = 0; i < link->rx_n; i++) {
        if (link->tcp && !link->dgram)
            tcp_recved(link->tcp, link->rx[i]->tot_len); /* else it ends in a RST, not a FIN */
        pbuf_free(link->rx[i]);
    }
    if (link->dgram)
        udp_remove(link->udp);
    else if (link->tcp)
        lwraw_tcp_close(link->tcp);
    memset(link, 0, sizeof *link);
}

/* Take a random port that is free: uniform over 1024..65535 (RFC 6056 3.3.1). */
static int lwraw_bind(struct quoth_link *link)
{
    err_t err = ERR_USE;

    for (int i = 0; i < LWRAW_BIND_TRIES && err == ERR_USE; i++) {
        uint16_t port;
        if (lwraw_random(&port, sizeof port) != QUOTH_OK)
            return QUOTH_ENORANDOM;
        if (port < LWRAW_PORT_MIN)
            continue;
        err = link->dgram ? udp_bind(link->udp, IP_ANY_TYPE, port)
                          : tcp_bind(link->tcp, IP_ANY_TYPE, port);
    }
    return lwraw_error(link, err);
}

static int lwraw_udp_send(struct quoth_link *link, const void *p, size_t n)
{
    struct pbuf *buf = n <= 0xFFFF ? pbuf_alloc(PBUF_TRANSPORT, (u16_t)n, PBUF_RAM) : NULL;
    err_t err = ERR_MEM;

    if (buf) {
        pbuf_take(buf, p, (u16_t)n);
        err = udp_send(link->udp, buf);
        pbuf_free(buf);
    }
    return lwraw_error(link, err);
}

static int lwraw_dgram(struct quoth_link *link, const struct quoth_peer *to, const void *p,
                       size_t n)
{
    ip_addr_t addr;
    int rc = lwraw_address(&addr, &to->ip);

    lwraw_close(link);
    if (rc != QUOTH_OK)
        return rc;
    link->udp = udp_new_ip_type(IP_GET_TYPE(&addr));
    if (!link->udp)
        return lwraw_short(link);
    link->dgram = 1;
    udp_recv(link->udp, lwraw_on_dgram, link);
    rc = lwraw_bind(link);
    if (rc == QUOTH_OK)
        rc = lwraw_error(link, udp_connect(link->udp, &addr, to->port));
    if (rc == QUOTH_OK)
        rc = lwraw_udp_send(link, p, n);
    if (rc != QUOTH_OK) {
        lwraw_close(link);
        link->moved = 1;
    }
    return rc;
}

static int lwraw_tcp_new(struct quoth_link *link, const ip_addr_t *addr, uint16_t port)
{
    int rc;

    link->tcp = tcp_new_ip_type(IP_GET_TYPE(addr));
    if (!link->tcp)
        return lwraw_short(link);
    tcp_arg(link->tcp, link);
    tcp_recv(link->tcp, lwraw_on_stream);
    tcp_sent(link->tcp, lwraw_on_sent);
    tcp_poll(link->tcp, lwraw_on_poll, 1);
    tcp_err(link->tcp, lwraw_on_err);
    tcp_nagle_disable(link->tcp); /* commands are whole writes already */
    rc = lwraw_bind(link);
    if (rc == QUOTH_OK)
        rc = lwraw_error(link, tcp_connect(link->tcp, addr, port, lwraw_on_up));
    return rc;
}

static int lwraw_open(struct quoth_link *link, const struct quoth_peer *to)
{
    ip_addr_t addr;
    int rc;

    if (link->up)
        return QUOTH_OK; /* if only for a moment: recv() tells what came and how it ended */
    if (link->err)
        return link->err;
    if (link->tcp)
        return QUOTH_AGAIN;
    rc = lwraw_address(&addr, &to->ip);
    if (rc != QUOTH_OK)
        return rc;
    rc = lwraw_tcp_new(link, &addr, to->port);
    if (rc == QUOTH_OK)
        return QUOTH_AGAIN;
    lwraw_close(link);
    link->moved = 1;
    return rc;
}

/* As much as there is room for; less when it does not fit the heap as a whole. */
static int lwraw_send(struct quoth_link *link, const void *p, size_t n)
{
    err_t err = ERR_MEM;
    size_t room;

    if (!link->tcp)
        return link->err ? link->err : QUOTH_EIO;
    room = tcp_sndbuf(link->tcp);
    for (n = n < room ? n : room; n > 0; n /= 2) {
        err = tcp_write(link->tcp, p, (u16_t)n, TCP_WRITE_FLAG_COPY);
        if (err != ERR_MEM)
            break;
    }
    if (err == ERR_MEM)
        return QUOTH_AGAIN; /* until something was acknowledged, or the half second is over */
    if (err != ERR_OK)
        return lwraw_error(link, err);
    (void)tcp_output(link->tcp); /* what it cannot send now it sends later */
    return (int)n;
}

static int lwraw_recv(struct quoth_link *link, void *p, size_t cap, struct quoth_peer *from)
{
    u16_t n;

    if (!link->rx_n) {
        if (link->err && !link->eof)
            return link->err;
        return link->eof ? 0 : QUOTH_AGAIN;
    }
    n = pbuf_copy_partial(link->rx[0], p, (u16_t)(cap < 0x7FFF ? cap : 0x7FFF), 0);
    if (link->dgram) {
        lwraw_peer(from, link->udp);
        pbuf_free(link->rx[0]);
        link->rx[0] = NULL;
    } else {
        link->rx[0] = pbuf_free_header(link->rx[0], n);
        if (link->tcp)
            tcp_recved(link->tcp, n);
    }
    if (!link->rx[0])
        memmove(link->rx, link->rx + 1, --link->rx_n * sizeof link->rx[0]);
    return n;
}

const struct quoth_port quoth_lwip_port = {lwraw_now,  lwraw_random, lwraw_dgram, lwraw_open,
                                           lwraw_send, lwraw_recv,   lwraw_close};
