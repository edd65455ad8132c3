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
#include "help.h"
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
    static const char *const options[] = {"syntax-only", "disposable", "free",    "role",
                                          "trusted",     "nameserver", "sandbox", "format"};
    cli_help_text(stdout, HELP_about_info);
    putchar('\n');
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        cli_help_option(stdout, options[i]);
    return app_end(0);
}

static int info_drive(struct info *info)
{
    struct quoth_want want;
    while (quoth_poke(&info->slot, &want) == QUOTH_AGAIN)
        if (quoth_sock_wait(&info->link, &want, quoth_sock_port.now()))
            return APP_EXIT_INTERNAL;
    quoth_slot_drop(&info->slot);
    return 0;
}

static int info_one(struct info *info, const char *text)
{
    const struct app_format *format = &app_formats[info->o->format];
    char mailbox[APP_LINE_MAX + 16];
    const int whole = strchr(text, '@') != NULL;
    struct app_result result = {
        .input = text, .input_n = strlen(text), .sandbox = info->o->sandbox != 0};
    struct timespec now;

    if (result.input_n > APP_LINE_MAX)
        return app_say(APP_EXIT_USAGE, "info", "this is too long for an address or a domain");
    result.input_bytes = result.input_n;
    snprintf(mailbox, sizeof mailbox, "%s%s", whole ? "" : "mailbox@", text);
    clock_gettime(CLOCK_REALTIME, &now);
    result.began_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    quoth_slot_start(&info->slot, &info->setup.conf, mailbox, strlen(mailbox));
    quoth_verify_lend(&info->slot.v, info->dns_tcp, sizeof info->dns_tcp);
    int rc = info_drive(info);
    if (rc)
        return app_say_error(rc, "info", errno);
    if (!whole && info->slot.v.ev.addr.fault)
        return app_say(APP_EXIT_USAGE, text, "is neither an address nor the name of a domain");
    result.ev = &info->slot.v.ev;
    result.host = "";
    result.route = &info->slot.v.hosts.route;
    result.verdict = quoth_judge(result.ev, NULL, &result.reading);
    app_listed_mark(&info->setup.listed, &result);
    if (!whole) {
        result.asked = mailbox;
        result.asked_n = strlen(mailbox);
    }
    if (format->flags & APP_FORMAT_PEOPLE)
        app_info(&info->page, &result);
    else
        format->answer(&info->page, &result);
    return 0;
}

int cli_info(int argc, char **argv)
{
    static struct app_options options; /* large */
    static struct info info;
    struct cli_args args;
    int rc = cli_args_read(&options, &args, argc, argv);

    if (rc)
        return rc;
    if (options.action == 'h')
        return info_help();
    rc = app_config_read(&options);
    if (rc)
        return rc;
    if (options.files || options.explain || !args.addresses)
        return app_say(APP_EXIT_USAGE, "info",
                       "addresses or domains, and no list; quoth info --help tells more");
    if (options.conf.depth != QUOTH_DEPTH_SYNTAX)
        options.conf.depth = QUOTH_DEPTH_DNS;
    const char *misfit = app_options_finish(&options, args.addresses);
    if (misfit)
        return app_say(APP_EXIT_USAGE, NULL, misfit);
    info.o = &options;
    info.page.out.f = stdout;
    info.link.fd = -1;
    info.slot.wire.port = &quoth_sock_port;
    info.slot.wire.link = &info.link;
    rc = app_setup_open(&info.setup, &options);
    for (unsigned i = 0; i < args.addresses && !rc; i++) {
        if (i && app_formats[options.format].flags & APP_FORMAT_PEOPLE)
            putchar('\n');
        rc = info_one(&info, args.address[i]);
    }
    app_setup_close(&info.setup);
    return rc ? rc : app_end(0);
}
