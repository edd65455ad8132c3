/* zone.c - rows of the DNS: what they say to a question, as the message a name server would send.
 *
 *   question --> app_zone_find: the name's own rows; a wildcard above; the SOA's zone --> row
 *                     ^                                                               |
 *                     +-------------------- an alias: its target <--------------------+
 *                                                                                     |
 *                                     message: header, question, records  <-----------+
 *
 * SPDX-License-Identifier: MIT */
#include "zone.h"
#include <stdlib.h>
#include <string.h>

enum { ZONE_HEADER = 12, ZONE_HOPS = 8 };
enum {
    ZONE_QR = 0x80,
    ZONE_TC = 2,
    ZONE_RA = 0x80,
    ZONE_AD = 0x20,
    ZONE_CD = 0x10
};                                                               /* of its bytes 2 and 3 */
enum { ZONE_NXDOMAIN = 3, ZONE_SERVFAIL = 2, ZONE_REFUSED = 5 }; /* RFC 1035 4.1.1 */

/* ---- rows --------------------------------------------------------------- */

void app_zone_free(struct app_zone *zone)
{
    free(zone->row);
    free(zone->bytes);
    memset(zone, 0, sizeof *zone);
}

static int zone_is(const struct app_zone *zone, const struct app_zone_row *row,
                   const uint8_t *owner, size_t n)
{
    return row->owner_n == n && !memcmp(zone->bytes + row->owner, owner, n);
}

/* Room for `more` of them, each of `size` bytes. */
static void *zone_room(void *old, uint32_t used, uint32_t *cap, size_t more, size_t size)
{
    size_t want = *cap ? *cap : 64;
    void *p;

    if (used + more <= *cap)
        return old;
    while (want < used + more)
        want *= 2;
    if (want > UINT32_MAX / 2)
        return NULL;
    p = realloc(old, want * size);
    if (p)
        *cap = (uint32_t)want;
    return p;
}

static int zone_same(const struct app_zone *zone, const struct app_zone_row *row,
                     const struct quoth_name *owner, const struct app_zone_row *like,
                     const void *data)
{
    return row->type == like->type && row->n == like->n && row->answer == like->answer &&
           row->cd == like->cd && zone_is(zone, row, owner->b, owner->n) &&
           (!like->n || !memcmp(zone->bytes + row->data, data, like->n));
}

int app_zone_add(struct app_zone *zone, const struct quoth_name *owner,
                 const struct app_zone_row *like, const void *data)
{
    struct app_zone_row *row;
    uint8_t *bytes;

    for (uint32_t i = 0; i < zone->rows && !like->line; i++) /* of what was heard, each once */
        if (zone_same(zone, &zone->row[i], owner, like, data))
            return QUOTH_OK;
    row = zone_room(zone->row, zone->rows, &zone->rows_cap, 1, sizeof *row);
    if (!row)
        return QUOTH_ESPACE;
    zone->row = row;
    bytes = zone_room(zone->bytes, zone->used, &zone->cap, (size_t)owner->n + like->n, 1);
    if (!bytes)
        return QUOTH_ESPACE;
    zone->bytes = bytes;
    row += zone->rows++;
    *row = *like;
    row->owner_n = owner->n;
    if (zone->rows > 1 && zone_is(zone, row - 1, owner->b, owner->n)) {
        row->owner = row[-1].owner;
    } else {
        row->owner = zone->used;
        memcpy(zone->bytes + zone->used, owner->b, owner->n);
        zone->used += owner->n;
    }
    row->data = zone->used;
    if (like->n)
        memcpy(zone->bytes + zone->used, data, like->n);
    zone->used += like->n;
    return QUOTH_OK;
}

/* ---- what they say to a question ---------------------------------------- */

struct zone_asked {
    uint16_t type;
    uint8_t cd;
};

/* Is `name` that owner, or below it? */
static int zone_holds(const uint8_t *owner, size_t n, const uint8_t *name, size_t m)
{
    while (m > n) {
        m -= name[0] + 1u;
        name += name[0] + 1;
    }
    return m == n && !memcmp(owner, name, n);
}

/* The first row of that owner that answers: of this type, or an alias. *exists: rows stand there,
 * or below it (RFC 8020), and not one that says that there is no such name. A question with CD set
 * takes what is for such questions first. */
static uint32_t zone_row_at(const struct app_zone *zone, const uint8_t *owner, size_t n,
                            const struct zone_asked *asked, int *exists)
{
    uint32_t alias = UINT32_MAX, found = UINT32_MAX;

    for (uint32_t i = 0; i < zone->rows; i++) {
        const struct app_zone_row *row = &zone->row[i];
        if (!zone_holds(owner, n, zone->bytes + row->owner, row->owner_n) || row->cd > asked->cd)
            continue;
        *exists |= row->answer != QUOTH_ANSWER_NXDOMAIN;
        if (row->owner_n != n)
            continue;
        if (row->type == asked->type && row->cd == asked->cd)
            return i;
        if (row->type == asked->type && found == UINT32_MAX)
            found = i;
        if (row->type == QUOTH_DNS_CNAME && row->answer == QUOTH_ANSWER_DATA)
            alias = alias < i ? alias : i;
    }
    return found != UINT32_MAX ? found : alias;
}

/* Is this whole zone in the rows, and not handed on to other servers? */
static int zone_is_whole(const struct app_zone *zone, const struct quoth_name *name)
{
    unsigned apex = 0, cut = 0;

    for (uint32_t i = 0; i < zone->rows; i++) {
        const struct app_zone_row *row = &zone->row[i];
        unsigned *to = row->type == QUOTH_DNS_SOA ? &apex : &cut;
        if ((row->type != QUOTH_DNS_SOA && row->type != QUOTH_DNS_NS) || row->owner_n == 1 ||
            row->answer != QUOTH_ANSWER_DATA || row->owner_n < *to ||
            !zone_holds(zone->bytes + row->owner, row->owner_n, name->b, name->n))
            continue;
        *to = row->owner_n;
    }
    return apex && cut <= apex;
}

/* A wildcard that stands for `name`, which is not there itself. */
static uint32_t zone_wild(const struct app_zone *zone, const struct quoth_name *name,
                          const struct zone_asked *asked, int *exists)
{
    uint8_t wild[2 + sizeof name->b] = {1, '*'};

    for (size_t at = name->b[0] + 1u; at < name->n; at += name->b[at] + 1u) {
        const size_t n = name->n - at;
        uint32_t found;
        int here = 0;
        memcpy(wild + 2, name->b + at, n);
        found = zone_row_at(zone, wild, n + 2, asked, exists);
        if (found != UINT32_MAX || *exists)
            return found;
        zone_row_at(zone, name->b + at, n, asked, &here);
        if (here) /* the closest that there is (RFC 4592 3.3.1) */
            break;
    }
    return UINT32_MAX;
}

enum quoth_answer app_zone_find(const struct app_zone *zone, const struct quoth_name *name,
                                uint16_t type, int cd, uint32_t *first)
{
    const struct zone_asked asked = {type, (uint8_t)(cd != 0)};
    int exists = 0;

    *first = zone_row_at(zone, name->b, name->n, &asked, &exists);
    if (*first == UINT32_MAX && !exists)
        *first = zone_wild(zone, name, &asked, &exists);
    if (*first != UINT32_MAX)
        return (enum quoth_answer)zone->row[*first].answer;
    if (!zone_is_whole(zone, name))
        return QUOTH_ANSWER_NONE;
    return exists ? QUOTH_ANSWER_NODATA : QUOTH_ANSWER_NXDOMAIN;
}

int app_zone_has(const struct app_zone *zone, const struct quoth_name *name)
{
    const struct zone_asked any = {0, 1};
    int exists = 0;

    zone_row_at(zone, name->b, name->n, &any, &exists);
    if (!exists)
        zone_wild(zone, name, &any, &exists);
    return exists;
}

/* ---- the message -------------------------------------------------------- */

int app_zone_question(const uint8_t *p, size_t n, struct quoth_name *name, uint16_t *type)
{
    const int used = n > ZONE_HEADER
                         ? quoth_name_read(name, (const char *)p + ZONE_HEADER, n - ZONE_HEADER)
                         : QUOTH_EPROTO;

    if (used < 0 || n < ZONE_HEADER + (size_t)used + 4)
        return QUOTH_EPROTO;
    *type = (uint16_t)(p[ZONE_HEADER + used] << 8 | p[ZONE_HEADER + used + 1]);
    return QUOTH_OK;
}

struct zone_message {
    uint8_t *p;
    size_t n;
    unsigned records;
    uint16_t ede;
    uint8_t ad; /* all that is in it was validated */
};

/* 0: it has no room. */
static int zone_put(struct zone_message *message, const struct app_zone_row *row,
                    const uint8_t *data, const struct quoth_name *owner)
{
    uint8_t *p = message->p + message->n;

    if (message->n + owner->n + 10u + row->n > APP_ZONE_MESSAGE)
        return 0;
    memcpy(p, owner->b, owner->n);
    p += owner->n;
    p[0] = (uint8_t)(row->type >> 8);
    p[1] = (uint8_t)row->type;
    p[2] = 0;
    p[3] = 1; /* IN */
    for (int i = 0; i < 4; i++)
        p[4 + i] = (uint8_t)(row->ttl >> (24 - 8 * i));
    p[8] = (uint8_t)(row->n >> 8);
    p[9] = (uint8_t)row->n;
    if (row->n)
        memcpy(p + 10, data, row->n);
    message->n += owner->n + 10u + row->n;
    message->records++;
    message->ad &= row->ad;
    return 1;
}

/* All records like that row, as if they were `owner`'s. */
static int zone_put_set(struct zone_message *message, const struct app_zone *zone, uint32_t first,
                        const struct quoth_name *owner)
{
    const struct app_zone_row *like = &zone->row[first];

    for (uint32_t i = first; i < zone->rows; i++) {
        const struct app_zone_row *row = &zone->row[i];
        if (row->type == like->type && row->answer == QUOTH_ANSWER_DATA && row->cd == like->cd &&
            zone_is(zone, row, zone->bytes + like->owner, like->owner_n) &&
            !zone_put(message, row, zone->bytes + row->data, owner))
            return 0;
        if (like->type == QUOTH_DNS_CNAME)
            break; /* there is one */
    }
    return 1;
}

/* The records of the answer, alias by alias. Returns what it ends in; NONE: with an alias that the
 * rows say nothing of. */
static enum quoth_answer zone_chain(struct zone_message *message, const struct app_zone *zone,
                                    struct quoth_name *name, uint16_t type, int cd)
{
    enum quoth_answer answer = QUOTH_ANSWER_NONE;

    for (int hops = 0; hops < ZONE_HOPS; hops++) {
        const struct app_zone_row *row;
        uint32_t first;
        answer = app_zone_find(zone, name, type, cd, &first);
        if (answer != QUOTH_ANSWER_DATA) {
            if (first != UINT32_MAX) {
                message->ad &= zone->row[first].ad;
                message->ede = zone->row[first].ede;
            }
            return answer;
        }
        row = &zone->row[first];
        if (!zone_put_set(message, zone, first, name))
            return QUOTH_ANSWER_SERVFAIL;
        if (row->type == type)
            return answer;
        if (quoth_name_read(name, (const char *)zone->bytes + row->data, row->n) < 0)
            return QUOTH_ANSWER_SERVFAIL;
    }
    return answer;
}

/* The record that makes an answer without data a clean one (RFC 2308 2): of the name itself, with
 * nothing to say. 1 if it had room. */
static unsigned zone_put_soa(struct zone_message *message, const struct quoth_name *name)
{
    static const uint8_t data[22] = {0}; /* the root twice, and five numbers */
    const struct app_zone_row row = {.type = QUOTH_DNS_SOA, .n = sizeof data, .ad = message->ad};
    const int fits = zone_put(message, &row, data, name);

    message->records -= (unsigned)fits; /* it is not of the answer section */
    return (unsigned)fits;
}

/* An OPT record with that one option (RFC 6891 6.1.2, RFC 8914 2). 1 if it had room. */
static unsigned zone_put_ede(struct zone_message *message)
{
    const unsigned code = message->ede - 1u;
    const uint8_t opt[17] = {0,
                             0,
                             QUOTH_DNS_OPT,
                             4,
                             208,
                             0,
                             0,
                             0,
                             0,
                             0,
                             6,
                             0,
                             15,
                             0,
                             2,
                             (uint8_t)(code >> 8),
                             (uint8_t)code};

    if (!message->ede || message->n + sizeof opt > APP_ZONE_MESSAGE)
        return 0;
    memcpy(message->p + message->n, opt, sizeof opt);
    message->n += sizeof opt;
    return 1;
}

static unsigned zone_rcode(enum quoth_answer answer)
{
    switch (answer) {
    case QUOTH_ANSWER_NXDOMAIN: return ZONE_NXDOMAIN;
    case QUOTH_ANSWER_SERVFAIL: return ZONE_SERVFAIL;
    case QUOTH_ANSWER_REFUSED: return ZONE_REFUSED;
    default: return 0;
    }
}

size_t app_zone_answer(const struct app_zone *zone, const uint8_t *p, size_t n,
                       uint8_t out[APP_ZONE_MESSAGE], enum quoth_answer *answer)
{
    struct zone_message message = {.p = out, .ad = 1};
    struct quoth_name name;
    uint16_t type;

    *answer = QUOTH_ANSWER_NONE;
    if (app_zone_question(p, n, &name, &type) != QUOTH_OK)
        return 0;
    message.n = ZONE_HEADER + name.n + 4u;
    memcpy(out, p, message.n);
    *answer = zone_chain(&message, zone, &name, type, p[3] & ZONE_CD);
    if (*answer == QUOTH_ANSWER_TIMEOUT || *answer == QUOTH_ANSWER_UNREACHABLE ||
        (*answer == QUOTH_ANSWER_NONE && !message.records))
        return 0;
    if (*answer == QUOTH_ANSWER_MALFORMED)
        message.records++; /* one more than there are */
    memset(out + 4, 0, 8);
    if (*answer == QUOTH_ANSWER_NODATA || *answer == QUOTH_ANSWER_NXDOMAIN)
        out[9] = (uint8_t)zone_put_soa(&message, &name);
    out[11] = (uint8_t)zone_put_ede(&message);
    out[2] = (uint8_t)(ZONE_QR | (p[2] & 1) | (*answer == QUOTH_ANSWER_TRUNCATED ? ZONE_TC : 0));
    out[3] = (uint8_t)(ZONE_RA | (message.ad ? ZONE_AD : 0) | zone_rcode(*answer));
    out[5] = 1;
    out[6] = (uint8_t)(message.records >> 8);
    out[7] = (uint8_t)message.records;
    return message.n;
}
