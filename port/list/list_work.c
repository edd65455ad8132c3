/* list_work.c - rows on their way: to whoever answers them, and their answers to the sink.
 *
 *   list_work_row --> reason? --> list_work_unasked ----.
 *                     known?  --> list_work_known -------+--> list_out --> sink
 *                     else the engine --> list_work_told '
 *
 * Whoever has a run turns the engine and knows when to stop; nothing here waits. So a command, and
 * a server with many lists at once, share it.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include "list.h"

/* ---- an answer ---------------------------------------------------------- */

/* What is the same of every result. */
static struct app_result work_blank(const struct list_work *work)
{
    return (struct app_result) {.host = "",
                                .helo = work->conf->smtp.helo,
                                .from = work->conf->smtp.from,
                                .with_domain = work->o->list.with_domain,
                                .sandbox = work->o->sandbox != 0};
}

static int work_has_score(const struct app_result *result)
{
    struct quoth_score s;
    return quoth_score(&s, result->ev, result->reading.reason, result->lists);
}

/* 0 or -errno. */
static int work_answer(struct list_work *work, const struct list_row *row,
                       struct app_result *result)
{
    const uint8_t only = work->o->list.only;
    const char *p = NULL;
    size_t n = 0;

    if (list_sink_has(work->sink, row->id))
        return 0;
    app_listed_mark(work->listed, result);
    if (work->domains)
        list_domains_tell(work->domains, result);
    if (work_has_score(result))
        result->pattern = (int16_t)list_pattern_says(
            &work->pattern, result->ev->addr.local,
            (struct quoth_span) {result->ev->domain, strlen(result->ev->domain)});
    if ((!only || only >> result->verdict & 1) && (!work->o->quiet || work->o->list.output)) {
        int err = list_out_answer(&work->out, row, result);
        if (err)
            return err;
        p = work->out.text;
        n = work->out.n;
    }
    work->count.verdict[result->verdict]++;
    work->done++;
    work->cached += result->cached;
    list_sink_put(work->sink, row->id, result->verdict, p, n);
    return 0;
}

/* An unknown is no better than what an earlier run has learnt; anything else is worth keeping. */
static void work_remember(struct list_work *work, struct app_result *result,
                          struct quoth_evidence *old)
{
    if (!work->answers)
        return;
    answers_learn(work->answers, result);
    if (result->verdict != QUOTH_VERDICT_UNKNOWN) {
        answers_put(work->answers, result);
        return;
    }
    memset(old, 0, sizeof *old);
    old->addr = result->ev->addr;
    old->lists = result->ev->lists;
    memcpy(old->domain, result->ev->domain, sizeof old->domain);
    answers_get(work->answers, old, result, ANSWERS_KEPT);
}

/* Is this evidence of the address in that row? The list may have been rewritten since. */
static int work_is_of(const struct list_row *row, const struct quoth_evidence *evidence)
{
    const struct quoth_span *local = &evidence->addr.local;
    const size_t domain = strlen(evidence->domain);
    struct quoth_evidence now;

    if (evidence->addr.fault || !local->n)
        return 1;
    if (row->address_n == local->n + 1 + domain && row->address[local->n] == '@' &&
        !memcmp(row->address, local->p, local->n) &&
        !memcmp(row->address + local->n + 1, evidence->domain, domain))
        return 1; /* nearly always, and quicker than reading it again */
    memset(&now.addr, 0, sizeof now.addr);
    quoth_intake_address(&now, row->address, row->address_n);
    return now.addr.local.n == local->n && !memcmp(now.addr.local.p, local->p, local->n) &&
           !strcmp(now.domain, evidence->domain);
}

int list_work_told(struct list_work *work, uint32_t id, const struct quoth_batch_result *told)
{
    struct app_result result = work_blank(work);
    const struct list_row *row = &work->row;
    struct quoth_evidence old;
    int err;

    if (!work->adding || id != work->row.id) {
        row = &work->back;
        err = list_set_row(&work->set, id, 0, &work->back);
        if (err || !work_is_of(row, told->ev))
            return err ? err : -ESTALE;
    }
    result.ev = told->ev;
    result.host = told->mx;
    result.route = told->route;
    result.verdict = told->verdict;
    result.reading = told->reading;
    work_remember(work, &result, &old);
    return work_answer(work, row, &result);
}

/* ---- a row --------------------------------------------------------------- */

void list_work_text(struct list_work *work)
{
    struct quoth_evidence *evidence = &work->ev;

    memset(evidence, 0, sizeof *evidence);
    work->askable = !quoth_intake_address(evidence, work->row.address, work->row.address_n) &&
                    !quoth_intake_domain(evidence, work->conf) && !work->row.reason;
}

int list_work_known(struct list_work *work, int *known)
{
    struct app_result result = work_blank(work);

    *known = work->answers && answers_get(work->answers, &work->ev, &result, ANSWERS_FRESH);
    return *known ? work_answer(work, &work->row, &result) : 0;
}

int list_work_unasked(struct list_work *work)
{
    struct app_result result = work_blank(work);

    memset(&work->ev, 0, sizeof work->ev);
    work->ev.stop = work->row.reason;
    result.ev = &work->ev;
    result.verdict = quoth_judge(&work->ev, NULL, &result.reading);
    return work_answer(work, &work->row, &result);
}

int list_work_count(struct list_work *work, uint32_t id)
{
    struct list_row *row = &work->row;
    const int err = list_set_row(&work->set, id, 1, row);
    size_t at = err || row->reason ? 0 : row->address_n;

    while (at && row->address[at - 1] != '@')
        at--;
    if (!at)
        return err;
    return list_pattern_add(&work->pattern, (struct quoth_span) {row->address, at - 1},
                            (struct quoth_span) {row->address + at, row->address_n - at});
}

/* ---- the output ----------------------------------------------------------- */

/* Results beside the list's own columns have its delimiter; "results.tsv" says that it is a tab.
 * 0, or an exit code. */
static int work_delimiter(struct app_page *page, const struct list_work *work)
{
    const char *output = work->o->list.output, *dot = output ? strrchr(output, '.') : NULL;

    if (!dot || strcasecmp(dot, ".tsv") || !(app_formats[work->o->format].flags & APP_FORMAT_LISTS))
        return 0;
    if (!page->own_columns)
        page->delimiter = '\t';
    if (page->delimiter == '\t')
        return 0;
    return app_say(APP_EXIT_USAGE, output, "the results keep the list's delimiter: name them .csv");
}

int list_work_open(struct list_work *work, const struct list_sink_conf *conf)
{
    const struct app_list_options *list = &work->o->list;
    int rc =
        list_out_open(&work->out, &app_formats[work->o->format], &work->set, list->escape_formulas);

    if (rc)
        return app_say_error(APP_EXIT_INTERNAL, NULL, rc);
    rc = work_delimiter(&work->out.page, work);
    if (!rc)
        rc = list_sink_open(&work->sink, conf);
    if (rc)
        return rc;
    work->out.page.with_domain = list->with_domain;
    if ((!work->o->quiet || list->output) && list_out_head(&work->out))
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    return list_sink_head(work->sink, work->out.text, work->out.n);
}

void list_work_close(struct list_work *work)
{
    list_out_close(&work->out);
    list_set_close(&work->set);
    list_pattern_close(&work->pattern);
}
