/* domain_out.c - a report of `quoth domain`, for people and for monitoring.
 *
 *   finding + its row of core/data/checks.txt --> sentence, record to publish     the worst first
 *   facts                                     --> "seen:", in a line
 *
 * Texts that strangers published leave through the escaping writers, and never longer than
 * DOMAIN_SHOWN.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>
#include "checks.h"
#include "domain_cmd.h"

enum { DOMAIN_WIDTH = 80, DOMAIN_COLUMN = 6, DOMAIN_FIRST = 8 };
#define DOMAIN_LEAD "      " /* DOMAIN_COLUMN */

/* ---- words ---------------------------------------------------------------- */

static void domain_add(char *buf, size_t *n, const char *p, size_t len)
{
    if (len > DOMAIN_SENTENCE - 1 - *n)
        len = DOMAIN_SENTENCE - 1 - *n;
    memcpy(buf + *n, p, len);
    *n += len;
}

/* Strings of a TXT record (RFC 1035 5.1), ready to paste. */
static void domain_add_strings(char *buf, size_t *n, struct quoth_span text)
{
    for (size_t at = 0; at < text.n; at++) {
        if (at % 255 == 0)
            domain_add(buf, n, at ? "\" \"" : "\"", at ? 3 : 1);
        if (text.p[at] == '"' || text.p[at] == '\\')
            domain_add(buf, n, "\\", 1);
        domain_add(buf, n, text.p + at, 1);
    }
    domain_add(buf, n, "\"", 1);
}

/* The name with the DMARC record that counts, or that is none: the last labels of the domain. */
static struct quoth_span domain_of_record(const struct quoth_facts *facts, unsigned id)
{
    struct quoth_span name = quoth_facts_text(facts, facts->domain);
    const unsigned labels = id == CHECK_DMARC_VERSION ? facts->meant_labels : facts->dmarc_labels;

    for (unsigned i = labels; i && i < facts->labels; i++) {
        const char *dot = memchr(name.p, '.', name.n);
        name.n -= (size_t)(dot + 1 - name.p);
        name.p = dot + 1;
    }
    return name;
}

size_t domain_say(const struct quoth_facts *facts, const struct quoth_finding *finding,
                  enum quoth_check_part part, char buf[DOMAIN_SENTENCE])
{
    char words[QUOTH_CHECK_WORDS];
    const char *text = quoth_check_words(finding->id, part, words);
    const struct quoth_span domain = quoth_facts_text(facts, facts->domain),
                            of = domain_of_record(facts, finding->id);
    struct quoth_span whole = quoth_facts_text(facts, finding->text), shown = whole;
    char spf[DOMAIN_SPF];
    size_t n = 0;

    if (!finding->text.n && finding->word)
        shown = (struct quoth_span) {finding->word, strlen(finding->word)};
    if (shown.n > DOMAIN_SHOWN)
        shown.n = DOMAIN_SHOWN;
    for (; *text; text++) {
        struct quoth_span part_of = {text, 1};
        if (*text == '%' && strchr("dontqsw", text[1]))
            switch (*++text) {
            case 'd': part_of = domain; break;
            case 'o': part_of = of; break;
            case 't': part_of = shown; break;
            case 's':
                part_of.p = spf;
                part_of.n = domain_spf_mark(facts, finding, spf, sizeof spf);
                break;
            case 'n':
                part_of.p = spf;
                part_of.n = (size_t)sprintf(spf, "%u", finding->num);
                break;
            case 'w':
                whole.p = spf;
                whole.n = domain_spf(facts, finding, spf);
                if (!whole.n)
                    return 0;
            /* fall through */
            default: domain_add_strings(buf, &n, whole); continue;
            }
        domain_add(buf, &n, part_of.p, part_of.n);
    }
    return n;
}

/* Of two findings that tell what to publish at one name, the one that knows more does. */
static int domain_is_told(const struct domain_report *report, unsigned id)
{
    static const uint16_t rows[][2] = {
        {CHECK_SPF_NONE, CHECK_SPF_PARKED},      {CHECK_SPF_NONE, CHECK_SPF_VERSION},
        {CHECK_SPF_PARKED, CHECK_SPF_VERSION},   {CHECK_SPF_NEUTRAL, CHECK_SPF_PARKED},
        {CHECK_DMARC_NONE, CHECK_DMARC_PARKED},  {CHECK_DMARC_NONE, CHECK_DMARC_MISPLACED},
        {CHECK_DMARC_NONE, CHECK_DMARC_VERSION}, {CHECK_DMARC_NONE, CHECK_DMARC_DOUBLED},
        {CHECK_DMARC_IDLE, CHECK_DMARC_PARKED},  {CHECK_DMARC_IDLE, CHECK_DMARC_SYNTAX}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; k < report->findings && rows[i][0] == id; k++)
            if (report->finding[k].id == rows[i][1])
                return 1;
    return 0;
}

/* Of two records for one name that know as much, the one of the worse finding is told. */
size_t domain_fix(const struct domain_report *report, const struct quoth_finding *finding,
                  char buf[DOMAIN_SENTENCE])
{
    char other[DOMAIN_SENTENCE];
    const size_t n = domain_is_told(report, finding->id)
                         ? 0
                         : domain_say(report->facts, finding, QUOTH_CHECK_FIX, buf);
    const char *data = memchr(buf, '"', n);

    for (const struct quoth_finding *worse = report->finding; data && worse < finding; worse++)
        if (!domain_is_told(report, worse->id) &&
            domain_say(report->facts, worse, QUOTH_CHECK_FIX, other) > (size_t)(data - buf) &&
            !memcmp(other, buf, (size_t)(data - buf)))
            return 0;
    return n;
}

const char *domain_policy_of(const struct quoth_facts *facts, enum quoth_dmarc_whom whom)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->dmarc.record);
    struct quoth_dmarc dmarc;

    if (!record.n || quoth_dmarc_read(&dmarc, record.p, record.n) != QUOTH_OK)
        return "";
    return quoth_dmarc_policy_name(quoth_dmarc_policy(&dmarc, whom));
}

const char *domain_policy(const struct quoth_facts *facts)
{
    if (facts->dmarc_labels == facts->labels)
        return domain_policy_of(facts, QUOTH_DMARC_SELF);
    return domain_policy_of(facts, facts->mx == QUOTH_ANSWER_NXDOMAIN ? QUOTH_DMARC_NOWHERE
                                                                      : QUOTH_DMARC_BELOW);
}

/* ---- text ----------------------------------------------------------------- */

void domain_text_row(const struct quoth_finding *finding, struct quoth_span text,
                     struct quoth_span fix)
{
    static const char *const words[QUOTH_GRADES] = {"", "note", "WARN", "BAD", "?"};
    char buf[QUOTH_CHECK_WORDS], line[DOMAIN_SENTENCE + QUOTH_CHECK_WORDS + 4];
    const char *source = quoth_check_words(finding->id, QUOTH_CHECK_SOURCE, buf);
    struct quoth_span all = {line, text.n};

    memcpy(line, text.p, text.n);
    if (*source)
        all.n += (size_t)sprintf(line + text.n, " (%s)", source);
    printf("%-5s %s\n" DOMAIN_LEAD, words[finding->grade], quoth_check_id(finding->id));
    app_wrap(stdout, all, DOMAIN_COLUMN, DOMAIN_WIDTH, DOMAIN_LEAD);
    putchar('\n');
    if (!fix.n)
        return;
    fputs(DOMAIN_LEAD "  ", stdout);
    app_put(stdout, fix.p, fix.n);
    putchar('\n');
}

static void domain_text_finding(const struct domain_report *report,
                                const struct quoth_finding *finding)
{
    char text[DOMAIN_SENTENCE], fix[DOMAIN_SENTENCE];
    const size_t n = domain_say(report->facts, finding, QUOTH_CHECK_SENTENCE, text);
    const size_t fix_n = domain_fix(report, finding, fix);

    domain_text_row(finding, (struct quoth_span) {text, n}, (struct quoth_span) {fix, fix_n});
}

/* The terms of SPF by what they cost. */
static void domain_text_shares(const struct quoth_facts *facts)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->spf.record);
    struct quoth_spf_term term;
    const char *part = DOMAIN_LEAD "SPF lookups: ";

    if (!facts->spf.shares)
        return;

    for (unsigned i = 0; i < facts->spf.shares; i++) {
        size_t at = facts->spf.share[i].at;
        if (!record.n || quoth_spf_term(&term, record.p, record.n, &at) != 1)
            continue;
        fputs(part, stdout);
        app_put(stdout, term.text.p, term.text.n < DOMAIN_SHOWN ? term.text.n : DOMAIN_SHOWN);
        printf(" %u", facts->spf.share[i].terms);
        part = ", ";
    }
    putchar('\n');
}

static void domain_text_keys(const struct quoth_facts *facts)
{
    const char *part = "; DKIM ";

    for (unsigned i = 0; i < facts->keys; i++) {
        const struct quoth_fact_key *key = &facts->key[i];
        const struct quoth_span selector = quoth_facts_text(facts, key->selector);
        if (!key->n)
            continue;
        fputs(part, stdout);
        part = ", ";
        app_put(stdout, selector.p, selector.n);
        if (key->key.bits)
            printf(" (RSA %u)", key->key.bits);
        else if (key->key.ed25519)
            fputs(" (ed25519)", stdout);
    }
}

/* Where no key was found: where it was looked for, as "missing" is more than anybody can say. */
static void domain_text_tried(const struct domain_report *report)
{
    const char *part = DOMAIN_LEAD "DKIM selectors tried: ";

    if (report->facts->keys || !report->facts->tried)
        return;
    for (unsigned i = 0; i < report->facts->tried; i++) {
        const char *selector = quoth_domain_selector(report->d, i);
        fputs(part, stdout);
        app_put(stdout, selector, selector ? strlen(selector) : 0);
        part = ", ";
    }
    putchar('\n');
}

/* What can be said of DNSSEC, and who says so. */
static void domain_text_dnssec(const struct quoth_facts *facts, const struct quoth_ip *by)
{
    static const char *const words[] = {
        "cannot tell", "not signed", "signed, this resolver does not validate", "secure", "bogus"};
    const enum quoth_dnssec state = quoth_facts_dnssec(facts);
    unsigned hosts = 0;
    char ip[46];

    for (unsigned i = 0; i < facts->hosts; i++)
        hosts += facts->host[i].tlsas != 0;
    printf("; DNSSEC %s", words[state]);
    if (state == QUOTH_DNSSEC_SECURE && quoth_ip_text(by, ip, sizeof ip) > 0)
        printf(" (says %s)", ip);
    if (hosts)
        printf("; DANE of %u host%s", hosts, hosts == 1 ? "" : "s");
}

static const char *domain_sts_mode(const struct quoth_fact_policy *policy)
{
    static const char modes[][8] = {"broken", "none", "testing", "enforce"};

    if (policy->fetched.how == QUOTH_FETCH_DONE)
        return modes[policy->mode];
    if (policy->fetched.how)
        return "none that counts";
    return answer_is_able ? "not fetched" : "not fetched in this build";
}

/* What is known of the policy of MTA-STS. */
static void domain_text_sts(const struct quoth_facts *facts)
{
    if (facts->sts.answer == QUOTH_ANSWER_DATA || facts->policy.fetched.how == QUOTH_FETCH_DONE)
        printf("; MTA-STS (policy: %s)", domain_sts_mode(&facts->policy));
}

/* What is there, in a line. */
static void domain_text_facts(const struct domain_report *report)
{
    const struct quoth_facts *facts = report->facts;
    const struct {
        const char *name;
        const struct quoth_fact_txt *txt;
    } small[] = {{"TLS-RPT", &facts->rpt}, {"BIMI", &facts->bimi}};

    printf("seen: MX %u host%s%s", facts->mx == QUOTH_ANSWER_DATA ? facts->hosts : 0u,
           facts->mx == QUOTH_ANSWER_DATA && facts->hosts == 1 ? "" : "s",
           facts->mx_more ? " and more" : "");
    if (facts->spf.record.n)
        printf("; SPF (others: %s; %u of 10 lookups)",
               quoth_spf_result_name((enum quoth_spf_result)facts->spf.result), facts->spf.terms);
    if (*domain_policy(facts))
        printf("; DMARC %s%s (names below: %s; names that do not exist: %s)", domain_policy(facts),
               facts->dmarc_labels == facts->labels ? "" : " from above",
               domain_policy_of(facts, QUOTH_DMARC_BELOW),
               domain_policy_of(facts, QUOTH_DMARC_NOWHERE));
    domain_text_keys(facts);
    domain_text_sts(facts);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (small[i].txt->answer == QUOTH_ANSWER_DATA)
            printf("; %s", small[i].name);
    domain_text_dnssec(facts, &report->by);
    fputs("\n      not asked: ", stdout);
    for (unsigned check = 1; check <= QUOTH_CHECK_ALL; check <<= 1)
        if (!(facts->checks & check) && quoth_domain_check_name(check))
            printf("%s, ", quoth_domain_check_name(check));
    fputs("PTR, block lists\n", stdout);
}

/* Which answers are those of --zone. */
static void domain_text_zone(const struct domain_report *report)
{
    char name[1009];

    if (!report->from_file)
        return;
    printf("      from the file of --zone, %u answer%s:", report->from_file,
           report->from_file == 1 ? "" : "s");
    for (unsigned i = 0; i < report->from_file && (report->all || i < DOMAIN_FIRST); i++) {
        const char *type = app_zone_type_name(report->asked[i].type);
        const int n = quoth_name_text(&report->asked[i].name, name, sizeof name);
        printf("%s ", i ? "," : "");
        app_put(stdout, name, n > 0 ? (size_t)n : 0);
        printf(" %s", type ? type : "?");
    }
    puts(report->all || report->from_file <= DOMAIN_FIRST ? "" : " ...");
}

void domain_text(const struct domain_report *report)
{
    const struct quoth_facts *facts = report->facts;
    const struct quoth_span domain = quoth_facts_text(facts, facts->domain);
    const size_t most = report->all ? report->findings : DOMAIN_FIRST;
    unsigned n[QUOTH_GRADES] = {0};

    app_put(stdout, domain.p, domain.n);
    for (size_t i = 0; i < report->findings; i++)
        n[report->finding[i].grade]++;
    cli_grading_sum(n, facts->queries, report->ms);
    for (size_t i = 0; i < report->findings && i < most; i++)
        domain_text_finding(report, &report->finding[i]);
    if (report->findings > most)
        printf("      %zu more: --all\n", report->findings - most);
    domain_text_facts(report);
    domain_text_shares(facts);
    domain_text_tried(report);
    domain_text_zone(report);
}

/* ---- for monitoring -------------------------------------------------------- */

void domain_nagios(const struct domain_report *report)
{
    const struct quoth_facts *facts = report->facts;
    const struct quoth_span domain = quoth_facts_text(facts, facts->domain);
    const char *part = ": ";

    printf("QUOTH %s - ", cli_grading_word(report->exit));
    app_put(stdout, domain.p, domain.n);
    for (size_t i = 0; i < report->findings; i++) {
        if (report->finding[i].grade == QUOTH_GRADE_NOTE && !report->all)
            continue;
        printf("%s%s", part, quoth_check_id(report->finding[i].id));
        if (report->finding[i].num)
            printf(" %u", report->finding[i].num);
        part = ", ";
    }
    printf(" | spf_terms=%u;9;10 spf_voids=%u;1;2 queries=%u\n", facts->spf.terms, facts->spf.voids,
           facts->queries);
}

/* Names of domains need no escaping there. */
void domain_prom(const struct domain_report *report)
{
    const struct quoth_facts *facts = report->facts;
    const char *domain = facts->text + facts->domain.at;
    char host[264];

    for (size_t i = 0; i < report->findings; i++)
        prom_put(report->prom, PROM_FINDING, report->finding[i].grade, domain,
                 quoth_check_id(report->finding[i].id));
    prom_put(report->prom, PROM_GRADE, (unsigned)report->exit, domain, NULL);
    prom_put(report->prom, PROM_SPF_TERMS, facts->spf.terms, domain, NULL);
    prom_put(report->prom, PROM_SPF_VOIDS, facts->spf.voids, domain, NULL);
    prom_put(report->prom, PROM_QUERIES, facts->queries, domain, NULL);
    prom_put(report->prom, PROM_CHECKED, (uint64_t)time(NULL), domain, NULL);
    for (unsigned i = 0; i < facts->hosts; i++)
        if (report->until[i])
            prom_put(report->prom, PROM_CERT, (uint64_t)report->until[i],
                     facts->text + facts->host[i].name.at, "25");
    if (answer_is_able && report->until[QUOTH_FACT_HOSTS]) {
        snprintf(host, sizeof host, "mta-sts.%s", domain);
        prom_put(report->prom, PROM_CERT, (uint64_t)report->until[QUOTH_FACT_HOSTS], host, "443");
    }
}
