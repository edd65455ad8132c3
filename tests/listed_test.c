/* listed_test.c - the user's own lists: what they add and take away, what of a file is refused, and
 * that answers which are no mailbox's stay as they are.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>
#include "test.h"
#include "options.h"

static char file_name[APP_LISTED_KINDS][64];
static const char *file[APP_LISTED_KINDS];

/* A file of that kind with that text in it. */
static void put(enum app_listed_kind kind, const char *text, size_t n)
{
    strcpy(file_name[kind], "/tmp/listed-XXXXXX");
    int fd = mkstemp(file_name[kind]);
    CHECK(fd >= 0 && write(fd, text, n) == (ssize_t)n);
    close(fd);
    file[kind] = file_name[kind];
}
static void clear(void)
{
    for (int i = 0; i < APP_LISTED_KINDS; i++)
        if (file[i])
            unlink(file[i]);
    memset(file, 0, sizeof file);
}

static struct quoth_evidence ev;
static struct app_result result;
static unsigned mark(struct app_listed *l, const char *address, const char *host,
                     enum quoth_reason reason)
{
    memset(&ev, 0, sizeof ev);
    memset(&result, 0, sizeof result);
    quoth_intake_address(&ev, address, strlen(address));
    ev.lists = (uint16_t)(quoth_list_domain(ev.domain, strlen(ev.domain)) |
                          quoth_list_local(ev.addr.local.p, ev.addr.local.n));
    result.ev = &ev;
    result.host = host;
    result.reading.reason = reason;
    result.verdict =
        reason == QUOTH_REASON_ACCEPTED ? QUOTH_VERDICT_DELIVERABLE : QUOTH_VERDICT_UNKNOWN;
    app_listed_mark(l, &result);
    return result.lists;
}

TEST(built_in)
{
    CHECK_INT(mark(NULL, "jane@acme.org", "mx.acme.org", QUOTH_REASON_ACCEPTED), 0);
    CHECK_INT(result.verdict, QUOTH_VERDICT_DELIVERABLE);
    CHECK_INT(mark(NULL, "jane@acme.org", "smtp.yopmail.com", QUOTH_REASON_ACCEPTED),
              QUOTH_LIST_DISPOSABLE);
    CHECK_INT(result.verdict, QUOTH_VERDICT_RISKY);
    CHECK_INT(result.reading.reason, QUOTH_REASON_DISPOSABLE);
    CHECK_INT(mark(NULL, "jane@acme.org", "Park-MX.above.com", QUOTH_REASON_CATCH_ALL),
              QUOTH_LIST_PARKED);
    CHECK_INT(result.reading.reason, QUOTH_REASON_CATCH_ALL);
    CHECK_INT(mark(NULL, "jane@addy.io", "smtp.yopmail.com", QUOTH_REASON_ACCEPTED),
              QUOTH_LIST_ALIAS);
    CHECK_INT(mark(NULL, "jane@acme.org", NULL, QUOTH_REASON_ACCEPTED), 0);
    CHECK_INT(mark(NULL, "jane", "smtp.yopmail.com", QUOTH_REASON_SYNTAX), 0);
}

/* A look-up that is remembered says what it said; another host in its place does not take it. */
TEST(L10_exchangers_once)
{
    static const char *const none[APP_LISTED_KINDS];
    struct app_listed l;
    char host[64];
    CHECK_INT(app_listed_open(&l, none), 0);
    for (int twice = 0; twice < 2; twice++) {
        for (int i = 0; i < 2 * APP_LISTED_HOSTS; i++) {
            snprintf(host, sizeof host, "mx%d.%s", i, i % 2 ? "yopmail.com" : "acme.org");
            for (int again = 0; again < 2; again++)
                CHECK_INT(mark(&l, "jane@acme.org", host, QUOTH_REASON_ACCEPTED),
                          i % 2 ? QUOTH_LIST_DISPOSABLE : 0);
        }
        CHECK_INT(mark(&l, "jane@acme.org", "Park-MX.above.com", QUOTH_REASON_CATCH_ALL),
                  QUOTH_LIST_PARKED);
    }
    app_listed_close(&l);
}

static const char disposable[] = "# mine\r\n\n  Throw.Example.org # of ours\r\nacme.org\n";
TEST(own)
{
    struct app_listed l;
    put(APP_LISTED_DISPOSABLE, disposable, sizeof disposable - 1);
    put(APP_LISTED_FREE, "free.org", 8);
    put(APP_LISTED_ROLE, "Verein\nkasse\n", 13);
    put(APP_LISTED_TRUSTED, "good.acme.org\nmailinator.com\n", 29);
    CHECK_INT(app_listed_open(&l, file), 0);
    CHECK_INT(mark(&l, "jane@throw.example.org", "", QUOTH_REASON_ACCEPTED),
              QUOTH_LIST_DISPOSABLE | QUOTH_LIST_RESERVED);
    CHECK_INT(mark(&l, "jane@a.b.acme.org", "", QUOTH_REASON_ACCEPTED), QUOTH_LIST_DISPOSABLE);
    CHECK_INT(result.verdict, QUOTH_VERDICT_RISKY);
    CHECK_INT(result.reading.reason, QUOTH_REASON_DISPOSABLE);
    CHECK_INT(mark(&l, "jane@xacme.org", "", QUOTH_REASON_ACCEPTED), 0);
    CHECK_INT(mark(&l, "jane@x.good.acme.org", "", QUOTH_REASON_ACCEPTED), 0);
    CHECK_INT(mark(&l, "jane@mailinator.com", "mail.mailinator.com", QUOTH_REASON_DISPOSABLE), 0);
    CHECK_INT(result.verdict, QUOTH_VERDICT_DELIVERABLE);
    CHECK_INT(result.reading.reason, QUOTH_REASON_ACCEPTED);
    CHECK_INT(mark(&l, "jane@free.org", "", QUOTH_REASON_ACCEPTED), QUOTH_LIST_FREE);
    CHECK_INT(mark(&l, "jane@corp.free.org", "", QUOTH_REASON_ACCEPTED), 0);
    CHECK_INT(mark(&l, "Kasse+1@free.org", "", QUOTH_REASON_ACCEPTED),
              QUOTH_LIST_FREE | QUOTH_LIST_ROLE);
    CHECK_INT(result.reading.reason, QUOTH_REASON_ROLE);
    app_listed_close(&l);
    clear();
}

/* Lists say nothing about whether there is a mailbox. */
TEST(L10_other_reasons_stay)
{
    struct app_listed l;
    put(APP_LISTED_DISPOSABLE, "acme.org\n", 9);
    CHECK_INT(app_listed_open(&l, file), 0);
    for (int reason = 0; reason < QUOTH_REASONS; reason++) {
        if (reason == QUOTH_REASON_ACCEPTED || reason == QUOTH_REASON_DISPOSABLE ||
            reason == QUOTH_REASON_ROLE)
            continue;
        mark(&l, "jane@acme.org", "mx.acme.org", (enum quoth_reason)reason);
        CHECK_INT(result.reading.reason, reason);
        CHECK_INT(result.verdict, QUOTH_VERDICT_UNKNOWN);
    }
    app_listed_close(&l);
    clear();
}

TEST(refused)
{
    static const struct {
        enum app_listed_kind kind;
        const char *text;
        size_t n;
        int exit;
    } bad[] = {
        {APP_LISTED_DISPOSABLE, "a.org\njane@a.org\n", 17, APP_EXIT_USAGE},
        {APP_LISTED_DISPOSABLE, "*.a.org", 7, APP_EXIT_USAGE},
        {APP_LISTED_TRUSTED, "a.org b.org", 11, APP_EXIT_USAGE},
        {APP_LISTED_FREE, "localhost", 9, APP_EXIT_USAGE},
        {APP_LISTED_FREE, ".org", 4, APP_EXIT_USAGE},
        {APP_LISTED_ROLE, "info,sales", 10, APP_EXIT_USAGE},
        {APP_LISTED_ROLE, "in\0fo", 5, APP_EXIT_USAGE},
    };
    struct app_listed l;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(bad[i].kind, bad[i].text, bad[i].n);
        CHECK_INT(app_listed_open(&l, file), bad[i].exit);
        app_listed_close(&l);
        clear();
    }
    const char *missing[APP_LISTED_KINDS] = {"/nonexistent/list"};
    CHECK_INT(app_listed_open(&l, missing), APP_EXIT_NO_INPUT);
    app_listed_close(&l);
    put(APP_LISTED_ROLE, "", 0);
    CHECK_INT(app_listed_open(&l, file), 0); /* an empty list is a list */
    app_listed_close(&l);
    clear();
}

/* More than fits into one block of reading, found in any order. */
TEST(long_file)
{
    enum { NAMES = 20000 };
    char *text = malloc(NAMES * 16), name[64];
    size_t n = 0;
    struct app_listed l;
    for (int i = 0; text && i < NAMES; i++)
        n += (size_t)sprintf(text + n, "d%d.org\n", i * 7919 % NAMES);
    put(APP_LISTED_DISPOSABLE, text, n - 1);
    CHECK_INT(app_listed_open(&l, file), 0);
    for (int i = 0; i < NAMES; i += 37) {
        snprintf(name, sizeof name, "jane@d%d.org", i);
        CHECK_INT(mark(&l, name, "", QUOTH_REASON_ACCEPTED), QUOTH_LIST_DISPOSABLE);
    }
    CHECK_INT(mark(&l, "jane@d20000.org", "", QUOTH_REASON_ACCEPTED), 0);
    app_listed_close(&l);
    clear();
    free(text);
}

int main(void)
{
    RUN(built_in);
    RUN(L10_exchangers_once);
    RUN(own);
    RUN(L10_other_reasons_stay);
    RUN(refused);
    RUN(long_file);
    return report("listed");
}
