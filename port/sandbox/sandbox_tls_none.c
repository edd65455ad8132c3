/* sandbox_tls_none.c - the sandbox in a build without TLS: every handshake fails.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include "sandbox.h"

int sandbox_tls_open(void) { return 0; }
int sandbox_tls_ca(const char *path)
{
    errno = 0;
    return -1;
}
void sandbox_tls_close(void) {}
struct sandbox_tls *sandbox_tls_new(int fd, const struct world_server *host) { return NULL; }
int sandbox_tls_shake(struct sandbox_tls *tls) { return SANDBOX_TLS_FAIL; }
int sandbox_tls_resumed(const struct sandbox_tls *tls) { return 0; }
int sandbox_tls_recv(struct sandbox_tls *tls, void *p, size_t n) { return SANDBOX_TLS_FAIL; }
int sandbox_tls_send(struct sandbox_tls *tls, const void *p, size_t n) { return SANDBOX_TLS_FAIL; }
void sandbox_tls_end(struct sandbox_tls *tls) {}
