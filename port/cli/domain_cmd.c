/* domain_cmd.c - `quoth domain NAME...`: what is wrong with a mail domain, and what to publish.
 *
 *   options, NAME --> core/domain/domain.c --> facts --> health.c --> findings --> a format
 *
 * Findings are told worst first: the sentence, and the record to publish. A row of domain_options
 * is an option of ours, a row of domain_formats a way to print. Texts that strangers published
 * leave through the escaping writers, and never longer than DOMAIN_SHOWN.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "cli.h"
#include "quoth_domain.h"
#include "setup.h"
#include "sock.h"

enum { DOMAIN_TCP_MAX = 65535, DOMAIN_LISTED = 32, DOMAIN_SHOWN = 160, DOMAIN_SENTENCE = 700 };
enum { DOMAIN_WIDTH = 100, DOMAIN_COLUMN = 6, DOMAIN_FIRST = 8 };
#define DOMAIN_LEAD "      " /* DOMAIN_COLUMN */

struct domain_cmd {
    struct app_options o;
    struct app_setup setup;
    struct quoth_domain_conf conf;
    struct quoth_domain d;
    struct quoth_wire wire;
    struct quoth_link link;
    struct quoth_finding finding[QUOTH_FINDINGS_MAX];
    size_t findings;
    uint64_t took;
    const char *selector[DOMAIN_LISTED + 1], *ignored[DOMAIN_LISTED + 1]; /* NULL-ended */
    unsigned selectors, ignores;
    enum quoth_profile profile;
    uint8_t format, all, lenient; /* lenient: warnings do not fail */
    uint8_t tcp[DOMAIN_TCP_MAX];
};

/* ---- words ---------------------------------------------------------------- */

static void domain_add(char *buf, size_t *n, const char *p, size_t len)
{
    if (len > DOMAIN_SENTENCE - 1 - *n)
        len = DOMAIN_SENTENCE - 1 - *n;
    memcpy(buf + *n, p, len);
    *n += len;
}

/* The name whose DMARC record counts: the last labels of the domain. */
static struct quoth_span domain_of_record(const struct quoth_facts *f)
{
    struct quoth_span name = quoth_facts_text(f, f->domain);

    for (unsigned i = f->dmarc_labels; i && i < f->labels; i++) {
        const char *dot = memchr(name.p, '.', name.n);
        name.n -= (size_t)(dot + 1 - name.p);
        name.p = dot + 1;
    }
    return name;
}

/* A row's text with the finding's arguments in it; what is a stranger's is not escaped yet. */
static size_t domain_say(const struct quoth_facts *f, const struct quoth_finding *finding,
                         const char *text, char buf[DOMAIN_SENTENCE])
{
    const struct quoth_span domain = quoth_facts_text(f, f->domain), of = domain_of_record(f);
    struct quoth_span shown = quoth_facts_text(f, finding->text);
    char number[8];
    size_t n = 0;

    if (!finding->text.n && finding->word)
        shown = (struct quoth_span) {finding->word, strlen(finding->word)};
    if (shown.n > DOMAIN_SHOWN)
        shown.n = DOMAIN_SHOWN;
    for (; *text; text++) {
        if (*text != '%' || !strchr("dont", text[1])) {
            domain_add(buf, &n, text, 1);
            continue;
        }
        text++;
        if (*text == 'd')
            domain_add(buf, &n, domain.p, domain.n);
        else if (*text == 'o')
            domain_add(buf, &n, of.p, of.n);
        else if (*text == 't')
            domain_add(buf, &n, shown.p, shown.n);
        else
            domain_add(buf, &n, number,
                       (size_t)snprintf(number, sizeof number, "%u", finding->num));
    }
    return n;
}

static unsigned domain_count(const struct domain_cmd *c, enum quoth_grade grade)
{
    unsigned n = 0;

    for (size_t i = 0; i < c->findings; i++)
        n += c->finding[i].grade == grade;
    return n;
}

/* 0 fine, 1 warn, 2 bad, 3 could not tell: the codes of monitoring as well. */
static int domain_exit(const struct domain_cmd *c)
{
    if (domain_count(c, QUOTH_GRADE_BAD))
        return 2;
    if (domain_count(c, QUOTH_GRADE_WARN) && !c->lenient)
        return 1;
    return domain_count(c, QUOTH_GRADE_UNKNOWN) ? 3 : 0;
}

static enum quoth_grade domain_worst(const struct domain_cmd *c)
{
    return c->findings ? (enum quoth_grade)c->finding[0].grade : QUOTH_GRADE_OK;
}

static const char *domain_policy(const struct quoth_facts *f)
{
    const struct quoth_span record = quoth_facts_text(f, f->dmarc.record);
    enum quoth_dmarc_whom whom = QUOTH_DMARC_SELF;
    struct quoth_dmarc d;

    if (!record.n || quoth_dmarc_read(&d, record.p, record.n) != QUOTH_OK)
        return "";
    if (f->dmarc_labels != f->labels)
        whom = f->mx == QUOTH_ANSWER_NXDOMAIN ? QUOTH_DMARC_NOWHERE : QUOTH_DMARC_BELOW;
    return quoth_dmarc_policy_name(quoth_dmarc_policy(&d, whom));
}

/* ---- text ----------------------------------------------------------------- */

static void domain_text_finding(const struct domain_cmd *c, const struct quoth_finding *finding)
{
    static const char *const words[] = {"", "note", "WARN", "BAD", "?"};
    const char *source = quoth_check_source(finding->id), *fix = quoth_check_fix(finding->id);
    char buf[DOMAIN_SENTENCE];
    size_t n = domain_say(&c->d.facts, finding, quoth_check_text(finding->id), buf);

    printf("%-5s %s\n" DOMAIN_LEAD, words[finding->grade], quoth_check_id(finding->id));
    app_wrap(stdout, buf, n, DOMAIN_COLUMN, DOMAIN_WIDTH, DOMAIN_LEAD);
    if (*source)
        printf(" (%s)", source);
    putchar('\n');
    if (!*fix)
        return;
    n = domain_say(&c->d.facts, finding, fix, buf);
    fputs(DOMAIN_LEAD "  ", stdout);
    app_put(stdout, buf, n);
    putchar('\n');
}

/* The terms of SPF by what they cost, where that is too much. */
static void domain_text_shares(const struct quoth_facts *f)
{
    const struct quoth_span record = quoth_facts_text(f, f->spf.record);
    struct quoth_spf_term t;
    const char *part = DOMAIN_LEAD "  ";

    for (unsigned i = 0; i < f->spf.shares; i++) {
        size_t at = f->spf.share[i].at;
        if (!record.n || quoth_spf_term(&t, record.p, record.n, &at) != 1)
            continue;
        fputs(part, stdout);
        app_put(stdout, t.text.p, t.text.n < DOMAIN_SHOWN ? t.text.n : DOMAIN_SHOWN);
        printf(" %u", f->spf.share[i].terms);
        part = ", ";
    }
    putchar('\n');
}

static void domain_text_keys(const struct quoth_facts *f)
{
    for (unsigned i = 0; i < f->keys; i++) {
        const struct quoth_fact_key *key = &f->key[i];
        const struct quoth_span selector = quoth_facts_text(f, key->selector);
        fputs(i ? ", " : "; DKIM ", stdout);
        app_put(stdout, selector.p, selector.n);
        if (key->key.bits)
            printf(" (RSA %u)", key->key.bits);
        else if (key->key.ed25519)
            fputs(" (ed25519)", stdout);
    }
}

/* What is there, in a line. */
static void domain_text_facts(const struct quoth_facts *f)
{
    const struct {
        const char *name;
        const struct quoth_fact_txt *txt;
    } small[] = {
        {"MTA-STS (policy: not fetched)", &f->sts}, {"TLS-RPT", &f->rpt}, {"BIMI", &f->bimi}};

    printf("seen: MX %u host%s%s", f->mx == QUOTH_ANSWER_DATA ? f->hosts : 0u,
           f->mx == QUOTH_ANSWER_DATA && f->hosts == 1 ? "" : "s", f->mx_more ? " and more" : "");
    if (f->spf.record.n)
        printf("; SPF (others: %s; %u of 10 lookups)",
               quoth_spf_result_name((enum quoth_spf_result)f->spf.result), f->spf.terms);
    if (*domain_policy(f))
        printf("; DMARC %s%s", domain_policy(f),
               f->dmarc_labels == f->labels ? "" : " (from above)");
    domain_text_keys(f);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (small[i].txt->answer == QUOTH_ANSWER_DATA)
            printf("; %s", small[i].name);
    fputs("\n      not asked: DANE, DNSSEC, PTR, block lists\n", stdout);
}

static void domain_text(const struct domain_cmd *c)
{
    const struct quoth_facts *f = &c->d.facts;
    const struct quoth_span domain = quoth_facts_text(f, f->domain);
    const size_t most = c->all ? c->findings : DOMAIN_FIRST;

    app_put(stdout, domain.p, domain.n);
    printf("   %u bad, %u to mend, %u not known, %u to note   (%u questions, %llu.%llu s)\n\n",
           domain_count(c, QUOTH_GRADE_BAD), domain_count(c, QUOTH_GRADE_WARN),
           domain_count(c, QUOTH_GRADE_UNKNOWN), domain_count(c, QUOTH_GRADE_NOTE), f->queries,
           (unsigned long long)c->took / 1000, (unsigned long long)c->took / 100 % 10);
    for (size_t i = 0; i < c->findings && i < most; i++) {
        domain_text_finding(c, &c->finding[i]);
        if (!strcmp(quoth_check_id(c->finding[i].id), "spf.lookups"))
            domain_text_shares(f);
    }
    if (c->findings > most)
        printf("      %zu more: --all\n", c->findings - most);
    domain_text_facts(f);
}

/* ---- JSON ------------------------------------------------------------------ */

static void domain_json_part(struct app_json *w, const char *key, const struct quoth_facts *f,
                             struct quoth_part part)
{
    const struct quoth_span text = quoth_facts_text(f, part);

    if (text.n)
        app_json_str(w, key, text.p, text.n);
    else
        app_json_null(w, key);
}

static void domain_json_findings(struct app_json *w, const struct domain_cmd *c)
{
    app_json_open(w, "findings", '[');
    for (size_t i = 0; i < c->findings; i++) {
        const struct quoth_finding *finding = &c->finding[i];
        const char *fix = quoth_check_fix(finding->id);
        char buf[DOMAIN_SENTENCE];
        app_json_open(w, NULL, '{');
        app_json_text(w, "id", quoth_check_id(finding->id));
        app_json_text(w, "grade", quoth_grade_name((enum quoth_grade)finding->grade));
        app_json_number(w, "num", finding->num);
        app_json_str(w, "text", buf,
                     domain_say(&c->d.facts, finding, quoth_check_text(finding->id), buf));
        if (*fix)
            app_json_str(w, "fix", buf, domain_say(&c->d.facts, finding, fix, buf));
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

static void domain_json(const struct domain_cmd *c)
{
    const struct quoth_facts *f = &c->d.facts;
    struct app_stream out = {.f = stdout};
    struct app_json w = {&out, 0};

    app_json_open(&w, NULL, '{');
    app_json_text(&w, "kind", "domain");
    domain_json_part(&w, "domain", f, f->domain);
    app_json_text(&w, "grade", quoth_grade_name(domain_worst(c)));
    domain_json_findings(&w, c);
    domain_json_mx(&w, f);
    domain_json_spf(&w, f);
    domain_json_dmarc(&w, f);
    domain_json_dkim(&w, f);
    domain_json_small(&w, "mta_sts", f, &f->sts);
    domain_json_small(&w, "tls_rpt", f, &f->rpt);
    domain_json_small(&w, "bimi", f, &f->bimi);
    app_json_number(&w, "queries", f->queries);
    app_json_number(&w, "ms", c->took);
    app_json_number(&w, "v", 1);
    app_json_close(&w, '}');
    putchar('\n');
}

/* ---- for monitoring -------------------------------------------------------- */

static void domain_nagios(const struct domain_cmd *c)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    const struct quoth_facts *f = &c->d.facts;
    const struct quoth_span domain = quoth_facts_text(f, f->domain);
    const char *part = ": ";

    printf("QUOTH %s - ", words[domain_exit(c)]);
    app_put(stdout, domain.p, domain.n);
    for (size_t i = 0; i < c->findings; i++) {
        if (c->finding[i].grade == QUOTH_GRADE_NOTE && !c->all)
            continue;
        printf("%s%s", part, quoth_check_id(c->finding[i].id));
        if (c->finding[i].num)
            printf(" %u", c->finding[i].num);
        part = ", ";
    }
    printf(" | spf_terms=%u;9;10 spf_voids=%u;1;2 queries=%u\n", f->spf.terms, f->spf.voids,
           f->queries);
}

/* The text format of Prometheus; names of domains need no escaping there. */
static void domain_prom(const struct domain_cmd *c)
{
    const struct quoth_facts *f = &c->d.facts;
    const char *domain = f->text + f->domain.at;

    for (size_t i = 0; i < c->findings; i++)
        printf("quoth_finding{domain=\"%s\",id=\"%s\"} %u\n", domain,
               quoth_check_id(c->finding[i].id), c->finding[i].grade);
    printf("quoth_grade{domain=\"%s\"} %d\n", domain, domain_exit(c));
    printf("quoth_spf_terms{domain=\"%s\"} %u\n", domain, f->spf.terms);
    printf("quoth_spf_voids{domain=\"%s\"} %u\n", domain, f->spf.voids);
    printf("quoth_queries{domain=\"%s\"} %u\n", domain, f->queries);
}

static const struct {
    const char *name;
    void (*print)(const struct domain_cmd *c);
} domain_formats[] = {
    {"text", domain_text}, {"json", domain_json}, {"nagios", domain_nagios}, {"prom", domain_prom}};
enum { DOMAIN_FORMATS = sizeof domain_formats / sizeof *domain_formats };

/* ---- one domain ------------------------------------------------------------- */

static int domain_ignored(const struct domain_cmd *c, unsigned id)
{
    for (unsigned i = 0; i < c->ignores; i++)
        if (!strcmp(c->ignored[i], quoth_check_id(id)))
            return 1;
    return 0;
}

static void domain_judge(struct domain_cmd *c)
{
    const size_t all = quoth_health_judge(&c->d.facts, c->profile, c->finding);

    c->findings = 0;
    for (size_t i = 0; i < all; i++)
        if (!domain_ignored(c, c->finding[i].id))
            c->finding[c->findings++] = c->finding[i];
}

/* 0, or an exit code. */
static int domain_drive(struct domain_cmd *c)
{
    uint8_t buf[QUOTH_DNS_MAX + 1];
    struct quoth_want w;
    struct quoth_event ev;

    for (;;) {
        quoth_domain_want(&c->d, &w);
        if (w.kind == QUOTH_WANT_DONE)
            return 0;
        if (quoth_wire_do(&c->wire, &w, buf, sizeof buf, &ev) != QUOTH_AGAIN)
            (void)quoth_domain_feed(&c->d, &ev); /* EINVAL: not the answer */
        else if (quoth_sock_wait(&c->link, &w, quoth_sock_port.now()))
            return app_say(APP_EXIT_INTERNAL, NULL, "cannot wait for an answer");
    }
}

/* A domain as it is asked about: in lower case, U-labels as A-labels. 0: it is none. */
static int domain_name_of(const char *text, char buf[256])
{
    struct quoth_addr a;
    char address[300];
    size_t n = strlen(text);

    if (n > 1 && text[n - 1] == '.')
        n--;
    if (n > 255 || !n || memchr(text, '@', n))
        return 0;
    snprintf(address, sizeof address, "x@%.*s", (int)n, text);
    return quoth_addr_parse(&a, address, n + 2) == QUOTH_OK &&
           !(a.flags & (QUOTH_ADDR_LITERAL | QUOTH_ADDR_SINGLE_LABEL)) &&
           quoth_addr_domain(&a, buf, 256) > 0;
}

/* 0 to 3, or an exit code of its own. */
static int domain_one(struct domain_cmd *c, const char *text)
{
    const uint64_t start = quoth_sock_port.now();
    char domain[256];
    uint8_t seed[16];
    int rc;

    domain_name_of(text, domain);
    if (quoth_sock_port.random(seed, sizeof seed) != QUOTH_OK)
        return app_say(APP_EXIT_INTERNAL, NULL, "this machine gave no random bytes to ask with");
    if (quoth_domain_start(&c->d, &c->conf, domain, seed, start) != QUOTH_OK)
        return app_say(APP_EXIT_USAGE, text, "this is no domain name");
    quoth_domain_lend(&c->d, c->tcp, sizeof c->tcp);
    rc = domain_drive(c);
    if (rc)
        return rc;
    c->took = quoth_sock_port.now() - start;
    domain_judge(c);
    if (!c->o.quiet)
        domain_formats[c->format].print(c);
    return fflush(stdout) ? app_say(APP_EXIT_INTERNAL, "standard output", strerror(errno))
                          : domain_exit(c);
}

/* ---- arguments --------------------------------------------------------------- */

static const char *domain_set_format(struct domain_cmd *c, const char *value)
{
    for (c->format = 0; c->format < DOMAIN_FORMATS; c->format++)
        if (!strcmp(domain_formats[c->format].name, value))
            return NULL;
    return "it wants text, json, nagios or prom";
}

static const char *domain_set_profile(struct domain_cmd *c, const char *value)
{
    static const char *const names[QUOTH_PROFILES] = {"auto", "sending", "receiving", "parked"};

    for (int i = 0; i < QUOTH_PROFILES; i++)
        if (!strcmp(names[i], value)) {
            c->profile = (enum quoth_profile)i;
            return NULL;
        }
    return "it wants auto, sending, receiving or parked";
}

static const char *domain_set_fail(struct domain_cmd *c, const char *value)
{
    c->lenient = !strcmp(value, "bad");
    return c->lenient || !strcmp(value, "warn") ? NULL : "it wants bad or warn";
}

static const char *domain_set_ignore(struct domain_cmd *c, const char *value)
{
    unsigned id = 0;

    while (quoth_check_id(id) && strcmp(quoth_check_id(id), value))
        id++;
    if (!quoth_check_id(id))
        return "it wants the id of a finding, such as spf.ptr";
    if (c->ignores == DOMAIN_LISTED)
        return "it may be repeated 32 times";
    c->ignored[c->ignores++] = value;
    return NULL;
}

static const char *domain_set_selector(struct domain_cmd *c, const char *value)
{
    struct quoth_name name;

    if (strlen(value) > 100 || quoth_name_parse(&name, value, strlen(value)) != QUOTH_OK)
        return "it wants a selector of DKIM, such as s1";
    if (c->selectors == DOMAIN_LISTED)
        return "it may be repeated 32 times";
    c->selector[c->selectors++] = value;
    c->conf.selectors = c->selector;
    return NULL;
}

static const char *domain_set_all(struct domain_cmd *c, const char *value)
{
    (void)value;
    c->all = 1;
    return NULL;
}

/* Options that mean nothing elsewhere; `argument` NULL: none. */
static const struct domain_option {
    const char *name, *argument, *help;
    const char *(*set)(struct domain_cmd *c, const char *value); /* NULL, or what is wrong */
} domain_options[] = {
    {"--format", "text|json|nagios|prom", "how to print; json: one object a line",
     domain_set_format},
    {"--selector", "NAME", "a selector of DKIM to ask for; may be repeated", domain_set_selector},
    {"--profile", "auto|sending|receiving|parked", "what the domain is for", domain_set_profile},
    {"--fail-on", "bad|warn", "what makes the exit code (warn)", domain_set_fail},
    {"--ignore", "ID", "leave this finding out; may be repeated", domain_set_ignore},
    {"--all", NULL, "all findings, not the first 8", domain_set_all},
};
enum { DOMAIN_OPTIONS = sizeof domain_options / sizeof *domain_options };

static const char *const domain_common[] = {"nameserver", "no-edns", "sandbox", "quiet", "help"};
enum { DOMAIN_COMMON = sizeof domain_common / sizeof *domain_common };

static int domain_help(void)
{
    fputs("quoth domain [options] NAME...\n\n"
          "What is wrong with a mail domain, worst first, and which record to publish: MX,\n"
          "SPF, DMARC, DKIM, MTA-STS, TLS-RPT, BIMI. Only name servers are asked.\n\n",
          stdout);
    for (int i = 0; i < DOMAIN_OPTIONS; i++) {
        const struct domain_option *row = &domain_options[i];
        const int n = printf("      %s %s", row->name, row->argument ? row->argument : "");
        printf("%s%*s%s\n", n < 27 ? "" : "\n", n < 27 ? 28 - n : 28, "", row->help);
    }
    for (int i = 0; i < DOMAIN_COMMON; i++)
        cli_help_option(stdout, domain_common[i]);
    fputs("\nExit code: 0 fine, 1 to mend, 2 bad, 3 not known; 64 up: failed.\n", stdout);
    return fflush(stdout) ? APP_EXIT_INTERNAL : 0;
}

static const struct domain_option *domain_option(const char *argument, size_t n)
{
    for (int i = 0; i < DOMAIN_OPTIONS; i++)
        if (strlen(domain_options[i].name) == n && !memcmp(domain_options[i].name, argument, n))
            return &domain_options[i];
    return NULL;
}

/* Take our own options out of the arguments. Returns how many are left; 0: one will not do. */
static int domain_own(struct domain_cmd *c, int argc, char **argv)
{
    int left = 1, i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const size_t n = strcspn(argv[i], "=");
        const struct domain_option *row = domain_option(argv[i], n);
        const char *value = argv[i][n] ? argv[i] + n + 1 : NULL, *why;
        if (!row) {
            argv[left++] = argv[i];
            continue;
        }
        if (row->argument && !value && i + 1 < argc)
            value = argv[++i];
        why = !row->argument == !value ? row->set(c, value)
              : row->argument          ? "it wants a value"
                                       : "it wants no value";
        if (why) {
            app_say(APP_EXIT_USAGE, row->name, why);
            return 0;
        }
    }
    while (i < argc)
        argv[left++] = argv[i++];
    return left;
}

/* What will not do, before anything is sent. 0, or an exit code. */
static int domain_refuse(const struct domain_cmd *c, const struct cli_args *args)
{
    const char *stranger = cli_args_stranger(&c->o, domain_common, DOMAIN_COMMON);
    char domain[256];

    if (stranger)
        return app_say(APP_EXIT_USAGE, stranger, "domain has no such option; quoth domain --help");
    for (unsigned i = 0; i < args->addresses; i++)
        if (!domain_name_of(args->address[i], domain))
            return app_say(APP_EXIT_USAGE, args->address[i],
                           strchr(args->address[i], '@')
                               ? "this is an address; give the domain behind its @"
                               : "this is no domain name");
    if (!args->addresses)
        return app_say(APP_EXIT_USAGE, "domain", "which one? quoth domain --help tells more");
    return 0;
}

/* All of them; of several exit codes the worst. */
static int domain_all(struct domain_cmd *c, const struct cli_args *args)
{
    static const uint8_t rank[] = {0, 2, 3, 1};
    int worst = 0;

    for (unsigned i = 0; i < args->addresses; i++) {
        const int rc = domain_one(c, args->address[i]);
        if (rc > 3)
            return rc;
        if (rank[rc] > rank[worst])
            worst = rc;
        if (c->format == 0 && !c->o.quiet && i + 1 < args->addresses)
            putchar('\n');
    }
    return worst;
}

int cli_domain(int argc, char **argv)
{
    static struct domain_cmd c; /* large */
    struct cli_args args;
    int rc;

    argc = domain_own(&c, argc, argv);
    if (argc == 0)
        return APP_EXIT_USAGE;
    rc = cli_args_read(&c.o, &args, argc, argv);
    if (rc)
        return rc;
    if (c.o.action == 'h')
        return domain_help();
    rc = app_config_read(&c.o);
    if (!rc)
        rc = domain_refuse(&c, &args);
    if (rc)
        return rc;
    c.o.conf.depth = QUOTH_DEPTH_DNS; /* no mail server is called */
    c.o.list = (struct app_list_options) {0};
    app_options_finish(&c.o, 1);
    rc = app_setup_open(&c.setup, &c.o);
    c.conf.resolver = c.setup.conf.resolver;
    c.conf.targets = c.setup.conf.targets;
    c.conf.targets.own_n = 0; /* whether others can call it does not depend on who we are */
    c.link.fd = -1;
    c.wire.port = &quoth_sock_port;
    c.wire.link = &c.link;
    if (!rc)
        rc = domain_all(&c, &args);
    app_setup_close(&c.setup);
    return rc;
}
