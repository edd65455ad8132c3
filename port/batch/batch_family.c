/* batch_family.c - families of hosts that say our address is on a block list.
 *
 *   one host of it says so:        SUSPECTED
 *   another address of it as well: STOPPED, for this run; for a day where there is no end to it
 *
 * A family has one network (the /24 or /64 that a connection really led to) and one name above the
 * hosts' own: 192.0.2.0 and mail.example.net for mx1.mail.example.net. Whoever owns a recipient
 * domain may name any exchanger, and may send an address along with it. So a name counts only when
 * its address was looked up under that name, and a domain that is its own exchanger belongs to no
 * family. A customer's server below its provider's name stands in another network. What a wrong
 * guess can cost is therefore the hosts between those two, and no list of public suffixes is
 * needed.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "batch_inner.h"

enum { FAMILY_SWEEP = 2 }; /* for each that comes, so many are looked at: is its time over? */

struct family_key {
    uint64_t net;
    const char *name;
};

static struct batch_family *family_at(const struct quoth_batch *batch, uint32_t i)
{
    return batch_shelf_at(&batch->family, i);
}

/* ---- finding one -------------------------------------------------------- */

static int family_same(const struct quoth_batch *batch, uint32_t i, const void *key)
{
    const struct family_key *want = key;
    const struct batch_family *family = family_at(batch, i);

    return batch_net_key(&family->ip) == want->net &&
           !strcmp(batch_mx_name(batch, family->name), want->name);
}

static uint64_t family_hash(const struct quoth_batch *batch, const struct family_key *key)
{
    return quoth_hash(batch->k0 ^ key->net, batch->k1, key->name, strlen(key->name));
}

static uint64_t family_hash_of(const struct quoth_batch *batch, uint32_t i)
{
    const struct batch_family *family = family_at(batch, i);
    const struct family_key key = {batch_net_key(&family->ip), batch_mx_name(batch, family->name)};

    return family_hash(batch, &key);
}

static const struct batch_table_kind family_kind = {family_same, family_hash_of};

static uint32_t *family_slot(struct quoth_batch *batch, const struct quoth_ip *ip, const char *name)
{
    const struct family_key key = {batch_net_key(ip), name};

    return batch_table_find(batch, &batch->family_table, family_hash(batch, &key), &key,
                            &family_kind);
}

/* The name above that of the domain's exchanger; NULL: it belongs to no family. */
static const char *family_name(const struct quoth_batch *batch, uint32_t dom)
{
    const struct batch_dom *domain = batch_dom(batch, dom);
    const char *host, *above;

    if (domain->mx == BATCH_NONE || domain->dest == BATCH_NONE || !domain->looked)
        return NULL;
    host = batch_mx_name(batch, domain->mx);
    above = strchr(host, '.');
    if (!above || !strchr(above + 1, '.') || !strcmp(host, batch_dom_name(batch, dom)))
        return NULL;
    return above + 1;
}

/* ---- keeping them ------------------------------------------------------- */

/* For this run; where there is no end to it, until its time is over. */
static int family_over(const struct quoth_batch *batch, const struct batch_family *family)
{
    return !batch->closed && batch->now >= batch_ms(batch, family->until);
}

/* Give back some whose time is over. */
static void family_sweep(struct quoth_batch *batch)
{
    for (int steps = FAMILY_SWEEP; steps && batch->family.n; steps--) {
        uint32_t i = batch->family_hand++ % batch->family.n;
        struct batch_family *family = family_at(batch, i);
        if (family->state == BATCH_FAMILY_FREE || !family_over(batch, family))
            continue;
        batch_table_drop(batch, &batch->family_table, i, &family_kind);
        batch_mx_drop(batch, family->name);
        batch_shelf_drop(&batch->family, i);
        family->state = BATCH_FAMILY_FREE;
    }
}

int batch_family_add(struct quoth_batch *batch, const struct batch_family *family, const char *name)
{
    uint32_t *slot, text, i;

    family_sweep(batch);
    slot = family_slot(batch, &family->ip, name);
    if (!slot)
        return QUOTH_ESPACE;
    if (*slot != BATCH_NONE) {
        text = family_at(batch, *slot)->name;
        *family_at(batch, *slot) = *family;
        family_at(batch, *slot)->name = text;
        return QUOTH_OK;
    }
    text = batch_mx_add(batch, name);
    i = text == BATCH_NONE ? text : batch_shelf_add(batch, &batch->family);
    if (i == BATCH_NONE) {
        batch_mx_drop(batch, text);
        return QUOTH_ESPACE;
    }
    *family_at(batch, i) = *family;
    family_at(batch, i)->name = text;
    *slot = i;
    batch->family_table.used++;
    return QUOTH_OK;
}

/* ---- what is asked of them ---------------------------------------------- */

int batch_family_stopped(struct quoth_batch *batch, uint32_t dom)
{
    const char *name = batch->family.live ? family_name(batch, dom) : NULL;
    const uint32_t *slot =
        name ? family_slot(batch, &batch_dest(batch, batch_dom(batch, dom)->dest)->ip, name) : NULL;

    return slot && *slot != BATCH_NONE && family_at(batch, *slot)->state == BATCH_FAMILY_STOPPED &&
           !family_over(batch, family_at(batch, *slot));
}

void batch_family_listed(struct quoth_batch *batch, uint32_t dom, const struct quoth_ip *ip)
{
    const char *name = family_name(batch, dom);
    struct batch_family family = {.until = batch_seconds(batch, batch->now) + BATCH_STOPPED_S,
                                  .state = BATCH_FAMILY_SUSPECTED,
                                  .ip = *ip};
    const uint32_t *slot = name ? family_slot(batch, ip, name) : NULL;
    const struct batch_family *have = slot && *slot != BATCH_NONE ? family_at(batch, *slot) : NULL;

    if (!slot)
        return;
    if (have && !family_over(batch, have) &&
        (have->state == BATCH_FAMILY_STOPPED || !memcmp(have->ip.b, ip->b, ip->len)))
        return;
    if (have && !family_over(batch, have))
        family.state = BATCH_FAMILY_STOPPED;
    if (batch_family_add(batch, &family, name) < 0 || family.state != BATCH_FAMILY_STOPPED)
        return;
    batch_event(batch,
                "two hosts of one network below %s say that our address is on a block list: its "
                "others there are not asked any more",
                name);
}
