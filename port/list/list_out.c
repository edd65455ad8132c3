/* list_out.c - one result of a list as bytes: a page in memory, printed anew for each record.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "list.h"

/* Columns of ours in a list of results. 0 or -errno. */
static int out_drop(struct list_out *out, const struct list_in *in)
{
    struct app_cells cells = {in->head, in->head + in->head_n, in->delimiter, 0, 1};
    struct quoth_span raw;
    char text[32];
    size_t whole;

    for (uint32_t i = 0; i < in->columns && app_cell(&cells, &raw); i++) {
        const size_t n = list_cell_text(raw, 0, text, sizeof text, &whole);
        if (n < whole || !app_csv_is_ours(text, n))
            continue;
        if (!out->dropped)
            out->dropped = app_zeroed(in->columns, 1);
        if (!out->dropped)
            return -ENOMEM;
        out->dropped[i] = 1;
    }
    out->page.dropped = out->dropped;
    return 0;
}

/* The list's own columns, where all lists have the same. 0 or ENOMEM. */
static int out_own(struct list_out *out, const struct list_in *in)
{
    out->page.own_columns = in->columns;
    out->page.own_head = in->head;
    out->page.own_head_n = in->head_n;
    out->page.no_head = in->head == NULL;
    return in->head ? out_drop(out, in) : 0;
}

static void out_read_as(struct list_out *out, unsigned i)
{
    const struct list_in *in = &out->set->in[i];

    out->read_as[i] = (struct app_read_as) {.file = out->set->path[i],
                                            .kind = list_kind_name(&in->look),
                                            .encoding = list_encoding_name(&in->look),
                                            .name = in->look.name,
                                            .column = in->column + 1,
                                            .left_out = in->look.left_out + in->comments,
                                            .rows = in->look.rows,
                                            .filled = in->look.filled,
                                            .good = in->look.good};
    if (in->kind == APP_INPUT_CSV)
        out->read_as[i].delimiter = list_delimiter_name(&in->look, out->delimiter[i]);
}

int list_out_open(struct list_out *out, const struct app_format *format, const struct list_set *set,
                  int formulas)
{
    const struct list_in *in = set->in;
    const int alike = list_set_alike(set);
    char mark[3];

    out->format = format;
    out->set = set;
    out->page.bom = !list_read_all(in->file.fd, mark, sizeof mark, 0) &&
                    !memcmp(mark, "\xef\xbb\xbf", sizeof mark);
    out->page.delimiter = ',';
    if (alike)
        out->page.delimiter = in->delimiter;
    out->page.crlf = in->crlf;
    out->page.formulas = formulas != 0;
    if (in->kind == APP_INPUT_CSV && alike && out_own(out, in))
        return -ENOMEM;
    for (unsigned i = 0; i < set->n; i++)
        out_read_as(out, i);
    out->page.read_as = out->read_as;
    out->page.files = (uint8_t)set->n;
    out->page.list_old = (uint16_t)app_list_old(time(NULL));
    if (!(format->flags & APP_FORMAT_PEOPLE))
        return 0;
    out->page.out.f = app_memory_stream(&out->printed, &out->printed_n);
    return out->page.out.f ? 0 : -errno;
}

void list_out_close(struct list_out *out)
{
    if (out->page.out.f)
        fclose(out->page.out.f);
    free(out->printed);
    free(out->page.out.text);
    free(out->dropped);
}

static void out_begin(struct list_out *out)
{
    if (out->page.out.f)
        rewind(out->page.out.f); /* a fault of the record before is forgotten */
    out->page.out.n = 0;
    out->page.out.full = 0;
}

/* 0 or ENOMEM. */
static int out_end(struct list_out *out)
{
    const struct app_stream *made = &out->page.out;
    const int broken = made->f ? fflush(made->f) | ferror(made->f) : made->full;

    out->text = made->f ? out->printed : made->text;
    /* not printed_n: musl leaves it as it was when nothing was written since rewind() */
    out->n = made->f ? (size_t)ftello(made->f) : made->n;
    return broken ? -ENOMEM : 0;
}

int list_out_head(struct list_out *out)
{
    out_begin(out);
    if (out->format->head)
        out->format->head(&out->page);
    return out_end(out);
}

int list_out_answer(struct list_out *out, const struct list_row *row, struct app_result *result)
{
    const struct list_in *in = &out->set->in[row->list];
    unsigned tries = 0;
    struct timespec now;
    int err;

    result->input = row->text;
    result->input_n = row->text_n;
    result->input_bytes = row->text_whole;
    result->line = list_in_line(in, row->id - in->first);
    if (out->set->n > 1)
        result->file = out->set->path[row->list];
    result->asked = row->address;
    result->asked_n = row->reason ? 0 : row->address_n;
    if (out->page.own_columns)
        result->own =
            (struct app_cells) {row->raw, row->raw + row->n, in->delimiter, row->plain, 1};
    clock_gettime(CLOCK_REALTIME, &now);
    result->began_ns =
        (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - result->ev->took_ms * INT64_C(1000000);
    do {
        out_begin(out);
        out->format->answer(&out->page, result);
        err = out_end(out);
    } while (err && app_memory_wait(&tries));
    return err;
}

int list_out_tail(struct list_out *out, const struct app_count *count)
{
    out_begin(out);
    if (out->format->tail)
        out->format->tail(&out->page, count);
    return out_end(out);
}
