/* interrupt.h - a command is told to end: by SIGINT, SIGTERM, or the closing of its terminal.
 *
 * It then says QUIT to whom it talks to, keeps what it knows, and ends with APP_EXIT_INTERRUPTED.
 * The second time, the system ends it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_INTERRUPT_H
#define QUOTH_INTERRUPT_H

#include <signal.h>
#include "batch.h"

extern volatile sig_atomic_t app_interrupted; /* the signal, or 0; read only */

/* From now on signals are noted. SIGHUP is not where it is ignored already, as by nohup(1). */
void app_interrupt_catch(void);
/* The engine to be stopped by a signal, which it sees at once; NULL: none. What came before is
 * in app_interrupted alone. */
void app_interrupt_stops(struct quoth_batch *batch);

#endif
