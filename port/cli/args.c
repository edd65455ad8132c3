/* args.c - the command line.
 *
 *   --name VALUE   --name=VALUE   --name      -x VALUE   -xVALUE   -xy      ADDRESS   --
 *
 * What an option means, and whether a value will do, is for the table of options to say, or for the
 * rows that a command has of its own.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "cli.h"

struct args_reader {
    struct app_options *o;
    const struct cli_own *own;
    const char *const *common; /* NULL: all of the table */
    int argc, at;
    char **argv;
    const char *stranger; /* the first that is not in `common`; NULL: none */
};

static int args_has(const char *const *common, const char *option)
{
    if (!common)
        return 1;
    while (*common && strcmp(*common, option) != 0)
        common++;
    return *common != NULL;
}

/* `name`: as it was written, with its dashes. 0, or an exit code. */
static int args_set(struct args_reader *args, const char *name, const char *option,
                    const char *value)
{
    struct app_why why;

    if (!args->stranger && !args_has(args->common, option))
        args->stranger = option;
    if (app_option_set(args->o, APP_PLACE_LINE, option, value, &why) == QUOTH_OK)
        return 0;
    return app_say_option(NULL, name, value, &why);
}

/* The argument behind an option that cannot do without; NULL: there is none. */
static const char *args_next(struct args_reader *args, const struct app_option *row)
{
    if (!row || !row->arg || row->flags & APP_OPTION_MAYBE || args->at + 1 >= args->argc)
        return NULL;
    return args->argv[++args->at];
}

/* A row of the command's own, with where it writes; NULL: it has none of that name. */
static const struct cli_option *args_own(const struct args_reader *args, const char *name, size_t n,
                                         void **to)
{
    for (const struct cli_own *own = args->own; own->n; own++)
        for (unsigned i = 0; i < own->n; i++)
            if (strlen(own->row[i].name) == n && !memcmp(own->row[i].name, name, n)) {
                *to = own->to;
                return &own->row[i];
            }
    return NULL;
}

static int args_set_own(struct args_reader *args, const struct cli_option *row, void *to,
                        const char *value)
{
    const struct app_why missing = {.kind = APP_WHY_MISSING, .text = row->argument};
    char where[300];
    const char *why;

    if (row->argument && !value && args->at + 1 < args->argc)
        value = args->argv[++args->at];
    if (row->argument && !value)
        return app_say_option(NULL, row->name, NULL, &missing);
    why = row->argument || !value ? row->set(to, value) : "it wants no value";
    if (!why)
        return 0;
    snprintf(where, sizeof where, "%s: \"%.200s\"", row->name, value ? value : "");
    return app_say(APP_EXIT_USAGE, value ? where : row->name, why);
}

/* `text` begins with two dashes. */
static int args_long(struct args_reader *args, char *text)
{
    char *equals = strchr(text, '=');
    const size_t n = strcspn(text, "=");
    void *to = NULL;
    const struct cli_option *own = args_own(args, text, n, &to);
    const char *value;

    if (own)
        return args_set_own(args, own, to, equals ? equals + 1 : NULL);
    if (equals)
        *equals = 0;
    value = equals ? equals + 1 : args_next(args, app_option_find(text + 2, n - 2));
    return args_set(args, text, text + 2, value);
}

/* -4, -4q, -f FILE, -fFILE */
static int args_short(struct args_reader *args, const char *text)
{
    for (text++; *text; text++) {
        const struct app_option *row = app_option_letter(*text);
        const char name[3] = {'-', *text, 0};
        const char *value = NULL;
        int rc;

        if (row && row->arg)
            value = text[1] ? text + 1 : args_next(args, row);
        rc = args_set(args, name, row ? row->name : name + 1, value);
        if (rc || value)
            return rc;
    }
    return 0;
}

static int args_read(struct args_reader *reader, struct cli_args *args)
{
    int rc = 0, plain = 0;

    args->address = reader->argv + 1;
    args->addresses = 0;
    for (; reader->at < reader->argc && !rc; reader->at++) {
        char *text = reader->argv[reader->at];
        if (plain || text[0] != '-' || !text[1])
            args->address[args->addresses++] = text;
        else if (text[1] != '-')
            rc = args_short(reader, text);
        else if (text[2])
            rc = args_long(reader, text);
        else
            plain = 1;
    }
    return rc;
}

int cli_args_read(struct app_options *options, struct cli_args *args, int argc, char **argv)
{
    static const struct cli_own none = {NULL, 0, NULL};
    struct args_reader reader = {options, &none, NULL, argc, 1, argv, NULL};

    return args_read(&reader, args);
}

int cli_args_take(const struct cli_takes *takes, struct app_options *options, struct cli_args *args,
                  int argc, char **argv)
{
    struct args_reader reader = {options, takes->own, takes->common, argc, 1, argv, NULL};
    const int rc = args_read(&reader, args);
    char why[80];

    if (rc || options->action || !reader.stranger)
        return rc;
    snprintf(why, sizeof why, "%s has no such option; quoth %s --help", takes->command,
             takes->command);
    return app_say(APP_EXIT_USAGE, reader.stranger, why);
}

/* Bytes of the labels in front, up to the last with an underscore: names of services (RFC 8552),
 * and what senders call their includes. */
static size_t args_services(const char *text, size_t n)
{
    size_t front = n;

    while (front && text[front - 1] != '_')
        front--;
    while (front && front < n && text[front - 1] != '.')
        front++;
    return front;
}

const char *cli_domain_name(const char *text, char buf[256])
{
    char address[300];
    struct quoth_addr addr;
    struct quoth_name name;
    size_t n = strlen(text), front;

    if (strchr(text, '@'))
        return "this is an address; give the domain behind its @";
    if (n > 1 && text[n - 1] == '.')
        n--;
    front = args_services(text, n < 256 ? n : 0);
    snprintf(address, sizeof address, "x@%.*s", (int)(n - front), text + front);
    memcpy(buf, text, front);
    if (n > 255 || quoth_addr_parse(&addr, address, n - front + 2) != QUOTH_OK ||
        addr.flags & QUOTH_ADDR_LITERAL || quoth_addr_domain(&addr, buf + front, 256 - front) < 0 ||
        quoth_name_parse(&name, buf, strlen(buf)) != QUOTH_OK || !quoth_name_is_host(&name))
        return "this is no domain name";
    quoth_name_text(&name, buf, 256);
    return NULL;
}
