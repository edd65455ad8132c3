/* dns.c - any bytes as a DNS message. If it carries a plain question, that is the one asked.
 *
 * Oracle: what open() accepts can be read to its end; names expand as a second, simpler decoder
 * expands them; the message never passes as the answer to another id or another question.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth.h"

/* The other decoder: 1 and the name, or 0. Only the length of a name bounds it. */
static int plain(const uint8_t *p, size_t n, size_t at, uint8_t out[255], size_t *len)
{
    size_t limit = at, jumps = 0;
    *len = 0;
    while (at < n) {
        if (p[at] >= 192) {
            size_t to = at + 1 < n ? (size_t)(p[at] % 64) * 256 + p[at + 1] : n;
            if (to >= limit || to < 12 || ++jumps > QUOTH_JUMPS_MAX)
                return 0;
            limit = at = to;
        } else if (p[at] == 0) {
            if (*len == 255)
                return 0;
            out[(*len)++] = 0;
            return 1;
        } else {
            if (p[at] > 63 || at + 1 + p[at] > n || *len + 1 + p[at] > 254)
                return 0;
            for (size_t i = 0; i <= p[at]; i++) {
                uint8_t c = p[at + i];
                out[(*len)++] = i && c >= 'A' && c <= 'Z' ? (uint8_t)(c | 32) : c;
            }
            at += 1u + p[at];
        }
    }
    return 0;
}

static void same(const uint8_t *p, size_t n, size_t at, const struct quoth_name *name)
{
    uint8_t b[255];
    size_t len;
    require(plain(p, n, at, b, &len) && len == name->n && !memcmp(b, name->b, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct quoth_name name = {3, {1, 'a', 0}}, other, to;
    struct quoth_dns m;
    struct quoth_rr rr;
    uint16_t type = QUOTH_DNS_MX, id = 1;
    size_t len, at, records = 0;
    int rc;

    if (n >= 2)
        id = (uint16_t)(p[0] << 8 | p[1]);
    if (n > 12 && plain(p, n, 12, name.b, &len) && p[12 + len - 1] == 0 && 12 + len + 2 <= n) {
        name.n = (uint8_t)len;
        type = (uint16_t)(p[12 + len] << 8 | p[13 + len]);
    }
    other = name;
    if (other.n > 1)
        other.b[1] ^= 0x80;
    require(other.n < 2 || n < 18 || (p[4] << 8 | p[5]) == 0 ||
            quoth_dns_open(&m, p, n, id, &other, type) == QUOTH_EINVAL);
    require(quoth_dns_open(&m, p, n, (uint16_t)(id + 1), &name, type) == QUOTH_EINVAL);
    for (at = 0; at < n && at < 64; at++) { /* try to read a name at every place */
        rc = quoth_dns_name(&m, at, &to);
        uint8_t b[255];
        require((rc > 0) == plain(p, n, at, b, &len));
        if (rc > 0)
            same(p, n, at, &to);
    }
    rc = quoth_dns_open(&m, p, n, id, &name, type);
    if (rc != QUOTH_OK)
        return 0;
    if (m.tc) {
        while (quoth_dns_next(&m, &rr) == 1) {
        }
        return 0;
    }
    for (at = m.at; (rc = quoth_dns_next(&m, &rr)) == 1; at = m.at) {
        require(++records <= QUOTH_RECORDS_MAX);
        require(m.at > at + 10 && m.at <= n);
        require(rr.section < 3);
        same(p, n, at, &rr.owner);
        require(rr.ip.len == 0 || rr.ip.len == (rr.type == QUOTH_DNS_A ? 4 : 16));
        if (rr.usable && (rr.type == QUOTH_DNS_MX || rr.type == QUOTH_DNS_CNAME)) {
            require(quoth_dns_name(&m, rr.target, &to) == (int)(m.at - rr.target));
            same(p, n, rr.target, &to);
        }
        if (rr.type == QUOTH_DNS_OPT)
            require(rr.section == 2 && m.opt == 1);
    }
    require(rc == 0);
    require(m.work < QUOTH_LABEL_WORK_MAX + 4 * 300);
    return 0;
}
