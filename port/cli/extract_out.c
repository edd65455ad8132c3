/* extract_out.c - hits of `quoth extract` on their way out: each once, and in which form.
 *
 *   text   jane@example.com                                    at once
 *   csv    address,file,line,offset,flags,count                with --unique: in the end, for the
 *   json   {"v":1,"kind":"address","address":...}              count is known then
 *
 * Of an address that was seen 8 bytes are kept, a hash with a key of this run: local part (in lower
 * case with --fold), @, domain as A-labels. Where memory ends, what was seen is forgotten: then an
 * address may come twice, and none is lost.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "extract.h"
#include "posix.h"

enum { OUT_SLOTS = 1024, OUT_ROWS = 512, OUT_TEXT = 16384 };

/* ---- one hit, written --------------------------------------------------- */

static const struct {
    uint8_t flag;
    const char *name;
} out_flags[] = {{QUOTH_HIT_VERP, "verp"}, {QUOTH_HIT_MSGID, "msgid"}, {QUOTH_HIT_GUESS, "guess"}};
enum { OUT_FLAGS = sizeof out_flags / sizeof *out_flags };

static void out_csv_cell(FILE *file, const char *p, size_t n)
{
    putc('"', file);
    if (n && strchr("=+-@", *p))
        putc('\'', file);
    for (; n; n--, p++) {
        const char *end = p;
        while (n > 1 && *end != '"') {
            end++;
            n--;
        }
        app_put(file, p, (size_t)(end - p) + 1);
        if (*end == '"')
            putc('"', file);
        p = end;
    }
    putc('"', file);
}

static void out_csv(FILE *file, const struct extract_row *row, const char *address)
{
    const char *blank = "";

    out_csv_cell(file, address, row->n);
    putc(',', file);
    out_csv_cell(file, row->file, strlen(row->file));
    fprintf(file, ",%llu,%llu,", (unsigned long long)row->line, (unsigned long long)row->offset);
    for (int i = 0; i < OUT_FLAGS; i++)
        if (row->flags & out_flags[i].flag) {
            fprintf(file, "%s%s", blank, out_flags[i].name);
            blank = " ";
        }
    fprintf(file, ",%lu\n", (unsigned long)row->count);
}

static void out_json(struct app_stream *out, const struct extract_row *row, const char *address)
{
    struct app_json json = {out, 0};
    struct quoth_addr addr;
    char domain[256];

    app_json_open(&json, NULL, '{');
    app_json_number(&json, "v", 1);
    app_json_text(&json, "kind", "address");
    app_json_str(&json, "address", address, row->n);
    if (quoth_addr_parse(&addr, address, row->n) == QUOTH_OK &&
        quoth_addr_domain(&addr, domain, sizeof domain) > 0)
        app_json_text(&json, "domain", domain);
    app_json_str(&json, "file", row->file, strlen(row->file));
    app_json_number(&json, "line", row->line);
    app_json_number(&json, "offset", row->offset);
    app_json_open(&json, "flags", '[');
    for (int i = 0; i < OUT_FLAGS; i++)
        if (row->flags & out_flags[i].flag)
            app_json_text(&json, NULL, out_flags[i].name);
    app_json_close(&json, ']');
    app_json_number(&json, "count", row->count);
    app_json_close(&json, '}');
    app_stream_byte(out, '\n');
}

static void out_row(const struct extract_out *out, const struct extract_row *row,
                    const char *address)
{
    if (out->format == EXTRACT_CSV) {
        out_csv(out->f, row, address);
    } else if (out->format == EXTRACT_JSON) {
        struct app_stream stream = {.f = out->f};
        out_json(&stream, row, address);
    } else {
        app_put(out->f, address, row->n);
        putc('\n', out->f);
    }
}

static void out_rows(struct extract_out *out)
{
    for (size_t i = 0; i < out->rows; i++)
        out_row(out, &out->row[i], out->text + out->row[i].text);
    out->rows = out->text_n = 0;
}

/* ---- what was seen ------------------------------------------------------ */

/* Local part, @, domain as A-labels. Never 0. */
static uint64_t out_hash(const struct extract_out *out, const struct quoth_span *address)
{
    struct quoth_addr addr;
    char text[600];
    int domain = 0;
    size_t n = 0;
    uint64_t hash;

    if (quoth_addr_parse(&addr, address->p, address->n) == QUOTH_OK) {
        n = addr.local.n + 1;
        memcpy(text, address->p, n);
        for (size_t i = 0; out->fold && i < n; i++)
            if (text[i] >= 'A' && text[i] <= 'Z')
                text[i] = (char)(text[i] + 'a' - 'A');
        domain = quoth_addr_domain(&addr, text + n, sizeof text - n);
    }
    hash = quoth_hash(out->k0, out->k1, text, n + (domain > 0 ? (size_t)domain : 0));
    return hash ? hash : 1;
}

/* The slot of that hash, or the free one for it. */
static size_t out_slot(const struct extract_out *out, uint64_t hash)
{
    size_t i = (size_t)hash & (out->slots - 1);

    while (out->seen[i] && out->seen[i] != hash)
        i = (i + 1) & (out->slots - 1);
    return i;
}

/* Grow *p to `cap` elements of `size`. 0: the memory has an end. */
static int out_grow(struct extract_out *out, void *p, size_t cap, size_t new_cap, size_t size)
{
    void *grown, **at = p;
    const size_t more = (new_cap - cap) * size;

    if (out->limit && out->reserved + more > out->limit)
        return 0;
    grown = realloc(*at, new_cap * size);
    if (!grown)
        return 0;
    *at = grown;
    out->reserved += more;
    return 1;
}

/* A table twice as large. */
static int out_rehash(struct extract_out *out)
{
    struct extract_out old = *out;
    const size_t slots = old.slots ? 2 * old.slots : OUT_SLOTS;
    const size_t bytes = slots * (sizeof *out->seen + sizeof *out->row_of);

    if (out->limit && out->reserved + bytes > out->limit)
        return 0;
    out->seen = calloc(slots, sizeof *out->seen);
    out->row_of = calloc(slots, sizeof *out->row_of);
    if (!out->seen || !out->row_of) {
        free(out->seen);
        free(out->row_of);
        out->seen = old.seen;
        out->row_of = old.row_of;
        return 0;
    }
    out->slots = slots;
    for (size_t i = 0; i < old.slots; i++)
        if (old.seen[i]) {
            const size_t to = out_slot(out, old.seen[i]);
            out->seen[to] = old.seen[i];
            out->row_of[to] = old.row_of[i];
        }
    out->reserved += bytes - old.slots * (sizeof *out->seen + sizeof *out->row_of);
    free(old.seen);
    free(old.row_of);
    return 1;
}

/* Room for one more. 0: there is none. */
static int out_room(struct extract_out *out, size_t n)
{
    if (out->used * 4 >= out->slots * 3 && !out_rehash(out))
        return 0;
    if (out->format == EXTRACT_TEXT)
        return 1;
    if (out->rows == out->rows_cap) {
        const size_t cap = out->rows_cap ? 2 * out->rows_cap : OUT_ROWS;
        if (!out_grow(out, &out->row, out->rows_cap, cap, sizeof *out->row))
            return 0;
        out->rows_cap = cap;
    }
    if (out->text_n + n > out->text_cap) {
        const size_t cap = out->text_cap ? 2 * out->text_cap : OUT_TEXT;
        if (!out_grow(out, &out->text, out->text_cap, cap, 1))
            return 0;
        out->text_cap = cap;
    }
    return 1;
}

/* Write what waits, and begin anew. */
static void out_forget(struct extract_out *out)
{
    if (!out->full)
        app_say(0, "extract",
                "no memory is left for what was found (--limit-memory): it is "
                "forgotten, and an address may come twice");
    out->full = 1;
    out_rows(out);
    if (out->slots)
        memset(out->seen, 0, out->slots * sizeof *out->seen);
    out->used = 0;
}

void extract_hit(struct extract_out *out, const char *file, const struct quoth_hit *hit)
{
    struct extract_row row = {.file = file,
                              .offset = hit->offset,
                              .line = hit->line,
                              .text = out->text_n,
                              .count = 1,
                              .n = (uint16_t)hit->address.n,
                              .flags = hit->flags};
    uint64_t hash;
    size_t slot;

    if (!out->unique) {
        out_row(out, &row, hit->address.p);
        return;
    }
    hash = out_hash(out, &hit->address);
    slot = out->slots ? out_slot(out, hash) : 0;
    if (out->slots && out->seen[slot] == hash) {
        if (out->format != EXTRACT_TEXT)
            out->row[out->row_of[slot]].count++;
        return;
    }
    if (!out_room(out, hit->address.n)) {
        out_forget(out);
        row.text = out->text_n;
        if (!out_room(out, hit->address.n)) { /* not even for one */
            out_row(out, &row, hit->address.p);
            return;
        }
    }
    slot = out_slot(out, hash);
    out->seen[slot] = hash;
    out->row_of[slot] = (uint32_t)out->rows;
    out->used++;
    if (out->format == EXTRACT_TEXT) {
        out_row(out, &row, hit->address.p);
        return;
    }
    memcpy(out->text + out->text_n, hit->address.p, hit->address.n);
    out->text_n += hit->address.n;
    out->row[out->rows++] = row;
}

/* ---- beginning and end -------------------------------------------------- */

int extract_open(struct extract_out *out, const struct app_options *options)
{
    const char *format = app_formats[options->format].name;

    memset(out, 0, sizeof *out);
    out->f = stdout;
    out->unique = options->extract.unique;
    out->fold = options->extract.fold;
    out->limit = options->extract.memory;
    if (!strcmp(format, "csv"))
        out->format = EXTRACT_CSV;
    else if (!strcmp(format, "json"))
        out->format = EXTRACT_JSON;
    else if (strcmp(format, "text"))
        return app_say(APP_EXIT_USAGE, "extract", "--format wants text, csv or json here");
    if (out->unique && (quoth_posix_random(&out->k0, sizeof out->k0) != QUOTH_OK ||
                        quoth_posix_random(&out->k1, sizeof out->k1) != QUOTH_OK))
        return app_say(APP_EXIT_INTERNAL, "extract", "this machine gives no random numbers");
    if (out->format == EXTRACT_CSV)
        fputs("address,file,line,offset,flags,count\n", out->f);
    return 0;
}

int extract_close(struct extract_out *out)
{
    out_rows(out);
    free(out->seen);
    free(out->row_of);
    free(out->row);
    free(out->text);
    if (fflush(out->f) || ferror(out->f))
        return app_say(APP_EXIT_INTERNAL, "extract", "the output cannot be written");
    return 0;
}
