/* spf_term.c - any bytes as an SPF record.
 *
 * Oracle: the terms stand behind one another, parted by blanks alone, and each is read the same by
 * itself; what was taken for a network or a domain lies in the term; an error is on a byte of the
 * term or at its end. Two records that differ in the case of letters alone are both taken, or both
 * not.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth_domain.h"

enum { LONGEST = 4096 };

static void term(const struct quoth_spf_term *t, const char *text, size_t from, size_t at)
{
    const char *end = text + at;

    require(t->text.n > 0 && t->text.p + t->text.n == end && t->text.p >= text + from);
    require(!memchr(t->text.p, ' ', t->text.n) && t->kind <= QUOTH_SPF_OTHER);
    require(t->result >= QUOTH_SPF_NEUTRAL && t->result <= QUOTH_SPF_SOFTFAIL);
    for (const char *p = text + from; from && p < t->text.p; p++)
        require(*p == ' ');
    for (size_t i = 0; i < t->text.n; i++)
        require(t->text.p[i] > ' ' && t->text.p[i] < 0x7f);
    if (t->domain.n)
        require(t->domain.p > t->text.p && t->domain.p + t->domain.n <= end);
    require(t->net.bits <= t->net.ip.len * 8 && t->bits4 <= 32 && t->bits6 <= 128);
    require((t->net.ip.len != 0) == (t->kind == QUOTH_SPF_IP4 || t->kind == QUOTH_SPF_IP6));
    require((t->macros & QUOTH_SPF_MACRO_P) == 0 || t->macros & QUOTH_SPF_MACRO_SENDER);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static char other[LONGEST];
    const char *text = (const char *)p;
    struct quoth_spf_term t, u;
    size_t at = 0, from, bt = 0;
    int rc, sc;

    if (n > LONGEST)
        return 0;
    for (size_t i = 0; i < n; i++)
        other[i] = (char)((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z' ? p[i] ^ 0x20 : p[i]);
    do {
        from = at;
        rc = quoth_spf_term(&t, text, n, &at);
        sc = quoth_spf_term(&u, other, n, &bt);
        require(at >= from && at <= n && rc == sc && at == bt);
        if (rc == 1)
            term(&t, text, from, at);
    } while (rc == 1);
    require(rc == 0 ? at == n : rc == QUOTH_EPROTO);
    return 0;
}
