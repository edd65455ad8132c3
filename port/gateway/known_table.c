/* known_table.c - see known_table.h.
 *
 * SPDX-License-Identifier: MIT */
#include "known_table.h"
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "app.h"

enum { TABLE_FIELDS = 8, TABLE_PATH = 1024, TABLE_LINE = 160 };

static const char table_head[] = "quoth-known 1\n";

int known_table_init(struct known_table *table, const uint8_t key[16])
{
    memset(table, 0, sizeof *table);
    memcpy(table->key, key, sizeof table->key);
    table->row = calloc(KNOWN_ROWS, sizeof *table->row);
    return table->row ? 0 : -1;
}

void known_table_free(struct known_table *table)
{
    if (table->out)
        fclose(table->out);
    free(table->row);
}

/* ---- finding -------------------------------------------------------------- */

/* The first is of the address alone, so that it is found whatever the route. */
static void table_sum(const struct known_table *table, const char *text, size_t n, uint64_t route,
                      uint64_t sum[2])
{
    sum[0] = quoth_hash(table->key[0], table->key[1], text, n);
    sum[1] = quoth_hash(~table->key[0], table->key[1] ^ route, text, n);
}

/* Of "@DOMAIN" in whatever case, or of the address behind whose '@' it stands. */
static uint64_t table_domain(const struct known_table *table, const char *text, size_t n)
{
    char name[256];
    size_t at = n, name_n = 0;

    while (at && text[at - 1] != '@')
        at--;
    for (; at < n && name_n < sizeof name; at++)
        name[name_n++] = (char)(text[at] >= 'A' && text[at] <= 'Z' ? text[at] | 32 : text[at]);
    return quoth_hash(table->key[0], ~table->key[1], name, name_n);
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
static struct known *table_place(struct known_table *table, const uint64_t sum[2], uint64_t now,
                                 struct known **least)
{
    struct known *set = &table->row[sum[0] % (KNOWN_ROWS / KNOWN_SET) * KNOWN_SET];

    *least = set;
    for (unsigned i = 0; i < KNOWN_SET; i++) {
        if (set[i].sum[0] == sum[0] && set[i].sum[1] == sum[1])
            return &set[i];
        if (table_is_less(&set[i], *least, now))
            *least = &set[i];
    }
    return NULL;
}

struct known *known_find(struct known_table *table, const char *text, size_t n, uint64_t route,
                         uint64_t now)
{
    struct known *least, *k;
    uint64_t sum[2];

    table_sum(table, text, n, route, sum);
    k = table_place(table, sum, now, &least);
    if (k)
        return k;
    memset(least, 0, sizeof *least);
    memcpy(least->sum, sum, sizeof sum);
    least->domain = table_domain(table, text, n);
    least->learnt_ms = now;
    return least;
}

void known_forget(struct known_table *table, const char *text)
{
    const size_t n = strlen(text);
    const uint64_t domain = table_domain(table, text, n);
    char address[1024];
    uint64_t sum[2];

    if (n >= sizeof address)
        return;
    memcpy(address, text, n + 1);
    for (char *p = strrchr(address, '@'); p && *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 32 : *p);
    table_sum(table, address, n, 0, sum);
    for (uint32_t i = 0; i < KNOWN_ROWS; i++)
        if (table->row[i].domain == domain && (*text == '@' || table->row[i].sum[0] == sum[0]))
            memset(&table->row[i].good_ms, 0,
                   sizeof table->row[i] - offsetof(struct known, good_ms));
    if (table->out) /* it stands there perhaps: that file begins anew */
        fclose(table->out);
    table->out = NULL;
}

void known_id(const struct known *known, char id[6])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";

    for (unsigned i = 0; i < 5; i++)
        id[i] = letters[known->sum[1] >> (5 * i) & 31];
    id[5] = '\0';
}

/* ---- the file --------------------------------------------------------------- */

static size_t table_hex(char *to, uint64_t number, char behind)
{
    size_t n = 0;
    int shift = 60;

    while (shift && !(number >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        to[n++] = "0123456789abcdef"[number >> shift & 15];
    to[n++] = behind;
    return n;
}

/* A time of the run as one of the wall; and back, where a time to come is now: the clock was set
 * back. */
static uint64_t table_wall(uint64_t wall, uint64_t now, uint64_t at)
{
    return at ? wall - (now - at) : 0;
}
static uint64_t table_run(uint64_t wall, uint64_t now, uint64_t at)
{
    const uint64_t run = at < wall ? now - (wall - at) : now;

    if (!at)
        return 0;
    return run ? run : 1;
}

static size_t table_row(const struct known_table *table, const struct known *known, uint64_t now,
                        char line[TABLE_LINE])
{
    const uint64_t field[TABLE_FIELDS] = {
        known->sum[0],
        known->sum[1],
        known->domain,
        table_wall(table->wall_ms, now, known->good_ms),
        table_wall(table->wall_ms, now, known->bad_ms),
        table_wall(table->wall_ms, now, known->refused_ms),
        table_wall(table->wall_ms, now, known->learnt_ms),
        known->says,
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

static int table_begin(struct known_table *table, const char *next)
{
    char line[TABLE_LINE];
    size_t n;

    table->out = fopen(next, "we");
    if (!table->out)
        return -errno;
    table->next = table->saved = 0;
    fputs(table_head, table->out);
    fputs("key ", table->out);
    n = table_hex(line, table->key[0], ' ');
    n += table_hex(line + n, table->key[1], '\n');
    fwrite(line, 1, n, table->out);
    return 0;
}

static int table_end(struct known_table *table, const char *path, const char *next)
{
    char line[TABLE_LINE];
    int err = 0;

    fputs("end ", table->out);
    fwrite(line, 1, table_hex(line, table->saved, '\n'), table->out);
    if (ferror(table->out) || fflush(table->out))
        err = errno ? -errno : -EIO;
    if (!err)
        err = app_file_replace(fileno(table->out), next, path);
    fclose(table->out);
    table->out = NULL;
    return err;
}

int known_save(struct known_table *table, const char *path, uint64_t now, int whole)
{
    char next[TABLE_PATH], line[TABLE_LINE];
    int rc;

    table_next(path, next);
    if (whole && table->out) { /* as it is now */
        fclose(table->out);
        table->out = NULL;
    }
    rc = table->out ? 0 : table_begin(table, next);
    if (rc)
        return rc;
    for (uint32_t step = 0; table->next < KNOWN_ROWS && (whole || step < KNOWN_STEP); step++) {
        const struct known *known = &table->row[table->next++];
        if (!known->good_ms && !known->bad_ms)
            continue;
        fwrite(line, 1, table_row(table, known, now, line), table->out);
        table->saved++;
    }
    return table->next < KNOWN_ROWS ? 1 : table_end(table, path, next);
}

/* The number at *p and what is behind it, which it moves past; 0: it is none. */
static int table_number(const char **p, char behind, uint64_t *number)
{
    const char *from = *p;

    *number = 0;
    for (;; ++*p) {
        /* Capitals lack this bit: table_hex() writes none. */
        const int digit = **p & 0x20 ? app_hex_digit(**p) : -1;
        if (digit < 0)
            break;
        if (*number >> 60)
            return 0;
        *number = *number << 4 | (uint64_t)digit;
    }
    return *p != from && *(*p)++ == behind;
}

static int table_take(struct known_table *table, const uint64_t field[TABLE_FIELDS], uint64_t now)
{
    struct known known = {.sum = {field[0], field[1]},
                          .domain = field[2],
                          .good_ms = table_run(table->wall_ms, now, field[3]),
                          .refused_ms = field[5] ? now : 0, /* of another run: 10 minutes anew */
                          .learnt_ms = table_run(table->wall_ms, now, field[6]),
                          .says = (uint8_t)field[7]};
    static const uint8_t told[GATE_SAYS] = {
        [GATE_FULL] = KNOWN_TELL_FULL, [GATE_DISABLED] = KNOWN_TELL_DISABLED};
    struct known *least;

    if (field[7] >= GATE_SAYS ||
        (field[4] && known.says != GATE_FULL && !gate_refuses((enum gate_says)known.says)))
        return -1;
    if (field[4] <= table->wall_ms && /* else nobody knows how old that no is */
        !(told[known.says] & ~table->tells))
        known.bad_ms = table_run(table->wall_ms, now, field[4]);
    if (!table_place(table, known.sum, now, &least))
        *least = known;
    return 0;
}

/* One line behind the key: 0: a row; 1: the end, of so many rows; -1: damaged. */
static int table_line(struct known_table *table, const char *p, uint64_t rows, uint64_t now)
{
    uint64_t field[TABLE_FIELDS];

    if (!strncmp(p, "end ", 4)) {
        p += 4;
        return table_number(&p, '\n', &field[0]) && !*p && field[0] == rows ? 1 : -1;
    }
    for (unsigned i = 0; i < TABLE_FIELDS; i++)
        if (!table_number(&p, i + 1 < TABLE_FIELDS ? ' ' : '\n', &field[i]))
            return -1;
    return *p ? -1 : table_take(table, field, now);
}

int known_load(struct known_table *table, FILE *file, uint64_t now)
{
    const uint64_t fresh[2] = {table->key[0], table->key[1]};
    char line[TABLE_LINE];
    const char *p = line + 4;
    int rc = -1;

    if (fgets(line, sizeof line, file) && !strcmp(line, table_head) &&
        fgets(line, sizeof line, file) && !strncmp(line, "key ", 4) &&
        table_number(&p, ' ', &table->key[0]) && table_number(&p, '\n', &table->key[1]) && !*p)
        rc = 0;
    for (uint64_t rows = 0; !rc; rows++)
        rc = fgets(line, sizeof line, file) ? table_line(table, line, rows, now) : -1;
    if (rc == 1 && fgetc(file) == EOF)
        return 0;
    memset(table->row, 0, KNOWN_ROWS * sizeof *table->row);
    memcpy(table->key, fresh, sizeof fresh);
    return -1;
}
