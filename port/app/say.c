/* say.c - the one way to complain: "quoth: PATH: WHY" on standard error.
 *
 * Paths and arguments are a stranger's bytes like any other, so they leave escaped.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"

static void say_begin(const char *where)
{
    fputs("quoth: ", stderr);
    if (where) {
        app_put(stderr, where, strlen(where));
        fputs(": ", stderr);
    }
}

int app_say(int code, const char *where, const char *why)
{
    say_begin(where);
    app_put(stderr, why, strlen(why));
    putc('\n', stderr);
    return code;
}

const char *app_error_words(int err)
{
    return abs(err) == ENOMEM
               ? "no memory is left: raise ulimit -v, or end other programs, and try again"
               : strerror(abs(err));
}

int app_say_error(int code, const char *where, int err)
{
    return app_say(code && abs(err) == ENOMEM ? APP_EXIT_INTERNAL : code, where,
                   app_error_words(err));
}

int app_end(int code)
{
    return fflush(stdout) || ferror(stdout)
               ? app_say_error(APP_EXIT_INTERNAL, "standard output", errno)
               : code;
}

/* A stranger's bytes, and not too many of them. */
static void say_cut(const char *text, size_t most)
{
    const size_t n = strlen(text);
    app_put(stderr, text, n < most ? n : most);
}

int app_say_option(const char *where, const char *name, const char *value,
                   const struct app_why *why)
{
    const int dashes = (int)strspn(name, "-");

    say_begin(where);
    switch (why->kind) {
    case APP_WHY_UNKNOWN:
        fputs("unknown option ", stderr);
        say_cut(name, 60);
        if (why->text)
            fprintf(stderr, "; did you mean %.*s%s?\n", dashes, name, why->text);
        else
            fputs("; quoth --help leads to all of them\n", stderr);
        break;
    case APP_WHY_ELSEWHERE:
        say_cut(name, 60);
        fputs(" is for the command line alone\n", stderr);
        break;
    case APP_WHY_MISSING: fprintf(stderr, "%s wants a value: %s\n", name, why->text); break;
    case APP_WHY_VALUE:
        fprintf(stderr, "%s: \"", name);
        say_cut(value, 200);
        fprintf(stderr, "\" will not do; it wants %s\n", why->text);
        break;
    }
    return APP_EXIT_USAGE;
}
