/* tls_none.c - a build without TLS: every handshake fails at once, and core goes on in clear
 * or does not, as it was told. Built with QUOTH_NO_TLS in place of tls_mbedtls.c.
 *
 * SPDX-License-Identifier: MIT */
#include "tls_mbedtls.h"

static int tls_shake(struct quoth_tls_link *tls, const struct quoth_port *port,
                     struct quoth_link *link, const char *host, struct quoth_tls_facts *facts)
{
    return QUOTH_ENOTLS;
}
static int tls_send(struct quoth_tls_link *tls, const void *p, size_t n) { return QUOTH_EIO; }
static int tls_recv(struct quoth_tls_link *tls, void *p, size_t cap) { return QUOTH_EIO; }
static void tls_close(struct quoth_tls_link *tls) {}

const struct quoth_tls_filter quoth_tls_port = {tls_shake, tls_send, tls_recv, tls_close};

int quoth_tls_open(struct quoth_tls_global *global, const struct quoth_port *port)
{
    return QUOTH_ENOSYS;
}
void quoth_tls_close(struct quoth_tls_global *global) {}
int quoth_tls_trust(struct quoth_tls_global *global, const void *pem, size_t n)
{
    return QUOTH_ENOSYS;
}
int quoth_tls_trust_file(struct quoth_tls_global *global, const char *path) { return QUOTH_ENOSYS; }
