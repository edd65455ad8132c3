/* gateway_test.c - what a gateway says: never a refusal without a proven no. Questions as mail
 * servers ask them, cut at every byte. Answers as their clients want them.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>
#include "test.h"
#include "gateway.h"

enum { S = 1000, MINUTE = 60 * S, HOUR = 60 * MINUTE, LINE = 8192 };

/* ---- labelled replies -------------------------------------------------------------- */

static int stage_of(const char *stage)
{
    return !strcmp(stage, "CONNECT")    ? QUOTH_PHASE_BANNER
           : !strcmp(stage, "EHLO")     ? QUOTH_PHASE_EHLO
           : !strcmp(stage, "STARTTLS") ? QUOTH_PHASE_STARTTLS
           : !strcmp(stage, "MAIL")     ? QUOTH_PHASE_MAIL
                                        : QUOTH_PHASE_RCPT;
}

/* The verdict of a check that ended with this reply. */
static unsigned tells; /* KNOWN_TELL_* */

static enum gate_says said_by(const char *stage, char *reply, const char *mx)
{
    struct quoth_evidence e;
    struct quoth_reading reading;
    struct quoth_reply r;
    size_t used;
    int heard = QUOTH_AGAIN;

    quoth_reply_init(&r);
    for (char *line = reply, *next; line && heard == QUOTH_AGAIN; line = next) {
        next = strstr(line, "\\n");
        if (next) {
            *next = '\0';
            next += 2;
        }
        heard = quoth_reply_feed(&r, line, strlen(line), &used);
        if (heard == QUOTH_AGAIN)
            heard = quoth_reply_feed(&r, "\r\n", 2, &used);
    }
    CHECK_INT(heard, QUOTH_OK);
    memset(&e, 0, sizeof e);
    CHECK_INT(quoth_intake_address(&e, "jane@example.com", 16), QUOTH_REASON_NONE);
    e.phase = (uint8_t)stage_of(stage);
    e.said = r.said;
    memcpy(e.words, r.words, r.said.n);
    enum quoth_verdict verdict = quoth_judge(&e, mx, &reading);
    return known_says(verdict, reading.reason, r.said.code, tells);
}

/* reason, says, stage, reply, mx: tests/replies.tsv. */
static int labelled(char *line, unsigned refused[3])
{
    char *cell[5] = {0};
    unsigned cells = 0;

    line[strcspn(line, "\n")] = '\0';
    if (!*line || *line == '#')
        return 0;
    for (char *p = line; p && cells < 5; cells++) {
        cell[cells] = p;
        p = strchr(p, '\t');
        if (p)
            *p++ = '\0';
    }
    if (cells < 4)
        return 0;
    enum gate_says says = said_by(cell[2], cell[3], cell[4]);
    int closed = !strcmp(cell[0], "mailbox_disabled");
    int no = !strcmp(cell[1], "not_exists") || !strcmp(cell[0], "domain_not_found") ||
             !strcmp(cell[0], "domain_not_accepted");
    no = closed && !(tells & KNOWN_TELL_DISABLED) ? 0 : closed && no ? 2 : no;
    if (gate_refuses(says) && !no)
        printf("refused: %s %s %s %s\n", cell[0], cell[1], cell[2], cell[3]);
    CHECK(!gate_refuses(says) || no);
    CHECK_INT(says == GATE_DISABLED, no == 2);
    refused[no] += (unsigned)gate_refuses(says);
    return 1;
}

TEST(Y01_replies)
{
    static char line[LINE];

    for (tells = 0; tells < 4; tells++) {
        FILE *f = fopen("tests/replies.tsv", "r");
        unsigned refused[3] = {0, 0, 0}, rows = 0;
        CHECK(f != NULL);
        while (f && fgets(line, sizeof line, f))
            rows += (unsigned)labelled(line, refused);
        if (f)
            fclose(f);
        CHECK(rows > 600);
        CHECK_INT(refused[0], 0);
        CHECK(refused[1] > 100);
        CHECK(tells & KNOWN_TELL_DISABLED ? refused[2] > 50 : !refused[2]);
    }
}

/* Every verdict with every reason: what is no proven no is never refused. */
TEST(Y01_reasons)
{
    for (int v = 0; v < QUOTH_VERDICTS; v++)
        for (int r = 0; r < QUOTH_REASONS; r++)
            for (unsigned d = 0; d < 4; d++) {
                const enum gate_says says =
                    known_says((enum quoth_verdict)v, (enum quoth_reason)r, 550, d);
                if (says == GATE_DISABLED)
                    CHECK_INT(r, QUOTH_REASON_MAILBOX_DISABLED);
                else if (gate_refuses(says))
                    CHECK_INT(v, QUOTH_VERDICT_UNDELIVERABLE);
            }
    CHECK_INT(known_says(QUOTH_VERDICT_UNKNOWN, QUOTH_REASON_USER_UNKNOWN, 550, 0), GATE_LATER);
    CHECK_INT(known_says(QUOTH_VERDICT_UNDELIVERABLE, QUOTH_REASON_MAILBOX_DISABLED, 550, 0),
              GATE_LATER);
    CHECK_INT(known_says(QUOTH_VERDICT_RISKY, QUOTH_REASON_CATCH_ALL, 250, 0), GATE_GOOD);
    CHECK_INT(known_says(QUOTH_VERDICT_UNDELIVERABLE, QUOTH_REASON_NULL_MX, 0, 0), GATE_NULL_MX);
}

/* Full and disabled are good, unless they are to be told. */
TEST(Y11_says)
{
    static const struct {
        enum quoth_verdict verdict;
        enum quoth_reason reason;
        unsigned code;
        enum gate_says says[4]; /* by KNOWN_TELL_* */
    } rows[] = {{QUOTH_VERDICT_RISKY,
                 QUOTH_REASON_MAILBOX_FULL,
                 552,
                 {GATE_GOOD, GATE_FULL, GATE_GOOD, GATE_FULL}},
                {QUOTH_VERDICT_RISKY,
                 QUOTH_REASON_MAILBOX_DISABLED,
                 550,
                 {GATE_GOOD, GATE_GOOD, GATE_DISABLED, GATE_DISABLED}},
                {QUOTH_VERDICT_RISKY, /* it may be opened again */
                 QUOTH_REASON_MAILBOX_DISABLED,
                 450,
                 {GATE_GOOD, GATE_GOOD, GATE_GOOD, GATE_GOOD}},
                {QUOTH_VERDICT_UNKNOWN,
                 QUOTH_REASON_MAILBOX_DISABLED,
                 550,
                 {GATE_LATER, GATE_LATER, GATE_LATER, GATE_LATER}},
                {QUOTH_VERDICT_UNKNOWN,
                 QUOTH_REASON_MAILBOX_FULL,
                 552,
                 {GATE_LATER, GATE_LATER, GATE_LATER, GATE_LATER}}};

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned d = 0; d < 4; d++)
            CHECK_INT(known_says(rows[i].verdict, rows[i].reason, rows[i].code, d),
                      rows[i].says[d]);
}

/* ---- what is known ------------------------------------------------------------------ */

static int ask;
static enum gate_says look(struct known *k, uint64_t now) { return known_look(k, now, &ask); }

TEST(Y02)
{
    struct known k = {.says = 0};
    uint64_t t = 1000 * (uint64_t)HOUR;

    CHECK_INT(look(&k, t), GATE_LATER);
    CHECK_INT(ask, 1);
    known_learn(&k, GATE_LATER, t);
    CHECK_INT(look(&k, t), GATE_LATER);
    CHECK_INT(ask, 1);
    known_learn(&k, GATE_NO_MAILBOX, t);
    CHECK_INT(look(&k, t + 3 * HOUR - 1), GATE_NO_MAILBOX);
    CHECK_INT(ask, 0);
    CHECK_INT(look(&k, t + 3 * HOUR), GATE_LATER);
    CHECK_INT(ask, 1);
    known_learn(&k, GATE_GOOD, t + 3 * HOUR);
    CHECK_INT(look(&k, t + 3 * HOUR), GATE_GOOD);
    CHECK_INT(ask, 0);
}

TEST(Y02_stale)
{
    struct known k = {.says = 0};
    uint64_t t = 1000 * (uint64_t)HOUR, day = 24 * (uint64_t)HOUR;

    known_learn(&k, GATE_GOOD, t);
    CHECK_INT(look(&k, t + day - 1), GATE_GOOD);
    CHECK_INT(ask, 0);
    CHECK_INT(look(&k, t + day), GATE_GOOD);
    CHECK_INT(ask, 1);
    CHECK_INT(look(&k, t + day + 1), GATE_GOOD); /* it is being asked */
    CHECK_INT(ask, 0);
    known_learn(&k, GATE_LATER, t + day + 2 * S);
    CHECK_INT(look(&k, t + day + 5 * MINUTE), GATE_GOOD);
    CHECK_INT(ask, 1);
    CHECK_INT(look(&k, t + 31 * day - 1), GATE_GOOD);
    CHECK_INT(look(&k, t + 31 * day), GATE_LATER);
    CHECK_INT(ask, 1);
}

TEST(Y03)
{
    struct known k = {.says = 0};
    uint64_t t = 1000 * (uint64_t)HOUR;

    known_learn(&k, GATE_GOOD, t);
    known_learn(&k, GATE_NO_MAILBOX, t + HOUR);
    CHECK_INT(look(&k, t + HOUR), GATE_GOOD);
    CHECK_INT(ask, 0);
    known_learn(&k, GATE_NO_MAILBOX, t + HOUR + 10 * MINUTE - 1);
    CHECK_INT(look(&k, t + HOUR + 10 * MINUTE - 1), GATE_GOOD);
    CHECK_INT(look(&k, t + HOUR + 10 * MINUTE), GATE_GOOD);
    CHECK_INT(ask, 1);
    known_learn(&k, GATE_NO_MAILBOX, t + HOUR + 10 * MINUTE);
    CHECK_INT(look(&k, t + HOUR + 10 * MINUTE), GATE_NO_MAILBOX);
    CHECK_INT(ask, 0);
    known_learn(&k, GATE_GOOD, t + 2 * HOUR); /* and back at once */
    CHECK_INT(look(&k, t + 2 * HOUR), GATE_GOOD);
    known_learn(&k, GATE_NO_DOMAIN, t + 3 * HOUR);
    known_learn(&k, GATE_GOOD, t + 3 * HOUR + MINUTE); /* one that is good again begins anew */
    known_learn(&k, GATE_NO_DOMAIN, t + 3 * HOUR + 11 * MINUTE);
    CHECK_INT(look(&k, t + 3 * HOUR + 11 * MINUTE), GATE_GOOD);
}

/* It is so for 15 minutes; then nobody knows, however good it was before, until it is asked. */
TEST(Y11)
{
    struct known k = {.says = 0};
    uint64_t t = 1000 * (uint64_t)HOUR;

    known_learn(&k, GATE_GOOD, t);
    known_learn(&k, GATE_FULL, t + MINUTE);
    CHECK_INT(look(&k, t + 16 * MINUTE - 1), GATE_FULL);
    CHECK_INT(ask, 0);
    CHECK_INT(look(&k, t + 16 * MINUTE), GATE_LATER);
    CHECK_INT(ask, 1);
    known_learn(&k, GATE_LATER, t + 16 * MINUTE); /* its server is away: it was good */
    CHECK_INT(look(&k, t + 16 * MINUTE), GATE_GOOD);
    CHECK_INT(ask, 0);
    known_learn(&k, GATE_NO_MAILBOX, t + 20 * MINUTE);
    known_learn(&k, GATE_FULL, t + 30 * MINUTE); /* so it is there: a no begins anew */
    CHECK_INT(look(&k, t + 30 * MINUTE), GATE_FULL);
    known_learn(&k, GATE_NO_MAILBOX, t + 40 * MINUTE);
    CHECK_INT(look(&k, t + 40 * MINUTE), GATE_GOOD);
    known_learn(&k, GATE_NO_MAILBOX, t + 50 * MINUTE);
    CHECK_INT(look(&k, t + 50 * MINUTE), GATE_NO_MAILBOX);
    known_learn(&k, GATE_FULL, t + 51 * MINUTE);
    CHECK_INT(look(&k, t + 51 * MINUTE), GATE_FULL);
    known_learn(&k, GATE_GOOD, t + 52 * MINUTE);
    CHECK_INT(look(&k, t + 52 * MINUTE), GATE_GOOD);
}

/* As one that does not exist: at once of who was never good, else the second of two, ten minutes
 * apart. */
TEST(Y12)
{
    struct known k = {.says = 0};
    uint64_t t = 1000 * (uint64_t)HOUR;

    known_learn(&k, GATE_DISABLED, t);
    CHECK_INT(look(&k, t + 3 * HOUR - 1), GATE_DISABLED);
    CHECK_INT(ask, 0);
    CHECK_INT(look(&k, t + 3 * HOUR), GATE_LATER);
    CHECK_INT(ask, 1);
    known_learn(&k, GATE_GOOD, t + 3 * HOUR);
    known_learn(&k, GATE_DISABLED, t + 4 * HOUR);
    CHECK_INT(look(&k, t + 4 * HOUR), GATE_GOOD);
    known_learn(&k, GATE_DISABLED, t + 4 * HOUR + 10 * MINUTE - 1);
    CHECK_INT(look(&k, t + 4 * HOUR + 10 * MINUTE - 1), GATE_GOOD);
    CHECK_INT(look(&k, t + 4 * HOUR + 10 * MINUTE), GATE_GOOD);
    CHECK_INT(ask, 1);
    known_learn(&k, GATE_DISABLED, t + 4 * HOUR + 10 * MINUTE);
    CHECK_INT(look(&k, t + 4 * HOUR + 10 * MINUTE), GATE_DISABLED);
    known_learn(&k, GATE_GOOD, t + 5 * HOUR);
    CHECK_INT(look(&k, t + 5 * HOUR), GATE_GOOD);
}

/* Any course of results: a refusal is only ever said after a proven no of the last three hours, and
 * of one that was good within a month after two of them, ten minutes apart, with no yes since. */
TEST(Y03_any)
{
    uint32_t seed = 1;

    for (int world = 0; world < 20000; world++) {
        struct known k = {.says = 0};
        uint64_t t = 1000 * (uint64_t)HOUR, good = 0, first = 0, last = 0;
        for (int step = 0; step < 30; step++) {
            seed = seed * 1664525 + 1013904223;
            t += (uint64_t)(seed >> 8 & 4095) * (seed >> 20 & 1 ? S : 20 * S);
            enum gate_says says = (enum gate_says)((seed >> 24) % (GATE_NOT_OURS + 2));
            if (says >= GATE_NOT_OURS)
                says = says == GATE_NOT_OURS ? GATE_FULL : GATE_DISABLED;
            known_learn(&k, says, t);
            if (says == GATE_GOOD || says == GATE_FULL) {
                good = t;
                first = last = 0;
            } else if (gate_refuses(says)) {
                first = first ? first : t;
                last = t;
            }
            enum gate_says now = look(&k, t);
            if (says == GATE_GOOD)
                CHECK_INT(now, GATE_GOOD);
            if (!gate_refuses(now))
                continue;
            CHECK(last && t - last < 3 * HOUR);
            CHECK(!good || t - good >= 31 * 24 * (uint64_t)HOUR || last - first >= 10 * MINUTE);
        }
    }
}

/* ---- many addresses, and their file ----------------------------------------------------- */

static const uint8_t table_key[16] = {1, 2, 3, 4, 5, 6, 7, 8};
static char table_name[64], table_text[8192];
static uint8_t table_tells;

static struct known *row_of(struct known_table *t, unsigned i, uint64_t now)
{
    char address[64];
    const int n = snprintf(address, sizeof address, "u%u@%s", i, i % 3 ? "a.example" : "b.example");

    return known_find(t, address, (size_t)n, 7, now);
}

/* Load the first n bytes of table_text into a new table. */
static int table_loads(struct known_table *t, size_t n, uint64_t now, uint64_t wall)
{
    static const uint8_t other[16] = {9};
    FILE *f = fmemopen(table_text, n ? n : 1, "r");
    int rc;

    if (!n)
        fgetc(f);
    CHECK_INT(known_table_init(t, other), 0);
    t->wall_ms = wall;
    t->tells = table_tells;
    rc = known_load(t, f, now);
    fclose(f);
    return rc;
}

/* What was saved says the same after a restart: the clock of the run begins anew, and time went by.
 * Each file that was cut off is refused, and then nothing is known. */
TEST(Y09_file)
{
    struct known_table t, u;
    const uint64_t now = 40 * (uint64_t)HOUR, wall = 1732690000000u, soon = 7 * S, later = 2 * HOUR;
    size_t n;
    FILE *f;

    snprintf(table_name, sizeof table_name, "/tmp/quoth-known.%ld", (long)getpid());
    CHECK_INT(known_table_init(&t, table_key), 0);
    for (unsigned i = 0; i < 40; i++) {
        known_learn(row_of(&t, i, now), i % 2 ? GATE_GOOD : GATE_NO_MAILBOX, now - i * HOUR / 8);
        if (i % 4 == 1)
            known_learn(row_of(&t, i, now), GATE_NO_DOMAIN, now);
    }
    row_of(&t, 1000, now); /* of which nothing is known: it is not kept */
    t.wall_ms = wall;
    CHECK_INT(known_save(&t, table_name, now, 0), 1); /* a part; then anew, the whole */
    CHECK_INT(known_save(&t, table_name, now, 1), 0);
    f = fopen(table_name, "r");
    n = fread(table_text, 1, sizeof table_text - 1, f);
    fclose(f);
    CHECK(strstr(table_text, "\nend 28\n") != NULL);
    CHECK(!strstr(table_text, "example"));
    /* a table is large, so between the first rows and the last only some of the cuts */
    for (size_t cut = 0; cut < n; cut += cut < 200 || cut + 100 > n ? 1 : 11) {
        CHECK_INT(table_loads(&u, cut, soon, wall), -1);
        CHECK(!row_of(&u, 1, soon)->good_ms);
        known_table_free(&u);
    }
    CHECK_INT(table_loads(&u, n, soon, wall + later), 0);
    for (unsigned i = 0; i < 40; i++) {
        int ask_before, ask_after;
        enum gate_says before = known_look(row_of(&t, i, now + later), now + later, &ask_before);
        enum gate_says after = known_look(row_of(&u, i, soon), soon, &ask_after);
        CHECK_INT(after, before);
        CHECK_INT(ask_after, row_of(&u, i, soon)->refused_ms ? 0 : ask_before);
    }
    CHECK(row_of(&u, 2, soon)->bad_ms != 0);
    CHECK(!known_find(&u, "u2@a.example", 12, 8, soon)->bad_ms);
    known_forget(&u, "@A.Example");
    CHECK(!row_of(&u, 2, soon)->bad_ms && row_of(&u, 6, soon)->bad_ms);
    known_forget(&u, "u6@b.example");
    CHECK(!row_of(&u, 6, soon)->bad_ms && row_of(&u, 3, soon)->good_ms);
    known_table_free(&t);
    known_table_free(&u);
    remove(table_name);
}

/* What is forgotten while the file is written is not in it. */
TEST(Y09_forgotten)
{
    struct known_table t;
    size_t n;
    FILE *f;

    CHECK_INT(known_table_init(&t, table_key), 0);
    for (unsigned i = 0; i < 60; i++)
        known_learn(row_of(&t, i, HOUR), GATE_GOOD, HOUR);
    for (uint32_t step = 0; step < KNOWN_ROWS / KNOWN_STEP - 1; step++)
        CHECK_INT(known_save(&t, table_name, HOUR, 0), 1);
    known_forget(&t, "u6@b.example");
    while (known_save(&t, table_name, HOUR, 0) == 1) {
    }
    f = fopen(table_name, "r");
    n = fread(table_text, 1, sizeof table_text - 1, f);
    table_text[n] = '\0';
    fclose(f);
    CHECK(strstr(table_text, "\nend 3b\n") != NULL);
    known_table_free(&t);
    remove(table_name);
}

/* The clock was set back, or on, before the file is read: a no of a time to come is none, and two
 * refusals are ten minutes of one run apart. */
TEST(Y09_clock)
{
    struct known_table t, u;
    const uint64_t now = 40 * (uint64_t)HOUR, wall = 1732690000000u, soon = 7 * S;
    static const int64_t jumps[] = {-1732690000000, -HOUR, HOUR};
    size_t n;
    FILE *f;

    CHECK_INT(known_table_init(&t, table_key), 0);
    known_learn(row_of(&t, 0, now), GATE_NO_MAILBOX, now);
    known_learn(row_of(&t, 1, now), GATE_GOOD, now);
    known_learn(row_of(&t, 1, now), GATE_NO_MAILBOX, now);
    t.wall_ms = wall;
    CHECK_INT(known_save(&t, table_name, now, 1), 0);
    f = fopen(table_name, "r");
    n = fread(table_text, 1, sizeof table_text - 1, f);
    fclose(f);
    for (unsigned i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        CHECK_INT(table_loads(&u, n, soon, wall + (uint64_t)jumps[i]), 0);
        CHECK_INT(known_look(row_of(&u, 0, soon), soon, &ask),
                  jumps[i] < 0 ? GATE_LATER : GATE_NO_MAILBOX);
        known_learn(row_of(&u, 1, soon), GATE_NO_MAILBOX, soon + KNOWN_APART_S * S - 1);
        CHECK_INT(known_look(row_of(&u, 1, soon), soon, &ask), GATE_GOOD);
        known_learn(row_of(&u, 1, soon), GATE_NO_MAILBOX, soon + KNOWN_APART_S * S);
        CHECK_INT(known_look(row_of(&u, 1, soon), soon + KNOWN_APART_S * S, &ask), GATE_NO_MAILBOX);
        known_table_free(&u);
    }
    known_table_free(&t);
    remove(table_name);
}

/* Saved at that time; its text is in table_text. Returns how long it is. */
static size_t table_saved(struct known_table *t, uint64_t now, uint64_t wall)
{
    size_t n;
    FILE *f;

    t->wall_ms = wall;
    CHECK_INT(known_save(t, table_name, now, 1), 0);
    f = fopen(table_name, "r");
    n = fread(table_text, 1, sizeof table_text - 1, f);
    fclose(f);
    return n;
}

/* One that is full is so after a restart, until its 15 minutes are over: it would be good for a day
 * else. */
TEST(Y11_file)
{
    struct known_table t, u;
    const uint64_t wall = 1732690000000u;
    size_t n;

    CHECK_INT(known_table_init(&t, table_key), 0);
    known_learn(row_of(&t, 0, HOUR), GATE_GOOD, HOUR);
    known_learn(row_of(&t, 0, HOUR), GATE_FULL, HOUR);
    n = table_saved(&t, HOUR, wall);
    for (table_tells = 0; table_tells < 4; table_tells++)
        for (uint64_t away = 0; away < 30 * MINUTE; away += 10 * MINUTE) {
            const int told = table_tells & KNOWN_TELL_FULL;
            CHECK_INT(table_loads(&u, n, 7 * S, wall + away), 0);
            CHECK_INT(look(row_of(&u, 0, 7 * S), 7 * S), !told                ? GATE_GOOD
                                                         : away > 15 * MINUTE ? GATE_LATER
                                                                              : GATE_FULL);
            CHECK_INT(ask, told && away > 15 * MINUTE);
            known_table_free(&u);
        }
    table_tells = 0;
    known_table_free(&t);
    remove(table_name);
}

/* A gateway that tells it no longer does not believe what it kept of it. */
TEST(Y12_file)
{
    struct known_table t, u;
    const uint64_t wall = 1732690000000u;
    size_t n;

    CHECK_INT(known_table_init(&t, table_key), 0);
    known_learn(row_of(&t, 0, HOUR), GATE_DISABLED, HOUR);
    known_learn(row_of(&t, 1, HOUR), GATE_NO_MAILBOX, HOUR);
    n = table_saved(&t, HOUR, wall);
    for (table_tells = 0; table_tells < 4; table_tells++) {
        CHECK_INT(table_loads(&u, n, HOUR, wall), 0);
        CHECK_INT(look(row_of(&u, 0, HOUR), HOUR),
                  table_tells & KNOWN_TELL_DISABLED ? GATE_DISABLED : GATE_LATER);
        CHECK_INT(look(row_of(&u, 1, HOUR), HOUR), GATE_NO_MAILBOX);
        known_table_free(&u);
    }
    table_tells = 0;
    known_table_free(&t);
    remove(table_name);
}

/* In turns it takes many of them, and the file is the same. */
TEST(Y09_turns)
{
    struct known_table t;
    char whole[80];
    unsigned turns = 0;
    FILE *f;

    snprintf(whole, sizeof whole, "%s.whole", table_name);
    CHECK_INT(known_table_init(&t, table_key), 0);
    for (unsigned i = 0; i < 60; i++)
        known_learn(row_of(&t, i, HOUR), GATE_GOOD, HOUR);
    CHECK_INT(known_save(&t, whole, HOUR, 1), 0);
    while (known_save(&t, table_name, HOUR, 0) == 1)
        turns++;
    CHECK_INT(turns, KNOWN_ROWS / KNOWN_STEP - 1);
    f = fopen(whole, "r");
    const size_t n = fread(table_text, 1, sizeof table_text, f);
    fclose(f);
    f = fopen(table_name, "r");
    for (size_t i = 0; i < n; i++)
        CHECK_INT(fgetc(f), (unsigned char)table_text[i]);
    CHECK_INT(fgetc(f), EOF);
    fclose(f);
    CHECK_INT(known_save(&t, "/nowhere/known", HOUR, 1) < 0, 1);
    known_table_free(&t);
    remove(whole);
    remove(table_name);
}

/* A stranger who guesses addresses cannot have the good ones forgotten. */
TEST(Y09_guesses)
{
    struct known_table t;
    unsigned kept = 0;

    CHECK_INT(known_table_init(&t, table_key), 0);
    for (unsigned i = 0; i < 1000; i++)
        known_learn(row_of(&t, i, HOUR), GATE_GOOD, HOUR);
    for (unsigned i = 0; i < 1000; i++)
        kept += row_of(&t, i, HOUR)->good_ms != 0;
    CHECK_INT(kept, 1000);
    for (unsigned i = 1000; i < 500000; i++)
        known_learn(row_of(&t, i, 2 * HOUR), GATE_NO_MAILBOX, 2 * HOUR);
    for (unsigned i = 0; i < 1000; i++)
        kept -= row_of(&t, i, 2 * HOUR)->good_ms != 0;
    CHECK_INT(kept, 0);
    known_table_free(&t);
}

/* ---- questions ------------------------------------------------------------------------ */

static struct gate_question q;

/* From a block of exactly its size: what it is with all its bytes, and 0 with fewer. */
static int reads_n(const char *text, size_t n)
{
    int got;

    for (size_t cut = 0; cut <= n; cut++) {
        char *exact = malloc(cut ? cut : 1);
        memcpy(exact, text, cut);
        got = gate_read(&q, exact, cut, 0);
        free(exact);
        if (cut < n && got == 1)
            CHECK_INT(cut, n);
    }
    if (got == 1)
        CHECK_INT(q.used, n);
    return got;
}
static int reads(const char *text) { return reads_n(text, strlen(text)); }

#define READS(text, what, key) \
    do { \
        CHECK_INT(reads(text), 1); \
        CHECK_INT(q.form, what); \
        CHECK_STR(q.address, key); \
    } while (0)

TEST(Y04)
{
    READS("21:rcpt jane@example.com,", GATE_RCPT_MAP, "jane@example.com");
    READS("23:access jane@example.com,", GATE_ACCESS_MAP, "jane@example.com");
    READS("get jane%40example.com\n", GATE_TCP, "jane@example.com");
    READS("get jane@example.com\r\n", GATE_TCP, "jane@example.com");
    READS("request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=Jane@Example.com\n"
          "sender=a=b@c.d\n\n",
          GATE_POLICY, "Jane@Example.com");
    READS("request=x\n\n", GATE_POLICY, "");
    READS("sender=\nrecipient=jane@a.b\nsender_x=j@a.b\n\n", GATE_POLICY, "jane@a.b");
    READS("policy_context=sender\nsender=jane@a.b\nrecipient=x@a.b\n\n", GATE_SENDER_POLICY,
          "jane@a.b");
    READS("sender=\npolicy_context=sender\nrecipient=x@a.b\n\n", GATE_SENDER_POLICY, "");
    READS("policy_context=senders\nsender=jane@a.b\nrecipient=x@a.b\n\n", GATE_POLICY, "x@a.b");
    READS("15:sender jane@a.b,", GATE_SENDER_MAP, "jane@a.b");
    READS("sender jane@a.b\n", GATE_SENDER_LINE, "jane@a.b");
    READS("rcpt jane@example.com\n", GATE_LINE, "jane@example.com");
    READS("rcpt a=b@example.com\r\n", GATE_LINE, "a=b@example.com");
    CHECK_INT(gate_read(&q, "rcpt jane@a.b", 13, 1), 1); /* its end ends it */
    CHECK_STR(q.address, "jane@a.b");
}

TEST(Y04_bad)
{
    static char text[4096];

    CHECK_INT(reads("5:hello,"), -1);
    CHECK_INT(reads("12:other a@b.cd,"), -1);
    CHECK_INT(reads("21:rcpt jane@example.com;"), -1);
    CHECK_INT(reads("021:rcpt jane@example.com,"), -1);
    CHECK_INT(reads("1001:"), -1);
    CHECK_INT(reads("99999999"), -1);
    CHECK_INT(reads("1x"), -1);
    CHECK_INT(reads("get %4\n"), -1);
    CHECK_INT(reads("get %00\n"), -1);
    CHECK_INT(reads("put a b\n"), -1);
    CHECK_INT(reads("GET / HTTP/1.1\r\n"), -1);
    CHECK_INT(reads("EHLO x\r\n"), -1);
    CHECK_INT(reads("a=b\nnothing\n"), -1);
    CHECK_INT(reads("\n"), -1);
    CHECK_INT(gate_read(&q, "", 0, 1), -1);
    memset(text, 'a', sizeof text);
    CHECK_INT(gate_read(&q, text, sizeof text, 0), -1);
    memcpy(text, "a=", 2);
    CHECK_INT(gate_read(&q, text, sizeof text, 0), -1);
    memcpy(text, "rcpt ", 5);
    CHECK_INT(gate_read(&q, text, sizeof text, 0), -1);
    text[0] = 0;
    for (int i = 0; i < GATEWAY_ATTRIBUTES_MAX; i++)
        strcat(text, "a=b\n");
    strcat(text, "\n");
    CHECK_INT(reads(text), 1);
    text[strlen(text) - 1] = 0;
    strcat(text, "a=b\n\n");
    CHECK_INT(gate_read(&q, text, strlen(text), 0), -1);
    memset(text, 'a', 400);
    memcpy(text, "rcpt ", 5);
    strcpy(text + 400, "@b.c\n");
    READS(text, GATE_LINE, ""); /* longer than an address: none of ours */
}

/* ---- answers -------------------------------------------------------------------------- */

static const char *answer(enum gate_form form, enum gate_says says)
{
    static char text[257];

    text[gate_answer(form, says, "q7k2m", text)] = '\0';
    return text;
}

TEST(Y05)
{
    CHECK_STR(answer(GATE_POLICY, GATE_GOOD), "action=DUNNO\n\n");
    CHECK_STR(answer(GATE_POLICY, GATE_NO_MAILBOX), "action=550 5.1.1 no such mailbox (q7k2m)\n\n");
    CHECK_STR(answer(GATE_RCPT_MAP, GATE_GOOD), "14:OK deliverable,");
    CHECK_STR(answer(GATE_RCPT_MAP, GATE_NO_DOMAIN), "9:NOTFOUND ,");
    CHECK_STR(answer(GATE_RCPT_MAP, GATE_LATER), "14:TEMP verifying,");
    CHECK_STR(answer(GATE_RCPT_MAP, GATE_NOT_OURS), "31:TEMP no --route for this domain,");
    CHECK_STR(answer(GATE_RCPT_MAP, GATE_NO_ADDRESS), "9:NOTFOUND ,");
    CHECK_STR(answer(GATE_ACCESS_MAP, GATE_NOT_OURS), "9:NOTFOUND ,");
    CHECK_STR(answer(GATE_ACCESS_MAP, GATE_NO_ADDRESS), "9:NOTFOUND ,");
    CHECK_STR(answer(GATE_LINE, GATE_NO_ADDRESS), "skipped\n");
    CHECK_STR(answer(GATE_ACCESS_MAP, GATE_NO_DOMAIN), "35:OK 550 5.1.2 no such domain (q7k2m),");
    CHECK_STR(answer(GATE_TCP, GATE_NO_MAILBOX),
              "200 550%205.1.1%20no%20such%20mailbox%20(q7k2m)\n");
    CHECK_STR(answer(GATE_TCP, GATE_LATER), "400 verifying\n");
    CHECK_STR(answer(GATE_LINE, GATE_GOOD), "deliverable accepted 250\n");
    CHECK_STR(answer(GATE_SENDER_POLICY, GATE_LATER), "action=DUNNO\n\n");
    CHECK_STR(answer(GATE_POLICY, GATE_FULL),
              "action=DEFER_IF_PERMIT 4.2.2 mailbox is full (q7k2m)\n\n");
    CHECK_STR(answer(GATE_POLICY, GATE_DISABLED),
              "action=550 5.2.1 mailbox is disabled (q7k2m)\n\n");
    CHECK_STR(answer(GATE_ACCESS_MAP, GATE_DISABLED),
              "40:OK 550 5.2.1 mailbox is disabled (q7k2m),");
    CHECK_STR(answer(GATE_TCP, GATE_DISABLED),
              "200 550%205.2.1%20mailbox%20is%20disabled%20(q7k2m)\n");
    CHECK_STR(answer(GATE_RCPT_MAP, GATE_FULL), "14:OK deliverable,");
    CHECK_STR(answer(GATE_RCPT_MAP, GATE_DISABLED), "14:OK deliverable,");
    CHECK_STR(answer(GATE_SENDER_POLICY, GATE_DISABLED), "action=DUNNO\n\n");
    CHECK_STR(answer(GATE_TCP, GATE_FULL),
              "200 DEFER_IF_PERMIT%204.2.2%20mailbox%20is%20full%20(q7k2m)\n");
    CHECK_STR(answer(GATE_LINE, GATE_DISABLED), "risky mailbox_disabled 550 5.2.1 (q7k2m)\n");
    CHECK_STR(answer(GATE_SENDER_LINE, GATE_FULL), "deliverable accepted 250\n");
    CHECK_STR(answer(GATE_SENDER_MAP, GATE_NO_DOMAIN),
              "49:OK 550 5.1.8 sender domain does not exist (q7k2m),");
    CHECK_STR(answer(GATE_LINE, GATE_NO_MAILBOX), "undeliverable user_unknown 550 5.1.1 (q7k2m)\n");
}

/* What makes a mail server refuse for good is said for a proven no alone; and never what reads as
 * the administrator's fault. */
TEST(Y05_all)
{
    for (int form = 0; form < GATE_FORMS; form++)
        for (int says = 0; says < GATE_SAYS; says++) {
            const char *text = answer((enum gate_form)form, (enum gate_says)says);
            int no = strstr(text, "550") || strstr(text, "556") || strstr(text, "undeliverable");
            int refuses =
                gate_refuses((enum gate_says)says) &&
                (says != GATE_DISABLED || (form != GATE_RCPT_MAP && form < GATE_SENDER_POLICY));
            CHECK(*text);
            if (form == GATE_RCPT_MAP)
                CHECK_INT(strstr(text, "NOTFOUND") != NULL, refuses || says == GATE_NO_ADDRESS);
            else
                CHECK_INT(no, refuses);
            CHECK(!strstr(text, "REJECT") && !strstr(text, "PERM ") && !strstr(text, "TIMEOUT"));
            CHECK(form == GATE_RCPT_MAP || !strstr(text, "TEMP"));
        }
}

int main(void)
{
    RUN(Y01_replies);
    RUN(Y01_reasons);
    RUN(Y11_says);
    RUN(Y02);
    RUN(Y02_stale);
    RUN(Y03);
    RUN(Y11);
    RUN(Y12);
    RUN(Y03_any);
    RUN(Y09_file);
    RUN(Y09_forgotten);
    RUN(Y09_clock);
    RUN(Y11_file);
    RUN(Y12_file);
    RUN(Y09_turns);
    RUN(Y09_guesses);
    RUN(Y04);
    RUN(Y04_bad);
    RUN(Y05);
    RUN(Y05_all);
    return report("gateway");
}
