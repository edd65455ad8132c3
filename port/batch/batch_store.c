/* batch_store.c - memory: text, records and their free lists, hash tables, chains of addresses.
 *
 * An address is ten bytes and its local part; the domain's name is kept once. Text lies in parts of
 * 64 KB that never move, so a handle is four bytes and a span stays true.
 *
 *   told --> free list of its size (text), of its kind (domain, destination, network) --> reused
 *
 * So memory is that of the most that ever were inside at once, however many go through. Text that
 * holds nothing any more goes back to the system.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "batch_inner.h"

enum { STORE_PART = 65536, STORE_SHELF = 256, STORE_SWEEP_MS = 1000 };

/* ---- bytes, and words --------------------------------------------------- */

void batch_no_memory(struct quoth_batch *batch)
{
    if (batch->sweep_at == QUOTH_NEVER)
        batch->sweep_at = batch->now + STORE_SWEEP_MS;
}

void *batch_alloc(struct quoth_batch *batch, size_t n)
{
    void *p = calloc(1, n);

    if (p)
        batch->memory += n;
    else
        batch_no_memory(batch);
    return p;
}

void *batch_realloc(struct quoth_batch *batch, void *p, size_t was, size_t n)
{
    void *q = realloc(p, n);

    if (q)
        batch->memory += n - was;
    else
        batch_no_memory(batch);
    return q;
}

void batch_free(struct quoth_batch *batch, void *p, size_t n)
{
    if (p)
        batch->memory -= n;
    free(p);
}

void batch_event(struct quoth_batch *batch, const char *format, ...)
{
    char line[512];
    va_list args;

    if (!batch->hooks.event)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    batch->hooks.event(batch->hooks.arg, line);
}

void batch_due_set(struct quoth_batch *batch, struct quoth_due *due, uint32_t id, uint64_t at)
{
    if (quoth_due_nearer(due, id, at) < 0)
        batch_no_memory(batch);
}

static uint32_t store_u32(const char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static int store_part(struct quoth_batch *batch, void ***part, uint32_t *parts, uint32_t *cap,
                      size_t n)
{
    if (*parts == *cap) {
        uint32_t more = *cap + *cap / 2 + 16;
        void **p = batch_realloc(batch, *part, *cap * sizeof *p, more * sizeof *p);
        if (!p)
            return 0;
        *part = p;
        *cap = more;
    }
    (*part)[*parts] = batch_alloc(batch, n);
    if (!(*part)[*parts])
        return 0;
    (*parts)++;
    return 1;
}

/* ---- text --------------------------------------------------------------- */

static uint32_t store_text_reuse(struct batch_text *texts, size_t n)
{
    uint32_t h = texts->free && n < BATCH_TEXT_SIZES ? texts->free[n] : BATCH_NONE;

    if (h != BATCH_NONE)
        texts->free[n] = store_u32(batch_text_at(texts, h));
    return h;
}

uint32_t batch_text_add(struct quoth_batch *batch, struct batch_text *texts, size_t n, char **at)
{
    uint32_t h;

    if (n < BATCH_TEXT_MIN)
        n = BATCH_TEXT_MIN;
    h = store_text_reuse(texts, n);
    if (h == BATCH_NONE && (!texts->parts || texts->used + n > STORE_PART)) {
        void **part = (void **)texts->part;
        int ok = texts->parts < 65535 &&
                 store_part(batch, &part, &texts->parts, &texts->cap, STORE_PART);
        texts->part = (char **)part;
        if (!ok)
            return BATCH_NONE;
        texts->used = 0;
    }
    if (h == BATCH_NONE) {
        h = (texts->parts - 1) << 16 | texts->used;
        texts->used += (uint32_t)n;
    }
    texts->live++;
    *at = batch_text_at(texts, h);
    return h;
}

/* Nothing is left in it: begin anew with one part. */
static void store_text_reset(struct quoth_batch *batch, struct batch_text *texts)
{
    while (texts->parts > 1)
        batch_free(batch, texts->part[--texts->parts], STORE_PART);
    texts->used = 0;
    if (texts->free)
        memset(texts->free, 0xff, BATCH_TEXT_SIZES * sizeof *texts->free);
}

void batch_text_drop(struct quoth_batch *batch, struct batch_text *texts, uint32_t h, size_t n)
{
    if (n < BATCH_TEXT_MIN)
        n = BATCH_TEXT_MIN;
    if (!--texts->live) {
        store_text_reset(batch, texts);
        return;
    }
    if (!texts->free) {
        texts->free = batch_alloc(batch, BATCH_TEXT_SIZES * sizeof *texts->free);
        if (!texts->free)
            return;
        memset(texts->free, 0xff, BATCH_TEXT_SIZES * sizeof *texts->free);
    }
    if (n >= BATCH_TEXT_SIZES)
        return;
    memcpy(batch_text_at(texts, h), &texts->free[n], sizeof texts->free[n]);
    texts->free[n] = h;
}

static void store_text_free(struct batch_text *texts)
{
    for (uint32_t i = 0; i < texts->parts; i++)
        free(texts->part[i]);
    free(texts->part);
    free(texts->free);
}

/* ---- records ------------------------------------------------------------ */

uint32_t batch_shelf_add(struct quoth_batch *batch, struct batch_shelf *shelf)
{
    uint32_t i = shelf->free;

    if (i != BATCH_NONE) {
        shelf->free = store_u32(batch_shelf_at(shelf, i));
    } else if (shelf->n == shelf->parts * STORE_SHELF &&
               !store_part(batch, &shelf->part, &shelf->parts, &shelf->cap,
                           (size_t)shelf->size * STORE_SHELF)) {
        return BATCH_NONE;
    } else {
        i = shelf->n++;
    }
    shelf->live++;
    return i;
}

void batch_shelf_drop(struct batch_shelf *shelf, uint32_t i)
{
    char *p = batch_shelf_at(shelf, i);

    memset(p, 0, shelf->size);
    memcpy(p, &shelf->free, sizeof shelf->free);
    shelf->free = i;
    shelf->live--;
}

static void store_shelf_free(struct batch_shelf *shelf)
{
    for (uint32_t i = 0; i < shelf->parts; i++)
        free(shelf->part[i]);
    free(shelf->part);
}

/* ---- tables ------------------------------------------------------------- */

static int store_grow(struct quoth_batch *batch, struct batch_table *table,
                      const struct batch_table_kind *kind)
{
    struct batch_table big = {NULL, table->n ? table->n * 2 : 256, table->used};

    big.slot = batch_alloc(batch, big.n * sizeof *big.slot);
    if (!big.slot)
        return 0;
    memset(big.slot, 0xff, big.n * sizeof *big.slot);
    for (uint32_t i = 0; i < table->n; i++) {
        if (table->slot[i] == BATCH_NONE)
            continue;
        uint32_t k = (uint32_t)kind->hash_of(batch, table->slot[i]) & (big.n - 1);
        while (big.slot[k] != BATCH_NONE)
            k = (k + 1) & (big.n - 1);
        big.slot[k] = table->slot[i];
    }
    batch_free(batch, table->slot, table->n * sizeof *table->slot);
    *table = big;
    return 1;
}

uint32_t *batch_table_find(struct quoth_batch *batch, struct batch_table *table, uint64_t hash,
                           const void *key, const struct batch_table_kind *kind)
{
    uint32_t k;

    if (table->used * 4 >= table->n * 3 && !store_grow(batch, table, kind) &&
        table->used + 1 >= table->n)
        return NULL;
    for (k = (uint32_t)hash & (table->n - 1); table->slot[k] != BATCH_NONE;
         k = (k + 1) & (table->n - 1))
        if (kind->same(batch, table->slot[k], key))
            break;
    return &table->slot[k];
}

/* Behind NAT64 (RFC 6052) the IPv4 address inside. */
struct quoth_ip quoth_batch_host(const struct quoth_ip *ip)
{
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    struct quoth_ip host = *ip;

    if (ip->len == 16 && !memcmp(ip->b, nat64, sizeof nat64)) {
        memset(&host, 0, sizeof host);
        host.len = 4;
        memcpy(host.b, ip->b + sizeof nat64, 4);
    }
    return host;
}

/* The /24, or the /64. */
uint64_t batch_net_key(const struct quoth_ip *ip)
{
    const struct quoth_ip host = quoth_batch_host(ip);
    uint64_t key = 0;

    for (int k = 0; k < (host.len == 4 ? 3 : 8); k++)
        key = key << 8 | host.b[k];
    return key;
}

/* Those behind the gap move up, as far as their own place allows. */
void batch_table_drop(const struct quoth_batch *batch, struct batch_table *table, uint32_t i,
                      const struct batch_table_kind *kind)
{
    uint32_t mask = table->n - 1, gap = (uint32_t)kind->hash_of(batch, i) & mask, k;

    while (table->slot[gap] != i)
        gap = (gap + 1) & mask;
    for (k = (gap + 1) & mask; table->slot[k] != BATCH_NONE; k = (k + 1) & mask) {
        uint32_t home = (uint32_t)kind->hash_of(batch, table->slot[k]) & mask;
        if (((k - home) & mask) < ((k - gap) & mask))
            continue; /* its place lies behind the gap */
        table->slot[gap] = table->slot[k];
        gap = k;
    }
    table->slot[gap] = BATCH_NONE;
    table->used--;
}

void batch_store_free(struct quoth_batch *batch)
{
    for (uint32_t i = 0; i < batch->doms.n; i++) {
        struct batch_dom *domain = batch_dom(batch, i);
        if (domain->state == BATCH_DOM_FREE || !domain->extra)
            continue;
        for (struct batch_pend *pend = domain->extra->pend, *next; pend; pend = next) {
            next = pend->next;
            free(pend);
        }
        free(domain->extra->note);
        free(domain->extra);
    }
    store_text_free(&batch->locals);
    store_text_free(&batch->names);
    store_shelf_free(&batch->doms);
    store_shelf_free(&batch->dests);
    store_shelf_free(&batch->nets);
    store_shelf_free(&batch->family);
    free(batch->dom_table.slot);
    free(batch->dest_table.slot);
    free(batch->net_table.slot);
    free(batch->family_table.slot);
    for (unsigned i = 0; i < BATCH_SHARES; i++)
        free(batch->wait[i].dom);
}

/* ---- exchanges' names: holders[4] name[] NUL; a handle is the name's ---- */

enum { STORE_HOLDERS = 4 };

static void store_mx_count(const struct quoth_batch *batch, uint32_t mx, uint32_t n)
{
    memcpy(batch_text_at(&batch->names, mx) - STORE_HOLDERS, &n, sizeof n);
}

uint32_t batch_mx_add(struct quoth_batch *batch, const char *name)
{
    size_t n = strlen(name) + 1;
    char *p;
    uint32_t h = batch_text_add(batch, &batch->names, STORE_HOLDERS + n, &p);

    if (h == BATCH_NONE)
        return h;
    memcpy(p + STORE_HOLDERS, name, n);
    h += STORE_HOLDERS;
    store_mx_count(batch, h, 1);
    return h;
}

uint32_t batch_mx_hold(struct quoth_batch *batch, uint32_t mx)
{
    if (mx != BATCH_NONE)
        store_mx_count(batch, mx, store_u32(batch_text_at(&batch->names, mx) - STORE_HOLDERS) + 1);
    return mx;
}

void batch_mx_drop(struct quoth_batch *batch, uint32_t mx)
{
    uint32_t left;

    if (mx == BATCH_NONE)
        return;
    left = store_u32(batch_text_at(&batch->names, mx) - STORE_HOLDERS) - 1;
    store_mx_count(batch, mx, left);
    if (left)
        return;
    for (int i = 0; i < BATCH_JUDGED; i++)
        if (batch->judged[i].mx == mx)
            batch->judged[i].mx = BATCH_NONE;
    batch_text_drop(batch, &batch->names, mx - STORE_HOLDERS,
                    STORE_HOLDERS + strlen(batch_text_at(&batch->names, mx)) + 1);
}

const char *batch_mx_name(const struct quoth_batch *batch, uint32_t mx)
{
    return mx == BATCH_NONE ? "" : batch_text_at(&batch->names, mx);
}

/* ---- addresses ---------------------------------------------------------- */

static void store_link(const struct quoth_batch *batch, uint32_t a, uint32_t next)
{
    memcpy(batch_text_at(&batch->locals, a), &next, sizeof next);
}

uint32_t batch_addr_next(const struct quoth_batch *batch, uint32_t a)
{
    return store_u32(batch_text_at(&batch->locals, a));
}
uint32_t batch_addr_id(const struct quoth_batch *batch, uint32_t a)
{
    return store_u32(batch_text_at(&batch->locals, a) + 4);
}
uint8_t *batch_addr_flags(const struct quoth_batch *batch, uint32_t a)
{
    return (uint8_t *)batch_text_at(&batch->locals, a) + 8;
}
uint32_t batch_addr_job(const struct quoth_batch *batch, uint32_t a)
{
    return *batch_addr_flags(batch, a) & BATCH_ADDR_JOB
               ? store_u32(batch_text_at(&batch->locals, a) + BATCH_ADDR_HEAD)
               : 0;
}
struct quoth_span batch_addr_local(const struct quoth_batch *batch, uint32_t a)
{
    const char *p = batch_text_at(&batch->locals, a);
    size_t head = BATCH_ADDR_HEAD + ((uint8_t)p[8] & BATCH_ADDR_JOB ? BATCH_JOB_BYTES : 0);
    return (struct quoth_span) {p + head, (uint8_t)p[9]};
}

/* Is the one before it another job's? */
static int store_is_other(const struct quoth_batch *batch, const struct batch_dom *domain,
                          uint32_t job)
{
    const uint32_t before = domain->added != BATCH_NONE ? domain->added : domain->head;

    return before != BATCH_NONE && batch_addr_job(batch, before) != job;
}

uint32_t batch_addr_add(struct quoth_batch *batch, uint32_t dom, uint32_t id,
                        struct quoth_span local, const struct quoth_batch_options *options)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    int urgent = options && options->priority == QUOTH_BATCH_INTERACTIVE,
        trace = options && options->trace;
    size_t job = options && options->job ? BATCH_JOB_BYTES : 0;
    struct batch_extra *extra = urgent ? batch_dom_extra(batch, domain) : NULL;
    char *p;
    uint32_t a;

    if (urgent && !extra)
        return BATCH_NONE;
    a = batch_text_add(batch, &batch->locals, BATCH_ADDR_HEAD + job + local.n, &p);
    if (a == BATCH_NONE)
        return a;
    memcpy(p + 4, &id, sizeof id);
    p[8] = (char)((urgent ? BATCH_ADDR_URGENT : 0) | (trace ? BATCH_ADDR_TRACE : 0) |
                  (options && options->no_wait ? BATCH_ADDR_PASS : 0) | (job ? BATCH_ADDR_JOB : 0));
    p[9] = (char)local.n;
    if (job)
        memcpy(p + BATCH_ADDR_HEAD, &options->job, job);
    memcpy(p + BATCH_ADDR_HEAD + job, local.p, local.n);
    store_link(batch, a, urgent ? extra->urgent : domain->added);
    if (!urgent && store_is_other(batch, domain, options ? options->job : 0))
        domain->mixed = 1;
    if (urgent)
        extra->urgent = a;
    else
        domain->added = a;
    domain->left++;
    batch->traced += (unsigned)trace;
    batch->urgent += (unsigned)urgent;
    return a;
}

void batch_addr_drop(struct quoth_batch *batch, uint32_t a)
{
    const uint8_t flags = *batch_addr_flags(batch, a);
    size_t n = BATCH_ADDR_HEAD + (flags & BATCH_ADDR_JOB ? BATCH_JOB_BYTES : 0);

    if (flags & BATCH_ADDR_TRACE)
        batch->traced--;
    if (flags & BATCH_ADDR_URGENT)
        batch->urgent--;
    batch_text_drop(batch, &batch->locals, a, n + batch_addr_local(batch, a).n);
}

/* Of those that are the same. The next address is not looked at: it may lie far away in memory. */
static uint32_t store_last(const struct quoth_batch *batch, uint32_t addr)
{
    while (*batch_addr_flags(batch, addr) & BATCH_ADDR_MORE)
        addr = batch_addr_next(batch, addr);
    return addr;
}

uint32_t batch_chain_pop(struct quoth_batch *batch, uint32_t *head)
{
    uint32_t a = *head, last;

    if (a == BATCH_NONE)
        return a;
    last = store_last(batch, a);
    *head = batch_addr_next(batch, last);
    store_link(batch, last, BATCH_NONE);
    return a;
}

void batch_chain_push(struct quoth_batch *batch, uint32_t *head, uint32_t a)
{
    store_link(batch, store_last(batch, a), *head);
    *head = a;
    if (*batch_addr_flags(batch, a) & BATCH_ADDR_DROPPED)
        batch->purge = 1; /* it was in a conversation when its job was dropped */
}

uint32_t batch_chain_count(const struct quoth_batch *batch, uint32_t head)
{
    uint32_t n = 0;

    for (; head != BATCH_NONE; head = batch_addr_next(batch, head))
        n++;
    return n;
}

uint32_t batch_chain_purge(struct quoth_batch *batch, uint32_t dom, uint32_t *head)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    uint32_t before = BATCH_NONE, next, n = 0;

    for (uint32_t a = *head; a != BATCH_NONE; a = next) {
        next = batch_addr_next(batch, a);
        if (!(*batch_addr_flags(batch, a) & BATCH_ADDR_DROPPED)) {
            before = a;
            continue;
        }
        if (before != BATCH_NONE && !(*batch_addr_flags(batch, a) & BATCH_ADDR_MORE))
            *batch_addr_flags(batch, before) &=
                (uint8_t)~BATCH_ADDR_MORE; /* the last of them now */
        if (before == BATCH_NONE)
            *head = next;
        else
            store_link(batch, before, next);
        batch_addr_drop(batch, a);
        domain->left--;
        if (domain->dest != BATCH_NONE)
            batch_dest(batch, domain->dest)->left--;
        batch->dropped++;
        n++;
    }
    return n;
}

/* ---- domains ------------------------------------------------------------ */

const char *batch_dom_name(const struct quoth_batch *batch, uint32_t dom)
{
    return batch_text_at(&batch->names, batch_dom(batch, dom)->name);
}

const char *batch_dom_state_name(enum batch_dom_state s)
{
    static const char *const name[] = {
        [BATCH_DOM_FREE] = "free",       [BATCH_DOM_REST] = "at rest",
        [BATCH_DOM_WAITING] = "waiting", [BATCH_DOM_MARKED] = "marked",
        [BATCH_DOM_LOOKING] = "looking", [BATCH_DOM_QUEUED] = "queued",
        [BATCH_DOM_KEPT] = "kept",
    };
    _Static_assert(sizeof name / sizeof name[0] == BATCH_DOM_STATES, "a name each");
    return name[s];
}

static int store_same(const struct quoth_batch *batch, uint32_t i, const void *key)
{
    return strcmp(batch_dom_name(batch, i), key) == 0;
}

static uint64_t store_hash_of(const struct quoth_batch *batch, uint32_t i)
{
    const char *name = batch_dom_name(batch, i);
    return quoth_hash(batch->k0, batch->k1, name, strlen(name));
}

static const struct batch_table_kind store_domains = {store_same, store_hash_of};

static uint32_t *store_slot(struct quoth_batch *batch, const char *name, size_t n)
{
    return batch_table_find(batch, &batch->dom_table, quoth_hash(batch->k0, batch->k1, name, n),
                            name, &store_domains);
}

/* Lists often have a domain's addresses in a row. */
static int store_is_latest(const struct quoth_batch *batch, const char *name)
{
    const uint32_t dom = batch->latest_dom;

    return dom < batch->doms.n && batch_dom(batch, dom)->state != BATCH_DOM_FREE &&
           store_same(batch, dom, name);
}

uint32_t batch_dom_find(struct quoth_batch *batch, const char *name, size_t n)
{
    const uint32_t *slot;

    if (store_is_latest(batch, name))
        return batch->latest_dom;
    slot = store_slot(batch, name, n);
    if (!slot)
        return BATCH_NONE;
    batch->latest_dom = *slot;
    return *slot;
}

uint32_t batch_dom_add(struct quoth_batch *batch, const char *name, size_t n)
{
    uint32_t *slot = store_slot(batch, name, n), i, h;
    char *text;

    if (!slot)
        return BATCH_NONE;
    h = batch_text_add(batch, &batch->names, n + 1, &text);
    i = h == BATCH_NONE ? h : batch_shelf_add(batch, &batch->doms);
    if (i == BATCH_NONE && h != BATCH_NONE)
        batch_text_drop(batch, &batch->names, h, n + 1);
    if (i == BATCH_NONE)
        return i;
    memcpy(text, name, n + 1);
    *batch_dom(batch, i) = (struct batch_dom) {.name = h,
                                               .mx = BATCH_NONE,
                                               .head = BATCH_NONE,
                                               .added = BATCH_NONE,
                                               .later = BATCH_NONE,
                                               .dest = BATCH_NONE,
                                               .qnext = BATCH_NONE,
                                               .own = batch_conf(batch, name) != batch->conf,
                                               .state = BATCH_DOM_REST};
    *slot = batch->latest_dom = i;
    batch->dom_table.used++;
    return i;
}

void batch_dom_drop(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    batch_table_drop(batch, &batch->dom_table, dom, &store_domains);
    quoth_due_drop(&batch->dom_due, dom);
    batch_text_drop(batch, &batch->names, domain->name, strlen(batch_dom_name(batch, dom)) + 1);
    batch_shelf_drop(&batch->doms, dom);
}

struct batch_extra *batch_dom_extra(struct quoth_batch *batch, struct batch_dom *domain)
{
    if (domain->extra)
        return domain->extra;
    domain->extra = batch_alloc(batch, sizeof *domain->extra);
    if (!domain->extra)
        return NULL;
    domain->extra->alone = domain->extra->urgent = domain->extra->unext = BATCH_NONE;
    memset(domain->extra->share, 0xff, sizeof domain->extra->share);
    return domain->extra;
}

void batch_dom_back(struct quoth_batch *batch, uint32_t dom, uint32_t addr)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    int urgent =
        *batch_addr_flags(batch, addr) & BATCH_ADDR_URGENT && batch_dom_extra(batch, domain);

    batch_chain_push(batch, urgent ? &domain->extra->urgent : &domain->head, addr);
}

void batch_dom_alone(struct quoth_batch *batch, uint32_t dom, uint32_t addr)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    *batch_addr_flags(batch, addr) |= BATCH_ADDR_ALONE;
    batch_chain_push(batch, batch_dom_extra(batch, domain) ? &domain->extra->alone : &domain->head,
                     addr);
}

static void store_join(struct quoth_batch *batch, uint32_t *to, uint32_t *from)
{
    while (*from != BATCH_NONE)
        batch_chain_push(batch, to, batch_chain_pop(batch, from));
}

void batch_dom_unshare(struct quoth_batch *batch, struct batch_dom *domain)
{
    if (!domain->shared)
        return;
    for (unsigned i = 0; i < BATCH_SHARES; i++)
        store_join(batch, &domain->head, &domain->extra->share[i].head);
    domain->shared = 0;
    domain->mixed = 1;
}

void batch_dom_gather(struct quoth_batch *batch, struct batch_dom *domain)
{
    batch_dom_unshare(batch, domain);
    store_join(batch, &domain->head, &domain->added);
    if (!domain->extra)
        return;
    store_join(batch, &domain->head, &domain->extra->alone);
    store_join(batch, &domain->head, &domain->extra->urgent);
}

static int store_order(const void *x, const void *y)
{
    uint64_t a, c;
    memcpy(&a, x, sizeof a);
    memcpy(&c, y, sizeof c);
    return a < c ? -1 : a > c;
}

static int store_alike(const struct quoth_batch *batch, uint32_t x, uint32_t y)
{
    struct quoth_span p = batch_addr_local(batch, x), q = batch_addr_local(batch, y);
    return p.n == q.n && !memcmp(p.p, q.p, p.n);
}

/* Of those with one hash, bring the ones that are alike together; there is seldom more than one. */
static void store_gather(const struct quoth_batch *batch, uint64_t *key, uint32_t n)
{
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint32_t to = i + 1;
        for (uint32_t j = i + 1; j < n; j++) {
            if (!store_alike(batch, (uint32_t)key[i], (uint32_t)key[j]))
                continue;
            uint64_t x = key[j];
            key[j] = key[to];
            *batch_addr_flags(batch, (uint32_t)key[to - 1]) |= BATCH_ADDR_MORE;
            key[to++] = x;
        }
        i = to - 1;
    }
}

/* By a keyed hash: an order that says nothing, in which equals are neighbours. */
static void store_sort(struct quoth_batch *batch, uint32_t *head)
{
    uint64_t few[64], *key = few;
    uint32_t n = batch_chain_count(batch, *head), i = 0;

    if (n < 2)
        return;
    if (n > 64)
        key = malloc(n * sizeof *key);
    if (!key)
        return; /* as they came: equal ones are asked twice */
    for (uint32_t a = *head; a != BATCH_NONE; a = batch_addr_next(batch, a)) {
        struct quoth_span local = batch_addr_local(batch, a);
        key[i++] = (quoth_hash(batch->k1, batch->k0, local.p, local.n) & ~(uint64_t)UINT32_MAX) | a;
    }
    qsort(key, n, sizeof *key, store_order);
    for (uint32_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && key[to] >> 32 == key[from] >> 32; to++) {
        }
        if (to - from > 1)
            store_gather(batch, key + from, to - from);
    }
    *head = (uint32_t)key[0];
    for (i = 0; i < n; i++)
        store_link(batch, (uint32_t)key[i], i + 1 < n ? (uint32_t)key[i + 1] : BATCH_NONE);
    if (key != few)
        free(key);
}

void batch_dom_share(struct quoth_batch *batch, struct batch_dom *domain, uint32_t *chain)
{
    uint32_t addr;

    while ((addr = batch_chain_pop(batch, chain)) != BATCH_NONE) {
        struct batch_queue *share =
            &domain->extra->share[batch_addr_job(batch, addr) % BATCH_SHARES];
        if (share->head == BATCH_NONE)
            share->head = addr;
        else
            store_link(batch, store_last(batch, share->tail), addr);
        share->tail = addr;
    }
}

/* One of each job by turns, as many as a transaction takes. */
static void store_deal(struct quoth_batch *batch, struct batch_dom *domain)
{
    struct batch_extra *extra = domain->extra;
    uint32_t hand[BATCH_BURST], addr;
    unsigned n = 0;

    for (unsigned none = 0; none < BATCH_SHARES && n < BATCH_BURST;) {
        addr = batch_chain_pop(batch, &extra->share[extra->turn].head);
        extra->turn = (uint8_t)((extra->turn + 1) % BATCH_SHARES);
        none = addr == BATCH_NONE ? none + 1 : 0;
        if (addr != BATCH_NONE)
            hand[n++] = addr;
    }
    domain->shared = 0;
    for (unsigned i = 0; i < BATCH_SHARES; i++)
        if (extra->share[i].head != BATCH_NONE)
            domain->shared = 1;
    while (n)
        batch_chain_push(batch, &domain->head, hand[--n]);
}

/* Of several jobs: a small one's addresses do not wait for all of a large one's. */
static void store_draw_shares(struct quoth_batch *batch, struct batch_dom *domain)
{
    if (!domain->shared)
        batch_dom_share(batch, domain, &domain->head);
    store_sort(batch, &domain->added);
    batch_dom_share(batch, domain, &domain->added);
    domain->mixed = 0;
    domain->shared = 1;
    if (domain->head == BATCH_NONE)
        store_deal(batch, domain);
}

void batch_dom_draw(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    if (domain->shared || (domain->mixed && batch_dom_extra(batch, domain))) {
        store_draw_shares(batch, domain);
        return;
    }
    if (domain->head != BATCH_NONE || domain->added == BATCH_NONE)
        return;
    domain->head = domain->added;
    domain->added = BATCH_NONE;
    store_sort(batch, &domain->head);
}

void batch_dom_clear(struct quoth_batch *batch, struct batch_dom *domain)
{
    struct batch_extra *extra = domain->extra;

    if (domain->state == BATCH_DOM_LOOKING)
        return; /* the lookup has passed by hosts for it, and would find none left and no reason */
    domain->connects = domain->sessions = 0;
    domain->flags &= (uint8_t)~QUOTH_EVID_ALL_GONE;
    if (!extra)
        return;
    memset(extra->tried, 0, sizeof extra->tried);
    extra->fails = 0;
    if (extra->note) {
        batch_mx_drop(batch, extra->note->mx);
        batch_free(batch, extra->note, sizeof *extra->note + extra->note->said.n);
    }
    extra->note = NULL;
    if (extra->pend || extra->alone != BATCH_NONE || extra->urgent != BATCH_NONE ||
        extra->urgent_queued || domain->shared)
        return;
    batch_free(batch, extra, sizeof *extra);
    domain->extra = NULL;
}

/* Something happened to it. One that is looked up, queued or marked needs no mark: qnext is free
 * for the row. */
void batch_dom_mark(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);

    if (domain->state != BATCH_DOM_REST &&
        !(domain->state == BATCH_DOM_WAITING && batch_dom_urgent(domain)))
        return;
    domain->state = BATCH_DOM_MARKED;
    domain->qnext = BATCH_NONE;
    if (batch->marked.head == BATCH_NONE)
        batch->marked.head = dom;
    else
        batch_dom(batch, batch->marked.tail)->qnext = dom;
    batch->marked.tail = dom;
}

unsigned batch_dom_share_of(const struct quoth_batch *batch, const struct batch_dom *domain)
{
    const uint32_t addr = domain->head != BATCH_NONE ? domain->head : domain->added;

    return addr == BATCH_NONE ? 0 : batch_addr_job(batch, addr) % BATCH_SHARES;
}

/* Room for one more. 0: no memory. */
static int store_wait_room(struct quoth_batch *batch, struct batch_wait *wait)
{
    uint32_t cap = wait->cap + wait->cap / 4 + 64, *p;

    if (wait->at + wait->n < wait->cap)
        return 1;
    if (wait->at > wait->cap / 2) {
        memmove(wait->dom, wait->dom + wait->at, wait->n * sizeof *wait->dom);
        wait->at = 0;
        return 1;
    }
    p = batch_realloc(batch, wait->dom, wait->cap * sizeof *p, cap * sizeof *p);
    if (!p)
        return 0;
    wait->dom = p;
    wait->cap = cap;
    return 1;
}

void batch_dom_wait(struct quoth_batch *batch, uint32_t dom)
{
    struct batch_dom *domain = batch_dom(batch, dom);
    struct batch_wait *wait = &batch->wait[batch_dom_share_of(batch, domain)];

    if (domain->state != BATCH_DOM_REST || !store_wait_room(batch, wait))
        return; /* without memory: the sweep marks it */
    wait->dom[wait->at + wait->n++] = dom;
    batch->wait_n++;
    domain->state = BATCH_DOM_WAITING;
}

void batch_dom_later(struct quoth_batch *batch, uint32_t dom, uint64_t at)
{
    batch_due_set(batch, &batch->dom_due, dom, at);
}
