/* inner.h - what the files of core share and nobody else needs: a bounded cursor and
 * ASCII helpers that know no locale.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_INNER_H
#define QUOTH_INNER_H

#include <string.h>
#include "quoth.h"

static inline int quoth_is_digit(int c) { return c >= '0' && c <= '9'; }
static inline int quoth_is_alpha(int c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static inline int quoth_is_alnum(int c) { return quoth_is_digit(c) || quoth_is_alpha(c); }
static inline uint8_t quoth_lower(uint8_t c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Same text but for ASCII case? */
static inline int quoth_same(const char *a, size_t an, const char *b, size_t bn)
{
    if (an != bn)
        return 0;
    for (size_t i = 0; i < an; i++)
        if (quoth_lower((uint8_t)a[i]) != quoth_lower((uint8_t)b[i]))
            return 0;
    return 1;
}

/* Does the text hold the m bytes of `word`, whatever the case? 0 bytes: no. (judge.c) */
int quoth_holds(const char *text, size_t n, const char *word, size_t m);

/* A bounded reader over bytes of a peer's. Past the end it reads zeros and says so. */
struct quoth_cursor {
    const uint8_t *p;
    size_t n, at;
    uint8_t over;
};

static inline size_t quoth_cursor_left(const struct quoth_cursor *cursor)
{
    return cursor->n - cursor->at;
}
static inline uint8_t quoth_cursor_u8(struct quoth_cursor *cursor)
{
    if (cursor->at >= cursor->n) {
        cursor->over = 1;
        return 0;
    }
    return cursor->p[cursor->at++];
}
static inline uint16_t quoth_cursor_u16(struct quoth_cursor *cursor)
{
    uint8_t hi = quoth_cursor_u8(cursor), lo = quoth_cursor_u8(cursor);
    return (uint16_t)(hi << 8 | lo);
}
static inline uint32_t quoth_cursor_u32(struct quoth_cursor *cursor)
{
    uint32_t hi = quoth_cursor_u16(cursor), lo = quoth_cursor_u16(cursor);
    return hi << 16 | lo;
}
/* n bytes, or NULL (and over) when there are not so many left. */
static inline const uint8_t *quoth_cursor_take(struct quoth_cursor *cursor, size_t n)
{
    size_t from = cursor->at, end = from + n;
    if (end < n || end > cursor->n) {
        cursor->over = 1;
        cursor->at = cursor->n;
        return NULL;
    }
    cursor->at = end;
    return cursor->p + from;
}

/* What the data of a record type is: `head` octets, and then (dns.c has the table) */
enum {
    QUOTH_DNS_NAMES = 3,    /* in these bits: so many domain names, and then */
    QUOTH_DNS_ANY = 4,      /* anything, or nothing */
    QUOTH_DNS_TWENTY = 8,   /* the five numbers of an SOA */
    QUOTH_DNS_STRINGS = 16, /* character strings (RFC 1035 3.3), one at least */
    QUOTH_DNS_OPTIONS = 32  /* EDNS options (RFC 6891 6.1.2), or none */
};
struct quoth_dns_shape {
    uint16_t type;
    uint8_t head, then;
};
const struct quoth_dns_shape *quoth_dns_shape(uint16_t type); /* NULL: a type we know nothing of */

/* Of a machine that asks for nothing more: DONE, or before it CLOSE. */
void quoth_want_end(struct quoth_want *want, int done);

/* What one answer holds, for lookup.c to settle what follows. */
enum {
    QUOTH_SAW_DATA = 1,  /* records that answer the question */
    QUOTH_SAW_ODD = 2,   /* malformed ones, that would */
    QUOTH_SAW_ALIAS = 4, /* lookup->want_name is another one than it was */
    QUOTH_SAW_SOA = 8,   /* lookup->ttl is that of the negative answer */
    QUOTH_SAW_REFERRAL = 16,
    QUOTH_SAW_FOREIGN = 32 /* an SOA record of a zone that the name is not in */
};

/* Read the records of `message` into `out`, which is scratch until the end. Returns QUOTH_SAW_*.
 * Once the answer is known, `end` writes the rest of `out`, and empties it unless there is data. */
unsigned quoth_answer_route(struct quoth_lookup *lookup, struct quoth_dns *message,
                            struct quoth_route *out);
void quoth_answer_route_end(const struct quoth_lookup *lookup, struct quoth_route *out);
unsigned quoth_answer_set(struct quoth_lookup *lookup, struct quoth_dns *message,
                          struct quoth_rrset *out);
void quoth_answer_set_end(const struct quoth_lookup *lookup, struct quoth_rrset *out);

/* A domain in UTF-8 or ASCII as lower-case A-labels with a NUL (idna.c). Returns its length,
 * QUOTH_EPROTO (not a valid IDN), QUOTH_ESPACE, or QUOTH_ENOSYS without QUOTH_IDN. */
int quoth_idna_to_ascii(char *buf, size_t cap, const char *text, size_t n);

/* Is `name` one of `list`, or below one? The list ends in NULL, or is NULL (name.c). */
int quoth_is_listed(const char *name, const char *const *list);

#endif
