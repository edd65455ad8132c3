/* setup.c - from options to what a check needs.
 *
 *   --helo, --from, or this machine's name --> conf.smtp      (none: the check stops after DNS)
 *   --nameserver, or resolv.conf(5) ---------> resolver
 *   --allow, --deny, --allow-name -----------> conf.targets, conf.allow_names
 *   --tls, --tls-verify, --ca-file ----------> tls, filter, links
 *
 * SPDX-License-Identifier: MIT */
#include "setup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "resolvconf.h"
#include "posix.h"
#include "sock.h"
#include "tls_sessions.h"

/* ---- who we are --------------------------------------------------------- */

int app_is_placeholder(const char *name)
{
    static const char *const suffixes[] = {"localhost",   "localdomain", "example",
                                           "example.com", "example.net", "example.org"};
    const size_t n = strlen(name);

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const size_t len = strlen(suffixes[i]);
        if (n >= len && !strcasecmp(name + n - len, suffixes[i]) &&
            (n == len || name[n - len - 1] == '.'))
            return 1;
    }
    return 0;
}

/* The host's own name, if it is a full one that others can resolve; else NULL. */
static const char *setup_own_name(char buf[256])
{
    size_t n;

    if (gethostname(buf, 255))
        return NULL;
    buf[255] = 0;
    n = strlen(buf);
    for (size_t i = 0; i < n; i++)
        if (buf[i] >= 'A' && buf[i] <= 'Z')
            buf[i] = (char)(buf[i] + 32);
    if (!memchr(buf, '.', n) || !quoth_helo_valid(buf))
        return NULL;
    return quoth_list_domain(buf, n) & QUOTH_LIST_RESERVED ? NULL : buf;
}

/* With no usable name the check stops after DNS, and the result says how to set one. */
static void setup_identity(struct app_setup *setup, const struct app_options *options)
{
    const char *helo = options->helo ? options->helo : setup_own_name(setup->helo);

    if (!helo)
        return;
    if (app_is_placeholder(helo)) {
        if (options->helo && !options->quiet && options->conf.depth == QUOTH_DEPTH_SMTP) {
            char text[400];
            snprintf(text, sizeof text,
                     "%s is a placeholder, not this machine's name: no mail server is asked", helo);
            app_say(0, NULL, text);
        }
        return;
    }
    snprintf(setup->from, sizeof setup->from, "postmaster@%s", helo);
    setup->conf.smtp.helo = helo;
    setup->conf.smtp.from = options->from ? options->from : setup->from;
}

/* ---- whom to ask -------------------------------------------------------- */

static void setup_resolver(struct app_setup *setup, const struct app_options *options)
{
    setup->conf.resolver = &setup->resolver;
    setup->resolver.no_edns = options->no_edns;
    if (options->conf.depth == QUOTH_DEPTH_SYNTAX)
        return;
    if (!options->nameservers) {
        quoth_resolvconf_load(&setup->resolver, NULL);
        return;
    }
    for (unsigned i = 0; i < options->nameservers; i++)
        setup->resolver.server[i].peer = options->nameserver[i];
    setup->resolver.servers = options->nameservers;
}

static void setup_say_networks(const char *what, const struct quoth_cidr *cidr, unsigned n)
{
    char text[64 * (APP_LIST_MAX + 1)], ip[46];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", what);

    for (unsigned i = 0; i < n; i++)
        if (quoth_ip_text(&cidr[i].ip, ip, sizeof ip) > 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s %s/%u", i ? "," : "", ip,
                                     cidr[i].bits);
    if (n)
        app_say(0, NULL, text);
}

/* What no stranger's MX record should make us call (N04): our addresses, and our name servers. */
static void setup_own(struct app_setup *setup)
{
    unsigned n = quoth_posix_own(setup->own, APP_OWN_MAX - QUOTH_SERVERS_MAX);

    for (unsigned i = 0; i < setup->resolver.servers; i++)
        setup->own[n++] =
            (struct quoth_cidr) {setup->resolver.server[i].peer.ip,
                                 (uint8_t)(setup->resolver.server[i].peer.ip.len * 8)};
    setup->conf.targets.own = setup->own;
    setup->conf.targets.own_n = (uint8_t)n;
}

/* Networks opened or closed by hand are said at the start, for they may come from a file (N09). */
static void setup_targets(struct app_setup *setup, const struct app_options *options)
{
    setup->conf.targets = (struct quoth_targets) {.allow = options->allow,
                                                  .allow_n = options->allow_n,
                                                  .deny = options->deny,
                                                  .deny_n = options->deny_n};
    setup->conf.allow_names = options->names;
    setup->resolver.skip = options->list.skip;
    if (options->conf.depth == QUOTH_DEPTH_SMTP)
        setup_own(setup);
    if (options->quiet || options->conf.depth != QUOTH_DEPTH_SMTP)
        return;
    setup_say_networks("may also connect to", options->allow,
                       options->allow_n - (options->sandbox ? 1u : 0u));
    setup_say_networks("never connects to", options->deny, options->deny_n);
}

/* ---- TLS ---------------------------------------------------------------- */

/* The system's certificates are read when the first handshake comes, for most of the time that a
 * check takes here would be spent on them. */
static int setup_shake(struct quoth_tls_link *t, const struct quoth_port *port,
                       struct quoth_link *link, const char *host, struct quoth_tls_facts *facts)
{
    struct app_tls *tls = (struct app_tls *)(void *)t->global;

    if (!tls->looked)
        quoth_tls_trust_file(t->global, NULL);
    tls->looked = 1;
    return quoth_tls_port.shake(t, port, link, host, facts);
}

/* The engine has many conversations at once, and each has a link of its own. */
static struct quoth_tls_link *setup_link_make(void *tls, const struct quoth_ip *ip)
{
    struct quoth_tls_link *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->global = &((struct app_tls *)tls)->global;
    quoth_tls_calls(t, ip);
    return t;
}

static int setup_link_drop(void *tls, struct quoth_tls_link *t)
{
    int broke_off;

    quoth_tls_port.close(t);
    broke_off = quoth_tls_broke_off(t);
    free(t);
    return broke_off;
}

/* Certificates that must be there are read before anything is sent. */
static int setup_trust(struct app_setup *setup, const struct app_options *options)
{
    unsigned tries = 0;
    int rc;

    if (!options->ca_file && !options->conf.smtp.tls_verify)
        return 0;
    setup->tls.looked = 1;
    do
        rc = quoth_tls_trust_file(&setup->tls.global, options->ca_file);
    while (rc == QUOTH_ESPACE && app_memory_wait(&tries));
    if (rc == QUOTH_OK)
        return 0;
    return app_say(APP_EXIT_NO_INPUT, options->ca_file ? options->ca_file : "the system's store",
                   "no certificate can be read from it");
}

static int setup_tls(struct app_setup *setup, const struct app_options *options)
{
    unsigned tries = 0;
    int rc;

    if (options->conf.depth != QUOTH_DEPTH_SMTP || options->conf.smtp.tls == QUOTH_TLS_NEVER)
        return 0;
    do /* for want of memory a whole run would go on in clear */
        rc = quoth_tls_open(&setup->tls.global, &quoth_sock_port);
    while (rc != QUOTH_OK && rc != QUOTH_ENOSYS && app_memory_wait(&tries));
    if (rc == QUOTH_OK) {
        setup->tls_up = 1;
        setup->filter = quoth_tls_port;
        setup->filter.shake = setup_shake;
        setup->links = (struct quoth_batch_tls) {&setup->filter, &setup->tls, setup_link_make,
                                                 setup_link_drop};
        return setup_trust(setup, options);
    }
    if (options->conf.smtp.tls == QUOTH_TLS_MUST || options->conf.smtp.tls_verify ||
        options->ca_file) {
        if (rc == QUOTH_ENOSYS)
            return app_say(APP_EXIT_USAGE, NULL, "this build has no TLS");
        return app_say(APP_EXIT_INTERNAL, NULL, "TLS cannot be set up");
    }
    setup->conf.smtp.tls = QUOTH_TLS_NEVER; /* or each STARTTLS would cost a second call */
    return 0;
}

/* ---- all of it ---------------------------------------------------------- */

int app_setup_open(struct app_setup *setup, const struct app_options *options)
{
    memset(setup, 0, sizeof *setup);
    setup->conf = options->conf;
    setup_resolver(setup, options);
    setup_identity(setup, options);
    setup_targets(setup, options);
    const int rc = app_listed_open(&setup->listed, options->listed);
    if (options->calibration.outcomes)
        setup->listed.calibration = &options->calibration;
    return rc ? rc : setup_tls(setup, options);
}

void app_setup_close(struct app_setup *setup)
{
    if (setup->tls_up)
        quoth_tls_close(&setup->tls.global);
    setup->tls_up = 0;
    app_listed_close(&setup->listed);
}

/* ---- the engine --------------------------------------------------------- */

uint32_t app_gap_ms(const struct app_options *options)
{
    const struct quoth_batch_limits *limits = &options->list.limits;

    if (limits->gap_ms || options->sandbox || limits->pace_off)
        return limits->gap_ms;
    return QUOTH_BATCH_GAP_MS;
}

enum { SETUP_PATIENCE = 60000 }; /* ms; the engine's own */

struct quoth_batch *app_engine_new(const struct quoth_conf *conf,
                                   const struct quoth_batch_limits *limits,
                                   const struct quoth_batch_tls *tls,
                                   const struct quoth_batch_hooks *hooks)
{
    struct quoth_batch *batch;
    unsigned tries = 0;

    do
        batch = quoth_batch_new(conf, limits, tls, hooks);
    while (!batch && errno == ENOMEM && app_memory_wait(&tries));
    if (!batch && errno == EMFILE)
        app_say(0, "ulimit -n", "this needs 64 open files at least");
    else if (!batch)
        app_say_error(0, "the engine", errno);
    return batch;
}

int app_engine_add(struct quoth_batch *batch, struct app_refused *refused, uint32_t id,
                   struct quoth_span text, const struct quoth_batch_options *options)
{
    const uint64_t now = quoth_sock_port.now(), inside = quoth_batch_inside(batch);

    if (quoth_batch_add(batch, id, text.p, text.n, options) != QUOTH_ESPACE) {
        refused->since = 0;
        return 0;
    }
    if (!refused->since || refused->inside != inside)
        *refused = (struct app_refused) {now, inside};
    return now - refused->since < SETUP_PATIENCE ? -EAGAIN : -ENOMEM;
}
