/* utf8.c - one character of any bytes.
 *
 * SPDX-License-Identifier: MIT */
#include "prove.h"

enum { LONG = 5 };

int main(void)
{
    char text[LONG];
    uint32_t c;
    //@ loop unroll 6;
    for (size_t n = 1; n <= LONG; n++) {
        anything(text, sizeof text);
        quoth_utf8(&c, text + LONG - n, n);
    }
    return 0;
}
