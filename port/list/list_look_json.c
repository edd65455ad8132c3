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
    struct look_same same;
};

struct look_paths {
    struct look_path path[LOOK_PATHS];
    uint32_t n;
};

static void look_seen(void *arg, const char *path, const char *text, size_t n)
{
    struct look_paths *paths = arg;
    uint32_t i = 0, pieces;
    const enum look_holds holds = list_look_text(text, n, &pieces);

    while (i < paths->n && strcasecmp(paths->path[i].path, path))
        i++;
    if (i == LOOK_PATHS)
        return;
    if (i == paths->n) {
        memset(&paths->path[i], 0, sizeof paths->path[i]);
        memcpy(paths->path[paths->n++].path, path, strlen(path) + 1);
    }
    paths->path[i].filled += holds != LOOK_NOTHING;
    paths->path[i].good += holds >= LOOK_SOME;
    if (holds >= LOOK_SOME)
        list_look_compare(&paths->path[i].same, text, n);
}

/* The next value of the sample: a line, or what stands between the commas of an array. */
static int look_value(struct list_look *look, struct look_rows *rows, struct quoth_span *value)
{
    uint64_t line;
    if (look->kind == APP_INPUT_NDJSON)
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

/* Are they our own results, to be checked again? What was written there is `input`: `address` is
 * empty where that was none. */
static int look_are_results(const struct look_paths *paths)
{
    static const char *const named[] = {"input", "verdict", "reason"};
    uint32_t found = 0;

    for (uint32_t i = 0; i < paths->n; i++)
        for (unsigned j = 0; j < sizeof named / sizeof *named; j++)
            found |= (uint32_t)!strcmp(paths->path[i].path, named[j]) << j;
    return found == 7;
}

/* Another member that holds addresses, which nobody will be asked about. */
static void look_also(struct list_look *look, const struct look_paths *paths)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < paths->n && !look_are_results(paths); i++) {
        const struct look_path *path = &paths->path[i];
        if (path->good <= most || !strcasecmp(path->path, look->path) ||
            list_path_rank(path->path) < 30)
            continue;
        most = path->good;
        list_look_name(look->also_name, path->path, strlen(path->path));
    }
}

/* Are they the same member of two others: people.a1.email, people.b2.email? */
static int look_are_alike(const char *a, const char *b)
{
    const char *a_dot = strrchr(a, '.'), *b_dot = strrchr(b, '.');

    if (!a_dot || !b_dot || strcasecmp(a_dot, b_dot))
        return 0;
    for (; (a = strchr(a, '.')) != NULL && b; a++)
        b = (b = strchr(b, '.')) ? b + 1 : NULL;
    return b && !strchr(b, '.');
}

/* Is the one value of the sample all of the list: {"a1": {"email": ...}, "b2": {"email": ... */
static int look_is_keyed(const struct list_look *look, const struct look_paths *paths)
{
    uint32_t alike = 0;

    for (uint32_t i = 0; i < paths->n; i++)
        alike += paths->path[i].good && look_are_alike(paths->path[i].path, look->path) &&
                 list_path_rank(paths->path[i].path) > 0;
    return look->rows == 1 && alike > 1;
}

static void look_choose_path(struct list_look *look, const struct look_paths *paths)
{
    int best = -10000;

    if (look_are_results(paths)) {
        memcpy(look->path, "input", sizeof "input");
        return;
    }
    for (uint32_t i = 0; i < paths->n; i++) {
        const struct look_path *path = &paths->path[i];
        const int share = look->rows ? (int)(path->good * UINT64_C(100) / look->rows) : 0;
        const int rank = *path->path ? list_path_rank(path->path) : 50;
        const int most =
            path->good && path->good * 2 >= path->filled && !list_look_is_same(&path->same, rank);
        const int score = rank + (share > 100 ? 100 : share) + (most ? 1000 : 0);
        if ((path->good || rank >= 60) && score > best) {
            best = score;
            memcpy(look->path, path->path, strlen(path->path) + 1);
        }
    }
    look->no_path = best == -10000;
}

static size_t look_ats(const char *p, size_t n)
{
    size_t ats = 0;
    for (size_t i = 0; i < n; i++)
        ats += p[i] == '@';
    return ats;
}

/* Of {"total": 9, "contacts": [{"email": ...}, ...]} that array, if nearly all that has an @ stands
 * in it, and more than a person has. NULL: there is none. */
static const char *look_inner(const char *p, const char *end)
{
    const size_t all = look_ats(p, (size_t)(end - p));

    for (size_t n; p < end && all > 2; p += n) {
        const int array = *p == '[';
        n = array || *p == '"' ? list_json_end(p, (size_t)(end - p)) : 1;
        if (!n)
            n = (size_t)(end - p);
        if (array && (all - look_ats(p, n)) * 10 < all)
            return p;
    }
    return NULL;
}

/* Where the values of an array begin, or it is one value that has an array of them. */
static void look_enter(struct list_look *look, const struct app_list_options *list,
                       struct look_rows *rows)
{
    const char *from = rows->p, *inner = NULL;
    struct look_rows ahead = *rows;
    struct quoth_span value;

    if (look->array)
        inner = memchr(from, '[', (size_t)(rows->end - from));
    else if (!list->field &&
             (!look_value(look, &ahead, &value) || !look_value(look, &ahead, &value)))
        inner = look_inner(from, rows->end);
    if (!inner)
        return;
    look->array = look->array ? LIST_ARRAY : LIST_ARRAY_INNER;
    rows->p = inner + 1;
    rows->line += list_look_count_lines(from, inner);
}

enum list_looks list_look_json(struct list_look *look, const struct app_list_options *list,
                               struct look_rows rows, const char *p)
{
    struct look_paths paths;
    struct look_rows again;
    struct quoth_span value;

    paths.n = 0;
    rows.delim = 0;
    if (look->kind == APP_INPUT_JSON)
        look_enter(look, list, &rows);
    look->begin = (size_t)(rows.p - p);
    look->line = rows.line;
    again = rows;
    while (look->rows < LIST_LOOK_ROWS && look_value(look, &rows, &value)) {
        look->rows++;
        look->broken += !list_json_walk(value.p, value.n, look_seen, &paths);
    }
    if (list->field)
        strncpy(look->path, list->field, sizeof look->path - 1);
    else {
        look_choose_path(look, &paths);
        if ((!look->rows && !rows.all) || look_is_keyed(look, &paths))
            return LIST_LOOKS_KEYED;
        look_also(look, &paths);
    }
    list_look_name(look->name, look->path, strlen(look->path));
    for (uint32_t i = 0; i < look->rows && look_value(look, &again, &value); i++) {
        char text[LOOK_CELL];
        size_t whole;
        uint32_t pieces;
        int found = list_json_find(look->path, value, text, sizeof text, &whole);
        enum look_holds holds;
        if (!look->first_n) {
            look->first_n = value.n < sizeof look->first ? value.n : sizeof look->first;
            memcpy(look->first, value.p, look->first_n);
        }
        if (found <= 0)
            continue;
        holds = list_look_text(text, whole < sizeof text ? whole : sizeof text, &pieces);
        look->filled += holds != LOOK_NOTHING;
        look->good += holds >= LOOK_SOME;
    }
    look->filled += look->broken;
    return LIST_LOOKS_FINE;
}

uint8_t list_look_is_json(struct list_look *look, struct look_rows rows)
{
    const struct quoth_span span = list_trim(rows.p, (size_t)(rows.end - rows.p));
    size_t line = 0, i = 1, end;

    if (!span.n || (*span.p != '{' && *span.p != '['))
        return 0;
    while (i < span.n && (list_look_is_blank(span.p[i]) || span.p[i] == '\r' || span.p[i] == '\n'))
        i++;
    if (i == span.n || !strchr(*span.p == '{' ? "\"}" : "{[\"]", span.p[i]))
        return 0;
    while (line < span.n && span.p[line] != '\n' && span.p[line] != '\r')
        line++;
    end = list_json_end(span.p, span.n);
    look->array = *span.p == '[';
    if (look->array)
        return end && end <= line && list_trim(span.p + end, span.n - end).n ? APP_INPUT_NDJSON
                                                                             : APP_INPUT_JSON;
    if (end && end <= line && *list_trim(span.p + end, line - end).p != '{')
        return list_trim(span.p + end, span.n - end).n ? APP_INPUT_NDJSON : APP_INPUT_JSON;
    return end || !rows.all ? APP_INPUT_JSON : APP_INPUT_NDJSON;
}
