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
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "ask.h"
#include "cli.h"
#include "explain.h"
#include "probe.h"
#include "setup.h"
#include "sock.h"

enum { SMTP_TCP_MAX = 65535, SMTP_MX_IPS = 32, SMTP_MX_HOSTS = 4, SMTP_SOON_MS = 5000 };
enum { SMTP_CLOCK_MIN = 1735689600 }; /* 1 January 2025: no clock that is right shows less */

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

static volatile sig_atomic_t smtp_interrupted;
static void smtp_interrupt(int number) { smtp_interrupted = number; }

/* ---- on the wire -------------------------------------------------------- */

static void smtp_want(const void *cmd, struct quoth_want *w)
{
    const struct smtp_cmd *c = cmd;

    if (c->talking)
        probe_talk_want(&c->talk, w);
    else
        quoth_lookup_want(&c->lookup, w);
}

static void smtp_feed(void *cmd, const struct quoth_event *ev)
{
    struct smtp_cmd *c = cmd;

    if (c->talking)
        (void)probe_talk_feed(&c->talk, ev);
    else
        (void)quoth_lookup_feed(&c->lookup, ev, c->answer);
}

static void smtp_trace(void *cmd, const struct quoth_want *w, const struct quoth_event *ev)
{
    struct smtp_cmd *c = cmd;
    const struct quoth_batch_trace t = {.kind = c->talking ? QUOTH_BATCH_TRACE_TALK
                                                           : QUOTH_BATCH_TRACE_DNS,
                                        .want = w,
                                        .event = ev,
                                        .name = &c->name,
                                        .type = c->type,
                                        .host = c->talking ? w->host : "",
                                        .peer = w->peer,
                                        .secure = c->wire.secure};

    if (!c->o->explain)
        return;
    explain_batch(&c->explain, &t, quoth_sock_port.now() - c->began);
    fflush(c->explain.f);
}

/* With QUIT, where a server listens to it. */
static enum app_ask_next smtp_leave(void *cmd)
{
    struct smtp_cmd *c = cmd;

    if (!smtp_interrupted)
        return APP_ASK_WAIT;
    if (!c->talking || c->talk.shaking)
        return APP_ASK_END;
    if (c->left)
        return APP_ASK_WAIT;
    c->left = 1;
    quoth_smtp_leave(&c->talk.smtp, quoth_sock_port.now());
    return APP_ASK_ON;
}

static const struct app_machine smtp_machine = {smtp_want, smtp_feed, NULL, smtp_trace, smtp_leave};

/* A question with its answer. 0, or an exit code. */
static int smtp_ask(struct smtp_cmd *c, const struct quoth_name *name, uint16_t type,
                    struct quoth_route *answer)
{
    uint8_t seed[16];
    int rc = app_seed(seed, sizeof seed);

    if (rc)
        return rc;
    c->name = *name;
    c->type = type;
    c->answer = answer;
    c->talking = 0;
    quoth_lookup_start(&c->lookup, &c->setup.resolver, name, type, seed, quoth_sock_port.now());
    quoth_lookup_lend(&c->lookup, c->dns_tcp, sizeof c->dns_tcp);
    return app_ask(&smtp_machine, c, &c->wire);
}

static int smtp_ask_text(struct smtp_cmd *c, const char *name, uint16_t type,
                         struct quoth_route *answer)
{
    struct quoth_name wire;

    answer->answer = QUOTH_ANSWER_NONE;
    return quoth_name_parse(&wire, name, strlen(name)) ? 0 : smtp_ask(c, &wire, type, answer);
}

static int smtp_holds(const struct quoth_ip *list, unsigned n, const struct quoth_ip *ip)
{
    for (unsigned i = 0; i < n; i++)
        if (list[i].len == ip->len && !memcmp(list[i].b, ip->b, ip->len))
            return 1;
    return 0;
}

/* ---- the relay check ---------------------------------------------------- */

static int smtp_mx_addresses(struct smtp_cmd *c)
{
    static const uint16_t types[] = {QUOTH_DNS_A, QUOTH_DNS_AAAA};
    struct quoth_route r;
    int rc = 0;

    for (unsigned i = 0; i < 2 * SMTP_MX_HOSTS && i / 2 < c->mx.n && !rc; i++) {
        memset(&r, 0, sizeof r);
        rc = smtp_ask_text(c, quoth_mx_name(&c->mx, i / 2), types[i % 2], &r);
        for (unsigned k = 0; k < r.ip_n && c->mx_ips < SMTP_MX_IPS; k++)
            c->mx_ip[c->mx_ips++] = r.ip[k];
    }
    return rc;
}

/* The exchangers of the domain that mail would be relayed to: to them it is no relaying. */
static int smtp_relay_prepare(struct smtp_cmd *c)
{
    static struct quoth_evidence e;
    struct quoth_random rnd;
    uint8_t seed[16];
    enum quoth_mx_state state;
    int rc;

    if (!c->o->relay)
        return 0;
    quoth_intake_address(&e, c->o->relay, strlen(c->o->relay));
    rc = smtp_ask_text(c, e.domain, QUOTH_DNS_MX, &c->mx);
    if (!rc)
        rc = app_seed(seed, sizeof seed);
    if (rc)
        return rc;
    quoth_random_seed(&rnd, seed);
    state = quoth_mx_order(&c->mx, e.domain, &rnd);
    if (state == QUOTH_MX_FAILED)
        c->relay_why = "the exchangers of that domain could not be looked up";
    else if (state != QUOTH_MX_HOSTS && state != QUOTH_MX_IMPLICIT)
        c->relay_why = "that domain takes no mail itself, so a refusal would prove nothing";
    return c->relay_why ? 0 : smtp_mx_addresses(c);
}

/* Is it near us? A relay is open to its own network, and should be. */
static int smtp_is_near(const struct smtp_cmd *c, const struct quoth_ip *ip)
{
    static const struct quoth_targets table;

    if (c->o->sandbox)
        return 0;
    if (!quoth_target_ok(&table, ip))
        return 1;
    for (unsigned i = 0; i < c->setup.conf.targets.own_n; i++) {
        struct quoth_cidr net = c->setup.own[i];
        net.bits = net.ip.len == 4 ? 24 : 64;
        if (quoth_cidr_holds(&net, ip))
            return 1;
    }
    return 0;
}

/* Why the check cannot be made from here with this peer, or NULL. */
static const char *smtp_relay_why(const struct smtp_cmd *c, const struct quoth_ip *ip)
{
    if (c->relay_why)
        return c->relay_why;
    if (smtp_is_near(c, ip))
        return "its address is private or next to ours, so it may take us for one of its own";
    if (quoth_mx_find(&c->mx, c->facts.host) >= 0 || smtp_holds(c->mx_ip, c->mx_ips, ip))
        return "it is an exchanger of that domain itself";
    return NULL;
}

/* ---- one port ----------------------------------------------------------- */

static int smtp_converse(struct smtp_cmd *c, const struct quoth_call *call)
{
    struct quoth_smtp_conf conf = c->setup.conf.smtp;
    struct probe_facts *f = &c->facts;
    uint8_t seed[16];
    int rc = app_seed(seed, sizeof seed);

    if (rc)
        return rc;
    conf.talk_ms = c->o->conf.total_ms;
    conf.open_ms = f->named ? 0 : SMTP_SOON_MS;
    memset(&c->tls_link, 0, sizeof c->tls_link);
    if (c->setup.tls_up)
        c->tls_link.global = &c->setup.tls.global;
    c->talk.tls_link = c->setup.tls_up ? &c->tls_link : NULL;
    f->relay_why = f->relay ? smtp_relay_why(c, &call->peer.ip) : NULL;
    f->relay_state = f->relay_why ? PROBE_RELAY_HERE : PROBE_RELAY_UNASKED;
    c->talking = 1;
    c->left = 0;
    probe_talk_start(&c->talk, f, &conf, call, seed, quoth_sock_port.now());
    rc = app_ask(&smtp_machine, c, &c->wire);
    probe_talk_end(&c->talk);
    return rc;
}

/* From the host to a conversation with the first of its addresses that can be reached. */
static int smtp_reach(struct smtp_cmd *c, const struct quoth_conf *conf)
{
    static struct quoth_hosts h;
    struct quoth_hosts_want w;
    struct quoth_random rnd = {0, 0, 0}; /* nothing is drawn: there is one host */
    int rc = 0;

    memset(&h, 0, sizeof h);
    quoth_hosts_start(&h, conf, conf->server);
    for (quoth_hosts_want(&h, &w); !rc && w.kind != QUOTH_HOSTS_STOP; quoth_hosts_want(&h, &w)) {
        if (w.kind == QUOTH_HOSTS_ASK) {
            rc = smtp_ask(c, &w.name, w.type, &h.route);
            if (!rc)
                quoth_hosts_answered(&h, c->lookup.asked, &rnd);
            continue;
        }
        rc = smtp_converse(c, &w.call);
        if (rc || c->facts.connected)
            break;
        quoth_hosts_called(&h, &c->talk.smtp);
    }
    c->facts.dns = h.trail.dns;
    c->facts.denied = (h.trail.flags & QUOTH_EVID_DENIED) != 0;
    return rc;
}

/* Does the name of the greeting lead to the address that greeted? */
static int smtp_name(struct smtp_cmd *c)
{
    struct probe_facts *f = &c->facts;
    struct quoth_route r;
    int rc;

    if (!*f->name)
        return 0;
    if (!strcasecmp(f->name, f->host)) {
        f->resolves = QUOTH_FACT_YES;
        return 0;
    }
    memset(&r, 0, sizeof r);
    rc = smtp_ask_text(c, f->name, f->peer.ip.len == 4 ? QUOTH_DNS_A : QUOTH_DNS_AAAA, &r);
    if (r.answer == QUOTH_ANSWER_DATA)
        f->resolves = smtp_holds(r.ip, r.ip_n, &f->peer.ip) ? QUOTH_FACT_YES : QUOTH_FACT_NO;
    else if (r.answer == QUOTH_ANSWER_NODATA || r.answer == QUOTH_ANSWER_NXDOMAIN)
        f->resolves = QUOTH_FACT_NO;
    return rc;
}

static void smtp_report(struct smtp_cmd *c)
{
    const time_t now = time(NULL);

    c->facts.ms = (uint32_t)(quoth_sock_port.now() - c->began);
    c->facts.now_s = now >= SMTP_CLOCK_MIN ? now : 0;
    probe_judge(&c->facts, &c->report);
    c->grades |= probe_ignore(&c->report, &c->grading);
    if (c->o->quiet)
        return;
    if (c->json)
        probe_json(stdout, &c->facts, &c->report);
    else
        probe_text(stdout, &c->facts, &c->report);
    fflush(stdout);
}

static void smtp_explain(struct smtp_cmd *c, const struct quoth_conf *conf)
{
    FILE *f = c->json ? stderr : stdout;

    explain_free(&c->explain);
    c->explain = (struct explain) {.f = f, .o = c->o, .helo = conf->smtp.helo};
    if (!c->o->explain)
        return;
    app_put(f, conf->server, strlen(conf->server));
    fprintf(f, " port %u\n", conf->port);
}

/* `port` 0: that of the role. */
static int smtp_port(struct smtp_cmd *c, const struct smtp_target *t, uint16_t role, int named)
{
    struct quoth_conf conf = c->setup.conf;
    struct quoth_ip ip;
    int rc;

    conf.server = t->host;
    conf.port = c->o->sandbox ? c->o->sandbox : t->port ? t->port : role;
    memset(&c->facts, 0, sizeof c->facts);
    c->facts.host = t->host;
    c->facts.port = conf.port;
    c->facts.as = role;
    c->facts.named = (uint8_t)named;
    c->facts.relay = c->o->relay;
    c->facts.no_tls = conf.smtp.tls == QUOTH_TLS_NEVER;
    c->facts.by_address = quoth_ip_parse(&ip, t->host, strlen(t->host)) == QUOTH_OK;
    c->began = quoth_sock_port.now();
    smtp_explain(c, &conf);
    rc = smtp_reach(c, &conf);
    if (!rc)
        rc = smtp_name(c);
    if (c->o->explain)
        putc('\n', c->explain.f);
    if (!rc)
        smtp_report(c);
    if (!rc && ferror(stdout))
        rc = app_say_error(APP_EXIT_INTERNAL, "standard output", errno);
    return rc || !smtp_interrupted ? rc : APP_EXIT_INTERRUPTED;
}

/* ---- all of it ---------------------------------------------------------- */

/* Whose rules hold for this argument: --as, else the port's own, else those of port 25. 0: it names
 * no port, so all of them are tried. */
static uint16_t smtp_role(const struct smtp_cmd *c, const struct smtp_target *t)
{
    if (c->o->smtp_as)
        return smtp_roles[c->o->smtp_as];
    for (size_t i = 1; i < sizeof smtp_roles / sizeof *smtp_roles; i++)
        if (t->port == smtp_roles[i])
            return t->port;
    return t->port || c->o->sandbox ? 25 : 0;
}

static int smtp_host(struct smtp_cmd *c, const struct smtp_target *t)
{
    const uint16_t role = smtp_role(c, t);
    unsigned connected = 0;
    int rc = 0;

    if (role)
        return smtp_port(c, t, role, 1);
    for (size_t i = 1; i < sizeof smtp_roles / sizeof *smtp_roles && !rc; i++) {
        if (smtp_roles[i] == 465 && c->setup.conf.smtp.tls == QUOTH_TLS_NEVER)
            continue;
        rc = smtp_port(c, t, smtp_roles[i], 0);
        connected |= c->facts.connected;
    }
    if (!connected)
        c->grades |= 1u << QUOTH_GRADE_UNKNOWN;
    return rc;
}

/* The arguments, before anything is sent. 0, or an exit code. */
static int smtp_targets(struct smtp_cmd *c, const struct cli_args *args)
{
    struct app_why why;

    c->target = calloc(args->addresses, sizeof *c->target);
    if (!c->target)
        return app_say(APP_EXIT_INTERNAL, NULL, "too little memory");
    for (unsigned i = 0; i < args->addresses; i++) {
        struct smtp_target *t = &c->target[c->targets++];
        c->o->conf.port = 0;
        if (app_option_set(c->o, APP_PLACE_LINE, "server", args->address[i], &why))
            return app_say_option(NULL, "quoth smtp", args->address[i], &why);
        *t = (struct smtp_target) {c->o->conf.server, c->o->conf.port};
    }
    c->o->conf.server = NULL;
    c->o->conf.port = 0;
    return 0;
}

/* What does not go together, or is for addresses. NULL, or what is wrong. */
static const char *smtp_misfit(struct smtp_cmd *c, unsigned hosts)
{
    static struct quoth_evidence e;
    struct app_options *o = c->o;
    const char *format = app_formats[o->format].name, *misfit;

    if (!hosts)
        return "no host given; quoth smtp --help tells more";
    if (o->conf.server) /* in a file */
        return "--server is for addresses; give quoth smtp its hosts as arguments";
    c->json = !strcmp(format, "json");
    if (!c->json && strcmp(format, "text"))
        return "quoth smtp has --format text and json";
    misfit = app_options_finish(o, hosts);
    if (misfit || !o->relay)
        return misfit;
    o->conf.allow_names = o->names;
    if (quoth_intake_address(&e, o->relay, strlen(o->relay)) || quoth_intake_domain(&e, &o->conf))
        return "--relay wants an address of your own, at a domain that takes mail elsewhere";
    return NULL;
}

/* What needs the set-up to be told. */
static int smtp_ready(const struct smtp_cmd *c)
{
    if (!c->setup.conf.smtp.helo)
        return app_say(APP_EXIT_USAGE, NULL,
                       "quoth smtp says a name in EHLO: --helo NAME, this machine's own");
    for (unsigned i = 0; i < c->targets; i++)
        if (smtp_role(c, &c->target[i]) == 465 && c->setup.conf.smtp.tls == QUOTH_TLS_NEVER)
            return app_say(APP_EXIT_USAGE, c->target[i].host,
                           "port 465 speaks TLS alone, and there is none (--tls never, or a "
                           "build without it)");
    return 0;
}

static int smtp_run(struct smtp_cmd *c)
{
    int rc = smtp_ready(c);

    c->link.fd = -1;
    c->wire.port = &quoth_sock_port;
    c->wire.link = &c->link;
    if (c->setup.tls_up) {
        c->tls_link.global = &c->setup.tls.global;
        c->wire.tls = &c->setup.filter;
        c->wire.tls_link = &c->tls_link;
    }
    c->explain = (struct explain) {.f = c->json ? stderr : stdout, .o = c->o};
    c->began = quoth_sock_port.now();
    if (!rc)
        rc = smtp_relay_prepare(c);
    for (unsigned i = 0; i < c->targets && !rc; i++)
        rc = smtp_host(c, &c->target[i]);
    explain_free(&c->explain);
    if (rc == APP_EXIT_INTERRUPTED)
        app_say(0, NULL, "interrupted");
    return rc;
}

static const char *const smtp_common[] = {
    "as",         "relay",   "helo",   "from",    "ca-file", "tls",        "tls-verify", "ipv4",
    "ipv6",       "allow",   "deny",   "timeout", "sandbox", "nameserver", "no-edns",    "color",
    "allow-name", "explain", "format", "quiet",   "help",    NULL};

static int smtp_help(const struct cli_takes *takes)
{
    fputs("quoth smtp [options] HOST[:PORT]... - what does this server say?\n\n"
          "One conversation with each of ports 25, 465, 587 and 2525, or with the one\n"
          "named: greeting, EHLO, TLS and its certificate, EHLO again, QUIT. Logins are\n"
          "listed, not tried. Nothing is sent.\n\n",
          stdout);
    cli_help_takes(stdout, takes);
    fputs("\nExit code: 0 fine, 1 a warning, 2 something bad, 3 something could not be told;\n"
          "64 a bad argument.\n",
          stdout);
    return fflush(stdout) ? APP_EXIT_INTERNAL : 0;
}

int cli_smtp(int argc, char **argv)
{
    static struct app_options o; /* large */
    static struct smtp_cmd c;    /* large */
    const struct sigaction interrupt = {.sa_handler = smtp_interrupt,
                                        .sa_flags = (int)SA_RESETHAND};
    const struct cli_own own[] = {{cli_grading_options, CLI_GRADING_OPTIONS, &c.grading},
                                  {NULL, 0, NULL}};
    const struct cli_takes takes = {"smtp", own, smtp_common};
    struct cli_args args;
    const char *misfit;
    int rc = cli_args_take(&takes, &o, &args, argc, argv);

    if (rc)
        return rc;
    if (o.action)
        return smtp_help(&takes);
    c.o = &o;
    rc = app_config_read(&o);
    if (rc)
        return rc;
    misfit = smtp_misfit(&c, args.addresses);
    if (misfit)
        return app_say(APP_EXIT_USAGE, NULL, misfit);
    o.conf.depth = QUOTH_DEPTH_SMTP;
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    rc = smtp_targets(&c, &args);
    if (!rc)
        rc = app_setup_open(&c.setup, &o);
    if (!rc) {
        rc = smtp_run(&c);
        app_setup_close(&c.setup);
    }
    free(c.target);
    if (rc)
        return rc;
    return fflush(stdout) ? APP_EXIT_INTERNAL : cli_grading_exit(&c.grading, c.grades);
}
