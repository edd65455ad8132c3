/* due.c - deadlines of many things: a binary heap that knows where each id is.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "due.h"
#include "quoth.h"

static void due_put(struct quoth_due *due, uint32_t i, struct quoth_due_item item)
{
    due->item[i] = item;
    due->pos[item.id] = i + 1;
}

static void due_settle(struct quoth_due *due, uint32_t i, struct quoth_due_item item)
{
    for (; i && due->item[(i - 1) / 2].at > item.at; i = (i - 1) / 2)
        due_put(due, i, due->item[(i - 1) / 2]);
    for (;;) {
        uint32_t c = 2 * i + 1;
        if (c >= due->n)
            break;
        if (c + 1 < due->n && due->item[c + 1].at < due->item[c].at)
            c++;
        if (due->item[c].at >= item.at)
            break;
        due_put(due, i, due->item[c]);
        i = c;
    }
    due_put(due, i, item);
}

static int due_room(struct quoth_due *due, uint32_t ids, uint32_t cap)
{
    uint32_t *pos = ids > due->ids ? realloc(due->pos, ids * sizeof *pos) : due->pos;
    struct quoth_due_item *item;

    if (ids > due->ids) {
        if (!pos)
            return QUOTH_ESPACE;
        memset(pos + due->ids, 0, (ids - due->ids) * sizeof *pos);
        due->pos = pos;
        due->ids = ids;
    }
    if (cap <= due->cap)
        return QUOTH_OK;
    item = realloc(due->item, cap * sizeof *item);
    if (!item)
        return QUOTH_ESPACE;
    due->item = item;
    due->cap = cap;
    return QUOTH_OK;
}

int quoth_due_reserve(struct quoth_due *due, uint32_t ids) { return due_room(due, ids, ids); }

int quoth_due_has(const struct quoth_due *due, uint32_t id)
{
    return id < due->ids && due->pos[id];
}

static int due_fit(struct quoth_due *due, uint32_t id)
{
    return due_room(due, id < due->ids ? 0 : id + id / 2 + 64,
                    due->n < due->cap ? 0 : due->cap + due->cap / 2 + 64);
}

int quoth_due_set(struct quoth_due *due, uint32_t id, uint64_t at)
{
    struct quoth_due_item item = {at, id};

    if (due_fit(due, id) < 0)
        return QUOTH_ESPACE;
    due_settle(due, due->pos[id] ? due->pos[id] - 1 : due->n++, item);
    return QUOTH_OK;
}

int quoth_due_nearer(struct quoth_due *due, uint32_t id, uint64_t at)
{
    if (quoth_due_has(due, id) && due->item[due->pos[id] - 1].at <= at)
        return QUOTH_OK;
    return quoth_due_set(due, id, at);
}

void quoth_due_drop(struct quoth_due *due, uint32_t id)
{
    uint32_t i;

    if (id >= due->ids || !due->pos[id])
        return;
    i = due->pos[id] - 1;
    due->pos[id] = 0;
    if (i != --due->n)
        due_settle(due, i, due->item[due->n]);
}

uint64_t quoth_due_next(const struct quoth_due *due, uint32_t *id)
{
    if (!due->n)
        return QUOTH_NEVER;
    if (id)
        *id = due->item[0].id;
    return due->item[0].at;
}

size_t quoth_due_memory(const struct quoth_due *due)
{
    return due->ids * sizeof *due->pos + due->cap * sizeof *due->item;
}

void quoth_due_free(struct quoth_due *due)
{
    free(due->item);
    free(due->pos);
    memset(due, 0, sizeof *due);
}
