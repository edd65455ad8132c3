/* advice.c - a rule of the judge to what may be wrong on our side, by core/data/advice.txt.
 *
 *   RULE[,RULE...] NUL ROWS NUL ...      left out with the other texts (QUOTH_CHECK_TEXTS)
 *
 * A row of core/data/checks.txt is one byte, its number plus one: its id is there already.
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
        const char *end = rules;
        while (*end && *end != ',')
            end++;
        if ((size_t)(end - rules) == n && !memcmp(rules, rule, n))
            return 1;
        if (!*end)
            return 0;
        rules = end + 1;
    }
}

/* Their ids, with blanks between. pack_advice has seen that they fit. */
static void advice_ids(const char *rows, char ids[QUOTH_ADVICE_WORDS])
{
    size_t n = 0;

    for (; *rows; rows++) {
        const char *id = quoth_check_id((uint8_t)*rows - 1u);
        const size_t len = strlen(id);
        if (n)
            ids[n++] = ' ';
        memcpy(ids + n, id, len);
        n += len;
    }
    ids[n] = 0;
}

const char *quoth_advice(const char *rule, char ids[QUOTH_ADVICE_WORDS])
{
    const char *row = advice_rows;

    while (*row) {
        const char *rows = row + strlen(row) + 1;
        if (advice_is(row, rule)) {
            advice_ids(rows, ids);
            return ids;
        }
        row = rows + strlen(rows) + 1;
    }
    return NULL;
}
