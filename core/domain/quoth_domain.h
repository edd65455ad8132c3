/* quoth_domain.h - what a domain says about its mail, beside who takes it.
 *
 * The second public header. It stands on quoth.h (machines, lookups, record sets) and has the same
 * conventions; a program that only checks addresses needs nothing of it.
 *
 *   1   SPF: may this address send for that domain? (RFC 7208)
 *   3   tag lists: "v=X; name=value", and the records that are made of them
 *   4   DMARC: the record, the walk up the tree, the policy that results (RFC 9989)
 *   5   one domain: facts (5), how they are asked for (6), what they come to (7)
 *   8   TLSA records (RFC 6698, 7672)
 *   9   the policy of MTA-STS (RFC 8461)
 *  10   our own address: its names, who may send from it, block lists
 *
 * SPDX-License-Identifier: MIT */
#ifndef QUOTH_DOMAIN_H
#define QUOTH_DOMAIN_H

#include "quoth.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. SPF: the record, term by term ----------------------------------- */

enum quoth_spf_result { /* RFC 7208 2.6 */
                        QUOTH_SPF_NONE = 0,
                        QUOTH_SPF_NEUTRAL,
                        QUOTH_SPF_PASS,
                        QUOTH_SPF_FAIL,
                        QUOTH_SPF_SOFTFAIL,
                        QUOTH_SPF_TEMPERROR,
                        QUOTH_SPF_PERMERROR,
                        QUOTH_SPF_RESULTS
};
const char *quoth_spf_result_name(enum quoth_spf_result result); /* static: "none", "softfail" */

enum quoth_spf_kind {
    QUOTH_SPF_ALL,
    QUOTH_SPF_INCLUDE,
    QUOTH_SPF_A,
    QUOTH_SPF_MX,
    QUOTH_SPF_PTR,
    QUOTH_SPF_IP4,
    QUOTH_SPF_IP6,
    QUOTH_SPF_EXISTS,
    QUOTH_SPF_REDIRECT,
    QUOTH_SPF_EXP,
    QUOTH_SPF_OTHER /* a modifier that nobody knows, which is ignored */
};

enum {                             /* quoth_spf_term.macros */
       QUOTH_SPF_MACRO_SENDER = 1, /* a macro that depends on the sender: any but %{d} */
       QUOTH_SPF_MACRO_P = 2,      /* %{p}: costs questions (RFC 7208 7.3) */
       QUOTH_SPF_MACRO_DOMAIN = 4, /* %{d} */
       QUOTH_SPF_MACRO_NONE = 8    /* none, and a character that is of no name: "https://", '@' */
};

struct quoth_spf_term {       /* read; the spans point into the record */
    uint8_t kind;             /* enum quoth_spf_kind */
    uint8_t result;           /* of a mechanism that matches: PASS, FAIL, SOFTFAIL, NEUTRAL */
    uint8_t macros;           /* in `domain`: QUOTH_SPF_MACRO_* */
    uint8_t bits4, bits6;     /* a, mx: lengths of the networks, 32 and 128 unless given */
    struct quoth_cidr net;    /* ip4, ip6 */
    struct quoth_span text;   /* the whole term */
    struct quoth_span domain; /* domain-spec, macros as written; n 0: none was given */
};

/* Is this text an SPF record at all: "v=spf1" in any case, and then a blank or the end? 1 or 0 */
int quoth_spf_is_record(const char *text, size_t n);
/* Does it end in "-all", or another qualifier and all? 1 or 0 */
int quoth_spf_ends_in_all(const char *text, size_t n);

/* The term at *at, which is 0 for the first; *at moves on behind it. Returns 1 with `term`, 0 at
 * the end, or QUOTH_EPROTO with *at on the byte that is wrong (RFC 7208 12). That a modifier stands
 * there twice is for the caller to see. */
int quoth_spf_term(struct quoth_spf_term *term, const char *text, size_t n, size_t *at);

/* ---- 2. SPF: check_host() ------------------------------------------------ */

enum { QUOTH_SPF_TERMS_MAX = 10, QUOTH_SPF_VOIDS_MAX = 2, QUOTH_SPF_QUERIES_MAX = 64 };
enum { QUOTH_SPF_FRAMES = QUOTH_SPF_TERMS_MAX + 2 };

/* Bytes for the texts of the chain of records that is being read, none of those read before, and
 * for the answer that is being looked at. What does not fit is why TOO_BIG. */
#ifndef QUOTH_SPF_ARENA
#define QUOTH_SPF_ARENA (QUOTH_HEALTH ? 768 : 3072)
#endif

enum quoth_spf_why { /* what led to the result */
                     QUOTH_SPF_WHY_NONE = 0,
                     QUOTH_SPF_WHY_MATCH,     /* a term matched */
                     QUOTH_SPF_WHY_NO_MATCH,  /* none did: neutral (4.7) */
                     QUOTH_SPF_WHY_NO_RECORD, /* none: of the domain; permerror: behind a term */
                     QUOTH_SPF_WHY_NO_DOMAIN, /* none: it is no name that can be asked (4.3) */
                     QUOTH_SPF_WHY_RECORDS,   /* permerror: two records or more (4.5) */
                     QUOTH_SPF_WHY_SYNTAX,    /* permerror: see bad_at */
                     QUOTH_SPF_WHY_TWICE,     /* permerror: a modifier, see bad_at */
                     QUOTH_SPF_WHY_TERMS,     /* permerror: more than 10 terms that ask (4.6.4) */
                     QUOTH_SPF_WHY_VOIDS,     /* permerror: more than 2 of them ask for nothing */
                     QUOTH_SPF_WHY_HOSTS,     /* permerror: more than 10 mail hosts behind an mx */
                     QUOTH_SPF_WHY_LOOP,      /* permerror: a record leads back to itself */
                     QUOTH_SPF_WHY_NAME,    /* permerror: include or redirect to what is no name */
                     QUOTH_SPF_WHY_DNS,     /* temperror: see answer, asked, type */
                     QUOTH_SPF_WHY_TOO_BIG, /* temperror: more than we keep, ask or wait for */
                     QUOTH_SPF_WHY_ENTROPY, /* temperror: nothing could be asked */
                     QUOTH_SPF_WHYS
};

/* Who sends. Yours; it must outlive the check. Begin with all zero. */
struct quoth_spf_conf {
    struct quoth_resolver *resolver;
    struct quoth_setcache *cache; /* NULL: every question is asked */
    /* Of the client. len 0: none, and the whole tree is walked as a sender meets it whom nothing
     * matches: terms are counted beyond the limit, a term that needs to know the sender is counted
     * and not followed. */
    struct quoth_ip ip;
    const char *domain; /* whose record; NULL: that of `from`, or `helo` for the null sender */
    const char *from;   /* MAIL FROM; NULL or "": the null sender, which is postmaster@helo (2.4) */
    const char *helo;   /* NULL: none */
    uint8_t queries_max; /* 0, or more than that: QUOTH_SPF_QUERIES_MAX */
};

struct quoth_spf_frame {   /* one record of the chain; offsets into the arena */
    uint16_t name, name_n; /* its domain */
    uint16_t text, n;      /* the record; n 0: it was not read */
    uint16_t at, term;     /* behind, and where to parse, the term it is at */
    uint16_t redirect;     /* where to parse that modifier; 0: there is none */
    uint8_t kind;          /* what led here: INCLUDE or REDIRECT; of the first nothing */
};
struct quoth_spf_share { /* what a term of the first record costs, all that it leads to included */
    uint16_t at;         /* where to parse it */
    uint8_t terms, voids;
};
enum { QUOTH_SPF_SHARES = 16 };

enum {                            /* quoth_spf.saw, over all records that were read */
       QUOTH_SPF_SAW_PTR = 1,     /* the mechanism that should not be used (5.5) */
       QUOTH_SPF_SAW_P = 2,       /* %{p} (7.3) */
       QUOTH_SPF_SAW_SKIPPED = 4, /* a term was counted and not followed: it needs a sender */
       QUOTH_SPF_SAW_EXP = 8
};

/* Questions, one at a time, until one deadline. */
struct quoth_ask {
    const struct quoth_spf_conf *conf;
    uint64_t now, end;
    uint8_t state;
    struct quoth_random rnd;
    void *big;
    size_t big_cap;
    struct quoth_question question; /* read: the last one, about name */
    struct quoth_name name;
    struct quoth_rrset set;
    struct quoth_lookup lookup;
};

struct quoth_spf {
    struct quoth_ip ip; /* read: of the client; an IPv4-mapped one as what it stands for */
    uint8_t state, task, pass, listed, flags;
    uint8_t result, why;   /* read when DONE: enum quoth_spf_result, quoth_spf_why */
    uint8_t answer;        /* read when DONE: enum quoth_answer of the last question */
    uint8_t depth, shares; /* read: last frame; how many shares */
    uint8_t terms, voids;  /* read: terms that ask, and those of them that asked for nothing */
    uint8_t voids6;        /* read: mail hosts without an IPv6 address, of a walk without sender */
    uint8_t queries;       /* read: questions, aliases and what the cache knew included */
    uint8_t saw;           /* read: QUOTH_SPF_SAW_* */
    uint16_t bad_at;       /* read: SYNTAX, TWICE, NAME: offset in the record of the last frame */
    /* read: offset in the first record of the term that lets everybody send, by itself, with the
     * networks before it, or by what it leads to; 0: none does */
    uint16_t open;
    uint16_t bytes; /* read: of the answer with the domain's own record */
    uint8_t others; /* read: 1: it has other TXT records, too */
    uint32_t ttl;   /* read: the smallest of all answers, s */
    uint16_t used, list, list_at;
    struct quoth_span local, origin; /* the two halves of the sender */
    struct quoth_spf_frame frame[QUOTH_SPF_FRAMES];
    struct quoth_spf_share share[QUOTH_SPF_SHARES]; /* read */
    struct quoth_name target, valid;
    char arena[QUOTH_SPF_ARENA];
    struct quoth_ask ask; /* last: quoth_spf_begin() leaves it as it is */
};

/* Begin. `seed` is 16 unpredictable bytes; NULL: there are none, and the result is temperror. The
 * machine is one of quoth.h, section 5: want, feed, DONE. It asks no more than 64 questions, and
 * not for longer than 20 s. An explanation (exp=) is never fetched. */
void quoth_spf_start(struct quoth_spf *spf, const struct quoth_spf_conf *conf,
                     const uint8_t seed[16], uint64_t now);
void quoth_spf_lend(struct quoth_spf *spf, void *buf, size_t cap); /* see quoth_lookup_lend() */
void quoth_spf_want(const struct quoth_spf *spf, struct quoth_want *want);
int quoth_spf_feed(struct quoth_spf *spf, const struct quoth_event *ev);

/* How the chain of records stands, until the next start: the way to what decided, or to where it
 * went wrong. Of frame i, up to spf->depth: its domain; its record (n 0: not read); the term it is
 * at (1, or 0 when there is none). */
struct quoth_span quoth_spf_name(const struct quoth_spf *spf, unsigned i);
struct quoth_span quoth_spf_record(const struct quoth_spf *spf, unsigned i);
int quoth_spf_at(const struct quoth_spf *spf, unsigned i, struct quoth_spf_term *term);

/* ---- 3. tag lists ------------------------------------------------------- */

struct quoth_tag { /* read; both point into the record, blanks around them cut off */
    struct quoth_span name, value;
};

/* The tag at *at, which is 0 for the first; *at moves on behind its ';' (RFC 6376 3.2). Returns 1
 * with `tag`, 0 at the end, or QUOTH_EPROTO with *at on the byte that is wrong. */
int quoth_tag_next(struct quoth_tag *tag, const char *text, size_t n, size_t *at);

/* Is the first tag `v`, with nothing in front of it and exactly this value? 1 or 0 */
int quoth_tags_begin(const char *text, size_t n, const char *version);

enum quoth_tags_fault {
    QUOTH_TAGS_FINE = 0,
    QUOTH_TAGS_VERSION,   /* the first tag is not the version it should be */
    QUOTH_TAGS_SYNTAX,    /* a byte that cannot stand there */
    QUOTH_TAGS_DUPLICATE, /* a tag stands there twice */
    QUOTH_TAGS_MISSING,   /* a tag that has to be there is not */
    QUOTH_TAGS_VALUE      /* a tag's value is not one of those it may have */
};

enum quoth_tags_kind {
    QUOTH_TAGS_STS,  /* RFC 8461 3.1 */
    QUOTH_TAGS_RPT,  /* RFC 8460 3 */
    QUOTH_TAGS_BIMI, /* v, l, a */
    QUOTH_TAGS_DMARC
};
/* Read one of the first three in whole: what is wrong first, with its offset in *at (of MISSING the
 * end). */
enum quoth_tags_fault quoth_tags_read(enum quoth_tags_kind kind, const char *text, size_t n,
                                      uint16_t *at);
/* Is a text that is none of the kind meant for it? The version begins like its own, or the first
 * tag is the one that matters, whatever stands in front. 1 or 0 */
int quoth_tags_meant(enum quoth_tags_kind kind, const char *text, size_t n);

enum quoth_dkim_fault {
    QUOTH_DKIM_FINE = 0,
    QUOTH_DKIM_VERSION,   /* v= is not first, or not DKIM1 (RFC 6376 3.6.1) */
    QUOTH_DKIM_SYNTAX,    /* a byte that cannot stand there */
    QUOTH_DKIM_DUPLICATE, /* a tag stands there twice */
    QUOTH_DKIM_NO_KEY,    /* there is no p= */
    QUOTH_DKIM_BASE64,    /* a byte that is not of base64, a quote for instance */
    QUOTH_DKIM_CUT,       /* the key ends too early, or is none */
    QUOTH_DKIM_BARE,      /* an RSA key without the wrapping that says so (PKCS #1) */
    QUOTH_DKIM_KIND,      /* neither rsa nor ed25519 */
    QUOTH_DKIM_SERVICE,   /* s= leaves out mail */
    QUOTH_DKIM_HASH       /* h= leaves out sha256 (RFC 8301 3.1) */
};
enum { QUOTH_DKIM_REVOKED = 1, QUOTH_DKIM_TESTING = 2, QUOTH_DKIM_STRICT = 4 };
struct quoth_dkim_key { /* read */
    uint8_t fault;      /* enum quoth_dkim_fault: the first one */
    uint8_t ed25519;    /* or else RSA */
    uint8_t flags;      /* QUOTH_DKIM_*: p= is empty; t=y; t=s */
    uint16_t bits;      /* of the RSA modulus; 0: the key was not read */
    uint16_t at;        /* of a fault: the offset of its byte or tag */
};
/* Read a key record (RFC 6376 3.6.1, RFC 8463). Returns 1 when it is fine, else 0. */
int quoth_dkim_read(struct quoth_dkim_key *key, const char *text, size_t n);

/* ---- 4. DMARC ------------------------------------------------------------ */

enum quoth_dmarc_policy {
    QUOTH_DMARC_UNSET = 0, /* the tag is not there */
    QUOTH_DMARC_NONE,
    QUOTH_DMARC_QUARANTINE,
    QUOTH_DMARC_REJECT,
    QUOTH_DMARC_INVALID /* the tag is there, with another value */
};
const char *quoth_dmarc_policy_name(enum quoth_dmarc_policy policy); /* static: "none" ... */

enum {                            /* quoth_dmarc.flags */
       QUOTH_DMARC_DUPLICATE = 1, /* a tag twice; the first was read */
       QUOTH_DMARC_SYNTAX = 2,    /* a tag that is none, which was left out */
       QUOTH_DMARC_REMOVED = 4,   /* pct, rf, ri: no longer there */
       QUOTH_DMARC_STRANGER = 8,  /* a tag nobody knows, ignored */
       QUOTH_DMARC_TESTING = 16,  /* t=y */
       QUOTH_DMARC_VALUE = 32,    /* adkim, aspf, fo, psd, t: not a value of theirs */
       QUOTH_DMARC_RUA = 64,      /* one address at least that reports can go to */
       QUOTH_DMARC_STRICT_DKIM = 128,
       QUOTH_DMARC_STRICT_SPF = 256,
       QUOTH_DMARC_PART = 512 /* pct= is there, and not 100 */
};
struct quoth_dmarc {       /* read */
    uint8_t p, sp, np;     /* enum quoth_dmarc_policy, as written */
    char psd;              /* 'y', 'n', or 'u' */
    uint16_t flags;        /* QUOTH_DMARC_* */
    uint16_t at;           /* offset of the first tag that is at fault, if there is one */
    struct quoth_span rua; /* as written; n 0: none */
    struct quoth_span ruf; /* likewise */
};

/* Read a record. QUOTH_OK; or QUOTH_EPROTO: it does not begin with v=DMARC1 and is none (4.8). */
int quoth_dmarc_read(struct quoth_dmarc *dmarc, const char *text, size_t n);

enum quoth_dmarc_whom {                     /* the name that mail is from */
                        QUOTH_DMARC_SELF,   /* has the record itself */
                        QUOTH_DMARC_BELOW,  /* is below the one that has it */
                        QUOTH_DMARC_NOWHERE /* likewise, and does not exist */
};
/* What the record asks for mail from there, t= and 4.10.1 applied. UNSET: it counts as none. */
enum quoth_dmarc_policy quoth_dmarc_policy(const struct quoth_dmarc *dmarc,
                                           enum quoth_dmarc_whom whom);

enum quoth_dmarc_uri_kind {
    QUOTH_DMARC_URI_MAIL,   /* `host` is where reports go */
    QUOTH_DMARC_URI_OTHER,  /* another scheme: few senders use it */
    QUOTH_DMARC_URI_BARE,   /* a mail address without mailto: */
    QUOTH_DMARC_URI_INVALID /* no URI at all */
};
struct quoth_dmarc_uri {          /* spans of the record's bytes */
    struct quoth_span text, host; /* without blanks, and without a size limit; host: of MAIL */
    enum quoth_dmarc_uri_kind kind;
    int sized; /* 1: it has the limit of size there once was (RFC 7489 6.2) */
};
/* The URI at *at of a rua or ruf value, and *at moves on behind its comma. Returns 1, or 0 at the
 * end. */
int quoth_dmarc_uri(const struct quoth_span *list, size_t *at, struct quoth_dmarc_uri *uri);

/* The walk up the tree (4.10), a pure step at a time:
 *
 *     quoth_dmarc_walk_start(&w, &name);
 *     while (quoth_dmarc_walk_next(&w, &ask))        TXT of _dmarc.<ask>
 *         quoth_dmarc_walk_take(&w, psd);            0: no record, or more than one
 *     labels = quoth_dmarc_walk_org(&w);             the organizational domain (4.10.2) */
enum { QUOTH_DMARC_STEPS = 8 };
struct quoth_dmarc_walk {
    struct quoth_name name;
    uint8_t labels; /* read: of `name` */
    uint8_t now;    /* read: of the name that is asked about next; 0: it is over */
    uint8_t fewest; /* labels of the shortest name that has a record; 0: none has */
    uint8_t psd;    /* labels of the name where psd=y or psd=n ended it; 0: none did */
    uint8_t own;    /* 1 where psd=n did */
};
void quoth_dmarc_walk_start(struct quoth_dmarc_walk *walk, const struct quoth_name *name);
int quoth_dmarc_walk_next(const struct quoth_dmarc_walk *walk, struct quoth_name *ask);
void quoth_dmarc_walk_take(struct quoth_dmarc_walk *walk, char psd);
unsigned quoth_dmarc_walk_org(const struct quoth_dmarc_walk *walk);
/* The last `labels` labels of a name. */
void quoth_name_tail(const struct quoth_name *name, unsigned labels, struct quoth_name *out);

/* ---- 5. one domain: the facts -------------------------------------------- */

enum {                      /* quoth_domain_conf.checks */
       QUOTH_CHECK_MX = 1,  /* MX records, and addresses of the hosts */
       QUOTH_CHECK_SPF = 2, /* the whole tree */
       QUOTH_CHECK_DMARC = 4,
       QUOTH_CHECK_STS = 8,
       QUOTH_CHECK_RPT = 16,
       QUOTH_CHECK_BIMI = 32,
       QUOTH_CHECK_DKIM = 64,
       QUOTH_CHECK_DNSSEC = 128, /* is the domain signed, and does that check out? */
       QUOTH_CHECK_DANE = 256,   /* TLSA records of the hosts */
       QUOTH_CHECK_ALL = 511,
       QUOTH_CHECK_QUICK = QUOTH_CHECK_MX | QUOTH_CHECK_SPF | QUOTH_CHECK_DMARC
};
enum { QUOTH_SELECTORS = 16 }; /* of DKIM, that are guessed at most */
enum { QUOTH_FACT_HOSTS = 6, QUOTH_FACT_KEYS = 6, QUOTH_FACT_URIS = 4, QUOTH_FACT_TEXT = 1408 };

struct quoth_part { /* of quoth_facts.text, with a NUL behind it; n 0: none */
    uint16_t at, n;
};

struct quoth_fact_txt {       /* one of the records that are TXT */
    uint8_t answer;           /* enum quoth_answer; NONE: not asked; TOO_BIG: more than we keep */
    uint8_t n;                /* records that are meant to be it */
    uint8_t others;           /* of DMARC; 1: other TXT records stand there as well */
    uint8_t fault;            /* enum quoth_tags_fault of the one record */
    uint16_t at;              /* where in it */
    struct quoth_part record; /* if there is one */
};

enum {                         /* quoth_fact_host.flags */
       QUOTH_HOST_ALIAS = 1,   /* the name is an alias */
       QUOTH_HOST_PUBLIC = 2,  /* an address that can be called */
       QUOTH_HOST_PRIVATE = 4, /* one that cannot */
       QUOTH_HOST_MANY = 32,   /* two addresses of one family, or more */
       QUOTH_HOST_LISTED = 16, /* the policy of MTA-STS names it */
       QUOTH_HOST_OPEN = 8     /* an answer about its addresses or TLSA records came without AD */
};
enum quoth_talk {                     /* what came of calling a host at port 25 */
                  QUOTH_TALK_NOT = 0, /* nobody tried */
                  QUOTH_TALK_TLS,     /* a handshake came about: see cert */
                  QUOTH_TALK_CLEAR,   /* STARTTLS is not offered, or was refused */
                  QUOTH_TALK_BROKEN,  /* no handshake came about */
                  QUOTH_TALK_FAILED   /* it could not be talked to */
};
enum quoth_match {                      /* TLSA records and the certificate that was seen */
                   QUOTH_MATCH_NOT = 0, /* not compared */
                   QUOTH_MATCH_ONE,     /* one at least is of it */
                   QUOTH_MATCH_NONE
};
struct quoth_fact_host {
    struct quoth_part name;
    uint16_t pref;
    uint8_t a, aaaa, flags;  /* enum quoth_answer of its addresses; QUOTH_HOST_* */
    uint8_t tlsa;            /* enum quoth_answer of its TLSA records */
    uint8_t tlsas, tlsa_saw; /* records; QUOTH_TLSA_* of all of them */
    /* what the port adds to facts that are complete */
    uint8_t talk, cert, match;  /* enum quoth_talk; QUOTH_CERT_*; enum quoth_match */
    uint8_t ptr;                /* enum quoth_answer of the name of `ip` */
    struct quoth_part should;   /* NONE: "HOST. TLSA 3 1 1 ...", the record that would be */
    struct quoth_part tlsa_set; /* the records, as in quoth_rrset.buf; n 0: none, or no room */
    struct quoth_ip ip;         /* the first */
};

/* What is known of DNSSEC. Only SECURE and BOGUS rest on somebody having looked at signatures. */
enum quoth_dnssec {
    QUOTH_DNSSEC_UNKNOWN = 0,
    QUOTH_DNSSEC_UNSIGNED, /* the zone above has no DS record for it */
    QUOTH_DNSSEC_SIGNED,   /* it has; the name server that was asked does not validate */
    QUOTH_DNSSEC_SECURE,   /* the name server validated it, and its word counts */
    QUOTH_DNSSEC_BOGUS     /* the name server looked, and it does not check out */
};
const char *quoth_dnssec_name(enum quoth_dnssec state); /* static: "unsigned", "bogus" ... */

struct quoth_fact_key {
    struct quoth_part selector;
    uint8_t n; /* records; of 2 and more none was read; 0: an alias for nothing */
    struct quoth_dkim_key key;
};

struct quoth_fact_uri { /* where reports go */
    struct quoth_part host;
    uint8_t foreign;        /* of another organizational domain */
    uint8_t answer, agrees; /* then: does it say that it takes them? */
    /* of another name: enum quoth_answer of its MX, where there is none of its addresses; the null
     * MX counts as NODATA */
    uint8_t mail, null;
};

struct quoth_fact_spf {
    uint8_t asked; /* the others are those of quoth_spf */
    uint8_t result, why, answer, depth, terms, voids, voids6, saw, shares, others;
    uint16_t at, bytes, open;
    struct quoth_part record; /* of the domain itself */
    struct quoth_part where;  /* the term, or the name, that decided */
    struct quoth_spf_share share[QUOTH_SPF_SHARES];
};

enum quoth_fetch {                      /* what became of fetching the policy of MTA-STS */
                   QUOTH_FETCH_NOT = 0, /* nobody tried, or this build cannot */
                   QUOTH_FETCH_DONE,    /* there is a text, see `fault` */
                   QUOTH_FETCH_NO_HOST, /* mta-sts.<domain> has no address */
                   QUOTH_FETCH_PRIVATE, /* none that may be called */
                   QUOTH_FETCH_CERT,    /* its certificate does not check out: see cert */
                   QUOTH_FETCH_STATUS,  /* HTTP says something else than 200: see status */
                   QUOTH_FETCH_HTTP,    /* it says what is not HTTP */
                   /* Failures: nothing is known. */
                   QUOTH_FETCH_DNS,
                   QUOTH_FETCH_CONNECT, /* no connection */
                   QUOTH_FETCH_TLS,     /* no handshake */
                   QUOTH_FETCH_CUT,     /* it broke off */
                   QUOTH_FETCH_TIME,
                   QUOTH_FETCH_NO_STORE, /* no certificates to check with */
                   QUOTH_FETCH_NO_CLOCK
};
struct quoth_fetched {
    uint8_t how;      /* enum quoth_fetch */
    uint8_t cert;     /* CERT: QUOTH_CERT_* */
    uint8_t odd_type; /* DONE: not text/plain */
    uint16_t status;  /* of HTTP */
};
struct quoth_fact_policy {
    struct quoth_fetched fetched;
    uint8_t fault, mode; /* the others are those of quoth_policy; DONE alone has them */
    uint8_t patterns, cut;
    uint16_t at;
    uint32_t max_age;
    struct quoth_part unused; /* a pattern that no host matches */
    uint8_t same_id;          /* 1: the port knows that it changed, and id= of the record did not */
};

struct quoth_facts { /* read: plain values, which may be copied and judged again */
    struct quoth_part domain;
    uint16_t checks;  /* QUOTH_CHECK_* that were wanted */
    uint8_t late;     /* 1: the budget was used up, so what is not there was not asked */
    uint16_t unasked; /* then: QUOTH_CHECK_* that were not asked about, or not to the end */
    uint32_t ttl;     /* the smallest of all answers, s; a failure counts as a few seconds */
    uint16_t queries;

    uint8_t mx; /* enum quoth_answer */
    uint8_t mx_null, mx_odd, hosts;
    uint8_t mx_proof; /* a record that is there to prove something */
    uint8_t mx_more;  /* hosts beyond those kept */
    uint8_t mx_open;  /* the MX answer came without AD */
    struct quoth_fact_spf spf;
    uint8_t sender_id;           /* 1: no SPF, but a record of Sender ID (RFC 4406) */
    struct quoth_part spf_meant; /* a record that was meant to be one and is none */

    struct quoth_fact_txt dmarc;
    uint8_t labels, dmarc_labels;  /* of the domain; of the name with the record that counts */
    uint8_t org_labels;            /* of the organizational domain; 0: not known */
    uint8_t dmarc_many;            /* records at one name, where there was more than one */
    uint8_t meant_labels;          /* of the name with dmarc_meant */
    struct quoth_part dmarc_meant; /* a record that was meant to be one and is none */
    uint8_t doubled;               /* records at _dmarc.<domain>.<domain> */
    struct quoth_fact_txt misplaced;
    uint8_t uris;

    struct quoth_fact_txt sts, rpt, bimi;
    uint8_t rpt_draft; /* 1: such a record stands at _smtp-tlsrpt, 2: at _tlsrpt, as in drafts */

    uint8_t trusts; /* the name server's AD counts: it validates, and conf.trust_ad */
    uint8_t root;   /* enum quoth_answer of the SOA of the root; NONE: AD does not count */
    uint8_t zone, cut_labels; /* the same of the domain's zone; labels of its name, 0: not found */
    uint8_t zone_ad;          /* that answer had AD */
    uint8_t unchecked;        /* the same, of a question that asks not to validate (CD) */
    uint8_t ds;               /* the same of the zone's DS records */
    uint16_t zone_ede;        /* quoth_rrset.ede of the zone's answer */

    uint8_t domainkey;         /* enum quoth_answer of _domainkey.<domain> */
    uint8_t wildcard;          /* the same of a selector that nobody has */
    uint8_t tried, keys, lost; /* selectors; those with records; answers that failed */
    uint8_t lost_answer;       /* enum quoth_answer of the last of these */
    uint8_t given;             /* the selectors were named */

    uint16_t used;
    struct quoth_fact_uri uri[QUOTH_FACT_URIS];
    struct quoth_fact_host host[QUOTH_FACT_HOSTS]; /* in the order of the answer; without MX: the
                                                    * domain itself */
    struct quoth_fact_policy policy;               /* written by quoth_facts_policy() alone */
    struct quoth_fact_key key[QUOTH_FACT_KEYS];
    char text[QUOTH_FACT_TEXT];
};
struct quoth_span quoth_facts_text(const struct quoth_facts *facts, struct quoth_part part);
/* Keep a text; n 0: there is no room. */
struct quoth_part quoth_facts_keep(struct quoth_facts *facts, const char *p, size_t n);
enum quoth_dnssec quoth_facts_dnssec(const struct quoth_facts *facts);
/* One QUOTH_CHECK_* as a word: "MX", "MTA-STS" ...; NULL: it is none. */
const char *quoth_domain_check_name(unsigned check);

/* What sections 6 and 8 ask by: questions of their own by spf.ask, and a check_host(). */
struct quoth_inquiry {
    uint64_t end;
    uint8_t state;
    uint16_t queries; /* aliases and what the cache knew included */
    struct quoth_spf_conf conf;
    struct quoth_spf spf;
};

/* ---- 6. one domain: asking ------------------------------------------------ */

/* Yours; it must outlive the check. Begin with all zero. */
struct quoth_domain_conf {
    struct quoth_resolver *resolver;
    struct quoth_setcache *cache; /* NULL: every question is asked */
    struct quoth_targets targets; /* which addresses can be called */
    const char *const *selectors; /* of DKIM, NULL-ended; NULL: the usual ones */
    uint8_t tries;                /* of these so many; 0: 8, at most QUOTH_SELECTORS */
    uint16_t checks;              /* QUOTH_CHECK_*; 0: all */
    /* 1: "authentic data" (RFC 4035 3.2.3) of the resolver counts, because it is on this machine or
     * the way to it is safe. The root is asked about first: where that is not secure, nothing is */
    uint8_t trust_ad;
    uint16_t queries_max; /* 0: 96; aliases on the way may be a few more */
    uint32_t total_ms;    /* 0: 60,000 */
};

struct quoth_domain { /* 8 KB at most */
    const struct quoth_domain_conf *conf;
    uint8_t step, narrow;
    uint16_t sub;
    struct quoth_facts facts; /* read when DONE; then written by quoth_facts_policy() */
    struct quoth_name name;
    struct quoth_dmarc_walk walk;
    struct quoth_inquiry inquiry;
};

/* Begin. QUOTH_OK, or QUOTH_EPROTO: `domain` is no name of two labels or more in ASCII; nothing is
 * asked. `seed` is 16 unpredictable bytes. The machine is one of quoth.h, section 5: want, feed,
 * lend, DONE. */
int quoth_domain_start(struct quoth_domain *machine, const struct quoth_domain_conf *conf,
                       const char *domain, const uint8_t seed[16], uint64_t now);
/* As quoth_lookup_lend(). */
void quoth_domain_lend(struct quoth_domain *domain, void *buf, size_t cap);
void quoth_domain_want(const struct quoth_domain *domain, struct quoth_want *want);
int quoth_domain_feed(struct quoth_domain *domain, const struct quoth_event *ev);
/* The n-th selector of DKIM that it asks for, or asked for: up to facts.tried of them. NULL: none.
 */
const char *quoth_domain_selector(const struct quoth_domain *domain, unsigned n);
/* Is the question that is out about a name that was made up, to see whether all are answered? */
int quoth_domain_made_up(const struct quoth_domain *domain);

/* ---- 7. one domain: findings ---------------------------------------------- */

/* 1: the sentences of findings are built in. 0: ids alone. */
#ifndef QUOTH_CHECK_TEXTS
#define QUOTH_CHECK_TEXTS 0
#endif

enum quoth_grade {
    QUOTH_GRADE_OK = 0,
    QUOTH_GRADE_NOTE, /* worth knowing, nothing to be done */
    QUOTH_GRADE_WARN, /* works today, and hurts or is fragile */
    QUOTH_GRADE_BAD,  /* mail is refused, or what protects it is void */
    QUOTH_GRADE_UNKNOWN,
    QUOTH_GRADES
};
const char *quoth_grade_name(enum quoth_grade grade); /* static: "ok", "note" ... */
/* 0: told first. The worst first, the unknown between warnings and notes. */
unsigned quoth_grade_rank(enum quoth_grade grade);

enum quoth_profile { /* what the domain is for: the same facts, other grades */
                     QUOTH_PROFILE_AUTO = 0, /* PARKED if it takes no mail, RECEIVING without SPF */
                     QUOTH_PROFILE_SENDING,
                     QUOTH_PROFILE_RECEIVING,
                     QUOTH_PROFILE_PARKED,
                     QUOTH_PROFILES
};

struct quoth_finding {
    uint8_t grade;          /* enum quoth_grade */
    uint16_t id;            /* row of core/data/checks.txt */
    uint16_t num;           /* its arguments */
    struct quoth_part text; /* of the facts */
    const char *word;       /* static; where there is no `text`; or NULL */
};
enum { QUOTH_FINDINGS_MAX = QUOTH_HEALTH ? 16 : 64 };

/* What the facts come to, worst first; those that are unknown stand behind warnings. Pure: the same
 * facts, the same findings. Returns how many, QUOTH_FINDINGS_MAX at most. */
size_t quoth_health_judge(const struct quoth_facts *facts, enum quoth_profile profile,
                          struct quoth_finding out[QUOTH_FINDINGS_MAX]);

enum quoth_check_part {
    QUOTH_CHECK_SOURCE = 0, /* the section it rests on */
    QUOTH_CHECK_SENTENCE,
    QUOTH_CHECK_FIX /* the record to publish, or what to do */
};
enum { QUOTH_CHECK_WORDS = 300 }; /* bytes of the longest of them, with a NUL */

/* Of a finding's row: its id ("spf.lookups"), who finds it ("domain", "smtp": the table also has
 * the findings of the command's other tests), and its words, which are written to `buf` and have a
 * NUL behind them. "" where there are none, or no texts are built in; NULL past the last row. In
 * the words %d is the domain, %o the name whose DMARC record counts for it; %n and %t are the
 * finding's arguments, %q is %t as strings of a TXT record, %x is %t with its domain as ASCII, or
 * nothing where it is. */
const char *quoth_check_id(unsigned id);
const char *quoth_check_finder(unsigned id);
const char *quoth_check_words(unsigned id, enum quoth_check_part part, char buf[QUOTH_CHECK_WORDS]);
/* Its grade for a profile, which is not AUTO; OK: it is no finding there. `id` is a row. */
enum quoth_grade quoth_check_grade(unsigned id, enum quoth_profile profile);
/* The worst first, as quoth_health_judge() does; what is equal stays in order. */
void quoth_findings_sort(struct quoth_finding *finding, size_t n);

enum { QUOTH_ADVICE_WORDS = 400 };
/* A server refused us, by this rule of the judge (quoth_reading.rule): the ids of findings to look
 * for on our side, written to `ids` with blanks between, and returned; "": it is not about us;
 * NULL: no such rule, or no texts are built in (core/data/advice.txt). */
const char *quoth_advice(const char *rule, char ids[QUOTH_ADVICE_WORDS]);

/* ---- 8. TLSA records ------------------------------------------------------- */

enum {                        /* what is to be said of records for port 25 */
       QUOTH_TLSA_USABLE = 1, /* usage 2 or 3, and well formed (RFC 7672 3.1) */
       QUOTH_TLSA_PKIX = 2,   /* usage 0 or 1, which mail servers do not use */
       QUOTH_TLSA_FULL = 4,   /* matching type 0: not a hash, but the whole */
       QUOTH_TLSA_LENGTH = 8, /* data of another length than its hash has */
       QUOTH_TLSA_EMPTY = 16, /* the hash of nothing */
       QUOTH_TLSA_OTHER = 32, /* usage, selector or matching type that nobody knows */
       QUOTH_TLSA_CERT = 64   /* 3 0 x: of a certificate, which changes when it is renewed */
};
/* QUOTH_TLSA_* of one record's data (RFC 6698 2.1). */
unsigned quoth_tlsa_read(const char *data, size_t n);

/* ---- 9. the policy of MTA-STS ------------------------------------------------ */

enum quoth_policy_mode { /* UNSET: there is none, or none of these */
                         QUOTH_POLICY_UNSET = 0,
                         QUOTH_POLICY_NONE,
                         QUOTH_POLICY_TESTING,
                         QUOTH_POLICY_ENFORCE
};
enum quoth_policy_fault { /* of a key: it is missing, or its value is none of its kind */
                          QUOTH_POLICY_FINE = 0,
                          QUOTH_POLICY_SYNTAX, /* a line of no key, or too long; a control in it */
                          QUOTH_POLICY_BIG,    /* more than 64 KiB */
                          QUOTH_POLICY_VERSION,
                          QUOTH_POLICY_MODE,
                          QUOTH_POLICY_MAX_AGE,
                          QUOTH_POLICY_MX
};
enum { QUOTH_POLICY_PATTERNS = 16 };

struct quoth_policy {
    uint8_t mode, fault; /* read: enum quoth_policy_mode, quoth_policy_fault: the first one */
    uint8_t patterns;    /* read: so many stand in `mx`, each with a NUL behind it */
    uint8_t cut;         /* read: 1: there are more, which found no room */
    uint16_t at;         /* read: line of the fault, from 1; 0: something is missing */
    uint32_t max_age;    /* read: seconds */
    uint32_t bytes;      /* read */
    uint16_t line, length, n, used;
    uint8_t seen, cr, blank, long_line;
    char text[264], mx[512];
};
/* Read a policy (RFC 8461 3.2), in pieces of any size; then the end, which returns 1 when it is
 * fine, else 0. */
void quoth_policy_start(struct quoth_policy *p);
void quoth_policy_feed(struct quoth_policy *p, const char *bytes, size_t n);
int quoth_policy_end(struct quoth_policy *p);

/* Does the pattern mean this host? "*." stands for one label (RFC 8461 4.1). 1 or 0 */
int quoth_policy_matches(const char *pattern, const char *host, size_t n);

/* Add to facts that are complete what was fetched. `p` is read for QUOTH_FETCH_DONE alone. */
void quoth_facts_policy(struct quoth_facts *facts, const struct quoth_fetched *fetched,
                        const struct quoth_policy *p);

/* ---- 10. our own address, as others see it -------------------------------- */

enum {                           /* quoth_identity_conf.checks */
       QUOTH_IDENTITY_PTR = 1,   /* the names of the address, and whether they lead back */
       QUOTH_IDENTITY_HELO = 2,  /* the name that is said in EHLO */
       QUOTH_IDENTITY_SPF = 4,   /* may the address send for `from`, and for that name? */
       QUOTH_IDENTITY_LISTS = 8, /* block lists; none but those of `zones` */
       QUOTH_IDENTITY_ALL = 15
};
enum {
    QUOTH_IDENTITY_NAMES = QUOTH_HEALTH ? 2 : 4,
    QUOTH_IDENTITY_ZONES = QUOTH_HEALTH ? 1 : 8,
    QUOTH_IDENTITY_TEXT = QUOTH_HEALTH ? 440 : 1536
};

enum quoth_listing { /* what a block list says (RFC 5782) */
                     QUOTH_LISTING_UNASKED = 0,
                     QUOTH_LISTING_CLEAN,
                     QUOTH_LISTING_LISTED,
                     QUOTH_LISTING_PROVIDER,  /* by its network's owner: it sends no mail itself */
                     QUOTH_LISTING_DEAD,      /* its test entries are not as they have to be (5) */
                     QUOTH_LISTING_REWRITTEN, /* an address outside 127/8: not the list's answer */
                     QUOTH_LISTING_ZONE,      /* the list: there is no such zone */
                     QUOTH_LISTING_PUBLIC,    /* the list: not through this name server */
                     QUOTH_LISTING_LIMIT,     /* the list: too many questions */
                     QUOTH_LISTING_ERROR,     /* another code that is no listing */
                     QUOTH_LISTING_FAILED,    /* no answer */
                     QUOTH_LISTINGS
};
const char *quoth_listing_name(enum quoth_listing listing); /* static: "clean", "listed" ... */

struct quoth_fact_name { /* a PTR record */
    struct quoth_part name;
    uint8_t answer;  /* enum quoth_answer of its addresses */
    uint8_t leads;   /* 1: one of them is ours */
    uint8_t generic; /* 1: it looks like one that a provider made of the address */
};
struct quoth_fact_listing {
    struct quoth_part zone, words; /* words: its TXT record, a stranger's; n 0: none */
    uint8_t listing, answer;       /* enum quoth_listing; quoth_answer, of FAILED */
    uint8_t code[4];               /* the address that was the answer */
};

enum { /* quoth_identity_facts.helo_fault */
       QUOTH_HELO_FINE = 0,
       QUOTH_HELO_BARE,    /* no full host name */
       QUOTH_HELO_PROVIDER /* that of a mailbox provider, which we are not */
};

struct quoth_identity_facts { /* read: plain values, which may be copied and judged again */
    struct quoth_ip ip;
    uint8_t checks; /* QUOTH_IDENTITY_* that were wanted */
    uint8_t late;   /* 1: the time was used up, so what is not there was not asked */
    uint16_t queries;

    uint8_t ptr;         /* enum quoth_answer */
    uint8_t ptrs, names; /* PTR records; those that were looked at */
    struct quoth_fact_name name[QUOTH_IDENTITY_NAMES];

    struct quoth_part helo;
    uint8_t helo_fault, helo_a, helo_aaaa; /* enum quoth_answer of its addresses */
    uint8_t helo_ours, helo_ptr; /* 1: one of its addresses is ours; it is one of the PTR names */

    struct quoth_part from; /* the sender's domain */
    uint8_t spf, spf_helo;  /* enum quoth_spf_result; 255: not asked */

    uint8_t zones;
    struct quoth_fact_listing zone[QUOTH_IDENTITY_ZONES];

    uint16_t used;
    char text[QUOTH_IDENTITY_TEXT];
};

/* Yours; it must outlive the check. Begin with all zero. */
struct quoth_identity_conf {
    struct quoth_resolver *resolver;
    struct quoth_targets targets; /* an address that cannot be called has no names to ask for */
    struct quoth_ip ip;
    const char *helo, *from; /* NULL: none, and what needs one is not asked */
    const char *const
        *zones;        /* of block lists, NULL-ended, QUOTH_IDENTITY_ZONES at most; or NULL */
    uint8_t checks;    /* QUOTH_IDENTITY_*; 0: all */
    uint32_t total_ms; /* 0: 60,000 */
};

struct quoth_identity { /* with QUOTH_HEALTH 1: 3,584 bytes at most */
    const struct quoth_identity_conf *conf;
    uint8_t step;
    uint16_t sub;
    struct quoth_identity_facts facts; /* read when DONE */
    struct quoth_inquiry inquiry;
};

/* Begin. `seed` is 16 unpredictable bytes. The machine is one of quoth.h, section 5. */
void quoth_identity_start(struct quoth_identity *identity, const struct quoth_identity_conf *conf,
                          const uint8_t seed[16], uint64_t now);
/* As quoth_lookup_lend(). */
void quoth_identity_lend(struct quoth_identity *identity, void *buf, size_t cap);
void quoth_identity_want(const struct quoth_identity *identity, struct quoth_want *want);
int quoth_identity_feed(struct quoth_identity *identity, const struct quoth_event *ev);

/* What the facts come to, the worst first; parts are of facts->text. Pure. Returns how many. */
size_t quoth_identity_judge(const struct quoth_identity_facts *facts,
                            struct quoth_finding out[QUOTH_FINDINGS_MAX]);

#ifdef __cplusplus
}
#endif
#endif
