/* merge_cmd.c - `quoth merge PART... -o FILE`: the parts of a list joined (list_merge.c).
 *
 * SPDX-License-Identifier: MIT */
#include "cli.h"
#include "help.h"
#include "list.h"

static const struct cli_own merge_own = {NULL, 0, NULL}; /* it has none */
static const char *const merge_options[] = {"output", "force", "help", NULL};
static const struct cli_takes merge_takes = {"merge", &merge_own, merge_options};

static int merge_help(void) { return cli_help_takes(&merge_takes, HELP_use_merge, NULL); }

int cli_merge(int argc, char **argv)
{
    static struct app_options options; /* large */
    struct cli_args args;
    int rc = cli_args_take(&merge_takes, &options, &args, argc, argv);

    if (rc)
        return rc;
    if (options.action == 'h')
        return merge_help();
    if (!args.addresses)
        return app_say(APP_EXIT_USAGE, "merge", "which parts? quoth merge --help tells more");
    return list_merge(args.address, args.addresses, options.list.output, options.list.force);
}
