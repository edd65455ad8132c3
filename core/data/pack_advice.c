/* pack_advice.c - host tool: advice.txt (standard input) to advice.h (standard output).
 *
 *   pack_advice JUDGE.TXT CHECKS.TXT < ADVICE.TXT
 *
 * One list of strings: RULE[,RULE...], a byte for each id (its row of checks.txt, plus one), and
 * so on; "" ends it. A rule without a row or with two, a row with a rule or an id that there is
 * not, or with more than fits, is an error: advice.c need not look.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 300, NAME = 40, LINE = 1000, WORDS = 400 }; /* WORDS: QUOTH_ADVICE_WORDS */
struct names {
    char name[NAMES][NAME];
    int n, row[NAMES]; /* row: of advice.txt; 0: none */
};
static struct names rules, ids;
static int line_number;

static void die(const char *what, const char *text)
{
    fprintf(stderr, "advice.txt:%d: %s: %s\n", line_number, what, text);
    exit(1);
}

static int find(const struct names *names, const char *name)
{
    for (int i = 0; i < names->n; i++)
        if (!strcmp(names->name[i], name))
            return i;
    return -1;
}

/* The names behind "= " in a file. */
static void load(struct names *names, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE], name[NAME];

    if (!file)
        die("cannot be read", path);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "= %39s", name) == 1 && find(names, name) < 0) {
            if (names->n == NAMES)
                die("too many names", path);
            strcpy(names->name[names->n++], name);
        }
    fclose(file);
}

/* The ids behind the rules of a row. */
static void put_ids(const char *text)
{
    char copy[LINE];

    if (strlen(text) >= WORDS)
        die("too long", text);
    strcpy(copy, text);
    for (char *id = strtok(copy, " "); id; id = strtok(NULL, " ")) {
        const int at = find(&ids, id);
        if (at < 0 || at > 254)
            die("no such finding", id);
        printf("\\%03o", (unsigned)at + 1);
    }
}

static void row(char *line)
{
    char *text = strchr(line, ' ');

    if (!text || !text[1])
        die("RULE[,RULE...] IDS or -", line);
    *text++ = 0;
    if (!strcmp(text, "-"))
        text++;
    printf("    \"%s\\0", line);
    put_ids(text);
    puts("\\0\"");
    for (char *rule = strtok(line, ","); rule; rule = strtok(NULL, ",")) {
        const int at = find(&rules, rule);
        if (at < 0)
            die("no such rule", rule);
        if (rules.row[at])
            die("twice", rule);
        rules.row[at] = line_number;
    }
}

int main(int argc, char **argv)
{
    char line[LINE];

    if (argc != 3)
        die("pack_advice", "JUDGE.TXT CHECKS.TXT");
    load(&rules, argv[1]);
    load(&ids, argv[2]);
    printf("/* Generated from core/data/advice.txt by pack_advice. */\n"
           "static const char advice_rows[] =\n");
    while (fgets(line, sizeof line, stdin)) {
        line_number++;
        line[strcspn(line, "\n")] = 0;
        if (*line && *line != '#')
            row(line);
    }
    for (int i = 0; i < rules.n; i++)
        if (!rules.row[i])
            die("no row for the rule", rules.name[i]);
    printf("    ;\n");
    return 0;
}
