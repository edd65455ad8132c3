/* answers.c - answers of earlier runs, in a file that holds no address.
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
 * What a decoy was told has a record of its own, for domain, exchanger and its address: two
 * exchangers of one domain may differ, and one vouches for no other. Who takes everything is a
 * catch-all; who refused a decoy is asked again after 3 hours.
 *
 * The key of a record holds all that the fact depends on (README.md), so what was learnt under
 * another sender, name, TLS policy, family or depth, or by an older version, is not found.
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
#include "answers.h"
#include "sock.h"

enum {
    ANSWERS_RECORD = 32,
    ANSWERS_WAYS = 16,
    ANSWERS_BUCKET = ANSWERS_RECORD * ANSWERS_WAYS,
    ANSWERS_HEAD = 512,
    ANSWERS_FILL = ANSWERS_WAYS / 2
};
enum { ANSWERS_HOUR = 3600, ANSWERS_DAY = 86400 };
static const char answers_magic[9] = "qthcach1";

struct answers_head {
    char magic[8];
    uint64_t k0, k1, reasons, buckets, sum;
};

struct answers {
    int fd, err;
    struct answers_head h;
    char scope[1100]; /* what an answer depends on besides the address */
    uint64_t learnt;  /* the id of the latest decoy put */
};

/* What is kept of an answer; the numbers are the machine's own, a file does not travel. */
struct answers_record {
    uint64_t id;   /* 0: an empty place */
    uint32_t when; /* seconds since 1970 */
    uint8_t verdict, reason, says, phase;
    uint16_t code, esc1, esc2, decoy_code;
    uint8_t esc0, decoy_reason, mx, flags;
    uint32_t sum;
};
_Static_assert(sizeof(struct answers_record) == ANSWERS_RECORD,
               "no padding, and a bucket is a sector");

static uint32_t answers_sum(const struct answers *c, const struct answers_record *r)
{
    return (uint32_t)quoth_hash(c->h.k1, c->h.k0, r, offsetof(struct answers_record, sum));
}

/* Reasons are kept as numbers: of a program that counts them otherwise nothing is understood. */
static uint64_t answers_reasons(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < QUOTH_REASONS; i++) {
        const char *name = quoth_reason_name((enum quoth_reason)i);
        sum = quoth_hash(sum, 0, name, strlen(name));
    }
    return sum;
}

static uint64_t answers_head_sum(const struct answers_head *h)
{
    return quoth_hash(h->k0, h->k1, h, offsetof(struct answers_head, sum));
}

static uint32_t answers_ttl(const struct answers_record *r, enum answers_age old)
{
    if (r->verdict == QUOTH_VERDICT_DELIVERABLE || r->reason == QUOTH_REASON_CATCH_ALL)
        return 7 * ANSWERS_DAY;
    return old == ANSWERS_KEPT ? 3 * ANSWERS_DAY : 3 * ANSWERS_HOUR;
}

/* Seconds since it was learnt; UINT32_MAX: not to be used. */
static uint32_t answers_seconds(const struct answers *c, const struct answers_record *r,
                                enum answers_age old)
{
    uint32_t now = (uint32_t)time(NULL);
    if (!r->id || r->sum != answers_sum(c, r) || r->when > now ||
        now - r->when >= answers_ttl(r, old))
        return UINT32_MAX;
    return now - r->when;
}

/* ---- places ------------------------------------------------------------- */

static off_t answers_place(const struct answers_head *h, uint64_t id)
{
    return (off_t)(ANSWERS_HEAD + (id & (h->buckets - 1)) * ANSWERS_BUCKET);
}

static int answers_read(int fd, off_t at, struct answers_record bucket[ANSWERS_WAYS])
{
    return pread(fd, bucket, ANSWERS_BUCKET, at) == ANSWERS_BUCKET;
}

/* Over its own older record, an empty place, or the oldest one. 0 or errno. */
static int answers_store(const struct answers *c, int fd, const struct answers_head *h,
                         const struct answers_record *r)
{
    struct answers_record bucket[ANSWERS_WAYS];
    off_t at = answers_place(h, r->id);
    int best = 0;

    if (!answers_read(fd, at, bucket))
        return EIO;
    for (int i = 0; i < ANSWERS_WAYS; i++) {
        if (answers_seconds(c, &bucket[i], ANSWERS_KEPT) == UINT32_MAX)
            bucket[i].when = 0;
        if (bucket[i].id == r->id) {
            best = i;
            break;
        }
        if (bucket[i].when < bucket[best].when)
            best = i;
    }
    errno = ENOSPC;
    return pwrite(fd, r, sizeof *r, at + best * ANSWERS_RECORD) == (ssize_t)sizeof *r ? 0 : errno;
}

/* ---- opening ------------------------------------------------------------ */

static uint64_t answers_live(const struct answers *c)
{
    struct answers_record bucket[ANSWERS_WAYS];
    uint64_t live = 0;
    for (uint64_t i = 0; i < c->h.buckets; i++) {
        if (!answers_read(c->fd, (off_t)(ANSWERS_HEAD + i * ANSWERS_BUCKET), bucket))
            break;
        for (int k = 0; k < ANSWERS_WAYS; k++)
            live += answers_seconds(c, &bucket[k], ANSWERS_KEPT) != UINT32_MAX;
    }
    return live;
}

static int answers_copy(const struct answers *c, int fd, const struct answers_head *h)
{
    struct answers_record bucket[ANSWERS_WAYS];
    int err = 0;
    for (uint64_t i = 0; i < c->h.buckets && !err; i++) {
        if (!answers_read(c->fd, (off_t)(ANSWERS_HEAD + i * ANSWERS_BUCKET), bucket))
            break;
        for (int k = 0; k < ANSWERS_WAYS && !err; k++)
            if (answers_seconds(c, &bucket[k], ANSWERS_KEPT) != UINT32_MAX)
                err = answers_store(c, fd, h, &bucket[k]);
    }
    return err;
}

/* A table of that size in the place of the old one, whose records it takes over. 0 or errno. */
static int answers_rebuild(struct answers *c, const char *path, uint64_t buckets)
{
    struct answers_head h = c->h;
    char name[4096];
    int fd, err = 0;

    if ((size_t)snprintf(name, sizeof name, "%s.new", path) >= sizeof name)
        return ENAMETOOLONG;
    h.buckets = buckets;
    h.sum = answers_head_sum(&h);
    fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    if (flock(fd, LOCK_EX | LOCK_NB) ||
        ftruncate(fd, (off_t)(ANSWERS_HEAD + buckets * ANSWERS_BUCKET)))
        err = errno;
    if (!err && pwrite(fd, &h, sizeof h, 0) != (ssize_t)sizeof h)
        err = errno;
    if (!err)
        err = answers_copy(c, fd, &h);
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
static int answers_known(struct answers *c)
{
    struct stat st;
    ssize_t n = pread(c->fd, &c->h, sizeof c->h, 0);
    if (n == 0)
        return 0;
    if (n != (ssize_t)sizeof c->h || fstat(c->fd, &st))
        return -1;
    return !memcmp(c->h.magic, answers_magic, sizeof c->h.magic) &&
                   c->h.sum == answers_head_sum(&c->h) && c->h.buckets &&
                   !(c->h.buckets & (c->h.buckets - 1)) &&
                   (uint64_t)st.st_size == ANSWERS_HEAD + c->h.buckets * ANSWERS_BUCKET
               ? 1
               : -1;
}

/* Opened, and still the file of that name once the lock is ours; *alone: nobody else has it. 0 or
 * errno. */
static int answers_lock(struct answers *c, const char *path, int *alone)
{
    for (;;) {
        struct stat here, there;
        c->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
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

/* What a table of ours that does not exist yet begins with. 0, or QUOTH_ENORANDOM. */
static int answers_begin(struct answers *c)
{
    memset(&c->h, 0, sizeof c->h);
    memcpy(c->h.magic, answers_magic, sizeof c->h.magic);
    c->h.reasons = answers_reasons();
    if (quoth_sock_port.random(&c->h.k0, sizeof c->h.k0) ||
        quoth_sock_port.random(&c->h.k1, sizeof c->h.k1))
        return QUOTH_ENORANDOM;
    return QUOTH_OK;
}

/* Room for that many more. 0 or errno. */
static int answers_grow(struct answers *c, const char *path, uint32_t rows)
{
    const uint64_t all = answers_live(c) + rows;
    uint64_t want = 64;

    while (want * ANSWERS_FILL < all)
        want *= 2;
    return want > c->h.buckets ? answers_rebuild(c, path, want) : 0;
}

static int answers_open_file(struct answers *c, const char *path, uint32_t rows, const char **why)
{
    int alone, known, err = answers_lock(c, path, &alone);

    if (err) {
        *why = err == ELOOP ? "this is a link: name the file itself" : app_error_words(err);
        return QUOTH_EIO;
    }
    known = answers_known(c);
    if (known < 0) {
        *why = "this is no cache of quoth";
        return QUOTH_EINVAL;
    }
    if (known && c->h.reasons != answers_reasons())
        known = 0;
    if (!known && !alone) {
        *why = "another version of quoth is using it";
        return QUOTH_EIO;
    }
    if (!known && answers_begin(c)) {
        *why = "no random numbers here";
        return QUOTH_EIO;
    }
    if (!alone)
        return QUOTH_OK;
    err = answers_grow(c, path, rows);
    if (err) {
        *why = app_error_words(err);
        return QUOTH_ESPACE;
    }
    flock(c->fd, LOCK_SH);
    return QUOTH_OK;
}

int answers_open(struct answers **out, const char *path, const struct quoth_conf *conf,
                 uint32_t rows, const char **why)
{
    struct answers *c = app_zeroed(1, sizeof *c);
    int rc;

    *out = NULL;
    if (!c) {
        *why = app_error_words(ENOMEM);
        return QUOTH_EIO;
    }
    snprintf(c->scope, sizeof c->scope, "%d %d %d %d %d %s:%u %s <%s>", conf->depth,
             conf->no_decoy ? 1 : conf->decoys & 2, conf->family, conf->smtp.tls,
             conf->smtp.tls_verify, conf->server ? conf->server : "", conf->port,
             conf->smtp.helo ? conf->smtp.helo : "", conf->smtp.from ? conf->smtp.from : "");
    c->fd = -1;
    rc = answers_open_file(c, path, rows, why);
    if (rc == QUOTH_OK) {
        *out = c;
        return QUOTH_OK;
    }
    if (c->fd >= 0)
        close(c->fd);
    free(c);
    return rc;
}

/* ---- an answer ---------------------------------------------------------- */

static uint64_t answers_key(const struct answers *c, struct quoth_span local, const char *name)
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

static uint64_t answers_id(const struct answers *c, const struct quoth_evidence *e)
{
    return e->addr.fault ? 0 : answers_key(c, e->addr.local, e->domain);
}

/* What a decoy was told there. 0: nobody. */
static uint64_t answers_decoy_id(const struct answers *c, const struct answers_door *door)
{
    char text[46], key[600];

    if (!door->ip.len || quoth_ip_text(&door->ip, text, sizeof text) < 0 ||
        (size_t)snprintf(key, sizeof key, "%s %s %s", door->domain, door->host, text) >= sizeof key)
        return 0;
    return answers_key(c, (struct quoth_span) {NULL, 0}, key);
}

static struct answers_door answers_door_of(const struct app_result *r)
{
    return (struct answers_door) {r->ev->domain, r->host ? r->host : "", r->ev->peer.ip};
}

/* Its age, with the record in *r; UINT32_MAX: not known. */
static uint32_t answers_find(const struct answers *c, uint64_t id, enum answers_age old,
                             struct answers_record *r)
{
    struct answers_record bucket[ANSWERS_WAYS];

    if (!id || !answers_read(c->fd, answers_place(&c->h, id), bucket))
        return UINT32_MAX;
    for (int i = 0; i < ANSWERS_WAYS; i++)
        if (bucket[i].id == id) {
            *r = bucket[i];
            return answers_seconds(c, r, old);
        }
    return UINT32_MAX;
}

int answers_get(struct answers *c, struct quoth_evidence *found, struct app_result *result,
                enum answers_age old)
{
    struct answers_record record, *r = &record;
    uint32_t age = answers_find(c, answers_id(c, found), old, r);

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
    result->ev = found;
    result->verdict = (enum quoth_verdict)r->verdict;
    result->reading = (struct quoth_reading) {
        .reason = (enum quoth_reason)r->reason, .says = (enum quoth_says)r->says, .rule = ""};
    result->host = "";
    result->route = NULL;
    result->cached = 1;
    result->age = age;
    return 1;
}

int answers_decoy(struct answers *c, const struct answers_door *door, uint16_t *code,
                  uint8_t *reason)
{
    struct answers_record r;

    if (answers_find(c, answers_decoy_id(c, door), ANSWERS_FRESH, &r) == UINT32_MAX)
        return 0;
    *code = r.decoy_code;
    *reason = r.decoy_reason;
    return 1;
}

/* Only what was asked in this run, of the best exchanger, and
 * settles it. Domains come in bunches. */
void answers_learn(struct answers *c, const struct app_result *result)
{
    const struct quoth_evidence *e = result->ev;
    const struct answers_door door = answers_door_of(result);
    enum quoth_fact all = quoth_catch_all(e);
    struct answers_record r;

    if (!e->asked_decoy || all == QUOTH_FACT_NOT_TESTED || e->flags & QUOTH_EVID_NOT_BEST || c->err)
        return;
    memset(&r, 0, sizeof r);
    r.id = answers_decoy_id(c, &door);
    if (!r.id || r.id == c->learnt)
        return;
    c->learnt = r.id;
    r.when = (uint32_t)time(NULL);
    r.reason = all == QUOTH_FACT_YES ? QUOTH_REASON_CATCH_ALL : QUOTH_REASON_NONE;
    r.phase = QUOTH_PHASE_DECOY;
    r.decoy_code = e->decoy_code;
    r.decoy_reason = e->decoy_reason;
    r.sum = answers_sum(c, &r);
    c->err = answers_store(c, c->fd, &c->h, &r);
}

/* Who knows that one mailbox does not exist does not take everything any more (P16). */
static void answers_refute(struct answers *c, const struct answers_door *door)
{
    struct answers_record r;

    if (answers_find(c, answers_decoy_id(c, door), ANSWERS_FRESH, &r) == UINT32_MAX ||
        r.reason != QUOTH_REASON_CATCH_ALL)
        return;
    r.when = 0;
    r.sum = answers_sum(c, &r);
    c->err = answers_store(c, c->fd, &c->h, &r);
}

void answers_put(struct answers *c, const struct app_result *result)
{
    const struct quoth_evidence *e = result->ev;
    const struct answers_door door = answers_door_of(result);
    struct answers_record r;

    if (result->verdict == QUOTH_VERDICT_UNKNOWN || result->cached || c->err)
        return;
    memset(&r, 0, sizeof r);
    if (!(r.id = answers_id(c, e)))
        return;
    if (result->reading.says == QUOTH_SAYS_NOT_EXISTS && e->phase == QUOTH_PHASE_RCPT)
        answers_refute(c, &door);
    r.when = (uint32_t)time(NULL);
    r.verdict = (uint8_t)result->verdict;
    r.reason = (uint8_t)result->reading.reason;
    r.says = (uint8_t)result->reading.says;
    r.phase = e->phase;
    r.mx = e->mx;
    r.flags = e->flags;
    r.code = e->said.code;
    r.esc0 = (uint8_t)e->said.esc[0];
    r.esc1 = e->said.esc[1];
    r.esc2 = e->said.esc[2];
    r.decoy_code = e->decoy_code;
    r.decoy_reason = e->decoy_reason;
    r.sum = answers_sum(c, &r);
    c->err = answers_store(c, c->fd, &c->h, &r);
}

int answers_close(struct answers *c)
{
    int err = c->err;
    if (fdatasync(c->fd) && !err)
        err = errno;
    close(c->fd);
    free(c);
    return err;
}
