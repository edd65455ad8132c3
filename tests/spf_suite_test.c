/* The test suite of RFC 7208, case by case, through the machine (F01).
 *
 *   spf_suite_test CASES      the lines that tests/spf_suite.awk makes of it
 *
 * Each case runs over UDP; over TCP with every answer in pieces of one byte, and of seven; and once
 * for each of its questions with that one failing, in four ways.
 *
 * SPDX-License-Identifier: MIT */
#include "spf_world.h"
#include "test.h"

enum { SUITE_CASES = 203, SUITE_LINE = 2048 };

static struct spf_world w;
static unsigned cases;

struct suite_case {
    char id[100], helo[SPF_WORLD_DATA], from[SPF_WORLD_DATA], result[60];
    struct quoth_spf_conf conf;
};

static int expected(const struct suite_case *c, enum quoth_spf_result result)
{
    const char *name = quoth_spf_result_name(result), *p = c->result;
    size_t n = strlen(name);

    for (; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (!strncmp(p, name, n) && (p[n] == '|' || !p[n]))
            return 1;
    return 0;
}

static void suite_check(struct suite_case *c, const char *how)
{
    enum quoth_spf_result result = spf_world_run(&w, &c->conf);

    if (!expected(c, result))
        printf("%s, %s: %s (why %d, at %u), not %s\n", c->id, how, quoth_spf_result_name(result),
               w.spf.why, w.spf.bad_at, c->result);
    CHECK(expected(c, result));
}

/* A failure is temperror. Only behind a question for the client's own names it may be a match that
 * was not found (5.5), and never "none". */
static void suite_fail(struct suite_case *c, unsigned questions)
{
    enum quoth_spf_result whole = (enum quoth_spf_result)w.spf.result;

    for (w.fail_at = 1; w.fail_at <= questions; w.fail_at++)
        for (w.fail_how = 0; w.fail_how <= SPF_WORLD_BROKEN; w.fail_how++) {
            enum quoth_spf_result result = spf_world_run(&w, &c->conf);
            int fine = result == QUOTH_SPF_TEMPERROR ||
                       (w.asked_ptr && result != QUOTH_SPF_NONE &&
                        (result != QUOTH_SPF_PERMERROR || whole == QUOTH_SPF_PERMERROR));
            if (!fine)
                printf("%s, question %u fails (%u): %s\n", c->id, w.fail_at, w.fail_how,
                       quoth_spf_result_name(result));
            CHECK(fine);
        }
    w.fail_at = 0;
}

static void suite_case(struct suite_case *c)
{
    unsigned questions;

    suite_check(c, "udp");
    questions = w.spf.queries;
    w.res.tcp = 1;
    w.piece = 1;
    suite_check(c, "tcp, in bytes");
    CHECK_INT(w.spf.queries, questions);
    w.piece = 7;
    suite_check(c, "tcp, in sevens");
    w.piece = 0;
    w.res.tcp = 0;
    w.res.tries = 1;
    spf_world_run(&w, &c->conf);
    suite_fail(c, w.questions);
    w.res.tries = 0;
}

static struct suite_case now;
static void suite_now(void) { suite_case(&now); }

static void suite_line(const char *line)
{
    char ip[SPF_WORLD_DATA], result[SPF_WORLD_DATA], id[SPF_WORLD_DATA];
    size_t n;

    if (*line == 'G') {
        spf_world_init(&w);
    } else if (*line == 'Z') {
        spf_world_zone(&w, line);
    } else {
        SPF_REQUIRE(*line == 'T');
        memset(&now, 0, sizeof now);
        spf_world_field(&line, id, &n);
        SPF_REQUIRE(spf_world_field(&line, id, &n) && n < sizeof now.id);
        strcpy(now.id, id);
        SPF_REQUIRE(spf_world_field(&line, now.helo, &n) && spf_world_field(&line, ip, &n));
        SPF_REQUIRE(quoth_ip_parse(&now.conf.ip, ip, strlen(ip)) == QUOTH_OK);
        SPF_REQUIRE(spf_world_field(&line, now.from, &n));
        SPF_REQUIRE(spf_world_field(&line, result, &n) && n < sizeof now.result);
        strcpy(now.result, result);
        now.conf.from = now.from;
        now.conf.helo = now.helo;
        cases++;
        test_run(now.id, suite_now);
    }
}

/* The cases stand before their zone, so each group is read twice. */
static void suite_group(FILE *f, long start, long end)
{
    char line[SUITE_LINE];

    for (const char *pass = "GZ"; pass; pass = *pass == 'G' ? "T" : NULL) {
        fseek(f, start, SEEK_SET);
        while (ftell(f) < end && fgets(line, sizeof line, f)) {
            line[strcspn(line, "\n")] = 0;
            if (strchr(pass, *line))
                suite_line(line);
        }
    }
}

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    char line[SUITE_LINE];
    long at = 0, start = 0;

    if (!f) {
        fprintf(stderr, "usage: spf_suite_test CASES\n");
        return 2;
    }
    while (fgets(line, sizeof line, f)) {
        if (*line == 'G' && at > start) {
            suite_group(f, start, at);
            fseek(f, at + (long)strlen(line), SEEK_SET);
            start = at;
        }
        at = ftell(f);
    }
    suite_group(f, start, at);
    fclose(f);
    test_now = "F01";
    CHECK_INT(cases, SUITE_CASES);
    test_failed += cases != SUITE_CASES;
    return report("spf_suite");
}
