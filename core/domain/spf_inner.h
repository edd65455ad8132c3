/* spf_inner.h - what the two files of SPF share: a macro.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_SPF_INNER_H
#define QUOTH_SPF_INNER_H

#include "inner.h"
#include "quoth_domain.h"

/* %{LETTER DIGITS r DELIMITERS}, RFC 7208 7.1 */
struct quoth_spf_macro {
    char letter;                 /* in lower case */
    uint8_t keep;                /* parts from the right; 0: all */
    uint8_t reverse, escape;     /* escape: the letter was a capital */
    struct quoth_span delimiter; /* n 0: the dot */
};

/* The macro at the start of `p`, which is a '%'. Returns its bytes, or 0. */
size_t quoth_spf_macro(struct quoth_spf_macro *macro, const char *p, size_t n);

#endif
