/* find_at.c - is this '@' that of an address, and from where to where does it go?
 *
 *     \u003e   o'malley   @   example.com   .
 *     escape | local part   | labels      | what ends a sentence
 *         <-- to the left       to the right -->
 *
 * The local part is the whole run of characters before the '@' that may be in one; what stands
 * before the run decides whether it is one, because a part of something longer is no address. Then
 * the domain: labels up to what ends them, and the last must be a top-level domain. In the end
 * quoth_addr_parse() has to agree. The rules are section XT of tests/RULES.md.
 *
 * SPDX-License-Identifier: MIT */
#include "find_inner.h"
#include "sets.h"
#include "tlds.h"

enum { AT_LOCAL_MAX = 64, AT_LABEL_MAX = 63 };
/* What a character is: no good; an end; a letter; nothing to be seen, wherever it stands. */
enum { AT_NONE, AT_STOP, AT_WORD, AT_SCRIPT, AT_UNSEEN };

/* ---- characters --------------------------------------------------------- */

/* What characters are from this one on. Beyond ASCII, there are punctuation and signs; what is not
 * seen; and scripts that are written without blanks, so that a word of ASCII among them has its end
 * where they begin. The rest are letters. */
#define AT_FROM(c, kind) ((uint32_t)(c) << 3 | AT_##kind)
static const uint32_t at_kinds[] = {
    AT_FROM(0x0, WORD),       AT_FROM(0x80, STOP),     AT_FROM(0xaa, WORD),
    AT_FROM(0xab, STOP),      AT_FROM(0xad, UNSEEN),   AT_FROM(0xae, STOP),
    AT_FROM(0xb5, WORD),      AT_FROM(0xb6, STOP),     AT_FROM(0xba, WORD),
    AT_FROM(0xbb, STOP),      AT_FROM(0xc0, WORD),     AT_FROM(0xd7, STOP),
    AT_FROM(0xd8, WORD),      AT_FROM(0xf7, STOP),     AT_FROM(0xf8, WORD),
    AT_FROM(0x34f, UNSEEN),   AT_FROM(0x350, WORD),    AT_FROM(0x60c, STOP),
    AT_FROM(0x60e, WORD),     AT_FROM(0x61b, STOP),    AT_FROM(0x61c, UNSEEN),
    AT_FROM(0x61d, STOP),     AT_FROM(0x620, WORD),    AT_FROM(0x6d4, STOP),
    AT_FROM(0x6d5, WORD),     AT_FROM(0x964, STOP),    AT_FROM(0x966, WORD),
    AT_FROM(0xe00, SCRIPT),   AT_FROM(0xf00, WORD),    AT_FROM(0x1000, SCRIPT),
    AT_FROM(0x10a0, WORD),    AT_FROM(0x1780, SCRIPT), AT_FROM(0x17b4, UNSEEN),
    AT_FROM(0x17b6, SCRIPT),  AT_FROM(0x1800, WORD),   AT_FROM(0x180b, UNSEEN),
    AT_FROM(0x1810, WORD),    AT_FROM(0x2000, STOP),   AT_FROM(0x200b, UNSEEN),
    AT_FROM(0x2010, STOP),    AT_FROM(0x202a, UNSEEN), AT_FROM(0x202f, STOP),
    AT_FROM(0x2060, UNSEEN),  AT_FROM(0x2070, STOP),   AT_FROM(0x2c00, WORD),
    AT_FROM(0x2e80, SCRIPT),  AT_FROM(0x3000, STOP),   AT_FROM(0x3005, SCRIPT),
    AT_FROM(0x3008, STOP),    AT_FROM(0x3021, SCRIPT), AT_FROM(0xa000, WORD),
    AT_FROM(0xac00, SCRIPT),  AT_FROM(0xd800, WORD),   AT_FROM(0xe000, STOP),
    AT_FROM(0xf900, SCRIPT),  AT_FROM(0xfb00, WORD),   AT_FROM(0xfe00, UNSEEN),
    AT_FROM(0xfe10, STOP),    AT_FROM(0xfe70, WORD),   AT_FROM(0xfeff, UNSEEN),
    AT_FROM(0xff00, STOP),    AT_FROM(0xff10, WORD),   AT_FROM(0xff1a, STOP),
    AT_FROM(0xff21, WORD),    AT_FROM(0xff3b, STOP),   AT_FROM(0xff41, WORD),
    AT_FROM(0xff5b, STOP),    AT_FROM(0xff66, WORD),   AT_FROM(0xffe0, STOP),
    AT_FROM(0x10000, WORD),   AT_FROM(0x1f000, STOP),  AT_FROM(0x1fb00, WORD),
    AT_FROM(0x20000, SCRIPT), AT_FROM(0x40000, WORD),  AT_FROM(0xe0000, UNSEEN),
    AT_FROM(0xe1000, STOP),   AT_FROM(0x110000, WORD)};

static int at_wide(uint32_t c)
{
    const uint32_t *kind = at_kinds;

    while (kind[1] >> 3 <= c) /* the last one is beyond U+10FFFF */
        kind++;
    return (int)(*kind & 7);
}

int quoth_find_is_unseen(uint32_t c) { return at_wide(c) == AT_UNSEEN; }

enum { AT_LATIN1_HYPHEN = 0xad }; /* a soft one, that is */

/* The bytes, from text[first] on, of the character that ends before text[i]; *is: what it is,
 * AT_NONE where it is not UTF-8. */
static size_t at_before(const struct find_view *view, size_t i, size_t first, int *is)
{
    size_t n = 1;
    uint32_t c;

    while (n < 4 && n < i - first && (view->text[i - n] & 0xc0) == 0x80)
        n++;
    if (quoth_utf8(&c, (const char *)view->text + i - n, n) == n) {
        *is = at_wide(c);
        return n;
    }
    *is = view->text[i - 1] < 0xc0 ? AT_STOP : AT_NONE; /* punctuation of Latin-1, or a letter */
    if (view->text[i - 1] == AT_LATIN1_HYPHEN)
        *is = AT_UNSEEN;
    return 1;
}

/* Letters, digits and . _ + - */
static int at_is_plain(int c)
{
    static const uint32_t plain[] = {0, 0x03ff6800, 0x87fffffe, 0x07fffffe};

    return c < 0x80 && plain[c >> 5] >> (c & 31) & 1;
}

static int at_is_local(const struct find_view *view, int c)
{
    return at_is_plain(c) ||
           (view->options & QUOTH_FIND_ATEXT && find_is_in(c, "!#$%&'*/=?^`{|}~"));
}

/* An apostrophe or an ampersand at text[i] between two letters. */
static int at_joins(const struct find_view *view, size_t i, size_t first)
{
    return !(view->options & QUOTH_FIND_STRICT) && find_is_in(view->text[i], "'&") && i > first &&
           quoth_is_alpha(view->text[i - 1]) && quoth_is_alpha(view->text[i + 1]);
}

/* The value of two hexadecimal digits from text[i] on, at most the '@'; of none 0x100. */
static int at_hex(const struct find_view *view, size_t i)
{
    if (!find_is_hex(view->text[i]) || !find_is_hex(view->text[i + 1]))
        return 0x100;
    return (int)(find_hex(view->text[i]) << 4 | find_hex(view->text[i + 1]));
}

/* ---- tags --------------------------------------------------------------- */

int quoth_find_is_inline(const uint8_t *name, size_t n, uint8_t behind)
{
    static const char names[] = " a b big code em font i mark s small span strong sub sup u "
                                "wbr ";
    char word[9] = " ";

    if (n && *name == '!') /* a comment */
        return 1;
    if (n && *name == '/') {
        name++;
        n--;
    }
    if (!n || n > 6 || (behind != FIND_JOINT && !find_is_in(behind, "> /\t\r\n")))
        return 0;
    memcpy(word + 1, name, n);
    word[1 + n] = ' ';
    return quoth_holds(names, sizeof names - 1, word, n + 2);
}

/* The bytes of the tag within a line that begins at text[i], <b> or </b>, or of a comment; up to
 * the end where that of the tag is beyond it. 0: there is none. */
static size_t at_tag(const struct find_view *view, size_t i)
{
    const int comment = view->n - i >= 4 && !memcmp(view->text + i, "<!--", 4);
    size_t to = i + 1;

    while (to < view->n &&
           (quoth_is_alpha(view->text[to]) || (to == i + 1 && find_is_in(view->text[to], "/!"))))
        to++;
    if (to == view->n || !quoth_find_is_inline(view->text + i + 1, to - i - 1, view->text[to]))
        return 0;
    for (; to < view->n; to++)
        if (find_is_in(view->text[to], ">\xff") &&
            (!comment || !memcmp(view->text + to - 2, "--", 2)))
            return to + 1 - i;
    return to - i;
}

/* The bytes of such a tag that ends before text[i], or 0. */
static size_t at_tag_before(const struct find_view *view, size_t i, size_t first)
{
    const int comment = i >= first + 3 && !memcmp(view->text + i - 3, "--", 2);
    size_t from = i - 1;

    if (view->text[from] != '>')
        return 0;
    while (from > first && (view->text[from] != '<' || (comment && view->text[from + 1] != '!')))
        from--;
    return view->text[from] == '<' && at_tag(view, from) == i - from ? i - from : 0;
}

/* ---- the local part ----------------------------------------------------- */

/* Does a word stand before what is not seen, which ends before text[i]? */
static int at_is_word_before(const struct find_view *view, size_t i, size_t first)
{
    const int cut = view->at >= QUOTH_FIND_LEFT;
    size_t n;
    int is;

    for (; i > first + (cut ? 3 : 0); i -= n) { /* what stands there may be half a character */
        if (view->text[i - 1] >= 0x80) {
            n = at_before(view, i, first, &is);
            if (is != AT_UNSEEN)
                return is == AT_WORD || is == AT_NONE;
        } else {
            n = at_tag_before(view, i, first);
            if (!n)
                return at_is_local(view, view->text[i - 1]);
        }
    }
    return cut;
}

int quoth_find_is_word(const uint8_t *text, size_t n)
{
    const struct find_view view = {.text = text, .n = n, .at = n};
    return at_is_word_before(&view, n, 0);
}

/* text[from..at) is the run so far: what is the character before it? Returns how many bytes of it
 * belong to the run; 0: it ends here, and *stop says how, AT_STOP or another. */
static size_t at_more(struct find_view *view, size_t first, int *stop)
{
    const size_t i = view->from;
    const int c = view->text[i - 1];
    size_t n;

    if (at_is_local(view, c) || at_joins(view, i - 1, first))
        return 1;
    *stop = AT_STOP;
    if (c >= 0x80) {
        n = at_before(view, i, first, stop);
        if (*stop == AT_SCRIPT && i < view->at && view->text[i] < 0x80)
            *stop = AT_STOP;
        if (*stop == AT_UNSEEN)
            *stop = at_is_word_before(view, i, first) ? AT_NONE : AT_STOP;
        if ((*stop == AT_WORD || *stop == AT_SCRIPT) && !(view->options & QUOTH_FIND_STRICT))
            return n;
    } else if (c == '%') {
        const int value = at_hex(view, i);
        if (at_is_plain(value)) {
            view->out_n = 1; /* to be written anew */
            return 1;
        }
        *stop = value < 0x80 ? AT_STOP : AT_NONE;
        view->from += 2;
    } else if (find_is_in(c, "!$&?@") || (c == '>' && at_is_word_before(view, i, first))) {
        *stop = AT_NONE;
    }
    return 0;
}

/* Letters of an escape that stand at the beginning of the run: \n \r \t, ", >, =3D. */
static size_t at_escape(const struct find_view *view)
{
    const uint8_t *p = view->text + view->from;
    const size_t n = view->at - view->from;
    const int before = view->from ? view->text[view->from - 1] : 0;

    if (before == '\\' && n > 1) {
        if (find_is_in(p[0], "nrt"))
            return 1;
        if (p[0] == 'x' && at_hex(view, view->from + 1) < 0x100)
            return 3;
        if (p[0] == 'u' && at_hex(view, view->from + 1) < 0x100 &&
            at_hex(view, view->from + 3) < 0x100)
            return 5;
    }
    return before == '=' && n > 2 && p[0] == '3' && find_is_in(p[1], "CDE") ? 2 : 0;
}

/* b'jane@example.com': an apostrophe that has its like behind the address is a quotation mark. */
static void at_unquote(struct find_view *view)
{
    const uint8_t *mark = memchr(view->text + view->from, '\'', view->at - view->from);

    if (mark && view->to < view->n && view->text[view->to] == '\'' &&
        (!view->from || view->text[view->from - 1] != '\''))
        view->from = (size_t)(mark - view->text) + 1;
}

/* ---- what the local part stands behind ---------------------------------- */

/* The bytes of the first of these words, each with a NUL behind it, that the text before `end` ends
 * in, or 0. */
static size_t at_ends_in(const struct find_view *view, size_t end, const char *words)
{
    for (size_t n; (n = strlen(words)) != 0; words += n + 1)
        if (end >= n && quoth_same((const char *)view->text + end - n, n, words, n))
            return n;
    return 0;
}

/* https://jane:secret@example.com: the user of a server, unless it is mailto://jane@example.com */
static int at_is_userinfo(const struct find_view *view, size_t first)
{
    size_t i = view->from;

    while (i > first && view->text[i - 1] > ' ' &&
           !find_is_in(view->text[i - 1], "\"<>'`,;|()[]{}\\/?#"))
        i--;
    return i >= first + 4 && at_ends_in(view, i, "://\0") && quoth_is_alnum(view->text[i - 4]) &&
           !at_ends_in(view, i, "mailto://\0");
}

/* Does a line that begins at text[i] begin with a field of ids? */
static int at_is_id_field(const struct find_view *view, size_t i)
{
    const uint8_t *colon;
    size_t n;

    while (find_is_in(view->text[i], "> "))
        i++;
    colon = memchr(view->text + i, ':', view->at - i);
    if (!colon)
        return 0;
    n = (size_t)(colon + 1 - view->text);
    return at_ends_in(view, n,
                      "resent-message-id:\0original-message-id:\0message-id:\0"
                      "in-reply-to:\0references:\0content-id:\0") == n - i;
}

/* What stands before text[i] alone says that an id follows: cid:id; a line UID:id of a calendar;
 * " id=" behind the size of a message in a log of Exim. */
static int at_is_id_word(const struct find_view *view, size_t i, size_t first)
{
    if (at_ends_in(view, i, "cid:\0mid:\0"))
        return 1;
    if (i >= first + 4 && !memcmp(view->text + i - 4, "UID:", 4))
        return i == first + 4 ? view->at < QUOTH_FIND_LEFT : view->text[i - 5] == '\n';
    return at_ends_in(view, i, " id=\0") && i > first + 4 && quoth_is_digit(view->text[i - 5]);
}

/* The id of a message: behind such a word, message-id=<id>, or <id> in a field of ids, which may be
 * folded. */
static int at_is_id(const struct find_view *view, size_t first)
{
    size_t i = view->from;

    if (at_is_id_word(view, i, first))
        return 1;
    if (!i || view->text[i - 1] != '<')
        return 0;
    if (at_ends_in(view, i - 1, "message-id=\0msgid=\0"))
        return 1;
    for (;; i--) {
        const int begins = i == first ? view->at < QUOTH_FIND_LEFT : view->text[i - 1] == '\n';
        if (begins && at_is_id_field(view, i))
            return 1;
        if (i == first || (begins && !find_is_blank(view->text[i])))
            return 0;
    }
}

/* ---- the domain --------------------------------------------------------- */

static int at_is_dot(const struct find_view *view, int c)
{
    return c == '.' || (c == FIND_DOT && view->options & QUOTH_FIND_OBSCURED);
}

static int at_is_tld(const uint8_t *label, size_t n)
{
    char ascii[256];
    int len;

    for (size_t i = 0; i < n; i++)
        if (label[i] >= 0x80) {
            len = quoth_idna_to_ascii(ascii, sizeof ascii, (const char *)label, n);
            return len > 0 && sets_find(&sets_tlds, ascii, (size_t)len, 0);
        }
    return sets_find(&sets_tlds, (const char *)label, n, 0) != 0;
}

/* The beginning of the last label of text[from..to); `from` when there is but one. */
static size_t at_last_label(const struct find_view *view, size_t from, size_t to)
{
    while (to > from && !at_is_dot(view, view->text[to - 1]))
        to--;
    return to;
}

/* Does text[from..to) end in a top-level domain, with a label before it? */
static int at_is_host(const struct find_view *view, size_t from, size_t to)
{
    const size_t last = at_last_label(view, from, to);
    return last > from + 1 && at_is_tld(view->text + last, to - last);
}

/* What begins at text[i], no ASCII, is; *len: its bytes. */
static int at_behind(const struct find_view *view, size_t i, size_t *len)
{
    uint32_t c = 0;

    *len = view->n - i;
    if (*len < 4 && !view->ended) /* it may be half a character */
        return AT_UNSEEN;
    *len = quoth_utf8(&c, (const char *)view->text + i, *len);
    if (*len)
        return at_wide(c);
    *len = 1;
    return view->text[i] == AT_LATIN1_HYPHEN ? AT_UNSEEN : AT_STOP;
}

/* Does a word go on behind what is not seen at text[i]? */
static int at_is_word_behind(const struct find_view *view, size_t i)
{
    int unseen = 0, is;
    size_t len;

    for (; i < view->n && (view->text[i] >= 0x80 || view->text[i] == '<'); i += len, unseen = 1) {
        if (view->text[i] == '<') {
            len = at_tag(view, i);
            is = len ? AT_UNSEEN : AT_STOP;
        } else {
            is = at_behind(view, i, &len);
        }
        if (is != AT_UNSEEN)
            return unseen && is == AT_WORD;
    }
    if (unseen && i < view->n && find_is_in(view->text[i], ".-_\2"))
        i++;
    return unseen && (i < view->n ? quoth_is_alnum(view->text[i]) : !view->ended);
}

/* Set `to` behind the labels, without what ends a sentence; where they go on, longer than a domain
 * is or behind what is not seen, there are none. */
static void at_labels(struct find_view *view)
{
    size_t i = view->domain, n = view->n, len;

    for (; i < n; i++) {
        const int c = view->text[i], is = c < 0x80 ? AT_STOP : at_behind(view, i, &len);
        if (is == AT_WORD || is == AT_SCRIPT)
            i += len - 1;
        else if (at_is_dot(view, c) ? at_is_dot(view, view->text[i - 1])
                                    : !quoth_is_alnum(c) && c != '-' && c != '_')
            break;
    }
    view->to = (i == n && !view->ended) || at_is_word_behind(view, i) ? view->domain : i;
    while (find_is_in(view->text[view->to - 1], ".-_\2"))
        view->to--;
}

/* Behind a domain in ASCII a script without blanks begins another word. */
static int at_tld(struct find_view *view)
{
    const size_t first = view->domain;

    if (at_is_host(view, first, view->to))
        return 1;
    for (size_t i = at_last_label(view, first, view->to); i < view->to; i++)
        if (view->text[i] >= 0x80) {
            view->to = i;
            return at_is_host(view, first, i);
        }
    return 0;
}

/* icon@2x.ai, x@1.2.3.dev: names of files and packages. The top-level domain ends each search. */
static int at_is_version(const struct find_view *view)
{
    const uint8_t *first = view->text + view->domain, *p = first;

    while (quoth_is_digit(*p))
        p++;
    if (p == first)
        return 0;
    if ((*p | 0x20) == 'x' && p[1] == '.')
        return p == first + 1;
    if (*p != '.')
        return 0;
    while (quoth_is_digit(*++p))
        ;
    return *p == '.';
}

/* a@b@c is none of the two; user@host:path names a file. */
static int at_goes_on(const struct find_view *view)
{
    const int c = view->to < view->n ? view->text[view->to] : 0;
    const int next = view->to + 1 < view->n ? view->text[view->to + 1] : 0;

    return c == '@' || (c == ':' && (quoth_is_alpha(next) || find_is_in(next, "~/")));
}

/* ---- an address in an address ------------------------------------------- */

/* The word before the '=' at text[i] names a field of a form or of a query. */
static int at_is_key(const struct find_view *view, size_t i)
{
    const size_t n = at_ends_in(view, i,
                                "email\0mail\0username\0user\0login\0name\0from\0to\0bcc\0cc\0"
                                "value\0href\0address\0recipient\0sender\0");

    return n && (n == i || !at_is_plain(view->text[i - n - 1]));
}

/* mailto:jane%40example.com; the same behind a comma, ?to=, &cc= or &bcc= of such a URL. Elsewhere
 * %40 may as well be a part of a URL that means something else. */
static int at_is_mailto(const struct find_view *view, size_t first)
{
    const size_t from = view->from;
    size_t i = from;

    while (i > first && view->text[i - 1] > ' ' && !find_is_in(view->text[i - 1], "\"<>:"))
        i--;
    if (i < first + 7 || !at_ends_in(view, i, "mailto:\0"))
        return 0;
    return i == from || at_ends_in(view, from, ",\0/\0%2c\0") ||
           (view->text[from - 1] == '=' && at_is_key(view, from - 1));
}

/* jane=example.org@mail.example.com: the address a bounce is about. */
static int at_is_verp(struct find_view *view, size_t first)
{
    size_t i = view->from;

    if (i <= first + 1 || view->text[i - 1] != '=' || !at_is_plain(view->text[i - 2]))
        return 0;
    while (i > first && (at_is_plain(view->text[i - 1]) || view->text[i - 1] == '='))
        i--;
    if (i == first && view->at >= QUOTH_FIND_LEFT)
        return 0;
    if (!quoth_same((const char *)view->text + i, 3, "srs", 3) &&
        (at_is_key(view, view->from - 1) || !at_is_host(view, view->from, view->at)))
        return 0;
    view->from = i;
    return 1;
}

/* ---- all together ------------------------------------------------------- */

/* Set `from` to the beginning of the local part. 0: it is none. */
static int at_local(struct find_view *view, size_t first)
{
    int stop = AT_STOP;
    size_t n = 1;

    view->from = view->at;
    while (n && view->from > first) {
        n = at_more(view, first, &stop);
        view->from -= n;
    }
    if (n && view->at >= QUOTH_FIND_LEFT)
        return 0;
    return view->from < view->at && (n || stop == AT_STOP);
}

/* The address without %2B, [at] and [dot], in `out`. 0: there is no room. */
static int at_rewrite(struct find_view *view)
{
    view->out_n = 0;
    for (size_t i = view->from; i < view->to; i++) {
        int c = view->text[i];
        if (view->out_n == QUOTH_FIND_RIGHT)
            return 0;
        if (c == '%' && (i == view->at || !(view->options & QUOTH_FIND_ATEXT))) {
            c = at_hex(view, i + 1);
            i += 2;
        }
        if (c == FIND_AT || c == FIND_DOT) {
            view->flags |= QUOTH_HIT_GUESS;
            c = c == FIND_AT ? '@' : '.';
        }
        view->out[view->out_n++] = (char)c;
    }
    return 1;
}

/* Words of letters and digits, with one of . - @ between two of them: quoth_addr_parse() takes each
 * of these, and would spend half of the time that a hit takes on it. */
static int at_is_ordinary(const struct find_view *view)
{
    int parted = 1;

    for (size_t i = view->from; i < view->to; i++) {
        const int c = view->text[i], parts = c == '.' || c == '-' || c == '@';
        if (parts ? parted : !quoth_is_alnum(c))
            return 0;
        parted = parts;
    }
    return view->at - view->from <= AT_LOCAL_MAX && view->to - view->at <= AT_LABEL_MAX;
}

int quoth_find_at(struct find_view *view)
{
    const size_t first = view->at > QUOTH_FIND_LEFT ? view->at - QUOTH_FIND_LEFT : 0;
    const int escaped = view->text[view->at] == '%';
    struct quoth_addr addr;
    const char *text;
    size_t n;

    if (view->n - view->at - 1 > QUOTH_FIND_RIGHT) {
        view->n = view->at + 1 + QUOTH_FIND_RIGHT;
        view->ended = 0;
    }
    view->out_n = escaped ? 1 : 0; /* to be written anew */
    view->domain = view->at + (escaped ? 3u : 1u);
    if (view->domain > view->n || (escaped && memcmp(view->text + view->at, "%40", 3) != 0))
        return 0;
    at_labels(view);
    if (!at_local(view, first) || !at_tld(view) || at_goes_on(view) || at_is_version(view) ||
        at_is_userinfo(view, first) || (escaped && !at_is_mailto(view, first)))
        return 0;
    view->from += at_escape(view);
    at_unquote(view);
    if (at_is_verp(view, first))
        view->flags |= QUOTH_HIT_VERP;
    if (at_is_id(view, first))
        view->flags |= QUOTH_HIT_MSGID;
    text = (const char *)view->text + view->from;
    n = view->to - view->from;
    if (view->out_n || view->options & QUOTH_FIND_OBSCURED) {
        if (!at_rewrite(view))
            return 0;
        text = view->out;
        n = view->out_n;
    } else if (at_is_ordinary(view)) {
        return 1;
    }
    return quoth_addr_parse(&addr, text, n) == QUOTH_OK;
}
