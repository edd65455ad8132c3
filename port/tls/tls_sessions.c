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

static size_t sessions_size(const struct quoth_tls_session *x)
{
    return sizeof *x + x->host_n + x->n;
}

static void sessions_drop(struct quoth_tls_session *x)
{
    if (!x)
        return;
    mbedtls_platform_zeroize(x, sessions_size(x));
    free(x);
}

static void sessions_empty(struct quoth_tls_session *x)
{
    mbedtls_platform_zeroize(x->data + x->host_n, x->n);
    x->n = 0;
}

/* ---- the table ---------------------------------------------------------- */

static void sessions_out(struct quoth_tls_sessions *s, struct quoth_tls_session *x)
{
    struct quoth_tls_session **at = &s->bucket[x->hash % SESSIONS_BUCKETS];

    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    *(x->older ? &x->older->newer : &s->oldest) = x->newer;
    *(x->newer ? &x->newer->older : &s->newest) = x->older;
    s->used -= sessions_size(x);
    s->n--;
}

static void sessions_in(struct quoth_tls_sessions *s, struct quoth_tls_session *x)
{
    struct quoth_tls_session **at = &s->bucket[x->hash % SESSIONS_BUCKETS];

    while (s->oldest && s->used + sessions_size(x) > s->most) {
        struct quoth_tls_session *gone = s->oldest;
        sessions_out(s, gone);
        sessions_drop(gone);
    }
    if (sessions_size(x) > s->most) {
        sessions_drop(x);
        return;
    }
    x->next = *at;
    *at = x;
    x->older = s->newest;
    x->newer = NULL;
    *(s->newest ? &s->newest->newer : &s->oldest) = x;
    s->newest = x;
    s->used += sessions_size(x);
    s->n++;
}

static int sessions_same(const struct quoth_tls_session *x, const struct quoth_tls_session *y)
{
    return x->hash == y->hash && x->host_n == y->host_n && !memcmp(x->data, y->data, x->host_n) &&
           x->ip.len == y->ip.len && !memcmp(x->ip.b, y->ip.b, x->ip.len);
}

/* The newest with the same key, or NULL. */
static struct quoth_tls_session *sessions_find(const struct quoth_tls_sessions *s,
                                               const struct quoth_tls_session *key)
{
    struct quoth_tls_session *x = s->bucket[key->hash % SESSIONS_BUCKETS];

    while (x && !sessions_same(x, key))
        x = x->next;
    return x;
}

/* An entry without a session. */
static struct quoth_tls_session *sessions_blank(const struct quoth_tls_sessions *s,
                                                const char *host, const struct quoth_ip *ip)
{
    size_t n = strlen(host);
    struct quoth_tls_session *x = calloc(1, sizeof *x + n);

    if (!x)
        return NULL;
    memcpy(x->data, host, x->host_n = n);
    x->ip = *ip;
    x->hash = quoth_hash(s->k0, s->k1, host, n) ^ quoth_hash(s->k0, s->k1, ip->b, ip->len);
    return x;
}

/* ---- a handshake -------------------------------------------------------- */

/* Offer what `x` holds. 1: it is offered. */
static int sessions_offer(struct quoth_tls_link *t, const struct quoth_tls_session *x)
{
    mbedtls_ssl_session session;
    time_t age = time(NULL) - x->seen;
    int rc = -1;

    if (age < 0 || age > SESSIONS_AGE_MAX)
        return 0;
    mbedtls_ssl_session_init(&session);
    if (!mbedtls_ssl_session_load(&session, x->data + x->host_n, x->n))
        rc = mbedtls_ssl_set_session(&t->ssl, &session);
    mbedtls_ssl_session_free(&session);
    return rc == 0;
}

void quoth_tls_session_begin(struct quoth_tls_link *t, const char *host)
{
    struct quoth_tls_sessions *s = t->global->sessions;
    struct quoth_tls_session *blank, *x;

    t->seen = (struct quoth_tls_seen) {0};
    if (!s || !host || !t->ip.len || !(blank = sessions_blank(s, host, &t->ip)))
        return;
    x = sessions_find(s, blank);
    t->session = blank;
    if (!x)
        return;
    sessions_out(s, x);
    if (x->never) {
        sessions_in(s, x); /* not forgotten soon */
        t->session = NULL;
        sessions_drop(blank);
    } else if (sessions_offer(t, x)) {
        t->seen.offered = 1;
        t->session = x;
        sessions_drop(blank);
    } else {
        sessions_drop(x);
    }
}

void quoth_tls_session_up(struct quoth_tls_link *t, struct quoth_tls_facts *facts)
{
    struct quoth_tls_session *x = t->session;

    t->seen.up = 1;
    t->seen.tls13 = facts->version >= 0x0304;
    if (!x)
        return;
    if (t->seen.offered && !t->seen.full) {
        facts->cert = x->cert;
        return;
    }
    x->seen = time(NULL);
    x->cert = facts->cert;
    sessions_empty(x); /* what was offered was not wanted */
}

/* `x` with the newest session of this link behind its host, or the one it has; NULL when there is
 * none. */
static struct quoth_tls_session *sessions_fill(struct quoth_tls_link *t,
                                               struct quoth_tls_session *x)
{
    unsigned char buf[SESSIONS_ONE_MAX];
    struct quoth_tls_session *more = NULL;
    mbedtls_ssl_session session;
    size_t n = 0;

    if (t->seen.tls13 && !t->seen.ticket) {
        if (x->n)
            return x;
        sessions_drop(x);
        return NULL;
    }
    sessions_empty(x);
    mbedtls_ssl_session_init(&session);
    if (!mbedtls_ssl_get_session(&t->ssl, &session) &&
        !mbedtls_ssl_session_save(&session, buf, sizeof buf, &n) &&
        (more = realloc(x, sizeof *x + x->host_n + n))) {
        memcpy(more->data + more->host_n, buf, n);
        more->n = n;
    }
    if (!more)
        sessions_drop(x);
    mbedtls_ssl_session_free(&session);
    mbedtls_platform_zeroize(buf, n < sizeof buf ? n : sizeof buf);
    return more;
}

/* None with this key is offered any more. */
static void sessions_never(struct quoth_tls_sessions *s, struct quoth_tls_session *x)
{
    struct quoth_tls_session *y;

    for (; (y = sessions_find(s, x)); sessions_drop(y))
        sessions_out(s, y);
    sessions_empty(x);
    if ((y = realloc(x, sizeof *x + x->host_n)))
        x = y;
    x->never = 1;
    sessions_in(s, x);
}

/* A TLS 1.3 server may find fault with us when for us the handshake is over: until it has said
 * something, it is not. */
void quoth_tls_session_end(struct quoth_tls_link *t, int whole)
{
    struct quoth_tls_sessions *s = t->global->sessions;
    struct quoth_tls_session *x = t->session, *other;

    t->session = NULL;
    if (!x)
        return;
    t->seen.broke_off = t->seen.offered && !whole && !t->seen.spoken;
    if (t->seen.broke_off) {
        sessions_never(s, x);
    } else if (!whole || !t->seen.up || ((other = sessions_find(s, x)) && other->never)) {
        sessions_drop(x);
    } else if ((x = sessions_fill(t, x))) {
        sessions_in(s, x);
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

int quoth_tls_remember(struct quoth_tls_global *g, size_t bytes)
{
    struct quoth_tls_sessions *s = calloc(1, sizeof *s);
    uint64_t k[2];
    int rc = g->port->random(k, sizeof k);

    if (!s || rc != QUOTH_OK) {
        free(s);
        return s ? rc : QUOTH_ESPACE;
    }
    s->k0 = k[0];
    s->k1 = k[1];
    s->most = bytes ? bytes : SESSIONS_BYTES;
    g->sessions = s;
    sessions_configure(&g->conf);
    sessions_configure(&g->pkcs1);
    return QUOTH_OK;
}

void quoth_tls_sessions_free(struct quoth_tls_sessions *s)
{
    if (!s)
        return;
    while (s->oldest) {
        struct quoth_tls_session *x = s->oldest;
        sessions_out(s, x);
        sessions_drop(x);
    }
    mbedtls_platform_zeroize(s, sizeof *s);
    free(s);
}

void quoth_tls_calls(struct quoth_tls_link *t, const struct quoth_ip *ip) { t->ip = *ip; }
int quoth_tls_broke_off(const struct quoth_tls_link *t) { return t->seen.broke_off; }

uint32_t quoth_tls_remembered(const struct quoth_tls_global *g, size_t *bytes)
{
    *bytes = g->sessions ? g->sessions->used : 0;
    return g->sessions ? g->sessions->n : 0;
}

#else
int quoth_tls_remember(struct quoth_tls_global *g, size_t bytes) { return QUOTH_ENOSYS; }
void quoth_tls_calls(struct quoth_tls_link *t, const struct quoth_ip *ip) {}
int quoth_tls_broke_off(const struct quoth_tls_link *t) { return 0; }
uint32_t quoth_tls_remembered(const struct quoth_tls_global *g, size_t *bytes)
{
    *bytes = 0;
    return 0;
}
#endif
