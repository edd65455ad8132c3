/* probe.h - `quoth smtp`: one conversation with one port of a server, and what it tells.
 *
 *   smtp_cmd.c     arguments, names to addresses, one port after the other, exit code
 *   probe.c        what is asked of the facts: steps, keywords
 *   probe_talk.c   the conversation: core's own machine, watched; TLS first, where that is so
 *   probe_shapes.c what --relay-all asks for: ways to write an address elsewhere
 *   probe_judge.c  facts to findings, by core/data/checks.txt; pure
 *   probe_out.c    a report, for people and as JSON
 *
 *   want, feed --> struct probe_facts --judge--> struct probe_report --> text, JSON
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROBE_H
#define PROBE_H

#include "cli.h"
#include "quoth_domain.h"
#include "tls_cert.h"

/* ---- what was seen ------------------------------------------------------ */

enum probe_verb { /* what a step is; probe_verb_name() */
                  PROBE_CONNECT = 0,
                  PROBE_HANDSHAKE,
                  PROBE_GREETING,
                  PROBE_EHLO,
                  PROBE_HELO,
                  PROBE_STARTTLS,
                  PROBE_MAIL,
                  PROBE_RCPT,
                  PROBE_RSET,
                  PROBE_QUIT,
                  PROBE_VERBS
};
const char *probe_verb_name(unsigned verb); /* "connect", "EHLO" ... */

enum { PROBE_STEPS = 24, PROBE_WORDS = 160, PROBE_OFFERS = 4096, PROBE_RELAYS = 3 };

/* Of --relay-all: how many shapes there are, the longest one (RFC 5321 4.5.3.1.3, without the angle
 * brackets) with its NUL, and how many refusals one conversation hears before it ends. */
enum { PROBE_SHAPES = 13, PROBE_SHAPE = 255, PROBE_REFUSALS = 5 };

struct probe_step { /* something that was asked for, and the answer */
    uint8_t verb;   /* enum probe_verb */
    uint8_t secure; /* over TLS */
    uint8_t done;   /* it was answered, or came about */
    uint64_t began; /* ms */
    uint32_t ms;    /* until it was done */
    struct quoth_said said;
    char words[PROBE_WORDS]; /* said.n bytes of them */
};

/* The lines of one answer to EHLO behind the first, each with its NUL. */
struct probe_offers {
    uint8_t heard, cut; /* EHLO was taken; lines were left out */
    uint16_t n, used;
    char text[PROBE_OFFERS];
};
/* What follows the keyword, "" for nothing; NULL: it was not offered. Any letter case; "AUTH=X" is
 * read as "AUTH X". `from`: an answer of an earlier call, to go on behind it, or NULL. */
const char *probe_offer(const struct probe_offers *offers, const char *keyword, const char *from);
/* Is this one of the blank-separated words? Any letter case. */
int probe_has_word(const char *words, const char *word, size_t n);

enum probe_relay_state { /* what became of the relay check */
                         PROBE_RELAY_UNASKED = 0,
                         PROBE_RELAY_CLOSED,   /* refused for good */
                         PROBE_RELAY_LATER,    /* neither taken nor refused for good */
                         PROBE_RELAY_TAKEN,    /* one of the probes was taken at RCPT */
                         PROBE_RELAY_ANYTHING, /* all of them, a domain nobody has included */
                         PROBE_RELAY_HERE,     /* not from here: why is in relay_why */
                         PROBE_RELAY_STATES
};

struct probe_reply { /* to a transaction of the relay check */
    struct quoth_said said;
    uint8_t at_mail; /* MAIL was refused, so RCPT was not said */
    char words[PROBE_WORDS];
};

struct probe_shape { /* a way to write the address, and what became of it */
    char to[PROBE_SHAPE];
    struct probe_reply reply;
};

struct probe_facts {
    /* what was asked for */
    const char *host;   /* as typed */
    uint16_t port, as;  /* called, and whose rules hold: 25, 465, 587 or 2525 */
    uint8_t named;      /* the port was typed */
    uint8_t no_tls;     /* TLS was not to be tried */
    uint8_t by_address; /* `host` is an address, which no certificate names */
    const char *relay;  /* address for the relay check; NULL: none */
    /* how far it got */
    uint8_t dns;    /* enum quoth_answer of the latest lookup of its name */
    uint8_t denied; /* target policy denied an address */
    uint8_t connected, suspect, injected, surplus;
    uint8_t not_smtp;   /* the line of a reply that was none, or one too many; 0: none was */
    enum quoth_err err; /* what cut it short */
    struct quoth_peer peer;
    unsigned steps;
    struct probe_step step[PROBE_STEPS];
    struct probe_offers offers[2]; /* in clear, over TLS */
    /* TLS */
    struct quoth_tls_facts tls;
    struct quoth_cert cert;
    int64_t now_s; /* of the calendar, for the certificate's dates; 0: not known */
    /* the greeting's name */
    char name[256];   /* "": none that names a host */
    uint8_t resolves; /* enum quoth_fact: does it resolve to `peer`? */
    /* the relay check */
    uint8_t relay_state; /* enum probe_relay_state */
    const char *relay_why;
    unsigned relays; /* transactions of the check so far */
    struct probe_reply probe[PROBE_RELAYS];
    /* --relay-all: there are `shapes`, of which `shapes_asked` were asked; why not all, or NULL */
    uint8_t shapes, shapes_asked;
    const char *shapes_why;
    struct probe_shape shape[PROBE_SHAPES];
    uint32_t ms; /* all of it */
};

/* The latest step of that kind; NULL: there was none. */
const struct probe_step *probe_step_of(const struct probe_facts *facts, enum probe_verb verb);

/* ---- probe_shapes.c: the shapes ----------------------------------------- */

/* Write facts->shape from facts->relay (no quotes, ASCII), the host's name (as typed, else that of
 * its greeting; without one, the shapes with a name are left out) and its address, and nothing
 * else. */
void probe_shapes(struct probe_facts *facts);
/* May there be another conversation about shapes, after those that were had? */
int probe_shapes_more(const struct probe_facts *facts);
/* How many were taken, and the first of them. */
unsigned probe_shapes_taken(const struct probe_facts *facts, const struct probe_shape **first);

/* ---- probe_talk.c: the conversation ------------------------------------- */

struct probe_talk {
    struct probe_facts *f;                 /* what is asked for, and what is found */
    const struct quoth_tls_link *tls_link; /* for the certificate; NULL: there is no TLS */
    struct probe_facts *into; /* ask for its shapes, instead of the relay check; NULL: do not */
    const char *from;
    uint8_t secure, shaking; /* TLS is up; it is being made before the greeting */
    uint8_t mid;             /* of a command, a part was sent */
    unsigned shapes;         /* of them in this conversation */
    uint64_t shake_until, end;
    unsigned heard; /* steps that were answered */
    uint16_t line_n;
    char line[512];                                 /* of an answer to EHLO, as far as it came */
    char stand_in[PROBE_SHAPE], out[QUOTH_OUT_MAX]; /* what core says in its place; what goes out */
    struct quoth_rcpt rcpt;
    struct quoth_smtp_conf conf; /* core's, but for the sender of the next transaction */
    struct quoth_addr to;        /* facts->relay */
    char to_domain[256], random[20];
    struct quoth_reply reply; /* the same bytes once more, for what the machine does not keep */
    struct quoth_smtp smtp;   /* read */
};

/* `f`, `tls_link` and `into` are set before. `conf` is copied, but for its texts; `seed` is 16
 * unpredictable bytes. */
void probe_talk_start(struct probe_talk *talk, const struct quoth_smtp_conf *conf,
                      const struct quoth_call *call, const uint8_t seed[16], uint64_t now);
/* As of every machine of core. At WANT_RCPT feed RCPT with n 0: it knows what is next. */
void probe_talk_want(const struct probe_talk *talk, struct quoth_want *want);
int probe_talk_feed(struct probe_talk *talk, const struct quoth_event *ev);
/* End it, with QUIT where the server listens. */
void probe_talk_leave(struct probe_talk *talk, uint64_t now);
/* It is over: what stands in the machine goes to the facts. */
void probe_talk_end(struct probe_talk *talk);

/* ---- probe_judge.c: facts to findings ----------------------------------- */

enum { PROBE_FINDINGS = 24, PROBE_DETAIL = 240 };

struct probe_finding {
    uint16_t id;               /* row of core/data/checks.txt */
    uint8_t grade;             /* enum quoth_grade */
    char detail[PROBE_DETAIL]; /* of this server; "": nothing. A stranger's words in it */
};
struct probe_report {
    unsigned n;
    uint8_t grade; /* of the whole: bad, else warn, else unknown, else ok */
    struct probe_finding finding[PROBE_FINDINGS]; /* the worst first */
};

void probe_judge(const struct probe_facts *facts, struct probe_report *report);
/* Take out what this user wants to hear nothing of. Returns 1 << enum quoth_grade of the rest. */
unsigned probe_ignore(struct probe_report *report, const struct cli_grading *grading);

/* ---- probe_out.c -------------------------------------------------------- */

void probe_text(FILE *file, const struct probe_facts *facts, const struct probe_report *report);
void probe_json(FILE *file, const struct probe_facts *facts, const struct probe_report *report);

#endif
