/* list_look_inner.h - what the files that look at a list share.
 *
 *   list_look_rows.c    rows of the sample, and what a text holds
 *   list_look_table.c   CSV: headings, the column      list_look_json.c   JSON: the member
 *   list_look.c         what it is, above all of them
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIST_LOOK_INNER_H
#define LIST_LOOK_INNER_H

#include "list.h"

enum { LOOK_COLUMNS = 256, LOOK_TOP = 20, LOOK_CELL = 4096 };

/* ---- list_look_rows.c --------------------------------------------------- */

struct look_rows {
    const char *p, *end;
    uint64_t line; /* of p */
    char delim;    /* 0: lines */
    uint8_t all;   /* the sample ends with the file */
};

int list_look_is_blank(char c);
/* Behind one line end at p: LF, CR, CR LF, CR CR LF. */
const char *list_look_line_end(const char *p, const char *end);
uint64_t list_look_count_lines(const char *p, const char *end);
/* The next row that is not blank. `line`: where it begins. 1; 0: there is none. */
int list_look_row(struct look_rows *rows, struct quoth_span *row, uint64_t *line);

enum look_holds { LOOK_NOTHING, LOOK_TEXT, LOOK_SOME, LOOK_PURE }; /* SOME: addresses and more */
enum look_holds list_look_text(const char *p, size_t n, uint32_t *pieces);
/* Do all texts with addresses say the same? Then it is whose list it is, unless the heading says
 * nothing but "email". */
struct look_same {
    uint64_t sum; /* of the first */
    uint32_t n;
    uint8_t varied;
};
void list_look_compare(struct look_same *same, const char *p, size_t n);
int list_look_is_same(const struct look_same *same, int rank);
/* Is the row's number stuck to each address: 1.jane@a.org, 2.bob@b.org? */
struct look_numbers {
    uint32_t rows, with, glued, first; /* with an @; with their number too; the first one's */
    struct look_same rest;             /* behind their numbers */
};
void list_look_number(struct look_numbers *numbers, const char *p, size_t n);
int list_look_is_numbered(const struct look_numbers *numbers);
/* A heading or path, for people. */
void list_look_name(char name[LIST_PATH_MAX], const char *p, size_t n);

/* ---- list_look_table.c -------------------------------------------------- */

struct look_table {
    char delim;
    uint32_t rows, columns, even; /* even: rows with as many cells as the one before */
    uint32_t best;                /* the most addresses in one column */
    uint32_t tops, first_good;    /* the first row with an address; LOOK_TOP: later, or never */
    uint32_t filled[LOOK_COLUMNS], good[LOOK_COLUMNS];
    struct look_same same[LOOK_COLUMNS];
    uint32_t alone[LOOK_COLUMNS];    /* of filled, below all addresses, one text in its row */
    struct quoth_span top[LOOK_TOP]; /* the first rows */
    uint64_t top_line[LOOK_TOP];
};

/* Measure the rows under rows.delim. */
void list_look_table(struct look_table *table, struct look_rows rows);
int list_look_is_better(const struct look_table *a, const struct look_table *than);
uint32_t list_look_count_cells(const struct look_table *table, struct quoth_span row);
/* Which of the first rows holds the headings; LOOK_TOP: none. */
uint32_t list_look_head(const struct look_table *table, const struct app_list_options *list);
/* Headings, column and rows of the sample at p. */
enum list_looks list_look_csv(struct list_look *look, const struct app_list_options *list,
                              struct look_rows rows, const char *p);

/* ---- list_look_json.c --------------------------------------------------- */

/* By its first bytes: enum app_input, or 0: no JSON. */
uint8_t list_look_is_json(struct list_look *look, struct look_rows rows);
/* The member, and the values of the sample at p. */
enum list_looks list_look_json(struct list_look *look, const struct app_list_options *list,
                               struct look_rows rows, const char *p);

#endif
