/* find_mail.c - a message, or an mbox of them: headers, parts, and what their bytes mean.
 *
 *   [From ] NAME -- : --> VALUE -- line end --> NAME ...       a blank behind it: the same value
 *             `-- empty line --> BODY -- --boundary --> NAME
 *                                  ^---- --boundary-- (skipped up to a boundary further out)
 *
 * Of a field's value the words of RFC 2047 are decoded, and ids marked. Content-Type and
 * Content-Transfer-Encoding say what a body is: text is decoded (RFC 2045), multipart goes one
 * boundary deeper, message/rfc822 has headers again, all else is skipped. Of a boundary only its
 * length and a hash are kept. Eight stand in one another; what is deeper is skipped.
 *
 * SPDX-License-Identifier: MIT */
#include "find_inner.h"

enum { MAIL_NAME, MAIL_VALUE, MAIL_BODY };                            /* state */
enum { MAIL_OTHER, MAIL_TYPE, MAIL_ENCODING, MAIL_ID };               /* field */
enum { MAIL_TEXT, MAIL_HTML, MAIL_MULTI, MAIL_MESSAGE, MAIL_DATA };   /* type */
enum { MAIL_PLAIN, MAIL_QUOTED, MAIL_BASE64, MAIL_SKIP };             /* encoding */
enum { MAIL_IN_TYPE, MAIL_IN_NAME, MAIL_IN_BOUNDARY, MAIL_IN_OTHER }; /* param */
enum { MAIL_CHARSET, MAIL_LANGUAGE, MAIL_CODED, MAIL_AS_IT_IS };      /* coded */
enum { MAIL_DEPTH = 8 };

static uint64_t mail_hash(uint64_t hash, uint8_t c) { return (hash ^ c) * 0x100000001b3u; }

/* ---- decoding ----------------------------------------------------------- */

static void mail_quoted(struct quoth_find *find, uint8_t c, uint8_t source)
{
    enum { NONE, EQUALS, DIGIT, BREAK };
    struct quoth_find_mail *mail = &find->mail;
    const uint8_t was = mail->bits_n;

    mail->bits_n = NONE;
    if (was == DIGIT && find_is_hex(c)) {
        quoth_find_in_text(find, (uint8_t)(find_hex(mail->bits) << 4 | find_hex(c)), source);
        return;
    }
    if (was == EQUALS && find_is_hex(c)) {
        mail->bits_n = DIGIT;
        mail->bits = c;
    } else if (was % 2 && (find_is_blank(c) || c == '\r')) {
        mail->bits_n = BREAK;
    } else if (was == NONE && c == '=') {
        mail->bits_n = EQUALS;
    } else if (!(was % 2 && c == '\n')) {
        if (was == EQUALS || was == DIGIT) /* it is none */
            quoth_find_in_text(find, '=', 0);
        if (was == DIGIT)
            quoth_find_in_text(find, mail->bits, 0);
        quoth_find_in_text(find, c, source);
        return;
    }
    quoth_find_swallow(find, source);
}

static void mail_base64(struct quoth_find *find, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *mail = &find->mail;
    unsigned value, bits;

    if (quoth_is_alpha(c))
        value = c < 'a' ? c - 'A' + 0u : c - 'a' + 26u;
    else if (quoth_is_digit(c))
        value = c - '0' + 52u;
    else
        value = c == '+' ? 62 : 63;
    if (!quoth_is_alnum(c) && c != '+' && c != '/') {
        if (c == '=')
            mail->bits_n = 0;
        quoth_find_swallow(find, source);
        return;
    }
    bits = (unsigned)mail->bits << 6 | value;
    mail->bits = (uint8_t)bits;
    mail->bits_n = (uint8_t)(mail->bits_n + 6);
    if (mail->bits_n < 8) {
        quoth_find_swallow(find, source);
        return;
    }
    mail->bits_n = (uint8_t)(mail->bits_n - 8);
    quoth_find_in_text(find, (uint8_t)(bits >> mail->bits_n), source);
}

static void mail_decode(struct quoth_find *find, uint8_t c, uint8_t source)
{
    switch (find->mail.encoding) {
    case MAIL_PLAIN: quoth_find_in_text(find, c, source); break;
    case MAIL_QUOTED: mail_quoted(find, c, source); break;
    case MAIL_BASE64: mail_base64(find, c, source); break;
    default: break;
    }
}

/* ---- the value of a field ----------------------------------------------- */

/* =?charset?Q?text?= and =?charset?B?text?= ; what stands between two of them is none of the text
 * (RFC 2047 6.2), so behind one nothing is passed on until it is clear that no other follows. */
enum { WORD_NONE, WORD_EQUALS, WORD_CHARSET, WORD_WAY, WORD_WAY_END, WORD_TEXT, WORD_TEXT_END };
enum { WORD_BEHIND = 8 };

/* Behind a character: '=', '?', one of QqBb, another. */
static const uint8_t mail_words[][4] = {
    [WORD_NONE] = {WORD_EQUALS},
    [WORD_EQUALS] = {0, WORD_CHARSET},
    [WORD_CHARSET] = {WORD_CHARSET, WORD_WAY, WORD_CHARSET, WORD_CHARSET},
    [WORD_WAY] = {0, 0, WORD_WAY_END},
    [WORD_WAY_END] = {0, WORD_TEXT},
    [WORD_TEXT] = {WORD_TEXT, WORD_TEXT_END, WORD_TEXT, WORD_TEXT},
    [WORD_TEXT_END] = {0, WORD_TEXT, WORD_TEXT, WORD_TEXT},
};

static void mail_word(struct quoth_find *find, uint8_t c, uint8_t source)
{
    static const char marks[] = "=?QqBb";
    struct quoth_find_mail *mail = &find->mail;
    const char *mark = memchr(marks, c, sizeof marks - 1);
    const unsigned was = mail->word % WORD_BEHIND;
    unsigned kind = mark ? (unsigned)(mark - marks) : 3, now;

    if (was == WORD_WAY)
        mail->encoding = kind < 4 ? MAIL_QUOTED : MAIL_BASE64;
    if (mark && kind > 2)
        kind = 2;
    now = c > ' ' ? mail_words[was][kind] : (unsigned)WORD_NONE;
    if (now == WORD_TEXT_END || (mail->word != was && (c <= ' ' || now || was == WORD_TEXT_END)))
        now |= WORD_BEHIND;
    else if (mail->word != was) /* no other follows */
        quoth_find_in_text(find, ' ', 0);
    mail->word = (uint8_t)now;
    if (now % WORD_BEHIND == WORD_TEXT && was >= WORD_TEXT) {
        if (was == WORD_TEXT_END) /* it was not */
            quoth_find_in_text(find, '?', 0);
        mail_decode(find, c == '_' && mail->encoding == MAIL_QUOTED ? ' ' : c, source);
        return;
    }
    mail->bits_n = 0;
    if (now >= WORD_BEHIND)
        quoth_find_swallow(find, source);
    else
        quoth_find_in_text(find, now == WORD_TEXT ? ' ' : c, source);
}

static void mail_append(struct quoth_find_mail *mail, uint8_t c)
{
    if (mail->name_n < sizeof mail->name)
        mail->name[mail->name_n++] = (char)quoth_lower(c);
}

/* Which of some words the name is, or begins with where the word ends in '/'; else their number. */
static uint8_t mail_which(const struct quoth_find_mail *mail, const char *words)
{
    uint8_t which = 0;

    for (size_t n; (n = strlen(words)) != 0; words += n + 1, which++)
        if (mail->name_n >= n && !memcmp(mail->name, words, n) &&
            (mail->name_n == n) != (words[n - 1] == '/'))
            break;
    return which;
}

static uint8_t mail_type(const struct quoth_find_mail *mail)
{
    static const uint8_t types[] = {MAIL_HTML, MAIL_MULTI, MAIL_MESSAGE, MAIL_MESSAGE,
                                    MAIL_TEXT, MAIL_TEXT,  MAIL_DATA};
    return types[mail_which(mail, "text/html\0multipart/\0message/rfc822\0message/global\0"
                                  "text/\0message/\0")];
}

/* A parameter's name is complete: boundary, or its pieces boundary*0, boundary*1 ... in this order;
 * with a * at the end %62 is a byte, and the first begins with charset'lang' (RFC 2231). */
static void mail_parameter(struct quoth_find_mail *mail)
{
    const int coded = mail->name_n > 8 && mail->name[mail->name_n - 1] == '*';
    const int piece = mail->name_n - coded == 10 ? mail->name[9] - '0' : 0;

    mail->param = MAIL_IN_OTHER;
    if (mail->name_n < 8 || memcmp(mail->name, "boundary*", mail->name_n > 8 ? 9 : 8))
        return;
    mail->param = MAIL_IN_BOUNDARY;
    mail->coded = MAIL_AS_IT_IS;
    if (coded)
        mail->coded = piece ? MAIL_CODED : MAIL_CHARSET;
    mail->half = 0;
    if (!piece)
        mail->now = mail->boundary_n = mail->pieces = 0;
    if (piece != mail->pieces++) /* longer than any */
        mail->boundary_n = 255;
}

static void mail_boundary_byte(struct quoth_find_mail *mail, uint8_t c)
{
    const uint8_t half = mail->half;

    if (mail->coded < MAIL_CODED) {
        mail->coded = (uint8_t)(mail->coded + (c == '\''));
        return;
    }
    if (mail->coded == MAIL_CODED) {
        mail->half = c == '%';
        if (c != '%' && half == 1)
            mail->half = (uint8_t)(0x10 | find_hex(c));
        if (mail->half)
            return;
        if (half)
            c = (uint8_t)((unsigned)half << 4 | find_hex(c));
    }
    mail->now = mail_hash(mail->now, c);
    mail->boundary_n = (uint8_t)(mail->boundary_n < 255 ? mail->boundary_n + 1 : 255);
}

/* multipart/mixed; boundary="..." */
static void mail_content_type(struct quoth_find_mail *mail, uint8_t c)
{
    if (c == '"')
        mail->quoted ^= 1;
    else if (c == ';' && !mail->quoted) {
        if (mail->param == MAIL_IN_TYPE)
            mail->type = mail_type(mail);
        mail->param = MAIL_IN_NAME;
        mail->name_n = 0;
    } else if (c <= ' ' && !mail->quoted) {
        return;
    } else if (mail->param == MAIL_IN_NAME && c == '=') {
        mail_parameter(mail);
    } else if (mail->param == MAIL_IN_BOUNDARY) {
        mail_boundary_byte(mail, c);
    } else if (mail->param != MAIL_IN_OTHER) {
        mail_append(mail, c);
    }
}

static void mail_value(struct quoth_find *find, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *mail = &find->mail;

    if (mail->field == MAIL_TYPE)
        mail_content_type(mail, c);
    else if (find_is_in(c, "(;")) /* a comment: the encoding is complete */
        mail->param = MAIL_IN_OTHER;
    else if (mail->field == MAIL_ENCODING && mail->param == MAIL_IN_TYPE && c > ' ')
        mail_append(mail, c);
    mail_word(find, c, source);
}

/* ---- headers ------------------------------------------------------------ */

static uint8_t mail_field(const struct quoth_find_mail *mail)
{
    const uint8_t which =
        mail_which(mail, "content-type\0content-transfer-enc\0" /* as much of it as is kept */
                         "message-id\0in-reply-to\0references\0content-id\0resent-message-id\0");
    if (which < 2)
        return (uint8_t)(MAIL_TYPE + which);
    return which < 7 ? MAIL_ID : MAIL_OTHER;
}

/* The value is complete. */
static void mail_field_end(struct quoth_find *find)
{
    struct quoth_find_mail *mail = &find->mail;

    if (mail->field == MAIL_TYPE && mail->param == MAIL_IN_TYPE)
        mail->type = mail_type(mail);
    if (mail->field == MAIL_ENCODING)
        mail->way = (uint8_t)(MAIL_BASE64 - mail_which(mail, "base64\0quoted-printable\0"));
    if (mail->field == MAIL_ID)
        quoth_find_cut(find, 0);
    if (mail->word & WORD_BEHIND)
        quoth_find_in_text(find, ' ', 0);
    mail->field = MAIL_OTHER;
    mail->word = mail->name_n = 0;
}

/* Headers follow: of a message, of a part. */
static void mail_begin(struct quoth_find_mail *mail)
{
    mail->state = MAIL_NAME;
    mail->field = MAIL_OTHER;
    mail->type = MAIL_TEXT;
    mail->way = MAIL_PLAIN;
    mail->boundary_n = mail->name_n = mail->filled = mail->word = 0;
}

/* An empty line: the body, as the headers said. */
static void mail_body_begins(struct quoth_find *find)
{
    struct quoth_find_mail *mail = &find->mail;

    mail_field_end(find);
    quoth_find_cut(find, 0);
    mail->bits_n = mail->line_n = 0;
    mail->holding = mail->blank = 1;
    if (mail->type == MAIL_MESSAGE) {
        mail_begin(mail);
        return;
    }
    mail->state = MAIL_BODY;
    mail->encoding = mail->type == MAIL_MULTI || mail->type == MAIL_DATA ? MAIL_SKIP : mail->way;
    find->syntax = mail->type == MAIL_HTML ? QUOTH_FIND_HTML : QUOTH_FIND_TEXT;
    if (mail->type == MAIL_MULTI && mail->boundary_n && mail->boundary_n <= 70 &&
        mail->depth < MAIL_DEPTH) {
        mail->hash[mail->depth] = mail->now;
        mail->length[mail->depth++] = mail->boundary_n;
    }
}

static void mail_header(struct quoth_find *find, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *mail = &find->mail;

    if (!mail->filled && c == '\n') {
        mail_body_begins(find);
        return;
    }
    if (!mail->filled && c != '\r') {
        if (!find_is_blank(c)) {
            mail_field_end(find);
            mail->state = MAIL_NAME;
        }
        mail->filled = 1;
    }
    if (c == '\n')
        mail->filled = 0;
    if (mail->state == MAIL_VALUE) {
        mail_value(find, c, source);
        return;
    }
    quoth_find_in_text(find, c, source);
    if (c == ':') {
        mail->field = mail_field(mail);
        mail->state = MAIL_VALUE;
        mail->param = MAIL_IN_TYPE;
        mail->quoted = mail->name_n = 0;
        if (mail->field == MAIL_ID)
            quoth_find_cut(find, QUOTH_HIT_MSGID);
    } else {
        if (c == ' ' && !mail_which(mail, "from\0"))
            mail->mbox = 1;
        mail_append(mail, c);
    }
}

/* ---- bodies ------------------------------------------------------------- */

/* Is the line that is held, with its end, a boundary? Which, from 1; *last: the closing one. */
static int mail_boundary(const struct quoth_find_mail *mail, int *last)
{
    for (int k = mail->depth; k; k--) {
        const size_t end = 2u + mail->length[k - 1];
        uint64_t hash = 0;
        size_t n = mail->line_n;
        while (n > 2 && mail->line[n - 1] <= ' ')
            n--;
        for (size_t i = 2; i < end && i < n; i++)
            hash = mail_hash(hash, mail->line[i]);
        *last = n == end + 2 && mail->line[end] == '-' && mail->line[end + 1] == '-';
        if ((n == end || *last) && hash == mail->hash[k - 1])
            return k;
    }
    return 0;
}

/* Can the line that is held still become a boundary, or the first of the next message? */
static int mail_holds(const struct quoth_find_mail *mail)
{
    const uint8_t n = mail->line_n;

    if (mail->depth && mail->line[0] == '-' && (n == 1 || mail->line[1] == '-'))
        return n < sizeof mail->line && mail->line[n - 1] != '\n';
    return mail->mbox && mail->blank && n < 5 && !memcmp(mail->line, "From ", n);
}

static void mail_body(struct quoth_find *find, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *mail = &find->mail;
    const uint8_t unit = source & FIND_SOURCE_MAX;
    int last, k;

    if (!mail->holding) {
        mail_decode(find, c, source);
        return;
    }
    mail->line[mail->line_n++] = c;
    if (mail_holds(mail))
        return;
    mail->holding = 0;
    k = c == '\n' && mail->line[0] == '-' ? mail_boundary(mail, &last) : 0;
    if (k || (mail->mbox && mail->blank && mail->line_n == 5 && !memcmp(mail->line, "From ", 5))) {
        quoth_find_cut(find, 0);
        find->syntax = QUOTH_FIND_TEXT;
        mail->depth = (uint8_t)(k && last ? k - 1 : k);
        if (k && last)
            mail->encoding = MAIL_SKIP;
        else
            mail_begin(mail);
        if (!k)
            mail->filled = 1; /* the rest of that line is none of a field */
        return;
    }
    for (int i = 0; i < mail->line_n; i++)
        mail_decode(find, mail->line[i], mail->line[i] == '\n' ? unit | FIND_NEWLINE : unit);
}

/* One byte of a message whose lines end in LF. */
static void mail_byte(struct quoth_find *find, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *mail = &find->mail;

    if (mail->state != MAIL_BODY) {
        mail_header(find, c, source);
        return;
    }
    mail_body(find, c, source);
    if (c == '\n' && mail->state == MAIL_BODY) {
        mail->blank = !mail->filled;
        mail->filled = mail->line_n = 0;
        mail->holding = 1;
    } else if (c != '\r' && mail->state == MAIL_BODY) {
        mail->filled = 1;
    }
}

void quoth_find_in_mail(struct quoth_find *find, uint8_t c, uint8_t source)
{
    if (c == '\r' && find->options & QUOTH_FIND_CR) {
        find->lines++;
        c = '\n';
        source |= FIND_NEWLINE;
    }
    mail_byte(find, c, source);
}

void quoth_find_mail_end(struct quoth_find *find)
{
    struct quoth_find_mail *mail = &find->mail;

    if (mail->state == MAIL_BODY && mail->holding)
        for (int i = 0; i < mail->line_n; i++)
            mail_decode(find, mail->line[i], 1);
}
