/* gateway.h - the checks of a server, for mail servers: Postfix, Exim, Sendmail.
 *
 *   first bytes      protocol                         answered as in gate_words.c
 *   "37:rcpt jane.." socketmap (Postfix, Sendmail)
 *   "get jane..."    tcp_table (Postfix)
 *   "request=smtp.." policy delegation (Postfix)
 *   "rcpt jane..."   a line, for readsocket (Exim)
 *
 * Recipients are asked about at the domain's own server, by its route (call-ahead): it answers for
 * the domains it was told, others are not ours. Senders, of any domain, only where it was told to
 * (call-back). It answers within its time whatever happens, and says no only to what known.h calls
 * a proven no.
 *
 * SPDX-License-Identifier: MIT */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "known_table.h"
#include "serve.h"

enum { GATEWAY_DOMAINS = 256 };
enum { GATEWAY_LINE_MAX = 1024, GATEWAY_ATTRIBUTES_MAX = 64 };

enum gate_protocol {
    GATE_POLICIES,
    GATE_SOCKETMAP,
    GATE_TCP_TABLE,
    GATE_READSOCKET,
    GATE_PROTOCOLS
};
enum gate_form { /* who asked, and so how it is answered */
                 GATE_POLICY,
                 GATE_RCPT_MAP,   /* socketmap "rcpt": is there such a recipient? */
                 GATE_ACCESS_MAP, /* socketmap "access": what is to be done? */
                 GATE_TCP,
                 GATE_LINE,
                 GATE_SENDER_POLICY, /* the same about a sender */
                 GATE_SENDER_MAP,
                 GATE_SENDER_LINE,
                 GATE_FORMS
};

/* One we answer for. */
struct gateway_domain {
    char name[256];     /* in lower case, without a dot at the end */
    char server[256];   /* whom to ask, as it was given */
    char *host;         /* in it; NULL: the engine's choice */
    uint16_t port;      /* 0: 25 */
    uint64_t route;     /* a sum of both; 0: there is no host */
    const char *own[2]; /* of its conf: its name, NULL */
    struct quoth_conf conf;
};

struct gateway {
    struct gateway_domain domain[GATEWAY_DOMAINS];
    unsigned domains;
    uint8_t callback;               /* senders are asked about */
    uint8_t tells;                  /* KNOWN_TELL_* */
    uint32_t wait_ms, line_wait_ms; /* until "later"; of readsocket, whose client waits 5 s */
    struct known_table known;
    uint64_t answers[GATE_PROTOCOLS][GATE_SAYS], early[GATE_PROTOCOLS], hit, stale, miss;
};

/* One to answer for, in lower case; "HOST[:PORT]" to ask, or NULL. NULL, or what would have been
 * right. */
const char *gateway_add(struct gateway *, const char name[256], const char *server);
/* Plug it into a server that is to be begun, whose options and setup are known. 0, or an exit code.
 */
int gateway_init(struct gateway *, struct serve *);
void gateway_end(struct gateway *);
extern const struct protocol protocol_gateway;

/* ---- gate_words.c ---- */

/* The answer on the wire, `id` being how the log calls it. Its length. */
size_t gate_answer(enum gate_form form, enum gate_says says, const char *id, char buf[256]);

/* ---- gate_read.c: pure ---- */

struct gate_question {
    enum gate_form form;
    size_t used; /* bytes it took */
    char address[321];
};
/* 1: a question; 0: more bytes are wanted; -1: none of the protocols, hang up. `over`: no more
 * bytes will come. A question about no address has "". */
int gate_read(struct gate_question *question, const char *p, size_t n, int over);

#endif
