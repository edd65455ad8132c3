/* lists.c - what a name or a local part says without asking anyone.
 *
 *     short lists      by hand, packed as below: reserved, free, disposable, role ...
 *     large lists      where QUOTH_LISTS is 2 or more: hashes (sets.h), made from public lists
 *     allow            beats both: never disposable
 *
 * The short lists are the files of data/lists, packed by data/pack_lists.c. Names are stored and
 * compared from their ends, so that a name below a listed one is found too (a.b.example for
 * b.example). A list is read once, from its first name to its last. What a name shares with the
 * one before it is neither stored nor compared again.
 *
 *     (shared << 5 | more) more-bytes ... 0       names reversed and sorted
 *
 * When several names fit, the longest decides. So an exception can stand below a rule, and a rule
 * below an exception.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "lists.h"
#if QUOTH_LISTS > 1
#include "sets.h"
#include "sets_data.h"
#else
#define SETS_DATE ""
#endif

const char *quoth_list_version(void) { return LISTS_VERSION; }
const char *quoth_list_date(void) { return SETS_DATE; }

/* The length of the longest name in `list` that is `text` or lies above it; 0 for none. */
static size_t lists_find(const uint8_t *list, const char *text, size_t n)
{
    size_t same = 0, best = 0; /* same: letters that `text` and the last name read have in common */
    for (; *list; list += 1 + (*list & 31)) {
        size_t shared = *list >> 5, len = shared + (*list & 31u);
        if (shared > same)
            continue; /* this name differs where the last one did */
        if (shared < same && shared < 7)
            break; /* this name and all that follow sort behind `text` */
        const uint8_t *more = list + 1;
        for (same = shared;
             same < len && same < n && *more == quoth_lower((uint8_t)text[n - 1 - same]); more++)
            same++;
        if (same == len && (same == n || text[n - 1 - same] == '.'))
            best = len;
        if (same == len || same == n)
            continue;
        if (*more > quoth_lower((uint8_t)text[n - 1 - same]))
            break; /* it sorts behind `text` as well */
    }
    return best;
}

/* Is there one slip between a and b: a letter more, less or wrong, or two neighbours swapped? */
static int lists_slip(const char *one, size_t one_n, const char *other, size_t other_n)
{
    size_t head = 0, tail = 0;
    while (head < one_n && head < other_n && one[head] == other[head])
        head++;
    while (tail < one_n - head && tail < other_n - head &&
           one[one_n - 1 - tail] == other[other_n - 1 - tail])
        tail++;
    one_n -= head + tail; /* what is left is the part where they differ */
    other_n -= head + tail;
    if (one_n <= 1 && other_n <= 1)
        return one_n + other_n > 0;
    return one_n == 2 && other_n == 2 && one[head] == other[head + 1] &&
           one[head + 1] == other[head];
}

/* Do both end in a country, and in different ones? That is no slip. One of them is a frequent name,
 * at least as long as "x.de", and the other a slip away: both have three bytes. */
static int lists_abroad(const char *a, size_t an, const char *b, size_t bn)
{
    return a[an - 3] == '.' && b[bn - 3] == '.' && memcmp(a + an - 2, b + bn - 2, 2) != 0;
}

/* The frequent domain that is one slip away from `domain`, or NULL. */
static const char *lists_meant(const char *domain, size_t n)
{
    for (const char *to = lists_frequent; *to; to += strlen(to) + 1) {
        size_t to_n = strlen(to);
        if (lists_slip(domain, n, to, to_n) && !lists_abroad(domain, n, to, to_n))
            return to;
    }
    return NULL;
}

/* The longest name that is allowed, as a forwarder or by itself. */
static size_t lists_allowed(const char *domain, size_t n)
{
    size_t alias = lists_find(lists_alias, domain, n), allow = lists_find(lists_allow, domain, n);
    return alias > allow ? alias : allow;
}

#if QUOTH_LISTS > 1
enum { LISTS_LOCAL_MAX = 64 };

/* A name that somebody registered because it looks like a large provider's is not a service for
 * throw-away mail, whatever the list says. */
static unsigned lists_throwaway(const char *domain, size_t n)
{
    return lists_meant(domain, n) ? QUOTH_LIST_TYPO : QUOTH_LIST_DISPOSABLE;
}

/* The large lists hold the names of the short ones too. */
static unsigned lists_domain(const char *domain, size_t n)
{
    unsigned found = lists_find(lists_alias, domain, n) ? QUOTH_LIST_ALIAS : 0;
    size_t listed = sets_find(&sets_disposable, domain, n, 1);
    if (listed && listed > lists_allowed(domain, n))
        return found | lists_throwaway(domain, n);
    return sets_find(&sets_free, domain, n, 0) ? found | QUOTH_LIST_FREE : found;
}

/* The letters and digits of a local part in lower case, without up to three digits at its end:
 * "No-Reply2" is noreply. Its length; 0 when nothing is left. */
static size_t lists_bare(char bare[LISTS_LOCAL_MAX], const char *local, size_t n)
{
    size_t out = 0, digits = 0;
    for (size_t i = 0; i < n && out < LISTS_LOCAL_MAX; i++)
        if (local[i] != '.' && local[i] != '_' && local[i] != '-')
            bare[out++] = (char)quoth_lower((uint8_t)local[i]);
    while (digits < 3 && digits < out && quoth_is_digit(bare[out - 1 - digits]))
        digits++;
    return out - digits;
}

static int lists_ends(const char *text, size_t n, const char *end)
{
    size_t end_n = strlen(end);
    return n > end_n && !memcmp(text + n - end_n, end, end_n);
}

/* Is the text one of the short words, or does it hold one of the longer ones? */
static int lists_like_trap(const char *text, size_t n)
{
    static const char *const longer[] = {"spamtrap", "honeypot", "nospam"};
    if ((n == 4 && !memcmp(text, "trap", 4)) || (n == 3 && !memcmp(text, "uce", 3)))
        return 1;
    for (size_t at = 0; at < n; at++)
        for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
            if (text[at] == *longer[i] && n - at >= strlen(longer[i]) &&
                !memcmp(text + at, longer[i], strlen(longer[i])))
                return 1;
    return 0;
}

/* A role is a hint; a word that spam traps are known by is a weaker one. The large list holds the
 * short ones too, so most local parts are done with one look. */
static unsigned lists_local(const char *local, size_t n)
{
    char bare[LISTS_LOCAL_MAX];
    size_t bare_n = lists_bare(bare, local, n);
    unsigned found = lists_like_trap(bare, bare_n) ? QUOTH_LIST_TRAP : 0;

    if (!bare_n)
        return found;
    if (!sets_find(&sets_role, bare, bare_n, 0)) /* LIST-request: RFC 2142 6 */
        return lists_ends(bare, bare_n, "request") ? found | QUOTH_LIST_ROLE : found;
    if (lists_find(lists_role_system, bare, bare_n) == bare_n)
        return found | QUOTH_LIST_ROLE | QUOTH_LIST_ROLE_SYSTEM;
    if (lists_find(lists_role, bare, bare_n) == bare_n)
        return found | QUOTH_LIST_ROLE;
    return found | QUOTH_LIST_ROLE_MAYBE;
}

unsigned quoth_list_exchanger(const char *host, size_t n)
{
    if (lists_find(lists_parked, host, n))
        return QUOTH_LIST_PARKED;
    if (lists_find(lists_backend, host, n))
        return QUOTH_LIST_DISPOSABLE;
    return quoth_list_domain(host, n) & QUOTH_LIST_DISPOSABLE;
}
#else
static unsigned lists_domain(const char *domain, size_t n)
{
    unsigned found = 0;
    if (lists_find(lists_free, domain, n) == n && n)
        found |= QUOTH_LIST_FREE;
    if (lists_find(lists_disposable, domain, n) > lists_allowed(domain, n))
        found |= QUOTH_LIST_DISPOSABLE;
    return found;
}

static unsigned lists_local(const char *local, size_t n)
{
    return lists_find(lists_role, local, n) == n || lists_find(lists_role_system, local, n) == n
               ? QUOTH_LIST_ROLE
               : 0;
}

unsigned quoth_list_exchanger(const char *host, size_t n) { return (void)host, (void)n, 0; }
#endif

unsigned quoth_list_domain(const char *domain, size_t n)
{
    if (lists_find(lists_reserved, domain, n))
        return QUOTH_LIST_RESERVED; /* nobody can offer anything there */
    return QUOTH_LISTS ? lists_domain(domain, n) : 0;
}

unsigned quoth_list_local(const char *local, size_t n)
{
    if (!QUOTH_LISTS)
        return 0;
    if (n >= 2 && local[0] == '"') { /* "postmaster" in quotes is postmaster */
        local++;
        n -= 2;
    }
    const char *plus = !n ? NULL : (const char *)memchr(local, '+', n);
    if (plus)
        n = (size_t)(plus - local);
    return n ? lists_local(local, n) : 0;
}

int quoth_list_suggest(const char *domain, size_t n, char *buf, size_t cap)
{
    if (!QUOTH_LISTS || quoth_list_domain(domain, n) & ~(unsigned)QUOTH_LIST_TYPO ||
        lists_allowed(domain, n))
        return 0;
    const char *to = lists_meant(domain, n);
    if (!to)
        return 0;
    size_t to_n = strlen(to);
    if (to_n >= cap)
        return QUOTH_ESPACE;
    memcpy(buf, to, to_n + 1);
    return (int)to_n;
}
