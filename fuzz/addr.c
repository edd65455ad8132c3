/* addr.c - any bytes as an address, a domain and a name to send.
 *
 * Oracle: an accepted address is a local part, an @ and a domain, and nothing else. It holds no
 * control character, and its domain as it goes on the wire is a host name that parses to itself. A
 * refused address names a byte of the text. A domain that IDNA accepts gives an A-label form that
 * IDNA leaves as it is. What may stand in EHLO or MAIL FROM passes as a domain or an address, too.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "inner.h"

static void fuzz_domain(const struct quoth_addr *a)
{
    char wire[256], again[256 + 2] = "a@", *exact;
    struct quoth_addr b;
    int n = quoth_addr_domain(a, wire, sizeof wire);
    require(n > 0 && n < 256 && strlen(wire) == (size_t)n);
    memcpy(again + 2, wire, (size_t)n + 1);
    if (n <= 252)
        require(quoth_addr_parse(&b, again, (size_t)n + 2) == QUOTH_OK);
    if (n <= 252)
        require(quoth_addr_domain(&b, again, 256) == n && !memcmp(again, wire, (size_t)n));
    for (int i = 0; i < n && !(a->flags & QUOTH_ADDR_LITERAL); i++)
        require(wire[i] == '.' || wire[i] == '-' ||
                (quoth_is_alnum(wire[i]) && !(wire[i] >= 'A' && wire[i] <= 'Z')));
    exact = malloc((size_t)n + 1);
    require(quoth_addr_domain(a, exact, (size_t)n) == QUOTH_ESPACE);
    require(quoth_addr_domain(a, exact, (size_t)n + 1) == n && !strcmp(exact, wire));
    free(exact);
}

static void fuzz_parse(const char *text, size_t n)
{
    struct quoth_addr a;
    if (quoth_addr_parse(&a, text, n) != QUOTH_OK) {
        require(a.fault > QUOTH_ADDR_FINE && a.fault < QUOTH_ADDR_FAULTS && a.at <= n);
        return;
    }
    require(a.fault == QUOTH_ADDR_FINE && n <= 254 && a.local.n <= 64);
    require(a.local.p == text && text[a.local.n] == '@' && a.domain.p == text + a.local.n + 1);
    require(a.local.n + 1 + a.domain.n == n && !memchr(a.domain.p, '@', a.domain.n));
    for (size_t i = 0; i < n; i++)
        require((uint8_t)text[i] >= ' ' && text[i] != 0x7f);
    if (!(a.flags & QUOTH_ADDR_QUOTED))
        for (size_t i = 0; i < n; i++)
            require(!strchr(" <>()\"\\,;", text[i]));
    if (a.flags & QUOTH_ADDR_LITERAL)
        require(a.ip.len == 4 || a.ip.len == 16);
    fuzz_domain(&a);
    quoth_list_local(a.local.p, a.local.n);
}

static void fuzz_idna(const char *text, size_t n)
{
    char once[256], twice[256];
    int len = quoth_idna_to_ascii(once, sizeof once, text, n);
    if (len < 0)
        return;
    require(strlen(once) <= (size_t)len || memchr(text, 0, n));
    require(quoth_idna_to_ascii(twice, sizeof twice, once, (size_t)len) == len &&
            !memcmp(once, twice, (size_t)len));
}

static void fuzz_lists(const char *text, size_t n)
{
    char buf[64];
    quoth_list_domain(text, n);
    int len = quoth_list_suggest(text, n, buf, sizeof buf);
    if (len)
        require(quoth_list_domain(buf, (size_t)len) == QUOTH_LIST_FREE &&
                !quoth_same(text, n, buf, (size_t)len));
}

static void fuzz_identity(const char *text)
{
    char mailbox[300] = "a@";
    struct quoth_addr a;
    size_t n = strlen(text);
    if (quoth_from_valid(text) && n)
        require(quoth_addr_parse(&a, text, n) == QUOTH_OK);
    if (!quoth_helo_valid(text) || n > 252)
        return;
    memcpy(mailbox + 2, text, n + 1);
    for (size_t i = 0; i < n; i++)
        require(text[i] > ' ' && (uint8_t)text[i] < 0x7f);
    require(quoth_addr_parse(&a, mailbox, n + 2) == QUOTH_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    char *text = malloc(n + 1),
         *bytes = malloc(n ? n : 1); /* of the exact size, so that a byte too far is caught */
    if (n)
        memcpy(bytes, p, n);
    if (n)
        memcpy(text, p, n);
    text[n] = '\0';
    fuzz_parse(bytes, n);
    fuzz_idna(bytes, n);
    fuzz_lists(bytes, n);
    fuzz_identity(text);
    free(bytes);
    free(text);
    return 0;
}
