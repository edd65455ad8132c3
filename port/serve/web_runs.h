/* web_runs.h - what the routes do; each answers, or makes the client busy.
 *
 * SPDX-License-Identifier: MIT */
#ifndef WEB_RUNS_H
#define WEB_RUNS_H

#include <stdint.h>

struct web;
struct job;

void web_page(struct web *);
void web_openapi(struct web *);
void web_checks_post(struct web *);
void web_checks_get(struct web *);
void web_check_get(struct web *);
void web_reacher(struct web *);
void web_bulk_begin(struct web *); /* at the head of Reacher's list */
void web_bulk_piece(struct web *);
void web_bulk_end(struct web *); /* it is over, or broke off */
void web_bulk_post(struct web *);
void web_bulk_get(struct web *);
void web_bulk_results(struct web *);
/* As /v1/bulk/{} names it, or NULL: it has answered. */
struct job *web_bulk_asked(struct web *);
void web_aftership(struct web *);
void web_truemail(struct web *);
void web_kickbox(struct web *);
void web_zerobounce(struct web *);
void web_domain(struct web *);
void web_doctor(struct web *);
void web_forget(struct web *);
void web_jobs_begin(struct web *); /* at the head of a list that is sent */
void web_jobs_piece(struct web *);
void web_jobs_end(struct web *); /* it broke off */
void web_jobs_post(struct web *);
void web_jobs_list(struct web *);
void web_job_get(struct web *);
void web_job_delete(struct web *);
void web_job_plan(struct web *);
void web_job_events(struct web *);
void web_job_results(struct web *);
void web_job_pause(struct web *);
void web_job_resume(struct web *);
void web_job_cancel(struct web *);
/* The job that the path names, or NULL: it has answered. */
struct job *web_job_asked(struct web *);
/* Verdicts, parted by commas. 0 or -1. */
int web_only(const char *value, uint8_t *only);
/* The client has taken what was sent: more of the results. 0: that was all of them. */
int web_results_room(struct web *);
void web_results_end(struct web *);
void web_judge(struct web *);
void web_self(struct web *);
void web_metrics(struct web *);
void web_version(struct web *);
void web_healthz(struct web *);
void web_readyz(struct web *);

#endif
