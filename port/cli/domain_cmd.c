/* domain_cmd.c - `quoth domain NAME...`: what is wrong with a mail domain, and what to publish.
 *
 *   options, NAME --> domain_run.c --> struct domain_report --> a row of domain_formats
 *                          ^   `--> what was asked and heard, for --save
 *                          `-- --zone: records of a file, before the DNS is asked
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "domain_cmd.h"
#include "help.h"
#include "setup.h"

enum { DOMAIN_SELECTORS = 32, DOMAIN_KEY_LABEL = sizeof "._domainkey." - sizeof ".d.k" };

struct domain_cmd {
    const char *zone_file, *save_file, *diff_file, *state_file, *output;
    FILE *save;
    const char *selector[DOMAIN_SELECTORS + 1]; /* NULL-ended */
    unsigned selectors;
    size_t longest; /* of what they put in front of a domain */
    enum quoth_profile profile;
    enum domain_trust trust;
    uint8_t format, all, ask;    /* ask: the mailboxes that each domain has to have */
    struct app_zone zone, heard; /* of --zone; for --save */
    struct explain explain;
    struct domain_diff diff;
    struct domain_state state;
    struct prom prom;
    struct domain_run run;
    struct app_options o;
    struct app_setup setup;
    struct cli_grading grading;
};

static const struct {
    const char *name;
    void (*print)(const struct domain_report *r);
} domain_formats[] = {
    {"text", domain_text}, {"json", domain_json}, {"nagios", domain_nagios}, {"prom", domain_prom}};
enum {
    DOMAIN_JSON = 1,
    DOMAIN_PROM = 3,
    DOMAIN_FORMATS = sizeof domain_formats / sizeof *domain_formats
};

/* What is different, and an exit code for what got worse. 0, or an exit code of its own. */
static int domain_one_diff(struct domain_cmd *cmd, struct domain_report *report)
{
    unsigned grades = 0;
    const int rc = domain_diff_tell(&cmd->diff, report, cmd->format == DOMAIN_JSON, &grades);

    report->exit = cli_grading_exit(&cmd->grading, grades);
    return rc;
}

/* 0 to 3, or an exit code of its own. */
static int domain_one(struct domain_cmd *cmd, const char *text)
{
    struct domain_report report = {.all = cmd->all, .prom = &cmd->prom};
    char domain[256];
    int rc;

    cli_domain_name(text, domain);
    rc = domain_run(&cmd->run, domain, cmd->profile, &cmd->grading, &report);
    if (rc)
        return rc;
    if (cmd->diff_file)
        rc = domain_one_diff(cmd, &report);
    else if (!cmd->o.quiet || cmd->output)
        domain_formats[cmd->format].print(&report);
    if (rc)
        return rc;
    return app_end(report.exit);
}

/* ---- arguments --------------------------------------------------------------- */

static const char *domain_set_format(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    for (cmd->format = 0; cmd->format < DOMAIN_FORMATS; cmd->format++)
        if (!strcmp(domain_formats[cmd->format].name, value))
            return NULL;
    return "it wants text, json, nagios or prom";
}

static const char *domain_set_profile(void *to, const char *value)
{
    static const char *const names[QUOTH_PROFILES] = {"auto", "sending", "receiving", "parked"};
    struct domain_cmd *cmd = to;

    for (int i = 0; i < QUOTH_PROFILES; i++)
        if (!strcmp(names[i], value)) {
            cmd->profile = (enum quoth_profile)i;
            return NULL;
        }
    return "it wants auto, sending, receiving or parked";
}

static const char *domain_set_selector(void *to, const char *value)
{
    struct domain_cmd *cmd = to;
    struct quoth_name name;
    char below[100 + 5]; /* it is made of labels as a host name is (RFC 6376 3.1) */
    const int n = snprintf(below, sizeof below, "%s.d.k", value);

    if (n >= (int)sizeof below || quoth_name_parse(&name, below, (size_t)n) != QUOTH_OK ||
        !quoth_name_is_host(&name))
        return "it wants a selector of DKIM, such as s1";
    if (cmd->longest < (size_t)n + DOMAIN_KEY_LABEL)
        cmd->longest = (size_t)n + DOMAIN_KEY_LABEL;
    if (cmd->selectors == DOMAIN_SELECTORS)
        return "it may be repeated 32 times";
    cmd->selector[cmd->selectors++] = value;
    cmd->run.conf.selectors = cmd->selector;
    return NULL;
}

static const char *domain_set_trust(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    cmd->trust = !strcmp(value, "yes") ? DOMAIN_TRUST_YES : DOMAIN_TRUST_NO;
    return cmd->trust == DOMAIN_TRUST_YES || !strcmp(value, "no") ? NULL : "it wants yes or no";
}

static const char *domain_set_all(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    (void)value;
    cmd->all = 1;
    return NULL;
}

static const char *domain_set_zone(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    cmd->zone_file = value;
    return *value ? NULL : "it wants a file";
}

static const char *domain_set_save(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    cmd->save_file = value;
    return *value ? NULL : "it wants a file";
}

static const char *domain_set_diff(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    cmd->diff_file = value;
    return *value ? NULL : "it wants a file";
}

static const char *domain_set_state(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    cmd->state_file = value;
    return *value ? NULL : "it wants a file";
}

static const char *domain_set_deep(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    (void)value;
    cmd->run.deep = 1;
    cmd->run.conf.tries = QUOTH_SELECTORS;
    return NULL;
}

static const char *domain_set_ask(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    (void)value;
    cmd->ask = 1;
    return NULL;
}

/* What decides whether mail gets through, at the price of a few questions. */
static const char *domain_set_quick(void *to, const char *value)
{
    struct domain_cmd *cmd = to;

    (void)value;
    cmd->run.conf.checks = QUOTH_CHECK_QUICK;
    cmd->run.conf.queries_max = 16;
    cmd->run.conf.total_ms = 20000;
    return NULL;
}

static const struct cli_option domain_options[] = {
    {"--format", "text|json|nagios|prom", "how to print; json: one object a line",
     domain_set_format},
    {"--selector", "NAME", "a selector of DKIM to ask for; may be repeated", domain_set_selector},
    {"--profile", "auto|sending|receiving|parked", "what the domain is for", domain_set_profile},
    {"--trust-ad", "yes|no", "what the name server says of DNSSEC counts (if it is local)",
     domain_set_trust},
    {"--deep", NULL,
     "call the mail hosts too, for their certificates (needs --helo); more selectors",
     domain_set_deep},
    {"--ask-postmaster", NULL, "and check postmaster@ and abuse@, as any address (needs --helo)",
     domain_set_ask},
    {"--zone", "FILE", "what if this zone file were published?", domain_set_zone},
    {"--save", "FILE", "what was asked and heard, for --zone to replay", domain_set_save},
    {"--diff", "OLD.json", "what came, went and changed since that report of --format json",
     domain_set_diff},
    {"--state", "FILE", "policies that earlier runs saw: is one another under the same id?",
     domain_set_state},
    {"--quick", NULL, "only MX, SPF and DMARC, with at most 16 questions", domain_set_quick},
    {"--all", NULL, "all findings, not the first 8", domain_set_all},
};
enum { DOMAIN_OPTIONS = sizeof domain_options / sizeof *domain_options };
static const char *const domain_common[] = {"nameserver", "no-edns", "sandbox", "ca-file", "allow",
                                            "helo",       "from",    "explain", "quiet",   "output",
                                            "gap",        "pace",    "help",    NULL};

static int domain_help(const struct cli_takes *takes)
{
    return cli_help_takes(takes, HELP_use_domain,
                          "0 fine, 1 to mend, 2 bad, 3 not known; 64 up: failed");
}

/* What will not do, before anything is sent. 0, or an exit code. */
static int domain_refuse(const struct domain_cmd *cmd, const struct cli_args *args)
{
    char domain[256];

    for (unsigned i = 0; i < args->addresses; i++) {
        const char *why = cli_domain_name(args->address[i], domain);
        if (!why && strlen(domain) + cmd->longest > 253)
            why = "it is too long for that --selector";
        if (why)
            return app_say(APP_EXIT_USAGE, args->address[i], why);
    }
    if (!args->addresses)
        return app_say(APP_EXIT_USAGE, "domain", "which one? quoth domain --help tells more");
    if (cmd->output && cmd->format != DOMAIN_PROM)
        return app_say(APP_EXIT_USAGE, "--output", "it goes with --format prom");
    if (cmd->state_file && !answer_is_able)
        return app_say(APP_EXIT_USAGE, "--state", "this build fetches no policy");
    if ((cmd->diff_file || cmd->ask) && cmd->format > DOMAIN_JSON)
        return app_say(APP_EXIT_USAGE, cmd->ask ? "--ask-postmaster" : "--diff",
                       "it is told as text or json");
    return 0;
}

/* What calling mail hosts needs. 0, or an exit code. */
static int domain_deep_refuse(const struct domain_cmd *cmd)
{
    if (cmd->run.deep && !cmd->setup.tls_up)
        return app_say(APP_EXIT_USAGE, "--deep", "this build has no TLS");
    if (!cmd->setup.conf.smtp.helo)
        return app_say(APP_EXIT_USAGE, cmd->ask ? "--ask-postmaster" : "--deep",
                       "it needs a name of yours: --helo");
    return 0;
}

/* All of them; of several exit codes the worst. */
static int domain_all(struct domain_cmd *cmd, const struct cli_args *args)
{
    static const uint8_t rank[] = {0, 2, 3, 1};
    int worst = 0;

    for (unsigned i = 0; i < args->addresses; i++) {
        const int rc = domain_one(cmd, args->address[i]);
        if (rc > 3)
            return rc;
        if (rank[rc] > rank[worst])
            worst = rc;
        if (cmd->format == 0 && !cmd->o.quiet && i + 1 < args->addresses)
            putchar('\n');
    }
    return worst;
}

/* Files are read and opened before anything is sent. 0, or an exit code. */
static int domain_files(struct domain_cmd *cmd, const struct cli_args *args)
{
    char name[256];
    int rc = 0;

    if (cmd->diff_file)
        rc = domain_diff_load(&cmd->diff, cmd->diff_file);
    for (unsigned i = 0; i < args->addresses && cmd->diff_file && !rc; i++) {
        cli_domain_name(args->address[i], name);
        if (!domain_diff_has(&cmd->diff, name))
            rc = app_say(APP_EXIT_USAGE, cmd->diff_file,
                         "it has no report of this domain (--format json)");
    }
    cli_domain_name(args->address[0], name);
    if (cmd->state_file && !rc)
        rc = domain_state_load(&cmd->state, cmd->state_file);
    if (cmd->zone_file && !rc)
        rc = app_zone_load(&cmd->zone, cmd->zone_file, name);
    if (rc || !cmd->save_file)
        return rc;
    cmd->save = fopen(cmd->save_file, "w");
    return cmd->save ? 0 : app_say_error(APP_EXIT_INTERNAL, cmd->save_file, errno);
}

/* 0, or an exit code. */
static int domain_save(struct domain_cmd *cmd, const struct cli_args *args)
{
    fputs("; What name servers said to quoth domain", cmd->save);
    for (unsigned i = 0; i < args->addresses; i++) {
        putc(' ', cmd->save);
        app_put(cmd->save, args->address[i], strlen(args->address[i]));
    }
    fputs("\n; Lines with ;= tell of answers without a record.\n", cmd->save);
    for (uint32_t i = 0; i < cmd->heard.rows; i++)
        app_zone_print(cmd->save, &cmd->heard, &cmd->heard.row[i]);
    if (cmd->run.log.full)
        app_say(0, cmd->save_file, "too little memory: it is not whole");
    return ferror(cmd->save) | fclose(cmd->save)
               ? app_say_error(APP_EXIT_INTERNAL, cmd->save_file, errno)
               : 0;
}

static int domain_go(struct domain_cmd *cmd, const struct cli_args *args)
{
    int rc, saved = 0;

    cmd->run.link.from = cmd->zone_file ? &cmd->zone : NULL;
    cmd->run.log.to = cmd->save ? &cmd->heard : NULL;
    cmd->run.state = cmd->state_file ? &cmd->state : NULL;
    cmd->explain = (struct explain) {
        .f = cmd->format ? stderr : stdout, .o = &cmd->o, .start = quoth_sock_port.now()};
    if (cmd->o.explain)
        cmd->run.explain = &cmd->explain;
    rc = domain_all(cmd, args);
    saved = prom_end(&cmd->prom, cmd->output);
    explain_free(&cmd->explain);
    if (cmd->state_file && !saved)
        saved = domain_state_save(&cmd->state);
    if (cmd->save && !saved)
        saved = domain_save(cmd, args);
    return saved ? saved : rc;
}

/* postmaster@ and abuse@ of each (RFC 5321 4.5.1, RFC 2142 4), checked and told as any address is.
 * Returns `rc`, for a mailbox is no finding, or an exit code of its own. */
static int domain_ask(struct domain_cmd *cmd, const struct cli_args *args, int rc)
{
    static const char *const boxes[] = {"postmaster", "abuse"};
    struct app_why why;
    struct cli_args asked = {.address = calloc(args->addresses, 2 * sizeof *asked.address)};
    char domain[256], address[272];
    int failed = domain_gap(&cmd->run, NULL);

    for (unsigned i = 0; asked.address && i < 2 * args->addresses; i++) {
        cli_domain_name(args->address[i / 2], domain);
        snprintf(address, sizeof address, "%s@%s", boxes[i % 2], domain);
        asked.address[i] = strdup(address);
        asked.addresses += asked.address[i] != NULL;
    }
    if (asked.addresses < 2 * args->addresses)
        failed = app_say(APP_EXIT_INTERNAL, NULL, "too little memory");
    if (!cmd->format && !cmd->o.quiet)
        putchar('\n');
    if (!failed && cmd->format == DOMAIN_JSON)
        failed = app_option_set(&cmd->o, APP_PLACE_LINE, "format", "json", &why);
    if (!failed)
        failed = cli_check(&cmd->o, &asked);
    for (unsigned i = 0; i < asked.addresses; i++)
        free(asked.address[i]);
    free(asked.address);
    return failed > 3 ? failed : rc;
}

int cli_domain(int argc, char **argv)
{
    static struct domain_cmd cmd; /* large */
    const struct cli_own own[] = {{domain_options, DOMAIN_OPTIONS, &cmd},
                                  {cli_grading_options, CLI_GRADING_OPTIONS, &cmd.grading},
                                  {NULL, 0, NULL}};
    const struct cli_takes takes = {"domain", own, domain_common};
    struct cli_args args;
    int rc = cli_args_take(&takes, &cmd.o, &args, argc, argv);

    if (rc)
        return rc;
    if (cmd.o.action == 'h')
        return domain_help(&takes);
    rc = app_config_read(&cmd.o);
    cmd.output = cmd.o.list.output;
    if (!rc)
        rc = domain_refuse(&cmd, &args);
    if (!rc)
        rc = domain_files(&cmd, &args);
    if (rc)
        return rc;
    cmd.o.conf.depth = QUOTH_DEPTH_SMTP; /* no mail server is called, but a web server may be */
    cmd.o.list = (struct app_list_options) {
        .limits = {.gap_ms = cmd.o.list.limits.gap_ms, .pace_off = cmd.o.list.limits.pace_off}};
    app_options_finish(&cmd.o, 1);
    rc = app_setup_open(&cmd.setup, &cmd.o);
    domain_run_init(&cmd.run, &cmd.setup, &cmd.o, cmd.trust);
    if (!rc && (cmd.run.deep || cmd.ask))
        rc = domain_deep_refuse(&cmd);
    if (!rc)
        rc = domain_go(&cmd, &args);
    app_setup_close(&cmd.setup);
    domain_diff_free(&cmd.diff);
    domain_state_free(&cmd.state);
    app_zone_free(&cmd.zone);
    app_zone_free(&cmd.heard);
    return rc <= 3 && cmd.ask ? domain_ask(&cmd, &args, rc) : rc;
}
