/* ip.c - addresses and networks from any text, and printed into any room.
 *
 * SPDX-License-Identifier: MIT */
#include "prove.h"

enum { LONG = 18 };

static void text_of(size_t n)
{
    static char text[LONG];
    char *p = text + LONG - n;
    struct quoth_ip ip;
    struct quoth_cidr net;
    anything(text, sizeof text);
    anything(&net, sizeof net);
    quoth_ip_parse(&ip, p, n);
    quoth_cidr_parse(&net, p, n);
    anything(&ip, sizeof ip);
    quoth_ip_text(&ip, p, n);
}

/* Any network that may be parsed, and any address. */
static void network(uint8_t len)
{
    struct quoth_ip ip;
    struct quoth_cidr net;
    anything(&ip, sizeof ip);
    anything(&net, sizeof net);
    net.ip.len = len;
    net.bits = (uint8_t)any(0, 8 * len);
    quoth_cidr_holds(&net, &ip);
}

int main(void)
{
    //@ loop unroll 19;
    for (size_t n = 0; n <= LONG; n++)
        text_of(n);
    network(4);
    network(16);
    return 0;
}
