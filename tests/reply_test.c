/* reply_test.c - section S of RULES.md as far as it is about bytes, and the reply shapes of C.
 * Every text any test hears is heard whole, byte by byte and cut at every place (S02), from a
 * block of exactly its size, so that a read too far is caught.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "quoth.h"
#include "test.h"
#include "reply_ref.h"

static struct quoth_reply r;
static size_t used;

static int same(const struct quoth_reply *a, const struct quoth_reply *b)
{
    return a->said.code == b->said.code && !memcmp(a->said.esc, b->said.esc, sizeof a->said.esc) &&
           a->ext == b->ext && a->lines == b->lines && a->flags == b->flags &&
           a->said.n == b->said.n && !memcmp(a->words, b->words, a->said.n);
}

/* Two pieces, each in a block of its own. */
static int pieces(struct quoth_reply *to, const char *p, size_t n, size_t cut, size_t *took)
{
    size_t at = 0, size = cut, one;
    int rc = QUOTH_AGAIN;
    memset(to, 0x5a, sizeof *to);
    quoth_reply_init(to);
    for (int i = 0; i < 2 && rc == QUOTH_AGAIN; i++, at += size, size = n - at) {
        char *block = malloc(size ? size : 1);
        memcpy(block, p + at, size);
        rc = quoth_reply_feed(to, block, size, &one);
        *took = at + one;
        free(block);
    }
    return rc;
}

static int hear_n(const char *p, size_t n)
{
    static struct quoth_reply other;
    int rc = pieces(&r, p, n, n, &used), again = QUOTH_AGAIN;
    size_t took, step = n > 600 ? n / 97 : 1;
    for (size_t cut = 0; cut < n; cut += step) {
        CHECK_INT(pieces(&other, p, n, cut, &took), rc);
        CHECK(took == used && same(&r, &other));
    }
    quoth_reply_init(&other);
    for (size_t at = 0; at < n && again == QUOTH_AGAIN; at++)
        again = quoth_reply_feed(&other, p + at, 1, &took);
    CHECK_INT(again, rc);
    CHECK(same(&r, &other));
    return rc;
}
static int hear(const char *text) { return hear_n(text, strlen(text)); }

/* code, enhanced code and text of a whole reply as one line */
static const char *told(const char *text)
{
    static char line[QUOTH_SAID_MAX + 64];
    int rc = hear(text);
    if (rc == QUOTH_OK && used != strlen(text))
        return "took too little";
    if (rc != QUOTH_OK)
        return rc == QUOTH_EPROTO ? "EPROTO" : "AGAIN";
    if (r.said.esc[0])
        snprintf(line, sizeof line, "%d %d.%d.%d %.*s", r.said.code, r.said.esc[0], r.said.esc[1],
                 r.said.esc[2], r.said.n, r.words);
    else
        snprintf(line, sizeof line, "%d %.*s", r.said.code, r.said.n, r.words);
    return line;
}

TEST(S01)
{
    CHECK_STR(told("250 ok\r\n"), "250 ok");
    CHECK_INT(r.flags, 0);
    CHECK_STR(told("250\r\n"), "250 ");
    CHECK_INT(r.flags, QUOTH_REPLY_BARE_CODE);
    CHECK_STR(told("250 \r\n"), "250 ");
    CHECK_INT(r.flags, 0);
    CHECK_STR(told("571 no\r\n"), "571 no");
    CHECK_INT(r.flags, QUOTH_REPLY_ODD_DIGIT);
    CHECK_STR(told("354 go\r\n"), "354 go");
    CHECK_STR(told("200 a\r\n"), "200 a");
    CHECK_STR(told("599 a\r\n"), "599 a");
    CHECK_STR(told("250-a\r\n250-b\r\n250 c\r\n"), "250 a b c");
    CHECK_INT(r.lines, 3);
}

TEST(S01_every_code)
{
    char text[16];
    for (int code = 0; code < 1000; code++) {
        snprintf(text, sizeof text, "%03d x\r\n", code);
        CHECK_INT(hear(text), code >= 200 && code < 600 ? QUOTH_OK : QUOTH_EPROTO);
        if (code >= 200 && code < 600)
            CHECK_INT(r.said.code, code);
    }
}

TEST(S02_only_one) /* the bytes behind the reply are not taken */
{
    CHECK_INT(hear("250 a\r\n250 b\r\n"), QUOTH_OK);
    CHECK_INT(used, 7);
    CHECK_INT(quoth_reply_feed(&r, "250 b\r\n", 7, &used), QUOTH_OK);
    CHECK_INT(used, 0);
}

TEST(S03)
{
    static const char *const bad[] = {"99 x\r\n",
                                      "2500 x\r\n",
                                      "25a x\r\n",
                                      " 250 x\r\n",
                                      "+50 x\r\n",
                                      "25\xd9\xa0 x\r\n",
                                      "\xd9\xa2\x35\x30 x\r\n",
                                      "199 x\r\n",
                                      "650 x\r\n",
                                      "000 x\r\n",
                                      "250x\r\n",
                                      "250\tx\r\n",
                                      "250\rx\r\n",
                                      "250\r\r\r\n",
                                      "\r\n",
                                      "\n",
                                      "25\r\n",
                                      "-250 x\r\n",
                                      "0250 x\r\n",
                                      "hello\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STR(told(bad[i]), "EPROTO");
        CHECK_INT(quoth_reply_feed(&r, "250 ok\r\n", 8, &used), QUOTH_EPROTO); /* and stays there */
    }
}

TEST(S04)
{
    CHECK_STR(told("250-a\r\n550 b\r\n"), "EPROTO");
    CHECK_STR(told("250-a\r\n251 b\r\n"), "EPROTO");
    CHECK_STR(told("250-a\r\n250-b\r\n260 b\r\n"), "EPROTO");
    CHECK_STR(told("550-a\r\n\r\n550 b\r\n"), "EPROTO");
}

TEST(S05)
{
    CHECK_STR(told("250-a\r\n"), "AGAIN");
    CHECK_STR(told("250-a\r\n250"), "AGAIN");
    CHECK_STR(told("250 a"), "AGAIN");
    CHECK_STR(told("250 a\r"), "AGAIN");
    CHECK_STR(told(""), "AGAIN");
}

TEST(S06)
{
    CHECK_STR(told("250 a\n"), "250 a");
    CHECK_INT(r.flags, QUOTH_REPLY_BARE_LF);
    CHECK_STR(told("250\n"), "250 ");
    CHECK_INT(r.flags, QUOTH_REPLY_BARE_LF | QUOTH_REPLY_BARE_CODE);
    CHECK_STR(told("250 a\r\r\n"), "250 a");
    CHECK_INT(r.flags, QUOTH_REPLY_CR_CR);
    CHECK_STR(told("250 a\rb\r\n"), "250 a?b");
    CHECK_INT(r.flags, 0);
    CHECK_STR(told("250 a\r250 b\r\r\r\n"), "250 a?250 b?");
    CHECK_STR(told("250-a\n250 b\r\n"), "250 a b");
    CHECK_INT(r.flags, QUOTH_REPLY_BARE_LF);
}

/* A reply whose last line has `n` bytes with its CRLF. */
static int long_line(size_t n)
{
    static char text[QUOTH_REPLY_BYTES_MAX];
    memset(text, 'x', n);
    memcpy(text, "250 ", 4);
    memcpy(text + n - 2, "\r\n", 2);
    return hear_n(text, n);
}

TEST(S07)
{
    static const size_t fine[] = {
        512, 513, 514, 515, 516, 517, 518, 519, 2048, QUOTH_LINE_MAX - 1, QUOTH_LINE_MAX};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        size_t text = fine[i] - 6;
        CHECK_INT(long_line(fine[i]), QUOTH_OK);
        CHECK_INT(r.said.n, text < QUOTH_SAID_MAX ? text : QUOTH_SAID_MAX);
    }
    CHECK_INT(long_line(QUOTH_LINE_MAX + 1), QUOTH_EPROTO);
    CHECK_INT(long_line(9 * 1024), QUOTH_EPROTO);
}

/* `lines` lines of `size` bytes with their CRLF, the last one ending the reply */
static int many_lines(unsigned lines, size_t size)
{
    static char text[2 * QUOTH_REPLY_BYTES_MAX];
    memset(text, 'y', sizeof text);
    for (unsigned i = 0; i < lines; i++) {
        memcpy(text + i * size, i + 1 == lines ? "250 " : "250-", 4);
        memcpy(text + i * size + size - 2, "\r\n", 2);
    }
    return hear_n(text, lines * size);
}

TEST(S08)
{
    CHECK_INT(many_lines(QUOTH_REPLY_LINES_MAX - 1, 8), QUOTH_OK);
    CHECK_INT(many_lines(QUOTH_REPLY_LINES_MAX, 8), QUOTH_OK);
    CHECK_INT(r.lines, QUOTH_REPLY_LINES_MAX);
    CHECK_INT(many_lines(QUOTH_REPLY_LINES_MAX + 1, 8), QUOTH_EPROTO);
    CHECK_INT(used, QUOTH_REPLY_LINES_MAX * 8 + 1);
    CHECK_INT(many_lines(32, QUOTH_REPLY_BYTES_MAX / 32), QUOTH_OK);
    CHECK_INT(used, QUOTH_REPLY_BYTES_MAX);
    CHECK_INT(many_lines(33, QUOTH_REPLY_BYTES_MAX / 32), QUOTH_EPROTO);
    CHECK_INT(used, QUOTH_REPLY_BYTES_MAX + 1);
    CHECK_INT(many_lines(3, (QUOTH_REPLY_BYTES_MAX - 1) / 3), QUOTH_OK);
}

TEST(S09)
{
    CHECK_INT(hear_n("250 a\0b\x1b[1m\x07\x7f\xff\xc3\xa9\r\n", 18), QUOTH_OK);
    CHECK_INT(r.said.n, 12);
    CHECK(!memcmp(r.words, "a?b?[1m??\xff\xc3\xa9", 12));
    CHECK_INT(hear_n("\0"
                     "50 a\r\n",
                     7),
              QUOTH_EPROTO);
    CHECK_INT(hear_n("25\0 a\r\n", 7), QUOTH_EPROTO);
    CHECK_INT(hear_n("250\0a\r\n", 7), QUOTH_EPROTO);
    CHECK_INT(hear_n("250-a\r\n25\0 b\r\n", 14), QUOTH_EPROTO);
}

TEST(S10)
{
    static const char *const row[][2] = {
        {"550 5.1.1 x\r\n", "550 5.1.1 x"},
        {"550-5.1.1\r\n550 x\r\n", "550 5.1.1 x"},
        {"550 5.1.1\r\n", "550 5.1.1 "},
        {"550 5.1.1\r\r\n", "550 5.1.1 "},
        {"250 2.1.5 ok\n", "250 2.1.5 ok"},
        {"450 4.2.0 later\r\n", "450 4.2.0 later"},
        {"550 5.0.0 x\r\n", "550 5.0.0 x"},
        {"550 5.999.999 x\r\n", "550 5.999.999 x"},
        {"550 5.1.10 x\r\n", "550 5.1.10 x"},
        {"550 5.1.1.1 x\r\n", "550 5.1.1.1 x"},
        {"550 5.1 x\r\n", "550 5.1 x"},
        {"550 5.1.1000 x\r\n", "550 5.1.1000 x"},
        {"550 5.1000.1 x\r\n", "550 5.1000.1 x"},
        {"550 5.99999999999.1 x\r\n", "550 5.99999999999.1 x"},
        {"550 05.1.1 x\r\n", "550 05.1.1 x"},
        {"550 5.01.1 x\r\n", "550 5.01.1 x"},
        {"550 5.1.1x\r\n", "550 5.1.1x"},
        {"550 5..1 x\r\n", "550 5..1 x"},
        {"550 .1.1 x\r\n", "550 .1.1 x"},
        {"550 5.1. x\r\n", "550 5.1. x"},
        {"550 5.1.\r\n", "550 5.1."},
        {"550 5.1\r\n", "550 5.1"},
        {"550 5.1.1\rx\r\n", "550 5.1.1?x"},
        {"550 55.1.1 x\r\n", "550 55.1.1 x"},
        {"250 5.1.1 x\r\n", "250 5.1.1 x"},
        {"550 4.1.1 x\r\n", "550 4.1.1 x"},
        {"354 3.1.1 x\r\n", "354 3.1.1 x"},
        {"550 x 5.1.1 y\r\n", "550 x 5.1.1 y"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        CHECK_STR(told(row[i][0]), row[i][1]);
        CHECK_INT(r.said.esc[0] != 0,
                  i < 9); /* the first nine are codes, the rest is text that looks like one */
    }
}

/* The class of an enhanced code is the first digit of the code, or it is text; 3 is no class. */
TEST(S10_class)
{
    char text[32];
    for (int code = 200; code < 600; code++) {
        for (int kind = 1; kind < 7; kind++) {
            int fits = kind == code / 100 && kind != 3;
            snprintf(text, sizeof text, "%d %d.1.7 x\r\n", code, kind);
            CHECK_INT(hear_n(text, strlen(text)), QUOTH_OK);
            CHECK_INT(r.said.esc[0], fits ? kind : 0);
            CHECK_INT(r.said.esc[2], fits ? 7 : 0);
        }
    }
}

TEST(S10_lines) /* the code again is not said again; another one stays in the text */
{
    CHECK_STR(told("550-5.1.1 a\r\n550 5.1.1 b\r\n"), "550 5.1.1 a b");
    CHECK_STR(told("550-5.1.1 a\r\n550-5.1.1\r\n550 5.1.1 b\r\n"), "550 5.1.1 a b");
    CHECK_STR(told("550-5.1.1 a\r\n550 5.7.1 b\r\n"), "550 5.1.1 a 5.7.1 b");
    CHECK_STR(told("550-a\r\n550 5.7.1 b\r\n"), "550 5.7.1 a b");
    CHECK_STR(told("550-5.1 a\r\n550 5.7.1 b\r\n"), "550 5.7.1 5.1 a b");
    CHECK_STR(told("550-\r\n550-  a\r\n550   b\r\n"), "550 a b");
}

TEST(S11) /* the buffer of a long reply hears a short one */
{
    hear("550-5.1.1 a long text of several lines\r\n550-5.1.1 STARTTLS\r\n550 5.1.1 end\r\n");
    quoth_reply_init(&r);
    CHECK_INT(quoth_reply_feed(&r, "250\r\n", 5, &used), QUOTH_OK);
    CHECK(r.said.code == 250 && !r.said.esc[0] && !r.said.esc[1] && !r.said.esc[2] &&
          r.said.n == 0 && !r.ext && r.lines == 1);
}

static int extensions(const char *text) { return hear(text) == QUOTH_OK ? r.ext : -1; }

TEST(S12)
{
    CHECK_INT(extensions("250-STARTTLS\r\n250 HELP\r\n"), 0);
    CHECK_INT(extensions("250 STARTTLS\r\n"), 0);
    CHECK_INT(extensions("250-mx\r\n250 STARTTLS\r\n"), QUOTH_EXT_STARTTLS);
    CHECK_INT(extensions("250-mx\r\n250-STARTTLS\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250-"
                         "ENHANCEDSTATUSCODES\r\n"
                         "250 SIZE\r\n"),
              QUOTH_EXT_STARTTLS | QUOTH_EXT_PIPELINING | QUOTH_EXT_SMTPUTF8 | QUOTH_EXT_ENHANCED |
                  QUOTH_EXT_SIZE);
}

TEST(S13)
{
    static const char *const not [] = {"XSTARTTLS",
                                       "STARTTLSX",
                                       "STARTTLS-foo",
                                       "START TLS",
                                       "STARTTL",
                                       " STARTTLS",
                                       "STARTTLS\tx",
                                       "STARTTLS\rx",
                                       "STARTTLS=x",
                                       "S",
                                       "",
                                       "PIPELININ",
                                       "SIZES",
                                       "ENHANCEDSTATUSCODE",
                                       "ENHANCEDSTATUSCODESX",
                                       "X STARTTLS",
                                       "STARTTLSSTARTTLS"};
    char text[64];
    for (size_t i = 0; i < sizeof not / sizeof not [0]; i++) {
        snprintf(text, sizeof text, "250-mx\r\n250 %s\r\n", not [i]);
        CHECK_INT(extensions(text), 0);
    }
    CHECK_INT(hear_n("250-mx\r\n250 SIZE\0\0\0\r\n", 21), QUOTH_OK);
    CHECK_INT(r.ext, 0);
    CHECK_INT(extensions("250-mx\r\n250 starttls\r\n"), QUOTH_EXT_STARTTLS);
    CHECK_INT(extensions("250-mx\r\n250 StartTLS x y\r\n"), QUOTH_EXT_STARTTLS);
    CHECK_INT(extensions("250-mx\r\n250-STARTTLS\r\n250-STARTTLS \r\n250 STARTTLS\n"),
              QUOTH_EXT_STARTTLS);
}

TEST(S14)
{
    static const char *const size[] = {"SIZE", "SIZE 0", "SIZE 99999999999999999999", "SIZE -1"};
    char text[80];
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
        snprintf(text, sizeof text, "250-mx\r\n250-AUTH=LOGIN PLAIN\r\n250-AUTH\r\n250 %s\r\n",
                 size[i]);
        CHECK_INT(extensions(text), QUOTH_EXT_SIZE);
    }
}

TEST(S15)
{
    static char text[2048];
    size_t n = 0;
    for (int i = 0; i < QUOTH_REPLY_LINES_MAX - 1; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "250-X%d\r\n", i);
    snprintf(text + n, sizeof text - n, "250 STARTTLS\r\n");
    CHECK_INT(extensions(text), QUOTH_EXT_STARTTLS);
    n = (size_t)snprintf(text, sizeof text, "250-mx\r\n250-");
    memset(text + n, 'K', 1000);
    memcpy(text + n + 1000, "\r\n250 SIZE\r\n", 13);
    CHECK_INT(extensions(text), QUOTH_EXT_SIZE);
}

TEST(S20)
{
    CHECK_STR(told("HTTP/1.1 400 Bad Request\r\n"), "EPROTO");
    CHECK_STR(told("SSH-2.0-OpenSSH\r\n"), "EPROTO");
    CHECK_STR(told("\x15\x03\x01\x00\x02\x02\x28"), "EPROTO");
    CHECK_STR(told("* OK IMAP\r\n"), "EPROTO");
    CHECK_STR(told("+OK POP3\r\n"), "EPROTO");
}

TEST(C14)
{
    CHECK_STR(told("553-\r\n553\r\n"), "553 ");
    CHECK_INT(r.lines, 2);
    CHECK_STR(told("250-"), "AGAIN");
    CHECK_STR(told("553-5.1.1\r\n553\r\n"), "553 5.1.1 ");
}

TEST(C15) /* digits up to the end of the block: hear_n() gives no byte more */
{
    CHECK_STR(told("5"), "AGAIN");
    CHECK_STR(told("550"), "AGAIN");
    CHECK_STR(told("550 5.1.1"), "AGAIN");
    CHECK_STR(told("550\r\n"), "550 ");
}

/* ---- the same as a plain reference says (reply_ref.h) --------------------------- */

static unsigned below(unsigned n)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

/* Lines of a few pieces, most of them well formed, some with a byte changed. */
static size_t made(char text[4000])
{
    static const char *const codes[] = {"250", "550", "250", "421", "354", "299", "559",
                                        "560", "199", "600", "251", "55",  "5x0"};
    static const char *const escs[] = {"5.1.1 ",  "2.0.0 ",    "2.1.5 ",  "5.1.1",   "5.999.0 ",
                                       "5.01.1 ", "5.1.1000 ", "5.1.10 ", "4.1.1 ",  "3.5.4 ",
                                       "5.1. ",   "5.1.1.",    " 5.1.1 ", "5.0.00 ", "55.1.1 ",
                                       "2.0.0x",  "5..1 "};
    static const char *const words[] = {"STARTTLS",
                                        "starttls",
                                        "SIZE",
                                        "SIZE 100",
                                        "Pipelining",
                                        "SMTPUTF8",
                                        "STARTTLSX",
                                        "START",
                                        "ENHANCEDSTATUSCODES",
                                        "enhancedstatuscodesx",
                                        "AUTH LOGIN",
                                        "no such user",
                                        "",
                                        " ",
                                        "  x",
                                        "\x01\x1f \x7f",
                                        "\r",
                                        "\r\r",
                                        "x\r",
                                        "A",
                                        "size"};
    static const char *const ends[] = {"\r\n",   "\r\n",     "\r\n",      "\n",
                                       "\r\r\n", "\r\r\r\n", "\r\r\r\r\n"};
    const char *code = codes[below(13)];
    size_t n = 0;

    *text = 0;
    for (unsigned line = below(5) + 1; line > 0; line--) {
        const char *sign = line > 1 ? "-" : " ";
        strcat(text, below(20) ? code : codes[below(13)]);
        if (below(20) == 0)
            sign = &"x\0\t\0 \0-"[2 * below(4)];
        strcat(text, below(20) ? sign : "");
        strcat(text, below(2) ? escs[below(17)] : "");
        for (unsigned k = below(3); k > 0; k--)
            strcat(text, words[below(21)]);
        strcat(text, ends[below(below(3) ? 3 : 7)]);
    }
    n = strlen(text);
    for (unsigned k = below(3) ? 0 : 1 + below(3); k > 0 && n; k--)
        text[below((unsigned)n)] = "\0\r\n 5.-2xE"[below(10)];
    return below(10) ? n : below((unsigned)n + 1);
}

TEST(S02_reference)
{
    static struct ref_reply want;
    char text[4000];

    for (int i = 0; i < 60000 && !test_bad_checks; i++) {
        const size_t n = made(text);
        int rc = pieces(&r, text, n, below((unsigned)n + 1), &used);
        ref_reply(&want, text, n);
        CHECK_INT(rc, want.rc);
        CHECK_INT(used, want.used);
        if (rc != QUOTH_OK || want.rc != QUOTH_OK)
            continue;
        CHECK_INT(r.said.code, want.code);
        CHECK(r.said.esc[0] == want.esc[0] && r.said.esc[1] == want.esc[1] &&
              r.said.esc[2] == want.esc[2]);
        CHECK_INT(r.ext, want.ext);
        CHECK_INT(r.lines, want.lines);
        CHECK_INT(r.flags, want.flags);
        CHECK_INT(r.said.n, want.n < QUOTH_SAID_MAX ? want.n : QUOTH_SAID_MAX);
        CHECK(!memcmp(r.words, want.words, r.said.n));
        if (test_bad_checks)
            printf("    %.*s\n", (int)n, text);
    }
}

int main(void)
{
    RUN(S01);
    RUN(S01_every_code);
    RUN(S02_only_one);
    RUN(S03);
    RUN(S04);
    RUN(S05);
    RUN(S06);
    RUN(S07);
    RUN(S08);
    RUN(S09);
    RUN(S10);
    RUN(S10_class);
    RUN(S10_lines);
    RUN(S11);
    RUN(S12);
    RUN(S13);
    RUN(S14);
    RUN(S15);
    RUN(S20);
    RUN(C14);
    RUN(C15);
    RUN(S02_reference);
    return report("reply");
}
