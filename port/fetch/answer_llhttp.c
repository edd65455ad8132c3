/* answer_llhttp.c - answers of web servers, read by llhttp
 *
 *   a head:   a byte at a time -> limits -> llhttp -> fields that matter -> on_head
 *   a body:   as it comes -> llhttp -> take()
 *
 * What llhttp leaves to its caller is refused here: lengths and codings that stand there twice, or
 * both; a coding of the body; another version than HTTP/1.
 *
 * SPDX-License-Identifier: MIT */
#include <llhttp.h>
#include <string.h>
#include <strings.h>
#include "answer.h"

_Static_assert(sizeof(llhttp_t) <= sizeof((struct answer *)0)->parser, "llhttp has grown");

const int answer_is_able = 1;

static llhttp_t *answer_parser(struct answer *a) { return (llhttp_t *)(void *)a->parser; }

static int answer_refuse(struct answer *a)
{
    a->said = ANSWER_BAD;
    return -1;
}

/* Of a name or value as much is kept as tells those that matter apart. */
static void answer_keep(char *to, uint8_t *n, size_t cap, const char *p, size_t more)
{
    for (; more && *n < cap - 1; more--)
        to[(*n)++] = *p++;
    if (more)
        to[cap - 2] = '~'; /* none of ours */
    to[*n] = 0;
}

static int on_name(llhttp_t *parser, const char *p, size_t n)
{
    struct answer *a = parser->data;

    answer_keep(a->name, &a->name_n, sizeof a->name, p, n);
    return 0;
}

static int on_value(llhttp_t *parser, const char *p, size_t n)
{
    struct answer *a = parser->data;

    answer_keep(a->value, &a->value_n, sizeof a->value, p, n);
    return 0;
}

static int answer_begins(const char *value, const char *word)
{
    const size_t n = strlen(word);

    return !strncasecmp(value, word, n) && (!value[n] || strchr("; \t", value[n]));
}

static int on_field(llhttp_t *parser)
{
    struct answer *a = parser->data;

    while (a->value_n && strchr(" \t", a->value[a->value_n - 1]))
        a->value[--a->value_n] = 0;
    if (!strcasecmp(a->name, "content-type"))
        a->plain = (uint8_t)answer_begins(a->value, "text/plain");
    if (!strcasecmp(a->name, "content-length") && a->lengths++)
        return answer_refuse(a);
    if (!strcasecmp(a->name, "transfer-encoding") &&
        (a->codings++ || strcasecmp(a->value, "chunked")))
        return answer_refuse(a);
    if (!strcasecmp(a->name, "content-encoding") && strcasecmp(a->value, "identity"))
        return answer_refuse(a);
    a->name_n = a->value_n = 0;
    a->name[0] = a->value[0] = 0;
    return 0;
}

static int on_head(llhttp_t *parser)
{
    struct answer *a = parser->data;
    const int interim = parser->status_code / 100 == 1;

    if (parser->http_major != 1 || parser->status_code < 100 || (a->lengths && a->codings) ||
        (interim && (a->lengths || a->codings || a->interim++ == ANSWER_INTERIM_MAX)))
        return answer_refuse(a);
    if (interim)
        return 0;
    a->status = (uint16_t)parser->status_code;
    a->in_body = 1;
    if (a->status == 200)
        return 0;
    a->said = ANSWER_DONE; /* what it has to say is of no interest */
    return HPE_PAUSED;
}

static int on_body(llhttp_t *parser, const char *p, size_t n)
{
    struct answer *a = parser->data;

    a->take(a->arg, p, n);
    return 0;
}

static int on_complete(llhttp_t *parser)
{
    struct answer *a = parser->data;

    if (!a->in_body) /* an interim one; the head of the next follows */
        return 0;
    a->said = ANSWER_DONE;
    return HPE_PAUSED;
}

static const llhttp_settings_t answer_told = {
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_header_value_complete = on_field,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

void answer_start(struct answer *a)
{
    *a = (struct answer) {.take = a->take, .arg = a->arg};
    llhttp_init(answer_parser(a), HTTP_RESPONSE, &answer_told);
    answer_parser(a)->data = a;
}

static void answer_run(struct answer *a, const char *p, size_t n)
{
    if (llhttp_execute(answer_parser(a), p, n) != HPE_OK && a->said == ANSWER_AGAIN)
        a->said = ANSWER_BAD;
}

/* In a head, where every byte counts. */
static void answer_byte(struct answer *a, char c)
{
    a->lines = (uint16_t)(a->lines + (c == '\n'));
    if (++a->head_n > ANSWER_HEAD_MAX || a->lines > ANSWER_LINES_MAX)
        a->said = ANSWER_BAD;
    else
        answer_run(a, &c, 1);
}

enum answer_said answer_feed(struct answer *a, const char *p, size_t n)
{
    size_t at = 0;

    while (at < n && !a->in_body && a->said == ANSWER_AGAIN)
        answer_byte(a, p[at++]);
    if (at < n && a->said == ANSWER_AGAIN)
        answer_run(a, p + at, n - at);
    return (enum answer_said)a->said;
}

enum answer_said answer_end(struct answer *a)
{
    const int whole = a->in_body && llhttp_finish(answer_parser(a)) == HPE_OK;

    if (a->said == ANSWER_AGAIN)
        a->said = whole ? ANSWER_DONE : ANSWER_BAD;
    return (enum answer_said)a->said;
}
