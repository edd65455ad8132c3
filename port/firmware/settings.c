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

static int settings_number(uint32_t *x, const char *text, uint32_t max)
{
    uint32_t v = 0;

    if (!*text)
        return -1;
    for (; *text; text++) {
        uint32_t d = (uint32_t)(*text - '0');
        if (d > 9 || d > max || v > (max - d) / 10)
            return -1;
        v = v * 10 + d;
    }
    *x = v;
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

static int settings_tls(struct settings *s, const char *value)
{
    static const char *const name[] = {
        [QUOTH_TLS_TRY] = "try", [QUOTH_TLS_MUST] = "must", [QUOTH_TLS_NEVER] = "never"};

    for (unsigned i = 0; i < sizeof name / sizeof name[0]; i++)
        if (!strcmp(value, name[i])) {
            s->conf.smtp.tls = (enum quoth_tls)i;
            return 0;
        }
    return -1;
}

static void settings_set_number(struct settings *s, enum settings_id id, uint32_t x)
{
    switch (id) {
    case SET_PORT: s->conf.port = (uint16_t)x; break;
    case SET_SECONDS: s->conf.total_ms = x * 1000; break;
    case SET_TRIES: s->resolver.tries = (uint8_t)x; break;
    case SET_LOSS: s->loss = (uint8_t)x; break;
    case SET_TICK: board_tick_base = x; break;
    default: s->arena = x; break;
    }
}

static int settings_set(struct settings *s, enum settings_id id, const char *value)
{
    switch (id) {
    case SET_DNS: return settings_peer(&s->resolver.server[0].peer, value);
    case SET_HELO:
        s->conf.smtp.helo = s->helo;
        return settings_text(s->helo, sizeof s->helo, value);
    case SET_FROM: return settings_text(s->from, sizeof s->from, value);
    case SET_ALLOW:
        s->conf.targets.allow_n = 1;
        return quoth_cidr_parse(&s->allow, value, strlen(value));
    case SET_REAL: return settings_text(s->name, sizeof s->name, value);
    default: return settings_tls(s, value);
    }
}

/* The setting that a word is about, SETTINGS for none: "port=x@example.com" is an address. */
static enum settings_id settings_find(const char *word)
{
    size_t n = strlen(word);
    unsigned id = 0;

    for (; id < SETTINGS; id++) {
        size_t m = strlen(settings_known[id].name);
        if (m >= n || word[m] != '=' || memcmp(word, settings_known[id].name, m))
            continue;
        if (id == SET_FROM || !memchr(word, '@', n))
            break;
    }
    return (enum settings_id)id;
}

int settings_is(const char *word) { return settings_find(word) != SETTINGS; }

int settings_take(struct settings *s, const char *word)
{
    enum settings_id id = settings_find(word);
    const char *value;
    uint32_t x;

    if (id == SETTINGS)
        return -1;
    value = word + strlen(settings_known[id].name) + 1;
    if (settings_known[id].max == 0)
        return settings_set(s, id, value) < 0 ? -1 : 0;
    if (settings_number(&x, value, settings_known[id].max) != 0)
        return -1;
    settings_set_number(s, id, x);
    return 0;
}

void settings_init(struct settings *s)
{
    memset(s, 0, sizeof *s);
    s->resolver.servers = 1;
    s->conf.resolver = &s->resolver;
    s->conf.smtp.from = s->from;
    s->conf.targets.allow = &s->allow;
    s->real[0] = s->name;
    s->conf.allow_names = s->real;
    s->arena = FW_ARENA;
    (void)settings_take(s, "dns=10.0.2.3"); /* of QEMU's user network */
}
