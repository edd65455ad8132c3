/* policy_test.c - tests of core/domain/policy.c: policies of MTA-STS, whole and in pieces of every
 * size; and what they come to for a domain's hosts.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "quoth_domain.h"
#include "policy_ref.h"
#include "test.h"

static struct quoth_policy p;

static void read_in(const char *text, size_t n, size_t piece)
{
    quoth_policy_start(&p);
    for (size_t at = 0; at < n; at += piece)
        quoth_policy_feed(&p, text + at, n - at < piece ? n - at : piece);
    CHECK_INT(quoth_policy_end(&p), !p.fault);
}

#define GOOD "version: STSv1\nmode: enforce\nmax_age: 604800\n"
#define FULL GOOD "mx: mx.example.com\n"

static const struct row {
    const char *text;
    size_t n; /* 0: all of it */
    enum quoth_policy_fault fault;
    uint16_t at;
} rows[] = {
    {FULL, 0, QUOTH_POLICY_FINE, 0},
    {"version: STSv1\r\nmode: enforce\r\nmax_age: 604800\r\nmx: mx.example.com\r\n", 0,
     QUOTH_POLICY_FINE, 0},
    {"version: STSv1\r\nmode: enforce\nmax_age: 604800\r\nmx: mx.example.com", 0, QUOTH_POLICY_FINE,
     0},
    {"mx:mx.example.com\nmax_age:1\nmode:testing\nversion:STSv1", 0, QUOTH_POLICY_FINE, 0},
    {"version: \t STSv1 \t\nmode: enforce \nmax_age: 604800\t\nmx: *.example.com  \n", 0,
     QUOTH_POLICY_FINE, 0},
    {FULL "\n", 0, QUOTH_POLICY_FINE, 0},
    {FULL "\r\n \r\n", 0, QUOTH_POLICY_FINE, 0},
    /* keys that nobody knows, whatever they hold */
    {FULL "x: y\n2.b-c_d: \"; drop, \xc3\xa9\n", 0, QUOTH_POLICY_FINE, 0},
    {"a:\n" FULL, 0, QUOTH_POLICY_FINE, 0},
    {FULL "x: a~}\n", 0, QUOTH_POLICY_FINE, 0},
    {FULL "x: a\x7f\n", 0, QUOTH_POLICY_SYNTAX, 5},
    {FULL "x: a\x1f\n", 0, QUOTH_POLICY_SYNTAX, 5},
    {FULL "a23456789a123456789a123456789a12: y\n", 0, QUOTH_POLICY_FINE, 0},
    {FULL "Mode: none\n", 0, QUOTH_POLICY_FINE, 0},
    /* the first of several counts */
    {FULL "mode: nonsense\nmax_age: x\nversion: STSv2\n", 0, QUOTH_POLICY_FINE, 0},
    {"mode: nonsense\n" FULL, 0, QUOTH_POLICY_MODE, 1},
    /* mode none needs no host */
    {"version: STSv1\nmode: none\nmax_age: 1\n", 0, QUOTH_POLICY_FINE, 0},
    {GOOD, 0, QUOTH_POLICY_MX, 0},
    {"mode: enforce\nmax_age: 1\nmx: a.b\n", 0, QUOTH_POLICY_VERSION, 0},
    {"version: STSv1\nmax_age: 1\nmx: a.b\n", 0, QUOTH_POLICY_MODE, 0},
    {"version: STSv1\nmode: enforce\nmx: a.b\n", 0, QUOTH_POLICY_MAX_AGE, 0},
    {"", 0, QUOTH_POLICY_VERSION, 0},
    {"version: stsv1\n", 0, QUOTH_POLICY_VERSION, 1},
    {"Version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.b\n", 0, QUOTH_POLICY_VERSION, 0},
    {"version: STSv1\nmode: Enforce\n", 0, QUOTH_POLICY_MODE, 2},
    {"version: STSv1\nmode: enforced\n", 0, QUOTH_POLICY_MODE, 2},
    {"version: STSv1\nmode:\n", 0, QUOTH_POLICY_MODE, 2},
    {"version: STSv1\nmode: none\nmax_age: -1\n", 0, QUOTH_POLICY_MAX_AGE, 3},
    {"version: STSv1\nmode: none\nmax_age: 1d\n", 0, QUOTH_POLICY_MAX_AGE, 3},
    {"version: STSv1\nmode: none\nmax_age:\n", 0, QUOTH_POLICY_MAX_AGE, 3},
    {"version: STSv1\nmode: none\nmax_age: 9999999999\n", 0, QUOTH_POLICY_FINE, 0},
    {"version: STSv1\nmode: none\nmax_age: 00000000001\n", 0, QUOTH_POLICY_MAX_AGE, 3},
    {GOOD "mx: *.com\n", 0, QUOTH_POLICY_FINE, 0},
    {FULL "mx: *\n", 0, QUOTH_POLICY_MX, 5},
    {FULL "mx: *.\n", 0, QUOTH_POLICY_MX, 5},
    {FULL "mx: mx.example.net.\n", 0, QUOTH_POLICY_MX, 5},
    {FULL "mx: *.example.net.\n", 0, QUOTH_POLICY_MX, 5},
    {FULL "mx: *.*.com\n", 0, QUOTH_POLICY_MX, 5},
    {FULL "mx: a.*.com\n", 0, QUOTH_POLICY_MX, 5},
    {FULL "mx: 192.0.2.1\n", 0, QUOTH_POLICY_MX, 5},
    {FULL "mx: mx 1.example.com\n", 0, QUOTH_POLICY_MX, 5},
    {FULL "mx: a.b, c.d\n", 0, QUOTH_POLICY_MX, 5},
    {FULL "mx:\n", 0, QUOTH_POLICY_MX, 5},
    /* lines that are none */
    {FULL "hello\n", 0, QUOTH_POLICY_SYNTAX, 5},
    {FULL " x: y\n", 0, QUOTH_POLICY_SYNTAX, 5},
    {FULL "x : y\n", 0, QUOTH_POLICY_SYNTAX, 5},
    {FULL ": y\n", 0, QUOTH_POLICY_SYNTAX, 5},
    {FULL "-x: y\n", 0, QUOTH_POLICY_SYNTAX, 5},
    {FULL "a23456789a123456789a123456789a123: y\n", 0, QUOTH_POLICY_SYNTAX, 5},
    {"\xef\xbb\xbf" FULL, 0, QUOTH_POLICY_SYNTAX, 1},
    {"version: STSv1\n\nmode: none\n", 0, QUOTH_POLICY_SYNTAX, 3},
    {"version: STSv1\rmode: none\n", 0, QUOTH_POLICY_SYNTAX, 1},
    {FULL "x: y\r", 0, QUOTH_POLICY_SYNTAX, 5},
    {FULL "x: a\0b\n", sizeof FULL + 6, QUOTH_POLICY_SYNTAX, 5},
    {FULL "x: \x1b[2J\n", 0, QUOTH_POLICY_SYNTAX, 5},
};

/* Each as it should be, and the same in pieces. */
TEST(M22)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t n = rows[i].n ? rows[i].n : strlen(rows[i].text);
        struct quoth_policy whole;
        read_in(rows[i].text, n, n + 1);
        if (p.fault != rows[i].fault)
            printf("    row %zu: %s\n", i, rows[i].text);
        CHECK_INT(p.fault, rows[i].fault);
        CHECK_INT(p.at, rows[i].at);
        whole = p;
        for (size_t piece = 1; piece < n; piece++) {
            read_in(rows[i].text, n, piece);
            CHECK(!memcmp(&p, &whole, sizeof p));
        }
    }
}

TEST(M22_values)
{
    read_in(FULL "mx: *.example.net\n", strlen(FULL "mx: *.example.net\n"), 7);
    CHECK_INT(p.mode, QUOTH_POLICY_ENFORCE);
    CHECK_INT(p.max_age, 604800);
    CHECK_INT(p.patterns, 2);
    CHECK_STR(p.mx, "mx.example.com");
    CHECK_STR(p.mx + strlen(p.mx) + 1, "*.example.net");
    read_in("max_age: 9999999999", 19, 3);
    CHECK_INT(p.max_age, UINT32_MAX);
}

/* 64 KiB are fine, a byte more is not; nor is a line of 4,097 bytes. */
TEST(M22_limits)
{
    static char text[70000];
    size_t n;

    memset(text, 'y', sizeof text);
    memcpy(text, FULL, strlen(FULL));
    for (size_t at = strlen(FULL); at + 3 < sizeof text; at += 4000)
        memcpy(text + at, "\nx:", 3);
    text[strlen(FULL)] = 'z';
    text[strlen(FULL) + 1] = ':';
    read_in(text, 65536, 65536);
    CHECK_INT(p.fault, QUOTH_POLICY_FINE);
    read_in(text, 65537, 1000);
    CHECK_INT(p.fault, QUOTH_POLICY_BIG);
    for (size_t length = 4095; length <= 4097; length++) {
        memset(text, 'y', sizeof text);
        memcpy(text, FULL "x:", strlen(FULL "x:"));
        n = strlen(FULL) + length;
        memcpy(text + n, "\r\n", 2);
        read_in(text, n + 2, 100);
        CHECK_INT(p.fault, length <= 4096 ? QUOTH_POLICY_FINE : QUOTH_POLICY_SYNTAX);
    }
    for (size_t length = 263; length <= 265; length++) { /* of a key that counts, blanks and all */
        memset(text, ' ', sizeof text);
        memcpy(text, "mode: enforce", 13);
        n = length +
            (size_t)sprintf(text + length, "\n%s", "version: STSv1\nmax_age: 1\nmx: a.b\n");
        read_in(text, n, 100);
        CHECK_INT(p.fault, length <= 264 ? QUOTH_POLICY_FINE : QUOTH_POLICY_MODE);
    }
    n = (size_t)snprintf(text, sizeof text, "%s", GOOD);
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "mx: mx%d.a-rather-long.example.com\n", i);
    read_in(text, n, 5);
    CHECK_INT(p.fault, QUOTH_POLICY_FINE);
    CHECK_INT(p.patterns, 16);
    CHECK_INT(p.cut, 1);
}

TEST(M23)
{
    static const struct {
        const char *pattern, *host;
        int same;
    } names[] = {{"mx.example.com", "mx.example.com", 1},
                 {"MX.example.com", "mx.EXAMPLE.com", 1},
                 {"mx.example.com", "a.example.com", 0},
                 {"mx.example.com", "example.com", 0},
                 {"*.example.com", "a.example.com", 1},
                 {"*.example.com", "a.b.example.com", 0},
                 {"*.example.com", "example.com", 0},
                 {"*.com", "example.com", 1},
                 {"*.example.com", "com", 0},
                 {"*.example.com", "a.example.comm", 0}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_INT(quoth_policy_matches(names[i].pattern, names[i].host, strlen(names[i].host)),
                  names[i].same);
}

/* ---- against a plain reference (policy_ref.h) ------------------------------- */

static unsigned below(unsigned n)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

static char made[150000];
static size_t made_n;

static void put(const char *word, unsigned times)
{
    for (; times > 0; times--)
        made_n += (size_t)sprintf(made + made_n, "%s", word);
}

/* Around a limit: one less, as much, one more. */
static unsigned about(unsigned limit) { return limit - 1 + below(3); }

static void put_value(unsigned key)
{
    static const char *const values[][9] = {
        {"STSv1", "STSv1", "STSv1", "STSv1", "STSv1", "stsv1", "STSv2", "STSv1 x"},
        {"none", "testing", "enforce", "enforce", "none", "Enforce", "enforced", ""},
        {"0", "1", "4294967294", "4294967295", "4294967296", "9999999999", "00000000001", "1d"},
        {"mx.example.com", "*.example.com", "*.com", "*.", "*", "a.*.com", "192.0.2.1", "a b",
         "a.com."}};

    if (below(30) == 0)
        put(below(4) ? "\t" : "\x7f\0\x1f", 1);
    if (key == 3 && below(4) == 0) /* so that there is no room, or just so */
        put("label-of-16-byte.", below(30));
    if (key == 3 && below(4) == 0)
        put("y", below(64));
    put(key < 4 ? values[key][below(key == 3 ? 9 : 8)] : "~ : !", 1);
    if (below(60) == 0)
        put("z", below(2) ? about(255) : about(4090));
}

static void put_line(void)
{
    static const char *const keys[] = {"version", "mode", "max_age", "mx", "x_.-1",   "Mode", "mxx",
                                       "-x",      ".x",   "_x",      "",   "max-age", "9"};
    static const char *const behind[] = {": ", ": ", ": ", ":", ":\t ", " : ", "", "::"};
    static const char *const ends[] = {"\n", "\r\n", " \n", "\t\r\n", "\n\n", "\r", "\r\r\n", ""};
    const unsigned key = below(below(8) ? 5 : 13);
    const size_t start = made_n;

    put(keys[key], 1);
    if (key >= 4 && below(8) == 0)
        put("k", about(32 - (unsigned)strlen(keys[key])));
    put(behind[below(below(8) ? 4 : 8)], 1);
    put_value(key);
    if (below(20) == 0 && made_n - start < 263)
        put(below(4) ? " " : "\t", about(264 - (unsigned)(made_n - start)));
    put(ends[below(below(8) ? 4 : 8)], 1);
}

static void same_as_ref(size_t piece)
{
    static struct ref_policy want;

    ref_policy(&want, made, made_n);
    read_in(made, made_n, piece);
    CHECK_INT(p.fault, want.fault);
    CHECK_INT(p.at, want.at);
    CHECK_INT(p.bytes, made_n < REF_BYTES ? made_n : REF_BYTES);
    CHECK_INT(p.mode, want.mode);
    CHECK_INT(p.patterns, want.patterns);
    CHECK_INT(p.cut, want.cut);
    CHECK(!memcmp(p.mx, want.mx, sizeof p.mx));
    if (!want.fault)
        CHECK_INT(p.max_age, want.max_age);
}

TEST(M22_reference)
{
    unsigned met[QUOTH_POLICY_MX + 1] = {0};

    for (unsigned i = 0; i < 15000 && !test_bad_checks; i++) {
        made_n = 0;
        if (below(2))
            put(GOOD, 1);
        for (unsigned n = below(below(8) ? 8 : 24); n > 0; n--)
            put_line();
        if (made_n < REF_BYTES - 1000 && below(120) == 0) {
            while (made_n < REF_BYTES - 1000)
                put("x: y\n", 1);
            put(below(2) ? "x" : "\n", about(REF_BYTES) - (unsigned)made_n);
        }
        same_as_ref(1 + below(below(2) ? 7 : 70000));
        met[p.fault]++;
        if (test_bad_checks)
            printf("    %.*s\n", made_n < 2000 ? (int)made_n : 2000, made);
    }
    for (unsigned fault = 0; fault <= QUOTH_POLICY_MX; fault++)
        CHECK(met[fault] > 10);
}

/* ---- what it comes to ------------------------------------------------------- */

static struct quoth_facts f;

static void host(const char *name)
{
    f.host[f.hosts].name = quoth_facts_keep(&f, name, strlen(name));
    f.host[f.hosts].flags = QUOTH_HOST_PUBLIC;
    f.host[f.hosts++].a = QUOTH_ANSWER_DATA;
}

static void facts(void)
{
    memset(&f, 0, sizeof f);
    f.mx = QUOTH_ANSWER_DATA;
    f.domain = quoth_facts_keep(&f, "example.com", 11);
    f.sts = (struct quoth_fact_txt) {.answer = QUOTH_ANSWER_DATA, .n = 1};
    f.rpt = f.sts;
    host("mx.example.com");
}

static enum quoth_grade found(const char *id, size_t *all)
{
    struct quoth_finding out[QUOTH_FINDINGS_MAX];
    const size_t n = quoth_health_judge(&f, QUOTH_PROFILE_RECEIVING, out);

    if (all)
        *all = n;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(quoth_check_id(out[i].id), id))
            return (enum quoth_grade)out[i].grade;
    return QUOTH_GRADE_OK;
}

static void fetched(struct quoth_fetched got, const char *text)
{
    if (text)
        read_in(text, strlen(text), 100);
    quoth_facts_policy(&f, &got, &p);
}

static enum quoth_grade of_text(const char *text, const char *id)
{
    facts();
    fetched((struct quoth_fetched) {.how = QUOTH_FETCH_DONE, .status = 200}, text);
    return found(id, NULL);
}

#define TESTING "version: STSv1\nmode: testing\nmax_age: 604800\nmx: "

TEST(M21)
{
    size_t all;

    facts();
    fetched((struct quoth_fetched) {.how = QUOTH_FETCH_DONE, .status = 200}, FULL);
    CHECK_INT(found("", &all), 0);
    CHECK_INT(all, 0);
    f.sts.answer = QUOTH_ANSWER_NODATA;
    CHECK_INT(found("sts.no_record", NULL), QUOTH_GRADE_WARN);
    for (unsigned how = QUOTH_FETCH_NOT; how <= QUOTH_FETCH_NO_CLOCK; how++) {
        facts();
        fetched((struct quoth_fetched) {.how = (uint8_t)how, .status = 301}, FULL);
        CHECK_INT(found("sts.policy_unknown", &all),
                  how >= QUOTH_FETCH_DNS ? QUOTH_GRADE_UNKNOWN : QUOTH_GRADE_OK);
        CHECK_INT(all, how > QUOTH_FETCH_DONE);
        CHECK_INT(found("sts.status", NULL),
                  how == QUOTH_FETCH_STATUS ? QUOTH_GRADE_BAD : QUOTH_GRADE_OK);
        CHECK_INT(found("sts.http", NULL),
                  how == QUOTH_FETCH_HTTP ? QUOTH_GRADE_BAD : QUOTH_GRADE_OK);
        CHECK_INT(found("sts.cert", NULL),
                  how == QUOTH_FETCH_CERT ? QUOTH_GRADE_BAD : QUOTH_GRADE_OK);
        CHECK_INT(found("sts.private", NULL),
                  how == QUOTH_FETCH_PRIVATE ? QUOTH_GRADE_BAD : QUOTH_GRADE_OK);
        CHECK_INT(found("sts.no_policy", NULL),
                  how == QUOTH_FETCH_NO_HOST ? QUOTH_GRADE_WARN : QUOTH_GRADE_OK);
        f.sts.answer = QUOTH_ANSWER_NODATA;
        CHECK_INT(found("sts.no_policy", NULL), QUOTH_GRADE_OK);
    }
    facts();
    fetched((struct quoth_fetched) {.how = QUOTH_FETCH_DONE, .odd_type = 1}, FULL);
    CHECK_INT(found("sts.type", NULL), QUOTH_GRADE_WARN);
}

TEST(M24)
{
    unsigned kept;

    CHECK_INT(of_text(FULL "hello", "sts.policy_syntax"), QUOTH_GRADE_BAD);
    CHECK_INT(of_text(GOOD, "sts.policy_key"), QUOTH_GRADE_BAD);
    CHECK_INT(of_text(GOOD "mx: a.example.com", "sts.mx_missing"), QUOTH_GRADE_BAD);
    CHECK_INT(of_text(FULL, "sts.mx_missing"), QUOTH_GRADE_OK);
    CHECK_INT(of_text(FULL "mx: a.example.com", "sts.mx_unused"), QUOTH_GRADE_NOTE);
    CHECK_INT(of_text(GOOD "mx: a.example.com\nmx: mx.example.com", "sts.mx_missing"),
              QUOTH_GRADE_OK);
    CHECK_INT(of_text(FULL "mx: *.example.com", "sts.mx_unused"), QUOTH_GRADE_OK);
    facts();
    kept = f.used;
    fetched((struct quoth_fetched) {.how = QUOTH_FETCH_DONE, .status = 200}, FULL);
    CHECK_INT(f.used, kept); /* of patterns that are used none is kept */
    CHECK_INT(of_text(FULL, "sts.mx_unused"), QUOTH_GRADE_OK);
    CHECK_INT(of_text(TESTING "a.example.com", "sts.mx_unlisted"), QUOTH_GRADE_WARN);
    CHECK_INT(of_text(TESTING "a.example.com", "sts.mx_missing"), QUOTH_GRADE_OK);
    CHECK_INT(of_text("version: STSv1\nmode: none\nmax_age: 86399\n", "sts.short"),
              QUOTH_GRADE_NOTE);
    CHECK_INT(of_text("version: STSv1\nmode: none\nmax_age: 86400\n", "sts.short"), QUOTH_GRADE_OK);
    CHECK_INT(of_text("version: STSv1\nmode: none\nmax_age: 31557601\n", "sts.long"),
              QUOTH_GRADE_NOTE);
    CHECK_INT(of_text("version: STSv1\nmode: none\nmax_age: 31557600\n", "sts.long"),
              QUOTH_GRADE_OK);
    CHECK_INT(of_text("version: STSv1\nmode: none\nmax_age: 86400\n", "sts.mode_none"),
              QUOTH_GRADE_NOTE);
    CHECK_INT(of_text(TESTING "mx.example.com", "sts.unseen"), QUOTH_GRADE_OK);
    f.rpt.answer = QUOTH_ANSWER_NODATA;
    CHECK_INT(found("sts.unseen", NULL), QUOTH_GRADE_WARN);
    f.rpt.answer = QUOTH_ANSWER_SERVFAIL;
    CHECK_INT(found("sts.unseen", NULL), QUOTH_GRADE_OK);
}

/* Of a policy with more patterns than are kept, none is said to be missing. */
TEST(M23_cut)
{
    char text[1000] = GOOD;

    for (int i = 0; i < 17; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "mx: mx%d.example.com\n", i);
    CHECK_INT(of_text(text, "sts.mx_missing"), QUOTH_GRADE_OK);
    CHECK_INT(of_text(text, "sts.mx_unused"), QUOTH_GRADE_NOTE);
    CHECK_INT(f.policy.patterns, 16);
    CHECK_STR(quoth_facts_text(&f, f.policy.unused).p, "mx0.example.com");
}

/* Nor of one whose patterns are longer than what is kept of them; where a fault stands is told. */
TEST(M23_room)
{
    char text[1400] = GOOD;

    for (int i = 0; i < 4; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "mx: %060d.%060d.%060d.example\n",
                 i, i, i);
    CHECK_INT(of_text(text, "sts.mx_missing"), QUOTH_GRADE_OK);
    CHECK_INT(p.cut, 1);
    CHECK(p.patterns < 5);
    CHECK_INT(of_text("version: STSv1\nmode: none\nx\n", "sts.policy_syntax"), QUOTH_GRADE_BAD);
    CHECK_INT(f.policy.at, 3);
}

int main(void)
{
    RUN(M22);
    RUN(M22_values);
    RUN(M22_limits);
    RUN(M22_reference);
    RUN(M23);
    RUN(M21);
    RUN(M24);
    RUN(M23_cut);
    RUN(M23_room);
    return report("policy");
}
