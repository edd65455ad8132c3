/* prom.c - the text format of Prometheus: what is told in any order, as it has to stand there.
 *
 *   prom_put: name, labels, value --> a text a name --> prom_end: # HELP, # TYPE, and its samples
 *
 * Samples of one name stand together, and no series comes twice: what was found twice, or asked
 * about twice, is told once.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "prom.h"

/* Of each its name, its labels, and what it is. */
enum { PROM_FIRST = 1, PROM_HELP = 3, PROM_WORDS };
static const char prom_words[] = "finding\0domain\0id\0001 a note, 2 a warning, 3 bad, 4 unknown.\0"
                                 "grade\0domain\0.\0000 fine, 1 to mend, 2 bad, 3 unknown.\0"
                                 "spf_terms\0domain\0.\0Lookups of SPF, of 10.\0"
                                 "spf_voids\0domain\0.\0Those that find nothing, of 2.\0"
                                 "queries\0domain\0.\0DNS questions.\0"
                                 "doctor_finding\0id\0ip\0As quoth_finding.\0"
                                 "listed\0zone\0ip\0001: on the block list.\0"
                                 "doctor_grade\0.\0.\0As quoth_grade.\0"
                                 "doctor_queries\0.\0.\0DNS questions.\0";

static const char *prom_word(size_t name, size_t what)
{
    const char *word = prom_words;

    for (what += name * PROM_WORDS; what; what--)
        word += strlen(word) + 1;
    return word;
}

void prom_put(struct prom *prom, enum prom_name name, unsigned value, const char *first,
              const char *second)
{
    struct app_stream *out = &prom->samples[name];
    char line[700];
    int n = sprintf(line, "quoth_%s", prom_word(name, 0));

    if (first)
        n += snprintf(line + n, 300, "{%s=\"%s\"", prom_word(name, PROM_FIRST), first);
    if (second)
        n += snprintf(line + n, 300, ",%s=\"%s\"", prom_word(name, PROM_FIRST + 1), second);
    n += sprintf(line + n, first ? "} " : " ");
    for (size_t at = 0; at + (size_t)n < out->n; at++)
        if (!memcmp(out->text + at, line, (size_t)n))
            return;
    n += sprintf(line + n, "%u\n", value);
    app_stream_put(out, line, (size_t)n);
}

int prom_end(struct prom *prom)
{
    int full = 0;

    for (size_t i = 0; i < PROM_NAMES; i++) {
        struct app_stream *out = &prom->samples[i];
        if (out->n)
            printf("# HELP quoth_%s %s\n# TYPE quoth_%s gauge\n%.*s", prom_word(i, 0),
                   prom_word(i, PROM_HELP), prom_word(i, 0), (int)out->n, out->text);
        full |= out->full;
        free(out->text);
    }
    return full ? app_say(APP_EXIT_INTERNAL, NULL, "too little memory") : 0;
}
