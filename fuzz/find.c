/* find.c - any bytes as a text with addresses in it.
 *
 * The first three bytes say how it is read: kind and encoding; options; where it is cut.
 *
 * Oracle: each hit is an address to quoth_addr_parse(). Where the third byte lies in the rest,
 * cut into pieces it gives the same hits as whole, at the same places. Where it does not, as plain
 * text it gives what the reference of tests/find_ref.h finds in the whole.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "find_ref.h"

enum { FUZZ_HITS = 256 };
struct fuzz_hits {
    uint64_t offset[FUZZ_HITS], line[FUZZ_HITS], hash[FUZZ_HITS];
    unsigned n;
};

static void fuzz_hits(struct quoth_find *f, struct fuzz_hits *out)
{
    struct quoth_hit hit;
    struct quoth_addr addr;

    while (quoth_find_next(f, &hit)) {
        require(quoth_addr_parse(&addr, hit.address.p, hit.address.n) == QUOTH_OK);
        if (out->n == FUZZ_HITS)
            continue;
        out->offset[out->n] = hit.offset;
        out->line[out->n] = hit.line;
        out->hash[out->n++] = quoth_hash(hit.flags, 0, hit.address.p, hit.address.n);
    }
}

/* In pieces of `piece` bytes. */
static void fuzz_read(struct fuzz_hits *out, const uint8_t how[3], const uint8_t *p, size_t n,
                      size_t piece)
{
    static struct quoth_find f;
    const unsigned options = how[1] % 16u | QUOTH_FIND_LINES;

    out->n = 0;
    quoth_find_init(&f, (enum quoth_find_kind)(how[0] % QUOTH_FIND_KINDS),
                    (enum quoth_find_encoding)(how[0] / 16 % 3), options);
    while (n) {
        const size_t m = piece < n ? piece : n;
        quoth_find_feed(&f, p, m);
        fuzz_hits(&f, out);
        p += m;
        n -= m;
    }
    quoth_find_end(&f);
    fuzz_hits(&f, out);
}

static void fuzz_reference(const uint8_t *p, size_t n, char *text)
{
    static const uint8_t plain[3] = {0, QUOTH_FIND_ALL, 0};
    static struct fuzz_hits got;
    unsigned k = 0;

    if (!memchr(p, '@', n) && !memchr(p, '%', n))
        return;
    for (size_t i = 0; i < n; i++)
        text[i] = p[i] ? (char)p[i] : ' ';
    text[n] = 0;
    fuzz_read(&got, plain, (const uint8_t *)text, n, n);
    for (size_t at = 0; at < n && k < FUZZ_HITS; at++) {
        struct ref r = {.text = text, .n = n, .at = at, .options = QUOTH_FIND_ALL};
        char address[400];
        size_t len;
        if ((text[at] != '@' && !ref_escaped(&r)) || !ref_find(&r, address, &len))
            continue;
        require(k < got.n && got.offset[k] == r.from);
        require(got.hash[k++] == quoth_hash(r.flags, 0, address, len));
    }
    require(k == got.n);
}

static void fuzz_pieces(const uint8_t how[3], const uint8_t *p, size_t n)
{
    static struct fuzz_hits whole, pieces;

    fuzz_read(&whole, how, p, n, n);
    fuzz_read(&pieces, how, p, n, 1u + how[2]);
    require(whole.n == pieces.n);
    for (unsigned i = 0; i < whole.n; i++) {
        require(whole.offset[i] == pieces.offset[i] && whole.offset[i] < n);
        require(whole.line[i] == pieces.line[i] && whole.hash[i] == pieces.hash[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    enum quoth_find_kind kind;
    enum quoth_find_encoding encoding;
    const size_t m = n - 3;
    char *bytes; /* of the exact size, so that a byte too far is caught */

    if (n < 3)
        return 0;
    if (p[2] < m) {
        bytes = memcpy(malloc(m), p + 3, m);
        quoth_find_look((uint8_t *)bytes, m, &kind, &encoding);
        fuzz_pieces(p, (uint8_t *)bytes, m);
    } else {
        bytes = malloc(m + 1);
        fuzz_reference(p + 3, m, bytes);
    }
    free(bytes);
    return 0;
}
