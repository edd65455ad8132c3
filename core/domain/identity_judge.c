/* identity_judge.c - facts about our own address to findings, by the table core/data/checks.txt.
 *
 *   facts --> names, EHLO, SPF, block lists: which rows hold --> the worst first
 *
 * What could not be asked is unknown. So is what a list says that answers wrongly, or that does not
 * answer us: none of that is a listing.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "quoth_domain.h"
#include "checks.h"

struct identity_found {
    const struct quoth_identity_facts *f;
    struct quoth_finding *out;
    size_t n;
};

static const struct quoth_part identity_nothing;

static void identity_put(struct identity_found *found, unsigned id, unsigned num,
                         struct quoth_part text, const char *word)
{
    if (found->n < QUOTH_FINDINGS_MAX)
        found->out[found->n++] =
            (struct quoth_finding) {(uint8_t)quoth_check_grade(id, QUOTH_PROFILE_SENDING),
                                    (uint16_t)id, (uint16_t)num, text, word};
}

static void identity_add(struct identity_found *found, unsigned id)
{
    identity_put(found, id, 0, identity_nothing, NULL);
}

static int identity_failed(uint8_t answer) { return answer > QUOTH_ANSWER_NXDOMAIN; }

/* The names of the address: does one of them lead back, or might one for all we know? */
static void identity_names(struct identity_found *found)
{
    const struct quoth_identity_facts *facts = found->f;
    unsigned leads = 0, lost = 0, generic = 0;

    if (identity_failed(facts->ptr))
        identity_put(found, CHECK_PTR_UNKNOWN, 0, identity_nothing,
                     quoth_answer_name((enum quoth_answer)facts->ptr));
    else if (facts->ptr && facts->ptr != QUOTH_ANSWER_DATA)
        identity_add(found, CHECK_PTR_MISSING);
    for (unsigned i = 0; i < facts->names; i++) {
        leads |= facts->name[i].leads;
        lost += identity_failed(facts->name[i].answer) || !facts->name[i].answer;
        generic += facts->name[i].generic;
    }
    if (facts->ptrs > facts->names)
        lost++; /* others were not looked at */
    if (facts->names && !leads)
        identity_put(found, lost ? CHECK_PTR_FORWARD_UNKNOWN : CHECK_PTR_FORWARD, 0,
                     facts->name[0].name, NULL);
    if (facts->ptrs > 10)
        identity_put(found, CHECK_PTR_MANY, facts->ptrs, identity_nothing, NULL);
    if (generic && generic == facts->names)
        identity_put(found, CHECK_PTR_GENERIC, 0, facts->name[0].name, NULL);
}

/* The name in EHLO does not lead to us, and is not known to do so. */
static unsigned identity_astray(const struct quoth_identity_facts *facts)
{
    const uint8_t mine = facts->ip.len == 16 ? facts->helo_aaaa : facts->helo_a;

    if (facts->helo_a == QUOTH_ANSWER_DATA || facts->helo_aaaa == QUOTH_ANSWER_DATA)
        return identity_failed(mine) ? CHECK_HELO_UNKNOWN : CHECK_HELO_FORWARD;
    return identity_failed(facts->helo_a) || identity_failed(facts->helo_aaaa)
               ? CHECK_HELO_UNKNOWN
               : CHECK_HELO_NO_ADDRESS;
}

static void identity_helo(struct identity_found *found)
{
    const struct quoth_identity_facts *facts = found->f;

    if (facts->helo_fault == QUOTH_HELO_BARE) {
        identity_put(found, CHECK_HELO_BARE, 0, facts->helo, NULL);
        return;
    }
    if (facts->helo_fault == QUOTH_HELO_PROVIDER)
        identity_put(found, CHECK_HELO_PROVIDER, 0, facts->helo, NULL);
    if (facts->helo_a && facts->helo_aaaa && !facts->helo_ours) {
        const unsigned id = identity_astray(facts);
        if (facts->ip.len || id != CHECK_HELO_FORWARD)
            identity_put(found, id, 0, facts->helo, NULL);
    }
    if (facts->helo.n && facts->names && facts->names == facts->ptrs && !facts->helo_ptr)
        identity_put(found, CHECK_HELO_NOT_PTR, 0, facts->name[0].name, NULL);
}

static void identity_spf(struct identity_found *found)
{
    static const uint8_t rows[QUOTH_SPF_RESULTS] = {
        [QUOTH_SPF_NONE] = CHECK_SENDER_SPF_NONE,
        [QUOTH_SPF_NEUTRAL] = CHECK_SENDER_SPF_WEAK,
        [QUOTH_SPF_SOFTFAIL] = CHECK_SENDER_SPF_WEAK,
        [QUOTH_SPF_FAIL] = CHECK_SENDER_SPF_FAIL,
        [QUOTH_SPF_PERMERROR] = CHECK_SENDER_SPF_BROKEN,
        [QUOTH_SPF_TEMPERROR] = CHECK_SENDER_SPF_UNKNOWN};
    const struct quoth_identity_facts *facts = found->f;

    if (facts->spf < QUOTH_SPF_RESULTS && facts->spf != QUOTH_SPF_PASS)
        identity_put(found, rows[facts->spf], 0, identity_nothing,
                     quoth_spf_result_name((enum quoth_spf_result)facts->spf));
    if (facts->spf_helo == QUOTH_SPF_FAIL || facts->spf_helo == QUOTH_SPF_PERMERROR)
        identity_put(found, CHECK_HELO_SPF, 0, identity_nothing,
                     quoth_spf_result_name((enum quoth_spf_result)facts->spf_helo));
}

static void identity_zone(struct identity_found *found, const struct quoth_fact_listing *list)
{
    static const uint8_t rows[QUOTH_LISTINGS] = {[QUOTH_LISTING_LISTED] = CHECK_DNSBL_LISTED,
                                                 [QUOTH_LISTING_PROVIDER] = CHECK_DNSBL_PROVIDER,
                                                 [QUOTH_LISTING_DEAD] = CHECK_DNSBL_DEAD,
                                                 [QUOTH_LISTING_REWRITTEN] = CHECK_DNSBL_REWRITTEN,
                                                 [QUOTH_LISTING_ZONE] = CHECK_DNSBL_ZONE,
                                                 [QUOTH_LISTING_PUBLIC] = CHECK_DNSBL_RESOLVER,
                                                 [QUOTH_LISTING_LIMIT] = CHECK_DNSBL_LIMIT,
                                                 [QUOTH_LISTING_ERROR] = CHECK_DNSBL_ERROR,
                                                 [QUOTH_LISTING_FAILED] = CHECK_DNSBL_UNKNOWN};

    if (list->listing > QUOTH_LISTING_CLEAN)
        identity_put(found, rows[list->listing], list->code[3], list->zone, NULL);
}

size_t quoth_identity_judge(const struct quoth_identity_facts *facts,
                            struct quoth_finding out[QUOTH_FINDINGS_MAX])
{
    struct identity_found found = {facts, out, 0};

    if (facts->late)
        identity_put(&found, CHECK_DOMAIN_UNFINISHED, facts->queries, identity_nothing, NULL);
    identity_names(&found);
    identity_helo(&found);
    identity_spf(&found);
    for (unsigned i = 0; i < facts->zones; i++)
        identity_zone(&found, &facts->zone[i]);
    quoth_findings_sort(out, found.n);
    return found.n;
}
