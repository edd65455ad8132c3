/* ip.c - text as an address, a network, and a place to connect to.
 *
 * Input: text. Oracle: what is printed reads as the same address, and printing is bounded by `cap`;
 * a network holds its own address, and no other length; a target that is denied stays so whatever
 * is allowed, and one that is allowed is a target, unless an IPv4 address hides in it.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth.h"

static int same(const struct quoth_ip *a, const struct quoth_ip *b)
{
    return a->len == b->len && !memcmp(a->b, b->b, a->len);
}

static void fuzz_text(const struct quoth_ip *ip)
{
    char text[46], *exact;
    struct quoth_ip again;
    int n = quoth_ip_text(ip, text, sizeof text);
    require(n > 0 && (size_t)n == strlen(text));
    require(quoth_ip_parse(&again, text, (size_t)n) == QUOTH_OK && same(ip, &again));
    exact = malloc((size_t)n + 1);
    require(quoth_ip_text(ip, exact, (size_t)n) == QUOTH_ESPACE);
    require(quoth_ip_text(ip, exact, (size_t)n + 1) == n && !strcmp(exact, text));
    free(exact);
}

static void fuzz_target(const struct quoth_cidr *net)
{
    struct quoth_targets plain = {.nat64 = *net}, open = plain, shut = plain;
    struct quoth_ip other = net->ip;
    open.allow = net;
    open.allow_n = 1;
    shut.allow = shut.deny = net;
    shut.allow_n = shut.deny_n = 1;
    require(!quoth_target_ok(&shut, &net->ip) && quoth_target_ok(&open, &net->ip));
    for (unsigned bit = 0; bit < 8u * net->ip.len; bit++) { /* neighbours, near and far */
        other.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        require(!quoth_cidr_holds(net, &other) || !quoth_target_ok(&shut, &other));
        require(quoth_cidr_holds(net, &other) ||
                quoth_target_ok(&plain, &other) == quoth_target_ok(&open, &other) ||
                other.len == 16);
    }
    other.len = 3;
    require(!quoth_target_ok(&open, &other));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct quoth_cidr net;
    struct quoth_ip ip;
    char *text = malloc(n ? n : 1); /* exactly as long, so that a byte too far is seen */
    if (n)
        memcpy(text, p, n);
    if (quoth_ip_parse(&ip, text, n) == QUOTH_OK)
        fuzz_text(&ip);
    if (quoth_cidr_parse(&net, text, n) == QUOTH_OK) {
        require(net.bits <= 8 * net.ip.len && quoth_cidr_holds(&net, &net.ip));
        fuzz_target(&net);
    }
    free(text);
    return 0;
}
