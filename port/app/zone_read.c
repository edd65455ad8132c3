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

static int zone_bad(struct zone_reader *reader, const char *why)
{
    if (!reader->why)
        reader->why = why;
    return QUOTH_EPROTO;
}

/* ---- words -------------------------------------------------------------- */

static int zone_quoted(struct zone_reader *reader, struct zone_word *word)
{
    word->quoted = 1;
    word->p = ++reader->p;
    for (; reader->p < reader->end && *reader->p != '"'; reader->p++) {
        if (*reader->p == '\\' && reader->p + 1 < reader->end)
            reader->p++;
        if (*reader->p == '\n')
            break;
    }
    if (reader->p == reader->end || *reader->p != '"')
        return zone_bad(reader, "this string has no end: a \" is missing");
    word->n = (size_t)(reader->p++ - word->p);
    return 1;
}

static int zone_is_end(char c) { return c && strchr(" \t\r\n;()\"", c); }

/* The next word of the entry: 1; 0 at its end, which is left where it is; or QUOTH_EPROTO. */
static int zone_word(struct zone_reader *reader, struct zone_word *word)
{
    for (; reader->p < reader->end; reader->p++) {
        if (*reader->p == ';')
            reader->p = memchr(reader->p, '\n', (size_t)(reader->end - reader->p));
        if (!reader->p)
            reader->p = reader->end;
        if (reader->p == reader->end || (*reader->p == '\n' && !reader->depth))
            break;
        if (*reader->p == '"')
            return zone_quoted(reader, word);
        if (*reader->p == '\n')
            reader->line++;
        else if (*reader->p == '(')
            reader->depth++;
        else if (*reader->p == ')' && !reader->depth--)
            return zone_bad(reader, "this ) has no ( in front");
        else if (!zone_is_end(*reader->p))
            break;
    }
    if (reader->p == reader->end && reader->depth)
        return zone_bad(reader, "the file ends within ( )");
    if (reader->p == reader->end || *reader->p == '\n')
        return 0;
    *word = (struct zone_word) {reader->p, 0, 0};
    while (reader->p < reader->end && *reader->p && !zone_is_end(*reader->p))
        reader->p +=
            *reader->p == '\\' && reader->p + 1 < reader->end && reader->p[1] != '\n' ? 2 : 1;
    word->n = (size_t)(reader->p - word->p);
    return word->n ? 1 : zone_bad(reader, "a NUL byte stands here");
}

static int zone_word_is(const struct zone_word *word, const char *text)
{
    return strlen(text) == word->n && !strncasecmp(word->p, text, word->n);
}

/* One byte of a word, and *at moves on: \X is X, \DDD a number. -1: it is none. */
static int zone_byte(const struct zone_word *word, size_t *at)
{
    unsigned value = 0;

    if (word->p[*at] != '\\')
        return (uint8_t)word->p[(*at)++];
    if (++*at == word->n)
        return -1;
    if (word->p[*at] < '0' || word->p[*at] > '9')
        return (uint8_t)word->p[(*at)++];
    for (int i = 0; i < 3; i++, ++*at) {
        if (*at == word->n || word->p[*at] < '0' || word->p[*at] > '9')
            return -1;
        value = 10 * value + (unsigned)(word->p[*at] - '0');
    }
    return value < 256 ? (int)value : -1;
}

/* Decimal, at most `max`. 1 or 0. */
static int zone_number(const struct zone_word *word, uint32_t max, uint32_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < word->n; i++) {
        if (word->p[i] < '0' || word->p[i] > '9' || value > max)
            return 0;
        value = 10 * value + (uint64_t)(word->p[i] - '0');
    }
    *out = (uint32_t)value;
    return word->n && !word->quoted && value <= max;
}

/* Seconds, or numbers with units: 1h30m. 1 or 0. */
static int zone_ttl(const struct zone_word *word, uint32_t *out)
{
    static const char units[] = "smhdw";
    static const uint32_t seconds[] = {1, 60, 3600, 86400, 604800};
    uint64_t sum = 0, value = 0;
    int digits = 0;

    if (zone_number(word, INT32_MAX, out))
        return 1;
    for (size_t i = 0; i < word->n && sum < INT32_MAX; i++) {
        const char *unit = strchr(units, word->p[i] | 0x20);
        if (word->p[i] >= '0' && word->p[i] <= '9' && value < INT32_MAX) {
            value = 10 * value + (uint64_t)(word->p[i] - '0');
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
    return word->n && !digits && sum <= INT32_MAX;
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
static int zone_name(const struct zone_reader *reader, const struct zone_word *word,
                     struct quoth_name *name)
{
    size_t label = 0, used = 1;

    if (zone_word_is(word, "@") || (word->n == 1 && *word->p == '.')) {
        *name = *word->p == '@' ? reader->origin : (struct quoth_name) {1, {0}};
        return 1;
    }
    for (size_t at = 0; at < word->n;) {
        const int dot = word->p[at] == '.', c = zone_byte(word, &at);
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
    return word->n && zone_join(&reader->origin, name);
}

/* ---- data --------------------------------------------------------------- */

static void zone_put(struct zone_reader *reader, const void *p, size_t n)
{
    if (n > (size_t)ZONE_DATA - reader->n) {
        zone_bad(reader, "this record is longer than a record may be");
        return;
    }
    memcpy(reader->data + reader->n, p, n);
    reader->n = (uint16_t)(reader->n + n);
}

static int zone_take(struct zone_reader *reader, struct zone_word *word)
{
    const int rc = zone_word(reader, word);

    return rc ? rc : zone_bad(reader, "this record has too few parts");
}

static void zone_take_number(struct zone_reader *reader, uint32_t max, int bytes)
{
    struct zone_word word;
    uint32_t value;
    uint8_t out[4];

    if (zone_take(reader, &word) != 1)
        return;
    if (!(bytes == 4 ? zone_ttl(&word, &value) || zone_number(&word, max, &value)
                     : zone_number(&word, max, &value))) {
        zone_bad(reader, "a number stands here in a record, and this is none, or too large");
        return;
    }
    for (int i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    zone_put(reader, out, (size_t)bytes);
}

static void zone_take_name(struct zone_reader *reader)
{
    struct zone_word word;
    struct quoth_name name;

    if (zone_take(reader, &word) != 1)
        return;
    if (word.quoted || !zone_name(reader, &word, &name))
        zone_bad(reader, "a name stands here in a record, and this is none");
    else
        zone_put(reader, name.b, name.n);
}

static void zone_take_ip(struct zone_reader *reader, uint8_t len)
{
    struct zone_word word;
    struct quoth_ip ip;

    if (zone_take(reader, &word) != 1)
        return;
    if (quoth_ip_parse(&ip, word.p, word.n) != QUOTH_OK || ip.len != len)
        zone_bad(reader, len == 4 ? "an IPv4 address stands here, and this is none"
                                  : "an IPv6 address stands here, and this is none");
    else
        zone_put(reader, ip.b, len);
}

static void zone_take_strings(struct zone_reader *reader)
{
    struct zone_word word;
    int rc, strings = 0;

    while (!reader->why && (rc = zone_word(reader, &word)) == 1) {
        const uint16_t head = reader->n;
        uint8_t c = 0;
        zone_put(reader, &c, 1);
        if (reader->why)
            return;
        for (size_t at = 0; at < word.n && !reader->why;) {
            const int byte = zone_byte(&word, &at);
            c = (uint8_t)byte;
            if (byte < 0)
                zone_bad(reader, "a \\ stands before a character, or three digits up to 255");
            else
                zone_put(reader, &c, 1);
        }
        if (!reader->why && reader->n - head - 1 > 255)
            zone_bad(reader, "a string has at most 255 bytes; a TXT record may have several");
        reader->data[head] = (uint8_t)(reader->n - head - 1);
        strings++;
    }
    if (!strings)
        zone_bad(reader, "this record has too few parts");
}

/* Hex digits, blanks between them or none. */
static void zone_take_hex(struct zone_reader *reader)
{
    struct zone_word word;
    int high = -1, rc, bytes = 0;

    while (!reader->why && (rc = zone_word(reader, &word)) == 1)
        for (size_t i = 0; i < word.n; i++) {
            const int digit = app_hex_digit(word.p[i]);
            const uint8_t byte = (uint8_t)(high * 16 + digit);
            if (digit < 0) {
                zone_bad(reader, "hex digits stand here, and this is none");
                return;
            }
            if (high < 0) {
                high = digit;
                continue;
            }
            zone_put(reader, &byte, 1);
            bytes++;
            high = -1;
        }
    if (!bytes || high >= 0)
        zone_bad(reader, "hex digits come in pairs, one pair at least");
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

static int zone_is_other(const struct zone_word *word)
{
    char text[16];

    if (word->n > 4 && !strncasecmp(word->p, "TYPE", 4))
        return 1; /* RFC 3597 */
    if (word->n > sizeof text - 3)
        return 0;
    text[0] = text[word->n + 1] = ' ';
    text[word->n + 2] = 0;
    for (size_t i = 0; i < word->n; i++)
        text[i + 1] =
            (char)(word->p[i] >= 'a' && word->p[i] <= 'z' ? word->p[i] & ~0x20 : word->p[i]);
    return strlen(text) == word->n + 2 && strstr(zone_others, text) != NULL;
}

static void zone_take_part(struct zone_reader *reader, char part)
{
    switch (part) {
    case 'n': zone_take_name(reader); break;
    case '4': zone_take_ip(reader, 4); break;
    case '6': zone_take_ip(reader, 16); break;
    case 's': zone_take_strings(reader); break;
    case 'b': zone_take_number(reader, UINT8_MAX, 1); break;
    case 'w': zone_take_number(reader, UINT16_MAX, 2); break;
    case 'l': zone_take_number(reader, UINT32_MAX, 4); break;
    default: zone_take_hex(reader); break;
    }
}

/* ---- lines -------------------------------------------------------------- */

/* To the end of the entry, whatever stands there. */
static void zone_pass(struct zone_reader *reader)
{
    struct zone_word word;

    while (!reader->why && zone_word(reader, &word) == 1)
        ;
}

static void zone_end(struct zone_reader *reader)
{
    struct zone_word word;

    if (!reader->why && zone_word(reader, &word) == 1)
        zone_bad(reader, "this record has too many parts");
}

static void zone_add(struct zone_reader *reader, const struct app_zone_row *row)
{
    if (!reader->why && app_zone_add(reader->z, &reader->owner, row, reader->data) != QUOTH_OK)
        zone_bad(reader, "");
}

/* [TTL] [class] TYPE data, the first two in either order. */
static void zone_record(struct zone_reader *reader, struct zone_word *word)
{
    struct app_zone_row row = {
        .ttl = reader->ttl, .line = reader->line, .answer = QUOTH_ANSWER_DATA};
    const struct zone_type *type;
    int rc = 1;

    for (int i = 0; i < 2 && rc == 1; i++) {
        if (zone_word_is(word, "IN") || zone_ttl(word, &row.ttl))
            rc = zone_word(reader, word);
        else if (zone_word_is(word, "CH") || zone_word_is(word, "HS") || zone_word_is(word, "CS"))
            rc = zone_bad(reader, "only class IN is read");
    }
    if (rc != 1) {
        if (!rc)
            zone_bad(reader, "this record has no type");
        return;
    }
    type = zone_type_of(app_zone_type(word->p, word->n));
    if (!type && zone_is_other(word))
        zone_pass(reader);
    else if (!type || word->quoted)
        zone_bad(reader, "a type of record stands here, such as TXT, and this is none");
    if (!type || reader->why)
        return;
    reader->n = 0;
    for (const char *part = type->parts; *part && !reader->why; part++)
        zone_take_part(reader, *part);
    zone_end(reader);
    row.type = type->type;
    row.n = reader->n;
    zone_add(reader, &row);
}

/* $ORIGIN NAME, $TTL TIME */
static void zone_directive(struct zone_reader *reader, const struct zone_word *what)
{
    struct zone_word word;
    struct quoth_name origin;

    if (zone_word(reader, &word) != 1) {
        zone_bad(reader, "this line lacks its value");
    } else if (zone_word_is(what, "$ORIGIN")) {
        if (zone_name(reader, &word, &origin))
            reader->origin = origin;
        else
            zone_bad(reader, "a name stands here, and this is none");
    } else if (zone_word_is(what, "$TTL")) {
        if (!zone_ttl(&word, &reader->ttl))
            zone_bad(reader, "a time stands here, such as 3600 or 1h, and this is none");
    } else {
        zone_bad(reader, "of lines with a $ only $ORIGIN and $TTL are read");
    }
    zone_end(reader);
}

/* Is the row before a record of that owner and type? */
static struct app_zone_row *zone_above(const struct zone_reader *reader, uint16_t type)
{
    struct app_zone_row *row = reader->z->rows ? &reader->z->row[reader->z->rows - 1] : NULL;

    return row && row->answer == QUOTH_ANSWER_DATA && row->type == type &&
                   row->owner_n == reader->owner.n &&
                   !memcmp(reader->z->bytes + row->owner, reader->owner.b, reader->owner.n)
               ? row
               : NULL;
}

/* What may stand behind an answer: ad, cd, ede N. */
static void zone_mark_rest(struct zone_reader *reader, struct app_zone_row *to)
{
    struct zone_word word;
    uint32_t ede;

    while (zone_word(reader, &word) == 1) {
        if (zone_word_is(&word, "ad")) {
            to->ad = 1;
        } else if (zone_word_is(&word, "cd")) {
            to->cd = 1;
        } else if (zone_word_is(&word, "ede") && zone_word(reader, &word) == 1 &&
                   zone_number(&word, UINT16_MAX - 1, &ede)) {
            to->ede = (uint16_t)(ede + 1);
        } else {
            zone_bad(reader, "behind the answer stand only ad, cd, and ede with a number");
            return;
        }
    }
}

/* ;= NAME TYPE ANSWER [ad] [cd] [ede N]; "data" is of the record above. */
static void zone_mark(struct zone_reader *reader)
{
    struct app_zone_row row = {.line = reader->line}, *to = &row;
    struct zone_word word;

    reader->p += 2;
    if (zone_word(reader, &word) == 1 && zone_name(reader, &word, &reader->owner) &&
        zone_word(reader, &word) == 1) {
        row.type = app_zone_type(word.p, word.n);
        if (row.type && zone_word(reader, &word) == 1)
            for (unsigned i = QUOTH_ANSWER_DATA; i < QUOTH_ANSWERS; i++)
                if (zone_word_is(&word, quoth_answer_name((enum quoth_answer)i)))
                    row.answer = (uint8_t)i;
    }
    if (row.answer == QUOTH_ANSWER_DATA)
        to = zone_above(reader, row.type);
    if (!row.answer || !to) {
        zone_bad(reader, "behind ;= stand a name, a type, and an answer such as nxdomain");
        return;
    }
    zone_mark_rest(reader, to);
    if (to == &row)
        zone_add(reader, &row);
}

static void zone_line(struct zone_reader *reader)
{
    const int blank = *reader->p == ' ' || *reader->p == '\t';
    struct zone_word word;

    if (reader->end - reader->p > 2 && reader->p[0] == ';' && reader->p[1] == '=') {
        zone_mark(reader);
        reader->owned = 0;
        return;
    }
    if (zone_word(reader, &word) != 1)
        return;
    if (!blank && *word.p == '$') {
        zone_directive(reader, &word);
        return;
    }
    if (!blank) {
        if (word.quoted || !zone_name(reader, &word, &reader->owner)) {
            zone_bad(reader, "a line begins with a name, and this is none");
            return;
        }
        reader->owned = 1;
        if (zone_word(reader, &word) != 1) {
            zone_bad(reader, "this record has no type");
            return;
        }
    }
    if (reader->owned)
        zone_record(reader, &word);
    else
        zone_bad(reader,
                 "a line that begins with a blank goes on with the name above, and there is none");
}

int app_zone_read(struct app_zone *zone, const char *text, size_t n,
                  const struct quoth_name *origin, struct app_zone_fault *fault)
{
    static struct zone_reader reader; /* large */

    reader.z = zone;
    reader.p = text;
    reader.end = text + n;
    reader.line = 1;
    reader.depth = 0;
    reader.origin = *origin;
    reader.owned = 0;
    reader.ttl = 3600;
    reader.why = NULL;
    while (reader.p < reader.end && !reader.why) {
        zone_line(&reader);
        if (!reader.why && reader.p < reader.end) {
            reader.p++;
            reader.line++;
        }
    }
    fault->line = reader.line;
    fault->why = reader.why;
    if (!reader.why)
        return QUOTH_OK;
    return *reader.why ? QUOTH_EPROTO : QUOTH_ESPACE;
}

/* ---- a file ------------------------------------------------------------- */

int app_zone_load(struct app_zone *zone, const char *file, const char *origin)
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
    rc = app_zone_read(zone, text, n, &name, &fault);
    free(text);
    if (!rc)
        return 0;
    snprintf(where, sizeof where, "%.1024s:%u", file, fault.line);
    if (rc == QUOTH_ESPACE)
        return app_say_error(APP_EXIT_INTERNAL, where, ENOMEM);
    return app_say(APP_EXIT_USAGE, where, fault.why);
}
