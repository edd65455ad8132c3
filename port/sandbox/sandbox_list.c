/* sandbox_list.c - the sandbox's table, for people and for programs: every address, what quoth
 * must be given (nothing for most), the verdict, the reason, and what happens there.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "sandbox.h"

static void list_text(const struct world_box *box)
{
    size_t n = strlen(box->address), pad = app_width(box->address, n);
    app_put(stdout, box->address, n);
    printf("%*s%-14s%-26s%s", pad < 27 ? (int)(28 - pad) : 1, "", quoth_verdict_name(box->verdict),
           quoth_reason_name(box->reason), box->what);
    if (box->options)
        printf(" (with %s)", box->options);
    putchar('\n');
}

static void list_tsv(const struct world_box *box)
{
    printf("%s\t%s\t%s\t%s\t%s\n", box->address, quoth_verdict_name(box->verdict),
           quoth_reason_name(box->reason), box->what, box->options ? box->options : "");
}

static void list_json(const struct world_box *box)
{
    struct app_stream out = {.f = stdout};
    struct app_json json = {&out, 0};
    app_json_open(&json, NULL, '{');
    app_json_text(&json, "address", box->address);
    app_json_text(&json, "verdict", quoth_verdict_name(box->verdict));
    app_json_text(&json, "reason", quoth_reason_name(box->reason));
    app_json_text(&json, "options", box->options);
    app_json_text(&json, "what", box->what);
    app_json_close(&json, '}');
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
