/* policy_ref.h - a plain reference for the reader of MTA-STS policies in core/domain/policy.c, for
 * policy_test.c: it has the whole text before it (RFC 8461 3.2), and looks at a line at a time.
 *
 * SPDX-License-Identifier: MIT */
#ifndef POLICY_REF_H
#define POLICY_REF_H

#include <string.h>
#include "inner.h"
#include "quoth_domain.h"

enum { REF_BYTES = 65536, REF_LONGEST = 4096, REF_LINE = 264 };

struct ref_policy {
    enum quoth_policy_fault fault; /* the first */
    unsigned at, line;
    unsigned mode, patterns, cut, used, seen, blank;
    uint64_t max_age;
    char mx[512];
};

static void ref_fault(struct ref_policy *ref, enum quoth_policy_fault fault, unsigned at)
{
    if (ref->fault)
        return;
    ref->fault = fault;
    ref->at = at;
}

static int ref_is(const char *p, size_t n, const char *text)
{
    return n == strlen(text) && !memcmp(p, text, n);
}

static int ref_age(struct ref_policy *ref, const char *p, size_t n)
{
    uint64_t age = 0;

    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return 0;
        if (i < 12)
            age = age * 10 + (uint64_t)(p[i] - '0');
    }
    ref->max_age = age > UINT32_MAX ? UINT32_MAX : age;
    return n > 0 && n <= 10;
}

static int ref_mx(struct ref_policy *ref, const char *p, size_t n)
{
    char host[REF_LINE];
    struct quoth_name name;

    memcpy(host, p, n);
    if (n > 2 && !memcmp(host, "*.", 2))
        host[0] = 'a';
    if (quoth_name_parse(&name, host, n) != QUOTH_OK || !quoth_name_is_host(&name) ||
        host[n - 1] == '.')
        return 0;
    if (ref->patterns == 16 || ref->used + n + 1 > sizeof ref->mx) {
        ref->cut = 1;
        return 1;
    }
    memcpy(ref->mx + ref->used, p, n);
    ref->used += (unsigned)n + 1; /* and a NUL */
    ref->patterns++;
    return 1;
}

static int ref_value(struct ref_policy *ref, int key, const char *p, size_t n)
{
    switch (key) {
    case QUOTH_POLICY_VERSION: return ref_is(p, n, "STSv1");
    case QUOTH_POLICY_MODE:
        ref->mode = ref_is(p, n, "none")      ? QUOTH_POLICY_NONE
                    : ref_is(p, n, "testing") ? QUOTH_POLICY_TESTING
                    : ref_is(p, n, "enforce") ? QUOTH_POLICY_ENFORCE
                                              : 0;
        return ref->mode != 0;
    case QUOTH_POLICY_MAX_AGE: return ref_age(ref, p, n);
    default: return ref_mx(ref, p, n);
    }
}

static size_t ref_key(const char *p, size_t n)
{
    static const char set[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.";
    size_t i = 0;

    while (i < n && memchr(set, p[i], i ? 65 : 62))
        i++;
    return i < n && i <= 32 && p[i] == ':' ? i : 0;
}

/* A line without its end and without the CRs in it. */
static void ref_line(struct ref_policy *ref, const char *p, size_t n)
{
    static const char *const names[] = {"version", "mode", "max_age", "mx"};
    const int cut = n > REF_LINE;
    size_t key, from;

    n = cut ? REF_LINE : n;
    while (!cut && n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
        n--;
    if (n == 0) {
        ref->blank = 1;
        return;
    }
    key = ref_key(p, n);
    if (!key || ref->blank)
        ref_fault(ref, QUOTH_POLICY_SYNTAX, ref->line);
    for (from = key + 1; from < n && (p[from] == ' ' || p[from] == '\t'); from++)
        ;
    for (int i = 0; i < 4; i++) {
        const int kind = QUOTH_POLICY_VERSION + i;
        if (!ref_is(p, key, names[i]) || (ref->seen & 1u << i && kind != QUOTH_POLICY_MX))
            continue;
        ref->seen |= 1u << i;
        if (cut || !ref_value(ref, kind, p + from, n - from))
            ref_fault(ref, (enum quoth_policy_fault)kind, ref->line);
    }
}

static void ref_policy(struct ref_policy *ref, const char *text, size_t all)
{
    static char line[REF_BYTES];
    const size_t n = all < REF_BYTES ? all : REF_BYTES;
    size_t at = 0;

    memset(ref, 0, sizeof *ref);
    while (at < n) {
        size_t kept = 0;
        for (ref->line++; at < n && text[at] != '\n'; at++) {
            const unsigned char c = (unsigned char)text[at];
            const int cr = c == '\r' && at + 1 < n && text[at + 1] != '\n';
            if (cr || ((c < ' ' || c == 0x7f) && c != '\t' && c != '\r'))
                ref_fault(ref, QUOTH_POLICY_SYNTAX, ref->line);
            if (c != '\r')
                line[kept++] = text[at];
        }
        if (kept > REF_LONGEST)
            ref_fault(ref, QUOTH_POLICY_SYNTAX, ref->line);
        if (at == n && all > n) /* in the middle of the line */
            ref_fault(ref, QUOTH_POLICY_BIG, ref->line);
        if (at == n && n && text[n - 1] == '\r')
            ref_fault(ref, QUOTH_POLICY_SYNTAX, ref->line);
        if (at++ < n || kept)
            ref_line(ref, line, kept);
    }
    if (all > n) /* right behind a line */
        ref_fault(ref, QUOTH_POLICY_BIG, ref->line + 1);
    for (int i = 0; i < 4; i++)
        if (!(ref->seen >> i & 1) && (i < 3 || ref->mode != QUOTH_POLICY_NONE))
            ref_fault(ref, (enum quoth_policy_fault)(QUOTH_POLICY_VERSION + i), 0);
}

#endif
