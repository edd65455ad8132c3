/* domain_json.c - a report of `quoth domain` as JSON, schema 1: an object a line, keys only added.
 *
 * SPDX-License-Identifier: MIT */
#include "domain_cmd.h"

static void domain_json_part(struct app_json *json, const char *key,
                             const struct quoth_facts *facts, struct quoth_part part)
{
    const struct quoth_span text = quoth_facts_text(facts, part);

    if (text.n)
        app_json_str(json, key, text.p, text.n);
    else
        app_json_null(json, key);
}

void domain_json_row(struct app_json *json, const struct quoth_finding *finding,
                     struct quoth_span text, struct quoth_span fix)
{
    char source[QUOTH_CHECK_WORDS];

    app_json_number(json, "num", finding->num);
    app_json_str(json, "text", text.p, text.n);
    if (fix.n)
        app_json_str(json, "fix", fix.p, fix.n);
    else
        app_json_null(json, "fix");
    app_json_text(json, "ref", quoth_check_words(finding->id, QUOTH_CHECK_SOURCE, source));
}

static void domain_json_findings(struct app_json *json, const struct domain_report *report)
{
    char text[DOMAIN_SENTENCE], fix[DOMAIN_SENTENCE];

    app_json_open(json, "findings", '[');
    for (size_t i = 0; i < report->findings; i++) {
        const struct quoth_finding *finding = &report->finding[i];
        const size_t n = domain_say(report->facts, finding, QUOTH_CHECK_SENTENCE, text);
        const size_t fix_n = domain_fix(report, finding, fix);
        app_json_open(json, NULL, '{');
        app_json_text(json, "id", quoth_check_id(finding->id));
        app_json_text(json, "grade", quoth_grade_name((enum quoth_grade)finding->grade));
        domain_json_row(json, finding, (struct quoth_span) {text, n},
                        (struct quoth_span) {fix, fix_n});
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
}

/* Usage, selector, matching type, and the data in hexadecimal digits (RFC 6698 2.2). */
static void domain_json_tlsa(struct app_json *json, struct quoth_span data)
{
    const uint8_t *p = (const uint8_t *)data.p;
    char text[2 * 160 + 12];
    size_t n;

    if (data.n < 3)
        return;
    n = (size_t)snprintf(text, sizeof text, "%u %u %u ", p[0], p[1], p[2]);
    for (size_t i = 3; i < data.n && n + 2 < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%02x", p[i]);
    app_json_str(json, NULL, text, n);
}

/* Where AD does not count, secure is null. */
static void domain_json_dane(struct app_json *json, const struct quoth_facts *facts,
                             const struct quoth_fact_host *host)
{
    const struct quoth_span kept = quoth_facts_text(facts, host->tlsa_set);
    const struct quoth_rrset set = {.buf = (uint8_t *)(uintptr_t)kept.p, .used = host->tlsa_set.n};
    static const char *const talks[] = {NULL, "tls", "clear", "broken", "failed"};
    static const char *const matches[] = {NULL, "yes", "no"};
    struct quoth_span data;

    app_json_text(json, "tlsa_answer", quoth_answer_name((enum quoth_answer)host->tlsa));
    app_json_number(json, "tlsas", host->tlsas);
    app_json_open(json, "tlsa", '[');
    for (size_t at = 0; quoth_rrset_next(&set, &at, &data);)
        domain_json_tlsa(json, data);
    app_json_close(json, ']');
    if (facts->trusts)
        app_json_bool(json, "secure", !(host->flags & QUOTH_HOST_OPEN));
    else
        app_json_null(json, "secure");
    app_json_text(json, "talk", talks[host->talk]);
    app_json_text(json, "matches", matches[host->match]);
}

static void domain_json_dnssec(struct app_json *json, const struct domain_report *report)
{
    char ip[46] = "";

    app_json_open(json, "dnssec", '{');
    app_json_text(json, "state", quoth_dnssec_name(quoth_facts_dnssec(report->facts)));
    app_json_text(json, "by", quoth_ip_text(&report->by, ip, sizeof ip) > 0 ? ip : NULL);
    app_json_bool(json, "validates", report->facts->trusts);
    app_json_close(json, '}');
}

static void domain_json_mx(struct app_json *json, const struct quoth_facts *facts)
{
    app_json_open(json, "mx", '{');
    app_json_text(json, "answer", quoth_answer_name((enum quoth_answer)facts->mx));
    app_json_bool(json, "null", facts->mx_null);
    app_json_open(json, "hosts", '[');
    for (unsigned i = 0; i < facts->hosts; i++) {
        const struct quoth_fact_host *host = &facts->host[i];
        char ip[46] = "";
        app_json_open(json, NULL, '{');
        domain_json_part(json, "name", facts, host->name);
        app_json_number(json, "pref", host->pref);
        app_json_text(json, "ip", quoth_ip_text(&host->ip, ip, sizeof ip) > 0 ? ip : NULL);
        app_json_text(json, "a", quoth_answer_name((enum quoth_answer)host->a));
        app_json_text(json, "aaaa", quoth_answer_name((enum quoth_answer)host->aaaa));
        domain_json_dane(json, facts, host);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
    app_json_close(json, '}');
}

static void domain_json_spf(struct app_json *json, const struct quoth_facts *facts)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->spf.record);
    struct quoth_spf_term term;

    app_json_open(json, "spf", '{');
    domain_json_part(json, "record", facts, facts->spf.record);
    app_json_text(json, "result", quoth_spf_result_name((enum quoth_spf_result)facts->spf.result));
    app_json_number(json, "terms", facts->spf.terms);
    app_json_number(json, "voids", facts->spf.voids);
    app_json_open(json, "tree", '[');
    for (unsigned i = 0; i < facts->spf.shares; i++) {
        size_t at = facts->spf.share[i].at;
        if (!record.n || quoth_spf_term(&term, record.p, record.n, &at) != 1)
            continue;
        app_json_open(json, NULL, '{');
        app_json_str(json, "term", term.text.p, term.text.n);
        app_json_number(json, "terms", facts->spf.share[i].terms);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
    app_json_close(json, '}');
}

static void domain_json_dmarc(struct app_json *json, const struct quoth_facts *facts)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->dmarc.record);
    struct quoth_dmarc dmarc;

    app_json_open(json, "dmarc", '{');
    app_json_text(json, "answer", quoth_answer_name((enum quoth_answer)facts->dmarc.answer));
    domain_json_part(json, "record", facts, facts->dmarc.record);
    if (record.n && quoth_dmarc_read(&dmarc, record.p, record.n) == QUOTH_OK) {
        app_json_bool(json, "own", facts->dmarc_labels == facts->labels);
        app_json_number(json, "labels", facts->dmarc_labels);
        app_json_number(json, "org_labels", facts->org_labels);
        app_json_text(json, "p", quoth_dmarc_policy_name((enum quoth_dmarc_policy)dmarc.p));
        app_json_text(json, "sp", quoth_dmarc_policy_name((enum quoth_dmarc_policy)dmarc.sp));
        app_json_text(json, "np", quoth_dmarc_policy_name((enum quoth_dmarc_policy)dmarc.np));
        app_json_bool(json, "t", (dmarc.flags & QUOTH_DMARC_TESTING) != 0);
        app_json_text(json, "adkim", dmarc.flags & QUOTH_DMARC_STRICT_DKIM ? "s" : "r");
        app_json_text(json, "aspf", dmarc.flags & QUOTH_DMARC_STRICT_SPF ? "s" : "r");
        app_json_text(json, "effective", domain_policy(facts));
        app_json_text(json, "effective_below", domain_policy_of(facts, QUOTH_DMARC_BELOW));
        app_json_text(json, "effective_nowhere", domain_policy_of(facts, QUOTH_DMARC_NOWHERE));
    }
    app_json_close(json, '}');
}

/* NULL: the selector is an alias for nothing. */
static const char *domain_json_key(const struct quoth_fact_key *key)
{
    if (!key->n)
        return NULL;
    return key->key.ed25519 ? "ed25519" : "rsa";
}

static void domain_json_dkim(struct app_json *json, const struct domain_report *report)
{
    const struct quoth_facts *facts = report->facts;

    app_json_open(json, "dkim", '[');
    for (unsigned i = 0; i < facts->keys; i++) {
        const struct quoth_fact_key *key = &facts->key[i];
        app_json_open(json, NULL, '{');
        domain_json_part(json, "selector", facts, key->selector);
        app_json_text(json, "key", domain_json_key(key));
        app_json_number(json, "bits", key->key.bits);
        app_json_bool(json, "revoked", (key->key.flags & QUOTH_DKIM_REVOKED) != 0);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
    app_json_number(json, "dkim_tried", facts->tried);
    app_json_open(json, "dkim_selectors", '[');
    for (unsigned i = 0; i < facts->tried; i++)
        app_json_text(json, NULL, quoth_domain_selector(report->d, i));
    app_json_close(json, ']');
}

static void domain_json_small(struct app_json *json, const char *key,
                              const struct quoth_facts *facts, const struct quoth_fact_txt *txt)
{
    app_json_open(json, key, '{');
    app_json_text(json, "answer", quoth_answer_name((enum quoth_answer)txt->answer));
    domain_json_part(json, "record", facts, txt->record);
    app_json_close(json, '}');
}

static void domain_json_policy(struct app_json *json, const struct quoth_facts *facts)
{
    static const char *const how[] = {NULL,     "done", "no_host",  "private", "certificate",
                                      "status", "http", "dns",      "connect", "tls",
                                      "cut",    "time", "no_store", "no_clock"};
    static const char *const modes[] = {NULL, "none", "testing", "enforce"};
    const struct quoth_fact_policy *p = &facts->policy;

    app_json_open(json, "mta_sts_policy", '{');
    app_json_text(json, "fetched", how[p->fetched.how]);
    app_json_number(json, "status", p->fetched.status);
    app_json_text(json, "mode", modes[p->mode]);
    app_json_number(json, "max_age", p->max_age);
    app_json_number(json, "patterns", p->patterns);
    app_json_open(json, "mx", '[');
    for (unsigned i = 0; i < facts->hosts; i++) {
        const struct quoth_span name = quoth_facts_text(facts, facts->host[i].name);
        if (facts->host[i].flags & QUOTH_HOST_LISTED)
            app_json_str(json, NULL, name.p, name.n);
    }
    app_json_close(json, ']');
    app_json_close(json, '}');
}

static void domain_json_zone(struct app_json *json, const struct domain_report *report)
{
    char name[1009];

    app_json_open(json, "from_file", '[');
    for (unsigned i = 0; i < report->from_file; i++) {
        app_json_open(json, NULL, '{');
        if (quoth_name_text(&report->asked[i].name, name, sizeof name) > 0)
            app_json_text(json, "name", name);
        app_json_text(json, "type", app_zone_type_name(report->asked[i].type));
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
}

/* Checks that were left out, and those that the budget left out. */
static void domain_json_unasked(struct app_json *json, const struct quoth_facts *facts)
{
    app_json_open(json, "not_asked", '[');
    for (unsigned check = 1; check <= QUOTH_CHECK_ALL; check <<= 1)
        if ((!(facts->checks & check) || facts->unasked & check) && quoth_domain_check_name(check))
            app_json_text(json, NULL, quoth_domain_check_name(check));
    app_json_close(json, ']');
}

void domain_json_write(const struct domain_report *report, struct app_stream *out)
{
    const struct quoth_facts *facts = report->facts;
    struct app_json json = {out, 0};
    const enum quoth_grade worst =
        report->findings ? (enum quoth_grade)report->finding[0].grade : QUOTH_GRADE_OK;

    app_json_open(&json, NULL, '{');
    app_json_text(&json, "kind", "domain");
    domain_json_part(&json, "domain", facts, facts->domain);
    app_json_text(&json, "grade", quoth_grade_name(worst));
    domain_json_findings(&json, report);
    domain_json_mx(&json, facts);
    domain_json_spf(&json, facts);
    domain_json_dmarc(&json, facts);
    domain_json_dkim(&json, report);
    domain_json_small(&json, "mta_sts", facts, &facts->sts);
    domain_json_policy(&json, facts);
    domain_json_small(&json, "tls_rpt", facts, &facts->rpt);
    domain_json_small(&json, "bimi", facts, &facts->bimi);
    domain_json_dnssec(&json, report);
    domain_json_unasked(&json, facts);
    domain_json_zone(&json, report);
    app_json_number(&json, "queries", facts->queries);
    app_json_number(&json, "ms", report->ms);
    app_json_number(&json, "v", 1);
    app_json_close(&json, '}');
}

void domain_json(const struct domain_report *report)
{
    struct app_stream out = {.f = stdout};

    domain_json_write(report, &out);
    putchar('\n');
}
