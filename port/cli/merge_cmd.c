/* merge_cmd.c - `quoth merge PART... -o FILE`: the parts of a list joined (list_merge.c).
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "cli.h"
#include "list.h"

static const char *const merge_options[] = {"output", "force", "help"};
enum { MERGE_OPTIONS = sizeof merge_options / sizeof *merge_options };

static int merge_help(void)
{
    fputs("quoth merge [options] PART...\n\n"
          "Join what runs with --shard have written, to what one run would have. Each\n"
          "part must be there once and be finished; its .quoth-journal beside it says so.\n\n",
          stdout);
    for (int i = 0; i < MERGE_OPTIONS; i++)
        cli_help_option(stdout, merge_options[i]);
    return fflush(stdout) ? APP_EXIT_INTERNAL : 0;
}

/* An option of checks; NULL: there is none. */
static const char *merge_stranger(const struct app_options *o)
{
    for (unsigned i = 0; i < app_option_count; i++) {
        int known = o->level[i] != APP_PLACE_LINE;
        for (int j = 0; j < MERGE_OPTIONS; j++)
            known |= !strcmp(app_option_rows[i].name, merge_options[j]);
        if (!known)
            return app_option_rows[i].name;
    }
    return NULL;
}

int cli_merge(int argc, char **argv)
{
    static struct app_options o; /* large */
    struct cli_args args;
    const char *stranger;
    int rc = cli_args_read(&o, &args, argc, argv);

    if (rc)
        return rc;
    if (o.action == 'h')
        return merge_help();
    stranger = merge_stranger(&o);
    if (stranger)
        return app_say(APP_EXIT_USAGE, stranger, "merge has no such option; quoth merge --help");
    if (!args.addresses)
        return app_say(APP_EXIT_USAGE, "merge", "which parts? quoth merge --help tells more");
    return list_merge(args.address, args.addresses, o.list.output, o.list.force);
}
