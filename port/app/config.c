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
#include <sys/stat.h>
#include <unistd.h>
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

static int config_environment(struct app_options *options)
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
        if (value && *value && app_option_set(options, APP_PLACE_ENV, row->name, value, &why))
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
static int config_line(struct app_options *options, enum app_place place, const char *where,
                       char *line)
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
    if (app_option_set(options, place, name, value, &why))
        return app_say_option(where, name, value, &why);
    return 0;
}

static int config_lines(struct app_options *options, enum app_place place, const char *path,
                        FILE *file)
{
    char line[APP_LINE_MAX], where[600];
    unsigned number = 0;
    int rc = 0;

    while (!rc && fgets(line, sizeof line, file)) {
        const size_t mark = number == 0 && !strncmp(line, "\xef\xbb\xbf", 3) ? 3 : 0;
        snprintf(where, sizeof where, "%.500s:%u", path, ++number);
        if (!strchr(line, '\n') && !feof(file))
            rc = app_say(APP_EXIT_USAGE, where, "this line is too long, or holds a NUL byte");
        else
            rc = config_line(options, place, where, line + mark); /* editors put a BOM there */
    }
    if (!rc && ferror(file))
        rc = app_say_error(APP_EXIT_NO_INPUT, path, errno);
    return rc;
}

/* A file that must be there, or one that may be missing. */
static int config_file(struct app_options *options, enum app_place place, const char *path,
                       int must)
{
    FILE *file = app_file_open(path, "r");
    char text[200];
    int rc;

    if (!file && !must && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!file && !must && errno == EACCES) {
        snprintf(text, sizeof text, "not read: %s", strerror(errno));
        app_say(0, path, text);
        return 0;
    }
    if (!file)
        return app_say_error(APP_EXIT_NO_INPUT, path, errno);
    rc = config_lines(options, place, path, file);
    fclose(file);
    return rc;
}

/* The user's own file, into path. 0: there is a name for it. */
static int config_user_path(char path[1024])
{
    const char *only = getenv("QUOTH_CONFIG"), *home = getenv("HOME"),
               *xdg = getenv("XDG_CONFIG_HOME");
    int n = 0;
    if (only)
        n = snprintf(path, 1024, "%s", only);
    else if (xdg && *xdg)
        n = snprintf(path, 1024, "%s/quoth/config", xdg);
    else if (home && *home)
        n = snprintf(path, 1024, "%s/.config/quoth/config", home);
    return n > 0 && n < 1000 ? 0 : -1;
}

static int config_files(struct app_options *options)
{
    const char *only = getenv("QUOTH_CONFIG");
    char path[1024];
    int rc = 0;

    if (only)
        return *only ? config_file(options, APP_PLACE_USER_FILE, only, 1) : 0;
    if (!config_user_path(path))
        rc = config_file(options, APP_PLACE_USER_FILE, path, 0);
    return rc ? rc : config_file(options, APP_PLACE_SYSTEM_FILE, "/etc/quoth.conf", 0);
}

int app_config_read(struct app_options *options)
{
    int rc = config_environment(options);
    return rc ? rc : config_files(options);
}

/* ---- writing one setting ---------------------------------------------------- */

/* Is this line of a file that setting? */
static int config_is_line(const char *line, const char *name)
{
    size_t n = strlen(name);
    line += strspn(line, " \t");
    return !strncmp(line, name, n) && line[n + strspn(line + n, " \t")] == '=';
}

/* All other lines of the file at path, and the new one. 0 or -errno. */
static int config_copy(struct app_stream *to, const char *path, const char *name, const char *value)
{
    char line[APP_LINE_MAX];
    FILE *from = app_file_open(path, "r");
    int whole = 1; /* the last line ended */

    if (!from && errno != ENOENT)
        return -errno;
    while (from && fgets(line, sizeof line, from)) {
        whole = strchr(line, '\n') != NULL;
        if (!config_is_line(line, name))
            app_stream_text(to, line);
    }
    if (from)
        fclose(from);
    if (!whole)
        app_stream_byte(to, '\n');
    if (value) {
        app_stream_text(to, name);
        app_stream_text(to, " = ");
        app_stream_text(to, value);
        app_stream_byte(to, '\n');
    }
    return to->full ? -ENOMEM : 0;
}

int app_config_write(const char *name, const char *value, char path[1024])
{
    struct app_stream text = {.f = NULL};
    int err, rc;

    if (config_user_path(path))
        return app_say(APP_EXIT_NO_INPUT, "QUOTH_CONFIG",
                       "no config file to write to: set HOME, or QUOTH_CONFIG to a file");
    for (char *p = strchr(path + 1, '/'); p && !getenv("QUOTH_CONFIG"); p = strchr(p + 1, '/')) {
        *p = 0;
        mkdir(path, 0700); /* those that are there stay as they are */
        *p = '/';
    }
    if (!app_file_is_one(path)) /* before it is read, which might wait */
        return app_say(APP_EXIT_USAGE, path, "this is no file");
    err = config_copy(&text, path, name, value);
    rc = err ? app_say_error(APP_EXIT_INTERNAL, path, err) : app_file_save(path, text.text, text.n);
    free(text.text);
    return rc;
}
