/* list_out.c - one result of a list as bytes: a page in memory, printed anew for each record.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "list.h"

int list_out_open(struct list_out *out, const struct app_format *format, const struct list_in *in,
                  int formulas)
{
    out->format = format;
    out->in = in;
    out->page.delimiter = in->delimiter;
    out->page.crlf = in->crlf;
    out->page.formulas = formulas != 0;
    if (in->kind == APP_INPUT_CSV) {
        out->page.own_columns = in->columns;
        out->page.own_head = in->head;
        out->page.own_head_n = in->head_n;
        out->page.no_head = in->head == NULL;
    }
    out->read_as = (struct app_read_as) {.kind = list_kind_name(&in->look),
                                         .encoding = list_encoding_name(&in->look),
                                         .name = in->look.name,
                                         .column = in->column + 1,
                                         .left_out = in->look.left_out + in->comments,
                                         .rows = in->look.rows,
                                         .filled = in->look.filled,
                                         .good = in->look.good};
    if (in->kind == APP_INPUT_CSV)
        out->read_as.delimiter = list_delimiter_name(&in->look, out->delimiter);
    out->page.read_as = &out->read_as;
    out->page.f = open_memstream(&out->text, &out->n);
    return out->page.f ? 0 : errno;
}

void list_out_close(struct list_out *out)
{
    if (out->page.f)
        fclose(out->page.f);
    free(out->text);
}

void list_out_head(struct list_out *out)
{
    rewind(out->page.f);
    if (out->format->head)
        out->format->head(&out->page);
    fflush(out->page.f);
}

void list_out_answer(struct list_out *out, const struct list_row *row, struct app_result *r)
{
    struct timespec now;

    r->input = row->text;
    r->input_n = row->text_n;
    r->input_bytes = row->text_whole;
    r->line = list_in_line(out->in, row->id);
    r->asked = row->address;
    r->asked_n = row->reason ? 0 : row->address_n;
    if (out->in->kind == APP_INPUT_CSV)
        r->own =
            (struct app_cells) {row->raw, row->raw + row->n, out->in->delimiter, row->plain, 1};
    clock_gettime(CLOCK_REALTIME, &now);
    r->began_ns =
        (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - r->ev->took_ms * INT64_C(1000000);
    rewind(out->page.f);
    out->format->answer(&out->page, r);
    fflush(out->page.f);
}

void list_out_tail(struct list_out *out, const struct app_count *count)
{
    rewind(out->page.f);
    if (out->format->tail)
        out->format->tail(&out->page, count);
    fflush(out->page.f);
}
