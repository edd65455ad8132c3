/* help.c - the first screen, and `quoth help TOPIC`.
 *
 *   quoth --help      at most 24 lines: the commands, the topics, options marked APP_OPTION_FIRST
 *   quoth help lists  what a list may be, and every option whose row has the topic
 *   quoth help all    every topic
 *
 * Options come with their words from the table in app/options.c, what a topic says from
 * app/help.txt. To add a topic: a value of enum app_topic, a row here, its text there.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "cli.h"
#define HELP_DATA 1
#include "help.h"

enum { HELP_WIDTH = 79, HELP_COLUMN = 28, HELP_NO_OPTIONS = -1 };
#define HELP_LEAD "                            " /* HELP_COLUMN */

static const struct help_topic {
    const char *name;
    int options;    /* enum app_topic, or none */
    uint8_t before; /* enum help_id */
    uint8_t after;  /* behind the options */
} help_topics[] = {
    {"addresses", APP_TOPIC_ADDRESSES, HELP_about_addresses, HELP_end_of_addresses},
    {"lists", APP_TOPIC_LISTS, HELP_about_lists, HELP_none},
    {"manners", APP_TOPIC_MANNERS, HELP_about_manners, HELP_end_of_manners},
    {"identity", APP_TOPIC_IDENTITY, HELP_about_identity, HELP_none},
    {"dns", APP_TOPIC_DNS, HELP_about_dns, HELP_none},
    {"servers", APP_TOPIC_SERVERS, HELP_about_servers, HELP_none},
    {"tls", APP_TOPIC_TLS, HELP_about_tls, HELP_none},
    {"smtp", APP_TOPIC_SMTP, HELP_about_smtp, HELP_end_of_smtp},
    {"doctor", HELP_NO_OPTIONS, HELP_about_doctor, HELP_none},
    {"output", APP_TOPIC_OUTPUT, HELP_about_output, HELP_none},
    {"exit-codes", HELP_NO_OPTIONS, HELP_about_exit_codes, HELP_none},
    {"config", HELP_NO_OPTIONS, HELP_about_config, HELP_none},
    {"extract", APP_TOPIC_EXTRACT, HELP_about_extract, HELP_end_of_extract},
    {"sandbox", APP_TOPIC_SANDBOX, HELP_about_sandbox, HELP_none},
};
enum { HELP_TOPICS = sizeof help_topics / sizeof *help_topics };

/* A byte that is no letter is a pair of others, or of pairs; the texts are packed so. */
static void help_unpack(unsigned id, char buf[HELP_TEXT_MAX])
{
    const uint8_t *from = help_text;
    uint8_t stack[HELP_DEEP];
    size_t n = 0, left;

    for (; id; id--)
        from += strlen((const char *)from) + 1;
    for (; *from; from++) {
        stack[0] = *from;
        for (left = 1; left;) {
            const uint8_t code = stack[--left];
            if (code >= ' ' && code <= '~') {
                buf[n++] = (char)(code == '^' ? '\n' : code);
                continue;
            }
            stack[left++] = help_pair[code < ' ' ? code : code - 95][1];
            stack[left++] = help_pair[code < ' ' ? code : code - 95][0];
        }
    }
    buf[n] = '\0';
}

/* Paragraphs; one that begins with a blank is printed as it stands. */
void cli_help_text(FILE *file, unsigned id)
{
    char buf[HELP_TEXT_MAX];
    const char *text = buf;

    help_unpack(id, buf);
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
    char text[HELP_TEXT_MAX];
    const char *join = row->arg ? " " : "", *close = "";
    const char *arg = row->arg && brief && strchr(row->arg, '|') ? "WORD" : row->arg;
    char left[80];
    int width;

    help_unpack(row->help, text);

    if (row->flags & APP_OPTION_MAYBE) {
        join = "[=";
        close = "]";
    }
    width = snprintf(left, sizeof left, "  %c%c%c --%s%s%s%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name, join,
                     arg ? arg : "", close);
    help_row(file, left, width, text, brief ? strcspn(text, ";:(") : strlen(text));
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

int cli_help_takes(const struct cli_takes *takes, unsigned id, const char *codes)
{
    cli_help_text(stdout, id);
    putchar('\n');
    for (const struct cli_own *own = takes->own; own->n; own++)
        for (unsigned i = 0; i < own->n; i++)
            help_own(stdout, &own->row[i]);
    for (const char *const *name = takes->common; *name; name++)
        cli_help_option(stdout, *name);
    if (codes)
        printf("\nExit code: %s.\n", codes);
    return app_end(0);
}

static void help_topic(FILE *file, const struct help_topic *topic)
{
    cli_help_text(file, topic->before);
    if (topic->options != HELP_NO_OPTIONS)
        putc('\n', file);
    for (unsigned i = 0; i < app_option_count; i++)
        if (app_option_rows[i].topic == topic->options)
            help_option(file, &app_option_rows[i], 0);
    if (topic->after) {
        putc('\n', file);
        cli_help_text(file, topic->after);
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
    return app_end(0);
}
