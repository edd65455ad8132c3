/* sandbox_none.c - a build without the sandbox, TOOLS=none: what it says of it.
 *
 * SPDX-License-Identifier: MIT */
#include "cli.h"

int cli_sandbox(int argc, char **argv)
{
    (void)argc, (void)argv;
    return app_say(APP_EXIT_USAGE, "sandbox",
                   "this build has no sandbox; make TOOLS=sandbox or TOOLS=all has it");
}
