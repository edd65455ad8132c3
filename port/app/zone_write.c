/* zone_write.c - what name servers said, as rows and as a master file.
 *
 *   question, answer --> its records, alias by alias; or that there are none --> rows --> lines
 *
 * A line that is read again (zone_read.c) is the same row. Whatever a stranger put into a record
 * leaves escaped: a control character of his would end in a terminal.
 *
 * SPDX-License-Identifier: MIT */
#include "zone.h"
#include <string.h>

enum { ZONE_NXDOMAIN = 3, ZONE_REFUSED = 5 };

/* ---- answers to rows ---------------------------------------------------- */

struct zone_heard {
    struct app_zone *z;
    struct quoth_name asked, wild; /* where the one is owner, the other is written */
    uint8_t ad, cd;
};

static int heard_add(const struct zone_heard *h, const struct quoth_name *owner,
                     struct app_zone_row row, const void *data)
{
    const int made_up =
        h->wild.n && owner->n == h->asked.n && !memcmp(owner->b, h->asked.b, owner->n);

    row.ad = h->ad;
    row.cd = h->cd;
    return app_zone_add(h->z, made_up ? &h->wild : owner, &row, data);
}

/* Two names, and five numbers. */
static size_t heard_soa(struct quoth_dns *m, const struct quoth_rr *rr, uint8_t out[65535])
{
    struct quoth_name name;
    size_t at = rr->target, n = 0;

    for (int i = 0; i < 2; i++) {
        const int took = quoth_dns_name(m, at, &name);
        if (took < 0)
            return 0;
        memcpy(out + n, name.b, name.n);
        n += name.n;
        at += (size_t)took;
    }
    memcpy(out + n, m->p + at, 20);
    return n + 20;
}

/* A record's data, its names in full and in lower case. Its length; 0: it is not kept. */
static size_t heard_data(struct quoth_dns *m, const struct quoth_rr *rr, uint8_t out[65535])
{
    struct quoth_name name;
    size_t head = 0, from = rr->target;

    switch (rr->type) {
    case QUOTH_DNS_MX: head = 2; break;
    case QUOTH_DNS_CNAME:
    case QUOTH_DNS_NS:
    case QUOTH_DNS_PTR: break;
    case QUOTH_DNS_A:
    case QUOTH_DNS_AAAA: memcpy(out, rr->ip.b, rr->ip.len); return rr->ip.len;
    case QUOTH_DNS_SOA: return heard_soa(m, rr, out);
    case QUOTH_DNS_TXT:
    case QUOTH_DNS_DS:
    case QUOTH_DNS_TLSA: /* the target is behind the numbers that each begins with */
        from -= rr->type == QUOTH_DNS_DS ? 5 : rr->type == QUOTH_DNS_TLSA ? 3 : 0;
        memcpy(out, m->p + from, m->at - from);
        return m->at - from;
    default: return 0;
    }
    if (quoth_dns_name(m, rr->target, &name) < 0)
        return 0;
    if (head) {
        out[0] = (uint8_t)(rr->pref >> 8);
        out[1] = (uint8_t)rr->pref;
    }
    memcpy(out + head, name.b, name.n);
    return head + name.n;
}

/* All records of `owner` and that type; *found: how many. */
static int heard_set(const struct zone_heard *h, struct quoth_dns m, const struct quoth_name *owner,
                     uint16_t type, unsigned *found)
{
    static uint8_t data[65535];
    struct quoth_rr rr;
    int rc = QUOTH_OK;

    *found = 0;
    while (rc == QUOTH_OK && quoth_dns_next(&m, &rr) == 1) {
        const size_t n = rr.section == 0 && rr.usable && rr.cls == 1 && rr.type == type &&
                                 rr.owner.n == owner->n && !memcmp(rr.owner.b, owner->b, owner->n)
                             ? heard_data(&m, &rr, data)
                             : 0;
        if (!n)
            continue;
        ++*found;
        rc = heard_add(
            h, owner,
            (struct app_zone_row) {
                .ttl = rr.ttl, .type = type, .n = (uint16_t)n, .answer = QUOTH_ANSWER_DATA},
            data);
    }
    return rc;
}

/* Where an alias of `owner` leads. 1, or 0: it has none. */
static int heard_alias(struct quoth_dns m, struct quoth_name *owner)
{
    struct quoth_rr rr;

    while (quoth_dns_next(&m, &rr) == 1)
        if (rr.section == 0 && rr.usable && rr.type == QUOTH_DNS_CNAME && rr.owner.n == owner->n &&
            !memcmp(rr.owner.b, owner->b, owner->n))
            return quoth_dns_name(&m, rr.target, owner) > 0;
    return 0;
}

static int heard_has_soa(struct quoth_dns m)
{
    struct quoth_rr rr;

    while (quoth_dns_next(&m, &rr) == 1)
        if (rr.type == QUOTH_DNS_SOA)
            return 1;
    return 0;
}

static int heard_none(const struct zone_heard *h, const struct quoth_name *owner, uint16_t type,
                      enum quoth_answer answer)
{
    return heard_add(h, owner, (struct app_zone_row) {.type = type, .answer = (uint8_t)answer},
                     NULL);
}

static int heard_chain(const struct zone_heard *h, const struct quoth_dns *m, uint16_t type)
{
    struct quoth_name owner = h->asked;
    unsigned found = 0, aliases;
    int rc = QUOTH_OK, hops;

    for (hops = 0; hops <= QUOTH_CNAMES_MAX; hops++) {
        struct quoth_name next = owner;
        rc = heard_set(h, *m, &owner, type, &found);
        if (rc || found || !heard_alias(*m, &next))
            break;
        rc = heard_set(h, *m, &owner, QUOTH_DNS_CNAME, &aliases);
        if (rc)
            break;
        owner = next;
    }
    if (rc || found)
        return rc;
    if (m->rcode == ZONE_NXDOMAIN)
        return heard_none(h, &owner, type, QUOTH_ANSWER_NXDOMAIN);
    if (hops && !heard_has_soa(*m))
        return QUOTH_OK; /* of the target another question will be asked */
    return heard_none(h, &owner, type, QUOTH_ANSWER_NODATA);
}

int app_zone_heard(struct app_zone *z, const struct quoth_question *question, const uint8_t *p,
                   size_t n, unsigned how)
{
    const struct quoth_name *name = question->name;
    const uint16_t id = (uint16_t)(n > 1 ? p[0] << 8 | p[1] : 0);
    struct zone_heard h = {.z = z, .asked = *name};
    struct quoth_dns m;
    int rc;

    if (quoth_dns_open(&m, p, n, id, name, question->type) != QUOTH_OK)
        return QUOTH_ANSWER_MALFORMED;
    if (m.tc)
        return QUOTH_ANSWER_TRUNCATED;
    if (m.rcode && m.rcode != ZONE_NXDOMAIN)
        return m.rcode == ZONE_REFUSED ? QUOTH_ANSWER_REFUSED : QUOTH_ANSWER_SERVFAIL;
    if (how & APP_ZONE_MADE_UP && name->b[0]) {
        const size_t label = name->b[0] + 1u;
        h.wild.n = (uint8_t)(2 + name->n - label);
        memcpy(h.wild.b, "\1*", 2);
        memcpy(h.wild.b + 2, name->b + label, name->n - label);
    }
    h.ad = m.ad;
    h.cd = (how & APP_ZONE_UNCHECKED) != 0;
    rc = heard_chain(&h, &m, question->type);
    return rc == QUOTH_OK ? QUOTH_ANSWER_DATA : rc;
}

/* ---- rows to lines ------------------------------------------------------ */

/* A byte of a name or a string; `special`: what a backslash stands before as well. */
static void print_byte(FILE *f, uint8_t byte, const char *special)
{
    if (byte <= ' ' || byte >= 0x7f)
        fprintf(f, byte == ' ' && *special == '"' ? " " : "\\%03u", byte);
    else
        fprintf(f, strchr(special, byte) ? "\\%c" : "%c", byte);
}

/* Its length as it stands in p, of n bytes. */
static size_t print_name(FILE *f, const uint8_t *p, size_t n)
{
    size_t at = 0;

    if (n && !p[0])
        putc('.', f);
    while (at < n && p[at]) {
        const size_t end = at + 1 + p[at];
        for (at++; at < end && at < n; at++)
            print_byte(f, p[at], ".\\;()\"@$");
        putc('.', f);
    }
    return at + 1;
}

static void print_strings(FILE *f, const uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        const size_t end = at + 1 + p[at];
        fputs(at ? " \"" : "\"", f);
        for (at++; at < end && at < n; at++)
            print_byte(f, p[at], "\"\\");
        putc('"', f);
    }
}

static void print_numbers(FILE *f, const uint8_t *p, size_t n, size_t first)
{
    if (first == 2)
        fprintf(f, "%u", (unsigned)p[0] << 8 | p[1]);
    for (size_t at = first == 2 ? 2 : 0; at < n; at++)
        fprintf(f, at ? " %u" : "%u", p[at]);
    putc(' ', f);
}

/* Two names and five numbers (RFC 1035 3.3.13). */
static void print_soa(FILE *f, const uint8_t *p, size_t n)
{
    size_t at = print_name(f, p, n);

    putc(' ', f);
    at += print_name(f, p + at, n - at);
    for (; at + 4 <= n; at += 4)
        fprintf(f, " %lu",
                (unsigned long)p[at] << 24 | (unsigned long)p[at + 1] << 16 |
                    (unsigned long)p[at + 2] << 8 | p[at + 3]);
}

static void print_data(FILE *f, uint16_t type, const uint8_t *p, size_t n)
{
    struct quoth_ip ip = {.len = (uint8_t)n};
    char text[46];

    switch (type) {
    case QUOTH_DNS_A:
    case QUOTH_DNS_AAAA:
        memcpy(ip.b, p, n);
        quoth_ip_text(&ip, text, sizeof text);
        fputs(text, f);
        break;
    case QUOTH_DNS_MX:
        print_numbers(f, p, 2, 2);
        print_name(f, p + 2, n - 2);
        break;
    case QUOTH_DNS_TXT: print_strings(f, p, n); break;
    case QUOTH_DNS_SOA: print_soa(f, p, n); break;
    case QUOTH_DNS_DS:
    case QUOTH_DNS_TLSA:
        print_numbers(f, p, type == QUOTH_DNS_DS ? 4 : 3, type == QUOTH_DNS_DS ? 2 : 1);
        for (size_t at = type == QUOTH_DNS_DS ? 4 : 3; at < n; at++)
            fprintf(f, "%02x", p[at]);
        break;
    default: print_name(f, p, n); break;
    }
}

/* ;= NAME TYPE ANSWER [ad] [cd] [ede N] */
static void print_mark(FILE *f, const struct app_zone *z, const struct app_zone_row *row)
{
    fputs(";= ", f);
    print_name(f, z->bytes + row->owner, row->owner_n);
    fprintf(f, " %s %s%s%s", app_zone_type_name(row->type),
            quoth_answer_name((enum quoth_answer)row->answer), row->ad ? " ad" : "",
            row->cd ? " cd" : "");
    if (row->ede)
        fprintf(f, " ede %u", row->ede - 1u);
    putc('\n', f);
}

void app_zone_print(FILE *f, const struct app_zone *z, const struct app_zone_row *row)
{
    const char *type = app_zone_type_name(row->type);

    if (!type)
        return; /* nothing that is asked about */
    if (row->answer == QUOTH_ANSWER_DATA) {
        print_name(f, z->bytes + row->owner, row->owner_n);
        fprintf(f, " %u IN %s ", row->ttl, type);
        print_data(f, row->type, z->bytes + row->data, row->n);
        putc('\n', f);
    }
    if (row->answer != QUOTH_ANSWER_DATA || row->ad || row->cd)
        print_mark(f, z, row);
}
