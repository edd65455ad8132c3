/* sandbox_list.c - the sandbox's table, for people and for programs: every address, what quoth
 * must be given (nothing for most), the verdict, the reason, and what happens there.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "sandbox.h"

static void list_text(const struct world_box *b)
{
    size_t n = strlen(b->address), pad = app_width(b->address, n);
    app_put(stdout, b->address, n);
    printf("%*s%-14s%-26s%s", pad < 27 ? (int)(28 - pad) : 1, "", quoth_verdict_name(b->verdict),
           quoth_reason_name(b->reason), b->what);
    if (b->options)
        printf(" (with %s)", b->options);
    putchar('\n');
}

static void list_tsv(const struct world_box *b)
{
    printf("%s\t%s\t%s\t%s\t%s\n", b->address, quoth_verdict_name(b->verdict),
           quoth_reason_name(b->reason), b->what, b->options ? b->options : "");
}

static void list_json(const struct world_box *b)
{
    struct app_stream out = {.f = stdout};
    struct app_json w = {&out, 0};
    app_json_open(&w, NULL, '{');
    app_json_text(&w, "address", b->address);
    app_json_text(&w, "verdict", quoth_verdict_name(b->verdict));
    app_json_text(&w, "reason", quoth_reason_name(b->reason));
    app_json_text(&w, "options", b->options);
    app_json_text(&w, "what", b->what);
    app_json_close(&w, '}');
    putchar('\n');
}

void sandbox_list(const struct sandbox_set *set)
{
    if (set->format == SANDBOX_TEXT)
        printf("%-28s%-14s%-26s%s\n", "ADDRESS", "VERDICT", "REASON", "WHAT HAPPENS");
    if (set->format == SANDBOX_TSV)
        puts("address\tverdict\treason\twhat\toptions");
    for (unsigned i = 0; i < world_boxes_n; i++) {
        switch (set->format) {
        case SANDBOX_TSV: list_tsv(&world_boxes[i]); break;
        case SANDBOX_JSON: list_json(&world_boxes[i]); break;
        default: list_text(&world_boxes[i]); break;
        }
    }
}
