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
#include "inner.h"
#include "quoth_domain.h"

enum domain_state { DOMAIN_NEXT, DOMAIN_ASK, DOMAIN_SPF, DOMAIN_SHUT, DOMAIN_DONE };
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
static const struct domain_plan {
    uint16_t check, type;
    const char *prefix, *match; /* labels in front of the name; how a TXT record begins */
} domain_steps[] = {
    [STEP_MX] = {QUOTH_CHECK_MX, QUOTH_DNS_MX, "", NULL},
    [STEP_HOST] = {QUOTH_CHECK_MX, QUOTH_DNS_A, "", NULL},
    [STEP_SPF] = {QUOTH_CHECK_SPF, QUOTH_DNS_TXT, "", NULL},
    [STEP_SENDER_ID] = {QUOTH_CHECK_SPF, QUOTH_DNS_TXT, "", "spf2.0/"},
    [STEP_DMARC] = {QUOTH_CHECK_DMARC, QUOTH_DNS_TXT, "_dmarc.", "v"},
    [STEP_MISPLACED] = {QUOTH_CHECK_DMARC, QUOTH_DNS_TXT, "", "v=DMARC1"},
    [STEP_DOUBLED] = {QUOTH_CHECK_DMARC, QUOTH_DNS_TXT, "_dmarc.", "v=DMARC1"},
    [STEP_REPORTS] = {QUOTH_CHECK_DMARC, QUOTH_DNS_TXT, "", "v=DMARC1"},
    [STEP_MAIL] = {QUOTH_CHECK_DMARC, QUOTH_DNS_MX, "", NULL},
    [STEP_MAIL_A] = {QUOTH_CHECK_DMARC, QUOTH_DNS_A, "", NULL},
    [STEP_MAIL_AAAA] = {QUOTH_CHECK_DMARC, QUOTH_DNS_AAAA, "", NULL},
    [STEP_STS] = {QUOTH_CHECK_STS, QUOTH_DNS_TXT, "_mta-sts.", "v=STS"},
    [STEP_RPT] = {QUOTH_CHECK_RPT, QUOTH_DNS_TXT, "_smtp._tls.", "v=TLSRPT"},
    [STEP_BIMI] = {QUOTH_CHECK_BIMI, QUOTH_DNS_TXT, "default._bimi.", "v=BIMI"},
    [STEP_DOMAINKEY] = {QUOTH_CHECK_DKIM, QUOTH_DNS_TXT, "_domainkey.", "v=DKIM1"},
    [STEP_WILDCARD] = {QUOTH_CHECK_DKIM, QUOTH_DNS_TXT, "", NULL},
    [STEP_SELECTOR] = {QUOTH_CHECK_DKIM, QUOTH_DNS_TXT, "", NULL},
    [STEP_ROOT] = {QUOTH_CHECK_DNSSEC | QUOTH_CHECK_DANE, QUOTH_DNS_SOA, "", NULL},
    [STEP_ZONE] = {QUOTH_CHECK_DNSSEC, QUOTH_DNS_SOA, "", NULL},
    [STEP_BOGUS] = {QUOTH_CHECK_DNSSEC, QUOTH_DNS_SOA, "", NULL},
    [STEP_DS] = {QUOTH_CHECK_DNSSEC, QUOTH_DNS_DS, "", NULL},
    [STEP_TLSA] = {QUOTH_CHECK_DANE, QUOTH_DNS_TLSA, "_25._tcp.", NULL},
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

static const struct {
    uint16_t check;
    const char *name;
} domain_checks[] = {
    {QUOTH_CHECK_MX, "MX"},       {QUOTH_CHECK_SPF, "SPF"},       {QUOTH_CHECK_DMARC, "DMARC"},
    {QUOTH_CHECK_STS, "MTA-STS"}, {QUOTH_CHECK_RPT, "TLS-RPT"},   {QUOTH_CHECK_BIMI, "BIMI"},
    {QUOTH_CHECK_DKIM, "DKIM"},   {QUOTH_CHECK_DNSSEC, "DNSSEC"}, {QUOTH_CHECK_DANE, "DANE"},
};

const char *quoth_domain_check_name(unsigned check)
{
    for (size_t i = 0; i < sizeof domain_checks / sizeof *domain_checks; i++)
        if (domain_checks[i].check == check)
            return domain_checks[i].name;
    return NULL;
}

/* ---- texts --------------------------------------------------------------- */

struct quoth_span quoth_facts_text(const struct quoth_facts *f, struct quoth_part part)
{
    return (struct quoth_span) {f->text + part.at, part.n};
}

struct quoth_part quoth_facts_keep(struct quoth_facts *f, const char *p, size_t n)
{
    struct quoth_part part = {f->used, (uint16_t)n};

    if (n >= sizeof f->text - f->used) {
        f->cut = 1;
        return (struct quoth_part) {0, 0};
    }
    memcpy(f->text + f->used, p, n);
    f->used = (uint16_t)(f->used + n);
    f->text[f->used++] = 0;
    return part;
}

static struct quoth_part domain_keep_name(struct quoth_facts *f, const struct quoth_name *name)
{
    char text[256];
    const int n = quoth_name_text(name, text, sizeof text);

    return quoth_facts_keep(f, text, n > 0 ? (size_t)n : 0);
}

/* Is there nothing of the kind? A failure is no such answer. */
static int domain_is_empty(uint8_t answer)
{
    return answer == QUOTH_ANSWER_NODATA || answer == QUOTH_ANSWER_NXDOMAIN;
}

static int domain_failed(uint8_t answer) { return answer > QUOTH_ANSWER_NXDOMAIN; }

/* Does the Extended DNS Error say that validation failed? Codes 6 to 12 (RFC 8914 4). */
static int domain_says_bogus(uint16_t ede) { return ede >= 1 + 6 && ede <= 1 + 12; }

/* So long an answer counts. */
static void domain_lasts(struct quoth_facts *f, uint32_t ttl)
{
    if (ttl < f->ttl)
        f->ttl = ttl;
}

/* ---- of whom the next question is ---------------------------------------- */

/* `prefix`, which ends in a dot, in front of a name. 0: that is too long. */
static int domain_join(const char *prefix, size_t n, const struct quoth_name *below,
                       struct quoth_name *out)
{
    struct quoth_name head = {1, {0}};

    if (n && quoth_name_parse(&head, prefix, n) != QUOTH_OK)
        return 0;
    if (head.n - 1 + below->n > (int)sizeof out->b)
        return 0;
    memmove(out->b + head.n - 1, below->b, below->n);
    memcpy(out->b, head.b, head.n - 1u);
    out->n = (uint8_t)(head.n - 1 + below->n);
    return 1;
}

static int domain_text_name(const struct quoth_facts *f, struct quoth_part part,
                            struct quoth_name *name)
{
    return part.n && quoth_name_parse(name, f->text + part.at, part.n) == QUOTH_OK;
}

/* Selectors of the providers that it seems to use: 1 << place. */
static unsigned domain_expected(const struct quoth_facts *f)
{
    unsigned selectors = 0;

    for (size_t i = 0; i < sizeof domain_providers / sizeof *domain_providers; i++) {
        const char *word = domain_providers[i].word;
        struct quoth_span text = quoth_facts_text(f, f->spf.record);
        unsigned h = 0;
        while (!quoth_holds(text.p, text.n, word, strlen(word)) && h < f->hosts)
            text = quoth_facts_text(f, f->host[h++].name);
        if (quoth_holds(text.p, text.n, word, strlen(word)))
            selectors |= domain_providers[i].selectors;
    }
    return selectors;
}

const char *quoth_domain_selector(const struct quoth_domain *d, unsigned n)
{
    const unsigned tries = d->conf->tries ? d->conf->tries : DOMAIN_TRIES;
    unsigned expected;

    if (d->conf->selectors)
        return d->conf->selectors[n];
    if (!domain_is_empty(d->facts.wildcard) || n >= tries)
        return NULL; /* where every name may be answered, guessing tells nothing */
    expected = domain_expected(&d->facts);
    for (unsigned other = 0; other < 2; other++) { /* those of its providers, then the others */
        const char *name = domain_selectors;
        for (unsigned i = 0; i < QUOTH_SELECTORS; i++, name += strlen(name) + 1)
            if ((expected >> i & 1) != other && !n--)
                return name;
    }
    return NULL;
}

static int domain_selector_name(const struct quoth_domain *d, struct quoth_name *name)
{
    const char *selector = quoth_domain_selector(d, d->sub);
    char text[128];
    size_t n = selector ? strlen(selector) : 0;

    if (!n || n > 100)
        return 0;
    memcpy(text, selector, n);
    memcpy(text + n, "._domainkey.", 12);
    return domain_join(text, n + 12, &d->name, name);
}

/* `<domain>._report._dmarc.<host>` (RFC 9990 4) */
static int domain_report_name(struct quoth_domain *d, struct quoth_name *name)
{
    char text[300];
    struct quoth_name at, host;
    int n;

    while (d->sub < d->facts.uris && !d->facts.uri[d->sub].foreign)
        d->sub++;
    if (d->sub >= d->facts.uris || !domain_text_name(&d->facts, d->facts.uri[d->sub].host, &host))
        return 0;
    quoth_name_tail(&d->name, d->facts.dmarc_labels, &at);
    n = quoth_name_text(&at, text, 256);
    if (n <= 0)
        return 0;
    memcpy(text + n, "._report._dmarc.", 16);
    return domain_join(text, (size_t)n + 16, &host, name);
}

/* The next host of reports of which this is to be asked; of the domain itself it is known. */
static int domain_mail_name(struct quoth_domain *d, struct quoth_name *name)
{
    const struct quoth_facts *f = &d->facts;

    for (; d->sub < f->uris; d->sub++) {
        const struct quoth_fact_uri *u = &f->uri[d->sub];
        if (d->step != STEP_MAIL && (u->mail != QUOTH_ANSWER_NODATA || u->null))
            continue;
        if (domain_text_name(f, u->host, name) &&
            (name->n != d->name.n || memcmp(name->b, d->name.b, name->n) != 0))
            return 1;
    }
    return 0;
}

static int domain_random_name(struct quoth_domain *d, struct quoth_name *name)
{
    char text[DOMAIN_RANDOM + 12];

    if (d->sub || d->conf->selectors)
        return 0;
    quoth_random_local(&d->rnd, text, DOMAIN_RANDOM);
    memcpy(text + DOMAIN_RANDOM, "._domainkey.", 12);
    return domain_join(text, sizeof text, &d->name, name);
}

/* Names that may be its zone: itself, and those above it, with a label less each time. */
static int domain_zone_name(const struct quoth_domain *d, struct quoth_name *name)
{
    const struct quoth_facts *f = &d->facts;

    if (d->sub >= DOMAIN_ZONES || d->sub >= f->labels || f->cut_labels ||
        (d->sub && f->zone != QUOTH_ANSWER_NODATA))
        return 0;
    quoth_name_tail(&d->name, f->labels - d->sub, name);
    return 1;
}

/* Whom the question of this step is about; 0: the step is over. */
static int domain_name(struct quoth_domain *d, struct quoth_name *name)
{
    const struct quoth_facts *f = &d->facts;
    const char *prefix = domain_steps[d->step].prefix;
    struct quoth_name below = d->name;
    int more = d->sub == 0;

    switch ((enum domain_step)d->step) {
    case STEP_HOST:
        if (d->sub % 2 && d->conf->resolver->no_aaaa)
            d->sub++;
        return d->sub / 2 < f->hosts && domain_text_name(f, f->host[d->sub / 2].name, name);
    case STEP_DMARC: more = quoth_dmarc_walk_next(&d->walk, &below); break;
    case STEP_SENDER_ID: more &= f->spf.why == QUOTH_SPF_WHY_NO_RECORD && !f->spf.depth; break;
    case STEP_MISPLACED: more &= domain_is_empty(f->dmarc.answer); break;
    case STEP_DOUBLED:
        more &= domain_is_empty(f->dmarc.answer);
        prefix = f->text + f->domain.at;
        if (!more || !domain_join(prefix, f->domain.n, &d->name, &below))
            return 0;
        prefix = domain_steps[d->step].prefix;
        break;
    case STEP_REPORTS: return domain_report_name(d, name);
    case STEP_RPT: /* and, if it is nowhere, the names of drafts */
        if (d->sub && d->sub <= 2 && domain_is_empty(f->rpt.answer) && !f->rpt_draft) {
            prefix = d->sub == 1 ? "_smtp-tlsrpt." : "_tlsrpt.";
            more = 1;
        }
        break;
    case STEP_MAIL:
    case STEP_MAIL_A:
    case STEP_MAIL_AAAA: return domain_mail_name(d, name);
    case STEP_WILDCARD: return domain_random_name(d, name);
    case STEP_SELECTOR: return domain_selector_name(d, name);
    case STEP_ROOT: *name = (struct quoth_name) {1, {0}}; return more && d->conf->trust_ad;
    case STEP_ZONE: return domain_zone_name(d, name);
    case STEP_BOGUS: /* of the name that failed, which is still the one asked about */
        *name = d->asked;
        return more && f->zone == QUOTH_ANSWER_SERVFAIL && !domain_says_bogus(f->zone_ede);
    case STEP_DS: quoth_name_tail(&d->name, f->cut_labels, name); return more && f->cut_labels;
    case STEP_TLSA:
        return d->sub < f->hosts && domain_text_name(f, f->host[d->sub].name, &below) &&
               domain_join(prefix, strlen(prefix), &below, name);
    case STEP_BIMI: /* and then of the organizational domain */
        if (d->sub == 1 && domain_is_empty(f->bimi.answer) && f->org_labels &&
            f->org_labels < f->labels) {
            quoth_name_tail(&d->name, f->org_labels, &below);
            more = 1;
        }
        break;
    default: break;
    }
    return more && domain_join(prefix, strlen(prefix), &below, name);
}

/* ---- mail hosts ----------------------------------------------------------- */

static void domain_take_host(struct quoth_facts *f, struct quoth_span data)
{
    /* No host: by such a record a domain was once shown to be Microsoft's customer's. */
    static const uint8_t proof[] = "\4msv1\7invalid";
    struct quoth_name name;
    struct quoth_fact_host *h = &f->host[f->hosts];

    if (data.n < 3 || quoth_name_read(&name, data.p + 2, data.n - 2) < 0)
        return;
    if (name.n == 1) {
        f->mx_null = 1;
    } else if (name.n > sizeof proof &&
               !memcmp(name.b + name.n - sizeof proof, proof, sizeof proof)) {
        f->mx_proof = 1;
    } else if (!quoth_name_is_host(&name)) {
        f->mx_odd = 1;
    } else if (f->hosts == QUOTH_FACT_HOSTS) {
        f->mx_more = 1;
    } else {
        h->pref = (uint16_t)((uint8_t)data.p[0] << 8 | (uint8_t)data.p[1]);
        h->name = domain_keep_name(f, &name);
        f->hosts = (uint8_t)(f->hosts + (h->name.n != 0));
        f->mx_more |= h->name.n == 0;
    }
}

static void domain_take_mx(struct quoth_domain *d, const struct quoth_rrset *set)
{
    struct quoth_facts *f = &d->facts;
    struct quoth_span data;

    f->mx = set->answer;
    f->mx_odd = (set->flags & QUOTH_SET_SKIPPED) != 0;
    f->mx_more = (set->flags & QUOTH_SET_CUT) != 0;
    f->mx_open = !(set->flags & QUOTH_SET_AD);
    for (size_t at = 0; quoth_rrset_next(set, &at, &data);)
        domain_take_host(f, data);
    if (set->answer == QUOTH_ANSWER_NODATA) { /* then it is its own host (RFC 5321 5.1) */
        f->host[0].name = f->domain;
        f->hosts = 1;
    }
}

static void domain_take_ips(struct quoth_domain *d, const struct quoth_rrset *set)
{
    struct quoth_fact_host *h = &d->facts.host[d->sub / 2];
    struct quoth_span data;
    struct quoth_ip ip;

    *(d->sub % 2 ? &h->aaaa : &h->a) = set->answer;
    if (set->flags & QUOTH_SET_ALIAS)
        h->flags |= QUOTH_HOST_ALIAS;
    if (!(set->flags & QUOTH_SET_AD) && !domain_failed(set->answer))
        h->flags |= QUOTH_HOST_OPEN;
    for (size_t at = 0; quoth_rrset_next(set, &at, &data);) {
        if (data.n != 4 && data.n != 16)
            continue;
        memset(&ip, 0, sizeof ip);
        ip.len = (uint8_t)data.n;
        memcpy(ip.b, data.p, data.n);
        h->flags |=
            quoth_target_ok(&d->conf->targets, &ip) ? QUOTH_HOST_PUBLIC : QUOTH_HOST_PRIVATE;
        if (!h->ip.len)
            h->ip = ip;
    }
}

/* ---- records that are TXT -------------------------------------------------- */

/* The one record, if there is one; CUT may have hidden others. */
static struct quoth_span domain_one(struct quoth_fact_txt *t, const struct quoth_rrset *set)
{
    struct quoth_span data = {NULL, 0};
    size_t at = 0;

    t->answer = set->answer;
    t->n = (uint8_t)(set->n < UINT8_MAX ? set->n : UINT8_MAX);
    t->others = set->others != 0;
    if (set->flags & QUOTH_SET_CUT && set->n < 2)
        t->answer = QUOTH_ANSWER_TOO_BIG;
    if (t->answer == QUOTH_ANSWER_DATA && !t->n)
        t->answer = QUOTH_ANSWER_NODATA; /* nothing of that kind */
    if (t->n == 1)
        quoth_rrset_next(set, &at, &data);
    return data;
}

static void domain_keep_record(struct quoth_facts *f, struct quoth_fact_txt *t,
                               struct quoth_span data)
{
    if (t->n != 1 || !data.p)
        return;
    t->record = quoth_facts_keep(f, data.p, data.n);
    if (!t->record.n)
        t->answer = QUOTH_ANSWER_TOO_BIG;
}

static void domain_take_small(struct quoth_domain *d, const struct quoth_rrset *set)
{
    struct quoth_facts *f = &d->facts;
    struct quoth_fact_txt *t = d->step == STEP_STS   ? &f->sts
                               : d->step == STEP_RPT ? &f->rpt
                                                     : &f->bimi;
    struct quoth_span data;

    if (d->step == STEP_RPT && d->sub) {
        f->rpt_draft = set->n ? (uint8_t)d->sub : 0;
        return;
    }
    data = domain_one(t, set);
    if (!data.p)
        return;
    if (d->step == STEP_STS)
        t->fault = (uint8_t)quoth_sts_read(data.p, data.n, &t->at);
    else if (d->step == STEP_RPT)
        t->fault = (uint8_t)quoth_rpt_read(data.p, data.n, &t->at);
    else
        t->fault = (uint8_t)quoth_bimi_read(data.p, data.n, &t->at);
    domain_keep_record(f, t, data);
}

/* ---- DMARC ----------------------------------------------------------------- */

/* A record that is none, but was meant to be one. */
static int domain_meant(struct quoth_span data)
{
    const size_t n = data.n < 24 ? data.n : 24;

    return quoth_holds(data.p, n, "dmarc", 5);
}

/* The policy's record is the domain's own, else that of the organizational domain, else what stands
 * at the public suffix. Going up, the last one found is it, unless that one has psd=y and the one
 * before is right below. */
static void domain_dmarc_found(struct quoth_domain *d, struct quoth_span data,
                               const struct quoth_dmarc *record)
{
    struct quoth_facts *f = &d->facts;
    const unsigned now = d->walk.now;
    const int kept = f->dmarc.n == 1 && f->dmarc_labels;

    if (kept &&
        (f->dmarc_labels == f->labels || (record->psd == 'y' && f->dmarc_labels == now + 1)))
        return;
    if (kept) /* its text is the last one, but for none */
        f->used = f->dmarc.record.at;
    f->dmarc.answer = QUOTH_ANSWER_DATA;
    f->dmarc.n = 1;
    f->dmarc_labels = (uint8_t)now;
    domain_keep_record(f, &f->dmarc, data);
}

static void domain_take_dmarc(struct quoth_domain *d, const struct quoth_rrset *set)
{
    struct quoth_facts *f = &d->facts;
    struct quoth_span data, found = {NULL, 0}, meant = {NULL, 0};
    struct quoth_dmarc record, one = {.psd = 0};
    unsigned n = 0;

    for (size_t at = 0; quoth_rrset_next(set, &at, &data);) {
        if (quoth_dmarc_read(&record, data.p, data.n) == QUOTH_OK) {
            n++;
            found = data;
            one = record;
        } else if (domain_meant(data)) {
            meant = data;
        } else if (d->walk.now == f->labels) {
            f->dmarc.others = 1;
        }
    }
    if (d->walk.now == f->labels && set->others)
        f->dmarc.others = 1;
    if (domain_failed(set->answer) || set->flags & QUOTH_SET_CUT) {
        f->dmarc.answer = f->dmarc_labels              ? QUOTH_ANSWER_DATA
                          : set->flags & QUOTH_SET_CUT ? QUOTH_ANSWER_TOO_BIG
                                                       : set->answer;
        d->walk.now = 0;
        return;
    }
    if (n > 1 && f->dmarc_many < n)
        f->dmarc_many = (uint8_t)(n < UINT8_MAX ? n : UINT8_MAX);
    if (n == 1)
        domain_dmarc_found(d, found, &one);
    else if (!n && meant.p && !f->dmarc_meant.n)
        f->dmarc_meant = quoth_facts_keep(f, meant.p, meant.n < 100 ? meant.n : 100);
    quoth_dmarc_walk_take(&d->walk, (char)(n == 1 ? one.psd : 0));
    if (d->walk.now)
        return;
    f->org_labels = (uint8_t)quoth_dmarc_walk_org(&d->walk);
    if (!f->dmarc_labels)
        f->dmarc.answer = QUOTH_ANSWER_NODATA;
}

static int domain_uri_known(const struct quoth_facts *f, struct quoth_span host)
{
    for (unsigned i = 0; i < f->uris; i++) {
        const struct quoth_span kept = quoth_facts_text(f, f->uri[i].host);
        if (quoth_same(kept.p, kept.n, host.p, host.n))
            return 1;
    }
    return 0;
}

/* Where reports go. Names below that of the record are taken for the same organizational domain. */
static void domain_uris(struct quoth_domain *d)
{
    struct quoth_facts *f = &d->facts;
    struct quoth_dmarc record;
    struct quoth_span uri, host;
    enum quoth_dmarc_uri kind;
    struct quoth_name org, name, tail;
    int sized;

    if (!f->dmarc_labels || !f->org_labels ||
        quoth_dmarc_read(&record, f->text + f->dmarc.record.at, f->dmarc.record.n) != QUOTH_OK)
        return;
    quoth_name_tail(&d->name, f->org_labels, &org);
    for (size_t at = 0; quoth_dmarc_uri(&record.rua, &at, &uri, &host, &kind, &sized);) {
        if (kind != QUOTH_DMARC_URI_MAIL || f->uris == QUOTH_FACT_URIS ||
            quoth_name_parse(&name, host.p, host.n) != QUOTH_OK)
            continue;
        quoth_name_tail(&name, f->org_labels, &tail);
        if (domain_uri_known(f, host))
            continue;
        f->uri[f->uris].foreign = tail.n != org.n || memcmp(tail.b, org.b, org.n) != 0;
        f->uri[f->uris].host = quoth_facts_keep(f, host.p, host.n);
        f->uris = (uint8_t)(f->uris + (f->uri[f->uris].host.n != 0));
    }
}

static void domain_take_mail(struct quoth_domain *d, const struct quoth_rrset *set)
{
    struct quoth_fact_uri *u = &d->facts.uri[d->sub];
    struct quoth_span data;
    size_t at = 0;

    u->mail = set->answer;
    if (d->step == STEP_MAIL && set->n == 1 && quoth_rrset_next(set, &at, &data) && data.n == 3 &&
        !data.p[2]) {
        u->mail = QUOTH_ANSWER_NODATA;
        u->null = 1;
    }
}

/* ---- DKIM ------------------------------------------------------------------ */

/* An alias whose name has nothing of the kind. */
static int domain_dangles(const struct quoth_rrset *set)
{
    return set->flags & QUOTH_SET_ALIAS && domain_is_empty(set->answer);
}

static void domain_take_key(struct quoth_domain *d, const struct quoth_rrset *set)
{
    struct quoth_facts *f = &d->facts;
    const char *selector = quoth_domain_selector(d, d->sub);
    struct quoth_fact_key *key = &f->key[f->keys];
    struct quoth_span data = {NULL, 0};
    size_t at = 0;

    f->tried++;
    if (domain_failed(set->answer) || set->flags & QUOTH_SET_CUT) {
        f->lost++;
        f->lost_answer = domain_failed(set->answer) ? set->answer : QUOTH_ANSWER_TOO_BIG;
    }
    if (f->keys == QUOTH_FACT_KEYS || (!domain_dangles(set) && !set->n))
        return;
    key->n = (uint8_t)(set->n < UINT8_MAX ? set->n : UINT8_MAX);
    key->selector = quoth_facts_keep(f, selector, strlen(selector));
    if (!key->selector.n) { /* a key that is not told of is no answer at all */
        f->lost++;
        f->lost_answer = QUOTH_ANSWER_TOO_BIG;
        return;
    }
    if (key->n == 1 && quoth_rrset_next(set, &at, &data))
        quoth_dkim_read(&key->key, data.p, data.n);
    f->keys++;
}

/* ---- SPF ------------------------------------------------------------------- */

/* The word of the record on top that has the byte at fault. */
static struct quoth_span domain_spf_word(const struct quoth_spf *s)
{
    const struct quoth_span record = quoth_spf_record(s, s->depth);
    size_t from = s->bad_at < record.n ? s->bad_at : record.n, end = from;

    while (from > 0 && record.p[from - 1] != ' ')
        from--;
    while (end < record.n && record.p[end] != ' ')
        end++;
    return (struct quoth_span) {record.p + from, end - from < 80 ? end - from : 80};
}

/* What decided: a term of the first record, or the name that is to blame. */
static struct quoth_span domain_spf_where(const struct quoth_spf *s)
{
    struct quoth_span none = {"", 0};
    struct quoth_spf_term t;

    switch (s->why) {
    case QUOTH_SPF_WHY_SYNTAX: return s->depth ? quoth_spf_name(s, s->depth) : domain_spf_word(s);
    case QUOTH_SPF_WHY_NAME: return quoth_spf_at(s, s->depth, &t) ? t.text : none;
    default: return quoth_spf_name(s, s->depth);
    }
}

static void domain_take_spf(struct quoth_domain *d)
{
    const struct quoth_spf *s = &d->u.spf;
    const struct quoth_span record = quoth_spf_record(s, 0), where = domain_spf_where(s);
    struct quoth_facts *f = &d->facts;
    struct quoth_fact_spf *out = &f->spf;

    out->asked = 1;
    out->result = s->result;
    out->why = s->why;
    out->answer = s->answer;
    out->depth = s->depth;
    out->terms = s->terms;
    out->voids = s->voids;
    out->voids6 = s->voids6;
    out->saw = s->saw;
    out->shares = s->shares;
    out->at = s->bad_at;
    out->bytes = s->bytes;
    memcpy(out->share, s->share, sizeof out->share);
    if (record.n)
        out->record = quoth_facts_keep(f, record.p, record.n);
    if (where.n)
        out->where = quoth_facts_keep(f, where.p, where.n);
    f->queries = (uint16_t)(f->queries + s->queries);
    domain_lasts(f, s->ttl);
}

/* ---- DNSSEC and DANE ---------------------------------------------------------- */

static void domain_take_zone(struct quoth_domain *d, const struct quoth_rrset *set)
{
    struct quoth_facts *f = &d->facts;
    const int alias = (set->flags & QUOTH_SET_ALIAS) != 0; /* no zone begins at an alias */

    f->zone = alias && !domain_failed(set->answer) ? QUOTH_ANSWER_NODATA : set->answer;
    f->zone_ad = (set->flags & QUOTH_SET_AD) != 0;
    f->zone_ede = set->ede;
    if (f->zone == QUOTH_ANSWER_DATA)
        f->cut_labels = (uint8_t)(f->labels - d->sub);
}

static void domain_take_tlsa(struct quoth_domain *d, const struct quoth_rrset *set)
{
    struct quoth_fact_host *h = &d->facts.host[d->sub];
    struct quoth_span data;

    h->tlsa = set->answer;
    h->tlsas = (uint8_t)(set->n < UINT8_MAX ? set->n : UINT8_MAX);
    if (!(set->flags & QUOTH_SET_AD) && !domain_failed(set->answer))
        h->flags |= QUOTH_HOST_OPEN;
    for (size_t at = 0; quoth_rrset_next(set, &at, &data);)
        h->tlsa_saw |= (uint8_t)quoth_tlsa_read(data.p, data.n);
    if (set->used && set->used <= DOMAIN_TLSA_KEPT)
        h->tlsa_set = quoth_facts_keep(&d->facts, (const char *)set->buf, set->used);
}

/* ---- one answer -------------------------------------------------------------- */

static void domain_take(struct quoth_domain *d, const struct quoth_rrset *set)
{
    struct quoth_facts *f = &d->facts;

    domain_lasts(f, set->ttl);
    switch ((enum domain_step)d->step) {
    case STEP_MX: domain_take_mx(d, set); break;
    case STEP_HOST: domain_take_ips(d, set); break;
    case STEP_SENDER_ID: f->sender_id = set->n != 0; break;
    case STEP_DMARC: domain_take_dmarc(d, set); break;
    case STEP_MISPLACED:
        domain_keep_record(f, &f->misplaced, domain_one(&f->misplaced, set));
        break;
    case STEP_DOUBLED: f->doubled = set->n != 0; break;
    case STEP_REPORTS:
        f->uri[d->sub].answer = set->answer;
        f->uri[d->sub].agrees = set->n != 0;
        break;
    case STEP_MAIL:
    case STEP_MAIL_A:
    case STEP_MAIL_AAAA: domain_take_mail(d, set); break;
    case STEP_STS:
    case STEP_RPT:
    case STEP_BIMI: domain_take_small(d, set); break;
    case STEP_DOMAINKEY: f->domainkey = set->answer; break;
    case STEP_WILDCARD: f->wildcard = set->answer; break;
    case STEP_SELECTOR: domain_take_key(d, set); break;
    case STEP_ROOT:
        f->root = set->answer;
        f->trusts = set->answer == QUOTH_ANSWER_DATA && set->flags & QUOTH_SET_AD;
        break;
    case STEP_ZONE: domain_take_zone(d, set); break;
    case STEP_BOGUS: f->unchecked = set->answer; break;
    case STEP_DS: f->ds = set->answer; break;
    case STEP_TLSA: domain_take_tlsa(d, set); break;
    case STEP_SPF:
    case STEPS: break;
    }
}

/* ---- the machine ------------------------------------------------------------- */

static void domain_seed(struct quoth_domain *d, uint8_t seed[16])
{
    for (int i = 0; i < 16; i++)
        seed[i] = (uint8_t)quoth_random_next(&d->rnd);
}

static uint16_t domain_type(const struct quoth_domain *d)
{
    if (d->step == STEP_HOST && d->sub % 2)
        return QUOTH_DNS_AAAA;
    return domain_steps[d->step].type;
}

/* What d->asked is asked for. Where AD does not count, it is not asked for. */
static struct quoth_question domain_question(const struct quoth_domain *d)
{
    const uint16_t options = d->step == STEP_BOGUS    ? QUOTH_ASK_CD
                             : d->conf->trust_ad != 0 ? QUOTH_ASK_AD
                                                      : 0;

    return (struct quoth_question) {&d->asked, domain_type(d), options};
}

/* The question is in d->asked. 1: the cache knew the answer. */
static int domain_ask(struct quoth_domain *d, uint64_t now)
{
    const struct quoth_question question = domain_question(d);
    uint8_t seed[16];

    d->facts.queries++;
    d->u.ask.set = (struct quoth_rrset) {
        .buf = d->u.ask.buf, .cap = sizeof d->u.ask.buf, .match = domain_steps[d->step].match};
    if (d->conf->cache && quoth_setcache_get(d->conf->cache, &question, now, &d->u.ask.set) == 1)
        return 1;
    domain_seed(d, seed);
    quoth_lookup_ask(&d->u.ask.lookup, d->conf->resolver, &question, seed, now);
    quoth_lookup_lend(&d->u.ask.lookup, d->big, d->big_cap);
    d->state = DOMAIN_ASK;
    return 0;
}

static unsigned domain_most(const struct quoth_domain *d)
{
    return d->conf->queries_max ? d->conf->queries_max : DOMAIN_QUERIES;
}

static void domain_spf(struct quoth_domain *d, uint64_t now)
{
    const unsigned left = domain_most(d) - d->facts.queries;
    uint8_t seed[16];

    domain_seed(d, seed);
    d->spf_conf = (struct quoth_spf_conf) {.resolver = d->conf->resolver,
                                           .cache = d->conf->cache,
                                           .domain = d->facts.text + d->facts.domain.at,
                                           .queries_max = (uint8_t)(left < 255 ? left : 255)};
    quoth_spf_start(&d->u.spf, &d->spf_conf, seed, now);
    quoth_spf_lend(&d->u.spf, d->big, d->big_cap);
    d->state = DOMAIN_SPF;
}

/* SPF may be over as soon as it began. */
static int domain_spf_over(struct quoth_domain *d)
{
    struct quoth_want w;

    quoth_spf_want(&d->u.spf, &w);
    if (w.kind != QUOTH_WANT_DONE)
        return 0;
    domain_take_spf(d);
    return 1;
}

static void domain_step_on(struct quoth_domain *d)
{
    if (d->step == STEP_DMARC)
        domain_uris(d);
    d->step++;
    d->sub = 0;
}

/* The budget is used up: this step and those behind it stay unasked. */
static void domain_late(struct quoth_domain *d)
{
    struct quoth_facts *f = &d->facts;

    f->late = 1;
    for (unsigned step = d->step; step < STEPS; step++)
        f->unasked |= domain_steps[step].check & f->checks;
}

/* Until there is something to wait for, or nothing left. */
static void domain_go(struct quoth_domain *d, uint64_t now)
{
    d->state = DOMAIN_NEXT;
    while (d->state == DOMAIN_NEXT) {
        if (d->step == STEPS) {
            d->state = DOMAIN_DONE;
        } else if (!(d->facts.checks & domain_steps[d->step].check) ||
                   (d->step == STEP_SPF ? d->sub != 0 : !domain_name(d, &d->asked))) {
            domain_step_on(d);
        } else if (d->facts.queries >= domain_most(d) || now >= d->end) {
            domain_late(d);
            d->state = DOMAIN_DONE;
        } else if (d->step == STEP_SPF) {
            domain_spf(d, now);
            if (domain_spf_over(d)) {
                d->sub++;
                d->state = DOMAIN_NEXT;
            }
        } else if (domain_ask(d, now)) {
            domain_take(d, &d->u.ask.set);
            d->sub++;
        }
    }
}

int quoth_domain_start(struct quoth_domain *d, const struct quoth_domain_conf *conf,
                       const char *domain, const uint8_t seed[16], uint64_t now)
{
    struct quoth_facts *f = &d->facts;

    memset(d, 0, sizeof *d);
    d->conf = conf;
    d->state = DOMAIN_DONE;
    if (quoth_name_parse(&d->name, domain, strlen(domain)) != QUOTH_OK ||
        !quoth_name_is_host(&d->name))
        return QUOTH_EPROTO;
    f->domain = domain_keep_name(f, &d->name);
    f->checks = conf->checks ? conf->checks : QUOTH_CHECK_ALL;
    f->given = conf->selectors != NULL;
    f->ttl = UINT32_MAX;
    quoth_random_seed(&d->rnd, seed);
    quoth_dmarc_walk_start(&d->walk, &d->name);
    f->labels = d->walk.labels;
    d->end = now + (conf->total_ms ? conf->total_ms : DOMAIN_MS);
    domain_go(d, now);
    return QUOTH_OK;
}

void quoth_domain_lend(struct quoth_domain *d, void *buf, size_t cap)
{
    d->big = buf;
    d->big_cap = cap;
    if (d->state == DOMAIN_ASK)
        quoth_lookup_lend(&d->u.ask.lookup, buf, cap);
    if (d->state == DOMAIN_SPF)
        quoth_spf_lend(&d->u.spf, buf, cap);
}

void quoth_domain_want(const struct quoth_domain *d, struct quoth_want *w)
{
    if (d->state == DOMAIN_ASK || d->state == DOMAIN_SPF) {
        if (d->state == DOMAIN_ASK)
            quoth_lookup_want(&d->u.ask.lookup, w);
        else
            quoth_spf_want(&d->u.spf, w);
        if (w->deadline > d->end)
            w->deadline = d->end;
        return;
    }
    quoth_want_end(w, d->state == DOMAIN_DONE);
}

static int domain_feed_ask(struct quoth_domain *d, const struct quoth_event *ev)
{
    const struct quoth_question question = domain_question(d);
    struct quoth_want w;
    const int rc = quoth_lookup_feed_set(&d->u.ask.lookup, ev, &d->u.ask.set);

    if (rc < 0)
        return rc;
    quoth_lookup_want(&d->u.ask.lookup, &w);
    if (w.kind != QUOTH_WANT_DONE)
        return QUOTH_OK;
    d->facts.queries = (uint16_t)(d->facts.queries + d->u.ask.lookup.asked - 1);
    if (d->conf->cache)
        quoth_setcache_put(d->conf->cache, &question, &d->u.ask.set, ev->now);
    domain_take(d, &d->u.ask.set);
    d->sub++;
    domain_go(d, ev->now);
    return QUOTH_OK;
}

/* Whoever waits for this answer in the cache need not wait any more. */
static void domain_give_up(struct quoth_domain *d, uint64_t now)
{
    const struct quoth_question question = domain_question(d);

    if (d->state != DOMAIN_ASK || !d->conf->cache)
        return;
    d->u.ask.set.answer = QUOTH_ANSWER_NONE;
    quoth_setcache_put(d->conf->cache, &question, &d->u.ask.set, now);
}

int quoth_domain_feed(struct quoth_domain *d, const struct quoth_event *ev)
{
    int rc;

    if (d->state == DOMAIN_SHUT && ev->kind == QUOTH_EV_DOWN) {
        d->state = DOMAIN_DONE;
        return QUOTH_OK;
    }
    if (d->state != DOMAIN_ASK && d->state != DOMAIN_SPF)
        return QUOTH_EINVAL;
    if (ev->kind == QUOTH_EV_TIME && ev->now >= d->end) {
        domain_late(d); /* the whole took too long: close what is open */
        domain_give_up(d, ev->now);
        d->state = DOMAIN_SHUT;
        return QUOTH_OK;
    }
    if (d->state == DOMAIN_ASK)
        return domain_feed_ask(d, ev);
    rc = quoth_spf_feed(&d->u.spf, ev);
    if (rc == QUOTH_OK && domain_spf_over(d)) {
        d->sub++;
        domain_go(d, ev->now);
    }
    return rc;
}

int quoth_domain_made_up(const struct quoth_domain *d)
{
    return d->state == DOMAIN_ASK && d->step == STEP_WILDCARD;
}
