/* pack_help.c - host tool: help.txt (standard input) to help.h (standard output).
 *
 *   enum                     HELP_NAME, in the order of the file; HELP_TEXT_MAX, HELP_DEEP
 *   help_pair, help_text     the texts, packed, with '^' for a new line; behind HELP_DATA
 *
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int line_number;

static void die(const char *what, const char *text)
{
    fprintf(stderr, "help.txt:%d: %s: %s\n", line_number, what, text);
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

int main(void)
{
    char line[400];
    int texts_seen = 0;

    printf("/* Made from port/app/help.txt; do not edit. */\n#ifndef HELP_H\n#define HELP_H\n"
           "enum help_id {\n    HELP_none,\n");
    keep("");
    while (fgets(line, sizeof line, stdin)) {
        line_number++;
        line[strcspn(line, "\n")] = '\0';
        if (*line == '#')
            continue;
        if (!strncmp(line, "= ", 2)) {
            if (texts_seen++)
                end_text();
            name(line + 2);
        } else if (texts_seen) {
            add_line(line);
        }
    }
    end_text();
    printf("};\nenum { HELP_TEXT_MAX = %zu };\n#endif\n#ifdef HELP_DATA\n", longest + 1);
    pack();
    print_pairs("help", "HELP");
    printf("#endif\n");
    return 0;
}
