/* printf_test.c - port/static/printf.c against the C library's own, format by format.
 *
 * SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "test.h"

#define vfprintf printf_under_test
#include "../port/static/printf.c"
#undef vfprintf

/* The same arguments through both; text and return value must agree. */
static void both(const char *format, ...)
{
    char ours[1024], theirs[1024];
    va_list ap, again;
    FILE *f = tmpfile();
    int n, m;

    if (!f) {
        CHECK(f != NULL);
        return;
    }
    va_start(ap, format);
    va_copy(again, ap);
    n = printf_under_test(f, format, ap);
    m = vsnprintf(theirs, sizeof theirs, format, again);
    va_end(again);
    va_end(ap);
    rewind(f);
    ours[fread(ours, 1, sizeof ours - 1, f)] = '\0';
    fclose(f);
    CHECK_INT(n, m);
    CHECK_STR(ours, theirs);
}

/* Every set of flags with widths and precisions, for one conversion and each of its values. */
static void every(const char *conversion, const long long *value, size_t values, const char *flags)
{
    static const char *const sizes[] = {"",   "1",   "7",    "20", ".0", ".1",
                                        ".5", "9.4", "3.12", "*",  ".*", "*.*"};
    char format[64];

    for (unsigned set = 0; set < 1u << strlen(flags); set++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (size_t v = 0; v < values; v++) {
                size_t n = 0;
                format[n++] = '<';
                format[n++] = '%';
                for (size_t b = 0; flags[b]; b++)
                    if (set >> b & 1)
                        format[n++] = flags[b];
                snprintf(format + n, sizeof format - n, "%s%s>", sizes[s], conversion);
                if (!strcmp(sizes[s], "*.*"))
                    both(format, -8, 3, value[v]);
                else if (strchr(sizes[s], '*'))
                    both(format, -1, value[v]);
                else
                    both(format, value[v]);
            }
}

static const long long wide[] = {
    0, 1, -1, 7, 10, 255, 1000000007, -2147483647LL - 1, 4294967296LL, LLONG_MAX, LLONG_MIN};

TEST(E04_numbers)
{
    every("lld", wide, sizeof wide / sizeof *wide, "-0+ ");
    every("llu", wide, sizeof wide / sizeof *wide, "-0");
    every("jx", wide, sizeof wide / sizeof *wide, "-0#");
    every("llX", wide, sizeof wide / sizeof *wide, "#");
    every("llo", wide, sizeof wide / sizeof *wide, "-0#");
}

TEST(E04_lengths)
{
    both("%d %i %u %x %o", INT_MIN, -1, UINT_MAX, 0xbeefu, 8u);
    both("%hhd %hhu %hd %hu", 511, 511, 98303, 98303);
    both("%ld %lu %lx", LONG_MIN, ULONG_MAX, 0xbeeful);
    both("%zu %zd %td", (size_t)-1, (size_t)-5, (ptrdiff_t)-7);
    both("%jd %ju", INTMAX_MIN, UINTMAX_MAX);
    both("%p", (void *)0x1234);
    both("%d %lld %d %s %llu", 1, 2LL, 3, "four", 5ULL);
}

TEST(E04_text)
{
    char five[] = {'a', 'b', 'c', 'd', 'e'}, big[700];

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    both("plain");
    both("%s|%10s|%-10s|%.2s|%-5.1s|%.*s", "abc", "abc", "abc", "abc", "abc", 2, "abc");
    both("%.5s", five); /* no NUL: never read further */
    both("%.*s", -1, "a negative precision is none");
    both("%c%5c%-5c|%%", 'x', 'y', 'z');
    both("%s%s", big, "behind a full buffer");
    both("%300d|%-300d|%0300d", 1, 2, 3);
    both("");
}

static int with(FILE *f, const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = printf_under_test(f, format, ap);
    va_end(ap);
    return n;
}

TEST(E04_failures)
{
    static const char *const unknown[] = {"%f", "%Lf", "%n", "%ls", "%lc", "%", "%l", "%5", "%y"};
    FILE *f = fopen("/dev/full", "w");

    if (f) {
        setvbuf(f, NULL, _IONBF, 0);
        CHECK_INT(with(f, "%d", 1), -1);
        fclose(f);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        int status = 0;
        pid_t pid;
        /* Where long is int, %ls looks like %s. */
        if (sizeof(long) == sizeof(int) && unknown[i][1] == 'l' && unknown[i][2])
            continue;
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            with(stderr, unknown[i], 0LL, 0LL);
            _exit(0);
        }
        waitpid(pid, &status, 0);
        CHECK(WIFSIGNALED(status));
    }
}

int main(void)
{
    RUN(E04_numbers);
    RUN(E04_lengths);
    RUN(E04_text);
    RUN(E04_failures);
    return report("printf");
}
