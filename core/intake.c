/* intake.c - from a line of text to the domain that is to be asked, or to the reason why nobody is.
 *
 *   "jane@Bücher.example"
 *      |  quoth_intake_address   is it an address?                        no: syntax
 *      |                         the domain as it is asked: A-labels    cannot be:
 *      |                                                                idna_unsupported
 *      v
 *   jane, xn--bcher-kva.example
 *      |  quoth_intake_domain    which lists is it on?                    reserved
 *      |                         is there a domain to ask?                literal, single label
 *      v
 *   xn--bcher-kva.example
 *
 * Everything that turns text into questions goes through here: one address, a list, a server. So
 * the same text has the same answer everywhere.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum quoth_reason quoth_intake_address(struct quoth_evidence *evidence, const char *text, size_t n)
{
    evidence->domain[0] = '\0';
    if (quoth_addr_parse(&evidence->addr, text, n) < 0)
        return QUOTH_REASON_SYNTAX;
    /* A valid domain fits, and is asked for as it is: but where IDNA is left out. */
    if (quoth_addr_domain(&evidence->addr, evidence->domain, sizeof evidence->domain) < 0)
        return QUOTH_REASON_IDNA_UNSUPPORTED;
    return QUOTH_REASON_NONE;
}

enum quoth_reason quoth_intake_domain(struct quoth_evidence *evidence,
                                      const struct quoth_conf *conf)
{
    evidence->lists = (uint16_t)(quoth_list_domain(evidence->domain, strlen(evidence->domain)) |
                                 quoth_list_local(evidence->addr.local.p, evidence->addr.local.n));
    if (quoth_is_listed(evidence->domain, conf->allow_names))
        evidence->lists &= (uint16_t)~QUOTH_LIST_RESERVED;
    if (evidence->lists & QUOTH_LIST_RESERVED)
        return QUOTH_REASON_RESERVED;
    if (conf->depth == QUOTH_DEPTH_SYNTAX)
        return QUOTH_REASON_SYNTAX_OK;
    if (evidence->addr.flags & QUOTH_ADDR_LITERAL)
        return QUOTH_REASON_ADDRESS_LITERAL;
    if (evidence->addr.flags & QUOTH_ADDR_SINGLE_LABEL)
        return QUOTH_REASON_SINGLE_LABEL;
    return QUOTH_REASON_NONE;
}
