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
                                 "checked_seconds\0domain\0.\0Time of it.\0"
                                 "cert_not_after_seconds\0host\0port\0Expiry.\0"
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

enum { PROM_SERIES = 1 << 18 };

/* Is it the first series of that hash? Where there is no room for it, prom_end() says so. */
static int prom_is_new(struct prom *prom, uint64_t hash)
{
    static uint64_t seen[PROM_SERIES]; /* 0 is a free place */
    size_t at = hash % PROM_SERIES;

    while (seen[at] && seen[at] != hash)
        at = (at + 1) % PROM_SERIES;
    if (seen[at])
        return 0;
    seen[at] = hash;
    prom->samples[0].full |= ++prom->series == PROM_SERIES - 1;
    return !prom->samples[0].full;
}

void prom_put(struct prom *prom, enum prom_name name, uint64_t value, const char *first,
              const char *second)
{
    char line[700];
    int n = sprintf(line, "quoth_%s", prom_word(name, 0));

    if (first)
        n += snprintf(line + n, 300, "{%s=\"%s\"", prom_word(name, PROM_FIRST), first);
    if (second)
        n += snprintf(line + n, 300, ",%s=\"%s\"", prom_word(name, PROM_FIRST + 1), second);
    n += sprintf(line + n, first ? "} " : " ");
    if (!prom_is_new(prom, quoth_hash(0, 0, line, (size_t)n)))
        return;
    n += sprintf(line + n, "%llu\n", (unsigned long long)value);
    app_stream_put(&prom->samples[name], line, (size_t)n);
}

int prom_end(struct prom *prom, const char *file)
{
    struct app_stream all = {.f = NULL};
    char head[300];
    int full = 0, rc = 0;

    for (size_t i = 0; i < PROM_NAMES; i++) {
        struct app_stream *out = &prom->samples[i];
        const int n = snprintf(head, sizeof head, "# HELP quoth_%s %s\n# TYPE quoth_%s gauge\n",
                               prom_word(i, 0), prom_word(i, PROM_HELP), prom_word(i, 0));
        if (out->n) {
            app_stream_put(&all, head, (size_t)n);
            app_stream_put(&all, out->text, out->n);
        }
        full |= out->full;
        free(out->text);
    }
    if (full || all.full)
        rc = app_say(APP_EXIT_INTERNAL, NULL, "too little memory");
    else if (file)
        rc = app_file_save(file, all.text, all.n);
    else if (all.n)
        fwrite(all.text, 1, all.n, stdout);
    free(all.text);
    return rc;
}
