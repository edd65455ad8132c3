/* doctor_cmd.c - `quoth doctor`: is it us? Our own address as mail servers see it.
 *
 *   options --> doctor_run.c --> facts --> doctor_judge.c --> findings --> a format --> exit code
 *
 * Nothing is sent before all arguments were found good. A row of doctor_options is an option of
 * ours, a row of doctor_formats a way to print.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "doctor.h"
#include "help.h"
#include "interrupt.h"

struct doctor_cmd {
    struct app_options o;
    struct app_setup setup;
    struct cli_grading grading;
    struct doctor_run run;
    struct doctor_report report;
    struct explain explain;
    const char *output;
    unsigned vias;
    uint8_t format, usual; /* usual: the block lists that many use */
};

static const struct {
    const char *name;
    void (*print)(const struct doctor_facts *f, const struct doctor_report *r);
} doctor_formats[] = {
    {"text", doctor_text}, {"json", doctor_json}, {"nagios", doctor_nagios}, {"prom", NULL}};
enum { DOCTOR_PROM = 3, DOCTOR_FORMATS = sizeof doctor_formats / sizeof *doctor_formats };

/* ---- options ---------------------------------------------------------------- */

static const char *doctor_set_format(void *to, const char *value)
{
    struct doctor_cmd *cmd = to;

    for (cmd->format = 0; cmd->format < DOCTOR_FORMATS; cmd->format++)
        if (!strcmp(doctor_formats[cmd->format].name, value))
            return NULL;
    return "it wants text, json, nagios or prom";
}

static const char *doctor_set_ip(void *to, const char *value)
{
    struct doctor_cmd *cmd = to;
    struct quoth_ip ip;

    if (quoth_ip_parse(&ip, value, strlen(value)) != QUOTH_OK)
        return "it wants an IP address, such as 192.0.2.1";
    cmd->run.given[ip.len == 16] = ip;
    return NULL;
}

static const char *doctor_set_via(void *to, const char *value)
{
    struct doctor_cmd *cmd = to;
    struct quoth_name name;
    struct quoth_ip ip;

    if (quoth_ip_parse(&ip, value, strlen(value)) != QUOTH_OK &&
        (quoth_name_parse(&name, value, strlen(value)) != QUOTH_OK || !quoth_name_is_host(&name)))
        return "it wants a mail host, such as mx.example.net";
    if (cmd->vias == DOCTOR_CALLS)
        return "it may be repeated 4 times";
    cmd->run.via[cmd->vias++] = value;
    return NULL;
}

static const char *doctor_set_author(void *to, const char *value)
{
    struct doctor_cmd *cmd = to;
    const char *at = strrchr(value, '@');
    struct quoth_name name;

    cmd->run.facts.author = at ? at + 1 : value;
    return quoth_name_parse(&name, cmd->run.facts.author, strlen(cmd->run.facts.author)) ==
                       QUOTH_OK &&
                   quoth_name_is_host(&name)
               ? NULL
               : "it wants an address, such as news@example.com";
}

/* A block list; `usual`: those that many servers use. */
static const char *doctor_set_dnsbl(void *to, const char *value)
{
    struct doctor_cmd *cmd = to;
    struct quoth_name name;

    if (!strcmp(value, "usual")) {
        cmd->usual = 1;
        return NULL;
    }
    if (strlen(value) > 150 || quoth_name_parse(&name, value, strlen(value)) != QUOTH_OK ||
        !quoth_name_is_host(&name))
        return "it wants the zone of a block list, or usual";
    if (doctor_add_zone(&cmd->run, value))
        return NULL;
    return "there may be 8 lists";
}

static const struct cli_option doctor_options[] = {
    {"--ip", "IP", "our address as others see it, instead of what servers say", doctor_set_ip},
    {"--via", "HOST", "a mail host to call, not the usual two; may be repeated", doctor_set_via},
    {"--dnsbl", "ZONE|usual", "a block list to ask; may be repeated", doctor_set_dnsbl},
    {"--author", "ADDRESS", "who is told as the author (From:), if not the sender: for DMARC",
     doctor_set_author},
    {"--format", "text|json|nagios|prom", "how to print", doctor_set_format},
};
enum { DOCTOR_OPTIONS = sizeof doctor_options / sizeof *doctor_options };

static const char *const doctor_common[] = {
    "helo", "from",    "nameserver", "no-edns", "ipv4",  "ipv6",   "tls",  "allow",
    "deny", "ca-file", "sandbox",    "explain", "quiet", "output", "help", NULL};

/* ---- all of it ----------------------------------------------------------------- */

static int doctor_help(const struct cli_takes *takes)
{
    return cli_help_takes(takes, HELP_use_doctor,
                          "0 fine, 1 to mend, 2 bad, 3 not known; 64 up: failed");
}

static int doctor_print(const struct doctor_cmd *cmd)
{
    int rc = 0;

    if (cmd->format == DOCTOR_PROM && (!cmd->o.quiet || cmd->output))
        rc = doctor_prom(&cmd->run.facts, &cmd->report, cmd->output);
    else if (!cmd->o.quiet)
        doctor_formats[cmd->format].print(&cmd->run.facts, &cmd->report);
    return rc ? rc : app_end(cmd->report.exit);
}

static int doctor_all(struct doctor_cmd *cmd)
{
    int rc;

    doctor_begin(&cmd->run, &cmd->o, &cmd->setup);
    if (!cmd->vias)
        doctor_usual_hosts(&cmd->run);
    if (cmd->usual)
        doctor_usual_zones(&cmd->run);
    cmd->run.interrupted = &app_interrupted;
    cmd->explain = (struct explain) {.f = cmd->format ? stderr : stdout,
                                     .o = &cmd->o,
                                     .helo = cmd->run.facts.helo,
                                     .from = cmd->run.facts.from};
    if (cmd->o.explain)
        cmd->run.explain = &cmd->explain;
    rc = doctor_run(&cmd->run);
    explain_free(&cmd->explain);
    if (!rc && app_interrupted)
        rc = APP_EXIT_INTERRUPTED;
    if (rc == APP_EXIT_INTERRUPTED)
        app_say(0, NULL, "interrupted");
    if (rc)
        return rc;
    doctor_judge(&cmd->run.facts, &cmd->grading, &cmd->report);
    return doctor_print(cmd);
}

int cli_doctor(int argc, char **argv)
{
    static struct doctor_cmd cmd; /* large */
    const struct cli_own own[] = {{doctor_options, DOCTOR_OPTIONS, &cmd},
                                  {cli_grading_options, CLI_GRADING_OPTIONS, &cmd.grading},
                                  {NULL, 0, NULL}};
    const struct cli_takes takes = {"doctor", own, doctor_common};
    struct cli_args args;
    int rc = cli_args_take(&takes, &cmd.o, &args, argc, argv);

    if (rc)
        return rc;
    if (cmd.o.action == 'h')
        return doctor_help(&takes);
    if (args.addresses)
        return app_say(APP_EXIT_USAGE, args.address[0],
                       "doctor is about this machine: no argument");
    rc = app_config_read(&cmd.o);
    if (rc)
        return rc;
    cmd.output = cmd.o.list.output;
    if (cmd.output && cmd.format != DOCTOR_PROM)
        return app_say(APP_EXIT_USAGE, "--output", "it goes with --format prom");
    app_interrupt_catch();
    cmd.o.conf.depth = QUOTH_DEPTH_SMTP;
    cmd.o.list = (struct app_list_options) {0};
    app_options_finish(&cmd.o, 1);
    rc = app_setup_open(&cmd.setup, &cmd.o);
    if (!rc)
        rc = doctor_all(&cmd);
    app_setup_close(&cmd.setup);
    return rc;
}
