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
/* The same for a loop over many: to have no descriptor is no event, so who lacks one waits until
 * the time of what is wanted is over. When it said AGAIN quoth_sock_lack() sets an earlier deadline
 * then, for nobody tells when there is one. */
extern const struct quoth_port quoth_sock_port_waits;
enum { QUOTH_SOCK_LACK_MS = 100 };
static inline void quoth_sock_lack(const struct quoth_link *link, struct quoth_want *want,
                                   uint64_t now)
{
    if (link->fd < 0 && want->deadline > now + QUOTH_SOCK_LACK_MS)
        want->deadline = now + QUOTH_SOCK_LACK_MS;
}

/* Sleep until the link may have moved, `want->deadline`, or a signal. For one link; a loop over
 * many polls `fd` for `waits` itself. QUOTH_OK, or QUOTH_EIO: poll() does not work here. */
int quoth_sock_wait(struct quoth_link *link, const struct quoth_want *want, uint64_t now);

#ifdef __cplusplus
}
#endif
#endif
