/* quoth.h - would this mail server take mail for this address?
 *
 * The whole public API. Read it from the top: the order is the order in which
 * data flows.
 *
 *   text -> addr -> lookup (name, dns) -> mx -> smtp (reply) -> evidence -> verdict
 *            \_________________ verify drives them all ______________/
 *
 * Conventions, true of every function below:
 *
 *   Memory    Nothing is allocated. You own every struct; its fields are
 *             private unless marked "read". There is nothing to free.
 *   Time      Milliseconds on a clock of yours that never goes back; 64 bits,
 *             so it never wraps. Core reads no clock: `now` comes in with
 *             each event.
 *   I/O       None. A machine says what it wants; you do it and tell it what
 *             happened.
 *   Threads   No globals, no static state. Two threads may run two machines;
 *             they may not run one machine.
 *   Errors    0 or a count is success, negative is an enum quoth_err. An
 *             error is about us or about the bytes. What is learnt of the
 *             mailbox is a verdict, never an error.
 *   Pointers  None may be NULL, except data of length 0 and where it is
 *             allowed. A function that keeps a pointer says so.
 *   Strings   A span has no NUL at its end; `char x[N]` and `const char *` have.
 *   Rules     (P28) and its like are explained in tests/RULES.md.
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_H
#define QUOTH_H

#include <stddef.h>
#include <stdint.h>
#include "config.h"

#ifdef __cplusplus
extern "C" {
#endif

#define QUOTH_VERSION "0.1.0"

enum quoth_err {
    QUOTH_OK = 0,
    QUOTH_AGAIN = -1,     /* more input needed, or not yet; not a failure */
    QUOTH_EINVAL = -2,    /* the caller broke a contract stated here; nothing changed */
    QUOTH_ESPACE = -3,    /* the caller's buffer, a config.h limit or memory is too small */
    QUOTH_EPROTO = -4,    /* the peer's bytes are not the protocol */
    QUOTH_EIO = -5,       /* the stream broke: reset, or closed too early */
    QUOTH_EREFUSED = -6,  /* the peer refused the connection */
    QUOTH_EUNREACH = -7,  /* no route to the peer, or none for its family */
    QUOTH_ETIME = -8,     /* a deadline passed */
    QUOTH_ENOTLS = -9,    /* no TLS in this port, or the handshake failed */
    QUOTH_ENOSYS = -10,   /* not in this build */
    QUOTH_ENORANDOM = -11 /* the platform gave no entropy */
};

#define QUOTH_NEVER UINT64_MAX

/* A run of bytes inside a buffer of the caller's. */
struct quoth_span {
    const char *p;
    size_t n;
};

struct quoth_ip {
    uint8_t len;   /* 4 or 16; 0: none */
    uint8_t b[16]; /* network order */
};
struct quoth_peer {
    struct quoth_ip ip;
    uint16_t port; /* host order */
};
struct quoth_cidr {
    struct quoth_ip ip;
    uint8_t bits;
};

/* Text to IP address: four decimal numbers without leading zeros, or RFC 4291 text without a zone.
 * Returns QUOTH_OK or QUOTH_EPROTO. */
int quoth_ip_parse(struct quoth_ip *ip, const char *text, size_t n);
/* IP address to text (RFC 5952) and a NUL. Returns its length, or QUOTH_ESPACE (46 bytes always
 * do). */
int quoth_ip_text(const struct quoth_ip *ip, char *buf, size_t cap);
/* "192.0.2.0/24", "2001:db8::/32" or a bare address. Returns QUOTH_OK or QUOTH_EPROTO. */
int quoth_cidr_parse(struct quoth_cidr *cidr, const char *text, size_t n);
/* Does the block hold this address? 1 or 0. */
int quoth_cidr_holds(const struct quoth_cidr *cidr, const struct quoth_ip *ip);

/* ---- 0. unpredictable numbers ------------------------------------------- */

/* SipHash-2-4 in counter mode. It turns 16 unpredictable bytes of the platform's into as many
 * unpredictable numbers as are needed for query ids, ports, decoys and shuffles. */
struct quoth_random {
    uint64_t k0, k1, count;
};

void quoth_random_seed(struct quoth_random *random, const uint8_t seed[16]);
uint64_t quoth_random_next(struct quoth_random *random);
void quoth_random_fork(struct quoth_random *random, uint8_t seed[16]); /* a seed of another one */
uint32_t quoth_random_below(struct quoth_random *random, uint32_t n); /* uniform in [0, n), n > 0 */

/* A local part that nobody has: n letters and digits that cannot be misread, 5 random bits each. */
void quoth_random_local(struct quoth_random *random, char *local, size_t n);

/* One that looks like somebody's name, as "bakotipun.resomalide"; 65 bits at 20 bytes. Only with
 * QUOTH_DECOYS of 2. */
void quoth_random_name(struct quoth_random *random, char *local, size_t n);

/* SipHash-2-4 of `n` bytes under the key k0, k1, for tables whose keys a stranger chooses. */
uint64_t quoth_hash(uint64_t k0, uint64_t k1, const void *p, size_t n);

/* One character of UTF-8 (n > 0): its length in bytes, or 0 for what is not shortest-form UTF-8
 * of a Unicode scalar value (RFC 3629). */
size_t quoth_utf8(uint32_t *c, const char *p, size_t n);

/* ---- 1. the address ----------------------------------------------------- */

enum quoth_addr_fault {
    QUOTH_ADDR_FINE = 0,
    QUOTH_ADDR_EMPTY,
    QUOTH_ADDR_NO_AT,
    QUOTH_ADDR_LONG,
    QUOTH_ADDR_LOCAL_EMPTY,
    QUOTH_ADDR_LOCAL_LONG,
    QUOTH_ADDR_LOCAL_DOT,
    QUOTH_ADDR_LOCAL_CHAR,
    QUOTH_ADDR_QUOTE_OPEN,
    QUOTH_ADDR_DOMAIN_EMPTY,
    QUOTH_ADDR_DOMAIN_LONG,
    QUOTH_ADDR_LABEL_EMPTY,
    QUOTH_ADDR_LABEL_LONG,
    QUOTH_ADDR_DOMAIN_CHAR,
    QUOTH_ADDR_DOMAIN_HYPHEN,
    QUOTH_ADDR_DOMAIN_NUMERIC,
    QUOTH_ADDR_LITERAL_BAD,
    QUOTH_ADDR_UTF8_BAD,
    QUOTH_ADDR_CONTROL,
    QUOTH_ADDR_IDNA_BAD,
    QUOTH_ADDR_FAULTS
};

/* quoth_addr.flags */
enum {
    QUOTH_ADDR_QUOTED = 1,       /* the local part is a quoted string */
    QUOTH_ADDR_LITERAL = 2,      /* the domain is an address in brackets: see ip */
    QUOTH_ADDR_UTF8_LOCAL = 4,   /* needs SMTPUTF8 (RFC 6531) */
    QUOTH_ADDR_UTF8_DOMAIN = 8,  /* U-labels: see quoth_addr_domain() */
    QUOTH_ADDR_SINGLE_LABEL = 16 /* a@localhost: it is not asked about */
};

struct quoth_addr {           /* read */
    struct quoth_span local;  /* as written, quotes kept */
    struct quoth_span domain; /* as written, brackets kept */
    struct quoth_ip ip;       /* of a literal */
    enum quoth_addr_fault fault;
    uint16_t at;   /* offset of the first byte at fault */
    uint8_t flags; /* QUOTH_ADDR_* */
};

/* Read `text` as one Mailbox of RFC 5321 4.1.2 (RFC 6531 3.3 when it holds UTF-8). Display names,
 * comments and surrounding blanks are faults. `addr` points into `text` and lives no longer than
 * it. Returns QUOTH_OK, or QUOTH_EPROTO with its fault and at set. */
int quoth_addr_parse(struct quoth_addr *addr, const char *text, size_t n);

/* The domain as it goes on the wire: in lower case, with U-labels turned into A-labels, and checked
 * again as quoth_addr_parse() checks it. A literal stays as it was written.
 * Returns its length (NUL not counted), QUOTH_EPROTO (not a valid IDN), QUOTH_ENOSYS
 * (not ASCII, and built without QUOTH_IDN) or QUOTH_ESPACE (256 bytes always do). */
int quoth_addr_domain(const struct quoth_addr *addr, char *buf, size_t cap);

const char *quoth_addr_fault_text(enum quoth_addr_fault f); /* one English sentence, no full stop */

/* May `text` stand in EHLO (a dotted host name or an address literal), or in MAIL FROM (a mailbox,
 * or nothing for the null sender)? 1 or 0. The checks are those for addresses, so no command can be
 * smuggled in (RFC 5321 4.1.1.1, 4.1.2). */
int quoth_helo_valid(const char *text);
int quoth_from_valid(const char *text);

/* ---- 2. names ----------------------------------------------------------- */

/* A domain name in wire form (RFC 1035 3.1): labels in lower case, each behind its length, ending
 * in the root label. Two names are the same when their bytes are. */
struct quoth_name {
    uint8_t n;
    uint8_t b[255];
};

/* Dotted ASCII text to wire form: "example.com", with or without a trailing dot; "." is the root.
 * Any byte but '.' may stand in a label; quoth_name_is_host() says whether it names a host.
 * Returns QUOTH_OK or QUOTH_EPROTO (empty label, label > 63, name > 255). */
int quoth_name_parse(struct quoth_name *name, const char *text, size_t n);

/* Wire form to dotted text and a NUL, without a trailing dot; the root is ".". Bytes other than
 * letters, digits, '-' and '_' are written \DDD (RFC 1035 5.1).
 * Returns its length, or QUOTH_ESPACE (1009 bytes always do; 254 for a host name). */
int quoth_name_text(const struct quoth_name *name, char *buf, size_t cap);

/* Can a host have this name? 1: it has two labels or more, made of letters, digits, '-' and '_',
 * and the last one is not all digits. Otherwise 0 (X09, D13). */
int quoth_name_is_host(const struct quoth_name *name);

/* A name in wire form at the start of `p` (uncompressed, as a record set holds it).
 * Returns the bytes it took, or QUOTH_EPROTO. */
int quoth_name_read(struct quoth_name *name, const void *p, size_t n);

/* The name under which an address has its PTR records: 25.2.0.192.in-addr.arpa (RFC 1035 3.5), or
 * 32 nibbles and ip6.arpa (RFC 3596 2.5). QUOTH_OK, or QUOTH_EINVAL for no address. */
int quoth_name_reverse(struct quoth_name *name, const struct quoth_ip *ip);

/* ---- 3. what a name or a local part says without asking anyone ---------- */

enum {
    QUOTH_LIST_RESERVED = 1,   /* special-use domain (RFC 6761, 6762, 7686, 8375, 9476) */
    QUOTH_LIST_FREE = 2,       /* free mail provider */
    QUOTH_LIST_DISPOSABLE = 4, /* throw-away addresses */
    QUOTH_LIST_ROLE = 8,       /* a function, not a person: info, abuse (RFC 2142) */
    /* The others are told where QUOTH_LISTS is 2 or more. */
    QUOTH_LIST_ALIAS = 16,        /* aliases and forwarders, kept for good: never disposable */
    QUOTH_LIST_TYPO = 32,         /* registered one slip away from a large provider; in place of
                                  * DISPOSABLE */
    QUOTH_LIST_PARKED = 64,       /* its exchanger takes mail for domains that are for sale */
    QUOTH_LIST_TRAP = 128,        /* a local part as spam traps have it: a pattern, no knowledge */
    QUOTH_LIST_ROLE_SYSTEM = 256, /* with ROLE: noreply, postmaster ...; no person reads it */
    QUOTH_LIST_ROLE_MAYBE = 512,  /* a function or a name: without ROLE */
    /* of the local part */
    QUOTH_LIST_LOCAL =
        QUOTH_LIST_ROLE | QUOTH_LIST_TRAP | QUOTH_LIST_ROLE_SYSTEM | QUOTH_LIST_ROLE_MAYBE
};
/* Which lists a domain is on (QUOTH_LIST_* below 256), itself or by a domain above it; FREE only
 * itself. `domain` is in lower-case A-labels. Of names that are on no list, one in 32,000 is taken
 * for a disposable one where QUOTH_LISTS is 2, and one in 260,000 where it is 3; for a free one,
 * one in 16,000 and one in 65,000. */
unsigned quoth_list_domain(const char *domain, size_t n);
/* The same of a local part, in any letter case; a "+tag" is ignored, and where QUOTH_LISTS is 2 or
 * more so are dots and hyphens and up to three digits at the end. */
unsigned quoth_list_local(const char *local, size_t n);
/* What the name of a domain's exchanger tells of the domain: DISPOSABLE, PARKED or nothing. In any
 * letter case. Always nothing where QUOTH_LISTS is less than 2. */
unsigned quoth_list_exchanger(const char *host, size_t n);

/* Did you mean? Writes a frequent domain that is one slip away from `domain` to buf, with a NUL.
 * Returns its length, 0 for none, or QUOTH_ESPACE. */
int quoth_list_suggest(const char *domain, size_t n, char *buf, size_t cap);

/* Which lists are built in: a static text that changes whenever they do. */
const char *quoth_list_version(void);
/* The day of the list of disposable domains, "2026-09-21"; "" when only the short one is built in.
 * Three months later a third of what is new is missing. */
const char *quoth_list_date(void);

/* ---- 4. DNS messages ---------------------------------------------------- */

enum {
    QUOTH_DNS_A = 1,
    QUOTH_DNS_NS = 2,
    QUOTH_DNS_CNAME = 5,
    QUOTH_DNS_SOA = 6,
    QUOTH_DNS_PTR = 12,
    QUOTH_DNS_MX = 15,
    QUOTH_DNS_TXT = 16,
    QUOTH_DNS_AAAA = 28,
    QUOTH_DNS_OPT = 41,
    QUOTH_DNS_DS = 43,
    QUOTH_DNS_TLSA = 52
};

/* Write a query with RD set, one question and class IN (RFC 1035 4.1). `udp` is the size of answer
 * to ask for (EDNS(0), RFC 6891), or 0 for no OPT record.
 * Returns the length, or QUOTH_ESPACE (288 bytes always do). */
int quoth_dns_query(uint8_t *buf, size_t cap, uint16_t id, const struct quoth_name *name,
                    uint16_t type, uint16_t udp);

struct quoth_dns { /* a cursor over a message of the caller's */
    const uint8_t *p;
    size_t n, at;
    uint32_t work;               /* label bytes read so far */
    uint16_t left[3], walked;    /* records not yet read: answer, authority, additional */
    uint16_t id, rcode;          /* read; rcode holds the OPT's upper bits too */
    uint16_t ede;                /* read: 1 + first Extended DNS Error (RFC 8914), 0 none */
    uint8_t tc, aa, ra, ad, opt; /* read; opt: it has one */
};
struct quoth_rr { /* read */
    struct quoth_name owner;
    uint16_t type, cls, pref; /* pref: MX only */
    uint32_t ttl;             /* seconds; top bit set reads as 0 (RFC 2181 8); OPT: as sent */
    uint32_t minimum;         /* SOA: negative TTL (RFC 2308) */
    uint8_t section;          /* 0 answer, 1 authority, 2 additional */
    uint8_t usable;           /* the data was what the type promises */
    size_t target;            /* where its name starts, for quoth_dns_name(); none: its data */
    struct quoth_ip ip;       /* A, AAAA */
};

/* Begin to read an answer to (id, name, type). Checks header, question and every OPT.
 * QUOTH_EINVAL: this does not answer that question, so go on waiting as if it had not come.
 * QUOTH_EPROTO: it does, and it is malformed. With tc set no record was checked. */
int quoth_dns_open(struct quoth_dns *message, const uint8_t *p, size_t n, uint16_t id,
                   const struct quoth_name *name, uint16_t type);

/* Read the next record. Returns 1 with `rr`, 0 at the end, or QUOTH_EPROTO. If `left` is not all 0
 * at the end, the message exceeded QUOTH_RECORDS_MAX or QUOTH_LABEL_WORK_MAX. */
int quoth_dns_next(struct quoth_dns *message, struct quoth_rr *rr);

/* Expand the name at offset `at`. Each pointer must lead to before the start of what was being
 * read, so this ends. Returns how many bytes the name takes at `at`, or QUOTH_EPROTO. */
int quoth_dns_name(struct quoth_dns *message, size_t at, struct quoth_name *out);

/* ---- 5. machines: want and feed ----------------------------------------- */

/* Every machine below (lookup, smtp, verify) has the same two verbs:
 *
 *     x_want(&x, &w)    what it wants now. Pure: ask as often as you like.
 *     x_feed(&x, &ev)   something happened. Then ask again what it wants.
 *
 * At any moment a machine wants exactly one thing, and has one deadline. feed returns
 * QUOTH_OK, or QUOTH_EINVAL for an event it did not want; that changes nothing. */
enum quoth_want_kind {
    /* send w.out to w.peer from a fresh random port, feed SENT (n = all) or FAIL */
    QUOTH_WANT_DGRAM,
    QUOTH_WANT_OPEN, /* open a byte stream to w.peer, feed UP or FAIL */
    QUOTH_WANT_SEND, /* write any part of w.out, feed SENT with how much */
    /* feed DATA, EOF or FAIL when there is any. After DGRAM: whole datagrams, with `from` */
    QUOTH_WANT_RECV,
    QUOTH_WANT_TLS,   /* start TLS on the open stream for w.host, feed UP or FAIL */
    QUOTH_WANT_CLOSE, /* close stream or datagram socket, feed DOWN */
    /* between transactions. Feed DATA, EOF or FAIL first if there is any: it listens. smtp: feed
     * RCPT with the next transaction, n = 0 to quit; all recipients given before are answered: read
     * them. verify: feed RCPT with n = 0, it knows whom to ask. */
    QUOTH_WANT_RCPT,
    QUOTH_WANT_DONE /* finished: read the result; deadline is QUOTH_NEVER */
};

struct quoth_want { /* read */
    enum quoth_want_kind kind;
    uint64_t deadline;      /* feed TIME once now >= deadline */
    struct quoth_peer peer; /* DGRAM, OPEN */
    const void *out;
    size_t n;         /* DGRAM, SEND: until the next feed */
    const char *host; /* OPEN, TLS: server name (never NULL, may be ""); until the next feed */
};

enum quoth_event_kind {
    QUOTH_EV_TIME,
    QUOTH_EV_UP,
    QUOTH_EV_SENT,
    QUOTH_EV_DATA,
    QUOTH_EV_EOF,
    QUOTH_EV_FAIL,
    QUOTH_EV_DOWN,
    QUOTH_EV_RCPT
};

enum {                         /* quoth_tls_facts.cert */
       QUOTH_CERT_CHECKED = 1, /* there was a trust store and a clock to check it with */
       QUOTH_CERT_WRONG_NAME = 2,
       QUOTH_CERT_EXPIRED = 4,
       QUOTH_CERT_UNTRUSTED = 8,
       QUOTH_CERT_NO_CLOCK = 16
};
/* Why a handshake broke: 0, it did not; up to 255, the server's alert (RFC 8446 6); or this. */
enum quoth_tls_broke {
    QUOTH_TLS_HUNG_UP = 256, /* the server left, or the connection broke */
    QUOTH_TLS_NO_TLS,        /* what came cannot be read as TLS */
    QUOTH_TLS_VERSION,       /* one that is too old */
    QUOTH_TLS_SIGNATURE,     /* of a kind not taken; a call again offers others */
    QUOTH_TLS_CERTIFICATE,   /* cannot be read */
    QUOTH_TLS_MEMORY,        /* ran out, here */
    QUOTH_TLS_OTHER,
    QUOTH_TLS_BROKEN
};
struct quoth_tls_facts { /* what the TLS filter saw; version 0: no TLS */
    uint16_t version;    /* 0x0303 TLS 1.2, 0x0304 TLS 1.3 */
    uint16_t cipher;     /* IANA cipher suite number */
    uint8_t cert;        /* QUOTH_CERT_* */
    uint16_t broke;      /* enum quoth_tls_broke, of the last handshake that did */
};

struct quoth_rcpt;
struct quoth_event {
    enum quoth_event_kind kind;
    uint64_t now;
    const void *data;
    size_t n;                   /* DATA: bytes; SENT: n only; RCPT: how many. Not kept. */
    struct quoth_peer from;     /* DATA of a datagram */
    enum quoth_err err;         /* FAIL: why */
    struct quoth_tls_facts tls; /* UP after WANT_TLS; FAIL: `broke` alone */
    struct quoth_rcpt *rcpt;    /* RCPT: n of them, one transaction */
    uint8_t last;               /* RCPT: QUIT may ride along */
};

/* ---- 6. lookup: one question to one answer ------------------------------ */

struct quoth_dns_server {
    struct quoth_peer peer; /* yours to set; port 0 means 53 */
    uint64_t bad_until;     /* it failed, so the others come first until then */
    uint8_t plain, stream;  /* not 0: so many answers ago it had none with EDNS, over UDP */
    uint8_t root;           /* it knows the root: its denials are believed without SOA */
};
/* Whom to ask, and how. Yours. Any number of lookups may share it; it must outlive them. */
struct quoth_resolver {
    struct quoth_dns_server server[QUOTH_SERVERS_MAX];
    uint8_t servers;
    uint8_t tries;        /* rounds over all servers, 1..5; 0: 3 */
    uint8_t tcp;          /* ask over TCP from the start (use-vc) */
    uint8_t rotate;       /* begin with a random server, not with the first */
    uint8_t no_aaaa;      /* do not ask for AAAA. Whoever starts lookups heeds it, they do not */
    uint8_t no_edns;      /* never ask with EDNS (RFC 6891) */
    uint32_t wait_ms;     /* first wait for one server; doubles each round, +-10 %; 0: 2000 */
    uint32_t wait_max_ms; /* cap of one wait; 0: 5000 */
    /* Names whose operators do not want to be asked, NULL-ended, or NULL: a mail host of that name,
     * or below, or an alias of one, is not called, nor one that is no better; with none left, the
     * domain ends with provider_policy. */
    const char *const *skip;
};

enum quoth_answer {                        /* what the name servers said, kept apart */
                    QUOTH_ANSWER_NONE = 0, /* nothing yet */
                    QUOTH_ANSWER_DATA,     /* records of the type asked for */
                    QUOTH_ANSWER_NODATA,   /* the name exists; no such record (RFC 2308 2.2) */
                    QUOTH_ANSWER_NXDOMAIN, /* the name does not exist */
                    /* Failures. Of several the last one here is told: it says most. */
                    QUOTH_ANSWER_ALIAS_LOOP,  /* too many CNAMEs */
                    QUOTH_ANSWER_UNREACHABLE, /* no server could be reached at all */
                    QUOTH_ANSWER_REFUSED, /* every server refused: most likely our configuration */
                    QUOTH_ANSWER_TIMEOUT,
                    QUOTH_ANSWER_SERVFAIL,  /* every server failed, or SERVFAIL, NOTIMP */
                    QUOTH_ANSWER_TRUNCATED, /* cut over UDP, and TCP brought no answer */
                    QUOTH_ANSWER_MALFORMED,
                    QUOTH_ANSWER_TOO_BIG, /* does not fit what was lent for TCP answers */
                    QUOTH_ANSWERS
};
/* Static: "none", "data", "servfail" ... */
const char *quoth_answer_name(enum quoth_answer answer);

enum {                          /* quoth_route.flags */
       QUOTH_ROUTE_NULL_MX = 1, /* "MX 0 ." was among the records (RFC 7505) */
       QUOTH_ROUTE_SKIPPED =
           2,               /* a record was left out: malformed (D17, D19), or no host name (X09) */
       QUOTH_ROUTE_CUT = 4, /* more records than fit; the worst preferences were left out */
       QUOTH_ROUTE_ALIAS = 8,     /* the name asked for was a CNAME */
       QUOTH_ROUTE_TRAILING = 16, /* bytes behind the last record */
       QUOTH_ROUTE_AD = 32,       /* QUOTH_ASK_AD alone: every answer that led here had AD set */
       QUOTH_ROUTE_UNWANTED = 64  /* an alias on the way is in quoth_resolver.skip */
};

struct quoth_host {
    uint16_t pref, at;
    uint8_t ip;
}; /* at: of its name; ip: 1 + index, 0 none rode along */

/* What a mail route needs of an answer, read while the message is at hand. */
struct quoth_route {        /* read */
    uint8_t answer;         /* enum quoth_answer */
    uint8_t n, ip_n, flags; /* hosts, addresses, QUOTH_ROUTE_* */
    uint32_t ttl;           /* seconds: smallest of the records used, or negative TTL; capped (Z) */
    struct quoth_host host[QUOTH_MX_MAX]; /* MX: as answered; quoth_mx_order() sorts them */
    struct quoth_ip ip[QUOTH_IPS_MAX]; /* A, AAAA; or, with MX, addresses that rode along (Q30) */
    uint16_t used;
    /* host names as text, each with its NUL; without any what an MX record names that is none */
    char names[QUOTH_MX_BYTES];
};

struct quoth_lookup {
    struct quoth_resolver *res;
    struct quoth_dns_server *server; /* the one being asked */
    uint8_t state, next, first, round, rounds, hops, failed, mask;
    uint8_t answer; /* read when DONE: enum quoth_answer */
    uint8_t flags, options;
    uint8_t asked, may; /* read: questions sent, retries not counted; and how many may be */
    uint8_t doubt;      /* enum quoth_answer, may not be true: the root is asked for */
    uint8_t plain;      /* the one being asked does not know EDNS, whatever others hear of it */
    uint16_t big_cap;
    uint16_t id; /* read: the port files the exchange under it */
    uint16_t type, q_n, out_at;
    uint16_t ede; /* read when DONE: see quoth_rrset.ede */
    uint32_t ttl;
    uint8_t *big;
    uint32_t big_n; /* lent for an answer over TCP, and how much came */
    uint64_t deadline;
    struct quoth_random rnd;
    uint8_t prefix[2], q[282];   /* TCP length, then the question: 12 + 255 + 4 + 11 */
    struct quoth_name want_name; /* the question, or the alias it led to */
};

enum { /* quoth_question.options; they are bits of the question's header */
       /* answer even what does not validate (RFC 4035 3.2.2): tells bogus from broken, and what
        * comes must not be used */
       QUOTH_ASK_CD = 0x10,
       QUOTH_ASK_AD = 0x20 /* say whether it was validated (RFC 6840 5.7): see QUOTH_SET_AD */
};
struct quoth_question { /* yours; not kept */
    const struct quoth_name *name;
    uint16_t type;    /* QUOTH_DNS_*, but not OPT */
    uint16_t options; /* QUOTH_ASK_* */
};

/* Ask the resolver's servers. What a question for A, AAAA or MX brings may be fed to a route, what
 * any brings to a record set (6a). Keeps a pointer to `res`; `seed` is 16 unpredictable bytes. */
void quoth_lookup_start(struct quoth_lookup *lookup, struct quoth_resolver *res,
                        const struct quoth_question *question, const uint8_t seed[16],
                        uint64_t now);

/* Ask no more than so many questions (1 or more) on the way: an alias that leads further ends as
 * QUOTH_ANSWER_ALIAS_LOOP. Until it is called, QUOTH_CNAMES_MAX alone limits them. */
void quoth_lookup_limit(struct quoth_lookup *lookup, unsigned questions);

/* Where streams are few: one is free now, so the try that WANT_OPEN asks for begins now. */
void quoth_lookup_begin(struct quoth_lookup *lookup, uint64_t now);

/* Lend memory for one answer over TCP, at the latest before feeding UP; yours until DONE.
 * Without it a truncated answer is a failure of that server. */
void quoth_lookup_lend(struct quoth_lookup *lookup, void *buf, size_t cap);

void quoth_lookup_want(const struct quoth_lookup *lookup, struct quoth_want *want);

/* A datagram that is not its answer is QUOTH_EINVAL and changes nothing. `out` is written
 * when the answer is known (WANT_CLOSE, then WANT_DONE follow): all of it for MX; answer,
 * ttl, flags, ip and ip_n alone for A and AAAA, so that one route serves both (host[].ip
 * becomes 0: what rode along gave way). */
int quoth_lookup_feed(struct quoth_lookup *lookup, const struct quoth_event *ev,
                      struct quoth_route *out);

/* ---- 6a. record sets: all records of one answer ------------------------- */

enum {                                          /* quoth_rrset.flags */
       QUOTH_SET_SKIPPED = QUOTH_ROUTE_SKIPPED, /* a record was left out: malformed */
       /* a record was left out: no room in `buf`, or more records than core reads (config.h). That
        * one is not among those kept proves nothing */
       QUOTH_SET_CUT = QUOTH_ROUTE_CUT,
       QUOTH_SET_ALIAS = QUOTH_ROUTE_ALIAS, /* the name asked for was a CNAME, which was followed */
       QUOTH_SET_TRAILING = QUOTH_ROUTE_TRAILING, /* bytes behind the last record */
       /* the server says that it validated the answer (RFC 4035 3.2.3), aliases included: worth as
        * much as the server, and the way to it */
       QUOTH_SET_AD = QUOTH_ROUTE_AD
};

/* The records of one answer, in memory of yours. TXT, PTR, TLSA, DS, CNAME and SOA are what it is
 * for; NS, MX, A and AAAA fit in as well. */
struct quoth_rrset {
    /* yours to set, and to leave alone until DONE */
    uint8_t *buf;      /* where the records go; NULL with cap 0: nowhere, the rest is still told */
    uint16_t cap;      /* bytes of it: 2 a record and its data; what does not fit is CUT */
    const char *match; /* TXT: keep only what begins so (letters in either case); NULL: all */
    /* read, once the answer is known */
    uint16_t used, n; /* bytes and records in buf: see quoth_rrset_next() */
    uint16_t others;  /* TXT: records that do not begin with `match` */
    /* 1 + code of the first Extended DNS Error (RFC 8914) in the answer; of a failure: in the last
     * answer that had one. 0: none; no EDNS, no error */
    uint16_t ede;
    uint32_t ttl;          /* as quoth_route.ttl */
    uint8_t answer, flags; /* enum quoth_answer, QUOTH_SET_*. DATA with n 0: see others, flags */
    /* Of the answer's records in a message, their names compressed; TXT alone: others too */
    uint16_t bytes;
};

/* As quoth_lookup_feed(), and the answer goes to `out`: the same one from start to DONE. Its buf is
 * scratch before that. Unless there is data, it is empty in the end. */
int quoth_lookup_feed_set(struct quoth_lookup *lookup, const struct quoth_event *ev,
                          struct quoth_rrset *out);

/* The record at *at, which is 0 for the first, and *at moves on to the next. Returns 1 with `data`,
 * which points into set->buf, or 0 at the end. The data is what RFC 1035 3.3, RFC 4034 5.1 (DS) and
 * RFC 6698 2.1 (TLSA) say, with two differences: the strings of a TXT are joined, without their
 * lengths (they may hold any byte); names are in full and in lower case (quoth_name_read()). */
int quoth_rrset_next(const struct quoth_rrset *set, size_t *at, struct quoth_span *data);

/* ---- 6b. cache: answers kept -------------------------------------------- */

struct quoth_cache_slot { /* one answer, or a question that is being asked */
    uint64_t until;       /* from then on the slot is free */
    uint16_t type;
    uint8_t asked; /* 1: no answer yet */
    struct quoth_name name;
    struct quoth_route route;
};
struct quoth_cache {
    struct quoth_cache_slot *slot;
    size_t n;
    uint64_t k0, k1;
};

/* Use `n` slots of yours, 1 or more. All are free at first; call it again to forget everything, as
 * after a change of name servers. `seed` is 16 unpredictable bytes, so that nobody can choose names
 * that collide. */
void quoth_cache_init(struct quoth_cache *cache, struct quoth_cache_slot *slot, size_t n,
                      const uint8_t seed[16]);

/* Returns 1 if the answer is known: `out` is written as a lookup would, with the TTL that is left.
 * A name below one that does not exist does not exist either (RFC 8020). 0: it is not known. Ask,
 * and then put. QUOTH_AGAIN: somebody is asking that question already. Get again once they have put
 * the answer, or after a while (RFC 5452 5). */
int quoth_cache_get(struct quoth_cache *cache, const struct quoth_name *name, uint16_t type,
                    uint64_t now, struct quoth_route *out);

/* Put the answer to a question, whoever asked. It is kept for its TTL, a failure for 5 min at most,
 * and not at all if the TTL is 0. QUOTH_ANSWER_NONE gives the question up. Addresses that came
 * along with an MX answer are not kept. Put a route as a lookup wrote it, before quoth_mx_order().
 */
void quoth_cache_put(struct quoth_cache *cache, const struct quoth_name *name, uint16_t type,
                     const struct quoth_route *route, uint64_t now);

/* The same for record sets: a run of bytes instead of slots, since sets differ in size. What is
 * oldest makes room for what is new. A set costs its bytes and about forty more. */
struct quoth_setcache {
    uint8_t *buf;
    uint32_t cap, used;
    uint64_t k0, k1;
};

/* Use `cap` bytes of yours (4 GB at most), all free at first. `seed` as for quoth_cache_init(). */
void quoth_setcache_init(struct quoth_setcache *sets, void *buf, size_t cap,
                         const uint8_t seed[16]);

/* As quoth_cache_get(). What is known depends on name, type, options and out->match, and only the
 * very same question finds it. out->buf, cap and match are yours; 0 also for a set that is known
 * and does not fit into them. */
int quoth_setcache_get(struct quoth_setcache *sets, const struct quoth_question *question,
                       uint64_t now, struct quoth_rrset *out);

/* As quoth_cache_put(), and a set that was CUT is not kept: another buffer may hold more. */
void quoth_setcache_put(struct quoth_setcache *sets, const struct quoth_question *question,
                        const struct quoth_rrset *set, uint64_t now);

/* ---- 7. mail hosts, in the order to try them ---------------------------- */

enum quoth_mx_state {
    QUOTH_MX_NONE = 0, /* not asked */
    QUOTH_MX_HOSTS,    /* MX records */
    QUOTH_MX_IMPLICIT, /* none: the domain itself is the host (RFC 5321 5.1) */
    QUOTH_MX_NULL,     /* "MX 0 .": takes no mail (RFC 7505) */
    QUOTH_MX_NODOMAIN, /* NXDOMAIN */
    QUOTH_MX_UNUSABLE, /* records, but not one names a host */
    QUOTH_MX_FAILED,   /* the lookup failed: nothing is known */
    QUOTH_MX_GIVEN,    /* the operator named the server */
    QUOTH_MX_STATES
};
const char *quoth_mx_state_name(enum quoth_mx_state state); /* static: "not_asked", "hosts" ... */

/* Sort a route just looked up: ascending preference, equals shuffled (RFC 5321 5.1).
 * For QUOTH_MX_IMPLICIT `domain` becomes the one host. */
enum quoth_mx_state quoth_mx_order(struct quoth_route *route, const char *domain,
                                   struct quoth_random *rnd);

/* Drop the host of this name and all that are not better, as RFC 5321 5.1 does with oneself.
 * Returns how many were dropped. */
int quoth_mx_cut(struct quoth_route *route, const char *name);

/* Index of the host called `name`, -1 when there is none. */
int quoth_mx_find(const struct quoth_route *route, const char *name);

static inline const char *quoth_mx_name(const struct quoth_route *route, unsigned i)
{
    return route->names + route->host[i].at;
}

/* ---- 8. which addresses may be connected to ----------------------------- */

/* What the operator says about blocks of addresses. All zero: the built-in table alone. */
struct quoth_targets {
    const struct quoth_cidr *allow; /* opened, although the table denies them */
    uint8_t allow_n;
    const struct quoth_cidr *deny; /* closed; this wins over everything else */
    uint8_t deny_n;
    /* Closed unless allowed: this machine's own addresses and its name servers, which no stranger's
     * MX record should make us call. The port knows them. */
    const struct quoth_cidr *own;
    uint8_t own_n;
    /* The network's own NAT64 prefix, /32 to /96 (RFC 6052). An address below it is as good as the
     * IPv4 address inside. */
    struct quoth_cidr nat64;
};

/* May we connect to this address? 1: yes. 0: denied. The built-in table is core/data/target.csv
 * (RFC 6890 registries). */
int quoth_target_ok(const struct quoth_targets *targets, const struct quoth_ip *ip);

/* ---- 9. SMTP replies ---------------------------------------------------- */

/* Extensions seen in an EHLO reply. */
enum {
    QUOTH_EXT_STARTTLS = 1,
    QUOTH_EXT_PIPELINING = 2,
    QUOTH_EXT_SMTPUTF8 = 4,
    QUOTH_EXT_ENHANCED = 8,
    QUOTH_EXT_SIZE = 16
};
/* quoth_reply.flags: what was odd about a reply that could be read. */
enum {
    QUOTH_REPLY_BARE_LF = 1,   /* a line ended in LF alone */
    QUOTH_REPLY_CR_CR = 2,     /* or in CR CR LF */
    QUOTH_REPLY_ODD_DIGIT = 4, /* the second digit of the code is 6 or more */
    QUOTH_REPLY_BARE_CODE = 8  /* a code without any text */
};

/* What a server said in one reply. Its words lie beside this, `n` bytes without a NUL: in
 * the buffer of whoever keeps them, which may hold fewer than were said: whole ones. */
struct quoth_said {  /* read */
    uint16_t code;   /* 200..599 (RFC 5321 4.2); 0: nothing was said */
    uint16_t esc[3]; /* enhanced code (RFC 3463), all 0 when none */
    uint16_t n;
};

struct quoth_reply {
    struct quoth_said said; /* read */
    uint8_t state, esc_state, esc_known, cr, fresh, word_n, maybe;
    uint8_t flags;         /* read: QUOTH_REPLY_* */
    uint16_t ext;          /* read: QUOTH_EXT_*, of lines after the first (S12) */
    uint16_t lines;        /* read */
    uint16_t number, mark; /* of an enhanced code; where the line's text starts in words */
    uint32_t bytes, col;   /* into the reply, into the present line */
    /* read: the text without its enhanced codes, lines joined by ' ', no NUL. Control bytes
     * became '?'. Bytes from 0x80 on stay as they were and need not be UTF-8: escape them when
     * printing. */
    char words[QUOTH_SAID_MAX];
};

void quoth_reply_init(struct quoth_reply *reply);

/* Take bytes as they come, in pieces of any size; the pieces never matter.
 * Returns QUOTH_OK     a reply is complete; *used bytes were taken, up to its last LF
 *         QUOTH_AGAIN  all n bytes were taken, and the reply goes on
 *         QUOTH_EPROTO this is no SMTP reply; it stays so until init. */
int quoth_reply_feed(struct quoth_reply *reply, const void *data, size_t n, size_t *used);

/* ---- 10. one SMTP conversation, any number of recipients ---------------- */

enum quoth_tls { QUOTH_TLS_TRY = 0, QUOTH_TLS_MUST, QUOTH_TLS_NEVER };

struct quoth_smtp_conf { /* yours; must outlive the machines using it */
    const char *helo;    /* our name, fully qualified; quoth_helo_valid() */
    const char *from;    /* MAIL FROM without <>, "" for the null sender; quoth_from_valid() */
    enum quoth_tls tls;
    uint8_t tls_verify; /* 1: a certificate that does not check out is a broken handshake */
    /* Waits in ms; 0 takes the default: 10, 60, 60, 60, 60, 60, 10, 5 s; idle 30 s; talk 180 s. */
    uint32_t open_ms, greet_ms, helo_ms, tls_ms, mail_ms, rcpt_ms, rset_ms, quit_ms;
    uint32_t idle_ms; /* at WANT_RCPT */
    uint32_t talk_ms; /* the whole conversation */
};

enum quoth_phase { /* how far it got */
                   QUOTH_PHASE_SYNTAX = 0,
                   QUOTH_PHASE_DNS,
                   QUOTH_PHASE_CONNECT,
                   QUOTH_PHASE_BANNER,
                   QUOTH_PHASE_EHLO,
                   QUOTH_PHASE_STARTTLS,
                   QUOTH_PHASE_MAIL,
                   QUOTH_PHASE_RCPT,
                   QUOTH_PHASE_DECOY,
                   QUOTH_PHASES
};
const char *quoth_phase_name(enum quoth_phase p); /* static: "syntax" ... "decoy" */

/* One recipient: you fill in who and where its words go, the conversation fills in what was said.
 * Yours, kept by pointer from the RCPT event that gave it until the next WANT_RCPT or DONE. */
struct quoth_rcpt {
    struct quoth_span local,
        domain;  /* as they go on the wire: quoth_addr.local, quoth_addr_domain() */
    char *words; /* where the reply's words go; NULL, 0: nowhere */
    uint16_t words_cap;
    struct quoth_said said; /* read: the RCPT reply; code 0: none came, the machine says why */
};

enum {
    QUOTH_SMTP_NO_TLS = 1,    /* stay in clear: the handshake broke the last time */
    QUOTH_SMTP_HELO = 2,      /* do not say EHLO: the server hung up on it */
    QUOTH_SMTP_TLS_AGAIN = 4, /* the handshake broke the last time; the next offers less */
    QUOTH_SMTP_ONE_BY_ONE = 8 /* no PIPELINING, though it is offered */
};

struct quoth_smtp {
    uint8_t state;
    uint8_t options; /* read: QUOTH_SMTP_*, as in the call */
    uint8_t dirty, last, secure, rcpts, hear, say;
    uint8_t phase; /* read: enum quoth_phase */
    /* read when DONE. 1: replies were shifted: QUIT was answered, but not with 221, or
     * a reply too many came. Do not trust the last answers (P28). 2: of several
     * recipients; they may have been: QUIT, or the rest of what a refusal cut short, was not
     * answered in time; or RSET was refused, and no 221 came to QUIT */
    uint8_t suspect;
    uint16_t ext;            /* read: QUOTH_EXT_* of the present layer */
    uint16_t asked, refused; /* read: recipients asked, and refused */
    uint16_t out_n, out_at;
    struct quoth_said said; /* read: the reply (not to RCPT) that ended it, at `phase`; or none */
    uint16_t words_cap;
    char *words;        /* where the ending reply's words go */
    enum quoth_err err; /* read when DONE: QUOTH_OK, or what cut it short */
    const struct quoth_smtp_conf *conf;
    struct quoth_rcpt *rcpt;
    const char *host;
    uint32_t bytes; /* heard so far */
    uint64_t deadline, end;
    struct quoth_peer peer;     /* read */
    struct quoth_tls_facts tls; /* read */
    struct quoth_reply reply;
    char out[QUOTH_OUT_MAX];
};

struct quoth_call { /* whom to call, and how */
    struct quoth_peer peer;
    const char *host; /* server name, kept; never NULL, may be "" */
    uint8_t options;  /* QUOTH_SMTP_* */
};

/* `conf` and call->host must live until DONE. A helo or from that is not fit for the wire ends it
 * before it begins: WANT_CLOSE, err QUOTH_EINVAL, `phase` DNS. */
void quoth_smtp_start(struct quoth_smtp *smtp, const struct quoth_smtp_conf *conf,
                      const struct quoth_call *call, uint64_t now);

/* Where the words of a reply other than to RCPT go that ends the conversation. Kept; until this
 * is called, and with `cap` 0, they go nowhere. */
void quoth_smtp_words(struct quoth_smtp *smtp, char *words, uint16_t cap);
void quoth_smtp_want(const struct quoth_smtp *smtp, struct quoth_want *want);

/* RCPT: n recipients (0: QUIT). QUOTH_EINVAL also for a recipient that is not fit for the wire,
 * or that needs SMTPUTF8 while `ext` lacks it. */
int quoth_smtp_feed(struct quoth_smtp *smtp, const struct quoth_event *ev);

/* End it from our side. leave() says QUIT where a command may be said now (the server has greeted
 * us, no command is half written, no handshake is due), and goes on as after any QUIT; else it
 * wants CLOSE. give_up() writes the same QUIT and wants CLOSE without waiting for its answer, and
 * `err` is why, if nothing else was. What was answered so far stays. When it is over already, or
 * about to be, nothing changes. */
void quoth_smtp_leave(struct quoth_smtp *smtp, uint64_t now);
void quoth_smtp_give_up(struct quoth_smtp *smtp, enum quoth_err err, uint64_t now);

/* ---- 11. what a reply says ---------------------------------------------- */

enum quoth_reason {
    QUOTH_REASON_NONE = 0,
    /* from a reply */
    QUOTH_REASON_ACCEPTED,
    QUOTH_REASON_USER_UNKNOWN,
    QUOTH_REASON_MAILBOX_DISABLED,
    QUOTH_REASON_MAILBOX_FULL,
    QUOTH_REASON_RECIPIENT_RESTRICTED,
    QUOTH_REASON_RECIPIENT_RATE_LIMITED,
    QUOTH_REASON_DOMAIN_NOT_ACCEPTED,
    QUOTH_REASON_DOMAIN_NOT_FOUND,
    QUOTH_REASON_GREYLISTED,
    QUOTH_REASON_RATE_LIMITED,
    QUOTH_REASON_IP_BLOCKED,
    QUOTH_REASON_POLICY_REJECTED,
    QUOTH_REASON_AUTH_REQUIRED,
    QUOTH_REASON_TLS_REQUIRED,
    QUOTH_REASON_SPAM_OR_CONTENT,
    QUOTH_REASON_MESSAGE_TOO_BIG,
    QUOTH_REASON_RECIPIENT_SYNTAX,
    QUOTH_REASON_SERVER_TEMPORARY,
    QUOTH_REASON_NOT_VERIFIABLE,
    QUOTH_REASON_OTHER,
    /* from the address */
    QUOTH_REASON_SYNTAX,
    QUOTH_REASON_RESERVED,
    QUOTH_REASON_SINGLE_LABEL,
    QUOTH_REASON_ADDRESS_LITERAL,
    QUOTH_REASON_IDNA_UNSUPPORTED,
    QUOTH_REASON_SYNTAX_OK,
    QUOTH_REASON_ROLE,
    QUOTH_REASON_DISPOSABLE,
    /* from the DNS */
    QUOTH_REASON_NO_SUCH_DOMAIN,
    QUOTH_REASON_NULL_MX,
    QUOTH_REASON_NO_MAIL_HOST,
    QUOTH_REASON_MX_UNRESOLVABLE,
    QUOTH_REASON_DNS_FAILURE,
    QUOTH_REASON_DNS_OK,
    QUOTH_REASON_SELF,
    /* in lists: its operator does not want to be asked, and we were told to respect that */
    QUOTH_REASON_PROVIDER_POLICY,
    /* in lists, from the row: it holds no address; more addresses than can be told apart; what it
     * holds cannot be read for sure. Nobody was asked, and nothing is known of any mailbox. */
    QUOTH_REASON_EMPTY,
    QUOTH_REASON_SEVERAL,
    QUOTH_REASON_UNREADABLE,
    /* from the network and the conversation */
    QUOTH_REASON_TARGET_POLICY,
    QUOTH_REASON_NO_IDENTITY,
    QUOTH_REASON_NO_ENTROPY,
    QUOTH_REASON_UNREACHABLE,
    QUOTH_REASON_NO_ROUTE,
    QUOTH_REASON_TIMEOUT,
    QUOTH_REASON_TLS_FAILED,
    QUOTH_REASON_PROTOCOL_ERROR,
    QUOTH_REASON_CLOSED,
    QUOTH_REASON_NO_SMTPUTF8,
    QUOTH_REASON_INTERNAL,
    /* from the decoy */
    QUOTH_REASON_CATCH_ALL,
    QUOTH_REASON_CATCH_ALL_NOT_ESTABLISHED,
    QUOTH_REASON_BACKUP_MX,
    QUOTH_REASON_ACCEPTS_BY_SHAPE,
    QUOTH_REASONS
};
const char *quoth_reason_name(enum quoth_reason r); /* static, lower case: "user_unknown" */
/* static: one sentence for people, and what to do next */
const char *quoth_reason_text(enum quoth_reason r);

enum quoth_says { QUOTH_SAYS_CANNOT_TELL = 0, QUOTH_SAYS_EXISTS, QUOTH_SAYS_NOT_EXISTS };
const char *quoth_says_name(enum quoth_says s); /* "cannot_tell", "exists", "not_exists" */

struct quoth_reading {        /* read */
    enum quoth_reason reason; /* one of "from a reply" */
    enum quoth_says says;     /* of the mailbox */
    const char *rule;         /* static: the row of judge.c that decided, as "text/user-unknown" */
    uint16_t row;             /* its place in core/data/judge.txt, from 0 */
};

/* What one reply says of us, of the server and of the mailbox. Pure. `phase` is BANNER, EHLO,
 * STARTTLS, MAIL or RCPT (DECOY reads as RCPT); `mx` is the exchange's host name or NULL: it
 * can only refine. NOT_EXISTS comes from a 5yz to RCPT alone. */
void quoth_judge_reply(struct quoth_reading *out, enum quoth_phase phase,
                       const struct quoth_said *said, const char *words, const char *mx);

/* All rows that hold, one a call, the deciding one first. Begin with out->rule NULL; then `out`
 * goes from one row to the next. Returns 1, or 0 when no further row holds. */
int quoth_judge_next(struct quoth_reading *out, enum quoth_phase phase,
                     const struct quoth_said *said, const char *words, const char *mx);

/* The row at that place, for whoever shows it: how many bytes it has, the number of its rule when
 * that is another than the row before has, and what it asks for (core/data/pack_judge.c). */
const uint8_t *quoth_judge_row(unsigned row);

/* ---- 12. evidence and verdict ------------------------------------------- */

enum quoth_verdict {
    QUOTH_VERDICT_UNKNOWN = 0,
    QUOTH_VERDICT_DELIVERABLE,
    QUOTH_VERDICT_UNDELIVERABLE,
    QUOTH_VERDICT_RISKY,
    QUOTH_VERDICTS
};
const char *quoth_verdict_name(enum quoth_verdict v); /* static, lower case */

enum quoth_fact { QUOTH_FACT_NOT_TESTED = 0, QUOTH_FACT_YES, QUOTH_FACT_NO };
const char *quoth_fact_name(enum quoth_fact f); /* "not_tested", "yes", "no" */

/* quoth_evidence.flags */
enum {
    QUOTH_EVID_TLS_BROKE = 1,   /* a TLS handshake broke */
    QUOTH_EVID_TLS_OFFERED = 2, /* the server offered STARTTLS */
    QUOTH_EVID_DENIED = 4,      /* target policy denied an address, which was skipped */
    QUOTH_EVID_NOT_BEST = 8,    /* the answer came from an exchange that is not the best one */
    /* not every host's addresses could be looked up, so that none was found proves nothing */
    QUOTH_EVID_DNS_PARTIAL = 16,
    QUOTH_EVID_HELO = 32,     /* the server did not take EHLO */
    QUOTH_EVID_NAMES_US = 64, /* the reply names us, or another address, and not the address */
    /* every address of the domain's hosts was called, and each said that it takes no mail (K11) */
    QUOTH_EVID_ALL_GONE = 128
};

/* All that was learnt, as plain values: copy it, print it, judge it again. */
struct quoth_evidence { /* read */
    uint8_t mx;         /* enum quoth_mx_state */
    uint8_t dns;        /* enum quoth_answer of the lookup that decided */
    uint8_t phase;      /* enum quoth_phase: how far it got */
    /* enum quoth_reason: why the check went no further; NONE: nothing stopped it */
    uint8_t stop;
    uint8_t flags; /* QUOTH_EVID_* */
    int8_t err;    /* enum quoth_err: what cut the conversation short */
    uint8_t host;  /* index into quoth_verify.route of the exchange that answered */
    uint8_t sessions, connects, queries;
    uint8_t decoy_reason;   /* enum quoth_reason of the decoy's reply */
    uint8_t asked_decoy;    /* 1: it was given to the server */
    uint16_t decoy_code;    /* 0: no decoy was asked, or it was not answered */
    uint16_t pref;          /* of that exchange */
    uint16_t ext;           /* QUOTH_EXT_* in the last EHLO reply */
    uint16_t lists;         /* QUOTH_LIST_* of domain and local part */
    struct quoth_said said; /* the reply that decided, at `phase` */
    struct quoth_tls_facts tls;
    struct quoth_peer peer;     /* connected to; ip.len 0: nobody */
    uint32_t ms[QUOTH_PHASES];  /* when each phase was over, from the start; 0: not reached */
    uint32_t took_ms;           /* from the start until the verdict was known */
    struct quoth_addr addr;     /* points into the text given */
    char domain[256];           /* as asked: A-labels; "" before it is known */
    char words[QUOTH_SAID_MAX]; /* of that reply */
};

/* Evidence to verdict, by one table whose most particular row comes first (verdict.c). Pure. `mx`
 * is the host name of the exchange that answered, or NULL. `reading` may be NULL. */
enum quoth_verdict quoth_judge(const struct quoth_evidence *evidence, const char *mx,
                               struct quoth_reading *reading);
/* Once the reply to RCPT stands in `evidence`: does it name our sender or our EHLO name, or begin
 * with some address, and name the one that was asked nowhere? Then it is about us or another, and
 * QUOTH_EVID_NAMES_US is set. */
void quoth_evidence_names(struct quoth_evidence *evidence, const struct quoth_smtp_conf *us);
/* The reason of a mailbox that is there, by what lists say of it (QUOTH_LIST_*). */
enum quoth_reason quoth_reason_listed(unsigned lists);
/* Does the domain take every address? */
enum quoth_fact quoth_catch_all(const struct quoth_evidence *evidence);

/* ---- 13. what is wanted; what the text alone tells ---------------------- */

enum quoth_depth { QUOTH_DEPTH_SMTP = 0, QUOTH_DEPTH_DNS, QUOTH_DEPTH_SYNTAX };
enum quoth_family { QUOTH_FAMILY_ANY = 0, QUOTH_FAMILY_V4, QUOTH_FAMILY_V6 }; /* ANY: IPv4 first */

/* How to check. Yours; it must outlive the machines that use it. Begin with all zero. */
struct quoth_conf {
    struct quoth_resolver *resolver;
    struct quoth_smtp_conf smtp; /* helo NULL: no identity, the check stops after DNS */
    struct quoth_targets targets;
    enum quoth_depth depth;
    enum quoth_family family;
    uint8_t no_decoy;
    /* 2: where a made-up mailbox of random letters is unknown, another one that looks like a name
     * is asked too, and a server that takes it accepts by shape. Needs QUOTH_DECOYS of 2. */
    uint8_t decoys;
    /* Ask this host (name or address) instead of the MX; NULL: the MX. An address given here is
     * allowed whatever `targets` says. */
    const char *server;
    uint16_t port; /* 0: 25 */
    /* Reserved names that are real here: "test", "corp.example"; NULL-ended, or NULL. */
    const char *const *allow_names;
    uint32_t total_ms; /* for the whole verification; 0: 300 s */
};

/* What the text alone tells, before anybody is asked. Both return NONE to go on, or why not.
 *
 * `address`: its addr (points into `text`) and domain as it is asked; SYNTAX (with addr.fault and
 * addr.at) or IDNA_UNSUPPORTED, and then its domain is "". `domain`: after it, its lists; RESERVED
 * (unless conf->allow_names), SYNTAX_OK (no more was wanted), ADDRESS_LITERAL or SINGLE_LABEL. It
 * depends on the domain alone, but for QUOTH_LIST_LOCAL. */
enum quoth_reason quoth_intake_address(struct quoth_evidence *evidence, const char *text, size_t n);
enum quoth_reason quoth_intake_domain(struct quoth_evidence *evidence,
                                      const struct quoth_conf *conf);

/* ---- 14. hosts: from a domain to an address that may be called ---------- */

/* A machine without I/O: it says whom to ask and whom to call next, and is told how that went. Who
 * asks (a lookup, a cache) and who calls is the caller's business. The order of hosts, the target
 * policy, families, budgets and retries of a call stand here and nowhere else. */
enum quoth_hosts_kind {
    QUOTH_HOSTS_ASK,  /* for `type` of `name`: write its route as a lookup does, then answered() */
    QUOTH_HOSTS_CALL, /* `call`; when that brought no answer: called() */
    QUOTH_HOSTS_STOP  /* it is over: `stop` is why; NONE: what the calls brought says why */
};

struct quoth_hosts_want { /* read */
    enum quoth_hosts_kind kind;
    enum quoth_reason stop; /* STOP */
    uint16_t type;          /* ASK: MX, A or AAAA */
    uint8_t questions;      /* ASK: so many may be asked, aliases that are followed counted */
    struct quoth_call call; /* CALL: call.host points into hosts->route */
    struct quoth_name name; /* ASK */
};

/* What the search came to so far. Small, so that a list can keep one for each domain. */
struct quoth_trail {
    uint8_t mx;                          /* enum quoth_mx_state */
    uint8_t dns;                         /* enum quoth_answer of the lookup that decided */
    uint8_t flags;                       /* QUOTH_EVID_TLS_BROKE, HELO, DENIED, DNS_PARTIAL */
    uint8_t queries, connects, sessions; /* spent: questions; calls and conversations in vain */
};

struct quoth_hosts {
    const struct quoth_conf *conf;
    const char *domain;
    struct quoth_trail trail; /* read */
    uint16_t type;
    uint8_t host; /* read: index into `route` of the host whose turn it is */
    uint8_t kind, ip, calling, asked, options, stop;
    uint32_t tried[QUOTH_CONNECTS_MAX]; /* read: marks of trail.connects calls */
    struct quoth_route route; /* read: the mail hosts in order. Written by whoever answers an ASK */
};

/* Before: all of `hosts` is 0, or it was told where to go on. `conf` and `domain` (A-labels) must
 * live as long as `hosts`. */
void quoth_hosts_start(struct quoth_hosts *hosts, const struct quoth_conf *conf,
                       const char *domain);
/* Before start(): go on where an earlier search of that domain had come to. `tried`: what stood
 * there, trail->connects marks; NULL: nothing. */
void quoth_hosts_go_on(struct quoth_hosts *hosts, const struct quoth_trail *trail,
                       const uint32_t *tried);
void quoth_hosts_want(const struct quoth_hosts *hosts, struct quoth_hosts_want *want);

/* The ASK was answered: hosts->route is written. `asked`: questions it took (quoth_lookup.asked), 1
 * from a cache. `rnd` draws the order of equals. */
void quoth_hosts_answered(struct quoth_hosts *hosts, unsigned asked, struct quoth_random *rnd);

/* Was the address of the CALL looked up under its host's name? 0: it rode along with the MX answer,
 * whose owner may name any host, or it was given. */
int quoth_hosts_looked_up(const struct quoth_hosts *hosts);

/* The CALL ended so, without an answer. */
void quoth_hosts_called(struct quoth_hosts *hosts, const struct quoth_smtp *smtp);

/* Whom to call after a conversation that ended so without an answer, when so much is spent, its own
 * included. For whoever keeps hosts of many domains; called() does what it says. */
enum quoth_hosts_after {
    QUOTH_HOSTS_NEXT,                         /* another address, another host */
    QUOTH_HOSTS_NOBODY = -1,                  /* they would say the same */
    QUOTH_HOSTS_IN_CLEAR = QUOTH_SMTP_NO_TLS, /* the same, with this option */
    QUOTH_HOSTS_BY_HELO = QUOTH_SMTP_HELO,
    QUOTH_HOSTS_TLS_AGAIN = QUOTH_SMTP_TLS_AGAIN,
    QUOTH_HOSTS_ONE_BY_ONE = QUOTH_SMTP_ONE_BY_ONE
};
/* Did its TLS break? A hang-up in place of the 220 is a broken handshake too. */
int quoth_hosts_tls_broke(const struct quoth_smtp *smtp);
enum quoth_hosts_after quoth_hosts_after(const struct quoth_smtp *smtp,
                                         const struct quoth_trail *trail);
/* What stands in `tried` for a call that was made to this address, bit 0 clear; and for one that
 * ended so: bit 0 set, when it said that no mail is taken there. */
uint32_t quoth_hosts_mark(const struct quoth_ip *ip);
uint32_t quoth_hosts_mark_of(const struct quoth_smtp *smtp);

/* ---- 15. verify: all of the above for one address ----------------------- */

struct quoth_verify {
    uint8_t state, step;
    uint8_t known; /* read: 1: the verdict stands; there is at most a link left to close */
    struct quoth_evidence ev; /* read */
    uint16_t big_cap;
    void *big;
    uint64_t start; /* read: when it began */
    uint64_t end;
    struct quoth_random rnd;
    struct quoth_hosts hosts; /* read: hosts.route, the mail hosts in order */
    union {
        struct quoth_lookup lookup;
        struct {
            struct quoth_smtp smtp;
            struct quoth_rcpt rcpt;
            char decoy[20], decoy_words[QUOTH_SAID_MAX < 96 ? QUOTH_SAID_MAX : 96];
        } talk;
    } u;
};

/* Verify `text`, which must live until DONE. `seed` is 16 unpredictable bytes, fresh for every
 * start. NULL: the platform has none, and the verdict is `unknown: no_entropy`. */
void quoth_verify_start(struct quoth_verify *verify, const struct quoth_conf *conf,
                        const char *text, size_t n, const uint8_t seed[16], uint64_t now);
/* As quoth_lookup_lend(). */
void quoth_verify_lend(struct quoth_verify *verify, void *buf, size_t cap);
void quoth_verify_want(const struct quoth_verify *verify, struct quoth_want *want);
int quoth_verify_feed(struct quoth_verify *verify, const struct quoth_event *ev);
/* The exchange that answered, or "". */
const char *quoth_verify_host(const struct quoth_verify *verify);

/* Give up: the verdict is what stands in evidence so far (known becomes 1), and a conversation that
 * is going on ends as by quoth_smtp_leave(). Feed it on until DONE, or drop it. */
void quoth_verify_leave(struct quoth_verify *verify, uint64_t now);

/* The conversation that is going on, or NULL. What is marked "read" in it may be read. */
const struct quoth_smtp *quoth_verify_talk(const struct quoth_verify *verify);

/* ---- 16. pace: manners towards one host, for lists ---------------------- */

enum quoth_pace_kind {
    QUOTH_PACE_NOTHING = 0, /* says nothing of us */
    QUOTH_PACE_FINE,        /* it answers */
    QUOTH_PACE_BUSY,        /* 421, 4.7.x: later */
    QUOTH_PACE_REFUSED      /* it does not want us */
};

/* All zero: never called. Plain values: what was copied or saved can be begun with again. */
struct quoth_pace {
    uint64_t next;             /* read: call it no sooner; QUOTH_NEVER: not in this run */
    uint16_t answers, unknown; /* read: replies to RCPT so far, and how many were user_unknown */
    uint8_t busy, refused;     /* read: how often in a row */
    uint8_t slow;   /* read: 1: looks like harvesting (G08), gaps are four times as long */
    uint8_t reason; /* read: enum quoth_reason of the hold; NONE: it was called since */
};

/* What a reply says of us as a guest. `reason` is what the judge read. */
enum quoth_pace_kind quoth_pace_kind_of(enum quoth_phase phase, const struct quoth_said *said,
                                        enum quoth_reason reason);

/* A conversation begins. The next one may begin a gap later, a little more by chance. */
void quoth_pace_begin(struct quoth_pace *pace, uint32_t gap_ms, uint64_t now,
                      struct quoth_random *rnd);

/* A conversation ended. BUSY holds the host back for 15 min, doubling to 24 h. After more than
 * `busy_max` of them in a row, or REFUSED twice in a row, it is not called again in this run. */
void quoth_pace_end(struct quoth_pace *pace, enum quoth_pace_kind kind, enum quoth_reason reason,
                    unsigned busy_max, uint64_t now);

/* Whatever stood there: call it no sooner than `until`, for that reason. For whoever knows better
 * than its answers: an operator, or one who ran out of something. */
void quoth_pace_hold(struct quoth_pace *pace, uint64_t until, enum quoth_reason reason);

/* Of the times it was busy in a row, no more than `most` count: it answered some. */
void quoth_pace_excuse(struct quoth_pace *pace, unsigned most);

/* Its "not in this run" is long ago: it may be called, and the next one like it is the last again.
 * A single refusal is not the last word; where that was another one, it stays counted. */
void quoth_pace_once_more(struct quoth_pace *pace);

/* Count one reply to RCPT. 1: from now on this looks like harvesting, so warn. */
int quoth_pace_answer(struct quoth_pace *pace, enum quoth_reason reason);

/* The longest wait that a reply's words name ("in 300 seconds", "after 10 minutes"), in ms, a day
 * at most; 0: they name none. */
uint32_t quoth_pace_wait(const char *text, size_t n);

/* ---- 17. what RCPT cannot tell ------------------------------------------ */

/* How plausible is an address at a domain that takes every one? Bands, and never a promise: who has
 * left has a perfect name. */
enum quoth_band {
    QUOTH_BAND_NONE = 0, /* nothing to add: the server's answer says what can be known */
    QUOTH_BAND_IMPLAUSIBLE,
    QUOTH_BAND_WEAK,
    QUOTH_BAND_NEUTRAL,
    QUOTH_BAND_PLAUSIBLE
};

/* What speaks for or against it, each in 1/256 logit. */
enum quoth_score_part {
    QUOTH_SCORE_PRIOR = 0, /* of any address at such a domain */
    QUOTH_SCORE_NAME,      /* of a typical name; the next three are how far this one is from it */
    QUOTH_SCORE_LETTERS,
    QUOTH_SCORE_DIGITS,
    QUOTH_SCORE_KEYBOARD,
    QUOTH_SCORE_BOUND,     /* how much of these four was cut off: looks prove little */
    QUOTH_SCORE_TEST,      /* a word that people type to try something */
    QUOTH_SCORE_ANSWER,    /* the server spoke otherwise of a made-up mailbox */
    QUOTH_SCORE_EXCHANGER, /* the domain is a forwarder's, which takes everything on purpose */
    QUOTH_SCORE_PATTERN,   /* other addresses of the domain are formed like it, or are not: known to
                            * the caller alone, who has them */
    QUOTH_SCORE_PARTS
};

struct quoth_score { /* read */
    int16_t part[QUOTH_SCORE_PARTS];
    int16_t sum; /* of them all */
    uint8_t band;
};

/* Score an address whose verdict has this reason (catch_all, catch_all_not_established, backup_mx,
 * not_verifiable); `lists` as in evidence. Pure; whole numbers. 1, or 0 with band NONE: another
 * reason, or built without QUOTH_SCORE. */
int quoth_score(struct quoth_score *score, const struct quoth_evidence *evidence,
                enum quoth_reason reason, unsigned lists);
/* One part more of a score, which quoth_score() could not know: sum and band follow. */
void quoth_score_add(struct quoth_score *score, enum quoth_score_part part, int says);
const char *quoth_band_name(enum quoth_band band);             /* "plausible" */
const char *quoth_score_part_name(enum quoth_score_part part); /* "letters" */

#ifdef __cplusplus
}
#endif
#endif
