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
_Static_assert(QUOTH_EXT_SIZE == 1 << (REPLY_KEYWORDS - 1), "a keyword for every QUOTH_EXT bit");

void quoth_reply_init(struct quoth_reply *r) { memset(r, 0, offsetof(struct quoth_reply, words)); }

/* The word is over. Whichever keyword ends here too was said. */
static void reply_keyword_end(struct quoth_reply *r)
{
    for (unsigned k = 0; k < REPLY_KEYWORDS; k++)
        if ((r->maybe >> k & 1) && reply_keyword[k][r->word_n] == '\0')
            r->ext = (uint16_t)(r->ext | 1u << k);
    r->maybe = 0;
}

/* `maybe` holds the keywords that begin like the word so far. */
static void reply_keyword_byte(struct quoth_reply *r, uint8_t c)
{
    if (c == ' ' || c == '\0') { /* a NUL would agree with the end of a keyword */
        if (c)
            reply_keyword_end(r);
        r->maybe = 0;
        return;
    }
    for (unsigned k = 0; k < REPLY_KEYWORDS; k++)
        if ((r->maybe >> k & 1) &&
            quoth_lower((uint8_t)reply_keyword[k][r->word_n]) != quoth_lower(c))
            r->maybe = (uint8_t)(r->maybe & ~(1u << k));
    r->word_n++;
}

/* One of the three numbers is over. Does it fit? Once a code is known, only the same one does. */
static int reply_esc_number(struct quoth_reply *r)
{
    unsigned i = r->esc_state, kind = r->said.code / 100u;
    if (r->number == REPLY_NO_NUMBER)
        return 0;
    if (r->esc_known)
        return r->said.esc[i] == r->number;
    if (i == 0 && (r->number != kind || kind == 3))
        return 0;
    r->said.esc[i] = r->number;
    return 1;
}

/* What looked like an enhanced code is over. `good`: it is one, so it is taken out of the text. */
static void reply_esc_end(struct quoth_reply *r, int good)
{
    if (good) {
        r->esc_known = 1;
        r->said.n = r->mark;
        r->fresh = 1;
    } else if (!r->esc_known) {
        memset(r->said.esc, 0, sizeof r->said.esc);
    }
    r->esc_state = REPLY_ESC_NONE;
}

/* "5.1.1": three numbers up to 999 without leading zeros, then a space or the end of the line
 * ('\n'). */
static void reply_esc_byte(struct quoth_reply *r, uint8_t c)
{
    if (quoth_is_digit(c) && r->number != 0 && (r->number == REPLY_NO_NUMBER || r->number < 100)) {
        r->number = (uint16_t)((r->number == REPLY_NO_NUMBER ? 0 : r->number * 10) + (c - '0'));
    } else if (c == '.' && r->esc_state < 2 && reply_esc_number(r)) {
        r->esc_state++;
        r->number = REPLY_NO_NUMBER;
    } else {
        reply_esc_end(r, r->esc_state == 2 && (c == ' ' || c == '\n') && reply_esc_number(r));
    }
}

static void reply_keep(struct quoth_reply *r, uint8_t c)
{
    if (r->said.n < sizeof r->words)
        r->words[r->said.n++] = (char)c;
}

static void reply_text(struct quoth_reply *r, uint8_t c)
{
    if (r->maybe)
        reply_keyword_byte(r, c);
    if (!r->fresh || c != ' ') {
        if (r->fresh && r->said.n)
            reply_keep(r, ' ');
        r->fresh = 0;
        reply_keep(r, c < ' ' || c == 0x7f ? '?' : c);
    }
    if (r->esc_state != REPLY_ESC_NONE)
        reply_esc_byte(r, c);
}

/* The text of a line begins. The first line of a reply to EHLO names the server, so it cannot name
 * an extension (S12). */
static unsigned reply_line(struct quoth_reply *r, unsigned state)
{
    r->mark = r->said.n;
    r->fresh = 1;
    r->esc_state = 0;
    r->number = REPLY_NO_NUMBER;
    r->word_n = 0;
    r->maybe = r->lines ? (1u << REPLY_KEYWORDS) - 1 : 0;
    return state;
}

static unsigned reply_line_end(struct quoth_reply *r)
{
    unsigned last = r->state != REPLY_MORE;
    if (r->maybe)
        reply_keyword_end(r);
    if (r->esc_state != REPLY_ESC_NONE)
        reply_esc_byte(r, '\n');
    if (r->cr != 1)
        r->flags |= r->cr ? QUOTH_REPLY_CR_CR : QUOTH_REPLY_BARE_LF;
    r->cr = 0;
    r->col = 0;
    r->lines++;
    return last ? REPLY_WHOLE : REPLY_CODE;
}

/* The three digits and the byte behind them. All lines of a reply carry one code (S04). */
static unsigned reply_code(struct quoth_reply *r, uint8_t c)
{
    static const uint8_t unit[] = {100, 10, 1};
    if (r->col <= 3) {
        unsigned unit_of = unit[r->col - 1];
        if (!quoth_is_digit(c) || (r->col == 1 && (c < '2' || c > '5')))
            return REPLY_BAD;
        if (r->lines == 0)
            r->said.code = (uint16_t)(r->said.code + (unsigned)(c - '0') * unit_of);
        if (r->col == 2 && c > '5')
            r->flags |= QUOTH_REPLY_ODD_DIGIT;
        return r->said.code / unit_of % 10 == (unsigned)(c - '0') ? REPLY_CODE : REPLY_BAD;
    }
    if (c == ' ' || c == '-')
        return reply_line(r, c == ' ' ? REPLY_LAST : REPLY_MORE);
    if (c != '\r' && c != '\n')
        return REPLY_BAD;
    r->flags |= QUOTH_REPLY_BARE_CODE;
    r->state = (uint8_t)reply_line(r, REPLY_BARE);
    r->cr = c == '\r';
    return c == '\n' ? reply_line_end(r) : REPLY_BARE;
}

static unsigned reply_next(struct quoth_reply *r, uint8_t c)
{
    if (++r->bytes > QUOTH_REPLY_BYTES_MAX || ++r->col > QUOTH_LINE_MAX ||
        r->lines >= QUOTH_REPLY_LINES_MAX)
        return REPLY_BAD;
    if (r->state == REPLY_CODE)
        return reply_code(r, c);
    if (c == '\n')
        return reply_line_end(r);
    if (c == '\r' && r->cr < 2) {
        r->cr++;
        return r->state;
    }
    if (r->state == REPLY_BARE)
        return REPLY_BAD;
    if (c == '\r') { /* a third CR, so the first was text */
        reply_text(r, '\r');
        return r->state;
    }
    for (; r->cr; r->cr--)
        reply_text(r, '\r');
    reply_text(r, c);
    return r->state;
}

int quoth_reply_feed(struct quoth_reply *r, const void *data, size_t n, size_t *used)
{
    const uint8_t *p = (const uint8_t *)data;
    size_t at = 0;
    while (at < n && r->state < REPLY_WHOLE)
        r->state = (uint8_t)reply_next(r, p[at++]);
    *used = at;
    if (r->state == REPLY_WHOLE)
        return QUOTH_OK;
    return r->state == REPLY_BAD ? QUOTH_EPROTO : QUOTH_AGAIN;
}
