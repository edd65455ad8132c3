/* known_table.h - what is known of many addresses, and a file that keeps it over a restart.
 *
 *   known_find --> one of four places that share it; what was never good gives way first
 *
 *   file "known":   quoth-known 1
 *                   key 0123456789abcdef 0123456789abcdef
 *                   SUM SUM DOMAIN GOOD BAD REFUSED LEARNT SAYS     numbers base 16; times are
 *                   ...                                             ms since 1970, 0: never
 *                   end ROWS
 *
 * No address stands in it, only sums under a key. A file that was cut off or damaged is not
 * believed.
 *
 * SPDX-License-Identifier: MIT */
#ifndef KNOWN_TABLE_H
#define KNOWN_TABLE_H

#include <stdio.h>
#include "known.h"

enum { KNOWN_ROWS = 65536, KNOWN_SET = 4, KNOWN_STEP = 512 };

struct known_table {
    struct known *row; /* KNOWN_ROWS */
    uint64_t key[2];
    FILE *out; /* being saved: the file that will take the place of the old one; NULL: no */
    uint32_t next, saved;
    uint64_t wall_ms; /* of now; set by whoever saves or loads */
    uint8_t tells;    /* KNOWN_TELL_*; set by whoever loads: what is not told is not believed */
};

/* 0, or -1: no memory. */
int known_table_init(struct known_table *, const uint8_t key[16]);
void known_table_free(struct known_table *);

/* What is known of it at that server, `route` being a sum of its name; 0: wherever the DNS leads.
 * It lives until another one is asked for. */
struct known *known_find(struct known_table *, const char *text, size_t n, uint64_t route,
                         uint64_t now);
/* Of an address, or of all of "@DOMAIN", whatever the server; a file that is being saved begins
 * anew. */
void known_forget(struct known_table *, const char *text);

/* How the log calls it: five letters. */
void known_id(const struct known *, char id[6]);

/* Some rows more, so that nobody waits for it; `whole`: all. 1: there are more; 0: it is saved;
 * negative: -errno. */
int known_save(struct known_table *, const char *path, uint64_t now, int whole);
/* 0; -1: it is damaged, and nothing of it is believed. */
int known_load(struct known_table *, FILE *, uint64_t now);

#endif
