/* web.c - any bytes as the answer of a web server (port/fetch).
 *
 * Oracle: pieces never matter: status, kind and body are the same. What is not refused has a status
 * of three digits, and a head within its limits; of another answer than 200 no body is taken.
 *
 * Input: a byte says how long the pieces are; the rest is the answer.
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "answer.h"

enum { LONGEST = 2048 };

struct body {
    char bytes[LONGEST];
    size_t n;
};

static void gather(void *arg, const char *p, size_t n)
{
    struct body *b = arg;

    require(n <= sizeof b->bytes - b->n);
    memcpy(b->bytes + b->n, p, n);
    b->n += n;
}

static enum answer_said read_in(struct answer *a, struct body *b, const char *p, size_t n,
                                size_t piece)
{
    enum answer_said said = ANSWER_AGAIN;

    b->n = 0;
    a->take = gather;
    a->arg = b;
    answer_start(a);
    for (size_t at = 0; at < n && said == ANSWER_AGAIN; at += piece)
        said = answer_feed(a, p + at, n - at < piece ? n - at : piece);
    return said == ANSWER_AGAIN ? answer_end(a) : said;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    static struct answer whole, cut;
    static struct body one, two;
    enum answer_said said;

    if (!n-- || n > LONGEST)
        return 0;
    said = read_in(&whole, &one, (const char *)in + 1, n, n + 1);
    require(said != ANSWER_AGAIN);
    require(read_in(&cut, &two, (const char *)in + 1, n, in[0] % 16 + 1u) == said);
    require(whole.status == cut.status && whole.plain == cut.plain);
    require(one.n == two.n && !memcmp(one.bytes, two.bytes, one.n));
    require(whole.head_n <= ANSWER_HEAD_MAX + 1 && whole.lines <= ANSWER_LINES_MAX + 1);
    require(said == ANSWER_BAD || said == ANSWER_CUT ||
            (whole.status >= 200 && whole.status <= 999));
    require(!one.n || whole.status == 200);
    return 0;
}
