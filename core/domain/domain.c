/* domain.c - one domain: the plan of what is asked, one question after the other.
 *
 *   domain_steps: what is asked --> domain_name: of whom, and is there more? --> lookup or SPF
 *        ^                                                                           |
 *        +------- the next name, or the next step <------ domain_take: facts <-------+
 *
 * Facts alone are written here; health.c says what they come to. An answer that failed is written
 * down as what it is, and never as "there is none". What the budget leaves out stays "not asked".
 *
 * SPDX-License-Identifier: MIT */
#include "inquiry.h"
#include "words.h"

enum { DOMAIN_QUERIES = 96, DOMAIN_MS = 60000, DOMAIN_TRIES = 8, DOMAIN_RANDOM = 20 };
enum { DOMAIN_ZONES = 4, DOMAIN_TLSA_KEPT = 160 };

_Static_assert(sizeof(void *) > 8 || sizeof(struct quoth_domain) <= 8192, "one domain in 8 KB");

/* ---- the plan ----------------------------------------------------------- */

enum domain_step {
    STEP_MX,
    STEP_HOST, /* A and AAAA of each */
    STEP_SPF,
    STEP_SENDER_ID, /* what may stand there instead */
    STEP_DMARC,     /* each name of the walk */
    STEP_MISPLACED, /* where it may stand by mistake, if nowhere else */
    STEP_DOUBLED,
    STEP_REPORTS, /* each address for reports at another domain */
    STEP_MAIL,    /* does it take mail at all? */
    STEP_MAIL_A,  /* where it has no MX, and then no A */
    STEP_MAIL_AAAA,
    STEP_STS,
    STEP_RPT,
    STEP_BIMI,
    STEP_DOMAINKEY,
    STEP_WILDCARD,
    STEP_SELECTOR,
    STEP_ROOT,  /* does the name server validate? */
    STEP_ZONE,  /* up to the name that has a SOA record */
    STEP_BOGUS, /* did it fail because it was validated? */
    STEP_DS,
    STEP_TLSA, /* of each host */
    STEPS
};
/* Labels in front of the name. */
static const char domain_prefixes[] =
    "_dmarc.\0_mta-sts.\0_smtp._tls.\0default._bimi.\0_domainkey.\0_25._tcp.\0"
    "_smtp-tlsrpt.\0_tlsrpt.\0";
enum {
    UNDER_DMARC,
    UNDER_STS,
    UNDER_RPT,
    UNDER_BIMI,
    UNDER_DOMAINKEY,
    UNDER_PORT_25,
    UNDER_DRAFT, /* and one more */
    UNDER_IT = UNDER_DRAFT + 2
};
/* How a TXT record begins. ALL: all are asked for, and if that is too much, those that begin with
 * the letter of the version. */
static const char domain_matches[] = "v\0v=DMARC1\0v=DKIM1\0";
enum { MATCH_NONE, MATCH_ALL, MATCH_DMARC, MATCH_DKIM };
static const struct domain_plan {
    uint16_t check;
    uint8_t type, prefix, match;
} domain_steps[] = {
    [STEP_MX] = {QUOTH_CHECK_MX, QUOTH_DNS_MX, UNDER_IT, MATCH_NONE},
    [STEP_HOST] = {QUOTH_CHECK_MX, QUOTH_DNS_A, UNDER_IT, MATCH_NONE},
    [STEP_SPF] = {QUOTH_CHECK_SPF, QUOTH_DNS_TXT, UNDER_IT, MATCH_NONE},
    [STEP_SENDER_ID] = {QUOTH_CHECK_SPF, QUOTH_DNS_TXT, UNDER_IT, MATCH_NONE},
    [STEP_DMARC] = {QUOTH_CHECK_DMARC, QUOTH_DNS_TXT, UNDER_DMARC, MATCH_ALL},
    [STEP_MISPLACED] = {QUOTH_CHECK_DMARC, QUOTH_DNS_TXT, UNDER_IT, MATCH_DMARC},
    [STEP_DOUBLED] = {QUOTH_CHECK_DMARC, QUOTH_DNS_TXT, UNDER_DMARC, MATCH_DMARC},
    [STEP_REPORTS] = {QUOTH_CHECK_DMARC, QUOTH_DNS_TXT, UNDER_IT, MATCH_DMARC},
    [STEP_MAIL] = {QUOTH_CHECK_DMARC, QUOTH_DNS_MX, UNDER_IT, MATCH_NONE},
    [STEP_MAIL_A] = {QUOTH_CHECK_DMARC, QUOTH_DNS_A, UNDER_IT, MATCH_NONE},
    [STEP_MAIL_AAAA] = {QUOTH_CHECK_DMARC, QUOTH_DNS_AAAA, UNDER_IT, MATCH_NONE},
    [STEP_STS] = {QUOTH_CHECK_STS, QUOTH_DNS_TXT, UNDER_STS, MATCH_ALL},
    [STEP_RPT] = {QUOTH_CHECK_RPT, QUOTH_DNS_TXT, UNDER_RPT, MATCH_ALL},
    [STEP_BIMI] = {QUOTH_CHECK_BIMI, QUOTH_DNS_TXT, UNDER_BIMI, MATCH_ALL},
    [STEP_DOMAINKEY] = {QUOTH_CHECK_DKIM, QUOTH_DNS_TXT, UNDER_DOMAINKEY, MATCH_DKIM},
    [STEP_WILDCARD] = {QUOTH_CHECK_DKIM, QUOTH_DNS_TXT, UNDER_IT, MATCH_NONE},
    [STEP_SELECTOR] = {QUOTH_CHECK_DKIM, QUOTH_DNS_TXT, UNDER_IT, MATCH_NONE},
    [STEP_ROOT] = {QUOTH_CHECK_DNSSEC | QUOTH_CHECK_DANE, QUOTH_DNS_SOA, UNDER_IT, MATCH_NONE},
    [STEP_ZONE] = {QUOTH_CHECK_DNSSEC, QUOTH_DNS_SOA, UNDER_IT, MATCH_NONE},
    [STEP_BOGUS] = {QUOTH_CHECK_DNSSEC, QUOTH_DNS_SOA, UNDER_IT, MATCH_NONE},
    [STEP_DS] = {QUOTH_CHECK_DNSSEC, QUOTH_DNS_DS, UNDER_IT, MATCH_NONE},
    [STEP_TLSA] = {QUOTH_CHECK_DANE, QUOTH_DNS_TLSA, UNDER_PORT_25, MATCH_NONE},
};
_Static_assert(sizeof domain_steps / sizeof *domain_steps == STEPS, "a row a step");

/* Selectors that are often used: QUOTH_SELECTORS of them, the likeliest first. */
static const char domain_selectors[] = "default\0dkim\0mail\0s1\0k1\0selector1\0google\0smtp\0"
                                       "selector2\0s2\0k2\0fm1\0protonmail\0zmail\0mandrill\0email";

/* Providers, by what stands in the name of a mail host or in SPF, and which of these are theirs. */
static const struct {
    const char *word;
    uint16_t selectors; /* 1 << place */
} domain_providers[] = {
    {".google", 1 << 6},
    {".outlook.com", 1 << 5 | 1 << 8},
    {".protonmail.ch", 1 << 12},
    {"messagingengine", 1 << 11},
    {".zoho.", 1 << 13},
    {"sendgrid.net", 1 << 3 | 1 << 9},
    {"mcsv.net", 1 << 4 | 1 << 10},
    {"mandrillapp", 1 << 14},
};

/* In the order of QUOTH_CHECK_*. */
static const char domain_checks[] = "MX\0SPF\0DMARC\0MTA-STS\0TLS-RPT\0BIMI\0DKIM\0DNSSEC\0DANE\0";

const char *quoth_domain_check_name(unsigned check)
{
    unsigned place = 0;

    while (place < 9 && check != 1u << place)
        place++;
    return place < 9 ? quoth_word_at(domain_checks, place) : NULL;
}

/* ---- texts --------------------------------------------------------------- */

struct quoth_span quoth_facts_text(const struct quoth_facts *facts, struct quoth_part part)
{
    return (struct quoth_span) {facts->text + part.at, part.n};
}

struct quoth_part quoth_facts_keep(struct quoth_facts *facts, const char *p, size_t n)
{
    struct quoth_part part = {facts->used, (uint16_t)n};

    if (n >= sizeof facts->text - facts->used)
        return (struct quoth_part) {0, 0};
    memcpy(facts->text + facts->used, p, n);
    facts->used = (uint16_t)(facts->used + n);
    facts->text[facts->used++] = 0;
    return part;
}

/* Of a host, which fits. */
static struct quoth_part domain_keep_name(struct quoth_facts *facts, const struct quoth_name *name)
{
    char text[256];

    return quoth_facts_keep(facts, text, (size_t)quoth_name_text(name, text, sizeof text));
}

static size_t domain_upto(size_t n, size_t max) { return n < max ? n : max; }

/* Is there nothing of the kind? A failure is no such answer. */
static int domain_is_empty(uint8_t answer)
{
    return answer == QUOTH_ANSWER_NODATA || answer == QUOTH_ANSWER_NXDOMAIN;
}

static int domain_failed(uint8_t answer) { return answer > QUOTH_ANSWER_NXDOMAIN; }

/* Does the Extended DNS Error say that validation failed? Codes 6 to 12 (RFC 8914 4). */
static int domain_says_bogus(uint16_t ede) { return ede >= 1 + 6 && ede <= 1 + 12; }

/* So long an answer counts. */
static void domain_lasts(struct quoth_facts *facts, uint32_t ttl)
{
    if (ttl < facts->ttl)
        facts->ttl = ttl;
}

/* ---- of whom the next question is ---------------------------------------- */

/* `prefix`, with or without a dot at its end, in front of a name. 0: that is too long. */
static int domain_join(const char *prefix, size_t n, const struct quoth_name *below,
                       struct quoth_name *out)
{
    struct quoth_name head; /* not initialised as a whole, which would cost its 256 bytes */

    head.n = 1;
    head.b[0] = 0;
    if (n && quoth_name_parse(&head, prefix, n) != QUOTH_OK)
        return 0;
    if (head.n - 1 + below->n > (int)sizeof out->b)
        return 0;
    memmove(out->b + head.n - 1, below->b, below->n);
    memcpy(out->b, head.b, head.n - 1u);
    out->n = (uint8_t)(head.n - 1 + below->n);
    return 1;
}

static int domain_text_name(const struct quoth_facts *facts, struct quoth_part part,
                            struct quoth_name *name)
{
    return part.n && quoth_name_parse(name, facts->text + part.at, part.n) == QUOTH_OK;
}

/* Selectors of the providers that it seems to use: 1 << place. */
static unsigned domain_expected(const struct quoth_facts *facts)
{
    unsigned selectors = 0;

    for (size_t i = 0; i < sizeof domain_providers / sizeof *domain_providers; i++) {
        const char *word = domain_providers[i].word;
        struct quoth_span text = quoth_facts_text(facts, facts->spf.record);
        unsigned next = 0;
        while (!quoth_holds(text.p, text.n, word, strlen(word)) && next < facts->hosts)
            text = quoth_facts_text(facts, facts->host[next++].name);
        if (quoth_holds(text.p, text.n, word, strlen(word)))
            selectors |= domain_providers[i].selectors;
    }
    return selectors;
}

const char *quoth_domain_selector(const struct quoth_domain *domain, unsigned n)
{
    const unsigned tries = domain->conf->tries ? domain->conf->tries : DOMAIN_TRIES;
    unsigned expected;

    if (domain->conf->selectors)
        return domain->conf->selectors[n];
    if (!domain_is_empty(domain->facts.wildcard) || n >= tries)
        return NULL; /* where every name may be answered, guessing tells nothing */
    expected = domain_expected(&domain->facts);
    for (unsigned other = 0; other < 2; other++) { /* those of its providers, then the others */
        const char *name = domain_selectors;
        for (unsigned i = 0; i < QUOTH_SELECTORS; i++, name += strlen(name) + 1)
            if ((expected >> i & 1) != other && !n--)
                return name;
    }
    return NULL;
}

static int domain_selector_name(const struct quoth_domain *domain, struct quoth_name *name)
{
    const char *selector = quoth_domain_selector(domain, domain->sub);
    char text[100 + 11];
    size_t n = selector ? strlen(selector) : 0;

    if (!n || n > 100)
        return 0;
    memcpy(text, selector, n);
    memcpy(text + n, "._domainkey", 11);
    return domain_join(text, n + 11, &domain->name, name);
}

/* `<domain>._report._dmarc.<host>` (RFC 9990 4) */
static int domain_report_name(struct quoth_domain *domain, struct quoth_name *name)
{
    char text[300];
    struct quoth_name at, host;
    size_t n;

    while (domain->sub < domain->facts.uris && !domain->facts.uri[domain->sub].foreign)
        domain->sub++;
    if (domain->sub >= domain->facts.uris ||
        !domain_text_name(&domain->facts, domain->facts.uri[domain->sub].host, &host))
        return 0;
    quoth_name_tail(&domain->name, domain->facts.dmarc_labels, &at);
    n = (size_t)quoth_name_text(&at, text, 256); /* of a host, or of what it is below */
    memcpy(text + n, "._report._dmarc", 15);
    return domain_join(text, n + 15, &host, name);
}

/* Each host twice, for A and then for AAAA. */
static int domain_host_name(struct quoth_domain *domain, struct quoth_name *name)
{
    const struct quoth_facts *facts = &domain->facts;

    if (domain->sub % 2 && domain->conf->resolver->no_aaaa)
        domain->sub++;
    return domain->sub / 2 < facts->hosts &&
           domain_text_name(facts, facts->host[domain->sub / 2].name, name);
}

/* The next host of reports of which this is to be asked; of the domain itself it is known. */
static int domain_mail_name(struct quoth_domain *domain, struct quoth_name *name)
{
    const struct quoth_facts *facts = &domain->facts;

    for (; domain->sub < facts->uris; domain->sub++) {
        const struct quoth_fact_uri *uri = &facts->uri[domain->sub];
        if (domain->step != STEP_MAIL && (uri->mail != QUOTH_ANSWER_NODATA || uri->null))
            continue;
        if (domain_text_name(facts, uri->host, name) &&
            (name->n != domain->name.n || memcmp(name->b, domain->name.b, name->n) != 0))
            return 1;
    }
    return 0;
}

static int domain_random_name(struct quoth_domain *domain, struct quoth_name *name)
{
    char text[DOMAIN_RANDOM + 11];

    if (domain->sub || domain->conf->selectors)
        return 0;
    quoth_random_local(&domain->inquiry.spf.ask.rnd, text, DOMAIN_RANDOM);
    memcpy(text + DOMAIN_RANDOM, "._domainkey", 11);
    return domain_join(text, sizeof text, &domain->name, name);
}

/* Names that may be its zone: itself, and those above it, with a label less each time. */
static int domain_zone_name(const struct quoth_domain *domain, struct quoth_name *name)
{
    const struct quoth_facts *facts = &domain->facts;

    if (domain->sub >= DOMAIN_ZONES || domain->sub >= facts->labels || facts->cut_labels ||
        (domain->sub && facts->zone != QUOTH_ANSWER_NODATA))
        return 0;
    quoth_name_tail(&domain->name, facts->labels - domain->sub, name);
    return 1;
}

/* `<domain>.<domain>`, where a zone file left out the dot at the end. */
static int domain_doubled(const struct quoth_domain *domain, struct quoth_name *name)
{
    const struct quoth_facts *facts = &domain->facts;

    return domain_is_empty(facts->dmarc.answer) &&
           domain_join(facts->text + facts->domain.at, facts->domain.n, &domain->name, name);
}

/* A domain that publishes no BIMI record: its organizational domain is asked then. */
static int domain_bimi_above(const struct quoth_domain *domain, struct quoth_name *name)
{
    const struct quoth_facts *facts = &domain->facts;

    if (domain->sub > 1 || !domain_is_empty(facts->bimi.answer) || !facts->org_labels ||
        facts->org_labels >= facts->labels)
        return 0;
    quoth_name_tail(&domain->name, facts->org_labels, name);
    return 1;
}

/* TLS reports: where they are nowhere, they are looked for by the names of drafts. */
static int domain_is_draft(const struct quoth_domain *domain)
{
    return domain->sub <= 2 && domain_is_empty(domain->facts.rpt.answer) &&
           !domain->facts.rpt_draft;
}

/* Whom the question of this step is about; 0: the step is over. */
static int domain_name(struct quoth_domain *domain, struct quoth_name *name)
{
    const struct quoth_facts *facts = &domain->facts;
    unsigned prefix = domain_steps[domain->step].prefix;
    struct quoth_name below = domain->name;
    const char *labels;
    int more = domain->sub == 0;

    switch ((enum domain_step)domain->step) {
    case STEP_HOST: return domain_host_name(domain, name);
    case STEP_DMARC: more = quoth_dmarc_walk_next(&domain->walk, &below); break;
    case STEP_SENDER_ID:
        more &= (facts->spf.why == QUOTH_SPF_WHY_NO_RECORD && !facts->spf.depth) ||
                (facts->spf.others && facts->checks != QUOTH_CHECK_QUICK);
        break;
    case STEP_MISPLACED: more &= domain_is_empty(facts->dmarc.answer); break;
    case STEP_DOUBLED: more = more && domain_doubled(domain, &below); break;
    case STEP_REPORTS: return domain_report_name(domain, name);
    case STEP_RPT:
        if (domain->sub) {
            prefix = UNDER_DRAFT + domain->sub - 1u;
            more = domain_is_draft(domain);
        }
        break;
    case STEP_MAIL:
    case STEP_MAIL_A:
    case STEP_MAIL_AAAA: return domain_mail_name(domain, name);
    case STEP_WILDCARD: return domain_random_name(domain, name);
    case STEP_SELECTOR: return domain_selector_name(domain, name);
    case STEP_ROOT: quoth_name_tail(&below, 0, name); return more && domain->conf->trust_ad;
    case STEP_ZONE: return domain_zone_name(domain, name);
    case STEP_BOGUS: /* of the name that failed, which is still the one asked about */
        return more && facts->zone == QUOTH_ANSWER_SERVFAIL && !domain_says_bogus(facts->zone_ede);
    case STEP_DS: /* of the one that has the SOA record, likewise */
        return more && facts->cut_labels;
    case STEP_TLSA:
        more = domain->sub < facts->hosts &&
               domain_text_name(facts, facts->host[domain->sub].name, &below);
        break;
    case STEP_BIMI: more = more || domain_bimi_above(domain, &below); break;
    default: break;
    }
    labels = quoth_word_at(domain_prefixes, prefix);
    return more && domain_join(labels, strlen(labels), &below, name);
}

/* ---- records that are none, but were meant to be one ------------------------- */

static void domain_keep_meant(struct quoth_facts *facts, struct quoth_part *to,
                              struct quoth_span data)
{
    *to = quoth_facts_keep(facts, data.p, domain_upto(data.n, 100));
}

/* The TXT records of a domain: Sender ID, and where there is no SPF, what was meant for it. */
static void domain_take_no_spf(struct quoth_facts *facts, const struct quoth_rrset *set)
{
    struct quoth_span data;

    for (size_t at = 0; quoth_rrset_next(set, &at, &data);) {
        if (quoth_holds(data.p, domain_upto(data.n, 24), "spf2.0/", 7))
            facts->sender_id = 1;
        else if (!facts->spf_meant.n && facts->spf.result == QUOTH_SPF_NONE &&
                 (quoth_holds(data.p, domain_upto(data.n, 24), "spf1", 4) ||
                  quoth_spf_ends_in_all(data.p, data.n)))
            domain_keep_meant(facts, &facts->spf_meant, data);
    }
}

/* ---- mail hosts ----------------------------------------------------------- */

/* The host in the next place is listed already: two records of it are one host. */
static int domain_knows_host(const struct quoth_facts *facts)
{
    const struct quoth_part now = facts->host[facts->hosts].name;

    for (unsigned i = 0; i < facts->hosts; i++)
        if (facts->host[i].name.n == now.n &&
            !memcmp(facts->text + facts->host[i].name.at, facts->text + now.at, now.n))
            return 1;
    return 0;
}

static void domain_take_host(struct quoth_facts *facts, struct quoth_span data)
{
    /* No host: by such a record a domain was once shown to be Microsoft's customer's. */
    static const uint8_t proof[] = "\4msv1\7invalid";
    struct quoth_name name;
    struct quoth_fact_host *host = &facts->host[facts->hosts];

    if (quoth_name_read(&name, data.p + 2, data.n - 2) < 0)
        return;
    if (name.n == 1) {
        facts->mx_null = 1;
    } else if (name.n > sizeof proof &&
               !memcmp(name.b + name.n - sizeof proof, proof, sizeof proof)) {
        facts->mx_proof = 1;
    } else if (!quoth_name_is_host(&name)) {
        facts->mx_odd = 1;
    } else if (facts->hosts == QUOTH_FACT_HOSTS) {
        facts->mx_more = 1;
    } else {
        host->pref = (uint16_t)((uint8_t)data.p[0] << 8 | (uint8_t)data.p[1]);
        host->name = domain_keep_name(facts, &name);
        if (domain_knows_host(facts)) {
            facts->used = host->name.at;
            return;
        }
        facts->hosts = (uint8_t)(facts->hosts + (host->name.n != 0));
        facts->mx_more |= host->name.n == 0;
    }
}

static void domain_take_mx(struct quoth_domain *domain, const struct quoth_rrset *set)
{
    struct quoth_facts *facts = &domain->facts;
    struct quoth_span data;

    facts->mx = set->answer;
    facts->mx_odd = (set->flags & QUOTH_SET_SKIPPED) != 0;
    facts->mx_more = (set->flags & QUOTH_SET_CUT) != 0;
    facts->mx_open = !(set->flags & QUOTH_SET_AD);
    for (size_t at = 0; quoth_rrset_next(set, &at, &data);)
        domain_take_host(facts, data);
    if (set->answer == QUOTH_ANSWER_NODATA) { /* then it is its own host (RFC 5321 5.1) */
        facts->host[0].name = facts->domain;
        facts->hosts = 1;
    }
}

static void domain_take_ips(struct quoth_domain *domain, const struct quoth_rrset *set)
{
    struct quoth_fact_host *host = &domain->facts.host[domain->sub / 2];
    struct quoth_span data;
    struct quoth_ip ip;

    *(domain->sub % 2 ? &host->aaaa : &host->a) = set->answer;
    if (set->flags & QUOTH_SET_ALIAS)
        host->flags |= QUOTH_HOST_ALIAS;
    if (!(set->flags & QUOTH_SET_AD) && !domain_failed(set->answer))
        host->flags |= QUOTH_HOST_OPEN;
    for (size_t at = 0; quoth_rrset_next(set, &at, &data);) {
        memset(&ip, 0, sizeof ip);
        ip.len = (uint8_t)data.n;
        memcpy(ip.b, data.p, data.n);
        host->flags |=
            quoth_target_ok(&domain->conf->targets, &ip) ? QUOTH_HOST_PUBLIC : QUOTH_HOST_PRIVATE;
        if (host->ip.len == ip.len)
            host->flags |= QUOTH_HOST_MANY;
        if (!host->ip.len)
            host->ip = ip;
    }
}

/* ---- records that are TXT -------------------------------------------------- */

/* What they come to: `n` records of the kind, of which `one` is kept if it is the only one. CUT may
 * have hidden others. */
static void domain_keep_txt(struct quoth_facts *facts, struct quoth_fact_txt *txt,
                            const struct quoth_rrset *set, unsigned n, struct quoth_span one)
{
    txt->answer = set->answer;
    txt->n = (uint8_t)domain_upto(n, UINT8_MAX);
    if (set->flags & QUOTH_SET_CUT && n < 2)
        txt->answer = QUOTH_ANSWER_TOO_BIG;
    if (txt->answer == QUOTH_ANSWER_DATA && !n)
        txt->answer = QUOTH_ANSWER_NODATA; /* nothing of that kind */
    if (n != 1)
        return;
    txt->record = quoth_facts_keep(facts, one.p, one.n);
    if (!txt->record.n)
        txt->answer = QUOTH_ANSWER_TOO_BIG;
}

/* Records of another version are passed over (RFC 8461 3.1, RFC 8460 3). Where there is no other,
 * one that was meant is told of. */
static void domain_take_small(struct quoth_domain *domain, const struct quoth_rrset *set)
{
    const enum quoth_tags_kind kind = (enum quoth_tags_kind)(domain->step - STEP_STS);
    struct quoth_facts *facts = &domain->facts;
    struct quoth_fact_txt *txt = &facts->bimi;
    struct quoth_span data, one = {NULL, 0};
    unsigned n = 0;
    uint16_t fault_at;

    if (domain->step == STEP_STS)
        txt = &facts->sts;
    if (domain->step == STEP_RPT)
        txt = &facts->rpt;
    for (size_t at = 0; quoth_rrset_next(set, &at, &data);) {
        if (quoth_tags_read(kind, data.p, data.n, &fault_at) != QUOTH_TAGS_VERSION)
            n++;
        else if (n || !quoth_tags_meant(kind, data.p, data.n))
            continue;
        one = data;
    }
    n += !n && one.p;
    if (domain->step == STEP_RPT && domain->sub) {
        facts->rpt_draft = n ? (uint8_t)domain->sub : 0;
        return;
    }
    domain_keep_txt(facts, txt, set, n, one);
    if (n == 1)
        txt->fault = (uint8_t)quoth_tags_read(kind, one.p, one.n, &txt->at);
}

/* ---- DMARC ----------------------------------------------------------------- */

/* The policy's record is the domain's own, else that of the organizational domain, else what stands
 * at the public suffix. Going up, the last one found is it, unless that one has psd=y and the one
 * before is right below. */
static void domain_dmarc_found(struct quoth_domain *domain, struct quoth_span data,
                               const struct quoth_dmarc *record)
{
    struct quoth_facts *facts = &domain->facts;
    const unsigned now = domain->walk.now;

    if (facts->dmarc_labels) {
        if (facts->dmarc_labels == facts->labels ||
            (record->psd == 'y' && facts->dmarc_labels == now + 1))
            return;
        if (facts->dmarc.record.n) /* its text is the last one */
            facts->used = facts->dmarc.record.at;
    }
    facts->dmarc.answer = QUOTH_ANSWER_DATA;
    facts->dmarc.n = 1;
    facts->dmarc_labels = (uint8_t)now;
    facts->dmarc.record = quoth_facts_keep(facts, data.p, data.n);
    if (!facts->dmarc.record.n)
        facts->dmarc.answer = QUOTH_ANSWER_TOO_BIG;
}

/* `n` records at one name, or none but one that was meant. What stands above a record that counts
 * changes nothing, and what stands at a top-level domain is not for this domain to mend. */
static void domain_dmarc_faulty(struct quoth_domain *domain, unsigned n, struct quoth_span meant)
{
    struct quoth_facts *facts = &domain->facts;

    if (facts->dmarc_many < n)
        facts->dmarc_many = (uint8_t)domain_upto(n, UINT8_MAX);
    if (n || !meant.p || facts->dmarc_meant.n)
        return;
    facts->meant_labels = domain->walk.now;
    domain_keep_meant(facts, &facts->dmarc_meant, meant);
}

/* One record of DMARC at least: "v=dmarc1" is none, and agrees to nothing (RFC 9990 4). */
static uint8_t domain_agrees(const struct quoth_rrset *set)
{
    struct quoth_dmarc record;
    struct quoth_span data;

    for (size_t at = 0; quoth_rrset_next(set, &at, &data);)
        if (quoth_dmarc_read(&record, data.p, data.n) == QUOTH_OK)
            return 1;
    return 0;
}

static int domain_uri_known(const struct quoth_facts *facts, struct quoth_span host)
{
    for (unsigned i = 0; i < facts->uris; i++) {
        const struct quoth_span kept = quoth_facts_text(facts, facts->uri[i].host);
        if (quoth_same(kept.p, kept.n, host.p, host.n))
            return 1;
    }
    return 0;
}

/* Where reports go. Names below that of the record are taken for the same organizational domain; so
 * are those of the domain alone where the organizational one is not known. */
static void domain_uris(struct quoth_domain *domain)
{
    struct quoth_facts *facts = &domain->facts;
    const unsigned same = facts->org_labels ? facts->org_labels : facts->labels;
    struct quoth_dmarc record;
    struct quoth_dmarc_uri uri;
    struct quoth_name org, name, tail;

    if (!facts->dmarc_labels || quoth_dmarc_read(&record, facts->text + facts->dmarc.record.at,
                                                 facts->dmarc.record.n) != QUOTH_OK)
        return;
    quoth_name_tail(&domain->name, same, &org);
    for (size_t at = 0; quoth_dmarc_uri(&record.rua, &at, &uri);) {
        const struct quoth_span host = uri.host;
        if (uri.kind != QUOTH_DMARC_URI_MAIL || facts->uris == QUOTH_FACT_URIS ||
            quoth_name_parse(&name, host.p, host.n) != QUOTH_OK)
            continue;
        quoth_name_tail(&name, same, &tail);
        if (domain_uri_known(facts, host))
            continue;
        facts->uri[facts->uris].foreign = tail.n != org.n || memcmp(tail.b, org.b, org.n) != 0;
        facts->uri[facts->uris].host = quoth_facts_keep(facts, host.p, host.n);
        facts->uris = (uint8_t)(facts->uris + (facts->uri[facts->uris].host.n != 0));
    }
}

static void domain_take_dmarc(struct quoth_domain *domain, const struct quoth_rrset *set)
{
    struct quoth_facts *facts = &domain->facts;
    struct quoth_span data, found = {NULL, 0}, meant = {NULL, 0};
    struct quoth_dmarc record, one = {.psd = 0};
    unsigned n = 0, others = set->others;

    for (size_t at = 0; quoth_rrset_next(set, &at, &data);) {
        if (quoth_dmarc_read(&record, data.p, data.n) == QUOTH_OK) {
            n++;
            found = data;
            one = record;
        } else if (quoth_tags_meant(QUOTH_TAGS_DMARC, data.p, data.n)) {
            meant = data;
        } else {
            others = 1;
        }
    }
    if (domain->walk.now == facts->labels)
        facts->dmarc.others = others || (n && meant.p);
    if (domain_failed(set->answer) || set->flags & QUOTH_SET_CUT) {
        if (facts->dmarc_labels != facts->labels) { /* one further up may be it */
            memset(&facts->dmarc.record, 0, sizeof facts->dmarc.record);
            facts->dmarc.answer = set->flags & QUOTH_SET_CUT ? QUOTH_ANSWER_TOO_BIG : set->answer;
            facts->dmarc.n = facts->dmarc_labels = 0;
        }
        domain->walk.now = 0;
        domain_uris(domain);
        return;
    }
    if (n == 1)
        domain_dmarc_found(domain, found, &one);
    else if (!facts->dmarc_labels && domain->walk.now > 1)
        domain_dmarc_faulty(domain, n, meant);
    quoth_dmarc_walk_take(&domain->walk, (char)(n == 1 ? one.psd : 0));
    if (domain->walk.now)
        return;
    facts->org_labels = (uint8_t)quoth_dmarc_walk_org(&domain->walk);
    if (!facts->dmarc_labels)
        facts->dmarc.answer = QUOTH_ANSWER_NODATA;
    domain_uris(domain);
}

static void domain_take_mail(struct quoth_domain *domain, const struct quoth_rrset *set)
{
    struct quoth_fact_uri *uri = &domain->facts.uri[domain->sub];
    struct quoth_span data;
    size_t at = 0;

    uri->mail = set->answer;
    if (domain->step == STEP_MAIL && set->n == 1 && quoth_rrset_next(set, &at, &data) &&
        data.n == 3) { /* a preference, and the root */
        uri->mail = QUOTH_ANSWER_NODATA;
        uri->null = 1;
    }
}

/* ---- DKIM ------------------------------------------------------------------ */

/* An alias whose name has nothing of the kind. */
static int domain_dangles(const struct quoth_rrset *set)
{
    return set->flags & QUOTH_SET_ALIAS && domain_is_empty(set->answer);
}

static void domain_take_key(struct quoth_domain *domain, const struct quoth_rrset *set)
{
    struct quoth_facts *facts = &domain->facts;
    const char *selector = quoth_domain_selector(domain, domain->sub);
    struct quoth_fact_key *key = &facts->key[facts->keys];
    struct quoth_span data = {NULL, 0};
    size_t at = 0;

    facts->tried++;
    if (domain_failed(set->answer) || set->flags & QUOTH_SET_CUT) {
        facts->lost++;
        facts->lost_answer = domain_failed(set->answer) ? set->answer : QUOTH_ANSWER_TOO_BIG;
    }
    if (facts->keys == QUOTH_FACT_KEYS || (!domain_dangles(set) && !set->n))
        return;
    key->n = (uint8_t)domain_upto(set->n, UINT8_MAX);
    key->selector = quoth_facts_keep(facts, selector, strlen(selector));
    if (!key->selector.n) { /* a key that is not told of is no answer at all */
        facts->lost++;
        facts->lost_answer = QUOTH_ANSWER_TOO_BIG;
        return;
    }
    if (key->n == 1 && quoth_rrset_next(set, &at, &data))
        quoth_dkim_read(&key->key, data.p, data.n);
    facts->keys++;
}

/* ---- SPF ------------------------------------------------------------------- */

/* The word of the record on top that has the byte at fault. */
static struct quoth_span domain_spf_word(const struct quoth_spf *spf)
{
    const struct quoth_span record = quoth_spf_record(spf, spf->depth);
    size_t from = spf->bad_at, end = from;

    while (record.p[from - 1] != ' ') /* behind the version there is one */
        from--;
    while (end < record.n && record.p[end] != ' ')
        end++;
    return (struct quoth_span) {record.p + from, domain_upto(end - from, 80)};
}

/* What decided: a term of the first record, or the name that is to blame. */
static struct quoth_span domain_spf_where(const struct quoth_spf *spf)
{
    struct quoth_spf_term term;

    switch (spf->why) {
    case QUOTH_SPF_WHY_SYNTAX:
        return spf->depth ? quoth_spf_name(spf, spf->depth) : domain_spf_word(spf);
    case QUOTH_SPF_WHY_NAME: quoth_spf_at(spf, spf->depth, &term); return term.text;
    default: return quoth_spf_name(spf, spf->depth);
    }
}

static void domain_take_spf(struct quoth_domain *domain)
{
    const struct quoth_spf *spf = &domain->inquiry.spf;
    const struct quoth_span record = quoth_spf_record(spf, 0), where = domain_spf_where(spf);
    struct quoth_facts *facts = &domain->facts;
    struct quoth_fact_spf *out = &facts->spf;

    out->asked = 1;
    out->result = spf->result;
    out->why = spf->why;
    out->answer = spf->answer;
    out->depth = spf->depth;
    out->terms = spf->terms;
    out->voids = spf->voids;
    out->voids6 = spf->voids6;
    out->saw = spf->saw;
    out->shares = spf->shares;
    out->at = spf->bad_at;
    out->bytes = spf->bytes;
    out->open = spf->open;
    out->others = spf->others;
    memcpy(out->share, spf->share, sizeof out->share);
    if (record.n)
        out->record = quoth_facts_keep(facts, record.p, record.n);
    if (where.n)
        out->where = quoth_facts_keep(facts, where.p, where.n);
    domain_lasts(facts, spf->ttl);
}

/* ---- DNSSEC and DANE ---------------------------------------------------------- */

static void domain_take_zone(struct quoth_domain *domain, const struct quoth_rrset *set)
{
    struct quoth_facts *facts = &domain->facts;
    const int alias = (set->flags & QUOTH_SET_ALIAS) != 0; /* no zone begins at an alias */

    facts->zone = alias && !domain_failed(set->answer) ? QUOTH_ANSWER_NODATA : set->answer;
    facts->zone_ad = (set->flags & QUOTH_SET_AD) != 0;
    facts->zone_ede = set->ede;
    if (facts->zone == QUOTH_ANSWER_DATA)
        facts->cut_labels = (uint8_t)(facts->labels - domain->sub);
}

static void domain_take_tlsa(struct quoth_domain *domain, const struct quoth_rrset *set)
{
    struct quoth_fact_host *host = &domain->facts.host[domain->sub];
    struct quoth_span data;

    host->tlsa = set->answer;
    host->tlsas = (uint8_t)domain_upto(set->n, UINT8_MAX);
    if (!(set->flags & QUOTH_SET_AD) && !domain_failed(set->answer))
        host->flags |= QUOTH_HOST_OPEN;
    for (size_t at = 0; quoth_rrset_next(set, &at, &data);)
        host->tlsa_saw |= (uint8_t)quoth_tlsa_read(data.p, data.n);
    if (set->used && set->used <= DOMAIN_TLSA_KEPT)
        host->tlsa_set = quoth_facts_keep(&domain->facts, (const char *)set->buf, set->used);
}

/* ---- one answer -------------------------------------------------------------- */

/* All TXT records are asked for, where some may be meant for what they are not. */
static int domain_is_wide(const struct quoth_domain *domain)
{
    return domain_steps[domain->step].match == MATCH_ALL && !domain->narrow;
}

/* What was asked is over. */
static void domain_take(struct quoth_domain *domain)
{
    const struct quoth_rrset *set = &domain->inquiry.spf.ask.set;
    struct quoth_facts *facts = &domain->facts;
    struct quoth_span one;
    size_t at = 0;

    if (domain->step != STEP_SPF)
        domain_lasts(facts, set->ttl);
    domain->narrow = domain_is_wide(domain) && set->flags & QUOTH_SET_CUT;
    if (domain->narrow)
        return;
    switch ((enum domain_step)domain->step) {
    case STEP_MX: domain_take_mx(domain, set); break;
    case STEP_HOST: domain_take_ips(domain, set); break;
    case STEP_DOUBLED: facts->doubled = set->n != 0; break;
    case STEP_SENDER_ID: domain_take_no_spf(facts, set); break;
    case STEP_DMARC: domain_take_dmarc(domain, set); break;
    case STEP_MISPLACED:
        quoth_rrset_next(set, &at, &one);
        domain_keep_txt(facts, &facts->misplaced, set, set->n, one);
        break;
    case STEP_REPORTS:
        facts->uri[domain->sub].answer = set->answer;
        facts->uri[domain->sub].agrees = domain_agrees(set);
        break;
    case STEP_MAIL:
    case STEP_MAIL_A:
    case STEP_MAIL_AAAA: domain_take_mail(domain, set); break;
    case STEP_STS:
    case STEP_RPT:
    case STEP_BIMI: domain_take_small(domain, set); break;
    case STEP_DOMAINKEY: facts->domainkey = set->answer; break;
    case STEP_WILDCARD: facts->wildcard = set->answer; break;
    case STEP_SELECTOR: domain_take_key(domain, set); break;
    case STEP_ROOT:
        facts->root = set->answer;
        facts->trusts = set->answer == QUOTH_ANSWER_DATA && set->flags & QUOTH_SET_AD;
        break;
    case STEP_ZONE: domain_take_zone(domain, set); break;
    case STEP_BOGUS: facts->unchecked = set->answer; break;
    case STEP_DS: facts->ds = set->answer; break;
    case STEP_TLSA: domain_take_tlsa(domain, set); break;
    case STEP_SPF: domain_take_spf(domain); break;
    case STEPS: break;
    }
    domain->sub++;
}

/* ---- the machine ------------------------------------------------------------- */

/* The question of this step; where AD does not count, it is not asked for. 1: it is over. */
static int domain_ask(struct quoth_domain *domain)
{
    const struct domain_plan *plan = &domain_steps[domain->step];
    uint16_t options = domain->conf->trust_ad ? QUOTH_ASK_AD : 0;
    const char *match = plan->match && !domain_is_wide(domain)
                            ? quoth_word_at(domain_matches, plan->match - (unsigned)MATCH_ALL)
                            : NULL;

    if (domain->step == STEP_BOGUS)
        options = QUOTH_ASK_CD;
    domain->inquiry.spf.ask.question.type = plan->type;
    if (domain->step == STEP_HOST && domain->sub % 2)
        domain->inquiry.spf.ask.question.type = QUOTH_DNS_AAAA;
    return quoth_inquiry_ask(&domain->inquiry, options, match);
}

static unsigned domain_most(const struct quoth_domain *domain)
{
    return domain->conf->queries_max ? domain->conf->queries_max : DOMAIN_QUERIES;
}

static int domain_spf(struct quoth_domain *domain)
{
    const unsigned left = domain_most(domain) - domain->inquiry.queries;

    domain->inquiry.conf.domain = domain->facts.text + domain->facts.domain.at;
    domain->inquiry.conf.queries_max = (uint8_t)domain_upto(left, UINT8_MAX);
    return quoth_inquiry_spf(&domain->inquiry);
}

static void domain_step_on(struct quoth_domain *domain)
{
    domain->step++;
    domain->sub = 0;
}

/* The budget is used up: this step and those behind it stay unasked. */
static void domain_late(struct quoth_domain *domain)
{
    struct quoth_facts *facts = &domain->facts;

    facts->queries = domain->inquiry.queries;
    facts->late = 1;
    for (unsigned step = domain->step; step < STEPS; step++)
        facts->unasked |= domain_steps[step].check & facts->checks;
}

/* Until there is something to wait for, or nothing left. */
static void domain_go(struct quoth_domain *domain)
{
    struct quoth_inquiry *inquiry = &domain->inquiry;

    while (inquiry->state == QUOTH_INQUIRY_IDLE) {
        domain->facts.queries = inquiry->queries;
        if (domain->step == STEPS) {
            inquiry->state = QUOTH_INQUIRY_DONE;
        } else if (!(domain->facts.checks & domain_steps[domain->step].check) ||
                   (domain->step == STEP_SPF ? domain->sub != 0
                                             : !domain_name(domain, &inquiry->spf.ask.name))) {
            domain_step_on(domain);
        } else if (inquiry->queries >= domain_most(domain) ||
                   inquiry->spf.ask.now >= inquiry->end) {
            domain_late(domain);
            inquiry->state = QUOTH_INQUIRY_DONE;
        } else if (domain->step == STEP_SPF ? domain_spf(domain) : domain_ask(domain)) {
            domain_take(domain);
        }
    }
}

int quoth_domain_start(struct quoth_domain *machine, const struct quoth_domain_conf *conf,
                       const char *domain, const uint8_t seed[16], uint64_t now)
{
    struct quoth_facts *facts = &machine->facts;

    memset(machine, 0, sizeof *machine);
    machine->conf = conf;
    machine->inquiry.conf =
        (struct quoth_spf_conf) {.resolver = conf->resolver, .cache = conf->cache};
    if (quoth_name_parse(&machine->name, domain, strlen(domain)) != QUOTH_OK ||
        !quoth_name_is_host(&machine->name))
        return QUOTH_EPROTO;
    facts->domain = domain_keep_name(facts, &machine->name);
    facts->checks = conf->checks ? conf->checks : QUOTH_CHECK_ALL;
    facts->given = conf->selectors != NULL;
    facts->ttl = UINT32_MAX;
    quoth_dmarc_walk_start(&machine->walk, &machine->name);
    facts->labels = machine->walk.labels;
    quoth_inquiry_start(&machine->inquiry, seed, now, conf->total_ms ? conf->total_ms : DOMAIN_MS);
    domain_go(machine);
    return QUOTH_OK;
}

void quoth_domain_lend(struct quoth_domain *domain, void *buf, size_t cap)
{
    quoth_ask_lend(&domain->inquiry.spf.ask, buf, cap);
}

void quoth_domain_want(const struct quoth_domain *domain, struct quoth_want *want)
{
    quoth_inquiry_want(&domain->inquiry, want);
}

int quoth_domain_feed(struct quoth_domain *domain, const struct quoth_event *ev)
{
    const int rc = quoth_inquiry_feed(&domain->inquiry, ev);

    if (rc == QUOTH_ASK_LATE)
        domain_late(domain);
    if (rc == QUOTH_ASK_OVER) {
        domain_take(domain);
        domain_go(domain);
    }
    return rc < 0 ? rc : QUOTH_OK;
}

int quoth_domain_made_up(const struct quoth_domain *domain)
{
    return domain->inquiry.state == QUOTH_INQUIRY_ASK && domain->step == STEP_WILDCARD;
}
