/* grading.c - which findings count, and for what exit code: `quoth domain` and its kin.
 *
 *   --ignore ID        it is neither told nor counted
 *   --fail-on bad      what is to be mended still ends in 0
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "cli.h"
#include "quoth_domain.h"

static const char *grading_fail(void *to, const char *value)
{
    struct cli_grading *grading = to;

    grading->lenient = !strcmp(value, "bad");
    return grading->lenient || !strcmp(value, "warn") ? NULL : "it wants bad or warn";
}

static const char *grading_ignore(void *to, const char *value)
{
    struct cli_grading *grading = to;
    unsigned id = 0;

    while (quoth_check_id(id) && strcmp(quoth_check_id(id), value))
        id++;
    if (!quoth_check_id(id))
        return "it wants the id of a finding, such as spf.ptr";
    if (grading->n == CLI_IGNORED)
        return "it may be repeated 32 times";
    grading->ignored[grading->n++] = value;
    return NULL;
}

const struct cli_option cli_grading_options[CLI_GRADING_OPTIONS] = {
    {"--fail-on", "bad|warn", "what makes the exit code (warn)", grading_fail},
    {"--ignore", "ID", "leave this finding out; may be repeated", grading_ignore},
};

int cli_grading_ignores(const struct cli_grading *grading, const char *id)
{
    for (unsigned i = 0; i < grading->n; i++)
        if (!strcmp(grading->ignored[i], id))
            return 1;
    return 0;
}

int cli_grading_exit(const struct cli_grading *grading, unsigned grades)
{
    if (grades >> QUOTH_GRADE_BAD & 1)
        return 2;
    if (grades >> QUOTH_GRADE_WARN & 1 && !grading->lenient)
        return 1;
    return grades >> QUOTH_GRADE_UNKNOWN & 1 ? 3 : 0;
}

const char *cli_grading_word(int exit)
{
    static const char words[][9] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

    return words[exit];
}

void cli_grading_sum(const unsigned n[], unsigned questions, uint64_t ms)
{
    const unsigned tenths = (unsigned)(ms / 100);

    printf("   %u bad, %u to mend, %u not known, %u to note   (%u questions, %u.%u s)\n\n",
           n[QUOTH_GRADE_BAD], n[QUOTH_GRADE_WARN], n[QUOTH_GRADE_UNKNOWN], n[QUOTH_GRADE_NOTE],
           questions, tenths / 10, tenths % 10);
}
