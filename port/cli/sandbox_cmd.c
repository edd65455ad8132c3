/* sandbox_cmd.c - `quoth sandbox`: its options (port/sandbox does the rest).
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "cli.h"
#include "help.h"
#include "sandbox.h"

/* 1: a whole number, and no larger. */
static int sandbox_cmd_number(const char *text, uint32_t most, uint32_t *n)
{
    const size_t digits = app_number(text, n);

    return digits && !text[digits] && *n <= most;
}

static const char *sandbox_cmd_ms(const char *text, uint64_t *ms)
{
    uint32_t seconds;

    if (!sandbox_cmd_number(text, 1000000, &seconds))
        return "it wants seconds";
    *ms = (uint64_t)seconds * 1000;
    return NULL;
}

static const char *sandbox_cmd_port(void *set, const char *value)
{
    uint32_t port;

    if (!sandbox_cmd_number(value, 65535, &port))
        return "it wants a port";
    ((struct sandbox_set *)set)->port = (uint16_t)port;
    return NULL;
}

static const char *sandbox_cmd_net(void *set, const char *value)
{
    return sandbox_net(set, value) ? NULL : "it wants three numbers like 127.0.25";
}

static const char *sandbox_cmd_grey(void *set, const char *value)
{
    return sandbox_cmd_ms(value, &((struct sandbox_set *)set)->grey_ms);
}

static const char *sandbox_cmd_for(void *set, const char *value)
{
    return sandbox_cmd_ms(value, &((struct sandbox_set *)set)->for_ms);
}

static const char *sandbox_cmd_list(void *set, const char *none)
{
    ((struct sandbox_set *)set)->list = 1;
    return none;
}

static const char *sandbox_cmd_ca(void *set, const char *value)
{
    ((struct sandbox_set *)set)->ca = value;
    return NULL;
}

static const char *sandbox_cmd_format(void *set, const char *value)
{
    static const char *const names[] = {
        [SANDBOX_TEXT] = "text", [SANDBOX_TSV] = "tsv", [SANDBOX_JSON] = "json"};

    for (uint8_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(value, names[i])) {
            ((struct sandbox_set *)set)->format = i;
            return NULL;
        }
    return "it wants text, tsv or json";
}

static const char *sandbox_cmd_quiet(void *set, const char *none)
{
    ((struct sandbox_set *)set)->quiet = 1;
    return none;
}

static const char *sandbox_cmd_log(void *set, const char *none)
{
    ((struct sandbox_set *)set)->log = 1;
    return none;
}

static const struct cli_option sandbox_cmd_options[] = {
    {"--port", "N", "one port for all of its addresses (2525; 0: any free one)", sandbox_cmd_port},
    {"--net", "A.B.C", "where its addresses begin (" SANDBOX_NET "); DNS is at A.B.C.53",
     sandbox_cmd_net},
    {"--grey", "S", "seconds until a greylisted mailbox accepts (300)", sandbox_cmd_grey},
    {"--for", "S", "end after so many seconds", sandbox_cmd_for},
    {"--list", NULL, "print the table and end", sandbox_cmd_list},
    {"--ca", "FILE",
     "write the certificate that its web servers' are issued by, for quoth domain --ca-file",
     sandbox_cmd_ca},
    {"--format", "text|tsv|json", "of the table; json: one object a line", sandbox_cmd_format},
    {"--quiet", NULL, "do not print the table", sandbox_cmd_quiet},
    {"--log", NULL, "print every question and command to standard error", sandbox_cmd_log},
};
enum { SANDBOX_OPTIONS = sizeof sandbox_cmd_options / sizeof *sandbox_cmd_options };
static const char *const sandbox_cmd_common[] = {"help", NULL};

static int sandbox_cmd_help(const struct cli_takes *takes)
{
    return cli_help_takes(
        takes, HELP_use_sandbox,
        "0; 1 when a client did what a verifier must never do; 64 a bad\n"
        "option; 69 an address or port that cannot be had; 73 a file that cannot be made");
}

int cli_sandbox(int argc, char **argv)
{
    static struct app_options options; /* large */
    struct sandbox_set set = {.port = APP_SANDBOX_PORT, .grey_ms = 300000};
    const struct cli_own own[] = {{sandbox_cmd_options, SANDBOX_OPTIONS, &set}, {NULL, 0, NULL}};
    const struct cli_takes takes = {"sandbox", own, sandbox_cmd_common};
    struct cli_args args;
    int rc;

    sandbox_net(&set, SANDBOX_NET);
    rc = cli_args_take(&takes, &options, &args, argc, argv);
    if (rc)
        return rc;
    if (options.action == 'h')
        return sandbox_cmd_help(&takes);
    if (args.addresses)
        return app_say(APP_EXIT_USAGE, args.address[0],
                       "sandbox takes no arguments; ask it with: quoth --sandbox ADDRESS");
    return sandbox_run(&set);
}
