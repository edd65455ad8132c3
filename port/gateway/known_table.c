/* known_table.c - see known_table.h.
 *
 * SPDX-License-Identifier: MIT */
#include "known_table.h"
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_FIELDS = 8, TABLE_PATH = 1024, TABLE_LINE = 160 };

static const char table_head[] = "quoth-known 1\n";

int known_table_init(struct known_table *t, const uint8_t key[16])
{
    memset(t, 0, sizeof *t);
    memcpy(t->key, key, sizeof t->key);
    t->row = calloc(KNOWN_ROWS, sizeof *t->row);
    return t->row ? 0 : -1;
}

void known_table_free(struct known_table *t)
{
    if (t->out)
        fclose(t->out);
    free(t->row);
}

/* ---- finding -------------------------------------------------------------- */

static void table_sum(const struct known_table *t, const char *text, size_t n, uint64_t sum[2])
{
    sum[0] = quoth_hash(t->key[0], t->key[1], text, n);
    sum[1] = quoth_hash(~t->key[0], t->key[1], text, n);
}

/* Of "@DOMAIN" in whatever case, or of the address behind whose '@' it stands. */
static uint64_t table_domain(const struct known_table *t, const char *text, size_t n)
{
    char name[256];
    size_t at = n, name_n = 0;

    while (at && text[at - 1] != '@')
        at--;
    for (; at < n && name_n < sizeof name; at++)
        name[name_n++] = (char)(text[at] >= 'A' && text[at] <= 'Z' ? text[at] | 32 : text[at]);
    return quoth_hash(t->key[0], ~t->key[1], name, name_n);
}

/* Does `one` give way before `other`? What was never good first, or a stranger who guesses
 * addresses could have us forget the good ones. */
static int table_is_less(const struct known *one, const struct known *other, uint64_t now)
{
    if (!one->learnt_ms != !other->learnt_ms)
        return !one->learnt_ms;
    if (!one->good_ms != !other->good_ms)
        return !one->good_ms;
    return now - one->learnt_ms > now - other->learnt_ms;
}

/* Its place; `least`: the one of those four that gives way. */
static struct known *table_place(struct known_table *t, const uint64_t sum[2], uint64_t now,
                                 struct known **least)
{
    struct known *set = &t->row[sum[0] % (KNOWN_ROWS / KNOWN_SET) * KNOWN_SET];

    *least = set;
    for (unsigned i = 0; i < KNOWN_SET; i++) {
        if (set[i].sum[0] == sum[0] && set[i].sum[1] == sum[1])
            return &set[i];
        if (table_is_less(&set[i], *least, now))
            *least = &set[i];
    }
    return NULL;
}

struct known *known_find(struct known_table *t, const char *text, size_t n, uint64_t now)
{
    struct known *least, *k;
    uint64_t sum[2];

    table_sum(t, text, n, sum);
    k = table_place(t, sum, now, &least);
    if (k)
        return k;
    memset(least, 0, sizeof *least);
    memcpy(least->sum, sum, sizeof sum);
    least->domain = table_domain(t, text, n);
    least->learnt_ms = now;
    return least;
}

void known_forget(struct known_table *t, const char *text)
{
    const size_t n = strlen(text);
    const uint64_t domain = table_domain(t, text, n);
    char address[1024];
    uint64_t sum[2];

    if (n >= sizeof address)
        return;
    memcpy(address, text, n + 1);
    for (char *p = strrchr(address, '@'); p && *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 32 : *p);
    table_sum(t, address, n, sum);
    for (uint32_t i = 0; i < KNOWN_ROWS; i++)
        if (t->row[i].domain == domain && (*text == '@' || t->row[i].sum[0] == sum[0]))
            memset(&t->row[i].good_ms, 0, sizeof t->row[i] - offsetof(struct known, good_ms));
}

void known_id(const struct known *k, char id[6])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";

    for (unsigned i = 0; i < 5; i++)
        id[i] = letters[k->sum[1] >> (5 * i) & 31];
    id[5] = '\0';
}

/* ---- the file --------------------------------------------------------------- */

static size_t table_hex(char *to, uint64_t x, char behind)
{
    size_t n = 0;
    int shift = 60;

    while (shift && !(x >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        to[n++] = "0123456789abcdef"[x >> shift & 15];
    to[n++] = behind;
    return n;
}

/* A time of the run as one of the wall; and back. */
static uint64_t table_wall(uint64_t wall, uint64_t now, uint64_t at)
{
    return at ? wall - (now - at) : 0;
}
static uint64_t table_run(uint64_t wall, uint64_t now, uint64_t at)
{
    const uint64_t run = at < wall ? now - (wall - at) : now;

    return !at ? 0 : run ? run : 1;
}

static size_t table_row(const struct known_table *t, const struct known *k, uint64_t now,
                        char line[TABLE_LINE])
{
    const uint64_t field[TABLE_FIELDS] = {
        k->sum[0],
        k->sum[1],
        k->domain,
        table_wall(t->wall_ms, now, k->good_ms),
        table_wall(t->wall_ms, now, k->bad_ms),
        table_wall(t->wall_ms, now, k->refused_ms),
        table_wall(t->wall_ms, now, k->learnt_ms),
        k->says,
    };
    size_t n = 0;

    for (unsigned i = 0; i < TABLE_FIELDS; i++)
        n += table_hex(line + n, field[i], i + 1 < TABLE_FIELDS ? ' ' : '\n');
    return n;
}

static void table_next(const char *path, char next[TABLE_PATH])
{
    snprintf(next, TABLE_PATH, "%s.new", path);
}

static int table_begin(struct known_table *t, const char *next)
{
    char line[TABLE_LINE];
    size_t n;

    t->out = fopen(next, "we");
    if (!t->out)
        return -errno;
    t->next = t->saved = 0;
    fputs(table_head, t->out);
    fputs("key ", t->out);
    n = table_hex(line, t->key[0], ' ');
    n += table_hex(line + n, t->key[1], '\n');
    fwrite(line, 1, n, t->out);
    return 0;
}

/* The new file takes the place of the old one, so that one of them is whole. */
static int table_end(struct known_table *t, const char *path, const char *next)
{
    char line[TABLE_LINE];
    int bad;

    fputs("end ", t->out);
    fwrite(line, 1, table_hex(line, t->saved, '\n'), t->out);
    bad = ferror(t->out);
    bad |= fclose(t->out) != 0;
    t->out = NULL;
    return bad || rename(next, path) ? -(errno ? errno : EIO) : 0;
}

int known_save(struct known_table *t, const char *path, uint64_t now, int whole)
{
    char next[TABLE_PATH], line[TABLE_LINE];
    int rc;

    table_next(path, next);
    if (whole && t->out) { /* as it is now */
        fclose(t->out);
        t->out = NULL;
    }
    rc = t->out ? 0 : table_begin(t, next);
    if (rc)
        return rc;
    for (uint32_t step = 0; t->next < KNOWN_ROWS && (whole || step < KNOWN_STEP); step++) {
        const struct known *k = &t->row[t->next++];
        if (!k->good_ms && !k->bad_ms)
            continue;
        fwrite(line, 1, table_row(t, k, now, line), t->out);
        t->saved++;
    }
    return t->next < KNOWN_ROWS ? 1 : table_end(t, path, next);
}

/* The number at *p and what is behind it, which it moves past; 0: it is none. */
static int table_number(const char **p, char behind, uint64_t *x)
{
    const char *from = *p;

    *x = 0;
    for (;; ++*p) {
        const char c = **p;
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            break;
        if (*x >> 60)
            return 0;
        *x = *x << 4 | (uint64_t)digit;
    }
    return *p != from && *(*p)++ == behind;
}

static int table_take(struct known_table *t, const uint64_t field[TABLE_FIELDS], uint64_t now)
{
    struct known k = {.sum = {field[0], field[1]},
                      .domain = field[2],
                      .good_ms = table_run(t->wall_ms, now, field[3]),
                      .bad_ms = table_run(t->wall_ms, now, field[4]),
                      .refused_ms = table_run(t->wall_ms, now, field[5]),
                      .learnt_ms = table_run(t->wall_ms, now, field[6]),
                      .says = (uint8_t)field[7]};
    struct known *least;

    if (field[7] >= GATE_SAYS || (k.bad_ms && !gate_refuses((enum gate_says)k.says)))
        return -1;
    if (!table_place(t, k.sum, now, &least))
        *least = k;
    return 0;
}

/* One line behind the key: 0: a row; 1: the end, of so many rows; -1: damaged. */
static int table_line(struct known_table *t, const char *p, uint64_t rows, uint64_t now)
{
    uint64_t field[TABLE_FIELDS];

    if (!strncmp(p, "end ", 4)) {
        p += 4;
        return table_number(&p, '\n', &field[0]) && !*p && field[0] == rows ? 1 : -1;
    }
    for (unsigned i = 0; i < TABLE_FIELDS; i++)
        if (!table_number(&p, i + 1 < TABLE_FIELDS ? ' ' : '\n', &field[i]))
            return -1;
    return *p ? -1 : table_take(t, field, now);
}

int known_load(struct known_table *t, FILE *f, uint64_t now)
{
    const uint64_t fresh[2] = {t->key[0], t->key[1]};
    char line[TABLE_LINE];
    const char *p = line + 4;
    int rc = -1;

    if (fgets(line, sizeof line, f) && !strcmp(line, table_head) && fgets(line, sizeof line, f) &&
        !strncmp(line, "key ", 4) && table_number(&p, ' ', &t->key[0]) &&
        table_number(&p, '\n', &t->key[1]) && !*p)
        rc = 0;
    for (uint64_t rows = 0; !rc; rows++)
        rc = fgets(line, sizeof line, f) ? table_line(t, line, rows, now) : -1;
    if (rc == 1 && fgetc(f) == EOF)
        return 0;
    memset(t->row, 0, KNOWN_ROWS * sizeof *t->row);
    memcpy(t->key, fresh, sizeof fresh);
    return -1;
}
