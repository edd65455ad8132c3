/* smtp_cmd.c - `quoth smtp HOST[:PORT]...`: what does this server say?
 *
 *   HOST --A, AAAA--> addresses --the first that can be reached--> a conversation --> QUIT
 *                                    ports 25, 465, 587, 2525, or the one that was named
 *   greeting's name --A, AAAA--> does it lead here?                        --> facts --> report
 *
 * Nothing is sent before all arguments were found good. One conversation a port, one after the
 * other; the commands are those of a verification. The first interrupt ends it with QUIT.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "ask.h"
#include "help.h"
#include "cli.h"
#include "explain.h"
#include "interrupt.h"
#include "probe.h"
#include "setup.h"
#include "sock.h"

enum { SMTP_TCP_MAX = 65535, SMTP_MX_IPS = 32, SMTP_MX_HOSTS = 4, SMTP_SOON_MS = 5000 };

/* Whose rules hold: the places of the words of --as. */
static const uint16_t smtp_roles[] = {0, 25, 465, 587, 2525};

struct smtp_target { /* an argument */
    const char *host;
    uint16_t port; /* 0: none was named */
};

struct smtp_cmd {
    struct app_options *o;
    struct app_setup setup;
    struct smtp_target *target;
    unsigned targets;
    int json;
    struct cli_grading grading;
    unsigned grades; /* 1 << enum quoth_grade of all findings */
    struct explain explain;
    uint64_t began; /* of this port */
    /* what is on the wire */
    struct quoth_link link;
    struct quoth_tls_link tls_link;
    struct quoth_wire wire;
    struct quoth_name name; /* of the question that is out */
    uint16_t type;
    struct quoth_lookup lookup;
    struct quoth_route *answer;
    struct probe_talk talk;
    uint8_t talking, left; /* the talk is on the wire, not the lookup; it was told to end */
    /* the exchangers of the relay check's domain */
    const char *relay_why;
    struct quoth_route mx;
    unsigned mx_ips;
    struct quoth_ip mx_ip[SMTP_MX_IPS];
    struct probe_facts facts;
    struct probe_report report;
    uint8_t dns_tcp[SMTP_TCP_MAX];
};

/* ---- on the wire -------------------------------------------------------- */

static void smtp_want(const void *arg, struct quoth_want *want)
{
    const struct smtp_cmd *cmd = arg;

    if (cmd->talking)
        probe_talk_want(&cmd->talk, want);
    else
        quoth_lookup_want(&cmd->lookup, want);
}

static void smtp_feed(void *arg, const struct quoth_event *ev)
{
    struct smtp_cmd *cmd = arg;

    if (cmd->talking)
        (void)probe_talk_feed(&cmd->talk, ev);
    else
        (void)quoth_lookup_feed(&cmd->lookup, ev, cmd->answer);
}

static void smtp_trace(void *arg, const struct quoth_want *want, const struct quoth_event *ev)
{
    struct smtp_cmd *cmd = arg;
    const struct quoth_batch_trace trace = {.kind = cmd->talking ? QUOTH_BATCH_TRACE_TALK
                                                                 : QUOTH_BATCH_TRACE_DNS,
                                            .want = want,
                                            .event = ev,
                                            .name = &cmd->name,
                                            .type = cmd->type,
                                            .host = cmd->talking ? want->host : "",
                                            .peer = want->peer,
                                            .secure = cmd->wire.secure};

    if (!cmd->o->explain)
        return;
    explain_batch(&cmd->explain, &trace, quoth_sock_port.now() - cmd->began);
    fflush(cmd->explain.f);
}

/* With QUIT, where a server listens to it. */
static enum app_ask_next smtp_leave(void *arg)
{
    struct smtp_cmd *cmd = arg;

    if (!app_interrupted)
        return APP_ASK_WAIT;
    if (!cmd->talking || cmd->talk.shaking)
        return APP_ASK_END;
    if (cmd->left)
        return APP_ASK_WAIT;
    cmd->left = 1;
    probe_talk_leave(&cmd->talk, quoth_sock_port.now());
    return APP_ASK_ON;
}

static const struct app_machine smtp_machine = {smtp_want, smtp_feed, NULL, smtp_trace, smtp_leave};

/* A question with its answer. 0, or an exit code. */
static int smtp_ask(struct smtp_cmd *cmd, const struct quoth_name *name, uint16_t type,
                    struct quoth_route *answer)
{
    const struct quoth_question question = {name, type, 0};
    uint8_t seed[16];
    int rc = app_seed(seed, sizeof seed);

    if (rc)
        return rc;
    cmd->name = *name;
    cmd->type = type;
    cmd->answer = answer;
    cmd->talking = 0;
    quoth_lookup_start(&cmd->lookup, &cmd->setup.resolver, &question, seed, quoth_sock_port.now());
    quoth_lookup_lend(&cmd->lookup, cmd->dns_tcp, sizeof cmd->dns_tcp);
    return app_ask(&smtp_machine, cmd, &cmd->wire);
}

static int smtp_ask_text(struct smtp_cmd *cmd, const char *name, uint16_t type,
                         struct quoth_route *answer)
{
    struct quoth_name wire;

    answer->answer = QUOTH_ANSWER_NONE;
    return quoth_name_parse(&wire, name, strlen(name)) ? 0 : smtp_ask(cmd, &wire, type, answer);
}

static int smtp_holds(const struct quoth_ip *list, unsigned n, const struct quoth_ip *ip)
{
    for (unsigned i = 0; i < n; i++)
        if (app_ip_same(&list[i], ip))
            return 1;
    return 0;
}

/* ---- the relay check ---------------------------------------------------- */

static int smtp_mx_addresses(struct smtp_cmd *cmd)
{
    static const uint16_t types[] = {QUOTH_DNS_A, QUOTH_DNS_AAAA};
    struct quoth_route route;
    int rc = 0;

    for (unsigned i = 0; i < 2 * SMTP_MX_HOSTS && i / 2 < cmd->mx.n && !rc; i++) {
        memset(&route, 0, sizeof route);
        rc = smtp_ask_text(cmd, quoth_mx_name(&cmd->mx, i / 2), types[i % 2], &route);
        for (unsigned k = 0; k < route.ip_n && cmd->mx_ips < SMTP_MX_IPS; k++)
            cmd->mx_ip[cmd->mx_ips++] = route.ip[k];
    }
    return rc;
}

/* The exchangers of the domain that mail would be relayed to: to them it is no relaying. */
static int smtp_relay_prepare(struct smtp_cmd *cmd)
{
    static struct quoth_evidence evidence;
    struct quoth_random rnd;
    uint8_t seed[16];
    enum quoth_mx_state state;
    int rc;

    if (!cmd->o->relay)
        return 0;
    quoth_intake_address(&evidence, cmd->o->relay, strlen(cmd->o->relay));
    rc = smtp_ask_text(cmd, evidence.domain, QUOTH_DNS_MX, &cmd->mx);
    if (!rc)
        rc = app_seed(seed, sizeof seed);
    if (rc)
        return rc;
    quoth_random_seed(&rnd, seed);
    state = quoth_mx_order(&cmd->mx, evidence.domain, &rnd);
    if (state == QUOTH_MX_FAILED)
        cmd->relay_why = "the exchangers of that domain could not be looked up";
    else if (state != QUOTH_MX_HOSTS && state != QUOTH_MX_IMPLICIT)
        cmd->relay_why = "that domain takes no mail itself, so a refusal would prove nothing";
    return cmd->relay_why ? 0 : smtp_mx_addresses(cmd);
}

/* Is it near us? A relay is open to its own network, and should be. */
static int smtp_is_near(const struct smtp_cmd *cmd, const struct quoth_ip *ip)
{
    static const struct quoth_targets table;

    if (cmd->o->sandbox)
        return 0;
    if (!quoth_target_ok(&table, ip))
        return 1;
    for (unsigned i = 0; i < cmd->setup.conf.targets.own_n; i++) {
        struct quoth_cidr net = cmd->setup.own[i];
        net.bits = net.ip.len == 4 ? 24 : 64;
        if (quoth_cidr_holds(&net, ip))
            return 1;
    }
    return 0;
}

/* Why the check cannot be made from here with this peer, or NULL. */
static const char *smtp_relay_why(const struct smtp_cmd *cmd, const struct quoth_ip *ip)
{
    if (cmd->relay_why)
        return cmd->relay_why;
    if (smtp_is_near(cmd, ip))
        return "its address is private or next to ours, so it may take us for one of its own";
    if (quoth_mx_find(&cmd->mx, cmd->facts.host) >= 0 || smtp_holds(cmd->mx_ip, cmd->mx_ips, ip))
        return "it is an exchanger of that domain itself";
    return NULL;
}

/* ---- one port ----------------------------------------------------------- */

/* A conversation, and what it shows to *facts. `into`: it asks for the shapes of these facts. */
static int smtp_talk(struct smtp_cmd *cmd, const struct quoth_call *call, struct probe_facts *facts,
                     struct probe_facts *into)
{
    struct quoth_smtp_conf conf = cmd->setup.conf.smtp;
    uint8_t seed[16];
    int rc = app_seed(seed, sizeof seed);

    if (rc)
        return rc;
    conf.talk_ms = cmd->o->conf.total_ms;
    conf.open_ms = facts->named ? 0 : SMTP_SOON_MS;
    memset(&cmd->tls_link, 0, sizeof cmd->tls_link);
    if (cmd->setup.tls_up)
        cmd->tls_link.global = &cmd->setup.tls.global;
    cmd->talk.tls_link = cmd->setup.tls_up ? &cmd->tls_link : NULL;
    cmd->talk.into = into;
    cmd->talk.f = facts;
    cmd->talking = 1;
    cmd->left = 0;
    probe_talk_start(&cmd->talk, &conf, call, seed, quoth_sock_port.now());
    rc = app_ask(&smtp_machine, cmd, &cmd->wire);
    probe_talk_end(&cmd->talk);
    return rc;
}

/* As many conversations as the shapes take, one after the other, for as long as the server plays.
 * Who takes the plain address, or refuses our sender, has answered already. */
static int smtp_shapes(struct smtp_cmd *cmd, const struct quoth_call *call)
{
    static struct probe_facts more; /* large; what it shows is not told twice */
    struct probe_facts *facts = &cmd->facts;
    unsigned before;
    int rc = 0;

    if (facts->relay_state != PROBE_RELAY_CLOSED || facts->probe[0].at_mail ||
        facts->probe[1].at_mail) {
        facts->shapes_why = "the plain address was not refused";
        return 0;
    }
    probe_shapes(facts);
    do {
        before = facts->shapes_asked;
        memset(&more, 0, sizeof more);
        more.as = facts->as;
        more.named = facts->named;
        rc = smtp_talk(cmd, call, &more, facts);
    } while (!rc && !more.err && !app_interrupted && facts->shapes_asked > before &&
             probe_shapes_more(facts));
    if (facts->shapes_asked < facts->shapes)
        facts->shapes_why = "the server ended it";
    return rc;
}

static int smtp_converse(struct smtp_cmd *cmd, const struct quoth_call *call)
{
    struct probe_facts *facts = &cmd->facts;
    int rc;

    facts->relay_why = facts->relay ? smtp_relay_why(cmd, &call->peer.ip) : NULL;
    facts->relay_state = facts->relay_why ? PROBE_RELAY_HERE : PROBE_RELAY_UNASKED;
    rc = smtp_talk(cmd, call, facts, NULL);
    return !rc && cmd->o->relay_all && facts->connected && !app_interrupted ? smtp_shapes(cmd, call)
                                                                            : rc;
}

/* From the host to a conversation with the first of its addresses that can be reached. */
static int smtp_reach(struct smtp_cmd *cmd, const struct quoth_conf *conf)
{
    static struct quoth_hosts hosts;
    struct quoth_hosts_want want;
    struct quoth_random rnd = {0, 0, 0}; /* nothing is drawn: there is one host */
    int rc = 0;

    memset(&hosts, 0, sizeof hosts);
    quoth_hosts_start(&hosts, conf, conf->server);
    for (quoth_hosts_want(&hosts, &want); !rc && want.kind != QUOTH_HOSTS_STOP;
         quoth_hosts_want(&hosts, &want)) {
        if (want.kind == QUOTH_HOSTS_ASK) {
            rc = smtp_ask(cmd, &want.name, want.type, &hosts.route);
            if (!rc)
                quoth_hosts_answered(&hosts, cmd->lookup.asked, &rnd);
            continue;
        }
        rc = smtp_converse(cmd, &want.call);
        if (rc || cmd->facts.connected)
            break;
        quoth_hosts_called(&hosts, &cmd->talk.smtp);
    }
    cmd->facts.dns = hosts.trail.dns;
    cmd->facts.denied = (hosts.trail.flags & QUOTH_EVID_DENIED) != 0;
    return rc;
}

/* Does the name of the greeting lead to the address that greeted? */
static int smtp_name(struct smtp_cmd *cmd)
{
    struct probe_facts *facts = &cmd->facts;
    struct quoth_route route;
    int rc;

    if (!*facts->name)
        return 0;
    if (!strcasecmp(facts->name, facts->host)) {
        facts->resolves = QUOTH_FACT_YES;
        return 0;
    }
    memset(&route, 0, sizeof route);
    rc = smtp_ask_text(cmd, facts->name, facts->peer.ip.len == 4 ? QUOTH_DNS_A : QUOTH_DNS_AAAA,
                       &route);
    if (route.answer == QUOTH_ANSWER_DATA)
        facts->resolves =
            smtp_holds(route.ip, route.ip_n, &facts->peer.ip) ? QUOTH_FACT_YES : QUOTH_FACT_NO;
    else if (route.answer == QUOTH_ANSWER_NODATA || route.answer == QUOTH_ANSWER_NXDOMAIN)
        facts->resolves = QUOTH_FACT_NO;
    return rc;
}

static void smtp_report(struct smtp_cmd *cmd)
{
    const time_t now = time(NULL);

    cmd->facts.ms = (uint32_t)(quoth_sock_port.now() - cmd->began);
    cmd->facts.now_s = now >= QUOTH_CLOCK_MIN ? now : 0;
    probe_judge(&cmd->facts, &cmd->report);
    cmd->grades |= probe_ignore(&cmd->report, &cmd->grading);
    if (cmd->o->quiet)
        return;
    if (cmd->json)
        probe_json(stdout, &cmd->facts, &cmd->report);
    else
        probe_text(stdout, &cmd->facts, &cmd->report);
    fflush(stdout);
}

static void smtp_explain(struct smtp_cmd *cmd, const struct quoth_conf *conf)
{
    FILE *file = cmd->json ? stderr : stdout;

    explain_free(&cmd->explain);
    cmd->explain = (struct explain) {.f = file, .o = cmd->o, .helo = conf->smtp.helo};
    if (!cmd->o->explain)
        return;
    app_put(file, conf->server, strlen(conf->server));
    fprintf(file, " port %u\n", conf->port);
}

/* `port` 0: that of the role. */
static int smtp_port(struct smtp_cmd *cmd, const struct smtp_target *target, uint16_t role,
                     int named)
{
    struct quoth_conf conf = cmd->setup.conf;
    struct quoth_ip ip;
    int rc;

    conf.server = target->host;
    conf.port = target->port ? target->port : role;
    if (cmd->o->sandbox)
        conf.port = cmd->o->sandbox;
    memset(&cmd->facts, 0, sizeof cmd->facts);
    cmd->facts.host = target->host;
    cmd->facts.port = conf.port;
    cmd->facts.as = role;
    cmd->facts.named = (uint8_t)named;
    cmd->facts.relay = cmd->o->relay;
    cmd->facts.no_tls = conf.smtp.tls == QUOTH_TLS_NEVER;
    cmd->facts.by_address = quoth_ip_parse(&ip, target->host, strlen(target->host)) == QUOTH_OK;
    cmd->began = quoth_sock_port.now();
    smtp_explain(cmd, &conf);
    rc = smtp_reach(cmd, &conf);
    if (!rc)
        rc = smtp_name(cmd);
    if (cmd->o->explain)
        putc('\n', cmd->explain.f);
    if (!rc)
        smtp_report(cmd);
    if (!rc && ferror(stdout))
        rc = app_say_error(APP_EXIT_INTERNAL, "standard output", errno);
    return rc || !app_interrupted ? rc : APP_EXIT_INTERRUPTED;
}

/* ---- all of it ---------------------------------------------------------- */

/* Whose rules hold for this argument: --as, else the port's own, else those of port 25. 0: it names
 * no port, so all of them are tried. */
static uint16_t smtp_role(const struct smtp_cmd *cmd, const struct smtp_target *target)
{
    if (cmd->o->smtp_as)
        return smtp_roles[cmd->o->smtp_as];
    for (size_t i = 1; i < sizeof smtp_roles / sizeof *smtp_roles; i++)
        if (target->port == smtp_roles[i])
            return target->port;
    return target->port || cmd->o->sandbox ? 25 : 0;
}

static int smtp_host(struct smtp_cmd *cmd, const struct smtp_target *target)
{
    const uint16_t role = smtp_role(cmd, target);
    unsigned connected = 0;
    int rc = 0;

    if (role)
        return smtp_port(cmd, target, role, 1);
    for (size_t i = 1; i < sizeof smtp_roles / sizeof *smtp_roles && !rc; i++) {
        if (smtp_roles[i] == 465 && cmd->setup.conf.smtp.tls == QUOTH_TLS_NEVER)
            continue;
        rc = smtp_port(cmd, target, smtp_roles[i], 0);
        connected |= cmd->facts.connected;
    }
    if (!connected)
        cmd->grades |= 1u << QUOTH_GRADE_UNKNOWN;
    return rc;
}

/* The arguments, before anything is sent. 0, or an exit code. */
static int smtp_targets(struct smtp_cmd *cmd, const struct cli_args *args)
{
    struct app_why why;

    cmd->target = calloc(args->addresses, sizeof *cmd->target);
    if (!cmd->target)
        return app_say(APP_EXIT_INTERNAL, NULL, "too little memory");
    for (unsigned i = 0; i < args->addresses; i++) {
        struct smtp_target *target = &cmd->target[cmd->targets++];
        cmd->o->conf.port = 0;
        if (app_option_set(cmd->o, APP_PLACE_LINE, "server", args->address[i], &why))
            return app_say_option(NULL, "quoth smtp", args->address[i], &why);
        *target = (struct smtp_target) {cmd->o->conf.server, cmd->o->conf.port};
    }
    cmd->o->conf.server = NULL;
    cmd->o->conf.port = 0;
    return 0;
}

static int smtp_is_plain(const char *text)
{
    while (text && *text && *text != '"' && !(*text & 0x80))
        text++;
    return text && !*text;
}

/* What does not go together, or is for addresses. NULL, or what is wrong. */
static const char *smtp_misfit(struct smtp_cmd *cmd, unsigned hosts)
{
    static struct quoth_evidence evidence;
    struct app_options *options = cmd->o;
    const char *format = app_formats[options->format].name, *misfit;

    if (!hosts)
        return "no host given; quoth smtp --help tells more";
    if (options->conf.server) /* in a file */
        return "--server is for addresses; give quoth smtp its hosts as arguments";
    cmd->json = !strcmp(format, "json");
    if (!cmd->json && strcmp(format, "text"))
        return "quoth smtp has --format text and json";
    misfit = app_options_finish(options, hosts);
    if (!misfit && options->relay_all && !smtp_is_plain(options->relay))
        return "--relay-all wants --relay with an address in ASCII, without quotes";
    if (misfit || !options->relay)
        return misfit;
    options->conf.allow_names = options->names;
    if (quoth_intake_address(&evidence, options->relay, strlen(options->relay)) ||
        quoth_intake_domain(&evidence, &options->conf))
        return "--relay wants an address of your own, at a domain that takes mail elsewhere";
    return NULL;
}

/* What needs the set-up to be told. */
static int smtp_ready(const struct smtp_cmd *cmd)
{
    if (!cmd->setup.conf.smtp.helo)
        return app_say(APP_EXIT_USAGE, NULL,
                       "quoth smtp says a name in EHLO: --helo NAME, this machine's own");
    for (unsigned i = 0; i < cmd->targets; i++)
        if (smtp_role(cmd, &cmd->target[i]) == 465 && cmd->setup.conf.smtp.tls == QUOTH_TLS_NEVER)
            return app_say(APP_EXIT_USAGE, cmd->target[i].host,
                           "port 465 speaks TLS alone, and there is none (--tls never, or a "
                           "build without it)");
    return 0;
}

static int smtp_run(struct smtp_cmd *cmd)
{
    int rc = smtp_ready(cmd);

    cmd->link.fd = -1;
    cmd->wire.port = &quoth_sock_port;
    cmd->wire.link = &cmd->link;
    if (cmd->setup.tls_up) {
        cmd->tls_link.global = &cmd->setup.tls.global;
        cmd->wire.tls = &cmd->setup.filter;
        cmd->wire.tls_link = &cmd->tls_link;
    }
    cmd->explain = (struct explain) {.f = cmd->json ? stderr : stdout, .o = cmd->o};
    cmd->began = quoth_sock_port.now();
    if (!rc)
        rc = smtp_relay_prepare(cmd);
    for (unsigned i = 0; i < cmd->targets && !rc; i++)
        rc = smtp_host(cmd, &cmd->target[i]);
    explain_free(&cmd->explain);
    if (rc == APP_EXIT_INTERRUPTED)
        app_say(0, NULL, "interrupted");
    return rc;
}

static const char *const smtp_common[] = {
    "as",    "relay",      "relay-all", "helo",   "from",    "ca-file", "tls",        "tls-verify",
    "ipv4",  "ipv6",       "allow",     "deny",   "timeout", "sandbox", "nameserver", "no-edns",
    "color", "allow-name", "explain",   "format", "quiet",   "help",    NULL};

static int smtp_help(const struct cli_takes *takes)
{
    return cli_help_takes(takes, HELP_use_smtp,
                          "0 fine, 1 a warning, 2 something bad, 3 something could not be told;\n"
                          "64 a bad argument");
}

int cli_smtp(int argc, char **argv)
{
    static struct app_options options; /* large */
    static struct smtp_cmd cmd;        /* large */
    const struct cli_own own[] = {{cli_grading_options, CLI_GRADING_OPTIONS, &cmd.grading},
                                  {NULL, 0, NULL}};
    const struct cli_takes takes = {"smtp", own, smtp_common};
    struct cli_args args;
    const char *misfit;
    int rc = cli_args_take(&takes, &options, &args, argc, argv);

    if (rc)
        return rc;
    if (options.action)
        return smtp_help(&takes);
    cmd.o = &options;
    rc = app_config_read(&options);
    if (rc)
        return rc;
    misfit = smtp_misfit(&cmd, args.addresses);
    if (misfit)
        return app_say(APP_EXIT_USAGE, NULL, misfit);
    options.conf.depth = QUOTH_DEPTH_SMTP;
    app_interrupt_catch();
    rc = smtp_targets(&cmd, &args);
    if (!rc)
        rc = app_setup_open(&cmd.setup, &options);
    if (!rc) {
        rc = smtp_run(&cmd);
        app_setup_close(&cmd.setup);
    }
    free(cmd.target);
    if (rc)
        return rc;
    return app_end(cli_grading_exit(&cmd.grading, cmd.grades));
}
