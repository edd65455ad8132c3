/* serve_cmd.c - `quoth serve`: checks over HTTP, and for mail servers.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "cli.h"
#include "help.h"
#include "doctor.h"
#include "gateway.h"
#include "notify.h"

#define SERVE_DEFAULT "127.0.0.1:8025"

struct serve_places {
    const char *at[SERVE_LISTENERS];
    unsigned n;
};

struct serve_cmd {
    struct app_options o;
    struct app_setup setup;
    struct serve s;
    struct gateway g;
    struct doctor_run us;
    struct serve_places listen, gate, metrics;
    uint8_t probe;
};

static const char *serve_add_place(struct serve_places *places, const char *value)
{
    if (places->n == SERVE_LISTENERS)
        return "there are at most 8 places to listen at";
    places->at[places->n++] = value;
    return NULL;
}

static const char *serve_set_listen(void *to, const char *value)
{
    return serve_add_place(&((struct serve_cmd *)to)->listen, value);
}

static const char *serve_set_gate(void *to, const char *value)
{
    return serve_add_place(&((struct serve_cmd *)to)->gate, value);
}

static const char *serve_set_metrics(void *to, const char *value)
{
    ((struct serve_cmd *)to)->s.metrics_apart = 1;
    return serve_add_place(&((struct serve_cmd *)to)->metrics, value);
}

/* "DOMAIN", or what is before the '=' of "DOMAIN=HOST[:PORT]". */
static const char *serve_domain(struct serve_cmd *cmd, const char *value, const char *server)
{
    const size_t n = server ? (size_t)(server - value) : strlen(value);
    char text[256], name[256];

    if (n >= sizeof text)
        return "a domain name";
    memcpy(text, value, n);
    text[n] = '\0';
    return cli_domain_name(text, name) ? "a domain name"
                                       : gateway_add(&cmd->g, name, server ? server + 1 : NULL);
}

static const char *serve_set_domain(void *to, const char *value)
{
    return serve_domain(to, value, NULL);
}

static const char *serve_set_route(void *to, const char *value)
{
    const char *equals = strchr(value, '=');

    return equals ? serve_domain(to, value, equals) : "DOMAIN=HOST[:PORT]";
}

static const char *serve_set_callback(void *to, const char *value)
{
    (void)value;
    ((struct serve_cmd *)to)->g.callback = 1;
    return NULL;
}

static const char *serve_tell(void *to, const char *value, const char *mailbox, unsigned tell)
{
    if (strcmp(value, mailbox) != 0)
        return mailbox;
    ((struct serve_cmd *)to)->g.tells |= (uint8_t)tell;
    return NULL;
}
static const char *serve_set_defer(void *to, const char *value)
{
    return serve_tell(to, value, "full", KNOWN_TELL_FULL);
}
static const char *serve_set_refuse(void *to, const char *value)
{
    return serve_tell(to, value, "disabled", KNOWN_TELL_DISABLED);
}

static const char *serve_set_probe(void *to, const char *value)
{
    (void)value;
    ((struct serve_cmd *)to)->probe = 1;
    return NULL;
}

static const char *serve_set_log_addresses(void *to, const char *value)
{
    (void)value;
    ((struct serve_cmd *)to)->s.log_addresses = 1;
    return NULL;
}

/* "192.0.2.1", "[2001:db8::1]": no name that leads elsewhere tomorrow. */
static int serve_is_address(const char *value)
{
    const size_t n = strlen(value);
    const int six = n > 2 && value[0] == '[' && value[n - 1] == ']';
    struct quoth_ip ip;

    return quoth_ip_parse(&ip, value + six, n - 2 * (size_t)six) == QUOTH_OK &&
           (ip.len == 16) == six;
}

static const char *serve_set_host(void *to, const char *value)
{
    struct serve_cmd *cmd = to;
    char name[256];

    if (cmd->s.hosts == SERVE_HOSTS)
        return "at most 16 names";
    if (cli_domain_name(value, name) && !serve_is_address(value))
        return "a host name or an address ([V6] in brackets), without a port";
    cmd->s.host[cmd->s.hosts++] = value;
    return NULL;
}

/* As browsers write it: scheme and host in lower case, no port that is the scheme's, no path. */
static const char *serve_set_origin(void *to, const char *value)
{
    static const char why[] =
        "an origin as browsers write it, in lower case: https://app.example, http://localhost:3000";
    struct serve *serve = &((struct serve_cmd *)to)->s;
    const int safe = !strncmp(value, "https://", 8);
    const char *host = value + 7 + safe, *usual = safe ? ":443" : ":80";
    char text[256], name[256];
    struct quoth_peer peer;
    size_t n;

    if (serve->origins == SERVE_ORIGINS)
        return "at most 16 origins";
    if ((!safe && strncmp(value, "http://", 7) != 0) ||
        value[strcspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")])
        return why;
    n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (!n || n >= sizeof text || n > strlen(host))
        return why;
    memcpy(text, host, n);
    text[n] = '\0';
    if (strcmp(text, "localhost") != 0 && !serve_is_address(text) &&
        (cli_domain_name(text, name) || strcmp(name, text) != 0))
        return why;
    snprintf(name, sizeof name, "[::1]%s", host + n); /* is that a port? */
    if (host[n] && (strlen(host + n) > 6 || serve_peer(name, &peer) || !peer.port ||
                    host[n + 1] == '0' || !strcmp(host + n, usual)))
        return why;
    serve->origin[serve->origins++] = value;
    return NULL;
}

static const char *serve_set_token(void *to, const char *value)
{
    ((struct serve_cmd *)to)->s.token_file = value;
    return NULL;
}

static const char *serve_set_state(void *to, const char *value)
{
    ((struct serve_cmd *)to)->s.state_dir = value;
    return NULL;
}

static const char *serve_set_identities(void *to, const char *value)
{
    ((struct serve_cmd *)to)->s.identities_file = value;
    return NULL;
}

static const char *serve_set_proxy(void *to, const char *value)
{
    struct serve_cmd *cmd = to;

    if (!strcmp(value, "unix")) {
        cmd->s.proxy_local = 1;
        return NULL;
    }
    if (cmd->s.proxies == SERVE_PROXIES)
        return "at most 16 networks";
    if (quoth_cidr_parse(&cmd->s.proxy[cmd->s.proxies], value, strlen(value)) != QUOTH_OK)
        return "a network as 10.0.0.0/8 or one address, or unix";
    cmd->s.proxies++;
    return NULL;
}

static const char *serve_set_compat(void *to, const char *value)
{
    static const struct {
        const char *name;
        uint8_t bit;
    } known[] = {
        {"truemail", SERVE_TRUEMAIL}, {"kickbox", SERVE_KICKBOX}, {"zerobounce", SERVE_ZEROBOUNCE}};
    struct serve_cmd *cmd = to;

    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].name, value)) {
            cmd->s.compat |= known[i].bit;
            return NULL;
        }
    return "truemail (it takes /, where the page is), kickbox or zerobounce";
}

static const char *serve_number(const char *value, uint32_t most, uint32_t *to)
{
    uint32_t n;

    if (!app_number(value, &n) || value[app_number(value, &n)] || !n || n > most)
        return "a whole number from 1 on, within its bound (quoth serve --help)";
    *to = n;
    return NULL;
}

/* The limits that are a number: field, default, most, times that, name, argument, help. */
#define SERVE_LIMITS(X) \
    X(clients, 256, 60000, 1, "--connections", "N", "at once") \
    X(clients_each, 16, 60000, 1, "--connections-each", "N", "of one client address at once") \
    X(head_ms, 10, 600, 1000, "--head-time", "S", "for the head of a request") \
    X(body_ms, 10, 3600, 1000, "--body-time", "S", \
      "for a body, and as long as --body-rate gives it") \
    X(body_rate, 1, 1000000, 1, "--body-rate", "KB", "a second that it brings at least") \
    X(idle_ms, 75, 3600, 1000, "--idle-time", "S", "between two requests") \
    X(wait_ms, 30, 120, 1000, "--wait", "S", "for a result, unless a request has wait_s") \
    X(checks_minute, 120, 1000000, 1, "--checks-a-minute", "N", "of one token") \
    X(checks_once, 16, 60000, 1, "--checks-at-once", "N", "of one token, waited for") \
    X(json, 64, 16384, 1024, "--json-body", "KB", "a body of JSON may have") \
    X(bulk, 50, 1 << 20, UINT64_C(1) << 20, "--bulk", "MB", "a list as JSON may have (/v1/bulk)") \
    X(upload, 1024, 1 << 20, UINT64_C(1) << 20, "--upload", "MB", "any list may have") \
    X(jobs_running, 2, 16, 1, "--jobs-running", "N", "lists of one token; the others wait") \
    X(jobs_kept, 100, 10000, 1, "--jobs-kept", "N", "lists of one token") \
    X(jobs_bytes, 10240, 1 << 24, UINT64_C(1) << 20, "--jobs-bytes", "MB", "of one token's lists")

#define SERVE_SET(field, usual, most, times, name, argument, help) \
    static const char *serve_set_##field(void *to, const char *value) \
    { \
        uint32_t n = 0; \
        const char *why = serve_number(value, most, &n); \
        ((struct serve_cmd *)to)->s.limits.field = n * (times); \
        return why; \
    }
#define SERVE_ROW(field, usual, most, times, name, argument, help) \
    {name, argument, help " [" #usual "]", serve_set_##field},
#define SERVE_USUAL(field, usual, most, times, name, argument, help) .field = (usual) * (times),

SERVE_LIMITS(SERVE_SET)

/* "7d", "12h", "30m", "90s". */
static const char *serve_set_keep(void *to, const char *value)
{
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const size_t digits = strspn(value, "0123456789");
    uint32_t n;

    for (unsigned i = 0; i < 4; i++)
        if (digits && value[digits] == units[i].unit && !value[digits + 1] &&
            app_number(value, &n) && n && n <= 36500) {
            ((struct serve_cmd *)to)->s.limits.keep_s = n * units[i].seconds;
            return NULL;
        }
    return "a number of days, hours, minutes or seconds: 7d, 12h";
}

static const char *serve_set_gate_time(void *to, const char *value)
{
    uint32_t *wait_ms = &((struct serve_cmd *)to)->g.wait_ms;
    const char *why = serve_number(value, 120, wait_ms);

    *wait_ms *= 1000;
    return why;
}

static const struct cli_option serve_options[] = {
    {"--listen", "WHERE",
     "ADDRESS:PORT, [V6]:PORT or unix:PATH [" SERVE_DEFAULT "]; again for more", serve_set_listen},
    {"--token-file", "FILE", "lines NAME:TOKEN of those who may ask; read again at SIGHUP",
     serve_set_token},
    {"--host", "NAME", "a name or address of ours in Host fields; again for more", serve_set_host},
    {"--allow-origin", "ORIGIN", "pages of this origin may ask (CORS); again for more",
     serve_set_origin},
    {"--trusted-proxy", "NET|unix", "believe X-Forwarded-For of proxies there; again for more",
     serve_set_proxy},
    {"--compat", "truemail|kickbox|zerobounce",
     "answer programs that were written for these; again for more", serve_set_compat},
    {"--identities", "FILE", "lines NAME ADDRESS: as whom else requests may have it ask (7)",
     serve_set_identities},
    {"--state-dir", "DIR", "where holds, decoys and lists outlive a restart", serve_set_state},
    {"--keep", "N[d|h|m|s]", "how long a list and its results are kept [7d]", serve_set_keep},
    {"--metrics", "WHERE", "/metrics is there, and nowhere else; again for more",
     serve_set_metrics},
    {"--gate", "WHERE",
     "answer mail servers there: policy, socketmap, tcp_table, readsocket; again for more",
     serve_set_gate},
    {"--route", "DOMAIN=HOST[:PORT]",
     "answer mail servers for this domain, and ask about it there; again for more",
     serve_set_route},
    {"--gate-domain", "NAME", "the same, and ask its MX, or --server; again for more",
     serve_set_domain},
    {"--callback", NULL, "answer mail servers about senders too", serve_set_callback},
    {"--gate-defer", "full", "a mailbox that is full: 450 4.2.2 to mail servers, else it is good",
     serve_set_defer},
    {"--gate-refuse", "disabled", "one that is closed for good: 550 5.2.1, else it is good",
     serve_set_refuse},
    {"--gate-time", "S", "until a mail server is told to come again [8]", serve_set_gate_time},
    {"--probe", NULL, "serve nothing: is one alive that listens there? 0: yes", serve_set_probe},
    {"--log-addresses", NULL, "the log says which address; without it a sum of it",
     serve_set_log_addresses},
    SERVE_LIMITS(SERVE_ROW)};
enum { SERVE_OPTIONS = sizeof serve_options / sizeof *serve_options };
static const char *const serve_common[] = {
    "helo",       "from",  "nameserver", "no-edns",     "server",     "ipv4",        "ipv6",
    "allow",      "deny",  "allow-name", "tls",         "tls-verify", "ca-file",     "no-decoy",
    "timeout",    "pace",  "open",       "per-session", "per-host",   "per-net",     "gap",
    "disposable", "free",  "role",       "trusted",     "dns-only",   "syntax-only", "calibration",
    "sandbox",    "quiet", "help",       NULL};

static int serve_help(const struct cli_takes *takes)
{
    return cli_help_takes(takes, HELP_use_serve, "0 ended by a signal; 64 up: failed");
}

/* As `quoth domain --format json` tells it. */
static void serve_domain_report(const struct serve *serve, const struct quoth_domain *domain,
                                uint64_t ms, struct app_stream *out)
{
    struct quoth_finding finding[QUOTH_FINDINGS_MAX];
    const struct domain_report report = {
        .facts = &domain->facts,
        .d = domain,
        .finding = finding,
        .findings = quoth_health_judge(&domain->facts, QUOTH_PROFILE_AUTO, finding),
        .by = serve->setup->resolver.server[0].peer.ip,
        .fetches = domain->facts.policy.fetched.how != QUOTH_FETCH_NOT,
        .ms = ms};

    domain_json_write(&report, out);
}

/* ---- ourselves, as `quoth doctor` has it ------------------------------------------ */

static void serve_us_start(struct serve *serve)
{
    struct doctor_run *run = serve->us;

    memset(run, 0, sizeof *run);
    doctor_begin(run, serve->o, serve->setup);
    doctor_usual_hosts(run);
    (void)doctor_start(run); /* without random bytes nothing is asked, and the report says so */
}

static int serve_us_step(struct serve *serve, struct quoth_want *want)
{
    return doctor_step(serve->us, want);
}

static void serve_us_report(struct serve *serve, struct app_stream *out)
{
    static const struct cli_grading all;
    static struct doctor_report report; /* large */
    struct doctor_run *run = serve->us;

    doctor_judge(&run->facts, &all, &report);
    doctor_json_write(&run->facts, &report, out);
    serve->us_out = SERVE_OUT_UNKNOWN;
    for (size_t i = 0; i < report.n; i++)
        if (!strcmp(quoth_check_id(report.finding[i].f.id), "port25.blocked"))
            serve->us_out = SERVE_OUT_SHUT;
    for (int i = 0; i < 2; i++)
        for (unsigned k = 0; k < run->facts.side[i].calls; k++)
            if (run->facts.side[i].call[k].connected)
                serve->us_out = SERVE_OUT_OPEN;
}

/* What listens where: by the name of a socket that the service manager opened. */
static const struct {
    const char *name;
    const struct protocol *protocol;
    const char *said;
} serve_kinds[] = {{"http", &protocol_http, "listening"},
                   {"gate", &protocol_gateway, "listening as a gateway"},
                   {"metrics", &protocol_metrics, "listening, for /metrics"}};
enum { SERVE_HTTP, SERVE_GATE, SERVE_METRICS, SERVE_KINDS };

static void serve_say(const struct serve_cmd *cmd, const char *where, int kind)
{
    if (!cmd->o.quiet)
        app_say(0, where, serve_kinds[kind].said);
}

/* 0, or an exit code. */
static int serve_listen_all(struct serve_cmd *cmd, const struct serve_places *places, int kind)
{
    for (unsigned i = 0; i < places->n; i++) {
        const int rc = serve_listen(&cmd->s, places->at[i], serve_kinds[kind].protocol);
        if (rc)
            return rc;
        serve_say(cmd, places->at[i], kind);
    }
    return 0;
}

/* HTTP, whatever else its name is. */
static int serve_kind(const char *name)
{
    int kind = SERVE_KINDS - 1;

    while (kind && strcmp(name, serve_kinds[kind].name) != 0)
        kind--;
    return kind;
}

/* What the service manager opened. */
static int serve_listen_given(struct serve_cmd *cmd)
{
    char name[64];
    int fd, rc = 0;

    for (unsigned i = 0; !rc && (fd = notify_socket(i, name)) >= 0; i++) {
        const int kind = serve_kind(name);
        rc = serve_listen_on(&cmd->s, fd, serve_kinds[kind].protocol);
        cmd->s.metrics_apart |= kind == SERVE_METRICS;
        if (!rc)
            serve_say(cmd, *name ? name : "LISTEN_FDS", kind);
    }
    return rc;
}

/* How many of them are of that kind, or of any. */
static unsigned serve_given(int kind)
{
    unsigned n = 0;
    char name[64];

    for (unsigned i = 0; notify_socket(i, name) >= 0; i++)
        n += kind == SERVE_KINDS || serve_kind(name) == kind;
    return n;
}

static int serve_start(struct serve_cmd *cmd)
{
    const unsigned gates = cmd->gate.n + serve_given(SERVE_GATE);
    int rc;

    umask(077); /* what it keeps is about people */
    if (!cmd->listen.n && !gates && serve_given(SERVE_KINDS) == serve_given(SERVE_METRICS))
        (void)serve_set_listen(cmd, SERVE_DEFAULT);
    if (gates && !cmd->g.domains && !cmd->g.callback)
        return app_say(APP_EXIT_USAGE, "--gate", "for which domains? --route, --gate-domain");
    rc = cmd->g.domains || cmd->g.callback ? gateway_init(&cmd->g, &cmd->s) : 0;
    if (!rc)
        rc = serve_init(&cmd->s);
    if (!rc)
        rc = serve_listen_given(cmd);
    if (!rc)
        rc = serve_listen_all(cmd, &cmd->listen, SERVE_HTTP);
    if (!rc)
        rc = serve_listen_all(cmd, &cmd->metrics, SERVE_METRICS);
    if (!rc)
        rc = serve_listen_all(cmd, &cmd->gate, SERVE_GATE);
    return rc ? rc : serve_run(&cmd->s);
}

int cli_serve(int argc, char **argv)
{
    static struct serve_cmd cmd; /* large */
    const struct cli_own own[] = {{serve_options, SERVE_OPTIONS, &cmd}, {NULL, 0, NULL}};
    const struct cli_takes takes = {"serve", own, serve_common};
    const char *misfit;
    struct cli_args args;
    int rc;

    cmd.s.limits = (struct serve_limits) {SERVE_LIMITS(SERVE_USUAL).keep_s = 7 * 86400};
    cmd.g.wait_ms = 8000;
    cmd.g.line_wait_ms = 4000;
    rc = cli_args_take(&takes, &cmd.o, &args, argc, argv);
    if (rc)
        return rc;
    if (cmd.o.action == 'h')
        return serve_help(&takes);
    if (args.addresses)
        return app_say(APP_EXIT_USAGE, args.address[0], "serve takes options alone");
    if (cmd.probe)
        return serve_probe(cmd.listen.n ? cmd.listen.at[0] : SERVE_DEFAULT);
    rc = app_config_read(&cmd.o);
    misfit = rc ? NULL : app_options_finish(&cmd.o, 1);
    if (misfit)
        return app_say(APP_EXIT_USAGE, NULL, misfit);
    if (!rc)
        rc = app_setup_open(&cmd.setup, &cmd.o);
    cmd.s.o = &cmd.o;
    cmd.s.setup = &cmd.setup;
    cmd.s.domain_report = serve_domain_report;
    cmd.s.us = &cmd.us;
    cmd.s.us_link = &cmd.us.link;
    cmd.s.us_start = serve_us_start;
    cmd.s.us_step = serve_us_step;
    cmd.s.us_report = serve_us_report;
    if (!rc)
        rc = serve_start(&cmd);
    serve_end(&cmd.s);
    gateway_end(&cmd.g);
    app_setup_close(&cmd.setup);
    return rc;
}
