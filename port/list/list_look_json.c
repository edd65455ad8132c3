/* list_look_json.c - a sample as JSON: its values, and which member holds the addresses. Pure.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "list_look_inner.h"

enum { LOOK_PATHS = 128 };

struct look_path {
    char path[LIST_PATH_MAX];
    uint32_t filled, good;
};

struct look_paths {
    struct look_path path[LOOK_PATHS];
    uint32_t n;
};

static void look_seen(void *arg, const char *path, const char *text, size_t n)
{
    struct look_paths *t = arg;
    uint32_t i = 0, pieces;
    const enum look_holds holds = list_look_text(text, n, &pieces);

    while (i < t->n && strcasecmp(t->path[i].path, path))
        i++;
    if (i == LOOK_PATHS)
        return;
    if (i == t->n) {
        memset(&t->path[i], 0, sizeof t->path[i]);
        memcpy(t->path[t->n++].path, path, strlen(path) + 1);
    }
    t->path[i].filled += holds != LOOK_NOTHING;
    t->path[i].good += holds >= LOOK_SOME;
}

/* The next value of the sample: a line, or what stands between the commas of an array. */
static int look_value(struct list_look *l, struct look_rows *rows, struct quoth_span *value)
{
    uint64_t line;
    if (l->kind == APP_INPUT_NDJSON)
        return list_look_row(rows, value, &line);
    while (rows->p < rows->end && (list_look_is_blank(*rows->p) || strchr("\r\n,", *rows->p)) &&
           *rows->p)
        rows->p++;
    if (rows->p == rows->end || *rows->p == ']')
        return 0;
    value->p = rows->p;
    value->n = list_json_end(rows->p, (size_t)(rows->end - rows->p));
    if (!value->n && rows->all)
        value->n = (size_t)(rows->end - rows->p);
    rows->p += value->n;
    return value->n > 0;
}

static void look_choose_path(struct list_look *l, const struct look_paths *t)
{
    int best = -10000;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct look_path *path = &t->path[i];
        const int share = l->rows ? (int)(path->good * UINT64_C(100) / l->rows) : 0;
        const int rank = *path->path ? list_path_rank(path->path) : 50;
        const int most = path->good && path->good * 2 >= path->filled;
        const int score = rank + (share > 100 ? 100 : share) + (most ? 1000 : 0);
        if ((path->good || rank >= 60) && score > best) {
            best = score;
            memcpy(l->path, path->path, strlen(path->path) + 1);
        }
    }
    l->no_path = best == -10000;
}

enum list_looks list_look_json(struct list_look *l, const struct app_list_options *o,
                               struct look_rows rows, const char *p)
{
    struct look_paths t;
    struct look_rows again;
    struct quoth_span value;

    t.n = 0;
    rows.delim = 0;
    if (l->kind == APP_INPUT_JSON && l->array) {
        while (rows.p < rows.end && *rows.p != '[')
            rows.p++;
        rows.p += rows.p < rows.end;
    }
    l->begin = (size_t)(rows.p - p);
    l->line = rows.line;
    again = rows;
    while (l->rows < LIST_LOOK_ROWS && look_value(l, &rows, &value)) {
        l->rows++;
        l->broken += !list_json_walk(value.p, value.n, look_seen, &t);
    }
    if (o->field)
        strncpy(l->path, o->field, sizeof l->path - 1);
    else
        look_choose_path(l, &t);
    list_look_name(l, l->path, strlen(l->path));
    for (uint32_t i = 0; i < l->rows && look_value(l, &again, &value); i++) {
        char text[LOOK_CELL];
        size_t whole;
        uint32_t pieces;
        int found = list_json_find(l->path, value, text, sizeof text, &whole);
        enum look_holds holds;
        if (!l->first_n) {
            l->first_n = value.n < sizeof l->first ? value.n : sizeof l->first;
            memcpy(l->first, value.p, l->first_n);
        }
        if (found <= 0)
            continue;
        holds = list_look_text(text, whole < sizeof text ? whole : sizeof text, &pieces);
        l->filled += holds != LOOK_NOTHING;
        l->good += holds >= LOOK_SOME;
    }
    l->filled += l->broken;
    return LIST_LOOKS_FINE;
}

uint8_t list_look_is_json(struct list_look *l, struct look_rows rows)
{
    const struct quoth_span s = list_trim(rows.p, (size_t)(rows.end - rows.p));
    size_t line = 0, i = 1, end;

    if (!s.n || (*s.p != '{' && *s.p != '['))
        return 0;
    while (i < s.n && (list_look_is_blank(s.p[i]) || s.p[i] == '\r' || s.p[i] == '\n'))
        i++;
    if (i == s.n || !strchr(*s.p == '{' ? "\"}" : "{[\"]", s.p[i]))
        return 0;
    while (line < s.n && s.p[line] != '\n' && s.p[line] != '\r')
        line++;
    end = list_json_end(s.p, s.n);
    l->array = *s.p == '[';
    if (l->array)
        return end && end <= line && list_trim(s.p + end, s.n - end).n ? APP_INPUT_NDJSON
                                                                       : APP_INPUT_JSON;
    if (end && end <= line)
        return APP_INPUT_NDJSON;
    return end || !rows.all ? APP_INPUT_JSON : APP_INPUT_NDJSON;
}
