/* zone.h - records of the DNS in a file: a zone that is not published yet, or answers of an earlier
 * run.
 *
 *   zone_read.c    master file (RFC 1035 5.1) --> rows
 *   zone.c         rows; question --> what they say to it --> the message a name server would send
 *   zone_write.c   what was heard --> rows --> master file
 *   zone_wire.c    a wire that lets a file answer first, and writes down what was asked and heard
 *
 * A row that is no record tells that there is none, or that nobody answered. In the file it is a
 * comment to everybody else:
 *
 *   ;= _dmarc.example.com. TXT nxdomain
 *
 * SPDX-License-Identifier: MIT */
#ifndef APP_ZONE_H
#define APP_ZONE_H

#include <stdio.h>
#include "port.h"
#include "quoth.h"
#include "sock.h"

/* ---- zone.c: rows ------------------------------------------------------- */

struct app_zone_row {
    uint32_t owner, data; /* offsets of bytes: a wire name, the record's data */
    uint32_t ttl, line;   /* line 0: it was heard */
    uint16_t type, n;     /* n: of the data */
    uint16_t ede;         /* of a failure: 1 + its Extended DNS Error (RFC 8914); 0: none */
    uint8_t owner_n;
    uint8_t answer; /* enum quoth_answer: DATA is a record */
    uint8_t ad;     /* the answer said that it was validated */
    uint8_t cd;     /* it is for questions that said not to validate (RFC 4035 3.2.2) */
};
struct app_zone { /* begin with all 0 */
    struct app_zone_row *row;
    uint8_t *bytes;
    uint32_t rows, rows_cap, used, cap;
};

void app_zone_free(struct app_zone *zone);
/* For a record `answer` is DATA. QUOTH_OK, also where the very same row is there already; or
 * QUOTH_ESPACE: too little memory. */
int app_zone_add(struct app_zone *zone, const struct quoth_name *owner,
                 const struct app_zone_row *like, const void *data);

/* A question in the message p, n: its name and type. QUOTH_OK, or QUOTH_EPROTO. */
int app_zone_question(const uint8_t *p, size_t n, struct quoth_name *name, uint16_t *type);

/* What the rows say to it. Where there is an SOA record, they are the whole zone below it;
 * elsewhere nothing is said of what is not in them: QUOTH_ANSWER_NONE. A wildcard stands for names
 * that are not in them (RFC 4592). *first: the row, of DATA the record or an alias. */
enum quoth_answer app_zone_find(const struct app_zone *zone, const struct quoth_name *name,
                                uint16_t type, int cd, uint32_t *first);
/* Does the name exist by what is in the rows: it, one below it, or a wildcard for it? 1 or 0. */
int app_zone_has(const struct app_zone *zone, const struct quoth_name *name);

enum { APP_ZONE_MESSAGE = 65535 };
/* The answer to the question p, n as a name server would send it, aliases followed as far as the
 * rows lead. Returns its bytes; 0: there is none to send, and *answer says why: NONE, or a failure
 * that is a silence. */
size_t app_zone_answer(const struct app_zone *zone, const uint8_t *p, size_t n,
                       uint8_t out[APP_ZONE_MESSAGE], enum quoth_answer *answer);

/* ---- zone_read.c -------------------------------------------------------- */

/* The types that are read; the others a zone may have are passed over. 0: a name of no type. */
uint16_t app_zone_type(const char *p, size_t n);
const char *app_zone_type_name(uint16_t type); /* static; NULL: not one of those */

struct app_zone_fault {
    uint32_t line;   /* from 1 */
    const char *why; /* static, a sentence */
};
/* Read a master file: A, AAAA, CNAME, DS, MX, NS, PTR, SOA, TLSA, TXT. `origin`: of names without a
 * dot at their end, until $ORIGIN. QUOTH_OK; QUOTH_EPROTO with the fault; QUOTH_ESPACE: too little
 * memory. */
int app_zone_read(struct app_zone *zone, const char *text, size_t n,
                  const struct quoth_name *origin, struct app_zone_fault *fault);
/* The same of a file. 0, or an exit code after saying what is wrong. */
int app_zone_load(struct app_zone *zone, const char *file, const char *origin);

/* ---- zone_write.c ------------------------------------------------------- */

enum {                       /* how a question was asked */
       APP_ZONE_MADE_UP = 1, /* its name's first label means nothing: it is written as a wildcard */
       APP_ZONE_UNCHECKED = 2 /* with CD set */
};
/* Take down the message p, n to that question, which it answers. Returns QUOTH_ANSWER_DATA; or a
 * failure of the server, of which nothing is taken down; or QUOTH_ESPACE. */
int app_zone_heard(struct app_zone *zone, const struct quoth_question *question, const uint8_t *p,
                   size_t n, unsigned how);
/* Write a row as a line of a master file. */
void app_zone_print(FILE *file, const struct app_zone *zone, const struct app_zone_row *row);

/* ---- zone_wire.c -------------------------------------------------------- */

struct app_zone_link {      /* one exchange: with a name server, or with the file */
    struct quoth_link link; /* first, so that a pointer to it is one to all of it */
    struct app_zone *from;  /* NULL: no file answers */
    uint32_t answered;      /* read: questions that the file answered */
    uint8_t here, silent;   /* read: the exchange is with the file; which says nothing */
    uint8_t direct;         /* yours: a stream that is to be opened is to no name server */
    uint8_t stream;
    uint8_t cut, refused; /* too long for a datagram; and there is no more of it */
    uint8_t has;          /* the file has the name that a server is asked about */
    struct quoth_peer peer;
    size_t end, at; /* of the answer: its length, how much was read */
    size_t heard;   /* bytes of the stream of a server */
    uint8_t answer[APP_ZONE_MESSAGE + 2];
};
/* The port for a wire of name servers; its link must be one of the above. */
extern const struct quoth_port app_zone_port;

/* What was asked and heard, one question at a time; all 0 at first. */
struct app_zone_log {
    struct app_zone *to; /* NULL: nothing is kept */
    struct quoth_name name;
    uint16_t type, id, ede;
    uint8_t open, how, stream; /* a question is out; APP_ZONE_*; over TCP */
    uint8_t answer;            /* what became of it so far: enum quoth_answer */
    uint8_t full;              /* read: something had no room */
    size_t n;
    uint8_t bytes[APP_ZONE_MESSAGE + 2]; /* of a stream */
};
/* An event that is about to be fed, with the want that it is of. `made_up`: its name was. */
void app_zone_log(struct app_zone_log *log, const struct quoth_want *want,
                  const struct quoth_event *ev, int made_up);
void app_zone_log_end(struct app_zone_log *log); /* no question is out any more */

#endif
