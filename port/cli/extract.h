/* extract.h - what the two files of `quoth extract` share: hits on their way out.
 *
 *   hit --> seen before? (--unique) --> a line, a row of CSV, an object of JSON
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "options.h"
#include "quoth_find.h"

struct extract_row {
    const char *file; /* as given; lives until the end */
    uint64_t offset, line;
    size_t text; /* where the address begins in extract_out.text */
    uint32_t count;
    uint16_t n;
    uint8_t flags;
};

struct extract_out {
    FILE *f;
    uint8_t format; /* enum extract_format */
    uint8_t unique, fold, full;
    uint64_t k0, k1;        /* of the hashes */
    size_t limit, reserved; /* bytes; limit 0: none */
    /* addresses seen: hashes in a table of a power of two, 0 is free; and which row that was */
    uint64_t *seen;
    uint32_t *row_of;
    size_t slots, used;
    /* rows that wait for their count (CSV and JSON), and their addresses */
    struct extract_row *row;
    char *text;
    size_t rows, rows_cap, text_n, text_cap;
};
enum extract_format { EXTRACT_TEXT, EXTRACT_CSV, EXTRACT_JSON };

/* Begin, on standard output. 0, or an exit code after saying why. */
int extract_open(struct extract_out *out, const struct app_options *options);
void extract_hit(struct extract_out *out, const char *file, const struct quoth_hit *hit);
/* Write what waits. 0, or an exit code. */
int extract_close(struct extract_out *out);

#endif
