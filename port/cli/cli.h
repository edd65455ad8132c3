/* cli.h - what the files of the command share.
 *
 *   main.c      the table of commands
 *   args.c      the command line: options to struct app_options, the rest are addresses
 *   help.c      the first screen, and `quoth help TOPIC`, from the table of options
 *   check.c     one address, several, or a list: set up, check, print, exit code
 *   many.c      several addresses, through the engine (many.h)
 *   explain.c   the way to the verdict, as it happens (explain.h)
 *   judge_cmd.c `quoth judge`
 *   spf.c       `quoth spf`
 *   merge_cmd.c `quoth merge`
 *   calibrate_cmd.c `quoth calibrate`
 *   info_cmd.c  `quoth info`
 *   extract.c   `quoth extract`, with extract_out.c (extract.h)
 *   domain_cmd.c `quoth domain`
 *   smtp_cmd.c  `quoth smtp`, with probe_*.c (probe.h)
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLI_H
#define CLI_H

#include "options.h"

/* ---- main.c ------------------------------------------------------------- */

struct cli_command {
    const char *name; /* NULL ends the table */
    /* argv[0] is the command's own name. Returns the exit code. */
    int (*run)(int argc, char **argv);
    const char *arguments; /* for the help: "[options] ADDRESS..." */
    const char *help;      /* what it does, in a line */
};

int cli_judge(int argc, char **argv);
int cli_spf(int argc, char **argv);
int cli_merge(int argc, char **argv);
int cli_domain(int argc, char **argv);
int cli_calibrate(int argc, char **argv);
int cli_info(int argc, char **argv);
int cli_extract(int argc, char **argv);
int cli_smtp(int argc, char **argv);

/* ---- args.c ------------------------------------------------------------- */

struct cli_args {
    char **address; /* what is no option, in order; part of argv */
    unsigned addresses;
};

/* Options may stand anywhere before "--"; argv is reordered. 0, or an exit code after saying which
 * argument is bad and why. */
int cli_args_read(struct app_options *o, struct cli_args *args, int argc, char **argv);
/* For a command that takes n options of the table alone: one on the command line that is none of
 * them; NULL: there is none. */
const char *cli_args_stranger(const struct app_options *o, const char *const *own, int n);

/* ---- help.c ------------------------------------------------------------- */

/* `quoth --help`: at most 24 lines of 80 columns. */
void cli_help_screen(FILE *f, const struct cli_command *commands);
/* `quoth help TOPIC`; without a topic the first screen. Returns the exit code. */
int cli_help(const struct cli_command *commands, int argc, char **argv);

/* One topic: the help of a command that has one of its name. Returns the exit code. */
int cli_help_topic(FILE *f, const char *name);

/* One option of the table, for the help of a command. */
void cli_help_option(FILE *f, const char *name);

/* ---- check.c ------------------------------------------------------------ */

/* What was asked for on the command line: addresses, a list, or both. */
int cli_check(const struct app_options *o, const struct cli_args *args);

#endif
