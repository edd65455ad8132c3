/* tiny.c - the least a program can do with the single file: is this text an address?
 * Also compiled as C++, to keep the header fit for it.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "quoth.h"

static int tiny_is(const char *text, int code)
{
    struct quoth_addr a;
    int rc = quoth_addr_parse(&a, text, strlen(text));
    if (rc != code) printf("single: %s: %d (%s)\n", text, rc, quoth_addr_fault_text(a.fault));
    return rc == code;
}

/* One step of a whole verification: a domain is looked up first. */
static int tiny_asks(void)
{
    static const uint8_t seed[16] = { 1 };
    struct quoth_resolver resolver;
    struct quoth_conf conf;
    struct quoth_verify v;
    struct quoth_want w;

    memset(&resolver, 0, sizeof resolver);
    memset(&conf, 0, sizeof conf);
    resolver.servers = 1;
    resolver.server[0].peer.ip.len = 4;
    resolver.server[0].peer.ip.b[0] = 127;
    conf.resolver = &resolver;
    quoth_verify_start(&v, &conf, "jane@mail.example-shop.com", 26, seed, 0);
    quoth_verify_want(&v, &w);
    if (w.kind != QUOTH_WANT_DGRAM) printf("single: the first want is %d\n", (int)w.kind);
    return w.kind == QUOTH_WANT_DGRAM;
}

int main(void)
{
    int passed = tiny_is("jane@example.com", QUOTH_OK) + tiny_is("jane@@example.com", QUOTH_EPROTO) + tiny_asks();
    printf("single: %d passed, %d failed\n", passed, 3 - passed);
    return passed != 3;
}
