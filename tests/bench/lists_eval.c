/* lists_eval.c - what the built-in lists say of domains that have nothing to do with throw-away
 * mail.
 *
 *     lists_eval LISTED NAMES DOMAINS...   a list's own names; what people are called, as
 *                                          data/score/lexicon.mjs prints it; files of domains that
 *                                          are not on the list
 *
 * Prints how many of the listed names are found, and their subdomains; which first names and
 * surnames are taken for a role (four may, which are roles by RFC 2142 or to who imports lists);
 * which foreign domains are taken for listed ones (0 is wanted; those that the list itself has are
 * told apart), which get a "did you mean" (four may, for some are slips indeed); and what one
 * lookup takes, in the disposable set alone and in all lists.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "quoth.h"
#include "sets.h"
#include "sets_data.h"

enum { NAMES = 200000, SPEAKS = QUOTH_LIST_DISPOSABLE | QUOTH_LIST_TYPO };
static char *names[NAMES];

static size_t eval_read(const char *file)
{
    char line[512];
    size_t n = 0;
    FILE *f = fopen(file, "r");
    if (!f) {
        perror(file);
        exit(1);
    }
    while (n < NAMES && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line && *line != '#')
            names[n++] = strdup(line);
    }
    fclose(f);
    return n;
}

static unsigned eval_below(const char *name)
{
    char below[600];
    int n = snprintf(below, sizeof below, "a.b.%s", name);
    return quoth_list_domain(below, (size_t)n);
}

static int eval_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Is the name in the list, or one above it? */
static int eval_is_listed(char **listed, size_t n, const char *name)
{
    for (; name; name = strchr(name, '.'), name = name ? name + 1 : NULL)
        if (bsearch(&name, listed, n, sizeof *listed, eval_order))
            return 1;
    return 0;
}

static unsigned eval_set(const char *name, size_t n)
{
    return (unsigned)sets_find(&sets_disposable, name, n, 1);
}

/* What one look-up of each of `names` takes of a CPU, the least of thirty rounds. */
static double eval_ns(unsigned (*look)(const char *, size_t), size_t n)
{
    volatile unsigned sum = 0;
    double least = 0;

    for (int round = 0; round < 30; round++) {
        struct timespec a, b;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        for (size_t k = 0; k < n; k++)
            sum = sum + look(names[k], strlen(names[k]));
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
        double ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
        least = !round || ns < least ? ns : least;
    }
    return least / (double)(n ? n : 1);
}

/* How many of the listed names are found? */
static void eval_found(char **listed, size_t n)
{
    size_t found = 0, below = 0;
    for (size_t i = 0; i < n; i++) {
        found += (quoth_list_domain(listed[i], strlen(listed[i])) & SPEAKS) != 0;
        below += (eval_below(listed[i]) & SPEAKS) != 0;
    }
    printf("listed: %zu of %zu found, %zu by a name below; the others are allowed by name\n", found,
           n, below);
}

/* How many people have the name of a role? */
static int eval_people(const char *file)
{
    static const char *const known[] = {"sales", "billing", "list", "root"};
    size_t all = eval_read(file), roles = 0, weak = 0, wrong = 0;
    for (size_t k = 0; k < all; k++) {
        const char *tab = strrchr(names[k], '\t'), *name = tab ? tab + 1 : names[k];
        unsigned says = quoth_list_local(name, strlen(name));
        int is_known = 0;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            is_known |= !strcmp(name, known[i]);
        weak += (says & QUOTH_LIST_ROLE_MAYBE) != 0;
        roles += (says & QUOTH_LIST_ROLE) && is_known;
        wrong += (says & QUOTH_LIST_ROLE) && !is_known;
        if ((says & QUOTH_LIST_ROLE) && !is_known)
            printf("  taken for a role: %s\n", name);
    }
    printf("%s: %zu names of people, %zu taken for a role, %zu are sales, billing, list or root; "
           "%zu may be one\n",
           file, all, wrong, roles, weak);
    return wrong != 0;
}

/* How many domains are taken for listed ones, and corrected? */
static int eval_domains(const char *file, char **listed, size_t n)
{
    size_t all = eval_read(file), own = 0, accident = 0, suggested = 0;
    char meant[256];
    for (size_t k = 0; k < all; k++) {
        size_t len = strlen(names[k]);
        int says = (quoth_list_domain(names[k], len) & SPEAKS) != 0;
        int is = eval_is_listed(listed, n, names[k]);
        own += says && is;
        accident += says && !is;
        if (says && !is)
            printf("  taken for a listed one: %s\n", names[k]);
        if (quoth_list_suggest(names[k], len, meant, sizeof meant) > 0 && ++suggested <= 10)
            printf("  did you mean: %s -> %s\n", names[k], meant);
    }
    printf("%s: %zu domains, %zu disposable by the list, %zu by accident, %zu suggestions\n", file,
           all, own, accident, suggested);
    printf("  %.0f ns a domain in the disposable set, %.0f ns in all lists\n",
           eval_ns(eval_set, all), eval_ns(quoth_list_domain, all));
    return accident || suggested > 4;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: lists_eval LISTED NAMES DOMAINS...\n");
        return 2;
    }
    size_t n = eval_read(argv[1]);
    char **listed = malloc(n * sizeof *listed);
    if (!listed)
        return 1;
    memcpy(listed, names, n * sizeof *listed);
    qsort(listed, n, sizeof *listed, eval_order);
    eval_found(listed, n);
    int wrong = eval_people(argv[2]);
    for (int i = 3; i < argc; i++)
        wrong |= eval_domains(argv[i], listed, n);
    return wrong;
}
