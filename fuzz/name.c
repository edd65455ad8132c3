/* name.c - any bytes as a domain name.
 *
 * Oracle: what parses is a well-formed wire name; printing and parsing it gives the same name; a
 * host name's text holds the characters of host names only and parses to the same bytes.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "quoth.h"

static void require(int x)
{
    if (!x)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct quoth_name name, again;
    char text[1009], small[1009];
    size_t at = 0;
    int len;

    if (quoth_name_parse(&name, (const char *)p, n) != QUOTH_OK) {
        require(name.n == 0);
        return 0;
    }
    while (name.b[at] != 0) {
        require(name.b[at] < 64);
        at += name.b[at] + 1u;
        require(at < sizeof name.b);
    }
    require(at + 1 == name.n);
    len = quoth_name_text(&name, text, sizeof text);
    require(len > 0 && (size_t)len == strlen(text) && text[len] == '\0');
    require(quoth_name_text(&name, small, (size_t)len) == QUOTH_ESPACE);
    require(quoth_name_text(&name, small, (size_t)len + 1) == len && !strcmp(small, text));
    for (int i = 0; i < len; i++)
        require(text[i] > ' ' && text[i] < 0x7f);
    if (quoth_name_is_host(&name)) {
        require(len == name.n - 2 && !memchr(text, '\\', (size_t)len) &&
                memchr(text, '.', (size_t)len));
        require(quoth_name_parse(&again, text, (size_t)len) == QUOTH_OK);
        require(again.n == name.n && !memcmp(again.b, name.b, name.n));
    }
    return 0;
}
