/* many.h - several addresses at once, politely, and their results in the order given.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MANY_H
#define MANY_H

#include "cli.h"
#include "setup.h"

struct many_env {
    const struct app_options *o;
    const struct cli_args *args;
    struct app_setup *setup;
    struct app_page *page;   /* results go to its file */
    struct app_count *count; /* the results are added to it */
    const char *file;        /* more addresses, one a line; "-": standard input; NULL: none */
};
/* Check the arguments, then the lines of the file as they come. 0, or an exit code after saying
 * why. */
int many_check(const struct many_env *env);

#endif
