/* spf_suite_test.c - the test suite of RFC 7208, case by case, through the machine (F01).
 *
 *   spf_suite_test CASES      the lines that tests/spf_suite.awk makes of it
 *
 *   spf_suite_test CASES QUOTH      and through the command: `quoth spf` asks a name server of ours
 *   spf_suite_test --serve ZONE     only that name server, for spf_suite.sh
 *
 * Each case runs over UDP; over TCP with every answer in pieces of one byte, and of seven; and once
 * for each of its questions with that one failing, in four ways.
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "spf_world.h"
#include "test.h"

enum { SUITE_CASES = 203, SUITE_LINE = 2048 };

static struct spf_world w;
static unsigned cases;
static const char *command; /* quoth; NULL: the machine */

struct suite_case {
    char id[100], ip[46], helo[SPF_WORLD_DATA], from[SPF_WORLD_DATA], result[60];
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

/* ---- through the command ------------------------------------------------- */

static char server_address[40];
static pid_t server;

/* Answer until we are killed. Silence would cost the command its 20 s: what is never answered in
 * the machine's world is SERVFAIL here. */
static void server_answer(int fd)
{
    static struct msg m;
    uint8_t q[600];
    struct sockaddr_in from;

    w.negative = 300; /* s, as a zone has it; else the root would be asked for */
    for (;;) {
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, q, sizeof q, 0, (struct sockaddr *)&from, &len);
        if (n < 12)
            continue;
        if (!spf_world_answer(&w, q, (size_t)n, &m))
            m.b[3] = 0x82;
        SPF_REQUIRE(m.n <= 1232);
        sendto(fd, m.b, m.n, 0, (struct sockaddr *)&from, len);
    }
}

/* A name server for the zone of this group, in a process of its own. */
static void server_start(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    SPF_REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0);
    SPF_REQUIRE(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    snprintf(server_address, sizeof server_address, "127.0.0.1:%u", ntohs(at.sin_port));
    fflush(stdout);
    server = fork();
    SPF_REQUIRE(server >= 0);
    if (server == 0) {
        close(STDOUT_FILENO); /* nobody shall wait for our end */
        server_answer(fd);
    }
    close(fd);
}

static void server_stop(void)
{
    if (server <= 0)
        return;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    server = 0;
}

/* What the command prints, and its exit code. */
static int command_run(const struct suite_case *c, char *out, size_t cap)
{
    int fd[2], status = 0;
    size_t n = 0;
    ssize_t k;
    pid_t pid;

    SPF_REQUIRE(pipe(fd) == 0);
    fflush(stdout);
    pid = fork();
    SPF_REQUIRE(pid >= 0);
    if (pid == 0) {
        dup2(fd[1], 1);
        setenv("QUOTH_CONFIG", "/dev/null", 1);
        execl(command, "quoth", "spf", "--ip", c->ip, "--helo", c->helo, "--from", c->from,
              "--nameserver", server_address, "--format", "json", (char *)NULL);
        _exit(127);
    }
    close(fd[1]);
    while (n < cap - 1 && (k = read(fd[0], out + n, cap - 1 - n)) > 0)
        n += (size_t)k;
    out[n] = 0;
    close(fd[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void suite_command(struct suite_case *c)
{
    static const uint8_t codes[QUOTH_SPF_RESULTS] = {2, 2, 0, 1, 2, 3, 1};
    char out[16384], key[40];
    int code = command_run(c, out, sizeof out), found = 0;

    for (unsigned i = 0; i < QUOTH_SPF_RESULTS; i++) {
        const char *name = quoth_spf_result_name((enum quoth_spf_result)i);
        snprintf(key, sizeof key, "\"result\":\"%s\"", name);
        found |= strstr(out, key) && expected(c, (enum quoth_spf_result)i) && code == codes[i];
    }
    if (!found)
        printf("%s, quoth spf: exit code %d, not %s: %s\n", c->id, code, c->result, out);
    CHECK(found);
}

/* ---- the suite ---------------------------------------------------------- */

static struct suite_case now;
static void suite_now(void)
{
    if (command)
        suite_command(&now);
    else
        suite_case(&now);
}

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
        SPF_REQUIRE(strlen(ip) < sizeof now.ip);
        strcpy(now.ip, ip);
        now.conf.from = now.from;
        now.conf.helo = now.helo;
        cases++;
        if (command)
            strcat(now.id, " command");
        test_run(now.id, suite_now);
    }
}

/* The cases stand before their zone, so each group is read twice. */
static void suite_group(FILE *f, long start, long end)
{
    char line[SUITE_LINE];

    for (const char *pass = "GZ"; pass; pass = *pass == 'G' ? "T" : NULL) {
        if (command && *pass == 'T')
            server_start();
        fseek(f, start, SEEK_SET);
        while (ftell(f) < end && fgets(line, sizeof line, f)) {
            line[strcspn(line, "\n")] = 0;
            if (strchr(pass, *line))
                suite_line(line);
        }
    }
    server_stop();
}

static void suite_all(FILE *f)
{
    char line[SUITE_LINE];
    long at = 0, start = 0;

    rewind(f);
    cases = 0;
    while (fgets(line, sizeof line, f)) {
        if (*line == 'G' && at > start) {
            suite_group(f, start, at);
            fseek(f, at + (long)strlen(line), SEEK_SET);
            start = at;
        }
        at = ftell(f);
    }
    suite_group(f, start, at);
    test_now = "F01";
    CHECK_INT(cases, SUITE_CASES);
    test_failed += cases != SUITE_CASES;
}

/* A name server for the lines of `f`, until it is killed. */
static int suite_serve(FILE *f)
{
    char line[SUITE_LINE];

    spf_world_init(&w);
    while (fgets(line, sizeof line, f))
        spf_world_zone(&w, line);
    server_start();
    printf("%d %s\n", (int)server, server_address);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--serve"))
        return suite_serve(fopen(argv[2], "r"));
    FILE *f = argc == 2 || argc == 3 ? fopen(argv[1], "r") : NULL;

    if (!f) {
        fprintf(stderr, "usage: spf_suite_test CASES [QUOTH]\n");
        return 2;
    }
    suite_all(f);
    command = argv[2];
    if (command)
        suite_all(f);
    fclose(f);
    return report("spf_suite");
}
