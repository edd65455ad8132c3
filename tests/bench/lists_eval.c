/* lists_eval.c - what the built-in lists say of domains that have nothing to do with throw-away
 * mail.
 *
 *     lists_eval LISTED DOMAINS...     a list's own names; files of domains that are not on it
 *
 * Prints how many of the listed names are found, and their subdomains; which foreign ones are
 * taken for listed ones (0 is wanted; those that the list itself has are told apart), which get a
 * "did you mean" (four may, for some are slips indeed); and what one lookup takes, in the
 * disposable set alone and in all lists.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "quoth.h"
#include "sets.h"
#include "sets_data.h"

enum { NAMES = 200000 };
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

/* What one look-up of each of `names` takes, the least of ten rounds. */
static double eval_ns(unsigned (*look)(const char *, size_t), size_t n)
{
    static volatile unsigned sum;
    double least = 0;

    for (int round = 0; round < 10; round++) {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        for (size_t k = 0; k < n; k++)
            sum += look(names[k], strlen(names[k]));
        clock_gettime(CLOCK_MONOTONIC, &b);
        double ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
        least = !round || ns < least ? ns : least;
    }
    return least / (double)(n ? n : 1);
}

int main(int argc, char **argv)
{
    const unsigned speaks = QUOTH_LIST_DISPOSABLE | QUOTH_LIST_TYPO;
    if (argc < 2) {
        fprintf(stderr, "usage: lists_eval LISTED DOMAINS...\n");
        return 2;
    }
    size_t n = eval_read(argv[1]), found = 0, below = 0, wrong = 0;
    char **listed = malloc(n * sizeof *listed);
    if (!listed)
        return 1;
    memcpy(listed, names, n * sizeof *listed);
    qsort(listed, n, sizeof *listed, eval_order);
    for (size_t i = 0; i < n; i++) {
        found += (quoth_list_domain(listed[i], strlen(listed[i])) & speaks) != 0;
        below += (eval_below(listed[i]) & speaks) != 0;
    }
    printf("listed: %zu of %zu found, %zu by a name below; the others are allowed by name\n", found,
           n, below);
    for (int i = 2; i < argc; i++) {
        size_t all = eval_read(argv[i]), own = 0, accident = 0, suggested = 0;
        char meant[256];
        for (size_t k = 0; k < all; k++) {
            size_t len = strlen(names[k]);
            int says = (quoth_list_domain(names[k], len) & speaks) != 0;
            int is = eval_is_listed(listed, n, names[k]);
            own += says && is;
            accident += says && !is;
            if (says && !is)
                printf("  taken for a listed one: %s\n", names[k]);
            if (quoth_list_suggest(names[k], len, meant, sizeof meant) > 0 && ++suggested <= 10)
                printf("  did you mean: %s -> %s\n", names[k], meant);
        }
        printf("%s: %zu domains, %zu disposable by the list, %zu by accident, %zu suggestions\n",
               argv[i], all, own, accident, suggested);
        wrong += accident + (suggested > 4);
        printf("  %.0f ns a domain in the disposable set, %.0f ns in all lists\n",
               eval_ns(eval_set, all), eval_ns(quoth_list_domain, all));
    }
    return wrong != 0;
}
