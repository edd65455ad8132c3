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

/* f->in_place */
enum { FIND_JOINING, FIND_INSIDE, FIND_DECODED };

void quoth_find_init(struct quoth_find *f, enum quoth_find_kind kind,
                     enum quoth_find_encoding encoding, unsigned options)
{
    memset(f, 0, sizeof *f);
    f->kind = (uint8_t)kind;
    f->encoding = (uint8_t)encoding;
    f->options = (uint8_t)options;
    f->syntax = kind == QUOTH_FIND_MAIL ? QUOTH_FIND_TEXT : (uint8_t)kind;
    if (kind != QUOTH_FIND_TEXT || encoding != QUOTH_FIND_UTF8 || options & QUOTH_FIND_OBSCURED)
        f->in_place = FIND_DECODED;
}

void quoth_find_feed(struct quoth_find *f, const void *p, size_t n)
{
    f->p = p;
    f->n = n;
    f->at = f->counted_at = 0;
    f->counted = f->lines;
    if (f->in_place == FIND_INSIDE)
        f->in_place = FIND_JOINING;
}

/* ---- in the window ------------------------------------------------------ */

/* The next '@' of text[next..n), or n. */
static size_t find_candidate(const struct quoth_find *f, const uint8_t *text, size_t next, size_t n)
{
    const uint8_t *at = memchr(text + next, '@', n - next), *hidden = NULL;

    if (f->options & QUOTH_FIND_OBSCURED)
        hidden = memchr(text + next, FIND_AT, n - next);
    if (hidden && (!at || hidden < at))
        at = hidden;
    return at ? (size_t)(at - text) : n;
}

static int find_is_hit(struct quoth_find *f, struct find_view *v, struct quoth_hit *hit)
{
    v->options = f->options;
    v->out = f->out;
    if (!quoth_find_at(v))
        return 0;
    v->flags |= f->mark;
    if (v->flags & (QUOTH_HIT_VERP | QUOTH_HIT_MSGID) && !(f->options & QUOTH_FIND_ALL))
        return 0;
    hit->flags = v->flags;
    hit->address = (struct quoth_span) {(const char *)v->text + v->from, v->to - v->from};
    if (v->out_n)
        hit->address = (struct quoth_span) {f->out, v->out_n};
    return 1;
}

/* Those in the window whose surroundings are there. 1 and a hit, or 0. */
static int find_in_window(struct quoth_find *f, struct quoth_hit *hit)
{
    int last = f->cut || f->ended;

    while (f->next < f->used) {
        size_t at = find_candidate(f, f->text, f->next, f->used);
        struct find_view v = {.text = f->text, .n = f->used, .at = at, .ended = (uint8_t)last};
        f->next = (uint16_t)at;
        if (at == f->used || (!last && at + 1 + QUOTH_FIND_RIGHT > f->used))
            return 0;
        f->next++;
        if (!find_is_hit(f, &v, hit))
            continue;
        hit->offset = f->offset;
        hit->line = f->line + 1;
        quoth_find_measure(f, v.from, &hit->offset, &hit->line);
        if (!(f->options & QUOTH_FIND_LINES))
            hit->line = 0;
        return 1;
    }
    return 0;
}

/* ---- plain text --------------------------------------------------------- */

/* Count newlines up to p[to], which may be before what is counted. */
static void find_count(struct quoth_find *f, size_t to)
{
    const size_t from = f->counted_at < to ? f->counted_at : to;
    const size_t end = f->counted_at < to ? to : f->counted_at;
    size_t lines = 0;

    if (!(f->options & QUOTH_FIND_LINES))
        return;
    for (size_t i = from; i < end; i++)
        lines += f->p[i] == '\n';
    f->counted += from < to ? lines : 0 - lines;
    f->counted_at = to;
}

static void find_copy(struct quoth_find *f, size_t n)
{
    for (; n; n--) {
        const uint8_t c = f->p[f->at++];
        f->text[f->used] = c;
        f->source[f->used++] = (uint8_t)(c == '\n' ? 1 | FIND_NEWLINE : 1);
    }
}

/* The middle of a long piece, where it stands; then its end goes into the window. */
static int find_in_piece(struct quoth_find *f, struct quoth_hit *hit)
{
    const size_t end = f->n - QUOTH_FIND_RIGHT;

    while (f->at < end) {
        size_t at = find_candidate(f, f->p, f->at, end);
        struct find_view v = {.text = f->p, .n = f->n, .at = at};
        f->at = at + 1;
        if (at == end || !find_is_hit(f, &v, hit))
            continue;
        hit->offset = f->total + v.from;
        find_count(f, v.from);
        hit->line = f->options & QUOTH_FIND_LINES ? f->counted + 1 : 0;
        return 1;
    }
    f->at = end - QUOTH_FIND_LEFT;
    find_count(f, f->at);
    f->offset = f->total + f->at;
    f->line = f->counted;
    f->used = 0;
    f->next = QUOTH_FIND_LEFT;
    find_copy(f, FIND_CONTEXT);
    find_count(f, f->n);
    f->in_place = FIND_JOINING;
    f->total += f->n;
    f->lines = f->counted;
    f->n = f->at = 0;
    return 0;
}

/* A piece of plain text: its first bytes go into the window, as they are what stands behind the
 * end of the last piece, and before its own middle. */
static void find_join(struct quoth_find *f)
{
    size_t room, n = f->n < FIND_CONTEXT ? f->n : FIND_CONTEXT;

    quoth_find_slide(f);
    room = (size_t)QUOTH_FIND_WINDOW - f->used;
    if (f->at < n) {
        find_copy(f, n - f->at < room ? n - f->at : room);
        return;
    }
    if (n == FIND_CONTEXT) {
        f->in_place = FIND_INSIDE;
        f->at = QUOTH_FIND_LEFT;
        return;
    }
    find_count(f, f->n);
    f->total += f->n;
    f->lines = f->counted;
    f->n = f->at = 0;
}

/* ---- everything else ---------------------------------------------------- */

static void find_byte(struct quoth_find *f, uint8_t c, uint8_t source)
{
    if (f->kind == QUOTH_FIND_MAIL)
        quoth_find_in_mail(f, c, source);
    else
        quoth_find_in_text(f, c, source);
}

static void find_character(struct quoth_find *f, uint32_t c, uint8_t source)
{
    uint8_t utf8[4];
    int n = quoth_find_encode(c, utf8);

    for (int i = 0; i < n; i++)
        find_byte(f, utf8[i], i ? 0 : source);
}

/* Two bytes make a unit, and two surrogates a character. */
static void find_utf16(struct quoth_find *f, uint8_t c)
{
    uint16_t unit;

    if (!(f->halves ^= 1)) {
        unit = (uint16_t)(f->encoding == QUOTH_FIND_UTF16LE ? c << 8 | f->half : f->half << 8 | c);
        if (f->high && unit >> 10 == 0x37) {
            find_character(f, 0x10000u + ((f->high & 0x3ffu) << 10 | (unit & 0x3ffu)), 4);
            f->high = 0;
            return;
        }
        if (f->high)
            find_character(f, 0xfffd, 2);
        f->high = unit >> 10 == 0x36 ? unit : 0;
        f->lines += unit == '\n';
        if (!f->high)
            find_character(f, unit >> 10 == 0x37 ? 0xfffd : unit,
                           unit == '\n' ? 2 | FIND_NEWLINE : 2);
    }
    f->half = c;
}

/* Decode until the window is full, or a text ends. */
static void find_decode(struct quoth_find *f)
{
    quoth_find_slide(f);
    while (f->at < f->n && f->used + FIND_ROOM <= QUOTH_FIND_WINDOW && !f->cut) {
        const uint8_t c = f->p[f->at++];
        f->total++;
        if (f->encoding != QUOTH_FIND_UTF8) {
            find_utf16(f, c);
            continue;
        }
        f->lines += c == '\n';
        find_byte(f, c, c == '\n' ? 1 | FIND_NEWLINE : 1);
    }
}

void quoth_find_end(struct quoth_find *f)
{
    quoth_find_slide(f);
    f->n = f->at = 0;
    if (f->kind == QUOTH_FIND_MAIL)
        quoth_find_mail_end(f);
    quoth_find_text_end(f);
    quoth_find_hidden_end(f);
    f->ended = 1;
}

int quoth_find_next(struct quoth_find *f, struct quoth_hit *hit)
{
    for (;;) {
        if (f->in_place == FIND_INSIDE) {
            if (find_in_piece(f, hit))
                return 1;
            continue;
        }
        if (find_in_window(f, hit))
            return 1;
        if (f->cut)
            quoth_find_restart(f);
        if (f->at == f->n && (f->in_place == FIND_DECODED || !f->n))
            return 0;
        if (f->in_place == FIND_DECODED)
            find_decode(f);
        else
            find_join(f);
    }
}
