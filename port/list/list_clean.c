/* list_clean.c - what people write around an address, and several of them in one place. Pure.
 *
 *   " <mailto:jane@example.org>, "      blanks, brackets, a scheme, a comma  ->  jane@example.org
 *   "Jane <j@a.org>; \"Doe, J\" <d@b.org>"   hard: , ; | tab line end :::    ->  j@a.org   d@b.org
 *   "j@a.org d@b.org"   "j@a.org/d@b.org"    soft: blanks, then / and &      ->  j@a.org   d@b.org
 *
 * Nothing is mended: an address is a stretch of the text, and what is taken off around it could not
 * be a part of any. If no address is left, the text stays as it is, and its fault is told.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include "list.h"

static int clean_is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Blanks of ASCII alone: what is shown as the input. */
static struct quoth_span clean_blanks(const char *p, size_t n)
{
    while (n && clean_is_blank(p[n - 1]))
        n--;
    while (n && clean_is_blank(*p))
        p++, n--;
    return (struct quoth_span) {p, n};
}

/* ---- one address -------------------------------------------------------- */

static int clean_parses(struct quoth_span s)
{
    struct quoth_addr a;
    return s.n && quoth_addr_parse(&a, s.p, s.n) == QUOTH_OK;
}

static int clean_begins(struct quoth_span s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && !strncasecmp(s.p, with, n);
}

static int clean_ends(struct quoth_span s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && !memcmp(s.p + s.n - n, with, n);
}

static const char *clean_last(struct quoth_span s, char c)
{
    for (size_t i = s.n; i--;)
        if (s.p[i] == c)
            return s.p + i;
    return NULL;
}

/* Each takes one thing off. 0: there is nothing of it. */

/* "Jane Doe <jane@example.org>", "<jane@example.org> Jane" */
static int clean_display_name(struct quoth_span *s)
{
    const char *open = clean_last(*s, '<'), *close = clean_last(*s, '>');
    if (!open || !close || open > close || (open > s->p && close < s->p + s->n - 1))
        return 0;
    *s = (struct quoth_span) {open + 1, (size_t)(close - open - 1)};
    return 1;
}

static int clean_wrap(struct quoth_span *s)
{
    static const char *const pairs[][2] = {
        {"\"", "\""}, {"'", "'"}, {"`", "`"}, {"`", "'"}, {"(", ")"}, {"[", "]"}, {"{", "}"},
        {"“", "”"},   {"“", "“"}, {"”", "”"}, {"„", "“"}, {"„", "”"}, {"‘", "’"}, {"’", "’"},
        {"‚", "‘"},   {"‚", "’"}, {"«", "»"}, {"»", "«"}, {"‹", "›"}, {"›", "‹"}, {"＂", "＂"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        size_t lead = strlen(pairs[i][0]), tail = strlen(pairs[i][1]);
        if (s->n > lead + tail && clean_begins(*s, pairs[i][0]) && clean_ends(*s, pairs[i][1])) {
            *s = (struct quoth_span) {s->p + lead, s->n - lead - tail};
            return 1;
        }
    }
    return 0;
}

/* ="jane@example.org", as spreadsheets write a text that shall stay one */
static int clean_formula(struct quoth_span *s)
{
    if (!clean_begins(*s, "=\"") || !clean_ends(*s, "\"") || s->n < 4)
        return 0;
    *s = (struct quoth_span) {s->p + 2, s->n - 3};
    return 1;
}

static int clean_scheme(struct quoth_span *s)
{
    const char *query;
    size_t n = clean_begins(*s, "mailto:") ? 7 : clean_begins(*s, "smtp:") ? 5 : 0;
    if (!n)
        return 0;
    *s = (struct quoth_span) {s->p + n, s->n - n};
    if (n == 7 && s->n && (query = memchr(s->p, '?', s->n)))
        s->n = (size_t)(query - s->p);
    return 1;
}

static int clean_mark(struct quoth_span *s)
{
    if (s->n && strchr(".,;", s->p[s->n - 1])) {
        s->n--;
        return 1;
    }
    if (s->n && strchr(",;", *s->p)) {
        *s = (struct quoth_span) {s->p + 1, s->n - 1};
        return 1;
    }
    return 0;
}

/* "jane@example.org (Jane)" */
static int clean_comment(struct quoth_span *s)
{
    const char *open = clean_ends(*s, ")") ? clean_last(*s, '(') : NULL;
    if (!open || open == s->p || !clean_is_blank(open[-1]))
        return 0;
    s->n = (size_t)(open - s->p);
    return 1;
}

/* "1. jane@example.org", "- jane@example.org": what counts the items of a list. */
static int clean_bullet(struct quoth_span *s)
{
    static const char *const marks[] = {"-", "*", "+", "o", "#", "•", "·", "–", "—", "►", "▪"};
    size_t n = 0;

    while (n < s->n && (uint8_t)(s->p[n] - '0') < 10)
        n++;
    if (n && n < s->n && strchr(".):", s->p[n]) && s->p[n])
        n++;
    else
        n = 0;
    for (size_t i = 0; !n && i < sizeof marks / sizeof *marks; i++)
        if (clean_begins(*s, marks[i]))
            n = strlen(marks[i]);
    if (!n || n >= s->n || !clean_is_blank(s->p[n]))
        return 0;
    *s = (struct quoth_span) {s->p + n, s->n - n};
    return 1;
}

/* Of each character of ASCII from the blank on: is it a word's, does it stand between words, or is
 * there something to look at? */
static const char clean_kind[] = "           - -- wwwwwwwwww      "
                                 "@wwwwwwwwwwwwwwwwwwwwwwwwww    -"
                                 " wwwwwwwwwwwwwwwwwwwwwwwwww     ";

/* Only letters, digits and what stands in the middle of nearly every address: nothing to clean. */
static int clean_is_plain(const char *p, size_t n)
{
    size_t ats = 0;
    char kind = ' ';

    for (size_t i = 0; i < n; i++) {
        const uint8_t place = (uint8_t)(p[i] - ' ');
        if (place >= sizeof clean_kind - 1 || (kind = clean_kind[place]) == ' ')
            return 0;
        ats += kind == '@';
    }
    return ats == 1 && kind == 'w';
}

int list_clean(struct quoth_span *s)
{
    static int (*const steps[])(struct quoth_span *) = {
        clean_formula, clean_display_name, clean_wrap,  clean_scheme,
        clean_mark,    clean_comment,      clean_bullet};
    struct quoth_span rest = *s;

    for (int round = 0; round < 12; round++) {
        size_t i = 0;
        rest = list_trim(rest.p, rest.n);
        if (clean_parses(rest)) {
            *s = rest;
            return 1;
        }
        while (i < sizeof steps / sizeof *steps && !steps[i](&rest))
            i++;
        if (i == sizeof steps / sizeof *steps)
            return 0;
    }
    return 0;
}

/* ---- what is no address ------------------------------------------------- */

int list_is_nothing(const char *p, size_t n)
{
    static const char *const words[] = {
        "n/a",  "na",   "#n/a",   "null",     "none",      "nil",
        "nan",  "\\n",  "(null)", "<null>",   "unknown",   "keine",
        "kein", "leer", "empty",  "no email", "undefined", "nicht vorhanden"};
    const struct quoth_span s = list_trim(p, n);
    size_t i = 0;

    while (i < s.n && (uint8_t)s.p[i] < 0x80 && strchr("-_./\\?*=+#|,;:'\"()<>[]{} ", s.p[i]) &&
           s.p[i])
        i++;
    if (i == s.n)
        return 1;
    for (i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == s.n && !strncasecmp(words[i], s.p, s.n))
            return 1;
    return 0;
}

static size_t clean_ats(const char *p, size_t n)
{
    size_t ats = 0;
    for (const char *at; n && (at = memchr(p, '@', n)); ats++) {
        n -= (size_t)(at + 1 - p);
        p = at + 1;
    }
    return ats;
}

static int clean_is_utf8(const char *p, size_t n)
{
    for (size_t len; n; p += len, n -= len) {
        uint32_t code;
        if (!(len = quoth_utf8(&code, p, n)))
            return 0;
    }
    return 1;
}

/* The next stretch without blanks, nor / and & where those part too. 0: there is none. */
static int clean_word(const char **p, const char *end, int slash, struct quoth_span *word)
{
    const char *from = *p;
    while (from < end && (clean_is_blank(*from) || (slash && (*from == '/' || *from == '&'))))
        from++;
    *p = from;
    while (*p < end && !clean_is_blank(**p) && !(slash && (**p == '/' || **p == '&')))
        ++*p;
    *word = (struct quoth_span) {from, (size_t)(*p - from)};
    return word->n > 0;
}

/* Is there an address between characters that none has without quotes? A text around one is no
 * address, but no dead one either. */
static int clean_holds_one(struct quoth_span s)
{
    static const char edges[] = " \t\r\n<>()[]{}\"'`:;,|=";

    for (size_t i = 0, n; i < s.n; i += n + 1) {
        struct quoth_span part = {s.p + i, 0};
        while (i + part.n < s.n && (!strchr(edges, part.p[part.n]) || !part.p[part.n]))
            part.n++;
        n = part.n;
        if (memchr(part.p, '@', n) && list_clean(&part))
            return 1;
    }
    return 0;
}

/* How many of the words are addresses; *other: how many have an @ and are none. */
static size_t clean_words(struct quoth_span s, int slash, size_t *other)
{
    const char *p = s.p;
    struct quoth_span word;
    size_t fine = 0;
    *other = 0;
    while (clean_word(&p, s.p + s.n, slash, &word)) {
        if (!memchr(word.p, '@', word.n))
            continue;
        if (list_clean(&word))
            fine++;
        else
            ++*other;
    }
    return fine;
}

/* Is all that is wrong a character in its local part that cannot be seen? RFC 6531 allows it, so it
 * may be right. */
static int clean_is_hidden(struct quoth_span s)
{
    struct quoth_addr a;
    return quoth_addr_parse(&a, s.p, s.n) && a.fault == QUOTH_ADDR_LOCAL_CHAR &&
           (uint8_t)s.p[a.at] >= 0x80;
}

/* A number, a date, a price, the sum below a column: whatever it is, it is nobody's address. */
static int clean_is_number(struct quoth_span s)
{
    size_t digits = 0;

    for (size_t i = 0; i < s.n; i++) {
        const int digit = (uint8_t)(s.p[i] - '0') < 10;
        if (!digit && (!strchr(" .,:;-+/%$()#'", s.p[i]) || !s.p[i]))
            return 0;
        digits += (size_t)digit;
    }
    return digits > 0;
}

/* Why nobody is asked about this text, which is no address. NONE: it is a faulty one. */
static enum quoth_reason clean_reason(struct quoth_span s)
{
    if (list_is_nothing(s.p, s.n) || clean_is_number(s))
        return QUOTH_REASON_EMPTY;
    if (!clean_is_utf8(s.p, s.n) || clean_is_hidden(s))
        return QUOTH_REASON_UNREADABLE;
    if (!memchr(s.p, '@', s.n))
        return memchr(s.p, ' ', s.n) || memchr(s.p, '\n', s.n) || list_heading_rank(s.p, s.n)
                   ? QUOTH_REASON_EMPTY
                   : QUOTH_REASON_NONE;
    return clean_holds_one(s) ? QUOTH_REASON_UNREADABLE : QUOTH_REASON_NONE;
}

/* ---- several ------------------------------------------------------------ */

void list_pieces(struct list_pieces *s, const char *p, size_t n)
{
    memset(s, 0, sizeof *s);
    s->begin = s->p = p;
    s->end = p + n;
    if (!n || (clean_ats(p, n) < 2 && !memchr(p, '\n', n)))
        s->whole = 1;
}

/* Past what opens at p and closes in the same line; p itself when it does not. */
static const char *clean_past(const char *p, const char *end, char close)
{
    for (const char *at = p + 1; at < end && *at != '\n' && *at != '\r'; at++)
        if (*at == close)
            return at;
    return p;
}

/* Where the piece at p ends: at a hard separator, or at the end. */
static const char *clean_hard_end(const char *p, const char *end)
{
    while (p < end && clean_is_blank(*p) && *p != '\n' && *p != '\r' && *p != '\t')
        p++;
    if (p < end && *p == '"')
        p = clean_past(p, end, '"') + 1;
    for (; p < end; p++) {
        if (strchr(",;|\n\r\t", *p) && *p)
            return p;
        if (*p == ':' && end - p >= 3 && !memcmp(p, ":::", 3))
            return p;
        if (*p == '<' || *p == '(')
            p = clean_past(p, end, *p == '<' ? '>' : ')');
    }
    return end;
}

/* Is it one address with all that has an @: a quoted local part, or the name before <...> is the
 * address again? */
static int clean_is_one(struct quoth_span s, struct quoth_span *address)
{
    struct quoth_span name;
    *address = s;
    if (!list_clean(address))
        return 0;
    if (clean_ats(s.p, s.n) == clean_ats(address->p, address->n))
        return 1;
    name = (struct quoth_span) {s.p, (size_t)(address->p - s.p)};
    while (name.n && name.p[name.n - 1] != '<')
        name.n--;
    name.n -= name.n > 0;
    return list_clean(&name) && name.n == address->n && !strncasecmp(name.p, address->p, name.n) &&
           clean_ats(address->p, (size_t)(s.p + s.n - address->p)) == 1;
}

static void clean_fill(struct list_piece *piece, struct quoth_span s)
{
    piece->text = clean_blanks(s.p, s.n);
    piece->address = piece->text;
    piece->reason = QUOTH_REASON_NONE;
    if (!clean_is_plain(piece->text.p, piece->text.n) &&
        !clean_is_one(piece->text, &piece->address)) {
        piece->address = piece->text;
        piece->reason = clean_reason(piece->text);
    }
}

/* 1: the next word of a stretch that soft separators part. */
static int clean_soft(struct list_pieces *s, struct list_piece *piece)
{
    struct quoth_span word;
    while (s->p < s->soft_end && clean_word(&s->p, s->soft_end, s->slash, &word)) {
        if (!memchr(word.p, '@', word.n))
            continue;
        clean_fill(piece, word);
        return 1;
    }
    if (s->soft_end)
        s->p = s->soft_end;
    s->soft_end = NULL;
    return 0;
}

/* Do soft separators part this, every word with an @ being an address? */
static int clean_is_soft(struct list_pieces *s, struct quoth_span text)
{
    for (s->slash = 0; s->slash < 2; s->slash++) {
        size_t other;
        if (clean_words(text, s->slash, &other) && !other)
            return 1;
    }
    return 0;
}

/* Words with an @: of several nobody can tell which ends where. "jane@@example.org" is one. */
static size_t clean_at_words(struct quoth_span s)
{
    size_t other, fine = clean_words(s, 1, &other);
    return fine + other;
}

static int clean_next(struct list_pieces *s, struct list_piece *piece)
{
    if (clean_soft(s, piece))
        return 1;
    while (s->p < s->end) {
        const char *from = s->p, *to = clean_hard_end(s->p, s->end);
        const struct quoth_span text = {from, (size_t)(to - from)};
        s->p = to < s->end ? to + (*to == ':' ? 3 : 1) : s->end;
        if (!memchr(text.p, '@', text.n))
            continue;
        clean_fill(piece, text);
        if (clean_parses(piece->address))
            return 1;
        if (clean_is_soft(s, text)) {
            s->p = from;
            s->soft_end = to;
            return clean_soft(s, piece);
        }
        if (clean_at_words(text) > 1)
            piece->reason = QUOTH_REASON_SEVERAL;
        return 1;
    }
    return 0;
}

int list_piece(struct list_pieces *s, struct list_piece *piece)
{
    const struct quoth_span all = {s->begin, (size_t)(s->end - s->begin)};
    struct quoth_span address;

    if (s->done)
        return 0;
    if (!s->whole && !s->some && clean_is_one(all, &address))
        s->whole = 1;
    if (!s->whole && clean_next(s, piece)) {
        s->some = 1;
        return 1;
    }
    s->done = 1;
    if (s->some)
        return 0;
    clean_fill(piece, all);
    return 1;
}

uint32_t list_pieces_count(const char *p, size_t n)
{
    struct list_pieces s;
    struct list_piece piece;
    uint32_t count = 0;

    list_pieces(&s, p, n);
    if (s.whole)
        return 1;
    while (count <= LIST_PIECES_MAX && list_piece(&s, &piece))
        count++;
    return count;
}
