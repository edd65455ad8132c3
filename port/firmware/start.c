/* start.c - from reset to main() on a Cortex-M3, and the tick.
 *
 * The stack lies lowest in RAM: when it overflows it leaves the RAM and faults, instead of growing
 * into data. It is painted before main(), so that main() can say how deep it went.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "board.h"

enum { START_PAINT = 0xA5, START_FAULT = 70 };

int main(void);
uint32_t sys_now(void);
void start_reset(void), start_fault(void), start_tick(void);
extern uint8_t link_data[], link_data_end[], link_data_rom[], link_bss[], link_bss_end[];

uint32_t board_tick_base;
static volatile uint32_t start_ticks;

/* Where the processor finds its stack and handlers: 16 exceptions. No device interrupt is used. */
struct start_vectors {
    void *stack;
    void (*handler[15])(void);
};
extern const struct start_vectors start_vectors;
__attribute__((section(".vectors"), used)) const struct start_vectors start_vectors = {
    board_stack_end,
    {start_reset, start_fault, start_fault, start_fault, start_fault, start_fault, NULL, NULL, NULL,
     NULL, start_fault, start_fault, NULL, start_fault, start_tick}};

void board_paint(void *area, size_t n) { memset(area, START_PAINT, n); }

size_t board_used(const void *area, size_t n, int from_top)
{
    const uint8_t *p = area;
    size_t clean = 0;

    while (clean < n && p[from_top ? n - 1 - clean : clean] == START_PAINT)
        clean++;
    return n - clean;
}

void start_reset(void)
{
    uint8_t here;

    board_paint(board_stack, (size_t)(&here - board_stack) - 128);
    memcpy(link_data, link_data_rom, (size_t)(link_data_end - link_data));
    memset(link_bss, 0, (size_t)(link_bss_end - link_bss));
    board_init();
    BOARD_REG(0xE000E014) = board_hz / 1000 - 1; /* SysTick: reload, current, control */
    BOARD_REG(0xE000E018) = 0;
    BOARD_REG(0xE000E010) = 7;
    semihost_exit(main());
}

void start_fault(void)
{
    for (const char *p = "fault\n"; *p; p++)
        board_put(*p);
    semihost_exit(START_FAULT);
}

void start_tick(void) { start_ticks++; }

uint32_t sys_now(void) { return board_tick_base + start_ticks; }

void board_wait(void) { __asm volatile("wfi"); }
