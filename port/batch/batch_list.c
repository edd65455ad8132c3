/* batch_list.c - addresses and domains: text kept once, chains, duplicates.
 *
 * An address is ten bytes and its local part; the domain's name is kept once. Text lies in parts of
 * 64 KB that never move, so a handle is four bytes and a span stays true.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum { LIST_PART = 65536, LIST_SHELF = 256 };

static int list_more(struct quoth_batch *b, void ***part, uint32_t *parts, uint32_t *cap, size_t n)
{
    if (*parts == *cap) {
        uint32_t more = *cap + *cap / 2 + 16;
        void **p = batch_realloc(b, *part, *cap * sizeof *p, more * sizeof *p);
        if (!p)
            return 0;
        *part = p;
        *cap = more;
    }
    (*part)[*parts] = batch_alloc(b, n);
    if (!(*part)[*parts])
        return 0;
    (*parts)++;
    return 1;
}

uint32_t batch_text_add(struct quoth_batch *b, struct batch_text *t, size_t n, char **at)
{
    uint32_t h;

    if (!t->parts || t->used + n > LIST_PART) {
        void **part = (void **)t->part;
        int ok = t->parts < 65535 && list_more(b, &part, &t->parts, &t->cap, LIST_PART);
        t->part = (char **)part;
        if (!ok)
            return BATCH_NONE;
        t->used = 0;
    }
    h = (t->parts - 1) << 16 | t->used;
    t->used += (uint32_t)n;
    *at = batch_text_at(t, h);
    return h;
}

uint32_t batch_shelf_add(struct quoth_batch *b, struct batch_shelf *s)
{
    if (s->n == s->parts * LIST_SHELF &&
        !list_more(b, &s->part, &s->parts, &s->cap, (size_t)s->size * LIST_SHELF))
        return BATCH_NONE;
    return s->n++;
}

static int list_grow(struct quoth_batch *b, struct batch_table *t,
                     uint64_t (*hash_of)(const struct quoth_batch *b, uint32_t i))
{
    struct batch_table big = {NULL, t->n ? t->n * 2 : 256, t->used};

    big.slot = batch_alloc(b, big.n * sizeof *big.slot);
    if (!big.slot)
        return 0;
    memset(big.slot, 0xff, big.n * sizeof *big.slot);
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->slot[i] == BATCH_NONE)
            continue;
        uint32_t k = (uint32_t)hash_of(b, t->slot[i]) & (big.n - 1);
        while (big.slot[k] != BATCH_NONE)
            k = (k + 1) & (big.n - 1);
        big.slot[k] = t->slot[i];
    }
    batch_free(b, t->slot, t->n * sizeof *t->slot);
    *t = big;
    return 1;
}

uint32_t *batch_table_find(struct quoth_batch *b, struct batch_table *t, uint64_t hash,
                           const void *key,
                           int (*same)(const struct quoth_batch *b, uint32_t i, const void *key),
                           uint64_t (*hash_of)(const struct quoth_batch *b, uint32_t i))
{
    uint32_t k;

    if (t->used * 4 >= t->n * 3 && !list_grow(b, t, hash_of))
        return NULL;
    for (k = (uint32_t)hash & (t->n - 1); t->slot[k] != BATCH_NONE; k = (k + 1) & (t->n - 1))
        if (same(b, t->slot[k], key))
            break;
    return &t->slot[k];
}

static void list_shelf_free(struct quoth_batch *b, struct batch_shelf *s)
{
    for (uint32_t i = 0; i < s->parts; i++)
        free(s->part[i]);
    free(s->part);
}

void batch_list_free(struct quoth_batch *b)
{
    for (uint32_t i = 0; i < b->doms.n; i++) {
        struct batch_rare *r = batch_dom(b, i)->rare;
        if (!r)
            continue;
        for (struct batch_pend *p = r->pend, *next; p; p = next) {
            next = p->next;
            free(p);
        }
        free(r->note);
        free(r);
    }
    for (uint32_t i = 0; i < b->locals.parts; i++)
        free(b->locals.part[i]);
    for (uint32_t i = 0; i < b->names.parts; i++)
        free(b->names.part[i]);
    free(b->locals.part);
    free(b->names.part);
    list_shelf_free(b, &b->doms);
    list_shelf_free(b, &b->dests);
    list_shelf_free(b, &b->nets);
    list_shelf_free(b, &b->family);
    free(b->dom_table.slot);
    free(b->dest_table.slot);
    free(b->net_table.slot);
}

/* ---- addresses ---------------------------------------------------------- */

static uint32_t list_u32(const char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static void list_link(const struct quoth_batch *b, uint32_t a, uint32_t next)
{
    memcpy(batch_text_at(&b->locals, a), &next, sizeof next);
}

uint32_t batch_addr_next(const struct quoth_batch *b, uint32_t a)
{
    return list_u32(batch_text_at(&b->locals, a));
}
uint32_t batch_addr_id(const struct quoth_batch *b, uint32_t a)
{
    return list_u32(batch_text_at(&b->locals, a) + 4);
}
uint8_t *batch_addr_flags(const struct quoth_batch *b, uint32_t a)
{
    return (uint8_t *)batch_text_at(&b->locals, a) + 8;
}
struct quoth_span batch_addr_local(const struct quoth_batch *b, uint32_t a)
{
    const char *p = batch_text_at(&b->locals, a);
    return (struct quoth_span) {p + BATCH_ADDR_HEAD, (uint8_t)p[9]};
}

uint32_t batch_addr_add(struct quoth_batch *b, uint32_t dom, uint32_t id, struct quoth_span local)
{
    struct batch_dom *d = batch_dom(b, dom);
    char *p;
    uint32_t a = batch_text_add(b, &b->locals, BATCH_ADDR_HEAD + local.n, &p);

    if (a == BATCH_NONE)
        return a;
    memcpy(p + 4, &id, sizeof id);
    p[8] = 0;
    p[9] = (char)local.n;
    memcpy(p + BATCH_ADDR_HEAD, local.p, local.n);
    list_link(b, a, d->head);
    d->head = a;
    d->left++;
    return a;
}

static uint32_t list_last(const struct quoth_batch *b, uint32_t a)
{
    uint32_t n = batch_addr_next(b, a);

    for (; n != BATCH_NONE && *batch_addr_flags(b, n) & BATCH_ADDR_SAME; n = batch_addr_next(b, a))
        a = n;
    return a;
}

uint32_t batch_chain_pop(struct quoth_batch *b, uint32_t *head)
{
    uint32_t a = *head, last;

    if (a == BATCH_NONE)
        return a;
    last = list_last(b, a);
    *head = batch_addr_next(b, last);
    list_link(b, last, BATCH_NONE);
    return a;
}

void batch_chain_push(struct quoth_batch *b, uint32_t *head, uint32_t a)
{
    list_link(b, list_last(b, a), *head);
    *head = a;
}

uint32_t batch_chain_count(const struct quoth_batch *b, uint32_t head)
{
    uint32_t n = 0;

    for (; head != BATCH_NONE; head = batch_addr_next(b, head))
        n++;
    return n;
}

/* ---- domains ------------------------------------------------------------ */

static const char *list_name(const struct quoth_batch *b, uint32_t dom)
{
    return batch_text_at(&b->names, batch_dom(b, dom)->name);
}

static int list_same(const struct quoth_batch *b, uint32_t i, const void *key)
{
    return strcmp(list_name(b, i), key) == 0;
}

static uint64_t list_hash_of(const struct quoth_batch *b, uint32_t i)
{
    const char *name = list_name(b, i);
    return quoth_hash(b->k0, b->k1, name, strlen(name));
}

static uint32_t *list_slot(struct quoth_batch *b, const char *name, size_t n)
{
    return batch_table_find(b, &b->dom_table, quoth_hash(b->k0, b->k1, name, n), name, list_same,
                            list_hash_of);
}

uint32_t batch_dom_find(struct quoth_batch *b, const char *name, size_t n)
{
    const uint32_t *slot = list_slot(b, name, n);
    return slot ? *slot : BATCH_NONE;
}

uint32_t batch_dom_add(struct quoth_batch *b, const char *name, size_t n)
{
    uint32_t *slot = list_slot(b, name, n), i, h;
    char *text;

    if (!slot)
        return BATCH_NONE;
    h = batch_text_add(b, &b->names, n + 1, &text);
    i = h == BATCH_NONE ? h : batch_shelf_add(b, &b->doms);
    if (i == BATCH_NONE)
        return i;
    memcpy(text, name, n + 1);
    *batch_dom(b, i) = (struct batch_dom) {.name = h,
                                           .mx = BATCH_NONE,
                                           .head = BATCH_NONE,
                                           .hurt = BATCH_NONE,
                                           .later = BATCH_NONE,
                                           .dest = BATCH_NONE,
                                           .qnext = BATCH_NONE};
    *slot = i;
    b->dom_table.used++;
    return i;
}

void batch_dom_gather(struct quoth_batch *b, struct batch_dom *d)
{
    while (d->hurt != BATCH_NONE)
        batch_chain_push(b, &d->head, batch_chain_pop(b, &d->hurt));
}

static int list_order(const void *x, const void *y)
{
    uint64_t a, c;
    memcpy(&a, x, sizeof a);
    memcpy(&c, y, sizeof c);
    return a < c ? -1 : a > c;
}

static int list_alike(const struct quoth_batch *b, uint32_t x, uint32_t y)
{
    struct quoth_span p = batch_addr_local(b, x), q = batch_addr_local(b, y);
    return p.n == q.n && !memcmp(p.p, q.p, p.n);
}

/* Of those with one hash, bring the ones that are alike together; there is seldom more than one. */
static void list_gather(const struct quoth_batch *b, uint64_t *key, uint32_t n)
{
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint32_t to = i + 1;
        for (uint32_t j = i + 1; j < n; j++) {
            if (!list_alike(b, (uint32_t)key[i], (uint32_t)key[j]))
                continue;
            uint64_t x = key[j];
            key[j] = key[to];
            key[to++] = x;
            *batch_addr_flags(b, (uint32_t)x) |= BATCH_ADDR_SAME;
        }
        i = to - 1;
    }
}

/* By a keyed hash: an order that says nothing, in which equals are neighbours. */
void batch_dom_sort(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);
    uint64_t few[64], *key = few;
    uint32_t n = batch_chain_count(b, d->head), i = 0;

    if (d->state & BATCH_DOM_SEEN || n < 2)
        return;
    d->state |= BATCH_DOM_SEEN;
    if (n > 64)
        key = malloc(n * sizeof *key);
    if (!key) {
        b->rc = QUOTH_ESPACE;
        return;
    }
    for (uint32_t a = d->head; a != BATCH_NONE; a = batch_addr_next(b, a)) {
        struct quoth_span l = batch_addr_local(b, a);
        key[i++] = (quoth_hash(b->k1, b->k0, l.p, l.n) & ~(uint64_t)UINT32_MAX) | a;
    }
    qsort(key, n, sizeof *key, list_order);
    for (uint32_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && key[to] >> 32 == key[from] >> 32; to++) {
        }
        if (to - from > 1)
            list_gather(b, key + from, to - from);
    }
    d->head = (uint32_t)key[0];
    for (i = 0; i < n; i++)
        list_link(b, (uint32_t)key[i], i + 1 < n ? (uint32_t)key[i + 1] : BATCH_NONE);
    if (key != few)
        free(key);
}

struct batch_rare *batch_dom_rare(struct quoth_batch *b, struct batch_dom *d)
{
    if (!d->rare)
        d->rare = batch_alloc(b, sizeof *d->rare);
    return d->rare;
}

void batch_dom_plain(struct quoth_batch *b, struct batch_dom *d)
{
    struct batch_rare *r = d->rare;

    d->connects = d->sessions = d->fails = 0;
    if (!r)
        return;
    memset(r->tried, 0, sizeof r->tried);
    if (r->note)
        batch_free(b, r->note, sizeof *r->note + r->note->said.n);
    r->note = NULL;
    if (r->pend)
        return;
    batch_free(b, r, sizeof *r);
    d->rare = NULL;
}

/* Something happened to it. One that is looked up, queued or marked needs no mark: qnext is free
 * for the row. */
void batch_dom_mark(struct quoth_batch *b, uint32_t dom)
{
    struct batch_dom *d = batch_dom(b, dom);

    if (d->state & (BATCH_DOM_LOOKING | BATCH_DOM_QUEUED | BATCH_DOM_MARKED))
        return;
    d->state |= BATCH_DOM_MARKED;
    d->qnext = BATCH_NONE;
    if (b->mark_head == BATCH_NONE)
        b->mark_head = dom;
    else
        batch_dom(b, b->mark_tail)->qnext = dom;
    b->mark_tail = dom;
}

void *batch_alloc(struct quoth_batch *b, size_t n)
{
    void *p = calloc(1, n);

    if (p)
        b->memory += n;
    else
        b->rc = QUOTH_ESPACE;
    return p;
}

void *batch_realloc(struct quoth_batch *b, void *p, size_t was, size_t n)
{
    void *q = realloc(p, n);

    if (q)
        b->memory += n - was;
    else
        b->rc = QUOTH_ESPACE;
    return q;
}

void batch_free(struct quoth_batch *b, void *p, size_t n)
{
    if (p)
        b->memory -= n;
    free(p);
}

void batch_event(struct quoth_batch *b, const char *format, ...)
{
    char line[512];
    va_list args;

    if (!b->hooks.event)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    b->hooks.event(b->hooks.arg, line);
}
