/* why.c - `--why`: from the rule that read a refusal to the record that may have caused it.
 *
 *   rule --core/data/advice.txt--> ids of findings --> the checks they come from --> findings
 *   our address: --why=IP, else the one in the refusal, else one of this machine that is public
 *
 * No server is called, and name servers are asked for nothing that the rule does not lead to.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "posix.h"
#include "why.h"

/* ---- what is to be looked at -------------------------------------------------- */

/* Is it one of the blank-separated ids? */
static int why_holds(const char *ids, const char *id)
{
    return probe_has_word(ids, id, strlen(id));
}

/* QUOTH_IDENTITY_* that these come from. */
static uint8_t why_checks(const char *ids)
{
    static const struct {
        const char *group;
        uint8_t checks;
    } rows[] = {{"ptr.", QUOTH_IDENTITY_PTR},
                {"helo.", QUOTH_IDENTITY_PTR | QUOTH_IDENTITY_HELO},
                {"spf", QUOTH_IDENTITY_SPF},
                {"dnsbl.", QUOTH_IDENTITY_LISTS}};
    unsigned checks = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(ids, rows[i].group))
            checks |= rows[i].checks;
    return (uint8_t)checks;
}

/* The address as the server sees it, by what is at hand. */
static void why_address(struct why *why, const struct app_options *options,
                        const struct quoth_evidence *evidence)
{
    struct doctor_run *run = &why->run;
    struct doctor_side *side = &run->facts.side[0];
    uint8_t len = evidence->peer.ip.len == 16 ? 16 : 4;

    if (options->why_ip.len) {
        len = options->why_ip.len;
        side->ip = options->why_ip;
        side->how = DOCTOR_GIVEN;
    }
    side->family = len == 4 ? 4 : 6;
    side->on = side->calls = 1;
    if (!doctor_seen(evidence->words, evidence->said.n, &evidence->peer.ip, &side->call[0].seen))
        side->call[0].seen.len = 0;
    if (!options->sandbox)
        (void)quoth_posix_source(len, &side->local); /* len 0: no way out */
    doctor_address(side, &run->seen);
    side->calls = 0;
}

/* Of the findings those that the rule leads to, or that say why there are none. */
static void why_keep(struct why *why)
{
    struct doctor_report *report = &why->report;
    size_t n = 0;

    for (size_t i = 0; i < report->n; i++) {
        const char *id = quoth_check_id(report->finding[i].f.id);
        if (why_holds(why->ids, id) || !strcmp(id, "ip.unknown"))
            report->finding[n++] = report->finding[i];
    }
    report->n = n;
}

int why_refused(const struct app_options *options)
{
    (void)options;
    return 0;
}

int why_ask(struct why *why, const struct app_options *options, struct app_setup *setup,
            const struct app_result *result)
{
    static const struct cli_grading all;
    struct doctor_side *side = &why->run.facts.side[0];
    const char *ids;
    int rc;

    why->rule = result->reading.rule ? result->reading.rule : "";
    ids = quoth_advice(why->rule, why->words);
    why->ids = ids;
    why->report.n = 0;
    if (!ids || !*ids)
        return 0;
    doctor_begin(&why->run, options, setup);
    if (strstr(why->ids, "dnsbl."))
        doctor_usual_zones(&why->run);
    why_address(why, options, result->ev);
    rc = doctor_identity(&why->run, side, why_checks(why->ids));
    if (!rc && why_holds(why->ids, "sender.none"))
        rc = doctor_sender(&why->run);
    if (rc)
        return rc;
    doctor_judge(&why->run.facts, &all, &why->report);
    why_keep(why);
    return 0;
}

/* ---- printing -------------------------------------------------------------------- */

void why_text(const struct why *why)
{
    const struct doctor_report *report = &why->report;

    if (!why->ids || !*why->ids) {
        puts(why->ids
                 ? "\nwhy: nothing to do on our side"
                 : "\nwhy: no refusal decided it; `quoth doctor` looks at port 25 and the rest");
        return;
    }
    printf("\nwhy: it is us whom the server refused (%s)%s\n", why->rule,
           report->n ? "" : "; nothing that leads to it is wrong:");
    for (size_t i = 0; i < report->n; i++)
        doctor_text_finding(&why->run.facts, &report->finding[i]);
    fputs("      looked at: ", stdout);
    app_wrap(stdout, (struct quoth_span) {why->ids, strlen(why->ids)}, 17, 100, "      ");
    putchar('\n');
}

void why_json(struct app_json *json, const void *arg)
{
    const struct why *why = arg;

    if (!why->ids) {
        app_json_null(json, "why");
        return;
    }
    app_json_open(json, "why", '{');
    app_json_bool(json, "ours", *why->ids != 0);
    app_json_open(json, "looked_at", '[');
    for (const char *p = why->ids; *p; p += strspn(p, " ")) {
        const size_t n = strcspn(p, " ");
        app_json_str(json, NULL, p, n);
        p += n;
    }
    app_json_close(json, ']');
    doctor_json_findings(json, &why->run.facts, &why->report);
    app_json_close(json, '}');
}
