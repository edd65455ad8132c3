/* serve_none.c - `quoth serve` of a build without it.
 *
 * SPDX-License-Identifier: MIT */
#include "cli.h"

int cli_serve(int argc, char **argv)
{
    (void)argc, (void)argv;
    return app_say(APP_EXIT_USAGE, "serve", "this build has no server; make SERVE=1 has");
}
