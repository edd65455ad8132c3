/* domain_dmarc.c - a record that was meant for DMARC, as it should be.
 *
 *   v=dmarc1 p=none     --\
 *   "v=DMARC1; p=none"  ----->  v=DMARC1; p=none
 *   p=none              --/
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
