/* addr.c - addresses, and our own name and sender, from any text; a domain printed into any room.
 *
 * The three readers below it are proved by themselves, or by their suites (idna.c). Here each of
 * them says whatever it may say.
 *
 * SPDX-License-Identifier: MIT */
#include "prove.h"

enum { SHORT = 8, LONG = 300 };
static char bytes[LONG + 1];
static struct quoth_addr addr;

size_t quoth_utf8(uint32_t *c, const char *text, size_t n)
{
    const size_t len = (size_t)any(0, 4);

    *c = text[0] ? (uint32_t)any(0, 0x10ffff) : 0;
    return len > n ? 0 : len;
}

int quoth_ip_parse(struct quoth_ip *ip, const char *text, size_t n)
{
    anything(ip, sizeof *ip);
    return any(0, 1) ? QUOTH_OK : QUOTH_EPROTO;
}

int quoth_idna_to_ascii(char *buf, size_t cap, const char *text, size_t n)
{
    anything(buf, cap);
    return any(QUOTH_ENOSYS, (int)cap - 1);
}

/* A text of n bytes that ends where `bytes` does. */
static void read(size_t n)
{
    anything(bytes, LONG);
    quoth_addr_parse(&addr, bytes + LONG - n, n);
    quoth_from_valid(bytes + LONG - n);
    quoth_helo_valid(bytes + LONG - n);
}

/* Of an address without a fault, whatever else stands in it. */
static void print(size_t n, size_t cap)
{
    char text[LONG];

    anything(bytes, LONG);
    anything(&addr, sizeof addr);
    addr.domain = (struct quoth_span) {bytes + LONG - n, n};
    quoth_addr_domain(&addr, text + LONG - cap, cap);
}

int main(void)
{
    //@ loop unroll 9;
    for (size_t n = 0; n <= SHORT; n++) {
        read(n);
        print(n, SHORT / 2);
    }
    read(LONG);
    print(255, 256);
    return 0;
}
