/* why.h - `--why`: a server refused us, so what is wrong on our side?
 *
 * SPDX-License-Identifier: MIT */
#ifndef WHY_H
#define WHY_H

#include "doctor.h"

struct why {          /* large */
    const char *rule; /* of the judge; "": none decided */
    const char *ids;  /* findings that the rule leads to; "": none, it is not about us; NULL: it
                       * was no refusal that decided */
    char words[QUOTH_ADVICE_WORDS]; /* of `ids` */
    struct doctor_run run;
    struct doctor_report report; /* of them, those that are so */
};

/* 0, or an exit code after saying that this build has no such option. */
int why_refused(const struct app_options *options);

/* Ask what the advice for this result, which is `unknown`, leads to, and nothing else. 0, or an
 * exit code after saying what went wrong. */
int why_ask(struct why *why, const struct app_options *options, struct app_setup *setup,
            const struct app_result *result);

void why_text(const struct why *why);
void why_json(struct app_json *json, const void *why); /* app_result.more */

#endif
