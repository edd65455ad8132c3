/* doctor.h - `quoth doctor`: what its files share.
 *
 *   doctor_cmd.c    options, exit code
 *   doctor_next.c   servers are called, name servers are asked: facts
 *   doctor_run.c    on whose behalf; with waiting, and without (quoth serve)
 *   doctor_judge.c  facts to findings; pure
 *   doctor_out.c    a report: text, JSON, for monitoring
 *
 *   each of IPv4, IPv6:  servers --EHLO--> what they see of us --> our address --> identity.c
 *   once:                the sender's domain --> domain.c
 *
 * SPDX-License-Identifier: MIT */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <signal.h>
#include "ask.h"
#include "domain_cmd.h"
#include "probe.h"
#include "setup.h"

enum { DOCTOR_CALLS = 4, DOCTOR_FINDINGS = 96, DOCTOR_TEXT = 160, DOCTOR_TRIES = 2 };

struct doctor_call { /* one server, called over one family */
    const char *host;
    uint8_t connected, greeted, masked; /* masked: what it says was starred out on the way */
    uint8_t cert;                       /* QUOTH_CERT_*, of TLS that came about */
    uint8_t has_key;                    /* `key` is known */
    uint16_t code;                      /* of a reply that refused us; 0: none did */
    enum quoth_err err;                 /* why it went no further */
    struct quoth_peer peer;
    struct quoth_ip seen; /* our address in its answer to EHLO; len 0: it said none */
    uint8_t key[QUOTH_CERT_SHA256];
    char name[256];          /* that it greeted with */
    char words[PROBE_WORDS]; /* of the refusal */
};

enum doctor_how { /* how our address was learnt */
                  DOCTOR_UNKNOWN = 0,
                  DOCTOR_GIVEN, /* --ip */
                  DOCTOR_SEEN,  /* servers said it */
                  DOCTOR_OWN    /* it is an address of this machine that is public */
};

struct doctor_side { /* one family */
    uint8_t family;  /* 4, 6 */
    uint8_t on;      /* there is a way out, or an address was given */
    uint8_t how;     /* enum doctor_how */
    uint8_t calls;
    struct quoth_ip local; /* of this machine, where packets leave */
    struct quoth_ip ip;    /* as others see it; len 0: not known */
    struct doctor_call call[DOCTOR_CALLS];
    struct quoth_identity_facts facts; /* of `ip` */
};

struct doctor_facts {
    const char *helo, *from; /* NULL: none */
    const char *domain;      /* of the sender; "": none */
    struct doctor_side side[2];
    struct quoth_facts sender;  /* checks 0: not asked */
    const char *author;         /* domain of the author, where it is another one; "": it is not */
    struct quoth_facts written; /* of that domain; checks 0: not asked */
    uint32_t ms;
    uint8_t no_clock; /* 1: it is before 2025 here */
};

struct doctor_finding {
    struct quoth_finding f;
    const struct doctor_side *side; /* NULL: of both families, or of the sender */
    char text[DOCTOR_TEXT];         /* where f has none; "": none */
};
struct doctor_report {
    size_t n;
    unsigned grades;                                /* 1 << enum quoth_grade of all of them */
    int exit;                                       /* 0 fine, 1 to mend, 2 bad, 3 not known */
    struct doctor_finding finding[DOCTOR_FINDINGS]; /* the worst first */
};

/* ---- doctor_judge.c ----------------------------------------------------- */

/* The address of ours in what a server said, such as "mx at your service, [192.0.2.25]" or
 * "see https://bl.test/?ip=192.0.2.25": the first in brackets, or behind "ip=" or "/ip/", that is
 * not the server's own. 1, or 0: there is none. */
int doctor_seen(const char *words, size_t n, const struct quoth_ip *server, struct quoth_ip *ip);
/* The address that others see, by what is known of this family, to side->ip and side->how. */
void doctor_address(struct doctor_side *side, const struct quoth_targets *targets);
enum doctor_aligned { DOCTOR_ALIGNED_UNKNOWN = 0, DOCTOR_ALIGNED_NO, DOCTOR_ALIGNED_YES };
/* The facts of the domain whose DMARC counts for what we send: the author's. */
const struct quoth_facts *doctor_written(const struct doctor_facts *facts);
/* Does SPF of the sender's domain count for DMARC of the author's (RFC 9989 4.4)? */
enum doctor_aligned doctor_aligned(const struct doctor_facts *facts);
void doctor_judge(const struct doctor_facts *facts, const struct cli_grading *grading,
                  struct doctor_report *report);

/* ---- doctor_run.c ------------------------------------------------------- */

struct doctor_run { /* large */
    const struct app_options *o;
    struct app_setup *setup;
    const struct app_machine *machine;        /* what is asked, or was asked last; NULL: nothing */
    uint8_t side, next, tries;                /* index of the family; of the next address; called */
    const volatile sig_atomic_t *interrupted; /* not 0: leave with QUIT; NULL: nobody says so */
    uint8_t left;                             /* QUIT was said for that */
    uint64_t start;
    struct explain *explain;                                            /* NULL: nothing is told */
    struct quoth_ip given[2];                                           /* --ip; len 0: none */
    const char *via[DOCTOR_CALLS + 1], *zone[QUOTH_IDENTITY_ZONES + 1]; /* NULL-ended */
    struct quoth_targets seen; /* which addresses may be ours, as others see us */
    struct quoth_link link;
    struct quoth_tls_link tls_link;
    struct quoth_wire wire;
    struct quoth_lookup lookup;
    struct quoth_route route;
    struct quoth_identity_conf conf;
    struct quoth_identity identity;
    struct probe_facts probe;
    struct probe_talk talk;
    struct domain_run domain;
    struct doctor_facts facts;
    uint8_t seed[16];
};
/* Who we are, by the options; nothing is asked. */
void doctor_begin(struct doctor_run *run, const struct app_options *options,
                  struct app_setup *setup);
/* A block list behind those that are there, unless it is one of them. 0: there is no room. */
int doctor_add_zone(struct doctor_run *run, const char *zone);
/* Those that many servers use. */
void doctor_usual_zones(struct doctor_run *run);
/* Whom to call unless told: hosts of two operators that tell a client its address. */
void doctor_usual_hosts(struct doctor_run *run);
/* Facts from options. 0, or an exit code after saying what went wrong. */
int doctor_run(struct doctor_run *run);
/* The same without the sender's domain, for who may not wait. 0, or an exit code as above. */
int doctor_start(struct doctor_run *run);
/* As far as it goes at once. 1: it is over; 0: `want` says what it waits for. */
int doctor_step(struct doctor_run *run, struct quoth_want *want);
/* The checks of a side's address alone: of `checks` (QUOTH_IDENTITY_*; 0: all). 0, or an exit code
 * as above. */
int doctor_identity(struct doctor_run *run, struct doctor_side *side, uint8_t checks);
/* The sender's domain alone, if there is one. The same. */
int doctor_sender(struct doctor_run *run);

/* ---- doctor_next.c ------------------------------------------------------ */

/* Keeps what run->machine came to, and puts there what is asked next, over run->wire. NULL: nothing
 * more. 0, or an exit code as above, and NULL. */
int doctor_next(struct doctor_run *run);
/* The names of a side's address, with the seed that is in run->seed, are asked next. */
void doctor_names(struct doctor_run *run, const struct doctor_side *side, uint8_t checks);

/* ---- doctor_out.c ------------------------------------------------------- */

/* Words of its row with the finding's arguments in them; what is a stranger's is not escaped yet.
 * Returns its length. */
size_t doctor_say(const struct doctor_facts *facts, const struct doctor_finding *finding,
                  enum quoth_check_part part, char buf[DOMAIN_SENTENCE]);
void doctor_text_finding(const struct doctor_facts *facts, const struct doctor_finding *finding);
void doctor_json_findings(struct app_json *json, const struct doctor_facts *facts,
                          const struct doctor_report *report);
void doctor_text(const struct doctor_facts *facts, const struct doctor_report *report);
void doctor_json(const struct doctor_facts *facts, const struct doctor_report *report);
/* The same without a newline behind it. */
void doctor_json_write(const struct doctor_facts *facts, const struct doctor_report *report,
                       struct app_stream *out);
void doctor_nagios(const struct doctor_facts *facts, const struct doctor_report *report);
/* 0, or an exit code; see prom_end(). */
int doctor_prom(const struct doctor_facts *facts, const struct doctor_report *report,
                const char *file);

#endif
