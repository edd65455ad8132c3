/* find.c - bytes in, addresses out: the window, and the way through a piece without it.
 *
 *   text as it stands               a piece that was lent
 *                 |window    |---------------------------------------------|
 *                            |<-- LEFT -->|     in place      |<-- RIGHT -->|
 *
 * An '@' is judged by find_at.c once LEFT bytes before it (or the beginning) and RIGHT behind it
 * (or the end) are there, so where the pieces are cut does not matter. In a long piece that is
 * plain text, those in the middle are judged where they stand: memchr() goes from one to the next.
 * All else goes through the window, decoded, byte by byte; for each of its bytes `source` says how
 * many bytes of input it stands for, which gives back the offset of a hit.
 *
 * SPDX-License-Identifier: MIT */
#include "find_inner.h"

enum { FIND_CONTEXT = QUOTH_FIND_LEFT + QUOTH_FIND_RIGHT };
_Static_assert(QUOTH_FIND_WINDOW > FIND_CONTEXT + FIND_ROOM, "the window must move");

/* find->in_place */
enum { FIND_JOINING, FIND_INSIDE, FIND_DECODED };

void quoth_find_init(struct quoth_find *find, enum quoth_find_kind kind,
                     enum quoth_find_encoding encoding, unsigned options)
{
    memset(find, 0, sizeof *find);
    find->kind = (uint8_t)kind;
    find->encoding = (uint8_t)encoding;
    find->options = (uint8_t)options;
    find->syntax = kind == QUOTH_FIND_MAIL ? QUOTH_FIND_TEXT : (uint8_t)kind;
    if (kind != QUOTH_FIND_TEXT || encoding != QUOTH_FIND_UTF8 || options & QUOTH_FIND_OBSCURED)
        find->in_place = FIND_DECODED;
}

void quoth_find_feed(struct quoth_find *find, const void *p, size_t n)
{
    find->p = p;
    find->n = n;
    find->at = find->sign = find->counted_at = 0;
}

/* ---- in the window ------------------------------------------------------ */

/* The next c of text[next..n), or n. */
static size_t find_sign(const uint8_t *text, size_t next, size_t n, int c)
{
    const uint8_t *sign = memchr(text + next, c, n - next);

    return sign ? (size_t)(sign - text) : n;
}

/* The next %40 of text[next..n), which may not be there as a whole yet, or n. */
static size_t find_escaped(const uint8_t *text, size_t next, size_t n)
{
    for (;; next++) {
        next = find_sign(text, next, n, '%');
        if (n - next < 3 || (text[next + 1] == '4' && text[next + 2] == '0'))
            return next;
    }
}

/* The next byte of the window that may be the '@' of an address, or where it ends. */
static size_t find_candidate(const struct quoth_find *find)
{
    size_t at = find_sign(find->text, find->next, find->used, '@');

    if (find->options & QUOTH_FIND_OBSCURED)
        at = find_sign(find->text, find->next, at, FIND_AT);
    return find_escaped(find->text, find->next, at);
}

static int find_is_hit(struct quoth_find *find, struct find_view *view, struct quoth_hit *hit)
{
    view->options = find->options;
    view->out = find->out;
    if (!quoth_find_at(view))
        return 0;
    view->flags |= find->mark;
    if (view->flags & (QUOTH_HIT_VERP | QUOTH_HIT_MSGID) && !(find->options & QUOTH_FIND_ALL))
        return 0;
    hit->flags = view->flags;
    hit->address =
        (struct quoth_span) {(const char *)view->text + view->from, view->to - view->from};
    if (view->out_n)
        hit->address = (struct quoth_span) {find->out, view->out_n};
    return 1;
}

/* Those in the window whose surroundings are there. 1 and a hit, or 0. */
static int find_in_window(struct quoth_find *find, struct quoth_hit *hit)
{
    int last = find->cut || find->ended;

    while (find->next < find->used) {
        size_t at = find_candidate(find);
        struct find_view view = {
            .text = find->text, .n = find->used, .at = at, .ended = (uint8_t)last};
        find->next = (uint16_t)at;
        if (at == find->used || (!last && at + 1 + QUOTH_FIND_RIGHT > find->used))
            return 0;
        find->next++;
        if (!find_is_hit(find, &view, hit))
            continue;
        hit->offset = find->offset;
        hit->line = find->line + 1;
        quoth_find_measure(find, view.from, &hit->offset, &hit->line);
        if (!(find->options & QUOTH_FIND_LINES))
            hit->line = 0;
        return 1;
    }
    return 0;
}

/* ---- plain text --------------------------------------------------------- */

/* Count newlines up to p[to], which may be before what is counted. */
static void find_count(struct quoth_find *find, size_t to)
{
    const size_t from = find->counted_at < to ? find->counted_at : to;
    const size_t end = find->counted_at < to ? to : find->counted_at;
    size_t lines = 0;

    if (!(find->options & QUOTH_FIND_LINES))
        return;
    for (size_t i = from; i < end; i++)
        lines += find->p[i] == '\n';
    find->counted += from < to ? lines : 0 - lines;
    find->counted_at = to;
}

static void find_copy(struct quoth_find *find, size_t n)
{
    for (; n; n--) {
        const uint8_t c = find->p[find->at++];
        find->text[find->used] = c;
        find->source[find->used++] = (uint8_t)(c == '\n' ? 1 | FIND_NEWLINE : 1);
    }
}

/* The middle of a long piece, where it stands; then its end goes into the window. */
static int find_in_piece(struct quoth_find *find, struct quoth_hit *hit)
{
    const size_t end = find->n - QUOTH_FIND_RIGHT;

    while (find->at < end) {
        if (find->sign < find->at)
            find->sign = find_sign(find->p, find->at, end, '@');
        size_t at = find_escaped(find->p, find->at, find->sign);
        struct find_view view = {.text = find->p, .n = find->n, .at = at};
        find->at = at + 1;
        if (at == end || !find_is_hit(find, &view, hit))
            continue;
        hit->offset = find->total + view.from;
        find_count(find, view.from);
        hit->line = find->options & QUOTH_FIND_LINES ? find->counted + 1 : 0;
        return 1;
    }
    find->at = end - QUOTH_FIND_LEFT;
    find_count(find, find->at);
    find->offset = find->total + find->at;
    find->line = find->counted;
    find->used = 0;
    find->next = QUOTH_FIND_LEFT;
    find_copy(find, FIND_CONTEXT);
    find_count(find, find->n);
    find->in_place = FIND_JOINING;
    find->total += find->n;
    find->n = find->at = 0;
    return 0;
}

/* A piece of plain text: its first bytes go into the window, as they are what stands behind the
 * end of the last piece, and before its own middle. */
static void find_join(struct quoth_find *find)
{
    size_t room, n = find->n < FIND_CONTEXT ? find->n : FIND_CONTEXT;

    quoth_find_slide(find);
    room = (size_t)QUOTH_FIND_WINDOW - find->used;
    if (find->at < n) {
        find_copy(find, n - find->at < room ? n - find->at : room);
        return;
    }
    if (n == FIND_CONTEXT) {
        find->in_place = FIND_INSIDE;
        find->at = QUOTH_FIND_LEFT;
        return;
    }
    find_count(find, find->n);
    find->total += find->n;
    find->n = find->at = 0;
}

/* ---- everything else ---------------------------------------------------- */

static void find_byte(struct quoth_find *find, uint8_t c, uint8_t source)
{
    if (find->kind == QUOTH_FIND_MAIL)
        quoth_find_in_mail(find, c, source);
    else
        quoth_find_in_text(find, c, source);
}

static void find_character(struct quoth_find *find, uint32_t c, uint8_t source)
{
    uint8_t utf8[4];
    int n = quoth_find_encode(c, utf8);

    for (int i = 0; i < n; i++)
        find_byte(find, utf8[i], i ? 0 : source);
}

/* Two bytes make a unit, and two surrogates a character. */
static void find_utf16(struct quoth_find *find, uint8_t c)
{
    uint16_t unit;

    find->halves ^= 1;
    if (!find->halves) {
        unit = (uint16_t)(find->encoding == QUOTH_FIND_UTF16LE ? c << 8 | find->half
                                                               : find->half << 8 | c);
        if (find->high && unit >> 10 == 0x37) {
            find_character(find, 0x10000u + ((find->high & 0x3ffu) << 10 | (unit & 0x3ffu)), 4);
            find->high = 0;
            return;
        }
        if (find->high)
            find_character(find, 0xfffd, 2);
        find->high = unit >> 10 == 0x36 ? unit : 0;
        find->lines += unit == '\n';
        if (!find->high)
            find_character(find, unit >> 10 == 0x37 ? 0xfffd : unit,
                           unit == '\n' ? 2 | FIND_NEWLINE : 2);
    }
    find->half = c;
}

/* Decode until the window is full, or a text ends. */
static void find_decode(struct quoth_find *find)
{
    quoth_find_slide(find);
    while (find->at < find->n && find->used + FIND_ROOM <= QUOTH_FIND_WINDOW && !find->cut) {
        const uint8_t c = find->p[find->at++];
        find->total++;
        if (find->encoding != QUOTH_FIND_UTF8) {
            find_utf16(find, c);
            continue;
        }
        find->lines += c == '\n';
        find_byte(find, c, c == '\n' ? 1 | FIND_NEWLINE : 1);
    }
}

void quoth_find_end(struct quoth_find *find)
{
    quoth_find_slide(find);
    if (find->kind == QUOTH_FIND_MAIL)
        quoth_find_mail_end(find);
    quoth_find_text_end(find);
    quoth_find_hidden_end(find);
    find->ended = 1;
}

int quoth_find_next(struct quoth_find *find, struct quoth_hit *hit)
{
    for (;;) {
        if (find->in_place == FIND_INSIDE) {
            if (find_in_piece(find, hit))
                return 1;
            continue;
        }
        if (find_in_window(find, hit))
            return 1;
        if (find->cut)
            quoth_find_restart(find);
        if (find->at == find->n && (find->in_place == FIND_DECODED || !find->n))
            return 0;
        if (find->in_place == FIND_DECODED)
            find_decode(find);
        else
            find_join(find);
    }
}
