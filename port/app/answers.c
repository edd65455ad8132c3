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

static uint32_t answers_sum(const struct answers *answers, const struct answers_record *record)
{
    return (uint32_t)quoth_hash(answers->h.k1, answers->h.k0, record,
                                offsetof(struct answers_record, sum));
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

static uint64_t answers_head_sum(const struct answers_head *head)
{
    return quoth_hash(head->k0, head->k1, head, offsetof(struct answers_head, sum));
}

static uint32_t answers_ttl(const struct answers_record *record, enum answers_age old)
{
    if (record->verdict == QUOTH_VERDICT_DELIVERABLE || record->reason == QUOTH_REASON_CATCH_ALL)
        return 7 * ANSWERS_DAY;
    return old == ANSWERS_KEPT ? 3 * ANSWERS_DAY : 3 * ANSWERS_HOUR;
}

/* Seconds since it was learnt; UINT32_MAX: not to be used. */
static uint32_t answers_seconds(const struct answers *answers, const struct answers_record *record,
                                enum answers_age old)
{
    uint32_t now = (uint32_t)time(NULL);
    if (!record->id || record->sum != answers_sum(answers, record) || record->when > now ||
        now - record->when >= answers_ttl(record, old))
        return UINT32_MAX;
    return now - record->when;
}

/* ---- places ------------------------------------------------------------- */

static off_t answers_place(const struct answers_head *head, uint64_t id)
{
    return (off_t)(ANSWERS_HEAD + (id & (head->buckets - 1)) * ANSWERS_BUCKET);
}

static int answers_read(int fd, off_t at, struct answers_record bucket[ANSWERS_WAYS])
{
    return pread(fd, bucket, ANSWERS_BUCKET, at) == ANSWERS_BUCKET;
}

/* Over its own older record, an empty place, or the oldest one. 0 or -errno. */
static int answers_store(const struct answers *answers, int fd, const struct answers_head *head,
                         const struct answers_record *record)
{
    struct answers_record bucket[ANSWERS_WAYS];
    off_t at = answers_place(head, record->id);
    int best = 0;

    if (!answers_read(fd, at, bucket))
        return -EIO;
    for (int i = 0; i < ANSWERS_WAYS; i++) {
        if (answers_seconds(answers, &bucket[i], ANSWERS_KEPT) == UINT32_MAX)
            bucket[i].when = 0;
        if (bucket[i].id == record->id) {
            best = i;
            break;
        }
        if (bucket[i].when < bucket[best].when)
            best = i;
    }
    errno = ENOSPC;
    return pwrite(fd, record, sizeof *record, at + best * ANSWERS_RECORD) == (ssize_t)sizeof *record
               ? 0
               : -errno;
}

/* ---- opening ------------------------------------------------------------ */

static uint64_t answers_live(const struct answers *answers)
{
    struct answers_record bucket[ANSWERS_WAYS];
    uint64_t live = 0;
    for (uint64_t i = 0; i < answers->h.buckets; i++) {
        if (!answers_read(answers->fd, (off_t)(ANSWERS_HEAD + i * ANSWERS_BUCKET), bucket))
            break;
        for (int k = 0; k < ANSWERS_WAYS; k++)
            live += answers_seconds(answers, &bucket[k], ANSWERS_KEPT) != UINT32_MAX;
    }
    return live;
}

static int answers_copy(const struct answers *answers, int fd, const struct answers_head *head)
{
    struct answers_record bucket[ANSWERS_WAYS];
    int err = 0;
    for (uint64_t i = 0; i < answers->h.buckets && !err; i++) {
        if (!answers_read(answers->fd, (off_t)(ANSWERS_HEAD + i * ANSWERS_BUCKET), bucket))
            break;
        for (int k = 0; k < ANSWERS_WAYS && !err; k++)
            if (answers_seconds(answers, &bucket[k], ANSWERS_KEPT) != UINT32_MAX)
                err = answers_store(answers, fd, head, &bucket[k]);
    }
    return err;
}

/* A table of that size in the place of the old one, whose records it takes over. 0 or -errno. */
static int answers_rebuild(struct answers *answers, const char *path, uint64_t buckets)
{
    struct answers_head head = answers->h;
    char name[4096];
    int fd, err = 0;

    if ((size_t)snprintf(name, sizeof name, "%s.new", path) >= sizeof name)
        return -ENAMETOOLONG;
    head.buckets = buckets;
    head.sum = answers_head_sum(&head);
    fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) ||
        ftruncate(fd, (off_t)(ANSWERS_HEAD + buckets * ANSWERS_BUCKET)))
        err = -errno;
    if (!err && pwrite(fd, &head, sizeof head, 0) != (ssize_t)sizeof head)
        err = -errno;
    if (!err)
        err = answers_copy(answers, fd, &head);
    if (!err)
        err = app_file_replace(fd, name, path);
    if (err) {
        unlink(name);
        close(fd);
        return err;
    }
    close(answers->fd);
    answers->fd = fd;
    answers->h = head;
    return 0;
}

/* 1: a table is there, 0: an empty file, -1: something else. */
static int answers_known(struct answers *answers)
{
    struct stat st;
    ssize_t n = pread(answers->fd, &answers->h, sizeof answers->h, 0);
    if (n == 0)
        return 0;
    if (n != (ssize_t)sizeof answers->h || fstat(answers->fd, &st))
        return -1;
    return !memcmp(answers->h.magic, answers_magic, sizeof answers->h.magic) &&
                   answers->h.sum == answers_head_sum(&answers->h) && answers->h.buckets &&
                   !(answers->h.buckets & (answers->h.buckets - 1)) &&
                   (uint64_t)st.st_size == ANSWERS_HEAD + answers->h.buckets * ANSWERS_BUCKET
               ? 1
               : -1;
}

/* Opened, and still the file of that name once the lock is ours; *alone: nobody else has it. 0 or
 * -errno. */
static int answers_lock(struct answers *answers, const char *path, int *alone)
{
    for (;;) {
        struct stat here, there;
        answers->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (answers->fd < 0)
            return -errno;
        *alone = !flock(answers->fd, LOCK_EX | LOCK_NB);
        if (!*alone && flock(answers->fd, LOCK_SH))
            return -errno;
        if (!fstat(answers->fd, &here) && !stat(path, &there) && app_file_same(&here, &there))
            return 0;
        close(answers->fd);
    }
}

/* What a table of ours that does not exist yet begins with. 0, or QUOTH_ENORANDOM. */
static int answers_begin(struct answers *answers)
{
    memset(&answers->h, 0, sizeof answers->h);
    memcpy(answers->h.magic, answers_magic, sizeof answers->h.magic);
    answers->h.reasons = answers_reasons();
    if (quoth_sock_port.random(&answers->h.k0, sizeof answers->h.k0) ||
        quoth_sock_port.random(&answers->h.k1, sizeof answers->h.k1))
        return QUOTH_ENORANDOM;
    return QUOTH_OK;
}

/* Room for that many more. 0 or -errno. */
static int answers_grow(struct answers *answers, const char *path, uint32_t rows)
{
    const uint64_t all = answers_live(answers) + rows;
    uint64_t want = 64;

    while (want * ANSWERS_FILL < all)
        want *= 2;
    return want > answers->h.buckets ? answers_rebuild(answers, path, want) : 0;
}

static int answers_open_file(struct answers *answers, const char *path, uint32_t rows,
                             const char **why)
{
    int alone, known, err = answers_lock(answers, path, &alone);

    if (err) {
        *why = err == -ELOOP ? "this is a link: name the file itself" : app_error_words(err);
        return QUOTH_EIO;
    }
    known = app_file_is_one(path) ? answers_known(answers) : -1;
    if (known < 0) {
        *why = "this is no cache of quoth";
        return QUOTH_EINVAL;
    }
    if (known && answers->h.reasons != answers_reasons())
        known = 0;
    if (!known && !alone) {
        *why = "another version of quoth is using it";
        return QUOTH_EIO;
    }
    if (!known && answers_begin(answers)) {
        *why = "no random numbers here";
        return QUOTH_EIO;
    }
    if (!alone)
        return QUOTH_OK;
    err = answers_grow(answers, path, rows);
    if (err) {
        *why = app_error_words(err);
        return QUOTH_ESPACE;
    }
    flock(answers->fd, LOCK_SH);
    return QUOTH_OK;
}

int answers_open(struct answers **out, const char *path, const struct quoth_conf *conf,
                 uint32_t rows, const char **why)
{
    struct answers *answers = app_zeroed(1, sizeof *answers);
    int rc;

    *out = NULL;
    if (!answers) {
        *why = app_error_words(ENOMEM);
        return QUOTH_EIO;
    }
    snprintf(answers->scope, sizeof answers->scope, "%d %d %d %d %d %s:%u %s <%s>", conf->depth,
             conf->no_decoy ? 1 : conf->decoys & 2, conf->family, conf->smtp.tls,
             conf->smtp.tls_verify, conf->server ? conf->server : "", conf->port,
             conf->smtp.helo ? conf->smtp.helo : "", conf->smtp.from ? conf->smtp.from : "");
    answers->fd = -1;
    rc = answers_open_file(answers, path, rows, why);
    if (rc == QUOTH_OK) {
        *out = answers;
        return QUOTH_OK;
    }
    if (answers->fd >= 0)
        close(answers->fd);
    free(answers);
    return rc;
}

/* ---- an answer ---------------------------------------------------------- */

static uint64_t answers_key(const struct answers *answers, struct quoth_span local,
                            const char *name)
{
    char key[sizeof answers->scope + 700];
    size_t n = strlen(answers->scope) + 1, domain = strlen(name);
    uint64_t id;

    if (!domain || local.n > 320)
        return 0;
    memcpy(key, answers->scope, n);
    if (local.n)
        memcpy(key + n, local.p, local.n);
    n += local.n;
    key[n++] = '@';
    memcpy(key + n, name, domain);
    id = quoth_hash(answers->h.k0, answers->h.k1, key, n + domain);
    return id ? id : 1;
}

static uint64_t answers_id(const struct answers *answers, const struct quoth_evidence *evidence)
{
    return evidence->addr.fault ? 0 : answers_key(answers, evidence->addr.local, evidence->domain);
}

/* What a decoy was told there. 0: nobody. */
static uint64_t answers_decoy_id(const struct answers *answers, const struct answers_door *door)
{
    char text[46], key[600];

    if (!door->ip.len || quoth_ip_text(&door->ip, text, sizeof text) < 0 ||
        (size_t)snprintf(key, sizeof key, "%s %s %s", door->domain, door->host, text) >= sizeof key)
        return 0;
    return answers_key(answers, (struct quoth_span) {NULL, 0}, key);
}

static struct answers_door answers_door_of(const struct app_result *result)
{
    return (struct answers_door) {result->ev->domain, result->host ? result->host : "",
                                  result->ev->peer.ip};
}

/* Its age, with the record in *r; UINT32_MAX: not known. */
static uint32_t answers_find(const struct answers *answers, uint64_t id, enum answers_age old,
                             struct answers_record *record)
{
    struct answers_record bucket[ANSWERS_WAYS];

    if (!id || !answers_read(answers->fd, answers_place(&answers->h, id), bucket))
        return UINT32_MAX;
    for (int i = 0; i < ANSWERS_WAYS; i++)
        if (bucket[i].id == id) {
            *record = bucket[i];
            return answers_seconds(answers, record, old);
        }
    return UINT32_MAX;
}

int answers_get(struct answers *answers, struct quoth_evidence *found, struct app_result *result,
                enum answers_age old)
{
    struct answers_record stored, *record = &stored;
    uint32_t age = answers_find(answers, answers_id(answers, found), old, record);

    if (age == UINT32_MAX)
        return 0;
    found->phase = record->phase;
    found->mx = record->mx;
    found->flags = record->flags;
    found->said.code = record->code;
    found->said.esc[0] = record->esc0;
    found->said.esc[1] = record->esc1;
    found->said.esc[2] = record->esc2;
    found->decoy_code = record->decoy_code;
    found->decoy_reason = record->decoy_reason;
    found->asked_decoy = record->decoy_code != 0;
    result->ev = found;
    result->verdict = (enum quoth_verdict)record->verdict;
    result->reading = (struct quoth_reading) {.reason = (enum quoth_reason)record->reason,
                                              .says = (enum quoth_says)record->says,
                                              .rule = ""};
    result->host = "";
    result->route = NULL;
    result->cached = 1;
    result->age = age;
    return 1;
}

int answers_decoy(struct answers *answers, const struct answers_door *door, uint16_t *code,
                  uint8_t *reason)
{
    struct answers_record record;

    if (answers_find(answers, answers_decoy_id(answers, door), ANSWERS_FRESH, &record) ==
        UINT32_MAX)
        return 0;
    *code = record.decoy_code;
    *reason = record.decoy_reason;
    return 1;
}

/* Only what was asked in this run, of the best exchanger, and
 * settles it. Domains come in bunches. */
void answers_learn(struct answers *answers, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    const struct answers_door door = answers_door_of(result);
    enum quoth_fact all = quoth_catch_all(evidence);
    struct answers_record record;

    if (!evidence->asked_decoy || all == QUOTH_FACT_NOT_TESTED ||
        evidence->flags & QUOTH_EVID_NOT_BEST || answers->err)
        return;
    memset(&record, 0, sizeof record);
    record.id = answers_decoy_id(answers, &door);
    if (!record.id || record.id == answers->learnt)
        return;
    answers->learnt = record.id;
    record.when = (uint32_t)time(NULL);
    record.reason = all == QUOTH_FACT_YES ? QUOTH_REASON_CATCH_ALL : QUOTH_REASON_NONE;
    record.phase = QUOTH_PHASE_DECOY;
    record.decoy_code = evidence->decoy_code;
    record.decoy_reason = evidence->decoy_reason;
    record.sum = answers_sum(answers, &record);
    answers->err = answers_store(answers, answers->fd, &answers->h, &record);
}

/* Who knows that one mailbox does not exist does not take everything any more (P16). */
static void answers_refute(struct answers *answers, const struct answers_door *door)
{
    struct answers_record record;

    if (answers_find(answers, answers_decoy_id(answers, door), ANSWERS_FRESH, &record) ==
            UINT32_MAX ||
        record.reason != QUOTH_REASON_CATCH_ALL)
        return;
    record.when = 0;
    record.sum = answers_sum(answers, &record);
    answers->err = answers_store(answers, answers->fd, &answers->h, &record);
}

void answers_put(struct answers *answers, const struct app_result *result)
{
    const struct quoth_evidence *evidence = result->ev;
    const struct answers_door door = answers_door_of(result);
    struct answers_record record;

    if (result->verdict == QUOTH_VERDICT_UNKNOWN || result->cached || answers->err)
        return;
    memset(&record, 0, sizeof record);
    record.id = answers_id(answers, evidence);
    if (!record.id)
        return;
    if (result->reading.says == QUOTH_SAYS_NOT_EXISTS && evidence->phase == QUOTH_PHASE_RCPT)
        answers_refute(answers, &door);
    record.when = (uint32_t)time(NULL);
    record.verdict = (uint8_t)result->verdict;
    record.reason = (uint8_t)result->reading.reason;
    record.says = (uint8_t)result->reading.says;
    record.phase = evidence->phase;
    record.mx = evidence->mx;
    record.flags = evidence->flags;
    record.code = evidence->said.code;
    record.esc0 = (uint8_t)evidence->said.esc[0];
    record.esc1 = evidence->said.esc[1];
    record.esc2 = evidence->said.esc[2];
    record.decoy_code = evidence->decoy_code;
    record.decoy_reason = evidence->decoy_reason;
    record.sum = answers_sum(answers, &record);
    answers->err = answers_store(answers, answers->fd, &answers->h, &record);
}

int answers_close(struct answers *answers)
{
    int err = answers->err;
    if (fdatasync(answers->fd) && !err)
        err = -errno;
    close(answers->fd);
    free(answers);
    return err;
}
