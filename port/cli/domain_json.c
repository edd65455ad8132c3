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

static void domain_json_findings(struct app_json *w, const struct domain_report *r)
{
    app_json_open(w, "findings", '[');
    for (size_t i = 0; i < r->findings; i++) {
        const struct quoth_finding *finding = &r->finding[i];
        const char *fix = quoth_check_fix(finding->id);
        char buf[DOMAIN_SENTENCE];
        app_json_open(w, NULL, '{');
        app_json_text(w, "id", quoth_check_id(finding->id));
        app_json_text(w, "grade", quoth_grade_name((enum quoth_grade)finding->grade));
        app_json_number(w, "num", finding->num);
        app_json_str(w, "text", buf,
                     domain_say(r->facts, finding, quoth_check_text(finding->id), buf));
        if (*fix)
            app_json_str(w, "fix", buf, domain_say(r->facts, finding, fix, buf));
        else
            app_json_null(w, "fix");
        app_json_text(w, "ref", quoth_check_source(finding->id));
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
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
        app_json_text(w, "effective", domain_policy(f));
    }
    app_json_close(w, '}');
}

static void domain_json_dkim(struct app_json *w, const struct quoth_facts *f)
{
    app_json_open(w, "dkim", '[');
    for (unsigned i = 0; i < f->keys; i++) {
        const struct quoth_fact_key *key = &f->key[i];
        app_json_open(w, NULL, '{');
        domain_json_part(w, "selector", f, key->selector);
        app_json_text(w, "key", key->key.ed25519 ? "ed25519" : "rsa");
        app_json_number(w, "bits", key->key.bits);
        app_json_bool(w, "revoked", (key->key.flags & QUOTH_DKIM_REVOKED) != 0);
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
    app_json_number(w, "dkim_tried", f->tried);
}

static void domain_json_small(struct app_json *w, const char *key, const struct quoth_facts *f,
                              const struct quoth_fact_txt *txt)
{
    app_json_open(w, key, '{');
    app_json_text(w, "answer", quoth_answer_name((enum quoth_answer)txt->answer));
    domain_json_part(w, "record", f, txt->record);
    app_json_close(w, '}');
}

void domain_json(const struct domain_report *r)
{
    const struct quoth_facts *f = r->facts;
    struct app_stream out = {.f = stdout};
    struct app_json w = {&out, 0};
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
    domain_json_dkim(&w, f);
    domain_json_small(&w, "mta_sts", f, &f->sts);
    domain_json_small(&w, "tls_rpt", f, &f->rpt);
    domain_json_small(&w, "bimi", f, &f->bimi);
    app_json_number(&w, "queries", f->queries);
    app_json_number(&w, "ms", r->ms);
    app_json_number(&w, "v", 1);
    app_json_close(&w, '}');
    putchar('\n');
}
