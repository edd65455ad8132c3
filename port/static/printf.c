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
    const char *digits;
};
struct printf_args {
    va_list ap;
}; /* so that a pointer to it can be passed on */

static void printf_flush(struct printf_out *out)
{
    if (out->n && fwrite(out->buf, 1, out->n, out->f) != out->n)
        out->failed = 1;
    out->n = 0;
}

static void printf_put(struct printf_out *out, const char *p, size_t n)
{
    out->total += n;
    while (n > 0) {
        size_t k = sizeof out->buf - out->n;
        if (k > n)
            k = n;
        memcpy(out->buf + out->n, p, k);
        out->n += k;
        p += k;
        n -= k;
        if (out->n == sizeof out->buf)
            printf_flush(out);
    }
}

static void printf_pad(struct printf_out *out, const char *c, int n)
{
    while (n-- > 0)
        printf_put(out, c, 1);
}

/* [blanks] prefix [zeros] body [blanks] */
static void printf_field(struct printf_out *out, const struct printf_spec *spec, const char *prefix,
                         int zeros, const char *body, size_t n)
{
    int blanks = spec->width - (int)strlen(prefix) - zeros - (int)n;

    if (!(spec->flags & PRINTF_LEFT))
        printf_pad(out, " ", blanks);
    printf_put(out, prefix, strlen(prefix));
    printf_pad(out, "0", zeros);
    printf_put(out, body, n);
    if (spec->flags & PRINTF_LEFT)
        printf_pad(out, " ", blanks);
}

static void printf_number(struct printf_out *out, const struct printf_spec *spec, uintmax_t value,
                          const char *prefix, unsigned base)
{
    char text[sizeof value * CHAR_BIT / 3 + 1];
    char *p = text + sizeof text;
    int n, zeros;

    for (; value; value /= base)
        *--p = spec->digits[value % base];
    n = (int)(text + sizeof text - p);
    zeros = (spec->precision < 0 ? 1 : spec->precision) - n;
    if (base == 8 && spec->flags & PRINTF_ALT && zeros <= 0)
        zeros = 1;
    if (spec->precision < 0 && (spec->flags & (PRINTF_ZERO | PRINTF_LEFT)) == PRINTF_ZERO) {
        int fill = spec->width - (int)strlen(prefix) - n;
        if (fill > zeros)
            zeros = fill;
    }
    printf_field(out, spec, prefix, zeros > 0 ? zeros : 0, p, (size_t)n);
}

static uintmax_t printf_unsigned(struct printf_args *args, unsigned size)
{
    unsigned above = (unsigned)(sizeof(uintmax_t) - size) * CHAR_BIT;
    uintmax_t value = size > sizeof(int) ? va_arg(args->ap, uintmax_t) : va_arg(args->ap, unsigned);

    return value << above >> above;
}

/* What stands before a number that is not negative. */
static const char *printf_plus(int flags)
{
    if (flags & PRINTF_PLUS)
        return "+";
    return flags & PRINTF_SPACE ? " " : "";
}

/* The sign is wanted as a prefix. */
static uintmax_t printf_signed(struct printf_args *args, unsigned size, const char **prefix)
{
    uintmax_t value = printf_unsigned(args, size), sign = (uintmax_t)1 << (size * CHAR_BIT - 1);

    if (!(value & sign))
        return value;
    *prefix = "-";
    return 2 * sign - value;
}

static int printf_int(const char **p, struct printf_args *args)
{
    int n = 0;

    if (**p == '*') {
        (*p)++;
        return va_arg(args->ap, int);
    }
    while (**p >= '0' && **p <= '9' && n < INT_MAX / 10)
        n = n * 10 + (*(*p)++ - '0');
    return n;
}

/* From behind the '%' up to the conversion. */
static const char *printf_read(struct printf_spec *spec, const char *p, struct printf_args *args)
{
    static const char flags[] = "-0+ #", lengths[] = "hlLjzt";
    static const uint8_t size[] = {sizeof(short),    sizeof(long),   sizeof(long long),
                                   sizeof(intmax_t), sizeof(size_t), sizeof(ptrdiff_t)};
    const char *at;

    spec->flags = 0;
    for (; *p && (at = strchr(flags, *p)); p++)
        spec->flags |= 1 << (at - flags);
    spec->width = printf_int(&p, args);
    if (spec->width < 0) {
        spec->flags |= PRINTF_LEFT;
        spec->width = spec->width > -INT_MAX ? -spec->width : INT_MAX;
    }
    spec->precision = -1;
    if (*p == '.') {
        p++;
        spec->precision = printf_int(&p, args);
    }
    spec->size = sizeof(int);
    at = *p ? strchr(lengths, *p) : NULL;
    if (at) {
        spec->size = size[at - lengths];
        if (p[1] == *p)
            spec->size = *p++ == 'h' ? sizeof(char) : sizeof(long long);
        p++;
    }
    return p;
}

static void printf_text(struct printf_out *out, const struct printf_spec *spec, const char *text)
{
    size_t n = 0;

    if (!text)
        text = "(null)";
    while ((spec->precision < 0 || n < (size_t)spec->precision) && text[n])
        n++;
    printf_field(out, spec, "", 0, text, n);
}

static void printf_one(struct printf_out *out, struct printf_spec *spec, char conversion,
                       struct printf_args *args)
{
    const char *prefix;
    uintmax_t value;
    char c;

    spec->digits = conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    switch (conversion) {
    case 'd':
    case 'i':
        prefix = printf_plus(spec->flags);
        value = printf_signed(args, spec->size, &prefix);
        printf_number(out, spec, value, prefix, 10);
        break;
    case 'u': printf_number(out, spec, printf_unsigned(args, spec->size), "", 10); break;
    case 'o': printf_number(out, spec, printf_unsigned(args, spec->size), "", 8); break;
    case 'x':
    case 'X':
        value = printf_unsigned(args, spec->size);
        prefix = conversion == 'x' ? "0x" : "0X";
        if (!value || !(spec->flags & PRINTF_ALT))
            prefix = "";
        printf_number(out, spec, value, prefix, 16);
        break;
    case 'p': printf_number(out, spec, (uintptr_t)va_arg(args->ap, void *), "0x", 16); break;
    case 'c':
        c = (char)va_arg(args->ap, int);
        printf_field(out, spec, "", 0, &c, 1);
        break;
    case 's': printf_text(out, spec, va_arg(args->ap, const char *)); break;
    case '%': printf_put(out, "%", 1); break;
    default: abort();
    }
}

int vfprintf(FILE *restrict file, const char *restrict format, va_list ap)
{
    struct printf_out out;
    struct printf_args args;
    struct printf_spec spec;

    out.f = file;
    out.n = out.total = 0;
    out.failed = 0;
    va_copy(args.ap, ap);
    while (*format) {
        size_t n = strcspn(format, "%");
        printf_put(&out, format, n);
        format += n;
        if (!*format)
            break;
        format = printf_read(&spec, format + 1, &args);
        if (spec.size != sizeof(int) && strchr("cs", *format))
            abort(); /* wide, or the end of the format */
        printf_one(&out, &spec, *format++, &args);
    }
    printf_flush(&out);
    va_end(args.ap);
    if (out.total <= INT_MAX)
        return out.failed ? -1 : (int)out.total;
    errno = EOVERFLOW;
    return -1;
}
