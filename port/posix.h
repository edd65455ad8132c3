/* posix.h - clock and entropy of a POSIX system, for the ports that stand on one (sock.c has both).
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_POSIX_H
#define QUOTH_POSIX_H

#include <stddef.h>
#include <stdint.h>

uint64_t quoth_posix_now(void);                     /* quoth_port.now */
int      quoth_posix_random(void *buf, size_t n);   /* quoth_port.random */

#endif
