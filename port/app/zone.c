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

void app_zone_free(struct app_zone *z)
{
    free(z->row);
    free(z->bytes);
    memset(z, 0, sizeof *z);
}

static int zone_is(const struct app_zone *z, const struct app_zone_row *row, const uint8_t *owner,
                   size_t n)
{
    return row->owner_n == n && !memcmp(z->bytes + row->owner, owner, n);
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

static int zone_same(const struct app_zone *z, const struct app_zone_row *row,
                     const struct quoth_name *owner, const struct app_zone_row *like,
                     const void *data)
{
    return row->type == like->type && row->n == like->n && row->answer == like->answer &&
           row->cd == like->cd && zone_is(z, row, owner->b, owner->n) &&
           (!like->n || !memcmp(z->bytes + row->data, data, like->n));
}

int app_zone_add(struct app_zone *z, const struct quoth_name *owner,
                 const struct app_zone_row *like, const void *data)
{
    struct app_zone_row *row;
    uint8_t *bytes;

    for (uint32_t i = 0; i < z->rows && !like->line; i++) /* of what was heard, each once */
        if (zone_same(z, &z->row[i], owner, like, data))
            return QUOTH_OK;
    row = zone_room(z->row, z->rows, &z->rows_cap, 1, sizeof *row);
    if (!row)
        return QUOTH_ESPACE;
    z->row = row;
    bytes = zone_room(z->bytes, z->used, &z->cap, (size_t)owner->n + like->n, 1);
    if (!bytes)
        return QUOTH_ESPACE;
    z->bytes = bytes;
    row += z->rows++;
    *row = *like;
    row->owner_n = owner->n;
    if (z->rows > 1 && zone_is(z, row - 1, owner->b, owner->n)) {
        row->owner = row[-1].owner;
    } else {
        row->owner = z->used;
        memcpy(z->bytes + z->used, owner->b, owner->n);
        z->used += owner->n;
    }
    row->data = z->used;
    if (like->n)
        memcpy(z->bytes + z->used, data, like->n);
    z->used += like->n;
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
 * or below it. A question with CD set takes what is for such questions first. */
static uint32_t zone_row_at(const struct app_zone *z, const uint8_t *owner, size_t n,
                            const struct zone_asked *asked, int *exists)
{
    uint32_t alias = UINT32_MAX, found = UINT32_MAX;

    for (uint32_t i = 0; i < z->rows; i++) {
        const struct app_zone_row *row = &z->row[i];
        if (!zone_holds(owner, n, z->bytes + row->owner, row->owner_n) || row->cd > asked->cd)
            continue;
        *exists = 1;
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
static int zone_is_whole(const struct app_zone *z, const struct quoth_name *name)
{
    unsigned apex = 0, cut = 0;

    for (uint32_t i = 0; i < z->rows; i++) {
        const struct app_zone_row *row = &z->row[i];
        unsigned *to = row->type == QUOTH_DNS_SOA ? &apex : &cut;
        if ((row->type != QUOTH_DNS_SOA && row->type != QUOTH_DNS_NS) || row->owner_n == 1 ||
            row->answer != QUOTH_ANSWER_DATA || row->owner_n < *to ||
            !zone_holds(z->bytes + row->owner, row->owner_n, name->b, name->n))
            continue;
        *to = row->owner_n;
    }
    return apex && cut <= apex;
}

/* A wildcard that stands for `name`, which is not there itself. */
static uint32_t zone_wild(const struct app_zone *z, const struct quoth_name *name,
                          const struct zone_asked *asked, int *exists)
{
    uint8_t wild[2 + sizeof name->b] = {1, '*'};

    for (size_t at = name->b[0] + 1u; at < name->n; at += name->b[at] + 1u) {
        const size_t n = name->n - at;
        uint32_t found;
        int here = 0;
        memcpy(wild + 2, name->b + at, n);
        found = zone_row_at(z, wild, n + 2, asked, exists);
        if (found != UINT32_MAX || *exists)
            return found;
        zone_row_at(z, name->b + at, n, asked, &here);
        if (here) /* the closest that there is (RFC 4592 3.3.1) */
            break;
    }
    return UINT32_MAX;
}

enum quoth_answer app_zone_find(const struct app_zone *z, const struct quoth_name *name,
                                uint16_t type, int cd, uint32_t *first)
{
    const struct zone_asked asked = {type, (uint8_t)(cd != 0)};
    int exists = 0;

    *first = zone_row_at(z, name->b, name->n, &asked, &exists);
    if (*first == UINT32_MAX && !exists)
        *first = zone_wild(z, name, &asked, &exists);
    if (*first != UINT32_MAX)
        return (enum quoth_answer)z->row[*first].answer;
    if (!zone_is_whole(z, name))
        return QUOTH_ANSWER_NONE;
    return exists ? QUOTH_ANSWER_NODATA : QUOTH_ANSWER_NXDOMAIN;
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
static int zone_put(struct zone_message *m, const struct app_zone_row *row, const uint8_t *data,
                    const struct quoth_name *owner)
{
    uint8_t *p = m->p + m->n;

    if (m->n + owner->n + 10u + row->n > APP_ZONE_MESSAGE)
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
    m->n += owner->n + 10u + row->n;
    m->records++;
    m->ad &= row->ad;
    return 1;
}

/* All records like that row, as if they were `owner`'s. */
static int zone_put_set(struct zone_message *m, const struct app_zone *z, uint32_t first,
                        const struct quoth_name *owner)
{
    const struct app_zone_row *like = &z->row[first];

    for (uint32_t i = first; i < z->rows; i++) {
        const struct app_zone_row *row = &z->row[i];
        if (row->type == like->type && row->answer == QUOTH_ANSWER_DATA && row->cd == like->cd &&
            zone_is(z, row, z->bytes + like->owner, like->owner_n) &&
            !zone_put(m, row, z->bytes + row->data, owner))
            return 0;
        if (like->type == QUOTH_DNS_CNAME)
            break; /* there is one */
    }
    return 1;
}

/* The records of the answer, alias by alias. Returns what it ends in; NONE: with an alias that the
 * rows say nothing of. */
static enum quoth_answer zone_chain(struct zone_message *m, const struct app_zone *z,
                                    struct quoth_name *name, uint16_t type, int cd)
{
    enum quoth_answer answer = QUOTH_ANSWER_NONE;

    for (int hops = 0; hops < ZONE_HOPS; hops++) {
        const struct app_zone_row *row;
        uint32_t first;
        answer = app_zone_find(z, name, type, cd, &first);
        if (answer != QUOTH_ANSWER_DATA) {
            if (first != UINT32_MAX) {
                m->ad &= z->row[first].ad;
                m->ede = z->row[first].ede;
            }
            return answer;
        }
        row = &z->row[first];
        if (!zone_put_set(m, z, first, name))
            return QUOTH_ANSWER_SERVFAIL;
        if (row->type == type)
            return answer;
        if (quoth_name_read(name, (const char *)z->bytes + row->data, row->n) < 0)
            return QUOTH_ANSWER_SERVFAIL;
    }
    return answer;
}

/* The record that makes an answer without data a clean one (RFC 2308 2): of the name itself, with
 * nothing to say. 1 if it had room. */
static unsigned zone_put_soa(struct zone_message *m, const struct quoth_name *name)
{
    static const uint8_t data[22] = {0}; /* the root twice, and five numbers */
    const struct app_zone_row row = {.type = QUOTH_DNS_SOA, .n = sizeof data, .ad = m->ad};
    const int fits = zone_put(m, &row, data, name);

    m->records -= (unsigned)fits; /* it is not of the answer section */
    return (unsigned)fits;
}

/* An OPT record with that one option (RFC 6891 6.1.2, RFC 8914 2). 1 if it had room. */
static unsigned zone_put_ede(struct zone_message *m)
{
    const unsigned code = m->ede - 1u;
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

    if (!m->ede || m->n + sizeof opt > APP_ZONE_MESSAGE)
        return 0;
    memcpy(m->p + m->n, opt, sizeof opt);
    m->n += sizeof opt;
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

size_t app_zone_answer(const struct app_zone *z, const uint8_t *p, size_t n,
                       uint8_t out[APP_ZONE_MESSAGE], enum quoth_answer *answer)
{
    struct zone_message m = {.p = out, .ad = 1};
    struct quoth_name name;
    uint16_t type;

    *answer = QUOTH_ANSWER_NONE;
    if (app_zone_question(p, n, &name, &type) != QUOTH_OK)
        return 0;
    m.n = ZONE_HEADER + name.n + 4u;
    memcpy(out, p, m.n);
    *answer = zone_chain(&m, z, &name, type, p[3] & ZONE_CD);
    if (*answer == QUOTH_ANSWER_TIMEOUT || *answer == QUOTH_ANSWER_UNREACHABLE ||
        (*answer == QUOTH_ANSWER_NONE && !m.records))
        return 0;
    if (*answer == QUOTH_ANSWER_MALFORMED)
        m.records++; /* one more than there are */
    memset(out + 4, 0, 8);
    if (*answer == QUOTH_ANSWER_NODATA || *answer == QUOTH_ANSWER_NXDOMAIN)
        out[9] = (uint8_t)zone_put_soa(&m, &name);
    out[11] = (uint8_t)zone_put_ede(&m);
    out[2] = (uint8_t)(ZONE_QR | (p[2] & 1) | (*answer == QUOTH_ANSWER_TRUNCATED ? ZONE_TC : 0));
    out[3] = (uint8_t)(ZONE_RA | (m.ad ? ZONE_AD : 0) | zone_rcode(*answer));
    out[5] = 1;
    out[6] = (uint8_t)(m.records >> 8);
    out[7] = (uint8_t)m.records;
    return m.n;
}
