/* pack_sets.c - large lists of names to sets_data.h (standard output), on the building machine.
 *
 *     pack_sets pack DISPOSABLE FREE ROLE KNOWN...   three sets without accidents in KNOWN
 *     pack_sets seek below|exact FILE KNOWN...       the first seed without, for one set
 *     pack_sets one NAME FILE KNOWN...               one set of names as they are: sets_NAME
 *
 * Each of them is a file, or several joined by commas.
 *
 * A set is the hashes of its names in two arrays, searched as core/sets.h says: the upper bits of a
 * hash are the bucket, the lower 16 what is stored. So about one foreign name in 15,000 is taken
 * for a listed one by accident. The seed is the first, from that of the list's own "# seed N" on,
 * under which no name of KNOWN is.
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../sets.h"

struct list {
    char **name;
    size_t n;
    unsigned seed;
    char date[16];
};

static void die(const char *file, const char *why)
{
    fprintf(stderr, "%s: %s\n", file, why);
    exit(1);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void read_heading(struct list *l, const char *line)
{
    if (sscanf(line, "# seed %u", &l->seed) != 1)
        sscanf(line, "# date %10s", l->date);
}

static void read_file(struct list *l, const char *file)
{
    FILE *f = fopen(file, "r");
    long size;
    if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
        die(file, "cannot be read");
    char *text = calloc((size_t)size + 1, 1);
    l->name = realloc(l->name, (l->n + (size_t)size / 2 + 1) * sizeof *l->name);
    if (!text || !l->name || fread(text, 1, (size_t)size, f) != (size_t)size)
        die(file, "cannot be read");
    fclose(f);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (*line == '#')
            read_heading(l, line);
        else if (line[strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789.-_")])
            die(file, "a name is not in lower case");
        else
            l->name[l->n++] = line;
    }
}

/* One list from files that are joined by commas. */
static void read_list(struct list *l, const char *files)
{
    char file[4096];
    memset(l, 0, sizeof *l);
    for (; *files; files += *files == ',') {
        size_t n = strcspn(files, ",");
        snprintf(file, sizeof file, "%.*s", (int)n, files);
        read_file(l, file);
        files += n;
    }
    qsort(l->name, l->n, sizeof *l->name, by_name);
}

static int is_in(const struct list *l, const char *name)
{
    return l->n && bsearch(&name, l->name, l->n, sizeof *l->name, by_name) != NULL;
}

/* Is the name itself listed, or one above it? */
static int is_listed(const struct list *l, const char *name, int below)
{
    if (is_in(l, name))
        return 1;
    for (const char *dot = strchr(name, '.'); below && dot; dot = strchr(dot + 1, '.'))
        if (is_in(l, dot + 1))
            return 1;
    return 0;
}

/* Leave out what stands below another name of the list. */
static void drop_children(struct list *l)
{
    size_t kept = 0;
    char **all = calloc(l->n + 1, sizeof *all);
    if (!all)
        die("pack_sets", "no memory");
    for (size_t i = 0; i < l->n; i++) {
        const char *dot = strchr(l->name[i], '.');
        if (!dot || !is_listed(l, dot + 1, 1))
            all[kept++] = l->name[i];
    }
    memcpy(l->name, all, kept * sizeof *all);
    l->n = kept;
    free(all);
}

struct packed {
    uint32_t *hash;
    uint16_t *start, *rest;
    unsigned bits;
    size_t n;
};

static void pack(struct packed *p, const struct list *l, unsigned seed)
{
    for (p->bits = 1; (size_t)5 << p->bits < l->n; p->bits++)
        ;
    size_t buckets = (size_t)1 << p->bits;
    p->hash = calloc(l->n + 1, sizeof *p->hash);
    p->rest = calloc(l->n + 1, sizeof *p->rest);
    p->start = calloc(buckets + 1, sizeof *p->start);
    if (!p->hash || !p->rest || !p->start || l->n > 65535)
        die("pack_sets", "too many names");
    for (size_t i = 0; i < l->n; i++) {
        uint32_t h = sets_begin(seed);
        for (size_t k = strlen(l->name[i]); k; k--)
            h = sets_more(h, (uint8_t)l->name[i][k - 1]);
        p->hash[i] = sets_end(h) >> (16 - p->bits); /* bucket and 16 bits */
    }
    qsort(p->hash, l->n, sizeof *p->hash, by_value);
    p->n = 0;
    size_t bucket = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (i && p->hash[i] == p->hash[i - 1])
            continue;
        while (bucket < p->hash[i] >> 16)
            p->start[++bucket] = (uint16_t)p->n;
        p->rest[p->n++] = (uint16_t)p->hash[i];
    }
    while (bucket < buckets)
        p->start[++bucket] = (uint16_t)p->n;
}

static void unpack(struct packed *p)
{
    free(p->hash);
    free(p->start);
    free(p->rest);
}

/* The first seed, from the list's own on, under which no name of `known` is taken for a listed
 * one. */
static unsigned seek(struct packed *p, const struct list *l, int below, const struct list *known,
                     int lists)
{
    for (unsigned seed = l->seed;; seed++) {
        size_t bad = 0;
        pack(p, l, seed);
        struct set set = {p->start, p->rest, seed, (uint8_t)p->bits};
        for (int k = 0; k < lists; k++)
            for (size_t i = 0; i < known[k].n; i++) {
                const char *name = known[k].name[i];
                bad += sets_find(&set, name, strlen(name), below) && !is_listed(l, name, below);
            }
        if (!bad)
            return seed;
        unpack(p);
    }
}

static void print(const char *name, const struct packed *p, unsigned seed)
{
    size_t buckets = ((size_t)1 << p->bits) + 1;
    printf("static const uint16_t sets_%s_start[] = {", name);
    for (size_t i = 0; i < buckets; i++)
        printf("%s%u,", i % 16 ? " " : "\n    ", p->start[i]);
    printf("\n};\nstatic const uint16_t sets_%s_rest[] = {", name);
    for (size_t i = 0; i < p->n; i++)
        printf("%s%u,", i % 16 ? " " : "\n    ", p->rest[i]);
    printf("\n};\nstatic const struct set sets_%s = {sets_%s_start, sets_%s_rest, %uu, %u};\n",
           name, name, name, seed, p->bits);
}

/* One set alone: argv is NAME FILE KNOWN... */
static void pack_one(char **argv, struct list *known, int lists)
{
    struct packed packed;
    struct list list;

    read_list(&list, argv[1]);
    printf("/* Made from core/data/lists; do not edit. */\n");
    const unsigned seed = seek(&packed, &list, 0, known, lists);
    print(argv[0], &packed, seed);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int below;
    } sets[] = {{"disposable", 1}, {"free", 0}, {"role", 0}};
    int packing = argc > 4 && !strcmp(argv[1], "pack");
    int below = argc > 3 && !strcmp(argv[2], "below");
    struct packed packed;
    struct list list, *known = calloc((size_t)argc, sizeof *known);

    if (!known || argc < 4)
        die("pack_sets", "says at its top how it is called");
    int first = packing ? 5 : 4;
    for (int i = first; i < argc; i++)
        read_list(&known[i - first], argv[i]);
    if (!strcmp(argv[1], "one")) {
        pack_one(argv + 2, known, argc - first);
        return 0;
    }
    if (!packing) {
        read_list(&list, argv[3]);
        if (below)
            drop_children(&list);
        printf("%u\n", seek(&packed, &list, below, known, argc - first));
        return 0;
    }
    printf("/* Made from core/data/lists; do not edit. */\n");
    for (int i = 0; i < 3; i++) {
        read_list(&list, argv[2 + i]);
        if (i == 0)
            printf("#define SETS_DATE \"%s\"\n", list.date);
        if (sets[i].below)
            drop_children(&list);
        unsigned seed = seek(&packed, &list, sets[i].below, known, argc - first);
        print(sets[i].name, &packed, seed);
        unpack(&packed);
    }
    return 0;
}
