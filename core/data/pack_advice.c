/* pack_advice.c - host tool: advice.txt (standard input) to advice.h (standard output).
 *
 *   pack_advice JUDGE.TXT CHECKS.TXT < ADVICE.TXT
 *
 * One list of strings: RULE[,RULE...], a byte for each id (its row of checks.txt, plus one), and
 * so on; "" ends it. The last of them has the rules without a row, and no id. A refusal of us
 * without a row, a rule with two, a row with a rule or an id that there is not, or with more than
 * fits, is an error: advice.c need not look.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 300, NAME = 40, LINE = 1000, WORDS = 400 }; /* WORDS: QUOTH_ADVICE_WORDS */
struct names {
    char name[NAMES][NAME];
    char reason[NAMES][NAME]; /* of a rule */
    int n, row[NAMES];        /* row: of advice.txt; 0: none */
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

/* The names behind "= " in a file, and the word behind each. */
static void load(struct names *names, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE], name[NAME], reason[NAME];

    if (!file)
        die("cannot be read", path);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "= %39s %39s", name, reason) == 2 && find(names, name) < 0) {
            if (names->n == NAMES)
                die("too many names", path);
            strcpy(names->reason[names->n], reason);
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
        die("RULE[,RULE...] IDS", line);
    *text++ = 0;
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

/* The rest: it is about the mailbox, the server, or patience. */
static void others(void)
{
    static const char *const us[] = {"ip_blocked", "policy_rejected", "spam_or_content"};
    int n = 0;

    for (int i = 0; i < rules.n; i++) {
        if (rules.row[i])
            continue;
        for (unsigned k = 0; k < sizeof us / sizeof *us; k++)
            if (!strcmp(rules.reason[i], us[k]))
                die("no row for the rule", rules.name[i]);
        printf(n++ ? ",%s" : "    \"%s", rules.name[i]);
    }
    printf(n ? "\\0\\0\"\n" : "");
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
    others();
    printf("    ;\n");
    return 0;
}
