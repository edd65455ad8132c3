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

static int heard_add(const struct zone_heard *heard, const struct quoth_name *owner,
                     struct app_zone_row row, const void *data)
{
    const int made_up =
        heard->wild.n && owner->n == heard->asked.n && !memcmp(owner->b, heard->asked.b, owner->n);

    row.ad = heard->ad;
    row.cd = heard->cd;
    return app_zone_add(heard->z, made_up ? &heard->wild : owner, &row, data);
}

/* Two names, and five numbers. */
static size_t heard_soa(struct quoth_dns *message, const struct quoth_rr *rr, uint8_t out[65535])
{
    struct quoth_name name;
    size_t at = rr->target, n = 0;

    for (int i = 0; i < 2; i++) {
        const int took = quoth_dns_name(message, at, &name);
        if (took < 0)
            return 0;
        memcpy(out + n, name.b, name.n);
        n += name.n;
        at += (size_t)took;
    }
    memcpy(out + n, message->p + at, 20);
    return n + 20;
}

/* From the numbers on that stand before its target, if any do, to its end. */
static size_t heard_rest(const struct quoth_dns *message, const struct quoth_rr *rr, uint8_t *out)
{
    size_t from = rr->target;

    if (rr->type == QUOTH_DNS_DS)
        from -= 5;
    else if (rr->type == QUOTH_DNS_TLSA)
        from -= 3;
    memcpy(out, message->p + from, message->at - from);
    return message->at - from;
}

/* A record's data, its names in full and in lower case. Its length; 0: it is not kept. */
static size_t heard_data(struct quoth_dns *message, const struct quoth_rr *rr, uint8_t out[65535])
{
    struct quoth_name name;
    size_t head = 0;

    switch (rr->type) {
    case QUOTH_DNS_MX: head = 2; break;
    case QUOTH_DNS_CNAME:
    case QUOTH_DNS_NS:
    case QUOTH_DNS_PTR: break;
    case QUOTH_DNS_A:
    case QUOTH_DNS_AAAA: memcpy(out, rr->ip.b, rr->ip.len); return rr->ip.len;
    case QUOTH_DNS_SOA: return heard_soa(message, rr, out);
    case QUOTH_DNS_TXT:
    case QUOTH_DNS_DS:
    case QUOTH_DNS_TLSA: return heard_rest(message, rr, out);
    default: return 0;
    }
    if (quoth_dns_name(message, rr->target, &name) < 0)
        return 0;
    if (head) {
        out[0] = (uint8_t)(rr->pref >> 8);
        out[1] = (uint8_t)rr->pref;
    }
    memcpy(out + head, name.b, name.n);
    return head + name.n;
}

/* All records of `owner` and that type; *found: how many. */
static int heard_set(const struct zone_heard *heard, struct quoth_dns message,
                     const struct quoth_name *owner, uint16_t type, unsigned *found)
{
    static uint8_t data[65535];
    struct quoth_rr rr;
    int rc = QUOTH_OK;

    *found = 0;
    while (rc == QUOTH_OK && quoth_dns_next(&message, &rr) == 1) {
        const size_t n = rr.section == 0 && rr.usable && rr.cls == 1 && rr.type == type &&
                                 rr.owner.n == owner->n && !memcmp(rr.owner.b, owner->b, owner->n)
                             ? heard_data(&message, &rr, data)
                             : 0;
        if (!n)
            continue;
        ++*found;
        rc = heard_add(
            heard, owner,
            (struct app_zone_row) {
                .ttl = rr.ttl, .type = type, .n = (uint16_t)n, .answer = QUOTH_ANSWER_DATA},
            data);
    }
    return rc;
}

/* Where an alias of `owner` leads. 1, or 0: it has none. */
static int heard_alias(struct quoth_dns message, struct quoth_name *owner)
{
    struct quoth_rr rr;

    while (quoth_dns_next(&message, &rr) == 1)
        if (rr.section == 0 && rr.usable && rr.type == QUOTH_DNS_CNAME && rr.owner.n == owner->n &&
            !memcmp(rr.owner.b, owner->b, owner->n))
            return quoth_dns_name(&message, rr.target, owner) > 0;
    return 0;
}

static int heard_has_soa(struct quoth_dns message)
{
    struct quoth_rr rr;

    while (quoth_dns_next(&message, &rr) == 1)
        if (rr.type == QUOTH_DNS_SOA)
            return 1;
    return 0;
}

static int heard_none(const struct zone_heard *heard, const struct quoth_name *owner, uint16_t type,
                      enum quoth_answer answer)
{
    return heard_add(heard, owner, (struct app_zone_row) {.type = type, .answer = (uint8_t)answer},
                     NULL);
}

static int heard_chain(const struct zone_heard *heard, const struct quoth_dns *message,
                       uint16_t type)
{
    struct quoth_name owner = heard->asked;
    unsigned found = 0, aliases;
    int rc = QUOTH_OK, hops;

    for (hops = 0; hops <= QUOTH_CNAMES_MAX; hops++) {
        struct quoth_name next = owner;
        rc = heard_set(heard, *message, &owner, type, &found);
        if (rc || found || !heard_alias(*message, &next))
            break;
        rc = heard_set(heard, *message, &owner, QUOTH_DNS_CNAME, &aliases);
        if (rc)
            break;
        owner = next;
    }
    if (rc || found)
        return rc;
    if (message->rcode == ZONE_NXDOMAIN)
        return heard_none(heard, &owner, type, QUOTH_ANSWER_NXDOMAIN);
    if (hops && !heard_has_soa(*message))
        return QUOTH_OK; /* of the target another question will be asked */
    return heard_none(heard, &owner, type, QUOTH_ANSWER_NODATA);
}

int app_zone_heard(struct app_zone *zone, const struct quoth_question *question, const uint8_t *p,
                   size_t n, unsigned how)
{
    const struct quoth_name *name = question->name;
    const uint16_t id = (uint16_t)(n > 1 ? p[0] << 8 | p[1] : 0);
    struct zone_heard heard = {.z = zone, .asked = *name};
    struct quoth_dns message;
    int rc;

    if (quoth_dns_open(&message, p, n, id, name, question->type) != QUOTH_OK)
        return QUOTH_ANSWER_MALFORMED;
    if (message.tc)
        return QUOTH_ANSWER_TRUNCATED;
    if (message.rcode && message.rcode != ZONE_NXDOMAIN)
        return message.rcode == ZONE_REFUSED ? QUOTH_ANSWER_REFUSED : QUOTH_ANSWER_SERVFAIL;
    if (how & APP_ZONE_MADE_UP && name->b[0]) {
        const size_t label = name->b[0] + 1u;
        heard.wild.n = (uint8_t)(2 + name->n - label);
        memcpy(heard.wild.b, "\1*", 2);
        memcpy(heard.wild.b + 2, name->b + label, name->n - label);
    }
    heard.ad = message.ad;
    heard.cd = (how & APP_ZONE_UNCHECKED) != 0;
    rc = heard_chain(&heard, &message, question->type);
    return rc == QUOTH_OK ? QUOTH_ANSWER_DATA : rc;
}

/* ---- rows to lines ------------------------------------------------------ */

/* A byte of a name or a string; `special`: what a backslash stands before as well. */
static void print_byte(FILE *file, uint8_t byte, const char *special)
{
    if (byte <= ' ' || byte >= 0x7f)
        fprintf(file, byte == ' ' && *special == '"' ? " " : "\\%03u", byte);
    else
        fprintf(file, strchr(special, byte) ? "\\%c" : "%c", byte);
}

/* Its length as it stands in p, of n bytes. */
static size_t print_name(FILE *file, const uint8_t *p, size_t n)
{
    size_t at = 0;

    if (n && !p[0])
        putc('.', file);
    while (at < n && p[at]) {
        const size_t end = at + 1 + p[at];
        for (at++; at < end && at < n; at++)
            print_byte(file, p[at], ".\\;()\"@$");
        putc('.', file);
    }
    return at + 1;
}

static void print_strings(FILE *file, const uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        const size_t end = at + 1 + p[at];
        fputs(at ? " \"" : "\"", file);
        for (at++; at < end && at < n; at++)
            print_byte(file, p[at], "\"\\");
        putc('"', file);
    }
}

static void print_numbers(FILE *file, const uint8_t *p, size_t n, size_t first)
{
    if (first == 2)
        fprintf(file, "%u", (unsigned)p[0] << 8 | p[1]);
    for (size_t at = first == 2 ? 2 : 0; at < n; at++)
        fprintf(file, at ? " %u" : "%u", p[at]);
    putc(' ', file);
}

/* Two names and five numbers (RFC 1035 3.3.13). */
static void print_soa(FILE *file, const uint8_t *p, size_t n)
{
    size_t at = print_name(file, p, n);

    putc(' ', file);
    at += print_name(file, p + at, n - at);
    for (; at + 4 <= n; at += 4)
        fprintf(file, " %lu",
                (unsigned long)p[at] << 24 | (unsigned long)p[at + 1] << 16 |
                    (unsigned long)p[at + 2] << 8 | p[at + 3]);
}

static void print_data(FILE *file, uint16_t type, const uint8_t *p, size_t n)
{
    struct quoth_ip ip = {.len = (uint8_t)n};
    char text[46];

    switch (type) {
    case QUOTH_DNS_A:
    case QUOTH_DNS_AAAA:
        memcpy(ip.b, p, n);
        quoth_ip_text(&ip, text, sizeof text);
        fputs(text, file);
        break;
    case QUOTH_DNS_MX:
        print_numbers(file, p, 2, 2);
        print_name(file, p + 2, n - 2);
        break;
    case QUOTH_DNS_TXT: print_strings(file, p, n); break;
    case QUOTH_DNS_SOA: print_soa(file, p, n); break;
    case QUOTH_DNS_DS:
    case QUOTH_DNS_TLSA:
        print_numbers(file, p, type == QUOTH_DNS_DS ? 4 : 3, type == QUOTH_DNS_DS ? 2 : 1);
        for (size_t at = type == QUOTH_DNS_DS ? 4 : 3; at < n; at++)
            fprintf(file, "%02x", p[at]);
        break;
    default: print_name(file, p, n); break;
    }
}

/* ;= NAME TYPE ANSWER [ad] [cd] [ede N] */
static void print_mark(FILE *file, const struct app_zone *zone, const struct app_zone_row *row)
{
    fputs(";= ", file);
    print_name(file, zone->bytes + row->owner, row->owner_n);
    fprintf(file, " %s %s%s%s", app_zone_type_name(row->type),
            quoth_answer_name((enum quoth_answer)row->answer), row->ad ? " ad" : "",
            row->cd ? " cd" : "");
    if (row->ede)
        fprintf(file, " ede %u", row->ede - 1u);
    putc('\n', file);
}

void app_zone_print(FILE *file, const struct app_zone *zone, const struct app_zone_row *row)
{
    const char *type = app_zone_type_name(row->type);

    if (!type)
        return; /* nothing that is asked about */
    if (row->answer == QUOTH_ANSWER_DATA) {
        print_name(file, zone->bytes + row->owner, row->owner_n);
        fprintf(file, " %u IN %s ", row->ttl, type);
        print_data(file, row->type, zone->bytes + row->data, row->n);
        putc('\n', file);
    }
    if (row->answer != QUOTH_ANSWER_DATA || row->ad || row->cd)
        print_mark(file, zone, row);
}
