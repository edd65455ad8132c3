/* list_identity.c - what makes two runs the same one: the list, byte by byte, and every option that
 * changes what is written. It is text, so that a person can be told what differs.
 *
 *   the list's rows<TAB>2,000        a line each, in this order
 *
 * The list's name is no part of it, nor is its date: a copy of it is the same list. Limits may
 * change between two runs.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "list.h"

/* "deliverable risky"; "" is all of them. */
static const char *identity_only(uint8_t only, char buf[64])
{
    size_t n = 0;

    buf[0] = 0;
    for (unsigned v = 0; v < QUOTH_VERDICTS; v++)
        if (only >> v & 1)
            n += (size_t)snprintf(buf + n, 64 - n, "%s%s", n ? " " : "", quoth_verdict_name(v));
    return buf;
}

static const char *identity_text(const char *text) { return text ? text : ""; }

/* How a list was read. */
static const char *identity_where(const struct list_in *in, char buf[320])
{
    snprintf(buf, 320, "kind %u, column %u, parted by %02x, from byte %u, %.200s", in->kind,
             in->column, (unsigned char)in->delimiter, (unsigned)in->file.begin, in->look.path);
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

void list_identity(struct list_set *set, const struct app_options *o, char buf[LIST_IDENTITY_MAX])
{
    static const char *const depth[] = {"", "--dns-only", "--syntax-only"};
    const struct app_list_options *l = &o->list;
    char rows[32], size[32], only[64], where[320];
    uint64_t bytes = 0;

    for (unsigned i = 0; i < set->n; i++)
        bytes += set->in[i].file.end;
    snprintf(buf, LIST_IDENTITY_MAX,
             "the list's rows\t%s\nthe list's bytes\t%s\nthe list's content\t%016llx\n"
             "where the address is\t%s\n"
             "--format\t%s\n--escape-formulas\t%u\n--only\t%s\n--ordered\t%u\n"
             "--dns-only, --syntax-only\t%s\n--no-decoy\t%u\n--server\t%.256s:%u\n"
             "--ipv4, --ipv6\t%u\n--tls\t%u %u\n--helo\t%.256s\n--from\t%.320s\n--shard\t%u/%u\n"
             "lists\t%u\n",
             list_count(set->rows, rows), list_count(bytes, size),
             (unsigned long long)identity_content(set), identity_where(set->in, where),
             app_formats[o->format].name, l->escape_formulas, identity_only(l->only, only),
             l->ordered, depth[o->conf.depth], o->conf.no_decoy, identity_text(o->conf.server),
             o->conf.port, o->conf.family, o->conf.smtp.tls, o->conf.smtp.tls_verify,
             identity_text(o->helo), identity_text(o->from), l->shard, l->shards, set->n);
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

void list_identity_differ(const char *then, const char *now)
{
    while (*then && *now) {
        const size_t a = strcspn(then, "\n"), b = strcspn(now, "\n");
        if (a != b || memcmp(then, now, a)) {
            fputs("  ", stderr);
            app_put(stderr, now, strcspn(now, "\t\n"));
            fputs(": ", stderr);
            identity_put(now);
            fputs(", then ", stderr);
            identity_put(then);
            putc('\n', stderr);
        }
        then += a + (then[a] != 0);
        now += b + (now[b] != 0);
    }
}
