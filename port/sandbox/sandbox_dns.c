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
enum { DNS_HEADER = 12, DNS_OPT_BYTES = 11, DNS_EDE_BYTES = 6 };
enum { DNS_TTL = 60, DNS_HOPS = 8, DNS_MANY = 60 };
enum { DNS_AD = 0x20, DNS_CD = 0x10 }; /* in the fourth byte of the header (RFC 4035 3.1.6) */

struct dns_out {
    uint8_t *p;
    size_t n, cap;
    int over;             /* it did not fit */
    int open;             /* a name on the way is not signed */
    unsigned count[3];    /* answer, authority, additional */
    const char *question; /* names ending like it are compressed */
    const struct sandbox_set *set;
};

static void dns_put(struct dns_out *out, unsigned value, size_t bytes)
{
    if (out->cap - out->n < bytes) {
        out->over = 1;
        return;
    }
    while (bytes--)
        out->p[out->n++] = (uint8_t)(value >> (8 * bytes));
}

/* A name: label by label until what is left is the end of the question's name, which is at offset
 * 12. */
static void dns_put_name(struct dns_out *out, const char *name)
{
    size_t qn = strlen(out->question);
    if (!strcmp(name, "."))
        name = "";
    while (*name) {
        size_t left = strlen(name), label = strcspn(name, ".");
        if (left <= qn && world_same(name, out->question + qn - left) &&
            (left == qn || out->question[qn - left - 1] == '.')) {
            dns_put(out, (unsigned)(0xc000 | (DNS_HEADER + qn - left)), 2);
            return;
        }
        dns_put(out, (unsigned)label, 1);
        for (size_t i = 0; i < label; i++)
            dns_put(out, (uint8_t)name[i], 1);
        name += label + (name[label] == '.');
    }
    dns_put(out, 0, 1);
}

/* The number of a server's address, by its domain; 0: there is none. */
static unsigned dns_place(const char *domain)
{
    for (unsigned i = 0; i < world_servers_n; i++)
        if (world_same(world_servers[i].domain, domain))
            return world_place(i);
    return 0;
}

static void dns_put_ip4(struct dns_out *out, const char *data)
{
    struct quoth_ip ip;
    if (quoth_ip_parse(&ip, data, strlen(data)) != QUOTH_OK) {
        uint32_t place = dns_place(data);
        if (!place)
            app_number(data, &place);
        memcpy(ip.b, out->set->net, 3);
        ip.b[3] = (uint8_t)place;
    }
    for (int i = 0; i < 4; i++)
        dns_put(out, ip.b[i], 1);
}

static void dns_put_text(struct dns_out *out, const char *text)
{
    do {
        size_t n = strcspn(text, "\n");
        if (n > 255)
            n = 255;
        dns_put(out, (unsigned)n, 1);
        while (n--)
            dns_put(out, (uint8_t)*text++, 1);
    } while (*text && (*text != '\n' || *++text));
}

static unsigned dns_hex(char c) { return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10); }

/* Three numbers, the first of `width` bytes, and hex digits. */
static void dns_put_digest(struct dns_out *out, const char *data, size_t width)
{
    for (int i = 0; i < 3; i++, width = 1) {
        unsigned value = 0;
        while (*data >= '0' && *data <= '9')
            value = value * 10 + (unsigned)(*data++ - '0');
        data += *data == ' ';
        dns_put(out, value, width);
    }
    for (; data[0] && data[1]; data += 2)
        dns_put(out, dns_hex(data[0]) << 4 | dns_hex(data[1]), 1);
}

static void dns_put_ip6(struct dns_out *out, const char *data)
{
    struct quoth_ip ip = {0, {0}};
    quoth_ip_parse(&ip, data, strlen(data));
    for (int i = 0; i < 16; i++)
        dns_put(out, ip.b[i], 1);
}

static void dns_put_soa(struct dns_out *out)
{
    dns_put_name(out, "ns.test");
    dns_put_name(out, "postmaster." APP_SANDBOX_HELO);
    dns_put(out, 1, 4); /* serial, refresh, retry, expire, negative TTL */
    dns_put(out, 3600, 4);
    dns_put(out, 600, 4);
    dns_put(out, 86400, 4);
    dns_put(out, DNS_TTL, 4);
}

static void dns_put_rr(struct dns_out *out, int section, const struct world_record *record)
{
    char data[2048];
    size_t len;

    world_say(data, sizeof data, record->data);
    dns_put_name(out, record->owner);
    dns_put(out, record->type, 2);
    dns_put(out, 1, 2);
    dns_put(out, DNS_TTL, 4);
    len = out->n;
    dns_put(out, 0, 2);
    switch (record->type) {
    case WORLD_A: dns_put_ip4(out, data); break;
    case WORLD_AAAA: dns_put_ip6(out, data); break;
    case WORLD_MX:
        dns_put(out, record->pref, 2);
        dns_put_name(out, data);
        break;
    case WORLD_PTR:
    case WORLD_CNAME: dns_put_name(out, data); break;
    case WORLD_TXT: dns_put_text(out, data); break;
    case WORLD_DS: dns_put_digest(out, data, 2); break;
    case WORLD_TLSA: dns_put_digest(out, data, 1); break;
    default: dns_put_soa(out); break;
    }
    if (!out->over) {
        size_t n = out->n - len - 2;
        out->p[len] = (uint8_t)(n >> 8);
        out->p[len + 1] = (uint8_t)n;
    }
    out->count[section]++;
}

/* Is `owner` a wildcard right above the name? (RFC 4592) */
static int dns_wild(const char *owner, const char *name)
{
    const char *dot = strchr(name, '.');
    return !strncmp(owner, "*.", 2) && dot && world_same(owner + 2, dot + 1);
}

/* All records of one name and type. Says whether the name exists at all; a name with names below it
 * does. */
static unsigned dns_put_type(struct dns_out *out, const char *name, unsigned type, int section,
                             int *exists)
{
    struct world_record record;
    char made[128];
    unsigned put = 0;
    size_t n = strlen(name);
    for (unsigned i = 0; world_record_at(i, &record, made); i++) {
        size_t on = strlen(record.owner);
        if (on > n && record.owner[on - n - 1] == '.' && world_same(record.owner + on - n, name))
            *exists = 1;
        if (dns_wild(record.owner, name))
            record.owner = name;
        if (!world_same(record.owner, name))
            continue;
        *exists = 1;
        if (record.type != type)
            continue;
        dns_put_rr(out, section, &record);
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

/* The servers' addresses, which depend on where the sandbox is, and their names. */
static unsigned dns_put_places(struct dns_out *out, const char *name, unsigned type, int *exists)
{
    const uint8_t *net = out->set->net;
    char owner[64], host[128];
    for (unsigned i = 0; i < world_servers_n; i++) {
        const struct world_server *server = &world_servers[i];
        snprintf(owner, sizeof owner, "%u.%u.%u.%u.in-addr.arpa", world_place(i), net[2], net[1],
                 net[0]);
        if (!world_same(owner, name))
            continue;
        *exists = 1;
        if (type != WORLD_PTR)
            return 0;
        snprintf(host, sizeof host, "%s%s", server->flags & WORLD_IMPLICIT ? "" : "mx.",
                 server->domain);
        dns_put_rr(out, 0, &(struct world_record) {name, WORLD_PTR, 0, host});
        return 1;
    }
    return 0;
}

static void dns_put_many(struct dns_out *out, const char *name, uint16_t type)
{
    char text[64];
    for (unsigned i = 0; i < DNS_MANY; i++) {
        snprintf(text, sizeof text,
                 type == WORLD_TXT ? "some-verification=%08u" : "spare-exchange-%u.truncated.test",
                 i);
        dns_put_rr(out, 0, &(struct world_record) {name, type, (uint16_t)(100 + i), text});
    }
}

static void dns_put_glue(struct dns_out *out, const char *name)
{
    char host[128];
    int exists;
    for (unsigned i = 0; i < world_servers_n; i++)
        if (world_servers[i].flags & WORLD_GLUE && world_same(world_servers[i].domain, name)) {
            snprintf(host, sizeof host, "mx.%s", world_servers[i].domain);
            dns_put_type(out, host, WORLD_A, 2, &exists);
        }
}

/* Is the name this one, or below it? */
static int dns_below(const char *name, const char *end)
{
    size_t n = strlen(name), en = strlen(end);
    return n >= en && world_same(name + n - en, end) && (n == en || name[n - en - 1] == '.');
}

/* The longest name that owns such a record and that `name` is, or is below. NULL: none. */
static const char *dns_above(const char *name, uint16_t type)
{
    const char *best = NULL;
    for (unsigned i = 0; i < world_records_n; i++) {
        const struct world_record *record = &world_records[i];
        if (record->type == type && dns_below(name, record->owner) &&
            (!best || strlen(record->owner) > strlen(best)))
            best = record->owner;
    }
    return best;
}

static int dns_signed(const char *name) { return !strcmp(name, ".") || dns_above(name, WORLD_DS); }

/* Answer, authority and additional sections. Returns the rcode. */
static uint8_t dns_put_sections(struct dns_out *out, const struct sandbox_question *question)
{
    const char *name = *question->name ? question->name : ".", *to, *zone;
    int exists = 0;
    unsigned put;
    out->open = !dns_signed(name);
    for (int hop = 0;
         question->type != WORLD_CNAME && hop < DNS_HOPS && (to = dns_alias(name)) != NULL; hop++) {
        dns_put_rr(out, 0, &(struct world_record) {name, WORLD_CNAME, 0, to});
        name = to;
        out->open |= !dns_signed(name);
        if (world_same(name, question->name))
            return 0; /* the aliases go round in a circle */
    }
    put = dns_put_type(out, name, question->type, 0, &exists);
    put += dns_put_places(out, name, question->type, &exists);
    if (question->quirk == WORLD_DNS_MANY)
        dns_put_many(out, name, question->type);
    if (put && question->type == WORLD_MX)
        dns_put_glue(out, name);
    zone = dns_above(name, WORLD_SOA);
    if (!put && zone)
        dns_put_rr(out, 1, &(struct world_record) {zone, WORLD_SOA, 0, ""});
    return exists ? 0 : DNS_NXDOMAIN;
}

/* ---- reading ------------------------------------------------------------ */

struct dns_in {
    size_t end; /* of the question */
    int edns, version;
    unsigned udp;
    uint8_t bits; /* DNS_AD, DNS_CD */
};

/* A byte of a name as text: in lower case, and a text ends at no zero. */
static char dns_letter(uint8_t c)
{
    if (!c)
        return '?';
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

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
            text[used++] = dns_letter(p[at]);
    }
    text[used] = 0;
    return at < n ? at + 1 : 0;
}

/* Returns an rcode. */
static uint8_t dns_read(const uint8_t *p, size_t n, struct dns_in *in,
                        struct sandbox_question *question)
{
    memset(in, 0, sizeof *in);
    in->udp = 512;
    in->bits = p[3] & (DNS_AD | DNS_CD);
    if (p[2] & 0x78)
        return DNS_NOTIMP;
    if (p[4] || p[5] != 1 || p[6] || p[7] || p[8] || p[9] || p[10] || p[11] > 1)
        return DNS_FORMERR;
    in->end = dns_read_name(p, n, question->name);
    if (!in->end || n - in->end < 4) {
        in->end = 0;
        return DNS_FORMERR;
    }
    p += in->end;
    n -= in->end + 4;
    question->type = (uint16_t)(p[0] << 8 | p[1]);
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

/* The header, and the OPT behind everything. What is bogus, or asked for with CD, was not
 * validated. */
static void dns_finish(struct dns_out *out, const struct dns_in *in, const uint8_t *bytes,
                       const struct sandbox_question *question)
{
    uint8_t rcode = question->rcode, bits = in->bits;
    if (out->open || bits & DNS_CD || (rcode && rcode != DNS_NXDOMAIN))
        bits &= DNS_CD;
    memcpy(out->p, bytes, DNS_HEADER);
    out->p[2] = (uint8_t)(0x80 | (bytes[2] & 0x79) |
                          (out->over ? 2 : 0));        /* QR, and opcode and RD as they were */
    out->p[3] = (uint8_t)(0x80 | bits | (rcode & 15)); /* RA */
    out->p[4] = 0;
    out->p[5] = in->end > 0;
    for (int i = 0; i < 3; i++) {
        unsigned count = out->count[i] + (i == 2 && in->edns);
        out->p[6 + 2 * i] = (uint8_t)(count >> 8);
        out->p[7 + 2 * i] = (uint8_t)count;
    }
    if (!in->edns)
        return;
    out->cap += DNS_OPT_BYTES + DNS_EDE_BYTES; /* kept free for it */
    dns_put(out, 0, 1);
    dns_put(out, WORLD_OPT, 2);
    dns_put(out, 1232, 2);
    dns_put(out, (unsigned)(rcode >> 4) << 24, 4);
    dns_put(out, question->ede && rcode == DNS_SERVFAIL ? DNS_EDE_BYTES : 0, 2);
    if (!question->ede || rcode != DNS_SERVFAIL)
        return;
    dns_put(out, 15, 2); /* RFC 8914 2 */
    dns_put(out, 2, 2);
    dns_put(out, question->ede, 2);
}

/* What the oddity does to an answer that is otherwise right: an rcode, or 255 for no answer. */
static uint8_t dns_odd(const struct sandbox_question *question, const struct dns_in *in)
{
    if (question->quirk == WORLD_DNS_SERVFAIL ||
        (question->quirk == WORLD_DNS_BOGUS && !(in->bits & DNS_CD)))
        return DNS_SERVFAIL;
    if (question->quirk == WORLD_DNS_REFUSED ||
        !dns_above(*question->name ? question->name : ".", WORLD_SOA))
        return DNS_REFUSED;
    if (question->quirk == WORLD_DNS_NO_EDNS && in->edns)
        return DNS_FORMERR;
    return 255;
}

size_t sandbox_dns_answer(const struct sandbox_set *set, struct sandbox_question *question,
                          const uint8_t *p, size_t n, unsigned *asked, uint8_t *buf, size_t cap)
{
    const int tcp = question->tcp;
    struct dns_in in;
    struct dns_out out = {.p = buf, .set = set, .question = question->name};
    const struct world_oddity *odd;
    size_t limit = cap;
    *question = (struct sandbox_question) {.tcp = tcp};
    if (n < DNS_HEADER || p[2] & 0x80)
        return 0; /* no question at all */
    question->rcode = dns_read(p, n, &in, question);
    odd = world_oddity_of(question->name, question->type);
    if (odd) {
        question->quirk = (enum world_quirk)odd->quirk;
        question->ede = odd->ede;
    }
    if (question->quirk == WORLD_DNS_MUTE ||
        (question->quirk == WORLD_DNS_LOSSY && !tcp && ++*asked % 2))
        return 0;
    if (!tcp && in.udp < cap)
        limit = in.udp;
    out.n = in.end ? in.end : DNS_HEADER;
    memcpy(buf, p, out.n);
    out.cap = limit - (in.edns ? DNS_OPT_BYTES + DNS_EDE_BYTES : 0);
    if (!question->rcode && dns_odd(question, &in) != 255) {
        question->rcode = dns_odd(question, &in);
        if (question->quirk == WORLD_DNS_NO_EDNS)
            in.edns = 0;
    } else if (!question->rcode) {
        question->rcode = dns_put_sections(&out, question);
    }
    if (!tcp && question->quirk == WORLD_DNS_TCP)
        out.over = 1;
    if (out.over) {
        out.n = in.end;
        memset(out.count, 0, sizeof out.count);
    }
    dns_finish(&out, &in, p, question);
    if (question->quirk == WORLD_DNS_MALFORMED)
        out.n -= in.edns ? DNS_OPT_BYTES + 3 : 3;
    return out.n;
}
