/* health_ref.h - a plain reference for core/domain/health.c, for health_test.c: each finding and
 * when it is one, as core/data/checks.txt words it, over complete facts.
 *
 *   facts --> ref_mail, ref_hosts, ref_spf, ...: "when this holds, that is found"
 *         --> what the domain may be for --> the mildest grade of these
 *
 * Findings come in no particular order. What a record says is read with the readers of core
 * (quoth_spf_term(), quoth_dmarc_read()), which have suites of their own.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HEALTH_REF_H
#define HEALTH_REF_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "quoth_domain.h"

enum { REF_SAID = 400, REF_TERMS = 300 };

struct ref_said {
    const char *id, *word;
    unsigned num;
    struct quoth_part text;
};

struct ref {
    const struct quoth_facts *facts;
    struct ref_said said[REF_SAID];
    size_t n;
};

static void ref_say(struct ref *ref, int when, const char *id, struct ref_said what)
{
    if (!when)
        return;
    what.id = id;
    what.num = what.num < 65535 ? what.num : 65535;
    ref->said[ref->n++] = what;
}

#define SAY(when, id)            ref_say(ref, when, id, (struct ref_said) {0})
#define SAY_NUM(when, id, count) ref_say(ref, when, id, (struct ref_said) {.num = (count)})
#define SAY_OF(when, id, part)   ref_say(ref, when, id, (struct ref_said) {.text = (part)})
#define SAY_WORD(when, id, says) ref_say(ref, when, id, (struct ref_said) {.word = (says)})
#define SAY_AT(when, id, part, count) \
    ref_say(ref, when, id, (struct ref_said) {.text = (part), .num = (count)})

/* ---- answers --------------------------------------------------------------- */

static int ref_none(unsigned answer)
{
    return answer == QUOTH_ANSWER_NODATA || answer == QUOTH_ANSWER_NXDOMAIN;
}
static int ref_failed(unsigned answer)
{
    return !ref_none(answer) && answer != QUOTH_ANSWER_NONE && answer != QUOTH_ANSWER_DATA;
}
static const char *ref_answer(unsigned answer)
{
    return quoth_answer_name((enum quoth_answer)answer);
}

static int ref_gone(const struct quoth_facts *facts)
{
    const int spf_says = facts->spf.asked && facts->spf.result == QUOTH_SPF_NONE &&
                         facts->spf.answer == QUOTH_ANSWER_NXDOMAIN;
    return spf_says || facts->mx == QUOTH_ANSWER_NXDOMAIN;
}

/* A host's addresses: there are none; or nobody knows. */
static int ref_no_address(const struct quoth_fact_host *host)
{
    return ref_none(host->a) && (host->aaaa == QUOTH_ANSWER_NONE || ref_none(host->aaaa));
}
static int ref_unknown(const struct quoth_fact_host *host)
{
    const unsigned known =
        QUOTH_HOST_ALIAS | QUOTH_HOST_PUBLIC | QUOTH_HOST_PRIVATE | QUOTH_HOST_MANY;
    return (host->flags & known) == 0 && !ref_no_address(host);
}

/* ---- what it is for -------------------------------------------------------- */

enum ref_maybe { REF_NO, REF_YES, REF_MAYBE };

static enum ref_maybe ref_takes_mail(const struct quoth_facts *facts)
{
    if (ref_gone(facts))
        return REF_NO;
    if (facts->mx == QUOTH_ANSWER_NONE || ref_failed(facts->mx))
        return REF_MAYBE;
    if (facts->mx_null && facts->hosts == 0)
        return REF_NO;
    if (facts->mx == QUOTH_ANSWER_DATA)
        return REF_YES;
    if (ref_no_address(&facts->host[0]))
        return REF_NO;
    return ref_unknown(&facts->host[0]) ? REF_MAYBE : REF_YES;
}

static enum ref_maybe ref_has_spf(const struct quoth_facts *facts)
{
    if (facts->spf.asked && facts->spf.result != QUOTH_SPF_TEMPERROR)
        return facts->spf.result == QUOTH_SPF_NONE ? REF_NO : REF_YES;
    return facts->spf.record.n ? REF_YES : REF_MAYBE;
}

static int ref_may_be(const struct quoth_facts *facts, enum quoth_profile profile)
{
    const enum ref_maybe takes = ref_takes_mail(facts), spf = ref_has_spf(facts);

    if (profile == QUOTH_PROFILE_PARKED)
        return takes != REF_YES;
    return takes != REF_NO && spf != (profile == QUOTH_PROFILE_SENDING ? REF_NO : REF_YES);
}

/* Of a row of the table; the mildest of several: OK, note, warn, bad, and then unknown. */
static unsigned ref_grade(const struct quoth_facts *facts, enum quoth_profile profile, unsigned id)
{
    unsigned mildest = QUOTH_GRADES;

    for (int one = QUOTH_PROFILE_SENDING; one < QUOTH_PROFILES; one++) {
        const unsigned grade = quoth_check_grade(id, (enum quoth_profile)one);
        if (profile == QUOTH_PROFILE_AUTO ? ref_may_be(facts, (enum quoth_profile)one)
                                          : profile == (enum quoth_profile)one)
            mildest = grade < mildest ? grade : mildest;
    }
    return mildest;
}

/* ---- mail hosts -------------------------------------------------------------- */

static void ref_host(struct ref *ref, const struct quoth_fact_host *host)
{
    const int named = ref->facts->mx == QUOTH_ANSWER_DATA; /* by an MX record */

    SAY_OF(ref_none(host->ptr), "mx.no_name", host->name);
    SAY_OF(host->talk == QUOTH_TALK_FAILED, "mx.untalked", host->name);
    SAY_OF(ref_unknown(host) && (ref_failed(host->a) || ref_failed(host->aaaa)), "mx.host_unknown",
           host->name);
    SAY_OF(named && (host->flags & QUOTH_HOST_ALIAS), "mx.alias", host->name);
    SAY_OF(named && ref_no_address(host), "mx.no_address", host->name);
    SAY_OF(named && (host->flags & QUOTH_HOST_PRIVATE), "mx.private", host->name);
}

static void ref_mail(struct ref *ref)
{
    const struct quoth_facts *facts = ref->facts;
    const int itself = facts->mx == QUOTH_ANSWER_NODATA && facts->hosts;
    unsigned usable = facts->mx_more, same = 0;

    for (unsigned i = 0; i < facts->hosts; i++) {
        const struct quoth_fact_host *host = &facts->host[i];
        const int certain = host->a && !ref_failed(host->a) && !ref_failed(host->aaaa);
        usable += (host->flags & QUOTH_HOST_PUBLIC) || !certain;
        same += host->ip.len && !(host->flags & QUOTH_HOST_MANY) &&
                host->ip.len == facts->host[0].ip.len &&
                !memcmp(host->ip.b, facts->host[0].ip.b, sizeof host->ip.b);
        ref_host(ref, host);
    }
    SAY_WORD(ref_failed(facts->mx), "mx.unknown", ref_answer(facts->mx));
    SAY(ref_gone(facts), "domain.none");
    SAY(itself && ref_no_address(&facts->host[0]), "mx.nowhere");
    SAY(itself && !ref_no_address(&facts->host[0]), "mx.implicit");
    SAY(facts->mx_null && facts->hosts, "mx.null_beside");
    SAY(facts->mx_null && !facts->hosts, "mx.null");
    SAY(facts->mx_odd, "mx.not_a_name");
    SAY(facts->mx_proof, "mx.proof");
    SAY(facts->mx == QUOTH_ANSWER_DATA && !usable && !(facts->mx_null && !facts->hosts),
        "mx.unusable");
    SAY_NUM(facts->hosts > 1 && same == facts->hosts && !facts->mx_more, "mx.one_address",
            facts->hosts);
}

/* ---- DNSSEC and DANE ----------------------------------------------------------- */

static enum quoth_dnssec ref_dnssec(const struct quoth_facts *facts)
{
    const int code = facts->zone_ede - 1; /* of RFC 8914 */

    if (facts->zone == QUOTH_ANSWER_SERVFAIL)
        return (code >= 6 && code <= 12) || facts->unchecked == QUOTH_ANSWER_DATA
                   ? QUOTH_DNSSEC_BOGUS
                   : QUOTH_DNSSEC_UNKNOWN;
    if (facts->zone == QUOTH_ANSWER_DATA && facts->ds == QUOTH_ANSWER_NODATA)
        return QUOTH_DNSSEC_UNSIGNED;
    if (facts->zone == QUOTH_ANSWER_DATA && facts->ds == QUOTH_ANSWER_DATA && !facts->trusts)
        return QUOTH_DNSSEC_SIGNED;
    if (facts->zone == QUOTH_ANSWER_DATA && facts->ds == QUOTH_ANSWER_DATA && facts->zone_ad)
        return QUOTH_DNSSEC_SECURE;
    return QUOTH_DNSSEC_UNKNOWN;
}

static const char *ref_bogus(unsigned ede)
{
    switch (ede - 1) {
    case 7: return "a signature expired";
    case 8: return "a signature is not valid yet";
    case 9: return "the key is missing";
    case 10: return "signatures are missing";
    case 11: return "no key is one of a zone";
    case 12: return "proof is missing";
    default: return "no closer reason given";
    }
}

static void ref_tlsa(struct ref *ref, const struct quoth_fact_host *host)
{
    const int trusts = ref->facts->trusts, open = (host->flags & QUOTH_HOST_OPEN) != 0;
    const int usable = (host->tlsa_saw & QUOTH_TLSA_USABLE) != 0;
    const int counts = usable && !(trusts && open);

    SAY_OF(trusts && open, "dane.insecure", host->name);
    SAY_OF(trusts && !open && ref->facts->mx_open, "dane.mx_insecure", host->name);
    SAY_OF(host->tlsa_saw & QUOTH_TLSA_PKIX, "dane.pkix", host->name);
    SAY_OF(host->tlsa_saw & QUOTH_TLSA_FULL, "dane.full", host->name);
    SAY_OF(host->tlsa_saw & QUOTH_TLSA_LENGTH, "dane.length", host->name);
    SAY_OF(host->tlsa_saw & QUOTH_TLSA_EMPTY, "dane.empty", host->name);
    SAY_OF(!usable, "dane.unusable", host->name);
    SAY_OF(usable && host->tlsas == 1 && (host->tlsa_saw & QUOTH_TLSA_CERT), "dane.single",
           host->name);
    SAY_OF(counts && host->match == QUOTH_MATCH_NONE, "dane.mismatch", host->should);
    SAY_OF(counts && (host->talk == QUOTH_TALK_CLEAR || host->talk == QUOTH_TALK_BROKEN),
           "dane.no_tls", host->name);
}

static void ref_dane(struct ref *ref)
{
    const struct quoth_facts *facts = ref->facts;
    const int bogus = ref_dnssec(facts) == QUOTH_DNSSEC_BOGUS;
    unsigned with = 0;

    SAY_WORD(bogus, "dnssec.bogus", ref_bogus(facts->zone_ede));
    SAY_WORD(!bogus && ref_failed(facts->zone), "dnssec.unknown", ref_answer(facts->zone));
    SAY_WORD(!bogus && !ref_failed(facts->zone) && ref_failed(facts->ds), "dnssec.unknown",
             ref_answer(facts->ds));
    for (unsigned i = 0; i < facts->hosts; i++) {
        const struct quoth_fact_host *host = &facts->host[i];
        const int unsigned_here = facts->trusts && (host->flags & QUOTH_HOST_OPEN);
        SAY_OF(ref_failed(host->tlsa) && !unsigned_here, "dane.unknown", host->name);
        with += host->tlsas > 0;
        SAY_OF(host->tlsas && with == 1 && !facts->trusts, "dane.untrusted", host->name);
        if (host->tlsas)
            ref_tlsa(ref, host);
    }
}

/* ---- SPF ------------------------------------------------------------------------ */

static int ref_begins(const char *text, const char *word)
{
    while (*word && tolower((unsigned char)*text) == *word)
        text++, word++;
    return !*word;
}

/* Where a second term begins in a term, or a '=' stands for its colon; 0: nowhere. */
static size_t ref_second(const char *term, int ip6)
{
    static const char *const words[] = {
        "include:", "exists:", "ip4:", "ip6:", "ptr:", "all:", "mx:", "redirect=", "a:"};
    const size_t n = strlen(term);
    char equals[12];

    for (int i = 0; i < (ip6 ? 8 : 9); i++) {
        strcpy(equals, words[i]);
        equals[strlen(equals) - 1] = '=';
        if (i != 7 && ref_begins(term, equals))
            return strlen(equals) - 1;
        for (size_t at = n && strchr("+-~?", *term) ? 2 : 1; at < n; at++)
            if (ref_begins(term + at, words[i]))
                return at;
    }
    if (n >= (strchr("+-~?", *term) ? 6 : 5) && strchr("+-~?", term[n - 4]) &&
        ref_begins(term + n - 3, "all"))
        return n - 4;
    return 0;
}

static const char *ref_text(const struct quoth_facts *facts, struct quoth_part part,
                            char text[QUOTH_FACT_TEXT])
{
    memcpy(text, facts->text + part.at, part.n);
    text[part.n] = 0;
    return text;
}

static int ref_has(const char *text, const char *part)
{
    for (; *text; text++) {
        size_t i = 0;
        while (part[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (i && !part[i])
            return 1;
    }
    return 0;
}

static int ref_joined(const char *text, size_t n)
{
    char word[QUOTH_FACT_TEXT];

    snprintf(word, sizeof word, "%.*s", (int)n, text);
    return ref_second(word, ref_begins(word + (strchr("+-~?", *word) != NULL), "ip6:")) > 0;
}

/* Words of the record that are two terms. 1: the walk ended in one of them, with an error. */
static int ref_spf_words(struct ref *ref)
{
    const struct quoth_fact_spf *spf = &ref->facts->spf;
    char record[QUOTH_FACT_TEXT], where[QUOTH_FACT_TEXT];
    int ended = 0;

    ref_text(ref->facts, spf->record, record);
    ref_text(ref->facts, spf->where, where);
    for (char *word = strtok(record, " "); word; word = strtok(NULL, " ")) {
        const int ip6 = ref_begins(word + (strchr("+-~?", *word) != NULL), "ip6:");
        const size_t second = ref_second(word, ip6), at = (size_t)(word - record);
        const struct quoth_part part = {(uint16_t)(spf->record.at + at), (uint16_t)strlen(word)};
        SAY_AT(second > 0, word[second] == '=' ? "spf.equals" : "spf.join", part,
               (unsigned)(at + second));
        ended |= second && ref_has(word, where);
    }
    return ended && spf->result == QUOTH_SPF_PERMERROR;
}

static void ref_spf_end(struct ref *ref)
{
    const struct quoth_fact_spf *spf = &ref->facts->spf;
    const int inner = spf->depth > 0, why = spf->why, none = spf->result == QUOTH_SPF_NONE;
    const int broken = why == QUOTH_SPF_WHY_SYNTAX;
    const unsigned at = inner ? 0u : spf->at; /* of this record */

    SAY_OF(why == QUOTH_SPF_WHY_NO_RECORD && none && ref->facts->spf_meant.n > 0, "spf.version",
           ref->facts->spf_meant);
    SAY(why == QUOTH_SPF_WHY_NO_RECORD && none && !ref_gone(ref->facts), "spf.none");
    SAY(why == QUOTH_SPF_WHY_NO_RECORD && none && !ref_gone(ref->facts), "spf.parked");
    SAY_AT(why == QUOTH_SPF_WHY_NO_RECORD && !none, "spf.dead_include", spf->where, at);
    SAY_AT(why == QUOTH_SPF_WHY_RECORDS && !inner, "spf.multiple", spf->where, at);
    SAY_AT(why == QUOTH_SPF_WHY_TWICE && !inner, "spf.twice", spf->where, at);
    SAY_AT((why == QUOTH_SPF_WHY_RECORDS || why == QUOTH_SPF_WHY_TWICE) && inner, "spf.inner",
           spf->where, at);
    SAY_AT(broken, inner ? "spf.inner" : "spf.syntax", spf->where, at);
    SAY_AT(why == QUOTH_SPF_WHY_HOSTS, "spf.hosts", spf->where, at);
    SAY_AT(why == QUOTH_SPF_WHY_LOOP, "spf.loop", spf->where, at);
    SAY_AT(why == QUOTH_SPF_WHY_NAME, "spf.name", spf->where, at);
    SAY_AT(why == QUOTH_SPF_WHY_DNS, "spf.unknown", spf->where, at);
    SAY_AT(why == QUOTH_SPF_WHY_TOO_BIG || why == QUOTH_SPF_WHY_ENTROPY, "spf.too_big_here",
           spf->where, at);
}

/* The term of the record that begins at `at`, with what it says. 1, or 0: none is there. */
static int ref_term(const struct quoth_facts *facts, size_t *at, struct quoth_spf_term *term,
                    struct quoth_part *here)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->spf.record);

    if (quoth_spf_term(term, record.p, record.n, at) != 1)
        return 0;
    here->at = (uint16_t)(term->text.p - facts->text);
    here->n = (uint16_t)term->text.n;
    return 1;
}

static int ref_odd_bits(const struct quoth_cidr *net)
{
    struct quoth_ip bare = net->ip;

    for (unsigned bit = 0; bit < bare.len * 8u; bit++)
        if (bit >= net->bits)
            bare.b[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    return memcmp(bare.b, net->ip.b, bare.len) != 0;
}

static void ref_network(struct ref *ref, const struct quoth_spf_term *term, struct quoth_part here)
{
    static const struct quoth_targets usual;
    const int passes = term->result == QUOTH_SPF_PASS && term->net.bits > 0;
    const unsigned most = term->kind == QUOTH_SPF_IP4 ? 15 : 31;
    struct quoth_ip first = term->net.ip, last = first;
    int whole, part = 0;

    for (unsigned bit = term->net.bits; bit < first.len * 8u; bit++) {
        first.b[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
        last.b[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    }
    whole =
        !quoth_target_ok(&usual, &first) && !quoth_target_ok(&usual, &last) && term->net.bits >= 3;
    if (term->kind == QUOTH_SPF_IP4) {
        const unsigned from = first.b[0] * 256u + first.b[1], to = last.b[0] * 256u + last.b[1];
        part = (from <= 10 * 256 && to >= 10 * 256) ||
               (from <= 172 * 256 + 16 && to >= 172 * 256 + 16) ||
               (from <= 192 * 256 + 168 && to >= 192 * 256 + 168);
    }
    SAY_OF(ref_odd_bits(&term->net), "spf.host_bits", here);
    SAY_OF(term->result == QUOTH_SPF_PASS &&
               (term->kind == QUOTH_SPF_A || term->kind == QUOTH_SPF_MX) &&
               ((term->bits4 > 0 && term->bits4 <= 15) || (term->bits6 > 0 && term->bits6 <= 31)),
           "spf.wide", here);
    SAY_OF(passes && whole, "spf.private", here);
    SAY_AT(passes && !whole && part, "spf.private", here, 1);
    SAY_OF(passes && !whole && term->net.bits <= most, "spf.wide", here);
}

static void ref_spf_terms(struct ref *ref)
{
    static struct quoth_spf_term term[REF_TERMS];
    static struct quoth_part here[REF_TERMS];
    const struct quoth_fact_spf *spf = &ref->facts->spf;
    const struct quoth_span record = quoth_facts_text(ref->facts, ref->facts->spf.record);
    size_t at = 0, n = 0, all = REF_TERMS, behind = REF_TERMS;
    int redirects = 0, passing = 0;

    while (ref_term(ref->facts, &at, &term[n], &here[n]))
        n++;
    for (size_t i = n; i-- > 0;)
        if (term[i].kind == QUOTH_SPF_ALL)
            all = i;
    for (size_t i = 0; i < n; i++) {
        const int ip = term[i].kind == QUOTH_SPF_IP4 || term[i].kind == QUOTH_SPF_IP6;
        const int mechanism = term[i].kind < QUOTH_SPF_REDIRECT;
        const int passes = mechanism && term[i].result == QUOTH_SPF_PASS;
        if (ip)
            ref_network(ref, &term[i], here[i]);
        SAY_AT(mechanism && term[i].macros & QUOTH_SPF_MACRO_NONE &&
                   !ref_joined(term[i].text.p, term[i].text.n),
               "spf.name", here[i], here[i].at - (unsigned)spf->record.at);
        SAY_OF(spf->open && here[i].at == spf->record.at + spf->open, "spf.open", here[i]);
        behind = mechanism && i > all && behind == REF_TERMS ? i : behind;
        redirects += term[i].kind == QUOTH_SPF_REDIRECT;
        passing += passes;
    }
    const int unknown = (spf->saw & QUOTH_SPF_SAW_SKIPPED) != 0;
    if (all == REF_TERMS && redirects)
        SAY(spf->result == QUOTH_SPF_NEUTRAL && !unknown, "spf.neutral");
    else
        SAY(all == REF_TERMS || term[all].result == QUOTH_SPF_NEUTRAL, "spf.neutral");
    SAY_OF(behind < n, "spf.behind_all", here[behind < n ? behind : 0]);
    SAY(all < n && redirects, "spf.redirect_ignored");
    SAY(passing || (all < n && term[all].result == QUOTH_SPF_SOFTFAIL) ||
            (all == REF_TERMS && redirects && !unknown && spf->result == QUOTH_SPF_SOFTFAIL),
        "spf.parked");
    SAY_NUM(record.n >= 451, "spf.long", (unsigned)record.n);
}

static struct quoth_part ref_costliest(const struct quoth_facts *facts)
{
    struct quoth_part costliest = {0, 0}, here;
    struct quoth_spf_term term;
    unsigned most = 0;

    for (unsigned i = 0; i < facts->spf.shares; i++) {
        size_t at = facts->spf.share[i].at;
        if (!facts->spf.record.n || !ref_term(facts, &at, &term, &here))
            continue;
        if (facts->spf.share[i].terms > most)
            costliest = here;
        most = facts->spf.share[i].terms > most ? facts->spf.share[i].terms : most;
    }
    return costliest;
}

static void ref_spf(struct ref *ref)
{
    const struct quoth_fact_spf *spf = &ref->facts->spf;

    if (!spf->asked)
        return;
    if (!ref_spf_words(ref))
        ref_spf_end(ref);
    SAY_AT(spf->terms >= 11, "spf.lookups", ref_costliest(ref->facts), spf->terms);
    SAY_NUM(spf->voids >= 3, "spf.voids", spf->voids);
    SAY_NUM(spf->voids == 1 || spf->voids == 2, "spf.void", spf->voids);
    SAY_NUM(spf->voids6 >= 3, "spf.void_v6", spf->voids6);
    SAY_NUM(spf->bytes >= 513, "spf.answer", spf->bytes);
    SAY(ref->facts->sender_id, "spf.senderid");
    SAY(spf->saw & QUOTH_SPF_SAW_PTR, "spf.ptr");
    SAY(spf->saw & QUOTH_SPF_SAW_P, "spf.macro_p");
    SAY(spf->saw & QUOTH_SPF_SAW_SKIPPED, "spf.skipped");
    if (spf->record.n > 0 && spf->result != QUOTH_SPF_PERMERROR)
        ref_spf_terms(ref);
}

/* ---- DMARC ------------------------------------------------------------------------ */

static void ref_addresses(struct ref *ref, const struct quoth_span *list)
{
    struct quoth_dmarc_uri uri;
    unsigned n = 0, all_sized = 0;

    for (size_t at = 0; quoth_dmarc_uri(list, &at, &uri); n++) {
        const struct quoth_part here = {(uint16_t)(uri.text.p - ref->facts->text),
                                        (uint16_t)uri.text.n};
        SAY_OF(uri.kind == QUOTH_DMARC_URI_OTHER, "dmarc.rua_other", here);
        SAY_OF(uri.kind == QUOTH_DMARC_URI_BARE, "dmarc.rua_scheme", here);
        SAY_OF(uri.kind == QUOTH_DMARC_URI_INVALID, "dmarc.rua_uri", here);
        all_sized += uri.sized ? 1 : 0;
    }
    SAY(all_sized > 0, "dmarc.size");
    SAY_NUM(n >= 3, "dmarc.rua_many", n);
}

static int ref_has_dmarc(const struct quoth_facts *facts, struct quoth_dmarc *dmarc)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->dmarc.record);

    return facts->dmarc.answer == QUOTH_ANSWER_DATA && record.n > 0 &&
           quoth_dmarc_read(dmarc, record.p, record.n) == QUOTH_OK;
}

static enum quoth_dmarc_policy ref_now(const struct quoth_facts *facts,
                                       const struct quoth_dmarc *dmarc)
{
    enum quoth_dmarc_whom whom = QUOTH_DMARC_SELF;

    if (facts->dmarc_labels != facts->labels)
        whom = facts->mx == QUOTH_ANSWER_NXDOMAIN ? QUOTH_DMARC_NOWHERE : QUOTH_DMARC_BELOW;
    return quoth_dmarc_policy(dmarc, whom);
}

static void ref_dmarc_policy(struct ref *ref, const struct quoth_dmarc *dmarc)
{
    const struct quoth_facts *facts = ref->facts;
    const enum quoth_dmarc_policy now = ref_now(facts, dmarc);
    const char *name = now == QUOTH_DMARC_UNSET ? "no DMARC" : quoth_dmarc_policy_name(now);
    const int own = facts->dmarc_labels == facts->labels;
    const int testing = (dmarc->flags & QUOTH_DMARC_TESTING) != 0;
    const int unread = dmarc->p == QUOTH_DMARC_UNSET && (dmarc->flags & QUOTH_DMARC_SYNTAX) != 0;
    const int invalid = unread || dmarc->p == QUOTH_DMARC_INVALID ||
                        dmarc->sp == QUOTH_DMARC_INVALID || dmarc->np == QUOTH_DMARC_INVALID;
    const int idle = !invalid && now == QUOTH_DMARC_NONE && !testing;
    const int acts = dmarc->p == QUOTH_DMARC_QUARANTINE || dmarc->p == QUOTH_DMARC_REJECT;
    const int weak = own && facts->org_labels == facts->labels && acts;
    const int lets = dmarc->sp == QUOTH_DMARC_NONE || dmarc->np == QUOTH_DMARC_NONE;
    const int unsigned_mail = facts->domainkey == QUOTH_ANSWER_NXDOMAIN && !facts->keys &&
                              !facts->lost && facts->wildcard != QUOTH_ANSWER_DATA;

    SAY_WORD(invalid, "dmarc.policy", name);
    SAY(idle && dmarc->flags & QUOTH_DMARC_RUA, "dmarc.watching");
    SAY(idle && !(dmarc->flags & QUOTH_DMARC_RUA), "dmarc.idle");
    SAY(dmarc->p == QUOTH_DMARC_UNSET && !unread, "dmarc.no_policy");
    SAY_WORD(testing, "dmarc.testing", name);
    SAY_WORD(weak && dmarc->sp == QUOTH_DMARC_NONE, "dmarc.weak_sub", "sp=none");
    SAY_WORD(weak && dmarc->sp != QUOTH_DMARC_NONE && dmarc->np == QUOTH_DMARC_NONE,
             "dmarc.weak_sub", "np=none");
    SAY_WORD(own && facts->org_labels == 0 && acts && lets, "dmarc.unknown", "names above it");
    SAY(own && facts->org_labels && facts->org_labels < facts->labels &&
            (dmarc->sp != QUOTH_DMARC_UNSET || dmarc->np != QUOTH_DMARC_UNSET),
        "dmarc.sub_ignored");
    SAY(now != QUOTH_DMARC_REJECT, "dmarc.parked");
    SAY((now == QUOTH_DMARC_QUARANTINE || now == QUOTH_DMARC_REJECT) && unsigned_mail,
        "dmarc.no_dkim");
}

static void ref_reports(struct ref *ref)
{
    for (unsigned i = 0; i < ref->facts->uris; i++) {
        const struct quoth_fact_uri *uri = &ref->facts->uri[i];
        const int answered = uri->answer == QUOTH_ANSWER_DATA || ref_none(uri->answer);
        SAY_OF(ref_failed(uri->answer) || ref_failed(uri->mail), "dmarc.rua_unknown", uri->host);
        SAY_OF(answered && !uri->agrees,
               ref->facts->org_labels ? "dmarc.rua_unauthorised" : "dmarc.rua_unknown", uri->host);
        SAY_OF(ref_none(uri->mail), "dmarc.rua_nowhere", uri->host);
    }
}

static void ref_dmarc(struct ref *ref)
{
    const struct quoth_facts *facts = ref->facts;
    const int none = ref_none(facts->dmarc.answer) && !facts->dmarc_many && !ref_gone(facts);
    struct quoth_dmarc dmarc;

    SAY_WORD(ref_failed(facts->dmarc.answer), "dmarc.unknown", ref_answer(facts->dmarc.answer));
    SAY_NUM(facts->dmarc_many, "dmarc.multiple", facts->dmarc_many);
    SAY_OF(facts->dmarc_meant.n, "dmarc.version", facts->dmarc_meant);
    SAY(facts->dmarc.others, "dmarc.other_txt");
    SAY_OF(facts->misplaced.record.n, "dmarc.misplaced", facts->misplaced.record);
    SAY(facts->doubled, "dmarc.doubled");
    SAY(none, "dmarc.none");
    SAY(none, "dmarc.parked");
    if (!ref_has_dmarc(facts, &dmarc))
        return;
    SAY_NUM(dmarc.flags & QUOTH_DMARC_DUPLICATE, "dmarc.duplicate", dmarc.at);
    SAY_NUM(dmarc.flags & QUOTH_DMARC_SYNTAX, "dmarc.syntax", dmarc.at);
    SAY_NUM(dmarc.flags & QUOTH_DMARC_VALUE, "dmarc.value", dmarc.at);
    SAY_NUM(dmarc.flags & QUOTH_DMARC_REMOVED, "dmarc.removed", dmarc.at);
    SAY_NUM(dmarc.flags & QUOTH_DMARC_STRANGER, "dmarc.stranger", dmarc.at);
    ref_dmarc_policy(ref, &dmarc);
    ref_addresses(ref, &dmarc.rua);
    ref_addresses(ref, &dmarc.ruf);
    ref_reports(ref);
}

/* ---- MTA-STS, TLS-RPT, BIMI ---------------------------------------------------------- */

/* Such a record: names of its findings, as they differ. */
struct ref_record {
    const char *unknown, *multiple, *version, *value, *syntax;
};

static void ref_record(struct ref *ref, const struct quoth_fact_txt *txt,
                       const struct ref_record *id)
{
    const int one = txt->answer == QUOTH_ANSWER_DATA && txt->n <= 1;

    SAY_WORD(ref_failed(txt->answer), id->unknown, ref_answer(txt->answer));
    SAY_NUM(txt->answer == QUOTH_ANSWER_DATA && txt->n >= 2, id->multiple, txt->n);
    SAY_NUM(one && txt->fault == QUOTH_TAGS_VERSION, id->version, txt->at);
    SAY_NUM(one && (txt->fault == QUOTH_TAGS_SYNTAX || txt->fault == QUOTH_TAGS_DUPLICATE),
            id->syntax, txt->at);
    SAY_NUM(one && (txt->fault == QUOTH_TAGS_MISSING || txt->fault == QUOTH_TAGS_VALUE), id->value,
            txt->at);
}

static void ref_bimi(struct ref *ref)
{
    static const struct ref_record ids = {"bimi.unknown", "bimi.multiple", "bimi.broken",
                                          "bimi.broken", "bimi.broken"};
    const struct quoth_facts *facts = ref->facts;
    const int asked = facts->dmarc.answer == QUOTH_ANSWER_DATA || ref_none(facts->dmarc.answer);
    struct quoth_dmarc dmarc;
    int acts = 0;

    if (ref_has_dmarc(facts, &dmarc) && !(dmarc.flags & QUOTH_DMARC_PART))
        acts = ref_now(facts, &dmarc) >= QUOTH_DMARC_QUARANTINE &&
               quoth_dmarc_policy(&dmarc, QUOTH_DMARC_BELOW) >= QUOTH_DMARC_QUARANTINE &&
               quoth_dmarc_policy(&dmarc, QUOTH_DMARC_NOWHERE) >= QUOTH_DMARC_QUARANTINE;
    ref_record(ref, &facts->bimi, &ids);
    SAY(facts->bimi.answer == QUOTH_ANSWER_DATA && asked && !acts, "bimi.policy");
}

static void ref_fetched(struct ref *ref, const struct quoth_fetched *got)
{
    static const struct {
        uint8_t how;
        const char *words;
    } failures[] = {{QUOTH_FETCH_DNS, "no answer from name servers"},
                    {QUOTH_FETCH_CONNECT, "no connection"},
                    {QUOTH_FETCH_TLS, "no TLS handshake"},
                    {QUOTH_FETCH_CUT, "the answer broke off"},
                    {QUOTH_FETCH_TIME, "it took too long"},
                    {QUOTH_FETCH_NO_STORE, "no certificates to check with"},
                    {QUOTH_FETCH_NO_CLOCK, "the clock of this machine is wrong"}};
    const char *cert = "of nobody known";

    if (got->cert & QUOTH_CERT_EXPIRED)
        cert = "expired";
    if (got->cert & QUOTH_CERT_WRONG_NAME)
        cert = "another name";
    SAY(got->how == QUOTH_FETCH_NO_HOST && ref->facts->sts.answer == QUOTH_ANSWER_DATA,
        "sts.no_policy");
    SAY(got->how == QUOTH_FETCH_PRIVATE, "sts.private");
    SAY_WORD(got->how == QUOTH_FETCH_CERT, "sts.cert", cert);
    SAY_NUM(got->how == QUOTH_FETCH_STATUS, "sts.status", got->status);
    SAY(got->how == QUOTH_FETCH_HTTP, "sts.http");
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        SAY_WORD(got->how == failures[i].how, "sts.policy_unknown", failures[i].words);
}

static void ref_policy_hosts(struct ref *ref)
{
    const struct quoth_facts *facts = ref->facts;
    const int enforce = facts->policy.mode == QUOTH_POLICY_ENFORCE;
    const unsigned wrong = QUOTH_CERT_WRONG_NAME | QUOTH_CERT_EXPIRED | QUOTH_CERT_UNTRUSTED;

    for (unsigned i = 0; i < facts->hosts; i++) {
        const struct quoth_fact_host *host = &facts->host[i];
        SAY_OF(!facts->policy.cut && !(host->flags & QUOTH_HOST_LISTED),
               enforce ? "sts.mx_missing" : "sts.mx_unlisted", host->name);
        SAY_OF(enforce && (host->talk == QUOTH_TALK_CLEAR || host->talk == QUOTH_TALK_BROKEN),
               "sts.mx_no_tls", host->name);
        SAY_OF(enforce && host->talk == QUOTH_TALK_TLS && (host->cert & wrong), "sts.mx_cert",
               host->name);
    }
    SAY_OF(facts->policy.unused.n && facts->hosts && !facts->mx_more, "sts.mx_unused",
           facts->policy.unused);
}

static void ref_policy(struct ref *ref)
{
    static const char *const keys[] = {[QUOTH_POLICY_VERSION] = "version",
                                       [QUOTH_POLICY_MODE] = "mode",
                                       [QUOTH_POLICY_MAX_AGE] = "max_age",
                                       [QUOTH_POLICY_MX] = "mx"};
    const struct quoth_fact_policy *policy = &ref->facts->policy;

    ref_fetched(ref, &policy->fetched);
    if (policy->fetched.how != QUOTH_FETCH_DONE)
        return;
    SAY(ref_none(ref->facts->sts.answer), "sts.no_record");
    SAY(policy->fetched.odd_type, "sts.type");
    SAY(policy->same_id, "sts.same_id");
    SAY_NUM(policy->fault == QUOTH_POLICY_SYNTAX, "sts.policy_syntax", policy->at);
    SAY(policy->fault == QUOTH_POLICY_BIG, "sts.policy_big");
    ref_say(ref, policy->fault >= QUOTH_POLICY_VERSION, "sts.policy_key",
            (struct ref_said) {.num = policy->at, .word = keys[policy->fault]});
    if (policy->fault != QUOTH_POLICY_FINE)
        return;
    SAY_NUM(policy->max_age < 24 * 60 * 60, "sts.short", policy->max_age);
    SAY(policy->max_age > 31557600, "sts.long"); /* RFC 8461 3.2 */
    SAY(policy->mode == QUOTH_POLICY_NONE, "sts.mode_none");
    if (policy->mode != QUOTH_POLICY_NONE)
        ref_policy_hosts(ref);
    SAY(policy->mode == QUOTH_POLICY_TESTING && ref_none(ref->facts->rpt.answer), "sts.unseen");
}

static void ref_tls(struct ref *ref)
{
    static const struct ref_record sts = {"sts.unknown", "sts.multiple", "sts.version", "sts.id",
                                          "sts.syntax"},
                                   rpt = {"rpt.unknown", "rpt.multiple", "rpt.version", "rpt.rua",
                                          "rpt.syntax"};
    const struct quoth_facts *facts = ref->facts;

    ref_record(ref, &facts->sts, &sts);
    ref_record(ref, &facts->rpt, &rpt);
    SAY_WORD(facts->rpt_draft == 1, "rpt.misplaced", "_smtp-tlsrpt");
    SAY_WORD(facts->rpt_draft == 2, "rpt.misplaced", "_tlsrpt");
    SAY(facts->sts.answer == QUOTH_ANSWER_DATA && ref_none(facts->rpt.answer), "sts.no_reports");
    ref_policy(ref);
}

/* ---- DKIM ---------------------------------------------------------------------------- */

static void ref_key(struct ref *ref, const struct quoth_fact_key *key)
{
    static const char *const faults[] = {
        [QUOTH_DKIM_VERSION] = "dkim.version",     [QUOTH_DKIM_SYNTAX] = "dkim.syntax",
        [QUOTH_DKIM_DUPLICATE] = "dkim.duplicate", [QUOTH_DKIM_NO_KEY] = "dkim.no_p",
        [QUOTH_DKIM_BASE64] = "dkim.base64",       [QUOTH_DKIM_CUT] = "dkim.cut",
        [QUOTH_DKIM_BARE] = "dkim.bare",           [QUOTH_DKIM_KIND] = "dkim.kind",
        [QUOTH_DKIM_SERVICE] = "dkim.service",     [QUOTH_DKIM_HASH] = "dkim.sha1"};
    const unsigned bits = key->key.bits;

    SAY_OF(key->n == 0, "dkim.dangling", key->selector);
    SAY_AT(key->n >= 2, "dkim.multiple", key->selector, key->n);
    if (key->n != 1)
        return;
    SAY_AT(key->key.fault != QUOTH_DKIM_FINE, faults[key->key.fault], key->selector, key->key.at);
    SAY_AT(bits >= 1 && bits <= 1023, "dkim.short", key->selector, bits);
    SAY_AT(bits >= 1024 && bits <= 2047, "dkim.weak", key->selector, bits);
    SAY_AT(bits >= 4097, "dkim.long", key->selector, bits);
    SAY_OF(key->key.flags & QUOTH_DKIM_REVOKED, "dkim.revoked", key->selector);
    SAY_OF(key->key.flags & QUOTH_DKIM_TESTING, "dkim.testing", key->selector);
}

static void ref_dkim(struct ref *ref)
{
    const struct quoth_facts *facts = ref->facts;
    const int wild = facts->wildcard == QUOTH_ANSWER_DATA;
    const int nothing = !wild && facts->tried && !facts->keys && !facts->lost;
    const int no_names = facts->domainkey == QUOTH_ANSWER_NXDOMAIN;
    unsigned ed25519 = 0;

    for (unsigned i = 0; i < facts->keys; i++) {
        ref_key(ref, &facts->key[i]);
        ed25519 += facts->key[i].n == 1 && facts->key[i].key.ed25519;
    }
    SAY_OF(facts->keys > 0 && ed25519 == facts->keys && !facts->lost, "dkim.ed25519",
           facts->key[0].selector);
    SAY_WORD(facts->lost && ref_failed(facts->lost_answer), "dkim.unknown",
             ref_answer(facts->lost_answer));
    SAY_WORD(!facts->lost && ref_failed(facts->wildcard), "dkim.unknown",
             ref_answer(facts->wildcard));
    SAY(wild, "dkim.wildcard");
    SAY(nothing && no_names, "dkim.no_keys");
    SAY_NUM(nothing && !no_names, "dkim.not_found", facts->tried);
}

/* ---- all of it ------------------------------------------------------------------------ */

/* All that holds, whatever its grade. */
static void ref_health(struct ref *ref, const struct quoth_facts *facts)
{
    ref->facts = facts;
    ref->n = 0;
    for (unsigned check = 0; check < 9; check++)
        ref_say(ref, facts->unasked >> check & 1, "domain.unfinished",
                (struct ref_said) {.num = facts->queries,
                                   .word = quoth_domain_check_name(1u << check)});
    ref_mail(ref);
    ref_spf(ref);
    ref_dmarc(ref);
    ref_tls(ref);
    ref_bimi(ref);
    ref_dkim(ref);
    ref_dane(ref);
}

#endif
