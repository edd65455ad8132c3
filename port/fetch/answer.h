/* answer.h - the answer of a web server to one GET: status, kind, body
 *
 *   bytes --feed--> AGAIN, AGAIN ... DONE or BAD; the body of a 200 goes to take() as it comes
 *         --end---> DONE, or CUT: more was to come
 *
 * Pieces never matter. An answer that could end in two places is BAD, and so is one with a coding
 * that was not asked for. Up to two interim answers (1xx) are passed over. Nothing is allocated.
 *
 * Source: RFC 9110, RFC 9112; the limits are ours.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FETCH_ANSWER_H
#define FETCH_ANSWER_H

#include <stddef.h>
#include <stdint.h>

enum { ANSWER_HEAD_MAX = 8192, ANSWER_LINES_MAX = 64, ANSWER_INTERIM_MAX = 2 };

enum answer_said { ANSWER_AGAIN, ANSWER_DONE, ANSWER_BAD, ANSWER_CUT };

struct answer {
    void (*take)(void *arg, const char *p, size_t n); /* yours to set, before the start */
    void *arg;
    uint16_t status; /* read: of the answer; 0: no head was read */
    uint8_t plain;   /* read: its Content-Type is text/plain */
    uint8_t said;    /* enum answer_said */
    uint8_t in_body, lengths, codings, interim;
    uint8_t name_n, value_n;
    uint16_t head_n, lines;
    char name[24], value[24];
    uint64_t parser[12]; /* llhttp's own */
};

/* 0: built without llhttp, so that every answer is BAD. */
extern const int answer_is_able;

void answer_start(struct answer *answer);
enum answer_said answer_feed(struct answer *answer, const char *p, size_t n);
/* The stream ended, as its owner meant it to. */
enum answer_said answer_end(struct answer *answer);

#endif
