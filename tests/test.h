/* test.h - the whole test framework.
 *
 *   TEST(D07) { CHECK(quoth_dns_open(...) == QUOTH_EPROTO); }     a function named test_D07
 *   int main(void) { RUN(D07); return report("dns"); }
 *
 * A test is named after the rule it keeps (D07, P14; see RULES.md), a second one of the same rule
 * with a word behind it (D07_end). The last line printed is "NAME: N passed, N failed", which
 * tests/run adds up.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TEST_H
#define TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many of N random rounds: all of them, or with TEST_TENTH a tenth. So does cross_test.sh, on
 * machines that are emulated; this one does them all. */
#ifdef TEST_TENTH
#define ROUNDS(n) ((n) / 10)
#else
#define ROUNDS(n) (n)
#endif

static unsigned long test_bad_checks, test_checks, test_passed, test_failed;
static const char *test_now;

/* One check more that does not hold: with TEST_STOP (mutants.py) nobody asks for the others. */
static inline void test_bad(void)
{
    test_bad_checks++;
#ifdef TEST_STOP
    exit(1);
#endif
}

/* Check one fact. If it does not hold, say so with file and line and go on, so that one run shows
 * everything that is wrong. */
#define CHECK(x) \
    do { \
        test_checks++; \
        if (!(x)) { \
            test_bad(); \
            printf("%s:%d: %s: not true: %s\n", __FILE__, __LINE__, test_now, #x); \
        } \
    } while (0)
#define CHECK_INT(got, want) \
    do { \
        long long test_g = (long long)(got), test_w = (long long)(want); \
        test_checks++; \
        if (test_g != test_w) { \
            test_bad(); \
            printf("%s:%d: %s: %s is %lld, not %lld\n", __FILE__, __LINE__, test_now, #got, \
                   test_g, test_w); \
        } \
    } while (0)
#define CHECK_STR(got, want) \
    do { \
        const char *test_g = (got), *test_w = (want); \
        test_checks++; \
        if (strcmp(test_g, test_w)) { \
            test_bad(); \
            printf("%s:%d: %s: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, test_now, #got, \
                   test_g, test_w); \
        } \
    } while (0)

#define TEST(name) static void test_##name(void)
#define RUN(name)  test_run(#name, test_##name)

/* Run one test. Call it yourself for cases that are made at run time, with their names. */
static inline void test_run(const char *name, void (*f)(void))
{
    unsigned long bad = test_bad_checks;
    test_now = name;
    f();
    if (test_bad_checks == bad)
        test_passed++;
    else {
        test_failed++;
        printf("FAILED %s\n", name);
    }
}

/* A suite that checks nothing could not fail, so it counts as failed. */
static inline int report(const char *suite)
{
    if (test_checks == 0)
        test_failed++;
    printf("%s: %lu passed, %lu failed\n", suite, test_passed, test_failed);
    return test_failed != 0;
}

#endif
