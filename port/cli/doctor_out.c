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
#include "doctor.h"

#define OUT_LEAD "      " /* as domain_text_row() */

/* ---- words ------------------------------------------------------------------ */

struct out_words {
    char *buf;
    size_t n;
};

static void out_add(struct out_words *w, const char *text, size_t n)
{
    if (n > DOMAIN_SENTENCE - 1 - w->n)
        n = DOMAIN_SENTENCE - 1 - w->n;
    memcpy(w->buf + w->n, text, n);
    w->n += n;
}

static void out_ip(const struct quoth_ip *ip, char text[64])
{
    if (!ip->len || quoth_ip_text(ip, text, 64) <= 0)
        *text = 0;
}

/* One argument of a row's text. */
static void out_argument(struct out_words *w, char letter, const struct doctor_facts *f,
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
    case 'd': text = f->domain; break;
    case 'h': text = f->helo; break;
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
        out_add(w, text, strnlen(text, letter == 't' ? DOMAIN_SHOWN : 300));
}

size_t doctor_say(const struct doctor_facts *f, const struct doctor_finding *finding,
                  enum quoth_check_part part, char buf[DOMAIN_SENTENCE])
{
    struct out_words w = {buf, 0};
    char words[QUOTH_CHECK_WORDS];
    const char *text = quoth_check_words(finding->f.id, part, words);

    if (!finding->side && !*finding->text && f->sender.checks)
        return domain_say(&f->sender, &finding->f, part, buf);
    for (; *text; text++) {
        if (*text == '%' && strchr("dirhamnt", text[1]))
            out_argument(&w, *++text, f, finding);
        else
            out_add(&w, text, 1);
    }
    return w.n;
}

static unsigned out_count(const struct doctor_report *r, enum quoth_grade grade)
{
    unsigned n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += r->finding[i].f.grade == grade;
    return n;
}

static unsigned out_queries(const struct doctor_facts *f)
{
    return f->side[0].facts.queries + 0u + f->side[1].facts.queries + f->sender.queries +
           f->written.queries;
}

/* ---- text -------------------------------------------------------------------- */

void doctor_text_finding(const struct doctor_facts *f, const struct doctor_finding *finding)
{
    char text[DOMAIN_SENTENCE], fix[DOMAIN_SENTENCE];
    const size_t n = doctor_say(f, finding, QUOTH_CHECK_SENTENCE, text);
    const size_t fix_n = doctor_say(f, finding, QUOTH_CHECK_FIX, fix);

    domain_text_row(&finding->f, (struct quoth_span) {text, n}, (struct quoth_span) {fix, fix_n});
}

static void text_head(const struct doctor_facts *f, const struct doctor_report *r)
{
    char ip[64];

    if (f->helo)
        app_put(stdout, f->helo, strlen(f->helo));
    else
        fputs("no name", stdout);
    for (int i = 0; i < 2; i++)
        if (f->side[i].on) {
            out_ip(&f->side[i].ip, ip);
            printf(" [%s]", *ip ? ip : "address not known");
        }
    if (f->from) {
        fputs(", sender ", stdout);
        app_put(stdout, f->from, strlen(f->from));
    }
    printf("   %u bad, %u to mend, %u not known, %u to note   (%u questions, %u.%u s)\n\n",
           out_count(r, QUOTH_GRADE_BAD), out_count(r, QUOTH_GRADE_WARN),
           out_count(r, QUOTH_GRADE_UNKNOWN), out_count(r, QUOTH_GRADE_NOTE), out_queries(f),
           f->ms / 1000, f->ms / 100 % 10);
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
        printf(": %s%s%s\n",
               call->code      ? "refuses us"
               : call->greeted ? "talks to us"
                               : "silent",
               *seen ? ", sees " : "", seen);
    }
}

static void text_side(const struct doctor_side *side)
{
    const struct quoth_identity_facts *f = &side->facts;
    char ip[64];

    out_ip(&side->local, ip);
    printf("seen: IPv%u, this machine has %s\n", side->family, *ip ? ip : "no address");
    for (unsigned i = 0; i < side->calls; i++)
        text_call(&side->call[i]);
    for (unsigned i = 0; i < f->names; i++) {
        const struct quoth_part name = f->name[i].name;
        fputs(OUT_LEAD "name ", stdout);
        app_put(stdout, f->text + name.at, name.n);
        puts(f->name[i].leads ? ", which leads back" : "");
    }
    if (f->spf < QUOTH_SPF_RESULTS)
        printf(OUT_LEAD "SPF of the sender: %s\n",
               quoth_spf_result_name((enum quoth_spf_result)f->spf));
    for (unsigned i = 0; i < f->zones; i++) {
        const struct quoth_fact_listing *list = &f->zone[i];
        printf(OUT_LEAD "%s: %s", f->text + list->zone.at,
               quoth_listing_name((enum quoth_listing)list->listing));
        if (list->words.n) {
            fputs(", ", stdout);
            app_put(stdout, f->text + list->words.at, list->words.n);
        }
        putchar('\n');
    }
}

/* What DMARC makes of what we send. */
static void text_dmarc(const struct doctor_facts *f)
{
    static const char *const words[] = {"whether SPF counts for it is not known",
                                        "SPF of the sender does not count for it",
                                        "SPF of the sender counts for it"};
    const struct quoth_facts *of = doctor_written(f);
    const struct quoth_span domain = quoth_facts_text(of, of->domain);

    if (!*domain_policy(of))
        return;
    fputs("seen: DMARC of ", stdout);
    app_put(stdout, domain.p, domain.n);
    printf(": %s; %s\n", domain_policy(of), words[doctor_aligned(f)]);
}

void doctor_text(const struct doctor_facts *f, const struct doctor_report *r)
{
    text_head(f, r);
    for (size_t i = 0; i < r->n; i++)
        doctor_text_finding(f, &r->finding[i]);
    for (int i = 0; i < 2; i++)
        if (f->side[i].on)
            text_side(&f->side[i]);
    text_dmarc(f);
    if (!f->side[0].facts.zones && !f->side[1].facts.zones)
        fputs(OUT_LEAD "not asked: block lists (--dnsbl usual)\n", stdout);
}

/* ---- JSON --------------------------------------------------------------------- */

static void json_finding(struct app_json *w, const struct doctor_facts *f,
                         const struct doctor_finding *finding)
{
    char text[DOMAIN_SENTENCE], fix[DOMAIN_SENTENCE], ip[64] = "";
    const size_t n = doctor_say(f, finding, QUOTH_CHECK_SENTENCE, text);
    const size_t fix_n = doctor_say(f, finding, QUOTH_CHECK_FIX, fix);

    if (finding->side)
        out_ip(&finding->side->ip, ip);
    app_json_open(w, NULL, '{');
    app_json_text(w, "id", quoth_check_id(finding->f.id));
    app_json_text(w, "grade", quoth_grade_name((enum quoth_grade)finding->f.grade));
    app_json_text(w, "ip", ip);
    domain_json_row(w, &finding->f, (struct quoth_span) {text, n},
                    (struct quoth_span) {fix, fix_n});
    app_json_close(w, '}');
}

void doctor_json_findings(struct app_json *w, const struct doctor_facts *f,
                          const struct doctor_report *r)
{
    app_json_open(w, "findings", '[');
    for (size_t i = 0; i < r->n; i++)
        json_finding(w, f, &r->finding[i]);
    app_json_close(w, ']');
}

static void json_calls(struct app_json *w, const struct doctor_side *side)
{
    char ip[64];

    app_json_open(w, "servers", '[');
    for (unsigned i = 0; i < side->calls; i++) {
        const struct doctor_call *call = &side->call[i];
        app_json_open(w, NULL, '{');
        app_json_text(w, "host", call->host);
        out_ip(&call->peer.ip, ip);
        app_json_text(w, "ip", ip);
        app_json_bool(w, "connected", call->connected);
        app_json_text(w, "error", call->connected || !call->err ? NULL : app_err_words(call->err));
        app_json_text(w, "name", call->name);
        out_ip(&call->seen, ip);
        app_json_text(w, "sees", ip);
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
}

static void json_side(struct app_json *w, const struct doctor_side *side)
{
    static const char *const how[] = {"unknown", "given", "seen", "own"};
    const struct quoth_identity_facts *f = &side->facts;
    char ip[64];

    app_json_open(w, NULL, '{');
    out_ip(&side->ip, ip);
    app_json_text(w, "ip", ip);
    app_json_text(w, "how", how[side->how]);
    out_ip(&side->local, ip);
    app_json_text(w, "local", ip);
    json_calls(w, side);
    app_json_open(w, "ptr", '[');
    for (unsigned i = 0; i < f->names; i++) {
        app_json_open(w, NULL, '{');
        app_json_str(w, "name", f->text + f->name[i].name.at, f->name[i].name.n);
        app_json_bool(w, "leads_back", f->name[i].leads);
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
    app_json_text(w, "spf",
                  f->spf < QUOTH_SPF_RESULTS ? quoth_spf_result_name((enum quoth_spf_result)f->spf)
                                             : NULL);
    app_json_open(w, "lists", '[');
    for (unsigned i = 0; i < f->zones; i++) {
        const struct quoth_fact_listing *list = &f->zone[i];
        app_json_open(w, NULL, '{');
        app_json_str(w, "zone", f->text + list->zone.at, list->zone.n);
        app_json_text(w, "state", quoth_listing_name((enum quoth_listing)list->listing));
        out_ip(&(struct quoth_ip) {4, {list->code[0], list->code[1], list->code[2], list->code[3]}},
               ip);
        app_json_text(w, "code", list->code[0] ? ip : NULL);
        if (list->words.n)
            app_json_str(w, "words", f->text + list->words.at, list->words.n);
        else
            app_json_null(w, "words");
        app_json_close(w, '}');
    }
    app_json_close(w, ']');
    app_json_close(w, '}');
}

static void json_dmarc(struct app_json *w, const struct doctor_facts *f)
{
    const struct quoth_facts *of = doctor_written(f);
    const enum doctor_aligned aligned = doctor_aligned(f);

    app_json_open(w, "dmarc", '{');
    app_json_text(w, "domain", of->checks ? of->text + of->domain.at : NULL);
    app_json_text(w, "effective", *domain_policy(of) ? domain_policy(of) : NULL);
    if (aligned)
        app_json_bool(w, "spf_aligned", aligned == DOCTOR_ALIGNED_YES);
    else
        app_json_null(w, "spf_aligned");
    app_json_close(w, '}');
}

void doctor_json(const struct doctor_facts *f, const struct doctor_report *r)
{
    struct app_stream out = {.f = stdout};
    struct app_json w = {&out, 0};

    app_json_open(&w, NULL, '{');
    app_json_text(&w, "kind", "doctor");
    app_json_text(&w, "helo", f->helo);
    app_json_text(&w, "from", f->from);
    app_json_text(
        &w, "grade",
        quoth_grade_name(r->n ? (enum quoth_grade)r->finding[0].f.grade : QUOTH_GRADE_OK));
    doctor_json_findings(&w, f, r);
    app_json_open(&w, "addresses", '[');
    for (int i = 0; i < 2; i++)
        if (f->side[i].on)
            json_side(&w, &f->side[i]);
    app_json_close(&w, ']');
    json_dmarc(&w, f);
    app_json_number(&w, "queries", out_queries(f));
    app_json_number(&w, "ms", f->ms);
    app_json_number(&w, "v", 1);
    app_json_close(&w, '}');
    putchar('\n');
}

/* ---- for monitoring ------------------------------------------------------------- */

void doctor_nagios(const struct doctor_facts *f, const struct doctor_report *r)
{
    const char *join = ": ";

    printf("QUOTH %s - ", cli_grading_word(r->exit));
    app_put(stdout, f->helo ? f->helo : "doctor", f->helo ? strlen(f->helo) : 6);
    for (size_t i = 0; i < r->n; i++) {
        if (r->finding[i].f.grade == QUOTH_GRADE_NOTE)
            continue;
        printf("%s%s", join, quoth_check_id(r->finding[i].f.id));
        join = ", ";
    }
    printf(" | queries=%u\n", out_queries(f));
}

/* Two samples of one series are none. */
static int out_is_again(const struct doctor_report *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r->finding[i].f.id == r->finding[n].f.id && r->finding[i].side == r->finding[n].side)
            return 1;
    return 0;
}

void doctor_prom(const struct doctor_facts *f, const struct doctor_report *r)
{
    char ip[64];

    for (size_t i = 0; i < r->n; i++) {
        if (out_is_again(r, i))
            continue;
        *ip = 0;
        if (r->finding[i].side)
            out_ip(&r->finding[i].side->ip, ip);
        printf("quoth_doctor_finding{id=\"%s\",ip=\"%s\"} %u\n", quoth_check_id(r->finding[i].f.id),
               ip, r->finding[i].f.grade);
    }
    for (int k = 0; k < 2; k++)
        for (unsigned i = 0; i < f->side[k].facts.zones; i++) {
            const struct quoth_identity_facts *facts = &f->side[k].facts;
            out_ip(&facts->ip, ip);
            printf("quoth_listed{zone=\"%s\",ip=\"%s\"} %d\n", facts->text + facts->zone[i].zone.at,
                   ip,
                   facts->zone[i].listing == QUOTH_LISTING_LISTED ||
                       facts->zone[i].listing == QUOTH_LISTING_PROVIDER);
        }
    printf("quoth_doctor_grade %d\n", r->exit);
    printf("quoth_doctor_queries %u\n", out_queries(f));
}
