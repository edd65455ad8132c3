/* manners.c - what one host says over a run, and when, to the manners kept towards it.
 *
 * Oracle: the next call never comes forward; a refusal or "later" holds the host back for 15 min at
 * least and a day at most, or for good; an answer about a mailbox holds nobody back; a wait that is
 * named in words is a day at most. Pardoned, it may be called at once, and counts no more than
 * before.
 *
 *   five bytes a step: what (128: a pardon first), phase and reason, code (2), enhanced code
 *   the last step is the text of a reply: 255, then the text
 *
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quoth.h"

enum { STEP = 5, BUSY_MAX = 4, TEXT = 255 };
static const uint64_t back = 15 * 60 * 1000, day = 24 * 3600 * 1000;

static void end(struct quoth_pace *pace, const uint8_t p[STEP], uint64_t now)
{
    enum quoth_phase phase = (enum quoth_phase)(p[1] % QUOTH_PHASES);
    enum quoth_reason reason = (enum quoth_reason)(p[4] % QUOTH_REASONS);
    struct quoth_said said = {(uint16_t)(200 + (p[2] << 8 | p[3]) % 400), {0, 0, 0}, 0};
    const struct quoth_pace before = *pace;
    enum quoth_pace_kind kind;

    if (p[0] & 0x40) {
        said.esc[0] = said.code / 100;
        said.esc[1] = p[1] >> 5;
        said.esc[2] = p[4] % 8;
    }
    kind = quoth_pace_kind_of(phase, &said, reason);
    quoth_pace_end(pace, kind, reason, BUSY_MAX, now);
    require(pace->next >= before.next);
    if (kind == QUOTH_PACE_NOTHING || kind == QUOTH_PACE_FINE) {
        require(pace->next == before.next && pace->reason == before.reason);
        require(kind == QUOTH_PACE_NOTHING || (!pace->busy && !pace->refused));
        return;
    }
    require(pace->reason == reason && pace->next >= now + back);
    require(pace->next == QUOTH_NEVER || pace->next == before.next || pace->next <= now + day);
}

static void begin(struct quoth_pace *pace, uint32_t gap_ms, uint64_t now, struct quoth_random *rnd)
{
    const struct quoth_pace before = *pace;
    uint64_t gap = (uint64_t)gap_ms * (pace->slow ? 4 : 1);

    quoth_pace_begin(pace, gap_ms, now, rnd);
    require(pace->next >= before.next && pace->next >= now + gap);
    require(pace->next == before.next || pace->next <= now + gap + gap_ms / 4);
    require(pace->reason == QUOTH_REASON_NONE);
}

static void answers(struct quoth_pace *pace, enum quoth_reason reason, unsigned times)
{
    while (times-- > 0) {
        int slow = pace->slow, warned = quoth_pace_answer(pace, reason);
        require(warned == (pace->slow && !slow) && pace->unknown <= pace->answers);
    }
}

static void pardon(struct quoth_pace *pace, unsigned most)
{
    const struct quoth_pace before = *pace;

    quoth_pace_excuse(pace, most);
    require(pace->busy <= before.busy && (pace->busy <= most || pace->busy == before.busy));
    quoth_pace_once_more(pace);
    require(!pace->next && pace->reason == QUOTH_REASON_NONE);
    require(pace->busy <= before.busy && pace->refused <= before.refused);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const uint8_t seed[16] = {1, 4, 1, 4};
    struct quoth_pace pace = {0};
    struct quoth_random rnd;
    uint64_t now = 1;

    quoth_random_seed(&rnd, seed);
    for (; n >= STEP && p[0] != TEXT; p += STEP, n -= STEP) {
        now += (uint64_t)(p[0] % 16) * 60000;
        if (p[0] & 0x80)
            pardon(&pace, p[2] % (BUSY_MAX + 1));
        switch (p[0] >> 4 & 3) {
        case 0: begin(&pace, (uint32_t)(p[2] << 8 | p[3]), now, &rnd); break;
        case 1: answers(&pace, (enum quoth_reason)(p[4] % QUOTH_REASONS), p[2] << 8 | p[3]); break;
        default: end(&pace, p, now); break;
        }
    }
    if (n > 1 && p[0] == TEXT)
        require(quoth_pace_wait((const char *)p + 1, n - 1) <= day);
    return 0;
}
