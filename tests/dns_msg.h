/* dns_msg.h - DNS messages for tests, written record by record.
 *
 *   struct msg m;
 *   msg_answer(&m, id, MSG_OK, "example.com", QUOTH_DNS_MX);
 *   msg_mx(&m, 0, "example.com", 300, 10, "mx.example.com");
 *
 * Names are written in full. Use msg_raw() and msg_rr() for pointers and for nonsense.
 *
 * SPDX-License-Identifier: MIT */
#ifndef DNS_MSG_H
#define DNS_MSG_H

#include <stdlib.h>
#include <string.h>
#include "quoth.h"

enum { MSG_OK = 0x8180, MSG_TC = 0x8380 }; /* QR, RD, RA; add the rcode */

struct msg {
    size_t n;
    uint8_t b[70000];
};

static inline void msg_u16(struct msg *m, unsigned v)
{
    m->b[m->n++] = (uint8_t)(v >> 8);
    m->b[m->n++] = (uint8_t)v;
}
static inline void msg_u32(struct msg *m, uint32_t v)
{
    msg_u16(m, v >> 16);
    msg_u16(m, v & 0xffff);
}
static inline void msg_raw(struct msg *m, const void *p, size_t n)
{
    if (n)
        memcpy(m->b + m->n, p, n);
    m->n += n;
}
static inline void msg_name(struct msg *m, const char *text)
{
    struct quoth_name name;
    if (quoth_name_parse(&name, text, strlen(text)) != QUOTH_OK)
        abort();
    msg_raw(m, name.b, name.n);
}
static inline void msg_count(struct msg *m, unsigned section, unsigned v)
{
    m->b[6 + 2 * section] = (uint8_t)(v >> 8);
    m->b[7 + 2 * section] = (uint8_t)v;
}
static inline unsigned msg_counted(const struct msg *m, unsigned section)
{
    return (unsigned)m->b[6 + 2 * section] << 8 | m->b[7 + 2 * section];
}

static inline void msg_answer(struct msg *m, uint16_t id, unsigned flags, const char *name,
                              uint16_t type)
{
    m->n = 0;
    msg_u16(m, id);
    msg_u16(m, flags);
    msg_u16(m, 1);
    msg_u16(m, 0);
    msg_u16(m, 0);
    msg_u16(m, 0);
    msg_name(m, name);
    msg_u16(m, type);
    msg_u16(m, 1);
}

/* Begin a record. msg_end() fills in its length. */
static inline size_t msg_begin(struct msg *m, unsigned section, const char *owner, uint16_t type,
                               uint32_t ttl)
{
    msg_count(m, section, msg_counted(m, section) + 1);
    if (owner)
        msg_name(m, owner);
    else
        msg_u16(m, 0xc00c); /* NULL: a pointer to the question */
    msg_u16(m, type);
    msg_u16(m, 1);
    msg_u32(m, ttl);
    msg_u16(m, 0);
    return m->n;
}
static inline void msg_end(struct msg *m, size_t start)
{
    m->b[start - 2] = (uint8_t)((m->n - start) >> 8);
    m->b[start - 1] = (uint8_t)(m->n - start);
}
static inline void msg_rr(struct msg *m, unsigned section, const char *owner, uint16_t type,
                          uint32_t ttl, const void *data, size_t n)
{
    size_t at = msg_begin(m, section, owner, type, ttl);
    msg_raw(m, data, n);
    msg_end(m, at);
}
static inline void msg_mx(struct msg *m, unsigned section, const char *owner, uint32_t ttl,
                          unsigned pref, const char *to)
{
    size_t at = msg_begin(m, section, owner, QUOTH_DNS_MX, ttl);
    msg_u16(m, pref);
    msg_name(m, to);
    msg_end(m, at);
}
static inline void msg_cname(struct msg *m, const char *owner, uint32_t ttl, const char *to)
{
    size_t at = msg_begin(m, 0, owner, QUOTH_DNS_CNAME, ttl);
    msg_name(m, to);
    msg_end(m, at);
}
static inline void msg_ns(struct msg *m, const char *owner, const char *to)
{
    size_t at = msg_begin(m, 1, owner, QUOTH_DNS_NS, 300);
    msg_name(m, to);
    msg_end(m, at);
}
static inline void msg_soa(struct msg *m, const char *owner, uint32_t ttl, uint32_t minimum)
{
    size_t at = msg_begin(m, 1, owner, QUOTH_DNS_SOA, ttl);
    msg_name(m, "ns.test");
    msg_name(m, "hostmaster.test");
    for (uint32_t i = 1; i < 5; i++)
        msg_u32(m, i);
    msg_u32(m, minimum);
    msg_end(m, at);
}
static inline void msg_a(struct msg *m, unsigned section, const char *owner, uint32_t ttl,
                         uint8_t a, uint8_t d)
{
    const uint8_t ip[4] = {a, 0, 2, d};
    msg_rr(m, section, owner, QUOTH_DNS_A, ttl, ip, 4);
}
static inline void msg_aaaa(struct msg *m, unsigned section, const char *owner, uint32_t ttl,
                            uint8_t d)
{
    const uint8_t ip[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = d};
    msg_rr(m, section, owner, QUOTH_DNS_AAAA, ttl, ip, 16);
}
static inline void msg_opt(struct msg *m, unsigned section, unsigned extended, const void *options,
                           size_t n)
{
    msg_rr(m, section, ".", QUOTH_DNS_OPT, (uint32_t)extended << 24, options, n);
}

#endif
