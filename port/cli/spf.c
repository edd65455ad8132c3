/* spf.c - `quoth spf`: may this address send for that domain? Or, without one: what does a record
 * cost? (RFC 7208)
 *
 *   --ip, --helo, --from, NAME... --> struct quoth_spf_conf --> core/domain/spf.c --> text or JSON
 *
 * The sender that is asked about is a stranger: --helo and --from are not who we are, and are never
 * said to anybody. So they have rows here, and not in the common table, whose rows also take them
 * from files; nothing but control characters is refused, for a sender may have said anything.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "ask.h"
#include "help.h"
#include "cli.h"
#include "explain.h"
#include "quoth_domain.h"
#include "setup.h"
#include "sock.h"

enum { SPF_TCP_MAX = 65535, SPF_CACHE = 65536, SPF_SENDER_MAX = 320 };
enum { SPF_FINE, SPF_BAD, SPF_DOUBTFUL, SPF_UNKNOWN }; /* exit codes, in the manner of verdicts */

struct spf_cmd {
    struct app_options o;
    struct app_setup setup;
    struct quoth_spf_conf conf;
    struct quoth_spf spf;
    struct quoth_setcache cache;
    struct quoth_wire wire;
    struct quoth_link link;
    struct explain explain;
    uint64_t took;
    char ip[46], from[SPF_SENDER_MAX + 1];
    uint8_t json;
    uint8_t memory[SPF_CACHE], tcp[SPF_TCP_MAX];
};

/* ---- words -------------------------------------------------------------- */

static const struct {
    const char *id, *text; /* a sentence about the last domain of the chain */
} spf_whys[QUOTH_SPF_WHYS] = {
    [QUOTH_SPF_WHY_NONE] = {"", ""},
    [QUOTH_SPF_WHY_MATCH] = {"match", "this term matches"},
    [QUOTH_SPF_WHY_NO_MATCH] = {"no_match", "no term matches (4.7)"},
    [QUOTH_SPF_WHY_NO_RECORD] = {"no_record", "it has no SPF record (4.5, 5.2, 6.1)"},
    [QUOTH_SPF_WHY_NO_DOMAIN] = {"no_domain", "this is no domain that can be asked about (4.3)"},
    [QUOTH_SPF_WHY_RECORDS] = {"records", "it has more than one SPF record (4.5)"},
    [QUOTH_SPF_WHY_SYNTAX] = {"syntax", "its record is not SPF from here on (4.6)"},
    [QUOTH_SPF_WHY_TWICE] = {"twice", "a modifier that may be there once comes again (6)"},
    [QUOTH_SPF_WHY_TERMS] = {"terms",
                             "this is the eleventh term that asks, ten are allowed (4.6.4)"},
    [QUOTH_SPF_WHY_VOIDS] = {"voids", "three terms ask for what is not there, two may (4.6.4)"},
    [QUOTH_SPF_WHY_HOSTS] = {"hosts", "more than ten mail hosts stand behind an mx (4.6.4)"},
    [QUOTH_SPF_WHY_LOOP] = {"loop", "its record leads back to itself"},
    [QUOTH_SPF_WHY_NAME] = {"name", "a term leads to what is no name (4.8)"},
    [QUOTH_SPF_WHY_DNS] = {"dns", "the name servers gave no answer"},
    [QUOTH_SPF_WHY_TOO_BIG] = {"too_big", "more questions, bytes or seconds than we spend on it"},
    [QUOTH_SPF_WHY_ENTROPY] = {"entropy", "this machine gave no random bytes to ask with"},
};

/* What it means for whoever reads the exit code. */
static int spf_exit(const struct spf_cmd *cmd)
{
    static const uint8_t of[QUOTH_SPF_RESULTS] = {
        [QUOTH_SPF_NONE] = SPF_DOUBTFUL,     [QUOTH_SPF_NEUTRAL] = SPF_DOUBTFUL,
        [QUOTH_SPF_PASS] = SPF_FINE,         [QUOTH_SPF_FAIL] = SPF_BAD,
        [QUOTH_SPF_SOFTFAIL] = SPF_DOUBTFUL, [QUOTH_SPF_TEMPERROR] = SPF_UNKNOWN,
        [QUOTH_SPF_PERMERROR] = SPF_BAD,
    };
    const struct quoth_spf *spf = &cmd->spf;

    if (cmd->conf.ip.len || spf->why > QUOTH_SPF_WHY_NO_MATCH)
        return of[spf->result];
    return spf->terms > QUOTH_SPF_TERMS_MAX || spf->voids > QUOTH_SPF_VOIDS_MAX ? SPF_BAD
                                                                                : SPF_FINE;
}

/* ---- text --------------------------------------------------------------- */

/* What to show of the i-th record: the term it is at, or the rest from where it is wrong. */
static struct quoth_span spf_shown(const struct quoth_spf *spf, unsigned i)
{
    struct quoth_span record = quoth_spf_record(spf, i);
    struct quoth_spf_term term;

    if (i == spf->depth && (spf->why == QUOTH_SPF_WHY_SYNTAX || spf->why == QUOTH_SPF_WHY_TWICE))
        return (struct quoth_span) {record.p + spf->bad_at, record.n - spf->bad_at};
    if (i < spf->depth || spf->why != QUOTH_SPF_WHY_NO_MATCH)
        return quoth_spf_at(spf, i, &term) ? term.text : (struct quoth_span) {"", 0};
    return record;
}

static void spf_text_chain(const struct quoth_spf *spf)
{
    for (unsigned i = 0; i <= spf->depth && spf->why != QUOTH_SPF_WHY_NO_DOMAIN; i++) {
        const struct quoth_span name = quoth_spf_name(spf, i), shown = spf_shown(spf, i);
        fputs("  ", stdout);
        app_put(stdout, name.p, name.n);
        fputs("  ", stdout);
        app_put(stdout, shown.p, shown.n < 200 ? shown.n : 200);
        putchar('\n');
    }
}

/* The share of each term of the first record, if there is more than one to choose from. */
static void spf_text_shares(const struct quoth_spf *spf)
{
    const struct quoth_span record = quoth_spf_record(spf, 0);
    struct quoth_spf_term term;

    for (unsigned i = 0; i < spf->shares; i++) {
        size_t at = spf->share[i].at;
        if (quoth_spf_term(&term, record.p, record.n, &at) != 1)
            continue;
        printf("  %4u  ", spf->share[i].terms);
        app_put(stdout, term.text.p, term.text.n);
        if (spf->share[i].voids)
            printf("   (%u void)", spf->share[i].voids);
        putchar('\n');
    }
}

static void spf_text(const struct spf_cmd *cmd, const char *domain)
{
    const struct quoth_spf *spf = &cmd->spf;
    const struct quoth_span last = quoth_spf_name(spf, spf->depth);

    app_put(stdout, domain, strlen(domain));
    printf("  %s", quoth_spf_result_name((enum quoth_spf_result)spf->result));
    if (cmd->conf.ip.len)
        printf(" for %s", cmd->ip);
    fputs(": ", stdout);
    if (spf->depth) {
        app_put(stdout, last.p, last.n);
        fputs(": ", stdout);
    }
    fputs(spf_whys[spf->why].text, stdout);
    if (spf->why == QUOTH_SPF_WHY_SYNTAX || spf->why == QUOTH_SPF_WHY_TWICE)
        printf(", byte %u", spf->bad_at);
    if (spf->why == QUOTH_SPF_WHY_DNS)
        printf(": %s", quoth_answer_name((enum quoth_answer)spf->answer));
    putchar('\n');
    spf_text_chain(spf);
    if (!cmd->conf.ip.len)
        spf_text_shares(spf);
    printf("  %u of %u terms that ask, %u of %u void; %u question%s, %llu ms\n", spf->terms,
           QUOTH_SPF_TERMS_MAX, spf->voids, QUOTH_SPF_VOIDS_MAX, spf->queries,
           spf->queries == 1 ? "" : "s", (unsigned long long)cmd->took);
}

/* ---- JSON --------------------------------------------------------------- */

static void spf_json_span(struct app_json *json, const char *key, struct quoth_span span)
{
    if (span.n)
        app_json_str(json, key, span.p, span.n);
    else
        app_json_null(json, key);
}

static void spf_json_chain(struct app_json *json, const struct quoth_spf *spf)
{
    struct quoth_spf_term term;

    app_json_open(json, "chain", '[');
    for (unsigned i = 0; i <= spf->depth; i++) {
        term.text.n = 0;
        app_json_open(json, NULL, '{');
        spf_json_span(json, "domain", quoth_spf_name(spf, i));
        spf_json_span(json, "record", quoth_spf_record(spf, i));
        quoth_spf_at(spf, i, &term);
        spf_json_span(json, "term", term.text);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
}

static void spf_json_shares(struct app_json *json, const struct quoth_spf *spf)
{
    const struct quoth_span record = quoth_spf_record(spf, 0);
    struct quoth_spf_term term;

    app_json_open(json, "costs", '[');
    for (unsigned i = 0; i < spf->shares; i++) {
        size_t at = spf->share[i].at;
        if (quoth_spf_term(&term, record.p, record.n, &at) != 1)
            continue;
        app_json_open(json, NULL, '{');
        app_json_str(json, "term", term.text.p, term.text.n);
        app_json_number(json, "terms", spf->share[i].terms);
        app_json_number(json, "voids", spf->share[i].voids);
        app_json_close(json, '}');
    }
    app_json_close(json, ']');
}

static void spf_json(const struct spf_cmd *cmd, const char *domain)
{
    const struct quoth_spf *spf = &cmd->spf;
    struct app_stream out = {.f = stdout};
    struct app_json json = {&out, 0};

    app_json_open(&json, NULL, '{');
    app_json_text(&json, "kind", "spf");
    app_json_text(&json, "domain", domain);
    app_json_text(&json, "ip", cmd->ip);
    app_json_text(&json, "helo", cmd->conf.helo);
    app_json_text(&json, "from", cmd->conf.from);
    app_json_text(&json, "result", quoth_spf_result_name((enum quoth_spf_result)spf->result));
    app_json_text(&json, "why", spf_whys[spf->why].id);
    if (spf->why == QUOTH_SPF_WHY_SYNTAX || spf->why == QUOTH_SPF_WHY_TWICE)
        app_json_number(&json, "bad_at", spf->bad_at);
    else
        app_json_null(&json, "bad_at");
    app_json_text(&json, "dns", quoth_answer_name((enum quoth_answer)spf->answer));
    spf_json_chain(&json, spf);
    app_json_number(&json, "terms", spf->terms);
    app_json_number(&json, "voids", spf->voids);
    app_json_number(&json, "voids_ipv6", spf->voids6);
    spf_json_shares(&json, spf);
    app_json_number(&json, "queries", spf->queries);
    app_json_number(&json, "ms", cmd->took);
    app_json_number(&json, "v", 1);
    app_json_close(&json, '}');
    putchar('\n');
}

/* ---- one check ---------------------------------------------------------- */

static void spf_want(const void *cmd, struct quoth_want *want)
{
    quoth_spf_want(&((const struct spf_cmd *)cmd)->spf, want);
}

static void spf_feed(void *cmd, const struct quoth_event *ev)
{
    (void)quoth_spf_feed(&((struct spf_cmd *)cmd)->spf, ev);
}

static void spf_trace(void *arg, const struct quoth_want *want, const struct quoth_event *ev)
{
    struct spf_cmd *cmd = arg;

    if (cmd->o.explain && ev)
        explain_ask(&cmd->explain, want, ev);
}

static const struct app_machine spf_machine = {spf_want, spf_feed, .trace = spf_trace};

/* `domain`: NULL for the sender's. 0 to 3, or an exit code of its own. */
static int spf_one(struct spf_cmd *cmd, const char *domain)
{
    const uint64_t start = quoth_sock_port.now();
    uint8_t seed[16];
    int rc = quoth_sock_port.random(seed, sizeof seed);

    cmd->conf.domain = domain;
    cmd->explain.start = start;
    quoth_spf_start(&cmd->spf, &cmd->conf, rc == QUOTH_OK ? seed : NULL, start);
    if (quoth_ip_text(&cmd->spf.ip, cmd->ip, sizeof cmd->ip) < 0)
        cmd->ip[0] = 0;
    quoth_spf_lend(&cmd->spf, cmd->tcp, sizeof cmd->tcp);
    rc = app_ask(&spf_machine, cmd, &cmd->wire);
    if (rc)
        return rc;
    cmd->took = quoth_sock_port.now() - start;
    if (!domain && cmd->conf.from && *cmd->conf.from)
        domain = strrchr(cmd->conf.from, '@') ? strrchr(cmd->conf.from, '@') + 1 : cmd->conf.from;
    if (!domain)
        domain = cmd->conf.helo;
    if (!cmd->o.quiet && cmd->json)
        spf_json(cmd, domain);
    else if (!cmd->o.quiet)
        spf_text(cmd, domain);
    return app_end(spf_exit(cmd));
}

/* ---- arguments ---------------------------------------------------------- */

static int spf_has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return 1;
    return 0;
}

static int spf_is_ascii(const char *text)
{
    while (*text > 0)
        text++;
    return !*text;
}

/* What a sender said. NULL, or what is wrong. */
static const char *spf_said(const char *value)
{
    return spf_has_control(value) || strlen(value) > SPF_SENDER_MAX
               ? "it wants at most 320 bytes, without control characters"
               : NULL;
}

static const char *spf_set_ip(void *to, const char *value)
{
    struct spf_cmd *cmd = to;

    return quoth_ip_parse(&cmd->conf.ip, value, strlen(value)) == QUOTH_OK
               ? NULL
               : "it wants an IP address, such as 192.0.2.1";
}

static const char *spf_set_helo(void *to, const char *value)
{
    struct spf_cmd *cmd = to;

    cmd->conf.helo = value;
    return spf_said(value);
}

static const char *spf_set_from(void *to, const char *value)
{
    struct spf_cmd *cmd = to;
    const char *why = spf_said(value);
    char domain[256], *at;

    if (why)
        return why;
    cmd->conf.from = cmd->from;
    strcpy(cmd->from, strcmp(value, "<>") ? value : "");
    at = strrchr(cmd->from, '@');
    if (at && !spf_is_ascii(at) && !cli_domain_name(at + 1, domain) &&
        (size_t)(at - cmd->from) + strlen(domain) < SPF_SENDER_MAX)
        strcpy(at + 1, domain);
    return NULL;
}

static const char *spf_set_format(void *to, const char *value)
{
    struct spf_cmd *cmd = to;

    cmd->json = !strcmp(value, "json");
    return cmd->json || !strcmp(value, "text") ? NULL : "it wants text or json";
}

static const struct cli_option spf_options[] = {
    {"--ip", "IP", "address of the client that sends", spf_set_ip},
    {"--from", "ADDRESS", "its MAIL FROM; none or <>: the null sender", spf_set_from},
    {"--helo", "NAME", "what it said in EHLO; of the null sender the domain", spf_set_helo},
    {"--format", "text|json", "json: one object a line", spf_set_format},
};
enum { SPF_OPTIONS = sizeof spf_options / sizeof *spf_options };
static const char *const spf_common[] = {"nameserver", "sandbox", "explain", "quiet", "help", NULL};

static int spf_help(const struct cli_takes *takes)
{
    return cli_help_takes(takes, HELP_use_spf,
                          "0 pass, 1 fail or permerror, 2 softfail, neutral, none, 3 temperror;\n"
                          "without --ip 0 within the limits, 1 broken, 2 no record; 64 up: failed");
}

/* What does not go together, before anything is sent. 0, or an exit code. */
static int spf_refuse(const struct spf_cmd *cmd, const struct cli_args *args)
{
    char domain[256];

    for (unsigned i = 0; i < args->addresses; i++) {
        const char *why = cli_domain_name(args->address[i], domain);
        if (why)
            return app_say(APP_EXIT_USAGE, args->address[i], why);
    }
    if (!args->addresses && !(cmd->conf.from && *cmd->conf.from) && !cmd->conf.helo)
        return app_say(APP_EXIT_USAGE, "spf",
                       "of which domain? --from ADDRESS, --helo NAME or the NAME; "
                       "quoth spf --help tells more");
    if (!args->addresses && !cmd->conf.ip.len)
        return app_say(APP_EXIT_USAGE, "spf", "who sends? --ip IP; or a NAME, for what it costs");
    return 0;
}

static void spf_wire(struct spf_cmd *cmd)
{
    uint8_t seed[16];

    cmd->conf.resolver = cmd->setup.conf.resolver;
    if (quoth_sock_port.random(seed, sizeof seed) == QUOTH_OK) {
        quoth_setcache_init(&cmd->cache, cmd->memory, sizeof cmd->memory, seed);
        cmd->conf.cache = &cmd->cache;
    }
    cmd->link.fd = -1;
    cmd->wire.port = &quoth_sock_port;
    cmd->wire.link = &cmd->link;
    cmd->explain.f = cmd->json ? stderr : stdout;
    cmd->explain.o = &cmd->o;
}

/* All of them. The lowest exit code but 0, as of several addresses. */
static int spf_all(struct spf_cmd *cmd, const struct cli_args *args)
{
    int worst = 0, rc = 0;

    if (!args->addresses)
        return spf_one(cmd, NULL);
    for (unsigned i = 0; i < args->addresses && rc <= SPF_UNKNOWN; i++) {
        char domain[256];
        cli_domain_name(args->address[i], domain);
        rc = spf_one(cmd, domain);
        if (rc && (!worst || rc < worst || rc > SPF_UNKNOWN))
            worst = rc;
    }
    return worst;
}

int cli_spf(int argc, char **argv)
{
    static struct spf_cmd cmd; /* large */
    const struct cli_own own[] = {{spf_options, SPF_OPTIONS, &cmd}, {NULL, 0, NULL}};
    const struct cli_takes takes = {"spf", own, spf_common};
    struct cli_args args;
    int rc = cli_args_take(&takes, &cmd.o, &args, argc, argv);

    if (rc)
        return rc;
    if (cmd.o.action == 'h')
        return spf_help(&takes);
    rc = app_config_read(&cmd.o);
    if (!rc)
        rc = spf_refuse(&cmd, &args);
    if (rc)
        return rc;
    cmd.o.conf.depth = QUOTH_DEPTH_DNS; /* no mail server is called */
    cmd.o.list = (struct app_list_options) {0};
    app_options_finish(&cmd.o, 1);
    rc = app_setup_open(&cmd.setup, &cmd.o);
    spf_wire(&cmd);
    if (!rc)
        rc = spf_all(&cmd, &args);
    explain_free(&cmd.explain);
    app_setup_close(&cmd.setup);
    return rc;
}
