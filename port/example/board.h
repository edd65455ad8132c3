/* board.h - what bare.c needs of a board: the seven functions of port.h, and three of its own.
 * None of the seven may block. ../README.md says what each is easily got wrong in.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BOARD_H
#define BOARD_H

#include "port.h"

/* One UDP exchange or one TCP stream at a time. Yours: a PCB, a socket number, a modem channel. */
struct quoth_link {
    struct quoth_peer peer;
    uint16_t got, at;
    uint8_t up;
};

uint64_t board_now(void);
int board_random(void *buf, size_t n);
int board_dgram(struct quoth_link *link, const struct quoth_peer *to, const void *p, size_t n);
int board_open(struct quoth_link *link, const struct quoth_peer *to);
int board_send(struct quoth_link *link, const void *p, size_t n);
int board_recv(struct quoth_link *link, void *p, size_t cap, struct quoth_peer *from);
void board_close(struct quoth_link *link);

/* The next address to check, without waiting: its length, 0 for none now, -1 to end the program. */
int board_address(char *buf, size_t cap);
/* A verdict, its reason, and the server's words (foreign bytes, no NUL). */
void board_told(const char *verdict, const char *reason, const char *said, size_t n);
/* Sleep until something may have moved (an interrupt) or board_now() reaches `until`. May return
 * early, or at once. */
void board_sleep(uint64_t until);

#endif
