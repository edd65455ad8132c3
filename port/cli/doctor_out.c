/* doctor_out.c - a report of `quoth doctor`: for people, as JSON, for monitoring.
 *
 *   mail.acme.net [203.0.113.5], sender postmaster@acme.net   1 bad, 1 to mend ...
 *   BAD   ptr.missing
 *         what, and what follows from it (RFC)
 *           the record to publish
 *   servers: each that was called        seen: names, SPF, lists
 *
 * Texts of strangers leave through the escaping writers.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>
#include "doctor.h"

#define OUT_LEAD "      " /* as domain_text_row() */

/* ---- words ------------------------------------------------------------------ */

struct out_words {
    char *buf;
    size_t n;
};

static void out_add(struct out_words *words, const char *text, size_t n)
{
    if (n > DOMAIN_SENTENCE - 1 - words->n)
        n = DOMAIN_SENTENCE - 1 - words->n;
    memcpy(words->buf + words->n, text, n);
    words->n += n;
}

static void out_ip(const struct quoth_ip *ip, char text[64])
{
    if (!ip->len || quoth_ip_text(ip, text, 64) <= 0)
        *text = 0;
}

/* One argument of a row's text. */
static void out_argument(struct out_words *words, char letter, const struct doctor_facts *facts,
                         const struct doctor_finding *finding)
{
    static const struct quoth_ip none;
    const struct quoth_ip *ip = finding->side ? &finding->side->ip : &none;
    const struct quoth_part part = finding->f.text;
    const char *text = finding->text;
    char made[300] = "", name[256];
    struct quoth_name reverse;

    out_ip(ip, name);
    switch (letter) {
    case 'd': text = *facts->domain ? facts->domain : facts->helo; break; /* RFC 7208 2.4 */
    case 'h': text = facts->helo; break;
    case 'a': text = ip->len == 16 ? "AAAA" : "A"; break;
    case 'i': text = *name ? name : "this machine's address"; break;
    case 'n': snprintf(made, sizeof made, "%u", finding->f.num); break;
    case 'm': snprintf(made, sizeof made, "ip%u:%s", ip->len == 16 ? 6u : 4u, name); break;
    case 'r':
        if (quoth_name_reverse(&reverse, ip) == QUOTH_OK)
            quoth_name_text(&reverse, made, sizeof made);
        break;
    default: /* 't' */
        if (part.n && finding->side)
            text = finding->side->facts.text + part.at;
        else if (finding->f.word)
            text = finding->f.word;
    }
    if (strchr("nmr", letter))
        text = made;
    if (text)
        out_add(words, text, strnlen(text, letter == 't' ? DOMAIN_SHOWN : 300));
}

size_t doctor_say(const struct doctor_facts *facts, const struct doctor_finding *finding,
                  enum quoth_check_part part, char buf[DOMAIN_SENTENCE])
{
    struct out_words out = {buf, 0};
    char words[QUOTH_CHECK_WORDS];
    const char *text = quoth_check_words(finding->f.id, part, words);

    if (!finding->side && !*finding->text && facts->sender.checks)
        return domain_say(&facts->sender, &finding->f, part, buf);
    for (; *text; text++) {
        if (*text == '%' && strchr("dirhamnt", text[1]))
            out_argument(&out, *++text, facts, finding);
        else
            out_add(&out, text, 1);
    }
    return out.n;
}

static unsigned out_queries(const struct doctor_facts *facts)
{
    return facts->side[0].facts.queries + 0u + facts->side[1].facts.queries +
           facts->sender.queries + facts->written.queries;
}

/* ---- text -------------------------------------------------------------------- */

void doctor_text_finding(const struct doctor_facts *facts, const struct doctor_finding *finding)
{
    char text[DOMAIN_SENTENCE], fix[DOMAIN_SENTENCE];
    const size_t n = doctor_say(facts, finding, QUOTH_CHECK_SENTENCE, text);
    const size_t fix_n = doctor_say(facts, finding, QUOTH_CHECK_FIX, fix);

    domain_text_row(&finding->f, (struct quoth_span) {text, n}, (struct quoth_span) {fix, fix_n});
}

static void text_head(const struct doctor_facts *facts, const struct doctor_report *report)
{
    unsigned n[QUOTH_GRADES] = {0};
    char ip[64];

    if (facts->helo)
        app_put(stdout, facts->helo, strlen(facts->helo));
    else
        fputs("no name", stdout);
    for (int i = 0; i < 2; i++)
        if (facts->side[i].on) {
            out_ip(&facts->side[i].ip, ip);
            printf(" [%s]", *ip ? ip : "address not known");
        }
    if (facts->from) {
        fputs(", sender ", stdout);
        app_put(stdout, facts->from, strlen(facts->from));
    }
    for (size_t i = 0; i < report->n; i++)
        n[report->finding[i].f.grade]++;
    cli_grading_sum(n, out_queries(facts), facts->ms);
}

static const char *text_mood(const struct doctor_call *call)
{
    if (call->code)
        return "refuses us";
    return call->greeted ? "talks to us" : "silent";
}

static void text_call(const struct doctor_call *call)
{
    char seen[64];

    fputs(OUT_LEAD, stdout);
    app_put(stdout, call->host, strlen(call->host));
    if (!call->peer.ip.len)
        fputs(": no address to call\n", stdout);
    else if (!call->connected)
        printf(": %s\n", call->err ? app_err_words(call->err) : "it hung up");
    else {
        out_ip(&call->seen, seen);
        printf(": %s%s%s\n", text_mood(call), *seen ? ", sees " : "", seen);
    }
}

static void text_side(const struct doctor_side *side)
{
    const struct quoth_identity_facts *facts = &side->facts;
    char ip[64];

    out_ip(&side->local, ip);
    printf("seen: IPv%u, this machine has %s\n", side->family, *ip ? ip : "no address");
    for (unsigned i = 0; i < side->calls; i++)
        text_call(&side->call[i]);
    for (unsigned i = 0; i < facts->names; i++) {
        const struct quoth_part name = facts->name[i].name;
        fputs(OUT_LEAD "name ", stdout);
        app_put(stdout, facts->text + name.at, name.n);
        puts(facts->name[i].leads ? ", which leads back" : "");
    }
    if (facts->spf < QUOTH_SPF_RESULTS)
        printf(OUT_LEAD "SPF of the sender: %s\n",
               quoth_spf_result_name((enum quoth_spf_result)facts->spf));
    for (unsigned i = 0; i < facts->zones; i++) {
        const struct quoth_fact_listing *list = &facts->zone[i];
        printf(OUT_LEAD "%s: %s", facts->text + list->zone.at,
               quoth_listing_name((enum quoth_listing)list->listing));
        if (list->words.n) {
            fputs(", ", stdout);
            app_put(stdout, facts->text + list->words.at, list->words.n);
        }
        putchar('\n');
    }
}

/* What DMARC makes of what we send. */
static void text_dmarc(const struct doctor_facts *facts)
{
    static const char *const words[] = {"whether SPF counts for it is not known",
                                        "SPF of the sender does not count for it",
                                        "SPF of the sender counts for it"};
    const struct quoth_facts *of = doctor_written(facts);
    const struct quoth_span domain = quoth_facts_text(of, of->domain);

    if (!*domain_policy(of))
        return;
    fputs("seen: DMARC of ", stdout);
    app_put(stdout, domain.p, domain.n);
    printf(": %s; %s\n", domain_policy(of), words[doctor_aligned(facts)]);
}

void doctor_text(const struct doctor_facts *facts, const struct doctor_report *report)
{
    text_head(facts, report);
    for (size_t i = 0; i < report->n; i++)
        doctor_text_finding(facts, &report->finding[i]);
    for (int i = 0; i < 2; i++)
        if (facts->side[i].on)
            text_side(&facts->side[i]);
    text_dmarc(facts);
    if (!facts->side[0].facts.zones && !facts->side[1].facts.zones)
        fputs(OUT_LEAD "not asked: block lists (--dnsbl usual)\n", stdout);
}

/* ---- JSON --------------------------------------------------------------------- */

static void json_finding(struct app_json *json, const struct doctor_facts *facts,
                         const struct doctor_finding *finding)
{
    char text[DOMAIN_SENTENCE], fix[DOMAIN_SENTENCE], ip[64] = "";
    const size_t n = doctor_say(facts, finding, QUOTH_CHECK_SENTENCE, text);
    const size_t fix_n = doctor_say(facts, finding, QUOTH_CHECK_FIX, fix);

    if (finding->side)
        out_ip(&finding->side->ip, ip);
    app_json_open(json, NULL, '{');
    app_json_text(json, "id", quoth_check_id(finding->f.id));
    app_json_text(json, "grade", quoth_grade_name((enum quoth_grade)finding->f.grade));
    app_json_text(json, "ip", ip);
    domain_json_row(json, &finding->f, (struct quoth_span) {text, n},
                    (struct quoth_span) {fix, fix_n});
    app_json_close(json, '}');
}

void doctor_json_findings(struct app_json *json, const struct doctor_facts *facts,
                          const struct doctor_report *report)
{
    app_json_open(json, "findings", '[');
    for (size_t i = 0; i < report->n; i++)
        json_finding(json, facts, &report->finding[i]);
    app_json_close(json, ']');
}

static void json_calls(struct app_json *json, const struct doctor_side *side)
{
    char ip[64];

    app_json_open(json, "servers", '[');
    for (unsigned i = 0; i < side->calls; i++) {
        const struct doctor_call *call = &side->call[i];
        app_json_open(json, NULL, '{');
        app_json_text(json, "host", call->host);
        out_ip(&call->peer.ip, ip);
        app_json_text(json, "ip", ip);
        app_json_bool(json, "connected", call->connected);
        app_json_text(json, "error",
                      call->connected || !call->err ? NULL : app_err_words(call->err));
        app_json_text(json, "name", call->name);
        out_ip(&call->seen, ip);
        app_json_text(json, "sees", ip);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
}

static void json_side(struct app_json *json, const struct doctor_side *side)
{
    static const char *const how[] = {"unknown", "given", "seen", "own"};
    const struct quoth_identity_facts *facts = &side->facts;
    char ip[64];

    app_json_open(json, NULL, '{');
    out_ip(&side->ip, ip);
    app_json_text(json, "ip", ip);
    app_json_text(json, "how", how[side->how]);
    out_ip(&side->local, ip);
    app_json_text(json, "local", ip);
    json_calls(json, side);
    app_json_open(json, "ptr", '[');
    for (unsigned i = 0; i < facts->names; i++) {
        app_json_open(json, NULL, '{');
        app_json_str(json, "name", facts->text + facts->name[i].name.at, facts->name[i].name.n);
        app_json_bool(json, "leads_back", facts->name[i].leads);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
    app_json_text(json, "spf",
                  facts->spf < QUOTH_SPF_RESULTS
                      ? quoth_spf_result_name((enum quoth_spf_result)facts->spf)
                      : NULL);
    app_json_open(json, "lists", '[');
    for (unsigned i = 0; i < facts->zones; i++) {
        const struct quoth_fact_listing *list = &facts->zone[i];
        app_json_open(json, NULL, '{');
        app_json_str(json, "zone", facts->text + list->zone.at, list->zone.n);
        app_json_text(json, "state", quoth_listing_name((enum quoth_listing)list->listing));
        out_ip(&(struct quoth_ip) {4, {list->code[0], list->code[1], list->code[2], list->code[3]}},
               ip);
        app_json_text(json, "code", list->code[0] ? ip : NULL);
        if (list->words.n)
            app_json_str(json, "words", facts->text + list->words.at, list->words.n);
        else
            app_json_null(json, "words");
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
    app_json_close(json, '}');
}

static void json_dmarc(struct app_json *json, const struct doctor_facts *facts)
{
    const struct quoth_facts *of = doctor_written(facts);
    const enum doctor_aligned aligned = doctor_aligned(facts);

    app_json_open(json, "dmarc", '{');
    app_json_text(json, "domain", of->checks ? of->text + of->domain.at : NULL);
    app_json_text(json, "effective", *domain_policy(of) ? domain_policy(of) : NULL);
    if (aligned)
        app_json_bool(json, "spf_aligned", aligned == DOCTOR_ALIGNED_YES);
    else
        app_json_null(json, "spf_aligned");
    app_json_close(json, '}');
}

void doctor_json_write(const struct doctor_facts *facts, const struct doctor_report *report,
                       struct app_stream *out)
{
    struct app_json json = {out, 0};

    app_json_open(&json, NULL, '{');
    app_json_text(&json, "kind", "doctor");
    app_json_text(&json, "helo", facts->helo);
    app_json_text(&json, "from", facts->from);
    app_json_text(&json, "grade",
                  quoth_grade_name(report->n ? (enum quoth_grade)report->finding[0].f.grade
                                             : QUOTH_GRADE_OK));
    doctor_json_findings(&json, facts, report);
    app_json_open(&json, "addresses", '[');
    for (int i = 0; i < 2; i++)
        if (facts->side[i].on)
            json_side(&json, &facts->side[i]);
    app_json_close(&json, ']');
    json_dmarc(&json, facts);
    app_json_number(&json, "queries", out_queries(facts));
    app_json_number(&json, "ms", facts->ms);
    app_json_number(&json, "v", 1);
    app_json_close(&json, '}');
}

void doctor_json(const struct doctor_facts *facts, const struct doctor_report *report)
{
    struct app_stream out = {.f = stdout};

    doctor_json_write(facts, report, &out);
    putchar('\n');
}

/* ---- for monitoring ------------------------------------------------------------- */

void doctor_nagios(const struct doctor_facts *facts, const struct doctor_report *report)
{
    const char *join = ": ";

    printf("QUOTH %s - ", cli_grading_word(report->exit));
    app_put(stdout, facts->helo ? facts->helo : "doctor", facts->helo ? strlen(facts->helo) : 6);
    for (size_t i = 0; i < report->n; i++) {
        if (report->finding[i].f.grade == QUOTH_GRADE_NOTE)
            continue;
        printf("%s%s", join, quoth_check_id(report->finding[i].f.id));
        join = ", ";
    }
    printf(" | queries=%u\n", out_queries(facts));
}

int doctor_prom(const struct doctor_facts *facts, const struct doctor_report *report,
                const char *file)
{
    struct prom prom = {.samples = {{.f = NULL}}};
    char ip[64];

    for (size_t i = 0; i < report->n; i++) {
        *ip = 0;
        if (report->finding[i].side)
            out_ip(&report->finding[i].side->ip, ip);
        prom_put(&prom, PROM_DOCTOR_FINDING, report->finding[i].f.grade,
                 quoth_check_id(report->finding[i].f.id), ip);
    }
    for (int k = 0; k < 2; k++)
        for (unsigned i = 0; i < facts->side[k].facts.zones; i++) {
            const struct quoth_identity_facts *side = &facts->side[k].facts;
            const unsigned listing = side->zone[i].listing;
            if (listing < QUOTH_LISTING_CLEAN || listing > QUOTH_LISTING_PROVIDER)
                continue; /* the list did not say */
            out_ip(&side->ip, ip);
            prom_put(&prom, PROM_LISTED, listing != QUOTH_LISTING_CLEAN,
                     side->text + side->zone[i].zone.at, ip);
        }
    prom_put(&prom, PROM_DOCTOR_GRADE, (unsigned)report->exit, NULL, NULL);
    prom_put(&prom, PROM_DOCTOR_QUERIES, out_queries(facts), NULL, NULL);
    prom_put(&prom, PROM_CHECKED, (uint64_t)time(NULL), NULL, NULL);
    return prom_end(&prom, file);
}
