/* zone_wire.c - a wire that lets a file answer before name servers do, and a record of what was
 * asked and heard.
 *
 *   DGRAM, SEND --question--> does the file answer? --yes--> RECV reads its message
 *                                 `--no--> sock.c, as without it; but a name of the file exists,
 *                                          whatever a server says (RFC 8020)
 *
 * The machines above see no difference. What the file says was never answered is a silence: the
 * exchange waits, and whoever drives it may take the time for over (`silent`).
 *
 * SPDX-License-Identifier: MIT */
#include "zone.h"
#include <string.h>

enum { ZONE_PREFIX = 2 };             /* RFC 1035 4.2.2 */
enum { ZONE_TC = 2, ZONE_CD = 0x10 }; /* in the third and fourth byte of the header */
enum { ZONE_CODE = 3, ZONE_RCODE = 0x0f, ZONE_AD = 0x20, ZONE_NXDOMAIN = 3 }; /* in the fourth */

enum {              /* app_zone_link.stream */
       ZONE_UP = 0, /* it is sock.c's, or there is none */
       ZONE_ASKED,  /* it was asked for */
       ZONE_HERE,   /* it is with the file */
       ZONE_THERE,  /* it is being opened to a server */
       ZONE_TCP     /* and up */
};

/* ---- a port whose file answers ------------------------------------------ */

static struct app_zone_link *wire_of(struct quoth_link *link)
{
    return (struct app_zone_link *)link;
}

/* Ask the file. 1: it has answered, or says that nobody did; 0: it says nothing. */
static int wire_ask(struct app_zone_link *wire, const void *p, size_t n)
{
    enum quoth_answer answer = QUOTH_ANSWER_NONE;
    struct quoth_name name;
    uint16_t type;
    size_t got = 0;

    if (wire->from)
        got = app_zone_answer(wire->from, p, n, wire->answer + ZONE_PREFIX, &answer);
    wire->has = wire->from && app_zone_question(p, n, &name, &type) == QUOTH_OK &&
                app_zone_has(wire->from, &name);
    wire->here = got || answer != QUOTH_ANSWER_NONE;
    wire->silent = answer == QUOTH_ANSWER_TIMEOUT;
    wire->refused = answer == QUOTH_ANSWER_TRUNCATED || answer == QUOTH_ANSWER_UNREACHABLE;
    wire->cut = got > QUOTH_DNS_MAX;
    wire->answer[0] = (uint8_t)(got >> 8);
    wire->answer[1] = (uint8_t)got;
    wire->at = ZONE_PREFIX;
    wire->end = ZONE_PREFIX + (wire->cut ? QUOTH_DNS_MAX : got);
    if (wire->cut)
        wire->answer[ZONE_PREFIX + 2] |= ZONE_TC;
    wire->answered += wire->here;
    return wire->here;
}

static int wire_dgram(struct quoth_link *link, const struct quoth_peer *to, const void *p, size_t n)
{
    struct app_zone_link *wire = wire_of(link);

    if (!wire_ask(wire, p, n))
        return quoth_sock_port.dgram(link, to, p, n);
    wire->peer = *to;
    return wire->refused && wire->end == ZONE_PREFIX ? QUOTH_EUNREACH : QUOTH_OK;
}

/* What the question will be is not known yet, so a stream to a server is opened with it. */
static int wire_open(struct quoth_link *link, const struct quoth_peer *to)
{
    struct app_zone_link *wire = wire_of(link);

    wire->has = 0;
    if (!wire->from || wire->direct) {
        wire->here = 0;
        return quoth_sock_port.open(link, to);
    }
    wire->peer = *to;
    wire->stream = ZONE_ASKED;
    return wire->here && wire->refused ? QUOTH_EREFUSED : QUOTH_OK;
}

/* Behind its length: `p` is the start of it. */
static int wire_ask_stream(struct app_zone_link *wire, const uint8_t *p, size_t n)
{
    wire->heard = 0;
    if (!wire_ask(wire, p + ZONE_PREFIX, n - ZONE_PREFIX))
        return 0;
    wire->answer[ZONE_PREFIX + 2] &= (uint8_t) ~(wire->cut ? ZONE_TC : 0);
    wire->at = wire->silent ? ZONE_PREFIX : 0;
    wire->end = ZONE_PREFIX + ((size_t)wire->answer[0] << 8 | wire->answer[1]);
    return 1;
}

static int wire_send(struct quoth_link *link, const void *p, size_t n)
{
    struct app_zone_link *wire = wire_of(link);
    int rc = QUOTH_OK;

    if (wire->stream == ZONE_ASKED && n > ZONE_PREFIX)
        wire->stream = wire_ask_stream(wire, p, n) ? ZONE_HERE : ZONE_THERE;
    if (wire->stream == ZONE_HERE)
        return (int)n;
    if (wire->stream == ZONE_THERE)
        rc = quoth_sock_port.open(link, &wire->peer);
    if (rc != QUOTH_OK)
        return rc;
    if (wire->stream == ZONE_THERE)
        wire->stream = ZONE_TCP;
    return quoth_sock_port.send(link, p, n);
}

/* Of a server that does not know a name of the file: there is such a name, and nothing of the type
 * that was asked for. Nobody has validated that. These bytes are a message, or, with a length in
 * front, some more of a stream. */
static void wire_exists(struct app_zone_link *wire, uint8_t *p, size_t n)
{
    const int stream = wire->stream == ZONE_TCP;
    const size_t at = ZONE_CODE + (stream ? ZONE_PREFIX - wire->heard : 0);

    if (at < n && (p[at] & ZONE_RCODE) == ZONE_NXDOMAIN)
        p[at] &= (uint8_t) ~(ZONE_RCODE | ZONE_AD);
    if (stream)
        wire->heard += n;
}

static int wire_recv(struct quoth_link *link, void *p, size_t cap, struct quoth_peer *from)
{
    struct app_zone_link *wire = wire_of(link);
    size_t n = wire->end - wire->at;
    int rc;

    if (!wire->here) {
        rc = quoth_sock_port.recv(link, p, cap, from);
        if (wire->has && rc > 0)
            wire_exists(wire, p, (size_t)rc);
        return rc;
    }
    if (!n)
        return QUOTH_AGAIN;
    if (n > cap)
        n = cap;
    memcpy(p, wire->answer + wire->at, n);
    wire->at += n;
    *from = wire->peer;
    return (int)n;
}

static uint64_t wire_now(void) { return quoth_sock_port.now(); }
static int wire_random(void *buf, size_t n) { return quoth_sock_port.random(buf, n); }
static void wire_close(struct quoth_link *link)
{
    wire_of(link)->stream = ZONE_UP;
    quoth_sock_port.close(link);
}

const struct quoth_port app_zone_port = {wire_now,  wire_random, wire_dgram, wire_open,
                                         wire_send, wire_recv,   wire_close};

/* ---- what was asked and heard ------------------------------------------- */

/* It failed in that way too; of several the one that says most is told. */
static void log_failed(struct app_zone_log *log, enum quoth_answer answer)
{
    if (log->answer != QUOTH_ANSWER_DATA && answer > log->answer)
        log->answer = (uint8_t)answer;
}

void app_zone_log_end(struct app_zone_log *log)
{
    const struct app_zone_row row = {.type = log->type,
                                     .answer = log->answer,
                                     .ede = log->ede,
                                     .cd = (log->how & APP_ZONE_UNCHECKED) != 0};

    if (log->open && log->answer > QUOTH_ANSWER_DATA && app_zone_type_name(log->type) &&
        app_zone_add(log->to, &log->name, &row, NULL) != QUOTH_OK)
        log->full = 1;
    log->open = 0;
}

/* A question is on its way. */
static void log_asked(struct app_zone_log *log, const struct quoth_want *want, int made_up)
{
    const uint8_t *p = want->out;
    const unsigned how = (made_up ? APP_ZONE_MADE_UP : 0u) |
                         (want->n > 3 && p[3] & ZONE_CD ? APP_ZONE_UNCHECKED : 0u);
    struct quoth_name name;
    uint16_t type;

    if (app_zone_question(p, want->n, &name, &type) != QUOTH_OK)
        return;
    if (!log->open || type != log->type || how != log->how || name.n != log->name.n ||
        memcmp(name.b, log->name.b, name.n)) {
        app_zone_log_end(log);
        log->open = 1;
        log->answer = QUOTH_ANSWER_NONE;
        log->ede = 0;
    }
    log->name = name;
    log->type = type;
    log->how = (uint8_t)how;
    log->id = (uint16_t)(p[0] << 8 | p[1]);
    log->stream = 0;
}

static void log_message(struct app_zone_log *log, const uint8_t *p, size_t n)
{
    const struct quoth_question question = {&log->name, log->type, 0};
    struct quoth_dns message;
    int rc;

    if (!log->open ||
        quoth_dns_open(&message, p, n, log->id, &log->name, log->type) == QUOTH_EINVAL)
        return; /* not the answer */
    rc = app_zone_heard(log->to, &question, p, n, log->how);
    if (rc < 0)
        log->full = 1;
    else if (rc == QUOTH_ANSWER_DATA)
        log->answer = QUOTH_ANSWER_DATA;
    else
        log_failed(log, (enum quoth_answer)rc);
    if (message.ede)
        log->ede = message.ede;
}

/* Bytes of a stream: two of length, then so many. */
static void log_bytes(struct app_zone_log *log, const uint8_t *p, size_t n)
{
    size_t len;

    if (n > sizeof log->bytes - log->n)
        n = sizeof log->bytes - log->n;
    memcpy(log->bytes + log->n, p, n);
    log->n += n;
    len = (size_t)log->bytes[0] << 8 | log->bytes[1];
    if (log->n < ZONE_PREFIX || log->n < ZONE_PREFIX + len)
        return;
    log_message(log, log->bytes + ZONE_PREFIX, len);
    log->n = 0;
}

static void log_heard(struct app_zone_log *log, const struct quoth_event *ev)
{
    switch (ev->kind) {
    case QUOTH_EV_DATA:
        if (log->stream)
            log_bytes(log, ev->data, ev->n);
        else
            log_message(log, ev->data, ev->n);
        break;
    case QUOTH_EV_TIME: log_failed(log, QUOTH_ANSWER_TIMEOUT); break;
    default: log_failed(log, log->stream ? QUOTH_ANSWER_SERVFAIL : QUOTH_ANSWER_UNREACHABLE); break;
    }
}

void app_zone_log(struct app_zone_log *log, const struct quoth_want *want,
                  const struct quoth_event *ev, int made_up)
{
    if (!log->to)
        return;
    switch (want->kind) {
    case QUOTH_WANT_DGRAM:
        log_asked(log, want, made_up);
        if (ev->kind != QUOTH_EV_SENT)
            log_heard(log, ev);
        break;
    case QUOTH_WANT_OPEN:
        log->stream = 1;
        log->n = 0;
        break;
    case QUOTH_WANT_SEND: /* behind its length, and with an id of its own */
        if (want->n > ZONE_PREFIX + 12)
            log->id = (uint16_t)(((const uint8_t *)want->out)[ZONE_PREFIX] << 8 |
                                 ((const uint8_t *)want->out)[ZONE_PREFIX + 1]);
        break;
    case QUOTH_WANT_RECV: log_heard(log, ev); break;
    default: break;
    }
}
