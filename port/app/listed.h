/* listed.h - what the user's own lists and outcomes say of an address, beside the built-in ones.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_LISTED_H
#define QUOTH_LISTED_H

#include "app.h"
#include "calibration.h"

enum app_listed_kind { /* --disposable, --free, --role, --trusted */
                       APP_LISTED_DISPOSABLE,
                       APP_LISTED_FREE,
                       APP_LISTED_ROLE,
                       APP_LISTED_TRUSTED,
                       APP_LISTED_KINDS
};

/* The names of one file, sorted; `text` holds them. */
struct app_listed_names {
    char *text;
    const char **name;
    size_t n;
    uint64_t sum; /* of the file, byte by byte */
};

enum { APP_LISTED_HOSTS = 256 };

struct app_listed {
    struct app_listed_names own[APP_LISTED_KINDS];
    const struct app_calibration *calibration; /* of scores, by their outcomes; NULL: none */
    struct {
        uint64_t hash; /* of its name; 0: free */
        unsigned lists;
    } host[APP_LISTED_HOSTS]; /* exchangers that were looked up, the latest of those of a slot */
    char latest[256];         /* the one before: the name */
    unsigned latest_lists;
};

/* Read the files, NULL: none of that kind. One name a line in any letter case; "#" begins a
 * comment. 0, or an exit code after saying which line of which file is wrong. To be closed either
 * way. */
int app_listed_open(struct app_listed *listed, const char *const file[APP_LISTED_KINDS]);
void app_listed_close(struct app_listed *listed);

/* Fill in result->lists from its ev, host and the user's lists (NULL: none). An address that was
 * taken is read again by them: a domain of --disposable becomes risky (disposable), one of
 * --trusted is not. To be called once, after an answer was stored: lists change, answers do not. */
void app_listed_mark(struct app_listed *listed, struct app_result *result);

#endif
