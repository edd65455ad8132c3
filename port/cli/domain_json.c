/* domain_json.c - a report of `quoth domain` as JSON, schema 1: an object a line, keys only added.
 *
 * SPDX-License-Identifier: MIT */
#include "domain_cmd.h"

static void domain_json_part(struct app_json *w, const char *key, const struct quoth_facts *f,
                             struct quoth_part part)
{
    const struct quoth_span text = quoth_facts_text(f, part);

    if (text.n)
        app_json_str(w, key, text.p, text.n);
    else
        app_json_null(w, key);
}

void domain_json_row(struct app_json *w, const struct quoth_finding *finding,
                     struct quoth_span text, struct quoth_span fix)
{
    char source[QUOTH_CHECK_WORDS];

    app_json_number(w, "num", finding->num);
    app_json_str(w, "text", text.p, text.n);
    if (fix.n)
        app_json_str(w, "fix", fix.p, fix.n);
    else
        app_json_null(w, "fix");
    app_json_text(w, "ref", quoth_check_words(finding->id, QUOTH_CHECK_SOURCE, source));
}

static void domain_json_findings(struct app_json *w, const struct domain_report *r)
{
    char text[DOMAIN_SENTENCE], fix[DOMAIN_SENTENCE];

    app_json_open(w, "findings", '[');
    for (size_t i = 0; i < r->findings; i++) {
        const struct quoth_finding *finding = &r->finding[i];
        const size_t n = domain_say(r->facts, finding, QUOTH_CHECK_SENTENCE, text);
        const size_t fix_n = domain_say(r->facts, finding, QUOTH_CHECK_FIX, fix);
        app_json_open(w, NULL, '{');
        app_json_text(w, "id", quoth_check_id(finding->id));
        app_json_text(w, "grade", quoth_grade_name((enum quoth_grade)finding->grade));
        domain_json_row(w, finding, (struct quoth_span) {text, n},
                        (struct quoth_span) {fix, fix_n});
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
}

/* Usage, selector, matching type, and the data in hexadecimal digits (RFC 6698 2.2). */
static void domain_json_tlsa(struct app_json *w, struct quoth_span data)
{
    const uint8_t *p = (const uint8_t *)data.p;
    char text[2 * 160 + 12];
    size_t n;

    if (data.n < 3)
        return;
    n = (size_t)snprintf(text, sizeof text, "%u %u %u ", p[0], p[1], p[2]);
    for (size_t i = 3; i < data.n && n + 2 < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%02x", p[i]);
    app_json_str(w, NULL, text, n);
}

/* Where AD does not count, secure is null. */
static void domain_json_dane(struct app_json *w, const struct quoth_facts *f,
                             const struct quoth_fact_host *h)
{
    const struct quoth_span kept = quoth_facts_text(f, h->tlsa_set);
    const struct quoth_rrset set = {.buf = (uint8_t *)(uintptr_t)kept.p, .used = h->tlsa_set.n};
    static const char *const talks[] = {NULL, "tls", "clear", "broken", "failed"};
    static const char *const matches[] = {NULL, "yes", "no"};
    struct quoth_span data;

    app_json_text(w, "tlsa_answer", quoth_answer_name((enum quoth_answer)h->tlsa));
    app_json_number(w, "tlsas", h->tlsas);
    app_json_open(w, "tlsa", '[');
    for (size_t at = 0; quoth_rrset_next(&set, &at, &data);)
        domain_json_tlsa(w, data);
    app_json_close(w, ']');
    if (f->trusts)
        app_json_bool(w, "secure", !(h->flags & QUOTH_HOST_OPEN));
    else
        app_json_null(w, "secure");
    app_json_text(w, "talk", talks[h->talk]);
    app_json_text(w, "matches", matches[h->match]);
}

static void domain_json_dnssec(struct app_json *w, const struct domain_report *r)
{
    char ip[46] = "";

    app_json_open(w, "dnssec", '{');
    app_json_text(w, "state", quoth_dnssec_name(quoth_facts_dnssec(r->facts)));
    app_json_text(w, "by", quoth_ip_text(&r->by, ip, sizeof ip) > 0 ? ip : NULL);
    app_json_bool(w, "validates", r->facts->trusts);
    app_json_close(w, '}');
}

static void domain_json_mx(struct app_json *w, const struct quoth_facts *f)
{
    app_json_open(w, "mx", '{');
    app_json_text(w, "answer", quoth_answer_name((enum quoth_answer)f->mx));
    app_json_bool(w, "null", f->mx_null);
    app_json_open(w, "hosts", '[');
    for (unsigned i = 0; i < f->hosts; i++) {
        const struct quoth_fact_host *h = &f->host[i];
        char ip[46] = "";
        app_json_open(w, NULL, '{');
        domain_json_part(w, "name", f, h->name);
        app_json_number(w, "pref", h->pref);
        app_json_text(w, "ip", quoth_ip_text(&h->ip, ip, sizeof ip) > 0 ? ip : NULL);
        app_json_text(w, "a", quoth_answer_name((enum quoth_answer)h->a));
        app_json_text(w, "aaaa", quoth_answer_name((enum quoth_answer)h->aaaa));
        domain_json_dane(w, f, h);
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
    app_json_close(w, '}');
}

static void domain_json_spf(struct app_json *w, const struct quoth_facts *f)
{
    const struct quoth_span record = quoth_facts_text(f, f->spf.record);
    struct quoth_spf_term t;

    app_json_open(w, "spf", '{');
    domain_json_part(w, "record", f, f->spf.record);
    app_json_text(w, "result", quoth_spf_result_name((enum quoth_spf_result)f->spf.result));
    app_json_number(w, "terms", f->spf.terms);
    app_json_number(w, "voids", f->spf.voids);
    app_json_open(w, "tree", '[');
    for (unsigned i = 0; i < f->spf.shares; i++) {
        size_t at = f->spf.share[i].at;
        if (!record.n || quoth_spf_term(&t, record.p, record.n, &at) != 1)
            continue;
        app_json_open(w, NULL, '{');
        app_json_str(w, "term", t.text.p, t.text.n);
        app_json_number(w, "terms", f->spf.share[i].terms);
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
    app_json_close(w, '}');
}

static void domain_json_dmarc(struct app_json *w, const struct quoth_facts *f)
{
    const struct quoth_span record = quoth_facts_text(f, f->dmarc.record);
    struct quoth_dmarc d;

    app_json_open(w, "dmarc", '{');
    app_json_text(w, "answer", quoth_answer_name((enum quoth_answer)f->dmarc.answer));
    domain_json_part(w, "record", f, f->dmarc.record);
    if (record.n && quoth_dmarc_read(&d, record.p, record.n) == QUOTH_OK) {
        app_json_bool(w, "own", f->dmarc_labels == f->labels);
        app_json_number(w, "labels", f->dmarc_labels);
        app_json_number(w, "org_labels", f->org_labels);
        app_json_text(w, "p", quoth_dmarc_policy_name((enum quoth_dmarc_policy)d.p));
        app_json_text(w, "sp", quoth_dmarc_policy_name((enum quoth_dmarc_policy)d.sp));
        app_json_text(w, "np", quoth_dmarc_policy_name((enum quoth_dmarc_policy)d.np));
        app_json_bool(w, "t", (d.flags & QUOTH_DMARC_TESTING) != 0);
        app_json_text(w, "adkim", d.flags & QUOTH_DMARC_STRICT_DKIM ? "s" : "r");
        app_json_text(w, "aspf", d.flags & QUOTH_DMARC_STRICT_SPF ? "s" : "r");
        app_json_text(w, "effective", domain_policy(f));
        app_json_text(w, "effective_below", domain_policy_of(f, QUOTH_DMARC_BELOW));
        app_json_text(w, "effective_nowhere", domain_policy_of(f, QUOTH_DMARC_NOWHERE));
    }
    app_json_close(w, '}');
}

static void domain_json_dkim(struct app_json *w, const struct domain_report *r)
{
    const struct quoth_facts *f = r->facts;

    app_json_open(w, "dkim", '[');
    for (unsigned i = 0; i < f->keys; i++) {
        const struct quoth_fact_key *key = &f->key[i];
        app_json_open(w, NULL, '{');
        domain_json_part(w, "selector", f, key->selector);
        app_json_text(w, "key", !key->n ? NULL : key->key.ed25519 ? "ed25519" : "rsa");
        app_json_number(w, "bits", key->key.bits);
        app_json_bool(w, "revoked", (key->key.flags & QUOTH_DKIM_REVOKED) != 0);
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
    app_json_number(w, "dkim_tried", f->tried);
    app_json_open(w, "dkim_selectors", '[');
    for (unsigned i = 0; i < f->tried; i++)
        app_json_text(w, NULL, quoth_domain_selector(r->d, i));
    app_json_close(w, ']');
}

static void domain_json_small(struct app_json *w, const char *key, const struct quoth_facts *f,
                              const struct quoth_fact_txt *txt)
{
    app_json_open(w, key, '{');
    app_json_text(w, "answer", quoth_answer_name((enum quoth_answer)txt->answer));
    domain_json_part(w, "record", f, txt->record);
    app_json_close(w, '}');
}

static void domain_json_policy(struct app_json *w, const struct quoth_facts *f)
{
    static const char *const how[] = {NULL,     "done", "no_host",  "private", "certificate",
                                      "status", "http", "dns",      "connect", "tls",
                                      "cut",    "time", "no_store", "no_clock"};
    static const char *const modes[] = {NULL, "none", "testing", "enforce"};
    const struct quoth_fact_policy *p = &f->policy;

    app_json_open(w, "mta_sts_policy", '{');
    app_json_text(w, "fetched", how[p->fetched.how]);
    app_json_number(w, "status", p->fetched.status);
    app_json_text(w, "mode", modes[p->mode]);
    app_json_number(w, "max_age", p->max_age);
    app_json_number(w, "patterns", p->patterns);
    app_json_open(w, "mx", '[');
    for (unsigned i = 0; i < f->hosts; i++) {
        const struct quoth_span name = quoth_facts_text(f, f->host[i].name);
        if (f->host[i].flags & QUOTH_HOST_LISTED)
            app_json_str(w, NULL, name.p, name.n);
    }
    app_json_close(w, ']');
    app_json_close(w, '}');
}

static void domain_json_zone(struct app_json *w, const struct domain_report *r)
{
    char name[1009];

    app_json_open(w, "from_file", '[');
    for (unsigned i = 0; i < r->from_file; i++) {
        app_json_open(w, NULL, '{');
        if (quoth_name_text(&r->asked[i].name, name, sizeof name) > 0)
            app_json_text(w, "name", name);
        app_json_text(w, "type", app_zone_type_name(r->asked[i].type));
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
}

/* Checks that were left out, and those that the budget left out. */
static void domain_json_unasked(struct app_json *w, const struct quoth_facts *f)
{
    app_json_open(w, "not_asked", '[');
    for (unsigned check = 1; check <= QUOTH_CHECK_ALL; check <<= 1)
        if ((!(f->checks & check) || f->unasked & check) && quoth_domain_check_name(check))
            app_json_text(w, NULL, quoth_domain_check_name(check));
    app_json_close(w, ']');
}

void domain_json_write(const struct domain_report *r, struct app_stream *out)
{
    const struct quoth_facts *f = r->facts;
    struct app_json w = {out, 0};
    const enum quoth_grade worst =
        r->findings ? (enum quoth_grade)r->finding[0].grade : QUOTH_GRADE_OK;

    app_json_open(&w, NULL, '{');
    app_json_text(&w, "kind", "domain");
    domain_json_part(&w, "domain", f, f->domain);
    app_json_text(&w, "grade", quoth_grade_name(worst));
    domain_json_findings(&w, r);
    domain_json_mx(&w, f);
    domain_json_spf(&w, f);
    domain_json_dmarc(&w, f);
    domain_json_dkim(&w, r);
    domain_json_small(&w, "mta_sts", f, &f->sts);
    domain_json_policy(&w, f);
    domain_json_small(&w, "tls_rpt", f, &f->rpt);
    domain_json_small(&w, "bimi", f, &f->bimi);
    domain_json_dnssec(&w, r);
    domain_json_unasked(&w, f);
    domain_json_zone(&w, r);
    app_json_number(&w, "queries", f->queries);
    app_json_number(&w, "ms", r->ms);
    app_json_number(&w, "v", 1);
    app_json_close(&w, '}');
}

void domain_json(const struct domain_report *r)
{
    struct app_stream out = {.f = stdout};

    domain_json_write(r, &out);
    putchar('\n');
}
