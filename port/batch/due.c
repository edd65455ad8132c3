/* due.c - deadlines of many things: a binary heap that knows where each id is.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "due.h"
#include "quoth.h"

static void due_put(struct quoth_due *d, uint32_t i, struct quoth_due_item x)
{
    d->item[i] = x;
    d->pos[x.id] = i + 1;
}

static void due_settle(struct quoth_due *d, uint32_t i, struct quoth_due_item x)
{
    for (; i && d->item[(i - 1) / 2].at > x.at; i = (i - 1) / 2)
        due_put(d, i, d->item[(i - 1) / 2]);
    for (;;) {
        uint32_t c = 2 * i + 1;
        if (c >= d->n)
            break;
        if (c + 1 < d->n && d->item[c + 1].at < d->item[c].at)
            c++;
        if (d->item[c].at >= x.at)
            break;
        due_put(d, i, d->item[c]);
        i = c;
    }
    due_put(d, i, x);
}

static int due_room(struct quoth_due *d, uint32_t ids, uint32_t cap)
{
    uint32_t *pos = ids > d->ids ? realloc(d->pos, ids * sizeof *pos) : d->pos;
    struct quoth_due_item *item;

    if (ids > d->ids) {
        if (!pos)
            return QUOTH_ESPACE;
        memset(pos + d->ids, 0, (ids - d->ids) * sizeof *pos);
        d->pos = pos;
        d->ids = ids;
    }
    if (cap <= d->cap)
        return QUOTH_OK;
    item = realloc(d->item, cap * sizeof *item);
    if (!item)
        return QUOTH_ESPACE;
    d->item = item;
    d->cap = cap;
    return QUOTH_OK;
}

int quoth_due_reserve(struct quoth_due *d, uint32_t ids) { return due_room(d, ids, ids); }

int quoth_due_has(const struct quoth_due *d, uint32_t id) { return id < d->ids && d->pos[id]; }

static int due_fit(struct quoth_due *d, uint32_t id)
{
    return due_room(d, id < d->ids ? 0 : id + id / 2 + 64,
                    d->n < d->cap ? 0 : d->cap + d->cap / 2 + 64);
}

int quoth_due_set(struct quoth_due *d, uint32_t id, uint64_t at)
{
    struct quoth_due_item x = {at, id};

    if (due_fit(d, id) < 0)
        return QUOTH_ESPACE;
    due_settle(d, d->pos[id] ? d->pos[id] - 1 : d->n++, x);
    return QUOTH_OK;
}

int quoth_due_nearer(struct quoth_due *d, uint32_t id, uint64_t at)
{
    if (quoth_due_has(d, id) && d->item[d->pos[id] - 1].at <= at)
        return QUOTH_OK;
    return quoth_due_set(d, id, at);
}

void quoth_due_drop(struct quoth_due *d, uint32_t id)
{
    uint32_t i;

    if (id >= d->ids || !d->pos[id])
        return;
    i = d->pos[id] - 1;
    d->pos[id] = 0;
    if (i != --d->n)
        due_settle(d, i, d->item[d->n]);
}

uint64_t quoth_due_next(const struct quoth_due *d, uint32_t *id)
{
    if (!d->n)
        return QUOTH_NEVER;
    if (id)
        *id = d->item[0].id;
    return d->item[0].at;
}

size_t quoth_due_memory(const struct quoth_due *d)
{
    return d->ids * sizeof *d->pos + d->cap * sizeof *d->item;
}

void quoth_due_free(struct quoth_due *d)
{
    free(d->item);
    free(d->pos);
    memset(d, 0, sizeof *d);
}
