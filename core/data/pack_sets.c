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
 * under which no name of KNOWN is, and buckets begin near enough to where they would if all were
 * alike. A further array, of another hash, is for QUOTH_LISTS 3: with it that is one
 * in 200,000.
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
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void read_heading(struct list *list, const char *line)
{
    if (sscanf(line, "# seed %u", &list->seed) != 1)
        sscanf(line, "# date %10s", list->date);
}

static void read_file(struct list *list, const char *path)
{
    FILE *file = fopen(path, "r");
    long size;
    if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
        die(path, "cannot be read");
    char *text = calloc((size_t)size + 1, 1);
    list->name = realloc(list->name, (list->n + (size_t)size / 2 + 1) * sizeof *list->name);
    if (!text || !list->name || fread(text, 1, (size_t)size, file) != (size_t)size)
        die(path, "cannot be read");
    fclose(file);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (*line == '#')
            read_heading(list, line);
        else if (line[strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789.-_")])
            die(path, "a name is not in lower case");
        else
            list->name[list->n++] = line;
    }
}

/* One list from files that are joined by commas. */
static void read_list(struct list *list, const char *files)
{
    char file[4096];
    memset(list, 0, sizeof *list);
    for (; *files; files += *files == ',') {
        size_t n = strcspn(files, ",");
        snprintf(file, sizeof file, "%.*s", (int)n, files);
        read_file(list, file);
        files += n;
    }
    qsort(list->name, list->n, sizeof *list->name, by_name);
}

static int is_in(const struct list *list, const char *name)
{
    return list->n && bsearch(&name, list->name, list->n, sizeof *list->name, by_name) != NULL;
}

/* Is the name itself listed, or one above it? */
static int is_listed(const struct list *list, const char *name, int below)
{
    if (is_in(list, name))
        return 1;
    for (const char *dot = strchr(name, '.'); below && dot; dot = strchr(dot + 1, '.'))
        if (is_in(list, dot + 1))
            return 1;
    return 0;
}

/* Leave out what stands below another name of the list. */
static void drop_children(struct list *list)
{
    size_t kept = 0;
    char **all = calloc(list->n + 1, sizeof *all);
    if (!all)
        die("pack_sets", "no memory");
    for (size_t i = 0; i < list->n; i++) {
        const char *dot = strchr(list->name[i], '.');
        if (!dot || !is_listed(list, dot + 1, 1))
            all[kept++] = list->name[i];
    }
    memcpy(list->name, all, kept * sizeof *all);
    list->n = kept;
    free(all);
}

struct packed {
    uint64_t *hash; /* bucket, rest and check of each name */
    int8_t *shift;
    uint16_t *rest;
    uint8_t *check;
    struct set set; /* of these, but for `check` */
};

static void hash_names(struct packed *p, const struct list *list, unsigned seed)
{
    for (size_t i = 0; i < list->n; i++) {
        size_t n = strlen(list->name[i]);
        uint32_t hash = sets_begin(seed);
        for (size_t k = n; k; k--)
            hash = sets_more(hash, (uint8_t)list->name[i][k - 1]);
        p->hash[i] =
            (uint64_t)(sets_end(hash) >> (16 - p->set.bits)) << 8 | sets_check(list->name[i], n);
    }
    qsort(p->hash, list->n, sizeof *p->hash, by_value);
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++)
        if (!i || p->hash[i] != p->hash[i - 1])
            p->hash[kept++] = p->hash[i];
    p->set.n = (uint16_t)kept;
}

/* 0: a bucket begins too far from where it should, so another seed is needed. */
static int pack(struct packed *p, const struct list *list, unsigned seed)
{
    uint32_t bucket = 0, buckets;
    int fits = 1;

    for (p->set.bits = 1; (size_t)5 << p->set.bits < list->n; p->set.bits++)
        ;
    buckets = UINT32_C(1) << p->set.bits;
    p->hash = calloc(list->n + 1, sizeof *p->hash);
    p->rest = calloc(list->n + 1, sizeof *p->rest);
    p->check = calloc(list->n + 1, sizeof *p->check);
    p->shift = calloc(buckets + 1, sizeof *p->shift);
    if (!p->hash || !p->rest || !p->check || !p->shift || list->n > 65535)
        die("pack_sets", "too many names");
    p->set.seed = seed;
    p->set.shift = p->shift;
    p->set.rest = p->rest;
    hash_names(p, list, seed);
    for (uint32_t i = 0; i <= p->set.n; i++) {
        uint32_t to = i < p->set.n ? (uint32_t)(p->hash[i] >> 24) : buckets;
        for (; bucket < to; bucket++) {
            int shift = (int)i - (int)sets_even(&p->set, bucket + 1);
            fits = fits && shift >= INT8_MIN && shift <= INT8_MAX;
            p->shift[bucket + 1] = (int8_t)shift;
        }
        p->check[i / 2] |= (uint8_t)((p->hash[i] & 15) << (i % 2 * 4));
        p->rest[i] = (uint16_t)(p->hash[i] >> 8);
    }
    return fits;
}

static void unpack(struct packed *p)
{
    free(p->hash);
    free(p->shift);
    free(p->rest);
    free(p->check);
}

/* The first seed, from the list's own on, under which no name of `known` is taken for a listed
 * one. */
static void seek(struct packed *p, const struct list *list, int below, const struct list *known,
                 int lists)
{
    for (unsigned seed = list->seed;; seed++) {
        memset(p, 0, sizeof *p);
        size_t bad = !pack(p, list, seed);
        for (int k = 0; k < lists && !bad; k++)
            for (size_t i = 0; i < known[k].n; i++) {
                const char *name = known[k].name[i];
                bad +=
                    sets_find(&p->set, name, strlen(name), below) && !is_listed(list, name, below);
            }
        if (!bad)
            return;
        unpack(p);
    }
}

#define PRINT_NUMBERS(name, what, type, number, n) \
    do { \
        printf("static const " type " sets_%s_" what "[] = {", name); \
        for (size_t i = 0; i < (n); i++) \
            printf("%s%d,", i % 16 ? " " : "\n    ", (number)[i]); \
        printf("\n};\n"); \
    } while (0)

/* `checked`: whoever includes it may have the last array too. */
static void print(const char *name, const struct packed *p, int checked)
{
    char check[80] = "NULL";

    PRINT_NUMBERS(name, "shift", "int8_t", p->shift, ((size_t)1 << p->set.bits) + 1);
    PRINT_NUMBERS(name, "rest", "uint16_t", p->rest, p->set.n);
    if (checked) {
        snprintf(check, sizeof check, "SETS_CHECK(sets_%s_check)", name);
        printf("#if QUOTH_LISTS > 2\n");
        PRINT_NUMBERS(name, "check", "uint8_t", p->check, p->set.n / 2 + 1u);
        printf("#endif\n");
    }
    printf("static const struct set sets_%s = {sets_%s_shift, sets_%s_rest, %s, %uu, %u, %u};\n",
           name, name, name, check, p->set.seed, p->set.n, p->set.bits);
}

/* One set alone: argv is NAME FILE KNOWN... */
static void pack_one(char **argv, struct list *known, int lists)
{
    struct packed packed;
    struct list list;

    read_list(&list, argv[1]);
    printf("/* Made from core/data/lists; do not edit. */\n");
    seek(&packed, &list, 0, known, lists);
    print(argv[0], &packed, 0);
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
        seek(&packed, &list, below, known, argc - first);
        printf("%u\n", packed.set.seed);
        return 0;
    }
    printf("/* Made from core/data/lists; do not edit. */\n"
           "#if QUOTH_LISTS > 2\n#define SETS_CHECK(check) check\n"
           "#else\n#define SETS_CHECK(check) NULL\n#endif\n");
    for (int i = 0; i < 3; i++) {
        read_list(&list, argv[2 + i]);
        if (i == 0)
            printf("#define SETS_DATE \"%s\"\n", list.date);
        if (sets[i].below)
            drop_children(&list);
        seek(&packed, &list, sets[i].below, known, argc - first);
        print(sets[i].name, &packed, 1);
        unpack(&packed);
    }
    return 0;
}
