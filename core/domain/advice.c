/* advice.c - a rule of the judge to what may be wrong on our side, by core/data/advice.txt.
 *
 *   RULE[,RULE...] NUL IDS NUL ...       left out with the other texts (QUOTH_CHECK_TEXTS)
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "quoth_domain.h"
#if QUOTH_CHECK_TEXTS
#include "advice.h"
#else
static const char advice_rows[] = "";
#endif

/* Is it one of these, with commas between? */
static int advice_is(const char *rules, const char *rule)
{
    const size_t n = strlen(rule);

    for (;;) {
        size_t len = 0;
        while (rules[len] && rules[len] != ',')
            len++;
        if (len == n && !memcmp(rules, rule, n))
            return 1;
        if (!rules[len])
            return 0;
        rules += len + 1;
    }
}

const char *quoth_advice(const char *rule)
{
    const char *row = advice_rows;

    while (*row) {
        const char *ids = row + strlen(row) + 1;
        if (advice_is(row, rule))
            return ids;
        row = ids + strlen(ids) + 1;
    }
    return NULL;
}
