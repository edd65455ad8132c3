/* addr.c - is it an address, and if not, which byte is wrong?
 *
 *     Mailbox   = Local-part "@" ( Domain / "[" literal "]" )      RFC 5321 4.1.2, 4.1.3
 *     Local-part = atoms joined by dots / quoted string            UTF-8 in both: RFC 6531 3.3
 *     Domain     = labels of letters, digits and inner hyphens joined by dots; U-labels: idna.c
 *
 * It goes once from left to right. Display names, comments, folding, source routes and blanks
 * around it are faults, because an SMTP mailbox has none of them. Nothing is cut out and nothing is
 * mended, so the text that was checked is the text that goes on the wire. Lengths are those of RFC
 * 5321 4.5.3.1, in bytes as written.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum {
    ADDR_LOCAL_MAX = 64,
    ADDR_DOMAIN_MAX = 255,
    ADDR_LABEL_MAX = 63,
    ADDR_MAX = 254 /* a path of 256 without its two brackets */
};

/* What is still to be read is text[at..n). */
struct addr_scan {
    struct quoth_addr *addr;
    const char *text;
    size_t n, at;
};

static QUOTH_APART int addr_fail(const struct addr_scan *scan, enum quoth_addr_fault fault,
                                 size_t at)
{
    scan->addr->fault = fault;
    scan->addr->at = (uint16_t)(at < UINT16_MAX ? at : UINT16_MAX);
    return 0;
}

static int addr_is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

/* What cannot be seen: blanks beyond ASCII, zero width, marks of direction, and the like of General
 * Punctuation, 8 characters a bit. The joiners U+200C and U+200D are parts of words (RFC 8265), and
 * dashes and quotation marks are letters to RFC 6531. */
static int addr_is_unseen(uint32_t c)
{
    return c >> 7 == 0x40 ? 0x3023 >> (c >> 3 & 15) & 1 && c >> 1 != 0x1006
                          : c == 0xa0 || c == 0xad || c == 0xfeff;
}

static int addr_is_atext(uint32_t c)
{
    return c >= 0x80 || quoth_is_alnum((int)c) || memchr("!#$%&'*+-/=?^_`{|}~", (int)c, 19);
}

/* Read the next character. 0, with the fault noted, if no address may hold it. */
static int addr_next(struct addr_scan *scan, uint32_t *c)
{
    size_t len = quoth_utf8(c, scan->text + scan->at, scan->n - scan->at);
    if (!len)
        return addr_fail(scan, QUOTH_ADDR_UTF8_BAD, scan->at);
    if (addr_is_control(*c))
        return addr_fail(scan, QUOTH_ADDR_CONTROL, scan->at);
    if (!scan->addr->local.n && addr_is_unseen(*c)) /* in a domain IDNA decides */
        return addr_fail(scan, QUOTH_ADDR_LOCAL_CHAR, scan->at);
    scan->at += len;
    return 1;
}

/* A local part without quotes, up to the @ or the end of the text. */
static int addr_atoms(struct addr_scan *scan)
{
    uint32_t c, last = '.';
    for (; scan->at < scan->n && scan->text[scan->at] != '@'; last = c) {
        size_t here = scan->at;
        if (!addr_next(scan, &c))
            return 0;
        if (c == '.' ? last == '.' : !addr_is_atext(c))
            return addr_fail(scan, c == '.' ? QUOTH_ADDR_LOCAL_DOT : QUOTH_ADDR_LOCAL_CHAR, here);
        if (c >= 0x80)
            scan->addr->flags |= QUOTH_ADDR_UTF8_LOCAL;
    }
    if (scan->at && last == '.')
        return addr_fail(scan, QUOTH_ADDR_LOCAL_DOT, scan->at - 1);
    return 1;
}

static int addr_quoted(struct addr_scan *scan)
{
    scan->addr->flags |= QUOTH_ADDR_QUOTED;
    for (scan->at = 1; scan->at < scan->n && scan->text[scan->at] != '"';) {
        uint32_t c;
        /* quoted-pairSMTP: a backslash stands before one printable ASCII character */
        int escaped = scan->text[scan->at] == '\\';
        scan->at += (size_t)escaped;
        if (scan->at == scan->n)
            break;
        size_t here = scan->at;
        if (!addr_next(scan, &c))
            return 0;
        if (c >= 0x80 && escaped)
            return addr_fail(scan, QUOTH_ADDR_LOCAL_CHAR, here);
        if (c >= 0x80)
            scan->addr->flags |= QUOTH_ADDR_UTF8_LOCAL;
    }
    if (scan->at == scan->n)
        return addr_fail(scan, QUOTH_ADDR_QUOTE_OPEN, 0);
    if (++scan->at < scan->n && scan->text[scan->at] != '@')
        return addr_fail(scan, QUOTH_ADDR_LOCAL_CHAR, scan->at);
    return 1;
}

static int addr_local(struct addr_scan *scan)
{
    if (scan->n == 0)
        return addr_fail(scan, QUOTH_ADDR_EMPTY, 0);
    if (!(scan->text[0] == '"' ? addr_quoted(scan) : addr_atoms(scan)))
        return 0;
    if (scan->at == scan->n)
        return addr_fail(scan, QUOTH_ADDR_NO_AT, scan->n);
    if (scan->at == 0)
        return addr_fail(scan, QUOTH_ADDR_LOCAL_EMPTY, 0);
    if (scan->at > ADDR_LOCAL_MAX)
        return addr_fail(scan, QUOTH_ADDR_LOCAL_LONG, ADDR_LOCAL_MAX);
    scan->addr->local = (struct quoth_span) {scan->text, scan->at++};
    return 1;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]", and nothing behind it. */
static int addr_literal(struct addr_scan *scan)
{
    const size_t n = scan->n;
    size_t from = scan->at + 1, tag = 0;
    scan->addr->flags |= QUOTH_ADDR_LITERAL;
    if (from + 5 < n && quoth_same(scan->text + from, 5, "ipv6:", 5))
        tag = 5;
    from += tag;
    if (from < n && scan->text[n - 1] == ']' &&
        quoth_ip_parse(&scan->addr->ip, scan->text + from, n - 1 - from) == QUOTH_OK &&
        scan->addr->ip.len == (tag ? 16 : 4))
        return 1;
    scan->addr->ip.len = 0;
    return addr_fail(scan, QUOTH_ADDR_LITERAL_BAD, scan->at);
}

/* Check the label text[from..at) as a whole. The length of a U-label is measured later, as an
 * A-label. */
static int addr_label(const struct addr_scan *scan, size_t from, int wide)
{
    if (scan->at <= from)
        return addr_fail(scan, QUOTH_ADDR_LABEL_EMPTY, from < scan->n ? from : from - 1);
    if (scan->text[from] == '-')
        return addr_fail(scan, QUOTH_ADDR_DOMAIN_HYPHEN, from);
    if (scan->text[scan->at - 1] == '-')
        return addr_fail(scan, QUOTH_ADDR_DOMAIN_HYPHEN, scan->at - 1);
    if (!wide && scan->at - from > ADDR_LABEL_MAX)
        return addr_fail(scan, QUOTH_ADDR_LABEL_LONG, from + ADDR_LABEL_MAX);
    return 1;
}

/* Move past one label. *number becomes 1 if it is all digits. */
static int addr_label_read(struct addr_scan *scan, int *number)
{
    size_t from = scan->at;
    int wide = 0;
    *number = 1;
    while (scan->at < scan->n && scan->text[scan->at] != '.') {
        uint32_t c;
        size_t here = scan->at;
        if (!addr_next(scan, &c))
            return 0;
        if (c < 0x80 && c != '-' && !quoth_is_alnum((int)c))
            return addr_fail(scan, QUOTH_ADDR_DOMAIN_CHAR, here);
        if (!quoth_is_digit((int)c))
            *number = 0;
        if (c >= 0x80)
            wide = 1;
    }
    if (wide)
        scan->addr->flags |= QUOTH_ADDR_UTF8_DOMAIN;
    return addr_label(scan, from, wide);
}

static int addr_labels(struct addr_scan *scan)
{
    size_t first = scan->at, last;
    int number;
    for (;; scan->at++) {
        last = scan->at;
        if (!addr_label_read(scan, &number))
            return 0;
        if (scan->at == scan->n)
            break;
    }
    if (scan->n - first > ADDR_DOMAIN_MAX)
        return addr_fail(scan, QUOTH_ADDR_DOMAIN_LONG, first + ADDR_DOMAIN_MAX);
    if (number)
        return addr_fail(scan, QUOTH_ADDR_DOMAIN_NUMERIC, last);
    if (last == first)
        scan->addr->flags |= QUOTH_ADDR_SINGLE_LABEL;
    return 1;
}

/* Is text[at..n) ASCII without a label that could be an A-label? Then IDNA changes nothing. */
static int addr_plain(const char *text, size_t at, size_t n)
{
    for (; at < n; at++)
        if ((uint8_t)text[at] > 0x7f || (text[at] == '-' && at + 1 < n && text[at + 1] == '-'))
            return 0;
    return 1;
}

/* Turn an internationalised domain into A-labels and check it again. Without QUOTH_IDN it passes as
 * it is. */
static int addr_idn(const struct addr_scan *scan, size_t first)
{
    char ascii[ADDR_DOMAIN_MAX + 1];
    struct quoth_addr *addr = scan->addr;
    if (addr_plain(scan->text, first, scan->n))
        return 1;
    int n = quoth_idna_to_ascii(ascii, sizeof ascii, scan->text + first, scan->n - first);
    if (n == QUOTH_ENOSYS)
        return 1;
    if (n < 0)
        return addr_fail(scan, QUOTH_ADDR_IDNA_BAD, first);
    struct addr_scan again = {addr, ascii, (size_t)n, 0};
    addr->flags &= (uint8_t)~QUOTH_ADDR_SINGLE_LABEL;
    if (!addr_labels(&again))
        return addr_fail(scan, addr->fault, first);
    if (first + (size_t)n > ADDR_MAX)
        return addr_fail(scan, QUOTH_ADDR_LONG, first);
    return 1;
}

static int addr_whole(struct addr_scan *scan)
{
    size_t first;
    if (!addr_local(scan))
        return 0;
    first = scan->at;
    if (first >= scan->n)
        return addr_fail(scan, QUOTH_ADDR_DOMAIN_EMPTY, first);
    if (!(scan->text[first] == '[' ? addr_literal(scan) : addr_labels(scan)))
        return 0;
    if (scan->n > ADDR_MAX)
        return addr_fail(scan, QUOTH_ADDR_LONG, ADDR_MAX);
    if (!(scan->addr->flags & QUOTH_ADDR_LITERAL) && !addr_idn(scan, first))
        return 0;
    scan->addr->domain = (struct quoth_span) {scan->text + first, scan->n - first};
    return 1;
}

int quoth_addr_parse(struct quoth_addr *addr, const char *text, size_t n)
{
    struct addr_scan scan = {addr, text, n, 0};
    memset(addr, 0, sizeof *addr);
    return addr_whole(&scan) ? QUOTH_OK : QUOTH_EPROTO;
}

int quoth_addr_domain(const struct quoth_addr *addr, char *buf, size_t cap)
{
    const struct quoth_span *domain = &addr->domain;
    int literal = addr->flags & QUOTH_ADDR_LITERAL;
    if (!literal && (QUOTH_IDN || addr->flags & QUOTH_ADDR_UTF8_DOMAIN) &&
        !addr_plain(domain->p, 0, domain->n))
        return quoth_idna_to_ascii(buf, cap, domain->p, domain->n);
    if (domain->n >= cap)
        return QUOTH_ESPACE;
    for (size_t i = 0; i < domain->n; i++)
        buf[i] = literal ? domain->p[i] : (char)quoth_lower((uint8_t)domain->p[i]);
    buf[domain->n] = '\0';
    return (int)domain->n;
}

int quoth_helo_valid(const char *text)
{
    struct quoth_addr addr = {0};
    struct addr_scan scan = {&addr, text, strlen(text), 0};
    if (text[0] == '[')
        return addr_literal(&scan);
    return addr_labels(&scan) && scan.n < ADDR_DOMAIN_MAX - 1 && addr_idn(&scan, 0) &&
           !(addr.flags & (QUOTH_ADDR_UTF8_DOMAIN | QUOTH_ADDR_SINGLE_LABEL));
}

int quoth_from_valid(const char *text)
{
    struct quoth_addr addr;
    return !text[0] || (quoth_addr_parse(&addr, text, strlen(text)) == QUOTH_OK &&
                        !(addr.flags & (QUOTH_ADDR_UTF8_LOCAL | QUOTH_ADDR_UTF8_DOMAIN)));
}
