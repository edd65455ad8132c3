/* http.h - the HTTP/1.1 requests of one connection, read strictly
 *
 *   AGAIN*  HEAD  (AGAIN | BODY)*  END  AGAIN*  HEAD ...     or REFUSED, and nothing more
 *
 * Pieces never matter: bytes cut anywhere give the same head, the same body and the same refusal.
 * What two readers could understand in two ways is refused, so that no proxy in front of us sees
 * another request than we do.
 *
 * Source: RFC 9110, RFC 9112; the limits are ours.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HTTP_H
#define HTTP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    HTTP_HEAD_MAX = 8192,    /* bytes of a head: request line, fields, empty line */
    HTTP_TARGET_MAX = 2048,  /* bytes of a target */
    HTTP_FIELDS_MAX = 64,    /* fields of a head */
    HTTP_LENGTH_DIGITS = 15, /* digits of Content-Length */
    HTTP_CHUNK_DIGITS = 8    /* digits of a chunk's size */
};

enum http_event {
    HTTP_EVENT_AGAIN,  /* everything was taken, and more is needed */
    HTTP_EVENT_HEAD,   /* method, target, host and fields are there */
    HTTP_EVENT_BODY,   /* a piece of the body: body, body_n */
    HTTP_EVENT_END,    /* the request is complete; what follows is the head of the next */
    HTTP_EVENT_REFUSED /* answer status and why, then hang up */
};

enum http_method {
    HTTP_METHOD_GET,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_POST,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_OPTIONS,
    HTTP_METHOD_OTHER
};

/* Places in http_reader.head. */
struct http_field {
    uint16_t name, name_n, value, value_n;
};

/* What stands above `stage` is for the caller to read. It holds from HEAD until the next byte
 * behind END is given; a piece of the body holds as long as the bytes that were given. */
struct http_reader {
    const char *target, *host; /* an absolute target is already split into both; host may be "" */
    enum http_method method;
    uint8_t keep_alive; /* the connection may go on behind END */
    uint8_t has_body;   /* one follows, maybe an empty one */
    uint8_t expects;    /* Expect: 100-continue */
    uint16_t status;    /* REFUSED: 400, 413, 414, 417, 431, 501 or 505 */
    const char *why;    /* REFUSED: a sentence for who sent it */
    const char *body;
    size_t body_n;
    uint64_t limit; /* bytes of body that are welcome: 0 until the caller sets it at HEAD */

    uint8_t stage, fields, chunked, complete, blank, line_n;
    uint16_t head_n, line; /* bytes in head; where its last line begins */
    uint16_t target_n;
    uint64_t left;         /* of the body, or of this chunk */
    uint64_t names, twice; /* marks of the fields' names; those that are there more than once */

    /* What is above is zero at first. */
    uint64_t parser[12]; /* llhttp's own */
    char size_line[HTTP_CHUNK_DIGITS + 2];
    struct http_field field[HTTP_FIELDS_MAX];
    char head[HTTP_HEAD_MAX];
};

/* Forget everything: the next byte is the first of a connection. */
void http_start(struct http_reader *);

/* Read up to the next event; *used is how many of the n bytes were taken, the others are to be
 * given again. n may be 0: call it until it says AGAIN. After REFUSED it is REFUSED for ever. */
enum http_event http_feed(struct http_reader *, const char *p, size_t n, size_t *used);

/* At HEAD: is the body, if its length was given, within the limit? */
int http_fits(const struct http_reader *);

/* One bit of 64 for a name in any case. Most fields that are asked for are not there, and of most
 * of those it shows without a search. */
static inline uint64_t http_mark(const char *name, size_t n)
{
    const unsigned first = (unsigned char)name[0] | 32U, last = (unsigned char)name[n - 1] | 32U;

    return UINT64_C(1) << ((n + first * 14 + last) & 63);
}

const char *http_field_search(const struct http_reader *, const char *name, unsigned *times);

/* Value of the first field of that name (in any case), or NULL; *times is how often it is there. */
static inline const char *http_field(const struct http_reader *reader, const char *name,
                                     unsigned *times)
{
    if (reader->names & http_mark(name, strlen(name)))
        return http_field_search(reader, name, times);
    if (times)
        *times = 0;
    return NULL;
}

#endif
