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

static void health_put(struct health *h, unsigned id, unsigned num, struct quoth_part text,
                       const char *word)
{
    uint8_t grade = UINT8_MAX;

    for (unsigned i = QUOTH_PROFILE_SENDING; i < QUOTH_PROFILES; i++) {
        const enum quoth_grade here = quoth_check_grade(id, (enum quoth_profile)i);
        if (h->profiles >> (i - 1) & 1 && here < grade)
            grade = (uint8_t)here;
    }
    if (grade == QUOTH_GRADE_OK || h->n == QUOTH_FINDINGS_MAX)
        return;
    h->out[h->n++] = (struct quoth_finding) {
        grade, (uint16_t)id, (uint16_t)(num < UINT16_MAX ? num : UINT16_MAX), text, word};
}

/* Bytes of an answer that every resolver takes without asking again (RFC 1035 4.2.1). */
enum { HEALTH_DATAGRAM = 512 };

static const struct quoth_part health_nothing;

static void health_count(struct health *h, unsigned id, unsigned num)
{
    health_put(h, id, num, health_nothing, NULL);
}
static void health_add(struct health *h, unsigned id) { health_count(h, id, 0); }
static void health_about(struct health *h, unsigned id, struct quoth_part text)
{
    health_put(h, id, 0, text, NULL);
}
static void health_failed(struct health *h, unsigned id, uint8_t answer)
{
    health_put(h, id, 0, health_nothing, quoth_answer_name((enum quoth_answer)answer));
}

static int health_is_failure(uint8_t answer) { return answer > QUOTH_ANSWER_NXDOMAIN; }
static int health_is_empty(uint8_t answer)
{
    return answer == QUOTH_ANSWER_NODATA || answer == QUOTH_ANSWER_NXDOMAIN;
}

/* There is no such domain, as one answer or the other says. */
static int health_is_gone(const struct quoth_facts *f)
{
    return f->mx == QUOTH_ANSWER_NXDOMAIN || (f->spf.asked && f->spf.result == QUOTH_SPF_NONE &&
                                              f->spf.answer == QUOTH_ANSWER_NXDOMAIN);
}

/* What a domain may be for. */
enum { HEALTH_SENDING = 1, HEALTH_RECEIVING = 2, HEALTH_PARKED = 4 };

/* There is no such record, which says more of a domain that takes no mail. */
static void health_missing(struct health *h, unsigned id, unsigned parked)
{
    if (health_is_gone(h->f))
        return;
    health_add(h, id);
    health_add(h, parked);
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

static void health_host(struct health *h, const struct quoth_fact_host *host)
{
    if (health_is_empty(host->ptr))
        health_about(h, CHECK_MX_NO_NAME, host->name);
    if (host->talk == QUOTH_TALK_FAILED)
        health_about(h, CHECK_MX_UNTALKED, host->name);
    if (health_is_unknown(host) && (health_is_failure(host->a) || health_is_failure(host->aaaa)))
        health_about(h, CHECK_MX_HOST_UNKNOWN, host->name);
    if (h->f->mx != QUOTH_ANSWER_DATA)
        return;
    if (host->flags & QUOTH_HOST_ALIAS)
        health_about(h, CHECK_MX_ALIAS, host->name);
    if (health_is_dead(host))
        health_about(h, CHECK_MX_NO_ADDRESS, host->name);
    if (host->flags & QUOTH_HOST_PRIVATE)
        health_about(h, CHECK_MX_PRIVATE, host->name);
}

/* All of several hosts have this one address first. */
static int health_one_address(const struct quoth_facts *f)
{
    for (unsigned i = 0; i < f->hosts; i++)
        if (!f->host[i].ip.len || memcmp(&f->host[i].ip, &f->host[0].ip, sizeof f->host[0].ip))
            return 0;
    return f->hosts > 1 && !f->mx_more;
}

/* None of the hosts can be called: 1, or 0 also when that is not certain. */
static int health_unusable(const struct quoth_facts *f)
{
    for (unsigned i = 0; i < f->hosts; i++)
        if (f->host[i].flags & QUOTH_HOST_PUBLIC || health_is_failure(f->host[i].a) ||
            health_is_failure(f->host[i].aaaa) || !f->host[i].a)
            return 0;
    return !f->mx_more;
}

static void health_mx(struct health *h)
{
    const struct quoth_facts *f = h->f;
    const int dead = health_unusable(f);

    if (health_is_failure(f->mx))
        health_failed(h, CHECK_MX_UNKNOWN, f->mx);
    if (health_is_gone(f))
        health_add(h, CHECK_DOMAIN_NONE);
    if (f->mx == QUOTH_ANSWER_NODATA && f->hosts)
        health_add(h, health_is_dead(&f->host[0]) ? CHECK_MX_NOWHERE : CHECK_MX_IMPLICIT);
    if (f->mx_null)
        health_add(h, f->hosts ? CHECK_MX_NULL_BESIDE : CHECK_MX_NULL);
    if (f->mx_odd)
        health_add(h, CHECK_MX_NOT_A_NAME);
    if (f->mx_proof)
        health_add(h, CHECK_MX_PROOF);
    for (unsigned i = 0; i < f->hosts; i++)
        health_host(h, &f->host[i]);
    if (f->mx == QUOTH_ANSWER_DATA && dead && (f->hosts || !f->mx_null))
        health_add(h, CHECK_MX_UNUSABLE);
    if (health_one_address(f))
        health_count(h, CHECK_MX_ONE_ADDRESS, f->hosts);
}

/* ---- DNSSEC and DANE --------------------------------------------------------- */

enum quoth_dnssec quoth_facts_dnssec(const struct quoth_facts *f)
{
    const int says = f->zone_ede >= 1 + 6 && f->zone_ede <= 1 + 12; /* RFC 8914 4 */

    if (f->zone == QUOTH_ANSWER_SERVFAIL && (says || f->unchecked == QUOTH_ANSWER_DATA))
        return QUOTH_DNSSEC_BOGUS;
    if (f->zone != QUOTH_ANSWER_DATA)
        return QUOTH_DNSSEC_UNKNOWN;
    if (f->ds == QUOTH_ANSWER_NODATA)
        return QUOTH_DNSSEC_UNSIGNED;
    if (f->ds != QUOTH_ANSWER_DATA)
        return QUOTH_DNSSEC_UNKNOWN;
    if (!f->trusts)
        return QUOTH_DNSSEC_SIGNED;
    return f->zone_ad ? QUOTH_DNSSEC_SECURE : QUOTH_DNSSEC_UNKNOWN;
}

const char *quoth_dnssec_name(enum quoth_dnssec state)
{
    static const char *const names[] = {"unknown", "unsigned", "signed", "secure", "bogus"};

    return state <= QUOTH_DNSSEC_BOGUS ? names[state] : "";
}

/* Why validation failed, by RFC 8914 4. */
static const char *health_bogus(uint16_t ede)
{
    static const char *const names[] = {
        WORD("a signature expired"),     WORD("a signature is not valid yet"),
        WORD("the key is missing"),      WORD("signatures are missing"),
        WORD("no key is one of a zone"), WORD("proof is missing")};

    return ede >= 1 + 7 && ede <= 1 + 12 ? names[ede - 8] : WORD("no closer reason given");
}

static void health_dnssec(struct health *h)
{
    const struct quoth_facts *f = h->f;

    if (quoth_facts_dnssec(f) == QUOTH_DNSSEC_BOGUS)
        health_put(h, CHECK_DNSSEC_BOGUS, 0, health_nothing, health_bogus(f->zone_ede));
    else if (health_is_failure(f->zone) || health_is_failure(f->ds))
        health_failed(h, CHECK_DNSSEC_UNKNOWN, health_is_failure(f->zone) ? f->zone : f->ds);
}

/* Whether senders may use the records at all (RFC 7672 2.2.1). */
static void health_tlsa_trust(struct health *h, const struct quoth_fact_host *host)
{
    if (host->flags & QUOTH_HOST_OPEN)
        health_about(h, CHECK_DANE_INSECURE, host->name);
    else if (h->f->mx_open)
        health_about(h, CHECK_DANE_MX_INSECURE, host->name);
}

static void health_tlsa(struct health *h, const struct quoth_fact_host *host)
{
    static const struct {
        uint8_t flag, id;
    } rows[] = {{QUOTH_TLSA_PKIX, CHECK_DANE_PKIX},
                {QUOTH_TLSA_FULL, CHECK_DANE_FULL},
                {QUOTH_TLSA_LENGTH, CHECK_DANE_LENGTH},
                {QUOTH_TLSA_EMPTY, CHECK_DANE_EMPTY}};

    if (h->f->trusts)
        health_tlsa_trust(h, host);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (host->tlsa_saw & rows[i].flag)
            health_about(h, rows[i].id, host->name);
    if (!(host->tlsa_saw & QUOTH_TLSA_USABLE))
        health_about(h, CHECK_DANE_UNUSABLE, host->name);
    else if (host->tlsas == 1 && host->tlsa_saw & QUOTH_TLSA_CERT)
        health_about(h, CHECK_DANE_SINGLE, host->name);
}

/* What senders find who call the host, where they may use its records. */
static void health_tlsa_met(struct health *h, const struct quoth_fact_host *host)
{
    if (!(host->tlsa_saw & QUOTH_TLSA_USABLE) || (h->f->trusts && host->flags & QUOTH_HOST_OPEN))
        return;
    if (host->match == QUOTH_MATCH_NONE)
        health_about(h, CHECK_DANE_MISMATCH, host->should);
    if (host->talk == QUOTH_TALK_CLEAR || host->talk == QUOTH_TALK_BROKEN)
        health_about(h, CHECK_DANE_NO_TLS, host->name);
}

/* Where nobody can say whether the records count, the first host with some tells it for all. That
 * they cannot be asked for does not matter at a host that is not signed: no sender asks there. */
static void health_dane(struct health *h)
{
    const struct quoth_facts *f = h->f;
    int told = f->trusts;

    for (unsigned i = 0; i < f->hosts; i++) {
        const struct quoth_fact_host *host = &f->host[i];
        if (health_is_failure(host->tlsa) && !(f->trusts && host->flags & QUOTH_HOST_OPEN))
            health_about(h, CHECK_DANE_UNKNOWN, host->name);
        if (!host->tlsas)
            continue;
        if (!told++)
            health_about(h, CHECK_DANE_UNTRUSTED, host->name);
        health_tlsa(h, host);
        health_tlsa_met(h, host);
    }
}

/* ---- SPF -------------------------------------------------------------------- */

/* Where in `text` another term begins that no blank parts from it: a mechanism's name and its
 * colon, or a qualified all at the end. 0: nowhere. In an IPv6 address a colon stands behind
 * letters too. */
static size_t health_join(struct quoth_span text, int ip6)
{
    static const char *const words[] = {
        "include:", "redirect=", "exists:", "ip4:", "ip6:", "ptr:", "mx:", "a:"};
    const size_t first = text.n && memchr("+-~?", text.p[0], 4) ? 2 : 1;

    for (size_t i = 0; i < sizeof words / sizeof *words - (ip6 ? 3 : 0); i++) {
        const size_t n = strlen(words[i]);
        for (size_t at = first; at + n <= text.n; at++)
            if (quoth_same(text.p + at, n, words[i], n))
                return at;
    }
    return text.n > 4 && quoth_same(text.p + text.n - 3, 3, "all", 3) &&
                   memchr("+-~?", text.p[text.n - 4], 4)
               ? text.n - 4
               : 0;
}

/* Is this term two? Then it is told, and 1. `at`: of a byte of it in the record. */
static int health_joined(struct health *h, struct quoth_part part, size_t at, int ip6)
{
    const struct quoth_span record = quoth_facts_text(h->f, h->f->spf.record);
    const size_t join = health_join(quoth_facts_text(h->f, part), ip6);

    if (!join)
        return 0;
    while (at && at <= record.n && record.p[at - 1] != ' ')
        at--;
    health_put(h, CHECK_SPF_JOIN, (unsigned)(at + join), part, NULL);
    return 1;
}

/* How the walk ended, where that is a finding: a row a reason. */
static void health_spf_end(struct health *h)
{
    const struct quoth_fact_spf *s = &h->f->spf;

    switch (s->why) {
    case QUOTH_SPF_WHY_NO_RECORD:
        if (s->result == QUOTH_SPF_NONE)
            health_missing(h, CHECK_SPF_NONE, CHECK_SPF_PARKED);
        else
            health_about(h, CHECK_SPF_DEAD_INCLUDE, s->where);
        break;
    case QUOTH_SPF_WHY_RECORDS:
        health_about(h, s->depth ? CHECK_SPF_INNER : CHECK_SPF_MULTIPLE, s->where);
        break;
    case QUOTH_SPF_WHY_SYNTAX:
        if (!s->depth && health_joined(h, s->where, s->at, 0))
            break;
        health_put(h, s->depth ? CHECK_SPF_INNER : CHECK_SPF_SYNTAX, s->at, s->where, NULL);
        break;
    case QUOTH_SPF_WHY_TWICE:
        health_about(h, s->depth ? CHECK_SPF_INNER : CHECK_SPF_TWICE, s->where);
        break;
    case QUOTH_SPF_WHY_HOSTS: health_add(h, CHECK_SPF_HOSTS); break;
    case QUOTH_SPF_WHY_LOOP: health_about(h, CHECK_SPF_LOOP, s->where); break;
    case QUOTH_SPF_WHY_NAME: health_about(h, CHECK_SPF_NAME, s->where); break;
    case QUOTH_SPF_WHY_DNS: health_about(h, CHECK_SPF_UNKNOWN, s->where); break;
    case QUOTH_SPF_WHY_TOO_BIG:
    case QUOTH_SPF_WHY_ENTROPY: health_add(h, CHECK_SPF_TOO_BIG_HERE); break;
    default: break;
    }
}

static int health_lets_all(const struct quoth_spf_term *t)
{
    return t->result == QUOTH_SPF_PASS &&
           (t->kind == QUOTH_SPF_ALL ||
            ((t->kind == QUOTH_SPF_IP4 || t->kind == QUOTH_SPF_IP6) && t->net.bits == 0));
}

static int health_has_host_bits(const struct quoth_cidr *net)
{
    for (unsigned i = net->bits; i < net->ip.len * 8u; i++)
        if (net->ip.b[i / 8] >> (7 - i % 8) & 1)
            return 1;
    return 0;
}

/* A network that may send. */
static void health_net(struct health *h, const struct quoth_spf_term *t, struct quoth_part here)
{
    static const struct quoth_targets table;
    const unsigned least = t->net.ip.len == 4 ? 16 : 32;

    if (t->kind != QUOTH_SPF_IP4 && t->kind != QUOTH_SPF_IP6)
        return;
    if (health_has_host_bits(&t->net))
        health_about(h, CHECK_SPF_HOST_BITS, here);
    if (t->net.bits && t->result == QUOTH_SPF_PASS && !quoth_target_ok(&table, &t->net.ip))
        health_about(h, CHECK_SPF_PRIVATE, here);
    else if (t->net.bits && t->net.bits < least && t->result == QUOTH_SPF_PASS)
        health_about(h, CHECK_SPF_WIDE, here);
}

/* The terms of the domain's own record, as they stand there. */
static void health_spf_terms(struct health *h)
{
    const struct quoth_fact_spf *s = &h->f->spf;
    const struct quoth_span record = quoth_facts_text(h->f, s->record);
    struct quoth_part behind = {0, 0}, here;
    struct quoth_spf_term t;
    size_t at = 0;
    int all = 0, redirect = 0, neutral = 0, allows = 0;

    while (quoth_spf_term(&t, record.p, record.n, &at) == 1) {
        here = (struct quoth_part) {(uint16_t)(t.text.p - h->f->text), (uint16_t)t.text.n};
        if (t.kind == QUOTH_SPF_REDIRECT)
            redirect = 1;
        health_joined(h, here, (size_t)(t.text.p - record.p), t.kind == QUOTH_SPF_IP6);
        if (t.kind >= QUOTH_SPF_REDIRECT)
            continue;
        health_net(h, &t, here);
        if (all && !behind.n)
            behind = here;
        if (!all && health_lets_all(&t))
            health_about(h, CHECK_SPF_OPEN, here);
        if (!all && t.kind == QUOTH_SPF_ALL)
            neutral = t.result == QUOTH_SPF_NEUTRAL;
        allows |= t.result == QUOTH_SPF_PASS;
        all |= t.kind == QUOTH_SPF_ALL;
    }
    if (neutral || (!all && !redirect))
        health_add(h, CHECK_SPF_NEUTRAL);
    if (behind.n)
        health_about(h, CHECK_SPF_BEHIND_ALL, behind);
    if (all && redirect)
        health_add(h, CHECK_SPF_REDIRECT_IGNORED);
    if (allows)
        health_add(h, CHECK_SPF_PARKED);
    if (s->record.n > 450)
        health_count(h, CHECK_SPF_LONG, s->record.n);
}

/* The term of the record that leads to most questions. */
static struct quoth_part health_costliest(const struct quoth_facts *f)
{
    const struct quoth_span record = quoth_facts_text(f, f->spf.record);
    struct quoth_part most = {0, 0};
    struct quoth_spf_term t;
    unsigned terms = 0;

    for (unsigned i = 0; i < f->spf.shares && record.n; i++) {
        size_t at = f->spf.share[i].at;
        if (f->spf.share[i].terms <= terms || quoth_spf_term(&t, record.p, record.n, &at) != 1)
            continue;
        terms = f->spf.share[i].terms;
        most = (struct quoth_part) {(uint16_t)(t.text.p - f->text), (uint16_t)t.text.n};
    }
    return most;
}

static void health_spf(struct health *h)
{
    const struct quoth_fact_spf *s = &h->f->spf;

    if (!s->asked)
        return;
    health_spf_end(h);
    if (s->terms > QUOTH_SPF_TERMS_MAX)
        health_put(h, CHECK_SPF_LOOKUPS, s->terms, health_costliest(h->f), NULL);
    if (s->voids)
        health_count(h, s->voids > QUOTH_SPF_VOIDS_MAX ? CHECK_SPF_VOIDS : CHECK_SPF_VOID,
                     s->voids);
    if (s->voids6 > QUOTH_SPF_VOIDS_MAX)
        health_count(h, CHECK_SPF_VOID_V6, s->voids6);
    if (s->bytes > HEALTH_DATAGRAM)
        health_count(h, CHECK_SPF_ANSWER, s->bytes);
    if (h->f->sender_id)
        health_add(h, CHECK_SPF_SENDERID);
    if (s->saw & QUOTH_SPF_SAW_PTR)
        health_add(h, CHECK_SPF_PTR);
    if (s->saw & QUOTH_SPF_SAW_P)
        health_add(h, CHECK_SPF_MACRO_P);
    if (s->saw & QUOTH_SPF_SAW_SKIPPED)
        health_add(h, CHECK_SPF_SKIPPED);
    if (s->record.n && s->result != QUOTH_SPF_PERMERROR)
        health_spf_terms(h);
}

/* ---- DMARC ------------------------------------------------------------------ */

/* The addresses of rua= or ruf=, as they stand there. */
static void health_uris(struct health *h, const struct quoth_span *list)
{
    struct quoth_span uri, host;
    enum quoth_dmarc_uri kind;
    unsigned n = 0, sizes = 0;
    int sized;

    for (size_t at = 0; quoth_dmarc_uri(list, &at, &uri, &host, &kind, &sized); n++) {
        const struct quoth_part here = {(uint16_t)(uri.p - h->f->text), (uint16_t)uri.n};
        static const uint8_t rows[] = {[QUOTH_DMARC_URI_OTHER] = CHECK_DMARC_RUA_OTHER,
                                       [QUOTH_DMARC_URI_BARE] = CHECK_DMARC_RUA_SCHEME,
                                       [QUOTH_DMARC_URI_INVALID] = CHECK_DMARC_RUA_URI};
        if (kind != QUOTH_DMARC_URI_MAIL)
            health_about(h, rows[kind], here);
        sizes += sized != 0;
    }
    if (sizes)
        health_add(h, CHECK_DMARC_SIZE);
    if (n > 2)
        health_count(h, CHECK_DMARC_RUA_MANY, n);
}

/* Where reports go: is that known there? */
static void health_reports(struct health *h)
{
    for (unsigned i = 0; i < h->f->uris; i++) {
        const struct quoth_fact_uri *u = &h->f->uri[i];
        if (health_is_failure(u->answer) || health_is_failure(u->mail))
            health_about(h, CHECK_DMARC_RUA_UNKNOWN, u->host);
        if (u->answer && !health_is_failure(u->answer) && !u->agrees)
            health_about(h, CHECK_DMARC_RUA_UNAUTHORISED, u->host);
        if (health_is_empty(u->mail))
            health_about(h, CHECK_DMARC_RUA_NOWHERE, u->host);
    }
}

/* Each flag of the record that is a finding. */
static void health_dmarc_flags(struct health *h, const struct quoth_dmarc *d)
{
    static const struct {
        uint16_t flag, id;
    } rows[] = {{QUOTH_DMARC_DUPLICATE, CHECK_DMARC_DUPLICATE},
                {QUOTH_DMARC_SYNTAX, CHECK_DMARC_SYNTAX},
                {QUOTH_DMARC_VALUE, CHECK_DMARC_VALUE},
                {QUOTH_DMARC_REMOVED, CHECK_DMARC_REMOVED},
                {QUOTH_DMARC_STRANGER, CHECK_DMARC_STRANGER}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (d->flags & rows[i].flag)
            health_count(h, rows[i].id, d->at);
}

/* What it comes to for the domain itself. */
static enum quoth_dmarc_policy health_in_force(const struct quoth_facts *f,
                                               const struct quoth_dmarc *d)
{
    if (f->dmarc_labels == f->labels)
        return quoth_dmarc_policy(d, QUOTH_DMARC_SELF);
    return quoth_dmarc_policy(d, f->mx == QUOTH_ANSWER_NXDOMAIN ? QUOTH_DMARC_NOWHERE
                                                                : QUOTH_DMARC_BELOW);
}

/* A key was seen, or may be there for all we know. */
static int health_may_sign(const struct quoth_facts *f)
{
    return f->keys || f->lost || f->domainkey != QUOTH_ANSWER_NXDOMAIN ||
           f->wildcard == QUOTH_ANSWER_DATA;
}

static void health_dmarc_policy(struct health *h, const struct quoth_dmarc *d)
{
    const struct quoth_facts *f = h->f;
    const enum quoth_dmarc_policy now = health_in_force(f, d);
    const char *name = now ? quoth_dmarc_policy_name(now) : "no DMARC";
    const int own = f->dmarc_labels == f->labels;

    if (d->p == QUOTH_DMARC_INVALID || d->sp == QUOTH_DMARC_INVALID || d->np == QUOTH_DMARC_INVALID)
        health_put(h, CHECK_DMARC_POLICY, 0, health_nothing, name);
    else if (now == QUOTH_DMARC_NONE && !(d->flags & QUOTH_DMARC_TESTING))
        health_add(h, d->rua.n ? CHECK_DMARC_WATCHING : CHECK_DMARC_IDLE);
    if (!d->p)
        health_add(h, CHECK_DMARC_NO_POLICY);
    if (d->flags & QUOTH_DMARC_TESTING)
        health_put(h, CHECK_DMARC_TESTING, 0, health_nothing, name);
    if (own && f->org_labels == f->labels && d->p != QUOTH_DMARC_INVALID &&
        d->p > QUOTH_DMARC_NONE && (d->sp == QUOTH_DMARC_NONE || d->np == QUOTH_DMARC_NONE))
        health_put(h, CHECK_DMARC_WEAK_SUB, 0, health_nothing,
                   d->sp == QUOTH_DMARC_NONE ? "sp=none" : "np=none");
    if (own && f->org_labels && f->org_labels < f->labels && (d->sp || d->np))
        health_add(h, CHECK_DMARC_SUB_IGNORED);
    if (now < QUOTH_DMARC_REJECT)
        health_add(h, CHECK_DMARC_PARKED);
    if (now > QUOTH_DMARC_NONE && f->domainkey && !health_may_sign(f))
        health_add(h, CHECK_DMARC_NO_DKIM);
}

/* The record of the facts; 0: there is none. */
static int health_dmarc_read(const struct quoth_facts *f, struct quoth_dmarc *d)
{
    const struct quoth_span record = quoth_facts_text(f, f->dmarc.record);

    return f->dmarc.answer == QUOTH_ANSWER_DATA && record.n &&
           quoth_dmarc_read(d, record.p, record.n) == QUOTH_OK;
}

static void health_dmarc(struct health *h)
{
    const struct quoth_facts *f = h->f;
    struct quoth_dmarc d;

    if (health_is_failure(f->dmarc.answer))
        health_failed(h, CHECK_DMARC_UNKNOWN, f->dmarc.answer);
    if (f->dmarc_many)
        health_count(h, CHECK_DMARC_MULTIPLE, f->dmarc_many);
    if (f->dmarc_meant.n)
        health_about(h, CHECK_DMARC_VERSION, f->dmarc_meant);
    if (f->dmarc.others)
        health_add(h, CHECK_DMARC_OTHER_TXT);
    if (f->misplaced.record.n)
        health_about(h, CHECK_DMARC_MISPLACED, f->misplaced.record);
    if (f->doubled)
        health_add(h, CHECK_DMARC_DOUBLED);
    if (health_is_empty(f->dmarc.answer) && !f->dmarc_many)
        health_missing(h, CHECK_DMARC_NONE, CHECK_DMARC_PARKED);
    if (!health_dmarc_read(f, &d))
        return;
    health_dmarc_flags(h, &d);
    health_dmarc_policy(h, &d);
    health_uris(h, &d.rua);
    health_uris(h, &d.ruf);
    health_reports(h);
}

/* ---- MTA-STS, TLS-RPT, BIMI --------------------------------------------------- */

/* The rows of one such record, in this order. */
struct health_rows {
    uint8_t unknown, multiple, version, value, syntax;
};

static void health_small(struct health *h, const struct quoth_fact_txt *t,
                         const struct health_rows *rows)
{
    if (health_is_failure(t->answer))
        health_failed(h, rows->unknown, t->answer);
    if (t->answer != QUOTH_ANSWER_DATA)
        return;
    if (t->n > 1)
        health_count(h, rows->multiple, t->n);
    else if (t->fault == QUOTH_TAGS_VERSION)
        health_count(h, rows->version, t->at);
    else if (t->fault == QUOTH_TAGS_SYNTAX || t->fault == QUOTH_TAGS_DUPLICATE)
        health_count(h, rows->syntax, t->at);
    else if (t->fault)
        health_count(h, rows->value, t->at);
}

static void health_bimi(struct health *h)
{
    static const struct health_rows rows = {CHECK_BIMI_UNKNOWN, CHECK_BIMI_MULTIPLE,
                                            CHECK_BIMI_BROKEN, CHECK_BIMI_BROKEN,
                                            CHECK_BIMI_BROKEN};
    const struct quoth_facts *f = h->f;
    struct quoth_dmarc d;
    int enforced = 0;

    health_small(h, &f->bimi, &rows);
    if (health_dmarc_read(f, &d))
        enforced = !(d.flags & QUOTH_DMARC_PART) && health_in_force(f, &d) > QUOTH_DMARC_NONE &&
                   quoth_dmarc_policy(&d, QUOTH_DMARC_BELOW) > QUOTH_DMARC_NONE &&
                   quoth_dmarc_policy(&d, QUOTH_DMARC_NOWHERE) > QUOTH_DMARC_NONE;
    if (f->bimi.answer == QUOTH_ANSWER_DATA && !enforced && f->dmarc.answer &&
        !health_is_failure(f->dmarc.answer))
        health_add(h, CHECK_BIMI_POLICY);
}

/* The policy could not be had: as it is said, and for whom it is to mend. */
static void health_fetch(struct health *h, const struct quoth_fetched *got)
{
    static const char *const words[] = {WORD("no answer from name servers"),
                                        WORD("no connection"),
                                        WORD("no TLS handshake"),
                                        WORD("the answer broke off"),
                                        WORD("it took too long"),
                                        WORD("no certificates to check with"),
                                        WORD("the clock of this machine is wrong")};

    switch ((enum quoth_fetch)got->how) {
    case QUOTH_FETCH_NO_HOST:
        if (h->f->sts.answer == QUOTH_ANSWER_DATA)
            health_add(h, CHECK_STS_NO_POLICY);
        break;
    case QUOTH_FETCH_PRIVATE: health_add(h, CHECK_STS_PRIVATE); break;
    case QUOTH_FETCH_CERT:
        health_put(h, CHECK_STS_CERT, 0, health_nothing,
                   got->cert & QUOTH_CERT_WRONG_NAME ? WORD("another name")
                   : got->cert & QUOTH_CERT_EXPIRED  ? WORD("expired")
                                                     : WORD("of nobody known"));
        break;
    case QUOTH_FETCH_STATUS: health_count(h, CHECK_STS_STATUS, got->status); break;
    case QUOTH_FETCH_HTTP: health_add(h, CHECK_STS_HTTP); break;
    default:
        if (got->how >= QUOTH_FETCH_DNS)
            health_put(h, CHECK_STS_POLICY_UNKNOWN, 0, health_nothing,
                       words[got->how - QUOTH_FETCH_DNS]);
        break;
    }
}

/* A host of a policy in force is used only if its certificate checks out (RFC 8461 4.2). */
static void health_met(struct health *h, const struct quoth_fact_host *host)
{
    if (host->talk == QUOTH_TALK_CLEAR || host->talk == QUOTH_TALK_BROKEN)
        health_about(h, CHECK_STS_MX_NO_TLS, host->name);
    if (host->talk == QUOTH_TALK_TLS &&
        host->cert & (QUOTH_CERT_WRONG_NAME | QUOTH_CERT_EXPIRED | QUOTH_CERT_UNTRUSTED))
        health_about(h, CHECK_STS_MX_CERT, host->name);
}

/* Hosts that senders will not use, and patterns without a host. */
static void health_listed(struct health *h)
{
    const struct quoth_facts *f = h->f;
    const unsigned id =
        f->policy.mode == QUOTH_POLICY_ENFORCE ? CHECK_STS_MX_MISSING : CHECK_STS_MX_UNLISTED;

    for (unsigned i = 0; i < f->hosts && !f->policy.cut; i++)
        if (!(f->host[i].flags & QUOTH_HOST_LISTED))
            health_about(h, id, f->host[i].name);
    for (unsigned i = 0; i < f->hosts && f->policy.mode == QUOTH_POLICY_ENFORCE; i++)
        health_met(h, &f->host[i]);
    if (f->policy.unused.n && f->hosts && !f->mx_more)
        health_about(h, CHECK_STS_MX_UNUSED, f->policy.unused);
}

static void health_policy(struct health *h)
{
    static const char *const keys[] = {"version", "mode", "max_age", "mx"};
    const struct quoth_fact_policy *p = &h->f->policy;

    health_fetch(h, &p->fetched);
    if (p->fetched.how != QUOTH_FETCH_DONE)
        return;
    if (health_is_empty(h->f->sts.answer))
        health_add(h, CHECK_STS_NO_RECORD);
    if (p->fetched.odd_type)
        health_add(h, CHECK_STS_TYPE);
    if (p->same_id)
        health_add(h, CHECK_STS_SAME_ID);
    if (p->fault == QUOTH_POLICY_SYNTAX)
        health_count(h, CHECK_STS_POLICY_SYNTAX, p->at);
    else if (p->fault == QUOTH_POLICY_BIG)
        health_add(h, CHECK_STS_POLICY_BIG);
    else if (p->fault)
        health_put(h, CHECK_STS_POLICY_KEY, p->at, health_nothing,
                   keys[p->fault - QUOTH_POLICY_VERSION]);
    if (p->fault)
        return;
    if (p->max_age < 86400)
        health_count(h, CHECK_STS_SHORT, p->max_age);
    if (p->max_age > 31557600)
        health_add(h, CHECK_STS_LONG);
    if (p->mode == QUOTH_POLICY_NONE)
        health_add(h, CHECK_STS_MODE_NONE);
    else
        health_listed(h);
    if (p->mode == QUOTH_POLICY_TESTING && health_is_empty(h->f->rpt.answer))
        health_add(h, CHECK_STS_UNSEEN);
}

static void health_tls(struct health *h)
{
    static const struct health_rows sts = {CHECK_STS_UNKNOWN, CHECK_STS_MULTIPLE, CHECK_STS_VERSION,
                                           CHECK_STS_ID, CHECK_STS_SYNTAX},
                                    rpt = {CHECK_RPT_UNKNOWN, CHECK_RPT_MULTIPLE, CHECK_RPT_VERSION,
                                           CHECK_RPT_RUA, CHECK_RPT_SYNTAX};

    health_small(h, &h->f->sts, &sts);
    health_small(h, &h->f->rpt, &rpt);
    if (h->f->rpt_draft)
        health_put(h, CHECK_RPT_MISPLACED, 0, health_nothing,
                   h->f->rpt_draft == 1 ? WORD("_smtp-tlsrpt") : WORD("_tlsrpt"));
    if (h->f->sts.answer == QUOTH_ANSWER_DATA && health_is_empty(h->f->rpt.answer))
        health_add(h, CHECK_STS_NO_REPORTS);
    health_policy(h);
}

/* ---- DKIM ---------------------------------------------------------------------- */

static void health_key(struct health *h, const struct quoth_fact_key *key)
{
    static const uint8_t rows[] = {
        0,
        CHECK_DKIM_VERSION,
        CHECK_DKIM_SYNTAX,
        CHECK_DKIM_DUPLICATE,
        CHECK_DKIM_NO_P,
        CHECK_DKIM_BASE64,
        CHECK_DKIM_CUT,
        CHECK_DKIM_BARE,
        CHECK_DKIM_KIND,
        CHECK_DKIM_SERVICE,
        CHECK_DKIM_SHA1,
    };
    const unsigned bits = key->key.bits;

    if (!key->n) {
        health_about(h, CHECK_DKIM_DANGLING, key->selector);
        return;
    }
    if (key->n > 1) {
        health_put(h, CHECK_DKIM_MULTIPLE, key->n, key->selector, NULL);
        return;
    }
    if (key->key.fault)
        health_put(h, rows[key->key.fault], key->key.at, key->selector, NULL);
    if (bits && bits < 1024)
        health_put(h, CHECK_DKIM_SHORT, bits, key->selector, NULL);
    else if (bits && bits < 2048)
        health_put(h, CHECK_DKIM_WEAK, bits, key->selector, NULL);
    else if (bits > 4096)
        health_put(h, CHECK_DKIM_LONG, bits, key->selector, NULL);
    if (key->key.flags & QUOTH_DKIM_REVOKED)
        health_about(h, CHECK_DKIM_REVOKED, key->selector);
    if (key->key.flags & QUOTH_DKIM_TESTING)
        health_about(h, CHECK_DKIM_TESTING, key->selector);
}

/* Only ed25519 was found, and all that was asked for was answered. */
static int health_only_ed25519(const struct quoth_facts *f)
{
    for (unsigned i = 0; i < f->keys; i++)
        if (f->key[i].n != 1 || !f->key[i].key.ed25519)
            return 0;
    return f->keys && !f->lost;
}

static void health_dkim(struct health *h)
{
    const struct quoth_facts *f = h->f;

    for (unsigned i = 0; i < f->keys; i++)
        health_key(h, &f->key[i]);
    if (health_only_ed25519(f))
        health_about(h, CHECK_DKIM_ED25519, f->key[0].selector);
    if (f->lost)
        health_failed(h, CHECK_DKIM_UNKNOWN, f->lost_answer);
    else if (health_is_failure(f->wildcard))
        health_failed(h, CHECK_DKIM_UNKNOWN, f->wildcard);
    if (f->wildcard == QUOTH_ANSWER_DATA)
        health_add(h, CHECK_DKIM_WILDCARD);
    else if (f->tried && !f->keys && !f->lost && f->domainkey == QUOTH_ANSWER_NXDOMAIN)
        health_add(h, CHECK_DKIM_NO_KEYS);
    else if (f->tried && !f->keys && !f->lost)
        health_count(h, CHECK_DKIM_NOT_FOUND, f->tried);
}

/* ---- all of it -------------------------------------------------------------------- */

/* What the domain may be for, by what is known. */
static unsigned health_profiles(const struct quoth_facts *f)
{
    const struct quoth_fact_spf *s = &f->spf;
    unsigned open = HEALTH_SENDING | HEALTH_RECEIVING;

    if (!s->asked || s->result == QUOTH_SPF_TEMPERROR)
        open = s->record.n ? HEALTH_SENDING : open;
    else
        open = s->result == QUOTH_SPF_NONE ? HEALTH_RECEIVING : HEALTH_SENDING;
    if (!health_is_gone(f) && (!f->mx || health_is_failure(f->mx)))
        return open | HEALTH_PARKED;
    if (health_is_gone(f) || (f->mx_null && !f->hosts))
        return HEALTH_PARKED;
    if (f->mx == QUOTH_ANSWER_NODATA && health_is_dead(&f->host[0]))
        return HEALTH_PARKED;
    if (f->mx == QUOTH_ANSWER_NODATA && health_is_unknown(&f->host[0]))
        return open | HEALTH_PARKED;
    return open;
}

/* What the budget left out, by name. */
static void health_late(struct health *h)
{
    const struct quoth_facts *f = h->f;

    for (unsigned check = 1; check <= f->unasked; check <<= 1)
        if (f->unasked & check)
            health_put(h, CHECK_DOMAIN_UNFINISHED, f->queries, health_nothing,
                       quoth_domain_check_name(check));
}

size_t quoth_health_judge(const struct quoth_facts *f, enum quoth_profile profile,
                          struct quoth_finding out[QUOTH_FINDINGS_MAX])
{
    struct health h = {f, out, 0, 0};

    h.profiles = profile == QUOTH_PROFILE_AUTO ? health_profiles(f) : 1u << (profile - 1);
    health_late(&h);
    health_mx(&h);
    health_spf(&h);
    health_dmarc(&h);
    health_tls(&h);
    health_bimi(&h);
    health_dkim(&h);
    health_dnssec(&h);
    health_dane(&h);
    quoth_findings_sort(out, h.n);
    return h.n;
}
