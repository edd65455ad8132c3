/* list_set.c - the lists of a run, one behind the other: rows are counted through all of them.
 *
 *   -f a.csv -f b.csv        a.csv: rows 0 to 2,999    b.csv: rows 3,000 to ...
 *
 * Each is opened and looked at by itself, so kind, column and encoding may differ. Where the lists
 * have the same columns, results stand behind those; else behind the address alone.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "list.h"

int list_set_open(struct list_set *set, const struct app_options *options,
                  const volatile sig_atomic_t *stop)
{
    memset(set, 0, sizeof *set);
    set->path = options->file;
    set->in = app_zeroed(options->files, sizeof *set->in);
    if (!set->in)
        return app_say_error(APP_EXIT_INTERNAL, NULL, ENOMEM);
    while (set->n < options->files) {
        struct list_in *in = &set->in[set->n];
        const int rc = list_in_open(in, set->path[set->n++], &options->list, stop);
        if (rc)
            return rc;
        if (in->rows > UINT32_MAX - 2 - set->rows)
            return app_say_error(APP_EXIT_INTERNAL, set->path[set->n - 1], EFBIG);
        in->first = set->rows;
        set->rows += in->rows;
    }
    return 0;
}

void list_set_close(struct list_set *set)
{
    for (unsigned i = 0; i < set->n; i++)
        list_in_close(&set->in[i]);
    free(set->in);
}

int list_set_row(struct list_set *set, uint32_t id, int ahead, struct list_row *row)
{
    unsigned i = set->n - 1;
    int err;

    while (id < set->in[i].first)
        i--;
    set->latest = i;
    err = list_in_row(&set->in[i], id - set->in[i].first, ahead, row);
    row->id = id;
    row->list = (uint8_t)i;
    return err;
}

int list_set_changed(struct list_set *set)
{
    for (unsigned i = 0; i < set->n; i++)
        if (list_file_changed(&set->in[i].file)) {
            set->latest = i;
            return 1;
        }
    return 0;
}

int list_set_alike(const struct list_set *set)
{
    const struct list_in *first = set->in;

    for (unsigned i = 1; i < set->n; i++) {
        const struct list_in *other = &set->in[i];
        if (first->kind != other->kind || first->delimiter != other->delimiter ||
            first->columns != other->columns || first->head_n != other->head_n ||
            (first->head_n && memcmp(first->head, other->head, first->head_n)))
            return 0;
    }
    return 1;
}
