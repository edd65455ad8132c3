/* http.c - the one file that knows llhttp
 *
 *   a head:   bytes -> gate, a line at a time -> llhttp -> http_judge -> HEAD
 *   a body:   bytes -> gate of the lines between chunks -> llhttp -> BODY, never copied
 *
 * The gate stands in front of llhttp for what that lets pass or leaves to its caller: a bare CR or
 * LF, controls, a folded line, RTSP and ICE, long numbers, extensions of a chunk, trailers. What is
 * a fact about the whole head (Host, codings, lengths) is judged behind it. Both sides count the
 * body, and a request whose end they do not agree on is refused.
 *
 * llhttp is given a head in one piece, and whole lines behind it, so what it says of them does not
 * depend on how bytes arrived.
 *
 * SPDX-License-Identifier: MIT */
#include <llhttp.h>
#include <string.h>
#include <strings.h>
#include "http.h"

_Static_assert(sizeof(llhttp_t) <= sizeof((struct http_reader *)0)->parser, "llhttp has grown");

enum stage {
    AT_HEAD,
    AT_BODY, /* a body of a known length begins, maybe an empty one */
    AT_DATA, /* `left` bytes of it, or of a chunk */
    AT_SIZE, /* a chunk's size */
    AT_GAP,  /* CR LF behind a chunk */
    AT_LAST, /* CR LF behind the size 0 */
    AT_END,  /* told next */
    AT_NEXT, /* told; another request may follow */
    AT_REFUSED
};

/* The first reason counts. */
static enum http_event http_refuse(struct http_reader *reader, uint16_t status, const char *why)
{
    if (reader->stage != AT_REFUSED) {
        reader->stage = AT_REFUSED;
        reader->status = status;
        reader->why = why;
        reader->keep_alive = 0;
    }
    return HTTP_EVENT_REFUSED;
}

/* What llhttp tells. A name or a value may come in pieces, one behind the other in `head`. */

static void span_add(uint16_t *place, uint16_t *n, const char *head, const char *at, size_t more)
{
    if (!*n)
        *place = (uint16_t)(at - head);
    *n = (uint16_t)(*n + more);
}

static int on_name(llhttp_t *p, const char *at, size_t n)
{
    struct http_reader *reader = p->data;
    struct http_field *field = &reader->field[reader->fields];

    if (reader->fields == HTTP_FIELDS_MAX) {
        http_refuse(reader, 431, "A request has at most 64 header fields.");
        return -1;
    }
    span_add(&field->name, &field->name_n, reader->head, at, n);
    return 0;
}

static int on_value(llhttp_t *p, const char *at, size_t n)
{
    struct http_reader *reader = p->data;

    span_add(&reader->field[reader->fields].value, &reader->field[reader->fields].value_n,
             reader->head, at, n);
    return 0;
}

static int on_value_end(llhttp_t *p)
{
    struct http_reader *reader = p->data;

    reader->fields++;
    if (reader->fields < HTTP_FIELDS_MAX)
        reader->field[reader->fields] = (struct http_field) {0, 0, 0, 0};
    return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t n)
{
    struct http_reader *reader = p->data;

    reader->body = at;
    reader->body_n = n;
    return 0;
}

static int on_head(llhttp_t *p)
{
    (void)p;
    return HPE_PAUSED;
}

static int on_complete(llhttp_t *p)
{
    struct http_reader *reader = p->data;

    reader->complete = 1;
    return HPE_PAUSED;
}

static const llhttp_settings_t told = {
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_end,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

static llhttp_t *http_parser(struct http_reader *reader)
{
    return (llhttp_t *)(void *)reader->parser;
}

static uint16_t http_status(llhttp_errno_t err)
{
    switch (err) {
    case HPE_INVALID_METHOD:
    case HPE_INVALID_TRANSFER_ENCODING: return 501;
    case HPE_INVALID_VERSION:
    case HPE_PAUSED_H2_UPGRADE: return 505;
    default: return 400;
    }
}

/* 1: all n bytes were read without a fault. */
static int http_run(struct http_reader *reader, const char *p, size_t n)
{
    llhttp_t *parser = http_parser(reader);

    llhttp_resume(parser);
    llhttp_errno_t err = llhttp_execute(parser, p, n);
    if (err == HPE_OK || (err == HPE_PAUSED && llhttp_get_error_pos(parser) == p + n) ||
        (err == HPE_PAUSED_UPGRADE && reader->complete))
        return 1;
    const char *why = llhttp_get_error_reason(parser);
    http_refuse(reader, http_status(err), why && *why ? why : "This is not HTTP/1.1.");
    return 0;
}

/* The gate of a head. */

/* What a byte may be part of. A token: RFC 9110 5.6.2, letters, digits and !#$%&'*+-.^_`|~; a
 * target: printable ASCII without '#'; a line: all but controls. */
enum { OF_TOKEN = 1, OF_TARGET = 2, OF_LINE = 4 };

/* clang-format off */
static const uint8_t byte_of[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    4, 7, 6, 5, 7, 7, 7, 7, 6, 6, 7, 7, 6, 7, 7, 6,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 6, 6, 6,
    6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 7, 6, 7, 0,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4};
/* clang-format on */

/* How many bytes from p on are of that kind; behind them stands one that is not. */
static size_t gate_span(const char *p, unsigned kind)
{
    size_t n = 0;

    while (byte_of[(unsigned char)p[n]] & kind)
        n++;
    return n;
}

static enum http_event gate_request_line(struct http_reader *reader, char *line, size_t n)
{
    const size_t method_n = gate_span(line, OF_TOKEN);
    char *end = line + n, *target = line + method_n + 1, *version = NULL;
    size_t target_n = 0;

    if (method_n && line[method_n] == ' ') {
        target_n = gate_span(target, OF_TARGET);
        version = memchr(target + target_n, ' ', (size_t)(end - target) - target_n);
    }
    if (!version || version == target)
        return http_refuse(reader, 400, "A request line is METHOD SP TARGET SP HTTP/1.1.");
    if (version - target > HTTP_TARGET_MAX)
        return http_refuse(reader, 414, "A target has at most 2,048 bytes.");
    if (end - version != 9 || memcmp(version, " HTTP/", 6))
        return http_refuse(reader, 400, "A request line ends in HTTP/1.1.");
    if (memcmp(version + 6, "1.1", 3) && memcmp(version + 6, "1.0", 3))
        return http_refuse(reader, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    if (target + target_n != version)
        return http_refuse(reader, 400, "A target is printable ASCII without '#'.");
    reader->target = target;
    reader->target_n = (uint16_t)target_n;
    return HTTP_EVENT_AGAIN;
}

static enum http_event gate_field_line(struct http_reader *reader, const char *line)
{
    const size_t name_n = gate_span(line, OF_TOKEN);

    if (!name_n || line[name_n] != ':')
        return http_refuse(reader, 400, "A header field is NAME: VALUE, on one line.");
    return HTTP_EVENT_AGAIN;
}

/* One byte of a head. These three say AGAIN when there is nothing to refuse. */
static enum http_event gate_byte(struct http_reader *reader, unsigned char c)
{
    int after_cr = reader->head_n > reader->line && reader->head[reader->head_n - 1] == '\r';

    if (after_cr != (c == '\n'))
        return http_refuse(reader, 400, "Lines end in CR LF, and CR and LF stand nowhere else.");
    if (c != '\r' && c != '\n' && !(byte_of[c] & OF_LINE))
        return http_refuse(reader, 400, "There is a control character in the head.");
    if (!reader->target && reader->head_n - reader->line > HTTP_TARGET_MAX + 64)
        return http_refuse(reader, 414, "A target has at most 2,048 bytes.");
    if (reader->head_n == HTTP_HEAD_MAX)
        return http_refuse(reader, 431, "A head has at most 8,192 bytes.");
    reader->head[reader->head_n++] = (char)c;
    return HTTP_EVENT_AGAIN;
}

/* Are eight bytes all from ' ' to '~'? A byte below ' ' borrows from its top bit, 127 becomes 0 and
 * does as well, and what had its top bit set does not count: a false alarm is looked at closely. */
static int is_plain_8(const char *p)
{
    const uint64_t each = UINT64_C(0x0101010101010101), top = each << 7;
    uint64_t b;

    memcpy(&b, p, sizeof b);
    return !(((b - each * ' ') | ((b ^ each * 127) - each) | b) & top);
}

/* How many of these bytes gate_byte() would take one after the other: a line up to its end, which
 * is left to it where that comes in two pieces. */
static size_t gate_plain(const struct http_reader *reader, const char *p, size_t n)
{
    const size_t line_n = (size_t)(reader->head_n - reader->line);
    size_t room = HTTP_HEAD_MAX - reader->head_n, i = 0;

    if (line_n && reader->head[reader->head_n - 1] == '\r')
        return 0;
    if (!reader->target && room > HTTP_TARGET_MAX + 65 - line_n)
        room = HTTP_TARGET_MAX + 65 - line_n;
    if (n > room)
        n = room;
    while (i + 8 <= n && is_plain_8(p + i))
        i += 8;
    while (i < n && byte_of[(unsigned char)p[i]] & OF_LINE)
        i++;
    return i + 2 <= n && p[i] == '\r' && p[i + 1] == '\n' ? i + 2 : i;
}

/* Facts about a whole head. AGAIN: nothing to refuse. */

/* What stands behind the scheme; NULL: it is none of the web. */
static char *judge_scheme(char *target)
{
    if (!strncasecmp(target, "http://", 7))
        return target + 7;
    return !strncasecmp(target, "https://", 8) ? target + 8 : NULL;
}

/* http://HOST/PATH as target, as RFC 9112 3.2.2 demands it of servers: its host is the host. */
static enum http_event judge_target(struct http_reader *reader)
{
    char *text = reader->head + (reader->target - reader->head), *host, *path;

    if (*text == '/')
        return HTTP_EVENT_AGAIN;
    host = judge_scheme(text);
    if (!host)
        return http_refuse(reader, 400, "A target begins with / or http://.");
    path = host + strcspn(host, "/?");
    if (*path == '?' || path == host || memchr(host, '@', (size_t)(path - host)))
        return http_refuse(reader, 400, "An absolute target is http://HOST/PATH.");
    reader->target = *path ? path : "/";
    reader->host = host - 1; /* over the slash, so that there is room for an end */
    memmove(host - 1, host, (size_t)(path - host));
    path[-1] = '\0';
    return HTTP_EVENT_AGAIN;
}

static enum http_event judge_length(struct http_reader *reader)
{
    unsigned lengths, codings;
    const char *length = http_field(reader, "content-length", &lengths);
    const char *coding = http_field(reader, "transfer-encoding", &codings);

    if (coding) {
        if (http_parser(reader)->http_minor == 0)
            return http_refuse(reader, 400, "HTTP/1.0 has no Transfer-Encoding.");
        if (length)
            return http_refuse(reader, 400,
                               "Content-Length and Transfer-Encoding exclude each other.");
        if (codings > 1 || strcasecmp(coding, "chunked"))
            return http_refuse(reader, 501, "The only Transfer-Encoding taken is chunked.");
        reader->chunked = 1;
    }
    if (length) {
        size_t n = strspn(length, "0123456789");
        if (lengths > 1 || !n || n > HTTP_LENGTH_DIGITS || length[n])
            return http_refuse(reader, 400, "Content-Length is one number of at most 15 digits.");
        for (size_t i = 0; i < n; i++)
            reader->left = reader->left * 10 + (uint64_t)(length[i] - '0');
    }
    reader->has_body = coding || length;
    return HTTP_EVENT_AGAIN;
}

/* RFC 9110 10.1.1: of HTTP/1.0 it is nothing, and what nobody knows fails. */
static enum http_event judge_expect(struct http_reader *reader)
{
    const char *expect = http_field(reader, "expect", NULL);

    if (!expect || http_parser(reader)->http_minor == 0)
        return HTTP_EVENT_AGAIN;
    if (strcasecmp(expect, "100-continue") != 0)
        return http_refuse(reader, 417, "Nothing can be expected here but 100-continue.");
    reader->expects = reader->has_body;
    return HTTP_EVENT_AGAIN;
}

static int is_blank(char c) { return c == ' ' || c == '\t'; }

/* Fields become strings: what stood behind each is no longer needed. */
static void http_cut(struct http_reader *reader)
{
    for (unsigned i = 0; i < reader->fields; i++) {
        struct http_field *field = &reader->field[i];
        const uint64_t mark = http_mark(reader->head + field->name, field->name_n);
        reader->twice |= reader->names & mark;
        reader->names |= mark;
        if (!field->value_n)
            field->value = (uint16_t)(field->name + field->name_n);
        while (field->value_n && is_blank(reader->head[field->value + field->value_n - 1]))
            field->value_n--;
        reader->head[field->name + field->name_n] = '\0';
        reader->head[field->value + field->value_n] = '\0';
    }
    reader->head[reader->target - reader->head + reader->target_n] = '\0';
}

static enum http_method http_method(const llhttp_t *parser)
{
    switch (parser->method) {
    case HTTP_GET: return HTTP_METHOD_GET;
    case HTTP_HEAD: return HTTP_METHOD_HEAD;
    case HTTP_POST: return HTTP_METHOD_POST;
    case HTTP_DELETE: return HTTP_METHOD_DELETE;
    case HTTP_OPTIONS: return HTTP_METHOD_OPTIONS;
    default: return HTTP_METHOD_OTHER;
    }
}

/* One of two values would be judged, and somebody in front may judge the other (RFC 9110 5.3). */
static int http_is_twice(const struct http_reader *reader)
{
    static const char single[][18] = {
        "authorization", "content-type", "expect", "idempotency-key", "if-range",
        "last-event-id", "origin",       "range",  "sec-fetch-site",  "x-reacher-secret"};
    unsigned times = 0;

    for (size_t i = 0; reader->twice && i < sizeof single / sizeof single[0]; i++) {
        http_field(reader, single[i], &times);
        if (times > 1)
            return 1;
    }
    return 0;
}

/* A head is complete: is it one, and what comes behind it? */
static enum http_event http_judge(struct http_reader *reader)
{
    llhttp_t *parser = http_parser(reader);
    unsigned hosts;

    http_cut(reader);
    reader->host = http_field(reader, "host", &hosts);
    reader->keep_alive = parser->http_minor && llhttp_should_keep_alive(parser);
    reader->method = http_method(parser);
    if (parser->method == HTTP_CONNECT)
        return http_refuse(reader, 501, "This is no proxy.");
    if (hosts > 1 || (!hosts && parser->http_minor))
        return http_refuse(reader, 400, "A request has one Host field.");
    if (http_is_twice(reader))
        return http_refuse(reader, 400, "A field that has one value came twice.");
    if (judge_target(reader) || judge_length(reader))
        return HTTP_EVENT_REFUSED;
    if (judge_expect(reader))
        return HTTP_EVENT_REFUSED;
    if (!reader->host)
        reader->host = "";
    reader->stage = reader->chunked ? AT_SIZE : AT_BODY;
    return http_run(reader, reader->head, 0) ? HTTP_EVENT_HEAD : HTTP_EVENT_REFUSED;
}

/* 1: another line of the head is complete, and there is nothing to refuse. */
static int head_line(struct http_reader *reader)
{
    char *line = reader->head + reader->line;
    const size_t n = (size_t)(reader->head_n - reader->line) - 2;

    if (!reader->target && !n) { /* RFC 9112 2.2: one empty line before a request */
        reader->head_n = 0;
        if (reader->blank++)
            http_refuse(reader, 400, "A request begins with its request line.");
        return reader->stage != AT_REFUSED;
    }
    reader->line = reader->head_n;
    return !(reader->target ? n && gate_field_line(reader, line)
                            : gate_request_line(reader, line, n));
}

static enum http_event http_head(struct http_reader *reader, const char *p, size_t n, size_t *used)
{
    while (*used < n) {
        const size_t plain = gate_plain(reader, p + *used, n - *used);
        memcpy(reader->head + reader->head_n, p + *used, plain);
        reader->head_n = (uint16_t)(reader->head_n + plain);
        *used += plain;
        char c = plain ? reader->head[reader->head_n - 1] : '\0';
        if (c != '\n' && *used < n) {
            c = p[(*used)++];
            if (gate_byte(reader, (unsigned char)c))
                return HTTP_EVENT_REFUSED;
        }
        if (c != '\n')
            continue;
        const int last = reader->target && reader->head_n - reader->line == 2;
        if (!head_line(reader))
            return HTTP_EVENT_REFUSED;
        if (last)
            return http_run(reader, reader->head, reader->head_n) ? http_judge(reader)
                                                                  : HTTP_EVENT_REFUSED;
    }
    return HTTP_EVENT_AGAIN;
}

int http_fits(const struct http_reader *reader) { return reader->left <= reader->limit; }

/* A body. */

static void http_welcome(struct http_reader *reader)
{
    if (!http_fits(reader)) {
        http_refuse(reader, 413, "The body is larger than what is taken here.");
        return;
    }
    reader->limit -= reader->left;
    reader->stage = AT_DATA;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* "1f CR LF", nothing else. */
static void line_of_size(struct http_reader *reader)
{
    unsigned digits = 0;

    while (digits + 2U < reader->line_n && hex_digit(reader->size_line[digits]) >= 0)
        reader->left = reader->left * 16 + (unsigned)hex_digit(reader->size_line[digits++]);
    if (!digits || digits + 2U != reader->line_n || reader->size_line[digits] != '\r')
        http_refuse(reader, 400, "A chunk begins with 1 to 8 hexadecimal digits and CR LF.");
    else if (http_run(reader, reader->size_line, reader->line_n)) {
        if (reader->left)
            http_welcome(reader);
        else
            reader->stage = AT_LAST;
    }
}

/* CR LF behind a chunk, or behind the last size: there may be no trailer. */
static void line_of_gap(struct http_reader *reader)
{
    if (reader->line_n != 2 || reader->size_line[0] != '\r')
        http_refuse(reader, 400, "Behind a chunk stands CR LF, and no trailer.");
    else if (http_run(reader, reader->size_line, reader->line_n))
        reader->stage = reader->stage == AT_LAST ? AT_END : AT_SIZE;
}

static void http_line_byte(struct http_reader *reader, char c)
{
    reader->size_line[reader->line_n++] = c;
    if (c == '\n') {
        if (reader->stage == AT_SIZE)
            line_of_size(reader);
        else
            line_of_gap(reader);
        reader->line_n = 0;
    } else if (reader->line_n == sizeof reader->size_line)
        http_refuse(reader, 400, "A chunk begins with 1 to 8 hexadecimal digits and CR LF.");
}

static enum http_event http_data(struct http_reader *reader, const char *p, size_t n, size_t *used)
{
    size_t take = reader->left < n ? (size_t)reader->left : n;

    reader->body_n = 0;
    if (!http_run(reader, p, take) || reader->body_n != take)
        return http_refuse(reader, 400, "The body does not end where its length says.");
    reader->left -= take;
    *used += take;
    return HTTP_EVENT_BODY;
}

static enum http_event http_body(struct http_reader *reader, const char *p, size_t n, size_t *used)
{
    for (;;) {
        switch ((enum stage)reader->stage) {
        case AT_BODY: http_welcome(reader); break;
        case AT_DATA:
            if (reader->left && *used == n)
                return HTTP_EVENT_AGAIN;
            if (reader->left)
                return http_data(reader, p + *used, n - *used, used);
            reader->stage = reader->chunked ? AT_GAP : AT_END;
            break;
        case AT_SIZE:
        case AT_GAP:
        case AT_LAST:
            if (*used == n)
                return HTTP_EVENT_AGAIN;
            http_line_byte(reader, p[(*used)++]);
            break;
        case AT_END:
            if (!reader->complete)
                return http_refuse(reader, 400, "The body does not end where its length says.");
            reader->stage = AT_NEXT;
            return HTTP_EVENT_END;
        default: return HTTP_EVENT_REFUSED;
        }
    }
}

void http_start(struct http_reader *reader)
{
    memset(reader, 0, offsetof(struct http_reader, parser));
    reader->method = HTTP_METHOD_OTHER;
    reader->field[0] = (struct http_field) {0, 0, 0, 0};
    llhttp_init(http_parser(reader), HTTP_REQUEST, &told);
    http_parser(reader)->data = reader;
}

enum http_event http_feed(struct http_reader *reader, const char *p, size_t n, size_t *used)
{
    *used = 0;
    if (reader->stage == AT_NEXT) {
        if (!n)
            return HTTP_EVENT_AGAIN;
        http_start(reader);
    }
    return reader->stage == AT_HEAD ? http_head(reader, p, n, used) : http_body(reader, p, n, used);
}

const char *http_field_search(const struct http_reader *reader, const char *name, unsigned *times)
{
    const size_t name_n = strlen(name);
    const char *value = NULL;
    unsigned found = 0;

    for (unsigned i = 0; i < reader->fields; i++)
        if (reader->field[i].name_n == name_n &&
            !strcasecmp(reader->head + reader->field[i].name, name) && !found++)
            value = reader->head + reader->field[i].value;
    if (times)
        *times = found;
    return value;
}
