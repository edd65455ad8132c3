/* lists.c - what a name or a local part says without asking anyone.
 *
 * The lists are the files of data/lists, packed by data/pack_lists.c. Names are stored and compared
 * from their ends, so that a name below a listed one is found too (a.b.example for b.example). A
 * list is read once, from its first name to its last. What a name shares with the one before it is
 * neither stored nor compared again.
 *
 *     (shared << 5 | more) more-bytes ... 0       names reversed and sorted
 *
 * When several names fit, the longest decides. So an exception can stand below a rule, and a rule
 * below an exception.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "lists.h"

const char *quoth_list_version(void) { return LISTS_VERSION; }

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

unsigned quoth_list_domain(const char *domain, size_t n)
{
    unsigned found = lists_find(lists_reserved, domain, n) ? QUOTH_LIST_RESERVED : 0;
    if (!QUOTH_LISTS)
        return found;
    size_t allowed = lists_find(lists_allow, domain, n);
    if (lists_find(lists_free, domain, n) == n && n)
        found |= QUOTH_LIST_FREE;
    if (lists_find(lists_disposable, domain, n) > allowed)
        found |= QUOTH_LIST_DISPOSABLE;
    return found;
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
    return n && lists_find(lists_role, local, n) == n ? QUOTH_LIST_ROLE : 0;
}

/* Is there one slip between a and b: a letter more, less or wrong, or two neighbours swapped? */
static int lists_slip(const char *a, size_t an, const char *b, size_t bn)
{
    size_t head = 0, tail = 0;
    while (head < an && head < bn && a[head] == b[head])
        head++;
    while (tail < an - head && tail < bn - head && a[an - 1 - tail] == b[bn - 1 - tail])
        tail++;
    an -= head + tail; /* what is left is the part where they differ */
    bn -= head + tail;
    if (an <= 1 && bn <= 1)
        return an + bn > 0;
    return an == 2 && bn == 2 && a[head] == b[head + 1] && a[head + 1] == b[head];
}

/* Do both end in a country, and in different ones? That is no slip. */
static int lists_abroad(const char *a, size_t an, const char *b, size_t bn)
{
    if (an < 3 || bn < 3 || a[an - 3] != '.' || b[bn - 3] != '.')
        return 0;
    return memcmp(a + an - 2, b + bn - 2, 2) != 0;
}

int quoth_list_suggest(const char *domain, size_t n, char *buf, size_t cap)
{
    if (!QUOTH_LISTS || quoth_list_domain(domain, n) || lists_find(lists_allow, domain, n))
        return 0;
    for (const char *to = lists_frequent; *to; to += strlen(to) + 1) {
        size_t to_n = strlen(to);
        if (!lists_slip(domain, n, to, to_n) || lists_abroad(domain, n, to, to_n))
            continue;
        if (to_n >= cap)
            return QUOTH_ESPACE;
        memcpy(buf, to, to_n + 1);
        return (int)to_n;
    }
    return 0;
}
