/* notify.h - the service manager: told how we are, and what it opened for us.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "serve.h"

/* "READY=1" and the like to $NOTIFY_SOCKET; without one nothing happens. */
void notify_say(const char *state);
/* Every so many ms it wants to hear "WATCHDOG=1"; 0: never. */
uint32_t notify_pulse_ms(void);
/* The i-th socket it opened for us, and its name ("http", "gate"); -1: there is none. */
int notify_socket(unsigned i, char name[64]);

#endif
