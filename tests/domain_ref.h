/* domain_ref.h - a plain reference for core/domain/domain.c, for domain_test.c: what is known of a
 * domain when its zone is simply looked at, one step after the other.
 *
 *   zone, conf --> ref_domain: MX, SPF, DMARC, the small records, DKIM, DNSSEC, DANE --> facts
 *
 * Questions go through ref_ask() of spf_ref.h, which notes them. Texts are kept in an order of its
 * own. Aliases and answers that are too big are left to the other tests.
 *
 * SPDX-License-Identifier: MIT */
#ifndef DOMAIN_REF_H
#define DOMAIN_REF_H

#include "spf_ref.h"

struct ref_answer {
    uint8_t answer, ad;
    unsigned n, others;
    const struct spf_world_rr *rr[60]; /* those that are meant */
};

struct ref_domain {
    struct ref_spf ref; /* whose questions these are */
    const struct quoth_domain_conf *conf;
    struct quoth_name name;
    struct quoth_facts *facts;
    int random; /* a name was asked for that nobody can foresee */
};

/* ---- questions -------------------------------------------------------------------- */

/* The text of a TXT record. */
static size_t ref_txt(const struct spf_world_rr *rr, char out[SPF_WORLD_DATA])
{
    size_t n = 0;

    for (size_t at = 0; at < rr->n; at += 1u + rr->data[at]) {
        memcpy(out + n, rr->data + at + 1, rr->data[at]);
        n += rr->data[at];
    }
    out[n] = 0;
    return n;
}

/* The budget is used up: `left` was not asked about. */
static int ref_is_late(struct ref_domain *domain, unsigned left)
{
    struct quoth_facts *facts = domain->facts;

    if (facts->queries < (domain->conf->queries_max ? domain->conf->queries_max : 96))
        return facts->late;
    facts->late = 1;
    facts->unasked |= (uint16_t)(left & facts->checks);
    return 1;
}

/* 0: the budget is used up. `left`: what is asked about here and behind it. */
static int ref_look(struct ref_domain *domain, unsigned left, const struct quoth_name *name,
                    uint16_t type, struct ref_answer *out)
{
    const struct spf_world *w = domain->ref.w;
    char text[SPF_WORLD_DATA];
    struct ref_set set;
    int exists = 0;

    memset(out, 0, sizeof *out);
    if (domain->facts->late || ref_is_late(domain, left))
        return 0;
    domain->facts->queries++;
    domain->ref.queries = 0;
    ref_ask(&domain->ref, name, type, &set);
    for (unsigned i = 0; i < w->records; i++)
        exists |= spf_world_owns(&w->rr[i].owner, name);
    out->ad = domain->conf->trust_ad && /* of an answer that failed it says nothing */
              (set.failed || spf_world_signed(w, name));
    for (unsigned i = 0; i < set.n; i++) {
        const int wanted = type != QUOTH_DNS_TXT || !domain->ref.match ||
                           (ref_txt(set.rr[i], text),
                            !strncasecmp(text, domain->ref.match, strlen(domain->ref.match)));
        if (wanted)
            out->rr[out->n++] = set.rr[i];
        else
            out->others++;
    }
    out->answer = set.failed                           ? QUOTH_ANSWER_SERVFAIL
                  : set.n                              ? QUOTH_ANSWER_DATA
                  : exists || spf_world_above(w, name) ? QUOTH_ANSWER_NODATA
                                                       : QUOTH_ANSWER_NXDOMAIN;
    return 1;
}

/* The same of a name as text, and of TXT records that begin so. */
static int ref_look_txt(struct ref_domain *domain, unsigned left, const char *name,
                        const char *match, struct ref_answer *out)
{
    struct quoth_name asked;
    int went;

    memset(out, 0, sizeof *out);
    if (quoth_name_parse(&asked, name, strlen(name)) != QUOTH_OK)
        return 0;
    domain->ref.match = match;
    went = ref_look(domain, left, &asked, QUOTH_DNS_TXT, out);
    domain->ref.match = NULL;
    return went;
}

static int ref_is_none(uint8_t answer)
{
    return answer == QUOTH_ANSWER_NODATA || answer == QUOTH_ANSWER_NXDOMAIN;
}

static struct quoth_part ref_keep(struct ref_domain *domain, const char *text)
{
    return quoth_facts_keep(domain->facts, text, strlen(text));
}

/* Its first 24 bytes in small letters. */
static void ref_front(const char *text, char front[25])
{
    snprintf(front, 25, "%.24s", text);
    for (char *at = front; *at; at++)
        *at = (char)tolower((unsigned char)*at);
}

static const char *ref_kept(const struct ref_domain *domain, struct quoth_part part)
{
    return part.n ? domain->facts->text + part.at : "";
}

static unsigned ref_labels(const char *text)
{
    unsigned labels = 1;

    for (; *text; text++)
        labels += *text == '.';
    return labels;
}

/* The last labels of a name. */
static const char *ref_end(const char *text, unsigned labels)
{
    for (unsigned more = ref_labels(text); more > labels; more--)
        text = strchr(text, '.') + 1;
    return text;
}

static const char *ref_name(const struct ref_domain *domain)
{
    return domain->facts->text + domain->facts->domain.at;
}

/* "HEAD.TAIL" */
static const char *ref_under(const char *head, const char *tail)
{
    static char text[2][700];
    static unsigned turn;

    turn = 1 - turn;
    snprintf(text[turn], sizeof text[turn], "%s.%s", head, tail);
    return text[turn];
}

/* ---- mail hosts -------------------------------------------------------------------- */

enum {
    REF_DANE = QUOTH_CHECK_DANE,
    REF_DNSSEC = REF_DANE | QUOTH_CHECK_DNSSEC,
    REF_DKIM = REF_DNSSEC | QUOTH_CHECK_DKIM,
    REF_BIMI = REF_DKIM | QUOTH_CHECK_BIMI,
    REF_RPT = REF_BIMI | QUOTH_CHECK_RPT,
    REF_STS = REF_RPT | QUOTH_CHECK_STS,
    REF_DMARC = REF_STS | QUOTH_CHECK_DMARC,
    REF_SPF = REF_DMARC | QUOTH_CHECK_SPF,
    REF_MX = REF_SPF | QUOTH_CHECK_MX
};

static int ref_is_host(const struct ref_domain *domain, const char *text)
{
    int is = 0;

    for (unsigned i = 0; i < domain->facts->hosts; i++)
        is |= !strcmp(ref_kept(domain, domain->facts->host[i].name), text);
    return is;
}

static void ref_mx_record(struct ref_domain *domain, const struct spf_world_rr *rr)
{
    struct quoth_facts *facts = domain->facts;
    struct quoth_name name;
    char text[256] = "";

    quoth_name_read(&name, rr->data + 2, rr->n - 2);
    quoth_name_text(&name, text, sizeof text);
    if (name.n == 1) {
        facts->mx_null = 1;
    } else if (strlen(text) > 13 && !strcmp(text + strlen(text) - 13, ".msv1.invalid")) {
        facts->mx_proof = 1;
    } else if (!quoth_name_is_host(&name)) {
        facts->mx_odd = 1;
    } else if (facts->hosts == QUOTH_FACT_HOSTS) {
        facts->mx_more = 1;
    } else if (!ref_is_host(domain, text)) { /* else it is listed already */
        facts->host[facts->hosts].pref = (uint16_t)(rr->data[0] * 256 + rr->data[1]);
        facts->host[facts->hosts++].name = ref_keep(domain, text);
    }
}

static void ref_host_ips(struct ref_domain *domain, struct quoth_fact_host *host,
                         const struct ref_answer *got)
{
    if (!got->ad && got->answer <= QUOTH_ANSWER_NXDOMAIN)
        host->flags |= QUOTH_HOST_OPEN;
    for (unsigned i = 0; i < got->n; i++) {
        struct quoth_ip ip = {.len = (uint8_t)got->rr[i]->n};
        memcpy(ip.b, got->rr[i]->data, ip.len);
        host->flags |=
            quoth_target_ok(&domain->conf->targets, &ip) ? QUOTH_HOST_PUBLIC : QUOTH_HOST_PRIVATE;
        host->flags |= host->ip.len == ip.len ? QUOTH_HOST_MANY : 0;
        host->ip = host->ip.len ? host->ip : ip;
    }
}

static void ref_hosts(struct ref_domain *domain)
{
    struct quoth_facts *facts = domain->facts;
    struct ref_answer got;
    struct quoth_name name;

    if (!ref_look(domain, REF_MX, &domain->name, QUOTH_DNS_MX, &got))
        return;
    facts->mx = got.answer;
    facts->mx_open = !got.ad;
    for (unsigned i = 0; i < got.n; i++)
        ref_mx_record(domain, got.rr[i]);
    if (got.answer == QUOTH_ANSWER_NODATA) {
        facts->hosts = 1;
        facts->host[0].name = facts->domain;
    }
    for (unsigned i = 0; i < facts->hosts; i++) {
        struct quoth_fact_host *host = &facts->host[i];
        const char *text = ref_kept(domain, host->name);
        quoth_name_parse(&name, text, strlen(text));
        if (!ref_look(domain, REF_MX, &name, QUOTH_DNS_A, &got))
            return;
        host->a = got.answer;
        ref_host_ips(domain, host, &got);
        if (domain->conf->resolver->no_aaaa)
            continue;
        if (!ref_look(domain, REF_MX, &name, QUOTH_DNS_AAAA, &got))
            return;
        host->aaaa = got.answer;
        ref_host_ips(domain, host, &got);
    }
}

/* ---- SPF ----------------------------------------------------------------------------- */

/* What stands there beside SPF, or in its place. */
static void ref_no_spf(struct ref_domain *domain, const struct ref_answer *got)
{
    char text[SPF_WORLD_DATA], front[25], meant[101] = "";
    const char *ends;

    for (unsigned i = 0; i < got->n; i++) {
        ref_txt(got->rr[i], text);
        ref_front(text, front);
        ends = text + strlen(text) - 4;
        if (strstr(front, "spf2.0/"))
            domain->facts->sender_id = 1;
        else if ((strstr(front, "spf1") ||
                  (ends > text && strchr("+-~?", *ends) && !strcasecmp(ends + 1, "all"))) &&
                 !*meant && domain->facts->spf.result == QUOTH_SPF_NONE)
            snprintf(meant, sizeof meant, "%.100s", text);
    }
    if (*meant)
        domain->facts->spf_meant = ref_keep(domain, meant);
}

static void ref_take_spf(struct ref_domain *domain)
{
    static struct ref_spf inner;
    struct quoth_facts *facts = domain->facts;
    struct quoth_fact_spf *out = &facts->spf;
    const unsigned most = domain->conf->queries_max ? domain->conf->queries_max : 96;
    struct quoth_spf_conf conf = {
        .domain = ref_name(domain),
        .queries_max = (uint8_t)(most - facts->queries < 255 ? most - facts->queries : 255)};
    struct ref_answer got;

    if (facts->late || ref_is_late(domain, REF_SPF))
        return;
    memset(&inner, 0, sizeof inner);
    inner.asked = domain->ref.asked;
    inner.last = domain->ref.last;
    inner.last_type = domain->ref.last_type;
    ref_check_more(&inner, domain->ref.w, &conf);
    domain->ref.asked = inner.asked;
    domain->ref.last = inner.last;
    domain->ref.last_type = inner.last_type;
    *out = (struct quoth_fact_spf) {.asked = 1,
                                    .result = (uint8_t)inner.result,
                                    .why = (uint8_t)inner.why,
                                    .depth = (uint8_t)inner.depth,
                                    .terms = (uint8_t)inner.terms,
                                    .voids = (uint8_t)inner.voids,
                                    .voids6 = (uint8_t)inner.voids6,
                                    .saw = (uint8_t)inner.saw,
                                    .shares = (uint8_t)inner.shares,
                                    .at = (uint16_t)inner.bad_at,
                                    .others = (uint8_t)inner.others,
                                    .open = (uint16_t)inner.open};
    memcpy(out->share, inner.share, sizeof out->share);
    out->record = ref_keep(domain, inner.first);
    if (inner.why == QUOTH_SPF_WHY_NAME || (inner.why == QUOTH_SPF_WHY_SYNTAX && !inner.depth))
        out->where = ref_keep(domain, inner.word);
    else
        out->where = ref_keep(domain, inner.name[inner.depth]);
    facts->queries = (uint16_t)(facts->queries + inner.queries);
    if (((inner.why == QUOTH_SPF_WHY_NO_RECORD && !inner.depth) ||
         (inner.others && facts->checks != QUOTH_CHECK_QUICK)) &&
        ref_look_txt(domain, REF_SPF, ref_name(domain), "", &got))
        ref_no_spf(domain, &got);
}

/* ---- records that are TXT ----------------------------------------------------------------- */

/* The one record, if there is one and no other; its text goes to `text`. */
static int ref_one(struct ref_domain *domain, struct quoth_fact_txt *txt,
                   const struct ref_answer *got, char text[SPF_WORLD_DATA])
{
    txt->answer = got->answer;
    if (got->answer == QUOTH_ANSWER_DATA && !got->n)
        txt->answer = QUOTH_ANSWER_NODATA;
    txt->n = (uint8_t)got->n;
    if (got->n != 1)
        return 0;
    ref_txt(got->rr[0], text);
    txt->record = ref_keep(domain, text);
    return 1;
}

/* Is it none of the kind, but meant for it: by the letters of its version, or the first tag? */
static int ref_meant(const char *text, const char *letters, const char *name)
{
    const size_t junk = strcspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    struct quoth_tag tag;
    char front[25];
    size_t at = junk;

    ref_front(text, front);
    front[12] = 0;
    return strstr(front, letters) != NULL ||
           (quoth_tag_next(&tag, text, strlen(text), &at) == 1 && tag.name.n == strlen(name) &&
            !strncasecmp(tag.name.p, name, tag.name.n));
}

/* Those of the kind; without one, the last that was meant for it. */
static void ref_filter(struct ref_answer *got, enum quoth_tags_kind kind)
{
    static const char *const letters[] = {"sts", "tls", "bim"}, *const names[] = {"id", "rua", "l"};
    const struct spf_world_rr *meant = NULL;
    char text[SPF_WORLD_DATA];
    unsigned n = 0;
    uint16_t at;

    for (unsigned i = 0; i < got->n; i++) {
        ref_txt(got->rr[i], text);
        if (quoth_tags_read(kind, text, strlen(text), &at) != QUOTH_TAGS_VERSION)
            got->rr[n++] = got->rr[i];
        else if (ref_meant(text, letters[kind], names[kind]))
            meant = got->rr[i];
    }
    if (!n && meant)
        got->rr[n++] = meant;
    got->n = n;
}

static void ref_small_record(struct ref_domain *domain, struct quoth_fact_txt *txt,
                             struct ref_answer *got, enum quoth_tags_kind kind)
{
    char text[SPF_WORLD_DATA];

    ref_filter(got, kind);
    if (ref_one(domain, txt, got, text))
        txt->fault = (uint8_t)quoth_tags_read(kind, text, strlen(text), &txt->at);
}

static void ref_small_records(struct ref_domain *domain)
{
    struct quoth_facts *facts = domain->facts;
    struct ref_answer got;
    const char *name = ref_name(domain);

    if (facts->checks & QUOTH_CHECK_STS &&
        ref_look_txt(domain, REF_STS, ref_under("_mta-sts", name), "", &got))
        ref_small_record(domain, &facts->sts, &got, QUOTH_TAGS_STS);
    if (facts->checks & QUOTH_CHECK_RPT &&
        ref_look_txt(domain, REF_RPT, ref_under("_smtp._tls", name), "", &got)) {
        ref_small_record(domain, &facts->rpt, &got, QUOTH_TAGS_RPT);
        if (ref_is_none(facts->rpt.answer) &&
            ref_look_txt(domain, REF_RPT, ref_under("_smtp-tlsrpt", name), "", &got)) {
            ref_filter(&got, QUOTH_TAGS_RPT);
            facts->rpt_draft = got.n > 0;
        }
        if (ref_is_none(facts->rpt.answer) && !facts->rpt_draft &&
            ref_look_txt(domain, REF_RPT, ref_under("_tlsrpt", name), "", &got)) {
            ref_filter(&got, QUOTH_TAGS_RPT);
            facts->rpt_draft = got.n ? 2 : 0;
        }
    }
    if (facts->checks & QUOTH_CHECK_BIMI &&
        ref_look_txt(domain, REF_BIMI, ref_under("default._bimi", name), "", &got)) {
        ref_small_record(domain, &facts->bimi, &got, QUOTH_TAGS_BIMI);
        if (ref_is_none(facts->bimi.answer) && facts->org_labels &&
            facts->org_labels < facts->labels &&
            ref_look_txt(domain, REF_BIMI,
                         ref_under("default._bimi", ref_end(name, facts->org_labels)), "", &got))
            ref_small_record(domain, &facts->bimi, &got, QUOTH_TAGS_BIMI);
    }
}

/* ---- DMARC --------------------------------------------------------------------------------- */

struct ref_policy { /* a record of the walk */
    unsigned labels;
    char psd, text[SPF_WORLD_DATA];
};

/* The own one, that of the organizational domain, or that of a public suffix: of two names one
 * label apart, the upper of which has psd=y, the lower one's. */
static const struct ref_policy *ref_choose(const struct ref_policy *found, unsigned n,
                                           unsigned labels)
{
    if (!n)
        return NULL;
    if (found[0].labels == labels)
        return &found[0];
    if (n > 1 && found[n - 1].psd == 'y' && found[n - 2].labels == found[n - 1].labels + 1)
        return &found[n - 2];
    return &found[n - 1];
}

/* RFC 9989 4.10.2 */
static unsigned ref_org(const struct ref_policy *found, unsigned n, unsigned labels)
{
    if (!n)
        return labels;
    if (found[n - 1].psd == 'y' && found[n - 1].labels < labels)
        return found[n - 1].labels + 1;
    return found[n - 1].labels;
}

/* The records at one name of the walk. 0: the walk is over. */
static int ref_walk_step(struct ref_domain *domain, const struct ref_answer *got, unsigned now,
                         struct ref_policy *out)
{
    struct quoth_facts *facts = domain->facts;
    char text[SPF_WORLD_DATA], meant[SPF_WORLD_DATA] = "";
    struct quoth_dmarc record;
    unsigned n = 0, others = got->others;

    out->labels = 0;
    out->psd = 'u';
    for (unsigned i = 0; i < got->n; i++) {
        ref_txt(got->rr[i], text);
        if (quoth_dmarc_read(&record, text, strlen(text)) == QUOTH_OK) {
            n++;
            out->psd = record.psd;
            strcpy(out->text, text);
        } else if (ref_meant(text, "dma", "p")) {
            snprintf(meant, sizeof meant, "%.100s", text);
        } else {
            others++;
        }
    }
    if (now == facts->labels && (others || (n && *meant)))
        facts->dmarc.others = 1;
    if (got->answer > QUOTH_ANSWER_NXDOMAIN)
        return 0;
    if (n == 1)
        out->labels = now;
    if (facts->dmarc_labels || now == 1) /* one that counts stands below it, or it is a TLD */
        return 1;
    if (n > 1 && n > facts->dmarc_many)
        facts->dmarc_many = (uint8_t)n;
    if (n == 0 && *meant && !facts->dmarc_meant.n) {
        facts->dmarc_meant = ref_keep(domain, meant);
        facts->meant_labels = (uint8_t)now;
    }
    return 1;
}

static void ref_walk(struct ref_domain *domain)
{
    static struct ref_policy found[10];
    struct quoth_facts *facts = domain->facts;
    struct quoth_fact_txt *dmarc = &facts->dmarc;
    const struct ref_policy *chosen;
    struct ref_answer got;
    unsigned n = 0, ended = 0;

    for (unsigned now = facts->labels; now > 0 && !ended; now = now > 8 ? 7 : now - 1) {
        const char *name = ref_end(ref_name(domain), now);
        if (!ref_look_txt(domain, REF_DMARC, ref_under("_dmarc", name), "", &got))
            return; /* what was found before it stays: see below */
        ended = ref_walk_step(domain, &got, now, &found[n]) ? 0 : 2;
        if (!ended && found[n].labels)
            ended = found[n].psd != 'u';
        n += ended != 2 && found[n].labels;
        chosen = ref_choose(found, n, facts->labels);
        if (chosen) {
            dmarc->answer = QUOTH_ANSWER_DATA;
            dmarc->n = 1;
            facts->dmarc_labels = (uint8_t)chosen->labels;
            dmarc->record = ref_keep(domain, chosen->text);
        }
    }
    if (ended == 2) {
        if (facts->dmarc_labels == facts->labels)
            return;
        memset(&dmarc->record, 0, sizeof dmarc->record); /* one further up may be it */
        dmarc->answer = got.answer;
        dmarc->n = 0;
        facts->dmarc_labels = 0;
        return;
    }
    facts->org_labels = (uint8_t)ref_org(found, n, facts->labels);
    if (!n)
        dmarc->answer = QUOTH_ANSWER_NODATA;
}

/* Addresses for reports: each host once. */
static void ref_report_hosts(struct ref_domain *domain)
{
    struct quoth_facts *facts = domain->facts;
    const char *record = ref_kept(domain, facts->dmarc.record), *name = ref_name(domain);
    struct quoth_dmarc dmarc;
    struct quoth_dmarc_uri uri;
    struct quoth_name parsed;
    const unsigned same = facts->org_labels ? facts->org_labels : facts->labels;
    char text[300], end[300];

    if (!facts->dmarc_labels || quoth_dmarc_read(&dmarc, record, strlen(record)) != QUOTH_OK)
        return;
    for (size_t at = 0; quoth_dmarc_uri(&dmarc.rua, &at, &uri);) {
        int known = 0;
        snprintf(text, sizeof text, "%.*s", (int)uri.host.n, uri.host.p);
        if (uri.kind != QUOTH_DMARC_URI_MAIL || facts->uris == QUOTH_FACT_URIS ||
            quoth_name_parse(&parsed, text, strlen(text)) != QUOTH_OK)
            continue;
        for (unsigned i = 0; i < facts->uris; i++)
            known |= !strcasecmp(ref_kept(domain, facts->uri[i].host), text);
        if (known)
            continue;
        snprintf(end, sizeof end, "%s", ref_end(text, same));
        facts->uri[facts->uris].foreign = strcasecmp(end, ref_end(name, same)) != 0;
        facts->uri[facts->uris++].host = ref_keep(domain, text);
    }
}

/* Of each other host: one question more, where the last one says that there is nothing. */
static void ref_mail(struct ref_domain *domain, uint16_t type)
{
    struct quoth_facts *facts = domain->facts;
    struct ref_answer got;
    struct quoth_name name;

    for (unsigned i = 0; i < facts->uris; i++) {
        struct quoth_fact_uri *uri = &facts->uri[i];
        const char *host = ref_kept(domain, uri->host);
        if (!strcasecmp(host, ref_name(domain)))
            continue;
        if (type != QUOTH_DNS_MX && (uri->mail != QUOTH_ANSWER_NODATA || uri->null))
            continue;
        quoth_name_parse(&name, host, strlen(host));
        if (!ref_look(domain, REF_DMARC, &name, type, &got))
            return;
        uri->null = type == QUOTH_DNS_MX && got.n == 1 && got.rr[0]->n == 3;
        uri->mail = uri->null ? QUOTH_ANSWER_NODATA : got.answer;
    }
}

static void ref_dmarc(struct ref_domain *domain)
{
    struct quoth_facts *facts = domain->facts;
    const char *name = ref_name(domain);
    char text[SPF_WORLD_DATA];
    struct ref_answer got;

    ref_walk(domain);
    if (facts->late)
        return;
    ref_report_hosts(domain);
    if (ref_is_none(facts->dmarc.answer) && ref_look_txt(domain, REF_DMARC, name, "v=DMARC1", &got))
        ref_one(domain, &facts->misplaced, &got, text);
    if (ref_is_none(facts->dmarc.answer) &&
        ref_look_txt(domain, REF_DMARC, ref_under("_dmarc", ref_under(name, name)), "v=DMARC1",
                     &got))
        facts->doubled = got.n > 0;
    for (unsigned i = 0; i < facts->uris; i++) {
        const char *host = ref_kept(domain, facts->uri[i].host);
        const char *of = ref_end(name, facts->dmarc_labels);
        if (!facts->uri[i].foreign ||
            !ref_look_txt(domain, REF_DMARC, ref_under(of, ref_under("_report._dmarc", host)),
                          "v=DMARC1", &got))
            continue;
        facts->uri[i].answer = got.answer;
        facts->uri[i].agrees = got.n > 0;
    }
    ref_mail(domain, QUOTH_DNS_MX);
    ref_mail(domain, QUOTH_DNS_A);
    ref_mail(domain, QUOTH_DNS_AAAA);
}

/* ---- DKIM ------------------------------------------------------------------------------------ */

static const char *const ref_selectors[] = {
    "default",   "dkim", "mail", "s1",  "k1",         "selector1", "google",   "smtp",
    "selector2", "s2",   "k2",   "fm1", "protonmail", "zmail",     "mandrill", "email"};

static const char *const ref_providers[][3] = {{".google", "google", ""},
                                               {".outlook.com", "selector1", "selector2"},
                                               {".protonmail.ch", "protonmail", ""},
                                               {"messagingengine", "fm1", ""},
                                               {".zoho.", "zmail", ""},
                                               {"sendgrid.net", "s1", "s2"},
                                               {"mcsv.net", "k1", "k2"},
                                               {"mandrillapp", "mandrill", ""}};

/* Does a mail host or the SPF record name a provider with this selector? */
static int ref_expects(const struct ref_domain *domain, const char *selector)
{
    for (size_t i = 0; i < sizeof ref_providers / sizeof *ref_providers; i++) {
        int uses = strstr(ref_kept(domain, domain->facts->spf.record), ref_providers[i][0]) != NULL;
        for (unsigned k = 0; k < domain->facts->hosts; k++)
            uses |=
                strstr(ref_kept(domain, domain->facts->host[k].name), ref_providers[i][0]) != NULL;
        if (uses &&
            (!strcmp(selector, ref_providers[i][1]) || !strcmp(selector, ref_providers[i][2])))
            return 1;
    }
    return 0;
}

/* The selectors to ask for, in order. */
static unsigned ref_guess(const struct ref_domain *domain, const char *out[40])
{
    const unsigned tries = domain->conf->tries ? domain->conf->tries : 8;
    unsigned n = 0;

    if (domain->conf->selectors) {
        for (; domain->conf->selectors[n]; n++)
            out[n] = domain->conf->selectors[n];
        return n;
    }
    if (!ref_is_none(domain->facts->wildcard))
        return 0;
    for (int expected = 1; expected >= 0; expected--)
        for (unsigned i = 0; i < QUOTH_SELECTORS; i++)
            if (ref_expects(domain, ref_selectors[i]) == expected)
                out[n++] = ref_selectors[i];
    return n < tries ? n : tries;
}

static void ref_keys(struct ref_domain *domain)
{
    struct quoth_facts *facts = domain->facts;
    const char *name = ref_name(domain), *selectors[40];
    char text[SPF_WORLD_DATA];
    struct ref_answer got;
    unsigned n;

    if (ref_look_txt(domain, REF_DKIM, ref_under("_domainkey", name), "v=DKIM1", &got))
        facts->domainkey = got.answer;
    domain->random = !domain->conf->selectors;
    if (domain->random &&
        ref_look_txt(domain, REF_DKIM, ref_under("zzzzzzzzzzzzzzzzzzzz._domainkey", name), NULL,
                     &got))
        facts->wildcard = got.answer;
    if (facts->late)
        return;
    n = ref_guess(domain, selectors);
    for (unsigned i = 0; i < n; i++) {
        struct quoth_fact_key *key = &facts->key[facts->keys];
        if (!ref_look_txt(domain, REF_DKIM, ref_under(selectors[i], ref_under("_domainkey", name)),
                          NULL, &got))
            return;
        facts->tried++;
        if (got.answer > QUOTH_ANSWER_NXDOMAIN) {
            facts->lost++;
            facts->lost_answer = got.answer;
        }
        if (!got.n || facts->keys == QUOTH_FACT_KEYS)
            continue;
        facts->keys++;
        key->n = (uint8_t)got.n;
        key->selector = ref_keep(domain, selectors[i]);
        if (got.n == 1)
            quoth_dkim_read(&key->key, text, ref_txt(got.rr[0], text));
    }
}

/* ---- DNSSEC and DANE ------------------------------------------------------------- */

static void ref_zone(struct ref_domain *domain)
{
    struct quoth_facts *facts = domain->facts;
    const struct spf_world_rr *mark = NULL;
    struct quoth_name name = domain->name;
    struct ref_answer got;
    const char *text;

    for (unsigned up = 0; up < 4 && up < facts->labels; up++) {
        text = ref_end(ref_name(domain), facts->labels - up);
        quoth_name_parse(&name, text, strlen(text));
        if (!ref_look(domain, REF_DNSSEC, &name, QUOTH_DNS_SOA, &got))
            return;
        mark = spf_world_mark(domain->ref.w, &name, SPF_WORLD_BOGUS);
        facts->zone = got.answer;
        facts->zone_ad = got.ad;
        facts->zone_ede = mark && mark->n ? (uint16_t)(mark->data[0] + 1) : 0;
        if (got.answer == QUOTH_ANSWER_DATA)
            facts->cut_labels = (uint8_t)(facts->labels - up);
        if (got.answer != QUOTH_ANSWER_NODATA)
            break;
    }
    if (facts->zone == QUOTH_ANSWER_SERVFAIL && !(facts->zone_ede >= 7 && facts->zone_ede <= 13)) {
        domain->ref.unchecked = 1;
        if (ref_look(domain, REF_DNSSEC, &name, QUOTH_DNS_SOA, &got))
            facts->unchecked = got.answer;
        domain->ref.unchecked = 0;
    }
    if (!facts->cut_labels)
        return;
    text = ref_end(ref_name(domain), facts->cut_labels);
    quoth_name_parse(&name, text, strlen(text));
    if (ref_look(domain, REF_DNSSEC, &name, QUOTH_DNS_DS, &got))
        facts->ds = got.answer;
}

static void ref_tlsa(struct ref_domain *domain)
{
    struct quoth_facts *facts = domain->facts;
    struct quoth_name name;
    struct ref_answer got;
    char text[300];

    for (unsigned i = 0; i < facts->hosts; i++) {
        struct quoth_fact_host *host = &facts->host[i];
        snprintf(text, sizeof text, "_25._tcp.%s", ref_kept(domain, host->name));
        quoth_name_parse(&name, text, strlen(text));
        if (!ref_look(domain, REF_DANE, &name, QUOTH_DNS_TLSA, &got))
            return;
        host->tlsa = got.answer;
        host->tlsas = (uint8_t)got.n;
        if (!got.ad && got.answer <= QUOTH_ANSWER_NXDOMAIN)
            host->flags |= QUOTH_HOST_OPEN;
        for (unsigned k = 0; k < got.n; k++)
            host->tlsa_saw |= (uint8_t)quoth_tlsa_read((const char *)got.rr[k]->data, got.rr[k]->n);
    }
}

/* ---- all of it ------------------------------------------------------------------- */

static void ref_domain(struct ref_domain *domain, struct quoth_facts *facts,
                       const struct spf_world *w, const struct quoth_domain_conf *conf,
                       const char *text)
{
    static const struct quoth_spf_conf nothing;
    static const struct quoth_name root = {1, {0}};
    struct ref_answer got;

    memset(domain, 0, sizeof *domain);
    memset(facts, 0, sizeof *facts);
    domain->facts = facts;
    domain->conf = conf;
    domain->ref.w = w;
    domain->ref.conf = &nothing;
    quoth_name_parse(&domain->name, text, strlen(text));
    facts->domain = ref_keep(domain, text);
    facts->labels = (uint8_t)ref_labels(text);
    facts->checks = conf->checks ? conf->checks : QUOTH_CHECK_ALL;
    facts->given = conf->selectors != NULL;
    if (facts->checks & QUOTH_CHECK_MX)
        ref_hosts(domain);
    if (facts->checks & QUOTH_CHECK_SPF)
        ref_take_spf(domain);
    if (facts->checks & QUOTH_CHECK_DMARC && !facts->late)
        ref_dmarc(domain);
    if (!facts->late)
        ref_small_records(domain);
    if (facts->checks & QUOTH_CHECK_DKIM && !facts->late)
        ref_keys(domain);
    if (facts->checks & REF_DNSSEC && conf->trust_ad &&
        ref_look(domain, REF_DNSSEC, &root, QUOTH_DNS_SOA, &got)) {
        facts->root = got.answer;
        facts->trusts = got.answer == QUOTH_ANSWER_DATA && got.ad;
    }
    if (facts->checks & QUOTH_CHECK_DNSSEC && !facts->late)
        ref_zone(domain);
    if (facts->checks & QUOTH_CHECK_DANE && !facts->late)
        ref_tlsa(domain);
}

#endif
