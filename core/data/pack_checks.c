/* pack_checks.c - host tool: checks.txt (standard input) to checks.h (standard output).
 *
 *   @ COMMAND [hosted]     who finds the rows behind; hosted: left out unless QUOTH_CHECK_TEXTS
 *   = ID GRADES ; SOURCE   an enum value, a row of grades, the id
 *   SENTENCE, > RECORD     the texts, packed, left out unless QUOTH_CHECK_TEXTS
 *
 * The enum is for whoever finds something; the rest, behind CHECKS_DATA, for checks.c alone.
 *
 * Everything is checked here, so that health.c need not.
 *
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 250, PROFILES = 3 };
static struct row {
    char finder[20], id[40], source[60], text[300], fix[200];
    int grade[PROFILES], hosted;
} row[ROWS];
static int rows, line_number;
static char finder[20], hosted[20];

static void die(const char *what, const char *text)
{
    fprintf(stderr, "checks.txt:%d: %s: %s\n", line_number, what, text);
    exit(1);
}

#include "pack_pairs.h"

static void copy(char *to, size_t cap, const char *from)
{
    if (strlen(from) >= cap)
        die("too long", from);
    for (const char *p = from; *p; p++)
        if (*p == '%' && !strchr("dontqsw{irham", p[1]))
            die("no such argument", p);
    strcpy(to, from);
}

static int grade(const char *word)
{
    static const char *const words[] = {"-", "note", "warn", "bad", "unknown"};

    for (int i = 0; i < 5; i++)
        if (!strcmp(words[i], word))
            return i;
    die("no grade", word);
    return 0;
}

static void head(char *line)
{
    struct row *new_row = &row[rows];
    char *semi = strchr(line, ';'), word[PROFILES][20], id[40];

    if (rows == ROWS)
        die("too many", line);
    if (rows && !new_row[-1].text[0])
        die("no sentence", new_row[-1].id);
    if (!finder[0])
        die("no @ COMMAND above", line);
    strcpy(new_row->finder, finder);
    new_row->hosted = !strcmp(hosted, "hosted");
    if (rows && new_row[-1].hosted && !new_row->hosted)
        die("hosted rows stand last", line);
    if (semi) {
        *semi++ = 0;
        copy(new_row->source, sizeof new_row->source, semi + strspn(semi, " "));
    }
    if (sscanf(line, "= %39s %19s %19s %19s", id, word[0], word[1], word[2]) != 4)
        die("= ID GRADE GRADE GRADE ; SOURCE", line);
    copy(new_row->id, sizeof new_row->id, id);
    for (int i = 0; i < rows; i++)
        if (!strcmp(row[i].id, id))
            die("twice", id);
    for (int i = 0; i < PROFILES; i++)
        new_row->grade[i] = grade(word[i]);
    rows++;
}

static void quoted(const char *text)
{
    putchar('"');
    for (; *text; text++)
        printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    printf("\\0\"");
}

static void print_texts(void)
{
    for (int i = 0; i < rows; i++) {
        keep(row[i].source);
        keep(row[i].text);
        keep(row[i].fix);
    }
    pack();
    print_pairs("checks", "CHECKS");
}

/* Before the row of that number, and behind all of them: builds without texts end here. */
static void part(int i)
{
    if (i < rows && row[i].hosted && !(i && row[i - 1].hosted))
        printf("\n#if QUOTH_CHECK_TEXTS");
    if (i == rows && row[i - 1].hosted)
        printf("\n#endif");
}

/* Rows of one command stand together, so a list of where they begin will do. */
static void finders(void)
{
    printf("#if QUOTH_CHECK_TEXTS\nstatic const struct {\n    uint16_t first;\n    char "
           "name[20];\n} checks_finder[] = {");
    for (int i = 0; i < rows; i++) {
        if (i && !strcmp(row[i].finder, row[i - 1].finder))
            continue;
        for (int k = 0; k < i; k++)
            if (!strcmp(row[i].finder, row[k].finder))
                die("rows of a command stand apart", row[i].id);
        printf("\n    {%d, \"%s\"},", i, row[i].finder);
    }
    printf("\n};\n#endif\n");
}

/* Standard input, row by row. */
static void read_all(void)
{
    char line[600];

    while (fgets(line, sizeof line, stdin)) {
        line_number++;
        line[strcspn(line, "\n")] = 0;
        if (!*line || *line == '#')
            continue;
        if (*line == '@') {
            *hosted = 0;
            if (sscanf(line, "@ %19s %19s", finder, hosted) < 1)
                die("@ COMMAND [hosted]", line);
            continue;
        }
        if (*line == '=')
            head(line);
        else if (!rows)
            die("above the first row", line);
        else if (!strncmp(line, "> ", 2))
            copy(row[rows - 1].fix, sizeof row[0].fix, line + 2);
        else if (row[rows - 1].text[0])
            die("two sentences", line);
        else
            copy(row[rows - 1].text, sizeof row[0].text, line);
    }
    if (!rows || !row[rows - 1].text[0])
        die("no sentence", "the last row");
}

static void print_enum(void)
{
    printf("/* Generated from core/data/checks.txt by pack_checks. */\nenum {");
    for (int i = 0; i < rows; i++) {
        part(i);
        printf("\n    CHECK_");
        for (const char *p = row[i].id; *p; p++)
            putchar(*p == '.' ? '_' : toupper((unsigned char)*p));
        putchar(',');
    }
    part(rows);
    printf("\n    CHECKS\n};\n#ifdef CHECKS_DATA\n");
}

static void print_grades(void)
{
    printf("/* Of three profiles in one byte: digits to base 5, the first profile's the last. */\n"
           "static const uint8_t checks_grade[CHECKS] = {");
    for (int i = 0; i < rows; i++) {
        part(i);
        printf("\n    %d,", row[i].grade[0] + 5 * (row[i].grade[1] + 5 * row[i].grade[2]));
    }
    part(rows);
    printf("\n};\n");
}

static void print_ids(void)
{
    printf("static const char checks_id[] =");
    for (int i = 0; i < rows; i++) {
        part(i);
        printf("\n    ");
        quoted(row[i].id);
    }
    part(rows);
    printf("\n    ;\n");
}

int main(void)
{
    read_all();
    print_enum();
    finders();
    print_grades();
    print_ids();
    printf("#if QUOTH_CHECK_TEXTS\n");
    print_texts();
    printf("#endif\n#endif\n");
    return 0;
}
