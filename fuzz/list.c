/* list.c - any bytes as a list: lines, CSV or JSON, asked for or guessed.
 *
 * The first byte chooses how it is read, the rest is the file. Oracle: it ends; rows lie in the
 * file one after the other, and so do their lines; a row is the same when it is read again, in any
 * order; each line that is neither blank nor a comment nor our summary has at least one row, and
 * each row has text of its own; the cells of a CSV row lie in it and make it up. What is asked
 * about is a stretch of what is shown. Nobody is called dead whom a strict reader would not have
 * read: a row whose quotes or braces do not close is asked about when it holds an address, and is
 * unreadable otherwise.
 *
 * SPDX-License-Identifier: MIT */
#include <sys/mman.h>
#include <unistd.h>
#include "harness.h"
#include "../port/list/list.h"

enum { FUZZ_ROWS = 4096 };

static void fuzz_cells(const struct list_in *in, const struct list_row *row)
{
    struct app_cells c = {row->raw, row->raw + row->n, in->delimiter, row->plain, 1};
    struct quoth_span raw;
    const char *at = row->raw;

    while (app_cell(&c, &raw)) {
        require(raw.p == at && raw.p + raw.n <= row->raw + row->n);
        at = raw.p + raw.n;
        if (at == row->raw + row->n)
            continue;
        require(*at == in->delimiter);
        at++;
    }
}

/* Whoever is asked about is an address, or a fault that a strict reader finds too. */
static void fuzz_dead(const struct list_row *row)
{
    struct quoth_addr a;
    if (row->reason || quoth_addr_parse(&a, row->address, row->address_n) == QUOTH_OK)
        return;
    require(!row->plain && memchr(row->address, '@', row->address_n));
    require(a.fault != QUOTH_ADDR_EMPTY);
}

static void fuzz_rows(struct list_in *in)
{
    static struct list_row row, again;
    uint64_t line = 0;

    for (uint32_t i = 0; i < in->rows && i < FUZZ_ROWS; i++) {
        char *raw;
        require(list_in_row(in, i, 1, &row) == 0 && row.id == i);
        require(row.text_n <= APP_LINE_MAX && row.text_n <= row.text_whole &&
                row.n <= LIST_ROW_MAX);
        require(list_in_line(in, i) >= line);
        require(row.address >= row.text && row.address + row.address_n <= row.text + row.text_n);
        fuzz_dead(&row);
        line = list_in_line(in, i);
        require((raw = malloc(row.n ? row.n : 1)) != NULL);
        memcpy(raw, row.raw, row.n);
        if (in->kind == APP_INPUT_CSV)
            fuzz_cells(in, &row);
        require(list_in_row(in, in->rows - 1 - i, 0, &again) == 0);
        require(list_in_row(in, i, 0, &again) == 0 && again.n == row.n &&
                !memcmp(again.raw, raw, row.n));
        require(again.text_n == row.text_n && again.text_whole == row.text_whole &&
                !memcmp(again.text, row.text, row.text_n));
        free(raw);
    }
}

/* Lines that must have a row. */
static size_t fuzz_lines(const uint8_t *p, size_t n)
{
    size_t lines = 0, from = 0;
    int some = 0;

    for (size_t i = 0; i <= n; i++) {
        if (i == n || p[i] == '\n' || p[i] == '\r') {
            lines += some && !list_is_comment((const char *)p + from, i - from);
            from = i + 1;
            some = 0;
        } else
            some |= p[i] != ' ' && p[i] != '\t';
    }
    return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char delimiters[] = {0, ',', ';', '\t'};
    static volatile sig_atomic_t stop;
    struct app_list_options o = {0};
    struct list_in in;
    char path[64];
    int fd;

    if (n == 0)
        return 0;
    o.input = (p[0] & 7) % 5;
    o.header = (p[0] >> 2 & 3) % 3;
    o.delimiter = delimiters[p[0] >> 4 & 3];
    o.display_names = p[0] >> 6 & 1;
    o.anyway = p[0] >> 7;
    require((fd = memfd_create("list", 0)) >= 0);
    require(write(fd, p + 1, n - 1) == (ssize_t)(n - 1));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (list_in_open(&in, path, &o, &stop) == 0) {
        if ((in.kind == APP_INPUT_LINES || in.kind == APP_INPUT_NDJSON) && !in.look.encoding) {
            const size_t ours = in.kind == APP_INPUT_NDJSON ? in.comments : 0; /* our summary */
            require(in.rows + ours >= fuzz_lines(p + 1 + in.file.begin, n - 1 - in.file.begin));
        }
        fuzz_rows(&in);
    }
    list_in_close(&in);
    close(fd);
    return 0;
}
