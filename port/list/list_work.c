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
#include "list.h"

/* ---- an answer ---------------------------------------------------------- */

/* What is the same of every result. */
static struct app_result work_blank(const struct list_work *w)
{
    return (struct app_result) {.host = "",
                                .helo = w->conf->smtp.helo,
                                .from = w->conf->smtp.from,
                                .with_domain = w->o->list.with_domain,
                                .sandbox = w->o->sandbox != 0};
}

static int work_has_score(const struct app_result *r)
{
    struct quoth_score s;
    return quoth_score(&s, r->ev, r->reading.reason, r->lists);
}

/* 0 or errno. */
static int work_answer(struct list_work *w, const struct list_row *row, struct app_result *r)
{
    const uint8_t only = w->o->list.only;
    const char *p = NULL;
    size_t n = 0;

    if (list_sink_has(w->sink, row->id))
        return 0;
    app_listed_mark(w->listed, r);
    if (w->domains)
        list_domains_tell(w->domains, r);
    if (work_has_score(r))
        r->pattern =
            (int16_t)list_pattern_says(&w->pattern, r->ev->addr.local,
                                       (struct quoth_span) {r->ev->domain, strlen(r->ev->domain)});
    if ((!only || only >> r->verdict & 1) && (!w->o->quiet || w->o->list.output)) {
        int err = list_out_answer(&w->out, row, r);
        if (err)
            return err;
        p = w->out.text;
        n = w->out.n;
    }
    w->count.verdict[r->verdict]++;
    w->done++;
    w->cached += r->cached;
    list_sink_put(w->sink, row->id, r->verdict, p, n);
    return 0;
}

/* An unknown is no better than what an earlier run has learnt; anything else is worth keeping. */
static void work_remember(struct list_work *w, struct app_result *r, struct quoth_evidence *old)
{
    if (!w->answers)
        return;
    answers_learn(w->answers, r);
    if (r->verdict != QUOTH_VERDICT_UNKNOWN) {
        answers_put(w->answers, r);
        return;
    }
    memset(old, 0, sizeof *old);
    old->addr = r->ev->addr;
    old->lists = r->ev->lists;
    memcpy(old->domain, r->ev->domain, sizeof old->domain);
    answers_get(w->answers, old, r, ANSWERS_KEPT);
}

/* Is this evidence of the address in that row? The list may have been rewritten since. */
static int work_is_of(const struct list_row *row, const struct quoth_evidence *e)
{
    const struct quoth_span *local = &e->addr.local;
    const size_t domain = strlen(e->domain);
    struct quoth_evidence now;

    if (e->addr.fault || !local->n)
        return 1;
    if (row->address_n == local->n + 1 + domain && row->address[local->n] == '@' &&
        !memcmp(row->address, local->p, local->n) &&
        !memcmp(row->address + local->n + 1, e->domain, domain))
        return 1; /* nearly always, and quicker than reading it again */
    memset(&now.addr, 0, sizeof now.addr);
    quoth_intake_address(&now, row->address, row->address_n);
    return now.addr.local.n == local->n && !memcmp(now.addr.local.p, local->p, local->n) &&
           !strcmp(now.domain, e->domain);
}

int list_work_told(struct list_work *w, uint32_t id, const struct quoth_batch_result *result)
{
    struct app_result r = work_blank(w);
    const struct list_row *row = &w->row;
    struct quoth_evidence old;
    int err;

    if (!w->adding || id != w->row.id) {
        row = &w->back;
        err = list_set_row(&w->set, id, 0, &w->back);
        if (err || !work_is_of(row, result->ev))
            return err ? err : ESTALE;
    }
    r.ev = result->ev;
    r.host = result->mx;
    r.verdict = result->verdict;
    r.reading = result->reading;
    work_remember(w, &r, &old);
    return work_answer(w, row, &r);
}

/* ---- a row --------------------------------------------------------------- */

void list_work_text(struct list_work *w)
{
    struct quoth_evidence *e = &w->ev;

    memset(e, 0, sizeof *e);
    w->askable = !quoth_intake_address(e, w->row.address, w->row.address_n) &&
                 !quoth_intake_domain(e, w->conf) && !w->row.reason;
}

int list_work_known(struct list_work *w, int *known)
{
    struct app_result r = work_blank(w);

    *known = w->answers && answers_get(w->answers, &w->ev, &r, ANSWERS_FRESH);
    return *known ? work_answer(w, &w->row, &r) : 0;
}

int list_work_unasked(struct list_work *w)
{
    struct app_result r = work_blank(w);

    memset(&w->ev, 0, sizeof w->ev);
    w->ev.stop = w->row.reason;
    r.ev = &w->ev;
    r.verdict = quoth_judge(&w->ev, NULL, &r.reading);
    return work_answer(w, &w->row, &r);
}

int list_work_count(struct list_work *w, uint32_t id)
{
    struct list_row *row = &w->row;
    const int err = list_set_row(&w->set, id, 1, row);
    size_t at = err || row->reason ? 0 : row->address_n;

    while (at && row->address[at - 1] != '@')
        at--;
    if (!at)
        return err;
    return list_pattern_add(&w->pattern, (struct quoth_span) {row->address, at - 1},
                            (struct quoth_span) {row->address + at, row->address_n - at});
}

/* ---- the output ----------------------------------------------------------- */

int list_work_open(struct list_work *w, const struct list_sink_conf *conf)
{
    const struct app_list_options *l = &w->o->list;
    int rc = list_sink_open(&w->sink, conf);

    if (rc)
        return rc;
    rc = list_out_open(&w->out, &app_formats[w->o->format], &w->set, l->escape_formulas);
    if (rc)
        return app_say_error(APP_EXIT_INTERNAL, NULL, rc);
    w->out.page.with_domain = l->with_domain;
    if ((!w->o->quiet || l->output) && list_out_head(&w->out))
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    return list_sink_head(w->sink, w->out.text, w->out.n);
}

void list_work_close(struct list_work *w)
{
    list_out_close(&w->out);
    list_set_close(&w->set);
    list_pattern_close(&w->pattern);
}
