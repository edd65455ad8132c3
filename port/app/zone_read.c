/* zone_read.c - a master file (RFC 1035 5.1) to rows.
 *
 *   line --> words: ( ) over lines, ; to the end, "..." as one --> owner, TTL, class, type --> data
 *      `--> $ORIGIN, $TTL        `--> ;= NAME TYPE ANSWER, which is ours (zone.h)
 *
 * A word is a piece of the file as it stands; what a backslash means depends on whether it is a
 * name or a string. What cannot be read is an error with its line: a zone that lacks a record would
 * be judged as if it had none.
 *
 * SPDX-License-Identifier: MIT */
#include "zone.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "app.h"

enum { ZONE_DATA = 65535 };

struct zone_word {
    const char *p;
    size_t n;
    uint8_t quoted;
};

struct zone_reader {
    struct app_zone *z;
    const char *p, *end;
    uint32_t line;
    unsigned depth; /* parentheses that are open */
    struct quoth_name origin, owner;
    uint8_t owned; /* there was an owner */
    uint32_t ttl;
    const char *why;
    uint16_t n; /* of data */
    uint8_t data[ZONE_DATA];
};

static int zone_bad(struct zone_reader *r, const char *why)
{
    if (!r->why)
        r->why = why;
    return QUOTH_EPROTO;
}

/* ---- words -------------------------------------------------------------- */

static int zone_quoted(struct zone_reader *r, struct zone_word *w)
{
    w->quoted = 1;
    w->p = ++r->p;
    for (; r->p < r->end && *r->p != '"'; r->p++) {
        if (*r->p == '\\' && r->p + 1 < r->end)
            r->p++;
        if (*r->p == '\n')
            break;
    }
    if (r->p == r->end || *r->p != '"')
        return zone_bad(r, "this string has no end: a \" is missing");
    w->n = (size_t)(r->p++ - w->p);
    return 1;
}

static int zone_is_end(char c) { return c && strchr(" \t\r\n;()\"", c); }

/* The next word of the entry: 1; 0 at its end, which is left where it is; or QUOTH_EPROTO. */
static int zone_word(struct zone_reader *r, struct zone_word *w)
{
    for (; r->p < r->end; r->p++) {
        if (*r->p == ';')
            r->p = memchr(r->p, '\n', (size_t)(r->end - r->p));
        if (!r->p)
            r->p = r->end;
        if (r->p == r->end || (*r->p == '\n' && !r->depth))
            break;
        if (*r->p == '"')
            return zone_quoted(r, w);
        if (*r->p == '\n')
            r->line++;
        else if (*r->p == '(')
            r->depth++;
        else if (*r->p == ')' && !r->depth--)
            return zone_bad(r, "this ) has no ( in front");
        else if (!zone_is_end(*r->p))
            break;
    }
    if (r->p == r->end && r->depth)
        return zone_bad(r, "the file ends within ( )");
    if (r->p == r->end || *r->p == '\n')
        return 0;
    *w = (struct zone_word) {r->p, 0, 0};
    while (r->p < r->end && *r->p && !zone_is_end(*r->p))
        r->p += *r->p == '\\' && r->p + 1 < r->end && r->p[1] != '\n' ? 2 : 1;
    w->n = (size_t)(r->p - w->p);
    return w->n ? 1 : zone_bad(r, "a NUL byte stands here");
}

static int zone_word_is(const struct zone_word *w, const char *text)
{
    return strlen(text) == w->n && !strncasecmp(w->p, text, w->n);
}

/* One byte of a word, and *at moves on: \X is X, \DDD a number. -1: it is none. */
static int zone_byte(const struct zone_word *w, size_t *at)
{
    unsigned value = 0;

    if (w->p[*at] != '\\')
        return (uint8_t)w->p[(*at)++];
    if (++*at == w->n)
        return -1;
    if (w->p[*at] < '0' || w->p[*at] > '9')
        return (uint8_t)w->p[(*at)++];
    for (int i = 0; i < 3; i++, ++*at) {
        if (*at == w->n || w->p[*at] < '0' || w->p[*at] > '9')
            return -1;
        value = 10 * value + (unsigned)(w->p[*at] - '0');
    }
    return value < 256 ? (int)value : -1;
}

/* Decimal, at most `max`. 1 or 0. */
static int zone_number(const struct zone_word *w, uint32_t max, uint32_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < w->n; i++) {
        if (w->p[i] < '0' || w->p[i] > '9' || value > max)
            return 0;
        value = 10 * value + (uint64_t)(w->p[i] - '0');
    }
    *out = (uint32_t)value;
    return w->n && !w->quoted && value <= max;
}

/* Seconds, or numbers with units: 1h30m. 1 or 0. */
static int zone_ttl(const struct zone_word *w, uint32_t *out)
{
    static const char units[] = "smhdw";
    static const uint32_t seconds[] = {1, 60, 3600, 86400, 604800};
    uint64_t sum = 0, value = 0;
    int digits = 0;

    if (zone_number(w, INT32_MAX, out))
        return 1;
    for (size_t i = 0; i < w->n && sum < INT32_MAX; i++) {
        const char *unit = strchr(units, w->p[i] | 0x20);
        if (w->p[i] >= '0' && w->p[i] <= '9' && value < INT32_MAX) {
            value = 10 * value + (uint64_t)(w->p[i] - '0');
            digits = 1;
        } else if (digits && unit && *unit) {
            sum += value * seconds[unit - units];
            value = 0;
            digits = 0;
        } else {
            return 0;
        }
    }
    *out = (uint32_t)sum;
    return w->n && !digits && sum <= INT32_MAX;
}

/* ---- names -------------------------------------------------------------- */

static int zone_join(const struct quoth_name *origin, struct quoth_name *name)
{
    if (name->n + origin->n > (int)sizeof name->b)
        return 0;
    memcpy(name->b + name->n, origin->b, origin->n);
    name->n = (uint8_t)(name->n + origin->n);
    return 1;
}

/* @, a name with a dot at its end, or one below the origin. 1 or 0. */
static int zone_name(const struct zone_reader *r, const struct zone_word *w,
                     struct quoth_name *name)
{
    size_t label = 0, used = 1;

    if (zone_word_is(w, "@") || (w->n == 1 && *w->p == '.')) {
        *name = *w->p == '@' ? r->origin : (struct quoth_name) {1, {0}};
        return 1;
    }
    for (size_t at = 0; at < w->n;) {
        const int dot = w->p[at] == '.', c = zone_byte(w, &at);
        if (c < 0 || used == sizeof name->b || (dot ? used - label == 1 : used - label > 63))
            return 0;
        if (dot) {
            name->b[label] = (uint8_t)(used - label - 1);
            label = used;
        }
        name->b[used++] = (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    if (used - label == 1) { /* it ended in a dot, whose place is the root's */
        name->b[label] = 0;
        name->n = (uint8_t)(label + 1);
        return 1;
    }
    name->b[label] = (uint8_t)(used - label - 1);
    name->n = (uint8_t)used;
    return w->n && zone_join(&r->origin, name);
}

/* ---- data --------------------------------------------------------------- */

static void zone_put(struct zone_reader *r, const void *p, size_t n)
{
    if (n > (size_t)ZONE_DATA - r->n) {
        zone_bad(r, "this record is longer than a record may be");
        return;
    }
    memcpy(r->data + r->n, p, n);
    r->n = (uint16_t)(r->n + n);
}

static int zone_take(struct zone_reader *r, struct zone_word *w)
{
    const int rc = zone_word(r, w);

    return rc ? rc : zone_bad(r, "this record has too few parts");
}

static void zone_take_number(struct zone_reader *r, uint32_t max, int bytes)
{
    struct zone_word w;
    uint32_t value;
    uint8_t out[4];

    if (zone_take(r, &w) != 1)
        return;
    if (!(bytes == 4 ? zone_ttl(&w, &value) || zone_number(&w, max, &value)
                     : zone_number(&w, max, &value))) {
        zone_bad(r, "a number stands here in a record, and this is none, or too large");
        return;
    }
    for (int i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    zone_put(r, out, (size_t)bytes);
}

static void zone_take_name(struct zone_reader *r)
{
    struct zone_word w;
    struct quoth_name name;

    if (zone_take(r, &w) != 1)
        return;
    if (w.quoted || !zone_name(r, &w, &name))
        zone_bad(r, "a name stands here in a record, and this is none");
    else
        zone_put(r, name.b, name.n);
}

static void zone_take_ip(struct zone_reader *r, uint8_t len)
{
    struct zone_word w;
    struct quoth_ip ip;

    if (zone_take(r, &w) != 1)
        return;
    if (quoth_ip_parse(&ip, w.p, w.n) != QUOTH_OK || ip.len != len)
        zone_bad(r, len == 4 ? "an IPv4 address stands here, and this is none"
                             : "an IPv6 address stands here, and this is none");
    else
        zone_put(r, ip.b, len);
}

static void zone_take_strings(struct zone_reader *r)
{
    struct zone_word w;
    int rc, strings = 0;

    while (!r->why && (rc = zone_word(r, &w)) == 1) {
        const uint16_t head = r->n;
        uint8_t c = 0;
        zone_put(r, &c, 1);
        if (r->why)
            return;
        for (size_t at = 0; at < w.n && !r->why;) {
            const int byte = zone_byte(&w, &at);
            c = (uint8_t)byte;
            if (byte < 0)
                zone_bad(r, "a \\ stands before a character, or three digits up to 255");
            else
                zone_put(r, &c, 1);
        }
        if (!r->why && r->n - head - 1 > 255)
            zone_bad(r, "a string has at most 255 bytes; a TXT record may have several");
        r->data[head] = (uint8_t)(r->n - head - 1);
        strings++;
    }
    if (!strings)
        zone_bad(r, "this record has too few parts");
}

static int zone_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* Hex digits, blanks between them or none. */
static void zone_take_hex(struct zone_reader *r)
{
    struct zone_word w;
    int high = -1, rc, bytes = 0;

    while (!r->why && (rc = zone_word(r, &w)) == 1)
        for (size_t i = 0; i < w.n; i++) {
            const int digit = zone_hex_digit(w.p[i]);
            const uint8_t byte = (uint8_t)(high * 16 + digit);
            if (digit < 0) {
                zone_bad(r, "hex digits stand here, and this is none");
                return;
            }
            if (high >= 0)
                zone_put(r, &byte, 1), bytes++;
            high = high < 0 ? digit : -1;
        }
    if (!bytes || high >= 0)
        zone_bad(r, "hex digits come in pairs, one pair at least");
}

/* What stands behind a type, a letter a part: n name, 4 and 6 an address, s strings, b w l a number
 * of 1, 2 or 4 bytes, x hex digits. */
static const struct zone_type {
    const char *name, *parts;
    uint16_t type;
} zone_types[] = {
    {"A", "4", QUOTH_DNS_A},          {"AAAA", "6", QUOTH_DNS_AAAA},
    {"CNAME", "n", QUOTH_DNS_CNAME},  {"DS", "wbbx", QUOTH_DNS_DS},
    {"MX", "wn", QUOTH_DNS_MX},       {"NS", "n", QUOTH_DNS_NS},
    {"PTR", "n", QUOTH_DNS_PTR},      {"SOA", "nnlllll", QUOTH_DNS_SOA},
    {"TLSA", "bbbx", QUOTH_DNS_TLSA}, {"TXT", "s", QUOTH_DNS_TXT},
};
enum { ZONE_TYPES = sizeof zone_types / sizeof *zone_types };

/* Passed over: nothing that is asked about rests on them. */
static const char zone_others[] =
    " CAA CDNSKEY CDS CERT DNAME DNSKEY HINFO HTTPS KEY LOC NAPTR NSEC NSEC3 NSEC3PARAM OPENPGPKEY "
    "RP RRSIG SMIMEA SPF SRV SSHFP SVCB URI ";

uint16_t app_zone_type(const char *p, size_t n)
{
    for (int i = 0; i < ZONE_TYPES; i++)
        if (strlen(zone_types[i].name) == n && !strncasecmp(zone_types[i].name, p, n))
            return zone_types[i].type;
    return 0;
}

static const struct zone_type *zone_type_of(uint16_t type)
{
    for (int i = 0; i < ZONE_TYPES; i++)
        if (zone_types[i].type == type)
            return &zone_types[i];
    return NULL;
}

const char *app_zone_type_name(uint16_t type)
{
    const struct zone_type *row = zone_type_of(type);

    return row ? row->name : NULL;
}

static int zone_is_other(const struct zone_word *w)
{
    char text[16];

    if (w->n > 4 && !strncasecmp(w->p, "TYPE", 4))
        return 1; /* RFC 3597 */
    if (w->n > sizeof text - 3)
        return 0;
    text[0] = text[w->n + 1] = ' ';
    text[w->n + 2] = 0;
    for (size_t i = 0; i < w->n; i++)
        text[i + 1] = (char)(w->p[i] >= 'a' && w->p[i] <= 'z' ? w->p[i] & ~0x20 : w->p[i]);
    return strlen(text) == w->n + 2 && strstr(zone_others, text) != NULL;
}

static void zone_take_part(struct zone_reader *r, char part)
{
    switch (part) {
    case 'n': zone_take_name(r); break;
    case '4': zone_take_ip(r, 4); break;
    case '6': zone_take_ip(r, 16); break;
    case 's': zone_take_strings(r); break;
    case 'b': zone_take_number(r, UINT8_MAX, 1); break;
    case 'w': zone_take_number(r, UINT16_MAX, 2); break;
    case 'l': zone_take_number(r, UINT32_MAX, 4); break;
    default: zone_take_hex(r); break;
    }
}

/* ---- lines -------------------------------------------------------------- */

/* To the end of the entry, whatever stands there. */
static void zone_pass(struct zone_reader *r)
{
    struct zone_word w;

    while (!r->why && zone_word(r, &w) == 1)
        ;
}

static void zone_end(struct zone_reader *r)
{
    struct zone_word w;

    if (!r->why && zone_word(r, &w) == 1)
        zone_bad(r, "this record has too many parts");
}

static void zone_add(struct zone_reader *r, const struct app_zone_row *row)
{
    if (!r->why && app_zone_add(r->z, &r->owner, row, r->data) != QUOTH_OK)
        zone_bad(r, "");
}

/* [TTL] [class] TYPE data, the first two in either order. */
static void zone_record(struct zone_reader *r, struct zone_word *w)
{
    struct app_zone_row row = {.ttl = r->ttl, .line = r->line, .answer = QUOTH_ANSWER_DATA};
    const struct zone_type *type;
    int rc = 1;

    for (int i = 0; i < 2 && rc == 1; i++) {
        if (zone_word_is(w, "IN") || zone_ttl(w, &row.ttl))
            rc = zone_word(r, w);
        else if (zone_word_is(w, "CH") || zone_word_is(w, "HS") || zone_word_is(w, "CS"))
            rc = zone_bad(r, "only class IN is read");
    }
    if (rc != 1) {
        if (!rc)
            zone_bad(r, "this record has no type");
        return;
    }
    type = zone_type_of(app_zone_type(w->p, w->n));
    if (!type && zone_is_other(w))
        zone_pass(r);
    else if (!type || w->quoted)
        zone_bad(r, "a type of record stands here, such as TXT, and this is none");
    if (!type || r->why)
        return;
    r->n = 0;
    for (const char *part = type->parts; *part && !r->why; part++)
        zone_take_part(r, *part);
    zone_end(r);
    row.type = type->type;
    row.n = r->n;
    zone_add(r, &row);
}

/* $ORIGIN NAME, $TTL TIME */
static void zone_directive(struct zone_reader *r, const struct zone_word *what)
{
    struct zone_word w;
    struct quoth_name origin;

    if (zone_word(r, &w) != 1) {
        zone_bad(r, "this line lacks its value");
    } else if (zone_word_is(what, "$ORIGIN")) {
        if (zone_name(r, &w, &origin))
            r->origin = origin;
        else
            zone_bad(r, "a name stands here, and this is none");
    } else if (zone_word_is(what, "$TTL")) {
        if (!zone_ttl(&w, &r->ttl))
            zone_bad(r, "a time stands here, such as 3600 or 1h, and this is none");
    } else {
        zone_bad(r, "of lines with a $ only $ORIGIN and $TTL are read");
    }
    zone_end(r);
}

/* Is the row before a record of that owner and type? */
static struct app_zone_row *zone_above(const struct zone_reader *r, uint16_t type)
{
    struct app_zone_row *row = r->z->rows ? &r->z->row[r->z->rows - 1] : NULL;

    return row && row->answer == QUOTH_ANSWER_DATA && row->type == type &&
                   row->owner_n == r->owner.n &&
                   !memcmp(r->z->bytes + row->owner, r->owner.b, r->owner.n)
               ? row
               : NULL;
}

/* What may stand behind an answer: ad, cd, ede N. */
static void zone_mark_rest(struct zone_reader *r, struct app_zone_row *to)
{
    struct zone_word w;
    uint32_t ede;

    while (zone_word(r, &w) == 1) {
        if (zone_word_is(&w, "ad")) {
            to->ad = 1;
        } else if (zone_word_is(&w, "cd")) {
            to->cd = 1;
        } else if (zone_word_is(&w, "ede") && zone_word(r, &w) == 1 &&
                   zone_number(&w, UINT16_MAX - 1, &ede)) {
            to->ede = (uint16_t)(ede + 1);
        } else {
            zone_bad(r, "behind the answer stand only ad, cd, and ede with a number");
            return;
        }
    }
}

/* ;= NAME TYPE ANSWER [ad] [cd] [ede N]; "data" is of the record above. */
static void zone_mark(struct zone_reader *r)
{
    struct app_zone_row row = {.line = r->line}, *to = &row;
    struct zone_word w;

    r->p += 2;
    if (zone_word(r, &w) == 1 && zone_name(r, &w, &r->owner) && zone_word(r, &w) == 1) {
        row.type = app_zone_type(w.p, w.n);
        if (row.type && zone_word(r, &w) == 1)
            for (unsigned i = QUOTH_ANSWER_DATA; i < QUOTH_ANSWERS; i++)
                if (zone_word_is(&w, quoth_answer_name((enum quoth_answer)i)))
                    row.answer = (uint8_t)i;
    }
    if (row.answer == QUOTH_ANSWER_DATA)
        to = zone_above(r, row.type);
    if (!row.answer || !to) {
        zone_bad(r, "behind ;= stand a name, a type, and an answer such as nxdomain");
        return;
    }
    zone_mark_rest(r, to);
    if (to == &row)
        zone_add(r, &row);
}

static void zone_line(struct zone_reader *r)
{
    const int blank = *r->p == ' ' || *r->p == '\t';
    struct zone_word w;

    if (r->end - r->p > 2 && r->p[0] == ';' && r->p[1] == '=') {
        zone_mark(r);
        r->owned = 0;
        return;
    }
    if (zone_word(r, &w) != 1)
        return;
    if (!blank && *w.p == '$') {
        zone_directive(r, &w);
        return;
    }
    if (!blank) {
        if (w.quoted || !zone_name(r, &w, &r->owner)) {
            zone_bad(r, "a line begins with a name, and this is none");
            return;
        }
        r->owned = 1;
        if (zone_word(r, &w) != 1) {
            zone_bad(r, "this record has no type");
            return;
        }
    }
    if (r->owned)
        zone_record(r, &w);
    else
        zone_bad(r,
                 "a line that begins with a blank goes on with the name above, and there is none");
}

int app_zone_read(struct app_zone *z, const char *text, size_t n, const struct quoth_name *origin,
                  struct app_zone_fault *fault)
{
    static struct zone_reader r; /* large */

    r.z = z;
    r.p = text;
    r.end = text + n;
    r.line = 1;
    r.depth = 0;
    r.origin = *origin;
    r.owned = 0;
    r.ttl = 3600;
    r.why = NULL;
    while (r.p < r.end && !r.why) {
        zone_line(&r);
        if (!r.why && r.p < r.end) {
            r.p++;
            r.line++;
        }
    }
    fault->line = r.line;
    fault->why = r.why;
    if (!r.why)
        return QUOTH_OK;
    return *r.why ? QUOTH_EPROTO : QUOTH_ESPACE;
}

/* ---- a file ------------------------------------------------------------- */

int app_zone_load(struct app_zone *z, const char *file, const char *origin)
{
    struct app_zone_fault fault;
    struct quoth_name name;
    char where[1100], *text;
    size_t n;
    int rc;

    rc = app_file_read(&text, &n, file);
    if (rc)
        return rc;
    quoth_name_parse(&name, origin, strlen(origin));
    rc = app_zone_read(z, text, n, &name, &fault);
    free(text);
    if (!rc)
        return 0;
    snprintf(where, sizeof where, "%.1024s:%u", file, fault.line);
    if (rc == QUOTH_ESPACE)
        return app_say_error(APP_EXIT_INTERNAL, where, ENOMEM);
    return app_say(APP_EXIT_USAGE, where, fault.why);
}
