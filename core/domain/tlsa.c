/* tlsa.c - one TLSA record (RFC 6698 2.1): what a sender of mail can do with it (RFC 7672 3.1).
 *
 *   usage, selector, matching type, data --> QUOTH_TLSA_*
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"
#include "quoth_domain.h"

/* How the hashes of an empty text begin: what is left when a certificate could not be read. */
static const uint8_t tlsa_empty[2][4] = {{0xe3, 0xb0, 0xc4, 0x42}, {0xcf, 0x83, 0xe1, 0x35}};

unsigned quoth_tlsa_read(const char *data, size_t n)
{
    const uint8_t *p = (const uint8_t *)data;
    unsigned saw = 0;

    if (n < 3)
        return QUOTH_TLSA_LENGTH;
    if (p[0] > 3 || p[1] > 1 || p[2] > 2)
        return QUOTH_TLSA_OTHER;
    if (p[0] < 2)
        return QUOTH_TLSA_PKIX;
    if (p[2] == 0)
        saw |= QUOTH_TLSA_FULL;
    if (p[2] == 0 ? n == 3 : n != 3 + 32u * p[2])
        return saw | QUOTH_TLSA_LENGTH;
    if (p[2] && !memcmp(p + 3, tlsa_empty[p[2] - 1], sizeof *tlsa_empty))
        return QUOTH_TLSA_EMPTY;
    if (p[0] == 3 && p[1] == 0)
        saw |= QUOTH_TLSA_CERT;
    return saw | QUOTH_TLSA_USABLE;
}
