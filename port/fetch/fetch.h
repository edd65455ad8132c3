/* fetch.h - the policy of MTA-STS from where it is served (RFC 8461 3.3): a machine like those of
 * quoth.h, section 5.
 *
 *   A, AAAA of mta-sts.DOMAIN --> port 443 --> a handshake that checks out --> GET --> the policy
 *
 * One GET that never varies: no redirection, no cookie, no compression, no second request. Nothing
 * is said before the certificate was found to be that of the host. Wants besides those of a lookup:
 * OPEN, TLS, SEND, RECV, CLOSE.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FETCH_H
#define FETCH_H

#include "answer.h"
#include "quoth_domain.h"

enum { FETCH_MS = 60000, FETCH_CONNECT_MS = 10000, FETCH_IPS = 4 };

struct fetch_conf { /* yours; it must outlive the fetch */
    struct quoth_resolver *resolver;
    struct quoth_targets targets;
    uint16_t port;     /* 0: 443 */
    uint32_t total_ms; /* 0: FETCH_MS */
};

struct fetch {
    const struct fetch_conf *conf;
    uint64_t end, soon;
    struct quoth_fetched fetched; /* read when DONE */
    struct quoth_policy policy;   /* read when DONE, if fetched.how is QUOTH_FETCH_DONE */
    uint64_t sum;                 /* likewise: of its bytes, to tell it from another one (FNV-1a) */
    uint8_t state, over, failed, denied;
    uint8_t queries;   /* read: questions of DNS */
    uint8_t ips, next; /* addresses, and the one that is called next */
    struct quoth_ip ip[FETCH_IPS];
    uint16_t said, request_n;
    void *big;
    size_t big_cap;
    struct quoth_random rnd;
    struct quoth_name name;
    struct quoth_lookup lookup;
    struct quoth_rrset set;
    struct answer answer;
    uint8_t buf[256];
    char host[264], request[400];
};

/* Begin, for a domain of two labels or more. `seed` is 16 unpredictable bytes. QUOTH_OK, or
 * QUOTH_EPROTO: there can be no such host. */
int fetch_start(struct fetch *fetch, const struct fetch_conf *conf, const char *domain,
                const uint8_t seed[16], uint64_t now);
void fetch_lend(struct fetch *fetch, void *buf, size_t cap); /* quoth_lookup_lend() */
void fetch_want(const struct fetch *fetch, struct quoth_want *want);
int fetch_feed(struct fetch *fetch, const struct quoth_event *ev);

#endif
