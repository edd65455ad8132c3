/* tlsa.c - any bytes as a TLSA record.
 *
 * Oracle: the table of RFC 6698 2.1, read here by its lines and not by its bounds: which usage,
 * selector and matching type there are, how long a hash of each is. What is usable has all of them,
 * what is not has a reason; a longer or shorter hash is never usable.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth_domain.h"

/* What is to be said of usage, selector and matching type alone. */
static unsigned said(const uint8_t *in)
{
    static const char known[] = "200 201 202 210 211 212 300 301 302 310 311 312";
    const char row[] = {(char)('0' + in[0]), (char)('0' + in[1]), (char)('0' + in[2]), '\0'};

    if (in[0] > 9 || in[1] > 9 || in[2] > 9 || !strchr("0123", row[0]))
        return QUOTH_TLSA_OTHER;
    if (strchr("01", row[0]) && strchr("01", row[1]) && strchr("012", row[2]))
        return QUOTH_TLSA_PKIX;
    return strstr(known, row) ? QUOTH_TLSA_USABLE : QUOTH_TLSA_OTHER;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    static const size_t hash[] = {0, 32, 64};
    static const char *const nothing[] = {"", "\xe3\xb0\xc4\x42", "\xcf\x83\xe1\x35"};
    const unsigned saw = quoth_tlsa_read((const char *)in, n), kind = n < 3 ? 0 : said(in);

    if (n < 3 || kind != QUOTH_TLSA_USABLE) {
        require(saw == (n < 3 ? QUOTH_TLSA_LENGTH : kind));
        return 0;
    }
    require(!(saw & QUOTH_TLSA_FULL) == (in[2] != 0));
    if (in[2] ? n - 3 != hash[in[2]] : n == 3)
        require((saw & ~(unsigned)QUOTH_TLSA_FULL) == QUOTH_TLSA_LENGTH);
    else if (in[2] && !memcmp(in + 3, nothing[in[2]], 4))
        require(saw == QUOTH_TLSA_EMPTY);
    else
        require(saw & QUOTH_TLSA_USABLE && !(saw & QUOTH_TLSA_LENGTH) &&
                !(saw & QUOTH_TLSA_CERT) == !(in[0] == 3 && in[1] == 0));
    return 0;
}
