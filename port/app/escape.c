/* escape.c - a stranger's bytes made safe to show: for terminals, for JSON, for people.
 *
 * Whatever came from a server, a name server or the user may hold escape sequences, bidi
 * controls or bytes that are no UTF-8 at all. Here they become visible text, once, so that
 * no printer writes foreign bytes on its own.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "cli.h"

size_t cli_number(const char *text, uint32_t *n)
{
    uint64_t value = 0;
    size_t i = 0;

    for (; text[i] >= '0' && text[i] <= '9'; i++)
        if (value < UINT32_MAX)
            value = value * 10 + (uint64_t)(text[i] - '0');
    *n = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
    return i;
}

size_t cli_utf8(const char *p, size_t n, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *b = (const uint8_t *)p;
    size_t len = b[0] < 0x80 ? 1 : b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;

    if (len == 1) {
        *code = b[0];
        return 1;
    }
    if (b[0] < 0xc2 || b[0] > 0xf4 || len > n)
        return 0;
    *code = b[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (b[i] & 0x3f);
    }
    if (*code < least[len] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return len;
}

/* Code points that move the cursor, turn the text round or cannot be seen. */
static const struct {
    uint32_t first, last;
} escape_hidden[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},     {0x115f, 0x1160},
    {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
};

static int escape_is_hidden(uint32_t code)
{
    for (size_t i = 0; i < sizeof escape_hidden / sizeof *escape_hidden; i++)
        if (code >= escape_hidden[i].first && code <= escape_hidden[i].last)
            return 1;
    return 0;
}

/* \u200e, and beyond 16 bits the two surrogates JSON knows. */
static void escape_code(FILE *f, uint32_t code)
{
    if (code > 0xffff)
        fprintf(f, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
    else
        fprintf(f, "\\u%04x", code);
}

/* How many bytes from p on are printable ASCII that nobody needs to escape. */
static size_t escape_plain(const char *p, size_t n)
{
    size_t i = 0;
    while (i < n && p[i] >= ' ' && p[i] <= '~' && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

void cli_put(FILE *f, const char *p, size_t n)
{
    for (size_t i = 0, len; i < n; i += len) {
        uint32_t code;
        if ((len = escape_plain(p + i, n - i))) {
            fwrite(p + i, 1, len, f);
            continue;
        }
        len = cli_utf8(p + i, n - i, &code);
        if (!len) {
            fprintf(f, "\\x%02x", (uint8_t)p[i]);
            len = 1;
        } else if (escape_is_hidden(code))
            escape_code(f, code);
        else
            fwrite(p + i, 1, len, f);
    }
}

size_t cli_width(const char *p, size_t n)
{
    size_t width = 0;
    for (size_t i = 0, len; i < n; i += len) {
        uint32_t code;
        len = cli_utf8(p + i, n - i, &code);
        width += !len ? 4 : !escape_is_hidden(code) ? 1 : code > 0xffff ? 12 : 6;
        if (!len)
            len = 1;
    }
    return width;
}

void cli_wrap(FILE *f, const char *p, size_t n, size_t at, size_t width, const char *lead)
{
    size_t i = 0, fresh = 1;
    while (i < n) {
        const char *gap = memchr(p + i, ' ', n - i);
        size_t word = gap ? (size_t)(gap - (p + i)) : n - i, columns = cli_width(p + i, word);
        if (!word) {
            i++;
            continue;
        }
        if (!fresh && at + 1 + columns > width) {
            fprintf(f, "\n%s", lead);
            at = strlen(lead);
            fresh = 1;
        }
        if (!fresh) {
            putc(' ', f);
            at++;
        }
        cli_put(f, p + i, word);
        at += columns;
        i += word;
        fresh = 0;
    }
}

void cli_put_json(FILE *f, const char *p, size_t n)
{
    putc('"', f);
    for (size_t i = 0, len; i < n; i += len) {
        uint32_t code;
        if ((len = escape_plain(p + i, n - i))) {
            fwrite(p + i, 1, len, f);
            continue;
        }
        len = cli_utf8(p + i, n - i, &code);
        if (!len) {
            fputs("\\ufffd", f);
            len = 1;
        } else if (escape_is_hidden(code))
            escape_code(f, code);
        else if (code == '"' || code == '\\')
            fprintf(f, "\\%c", (char)code);
        else
            fwrite(p + i, 1, len, f);
    }
    putc('"', f);
}

const char *cli_peer_text(const struct quoth_peer *peer, char buf[64])
{
    char ip[46];
    if (quoth_ip_text(&peer->ip, ip, sizeof ip) < 0)
        ip[0] = 0;
    if (!peer->port)
        snprintf(buf, 64, "%s", ip);
    else
        snprintf(buf, 64, peer->ip.len == 16 ? "[%s]:%u" : "%s:%u", ip, (unsigned)peer->port);
    return buf;
}

const char *cli_tls_version(uint16_t version)
{
    return version == 0x0304 ? "1.3" : version == 0x0303 ? "1.2" : version ? "older" : "none";
}

const char *cli_tls_cipher(uint16_t cipher, char buf[8])
{
    static const struct {
        uint16_t n;
        const char *name;
    } known[] = {
        /* IANA TLS Cipher Suites */
        {0x1301, "TLS_AES_128_GCM_SHA256"},
        {0x1302, "TLS_AES_256_GCM_SHA384"},
        {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
        {0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
        {0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
        {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
        {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
        {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
        {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].n == cipher)
            return known[i].name;
    snprintf(buf, 8, "0x%04x", cipher);
    return buf;
}

size_t cli_address(const struct cli_result *r, const char *domain, char buf[CLI_ADDRESS_MAX])
{
    const struct quoth_addr *a = &r->v->ev.addr;
    size_t n = strlen(domain);
    if (a->fault || !n || a->local.n + 1 + n > CLI_ADDRESS_MAX)
        return 0;
    memcpy(buf, a->local.p, a->local.n);
    buf[a->local.n] = '@';
    memcpy(buf + a->local.n + 1, domain, n);
    return a->local.n + 1 + n;
}

const char *cli_suggestion(const struct cli_result *r, char buf[256])
{
    const char *domain = r->v->ev.domain;
    if (r->v->ev.addr.fault || r->verdict == QUOTH_VERDICT_DELIVERABLE)
        return NULL;
    return quoth_list_suggest(domain, strlen(domain), buf, 256) > 0 ? buf : NULL;
}

const char *cli_phase_words(uint8_t phase)
{
    static const char *const words[] = {
        [QUOTH_PHASE_SYNTAX] = "the address",
        [QUOTH_PHASE_DNS] = "the DNS",
        [QUOTH_PHASE_CONNECT] = "the door",
        [QUOTH_PHASE_BANNER] = "its greeting",
        [QUOTH_PHASE_EHLO] = "EHLO",
        [QUOTH_PHASE_STARTTLS] = "STARTTLS",
        [QUOTH_PHASE_MAIL] = "MAIL FROM",
        [QUOTH_PHASE_RCPT] = "RCPT TO",
        [QUOTH_PHASE_DECOY] = "the second RCPT TO",
    };
    _Static_assert(sizeof words / sizeof *words == QUOTH_PHASES, "one for each phase");
    return phase < QUOTH_PHASES ? words[phase] : "";
}

const char *cli_err_words(int err)
{
    switch (err) {
    case QUOTH_EPROTO: return "that is not SMTP";
    case QUOTH_EIO: return "the connection broke";
    case QUOTH_EREFUSED: return "connection refused";
    case QUOTH_EUNREACH: return "no route to it";
    case QUOTH_ETIME: return "no answer in time";
    case QUOTH_ENOTLS: return "the TLS handshake failed";
    case QUOTH_ESPACE: return "too few sockets or too little memory here";
    case QUOTH_ENORANDOM: return "no random numbers here";
    default: return "it failed";
    }
}
