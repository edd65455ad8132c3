/* target.c - may this address be connected to?
 *
 * A domain's owner decides where its MX points. Without this check "MX 10 localhost" would make us
 * connect to ourselves, or to a host behind our firewall (SSRF). The binary address that is checked
 * here is the one connected to, with no look-up in between.
 *
 *     operator's deny  ->  operator's allow  ->  our own  ->  the table of data/target.csv  ->  yes
 *
 * An IPv4 address inside an IPv6 one is checked as well. A NAT64 address (RFC 6052) is as good as
 * the IPv4 address inside it, so that IPv6-only networks work. The other embeddings (mapped, 6to4,
 * Teredo, IPv4-compatible, ISATAP) are denied, unless the operator allows the IPv6 block.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "target.h"

enum target_action { TARGET_PASS, TARGET_DENY, TARGET_EMBED };

static int target_in(const struct quoth_cidr *list, uint8_t n, const struct quoth_ip *ip)
{
    for (uint8_t i = 0; i < n; i++)
        if (quoth_cidr_holds(&list[i], ip))
            return 1;
    return 0;
}

/* ISATAP hides IPv4 behind 0:5efe or 200:5efe under any prefix (RFC 5214 6.1). */
static int target_isatap(const struct quoth_ip *ip)
{
    return ip->len == 16 && !(ip->b[8] & 0xfd) && !memcmp(ip->b + 9, "\0\x5e\xfe", 3);
}

static enum target_action target_look(const struct quoth_ip *ip)
{
    struct quoth_cidr row;
    for (const uint8_t *p = target_table; *p != 255; p += 2 + (row.bits + 7) / 8) {
        row.bits = p[0];
        row.ip.len = p[1] & 0x7f;
        memcpy(row.ip.b, p + 2, (row.bits + 7u) / 8);
        if (quoth_cidr_holds(&row, ip))
            return p[1] & 0x80 ? TARGET_EMBED : TARGET_DENY;
    }
    return target_isatap(ip) ? TARGET_DENY : TARGET_PASS;
}

/* Where an IPv4 address begins in `ip`: at 12, or where the operator's NAT64 prefix ends. 0: there
 * is none. */
static size_t target_within(const struct quoth_targets *targets, const struct quoth_ip *ip,
                            enum target_action *action)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (ip->len != 16)
        return 0;
    if (targets->nat64.ip.len == 16 && targets->nat64.bits >= 32 &&
        quoth_cidr_holds(&targets->nat64, ip)) {
        *action = TARGET_EMBED;
        return targets->nat64.bits < 96 ? targets->nat64.bits / 8u : 12;
    }
    return *action == TARGET_EMBED || !memcmp(ip->b, mapped, 12) ? 12 : 0;
}

int quoth_target_ok(const struct quoth_targets *targets, const struct quoth_ip *ip)
{
    struct quoth_ip v4 = {4, {0}};
    if (ip->len != 4 && ip->len != 16)
        return 0;
    enum target_action action = target_look(ip);
    size_t at = target_within(targets, ip, &action);
    if (at)
        for (size_t i = 0; i < 4; at++)
            if (at != 8)
                v4.b[i++] = ip->b[at]; /* byte 8 is not part of it (RFC 6052 2.2) */
    if (target_in(targets->deny, targets->deny_n, ip) ||
        (at && target_in(targets->deny, targets->deny_n, &v4)))
        return 0;
    if (target_in(targets->allow, targets->allow_n, ip))
        return 1;
    if (action == TARGET_DENY || target_in(targets->own, targets->own_n, ip))
        return 0;
    if (!at || target_in(targets->allow, targets->allow_n, &v4))
        return 1;
    return target_look(&v4) == TARGET_PASS && !target_in(targets->own, targets->own_n, &v4);
}
