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
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cli.h"
#include "explain.h"
#include "interrupt.h"
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

/* ---- one address -------------------------------------------------------- */

/* 0, or an exit code. */
static int check_print(struct check *check, struct app_result *result)
{
    const struct quoth_verify *verify = &check->slot.v;
    const int people = check->format->flags & APP_FORMAT_PEOPLE;
    int rc = 0;

    result->ev = &verify->ev;
    result->host = quoth_verify_host(verify);
    result->route = &verify->hosts.route;
    if (result->ev->mx == QUOTH_MX_UNUSABLE)
        result->host = result->route->names;
    result->verdict = quoth_judge(result->ev, result->host, &result->reading);
    app_listed_mark(&check->setup.listed, result);
    check->count.verdict[result->verdict]++;
    if (check->o->explain)
        explain_end(&check->explain, result);
    if (check->o->why && result->verdict == QUOTH_VERDICT_UNKNOWN)
        rc = why_ask(&check->why, check->o, &check->setup, result);
    if (check->o->why && result->verdict == QUOTH_VERDICT_UNKNOWN && !rc) {
        result->more = why_json;
        result->more_arg = &check->why;
    }
    if (!check->o->quiet)
        check->format->answer(&check->page, result);
    if (result->more && people && !check->o->quiet)
        why_text(&check->why);
    fflush(stdout);
    return rc;
}

/* To its end: only then nothing can refute the answer any more. 0, or an exit code. */
static int check_drive(struct check *check, struct app_result *result)
{
    struct quoth_slot *slot = &check->slot;
    struct quoth_want want;
    int rc = 0;

    while (!rc && quoth_poke(slot, &want) == QUOTH_AGAIN) {
        if (slot->trace)
            slot->trace(slot->trace_arg, slot, &want, NULL);
        fflush(check->explain.f);
        if (app_interrupted)
            rc = APP_EXIT_INTERRUPTED;
        else if (quoth_sock_wait(&check->link, &want, quoth_sock_port.now()))
            rc = APP_EXIT_INTERNAL;
    }
    if (rc == APP_EXIT_INTERRUPTED) { /* politely: QUIT, where it may be said */
        quoth_verify_leave(&slot->v, quoth_sock_port.now());
        quoth_poke(slot, &want);
    }
    quoth_slot_drop(slot);
    return rc ? rc : check_print(check, result);
}

static int check_one(struct check *check, const char *text)
{
    const size_t whole = strlen(text), n = whole < APP_LINE_MAX ? whole : APP_LINE_MAX;
    struct app_result result = {.input = text,
                                .input_n = n,
                                .input_bytes = whole,
                                .helo = check->setup.conf.smtp.helo,
                                .from = check->setup.conf.smtp.from,
                                .sandbox = check->o->sandbox != 0};
    struct timespec now;
    int rc;

    clock_gettime(CLOCK_REALTIME, &now);
    result.began_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    quoth_slot_start(&check->slot, &check->setup.conf, text, n);
    if (check->o->explain)
        explain_begin(&check->explain, text, n, &check->slot.v.ev);
    quoth_verify_lend(&check->slot.v, check->dns_tcp, sizeof check->dns_tcp);
    rc = check_drive(check, &result);
    if (!rc && ferror(stdout))
        rc = app_say_error(APP_EXIT_INTERNAL, "standard output", errno);
    if (rc)
        return rc;
    return app_interrupted ? APP_EXIT_INTERRUPTED : 0;
}

/* ---- more than one ------------------------------------------------------- */

/* A list alone has its own way of results; one beside addresses, or told of as it goes, has not. */
static int check_is_list(const struct check *check)
{
    return check->o->file[0] && !check->o->explain && !check->o->list.follow &&
           !check->args->addresses;
}

static int check_many(struct check *check)
{
    const struct many_env env = {check->o,      check->args,
                                 &check->setup, &check->page,
                                 &check->count, check_is_list(check) ? NULL : check->o->file[0]};
    const int rc = many_check(&env);

    if (!rc && env.file && !check->o->quiet && check->format->tail)
        check->format->tail(&check->page, &check->count);
    return rc;
}

static int check_list(struct check *check)
{
    const struct list_env env = {check->o,
                                 &check->setup.conf,
                                 check->setup.tls_up ? &check->setup.links : NULL,
                                 &check->setup.listed,
                                 &check->count,
                                 check->page.color};
    if (check->setup.tls_up)
        (void)quoth_tls_remember(&check->setup.tls.global, 0); /* without, each handshake is full */
    return list_check(&env);
}

/* ---- all of it ---------------------------------------------------------- */

static int check_wants_color(const struct app_options *options)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

    if (options->color != APP_COLOR_AUTO)
        return options->color == APP_COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && !(none && *none) && term && strcmp(term, "dumb");
}

static void check_wire(struct check *check)
{
    struct quoth_wire *wire = &check->slot.wire;

    check->link.fd = -1;
    wire->port = &quoth_sock_port;
    wire->link = &check->link;
    if (check->setup.tls_up) {
        check->tls_link.global = &check->setup.tls.global;
        wire->tls = &check->setup.filter;
        wire->tls_link = &check->tls_link;
    }
    check->explain.f = check->format->flags & APP_FORMAT_PEOPLE ? stdout : stderr;
    check->explain.o = check->o;
    check->explain.helo = check->setup.conf.smtp.helo;
    check->explain.from = check->setup.conf.smtp.from;
    if (check->o->explain) {
        check->slot.trace = explain_slot;
        check->slot.trace_arg = &check->explain;
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
static int check_all(struct check *check)
{
    if (check->page.single) {
        check_wire(check);
        return check_one(check, check->args->address[0]);
    }
    return check_is_list(check) ? check_list(check) : check_many(check);
}

int cli_check(const struct app_options *options, const struct cli_args *args)
{
    static struct check check; /* large */
    int rc;

    app_interrupt_catch();
    check.o = options;
    check.args = args;
    check.format = &app_formats[options->format];
    check.page.out.f = stdout;
    check.page.color = (uint8_t)check_wants_color(options);
    check.page.single = args->addresses == 1 && !options->file[0];
    rc = check_arguments(args);
    if (!rc)
        rc = why_refused(options);
    if (!rc)
        rc = app_setup_open(&check.setup, options);
    if (!rc)
        rc = check_all(&check);
    app_setup_close(&check.setup);
    if (rc == APP_EXIT_INTERRUPTED && !check_is_list(&check))
        app_say(0, NULL, "interrupted");
    if (rc == APP_EXIT_INTERNAL)
        app_say(0, NULL, "cannot go on");
    if (rc)
        return rc;
    return app_end(app_count_exit(&check.count));
}
