/* doctor_judge.c - what servers and name servers said of us, to what is to be thought of it.
 *
 *   answers to EHLO --> our address               facts --> port 25, address, sender --+
 *                       core/domain/identity.c --> its findings, of each family -------+--> report
 *                       core/domain/health.c   --> those of the sender's domain -------+
 *
 * Pure. Nothing is called bad that was not seen: one server that cannot be reached may be down, and
 * an address that nobody told stays unknown.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include "doctor.h"

/* ---- our address --------------------------------------------------------- */

/* How many bytes could be an address. */
static size_t seen_run(const char *p, size_t n)
{
    size_t k = 0;

    while (k < n && p[k] && strchr("0123456789abcdefABCDEF.:", p[k]))
        k++;
    while (k && p[k - 1] == '.') /* of the sentence */
        k--;
    return k;
}

int doctor_seen(const char *words, size_t n, const struct quoth_ip *server, struct quoth_ip *ip)
{
    static const char marks[][8] = {"[IPv6:", "[", "ip=", "/ip/"};

    for (size_t at = 0; at < n; at++)
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            const size_t len = strlen(marks[i]);
            size_t run;
            if (n - at <= len || strncasecmp(words + at, marks[i], len) != 0)
                continue;
            run = seen_run(words + at + len, n - at - len);
            if (quoth_ip_parse(ip, words + at + len, run) == QUOTH_OK &&
                memcmp(ip, server, sizeof *ip) != 0)
                return 1;
        }
    return 0;
}

void doctor_address(struct doctor_side *side, const struct quoth_targets *targets)
{
    if (side->how == DOCTOR_GIVEN)
        return;
    for (unsigned i = 0; i < side->calls; i++)
        if (quoth_target_ok(targets, &side->call[i].seen)) {
            side->ip = side->call[i].seen;
            side->how = DOCTOR_SEEN;
            return;
        }
    if (quoth_target_ok(targets, &side->local)) {
        side->ip = side->local;
        side->how = DOCTOR_OWN;
    }
}

/* ---- findings ------------------------------------------------------------- */

struct doctor_judging {
    const struct doctor_facts *f;
    const struct cli_grading *grading;
    struct doctor_report *r;
};

static void judge_put(struct doctor_judging *judging, const struct doctor_side *side,
                      const struct quoth_finding *finding, const char *text)
{
    struct doctor_finding *to = &judging->r->finding[judging->r->n];

    if (judging->r->n == DOCTOR_FINDINGS ||
        cli_grading_ignores(judging->grading, quoth_check_id(finding->id)))
        return;
    judging->r->n++;
    judging->r->grades |= 1u << finding->grade;
    *to = (struct doctor_finding) {*finding, side, ""};
    snprintf(to->text, sizeof to->text, "%s", text);
}

/* A finding of ours, by its id. */
static void judge_add(struct doctor_judging *judging, const struct doctor_side *side,
                      const char *id, unsigned num, const char *format, ...)
{
    struct quoth_finding finding = {.num = (uint16_t)num};
    char text[DOCTOR_TEXT];
    va_list args;

    while (strcmp(quoth_check_id(finding.id), id) != 0)
        finding.id++;
    finding.grade = (uint8_t)quoth_check_grade(finding.id, QUOTH_PROFILE_SENDING);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    judge_put(judging, side, &finding, text);
}

/* ---- port 25 -------------------------------------------------------------- */

static const char *judge_err(const struct doctor_call *call)
{
    return call->err ? app_err_words(call->err) : "it hung up";
}

/* The last two labels of a name, or halves of an address. */
static const char *judge_site(const char *host)
{
    const char *at = host + strlen(host);

    for (int dots = 0; at > host; at--)
        if (at[-1] == '.' && ++dots == 2)
            break;
    return at;
}

/* Hosts of one operator say little of what is between us and them: it may well be one server. */
static int judge_is_one(const struct doctor_call *a, const struct doctor_call *b)
{
    return !strcasecmp(judge_site(a->host), judge_site(b->host)) ||
           !memcmp(&a->peer, &b->peer, sizeof a->peer);
}

/* Servers of several operators that all were to be called, and could not be. */
static void judge_reach(struct doctor_judging *judging, const struct doctor_side *side)
{
    const struct doctor_call *lost = NULL;
    unsigned called = 0, connected = 0, apart = 0;

    for (unsigned i = 0; i < side->calls; i++) {
        const struct doctor_call *call = &side->call[i];
        called += call->peer.ip.len != 0;
        connected += call->connected;
        if (call->peer.ip.len && !call->connected)
            lost = call;
        for (unsigned k = 0; call->peer.ip.len && k < i; k++)
            apart += side->call[k].peer.ip.len && !judge_is_one(call, &side->call[k]);
    }
    if (!called)
        judge_add(judging, side, "port25.unknown", 0, "%s", "no host to call could be found");
    else if (lost && !connected && !apart)
        judge_add(judging, side, "port25.unknown", 0, "%s: %s", lost->host, judge_err(lost));
    else if (lost && !connected)
        judge_add(judging, side, "port25.blocked", called, "%s: %s", lost->host, judge_err(lost));
    else if (lost)
        judge_add(judging, side, "port25.partly", 0, "%s: %s", lost->host, judge_err(lost));
}

/* One key at two hosts, in a certificate that does not name both: else it is one operator's. */
static int judge_same_key(const struct doctor_call *a, const struct doctor_call *b)
{
    return a->has_key && b->has_key && (a->cert | b->cert) & QUOTH_CERT_WRONG_NAME &&
           !memcmp(a->key, b->key, sizeof a->key);
}

/* Is it the same server that answered in the place of two that have nothing to do with each other,
 * or did somebody change what was said? */
static void judge_intercepted(struct doctor_judging *judging, const struct doctor_side *side)
{
    for (unsigned i = 0; i < side->calls; i++) {
        const struct doctor_call *call = &side->call[i];
        if (call->masked) {
            judge_add(judging, side, "port25.intercepted", 0, "%s: what it says was crossed out",
                      call->host);
            return;
        }
        for (unsigned k = 0; k < i; k++) {
            const struct doctor_call *other = &side->call[k];
            if (judge_is_one(call, other))
                continue;
            if (judge_same_key(call, other) ||
                (*call->name && !strcasecmp(call->name, other->name))) {
                judge_add(judging, side, "port25.intercepted", 0, "%s and %s are one server, %s",
                          other->host, call->host, *call->name ? call->name : "by its key");
                return;
            }
        }
    }
}

static void judge_calls(struct doctor_judging *judging, const struct doctor_side *side)
{
    unsigned dated = 0, seen = 0;

    judge_reach(judging, side);
    judge_intercepted(judging, side);
    for (unsigned i = 0; i < side->calls; i++) {
        const struct doctor_call *call = &side->call[i];
        if (call->code)
            judge_add(judging, side, "port25.refused", call->code, "%s: %u %s", call->host,
                      call->code, call->words);
        if (judging->f->helo && *call->name && !strcasecmp(call->name, judging->f->helo))
            judge_add(judging, side, "helo.theirs", 0, "%s", call->name);
        seen += call->has_key;
        dated += call->has_key && call->cert & QUOTH_CERT_EXPIRED;
    }
    if (!judging->f->no_clock && seen > 1 && dated == seen)
        judge_add(judging, side, "ip.clock", 0, "%s", "");
}

/* ---- the address, the sender ----------------------------------------------- */

static void judge_ip(struct doctor_judging *judging, const struct doctor_side *side)
{
    char ip[46];

    if (!side->ip.len) {
        judge_add(judging, side, "ip.unknown", 0, "IPv%u", side->family);
        return;
    }
    for (unsigned i = 0; side->how == DOCTOR_SEEN && i < side->calls; i++) {
        const struct doctor_call *call = &side->call[i];
        if (!call->seen.len || !memcmp(&call->seen, &side->ip, sizeof side->ip) ||
            quoth_ip_text(&call->seen, ip, sizeof ip) <= 0)
            continue;
        judge_add(judging, side, "ip.differs", 0, "%s", ip);
        return;
    }
}

static void judge_sender(struct doctor_judging *judging)
{
    const struct doctor_facts *facts = judging->f;
    const struct quoth_fact_host *own = &facts->sender.host[0];
    const char *why = NULL;
    struct quoth_finding found[QUOTH_FINDINGS_MAX];
    size_t n;

    if (!*facts->domain)
        return;
    if (quoth_list_domain(facts->domain, strlen(facts->domain)) & QUOTH_LIST_DISPOSABLE)
        judge_add(judging, NULL, "sender.disposable", 0, "%s", "");
    if (!facts->sender.checks)
        return;
    if (facts->sender.mx_null && !facts->sender.hosts)
        why = "null MX";
    else if (facts->sender.mx == QUOTH_ANSWER_NXDOMAIN)
        why = "no such domain";
    else if (facts->sender.mx == QUOTH_ANSWER_NODATA && own->a == QUOTH_ANSWER_NODATA &&
             (own->aaaa == QUOTH_ANSWER_NODATA || !own->aaaa))
        why = "neither MX nor address";
    if (why)
        judge_add(judging, NULL, "sender.none", 0, "%s", why);
    n = quoth_health_judge(&facts->sender, QUOTH_PROFILE_SENDING, found);
    for (size_t i = 0; i < n; i++)
        judge_put(judging, NULL, &found[i], "");
}

/* The end of a name of `labels` labels: `keep` of them. */
static struct quoth_span judge_tail(struct quoth_span name, unsigned labels, unsigned keep)
{
    for (; labels > keep; labels--) {
        const char *dot = memchr(name.p, '.', name.n);
        name.n -= (size_t)(dot + 1 - name.p);
        name.p = dot + 1;
    }
    return name;
}

/* The record that counts for the domain. 1, or 0: there is none. */
static int judge_record(const struct quoth_facts *facts, struct quoth_dmarc *dmarc)
{
    const struct quoth_span record = quoth_facts_text(facts, facts->dmarc.record);

    return record.n && quoth_dmarc_read(dmarc, record.p, record.n) == QUOTH_OK;
}

const struct quoth_facts *doctor_written(const struct doctor_facts *facts)
{
    return facts->written.checks ? &facts->written : &facts->sender;
}

enum doctor_aligned doctor_aligned(const struct doctor_facts *facts)
{
    const struct quoth_facts *side[2] = {&facts->sender, doctor_written(facts)};
    struct quoth_span name[2];
    struct quoth_dmarc dmarc;

    if (!facts->sender.checks || !judge_record(side[1], &dmarc))
        return DOCTOR_ALIGNED_UNKNOWN;
    for (int i = 0; i < 2; i++) {
        name[i] = quoth_facts_text(side[i], side[i]->domain);
        if (!side[i]->org_labels)
            return DOCTOR_ALIGNED_UNKNOWN;
        if (!(dmarc.flags & QUOTH_DMARC_STRICT_SPF))
            name[i] = judge_tail(name[i], side[i]->labels, side[i]->org_labels);
    }
    return name[0].n == name[1].n && !memcmp(name[0].p, name[1].p, name[0].n) ? DOCTOR_ALIGNED_YES
                                                                              : DOCTOR_ALIGNED_NO;
}

/* A policy in force for which what we send counts by its signature alone. */
static void judge_aligned(struct doctor_judging *judging)
{
    const struct quoth_facts *of = doctor_written(judging->f);
    enum quoth_dmarc_policy policy;
    struct quoth_dmarc dmarc;

    if (doctor_aligned(judging->f) != DOCTOR_ALIGNED_NO || !judge_record(of, &dmarc))
        return;
    policy = quoth_dmarc_policy(&dmarc, of->dmarc_labels == of->labels ? QUOTH_DMARC_SELF
                                                                       : QUOTH_DMARC_BELOW);
    if (policy > QUOTH_DMARC_NONE)
        judge_add(judging, NULL, "sender.unaligned", 0, "%s (%s)", judging->f->author,
                  quoth_dmarc_policy_name(policy));
}

/* What is found of the address: once of both families what does not depend on it. 1: it has no name
 * that leads back, 2: that could not be asked for. */
static int judge_names_bad(struct doctor_judging *judging, const struct doctor_side *side)
{
    static struct quoth_finding found[QUOTH_FINDINGS_MAX];
    const size_t n = quoth_identity_judge(&side->facts, found);
    int bad = 0;

    for (size_t i = 0; i < n; i++) {
        const char *id = quoth_check_id(found[i].id);
        int again = 0;
        for (size_t k = 0; k < judging->r->n; k++)
            again |= judging->r->finding[k].f.id == found[i].id &&
                     judging->r->finding[k].side != side &&
                     (!strcmp(id, "helo.bare") || !strcmp(id, "helo.provider") ||
                      !strcmp(id, "sender.spf_none") || !strcmp(id, "sender.spf_broken"));
        if (!again)
            judge_put(judging, side, &found[i], "");
        bad |= !strcmp(id, "ptr.missing") || !strcmp(id, "ptr.forward");
        bad |= strcmp(id, "ptr.forward_unknown") ? 0 : 2;
    }
    return bad;
}

/* The worst first, those that are unknown between warnings and notes. */
static void judge_sort(struct doctor_report *report)
{
    for (size_t i = 1; i < report->n; i++) {
        const struct doctor_finding one = report->finding[i];
        size_t k = i;
        for (; k && quoth_grade_rank((enum quoth_grade)report->finding[k - 1].f.grade) >
                        quoth_grade_rank((enum quoth_grade)one.f.grade);
             k--)
            report->finding[k] = report->finding[k - 1];
        report->finding[k] = one;
    }
}

void doctor_judge(const struct doctor_facts *facts, const struct cli_grading *grading,
                  struct doctor_report *report)
{
    struct doctor_judging judging = {facts, grading, report};
    int bad[2] = {0, 0};

    report->n = 0;
    report->grades = 0;
    if (!facts->helo)
        judge_add(&judging, NULL, "helo.none", 0, "%s", "");
    for (int i = 0; i < 2; i++) {
        const struct doctor_side *side = &facts->side[i];
        if (!side->on)
            continue;
        judge_ip(&judging, side);
        if (facts->helo)
            judge_calls(&judging, side);
        bad[i] = judge_names_bad(&judging, side);
    }
    if (facts->no_clock)
        judge_add(&judging, NULL, "ip.clock", 0, "%s", "");
    if (bad[1] & 1 && facts->side[0].facts.ptr == QUOTH_ANSWER_DATA && !bad[0])
        judge_add(&judging, &facts->side[1], "ip.v6_weaker", 0, "%s", "");
    judge_sender(&judging);
    judge_aligned(&judging);
    judge_sort(report);
    report->exit = cli_grading_exit(grading, report->grades);
}
