/* reply.c - any stream, in pieces of any length.
 *
 * SPDX-License-Identifier: MIT */
#include "prove.h"

int main(void)
{
    static struct quoth_reply r;
    uint8_t piece[256];
    size_t used;
    quoth_reply_init(&r);
    while (any(0, 1)) {
        anything(piece, sizeof piece);
        if (quoth_reply_feed(&r, piece, (size_t)any(0, sizeof piece), &used) != QUOTH_AGAIN)
            quoth_reply_init(&r);
    }
    return 0;
}
