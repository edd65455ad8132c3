/* args.c - the command line.
 *
 *   --name VALUE   --name=VALUE   --name      -x VALUE   -xVALUE   -xy      ADDRESS   --
 *
 * What an option means, and whether a value will do, is for the table of options to say.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "cli.h"

struct args_reader {
    struct app_options *o;
    int argc, at;
    char **argv;
};

/* `name`: as it was written, with its dashes. 0, or an exit code. */
static int args_set(struct args_reader *a, const char *name, const char *option, const char *value)
{
    struct app_why why;

    if (app_option_set(a->o, APP_PLACE_LINE, option, value, &why) == QUOTH_OK)
        return 0;
    return app_say_option(NULL, name, value, &why);
}

/* The argument behind an option that cannot do without; NULL: there is none. */
static const char *args_next(struct args_reader *a, const struct app_option *row)
{
    if (!row || !row->arg || row->flags & APP_OPTION_MAYBE || a->at + 1 >= a->argc)
        return NULL;
    return a->argv[++a->at];
}

/* `text` begins with two dashes. */
static int args_long(struct args_reader *a, char *text)
{
    char *equals = strchr(text, '=');
    const char *value;

    if (equals)
        *equals = 0;
    value = equals ? equals + 1 : args_next(a, app_option_find(text + 2, strlen(text + 2)));
    return args_set(a, text, text + 2, value);
}

/* -4, -4q, -f FILE, -fFILE */
static int args_short(struct args_reader *a, const char *text)
{
    for (text++; *text; text++) {
        const struct app_option *row = app_option_letter(*text);
        const char name[3] = {'-', *text, 0};
        const char *value = NULL;
        int rc;

        if (row && row->arg)
            value = text[1] ? text + 1 : args_next(a, row);
        rc = args_set(a, name, row ? row->name : name + 1, value);
        if (rc || value)
            return rc;
    }
    return 0;
}

int cli_args_read(struct app_options *o, struct cli_args *args, int argc, char **argv)
{
    struct args_reader a = {o, argc, 1, argv};
    int rc = 0, plain = 0;

    args->address = argv + 1;
    args->addresses = 0;
    for (; a.at < argc && !rc; a.at++) {
        char *text = argv[a.at];
        if (plain || text[0] != '-' || !text[1])
            args->address[args->addresses++] = text;
        else if (text[1] != '-')
            rc = args_short(&a, text);
        else if (text[2])
            rc = args_long(&a, text);
        else
            plain = 1;
    }
    return rc;
}

const char *cli_args_stranger(const struct app_options *o, const char *const *own, int n)
{
    for (unsigned i = 0; i < app_option_count; i++) {
        int known = o->level[i] != APP_PLACE_LINE;
        for (int j = 0; j < n; j++)
            known |= !strcmp(app_option_rows[i].name, own[j]);
        if (!known)
            return app_option_rows[i].name;
    }
    return NULL;
}
