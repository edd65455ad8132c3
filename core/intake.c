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

int quoth_is_listed(const char *name, const char *const *list)
{
    size_t n = strlen(name);

    for (; list && *list; list++) {
        size_t m = strlen(*list);
        if (m <= n && quoth_same(name + n - m, m, *list, m) && (m == n || name[n - m - 1] == '.'))
            return 1;
    }
    return 0;
}

enum quoth_reason quoth_intake_address(struct quoth_evidence *e, const char *text, size_t n)
{
    int len;

    e->domain[0] = '\0';
    if (quoth_addr_parse(&e->addr, text, n) < 0)
        return QUOTH_REASON_SYNTAX;
    len = quoth_addr_domain(&e->addr, e->domain, sizeof e->domain);
    if (len > 0)
        return QUOTH_REASON_NONE;
    e->domain[0] = '\0';
    if (len == QUOTH_ENOSYS)
        return QUOTH_REASON_IDNA_UNSUPPORTED;
    e->addr.fault = QUOTH_ADDR_IDNA_BAD;
    e->addr.at = (uint16_t)(e->addr.domain.p - text);
    return QUOTH_REASON_SYNTAX;
}

enum quoth_reason quoth_intake_domain(struct quoth_evidence *e, const struct quoth_conf *conf)
{
    e->lists = (uint16_t)(quoth_list_domain(e->domain, strlen(e->domain)) |
                          quoth_list_local(e->addr.local.p, e->addr.local.n));
    if (quoth_is_listed(e->domain, conf->allow_names))
        e->lists &= (uint16_t)~QUOTH_LIST_RESERVED;
    if (e->lists & QUOTH_LIST_RESERVED)
        return QUOTH_REASON_RESERVED;
    if (conf->depth == QUOTH_DEPTH_SYNTAX)
        return QUOTH_REASON_SYNTAX_OK;
    if (e->addr.flags & QUOTH_ADDR_LITERAL)
        return QUOTH_REASON_ADDRESS_LITERAL;
    if (e->addr.flags & QUOTH_ADDR_SINGLE_LABEL)
        return QUOTH_REASON_SINGLE_LABEL;
    return QUOTH_REASON_NONE;
}
