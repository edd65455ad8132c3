/* list_in_test.c - lists as they come: lines, CSV and NDJSON, well made and not; and what is
 * written of their rows.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>
#include "test.h"
#include "../port/list/list.h"

static struct list_in in;
static struct list_row row;
static struct app_list_options opt;
static volatile sig_atomic_t stop;
static char path[64];

/* Most lists here are too small or too odd to be guessed at, and that is not the question. */
static void begin(void)
{
    memset(&opt, 0, sizeof opt);
    opt.anyway = 1;
}

/* The list of these bytes; its rows, or -code. */
static long open_as(const char *suffix, const void *p, size_t n)
{
    snprintf(path, sizeof path, P_tmpdir "/quoth-list-XXXXXX%s", suffix);
    int fd = mkstemps(path, (int)strlen(suffix)), rc;
    CHECK(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    close(fd);
    rc = list_in_open(&in, path, &opt, &stop);
    unlink(path);
    return rc ? -rc : (long)in.rows;
}
static long open_text(const char *suffix, const char *text)
{
    return open_as(suffix, text, strlen(text));
}
static void done(void) { list_in_close(&in); }

/* The address of a row, as text. */
static const char *at(uint32_t id)
{
    static char text[APP_LINE_MAX + 1];
    CHECK_INT(list_in_row(&in, id, 0, &row), 0);
    memcpy(text, row.address, row.address_n);
    text[row.address_n] = 0;
    return text;
}

/* ---- lines -------------------------------------------------------------- */

TEST(O05_lines)
{
    begin();
    CHECK_INT(open_text(".txt", "\xef\xbb\xbf"
                                "a@b.c\r\n\n  \r\n\t d@e.f \ng@h.i"),
              3);
    CHECK_STR(at(2), "g@h.i");
    CHECK_INT(list_in_line(&in, 2), 5);
    CHECK_STR(at(0), "a@b.c");
    CHECK_INT(list_in_line(&in, 0), 1);
    CHECK_STR(at(1), "d@e.f");
    CHECK_INT(list_in_line(&in, 1), 4);
    done();
}

TEST(O05_empty)
{
    begin();
    CHECK_INT(open_text(".txt", ""), -APP_EXIT_USAGE);
    done();
    CHECK_INT(open_text(".csv", ""), -APP_EXIT_USAGE);
    done();
    CHECK_INT(open_text("", "\n \r\n\t\n"), -APP_EXIT_USAGE);
    done();
    CHECK_INT(open_text(".csv", "email\n"), -APP_EXIT_USAGE);
    done();
}

TEST(O05_bytes)
{
    begin();
    CHECK_INT(open_as("", "a\0b@c.d\n\xff\xfe@x\n\x80\n", 15), 3);
    at(0);
    CHECK_INT(row.text_n, 7);
    CHECK(!memcmp(row.text, "a\0b@c.d", 7));
    CHECK_STR(at(1), "\xff\xfe@x");
    CHECK_STR(at(2), "\x80");
    done();
}

/* 10 MB in one line, between two others; nothing grows with it. */
TEST(O05_long)
{
    size_t n = 10000000, whole = n + 13;
    char *p = malloc(whole);
    memcpy(p, "a@b.c\n", 6);
    memset(p + 6, 'x', n);
    memcpy(p + 6 + n, "\r\nd@e.f", 7);
    begin();
    CHECK_INT(open_as(".txt", p, whole), 3);
    CHECK_STR(at(0), "a@b.c");
    at(1);
    CHECK_INT(row.text_n, APP_LINE_MAX);
    CHECK_INT(row.text_whole, n);
    CHECK_STR(at(2), "d@e.f");
    CHECK_INT(list_in_line(&in, 2), 3);
    CHECK(in.file.window_cap <= LIST_ROW_MAX + 1);
    done();
    free(p);
}

/* An address, blanks beyond what is kept, and more: it must not be cut to a good address. */
TEST(O05_cut)
{
    char text[3000];
    memset(text, ' ', sizeof text);
    memcpy(text, "a@b.c", 5);
    text[sizeof text - 1] = 'x';
    begin();
    CHECK_INT(open_as(".txt", text, sizeof text), 1);
    at(0);
    CHECK_INT(row.text_n, APP_LINE_MAX);
    CHECK_INT(row.text_whole, sizeof text);
    done();
}

TEST(O05_display_names)
{
    static const char text[] = "Jane Doe <a@b.c>\n\"Doe, Jane\" <d@e.f>\n<g@h.i>\nx@y.z\n<broken\n";
    begin();
    opt.display_names = 1;
    CHECK_INT(open_text("", text), 5);
    CHECK_STR(at(0), "a@b.c");
    CHECK_INT(row.text_n, 16); /* what is shown is the line */
    CHECK_STR(at(1), "d@e.f");
    CHECK_STR(at(2), "g@h.i");
    CHECK_STR(at(3), "x@y.z");
    CHECK_STR(at(4), "<broken");
    done();
}

/* ---- CSV ---------------------------------------------------------------- */

TEST(O05_csv)
{
    begin();
    CHECK_INT(open_text("", "id,Email,note\n1,a@b.c,\"x, y\"\n\n"
                            "2,\"d@e.f\",\"two\nlines\"\n3\n4, g@h.i ,\"\"\"q\"\"\",more\n"),
              4);
    CHECK_INT(in.kind, APP_INPUT_CSV);
    CHECK_INT(in.column, 1);
    CHECK_INT(in.columns, 3);
    CHECK_STR(at(0), "a@b.c");
    CHECK_STR(at(1), "d@e.f");
    CHECK_INT(list_in_line(&in, 1), 4);
    CHECK_STR(at(2), "");
    CHECK_INT(list_in_line(&in, 2), 6);
    CHECK_STR(at(3), "g@h.i");
    CHECK_INT(list_in_line(&in, 3), 7);
    done();
}

TEST(O05_csv_quotes)
{
    begin();
    opt.column = "1";
    CHECK_INT(
        open_text(".csv", "h\n\"\"\"a b\"\"@c.d\",x\n\"e\"f@g.h\nn\"o@p.q\n\"multi\nline\"\n"), 4);
    CHECK_STR(at(0), "\"a b\"@c.d");
    CHECK_STR(at(1), "ef@g.h"); /* behind the closing quote: kept */
    CHECK_STR(at(2), "n\"o@p.q");
    CHECK_STR(at(3), "multi\nline");
    done();
}

/* A quote that is never closed costs its own row its quoting, and no row is lost. */
TEST(O05_csv_unclosed)
{
    begin();
    opt.column = "email";
    CHECK_INT(open_text(".csv", "email,x\na@b.c,\"oops\nd@e.f,1\n\"g@h.i,2\nj@k.l,3\n"), 4);
    CHECK_STR(at(0), "a@b.c"); /* a quote that is closed where no cell ends is none */
    CHECK_INT(row.plain, 1);
    CHECK_STR(at(1), "d@e.f");
    CHECK_STR(at(2), "\"g@h.i");
    CHECK_INT(row.reason, QUOTH_REASON_UNREADABLE);
    CHECK_STR(at(3), "j@k.l");
    CHECK_INT(list_in_line(&in, 3), 5);
    done();
    CHECK_INT(open_text(".csv", "email,x\na@b.c,\"oops\nd@e.f,1\ng@h.i,2\nj@k.l,\"3\n\""), 4);
    done();
    CHECK_INT(open_text(".csv", "email,x\na@b.c,\"two\r\nlines\"\r\nd@e.f,1\r\n"), 2);
    CHECK_INT(list_in_line(&in, 1), 4);
    done();
    CHECK_INT(open_text(".csv", "email,x\na@b.c,\"oops\nd@e.f,1\ng@h.i,2"), 3);
    CHECK_STR(at(0), "a@b.c");
    CHECK_INT(row.plain, 1);
    CHECK_STR(at(1), "d@e.f");
    CHECK_INT(row.plain, 0);
    CHECK_STR(at(2), "g@h.i");
    CHECK_INT(list_in_line(&in, 2), 4);
    done();
}

/* The same with more behind it than a quote may hold, over several windows. */
TEST(O05_csv_unclosed_far)
{
    enum { ROWS = 40000 };
    char *p = malloc(ROWS * 16 + 64);
    size_t n = (size_t)sprintf(p, "email,x\n\"q@r.s,1\n");
    for (int i = 0; i < ROWS; i++)
        n += (size_t)sprintf(p + n, "a%05d@b.c,1\n", i);
    begin();
    CHECK_INT(open_as(".csv", p, n), ROWS + 1);
    CHECK_STR(at(0), "\"q@r.s");
    CHECK_STR(at(1), "a00000@b.c");
    CHECK_INT(list_in_line(&in, 1), 3);
    CHECK_STR(at(ROWS), "a39999@b.c");
    CHECK_INT(list_in_line(&in, ROWS), ROWS + 2);
    done();
    free(p);
}

TEST(O05_csv_columns)
{
    begin();
    CHECK_INT(open_text(".csv", "name;E-Mail\nx;a@b.c\n"), 1);
    CHECK_INT(in.delimiter, ';');
    CHECK_STR(at(0), "a@b.c");
    done();
    CHECK_INT(open_text(".csv", "x,a@b.c,y\nz,d@e.f,w\n"),
              2); /* no headings: they would be an address */
    CHECK(in.head == NULL);
    CHECK_STR(at(0), "a@b.c");
    done();
    CHECK_INT(open_text(".csv", "wer,wen\nx,a@b.c\n"),
              1); /* headings nobody knows: the data tells */
    CHECK_INT(in.column, 1);
    done();
    CHECK_INT(open_text(".csv", "a,b\nc,d\n"), -APP_EXIT_USAGE);
    done();
    CHECK_INT(open_text(".tsv", "a,b\temail\nx\ta@b.c\n"), 1);
    CHECK_INT(in.delimiter, '\t');
    CHECK_STR(at(0), "a@b.c");
    done();
    opt.delimiter = ':';
    CHECK_INT(open_text("", "x:email\n1:a@b.c\n"), 1);
    CHECK_STR(at(0), "a@b.c");
    done();
    begin();
    opt.column = "2";
    opt.header = 2;
    CHECK_INT(open_text(".csv", "x,not one\ny,a@b.c\n"), 2);
    CHECK_STR(at(0), "not one");
    done();
    opt.column = "7";
    CHECK_INT(open_text(".csv", "x,not one\ny,a@b.c\n"), -APP_EXIT_USAGE);
    done();
}

static uint64_t seed = 25;
static uint32_t below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* Any cells, written as RFC 4180 wants it, are read back as
 * they were, across window borders too. */
TEST(O02_roundtrip)
{
    enum { ROWS = 6000, CELL = 60 };
    static const char among[] = "ab,\"\n\r ;-.='";
    char *p = malloc((size_t)ROWS * (4 * CELL + 40)), (*want)[CELL] = malloc(ROWS * sizeof *want);
    size_t n = (size_t)sprintf(p, "x,email,y\n");

    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < 3; k++) {
            char cell[CELL];
            uint32_t len = below(CELL - 3);
            for (uint32_t j = 0; j < len; j++)
                cell[j] = among[below(sizeof among - 1)];
            if (k == 1) { /* blanks around an address are not its own */
                len = len + 2;
                memmove(cell + 1, cell, len - 2);
                cell[0] = cell[len - 1] = 'z';
                memcpy(want[i], cell, len);
                want[i][len] = 0;
            }
            p[n++] = '"';
            for (uint32_t j = 0; j < len; j++) {
                p[n++] = cell[j];
                if (cell[j] == '"')
                    p[n++] = '"';
            }
            p[n++] = '"';
            p[n++] = k < 2 ? ',' : '\n';
        }
    }
    begin();
    CHECK_INT(open_as(".csv", p, n), ROWS);
    for (int i = 0; i < ROWS; i++) {
        uint32_t id = below(ROWS);
        if (strcmp(at(id), want[id])) {
            CHECK_STR(at(id), want[id]);
            break;
        }
        if (row.plain || row.n < 8) {
            CHECK(!row.plain);
            break;
        }
    }
    done();
    free(p);
    free(want);
}

/* Anything at all: every byte but blank lines is in one row, and rows are those of reading it at
 * one go. */
TEST(O05_anything)
{
    static const char among[] = "a@,\"\"\n\n \r";
    for (int round = 0; round < 300; round++) {
        char text[400];
        size_t n = 1 + below(sizeof text - 2), bytes = 0, blank = 0;
        for (size_t i = 0; i < n; i++)
            text[i] = among[below(sizeof among - 1)];
        begin();
        opt.input = (uint8_t)(1 + below(3));
        opt.column = "1";
        opt.header = 2;
        if (open_as("", text, n) >= 0) {
            for (uint32_t i = 0; i < in.rows; i++) {
                CHECK_INT(list_in_row(&in, i, 0, &row), 0);
                CHECK(row.n > 0);
                CHECK(i == 0 || list_in_line(&in, i) >= list_in_line(&in, i - 1));
                if (i && list_places_get(&in.places, i) == list_places_get(&in.places, i - 1))
                    continue; /* one more address of the same row */
                if (in.kind != APP_INPUT_LINES || !i ||
                    list_in_line(&in, i) > list_in_line(&in, i - 1))
                    bytes += row.n;
            }
            for (size_t i = 0; i < n; i++)
                blank += text[i] == '\n' || text[i] == '\r' || text[i] == ' ';
            CHECK(in.kind == APP_INPUT_LINES || bytes + blank >= n);
            CHECK(bytes <= n);
        }
        done();
    }
}

/* ---- NDJSON ------------------------------------------------------------- */

TEST(O05_ndjson)
{
    begin();
    CHECK_INT(
        open_text("", "{\"id\":1,\"email\":\"a@b.c\"}\n"
                      "{\"x\":{\"email\":\"no\"},\"Email\" : \"d\\u0040e.f\" }\r\n"
                      "{\"email\":7}\nnot "
                      "json\n{\"email\":\"\\ud83d\\ude00\\n\\\"@x\",\"y\":[1,[true,null],\"]\"]}\n"
                      "{\"email\":\"open\n{}\n[\"email\"]\n{\"email\":\"a\"}x\n{\"a\":\"\\ud800\","
                      "\"mail\":\"g@h.i\"}\n"),
        10);
    CHECK_INT(in.kind, APP_INPUT_NDJSON);
    CHECK_STR(at(0), "a@b.c");
    CHECK_STR(at(1), "d@e.f");
    CHECK_STR(at(2), "");
    CHECK_STR(at(3), "not json");
    CHECK_INT(row.reason, QUOTH_REASON_UNREADABLE);
    CHECK_STR(at(4), "\"@x"); /* a line end parts */
    CHECK_STR(at(5), "{\"email\":\"open");
    CHECK_INT(row.reason, QUOTH_REASON_UNREADABLE);
    CHECK_STR(at(6), "");
    CHECK_STR(at(7), "");
    CHECK_STR(at(8), "a");
    CHECK_STR(at(9), "g@h.i");
    done();
    opt.field = "to";
    CHECK_INT(open_text("", "{\"email\":\"a@b.c\",\"to\":\"d@e.f\"}\n{\"email\":\"a@b.c\"}\n"), 2);
    CHECK_STR(at(0), "d@e.f");
    CHECK_STR(at(1), "");
    done();
}

TEST(O05_ndjson_deep)
{
    enum { DEEP = 200000 };
    char *p = malloc(2 * DEEP + 100);
    size_t n = (size_t)sprintf(p, "{\"x\":");
    memset(p + n, '[', DEEP);
    memset(p + n + DEEP, ']', DEEP);
    n += 2 * DEEP;
    n += (size_t)sprintf(p + n, ",\"email\":\"a@b.c\"}\n");
    begin();
    CHECK_INT(open_as(".json", p, n), 1);
    CHECK_STR(at(0), "a@b.c");
    done();
    free(p);
}

/* ---- what is written ---------------------------------------------------- */

static char written[4096];

static const char *write_row(uint32_t id, const char *said)
{
    static const struct app_format csv = {"csv", 0, app_csv_head, app_csv, NULL};
    static const char *const name = "list.csv";
    static struct list_out out;
    static struct list_set set;
    static struct quoth_evidence e;
    struct app_result r = {.ev = &e,
                           .host = "mx.b.c",
                           .verdict = QUOTH_VERDICT_UNDELIVERABLE,
                           .reading = {.reason = QUOTH_REASON_USER_UNKNOWN}};
    size_t n;

    memset(&out, 0, sizeof out);
    memset(&e, 0, sizeof e);
    set = (struct list_set) {.in = &in, .path = &name, .n = 1, .rows = in.rows};
    CHECK_INT(list_set_row(&set, id, 0, &row), 0);
    quoth_addr_parse(&e.addr, row.text, row.text_n);
    e.phase = QUOTH_PHASE_RCPT;
    e.said.code = 550;
    e.said.esc[0] = 5;
    e.said.esc[1] = 1;
    e.said.esc[2] = 1;
    e.said.n = (uint16_t)strlen(said);
    memcpy(e.words, said, e.said.n);
    CHECK_INT(list_out_open(&out, &csv, &set, opt.escape_formulas), 0);
    CHECK_INT(list_out_head(&out), 0);
    n = out.n;
    memcpy(written, out.text, n);
    CHECK_INT(list_out_answer(&out, &row, &r), 0);
    memcpy(written + n, out.text, out.n);
    written[n + out.n] = 0;
    list_out_close(&out);
    char *date = strstr(written + n, quoth_list_date()); /* of the day of the lists: taken out */
    CHECK(date != NULL);
    if (date)
        memmove(date - 1, date + 10, strlen(date + 10) + 1);
    return written + n;
}

#define OURS          ",undeliverable,user_unknown,550,5.1.1,"
#define REST(address) ",mx.b.c,not_tested,no,no,no,," address ",,\n"

TEST(O02_own_columns)
{
    begin();
    CHECK_INT(open_text(".csv",
                        "id,email,phone\n1,a@b.c,+49\n"
                        "2,\"a@b.c\",\"=1,\"\"2\"\"\"\n3\n4,a@b.c,x,y,=z\n5,a@b.c,\"open\n"),
              5);
    CHECK_STR(write_row(0, "no"), "1,a@b.c,+49,2" OURS "no" REST("a@b.c"));
    CHECK(!strncmp(written, "id,email,phone,quoth_line,quoth_verdict,quoth_reason,", 53));
    CHECK_STR(write_row(1, "no"), "2,\"a@b.c\",\"=1,\"\"2\"\"\",3" OURS "no" REST("a@b.c"));
    CHECK_STR(write_row(2, "no"),
              "3,,,4" OURS "no,mx.b.c,not_tested,no,no,no,,,byte 0: the address is empty,\n");
    CHECK_STR(write_row(3, "no"),
              "4,a@b.c,x,5" OURS "no,mx.b.c,not_tested,no,no,no,,a@b.c,,,y,=z\n");
    CHECK_STR(write_row(4, "no"), "\"5\",\"a@b.c\",\"\"\"open\",6" OURS "no" REST("a@b.c"));
    opt.escape_formulas = 1;
    CHECK_STR(write_row(0, "no"), "1,a@b.c,'+49,2" OURS "no" REST("a@b.c"));
    CHECK_STR(write_row(1, "no"), "2,\"a@b.c\",\"'=1,\"\"2\"\"\",3" OURS "no" REST("a@b.c"));
    done();
}

TEST(O02_formulas)
{
    begin();
    CHECK_INT(open_text(".txt", "+cmd@b.c\n-x@b.c\n=b@@b.c\n@b.c\n"), 4);
    CHECK_STR(write_row(0, "=1+1"), "'+cmd@b.c,1" OURS "'=1+1" REST(""));
    CHECK_STR(write_row(1, "@x, \"y\"\r\n\033[1m"),
              "'-x@b.c,2" OURS "\"'@x, \"\"y\"\"\\u000d\\u000a\\u001b[1m\"" REST(""));
    CHECK_STR(write_row(3, "\tx"), "'@b.c,4" OURS "'\\u0009x,mx.b.c,not_tested,no,no,no,,,"
                                   "byte 0: there is nothing before the @,\n");
    CHECK(!strncmp(written, "address,quoth_line,", 19));
    done();
}

TEST(O02_crlf)
{
    begin();
    CHECK_INT(open_text(".csv", "email\r\na@b.c\r\n"), 1);
    CHECK_STR(write_row(0, "no"), "a@b.c,2" OURS "no,mx.b.c,not_tested,no,no,no,,a@b.c,,\r\n");
    CHECK(strstr(written, "quoth_score,quoth_list_date\r\n") != NULL);
    done();
}

TEST(places)
{
    struct list_places p = {NULL, 0, 0};
    CHECK_INT(list_places_put(&p, 0, 0xffffffffffu), 0);
    CHECK_INT(list_places_put(&p, 99999, 0x123456789au), 0);
    CHECK(list_places_get(&p, 0) == 0xffffffffffu);
    CHECK(list_places_get(&p, 99999) == 0x123456789au);
    free(p.bytes);
}

/* ---- how the addresses of a domain are formed ---- */

static struct list_pattern pattern;

static void split(const char *address, struct quoth_span *local, struct quoth_span *domain)
{
    const char *at = strrchr(address, '@');
    *local = (struct quoth_span) {address, (size_t)(at - address)};
    *domain = (struct quoth_span) {at + 1, strlen(at + 1)};
}
static void count(const char *address)
{
    struct quoth_span local, domain;
    split(address, &local, &domain);
    CHECK_INT(list_pattern_add(&pattern, local, domain), 0);
}
static int says(const char *address)
{
    struct quoth_span local, domain;
    split(address, &local, &domain);
    return list_pattern_says(&pattern, local, domain);
}

TEST(L11_domain_pattern)
{
    static const char *const dotted[] = {"jane.roe@d.example", "John.Doe@d.example",
                                         "ann.lee@D.example.", "max.fox@d.example"};
    CHECK_INT(says("jane.roe@d.example"), 0); /* nothing is known */
    for (int twice = 0; twice < 2; twice++)
        for (size_t i = 0; i < sizeof dotted / sizeof *dotted; i++)
            count(dotted[i]);
    count("ann.lee+news@d.example");          /* the same address */
    count("sales@d.example");                 /* a role is not formed like a name */
    CHECK_INT(says("jane.roe@d.example"), 0); /* four are too few, however often they stand there */
    count("rita@d.example");
    for (int settled = 0; settled < 2; settled++) {
        const int own = says("rita@d.example"), other = says("otto@d.example");
        CHECK(says("jane.roe@d.example") > 0 && says("JANE.ROE@D.EXAMPLE") > 0);
        CHECK(says("new.one@d.example") > 0);
        CHECK(own < 0 && other < 0);
        CHECK(own < other); /* for one it does not speak for itself, for the other it does */
        CHECK(says("j.roe@d.example") < 0 && says("jane_roe@d.example") < 0);
        CHECK_INT(says("sales@d.example"), 0);
        CHECK_INT(says("jane.roe@e.example"), 0);
        list_pattern_settle(&pattern);
    }
    list_pattern_close(&pattern);
    memset(&pattern, 0, sizeof pattern);
}

/* Each shape speaks for itself and against each other one, and within its bounds. */
TEST(L11_pattern_shapes)
{
    static const char *const form[] = {"%c%c%c",       "%c%c%c4",     "%c.%c%c",   "%c%c.%c",
                                       "%c%c.%c%c",    "%c%c.%c%c7",  "%c%c_%c%c", "%c%c-%c%c",
                                       "%c%c.%c%c.ab", "2%c0%c1%c%c", "%c1%c%c%c"};
    const int forms = sizeof form / sizeof *form;
    char address[64];

    for (int i = 0; i < forms; i++)
        for (int k = 0; k < 12; k++) {
            int n = snprintf(address, sizeof address, form[i], 'a' + k, 'c' + k, 'd' + k, 'e' + k);
            snprintf(address + n, sizeof address - (size_t)n, "@of%d.example", i);
            count(address);
        }
    for (int i = 0; i < forms; i++)
        for (int k = 0; k < forms; k++) {
            int n = snprintf(address, sizeof address, form[k], 'z', 'z', 'x', 'y');
            snprintf(address + n, sizeof address - (size_t)n, "@of%d.example", i);
            int said = says(address), alike = i == k || (i > forms - 3 && k > forms - 3);
            CHECK(alike ? said > 0 && said <= 179 : said < 0 && said >= -230);
        }
    list_pattern_close(&pattern);
    memset(&pattern, 0, sizeof pattern);
}

/* Many domains: the table grows, and each is found again. */
TEST(L11_pattern_many)
{
    char address[64];
    for (int i = 0; i < 5 * 5000; i++) {
        snprintf(address, sizeof address, "%c%c.roe@d%d.example", 'a' + i / 5000, 'q', i % 5000);
        count(address);
    }
    list_pattern_settle(&pattern);
    for (int i = 0; i < 6000; i++) {
        snprintf(address, sizeof address, "zz.roe@d%d.example", i);
        CHECK(i < 5000 ? says(address) > 0 : says(address) == 0);
    }
    list_pattern_close(&pattern);
    memset(&pattern, 0, sizeof pattern);
}

/* ---- sums --------------------------------------------------------------- */

/* XXH64 as other programs have it. Any byte that changes changes the sum, and so do another length
 * and another key; and in whatever pieces the bytes come, it is the same. */
TEST(L05_sum)
{
    static const struct {
        const char *text;
        uint64_t sum;
    } rows[] = {{"", 0xef46db3751d8e999u},
                {"a", 0xd24ec4f1a98c6e5bu},
                {"abc", 0x44bc2cf5ad770999u},
                {"Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1u}};
    uint8_t bytes[120];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(list_sum(0, rows[i].text, strlen(rows[i].text)) == rows[i].sum);
    for (uint8_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i;
    for (size_t i = 0; i < sizeof bytes; i++) {
        const uint64_t whole = list_sum(1, bytes, sizeof bytes);
        CHECK(list_sum(1, bytes, i) != whole);
        CHECK(list_sum(2, bytes, sizeof bytes) != whole);
        bytes[i] ^= 0x20;
        CHECK(list_sum(1, bytes, sizeof bytes) != whole);
        bytes[i] ^= 0x20;
    }
    for (size_t n = 0; n <= sizeof bytes; n++)
        for (size_t first = 0; first <= n; first++) {
            const size_t second = (n - first) / 3;
            struct list_summing s;
            list_sum_begin(&s, 1);
            list_sum_add(&s, bytes, first);
            list_sum_add(&s, bytes + first, second);
            list_sum_add(&s, bytes + first + second, n - first - second);
            CHECK(list_sum_end(&s) == list_sum(1, bytes, n));
        }
}

int main(void)
{
    RUN(L11_domain_pattern);
    RUN(L11_pattern_shapes);
    RUN(L11_pattern_many);
    RUN(L05_sum);
    RUN(O05_lines);
    RUN(O05_empty);
    RUN(O05_bytes);
    RUN(O05_long);
    RUN(O05_cut);
    RUN(O05_display_names);
    RUN(O05_csv);
    RUN(O05_csv_quotes);
    RUN(O05_csv_unclosed);
    RUN(O05_csv_unclosed_far);
    RUN(O05_csv_columns);
    RUN(O02_roundtrip);
    RUN(O05_anything);
    RUN(O05_ndjson);
    RUN(O05_ndjson_deep);
    RUN(O02_own_columns);
    RUN(O02_formulas);
    RUN(O02_crlf);
    RUN(places);
    return report("list_in");
}
