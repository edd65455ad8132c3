/* main.c - the table of commands. Without one of them it checks addresses.
 *
 * To add a command: a function here and in cli.h, a row, its file in the Makefile's list. A command
 * with options of the common table reads them as cli_args_read() does.
 *
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"

static int main_help(int argc, char **argv);

static const struct cli_command main_commands[] = {
    {"judge", cli_judge, "", "say what server replies mean"},
    {"extract", cli_extract, " [FILE...]", "the addresses in files of any kind"},
    {"sandbox", cli_sandbox, " [options]", "a small Internet on loopback, to try it on"},
    {"smtp", cli_smtp, " HOST[:PORT]...", "what a server says: TLS, logins, relay check"},
    {"serve", cli_serve, " [options]", "check addresses for programs, over HTTP"},
    {"merge", cli_merge, " PART... -o FILE", "join the parts of a list (--shard)"},
    {"info", cli_info, " ADDRESS|DOMAIN", "what is known without asking a mail server"},
    {"calibrate", cli_calibrate, " FILE", "make a chance of scores, by your outcomes"},
    {"spf", cli_spf, " --ip IP NAME", "may this address send for that domain? (RFC 7208)"},
    {"domain", cli_domain, " NAME...", "what is wrong with a mail domain's records"},
    {"doctor", cli_doctor, "", "is it us? our address as servers see it"},
    {"help", main_help, " TOPIC", "tell more, of one of these:"},
    {NULL, NULL, NULL, NULL},
};

static int main_help(int argc, char **argv) { return cli_help(main_commands, argc, argv); }

/* What is closed would be taken by the next file or connection, which then had what is said there.
 * What stands in its place refuses as it would. */
static void main_keep_closed(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    static struct app_options options; /* large */
    struct cli_args args;
    const char *misfit;
    int rc;

    main_keep_closed();
    signal(SIGXFSZ, SIG_IGN); /* a full disk, to whoever writes */
    for (const struct cli_command *command = main_commands; argc > 1 && command->name; command++)
        if (!strcmp(argv[1], command->name))
            return command->run(argc - 1, argv + 1);
    rc = cli_args_read(&options, &args, argc, argv);
    if (rc)
        return rc;
    if (options.action == 'h')
        cli_help_screen(stdout, main_commands);
    if (options.action == 'V')
        puts("quoth " QUOTH_VERSION);
    if (options.action)
        return app_end(0);
    rc = app_config_read(&options);
    if (rc)
        return rc;
    misfit = app_options_finish(&options, args.addresses);
    if (!misfit)
        misfit = app_options_of(&options, APP_TOPIC_SMTP, "quoth smtp HOST");
    if (misfit)
        return app_say(APP_EXIT_USAGE, NULL, misfit);
    return cli_check(&options, &args);
}
