/* pack_help.c - host tool: pack_help options.c help.txt > help.h
 *
 *   HELP(NAME, "WORDS")  of the rows in options.c --.
 *   = NAME               of the topics in help.txt --+--> all texts --> pairs of bytes
 *
 *   enum                     HELP_NAME, in the order of the files; HELP_TEXT_MAX, HELP_DEEP
 *   help_pair, help_text     the texts, packed, with '^' for a new line; behind HELP_DATA
 *
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *file_name;
static int line_number;

static void die(const char *what, const char *text)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file_name, line_number, what, text);
    exit(1);
}

#include "../../core/data/pack_pairs.h"

static char text[4000];
static size_t text_n, longest;
static int joins; /* the line before goes on in the next one */

static void add(const char *more)
{
    if (text_n + strlen(more) >= sizeof text)
        die("too long", more);
    strcpy(text + text_n, more);
    text_n += strlen(more);
}

static void add_line(const char *line)
{
    if (strchr(line, '^'))
        die("^ stands for a new line", line);
    if (!*line || *line == ' ')
        joins = 0;
    if (text_n)
        add(joins ? " " : "^");
    add(line);
    joins = *line && *line != ' ';
}

static void end_text(void)
{
    while (text_n && text[text_n - 1] == '^')
        text[--text_n] = '\0';
    if (!text_n)
        die("no text", "");
    keep(text);
    if (text_n > longest)
        longest = text_n;
    *text = '\0';
    text_n = 0;
    joins = 0;
}

static void name(const char *word)
{
    static char names[400][40];
    static int n;

    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], word))
            die("twice", word);
    if (n == 400 || strlen(word) >= sizeof names[n])
        die("too many, or too long", word);
    strcpy(names[n++], word);
    printf("    HELP_");
    for (; *word; word++)
        putchar(isalnum((unsigned char)*word) ? *word : '_');
    printf(",\n");
}

/* Of a line of options.c: the name behind HELP(, and what stands in quotes up to the bracket that
 * ends it, perhaps in a later line. */
static void add_row(const char *line)
{
    static int within;
    char word[400];
    int n = 0;

    if (!within) {
        line = strstr(line, "HELP(");
        if (!line)
            return;
        if (sscanf(line, "HELP(%39[a-z0-9_],%n", word, &n) != 1 || !n)
            die("HELP(NAME, \"WORDS\")", line);
        name(word);
        line += n;
        within = 1;
    }
    while (sscanf(line, " \"%399[^\"\\^]\"%n", word, &n) == 1 && n) {
        add(word);
        line += n;
        n = 0;
    }
    line += strspn(line, " ");
    if (*line != ')' && *line)
        die("not in quotes", line);
    if (*line) {
        end_text();
        within = 0;
    }
}

/* Of a line of help.txt: a name, or some words of the text below it. */
static void add_topic(const char *line)
{
    static int topics;

    if (!strncmp(line, "= ", 2)) {
        if (topics++)
            end_text();
        name(line + 2);
    } else if (topics) {
        add_line(line);
    }
}

/* Each line but those that begin with #. */
static void read_lines(const char *path, void (*take)(const char *line))
{
    FILE *file = fopen(path, "r");
    char line[400];

    file_name = path;
    line_number = 0;
    if (!file)
        die("cannot be read", "");
    while (fgets(line, sizeof line, file)) {
        line_number++;
        line[strcspn(line, "\n")] = '\0';
        if (*line != '#')
            take(line);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 64;
    printf("/* Made from port/app/options.c and help.txt; do not edit. */\n"
           "#ifndef HELP_H\n#define HELP_H\nenum help_id {\n    HELP_none,\n");
    keep("");
    read_lines(argv[1], add_row);
    read_lines(argv[2], add_topic);
    end_text();
    printf("};\nenum { HELP_TEXT_MAX = %zu };\n#endif\n#ifdef HELP_DATA\n", longest + 1);
    pack();
    print_pairs("help", "HELP");
    printf("#endif\n");
    return 0;
}
