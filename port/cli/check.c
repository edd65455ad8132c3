/* check.c - what was asked for: one address, several, or a list.
 *
 *   options --> set-up --> one address: a slot: poke, wait, poke ... QUIT is answered: print
 *                     |--> several: the engine (many.c)
 *                     `--> a list: port/list
 *
 * A single address stays on the slot, which an embedded program uses too: it costs nothing to set
 * up, allocates nothing, makes the system calls that the manual promises, and knows all mail hosts
 * of the domain. Manners are for those who ask again. The answer to QUIT is waited for, 5 s at
 * most: another one than 221 shows that the replies before it were not in step (P28). The first
 * interrupt ends the conversation with QUIT, the second one ends at once.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cli.h"
#include "explain.h"
#include "list.h"
#include "many.h"
#include "setup.h"
#include "sock.h"
#include "tls_sessions.h"
#include "why.h"

enum { CHECK_TCP_MAX = 65535 }; /* the longest DNS message */

struct check {
    const struct app_options *o;
    const struct cli_args *args;
    const struct app_format *format;
    struct app_setup setup;
    struct app_page page;
    struct app_count count;
    struct explain explain;
    struct quoth_link link;
    struct quoth_tls_link tls_link;
    struct quoth_slot slot;
    struct why why;
    uint8_t dns_tcp[CHECK_TCP_MAX];
};

static volatile sig_atomic_t check_interrupted;
static void check_interrupt(int number) { check_interrupted = number; }

/* ---- one address -------------------------------------------------------- */

/* 0, or an exit code. */
static int check_print(struct check *c, struct app_result *r)
{
    const struct quoth_verify *v = &c->slot.v;
    const int people = c->format->flags & APP_FORMAT_PEOPLE;
    int rc = 0;

    r->ev = &v->ev;
    r->host = quoth_verify_host(v);
    r->route = &v->hosts.route;
    if (r->ev->mx == QUOTH_MX_UNUSABLE)
        r->host = r->route->names;
    r->verdict = quoth_judge(r->ev, r->host, &r->reading);
    app_listed_mark(&c->setup.listed, r);
    c->count.verdict[r->verdict]++;
    if (c->o->explain)
        explain_end(&c->explain, r);
    if (c->o->why && r->verdict == QUOTH_VERDICT_UNKNOWN)
        rc = why_ask(&c->why, c->o, &c->setup, r);
    if (c->o->why && r->verdict == QUOTH_VERDICT_UNKNOWN && !rc) {
        r->more = why_json;
        r->more_arg = &c->why;
    }
    if (!c->o->quiet)
        c->format->answer(&c->page, r);
    if (r->more && people && !c->o->quiet)
        why_text(&c->why);
    fflush(stdout);
    return rc;
}

/* To its end: only then nothing can refute the answer any more. 0, or an exit code. */
static int check_drive(struct check *c, struct app_result *r)
{
    struct quoth_slot *s = &c->slot;
    struct quoth_want w;
    int rc = 0;

    while (!rc && quoth_poke(s, &w) == QUOTH_AGAIN) {
        if (s->trace)
            s->trace(s->trace_arg, s, &w, NULL);
        fflush(c->explain.f);
        if (check_interrupted)
            rc = APP_EXIT_INTERRUPTED;
        else if (quoth_sock_wait(&c->link, &w, quoth_sock_port.now()))
            rc = APP_EXIT_INTERNAL;
    }
    if (rc == APP_EXIT_INTERRUPTED) { /* politely: QUIT, where it may be said */
        quoth_verify_leave(&s->v, quoth_sock_port.now());
        quoth_poke(s, &w);
    }
    quoth_slot_drop(s);
    return rc ? rc : check_print(c, r);
}

static int check_one(struct check *c, const char *text)
{
    const size_t whole = strlen(text), n = whole < APP_LINE_MAX ? whole : APP_LINE_MAX;
    struct app_result r = {.input = text,
                           .input_n = n,
                           .input_bytes = whole,
                           .helo = c->setup.conf.smtp.helo,
                           .from = c->setup.conf.smtp.from,
                           .sandbox = c->o->sandbox != 0};
    struct timespec now;
    int rc;

    clock_gettime(CLOCK_REALTIME, &now);
    r.began_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    quoth_slot_start(&c->slot, &c->setup.conf, text, n);
    if (c->o->explain)
        explain_begin(&c->explain, text, n, &c->slot.v.ev);
    quoth_verify_lend(&c->slot.v, c->dns_tcp, sizeof c->dns_tcp);
    rc = check_drive(c, &r);
    if (!rc && ferror(stdout))
        rc = app_say_error(APP_EXIT_INTERNAL, "standard output", errno);
    if (rc)
        return rc;
    return check_interrupted ? APP_EXIT_INTERRUPTED : 0;
}

/* ---- more than one ------------------------------------------------------- */

/* A list alone has its own way of results; one beside addresses, or told of as it goes, has not. */
static int check_is_list(const struct check *c)
{
    return c->o->file[0] && !c->o->explain && !c->o->list.follow && !c->args->addresses;
}

static int check_many(struct check *c)
{
    const struct many_env env = {c->o,     c->args,   &c->setup,
                                 &c->page, &c->count, check_is_list(c) ? NULL : c->o->file[0]};
    const int rc = many_check(&env);

    if (!rc && env.file && !c->o->quiet && c->format->tail)
        c->format->tail(&c->page, &c->count);
    return rc;
}

static int check_list(struct check *c)
{
    const struct list_env env = {
        c->o,      &c->setup.conf, c->setup.tls_up ? &c->setup.links : NULL, &c->setup.listed,
        &c->count, c->page.color};
    if (c->setup.tls_up)
        (void)quoth_tls_remember(&c->setup.tls.global, 0); /* without, each handshake is full */
    return list_check(&env);
}

/* ---- all of it ---------------------------------------------------------- */

static int check_wants_color(const struct app_options *o)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

    if (o->color != APP_COLOR_AUTO)
        return o->color == APP_COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && !(none && *none) && term && strcmp(term, "dumb");
}

static void check_wire(struct check *c)
{
    struct quoth_wire *wire = &c->slot.wire;

    c->link.fd = -1;
    wire->port = &quoth_sock_port;
    wire->link = &c->link;
    if (c->setup.tls_up) {
        c->tls_link.global = &c->setup.tls.global;
        wire->tls = &c->setup.filter;
        wire->tls_link = &c->tls_link;
    }
    c->explain.f = c->format->flags & APP_FORMAT_PEOPLE ? stdout : stderr;
    c->explain.o = c->o;
    c->explain.helo = c->setup.conf.smtp.helo;
    c->explain.from = c->setup.conf.smtp.from;
    if (c->o->explain) {
        c->slot.trace = explain_slot;
        c->slot.trace_arg = &c->explain;
    }
}

/* An argument that is the name of a file, and no address, is a list without -f. */
static int check_arguments(const struct cli_args *args)
{
    struct stat st;

    for (unsigned i = 0; i < args->addresses; i++)
        if (!strchr(args->address[i], '@') && !stat(args->address[i], &st))
            return app_say(
                APP_EXIT_USAGE, args->address[i],
                "this is a file, not an address; -f FILE checks a list, and again -f another");
    return 0;
}

/* 0, or an exit code that is not a verdict's. */
static int check_all(struct check *c)
{
    if (c->page.single) {
        check_wire(c);
        return check_one(c, c->args->address[0]);
    }
    return check_is_list(c) ? check_list(c) : check_many(c);
}

int cli_check(const struct app_options *o, const struct cli_args *args)
{
    static struct check c; /* large */
    const struct sigaction interrupt = {.sa_handler = check_interrupt,
                                        .sa_flags = (int)SA_RESETHAND};
    int rc;

    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    c.o = o;
    c.args = args;
    c.format = &app_formats[o->format];
    c.page.out.f = stdout;
    c.page.color = (uint8_t)check_wants_color(o);
    c.page.single = args->addresses == 1 && !o->file[0];
    rc = check_arguments(args);
    if (!rc)
        rc = app_setup_open(&c.setup, o);
    if (!rc)
        rc = check_all(&c);
    app_setup_close(&c.setup);
    if (rc == APP_EXIT_INTERRUPTED && !check_is_list(&c))
        app_say(0, NULL, "interrupted");
    if (rc == APP_EXIT_INTERNAL)
        app_say(0, NULL, "cannot go on");
    if (rc)
        return rc;
    return fflush(stdout) ? APP_EXIT_INTERNAL : app_count_exit(&c.count);
}
