/* options.h - what the user wants, and from where it was said.
 *
 *   command line, environment, file --> app_option_set(name, value) --> struct app_options
 *                                             |
 *                                             `--> struct app_why: what is wrong
 *
 * One table has a row for each option (options.c): its name, help topic, field, reader and help.
 * The same row reads `--name value`, the variable QUOTH_NAME and the line `name = value` of a
 * config file (config.c). Of two places the stronger one wins, whichever is read first.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_OPTIONS_H
#define QUOTH_OPTIONS_H

#include "app.h"
#include "calibration.h"
#include "listed.h"
#include "batch.h"

enum { APP_LIST_MAX = 32, APP_ROWS_MAX = 96, APP_STORE = 8192, APP_FILES_MAX = 32 };

/* What a client of the sandbox must be told: where its name server is, and a name and sender known
 * there. */
#define APP_SANDBOX_PORT 2525 /* of the name server and of every SMTP server */
#define APP_SANDBOX_DNS  "127.0.25.53"
#define APP_SANDBOX_HELO "probe.quoth.test"
#define APP_SANDBOX_FROM "postmaster@" APP_SANDBOX_HELO

enum app_color { APP_COLOR_AUTO, APP_COLOR_ALWAYS, APP_COLOR_NEVER };
enum app_input {
    APP_INPUT_AUTO,
    APP_INPUT_LINES,
    APP_INPUT_CSV,
    APP_INPUT_NDJSON, /* a value a line */
    APP_INPUT_JSON    /* an array of values, or values over several lines */
};
enum app_header { APP_HEADER_AUTO, APP_HEADER_YES, APP_HEADER_NO };

struct app_list_options { /* with -f */
    const char *output, *cache, *column, *field;
    const char *resume;    /* a journal's name; "": the usual one; NULL: not asked for */
    uint8_t input, header; /* enum app_input, app_header */
    uint8_t escape_formulas, display_names, ordered, dry_run;
    uint8_t follow;         /* answer lines as they come */
    uint8_t force;          /* write over an output that is there */
    uint8_t with_domain;    /* check the domains too */
    uint8_t anyway;         /* few rows hold an address, and that is right */
    uint32_t skip_lines;    /* above the list, not of it */
    uint8_t only;           /* 1 << enum quoth_verdict; 0: all of them */
    char delimiter;         /* 0: guess */
    uint32_t shard, shards; /* from 1; 0: the whole list */
    struct quoth_batch_limits limits;
    const char *skip[APP_LIST_MAX + 1]; /* NULL-ended */
    uint8_t skips;
};

enum app_kind { /* behind auto, enum quoth_find_kind */
                APP_KIND_AUTO,
                APP_KIND_TEXT
};
struct app_extract_options {
    uint8_t kind; /* enum app_kind */
    uint8_t unique, fold, all, atext, strict, deobfuscate;
    uint32_t memory; /* bytes; 0: no limit */
};

struct app_options {
    uint8_t format; /* place in app_formats[] */
    uint8_t color;  /* enum app_color */
    uint8_t explain, quiet;
    uint8_t why;                     /* what on our side may be behind a refusal */
    struct quoth_ip why_ip;          /* our address as others see it; len 0: not given */
    uint8_t action;                  /* 'h' help, 'V' version, 0 check */
    uint16_t sandbox;                /* its port; 0: not asked for */
    const char *file[APP_FILES_MAX]; /* the lists */
    uint8_t files;
    const char *ca_file;
    const char *helo, *from;
    const char *relay; /* quoth smtp: address for the relay check */
    int relay_all;     /* and in all shapes */
    uint8_t smtp_as;   /* quoth smtp: place of a word of --as; 0: as the port says */
    const char *listed[APP_LISTED_KINDS]; /* files */
    struct app_list_options list;
    struct app_extract_options extract;
    uint8_t nameservers, allow_n, deny_n, names_n;
    uint8_t no_edns;
    size_t stored;          /* texts that came from anywhere */
    struct quoth_conf conf; /* what is core's; setup.c adds what it points to */
    struct app_calibration calibration;
    struct quoth_peer nameserver[QUOTH_SERVERS_MAX];
    struct quoth_cidr allow[APP_LIST_MAX + 1], deny[APP_LIST_MAX];
    const char *names[APP_LIST_MAX + 2]; /* --allow-name, NULL-ended */
    uint8_t level[APP_ROWS_MAX];         /* enum app_place that set a row; 0: none */
    uint32_t given[APP_ROWS_MAX];        /* a sum of the values it was given; 0: none */
    char store[APP_STORE];
};

/* The places, the strongest first. */
enum app_place { APP_PLACE_LINE = 1, APP_PLACE_ENV, APP_PLACE_USER_FILE, APP_PLACE_SYSTEM_FILE };

/* What `quoth help TOPIC` tells together. */
enum app_topic {
    APP_TOPIC_ADDRESSES,
    APP_TOPIC_LISTS,
    APP_TOPIC_MANNERS,
    APP_TOPIC_IDENTITY,
    APP_TOPIC_DNS,
    APP_TOPIC_SERVERS,
    APP_TOPIC_TLS,
    APP_TOPIC_SMTP,
    APP_TOPIC_OUTPUT,
    APP_TOPIC_EXTRACT,
    APP_TOPIC_SANDBOX
};

enum {                           /* app_option.flags */
       APP_OPTION_ONLY_LINE = 1, /* on the command line alone */
       APP_OPTION_MANY = 2,      /* a list of values, parted by commas or blanks, or given again */
       APP_OPTION_MAYBE = 4,     /* its value may be left out, and follows a '=' alone */
       APP_OPTION_FIRST = 8,     /* on the first screen of the help */
       APP_OPTION_AGAIN = 16,    /* may be given again; each value is taken whole */
       APP_OPTION_WHOLE = 32     /* of a list as a whole, not of results in a row */
};

/* May a list be gone on with (--resume) under another value of the option? */
enum app_alike {
    APP_ALIKE_FREE = 1, /* yes: it changes no answer */
    APP_ALIKE_LIST,     /* what comes of it counts: which rows there are, how they are read */
    APP_ALIKE_SAME,     /* no: it changes an answer, or how that is written */
    APP_ALIKE_MACHINE   /* no; but parts that many machines have checked may differ in it */
};

struct app_option { /* read; one row of the table */
    const char *name;
    char letter; /* -x; 0: none */
    uint8_t topic, flags;
    uint8_t alike;   /* enum app_alike */
    uint8_t mark;    /* what a yes stores */
    uint8_t size;    /* of the field */
    uint16_t offset; /* of it; rows that share one outrank each other */
    const char *arg; /* NULL: yes or no */
    /* Read one value into the field. NULL, or what would have been right. */
    const char *(*take)(struct app_options *options, const struct app_option *row,
                        const char *value);
    uint8_t help; /* enum help_id */
};
extern const struct app_option app_option_rows[];
extern const unsigned app_option_count;

/* NULL: there is none. */
const struct app_option *app_option_find(const char *name, size_t n);
const struct app_option *app_option_letter(char letter);

enum app_why_kind {
    APP_WHY_UNKNOWN,   /* no such option; `text` is the nearest name, or NULL */
    APP_WHY_ELSEWHERE, /* an option of the command line, in a file or a variable */
    APP_WHY_MISSING,   /* it wants a value: `text` */
    APP_WHY_VALUE      /* the value will not do; `text` would have been right */
};
struct app_why {
    enum app_why_kind kind;
    const char *text;
};

/* option_told.c: the value of an option as a text to compare with another run's. Of an option that
 * names a file it is a sum of what the file says: of `listed` as it was read, else as it is now. */
enum { APP_TOLD_MAX = 400 };
void app_option_told(const struct app_options *options, const struct app_option *row,
                     const struct app_listed *listed, char buf[APP_TOLD_MAX]);
/* A sum of the values that the row's field was given; 0: none. */
uint32_t app_option_given(const struct app_options *options, const struct app_option *row);

/* Set one option. `name` has no dashes in front; `value` NULL: none was given. What a stronger
 * place has set stays. 0, or QUOTH_EINVAL with the reason in *why. */
int app_option_set(struct app_options *options, enum app_place place, const char *name,
                   const char *value, struct app_why *why);

/* Complain about that, on standard error: "quoth: WHERE: NAME: ...". `where`: a file and line, or
 * NULL; `name`: as it was written there, with its dashes. Returns APP_EXIT_USAGE. */
int app_say_option(const char *where, const char *name, const char *value,
                   const struct app_why *why);

/* Once all places are read: the sandbox's settings, and what does not go together. `addresses`: how
 * many were given by themselves. NULL, or what is wrong, in a sentence. */
const char *app_options_finish(struct app_options *options, unsigned addresses);

/* Was an option of that topic given on the command line? NULL, or that it is for something else:
 * "--NAME is for ARE_FOR", which lives until the next call. */
const char *app_options_of(const struct app_options *options, enum app_topic topic,
                           const char *are_for);

/* config.c: read the QUOTH_* variables, then the config files. 0, or an exit code after saying what
 * is wrong. */
int app_config_read(struct app_options *options);
/* Set one setting in the user's own config file, NULL: take it out. Its path into `path`. 0, or an
 * exit code after saying why; the file is then as it was. */
int app_config_write(const char *name, const char *value, char path[1024]);

#endif
