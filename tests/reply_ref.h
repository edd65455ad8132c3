/* reply_ref.h - a plain reference for core/reply.c, for reply_test.c: a whole reply is cut into
 * lines first, and then each line is looked at (RFC 5321 4.2, RFC 2034, RFC 3463 2).
 *
 *   bytes --> ref_line: code, sign, text --> ref_esc, ref_keyword, ref_words
 *
 * Replies are short: the limits of lines and bytes have tests of their own.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REPLY_REF_H
#define REPLY_REF_H

#include <ctype.h>
#include <string.h>
#include "quoth.h"

struct ref_reply {
    int rc;
    size_t used;
    unsigned code, esc[3], ext, lines, flags;
    int has_esc;
    char words[8000];
    size_t n;
};

static int ref_bad(struct ref_reply *reply, size_t used)
{
    reply->rc = QUOTH_EPROTO;
    reply->used = used;
    return 0;
}

/* A number up to 999, without zeros in front. Its digits, 0: there is none. */
static size_t ref_number(const char *text, size_t n, unsigned *number)
{
    size_t digits = 0;

    for (*number = 0; digits < n && isdigit((unsigned char)text[digits]); digits++)
        *number = *number * 10 + (unsigned)(text[digits] - '0');
    return digits > 3 || (digits > 1 && *text == '0') ? 0 : digits;
}

/* The bytes of an enhanced code in front of a text, with the blank behind it; 0: there is none, or
 * none that goes with this reply. */
static size_t ref_esc(struct ref_reply *reply, const char *text, size_t n)
{
    unsigned number[3];
    size_t at = 0;

    for (int i = 0; i < 3; i++) {
        const size_t digits = ref_number(text + at, n - at, &number[i]);
        if (!digits)
            return 0;
        at += digits;
        if (i < 2 && (at == n || text[at++] != '.'))
            return 0;
    }
    if (at < n && text[at] != ' ')
        return 0;
    if (number[0] != reply->code / 100 || number[0] == 3)
        return 0;
    for (int i = 0; i < 3 && reply->has_esc; i++)
        if (number[i] != reply->esc[i])
            return 0;
    memcpy(reply->esc, number, sizeof number);
    reply->has_esc = 1;
    return at < n ? at + 1 : at;
}

static void ref_keyword(struct ref_reply *reply, const char *text, size_t n)
{
    static const struct {
        const char *word;
        unsigned bit;
    } keywords[] = {{"starttls", QUOTH_EXT_STARTTLS},
                    {"pipelining", QUOTH_EXT_PIPELINING},
                    {"smtputf8", QUOTH_EXT_SMTPUTF8},
                    {"enhancedstatuscodes", QUOTH_EXT_ENHANCED},
                    {"size", QUOTH_EXT_SIZE}};
    const char *blank = memchr(text, ' ', n);
    const size_t word = blank ? (size_t)(blank - text) : n;

    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        size_t same = 0;
        while (same < word && tolower((unsigned char)text[same]) == keywords[i].word[same] &&
               keywords[i].word[same])
            same++;
        if (same == word && word == strlen(keywords[i].word))
            reply->ext |= keywords[i].bit;
    }
}

static void ref_words(struct ref_reply *reply, const char *text, size_t n)
{
    for (; n && *text == ' '; n--)
        text++;
    if (n && reply->n)
        reply->words[reply->n++] = ' ';
    for (; n; n--, text++) {
        const int control = (unsigned char)*text < ' ' || *text == 0x7f;
        reply->words[reply->n++] = control ? '?' : *text;
    }
}

static void ref_text(struct ref_reply *reply, const char *text, size_t n)
{
    const size_t esc = ref_esc(reply, text, n);

    if (reply->lines)
        ref_keyword(reply, text, n);
    ref_words(reply, text + esc, n - esc);
}

/* The code of a line. 0: it is none, or another one. */
static int ref_code(struct ref_reply *reply, const char *p, size_t at, size_t n)
{
    static const unsigned unit[] = {100, 10, 1};

    for (size_t i = 0; i < 3 && at + i < n; i++) {
        const unsigned digit = (unsigned)(p[at + i] - '0');
        if (!isdigit((unsigned char)p[at + i]) || (i == 0 && (digit < 2 || digit > 5)))
            return ref_bad(reply, at + i + 1);
        if (i == 1 && digit > 5)
            reply->flags |= QUOTH_REPLY_ODD_DIGIT;
        if (reply->lines && reply->code / unit[i] % 10 != digit)
            return ref_bad(reply, at + i + 1);
        reply->code += reply->lines ? 0 : digit * unit[i];
    }
    return at + 3 < n;
}

/* One line at *at, which moves behind it. 1: another one is to follow. */
static int ref_line(struct ref_reply *reply, const char *p, size_t n, size_t *at)
{
    const char *end = memchr(p + *at, '\n', n - *at);
    const size_t sign = *at + 3;
    size_t last = end ? (size_t)(end - p) : n, cr = 0;

    if (!ref_code(reply, p, *at, n))
        return 0;
    if (!strchr(" -\r\n", p[sign]) || !p[sign])
        return ref_bad(reply, sign + 1);
    if (p[sign] == '\r' || p[sign] == '\n') { /* nothing but line ends may follow */
        reply->flags |= QUOTH_REPLY_BARE_CODE;
        for (size_t i = sign; i < last; i++)
            if (p[i] != '\r' || i == sign + 2)
                return ref_bad(reply, i + 1);
    }
    if (!end)
        return 0;
    *at = last + 1;
    while (cr < 2 && last > sign && p[last - 1] == '\r' && (last - 1 > sign || p[sign] == '\r')) {
        last--;
        cr++;
    }
    reply->flags |= cr == 0 ? QUOTH_REPLY_BARE_LF : cr == 2 ? QUOTH_REPLY_CR_CR : 0u;
    if (last > sign)
        ref_text(reply, p + sign + 1, last - sign - 1);
    reply->lines++;
    if (p[sign] == '-')
        return 1;
    reply->rc = QUOTH_OK;
    reply->used = *at;
    return 0;
}

static void ref_reply(struct ref_reply *reply, const char *p, size_t n)
{
    size_t at = 0;

    memset(reply, 0, sizeof *reply);
    reply->rc = QUOTH_AGAIN;
    reply->used = n;
    while (at < n && ref_line(reply, p, n, &at)) {
    }
}

#endif
