/* find_test.c - section XT of RULES.md: addresses in any bytes, case by case, cut everywhere,
 * beside a plain reference (find_ref.h), and over random bytes.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "test.h"
#include "quoth_find.h"
#include "find_look_ref.h"
#include "find_text_ref.h"

static uint64_t random_state;
static unsigned random_below(unsigned n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

#include "find_mail_made.h"

/* One a line, sorted as they come: "address flags@offset"; flags V, M, G. */
struct found {
    char text[200000];
    size_t n;
    unsigned hits;
};

static void note(struct found *out, const struct quoth_hit *h)
{
    out->hits++;
    if (out->n + h->address.n + 60 > sizeof out->text)
        return;
    out->n += (size_t)sprintf(
        out->text + out->n, "%.*s%s%s%s@%u:%u\n", (int)h->address.n, h->address.p,
        h->flags & QUOTH_HIT_VERP ? " V" : "", h->flags & QUOTH_HIT_MSGID ? " M" : "",
        h->flags & QUOTH_HIT_GUESS ? " G" : "", (unsigned)h->offset, (unsigned)h->line);
}

static void drain(struct quoth_find *f, struct found *out)
{
    struct quoth_hit hit;
    while (quoth_find_next(f, &hit))
        note(out, &hit);
}

struct how {
    enum quoth_find_kind kind;
    enum quoth_find_encoding encoding;
    unsigned options;
    int uncounted; /* lines are not asked for */
};

/* In pieces of `first`, then `then` bytes, each in memory of its own that is gone afterwards. */
static void find_pieces(struct found *out, const struct how *how, const char *p, size_t n,
                        size_t first, size_t then)
{
    static struct quoth_find f;
    size_t piece = first;

    out->n = out->hits = 0;
    out->text[0] = 0;
    quoth_find_init(&f, how->kind, how->encoding,
                    how->options | (how->uncounted ? 0 : QUOTH_FIND_LINES));
    while (n) {
        size_t m = piece < n ? piece : n;
        char *lent = malloc(m ? m : 1);
        memcpy(lent, p, m);
        quoth_find_feed(&f, lent, m);
        drain(&f, out);
        free(lent);
        p += m;
        n -= m;
        piece = then;
    }
    quoth_find_end(&f);
    drain(&f, out);
}

/* The addresses alone, one blank between them, flags behind. */
static const char *plain(const struct found *found)
{
    static char text[sizeof found->text];
    size_t n = 0;
    const char *line = found->text;

    for (; *line; line = strchr(line, '\n') + 1) {
        const char *end = strchr(line, '\n');
        while (*end != '@')
            end--;
        n += (size_t)sprintf(text + n, "%s%.*s", n ? " " : "", (int)(end - line), line);
    }
    text[n] = 0;
    return text;
}

/* Whole, byte by byte, and cut at every place: the same; and what is wanted. */
static void check_bytes(const struct how *how, const char *p, size_t n, const char *want)
{
    static struct found whole, cut;

    find_pieces(&whole, how, p, n, n, n);
    if (strcmp(plain(&whole), want))
        printf("input: %.*s\n", (int)n, p);
    CHECK_STR(plain(&whole), want);
    find_pieces(&cut, how, p, n, 1, 1);
    CHECK_STR(cut.text, whole.text);
    for (size_t at = 0; at <= n; at++) {
        find_pieces(&cut, how, p, n, at, n);
        CHECK(!strcmp(cut.text, whole.text));
    }
}

static void check(enum quoth_find_kind kind, unsigned options, const char *text, const char *want)
{
    const struct how how = {kind, QUOTH_FIND_UTF8, options, 0};
    check_bytes(&how, text, strlen(text), want);
}

/* ---- section by section ------------------------------------------------- */

struct row {
    const char *text, *want;
};
#define CHECK_ROWS(kind, options, rows) \
    do { \
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) \
            check(kind, options, rows[i].text, rows[i].want); \
    } while (0)

#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
static const char test_at[] = "test@example.com", jane_at[] = "jane@example.com";

/* clang-format off */
static const struct row texts[] = {
    {"Write jane@example.com.", jane_at}, {"(jane@example.com)", jane_at}, {"<jane@example.com>,", jane_at},
    {"'test@example.com'", test_at}, {"\"test@example.com  \"", test_at}, {"`test@example.com'", test_at},
    {"o'malley@example.com.au", "o'malley@example.com.au"},
    {"a&to=jane.org@example.com", "jane.org@example.com"}, {"&ato=jane.org@example.com", ""},
    {"username=test@example.com", test_at}, {"foo|test@example.com|bar", test_at}, {"~test@example.com~", test_at},
    {"\\ntest@example.com", test_at}, {"\\\"test@example.com\\\"", test_at}, {"a \\rtest@example.com", test_at},
    {"{\"x\":\"\\u003etest@example.com\"}", test_at}, {"\\x3etest@example.com", test_at},
    {"<A title=3Dklaus1@example.com =", "klaus1@example.com"}, {"%3Ctest@example.com%3E", test_at}, {"=3D@example.com", "3D@example.com"}, {"=3Da@example.com", "a@example.com"}, {"\\n@example.com", "n@example.com"},
    {"\277jane@example.com", jane_at}, {"\300jane@example.com", ""},
    {"&lt;test@example.com&gt;", test_at},
    {"s:16:\\\"test@example.com\\\";", test_at},
    {"email1@example.com,email2@example.com", "email1@example.com email2@example.com"},
    {"git@github.com:newrelic/foo.git", ""}, {"scp a.txt me@host.example.com:/tmp", ""}, {"me@example.com:~/x", ""},
    {"me@example.com:25", "me@example.com"}, {"me@example.com: hello", "me@example.com"},
    {"foo@bar", ""}, {"test@-example.com", ""}, {"test@example-.com", ""}, {"foobar@c_m.com", ""},
    {"jane@example.com_", jane_at}, {"jane@example.com's", jane_at}, {"jane@example.com...", jane_at},
    {"Message-ID: <4A3B4F39.70307@example.com>", ""}, {"message-id=<x1@example.com>", ""}, {"cid:part1@example.com", ""},
    {"References: <a1@example.com>\n <b1@example.com>\nFrom: <jane@example.com>", jane_at},
    {"john [at] example [dot] com", ""}, {"email(at)domain(dot)com", ""},
    {"meet me at example dot com", ""}, {"myuser@example . com", ""},
    {"bounces+9-jane=example.org@mail.example.com", ""}, {"SRS0=ab=cd=example.org=jane@example.com", ""},
    {"\357\275\234test@google.com\357\275\234bar", "test@google.com"},
    {"\330\250\330\261\331\212\330\257@\331\205\331\210\331\202\330\271.\330\264\330\250\331\203\330\251",
     "\330\250\330\261\331\212\330\257@\331\205\331\210\331\202\330\271.\330\264\330\250\331\203\330\251"},
    {"\350\257\267jane@example.com\350\257\267", jane_at}, {"\360\237\223\247jane@example.com", jane_at},
    {"\303\274ber@example.com", "\303\274ber@example.com"}, {"M\374ller@example.com", ""},
    {"\253jane@example.com\273", jane_at}, {"\357\273\277jane@example.com", jane_at},
    {"hello@mail+xyz.example", ""}, {"example@i\342\235\244\357\270\217.ws", ""},
    {"[b'jane@example.com', u'test@example.com']", "jane@example.com test@example.com"},
    {"jane@example.com\\nfoo", jane_at}, {"jane@xn--p1ai.xn--p1ai", "jane@xn--p1ai.xn--p1ai"}, {"x@a.notatld", ""},
    {"JANE@EXAMPLE.COM", "JANE@EXAMPLE.COM"}, {"", ""}, {"@", ""}, {"jane@", ""}, {"@example.com", ""}, {"a\0b", ""},
};

static const struct row longer[] = {
    {"foo..bar@example.com", ""}, {".wooly@example.com", ""}, {"nick..f@yahoo.ca", ""}, {"nick.@yahoo.ca", ""},
    {"reinhard.naeg...@example.com", ""},
    {"a@b.com@c.com", ""}, {"Hi!jane@example.com", ""}, {"50%jane@example.com", ""}, {"why?jane@example.com", ""},
    {"$jane@example.com", ""}, {"@jane@example.com", ""}, {"x..jane@example.com test@example.com", test_at},
};

static const struct row bounds[] = {
    {"\\uzz3ejane@example.com", "uzz3ejane@example.com"}, {"\\u00zzjane@example.com", "u00zzjane@example.com"},
    {"\\xzzjane@example.com", "xzzjane@example.com"}, {"\\vjane@example.com", "vjane@example.com"},
    {"=3Fjane@example.com", "3Fjane@example.com"}, {"=4Djane@example.com", "4Djane@example.com"},
    {"msgid=<x1@example.com>", ""}, {"msgix=<x1@example.com>", "x1@example.com"}, {"mid:x1@example.com", ""},
    {"mix:x1@example.com", "x1@example.com"}, {"id:x1@example.com", "x1@example.com"},
    {"\\xffjane@example.com", jane_at}, {"\\uff00jane@example.com", jane_at}, {"\\u00ffjane@example.com", jane_at},
    {"%80jane@example.com", ""}, {"%7Fjane@example.com", jane_at}, {"%00jane@example.com", jane_at}, {"\\x00jane@example.com", jane_at},
    {"jane@example.com\177", jane_at}, {"jane@a.verm\303\266gensberatung", "jane@a.verm\303\266gensberatung"},
    {"://jane@example.com", jane_at}, {"x\n> > Message-ID: <a1@example.com>", ""},
    {"x@1.2.dev", ""}, {"x@1.2a.dev", "x@1.2a.dev"}, {"x@1.a.dev", "x@1.a.dev"}, {"x@12.dev", "x@12.dev"},
    {"x@2y.ai", "x@2y.ai"}, {"x@2xa.ai", "x@2xa.ai"}, {"x@22x.ai", "x@22x.ai"}, {"x@2X.ai", ""}, {"x@1-2.3.dev", "x@1-2.3.dev"},
    {"=jane.de@example.com", "jane.de@example.com"}, {"a=jane.de@example.com", ""}, {" =jane.de@example.com", "jane.de@example.com"},
    {"to=jane.de@example.com", "jane.de@example.com"}, {"into=jane.de@example.com", ""}, {"srs=a=jane@example.com", ""},
    {"sr=a=jane@example.com", "jane@example.com"},
};

static const struct row urls[] = {
    {"http://test:my%20pass@example.com/", ""}, {"https://0123abcd@o1.ingest.sentry.io/5", ""},
    {"https://example.com/path/test@example.com", test_at}, {"https://example.com/?a=b&e=test@example.com", test_at},
    {"https://www.example.com,test@example.com", test_at}, {"//test@example.com", test_at},
    {"https://www.google.ru/maps/@59.93,30.31,15z", ""}, {"medium.com/@jane.doe", ""},
    {"mailto:a%2Bb@example.com?subject=x", "a+b@example.com"}, {"mailto://jane@example.com", jane_at},
    {"mailto:jane@example.com?cc=test@example.com&bcc=a%2Eb@example.com", "jane@example.com test@example.com a.b@example.com"},
    {"svn+ssh://jane@example.com", ""}, {"ftp://u:p@example.com:21/jane@example.com", jane_at},
    {"mailto:?to=jane@example.com", jane_at}, {"MAILTO:jane@example.com#x", jane_at},
    {"mailto:jane%40example.com", jane_at}, {"[Jane](MailTo:jane%40example.com)", jane_at}, {"<mailto:jane%40example.com?subject=x%40example.org>", jane_at},
    {"mailto:?to=jane%40example.com&amp;cc=test%40example.com&bcc=a%2Eb%40example.com", "jane@example.com test@example.com a.b@example.com"},
    {"mailto:jane%40example.com,test%40example.com%2Ca@example.com%2ca.b%40example.com", "jane@example.com test@example.com a@example.com a.b@example.com"},
    {"mailto://jane%40example.com", jane_at}, {"mailto:jane%40example.com%40", jane_at}, {"mailto:?bcc=jane%40example.com;cc=test%40example.com", "jane@example.com test@example.com"},
    {"https://example.com/?to=jane%40example.com", ""}, {"jane%40example.com", ""}, {"mailto: jane%40example.com", ""}, {"nomailto:jane%40example.com", jane_at},
    {"mailto:?auto=jane%40example.com", ""}, {"mailto:jane@example.com?body=test%40example.com", jane_at}, {"mailto:jane%40example", ""},
    {"mailto:jane%40", ""}, {"mailto:jane%4", ""}, {"mailto:jane%", ""}, {"mailto:%40example.com", ""}, {"mailto:jane%41example.com", ""},
    {"mailto:jane%40192.0.2.1.dev", ""}, {"mailto:jane%402x.ai", ""}, {"mailto:a%40b%40example.com", ""}, {"\"mailto:jane%40example.com\"", jane_at},
    {"mailto:x\"to=jane%40example.com", ""}, {"ailto:jane%40example.com", ""}, {"mailto:x:jane%40example.com", ""}, {"mailto:jane%40example.com@", ""},
};

static const struct row stale[] = {
    {"x: 12345@@@@@@@@@@@@@@@@@@\n\n j@b.com", "j@b.com"}, {"x: 12345xxxxxxxxxxxxxxxxx\n\n j@b.com:", "j@b.com"},
    {"x: 12345xxxxxxxxxxxxxxxxx\n\n j@b.com:x", ""},
    {"x: 1234567890''\n\n b'jane@b.com", "b'jane@b.com"},
    {"x: 123456\204\204\204\204\204\204\204\204\204\204\204\204\204\204\204\n\n j@b.\321\200\321\204\321", "j@b.\321\200\321\204"},
};

static const struct row names[] = {
    {"logo@2x.png", ""}, {"_v-16x9@2dxl_-77ed.jpg", ""}, {"icon@2x.ai", ""}, {"icon@3x.ai", ""},
    {"lodash@4.17.21", ""}, {"@types/node@20.1.0", ""}, {"foo@bar.123", ""}, {"a@192.168.1.1", ""}, {"x@1.2.3.dev", ""},
    {"192.168.1.1@gmail.com", "192.168.1.1@gmail.com"},
    {"@scope/name@1", ""}, {"v8@12.4.254.9", ""}, {"jane@2go.com", "jane@2go.com"},
};

static const struct row shown[] = {
    {"Message-ID: <4A3B4F39.70307@example.com>", "4A3B4F39.70307@example.com M"}, {"cid:part1@example.com", "part1@example.com M"},
    {"bounces+9-jane=example.org@mail.example.com", "bounces+9-jane=example.org@mail.example.com V"},
    {"SRS0=ab=cd=example.org=jane@example.com", "SRS0=ab=cd=example.org=jane@example.com V"},
    {"bounce=.com@example.com", ""},
    {"user=first.me@example.com", "first.me@example.com"}, {"x jane@example.com", jane_at},
    {"UID:1@example.com\r\nUID:2@example.com", "1@example.com M 2@example.com M"}, {"xUID:1@example.com uid:jane@example.com", "1@example.com jane@example.com"},
    {"P=esmtps S=1234 id=5@example.com", "5@example.com M"}, {"P=esmtps id=5@example.com", "5@example.com"}, {"S=1234id=5@example.com", "5@example.com"},
    {"x id=5@example.com", "5@example.com"}, {" id=5@example.com", "5@example.com"}, {"4 id=5@example.com", "5@example.com M"},
};

static const struct row obscured[] = {
    {"john [at] example [dot] com", "john@example.com G"}, {"email(at)domain(dot)com", "email@domain.com G"},
    {"jane AT example.com", "jane@example.com G"}, {"jane{AT}example{DOT}com.", "jane@example.com G"},
    {"jane[@]example[.]com", "jane@example.com G"}, {"jane<at>example.com", "jane@example.com G"},
    {"meet me at example dot com", ""}, {"myuser@example . com", ""}, {"x[at] jane@example.com", jane_at},
    {"meet me [at", ""}, {"write to jane@example.com (at", jane_at}, {"jane\1example.com", ""},
    {"<a data-cfemail=\"422827212c0227303e232f322e276c212d2f\">", ""},
    {"<a data-cfemail=\"!ata-cfemail=\"006a406a612e6465\">", ""},
    {"<a data-cfemail=\"006\" data-cfemail=\"006a406a612e6465\">", "j@ja.de G"},
    {"<a data-cfemail=\"422823 \">", ""}, {"jane A example.com", ""}, {"jane AB example.com", ""}, {"jane ATexample.com", ""},
    {"<a data-cfemail=\"006a610165782e6465\">", ""}, {"<a data-cfemail=\"006a406a610264652e6465\">", ""},
    {"<a data-cfemail=\"006a406a612e6465\">", "j@ja.de G"}, {"jane@example\2com", ""},
    {"<a data-cfemail=\"0068616e65406578616d706c652e636f6d\">", "hane@example.com G"},
    {"<a data-cfemail=\"2a404b444f6a4f524b475a464f04494547\">", "jane@example.com G"},
};

static const struct row html[] = {
    {"mark&#064;example.net", "mark@example.net"}, {"mark&commat;example.net", "mark@example.net"},
    {"mark&#x40;example&#46;net", "mark@example.net"}, {"<a href=\"mailto:jane%40example.com\">", jane_at},
    {"&#106;&#97;&#110;&#x65;&#64;example&period;com", jane_at}, {"<b>jane@example.com</b>", jane_at},
    {"&lt;jane@example.com&gt;", jane_at}, {"a&b@example.com", "a&b@example.com"}, {"&nbsp;jane@example.com", jane_at},
    {"&#x110000;jane@example.com", jane_at}, {"&#99999999;jane@example.com", jane_at}, {"&#6a;jane@example.com", jane_at},
    {"&#x6g;jane@example.com", jane_at}, {"&#x;jane@example.com", jane_at}, {"a%41@example.com", "aA@example.com"},
    {" &#x1010300;jane@example.com", jane_at}, {"&#xd800;jane@example.com&#xdfff;", jane_at},
    {"&#xd7ff;&#x6c00;@example.com", "\355\237\277\346\260\200@example.com"}, {"&#x1b000;@example.com", "\360\233\200\200@example.com"},
    {"Message-ID: x&#xa;y <jane@example.com>", jane_at}, {"Message-ID: x &#xa; <jane@example.com>", ""},
    {"jane%30example.com", ""}, {"&&#106;ane@example.com", ""},
    {"jane%4&#48;", ""}, {"jane%%40example.com", ""}, {"jane&#x64@example.com", "x64@example.com"},
    {"&jane@example.com", ""}, {"&#;jane@example.com", jane_at}, {"&aaaaaaaaaa;jane@example.com", jane_at}, {"&#99999999999;jane@example.com", jane_at},
    {"jane@example.com%4", jane_at}, {"\\u003ejane@example.com", jane_at},
    {"jane@example.co&shy;m", jane_at}, {"ja&#173;ne@example.com", jane_at}, {"ja&#xAD;ne&ZWNJ;@&#8203;example&zwj;.&#x2060;com", jane_at},
    {"jane@<wbr>example<WBR/>.<wbr />com", jane_at}, {"ja\302\255ne@exam\342\200\213ple.com\357\273\277", jane_at},
    {"jane@example.co<wbr>m<wbr", jane_at}, {"jane@example.com<wbx>", jane_at}, {"<wbr jane@example.com", ""},
    {"jane@exam<wbr class=\"x\"\n>ple.com<wbr a><wbr/>.", jane_at}, {"<wbr>jane@example.com<wbr x=y> jane@example.com", "jane@example.com jane@example.com"},
    {"Mail&nbsp;<b><i>jane@example.com</i></b>", jane_at}, {"<td><b>Jane</b></td><td>jane@example.com</td>", jane_at},
    {"ja<b class='" LONG LONG LONG "'>ne@example.com", ""}, {"Mail <b class='" LONG LONG LONG "'>jane@example.com", jane_at},
    {"ja<!-- " LONG LONG " --><i>ne@example.com", ""}, {"ja<!-- x -->ne@example.com", ""}, {"ja<!-->ne@example.com", ""},
    {"ja<!-- <b>x</b> -->ne@example.com", ""}, {"ja<!-- x>y > -->ne@example.com", ""}, {"jane@example.co<!-- <p> -->m", ""},
    {"x <!-- <b> --><i>jane@example.com", jane_at}, {"ja<!-- <p> " LONG LONG " <b> -->ne@example.com", ""}, {"ja<!-x><p>ne@example.com", "ne@example.com"},
    {"ja<hr class='" LONG LONG LONG "'>ne@example.com", "ne@example.com"}, {"ja<!--></p><!-- -->ne@example.com", "ne@example.com"},
    {"&eacute;<b>jane@example.com", jane_at}, {"\303\251<b>jane@example.com", ""}, {"\344\275\240<b>jane@example.com", jane_at},
    {"ja<acronyms>ne@example.com", "ne@example.com"}, {"ja<strong>ne@example.com", ""}, {"ja<h1>ne@example.com", "ne@example.com"},
    {"ja<//b>ne@example.com", "ne@example.com"}, {"ja<>ne@example.com", "ne@example.com"}, {"ja</b\t>ne@example.com", ""}, {"ja<b/>ne@example.com", ""},
    {"ja\330\234ne@exa\342\200\252mple\357\270\217.com\363\240\201\201", jane_at}, {"\330\246ne@example.com", "\330\246ne@example.com"},
    {"\302&#106;ane@example.com", ""}, {"\342\200&#106;ane@example.com", jane_at},
    {"jane@example.com\342\200\223", jane_at}, {"\342\202\254jane@example.com", jane_at}, {"&rlm;jane@example.com&lrm;", jane_at},
};
static const char unseen[] = "&#8203;"; /* as many of them as can be passed over, and one more */
static const struct row json[] = {
    {"[\"jane@example.co\\u00adm\"]", ""}, {"[\"\\ufeffjane@example.com\\u200b\"]", jane_at},
    {"{\"x\":\"\\u003etest@example.com\"}", test_at}, {"[\"test\\u0040example.com\"]", test_at},
    {"[\"a\\ntest@example.com\\t\"]", test_at}, {"[\"\\\\ntest@example.com\"]", test_at},
    {"\\uxabcjane@example.com", "uxabcjane@example.com"}, {"jane\\u1040example.com", ""},
    {"[\"\\ud83d\\ude00test@example.com\"]", test_at}, {"[\"\\u00fcber@example.com\"]", "\303\274ber@example.com"},
    {"[\"https:\\/\\/u:p@example.com\"]", ""}, {"[\"\\\303\274ber@example.com\"]", "\303\274ber@example.com"}, {"[\"\\u00zztest@example.com\"]", "u00zztest@example.com"},
};
static const struct row sql[] = {
    {"VALUES ('o''malley@example.com','jane@example.com')", "o'malley@example.com jane@example.com"},
    {"VALUES ('o\\'malley@example.com','','jane@example.com')", "o'malley@example.com jane@example.com"},
    {"VALUES (1,'a\\ntest@example.com')", test_at}, {"b'jane@example.com'", jane_at},
};
/* What is not seen ends no word: part of an address is none. In a page it is nothing. */
static const struct row parted[] = {
    {"jane@example.co\302\255m", ""}, {"jane@example.co\255m", ""}, {"jane@example.co\342\200\213\302\255.uk", ""}, {"jane@example.co\302\255-m", ""},
    {"jane@example.com.\342\200\213au", ""}, {"jane@example.com\342\201\240\303\251", ""}, {"jane@example.com\342\200\213\344\275\240", jane_at},
    {"jane@example.com\342\200\213. And", jane_at}, {"jane@example.com\357\273\277", jane_at}, {"jane@example.com\255>", jane_at},
    {"jane@example.com\342\200\213\342\200\223x", jane_at}, {"jane@example.com\342\200\213\351", jane_at},
    {"x\302\255jane@example.com", ""}, {"x.\302\255\357\273\277jane@example.com", ""}, {"x\255jane@example.com", ""},
    {"\303\251\342\200\213jane@example.com", ""}, {"\344\275\240\342\200\213jane@example.com", jane_at}, {"\342\200\223\342\200\213jane@example.com", jane_at},
    {"\357\273\277jane@example.com", jane_at}, {" \342\200\213jane@example.com", jane_at}, {">\302\255\255jane@example.com", jane_at},
    {"jane\302\255@example.com", ""}, {"jane@\302\255example.com", ""}, {"ja\302\255ne@example.com", ""},
    {"ja\342\200\252ne@example.com", ""}, {"ja\342\201\246ne@example.com", ""}, {"ja\330\234ne@example.com", ""}, {"ja\357\270\217ne@example.com", ""},
    {"jane@example.co\342\200\254m", ""}, {"jane@example.co\315\217m", ""}, {"jane@example.co\341\240\216.uk", ""}, {"jane@example.co\363\240\201\201m", ""},
    {"\342\200\252jane@example.com\342\200\254", jane_at}, {"\360\237\223\247\357\270\217jane@example.com", jane_at},
    {"\341\236\264jane@example.com", jane_at}, {"x\341\236\265jane@example.com", ""}, {"\341\236\266jane@example.com", jane_at},
    {"ja<b>ne@example.com</b>", ""}, {"<b>jane@example.com</b>", jane_at}, {"<b>jane@example.co</b>m", ""}, {"jane@example.co<wbr/>.uk", ""},
    {"ja</b><i class=x>ne@example.com", ""}, {"ja<wbr>\302\255ne@example.com", ""}, {"ja<br>ne@example.com", "ne@example.com"}, {"Jane <jane@example.com>", jane_at},
    {"jane@example.com<b>.</b> And", jane_at}, {"jane@example.co<B\n>m", ""}, {"jane@example.com<br>x", jane_at}, {"jane@example.com</b></p>x", jane_at},
    {"jane@example.com<!-- x -->", jane_at}, {"jane@example.co<!-- x -->m", ""}, {"ja<!-- x -->ne@example.com", ""}, {"jane@example.co<!-->m", ""},
    {"ja<!-- <b>x</b> -->ne@example.com", ""}, {"ja<!-- x>y -->ne@example.com", ""}, {"jane@example.co<!-- <p> -->m", ""}, {"x <!-- <b> -->jane@example.com", jane_at},
    {"jane@example.co<!-- > x", "jane@example.co"}, {"ja<b>-->ne@example.com", "ne@example.com"}, {"ja<!x>ne@example.com", ""},
    {"jane@example.com<!--", jane_at}, {"jane@example.com<b", jane_at}, {"jane@example.com<b ", jane_at}, {"jane@example.com<", jane_at}, {"jane@example.com<!-- x> x", jane_at},
    {"x ><b>jane@example.com", jane_at}, {"b>jane@example.com", jane_at}, {"x<b>y>jane@example.com", jane_at}, {"-->jane@example.com", jane_at}, {"->jane@example.com", jane_at},
    {"x<p><!-- -->jane@example.com", jane_at}, {"<p>\351<b>jane@example.com", ""}, {"x<strongs>jane@example.com", jane_at}, {"x<b@c>jane@example.com", jane_at},
};
/* clang-format on */

TEST(XT04_unseen)
{
    static char text[QUOTH_FIND_RIGHT + 400];
    struct row far = {text, jane_at};

    CHECK_ROWS(QUOTH_FIND_TEXT, 0, parted);
    CHECK_ROWS(QUOTH_FIND_MAIL, 0, parted); /* as a field that has no name */
    for (size_t n = 8; n < 30; n++) {       /* 56 bytes are passed over, 63 are not */
        const size_t m = (size_t)sprintf(text, "ja");
        for (size_t i = 0; i < n; i++)
            memcpy(text + m + i * (sizeof unseen - 1), unseen, sizeof unseen);
        strcat(text, "ne@example.com");
        check(QUOTH_FIND_HTML, 0, text, n == 8 ? jane_at : "");
    }
    for (size_t at = QUOTH_FIND_LEFT - 10; at < QUOTH_FIND_LEFT + 10; at++) {
        const size_t pairs =
            (at - 4) / 2; /* nothing but soft hyphens before it, as far as is seen */
        for (size_t i = 0; i < pairs; i++)
            memcpy(text + 2 * i, "\302\255", 2);
        strcpy(text + 2 * pairs, jane_at);
        far.want = 2 * pairs + 4 < QUOTH_FIND_LEFT ? jane_at : "";
        check(QUOTH_FIND_TEXT, 0, far.text, far.want);
    }
}
TEST(XT02_XT11_text) { CHECK_ROWS(QUOTH_FIND_TEXT, 0, texts); }
TEST(XT02_XT10_bounds) { CHECK_ROWS(QUOTH_FIND_TEXT, 0, bounds); }
TEST(XT04_longer) { CHECK_ROWS(QUOTH_FIND_TEXT, 0, longer); }
TEST(XT08_url) { CHECK_ROWS(QUOTH_FIND_TEXT, 0, urls); }
TEST(XT13_stale) { CHECK_ROWS(QUOTH_FIND_MAIL, 0, stale); } /* what stood in another text */
TEST(XT10_names) { CHECK_ROWS(QUOTH_FIND_TEXT, 0, names); }

/* Each byte of ASCII before an address: it may stand there, or what follows is a part of something
 * longer. Behind a letter the same, but where it joins the two. */
TEST(XT05_before)
{
    static const char stands[] = "=|/\\:,;<>()[]{}\"'*#~^` ";
    char text[] = "?jane@example.com", behind[] = "a ?jane@example.com";

    for (int c = 1; c < 128; c++) {
        const struct how how = {QUOTH_FIND_TEXT, QUOTH_FIND_UTF8, 0, 0};
        static struct found found;
        const int may = c < ' ' || c == 127 || strchr(stands, c);
        text[0] = behind[2] = (char)c;
        find_pieces(&found, &how, text, sizeof text - 1, 1, 1);
        if (!!strcmp(plain(&found), jane_at) == may)
            printf("before: %d\n", c);
        CHECK_INT(!strcmp(plain(&found), jane_at), may);
        find_pieces(&found, &how, behind, sizeof behind - 1, 1, 1);
        CHECK_INT(!strcmp(plain(&found), jane_at), may);
    }
    for (const char *c = stands; *c; c++) {
        char joined[] = "1?jane@example.com";
        joined[1] = *c;
        check(QUOTH_FIND_TEXT, 0, joined, jane_at);
    }
}

/* The name of a field before '=' is none of a local part, a part of a name is. */
TEST(XT07_keys)
{
    static const char *const keys[] = {"email", "mail", "user",    "username",  "login",
                                       "name",  "from", "to",      "cc",        "bcc",
                                       "value", "href", "address", "recipient", "sender"};
    char text[80], want[90];

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (int part = 0; part < 2; part++) {
            snprintf(text, sizeof text, "%s%s=a.de@b.com", part ? "x" : "", keys[i]);
            snprintf(want, sizeof want, "%s V", text);
            check(QUOTH_FIND_TEXT, QUOTH_FIND_ALL, text, part ? want : "a.de@b.com");
        }
}

TEST(XT07_XT09_all) { CHECK_ROWS(QUOTH_FIND_TEXT, QUOTH_FIND_ALL, shown); }
TEST(XT11_obscured)
{
    CHECK_ROWS(QUOTH_FIND_TEXT, QUOTH_FIND_OBSCURED, obscured);
    /* beside those that are not, the first first */
    check(QUOTH_FIND_TEXT, QUOTH_FIND_OBSCURED, "jane@example.com, test (at) example (dot) com",
          "jane@example.com test@example.com G");
    /* two blanks on either side, no more */
    check(QUOTH_FIND_TEXT, QUOTH_FIND_OBSCURED, "x, jane  [at]  example.com", "jane@example.com G");
    check(QUOTH_FIND_TEXT, QUOTH_FIND_OBSCURED, "x, jane   [at] example.com", "");
    check(QUOTH_FIND_TEXT, QUOTH_FIND_OBSCURED, "x, jane [at]   example.com", "");
    check(QUOTH_FIND_TEXT, QUOTH_FIND_OBSCURED, "test (at) example (dot) com, jane@example.com",
          "test@example.com G jane@example.com");
}
TEST(XT06_html) { CHECK_ROWS(QUOTH_FIND_HTML, 0, html); }
TEST(XT06_json) { CHECK_ROWS(QUOTH_FIND_JSON, 0, json); }
TEST(XT06_sql) { CHECK_ROWS(QUOTH_FIND_SQL, 0, sql); }

TEST(XT02_atext_strict)
{
    check(QUOTH_FIND_TEXT, QUOTH_FIND_ATEXT, "x a!b#c%d@example.com", "a!b#c%d@example.com");
    check(QUOTH_FIND_TEXT, QUOTH_FIND_ATEXT, "x=a/b@example.com ", "x=a/b@example.com");
    check(QUOTH_FIND_TEXT, QUOTH_FIND_STRICT, "o'malley@example.com", "malley@example.com");
    check(QUOTH_FIND_TEXT, QUOTH_FIND_STRICT, "\303\274ber@example.com", "");
}

/* A local part of 64 bytes passes, one of 65 does not, and never a part of it. */
TEST(XT02_XT03_lengths)
{
    static char text[1200];
    char want[400];

    for (size_t l = 1; l < 400; l += l < 60 || l > 70 ? 7 : 1) {
        memset(text, 'a', l);
        strcpy(text + l, "@example.com ");
        snprintf(want, sizeof want, "%.*s", l > 64 ? 0 : (int)l + 12, text);
        check(QUOTH_FIND_TEXT, 0, text, want);
    }
    for (int l = 60; l < 67; l++) { /* and of a label 63 */
        snprintf(text, sizeof text, "j@%0*d.com", l, 0);
        snprintf(want, sizeof want, "%.*s", l > 63 ? 0 : 399, text);
        check(QUOTH_FIND_TEXT, 0, text, want);
    }
    for (size_t d = 100; d < 400; d += d < 250 || d > 264 ? 30 : 1) {
        strcpy(text, "j@");
        for (size_t i = 0; i < d - 4; i++)
            text[2 + i] = i % 60 == 59 ? '.' : 'x';
        strcpy(text + 2 + d - 4, ".com");
        text[2 + d - 5] = 'x';
        snprintf(want, sizeof want, "%.*s", d + 2 > 254 ? 0 : 399, text);
        check(QUOTH_FIND_TEXT, 0, text, want);
    }
}

/* What is longer than is looked at: VERP is no more seen, and what is written anew has no room. */
TEST(XT07_far)
{
    static char text[900];

    snprintf(text, sizeof text, "To: jane@b.com%0400d\n\nx", 0);
    for (char *c = strchr(text, '0'); *c == '0'; c++)
        *c = '-';
    check(QUOTH_FIND_MAIL, 0, text, ""); /* more than a domain has, and then the text ends */

    for (int n = 100; n < 220; n++) {
        snprintf(text, sizeof text, " %0*d=jane.de@example.com", n, 0);
        check(QUOTH_FIND_TEXT, 0, text, n < QUOTH_FIND_LEFT - 8 ? "" : "jane.de@example.com");
    }
    for (int n = 1; n < 99; n += 9) {
        snprintf(text, sizeof text, "%0140d%%2B@x%0*d.%060d.%060d.%060d.com", 0, n, 0, 0, 0, 0);
        check(QUOTH_FIND_TEXT, 0, text, "");
    }
}

/* A character half of which is farther than is looked at: nothing before the text is read. */
TEST(XT01_half)
{
    static char text[901];

    memset(text, ' ', sizeof text - 1);
    memset(text + 1, 'a', QUOTH_FIND_LEFT + 1);
    memcpy(text, "<\303\251", 3);
    memcpy(text + QUOTH_FIND_LEFT + 2, "@example.com", 12);
    check(QUOTH_FIND_TEXT, QUOTH_FIND_ALL, text, "");
}

/* ---- encodings, messages ------------------------------------------------ */

TEST(XT12_utf16)
{
    static const char latin[][40] = {"jane@example.com", "\374ber jane@example.com\nx"};
    for (int big = 0; big < 2; big++)
        for (size_t k = 0; k < 2; k++) {
            char wide[90];
            size_t n = 0;
            enum quoth_find_kind kind;
            enum quoth_find_encoding encoding;
            for (int mark = 0; mark < 2; mark++) {
                n = 0;
                if (mark) {
                    memcpy(wide, big ? "\376\377" : "\377\376", 2);
                    n = 2;
                }
                for (const char *p = latin[k]; *p; p++, n += 2) {
                    wide[n + (size_t)big] = *p;
                    wide[n + !big] = 0;
                }
                CHECK_INT(quoth_find_look(wide, n, &kind, &encoding), QUOTH_FORM_TEXT);
                CHECK_INT(encoding, big ? QUOTH_FIND_UTF16BE : QUOTH_FIND_UTF16LE);
                const struct how how = {kind, encoding, 0, 0};
                check_bytes(&how, wide, n, jane_at);
            }
        }
}

/* A unit has two bytes, and each of them counts. */
TEST(XT12_utf16_wide)
{
    static const uint16_t units[] = {'\n', '\n', 0x0142, '@', 0x0119, 0x0105, '.', 'c', 'o', 'm'};
    static struct found whole;
    for (int big = 0; big < 2; big++) {
        const struct how how = {QUOTH_FIND_TEXT, big ? QUOTH_FIND_UTF16BE : QUOTH_FIND_UTF16LE, 0,
                                0};
        char wide[sizeof units];
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            wide[2 * i + (size_t)!big] = (char)(units[i] >> 8);
            wide[2 * i + (size_t)big] = (char)(units[i] & 0xff);
        }
        check_bytes(&how, wide, sizeof wide, "\305\202@\304\231\304\205.com");
        find_pieces(&whole, &how, wide, sizeof wide, sizeof wide, 1);
        CHECK_STR(whole.text, "\305\202@\304\231\304\205.com@4:3\n"); /* place, line */
    }
}

/* An address that is broken four times at one place is none, whatever stood there before. */
TEST(XT13_broken_often)
{
    static const char head[] =
        "From: <from@example.com>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    static const char *const tails[] = {
        "jane@exam=\r\nple.com\r\n", "jane@exam=\r\n=\r\n=\r\nple.com\r\n",
        "jane@exam=\r\n=\r\n=\r\n=\r\nple.com\r\n", "jane=\r\n=\r\n=\r\n=\r\n.k@example.com\r\n"};
    static const struct how how = {QUOTH_FIND_MAIL, QUOTH_FIND_UTF8, 0, 0};
    static struct found whole;
    static char text[60000];

    for (unsigned tail = 0; tail < 4; tail++)
        for (size_t lines = 400; lines < 420; lines++) {
            size_t n = (size_t)sprintf(text, "%s", head);
            for (size_t i = 0; i < lines; i++)
                n += (size_t)sprintf(text + n, "%0100d\r\n", 0);
            n += (size_t)sprintf(text + n, "%s", tails[tail]);
            find_pieces(&whole, &how, text, n, n, n);
            CHECK_STR(plain(&whole),
                      tail > 1 ? "from@example.com" : "from@example.com jane@example.com");
        }
}

/* A line that differs from the boundary in its first letter alone is none. */
TEST(XT13_boundary)
{
#define PARTS(first) \
    "From: <from@example.com>\r\nContent-Type: multipart/mixed; boundary=a" LONG "\r\n\r\n" \
    "--a" LONG "\r\nContent-Transfer-Encoding: base64\r\n\r\n--" first LONG \
    "\r\n\r\njane@example.com\r\n--a" LONG "--\r\n"
    check(QUOTH_FIND_MAIL, 0, PARTS("a"), "from@example.com jane@example.com");
    check(QUOTH_FIND_MAIL, 0, PARTS("b"), "from@example.com");
}

/* A line that begins like a boundary's, and is none, is of the part: what follows is decoded still.
 * Behind the boundary, with blanks at its end, nothing is. */
TEST(XT13_not_a_boundary)
{
    static const char *const none[] = {"-",     "--",    "-a-",    "-a--",   "+-a--", "--a-",
                                       "--a-+", "--a+-", "--a---", "--ab--", "--A--", "---a--"};
    char text[300];

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        snprintf(text, sizeof text,
                 "Content-Type: multipart/mixed; boundary=a\n\n--a\n"
                 "Content-Transfer-Encoding: quoted-printable\n\n%s\n"
                 "jane=40example.com\n--a-- \t\nlate=40example.com\n",
                 none[i]);
        check(QUOTH_FIND_MAIL, 0, text, jane_at);
    }
}

static const char message[] = "From sender@example.org Thu Jan  1 00:00:00 1970\r\n"
                              "From: =?UTF-8?Q?J=C3=BCrgen?= <from@example.com>\r\n"
                              "To: =?utf-8?B?SmFuZSBqYW5lQGV4YW1wbGUuY29t?=, <to@example.com>,\r\n"
                              "\t<folded@example.com>\r\n"
                              "Message-ID: <id1@example.com>\r\n"
                              "References: <id2@example.com>\r\n"
                              " <id3@example.com>\r\n"
                              "Cc: cc@example.com\r\n"
                              "Content-Type: multipart/mixed;\r\n"
                              " boundary=\"outer=_1\"\r\n"
                              "\r\n"
                              "preamble@example.com\r\n"
                              "--outer=_1\r\n"
                              "Content-Type: multipart/alternative; boundary=inner\r\n"
                              "\r\n"
                              "--inner\r\n"
                              "Content-Transfer-Encoding: quoted-printable\r\n"
                              "\r\n"
                              "jane@example.co=\r\n"
                              "m and q=40example.com\r\n"
                              "--inner\r\n"
                              "Content-Type: text/html; charset=utf-8\r\n"
                              "Content-Transfer-Encoding: base64\r\n"
                              "\r\n"
                              "PGI+aHRt\r\n"
                              "bCYjNjQ7\r\n"
                              "ZXhhbXBs\r\n"
                              "ZS5jb20=\r\n"
                              "--inner--\r\n"
                              "epilogue@example.com\r\n"
                              "--outer=_1\r\n"
                              "Content-Type: application/octet-stream\r\n"
                              "\r\n"
                              "data@example.com\r\n"
                              "--outer=_1\r\n"
                              "Content-Type: message/rfc822\r\n"
                              "\r\n"
                              "From: forwarded@example.com\r\n"
                              "Content-ID: <id4@example.com>\r\n"
                              "\r\n"
                              "--not-a-boundary dash@example.com\r\n"
                              ">From quoted@example.com\r\n"
                              "From inside@example.com\r\n"
                              "--outer=_1--\r\n"
                              "late@example.com\r\n"
                              "\r\n"
                              "From second@example.org Thu Jan  1 00:00:00 1970\r\n"
                              "Subject: x\r\n"
                              "\r\n"
                              "second body@example.com\r\n";

/* Quoted-printable that is none, and encoded words that are none, say what they say. */
TEST(XT13_broken)
{
    static const struct row quoted[] = {
        {"q =6xjane@example.com", "6xjane@example.com"},
        {"q =zjane@example.com", "zjane@example.com"},
        {"jane=4=40example.com", ""},
        {"jane==40example.com", ""},
        {"q = \t\r\njane@example.com", jane_at},
        {"q = jane@example.com", jane_at},
        {"jane= @example.com", jane_at},
        {"jane=\n@example.com", jane_at},
        {"jane =\n\njane@example.com", jane_at},
        {"jane=4", ""},
        {"=\n=6aane@example.com", jane_at},
    };
    static const struct row words[] = {
        {"=?utf-8?Q?jane=40example.com?=", jane_at},
        {"= ?utf-8?q?jane=40example.com?=", ""},
        {"=x?utf-8?q?jane=40example.com?=", ""},
        {"==?utf-8?q?jane=40example.com?=", ""},
        {"=?utf-8?qq?jane=40example.com?=", ""},
        {"=?utf-8?x?jane=40example.com?=", ""},
        {"=?utf-8?q jane=40example.com?=", ""},
        {"=?utf 8?q?jane=40example.com?=", ""},
        {"=?u?q?a?jane=40example.com?=", ""},
        {"=?u?q?jane=40example.com\n x", jane_at},
        {"=?u?q?x_jane=40example.com_y?=", jane_at},
        {"=?u?q?x?=jane=40example.com?=", ""},
        {"=?u?b?amFuZUBl_eGFtcGxlLmNvbQ?=", jane_at},
        {"=?u?B?amFuZUBleGFtcGxlLmNvbQ==?=x", jane_at},
        {"=?u?q?a=?= =?u?b?amFuZUBleGFtcGxlLmNvbQ?=", "ajane@example.com"},
        {"=?u?b?am?= =?u?q?jane=40example.com?=", "jjane@example.com"},
        {"=?u?q?jane=40example.co?=\n\t =?u?b?bQ?= x", jane_at},
        {"=?u?q?jane=40example.co?=\n m", "jane@example.co"},
        {"=?u?q?jane=40example.co?= =m", "jane@example.co"},
        {"=?u?q?jane=40example.co?= =? =?u?q?m?=", jane_at},
        {"=?u?q?x?= jane@example.com", jane_at},
        {"=?u?q?jane=40example.co?=\nm: x", "jane@example.co"},
        {"=?u?q?jane=40example.co?= x =?u?q?m?=", "jane@example.co"},
        {"_jane@example.com", "_jane@example.com"},
    };
    static const char qp[] = "content-transfer-encoding: quoted-printable\n";
    static const char *const commented[] = {"(soft breaks)", " (soft) breaks", ";", "; x=y"};
    char text[300];

    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        snprintf(text, sizeof text, "%s\n%s", qp, quoted[i].text);
        check(QUOTH_FIND_MAIL, 0, text, quoted[i].want);
    }
    for (size_t i = 0; i < sizeof commented / sizeof *commented; i++) {
        snprintf(text, sizeof text, "%.*s%s\n\njane=\n.doe@example.com", (int)sizeof qp - 2, qp,
                 commented[i]);
        check(QUOTH_FIND_MAIL, 0, text, "jane.doe@example.com");
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(text, sizeof text, "Subject: %s\n\n=?u?q?j=40example.com?=", words[i].text);
        check(QUOTH_FIND_MAIL, 0, text, words[i].want);
    }
    for (int n = 61; n < 140; n++) { /* a byte stands for 63 at most */
        snprintf(text, sizeof text, "%s\njane@exam=%*s", qp, n, "\nple.com");
        check(QUOTH_FIND_MAIL, 0, text, n <= 68 ? jane_at : "");
        snprintf(text, sizeof text, "%s\njane=%*s", qp, n, "\nexample.com");
        check(QUOTH_FIND_MAIL, QUOTH_FIND_OBSCURED, text, "");
    }
}

/* What begins before a boundary does not go on behind it. */
TEST(XT13_ends)
{
    static const char *const begun[] = {"&#10", "(a", " ", "&", " A"};
    const struct how how = {QUOTH_FIND_MAIL, QUOTH_FIND_UTF8, QUOTH_FIND_OBSCURED, 0};
    static struct found found;
    char text[300], want[60];

    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
        const size_t n = (size_t)snprintf(
            text, sizeof text,
            "content-type: multipart/x; boundary=b\n\n--b\ncontent-type: text/html\n"
            "content-transfer-encoding: quoted-printable\n\nx %s=\n--b\njane@example.com: x\n\n",
            begun[i]);
        check_bytes(&how, text, n, jane_at);
        find_pieces(&found, &how, text, n, n, n);
        snprintf(want, sizeof want, "%s@%d:9\n", jane_at, (int)(strchr(text, '@') - 4 - text));
        CHECK_STR(found.text, want);
    }
}

/* What is a boundary, and what only looks like one: an address behind each in a part of its own,
 * which is data where the line before is none. */
TEST(XT13_boundaries)
{
#define DATA "content-type: multipart/x; boundary=%s\n\n--%s\ncontent-type: image/x\n\n"
    static const struct {
        const char *line;
        int is;
    } rows[] = {{"--ab", 1},   {"--ab ", 1},  {"--ab\t\r", 1}, {"--ab-", 0}, {"--ab-x", 0},
                {"--ab--", 0}, {"--a", 0},    {"--abc", 0},    {"-ab", 0},   {"ab", 0},
                {" --ab", 0},  {"--", 0},     {"-- ", 0},      {"-", 0},     {"---ab", 0},
                {"--AB", 0},   {"-\n--ab", 1}};
    char text[1400], name[400];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, DATA "%s\n\njane@example.com\n", "ab", "ab", rows[i].line);
        check(QUOTH_FIND_MAIL, 0, text, rows[i].is ? jane_at : "");
    }
    for (int n = 1; n < 300; n += n == 4 ? 60 : n == 80 ? 168 : 1) { /* RFC 2046: 70 at most */
        snprintf(name, sizeof name, "%0*d", n, 0);
        snprintf(text, sizeof text, DATA "--%s\n\njane@example.com\n", name, name, name);
        check(QUOTH_FIND_MAIL, 0, text, n <= 70 ? jane_at : "");
    }
    static const struct {
        const char *parameter;
        int is;
    } pieces[] = {{"boundary*=us-ascii''%61%62", 1},
                  {"boundary*='en'a%62", 1},
                  {"boundary*0=a; boundary*1=b", 1},
                  {"boundary*0*=''%61; x=y; boundary*1=b", 1},
                  {"boundary*0=a;boundary*1*=%62", 1},
                  {"BOUNDARY*0=\"a\"; Boundary*1=\"b\"", 1},
                  {"boundary*1=b; boundary*0=a", 0},
                  {"boundary*0=a; boundary*2=b", 0},
                  {"boundary*1=ab", 0},
                  {"boundary*0=x; boundary=ab", 1},
                  {"boundary*x=ab", 0},
                  {"boundaryx0=ab", 0},
                  {"boundary*=ab", 0},
                  {"boundary*0=a%62", 0},
                  {"boundary=a; boundary*1=b", 1}};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        snprintf(text, sizeof text,
                 "content-type: multipart/x; %s\n\n--ab\ncontent-type: image/x\n\n--ab\n\n"
                 "jane@example.com\n",
                 pieces[i].parameter);
        check(QUOTH_FIND_MAIL, 0, text, pieces[i].is ? jane_at : "");
    }
    check(QUOTH_FIND_MAIL, 0, "content-type: multipart/x\n\n--\n\njane@example.com\n", "");
    check(QUOTH_FIND_MAIL, 0, "content-type: multipart/x; boundary=b\n\n--b\n\n--jane@example.com",
          "--jane@example.com");
    for (int n = 70; n < 90; n++) { /* a line of as much as is held */
        snprintf(text, sizeof text,
                 "content-type: multipart/x; boundary=b\n\n--b\n\n--%0*d jane@example.com\n", n, 0);
        check(QUOTH_FIND_MAIL, 0, text, jane_at);
        snprintf(text, sizeof text,
                 "content-type: multipart/x; boundary=b\n\n--x@y.de\n--b%*s\n\njane@example.com\n",
                 n, "");
        check(QUOTH_FIND_MAIL, 0, text, n <= 76 ? jane_at : "");
    }
    check(QUOTH_FIND_MAIL, 0, "From a@b.de\nTo: x\n\nx\n\nFromx\nTo: jane@example.com\n",
          "a@b.de jane@example.com");
    check(QUOTH_FIND_MAIL, 0, "From a@b.de\nContent-Type: image/x\n\nx\n\nFromx jane@example.com\n",
          "a@b.de");
    check(QUOTH_FIND_MAIL, 0, "From a@b.de\nContent-Type: image/x\n\nx\nFrom jane@example.com\n",
          "a@b.de");
    check(QUOTH_FIND_MAIL, 0, "From a@b.de\nContent-Type: image/x\n\nFrom jane@example.com\n",
          "a@b.de jane@example.com");
}

TEST(XT13_mbox)
{
    check(QUOTH_FIND_MAIL, 0, message,
          "sender@example.org from@example.com jane@example.com to@example.com folded@example.com "
          "cc@example.com jane@example.com q@example.com html@example.com forwarded@example.com "
          "dash@example.com quoted@example.com inside@example.com second@example.org "
          "body@example.com");
}

/* Lines that end in CR alone, as of an old Mac. */
TEST(XT13_line_ends)
{
    static const char *const ends[] = {"\n", "\r\n", "\r", "\r\r\n"};
    static const char said[] =
        "From: from@example.com%sMessage-ID: <id@example.com>%sContent-Transfer-Encoding: "
        "quoted-printable%s%sjane=%s.doe@example.com%s";
    char text[400];

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *e = ends[i];
        snprintf(text, sizeof text, said, e, e, e, e, e, e);
        check(QUOTH_FIND_MAIL, i == 2 ? QUOTH_FIND_CR : 0, text,
              "from@example.com jane.doe@example.com");
    }
}

/* Made at random, with all that is to be found known: the addresses, where they begin and in which
 * line. */
TEST(XT13_made)
{
    static struct made made;
    static struct found found, cut;
    struct how all = {QUOTH_FIND_MAIL, QUOTH_FIND_UTF8, QUOTH_FIND_ALL, 0};
    unsigned long hits = 0;

    random_state = 5;
    for (int round = 0; round < ROUNDS(1000); round++) {
        unsigned k = 0, line = 1;
        made_mail(&made);
        all.options = QUOTH_FIND_ALL | (strcmp(made.eol, "\r") ? 0u : (unsigned)QUOTH_FIND_CR);
        find_pieces(&found, &all, made.text, made.n, made.n, 1);
        if (strcmp(plain(&found), made.want + (made.count > 0)))
            printf("round %d:\n%s\n", round, made.text);
        CHECK_STR(plain(&found), made.want + (made.count > 0));
        find_pieces(&cut, &all, made.text, made.n, random_below(900), 1 + random_below(900));
        CHECK_STR(cut.text, found.text);
        hits += found.hits;
        for (const char *p = found.text; *p && k < made.count; p = strchr(p, '\n') + 1, k++) {
            unsigned offset = 0, number = 0;
            sscanf(strchr(strchr(p, '@') + 1, '@'), "@%u:%u", &offset, &number);
            if (made.offset[k])
                CHECK_INT(offset, made.offset[k]);
            line = 1;
            for (unsigned i = 0; i < offset; i++)
                line += made.text[i] == made.eol[strlen(made.eol) - 1];
            CHECK_INT(number, line);
        }
    }
    CHECK(hits > ROUNDS(5000));
}

/* Ids are told by the field they stand in, however far folded. */
TEST(XT09_ids)
{
    static char text[4000];
    static struct found found;
    const struct how how = {QUOTH_FIND_MAIL, QUOTH_FIND_UTF8, QUOTH_FIND_ALL, 0};
    size_t n = (size_t)sprintf(text, "From: jane@example.com\nReferences:");

    for (int i = 0; i < 40; i++)
        n += (size_t)sprintf(text + n, " <number%d@mail.example.com>\n", i);
    n += (size_t)sprintf(text + n, "To: to@example.com\n\nbody@example.com\n");
    check(QUOTH_FIND_MAIL, 0, text, "jane@example.com to@example.com body@example.com");
    find_pieces(&found, &how, text, n, n, n);
    CHECK_INT(found.hits, 43);
}

/* Nine in one another: the deepest is skipped, and what follows is found. */
TEST(XT13_depth)
{
    static char text[4000];
    size_t n = (size_t)sprintf(text, "Content-Type: multipart/mixed; boundary=b0\n\n");

    for (int i = 0; i < 9; i++)
        n += (size_t)sprintf(text + n, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i,
                             i + 1);
    n += (size_t)sprintf(text + n,
                         "--b9\n\ndeep@example.com\n--b9--\n--b0\n\nx@example.com\n--b0--\n");
    check(QUOTH_FIND_MAIL, 0, text, "x@example.com");
}

/* The offset and the line are those of the address in the input, whatever is decoded before it. */
TEST(XT15_offset_line)
{
    static struct found found;
    const struct how mail = {QUOTH_FIND_MAIL, QUOTH_FIND_UTF8, 0, 0};
    const char *line = NULL;

    find_pieces(&found, &mail, message, sizeof message - 1, sizeof message, 1);
    for (line = found.text; *line; line = strchr(line, '\n') + 1) {
        unsigned offset, number, lines = 1;
        const char *end = strchr(line, '\n'), *mark = end;
        while (*mark != '@')
            mark--;
        CHECK_INT(sscanf(mark, "@%u:%u", &offset, &number), 2);
        for (unsigned i = 0; i < offset; i++)
            lines += message[i] == '\n';
        CHECK_INT(number, lines);
        if (strncmp(line, "html", 4) && strncmp(line, "jane", 4))
            CHECK(!strncmp(message + offset, line, 3) || line[0] == 'q');
    }
}

/* An offset is of the bytes, a line of the text: of 16 bits as of 8. */
TEST(XT15_utf16)
{
    static const char text[] = "x\n\r\nj@example.com\ny";
    static struct found found;
    char wide[2 * sizeof text];

    for (int big = 0; big < 2; big++) {
        const struct how how = {QUOTH_FIND_TEXT, big ? QUOTH_FIND_UTF16BE : QUOTH_FIND_UTF16LE, 0,
                                0};
        memset(wide, 0, sizeof wide);
        for (size_t i = 0; i < sizeof text - 1; i++)
            wide[2 * i + (size_t)big] = text[i];
        find_pieces(&found, &how, wide, 2 * sizeof text - 2, 3, 1);
        CHECK_STR(found.text, "j@example.com@8:3\n");
    }
}

/* Lines are counted over the cut between the headers and the body. */
TEST(XT15_utf16_mail)
{
    static const char narrow[] = "To: a@b.de\n\nx\njane@example.com";
    static struct found whole;
    const struct how how = {QUOTH_FIND_MAIL, QUOTH_FIND_UTF16LE, 0, 0};
    char wide[2 * sizeof narrow] = "";

    for (size_t i = 0; narrow[i]; i++)
        wide[2 * i] = narrow[i];
    find_pieces(&whole, &how, wide, sizeof wide - 2, sizeof wide - 2, 1);
    CHECK_STR(whole.text, "a@b.de@8:1\njane@example.com@28:4\n");
}

/* What is held back at the end has room, however full the window is. */
TEST(XT13_held_at_the_end)
{
    static struct found whole;
    const struct how how = {QUOTH_FIND_MAIL, QUOTH_FIND_UTF8, 0, 0};
    char text[1000];

    for (int n = 1; n < QUOTH_FIND_WINDOW; n++) {
        const size_t len = (size_t)snprintf(
            text, sizeof text,
            "content-type: multipart/x; boundary=b\n\n--b\n\n%0*d\n--%050d jane@example.com", n, 0,
            0);
        find_pieces(&whole, &how, text, len, len, len);
        CHECK_STR(plain(&whole), jane_at);
    }
}
TEST(XT12_XT14_look)
{
    static const struct {
        const char *text;
        int n, form, kind;
    } rows[] = {
        {"%PDF-1.7", 0, QUOTH_FORM_PDF, 0},
        {"PK\3\4....", 0, QUOTH_FORM_ZIP, 0},
        {"\037\213\10", 0, QUOTH_FORM_GZIP, 0},
        {"BZh9", 0, QUOTH_FORM_BZIP2, 0},
        {"\3757zXZ", 0, QUOTH_FORM_XZ, 0},
        {"\50\265\57\375", 0, QUOTH_FORM_ZSTD, 0},
        {"\320\317\21\340", 0, QUOTH_FORM_OLE, 0},
        {"Rar!\32\7", 0, QUOTH_FORM_OTHER, 0},
        {"a\0bcdefghijklmnopqrstuvwxyz", 28, QUOTH_FORM_BINARY, QUOTH_FIND_TEXT},
        {"", 0, QUOTH_FORM_TEXT, QUOTH_FIND_TEXT},
        {"jane@example.com\n", 0, QUOTH_FORM_TEXT, QUOTH_FIND_TEXT},
        {"name,email\nJane,jane@example.com\n", 0, QUOTH_FORM_TEXT, QUOTH_FIND_TEXT},
        {"From: a@example.com\nTo: b@example.com\n\nx", 0, QUOTH_FORM_TEXT, QUOTH_FIND_MAIL},
        {"From a@example.com Thu\nTo: b@example.com\nDate: x\n\nx", 0, QUOTH_FORM_TEXT,
         QUOTH_FIND_MAIL},
        {"From: only one field\n\nx", 0, QUOTH_FORM_TEXT, QUOTH_FIND_TEXT},
        {"From a@example.com Thu\rTo: b@example.com\rDate: x\r\rx", 0, QUOTH_FORM_TEXT,
         QUOTH_FIND_MAIL},
        {"To: b@example.com\rDate: x\r\rx", 0, QUOTH_FORM_TEXT, QUOTH_FIND_MAIL},
        {"Dear Jane,\nFrom: x\nTo: y\n", 0, QUOTH_FORM_TEXT, QUOTH_FIND_TEXT},
        {" <!DOCTYPE html>", 0, QUOTH_FORM_TEXT, QUOTH_FIND_HTML},
        {"<ul><li>x</li></ul>", 0, QUOTH_FORM_TEXT, QUOTH_FIND_HTML},
        {"<img src='x' />x", 0, QUOTH_FORM_TEXT, QUOTH_FIND_HTML},
        {"<BR>x", 0, QUOTH_FORM_TEXT, QUOTH_FIND_HTML},
        {"<x@y.de> a/>b", 0, QUOTH_FORM_TEXT, QUOTH_FIND_HTML},
        {"x <b>y</b>", 0, QUOTH_FORM_TEXT, QUOTH_FIND_TEXT},
        {"\357\273\277<?xml version=\"1.0\"?>", 0, QUOTH_FORM_TEXT, QUOTH_FIND_HTML},
        {"<jane@example.com>", 0, QUOTH_FORM_TEXT, QUOTH_FIND_TEXT},
        {"[\n {\"a\":1}]", 0, QUOTH_FORM_TEXT, QUOTH_FIND_JSON},
        {"{\"a\":1}\n{\"a\":2}", 0, QUOTH_FORM_TEXT, QUOTH_FIND_JSON},
        {"[INFO] x", 0, QUOTH_FORM_TEXT, QUOTH_FIND_TEXT},
        {"-- dump\nINSERT INTO t VALUES (1);", 0, QUOTH_FORM_TEXT, QUOTH_FIND_SQL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum quoth_find_kind kind;
        enum quoth_find_encoding encoding;
        const size_t n = rows[i].n ? (size_t)rows[i].n : strlen(rows[i].text);
        CHECK_INT(quoth_find_look(rows[i].text, n, &kind, &encoding), rows[i].form);
        CHECK_INT(kind, rows[i].kind);
        CHECK_INT(encoding, QUOTH_FIND_UTF8);
    }
}

/* The mark of tar stands far behind, and a text without lines has no fields. */
TEST(XT14_look_far)
{
    static char text[6000];
    enum quoth_find_kind kind;
    enum quoth_find_encoding encoding;

    memset(text, 'a', sizeof text);
    CHECK_INT(quoth_find_look(text, sizeof text, &kind, &encoding), QUOTH_FORM_TEXT);
    CHECK_INT(kind, QUOTH_FIND_TEXT);
    for (size_t at = 255; at < 260; at++)
        for (size_t n = 255; n < 270; n++) {
            memset(text, 'a', 300);
            memcpy(text + at, "ustar", 5);
            CHECK_INT(quoth_find_look(text, n, &kind, &encoding),
                      at == 257 && n > 262 ? QUOTH_FORM_OTHER : QUOTH_FORM_TEXT);
        }
}

/* ---- any bytes ---------------------------------------------------------- */

/* Pieces of addresses, and what stands around them: anything, and more of what hides an address, of
 * escapes, of what says that it is none. */
/* clang-format off */
static const char *const scraps[][64] = {
    {"@", "@", ".", "jane", "a", "com", "example", "example.com", "co.uk", "b.c", " ", "\n", "'", "&", "%", "%2B", "%3c",
     "\\n", "\\u", "003e", "3D", "=", "://", "http", "mailto:", ":", "/", "<", ">", "\"", "-", "_", "+", "..", "2x.",
     "1.2.3.", "[at]", "(dot)", " AT ", "id", "cid:", "\1", "&#64;", "&commat;", "=40", "=\r\n", "\\u0040", "?", "#",
     "\303\274", "\344\275\240", "\377", "\2", "x@y.de", "@example.com ", "@a.co.uk",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Message-ID: <"},
    {"[at]", "(AT)", "{at}", "data-cfemail=\"006a40622e6465", "<At>", "[@]", "(@)", "[dot]", "(Dot)", "{dot}", "[.]", " AT ", "  AT  ", "AT", "A", "T",
     " ", "  ", "   ", "[", "(", "{", "<", "]", ")", "}", ">", "at", "dot", "[a", "(do", "[@", "data-cfemail=\"",
     "data-cfemail", "=\"", "d", "0", "00", "20", "6a", "40", "2e", "4A", "f", "g", "\1", "\2", "jane", "b.com"},
    {"&", "#", "&#", "&#x", "&#X", "x", "0", "64", "46", "40", "4", "g", ";", "amp", "AMP", "lt", "gt", "commat", "period",
     "&amp;", "&plus;", "&lowbar;", "&dash;", "&#x40;", "&#46;", "&#x110000;", "&#xd800;", "&#1114111;", "&#65533;",
     "%", "%4", "%40", "\\", "\\\\", "\\u", "\\u00", "\\u0040", "\\ud83d", "\\ude00", "\\n", "\\/", "'", "''", "\\'",
     "\303\251", "n", "@b.com", "jane", "abcdefgh"},
    {"message-id:", "In-Reply-To:", "References: ", "content-id:", "resent-message-id:", "original-message-id:", "x-id:",
     "message-id=", "msgid=", "mid:", "cid:", "UID:", "\nuid:", " S=", " id=", "<", "<", "> ", ">", " ", "\n", "\n ", "\n\t", "srs", "SRS0=", "=", "=",
     "email", "to", "xcc", "name", "value", "href", ".", "+", "https", "://", "mailto", "mailto://", "x", "//", "9", "2x",
     "1.", "\\x3e", "\\u003e", "\\", "=3D", "3C", "'", "b'", "%3c", "%2b", "%e9", "%", "@b.com", "jane", "a.de", "-", "'"},
    {"\302\255", "\255", "\342\200\213", "\342\200\217", "\342\200\220", "\342\201\240", "\342\201\245", "\357\273\277", "\342\200", "\342\200\213", "\302", "\342",
     "\357", "\357\273", "\303\251", "\344\275\240", "<wbr>", "<WBR/>", "<wbr />", "<wbr ", "<wb", "<", "/", ">", "&shy;", "&zwj;", "&#8203;", "&#xad;", "&#8203;&#8203;&#8203;&#8203;&#8203;",
     "<wbr /><wbr /><wbr /><wbr /><wbr /><wbr /><wbr /><wbr /><wbr /><wbr /><wbr /><wbr />", "\\u00ad", "\\u200b", "jane", "a", "@b.com", "@b.co", "m", ".uk", "-", "_", ".", " ",
     "\330\234", "\315\217", "\341\236\264", "\341\240\216", "\342\200\252", "\357\270\217", "\363\240\201\201", "\330", "\363\240"},
    {"<b>", "</b>", "<i class=", "<", "b", ">", "/", "<!--", "-->", "--", "!", "<p>", "</Strong>", "<acronym", "s", " ", "\n", "'>", "<SPAN title='", "<a href=x>",
     "\303\251", "\344\275\240", "\302\255", "\377", "jane", "a", "@b.com", "@b.co", "m", ".uk", ".", "&lt;", "&gt;", "<wbr", "<wbr>", LONG}};
/* clang-format on */

static size_t random_text(char *text, size_t cap)
{
    static unsigned count[sizeof scraps / sizeof *scraps];
    const unsigned kind = random_below(sizeof scraps / sizeof *scraps);
    size_t n = 0;

    for (size_t i = 0; i < sizeof scraps / sizeof *scraps; i++)
        while (count[i] < 64 && scraps[i][count[i]])
            count[i]++;
    for (unsigned k = random_below(14); k; k--) {
        const unsigned list = random_below(2) ? kind : 0;
        const char *piece = scraps[list][random_below(count[list])];
        const size_t len = strlen(piece);
        if (n + len > cap)
            break;
        memcpy(text + n, piece, len);
        n += len;
    }
    return n;
}

enum { RANDOM_TEXTS = ROUNDS(100000) };

/* Each hit is an address. */
TEST(XT17_parse)
{
    static struct quoth_find f;
    struct quoth_hit hit;
    struct quoth_addr addr;
    unsigned long hits = 0, bad = 0;
    char text[400];

    random_state = 1;
    for (int i = 0; i < RANDOM_TEXTS; i++) {
        const size_t n = random_text(text, sizeof text), cut = random_below(400);
        quoth_find_init(&f, random_below(QUOTH_FIND_KINDS), QUOTH_FIND_UTF8, random_below(16));
        for (int half = 0; half < 2; half++) {
            const size_t at = cut < n ? cut : n;
            quoth_find_feed(&f, half ? text + at : text, half ? n - at : at);
            for (int end = 0; end <= half; end++) {
                if (end)
                    quoth_find_end(&f);
                while (quoth_find_next(&f, &hit)) {
                    hits++;
                    bad += quoth_addr_parse(&addr, hit.address.p, hit.address.n) != QUOTH_OK;
                }
            }
        }
    }
    CHECK_INT(bad, 0);
    CHECK(hits > RANDOM_TEXTS / 20);
}

/* The beginnings of texts of all kinds, cut anywhere, some in UTF-16 or with NULs. */
static size_t random_beginning(char *out, size_t cap)
{
    static const char *const pieces[] = {"%PDF-",
                                         "PK\3\4",
                                         "\037\213",
                                         "BZh",
                                         "\3757zXZ",
                                         "\50\265\57\375",
                                         "\320\317\21\340",
                                         "7z\274\257",
                                         "Rar!\32",
                                         "!BDN",
                                         "ustar",
                                         "\377\376",
                                         "\376\377",
                                         "\357\273\277",
                                         "From ",
                                         "From a@example.com Thu\n",
                                         "From: jane@example.com\n",
                                         "tO: x\r\n",
                                         "Subject: y\n",
                                         "Date:\n",
                                         "X-Other: z\n",
                                         "Received: by\n\tid 1\n",
                                         "Message-ID: <1>\n",
                                         "Reply-To:\n",
                                         "MIME-Version: 1.0\n",
                                         "Return-Path: <>\n",
                                         "Delivered-To: x\n",
                                         "Content-Type: text/plain\n",
                                         "M\374: x\n",
                                         "From\177: x\n",
                                         "To : x\n",
                                         "no field\n",
                                         " ",
                                         "\t",
                                         "\n",
                                         "\r\n",
                                         "{",
                                         "[",
                                         "\"",
                                         "}",
                                         "]",
                                         "-",
                                         "7",
                                         "x",
                                         "<",
                                         "<!DOCTYPE",
                                         "<html",
                                         "<?xml",
                                         "<head",
                                         "<BODY",
                                         "<div",
                                         "<a ",
                                         "<p>",
                                         "insert INTO ",
                                         "create table ",
                                         "-- MySQL dump",
                                         "-- PostgreSQL database dump"};
    const unsigned first = random_below(sizeof pieces / sizeof *pieces), wide = random_below(4);
    char text[3000];
    size_t n = 0, m = 0;

    for (unsigned k = 1 + random_below(7); k; k--) {
        const unsigned which =
            k > 1 && random_below(2) ? first : random_below(sizeof pieces / sizeof *pieces);
        m += (size_t)sprintf(text + m, "%s", pieces[which]);
    }
    m -= random_below(3) ? 0 : random_below((unsigned)m + 1);
    for (size_t i = 0; i < m && n + 2 < cap; i++) {
        if (wide == 1)
            out[n++] = 0;
        out[n++] = random_below(200) ? text[i] : (char)random_below(256);
        if (wide == 2)
            out[n++] = 0;
    }
    if (random_below(4) == 0) { /* what stands at a place of its own, and as much as is looked at */
        const size_t to =
            random_below(2) ? 250 + random_below(20) : (size_t)REF_LOOK * (wide % 3 ? 2 : 1) - 20;
        while (n < to)
            n += (size_t)sprintf(out + n, "%s", random_below(9) ? "To: x\n" : "From: abc@de\n");
        n += (size_t)sprintf(out + n, "ustar") - random_below(2);
    }
    if (random_below(4) == 0) /* as many NULs as UTF-16 needs, or hardly */
        for (size_t i = random_below(2), k = n / 4 + random_below(3); k && i < n; i += 2, k--)
            out[i] = 0;
    if (random_below(8) == 0)
        for (size_t k = n / 32 + random_below(3); k && n; k--)
            out[random_below((unsigned)n)] = 0;
    return n;
}

TEST(XT12_XT14_look_reference)
{
    static char text[20000];
    static struct ref_look want;
    unsigned count[QUOTH_FIND_KINDS] = {0};

    random_state = 3;
    for (int round = 0; round < ROUNDS(30000); round++) {
        enum quoth_find_kind kind;
        enum quoth_find_encoding encoding;
        const size_t n = random_beginning(text, 9000);
        char *exact = malloc(n ? n : 1); /* so that a byte too far is caught */
        memcpy(exact, text, n);
        ref_look(&want, text, n);
        CHECK_INT(quoth_find_look(exact, n, &kind, &encoding), want.form);
        CHECK_INT(kind, want.kind);
        CHECK_INT(encoding, want.encoding);
        count[want.kind]++;
        free(exact);
    }
    for (int kind = 0; kind < QUOTH_FIND_KINDS; kind++)
        CHECK(count[kind] > ROUNDS(100));
}

/* What the reference finds in all of it. */
static void find_plainly(struct found *out, const struct how *how, const char *p, size_t n)
{
    static struct ref_text text, other;
    const int wide = how->encoding != QUOTH_FIND_UTF8, big = how->encoding == QUOTH_FIND_UTF16BE;
    struct quoth_hit hit;
    char address[400];

    out->n = out->hits = 0;
    out->text[0] = 0;
    ref_characters(&text, how->encoding, p, n);
    ref_escapes(&other, how->kind, &text);
    if (how->kind == QUOTH_FIND_HTML)
        ref_joints(&other);
    ref_hidden(&text, how->options, &other);
    for (size_t at = 0, counted = 0, line = 1; at < text.n; at++) {
        struct ref r = {.text = text.p, .n = text.n, .at = at, .options = how->options};
        if ((text.p[at] != '@' && !ref_escaped(&r) &&
             !(text.p[at] == 1 && how->options & QUOTH_FIND_OBSCURED)) ||
            !ref_find(&r, address, &hit.address.n))
            continue;
        hit.offset = r.from ? text.end[r.from - 1] : 0;
        for (; counted < hit.offset; counted += wide ? 2 : 1)
            line += wide ? ref_unit(p + counted, big) == '\n' : p[counted] == '\n';
        hit.address.p = address;
        hit.line = how->uncounted ? 0 : line;
        hit.flags = (uint8_t)r.flags;
        note(out, &hit);
    }
}

/* Pieces one behind the other; in UTF-16 with a character beyond Latin-1 now and then. */
static size_t random_bytes(char *out, size_t cap, enum quoth_find_encoding encoding)
{
    static const unsigned units[] = {0x142, 0x4f60, 0xd83d, 0xde00, 0xdbff, 0xdc00, 0x240, 0x4000};
    const int big = encoding == QUOTH_FIND_UTF16BE;
    char text[500];
    size_t n = 0;

    while (n < cap) {
        const size_t m = random_text(text, sizeof text);
        for (size_t i = 0; i < m; i++) {
            const unsigned unit =
                random_below(40) ? (unsigned char)text[i] : units[random_below(8)];
            if (encoding == QUOTH_FIND_UTF8) {
                out[n++] = random_below(60) ? text[i] : (char)(128 + random_below(128));
                continue;
            }
            out[n + !big] = (char)(unit >> 8);
            out[n + (size_t)big] = (char)(unit & 0xff);
            n += 2;
        }
    }
    return n;
}

/* Does the stream, whole and cut anywhere, find what the reference finds in the whole? */
static unsigned check_plainly(const struct how *how, const char *text, size_t n)
{
    static struct found whole, cut, want;

    find_plainly(&want, how, text, n);
    find_pieces(&whole, how, text, n, n, n);
    if (strcmp(whole.text, want.text))
        printf("kind %d, encoding %d, options %u\n", how->kind, how->encoding, how->options);
    CHECK_STR(whole.text, want.text);
    find_pieces(&cut, how, text, n, 1 + random_below(900), 1 + random_below(900));
    CHECK_STR(cut.text, want.text);
    CHECK_INT(cut.hits, want.hits);
    return want.hits;
}

/* Characters of all planes, and those around what may be a bound, which are round numbers. */
TEST(XT05_XT12_characters)
{
    static struct ref_text text;
    static char wide[2 * REF_TEXT];

    random_state = 4;
    for (unsigned long c = 0x80; c < 0x110000;) {
        size_t n = 0;
        text.n = 0;
        for (; c < 0x110000 && text.n < 8000; c++) {
            const int asked = c < 0x700 || c / 0x40 == 0xc0 || (c < 0x21000 && (c + 1) % 64 < 3) ||
                              c % 0x7fd == 0;
            if (!asked || (c >= 0xd800 && c < 0xe000))
                continue;
            for (const char *p = "? jane?@example.com ?jane@example.com? j@?example.com "; *p; p++)
                ref_put_char(&text, *p == '?' ? c : (unsigned char)*p, 0);
        }
        struct how how = {QUOTH_FIND_TEXT, QUOTH_FIND_UTF8, 0, 0};
        check_plainly(&how, text.p, text.n);
        for (size_t i = 0, m; i < text.n; i += m) { /* the same in UTF-16 */
            unsigned long point = 0, unit;
            m = ref_char(text.p, i, text.n, &point);
            for (int k = point < 0x10000; k < 2; k++, n += 2) {
                unit = point < 0x10000 ? point : k ? 0xdc00 + point % 1024 : 0xd7c0 + point / 1024;
                wide[n] = (char)(unit >> 8);
                wide[n + 1] = (char)(unit & 0xff);
            }
        }
        how.encoding = QUOTH_FIND_UTF16BE;
        check_plainly(&how, wide, n);
    }
}

/* What stands as far away as is looked at, a byte nearer and a byte farther. */
TEST(XT01_far_reference)
{
    static const char *const begins[] = {"\303\251",
                                         "\344\275\240",
                                         "\360\220\214\200",
                                         "1",
                                         "<",
                                         "\n",
                                         " ",
                                         "a=",
                                         "https://",
                                         "a&",
                                         "a'",
                                         "'",
                                         "%3c",
                                         "%2b",
                                         "%",
                                         "=",
                                         "srs",
                                         "mailto://",
                                         "mid:",
                                         "Message-ID:",
                                         "\nMessage-ID:",
                                         "> ",
                                         "email=",
                                         "\\n",
                                         "\\x3e",
                                         "=3D",
                                         "b.de=",
                                         "mailto:",
                                         "xmailto:,",
                                         "mailto:to=",
                                         "7 id=",
                                         "\302\255",
                                         "x\342\200\213",
                                         "<b>",
                                         "x<b>",
                                         "-->",
                                         "<!-->",
                                         "<!--->",
                                         "x<!-- -->"};
    static const char *const ends[] = {
        "'jane@b.com'", "=jane.de@b.com", " <jane@b.com>", "\n <jane@b.com>", ":j@b.com",
        "/jane@b.com",  "jane@b.com",     "jane%40b.com",  ",jane%40b.com",   "=jane%40b.com"};
    enum { BEGINS = sizeof begins / sizeof *begins, ENDS = sizeof ends / sizeof *ends };
    static const char *const behind[] = {
        ".com", ".com@", ".com:x", ".com:", ".com\303\251", ".com\344\275\240",
        "",     ",",     ".com'",  ".co"};
    static const char fill[] = "a 1.-";
    unsigned long hits = 0;
    char text[900];

    for (unsigned k = 0; k < BEGINS * ENDS; k++)
        for (unsigned far = 0; far < 20; far++) {
            const char *begin = begins[k / ENDS], *end = ends[k % ENDS];
            const struct how how = {QUOTH_FIND_TEXT, QUOTH_FIND_UTF8, far % 2 ? QUOTH_FIND_ALL : 0,
                                    0};
            const int at = (int)strcspn(end, "@%");
            for (unsigned f = 0; f < 3; f++) { /* "%2b" is one byte of a local part */
                const size_t last = QUOTH_FIND_LEFT - 10 + far - (size_t)at;
                const size_t n = (size_t)snprintf(
                    text, sizeof text, "%s%*s%s, %500s", begin,
                    QUOTH_FIND_LEFT - 10 + (int)far - at - (int)strlen(begin), "", end, "");
                for (size_t i = strlen(begin); text[i] == ' '; i++)
                    text[i] = f < 2 ? "a "[f] : "%2b"[(i + 3 * n - last) % 3];
                hits += check_plainly(&how, text, n);
            }
        }
    for (unsigned k = 0; k < sizeof behind / sizeof *behind * 10; k++)
        for (int far = QUOTH_FIND_RIGHT - 10; far < QUOTH_FIND_RIGHT + 6; far++) {
            const struct how how = {QUOTH_FIND_TEXT, QUOTH_FIND_UTF8, 0, 0};
            const size_t n =
                (size_t)snprintf(text, sizeof text, "<jane@b%s%*s%s", k % 2 ? ".com" : "",
                                 far - (k % 2 ? 6 : 2), "", behind[k / 10]);
            for (size_t i = 7; i < n; i++)
                if (text[i] == ' ')
                    text[i] = fill[k / 2 % 5];
            hits += check_plainly(&how, text, n);
        }
    CHECK(hits > 1000);
}

/* The same behind what is not seen, before the local part and behind the domain. */
TEST(XT01_XT04_far_unseen)
{
    static const char *const around[] = {
        "<b>x",     "<!--x-->y", "<!---->y",     "<!--", "<",  "<>b>y", "</b>y", "<b",
        "<b ",      "x",         ".x",           "-",    "_x", "\255x", "@",     "",
        "\303\251", "\303",      "\344\275\240", "\177", ">",  "x>",    "-->",   "x<b>"};
    enum { AROUND = sizeof around / sizeof *around };
    const struct how how = {QUOTH_FIND_TEXT, QUOTH_FIND_UTF8, 0, 0};
    unsigned long hits = 0;
    static const char *const fills[] = {"\302\255", "<b>"}, *const firsts[] = {"", "</b>", "</em>"};
    char text[1300], hidden[400];

    for (unsigned k = 0; k < AROUND * 12; k++)
        for (unsigned n = 0; n < 275; n += n == 12 ? 120 : n == 172 ? 70 : 1) {
            const char *fill = fills[k % 2], *first = firsts[k / 2 % 3], *it = around[k / 12];
            size_t len = strlen(fill);
            if (n % len)
                continue;
            for (unsigned i = 0; i < n; i++)
                hidden[i] = fill[i % len];
            hidden[n] = 0;
            len = (size_t)(k / 6 % 2 ? snprintf(text, sizeof text, "%500s%s%s%sjane@b.com", "", it,
                                                first, hidden)
                                     : snprintf(text, sizeof text, "jane@b.com%s%s%s%400s", first,
                                                hidden, it, ""));
            hits += check_plainly(&how, text, len);
        }
    CHECK(hits > 1000);
}

TEST(XT01_XT19_reference)
{
    static char text[80000];
    unsigned long hits = 0;

    random_state = 2;
    for (int round = 0; round < ROUNDS(6000); round++) {
        struct how how = {QUOTH_FIND_TEXT, QUOTH_FIND_UTF8, random_below(16), !random_below(9)};
        size_t n = round % 100 ? 200 + random_below(1500) : sizeof text - 1000;
        if (random_below(2)) {
            how.kind = random_below(QUOTH_FIND_MAIL);
            how.encoding = random_below(3) ? QUOTH_FIND_UTF8 : random_below(3);
        }
        n = random_bytes(text, n, how.encoding);
        hits += check_plainly(&how, text, n - random_below(2));
    }
    CHECK(hits > ROUNDS(10000));
}

/* Bad texts cost no more than good ones: every '@' looks at so many bytes at most. That is counted
 * in hits and pieces, not by a clock: ten megabytes of each go through. */
TEST(XT01_linear)
{
    static const char *const bad[] = {"@", "a", "a@", "@a.com", "%", "=\r\n", "&", "--"};
    static char piece[60000];
    static struct quoth_find f;
    struct quoth_hit hit;

    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        for (int kind = 0; kind < QUOTH_FIND_KINDS; kind++) {
            unsigned long hits = 0;
            const size_t len = strlen(bad[k]), n = sizeof piece / len * len;
            const int rounds = kind ? 17 : ROUNDS(175);
            for (size_t i = 0; i < n; i++)
                piece[i] = bad[k][i % len];
            quoth_find_init(&f, (enum quoth_find_kind)kind, QUOTH_FIND_UTF8, 0);
            for (int i = 0; i < rounds; i++) {
                quoth_find_feed(&f, piece, n);
                while (quoth_find_next(&f, &hit))
                    hits++;
            }
            quoth_find_end(&f);
            while (quoth_find_next(&f, &hit))
                hits++;
            CHECK_INT(hits, 0);
        }
}

/* The quick ones first: mutants.py waits for the first that fails. */
int main(void)
{
    RUN(XT04_unseen);
    RUN(XT02_XT11_text);
    RUN(XT02_XT10_bounds);
    RUN(XT04_longer);
    RUN(XT05_before);
    RUN(XT08_url);
    RUN(XT10_names);
    RUN(XT07_keys);
    RUN(XT07_XT09_all);
    RUN(XT11_obscured);
    RUN(XT06_html);
    RUN(XT06_json);
    RUN(XT06_sql);
    RUN(XT02_atext_strict);
    RUN(XT12_utf16);
    RUN(XT12_utf16_wide);
    RUN(XT15_offset_line);
    RUN(XT15_utf16);
    RUN(XT13_broken);
    RUN(XT13_boundary);
    RUN(XT13_not_a_boundary);
    RUN(XT13_stale);
    RUN(XT13_ends);
    RUN(XT01_half);
    RUN(XT13_depth);
    RUN(XT13_mbox);
    RUN(XT15_utf16_mail);
    RUN(XT13_held_at_the_end);
    RUN(XT12_XT14_look);
    RUN(XT14_look_far);
    RUN(XT02_XT03_lengths);
    RUN(XT13_broken_often);
    RUN(XT07_far);
    RUN(XT09_ids);
    RUN(XT13_line_ends);
    RUN(XT13_made);
    RUN(XT01_far_reference);
    RUN(XT01_XT04_far_unseen);
    RUN(XT17_parse);
    RUN(XT12_XT14_look_reference);
    RUN(XT01_XT19_reference);
    RUN(XT13_boundaries);
    RUN(XT05_XT12_characters);
    RUN(XT01_linear);
    return report("find");
}
