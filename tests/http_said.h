/* http_said.h - what http_feed() says of bytes, as one line of text
 *
 *   "POST /x host=a +keep [hello] end / refused 400"
 *
 * The text is the same however the bytes are cut: bodies are joined, and events carry no places.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HTTP_SAID_H
#define HTTP_SAID_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "http.h"

#define SAID_MAX 65536

struct said {
    struct http_reader reader;
    char text[SAID_MAX];
    size_t n;
    uint64_t limit; /* bytes of body that are welcome */
    int in_body, over;
};

static inline void said_add(struct said *s, const char *text, size_t n)
{
    if (n > sizeof s->text - 1 - s->n)
        n = sizeof s->text - 1 - s->n;
    memcpy(s->text + s->n, text, n);
    s->n += n;
    s->text[s->n] = '\0';
}
static inline void said_text(struct said *s, const char *text) { said_add(s, text, strlen(text)); }

static inline void said_start(struct said *s, uint64_t limit)
{
    http_start(&s->reader);
    s->n = 0;
    s->text[0] = '\0';
    s->limit = limit;
    s->in_body = s->over = 0;
}

static inline void said_head(struct said *s)
{
    static const char *const methods[] = {"GET ",    "HEAD ",    "POST ",
                                          "DELETE ", "OPTIONS ", "OTHER "};

    said_text(s, methods[s->reader.method]);
    said_text(s, s->reader.target);
    said_text(s, " host=");
    said_text(s, s->reader.host);
    for (unsigned i = 0; i < s->reader.fields; i++) {
        said_text(s, " ");
        said_text(s, s->reader.head + s->reader.field[i].name);
        said_text(s, "=");
        said_text(s, s->reader.head + s->reader.field[i].value);
    }
    said_text(s, s->reader.keep_alive ? " +keep" : " -keep");
    s->reader.limit = s->limit;
}

/* One event; a piece of a body is joined to the one before it. */
static inline void said_event(struct said *s, enum http_event event)
{
    char status[32];

    if (event == HTTP_EVENT_BODY) {
        said_text(s, s->in_body ? "" : " [");
        said_add(s, s->reader.body, s->reader.body_n);
        s->in_body = 1;
        return;
    }
    if (s->in_body && event != HTTP_EVENT_AGAIN) {
        said_text(s, "]");
        s->in_body = 0;
    }
    if (event == HTTP_EVENT_HEAD)
        said_head(s);
    else if (event == HTTP_EVENT_END) {
        said_text(s, " end\n");
        s->over = !s->reader.keep_alive;
    } else if (event == HTTP_EVENT_REFUSED) {
        snprintf(status, sizeof status, " refused %u: ", s->reader.status);
        said_text(s, status);
        said_text(s, s->reader.why);
        s->over = 1;
    }
}

/* Give it n bytes, from a block of exactly that size. */
static inline void said_feed(struct said *s, const char *p, size_t n)
{
    enum http_event event = HTTP_EVENT_HEAD;
    char *exact = malloc(n ? n : 1);

    if (n)
        memcpy(exact, p, n);
    for (size_t at = 0, used; !s->over && event != HTTP_EVENT_AGAIN; at += used) {
        event = http_feed(&s->reader, exact + at, n - at, &used);
        if (used > n - at || (event == HTTP_EVENT_AGAIN && used != n - at))
            abort();
        said_event(s, event);
    }
    free(exact);
}

/* All of it: whole, cut once at `cut`, or byte by byte (cut = SAID_BYTES). */
#define SAID_WHOLE 0
#define SAID_BYTES ((size_t)-1)
static inline const char *said_all(struct said *s, const char *p, size_t n, size_t cut)
{
    size_t first = cut == SAID_BYTES ? 1 : cut;

    said_feed(s, p, first < n ? first : n);
    for (size_t at = first < n ? first : n; at < n;) {
        size_t piece = cut == SAID_BYTES ? 1 : n - at;
        said_feed(s, p + at, piece);
        at += piece;
    }
    return s->text;
}

#endif
