/* judge_ref.h - a plain reference for core/judge.c, for judge_test.c: what core/data/judge.txt says
 * about words and rows, done word by word and slowly, from the rows and stems as they were written
 * (judge_source and judge_words of judge.h) and without the packed ones.
 *
 *   bytes -> runs -> words -> atoms -> the first row that holds -> what it says of the mailbox
 *
 * SPDX-License-Identifier: MIT */
#ifndef JUDGE_REF_H
#define JUDGE_REF_H

#include <stdio.h>
#include <stdlib.h>

struct ref_text {
    unsigned atom[256], atoms;
    unsigned esc[3], code;
    enum quoth_phase phase;
    const char *mx;
};

struct ref_reading {
    unsigned row; /* JUDGE_ROWS: none holds */
    enum quoth_reason reason;
    enum quoth_says says;
};

static int ref_is_capital(int c) { return c >= 'A' && c <= 'Z'; }
static int ref_is_small(int c) { return c >= 'a' && c <= 'z'; }
static int ref_is_number(int c) { return c >= '0' && c <= '9'; }
static int ref_is_plain(int c) { return ref_is_capital(c) || ref_is_small(c) || ref_is_number(c); }

/* ---- letters and words ---------------------------------------------------- */

/* The letter that U+00C0 to U+017F is without its accent; 0: it is no letter. */
static int ref_bare(unsigned c)
{
    static const struct {
        unsigned last;
        int letter;
    } upto[] = {{0xc6, 'a'},  {0xc7, 'c'},  {0xcb, 'e'},  {0xcf, 'i'},  {0xd0, 'd'},  {0xd1, 'n'},
                {0xd6, 'o'},  {0xd7, 0},    {0xd8, 'o'},  {0xdc, 'u'},  {0xdd, 'y'},  {0xde, 't'},
                {0xdf, 's'},  {0xe6, 'a'},  {0xe7, 'c'},  {0xeb, 'e'},  {0xef, 'i'},  {0xf0, 'd'},
                {0xf1, 'n'},  {0xf6, 'o'},  {0xf7, 0},    {0xf8, 'o'},  {0xfc, 'u'},  {0xfd, 'y'},
                {0xfe, 't'},  {0xff, 'y'},  {0x105, 'a'}, {0x10d, 'c'}, {0x111, 'd'}, {0x11b, 'e'},
                {0x123, 'g'}, {0x127, 'h'}, {0x133, 'i'}, {0x135, 'j'}, {0x138, 'k'}, {0x13e, 'l'},
                {0x140, 0},   {0x142, 'l'}, {0x14b, 'n'}, {0x153, 'o'}, {0x159, 'r'}, {0x161, 's'},
                {0x167, 't'}, {0x173, 'u'}, {0x175, 'w'}, {0x178, 'y'}, {0x17e, 'z'}, {0x17f, 's'}};
    size_t i = 0;

    while (c > upto[i].last)
        i++;
    return upto[i].letter;
}

/* What is read as a letter of another script: characters, and the letters they are. A small letter
 * stands for its capital. */
static const char ref_written[] = "абвгдежзийклмнопрстуфхцчшщъыэюя"
                                  "ѐёђѓєѕіїјљњћќѝўџґ"
                                  "αβγδεζηθικλμνξοπρςστυφχψω"
                                  "άέήίόύώϊϋΐΰ";
static const char ref_as_read[] = "abvgdejziiklmnoprstufhcqwwyyeua"
                                  "eedgeziijlnckiudg"
                                  "abgzezhuiklmnjoprsstyfxcw"
                                  "aehioywiyiy";

static unsigned ref_small(unsigned c)
{
    static const struct {
        unsigned capital, small;
    } one[] = {{0x386, 0x3ac}, {0x388, 0x3ad}, {0x389, 0x3ae}, {0x38a, 0x3af}, {0x38c, 0x3cc},
               {0x38e, 0x3cd}, {0x38f, 0x3ce}, {0x3a2, 0x3c2}, {0x490, 0x491}};

    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        if (c == one[i].capital)
            return one[i].small;
    if ((c >= 0x410 && c <= 0x42f) || (c >= 0x391 && c <= 0x3ab))
        return c + 0x20;
    return c >= 0x400 && c <= 0x40f ? c + 0x50 : c;
}

static int ref_is_mark(unsigned c)
{
    return (c >= 0x300 && c <= 0x36f) || c == 0x42c || c == 0x44c || (c >= 0x591 && c <= 0x5c7) ||
           (c >= 0x64b && c <= 0x65f) || (c >= 0x200b && c <= 0x200f);
}

/* The Latin letter that a character is read as; 0: none. */
static int ref_latin(unsigned c)
{
    static const struct {
        unsigned last;
        int letter;
    } vietnamese[] = {{0x1eb7, 'a'}, {0x1ec7, 'e'}, {0x1ecb, 'i'}, {0x1ee3, 'o'},
                      {0x1ee7, 'u'}, {0x1ef1, 'w'}, {0x1ef9, 'y'}};
    size_t i = 0, at = 0;
    uint32_t one;

    if (c <= 0x17f)
        return ref_bare(c);
    if (c == 0x1a0 || c == 0x1a1)
        return 'o';
    if (c >= 0x218 && c <= 0x21b)
        return c < 0x21a ? 's' : 't';
    if (c == 0x1af || c == 0x1b0)
        return 'w';
    if (c >= 0x1ea0 && c <= 0x1ef9) {
        while (c > vietnamese[i].last)
            i++;
        return vietnamese[i].letter;
    }
    for (; ref_as_read[i]; i++) {
        at += quoth_utf8(&one, ref_written + at, sizeof ref_written - at);
        if (one == ref_small(c))
            return ref_as_read[i];
    }
    return 0;
}

/* The letter that p begins with, as stems have it, in `word`: none for a mark, two bytes for what
 * has too many for one. Its bytes in p; 0: no letter. */
static size_t ref_letter(const unsigned char *p, size_t n, char word[4])
{
    uint32_t c;
    size_t took = quoth_utf8(&c, (const char *)p, n);
    int latin;

    memset(word, 0, 4);
    if (ref_is_plain(p[0])) {
        word[0] = (char)(ref_is_capital(p[0]) ? p[0] - 'A' + 'a' : p[0]);
        return 1;
    }
    if (took < 2 || c < 0xc0 || c == 0xd7 || c == 0xf7 || c == 0x13f || c == 0x140 || c == 0x387)
        return 0;
    if (ref_is_mark(c))
        return took;
    if ((c >= 0x600 && c <= 0x61f) || (c >= 0x2000 && c <= 0x303f) || (c >= 0xfe00 && c <= 0xffff))
        return 0;
    latin = ref_latin(c);
    if (latin || c < 0x1000) {
        word[0] = (char)(latin ? latin : (int)(0x80 | c % 0x80));
        return took;
    }
    word[0] = (char)(0x80 | c / 0x80 % 0x80);
    word[1] = (char)(0x80 | c % 0x80);
    return took;
}

/* Behind its first letter a digit is as good as a letter: 0 is p, and 9 is y. */
static int ref_same(const char *stem, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int a = stem[i], b = text[i];
        if (i && ref_is_number(a))
            a += 'p' - '0';
        if (i && ref_is_number(b))
            b += 'p' - '0';
        if (a != b)
            return 0;
    }
    return 1;
}

/* A stem as its letters are read; it is a beginning when it has '*' or is of a script without
 * spaces. */
static struct {
    char text[20];
    int prefix;
} ref_stems[sizeof judge_words / sizeof *judge_words];

static void ref_read_stems(void)
{
    for (size_t i = 0; i < sizeof judge_words / sizeof *judge_words; i++) {
        const unsigned char *p = (const unsigned char *)judge_words[i].stem;
        char letter[4];
        for (; *p; p += ref_letter(p, strlen((const char *)p), letter),
                   strcat(ref_stems[i].text, letter)) {
        }
        ref_stems[i].prefix = judge_words[i].prefix || ((ref_stems[i].text[0] & 0x80) &&
                                                        (judge_words[i].stem[0] & 0xe0) == 0xe0);
    }
}

/* The atom of the longest stem that `text` begins with, or that it is as a whole. */
static unsigned ref_stem(const char *text, size_t n, size_t *len)
{
    unsigned best = 0;

    *len = 0;
    if (!ref_stems[0].text[0])
        ref_read_stems();
    for (size_t i = 0; i < sizeof judge_words / sizeof *judge_words; i++) {
        size_t m = strlen(ref_stems[i].text);
        if (m <= *len || m > n || !ref_same(ref_stems[i].text, text, m))
            continue;
        if (m < n && !ref_stems[i].prefix)
            continue;
        best = judge_words[i].atom;
        *len = m;
    }
    return best;
}

static void ref_put(struct ref_text *t, unsigned atom)
{
    if (atom != JUDGE_ATOM_SKIP && t->atoms < 256)
        t->atom[t->atoms++] = atom;
}

/* A row of six goes on in what follows, if that is six bytes and a dash: Exim's ids. */
static int ref_goes_on(const unsigned char *p, size_t n, size_t at, int row)
{
    return row == 6 && at + 7 < n && p[at + 7] == '-';
}

/* Letters and digits in a row that are an id: eight and more, of both, or with an odd capital. */
static int ref_is_id(const unsigned char *p, size_t n)
{
    for (size_t i = 0, end; i < n; i = end + 1) {
        int digits = 0, letters = 0, odd = 0;
        for (end = i; end < n; end++) {
            if (!ref_is_plain(p[end]) && !ref_goes_on(p, n, end, digits + letters))
                break;
            digits += ref_is_number(p[end]);
            letters += ref_is_plain(p[end]) && !ref_is_number(p[end]);
            odd += end > i && ref_is_capital(p[end]) && ref_is_small(p[end - 1]) &&
                   (end + 1 == n || !ref_is_small(p[end + 1]));
        }
        if (digits + letters >= 8 && ((digits && letters) || odd))
            return 1;
    }
    return 0;
}

/* ---- runs ------------------------------------------------------------------ */

enum ref_kind { REF_WORDS, REF_HOST, REF_ADDRESS, REF_IP, REF_ID };

static size_t ref_run(const unsigned char *p, size_t n, enum ref_kind *kind)
{
    size_t end = 0;
    int address = 0, url = 0, host = 0, dots = 0, digits = 0, numbers = 1;

    while (end < n && p[end] > ' ' && !strchr("<>()[]{}\"',;`|", p[end])) {
        if (p[end] == ':' && (n - end < 3 || memcmp(p + end, "://", 3)))
            break;
        end++;
    }
    for (size_t i = 0; i < end; i++) {
        int first = i == 0, last = i + 1 == n;
        url |= p[i] == ':';
        address |= p[i] == '@' && !first && !last && ref_is_plain(p[i + 1]);
        host |= p[i] == '.' && !first && !last && ref_is_plain(p[i - 1]) && ref_is_small(p[i + 1]);
        dots += p[i] == '.';
        digits += ref_is_number(p[i]);
        numbers &= p[i] == '.' || ref_is_number(p[i]);
    }
    *kind = address && !url                       ? REF_ADDRESS
            : url || (host && !ref_is_id(p, end)) ? REF_HOST
            : dots >= 3 && digits && numbers      ? REF_IP
            : ref_is_id(p, end)                   ? REF_ID
                                                  : REF_WORDS;
    return end;
}

/* Is the letter of three bytes, of a script that puts no spaces between words? */
static int ref_is_unspaced(size_t took, const char *letter)
{
    return took == 3 && letter[0] & 0x80;
}

static size_t ref_word(struct ref_text *t, const unsigned char *p, size_t n, enum ref_kind kind)
{
    char word[64] = "", letter[4];
    size_t i = 0, took, len, each = 0;
    unsigned atom;

    while (i < n && (took = ref_letter(p + i, n - i, letter)) > 0) {
        if (kind == REF_WORDS && i && ref_is_capital(p[i]) && ref_is_small(p[i - 1]))
            break;
        if (ref_is_unspaced(took, letter) && i && !each)
            break;
        if (ref_is_unspaced(took, letter) && !i)
            each = strlen(letter);
        if (strlen(word) + 2 <= 24) /* more has no stem */
            strcat(word, letter);
        i += took;
    }
    if (!i) {
        if (kind == REF_WORDS && strchr(".!?", p[0]) && p[0] &&
            (n == 1 || !ref_is_plain(p[1]) || ref_is_capital(p[1])))
            ref_put(t, JUDGE_ATOM_STOP);
        return 1;
    }
    atom = ref_stem(word, strlen(word), &len);
    if (each && !atom)
        return 3; /* one letter that nobody knows */
    if (kind == REF_HOST && (!atom || atom >= JUDGE_URL_ATOMS || ref_is_id(p, i)))
        return i;
    if (!ref_is_number(word[0]))
        ref_put(t, atom);
    return each ? len * 3 / each : i;
}

/* ---- a reply ----------------------------------------------------------------- */

/* "5.1.1" in the text, standing alone. */
static void ref_esc(struct ref_text *t, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned v[3] = {0, 0, 0};
        size_t at = i;
        int parts = 0;

        if (i && (ref_is_plain(p[i - 1]) || p[i - 1] == '.' || p[i - 1] == '-'))
            continue;
        for (; parts < 3 && at < n && ref_is_number(p[at]); parts++) {
            size_t from = at;
            while (at < n && ref_is_number(p[at]))
                v[parts] = v[parts] * 10 + p[at++] - '0';
            if (at - from > 3)
                break;
            if (parts < 2 && (at == n || p[at++] != '.'))
                break;
        }
        if (parts < 3 || v[0] != t->code / 100 || p[i] == '0' || p[i + 1] != '.')
            continue;
        if (at < n &&
            (ref_is_plain(p[at]) || (p[at] == '.' && at + 1 < n && ref_is_number(p[at + 1]))))
            continue;
        memcpy(t->esc, v, sizeof v);
        return;
    }
}

static void ref_read(struct ref_text *t, const unsigned char *p, size_t n)
{
    enum ref_kind kind;

    n = n < 1024 ? n : 1024;
    if (!t->esc[0])
        ref_esc(t, p, n);
    t->atoms = 0;
    ref_put(t, JUDGE_ATOM_START);
    for (size_t i = 0, end; i < n;) {
        end = i + ref_run(p + i, n - i, &kind);
        if (end == i && p[i++] == ';')
            ref_put(t, JUDGE_ATOM_STOP);
        if (kind == REF_IP && end >= i)
            ref_put(t, JUDGE_ATOM_IP);
        if (kind == REF_ADDRESS && t->atoms == 1)
            ref_put(t, JUDGE_ATOM_ASKED);
        while (i < end && (kind == REF_WORDS || kind == REF_HOST))
            i += ref_word(t, p + i, end - i, kind);
        i = i > end ? i : end;
    }
    if (t->atom[t->atoms - 1] == JUDGE_ATOM_STOP)
        t->atoms--;
    ref_put(t, JUDGE_ATOM_END);
}

/* ---- rows ---------------------------------------------------------------------- */

static int ref_sets(unsigned atom)
{
    return atom < sizeof judge_mask / sizeof *judge_mask ? judge_mask[atom] : 0;
}

static int ref_is(unsigned atom, const char *name)
{
    if (!strcmp(judge_atoms[atom], name))
        return 1;
    for (unsigned s = 0; s < sizeof judge_sets / sizeof *judge_sets; s++)
        if (!strcmp(judge_sets[s], name))
            return ref_sets(atom) >> s & 1;
    return 0;
}

/* Do the words hold from the k-th on, the one before standing at `before`? */
static int ref_follows(const struct ref_text *t, char word[][24], const unsigned *gap, unsigned k,
                       unsigned words, unsigned before)
{
    if (k == words)
        return 1;
    for (unsigned i = k ? before + 1 : 0; i < t->atoms; i++) {
        if (k && (i - before - 1 > gap[k] || t->atom[i] == JUDGE_ATOM_STOP))
            return 0;
        if (t->atom[i] != JUDGE_ATOM_STOP && ref_is(t->atom[i], word[k]) &&
            ref_follows(t, word, gap, k + 1, words, i))
            return 1;
    }
    return 0;
}

static int ref_guard(const struct ref_text *t, const char *guard)
{
    unsigned a = 0, from = 0, to = 0;
    char phase[16];

    if (sscanf(guard, "{x.%u.%u-%u}", &a, &from, &to) == 3)
        return t->esc[0] && t->esc[1] == a && t->esc[2] >= from && t->esc[2] <= to;
    if (sscanf(guard, "{x.%u.%u}", &a, &from) == 2)
        return t->esc[0] && t->esc[1] == a && t->esc[2] == from;
    if (sscanf(guard, "{x.%u.*}", &a) == 1)
        return t->esc[0] && t->esc[1] == a && t->esc[2] <= 255;
    if (guard[2] == 'y')
        return t->code / 100 == (unsigned)(guard[1] - '0');
    if (ref_is_number(guard[1]))
        return t->code == (unsigned)atoi(guard + 1);
    if (!strncmp(guard, "{mx:", 4)) {
        size_t n = strlen(guard) - 5, m = t->mx ? strlen(t->mx) : 0;
        return m >= n && quoth_same(t->mx + m - n, n, guard + 4, n) &&
               (m == n || t->mx[m - n - 1] == '.');
    }
    snprintf(phase, sizeof phase, "{%s}", quoth_phase_name(t->phase));
    return !strcmp(guard, phase);
}

static int ref_absent(const struct ref_text *t, const char *name)
{
    for (unsigned i = 0; i < t->atoms; i++)
        if (ref_is(t->atom[i], name))
            return 0;
    return 1;
}

static int ref_holds(const struct ref_text *t, const char *pattern)
{
    char word[16][24];
    unsigned gap[16], words = 0, next = 2;
    int used;

    for (;; pattern += used) {
        char one[24] = "";
        int more = sscanf(pattern, "%23s%n", one, &used) == 1;
        if (!more || one[0] == '&' || one[0] == '{' || one[0] == '!') {
            if (!ref_follows(t, word, gap, 0, words, 0))
                return 0;
            if (!more)
                return 1;
            words = 0;
            if (one[0] == '{' ? !ref_guard(t, one) : one[0] == '!' && !ref_absent(t, one + 1))
                return 0;
        } else if (one[0] == '+' || one[0] == '~') {
            next = one[0] == '+' ? 0 : 8;
        } else {
            strcpy(word[words], one);
            gap[words++] = next;
            next = 2;
        }
    }
}

static int ref_about_mailbox(enum quoth_reason reason)
{
    return reason == QUOTH_REASON_USER_UNKNOWN || reason == QUOTH_REASON_MAILBOX_DISABLED ||
           reason == QUOTH_REASON_MAILBOX_FULL || reason == QUOTH_REASON_RECIPIENT_RATE_LIMITED ||
           reason == QUOTH_REASON_DOMAIN_NOT_FOUND || reason == QUOTH_REASON_RECIPIENT_SYNTAX;
}

static enum quoth_says ref_says(enum quoth_reason reason, unsigned code)
{
    if (reason == QUOTH_REASON_ACCEPTED)
        return code / 100 == 2 ? QUOTH_SAYS_EXISTS : QUOTH_SAYS_CANNOT_TELL;
    if (reason == QUOTH_REASON_MAILBOX_FULL || reason == QUOTH_REASON_RECIPIENT_RATE_LIMITED)
        return code / 100 == 2 ? QUOTH_SAYS_CANNOT_TELL : QUOTH_SAYS_EXISTS;
    return ref_about_mailbox(reason) && code / 100 == 5 ? QUOTH_SAYS_NOT_EXISTS
                                                        : QUOTH_SAYS_CANNOT_TELL;
}

/* The first row of `from` and below that holds. */
static struct ref_reading ref_rows(const struct ref_text *t, unsigned from)
{
    enum quoth_reason reason = QUOTH_REASON_NONE;

    for (unsigned i = 0; i < JUDGE_ROWS; i++) {
        const uint8_t *row = quoth_judge_row(i);
        if (row[0] & JUDGE_RULE)
            reason = (enum quoth_reason)judge_reason[row[1]];
        if (i < from)
            continue;
        if (t->phase != QUOTH_PHASE_RCPT && ref_about_mailbox(reason))
            continue;
        if (ref_holds(t, judge_source[i].pattern))
            return (struct ref_reading) {i, reason,
                                         t->phase == QUOTH_PHASE_RCPT ? ref_says(reason, t->code)
                                                                      : QUOTH_SAYS_CANNOT_TELL};
    }
    return (struct ref_reading) {JUDGE_ROWS, QUOTH_REASON_NONE, QUOTH_SAYS_CANNOT_TELL};
}

/* ---- a reply in a reply ------------------------------------------------------------ */

static int ref_has(const char *text, size_t n, const char *word, size_t m)
{
    for (size_t i = 0; i + m <= n; i++)
        if (quoth_same(text + i, m, word, m))
            return 1;
    return 0;
}

/* Where the last reply inside begins, behind its code; 0: there is none. */
static size_t ref_inner(const char *p, size_t n, unsigned *code)
{
    for (size_t at = n; at-- > 6;)
        if (p[at - 6] == ':' && p[at - 5] == ' ' && (p[at - 4] == '4' || p[at - 4] == '5') &&
            ref_is_number(p[at - 3]) && ref_is_number(p[at - 2]) &&
            (p[at - 1] == ' ' || p[at - 1] == '-')) {
            *code = (unsigned)atoi(p + at - 4);
            return at;
        }
    return 0;
}

/* Where it ends: before the last "in reply to". */
static size_t ref_inner_end(const char *p, size_t n, size_t at)
{
    for (size_t end = n; end-- > at;)
        if (end + 6 < n && quoth_same(p + end, 7, "in repl", 7))
            return end;
    return n;
}

/* It is no reply to RCPT, or about another address than the one the outer reply begins with. */
static int ref_other(const char *p, size_t n, size_t at)
{
    enum ref_kind kind;
    const char *named = p + (p[0] == '<');
    size_t length = ref_run((const unsigned char *)named, at - (size_t)(named - p), &kind);

    if (ref_has(p, n, "talk to me", 10) || ref_has(p, at, "sender", 6) ||
        ref_has(p, at, "callback", 8) || ref_has(p, at, "your address", 12) ||
        (ref_inner_end(p, n, at) < n && !ref_has(p, n, "rcpt to", 7)))
        return 1;
    return kind == REF_ADDRESS && memchr(p + at, '@', n - at) != NULL &&
           !ref_has(p + at, n - at, named, length);
}

static struct ref_reading ref_judge(enum quoth_phase phase, const struct quoth_said *said,
                                    const char *words, const char *mx, unsigned from)
{
    struct ref_text t = {.code = said->code, .mx = mx};
    unsigned code = 0;
    size_t at =
        phase >= QUOTH_PHASE_RCPT && said->code >= 400 ? ref_inner(words, said->n, &code) : 0;
    struct ref_reading got;

    t.phase = phase == QUOTH_PHASE_DECOY ? QUOTH_PHASE_RCPT : phase;
    for (unsigned i = 0; i < 3; i++)
        t.esc[i] = at ? 0 : said->esc[i];
    if (at)
        t.code = code;
    ref_read(&t, (const unsigned char *)words + at,
             (at ? ref_inner_end(words, said->n, at) : said->n) - at);
    got = ref_rows(&t, from);
    if (!at || got.row == JUDGE_ROWS)
        return got;
    if (ref_other(words, said->n, at))
        return (struct ref_reading) {got.row, QUOTH_REASON_SERVER_TEMPORARY,
                                     QUOTH_SAYS_CANNOT_TELL};
    if (!ref_about_mailbox(got.reason))
        got.reason = QUOTH_REASON_SERVER_TEMPORARY;
    got.says = ref_says(got.reason, code);
    if (got.says == QUOTH_SAYS_NOT_EXISTS && said->code < 500)
        got.says = QUOTH_SAYS_CANNOT_TELL;
    return got;
}

#endif
