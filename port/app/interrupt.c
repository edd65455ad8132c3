/* interrupt.c - signals that end a command.
 *
 * SPDX-License-Identifier: MIT */
#include <stddef.h>
#include "interrupt.h"

volatile sig_atomic_t app_interrupted;
static struct quoth_batch *volatile interrupt_batch;

static void interrupt_note(int number)
{
    app_interrupted = number;
    if (interrupt_batch)
        quoth_batch_stop(interrupt_batch);
}

void app_interrupt_catch(void)
{
    static const int ends[] = {SIGHUP, SIGTERM, SIGINT};
    const struct sigaction note = {.sa_handler = interrupt_note, .sa_flags = (int)SA_RESETHAND};
    struct sigaction before;

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const int ignored = !sigaction(ends[i], NULL, &before) && before.sa_handler == SIG_IGN;
        if (ends[i] != SIGHUP || !ignored)
            sigaction(ends[i], &note, NULL);
    }
}

void app_interrupt_stops(struct quoth_batch *batch) { interrupt_batch = batch; }
