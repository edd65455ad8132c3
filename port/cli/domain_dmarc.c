/* domain_dmarc.c - a record that was meant for DMARC, as it should be.
 *
 *   v=dmarc1 p=none     --\
 *   "v=DMARC1; p=none"  ----->  v=DMARC1; p=none
 *   p=none              --/
 *   rua=a@b.example     ----->  rua=mailto:a@b.example
 *
 * What stands for the version gives way to it, and so do marks at the end; all else stays as it was
 * written.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "domain_cmd.h"

size_t domain_dmarc(struct quoth_span text, char out[DOMAIN_SPF])
{
    static const char marks[] = " ;\"\\,.:0123456789"; /* of these, the first four end none */
    enum { FRONT = 9, WORD = 5 }; /* "v = and a mark; an address has more in front of the word */
    enum { BROKEN = QUOTH_DMARC_DUPLICATE | QUOTH_DMARC_SYNTAX | QUOTH_DMARC_VALUE };
    struct quoth_dmarc dmarc;
    const char *p = text.p, *end = p + text.n;
    size_t n;

    for (size_t i = 0; i < FRONT && text.p + i < end; i++)
        if (!strncasecmp(text.p + i, "dmarc", WORD))
            p = text.p + i + WORD;
    p += strspn(p, marks);
    while (end > p && memchr(marks, end[-1], 4))
        end--;
    n = (size_t)sprintf(out, "v=DMARC1; %.*s", (int)(end - p), p);
    if (text.n >= DOMAIN_MEANT || quoth_dmarc_read(&dmarc, out, n) != QUOTH_OK ||
        dmarc.flags & BROKEN || (dmarc.p | dmarc.sp | dmarc.np) >= QUOTH_DMARC_INVALID)
        return 0; /* it may be cut, or has another fault */
    return n;
}

/* The first address for reports that lacks "mailto:", or NULL. */
static const char *dmarc_bare(const char *record, size_t n)
{
    struct quoth_dmarc dmarc;
    struct quoth_dmarc_uri uri;

    if (quoth_dmarc_read(&dmarc, record, n) != QUOTH_OK)
        return NULL;
    for (const struct quoth_span *list = &dmarc.rua;; list = &dmarc.ruf) {
        for (size_t at = 0; quoth_dmarc_uri(list, &at, &uri);)
            if (uri.kind == QUOTH_DMARC_URI_BARE)
                return uri.text.p;
        if (list == &dmarc.ruf)
            return NULL;
    }
}

size_t domain_dmarc_mailto(struct quoth_span record, char out[DOMAIN_SPF])
{
    static const char scheme[7] = {'m', 'a', 'i', 'l', 't', 'o', ':'};
    const char *bare;
    size_t n = record.n, at;

    memcpy(out, record.p, n);
    while (n + sizeof scheme < DOMAIN_SPF && (bare = dmarc_bare(out, n)) != NULL) {
        at = (size_t)(bare - out);
        memmove(out + at + sizeof scheme, out + at, n - at);
        memcpy(out + at, scheme, sizeof scheme);
        n += sizeof scheme;
    }
    return n;
}
