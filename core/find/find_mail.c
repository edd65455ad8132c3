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
enum { MAIL_DEPTH = 8 };

static uint64_t mail_hash(uint64_t hash, uint8_t c) { return (hash ^ c) * 0x100000001b3u; }

/* ---- decoding ----------------------------------------------------------- */

static void mail_quoted(struct quoth_find *f, uint8_t c, uint8_t source)
{
    enum { NONE, EQUALS, DIGIT, BREAK };
    struct quoth_find_mail *m = &f->mail;
    const uint8_t was = m->bits_n;

    m->bits_n = NONE;
    if (was == DIGIT && find_is_hex(c)) {
        quoth_find_in_text(f, (uint8_t)(find_hex(m->bits) << 4 | find_hex(c)), source);
        return;
    }
    if (was == EQUALS && find_is_hex(c)) {
        m->bits_n = DIGIT;
        m->bits = c;
    } else if (was % 2 && (find_is_blank(c) || c == '\r')) {
        m->bits_n = BREAK;
    } else if (was == NONE && c == '=') {
        m->bits_n = EQUALS;
    } else if (!(was % 2 && c == '\n')) {
        if (was == EQUALS || was == DIGIT) /* it is none */
            quoth_find_in_text(f, '=', 0);
        if (was == DIGIT)
            quoth_find_in_text(f, m->bits, 0);
        quoth_find_in_text(f, c, source);
        return;
    }
    quoth_find_swallow(f, source);
}

static void mail_base64(struct quoth_find *f, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *m = &f->mail;
    unsigned value, bits;

    if (quoth_is_alpha(c))
        value = c < 'a' ? c - 'A' + 0u : c - 'a' + 26u;
    else
        value = quoth_is_digit(c) ? c - '0' + 52u : c == '+' ? 62 : 63;
    if (!quoth_is_alnum(c) && c != '+' && c != '/') {
        if (c == '=')
            m->bits_n = 0;
        quoth_find_swallow(f, source);
        return;
    }
    bits = (unsigned)m->bits << 6 | value;
    m->bits = (uint8_t)bits;
    m->bits_n = (uint8_t)(m->bits_n + 6);
    if (m->bits_n < 8) {
        quoth_find_swallow(f, source);
        return;
    }
    m->bits_n = (uint8_t)(m->bits_n - 8);
    quoth_find_in_text(f, (uint8_t)(bits >> m->bits_n), source);
}

static void mail_decode(struct quoth_find *f, uint8_t c, uint8_t source)
{
    switch (f->mail.encoding) {
    case MAIL_PLAIN: quoth_find_in_text(f, c, source); break;
    case MAIL_QUOTED: mail_quoted(f, c, source); break;
    case MAIL_BASE64: mail_base64(f, c, source); break;
    default: break;
    }
}

/* ---- the value of a field ----------------------------------------------- */

/* =?charset?Q?text?= and =?charset?B?text?= */
static void mail_word(struct quoth_find *f, uint8_t c, uint8_t source)
{
    enum { NONE, EQUALS, CHARSET, WAY, WAY_END, TEXT, TEXT_END };
    struct quoth_find_mail *m = &f->mail;
    uint8_t was = m->word;

    if (c <= ' ' || (was == EQUALS && c != '?') || (was == WAY_END && c != '?'))
        m->word = NONE;
    else if (was == NONE)
        m->word = c == '=' ? EQUALS : NONE;
    else if (was == TEXT_END)
        m->word = c == '=' ? NONE : TEXT;
    else if (was == WAY)
        m->word = find_is_in(c, "QqBb") ? WAY_END : NONE;
    else if (c == '?' || was == EQUALS)
        m->word++;
    if (was == WAY)
        m->encoding = (c | 0x20) == 'q' ? MAIL_QUOTED : MAIL_BASE64;
    if (m->word == TEXT && was == WAY_END)
        m->bits_n = 0;
    if (was == TEXT && m->word == TEXT)
        mail_decode(f, c == '_' && m->encoding == MAIL_QUOTED ? ' ' : c, source);
    else if ((m->word == TEXT && was == WAY_END) || was == TEXT || was == TEXT_END)
        quoth_find_in_text(f, c == '\n' ? '\n' : ' ', source);
    else
        quoth_find_in_text(f, c, source);
}

static void mail_append(struct quoth_find_mail *m, uint8_t c)
{
    if (m->name_n < sizeof m->name)
        m->name[m->name_n++] = (char)quoth_lower(c);
}

static int mail_is(const struct quoth_find_mail *m, const char *name)
{
    return m->name_n == strlen(name) && !memcmp(m->name, name, m->name_n);
}

static int mail_begins(const struct quoth_find_mail *m, const char *name)
{
    return m->name_n > strlen(name) && !memcmp(m->name, name, strlen(name));
}

static uint8_t mail_type(const struct quoth_find_mail *m)
{
    if (mail_is(m, "text/html"))
        return MAIL_HTML;
    if (mail_begins(m, "multipart/"))
        return MAIL_MULTI;
    if (mail_is(m, "message/rfc822") || mail_is(m, "message/global"))
        return MAIL_MESSAGE;
    return mail_begins(m, "text/") || mail_begins(m, "message/") ? MAIL_TEXT : MAIL_DATA;
}

/* multipart/mixed; boundary="..." */
static void mail_content_type(struct quoth_find_mail *m, uint8_t c)
{
    if (c == '"')
        m->quoted ^= 1;
    else if (c == ';' && !m->quoted) {
        if (m->param == MAIL_IN_TYPE)
            m->type = mail_type(m);
        m->param = MAIL_IN_NAME;
        m->name_n = 0;
    } else if (c <= ' ' && !m->quoted) {
        return;
    } else if (m->param == MAIL_IN_NAME && c == '=') {
        m->param = mail_is(m, "boundary") ? MAIL_IN_BOUNDARY : MAIL_IN_OTHER;
        m->now = m->boundary_n = 0;
    } else if (m->param == MAIL_IN_BOUNDARY) {
        m->now = mail_hash(m->now, c);
        m->boundary_n = (uint8_t)(m->boundary_n < 255 ? m->boundary_n + 1 : 255);
    } else if (m->param != MAIL_IN_OTHER) {
        mail_append(m, c);
    }
}

static void mail_value(struct quoth_find *f, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *m = &f->mail;

    if (m->field == MAIL_TYPE)
        mail_content_type(m, c);
    else if (m->field == MAIL_ENCODING && c > ' ')
        mail_append(m, c);
    mail_word(f, c, source);
}

/* ---- headers ------------------------------------------------------------ */

static uint8_t mail_field(const struct quoth_find_mail *m)
{
    if (mail_is(m, "content-type"))
        return MAIL_TYPE;
    if (mail_is(m, "content-transfer-enc")) /* as much of it as is kept */
        return MAIL_ENCODING;
    return mail_is(m, "message-id") || mail_is(m, "in-reply-to") || mail_is(m, "references") ||
                   mail_is(m, "content-id") || mail_is(m, "resent-message-id")
               ? MAIL_ID
               : MAIL_OTHER;
}

/* The value is complete. */
static void mail_field_end(struct quoth_find *f)
{
    struct quoth_find_mail *m = &f->mail;

    if (m->field == MAIL_TYPE && m->param == MAIL_IN_TYPE)
        m->type = mail_type(m);
    if (m->field == MAIL_ENCODING)
        m->way = mail_is(m, "base64")             ? MAIL_BASE64
                 : mail_is(m, "quoted-printable") ? MAIL_QUOTED
                                                  : MAIL_PLAIN;
    if (m->field == MAIL_ID)
        quoth_find_cut(f, 0);
    m->field = MAIL_OTHER;
    m->word = m->name_n = 0;
}

/* Headers follow: of a message, of a part. */
static void mail_begin(struct quoth_find_mail *m)
{
    m->state = MAIL_NAME;
    m->field = MAIL_OTHER;
    m->type = MAIL_TEXT;
    m->way = MAIL_PLAIN;
    m->boundary_n = m->name_n = m->filled = m->word = 0;
}

/* An empty line: the body, as the headers said. */
static void mail_body_begins(struct quoth_find *f)
{
    struct quoth_find_mail *m = &f->mail;

    mail_field_end(f);
    quoth_find_cut(f, 0);
    m->bits_n = m->line_n = 0;
    m->holding = 1;
    if (m->type == MAIL_MESSAGE) {
        mail_begin(m);
        return;
    }
    m->state = MAIL_BODY;
    m->encoding = m->type == MAIL_MULTI || m->type == MAIL_DATA ? MAIL_SKIP : m->way;
    f->syntax = m->type == MAIL_HTML ? QUOTH_FIND_HTML : QUOTH_FIND_TEXT;
    if (m->type == MAIL_MULTI && m->boundary_n && m->boundary_n <= 70 && m->depth < MAIL_DEPTH) {
        m->hash[m->depth] = m->now;
        m->length[m->depth++] = m->boundary_n;
    }
}

static void mail_header(struct quoth_find *f, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *m = &f->mail;

    if (!m->filled && c == '\n') {
        mail_body_begins(f);
        return;
    }
    if (!m->filled && c != '\r') {
        if (!find_is_blank(c)) {
            mail_field_end(f);
            m->state = MAIL_NAME;
        }
        m->filled = 1;
    }
    if (c == '\n')
        m->filled = 0;
    if (m->state == MAIL_VALUE) {
        mail_value(f, c, source);
        return;
    }
    quoth_find_in_text(f, c, source);
    if (c == ':') {
        m->field = mail_field(m);
        m->state = MAIL_VALUE;
        m->param = MAIL_IN_TYPE;
        m->quoted = m->name_n = 0;
        if (m->field == MAIL_ID)
            quoth_find_cut(f, QUOTH_HIT_MSGID);
    } else {
        if (c == ' ' && mail_is(m, "from"))
            m->mbox = 1;
        mail_append(m, c);
    }
}

/* ---- bodies ------------------------------------------------------------- */

/* Is the line that is held, with its end, a boundary? Which, from 1; *last: the closing one. */
static int mail_boundary(const struct quoth_find_mail *m, int *last)
{
    for (int k = m->depth; k; k--) {
        const size_t end = 2u + m->length[k - 1];
        uint64_t hash = 0;
        size_t n = m->line_n;
        while (n > 2 && m->line[n - 1] <= ' ')
            n--;
        for (size_t i = 2; i < end && i < n; i++)
            hash = mail_hash(hash, m->line[i]);
        *last = n == end + 2 && m->line[end] == '-' && m->line[end + 1] == '-';
        if ((n == end || *last) && hash == m->hash[k - 1])
            return k;
    }
    return 0;
}

/* Can the line that is held still become a boundary, or the first of the next message? */
static int mail_holds(const struct quoth_find_mail *m)
{
    const uint8_t n = m->line_n;

    if (m->depth && m->line[0] == '-' && (n == 1 || m->line[1] == '-'))
        return n < sizeof m->line && m->line[n - 1] != '\n';
    return m->mbox && m->blank && n < 5 && !memcmp(m->line, "From ", n);
}

static void mail_body(struct quoth_find *f, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *m = &f->mail;
    const uint8_t unit = source & FIND_SOURCE_MAX;
    int last, k;

    if (!m->holding) {
        mail_decode(f, c, source);
        return;
    }
    m->line[m->line_n++] = c;
    if (mail_holds(m))
        return;
    m->holding = 0;
    k = c == '\n' && m->line[0] == '-' ? mail_boundary(m, &last) : 0;
    if (k || (m->mbox && m->blank && m->line_n == 5 && !memcmp(m->line, "From ", 5))) {
        quoth_find_cut(f, 0);
        f->syntax = QUOTH_FIND_TEXT;
        m->depth = (uint8_t)(!k ? 0 : last ? k - 1 : k);
        if (k && last)
            m->encoding = MAIL_SKIP;
        else
            mail_begin(m);
        if (!k)
            m->filled = 1; /* the rest of that line is none of a field */
        return;
    }
    for (int i = 0; i < m->line_n; i++)
        mail_decode(f, m->line[i], m->line[i] == '\n' ? unit | FIND_NEWLINE : unit);
}

void quoth_find_in_mail(struct quoth_find *f, uint8_t c, uint8_t source)
{
    struct quoth_find_mail *m = &f->mail;

    if (m->state != MAIL_BODY) {
        mail_header(f, c, source);
        return;
    }
    mail_body(f, c, source);
    if (c == '\n' && m->state == MAIL_BODY) {
        m->blank = !m->filled;
        m->filled = m->line_n = 0;
        m->holding = 1;
    } else if (c != '\r' && m->state == MAIL_BODY) {
        m->filled = 1;
    }
}

void quoth_find_mail_end(struct quoth_find *f)
{
    struct quoth_find_mail *m = &f->mail;

    if (m->state == MAIL_BODY && m->holding)
        for (int i = 0; i < m->line_n; i++)
            mail_decode(f, m->line[i], 1);
}
