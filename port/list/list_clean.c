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

static int clean_parses(struct quoth_span span)
{
    struct quoth_addr addr;
    return span.n && quoth_addr_parse(&addr, span.p, span.n) == QUOTH_OK;
}

static int clean_begins(struct quoth_span span, const char *with)
{
    size_t n = strlen(with);
    return span.n >= n && !strncasecmp(span.p, with, n);
}

static int clean_ends(struct quoth_span span, const char *with)
{
    size_t n = strlen(with);
    return span.n >= n && !memcmp(span.p + span.n - n, with, n);
}

static const char *clean_last(struct quoth_span span, char c)
{
    for (size_t i = span.n; i--;)
        if (span.p[i] == c)
            return span.p + i;
    return NULL;
}

/* Each takes one thing off. 0: there is nothing of it. */

/* "Jane Doe <jane@example.org>", "<jane@example.org> Jane"; and a tag that is stuck to an address:
 * "jane@example.org<br>", "<li>jane@example.org". */
static int clean_angles(struct quoth_span *span)
{
    const char *open = clean_last(*span, '<'), *close = clean_last(*span, '>');
    const char *end = span->p + span->n;

    if (!open || !close || open > close || (open > span->p && close < end - 1))
        return 0;
    if (memchr(open, '@', (size_t)(close - open)) || memchr(open, '.', (size_t)(close - open)))
        *span = (struct quoth_span) {open + 1, (size_t)(close - open - 1)};
    else if (open > span->p && !clean_is_blank(open[-1]))
        span->n = (size_t)(open - span->p);
    else if (close < end - 1 && !clean_is_blank(close[1]))
        *span = (struct quoth_span) {close + 1, (size_t)(end - close - 1)};
    else
        return 0;
    return 1;
}

/* What opens and what closes, in pairs. */
static int clean_wrap(struct quoth_span *span)
{
    const char *lead =
        "\"\0\"\0'\0'\0`\0`\0`\0'\0(\0)\0[\0]\0{\0}\0“\0”\0“\0“\0”\0”\0„\0“\0„\0”\0‘\0’\0"
        "’\0’\0‚\0‘\0‚\0’\0«\0»\0»\0«\0‹\0›\0›\0‹\0＂\0＂\0";
    while (*lead) {
        const size_t n = strlen(lead), m = strlen(lead + n + 1);
        if (span->n > n + m && clean_begins(*span, lead) && clean_ends(*span, lead + n + 1)) {
            *span = (struct quoth_span) {span->p + n, span->n - n - m};
            return 1;
        }
        lead += n + m + 2;
    }
    return 0;
}

/* ="jane@example.org", as spreadsheets write a text that shall stay one */
static int clean_formula(struct quoth_span *span)
{
    if (!clean_begins(*span, "=\"") || !clean_ends(*span, "\"") || span->n < 4)
        return 0;
    *span = (struct quoth_span) {span->p + 2, span->n - 3};
    return 1;
}

/* Of =HYPERLINK("mailto:jane@example.org","Jane") the first text with an @. */
static int clean_hyperlink(struct quoth_span *span)
{
    const char *end = span->p + span->n;
    const char *open = memchr(span->p, '"', span->n);

    while (open) {
        const char *text = open + 1, *close = memchr(text, '"', (size_t)(end - text));
        if (!close)
            return 0;
        if (memchr(text, '@', (size_t)(close - text))) {
            *span = (struct quoth_span) {text, (size_t)(close - text)};
            return 1;
        }
        open = memchr(close + 1, '"', (size_t)(end - close - 1));
    }
    return 0;
}

/* A link as a spreadsheet has it, or of [Jane](mailto:jane@example.org) what is in the round
 * brackets. */
static int clean_link(struct quoth_span *span)
{
    const char *end = span->p + span->n, *open = NULL;

    if (clean_begins(*span, "=HYPERLINK("))
        return clean_hyperlink(span);
    if (clean_begins(*span, "[") && clean_ends(*span, ")"))
        open = clean_last(*span, '(');
    if (!open || open[-1] != ']')
        return 0;
    *span = (struct quoth_span) {open + 1, (size_t)(end - open - 2)};
    return 1;
}

/* <a href="mailto:jane@example.org?subject=x">Jane</a>, one of them */
static int clean_anchor(struct quoth_span *span)
{
    static const char scheme[] = "mailto:";
    const size_t n = sizeof scheme - 1;
    const char *p = span->p, *end = span->p + span->n, *close;

    if (!clean_begins(*span, "<a ") || span->n < 8 || strncasecmp(end - 4, "</a>", 4) != 0)
        return 0;
    close = memchr(p, '>', span->n - 4);
    if (!close || memchr(close, '<', (size_t)(end - 4 - close)))
        return 0;
    while (p + n < close && strncasecmp(p, scheme, n) != 0)
        p++;
    if (p + n >= close)
        return 0;
    *span = (struct quoth_span) {p + n, 0};
    while (span->p + span->n < close && !strchr("\"'?& ", span->p[span->n]))
        span->n++;
    return 1;
}

/* "E-Mail: jane@example.org", "Jane Doe - jane@example.org": no address holds a colon and a blank,
 * nor a dash between blanks. */
static int clean_label(struct quoth_span *span)
{
    for (size_t i = 1; i + 1 < span->n && !strchr("@\"<", span->p[i - 1]); i++)
        if ((span->p[i] == ':' || (span->p[i] == '-' && clean_is_blank(span->p[i - 1]))) &&
            clean_is_blank(span->p[i + 1])) {
            *span = (struct quoth_span) {span->p + i + 1, span->n - i - 1};
            return 1;
        }
    return 0;
}

static int clean_scheme(struct quoth_span *span)
{
    const int mailto = clean_begins(*span, "mailto:");
    const size_t n = strlen(mailto ? "mailto:" : "smtp:");
    const char *query;

    if (!mailto && !clean_begins(*span, "smtp:"))
        return 0;
    *span = (struct quoth_span) {span->p + n, span->n - n};
    query = mailto ? memchr(span->p, '?', span->n) : NULL;
    if (query)
        span->n = (size_t)(query - span->p);
    return 1;
}

/* "jane@example.org,", and a bracket whose other one is lost, as of ["jane@example.org", ...; mail
 * that is quoted begins with >. */
static int clean_mark(struct quoth_span *span)
{
    if (span->n && strchr(".,;)]>", span->p[span->n - 1]) && !clean_ends(*span, "..")) {
        span->n--;
        return 1;
    }
    if (span->n && strchr(",;([<>", *span->p)) {
        *span = (struct quoth_span) {span->p + 1, span->n - 1};
        return 1;
    }
    return 0;
}

/* Where the bracket begins that ends the text, others in it counted. NULL: there is none. */
static const char *clean_opened(struct quoth_span span, char open, char close)
{
    size_t deep = 0;

    for (size_t i = span.n; i--;) {
        deep += span.p[i] == close;
        if (span.p[i] == open && !--deep)
            return span.p + i;
    }
    return NULL;
}

/* Where a comment at the end of the text would begin. NULL: there is none. */
static const char *clean_remark(struct quoth_span span)
{
    if (clean_ends(span, ")"))
        return clean_opened(span, '(', ')');
    if (clean_ends(span, "]"))
        return clean_opened(span, '[', ']');
    return clean_last(span, '#');
}

/* "jane@example.org (Jane (Doe))", "jane@example.org [digest]", "jane@example.org # Jane"; but the
 * address itself in "Jane Doe (jane@example.org)". */
static int clean_comment(struct quoth_span *span)
{
    const char *open = clean_remark(*span);
    struct quoth_span front, inner;

    if (!open || open == span->p || !clean_is_blank(open[-1]))
        return 0;
    front = (struct quoth_span) {span->p, (size_t)(open - span->p)};
    inner = (struct quoth_span) {open, span->n - front.n};
    if (clean_wrap(&inner) && clean_parses(inner) && memchr(inner.p, '.', inner.n) &&
        !list_heading_rank(front.p, front.n)) /* "E-mail (jane@example.org)" heads a column */
        *span = inner;
    else
        *span = front;
    return 1;
}

/* "1. jane@example.org", "- jane@example.org", and "  3 jane@example.org" of uniq -c. */
static int clean_bullet(struct quoth_span *span)
{
    const char *mark = "-\0*\0+\0o\0#\0•\0·\0–\0—\0►\0▪\0[ ]\0[x]\0[X]\0";
    size_t n = 0;

    while (n < span->n && (uint8_t)(span->p[n] - '0') < 10)
        n++;
    if (n && n < span->n && strchr(".):", span->p[n]) && span->p[n])
        n++;
    for (; !n && *mark; mark += strlen(mark) + 1)
        if (clean_begins(*span, mark))
            n = strlen(mark);
    if (!n || n >= span->n || !clean_is_blank(span->p[n]))
        return 0;
    *span = (struct quoth_span) {span->p + n, span->n - n};
    return 1;
}

/* Of each character of ASCII from the blank on: a word's (0), one that stands between words (4), an
 * @ (1), or something to look at (2)? */
static const char clean_kind[] = "22222222222424420000000000222222"
                                 "10000000000000000000000000022224"
                                 "20000000000000000000000000022222";

static char clean_kind_of(char c)
{
    const uint8_t place = (uint8_t)(c - ' ');
    return place < sizeof clean_kind - 1 ? clean_kind[place] : '2';
}

int list_is_plain(const char *p, size_t n)
{
    size_t sum = 0;
    char kind = '2';

    for (size_t i = 0; i < n; i++) {
        kind = clean_kind_of(p[i]);
        sum += kind & 3;
    }
    return sum == 1 && kind == '0' && (uint8_t)(p[n - 1] - '0') > 9 && clean_kind_of(*p) == '0' &&
           memcmp(p, "u0", 2);
}

/* A mark that RFC 5322 allows, but that hardly anybody has: =jane@example.org, *jane@example.org.
 * It may be what is left of a formula or a list, and then jane lives. */
static int clean_is_mark(char c)
{
    return clean_kind_of(c) == '2' && (uint8_t)c < 0x80 && c != '"';
}

int list_is_odd(struct quoth_span address)
{
    for (size_t i = 0; i < address.n && address.p[i] != '@' && *address.p != '"'; i++)
        if (clean_is_mark(address.p[i]) && address.p[i] != '\'')
            return 1;
    return 0;
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

/* "alias -group work jane jane@example.org": mutt's address book. */
static int clean_alias(struct quoth_span *span)
{
    const char *p = span->p + 5, *end = span->p + span->n;
    struct quoth_span word;
    int is_group = 0; /* the next word */

    if (!clean_begins(*span, "alias ") && !clean_begins(*span, "alias\t"))
        return 0;
    while (clean_word(&p, end, 0, &word) && !memchr(word.p, '@', word.n)) {
        const int names_one = is_group;
        is_group = !names_one && clean_begins(word, "-group");
        if (names_one || is_group)
            continue;
        *span = (struct quoth_span) {p, (size_t)(end - p)};
        return 1;
    }
    return 0;
}

int list_clean(struct quoth_span *span)
{
    static int (*const steps[])(struct quoth_span *) = {
        clean_formula, clean_link,   clean_anchor, clean_angles, clean_wrap, clean_scheme,
        clean_comment, clean_bullet, clean_label,  clean_alias,  clean_mark};
    struct quoth_span rest = *span;

    for (int round = 0; round < 12; round++) {
        size_t i = 0;
        rest = list_trim(rest.p, rest.n);
        if (clean_parses(rest)) {
            *span = rest;
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
    static const char words[] =
        "n/a\0na\0#n/a\0null\0none\0nil\0nan\0\\n\0(null)\0<null>\0unknown\0"
        "keine\0kein\0leer\0empty\0no email\0undefined\0nicht vorhanden\0";
    const struct quoth_span span = list_trim(p, n);
    size_t i = 0;

    while (i < span.n && (uint8_t)span.p[i] < 0x80 &&
           strchr("-_./\\?*=+#|,;:'\"()<>[]{} ", span.p[i]) && span.p[i])
        i++;
    if (i == span.n)
        return 1;
    return list_is_one_of(span.p, span.n, words);
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

/* How many of the words are addresses; *other: how many have an @ and are none. */
static size_t clean_words(struct quoth_span span, int slash, size_t *other)
{
    const char *p = span.p;
    struct quoth_span word;
    size_t fine = 0;
    *other = 0;
    while (clean_word(&p, span.p + span.n, slash, &word)) {
        if (!memchr(word.p, '@', word.n))
            continue;
        if (list_clean(&word))
            fine++;
        else
            ++*other;
    }
    return fine;
}

/* A number, a date, a price, the sum below a column: whatever it is, it is nobody's address. */
static int clean_is_number(struct quoth_span span)
{
    size_t digits = 0;

    for (size_t i = 0; i < span.n; i++) {
        const int digit = (uint8_t)(span.p[i] - '0') < 10;
        if (!digit && (!strchr(" .,:;-+/%$()#'", span.p[i]) || !span.p[i]))
            return 0;
        digits += (size_t)digit;
    }
    return digits > 0;
}

/* Nothing but what people type for an address, so that its fault is theirs? Anything else came from
 * a page or a program, and the address may be right without it: a zero-width character, (at), a
 * bracket, a blank, a second address stuck to it. */
static int clean_is_typed(struct quoth_span span)
{
    const char *first = memchr(span.p, '@', span.n), *last = clean_last(span, '@');
    size_t i = 0;

    while (i < span.n && clean_kind_of(span.p[i]) != '2')
        i++;
    return i == span.n && (!first || (size_t)(last - first) < clean_ats(span.p, span.n));
}

/* Why nobody is asked about this text, which is no address. NONE: it is a faulty one. */
static enum quoth_reason clean_reason(struct quoth_span span)
{
    if (list_is_nothing(span.p, span.n) || clean_is_number(span))
        return QUOTH_REASON_EMPTY;
    if (!memchr(span.p, '@', span.n) &&
        (memchr(span.p, ' ', span.n) || memchr(span.p, '\n', span.n) || clean_is_typed(span) ||
         list_heading_rank(span.p, span.n)))
        return QUOTH_REASON_EMPTY;
    /* cut off by whoever showed it; a name in another network, or a whole domain */
    if (clean_ends(span, "..") || (clean_begins(span, "@") && clean_ats(span.p, span.n) == 1))
        return QUOTH_REASON_UNREADABLE;
    return clean_is_typed(span) ? QUOTH_REASON_NONE : QUOTH_REASON_UNREADABLE;
}

/* U+FFFD, or UTF-8 that was taken for Latin-1 and written as UTF-8 again: a character was lost. */
static int clean_is_garbled(struct quoth_span span)
{
    const char *marks = "\xef\xbf\xbd\0\xc3\x82\xc2\0\xc3\x83\xc2\0";

    for (; *marks; marks += 4)
        for (size_t i = 0; i + 3 <= span.n; i++)
            if (!memcmp(span.p + i, marks, 3))
                return 1;
    return 0;
}

/* By the standard it is an address, but more likely what a form, a page, a link or a lossy copy has
 * left of one, or two of one domain: email=jane@..., mailto%3Ajane@..., u003ejane@..., --jane@...,
 * j?rgen@..., {jane,joe}@..., jane/joe@example.org. No top-level domain ends with a digit: it came
 * from what stands behind, as in jane@example.org1. */
static int clean_is_doubtful(struct quoth_span address)
{
    const char *end = address.p + address.n, *tld = end;

    if (*address.p == '\'' || *address.p == '-' || *address.p == '+' ||
        clean_begins(address, "u003c") || clean_begins(address, "u003e"))
        return 1;
    while (tld > address.p && tld[-1] != '.' && tld[-1] != '@')
        tld--;
    if ((uint8_t)(end[-1] - '0') < 10 && strncasecmp(tld, "xn--", 4))
        return 1;
    return list_is_odd(address) || clean_is_garbled(address);
}

/* ---- several ------------------------------------------------------------ */

void list_pieces(struct list_pieces *pieces, const char *p, size_t n)
{
    memset(pieces, 0, sizeof *pieces);
    pieces->begin = pieces->p = p;
    pieces->end = p + n;
    if (!n || (clean_ats(p, n) < 2 && !memchr(p, '\n', n)))
        pieces->whole = 1;
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
        if (strchr(",;|\n\r\t{}", *p) && *p)
            return p;
        if (*p == ':' && end - p >= 3 && !memcmp(p, ":::", 3))
            return p;
        if (*p == '<' || *p == '(')
            p = clean_past(p, end, *p == '<' ? '>' : ')');
    }
    return end;
}

/* How often the address stands in it, by itself. */
static size_t clean_times(struct quoth_span span, struct quoth_span address)
{
    static const char apart[] = " \t\"<>()[]:,;", behind[] = " \t\"<>()[]:,;?'&";
    size_t times = 0;

    for (size_t i = 0; i + address.n <= span.n; i++)
        times +=
            !strncasecmp(span.p + i, address.p, address.n) &&
            (!i || memchr(apart, span.p[i - 1], sizeof apart - 1)) &&
            (i + address.n == span.n || memchr(behind, span.p[i + address.n], sizeof behind - 1));
    return times;
}

/* Is it one address with all that has an @: a quoted local part, or what stands around it is the
 * address again, as in "jane@example.org <jane@example.org>"? */
static int clean_is_one(struct quoth_span span, struct quoth_span *address)
{
    size_t ats, each;
    *address = span;
    if (!list_clean(address))
        return 0;
    ats = clean_ats(span.p, span.n);
    each = clean_ats(address->p, address->n);
    return ats == each || clean_times(span, *address) * each == ats;
}

static void clean_fill(struct list_piece *piece, struct quoth_span span)
{
    piece->text = clean_blanks(span.p, span.n);
    piece->address = piece->text;
    piece->reason = QUOTH_REASON_NONE;
    if (!list_is_plain(piece->text.p, piece->text.n) &&
        !clean_is_one(piece->text, &piece->address)) {
        piece->address = piece->text;
        piece->reason = clean_reason(piece->text);
    } else if (clean_is_doubtful(piece->address))
        piece->reason = QUOTH_REASON_UNREADABLE;
}

/* 1: the next word of a stretch that soft separators part. */
static int clean_soft(struct list_pieces *pieces, struct list_piece *piece)
{
    struct quoth_span word;
    while (pieces->p < pieces->soft_end &&
           clean_word(&pieces->p, pieces->soft_end, pieces->slash, &word)) {
        if (!memchr(word.p, '@', word.n))
            continue;
        clean_fill(piece, word);
        return 1;
    }
    if (pieces->soft_end)
        pieces->p = pieces->soft_end;
    pieces->soft_end = NULL;
    return 0;
}

/* A word that may stand beside an address: a name, a label, "and". Any other may be a part of it
 * that a blank has cut off: "jane doe@example.org", "jane@example.o rg". */
static int clean_is_beside(struct quoth_span word, int behind)
{
    static const char between[] = "and\0or\0und\0oder\0et\0ou\0y\0e\0o\0en\0of\0og\0och\0i\0";

    return list_is_one_of(word.p, word.n, between) || clean_ends(word, ":") ||
           clean_kind_of(*word.p) == '2' || (!behind && *word.p >= 'A' && *word.p <= 'Z');
}

/* Do words stand around its addresses alone that cannot be parts of them? */
static int clean_is_parted(struct quoth_span span, int slash)
{
    const char *p = span.p, *end = span.p + span.n;
    struct quoth_span word, beside = {NULL, 0};
    int seen = 0;

    while (clean_word(&p, end, slash, &word)) {
        if (!memchr(word.p, '@', word.n)) {
            if (seen && !beside.n && !clean_is_beside(word, 1))
                return 0;
            beside = word;
            continue;
        }
        if (beside.n && !clean_is_beside(beside, 0))
            return 0;
        seen = 1;
        beside.n = 0;
    }
    return 1;
}

/* Do soft separators part this, every word with an @ being an address? */
static int clean_is_soft(struct list_pieces *pieces, struct quoth_span text)
{
    for (pieces->slash = 0; pieces->slash < 2; pieces->slash++) {
        size_t other;
        if (clean_words(text, pieces->slash, &other) && !other)
            return clean_is_parted(text, pieces->slash);
    }
    return 0;
}

/* Words with an @: of several nobody can tell which ends where. "jane@@example.org" is one. */
static size_t clean_at_words(struct quoth_span span)
{
    size_t other, fine = clean_words(span, 1, &other);
    return fine + other;
}

static int clean_next(struct list_pieces *pieces, struct list_piece *piece)
{
    if (clean_soft(pieces, piece))
        return 1;
    while (pieces->p < pieces->end) {
        const char *from = pieces->p, *to = clean_hard_end(pieces->p, pieces->end);
        const struct quoth_span text = {from, (size_t)(to - from)};
        pieces->p = to < pieces->end ? to + (*to == ':' ? 3 : 1) : pieces->end;
        if (!memchr(text.p, '@', text.n))
            continue;
        clean_fill(piece, text);
        if (clean_parses(piece->address))
            return 1;
        if (clean_is_soft(pieces, text)) {
            pieces->p = from;
            pieces->soft_end = to;
            return clean_soft(pieces, piece);
        }
        if (clean_at_words(text) > 1)
            piece->reason = QUOTH_REASON_SEVERAL;
        return 1;
    }
    return 0;
}

int list_piece(struct list_pieces *pieces, struct list_piece *piece)
{
    const struct quoth_span all = {pieces->begin, (size_t)(pieces->end - pieces->begin)};
    struct quoth_span address;

    if (pieces->done)
        return 0;
    if (!pieces->whole && !pieces->some && clean_is_one(all, &address))
        pieces->whole = 1;
    if (!pieces->whole && clean_next(pieces, piece)) {
        pieces->some = 1;
        return 1;
    }
    pieces->done = 1;
    if (pieces->some)
        return 0;
    clean_fill(piece, all);
    return 1;
}

uint32_t list_pieces_count(const char *p, size_t n)
{
    struct list_pieces pieces;
    struct list_piece piece;
    uint32_t count = 0;

    list_pieces(&pieces, p, n);
    if (pieces.whole)
        return 1;
    while (count <= LIST_PIECES_MAX && list_piece(&pieces, &piece))
        count++;
    return count;
}
