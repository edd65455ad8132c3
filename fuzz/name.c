/* name.c - any bytes as a domain name.
 *
 * Oracle: what parses is a well-formed wire name; printing and parsing it gives the same name; a
 * host name's text holds the characters of host names only and parses to the same bytes. A wire
 * name that is read is what stood there; the reverse name of an address is a host name below arpa.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth.h"

static void fuzz_read(const uint8_t *p, size_t n)
{
    struct quoth_name name;
    int len = quoth_name_read(&name, p, n);
    require(len == QUOTH_EPROTO || (len > 0 && (size_t)len <= n && len == name.n));
    for (int i = 0; i < len; i++)
        require(name.b[i] == p[i] || (p[i] >= 'A' && p[i] <= 'Z' && name.b[i] == p[i] + 32));
}

static void fuzz_reverse(const uint8_t *p, size_t n)
{
    struct quoth_name name, again;
    struct quoth_ip ip = {n < 16 ? 4 : 16, {0}};
    if (n < 4)
        return;
    memcpy(ip.b, p, ip.len);
    require(quoth_name_reverse(&name, &ip) == QUOTH_OK && quoth_name_is_host(&name));
    require(name.n > 10 && !memcmp(name.b + name.n - 6, "\4arpa", 6));
    require(quoth_name_read(&again, name.b, name.n) == name.n);
    require(again.n == name.n && !memcmp(again.b, name.b, name.n));
    ip.len = 5;
    require(quoth_name_reverse(&name, &ip) == QUOTH_EINVAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct quoth_name name, again;
    char text[1009], small[1009];
    size_t at = 0;
    int len;

    fuzz_read(p, n);
    fuzz_reverse(p, n);
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
