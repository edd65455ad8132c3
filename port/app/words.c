/* words.c - names of things, for people: peers, TLS, phases, errors.
 *
 * Names that programs read are core's (quoth_reason_name() and its kin); these may change.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "app.h"

const char *app_peer_text(const struct quoth_peer *peer, char buf[64])
{
    const int bracket = peer->port && peer->ip.len == 16;
    if (quoth_ip_text(&peer->ip, buf + bracket, 46) < 0)
        buf[bracket] = 0;
    if (bracket)
        buf[0] = '[';
    if (peer->port)
        sprintf(buf + strlen(buf), bracket ? "]:%u" : ":%u", (unsigned)peer->port);
    return buf;
}

const char *app_tls_version(uint16_t version)
{
    switch (version) {
    case 0: return "none";
    case 0x0303: return "1.2";
    case 0x0304: return "1.3";
    default: return "older";
    }
}

const char *app_tls_broke(uint16_t broke, char buf[40])
{
    static const char *const own[] = {
        [QUOTH_TLS_HUNG_UP - QUOTH_TLS_HUNG_UP] = "the server hung up",
        [QUOTH_TLS_NO_TLS - QUOTH_TLS_HUNG_UP] = "what the server sent is not TLS",
        [QUOTH_TLS_VERSION - QUOTH_TLS_HUNG_UP] = "the server wants a version older than 1.2",
        [QUOTH_TLS_SIGNATURE - QUOTH_TLS_HUNG_UP] = "the server signed with PSS in TLS 1.2",
        [QUOTH_TLS_CERTIFICATE - QUOTH_TLS_HUNG_UP] = "the certificate cannot be read",
        [QUOTH_TLS_MEMORY - QUOTH_TLS_HUNG_UP] = "out of memory",
        [QUOTH_TLS_OTHER - QUOTH_TLS_HUNG_UP] = "the two sides do not agree",
    };
    static const struct {
        uint8_t alert;
        char name[22];
    } alerts[] = {
        {10, "unexpected_message"},    {20, "bad_record_mac"},        {22, "record_overflow"},
        {40, "handshake_failure"},     {42, "bad_certificate"},       {47, "illegal_parameter"},
        {50, "decode_error"},          {51, "decrypt_error"},         {70, "protocol_version"},
        {71, "insufficient_security"}, {80, "internal_error"},        {109, "missing_extension"},
        {112, "unrecognized_name"},    {116, "certificate_required"},
    };
    unsigned i = 0;

    if (broke >= QUOTH_TLS_HUNG_UP)
        return broke < QUOTH_TLS_BROKEN ? own[broke - QUOTH_TLS_HUNG_UP] : NULL;
    if (!broke)
        return NULL;
    while (i < sizeof alerts / sizeof *alerts && alerts[i].alert != broke)
        i++;
    snprintf(buf, 40, "alert %u%s%s", broke, i < sizeof alerts / sizeof *alerts ? " " : "",
             i < sizeof alerts / sizeof *alerts ? alerts[i].name : "");
    return buf;
}

const char *app_tls_cipher(uint16_t cipher, char buf[8])
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

const char *app_phase_words(uint8_t phase)
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

const char *app_err_words(int err)
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

const char *app_trouble_words(const struct quoth_event *ev)
{
    if (ev->kind == QUOTH_EV_TIME)
        return "no answer in time";
    if (ev->kind == QUOTH_EV_EOF)
        return "the other side closed the connection";
    return app_err_words(ev->err);
}
