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
 *   domain_cmd.c `quoth domain`, with domain_*.c (domain_cmd.h)
 *   grading.c   which findings count, and for what exit code
 *   doctor_cmd.c `quoth doctor`, with doctor_*.c (doctor.h)
 *   smtp_cmd.c  `quoth smtp`, with probe_*.c (probe.h)
 *   sandbox_cmd.c `quoth sandbox` (port/sandbox)
 *   serve_cmd.c `quoth serve`; serve_none.c of builds without it
 *   tools_none.c what builds for addresses alone say of the commands for other things
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
int cli_doctor(int argc, char **argv);
int cli_serve(int argc, char **argv);
int cli_sandbox(int argc, char **argv);

/* ---- args.c ------------------------------------------------------------- */

struct cli_args {
    char **address; /* what is no option, in order; part of argv */
    unsigned addresses;
};

/* Options may stand anywhere before "--"; argv is reordered. 0, or an exit code after saying which
 * argument is bad and why. */
int cli_args_read(struct app_options *options, struct cli_args *args, int argc, char **argv);

/* An option that one command has, or a few. */
struct cli_option {
    const char *name;     /* "--zone" */
    const char *argument; /* "FILE"; NULL: it takes none, and `set` gets NULL */
    const char *help;
    /* `to`: of struct cli_own; the value stays. NULL, or what is wrong. */
    const char *(*set)(void *to, const char *value);
};
struct cli_own { /* n rows that write to one place */
    const struct cli_option *row;
    unsigned n;
    void *to;
};
/* What a command takes. */
struct cli_takes {
    const char *command;
    const struct cli_own *own; /* n 0 ends them; of two rows of a name the first counts */
    const char *const *common; /* of the table of options; NULL ends them */
};
/* The same for such a command. An option that it does not take is refused, unless help is asked
 * for. 0, or an exit code after saying what is wrong. */
int cli_args_take(const struct cli_takes *takes, struct app_options *options, struct cli_args *args,
                  int argc, char **argv);

/* A domain as people type it: in lower case, U-labels as A-labels, without the dot at its end.
 * Labels with an underscore may stand in front. NULL, or what is wrong with it. */
const char *cli_domain_name(const char *text, char buf[256]);

/* ---- help.c ------------------------------------------------------------- */

/* `quoth --help`: at most 24 lines of 80 columns. */
void cli_help_screen(FILE *file, const struct cli_command *commands);
/* `quoth help TOPIC`; without a topic the first screen. Returns the exit code. */
int cli_help(const struct cli_command *commands, int argc, char **argv);

/* One topic: the help of a command that has one of its name. Returns the exit code. */
int cli_help_topic(FILE *file, const char *name);

/* HELP_NAME of the generated help.h. */
void cli_help_text(FILE *file, unsigned id);
/* One option of the table, for the help of a command. */
void cli_help_option(FILE *file, const char *name);
/* The help of a command: HELP_NAME, all that it takes, and its exit codes (NULL: nothing of them).
 * Returns the exit code. */
int cli_help_takes(const struct cli_takes *takes, unsigned id, const char *codes);

/* ---- grading.c ---------------------------------------------------------- */

enum { CLI_IGNORED = 32, CLI_GRADING_OPTIONS = 2 };
struct cli_grading {
    const char *ignored[CLI_IGNORED]; /* ids of findings */
    unsigned n;
    uint8_t lenient; /* warnings do not fail */
};
extern const struct cli_option cli_grading_options[CLI_GRADING_OPTIONS]; /* to a cli_grading */
int cli_grading_ignores(const struct cli_grading *grading, const char *id);
/* Of 1 << enum quoth_grade of all findings: 2 bad, 1 warn, 3 unknown, 0. */
int cli_grading_exit(const struct cli_grading *grading, unsigned grades);
/* What a monitor calls that exit code, 0 to 3. */
const char *cli_grading_word(int exit);
/* To stdout, behind a name: n[enum quoth_grade] findings, and what they took. */
void cli_grading_sum(const unsigned n[], unsigned questions, uint64_t ms);

/* ---- check.c ------------------------------------------------------------ */

/* What was asked for on the command line: addresses, a list, or both. */
int cli_check(const struct app_options *options, const struct cli_args *args);

#endif
