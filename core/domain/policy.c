/* policy.c - the policy of MTA-STS (RFC 8461 3.2): bytes as they come to mode, age and patterns.
 *
 *   bytes --> a line (its first POLICY_LINE bytes) --> KEY: VALUE --> a row of policy_keys
 *
 * Pieces never matter, and nothing is kept of a line but what a key of ours can need. Keys that
 * nobody knows are passed over, whatever they hold; of a key that stands there twice the first
 * counts, mx alone may repeat. The first fault stays, and reading goes on behind it.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "quoth_domain.h"

enum { POLICY_BYTES = 65536, POLICY_LONGEST = 4096, POLICY_NAME = 32, POLICY_DIGITS = 10 };

static int policy_is_blank(char c) { return c == ' ' || c == '\t'; }

/* With a line, or at the end, where something is missing. */
static void policy_fault(struct quoth_policy *p, enum quoth_policy_fault fault)
{
    if (p->fault)
        return;
    p->fault = (uint8_t)fault;
    p->at = p->line;
}

/* ---- values ------------------------------------------------------------- */

static int policy_is(struct quoth_span value, const char *text)
{
    return value.n == strlen(text) && !memcmp(value.p, text, value.n);
}

static int policy_version(struct quoth_policy *p, struct quoth_span value)
{
    (void)p;
    return policy_is(value, "STSv1");
}

static int policy_mode(struct quoth_policy *p, struct quoth_span value)
{
    static const char names[][8] = {"", "none", "testing", "enforce"};

    for (p->mode = QUOTH_POLICY_ENFORCE; p->mode && !policy_is(value, names[p->mode]);)
        p->mode--;
    return p->mode != 0;
}

static int policy_age(struct quoth_policy *p, struct quoth_span value)
{
    uint64_t n = 0;

    for (size_t i = 0; i < value.n; i++) {
        if (!quoth_is_digit(value.p[i]))
            return 0;
        n = n * 10 + (uint64_t)(value.p[i] - '0');
    }
    p->max_age = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
    return value.n >= 1 && value.n <= POLICY_DIGITS;
}

/* A host, or "*." and the rest of one; without a dot at the end, which RFC 5321 does not have. */
static int policy_mx(struct quoth_policy *p, struct quoth_span value)
{
    const char first = value.n ? value.p[0] : 0;
    struct quoth_name name;

    if (value.n > 2 && first == '*' && value.p[1] == '.')
        p->text[value.p - p->text] = 'x'; /* as one label would do */
    if (quoth_name_parse(&name, value.p, value.n) != QUOTH_OK || !quoth_name_is_host(&name) ||
        value.p[value.n - 1] == '.')
        return 0;
    if (p->patterns == QUOTH_POLICY_PATTERNS || value.n >= sizeof p->mx - p->used) {
        p->cut = 1;
        return 1;
    }
    memcpy(p->mx + p->used, value.p, value.n);
    p->mx[p->used] = first;
    p->used = (uint16_t)(p->used + value.n + 1);
    p->mx[p->used - 1] = 0;
    p->patterns++;
    return 1;
}

static const struct policy_key {
    const char *name;
    enum quoth_policy_fault fault;
    int (*take)(struct quoth_policy *p, struct quoth_span value); /* 0: it is no such value */
} policy_keys[] = {{"version", QUOTH_POLICY_VERSION, policy_version},
                   {"mode", QUOTH_POLICY_MODE, policy_mode},
                   {"max_age", QUOTH_POLICY_MAX_AGE, policy_age},
                   {"mx", QUOTH_POLICY_MX, policy_mx}};
enum { POLICY_MX = 3, POLICY_KEYS };

/* ---- lines -------------------------------------------------------------- */

/* Where the name ends that the line begins with; 0: it is none. */
static size_t policy_name(const char *text, size_t n)
{
    size_t i = 0;

    while (i < n && (quoth_is_alnum((uint8_t)text[i]) ||
                     (i && (text[i] == '_' || text[i] == '-' || text[i] == '.'))))
        i++;
    return i <= POLICY_NAME && i < n && text[i] == ':' ? i : 0;
}

static void policy_field(struct quoth_policy *p, struct quoth_span name, struct quoth_span value)
{
    for (unsigned i = 0; i < POLICY_KEYS; i++) {
        if (!policy_is(name, policy_keys[i].name))
            continue;
        if (p->seen >> i & 1 && i != POLICY_MX)
            return;
        p->seen |= (uint8_t)(1u << i);
        if (p->long_line || !policy_keys[i].take(p, value))
            policy_fault(p, policy_keys[i].fault);
    }
}

/* The line is in p->text, without its end. */
static void policy_line(struct quoth_policy *p)
{
    size_t n = p->n, name, from;

    while (!p->long_line && n && policy_is_blank(p->text[n - 1]))
        n--;
    if (n) {
        name = from = policy_name(p->text, n);
        if (!name || p->blank)
            policy_fault(p, QUOTH_POLICY_SYNTAX);
        do
            from++;
        while (from < n && policy_is_blank(p->text[from]));
        if (name)
            policy_field(p, (struct quoth_span) {p->text, name},
                         (struct quoth_span) {p->text + from, from < n ? n - from : 0});
    } else {
        p->blank = 1; /* at the end it may stand */
    }
    p->line++;
    p->n = 0;
    p->long_line = 0;
    p->length = 0;
}

static void policy_byte(struct quoth_policy *p, char c)
{
    const uint8_t byte = (uint8_t)c;

    if (p->cr && c != '\n')
        policy_fault(p, QUOTH_POLICY_SYNTAX);
    p->cr = c == '\r';
    if (c == '\n') {
        policy_line(p);
    } else if (c != '\r') {
        if ((byte < ' ' && c != '\t') || byte == 0x7f || p->length == POLICY_LONGEST)
            policy_fault(p, QUOTH_POLICY_SYNTAX);
        p->length = (uint16_t)(p->length + (p->length < POLICY_LONGEST));
        if (p->n < sizeof p->text)
            p->text[p->n++] = c;
        else
            p->long_line = 1;
    }
}

void quoth_policy_start(struct quoth_policy *p)
{
    memset(p, 0, sizeof *p);
    p->line = 1;
}

void quoth_policy_feed(struct quoth_policy *p, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p->bytes == POLICY_BYTES) {
            policy_fault(p, QUOTH_POLICY_BIG);
            return;
        }
        p->bytes++;
        policy_byte(p, bytes[i]);
    }
}

int quoth_policy_end(struct quoth_policy *p)
{
    if (p->cr)
        policy_fault(p, QUOTH_POLICY_SYNTAX);
    if (p->length)
        policy_line(p);
    p->line = 0;
    for (unsigned i = 0; i < POLICY_KEYS; i++)
        if (!(p->seen >> i & 1) && (i != POLICY_MX || p->mode != QUOTH_POLICY_NONE))
            policy_fault(p, policy_keys[i].fault);
    return !p->fault;
}

/* ---- patterns (RFC 8461 4.1) ---------------------------------------------- */

int quoth_policy_matches(const char *pattern, const char *host, size_t n)
{
    const char *dot = memchr(host, '.', n);

    if (pattern[0] == '*' && dot) {
        pattern += 2;
        n -= (size_t)(dot + 1 - host);
        host = dot + 1;
    }
    return quoth_same(pattern, strlen(pattern), host, n);
}

void quoth_facts_policy(struct quoth_facts *facts, const struct quoth_fetched *fetched,
                        const struct quoth_policy *p)
{
    const char *pattern = p->mx;

    facts->policy = (struct quoth_fact_policy) {.fetched = *fetched};
    if (fetched->how != QUOTH_FETCH_DONE)
        return;
    facts->policy.fault = p->fault;
    facts->policy.mode = p->mode;
    facts->policy.at = p->at;
    facts->policy.max_age = p->max_age;
    facts->policy.patterns = p->patterns;
    facts->policy.cut = p->cut;
    for (unsigned k = 0; k < p->patterns; k++, pattern += strlen(pattern) + 1) {
        unsigned used = 0;
        for (unsigned i = 0; i < facts->hosts; i++) {
            const struct quoth_span host = quoth_facts_text(facts, facts->host[i].name);
            if (!quoth_policy_matches(pattern, host.p, host.n))
                continue;
            facts->host[i].flags |= QUOTH_HOST_LISTED;
            used++;
        }
        if (!used && !facts->policy.unused.n)
            facts->policy.unused = quoth_facts_keep(facts, pattern, strlen(pattern));
    }
}
