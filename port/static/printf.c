/* printf.c - vfprintf() without floating point, linked in front of the C library's into static
 * builds.
 *
 * All of printf(), fprintf(), snprintf() and vsnprintf() go through it in musl, so one function
 * takes the place of 10 KB (and of software floats on machines without). Flags, width, precision
 * and all lengths of ISO C 7.21.6.1 for d i u x X o c s p; what it does not know (floats, %n, wide
 * characters) is a mistake in the program, and it stops there.
 *
 *   % flags width .precision length conversion
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRINTF_LEFT = 1, PRINTF_ZERO = 2, PRINTF_PLUS = 4, PRINTF_SPACE = 8, PRINTF_ALT = 16 };

/* Small pieces are gathered, for a stream without a buffer writes each one by itself. */
struct printf_out {
    FILE *f;
    size_t total, n;
    int failed;
    char buf[256];
};
/* precision -1: none given; size: bytes of an integer. */
struct printf_spec {
    int flags, width, precision;
    unsigned size;
};
struct printf_args {
    va_list ap;
}; /* so that a pointer to it can be passed on */

static void printf_flush(struct printf_out *o)
{
    if (o->n && fwrite(o->buf, 1, o->n, o->f) != o->n)
        o->failed = 1;
    o->n = 0;
}

static void printf_put(struct printf_out *o, const char *p, size_t n)
{
    o->total += n;
    while (n > 0) {
        size_t k = sizeof o->buf - o->n;
        if (k > n)
            k = n;
        memcpy(o->buf + o->n, p, k);
        o->n += k;
        p += k;
        n -= k;
        if (o->n == sizeof o->buf)
            printf_flush(o);
    }
}

static void printf_pad(struct printf_out *o, const char *c, int n)
{
    while (n-- > 0)
        printf_put(o, c, 1);
}

/* [blanks] prefix [zeros] body [blanks] */
static void printf_field(struct printf_out *o, const struct printf_spec *s, const char *prefix,
                         int zeros, const char *body, size_t n)
{
    int blanks = s->width - (int)strlen(prefix) - zeros - (int)n;

    if (!(s->flags & PRINTF_LEFT))
        printf_pad(o, " ", blanks);
    printf_put(o, prefix, strlen(prefix));
    printf_pad(o, "0", zeros);
    printf_put(o, body, n);
    if (s->flags & PRINTF_LEFT)
        printf_pad(o, " ", blanks);
}

static void printf_number(struct printf_out *o, const struct printf_spec *s, uintmax_t v,
                          const char *prefix, unsigned base, const char *digits)
{
    char text[sizeof v * CHAR_BIT / 3 + 1];
    char *p = text + sizeof text;
    int n, zeros;

    for (; v; v /= base)
        *--p = digits[v % base];
    n = (int)(text + sizeof text - p);
    zeros = (s->precision < 0 ? 1 : s->precision) - n;
    if (base == 8 && s->flags & PRINTF_ALT && zeros <= 0)
        zeros = 1;
    if (s->precision < 0 && (s->flags & (PRINTF_ZERO | PRINTF_LEFT)) == PRINTF_ZERO) {
        int fill = s->width - (int)strlen(prefix) - n;
        if (fill > zeros)
            zeros = fill;
    }
    printf_field(o, s, prefix, zeros > 0 ? zeros : 0, p, (size_t)n);
}

static uintmax_t printf_unsigned(struct printf_args *a, unsigned size)
{
    unsigned above = (unsigned)(sizeof(uintmax_t) - size) * CHAR_BIT;
    uintmax_t v = size > sizeof(int) ? va_arg(a->ap, uintmax_t) : va_arg(a->ap, unsigned);

    return v << above >> above;
}

/* The sign is wanted as a prefix. */
static uintmax_t printf_signed(struct printf_args *a, unsigned size, const char **prefix)
{
    uintmax_t v = printf_unsigned(a, size), sign = (uintmax_t)1 << (size * CHAR_BIT - 1);

    if (!(v & sign))
        return v;
    *prefix = "-";
    return 2 * sign - v;
}

static int printf_int(const char **p, struct printf_args *a)
{
    int n = 0;

    if (**p == '*') {
        (*p)++;
        return va_arg(a->ap, int);
    }
    while (**p >= '0' && **p <= '9' && n < INT_MAX / 10)
        n = n * 10 + (*(*p)++ - '0');
    return n;
}

/* From behind the '%' up to the conversion. */
static const char *printf_read(struct printf_spec *s, const char *p, struct printf_args *a)
{
    static const char flags[] = "-0+ #", lengths[] = "hlLjzt";
    static const uint8_t size[] = {sizeof(short),    sizeof(long),   sizeof(long long),
                                   sizeof(intmax_t), sizeof(size_t), sizeof(ptrdiff_t)};
    const char *at;

    s->flags = 0;
    for (; *p && (at = strchr(flags, *p)); p++)
        s->flags |= 1 << (at - flags);
    s->width = printf_int(&p, a);
    if (s->width < 0) {
        s->flags |= PRINTF_LEFT;
        s->width = s->width > -INT_MAX ? -s->width : INT_MAX;
    }
    s->precision = -1;
    if (*p == '.') {
        p++;
        s->precision = printf_int(&p, a);
    }
    s->size = sizeof(int);
    if (*p && (at = strchr(lengths, *p))) {
        s->size = size[at - lengths];
        if (p[1] == *p)
            s->size = *p++ == 'h' ? sizeof(char) : sizeof(long long);
        p++;
    }
    return p;
}

static void printf_text(struct printf_out *o, const struct printf_spec *s, const char *text)
{
    size_t n = 0;

    if (!text)
        text = "(null)";
    while ((s->precision < 0 || n < (size_t)s->precision) && text[n])
        n++;
    printf_field(o, s, "", 0, text, n);
}

static void printf_one(struct printf_out *o, struct printf_spec *s, char conversion,
                       struct printf_args *a)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    const char *prefix;
    uintmax_t v;
    char c;

    switch (conversion) {
    case 'd':
    case 'i':
        prefix = s->flags & PRINTF_PLUS ? "+" : s->flags & PRINTF_SPACE ? " " : "";
        v = printf_signed(a, s->size, &prefix);
        printf_number(o, s, v, prefix, 10, lower);
        break;
    case 'u': printf_number(o, s, printf_unsigned(a, s->size), "", 10, lower); break;
    case 'o': printf_number(o, s, printf_unsigned(a, s->size), "", 8, lower); break;
    case 'x':
    case 'X':
        v = printf_unsigned(a, s->size);
        printf_number(o, s, v,
                      !v || !(s->flags & PRINTF_ALT) ? ""
                      : conversion == 'x'            ? "0x"
                                                     : "0X",
                      16, conversion == 'x' ? lower : upper);
        break;
    case 'p': printf_number(o, s, (uintptr_t)va_arg(a->ap, void *), "0x", 16, lower); break;
    case 'c':
        c = (char)va_arg(a->ap, int);
        printf_field(o, s, "", 0, &c, 1);
        break;
    case 's': printf_text(o, s, va_arg(a->ap, const char *)); break;
    case '%': printf_put(o, "%", 1); break;
    default: abort();
    }
}

int vfprintf(FILE *restrict f, const char *restrict format, va_list ap)
{
    struct printf_out o;
    struct printf_args a;
    struct printf_spec s;

    o.f = f;
    o.n = o.total = 0;
    o.failed = 0;
    va_copy(a.ap, ap);
    while (*format) {
        size_t n = strcspn(format, "%");
        printf_put(&o, format, n);
        format += n;
        if (!*format)
            break;
        format = printf_read(&s, format + 1, &a);
        if (s.size != sizeof(int) && strchr("cs", *format))
            abort(); /* wide, or the end of the format */
        printf_one(&o, &s, *format++, &a);
    }
    printf_flush(&o);
    va_end(a.ap);
    if (o.total <= INT_MAX)
        return o.failed ? -1 : (int)o.total;
    errno = EOVERFLOW;
    return -1;
}
