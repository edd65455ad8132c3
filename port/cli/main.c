/* main.c - the command: set up once, verify one address after the other, print as they end.
 *
 *   options --> identity, name servers, TLS --> addresses: arguments, then the file
 *                                                  |
 *        print <-- the verdict is known <-- poke, wait, poke ...
 *                       `-- let QUIT be written, then hang up: nobody waits for its answer
 *
 * The first interrupt ends the conversation with QUIT, the second one ends at once.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "list.h"
#include "resolvconf.h"
#include "sock.h"
#include "tls_sessions.h"

enum { MAIN_TCP_MAX = 65535 }; /* the longest DNS message */

struct main_run {
    struct cli_options o;
    struct quoth_conf conf;
    struct quoth_resolver resolver;
    struct quoth_link link;
    struct quoth_tls_global tls;
    struct quoth_tls_link tls_link;
    struct quoth_slot slot;
    struct cli_explain explain;
    struct cli_count count;
    char helo[256], from[320];
    uint8_t dns_tcp[MAIN_TCP_MAX];
    uint8_t color, tls_up;
};

static volatile sig_atomic_t main_interrupted;
static void main_interrupt(int number) { main_interrupted = number; }

/* What went wrong with a file; the exit code for it. */
static int main_bad_file(const char *path, const char *why)
{
    fputs("quoth: ", stderr);
    cli_put(stderr, path, strlen(path));
    fprintf(stderr, ": %s\n", why);
    return CLI_EXIT_NO_INPUT;
}

/* ---- identity ----------------------------------------------------------- */

/* Names that stand for "your name here", or for no place at all (G01). */
static int main_is_placeholder(const char *name)
{
    static const char *const suffixes[] = {"localhost",   "localdomain", "example",
                                           "example.com", "example.net", "example.org"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t m = strlen(suffixes[i]);
        if (n >= m && !strcasecmp(name + n - m, suffixes[i]) && (n == m || name[n - m - 1] == '.'))
            return 1;
    }
    return 0;
}

/* The host's own name, if it is a full one that others can resolve. */
static int main_own_name(char buf[256])
{
    size_t n;
    if (gethostname(buf, 255))
        return 0;
    buf[255] = 0;
    n = strlen(buf);
    for (size_t i = 0; i < n; i++)
        if (buf[i] >= 'A' && buf[i] <= 'Z')
            buf[i] = (char)(buf[i] + 32);
    return memchr(buf, '.', n) && quoth_helo_valid(buf) &&
           !(quoth_list_domain(buf, n) & QUOTH_LIST_RESERVED);
}

/* Who we are. With no usable name the check stops after DNS and says so. */
static void main_identity(struct main_run *run)
{
    const struct cli_options *o = &run->o;
    const char *helo = o->helo ? o->helo : main_own_name(run->helo) ? run->helo : NULL;

    if (helo && main_is_placeholder(helo)) {
        if (o->helo && !o->quiet && o->depth == QUOTH_DEPTH_SMTP)
            fprintf(
                stderr,
                "quoth: %s is a placeholder, not this machine's name: no mail server is asked\n",
                helo);
        helo = NULL;
    }
    if (!helo)
        return;
    snprintf(run->from, sizeof run->from, "postmaster@%s", helo);
    run->conf.smtp.helo = helo;
    run->conf.smtp.from = o->from ? o->from : run->from;
}

/* ---- set-up ------------------------------------------------------------- */

static void main_resolver(struct main_run *run)
{
    if (!run->o.nameservers) {
        quoth_resolvconf_load(&run->resolver, NULL);
        return;
    }
    for (unsigned i = 0; i < run->o.nameservers; i++)
        run->resolver.server[i].peer = run->o.nameserver[i];
    run->resolver.servers = run->o.nameservers;
}

static uint8_t main_trusts; /* certificates to check with were looked for */

/* The system's certificates are read when the first handshake comes, for most of the time a check
 * takes here would be spent on them. */
static int main_shake(struct quoth_tls_link *t, const struct quoth_port *port, struct quoth_link *l,
                      const char *host, struct quoth_tls_facts *facts)
{
    if (!main_trusts)
        quoth_tls_trust_file(t->global, NULL);
    main_trusts = 1;
    return quoth_tls_port.shake(t, port, l, host, facts);
}

/* Certificates that must be there are read before anything is sent. */
static int main_trust(struct main_run *run)
{
    const struct cli_options *o = &run->o;
    if (!o->ca_file && !o->tls_verify)
        return 0;
    main_trusts = 1;
    if (quoth_tls_trust_file(&run->tls, o->ca_file) == QUOTH_OK)
        return 0;
    return main_bad_file(o->ca_file ? o->ca_file : "the system's store",
                         "no certificate can be read from it");
}

static int main_tls(struct main_run *run)
{
    static struct quoth_tls_filter filter;
    const struct cli_options *o = &run->o;
    int rc;

    if (o->depth != QUOTH_DEPTH_SMTP || o->tls == QUOTH_TLS_NEVER)
        return 0;
    rc = quoth_tls_open(&run->tls, &quoth_sock_port);
    if (rc == QUOTH_OK) {
        filter = quoth_tls_port;
        filter.shake = main_shake;
        run->tls_up = 1;
        run->tls_link.global = &run->tls;
        run->slot.wire.tls = &filter;
        run->slot.wire.tls_link = &run->tls_link;
        return main_trust(run);
    }
    if (o->tls == QUOTH_TLS_MUST || o->tls_verify || o->ca_file) {
        fputs(rc == QUOTH_ENOSYS ? "quoth: this build has no TLS\n"
                                 : "quoth: TLS cannot be set up\n",
              stderr);
        return rc == QUOTH_ENOSYS ? CLI_EXIT_USAGE : CLI_EXIT_INTERNAL;
    }
    run->conf.smtp.tls = QUOTH_TLS_NEVER; /* or each STARTTLS would cost a second call */
    return 0;
}

/* A list has many conversations at once, and each its own link. */
static struct quoth_tls_link *main_tls_make(void *global, const struct quoth_ip *ip)
{
    struct quoth_tls_link *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->global = global;
    quoth_tls_calls(t, ip);
    return t;
}

static int main_tls_drop(void *global, struct quoth_tls_link *t)
{
    int broke_off;
    quoth_tls_port.close(t);
    broke_off = quoth_tls_broke_off(t);
    free(t);
    return broke_off;
}

static int main_list(struct main_run *run)
{
    const struct quoth_batch_tls tls = {run->slot.wire.tls, &run->tls, main_tls_make,
                                        main_tls_drop};
    const struct cli_list_env env = {&run->o, &run->conf, run->tls_up ? &tls : NULL, &run->count,
                                     run->color};
    if (run->tls_up)
        (void)quoth_tls_remember(&run->tls, 0); /* without, each handshake is a full one */
    return cli_list(&env);
}

static int main_wants_color(const struct cli_options *o)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
    if (o->color != CLI_COLOR_AUTO)
        return o->color == CLI_COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && !(none && *none) && term && strcmp(term, "dumb");
}

/* Networks opened or closed by hand are said at the start, for they may come from a file (N09). */
static void main_log_targets(const char *what, const struct quoth_cidr *cidr, unsigned n)
{
    char ip[46];
    for (unsigned i = 0; i < n; i++)
        if (quoth_ip_text(&cidr[i].ip, ip, sizeof ip) > 0)
            fprintf(stderr, "%s%s/%u", i ? ", " : what, ip, cidr[i].bits);
    if (n)
        putc('\n', stderr);
}

static int main_set_up(struct main_run *run)
{
    const struct cli_options *o = &run->o;
    struct quoth_conf *conf = &run->conf;

    conf->resolver = &run->resolver;
    conf->smtp.tls = (enum quoth_tls)o->tls;
    conf->smtp.tls_verify = o->tls_verify;
    conf->targets = (struct quoth_targets) {
        .allow = o->allow, .allow_n = o->allow_n, .deny = o->deny, .deny_n = o->deny_n};
    conf->depth = (enum quoth_depth)o->depth;
    conf->family = (enum quoth_family)o->family;
    conf->no_decoy = o->no_decoy;
    conf->server = o->server;
    conf->port = o->server_port ? o->server_port : o->sandbox;
    conf->allow_names = o->names;
    conf->total_ms = o->timeout_ms;
    if (o->depth != QUOTH_DEPTH_SYNTAX)
        main_resolver(run);
    main_identity(run);
    run->color = (uint8_t)main_wants_color(o);
    run->explain.f = o->format == CLI_TEXT ? stdout : stderr;
    run->explain.o = o;
    run->explain.helo = conf->smtp.helo;
    run->explain.from = conf->smtp.from;
    run->slot.wire.port = &quoth_sock_port;
    run->link.fd = -1;
    run->slot.wire.link = &run->link;
    if (o->explain) {
        run->slot.trace = cli_explain_trace;
        run->slot.trace_arg = &run->explain;
    }
    if (!o->quiet && o->depth == QUOTH_DEPTH_SMTP) {
        main_log_targets("quoth: may also connect to ", o->allow,
                         o->allow_n - (o->sandbox ? 1u : 0u));
        main_log_targets("quoth: never connects to ", o->deny, o->deny_n);
    }
    return main_tls(run);
}

/* ---- one address -------------------------------------------------------- */

static void main_print(struct main_run *run, struct cli_result *r)
{
    static void (*const print[])(FILE *, const struct cli_result *) = {
        [CLI_TEXT] = cli_text,
        [CLI_JSON] = cli_json,
        [CLI_REACHER] = cli_reacher,
    };
    r->verdict = quoth_judge(&run->slot.v.ev, quoth_verify_host(&run->slot.v), &r->reading);
    run->count.verdict[r->verdict]++;
    if (run->o.explain)
        cli_explain_end(&run->explain, r);
    if (!run->o.quiet)
        print[run->o.format](stdout, r);
    fflush(stdout);
}

/* Give up politely: QUIT, where a server has greeted us and waits for a command. */
static void main_take_leave(struct main_run *run, const struct quoth_want *w)
{
    static const char quit[] = "QUIT\r\n";
    struct quoth_wire *wire = &run->slot.wire;
    int talking = *w->host && run->slot.v.u.smtp.phase > QUOTH_PHASE_BANNER;
    if (!talking || (w->kind != QUOTH_WANT_RECV && w->kind != QUOTH_WANT_RCPT))
        return;
    if (wire->secure)
        wire->tls->send(wire->tls_link, quit, sizeof quit - 1);
    else
        wire->port->send(wire->link, quit, sizeof quit - 1);
}

/* Until QUIT is written; the verdict is printed as soon as it is known, or after the whole story
 * when that is told. 0, or an exit code. */
static int main_drive(struct main_run *run, struct cli_result *r)
{
    struct quoth_slot *s = &run->slot;
    struct quoth_want w;
    int rc = 0, printed = 0;

    while (!rc && quoth_poke(s, &w) == QUOTH_AGAIN) {
        if (s->v.known && !printed && !s->trace) {
            main_print(run, r);
            printed = 1;
        }
        if (s->v.known && w.kind != QUOTH_WANT_SEND)
            break;
        if (s->trace)
            s->trace(s->trace_arg, s, &w, NULL);
        fflush(run->explain.f);
        if (main_interrupted)
            rc = CLI_EXIT_INTERRUPTED;
        else if (quoth_sock_wait(&run->link, &w, quoth_sock_port.now()))
            rc = CLI_EXIT_INTERNAL;
    }
    if (rc == CLI_EXIT_INTERRUPTED && !s->v.known)
        main_take_leave(run, &w);
    quoth_slot_drop(s);
    if (s->v.known && !printed)
        main_print(run, r);
    return s->v.known ? 0 : rc;
}

/* `text` holds at most CLI_LINE_MAX of `whole` bytes. */
static int main_check(struct main_run *run, const char *text, size_t n, size_t whole)
{
    struct cli_result r = {.input = text,
                           .n = n,
                           .whole = whole,
                           .v = &run->slot.v,
                           .o = &run->o,
                           .helo = run->conf.smtp.helo,
                           .from = run->conf.smtp.from,
                           .color = run->color};
    struct timespec now;
    int rc;

    clock_gettime(CLOCK_REALTIME, &now);
    r.began_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    r.single = run->o.addresses == 1 && !run->o.file;
    quoth_slot_start(&run->slot, &run->conf, text, n);
    if (run->o.explain)
        cli_explain_begin(&run->explain, text, n, &run->slot.v.ev);
    quoth_verify_lend(&run->slot.v, run->dns_tcp, sizeof run->dns_tcp);
    rc = main_drive(run, &r);
    if (!rc && ferror(stdout)) {
        fprintf(stderr, "quoth: standard output: %s\n", strerror(errno));
        rc = CLI_EXIT_INTERNAL;
    }
    return rc ? rc : main_interrupted ? CLI_EXIT_INTERRUPTED : 0;
}

/* ---- many --------------------------------------------------------------- */

/* One line without its end: LF or CR LF. The first CLI_LINE_MAX bytes are kept, all are counted.
 * Returns 0 at the end of the file. */
static int main_line(FILE *f, char line[CLI_LINE_MAX], size_t *n, size_t *whole)
{
    int c;
    *whole = 0;
    while ((c = getc(f)) != EOF && c != '\n')
        if ((*whole)++ < CLI_LINE_MAX)
            line[*whole - 1] = (char)c;
    *n = *whole < CLI_LINE_MAX ? *whole : CLI_LINE_MAX;
    if (*whole == *n && *n && line[*n - 1] == '\r')
        *whole = --*n;
    return c != EOF || *whole;
}

static int main_is_blank(const char *line, size_t n)
{
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    return n == 0;
}

static int main_file(struct main_run *run, const char *path)
{
    char line[CLI_LINE_MAX], *text;
    size_t n, whole, checked = 0;
    int rc = 0, first = 1;
    FILE *f = strcmp(path, "-") ? fopen(path, "r") : stdin;

    if (!f)
        return main_bad_file(path, strerror(errno));
    while (!rc && !main_interrupted && main_line(f, line, &n, &whole)) {
        size_t bom = first && n >= 3 && !memcmp(line, "\xef\xbb\xbf", 3) ? 3 : 0;
        first = 0;
        text = line + bom;
        if (main_is_blank(text, n - bom))
            continue;
        rc = main_check(run, text, n - bom, whole - bom);
        checked++;
    }
    if (main_interrupted)
        rc = CLI_EXIT_INTERRUPTED;
    if (!rc && ferror(f)) {
        rc = main_bad_file(path, strerror(errno));
    } else if (!rc && !checked && !run->o.addresses) {
        main_bad_file(path, "it holds no address");
        rc = CLI_EXIT_USAGE;
    }
    if (f != stdin)
        fclose(f);
    return rc;
}

/* The lowest code but 0: a dead address outranks a doubtful one, and that what is not known. */
static int main_exit_code(const struct cli_count *c)
{
    if (c->verdict[QUOTH_VERDICT_UNDELIVERABLE])
        return 1;
    if (c->verdict[QUOTH_VERDICT_RISKY])
        return 2;
    return c->verdict[QUOTH_VERDICT_UNKNOWN] ? 3 : 0;
}

static int main_run_all(struct main_run *run)
{
    int rc = main_set_up(run);
    for (int i = 0; i < run->o.addresses && !rc; i++) {
        size_t whole = strlen(run->o.address[i]);
        rc = main_check(run, run->o.address[i], whole < CLI_LINE_MAX ? whole : CLI_LINE_MAX, whole);
    }
    if (!rc && run->o.file)
        rc = run->o.explain ? main_file(run, run->o.file) : main_list(run);
    if (!rc && run->o.file && run->o.explain && !run->o.quiet) {
        if (run->o.format == CLI_TEXT)
            cli_text_summary(stderr, &run->count);
        if (run->o.format == CLI_JSON)
            cli_json_summary(stdout, &run->count);
    }
    if (run->tls_up)
        quoth_tls_close(&run->tls);
    if (rc == CLI_EXIT_INTERRUPTED && (!run->o.file || run->o.explain))
        fputs("quoth: interrupted\n", stderr);
    if (rc == CLI_EXIT_INTERNAL)
        fputs("quoth: cannot go on\n", stderr);
    return rc ? rc : fflush(stdout) ? CLI_EXIT_INTERNAL : main_exit_code(&run->count);
}

int main(int argc, char **argv)
{
    static struct main_run run;
    const struct sigaction interrupt = {.sa_handler = main_interrupt,
                                        .sa_flags = (int)SA_RESETHAND};
    int rc;

    if (argc > 1 && !strcmp(argv[1], "judge"))
        return cli_judge(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "sandbox"))
        return cli_sandbox(argc - 1, argv + 1);
    rc = cli_options_read(&run.o, argc, argv);
    if (rc)
        return rc;
    if (run.o.action == 'h')
        cli_help(stdout);
    if (run.o.action == 'V')
        puts("quoth " QUOTH_VERSION);
    if (run.o.action)
        return fflush(stdout) ? CLI_EXIT_INTERNAL : 0;
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    return main_run_all(&run);
}
