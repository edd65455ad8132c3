/* reply.c - any bytes as an SMTP reply. The first byte says how the pieces are cut.
 * Oracle: whole equals pieces; what is kept is within its limits, printable, and fits the code.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth.h"

static int reply_in_pieces(struct quoth_reply *r, const uint8_t *p, size_t n, unsigned cuts,
                           size_t *took)
{
    int rc = QUOTH_AGAIN;
    size_t at = 0, one;
    quoth_reply_init(r);
    while (rc == QUOTH_AGAIN && at < n) {
        size_t size = 1 + (cuts = cuts * 1103515245u + 12345u) / 65536u % 7;
        if (size > n - at)
            size = n - at;
        rc = quoth_reply_feed(r, p + at, size, &one);
        require(one <= size && (rc != QUOTH_AGAIN || one == size));
        at += one;
    }
    *took = at;
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct quoth_reply a, b;
    size_t used, took, none;
    int rc;
    if (n == 0)
        return 0;
    memset(&a, 0xa5, sizeof a);
    quoth_reply_init(&a);
    rc = quoth_reply_feed(&a, p + 1, n - 1, &used);
    require(rc == reply_in_pieces(&b, p + 1, n - 1, p[0], &took) && used == took);
    require(a.said.code == b.said.code && a.ext == b.ext && a.lines == b.lines &&
            a.flags == b.flags && a.bytes == b.bytes);
    require(!memcmp(a.said.esc, b.said.esc, sizeof a.said.esc) && a.said.n == b.said.n &&
            !memcmp(a.words, b.words, a.said.n));
    require(a.said.n <= QUOTH_SAID_MAX && a.lines <= QUOTH_REPLY_LINES_MAX &&
            used <= QUOTH_REPLY_BYTES_MAX + 1);
    for (size_t i = 0; i < a.said.n; i++)
        require((uint8_t)a.words[i] >= ' ' && a.words[i] != 0x7f);
    if (rc == QUOTH_OK) {
        require(a.said.code >= 200 && a.said.code <= 599 && a.lines && p[used] == '\n');
        require(a.said.esc[0] == 0 ? !a.said.esc[1] && !a.said.esc[2]
                                   : a.said.esc[0] == a.said.code / 100 && a.said.esc[1] < 1000 &&
                                         a.said.esc[2] < 1000);
    }
    if (rc != QUOTH_AGAIN)
        require(quoth_reply_feed(&a, "250 x\r\n", 7, &none) == rc && none == 0);
    return 0;
}
