/* dns.c - DNS messages: writes the question, reads the answer (RFC 1035 4.1, 3597, 6891).
 *
 *   quoth_dns_open    header, question and every record are checked once: then the message
 *                     is whole, and what follows can only be left unread, not fail
 *   quoth_dns_next    record after record; each says where it ends, whatever is in it
 *   quoth_dns_name    the one place that follows compression pointers
 *
 * A peer wrote every byte read here. Nothing is sized from a count; a pointer goes strictly
 * backwards, so it ends; records and label bytes have a budget, and a message that exceeds
 * it reads as ended with msg->left not all 0.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum {
    DNS_HEAD = 12,
    DNS_IN = 1,
    DNS_EDE = 15
}; /* length of a header; class Internet; an option */
enum { DNS_FORMERR = 1, DNS_SERVFAIL = 2, DNS_NOTIMP = 4, DNS_REFUSED = 5 };

static uint8_t *dns_put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}

int quoth_dns_query(uint8_t *buf, size_t cap, uint16_t id, const struct quoth_name *name,
                    uint16_t type, uint16_t udp)
{
    size_t n = DNS_HEAD + name->n + 4u + (udp ? 11u : 0u);
    uint8_t *p = buf + DNS_HEAD + name->n;

    if (n > cap)
        return QUOTH_ESPACE;
    memset(buf, 0, n);
    dns_put16(buf, id);
    buf[2] = 1; /* RD */
    buf[5] = 1; /* one question */
    memcpy(buf + DNS_HEAD, name->b, name->n);
    p = dns_put16(p, type);
    p = dns_put16(p, DNS_IN);
    if (udp) {
        buf[11] = 1; /* OPT: root, type, size; version, flags and options are 0 */
        p = dns_put16(p + 1, QUOTH_DNS_OPT);
        dns_put16(p, udp);
    }
    return (int)n;
}

/* Expand the name at `from`, into `out` unless that is NULL. */
static int dns_expand(struct quoth_dns *msg, size_t from, struct quoth_name *out)
{
    size_t at = from, start = from; /* start of what is being read: pointers go below it */
    size_t end = 0, n = 0;          /* end: behind the first pointer; n: octets so far */
    unsigned len, jumps = 0;

    do {
        if (at >= msg->n)
            return QUOTH_EPROTO;
        len = msg->p[at];
        msg->work++;
        if (len >= 0xc0) {
            if (at + 1 >= msg->n || ++jumps > QUOTH_JUMPS_MAX)
                return QUOTH_EPROTO;
            size_t to = (len & 0x3fu) << 8 | msg->p[at + 1];
            if (to >= start || to < DNS_HEAD)
                return QUOTH_EPROTO;
            if (jumps == 1)
                end = at + 2;
            start = at = to;
            continue;
        }
        size_t next = at + 1 + len;
        if (len > 63 || next > msg->n)
            return QUOTH_EPROTO;
        for (; at < next; at++, n++) {
            if (n == sizeof out->b)
                return QUOTH_EPROTO;
            if (out) /* the length is copied as well: it is no capital letter */
                out->b[n] = quoth_lower(msg->p[at]);
        }
        msg->work += len;
    } while (len);
    if (out)
        out->n = (uint8_t)n;
    return (int)((jumps ? end : at) - from);
}

int quoth_dns_name(struct quoth_dns *msg, size_t at, struct quoth_name *out)
{
    uint32_t work = msg->work;
    int took = dns_expand(msg, at, out);

    msg->work = work; /* these bytes were counted with their record */
    return took;
}

/* One row a record type: so many octets, and what comes then. How data is checked here, and how
 * answer.c copies it, follows from the row. */
static const struct quoth_dns_shape dns_shapes[] = {
    {QUOTH_DNS_A, 4, 0},
    {QUOTH_DNS_NS, 0, 1},
    {QUOTH_DNS_CNAME, 0, 1},
    {QUOTH_DNS_SOA, 0, 2 | QUOTH_DNS_TWENTY},
    {QUOTH_DNS_PTR, 0, 1},
    {QUOTH_DNS_MX, 2, 1},
    {QUOTH_DNS_TXT, 0, QUOTH_DNS_STRINGS},
    {QUOTH_DNS_AAAA, 16, 0},
    {QUOTH_DNS_OPT, 0, QUOTH_DNS_OPTIONS},
    {QUOTH_DNS_DS, 5, QUOTH_DNS_ANY}, /* a digest has one octet at least (RFC 4034 5.1) */
    {QUOTH_DNS_TLSA, 3, QUOTH_DNS_ANY},
};

const struct quoth_dns_shape *quoth_dns_shape(uint16_t type)
{
    for (size_t i = 0; i < sizeof dns_shapes / sizeof dns_shapes[0]; i++)
        if (dns_shapes[i].type == type)
            return &dns_shapes[i];
    return NULL;
}

/* Whole options (RFC 6891 6.1.2). The first Extended DNS Error is noted as 1 + its code; the last
 * code of all, for private use, as the one before it. */
static void dns_options(struct quoth_dns *msg, struct quoth_cursor *cursor)
{
    while (quoth_cursor_left(cursor) != 0) {
        unsigned code = quoth_cursor_u16(cursor);
        size_t n = quoth_cursor_u16(cursor), at = cursor->at;
        quoth_cursor_take(cursor, n);
        struct quoth_cursor data = {cursor->p, cursor->at, at, 0};
        if (code != DNS_EDE || cursor->over || n < 2 || msg->ede)
            continue;
        code = quoth_cursor_u16(&data);
        msg->ede = (uint16_t)(code < 0xffff ? code + 1 : code);
    }
}

/* Whole character strings, and one at least (RFC 1035 3.3.14). */
static void dns_strings(struct quoth_cursor *cursor)
{
    do {
        quoth_cursor_take(cursor, quoth_cursor_u8(cursor));
    } while (quoth_cursor_left(cursor) != 0);
}

/* The record's data, from `at` to `end`: is it what the type promises, no less and no more? */
static int dns_data(struct quoth_dns *msg, struct quoth_rr *rr, size_t at, size_t end)
{
    const struct quoth_dns_shape *shape = quoth_dns_shape(rr->type);
    struct quoth_cursor cursor = {msg->p, end, at, 0}, head = cursor;

    rr->target = at;
    if (!shape)
        return 0;
    quoth_cursor_take(&cursor, shape->head);
    rr->target = cursor.at;
    for (unsigned i = shape->then & QUOTH_DNS_NAMES; i != 0; i--) {
        int took = dns_expand(msg, cursor.at, NULL);
        if (took < 0)
            return 0;
        quoth_cursor_take(&cursor, (size_t)took);
    }
    switch (shape->then & ~QUOTH_DNS_NAMES) {
    case QUOTH_DNS_ANY: cursor.at = cursor.n; break;
    case QUOTH_DNS_STRINGS: dns_strings(&cursor); break;
    case QUOTH_DNS_OPTIONS: dns_options(msg, &cursor); break;
    case QUOTH_DNS_TWENTY: /* the last number is the negative TTL (RFC 2308 3) */
        quoth_cursor_take(&cursor, 16);
        rr->minimum = quoth_cursor_u32(&cursor);
        break;
    }
    if (cursor.over || quoth_cursor_left(&cursor) != 0)
        return 0;
    if (shape->head == 2)
        rr->pref = quoth_cursor_u16(&head);
    if (!shape->then) { /* nothing but a few octets: an address */
        rr->ip.len = shape->head;
        for (unsigned i = 0; i < shape->head; i++)
            rr->ip.b[i] = quoth_cursor_u8(&head);
    }
    return 1;
}

int quoth_dns_next(struct quoth_dns *msg, struct quoth_rr *rr)
{
    struct quoth_cursor cursor = {msg->p, msg->n, msg->at, 0};
    size_t n, at;
    int took;

    memset(rr, 0, sizeof *rr);
    while (rr->section < 3 && msg->left[rr->section] == 0)
        rr->section++;
    if (rr->section == 3 || msg->walked >= QUOTH_RECORDS_MAX || msg->work >= QUOTH_LABEL_WORK_MAX)
        return 0;
    took = dns_expand(msg, msg->at, &rr->owner);
    if (took < 0)
        return took;
    quoth_cursor_take(&cursor, (size_t)took);
    rr->type = quoth_cursor_u16(&cursor);
    rr->cls = quoth_cursor_u16(&cursor);
    rr->ttl = quoth_cursor_u32(&cursor);
    n = quoth_cursor_u16(&cursor);
    at = cursor.at;
    quoth_cursor_take(&cursor, n);
    if (cursor.over)
        return QUOTH_EPROTO;
    if (rr->ttl >> 31 && rr->type != QUOTH_DNS_OPT)
        rr->ttl = 0;
    rr->usable = (uint8_t)dns_data(msg, rr, at, cursor.at);
    msg->left[rr->section]--;
    msg->walked++;
    msg->at = cursor.at;
    return 1;
}

/* Walk all records once, and take what the OPT adds to the header (RFC 6891 6.1). */
static int dns_check(struct quoth_dns msg, struct quoth_dns *head)
{
    struct quoth_rr rr;
    int rc;

    while ((rc = quoth_dns_next(&msg, &rr)) == 1) {
        if (rr.type != QUOTH_DNS_OPT)
            continue;
        if (rr.section != 2 || rr.owner.n != 1 || !rr.usable || head->opt)
            return QUOTH_EPROTO;
        head->opt = 1;
        head->ede = msg.ede;
        head->rcode |= (uint16_t)(rr.ttl >> 24 << 4);
    }
    return rc;
}

/* Does the message at p, with one question, ask for (name, type)? The first name of a message
 * cannot be compressed, and no length octet is a capital letter. */
static int dns_asks(const uint8_t *p, size_t n, const struct quoth_name *name, uint16_t type)
{
    struct quoth_cursor cursor = {p, n, DNS_HEAD + (size_t)name->n, 0};

    if (n < DNS_HEAD + name->n + 4u)
        return 0;
    for (size_t i = 0; i < name->n; i++)
        if (quoth_lower(p[DNS_HEAD + i]) != name->b[i])
            return 0;
    return quoth_cursor_u16(&cursor) == type && quoth_cursor_u16(&cursor) == DNS_IN;
}

/* The answers that may come without the question (some servers fail that early). */
static int dns_bare(unsigned rcode)
{
    return rcode == DNS_FORMERR || rcode == DNS_SERVFAIL || rcode == DNS_NOTIMP ||
           rcode == DNS_REFUSED;
}

int quoth_dns_open(struct quoth_dns *msg, const uint8_t *p, size_t n, uint16_t id,
                   const struct quoth_name *name, uint16_t type)
{
    struct quoth_cursor cursor = {p, n, 0, 0};
    unsigned flags, questions;

    memset(msg, 0, sizeof *msg);
    msg->p = p;
    msg->n = n;
    msg->id = quoth_cursor_u16(&cursor);
    flags = quoth_cursor_u16(&cursor);
    questions = quoth_cursor_u16(&cursor);
    for (int i = 0; i < 3; i++)
        msg->left[i] = quoth_cursor_u16(&cursor);
    msg->aa = flags >> 10 & 1;
    msg->tc = flags >> 9 & 1;
    msg->ra = flags >> 7 & 1;
    msg->ad = flags >> 5 & 1;
    msg->rcode = flags & 15;
    if (cursor.over || msg->id != id || (flags & 0xf800) != 0x8000)
        return QUOTH_EINVAL; /* QR, opcode QUERY */
    if (questions == 0 && dns_bare(msg->rcode)) {
        memset(msg->left, 0, sizeof msg->left);
        msg->at = n;
        return QUOTH_OK;
    }
    if (questions != 1 || !dns_asks(p, n, name, type))
        return QUOTH_EINVAL;
    msg->at = DNS_HEAD + name->n + 4u;
    return msg->tc ? QUOTH_OK : dns_check(*msg, msg); /* what was cut off is not read */
}
