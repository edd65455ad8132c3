/* reply.c - SMTP replies, byte by byte (RFC 5321 4.2, RFC 2034, RFC 3463 2).
 *
 *     CODE --'-'--> MORE --LF--> CODE           a line of several
 *     CODE --' '--> LAST --LF--> WHOLE          the last line
 *     CODE --CR or LF--> BARE --LF--> WHOLE     a code without text
 *     anything else, or too much of it --> BAD, and it stays there
 *
 * Each byte of text goes three ways: into `words`, which are kept as evidence; to the reader of
 * the enhanced code, which may open a line; and to the reader of the EHLO keyword, which may too.
 * Nothing looks ahead, so the result is the same wherever the bytes were cut. A CR is counted in
 * `cr` until the next byte tells whether it belongs to a line end or to the text.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum { REPLY_CODE, REPLY_MORE, REPLY_LAST, REPLY_BARE, REPLY_WHOLE, REPLY_BAD };
enum { REPLY_ESC_NONE = 3 };       /* esc_state: which of the numbers 0..2 is being read; 3: none */
enum { REPLY_NO_NUMBER = 0xffff }; /* number: no digit of it has come */

/* The place of a keyword is the place of its bit in QUOTH_EXT_*. */
static const char reply_keyword[][20] = {"STARTTLS", "PIPELINING", "SMTPUTF8",
                                         "ENHANCEDSTATUSCODES", "SIZE"};
enum { REPLY_KEYWORDS = sizeof reply_keyword / sizeof reply_keyword[0] };
enum { REPLY_KEYWORD_MAX = sizeof reply_keyword[0] - 1 }; /* bytes of the longest */
_Static_assert(QUOTH_EXT_SIZE == 1 << (REPLY_KEYWORDS - 1), "a keyword for every QUOTH_EXT bit");

void quoth_reply_init(struct quoth_reply *reply)
{
    memset(reply, 0, offsetof(struct quoth_reply, words));
}

/* The word is over. Whichever keyword ends here too was said. */
static void reply_keyword_end(struct quoth_reply *reply)
{
    for (unsigned k = 0; k < REPLY_KEYWORDS; k++)
        if ((reply->maybe >> k & 1) && reply_keyword[k][reply->word_n] == '\0')
            reply->ext = (uint16_t)(reply->ext | 1u << k);
    reply->maybe = 0;
}

/* `maybe` holds the keywords that begin like the word so far. */
static void reply_keyword_byte(struct quoth_reply *reply, uint8_t c)
{
    if (c == ' ')
        reply_keyword_end(reply);
    if (c == '\0' || reply->word_n >= REPLY_KEYWORD_MAX) /* NUL: it would agree with an end */
        reply->maybe = 0;
    if (!reply->maybe)
        return;
    for (unsigned k = 0; k < REPLY_KEYWORDS; k++)
        if ((reply->maybe >> k & 1) &&
            quoth_lower((uint8_t)reply_keyword[k][reply->word_n]) != quoth_lower(c))
            reply->maybe = (uint8_t)(reply->maybe & ~(1u << k));
    reply->word_n++;
}

/* One of the three numbers is over. Does it fit? Once a code is known, only the same one does. */
static int reply_esc_number(struct quoth_reply *reply)
{
    unsigned i = reply->esc_state, kind = reply->said.code / 100u;
    if (reply->number == REPLY_NO_NUMBER)
        return 0;
    if (reply->esc_known)
        return reply->said.esc[i] == reply->number;
    if (i == 0 && (reply->number != kind || kind == 3))
        return 0;
    reply->said.esc[i] = reply->number;
    return 1;
}

/* What looked like an enhanced code is over. `good`: it is one, so it is taken out of the text. */
static void reply_esc_end(struct quoth_reply *reply, int good)
{
    if (good) {
        reply->esc_known = 1;
        reply->said.n = reply->mark;
        reply->fresh = 1;
    } else if (!reply->esc_known) {
        memset(reply->said.esc, 0, sizeof reply->said.esc);
    }
    reply->esc_state = REPLY_ESC_NONE;
}

/* "5.1.1": three numbers up to 999 without leading zeros, then a space or the end of the line
 * ('\n'). */
static void reply_esc_byte(struct quoth_reply *reply, uint8_t c)
{
    if (quoth_is_digit(c) && reply->number != 0 &&
        (reply->number == REPLY_NO_NUMBER || reply->number < 100)) {
        reply->number =
            (uint16_t)((reply->number == REPLY_NO_NUMBER ? 0 : reply->number * 10) + (c - '0'));
    } else if (c == '.' && reply->esc_state < 2 && reply_esc_number(reply)) {
        reply->esc_state++;
        reply->number = REPLY_NO_NUMBER;
    } else {
        reply_esc_end(reply,
                      reply->esc_state == 2 && (c == ' ' || c == '\n') && reply_esc_number(reply));
    }
}

static void reply_keep(struct quoth_reply *reply, uint8_t c)
{
    if (reply->said.n < sizeof reply->words)
        reply->words[reply->said.n++] = (char)c;
}

static void reply_text(struct quoth_reply *reply, uint8_t c)
{
    if (reply->maybe)
        reply_keyword_byte(reply, c);
    if (!reply->fresh || c != ' ') {
        if (reply->fresh && reply->said.n)
            reply_keep(reply, ' ');
        reply->fresh = 0;
        reply_keep(reply, c < ' ' || c == 0x7f ? '?' : c);
    }
    if (reply->esc_state != REPLY_ESC_NONE)
        reply_esc_byte(reply, c);
}

/* The text of a line begins. The first line of a reply to EHLO names the server, so it cannot name
 * an extension (S12). */
static unsigned reply_line(struct quoth_reply *reply, unsigned state)
{
    reply->mark = reply->said.n;
    reply->fresh = 1;
    reply->esc_state = 0;
    reply->number = REPLY_NO_NUMBER;
    reply->word_n = 0;
    reply->maybe = reply->lines ? (1u << REPLY_KEYWORDS) - 1 : 0;
    return state;
}

static unsigned reply_line_end(struct quoth_reply *reply)
{
    unsigned last = reply->state != REPLY_MORE;
    if (reply->maybe)
        reply_keyword_end(reply);
    if (reply->esc_state != REPLY_ESC_NONE)
        reply_esc_byte(reply, '\n');
    if (reply->cr != 1)
        reply->flags |= reply->cr ? QUOTH_REPLY_CR_CR : QUOTH_REPLY_BARE_LF;
    reply->cr = 0;
    reply->col = 0;
    reply->lines++;
    return last ? REPLY_WHOLE : REPLY_CODE;
}

/* The three digits and the byte behind them. All lines of a reply carry one code (S04). */
static unsigned reply_code(struct quoth_reply *reply, uint8_t c)
{
    static const uint8_t unit[] = {100, 10, 1};
    if (reply->col <= 3) {
        unsigned unit_of = unit[reply->col - 1];
        if (!quoth_is_digit(c) || (reply->col == 1 && (c < '2' || c > '5')))
            return REPLY_BAD;
        if (reply->col == 2 && c > '5')
            reply->flags |= QUOTH_REPLY_ODD_DIGIT;
        if (reply->lines == 0)
            reply->said.code = (uint16_t)(reply->said.code + (unsigned)(c - '0') * unit_of);
        else if (reply->said.code / unit_of % 10 != (unsigned)(c - '0'))
            return REPLY_BAD;
        return REPLY_CODE;
    }
    if (c == ' ' || c == '-')
        return reply_line(reply, c == ' ' ? REPLY_LAST : REPLY_MORE);
    if (c != '\r' && c != '\n')
        return REPLY_BAD;
    reply->flags |= QUOTH_REPLY_BARE_CODE;
    reply->state = (uint8_t)reply_line(reply, REPLY_BARE);
    reply->cr = c == '\r';
    return c == '\n' ? reply_line_end(reply) : REPLY_BARE;
}

static QUOTH_APART unsigned reply_next(struct quoth_reply *reply, uint8_t c)
{
    if (reply->bytes >= QUOTH_REPLY_BYTES_MAX || reply->col >= QUOTH_LINE_MAX ||
        reply->lines >= QUOTH_REPLY_LINES_MAX)
        return REPLY_BAD;
    reply->bytes++;
    reply->col++;
    if (reply->state == REPLY_CODE)
        return reply_code(reply, c);
    if (c == '\n')
        return reply_line_end(reply);
    if (c == '\r' && reply->cr < 2) {
        reply->cr++;
        return reply->state;
    }
    if (reply->state == REPLY_BARE)
        return REPLY_BAD;
    if (c == '\r') { /* a third CR, so the first was text */
        reply_text(reply, '\r');
        return reply->state;
    }
    for (; reply->cr; reply->cr--)
        reply_text(reply, '\r');
    reply_text(reply, c);
    return reply->state;
}

int quoth_reply_feed(struct quoth_reply *reply, const void *data, size_t n, size_t *used)
{
    const uint8_t *p = (const uint8_t *)data;
    size_t at = 0;
    while (at < n && reply->state < REPLY_WHOLE)
        reply->state = (uint8_t)reply_next(reply, p[at++]);
    *used = at;
    if (reply->state == REPLY_WHOLE)
        return QUOTH_OK;
    return reply->state == REPLY_BAD ? QUOTH_EPROTO : QUOTH_AGAIN;
}
