/* ip.c - Internet addresses as text (RFC 4291 2.2, RFC 5952; dotted quads strictly).
 *
 * Unlike inet_aton() it reads four decimal octets without leading zeros and nothing else. IPv6
 * addresses have no zone.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

/* Read four octets at text[*at] and move *at past them. */
static int ip_quad(uint8_t out[4], const char *text, size_t n, size_t *at)
{
    for (int i = 0; i < 4; i++) {
        unsigned value = 0, digits = 0;
        if (i && (*at >= n || text[(*at)++] != '.'))
            return QUOTH_EPROTO;
        for (; *at < n && digits < 3 && quoth_is_digit(text[*at]); digits++) {
            if (digits && value == 0)
                return QUOTH_EPROTO; /* a leading zero */
            value = value * 10 + (unsigned)(text[(*at)++] - '0');
        }
        if (digits == 0 || value > 255)
            return QUOTH_EPROTO;
        out[i] = (uint8_t)value;
    }
    return QUOTH_OK;
}

static int ip_hex(char c)
{
    if (quoth_is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Read up to four hex digits; -1 when there is none. */
static long ip_group(const char *text, size_t n, size_t *at)
{
    unsigned value = 0, digits = 0;
    for (int digit; digits < 4 && *at < n && (digit = ip_hex(text[*at])) >= 0; digits++, ++*at)
        value = value << 4 | (unsigned)digit;
    return digits ? (long)value : -1;
}

/* Read groups into b until the text ends. *gap, which is -1, becomes the place of "::". Returns how
 * many bytes were filled, or -1. */
static int ip_groups(uint8_t bytes[16], int *gap, const char *text, size_t n)
{
    size_t at = 0;
    int used = 0;
    if (n >= 2 && text[0] == ':' && text[1] == ':') {
        *gap = 0;
        at = 2;
    }
    while (at < n) {
        size_t mark = at;
        long group = ip_group(text, n, &at);
        if (group < 0)
            return -1;
        if (at < n && text[at] == '.') { /* the last 32 bits as a dotted quad */
            at = mark;
            if (used > 12 || ip_quad(bytes + used, text, n, &at) < 0 || at != n)
                return -1;
            return used + 4;
        }
        if (used > 14)
            return -1;
        bytes[used++] = (uint8_t)(group >> 8);
        bytes[used++] = (uint8_t)group;
        if (at >= n)
            break;
        if (text[at++] != ':' || at >= n)
            return -1;
        if (text[at] == ':') {
            if (*gap >= 0)
                return -1;
            *gap = used;
            at++;
        }
    }
    return used;
}

int quoth_ip_parse(struct quoth_ip *ip, const char *text, size_t n)
{
    struct quoth_ip out = {4, {0}};
    size_t at = 0;
    if (ip_quad(out.b, text, n, &at) == QUOTH_OK && at == n) {
        *ip = out;
        return QUOTH_OK;
    }
    uint8_t bytes[16] = {0};
    int gap = -1, used = ip_groups(bytes, &gap, text, n);
    if (used < 0 || (gap < 0 ? used != 16 : used > 14))
        return QUOTH_EPROTO;
    const int begin = gap < 0 ? 16 : gap, zeros = 16 - used; /* that "::" stands for */
    out.len = 16;
    for (int i = 0; i < 16; i++)
        if (i < begin)
            out.b[i] = bytes[i];
        else
            out.b[i] = i < begin + zeros ? 0 : bytes[i - zeros];
    *ip = out;
    return QUOTH_OK;
}

/* Text on its way into what room there is; `n` counts on behind it. */
struct ip_text {
    char *buf;
    size_t cap, n;
};

static void ip_put(struct ip_text *to, char c)
{
    if (to->n < to->cap)
        to->buf[to->n] = c;
    to->n++;
}

static void ip_put_number(struct ip_text *to, unsigned value, unsigned base)
{
    unsigned unit = 1;
    while (value / unit >= base)
        unit *= base;
    for (; unit; unit /= base)
        ip_put(to, "0123456789abcdef"[value / unit % base]);
}

/* Where the longest run of two or more zero groups begins, the first of equals (RFC 5952 4.2). */
static int ip_zeros(const uint8_t bytes[16], int *len)
{
    int best = -1, best_len = 1;
    for (int i = 0, run = 0; i < 8; i++) {
        run = bytes[2 * i] || bytes[2 * i + 1] ? 0 : run + 1;
        if (run > best_len) {
            best_len = run;
            best = i - run + 1;
        }
    }
    *len = best_len;
    return best;
}

int quoth_ip_text(const struct quoth_ip *ip, char *buf, size_t cap)
{
    struct ip_text to = {buf, cap, 0};
    if (ip->len == 4) {
        for (int i = 0; i < 4; i++) {
            if (i)
                ip_put(&to, '.');
            ip_put_number(&to, ip->b[i], 10);
        }
    } else if (ip->len == 16) {
        int len, gap = ip_zeros(ip->b, &len);
        for (int i = 0; i < 8; i++) {
            if (i == gap) {
                ip_put(&to, ':');
                ip_put(&to, ':');
                i += len - 1;
                continue;
            }
            if (i && i != gap + len)
                ip_put(&to, ':');
            ip_put_number(&to, (unsigned)ip->b[2 * i] << 8 | ip->b[2 * i + 1], 16);
        }
    }
    if (to.n >= cap)
        return QUOTH_ESPACE;
    buf[to.n] = '\0';
    return (int)to.n;
}

int quoth_cidr_parse(struct quoth_cidr *cidr, const char *text, size_t n)
{
    const char *slash = (const char *)memchr(text, '/', n);
    size_t ip_n = slash ? (size_t)(slash - text) : n, at = ip_n + 1;
    unsigned bits = 0;
    if (quoth_ip_parse(&cidr->ip, text, ip_n) < 0)
        return QUOTH_EPROTO;
    if (!slash) {
        cidr->bits = (uint8_t)(cidr->ip.len * 8);
        return QUOTH_OK;
    }
    if (at == n || n - at > 3)
        return QUOTH_EPROTO;
    for (; at < n; at++) {
        if (!quoth_is_digit(text[at]))
            return QUOTH_EPROTO;
        bits = bits * 10 + (unsigned)(text[at] - '0');
    }
    if (bits > cidr->ip.len * 8u)
        return QUOTH_EPROTO;
    cidr->bits = (uint8_t)bits;
    return QUOTH_OK;
}

int quoth_cidr_holds(const struct quoth_cidr *cidr, const struct quoth_ip *ip)
{
    unsigned whole = cidr->bits / 8u, rest = cidr->bits % 8u;
    if (ip->len != cidr->ip.len || memcmp(ip->b, cidr->ip.b, whole))
        return 0;
    return whole >= ip->len || !((ip->b[whole] ^ cidr->ip.b[whole]) >> (8 - rest));
}
