/* tls_sessions.c - TLS sessions by exchange and address: a hash table whose entries are also a
 * queue by age.
 *
 *   handshake --begin--> out of the table, offered --closed--> back, with the newest ticket
 *                                              `--broke off--> the host is marked: never again
 *
 * An entry that is out belongs to its link, so no session is offered twice at once, and a ticket
 * twice only to a server that gave no other (RFC 8446 C.4 asks for single use so that nobody can
 * tell that two connections are of one client: our EHLO says that in clear; and Postfix gives a new
 * ticket only when the old one is about to end). Several conversations with one host at a time have
 * several entries.
 *
 * Whether a session was resumed is seen by the certificate: no handshake without one is a full one.
 *
 * SPDX-License-Identifier: MIT */
#include "tls_sessions.h"
#ifdef QUOTH_TLS_SESSIONS
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>

enum {
    SESSIONS_BUCKETS = 1024,
    SESSIONS_BYTES = 4 << 20,
    SESSIONS_ONE_MAX = 8192, /* bytes: all; one */
    SESSIONS_AGE_MAX = 3600  /* s, since the certificate was seen */
};

struct quoth_tls_session {
    struct quoth_tls_session *next, *older, *newer;
    uint64_t hash;
    time_t seen; /* the certificate */
    size_t host_n, n;
    struct quoth_ip ip;
    uint8_t cert;         /* what was found wrong with it */
    uint8_t never;        /* no session: a mark */
    unsigned char data[]; /* host, session */
};

struct quoth_tls_sessions {
    struct quoth_tls_session *bucket[SESSIONS_BUCKETS], *oldest, *newest;
    uint64_t k0, k1;
    size_t used, most;
    uint32_t n;
};

static size_t sessions_size(const struct quoth_tls_session *session)
{
    return sizeof *session + session->host_n + session->n;
}

static void sessions_drop(struct quoth_tls_session *session)
{
    if (!session)
        return;
    mbedtls_platform_zeroize(session, sessions_size(session));
    free(session);
}

static void sessions_empty(struct quoth_tls_session *session)
{
    mbedtls_platform_zeroize(session->data + session->host_n, session->n);
    session->n = 0;
}

/* ---- the table ---------------------------------------------------------- */

static void sessions_out(struct quoth_tls_sessions *sessions, struct quoth_tls_session *session)
{
    struct quoth_tls_session **at = &sessions->bucket[session->hash % SESSIONS_BUCKETS];

    while (*at != session)
        at = &(*at)->next;
    *at = session->next;
    *(session->older ? &session->older->newer : &sessions->oldest) = session->newer;
    *(session->newer ? &session->newer->older : &sessions->newest) = session->older;
    sessions->used -= sessions_size(session);
    sessions->n--;
}

static void sessions_in(struct quoth_tls_sessions *sessions, struct quoth_tls_session *session)
{
    struct quoth_tls_session **at = &sessions->bucket[session->hash % SESSIONS_BUCKETS];

    while (sessions->oldest && sessions->used + sessions_size(session) > sessions->most) {
        struct quoth_tls_session *gone = sessions->oldest;
        sessions_out(sessions, gone);
        sessions_drop(gone);
    }
    if (sessions_size(session) > sessions->most) {
        sessions_drop(session);
        return;
    }
    session->next = *at;
    *at = session;
    session->older = sessions->newest;
    session->newer = NULL;
    *(sessions->newest ? &sessions->newest->newer : &sessions->oldest) = session;
    sessions->newest = session;
    sessions->used += sessions_size(session);
    sessions->n++;
}

static int sessions_same(const struct quoth_tls_session *session,
                         const struct quoth_tls_session *other)
{
    return session->hash == other->hash && session->host_n == other->host_n &&
           !memcmp(session->data, other->data, session->host_n) &&
           session->ip.len == other->ip.len && !memcmp(session->ip.b, other->ip.b, session->ip.len);
}

/* The newest with the same key, or NULL. */
static struct quoth_tls_session *sessions_find(const struct quoth_tls_sessions *sessions,
                                               const struct quoth_tls_session *key)
{
    struct quoth_tls_session *session = sessions->bucket[key->hash % SESSIONS_BUCKETS];

    while (session && !sessions_same(session, key))
        session = session->next;
    return session;
}

/* An entry without a session. */
static struct quoth_tls_session *sessions_blank(const struct quoth_tls_sessions *sessions,
                                                const char *host, const struct quoth_ip *ip)
{
    size_t n = strlen(host);
    struct quoth_tls_session *session = calloc(1, sizeof *session + n);

    if (!session)
        return NULL;
    memcpy(session->data, host, session->host_n = n);
    session->ip = *ip;
    session->hash = quoth_hash(sessions->k0, sessions->k1, host, n) ^
                    quoth_hash(sessions->k0, sessions->k1, ip->b, ip->len);
    return session;
}

/* ---- a handshake -------------------------------------------------------- */

/* Offer what `session` holds. 1: it is offered. */
static int sessions_offer(struct quoth_tls_link *tls, const struct quoth_tls_session *session)
{
    mbedtls_ssl_session read;
    time_t age = time(NULL) - session->seen;
    int rc = -1;

    if (age < 0 || age > SESSIONS_AGE_MAX)
        return 0;
    mbedtls_ssl_session_init(&read);
    if (!mbedtls_ssl_session_load(&read, session->data + session->host_n, session->n))
        rc = mbedtls_ssl_set_session(&tls->ssl, &read);
    mbedtls_ssl_session_free(&read);
    return rc == 0;
}

void quoth_tls_session_begin(struct quoth_tls_link *tls, const char *host)
{
    struct quoth_tls_sessions *sessions = tls->global->sessions;
    struct quoth_tls_session *blank, *known;

    tls->seen = (struct quoth_tls_seen) {0};
    if (!sessions || !host || !tls->ip.len)
        return;
    blank = sessions_blank(sessions, host, &tls->ip);
    if (!blank)
        return;
    known = sessions_find(sessions, blank);
    tls->session = blank;
    if (!known)
        return;
    sessions_out(sessions, known);
    if (known->never) {
        sessions_in(sessions, known); /* not forgotten soon */
        tls->session = NULL;
        sessions_drop(blank);
    } else if (sessions_offer(tls, known)) {
        tls->seen.offered = 1;
        tls->session = known;
        sessions_drop(blank);
    } else {
        sessions_drop(known);
    }
}

void quoth_tls_session_up(struct quoth_tls_link *tls, struct quoth_tls_facts *facts)
{
    struct quoth_tls_session *session = tls->session;

    tls->seen.up = 1;
    tls->seen.tls13 = facts->version >= 0x0304;
    if (!session)
        return;
    if (tls->seen.offered && !tls->seen.full) {
        facts->cert = session->cert;
        return;
    }
    session->seen = time(NULL);
    session->cert = facts->cert;
    sessions_empty(session); /* what was offered was not wanted */
}

/* `session` with the newest session of this link behind its host, or the one it has; NULL when
 * there is none. */
static struct quoth_tls_session *sessions_fill(struct quoth_tls_link *tls,
                                               struct quoth_tls_session *session)
{
    unsigned char buf[SESSIONS_ONE_MAX];
    struct quoth_tls_session *more = NULL;
    mbedtls_ssl_session made;
    size_t n = 0;

    if (tls->seen.tls13 && !tls->seen.ticket) {
        if (session->n)
            return session;
        sessions_drop(session);
        return NULL;
    }
    sessions_empty(session);
    mbedtls_ssl_session_init(&made);
    if (!mbedtls_ssl_get_session(&tls->ssl, &made) &&
        !mbedtls_ssl_session_save(&made, buf, sizeof buf, &n))
        more = realloc(session, sizeof *session + session->host_n + n);
    if (more) {
        memcpy(more->data + more->host_n, buf, n);
        more->n = n;
    } else {
        sessions_drop(session);
    }
    mbedtls_ssl_session_free(&made);
    mbedtls_platform_zeroize(buf, n < sizeof buf ? n : sizeof buf);
    return more;
}

/* Is none with this key to be offered any more? */
static int sessions_is_never(const struct quoth_tls_sessions *sessions,
                             const struct quoth_tls_session *session)
{
    const struct quoth_tls_session *other = sessions_find(sessions, session);

    return other && other->never;
}

/* None with this key is offered any more. */
static void sessions_never(struct quoth_tls_sessions *sessions, struct quoth_tls_session *session)
{
    struct quoth_tls_session *other;

    for (; (other = sessions_find(sessions, session)); sessions_drop(other))
        sessions_out(sessions, other);
    sessions_empty(session);
    other = realloc(session, sizeof *session + session->host_n);
    if (other)
        session = other;
    session->never = 1;
    sessions_in(sessions, session);
}

/* A TLS 1.3 server may find fault with us when for us the handshake is over: until it has said
 * something, it is not. */
void quoth_tls_session_end(struct quoth_tls_link *tls, int whole)
{
    struct quoth_tls_sessions *sessions = tls->global->sessions;
    struct quoth_tls_session *session = tls->session;

    tls->session = NULL;
    if (!session)
        return;
    tls->seen.broke_off = tls->seen.offered && !whole && !tls->seen.spoken;
    if (tls->seen.broke_off) {
        sessions_never(sessions, session);
    } else if (!whole || !tls->seen.up || sessions_is_never(sessions, session)) {
        sessions_drop(session);
    } else {
        session = sessions_fill(tls, session);
        if (session)
            sessions_in(sessions, session);
    }
}

/* ---- set-up ------------------------------------------------------------- */

/* Tickets are asked for; a resumed session has keys of its own (RFC 8446 2.2, psk_dhe_ke). */
static void sessions_configure(mbedtls_ssl_config *conf)
{
    mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL)
    mbedtls_ssl_conf_tls13_key_exchange_modes(
        conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL |
                  MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && \
    defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED)
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}

int quoth_tls_remember(struct quoth_tls_global *global, size_t bytes)
{
    struct quoth_tls_sessions *sessions = calloc(1, sizeof *sessions);
    uint64_t k[2];
    int rc = global->port->random(k, sizeof k);

    if (!sessions || rc != QUOTH_OK) {
        free(sessions);
        return sessions ? rc : QUOTH_ESPACE;
    }
    sessions->k0 = k[0];
    sessions->k1 = k[1];
    sessions->most = bytes ? bytes : SESSIONS_BYTES;
    global->sessions = sessions;
    sessions_configure(&global->conf);
    sessions_configure(&global->pkcs1);
    return QUOTH_OK;
}

void quoth_tls_sessions_free(struct quoth_tls_sessions *sessions)
{
    if (!sessions)
        return;
    while (sessions->oldest) {
        struct quoth_tls_session *session = sessions->oldest;
        sessions_out(sessions, session);
        sessions_drop(session);
    }
    mbedtls_platform_zeroize(sessions, sizeof *sessions);
    free(sessions);
}

void quoth_tls_calls(struct quoth_tls_link *tls, const struct quoth_ip *ip) { tls->ip = *ip; }
int quoth_tls_broke_off(const struct quoth_tls_link *tls) { return tls->seen.broke_off; }

uint32_t quoth_tls_remembered(const struct quoth_tls_global *global, size_t *bytes)
{
    *bytes = global->sessions ? global->sessions->used : 0;
    return global->sessions ? global->sessions->n : 0;
}

#else
int quoth_tls_remember(struct quoth_tls_global *global, size_t bytes) { return QUOTH_ENOSYS; }
void quoth_tls_calls(struct quoth_tls_link *tls, const struct quoth_ip *ip) {}
int quoth_tls_broke_off(const struct quoth_tls_link *tls) { return 0; }
uint32_t quoth_tls_remembered(const struct quoth_tls_global *global, size_t *bytes)
{
    *bytes = 0;
    return 0;
}
#endif
