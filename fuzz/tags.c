/* tags.c - any bytes as the small records of a domain: DMARC, DKIM, MTA-STS, TLS-RPT, BIMI.
 *
 * Oracle: tags stand behind one another, in the record; a fault is on a byte of it or at its end.
 * Blanks behind change nothing of what a record says, nor those in front of a key's; a record of
 * DMARC has nothing in front. A key that is fine stays so when blanks stand in its base64. What is
 * in force for DMARC is never more than what is written.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth_domain.h"

enum { LONGEST = 1024 };

static void tags(const char *text, size_t n)
{
    struct quoth_tag t;
    size_t at = 0, from = 0;
    int rc;

    while ((rc = quoth_tag_next(&t, text, n, &at)) == 1) {
        require(at > from && at <= n && t.name.n > 0);
        require(t.name.p >= text + from && t.value.p > t.name.p + t.name.n);
        require(t.value.p + t.value.n <= text + at && !memchr(t.value.p, ';', t.value.n));
        from = at;
    }
    require(rc == 0 ? at == n : rc == QUOTH_EPROTO && at <= n);
}

static void dmarc(const char *text, size_t n, const char *wide, size_t m)
{
    struct quoth_dmarc d, e;
    struct quoth_dmarc_uri uri;

    require(quoth_dmarc_read(&e, wide, m) == QUOTH_EPROTO);
    require(quoth_dmarc_read(&d, text, n) == quoth_dmarc_read(&e, wide + 1, m - 1));
    require(d.p == e.p && d.sp == e.sp && d.np == e.np && d.flags == e.flags && d.psd == e.psd);
    require(d.at <= n);
    for (unsigned whom = 0; whom <= QUOTH_DMARC_NOWHERE; whom++) {
        const unsigned policy = quoth_dmarc_policy(&d, (enum quoth_dmarc_whom)whom);
        unsigned most = d.p > d.sp ? d.p : d.sp;
        if (d.np > most)
            most = d.np;
        require(policy <= (most ? most : QUOTH_DMARC_NONE) && policy <= QUOTH_DMARC_REJECT);
    }
    for (size_t at = 0; quoth_dmarc_uri(&d.rua, &at, &uri);) {
        require(uri.text.p >= text && uri.text.p + uri.text.n <= text + n);
        require(uri.host.p + uri.host.n <= text + n);
    }
}

static void dkim(const char *text, size_t n, const char *wide, size_t m)
{
    struct quoth_dkim_key a, b;

    require(quoth_dkim_read(&a, text, n) == !a.fault);
    quoth_dkim_read(&b, wide, m);
    require(a.at <= n && a.fault == b.fault && a.bits == b.bits && a.flags == b.flags);
    require(a.bits < 8 * LONGEST && (!a.bits || !a.ed25519));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static char wide[LONGEST + 2];
    const char *text = (const char *)p;
    uint16_t at;

    if (n > LONGEST)
        return 0;
    wide[0] = wide[n + 1] = ' ';
    memcpy(wide + 1, p, n);
    tags(text, n);
    dmarc(text, n, wide, n + 2);
    dkim(text, n, wide, n + 2);
    for (unsigned kind = 0; kind <= QUOTH_TAGS_DMARC; kind++) {
        if (kind != QUOTH_TAGS_DMARC)
            quoth_tags_read((enum quoth_tags_kind)kind, text, n, &at);
        require(at <= n);
        quoth_tags_meant((enum quoth_tags_kind)kind, text, n);
    }
    return 0;
}
