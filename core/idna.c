/* idna.c - internationalised domain names: U-labels to A-labels (RFC 5890-5893, Punycode RFC 3492).
 *
 *     UTF-8 -> code points, lower case, split at the dots (. U+3002 U+FF0E U+FF61, RFC 3490 3.1)
 *     each label:  ASCII     as it is
 *                  xn--...   decoded, checked, and must encode to itself again (RFC 5891 5.3, 5.4)
 *                  else      checked, encoded
 *     the bidi rule last: it binds every label as soon as one is right-to-left (RFC 5893 1.4)
 *
 * Lower-casing is the only mapping (RFC 5895 2.1). Full-width letters, soft hyphens and whatever
 * else UTS 46 would map or drop are refused. Text must be in NFC: marks out of order are refused,
 * and so is a letter with a mark behind it if one character stands for both. data/pack_idna.c makes
 * the tables of data/idna.txt and says how they are packed. They are scanned from the start for
 * each letter, which is fast enough because a domain has a hundred or so.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

#if QUOTH_IDN
#include "idna.h"

enum {
    IDNA_LABEL = 63, /* bytes of an A-label; a U-label has no more code points than that */
    IDNA_VIRAMA = 9,
    IDNA_ZWNJ = 0x200c,
    IDNA_ZWJ = 0x200d
};

/* Bidirectional class, mark and joining type in one. pack_idna.c writes them in this order. */
enum idna_class {
    IDNA_NONE,
    IDNA_L,
    IDNA_L_D,
    IDNA_L_MARK,
    IDNA_R,
    IDNA_R_D,
    IDNA_R_R,
    IDNA_R_T,
    IDNA_AL,
    IDNA_AL_D,
    IDNA_AL_R,
    IDNA_NSM,
    IDNA_AN,
    IDNA_EN,
    IDNA_ON
};

#define IDNA_IN(class, set) ((set) >> (class) & 1u)
enum {
    IDNA_ANY_L = 1 << IDNA_L | 1 << IDNA_L_D | 1 << IDNA_L_MARK,
    IDNA_ANY_R = 1 << IDNA_R | 1 << IDNA_R_D | 1 << IDNA_R_R | 1 << IDNA_R_T | 1 << IDNA_AL |
                 1 << IDNA_AL_D | 1 << IDNA_AL_R,
    IDNA_RTL = IDNA_ANY_R | 1 << IDNA_AN, /* one of them makes a label right-to-left */
    IDNA_MARK = 1 << IDNA_L_MARK | 1 << IDNA_NSM,
    IDNA_DUAL = 1 << IDNA_L_D | 1 << IDNA_R_D | 1 << IDNA_AL_D,
    IDNA_RIGHT = IDNA_DUAL | 1 << IDNA_R_R | 1 << IDNA_AL_R,
    IDNA_CLEAR = 1 << IDNA_NSM | 1 << IDNA_R_T /* letters join across it */
};

struct idna_label {
    uint32_t c[IDNA_LABEL];
    uint8_t class[IDNA_LABEL];
    unsigned n;
    uint8_t wide; /* it holds more than ASCII */
};

/* ---- tables ------------------------------------------------------------- */

/* A number of 7 bits a byte, the low ones first; moves *p past it. */
static uint32_t idna_num(const uint8_t **p)
{
    uint32_t value = 0, byte;
    unsigned shift = 0;
    do {
        byte = *(*p)++;
        value |= (byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

static uint8_t idna_class(uint32_t c)
{
    if (c == '-')
        return IDNA_ON;
    if (c < 0x80 && quoth_is_digit((int)c))
        return IDNA_EN;
    if (c < 0x80)
        return quoth_is_alpha((int)c) ? IDNA_L : IDNA_NONE;
    uint32_t next = 0x80;
    for (const uint8_t *p = idna_valid; p < idna_valid + sizeof idna_valid;) {
        uint8_t class = *p >> 4, len = *p & 15;
        p++;
        next += len < 15 ? len + 1u : 16 + idna_num(&p);
        if (c < next)
            return class;
    }
    return IDNA_NONE;
}

/* Canonical combining class. */
static uint8_t idna_order_of(uint32_t c)
{
    uint32_t next = 0x80;
    for (const uint8_t *p = idna_order; p < idna_order + sizeof idna_order; p++) {
        uint32_t first = next + idna_num(&p);
        next = first + idna_num(&p) + 1;
        if (c < next)
            return c < first ? 0 : *p;
    }
    return 0;
}

static uint32_t idna_lowered(uint32_t c)
{
    uint32_t next = 0x80;
    if (c < 0x80)
        return quoth_lower((uint8_t)c);
    for (const uint8_t *p = idna_lower; p < idna_lower + sizeof idna_lower;) {
        uint32_t first = next + idna_num(&p), letters = idna_num(&p), move = idna_num(&p);
        uint32_t step = (move & 1) + 1, by = move >> 1;
        next = first + letters * step + 1;
        if (c >= next)
            continue;
        if (c < first || (c - first) % step)
            return c;
        return by & 1 ? c - (by >> 1) - 1 : c + (by >> 1);
    }
    return c;
}

/* Is there one character for `base` with `mark`? */
static int idna_joined(uint32_t base, uint32_t mark)
{
    uint32_t next = 0x80;
    for (const uint8_t *p = idna_joins; p < idna_joins + sizeof idna_joins;) {
        uint32_t at = next + idna_num(&p), bases = idna_num(&p), letter = 0;
        if (at > mark)
            return 0;
        for (next = at + 1; bases; bases--, letter++) {
            letter += idna_num(&p);
            if (at == mark && letter == base)
                return 1;
        }
    }
    return 0;
}

/* ---- is a label valid? -------------------------------------------------- */

enum idna_script { IDNA_GREEK, IDNA_HEBREW, IDNA_JAPANESE }; /* Hiragana, Katakana, Han */

static int idna_is(uint32_t c, enum idna_script script)
{
    static const struct {
        uint32_t first, last;
        enum idna_script script;
    } ranges[] = {{0x370, 0x3e1, IDNA_GREEK},        {0x3f0, 0x3ff, IDNA_GREEK},
                  {0x1d26, 0x1d2a, IDNA_GREEK},      {0x1f00, 0x1fff, IDNA_GREEK},
                  {0x591, 0x5f4, IDNA_HEBREW},       {0x3005, 0x3005, IDNA_JAPANESE},
                  {0x3007, 0x3007, IDNA_JAPANESE},   {0x3041, 0x3096, IDNA_JAPANESE},
                  {0x309d, 0x309f, IDNA_JAPANESE},   {0x30a1, 0x30fa, IDNA_JAPANESE},
                  {0x30fd, 0x30ff, IDNA_JAPANESE},   {0x31f0, 0x31ff, IDNA_JAPANESE},
                  {0x3400, 0x9fff, IDNA_JAPANESE},   {0xfa0e, 0xfa29, IDNA_JAPANESE},
                  {0x1aff0, 0x1b167, IDNA_JAPANESE}, {0x20000, 0x323af, IDNA_JAPANESE}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].script == script && c >= ranges[i].first && c <= ranges[i].last)
            return 1;
    return 0;
}

/* Do the letters before and behind join across the one at `i` (RFC 5892 A.1)? */
static int idna_between(const struct idna_label *label, unsigned i)
{
    unsigned before = i, behind = i + 1;
    while (before && IDNA_IN(label->class[before - 1], IDNA_CLEAR))
        before--;
    while (behind < label->n && IDNA_IN(label->class[behind], IDNA_CLEAR))
        behind++;
    return before && behind < label->n && IDNA_IN(label->class[before - 1], IDNA_DUAL) &&
           IDNA_IN(label->class[behind], IDNA_RIGHT);
}

/* The contextual rules, in the order of RFC 5892 appendix A. */
static int idna_context(const struct idna_label *label, unsigned i)
{
    uint32_t c = label->c[i], before = i ? label->c[i - 1] : 0,
             behind = i + 1 < label->n ? label->c[i + 1] : 0;
    switch (c) {
    case IDNA_ZWNJ: return (i && idna_order_of(before) == IDNA_VIRAMA) || idna_between(label, i);
    case IDNA_ZWJ: return i && idna_order_of(before) == IDNA_VIRAMA;
    case 0xb7: return before == 'l' && behind == 'l';
    case 0x375: return idna_is(behind, IDNA_GREEK);
    case 0x5f3:
    case 0x5f4: return idna_is(before, IDNA_HEBREW);
    case 0x30fb:
        for (unsigned k = 0; k < label->n; k++)
            if (idna_is(label->c[k], IDNA_JAPANESE))
                return 1;
        return 0;
    default: break;
    }
    return 1; /* A.8 and A.9, two kinds of digits: idna_bidi() refuses AN beside EN */
}

/* Is it in canonical order, without anything that would compose (UAX 15)? */
static int idna_nfc(const struct idna_label *label)
{
    unsigned starter = IDNA_LABEL;
    uint8_t last = 0;
    for (unsigned i = 0; i < label->n; i++) {
        uint8_t order = idna_order_of(label->c[i]);
        if (order && last > order)
            return 0;
        if (starter < i && (last < order || i == starter + 1) &&
            idna_joined(label->c[starter], label->c[i]))
            return 0;
        if (!order)
            starter = i;
        last = order;
    }
    return 1;
}

/* Fill in the classes. 1: it may be a U-label (RFC 5891 4.2.3, 5.4). */
static int idna_valid_label(struct idna_label *label)
{
    if (!label->n || label->c[0] == '-' || label->c[label->n - 1] == '-')
        return 0;
    if (label->n > 3 && label->c[2] == '-' && label->c[3] == '-')
        return 0;
    for (unsigned i = 0; i < label->n; i++) {
        label->class[i] = idna_class(label->c[i]);
        if (label->class[i] == IDNA_NONE || idna_lowered(label->c[i]) != label->c[i])
            return 0;
    }
    for (unsigned i = 0; i < label->n; i++)
        if (!idna_context(label, i))
            return 0;
    return !IDNA_IN(label->class[0], IDNA_MARK) && idna_nfc(label);
}

/* The six conditions of RFC 5893 2. *rtl becomes 1 if the label is right-to-left, *odd if it breaks
 * one of them. */
static void idna_bidi(const struct idna_label *label, int *rtl, int *odd)
{
    unsigned seen = 0, last = 0;
    for (unsigned i = 0; i < label->n; i++) {
        seen |= 1u << label->class[i];
        if (label->class[i] != IDNA_NSM)
            last = label->class[i];
    }
    unsigned right = IDNA_IN(label->class[0], IDNA_ANY_R);
    unsigned ends = 1u << IDNA_EN | (right ? IDNA_RTL : IDNA_ANY_L);
    if (seen & IDNA_RTL)
        *rtl = 1;
    if (!right && !IDNA_IN(label->class[0], IDNA_ANY_L))
        *odd = 1;
    if (seen & (right ? IDNA_ANY_L : IDNA_RTL))
        *odd = 1;
    if (!IDNA_IN(last, ends) || (IDNA_IN(IDNA_AN, seen) && IDNA_IN(IDNA_EN, seen)))
        *odd = 1;
}

/* ---- Punycode (RFC 3492) ------------------------------------------------ */

static uint32_t idna_adapt(uint32_t delta, uint32_t points, int first)
{
    uint32_t k = 0;
    delta /= first ? 700 : 2;
    for (delta += delta / points; delta > 455; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

static uint32_t idna_threshold(uint32_t k, uint32_t bias)
{
    if (k <= bias)
        return 1;
    return k >= bias + 26 ? 26 : k - bias;
}

static char idna_digit(uint32_t d) { return (char)(d < 26 ? 'a' + d : '0' + d - 26); }

/* Write `delta` as a variable-length integer behind text[n]. Returns the new length. */
static unsigned idna_put(char text[IDNA_LABEL], unsigned n, uint32_t delta, uint32_t bias)
{
    for (uint32_t k = 36;; k += 36) {
        uint32_t threshold = idna_threshold(k, bias),
                 digit =
                     delta < threshold ? delta : threshold + (delta - threshold) % (36 - threshold);
        if (n == IDNA_LABEL)
            return IDNA_LABEL + 1;
        text[n++] = idna_digit(digit);
        if (delta < threshold)
            return n;
        delta = (delta - threshold) / (36 - threshold);
    }
}

/* Returns the length of the A-label, or more than IDNA_LABEL if it does not fit. Nothing can
 * overflow, because delta stays below IDNA_LABEL * 0x110000. */
static unsigned idna_encode(char text[IDNA_LABEL], const struct idna_label *label)
{
    uint32_t point = 0x80, delta = 0, bias = 72;
    unsigned n = 4, done, basic;
    memcpy(text, "xn--", 4);
    for (unsigned i = 0; i < label->n; i++)
        if (label->c[i] < 0x80 && n < IDNA_LABEL)
            text[n++] = (char)label->c[i];
    done = basic = n - 4;
    if (basic && n < IDNA_LABEL)
        text[n++] = '-';
    for (; done < label->n; point++, delta++) {
        uint32_t least = UINT32_MAX;
        for (unsigned i = 0; i < label->n; i++)
            if (label->c[i] >= point && label->c[i] < least)
                least = label->c[i];
        delta += (least - point) * (done + 1);
        point = least;
        for (unsigned i = 0; i < label->n; i++) {
            if (label->c[i] < point)
                delta++;
            if (label->c[i] != point)
                continue;
            n = idna_put(text, n, delta, bias);
            if (n > IDNA_LABEL)
                return n;
            bias = idna_adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
    return n;
}

/* Add a variable-length integer of `text` to *i. 0: it is malformed, or past any code point. */
static int idna_take(struct quoth_cursor *text, uint32_t *i, uint32_t bias)
{
    uint32_t weight = 1;
    for (uint32_t k = 36;; k += 36) {
        uint8_t c = quoth_cursor_u8(text);
        uint32_t digit = quoth_is_digit(c) ? c - '0' + 26u : c - (uint32_t)'a',
                 threshold = idna_threshold(k, bias);
        if (!quoth_is_alnum(c) || (digit && weight > (UINT32_MAX - *i) / digit))
            return 0;
        *i += digit * weight;
        if (digit < threshold)
            return 1;
        if (weight > UINT32_MAX / 36)
            return 0;
        weight *= 36 - threshold;
    }
}

/* Decode what follows "xn--". 0: it is not Punycode. */
static int idna_decode(struct idna_label *label, const char *text, size_t n)
{
    uint32_t point = 0x80, i = 0, bias = 72;
    struct quoth_cursor in = {(const uint8_t *)text, n, 0, 0};
    size_t basic = n;
    while (basic && text[basic - 1] != '-')
        basic--;
    label->n = 0;
    if (basic > IDNA_LABEL)
        return 0;
    for (in.at = basic; label->n + 1 < basic; label->n++)
        label->c[label->n] = (uint8_t)text[label->n];
    for (; quoth_cursor_left(&in); i++) {
        uint32_t start = i;
        if (!idna_take(&in, &i, bias))
            return 0;
        bias = idna_adapt(i - start, label->n + 1, start == 0);
        point += i / (label->n + 1);
        i %= label->n + 1;
        if (point > 0x10ffff || label->n == IDNA_LABEL)
            return 0;
        memmove(&label->c[i + 1], &label->c[i], (label->n++ - i) * sizeof *label->c);
        label->c[i] = point;
    }
    return 1;
}

/* ---- a domain ----------------------------------------------------------- */

static int idna_is_dot(uint32_t c) { return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61; }

/* Read the next label in lower case, up to its dot or the end. 0: it is not UTF-8, or too long. */
static int idna_read(struct idna_label *label, const char *text, size_t n, size_t *at)
{
    label->n = label->wide = 0;
    while (*at < n) {
        uint32_t c;
        size_t len = quoth_utf8(&c, text + *at, n - *at);
        if (!len)
            return 0;
        if (idna_is_dot(c))
            return 1;
        if (label->n == IDNA_LABEL)
            return 0;
        *at += len;
        label->c[label->n] = idna_lowered(c);
        label->wide |= label->c[label->n++] >= 0x80;
    }
    return 1;
}

/* The label as it goes on the wire. Returns its length, or more than IDNA_LABEL: it is no label. */
static unsigned idna_label_ascii(char text[IDNA_LABEL], struct idna_label *label)
{
    unsigned n = label->n;
    if (label->wide)
        return idna_valid_label(label) ? idna_encode(text, label) : IDNA_LABEL + 1;
    for (unsigned i = 0; i < n; i++) {
        text[i] = (char)label->c[i];
        label->class[i] = idna_class(label->c[i]);
    }
    if (n < 4 || memcmp(text, "xn--", 4))
        return n;
    if (text[n - 1] == '-' || !idna_decode(label, text + 4, n - 4) || !idna_valid_label(label))
        return IDNA_LABEL + 1;
    /* Decoding is one to one, but for a hyphen in front that stands behind nothing. */
    return idna_encode(text, label) == n ? n : IDNA_LABEL + 1;
}

int quoth_idna_to_ascii(char *buf, size_t cap, const char *text, size_t n)
{
    struct idna_label label;
    int rtl = 0, odd = 0;
    char ascii[IDNA_LABEL];
    size_t used = 0;
    for (size_t at = 0;;) {
        if (!idna_read(&label, text, n, &at))
            return QUOTH_EPROTO;
        unsigned len = idna_label_ascii(ascii, &label);
        if (len > IDNA_LABEL)
            return QUOTH_EPROTO;
        if (label.n)
            idna_bidi(&label, &rtl, &odd);
        if (used + len >= cap)
            return QUOTH_ESPACE;
        memcpy(buf + used, ascii, len);
        used += len;
        if (at == n)
            break;
        at += text[at] == '.' ? 1 : 3;
        buf[used++] = '.';
    }
    buf[used] = '\0';
    return rtl && odd ? QUOTH_EPROTO : (int)used;
}

#else

int quoth_idna_to_ascii(char *buf, size_t cap, const char *text, size_t n)
{
    (void)buf, (void)cap, (void)text, (void)n;
    return QUOTH_ENOSYS;
}

#endif
