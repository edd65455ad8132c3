/* cli.h - what the files of the command share.
 *
 *   main.c      which subcommand; one verification after the other, printed as they end
 *   options.c   one table: command line, environment and config files to struct cli_options
 *   escape.c    a stranger's bytes made safe for terminals and JSON; wrapping
 *   out_*.c     one result in one format
 *   explain.c   the way to the verdict, as it happens
 *   list*.c     a list of addresses: see list.h
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLI_H
#define CLI_H

#include <stdio.h>
#include "batch.h"

/* Subcommands; argv[0] is the subcommand's own name. They return the exit code. */
int cli_judge(int argc, char **argv);
int cli_sandbox(int argc, char **argv);

enum {                         /* exit codes; a verdict's is cli_exit_code() */
       CLI_EXIT_USAGE = 64,    /* a bad option, a bad setting, or nothing to check */
       CLI_EXIT_NO_INPUT = 66, /* a file that cannot be read */
       CLI_EXIT_INTERNAL = 70, /* the output cannot be written, or the machine lacks something */
       CLI_EXIT_FULL = 74, /* a list's output cannot be written any further; what is there counts */
       CLI_EXIT_INTERRUPTED = 130
};

/* What a client of the sandbox must be told: where its name server is, and a name and sender known
 * there. */
#define CLI_SANDBOX_PORT 2525 /* of the name server and of every SMTP server */
#define CLI_SANDBOX_DNS  "127.0.25.53"
#define CLI_SANDBOX_HELO "probe.quoth.test"
#define CLI_SANDBOX_FROM "postmaster@" CLI_SANDBOX_HELO

enum cli_format { CLI_TEXT, CLI_JSON, CLI_REACHER, CLI_CSV };
enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };
enum {
    CLI_LIST_MAX = 32,
    CLI_ROWS_MAX = 72,
    CLI_STORE = 8192,
    CLI_LINE_MAX = 1024,
    CLI_ADDRESS_MAX = 322
};

enum cli_input { CLI_INPUT_AUTO, CLI_INPUT_LINES, CLI_INPUT_CSV, CLI_INPUT_NDJSON };

struct cli_list_options { /* with -f */
    const char *output, *resume, *cache, *column,
        *field; /* resume: a journal's name; "": the usual one */
    uint8_t input, header, escape_formulas,
        display_names; /* enum cli_input; 0 auto 1 yes 2 no; flags */
    uint8_t ordered, dry_run;
    uint8_t only;           /* 1 << enum quoth_verdict; 0: all of them */
    char delimiter;         /* 0: guess */
    uint32_t shard, shards; /* from 1; 0: the whole list */
    struct quoth_batch_limits limits;
    const char *skip[CLI_LIST_MAX + 1];
    uint8_t skips; /* NULL-ended */
};

struct cli_options {
    uint8_t format, color, explain, quiet; /* enum cli_format, enum cli_color, flags */
    uint8_t depth, family, tls, tls_verify,
        no_decoy;   /* enum quoth_depth, quoth_family, quoth_tls, flags */
    uint8_t action; /* 'h' help, 'V' version, 0 check */
    uint8_t nameservers, allow_n, deny_n, names_n;
    uint16_t sandbox, server_port; /* ports; 0: not asked for, none given */
    uint32_t timeout_ms;
    const char *file, *helo, *from, *server, *ca_file;
    struct cli_list_options list;
    struct quoth_peer nameserver[QUOTH_SERVERS_MAX];
    struct quoth_cidr allow[CLI_LIST_MAX + 1], deny[CLI_LIST_MAX];
    const char *names[CLI_LIST_MAX + 2]; /* NULL-ended */
    char **address;
    int addresses;               /* what is no option, in order */
    uint8_t level[CLI_ROWS_MAX]; /* who set a row: 0 nobody, 1 command line, ... */
    char store[CLI_STORE];
    size_t stored; /* texts that came from files */
};

/* Fill in from the command line, QUOTH_* variables and config files. Returns 0, or an exit
 * code after saying on stderr which argument is bad and why. */
int cli_options_read(struct cli_options *o, int argc, char **argv);
void cli_help(FILE *f);

/* One verification that has its verdict. */
struct cli_result {
    const char *input;
    size_t n;     /* as given, cut at CLI_LINE_MAX */
    size_t whole; /* bytes before the cut */
    const struct quoth_verify *v;
    enum quoth_verdict verdict;
    struct quoth_reading reading;
    const struct cli_options *o;
    const char *helo, *from; /* identity used; NULL: none */
    int64_t began_ns;        /* since 1970 */
    uint64_t line;           /* of the list it came from; 0: none */
    uint8_t cached;          /* the answer is `age` seconds old */
    uint32_t age;
    uint8_t single; /* the only address of this run */
    uint8_t color;  /* escape sequences are welcome */
};

void cli_text(FILE *f, const struct cli_result *r);
void cli_json(FILE *f, const struct cli_result *r);    /* one line, schema version 1 */
void cli_reacher(FILE *f, const struct cli_result *r); /* one line */

struct cli_count {
    unsigned long verdict[QUOTH_VERDICTS];
};
void cli_text_summary(FILE *f, const struct cli_count *c);
void cli_json_summary(FILE *f, const struct cli_count *c);

/* ---- escape.c ----------------------------------------------------------- */

/* The decimal digits text begins with: how many, and the number they make, UINT32_MAX when it is
 * more. */
size_t cli_number(const char *text, uint32_t *n);

/* One code point at p; its length, or 0 when the bytes are not UTF-8. */
size_t cli_utf8(const char *p, size_t n, uint32_t *code);

/* For a terminal: controls, bidi and invisible characters as \u200e, bytes that are not UTF-8 as
 * \xff. */
void cli_put(FILE *f, const char *p, size_t n);
size_t cli_width(const char *p, size_t n); /* columns cli_put() takes, a code point each */

/* Words from column `at` on, broken before `width`; further lines open with `lead`. No newline at
 * the end. */
void cli_wrap(FILE *f, const char *p, size_t n, size_t at, size_t width, const char *lead);

/* A JSON string in its quotes: always ASCII-safe controls, always valid UTF-8. */
void cli_put_json(FILE *f, const char *p, size_t n);

/* "192.0.2.1:25", "[2001:db8::1]:25"; port 0: the address alone. `buf` holds 64 bytes. */
const char *cli_peer_text(const struct quoth_peer *peer, char buf[64]);
const char *cli_tls_version(uint16_t version);            /* "1.3" */
const char *cli_tls_cipher(uint16_t cipher, char buf[8]); /* IANA name, else "0x1301" */
/* The local part at that domain, into buf; its length, 0 when there is a fault. */
size_t cli_address(const struct cli_result *r, const char *domain, char buf[CLI_ADDRESS_MAX]);
const char *cli_suggestion(const struct cli_result *r,
                           char buf[256]);  /* a domain; NULL: none, or no need */
const char *cli_phase_words(uint8_t phase); /* "RCPT TO" */
const char *cli_err_words(int err);         /* enum quoth_err: "connection refused" */

/* ---- JSON being written: `open` remembers whether a comma is due -------- */
struct cli_writer {
    FILE *f;
    uint8_t comma;
};
void cli_key(struct cli_writer *w, const char *key); /* NULL in an array */
void cli_open(struct cli_writer *w, const char *key, char bracket);
void cli_close(struct cli_writer *w, char bracket);
void cli_str(struct cli_writer *w, const char *key, const char *p, size_t n);
void cli_text_or_null(struct cli_writer *w, const char *key,
                      const char *text); /* NULL or "": null */
void cli_num(struct cli_writer *w, const char *key, uint64_t n);
void cli_bool(struct cli_writer *w, const char *key, int yes);
void cli_null(struct cli_writer *w, const char *key);
void cli_native(struct cli_writer *w,
                const struct cli_result *r); /* the members of the json format */

/* ---- explain.c ---------------------------------------------------------- */

struct cli_explain {
    FILE *f;
    const struct cli_options *o;
    const char *helo, *from;
    uint64_t now;  /* of the event being told, since the start */
    uint8_t stage; /* what was headed last: 0 the address, 1 DNS, 2 a conversation */
    uint8_t dns, secure,
        trying; /* the link asks a name server: 1 UDP, 2 TCP; TLS is up; the call was announced */
    uint8_t listed, up;  /* the hosts were; a mail server is connected */
    uint8_t asked, sent; /* a question is out; `line` is of ours */
    uint16_t id, type;
    struct quoth_name name; /* that question */
    struct quoth_peer ns;
    size_t line_n;
    char line[CLI_LINE_MAX]; /* of a conversation, its end not yet seen */
    size_t tcp_n;
    uint8_t tcp[65537]; /* an answer over TCP, with its length in front */
};
/* Right after the slot was started. */
void cli_explain_begin(struct cli_explain *x, const char *text, size_t n,
                       const struct quoth_evidence *e);
/* The trace of a slot. Also to be called before waiting, with `ev` NULL. */
void cli_explain_trace(void *arg, const struct quoth_slot *s, const struct quoth_want *w,
                       const struct quoth_event *ev);
void cli_explain_end(struct cli_explain *x, const struct cli_result *r);

#endif
