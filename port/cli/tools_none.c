/* tools_none.c - a build that checks addresses alone, TOOLS=none: what it says of other commands.
 *
 * SPDX-License-Identifier: MIT */
#include "cli.h"
#include "why.h"

static int tools_none(const char *name)
{
    return app_say(APP_EXIT_USAGE, name,
                   "this build is for addresses alone; make TOOLS=all has it");
}

#define TOOLS_NONE(command) \
    int cli_##command(int argc, char **argv) \
    { \
        (void)argc, (void)argv; \
        return tools_none(#command); \
    }
TOOLS_NONE(extract)
TOOLS_NONE(smtp)
TOOLS_NONE(info)
TOOLS_NONE(spf)
TOOLS_NONE(domain)
TOOLS_NONE(doctor)

int why_refused(const struct app_options *options)
{
    if (options->why)
        return tools_none("--why");
    return options->list.with_domain ? tools_none("--with-domain") : 0;
}

/* Never called: why_refused() has said no. */
int why_ask(struct why *why, const struct app_options *options, struct app_setup *setup,
            const struct app_result *result)
{
    (void)why, (void)options, (void)setup, (void)result;
    return APP_EXIT_USAGE;
}

void why_text(const struct why *why) { (void)why; }
void why_json(struct app_json *json, const void *why) { (void)json, (void)why; }
