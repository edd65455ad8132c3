/* list_cache.c - what was learnt in earlier runs, in a file that holds no address.
 *
 *   head, 512 bytes | bucket of 16 records | bucket | ...         a record: 32 bytes
 *
 * An address is known by its SipHash under a key drawn for this file; the bits of the hash choose
 * the bucket. What a server said is not kept either, for it may quote the address: a verdict, its
 * reason and the codes are. A record carries a sum, so one that was half written, or comes from a
 * bad disk, is an empty place. A new or larger table is made beside the old one and renamed over
 * it. So the file is sound after a crash at any moment.
 *
 *   fresh (answered from here)   deliverable, catch-all 7 days; other answers 3 hours
 *   kept (when asking again       the same 7 days; other answers 3 days
 *   tells nothing)
 *   never                        unknown, and what is no address
 *
 * A domain has a record of its own, as if its address were @domain: what was said to a decoy there.
 * Who takes everything is a catch-all; who refused a decoy is asked again after 3 hours.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "list.h"
#include "sock.h"

enum {
    CACHE_RECORD = 32,
    CACHE_WAYS = 16,
    CACHE_BUCKET = CACHE_RECORD * CACHE_WAYS,
    CACHE_HEAD = 512,
    CACHE_FILL = CACHE_WAYS / 2
};
enum { CACHE_HOUR = 3600, CACHE_DAY = 86400 };
static const char cache_magic[9] = "qthcach1";

struct cache_head {
    char magic[8];
    uint64_t k0, k1, reasons, buckets, sum;
};

struct list_cache {
    int fd, err;
    struct cache_head h;
    char scope[400];  /* what an answer depends on besides the address */
    char learnt[256]; /* the domain of the latest decoy put */
};

/* What is kept of an answer; the numbers are the machine's own, a file does not travel. */
struct cache_record {
    uint64_t id;   /* 0: an empty place */
    uint32_t when; /* seconds since 1970 */
    uint8_t verdict, reason, says, phase;
    uint16_t code, esc1, esc2, decoy_code;
    uint8_t esc0, decoy_reason, mx, flags;
    uint32_t sum;
};
_Static_assert(sizeof(struct cache_record) == CACHE_RECORD, "no padding, and a bucket is a sector");

static uint32_t cache_sum(const struct list_cache *c, const struct cache_record *r)
{
    return (uint32_t)quoth_hash(c->h.k1, c->h.k0, r, offsetof(struct cache_record, sum));
}

/* Reasons are kept as numbers: of a program that counts them otherwise nothing is understood. */
static uint64_t cache_reasons(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < QUOTH_REASONS; i++) {
        const char *name = quoth_reason_name((enum quoth_reason)i);
        sum = quoth_hash(sum, 0, name, strlen(name));
    }
    return sum;
}

static uint64_t cache_head_sum(const struct cache_head *h)
{
    return quoth_hash(h->k0, h->k1, h, offsetof(struct cache_head, sum));
}

static uint32_t cache_ttl(const struct cache_record *r, int old)
{
    int lasting = r->verdict == QUOTH_VERDICT_DELIVERABLE || r->reason == QUOTH_REASON_CATCH_ALL;
    return lasting ? 7 * CACHE_DAY : old ? 3 * CACHE_DAY : 3 * CACHE_HOUR;
}

/* Seconds since it was learnt; UINT32_MAX: not to be used. */
static uint32_t cache_age(const struct list_cache *c, const struct cache_record *r, int old)
{
    uint32_t now = (uint32_t)time(NULL);
    if (!r->id || r->sum != cache_sum(c, r) || r->when > now || now - r->when >= cache_ttl(r, old))
        return UINT32_MAX;
    return now - r->when;
}

/* ---- places ------------------------------------------------------------- */

static off_t cache_place(const struct cache_head *h, uint64_t id)
{
    return (off_t)(CACHE_HEAD + (id & (h->buckets - 1)) * CACHE_BUCKET);
}

static int cache_read(int fd, off_t at, struct cache_record bucket[CACHE_WAYS])
{
    return pread(fd, bucket, CACHE_BUCKET, at) == CACHE_BUCKET;
}

/* Over its own older record, an empty place, or the oldest one. 0 or errno. */
static int cache_store(const struct list_cache *c, int fd, const struct cache_head *h,
                       const struct cache_record *r)
{
    struct cache_record bucket[CACHE_WAYS];
    off_t at = cache_place(h, r->id);
    int best = 0;

    if (!cache_read(fd, at, bucket))
        return EIO;
    for (int i = 0; i < CACHE_WAYS; i++) {
        if (cache_age(c, &bucket[i], 1) == UINT32_MAX)
            bucket[i].when = 0;
        if (bucket[i].id == r->id) {
            best = i;
            break;
        }
        if (bucket[i].when < bucket[best].when)
            best = i;
    }
    errno = ENOSPC;
    return pwrite(fd, r, sizeof *r, at + best * CACHE_RECORD) == (ssize_t)sizeof *r ? 0 : errno;
}

/* ---- opening ------------------------------------------------------------ */

static int cache_say(const char *path, const char *why, int code)
{
    fputs("quoth: ", stderr);
    cli_put(stderr, path, strlen(path));
    fprintf(stderr, ": %s\n", why);
    return code;
}

static uint64_t cache_live(const struct list_cache *c)
{
    struct cache_record bucket[CACHE_WAYS];
    uint64_t live = 0;
    for (uint64_t i = 0; i < c->h.buckets; i++) {
        if (!cache_read(c->fd, (off_t)(CACHE_HEAD + i * CACHE_BUCKET), bucket))
            break;
        for (int k = 0; k < CACHE_WAYS; k++)
            live += cache_age(c, &bucket[k], 1) != UINT32_MAX;
    }
    return live;
}

static int cache_copy(const struct list_cache *c, int fd, const struct cache_head *h)
{
    struct cache_record bucket[CACHE_WAYS];
    int err = 0;
    for (uint64_t i = 0; i < c->h.buckets && !err; i++) {
        if (!cache_read(c->fd, (off_t)(CACHE_HEAD + i * CACHE_BUCKET), bucket))
            break;
        for (int k = 0; k < CACHE_WAYS && !err; k++)
            if (cache_age(c, &bucket[k], 1) != UINT32_MAX)
                err = cache_store(c, fd, h, &bucket[k]);
    }
    return err;
}

/* A table of that size in the place of the old one, whose records it takes over. 0 or errno. */
static int cache_rebuild(struct list_cache *c, const char *path, uint64_t buckets)
{
    struct cache_head h = c->h;
    char name[4096];
    int fd, err = 0;

    if ((size_t)snprintf(name, sizeof name, "%s.new", path) >= sizeof name)
        return ENAMETOOLONG;
    h.buckets = buckets;
    h.sum = cache_head_sum(&h);
    fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    if (flock(fd, LOCK_EX | LOCK_NB) || ftruncate(fd, (off_t)(CACHE_HEAD + buckets * CACHE_BUCKET)))
        err = errno;
    if (!err && pwrite(fd, &h, sizeof h, 0) != (ssize_t)sizeof h)
        err = errno;
    if (!err)
        err = cache_copy(c, fd, &h);
    if (!err && (fsync(fd) || rename(name, path)))
        err = errno;
    if (err) {
        unlink(name);
        close(fd);
        return err;
    }
    close(c->fd);
    c->fd = fd;
    c->h = h;
    return 0;
}

/* 1: a table is there, 0: an empty file, -1: something else. */
static int cache_known(struct list_cache *c)
{
    struct stat st;
    ssize_t n = pread(c->fd, &c->h, sizeof c->h, 0);
    if (n == 0)
        return 0;
    if (n != (ssize_t)sizeof c->h || fstat(c->fd, &st))
        return -1;
    return !memcmp(c->h.magic, cache_magic, sizeof c->h.magic) &&
                   c->h.sum == cache_head_sum(&c->h) && c->h.buckets &&
                   !(c->h.buckets & (c->h.buckets - 1)) &&
                   (uint64_t)st.st_size == CACHE_HEAD + c->h.buckets * CACHE_BUCKET
               ? 1
               : -1;
}

/* Opened, and still the file of that name once the lock is ours; *alone: nobody else has it. 0 or
 * errno. */
static int cache_lock(struct list_cache *c, const char *path, int *alone)
{
    for (;;) {
        struct stat here, there;
        c->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (c->fd < 0)
            return errno;
        *alone = !flock(c->fd, LOCK_EX | LOCK_NB);
        if (!*alone && flock(c->fd, LOCK_SH))
            return errno;
        if (!fstat(c->fd, &here) && !stat(path, &there) && here.st_ino == there.st_ino)
            return 0;
        close(c->fd);
    }
}

static int cache_open(struct list_cache *c, const char *path, uint32_t rows)
{
    uint64_t want = 64;
    int alone, known, err = cache_lock(c, path, &alone);

    if (err)
        return cache_say(path, strerror(err), CLI_EXIT_INTERNAL);
    known = cache_known(c);
    if (known < 0)
        return cache_say(path, "this is no cache of quoth", CLI_EXIT_USAGE);
    if (known && c->h.reasons != cache_reasons())
        known = 0;
    if (!known && !alone)
        return cache_say(path, "another version of quoth is using it", CLI_EXIT_INTERNAL);
    if (!known) {
        memset(&c->h, 0, sizeof c->h);
        memcpy(c->h.magic, cache_magic, sizeof c->h.magic);
        c->h.reasons = cache_reasons();
        if (quoth_sock_port.random(&c->h.k0, sizeof c->h.k0) ||
            quoth_sock_port.random(&c->h.k1, sizeof c->h.k1))
            return cache_say(path, "no random numbers here", CLI_EXIT_INTERNAL);
    }
    if (alone) {
        uint64_t all = cache_live(c) + rows;
        while (want * CACHE_FILL < all)
            want *= 2;
        if (want > c->h.buckets && (err = cache_rebuild(c, path, want)))
            return cache_say(path, strerror(err), CLI_EXIT_FULL);
        flock(c->fd, LOCK_SH);
    }
    return 0;
}

int list_cache_open(struct list_cache **out, const char *path, const struct quoth_conf *conf,
                    uint32_t rows)
{
    struct list_cache *c = calloc(1, sizeof *c);
    int rc;

    *out = NULL;
    if (!c)
        return cache_say(path, strerror(ENOMEM), CLI_EXIT_INTERNAL);
    snprintf(c->scope, sizeof c->scope, "%d %d %s:%u", conf->depth, conf->no_decoy,
             conf->server ? conf->server : "", conf->port);
    c->fd = -1;
    rc = cache_open(c, path, rows);
    if (!rc) {
        *out = c;
        return 0;
    }
    if (c->fd >= 0)
        close(c->fd);
    free(c);
    return rc;
}

/* ---- an answer ---------------------------------------------------------- */

static uint64_t cache_key(const struct list_cache *c, struct quoth_span local, const char *name)
{
    char key[sizeof c->scope + 700];
    size_t n = strlen(c->scope) + 1, domain = strlen(name);
    uint64_t id;

    if (!domain || local.n > 320)
        return 0;
    memcpy(key, c->scope, n);
    if (local.n)
        memcpy(key + n, local.p, local.n);
    n += local.n;
    key[n++] = '@';
    memcpy(key + n, name, domain);
    id = quoth_hash(c->h.k0, c->h.k1, key, n + domain);
    return id ? id : 1;
}

static uint64_t cache_id(const struct list_cache *c, const struct quoth_evidence *e)
{
    return e->addr.fault ? 0 : cache_key(c, e->addr.local, e->domain);
}

/* What a decoy was told there. */
static uint64_t cache_domain_id(const struct list_cache *c, const char *domain)
{
    return cache_key(c, (struct quoth_span) {NULL, 0}, domain);
}

/* Its age, with the record in *r; UINT32_MAX: not known. */
static uint32_t cache_find(const struct list_cache *c, uint64_t id, int old, struct cache_record *r)
{
    struct cache_record bucket[CACHE_WAYS];

    if (!id || !cache_read(c->fd, cache_place(&c->h, id), bucket))
        return UINT32_MAX;
    for (int i = 0; i < CACHE_WAYS; i++)
        if (bucket[i].id == id) {
            *r = bucket[i];
            return cache_age(c, r, old);
        }
    return UINT32_MAX;
}

int list_cache_get(struct list_cache *c, struct quoth_evidence *found, struct list_answer *a,
                   int old)
{
    struct cache_record record, *r = &record;
    uint32_t age = cache_find(c, cache_id(c, found), old, r);

    if (age == UINT32_MAX)
        return 0;
    found->phase = r->phase;
    found->mx = r->mx;
    found->flags = r->flags;
    found->said.code = r->code;
    found->said.esc[0] = r->esc0;
    found->said.esc[1] = r->esc1;
    found->said.esc[2] = r->esc2;
    found->decoy_code = r->decoy_code;
    found->decoy_reason = r->decoy_reason;
    found->asked_decoy = r->decoy_code != 0;
    a->verdict = (enum quoth_verdict)r->verdict;
    a->reading = (struct quoth_reading) {.reason = (enum quoth_reason)r->reason,
                                         .says = (enum quoth_says)r->says};
    a->cached = 1;
    a->age = age;
    return 1;
}

int list_cache_decoy(struct list_cache *c, const char *domain, uint16_t *code, uint8_t *reason)
{
    struct cache_record r;

    if (cache_find(c, cache_domain_id(c, domain), 0, &r) == UINT32_MAX)
        return 0;
    *code = r.decoy_code;
    *reason = r.decoy_reason;
    return 1;
}

/* Only what was asked in this run, of the best exchanger, and
 * settles it. Domains come in bunches. */
void list_cache_learn(struct list_cache *c, const struct quoth_evidence *e)
{
    enum quoth_fact all = quoth_catch_all(e);
    struct cache_record r;

    if (!e->asked_decoy || all == QUOTH_FACT_NOT_TESTED || e->flags & QUOTH_EVID_NOT_BEST || c->err)
        return;
    if (!strcmp(c->learnt, e->domain))
        return;
    snprintf(c->learnt, sizeof c->learnt, "%s", e->domain);
    memset(&r, 0, sizeof r);
    r.id = cache_domain_id(c, e->domain);
    r.when = (uint32_t)time(NULL);
    r.reason = all == QUOTH_FACT_YES ? QUOTH_REASON_CATCH_ALL : QUOTH_REASON_NONE;
    r.phase = QUOTH_PHASE_DECOY;
    r.decoy_code = e->decoy_code;
    r.decoy_reason = e->decoy_reason;
    r.sum = cache_sum(c, &r);
    c->err = cache_store(c, c->fd, &c->h, &r);
}

/* Who knows that one mailbox does not exist does not take everything any more (P16). */
static void cache_refute(struct list_cache *c, const char *domain)
{
    struct cache_record r;

    if (cache_find(c, cache_domain_id(c, domain), 0, &r) == UINT32_MAX ||
        r.reason != QUOTH_REASON_CATCH_ALL)
        return;
    r.when = 0;
    r.sum = cache_sum(c, &r);
    c->err = cache_store(c, c->fd, &c->h, &r);
}

void list_cache_put(struct list_cache *c, const struct list_answer *a)
{
    const struct quoth_evidence *e = a->ev;
    struct cache_record r;

    if (a->verdict == QUOTH_VERDICT_UNKNOWN || a->cached || c->err)
        return;
    memset(&r, 0, sizeof r);
    if (!(r.id = cache_id(c, e)))
        return;
    if (a->reading.says == QUOTH_SAYS_NOT_EXISTS && e->phase == QUOTH_PHASE_RCPT)
        cache_refute(c, e->domain);
    r.when = (uint32_t)time(NULL);
    r.verdict = (uint8_t)a->verdict;
    r.reason = (uint8_t)a->reading.reason;
    r.says = (uint8_t)a->reading.says;
    r.phase = e->phase;
    r.mx = e->mx;
    r.flags = e->flags;
    r.code = e->said.code;
    r.esc0 = (uint8_t)e->said.esc[0];
    r.esc1 = e->said.esc[1];
    r.esc2 = e->said.esc[2];
    r.decoy_code = e->decoy_code;
    r.decoy_reason = e->decoy_reason;
    r.sum = cache_sum(c, &r);
    c->err = cache_store(c, c->fd, &c->h, &r);
}

int list_cache_close(struct list_cache *c)
{
    int err = c->err;
    if (fdatasync(c->fd) && !err)
        err = errno;
    close(c->fd);
    free(c);
    return err;
}
