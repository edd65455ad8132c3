/* info_cmd.c - `quoth info ADDRESS|DOMAIN...`: what is known without asking a mail server.
 *
 *     text --> DNS, as --dns-only --> lists --> a page (out_info.c), or any format
 *
 * A domain is looked up as a mailbox of it would be, and only what is the domain's is told.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "cli.h"
#include "sock.h"
#include "setup.h"

enum { INFO_TCP_MAX = 65535 }; /* the longest DNS message */

struct info {
    const struct app_options *o;
    struct app_setup setup;
    struct app_page page;
    struct quoth_slot slot;
    struct quoth_link link;
    uint8_t dns_tcp[INFO_TCP_MAX];
};

static int info_help(void)
{
    fputs("quoth info [options] ADDRESS|DOMAIN...\n\n"
          "Tell what is known of an address or a domain without asking a mail server: its\n"
          "mail hosts, what lists say of it and of which day they are, whether it is a slip of\n"
          "a frequent domain, a role, and what its looks say. --syntax-only leaves the DNS out.\n"
          "Exit code 0; 64 and above as everywhere.\n\n",
          stdout);
    static const char *const options[] = {"syntax-only", "disposable", "free",    "role",
                                          "trusted",     "nameserver", "sandbox", "format"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        cli_help_option(stdout, options[i]);
    return fflush(stdout) ? APP_EXIT_INTERNAL : 0;
}

static int info_drive(struct info *c)
{
    struct quoth_want w;
    while (quoth_poke(&c->slot, &w) == QUOTH_AGAIN)
        if (quoth_sock_wait(&c->link, &w, quoth_sock_port.now()))
            return APP_EXIT_INTERNAL;
    quoth_slot_drop(&c->slot);
    return 0;
}

static int info_one(struct info *c, const char *text)
{
    const struct app_format *format = &app_formats[c->o->format];
    char mailbox[APP_LINE_MAX + 16];
    const int whole = strchr(text, '@') != NULL;
    struct app_result r = {.input = text, .input_n = strlen(text), .sandbox = c->o->sandbox != 0};
    struct timespec now;

    if (r.input_n > APP_LINE_MAX)
        return app_say(APP_EXIT_USAGE, "info", "this is too long for an address or a domain");
    r.input_bytes = r.input_n;
    snprintf(mailbox, sizeof mailbox, "%s%s", whole ? "" : "mailbox@", text);
    clock_gettime(CLOCK_REALTIME, &now);
    r.began_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    quoth_slot_start(&c->slot, &c->setup.conf, mailbox, strlen(mailbox));
    quoth_verify_lend(&c->slot.v, c->dns_tcp, sizeof c->dns_tcp);
    int rc = info_drive(c);
    if (rc)
        return app_say_error(rc, "info", errno);
    if (!whole && c->slot.v.ev.addr.fault)
        return app_say(APP_EXIT_USAGE, text, "is neither an address nor the name of a domain");
    r.ev = &c->slot.v.ev;
    r.host = "";
    r.route = &c->slot.v.hosts.route;
    r.verdict = quoth_judge(r.ev, NULL, &r.reading);
    app_listed_mark(&c->setup.listed, &r);
    if (!whole) {
        r.asked = mailbox;
        r.asked_n = strlen(mailbox);
    }
    if (format->flags & APP_FORMAT_PEOPLE)
        app_info(&c->page, &r);
    else
        format->answer(&c->page, &r);
    return 0;
}

int cli_info(int argc, char **argv)
{
    static struct app_options o; /* large */
    static struct info c;
    struct cli_args args;
    int rc = cli_args_read(&o, &args, argc, argv);

    if (rc)
        return rc;
    if (o.action == 'h')
        return info_help();
    rc = app_config_read(&o);
    if (rc)
        return rc;
    if (o.files || o.explain || !args.addresses)
        return app_say(APP_EXIT_USAGE, "info",
                       "addresses or domains, and no list; quoth info --help tells more");
    if (o.conf.depth != QUOTH_DEPTH_SYNTAX)
        o.conf.depth = QUOTH_DEPTH_DNS;
    const char *misfit = app_options_finish(&o, args.addresses);
    if (misfit)
        return app_say(APP_EXIT_USAGE, NULL, misfit);
    c.o = &o;
    c.page.out.f = stdout;
    c.link.fd = -1;
    c.slot.wire.port = &quoth_sock_port;
    c.slot.wire.link = &c.link;
    rc = app_setup_open(&c.setup, &o);
    for (unsigned i = 0; i < args.addresses && !rc; i++) {
        if (i && app_formats[o.format].flags & APP_FORMAT_PEOPLE)
            putchar('\n');
        rc = info_one(&c, args.address[i]);
    }
    app_setup_close(&c.setup);
    return rc ? rc : fflush(stdout) ? APP_EXIT_INTERNAL : 0;
}
