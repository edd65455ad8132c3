/* probe_shapes.c - ways to write an address elsewhere so that a careless server passes it on.
 *
 *   jane@example.org at mx.example.net --> jane%example.org@mx.example.net
 *                                          example.org!jane@[192.0.2.1]   ...
 *
 * Routing by % and ! was of use before MX records (RFC 1123 5.2.16), source routes are to be
 * ignored or refused (RFC 5321 Appendix C, F.2). Nobody's name or address but the user's and the
 * server's own stands in a shape, so nobody else hears of it.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "probe.h"

/* U and E: the user's local part and domain, elsewhere. H and I: the server's name, its address in
 * brackets. */
static const char shape_forms[] = "U%E@H\0U%E@I\0E!U@H\0E!U@I\0E!U\0\"U@E\"\0\"U%E\"\0"
                                  "\"U@E\"@H\0\"U@E\"@I\0@H:U@E\0@I:U@E\0U@E@H\0U@E@I\0";

struct shape_parts {
    struct quoth_span user, elsewhere, host, address;
};

static struct quoth_span shape_part(const struct shape_parts *parts, const char *letter)
{
    switch (*letter) {
    case 'U': return parts->user;
    case 'E': return parts->elsewhere;
    case 'H': return parts->host;
    case 'I': return parts->address;
    default: return (struct quoth_span) {letter, 1};
    }
}

/* 0: a part is missing, or it is longer than a path may be. */
static int shape_write(char to[PROBE_SHAPE], const char *form, const struct shape_parts *parts)
{
    size_t n = 0;

    for (; *form; form++) {
        const struct quoth_span part = shape_part(parts, form);
        if (!part.n || part.n >= PROBE_SHAPE - n)
            return 0;
        memcpy(to + n, part.p, part.n);
        n += part.n;
    }
    to[n] = 0;
    return 1;
}

/* As RFC 5321 4.1.3 writes it. */
static size_t shape_literal(const struct quoth_ip *ip, char text[64])
{
    char bare[48];

    if (quoth_ip_text(ip, bare, sizeof bare) < 0)
        return 0;
    return (size_t)snprintf(text, 64, "[%s%s]", ip->len == 16 ? "IPv6:" : "", bare);
}

void probe_shapes(struct probe_facts *facts)
{
    const char *host = facts->by_address ? facts->name : facts->host;
    char literal[64], domain[256];
    struct quoth_addr to;
    struct shape_parts parts;

    facts->shapes = facts->shapes_asked = 0;
    if (quoth_addr_parse(&to, facts->relay, strlen(facts->relay)) ||
        quoth_addr_domain(&to, domain, sizeof domain) < 0)
        return;
    parts = (struct shape_parts) {.user = to.local,
                                  .elsewhere = {domain, strlen(domain)},
                                  .host = {host, strlen(host)},
                                  .address = {literal, shape_literal(&facts->peer.ip, literal)}};
    for (const char *form = shape_forms; *form; form += strlen(form) + 1) {
        struct probe_shape *shape = &facts->shape[facts->shapes];
        memset(shape, 0, sizeof *shape);
        facts->shapes = (uint8_t)(facts->shapes + shape_write(shape->to, form, &parts));
    }
}

/* Yes, unless the latest one had no answer, or one with which the server ends a conversation or
 * refuses all of us. */
int probe_shapes_more(const struct probe_facts *facts)
{
    const struct probe_reply *last =
        facts->shapes_asked ? &facts->shape[facts->shapes_asked - 1].reply : NULL;

    return facts->shapes_asked < facts->shapes &&
           (!last || (last->said.code && last->said.code != 421 && !last->at_mail));
}

unsigned probe_shapes_taken(const struct probe_facts *facts, const struct probe_shape **first)
{
    unsigned taken = 0;

    *first = NULL;
    for (unsigned i = 0; i < facts->shapes_asked; i++)
        if (facts->shape[i].reply.said.code / 100 == 2 && !taken++)
            *first = &facts->shape[i];
    return taken;
}
