/* settings.c - NAME=VALUE.
 *
 *   dns=10.0.2.3:53   the name server            helo=, from=  who asks: else nobody is asked
 *   port=25           of the mail servers        tls=try       or must, never
 *   allow=10.0.0.0/8  addresses that are not the Internet's, to be connected to all the same
 *   real=test         a reserved name to be taken for a real one
 *   seconds=300       for one address            tries=3       rounds over the name servers
 *   loss=0            percent of frames to lose  tick=0        where the millisecond clock begins
 *   arena=            bytes for TLS
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "board.h"
#include "settings.h"

enum settings_id {
    SET_DNS,
    SET_HELO,
    SET_FROM,
    SET_ALLOW,
    SET_REAL,
    SET_TLS,
    SET_PORT,
    SET_SECONDS,
    SET_TRIES,
    SET_LOSS,
    SET_TICK,
    SET_ARENA,
    SETTINGS
};

/* max: it is a number, of at most that. */
static const struct {
    const char *name;
    uint32_t max;
} settings_known[SETTINGS] = {
    [SET_DNS] = {"dns", 0},
    [SET_HELO] = {"helo", 0},
    [SET_FROM] = {"from", 0},
    [SET_ALLOW] = {"allow", 0},
    [SET_REAL] = {"real", 0},
    [SET_TLS] = {"tls", 0},
    [SET_PORT] = {"port", 65535},
    [SET_SECONDS] = {"seconds", 3600},
    [SET_TRIES] = {"tries", 5},
    [SET_LOSS] = {"loss", 99},
    [SET_TICK] = {"tick", UINT32_MAX},
    [SET_ARENA] = {"arena", FW_ARENA},
};

static int settings_number(uint32_t *out, const char *text, uint32_t max)
{
    uint32_t value = 0;

    if (!*text)
        return -1;
    for (; *text; text++) {
        uint32_t digit = (uint32_t)(*text - '0');
        if (digit > 9 || digit > max || value > (max - digit) / 10)
            return -1;
        value = value * 10 + digit;
    }
    *out = value;
    return 0;
}

static int settings_text(char *buf, size_t cap, const char *text)
{
    size_t n = strlen(text);

    if (n >= cap)
        return -1;
    memcpy(buf, text, n + 1);
    return 0;
}

/* 192.0.2.1 or 192.0.2.1:53 */
static int settings_peer(struct quoth_peer *peer, const char *text)
{
    const char *colon = memchr(text, ':', strlen(text));
    uint32_t port = 53;

    if (colon && settings_number(&port, colon + 1, 65535) != 0)
        return -1;
    peer->port = (uint16_t)port;
    return quoth_ip_parse(&peer->ip, text, colon ? (size_t)(colon - text) : strlen(text));
}

static int settings_tls(struct settings *settings, const char *value)
{
    static const char *const name[] = {
        [QUOTH_TLS_TRY] = "try", [QUOTH_TLS_MUST] = "must", [QUOTH_TLS_NEVER] = "never"};

    for (unsigned i = 0; i < sizeof name / sizeof name[0]; i++)
        if (!strcmp(value, name[i])) {
            settings->conf.smtp.tls = (enum quoth_tls)i;
            return 0;
        }
    return -1;
}

static void settings_set_number(struct settings *settings, enum settings_id id, uint32_t number)
{
    switch (id) {
    case SET_PORT: settings->conf.port = (uint16_t)number; break;
    case SET_SECONDS: settings->conf.total_ms = number * 1000; break;
    case SET_TRIES: settings->resolver.tries = (uint8_t)number; break;
    case SET_LOSS: settings->loss = (uint8_t)number; break;
    case SET_TICK: board_tick_base = number; break;
    default: settings->arena = number; break;
    }
}

static int settings_set(struct settings *settings, enum settings_id id, const char *value)
{
    switch (id) {
    case SET_DNS: return settings_peer(&settings->resolver.server[0].peer, value);
    case SET_HELO:
        settings->conf.smtp.helo = settings->helo;
        return settings_text(settings->helo, sizeof settings->helo, value);
    case SET_FROM: return settings_text(settings->from, sizeof settings->from, value);
    case SET_ALLOW:
        settings->conf.targets.allow_n = 1;
        return quoth_cidr_parse(&settings->allow, value, strlen(value));
    case SET_REAL: return settings_text(settings->name, sizeof settings->name, value);
    default: return settings_tls(settings, value);
    }
}

/* The setting that a word is about, SETTINGS for none: "port=x@example.com" is an address. */
static enum settings_id settings_find(const char *word)
{
    size_t n = strlen(word);
    unsigned id = 0;

    for (; id < SETTINGS; id++) {
        size_t len = strlen(settings_known[id].name);
        if (len >= n || word[len] != '=' || memcmp(word, settings_known[id].name, len))
            continue;
        if (id == SET_FROM || !memchr(word, '@', n))
            break;
    }
    return (enum settings_id)id;
}

int settings_is(const char *word) { return settings_find(word) != SETTINGS; }

int settings_take(struct settings *settings, const char *word)
{
    enum settings_id id = settings_find(word);
    const char *value;
    uint32_t number;

    if (id == SETTINGS)
        return -1;
    value = word + strlen(settings_known[id].name) + 1;
    if (settings_known[id].max == 0)
        return settings_set(settings, id, value) < 0 ? -1 : 0;
    if (settings_number(&number, value, settings_known[id].max) != 0)
        return -1;
    settings_set_number(settings, id, number);
    return 0;
}

void settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    settings->resolver.servers = 1;
    settings->conf.resolver = &settings->resolver;
    settings->conf.smtp.from = settings->from;
    settings->conf.targets.allow = &settings->allow;
    settings->real[0] = settings->name;
    settings->conf.allow_names = settings->real;
    settings->arena = FW_ARENA;
    (void)settings_take(settings, "dns=10.0.2.3"); /* of QEMU's user network */
}
