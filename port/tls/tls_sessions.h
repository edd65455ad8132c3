/* tls_sessions.h - TLS sessions kept for the next call of the same host, so that a list pays for a
 * certificate once (RFC 8446 2.2, RFC 5077). Hosted only: it allocates.
 *
 *   quoth_tls_open(&global, ...);
 *   quoth_tls_remember(&global, 0);                 from now on, until quoth_tls_close()
 *   link->global = &global, quoth_tls_calls(link, &ip);     each link: whom it will call
 *
 * A session is used again with the same exchange at the same address alone, once, and within an
 * hour of the handshake in which its certificate was looked at; what was found then is told again.
 * Without QUOTH_TLS_SESSIONS, or with an mbedTLS without MBEDTLS_SSL_SESSION_TICKETS, the same
 * names exist and nothing is remembered.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_TLS_SESSIONS_H
#define QUOTH_TLS_SESSIONS_H

#include "tls_mbedtls.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Keep sessions, in at most `bytes` [4 MiB]; those not used for longest go first. QUOTH_OK,
 * QUOTH_ESPACE, QUOTH_ENORANDOM, or QUOTH_ENOSYS: this build cannot. */
int quoth_tls_remember(struct quoth_tls_global *global, size_t bytes);

void quoth_tls_calls(struct quoth_tls_link *tls, const struct quoth_ip *ip);

/* 1: the handshake broke off, and a session was offered: another call with a full one may do. None
 * is offered to that host any more. To be asked once the link is closed. */
int quoth_tls_broke_off(const struct quoth_tls_link *tls);

/* How many are kept, and in how many bytes. */
uint32_t quoth_tls_remembered(const struct quoth_tls_global *global, size_t *bytes);

#ifdef QUOTH_TLS_SESSIONS
/* For tls_mbedtls.c: before a handshake (`host` may be NULL: no name); when it is done, which may
 * set facts->cert; before the link is closed, and whether it is whole. */
void quoth_tls_session_begin(struct quoth_tls_link *tls, const char *host);
void quoth_tls_session_up(struct quoth_tls_link *tls, struct quoth_tls_facts *facts);
void quoth_tls_session_end(struct quoth_tls_link *tls, int whole);
void quoth_tls_sessions_free(struct quoth_tls_sessions *sessions);
#endif

#ifdef __cplusplus
}
#endif
#endif
