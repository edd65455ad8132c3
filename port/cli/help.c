/* help.c - the first screen, and `quoth help TOPIC`.
 *
 *   quoth --help      at most 24 lines: the commands, the topics, options marked APP_OPTION_FIRST
 *   quoth help lists  what a list may be, and every option whose row has the topic
 *   quoth help all    every topic
 *
 * Options come from the table in app/options.c; here are only the words around them. To add a
 * topic: a value of enum app_topic, a row here.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "cli.h"

enum { HELP_WIDTH = 79, HELP_COLUMN = 28, HELP_NO_OPTIONS = -1 };
#define HELP_LEAD "                            " /* HELP_COLUMN */

static const struct help_topic {
    const char *name;
    int options;        /* enum app_topic, or none */
    const char *before; /* the first line is a title */
    const char *after;  /* behind the options; NULL: nothing */
} help_topics[] = {
    {"addresses", APP_TOPIC_ADDRESSES,
     "quoth [options] ADDRESS...\n\n"
     "The domain's own mail server is asked as a sender would, up to RCPT TO; no message is sent. "
     "Several addresses are asked as politely as a list, and answered in the order given. A server "
     "that refuses us has said nothing of the mailbox: unknown.",
     "An address that begins with a dash stands behind --."},
    {"lists", APP_TOPIC_LISTS,
     "quoth -f list.csv -o results.csv --resume\n\n"
     "Each address is asked once, and your own columns are written with the verdict behind them. "
     "What was cut off goes on with the same command; in the end every row is answered exactly "
     "once.",
     NULL},
    {"manners", APP_TOPIC_MANNERS, "Limits for lists and several addresses",
     "Addresses are personal data: check those you have a reason to write to. Servers may block "
     "who asks too much. A yes proves neither consent nor delivery; consent comes from a confirmed "
     "opt-in. Nothing about who asks is disguised; VRFY and EXPN, which many take for an attack, "
     "are never used."},
    {"identity", APP_TOPIC_IDENTITY,
     "Who is asking\n\n"
     "A name that resolves to this machine and back, and a mailbox that takes mail. Without a name "
     "the check stops after DNS. Write both into a config file: see `quoth help config`.",
     NULL},
    {"dns", APP_TOPIC_DNS, "Name servers: MX, A and AAAA records tell where mail goes", NULL},
    {"servers", APP_TOPIC_SERVERS,
     "Which mail servers are called\n\n"
     "Port 25 of the hosts that the domain names, but no private or reserved network.",
     NULL},
    {"tls", APP_TOPIC_TLS,
     "STARTTLS and certificates\n\n"
     "A certificate is looked at and reported; without --tls-verify it decides nothing.",
     NULL},
    {"smtp", APP_TOPIC_SMTP,
     "quoth smtp HOST[:PORT]...\n\n"
     "What a server says, up to QUIT: greeting, EHLO before and after TLS, certificate, logins "
     "(listed, not tried), what is wrong and what to do. Without a port 25, 465, 587 and 2525 are "
     "called. A server that takes mail for a stranger's address at RCPT need not deliver it.",
     "Exit code: 0 fine, 1 a warning, 2 something bad, 3 something could not be told."},
    {"doctor", HELP_NO_OPTIONS,
     "quoth doctor [options]\n\n"
     "Is it us? Who is refused wants to know what servers see: the address, its name and whether "
     "that leads back, the name in EHLO, SPF and DMARC of the sender, port 25, and the block lists "
     "that are named. Two mail hosts are greeted and left. What is wrong is told with the record "
     "to "
     "publish; `quoth doctor --help` has the options.",
     NULL},
    {"output", APP_TOPIC_OUTPUT, "What is printed; quoth(1) lists the keys and columns", NULL},
    {"exit-codes", HELP_NO_OPTIONS,
     "Exit codes\n\n"
     "  0 deliverable, 1 undeliverable, 2 risky, 3 unknown\n"
     "  of several addresses the lowest but 0\n"
     "  64   bad option, setting or argument; nothing was sent\n"
     "  66   a file cannot be read\n"
     "  70   the output cannot be written, or the machine lacks something\n"
     "  74   a list's output cannot be written any further: make room, then --resume\n"
     "  130  interrupted",
     NULL},
    {"config", HELP_NO_OPTIONS,
     "Settings in the environment and in files\n\n"
     "  QUOTH_HELO=mx7.acme.net QUOTH_TLS_VERIFY=yes quoth ...\n"
     "  helo = mx7.acme.net\n"
     "  from = postmaster@acme.net\n\n"
     "The command line wins, then the environment, then ~/.config/quoth/config, then "
     "/etc/quoth.conf. QUOTH_CONFIG names one file to read instead of both. Options that name a "
     "file of one run (-f, -o ...) have no setting.",
     NULL},
    {"extract", APP_TOPIC_EXTRACT,
     "quoth extract [options] [FILE...]\n\n"
     "The addresses in files or standard input, in the order they stand there: text, CSV, HTML, "
     "JSON, SQL, messages and mailboxes (their parts decoded), UTF-8 and UTF-16. A part of "
     "something longer is no address; a domain ends in a top-level domain. Nobody is asked: quoth "
     "extract mail.mbox | quoth -f - does that.",
     "With --format csv or json each has its file, line, byte offset, marks (verp, msgid, and what "
     "--deobfuscate found) and how often it was there."},
    {"sandbox", APP_TOPIC_SANDBOX,
     "quoth sandbox & quoth --sandbox full@good.test\n\n"
     "Name server and mail servers on loopback, with a mailbox for every outcome: see `quoth "
     "sandbox --list` and `--help`.",
     NULL},
};
enum { HELP_TOPICS = sizeof help_topics / sizeof *help_topics };

/* Paragraphs; one that begins with a blank is printed as it stands. */
static void help_text(FILE *file, const char *text)
{
    while (*text) {
        const size_t n = strcspn(text, "\n");
        if (*text == ' ')
            fwrite(text, 1, n, file);
        else
            app_wrap(file, (struct quoth_span) {text, n}, 0, HELP_WIDTH, "");
        putc('\n', file);
        text += text[n] ? n + 1 : n;
    }
}

/* What an option is called, in `width` columns, and what it does. */
static void help_row(FILE *file, const char *left, int width, const char *help, size_t n)
{
    fputs(left, file);
    if (width > HELP_COLUMN - 2)
        fprintf(file, "\n%s", HELP_LEAD);
    else
        fprintf(file, "%*s", HELP_COLUMN - width, "");
    app_wrap(file, (struct quoth_span) {help, n}, HELP_COLUMN, HELP_WIDTH, HELP_LEAD);
    putc('\n', file);
}

/* `brief`: only the first clause of what it does, and no choice of words. */
static void help_option(FILE *file, const struct app_option *row, int brief)
{
    const size_t n = brief ? strcspn(row->help, ";:(") : strlen(row->help);
    const char *join = row->arg ? " " : "", *close = "";
    const char *arg = row->arg && brief && strchr(row->arg, '|') ? "WORD" : row->arg;
    char left[80];
    int width;

    if (row->flags & APP_OPTION_MAYBE) {
        join = "[=";
        close = "]";
    }
    width = snprintf(left, sizeof left, "  %c%c%c --%s%s%s%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name, join,
                     arg ? arg : "", close);
    help_row(file, left, width, row->help, n);
}

void cli_help_option(FILE *file, const char *name)
{
    help_option(file, app_option_find(name, strlen(name)), 0);
}

static void help_own(FILE *file, const struct cli_option *row)
{
    char left[80];
    const int width = snprintf(left, sizeof left, "      %s%s%s", row->name,
                               row->argument ? " " : "", row->argument ? row->argument : "");

    help_row(file, left, width, row->help, strlen(row->help));
}

void cli_help_takes(FILE *file, const struct cli_takes *takes)
{
    for (const struct cli_own *own = takes->own; own->n; own++)
        for (unsigned i = 0; i < own->n; i++)
            help_own(file, &own->row[i]);
    for (const char *const *name = takes->common; *name; name++)
        cli_help_option(file, *name);
}

static void help_topic(FILE *file, const struct help_topic *topic)
{
    help_text(file, topic->before);
    if (topic->options != HELP_NO_OPTIONS)
        putc('\n', file);
    for (unsigned i = 0; i < app_option_count; i++)
        if (app_option_rows[i].topic == topic->options)
            help_option(file, &app_option_rows[i], 0);
    if (topic->after) {
        putc('\n', file);
        help_text(file, topic->after);
    }
}

/* "addresses, lists, ..." */
static size_t help_names(char *buf, size_t cap)
{
    size_t n = 0;

    for (int i = 0; i < HELP_TOPICS && n < cap; i++)
        n += (size_t)snprintf(buf + n, cap - n, "%s%s", i ? ", " : "", help_topics[i].name);
    return n < cap ? n : cap - 1;
}

/* Commands that few need: one line names all of them, and `quoth help all` has the rest. */
static int help_is_rare(const struct cli_command *command)
{
    static const char *const rare[] = {"judge", "merge", "calibrate", "spf", "info"};

    for (unsigned i = 0; i < sizeof rare / sizeof *rare; i++)
        if (!strcmp(command->name, rare[i]))
            return 1;
    return 0;
}

static void help_command_line(FILE *file, const struct cli_command *command)
{
    fprintf(file, "  quoth %s%-*s%s\n", command->name, 22 - (int)strlen(command->name),
            command->arguments, command->help);
}

/* The last of them is `help`, and its topics follow. */
static void help_commands(FILE *file, const struct cli_command *commands)
{
    const struct cli_command *command;

    for (command = commands; command[1].name; command++)
        if (!help_is_rare(command))
            help_command_line(file, command);
    fputs("  and, each with --help:     ", file);
    for (const struct cli_command *rare = commands; rare != command; rare++)
        if (help_is_rare(rare))
            fprintf(file, " %s", rare->name);
    putc('\n', file);
    help_command_line(file, command);
}

void cli_help_screen(FILE *file, const struct cli_command *commands)
{
    char names[400];
    size_t n = help_names(names, sizeof names);

    fputs("quoth " QUOTH_VERSION " - would this mail server take mail for this address?\n\n"
          "  quoth [options] ADDRESS...  check addresses: ask up to RCPT TO, send nothing\n"
          "  quoth [options] -f FILE     check a list of them\n",
          file);
    help_commands(file, commands);
    fputs("    ", file);
    app_wrap(file, (struct quoth_span) {names, n}, 4, HELP_WIDTH, "    ");
    fputs("\n\n", file);
    for (unsigned i = 0; i < app_option_count; i++)
        if (app_option_rows[i].flags & APP_OPTION_FIRST)
            help_option(file, &app_option_rows[i], 1);
    fputs("An SMTP check needs a name and a sender of yours: see `quoth help identity`.\n"
          "Exit code: 0 deliverable, 1 undeliverable, 2 risky, 3 unknown; 64 up: failed.\n",
          file);
}

/* ---- quoth help TOPIC --------------------------------------------------- */

/* The words of a topic's name may be parted by blanks, and its end left out. NULL: none, or two. */
static const struct help_topic *help_find(const char *name)
{
    const struct help_topic *found = NULL;

    for (int i = 0; i < HELP_TOPICS; i++) {
        if (strncmp(help_topics[i].name, name, strlen(name)))
            continue;
        if (found)
            return NULL;
        found = &help_topics[i];
    }
    return found;
}

static int help_unknown(const char *name)
{
    char where[100], text[500] = "no such topic; there are ";
    size_t n = strlen(text);

    n += help_names(text + n, sizeof text - n);
    snprintf(text + n, sizeof text - n, ", all, and each command");
    snprintf(where, sizeof where, "help %s", name);
    return app_say(APP_EXIT_USAGE, where, text);
}

static void help_all(FILE *file, const struct cli_command *commands)
{
    cli_help_screen(file, commands);
    putc('\n', file);
    for (const struct cli_command *command = commands; command->name; command++)
        if (help_is_rare(command))
            help_command_line(file, command);
    for (int i = 0; i < HELP_TOPICS; i++) {
        fputs("\n\n", file);
        help_topic(file, &help_topics[i]);
    }
}

/* The help that a command gives of itself; -1: there is no such command. */
static int help_command(const struct cli_command *commands, char *name)
{
    char help[] = "--help", *argv[] = {name, help, NULL};

    for (const struct cli_command *command = commands; command->name; command++)
        if (!strcmp(command->name, name))
            return command->run(2, argv);
    return -1;
}

int cli_help_topic(FILE *file, const char *name)
{
    help_topic(file, help_find(name));
    return fflush(file) ? APP_EXIT_INTERNAL : 0;
}

int cli_help(const struct cli_command *commands, int argc, char **argv)
{
    const struct help_topic *topic;
    char name[80] = "";
    size_t n = 0;
    int rc;

    for (int i = 1; i < argc && n < sizeof name; i++)
        n += (size_t)snprintf(name + n, sizeof name - n, "%s%s", i > 1 ? "-" : "", argv[i]);
    topic = help_find(name);
    if (!n || !strcmp(name, "--help") || !strcmp(name, "-h")) {
        cli_help_screen(stdout, commands);
    } else if (!strcmp(name, "all")) {
        help_all(stdout, commands);
    } else if (topic) {
        help_topic(stdout, topic);
    } else {
        rc = help_command(commands, name);
        return rc < 0 ? help_unknown(name) : rc;
    }
    return fflush(stdout) ? APP_EXIT_INTERNAL : 0;
}
