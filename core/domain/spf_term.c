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

static int term_in(const char *set, int c) { return c != 0 && memchr(set, c, strlen(set)) != NULL; }

/* ---- macros and domain-spec --------------------------------------------- */

size_t quoth_spf_macro(struct quoth_spf_macro *m, const char *p, size_t n)
{
    size_t at = 3, start;
    unsigned keep = 0;

    if (n < 4 || !term_in("slodiphcrtv", quoth_lower((uint8_t)p[2])))
        return 0;
    m->letter = (char)quoth_lower((uint8_t)p[2]);
    m->escape = p[2] != m->letter;
    for (start = at; at < n && quoth_is_digit(p[at]); at++)
        if (keep < 255)
            keep = keep * 10 + (unsigned)(p[at] - '0');
    if (at > start && keep == 0)
        return 0; /* no part at all would be left (RFC 7208 7.3) */
    m->keep = (uint8_t)(keep < 255 ? keep : 255);
    m->reverse = at < n && quoth_lower((uint8_t)p[at]) == 'r';
    at += m->reverse;
    for (start = at; at < n && term_in(".-+,/_=", p[at]);)
        at++;
    m->delimiter = (struct quoth_span) {p + start, at - start};
    return at < n && p[at] == '}' ? at + 1 : 0;
}

/* Pass the character or the macro at r->at; 0: it is neither. Adds to `macros`, and TERM_PASSED if
 * it was an expansion. */
enum { TERM_PASSED = 128, TERM_EXP_ONLY = 64 };
static int term_pass(struct term_reader *r, unsigned *macros)
{
    const char *p = r->text + r->at;
    size_t n = r->end - r->at;
    struct quoth_spf_macro m;

    *macros &= ~(unsigned)TERM_PASSED;
    if (*p != '%') {
        r->at++;
        return *p > ' ' && *p < 0x7f;
    }
    *macros |= TERM_PASSED;
    if (n >= 2 && term_in("%_-", p[1])) {
        r->at += 2;
        return 1;
    }
    n = n >= 2 && p[1] == '{' ? quoth_spf_macro(&m, p, n) : 0;
    if (n == 0)
        return 0;
    *macros |= m.letter == 'd' ? QUOTH_SPF_MACRO_DOMAIN : QUOTH_SPF_MACRO_SENDER;
    if (m.letter == 'p')
        *macros |= QUOTH_SPF_MACRO_P;
    if (term_in("crt", m.letter))
        *macros |= TERM_EXP_ONLY;
    r->at += n;
    return 1;
}

/* Up to r->end; r->at is on what is wrong, or at the end. */
static int term_macro_string(struct term_reader *r, unsigned *macros)
{
    while (r->at < r->end) {
        size_t start = r->at;
        if (!term_pass(r, macros)) {
            r->at = start;
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

/* Up to r->end: it ends in a macro, or in a dot and a label that could be a top-level domain. */
static int term_domain(struct quoth_spf_term *t, struct term_reader *r)
{
    const size_t start = r->at;
    size_t label, end = r->end;
    unsigned macros = 0;

    if (start == end || term_macro_string(r, &macros) < 0)
        return QUOTH_EPROTO;
    t->domain = (struct quoth_span) {r->text + start, end - start};
    t->macros = (uint8_t)(macros & ~(unsigned)(TERM_PASSED | TERM_EXP_ONLY));
    r->at = start;
    if (macros & TERM_EXP_ONLY)
        return QUOTH_EPROTO;
    if (!(macros & TERM_PASSED)) {
        if (r->text[end - 1] == '.')
            end--;
        for (label = end; label > start && r->text[label - 1] != '.';)
            label--;
        if (label == start || !term_top_label(r->text + label, end - label)) {
            r->at = label < r->end ? label : start;
            return QUOTH_EPROTO;
        }
    }
    r->at = r->end;
    return QUOTH_OK;
}

/* ---- networks ----------------------------------------------------------- */

/* A length behind a slash at the end is taken off: 1. 0: there is none. QUOTH_EPROTO: it is wrong,
 * and r->at is on it. */
static int term_length(struct term_reader *r, unsigned max, uint8_t *bits)
{
    size_t digit = r->end;
    unsigned value = 0;

    while (digit > r->at && quoth_is_digit(r->text[digit - 1]))
        digit--;
    if (digit == r->end || digit == r->at || r->text[digit - 1] != '/')
        return 0;
    for (size_t i = digit; i < r->end && value < 1000; i++)
        value = value * 10 + (unsigned)(r->text[i] - '0');
    if (value > max || (r->text[digit] == '0' && r->end - digit > 1)) {
        r->at = digit;
        return QUOTH_EPROTO;
    }
    *bits = (uint8_t)value;
    r->end = digit - 1;
    return 1;
}

/* Is the length at the end one for IPv6, behind two slashes? */
static int term_two_slashes(const struct term_reader *r)
{
    size_t at = r->end;

    while (at > r->at && quoth_is_digit(r->text[at - 1]))
        at--;
    return at - r->at >= 2 && r->text[at - 1] == '/' && r->text[at - 2] == '/';
}

/* [ "/" length ] [ "//" length ] are taken off the end. */
static int term_lengths(struct quoth_spf_term *t, struct term_reader *r)
{
    t->bits4 = 32;
    t->bits6 = 128;
    if (term_two_slashes(r)) {
        if (term_length(r, 128, &t->bits6) < 0)
            return QUOTH_EPROTO;
        r->end--;
    }
    return term_two_slashes(r) ? 0 : term_length(r, 32, &t->bits4);
}

static int term_net(struct quoth_spf_term *t, struct term_reader *r, uint8_t len)
{
    const size_t end = r->end;

    t->net.bits = (uint8_t)(len * 8);
    if (term_length(r, t->net.bits, &t->net.bits) < 0 ||
        quoth_ip_parse(&t->net.ip, r->text + r->at, r->end - r->at) < 0 || t->net.ip.len != len)
        return QUOTH_EPROTO;
    r->at = r->end = end;
    return QUOTH_OK;
}

/* ---- terms -------------------------------------------------------------- */

/* Behind the name of a known term. */
static int term_rest(struct quoth_spf_term *t, struct term_reader *r)
{
    const unsigned then = term_kinds[t->kind].then;
    const char sign = then & TERM_MODIFIER ? '=' : ':';
    const size_t end = r->end;
    int rc = QUOTH_OK;

    if (then & TERM_LENGTHS && term_lengths(t, r) < 0)
        return QUOTH_EPROTO;
    if (r->at == r->end && !(then & (TERM_MUST | TERM_NET4 | TERM_NET6))) {
        r->at = end;
        return QUOTH_OK;
    }
    if (then == 0 || r->at == r->end || r->text[r->at] != sign)
        return QUOTH_EPROTO;
    r->at++;
    if (then & (TERM_NET4 | TERM_NET6))
        rc = term_net(t, r, then & TERM_NET4 ? 4 : 16);
    else
        rc = term_domain(t, r);
    if (rc == QUOTH_OK)
        r->at = end;
    return rc;
}

/* The qualifier, if there is one. */
static void term_qualifier(struct quoth_spf_term *t, struct term_reader *r)
{
    static const char sign[] = "+-~?";
    static const uint8_t result[] = {QUOTH_SPF_PASS, QUOTH_SPF_FAIL, QUOTH_SPF_SOFTFAIL,
                                     QUOTH_SPF_NEUTRAL};
    const char *found = (const char *)memchr(sign, r->text[r->at], sizeof sign - 1);

    t->result = QUOTH_SPF_PASS;
    if (!found)
        return;
    t->result = result[found - sign];
    r->at++;
}

static int term_name(struct quoth_spf_term *t, struct term_reader *r)
{
    const size_t start = r->at;
    unsigned macros = 0;
    size_t n;
    int modifier;

    term_qualifier(t, r);
    n = r->at;
    while (r->at < r->end && (quoth_is_alnum(r->text[r->at]) || term_in("-_.", r->text[r->at])))
        r->at++;
    modifier = r->at < r->end && r->text[r->at] == '=';
    for (t->kind = 0; t->kind < TERM_KINDS; t->kind++)
        if (!(term_kinds[t->kind].then & TERM_MODIFIER) == !modifier &&
            quoth_same(term_kinds[t->kind].name, strlen(term_kinds[t->kind].name), r->text + n,
                       r->at - n))
            break;
    if (modifier && (n != start || !quoth_is_alpha(r->text[start]))) {
        r->at = start; /* a qualifier, or no name, before the '=' */
        return QUOTH_EPROTO;
    }
    if (t->kind < TERM_KINDS)
        return term_rest(t, r);
    if (modifier) {
        r->at++;
        return term_macro_string(r, &macros);
    }
    if (r->at == r->end || term_in(":/", r->text[r->at]))
        r->at = n; /* the name is at fault, not what ends it */
    return QUOTH_EPROTO;
}

int quoth_spf_is_record(const char *text, size_t n)
{
    const size_t version = sizeof term_version - 1;

    return n >= version && quoth_same(text, version, term_version, version) &&
           (n == version || text[version] == ' ');
}

int quoth_spf_term(struct quoth_spf_term *t, const char *text, size_t n, size_t *at)
{
    struct term_reader r = {text, *at, *at};
    int rc;

    if (*at == 0) {
        if (!quoth_spf_is_record(text, n))
            return QUOTH_EPROTO;
        r.at = sizeof term_version - 1;
    }
    while (r.at < n && text[r.at] == ' ')
        r.at++;
    *at = r.at;
    if (r.at == n)
        return 0;
    memset(t, 0, sizeof *t);
    for (r.end = r.at; r.end < n && text[r.end] != ' ';)
        r.end++;
    t->text = (struct quoth_span) {text + r.at, r.end - r.at};
    rc = term_name(t, &r);
    *at = r.at;
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
