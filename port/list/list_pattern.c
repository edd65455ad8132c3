/* list_pattern.c - how the addresses of each domain of a list are formed, and who is formed so too.
 *
 *     jane.roe@, john.doe@, ann.lee@, max.fox@  -->  word.word, four times
 *                      amy.poe@  -->  the same: speaks for it          xq@  -->  against it
 *
 * Of each domain the first 12 addresses of the list are counted that differ, before anybody is
 * asked. So it depends on the list alone: not on the order of answers, nor on where a run was cut
 * off, nor on shards, for all of a domain is in one. The address in question is not counted for
 * itself.
 *
 * 32 bytes a domain in a hash table, while the list is read; then it lies in a file without a name,
 * and the few addresses that have a score look there.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "list.h"

/* ---- the shape of a local part --------------------------------------------- */

/* Words and initials, what stands between them, digits at the end; no names are needed. */
enum { PATTERN_MANY = 28, PATTERN_DIGITS, PATTERN_OTHER, PATTERN_SHAPES };

/* Of 1,024 addresses, how many are so: assumed, and soon outweighed by the domain's own. A row a
 * separator (none . _ -), two columns a form: without and with digits at the end. */
static const uint16_t pattern_usual[PATTERN_SHAPES] = {
    /* word   initial */
    330,
    70,
    10,
    4,
    /* word word, initial word, word initial, initial initial */
    260,
    20,
    60,
    4,
    20,
    2,
    4,
    2, /* . */
    50,
    8,
    12,
    2,
    6,
    2,
    2,
    2, /* _ */
    30,
    4,
    10,
    2,
    4,
    2,
    2,
    2,  /* - */
    30, /* more than two words, or unlike separators */
    20, /* digits alone */
    50,
};

/* The n bytes of a word: 1 an initial, 0 a longer one, -1 no word. */
static int pattern_word(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < 'a' || p[i] > 'z')
            return -1;
    return n ? n == 1 : -1;
}

/* `local` is in lower case, without a tag. */
static unsigned pattern_shape(const char *local, size_t n)
{
    static const char separators[] = "._-";
    size_t end = n, first;

    while (end && local[end - 1] >= '0' && local[end - 1] <= '9')
        end--;
    if (!end)
        return PATTERN_DIGITS;
    for (first = 0; first < end && !memchr(separators, local[first], 3); first++)
        ;
    const unsigned digits = end < n;
    const int before = pattern_word(local, first);
    if (before < 0)
        return PATTERN_OTHER;
    if (first == end)
        return (unsigned)before * 2 + digits;
    const char *separator = strchr(separators, local[first]);
    const int behind = pattern_word(local + first + 1, end - first - 1);
    if (behind < 0) /* more of them, or no word */
        return memchr("._-", local[end - 1], 3) ? PATTERN_OTHER : PATTERN_MANY;
    return 4 + (unsigned)(separator - separators) * 8 + (unsigned)(before * 2 + behind * 4) +
           digits;
}

/* ---- what it says ------------------------------------------------------------ */

enum {
    PATTERN_LEAST = 5,  /* or nothing is said */
    PATTERN_WEIGHT = 3, /* of what is usual, in addresses */
    PATTERN_LOW = -230, /* it says at most: 0.9 logit against, */
    PATTERN_HIGH = 179  /* 0.7 for it; a list that was made by guessing has one pattern too */
};

/* 256 * ln(over / under), for 0 < over, under < 2^20. */
static int pattern_log(uint32_t over, uint32_t under)
{
    int whole = 0, bits = 0;
    uint64_t ratio = ((uint64_t)over << 30) / under;

    for (; ratio >= UINT64_C(2) << 30; ratio >>= 1)
        whole++;
    for (; ratio < UINT64_C(1) << 30; ratio <<= 1)
        whole--;
    for (int i = 0; i < 8; i++) { /* a bit of log2 each time it is squared */
        ratio = ratio * ratio >> 30;
        bits = bits * 2 + (ratio >= UINT64_C(2) << 30);
        ratio >>= bits & 1;
    }
    return (whole * 256 + bits) * 710 / 1024; /* ln 2 */
}

/* `same` of `others` have that shape. */
static int pattern_ratio(unsigned shape, unsigned same, unsigned others)
{
    const uint32_t usual = pattern_usual[shape];
    const int says =
        pattern_log(same * 1024 + PATTERN_WEIGHT * usual, usual * (others + PATTERN_WEIGHT));
    if (says < PATTERN_LOW)
        return PATTERN_LOW;
    return says < PATTERN_HIGH ? says : PATTERN_HIGH;
}

/* ---- the table ---------------------------------------------------------------- */

enum { PATTERN_SHAPE_BITS = 5, PATTERN_SHAPE = 31, PATTERN_FIRST = 1024 };

/* An address as it is counted. */
struct pattern_key {
    uint64_t domain;
    uint16_t address;
};

/* In lower case. Its length; 0: it is not printable ASCII, or too long. */
static size_t pattern_text(char text[256], struct quoth_span span)
{
    if (span.n > 255)
        return 0;
    for (size_t i = 0; i < span.n; i++) {
        if (span.p[i] <= ' ' || span.p[i] > '~')
            return 0;
        text[i] = (char)(span.p[i] >= 'A' && span.p[i] <= 'Z' ? span.p[i] + 32 : span.p[i]);
    }
    return span.n;
}

/* 0: none of its addresses is counted. */
static int pattern_domain(struct pattern_key *key, struct quoth_span domain)
{
    char text[256];
    const size_t n = pattern_text(text, domain);

    if (n)
        key->domain = list_sum(0, text, n - (text[n - 1] == '.'));
    return n > 0;
}

/* 0: it is not counted, as a role is not, which is nobody's name. */
static int pattern_address(struct pattern_key *key, struct quoth_span local)
{
    char text[256];
    size_t n = pattern_text(text, local);
    const char *tag = n ? memchr(text, '+', n) : NULL;

    if (tag)
        n = (size_t)(tag - text);
    if (!n || quoth_list_local(local.p, local.n) & QUOTH_LIST_ROLE)
        return 0;
    key->address = (uint16_t)(list_sum(0, text, n) << PATTERN_SHAPE_BITS | pattern_shape(text, n));
    return 1;
}

static int pattern_is(const struct list_pattern_domain *slot, const struct pattern_key *key)
{
    return slot->hash == (uint32_t)key->domain && slot->more == (uint16_t)(key->domain >> 32);
}

/* Twice as large. 0 or ENOMEM. */
static int pattern_grow(struct list_pattern *p)
{
    const uint32_t cap = p->cap ? p->cap * 2 : PATTERN_FIRST;
    struct list_pattern_domain *slot = app_zeroed(cap, sizeof *slot);

    if (!slot)
        return -ENOMEM;
    for (uint32_t i = 0; i < p->cap; i++) {
        uint32_t to = p->slot[i].hash & (cap - 1);
        while (p->slot[i].n && slot[to].n)
            to = (to + 1) & (cap - 1);
        if (p->slot[i].n)
            slot[to] = p->slot[i];
    }
    free(p->slot);
    p->slot = slot;
    p->cap = cap;
    return 0;
}

int list_pattern_add(struct list_pattern *p, struct quoth_span local, struct quoth_span domain)
{
    struct list_pattern_domain *slot;
    struct pattern_key key;
    uint32_t i;

    if (!pattern_domain(&key, domain))
        return 0;
    if (p->n >= p->cap / 4 * 3 && pattern_grow(p))
        return -ENOMEM;
    for (i = (uint32_t)key.domain; (slot = &p->slot[i & (p->cap - 1)])->n; i++)
        if (pattern_is(slot, &key))
            break;
    if (slot->n == LIST_PATTERN_KEPT || !pattern_address(&key, local))
        return 0;
    for (i = 0; i < slot->n; i++)
        if (slot->address[i] == key.address)
            return 0;
    p->n += slot->n == 0;
    slot->hash = (uint32_t)key.domain;
    slot->more = (uint16_t)(key.domain >> 32);
    slot->address[slot->n++] = key.address;
    return 0;
}

void list_pattern_settle(struct list_pattern *p)
{
    const size_t n = p->cap * sizeof *p->slot;

    p->fd = n ? list_temporary() : -1;
    if (p->fd < 0)
        return;
    if (list_write_all(p->fd, p->slot, n)) {
        close(p->fd);
        p->fd = -1;
        return;
    }
    free(p->slot);
    p->slot = NULL;
}

/* What is known of the domain. 0: nothing is. */
static int pattern_find(const struct list_pattern *p, const struct pattern_key *key,
                        struct list_pattern_domain *found)
{
    for (uint32_t i = (uint32_t)key->domain; p->cap; i++) {
        const size_t at = i & (p->cap - 1);
        if (p->slot)
            *found = p->slot[at];
        else if (list_read_all(p->fd, found, sizeof *found, at * sizeof *found))
            return 0;
        if (!found->n || pattern_is(found, key))
            return found->n;
    }
    return 0;
}

int list_pattern_says(const struct list_pattern *p, struct quoth_span local,
                      struct quoth_span domain)
{
    struct list_pattern_domain of;
    struct pattern_key key;
    unsigned same = 0, others = 0;

    if (!pattern_domain(&key, domain) || !pattern_address(&key, local) ||
        !pattern_find(p, &key, &of) || of.n < PATTERN_LEAST)
        return 0;
    for (unsigned i = 0; i < of.n; i++) {
        others += of.address[i] != key.address;
        same += of.address[i] != key.address && !((of.address[i] ^ key.address) & PATTERN_SHAPE);
    }
    return pattern_ratio(key.address & PATTERN_SHAPE, same, others);
}

void list_pattern_close(struct list_pattern *p)
{
    if (p->cap && !p->slot)
        close(p->fd);
    free(p->slot);
}
