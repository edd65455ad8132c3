/* pace.c - manners towards one host: when may it be called next?
 *
 *   free --begin--> called (next call: a gap later) --end--> free
 *                      | 421, 4.7.x: BUSY        `-> held 15 min, 30, 60 ... 24 h;
 *                      |                             after too many: not in this run
 *                      | refused us: REFUSED     `-> held alike; twice in a row: not in this run
 *                      ` anything learnt: FINE   `-> forgiven
 *
 * A host that answers "unknown user" very often must think that we are harvesting addresses, so it
 * is called less often. Rules G04, G05, G08 and the limits Z of tests/RULES.md.
 *
 * SPDX-License-Identifier: MIT */
#include "inner.h"

enum {
    PACE_BACK_MS = 15 * 60 * 1000,
    PACE_BACK_MAX_MS = 24 * 60 * 60 * 1000,
    PACE_REFUSED_MAX = 2,
    PACE_LOOK = 50, /* when one in 5 of 50 answers or more is unknown, gaps are 4 times as long */
    PACE_SHARE = 5,
    PACE_SLOW = 4,
    PACE_WAIT_MAX_MS = 24 * 60 * 60 * 1000
};

enum quoth_pace_kind quoth_pace_kind_of(enum quoth_phase phase, const struct quoth_said *said,
                                        enum quoth_reason reason)
{
    unsigned code = said->code;
    const uint16_t *esc = said->esc;

    if (code == 421)
        return QUOTH_PACE_BUSY;
    if (phase == QUOTH_PHASE_RCPT && esc[1] == 5 && esc[2] == 3)
        return QUOTH_PACE_NOTHING; /* a limit of the conversation (K16) */
    switch (reason) {
    case QUOTH_REASON_ACCEPTED:
    case QUOTH_REASON_USER_UNKNOWN:
    case QUOTH_REASON_MAILBOX_DISABLED:
    case QUOTH_REASON_MAILBOX_FULL:
    case QUOTH_REASON_RECIPIENT_RESTRICTED:
    case QUOTH_REASON_NOT_VERIFIABLE:
    case QUOTH_REASON_RECIPIENT_RATE_LIMITED:
    case QUOTH_REASON_GREYLISTED:
        return QUOTH_PACE_FINE; /* this is about the recipient, whatever the enhanced code says */
    case QUOTH_REASON_RATE_LIMITED: return code / 100 == 5 ? QUOTH_PACE_REFUSED : QUOTH_PACE_BUSY;
    case QUOTH_REASON_IP_BLOCKED: return code / 100 == 5 ? QUOTH_PACE_REFUSED : QUOTH_PACE_BUSY;
    default: break;
    }
    if (code / 100 == 4 && esc[0] == 4 && esc[1] == 7)
        return QUOTH_PACE_BUSY;
    if (code / 100 == 5 && phase != QUOTH_PHASE_RCPT && phase != QUOTH_PHASE_DECOY)
        return QUOTH_PACE_REFUSED;
    return QUOTH_PACE_NOTHING;
}

static uint64_t pace_back(unsigned times)
{
    uint64_t ms = PACE_BACK_MS;
    while (times-- > 1 && ms < PACE_BACK_MAX_MS)
        ms *= 2;
    return ms < PACE_BACK_MAX_MS ? ms : PACE_BACK_MAX_MS;
}

void quoth_pace_begin(struct quoth_pace *pace, uint32_t gap_ms, uint64_t now,
                      struct quoth_random *rnd)
{
    uint64_t gap = (uint64_t)gap_ms * (pace->slow ? PACE_SLOW : 1);
    if (gap_ms)
        gap += quoth_random_below(rnd, gap_ms / 4 + 1);
    pace->reason = QUOTH_REASON_NONE; /* whatever it was held back for is over */
    if (now + gap > pace->next)
        pace->next = now + gap;
}

void quoth_pace_end(struct quoth_pace *pace, enum quoth_pace_kind kind, enum quoth_reason reason,
                    unsigned busy_max, uint64_t now)
{
    uint64_t until = 0;
    switch (kind) {
    case QUOTH_PACE_NOTHING: return;
    case QUOTH_PACE_FINE:
        pace->busy = pace->refused = 0; /* `next` stays: another conversation set it */
        return;
    case QUOTH_PACE_BUSY:
        until = ++pace->busy > busy_max ? QUOTH_NEVER : now + pace_back(pace->busy);
        break;
    case QUOTH_PACE_REFUSED:
        until = ++pace->refused >= PACE_REFUSED_MAX ? QUOTH_NEVER : now + pace_back(pace->refused);
        break;
    }
    pace->reason = (uint8_t)reason;
    if (until > pace->next)
        pace->next = until;
}

void quoth_pace_hold(struct quoth_pace *pace, uint64_t until, enum quoth_reason reason)
{
    pace->next = until;
    pace->reason = (uint8_t)reason;
}

void quoth_pace_excuse(struct quoth_pace *pace, unsigned most)
{
    if (pace->busy > most)
        pace->busy = (uint8_t)most;
}

void quoth_pace_once_more(struct quoth_pace *pace)
{
    quoth_pace_hold(pace, 0, QUOTH_REASON_NONE);
    pace->busy = (uint8_t)(pace->busy - !!pace->busy);
    pace->refused = (uint8_t)(pace->refused - (pace->refused > 1));
}

int quoth_pace_answer(struct quoth_pace *pace, enum quoth_reason reason)
{
    if (pace->answers == UINT16_MAX) {
        pace->answers /= 2;
        pace->unknown /= 2;
    }
    pace->answers++;
    if (reason == QUOTH_REASON_USER_UNKNOWN)
        pace->unknown++;
    if (pace->slow || pace->answers < PACE_LOOK || pace->unknown * PACE_SHARE <= pace->answers)
        return 0;
    pace->slow = 1;
    return 1;
}

/* ---- a wait named in a reply's words ------------------------------------ */

static int pace_word(const char *p, size_t n, const char *word)
{
    size_t m = strlen(word);
    return n >= m && quoth_same(p, m, word, m);
}

/* The wait that begins at p, n bytes: a number and the unit behind it. 0: it is none. */
static uint32_t pace_span(const char *p, size_t n)
{
    static const struct {
        const char *word;
        uint32_t ms;
    } unit[] = {
        {"sec", 1000}, {"min", 60000}, {"hour", 3600000}, {"s ", 1000}, {"m ", 60000},
    };
    uint64_t value = 0;
    size_t i = 0;
    for (; i < n && quoth_is_digit(p[i]); i++)
        if (value <= PACE_WAIT_MAX_MS)
            value = value * 10 + (unsigned)(p[i] - '0');
    if (i < n && (p[i] == ' ' || p[i] == '-'))
        i++;
    for (size_t row = 0; row < sizeof unit / sizeof unit[0]; row++) {
        if (!pace_word(p + i, n - i, unit[row].word))
            continue;
        value *= unit[row].ms;
        return value < PACE_WAIT_MAX_MS ? (uint32_t)value : PACE_WAIT_MAX_MS;
    }
    return 0;
}

uint32_t quoth_pace_wait(const char *text, size_t n)
{
    static const char *const before[] = {"in ", "after ", "for ", "wait ", "another "};
    uint32_t longest = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && quoth_is_alnum(text[i - 1]))
            continue;
        for (size_t row = 0; row < sizeof before / sizeof before[0]; row++) {
            size_t len = strlen(before[row]);
            if (!pace_word(text + i, n - i, before[row]) || i + len >= n ||
                !quoth_is_digit(text[i + len]))
                continue;
            uint32_t ms = pace_span(text + i + len, n - i - len);
            if (ms > longest)
                longest = ms;
        }
    }
    return longest;
}
