/* health.c - facts about a domain to findings, by the table core/data/checks.txt.
 *
 *   facts --> health_mx, health_spf, ... : which rows hold, with their arguments
 *                |
 *                `-- health_add: the row's grade for what the domain is for; none: no finding
 *
 * What could not be asked is an unknown, and never the finding that it is not there. What the
 * domain is for can itself depend on an answer that failed: then the mildest grade counts.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "quoth_domain.h"
#include "words.h"
#include "checks.h"

/* A word for people: without sentences it would have no place. */
#if QUOTH_CHECK_TEXTS
#define WORD(text) (text)
#else
#define WORD(text) ""
#endif

/* ---- collecting ----------------------------------------------------------- */

struct health {
    const struct quoth_facts *f;
    struct quoth_finding *out;
    size_t n;
    unsigned profiles; /* 1 << those that it may be */
};

static void health_put(struct health *health, unsigned id, unsigned num, struct quoth_part text,
                       const char *word)
{
    uint8_t grade = UINT8_MAX;

    for (unsigned i = QUOTH_PROFILE_SENDING, left = health->profiles; left; i++, left >>= 1) {
        const enum quoth_grade here = quoth_check_grade(id, (enum quoth_profile)i);
        if (left & 1 && here < grade)
            grade = (uint8_t)here;
    }
    if (grade == QUOTH_GRADE_OK || health->n == QUOTH_FINDINGS_MAX)
        return;
    health->out[health->n++] = (struct quoth_finding) {
        grade, (uint16_t)id, (uint16_t)(num < UINT16_MAX ? num : UINT16_MAX), text, word};
}

/* Bytes of an answer that every resolver takes without asking again (RFC 1035 4.2.1). */
enum { HEALTH_DATAGRAM = 512 };

static const struct quoth_part health_nothing;

static void health_count(struct health *health, unsigned id, unsigned num)
{
    health_put(health, id, num, health_nothing, NULL);
}
static void health_add(struct health *health, unsigned id) { health_count(health, id, 0); }
static void health_word(struct health *health, unsigned id, const char *word)
{
    health_put(health, id, 0, health_nothing, word);
}
static void health_about(struct health *health, unsigned id, struct quoth_part text)
{
    health_put(health, id, 0, text, NULL);
}

/* A row for each flag that is set; the last row has none. */
struct health_flag {
    uint8_t flag, id;
};
static void health_flags(struct health *health, const struct health_flag *row, unsigned flags,
                         unsigned num, struct quoth_part text)
{
    for (; row->flag; row++)
        if (flags & row->flag)
            health_put(health, row->id, num, text, NULL);
}

static int health_is_failure(uint8_t answer) { return answer > QUOTH_ANSWER_NXDOMAIN; }

/* What was asked there, if it could not be. */
static void health_failed(struct health *health, unsigned id, uint8_t answer)
{
    if (health_is_failure(answer))
        health_word(health, id, quoth_answer_name((enum quoth_answer)answer));
}

static int health_is_empty(uint8_t answer)
{
    return answer == QUOTH_ANSWER_NODATA || answer == QUOTH_ANSWER_NXDOMAIN;
}

/* There is no such domain, as one answer or the other says. */
static int health_is_gone(const struct quoth_facts *facts)
{
    return facts->mx == QUOTH_ANSWER_NXDOMAIN ||
           (facts->spf.asked && facts->spf.result == QUOTH_SPF_NONE &&
            facts->spf.answer == QUOTH_ANSWER_NXDOMAIN);
}

/* What a domain may be for. */
enum { HEALTH_SENDING = 1, HEALTH_RECEIVING = 2, HEALTH_PARKED = 4 };

/* There is no such record, which says more of a domain that takes no mail. */
static void health_missing(struct health *health, unsigned id, unsigned parked)
{
    if (health_is_gone(health->f))
        return;
    health_add(health, id);
    health_add(health, parked);
}

/* ---- mail hosts ------------------------------------------------------------ */

/* Nobody can be called for it, and that is certain. */
static int health_is_dead(const struct quoth_fact_host *host)
{
    return health_is_empty(host->a) && (health_is_empty(host->aaaa) || !host->aaaa);
}

static int health_is_unknown(const struct quoth_fact_host *host)
{
    return !(host->flags & ~(QUOTH_HOST_OPEN | QUOTH_HOST_LISTED)) && !health_is_dead(host);
}

static void health_host(struct health *health, const struct quoth_fact_host *host)
{
    if (health_is_empty(host->ptr))
        health_about(health, CHECK_MX_NO_NAME, host->name);
    if (host->talk == QUOTH_TALK_FAILED)
        health_about(health, CHECK_MX_UNTALKED, host->name);
    if (health_is_unknown(host) && (health_is_failure(host->a) || health_is_failure(host->aaaa)))
        health_about(health, CHECK_MX_HOST_UNKNOWN, host->name);
    if (health->f->mx != QUOTH_ANSWER_DATA)
        return;
    if (host->flags & QUOTH_HOST_ALIAS)
        health_about(health, CHECK_MX_ALIAS, host->name);
    if (health_is_dead(host))
        health_about(health, CHECK_MX_NO_ADDRESS, host->name);
    if (host->flags & QUOTH_HOST_PRIVATE)
        health_about(health, CHECK_MX_PRIVATE, host->name);
}

/* Each of several hosts has this address, and none beside it but one of the other family. */
static int health_one_address(const struct quoth_facts *facts)
{
    for (unsigned i = 0; i < facts->hosts; i++)
        if (!facts->host[i].ip.len || facts->host[i].flags & QUOTH_HOST_MANY ||
            memcmp(&facts->host[i].ip, &facts->host[0].ip, sizeof facts->host[0].ip))
            return 0;
    return facts->hosts > 1 && !facts->mx_more;
}

/* None of the hosts can be called: 1, or 0 also when that is not certain. */
static int health_unusable(const struct quoth_facts *facts)
{
    for (unsigned i = 0; i < facts->hosts; i++)
        if (facts->host[i].flags & QUOTH_HOST_PUBLIC || health_is_failure(facts->host[i].a) ||
            health_is_failure(facts->host[i].aaaa) || !facts->host[i].a)
            return 0;
    return !facts->mx_more;
}

static void health_mx(struct health *health)
{
    const struct quoth_facts *facts = health->f;
    const int dead = health_unusable(facts);

    health_failed(health, CHECK_MX_UNKNOWN, facts->mx);
    if (health_is_gone(facts))
        health_add(health, CHECK_DOMAIN_NONE);
    if (facts->mx == QUOTH_ANSWER_NODATA && facts->hosts)
        health_add(health, health_is_dead(&facts->host[0]) ? CHECK_MX_NOWHERE : CHECK_MX_IMPLICIT);
    if (facts->mx_null)
        health_add(health, facts->hosts ? CHECK_MX_NULL_BESIDE : CHECK_MX_NULL);
    if (facts->mx_odd)
        health_add(health, CHECK_MX_NOT_A_NAME);
    if (facts->mx_proof)
        health_add(health, CHECK_MX_PROOF);
    for (unsigned i = 0; i < facts->hosts; i++)
        health_host(health, &facts->host[i]);
    if (facts->mx == QUOTH_ANSWER_DATA && dead && (facts->hosts || !facts->mx_null))
        health_add(health, CHECK_MX_UNUSABLE);
    if (health_one_address(facts))
        health_count(health, CHECK_MX_ONE_ADDRESS, facts->hosts);
}

/* ---- DNSSEC and DANE --------------------------------------------------------- */

enum quoth_dnssec quoth_facts_dnssec(const struct quoth_facts *facts)
{
    const int says = facts->zone_ede >= 1 + 6 && facts->zone_ede <= 1 + 12; /* RFC 8914 4 */

    if (facts->zone == QUOTH_ANSWER_SERVFAIL && (says || facts->unchecked == QUOTH_ANSWER_DATA))
        return QUOTH_DNSSEC_BOGUS;
    if (facts->zone != QUOTH_ANSWER_DATA)
        return QUOTH_DNSSEC_UNKNOWN;
    if (facts->ds == QUOTH_ANSWER_NODATA)
        return QUOTH_DNSSEC_UNSIGNED;
    if (facts->ds != QUOTH_ANSWER_DATA)
        return QUOTH_DNSSEC_UNKNOWN;
    if (!facts->trusts)
        return QUOTH_DNSSEC_SIGNED;
    return facts->zone_ad ? QUOTH_DNSSEC_SECURE : QUOTH_DNSSEC_UNKNOWN;
}

const char *quoth_dnssec_name(enum quoth_dnssec state)
{
    return quoth_word_at("unknown\0unsigned\0signed\0secure\0bogus\0", state);
}

/* Why validation failed, by RFC 8914 4. */
static const char *health_bogus(uint16_t ede)
{
    const char *names =
        WORD("a signature expired\0a signature is not valid yet\0the key is missing\0"
             "signatures are missing\0no key is one of a zone\0proof is missing\0");

    return ede >= 1 + 7 && ede <= 1 + 12 ? quoth_word_at(names, ede - 8u)
                                         : WORD("no closer reason given");
}

static void health_dnssec(struct health *health)
{
    const struct quoth_facts *facts = health->f;

    if (quoth_facts_dnssec(facts) == QUOTH_DNSSEC_BOGUS)
        health_word(health, CHECK_DNSSEC_BOGUS, health_bogus(facts->zone_ede));
    else
        health_failed(health, CHECK_DNSSEC_UNKNOWN,
                      health_is_failure(facts->zone) ? facts->zone : facts->ds);
}

/* Whether senders may use the records at all (RFC 7672 2.2.1). */
static void health_tlsa_trust(struct health *health, const struct quoth_fact_host *host)
{
    if (host->flags & QUOTH_HOST_OPEN)
        health_about(health, CHECK_DANE_INSECURE, host->name);
    else if (health->f->mx_open)
        health_about(health, CHECK_DANE_MX_INSECURE, host->name);
}

static void health_tlsa(struct health *health, const struct quoth_fact_host *host)
{
    static const struct health_flag rows[] = {{QUOTH_TLSA_PKIX, CHECK_DANE_PKIX},
                                              {QUOTH_TLSA_FULL, CHECK_DANE_FULL},
                                              {QUOTH_TLSA_LENGTH, CHECK_DANE_LENGTH},
                                              {QUOTH_TLSA_EMPTY, CHECK_DANE_EMPTY},
                                              {0, 0}};

    if (health->f->trusts)
        health_tlsa_trust(health, host);
    health_flags(health, rows, host->tlsa_saw, 0, host->name);
    if (!(host->tlsa_saw & QUOTH_TLSA_USABLE))
        health_about(health, CHECK_DANE_UNUSABLE, host->name);
    else if (host->tlsas == 1 && host->tlsa_saw & QUOTH_TLSA_CERT)
        health_about(health, CHECK_DANE_SINGLE, host->name);
}

/* What senders find who call the host, where they may use its records. */
static void health_tlsa_met(struct health *health, const struct quoth_fact_host *host)
{
    if (!(host->tlsa_saw & QUOTH_TLSA_USABLE) ||
        (health->f->trusts && host->flags & QUOTH_HOST_OPEN))
        return;
    if (host->match == QUOTH_MATCH_NONE)
        health_about(health, CHECK_DANE_MISMATCH, host->should);
    if (host->talk == QUOTH_TALK_CLEAR || host->talk == QUOTH_TALK_BROKEN)
        health_about(health, CHECK_DANE_NO_TLS, host->name);
}

/* Where nobody can say whether the records count, the first host with some tells it for all. That
 * they cannot be asked for does not matter at a host that is not signed: no sender asks there. */
static void health_dane(struct health *health)
{
    const struct quoth_facts *facts = health->f;
    int told = facts->trusts;

    for (unsigned i = 0; i < facts->hosts; i++) {
        const struct quoth_fact_host *host = &facts->host[i];
        if (health_is_failure(host->tlsa) && (!facts->trusts || !(host->flags & QUOTH_HOST_OPEN)))
            health_about(health, CHECK_DANE_UNKNOWN, host->name);
        if (!host->tlsas)
            continue;
        if (!told++)
            health_about(health, CHECK_DANE_UNTRUSTED, host->name);
        health_tlsa(health, host);
        health_tlsa_met(health, host);
    }
}

/* ---- SPF -------------------------------------------------------------------- */

/* Where in `text` another term begins that no blank parts from it: a mechanism's name and its
 * colon, or a qualified all at the end; in an IPv6 address a colon stands behind letters too. Or
 * where a '=' stands for the colon of its own name, which makes it a modifier that nobody knows.
 * 0: nowhere. Behind it stands a blank or a NUL, so that nothing is found across its end. */
static size_t health_join(struct quoth_span text)
{
    static const char words[] = "include:exists:ip4:ip6:ptr:all:mx:redirect=a:";
    const size_t first = memchr("+-~?", text.p[0], 4) ? 2 : 1;
    const int ip6 = quoth_holds(text.p + first - 1, 4, "ip6:", 4);

    for (const char *word = words, *end; *word; word = end) {
        size_t n;
        for (end = word + 2; end[-1] != ':' && end[-1] != '=';)
            end++;
        n = (size_t)(end - word);
        if (ip6 && n == 2)
            break;
        if (quoth_holds(text.p, n - 1, word, n - 1) && text.p[n - 1] == '=' && end[-1] == ':')
            return n - 1;
        for (size_t at = first; at < text.n; at++)
            if (quoth_holds(text.p + at, n, word, n))
                return at;
    }
    return text.n >= first + 4 && quoth_spf_ends_in_all(text.p, text.n) ? text.n - 4 : 0;
}

/* Words of the record that are two terms, or none of SPF. 1: so is the one in which the walk
 * ended. */
static int health_spf_words(struct health *health)
{
    const struct quoth_fact_spf *spf = &health->f->spf;
    const char *text = health->f->text, *p = text + spf->record.at, *end = p + spf->record.n,
               *blank;
    int ended = 0;

    for (; p < end; p = blank + 1) {
        struct quoth_span word = {p, (size_t)(end - p)};
        size_t join;
        blank = memchr(p, ' ', word.n);
        if (!blank)
            blank = end;
        word.n = (size_t)(blank - p);
        join = health_join(word);
        if (!join)
            continue;
        health_put(health, p[join] == '=' ? CHECK_SPF_EQUALS : CHECK_SPF_JOIN,
                   (unsigned)(p + join - text) - spf->record.at,
                   (struct quoth_part) {(uint16_t)(p - text), (uint16_t)word.n}, NULL);
        ended |= quoth_holds(p, word.n, text + spf->where.at, spf->where.n);
    }
    return ended && spf->result == QUOTH_SPF_PERMERROR;
}

/* How the walk ended, where that is a finding: a row a reason. */
static void health_spf_end(struct health *health)
{
    static const struct {
        uint8_t why, own, inner; /* of the domain's own record, or of one it leads to */
    } rows[] = {{QUOTH_SPF_WHY_NO_RECORD, CHECK_SPF_DEAD_INCLUDE, CHECK_SPF_DEAD_INCLUDE},
                {QUOTH_SPF_WHY_RECORDS, CHECK_SPF_MULTIPLE, CHECK_SPF_INNER},
                {QUOTH_SPF_WHY_SYNTAX, CHECK_SPF_SYNTAX, CHECK_SPF_INNER},
                {QUOTH_SPF_WHY_TWICE, CHECK_SPF_TWICE, CHECK_SPF_INNER},
                {QUOTH_SPF_WHY_HOSTS, CHECK_SPF_HOSTS, CHECK_SPF_HOSTS},
                {QUOTH_SPF_WHY_LOOP, CHECK_SPF_LOOP, CHECK_SPF_LOOP},
                {QUOTH_SPF_WHY_NAME, CHECK_SPF_NAME, CHECK_SPF_NAME},
                {QUOTH_SPF_WHY_DNS, CHECK_SPF_UNKNOWN, CHECK_SPF_UNKNOWN},
                {QUOTH_SPF_WHY_TOO_BIG, CHECK_SPF_TOO_BIG_HERE, CHECK_SPF_TOO_BIG_HERE},
                {QUOTH_SPF_WHY_ENTROPY, CHECK_SPF_TOO_BIG_HERE, CHECK_SPF_TOO_BIG_HERE}};
    const struct quoth_fact_spf *spf = &health->f->spf;

    if (spf->result == QUOTH_SPF_NONE && spf->why == QUOTH_SPF_WHY_NO_RECORD) {
        if (health->f->spf_meant.n)
            health_about(health, CHECK_SPF_VERSION, health->f->spf_meant);
        health_missing(health, CHECK_SPF_NONE, CHECK_SPF_PARKED);
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].why == spf->why)
            health_put(health, spf->depth ? rows[i].inner : rows[i].own, spf->depth ? 0u : spf->at,
                       spf->where, NULL);
}

static int health_has_host_bits(const struct quoth_cidr *net)
{
    for (unsigned i = net->bits; i < net->ip.len * 8u; i++)
        if (net->ip.b[i / 8] >> (7 - i % 8) & 1)
            return 1;
    return 0;
}

/* Is it, or what it begins with where `last` is 0, none that can be called? */
static int health_is_reserved(const struct quoth_cidr *net, unsigned last)
{
    static const struct quoth_targets table;
    struct quoth_ip ip = net->ip;

    for (unsigned i = net->bits; i < ip.len * 8u; i++) {
        const unsigned bit = 0x80u >> i % 8;
        ip.b[i / 8] = (uint8_t)(last ? ip.b[i / 8] | bit : ip.b[i / 8] & ~bit);
    }
    return !quoth_target_ok(&table, &ip);
}

/* Does it hold private networks, beside others? */
static int health_holds_private(const struct quoth_cidr *net)
{
    static const uint8_t starts[][2] = {{10, 0}, {172, 16}, {192, 168}};
    struct quoth_ip ip = {.len = 4};
    int holds = 0;

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        memcpy(ip.b, starts[i], sizeof *starts);
        holds |= quoth_cidr_holds(net, &ip);
    }
    return holds;
}

/* A network that may send. The reserved ones begin and end at a quarter of all addresses or less,
 * and what is of two of them is larger. */
static void health_net(struct health *health, const struct quoth_spf_term *term,
                       struct quoth_part here)
{
    const struct quoth_cidr *net = &term->net;
    const unsigned bits = net->bits, least = 16 + (net->ip.len & 16);

    if (term->result == QUOTH_SPF_PASS && (term->bits4 - 1u < 15 || term->bits6 - 1u < 31))
        health_about(health, CHECK_SPF_WIDE, here); /* of an a or mx */
    if (!net->ip.len)
        return;
    if (health_has_host_bits(net))
        health_about(health, CHECK_SPF_HOST_BITS, here);
    if (term->result != QUOTH_SPF_PASS || !bits)
        return;
    if (bits > 2 && health_is_reserved(net, 0) && health_is_reserved(net, 1)) {
        health_about(health, CHECK_SPF_PRIVATE, here);
        return;
    }
    if (health_holds_private(net))
        health_put(health, CHECK_SPF_PRIVATE, 1, here, NULL);
    if (bits < least)
        health_about(health, CHECK_SPF_WIDE, here);
}

/* The terms of the domain's own record, as they stand there. */
static void health_spf_terms(struct health *health)
{
    const struct quoth_fact_spf *spf = &health->f->spf;
    const struct quoth_span record = quoth_facts_text(health->f, spf->record);
    struct quoth_part behind = health_nothing, here;
    struct quoth_spf_term term;
    size_t at = 0;
    unsigned others = QUOTH_SPF_NEUTRAL; /* what those get whom no term names */
    int all = 0, away = 0, allows = 0;

    while (quoth_spf_term(&term, record.p, record.n, &at) == 1) {
        here =
            (struct quoth_part) {(uint16_t)(term.text.p - health->f->text), (uint16_t)term.text.n};
        away |= term.kind == QUOTH_SPF_REDIRECT;
        if (term.text.p == record.p + spf->open)
            health_about(health, CHECK_SPF_OPEN, here);
        if (term.kind >= QUOTH_SPF_REDIRECT)
            continue;
        health_net(health, &term, here);
        if (term.macros & QUOTH_SPF_MACRO_NONE && !health_join(term.text))
            health_put(health, CHECK_SPF_NAME, (unsigned)(at - term.text.n), here, NULL);
        if (all && !behind.n)
            behind = here;
        if (!all && term.kind == QUOTH_SPF_ALL)
            others = term.result;
        allows |= term.result == QUOTH_SPF_PASS;
        all |= term.kind == QUOTH_SPF_ALL;
    }
    if (!all && away) /* what others get is what that record says */
        others = spf->saw & QUOTH_SPF_SAW_SKIPPED ? QUOTH_SPF_NONE : spf->result;
    if (others == QUOTH_SPF_NEUTRAL)
        health_add(health, CHECK_SPF_NEUTRAL);
    if (behind.n)
        health_about(health, CHECK_SPF_BEHIND_ALL, behind);
    if (all && away)
        health_add(health, CHECK_SPF_REDIRECT_IGNORED);
    if (allows || others == QUOTH_SPF_SOFTFAIL)
        health_add(health, CHECK_SPF_PARKED);
    if (spf->record.n > 450)
        health_count(health, CHECK_SPF_LONG, spf->record.n);
}

/* The term of the record that leads to most questions. */
static struct quoth_part health_costliest(const struct quoth_facts *facts)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->spf.record);
    struct quoth_part most = health_nothing;
    struct quoth_spf_term term;
    unsigned terms = 0;

    for (unsigned i = 0; i < facts->spf.shares && record.n; i++) {
        size_t at = facts->spf.share[i].at;
        if (facts->spf.share[i].terms <= terms ||
            quoth_spf_term(&term, record.p, record.n, &at) != 1)
            continue;
        terms = facts->spf.share[i].terms;
        most = (struct quoth_part) {(uint16_t)(term.text.p - facts->text), (uint16_t)term.text.n};
    }
    return most;
}

static void health_spf(struct health *health)
{
    static const struct health_flag rows[] = {{QUOTH_SPF_SAW_PTR, CHECK_SPF_PTR},
                                              {QUOTH_SPF_SAW_P, CHECK_SPF_MACRO_P},
                                              {QUOTH_SPF_SAW_SKIPPED, CHECK_SPF_SKIPPED},
                                              {0, 0}};
    const struct quoth_fact_spf *spf = &health->f->spf;

    if (!spf->asked)
        return;
    if (!health_spf_words(health))
        health_spf_end(health);
    if (spf->terms > QUOTH_SPF_TERMS_MAX)
        health_put(health, CHECK_SPF_LOOKUPS, spf->terms, health_costliest(health->f), NULL);
    if (spf->voids)
        health_count(health, spf->voids > QUOTH_SPF_VOIDS_MAX ? CHECK_SPF_VOIDS : CHECK_SPF_VOID,
                     spf->voids);
    if (spf->voids6 > QUOTH_SPF_VOIDS_MAX)
        health_count(health, CHECK_SPF_VOID_V6, spf->voids6);
    if (spf->bytes > HEALTH_DATAGRAM)
        health_count(health, CHECK_SPF_ANSWER, spf->bytes);
    if (health->f->sender_id)
        health_add(health, CHECK_SPF_SENDERID);
    health_flags(health, rows, spf->saw, 0, health_nothing);
    if (spf->record.n && spf->result != QUOTH_SPF_PERMERROR)
        health_spf_terms(health);
}

/* ---- DMARC ------------------------------------------------------------------ */

/* The addresses of rua= or ruf=, as they stand there. */
static void health_uris(struct health *health, const struct quoth_span *list)
{
    struct quoth_dmarc_uri uri;
    unsigned n = 0;
    int sizes = 0;

    for (size_t at = 0; quoth_dmarc_uri(list, &at, &uri); n++) {
        const struct quoth_part here = {(uint16_t)(uri.text.p - health->f->text),
                                        (uint16_t)uri.text.n};
        static const uint8_t rows[] = {[QUOTH_DMARC_URI_OTHER] = CHECK_DMARC_RUA_OTHER,
                                       [QUOTH_DMARC_URI_BARE] = CHECK_DMARC_RUA_SCHEME,
                                       [QUOTH_DMARC_URI_INVALID] = CHECK_DMARC_RUA_URI};
        if (uri.kind != QUOTH_DMARC_URI_MAIL)
            health_about(health, rows[uri.kind], here);
        sizes |= uri.sized;
    }
    if (sizes)
        health_add(health, CHECK_DMARC_SIZE);
    if (n > 2)
        health_count(health, CHECK_DMARC_RUA_MANY, n);
}

/* Where reports go: is that known there? */
static void health_reports(struct health *health)
{
    for (unsigned i = 0; i < health->f->uris; i++) {
        const struct quoth_fact_uri *uri = &health->f->uri[i];
        if (health_is_failure(uri->answer) || health_is_failure(uri->mail))
            health_about(health, CHECK_DMARC_RUA_UNKNOWN, uri->host);
        if (uri->answer && !health_is_failure(uri->answer) && !uri->agrees)
            health_about(health,
                         health->f->org_labels ? CHECK_DMARC_RUA_UNAUTHORISED
                                               : CHECK_DMARC_RUA_UNKNOWN,
                         uri->host);
        if (health_is_empty(uri->mail))
            health_about(health, CHECK_DMARC_RUA_NOWHERE, uri->host);
    }
}

/* What it comes to for the domain itself. */
static enum quoth_dmarc_policy health_in_force(const struct quoth_facts *facts,
                                               const struct quoth_dmarc *dmarc)
{
    if (facts->dmarc_labels == facts->labels)
        return quoth_dmarc_policy(dmarc, QUOTH_DMARC_SELF);
    return quoth_dmarc_policy(dmarc, facts->mx == QUOTH_ANSWER_NXDOMAIN ? QUOTH_DMARC_NOWHERE
                                                                        : QUOTH_DMARC_BELOW);
}

/* A key was seen, or may be there for all we know. */
static int health_may_sign(const struct quoth_facts *facts)
{
    return facts->keys || facts->lost || facts->domainkey != QUOTH_ANSWER_NXDOMAIN ||
           facts->wildcard == QUOTH_ANSWER_DATA;
}

static void health_dmarc_policy(struct health *health, const struct quoth_dmarc *dmarc)
{
    const struct quoth_facts *facts = health->f;
    const enum quoth_dmarc_policy now = health_in_force(facts, dmarc);
    const char *name = now ? quoth_dmarc_policy_name(now) : "no DMARC";
    const int own = facts->dmarc_labels == facts->labels;
    uint8_t p = dmarc->p;

    if (!p && dmarc->flags & QUOTH_DMARC_SYNTAX)
        p = QUOTH_DMARC_INVALID; /* it may be what cannot be read */
    if ((p | dmarc->sp | dmarc->np) & QUOTH_DMARC_INVALID)
        health_word(health, CHECK_DMARC_POLICY, name);
    else if (now == QUOTH_DMARC_NONE && !(dmarc->flags & QUOTH_DMARC_TESTING))
        health_add(health,
                   dmarc->flags & QUOTH_DMARC_RUA ? CHECK_DMARC_WATCHING : CHECK_DMARC_IDLE);
    if (!p)
        health_add(health, CHECK_DMARC_NO_POLICY);
    if (dmarc->flags & QUOTH_DMARC_TESTING)
        health_word(health, CHECK_DMARC_TESTING, name);
    if (own && (facts->org_labels == facts->labels || !facts->org_labels) && p > QUOTH_DMARC_NONE &&
        p != QUOTH_DMARC_INVALID &&
        (dmarc->sp == QUOTH_DMARC_NONE || dmarc->np == QUOTH_DMARC_NONE)) {
        if (!facts->org_labels)
            health_word(health, CHECK_DMARC_UNKNOWN, WORD("names above it"));
        else
            health_word(health, CHECK_DMARC_WEAK_SUB,
                        dmarc->sp == QUOTH_DMARC_NONE ? "sp=none" : "np=none");
    }
    if (own && facts->org_labels && facts->org_labels < facts->labels && (dmarc->sp || dmarc->np))
        health_add(health, CHECK_DMARC_SUB_IGNORED);
    if (now < QUOTH_DMARC_REJECT)
        health_add(health, CHECK_DMARC_PARKED);
    if (now > QUOTH_DMARC_NONE && facts->domainkey && !health_may_sign(facts))
        health_add(health, CHECK_DMARC_NO_DKIM);
}

/* The record of the facts; 0: there is none. */
static int health_dmarc_read(const struct quoth_facts *facts, struct quoth_dmarc *dmarc)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->dmarc.record);

    return facts->dmarc.answer == QUOTH_ANSWER_DATA && record.n &&
           quoth_dmarc_read(dmarc, record.p, record.n) == QUOTH_OK;
}

static void health_dmarc(struct health *health)
{
    static const struct health_flag rows[] = {
        {QUOTH_DMARC_DUPLICATE, CHECK_DMARC_DUPLICATE}, {QUOTH_DMARC_SYNTAX, CHECK_DMARC_SYNTAX},
        {QUOTH_DMARC_VALUE, CHECK_DMARC_VALUE},         {QUOTH_DMARC_REMOVED, CHECK_DMARC_REMOVED},
        {QUOTH_DMARC_STRANGER, CHECK_DMARC_STRANGER},   {0, 0}};
    const struct quoth_facts *facts = health->f;
    struct quoth_dmarc dmarc;

    health_failed(health, CHECK_DMARC_UNKNOWN, facts->dmarc.answer);
    if (facts->dmarc_many)
        health_count(health, CHECK_DMARC_MULTIPLE, facts->dmarc_many);
    if (facts->dmarc_meant.n)
        health_about(health, CHECK_DMARC_VERSION, facts->dmarc_meant);
    if (facts->dmarc.others)
        health_add(health, CHECK_DMARC_OTHER_TXT);
    if (facts->misplaced.record.n)
        health_about(health, CHECK_DMARC_MISPLACED, facts->misplaced.record);
    if (facts->doubled)
        health_add(health, CHECK_DMARC_DOUBLED);
    if (health_is_empty(facts->dmarc.answer) && !facts->dmarc_many)
        health_missing(health, CHECK_DMARC_NONE, CHECK_DMARC_PARKED);
    if (!health_dmarc_read(facts, &dmarc))
        return;
    health_flags(health, rows, dmarc.flags, dmarc.at, health_nothing);
    health_dmarc_policy(health, &dmarc);
    health_uris(health, &dmarc.rua);
    health_uris(health, &dmarc.ruf);
    health_reports(health);
}

/* ---- MTA-STS, TLS-RPT, BIMI --------------------------------------------------- */

/* The rows of one such record, in this order. */
struct health_rows {
    uint8_t unknown, multiple, version, value, syntax;
};

static void health_small(struct health *health, const struct quoth_fact_txt *txt,
                         const struct health_rows *rows)
{
    health_failed(health, rows->unknown, txt->answer);
    if (txt->answer != QUOTH_ANSWER_DATA)
        return;
    if (txt->n > 1)
        health_count(health, rows->multiple, txt->n);
    else if (txt->fault == QUOTH_TAGS_VERSION)
        health_count(health, rows->version, txt->at);
    else if (txt->fault == QUOTH_TAGS_SYNTAX || txt->fault == QUOTH_TAGS_DUPLICATE)
        health_count(health, rows->syntax, txt->at);
    else if (txt->fault)
        health_count(health, rows->value, txt->at);
}

static void health_bimi(struct health *health)
{
    static const struct health_rows rows = {CHECK_BIMI_UNKNOWN, CHECK_BIMI_MULTIPLE,
                                            CHECK_BIMI_BROKEN, CHECK_BIMI_BROKEN,
                                            CHECK_BIMI_BROKEN};
    const struct quoth_facts *facts = health->f;
    struct quoth_dmarc dmarc;
    int enforced = 0;

    health_small(health, &facts->bimi, &rows);
    if (health_dmarc_read(facts, &dmarc))
        enforced = !(dmarc.flags & QUOTH_DMARC_PART) &&
                   health_in_force(facts, &dmarc) > QUOTH_DMARC_NONE &&
                   quoth_dmarc_policy(&dmarc, QUOTH_DMARC_BELOW) > QUOTH_DMARC_NONE &&
                   quoth_dmarc_policy(&dmarc, QUOTH_DMARC_NOWHERE) > QUOTH_DMARC_NONE;
    if (facts->bimi.answer == QUOTH_ANSWER_DATA && !enforced && facts->dmarc.answer &&
        !health_is_failure(facts->dmarc.answer))
        health_add(health, CHECK_BIMI_POLICY);
}

/* The policy could not be had: as it is said, and for whom it is to mend. */
static void health_fetch(struct health *health, const struct quoth_fetched *got)
{
    const char *words = WORD(
        "no answer from name servers\0no connection\0no TLS handshake\0the answer broke off\0"
        "it took too long\0no certificates to check with\0the clock of this machine is wrong\0");
    const char *cert = WORD("of nobody known");

    switch ((enum quoth_fetch)got->how) {
    case QUOTH_FETCH_NO_HOST:
        if (health->f->sts.answer == QUOTH_ANSWER_DATA)
            health_add(health, CHECK_STS_NO_POLICY);
        break;
    case QUOTH_FETCH_PRIVATE: health_add(health, CHECK_STS_PRIVATE); break;
    case QUOTH_FETCH_CERT:
        if (got->cert & QUOTH_CERT_WRONG_NAME)
            cert = WORD("another name");
        else if (got->cert & QUOTH_CERT_EXPIRED)
            cert = WORD("expired");
        health_word(health, CHECK_STS_CERT, cert);
        break;
    case QUOTH_FETCH_STATUS: health_count(health, CHECK_STS_STATUS, got->status); break;
    case QUOTH_FETCH_HTTP: health_add(health, CHECK_STS_HTTP); break;
    default: break;
    }
    if (got->how >= QUOTH_FETCH_DNS)
        health_word(health, CHECK_STS_POLICY_UNKNOWN,
                    quoth_word_at(words, got->how - (unsigned)QUOTH_FETCH_DNS));
}

/* A host of a policy in force is used only if its certificate checks out (RFC 8461 4.2). */
static void health_met(struct health *health, const struct quoth_fact_host *host)
{
    if (host->talk == QUOTH_TALK_CLEAR || host->talk == QUOTH_TALK_BROKEN)
        health_about(health, CHECK_STS_MX_NO_TLS, host->name);
    if (host->talk == QUOTH_TALK_TLS &&
        host->cert & (QUOTH_CERT_WRONG_NAME | QUOTH_CERT_EXPIRED | QUOTH_CERT_UNTRUSTED))
        health_about(health, CHECK_STS_MX_CERT, host->name);
}

/* Hosts that senders will not use, and patterns without a host. */
static void health_listed(struct health *health)
{
    const struct quoth_facts *facts = health->f;
    const unsigned id =
        facts->policy.mode == QUOTH_POLICY_ENFORCE ? CHECK_STS_MX_MISSING : CHECK_STS_MX_UNLISTED;

    for (unsigned i = 0; i < facts->hosts && !facts->policy.cut; i++)
        if (!(facts->host[i].flags & QUOTH_HOST_LISTED))
            health_about(health, id, facts->host[i].name);
    for (unsigned i = 0; i < facts->hosts && facts->policy.mode == QUOTH_POLICY_ENFORCE; i++)
        health_met(health, &facts->host[i]);
    if (facts->policy.unused.n && facts->hosts && !facts->mx_more)
        health_about(health, CHECK_STS_MX_UNUSED, facts->policy.unused);
}

static void health_policy(struct health *health)
{
    const struct quoth_fact_policy *p = &health->f->policy;

    health_fetch(health, &p->fetched);
    if (p->fetched.how != QUOTH_FETCH_DONE)
        return;
    if (health_is_empty(health->f->sts.answer))
        health_add(health, CHECK_STS_NO_RECORD);
    if (p->fetched.odd_type)
        health_add(health, CHECK_STS_TYPE);
    if (p->same_id)
        health_add(health, CHECK_STS_SAME_ID);
    if (p->fault == QUOTH_POLICY_SYNTAX)
        health_count(health, CHECK_STS_POLICY_SYNTAX, p->at);
    else if (p->fault == QUOTH_POLICY_BIG)
        health_add(health, CHECK_STS_POLICY_BIG);
    else if (p->fault)
        health_put(health, CHECK_STS_POLICY_KEY, p->at, health_nothing,
                   quoth_word_at("version\0mode\0max_age\0mx\0",
                                 p->fault - (unsigned)QUOTH_POLICY_VERSION));
    if (p->fault)
        return;
    if (p->max_age < 86400)
        health_count(health, CHECK_STS_SHORT, p->max_age);
    if (p->max_age > 31557600)
        health_add(health, CHECK_STS_LONG);
    if (p->mode == QUOTH_POLICY_NONE)
        health_add(health, CHECK_STS_MODE_NONE);
    else
        health_listed(health);
    if (p->mode == QUOTH_POLICY_TESTING && health_is_empty(health->f->rpt.answer))
        health_add(health, CHECK_STS_UNSEEN);
}

static void health_tls(struct health *health)
{
    static const struct health_rows sts = {CHECK_STS_UNKNOWN, CHECK_STS_MULTIPLE, CHECK_STS_VERSION,
                                           CHECK_STS_ID, CHECK_STS_SYNTAX},
                                    rpt = {CHECK_RPT_UNKNOWN, CHECK_RPT_MULTIPLE, CHECK_RPT_VERSION,
                                           CHECK_RPT_RUA, CHECK_RPT_SYNTAX};

    health_small(health, &health->f->sts, &sts);
    health_small(health, &health->f->rpt, &rpt);
    if (health->f->rpt_draft)
        health_word(health, CHECK_RPT_MISPLACED,
                    health->f->rpt_draft == 1 ? WORD("_smtp-tlsrpt") : WORD("_tlsrpt"));
    if (health->f->sts.answer == QUOTH_ANSWER_DATA && health_is_empty(health->f->rpt.answer))
        health_add(health, CHECK_STS_NO_REPORTS);
    health_policy(health);
}

/* ---- DKIM ---------------------------------------------------------------------- */

static void health_key(struct health *health, const struct quoth_fact_key *key)
{
    static const uint8_t rows[] = {
        [QUOTH_DKIM_VERSION] = CHECK_DKIM_VERSION,     [QUOTH_DKIM_SYNTAX] = CHECK_DKIM_SYNTAX,
        [QUOTH_DKIM_DUPLICATE] = CHECK_DKIM_DUPLICATE, [QUOTH_DKIM_NO_KEY] = CHECK_DKIM_NO_P,
        [QUOTH_DKIM_BASE64] = CHECK_DKIM_BASE64,       [QUOTH_DKIM_CUT] = CHECK_DKIM_CUT,
        [QUOTH_DKIM_BARE] = CHECK_DKIM_BARE,           [QUOTH_DKIM_KIND] = CHECK_DKIM_KIND,
        [QUOTH_DKIM_SERVICE] = CHECK_DKIM_SERVICE,     [QUOTH_DKIM_HASH] = CHECK_DKIM_SHA1,
    };
    const unsigned bits = key->key.bits;
    unsigned length = 0;

    if (!key->n) {
        health_about(health, CHECK_DKIM_DANGLING, key->selector);
        return;
    }
    if (key->n > 1) {
        health_put(health, CHECK_DKIM_MULTIPLE, key->n, key->selector, NULL);
        return;
    }
    if (key->key.fault)
        health_put(health, rows[key->key.fault], key->key.at, key->selector, NULL);
    if (bits < 1024)
        length = CHECK_DKIM_SHORT;
    else if (bits < 2048)
        length = CHECK_DKIM_WEAK;
    else if (bits > 4096)
        length = CHECK_DKIM_LONG;
    if (bits && length)
        health_put(health, length, bits, key->selector, NULL);
    if (key->key.flags & QUOTH_DKIM_REVOKED)
        health_about(health, CHECK_DKIM_REVOKED, key->selector);
    if (key->key.flags & QUOTH_DKIM_TESTING)
        health_about(health, CHECK_DKIM_TESTING, key->selector);
}

/* Only ed25519 was found, and all that was asked for was answered. */
static int health_only_ed25519(const struct quoth_facts *facts)
{
    for (unsigned i = 0; i < facts->keys; i++)
        if (facts->key[i].n != 1 || !facts->key[i].key.ed25519)
            return 0;
    return facts->keys && !facts->lost;
}

static void health_dkim(struct health *health)
{
    const struct quoth_facts *facts = health->f;

    for (unsigned i = 0; i < facts->keys; i++)
        health_key(health, &facts->key[i]);
    if (health_only_ed25519(facts))
        health_about(health, CHECK_DKIM_ED25519, facts->key[0].selector);
    if (facts->lost)
        health_failed(health, CHECK_DKIM_UNKNOWN, facts->lost_answer);
    else
        health_failed(health, CHECK_DKIM_UNKNOWN, facts->wildcard);
    if (facts->wildcard == QUOTH_ANSWER_DATA)
        health_add(health, CHECK_DKIM_WILDCARD);
    else if (facts->tried && !facts->keys && !facts->lost &&
             facts->domainkey == QUOTH_ANSWER_NXDOMAIN)
        health_add(health, CHECK_DKIM_NO_KEYS);
    else if (facts->tried && !facts->keys && !facts->lost)
        health_count(health, CHECK_DKIM_NOT_FOUND, facts->tried);
}

/* ---- all of it -------------------------------------------------------------------- */

/* What the domain may be for, by what is known. */
static unsigned health_profiles(const struct quoth_facts *facts)
{
    const struct quoth_fact_spf *spf = &facts->spf;
    unsigned open = HEALTH_SENDING | HEALTH_RECEIVING;

    if (!spf->asked || spf->result == QUOTH_SPF_TEMPERROR)
        open = spf->record.n ? HEALTH_SENDING : open;
    else
        open = spf->result == QUOTH_SPF_NONE ? HEALTH_RECEIVING : HEALTH_SENDING;
    if (!health_is_gone(facts) && (!facts->mx || health_is_failure(facts->mx)))
        return open | HEALTH_PARKED;
    if (health_is_gone(facts) || (facts->mx_null && !facts->hosts))
        return HEALTH_PARKED;
    if (facts->mx == QUOTH_ANSWER_NODATA && health_is_dead(&facts->host[0]))
        return HEALTH_PARKED;
    if (facts->mx == QUOTH_ANSWER_NODATA && health_is_unknown(&facts->host[0]))
        return open | HEALTH_PARKED;
    return open;
}

/* What the budget left out, by name. */
static void health_late(struct health *health)
{
    const struct quoth_facts *facts = health->f;

    for (unsigned check = 1; check <= facts->unasked; check <<= 1)
        if (facts->unasked & check)
            health_put(health, CHECK_DOMAIN_UNFINISHED, facts->queries, health_nothing,
                       quoth_domain_check_name(check));
}

size_t quoth_health_judge(const struct quoth_facts *facts, enum quoth_profile profile,
                          struct quoth_finding out[QUOTH_FINDINGS_MAX])
{
    struct health health = {facts, out, 0,
                            profile == QUOTH_PROFILE_AUTO ? health_profiles(facts)
                                                          : 1u << (profile - 1)};

    health_late(&health);
    health_mx(&health);
    health_spf(&health);
    health_dmarc(&health);
    health_tls(&health);
    health_bimi(&health);
    health_dkim(&health);
    health_dnssec(&health);
    health_dane(&health);
    quoth_findings_sort(out, health.n);
    return health.n;
}
