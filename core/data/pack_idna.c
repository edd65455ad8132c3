/* pack_idna.c - idna.txt (standard input) to idna.h (standard output), on the building machine.
 *
 * Four tables of bytes, each read from its start by core/idna.c; `num` is 7 bits a byte, low ones
 * first, the top bit set when more follow. A gap counts from behind the last row's end (at first
 * from 0x80).
 *
 *     idna_valid   runs, gaps between them being runs of class 0:  class << 4 | length - 1, where
 *                  length - 1 >= 15 is written 15 and then num(length - 16)
 *     idna_order   num(gap) num(length - 1) combining-class
 *     idna_lower   num(gap) num(letters - 1) num(zigzag(D) << 1 | STEP - 1)
 *     idna_joins   num(gap) num(bases) and a num(gap) for each base, from 0 on
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned line_no;
static void die(const char *why)
{
    fprintf(stderr, "idna.txt:%u: %s\n", line_no, why);
    exit(1);
}

struct table {
    const char *name;
    uint8_t b[8192];
    unsigned n;
    uint32_t next;
};
static struct table valid = {"valid", {0}, 0, 0x80}, order = {"order", {0}, 0, 0x80};
static struct table lower = {"lower", {0}, 0, 0x80}, joins = {"joins", {0}, 0, 0x80};

static void put(struct table *t, unsigned byte)
{
    if (t->n == sizeof t->b)
        die("table full");
    t->b[t->n++] = (uint8_t)byte;
}

static void put_num(struct table *t, uint32_t v)
{
    for (; v > 127; v >>= 7)
        put(t, 128 | (v & 127));
    put(t, v);
}

static void put_run(struct table *t, unsigned class, uint32_t len)
{
    if (!len)
        return;
    put(t, class << 4 | (len < 16 ? len - 1 : 15));
    if (len >= 16)
        put_num(t, len - 16);
}

/* The gap up to `from`; the next one counts from behind `to`. */
static uint32_t gap(struct table *t, unsigned from, unsigned to)
{
    if (from < t->next || to < from || to > 0x10ffff)
        die("ranges must ascend");
    uint32_t g = from - t->next;
    t->next = to + 1;
    return g;
}

/* In the order of the enum in core/idna.c. */
static unsigned class_of(const char *name)
{
    static const char *const names[] = {"none", "L",    "L:D",  "LM",  "R",  "R:D", "R:R", "R:T",
                                        "AL",   "AL:D", "AL:R", "NSM", "AN", "EN",  "ON"};
    for (unsigned i = 1; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return i;
    die("no such class");
    return 0;
}

static void row(char *line)
{
    unsigned from, to, step, used;
    int shift, at;
    char class[8];
    if (sscanf(line, "valid %x..%x %7s", &from, &to, class) == 3) {
        put_run(&valid, 0, gap(&valid, from, to));
        put_run(&valid, class_of(class), to - from + 1);
    } else if (sscanf(line, "order %x..%x %u", &from, &to, &used) == 3 && used > 0 && used < 255) {
        put_num(&order, gap(&order, from, to));
        put_num(&order, to - from);
        put(&order, used);
    } else if (sscanf(line, "lower %x..%x %u %d", &from, &to, &step, &shift) == 4 &&
               (step == 1 || step == 2)) {
        put_num(&lower, gap(&lower, from, to));
        put_num(&lower, (to - from) / step);
        put_num(&lower, (uint32_t)(shift < 0 ? -2 * shift - 1 : 2 * shift) << 1 | (step - 1));
    } else if (sscanf(line, "joins %x%n", &from, &at) == 1) {
        unsigned bases = 0;
        struct table list = {"", {0}, 0, 0};
        for (char *p = line + at; sscanf(p, "%x%n", &to, &at) == 1; p += at, bases++)
            put_num(&list, gap(&list, to, to));
        put_num(&joins, gap(&joins, from, from));
        put_num(&joins, bases);
        for (unsigned i = 0; i < list.n; i++)
            put(&joins, list.b[i]);
    } else
        die("unknown row");
}

static void print(const struct table *t)
{
    printf("static const uint8_t idna_%s[%u] = {", t->name, t->n);
    for (unsigned i = 0; i < t->n; i++)
        printf("%s%u,", i % 24 ? "" : "\n    ", t->b[i]);
    printf("\n};\n");
}

int main(void)
{
    char line[1024];
    printf("/* Made from core/data/idna.txt; do not edit. */\n");
    while (fgets(line, sizeof line, stdin)) {
        line_no++;
        if (!strchr(line, '\n'))
            die("line too long");
        if (*line != '#' && *line != '\n')
            row(line);
    }
    print(&valid);
    print(&order);
    print(&lower);
    print(&joins);
    return 0;
}
