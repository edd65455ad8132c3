/* sandbox.h - the sandbox: a DNS server and SMTP servers on loopback whose mailboxes give
 * every outcome there is, so that a program that uses quoth can be tested offline.
 *
 *   sandbox_world.c  the table: domains, servers, records, mailboxes (data, nothing else)
 *   sandbox_list.c   prints it
 *   sandbox_dns.c    a question's bytes to an answer's bytes
 *   sandbox_smtp.c   a command line to what is said about it
 *   sandbox_tls_*.c  certificates made at start-up; the server's side of a handshake
 *   sandbox.c        sockets, one poll loop, timers
 *
 * The sandbox judges its clients too: whoever sends anything but the eight commands of a
 * verifier, speaks out of turn or writes an ill-formed line is cut off, and the sandbox's exit
 * status says so. It shares no parser with core, or a mistake made twice would go unseen.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include "options.h"

/* Port, DNS server and identity of `quoth --sandbox` are APP_SANDBOX_* in app/options.h. */
#define SANDBOX_NET "127.0.25" /* the first three numbers of every address */
#define SANDBOX_DNS 53         /* the last number of the DNS server's address */

/* ---- the world: sandbox_world.c ----------------------------------------- */

/* A script is what a server says about one command, line by line ('\n' between lines):
 *   250 fine     a line; '%' in it becomes the recipient, or the client's name
 *   ~300         wait so many ms; "~" alone: for ever; "~?": until the client says anything
 *   #9000 250 a  the line "250 a", made so many bytes long
 *   *250-a       the line "250-a" again and again, for ever
 *   !            hang up;  "!!": reset the connection
 * NULL is "the usual". */

enum world_tls {
    WORLD_TLS_NONE = 0,
    WORLD_TLS_FINE,
    WORLD_TLS_12,
    WORLD_TLS_CHAIN,
    WORLD_TLS_EXPIRED,
    WORLD_TLS_STRANGER,
    WORLD_TLS_SOON, /* its certificate ends in a week */
    WORLD_TLS_ALERT
};

enum {                        /* world_server.flags */
       WORLD_IMPLICIT = 1,    /* no MX: the domain's own address is the server's */
       WORLD_GLUE = 2,        /* its address rides along with the MX answer */
       WORLD_BARE_LF = 4,     /* its lines end without CR */
       WORLD_TRICKLE = 8,     /* it writes byte by byte */
       WORLD_TLS_MUST = 16,   /* it takes no MAIL before STARTTLS */
       WORLD_ANY = 32,        /* a mailbox that is not in the table exists */
       WORLD_NO_MX = 64,      /* its MX records are in world_records alone */
       WORLD_TLS_FIRST = 128, /* as on port 465: a handshake, then the greeting */
       WORLD_WEB = 256,       /* it serves the policy of MTA-STS: `greet` is the answer to a GET */
       WORLD_SHAPE = 512,     /* a mailbox that is not in the table exists if it has a dot */
       WORLD_PERCENT = 1024,  /* it takes any address with '%' in it, as a relay of the old days */
       WORLD_ALONE = 2048     /* it offers PIPELINING, and refuses a RCPT that comes with MAIL */
};

/* One domain and its SMTP server, mx.DOMAIN at NET.(place in the table). */
struct world_server {
    const char *domain, *greet, *ehlo, *helo, *starttls, *mail, *rcpt, *quit; /* scripts */
    const char *offer;     /* extensions, '\n' between; NULL: the usual ones */
    const char *offer_tls; /* the same, over TLS; NULL: as in clear */
    uint8_t tls;           /* enum world_tls */
    uint16_t flags;        /* WORLD_* */
    uint8_t pref;          /* of its MX (0: 10) */
    uint8_t most;          /* recipients in one conversation, then 421; 0: any number */
};

/* More records, for what does not follow from the servers. Their data is text:
 *   A            an address, the last number of one in NET, or the domain of a server
 *   TXT          its strings, '\n' between; one of more than 255 bytes is cut into several
 *   DS, TLSA     three numbers and hex digits: "3 1 1 00ff"
 *   SOA          nothing; its owner is a zone of ours ("." is the root, and nothing below it)
 *   the others   a name
 * SANDBOX_TIMES, a byte that is a number, a text, SANDBOX_END: the text so many times.
 * An owner that begins with "*." is a wildcard for names with one label more.
 * The owner of a DS record, names below it, and the root are signed: AD is set when asked for. */
struct world_record {
    const char *owner;
    uint16_t type, pref;
    const char *data;
};
#define SANDBOX_TIMES "\1"
#define SANDBOX_END   "\2"
enum {
    WORLD_A = 1,
    WORLD_CNAME = 5,
    WORLD_SOA = 6,
    WORLD_PTR = 12,
    WORLD_MX = 15,
    WORLD_TXT = 16,
    WORLD_AAAA = 28,
    WORLD_OPT = 41,
    WORLD_DS = 43,
    WORLD_TLSA = 52
};

/* Names the DNS server is odd about, for questions of `type` (0: any). */
enum world_quirk {
    WORLD_DNS_FINE = 0,
    WORLD_DNS_SERVFAIL,
    WORLD_DNS_REFUSED,
    WORLD_DNS_MUTE,
    WORLD_DNS_LOSSY,
    WORLD_DNS_MALFORMED,
    WORLD_DNS_SPOOF,
    WORLD_DNS_MANY,
    WORLD_DNS_TCP,
    WORLD_DNS_NO_EDNS,
    WORLD_DNS_BOGUS /* SERVFAIL, but with CD the records */
};
struct world_oddity {
    const char *name;
    uint16_t type;
    uint8_t quirk; /* enum world_quirk */
    uint16_t ede;  /* Extended DNS Error beside a SERVFAIL; 0: none */
};

/* One mailbox, or an address of a domain where RCPT is never reached, and what quoth must find. */
struct world_box {
    const char *address;
    enum quoth_verdict verdict;
    enum quoth_reason reason;
    const char *says;    /* script of the answer to RCPT; NULL: 250; "": world_server.rcpt */
    const char *later;   /* the same, `grey_ms` after it was first asked about */
    const char *options; /* what quoth must be given for this outcome; NULL: nothing */
    const char *what;    /* for people */
};

extern struct world_server world_servers[]; /* these three are empty before world_open() */
extern struct world_box world_boxes[];
extern struct world_record world_records[];
extern const struct world_oddity world_oddities[];
extern const unsigned world_servers_n, world_records_n, world_oddities_n, world_boxes_n;

void world_open(void);
/* A record's data with what is there several times written out; what is past `cap` is left out. */
void world_say(char *said, size_t cap, const char *data);
unsigned world_place(unsigned server); /* the last number of that server's address */
/* The i-th of all records, from the table or made for a server; 0 past the last. Text that is made
 * goes into `buf`. */
int world_record_at(unsigned i, struct world_record *record, char buf[128]);
const struct world_oddity *world_oddity_of(const char *name, unsigned type); /* NULL: none */
const struct world_box *world_box_of(const char *address);                   /* NULL: none */
int world_same(const char *a, const char *b); /* 1: equal, whatever the case */

/* ---- what the command line set ------------------------------------------ */

struct sandbox_set {
    uint8_t net[3];
    uint16_t port;
    uint8_t log, quiet, list, format; /* format: enum sandbox_format */
    uint64_t grey_ms, for_ms;         /* for_ms 0: until a signal */
    const char *ca;                   /* where its certificate is written; NULL: nowhere */
};
enum sandbox_format { SANDBOX_TEXT = 0, SANDBOX_TSV, SANDBOX_JSON };

/* Serve as `set` says until a signal or its time, or print the table. Returns the exit code. */
int sandbox_run(const struct sandbox_set *set);
/* "127.0.25" to set->net. 1, or 0: that is something else. */
int sandbox_net(struct sandbox_set *set, const char *text);
void sandbox_list(const struct sandbox_set *set);

/* ---- DNS: sandbox_dns.c ------------------------------------------------- */

struct sandbox_question {
    int tcp; /* how it came: yours to say. What follows is what was understood */
    char name[256];
    uint16_t type;
    uint8_t rcode;
    enum world_quirk quirk;
    uint16_t ede; /* world_oddity.ede */
};

/* Answer a question of `n` bytes. `asked` counts questions about lossy names; it is yours, and zero
 * at first. Returns the length of the answer; 0: say nothing. */
size_t sandbox_dns_answer(const struct sandbox_set *set, struct sandbox_question *question,
                          const uint8_t *in, size_t n, unsigned *asked, uint8_t *out, size_t cap);

/* ---- SMTP: sandbox_smtp.c ----------------------------------------------- */

enum sandbox_then { SANDBOX_GO_ON = 0, SANDBOX_START_TLS };

struct sandbox_smtp { /* one conversation, without its socket */
    const struct world_server *host;
    const char *script;     /* what is still to be said; NULL: nothing, listen */
    enum sandbox_then then; /* what to do once it is said */
    uint8_t secure, mail, utf8, burst, burst_next, rcpts; /* mail: it was taken; 2: with more behind
                                                           * it; burst: commands may come so */
    uint8_t web;                                          /* lines of a request that were read */
    uint8_t whole;   /* the client has a whole reply: it may speak */
    char who[328];   /* what '%' stands for */
    char made[1024]; /* a script made up on the spot */
};

void sandbox_smtp_greet(struct sandbox_smtp *smtp, const struct world_server *host, int secure);
/* Take one command line without its line end. `more`: further bytes came right behind it. Sets
 * smtp->script. Returns NULL, or what the client did that it must never do. */
const char *sandbox_smtp_heard(struct sandbox_smtp *smtp, const struct sandbox_set *set,
                               const char *line, int more, uint64_t now);
/* Write the next line of the script into buf, with its line end. Returns its length; 0: there is no
 * line now. Then *wait says how many ms to wait first (QUOTH_NEVER: for ever), or *over is 1 to
 * hang up and 2 to reset. */
#define SANDBOX_UNTIL_HEARD (QUOTH_NEVER - 1) /* of *wait: until the client says anything */
size_t sandbox_smtp_say(struct sandbox_smtp *smtp, char *buf, size_t cap, uint64_t *wait,
                        int *over);

/* ---- TLS: sandbox_tls_*.c ----------------------------------------------- */

struct sandbox_tls;
enum { SANDBOX_TLS_READ = -1, SANDBOX_TLS_WRITE = -2, SANDBOX_TLS_FAIL = -3 };

int sandbox_tls_open(void); /* keys; 0, or an error. Before anything else */
/* Write the certificate that those of web servers are issued by (PEM). 0, or -1: errno says why; 0:
 * there is none. */
int sandbox_tls_ca(const char *path);
void sandbox_tls_close(void);
struct sandbox_tls *sandbox_tls_new(int fd,
                                    const struct world_server *host); /* NULL: out of memory */
int sandbox_tls_shake(struct sandbox_tls *link);         /* 0 is up, or SANDBOX_TLS_* */
int sandbox_tls_resumed(const struct sandbox_tls *link); /* 1: by a ticket, without a certificate */
int sandbox_tls_recv(struct sandbox_tls *link, void *p,
                     size_t n); /* > 0, 0 end, or SANDBOX_TLS_* */
int sandbox_tls_send(struct sandbox_tls *link, const void *p, size_t n);
void sandbox_tls_end(struct sandbox_tls *link); /* says goodbye and frees */

#endif
