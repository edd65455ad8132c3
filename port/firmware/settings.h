/* settings.h - what the board was told: by arguments, or at its console. A product keeps this in
 * flash.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "port.h"

/* Bytes for TLS: of the board, in firmware.mk. */
#ifndef FW_ARENA
#define FW_ARENA 128
#endif

struct settings {
    struct quoth_resolver resolver;
    struct quoth_conf conf;          /* points into this struct */
    struct quoth_cidr allow, own[2]; /* own: the board, and its name server */
    const char *real[2];
    char helo[64], from[80], name[16];
    uint32_t arena;
    uint8_t loss; /* percent of frames lost: a bad cable */
};

void settings_init(struct settings *settings);

/* Is this word NAME=VALUE, with a NAME that is known? If not it is an address. */
int settings_is(const char *word);

/* Take such a word. 0, or -1: no such value. */
int settings_take(struct settings *settings, const char *word);

#endif
