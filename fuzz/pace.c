/* pace.c - any bytes as what an engine saved of its manners.
 *
 * Oracle: a text is believed as a whole or not at all. What is saved of what was believed can be
 * loaded, and is then saved as the same; a byte less, and it is damaged. No destination is held
 * back for longer than a day.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "../tests/list_world.h"

enum { SAVED = 1 << 20, DAY_MS = 24 * 3600 * 1000 };
static const uint64_t wall = 1737000000000u;

struct saved {
    char text[SAVED];
    size_t n;
};

static void result(void *arg, const struct quoth_batch_result *r)
{
    (void)arg;
    (void)r;
}

static struct quoth_batch *engine(void)
{
    static const struct quoth_conf conf;
    static const struct quoth_batch_limits limits = {.open = 1, .lookups = 1};
    static const struct quoth_batch_hooks hooks = {.result = result};
    struct quoth_batch *b = quoth_batch_new(&conf, &limits, NULL, &hooks);

    require(b);
    return b;
}

static int put(void *arg, const char *p, size_t n)
{
    struct saved *s = arg;

    require(n <= sizeof s->text - s->n);
    memcpy(s->text + s->n, p, n);
    s->n += n;
    return 0;
}

/* As loaded by an engine of its own, and saved by it. 0: damaged, and nothing of it is believed. */
static int load(struct saved *s, const char *p, size_t n)
{
    struct quoth_batch *b = engine();
    struct quoth_batch_stats stats;
    uint32_t line = 0;
    int rc = quoth_batch_load(b, wall, p, n, &line);

    require(rc == QUOTH_OK || rc == QUOTH_EINVAL);
    require(line >= 1 && line <= n + 2);
    quoth_batch_stats(b, &stats);
    require(rc == QUOTH_OK || (!stats.domains && !stats.destinations));
    for (uint32_t i = 0; i < stats.held_n && i < 4; i++)
        require(stats.held[i].until_ms <= DAY_MS || stats.held[i].until_ms == QUOTH_NEVER);
    s->n = 0;
    require(quoth_batch_save(b, wall, put, s) == 0);
    quoth_batch_free(b);
    return rc == QUOTH_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct saved first, again;

    if (n > SAVED / 8)
        return 0;
    world_reset(1);
    if (!load(&first, (const char *)p, n))
        return 0;
    require(load(&again, first.text, first.n));
    require(again.n == first.n && !memcmp(again.text, first.text, first.n));
    require(!load(&again, first.text, first.n - 1));
    return 0;
}
