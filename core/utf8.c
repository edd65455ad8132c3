/* utf8.c - one character at a time.
 *
 *     lead byte  00..7f  c2..df  e0..ef  f0..f4    any other is no lead byte (RFC 3629 4)
 *     length        1       2       3       4      each byte behind it 80..bf
 *
 * Longer forms of a character than the shortest, surrogates and what is past U+10FFFF are refused:
 * each character has one way to be written, so texts are the same when their bytes are.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

/* How many bytes a character has that begins with `lead`; 0: none begins so. */
static size_t utf8_length(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2)
        return 0;
    if (lead < 0xe0)
        return 2;
    if (lead < 0xf0)
        return 3;
    return lead < 0xf5 ? 4 : 0;
}

size_t quoth_utf8(uint32_t *c, const char *p, size_t n)
{
    uint8_t lead = (uint8_t)p[0];
    size_t len = utf8_length(lead);

    if (len == 0 || len > n)
        return 0;
    uint32_t value = len == 1 ? lead : lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (((uint8_t)p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | ((uint8_t)p[i] & 0x3f);
    }
    if ((len == 3 && value < 0x800) || (len == 4 && value < 0x10000) || value > 0x10ffff)
        return 0;
    *c = value;
    return value >> 11 == 0x1b ? 0 : len; /* no surrogates */
}
