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

static llhttp_t *answer_parser(struct answer *answer) { return (llhttp_t *)(void *)answer->parser; }

static int answer_refuse(struct answer *answer)
{
    answer->said = ANSWER_BAD;
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
    struct answer *answer = parser->data;

    answer_keep(answer->name, &answer->name_n, sizeof answer->name, p, n);
    return 0;
}

static int on_value(llhttp_t *parser, const char *p, size_t n)
{
    struct answer *answer = parser->data;

    answer_keep(answer->value, &answer->value_n, sizeof answer->value, p, n);
    return 0;
}

static int answer_begins(const char *value, const char *word)
{
    const size_t n = strlen(word);

    return !strncasecmp(value, word, n) && (!value[n] || strchr("; \t", value[n]));
}

static int on_field(llhttp_t *parser)
{
    struct answer *answer = parser->data;

    while (answer->value_n && strchr(" \t", answer->value[answer->value_n - 1]))
        answer->value[--answer->value_n] = 0;
    if (!strcasecmp(answer->name, "content-type"))
        answer->plain = (uint8_t)answer_begins(answer->value, "text/plain");
    if (!strcasecmp(answer->name, "content-length") && answer->lengths++)
        return answer_refuse(answer);
    if (!strcasecmp(answer->name, "transfer-encoding") &&
        (answer->codings++ || strcasecmp(answer->value, "chunked")))
        return answer_refuse(answer);
    if (!strcasecmp(answer->name, "content-encoding") && strcasecmp(answer->value, "identity"))
        return answer_refuse(answer);
    answer->name_n = answer->value_n = 0;
    answer->name[0] = answer->value[0] = 0;
    return 0;
}

static int on_head(llhttp_t *parser)
{
    struct answer *answer = parser->data;
    const int interim = parser->status_code / 100 == 1;

    if (parser->http_major != 1 || parser->status_code < 100 ||
        (answer->lengths && answer->codings) ||
        (interim &&
         (answer->lengths || answer->codings || answer->interim++ == ANSWER_INTERIM_MAX)))
        return answer_refuse(answer);
    if (interim)
        return 0;
    answer->status = (uint16_t)parser->status_code;
    answer->in_body = 1;
    if (answer->status == 200)
        return 0;
    answer->said = ANSWER_DONE; /* what it has to say is of no interest */
    return HPE_PAUSED;
}

static int on_body(llhttp_t *parser, const char *p, size_t n)
{
    struct answer *answer = parser->data;

    answer->take(answer->arg, p, n);
    return 0;
}

static int on_complete(llhttp_t *parser)
{
    struct answer *answer = parser->data;

    if (!answer->in_body) /* an interim one; the head of the next follows */
        return 0;
    answer->said = ANSWER_DONE;
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

void answer_start(struct answer *answer)
{
    *answer = (struct answer) {.take = answer->take, .arg = answer->arg};
    llhttp_init(answer_parser(answer), HTTP_RESPONSE, &answer_told);
    answer_parser(answer)->data = answer;
}

static void answer_run(struct answer *answer, const char *p, size_t n)
{
    if (llhttp_execute(answer_parser(answer), p, n) != HPE_OK && answer->said == ANSWER_AGAIN)
        answer->said = ANSWER_BAD;
}

/* In a head, where every byte counts. */
static void answer_byte(struct answer *answer, char c)
{
    answer->lines = (uint16_t)(answer->lines + (c == '\n'));
    if (++answer->head_n > ANSWER_HEAD_MAX || answer->lines > ANSWER_LINES_MAX)
        answer->said = ANSWER_BAD;
    else
        answer_run(answer, &c, 1);
}

enum answer_said answer_feed(struct answer *answer, const char *p, size_t n)
{
    size_t at = 0;

    while (at < n && !answer->in_body && answer->said == ANSWER_AGAIN)
        answer_byte(answer, p[at++]);
    if (at < n && answer->said == ANSWER_AGAIN)
        answer_run(answer, p + at, n - at);
    return (enum answer_said)answer->said;
}

enum answer_said answer_end(struct answer *answer)
{
    const int whole = answer->in_body && llhttp_finish(answer_parser(answer)) == HPE_OK;

    if (answer->said == ANSWER_AGAIN)
        answer->said = whole ? ANSWER_DONE : ANSWER_CUT;
    return (enum answer_said)answer->said;
}
