/* bare.c - quoth on a board without an operating system: one static slot and a super-loop.
 *
 *   board_address() --> start --> poke --AGAIN--> sleep until it moved or is late --> poke ...
 *                                  |                                                   |
 *                                                                          DONE: told, next
 *
 * Nothing is allocated and nothing blocks, so the loop has room for whatever else the board does.
 * Besides the board's functions (board.h) it needs memcpy, memset, memcmp, memchr, memmove and
 * strlen.
 *
 * Built of: this file, ../drive.c, core/, your board.c; -DQUOTH_CONFIG='"small.h"' when memory is
 * short. For TLS set slot.wire.tls and tls_link as the firmware does; without it a server that
 * insists on TLS is `unknown`.
 *
 * SPDX-License-Identifier: MIT */
#include "board.h"

static const struct quoth_port bare_port = {board_now,  board_random, board_dgram, board_open,
                                            board_send, board_recv,   board_close};
static struct quoth_link bare_link;
static struct quoth_slot bare_slot; /* not initialised, or all of it would be copied from flash */

/* Your name in the DNS, your mailbox, your name server (or what DHCP said, set before the first
 * start). */
static struct quoth_resolver bare_resolver = {.server = {{.peer = {{4, {192, 0, 2, 53}}, 53}}},
                                              .servers = 1};
static const struct quoth_conf bare_conf = {
    .resolver = &bare_resolver,
    .smtp = {.helo = "probe.example.org", .from = "postmaster@example.org"}};
static char bare_address[320]; /* must live until DONE */

static void bare_tell(void)
{
    const struct quoth_evidence *evidence = &bare_slot.v.ev;
    struct quoth_reading why;
    enum quoth_verdict verdict = quoth_judge(evidence, quoth_verify_host(&bare_slot.v), &why);

    board_told(quoth_verdict_name(verdict), quoth_reason_name(why.reason), evidence->words,
               evidence->said.n);
}

/* One address, from start to goodbye. Anything else the board has to do goes where it sleeps. */
static void bare_check(size_t n)
{
    struct quoth_want want;
    int rc;

    quoth_slot_start(&bare_slot, &bare_conf, bare_address, n);
    do {
        rc = quoth_poke(&bare_slot, &want);
        if (rc == QUOTH_AGAIN)
            board_sleep(want.deadline);
    } while (rc == QUOTH_AGAIN);
    bare_tell();
}

int main(void)
{
    int n;

    bare_slot.wire.port = &bare_port;
    bare_slot.wire.link = &bare_link;
    while ((n = board_address(bare_address, sizeof bare_address)) >= 0) {
        if (n > 0)
            bare_check((size_t)n);
        else
            board_sleep(board_now() + 100);
    }
    return 0;
}
