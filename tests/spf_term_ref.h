/* spf_term_ref.h - a plain reference for core/domain/spf_term.c, for spf_term_test.c: one term of
 * an SPF record, as RFC 7208 7.1 and 12 have it, and where what is wrong begins.
 *
 * Each reader is given text[from..to), and returns where it is wrong, or REF_FINE.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SPF_TERM_REF_H
#define SPF_TERM_REF_H

#include <ctype.h>
#include <string.h>
#include "spf_inner.h"

enum { REF_FINE = -1 };

static int ref_in(char c, const char *set) { return c && strchr(set, c); }
static int ref_digit(char c) { return c >= '0' && c <= '9'; }
static int ref_alnum(char c) { return ref_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

/* A number of any length, or `most`. */
static unsigned ref_number(const char *p, size_t n, unsigned most)
{
    unsigned value = 0;

    for (size_t i = 0; i < n; i++) {
        value = value * 10 + (unsigned)(p[i] - '0');
        if (value > most)
            value = most;
    }
    return value;
}

/* "%{" letter digits "r" delimiters "}". Its length, or 0. */
static size_t ref_macro(const char *p, size_t n, struct quoth_spf_macro *macro)
{
    size_t at = 3, from;

    memset(macro, 0, sizeof *macro);
    if (n < 3 || !ref_in((char)tolower((unsigned char)p[2]), "slodiphcrtv"))
        return 0;
    macro->letter = (char)tolower((unsigned char)p[2]);
    macro->escape = p[2] != macro->letter;
    while (at < n && ref_digit(p[at]))
        at++;
    macro->keep = (uint8_t)ref_number(p + 3, at - 3, 255);
    if (at > 3 && !macro->keep)
        return 0;
    if (at < n && (p[at] == 'r' || p[at] == 'R')) {
        macro->reverse = 1;
        at++;
    }
    for (from = at; at < n && ref_in(p[at], ".-+,/_="); at++)
        ;
    macro->delimiter.p = p + from;
    macro->delimiter.n = at - from;
    return at < n && p[at] == '}' ? at + 1 : 0;
}

struct ref_seen { /* of a macro-string */
    unsigned macros;
    int for_exp, ends_expanded;
};

static long ref_string(const char *text, size_t from, size_t to, struct ref_seen *seen)
{
    struct quoth_spf_macro macro;
    size_t at = from, n;

    memset(seen, 0, sizeof *seen);
    while (at < to) {
        seen->ends_expanded = text[at] == '%';
        if (text[at] != '%') {
            if (text[at] < '!' || text[at] > '~')
                return (long)at;
            at++;
        } else if (at + 1 < to && ref_in(text[at + 1], "%_-")) {
            at += 2;
        } else if (at + 1 < to && text[at + 1] == '{' &&
                   (n = ref_macro(text + at, to - at, &macro)) != 0) {
            seen->macros |= macro.letter == 'd' ? QUOTH_SPF_MACRO_DOMAIN : QUOTH_SPF_MACRO_SENDER;
            seen->macros |= macro.letter == 'p' ? QUOTH_SPF_MACRO_P : 0u;
            seen->for_exp |= ref_in(macro.letter, "crt");
            at += n;
        } else {
            return (long)at;
        }
    }
    return REF_FINE;
}

static int ref_top_label(const char *p, size_t n)
{
    size_t digits = 0;

    for (size_t i = 0; i < n; i++) {
        if (!ref_alnum(p[i]) && (p[i] != '-' || i == 0 || i == n - 1))
            return 0;
        digits += (size_t)ref_digit(p[i]);
    }
    return n > digits;
}

static long ref_domain_spec(const char *text, size_t from, size_t to, struct quoth_spf_term *term)
{
    struct ref_seen seen;
    size_t end = to, label;
    long bad;

    if (from == to)
        return (long)from;
    bad = ref_string(text, from, to, &seen);
    if (bad != REF_FINE)
        return bad;
    term->domain.p = text + from;
    term->domain.n = to - from;
    term->macros = (uint8_t)seen.macros;
    if (!memchr(text + from, '%', to - from))
        for (size_t at = from; at < to; at++)
            term->macros |= ref_in(text[at], ":/@=,;\"<") ? QUOTH_SPF_MACRO_NONE : 0;
    if (seen.for_exp)
        return (long)from;
    if (seen.ends_expanded)
        return REF_FINE;
    if (text[end - 1] == '.')
        end--;
    for (label = end; label > from && text[label - 1] != '.'; label--)
        ;
    if (label > from && ref_top_label(text + label, end - label))
        return REF_FINE;
    return (long)label;
}

/* Slashes and a number at the end are taken off. */
static long ref_length(const char *text, size_t from, size_t *to, const char *slashes,
                       uint8_t *bits)
{
    const size_t k = strlen(slashes);
    const unsigned most = *bits;
    size_t digits = *to;

    while (digits > from && ref_digit(text[digits - 1]))
        digits--;
    if (digits == *to || digits - from < k || memcmp(text + digits - k, slashes, k))
        return REF_FINE;
    *bits = (uint8_t)ref_number(text + digits, *to - digits, 255);
    if (*bits > most || (text[digits] == '0' && *to - digits > 1))
        return (long)digits;
    *to = digits - k;
    return REF_FINE;
}

/* Two of them, and no more than a number behind: that is no length for IPv4. */
static int ref_slashes(const char *text, size_t from, size_t to)
{
    while (to > from && ref_digit(text[to - 1]))
        to--;
    return to - from >= 2 && text[to - 1] == '/' && text[to - 2] == '/';
}

static long ref_net(const char *text, size_t from, size_t to, struct quoth_spf_term *term)
{
    const uint8_t len = term->kind == QUOTH_SPF_IP4 ? 4 : 16;
    long bad;

    term->net.bits = (uint8_t)(len * 8);
    bad = ref_length(text, from, &to, "/", &term->net.bits);
    if (bad != REF_FINE)
        return bad;
    return quoth_ip_parse(&term->net.ip, text + from, to - from) == QUOTH_OK &&
                   term->net.ip.len == len
               ? REF_FINE
               : (long)from;
}

/* text[from..to) stands behind the name of a mechanism. */
static long ref_mechanism(const char *text, size_t from, size_t to, struct quoth_spf_term *term)
{
    const int alone = term->kind == QUOTH_SPF_ALL || term->kind == QUOTH_SPF_PTR ||
                      term->kind == QUOTH_SPF_A || term->kind == QUOTH_SPF_MX;
    long bad = REF_FINE;

    if (term->kind == QUOTH_SPF_A || term->kind == QUOTH_SPF_MX) {
        term->bits4 = 32;
        term->bits6 = 128;
        bad = ref_length(text, from, &to, "//", &term->bits6);
        if (bad == REF_FINE && !ref_slashes(text, from, to))
            bad = ref_length(text, from, &to, "/", &term->bits4);
        if (bad != REF_FINE)
            return bad;
    }
    if (from == to)
        return alone ? REF_FINE : (long)from;
    if (term->kind == QUOTH_SPF_ALL || text[from] != ':')
        return (long)from;
    if (term->kind == QUOTH_SPF_IP4 || term->kind == QUOTH_SPF_IP6)
        return ref_net(text, from + 1, to, term);
    return ref_domain_spec(text, from + 1, to, term);
}

static int ref_named(const char *text, size_t n, const char *const names[], int count)
{
    for (int i = 0; i < count; i++) {
        size_t k = 0;
        while (k < n && names[i][k] && tolower((unsigned char)text[k]) == names[i][k])
            k++;
        if (k == n && !names[i][k])
            return i;
    }
    return -1;
}

/* One whole term. */
static long ref_term(const char *text, size_t n, struct quoth_spf_term *term)
{
    static const char *const mechanisms[] = {"all", "include", "a",   "mx",
                                             "ptr", "ip4",     "ip6", "exists"};
    static const char *const modifiers[] = {"redirect", "exp"};
    static const char signs[] = "+-~?";
    static const uint8_t results[] = {QUOTH_SPF_PASS, QUOTH_SPF_FAIL, QUOTH_SPF_SOFTFAIL,
                                      QUOTH_SPF_NEUTRAL};
    const size_t name = ref_in(text[0], signs) ? 1 : 0;
    struct ref_seen seen;
    size_t end = name;
    int kind;

    memset(term, 0, sizeof *term);
    term->text.p = text;
    term->text.n = n;
    term->result = name ? results[strchr(signs, text[0]) - signs] : QUOTH_SPF_PASS;
    while (end < n && (ref_alnum(text[end]) || ref_in(text[end], "-_.")))
        end++;
    if (end < n && text[end] == '=') {
        if (name || !ref_alnum(text[0]) || ref_digit(text[0]))
            return 0;
        kind = ref_named(text, end, modifiers, 2);
        term->kind = (uint8_t)(kind < 0 ? QUOTH_SPF_OTHER : QUOTH_SPF_REDIRECT + kind);
        return kind < 0 ? ref_string(text, end + 1, n, &seen)
                        : ref_domain_spec(text, end + 1, n, term);
    }
    kind = ref_named(text + name, end - name, mechanisms, 8);
    if (kind < 0)
        return (long)(end == n || ref_in(text[end], ":/") ? name : end);
    term->kind = (uint8_t)kind;
    return ref_mechanism(text, end, n, term);
}

#endif
