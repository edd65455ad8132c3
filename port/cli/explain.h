/* explain.h - the way to the verdict, told as it happens.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "batch.h"
#include "options.h"
#include "port.h"

struct explain {
    FILE *f;
    const struct app_options *o;
    const char *helo, *from;
    uint64_t start; /* of all, by the clock of events; of several questions yours to set */
    uint64_t now;   /* of the event being told, since then */
    uint8_t stage;  /* what was headed last: 0 the address, 1 DNS, 2 a conversation */
    uint8_t dns;    /* the link asks a name server: 1 over UDP, 2 over TCP */
    uint8_t secure; /* TLS is up */
    uint8_t trying; /* the call was announced */
    uint8_t listed; /* the mail hosts were */
    uint8_t up;     /* a mail server is connected */
    uint8_t called; /* a call of the engine's has been told of, and is not over */
    uint8_t shared; /* the conversation is the engine's, and goes on with other addresses */
    uint8_t asked;  /* a question is out: id, type, name, ns */
    uint8_t sent;   /* `line` is of ours */
    uint16_t id, type;
    struct quoth_name name;
    struct quoth_peer ns;
    size_t line_n;
    char line[APP_LINE_MAX]; /* of a conversation, its end not yet seen */
    size_t tcp_n;
    uint8_t *tcp; /* an answer over TCP, with its length in front; allocated when there is one */
};

/* What the text of the address tells; `f`, `o`, `helo` and `from` are set, all else is zero or left
 * from another address. */
void explain_begin(struct explain *explain, const char *text, size_t n,
                   const struct quoth_evidence *evidence);
/* The trace of a slot; `arg` is the struct explain. Also to be called before waiting, with `ev`
 * NULL. */
void explain_slot(void *arg, const struct quoth_slot *slot, const struct quoth_want *want,
                  const struct quoth_event *ev);
/* The same of a machine that asks name servers and nobody else. */
void explain_ask(struct explain *explain, const struct quoth_want *want,
                 const struct quoth_event *ev);
/* The same of an address in the engine, at `now` ms since the start. */
void explain_batch(struct explain *explain, const struct quoth_batch_trace *trace, uint64_t now);
/* A line of its own, with one of the marks of explain.c. */
void explain_note(struct explain *explain, const char *mark, const char *text);
void explain_end(struct explain *explain, const struct app_result *result);
void explain_free(struct explain *explain);

#endif
