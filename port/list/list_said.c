/* list_said.c - what the row in these bytes says where the address stands.
 *
 *   lines   all of it                    CSV   the cell of the chosen column
 *   NDJSON and JSON   the member at the chosen path, or members by any name for an address
 *
 * list_scan.c needs it to find where each row begins, list_in.c to read one again.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list.h"

/* Is there an @ in these bytes of the row at p? */
static void said_lost(struct list_said *said, const char *p, const char *at, size_t n)
{
    if (!memchr(at, '@', n))
        return;
    said->lost = 1;
    said->text = p;
    said->n = said->row_n;
}

static void said_cell(struct list_in *in, const char *p, struct list_said *said)
{
    struct app_cells cells = {p, p + said->row_n, in->delimiter, said->plain, 1};
    struct quoth_span cell = {NULL, 0};
    uint32_t i = 0;

    while (i <= in->column && app_cell(&cells, &cell))
        i++;
    if (i <= in->column) { /* the row is too short */
        said_lost(said, p, p, said->row_n);
        if (said->lost)
            return;
        cell.n = 0;
    }
    said->text = cell.p;
    said->n = cell.n;
    said->cut = said->plain || (i < in->columns && !cells.more);
    for (struct quoth_span more; i <= in->columns && app_cell(&cells, &more);)
        i++;
    said->broken = said->plain || i > in->columns; /* cells too many: they may have shifted */
    if (!cell.n || *cell.p != '"' || said->plain)
        return;
    said->text = in->cell;
    list_cell_text(cell, 0, in->cell, in->cell_cap, &said->n);
}

/* Members by any name for an address, where the one that most rows have is missing. */
struct said_usual {
    char *buf;
    size_t n, cap;
};

static void said_seen(void *arg, const char *path, const char *text, size_t n)
{
    struct said_usual *u = arg;
    if (list_path_rank(path) < 60 || u->n + n + 1 > u->cap)
        return;
    if (u->n)
        u->buf[u->n++] = '\n';
    memcpy(u->buf + u->n, text, n);
    u->n += n;
}

static void said_member(struct list_in *in, const char *p, struct list_said *said)
{
    int found = list_json_find(in->look.path, (struct quoth_span) {p, said->row_n}, in->cell,
                               in->cell_cap, &said->n);
    const size_t end = list_json_end(p, said->row_n);
    struct said_usual usual = {in->cell, 0, in->cell_cap};

    said->text = in->cell;
    if (said->n > in->cell_cap)
        said->n = in->cell_cap;
    if (!found && !in->given && list_json_walk(p, said->row_n, said_seen, &usual))
        said->n = usual.n;
    else if (found < 0) {
        said->text = p;
        said->n = said->row_n;
    }
    said->broken = found < 0 || list_trim(p + end, said->row_n - end).n > 0;
    if (end)
        said_lost(said, p, p + end, said->row_n - end);
}

/* Bytes up to the line's end. */
static size_t said_line(const char *p, size_t n)
{
    const char *end = memchr(p, '\n', n);

    if (end)
        n = (size_t)(end - p);
    end = memchr(p, '\r', n);
    return end ? (size_t)(end - p) : n;
}

/* Where a value of JSON ends. One that does not end goes on to the last byte that is no blank and
 * no comma. */
static size_t said_value(const char *p, size_t n)
{
    const size_t end = list_json_end(p, n);

    if (end)
        return end;
    while (n && strchr(" \t\r\n,", p[n - 1]) && p[n - 1])
        n--;
    return n;
}

int list_in_said(struct list_in *in, const char *p, size_t n, struct list_said *said)
{
    size_t end = 0;

    memset(said, 0, sizeof *said);
    if (!list_room(&in->cell, &in->cell_cap, n + 1))
        return QUOTH_ESPACE;
    if (in->kind == APP_INPUT_CSV)
        end = list_csv_end(in->delimiter, p, n, &said->plain);
    else if (in->kind == APP_INPUT_JSON)
        end = said_value(p, n);
    else if (n)
        end = said_line(p, n);
    said->row_n = end;
    said->text = p;
    said->n = end;
    if (in->kind == APP_INPUT_CSV)
        said_cell(in, p, said);
    else if (in->kind != APP_INPUT_LINES)
        said_member(in, p, said);
    return 0;
}
