/* web_runs.h - what the routes do; each answers, or makes the client busy.
 *
 * SPDX-License-Identifier: MIT */
#ifndef WEB_RUNS_H
#define WEB_RUNS_H

struct web;

void web_page(struct web *);
void web_openapi(struct web *);
void web_checks_post(struct web *);
void web_checks_get(struct web *);
void web_check_get(struct web *);
void web_reacher(struct web *);
void web_aftership(struct web *);
void web_domain(struct web *);
void web_forget(struct web *);
void web_judge(struct web *);
void web_self(struct web *);
void web_metrics(struct web *);
void web_version(struct web *);
void web_healthz(struct web *);
void web_readyz(struct web *);

#endif
