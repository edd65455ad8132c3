/* find_ref.h - which addresses are in a text: a plain reference for core/find, which has the whole
 * text before it and looks at each '@' by itself. For find_test.c and fuzz/find.c.
 *
 * The text is what find_text_ref.h made of the bytes; of hidden addresses 1 is an '@', 2 a dot.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FIND_REF_H
#define FIND_REF_H

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "inner.h"
#include "quoth_find.h"
#include "sets.h"
#include "tlds.h"

enum { REF_LEFT = QUOTH_FIND_LEFT };
struct ref {
    const char *text;
    size_t n, at;
    unsigned options;
    size_t first, from, domain, to; /* no byte before `first` is looked at; the address */
    unsigned flags;
};

static int ref_in(char c, const char *set) { return c && strchr(set, c); }
static int ref_alnum(char c) { return isalnum((unsigned char)c) && !((unsigned char)c & 0x80); }
static int ref_alpha(char c) { return ref_alnum(c) && !ref_in(c, "0123456789"); }
static int ref_plain(char c) { return ref_alnum(c) || ref_in(c, "._+-"); }
static int ref_local(const struct ref *r, char c)
{
    return ref_plain(c) || (r->options & QUOTH_FIND_ATEXT && ref_in(c, "!#$%&'*/=?^`{|}~"));
}
static int ref_dot(const struct ref *r, char c)
{
    return c == '.' || (c == 2 && r->options & QUOTH_FIND_OBSCURED);
}
/* Is that word in the text at `begin`, in any case? */
static int ref_word(const struct ref *r, size_t begin, const char *word)
{
    for (; *word; word++, begin++)
        if (begin >= r->n || tolower((unsigned char)r->text[begin]) != *word)
            return 0;
    return 1;
}
/* Does the text before `end` end in it? */
static int ref_behind(const struct ref *r, size_t end, const char *word)
{
    return end >= strlen(word) && ref_word(r, end - strlen(word), word);
}
static int ref_hex(const struct ref *r, size_t i)
{
    char two[3] = {r->text[i], i + 1 < r->at ? r->text[i + 1] : ' ', 0};
    return i < r->at && isxdigit((unsigned char)two[0]) && isxdigit((unsigned char)two[1])
               ? (int)strtol(two, NULL, 16)
               : -1;
}

/* ---- beyond ASCII ------------------------------------------------------- */

/* The character at text[i]: its bytes, or 0 where there is none before `end`. */
static size_t ref_char(const char *text, size_t i, size_t end, unsigned long *c)
{
    const unsigned char *p = (const unsigned char *)text + i;
    const size_t n = *p < 0x80   ? 1
                     : *p < 0xc0 ? 0
                     : *p < 0xe0 ? 2
                     : *p < 0xf0 ? 3
                     : *p < 0xf8 ? 4
                                 : 0;
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};

    if (!n || n > end - i)
        return 0;
    *c = n == 1 ? *p : *p & (0x3fu >> (n - 1));
    for (size_t k = 1; k < n; k++) {
        if (p[k] >> 6 != 2)
            return 0;
        *c = *c * 64 + (p[k] & 63);
    }
    return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : n;
}

static int ref_between(unsigned long c, unsigned long from, unsigned long to)
{
    return c >= from && c <= to;
}
/* Written without blanks: Thai, Lao, Tibetan's neighbours, Burmese, Khmer, Chinese, Japanese,
 * Korean. */
static int ref_script(unsigned long c)
{
    return ref_between(c, 0xe00, 0xeff) || ref_between(c, 0x1000, 0x109f) ||
           ref_between(c, 0x1780, 0x17ff) || ref_between(c, 0x2e80, 0x2fff) ||
           ref_between(c, 0x3005, 0x3007) || ref_between(c, 0x3021, 0x9fff) ||
           ref_between(c, 0xac00, 0xd7ff) || ref_between(c, 0xf900, 0xfaff) ||
           ref_between(c, 0x20000, 0x3ffff);
}
/* Punctuation, signs, pictures, private use; of Latin-1 all but its letters. */
static int ref_stop(unsigned long c)
{
    if (c < 0xc0)
        return c != 0xaa && c != 0xb5 && c != 0xba;
    return c == 0xd7 || c == 0xf7 || ref_between(c, 0x60c, 0x60d) || ref_between(c, 0x61b, 0x61f) ||
           c == 0x6d4 || ref_between(c, 0x964, 0x965) || ref_between(c, 0x2000, 0x2bff) ||
           ref_between(c, 0x3000, 0x3004) || ref_between(c, 0x3008, 0x3020) ||
           ref_between(c, 0xe000, 0xf8ff) || ref_between(c, 0xfe00, 0xfe6f) ||
           ref_between(c, 0xfeff, 0xff0f) || ref_between(c, 0xff1a, 0xff20) ||
           ref_between(c, 0xff3b, 0xff40) || ref_between(c, 0xff5b, 0xff65) ||
           ref_between(c, 0xffe0, 0xffff) || ref_between(c, 0x1f000, 0x1faff) || c >= 0xe0000;
}

/* A soft hyphen, what has no width, marks of direction and of variants. */
static int ref_unseen(unsigned long c)
{
    return c == 0xad || c == 0x34f || c == 0x61c || ref_between(c, 0x17b4, 0x17b5) ||
           ref_between(c, 0x180b, 0x180f) || ref_between(c, 0x200b, 0x200f) ||
           ref_between(c, 0x202a, 0x202e) || ref_between(c, 0x2060, 0x206f) ||
           ref_between(c, 0xfe00, 0xfe0f) || c == 0xfeff || ref_between(c, 0xe0000, 0xe0fff);
}

/* The name of a tag within a line at text[i], with what ends it. */
static int ref_inline(const char *text, size_t i, size_t end)
{
    static const char *const names[] = {"a",   "b",    "big", "code",  "em",   "font",
                                        "i",   "mark", "s",   "small", "span", "strong",
                                        "sub", "sup",  "u",   "wbr",   NULL};

    for (const char *const *name = names; *name; name++) {
        const size_t n = strlen(*name);
        if (i + n < end && quoth_same(text + i, n, *name, n) &&
            ref_in(text[i + n], "> /\t\r\n\xff"))
            return 1;
    }
    return 0;
}

/* The bytes of such a tag at text[i], or of a comment; up to the end where it has none. */
static size_t ref_tag(const char *text, size_t i, size_t end, const char *ends)
{
    const int comment = end - i >= 4 && !memcmp(text + i, "<!--", 4);
    size_t to = i + 1;

    if (text[i] != '<' || to == end)
        return 0;
    if (text[to] == '!') { /* letters, and a byte that is none */
        while (to + 1 < end && ref_alpha(text[to + 1]))
            to++;
        if (to + 1 == end)
            return 0;
    } else if (!ref_inline(text, to + (text[to] == '/'), end)) {
        return 0;
    }
    for (to = i + 1; to < end; to++)
        if (ref_in(text[to], ends) && (!comment || (text[to - 1] == '-' && text[to - 2] == '-')))
            return to + 1 - i;
    return end - i;
}

/* The bytes of what is not seen at text[i], or 0; in Latin-1, too. `far`: there may be more. */
static size_t ref_unseen_at(const struct ref *r, size_t i, size_t end, int far)
{
    unsigned long c = 0;
    const size_t n = i < end ? ref_char(r->text, i, end, &c) : 0;

    if (i < end && !(r->text[i] & 0x80))
        return ref_tag(r->text, i, end, ">\xff");
    if (far && end - i < 4)
        return end - i;
    if (n)
        return ref_unseen(c) ? n : 0;
    return i < end && (unsigned char)r->text[i] == 0xad;
}

/* ---- the domain --------------------------------------------------------- */

static int ref_tld(const char *label, size_t n)
{
    char ascii[256];
    int len = (int)n;

    for (size_t i = 0; i < n; i++)
        if (label[i] & 0x80) {
            len = quoth_idna_to_ascii(ascii, sizeof ascii, label, n);
            return len > 0 && sets_find(&sets_tlds, ascii, (size_t)len, 0);
        }
    return sets_find(&sets_tlds, label, n, 0) != 0;
}

static int ref_host(const struct ref *r, size_t from, size_t to)
{
    size_t last = to;
    while (last > from && !ref_dot(r, r->text[last - 1]))
        last--;
    return last > from + 1 && ref_tld(r->text + last, to - last);
}

/* How many bytes of a label are at text[to]. */
static size_t ref_label(const struct ref *r, size_t to, size_t n)
{
    const char c = r->text[to];
    unsigned long wide = 0;

    if (c & 0x80) {
        const size_t len = ref_char(r->text, to, n, &wide);
        return ref_stop(wide) || ref_unseen(wide) ? 0 : len;
    }
    return ref_alnum(c) || ref_in(c, "-_") || (ref_dot(r, c) && !ref_dot(r, r->text[to - 1]));
}

static int ref_version(const struct ref *r)
{
    const char *p = r->text + r->domain, *end = r->text + r->to;
    const size_t a = strspn(p, "0123456789");

    if (a && p + a + 1 < end && ref_in(p[a], "xX") && p[a + 1] == '.')
        return a == 1;
    if (!a || p + a >= end || p[a] != '.')
        return 0;
    p += a + 1;
    p += strspn(p, "0123456789");
    return p < end && *p == '.' && p[-1] != '.';
}

/* Behind what is not seen at text[i] a word goes on, or may do so. */
static int ref_goes_on(const struct ref *r, size_t i, size_t end, int far)
{
    unsigned long c = 0;
    size_t n, from = i;

    while ((n = ref_unseen_at(r, i, end, far)) > 0)
        i += n;
    if (i == from)
        return 0;
    if (i < end && r->text[i] & 0x80)
        return ref_char(r->text, i, end, &c) && !ref_stop(c) && !ref_script(c);
    if (i < end && ref_in(r->text[i], ".-_\2"))
        i++;
    return i < end ? ref_alnum(r->text[i]) : far;
}

/* The labels, without what ends a sentence; no path, no version, no second '@' behind them. */
static int ref_domain(struct ref *r)
{
    const size_t far = r->at + 1 + QUOTH_FIND_RIGHT, end = r->n > far ? far : r->n;
    size_t to = r->domain, len, last;

    while (to < end && (len = ref_label(r, to, end)) > 0)
        to += len;
    if (to == far || ref_goes_on(r, to, end, end == far))
        return 0;
    while (to > r->domain && ref_in(r->text[to - 1], ".-_\2"))
        to--;
    r->to = to;
    if (!ref_host(r, r->domain, to)) { /* does another script begin in the last label? */
        for (last = to; last > r->domain && !ref_dot(r, r->text[last - 1]);)
            last--;
        while (last < to && !(r->text[last] & 0x80))
            last++;
        if (last == to || !ref_host(r, r->domain, last))
            return 0;
        r->to = to = last;
    }
    if (to < r->n && r->text[to] == '@')
        return 0;
    if (to + 1 < r->n && r->text[to] == ':' &&
        (ref_alpha(r->text[to + 1]) || ref_in(r->text[to + 1], "~/")))
        return 0;
    return !ref_version(r);
}

/* ---- the local part ----------------------------------------------------- */

/* The bytes of the character that ends before text[i]; 0: it is no UTF-8. */
static size_t ref_char_before(const struct ref *r, size_t i, unsigned long *c)
{
    for (size_t n = 1; n <= 4 && n <= i - r->first; n++)
        if (ref_char(r->text, i - n, i, c) == n)
            return n;
    return 0;
}

/* The bytes of a tag that ends before text[i]. */
static size_t ref_tag_before(const struct ref *r, size_t i)
{
    const int comment = i >= r->first + 3 && !memcmp(r->text + i - 3, "-->", 3);
    size_t from = i - 1;

    while (from > r->first && memcmp(r->text + from, "<!", comment ? 2 : 1) != 0)
        from--;
    return r->text[i - 1] == '>' && r->text[from] == '<' &&
                   ref_tag(r->text, from, r->n, ">\xff") == i - from
               ? i - from
               : 0;
}

/* Before what is not seen, which ends before text[i], a word stands, or may do so. */
static int ref_went_on(const struct ref *r, size_t i)
{
    const int cut = r->at >= REF_LEFT;
    unsigned long c;
    size_t n;

    while (i > r->first + (cut ? 3 : 0)) {
        if (!(r->text[i - 1] & 0x80)) {
            n = ref_tag_before(r, i);
            if (!n)
                return ref_local(r, r->text[i - 1]);
        } else if ((n = ref_char_before(r, i, &c)) > 0) {
            if (!ref_unseen(c))
                return !ref_stop(c) && !ref_script(c);
        } else {
            n = 1;
            if ((unsigned char)r->text[i - 1] != 0xad)
                return (unsigned char)r->text[i - 1] >= 0xc0;
        }
        i -= n;
    }
    return cut;
}

/* How many bytes before text[i] go on with a local part; 0: none, -1: and then it is none. */
static int ref_more(const struct ref *r, size_t i)
{
    const char c = r->text[i - 1];
    const int strict = r->options & QUOTH_FIND_STRICT;
    unsigned long wide;

    if (ref_local(r, c))
        return 1;
    if (c & 0x80) {
        const size_t n = ref_char_before(r, i, &wide);
        if (n ? ref_unseen(wide) : (unsigned char)c == 0xad)
            return ref_went_on(r, i) ? -1 : 0;
        if (!n)
            return (unsigned char)c < 0xc0 ? 0 : -1; /* as in Latin-1 */
        if (ref_stop(wide) || (ref_script(wide) && i < r->at && !(r->text[i] & 0x80)))
            return 0;
        return strict ? -1 : (int)n;
    }
    if (c == '%' && ref_hex(r, i) >= 0)
        return ref_plain((char)ref_hex(r, i)) ? 1 : ref_hex(r, i) < 0x80 ? 0 : -1;
    if (ref_in(c, "'&") && !strict && i < r->at && i > r->first + 1 && ref_alpha(r->text[i - 2]) &&
        ref_alpha(r->text[i]))
        return 1;
    return ref_in(c, "!$&?@%") || (c == '>' && ref_went_on(r, i)) ? -1 : 0;
}

/* From the '@' to the left, as far as it may be a local part. */
static int ref_before(struct ref *r)
{
    size_t i = r->at;
    int n = 0;

    while (i > r->first && (n = ref_more(r, i)) > 0)
        i -= (size_t)n;
    if (n < 0 || (i == r->first && n > 0 && r->at >= REF_LEFT))
        return 0;
    r->from = i;
    if (i > r->first && r->text[i - 1] == '%')
        r->from += 2; /* %3C */
    return r->from < r->at;
}

static int ref_url(const struct ref *r)
{
    size_t i = r->from;
    while (i > r->first && (unsigned char)r->text[i - 1] > ' ' &&
           !ref_in(r->text[i - 1], "\"<>'`,;|()[]{}\\/?#"))
        i--;
    return i >= r->first + 4 && ref_behind(r, i, "://") && ref_alnum(r->text[i - 4]) &&
           !ref_behind(r, i, "mailto://");
}

/* Is there an '@' at text[at], or how a mailto writes it? */
static int ref_escaped(const struct ref *r) { return ref_word(r, r->at, "%40"); }

static void ref_strip(struct ref *r)
{
    const char before = r->from ? r->text[r->from - 1] : 0, *p = r->text + r->from, *mark;
    if (before == '\\' && ref_in(*p, "nrt") && r->at - r->from > 1)
        r->from += 1;
    else if (before == '\\' && *p == 'x' && ref_hex(r, r->from + 1) >= 0)
        r->from += 3;
    else if (before == '\\' && *p == 'u' && ref_hex(r, r->from + 1) >= 0 &&
             ref_hex(r, r->from + 3) >= 0)
        r->from += 5;
    else if (before == '=' && *p == '3' && ref_in(p[1], "CDE") && r->at - r->from > 2)
        r->from += 2;
    mark = memchr(r->text + r->from, '\'', r->at - r->from);
    if (mark && r->to < r->n && r->text[r->to] == '\'' &&
        !(r->from && r->text[r->from - 1] == '\''))
        r->from = (size_t)(mark - r->text) + 1;
}

/* ---- an address in an address, an id ------------------------------------ */

/* Does the text before `end` end in the whole word? */
static int ref_named(const struct ref *r, size_t end, const char *const *words)
{
    for (; *words; words++) {
        const size_t n = strlen(*words);
        if (ref_behind(r, end, *words) && (end == n || !ref_plain(r->text[end - n - 1])))
            return 1;
    }
    return 0;
}

static const char *const ref_keys[] = {
    "email", "mail", "user",  "username", "login",   "name",      "from",   "to",
    "cc",    "bcc",  "value", "href",     "address", "recipient", "sender", NULL};

static void ref_verp(struct ref *r)
{
    size_t i = r->from;

    if (i < r->first + 2 || r->text[i - 1] != '=' || !ref_plain(r->text[i - 2]))
        return;
    while (i > r->first && (ref_plain(r->text[i - 1]) || r->text[i - 1] == '='))
        i--;
    if (i == r->first && r->at >= REF_LEFT)
        return;
    if (!ref_word(r, i, "srs") &&
        (ref_named(r, r->from - 1, ref_keys) || !ref_host(r, r->from, r->at)))
        return;
    r->from = i;
    r->flags |= QUOTH_HIT_VERP;
}

/* mailto:A, mailto:?to=A&cc=A, mailto:A,A%2CA */
static int ref_mailto(const struct ref *r)
{
    static const char *const before[] = {"mailto:", "/", ",", "%2c", NULL};
    size_t i = r->from;
    int any = ref_behind(r, i, "=") && ref_named(r, i - 1, ref_keys);

    for (const char *const *word = before; *word; word++)
        any |= ref_behind(r, i, *word);
    while (i > r->first && (unsigned char)r->text[i - 1] > ' ' && !ref_in(r->text[i - 1], "\"<>:"))
        i--;
    return any && i >= r->first + 7 && ref_behind(r, i, "mailto:");
}

/* Is the line that begins at text[i] one of such a field, quoted or not? */
static int ref_id_line(const struct ref *r, size_t i)
{
    static const char *const fields[] = {
        "message-id:",        "in-reply-to:",         "references:", "content-id:",
        "resent-message-id:", "original-message-id:", NULL};

    while (i < r->at && ref_in(r->text[i], "> "))
        i++;
    for (const char *const *f = fields; *f; f++)
        if (i + strlen(*f) < r->at && ref_word(r, i, *f))
            return 1;
    return 0;
}

static void ref_id(struct ref *r)
{
    size_t i = r->from;
    int id = ref_behind(r, i, "cid:") || ref_behind(r, i, "mid:");

    if (i >= r->first + 4 && !memcmp(r->text + i - 4, "UID:", 4))
        id = i > r->first + 4 ? r->text[i - 5] == '\n' : r->at < REF_LEFT;
    if (ref_behind(r, i, " id="))
        id = i > r->first + 4 && ref_in(r->text[i - 5], "0123456789");

    if (!id && i && r->text[i - 1] == '<') {
        id = ref_behind(r, i - 1, "message-id=") || ref_behind(r, i - 1, "msgid=");
        for (int more = !id; more;) { /* line by line upwards, while they are folded */
            while (i > r->first && r->text[i - 1] != '\n')
                i--;
            if (i == r->first && r->at >= REF_LEFT)
                break; /* or longer */
            id = ref_id_line(r, i);
            more = !id && i > r->first && ref_in(r->text[i], " \t");
            i--;
        }
    }
    if (id)
        r->flags |= QUOTH_HIT_MSGID;
}

/* ---- all together ------------------------------------------------------- */

/* 1 and the address around text[at], with its flags. */
static int ref_find(struct ref *r, char out[400], size_t *out_n)
{
    struct quoth_addr addr;

    *out_n = 0;
    r->flags = 0;
    r->first = r->at > REF_LEFT ? r->at - REF_LEFT : 0;
    r->domain = r->at + (ref_escaped(r) ? 3 : 1);
    if (!ref_domain(r) || !ref_before(r) || ref_url(r) || (ref_escaped(r) && !ref_mailto(r)))
        return 0;
    ref_strip(r);
    ref_verp(r);
    ref_id(r);
    if (r->to - r->from > 390)
        return 0;
    for (size_t i = r->from; i < r->to; i++) {
        int escaped =
            r->text[i] == '%' && !(r->options & QUOTH_FIND_ATEXT) ? ref_hex(r, i + 1) : -1;
        if (i == r->at && ref_escaped(r))
            escaped = '@';
        char c = escaped >= 0 ? (char)escaped : r->text[i];
        if (r->options & QUOTH_FIND_OBSCURED && ref_in(c, "\1\2")) {
            r->flags |= QUOTH_HIT_GUESS;
            c = c == 1 ? '@' : '.';
        }
        out[(*out_n)++] = c;
        i += escaped >= 0 ? 2 : 0;
    }
    if (r->flags & (QUOTH_HIT_VERP | QUOTH_HIT_MSGID) && !(r->options & QUOTH_FIND_ALL))
        return 0;
    return quoth_addr_parse(&addr, out, *out_n) == QUOTH_OK;
}

#endif
