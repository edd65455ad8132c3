/* mps2-an385.c - Arm MPS2 with a Cortex-M3: a CMSDK UART is the console.
 *
 * SPDX-License-Identifier: MIT */
#include "board.h"

enum {
    UART = 0x40004000,
    UART_DATA = UART,
    UART_STATE = UART + 4,
    UART_CTRL = UART + 8,
    UART_BAUDDIV = UART + 16
};

const uint32_t board_hz = 25000000;

void board_init(void)
{
    BOARD_REG(UART_BAUDDIV) = 217; /* 115200 baud; below 16 it stays silent */
    BOARD_REG(UART_CTRL) = 3;      /* transmit, receive */
}

void board_put(char c)
{
    while (BOARD_REG(UART_STATE) & 1)
        continue;
    BOARD_REG(UART_DATA) = (uint8_t)c;
}

int board_get(void) { return BOARD_REG(UART_STATE) & 2 ? (int)(BOARD_REG(UART_DATA) & 0xFF) : -1; }
