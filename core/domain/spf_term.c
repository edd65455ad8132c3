/* spf_term.c - an SPF record, one term at a time (RFC 7208 12).
 *
 *   v=spf1 ip4:192.0.2.0/24 a:mail.%{d}/28//64 -include:b.example ~all exp=why.%{d}
 *          |   |            | |        |        ||       |             |
 *          |   network      | |        lengths  ||       domain-spec   modifier: a name and '='
 *          mechanism        | domain-spec       |mechanism
 *                           mechanism           qualifier
 *
 * A term ends at a blank, whatever is in it; so the reader first finds that end, and everything up
 * to there must then be accounted for. Nothing is repaired: one byte that the grammar does not
 * have makes the whole record a permerror (RFC 7208 4.6), and its offset is told.
 *
 * SPDX-License-Identifier: MIT */
#include "spf_inner.h"
#include "words.h"

/* ---- words -------------------------------------------------------------- */

const char *quoth_word_at(const char *words, unsigned n)
{
    while (n-- && *words)
        words += strlen(words) + 1;
    return words;
}

int quoth_word_is(struct quoth_span span, const char *word)
{
    return quoth_same(span.p, span.n, word, strlen(word));
}

/* ---- what a term may be ------------------------------------------------- */

struct term_reader {
    const char *text;
    size_t at, end;
};

static const char term_version[] = "v=spf1";

/* What may stand behind a name. */
enum {
    TERM_MAY = 1,
    TERM_MUST = 2,
    TERM_LENGTHS = 4,
    TERM_NET4 = 8,
    TERM_NET6 = 16,
    TERM_MODIFIER = 32
};

static const struct {
    char name[9];
    uint8_t then;
} term_kinds[] = {
    [QUOTH_SPF_ALL] = {"all", 0},
    [QUOTH_SPF_INCLUDE] = {"include", TERM_MUST},
    [QUOTH_SPF_A] = {"a", TERM_MAY | TERM_LENGTHS},
    [QUOTH_SPF_MX] = {"mx", TERM_MAY | TERM_LENGTHS},
    [QUOTH_SPF_PTR] = {"ptr", TERM_MAY},
    [QUOTH_SPF_IP4] = {"ip4", TERM_NET4},
    [QUOTH_SPF_IP6] = {"ip6", TERM_NET6},
    [QUOTH_SPF_EXISTS] = {"exists", TERM_MUST},
    [QUOTH_SPF_REDIRECT] = {"redirect", TERM_MODIFIER | TERM_MUST},
    [QUOTH_SPF_EXP] = {"exp", TERM_MODIFIER | TERM_MUST},
};
enum { TERM_KINDS = sizeof term_kinds / sizeof *term_kinds };

static int term_in(const char *set, int c) { return memchr(set, c, strlen(set)) != NULL; }

/* ---- macros and domain-spec --------------------------------------------- */

size_t quoth_spf_macro(struct quoth_spf_macro *macro, const char *p, size_t n)
{
    size_t at = 3, start;
    unsigned keep = 0;

    if (n < 4 || p[1] != '{' || !term_in("slodiphcrtv", quoth_lower((uint8_t)p[2])))
        return 0;
    macro->letter = (char)quoth_lower((uint8_t)p[2]);
    macro->escape = p[2] != macro->letter;
    for (start = at; at < n && quoth_is_digit(p[at]); at++)
        if (keep < 255)
            keep = keep * 10 + (unsigned)(p[at] - '0');
    if (at > start && keep == 0)
        return 0; /* no part at all would be left (RFC 7208 7.3) */
    macro->keep = (uint8_t)(keep < 255 ? keep : 255);
    macro->reverse = at < n && quoth_lower((uint8_t)p[at]) == 'r';
    at += macro->reverse;
    for (start = at; at < n && term_in(".-+,/_=", p[at]);)
        at++;
    macro->delimiter = (struct quoth_span) {p + start, at - start};
    return at < n && p[at] == '}' ? at + 1 : 0;
}

/* Pass the character or the macro at reader->at; 0: it is neither. Adds to `macros`, and
 * TERM_PASSED if it was an expansion. */
enum { TERM_PASSED = 128, TERM_EXP_ONLY = 64 };
static int term_pass(struct term_reader *reader, unsigned *macros)
{
    const char *p = reader->text + reader->at;
    size_t n = reader->end - reader->at;
    struct quoth_spf_macro macro;

    *macros &= ~(unsigned)TERM_PASSED;
    if (*p != '%') {
        reader->at++;
        if (term_in(":/@=,;\"<", *p))
            *macros |= QUOTH_SPF_MACRO_NONE;
        return *p > ' ' && *p < 0x7f;
    }
    *macros |= TERM_PASSED;
    if (n >= 2 && term_in("%_-", p[1])) {
        reader->at += 2;
        return 1;
    }
    n = quoth_spf_macro(&macro, p, n);
    if (n == 0)
        return 0;
    *macros |= macro.letter == 'd' ? QUOTH_SPF_MACRO_DOMAIN : QUOTH_SPF_MACRO_SENDER;
    if (macro.letter == 'p')
        *macros |= QUOTH_SPF_MACRO_P;
    if (term_in("crt", macro.letter))
        *macros |= TERM_EXP_ONLY;
    reader->at += n;
    return 1;
}

/* Up to reader->end; reader->at is on what is wrong, or at the end. */
static int term_macro_string(struct term_reader *reader, unsigned *macros)
{
    while (reader->at < reader->end) {
        size_t start = reader->at;
        if (!term_pass(reader, macros)) {
            reader->at = start;
            return QUOTH_EPROTO;
        }
    }
    return QUOTH_OK;
}

/* Letters, digits and hyphens inside, and not all digits (RFC 7208 7.1). */
static int term_top_label(const char *p, size_t n)
{
    size_t digits = 0;

    if (n == 0 || p[0] == '-' || p[n - 1] == '-')
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (!quoth_is_alnum(p[i]) && p[i] != '-')
            return 0;
        digits += (size_t)quoth_is_digit(p[i]);
    }
    return digits < n;
}

/* Up to reader->end: it ends in a macro, or in a dot and a label that could be a top-level
 * domain. */
static int term_domain(struct quoth_spf_term *term, struct term_reader *reader)
{
    const size_t start = reader->at;
    size_t label, end = reader->end;
    unsigned macros = 0;

    if (start == end || term_macro_string(reader, &macros) < 0)
        return QUOTH_EPROTO;
    term->domain = (struct quoth_span) {reader->text + start, end - start};
    term->macros = (uint8_t)(macros & ~(unsigned)(TERM_PASSED | TERM_EXP_ONLY));
    reader->at = start;
    if (macros & TERM_EXP_ONLY)
        return QUOTH_EPROTO;
    if (memchr(reader->text + start, '%', end - start))
        term->macros &= (uint8_t)~QUOTH_SPF_MACRO_NONE;
    if (!(macros & TERM_PASSED)) {
        if (reader->text[end - 1] == '.')
            end--;
        for (label = end; label > start && reader->text[label - 1] != '.';)
            label--;
        if (label == start || !term_top_label(reader->text + label, end - label)) {
            reader->at = label;
            return QUOTH_EPROTO;
        }
    }
    return QUOTH_OK;
}

/* ---- networks ----------------------------------------------------------- */

/* Where the digits at the end begin. In front of them there is a name, or a colon. */
static size_t term_digits(const struct term_reader *reader)
{
    size_t at = reader->end;

    while (quoth_is_digit(reader->text[at - 1]))
        at--;
    return at;
}

/* A length behind a slash at the end is taken off, if there is one. Of one that is wrong reader->at
 * is on its digits, which nothing goes on with. */
static void term_length(struct term_reader *reader, unsigned max, uint8_t *bits)
{
    const size_t digit = term_digits(reader);
    unsigned value = 0;

    if (digit == reader->end || reader->text[digit - 1] != '/')
        return;
    for (size_t i = digit; i < reader->end && value <= max; i++)
        value = value * 10 + (unsigned)(reader->text[i] - '0');
    if (value > max || (reader->text[digit] == '0' && reader->end - digit > 1)) {
        reader->at = digit;
        return;
    }
    *bits = (uint8_t)value;
    reader->end = digit - 1;
}

/* Is the length at the end one for IPv6, behind two slashes? */
static int term_two_slashes(const struct term_reader *reader)
{
    const size_t at = term_digits(reader);

    return reader->text[at - 1] == '/' && reader->text[at - 2] == '/';
}

/* [ "/" length ] [ "//" length ] are taken off the end. */
static void term_lengths(struct quoth_spf_term *term, struct term_reader *reader)
{
    term->bits4 = 32;
    term->bits6 = 128;
    if (term_two_slashes(reader)) {
        term_length(reader, 128, &term->bits6);
        reader->end--;
    }
    if (!term_two_slashes(reader))
        term_length(reader, 32, &term->bits4);
}

static int term_net(struct quoth_spf_term *term, struct term_reader *reader, uint8_t len)
{
    term->net.bits = (uint8_t)(len * 8);
    term_length(reader, term->net.bits, &term->net.bits);
    if (quoth_ip_parse(&term->net.ip, reader->text + reader->at, reader->end - reader->at) < 0 ||
        term->net.ip.len != len)
        return QUOTH_EPROTO;
    return QUOTH_OK;
}

/* ---- terms -------------------------------------------------------------- */

/* Behind the name of a known term. */
static int term_rest(struct quoth_spf_term *term, struct term_reader *reader)
{
    const unsigned then = term_kinds[term->kind].then;
    const char sign = then & TERM_MODIFIER ? '=' : ':';
    const size_t end = reader->end;
    int rc = QUOTH_OK;

    if (then & TERM_LENGTHS)
        term_lengths(term, reader);
    if (reader->at == reader->end && !(then & (TERM_MUST | TERM_NET4 | TERM_NET6))) {
        reader->at = end;
        return QUOTH_OK;
    }
    if (then == 0 || reader->at == reader->end || reader->text[reader->at] != sign)
        return QUOTH_EPROTO;
    reader->at++;
    if (then & (TERM_NET4 | TERM_NET6))
        rc = term_net(term, reader, then & TERM_NET4 ? 4 : 16);
    else
        rc = term_domain(term, reader);
    if (rc == QUOTH_OK)
        reader->at = end;
    return rc;
}

/* The qualifier, if there is one. */
static void term_qualifier(struct quoth_spf_term *term, struct term_reader *reader)
{
    static const char sign[] = "+-~?";
    static const uint8_t result[] = {QUOTH_SPF_PASS, QUOTH_SPF_FAIL, QUOTH_SPF_SOFTFAIL,
                                     QUOTH_SPF_NEUTRAL};
    const char *found = (const char *)memchr(sign, reader->text[reader->at], sizeof sign - 1);

    term->result = QUOTH_SPF_PASS;
    if (!found)
        return;
    term->result = result[found - sign];
    reader->at++;
}

static int term_name(struct quoth_spf_term *term, struct term_reader *reader)
{
    const size_t start = reader->at;
    unsigned macros = 0;
    size_t n;
    int modifier;

    term_qualifier(term, reader);
    n = reader->at;
    while (reader->at < reader->end &&
           (quoth_is_alnum(reader->text[reader->at]) || term_in("-_.", reader->text[reader->at])))
        reader->at++;
    modifier = reader->at < reader->end && reader->text[reader->at] == '=';
    for (term->kind = 0; term->kind < TERM_KINDS; term->kind++)
        if (!(term_kinds[term->kind].then & TERM_MODIFIER) == !modifier &&
            quoth_word_is((struct quoth_span) {reader->text + n, reader->at - n},
                          term_kinds[term->kind].name))
            break;
    if (modifier && (n != start || !quoth_is_alpha(reader->text[start]))) {
        reader->at = start; /* a qualifier, or no name, before the '=' */
        return QUOTH_EPROTO;
    }
    if (term->kind < TERM_KINDS)
        return term_rest(term, reader);
    if (modifier) /* its '=' could stand behind it too */
        return term_macro_string(reader, &macros);
    if (reader->at == reader->end || term_in(":/", reader->text[reader->at]))
        reader->at = n; /* the name is at fault, not what ends it */
    return QUOTH_EPROTO;
}

int quoth_spf_is_record(const char *text, size_t n)
{
    const size_t version = sizeof term_version - 1;

    return n >= version && quoth_word_is((struct quoth_span) {text, version}, term_version) &&
           (n == version || text[version] == ' ');
}

int quoth_spf_ends_in_all(const char *text, size_t n)
{
    return n > 4 && quoth_word_is((struct quoth_span) {text + n - 3, 3}, "all") &&
           term_in("+-~?", text[n - 4]);
}

int quoth_spf_term(struct quoth_spf_term *term, const char *text, size_t n, size_t *at)
{
    struct term_reader reader = {text, *at, *at};
    int rc;

    if (*at == 0) {
        if (!quoth_spf_is_record(text, n))
            return QUOTH_EPROTO;
        reader.at = sizeof term_version - 1;
    }
    while (reader.at < n && text[reader.at] == ' ')
        reader.at++;
    *at = reader.at;
    if (reader.at == n)
        return 0;
    memset(term, 0, sizeof *term);
    for (reader.end = reader.at; reader.end < n && text[reader.end] != ' ';)
        reader.end++;
    term->text = (struct quoth_span) {text + reader.at, reader.end - reader.at};
    rc = term_name(term, &reader);
    *at = reader.at;
    return rc < 0 ? rc : 1;
}

/* ---- names -------------------------------------------------------------- */

const char *quoth_spf_result_name(enum quoth_spf_result result)
{
    static const char names[QUOTH_SPF_RESULTS][10] = {
        [QUOTH_SPF_NONE] = "none",           [QUOTH_SPF_NEUTRAL] = "neutral",
        [QUOTH_SPF_PASS] = "pass",           [QUOTH_SPF_FAIL] = "fail",
        [QUOTH_SPF_SOFTFAIL] = "softfail",   [QUOTH_SPF_TEMPERROR] = "temperror",
        [QUOTH_SPF_PERMERROR] = "permerror",
    };

    return result < QUOTH_SPF_RESULTS ? names[result] : "?";
}
