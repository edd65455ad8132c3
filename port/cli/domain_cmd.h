/* domain_cmd.h - `quoth domain`: what its files share.
 *
 *   domain_cmd.c   options and arguments, one domain after the other, exit code
 *   domain_run.c   one domain: asked about until all is known, its policy fetched, and judged
 *   domain_deep.c  its mail hosts, called for their certificates
 *   domain_spf.c   an SPF record with one fault mended
 *   domain_dmarc.c a record that was meant for DMARC
 *   domain_out.c   a report for people and for monitoring; domain_json.c as JSON
 *   domain_diff.c  what is different from an earlier one
 *   domain_state.c policies that earlier runs saw
 *
 *   core/domain/domain.c --> facts --> health.c --> findings --> struct domain_report --> a format
 *
 * SPDX-License-Identifier: MIT */
#ifndef DOMAIN_CMD_H
#define DOMAIN_CMD_H

#include "ask.h"
#include "cli.h"
#include "explain.h"
#include "fetch.h"
#include "prom.h"
#include "quoth_domain.h"
#include "setup.h"
#include "sock.h"
#include "zone.h"

struct domain_asked;
struct domain_state;

/* What is known of one domain, and what it comes to. */
struct domain_report {
    const struct quoth_facts *facts;
    const struct quoth_domain *d;        /* whose facts they are: for its selectors */
    const struct quoth_finding *finding; /* the worst first */
    size_t findings;
    uint8_t fetches;                  /* the policy of MTA-STS was to be fetched */
    struct quoth_ip by;               /* the name server; of several the first */
    const struct domain_asked *asked; /* what --zone answered, each question once */
    unsigned from_file;
    struct prom *prom; /* yours to set: what domain_prom() tells */
    const int64_t
        *until; /* of the certificate of each mail host, and behind them of the policy's */
    uint64_t ms;
    int exit;    /* 0 fine, 1 to mend, 2 bad, 3 not known: the codes of monitoring as well */
    uint8_t all; /* tell all findings, not the first alone */
};

enum { DOMAIN_SHOWN = 160, DOMAIN_SENTENCE = 1500 }; /* bytes of a stranger's text; of a sentence */

/* ---- domain_run.c ------------------------------------------------------- */

enum domain_trust { /* does "authentic data" (AD) of the name server count? */
                    DOMAIN_TRUST_NEAR = 0, /* if it is on this machine */
                    DOMAIN_TRUST_YES,
                    DOMAIN_TRUST_NO
};

struct domain_asked { /* a question */
    struct quoth_name name;
    uint16_t type;
};
enum { DOMAIN_FROM_FILE = 128 };

struct domain_run { /* large */
    struct app_setup *setup;
    struct domain_state *state; /* yours to set; NULL: none */
    struct explain *explain;    /* yours to set; NULL: nothing is told */
    uint64_t skipped;           /* ms of silences that a file has, and nobody waited for */
    uint8_t fetches;            /* the policy of MTA-STS */
    uint8_t deep;       /* yours to set: mail hosts are called, with the identity of the set-up */
    unsigned from_file; /* questions that a file answered */
    struct quoth_domain_conf conf;
    struct fetch_conf fetch_conf;
    struct app_zone_link link; /* its `from`, answers before name servers do, is yours to set */
    struct app_zone_log log;   /* and its `to`, which gets what is asked and heard */
    struct quoth_wire wire;
    struct quoth_tls_link tls_link;
    struct app_gap gap;                  /* of the calls of mail hosts, over all domains */
    int64_t until[QUOTH_FACT_HOSTS + 1]; /* 0: none was seen */
    struct quoth_domain d;
    struct quoth_facts facts; /* its, and what the policy and calls of its hosts added */
    struct fetch fetch;
    struct quoth_lookup lookup; /* of one question more, and its answer */
    struct quoth_rrset set;
    struct quoth_finding finding[QUOTH_FINDINGS_MAX];
    struct domain_asked asked[DOMAIN_FROM_FILE];
    uint8_t tcp[65535]; /* the longest DNS message */
};

/* For what was set up; it must outlive `run`. In the sandbox the policy of MTA-STS is fetched only
 * if its certificate was given. */
void domain_run_init(struct domain_run *run, struct app_setup *setup,
                     const struct app_options *options, enum domain_trust trust);
/* Ask about `domain`, a name as cli_domain_name() gives it, and judge it. The report points into
 * `run`; its exit code is for `grading`. 0, or an exit code after saying what went wrong. */
int domain_run(struct domain_run *run, const char *domain, enum quoth_profile profile,
               const struct cli_grading *grading, struct domain_report *report);

/* ---- domain_deep.c ------------------------------------------------------ */

/* Until when the certificate of the handshake that just came about is good; 0: not known. */
int64_t domain_until(struct domain_run *run);
/* TLS on the wire for one connection, or none. */
void domain_tls(struct domain_run *run, int on);
/* Wait until this address may be called; NULL: until all that were called may be. 0, or an exit
 * code after saying what went wrong. */
int domain_gap(struct domain_run *run, const struct quoth_ip *ip);
/* Call each mail host of facts that are complete. 0, or an exit code after saying what went wrong.
 */
int domain_deep(struct domain_run *run);

/* ---- domain_out.c ------------------------------------------------------- */

/* Words of its row with the finding's arguments in them; what is a stranger's is not escaped yet.
 * Returns its length. */
size_t domain_say(const struct quoth_facts *facts, const struct quoth_finding *finding,
                  enum quoth_check_part part, char buf[DOMAIN_SENTENCE]);
/* The record to publish, or 0: none, or another finding of the report tells a better one. */
size_t domain_fix(const struct domain_report *report, const struct quoth_finding *finding,
                  char buf[DOMAIN_SENTENCE]);
/* A finding for people: its grade and id, then its sentence and its record as they were said; a
 * record without bytes is none. */
void domain_text_row(const struct quoth_finding *finding, struct quoth_span text,
                     struct quoth_span fix);
/* The same into the object that is open: num, text, fix, ref. */
void domain_json_row(struct app_json *json, const struct quoth_finding *finding,
                     struct quoth_span text, struct quoth_span fix);
/* The policy of DMARC that is in force for the domain; "": none. */
const char *domain_policy(const struct quoth_facts *facts);
const char *domain_policy_of(const struct quoth_facts *facts, enum quoth_dmarc_whom whom);

void domain_text(const struct domain_report *report);
void domain_nagios(const struct domain_report *report);
void domain_prom(const struct domain_report *report);

/* ---- domain_spf.c ------------------------------------------------------- */

/* What of a broken record is none of SPF, by name and place, as more of its sentence; or how two
 * terms come to be one. Returns its bytes. */
size_t domain_spf_mark(const struct quoth_facts *facts, const struct quoth_finding *finding,
                       char *buf, size_t cap);

enum { DOMAIN_SPF = 1300 };
/* The domain's own record without what was found; its length, without a NUL. 0: that fault is not
 * mended by one change of it. */
size_t domain_spf(const struct quoth_facts *facts, const struct quoth_finding *finding,
                  char out[DOMAIN_SPF]);

/* ---- domain_dmarc.c ----------------------------------------------------- */

enum { DOMAIN_MEANT = 100 }; /* so much is kept of a record that is none */
/* The record that `text` was meant to be; its length, without a NUL. 0: that is not certain. */
size_t domain_dmarc(struct quoth_span text, char out[DOMAIN_SPF]);

/* A record of DMARC with "mailto:" before each address that lacks it. */
size_t domain_dmarc_mailto(struct quoth_span record, char out[DOMAIN_SPF]);

/* ---- domain_json.c ------------------------------------------------------ */

void domain_json(const struct domain_report *report);
/* The same without a newline behind it. */
void domain_json_write(const struct domain_report *report, struct app_stream *out);

/* ---- domain_state.c ----------------------------------------------------- */

struct domain_state {
    const char *file; /* NULL: none was named */
    char *text;       /* n bytes of lines, with a NUL behind them */
    size_t n, cap;
    uint8_t changed; /* not as the file is */
};
/* A file that is not there yet has no lines. 0, or an exit code after saying what is wrong. */
int domain_state_load(struct domain_state *state, const char *file);
/* A policy was fetched, with this sum of its bytes: is it another one under the id that it had?
 * That goes to the facts. 0, or an exit code. */
int domain_state_note(struct domain_state *state, struct quoth_facts *facts, uint64_t sum);
int domain_state_save(struct domain_state *state);
void domain_state_free(struct domain_state *state);

/* ---- domain_diff.c ------------------------------------------------------ */

struct domain_diff { /* reports of an earlier run, as --format json wrote them */
    const char *file;
    char *text;
    size_t n;
};
/* 0, or an exit code after saying what is wrong. */
int domain_diff_load(struct domain_diff *diff, const char *file);
void domain_diff_free(struct domain_diff *diff);
/* Is there a report of that domain? 1 or 0 */
int domain_diff_has(const struct domain_diff *diff, const char *domain);
/* Print what came, went and changed. *grades: 1 << enum quoth_grade of what got worse. 0, or an
 * exit code. */
int domain_diff_tell(const struct domain_diff *diff, const struct domain_report *report, int json,
                     unsigned *grades);

#endif
