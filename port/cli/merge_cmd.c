/* merge_cmd.c - `quoth merge PART... -o FILE`: the parts of a list joined (list_merge.c).
 *
 * SPDX-License-Identifier: MIT */
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
    stranger = cli_args_stranger(&o, merge_options, MERGE_OPTIONS);
    if (stranger)
        return app_say(APP_EXIT_USAGE, stranger, "merge has no such option; quoth merge --help");
    if (!args.addresses)
        return app_say(APP_EXIT_USAGE, "merge", "which parts? quoth merge --help tells more");
    return list_merge(args.address, args.addresses, o.list.output, o.list.force);
}
