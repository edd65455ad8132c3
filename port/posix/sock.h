/* sock.h - the seven functions of port.h on POSIX sockets.
 *
 *   struct quoth_link link = QUOTH_SOCK_LINK;
 *   slot.wire.port = &quoth_sock_port, slot.wire.link = &link;
 *   quoth_slot_start(...);
 *   while (quoth_poke(&slot, &want) == QUOTH_AGAIN)
 *       quoth_sock_wait(&link, &want, quoth_sock_port.now());
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_SOCK_H
#define QUOTH_SOCK_H

#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct quoth_link {
    int fd;      /* read: -1 when closed */
    short waits; /* read: poll events the last call that said AGAIN waits for; 0: none did */
    uint8_t up, dgram;
    uint8_t begun; /* bytes came since the last ones left */
    struct quoth_peer peer;
};
#define QUOTH_SOCK_LINK \
    { \
        -1, 0, 0, 0, 0, { {0, {0}}, 0 } \
    }

extern const struct quoth_port quoth_sock_port;

/* Sleep until the link may have moved, `want->deadline`, or a signal. For one link; a loop over
 * many polls `fd` for `waits` itself. QUOTH_OK, or QUOTH_EIO: poll() does not work here. */
int quoth_sock_wait(struct quoth_link *link, const struct quoth_want *want, uint64_t now);

#ifdef __cplusplus
}
#endif
#endif
