/* list_identity.c - what makes two runs the same one: the list, byte by byte, and every option that
 * changes what is written. It is text, so that a person can be told what differs.
 *
 *   the list's rows<TAB>2,000        a line each, in this order
 *
 *   --only<TAB>deliverable            each option that changes an answer, as the table of options
 *                                     says (enum app_alike); of a file what it says, not its name
 *   --shard<TAB>2/8                   up to here all parts of a list are the same
 *   --helo<TAB>...                    what differs where parts are checked on many machines
 *
 * The list's name is no part of it, nor is its date: a copy of it is the same list. Limits may
 * change between two runs.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list.h"

/* How a list was read. */
static const char *identity_where(const struct list_in *in, char buf[320])
{
    const int table = in->kind == APP_INPUT_CSV;
    char delimiter[4];

    snprintf(buf, 320, "%s%s%s, column %u, %sfrom byte %u%s%.200s", list_kind_name(&in->look),
             table ? " by " : "", table ? list_delimiter_name(&in->look, delimiter) : "",
             in->column + 1, in->head_n ? "below headings, " : "", (unsigned)in->file.begin,
             *in->look.path ? ", " : "", in->look.path);
    return buf;
}

/* A sum of all bytes of the lists. Where there are several, their names stand in the results, so
 * these are of it too. */
static uint64_t identity_content(const struct list_set *set)
{
    uint64_t sum = list_in_sum(set->in);
    char where[320];

    for (unsigned i = 0; set->n > 1 && i < set->n; i++) {
        const char *path = set->path[i], *how = identity_where(&set->in[i], where);
        sum = quoth_hash(sum, list_in_sum(&set->in[i]), path, strlen(path));
        sum = quoth_hash(sum, set->in[i].rows, how, strlen(how));
    }
    return sum;
}

/* The options of one kind, a line each. */
static size_t identity_options(const struct list_about *about, enum app_alike alike, char *buf,
                               size_t n)
{
    char told[APP_TOLD_MAX];

    for (unsigned i = 0; i < app_option_count; i++) {
        const struct app_option *row = &app_option_rows[i];
        if (row->alike != alike)
            continue;
        app_option_told(about->o, row, about->listed, told);
        n += (size_t)snprintf(buf + n, LIST_IDENTITY_MAX - n, "--%s\t%s\n", row->name, told);
        n = n < LIST_IDENTITY_MAX ? n : LIST_IDENTITY_MAX - 1;
    }
    return n;
}

void list_identity(const struct list_about *about, char buf[LIST_IDENTITY_MAX])
{
    const struct list_set *set = about->set;
    const struct app_list_options *list = &about->o->list;
    char rows[32], size[32], where[320];
    uint64_t bytes = 0;
    size_t n;

    for (unsigned i = 0; i < set->n; i++)
        bytes += set->in[i].file.end;
    n = (size_t)snprintf(buf, LIST_IDENTITY_MAX,
                         "lists\t%u\nthe list's rows\t%s\nthe list's bytes\t%s\n"
                         "the list's content\t%016llx\nwhere the address is\t%s\n",
                         set->n, list_count(set->rows, rows), list_count(bytes, size),
                         (unsigned long long)identity_content(set), identity_where(set->in, where));
    n = identity_options(about, APP_ALIKE_SAME, buf, n);
    n += (size_t)snprintf(buf + n, LIST_IDENTITY_MAX - n, LIST_IDENTITY_PART "%u/%u\n", list->shard,
                          list->shards);
    identity_options(about, APP_ALIKE_MACHINE, buf, n);
}

/* Up to the line's end, on standard error. */
static void identity_put(const char *line)
{
    const size_t n = strcspn(line, "\n"), skip = strcspn(line, "\t\n") + 1;

    if (n > skip)
        app_put(stderr, line + skip, n - skip);
    else
        fputs("nothing", stderr);
}

void list_identity_differ(const char *then, const char *now, size_t n)
{
    const char *end = then + n;

    while (then < end && *then && *now) {
        const size_t then_n = strcspn(then, "\n"), now_n = strcspn(now, "\n");
        if (then_n != now_n || memcmp(then, now, then_n)) {
            fputs("  ", stderr);
            app_put(stderr, now, strcspn(now, "\t\n"));
            fputs(": ", stderr);
            identity_put(now);
            fputs(", then ", stderr);
            identity_put(then);
            putc('\n', stderr);
        }
        then += then_n + (then[then_n] != 0);
        now += now_n + (now[now_n] != 0);
    }
}
