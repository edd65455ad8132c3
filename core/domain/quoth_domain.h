/* quoth_domain.h - what a domain says about its mail, beside who takes it.
 *
 * The second public header. It stands on quoth.h (machines, lookups, record sets) and has the same
 * conventions; a program that only checks addresses needs nothing of it.
 *
 *   1   SPF: may this address send for that domain? (RFC 7208)
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_DOMAIN_H
#define QUOTH_DOMAIN_H

#include "quoth.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. SPF: the record, term by term ----------------------------------- */

enum quoth_spf_result { /* RFC 7208 2.6 */
                        QUOTH_SPF_NONE = 0,
                        QUOTH_SPF_NEUTRAL,
                        QUOTH_SPF_PASS,
                        QUOTH_SPF_FAIL,
                        QUOTH_SPF_SOFTFAIL,
                        QUOTH_SPF_TEMPERROR,
                        QUOTH_SPF_PERMERROR,
                        QUOTH_SPF_RESULTS
};
const char *quoth_spf_result_name(enum quoth_spf_result result); /* static: "none", "softfail" */

enum quoth_spf_kind {
    QUOTH_SPF_ALL,
    QUOTH_SPF_INCLUDE,
    QUOTH_SPF_A,
    QUOTH_SPF_MX,
    QUOTH_SPF_PTR,
    QUOTH_SPF_IP4,
    QUOTH_SPF_IP6,
    QUOTH_SPF_EXISTS,
    QUOTH_SPF_REDIRECT,
    QUOTH_SPF_EXP,
    QUOTH_SPF_OTHER /* a modifier that nobody knows, which is ignored */
};

enum {                             /* quoth_spf_term.macros */
       QUOTH_SPF_MACRO_SENDER = 1, /* a macro that depends on the sender: any but %{d} */
       QUOTH_SPF_MACRO_P = 2,      /* %{p}: costs questions (RFC 7208 7.3) */
       QUOTH_SPF_MACRO_DOMAIN = 4  /* %{d} */
};

struct quoth_spf_term {       /* read; the spans point into the record */
    uint8_t kind;             /* enum quoth_spf_kind */
    uint8_t result;           /* of a mechanism that matches: PASS, FAIL, SOFTFAIL, NEUTRAL */
    uint8_t macros;           /* in `domain`: QUOTH_SPF_MACRO_* */
    uint8_t bits4, bits6;     /* a, mx: lengths of the networks, 32 and 128 unless given */
    struct quoth_cidr net;    /* ip4, ip6 */
    struct quoth_span text;   /* the whole term */
    struct quoth_span domain; /* domain-spec, macros as written; n 0: none was given */
};

/* Is this text an SPF record at all: "v=spf1" in any case, and then a blank or the end? 1 or 0 */
int quoth_spf_is_record(const char *text, size_t n);

/* The term at *at, which is 0 for the first; *at moves on behind it. Returns 1 with `t`, 0 at the
 * end, or QUOTH_EPROTO with *at on the byte that is wrong (RFC 7208 12). That a modifier stands
 * there twice is for the caller to see. */
int quoth_spf_term(struct quoth_spf_term *t, const char *text, size_t n, size_t *at);

#ifdef __cplusplus
}
#endif
#endif
