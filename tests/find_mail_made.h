/* find_mail_made.h - mailboxes made at random, and the addresses that are to be found in them: what
 * core/find/find_mail.c has to read is written here, in all the ways in which it may be. For
 * find_test.c, which has random_below().
 *
 * SPDX-License-Identifier: MIT */
#ifndef FIND_MAIL_MADE_H
#define FIND_MAIL_MADE_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MADE_DEPTH = 8 };
struct made {
    char text[200000], want[40000]; /* want: " address[ M]" of each */
    size_t n, want_n, offset[4000]; /* where each begins; 0: in base64, which is not asked */
    unsigned count, depth;          /* depth: multiparts around what is written now */
    int skipped;                    /* what is written now is not to be found */
    const char *eol;
};

static void made_put(struct made *m, const char *text)
{
    for (; *text; text++)
        if (*text == '\n')
            m->n += (size_t)sprintf(m->text + m->n, "%s", m->eol);
        else
            m->text[m->n++] = *text;
    m->text[m->n] = 0;
}

/* In any case. */
static void made_name(struct made *m, const char *text)
{
    const size_t from = m->n;
    made_put(m, text);
    for (size_t i = from; i < m->n; i++)
        if (random_below(4) == 0)
            m->text[i] = (char)toupper((unsigned char)m->text[i]);
}

/* An address nobody has had, into `text`. */
static void made_address(struct made *m, char text[40], int id)
{
    sprintf(text, "j%c%u@example.com", 'a' + (int)random_below(26), m->count);
    if (m->skipped)
        return;
    m->offset[m->count++] = 0;
    m->want_n += (size_t)sprintf(m->want + m->want_n, " %s%s", text, id ? " M" : "");
}

/* ---- encodings ---------------------------------------------------------- */

static void made_quoted(struct made *m, const char *text, int word)
{
    size_t line = 0;

    for (size_t i = 0; text[i]; i++) {
        const char c = text[i];
        if (++line > 8 && c != '\n' && text[i - 1] != ' ' && !word && !random_below(6)) {
            made_put(m, random_below(2) ? "=\n" : "= \t \n"); /* a soft break */
            line = 0;
        }
        if (c != '\n' &&
            (c == '=' || c == '?' || c == '_' || (word && c == ' ') || !random_below(3))) {
            if (word && c == ' ' && random_below(2))
                m->text[m->n++] = '_';
            else
                m->n += (size_t)sprintf(m->text + m->n, random_below(2) ? "=%02X" : "=%02x",
                                        (unsigned)(unsigned char)c);
        } else {
            made_put(m, (const char[]) {c, 0});
        }
    }
    m->text[m->n] = 0;
}

static void made_base64(struct made *m, const char *text, int word)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = strlen(text), line = 0;

    for (size_t i = 0; i < n; i += 3) {
        unsigned bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits * 256 + (i + k < n ? (unsigned char)text[i + k] : 0u);
        for (size_t k = 0; k < 4; k++) {
            m->text[m->n++] = k > n - i ? '=' : set[bits >> (18 - 6 * k) & 63];
            m->text[m->n] = 0;
            if (!word && ++line > 8 && !random_below(8)) {
                made_put(m, random_below(3) ? "\n" : " !\n");
                line = 0;
            }
        }
    }
}

/* Some words with an address among them, in an encoding: 0 'q' 'b', or in a word of a header. */
static void made_words(struct made *m, char way, int word, int html)
{
    char address[40], text[200];
    const unsigned before = m->count;
    size_t at;

    made_address(m, address, 0);
    at = (size_t)sprintf(text, "%s ", random_below(2) ? "mail" : "t\303\266 ~? >");
    sprintf(text + at, "%s now", address);
    if (html) {
        char *sign = strchr(text, '@');
        memmove(sign + 5, sign + 1, strlen(sign));
        memcpy(sign, "&#64;", 5);
    }
    if (way == 'b') {
        made_base64(m, text, word);
    } else if (way == 'q') {
        made_quoted(m, text, word);
    } else {
        made_put(m, text);
        if (m->count > before)
            m->offset[before] = m->n - strlen(text) + at;
    }
}

/* ---- headers ------------------------------------------------------------ */

static void made_fold(struct made *m)
{
    made_put(m, !random_below(3) ? "\n\t" : !random_below(3) ? "\n  " : " ");
}

static void made_ids(struct made *m, const char *field)
{
    char address[40], text[60];

    made_name(m, field);
    made_put(m, ":");
    for (unsigned k = 1 + random_below(3); k; k--) {
        made_fold(m);
        made_address(m, address, 1);
        sprintf(text, "<%s>", address);
        made_put(m, text);
    }
    made_put(m, "\n");
}

/* Fields of no meaning here, some with an address. */
static void made_fields(struct made *m)
{
    static const char *const names[] = {
        "to", "from", "cc", "subject", "x-content-type", "content-types", "reply-to"};
    static const char *const ids[] = {"message-id", "in-reply-to", "references", "content-id",
                                      "resent-message-id"};

    for (unsigned k = random_below(4); k; k--) {
        const int word = !random_below(2);
        const char way = "qb"[random_below(2)];
        if (!random_below(3)) {
            made_ids(m, ids[random_below(5)]);
            continue;
        }
        made_name(m, names[random_below(7)]);
        made_put(m, ":");
        made_fold(m);
        if (word) {
            made_put(m, random_below(2) ? "=?utf-8?" : "x <=> =?iso-8859-1?");
            made_put(m, (const char[]) {random_below(2) ? way : (char)toupper(way), '?', 0});
            made_words(m, way, 1, 0);
            made_put(m, "?=");
            made_fold(m);
            made_words(m, 0, 0, 0);
        } else {
            made_words(m, 0, 0, 0);
        }
        made_put(m, "\n");
    }
}

static void made_way(struct made *m, char way)
{
    static const char *const plain[] = {"7bit", "8bit", "binary", "base32", "quoted-printables"};

    if (!way && random_below(2))
        return;
    made_name(m, "content-transfer-encoding");
    made_put(m, ":");
    made_fold(m);
    made_name(m, way == 'q' ? "quoted-printable" : way == 'b' ? "base64" : plain[random_below(5)]);
    made_put(m, random_below(3) ? "\n" : " \n");
}

/* A parameter by RFC 2231: in pieces, or with bytes as %62, or both. */
static void made_pieces(struct made *m, const char *boundary)
{
    const int whole = !random_below(3);

    for (unsigned piece = 0; *boundary; piece++) {
        const int coded = whole || random_below(2);
        size_t n = whole || piece == 9 ? strlen(boundary) : 1 + random_below(12);
        char text[16];
        made_put(m, ";");
        made_fold(m);
        made_name(m, "boundary");
        sprintf(text, "*%u", piece);
        made_put(m, whole ? "" : text);
        made_put(m, coded ? "*=" : "=\"");
        if (coded && !piece)
            made_put(m, random_below(2) ? "us-ascii''" : "UTF-8'en'");
        for (; n && *boundary; n--, boundary++) {
            sprintf(text,
                    coded && (random_below(2) || strchr(" ;=%'", *boundary)) ? "%%%02x" : "%c",
                    (unsigned)(unsigned char)*boundary);
            made_put(m, text);
        }
        made_put(m, coded ? "" : "\"");
    }
}

static void made_type(struct made *m, const char *type, const char *boundary)
{
    const int quoted = !random_below(2) || strpbrk(boundary, " ;=");

    made_name(m, "content-type");
    made_put(m, ":");
    made_fold(m);
    made_name(m, type);
    if (!random_below(3))
        made_put(m, "; x=\"boundary=a;b\"; xboundary=c");
    if (*boundary && !random_below(3)) {
        made_pieces(m, boundary);
    } else if (*boundary) {
        made_put(m, ";");
        made_fold(m);
        made_name(m, "boundary");
        made_put(m, quoted ? "=\"" : "=");
        made_put(m, boundary);
        made_put(m, quoted ? "\"" : "");
    }
    if (!random_below(3))
        made_put(m, ";\n charset=utf-8");
    made_put(m, "\n");
}

/* ---- bodies ------------------------------------------------------------- */

static void made_entity(struct made *m, unsigned left);

static void made_leaf(struct made *m, char way, int html)
{
    for (unsigned k = 1 + random_below(4); k; k--) {
        if (!way && !random_below(4))
            made_put(m, random_below(2) ? "--" : "-");
        made_words(m, way == 'b' ? 0 : way, 0, html);
        if (!way && !random_below(4))
            made_put(m, "\nFrom ");
        made_put(m, random_below(2) ? "\n" : " \n \n");
    }
}

/* One text in base64, and behind its end another. */
static void made_leaf_base64(struct made *m, int html)
{
    for (unsigned k = 1 + random_below(2); k; k--) {
        made_words(m, 'b', 0, html);
        made_put(m, "\n");
    }
}

static void made_multi(struct made *m, unsigned left, const char *boundary, int kept)
{
    const int skipped = m->skipped;
    const int closed = !kept || m->depth == 0 || random_below(4);
    char line[300];

    m->skipped = 1;
    if (!random_below(3))
        made_leaf(m, 0, 0);
    m->depth += kept ? 1 : 0;
    for (unsigned k = 1 + random_below(3); k; k--) {
        sprintf(line, "--%s%s\n", boundary, random_below(3) ? "" : " \t");
        made_put(m, line);
        m->skipped = skipped || !kept;
        made_entity(m, left);
    }
    m->skipped = 1;
    if (closed) {
        sprintf(line, "--%s--%s\n", boundary, random_below(3) ? "" : " ");
        made_put(m, line);
        made_words(m, 0, 0, 0);
        made_put(m, "\n");
    }
    m->depth -= kept ? 1 : 0;
    m->skipped = skipped;
}

/* Headers, an empty line and what they announce; `left`: so much deeper it may go. */
static void made_entity(struct made *m, unsigned left)
{
    static const char *const texts[] = {"text/plain", "text/csv", "message/delivery-status"};
    static const char *const datas[] = {"application/pdf", "image/png", "texts/plain", "text",
                                        "message"};
    const unsigned what = random_below(left ? 7 : 4), late = random_below(2);
    const char way = "qb\0"[random_below(3)];
    char boundary[100] = "";
    const int skipped = m->skipped;

    if (!late)
        made_fields(m);
    if (what >= 5) {
        const size_t n = random_below(6) ? 1 + random_below(9) : 66 + random_below(6);
        for (size_t i = 0; i + 1 < n; i++)
            boundary[i] = "abc-_=; ;'"[i ? random_below(10) : 0];
        sprintf(boundary + n - 1, "%u", m->depth);
        made_type(m, random_below(2) ? "multipart/mixed" : "multipart/x", boundary);
    } else if (what == 4) {
        made_type(m, random_below(2) ? "message/rfc822" : "message/global", "");
    } else {
        if (what || random_below(2))
            made_type(m,
                      what < 2    ? texts[random_below(3)]
                      : what == 2 ? "text/html"
                                  : datas[random_below(5)],
                      "");
        made_way(m, way);
    }
    if (late)
        made_fields(m);
    made_put(m, "\n");
    if (what >= 5)
        made_multi(m, left - 1, boundary, strlen(boundary) <= 70 && m->depth < MADE_DEPTH);
    else if (what == 4)
        made_entity(m, left - 1);
    else {
        m->skipped |= what == 3;
        if (way == 'b')
            made_leaf_base64(m, what == 2);
        else
            made_leaf(m, way, what == 2);
    }
    m->skipped = skipped;
}

/* One message, or several behind lines of "From ". */
static void made_mail(struct made *m)
{
    const unsigned boxes = random_below(3);

    m->n = m->want_n = m->count = m->depth = 0;
    m->want[0] = 0;
    m->skipped = 0;
    m->eol = (const char *const[]) {"\n", "\r\n", "\r"}[random_below(3)];
    for (unsigned k = 0; k < 1 + boxes; k++) {
        if (boxes) {
            char address[40], line[80];
            made_address(m, address, 0);
            sprintf(line, "%sFrom %s Thu Jan  1 00:00:00 1970\n", k ? "\n" : "", address);
            made_put(m, line);
        }
        if (random_below(9))
            made_entity(m, random_below(5) ? 3 : 12);
        else
            made_put(m, "Subject: nothing behind it\n\n");
    }
}

#endif
