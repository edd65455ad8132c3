/* query_test.c - what stands around an address in a request: targets, queries, bodies.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "test.h"
#include "app.h"
#include "query.h"

static char out[64];

static int decode(const char *text, int plus)
{
    return query_decode(text, strlen(text), plus, out, sizeof out);
}

TEST(B06)
{
    CHECK_INT(decode("a%40b+c%C3%A4", 1), 7);
    CHECK_STR(out, "a@b c\xc3\xa4");
    CHECK_INT(decode("a+b", 0), 3);
    CHECK_STR(out, "a+b");
    CHECK_INT(decode("%2541", 0), 3); /* once */
    CHECK_STR(out, "%41");
    CHECK_INT(decode("%00", 1), -1);
    CHECK_INT(decode("%2F", 0), -1);
    CHECK_INT(decode("%2f", 1), 1);
    CHECK_INT(decode("%4", 1), -1);
    CHECK_INT(decode("%", 1), -1);
    CHECK_INT(decode("%4g", 1), -1);
    CHECK_INT(decode("%ff", 1), -1);
    CHECK_INT(decode("%c0%80", 1), -1);
    CHECK_INT(decode("123456789012345678901234567890123456789012345678901234567890123", 0), 63);
    CHECK_INT(decode("1234567890123456789012345678901234567890123456789012345678901234", 0), -1);
}

TEST(B06_query)
{
    struct query q = {.p = "address=jane%40a.b&x=&y=1&"};

    CHECK_INT(query_next(&q), 1);
    CHECK_STR(q.name, "address");
    CHECK_STR(q.value, "jane@a.b");
    CHECK_INT(q.value_n, 8);
    CHECK_INT(query_next(&q), 1);
    CHECK_STR(q.name, "x");
    CHECK_STR(q.value, "");
    CHECK_INT(query_next(&q), 1);
    CHECK_INT(query_next(&q), 0);
    CHECK_INT(query_next(&(struct query) {.p = ""}), 0);
    CHECK_INT(query_next(&(struct query) {.p = "address"}), -1);
    CHECK_INT(query_next(&(struct query) {.p = "&a=b"}), -1);
    CHECK_INT(query_next(&(struct query) {.p = "a=%zz"}), -1);
    q = (struct query) {.p = "a=1&b=2&%61=1"};
    CHECK_INT(query_next(&q), 1);
    CHECK_INT(query_next(&q), 1);
    CHECK_INT(query_next(&q), -1);
}

/* Names of the members, "!" at a fault; from a block of exactly its size. */
static const char *members(const char *text, size_t n)
{
    static char names[256];
    char *exact = malloc(n ? n : 1);
    struct members m;
    int got;

    names[0] = 0;
    memcpy(exact, text, n);
    got = members_open(&m, exact, n);
    while (!got && (got = members_next(&m)) == 1) {
        strcat(names, m.name);
        strcat(names, " ");
        got = 0;
    }
    free(exact);
    if (got < 0)
        strcat(names, "!");
    return names;
}
#define MEMBERS(text) members(text, sizeof text - 1)

TEST(B07)
{
    CHECK_STR(MEMBERS("{}"), "");
    CHECK_STR(MEMBERS(" { \"a\" : 1 , \"b\":[{},\"]\"], \"\\u0063\":{\"d\":null}} \n"), "a b c ");
    CHECK_STR(MEMBERS(""), "!");
    CHECK_STR(MEMBERS("[]"), "!");
    CHECK_STR(MEMBERS("{"), "!");
    CHECK_STR(MEMBERS("{\"a\":1"), "a !");
    CHECK_STR(MEMBERS("{\"a\":1,}"), "a !");
    CHECK_STR(MEMBERS("{,\"a\":1}"), "!");
    CHECK_STR(MEMBERS("{\"a\" 1}"), "!");
    CHECK_STR(MEMBERS("{\"a\":}"), "!");
    CHECK_STR(MEMBERS("{\"a\":1 \"b\":2}"), "a !");
    CHECK_STR(MEMBERS("{\"a\":1}x"), "a !");
    CHECK_STR(MEMBERS("{\"a\":1,\"a\":2}"), "a !");
    CHECK_STR(MEMBERS("{\"a\":1,\"\\u0061\":2}"), "a !");
    CHECK_STR(MEMBERS("{\"a\":\"\0\"}"), "!");
    CHECK_STR(MEMBERS("{\"a\":\"\xff\"}"), "!");
}

static int string(const char *text) { return members_string(text, strlen(text), out, sizeof out); }
static long number(const char *text) { return members_number(text, strlen(text), 120); }

TEST(B07_values)
{
    CHECK_INT(string("\"jane\\u0040a.b\""), 8);
    CHECK_STR(out, "jane@a.b");
    CHECK_INT(string("\"\""), 0);
    CHECK_INT(string("12"), -1);
    CHECK_INT(string("null"), -1);
    CHECK_INT(string("[\"a\"]"), -1);
    CHECK_INT(string("\"a\\u0000b\""), -1);
    CHECK_INT(string("\"a\nb\""), -1);
    CHECK_INT(string("\"\\ud83d\\uDE00\\\\ud83d\""), 10);
    CHECK_STR(out, "\xf0\x9f\x98\x80\\ud83d");
    CHECK_INT(string("\"\\ud7ff\\ue000\\ufffd\""), 9);
    CHECK_INT(string("\"\\ud83d\""), -1);
    CHECK_INT(string("\"\\ud83dx\""), -1);
    CHECK_INT(string("\"\\uDE00\\ud83d\""), -1);
    CHECK_INT(string("\"\\ud83d\\ud83d\\ude00\""), -1);
    CHECK_INT(string("\"\\ud83d\\u0041\""), -1);
    CHECK_INT(string("\"\\ud83d\\nabcd\""), -1);
    CHECK_INT(number("0"), 0);
    CHECK_INT(number("120"), 120);
    CHECK_INT(number("121"), -1);
    CHECK_INT(number("99999999999999999999"), -1);
    CHECK_INT(number("-1"), -1);
    CHECK_INT(number("1.5"), -1);
    CHECK_INT(number("1e1"), -1);
    CHECK_INT(number("01"), -1);
    CHECK_INT(number("\"1\""), -1);
    CHECK_INT(number(""), -1);
}

/* "DIGITS=NUMBER" of what a text begins with. */
static const char *digits(const char *text)
{
    uint64_t n;
    size_t i = app_number_large(text, &n);

    snprintf(out, sizeof out, "%zu=%llu", i, (unsigned long long)n);
    return out;
}

TEST(B07_digits)
{
    CHECK_STR(digits("0"), "1=0");
    CHECK_STR(digits("0042-9"), "4=42");
    CHECK_STR(digits("18446744073709551615"), "20=18446744073709551615");
    CHECK_STR(digits("18446744073709551616,"), "20=18446744073709551615");
    CHECK_STR(digits("99999999999999999999999"), "23=18446744073709551615");
    CHECK_STR(digits(" 1"), "0=0");
    CHECK_STR(digits("-1"), "0=0");
    CHECK_STR(digits("+1"), "0=0");
    CHECK_STR(digits(""), "0=0");
}

int main(void)
{
    RUN(B06);
    RUN(B06_query);
    RUN(B07);
    RUN(B07_values);
    RUN(B07_digits);
    return report("query");
}
