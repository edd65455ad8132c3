/* config.c - settings from the environment and from config files.
 *
 *   QUOTH_HELO=mx.example.org               every option but those of the command line alone
 *   ~/.config/quoth/config  helo = ...      one a line; XDG_CONFIG_HOME moves it
 *   /etc/quoth.conf                         the same
 *
 * QUOTH_CONFIG names the one file to read instead of both; empty, none is read.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"

/* --name as QUOTH_NAME. */
static void config_variable(const char *name, char variable[40])
{
    char *p = variable + 6;

    memcpy(variable, "QUOTH_", 6);
    for (; *name && p < variable + 39; name++) {
        if (*name == '-')
            *p++ = '_';
        else
            *p++ = (char)(*name >= 'a' ? *name - 32 : *name);
    }
    *p = 0;
}

static int config_environment(struct app_options *o)
{
    for (unsigned i = 0; i < app_option_count; i++) {
        const struct app_option *row = &app_option_rows[i];
        const char *value;
        struct app_why why;
        char variable[40];

        if (row->flags & APP_OPTION_ONLY_LINE)
            continue;
        config_variable(row->name, variable);
        value = getenv(variable);
        if (value && *value && app_option_set(o, APP_PLACE_ENV, row->name, value, &why))
            return app_say_option(NULL, variable, value, &why);
    }
    return 0;
}

/* ---- files -------------------------------------------------------------- */

static char *config_trim(char *p)
{
    char *end = p + strlen(p);
    while (end > p && strchr(" \t\r\n", end[-1]))
        *--end = 0;
    return p + strspn(p, " \t");
}

/* `where`: PATH:LINE, for what is wrong. */
static int config_line(struct app_options *o, enum app_place place, const char *where, char *line)
{
    char *name = config_trim(line), *value = strchr(name, '=');
    struct app_why why;

    if (!*name || *name == '#')
        return 0;
    if (!value)
        return app_say(APP_EXIT_USAGE, where, "not a line of the form: name = value");
    *value++ = 0;
    name = config_trim(name);
    value = config_trim(value);
    if (app_option_set(o, place, name, value, &why))
        return app_say_option(where, name, value, &why);
    return 0;
}

static int config_lines(struct app_options *o, enum app_place place, const char *path, FILE *f)
{
    char line[APP_LINE_MAX], where[600];
    unsigned number = 0;
    int rc = 0;

    while (!rc && fgets(line, sizeof line, f)) {
        const size_t mark = number == 0 && !strncmp(line, "\xef\xbb\xbf", 3) ? 3 : 0;
        snprintf(where, sizeof where, "%.500s:%u", path, ++number);
        if (!strchr(line, '\n') && !feof(f))
            rc = app_say(APP_EXIT_USAGE, where, "this line is too long, or holds a NUL byte");
        else
            rc = config_line(o, place, where, line + mark); /* editors put a BOM there */
    }
    if (!rc && ferror(f))
        rc = app_say(APP_EXIT_NO_INPUT, path, strerror(errno));
    return rc;
}

/* A file that must be there, or one that may be missing. */
static int config_file(struct app_options *o, enum app_place place, const char *path, int must)
{
    FILE *f = fopen(path, "r");
    char text[200];
    int rc;

    if (!f && !must && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!f && !must && errno == EACCES) {
        snprintf(text, sizeof text, "not read: %s", strerror(errno));
        app_say(0, path, text);
        return 0;
    }
    if (!f)
        return app_say(APP_EXIT_NO_INPUT, path, strerror(errno));
    rc = config_lines(o, place, path, f);
    fclose(f);
    return rc;
}

static int config_files(struct app_options *o)
{
    const char *only = getenv("QUOTH_CONFIG"), *home = getenv("HOME"),
               *xdg = getenv("XDG_CONFIG_HOME");
    char path[1024];
    int rc = 0, n = 0;

    if (only)
        return *only ? config_file(o, APP_PLACE_USER_FILE, only, 1) : 0;
    if (xdg && *xdg)
        n = snprintf(path, sizeof path, "%s/quoth/config", xdg);
    else if (home && *home)
        n = snprintf(path, sizeof path, "%s/.config/quoth/config", home);
    if (n > 0 && (size_t)n < sizeof path)
        rc = config_file(o, APP_PLACE_USER_FILE, path, 0);
    return rc ? rc : config_file(o, APP_PLACE_SYSTEM_FILE, "/etc/quoth.conf", 0);
}

int app_config_read(struct app_options *o)
{
    int rc = config_environment(o);
    return rc ? rc : config_files(o);
}
