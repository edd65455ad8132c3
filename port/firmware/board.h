/* board.h - what main.c asks of a board, each kept by one short file.
 *
 *   start.c                      reset, the tick, stack measured    every Cortex-M
 *   BOARD.c                      console                            mps2-an385.c, lm3s6965evb.c
 *   lan9118.c, stellaris_enet.c  network                            a netif of lwIP's
 *   semihost.c                   exit status, arguments, entropy    under QEMU, or a debugger
 *
 * SPDX-License-Identifier: MIT */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

struct netif;

#define BOARD_REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* BOARD.c: once; then bytes to and from the serial console. get: -1 when there is none. */
void board_init(void);
void board_put(char c);
int board_get(void);
extern const uint32_t board_hz; /* of the processor, for the tick */

/* The network driver: set up as netif_add() wants it; then hand on every frame that has come. */
signed char board_net_init(struct netif *netif);
void board_net_poll(struct netif *netif);

/* start.c: where sys_now() begins; sleep until the next interrupt, a tick at the latest. */
extern uint32_t board_tick_base;
void board_wait(void);

/* How much of an area that was painted has been used, counting from where use ends: a stack from
 * its low end (from_top 0), an arena from its high one. */
void board_paint(void *area, size_t n);
size_t board_used(const void *area, size_t n, int from_top);
extern uint8_t board_stack[], board_stack_end[];

/* semihost.c */
void semihost_exit(int status) __attribute__((noreturn));
int semihost_args(char *buf,
                  size_t cap); /* what -semihosting-config arg= gave, in one line; 0, or -1 */
int semihost_entropy(void *buf, size_t n);

#endif
