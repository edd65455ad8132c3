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

void list_identity(struct list_in *in, const struct app_options *o, char buf[LIST_IDENTITY_MAX])
{
    static const char *const depth[] = {"", "--dns-only", "--syntax-only"};
    const struct app_list_options *l = &o->list;
    char rows[32], bytes[32], only[64];

    snprintf(buf, LIST_IDENTITY_MAX,
             "the list's rows\t%s\nthe list's bytes\t%s\nthe list's content\t%016llx\n"
             "where the address is\tkind %u, column %u, parted by %02x, from byte %u, %.200s\n"
             "--format\t%s\n--escape-formulas\t%u\n--only\t%s\n--ordered\t%u\n"
             "--dns-only, --syntax-only\t%s\n--no-decoy\t%u\n--server\t%.256s:%u\n"
             "--ipv4, --ipv6\t%u\n--tls\t%u %u\n--helo\t%.256s\n--from\t%.320s\n--shard\t%u/%u\n",
             list_count(in->rows, rows), list_count(in->file.end, bytes),
             (unsigned long long)list_in_sum(in), in->kind, in->column,
             (unsigned char)in->delimiter, (unsigned)in->file.begin, in->look.path,
             app_formats[o->format].name, l->escape_formulas, identity_only(l->only, only),
             l->ordered, depth[o->conf.depth], o->conf.no_decoy, identity_text(o->conf.server),
             o->conf.port, o->conf.family, o->conf.smtp.tls, o->conf.smtp.tls_verify,
             identity_text(o->helo), identity_text(o->from), l->shard, l->shards);
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
