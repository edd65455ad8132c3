/* pack_sets.c - large lists of names to sets_data.h (standard output), on the building machine.
 *
 *     pack_sets pack DISPOSABLE FREE ROLE KNOWN...   three sets without accidents in KNOWN
 *     pack_sets seek NAME FILE KNOWN...              the first seed without, for one of them
 *     pack_sets one NAME FILE KNOWN...               one set of names as they are: sets_NAME
 *
 * Each of them is a file, or several joined by commas.
 *
 * A set is an array of marks, searched as core/sets.h says: five of them, xor-ed, are the mark of a
 * name. So each name is an equation, and the array is what solves them all (by Gauss, a column a
 * place). The seed is the first, from that of the list's own "# seed N" on, under which there is a
 * solution and no name of KNOWN is taken for a listed one by accident. Columns of bits are
 * solved each for itself, so shorter marks are the longer ones without their upper bits.
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

static void read_heading(struct list *list, const char *line)
{
    if (sscanf(line, "# seed %u", &list->seed) != 1)
        sscanf(line, "# date %10s", list->date);
}

static void read_file(struct list *list, const char *path)
{
    FILE *file = fopen(path, "r");
    long size = -1;
    if (file && !fseek(file, 0, SEEK_END))
        size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET))
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

/* One list from files that are joined by commas, each name once. */
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
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++)
        if (!i || strcmp(list->name[i], list->name[i - 1]))
            list->name[kept++] = list->name[i];
    list->n = kept;
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

enum { BITS_MOST = 18, WORD = 64, PLACES = 65535 };

/* How a set is made: is what stands below a name meant too, and how many bits has a mark; and where
 * QUOTH_LISTS is 3, for there is room for them. One foreign domain in 32,768 is taken for a
 * throw-away one then, a quarter of what the best of public lists have wrong. A false provider or
 * role decides nothing. */
struct kind {
    const char *name;
    int below;
    uint8_t bits, more;
};
static const struct kind kinds[] = {
    {"disposable", 1, 15, BITS_MOST}, {"free", 0, 14, 16}, {"role", 0, 14, BITS_MOST}};
static const struct kind kind_alone = {NULL, 0, 16, 16};

struct packed {
    struct set set;
    uint8_t *marks;
    uint32_t *mark; /* of BITS_MOST bits, for each place */
};

/* An equation: the places on the left, one bit each, and the mark on the right. */
struct row {
    uint64_t *places;
    uint32_t mark;
};

static size_t lowest(const uint64_t *places, size_t from, size_t words)
{
    for (size_t w = from / WORD; w < words; w++)
        for (size_t i = 0; places[w] && i < WORD; i++)
            if (places[w] >> i & 1)
                return w * WORD + i;
    return words * WORD;
}

static void equation(struct row *row, const struct set *set, const char *name)
{
    size_t n = strlen(name);
    struct sets_hash hash = sets_begin(set->seed);
    while (n)
        sets_more(&hash, (uint8_t)name[--n]);
    row->mark = sets_own(&hash) & ((UINT32_C(1) << BITS_MOST) - 1);
    uint32_t h = sets_mix(hash.at);
    for (int i = 0; i < SETS_AT; i++) {
        row->places[sets_place(h, set) / WORD] ^= UINT64_C(1) << sets_place(h, set) % WORD;
        h = sets_next(h);
    }
}

/* Take from the row those that stand for its lowest places. 0: it contradicts them. */
static int eliminate(struct row *pivot, struct row *row, size_t words)
{
    size_t at = 0;
    while ((at = lowest(row->places, at, words)) < words * WORD) {
        if (!pivot[at].places) {
            pivot[at] = *row;
            row->places = NULL;
            return 1;
        }
        row->mark ^= pivot[at].mark;
        for (size_t w = at / WORD; w < words; w++)
            row->places[w] ^= pivot[at].places[w];
    }
    return !row->mark;
}

/* From the last place on, each has but itself and later ones in its row. */
static void solve(uint32_t *mark, const struct row *pivot, size_t places)
{
    for (size_t at = places; at--;) {
        if (!pivot[at].places)
            continue;
        mark[at] = pivot[at].mark;
        for (size_t i = at + 1; i < places; i++)
            if (pivot[at].places[i / WORD] >> i % WORD & 1)
                mark[at] ^= mark[i];
    }
}

/* One behind the other, the lower `bits` of each. */
static void lay(struct packed *p, uint8_t bits)
{
    p->set.bits = bits;
    memset(p->marks, 0, PLACES * 3);
    for (size_t i = 0; i < (size_t)p->set.places * bits; i++)
        p->marks[i / 8] |= (uint8_t)((p->mark[i / bits] >> i % bits & 1) << i % 8);
}

static size_t bytes(const struct set *set) { return ((size_t)set->places * set->bits + 7) / 8 + 3; }

/* 0: there is no solution, so another seed is needed. */
static int pack(struct packed *p, const struct list *list, unsigned seed)
{
    const size_t places = list->n + list->n / 100 + 8, words = places / WORD + 1;
    struct row *pivot = calloc(words * WORD, sizeof *pivot), row = {NULL, 0};
    int fits = 1;

    p->mark = calloc(places, sizeof *p->mark);
    p->marks = calloc(PLACES, 3);
    if (places > PLACES || seed > UINT16_MAX || !pivot || !p->mark || !p->marks)
        die("pack_sets", "too many names");
    p->set = (struct set) {p->marks, (uint16_t)seed, (uint16_t)places, 0};
    for (size_t i = 0; i < list->n && fits; i++) {
        free(row.places);
        row.places = calloc(words, sizeof *row.places);
        if (!row.places)
            die("pack_sets", "no memory");
        equation(&row, &p->set, list->name[i]);
        fits = eliminate(pivot, &row, words);
    }
    free(row.places);
    if (fits)
        solve(p->mark, pivot, places);
    for (size_t i = 0; i < places; i++)
        free(pivot[i].places);
    free(pivot);
    return fits;
}

static void unpack(struct packed *p)
{
    free(p->mark);
    free(p->marks);
}

/* Is a name of `known` taken for a listed one? */
static int mistakes(const struct set *set, const struct list *list, int below,
                    const struct list *known)
{
    for (size_t i = 0; i < known->n; i++) {
        const char *name = known->name[i];
        if (sets_find(set, name, strlen(name), below) && !is_listed(list, name, below))
            return 1;
    }
    return 0;
}

/* The first seed, from the list's own on, under which there is no such name. */
static void seek(struct packed *p, const struct list *list, const struct kind *kind,
                 const struct list *known, int lists)
{
    for (unsigned seed = list->seed;; seed++) {
        int bad = !pack(p, list, seed);
        lay(p, kind->bits);
        for (int k = 0; k < lists && !bad; k++)
            bad = mistakes(&p->set, list, kind->below, &known[k]);
        if (!bad)
            return;
        unpack(p);
    }
}

static void print_marks(const char *name, const struct packed *p)
{
    printf("static const uint8_t sets_%s_marks[] = {", name);
    for (size_t i = 0; i < bytes(&p->set); i++)
        printf("%s%d,", i % 16 ? " " : "\n    ", p->marks[i]);
    printf("\n};\nstatic const struct set sets_%s = {sets_%s_marks, %u, %u, %u};\n", name, name,
           p->set.seed, p->set.places, p->set.bits);
}

/* Whoever includes it may have the longer marks instead. */
static void print(const struct kind *kind, struct packed *p)
{
    printf("#if QUOTH_LISTS > 2\n");
    lay(p, kind->more);
    print_marks(kind->name, p);
    printf("#else\n");
    lay(p, kind->bits);
    print_marks(kind->name, p);
    printf("#endif\n");
}

/* One set alone: argv is NAME FILE KNOWN... */
static void pack_one(char **argv, struct list *known, int lists)
{
    struct packed packed;
    struct list list;

    read_list(&list, argv[1]);
    printf("/* Made from core/data/lists; do not edit. */\n");
    seek(&packed, &list, &kind_alone, known, lists);
    print_marks(argv[0], &packed);
}

/* All three: argv is their files. */
static void pack_all(char **argv, struct list *known, int lists)
{
    struct packed packed;
    struct list list;

    printf("/* Made from core/data/lists; do not edit. */\n");
    for (int i = 0; i < 3; i++) {
        read_list(&list, argv[i]);
        if (i == 0)
            printf("#define SETS_DATE \"%s\"\n", list.date);
        if (kinds[i].below)
            drop_children(&list);
        seek(&packed, &list, &kinds[i], known, lists);
        print(&kinds[i], &packed);
        unpack(&packed);
    }
}

/* The first seed: argv is NAME FILE. */
static void seek_one(char **argv, struct list *known, int lists)
{
    struct packed packed;
    struct list list;
    int i = 0;

    while (strcmp(kinds[i].name, argv[0]) != 0)
        if (++i == 3)
            die(argv[0], "is no set");
    read_list(&list, argv[1]);
    if (kinds[i].below)
        drop_children(&list);
    seek(&packed, &list, &kinds[i], known, lists);
    printf("%u\n", packed.set.seed);
}

int main(int argc, char **argv)
{
    struct list *known = calloc((size_t)argc, sizeof *known);

    if (!known || argc < 4)
        die("pack_sets", "says at its top how it is called");
    int packing = !strcmp(argv[1], "pack"), first = packing ? 5 : 4;
    for (int i = first; i < argc; i++)
        read_list(&known[i - first], argv[i]);
    if (packing)
        pack_all(argv + 2, known, argc - first);
    else if (!strcmp(argv[1], "one"))
        pack_one(argv + 2, known, argc - first);
    else
        seek_one(argv + 2, known, argc - first);
    return 0;
}
