/* judge.c - any bytes as a reply.
 *
 * Oracle: no dead mailbox is read from a 4yz, from before RCPT or from a refusal of us; the row
 * that decides is the first one that holds; an address in front of the text changes nothing,
 * unless the text names it: then a reply inside it is about that address, and counts.
 *
 *   byte 0: phase   bytes 1, 2: code   bytes 3..5: enhanced code   then the text
 *
 * SPDX-License-Identifier: MIT */
#include <strings.h>
#include "harness.h"
#include "quoth.h"

static void never(const struct quoth_reading *r, enum quoth_phase phase, unsigned code)
{
    int rcpt = phase == QUOTH_PHASE_RCPT || phase == QUOTH_PHASE_DECOY;
    require(r->reason > QUOTH_REASON_NONE && r->reason <= QUOTH_REASON_OTHER);
    require(r->rule && r->rule[0]);
    require(rcpt || r->says == QUOTH_SAYS_CANNOT_TELL);
    if (r->says == QUOTH_SAYS_NOT_EXISTS)
        require(code / 100 == 5 && (r->reason == QUOTH_REASON_USER_UNKNOWN ||
                                    r->reason == QUOTH_REASON_MAILBOX_DISABLED ||
                                    r->reason == QUOTH_REASON_DOMAIN_NOT_FOUND ||
                                    r->reason == QUOTH_REASON_RECIPIENT_SYNTAX));
    if (r->says == QUOTH_SAYS_EXISTS)
        require(r->reason == QUOTH_REASON_ACCEPTED
                    ? code / 100 == 2
                    : code / 100 != 2 && (r->reason == QUOTH_REASON_MAILBOX_FULL ||
                                          r->reason == QUOTH_REASON_RECIPIENT_RATE_LIMITED));
}

static int names(const char *text, size_t n, const char *address)
{
    const size_t k = strlen(address);

    for (; n >= k; text++, n--)
        if (!strncasecmp(text, address, k))
            return 1;
    return 0;
}

/* The letters of an address in front are not read as words. */
static void in_front(enum quoth_phase phase, struct quoth_said said, const char *text, size_t n)
{
    static const char *const who[] = {"jane@example.com", "no.such.user-blocked@spam.example"};
    struct quoth_reading read[2];

    for (int i = 0; i < 2; i++) {
        char longer[600] = "<";
        size_t len = 1 + strlen(who[i]);
        if (names(text, n, who[i]))
            return;
        strcat(longer, who[i]);
        memcpy(longer + len, "> ", 2);
        memcpy(longer + len + 2, text, n);
        said.n = (uint16_t)(n + len + 2);
        quoth_judge_reply(&read[i], phase, &said, longer, NULL);
    }
    require(read[0].row == read[1].row && read[0].says == read[1].says);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct quoth_reading one, row = {.rule = NULL};
    if (n < 6 || n > 4096)
        return 0;
    enum quoth_phase phase = (enum quoth_phase)(p[0] % QUOTH_PHASES);
    uint16_t code = (uint16_t)(200 + (p[1] << 8 | p[2]) % 400);
    struct quoth_said said = {code, {p[3], p[4], p[5]}, (uint16_t)(n - 6)};
    const char *text = (const char *)p + 6;
    n -= 6;
    quoth_judge_reply(&one, phase, &said, text, NULL);
    never(&one, phase, code);

    require(quoth_judge_next(&row, phase, &said, text, NULL));
    require(row.row == one.row && row.rule == one.rule && row.says == one.says);
    for (uint16_t last = row.row; quoth_judge_next(&row, phase, &said, text, NULL);
         last = row.row) {
        require(row.row > last);
        never(&row, phase, code);
    }

    if (n > 0 && n < 500 && text[0] != '@' && said.esc[0] != 0)
        in_front(phase, said, text, n);
    return 0;
}
