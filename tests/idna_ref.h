/* idna_ref.h - a plain reference for core/idna.c, for idna_test.c: RFC 5890 to 5893 and RFC 3492
 * over code points, one rule after the other, with core/data/idna.txt as it is written and none of
 * the packed tables.
 *
 * SPDX-License-Identifier: MIT */
#ifndef IDNA_REF_H
#define IDNA_REF_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { REF_POINTS = 0x110000, REF_LABEL = 63, REF_JOINS = 2000 };
enum ref_bidi { REF_NONE, REF_L, REF_R, REF_AL, REF_AN, REF_EN, REF_ON, REF_NSM };

static struct ref_point {
    uint32_t lower;
    uint8_t bidi, mark, order, joins;
    char joining; /* D, R, T or 0 */
} ref_points[REF_POINTS];
static struct {
    uint32_t mark, base;
} ref_joins[REF_JOINS];
static unsigned ref_joins_n;

struct ref_label {
    uint32_t c[REF_LABEL + 1];
    unsigned n;
};

/* ---- the tables ------------------------------------------------------------ */

static void ref_valid(unsigned first, unsigned last, const char *class)
{
    static const char *const names[] = {"", "L", "R", "AL", "AN", "EN", "ON", "NSM"};
    size_t n = strcspn(class, ":"), bidi = 1;
    int mark = !strcmp(class, "LM");

    while (!mark && (strlen(names[bidi]) != n || memcmp(names[bidi], class, n)))
        bidi++;
    for (unsigned c = first; c <= last; c++) {
        ref_points[c].bidi = (uint8_t)bidi;
        ref_points[c].mark = (uint8_t)(mark || bidi == REF_NSM);
        ref_points[c].joining = class[n] ? class[n + 1] : bidi == REF_NSM ? 'T' : 0;
    }
}

static void ref_row(const char *line)
{
    unsigned first, last, step, base;
    char class[16];
    int used, moves;

    if (sscanf(line, "valid %x..%x %15s", &first, &last, class) == 3)
        ref_valid(first, last, class);
    else if (sscanf(line, "order %x..%x %u", &first, &last, &step) == 3)
        for (unsigned c = first; c <= last; c++)
            ref_points[c].order = (uint8_t)step;
    else if (sscanf(line, "lower %x..%x %u %d", &first, &last, &step, &moves) == 4)
        for (unsigned c = first; c <= last; c += step)
            ref_points[c].lower = (uint32_t)((int)c + moves);
    else if (sscanf(line, "joins %x%n", &first, &used) == 1)
        for (; sscanf(line += used, "%x%n", &base, &used) == 1; ref_joins_n++) {
            ref_points[first].joins = 1;
            ref_joins[ref_joins_n].mark = first;
            ref_joins[ref_joins_n].base = base;
        }
}

/* 0: core/data/idna.txt is not there. */
static int ref_load(void)
{
    FILE *f = fopen("core/data/idna.txt", "r");
    char line[4096];

    for (uint32_t c = 0; c < REF_POINTS; c++)
        ref_points[c].lower = c;
    ref_valid('a', 'z', "L");
    ref_valid('0', '9', "EN");
    ref_valid('-', '-', "ON");
    for (uint32_t c = 'A'; c <= 'Z'; c++) {
        ref_points[c].lower = c + 32;
        ref_points[c].bidi = REF_L;
    }
    while (f && fgets(line, sizeof line, f))
        ref_row(line);
    return f && !fclose(f);
}

/* ---- Punycode, as RFC 3492 6.1 to 6.3 has it ------------------------------------ */

static uint32_t ref_adapt(uint32_t delta, uint32_t points, int first)
{
    uint32_t k = 0;

    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    while (delta > (36 - 1) * 26 / 2) {
        delta /= 36 - 1;
        k += 36;
    }
    return k + (36 - 1 + 1) * delta / (delta + 38);
}

static uint32_t ref_threshold(uint32_t k, uint32_t bias)
{
    if (k <= bias)
        return 1;
    return k >= bias + 26 ? 26 : k - bias;
}

/* "xn--" and the label in Punycode, as long as it comes; `out` holds 600. */
static size_t ref_encode(const struct ref_label *label, char *out)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint32_t n = 0x80, delta = 0, bias = 72, handled = 0, basic;
    size_t at = 4;

    memcpy(out, "xn--", 4);
    for (unsigned i = 0; i < label->n; i++)
        if (label->c[i] < 0x80)
            out[at++] = (char)label->c[i], handled++;
    basic = handled;
    if (basic)
        out[at++] = '-';
    while (handled < label->n) {
        uint32_t m = UINT32_MAX;
        for (unsigned i = 0; i < label->n; i++)
            if (label->c[i] >= n && label->c[i] < m)
                m = label->c[i];
        delta += (m - n) * (handled + 1);
        n = m;
        for (unsigned i = 0; i < label->n; i++) {
            uint32_t q = delta + 1;
            if (label->c[i] < n)
                delta++;
            if (label->c[i] != n)
                continue;
            q = delta;
            for (uint32_t k = 36;; k += 36) {
                uint32_t t = ref_threshold(k, bias);
                if (q < t)
                    break;
                out[at++] = digits[t + (q - t) % (36 - t)];
                q = (q - t) / (36 - t);
            }
            out[at++] = digits[q];
            bias = ref_adapt(delta, handled + 1, handled == basic);
            delta = 0;
            handled++;
        }
        delta++;
        n++;
    }
    out[at] = 0;
    return at;
}

/* What stands behind "xn--". 0: it is no Punycode of a label. */
static int ref_decode(struct ref_label *label, const char *text)
{
    uint64_t n = 0x80, i = 0;
    uint32_t bias = 72;
    const char *dash = strrchr(text, '-');

    label->n = 0;
    for (; dash && text < dash; text++)
        label->c[label->n++] = (uint32_t)*text;
    if (dash)
        text++;
    while (*text) {
        uint64_t old = i, w = 1;
        for (uint32_t k = 36;; k += 36) {
            uint32_t t = ref_threshold(k, bias), digit;
            if (*text >= 'a' && *text <= 'z')
                digit = (uint32_t)(*text++ - 'a');
            else if (*text >= '0' && *text <= '9')
                digit = (uint32_t)(*text++ - '0' + 26);
            else
                return 0;
            i += digit * w;
            if (i > UINT32_MAX)
                return 0;
            if (digit < t)
                break;
            w *= 36 - t;
            if (w > UINT32_MAX)
                return 0;
        }
        bias = ref_adapt((uint32_t)(i - old), label->n + 1, old == 0);
        n += i / (label->n + 1);
        i %= label->n + 1;
        if (n > 0x10ffff || label->n == REF_LABEL)
            return 0;
        for (uint64_t k = label->n; k > i; k--)
            label->c[k] = label->c[k - 1];
        label->c[i++] = (uint32_t)n;
        label->n++;
    }
    return 1;
}

/* ---- a label (RFC 5891 4.2, RFC 5892 appendix A) ------------------------------------ */

static int ref_in(uint32_t c, const uint32_t (*ranges)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return 1;
    return 0;
}

/* Of the scripts, what is valid; the Han letters behind one another. */
static int ref_is_greek(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x370, 0x3e1}, {0x3f0, 0x3ff}, {0x1d26, 0x1d2a}, {0x1f00, 0x1fff}};
    return ref_in(c, ranges, 4);
}
static int ref_is_japanese(uint32_t c)
{
    static const uint32_t ranges[][2] = {{0x3005, 0x3005},   {0x3007, 0x3007},  {0x3041, 0x3096},
                                         {0x309d, 0x309f},   {0x30a1, 0x30fa},  {0x30fd, 0x30ff},
                                         {0x31f0, 0x31ff},   {0x3400, 0x9fff},  {0xfa0e, 0xfa29},
                                         {0x1aff0, 0x1b167}, {0x20000, 0x323af}};
    return ref_in(c, ranges, 11);
}

static int ref_virama(const struct ref_label *label, unsigned i)
{
    return i > 0 && ref_points[label->c[i - 1]].order == 9;
}

/* (L or D) T* here T* (R or D) */
static int ref_joiner(const struct ref_label *label, unsigned at)
{
    unsigned i = at, k = at + 1;

    while (i > 0 && ref_points[label->c[i - 1]].joining == 'T')
        i--;
    while (k < label->n && ref_points[label->c[k]].joining == 'T')
        k++;
    return i > 0 && k < label->n && ref_points[label->c[i - 1]].joining == 'D' &&
           strchr("DR", ref_points[label->c[k]].joining) && ref_points[label->c[k]].joining;
}

static int ref_context(const struct ref_label *label, unsigned i)
{
    uint32_t c = label->c[i], before = i ? label->c[i - 1] : 0,
             behind = i + 1 < label->n ? label->c[i + 1] : 0;
    int arabic = 0, extended = 0, japanese = 0;

    for (unsigned k = 0; k < label->n; k++) {
        arabic |= label->c[k] >= 0x660 && label->c[k] <= 0x669;
        extended |= label->c[k] >= 0x6f0 && label->c[k] <= 0x6f9;
        japanese |= ref_is_japanese(label->c[k]);
    }
    if (c == 0x200c)
        return ref_virama(label, i) || ref_joiner(label, i);
    if (c == 0x200d)
        return ref_virama(label, i);
    if (c == 0xb7)
        return before == 'l' && behind == 'l';
    if (c == 0x375)
        return ref_is_greek(behind);
    if (c == 0x5f3 || c == 0x5f4)
        return before >= 0x591 && before <= 0x5f4;
    if (c == 0x30fb)
        return japanese;
    return !(arabic && extended);
}

/* Would normalisation to NFC change it (UAX 15)? */
static int ref_changes(const struct ref_label *label)
{
    for (unsigned i = 1; i < label->n; i++) {
        unsigned order = ref_points[label->c[i]].order, starter = i;
        int blocked = 0;

        if (order && ref_points[label->c[i - 1]].order > order)
            return 1;
        while (starter-- > 0 && ref_points[label->c[starter]].order)
            blocked |= ref_points[label->c[starter]].order >= order;
        if (!ref_points[label->c[i]].joins || blocked)
            continue;
        for (unsigned k = 0; starter < i && k < ref_joins_n; k++)
            if (ref_joins[k].mark == label->c[i] && ref_joins[k].base == label->c[starter])
                return 1;
    }
    return 0;
}

static int ref_is_ulabel(const struct ref_label *label)
{
    if (!label->n || label->c[0] == '-' || label->c[label->n - 1] == '-' ||
        ref_points[label->c[0]].mark)
        return 0;
    if (label->n >= 4 && label->c[2] == '-' && label->c[3] == '-')
        return 0;
    for (unsigned i = 0; i < label->n; i++)
        if (!ref_points[label->c[i]].bidi || ref_points[label->c[i]].lower != label->c[i] ||
            !ref_context(label, i))
            return 0;
    return !ref_changes(label);
}

/* RFC 5893 2. Does it hold, for a name with a right-to-left label in it? */
static int ref_bidi_rule(const struct ref_label *label)
{
    unsigned seen = 0, last = REF_NONE, first = ref_points[label->c[0]].bidi;
    int right = first == REF_R || first == REF_AL;

    for (unsigned i = 0; i < label->n; i++) {
        unsigned bidi = ref_points[label->c[i]].bidi;
        seen |= 1u << bidi;
        if (bidi != REF_NSM)
            last = bidi;
    }
    if (!right && first != REF_L)
        return 0;
    if (right)
        return !(seen & 1u << REF_L) && !(seen & 1u << REF_EN && seen & 1u << REF_AN) &&
               (last == REF_R || last == REF_AL || last == REF_EN || last == REF_AN);
    return !(seen & (1u << REF_R | 1u << REF_AL | 1u << REF_AN)) &&
           (last == REF_L || last == REF_EN);
}

static int ref_is_rtl(const struct ref_label *label)
{
    for (unsigned i = 0; i < label->n; i++) {
        unsigned bidi = ref_points[label->c[i]].bidi;
        if (bidi == REF_R || bidi == REF_AL || bidi == REF_AN)
            return 1;
    }
    return 0;
}

/* The label as it is sent, behind out[at]. 0: it is none. What it says in letters is in `label`. */
static int ref_ascii(struct ref_label *label, char *out, size_t *at)
{
    char given[REF_LABEL + 1] = "", again[600];
    int wide = 0;
    size_t n;

    for (unsigned i = 0; i < label->n; i++) {
        label->c[i] = ref_points[label->c[i]].lower;
        wide |= label->c[i] >= 0x80;
        given[i] = (char)(label->c[i] & 0x7f);
    }
    n = label->n;
    if (wide) {
        if (!ref_is_ulabel(label) || (n = ref_encode(label, again)) > REF_LABEL)
            return 0;
        memcpy(given, again, n);
    } else if (!strncmp(given, "xn--", 4)) {
        if (given[n - 1] == '-' || !ref_decode(label, given + 4) || !ref_is_ulabel(label) ||
            ref_encode(label, again) != n || memcmp(again, given, n))
            return 0;
    }
    memcpy(out + *at, given, n);
    *at += n;
    return 1;
}

static int ref_is_dot(uint32_t c) { return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61; }

/* A domain of n code points. 0: it is none. `out` holds 64 for each label. */
static int ref_domain(const uint32_t *c, size_t n, char *out)
{
    struct ref_label label = {{0}, 0};
    int rtl = 0, odd = 0;
    size_t at = 0;

    for (size_t i = 0; i <= n; i++) {
        if (i < n && !ref_is_dot(c[i])) {
            if (label.n == REF_LABEL)
                return 0;
            label.c[label.n++] = c[i];
            continue;
        }
        if (!ref_ascii(&label, out, &at))
            return 0;
        rtl |= ref_is_rtl(&label);
        odd |= label.n && !ref_bidi_rule(&label);
        label.n = 0;
        out[at++] = i < n ? '.' : 0;
    }
    return !(rtl && odd);
}

#endif
