/* list_look_test.c - what a list is taken for: kinds, encodings, line ends, headings and columns,
 * and what stands around addresses. Every input is made here.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "test.h"
#include "../port/list/list.h"

static struct list_in in;
static struct list_row row;
static struct app_list_options opt;
static volatile sig_atomic_t stop;
static char path[64];

/* The list of these bytes; its rows, or -code. What is said goes nowhere: list_test.sh reads it. */
static long open_bytes(const char *suffix, const void *p, size_t n)
{
    int fd, rc, err = dup(STDERR_FILENO);
    snprintf(path, sizeof path, P_tmpdir "/quoth-look-XXXXXX%s", suffix);
    fd = mkstemps(path, (int)strlen(suffix));
    CHECK(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    close(fd);
    CHECK(freopen("/dev/null", "w", stderr) != NULL);
    rc = list_in_open(&in, path, &opt, &stop);
    fflush(stderr);
    dup2(err, STDERR_FILENO);
    close(err);
    unlink(path);
    return rc ? -rc : (long)in.rows;
}
static long open_text(const char *suffix, const char *text)
{
    return open_bytes(suffix, text, strlen(text));
}
static void done(void)
{
    list_in_close(&in);
    memset(&opt, 0, sizeof opt);
}

/* What is asked about in a row; "(reason)" when nobody is. */
static const char *asked(uint32_t id)
{
    static char text[APP_LINE_MAX + 1];
    CHECK_INT(list_in_row(&in, id, 0, &row), 0);
    memcpy(text, row.address, row.address_n);
    text[row.address_n] = 0;
    if (row.reason)
        snprintf(text, sizeof text, "(%s)", quoth_reason_name((enum quoth_reason)row.reason));
    return text;
}

/* All rows, each followed by a blank. */
static const char *all(const char *suffix, const char *text)
{
    static char out[4096];
    long rows = open_text(suffix, text);
    size_t n = 0;
    out[0] = 0;
    if (rows < 0)
        snprintf(out, sizeof out, "%ld", rows);
    for (uint32_t i = 0; rows > 0 && i < (uint32_t)rows; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s ", asked(i));
    done();
    return out;
}

/* ---- kinds, encodings, line ends ---------------------------------------- */

struct kind {
    const char *suffix, *above, *row[2], *below;
    uint8_t kind;
    char delimiter;
    uint32_t column;
};

/* @ is the address, / a line end. */
static const struct kind kinds[] = {
    {".txt", "", {"a@b.org/", "c@d.org/"}, "", APP_INPUT_LINES, 0, 0},
    {"", "E-Mail/", {"a@b.org/", "<c@d.org>/"}, "", APP_INPUT_LINES, 0, 0},
    {".csv", "name,email/", {"Doe,a@b.org/", "Roe,c@d.org/"}, "", APP_INPUT_CSV, ',', 1},
    {".txt", "Name;E-Mail/", {"Doe;a@b.org/", "Roe;c@d.org/"}, "", APP_INPUT_CSV, ';', 1},
    {"", "id\tname\tmail/", {"1\tDoe\ta@b.org/", "2\tRoe\tc@d.org/"}, "", APP_INPUT_CSV, '\t', 2},
    {"", "id|email/", {"1|a@b.org/", "2|c@d.org/"}, "", APP_INPUT_CSV, '|', 1},
    {".csv", "sep=;/a;b,c/", {"x;a@b.org/", "y;c@d.org/"}, "", APP_INPUT_CSV, ';', 1},
    {".csv", "", {"Doe,a@b.org/", "Roe,c@d.org/"}, "", APP_INPUT_CSV, ',', 1},
    {".json",
     "",
     {"{\"email\":\"a@b.org\"}/", "{\"email\":\"c@d.org\"}/"},
     "",
     APP_INPUT_NDJSON,
     0,
     0},
    {"",
     "[/",
     {"{\"n\":1,/ \"email\":\"a@b.org\"},/", "{\"email\":\"c@d.org\"}/"},
     "]/",
     APP_INPUT_JSON,
     0,
     0},
    {".json", "[", {"\"a@b.org\", ", "\"c@d.org\""}, "]/", APP_INPUT_JSON, 0, 0},
    {".json",
     "",
     {"{/ \"email\": \"a@b.org\"/}/", "{/ \"email\": \"c@d.org\"/}/"},
     "",
     APP_INPUT_JSON,
     0,
     0},
};
static const char *const ends[] = {"\n", "\r\n", "\r", "\r\r\n"};

enum { UTF8, UTF8_MARK, LE, LE_MARK, BE, BE_MARK, LATIN, ENCODINGS };

static size_t write_as(int encoding, const char *text, char *out)
{
    size_t n = 0;
    if (encoding == UTF8_MARK)
        n = (size_t)sprintf(out, "\xef\xbb\xbf");
    if (encoding == LE_MARK || encoding == BE_MARK)
        n = (size_t)sprintf(out, encoding == LE_MARK ? "\xff\xfe" : "\xfe\xff");
    for (; *text; text++) {
        if (encoding == BE || encoding == BE_MARK)
            out[n++] = 0;
        out[n++] = *text;
        if (encoding == LE || encoding == LE_MARK)
            out[n++] = 0;
    }
    return n;
}

TEST(L01_every_kind)
{
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++)
            for (int encoding = 0; encoding < ENCODINGS; encoding++) {
                char text[1024] = "", bytes[2048], made[1024];
                size_t n = 0;
                snprintf(text, sizeof text, "%s%s%s%s", kinds[k].above, kinds[k].row[0],
                         kinds[k].row[1], kinds[k].below);
                for (const char *p = text; *p; p++) {
                    if (*p == '/')
                        n += (size_t)sprintf(made + n, "%s", ends[e]);
                    else if (encoding == LATIN && *p == 'D')
                        made[n++] = (char)0xdc;
                    else
                        made[n++] = *p;
                }
                made[n] = 0;
                n = write_as(encoding, made, bytes);
                CHECK_INT(open_bytes(kinds[k].suffix, bytes, n), 2);
                CHECK_INT(in.kind, kinds[k].kind);
                CHECK_STR(asked(0), "a@b.org");
                CHECK_STR(asked(1), "c@d.org");
                if (in.kind == APP_INPUT_CSV) {
                    CHECK_INT(in.delimiter, kinds[k].delimiter);
                    CHECK_INT(in.column, kinds[k].column);
                }
                done();
            }
}

TEST(L01_line_numbers)
{
    for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
        char text[400];
        snprintf(text, sizeof text,
                 "# old%sname,email%sA,a@b.org%s%s%sB,c@d.org%sC,\"e@f.org%s\"%s", ends[e], ends[e],
                 ends[e], ends[e], ends[e], ends[e], ends[e], ends[e]);
        CHECK_INT(open_text(".csv", text), 3);
        CHECK_INT(list_in_line(&in, 0), 3);
        CHECK_INT(list_in_line(&in, 1), 6);
        CHECK_INT(list_in_line(&in, 2), 7);
        CHECK_STR(asked(2), "e@f.org");
        done();
    }
}

TEST(L01_utf16_text)
{
    static const char le[] =
        "n\0,\0e\0m\0a\0i\0l\0\n\0\x3d\xd8\x00\xde,\0a\0@\0b\0.\0c\0\n\0\x00\xd8,\0d\0@\0e\0.\0f\0";
    CHECK_INT(open_bytes(".csv", le, sizeof le - 1), 2);
    CHECK_STR(asked(0), "a@b.c");
    CHECK_INT(row.n, 10); /* U+1F600, a comma, the address */
    CHECK(!memcmp(row.raw, "\xf0\x9f\x98\x80,", 5));
    CHECK_STR(asked(1), "d@e.f");
    CHECK(!memcmp(row.raw, "\xef\xbf\xbd,", 4)); /* a half of a pair */
    done();
}

/* ---- headings and columns ----------------------------------------------- */

TEST(L02_columns)
{
    static const struct {
        const char *text;
        uint32_t column;
        const char *name;
        uint32_t left_out;
    } rows[] = {
        {"Name,Address,Email\nA,1 Main St,a@b.c\n", 2, "Email", 0},
        {"Owner Email,Email\no@p.q,\no@p.q,a@b.c\no@p.q,\n", 1, "Email", 0},
        {"Email consent,Email Address\nyes,a@b.c\n", 1, "Email Address", 0},
        {"Secondary Email,Primary Email\na@b.c,d@e.f\n", 1, "Primary Email", 0},
        {"E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Value\n*,a@b.c,d@e.f\n", 1,
         "E-mail 1 - Value", 0},
        {"E-mail 2 Address,E-mail Address\nd@e.f,a@b.c\n", 1, "E-mail Address", 0},
        {"Mailing Street,Email\n1 Main,a@b.c\n", 1, "Email", 0},
        {"Email,Phone\n,1\n,2\n,3\na@b.c,4\n", 0, "Email", 0},
        {"Nom,Adresse e-mail\nA,a@b.c\n", 1, "Adresse e-mail", 0},
        {"Nombre,Correo electr\xc3\xb3nico\nA,a@b.c\n", 1, "Correo electr\xc3\xb3nico", 0},
        {"NOMBRE,CORREO ELECTR\xc3\x93NICO\nA,a@b.c\n", 1, "CORREO ELECTR\xc3\x93NICO", 0},
        {"Nome,Endere\xc3\xa7o de e-mail\nA,a@b.c\n", 1, "Endere\xc3\xa7o de e-mail", 0},
        {"Nome,Indirizzo e-mail\nA,a@b.c\n", 1, "Indirizzo e-mail", 0},
        {"Naam,E-mailadres\nA,a@b.c\n", 1, "E-mailadres", 0},
        {"Namn,E-postadress\nA,a@b.c\n", 1, "E-postadress", 0},
        {"Imi\xc4\x99,Adres e-mail\nA,a@b.c\n", 1, "Adres e-mail", 0},
        {"\xd0\x98\xd0\xbc\xd1\x8f,\xd0\x9f\xd0\x9e\xd0\xa7\xd0\xa2\xd0\x90\nA,a@b.c\n", 1,
         "\xd0\x9f\xd0\x9e\xd0\xa7\xd0\xa2\xd0\x90", 0},
        {"x,\xe9\x82\xae\xe7\xae\xb1\nA,a@b.c\n", 1, "\xe9\x82\xae\xe7\xae\xb1", 0},
        {"name\xc2\xa0,\xef\xbb\xbf email\xc2\xa0\nA,a@b.c\n", 1, "email", 0},
        {"Name,E-mail (user@host)\nA,a@b.c\n", 1, "E-mail (user@host)", 0},
        {"x,\xe0\xb8\xad\xe0\xb8\xb5\xe0\xb9\x80\xe0\xb8\xa1\xe0\xb8\xa5\no@p.q,a@b.c\n", 1,
         "\xe0\xb8\xad\xe0\xb8\xb5\xe0\xb9\x80\xe0\xb8\xa1\xe0\xb8\xa5", 0}, /* Thai */
        {"wer,wen\nx,a@b.c\n", 1, "wen", 0},
        {"A,\nB,a@b.c\nC,d@e.f\n", 1, "", 0},
        {"Members, as of January, secret\n\nName;Email\nA;a@b.c\n", 1, "Email", 2},
        {"Ask admin@b.c\nName;Email\nA;a@b.c\n", 1, "Email", 1},
        {"# by CRM\n# 2026, x@y.z\nName,Email\nA,a@b.c\n", 1, "Email", 2},
        {"\"Doe, Jane\";Email\n\"Roe, R\";a@b.c\n", 1, "Email", 0},
        {"Export,2026\nUser,o@p.q\n\nName,Email,Phone\nA,a@b.c,1\nB,d@e.f,2\n", 1, "Email", 3},
        {"A,a@b.c\nName,Email\nB,d@e.f\n", 1, "", 0},         /* no wider than a person */
        {"A,a@b.c,x,y\nName,Email,X,Y\nB,d@e.f\n", 1, "", 0}, /* nor this */
        {"Billing Email,Shipping Email\na@b.c,\nd@e.f,g@h.i\n", 0, "Billing Email", 0},
        /* one address in all rows is the owner's, whatever that is called */
        {"E-Mail Chef,E-Mail Kunde\no@p.q,a@b.c\no@p.q,d@e.f\no@p.q,g@h.i\n", 1, "E-Mail Kunde", 0},
        {"E-Mail Chef,E-Mail Kunde\no@p.q,a@b.c\no@p.q,a@b.c\n", 0, "E-Mail Chef", 0},
        {"Email,Chief Email\na@b.c,o@p.q\na@b.c,r@p.q\na@b.c,s@p.q\n", 0, "Email", 0},
        {"Mail,Name\na@b.c,A\na@b.c,B\na@b.c,C\n", 0, "Mail", 0},
        {"Additional Emails,Preferred Email\na@b.c,d@e.f\n", 1, "Preferred Email", 0},
        {"Seller email,Client email\na@b.c,d@e.f\n", 1, "Client email", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(open_text(".csv", rows[i].text) > 0);
        CHECK_INT(in.column, rows[i].column);
        CHECK_STR(in.look.name, rows[i].name);
        CHECK_INT(in.look.left_out, rows[i].left_out);
        done();
    }
}

/* Another column of addresses is told; not one of somebody else's, or of words with addresses. */
/* A number is one, whatever stands in a row; a heading that is one counts as before. */
TEST(L02_number)
{
    opt.column = "2";
    CHECK_STR(all(".csv", "id,email\n1,a@b.c\n2,d@e.f\n3,g@h.i\n"), "a@b.c d@e.f g@h.i ");
    CHECK_STR(all(".csv", "2,a@b.c\n3,d@e.f\n"), "a@b.c d@e.f ");
    CHECK_STR(all(".csv", "2,1\na@b.c,x\nd@e.f,y\n"), "a@b.c d@e.f ");
    opt.column = "E@mail";
    CHECK_STR(all(".csv", "x,E@mail\n1,a@b.c\n2,d@e.f\n"), "a@b.c d@e.f ");
}

TEST(L02_also)
{
    static const struct {
        const char *text;
        uint32_t also;
        const char *name;
    } rows[] = {
        {"Name,E-Mail,E-Mail 2\nA,a@b.c,\nB,d@e.f,g@h.i\n", 3, "E-Mail 2"},
        {"Name,E-Mail,Notes\nA,a@b.c,x\nB,d@e.f,see g@h.i\n", 0, ""},
        {"Name,E-Mail,Owner email\nA,a@b.c,o@p.q\nB,d@e.f,o@p.q\n", 0, ""},
        {"E-mail Display Name,E-mail Address\nA (a@b.c),a@b.c\n", 0, ""},
        {"A,a@b.c,g@h.i\nB,d@e.f,\n", 3, ""},
        {"{\"email\":\"a@b.c\",\"work\":{\"email\":\"d@e.f\"}}\n", 0, "work.email"},
        {"{\"email\":\"a@b.c\",\"owner\":{\"email\":\"d@e.f\"}}\n", 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(open_text("", rows[i].text) > 0);
        CHECK_INT(in.look.also, rows[i].also);
        CHECK_STR(in.look.also_name, rows[i].name);
        done();
    }
}

/* One value that holds the list: the rows are those of its array. What is behind is none. */
TEST(L01_inner_array)
{
    static const char page[] = "{\"owner\":{\"email\":\"o@p.q\"},\"tags\":[{\"t\":\"[\"}],\n"
                               "\"data\":{\"people\":[\n";
    char text[200 * 30];
    size_t n = (size_t)sprintf(text, "%s", page);

    for (int i = 0; i < 120; i++)
        n += (size_t)sprintf(text + n, "%s{\"email\":\"u%d@b.c\"}", i ? ",\n" : "", i);
    sprintf(text + n, "]},\"more\":[{\"email\":\"x@y.z\"}],\"total\":120}\n");
    CHECK_INT(open_text(".json", text), 120);
    CHECK_STR(asked(119), "u119@b.c");
    CHECK_STR(in.look.path, "email");
    CHECK_INT(list_in_line(&in, 0), 3);
    CHECK_INT(list_in_line(&in, 119), 122);
    done();
    /* names of their own: one that is chosen would leave out the others */
    CHECK_STR(all("", "{\"a\":{\"email\":\"a@b.c\"},\"b\":{\"email\":\"d@e.f\"}}\n"), "-64");
    CHECK_STR(all("", "{\"p\":{\"a\":{\"email\":\"a@b.c\"},\"b\":{\"email\":\"d@e.f\"}}}"), "-64");
    CHECK_STR(all("", "{\"a\":{\"email\":\"a@b.c\"},\"owner\":{\"email\":\"d@e.f\"}}\n"), "a@b.c ");
    opt.field = "b.email";
    CHECK_STR(all("", "{\"a\":{\"email\":\"a@b.c\"},\"b\":{\"email\":\"d@e.f\"}}\n"), "d@e.f ");
}

/* A table that was saved as one column of another; and what only looks so. */
TEST(L01_wrapped)
{
    static const struct {
        const char *text, *want;
        uint8_t wrapped;
    } rows[] = {
        {"\"Name,\"\"Email\"\"\"\n\"A,\"\"a@b.c\"\"\"\n\"B,d@e.f\"\n", "a@b.c d@e.f ", 1},
        {"\"Name;Email\"\r\n\"A;a@b.c\"\r\n\"B;d@e.f\"", "a@b.c d@e.f ", 1},
        {"\xef\xbb\xbf\"1\ta@b.c\"\n\"2\td@e.f\"\n", "a@b.c d@e.f ", 1},
        {"\"Name,Email\",,\n\"\"\"A, B\"\",a@b.c\",,\n\"C,d@e.f\",,\n", "a@b.c d@e.f ", 1},
        {"\"Name,Email,N\"\n\"A,a@b.c,\"\"x\ny\"\"\"\n", "a@b.c ", 0}, /* a line end within */
        {"\"Name\",\"Email\"\n\"A\",\"a@b.c\"\n", "a@b.c ", 0},
        {"\"a@b.c\"\n\"d@e.f\"\n", "a@b.c d@e.f ", 0},
        {"\"a@b.c,d@e.f\"\n\"g@h.i,j@k.l\"\n", "a@b.c d@e.f g@h.i j@k.l ", 0},
        {"\"A,B\",a@b.c\n\"C,D\",d@e.f\n", "a@b.c d@e.f ", 0},
        {"\"A,B\"\n\"C,a@b.c,D\"\n", "-64", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_STR(all(".csv", rows[i].text), rows[i].want);
        CHECK_INT(open_text(".csv", rows[i].text) > 0 && in.look.wrapped, rows[i].wrapped);
        done();
    }
    for (size_t i = 0; i < 4; i++) { /* however its bytes come */
        const size_t n = strlen(rows[i].text);
        char whole[200], parts[200];
        struct list_wrap at_once = {0}, each = {0};
        const size_t len = list_unwrap(&at_once, rows[i].text, n, whole);
        size_t len2 = 0;
        for (size_t k = 0; k < n; k++)
            len2 += list_unwrap(&each, rows[i].text + k, 1, parts + len2);
        CHECK_INT(len2, len);
        CHECK(!memcmp(whole, parts, len));
    }
}

/* What stands below a table is no reason to refuse it. */
TEST(L01_footer)
{
    CHECK_STR(
        all(".csv", "\"Email\",\"Name\"\n\"a@b.c\",\"A\"\n\n\"By: B\"\n\"Copyright\"\n\"ACME\"\n"),
        "a@b.c (empty) (empty) (empty) ");
    CHECK_STR(all(".csv", "Email\na@b.c\nBy: B\nCopyright\nACME\n"), "-64");
}

TEST(L02_paths)
{
    static const struct {
        const char *text, *path;
    } rows[] = {
        {"{\"owner\":{\"email\":\"o@p.q\"},\"email\":null}\n{\"owner\":{\"email\":\"o@p.q\"},"
         "\"email\":\"a@b.c\"}\n",
         "email"},
        {"{\"person\":{\"emails\":[{\"type\":\"x\",\"value\":\"a@b.c\"}]}}\n",
         "person.emails.value"},
        {"[{\"address\":\"1 Main\",\"mail\":\"a@b.c\"}]", "mail"},
        {"{\"boss_mail\":\"o@p.q\",\"his_mail\":\"a@b.c\"}\n{\"boss_mail\":\"o@p.q\","
         "\"his_mail\":\"d@e.f\"}\n{\"boss_mail\":\"o@p.q\",\"his_mail\":\"a@b.c\"}\n",
         "his_mail"},
        {"[\"a@b.c\"]", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(open_text(".json", rows[i].text) > 0);
        CHECK_STR(in.look.path, rows[i].path);
        done();
    }
    opt.field = "a.b";
    CHECK_STR(
        all("", "{\"a\":{\"b\":\"d@e.f\"},\"email\":\"a@b.c\"}\n{\"a.b\":\"g@h.i\"}\n{\"a\":1}\n"),
        "d@e.f g@h.i (empty) ");
    CHECK_STR(all("", "{\"email\":\"x@y.z\",\"email\":\"a@b.c\"}\n"), "a@b.c ");
    CHECK_STR(all("", "{\"email\":\"a@b.c\"}\n{\"mail\":\"d@e.f\"}\n{\"Email\":\"g@h.i\"}\n"),
              "a@b.c d@e.f g@h.i ");
    CHECK_STR(all("", "{\"email\":\"a@b.c\"}\n{\"email\":\"d@e.f\n{\"email\":[]}\n"),
              "a@b.c (unreadable) (empty) ");
}

/* ---- around an address -------------------------------------------------- */

TEST(L04_clean)
{
    static const char *const same[] = {
        "j@b.org",
        "<j@b.org>",
        "\"j@b.org\"",
        "'j@b.org'",
        "mailto:j@b.org",
        "MAILTO:j@b.org?subject=x",
        "<mailto:j@b.org>",
        "SMTP:j@b.org",
        "j@b.org.",
        "j@b.org,",
        "j@b.org;",
        " \t j@b.org \t",
        "J Doe <j@b.org>",
        "\"Doe, J\" <j@b.org>,",
        "j@b.org (home)",
        "<j@b.org> J",
        "\xe2\x80\x9cj@b.org\xe2\x80\x9d",
        "\xc2\xabj@b.org\xc2\xbb",
        "=\"j@b.org\"",
        "\xc2\xa0j@b.org\xc2\xa0",
        "\xe2\x80\x8bj@b.org",
        "\xef\xbb\xbfj@b.org",
        "\xe2\x80\xaaj@b.org\xe2\x80\xac",
        "\xe3\x80\x80j@b.org",
        "j@b.org <j@b.org>",
        "[j@b.org]",
        "1. j@b.org",
        "12) <j@b.org>",
        "- j@b.org",
        "* mailto:j@b.org",
        "\xe2\x80\xa2 j@b.org",
        "     12 j@b.org",
        "j@b.org # the elder",
        "[\"j@b.org\"",
        "j@b.org)",
        "<<j@b.org>>",
        "E-Mail: j@b.org",
        "Name: Jane E-Mail:\tj@b.org",
        "=HYPERLINK(\"mailto:j@b.org\",\"j@b.org\")",
        "=hyperlink(\"mailto:j@b.org\";\"Jane\")",
        "=HYPERLINK(\"https://b.org/1\",\"j@b.org\")",
        "[Jane](mailto:j@b.org)",
        "[J@b.org](mailto:j@b.org)",
        "j@b.org [digest]",
        "j@b.org (Jane (the elder))",
        "- [ ] j@b.org",
        "J@b.org: <j@b.org>",
        "Jane Doe (j@b.org)",
        "Doe, Jane [j@b.org]",
        "Jane Doe - j@b.org",
        "Jane - Sales - <j@b.org>",
        "> j@b.org",
        ">> j@b.org",
        "j@b.org<br>",
        "<li>j@b.org</li>",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char text[100];
        snprintf(text, sizeof text, "%s\nx@y.org\n", same[i]);
        opt.input = APP_INPUT_LINES;
        CHECK_STR(all("", text), "j@b.org x@y.org ");
    }
    static const char *const own[] = {"'j@b.org",      "o'neil@b.org", "j+t@b.org", "\"a b\"@b.org",
                                      "\"a@b\"@c.org", "#j@b.org",     "=j@b.org"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        struct quoth_span s = {own[i], strlen(own[i])};
        CHECK(list_clean(&s) && s.p == own[i] && s.n == strlen(own[i]));
    }
}

/* A tag that is not closed itself is no anchor; nothing is read behind the text's end. */
TEST(L04_anchor)
{
    static const char *const no[] = {"<a j@b.org</a>", "<a href=\"mailto:j@b.org\"</a>", "<a ></a>",
                                     "<a b</a>"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        const size_t n = strlen(no[i]);
        char *p = malloc(n);
        struct quoth_span span = {p, n};
        memcpy(p, no[i], n);
        CHECK(!list_clean(&span) && span.p == p && span.n == n);
        free(p);
    }
}

/* Fields of fixed width are padded so, by any number. */
TEST(L04_padded)
{
    static const char text[] = "j@b.org\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\nk@b.org\0\n\0\0l@b.org\n";
    opt.input = APP_INPUT_LINES;
    CHECK_INT(open_bytes("", text, sizeof text - 1), 3);
    CHECK_STR(asked(0), "j@b.org");
    CHECK_STR(asked(1), "k@b.org");
    CHECK_STR(asked(2), "l@b.org");
    done();
}

/* People behind each other are no table, though a delimiter parts them: nobody is left out. */
TEST(L03_people)
{
    static char text[60000];
    size_t n = 0;

    CHECK_STR(all(".txt", "Jane <j@b.org>; Bob <k@b.org>;\n l@b.org; \"Doe, J.\" <m@b.org>; Eve\n"),
              "j@b.org k@b.org l@b.org m@b.org ");
    CHECK_STR(all("", "postmaster: root\nroot:\tj@b.org\nsales: k@b.org, l@b.org\n"),
              "(empty) j@b.org k@b.org l@b.org ");
    for (int i = 0; i < LIST_PIECES_MAX + 100; i++) /* more than the look counts */
        n += (size_t)sprintf(text + n, "j%d@b.org; ", i);
    CHECK_INT(open_text(".txt", text), LIST_PIECES_MAX + 100);
    done();
    /* one person, and others of his */
    CHECK_STR(
        all(".txt", "Jane Doe of Bonn;j@b.org;boss@b.org\nBob Roe of Ulm;k@b.org;boss@b.org\n"),
        "j@b.org k@b.org ");
}

/* An @ where none was looked for: the row was not read. */
TEST(L01_elsewhere)
{
    CHECK_STR(all(".csv", "name,email\nA,a@b.c\nname;email\nB;d@e.f\nC,g@h.i\nowner@o.p;q@r.s\n"),
              "a@b.c (empty) (unreadable) g@h.i (unreadable) ");
    CHECK_STR(all(".json", "\"a@b.c\"\n\"d@e.f\",\"g@h.i\"\n\"j@k.l\"\n\"m@n.o\", \n"),
              "a@b.c (unreadable) j@k.l m@n.o ");
    CHECK_STR(all(".json", "[{\"email\":\"a@b.c\",},\n{\"n\":[1,],\"email\":\"d@e.f\"},]\n"),
              "a@b.c d@e.f ");
}

/* What is no address: nobody is called dead for it but who wrote a wrong one. */
TEST(L03_not_one)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"-", "(empty)"},
        {"N/A", "(empty)"},
        {"NULL", "(empty)"},
        {"\xc2\xa0", "(empty)"},
        {"(2 rows)", "(empty)"},
        {"ask Jane", "(empty)"},
        {"E-Mail", "(empty)"},
        {"E-Mail: ask j@b.org", "(unreadable)"},
        {"j\xfcrgen@b.org", "(unreadable)"},
        {"[Jane] (mailto:j@b.org)", "(unreadable)"},
        {"=HYPERLINK(\"mailto:j@b.org", "(unreadable)"},
        {"=HYPERLINK(\"mailto:j@b.org\",\"k@b.org\")", "(unreadable)"},
        {"xj@b.org <j@b.org>", "xj@b.org j@b.org"},
        {"@jane", "(unreadable)"},
        {"@b.org", "(unreadable)"},
        {"user=j@b.org", "(unreadable)"}, /* an address, as RFC 5322 has it, or a link's leaving */
        {"+j@b.org", "(unreadable)"},
        {"{j,k}@b.org", "(unreadable)"},
        {"j?rgen@b.org", "(unreadable)"},
        {"j\xef\xbf\xbdrgen@b.org", "(unreadable)"},
        {"j\xc3\x83\xc2\xbcrgen@b.org", "(unreadable)"},
        {"j\xc3\xbcrgen@b.org", "j\xc3\xbcrgen@b.org"},
        {"j@b.org1", "(unreadable)"},
        {"j@b.xn--p1ai", "j@b.xn--p1ai"},
        {"jane doe@b.org, k@b.org", "(unreadable) k@b.org"},
        {"k@b.org, j@b.o rg", "k@b.org (unreadable)"},
        {"k@b.org and j@b.org", "k@b.org j@b.org"},
        {"Jane k@b.org, Bob j@b.org", "k@b.org j@b.org"},
        {"alias jane j@b.org", "j@b.org"},
        {"alias -group work -group all jane Jane <j@b.org>", "j@b.org"},
        {"alias j@b.org", "(unreadable)"},
        {"email=j@b.org", "(unreadable)"},
        {"user:j@b.org", "(unreadable)"},
        {"j@b.org <br>", "(unreadable)"},
        {"j@b.org<k.b.org>", "(unreadable)"},
        {"Jane<j@b.org>k", "(unreadable)"},
        {"Jane #", "(empty)"},
        {"Jane #j@b.org", "(unreadable)"},
        {"E-mail (j@b.org)", "(unreadable)"},
        {"Jane (was: j@b.org)", "(unreadable)"},
        {"k@b.org (j@b.org)", "k@b.org j@b.org"},
        {"Jane-j@b.org", "Jane-j@b.org"},
        {"jane - j@b.org k", "(unreadable)"},
        {"2026-01-01 login j@b.org", "(unreadable)"},
        {"17", "(empty)"},
        {"1.234,50", "(empty)"},
        {"+49 (30) 12-34", "(empty)"},
        {"jane j@b.org", "(unreadable)"},
        {"jane", "(empty)"},
        {"brak", "(empty)"},
        {"jane.b.org", "(empty)"},
        {"jane%40b.org", "(unreadable)"},
        {"mailto%3Aj@b.org", "(unreadable)"},
        {"mailto:j%2Bx@b.org", "(unreadable)"},
        {"u003ej@b.org", "(unreadable)"},
        {"u0012@b.org", "u0012@b.org"},
        {"-j@b.org", "(unreadable)"},
        {"--j@b.org", "(unreadable)"},
        {"j-k@b.org", "j-k@b.org"},
        {"j/k@b.org", "(unreadable)"},
        {"j&k@b.org", "(unreadable)"},
        {"\"j/k\"@b.org", "\"j/k\"@b.org"},
        {"j@b...", "(unreadable)"},
        {"j@b.o...", "(unreadable)"},
        {"j@@b.org", "j@@b.org"},
        {"j@b..org", "j@b..org"},
        {"ja\xe2\x80\x8bne@b.org", "(unreadable)"},
        {"j@b\xe2\x80\x8b.org", "(unreadable)"},
        {"j\xef\xbc\xa0" /* a wide @ */ "b.org", "(unreadable)"},
        {"j(at)b.org", "(unreadable)"},
        {"j&#64;b.org", "(unreadable)"},
        {"j @b.org", "(unreadable)"},
        {"j@b.org?", "(unreadable)"},
        {"j@b.org\\n", "(unreadable)"},
        {"\xef\xbc\x9cj@b.org\xef\xbc\x9e", "(unreadable)"},
        {"j@b.orgk@b.org", "(unreadable)"},
        {"=j@b.org", "(unreadable)"},
        {"'j@b.org", "(unreadable)"},
        {"o'neil@b.org", "o'neil@b.org"},
        {"Total", "(empty)"},
        {"a@b@@c x@@y d@e.f", "(several)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[200], want[200];
        snprintf(text, sizeof text, "x@y.org\n%s\nx@y.org\n", rows[i].text);
        snprintf(want, sizeof want, "x@y.org %s x@y.org ", rows[i].want);
        opt.input = APP_INPUT_LINES;
        CHECK_STR(all("", text), want);
    }
    CHECK_STR(all(".csv", "name,email\nA,a@b.c\nDoe, B,d@e.f\n"), "a@b.c (unreadable) ");
    CHECK_STR(all(".csv", "name,email\nA,a@b.c\nB\n,,\nC,\"d@e.f\nD,g@h.i\n\"E,x\",j@k.l,m\n"),
              "a@b.c (empty) (empty) (unreadable) g@h.i j@k.l ");
}

/* A file that was cut off ends amid a row: what is left of the address may be somebody else's. */
TEST(L01_cut)
{
    static const char head[] = "name,email,age\nA,a@b.c,7\n";
    static const struct {
        const char *last, *want;
    } rows[] = {
        {"D,d@e.fr", "(unreadable)"},
        {"D,\"d@e.fr\"", "(unreadable)"},
        {"\"D,d@e.fr", "(unreadable)"},
        {"D,d@e.fr,\"8", "(unreadable)"},
        {"D", "(empty)"},
        {"D,d@e.fr,", "d@e.fr"},
        {"D,d@e.fr,8", "d@e.fr"},
        {"D,d@e.fr\n", "d@e.fr"},
        {"\"D,d@e.fr\n", "d@e.fr"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[200], want[200];
        snprintf(text, sizeof text, "%s%s", head, rows[i].last);
        snprintf(want, sizeof want, "a@b.c %s ", rows[i].want);
        CHECK_STR(all(".csv", text), want);
    }
    CHECK_STR(all(".csv", "name,email\nA,a@b.c\nD,d@e.fr"), "a@b.c d@e.fr "); /* no more cells */
}

/* ---- several ------------------------------------------------------------ */

TEST(L03_several)
{
    static const char *const parted[] = {
        "a@b.c,d@e.f",
        "a@b.c; d@e.f",
        "a@b.c d@e.f",
        "a@b.c/d@e.f",
        "a@b.c ::: d@e.f",
        "a@b.c & d@e.f",
        "A <a@b.c>; \"E, D\" <d@e.f>",
        "a@b.c\nd@e.f",
        "<a@b.c>, <d@e.f>,",
        "a@b.c|d@e.f",
        "A a@b.c, D d@e.f",
        "{a@b.c,d@e.f}",
        "[\"a@b.c\", 'd@e.f']",
    };
    for (size_t i = 0; i < sizeof parted / sizeof *parted; i++) {
        char text[200], cell[100];
        size_t n = 0;
        for (const char *p = parted[i]; *p; p++) {
            if (*p == '"')
                cell[n++] = '"';
            cell[n++] = *p;
        }
        cell[n] = 0;
        snprintf(text, sizeof text, "id,email\n1,x@y.z\n2,\"%s\"\n3,x@y.z\n", cell);
        CHECK_STR(all(".csv", text), "x@y.z a@b.c d@e.f x@y.z ");
        if (strchr(parted[i], '\n'))
            continue;
        snprintf(text, sizeof text, "x@y.z\n%s\nx@y.z\n", parted[i]);
        opt.input = APP_INPUT_LINES;
        CHECK_STR(all("", text), "x@y.z a@b.c d@e.f x@y.z ");
    }
    CHECK_STR(all("", "{\"email\":[\"a@b.c\",\"d@e.f\"]}\n{\"email\":\"g@h.i\"}\n"),
              "a@b.c d@e.f g@h.i ");
    CHECK_STR(all("", "a@b.c, d@e.f, g@h.i\n"), "a@b.c d@e.f g@h.i ");
    CHECK_STR(all("", "B, A <a@b.c>; E, D <d@e.f>\nI, G. <g@h.i>\n"), "a@b.c d@e.f g@h.i ");
}

/* Each with the line of its row, and the same however often and in which order it is read. */
TEST(L03_many)
{
    char text[64 * 200];
    size_t n = (size_t)sprintf(text, "id,email\n1,\"");
    for (int i = 0; i < 100; i++)
        n += (size_t)sprintf(text + n, "u%d@b.c;", i);
    n += (size_t)sprintf(text + n, "\"\n2,x@y.z\n");
    CHECK_INT(open_text(".csv", text), 101);
    CHECK_STR(asked(99), "u99@b.c");
    CHECK_STR(asked(0), "u0@b.c");
    CHECK_STR(asked(100), "x@y.z");
    CHECK_INT(list_in_line(&in, 99), 2);
    CHECK_INT(list_in_line(&in, 100), 3);
    done();
    memcpy(strchr(text, '"') + 1, "a@b.c;", 6); /* of the first one's place */
    n = (size_t)sprintf(text, "id,email\n1,\"");
    for (int i = 0; i < 101; i++)
        n += (size_t)sprintf(text + n, "u%d@b.c;", i);
    n += (size_t)sprintf(text + n, "\"\n2,x@y.z\n");
    CHECK_STR(all(".csv", text), "(several) x@y.z ");
}

/* ---- what is refused ---------------------------------------------------- */

TEST(L01_few)
{
    static const char text[] = "one\ntwo three\na@b.c\nfour\n";
    CHECK_STR(all("", text), "-64");
    opt.anyway = 1;
    CHECK_STR(all("", text), "(empty) (empty) a@b.c (empty) ");
    CHECK_STR(all(".csv", "name,email\nA,x\nB,y\n"), "-64");
    CHECK_STR(all(".json", "{\"a\":1}\n{\"email\":\"x\"}\n"), "-64");
    CHECK_STR(all("", "[people]\njane=a@b.c\njoe=d@e.f\n"), "-64"); /* both are RFC 5322's */
    CHECK_STR(all(".csv", "Name^Email\nA^a@b.c\nB^d@e.f\n"), "-64");
    opt.column = "1";
    CHECK_STR(all(".csv", "name,email\nA,a@b.c\n"), "-64");
    opt.column = "nosuch";
    CHECK_STR(all(".csv", "name,email\nA,a@b.c\n"), "-64");
    opt.field = "nosuch";
    CHECK_STR(all(".json", "{\"email\":\"a@b.c\"}\n"), "-64");
    opt.skip_lines = 2;
    CHECK_STR(all("", "x@\ny@\na@b.c\n"), "a@b.c ");
    CHECK_STR(all("", "# c\na@b.c\n#d\n# e f\nd@e.f\n#g@h.i\n"), "a@b.c d@e.f (unreadable) ");
}

/* What looks like headings nobody knows may be rows with an address that was not cleaned. */
TEST(L01_no_heading)
{
    CHECK_STR(all("", "a@b.c&nbsp;\n&lt;g@h.i&gt;\nj@k.l\nm@n.o\n"),
              "(unreadable) (unreadable) j@k.l m@n.o ");
    CHECK_STR(all(".csv", "Frage @home,Wer\na,b@c.d\ne,f@g.h\n"), "b@c.d f@g.h ");
}

/* A row that is parted by another delimiter than the others. */
TEST(L01_other_delimiter)
{
    CHECK_STR(all(".csv", "name;email\nA;a@b.c\nB,d@e.f,x\nC\nD;g@h.i\n"),
              "a@b.c (unreadable) (empty) g@h.i ");
}

/* LinkedIn: hardly anybody's address is told, so none of the first 1,000 may have one. */
TEST(L01_rare)
{
    static char text[1200 * 4 + 100];
    size_t n = (size_t)sprintf(text, "Name,Email\n");
    for (int i = 0; i < 1200; i++)
        n += (size_t)sprintf(text + n, "A,\n");
    CHECK_INT(open_text(".csv", text), 1200);
    done();
    sprintf(text + 11 + 999 * 3, "A,a@b.c\n");
    CHECK_INT(open_text(".csv", text), 1000);
    CHECK_STR(asked(999), "a@b.c");
    done();
    sprintf(text + 11 + 999 * 3, "A,x\n");
    CHECK_STR(all(".csv", text), "-64");
}

#define BYTES_OF(text) text, sizeof(text) - 1
/* Exports as programs write them: the right column, whatever else has an @. */
TEST(L02_exports)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"Excel, German, Windows-1252",
         "Vorname;E-Mail-Adresse;Umsatz\r\nJ\xf6rg;j@b.org;1.234,50\r\n"
         "\xc4nne;n@b.org;-5,00\r\n"},
        {"Excel, Russian, Windows-1251", "\xc8\xec\xff;\xc0\xe4\xf0\xe5\xf1;\xd2\xe5\xeb\r\n"
                                         "\xc8;j@b.org;+7\r\n\xcd;n@b.org;\r\n"},
        {"Excel, Japanese, Shift JIS: a second byte is a backslash",
         "\x8e\x81\x96\xbc,mail,\x95\x5c\n\x83\x5c,j@b.org,\x95\x5c\n\x8f\x5c,n@b.org,\x83\x7c\n"},
        {"Google: several in a cell",
         "First Name,Notes,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Value\n"
         "J,\"met at\nwork@home\",* ,j@b.org ::: n@b.org,+49 1\n"},
        {"Outlook: a display name with the address in it",
         "\"First Name\",\"E-mail Address\",\"E-mail Type\",\"E-mail Display Name\",\"Notes\"\r\n"
         "\"J\",\"j@b.org\",\"SMTP\",\"J (j@b.org)\",\"one\r\n@two\"\r\n"
         "\"N\",\"n@b.org\",\"SMTP\",\"N (n@b.org)\",\"\"\r\n"},
        {"HubSpot: the owner behind", "Record ID,Email,Contact owner\n1,j@b.org,Boss (boss@b.org)\n"
                                      "2,n@b.org,Boss (boss@b.org)\n"},
        {"Salesforce: the owner in front", "\"Owner.Email\",\"Id\",\"Email\"\n"
                                           "\"boss@b.org\",\"003B\",\"j@b.org\"\n"
                                           "\"boss@b.org\",\"003C\",\"n@b.org\"\n"},
        {"WordPress: a login that is an address", "ID,user_login,user_email,display_name\n"
                                                  "1,x@b.org,j@b.org,Jane\n2,nob,n@b.org,@nob\n"},
        {"names and handles with @",
         "Name,Twitter,Email,Phone\nJ@ne,@jane,j@b.org,@12\n@N,@n,n@b.org,\n"},
        {"MySQL: quotes behind a backslash", "\"id\",\"email\",\"note\"\n\"1\",\"j@b.org\",\"said "
                                             "\\\"hi\\\", left\"\n\"2\",\"n@b.org\",\\N\n"},
        {"LF CR", "Name,Email\n\rJ,j@b.org\n\rN,n@b.org\n\r"},
        {"a member within a member within an array",
         "{\"data\":[{\"id\":1,\"attributes\":{\"email\":\"j@b.org\"}},"
         "{\"id\":2,\"attributes\":{\"email\":\"n@b.org\"}}],\"meta\":{\"total\":2}}"},
        {"Exchange: all that it takes mail for",
         "#TYPE Mailbox\n\"Name\",\"PrimarySmtpAddress\",\"EmailAddresses\"\n"
         "\"J\",\"j@b.org\",\"SMTP:j@b.org smtp:k@b.org x500:/o=x\"\n"
         "\"N\",\"n@b.org\",\"SMTP:n@b.org\"\n"},
        {"quotes and commas of a program", "\"j@b.org\",\n\"n@b.org\"\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = all("", rows[i].text);
        CHECK_STR(strcmp(got, "j@b.org n@b.org ") ? rows[i].name : "", "");
        CHECK_STR(got, "j@b.org n@b.org ");
    }
    CHECK_STR(all(".csv", "Report;;\nby admin@b.org;;\n;;\nNr.;Name;E-Mail\n1;J;j@b.org\n"
                          "2;N;n@b.org\n;;\nSumme;;2\n"),
              "j@b.org n@b.org (empty) (empty) ");
    CHECK_STR(all("", "{\"email\":\"a@b.c\"}{\"email\":\"d@e.f\"}\n"), "a@b.c d@e.f ");
    CHECK_STR(
        all(".txt", " id |  email  \n----+---------\n  1 | j@b.org\n  2 | n@b.org\n(2 rows)\n"),
        "(empty) j@b.org n@b.org (empty) ");
}

TEST(L01_foreign)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *name;
    } rows[] = {
        {BYTES_OF("PK\3\4....xl/workbook.xml"), "an Excel workbook (.xlsx)"},
        {BYTES_OF("PK\3\4..mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
         "a spreadsheet (.ods)"},
        {BYTES_OF("PK\3\4....list.csv"), "a zip archive"},
        {BYTES_OF("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
         "an Excel workbook or another old Office file"},
        {BYTES_OF("\x1f\x8b\x08"), "gzip data"},
        {BYTES_OF("BZh91AY"), "bzip2 data"},
        {BYTES_OF("\xfd"
                  "7zXZ\0"),
         "xz data"},
        {BYTES_OF("\x28\xb5\x2f\xfd"), "zstd data"},
        {BYTES_OF("7z\xbc\xaf\x27\x1c"), "a 7z archive"},
        {BYTES_OF("%PDF-1.4\n"), "a PDF document"},
        {BYTES_OF("SQLite format 3\0"), "an SQLite database"},
        {BYTES_OF("\x89PNG\r\n"), "an image"},
        {BYTES_OF("\xff\xd8\xff\xe0"), "an image"},
        {BYTES_OF("BEGIN:VCARD\r\n"), "vCard"},
        {BYTES_OF("\xef\xbb\xbf"
                  "begin:vcard\n"),
         "vCard"},
        {BYTES_OF("dn: cn=a\nmail: a@b.c\n"), "LDIF"},
        {BYTES_OF("version: 1\n\ndn: x\n"), "LDIF"},
        {BYTES_OF("# extended LDIF\n#\ndn: x\n"), "LDIF"},
        {BYTES_OF("-- phpMyAdmin SQL Dump\n-- version 5\n"), "an SQL dump"},
        {BYTES_OF("--\n-- PostgreSQL database dump\n--\n"), "an SQL dump"},
        {BYTES_OF("/*M!999999\\- enable the sandbox mode */\n-- MariaDB dump\n"), "an SQL dump"},
        {BYTES_OF("DROP TABLE IF EXISTS a;\n"), "SQL"},
        {BYTES_OF("\n <!DOCTYPE html>"), "HTML"},
        {BYTES_OF("<html>"), "HTML"},
        {BYTES_OF("{\\rtf1"), "RTF"},
        {BYTES_OF("<?xml version"), "XML"},
        {BYTES_OF("From a@b.c Mon Jan 1 10:00:00 2026\nTo: d@e.f\n"), "a mailbox (mbox)"},
        {BYTES_OF("Received: from x\n"), "a mail"},
        {BYTES_OF("INSERT INTO t"), "SQL"},
        {BYTES_OF("['a@b.c', 'd@e.f']"), "a list in the words of a program"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct list_foreign *found = list_foreign(rows[i].bytes, rows[i].n);
        CHECK(found != NULL);
        if (found)
            CHECK_STR(found->name, rows[i].name);
        CHECK_INT(open_bytes(".csv", rows[i].bytes, rows[i].n), -APP_EXIT_USAGE);
        done();
    }
    CHECK(!list_foreign("From,To\na@b.c,d@e.f\n", 20));
    CHECK(!list_foreign("dnes@b.c\n", 9));
    CHECK(!list_foreign("{\"email\":1}", 11));
    CHECK(!list_foreign("", 0));
}

/* ---- a list that changes ------------------------------------------------ */

TEST(T3_changed)
{
    static const char text[] = "a@b.c\nd@e.f\n";
    struct timespec then[2] = {{1, 0}, {1, 0}};
    int fd;

    snprintf(path, sizeof path, P_tmpdir "/quoth-look-XXXXXX");
    fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1);
    CHECK_INT(futimens(fd, then), 0);
    CHECK_INT(list_in_open(&in, path, &opt, &stop), 0);
    CHECK(!list_file_changed(&in.file));
    CHECK_STR(asked(1), "d@e.f");
    CHECK_INT(pwrite(fd, "x@y.z\n", 6, 6), 6); /* of the same size, in place */
    CHECK(list_file_changed(&in.file));
    done();
    CHECK_INT(futimens(fd, then), 0);
    CHECK_INT(list_in_open(&in, path, &opt, &stop), 0);
    CHECK_INT(ftruncate(fd, 3), 0);
    in.file.window_n = 0;
    CHECK_INT(list_in_row(&in, 1, 0, &row), -ESTALE);
    done();
    close(fd);
    unlink(path);
}

int main(void)
{
    RUN(L01_every_kind);
    RUN(L01_line_numbers);
    RUN(L01_utf16_text);
    RUN(L02_columns);
    RUN(L02_number);
    RUN(L02_also);
    RUN(L01_inner_array);
    RUN(L01_wrapped);
    RUN(L01_footer);
    RUN(L02_paths);
    RUN(L04_clean);
    RUN(L04_anchor);
    RUN(L04_padded);
    RUN(L03_people);
    RUN(L01_elsewhere);
    RUN(L03_not_one);
    RUN(L01_cut);
    RUN(L03_several);
    RUN(L03_many);
    RUN(L01_few);
    RUN(L01_no_heading);
    RUN(L01_other_delimiter);
    RUN(L01_rare);
    RUN(L02_exports);
    RUN(L01_foreign);
    RUN(T3_changed);
    return report("list_look");
}
