/* option_read.h - the readers of options: from text to a field. Between options.c, whose rows name
 * them, and option_read.c.
 *
 * Each reads one value and returns NULL, or what would have been right.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_OPTION_READ_H
#define QUOTH_OPTION_READ_H

#include "options.h"

#define OPTION_READER(name) \
    const char *name(struct app_options *options, const struct app_option *row, const char *value)

/* Of any field of the right type. */
OPTION_READER(option_flag);   /* yes or no: an integer becomes row->mark, or 0 */
OPTION_READER(option_word);   /* one of the words of row->arg: an integer becomes its place there */
OPTION_READER(option_words);  /* the same, many: a bit for each */
OPTION_READER(option_number); /* 0 to 3 in 8 bits, 1 to 10000 in 16, 1 to 3600000 in 32 */
OPTION_READER(option_text);   /* a const char *, not empty */
OPTION_READER(
    option_content); /* the same, of a file of which not the name matters, but what it says */
/* The integer in a field of 8, 16 or 32 bits. */
uint32_t option_get(const struct app_options *options, const struct app_option *row);

/* HOST, HOST:PORT, [V6]:PORT or a bare V6, cut in two in place; port 0: none. 1: a dotted name or
 * an address. */
int app_host_port(char *text, char **host, uint16_t *port);

/* Of one field each. */
OPTION_READER(option_file);
OPTION_READER(option_why);
OPTION_READER(option_helo);
OPTION_READER(option_from);
OPTION_READER(option_relay);
OPTION_READER(option_server);
OPTION_READER(option_nameserver);
OPTION_READER(option_allow);
OPTION_READER(option_deny);
OPTION_READER(option_allow_name);
OPTION_READER(option_decoys);
OPTION_READER(option_timeout);
OPTION_READER(option_max_time);
OPTION_READER(option_memory);
OPTION_READER(option_sandbox);
OPTION_READER(option_passes);
OPTION_READER(option_delimiter);
OPTION_READER(option_resume);
OPTION_READER(option_skip_providers);
OPTION_READER(option_shard);
OPTION_READER(option_calibration);
OPTION_READER(option_action);

#endif
