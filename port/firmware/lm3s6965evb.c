/* lm3s6965evb.c - Stellaris LM3S6965 evaluation board: a PL011 UART is the console.
 *
 * SPDX-License-Identifier: MIT */
#include "board.h"

enum {
    UART = 0x4000C000,
    UART_DR = UART,
    UART_FR = UART + 0x18,
    UART_IBRD = UART + 0x24,
    UART_FBRD = UART + 0x28,
    UART_LCRH = UART + 0x2C,
    UART_CTL = UART + 0x30
};

const uint32_t board_hz = 12500000; /* as QEMU starts it: 200 MHz through 16 */

void board_init(void)
{
    BOARD_REG(0x400FE104) |= 1; /* clock for UART0, and for port A whose pins it has */
    BOARD_REG(0x400FE108) |= 1;
    (void)BOARD_REG(0x400FE108);
    BOARD_REG(0x40004420) |= 3; /* pins 0 and 1 are the UART's; digital */
    BOARD_REG(0x4000451C) |= 3;
    BOARD_REG(UART_IBRD) = 6; /* 115200 baud */
    BOARD_REG(UART_FBRD) = 50;
    BOARD_REG(UART_LCRH) = 0x70; /* 8 bits, FIFO */
    BOARD_REG(UART_CTL) = 0x301; /* receive, transmit, on */
}

void board_put(char c)
{
    while (BOARD_REG(UART_FR) & 0x20)
        continue;
    BOARD_REG(UART_DR) = (uint8_t)c;
}

int board_get(void) { return BOARD_REG(UART_FR) & 0x10 ? -1 : (int)(BOARD_REG(UART_DR) & 0xFF); }
