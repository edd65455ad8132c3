/* dns.c - any message, read to its end; and a name at any place in it.
 *
 * SPDX-License-Identifier: MIT */
#include "prove.h"

enum { SHORT = 32, LONG = 512 };
static uint8_t msg[LONG];
static struct quoth_name name, out;

static void message(size_t n)
{
    struct quoth_dns m;
    struct quoth_rr rr;
    uint16_t type = (uint16_t)any(0, 65535);
    anything(msg, sizeof msg);
    if (quoth_dns_open(&m, msg + LONG - n, n, (uint16_t)any(0, 65535), &name, type) != QUOTH_OK)
        return;
    while (quoth_dns_next(&m, &rr) == 1)
        if (rr.usable)
            quoth_dns_name(&m, rr.target, &out);
}

int main(void)
{
    uint8_t question[300];
    quoth_dns_shape((uint16_t)any(0, 65535));
    anything(name.b, sizeof name.b);
    name.n = (uint8_t)any(1, 255);
    //@ loop unroll 33;
    for (size_t n = 0; n <= SHORT; n++)
        message(n);
    message(LONG);
    quoth_dns_query(question, (size_t)any(0, sizeof question), 1, &name, (uint16_t)any(0, 65535),
                    (uint16_t)any(0, 65535));
    return 0;
}
