/* sandbox_dns.c - the sandbox's DNS server: the bytes of a question to the bytes of an answer.
 *
 *   read the question (RFC 1035 4.1), and the OPT record if there is one (RFC 6891)
 *   refuse what is not for us, do what world_oddities says of the name
 *   write the alias chain, then the records of the last name, then the addresses of a WORLD_GLUE
 *   exchange; or the zone's SOA when there is none (RFC 2308)
 *   too long for the datagram: header, question and OPT alone, with TC set (RFC 2181 9)
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "sandbox.h"

enum { DNS_FORMERR = 1, DNS_SERVFAIL, DNS_NXDOMAIN, DNS_NOTIMP, DNS_REFUSED, DNS_BADVERS = 16 };
enum { DNS_HEADER = 12, DNS_OPT_BYTES = 11, DNS_TTL = 60, DNS_HOPS = 8, DNS_MANY = 60 };

struct dns_out {
    uint8_t *p;
    size_t n, cap;
    int over;             /* it did not fit */
    unsigned count[3];    /* answer, authority, additional */
    const char *question; /* names ending like it are compressed */
    const struct sandbox_set *set;
};

static void dns_put(struct dns_out *o, unsigned value, size_t bytes)
{
    if (o->cap - o->n < bytes) {
        o->over = 1;
        return;
    }
    while (bytes--)
        o->p[o->n++] = (uint8_t)(value >> (8 * bytes));
}

/* A name: label by label until what is left is the end of the question's name, which is at offset
 * 12. */
static void dns_put_name(struct dns_out *o, const char *name)
{
    size_t qn = strlen(o->question);
    if (!strcmp(name, "."))
        name = "";
    while (*name) {
        size_t left = strlen(name), label = strcspn(name, ".");
        if (left <= qn && world_same(name, o->question + qn - left) &&
            (left == qn || o->question[qn - left - 1] == '.')) {
            dns_put(o, (unsigned)(0xc000 | (DNS_HEADER + qn - left)), 2);
            return;
        }
        dns_put(o, (unsigned)label, 1);
        for (size_t i = 0; i < label; i++)
            dns_put(o, (uint8_t)name[i], 1);
        name += label + (name[label] == '.');
    }
    dns_put(o, 0, 1);
}

/* The number of a server's address, by its domain; 0: there is none. */
static unsigned dns_place(const char *domain)
{
    for (unsigned i = 0; i < world_servers_n; i++)
        if (world_same(world_servers[i].domain, domain))
            return world_place(i);
    return 0;
}

static void dns_put_ip4(struct dns_out *o, const char *data)
{
    struct quoth_ip ip;
    if (quoth_ip_parse(&ip, data, strlen(data)) != QUOTH_OK) {
        uint32_t place = dns_place(data);
        if (!place)
            app_number(data, &place);
        memcpy(ip.b, o->set->net, 3);
        ip.b[3] = (uint8_t)place;
    }
    for (int i = 0; i < 4; i++)
        dns_put(o, ip.b[i], 1);
}

static void dns_put_text(struct dns_out *o, const char *text)
{
    dns_put(o, (unsigned)strlen(text), 1);
    while (*text)
        dns_put(o, (uint8_t)*text++, 1);
}

static void dns_put_ip6(struct dns_out *o, const char *data)
{
    struct quoth_ip ip = {0, {0}};
    quoth_ip_parse(&ip, data, strlen(data));
    for (int i = 0; i < 16; i++)
        dns_put(o, ip.b[i], 1);
}

static void dns_put_soa(struct dns_out *o)
{
    dns_put_name(o, "ns.test");
    dns_put_name(o, "postmaster." APP_SANDBOX_HELO);
    dns_put(o, 1, 4); /* serial, refresh, retry, expire, negative TTL */
    dns_put(o, 3600, 4);
    dns_put(o, 600, 4);
    dns_put(o, 86400, 4);
    dns_put(o, DNS_TTL, 4);
}

static void dns_put_rr(struct dns_out *o, int section, const struct world_record *r)
{
    size_t len;
    dns_put_name(o, r->owner);
    dns_put(o, r->type, 2);
    dns_put(o, 1, 2);
    dns_put(o, DNS_TTL, 4);
    len = o->n;
    dns_put(o, 0, 2);
    switch (r->type) {
    case WORLD_A: dns_put_ip4(o, r->data); break;
    case WORLD_AAAA: dns_put_ip6(o, r->data); break;
    case WORLD_MX:
        dns_put(o, r->pref, 2);
        dns_put_name(o, r->data);
        break;
    case WORLD_CNAME: dns_put_name(o, r->data); break;
    case WORLD_TXT: dns_put_text(o, r->data); break;
    default: dns_put_soa(o); break;
    }
    if (!o->over) {
        size_t data = o->n - len - 2;
        o->p[len] = (uint8_t)(data >> 8);
        o->p[len + 1] = (uint8_t)data;
    }
    o->count[section]++;
}

/* All records of one name and type. Says whether the name exists at all; a name with names below it
 * does. */
static unsigned dns_put_type(struct dns_out *o, const char *name, unsigned type, int section,
                             int *exists)
{
    struct world_record r;
    char made[128];
    unsigned put = 0;
    size_t n = strlen(name);
    for (unsigned i = 0; world_record_at(i, &r, made); i++) {
        size_t on = strlen(r.owner);
        if (on > n && r.owner[on - n - 1] == '.' && world_same(r.owner + on - n, name))
            *exists = 1;
        if (!world_same(r.owner, name))
            continue;
        *exists = 1;
        if (r.type != type)
            continue;
        dns_put_rr(o, section, &r);
        put++;
    }
    return put;
}

/* Where the name is an alias for; NULL: it is none. */
static const char *dns_alias(const char *name)
{
    for (unsigned i = 0; i < world_records_n; i++)
        if (world_records[i].type == WORLD_CNAME && world_same(world_records[i].owner, name))
            return world_records[i].data;
    return NULL;
}

static void dns_put_many(struct dns_out *o, const char *name)
{
    char text[64];
    for (unsigned i = 0; i < DNS_MANY; i++) {
        snprintf(text, sizeof text, "spare-exchange-%u.truncated.test", i);
        dns_put_rr(o, 0, &(struct world_record) {name, WORLD_MX, (uint16_t)(100 + i), text});
    }
}

static void dns_put_glue(struct dns_out *o, const char *name)
{
    char host[128];
    int exists;
    for (unsigned i = 0; i < world_servers_n; i++)
        if (world_servers[i].flags & WORLD_GLUE && world_same(world_servers[i].domain, name)) {
            snprintf(host, sizeof host, "mx.%s", world_servers[i].domain);
            dns_put_type(o, host, WORLD_A, 2, &exists);
        }
}

/* Answer, authority and additional sections. Returns the rcode. */
static uint8_t dns_put_sections(struct dns_out *o, const struct sandbox_question *q)
{
    const char *name = q->name, *to;
    int exists = world_same(name, "test");
    unsigned put;
    for (int hop = 0; q->type != WORLD_CNAME && hop < DNS_HOPS && (to = dns_alias(name)) != NULL;
         hop++) {
        dns_put_rr(o, 0, &(struct world_record) {name, WORLD_CNAME, 0, to});
        name = to;
        if (world_same(name, q->name))
            return 0; /* the aliases go round in a circle */
    }
    put = dns_put_type(o, name, q->type, 0, &exists);
    if (q->quirk == WORLD_DNS_MANY)
        dns_put_many(o, name);
    if (put && q->type == WORLD_MX)
        dns_put_glue(o, name);
    if (!put)
        dns_put_rr(o, 1, &(struct world_record) {"test", WORLD_SOA, 0, ""});
    return exists ? 0 : DNS_NXDOMAIN;
}

/* ---- reading ------------------------------------------------------------ */

struct dns_in {
    size_t end;
    int edns, version;
    unsigned udp;
}; /* end: of the question */

/* The question's name as lower-case text. Returns the offset behind it, 0 if it is none. */
static size_t dns_read_name(const uint8_t *p, size_t n, char text[256])
{
    size_t at = DNS_HEADER, used = 0;
    while (at < n && p[at]) {
        size_t label = p[at++];
        if (label > 63 || label > n - at || used + label + 1 > 254)
            return 0;
        if (used)
            text[used++] = '.';
        for (size_t i = 0; i < label; i++, at++)
            text[used++] = (char)(p[at] >= 'A' && p[at] <= 'Z' ? p[at] + 32 : p[at] ? p[at] : '?');
    }
    text[used] = 0;
    return at < n ? at + 1 : 0;
}

/* Returns an rcode. */
static uint8_t dns_read(const uint8_t *p, size_t n, struct dns_in *in, struct sandbox_question *q)
{
    memset(in, 0, sizeof *in);
    in->udp = 512;
    if (p[2] & 0x78)
        return DNS_NOTIMP;
    if (p[4] || p[5] != 1 || p[6] || p[7] || p[8] || p[9] || p[10] || p[11] > 1)
        return DNS_FORMERR;
    in->end = dns_read_name(p, n, q->name);
    if (!in->end || n - in->end < 4) {
        in->end = 0;
        return DNS_FORMERR;
    }
    p += in->end;
    n -= in->end + 4;
    q->type = (uint16_t)(p[0] << 8 | p[1]);
    in->end += 4;
    if (p[2] || p[3] != 1)
        return DNS_REFUSED;
    if (!n)
        return 0;
    p += 4;
    if (n < DNS_OPT_BYTES || p[0] || p[1] || p[2] != WORLD_OPT)
        return DNS_FORMERR;
    in->edns = 1;
    in->version = p[6];
    in->udp = (unsigned)(p[3] << 8 | p[4]);
    if (in->udp < 512)
        in->udp = 512;
    return in->version ? DNS_BADVERS : 0;
}

/* ---- both --------------------------------------------------------------- */

static int dns_is_ours(const char *name)
{
    size_t n = strlen(name);
    return world_same(name, "test") || (n > 5 && world_same(name + n - 5, ".test"));
}

static void dns_finish(struct dns_out *o, const struct dns_in *in, const uint8_t *question,
                       uint8_t rcode, int tc)
{
    memcpy(o->p, question, DNS_HEADER);
    o->p[2] = (uint8_t)(0x80 | (question[2] & 0x79) |
                        (tc ? 2 : 0));        /* QR, and opcode and RD as they were */
    o->p[3] = (uint8_t)(0x80 | (rcode & 15)); /* RA */
    o->p[4] = 0;
    o->p[5] = in->end > 0;
    for (int i = 0; i < 3; i++) {
        unsigned count = o->count[i] + (i == 2 && in->edns);
        o->p[6 + 2 * i] = (uint8_t)(count >> 8);
        o->p[7 + 2 * i] = (uint8_t)count;
    }
    if (!in->edns)
        return;
    o->cap += DNS_OPT_BYTES; /* kept free for it */
    dns_put(o, 0, 1);
    dns_put(o, WORLD_OPT, 2);
    dns_put(o, 1232, 2);
    dns_put(o, (unsigned)(rcode >> 4) << 24, 4);
    dns_put(o, 0, 2);
}

/* What the oddity does to an answer that is otherwise right: an rcode, or 255 for no answer. */
static uint8_t dns_odd(const struct sandbox_question *q, const struct dns_in *in)
{
    if (q->quirk == WORLD_DNS_SERVFAIL)
        return DNS_SERVFAIL;
    if (q->quirk == WORLD_DNS_REFUSED || !dns_is_ours(q->name))
        return DNS_REFUSED;
    if (q->quirk == WORLD_DNS_NO_EDNS && in->edns)
        return DNS_FORMERR;
    return 255;
}

size_t sandbox_dns_answer(const struct sandbox_set *set, const uint8_t *p, size_t n, int tcp,
                          unsigned *asked, uint8_t *out, size_t cap, struct sandbox_question *q)
{
    struct dns_in in;
    struct dns_out o = {.p = out, .set = set, .question = q->name};
    size_t limit;
    memset(q, 0, sizeof *q);
    if (n < DNS_HEADER || p[2] & 0x80)
        return 0; /* no question at all */
    q->rcode = dns_read(p, n, &in, q);
    q->quirk = world_quirk_of(q->name, q->type);
    if (q->quirk == WORLD_DNS_MUTE || (q->quirk == WORLD_DNS_LOSSY && !tcp && ++*asked % 2))
        return 0;
    limit = tcp ? cap : in.udp < cap ? in.udp : cap;
    o.n = in.end ? in.end : DNS_HEADER;
    memcpy(out, p, o.n);
    o.cap = limit - (in.edns ? DNS_OPT_BYTES : 0);
    if (!q->rcode && dns_odd(q, &in) != 255) {
        q->rcode = dns_odd(q, &in);
        if (q->quirk == WORLD_DNS_NO_EDNS)
            in.edns = 0;
    } else if (!q->rcode) {
        q->rcode = dns_put_sections(&o, q);
    }
    if (!tcp && q->quirk == WORLD_DNS_TCP)
        o.over = 1;
    if (o.over) {
        o.n = in.end;
        memset(o.count, 0, sizeof o.count);
    }
    dns_finish(&o, &in, p, q->rcode, o.over);
    if (q->quirk == WORLD_DNS_MALFORMED)
        o.n -= in.edns ? DNS_OPT_BYTES + 3 : 3;
    return o.n;
}
